"""Grades a class and writes the gradebook, each student's feedback page and the class report."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from autograder import nbgrader_plugin
from autograder.classroom.best_attempt import best_attempts
from autograder.classroom.published import (
    Change,
    Mark,
    Published,
    changes,
    circumstances,
    file_digest,
    load_published,
    save_published,
)
from autograder.classroom.results import Results
from autograder.classroom.runner import Graded, Seen, grade_class, secret_seed
from autograder.classroom.words import changed_words
from autograder.course.course import Course, CourseError
from autograder.course.reading import load_reading
from autograder.course.release import Release
from autograder.files import not_written, write_if_new
from autograder.grading.verdict import Report, Verdict
from autograder.reporting.autograded import rebuild, write_autograded
from autograder.reporting.class_report import class_report, gradebook_table
from autograder.reporting.feedback import render_feedback
from autograder.reporting.marks import NO_OVERRIDES, Override, Overrides, number
from autograder.reporting.marks_csv import marks_csv
from autograder.reporting.rows import MarkRow, mark_rows
from autograder.submissions.handin import Handin, handed_in, handins, look_alike
from autograder.submissions.notebook_file import Unreadable, content_of
from autograder.submissions.strays import strays
from autograder.term.attempts import Attempts
from autograder.term.policy import IN_TIME, standings, with_own_due
from autograder.term.roster import Roster, load_roster
from autograder.term.settings import term_settings

MAX_EXCHANGE_BYTES = 10_000
MAX_CHANGES = 20  # that are told one by one


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
    seen: Seen | None = None,
) -> str:
    """Grade ``slug``, write gradebook, feedback and class report; the gradebook as text for the terminal.

    The process that grades a submission also writes its autograded notebook and its feedback page. The
    gradebook is written last, in one commit. ``scheduler`` is the address of a Dask cluster that grades;
    ``seen`` is called as `grade_class` says.
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
    seen: Seen | None,
) -> str:
    roster = load_roster(term)
    settings = term_settings(course, term, roster.students)
    release, results = with_own_due(course.release(slug), settings), Results(term)
    entered = nbgrader_plugin.read_overrides(term, slug)
    without_sandbox = without_sandbox or settings.sandbox == "if there"
    if settings.counts == "best":
        if new_round:
            secret_seed(term, slug, new_round=True)
        chosen = best_attempts(course, slug, term, settings, students, without_sandbox)
        for student, attempt in chosen.items():
            Attempts(term, slug, student).place(attempt)
        new_round = False
    how = standings(settings, term, slug, release.due)
    reading = load_reading(course, slug, settings.book)

    def write_student_files(graded: Graded) -> None:
        submission, report = graded.submission, graded.report
        notebook = rebuild(release, submission.answers, submission.sources, report, submission.experiments)
        write_autograded(term, report, notebook, graded.handin.known_timestamp)
        write_feedback_page(graded, entered)
        write_for_the_exchange(graded.handin, feedback_path(term, graded.handin.student, slug).parent)

    def write_feedback_page(graded: Graded, overrides: Mapping[str, Overrides]) -> None:
        student = graded.handin.student
        theirs, standing = overrides.get(student, NO_OVERRIDES), how.get(student, IN_TIME)
        page = render_feedback(graded.report, release, graded.submission.answers, theirs, standing, reading)
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
    marked = {
        student: [name for name, one in theirs.items() if one.score is not None]
        for student, theirs in entered.items()
    }
    nbgrader_plugin.write_gradebook(
        term,
        release,
        [(one.report, None, one.handin.known_timestamp) for one in graded],
        penalties={
            row.student: row.penalty for row in mark_rows(map(_report, graded), release, how, entered)
        },
        look=changed_words(term, release, graded, marked),
    )
    overrides = nbgrader_plugin.read_overrides(term, slug)
    for one in graded:
        if overrides.get(one.handin.student) != entered.get(one.handin.student):
            write_feedback_page(one, overrides)  # changed in formgrader meanwhile
    reports = results.reports(slug, [one.report for one in graded])  # of the whole class
    page = report_path(term, slug)
    links = {report.student: _link(page, feedback_path(term, report.student, slug)) for report in reports}
    alike = look_alike(report.student for report in reports)
    absent = [one.student for one in roster.enrolled]
    rows = mark_rows(reports, release, how, overrides, absent, settings.missing, handed_in(term, slug))
    before, now = load_published(term, slug), to_publish(course, slug, term, rows, overrides)
    save_published(term, slug, now)
    remarks = [*_another_look(overrides), *strays(term, course.whole.slugs), *_not_enrolled(roster, reports)]
    remarks += told_changes(changes(before, now))
    text = class_report(rows, release, links, alike, remarks)
    write_if_new(page, text.encode("utf-8", "backslashreplace"))
    table = gradebook_table(rows, release, alike=alike, remarks=remarks)
    return "\n".join([table, _counts(graded), *_faults(graded, results)])


def export_marks(course: Course, slug: str, term: Path) -> str:
    """The stored marks as CSV, with the scores and credit entered in formgrader."""
    release, rows = class_marks(course, slug, term)
    return marks_csv(rows, release)


def class_marks(course: Course, slug: str, term: Path) -> tuple[Release, list[MarkRow]]:
    """The marks of a class as every table shows them, from the stored results; nothing is graded."""
    roster = load_roster(term)
    settings = term_settings(course, term, roster.students)
    release, reports = with_own_due(course.release(slug), settings), Results(term).reports(slug)
    if not reports:
        raise CourseError(f"no results of {slug} in {term}: run `autograder grade {slug}` first.")
    how = standings(settings, term, slug, release.due)
    overrides = nbgrader_plugin.read_overrides(term, slug)
    absent = [one.student for one in roster.enrolled]
    return release, mark_rows(
        reports, release, how, overrides, absent, settings.missing, handed_in(term, slug)
    )


def to_publish(
    course: Course,
    slug: str,
    term: Path,
    rows: Iterable[MarkRow],
    overrides: Mapping[str, Mapping[str, Override]],
    handed: Path | None = None,
) -> Published:
    """The marks as they are about to be shown, with what they depend on.

    ``handed`` is where what was graded lies, if not in the term itself.
    """
    files = {handin.student: file_digest(handin) for handin in handins(handed or term, slug)}
    marks = {}
    for row in rows:
        theirs = overrides.get(row.student, {})
        by_hand = ", ".join(
            f"{name} {one.score} {one.extra}"
            for name, one in sorted(theirs.items())
            if one.score is not None or one.extra
        )
        marks[row.student] = Mark(row.final, row.points, by_hand, files.get(row.student, ""))
    return Published(marks, circumstances(course, slug, term))


def told_changes(found: Iterable[Change], most: int = MAX_CHANGES) -> list[str]:
    """A sentence for each changed mark."""
    told = [
        f"{one.student}: was {number(one.before) or 'blank'}, is {number(one.after) or 'blank'} ({one.why})."
        for one in found
    ]
    more = [f"{len(told) - most} more marks have changed: `autograder regrade --diff` before the next time."]
    return told[:most] + (more if len(told) > most else [])


def write_for_the_exchange(handin: Handin, folder: Path) -> None:
    """The files by which `nbgrader release_feedback` knows whose page it is."""
    for name in ("timestamp.txt", "submission_secret.txt"):
        with contextlib.suppress(OSError, Unreadable):  # missing, most often
            write_if_new(folder / name, content_of(handin.path.parent / name, MAX_EXCHANGE_BYTES))


def _report(graded: Graded) -> Report:
    return graded.report


def _another_look(overrides: Mapping[str, Overrides]) -> list[str]:
    return [
        f"{student}: a person's mark for {name} needs another look, for what it judged has changed."
        for student, theirs in sorted(overrides.items())
        for name, one in theirs.items()
        if one.look
    ]


def _not_enrolled(roster: Roster, reports: Iterable[Report]) -> list[str]:
    """A sentence on each hand-in of somebody whom the roster does not have, or has under another spelling."""
    if not roster.students:
        return []
    told = []
    for report in reports:
        one = roster.find(report.student)
        if one is None:
            told.append(f"{report.student} handed in and is not in the roster.")
        elif one.student != report.student:
            told.append(f"the folder of {one.student} is in another Unicode form; collect it again.")
    return told


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
