"""bundle: the public rooms, exported whole and alone."""

from __future__ import annotations

import os

import pytest
import toy

from autograder.authoring.bundle import export_bundle
from autograder.authoring.release import release
from autograder.course.course import Course, CourseError


def exported(course: Course) -> dict[str, bytes]:
    folder = course.build / "bundle"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_bundle_is_the_public_rooms_and_no_other(toy_course: Course) -> None:
    """Book, assignments, environment, configuration and licence are there; no instructor's file is."""
    release(toy_course, "toy")
    assert export_bundle(toy_course) == "_build/bundle: 9 files, 9 written, 0 removed."
    assert sorted(exported(toy_course)) == [
        "LICENSE",
        "_config.yml",
        "_toc.yml",
        "assignments/toy.md",
        "assignments/toy/toy.ipynb",
        "book/index.md",
        "book/lab.py",
        "book/toy.md",
        "environment.yml",
    ]


def test_the_short_list_and_a_notebooks_data_come_along(toy_course: Course) -> None:
    """A course may have a list for students, and files beside a notebook that it reads."""
    (toy_course.root / "requirements-students.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    release(toy_course, "toy")
    (toy_course.released("toy").parent / "table.npz").write_bytes(b"PK\xff\x00")
    export_bundle(toy_course)
    found = exported(toy_course)
    assert found["requirements-students.txt"] == b"numpy==2.4.6\n"
    assert found["assignments/toy/table.npz"] == b"PK\xff\x00"
    assert " 0 written, 0 removed" in export_bundle(toy_course)


def test_only_changed_files_are_rewritten(toy_course: Course) -> None:
    """A second export writes nothing; after one change it writes that file; times of the rest stay."""
    export_bundle(toy_course)
    index = toy_course.build / "bundle" / "book" / "index.md"
    stamp = index.stat().st_mtime_ns
    assert " 0 written, 0 removed" in export_bundle(toy_course)
    (toy_course.root / "book" / "lab.py").write_text("import numpy\n", encoding="utf-8")
    assert " 1 written, 0 removed" in export_bundle(toy_course)
    assert index.stat().st_mtime_ns == stamp


def test_what_is_no_longer_public_is_removed(toy_course: Course) -> None:
    """A file deleted from the book, and whatever else lies in the bundle, goes, empty folders with it."""
    extra = toy_course.root / "book" / "data" / "old.csv"
    extra.parent.mkdir()
    extra.write_text("1,2\n", encoding="utf-8")
    export_bundle(toy_course)
    extra.unlink()
    planted = toy_course.build / "bundle" / "solutions" / "toy.py"
    planted.parent.mkdir()
    planted.write_text("x = 1\n", encoding="utf-8")
    assert " 0 written, 2 removed" in export_bundle(toy_course)
    assert not planted.parent.exists() and not (toy_course.build / "bundle/book/data").exists()


def test_caches_stay_out(toy_course: Course) -> None:
    """Compiled modules, checkpoints and the execution cache are no part of the book."""
    for name in ("__pycache__/lab.pyc", ".ipynb_checkpoints/a.ipynb", ".jupyter_cache/b", "_build/c.html"):
        path = toy_course.root / "book" / name
        path.parent.mkdir()
        path.write_text("1", encoding="utf-8")
    export_bundle(toy_course)
    assert all("cache" not in name and "_build" not in name for name in exported(toy_course))


def test_a_leak_stops_the_export_before_anything_is_written(toy_course: Course) -> None:
    """A solution in the book is refused by a sentence that names the file and what it holds."""
    chapter = toy_course.chapter("toy")
    chapter.write_text(chapter.read_text() + f"\n```python\n{toy.SOLUTION}\n```\n", encoding="utf-8")
    with pytest.raises(
        CourseError, match=r"not written: book/toy\.md holds the graded body of heavy_\w+ or a part of it"
    ):
        export_bundle(toy_course)
    assert not (toy_course.build / "bundle").exists()


@pytest.mark.parametrize(
    ("name", "target"), [("book/peek.py", "solutions/toy.py"), ("book/peek", "solutions")]
)
def test_a_link_to_another_room_is_refused(toy_course: Course, name: str, target: str) -> None:
    """A symbolic link in a public room would carry the other room out."""
    os.symlink(toy_course.root / target, toy_course.root / name)
    with pytest.raises(CourseError, match=r"book/peek\S* is a link"):
        export_bundle(toy_course)


def test_a_missing_room_is_named(toy_course: Course) -> None:
    """The sentence says what the bundle needs; a licence may be missing."""
    (toy_course.root / "environment.yml").unlink()
    with pytest.raises(CourseError, match=r"environment\.yml is missing; the public bundle needs book"):
        export_bundle(toy_course)
    (toy_course.root / "environment.yml").write_text("name: toy\n", encoding="utf-8")
    (toy_course.root / "LICENSE").unlink()
    export_bundle(toy_course)
    assert "LICENSE" not in exported(toy_course)
