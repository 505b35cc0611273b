"""Trusted notebooks: their bytes as a file, running them in plain Python, and names used too early."""

from __future__ import annotations

import builtins
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat

from autograder.course.names import names_of

RUNNER = """
import json, re, sys
cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
code = [cell for cell in cells if cell["cell_type"] == "code"]
names = {"__name__": "__main__"}
for number, cell in enumerate(code, 1):
    source = re.sub(r"(?m)^[%!].*$", "", "".join(cell["source"]))
    try:
        exec(compile(source, f"<cell {cell['id']}>", "exec"), names)
    except BaseException as error:
        sys.exit(f"cell {cell['id']} ({number} of {len(code)} code cells): {type(error).__name__}: {error}")
"""


def canonical_text(notebook: dict) -> str:
    """The notebook as a file: sorted keys, derived cell ids, no outputs, one newline at its end.

    The id of a cell is its grade id, or a hash of its source if it has none.
    """
    node = nbformat.from_dict(notebook)
    node.nbformat, node.nbformat_minor = 4, 5
    taken: dict[str, int] = {}
    for cell in node.cells:
        mark = cell.metadata.get("nbgrader", {}).get("grade_id")
        stem = mark or f"{cell.cell_type}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
        stem = re.sub(r"[^a-zA-Z0-9_-]", "-", stem)[:58]
        taken[stem] = taken.get(stem, 0) + 1
        cell.id = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(node)
    return nbformat.writes(node).rstrip("\n") + "\n"


def run_notebook(path: Path, wall_seconds: float, data: Iterable[Path] = ()) -> str:
    """Run a trusted notebook's code cells in one namespace of a new process; return its error, or "".

    The working directory is a temporary folder with copies of the files ``data``.
    """
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        for file in data:
            shutil.copy(file, folder)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", RUNNER, str(path.resolve())],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=wall_seconds,
                env={"PATH": "/usr/bin:/bin", "HOME": folder, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"},
            )
        except subprocess.TimeoutExpired:
            return f"it ran longer than {wall_seconds:g} s."
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"]
    return next((line for line in lines if line.startswith("cell ")), lines[-1])


def misplaced_name(cells: list[nbformat.NotebookNode]) -> str:
    """A sentence on the first cell that uses a name which no cell before it defines; "" if there is none."""
    tables = [names_of(cell.source) for cell in cells]
    known = {*dir(builtins), "__name__"}
    for index, (cell, (bound, used)) in enumerate(zip(cells, tables, strict=True)):
        known |= bound
        for name in sorted(used - known):
            where = cell.metadata.get("nbgrader", {}).get("grade_id", "a code cell")
            if any(name in later for later, _ in tables[index + 1 :]):
                return f"{where} uses {name}, which only a later cell defines; move that cell up"
            return (
                f"{where} uses {name}, which no cell defines; "
                "ask for it by `:with:` or `:given:`, or import it in a setup cell"
            )
    return ""
