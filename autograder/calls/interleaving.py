"""Do two runs of a stateful component disturb each other?

A state crosses to the grader by value, so what calls share behind it (a global, one array for every call)
cannot be seen from outside. Here a chain of calls that a check has made is made again in the worker, as two
runs that take turns, with the states as the objects they are: both must answer as the check was answered. If
they do not, a run alone in a fresh worker says whether it is the company that disturbs.
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

Line = tuple[str, tuple, dict, int | str | None, int]  # as the worker's verb ``interleave`` takes it


@dataclass
class Chain:
    """An init and its steps, and what each step answered besides its state."""

    lines: list[Line] = field(default_factory=list)
    answers: list[tuple] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lines)


def chain(journals: Iterable[tuple[Call, ...]]) -> Chain:
    """The first chain of an init and its steps that ran without fault; empty if no check made one."""
    for journal in journals:
        for found in _chains(journal):
            if len(found.lines) >= MIN_CALLS:
                return Chain(found.lines[:MAX_CALLS], found.answers[: MAX_CALLS - 1])
    return Chain()


def _chains(journal: tuple[Call, ...]) -> Iterator[Chain]:
    """One chain for every init of a journal: the calls that pass its state on."""
    owner: dict[int, tuple[Chain, int]] = {}  # a state's id -> its chain, and the call that gave it
    chains: list[Chain] = []
    for call in journal:
        if call.fault or not _plain((call.args, call.kwargs)):
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


def interleaved_as_before(backend: WorkerBackend, made: Chain) -> bool:
    """Whether two runs that take turns answer as the check was answered. Raises as `interferes` does."""
    together = _ask(backend, made.lines, 2)
    return close(together, [made.answers, made.answers], nan_agrees=True)


def interferes(backend: WorkerBackend, made: Chain) -> bool:
    """Whether runs that take turns answer otherwise than a run alone; for a worker that is fresh.

    A submission that does not even answer alone is judged by its checks, not here. Raises Late or Ended, and
    then the worker is of no further use.
    """
    alone = _ask(backend, made.lines, 1)
    if alone is None:
        return False
    together = _ask(backend, made.lines, 2)
    return not close(together, [*alone, *alone], nan_agrees=True)


def _ask(backend: WorkerBackend, lines: list[Line], runs: int) -> list | None:
    """What each run answered; None where one raised, or where this is no answer."""
    try:
        value = backend.ask(lines[0][0], {"op": "interleave", "calls": lines, "runs": runs}).get("value")
    except (Late, Ended):
        raise
    except Fault:
        return None
    return value if isinstance(value, list) else None
