"""Where a course keeps its pieces, and what is said when one is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.course.course import Course, CourseError, find_root
from autograder.course.release import Release, read_release


def code(source: str | list[str], **mark: object) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": mark} if mark else {}}


def test_one_slug_names_a_chapter_in_every_room(toy_course: Course) -> None:
    """Every path of the toy chapter exists where the course says it is."""
    assert all(getattr(toy_course, room)("toy").is_file() for room in ("chapter", "text", "solution"))
    assert toy_course.content("toy").is_dir() and toy_course.content("toy").parent == toy_course.chapters
    assert toy_course.build == toy_course.root / "_build"


def test_assignments_come_in_reading_order(toy_course: Course) -> None:
    """The order of _toc.yml; what it does not name comes last, by name."""
    for name in ("alpha", "zeta", "beta"):
        (toy_course.root / "assignments" / f"{name}.md").write_text("")
    toc = toy_course.root / "_toc.yml"
    toc.write_text(
        "root: book/index\nchapters:\n  - file: book/zeta\n  - file: book/intro\n  - file: book/toy\n"
    )
    assert toy_course.slugs == ("zeta", "toy", "alpha", "beta")


def test_an_unknown_assignment_gets_a_guess_or_the_list(toy_course: Course) -> None:
    """A near miss is named; else what there is."""
    assert toy_course.require("toy") == "toy"
    with pytest.raises(CourseError, match=r"^toys: no such assignment\. Did you mean toy\?$"):
        toy_course.require("toys")
    with pytest.raises(CourseError, match=r"^quux: no such assignment\. There are: toy\.$"):
        toy_course.require("quux")


def test_an_assignment_that_is_not_released_says_so(toy_course: Course) -> None:
    """The sentence names the command."""
    with pytest.raises(CourseError, match="toy is not released yet: run `autograder release toy` first"):
        toy_course.release("toy")


def test_a_release_is_read_from_its_cells(tmp_path: Path) -> None:
    """Stub, points and setup cells in order; free and text cells belong to none of them."""
    notebook = {
        "metadata": {"course": {"title": "T"}},
        "cells": [
            code("import numpy as np", grade_id="setup_1", locked=True, grade=False, solution=False),
            {"cell_type": "markdown", "source": "text", "metadata": {"nbgrader": {"locked": True}}},
            code(["def f():\n", "    raise"], grade_id="f", solution=True, locked=False, grade=False),
            code("free = 1"),
            code("assert f()", grade_id="check_f", grade=True, locked=True, solution=False, points=3),
            code("data = 1", grade_id="setup_2", locked=True, grade=False, solution=False),
        ],
    }
    found = read_release("toy", notebook, "2030-01-01T00:00:00+00:00")
    assert isinstance(found, Release) and (found.title, found.due) == ("T", "2030-01-01T00:00:00+00:00")
    assert found.names == ("f",) and found.setup == ("import numpy as np", "data = 1")
    (exercise,) = found.exercises
    assert (exercise.points, exercise.stub) == (3.0, "def f():\n    raise")


def test_a_release_without_course_metadata_has_its_slug_for_a_title() -> None:
    """Title and due date may be missing."""
    found = read_release("toy", {"metadata": {}, "cells": []})
    assert (found.title, found.due, found.exercises) == ("toy", "", ())


def test_the_root_is_found_from_any_folder_below(toy_course: Course, tmp_path: Path) -> None:
    """The nearest _toc.yml above; none at all is one sentence."""
    assert find_root(toy_course.root / "book") == find_root(toy_course.root) == toy_course.root
    with pytest.raises(CourseError, match=r"no course here: no _toc\.yml in"):
        find_root(tmp_path)


def test_a_released_file_is_read_as_utf8(released_toy: Course) -> None:
    """The notebook itself is kept whole in the release."""
    found = released_toy.release("toy")
    assert found.notebook == json.loads(released_toy.released("toy").read_text(encoding="utf-8"))
