"""One row a student and assignment, from which every table, page and export takes the same number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.course.release import Release
from autograder.grading.verdict import Report
from autograder.reporting.marks import NO_OVERRIDES, Overrides, marks, number, total
from autograder.term.policy import IN_TIME, Standing

NOTHING = "nothing handed in"  # in place of a verdict


@dataclass(frozen=True)
class MarkRow:
    """A student's marks: by exercise, their sum ``points``, and how the work stands to its due time.

    ``report`` is None for somebody who handed in nothing.
    """

    student: str
    report: Report | None
    marks: tuple[float | None, ...]
    points: float | None
    maximum: float
    standing: Standing = IN_TIME

    @property
    def verdict(self) -> str:
        return self.report.verdict.value if self.report else NOTHING

    @property
    def penalty(self) -> float:
        """The points that lateness takes."""
        return self.standing.penalty(self.points, self.maximum)

    @property
    def final(self) -> float | None:
        """The mark that counts, or None where there is none."""
        return self.standing.final(self.points, self.maximum)

    @property
    def remark(self) -> str:
        """What there is to know about the number, in words; often nothing."""
        if self.standing.excused:
            return "excused"
        told = [f"{number(self.penalty)} off for lateness"] if self.penalty else []
        return "; ".join([*told, *(["extension"] if self.standing.extended else [])])


def mark_rows(
    reports: Iterable[Report],
    release: Release,
    standings: Mapping[str, Standing] | None = None,
    overrides: Mapping[str, Overrides] | None = None,
    absent: Iterable[str] = (),
    missing: str = "blank",
) -> list[MarkRow]:
    """The rows of a class by student; ``absent`` handed in nothing: a zero, if ``missing`` says so."""
    standings, overrides = standings or {}, overrides or {}
    maximum = sum(exercise.points for exercise in release.marked)
    rows = []
    for report in reports:
        entered = overrides.get(report.student, NO_OVERRIDES)
        found = tuple(marks(report, release, entered).values())
        standing = standings.get(report.student, IN_TIME)
        rows.append(
            MarkRow(report.student, report, found, total(report, release, entered), maximum, standing)
        )
    here = {row.student for row in rows}
    zero = 0.0 if missing == "zero" else None
    for student in absent:
        if student not in here:
            nothing = (zero,) * len(release.marked)
            rows.append(MarkRow(student, None, nothing, zero, maximum, standings.get(student, IN_TIME)))
    return sorted(rows, key=lambda row: row.student)
