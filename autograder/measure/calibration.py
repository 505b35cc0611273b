"""How often a hidden check refuses a right answer: checks run on reference and variants under many seeds.

Every class has its own secret seed, and so its own random inputs. A check that accepts right work under one
seed may refuse it under another, and then a whole class loses points: a check must hold for every seed.
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
from autograder.sandbox.clock import CLOCK


@dataclass(frozen=True)
class Refusal:
    """A check that refused a right answer: the answer's name, the seed, and the check's message."""

    check: str
    answer: str
    seed: str
    why: str


def refusals(course: Course, slug: str, seeds: Sequence[str]) -> tuple[Refusal, ...]:
    """Every check of ``slug`` that refuses the reference or a variant under one of ``seeds``, in order."""
    checks = collect(course.content(slug), course.release(slug).names)
    answers = (REFERENCE, *load_specimens(course.content(slug), "VARIANTS"))
    refused_under = partial(_refused, checks, answers, reference_text(course.solution(slug)))

    @contextmanager
    def opened() -> Iterator[Callable[[str], tuple[Refusal, ...]]]:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a variant may print and warn
            yield refused_under

    def died(seed: str) -> tuple[Refusal, ...]:
        return (Refusal("all", "some answer", seed, "the process that asked ended twice"),)

    with contextlib.closing(spread(seeds, opened, died, jobs_for(len(seeds)))) as answers_by_seed:
        found = dict(answers_by_seed)
    return tuple(refusal for number in sorted(found) for refusal in found[number])


def _refused(
    checks: tuple[Check, ...], answers: tuple[Specimen, ...], source: str, seed: str
) -> tuple[Refusal, ...]:
    reference, found = REFERENCE.namespace(source), []
    for answer in answers:
        CLOCK.at("")  # each has the time of its own
        space = answer.namespace(source)
        for check in checks:
            if answer is not REFERENCE and check.exercise != answer.exercise:
                continue
            why = _why(check, space, reference, seed)
            found += [Refusal(check.name, answer.name, seed, why)] if why else []
    return tuple(found)


def _why(check: Check, space: dict[str, Any], reference: dict[str, Any], seed: str) -> str:
    """The check's message if it refuses the trusted code in ``space``, else an empty string."""
    student = Proxy(LocalBackend(space), reference)
    try:
        check.run(student, Proxy(LocalBackend(reference)), seed)
    except Exception as error:  # noqa: BLE001 - however a check fails, it refuses a right answer
        return f"{type(error).__name__}: {error}"
    form = [sentence for call in student.journal for sentence in call.form]
    return form[0] if form else ""


def summary(slug: str, seeds: int, found: tuple[Refusal, ...]) -> str:
    """One line per check and refused answer, with the first seed and its message, for the terminal."""
    lines = []
    for check, answer in dict.fromkeys((refusal.check, refusal.answer) for refusal in found):
        mine = [refusal for refusal in found if (refusal.check, refusal.answer) == (check, answer)]
        lines.append(
            f"{slug}: {check} refuses {answer} under {len(mine)} of {seeds} seeds, "
            f"first {mine[0].seed!r}: {mine[0].why}"
        )
    return "\n".join(lines) or f"{slug}: no check refuses a right answer under any of {seeds} seeds."
