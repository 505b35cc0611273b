"""The pages of whoever marks answers in words: the guide with its samples, and the students' words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.course.criteria import Asked
from autograder.reporting.feedback import render
from autograder.reporting.marks import number


@dataclass(frozen=True)
class Answer:
    """What one student wrote; ``role`` says whether this marker is the first or the second."""

    student: str
    words: str
    role: str = ""


def marking_page(
    title: str, about: str, asked: Sequence[Asked], answers: Mapping[str, Sequence[Answer]] | None = None
) -> str:
    """A page without scripts: each question with its criteria, then samples, or the students' ``answers``."""
    return render(
        "marking.html.jinja",
        title=title,
        about=about,
        asked=[_question(one, (answers or {}).get(one.name, ()), answers is None) for one in asked],
    )


def _question(one: Asked, answers: Sequence[Answer], with_samples: bool) -> dict[str, object]:
    most = number(sum(criterion.points for criterion in one.criteria))
    return {
        "name": one.name,
        "points": number(one.points),
        "text": one.text,
        "criteria": [{"text": each.text, "points": number(each.points)} for each in one.criteria],
        "samples": [
            {
                "total": number(sum(sample.marks)),
                "most": most,
                "marks": ", ".join(map(number, sample.marks)),
                "words": sample.words,
                "why": sample.why,
            }
            for sample in (one.samples if with_samples else ())
        ],
        "answers": answers,
    }
