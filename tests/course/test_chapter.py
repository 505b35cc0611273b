"""A chapter's files are packages of their own, read as they stand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograder.course.chapter import content_files, load_chapter
from autograder.course.course import CourseError


def write(root: Path, **texts: str) -> Path:
    """The folder of a chapter with these files; ``above`` is the file that all chapters share."""
    folder = root / "chapters" / "thing"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = folder.parent / "shared.py" if name == "above" else folder / f"{name}.py"
        path.write_text(text, encoding="utf-8")
    return folder


def test_files_see_one_another_by_relative_imports(tmp_path: Path) -> None:
    """A file can import its neighbours and the files above the chapter, in whatever order they are loaded."""
    folder = write(
        tmp_path,
        above="A = 1",
        shared="B = 2",
        first="from ..shared import A\nfrom .second import C\nSUM = A + C",
        second="from .shared import B\nC = B + 10",
    )
    loaded = load_chapter(folder, ("first", "second"))
    assert [path.stem for path in loaded] == ["shared", "first", "second"]
    assert loaded[folder / "first.py"].SUM == 13


def test_a_chapter_is_no_module_of_the_engine(tmp_path: Path) -> None:
    """Its modules bear a name of their own, under which a dataclass or a traceback finds them."""
    folder = write(tmp_path, f="from dataclasses import dataclass\n@dataclass\nclass Pair:\n    x: int\n")
    (module,) = load_chapter(folder).values()
    assert module.Pair(3).x == 3 and sys.modules[module.__name__] is module
    assert module.__name__.startswith("chapters_") and module.__name__.endswith(".thing.f")


def test_two_courses_do_not_meet(tmp_path: Path) -> None:
    """Chapters of one name and one text in two courses are two packages."""
    one, two = (load_chapter(write(tmp_path / name, f="X = []")) for name in ("one", "two"))
    assert next(iter(one.values())).X is not next(iter(two.values())).X


def test_what_has_not_changed_is_loaded_once(tmp_path: Path) -> None:
    """Checks and mistakes of one chapter are asked for one after the other, and share their modules."""
    folder = write(tmp_path, f="X = []")
    assert load_chapter(folder) == load_chapter(folder)


def test_a_change_of_equal_length_at_the_same_second_is_seen(tmp_path: Path) -> None:
    """Of no file a compiled earlier state is taken, and none is left in the course's folder."""
    for value in range(4):
        folder = write(tmp_path, shared=f"x = {value}", f="from .shared import x")
        assert load_chapter(folder)[folder / "f.py"].x == value
    assert sorted(path.name for path in folder.iterdir()) == ["f.py", "shared.py"]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """The sentence has the file and what Python said; mended, it is read."""
    with pytest.raises(CourseError, match=r"^shared\.py cannot be read: NameError: name 'gone'"):
        load_chapter(write(tmp_path, shared="X = gone", f="from .shared import X"))
    folder = write(tmp_path, shared="X = 1")
    assert load_chapter(folder)[folder / "f.py"].X == 1


def test_files_come_in_the_order_of_the_exercises(tmp_path: Path) -> None:
    """Shared files come first, files that no exercise is named after come last; conftest.py is not loaded."""
    folder = write(tmp_path, b="", a="", a_variants="", shared="", conftest="1 / 0")
    found = [path.stem for path in content_files(folder, ("b", "a"))]
    assert found == ["shared", "b", "a", "a_variants"]
    assert content_files(tmp_path / "nowhere") == ()
