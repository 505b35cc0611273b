"""A result's key covers everything that the result depends on, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from after import write_after

from autograder.authoring.release import release
from autograder.classroom import grader
from autograder.classroom.runner import fingerprint
from autograder.course.course import Course

GIVEN = "LEAST = 0\n\n\ndef check(x):\n    return max(x, LEAST)\n"


@pytest.fixture
def course(released_toy: Course, tmp_path: Path) -> Course:
    """A released course of its own, to be changed."""
    shutil.copytree(released_toy.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.mark.parametrize("name", ["toy/shared.py", "toy/deep/er.py", "shared.py"])
def test_a_helper_of_the_checks_is_part_of_the_key(course: Course, name: str) -> None:
    """A file that the chapter or all chapters share counts too; the book and other chapters do not."""
    before = fingerprint(course, "toy", "seed")
    other = course.content("other") / "theirs.py"
    other.parent.mkdir()
    other.write_text("N = 2\n", encoding="utf-8")
    course.chapter("toy").write_text("Another chapter.", encoding="utf-8")
    assert fingerprint(course, "toy", "seed") == before != fingerprint(course, "toy", "other")
    path = course.chapters / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("N = 3\n", encoding="utf-8")
    assert fingerprint(course, "toy", "seed") != before


def test_the_checks_of_carried_parts_are_part_of_the_key(course: Course) -> None:
    """What students bring along is judged by the checks of the chapter that it comes from."""
    write_after(course)
    release(course, "after")
    before = fingerprint(course, "after", "seed")
    path = course.content("toy") / "heavy_step.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert fingerprint(course, "after", "seed") != before


def test_a_change_of_a_carried_reference_makes_results_stale(toy_course: Course) -> None:
    """The result's key depends on the parts too."""
    write_after(toy_course)
    before = fingerprint(toy_course, "after", "s")
    path = toy_course.solution("toy")
    path.write_text(path.read_text().replace("+ gradient", "+ gradient + 0"), encoding="utf-8")
    assert fingerprint(toy_course, "after", "s") != before


def test_a_change_of_a_given_check_makes_results_stale(toy_course: Course) -> None:
    """The result's key depends on what a solution imports from a module that is no chapter."""
    given, path = toy_course.solution("given"), toy_course.solution("toy")
    given.write_text(GIVEN, encoding="utf-8")
    before = fingerprint(toy_course, "toy", "s")
    given.write_text(GIVEN.replace("LEAST = 0", "LEAST = 1"), encoding="utf-8")
    assert fingerprint(toy_course, "toy", "s") == before, "nothing imports it yet"
    importing = path.read_text().replace(
        "import numpy as np\n", "import numpy as np\n\nfrom solutions.given import check\n", 1
    )
    path.write_text(importing, encoding="utf-8")
    before = fingerprint(toy_course, "toy", "s")
    given.write_text(GIVEN, encoding="utf-8")
    assert fingerprint(toy_course, "toy", "s") != before


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        *((f"{room}/deep/new.py", True) for room in grader.ROOMS),
        ("worker/wire.py", True),
        ("checking.py", True),
        ("reporting/feedback.py", False),
        ("attacks/page.py", False),
        ("cli.py", False),
        ("nbgrader_plugin/book.py", False),
    ],
)
def test_a_result_depends_on_the_rooms_that_grade(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, counts: bool
) -> None:
    """A change in them grades anew, however deep the file lies; a page writer's comment regrades nothing."""
    engine = tmp_path / "engine"
    shutil.copytree(grader.ENGINE, engine, ignore=shutil.ignore_patterns("chapters", "__pycache__"))
    monkeypatch.setattr(grader, "ENGINE", engine)
    before = grader.fingerprint(course, "toy", "seed")
    path = engine / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{path.read_text(encoding='utf-8') if path.exists() else ''}\n# A comment.\n", "utf-8")
    assert (grader.fingerprint(course, "toy", "seed") != before) == counts
