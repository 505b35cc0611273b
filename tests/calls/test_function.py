"""Several calls in one message: answers, generators, states, journal and faults are those of single calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import Late, LocalBackend, Raised, Reading
from autograder.calls.function import MANY
from autograder.calls.proxy import Proxy

SOURCE = """
import numpy as np

def draw(n, *, rng):
    return rng.normal(size=n)

def fussy(box):
    box.append(1)
    if len(box) > 1:
        raise ValueError("not twice")
    return len(box)

def sums_init(start):
    return [start]

def sums_update(state, x, *, by=1.0):
    if x > 1000:
        raise OverflowError("too much")
    return sum(state) + by * x, [*state, by * x]
"""


class Counted(LocalBackend):
    """Counts its messages."""

    messages = 0

    def run(self, programs: list) -> list[Reading]:
        self.messages += 1
        return super().run(programs)


def player(source: str = SOURCE) -> tuple[Proxy, Counted]:
    spaces: list[dict[str, Any]] = [{}, {}]
    exec(source, spaces[0])
    exec(SOURCE, spaces[1])
    backend = Counted(spaces[0])
    return Proxy(backend, spaces[1]), backend


def test_many_calls_draw_on_as_single_ones_do() -> None:
    """The same numbers, the generator left in the same state, the same journal; a message for fifty."""
    (one, single), (other, many) = player(), player()
    ours, theirs = np.random.default_rng(7), np.random.default_rng(7)
    wanted = [one.draw(2, rng=ours) for _ in range(MANY + 2)]
    found = other.draw.times(MANY + 2, 2, rng=theirs)
    assert np.array_equal(found, wanted) and len({*map(float, np.ravel(found))}) == 2 * (MANY + 2)
    assert (single.messages, many.messages) == (MANY + 2, 2)
    assert [(call.name, call.form) for call in one.journal] == [
        (call.name, call.form) for call in other.journal
    ]
    after = np.random.default_rng(7)
    after.normal(size=2 * (MANY + 2))
    assert one.stands_at(ours, after) and other.stands_at(theirs, after)
    assert other.draw.times(0, 2, rng=theirs) == [] and many.messages == 3  # one read the generator


def test_each_call_has_arguments_of_its_own() -> None:
    """A call does not see what the one before did to its arguments."""
    assert player()[0].fussy.times(3, []) == [1, 1, 1]


@pytest.mark.parametrize("count", [4, MANY, MANY + 3])
def test_a_chain_hands_each_state_on(count: int) -> None:
    """The same answers as step by step, and the last state goes on; a message for fifty, and one more."""
    (one, _), (other, backend) = player(), player()
    state, wanted = one.sums_init(0.5), []
    for x in range(count):
        total, state = one.sums_update(state, x, by=2.0)
        wanted.append(total)
    found = other.sums_update.chain(other.sums_init(0.5), [(x,) for x in range(count)], by=2.0)
    assert [total for total, _ in found] == wanted
    assert backend.messages == 1 + -(-count // MANY)
    assert other.sums_update(found[-1][1], 0.0)[0] == one.sums_update(state, 0.0)[0]
    assert [call.value[0] for call in other.journal[1:]] == [call.value[0] for call in one.journal[1:]]


def test_the_first_fault_ends_them() -> None:
    """The calls before it are in the journal with their answers; it is the last entry, and it is raised."""
    student, _ = player()
    with pytest.raises(Raised, match="too much"):
        student.sums_update.chain(student.sums_init(0.0), [(1,), (2,), (5000,), (3,)])
    assert [call.fault for call in student.journal] == ["", "", "", "OverflowError"]
    assert [call.value[0] for call in student.journal[1:3]] == [1.0, 3.0]


def test_a_fault_in_the_second_message_ends_them_too() -> None:
    """Its place in the journal is its own."""
    student, _ = player()
    with pytest.raises(Raised, match="too much"):
        student.sums_update.chain(student.sums_init(0.0), [(1,)] * MANY + [(5000,), (3,)])
    assert [bool(call.fault) for call in student.journal] == [False] * (MANY + 1) + [True]


def test_a_player_may_send_each_call_alone() -> None:
    """So it is known which one had no answer; the answers are the same."""
    (one, _), (_, backend) = player(), player()
    alone = Proxy(backend, one._reference, many=1)
    found = alone.sums_update.chain(alone.sums_init(0.0), [(1,), (2,)])
    assert [total for total, _ in found] == [1.0, 3.0] and backend.messages == 3


def test_a_message_without_a_reply_is_put_down_to_its_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the journal once."""

    def late(_: list) -> list[Reading]:
        raise Late("no answer")

    student, backend = player()
    state = student.sums_init(0.0)
    monkeypatch.setattr(backend, "run", late)
    with pytest.raises(Late):
        student.sums_update.chain(state, [(1,), (2,), (3,)])
    assert [call.fault for call in student.journal] == ["", Late.kind]
    assert student.sums_update.chain(state, []) == []


def test_functions_are_refused() -> None:
    """In a shared message nobody could tell which of the calls used a function."""
    with pytest.raises(TypeError, match="take no functions"):
        player()[0].fussy.times(2, len)


def test_the_reference_goes_along() -> None:
    """Numbers in another container are put into the reference's at every step of a chain."""
    boxed = SOURCE.replace("return sum(state) + by * x,", "return np.array([sum(state) + by * x]),")
    student, _ = player(boxed)
    found = student.sums_update.chain(student.sums_init(0.0), [(1,), (2,), (3,)])
    assert [total for total, _ in found] == [1.0, 3.0, 6.0]
    assert all(call.form for call in student.journal[1:])


def test_where_the_reference_has_no_state_the_students_goes_on() -> None:
    """Where the reference refuses a step, the answers after it are the student's own."""
    lenient = SOURCE.replace("x > 1000", "x > 9000")
    student, _ = player(lenient)
    found = student.sums_update.chain(student.sums_init(0.0), [(1,), (5000,), (3,)])
    assert [total for total, _ in found] == [1.0, 5001.0, 5004.0]
