"""One probe: a program, what each of its reads should give, and the side effect that another value shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.calls.backends import Program, Reading
from autograder.calls.compare import close
from autograder.calls.stories import Line
from autograder.worker.values import leaves, same_bits
from autograder.worker.wire import Handle

CHANGED = "changed"
SHARED = "shared"
KEPT = "kept"
ANSWERS = "answers"
BUFFER = "buffer"
AGAIN = "again"
TURNS = "turns"
BRANCH = "branch"
ORDER = "order"
LAYOUT = "layout"
STALE = "stale"
ENDED = "ended"  # the process that answered

ARGUMENTS = 100  # those of call n are kept under the numbers from 100·(n + 1) on; a probe has fewer calls

Want = tuple[str, Any]
Kept = tuple[Handle, int | str, Any]  # an argument that is kept, its place or keyword, its value


@dataclass
class Probe:
    """One program, and for each of its reads the side effect that it would show and what it should give.

    That is ``("undisturbed", line)`` of the story, ``("read", place)`` of this program, or ``("value", …)``.
    ``kind`` is the side effect where the program cannot be run to its end, once it has made ``needs`` reads.
    """

    kind: str
    needs: int = 0
    program: Program = field(default_factory=list)
    reads: list[tuple[str, str, Want]] = field(default_factory=list)

    def call(self, number: int, line: Line, args: Any, kwargs: Any) -> None:
        self.program.append(("call", number, line.name, args, kwargs))

    def kept_arguments(self, number: int, args: tuple, kwargs: dict) -> tuple[tuple, dict, list[Kept]]:
        """The arguments of call ``number`` with handles for those that are lists, dicts or arrays, and these.

        They are put before the call, under numbers that no call has.
        """
        kept: list[Kept] = []

        def put(item: Any, place: int | str) -> Any:
            if not _changeable(item):
                return item
            handle = Handle(ARGUMENTS * (number + 1) + len(kept))
            self.program.append(("put", handle.number, item))
            kept.append((handle, place, item))
            return handle

        given = tuple(put(item, place) for place, item in enumerate(args))
        return given, {key: put(item, key) for key, item in kwargs.items()}, kept

    def read(self, verb: str, number: int, kind: str, where: str, wanted: Want) -> int:
        """Read an object; returns the place of the read among all."""
        self.program.append((verb, Handle(number)))
        self.reads.append((kind, where, wanted))
        return len(self.reads) - 1

    def shown(self, plain: dict[int, Any], reading: Reading) -> set[tuple[str, str]]:
        """The side effects that the program's reads show, with their places."""
        found = set()
        for (kind, where, (source, what)), value in zip(self.reads, reading.values, strict=False):
            want = what if source == "value" else (plain if source == "undisturbed" else reading.values)[what]
            if not _same(kind, value, want):
                found.add((kind, where))
        if reading.fault is not None and len(reading.values) >= self.needs:
            found.add((self.kind, ""))
        return found


def _changeable(item: Any) -> bool:
    """Whether an argument can be changed in place, and holds nothing that lives elsewhere."""
    held = {type(leaf) for leaf in leaves(item)}
    if held & {Handle, np.random.Generator} or any(map(callable, leaves(item))):
        return False
    return np.ndarray in held or isinstance(item, list | dict)


def _same(kind: str, value: Any, want: Any) -> bool:
    """Whether a read shows no side effect; in another layout sums, also of float32, are rounded otherwise."""
    if kind == CHANGED:
        return same_bits(value, want)
    rtol, atol = (1e-3, 1e-6) if kind == LAYOUT else (1e-9, 1e-12)
    return close(value, want, rtol=rtol, atol=atol, nan_agrees=True)
