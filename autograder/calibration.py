"""How often a hidden check refuses the right answer: the reference is asked under many secret seeds.

Every class has a seed of its own, and with it other probes. A check that holds for one seed may refuse right
work for another, and then a whole class is wronged: what draws its numbers must hold for all of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograder.backends import LocalBackend
from autograder.course import Course
from autograder.hidden import Check, collect
from autograder.pieces import reference_text
from autograder.pool import jobs_for, spread
from autograder.specimens import Specimen
from autograder.student import Player


@dataclass(frozen=True)
class Refusal:
    """A check that did not take the reference's answer, and under which seed."""

    check: str
    seed: str
    why: str


def refusals(course: Course, slug: str, seeds: Sequence[str]) -> tuple[Refusal, ...]:
    """Every check of ``slug`` that refuses the reference under one of ``seeds``, in their order."""
    checks = collect(course.checks(slug), course.release(slug).names)
    reference = Specimen("", "reference", "").namespace(reference_text(course.solution(slug)))

    @contextmanager
    def opened() -> Iterator[Callable[[str], tuple[Refusal, ...]]]:
        yield partial(_refused, checks, reference)

    def died(seed: str) -> tuple[Refusal, ...]:
        return (Refusal("all", seed, "the process that asked ended twice"),)

    answers = spread(seeds, opened, died, jobs_for(len(seeds)))
    with contextlib.closing(answers):
        found = dict(answers)
    return tuple(refusal for number in sorted(found) for refusal in found[number])


def _refused(checks: tuple[Check, ...], reference: dict[str, Any], seed: str) -> tuple[Refusal, ...]:
    found = []
    for check in checks:
        try:
            check.run(Player(LocalBackend(reference), reference), Player(LocalBackend(reference)), seed)
        except Exception as error:
            found.append(Refusal(check.name, seed, f"{type(error).__name__}: {error}"))
    return tuple(found)


def told(slug: str, seeds: int, found: tuple[Refusal, ...]) -> str:
    """What was found, for the terminal: one line a check, with its first seed and what it said."""
    lines = []
    for name in dict.fromkeys(refusal.check for refusal in found):
        mine = [refusal for refusal in found if refusal.check == name]
        lines.append(f"{slug}: {name} refuses the reference under {len(mine)} of {seeds} seeds, ")
        lines[-1] += f"first {mine[0].seed!r}: {mine[0].why}"
    return "\n".join(lines) or f"{slug}: no check refuses the reference under any of {seeds} seeds."
