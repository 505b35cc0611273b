"""Writes a person's marks and comments into the gradebook, as formgrader does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograder.course.course import CourseError
from autograder.nbgrader_plugin.gradebook import database_url

Entered = tuple[str, str, float, str]  # student, exercise, score, comment


def enter_marks(term: Path, slug: str, marks: Iterable[Entered]) -> None:
    """Enter all of ``marks`` in one commit; an empty comment leaves the one that is there."""
    with Gradebook(database_url(term)) as book:
        for student, exercise, score, comment in marks:
            try:
                grade = book.find_grade(exercise, slug, slug, student)
                if comment:
                    book.find_comment(exercise, slug, slug, student).manual_comment = comment
            except MissingEntry as error:
                raise CourseError(
                    f"{student} has no {exercise} in the gradebook: run `autograder grade {slug}` first."
                ) from error
            grade.manual_score, grade.needs_manual_grade = score, False
        book.db.commit()
