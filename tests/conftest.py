"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import toy
from hypothesis import HealthCheck, settings

from autograder.course.course import Course

ROOT = Path(__file__).parents[1]

# The tests share the machine with each other: how long an example took says nothing about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

# The files that take a minute or more begin first, so that none is left to run alone at the end.
LONGEST = (
    "test_odd_answers", "test_interruption", "test_contributing", "test_site_in_browser",
    "test_second_course", "test_nbgrader_commands", "test_platforms", "test_kept", "test_notebook_zoo",
    "test_pictures", "test_visible_checks", "test_run", "test_capstone", "test_challenges",
    "test_calibration", "test_formgrader",
)  # fmt: skip  # a list to read across


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


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
