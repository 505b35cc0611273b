"""Cells of a released notebook: the given code around an answer, and the notebook with answers filled in."""

from __future__ import annotations

import ast
import json
import re
from functools import lru_cache

from autograder.course.release import Exercise, Release
from autograder.course.source import definitions, functions_of

# %time and the like run what stands after them; of an assignment the right-hand side, or nothing.
_TIMED = re.compile(r"^(\s*(?:[\w.,\s]+=\s*)?)%%?(?:time|prun|capture)\b(?:\s+-\w+(?:\s+\d+)?)*\s*(.*)$")
_MAGIC = re.compile(r"^(\s*)(?:([\w.,\s]+)=\s*)?(%|!|\?).*$")
_HELP = re.compile(r"^(\s*)[\w.]+\?{1,2}\s*$")
_RUNS = ("time", "timeit", "prun", "capture")  # cell magics whose cell runs as it stands


def strip_magics(source: str) -> str:
    """``source`` with Python in place of Jupyter's own lines; unchanged if it is valid Python.

    A line for Jupyter becomes nothing, what it assigns to becomes an empty list, and what is timed runs.

    >>> strip_magics("%matplotlib inline\\nfiles = !ls\\nt = %time 1 + 1\\n?len")
    '\\nfiles = []\\nt = 1 + 1\\n'
    """
    if parses(source):
        return source
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        return f"\n{strip_magics(rest)}" if first[2:].split()[:1] and first[2:].split()[0] in _RUNS else ""
    return "\n".join(map(_as_python, source.split("\n")))


def _as_python(line: str) -> str:
    if timed := _TIMED.match(line):
        return timed[1] + (timed[2] or "None")
    if magic := _MAGIC.match(line):
        left = f"{magic[2].strip()} = []" if magic[2] else ""
        return f"{magic[1]}{left or ('pass' if magic[1] else '')}"
    if helped := _HELP.match(line):
        return f"{helped[1]}pass" if helped[1] else ""
    return line


def given_cells(release: Release) -> tuple[str, ...]:
    """The given cells that a worker runs: setup cells before the student's, one with the adapters after."""
    return (*(strip_magics(source) for source in release.setup), "\n\n".join(adapters(release).values()))


def adapters(release: Release) -> dict[str, str]:
    """Name -> source of every function that the release's setup cells define.

    They are defined again after the student's cells, so that no cell can replace them.
    """
    return dict(_functions(release.setup))


@lru_cache(maxsize=64)
def _functions(sources: tuple[str, ...]) -> dict[str, str]:
    return {
        node.name: text
        for source in sources
        for node, text in definitions(strip_magics(source))
        if isinstance(node, ast.FunctionDef)
    }


@lru_cache(maxsize=512)
def parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def filled(release: Release, answers: dict[str, str], inserted: dict[str, str] | None = None) -> dict:
    """The released notebook with ``answers`` in their solution cells.

    ``inserted`` maps an exercise to the source of a plain code cell put before its solution cell.
    """
    notebook = json.loads(json.dumps(release.notebook))
    inserted = inserted or {}
    cells: list[dict] = []
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in inserted:
            plain: dict = {"cell_type": "code", "execution_count": None, "outputs": [], "metadata": {}}
            cells.append({**plain, "id": f"inserted-{len(cells)}", "source": inserted[name]})
        cells.append({**cell, "source": answers.get(name, cell["source"])})
    return {**notebook, "cells": cells}


def written(exercises: tuple[Exercise, ...], source: str, own: dict[str, str]) -> dict[str, str]:
    """Solution cells with the reference's functions, except those in ``own``."""
    right = functions_of(source)
    return {
        exercise.name: "\n\n".join(own.get(name, right[name]) for name in functions_of(exercise.stub))
        for exercise in exercises
    }


def visible_check(release: Release, exercise: str) -> str:
    """The source of an exercise's check cell, which students see and run."""
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in release.notebook["cells"]}
    return "".join(cells[f"check_{exercise}"]["source"])
