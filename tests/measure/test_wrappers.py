"""Right answers in other forms, made by rote."""

from __future__ import annotations

import numpy as np

from autograder.course.release import Exercise
from autograder.measure.wrappers import SWAPPED, wrappers

STUB = "def f(x):\n    raise NotImplementedError()"
SOURCE = "def f(x):\n    return x + 1, 2.0"


def answers() -> dict[str, object]:
    """What each wrapper of f gives for a vector."""
    found = {}
    for one in wrappers(Exercise("f", 1.0, STUB), SOURCE):
        space: dict = {"np": np}
        exec(one.functions("")["f"], space)
        given = np.zeros(2)
        found[one.name] = space["f"](given), given, space["f"]
    return found


def test_each_wrapper_changes_the_form_and_no_number() -> None:
    """Lists, an axis more, single precision, swapped members."""
    made = answers()
    assert made["as_lists"][0] == ([1.0, 1.0], 2.0)
    assert made["one_more_axis"][0][0].shape == (1, 2) and made["one_more_axis"][0][1].shape == (1,)
    assert made["in_single_precision"][0][0].dtype == np.float32
    assert made[SWAPPED][0][0] == 2.0


def test_traces_are_left() -> None:
    """An argument changes, or an earlier answer does."""
    made = answers()
    assert made["changes_an_argument"][1].tolist() == [1.0, 1.0]
    (first, _), _, function = made["one_array_for_all_calls"]
    function(np.ones(2))
    assert first.tolist() == [2.0, 2.0]


def test_classes_generators_and_inits_are_left_alone() -> None:
    """There is no form to change, or a state that is the student's."""
    assert wrappers(Exercise("f", 1.0, "def f(): ..."), "def f():\n    yield 1") == ()
    assert wrappers(Exercise("a_init", 1.0, "def a_init(p): ..."), "def a_init(p):\n    return {}") == ()
