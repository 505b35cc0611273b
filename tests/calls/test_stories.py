"""Which calls of a check are told again, as stories."""

from __future__ import annotations

import numpy as np
import pytest
import toy

from autograder.calls import stories as told
from autograder.calls.backends import LocalBackend
from autograder.calls.journal import Call, PerStep, Recorder, State
from autograder.calls.proxy import Proxy
from autograder.calls.stories import Line, Story, special, stories, undisturbed
from autograder.course.specimens import Specimen
from autograder.worker.wire import Handle


def watch_init(window: int) -> list:
    return []


def watch_update(state: list, loss: float, n: int = 1) -> tuple[float, list]:
    state = [*state, loss]
    return sum(state) / len(state), state


@pytest.fixture
def proxy() -> Proxy:
    space = {"watch_init": watch_init, "watch_update": watch_update}
    return Proxy(LocalBackend(space), space)


def names(story: Story) -> list[str]:
    return [line.name for line in story]


def test_a_story_follows_its_own_state(proxy: Proxy) -> None:
    """Of two runs in one journal the first is taken; states are given by place or by keyword."""
    one, other = proxy.watch_init(3), proxy.watch_init(4)
    _, one = proxy.watch_update(one, 1.0, 2)
    _, other = proxy.watch_update(other, 5.0)
    proxy.watch_update(loss=2.0, state=one)
    (story,) = stories([(), tuple(proxy.journal)])
    assert story == (
        Line("watch_init", (3,), {}, ""),
        Line("watch_update", (Handle(0), 1.0, 2), {}, "split"),
        Line("watch_update", (), {"loss": 2.0, "state": Handle(1, (-1,))}, "split"),
    )


def test_a_story_is_short_and_there_are_three(proxy: Proxy) -> None:
    """An init and two steps are enough; of many functions the first three are looked at."""
    assert (told.MAX_LINES, told.MAX_STORIES) == (3, 3)
    state = proxy.watch_init(3)
    for _ in range(9):
        _, state = proxy.watch_update(state, 1.0)
    (story,) = stories([tuple(proxy.journal)])
    assert len(story) == 3
    journal = tuple(Call(name, (np.zeros(1),), {}, 1.0) for name in "abcd" for _ in range(3))
    assert [names(story) for story in stories([journal])] == [[name] * 2 for name in "abc"]


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_trajectory_is_a_story(steps: int) -> None:
    """Each step has its own gradient and keywords, copied parameters and the state of the step before."""
    space = Specimen("", "reference", "").namespace(toy.SOLUTION)
    proxy = Proxy(LocalBackend(space), space)
    params, grads = {"w": np.ones(2)}, [{"w": np.full(2, 1.0 + i)} for i in range(steps)]
    rates = [0.1 * (i + 1) for i in range(steps)]
    path = proxy.trajectory("heavy", params, grads, lr=PerStep(rates))
    (story,) = stories([tuple(proxy.journal)])
    assert names(story) == ["heavy_init"] + ["heavy_step"] * min(steps, 2)
    assert [line.kwargs for line in story[1:]] == [{"lr": rate} for rate in rates[:2]]
    assert [line.args[2] for line in story[1:]] == [Handle(0), Handle(1, (-1,))][:steps]
    (read,) = LocalBackend(space).run([undisturbed(story)])
    assert [now["w"].tolist() for (now,) in read.values] == [now["w"].tolist() for now in path[:2]]


def test_two_calls_of_a_function_without_a_state_are_a_story(proxy: Proxy) -> None:
    """The first two, also of two journals and of a training function; a call that failed is left alone."""
    journal = (
        Call("f", (1,), {}, fault="ValueError"),
        Call("f", (np.ones(2),), {"k": 1}, 2.0),
        Call("train_f", (np.ones(2),), {}, 2.0),
    )
    later = (
        Call("f", (np.zeros(told.MAX_NUMBERS),), {}, 2.0),  # too large
        Call("f", (np.zeros(2),), {}, 2.0),
        Call("f", (np.zeros(3),), {}, 2.0),
    )
    story, trained = stories([journal, later])
    assert names(trained) == ["train_f"]
    assert names(story) == ["f", "f"] and story[0].kwargs == {"k": 1} and story[1].args[0].tolist() == [0, 0]
    assert {line.verb for line in story} == {"read"}


def test_calls_that_hand_no_state_on_are_passed_over() -> None:
    """A call that failed, one with two states, one of another run's state and one without a state."""
    start, other, after, last, taken, then = (
        State(Handle(number, (-1,) if number else ())) for number in range(6)
    )
    journal = (
        Call("again_init", (), {"state": State(Handle(8))}, taken),
        Call("walk_step", (taken,), {}, (1.0, then)),
        Call("walk_init", (1,), {}, start),
        Call("walk_step", (start,), {}, fault="ValueError"),
        Call("walk_step", (start, other), {}, (1.0, State(Handle(9)))),
        Call("walk_step", (other,), {}, (1.0, State(Handle(9)))),
        Call("walk_step", (2, start), {}, (1.0, 2.0, after)),
        Call("walk_step", (3, after), {}, (1.0, 2.0, last)),
    )
    (story,) = stories([journal])
    assert [(line.name, line.args) for line in story] == [
        ("walk_init", (1,)),
        ("walk_step", (2, Handle(0))),
        ("walk_step", (3, Handle(1, (-1,)))),
    ]


def test_a_story_shares_nothing_with_the_check() -> None:
    """Its arguments are copies; a recorder's function stands in its place; large arguments are left out."""
    x, recorder = np.ones(2), Recorder(abs)
    (story,) = stories([(Call("f", (x, recorder), {}, 1.0),)])
    x += 1
    assert story[0].args[0].tolist() == [1, 1] and story[0].args[1] is abs
    assert stories([(Call("f", (np.ones(told.MAX_NUMBERS + 1),), {}, 1.0),)]) == []


def test_calls_of_another_kind_end_a_story() -> None:
    """A zero, an array, one of other axes, an answer that is an argument; failed calls are left out."""
    usual = [Call("f", (2.0 + i, True), {}, 1.0) for i in range(9)]
    others = [
        Call("f", (0.0, True), {}, fault="ValueError"),
        Call("f", (0.0, True), {}, 1.0),
        Call("f", (np.ones(2), True), {}, np.zeros(2)),
        Call("f", (3.0, False), {}, 1.0),
    ]
    journal = (*usual, *others)
    (story,) = stories([journal])
    assert [line.args[0] for line in story] == [2.0, 3.0]
    zero, array, false = special(story, [journal])
    assert zero.args == (0.0, True) and array.args[0].tolist() == [1.0, 1.0] and false.args == (3.0, False)
    words = tuple(Call("f", (2.0, True), {"kind": word}, 1.0) for word in ("zero", "layer", "zero"))
    assert [line.kwargs["kind"] for line in special(story, [words])] == ["zero", "layer"]
    images = Call("f", (np.ones((1, 2)), True), {}, np.zeros(2))
    assert [np.ndim(line.args[0]) for line in special(story, [(*others, images)])] == [0, 1, 0, 2]
    given = Call("f", (np.ones(2), True), {}, np.ones(2))
    empty = Call("f", (np.full(2, np.nan), True), {}, 1.0)
    assert len(special((*story, zero, array), [(given, empty, empty)])) == 2
    pair, single = (Call("f", ([{"w": np.ones(1)}] * n, True), {}, 1.0) for n in (2, 1))
    (story,) = stories([(single, single)])
    assert [len(line.args[0]) for line in special(story, [(single, pair)])] == [2]
    many = tuple(Call("f", (2.0,), {f"n{i}": 1}, 1.0) for i in range(9))
    assert len(special(story, [many])) == told.MAX_SPECIAL


def test_a_trajectory_ends_with_every_zero_that_it_may_be_given() -> None:
    """Keywords that are zero in some journal are zero together in one more step, from the caller's start."""
    space = Specimen("", "reference", "").namespace(toy.SOLUTION)
    proxy = Proxy(LocalBackend(space), space)
    params, grads = {"w": np.ones(2)}, [{"w": np.full(2, 1.0 + i)} for i in range(2)]
    proxy.trajectory("heavy", params, grads, lr=0.1)
    (story,) = stories([tuple(proxy.journal)])
    assert special(story, [tuple(proxy.journal)]) == []
    proxy.trajectory("heavy", params, grads, lr=PerStep([0.1, 0.0]))
    (line,) = special(story, [tuple(proxy.journal)])
    assert line.kwargs == {"lr": 0.0} and line.args[0]["w"].tolist() == [1.0, 1.0]
    assert line.args[2] == Handle(2, (-1,))
    (read,) = LocalBackend(space).run([undisturbed((*story, line))])
    assert read.values[-1][0]["w"].tolist() == [1.0, 1.0] != read.values[-2][0]["w"].tolist()
