"""Reads what a student handed in, however damaged, against the released notebook.

Nothing of the file's own structure is believed: cells are matched with the release by grade id, and where
that is gone by their text. What can be read is used and the rest noted; a file that cannot be read at all
carries a sentence saying what to do.
"""

from __future__ import annotations

import ast
import difflib
import errno
import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import Release

MAX_FILE_BYTES = 256 * 2**20
MAX_CELL_CHARS = 2**18  # Python's parser takes a thousand times the memory of what it reads
MAX_NOTES = 20
_MAGIC = re.compile(r"^\s*(%|!|\?)|\?\s*$")
_DEFINED = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.M)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


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
    """Read the notebook at ``path``; never raises for what is in the file or lies in its place."""
    timestamp = read_timestamp(path.parent)
    try:
        notebook = _load(path)
        found = _cells(notebook)
        if found and not _belongs(notebook, found, release):
            raise _Unreadable(
                f"None of this assignment's exercises ({', '.join(release.names)}) is in the notebook; it "
                "may be another assignment's. Hand in the one that you wrote your answers to "
                f"{release.title!r} in."
            )
    except _Unreadable as error:
        return Submission(timestamp=timestamp, problem=str(error))
    notes: list[str] = []
    sources, answers = [], {}
    for cell in _own(found, release, notes):
        source, removed = strip_magics(cell.source)
        notes += [f"The line {line[:60]!r} is for Jupyter only and was left out." for line in removed]
        sources.append(source)
        name, again = _answered(cell, release, answers)
        if again:
            notes.append(f"There are two cells for {again}; both ran, the later definition counts.")
        if name:
            answers[name] = cell.source
    if not sources:
        return Submission(
            timestamp=timestamp,
            problem="The notebook holds no code cell; hand in the notebook that you wrote your answers in.",
        )
    return Submission(tuple(sources), answers, _bounded(notes), timestamp)


def read_timestamp(folder: Path) -> str | None:
    """The text of ``timestamp.txt`` in a folder, or None where there is none that can be read."""
    try:
        return _content(folder / "timestamp.txt", 1000).decode("utf-8", "replace").strip()
    except (OSError, _Unreadable):
        return None


class _Unreadable(Exception):
    pass


@dataclass(frozen=True)
class _Cell:
    """A cell with something in it; ``grade_id`` may be empty, ``defines`` are names at the margin."""

    kind: str
    grade_id: str
    source: str

    @property
    def defines(self) -> frozenset[str]:
        return frozenset(_DEFINED.findall(self.source))


def _content(path: Path, limit: int) -> bytes:
    """The bytes of an ordinary file; a link out of its folder is not followed, a pipe not waited for."""
    try:
        inside = path.resolve().is_relative_to(path.parent.resolve())
    except RuntimeError:  # links in a circle
        inside = False
    if path.parent.is_symlink() or not inside:
        raise _Unreadable("The file is a link to another place; hand in the notebook itself.")
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise _Unreadable("This is no ordinary file; hand in the notebook itself.")
    if status.st_size > limit:
        raise _Unreadable(
            f"The file has {status.st_size // 2**20} MB, the limit is {limit // 2**20}; clear the outputs "
            "(Edit, Clear Outputs of All Cells), save and hand it in again."
        )
    return path.read_bytes()


def _load(path: Path) -> Any:
    try:
        content = _content(path, MAX_FILE_BYTES)
    except FileNotFoundError as error:
        raise _Unreadable(
            f"The file could not be opened (No such file or directory); {_instead(path)}"
        ) from error
    except OSError as error:
        raise _Unreadable(f"The file could not be opened ({error.strerror}); hand it in again.") from error
    if content.startswith(_ARCHIVES):
        raise _Unreadable(
            "The file is an archive (zip or the like); unpack it and hand in the notebook in it."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        other = " but UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        raise _Unreadable(
            f"The file is not UTF-8 text{other}; save it in Jupyter and hand it in again."
        ) from error
    if not text.strip():
        raise _Unreadable("The file is empty; hand in the saved notebook again.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unreadable(_damage(text, getattr(error, "lineno", 0))) from error


def _instead(path: Path) -> str:
    """What to do about a missing file, given what lies in its place."""
    try:
        names = sorted(item.name for item in path.parent.iterdir())
    except OSError:
        names = []
    came = [repr(name) for name in names if not name.startswith(".") and name != "timestamp.txt"]
    if not came:
        return "hand it in again."
    more = f" and {len(came) - 3} more" if len(came) > 3 else ""
    return f"what came is {', '.join(came[:3])}{more}. Hand in the one notebook, named {path.name}."


def _damage(text: str, line: int) -> str:
    """The sentence on a text that is not JSON."""
    if re.search(r"^(<<<<<<<|>>>>>>>) ", text, re.M):
        return (
            "The file is not a notebook: it holds the marks of a merge conflict (<<<<<<<). "
            "Settle the conflict, open the file in Jupyter, save it, and hand it in again."
        )
    if text.lstrip().startswith("<"):
        return "The file is not a notebook but a web page; download the notebook itself and hand that in."
    return (
        f"The file is not a notebook: it breaks off or is damaged (line {line}). "
        "Open it in Jupyter, save it, and hand it in again."
    )


def _cells(notebook: Any) -> list[_Cell]:
    """The cells that hold text, whatever their kind."""
    found = []
    for cell in _listed(notebook):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            lines = [part for part in source if isinstance(part, str)]
            glued = len(lines) > 1 and not any("\n" in line for line in lines)
            source = ("\n" if glued else "").join(lines)
        if not isinstance(source, str) or not source.strip():
            continue
        metadata = cell.get("metadata")
        mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
        kind = cell.get("cell_type")
        found.append(
            _Cell(
                kind if isinstance(kind, str) else "", grade_id if isinstance(grade_id, str) else "", source
            )
        )
    return found


def _listed(notebook: Any) -> list:
    """The cells of a notebook of format 4, or of the worksheets of format 3."""
    if isinstance(notebook, dict):
        if isinstance(notebook.get("cells"), list):
            return notebook["cells"]
        sheets = notebook.get("worksheets")
        pages = (
            [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)] if _is_list(sheets) else []
        )
        cells = [cell for page in pages if isinstance(page, list) for cell in page]
        if cells:
            return cells
    raise _Unreadable("The file is JSON but not a notebook of format 4; open and save it in Jupyter.")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _belongs(notebook: dict, cells: list[_Cell], release: Release) -> bool:
    """Whether anything in the notebook shows that it is this assignment's."""
    metadata = notebook.get("metadata")
    about = metadata.get("course") if isinstance(metadata, dict) else None
    if isinstance(about, dict) and about.get("title") == release.title:
        return True
    ids = {*release.names, *(f"check_{name}" for name in release.names)}
    texts = set(_checks(release).values())
    if any(cell.grade_id in ids or _squeeze(cell.source) in texts for cell in cells):
        return True
    found = frozenset().union(*(cell.defines for cell in cells))
    return any(difflib.get_close_matches(name, found, n=1, cutoff=0.8) for name in release.names)


def _own(cells: list[_Cell], release: Release, notes: list[str]) -> list[_Cell]:
    """The cells that the student's code stands in, in order: given ones and left-over stubs are not his.

    An answer in a given cell, or in one that was turned into text, is still an answer; ``notes`` says so.
    """
    given = _given(release)
    texts, names = set(given.values()), frozenset(release.names)
    coded = frozenset().union(*(cell.defines for cell in cells if cell.kind == "code"))
    own = []
    for cell in cells:
        answers = cell.defines & names
        if _squeeze(cell.source) in texts:
            continue
        if len(cell.source) > MAX_CELL_CHARS:
            if cell.kind == "code":
                size = f"{len(cell.source) // 1000} thousand characters"
                notes.append(f"A cell of {size} was left out; put data into a file, not into a cell.")
            continue
        if cell.kind != "code":
            if not answers or answers & coded or not _parses(cell.source):
                continue
            name = min(answers)
            notes.append(
                f"The cell of {name} is no code cell any more; it was run all the same. "
                "Turn it back into code (Esc, then Y)."
            )
        elif cell.grade_id.startswith(("check_", "setup_")) and not answers:
            if cell.grade_id in given:
                notes.append(
                    f"The cell {cell.grade_id} is given and was used as released, without your changes; "
                    "put code of yours into a cell of your own."
                )
            continue
        own.append(cell)
    return _without_stubs(own, release, notes)


def _without_stubs(cells: list[_Cell], release: Release, notes: list[str]) -> list[_Cell]:
    """``cells`` without copies of a released stub that other cells answer.

    A stub in its own place, with the answer in another cell, stays: below the answer it undoes it, as it does
    in Jupyter, and ``notes`` says so.
    """
    for exercise in release.exercises:
        name, stub = exercise.name, _squeeze(exercise.stub)
        asked = frozenset(_DEFINED.findall(exercise.stub))
        others = [cell for cell in cells if _squeeze(cell.source) != stub]
        stubs = [cell for cell in cells if cell not in others]
        if not (asked and stubs and asked <= frozenset().union(*(cell.defines for cell in others))):
            continue
        if any(cell.grade_id == name for cell in others) or not any(cell.grade_id == name for cell in stubs):
            notes.append(
                f"A copy of {name} as released was left out; what you wrote in the other cell counts."
            )
            cells = others
        elif max(cells.index(cell) for cell in others if cell.defines & asked) < cells.index(stubs[-1]):
            notes.append(f"The cell of {name} as released stands below your answer and undoes it; delete it.")
    return cells


def _answered(cell: _Cell, release: Release, answers: dict[str, str]) -> tuple[str | None, str | None]:
    """The exercise that a cell answers, and the one that it answers again; what it defines counts first."""
    here = [name for name in release.names if name in cell.defines]
    if cell.grade_id in release.names and (cell.grade_id in here or not here):
        return cell.grade_id, cell.grade_id if cell.grade_id in answers else None
    new = next((name for name in here if name not in answers), None)
    return new, here[0] if here and not new else None


def _given(release: Release) -> dict[str, str]:
    """Grade id -> squeezed text of the cells that are the course's: setup and checks."""
    found = {}
    for cell in release.notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and mark.get("locked"):
            found[mark.get("grade_id", "")] = _squeeze("".join(cell["source"]))
    return found


def _checks(release: Release) -> dict[str, str]:
    return {name: text for name, text in _given(release).items() if name.startswith("check_")}


def _squeeze(source: str) -> str:
    return "".join(source.split())


def _bounded(notes: list[str]) -> tuple[str, ...]:
    """Each note once, and no more of them than somebody reads."""
    once = list(dict.fromkeys(notes))
    more = [f"There are {len(once) - MAX_NOTES} more notes of this kind."] if len(once) > MAX_NOTES else []
    return (*once[:MAX_NOTES], *more)


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
