"""`autograder settings`: the settings of a term, explained, or a first file of them."""

from __future__ import annotations

import datetime
from pathlib import Path

from autograder.course.course import Course, CourseError
from autograder.files import private, write_whole
from autograder.term.chosen import chosen, unfit
from autograder.term.roster import load_roster
from autograder.term.settings import explained, settings_path, template, term_settings


def show_settings(course: Course, term: Path) -> str:
    """Every setting with its value and what it is for."""
    path = settings_path(term)
    settings = term_settings(course, term, load_roster(term).students)
    where = (
        f"{path}:" if path.exists() else f"There is no {path}; these are the defaults. Write one with --new."
    )
    course = chosen(course, settings, path)
    told = [*unfit(course), *_to_write(course)]
    warned = "".join(f"\n{sentence}." for sentence in told)
    return f"{where}\n\n{explained(settings, _dues(course))}{warned}"


def new_settings(course: Course, term: Path, time_zone: str) -> str:
    """Write a first file; CourseError if there is one."""
    path = settings_path(term)
    if path.exists():
        raise CourseError(f"{path} is there already; edit it, or move it away first.")
    private(term)
    write_whole(path, template("", _clock_times(_dues(course)), time_zone).encode())
    try:
        term_settings(course, term)
    except CourseError:
        path.unlink()
        raise
    dues = f"the due times as released, by the clock of {time_zone}"
    return f"{path}: every setting with its default, and {dues}. Edit it, then look again."


def _clock_times(dues: dict[str, str]) -> dict[str, str]:
    """The released dates and hours without their zone: 23:59 is 23:59 in the zone of the term."""
    when = {slug: datetime.datetime.fromisoformat(due) for slug, due in dues.items() if due}
    return {slug: f"{when[slug]:%Y-%m-%d %H:%M}" if slug in when else "" for slug in dues}


def _dues(course: Course) -> dict[str, str]:
    """The due time of each assignment, as released."""
    whole = course.whole
    return {slug: whole.release(slug).due if whole.released(slug).exists() else "" for slug in whole.slugs}


def _to_write(course: Course) -> list[str]:
    """A sentence for each assignment whose students cannot bring along a part that is left out."""
    told = []
    for slug in course.slugs:
        parts = course.release(slug).carried if course.released(slug).exists() else ()
        out = course.selection
        names = [
            one.name for one in parts if one.origin in out.chapters or one.name in out.left_out_of(one.origin)
        ]
        if names:
            told.append(f"{slug} asks for {', '.join(names)}, which students then write there")
    return told
