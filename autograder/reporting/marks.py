"""Marks: the autograder's scores combined with the scores and credit that people entered in formgrader."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.course.release import Release
from autograder.grading.verdict import ExerciseResult, Report


@dataclass(frozen=True)
class Override:
    """A person's entries for one exercise: ``score`` replaces the autograder's, ``extra`` is added to it.

    ``look``: the answer, or the autograder's score, changed after the person marked it.
    """

    score: float | None = None
    extra: float = 0.0
    comment: str = ""
    look: bool = False


Overrides = Mapping[str, Override]  # by exercise
NO_OVERRIDES: Overrides = {}


def mark(result: ExerciseResult | None, override: Override | None) -> float | None:
    """One exercise's mark, or None where neither the autograder nor a person gave one.

    >>> mark(None, Override(extra=1.0)) is None, mark(None, Override(score=2.0, extra=0.5))
    (True, 2.5)
    """
    override = override or Override()
    score = override.score if override.score is not None else (result.score if result else None)
    return None if score is None else score + override.extra


def marks(report: Report, release: Release, overrides: Overrides = NO_OVERRIDES) -> dict[str, float | None]:
    """The mark of each part of the release that has points, in the release's order."""
    names = [exercise.name for exercise in release.marked]
    results = {result.name: result for result in report.exercises}
    return {name: mark(results.get(name), overrides.get(name)) for name in names}


def total(report: Report, release: Release, overrides: Overrides = NO_OVERRIDES) -> float | None:
    """The sum of the marks, or None if one is missing: a partial sum would look like a low total."""
    found = list(marks(report, release, overrides).values())
    if not found or any(value is None for value in found):
        return None
    return sum(value for value in found if value is not None)


def without(report: Report) -> str:
    """The sentence on protections that were off while this was graded; empty if none was."""
    off = ", ".join(report.protections_off)
    return f"Graded without these protections: {off}." if off else ""


def number(value: float | None) -> str:
    """A mark as text: at most two decimals, none where it is whole, empty where there is none.

    >>> number(4.0), number(8 / 3), number(None)
    ('4', '2.67', '')
    """
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def lateness(seconds: float) -> str:
    """How late, in the largest two units; empty when in time. NaN stands for a time that cannot be read.

    >>> lateness(93784), lateness(59), lateness(0), lateness(float("nan"))
    ('1 d 2 h late', '59 s late', '', 'time unknown')
    """
    if math.isnan(seconds):
        return "time unknown"
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    left, parts = round(seconds), []
    for name, size in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return f"{' '.join(parts[:2])} late" if parts else ""
