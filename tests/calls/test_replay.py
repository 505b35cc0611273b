"""Conversations remembered: the same to the same answers, never ahead of them, else the long way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import Ended, LocalBackend, Raised, WorkerBackend
from autograder.calls.journal import PerStep
from autograder.calls.proxy import Proxy
from autograder.calls.replay import (
    MAX_BYTES,
    Conversation,
    ReplayCache,
    replayed,
)
from autograder.sandbox.handle import Limits, Worker
from autograder.worker import wire
from autograder.worker.channel import Closed, Frame
from autograder.worker.session import Session
from autograder.worker.values import same_bits
from autograder.worker.wire import Handle, WireError


class Asked:
    """A worker of a script: each exchange gives the next answer; it notes what it was asked."""

    ask, patience, limits = Worker.ask, Worker.patience, Limits()

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked, self.defined = list(answers), [], []

    def exchange(self, message: wire.Pieces, *, served: bool = False) -> Frame:
        self.asked.append(wire.decode(b"".join(message), lambda number: number))
        assert served == ("op" not in self.asked[-1])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        frame = wire.encode(answer)
        size = int.from_bytes(frame[:4], "big")
        return frame[:12], frame[12 : 12 + size], bytearray(frame[12 + size :])


def doubling(outcomes: list) -> Any:
    """A check of two calls, the second about the first's answer; it notes that it ran."""

    def ask(conversation: Conversation) -> str:
        f = called(conversation)
        first = f(1.0)
        second = f(first)
        outcomes.append((first, second))
        found = f"{first} {second}"
        conversation.end(found)
        return found

    return ask


def answer(value: Any) -> dict:
    return {"value": [{"values": [value]}]}


def called(conversation: Conversation) -> Callable[..., Any]:
    """The function ``f`` of the conversation's worker."""
    backend = WorkerBackend(conversation._worker, conversation.send)

    def f(*args: Any) -> Any:
        return backend.run([[("call", 0, "f", args, {}), ("read", Handle(0))]])[0].all()[0]

    return f


def arguments(request: dict) -> tuple:
    """The arguments of the call in a request of `called`."""
    return request["programs"][0][0][3]


def test_the_same_answers_are_asked_the_same_without_the_check() -> None:
    """The second submission gets the same messages in the same order; the check itself runs once."""
    cache, ran = ReplayCache(), []
    workers = [Asked(answer(2.0), answer(4.0)) for _ in range(2)]
    found = [replayed(cache, worker, "check", doubling(ran)) for worker in workers]
    assert found == ["2.0 4.0"] * 2 and ran == [(2.0, 4.0)]
    assert workers[0].asked == workers[1].asked
    assert [arguments(request) for request in workers[1].asked] == [(1.0,), (2.0,)]


def test_nothing_is_asked_ahead_of_an_answer() -> None:
    """Another first answer leads to another second question, though one was known; to the last bit."""
    cache, ran = ReplayCache(), []
    replayed(cache, Asked(answer(2.0), answer(4.0)), "check", doubling(ran))
    other = Asked(answer(np.nextafter(2.0, 3.0)), answer(5.0))
    assert replayed(cache, other, "check", doubling(ran)) == f"{np.nextafter(2.0, 3.0)} 5.0"
    assert len(ran) == 2 and arguments(other.asked[1]) == (np.nextafter(2.0, 3.0),)


def test_a_conversation_that_differs_late_is_heard_from_the_start() -> None:
    """What a submission has answered along the known way is told to the check, and not asked again."""
    cache, ran = ReplayCache(), []
    replayed(cache, Asked(answer(2.0), answer(4.0)), "check", doubling(ran))
    late = Asked(answer(2.0), answer(-4.0))
    assert replayed(cache, late, "check", doubling(ran)) == "2.0 -4.0"
    assert ran == [(2.0, 4.0), (2.0, -4.0)] and len(late.asked) == 2


def test_two_checks_have_nothing_in_common() -> None:
    """The same messages in another check are another conversation."""
    cache, ran = ReplayCache(), []
    for name in ("one", "two"):
        replayed(cache, Asked(answer(2.0), answer(4.0)), name, doubling(ran))
    assert len(ran) == 2


def test_a_fault_is_an_answer_too() -> None:
    """An error that the student's code raises leads where it led before."""
    raised = {"error": "ValueError", "message": "no", "line": 3, "more": 1}
    fault = {"value": [{"values": [], "at": 0, **raised}]}
    cache, ran = ReplayCache(), []

    def ask(conversation: Conversation) -> str:
        ran.append(1)
        with pytest.raises(Raised, match=r"f raised ValueError \(line 3 of its cell\): no") as caught:
            called(conversation)(1.0)
        conversation.end(caught.value.kind)
        return caught.value.kind

    assert [replayed(cache, Asked(fault), "check", ask) for _ in range(2)] == ["ValueError"] * 2
    assert ran == [1]


@pytest.mark.parametrize(
    "reply", [{}, {"value": 1}, {"value": []}, {"value": [{}]}, {"value": [{"values": [1.0, 2.0]}]}]
)
def test_a_forged_reply_is_the_submissions_fault(reply: Any) -> None:
    """Its form is wrong: the check ends in a fault, and nothing is remembered but the question."""
    cache, ran = ReplayCache(), []
    for _ in range(2):
        with pytest.raises(Ended, match="no answer"):
            replayed(cache, Asked(reply), "check", doubling(ran))
    assert ran == [] and cache.unreplayable == set()


def test_what_is_no_message_ends_the_worker() -> None:
    """Nothing that comes after bytes that do not decode can be believed."""
    worker = Asked()
    worker.exchange = lambda message, served=False: (bytes(12), b"{", bytearray())
    with pytest.raises(WireError):
        replayed(ReplayCache(), worker, "check", doubling([]))


@pytest.mark.parametrize("reply", [3.0, None, {"callback": 0, "args": (), "kwargs": {}}, {"callback": 9}])
def test_what_is_no_answer_ends_the_worker(reply: Any) -> None:
    """Nothing follows from it; nor from a call of a function that was not given."""
    cache = ReplayCache()
    for _ in range(2):
        with pytest.raises(WireError):
            replayed(cache, Asked(reply), "check", doubling([]))


# --- Functions of the check's ------------------------------------------------------------------------------


def asking(outcomes: list, *functions: Any) -> Any:
    """A check that hands functions over."""

    def ask(conversation: Conversation) -> Any:
        value = called(conversation)(*functions)
        outcomes.append(value)
        conversation.end(value)
        return value

    return ask


def calls(number: int, *args: Any) -> dict:
    return {"callback": number, "args": args, "kwargs": {}}


def test_calls_of_functions_are_part_of_the_talk() -> None:
    """Who calls the same is answered the same, without the function; the check itself runs once."""
    cache, ran, called = ReplayCache(), [], []

    def double(x: float) -> float:
        called.append(x)
        return 2 * x

    workers = [Asked(calls(0, 1.0), calls(0, 3.0), answer(7.0)) for _ in range(2)]
    for worker in workers:
        assert replayed(cache, worker, "check", asking(ran, double)) == 7.0
    assert (ran, called) == ([7.0], [1.0, 3.0])
    assert workers[0].asked == workers[1].asked
    assert [message.get("value") for message in workers[1].asked[1:]] == [2.0, 6.0]


def test_who_calls_otherwise_is_answered_anew() -> None:
    """After the same first call another second one: the function hears both, the check one answer."""
    cache, ran, called = ReplayCache(), [], []

    def double(x: float) -> float:
        called.append(x)
        return 2 * x

    replayed(cache, Asked(calls(0, 1.0), calls(0, 3.0), answer(7.0)), "check", asking(ran, double))
    other = Asked(calls(0, 1.0), calls(0, 4.0), answer(8.0))
    assert replayed(cache, other, "check", asking(ran, double)) == 8.0
    assert (ran, called) == ([7.0, 8.0], [1.0, 3.0, 1.0, 4.0]) and len(other.asked) == 3


def test_functions_at_hand_come_before_those_that_are_handed_over() -> None:
    """Numbers go on from the functions that the worker was given for good."""
    worker = Asked(calls(0), calls(1), answer(1.0))
    worker.defined = [lambda: "for good"]
    replayed(ReplayCache(), worker, "check", asking([], lambda: "now"))
    assert [message.get("value") for message in worker.asked[1:]] == ["for good", "now"]
    assert arguments(worker.asked[0]) == (1,) and len(worker.defined) == 1


def test_a_function_whose_answer_cannot_cross_ends_the_worker() -> None:
    """The worker waits for an answer that never comes; nothing is remembered of it."""
    with pytest.raises(WireError):
        replayed(ReplayCache(), Asked(calls(0)), "check", asking([], object))


def test_a_check_that_is_no_function_of_its_answers_is_found_out() -> None:
    """Who says something else to the same answers is not remembered any more."""
    cache, turns = ReplayCache(), iter((1.0, 9.0))

    def moody(conversation: Conversation) -> str:
        value = called(conversation)(next(turns))
        return str(value)  # it never ends the conversation, so that it runs again

    assert replayed(cache, Asked(answer(2.0)), "check", moody) == "2.0"
    assert replayed(cache, Asked(answer(2.0)), "check", moody) is None
    assert cache.unreplayable == {"check"}


def test_a_worker_that_ends_is_not_hidden() -> None:
    """Whoever asked must take a new one; nothing is learnt from it."""
    cache, ran = ReplayCache(), []
    with pytest.raises(Closed):
        replayed(cache, Asked(answer(2.0), Closed()), "check", doubling(ran))
    assert replayed(cache, Asked(answer(2.0), answer(4.0)), "check", doubling(ran)) == "2.0 4.0"


def test_the_memory_has_its_bounds() -> None:
    """The oldest place goes first, one that was visited stays; a large conversation is not kept."""
    cache = ReplayCache(room=25)
    for place in (b"a", b"b"):
        cache.learn(place, place, 10)
    assert cache.get(b"a") == b"a"
    cache.learn(b"c", b"c", 10)
    assert [cache.get(place) for place in (b"a", b"b", b"c")] == [b"a", None, b"c"]
    cache.learn(b"d", b"d", 30)
    assert [cache.get(place) for place in (b"a", b"b", b"c", b"d")] == [None] * 4
    cache.learn(b"e", b"e", 25)
    assert cache.get(b"e") == b"e"

    def large(conversation: Conversation) -> str:
        called(conversation)(np.zeros(MAX_BYTES // 8))
        conversation.end("large")
        return "large"

    cache = ReplayCache()
    assert replayed(cache, Asked(answer(1.0)), "check", large) == "large"
    assert [what for what, _ in cache._next.values() if what == "large"] == []


# --- A trajectory in one message ----------------------------------------------------------------------------

REFERENCE = """
import numpy as np
def slow_init(params, start=0.0):
    return {"m": {key: np.full_like(value, start) for key, value in params.items()}, "n": 0}
def slow_step(params, grads, state, *, lr):
    m = {key: 0.5 * state["m"][key] + grads[key] for key in params}
    return {key: params[key] - lr * m[key] for key in params}, {"m": m, "n": state["n"] + 1}
"""


class Inside:
    """A worker without a process: its session answers here, over the same bytes."""

    ask, patience, limits = Worker.ask, Worker.patience, Limits()

    def __init__(self, source: str) -> None:
        self.session, self.verbs, self.defined = Session(None), [], []
        exec(source, self.session.namespace)

    def exchange(self, message: wire.Pieces, *, served: bool = False) -> Frame:
        request = wire.decode(b"".join(message), lambda number: number)
        self.verbs.append(request["op"])
        return Asked(self.session.verbs[request.pop("op")](**request)).exchange(message)


def space(source: str) -> dict:
    found: dict[str, Any] = {}
    exec(source, found)
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("lr * m[key]", "2 * lr * m[key]"),
        ('state["n"] + 1', 'np.float64(state["n"])'),
        ('state["n"] + 1', "object()"),
        ("params[key] - lr * m[key]", "(params[key] - lr * m[key])[:2]"),
        ("params[key] - lr * m[key]", "(params[key] - lr * m[key]).tolist()"),
        ("return {key: params[key]", "raise ValueError('no')\n    return {key: params[key]"),
        ("m = {key: 0.5", "if state['n'] == 2: raise KeyError('k')\n    m = {key: 0.5"),
        ('return {"m": {key: np.full_like', "raise TypeError('t')\n    return {\"m\": {key: np.full_like"),
        ("def slow_step", "def slowly_step"),
    ],
)
def test_a_trajectory_over_the_wire_leaves_the_journal_of_one_beside(old: str, new: str) -> None:
    """Answers, faults and what is noted are those of the same code in this process; it is one message."""
    assert old in REFERENCE
    source, reference = REFERENCE.replace(old, new, 1) if old else REFERENCE, space(REFERENCE)
    worker = Inside(source)
    players = [
        Proxy(WorkerBackend(worker, Conversation(ReplayCache(), worker, "check").send), reference),
        Proxy(LocalBackend(space(source)), reference),
    ]
    params, grads = {"w": np.arange(3.0)}, [{"w": np.full(3, float(i))} for i in range(5)]
    seen = []
    for proxy in players:
        try:
            path = proxy.trajectory("slow", params, grads, start=1.0, lr=PerStep([0.1, 0.2, 0.3, 0.4, 0.5]))
        except Exception as error:  # noqa: BLE001 - the fault is the outcome to compare
            path = type(error).__name__, str(error)
        seen.append((path, [(call.name, call.fault, call.form, call.steps) for call in proxy.journal]))
    assert same_bits(seen[0][0], seen[1][0]) and seen[0][1] == seen[1][1]
    assert worker.verbs == ["programs"]
