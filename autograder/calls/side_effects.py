"""What a function does besides answering: changes arguments, shares memory, remembers outside of a state.

All of it is shown by behaviour. A story is a few calls that a check makes of the reference. It is told once
undisturbed, and then in programs that keep the arguments, read them back, repeat calls, overwrite what the
caller owns, let two runs take turns, and give dicts in another order. Wherever an answer differs from the
undisturbed one, the function has a side effect. Nothing that is computed beside student code is believed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.calls.backends import Program, Reading
from autograder.calls.compare import close
from autograder.calls.proxy import Backend, Call, Recorder, State
from autograder.worker.values import generators, same_bits
from autograder.worker.wire import Handle

MAX_LINES = 4  # an init and three steps
MAX_STORIES = 3  # of one exercise
MAX_NUMBERS = 5_000  # in the arguments of a story; larger ones are left to the checks

CHANGED = "changed"
SHARED = "shared"
KEPT = "kept"
ANSWERS = "answers"
BUFFER = "buffer"
AGAIN = "again"
TURNS = "turns"
ORDER = "order"
ENDED = "ended"  # the process that answered


@dataclass(frozen=True)
class Line:
    """One call of a story. A `Handle` among its arguments is (part of) the answer of the line of its number.

    ``verb`` is how the answer is read: ``read``, ``split``, or nothing for an init, whose answer is a state.
    """

    name: str
    args: tuple
    kwargs: dict
    verb: str

    def by_itself(self) -> Line:
        """A copy that shares nothing with the check's call."""
        args, kwargs = copy.deepcopy(_unrecorded((self.args, self.kwargs)))
        return Line(self.name, args, kwargs, self.verb)


Story = tuple[Line, ...]
Want = tuple[str, Any]


@dataclass(frozen=True)
class AskedSideEffects:
    """The stories by which side effects show, and the kinds of them that right answers have as well."""

    stories: list[Story]
    allowed: frozenset[str]


def stories(journals: Iterable[tuple[Call, ...]]) -> list[Story]:
    """Up to three stories that the reference's journals hold: chains with a state, else pairs of calls."""
    found: dict[str, list[Line]] = {}
    for journal in journals:
        for call in journal:
            if call.steps and call.name not in found:
                found[call.name] = _trajectory(call)
        for name, lines in [*_chains(journal), *_pairs(journal)]:
            if len(found.get(name, ())) < min(len(lines), 2):
                found[name] = lines
    told = [tuple(line.by_itself() for line in lines[:MAX_LINES]) for lines in found.values()]
    return [story for story in told if _size(story) <= MAX_NUMBERS][:MAX_STORIES]


def _trajectory(call: Call) -> list[Line]:
    params, grads = call.args
    lines = [Line(f"{call.name.removesuffix('_step')}_init", (params,), call.kwargs, "")]
    for i, (grad, extra) in enumerate(zip(grads, call.steps, strict=True)):
        now = Handle(i, (0,), fresh=True) if i else params
        lines.append(Line(call.name, (now, grad, Handle(i, (-1,) if i else ())), extra, "split"))
    return lines


def _chains(journal: tuple[Call, ...]) -> Iterator[tuple[str, list[Line]]]:
    """For each init in a journal: the name of its first step, and the calls that pass its state on."""
    owner: dict[int, tuple[list[Line], int]] = {}  # number of an answer -> its chain, and its place there
    chains: list[list[Line]] = []
    for call in journal:
        if call.steps or not _repeatable(call):
            continue
        given = [item for item in (*call.args, *call.kwargs.values()) if isinstance(item, State)]
        if isinstance(call.value, State) and not given:
            chains.append([Line(call.name, call.args, call.kwargs, "")])
            owner[call.value.own.number] = chains[-1], 0
        elif len(given) == 1 and given[0].own.number in owner:
            chain, source = owner[given[0].own.number]
            handle = Handle(source, given[0].own.path)
            args = tuple(handle if item is given[0] else item for item in call.args)
            kwargs = {key: handle if item is given[0] else item for key, item in call.kwargs.items()}
            splits = isinstance(call.value, tuple) and isinstance(call.value[-1], State)
            chain.append(Line(call.name, args, kwargs, "split" if splits else "read"))
            if splits:
                owner[call.value[-1].own.number] = chain, len(chain) - 1
    yield from ((chain[1].name, chain) for chain in chains if len(chain) > 1)


def _pairs(journal: tuple[Call, ...]) -> Iterator[tuple[str, list[Line]]]:
    """The first two calls of each function without a state."""
    lines: dict[str, list[Line]] = {}
    for call in journal:
        stateless = not any(isinstance(item, State) for item in (*call.args, *call.kwargs.values()))
        if call.steps or not _repeatable(call) or not stateless or isinstance(call.value, State):
            continue
        lines.setdefault(call.name, []).append(Line(call.name, call.args, call.kwargs, "read"))
    yield from ((name, found[:2]) for name, found in lines.items())


def _repeatable(call: Call) -> bool:
    """Not a fault, and not a training function, which takes long."""
    return not call.fault and not call.name.startswith("train")


def _unrecorded(item: Any) -> Any:
    """Arguments as they are, with functions in place of their `Recorder`s."""
    if isinstance(item, list | tuple):
        return type(item)(map(_unrecorded, item))
    if isinstance(item, dict):
        return {key: _unrecorded(member) for key, member in item.items()}
    return item.function if isinstance(item, Recorder) else item


def _leaves(item: Any) -> Iterator[Any]:
    if isinstance(item, list | tuple | dict):
        for member in item.values() if isinstance(item, dict) else item:
            yield from _leaves(member)
    else:
        yield item


def _size(story: Story) -> int:
    return sum(np.size(leaf) for line in story for leaf in _leaves((line.args, line.kwargs)))


# --- Programs ---------------------------------------------------------------------------------------------


@dataclass
class Probe:
    """One program, and for each of its reads the side effect that it would show and what it should give.

    That is ``("undisturbed", line)`` of the story, ``("read", place)`` of this program, or ``("value", …)``.
    ``kind`` is the side effect where the program cannot be run to its end.
    """

    kind: str
    program: Program = field(default_factory=list)
    reads: list[tuple[str, str, Want]] = field(default_factory=list)

    def call(self, number: int, line: Line, args: Any, kwargs: Any) -> None:
        self.program.append(("call", number, line.name, args, kwargs))

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
            same = same_bits(value, want) if kind == CHANGED else close(value, want, nan_agrees=True)
            if not same:
                found.add((kind, where))
        if reading.fault is not None:
            found.add((self.kind, ""))
        return found


def undisturbed(story: Story) -> Program:
    """The story by itself, every call with arguments of its own."""
    program: Program = []
    for number, line in enumerate(story):
        program.append(("call", number, line.name, line.args, line.kwargs))
        if line.verb:
            program.append((line.verb, Handle(number)))
    return program


def probes(story: Story) -> list[Probe]:
    """The programs that show side effects in this story."""
    return [
        probe for probe in (_kept(story), _turns(story), _order(story), _answers(story)) if probe is not None
    ]


def _kept(story: Story) -> Probe:
    """Every call twice on the same kept arguments, which are read back, and overwritten afterwards."""
    probe, base = Probe(AGAIN), len(story)  # arguments are numbered from 100 on, 100 a call
    last: list[tuple[int, int]] = []
    for number, line in enumerate(story):
        keep = _Keeper(probe, 100 * (number + 1))
        args = tuple(keep(item, place) for place, item in enumerate(line.args))
        kwargs = {key: keep(item, key) for key, item in line.kwargs.items()}
        probe.call(number, line, args, kwargs)
        first = -1
        if line.verb:
            first = probe.read(line.verb, number, KEPT, line.name, ("undisturbed", number))
        for handle, place, value in keep.kept:
            probe.read("read", handle, CHANGED, f"{line.name}: {place}", ("value", value))
        if line.verb:
            probe.call(base + number, line, args, kwargs)
            probe.read(line.verb, base + number, AGAIN, line.name, ("read", first))
        for handle, _, _ in keep.kept:
            probe.program.append(("overwrite", Handle(handle)))
        if line.verb:
            probe.read(line.verb, number, SHARED, line.name, ("read", first))
            last.append((number, len(probe.reads) - 1))
    for number, place in last:
        line = story[number]
        probe.read(line.verb, number, BUFFER, line.name, ("read", place))
    return probe


class _Keeper:
    """Puts the arguments of one call that hold arrays, from the number ``start`` on."""

    def __init__(self, probe: Probe, start: int) -> None:
        self._probe, self._next = probe, start
        self.kept: list[tuple[int, int | str, Any]] = []  # handle's number, place, value

    def __call__(self, item: Any, place: int | str) -> Any:
        leaves = [*_leaves(item)]
        if generators(item) or not any(isinstance(leaf, np.ndarray) for leaf in leaves):
            return item
        if any(isinstance(leaf, Handle) for leaf in leaves):
            return item
        self._probe.program.append(("put", self._next, item))
        self.kept.append((self._next, place, item))
        self._next += 1
        return Handle(self._next - 1)


def _turns(story: Story) -> Probe:
    """Two runs of the story take turns."""
    probe = Probe(TURNS)
    for number, line in enumerate(story):
        for run in (0, len(story)):
            probe.call(run + number, line, _moved(line.args, run), _moved(line.kwargs, run))
            if line.verb:
                probe.read(line.verb, run + number, TURNS, line.name, ("undisturbed", number))
    return probe


def _order(story: Story) -> Probe | None:
    """Of the dicts that a call gets, all but the first come in the reverse order; None if there are none."""
    probe, changes = Probe(ORDER), False
    for number, line in enumerate(story):
        args, several = [], False
        for item in line.args:
            turns = isinstance(item, dict) and several and len(item) > 1
            changes |= turns
            args.append(dict(reversed(item.items())) if turns else item)
            several |= isinstance(item, dict) or (isinstance(item, Handle) and item.fresh)
        probe.call(number, line, tuple(args), line.kwargs)
        if line.verb:
            probe.read(line.verb, number, ORDER, line.name, ("undisturbed", number))
    return probe if changes else None


def _answers(story: Story) -> Probe:
    """What a call returned is overwritten before the next one, or before the same call is made again."""
    probe, base = Probe(ANSWERS), len(story)
    stateful = any(not line.verb for line in story)
    for number, line in enumerate(story):
        args = _moved(line.args, base, fresh_only=True)
        probe.call(number, line, args, line.kwargs)
        if not line.verb:
            continue
        probe.read(line.verb, number, ANSWERS, line.name, ("undisturbed", number))
        if line.verb == "split":
            probe.program.append(("put", base + number, (Handle(number, (0,), fresh=True),)))
            probe.program.append(("overwrite", Handle(number, (0,))))
        else:
            probe.program.append(("overwrite", Handle(number)))
        if not stateful:
            probe.call(base + number, line, args, line.kwargs)
            probe.read(line.verb, base + number, ANSWERS, line.name, ("undisturbed", number))
    return probe


def _moved(item: Any, by: int, *, fresh_only: bool = False) -> Any:
    """``item`` with the handles of another run; with ``fresh_only`` those of its copies only."""
    if isinstance(item, Handle):
        return Handle(item.number + by, item.path, item.fresh) if item.fresh or not fresh_only else item
    if isinstance(item, list | tuple):
        return type(item)(_moved(member, by, fresh_only=fresh_only) for member in item)
    if isinstance(item, dict):
        return {key: _moved(member, by, fresh_only=fresh_only) for key, member in item.items()}
    return item


def side_effects(backend: Backend, told: list[Story]) -> frozenset[tuple[str, str]]:
    """The side effects that ``backend``'s functions show, as (kind, function or function: argument).

    A story whose undisturbed calls fail is left to the checks. Raises Late or Ended if the worker is lost.
    """
    programs = [[undisturbed(story), *(probe.program for probe in probes(story))] for story in told]
    read = iter(backend.run([program for each in programs for program in each]))
    found: set[tuple[str, str]] = set()
    for story in told:
        plain = next(read)
        readings = [next(read) for _ in probes(story)]
        if plain.fault is not None:
            continue
        lines = [number for number, line in enumerate(story) if line.verb]
        by_line = dict(zip(lines, plain.values, strict=True))
        for probe, reading in zip(probes(story), readings, strict=True):
            found |= probe.shown(by_line, reading)
    return frozenset(found)
