"""The reference's answers, remembered check by check: asked the same again, it answers the same.

A check puts the same questions to the reference whoever is graded, and the shape of each answer is held
against the reference's answer to the same call. Only what follows from an odd answer is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.calls.backends import LocalBackend
from autograder.calls.compare import same_bits
from autograder.worker import wire
from autograder.worker.values import copied
from autograder.worker.wire import WireError

MAX_BYTES = 2**24  # of questions, in one exam


@dataclass(eq=False)
class ReferenceCache:
    """What the reference has answered in the checks of one exam."""

    room: int = MAX_BYTES
    known: dict[tuple[str, str], list] = field(default_factory=dict)

    def of(self, check: str, namespace: dict[str, Any]) -> tuple[CachedReference, CachedReference]:
        """The reference for one run of a check: beside the student, and as the check's own."""
        beside, own = (self.known.setdefault((check, side), []) for side in ("beside", "own"))
        return CachedReference(self, beside, namespace), CachedReference(self, own, namespace)


class CachedReference(LocalBackend):
    """The reference in one run of a check. Whatever is asked is answered; what is known is not computed."""

    def __init__(
        self, caches: ReferenceCache, known: list[tuple[Any, Any] | None], namespace: dict[str, Any]
    ) -> None:
        super().__init__(namespace)
        self._caches, self._known, self._place = caches, known, 0

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        return self._recalled(
            (name, args, kwargs), lambda: super(CachedReference, self).call(name, args, kwargs)
        )

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        asked = (name, params, grads, state, kwargs)
        return self._recalled(asked, lambda: super(CachedReference, self).steps(*asked))

    def _recalled(self, asked: tuple, compute: Callable[[], tuple]) -> tuple:
        place, self._place = self._place, self._place + 1
        if place == len(self._known):
            self._known.append(None)
        if (then := self._known[place]) and _same(asked, then[0]):
            return copied(then[1])
        question = self._question(asked)
        answer = compute()
        if question is not None:
            self._known[place] = question, copied(answer)
        return answer

    def _question(self, asked: tuple) -> Any:
        """A copy to compare with the next time; None where functions are asked about, or no room is left."""
        try:
            message = wire.encode(asked)
        except WireError:
            return None
        self._caches.room -= len(message)
        return wire.decode(message) if self._caches.room > 0 else None


def _same(now: tuple, then: tuple) -> bool:
    """Whether two questions agree to the last bit, and their generators are at the same place."""
    return same_bits(now, then) and all(
        one.bit_generator.state == other.bit_generator.state
        for one, other in zip(_generators(now), _generators(then), strict=True)
    )


def _generators(item: Any) -> Iterator[np.random.Generator]:
    if isinstance(item, np.random.Generator):
        yield item
    elif isinstance(item, list | tuple | dict):
        for member in item.values() if isinstance(item, dict) else item:
            yield from _generators(member)
