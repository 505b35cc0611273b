"""Stories: the few calls of a check that are made again to see what a function does besides answering."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls.backends import Program
from autograder.calls.journal import Call, State, unrecorded
from autograder.worker.values import leaves, mapped, same_bits
from autograder.worker.wire import Handle

MAX_LINES = 3  # an init and two steps
MAX_SPECIAL = 4  # calls of another kind besides
MAX_STORIES = 3  # of one exercise
MAX_NUMBERS = 5_000  # in the arguments of a story; larger ones are left to the checks


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
        args, kwargs = copy.deepcopy(mapped(unrecorded, (self.args, self.kwargs)))
        return Line(self.name, args, kwargs, self.verb)


Story = tuple[Line, ...]


def stories(journals: Iterable[tuple[Call, ...]]) -> list[Story]:
    """Up to three stories that the reference's journals hold: chains with a state, else pairs of calls."""
    found: dict[str, list[Line]] = {}
    for journal in journals:
        for call in journal:
            if call.steps and len(found.get(call.name, ())) < min(len(call.steps) + 1, MAX_LINES):
                found[call.name] = _trajectory(call)
        for name, lines in _chains(journal):
            if len(found.get(name, ())) < min(len(lines), 2):
                found[name] = lines
        for name, line in _alone(journal):
            both = [*found.get(name, ()), line]
            if len(both) <= 2 and _size(tuple(both)) <= MAX_NUMBERS:
                found[name] = both
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
        if call.steps or call.fault:
            continue
        given = call.states()
        if isinstance(call.value, State) and not given:
            chains.append([Line(call.name, call.args, call.kwargs, "")])
            owner[call.value.own.number] = chains[-1], 0
        elif len(given) == 1 and given[0].own.number in owner:
            chain, source = owner[given[0].own.number]
            splits = isinstance(call.value, tuple) and isinstance(call.value[-1], State)
            args, kwargs = _handed((call.args, call.kwargs), Handle(source, given[0].own.path))
            chain.append(Line(call.name, args, kwargs, "split" if splits else "read"))
            if splits:
                owner[call.value[-1].own.number] = chain, len(chain) - 1
    yield from ((chain[1].name, chain) for chain in chains if len(chain) > 1)


def _handed(arguments: tuple, handle: Handle) -> tuple:
    """The arguments with ``handle`` in place of their state."""
    return mapped(lambda leaf: handle if isinstance(leaf, State) else leaf, arguments)


def _alone(journal: tuple[Call, ...]) -> Iterator[tuple[str, Line]]:
    """The calls of functions without a state."""
    for call in journal:
        if not (call.steps or call.fault or call.states() or isinstance(call.value, State)):
            yield call.name, Line(call.name, call.args, call.kwargs, "read")


def special(story: Story, journals: Sequence[tuple[Call, ...]]) -> list[Line]:
    """Calls to end a story with, whose arguments are of a kind that it does not hold yet.

    That is another word, a zero, an array or a list for a number, or such that the answer equals one of them.
    """
    if any(not line.verb for line in story):
        return _with_zeros(story, journals)
    covered = {mark for line in story for mark in _marks(line.args, line.kwargs)}
    found: list[Line] = []
    for journal in journals:
        for call in journal:
            if call.name != story[0].name or call.fault or len(found) == MAX_SPECIAL:
                continue
            marks = _marks(call.args, call.kwargs) | {("answer", _is_argument(call))}
            if marks - covered - {("answer", False)} and _size((line := _line(call),)) <= MAX_NUMBERS:
                covered |= marks
                found.append(line)
    return found


def _with_zeros(story: Story, journals: Sequence[tuple[Call, ...]]) -> list[Line]:
    """One step more, from the caller's parameters, with a zero for each keyword that is zero somewhere."""
    last = story[-1]
    zeros = {
        key: value
        for journal in journals
        for call in journal
        if call.name == last.name and not call.fault
        for keywords in call.steps or (call.kwargs,)
        for key, value in keywords.items()
        if _kind(value) == "zero" and _kind(last.kwargs.get(key)) != "zero"
    }
    if not zeros or last.verb != "split" or len(story) < 2:
        return []
    now, *others = last.args
    if isinstance(now, Handle) and now.fresh:
        now = story[1].args[0]  # the caller's own, with which an answer that has not moved may share memory
    state = Handle(len(story) - 1, (-1,))
    args = mapped(lambda leaf: state if isinstance(leaf, Handle) and not leaf.fresh else leaf, tuple(others))
    return [Line(last.name, (now, *args), {**last.kwargs, **zeros}, "split")]


def _line(call: Call) -> Line:
    return Line(call.name, call.args, call.kwargs, "read").by_itself()


def _marks(args: tuple, kwargs: dict) -> set[tuple[Any, Any]]:
    """The kind of each argument, by its place or keyword."""
    return {(place, _kind(value)) for place, value in [*enumerate(args), *kwargs.items()]}


def _kind(value: Any) -> Any:
    """What sets an argument apart: a word, a bool, None, zeros, a list, one member, NaN, dtype, axes."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return "word", value
    numbers = [leaf for leaf in leaves(value) if isinstance(leaf, int | float | np.ndarray)]
    with np.errstate(invalid="ignore"):  # of signalling NaNs
        finite = all(np.isfinite(one).all() for one in numbers if np.asarray(one).dtype.kind in "fiu")
    array = isinstance(value, np.ndarray) and value.ndim > 0
    kind = f"array {value.dtype.kind}{value.ndim}" if array else "other"
    if isinstance(value, list) and len(numbers) == len(value) > 0 and not any(map(np.ndim, numbers)):
        kind = "list of numbers"  # which the function may change
    if isinstance(value, list) and len(value) == 1:
        kind += " of one"
    elif kind == "other" and numbers and all(np.ndim(one) == 0 and one == 0 for one in numbers):
        kind = "zero"
    return kind if finite else f"{kind} not finite"


def _is_argument(call: Call) -> bool:
    """Whether an array of the answer equals an argument, so that a function may return that itself."""
    given = [leaf for leaf in leaves((call.args, call.kwargs)) if np.ndim(leaf)]
    return any(same_bits(mine, leaf) for mine in leaves(call.value) if np.ndim(mine) for leaf in given)


def _size(story: Story) -> int:
    return sum(np.size(leaf) for line in story for leaf in leaves((line.args, line.kwargs)))


def undisturbed(story: Story) -> Program:
    """The story by itself, every call with arguments of its own."""
    program: Program = []
    for number, line in enumerate(story):
        program.append(("call", number, line.name, line.args, line.kwargs))
        if line.verb:
            program.append((line.verb, Handle(number)))
    return program
