"""Reads the cells of a file that a student handed in, whatever the file is."""

from __future__ import annotations

import difflib
import errno
import hashlib
import itertools
import json
import os
import re
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from autograder.course.release import squeezed

MAX_FILE_BYTES = 128 * 2**20
MAX_COMPARED = 300  # names, with one that is missing
MAX_COPY_BYTES = 16 * 2**20  # of another notebook beside it
MAX_VALUES = 1_000_000  # JSON values: about 100 bytes each in memory, as little as 2 in the file
_DEFINED = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.M)
MAX_COPIES = 3
_SHORT = 10_000  # characters; most shorter cells are the same in the whole class, so they are cached
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


def defined(source: str) -> tuple[str, ...]:
    """The names of the top-level functions and classes in ``source``, once for each definition.

    >>> defined("def f(x):\\n    def g(): ...\\nclass C: ...\\nf = 1")
    ('f', 'C')
    """
    return _defined(source) if len(source) <= _SHORT else tuple(_DEFINED.findall(source))


@lru_cache(maxsize=1024)
def _defined(source: str) -> tuple[str, ...]:
    return tuple(_DEFINED.findall(source))


@lru_cache(maxsize=1024)
def _squeezed(source: str) -> str:
    return squeezed(source)


def similar_name(name: str, found: Iterable[str], cutoff: float = 0.6) -> str:
    """The name among ``found`` that is most like ``name``, or nothing; the first MAX_COMPARED count.

    >>> similar_name("heavy_step", ["step", "heavystep", "x" * 10_000])
    'heavystep'
    """
    share = cutoff / (2 - cutoff)  # a name of another length cannot be so like it
    fits = (one for one in found if share * len(one) <= len(name) <= len(one) / share)
    compared = list(itertools.islice(dict.fromkeys(fits), MAX_COMPARED))
    return next(iter(difflib.get_close_matches(name, compared, n=1, cutoff=cutoff)), "")


def read_timestamp(folder: Path) -> str | None:
    """The text of ``timestamp.txt`` in a folder, or None if it is missing or unreadable."""
    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return None
    try:
        return content_of(path, 1000).decode("utf-8", "replace").strip()
    except (OSError, Unreadable):
        return None


def copies_beside(path: Path) -> list[Path]:
    """The other notebooks in the folder of ``path``, at most MAX_COPIES: copies by Jupyter or a browser."""
    try:
        names = sorted(one.name for one in path.parent.iterdir())
    except OSError:
        return []
    found = [name for name in names if name.endswith(".ipynb") and name[0] != "." and name != path.name]
    return [path.with_name(name) for name in found[:MAX_COPIES]]


class Unreadable(Exception):
    """A file cannot be read; the message tells the student what to do."""


@dataclass(frozen=True)
class Cell:
    """A cell that is not empty; ``grade_id`` may be empty, ``defines`` are its top-level definitions.

    ``outputs`` is whatever JSON the file has there.
    """

    kind: str
    grade_id: str
    source: str
    outputs: Any = field(default=None, compare=False, repr=False)

    @cached_property
    def defines(self) -> frozenset[str]:
        return frozenset(defined(self.source))

    @cached_property
    def squeezed(self) -> str:
        return _squeezed(self.source) if len(self.source) <= _SHORT else squeezed(self.source)


LEVELS = 2  # folders above a file that students may have had a hand in: <student>/<slug>
if sys.platform != "win32":  # where this module is imported for its times, and opens nothing
    _FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    _FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def content_of(path: Path, limit: int) -> bytes:
    """The content of an ordinary file; Unreadable for links on the way to it, pipes, devices and large files.

    The file and the two folders above it must be no links. The size is looked at first, and what is opened
    is what was looked at.
    """
    path = path.absolute()
    names = path.parts[max(1, len(path.parts) - LEVELS - 1) :]
    at = os.open(Path(*path.parts[: -len(names)]), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names[:-1]:
            _refuse_link(name, at)
            above, at = at, os.open(name, _FOLDER, dir_fd=at)
            os.close(above)
        status = _refuse_link(names[-1], at)
        _refuse_kind(status, limit)
        with open(os.open(names[-1], _FILE, dir_fd=at), "rb") as file:
            _refuse_kind(os.fstat(file.fileno()), limit)
            content = file.read(limit + 1)
    finally:
        os.close(at)
    if len(content) > limit:  # it grew meanwhile
        raise _too_large(len(content), limit)
    return content


def _refuse_link(name: str, folder: int) -> os.stat_result:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        raise Unreadable("The file is a link to another place; hand in the notebook itself.")
    return status


def _refuse_kind(status: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("This is no ordinary file; hand in the notebook itself.")
    if status.st_size > limit:
        raise _too_large(status.st_size, limit)


def _too_large(size: int, limit: int) -> Unreadable:
    return Unreadable(
        f"The file has {size // 2**20} MB, the limit is {limit // 2**20}; clear the outputs "
        "(Edit, Clear Outputs of All Cells), save and hand it in again."
    )


@dataclass(frozen=True)
class Handed:
    """What was handed in, read once: the file's bytes, or the sentence on why there are none.

    ``beside`` has the other notebooks in its folder by their names.
    """

    content: bytes = b""
    problem: str = ""
    beside: dict[str, Handed] = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        """A hash of all of it."""
        found = hashlib.sha256(f"{len(self.problem)} {self.problem} {len(self.content)} ".encode())
        found.update(self.content)
        for name, other in self.beside.items():
            found.update(hashlib.sha256(os.fsencode(name)).digest() + other.digest)
        return found.digest()


def read_handed(path: Path) -> Handed:
    """The file at ``path``, and the other notebooks in its folder; never raises."""
    own = _read_one(path, MAX_FILE_BYTES)
    if own.problem and not os.path.lexists(path):
        return own
    beside = {other.name: _read_one(other, MAX_COPY_BYTES) for other in copies_beside(path)}
    return replace(own, beside=beside)


def _read_one(path: Path, limit: int) -> Handed:
    try:
        return Handed(content_of(path, limit))
    except Unreadable as error:
        return Handed(problem=str(error))
    except FileNotFoundError:
        return Handed(problem=f"The file could not be opened (No such file or directory); {_instead(path)}")
    except OSError as error:
        return Handed(problem=f"The file could not be opened ({error.strerror}); hand it in again.")


def load_notebook(handed: Handed) -> Any:
    """The JSON of the notebook that was handed in; raises Unreadable."""
    if handed.problem:
        raise Unreadable(handed.problem)
    content = handed.content
    if content.startswith(_ARCHIVES):
        raise Unreadable(
            "The file is an archive (zip or the like); unpack it and hand in the notebook in it."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        other = " but UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        raise Unreadable(
            f"The file is not UTF-8 text{other}; save it in Jupyter and hand it in again."
        ) from error
    if not text.strip():
        raise Unreadable("The file is empty; hand in the saved notebook again.")
    if values_in(content) > MAX_VALUES:
        raise Unreadable(
            f"The file holds more than {MAX_VALUES // 10**6} million values or lines; clear the outputs "
            "(Edit, Clear Outputs of All Cells), save and hand it in again."
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_damage(text, getattr(error, "lineno", 0))) from error


def values_in(content: bytes) -> int:
    """An estimate of the number of JSON values in ``content``; 0 for a file that is too small for many."""
    if len(content) <= MAX_VALUES:
        return 0
    bare = content.replace(rb"\\", b"").replace(rb"\"", b"")
    strings = bare.count(b'"') // 2
    if strings > 2 * MAX_VALUES:  # half of them may be keys
        return strings
    outside = b"".join(bare.split(b'"')[::2])
    return 1 + sum(outside.count(sign) for sign in (b",", b"[", b"{"))


def _instead(path: Path) -> str:
    """What to do about a missing file, given what its folder holds instead."""
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
    """The sentence to the student on a text that is not JSON."""
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


def cells_of(notebook: Any) -> list[Cell]:
    """The cells that are not empty, of any kind."""
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
        kind, grade_id = (text if isinstance(text, str) else "" for text in (kind, grade_id))
        found.append(Cell(kind, grade_id, source, cell.get("outputs")))
    return found


def _listed(notebook: Any) -> list:
    """The cells of a notebook of format 4, or of the worksheets of format 3."""
    if isinstance(notebook, dict):
        if isinstance(notebook.get("cells"), list):
            return notebook["cells"]
        sheets = notebook.get("worksheets")
        pages = sheets if isinstance(sheets, list) else []
        pages = [page.get("cells") for page in pages if isinstance(page, dict)]
        cells = [cell for page in pages if isinstance(page, list) for cell in page]
        if cells:
            return cells
    raise Unreadable("The file is JSON but not a notebook of format 4; open and save it in Jupyter.")
