"""Cells of a released notebook: the given code around an answer, and the notebook with answers filled in."""

from __future__ import annotations

import ast
import json
from functools import lru_cache

from autograder.course.jupyter import strip_magics
from autograder.course.release import Exercise, Release
from autograder.course.source import definitions, functions_of


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
