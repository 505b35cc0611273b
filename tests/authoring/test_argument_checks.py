"""Argument checks leave the student's cell only where nothing else changes."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring import argument_checks
from autograder.authoring.argument_checks import PREFIX, apart
from autograder.course.course import Course
from autograder.course.source import functions_of

COURSE = Course(Path(__file__).parents[2])
BODY = "    ### BEGIN SOLUTION\n    return x * n\n    ### END SOLUTION"


def test_the_example_holds() -> None:
    """The one in its docstring."""
    assert doctest.testmod(argument_checks).failed == 0


def test_both_functions_together_do_what_the_whole_did() -> None:
    """The same errors in the same order, and the same answer."""
    number = "    if n < 1:\n        raise ValueError('n')\n"
    every = "    for y in x:\n        if y:\n            raise KeyError(y)\n"
    source = f"def f(x, *, n=2, quiet=True):\n{number}{every}{BODY}"
    short, made = apart(source, [])
    assert "raise" not in short and made.startswith(f"def {PREFIX}f(x, n):")
    namespace: dict = {}
    exec(f"{made}\n{short}", namespace)
    assert namespace["f"](np.zeros(2), n=3).tolist() == [0, 0]
    with pytest.raises(ValueError, match="n"):
        namespace["f"]([1], n=0)
    with pytest.raises(KeyError):
        namespace["f"]([1])


@pytest.mark.parametrize(
    ("above", "why"),
    [
        ("    check_shape(x)\n", "one line that calls a given check is short already"),
        ("    n = len(x)\n    if n < 1:\n        raise ValueError\n", "the body reads a value named above"),
        ("    if x is None:\n        x = []\n", "it is no check: it changes an argument"),
        ("    if x > LIMIT:\n        raise ValueError\n", "no setup cell has defined LIMIT"),
    ],
)
def test_what_stays(above: str, why: str) -> None:
    """The function stays as it was."""
    source = f"def f(x):\n{above}{BODY}"
    assert apart(source, []) == (source, ""), why


def test_a_value_for_the_checks_alone_goes_with_them() -> None:
    """And a name that a setup cell has defined may be read."""
    source = f"def f(x, n):\n    size = len(x)\n    if size > LIMIT:\n        raise ValueError(size)\n{BODY}"
    short, made = apart(source, ["LIMIT"])
    assert "size" not in short and made.split("\n")[1] == "    size = len(x)"


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_no_exercise_of_the_course_raises_in_its_own_cell(slug: str) -> None:
    """A setup cell refuses what they refuse, except in a method or where the body reads a value too."""
    left = {
        name
        for exercise in COURSE.release(slug).coded
        for name, source in functions_of(exercise.stub).items()
        if source.startswith("def") and "raise ValueError" in source
    }
    assert left <= {"grid_configs", "update_ratio", "average_checkpoints", "kmeans_step"}
