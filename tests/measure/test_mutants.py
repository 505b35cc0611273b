"""Mechanical changes of a reference: which ones are made, and which of them no check notices."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
import toy

from autograder.course.course import Course
from autograder.course.release import Exercise
from autograder.measure.mutants import Mutant, mutants, survivors, table

HEAD = "def f(x, y):\n    if x < 0:\n        raise ValueError('no')\n    ### BEGIN SOLUTION\n"
END = "\n    ### END SOLUTION\n"


def changes(body: str) -> dict[str, str]:
    """What changes -> the graded statements that come of it."""
    exercise = Exercise("f", 1.0, "def f(x, y):\n    ...")
    found = {}
    for one in mutants(exercise, HEAD + body + END):
        assert (one.exercise, one.function) == ("f", "f") and one.line > 3
        found[one.change] = ast.unparse(ast.parse(one.source).body[0].body[1])  # type: ignore[attr-defined]  # a function
    return found


@pytest.mark.parametrize(
    ("body", "change", "becomes"),
    [
        ("    return x + 1", "Add to Sub", "return x - 1"),
        ("    return x - y", "sides of Sub swapped", "return y - x"),
        ("    return x @ y", "MatMult to Mult", "return x * y"),
        ("    return x < y", "Lt to LtE", "return x <= y"),
        ("    return -x", "USub dropped", "return +x"),
        ("    return x[0]", "0 to 1", "return x[1]"),
        ("    return True", "True to False", "return False"),
        ("    return 0.5", "0.5 to 1.0", "return 1.0"),
        ("    return x.sum(axis=0)", "axis renamed away", "return x.sum(axis=None)"),
        ("    return x", "x to y", "return y"),
        ("    return x if y else 1", "condition negated", "return x if not y else 1"),
    ],
)
def test_each_kind_of_change_is_made(body: str, change: str, becomes: str) -> None:
    """One place at a time, in what students write."""
    assert changes(body)[change] == becomes


def test_what_is_given_stays() -> None:
    """The argument checks above the solution are not the student's."""
    assert not [text for text in changes("    return x").values() if "raise" in text]


def test_survivors_are_what_no_check_notices(released_toy: Course, tmp_path: Path) -> None:
    """With the checks of the toy nearly nothing survives; with one that sees nothing much does."""
    course = Course(shutil.copytree(released_toy.root, tmp_path / "course"))
    count, left = survivors(course, toy.SLUG)
    assert count > 20 and len(left) < count / 4
    path = course.content(toy.SLUG) / "fit_line.py"
    text = path.read_text(encoding="utf-8")
    assert text.count("assert close(got, want)") >= 1
    path.write_text(text.replace("assert close(got, want)", "assert True"), encoding="utf-8")
    assert len(survivors(course, toy.SLUG)[1]) > len(left)


def test_the_table_names_each_survivor_and_counts() -> None:
    """Exercise, function, line and change; the last line has the share."""
    one = Mutant("f", "f", 5, "Add to Sub", "")
    assert table("toy", 4, (one,)).splitlines() == [
        "f: f, line 5: Add to Sub",
        "toy: 3 of 4 changes noticed (75.0%)",
    ]
