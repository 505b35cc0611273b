"""``pytest autograder/chapters`` runs a course's hidden checks against its reference."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.course import Course

CONFTEST = Path(__file__).parents[2] / "autograder" / "chapters" / "conftest.py"


@pytest.fixture
def course(toy_course: Course) -> Course:
    shutil.copy(CONFTEST, toy_course.chapters)
    return toy_course


def run(course: Course, *names: str) -> str:
    """The last words of a pytest that was started in the course's folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", ".", *names]
    env = {**os.environ, "PYTHONPATH": str(CONFTEST.parents[2]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=course.root, env=env, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["autograder/chapters"], 4),
        (["autograder/chapters/toy"], 4),
        (["autograder/chapters/toy/fit_line.py"], 2),
        (["autograder/chapters/toy/fit_line.py", "-k", "losses"], 1),
    ],
)
def test_the_reference_passes_the_checks(course: Course, names: list[str], count: int) -> None:
    """All of them, those of a chapter, of an exercise, or one; each is run once."""
    assert f"\n{count} passed" in run(course, *names)


def test_a_file_that_is_named_like_a_test_is_run_once(course: Course) -> None:
    """An exercise may be called ``select_then_test``, which is a file's name that pytest looks for."""
    path = course.content("toy") / "fit_line.py"
    path.rename(path.with_name("line_test.py"))
    assert "\n4 passed" in run(course, "autograder/chapters")


def test_a_check_that_refuses_the_reference_fails(course: Course) -> None:
    """Its author sees the check and its message."""
    path = course.content("toy") / "fit_line.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("lr=0.04, n_steps=9)[1]\n    want", "lr=0.05, n_steps=9)[1]\n    want"), "utf-8"
    )
    said = run(course, "autograder/chapters")
    assert "\n1 failed, 3 passed" in said and "The losses differ" in said
