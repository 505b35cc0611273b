"""The cached reference: the same answers, computed once, and never one that was not asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.calls.backends import LocalBackend, Program, Raised, Reading
from autograder.calls.reference_cache import CachedReference, ReferenceCache
from autograder.worker.values import same_bits
from autograder.worker.wire import Handle

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
def walk(grad, state, *, lr):
    asked.append("walk")
    state[0] += 1
    return lr * grad * state[0], state
"""


@pytest.fixture
def space() -> dict[str, Any]:
    return fresh()


def fresh() -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(SOURCE, space)
    return space


def runs(reference_cache: ReferenceCache, space: dict[str, Any]) -> tuple[CachedReference, CachedReference]:
    return reference_cache.of("check", "s", space)


def program(name: str, *args: Any, number: int = 0, **kwargs: Any) -> Program:
    return [("call", number, name, args, kwargs), ("read", Handle(number))]


def ask(backend: LocalBackend, name: str, *args: Any, **kwargs: Any) -> Any:
    return backend.run([program(name, *args, **kwargs)])[0].all()[0]


def test_what_was_asked_before_is_not_computed(space: dict[str, Any]) -> None:
    """Each side of a check has answers of its own, in the order of its questions."""
    reference_cache = ReferenceCache()
    for _ in range(3):
        beside, own = runs(reference_cache, space)
        for one in (beside, own):
            assert ask(one, "double", np.ones(2), by=3.0).tolist() == [3.0, 3.0]
            assert ask(one, "double", 4.0) == 8.0
    assert space["asked"] == ["double"] * 4
    assert ask(reference_cache.of("other", "s", space)[0], "double", 4.0) == 8.0
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
        got = ask(runs(reference_cache, space)[0], "double", *args, **kwargs)
        want = ask(LocalBackend(space), "double", *args, **kwargs)
        assert np.array_equal(got, want) and type(got) is type(want)
    assert len(space["asked"]) == 2 + 3


def test_what_is_remembered_cannot_be_changed(space: dict[str, Any]) -> None:
    """Neither through the arguments nor through an answer."""
    reference_cache = ReferenceCache()
    for _ in range(3):
        x = np.ones(2)
        value = ask(runs(reference_cache, space)[0], "double", x)
        assert value.tolist() == [2.0, 2.0]
        value += 1
        x += 1
    assert len(space["asked"]) == 1


def test_a_generator_is_part_of_the_question(space: dict[str, Any]) -> None:
    """The same place of the same generator gives the same draws; another place is another question."""
    reference_cache = ReferenceCache()
    for seed in (1, 1, 2):
        put = [("put", 1, np.random.default_rng(seed)), *program("draw", 3, Handle(1))]
        (read,) = runs(reference_cache, space)[0].run([put])
        assert read.values[0].tolist() == np.random.default_rng(seed).normal(size=3).tolist()
    assert space["asked"] == ["draw"] * 2


def test_functions_are_asked_each_time_and_faults_are_remembered(space: dict[str, Any]) -> None:
    """A function may answer otherwise next time; an exception is as good an answer as any."""
    reference_cache = ReferenceCache()
    for number in range(3):
        one = runs(reference_cache, space)[0]
        assert ask(one, "use", partial(max, number), 1.0) == max(number, 1.0)
        with pytest.raises(Raised, match="no"):
            ask(one, "refuse", 1.0)
        assert ask(one, "double", 1.0) == 2.0
    assert space["asked"] == ["use", "refuse", "double", "use", "use"]


def walks(rates: list[float]) -> list[Program]:
    """Two steps, each in a program of its own; the second passes on the state that the first left."""
    first, second = rates
    state = [("put", 9, [0])]
    return [
        [*state, *program("walk", np.ones(2), Handle(9), number=1, lr=first)],
        program("walk", np.ones(2), Handle(1, (-1,)), number=2, lr=second),
    ]


def read(backend: LocalBackend, programs: list[Program]) -> list[Reading]:
    """The parameters after each step."""
    split = [[*lines[:-1], ("split", lines[-1][1])] for lines in programs]
    return [one for lines in split for one in backend.run([lines])]


def test_objects_that_are_passed_on_are_made_only_where_they_are_needed(space: dict[str, Any]) -> None:
    """Two runs that ask alike share all; where the last question differs, the first call is made as well."""
    reference_cache = ReferenceCache()
    for _ in range(2):
        got = read(runs(reference_cache, space)[1], walks([0.5, 0.25]))
        assert [one.values[0][0].tolist() for one in got] == [[0.5, 0.5], [0.5, 0.5]]
    assert len(space["asked"]) == 2
    got = read(runs(reference_cache, space)[1], walks([0.5, 1.0]))
    assert [one.values[0][0].tolist() for one in got] == [[0.5, 0.5], [2.0, 2.0]]
    assert len(space["asked"]) == 2 + 2


def test_after_another_question_what_was_known_counts_no_more(space: dict[str, Any]) -> None:
    """The second step is the same program, but its state comes from another first one."""
    reference_cache = ReferenceCache()
    for start in (0, 5, 0):
        first = [("put", 9, [start]), *program("walk", np.ones(2), Handle(9), number=1, lr=1.0)]
        got = read(runs(reference_cache, space)[0], [first, walks([1.0, 1.0])[1]])
        assert [one.values[0][0][0] for one in got] == [start + 1, start + 2]


def test_no_more_is_kept_than_there_is_room_for(space: dict[str, Any]) -> None:
    """Where the room is used up, everything is computed."""
    reference_cache = ReferenceCache(room=2_000)
    for _ in range(2):
        one = runs(reference_cache, space)[0]
        for size in (10, 1_000, 10):
            ask(one, "double", np.ones(size))
    assert len(space["asked"]) == 3 + 3


STEPS = st.sampled_from(
    [
        program("double", 1.0),
        program("double", 2.0),
        program("refuse", 1.0),
        [("put", 9, [0])],
        [("put", 9, [7])],
        [("put", 9, Handle(8))],
        [("put", 8, Handle(1, (-1,)))],
        [("call", 1, "walk", (1.0, Handle(9)), {"lr": 1.0}), ("split", Handle(1))],
        [("call", 1, "walk", (1.0, Handle(1, (-1,))), {"lr": 1.0}), ("split", Handle(1))],
        [("put", 9, [3]), ("call", 2, "walk", (2.0, Handle(9)), {"lr": 0.5}), ("split", Handle(2))],
        program("use", abs, -3.0),
        [("read", Handle(9))],
    ]
)


@given(st.lists(st.lists(STEPS, max_size=6), min_size=1, max_size=6), st.sampled_from([0, 700, 2**24]))
def test_the_cache_changes_no_answer(asked: list[list[Program]], room: int) -> None:
    """Whatever was asked before, and in which order: every run reads what it would without a cache."""
    space, reference_cache = fresh(), ReferenceCache(room)
    for programs in asked:
        cached, plain = runs(reference_cache, space)[0], LocalBackend(fresh())
        for one, other in zip(alone(cached, programs), alone(plain, programs), strict=True):
            assert same_bits(one.values, other.values)
            assert str(one.fault) == str(other.fault)


def test_a_number_that_is_given_twice_holds_the_last_object() -> None:
    """A program that was skipped is run before one that puts something else under its number."""
    puts = [[("put", 9, [0])], [("put", 9, [7])], [("read", Handle(9))]]
    reference_cache = ReferenceCache(300)  # room for the first
    for programs in (puts[:1], puts):
        *_, last = alone(runs(reference_cache, fresh())[0], programs)
    assert last.values == [[7]]


def alone(backend: LocalBackend, programs: list[Program]) -> Iterator[Reading]:
    for each in programs:
        yield from backend.run([each])
