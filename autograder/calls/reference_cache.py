"""A cache of the reference's answers, check by check.

A check makes the same calls of the reference whoever is graded, and the form of each student's answer is
compared with the reference's answer to the same call. Only what depends on an unusual answer of the student's
has to be computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.calls.backends import LocalBackend, Program, Reading
from autograder.worker import wire
from autograder.worker.values import copied, generators, leaves, same_bits
from autograder.worker.wire import Handle, WireError

MAX_BYTES = 2**24  # of stored programs, in one exam


@dataclass(eq=False)
class ReferenceCache:
    """The reference's answers in the checks of one exam, each check's in the order of its programs."""

    room: int = MAX_BYTES
    known: dict[tuple[str, str, str], list] = field(default_factory=dict)

    def of(self, check: str, seed: str, namespace: dict[str, Any]) -> tuple[CachedReference, CachedReference]:
        """Two backends for one run of a check: for the student's proxy, and for the check's own calls."""
        for_proxy, for_check = (
            self.known.setdefault((check, seed, caller), []) for caller in ("proxy", "check")
        )
        return CachedReference(self, for_proxy, namespace), CachedReference(self, for_check, namespace)


class CachedReference(LocalBackend):
    """The reference in one run of a check; a program that equals the cached one is not run again.

    What a program reads may depend on all objects that earlier ones left. So a program that uses such objects
    is looked up only while all before it were the cached ones, and those that were skipped are run before one
    that is not.
    """

    def __init__(
        self, caches: ReferenceCache, known: list[tuple[Program, Reading] | None], namespace: dict[str, Any]
    ) -> None:
        super().__init__(namespace)
        self._caches, self._known, self._position = caches, known, 0
        self._skipped: list[Program] = []
        self._as_cached = True

    def run(self, programs: list[Program]) -> list[Reading]:
        return [self._one(program) for program in programs]

    def _one(self, program: Program) -> Reading:
        position, self._position = self._position, self._position + 1
        if position == len(self._known):
            self._known.append(None)
        entry, closed = self._known[position], _closed(program)
        if entry and (self._as_cached or closed) and _same(program, entry[0]):
            self._skipped.append(program)
            return Reading(copied(entry[1].values), entry[1].fault)
        stored = self._stored(program) if self._as_cached or closed else None
        self._as_cached &= stored is not None
        skipped, self._skipped = self._skipped, []
        *_, read = super().run([*skipped, program])
        if stored is not None:
            del self._known[position + 1 :]  # they may depend on the program that stood here before
            self._known[position] = stored, Reading(copied(read.values), read.fault)
        return read

    def _stored(self, program: Program) -> Any:
        """A copy to compare later programs with; None if it passes functions, or if the cache is full."""
        try:
            message = wire.encode(program, _refuse)
        except WireError:
            return None
        self._caches.room -= len(message)
        return wire.decode(message, _refuse) if self._caches.room > 0 else None


def _refuse(_: Any) -> Any:
    raise WireError("a function")


def _closed(program: Program) -> bool:
    """Whether a program uses only objects that it makes itself."""
    made = {step[1] for step in program if step[0] in ("put", "call")}
    return all(leaf.number in made for leaf in leaves(program) if isinstance(leaf, Handle))


def _same(now: Program, earlier: Program) -> bool:
    """Whether two programs agree bit for bit, with their generators in the same states."""
    return same_bits(now, earlier) and all(
        one.bit_generator.state == other.bit_generator.state
        for one, other in zip(generators(now), generators(earlier), strict=True)
    )
