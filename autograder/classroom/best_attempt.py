"""Which of a student's attempts counts, where the settings say the best: each is graded once.

The results of attempts are kept in ``attempt_results/<number>`` of the term, by the same keys as others, so
that a later run grades only what is new.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.classroom.results import Results
from autograder.classroom.runner import grade_class
from autograder.course.course import Course
from autograder.grading.verdict import Report
from autograder.term.attempts import Attempt, Attempts
from autograder.term.policy import standing_of_attempt
from autograder.term.settings import Settings


def attempted(term: Path, slug: str, students: Iterable[str] | None = None) -> list[Attempts]:
    """The students of whom attempts are kept, by name; of ``students`` only, if given."""
    wanted = None if students is None else set(students)
    folders = sorted((term / "attempts" / slug).glob("*"))
    return [Attempts(term, slug, one.name) for one in folders if wanted is None or one.name in wanted]


def best_attempts(
    course: Course, slug: str, term: Path, settings: Settings, students: Iterable[str] | None, without: bool
) -> dict[str, Attempt]:
    """By student, the attempt with the highest mark after lateness; the later one of equals.

    Only students with several attempts that count are in it. ``without`` grades without the whole sandbox.
    """
    several: dict[str, tuple[Attempts, list[Attempt]]] = {}
    for mine in attempted(term, slug, students):
        mine.keep_what_is_there()
        if len(found := mine.admissible(settings.attempts)) > 1:
            several[mine.student] = (mine, found)
    found_reports: dict[str, dict[int, Report]] = {student: {} for student in several}
    for number in sorted({one.number for _, found in several.values() for one in found}):
        todo = [(mine, one) for mine, found in several.values() for one in found if one.number == number]
        with _laid_out(term, slug, number, todo) as place:
            for graded in grade_class(course, slug, place, without_sandbox=without):
                found_reports[graded.handin.student][number] = graded.report
    due = course.release(slug).due
    return {
        student: max(
            found,
            key=lambda one: (
                _mark(settings, slug, mine, one, found_reports[student][one.number], due),
                order(one),
            ),
        )
        for student, (mine, found) in several.items()
    }


def order(attempt: Attempt) -> tuple[str, int]:
    """Attempts in time; the numbers decide where no time is known."""
    return attempt.time, attempt.number


def report_of(term: Path, slug: str, student: str, attempt: Attempt) -> Report | None:
    """The stored report of an attempt that was graded to find the best."""
    return Results(term / "attempt_results" / f"{attempt.number:03}").read(slug, student)


def _mark(settings: Settings, slug: str, mine: Attempts, one: Attempt, report: Report, due: str) -> float:
    """The mark of an attempt; one that could not be graded is below a zero."""
    maximum = sum(exercise.points for exercise in report.exercises)
    final = standing_of_attempt(settings, slug, mine.student, one, due).final(report.score, maximum)
    return -1.0 if final is None else final


@contextmanager
def _laid_out(term: Path, slug: str, number: int, todo: list[tuple[Attempts, Attempt]]) -> Iterator[Path]:
    """A folder like a term's with these attempts in it, whose results are kept."""
    kept = term / "attempt_results" / f"{number:03}" / "results"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="attempts-") as folder:
        place = Path(folder)
        (place / "results").symlink_to(kept.resolve())
        for name in ("seed", "rounds"):
            if (term / name).is_dir():
                shutil.copytree(term / name, place / name)
            elif (term / name).exists():
                shutil.copy(term / name, place / name)
        for mine, one in todo:
            path = place / "submitted" / mine.student / slug / f"{slug}.ipynb"
            path.parent.mkdir(parents=True)
            shutil.copy(mine.path(one), path)
        yield place
        if not (term / "seed").exists():  # made just now; the class's own from here on
            shutil.copy(place / "seed", term / "seed")
