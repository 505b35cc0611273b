"""`autograder grade --all`: several classes graded together, in one table with a row for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from autograder.classroom.ahead import grade_ahead
from autograder.classroom.progress import Progress
from autograder.course.course import Course, CourseError
from autograder.grading.verdict import Verdict
from autograder.publish import class_marks, grade_and_publish, report_path
from autograder.reporting.rows import MarkRow
from autograder.submissions.handin import handins
from autograder.term.roster import load_roster
from autograder.term.settings import term_settings

NO_MARK = (Verdict.NOT_GRADED.value, Verdict.GRADER_FAULT.value)
HEAD = ("handed in", "graded now", "correct", "partly", "other", "no mark", "mean", "of")
FAULT = "The grader is at fault"  # begins the sentences that no row can hold


def with_handins(course: Course, term: Path) -> list[str]:
    """The assignments that somebody has handed in; CourseError if nobody has."""
    found = [slug for slug in course.slugs if course.released(slug).exists() and handins(term, slug)]
    if not found:
        raise CourseError(f"nothing to grade: {term}/submitted holds no folder <student>/<assignment>.")
    return found


def grade_several(
    course: Course,
    slugs: Sequence[str],
    term: Path,
    say: Callable[[str], Any],
    force: bool = False,
    without_sandbox: bool = False,
) -> None:
    """Grade all classes together, then publish one after another; ``say`` gets a row for each."""
    began = time.monotonic()
    settings = term_settings(course, term, load_roster(term).students)
    alone = without_sandbox or settings.sandbox == "if there"
    with Progress() as progress:
        now = grade_ahead(course, slugs, term, force, alone, progress)
    width, count = max(len(slug) for slug in slugs), 0
    say("  ".join([" " * width, *HEAD]))
    for slug in slugs:
        text = grade_and_publish(course, slug, term, without_sandbox=without_sandbox)
        _, rows = class_marks(course, slug, term)
        handed, *counts = map(str, tally(rows))
        cells = [handed, str(now[slug]), *counts]
        right = [cell.rjust(len(name)) for cell, name in zip(cells, HEAD, strict=True)]
        say("  ".join([slug.ljust(width), *right]))
        for line in text.splitlines():
            if line.startswith(FAULT):
                say(line)
        count += int(handed)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    say(f"{count} submissions in {minutes} min {seconds:02} s")
    say(f"A page for each class: {report_path(term, '<assignment>')}")


def tally(rows: Iterable[MarkRow]) -> tuple[int | str, ...]:
    """How many handed in, are correct, partly correct, otherwise marked, without a mark; mean and maximum.

    There is no mean while answers in words wait for a person: only those who wrote none have a mark.
    """
    handed = [row for row in rows if row.report is not None]
    verdicts = [row.verdict for row in handed]
    correct, partly = (verdicts.count(one.value) for one in (Verdict.CORRECT, Verdict.PARTLY_CORRECT))
    none = sum(verdict in NO_MARK for verdict in verdicts)
    marked = [row.final for row in handed if row.final is not None]
    judged = [row for row in handed if row.verdict not in NO_MARK and not row.standing.excused]
    waits = any(row.points is None for row in judged)
    mean = f"{sum(marked) / len(marked):.1f}" if marked and not waits else "–"
    most = f"{handed[0].maximum:g}" if handed else "–"
    return len(handed), correct, partly, len(handed) - correct - partly - none, none, mean, most
