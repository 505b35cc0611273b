"""Reads what a student handed in, however damaged, against the released notebook.

Nothing of the file's own structure is believed: cells are matched with the release by grade id, and where
that is gone by their text. What can be read is used and the rest noted; a file that cannot be read at all
carries a sentence saying what to do.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import Release

MAX_FILE_BYTES = 256 * 2**20
_MAGIC = re.compile(r"^\s*(%|!|\?)|\?\s*$")


@dataclass(frozen=True)
class Submission:
    """What a submission holds.

    ``sources`` are all code cells of the student's in order, setup and check cells aside; ``answers`` maps
    an exercise to the cell that answers it; ``problem`` is set, and the rest empty, if nothing was readable.
    """

    sources: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    timestamp: str | None = None
    problem: str | None = None


def read_submission(path: Path, release: Release) -> Submission:
    """Read the notebook at ``path``; never raises for what is in the file."""
    stamp = path.with_name("timestamp.txt")
    timestamp = stamp.read_text(encoding="utf-8", errors="replace").strip() if stamp.is_file() else None
    try:
        cells = list(_cells(_load(path)))
    except _Unreadable as error:
        return Submission(timestamp=timestamp, problem=str(error))
    sources, answers, notes = [], {}, []
    given = {_squeeze(source) for source in release.setup} | set(_checks(release))
    for grade_id, written in cells:
        if grade_id.startswith(("check_", "setup_")) or _squeeze(written) in given:
            continue
        source, removed = strip_magics(written)
        notes += [f"The line {line!r} is for Jupyter only and was left out." for line in removed]
        sources.append(source)
        name = grade_id if grade_id in release.names else _answered(source, release, answers)
        if name:
            if name in answers:
                notes.append(f"There are two cells for {name}; both ran, the later definition counts.")
            answers[name] = written
    if not sources:
        return Submission(
            timestamp=timestamp,
            problem="The notebook holds no code cell; hand in the notebook that you wrote your answers in.",
        )
    return Submission(tuple(sources), answers, tuple(notes), timestamp)


class _Unreadable(Exception):
    pass


def _load(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _Unreadable(
                f"The file has {size // 2**20} MB, the limit is {MAX_FILE_BYTES // 2**20}; clear the outputs "
                "(Edit, Clear Outputs of All Cells), save and hand it in again."
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _Unreadable(f"The file could not be opened ({error.strerror}); hand it in again.") from error
    except UnicodeDecodeError as error:
        raise _Unreadable("The file is not UTF-8 text; save it in Jupyter and hand it in again.") from error
    if not text.strip():
        raise _Unreadable("The file is empty; hand in the saved notebook again.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise _Unreadable(
            f"The file is not a notebook: it breaks off or is damaged (line {line}). "
            "Open it in Jupyter, save it, and hand it in again."
        ) from error


def _cells(notebook: Any) -> Iterator[tuple[str, str]]:
    """(grade id or empty, source) of every code cell."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise _Unreadable("The file is JSON but not a notebook of format 4; open and save it in Jupyter.")
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if not isinstance(source, str) or not source.strip():
            continue
        metadata = cell.get("metadata")
        mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
        yield grade_id if isinstance(grade_id, str) else "", source


def _checks(release: Release) -> Iterator[str]:
    for cell in release.notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            yield _squeeze("".join(cell["source"]))


def _squeeze(source: str) -> str:
    return "".join(source.split())


def _answered(source: str, release: Release, answers: dict[str, str]) -> str | None:
    """The exercise that a cell without a usable grade id defines, if that one has no cell yet."""
    for name in release.names:
        if name not in answers and re.search(rf"^(def|class)\s+{name}\b", source, re.M):
            return name
    return None


def strip_magics(source: str) -> tuple[str, list[str]]:
    """``source`` without Jupyter's own lines, and those lines; untouched if it is Python as it stands.

    >>> strip_magics("%matplotlib inline\\nx = 1")
    ('\\nx = 1', ['%matplotlib inline'])
    """
    if _parses(source):
        return source, []
    kept, removed = [], []
    for line in source.split("\n"):
        if _MAGIC.search(line):
            removed.append(line.strip())
            kept.append(line[: len(line) - len(line.lstrip())] + "pass" if line[:1].isspace() else "")
        else:
            kept.append(line)
    return ("\n".join(kept), removed) if removed else (source, [])


def adapters(release: Release) -> dict[str, str]:
    """Name -> source of every function that the release's setup cells define.

    They are defined again after the student's cells, so that no cell can put another in their place.
    """
    found = {}
    for source in release.setup:
        code = strip_magics(source)[0]
        lines = code.splitlines(keepends=True)
        for node in ast.parse(code).body:
            if isinstance(node, ast.FunctionDef):
                start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
                found[node.name] = "".join(lines[start - 1 : node.end_lineno])
    return found


def _parses(source: str) -> bool:
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
    cells = []
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in (inserted or {}):
            plain = {"cell_type": "code", "execution_count": None, "outputs": [], "metadata": {}}
            cells.append({**plain, "id": f"inserted-{len(cells)}", "source": inserted[name]})
        cells.append({**cell, "source": answers.get(name, cell["source"])})
    return {**notebook, "cells": cells}
