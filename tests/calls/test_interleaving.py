"""Which of a check's calls are made again, to see whether runs disturb each other."""

from __future__ import annotations

import numpy as np
import pytest
import toy

from autograder.calls.backends import Ended, Late, LocalBackend, Raised
from autograder.calls.interleaving import MAX_CALLS, Chain, chain, interferes, interleaved_as_before
from autograder.calls.proxy import Call, PerStep, Proxy, State
from autograder.course.specimens import Specimen


def watch_init(window):
    return []


def watch_update(state, loss, n=1, *, scale=1.0, rng=None, f=None):
    state = [*state, loss]
    return scale * sum(state) / len(state), state


@pytest.fixture
def proxy():
    space = {"watch_init": watch_init, "watch_update": watch_update}
    return Proxy(LocalBackend(space), space)


def test_a_chain_follows_its_own_state(proxy):
    """Of two runs in one journal the first is taken; states are given by place or by keyword."""
    one, other = proxy.watch_init(3), proxy.watch_init(4)
    _, one = proxy.watch_update(one, 1.0, 2)
    _, other = proxy.watch_update(other, 5.0)
    proxy.watch_update(loss=2.0, state=one)
    found = chain([(), tuple(proxy.journal)])
    assert found.lines == [
        ("watch_init", (3,), {}, None, 0),
        ("watch_update", (None, 1.0, 2), {}, 0, 0),
        ("watch_update", (), {"loss": 2.0, "state": None}, "state", 1),
    ]
    assert found.answers == [(1.0,), (1.5,)]


@pytest.mark.parametrize(
    "kwargs", [{"rng": np.random.default_rng(0)}, {"f": abs}, {"rng": [np.random.default_rng(0)]}]
)
def test_calls_that_remember_are_not_made_again(proxy, kwargs):
    """A generator or a function among the arguments breaks the chain off."""
    state = proxy.watch_init(3)
    for _ in range(3):
        _, state = proxy.watch_update(state, 1.0, **kwargs)
    assert not chain([tuple(proxy.journal)])


def test_a_chain_needs_two_steps_and_stays_short(proxy):
    """One step shows nothing; of a long run the first dozen calls are enough."""
    state = proxy.watch_init(3)
    _, state = proxy.watch_update(state, 1.0)
    assert not chain([tuple(proxy.journal)])
    assert MAX_CALLS == 12
    for _ in range(MAX_CALLS):
        _, state = proxy.watch_update(state, 1.0)
    found = chain([tuple(proxy.journal)])
    assert len(found.lines) == len(found.answers) + 1 == MAX_CALLS


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_trajectorys_later_steps_are_taken_apart(steps):
    """Each step has its own parameters, gradient and keywords, and the state of the step before."""
    space = Specimen("", "reference", "").namespace(toy.SOLUTION)
    proxy = Proxy(LocalBackend(space), space)
    params, grads = {"w": np.ones(2)}, [{"w": np.full(2, 1.0 + i)} for i in range(steps)]
    rates = [0.1 * (i + 1) for i in range(steps)]
    path = proxy.trajectory("heavy", params, grads, lr=PerStep(rates))
    found = chain([tuple(proxy.journal)])
    if steps == 1:
        assert not found
        return
    lines = found.lines
    assert [answer["w"].tolist() for (answer,) in found.answers] == [now["w"].tolist() for now in path]
    assert [line[0] for line in lines] == ["heavy_init"] + ["heavy_step"] * steps
    assert [line[3:] for line in lines] == [(None, 0), *((2, i) for i in range(steps))]
    for i, (_, args, kwargs, _, _) in enumerate(lines[1:]):
        assert args[0]["w"].tolist() == [params, *path][i]["w"].tolist()
        assert args[1]["w"].tolist() == grads[i]["w"].tolist()
        assert args[2] is None and kwargs == {"lr": rates[i]}


def test_calls_that_hand_no_state_on_are_passed_over():
    """A call that failed, one with two states, one of another run's state and one without a state."""
    start, other, after, last, taken, then = (State(number) for number in range(6))
    journal = (
        Call("again_init", (), {"state": State(8)}, taken),
        Call("walk_step", (taken,), {}, (1.0, then)),
        Call("walk_step", (then,), {}, (1.0, State(9))),
        Call("walk_init", (1,), {}, start),
        Call("walk_step", (start,), {}, fault="ValueError"),
        Call("walk_step", (start, other), {}, (1.0, State(9))),
        Call("walk_step", (other,), {}, (1.0, State(9))),
        Call("free", (1,), {}, 1.0),
        Call("walk_step", (start,), {}, [1.0]),
        Call("walk_step", (2, start), {}, (1.0, 2.0, after)),
        Call("walk_step", (3, after), {}, (1.0, 2.0, last)),
    )
    assert chain([journal]).lines == [
        ("walk_init", (1,), {}, None, 0),
        ("walk_step", (2, None), {}, 1, 0),
        ("walk_step", (3, None), {}, 1, 1),
    ]


def test_the_first_chain_that_is_long_enough_is_taken():
    """A short run in the same check or an earlier one does not stand in its way."""
    short = (Call("a_init", (), {}, state := State(0)), Call("a_step", (state,), {}, (1, State(1))))
    states = [State(number) for number in range(3)]
    long = (
        Call("b_init", (), {}, states[0]),
        Call("b_step", (states[0],), {}, (1, states[1])),
        Call("b_step", (states[1],), {}, (1, states[2])),
    )
    for journals in ([short, long], [(*short, *long)], [(), long, short]):
        assert [line[0] for line in chain(journals).lines] == ["b_init", "b_step", "b_step"]
        assert [line[4] for line in chain(journals).lines] == [0, 0, 1]


def test_two_trajectories_in_one_check_are_two_chains():
    """The second run's later steps follow its own first one."""
    space = Specimen("", "reference", "").namespace(toy.SOLUTION)
    proxy = Proxy(LocalBackend(space), space)
    params, grads = {"w": np.ones(2)}, [{"w": np.ones(2)}] * 4
    proxy.trajectory("heavy", params, grads[:1], lr=0.1)
    proxy.trajectory("heavy", params, grads, lr=0.2)
    lines = chain([tuple(proxy.journal)]).lines
    assert [line[4] for line in lines] == [0, 0, 1, 2, 3]
    assert all(line[2] == {"lr": 0.2} for line in lines[1:])


# --- What is made of the answers ----------------------------------------------------------------------------


class Scripted:
    """A backend that answers from a script, or raises what stands there."""

    def __init__(self, *script):
        self.script, self.asked = list(script), []

    def ask(self, name, request):
        self.asked.append((name, request))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"value": answer}


LINES = [("walk_init", (1,), {}, None, 0), ("walk_step", (None,), {}, 0, 0)]
MADE = Chain(LINES, [(1.0,)])
ONE, OTHER = [(1.0,)], [(2.0,)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([ONE, ONE], True),
        ([ONE, OTHER], False),
        ([OTHER, OTHER], False),
        ([ONE], False),
        (None, False),
        (Raised("f", "ValueError", "", 0), False),
    ],
)
def test_two_at_once_are_held_against_what_the_check_was_answered(answer, expected):
    """The same calls with two runs, and nothing else."""
    backend = Scripted(answer)
    assert interleaved_as_before(backend, MADE) is expected
    assert backend.asked == [("walk_init", {"op": "interleave", "calls": LINES, "runs": 2})]


def test_alone_first_and_then_two_at_once():
    """The same calls are asked for once with one run and once with two."""
    backend = Scripted([OTHER], [OTHER, OTHER])
    assert not interferes(backend, MADE)
    assert [request["runs"] for _, request in backend.asked] == [1, 2]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([[ONE], [ONE, OTHER]], True),
        ([[ONE], [OTHER, ONE]], True),
        ([[[(float("nan"),)]], [[(float("nan"),)], [(float("nan"),)]]], False),
        ([[ONE], None], True),
        ([[ONE], Raised("f", "ValueError", "", 0)], True),
        ([Raised("f", "ValueError", "", 0)], False),
        ([None], False),
    ],
)
def test_any_difference_is_a_disturbance(script, expected):
    """In either run, or an error in company only; what fails alone too is left to the checks."""
    assert interferes(Scripted(*script), MADE) is expected


@pytest.mark.parametrize("end", [Late("late"), Ended("gone")])
@pytest.mark.parametrize("before", [[], [[ONE]]])
def test_a_worker_that_is_gone_is_said(end, before):
    """Whoever asked must take a new worker."""
    with pytest.raises(type(end)):
        interferes(Scripted(*before, end), MADE)
