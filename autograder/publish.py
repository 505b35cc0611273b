"""What follows grading: the gradebook, each student's feedback page, the class report."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from autograder.course import Course, CourseError
from autograder.export import marks_csv
from autograder.feedback import render_feedback
from autograder.nbgrader_plugin.gradebook import read_overrides, write_gradebook
from autograder.rebuild import rebuild
from autograder.report import class_report, gradebook_table
from autograder.runner import Graded, grade_class
from autograder.store import Results, write_whole


def feedback_path(term: Path, student: str, slug: str) -> Path:
    """Where nbgrader too puts and looks for a feedback page."""
    return term / "feedback" / student / slug / f"{slug}.html"


def report_path(term: Path, slug: str) -> Path:
    return term / "reports" / f"{slug}.html"


def grade_and_publish(
    course: Course, slug: str, term: Path, students: Iterable[str] | None = None, force: bool = False
) -> str:
    """Grade ``slug``, write gradebook, feedback and class report; the gradebook as text for the terminal."""
    graded = grade_class(course, slug, term, students=students, force=force)
    release = course.release(slug)
    write_gradebook(
        term,
        release,
        [
            (
                one.report,
                rebuild(
                    release,
                    one.submission.answers,
                    one.submission.sources,
                    one.report,
                    one.submission.experiments,
                ),
                one.handin.timestamp,
            )
            for one in graded
        ],
    )
    results, overrides = Results(term), read_overrides(term, slug)
    late = {handin.student: handin.seconds_late(release.due) for handin in results.handins(slug)}
    for one in graded:
        name = one.handin.student
        page = render_feedback(
            one.report, release, one.submission.answers, overrides.get(name, {}), late[name]
        )
        _write_if_new(feedback_path(term, name, slug), page)
    reports = results.reports(slug)  # of the whole class, whoever was graded now
    page = report_path(term, slug)
    links = {report.student: _link(page, feedback_path(term, report.student, slug)) for report in reports}
    _write_if_new(page, class_report(reports, release, late, overrides, links))
    return f"{gradebook_table(reports, release, late, overrides)}\n{_counts(graded)}"


def export_marks(course: Course, slug: str, term: Path) -> str:
    """The stored marks as CSV, with what people entered in formgrader."""
    results, release = Results(term), course.release(slug)
    reports = results.reports(slug)
    if not reports:
        raise CourseError(f"no results of {slug} in {term}: run `autograder grade {slug}` first.")
    late = {handin.student: handin.seconds_late(release.due) for handin in results.handins(slug)}
    return marks_csv(reports, release, late, read_overrides(term, slug))


def _link(page: Path, target: Path) -> str:
    return quote(Path(os.path.relpath(target, page.parent)).as_posix())


def _write_if_new(path: Path, text: str) -> None:
    content = text.encode("utf-8", "backslashreplace")
    if not path.exists() or path.read_bytes() != content:
        write_whole(path, content)


def _counts(graded: tuple[Graded, ...]) -> str:
    now = sum(one.now for one in graded)
    return f"{now} graded now, {len(graded) - now} unchanged since the last run."
