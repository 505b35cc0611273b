"""The course as a term has it: what the settings leave out, other points, other limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from autograder.course.course import Course, CourseError
from autograder.course.names import names_of
from autograder.course.release import PICTURE, Release
from autograder.course.selection import Selection
from autograder.course.source import functions_of, reference_text
from autograder.near import meant
from autograder.term.settings import Settings, settings_path, term_settings


def in_term(course: Course, term: Path) -> Course:
    """``course`` through the settings of ``term``; CourseError for an exercise that does not exist."""
    return chosen(course, term_settings(course, term), settings_path(term))


def chosen(course: Course, settings: Settings, where: Path) -> Course:
    """``course`` through ``settings``, which were read from the file ``where``."""
    exercises, points = set(), set()
    for slug, own in settings.assignments.items():
        if not (own.leave_out or own.points):
            continue
        release = course.whole.release(slug)
        names = tuple(one.name for one in release.marked)
        for key, given in (("leave_out", own.leave_out), ("points", own.points)):
            for name in given:
                _known(where, f"assignment.{slug}.{key}", name, names)
        if set(own.leave_out) >= set(names):
            raise CourseError(
                f"{where}: {slug} has no exercise left; put it into `leave_out` at the top of the file."
            )
        exercises |= {(slug, name) for name in own.leave_out}
        points |= {(slug, name, number) for name, number in own.points.items()}
    return replace(
        course,
        selection=Selection(
            frozenset(settings.leave_out),
            frozenset(exercises),
            frozenset(points),
            frozenset(settings.limits.items()),
        ),
    )


def _known(where: Path, key: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise CourseError(f"{where}: {key}: there is no exercise {name}. {meant(name, names)}")


def unfit(course: Course) -> list[str]:
    """A sentence for each exercise that stays and needs one that is left out."""
    return [
        f"{slug}: {name} needs {needed}, which is left out; leave {name} out too, or keep {needed} and "
        f"give it no points (`points = {{ {needed} = 0 }}`)"
        for slug in course.slugs
        if course.selection.left_out_of(slug) and course.released(slug).exists()
        for name, needed in _needs(course, course.release(slug), course.whole.release(slug))
    ]


def _needs(course: Course, release: Release, whole: Release) -> Iterator[tuple[str, str]]:
    """(exercise or cell that stays, exercise left out whose functions it uses)."""
    homes = {
        function: one.name
        for one in whole.coded
        if one.name not in {kept.name for kept in release.coded}
        for function in functions_of(one.stub)
    }
    right = functions_of(reference_text(course.solution(release.slug)))
    sources = {one.name: "\n\n".join(right[name] for name in functions_of(one.stub)) for one in release.coded}
    for cell in release.notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        shown = mark.get("grade_id", "").startswith(PICTURE)
        if cell["cell_type"] == "code" and (mark.get("locked") or shown):
            sources[mark["grade_id"]] = "".join(cell["source"])
    for name, source in sources.items():
        _, used = names_of(source)
        for needed in sorted({homes[one] for one in used if one in homes}):
            yield name, needed
