"""How often a hidden check refuses a right answer: reference and variants are asked under many secret seeds.

Every class has a seed of its own, and with it other probes. A check that holds for one seed may refuse right
work for another, and then a whole class is wronged: what draws its numbers must hold for all of them.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograder.calls.backends import LocalBackend
from autograder.calls.proxy import Proxy
from autograder.classroom.pool import jobs_for, spread
from autograder.course.checks import Check, collect
from autograder.course.course import Course
from autograder.course.source import reference_text
from autograder.course.specimens import REFERENCE, Specimen, load_specimens


@dataclass(frozen=True)
class Refusal:
    """A check that did not take a right answer: whose, under which seed, and what it said."""

    check: str
    answer: str
    seed: str
    why: str


def refusals(course: Course, slug: str, seeds: Sequence[str]) -> tuple[Refusal, ...]:
    """Every check of ``slug`` that refuses the reference or a variant under one of ``seeds``, in order."""
    checks = collect(course.content(slug), course.release(slug).names)
    answers = (REFERENCE, *load_specimens(course.content(slug), "VARIANTS"))
    asked = partial(_refused, checks, answers, reference_text(course.solution(slug)))

    @contextmanager
    def opened() -> Iterator[Callable[[str], tuple[Refusal, ...]]]:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a variant may print and warn
            yield asked

    def died(seed: str) -> tuple[Refusal, ...]:
        return (Refusal("all", "some answer", seed, "the process that asked ended twice"),)

    with contextlib.closing(spread(seeds, opened, died, jobs_for(len(seeds)))) as told:
        found = dict(told)
    return tuple(refusal for number in sorted(found) for refusal in found[number])


def _refused(
    checks: tuple[Check, ...], answers: tuple[Specimen, ...], source: str, seed: str
) -> tuple[Refusal, ...]:
    reference, found = REFERENCE.namespace(source), []
    for answer in answers:
        space = answer.namespace(source)
        for check in checks:
            if answer is not REFERENCE and check.exercise != answer.exercise:
                continue
            why = _why(check, space, reference, seed)
            found += [Refusal(check.name, answer.name, seed, why)] if why else []
    return tuple(found)


def _why(check: Check, space: dict[str, Any], reference: dict[str, Any], seed: str) -> str:
    """What a check says against trusted code, or nothing."""
    student = Proxy(LocalBackend(space), reference)
    try:
        check.run(student, Proxy(LocalBackend(reference)), seed)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"changed {', '.join(student.changed)}" if student.changed else ""


def summary(slug: str, seeds: int, found: tuple[Refusal, ...]) -> str:
    """What was found, for the terminal: one line a check and answer, with the first seed and what it said."""
    lines = []
    for check, answer in dict.fromkeys((refusal.check, refusal.answer) for refusal in found):
        mine = [refusal for refusal in found if (refusal.check, refusal.answer) == (check, answer)]
        lines.append(
            f"{slug}: {check} refuses {answer} under {len(mine)} of {seeds} seeds, "
            f"first {mine[0].seed!r}: {mine[0].why}"
        )
    return "\n".join(lines) or f"{slug}: no check refuses a right answer under any of {seeds} seeds."
