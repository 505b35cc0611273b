"""Grades a class and writes the gradebook, each student's feedback page and the class report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from autograder import nbgrader_plugin
from autograder.classroom.results import Results
from autograder.classroom.runner import Graded, grade_class
from autograder.course.course import Course, CourseError
from autograder.files import not_written, write_if_new
from autograder.grading.verdict import Report, Verdict
from autograder.reporting.autograded import rebuild, write_autograded
from autograder.reporting.class_report import class_report, gradebook_table
from autograder.reporting.feedback import render_feedback
from autograder.reporting.marks import NO_OVERRIDES, Overrides
from autograder.reporting.marks_csv import marks_csv
from autograder.submissions.handin import handins, look_alike


def feedback_path(term: Path, student: str, slug: str) -> Path:
    """The feedback page's path, the same as nbgrader's own."""
    return term / "feedback" / student / slug / f"{slug}.html"


def report_path(term: Path, slug: str) -> Path:
    return term / "reports" / f"{slug}.html"


def grade_and_publish(
    course: Course,
    slug: str,
    term: Path,
    students: Iterable[str] | None = None,
    force: bool = False,
    scheduler: str | None = None,
    without_sandbox: bool = False,
    new_round: bool = False,
    seen: Callable[[int, Report], None] | None = None,
) -> str:
    """Grade ``slug``, write gradebook, feedback and class report; the gradebook as text for the terminal.

    The process that grades a submission also writes its autograded notebook and its feedback page. The
    gradebook is written last, in one commit. ``scheduler`` is the address of a Dask cluster that grades;
    ``seen`` is called with the size of the class and each report.
    """
    try:
        return _grade_and_publish(
            course, slug, term, students, force, scheduler, without_sandbox, new_round, seen
        )
    except OSError as error:
        raise CourseError(not_written(error, term)) from error


def _grade_and_publish(
    course: Course,
    slug: str,
    term: Path,
    students: Iterable[str] | None,
    force: bool,
    scheduler: str | None,
    without_sandbox: bool,
    new_round: bool,
    seen: Callable[[int, Report], None] | None,
) -> str:
    release, results = course.release(slug), Results(term)
    entered = nbgrader_plugin.read_overrides(term, slug)
    late = {handin.student: handin.seconds_late(release.due) for handin in handins(term, slug)}

    def write_student_files(graded: Graded) -> None:
        submission, report = graded.submission, graded.report
        notebook = rebuild(release, submission.answers, submission.sources, report, submission.experiments)
        write_autograded(term, report, notebook, graded.handin.known_timestamp)
        write_feedback_page(graded, entered)

    def write_feedback_page(graded: Graded, overrides: Mapping[str, Overrides]) -> None:
        student = graded.handin.student
        theirs, seconds = overrides.get(student, NO_OVERRIDES), graded.handin.seconds_late(release.due)
        page = render_feedback(graded.report, release, graded.submission.answers, theirs, seconds)
        write_if_new(feedback_path(term, student, slug), page.encode("utf-8", "backslashreplace"))

    graded = grade_class(
        course,
        slug,
        term,
        students=students,
        force=force,
        scheduler=scheduler,
        without_sandbox=without_sandbox,
        new_round=new_round,
        then=write_student_files,
        seen=seen,
    )
    nbgrader_plugin.write_gradebook(
        term, release, [(one.report, None, one.handin.known_timestamp) for one in graded]
    )
    overrides = nbgrader_plugin.read_overrides(term, slug)
    for one in graded:
        if overrides.get(one.handin.student) != entered.get(one.handin.student):
            write_feedback_page(one, overrides)  # changed in formgrader meanwhile
    reports = results.reports(slug, [one.report for one in graded])  # of the whole class
    page = report_path(term, slug)
    links = {report.student: _link(page, feedback_path(term, report.student, slug)) for report in reports}
    alike = look_alike(late)
    text = class_report(reports, release, late, overrides, links, alike)
    write_if_new(page, text.encode("utf-8", "backslashreplace"))
    table = gradebook_table(reports, release, late, overrides, alike=alike)
    return "\n".join([table, _counts(graded), *_faults(graded, results)])


def export_marks(course: Course, slug: str, term: Path) -> str:
    """The stored marks as CSV, with the scores and credit entered in formgrader."""
    results, release = Results(term), course.release(slug)
    reports = results.reports(slug)
    if not reports:
        raise CourseError(f"no results of {slug} in {term}: run `autograder grade {slug}` first.")
    late = {handin.student: handin.seconds_late(release.due) for handin in handins(term, slug)}
    return marks_csv(reports, release, late, nbgrader_plugin.read_overrides(term, slug))


def _link(page: Path, target: Path) -> str:
    return quote(Path(os.path.relpath(target, page.parent)).as_posix())


def _counts(graded: tuple[Graded, ...]) -> str:
    now = sum(one.now for one in graded)
    return f"{now} graded now, {len(graded) - now} unchanged since the last run."


def _faults(graded: tuple[Graded, ...], results: Results) -> list[str]:
    """A sentence for each student without a mark because of a grader fault, with the traceback's path."""
    return [
        f"The grader is at fault: {one.report.student} has no mark. How it came about, to be reported, is in "
        f"{results.traceback_path(one.report.assignment, one.report.student)}"
        for one in graded
        if one.report.verdict is Verdict.GRADER_FAULT
    ]
