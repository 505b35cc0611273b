"""Marks as CSV for a spreadsheet or a learning platform: an ungraded exercise is empty, never a zero."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

from autograder.course.release import Release
from autograder.reporting.marks import lateness
from autograder.reporting.rows import MarkRow
from autograder.safe_text import visible

# A spreadsheet runs a cell that begins so as a formula (https://owasp.org/www-community/attacks/CSV_Injection);
# the last four are the full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HARMLESS = re.compile(r"[+-]?[A-Za-z0-9_.]+")  # a number or a name after a sign: no call, no address


def marks_csv(rows: Iterable[MarkRow], release: Release) -> str:
    """One line per student.

    Columns: student, assignment, verdict, total (the mark that counts), max_total, seconds_late, then every
    exercise in order; protections_off: what the sandbox lacked when it was graded; points: the total before
    lateness; penalty; remark: excused, an extension.
    Text is always quoted and numbers never are; lines end in CRLF (RFC 4180).
    """
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
        "points",
        "penalty",
        "remark",
    ]
    lines = [",".join(text(name) for name in head)]
    for row in rows:
        cells = [text(row.student, known=True), text(release.slug), text(row.verdict)]
        cells += [figure(value) for value in (row.final, row.maximum, row.standing.seconds, *row.marks)]
        cells.append(text("; ".join(row.report.protections_off) if row.report else ""))
        cells += [figure(row.points), figure(row.penalty), text(row.remark)]
        lines.append(",".join(cells))
    return "".join(line + "\r\n" for line in lines)


def text(value: str, known: bool = False) -> str:
    """A quoted cell; one that a spreadsheet would run gets an apostrophe before it.

    A platform must find its ids again: one that is ``known`` and can call nothing stays as it is.

    >>> text('=1+1'), text('O"Hara, Ann'), text("+49", known=True)
    ('"\\'=1+1"', '"O""Hara, Ann"', '"+49"')
    """
    return '"' + disarmed(value, known).replace('"', '""') + '"'


def disarmed(value: str, known: bool = False) -> str:
    """``value`` as no spreadsheet runs it, without what is not seen; see `text`."""
    if known and HARMLESS.fullmatch(value):
        return value
    if value.startswith(FORMULA) or unicodedata.normalize("NFKC", value[:1]).startswith(FORMULA):
        value = f"'{value}"
    return visible(value)


def figure(value: float | None) -> str:
    """A bare number, rounded to four decimals; empty where there is none, words for a time unknown.

    >>> figure(8 / 3), figure(4.0), figure(None), figure(float("nan"))
    ('2.6667', '4', '', '"time unknown"')
    """
    if value is not None and math.isnan(value):
        return text(lateness(value))
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
