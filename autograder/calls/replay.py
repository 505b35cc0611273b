"""A cache of check runs: a submission that answers bit for bit like an earlier one gets its outcome without
running the check.

A check is a function of its seed and of the answers that it gets. The messages that it sends therefore form a
tree: each message follows from the answers before it, and so does the outcome at the end. While a submission
gives answers that another one gave before, the next message is known, and in the end the outcome. Calls of
given functions belong to the conversation, because what they answer follows from it too. No message is sent
earlier than the check itself would send it. At the first new answer the check itself takes over.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from autograder.calls.backends import WorkerBackend
from autograder.sandbox.handle import Worker, answered
from autograder.worker.channel import Frame
from autograder.worker.wire import Pieces

MAX_BYTES = 2**19  # a conversation that holds more is not remembered
MAX_MEMORY_BYTES = 2**25


class NotReplayable(Exception):
    """This conversation takes the long way: one message a call, and every fault by its name."""


class Message(NamedTuple):
    """A message to a worker; ``served`` if it answers a call that the worker made."""

    message: bytes
    served: bool


class ReplayCache:
    """What was said next, or what came out, by the digest of all that was answered before."""

    def __init__(self, room: int = MAX_MEMORY_BYTES) -> None:
        self._room = room
        self._next: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self.unreplayable: set[str] = set()  # what is never talked over this way

    def get(self, place: bytes) -> Any:
        """What follows ``place``: what is `Message`, or an outcome; None where nobody has been."""
        if place not in self._next:
            return None
        self._next.move_to_end(place)
        return self._next[place][0]

    def learn(self, place: bytes, what: Any, size: int) -> None:
        """Remember what follows ``place``, of about ``size`` bytes; the oldest makes room for it."""
        self._room -= size
        self._next[place] = what, size
        while self._room < 0:
            _, (_, freed) = self._next.popitem(last=False)
            self._room += freed


class Conversation:
    """One conversation with one worker, from ``start`` along what is known and beyond."""

    def __init__(self, cache: ReplayCache, worker: Worker, start: str) -> None:
        self._cache, self._worker, self.start = cache, worker, start
        self._place = hashlib.sha256(start.encode()).digest()
        self._messages: list[tuple[Message, Frame]] = []
        self._heard = 0  # how many of them the check has heard
        self._bytes = 0

    @property
    def defined(self) -> list[Callable]:
        """The functions that the worker may call already."""
        return list(self._worker.defined)

    @property
    def place(self) -> str:
        """A name of all that was answered so far, to start another conversation from."""
        return self._place.hex()

    def known(self) -> Any:
        """Ask along what is known; the outcome where that leads to one, else None."""
        while isinstance(what := self._cache.get(self._place), Message):
            self._exchange(what)
        return what

    def hear(self, message: Pieces, served: bool = False) -> Frame:
        """The answer to a message: one that came before, or the worker's own."""
        mine = Message(b"".join(message), served)
        if self._heard == len(self._messages):
            self._learn(mine, len(mine.message))
            self._exchange(mine)
        said, answer = self._messages[self._heard]
        if said != mine:
            raise self.unreplayable("other words to the same answers")
        self._heard += 1
        return answer

    def unreplayable(self, why: str) -> NotReplayable:
        """That this will never do."""
        self._cache.unreplayable.add(self.start)
        return NotReplayable(why)

    def end(self, outcome: Any) -> None:
        """Remember what came out."""
        if self._heard == len(self._messages):
            self._learn(outcome, self._bytes)

    def _exchange(self, what: Message) -> None:
        answer = self._worker.exchange([what.message], served=what.served)
        self._messages.append((what, answer))
        self._bytes += len(what.message) + sum(map(len, answer))
        digest = hashlib.sha256(self._place)
        for part in answer:
            digest.update(part)
        self._place = digest.digest()

    def _learn(self, what: Any, size: int) -> None:
        if self._bytes <= MAX_BYTES:
            self._cache.learn(self._place, what, size)


class ReplayBackend(WorkerBackend):
    """A student's functions in a worker, asked through a `Conversation`; `NotReplayable` where that fails."""

    def __init__(self, conversation: Conversation, worker: Worker) -> None:
        super().__init__(worker)
        self._conversation = conversation
        self._staged: list[Any] = []

    def ahead(self, init: str, step: str, params: Any, grads: list, start: dict, each: list[dict]) -> None:
        """Ask for a trajectory in one message; the next two calls, and the steps, are answered from it."""
        names = {"op": "trajectory", "init": init, "step": step}
        reply = self._reply({**names, "params": params, "grads": grads, "start": start, "each": each})
        reached, first, path = reply.get("reached"), reply.get("first"), reply.get("path")
        failed = "error" in reply
        if reached not in ((0, 1, 2) if failed else (3,)) or not isinstance(path, list):
            raise NotReplayable("no answer")
        if not failed and len(path) != len(grads) - 1:
            raise NotReplayable("no answer")
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
        reply = answered(request, self._conversation.defined, self._conversation.hear)
        if "odd" in reply:
            raise NotReplayable("an answer out of the ordinary")
        return reply


def replayed(cache: ReplayCache, worker: Worker, start: str, ask: Callable[[Conversation], Any]) -> Any:
    """The outcome of one conversation: known, or what ``ask`` makes of it; None where that does not serve.

    ``ask`` ends the conversation with what may be remembered. Raises what the worker raises when it ends.
    """
    if start in cache.unreplayable:
        return None
    conversation = Conversation(cache, worker, start)
    try:
        found = conversation.known()
        return ask(conversation) if found is None else found
    except NotReplayable:
        return None
