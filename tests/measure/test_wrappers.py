"""Right answers in another form, generated from the reference: each changes what its name says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.course.release import Exercise
from autograder.measure.wrappers import CONTAINERS, SWAPPED, TRACES, wrappers

SOURCE = """
def scale(x, by=2.0):
    return by * x, float(x.sum())


def walk_init(params):
    return {key: 0.0 * value for key, value in params.items()}


def walk_step(params, grads, state, *, lr):
    return {key: params[key] - lr * grads[key] for key in params}, state


def batches(n):
    yield n


class Box:
    pass
"""
SCALE = Exercise("scale", 1.0, "def scale(x, by=2.0):\n    raise NotImplementedError")
WALK = Exercise(
    "walk_step", 1.0, "def walk_init(params):\n    ...\ndef walk_step(params, grads, state):\n    ..."
)
X = np.array([1.0, 2.0])


def made(exercise: Exercise) -> dict[str, dict[str, Any]]:
    """The namespaces of an exercise's wrappers, by their names."""
    found = {}
    for one in wrappers(exercise, SOURCE):
        space: dict[str, Any] = {"np": np}
        exec(SOURCE, space)
        for text in one.functions(SOURCE).values():
            exec(text, space)
        found[one.name] = space
    return found


def test_which_there_are() -> None:
    """All kinds for a function with several members; no swap for one; none for classes and generators."""
    kinds = [*CONTAINERS, *TRACES]
    assert [one.name for one in wrappers(SCALE, SOURCE)] == [*kinds, SWAPPED]
    assert [one.name for one in wrappers(WALK, SOURCE)] == kinds
    for name in ("batches", "Box", "walk_init"):
        stub = f"class {name}:\n    pass" if name == "Box" else f"def {name}(n):\n    ..."
        assert wrappers(Exercise(name, 1.0, stub), SOURCE) == ()


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("as_lists", [2.0, 4.0], 3.0),
        ("one_more_axis", np.array([[2.0, 4.0]]), np.array([3.0])),
        ("in_single_precision", np.float32([2.0, 4.0]), np.float32(3.0)),
        ("changes_an_argument", np.array([2.0, 4.0]), 3.0),
        ("one_array_for_all_calls", np.array([2.0, 4.0]), 3.0),
        (SWAPPED, 3.0, np.array([2.0, 4.0])),
    ],
)
def test_the_numbers_are_the_references(kind: str, first: Any, second: Any) -> None:
    """Only their container, their order or what happens beside the answer is another."""
    x = X.copy()
    scale = made(SCALE)[kind]["scale"]
    one, other = scale(x)
    for got, want in ((one, first), (other, second)):
        assert type(got) is type(want) or kind not in CONTAINERS
        assert np.array_equal(np.asarray(got), np.asarray(want)) and np.shape(got) == np.shape(want)
    assert (x.tolist() != X.tolist()) == (kind == "changes_an_argument")
    assert (scale(2 * X)[0] is scale(X.copy())[0]) == (kind == "one_array_for_all_calls")


@pytest.mark.parametrize("kind", [*CONTAINERS, *TRACES])
def test_a_state_stays_as_it_is(kind: str) -> None:
    """No wrapper changes the container of a state: its layout is the student's choice."""
    space = made(WALK)[kind]
    state = space["walk_init"]({"w": X})
    new, after = space["walk_step"]({"w": X.copy()}, {"w": X.copy()}, state, lr=1.0)
    assert after is state and np.allclose(np.ravel(new["w"]), 0)
