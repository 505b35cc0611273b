"""A chapter's own files (hidden checks, named mistakes, variants), loaded by path as a package of their own.

The package's name is a digest of its files' contents and paths, never ``autograder.…``. Two courses in one
process therefore do not collide, and a file that has changed is loaded anew. Files import one another
relatively: ``from .shared import …`` in the chapter, and ``from ..shared import …`` for files that several
chapters share.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.course.course import CourseError

SHARED = "shared"


def content_files(folder: Path, exercises: Sequence[str] = ()) -> tuple[Path, ...]:
    """The files of a chapter: the shared one, the exercises' in their order, then the others by name."""
    order = {name: place for place, name in enumerate((SHARED, *exercises))}
    return tuple(
        sorted(_files(folder), key=lambda path: (order.get(path.stem, len(order)), path.stem)),
    )


def load_chapter(folder: Path, exercises: Sequence[str] = ()) -> dict[Path, ModuleType]:
    """The modules of the chapter in ``folder`` by their files, in the order of ``content_files``.

    A file is not loaded again while its text stays the same. CourseError for a file that cannot be loaded.
    """
    folder = folder.absolute()
    above, own = _files(folder.parent), content_files(folder, exercises)
    texts = {path: path.read_bytes() for path in (*above, *own)}
    course = f"chapters_{_digest(texts)}"
    chapter = f"{course}.{folder.name}"
    names = {path: f"{course if path.parent == folder.parent else chapter}.{path.stem}" for path in texts}
    for package in (course, chapter):
        sys.modules.setdefault(package, _package(package))
    with _importing_from({names[path]: _Text(path, text) for path, text in texts.items()}):
        loaded = {path: _module(path, names[path]) for path in texts}
    return {path: loaded[path] for path in own}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.py") if path.stem != "conftest")


def _digest(texts: dict[Path, bytes]) -> str:
    digest = hashlib.sha256()
    for path, text in texts.items():
        digest.update(f"{path.resolve()}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()[:16]


def _package(name: str) -> ModuleType:
    package = ModuleType(name)
    package.__path__ = []
    return package


def _module(path: Path, name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # an author's file may raise anything; report it to the author
        raise CourseError(f"{path.name} cannot be read: {type(error).__name__}: {error}") from error


class _Text(SourceLoader):
    """Loads a module from text that was already read, never from cached bytecode of an older version."""

    def __init__(self, path: Path, text: bytes) -> None:
        self.path, self.text = path, text

    def get_filename(self, fullname: str) -> str:
        return str(self.path)

    def get_data(self, path: Any) -> bytes:
        return self.text


class _Finder(MetaPathFinder):
    def __init__(self, loaders: dict[str, _Text]) -> None:
        self.loaders = loaders

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        loader = self.loaders.get(fullname)
        if loader is None:
            return None
        return importlib.util.spec_from_file_location(fullname, loader.path, loader=loader)


@contextlib.contextmanager
def _importing_from(loaders: dict[str, _Text]) -> Iterator[None]:
    """Import from ``loaders`` first: pytest's import hook would put hidden values into assert messages."""
    finder = _Finder(loaders)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
