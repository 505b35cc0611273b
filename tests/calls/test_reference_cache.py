"""The cached reference: the same answers, computed once, and never one that was not asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import LocalBackend, Raised
from autograder.calls.reference_cache import CachedReference, ReferenceCache

SOURCE = """
import numpy as np
asked = []
def double(x, *, by=2.0):
    asked.append("double")
    return by * np.asarray(x)
def draw(n, rng):
    asked.append("draw")
    return rng.normal(size=n)
def use(f, x):
    asked.append("use")
    return f(x)
def refuse(x):
    asked.append("refuse")
    raise ValueError("no")
def walk(params, grad, state, *, lr):
    asked.append("walk")
    return params - lr * grad, state + 1
"""


@pytest.fixture
def space() -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(SOURCE, space)
    return space


def runs(reference_cache: ReferenceCache, space: dict[str, Any]) -> tuple[CachedReference, CachedReference]:
    return reference_cache.of("check", space)


def test_what_was_asked_before_is_not_computed(space: dict[str, Any]) -> None:
    """Each side of a check has answers of its own, in the order of its questions."""
    reference_cache = ReferenceCache()
    for _ in range(3):
        beside, own = runs(reference_cache, space)
        for one in (beside, own):
            assert one.call("double", (np.ones(2),), {"by": 3.0})[0].tolist() == [3.0, 3.0]
            assert one.call("double", (4.0,), {})[0] == 8.0
    assert space["asked"] == ["double"] * 4
    assert reference_cache.of("other", space)[0].call("double", (4.0,), {})[0] == 8.0
    assert len(space["asked"]) == 5


@pytest.mark.parametrize(
    "other",
    [
        ((np.array([1.0, 2.0 + 4e-16]),), {}),
        ((np.array([1.0, 2.0], np.float32),), {}),
        ((np.array([[1.0, 2.0]]),), {}),
        (([1.0, 2.0],), {}),
        ((np.array([1.0, 2.0]),), {"by": 2.0}),
    ],
)
def test_another_question_is_answered_anew(other: tuple, space: dict[str, Any]) -> None:
    """One bit, the dtype, the shape, the kind or a keyword is enough; what came last is remembered."""
    reference_cache = ReferenceCache()
    first = ((np.array([1.0, 2.0]),), {})
    for args, kwargs in (first, other, other):
        got = runs(reference_cache, space)[0].call("double", args, kwargs)[0]
        want = LocalBackend(space).call("double", args, kwargs)[0]
        assert np.array_equal(got, want) and type(got) is type(want)
    assert len(space["asked"]) == 2 + 3


def test_what_is_remembered_cannot_be_changed(space: dict[str, Any]) -> None:
    """Neither through the arguments nor through an answer."""
    reference_cache = ReferenceCache()
    for _ in range(3):
        x = np.ones(2)
        value = runs(reference_cache, space)[0].call("double", (x,), {})[0]
        assert value.tolist() == [2.0, 2.0]
        value += 1
        x += 1
    assert len(space["asked"]) == 1


def test_a_generator_is_part_of_the_question(space: dict[str, Any]) -> None:
    """The same place of the same generator gives the same draws and moves it on as they do."""
    reference_cache, after = ReferenceCache(), []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        value, args, _ = runs(reference_cache, space)[0].call("draw", (3, rng), {})
        want = np.random.default_rng(seed)
        assert value.tolist() == want.normal(size=3).tolist()
        assert args[1].bit_generator.state == want.bit_generator.state
        after.append(rng.bit_generator.state == np.random.default_rng(seed).bit_generator.state)
    assert space["asked"] == ["draw"] * 2 and all(after)


def test_functions_and_refusals_are_asked_each_time(space: dict[str, Any]) -> None:
    """A function may answer otherwise next time, an exception is no answer; what follows is remembered."""
    reference_cache = ReferenceCache()
    for number in range(3):
        one = runs(reference_cache, space)[0]
        assert one.call("use", (partial(max, number), 1.0), {})[0] == max(number, 1.0)
        with pytest.raises(Raised, match="no"):
            one.call("refuse", (1.0,), {})
        assert one.call("double", (1.0,), {})[0] == 2.0
    assert space["asked"] == ["use", "refuse", "double", "use", "refuse", "use", "refuse"]


def test_steps_are_remembered_too(space: dict[str, Any]) -> None:
    """The later steps of a trajectory, with each step's own rate."""
    reference_cache = ReferenceCache()
    grads, rates = [np.ones(2), np.ones(2)], [{"lr": 0.5}, {"lr": 0.25}]
    for _ in range(2):
        path, state = runs(reference_cache, space)[1].steps("walk", np.zeros(2), grads, 0, rates)
        assert [item.tolist() for item in path] == [[-0.5, -0.5], [-0.75, -0.75]] and state == 2
    assert space["asked"] == ["walk"] * 2
    runs(reference_cache, space)[1].steps("walk", np.zeros(2), grads, 0, rates[::-1])
    assert space["asked"] == ["walk"] * 4


def test_no_more_is_kept_than_there_is_room_for(space: dict[str, Any]) -> None:
    """Where the room is used up, everything is computed."""
    reference_cache = ReferenceCache(room=2_000)
    for _ in range(2):
        one = runs(reference_cache, space)[0]
        for size in (10, 1_000, 10):
            one.call("double", (np.ones(size),), {})
    assert len(space["asked"]) == 3 + 2
