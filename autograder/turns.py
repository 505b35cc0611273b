"""Do two runs of a stateful component disturb each other?

A state crosses to the grader by value, so what calls share behind it (a global, one array for every call)
cannot be seen from outside. Here a chain of calls that a check has made is made again in the worker, once
alone and once as two runs that take turns, with the states as the objects they are: all must answer alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograder.backends import Ended, Fault, Late, WorkerBackend
from autograder.compare import close
from autograder.student import Call, State

MAX_CALLS = 12
MIN_CALLS = 3  # an init and two steps

Line = tuple[str, tuple, dict, int | str | None, int]  # as the worker's verb ``turns`` takes it


def chain(journals: Iterable[tuple[Call, ...]]) -> list[Line]:
    """The first chain of an init and its steps that ran without fault; empty if no check made one."""
    for journal in journals:
        for calls in _chains(journal):
            if len(calls) >= MIN_CALLS:
                return calls[:MAX_CALLS]
    return []


def _chains(journal: tuple[Call, ...]) -> Iterator[list[Line]]:
    """One chain for every init of a journal: the calls that pass its state on."""
    owner: dict[int, tuple[list[Line], int]] = {}  # a state's id -> its chain, and the call that gave it
    chains: list[list[Line]] = []
    for call in journal:
        if call.fault or not _plain((call.args, call.kwargs)):
            continue
        places = [place for place, item in _arguments(call) if isinstance(item, State)]
        if isinstance(call.value, State) and not places:
            chains.append([(call.name, call.args, call.kwargs, None, 0)])
            owner[id(call.value)] = (chains[-1], 0)
        elif len(places) == 1 and (found := owner.get(id(_given(call, places[0])))):
            lines, source = found
            gives = isinstance(call.value, tuple) and isinstance(call.value[-1], State)
            if gives or call.each:
                lines += _lines(call, places[0], source, len(lines))
            if gives:
                owner[id(call.value[-1])] = (lines, len(lines) - 1)
    yield from chains


def _lines(call: Call, place: int | str, source: int, start: int) -> list[Line]:
    """One call, or the later steps of a trajectory one by one; the state itself stays where it is."""
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


def _plain(item: Any) -> bool:
    """Whether a call can be made again: functions and generators remember that it was made before."""
    if isinstance(item, list | tuple | dict):
        return all(map(_plain, item.values() if isinstance(item, dict) else item))
    return not callable(item) and not isinstance(item, np.random.Generator)


def disturbed(backend: WorkerBackend, lines: list[Line]) -> bool:
    """Whether runs that take turns answer otherwise than a run alone.

    A submission that does not even answer alone is judged by its checks, not here. Raises Late or Ended, and
    then the worker is of no further use.
    """
    try:
        alone = _ask(backend, lines, 1)
    except (Late, Ended):
        raise
    except Fault:
        return False
    try:
        together = _ask(backend, lines, 2)
    except (Late, Ended):
        raise
    except Fault:
        return True
    return not close(together, [*alone, *alone], nan_agrees=True)


def _ask(backend: WorkerBackend, lines: list[Line], runs: int) -> Any:
    reply = backend.ask(lines[0][0], {"op": "turns", "calls": lines, "runs": runs})
    return reply.get("value")
