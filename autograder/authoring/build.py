"""Builds an assignment's complete notebook from one text and one solution module, the same bytes every time.

The text is a MyST notebook whose code cells have one option each:

- ``:exercise:`` puts functions of the solution module in, with their contract as Markdown above them;
  ``:read:`` lists the sections of the book that it, and feedback, lead to;
- ``:check:`` is the visible check of an exercise, with ``:points:``;
- ``:setup:`` is locked code, and ``:given:`` appends whole functions of the solution module to it;
- ``:carry:`` puts cells of an earlier assignment in, for answers that students bring along;
- ``:manual:`` is an answer in words, with ``:points:``, that a person marks;
- ``:picture:`` is code that draws what a student's function does, by ``drawing.py`` beside the text;
  it never runs while grading;
- ``:challenge:`` is a cell for those who want more, with a number to beat; it never runs while grading;
- ``:experiments:`` is the line below which nothing runs while grading.

A code cell without an option is copied as it is, for the student to change.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import MystMetadataParsingError, read_myst_markdown_notebook

from autograder.authoring.assembly import Assembly
from autograder.authoring.closing import time_needed
from autograder.authoring.notebooks import canonical_text, run_notebook
from autograder.course.course import Course, CourseError


def build(course: Course, slug: str, check: bool = False) -> Path:
    """Write the complete notebook of ``slug`` and return its path.

    With ``check`` nothing is written, and a notebook that differs from its sources raises CourseError. (One
    that was never built does not.) Sources that make no notebook always raise CourseError.
    """
    wanted = canonical_text(complete_notebook(course, slug))
    path = built_path(course, slug)
    shown = path.relative_to(course.root)
    existing = path.read_text(encoding="utf-8") if path.exists() else None
    if check and existing not in {None, wanted}:
        raise CourseError(f"{shown} is not what its sources give now: run `autograder build {slug}` again.")
    if not check and existing != wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
    return path


def built_path(course: Course, slug: str) -> Path:
    """The path of the complete notebook, which holds every solution and is never published."""
    return course.build / "source" / slug / f"{slug}.ipynb"


def complete_notebook(course: Course, slug: str) -> nbformat.NotebookNode:
    """The notebook with every solution: cells in order, with nbgrader's metadata, and validated."""
    course.require(slug)
    text_name = course.shown(course.text(slug))
    try:
        text = read_myst_markdown_notebook(course.text(slug).read_text(encoding="utf-8"))
    except (MystMetadataParsingError, IndexError) as error:
        raise CourseError(f"{text_name} cannot be read as a MyST notebook: {error}") from error
    course.due(slug)  # what is wrong with it is said here, not while a class is graded
    assembly = Assembly(course, slug, text.cells, complete_notebook)
    for cell in text.cells:
        assembly.add(cell)
    assembly.finish()
    metadata = _metadata(text_name, text.metadata)
    if "hours" in metadata["course"]:
        assembly.head(time_needed(metadata["course"]["hours"]))
    notebook = nbformat.v4.new_notebook(cells=assembly.cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook


def run_solution(course: Course, slug: str, wall_seconds: float = 600.0) -> float:
    """Build the complete notebook and run it; return the seconds that it ran. Raises as `run_built` does."""
    build(course, slug)
    return run_built(course, slug, wall_seconds)


def run_built(course: Course, slug: str, wall_seconds: float = 600.0) -> float:
    """Run the code cells of the built notebook in one fresh namespace; return the seconds it took.

    The assignment's data files are in its working directory, as for students. Raises CourseError with the
    cell and its error, for example where the reference fails a visible check or a name is used too early.
    """
    began = time.perf_counter()
    problem = run_notebook(built_path(course, slug), wall_seconds, course.data(slug))
    if problem:
        raise CourseError(f"{slug}: the solution notebook does not run: {problem}")
    return time.perf_counter() - began


def _metadata(text_name: str, front: dict[str, Any]) -> dict[str, Any]:
    """The notebook's metadata from the text's front matter; CourseError if a field is wrong."""
    title = front.get("title")
    if not isinstance(title, str) or not title.strip():
        raise CourseError(f"{text_name}: the front matter has no title; add `title: …` between `---` lines.")
    course: dict[str, Any] = {"title": title}
    if front.get("hours") is not None:
        if not isinstance(front["hours"], int | float) or front["hours"] <= 0:
            raise CourseError(f"{text_name}: hours must be a number above 0, got {front['hours']}.")
        course["hours"] = front["hours"]
    return {
        "course": course,
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
