"""What a person marks words by: the criteria in an assignment's text, and sample answers with their marks.

A criterion is a clause of the text above the answer's cell that ends in its points, as in ``intervals (1);``.
Samples are in ``answers.md`` of the chapter's folder: ``# exercise …`` (several may share samples), below it
``## 1 1 0`` with a mark for each criterion, the sample, and a last paragraph that begins with ``Why:``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.course.course import Course, CourseError
from autograder.course.release import Release

CLAUSE = re.compile(r"([^;]+?)\s*\((\d+(?:\.\d+)?)\)")
ANSWERS = "answers.md"


@dataclass(frozen=True)
class Criterion:
    text: str
    points: float


@dataclass(frozen=True)
class Sample:
    """A sample answer: the mark for each criterion, the words, and why."""

    marks: tuple[float, ...]
    words: str
    why: str


@dataclass(frozen=True)
class Asked:
    """One answer in words: what is asked, the criteria, and samples; no criteria if they do not add up."""

    name: str
    points: float
    text: str
    criteria: tuple[Criterion, ...]
    samples: tuple[Sample, ...]


def asked_in_words(course: Course, slug: str) -> tuple[Asked, ...]:
    """Every answer of ``slug`` that a person marks; CourseError for samples that do not fit the criteria."""
    release, whole = course.release(slug), course.whole.release(slug)
    path = course.content(slug) / ANSWERS
    samples = read_samples(path) if path.exists() else {}
    if unknown := samples.keys() - {one.name for one in whole.manual}:
        raise CourseError(
            f"{course.shown(path)} has samples for {sorted(unknown)[0]}, which nobody is asked."
        )
    points = {one.name: one.points for one in whole.manual}
    found = []
    for exercise in release.manual:
        text = _text_above(release, exercise.name)
        criteria = criteria_of(text)
        if sum(one.points for one in criteria) != points[exercise.name]:
            criteria = ()
        own = samples.get(exercise.name, ())
        for sample in own:
            _fits(f"{course.shown(path)}, {exercise.name}", sample, criteria)
        found.append(Asked(exercise.name, exercise.points, text, criteria, own))
    return tuple(found)


def criteria_of(text: str) -> tuple[Criterion, ...]:
    """The criteria in a text, in their order.

    >>> criteria_of("**Result** (4 points).\\nA number (1); its interval, and why (2).")
    (Criterion(text='A number', points=1.0), Criterion(text='its interval, and why', points=2.0))
    """
    return tuple(
        Criterion(" ".join(words.split()).strip(" .;"), float(points))
        for line in text.splitlines()
        for words, points in CLAUSE.findall(line)
    )


def read_samples(path: Path) -> dict[str, tuple[Sample, ...]]:
    """The sample answers by exercise."""
    found: dict[str, tuple[Sample, ...]] = {}
    for part in re.split(r"^# +", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        samples = tuple(_sample(path, head, text) for text in re.split(r"^## +", body, flags=re.M)[1:])
        found |= dict.fromkeys(head.split(), samples)
    return found


def _sample(path: Path, name: str, text: str) -> Sample:
    head, _, body = text.partition("\n")
    words, why, reason = body.rpartition("\nWhy:")
    try:
        marks = tuple(float(mark) for mark in head.split())
    except ValueError:
        marks = ()
    if not marks or not why or not words.strip():
        raise CourseError(
            f"{path.name}, {name.strip()}: a sample is `## 1 0 1` (a mark for each criterion), the words, "
            f"and a paragraph that begins with Why:, got {head!r}."
        )
    return Sample(marks, words.strip(), " ".join(reason.split()))


def _fits(where: str, sample: Sample, criteria: tuple[Criterion, ...]) -> None:
    most = [one.points for one in criteria]
    if len(sample.marks) != len(most) or any(
        not 0 <= mark <= limit for mark, limit in zip(sample.marks, most, strict=True)
    ):
        raise CourseError(f"{where}: a sample has the marks {sample.marks}; the criteria give {tuple(most)}.")


def _text_above(release: Release, name: str) -> str:
    """The prose above an answer's cell: of its section, without the cells of other answers."""
    texts: list[str] = []
    before = ""
    for cell in release.notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("grade_id") == name:
            return "\n\n".join(texts) or before
        if cell["cell_type"] == "markdown" and not mark:
            text = "".join(cell["source"])
            texts = [*texts, text] if texts and not text.lstrip().startswith(("#", "**")) else [text]
            before = text
    return before
