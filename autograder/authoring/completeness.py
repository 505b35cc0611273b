"""Lists the missing parts of a chapter, a sentence each: which part, how many, where to add it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.authoring.build import complete_notebook
from autograder.course.checks import Check, read_checks
from autograder.course.course import Course, CourseError
from autograder.course.release import read_release
from autograder.course.source import cut, functions_of, reference_text
from autograder.course.specimens import Specimen, load_specimens
from autograder.measure.properties import unproved


def missing(course: Course, slug: str) -> list[str]:
    """The sentences for ``slug``; none if the chapter is complete.

    What its checks leave unproved is looked for once everything else is there.
    """
    found = [sentence for part in (_book, _assignment) for sentence in part(course, slug)]
    return [f"{slug}: {sentence}" for sentence in found or unproved(course, slug)]


def _book(course: Course, slug: str) -> Iterator[str]:
    """The chapter's text, its place in the reading order, its link to the assignment."""
    chapter = course.chapter(slug)
    name, link = course.shown(chapter), course.shown(course.released(slug))
    if not chapter.exists():
        yield f"no chapter; write {name}."
    elif not re.search(
        rf"{re.escape(course.shown(course.released(slug).parent))}\b", chapter.read_text(encoding="utf-8")
    ):
        yield f"the chapter does not lead to its assignment; link {link} in {name}."
    if slug not in course.order:
        yield f"no place in the reading order; add `- file: {name.removesuffix('.md')}` to _toc.yml."


def _assignment(course: Course, slug: str) -> Iterator[str]:
    """The text, the solution, the student notebook, the checks and specimens of each exercise."""
    text = course.shown(course.text(slug))
    if not course.text(slug).exists():
        yield f"no assignment; write {text}."
    if not course.solution(slug).exists():
        yield f"no reference implementation; write {course.shown(course.solution(slug))}."
    if not (course.text(slug).exists() and course.solution(slug).exists()):
        return
    try:
        notebook = complete_notebook(course, slug)
    except CourseError as error:
        yield str(error)
        return
    names = read_release(slug, notebook).names
    if not names:
        yield f"no exercise; add a cell with `:exercise:` to {text}."
        return
    yield from _solution(course, slug, notebook)
    if not course.released(slug).exists():
        yield f"no student notebook; run `autograder release {slug}`."
    yield from _content(course, slug, names)


def _solution(course: Course, slug: str, notebook: nbformat.NotebookNode) -> Iterator[str]:
    """Graded functions that belong to no exercise, graded functions without a docstring."""
    text, solution = course.shown(course.text(slug)), course.shown(course.solution(slug))
    cells = (cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution"))
    asked = {name for cell in cells if cell.cell_type == "code" for name in functions_of(cell.source)}
    for name, piece in cut(reference_text(course.solution(slug))).items():
        if piece.graded and name not in asked:
            yield f"no exercise asks for the graded {name}; add `:exercise: {name}` to {text}."
        body = getattr(piece.node, "body", None)
        if piece.graded and body and not _docstring(body[0]):
            yield f"{name} has no docstring, which is its contract; add one in {solution}."


def _docstring(node: Any) -> bool:
    return isinstance(getattr(getattr(node, "value", None), "value", None), str)


def _content(course: Course, slug: str, names: tuple[str, ...]) -> Iterator[str]:
    """Missing checks, mistakes and variants in the chapter's own files."""
    folder = course.content(slug)
    shown = folder.relative_to(course.root)
    try:
        checks = read_checks(folder, names)
        mistakes, conventions, variants = (
            load_specimens(folder, kind, names) for kind in ("MISTAKES", "CONVENTIONS", "VARIANTS")
        )
    except CourseError as error:
        yield f"{shown}: {error}."
        return
    judges: tuple[Check | Specimen, ...] = (*checks, *mistakes, *conventions, *variants)
    known = {one.exercise for one in judges}
    for name in names:
        if name not in known:
            yield f"nothing that judges the exercise {name}; write {shown}/{name}.py."
    begun = tuple(name for name in names if name in known)
    for name in sorted(known - set(names)):
        yield f"{shown} judges {name}, which is no exercise of {course.shown(course.text(slug))}."
    if not begun:
        return
    for name in begun:
        if not any(check.exercise == name for check in checks):
            yield f"no hidden check for the exercise {name}; add one to {shown}/{name}.py."
    yield from _enough(mistakes, "mistakes", begun, shown, least=3, average=5)
    yield from _enough(variants, "variants", begun, shown, least=2, average=3)
    source = reference_text(course.solution(slug))
    for found in ((*mistakes, *conventions), variants):
        yield from _faults(tuple(one for one in found if one.exercise in names), source, shown)


def _enough(
    found: tuple[Specimen, ...], kind: str, names: tuple[str, ...], shown: Path, *, least: int, average: float
) -> Iterator[str]:
    """Exercises with too few specimens of a kind, and a mean over the exercises that is too low."""
    count = Counter(specimen.exercise for specimen in found)
    for name in names:
        if count[name] < least:
            place = f"{shown}/{name}.py"
            yield f"{count[name]} {kind} for the exercise {name}, {least} or more are needed; add to {place}."
    mean = sum(count[name] for name in names) / len(names)
    if mean < average:
        yield f"{mean:.1f} {kind} an exercise on average, {average:g} or more are needed; add to {shown}."


def _faults(found: tuple[Specimen, ...], source: str, shown: Path) -> Iterator[str]:
    times = Counter((specimen.exercise, specimen.name) for specimen in found)
    for (exercise, name), count in times.items():
        if count > 1:
            yield f"{shown} has {exercise}/{name} {count} times; a name stands for one thing."
    for specimen in found:
        if not specimen.note.strip():
            yield f"{specimen.exercise}/{specimen.name} has no note; say in {shown} what it is."
        try:
            changed = specimen.functions(source)
        except CourseError as error:
            yield f"{shown}: {error}."
            continue
        if not changed:
            yield f"{specimen.exercise}/{specimen.name} changes nothing; give it swaps or code in {shown}."
