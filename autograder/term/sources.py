"""The files in what an instructor downloaded: a zip, or a folder. Nothing is unpacked by its own path."""

from __future__ import annotations

import datetime
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.course import CourseError
from autograder.submissions.notebook_file import MAX_FILE_BYTES, Unreadable, content_of

MAX_FILES = 200_000
SYSTEM = ("__MACOSX", ".git", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "__pycache__", ".venv")


@dataclass(frozen=True)
class SourceFile:
    """One file: the names on the way to it, when it was changed last (without a zone), how to read it.

    ``why_not`` says why it cannot be taken, if so.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes]
    changed: datetime.datetime | None = None
    why_not: str = ""
    path: Path | None = None  # where it lies, if not in a zip

    @property
    def name(self) -> str:
        return "/".join(self.parts)


def source_files(place: Path) -> list[SourceFile]:
    """All files in a zip or below a folder, by name; CourseError if it is neither."""
    if place.is_dir():
        found = list(_of_folder(place))
    elif zipfile.is_zipfile(place):
        found = list(_of_zip(place))
    elif place.is_file() and place.suffix.lower() == ".zip":
        raise CourseError(f"{place} is no whole zip, as when a download breaks off; download it again.")
    elif place.is_file():
        changed = datetime.datetime.fromtimestamp(place.stat().st_mtime, datetime.UTC)
        found = [SourceFile((place.name,), lambda: content_of(place, MAX_FILE_BYTES), changed, path=place)]
    else:
        raise CourseError(f"{place}: no such file or folder; name a download's zip or a folder of hand-ins.")
    if len(found) > MAX_FILES:
        raise CourseError(f"{place} holds more than {MAX_FILES} files; name a folder further down.")
    return sorted(found, key=lambda file: file.parts)


def _of_folder(place: Path) -> Iterator[SourceFile]:
    for folder, names, files in os.walk(place):
        for name in (*names, *files):
            path = Path(folder, name)
            parts = path.relative_to(place).parts
            if path.is_symlink():
                yield SourceFile(parts, bytes, why_not="a link, which is not followed", path=path)
            elif name in files:
                changed = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
                yield SourceFile(parts, _reader(path), changed, _unfit(parts, path.stat().st_size), path)


def _reader(path: Path) -> Callable[[], bytes]:
    return lambda: content_of(path, MAX_FILE_BYTES)


def _of_zip(place: Path) -> Iterator[SourceFile]:
    try:
        with zipfile.ZipFile(place) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise CourseError(f"{place} cannot be read: {error}; download it again.") from error
    for info in infos:
        parts = tuple(part for part in info.filename.replace("\\", "/").split("/") if part)
        why = _unfit(parts, info.file_size) or ("it has a password" if info.flag_bits & 1 else "")
        yield SourceFile(parts, _zip_reader(place, info), _zip_time(info), why)


def _zip_reader(place: Path, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with zipfile.ZipFile(place) as archive, archive.open(info) as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise Unreadable(f"it cannot be unpacked ({error})") from error
        if len(content) > MAX_FILE_BYTES:
            raise Unreadable(f"it is larger than {MAX_FILE_BYTES // 2**20} MB")
        return content

    return read


def _zip_time(info: zipfile.ZipInfo) -> datetime.datetime | None:
    """The time of an entry, which has no zone; None where it is the zip's beginning of time or none."""
    try:
        return datetime.datetime(*info.date_time) if info.date_time[0] > 1980 else None
    except ValueError:
        return None


def _unfit(parts: tuple[str, ...], size: int) -> str:
    if not parts or any(part in ("..", ".") or "\0" in part for part in parts):
        return "its path leads out of the download"
    if any(part in SYSTEM for part in parts) or parts[-1].startswith("._"):
        return "a file of the system's or of git's"
    if size > MAX_FILE_BYTES:
        return f"larger than {MAX_FILE_BYTES // 2**20} MB"
    return ""
