"""`autograder settings`: the settings of a term, explained, or a first file of them."""

from __future__ import annotations

from pathlib import Path

from autograder.course.course import Course, CourseError
from autograder.files import private, write_whole
from autograder.term.roster import load_roster
from autograder.term.settings import explained, load_settings, settings_path, template


def show_settings(course: Course, term: Path) -> str:
    """Every setting with its value and what it is for."""
    path = settings_path(term)
    settings = load_settings(term, course.slugs, load_roster(term).students)
    where = (
        f"{path}:" if path.exists() else f"There is no {path}; these are the defaults. Write one with --new."
    )
    return f"{where}\n\n{explained(settings, _dues(course))}"


def new_settings(course: Course, term: Path, time_zone: str) -> str:
    """Write a first file; CourseError if there is one."""
    path = settings_path(term)
    if path.exists():
        raise CourseError(f"{path} is there already; edit it, or move it away first.")
    private(term)
    write_whole(path, template("", _dues(course), time_zone).encode())
    try:
        load_settings(term, course.slugs)
    except CourseError:
        path.unlink()
        raise
    return f"{path}: every setting with its default, and the due times as released. Edit it, then look again."


def _dues(course: Course) -> dict[str, str]:
    """The due time of each assignment, as released."""
    return {slug: course.release(slug).due if course.released(slug).exists() else "" for slug in course.slugs}
