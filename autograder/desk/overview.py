"""`autograder overview`: the term's page and its tidy table, from what was graded."""

from __future__ import annotations

from pathlib import Path

from autograder.course.course import Course
from autograder.desk.export import gather
from autograder.files import write_if_new
from autograder.reporting.term_report import TermMarks, term_report, tidy
from autograder.term.attempts import Attempts


def overview(course: Course, term: Path) -> str:
    """Write ``reports/term.html`` and ``reports/term.csv``; a sentence says where they are."""
    marks = gather(course, term)
    kept = [slug for slug in marks.releases if (term / "attempts" / slug).exists()]
    attempts = {
        (slug, student): len(Attempts(term, slug, student).all())
        for slug in kept
        for student in marks.rows[slug]
    }
    found = TermMarks(
        marks.releases,
        marks.rows,
        marks.students,
        {student: marks.total(student) for student in marks.students},
        {student: marks.student(student).name for student in marks.students},
        {student: marks.student(student).section for student in marks.students},
        {key: count for key, count in attempts.items() if count},
    )
    where = {slug: f"the chapter {course.shown(course.chapter(slug))}" for slug in marks.releases}
    page, table = term / "reports" / "term.html", term / "reports" / "term.csv"
    text = term_report(found, marks.settings.name, where)
    write_if_new(page, text.encode("utf-8", "backslashreplace"))
    write_if_new(table, tidy(found).encode("utf-8", "backslashreplace"))
    size = f"{len(marks.releases)} assignments, {len(marks.students)} students"
    return f"{page}: {size}. {table}: a row an exercise."
