"""A cache of check runs: a submission that answers bit for bit like an earlier one gets its outcome without
running the check.

A check is a function of its seed and of the answers that it gets. Its messages therefore form a tree: the
answers so far determine the next message and, at the end, the outcome. As long as a submission gives the same
answers as an earlier one, the next message, and finally the outcome, are taken from the cache. Callbacks are
part of the conversation, because the answers so far determine their results too. No message is sent earlier
than the check itself would send it. At the first new answer the check itself is run.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from autograder.sandbox.handle import Worker
from autograder.worker.channel import Frame
from autograder.worker.wire import Pieces

MAX_BYTES = 2**19  # a larger conversation is not cached
MAX_MEMORY_BYTES = 2**25


class NotReplayable(Exception):
    """This conversation cannot be replayed; the check must run with one message for each call."""


class Message(NamedTuple):
    """A message to a worker; ``served`` if it is a callback's answer."""

    message: bytes
    served: bool


class ReplayCache:
    """The next message, or the outcome, by the digest of all answers before it."""

    def __init__(self, room: int = MAX_MEMORY_BYTES) -> None:
        self._room = room
        self._next: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self.unreplayable: set[str] = set()  # starts of conversations that are never replayed

    def get(self, place: bytes) -> Any:
        """The `Message` or outcome that follows ``place``; None if it is not in the cache."""
        if place not in self._next:
            return None
        self._next.move_to_end(place)
        return self._next[place][0]

    def learn(self, place: bytes, what: Any, size: int) -> None:
        """Store what follows ``place``, about ``size`` bytes; the least recently used entries are evicted."""
        self._room -= size
        self._next[place] = what, size
        while self._room < 0:
            _, (_, freed) = self._next.popitem(last=False)
            self._room += freed


class Conversation:
    """One conversation with one worker: replayed as far as it is cached, then continued by the check."""

    def __init__(self, cache: ReplayCache, worker: Worker, start: str) -> None:
        self._cache, self._worker, self.start = cache, worker, start
        self._place = hashlib.sha256(start.encode()).digest()
        self._messages: list[tuple[Message, Frame]] = []
        self._sent = 0  # how many of them the check itself has sent
        self._bytes = 0

    @property
    def place(self) -> str:
        """A key of all answers so far, to start another conversation from."""
        return self._place.hex()

    def known(self) -> Any:
        """Send the cached messages as far as they reach; returns the cached outcome, else None."""
        while isinstance(what := self._cache.get(self._place), Message):
            self._exchange(what)
        return what

    def send(self, message: Pieces, served: bool = False) -> Frame:
        """The answer to a message: from the replayed part, else from the worker."""
        wanted = Message(b"".join(message), served)
        if self._sent == len(self._messages):
            self._learn(wanted, len(wanted.message))
            self._exchange(wanted)
        sent, answer = self._messages[self._sent]
        if sent != wanted:
            raise self.unreplayable("another message after the same answers")
        self._sent += 1
        return answer

    def unreplayable(self, why: str) -> NotReplayable:
        """Mark conversations from this start as never to be replayed; returns the exception to raise."""
        self._cache.unreplayable.add(self.start)
        return NotReplayable(why)

    def end(self, outcome: Any) -> None:
        """Store the outcome."""
        if self._sent == len(self._messages):
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


def replayed(cache: ReplayCache, worker: Worker, start: str, ask: Callable[[Conversation], Any]) -> Any:
    """The outcome of one conversation, from the cache or from ``ask``; None if it cannot be replayed.

    ``ask`` ends the conversation with an outcome that may be cached. Raises WireError if the worker ends.
    """
    if start in cache.unreplayable:
        return None
    conversation = Conversation(cache, worker, start)
    try:
        found = conversation.known()
        return ask(conversation) if found is None else found
    except NotReplayable:
        return None
