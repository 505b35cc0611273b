"""`autograder attempts`: every attempt of a class, and whether it counts."""

from __future__ import annotations

from pathlib import Path

from autograder.classroom.best_attempt import attempted, report_of
from autograder.course.course import Course
from autograder.reporting.marks import number
from autograder.safe_text import one_line
from autograder.term.attempts import Attempt, Attempts
from autograder.term.settings import Settings, term_settings

HEAD = ("student", "attempt", "handed in", "from", "file", "")


def attempts(course: Course, slug: str, term: Path) -> str:
    """A line for each attempt at ``slug``, and how many there are."""
    settings = term_settings(course, term)
    rows = [row for mine in attempted(term, slug) for row in _rows(mine, settings)]
    if not rows:
        return f"No attempts at {slug} are kept in {term}: `autograder collect` keeps them."
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (HEAD, *rows)
    ]
    rule = f"{settings.attempts} count at most" if settings.attempts else "there is no limit"
    return "\n".join([*lines, f"{len(rows)} attempts; the {settings.counts} counts, and {rule}."])


def _rows(mine: Attempts, settings: Settings) -> list[tuple[str, ...]]:
    admissible, placed = mine.admissible(settings.attempts), mine.placed()
    return [
        (
            one_line(mine.student),
            str(one.number),
            one.time or ("LATE" if one.late else "unknown"),
            one_line(one.origin),
            one_line(one.file),
            _how(mine, one, placed, one in admissible, settings),
        )
        for one in mine.all()
    ]


def _how(mine: Attempts, one: Attempt, placed: Attempt | None, counts: bool, settings: Settings) -> str:
    report = report_of(mine.term, mine.slug, mine.student, one) if settings.counts == "best" else None
    points = f", {number(report.score) or 'no mark'}" if report else ""
    if placed and one.number == placed.number:
        return f"counts{points}"
    return f"does not count{points}" if counts else f"over the limit of {settings.attempts}"
