"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import toy

from autograder.course.course import Course

ROOT = Path(__file__).parents[1]


@pytest.fixture
def toy_course(tmp_path: Path) -> Course:
    """A whole small course of one chapter, ``toy``, in a folder of its own."""
    return toy.write_course(tmp_path / "course")


@pytest.fixture(scope="session")
def notebook_data() -> None:
    """The data files beside this course's notebooks, where `make data` has not put them yet."""
    for path in (ROOT / "assignments").glob("*.md"):
        target = path.with_suffix("") / "digits.npz"
        if target.name in path.read_text(encoding="utf-8") and not target.exists():
            from tools.digits import write_digits  # scikit-learn takes its time

            write_digits(target)


@pytest.fixture(scope="session")
def released_toy(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The same course, released, one for the whole session: to be read only."""
    ready = os.environ.get("RELEASED_TOY")  # mutation runs start hundreds of times, and release it once
    if ready:
        return Course(Path(ready))
    from autograder.authoring.release import release  # nbformat takes its time: only for tests that need it

    course = toy.write_course(tmp_path_factory.mktemp("released") / "course")
    release(course, toy.SLUG)
    return course
