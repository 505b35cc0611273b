"""Conversations of checks with submissions, remembered: who answers alike is asked alike and judged alike.

A check is a function of its seed and of the answers that it gets. What it says to a submission is therefore a
tree: each message follows from the answers before it, and so does its outcome at the end. Where a submission
answers to the bit what another one answered, the next message and the outcome are known, and the check need
not run. Nothing is said earlier than the check itself would say it, and an answer that was never given
before is judged by the check as always.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from autograder import wire
from autograder.backends import WorkerBackend
from autograder.sandbox import Worker, told
from autograder.wire import Frame, WireError

MAX_PLACES = 4096
MAX_BYTES = 2**16  # a conversation that holds more is not remembered


class Unusual(Exception):
    """This conversation takes the long way: one message a call, and every fault by its name."""


class Memory:
    """What was said next, or what came out, by the digest of all that was answered before."""

    def __init__(self, places: int = MAX_PLACES) -> None:
        self._places = places
        self._next: OrderedDict[bytes, Any] = OrderedDict()
        self.long_ways: set[str] = set()  # what is never talked over this way

    def get(self, place: bytes) -> Any:
        """What follows ``place``: a message as bytes, or an outcome; None where nobody has been."""
        if place in self._next:
            self._next.move_to_end(place)
        return self._next.get(place)

    def learn(self, place: bytes, what: Any) -> None:
        self._next[place] = what
        if len(self._next) > self._places:
            self._next.popitem(last=False)


class Talk:
    """One conversation with one worker, from ``start`` along what is known and beyond."""

    def __init__(self, memory: Memory, worker: Worker, start: str) -> None:
        self._memory, self._worker, self.start = memory, worker, start
        self._place = hashlib.sha256(start.encode()).digest()
        self._said: list[tuple[bytes, Frame]] = []
        self._told = 0  # how many of them the check has heard
        self._bytes = 0

    @property
    def place(self) -> str:
        """A name of all that was answered so far, to start another conversation from."""
        return self._place.hex()

    def known(self) -> Any:
        """Ask along what is known; the outcome where that leads to one, else None."""
        while isinstance(what := self._memory.get(self._place), bytes):
            self._exchange(what)
        return what

    def hear(self, request: dict) -> Frame:
        """The answer to ``request``: one that came before, or the worker's own."""
        try:
            message = wire.encode(request)
        except WireError as error:  # there are functions in it
            raise self._long_way(str(error)) from error
        if self._told == len(self._said):
            self._learn(message)
            self._exchange(message)
        said, answer = self._said[self._told]
        if said != message:
            raise self._long_way("other words to the same answers")
        self._told += 1
        return answer

    def _long_way(self, why: str) -> Unusual:
        self._memory.long_ways.add(self.start)
        return Unusual(why)

    def end(self, outcome: Any) -> None:
        """Remember what came out."""
        if self._told == len(self._said):
            self._learn(outcome)

    def _exchange(self, message: bytes) -> None:
        answer = self._worker.exchange(message)
        self._said.append((message, answer))
        self._bytes += len(message) + sum(map(len, answer))
        digest = hashlib.sha256(self._place)
        for part in answer:
            digest.update(part)
        self._place = digest.digest()

    def _learn(self, what: Any) -> None:
        if self._bytes <= MAX_BYTES:
            self._memory.learn(self._place, what)


class TalkBackend(WorkerBackend):
    """A student's functions in a worker, asked through a `Talk`; `Unusual` wherever that does not serve."""

    def __init__(self, talk: Talk, worker: Worker) -> None:
        super().__init__(worker)
        self._talk = talk
        self._staged: list[Any] = []

    def ahead(self, init: str, step: str, params: Any, grads: list, start: dict, each: list[dict]) -> None:
        """Ask for a trajectory in one message; the next two calls, and the steps, are answered from it."""
        names = {"op": "trajectory", "init": init, "step": step}
        reply = self._reply({**names, "params": params, "grads": grads, "start": start, "each": each})
        reached, first, path = reply.get("reached"), reply.get("first"), reply.get("path")
        failed = "error" in reply
        if reached not in ((0, 1, 2) if failed else (3,)) or not isinstance(path, list):
            raise Unusual("no answer")
        if not failed and len(path) != len(grads) - 1:
            raise Unusual("no answer")
        stages = [None, (first, None), (path, None)]
        self._staged = [*stages[:reached], reply] if failed else stages

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        if not self._staged:
            return super().call(name, args, kwargs)
        return self._stage(name), args, kwargs

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        return self._stage(name)

    def ask(self, name: str, request: dict) -> dict:
        return self.said(name, self._reply(request))

    def _stage(self, name: str) -> Any:
        stage = self._staged.pop(0)
        return self.said(name, stage) if isinstance(stage, dict) else stage

    def _reply(self, request: dict) -> dict:
        _, header, body = self._talk.hear(request)
        try:
            reply = wire.opened(header, body)
        except WireError as error:
            raise Unusual(str(error)) from error
        if not isinstance(reply, dict) or reply.keys() & {"callback", "odd"}:
            raise Unusual("an answer out of the ordinary")
        return {**reply, **told(reply)} if "error" in reply else reply


def by_heart(memory: Memory, worker: Worker, start: str, ask: Callable[[Talk], Any]) -> Any:
    """The outcome of one conversation: known, or what ``ask`` makes of it; None where that does not serve.

    ``ask`` ends the talk with what may be remembered. Raises what the worker raises when it ends.
    """
    if start in memory.long_ways:
        return None
    talk = Talk(memory, worker, start)
    try:
        found = talk.known()
        return ask(talk) if found is None else found
    except Unusual:
        return None
