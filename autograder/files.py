"""Files that are written completely or not at all, and file names that every file system accepts."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every entry of a zip: the same bytes each time
MAX_NAME_BYTES = 250  # file systems allow 255; the rest is for suffixes


def write_whole(path: Path, content: bytes, lasting: bool = True, mode: int | None = None) -> None:
    """Replace ``path`` by ``content`` atomically: no reader ever sees a partial file.

    With ``lasting``, wait until the content is on the disk. Files that the next run can recreate do not need
    it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            if mode is not None and hasattr(os, "fchmod"):  # Windows has no such modes
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def private(folder: Path) -> None:
    """Close ``folder`` to everybody but its owner, unless it is closed to strangers already."""
    folder.mkdir(parents=True, exist_ok=True)
    own = hasattr(os, "geteuid") and folder.stat().st_uid == os.geteuid()  # Windows has no such modes
    if own and folder.stat().st_mode & 0o007:
        folder.chmod(0o700)


def write_if_new(path: Path, content: bytes) -> None:
    """Write a file that can be recreated at any time, unless it has this content already."""
    try:
        if path.read_bytes() == content:
            return
    except OSError:  # missing or unreadable: write it
        pass
    write_whole(path, content, lasting=False)


def file_name(student: str) -> str:
    """A file name for any student's name: never a path, never too long, different for different students.

    >>> file_name("o'hara, ann"), file_name("../eve")
    ("o'hara, ann", '..%2Feve')
    """
    name = student.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    content = name.encode("utf-8", "surrogatepass")
    if len(content) <= MAX_NAME_BYTES:
        return name
    start = content[: MAX_NAME_BYTES - 34].decode("utf-8", "ignore")
    return f"{start}%~{hashlib.sha256(content).hexdigest()[:32]}"


def not_written(error: OSError, place: Path) -> str:
    """What to say when a file in ``place`` could not be written: which, why, and how to go on."""
    cure = "make room or mend that, and run the command again: what was finished is kept"
    return f"{error.filename or place}: {error.strerror or error}; {cure}."
