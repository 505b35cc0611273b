"""What a chapter still lacks in any of the four rooms, a sentence each: what, how much, where to add it."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.authoring.build import complete_notebook
from autograder.course.course import Course, CourseError
from autograder.course.release import read_release
from autograder.course.source import cut, reference_text
from autograder.course.specimens import Specimen, load_specimens


def missing(course: Course, slug: str) -> list[str]:
    """The sentences for ``slug``; none for a chapter that is whole."""
    return [f"{slug}: {sentence}" for part in (_book, _assignment) for sentence in part(course, slug)]


def _book(course: Course, slug: str) -> Iterator[str]:
    """The chapter, its place in the reading order, its way to the assignment."""
    chapter = course.chapter(slug)
    if not chapter.exists():
        yield f"no chapter; write book/{slug}.md."
    elif not re.search(rf"assignments/{re.escape(slug)}\b", chapter.read_text(encoding="utf-8")):
        link = f"assignments/{slug}/{slug}.ipynb"
        yield f"the chapter does not lead to its assignment; link {link} in book/{slug}.md."
    toc = (course.root / "_toc.yml").read_text(encoding="utf-8")
    if not re.search(rf"^\s*-\s*file:\s*book/{re.escape(slug)}\s*$", toc, re.M):
        yield f"no place in the reading order; add `- file: book/{slug}` to _toc.yml."


def _assignment(course: Course, slug: str) -> Iterator[str]:
    """The text, the solution, what is released, and how well each exercise is judged."""
    if not course.text(slug).exists():
        yield f"no assignment; write assignments/{slug}.md."
    if not course.solution(slug).exists():
        yield f"no reference implementation; write solutions/{slug}.py."
    if not (course.text(slug).exists() and course.solution(slug).exists()):
        return
    try:
        notebook = complete_notebook(course, slug)
    except CourseError as error:
        yield str(error)
        return
    names = read_release(slug, notebook).names
    if not names:
        yield f"no exercise; add a cell with `:exercise:` to assignments/{slug}.md."
        return
    yield from _solution(course, slug, notebook)
    if not course.released(slug).exists():
        yield f"no student notebook; run `autograder release {slug}`."
    yield from _checks(course, slug, names)
    yield from _specimens(course, slug, names, "mistakes", least=3, average=5)
    yield from _specimens(course, slug, names, "variants", least=2, average=3)


def _solution(course: Course, slug: str, notebook: nbformat.NotebookNode) -> Iterator[str]:
    """Graded functions that nobody is asked for, functions without their contract."""
    asked = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for name, piece in cut(reference_text(course.solution(slug))).items():
        if piece.graded and piece.source not in asked:
            yield f"no exercise asks for the graded {name}; add `:exercise: {name}` to assignments/{slug}.md."
        body = getattr(piece.node, "body", None)
        if piece.graded and body and not _docstring(body[0]):
            yield f"{name} has no docstring, which is its contract; add one in solutions/{slug}.py."


def _docstring(node: Any) -> bool:
    return isinstance(getattr(getattr(node, "value", None), "value", None), str)


def _checks(course: Course, slug: str, names: tuple[str, ...]) -> Iterator[str]:
    """A hidden check that counts for every exercise, and none of an exercise that is not there."""
    path, place = course.checks(slug), f"autograder/checks/test_{slug}.py"
    if not path.exists():
        yield f"no hidden checks; write {place}."
        return
    weights = exercise_weights(path)
    for name in names:
        if weights.get(name, 0.0) <= 0:
            yield f"no hidden check for the exercise {name}; add one to {place}."
    for name in sorted(set(weights) - set(names)):
        yield f"{place} checks {name}, which is no exercise of assignments/{slug}.md."


def _specimens(
    course: Course, slug: str, names: tuple[str, ...], room: str, *, least: int, average: float
) -> Iterator[str]:
    """Named mistakes or variants: enough of them, of known exercises, each with its note, each applicable."""
    path, place = getattr(course, room)(slug), f"autograder/{room}/{slug}.py"
    if not path.exists():
        yield f"no named {room}; write {place}."
        return
    found = load_specimens(path, room.upper())
    count = Counter(specimen.exercise for specimen in found)
    for name in names:
        if count[name] < least:
            yield f"{count[name]} {room} for the exercise {name}, {least} or more are needed; add to {place}."
    mean = sum(count[name] for name in names) / len(names)
    if mean < average:
        yield f"{mean:.1f} {room} an exercise on average, {average:g} or more are needed; add to {place}."
    for name in sorted(set(count) - set(names)):
        yield f"{place} has {room} for {name}, which is no exercise of assignments/{slug}.md."
    if room == "mistakes":
        found += load_specimens(path, "CONVENTIONS")
    source = reference_text(course.solution(slug))
    yield from _faults(tuple(one for one in found if one.exercise in names), source, place)


def _faults(found: tuple[Specimen, ...], source: str, place: str) -> Iterator[str]:
    times = Counter((specimen.exercise, specimen.name) for specimen in found)
    for (exercise, name), count in times.items():
        if count > 1:
            yield f"{place} has {exercise}/{name} {count} times; a name stands for one thing."
    for specimen in found:
        if not specimen.note.strip():
            yield f"{specimen.exercise}/{specimen.name} has no note; say in {place} what it is."
        try:
            changed = specimen.functions(source)
        except CourseError as error:
            yield f"{place}: {error}."
            continue
        if not changed:
            yield f"{specimen.exercise}/{specimen.name} changes nothing; give it swaps or code in {place}."


def exercise_weights(path: Path) -> dict[str, float]:
    """The sum of the weights of the hidden checks of each exercise, from the marks of the functions."""
    spec = importlib.util.spec_from_file_location(f"checks_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise CourseError(f"{path} is no Python module; hidden checks are pytest functions in one.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    weights: dict[str, float] = {}
    for name, function in vars(module).items():
        if name.startswith("test_"):
            for mark in _marks(getattr(function, "pytestmark", [])):
                weight = float(mark.kwargs.get("weight", 1))
                weights[mark.args[0]] = weights.get(mark.args[0], 0.0) + weight
    return weights


def _marks(marks: list[Any]) -> Iterator[Any]:
    """The exercise marks of a function, and those of its parametrized cases."""
    for mark in marks:
        if mark.name == "exercise":
            yield mark
        elif mark.name == "parametrize":
            for case in mark.args[1]:
                yield from _marks(list(getattr(case, "marks", ())))
