"""One row a student and assignment, from which every table, page and export takes the same number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from autograder.course.release import Release
from autograder.grading.verdict import Report
from autograder.reporting.marks import NO_OVERRIDES, Overrides, marks, number, total
from autograder.term.policy import IN_TIME, Standing

NOTHING, WAITING = "nothing handed in", "handed in, without a result"  # in place of a verdict


@dataclass(frozen=True)
class MarkRow:
    """A student's marks: by exercise, their sum ``points``, and how the work stands to its due time.

    ``report`` is None for somebody who handed in nothing, or, if ``waiting``, whose work has no result.
    """

    student: str
    report: Report | None
    marks: tuple[float | None, ...]
    points: float | None
    maximum: float
    standing: Standing = IN_TIME
    waiting: bool = False

    @property
    def verdict(self) -> str:
        return self.report.verdict.value if self.report else WAITING if self.waiting else NOTHING

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
    handed_in: Collection[str] = (),
) -> list[MarkRow]:
    """The rows of a class by student; ``absent`` have no result.

    Who is not among ``handed_in`` either gets a zero, if ``missing`` says so; the others' mark is open.
    """
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
    for student in absent:
        if student not in here:
            waits, standing = student in handed_in, standings.get(student, IN_TIME)
            mark = 0.0 if missing == "zero" and not waits else None
            nothing = (mark,) * len(release.marked)
            rows.append(MarkRow(student, None, nothing, mark, maximum, standing, waits))
    return sorted(rows, key=lambda row: row.student)
