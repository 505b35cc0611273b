"""Do two runs of a stateful component disturb each other?

The grader sees states by value only, so it cannot see what calls share inside the worker (a global variable,
one array for every call). Therefore a chain of calls that a check has made is repeated in the worker as two
interleaved runs, which pass on the student's own state objects. Both runs must give the answers that the
check got. If they do not, a single run in a fresh worker shows whether the interleaving is the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.calls.backends import Ended, Fault, Late, WorkerBackend
from autograder.calls.compare import close
from autograder.calls.proxy import Call, State

MAX_CALLS = 12
MIN_CALLS = 3  # an init and two steps

# A call (name, args, kwargs, place, source), as the worker's verb ``interleave`` takes it.
Line = tuple[str, tuple, dict, int | str | None, int]


@dataclass
class Chain:
    """An init and its steps, and the members of each step's answer other than the state."""

    lines: list[Line] = field(default_factory=list)
    answers: list[tuple] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lines)


def chain(journals: Iterable[tuple[Call, ...]]) -> Chain:
    """The first chain of an init and its steps without a fault; empty if no check made one."""
    for journal in journals:
        for found in _chains(journal):
            if len(found.lines) >= MIN_CALLS:
                return Chain(found.lines[:MAX_CALLS], found.answers[: MAX_CALLS - 1])
    return Chain()


def _chains(journal: tuple[Call, ...]) -> Iterator[Chain]:
    """One chain for each init in a journal: the init and the calls that pass its state on."""
    owner: dict[int, tuple[Chain, int]] = {}  # a state's id -> its chain, and which call returned it
    chains: list[Chain] = []
    for call in journal:
        if call.fault or not _repeatable((call.args, call.kwargs)):
            continue
        places = [place for place, item in _arguments(call) if isinstance(item, State)]
        if isinstance(call.value, State) and not places:
            chains.append(Chain([(call.name, call.args, call.kwargs, None, 0)]))
            owner[id(call.value)] = (chains[-1], 0)
        elif len(places) == 1 and (found := owner.get(id(_given(call, places[0])))):
            mine, source = found
            gives = isinstance(call.value, tuple) and isinstance(call.value[-1], State)
            if gives or call.each:
                mine.lines += _lines(call, places[0], source, len(mine.lines))
                mine.answers += [(value,) for value in call.value] if call.each else [call.value[:-1]]
            if gives:
                owner[id(call.value[-1])] = (mine, len(mine.lines) - 1)
    yield from chains


def _lines(call: Call, place: int | str, source: int, start: int) -> list[Line]:
    """The lines of one call; a trajectory has one for each step. The state itself stays in the worker."""
    if not call.each:
        args = tuple(None if isinstance(item, State) else item for item in call.args)
        kwargs = {key: None if isinstance(item, State) else item for key, item in call.kwargs.items()}
        return [(call.name, args, kwargs, place, source)]
    params, grads, _ = call.args
    before = [params, *call.value[:-1]]
    sources = [source, *range(start, start + len(grads) - 1)]
    steps = zip(before, grads, call.each, sources, strict=True)
    return [(call.name, (now, grad, None), extra, place, origin) for now, grad, extra, origin in steps]


def _arguments(call: Call) -> list[tuple[int | str, Any]]:
    return [*enumerate(call.args), *call.kwargs.items()]


def _given(call: Call, place: int | str) -> Any:
    return call.kwargs[place] if isinstance(place, str) else call.args[place]


def _repeatable(item: Any) -> bool:
    """Whether a call can be repeated: not with functions or generators, which may have changed since."""
    if isinstance(item, list | tuple | dict):
        return all(map(_repeatable, item.values() if isinstance(item, dict) else item))
    return not callable(item) and not isinstance(item, np.random.Generator)


def interleaved_as_before(backend: WorkerBackend, made: Chain) -> bool:
    """Whether two interleaved runs give the answers that the check got. Raises as `interferes` does."""
    together = _ask(backend, made.lines, 2)
    return close(together, [made.answers, made.answers], nan_agrees=True)


def interferes(backend: WorkerBackend, made: Chain) -> bool:
    """Whether two interleaved runs give other answers than a single run. Needs a fresh worker.

    A submission that fails even in a single run is left to its checks. Raises Late or Ended; after that the
    worker must be closed.
    """
    alone = _ask(backend, made.lines, 1)
    if alone is None:
        return False
    together = _ask(backend, made.lines, 2)
    return not close(together, [*alone, *alone], nan_agrees=True)


def _ask(backend: WorkerBackend, lines: list[Line], runs: int) -> list | None:
    """The answers of each run; None if a call raised or the reply is malformed."""
    try:
        value = backend.ask(lines[0][0], {"op": "interleave", "calls": lines, "runs": runs}).get("value")
    except (Late, Ended):
        raise
    except Fault:
        return None
    return value if isinstance(value, list) else None
