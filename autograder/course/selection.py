"""What a term leaves out of its course, and which points it gives: the released notebook as the term has it.

Sources and released notebooks stay whole. Whoever publishes, grades or reports reads them through a
selection.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.course.names import names_of
from autograder.course.release import CHALLENGE, PICTURE
from autograder.course.told import retold

HEADING = re.compile(r"^(#{1,6})[ \t]+(?!Exercise \d+ of )\S", re.M)  # of a section, not of an exercise
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1[`~]*[ \t]*$", re.M | re.S)


@dataclass(frozen=True)
class Selection:
    """``chapters`` and (assignment, exercise) pairs that are left out; other points, as triples with them."""

    chapters: frozenset[str] = frozenset()
    exercises: frozenset[tuple[str, str]] = frozenset()
    points: frozenset[tuple[str, str, float]] = frozenset()
    limits: frozenset[tuple[str, float]] = frozenset()

    def left_out_of(self, slug: str) -> frozenset[str]:
        return frozenset(name for where, name in self.exercises if where == slug)

    def points_of(self, slug: str) -> dict[str, float]:
        return {name: points for where, name, points in self.points if where == slug}

    def text(self, slug: str) -> str:
        """All that a result of ``slug`` depends on, as a text; empty where nothing is changed."""
        parts = (sorted(self.left_out_of(slug)), sorted(self.points_of(slug).items()), sorted(self.limits))
        return repr(parts) if any(parts) else ""


EVERYTHING = Selection()


def selected(notebook: dict, left_out: frozenset[str], points: dict[str, float]) -> dict:
    """A released notebook without the exercises ``left_out``, and with other ``points``.

    With an exercise go its contract, its cells, free cells and pictures that use its functions or what these
    cells define, and the prose of a section that asks for nothing else. A challenge goes with its text, a
    picture with what is asked about it. Setup cells stay.
    """
    if not left_out and not points:
        return notebook
    sections = _sections(notebook["cells"]) if left_out else [notebook["cells"]]
    cells = [cell for section in sections for cell in _kept(section, left_out)]
    gone = {
        name
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and _grade_id(cell) in left_out
        for name in _defined(_source(cell))
    }
    cells = _without_users(cells, gone)
    return {**notebook, "cells": _retold([_with_points(cell, points) for cell in cells])}


def _retold(cells: list[dict]) -> list[dict]:
    """``cells`` with the numbers and points that stand in their texts put right."""
    worth = {_exercise(cell): _mark(cell)["points"] for cell in cells if _mark(cell).get("grade")}
    worth = {_exercise(cell): worth[_exercise(cell)] for cell in cells if _exercise(cell) in worth}
    texts = retold([_source(cell) for cell in cells], worth)
    return [
        {**cell, "source": text.splitlines(keepends=True)} if text != _source(cell) else cell
        for cell, text in zip(cells, texts, strict=True)
    ]


def _sections(cells: list[dict]) -> Iterator[list[dict]]:
    """The cells by headings; a Markdown cell with headings in it is cut before each of them."""
    section: list[dict] = []
    for cell in cells:
        for block in _blocks(cell):
            if block["cell_type"] == "markdown" and HEADING.match(_source(block)) and section:
                yield section
                section = []
            section.append(block)
    yield section


def _blocks(cell: dict) -> list[dict]:
    text = _source(cell)
    if cell["cell_type"] != "markdown" or _grade_id(cell):
        return [cell]
    fences = [found.span() for found in FENCE.finditer(text)]
    starts = [one.start() for one in HEADING.finditer(text)]
    starts = [at for at in starts if at and not any(begin <= at < end for begin, end in fences)]
    if not starts:
        return [cell]
    parts = [text[begin:end].strip("\n") for begin, end in zip([0, *starts], [*starts, None], strict=True)]
    stem = cell.get("id", "")
    named = {"id": stem} if stem else {}
    return [
        {
            **cell,
            **({"id": f"{stem}-{n}"[-64:]} if n and named else named),
            "source": part.splitlines(keepends=True),
        }
        for n, part in enumerate(parts)
        if part
    ]


def _kept(section: list[dict], left_out: frozenset[str]) -> list[dict]:
    """The cells of one section that stay."""
    names = [_exercise(cell) for cell in section]
    if not set(names) & left_out:
        return section
    if all(name in left_out for name in names if name) and not _is_title(section[0]):
        return [cell for cell in section if _is_given(cell)]
    drop = {place for place, name in enumerate(names) if name in left_out}
    drop |= {place - 1 for place in drop if place and _is_contract(section[place - 1], section[place])}
    drop |= _asked_about(section, drop)
    return [cell for place, cell in enumerate(section) if place not in drop]


def _asked_about(cells: list[dict], places: set[int]) -> set[int]:
    """Where the prediction above, and the question below, each picture at these places stand."""
    pictures = [place for place in places if _is_picture(cells[place])]
    return {place - 1 for place in pictures if _begins(cells, place - 1, "**Predict.**")} | {
        place + 1 for place in pictures if _begins(cells, place + 1, "**Question.**")
    }


def _begins(section: list[dict], place: int, words: str) -> bool:
    """Whether the cell at a place, if there is one, begins so: what is asked about a picture goes with it."""
    return 0 <= place < len(section) and _source(section[place]).startswith(words)


def _is_contract(cell: dict, below: dict) -> bool:
    """Whether a cell is the contract of the exercise right below it."""
    return (
        cell["cell_type"] == "markdown"
        and below["cell_type"] == "code"
        and bool(_mark(below).get("solution"))
    )


def _is_title(cell: dict) -> bool:
    """Whether a section is the notebook's own first one, whose prose is about all of it."""
    found = HEADING.match(_source(cell))
    return cell["cell_type"] == "markdown" and (found is None or found[1] == "#")


def _exercise(cell: dict) -> str:
    """The exercise that a cell belongs to, if any."""
    mark, name = _mark(cell), _grade_id(cell)
    if name.startswith(PICTURE):
        return name.removeprefix(PICTURE)
    return name.removeprefix("check_") if mark.get("solution") or mark.get("grade") else ""


def _with_points(cell: dict, points: dict[str, float]) -> dict:
    name = _exercise(cell)
    if not _mark(cell).get("grade") or name not in points:
        return cell
    number = int(points[name]) if points[name] == int(points[name]) else points[name]
    mark = {**_mark(cell), "points": number}
    return {**cell, "metadata": {**cell["metadata"], "nbgrader": mark}}


def _is_given(cell: dict) -> bool:
    """Whether a cell stays when its section goes: setup cells and the like, not checks and pictures."""
    return bool(_mark(cell).get("locked")) and not _exercise(cell)


def _is_picture(cell: dict) -> bool:
    return _grade_id(cell).startswith(PICTURE)


def _is_free(cell: dict) -> bool:
    marked = _mark(cell) and _grade_id(cell) != CHALLENGE and not _is_picture(cell)
    return cell["cell_type"] == "code" and not marked


def _without_users(cells: list[dict], gone: set[str]) -> list[dict]:
    """``cells`` without free ones that use a name in ``gone``, or one that only such cells define."""
    while places := {place for place, cell in enumerate(cells) if _is_free(cell) and _uses(cell, gone)}:
        dropped = [cells[place] for place in places]
        above = {place - 1 for place in places if _grade_id(cells[place]) == CHALLENGE}
        drop = places | above | _asked_about(cells, places)
        cells = [cell for place, cell in enumerate(cells) if place not in drop]
        left = set().union(*(_names(cell)[0] for cell in cells if cell["cell_type"] == "code"))
        gone = set().union(*(_names(cell)[0] for cell in dropped)) - left
    return cells


def _uses(cell: dict, names: set[str]) -> bool:
    return bool(_names(cell)[1] & names)


def _names(cell: dict) -> tuple[set[str], set[str]]:
    """(bound, used) names of a code cell; none if it is no plain Python."""
    try:
        return names_of(_source(cell))
    except SyntaxError:
        return set(), set()


def _defined(source: str) -> list[str]:
    """The functions and classes that a released stub defines."""
    return [one.name for one in ast.parse(source).body if isinstance(one, ast.FunctionDef | ast.ClassDef)]


def _mark(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})


def _grade_id(cell: dict) -> str:
    return str(_mark(cell).get("grade_id", ""))


def _source(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
