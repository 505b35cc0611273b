"""Marks as CSV for a spreadsheet or a learning platform: an ungraded exercise is empty, never a zero."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping

from autograder.course.release import Release
from autograder.grading.verdict import Report
from autograder.reporting.marks import NO_OVERRIDES, Overrides, lateness, marks, total
from autograder.safe_text import visible

# A spreadsheet runs a cell that begins so as a formula (https://owasp.org/www-community/attacks/CSV_Injection);
# the last four are the full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def marks_csv(
    reports: Iterable[Report],
    release: Release,
    late: Mapping[str, float] | None = None,
    overrides: Mapping[str, Overrides] | None = None,
) -> str:
    """One line per student, by name; ``late`` holds seconds, ``overrides`` the entries from formgrader.

    Columns: student, assignment, verdict, total, max_total, seconds_late, then every exercise in order, and
    protections_off: what the sandbox lacked when it was graded.
    Text is always quoted and numbers never are; lines end in CRLF (RFC 4180).
    """
    late, overrides = late or {}, overrides or {}
    names = [exercise.name for exercise in release.marked]
    head = [
        "student",
        "assignment",
        "verdict",
        "total",
        "max_total",
        "seconds_late",
        *names,
        "protections_off",
    ]
    points = sum(exercise.points for exercise in release.marked)
    lines = [",".join(text(name) for name in head)]
    for report in sorted(reports, key=lambda report: report.student):
        entered = overrides.get(report.student, NO_OVERRIDES)
        numbers = (total(report, release, entered), points, late.get(report.student, 0.0))
        cells = [text(report.student), text(report.assignment), text(report.verdict.value)]
        cells += [figure(value) for value in (*numbers, *marks(report, release, entered).values())]
        cells.append(text("; ".join(report.protections_off)))
        lines.append(",".join(cells))
    return "".join(line + "\r\n" for line in lines)


def text(value: str) -> str:
    """A quoted cell; one that a spreadsheet would run gets an apostrophe before it.

    >>> text('=1+1'), text('O"Hara, Ann')
    ('"\\'=1+1"', '"O""Hara, Ann"')
    """
    if value.startswith(FORMULA) or unicodedata.normalize("NFKC", value[:1]).startswith(FORMULA):
        value = f"'{value}"
    return '"' + visible(value).replace('"', '""') + '"'


def figure(value: float | None) -> str:
    """A bare number, rounded to four decimals; empty where there is none, words for a time unknown.

    >>> figure(8 / 3), figure(4.0), figure(None), figure(float("nan"))
    ('2.6667', '4', '', '"time unknown"')
    """
    if value is not None and math.isnan(value):
        return text(lateness(value))
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
