"""Mechanical changes of a reference: which ones are made, and which of them no check notices."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest
import toy

from autograder.course.course import Course, CourseError
from autograder.course.release import Exercise
from autograder.measure.mutants import Mutant, Survey, equivalents, mutants, survey, table

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


def without_teeth(released: Course, folder: Path) -> Course:
    """A copy of the course with a check that sees nothing."""
    course = Course(shutil.copytree(released.root, folder / "course"))
    path = course.content(toy.SLUG) / "fit_line.py"
    text = path.read_text(encoding="utf-8")
    assert text.count("assert close(got, want)") >= 1
    path.write_text(text.replace("assert close(got, want)", "assert True"), encoding="utf-8")
    return course


def test_survivors_are_what_no_check_notices(released_toy: Course, tmp_path: Path) -> None:
    """With the checks of the toy nearly nothing survives; with one that sees nothing much does."""
    found = survey(released_toy, toy.SLUG)
    assert found.count > 20 and len(found.gaps) < found.count / 4
    assert len(survey(without_teeth(released_toy, tmp_path), toy.SLUG).gaps) > len(found.gaps)


def test_an_equivalent_change_has_its_reason(released_toy: Course, tmp_path: Path) -> None:
    """What is listed with a reason is no gap; an entry that no survivor has is told."""
    course = without_teeth(released_toy, tmp_path)
    gap = survey(course, toy.SLUG).gaps[0]
    entry = '[[equivalent]]\nfunction = "{}"\nchange = "{}"\nline = {}\nwhy = "So it is."\n'
    path = course.content(toy.SLUG) / "equivalents.toml"
    path.write_text(
        entry.format(gap.function, gap.change, json.dumps(gap.text)) + entry.format("f", "c", '"x"'),
        encoding="utf-8",
    )
    found = survey(course, toy.SLUG)
    assert {one.key for one in found.equivalent} == {gap.key} and gap not in found.gaps
    assert found.stale == (("f", "c", "x"),) and "none of the survivors" in table(found)
    path.write_text('[[equivalent]]\nfunction = "f"\n', encoding="utf-8")
    with pytest.raises(CourseError, match="needs function, change, line and why"):
        equivalents(course, toy.SLUG)


def test_the_table_names_each_gap_and_counts() -> None:
    """Exercise, function, line and change; the last line has the share of what is not equivalent."""
    one, other = (Mutant("f", "f", 5, "x", change, "") for change in ("Add to Sub", "0 to 1"))
    assert table(Survey("toy", 5, (other,), (one,))).splitlines() == [
        "f: f, line 5: Add to Sub",
        "toy: 3 of 5 changes noticed, 1 equivalent (75.0% of the others)",
    ]
