"""Probes (`autograder.calls.probe`): programs that tell a story again so that a function's side effects show.

A probe keeps the arguments, reads them back, repeats calls, overwrites what the caller owns, lets two runs
take turns or go on from one state, gives dicts in another order and arrays in another layout, or puts other
numbers into the same objects. For each read it knows the answer of a function without side effects.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.calls.probe import (
    AGAIN,
    ANSWERS,
    BRANCH,
    BUFFER,
    CHANGED,
    KEPT,
    LAYOUT,
    ORDER,
    SHARED,
    STALE,
    TURNS,
    Kept,
    Probe,
)
from autograder.calls.stories import Line, Story
from autograder.worker.programs import turned
from autograder.worker.values import leaves, mapped, same_bits
from autograder.worker.wire import Handle


def probes(story: Story) -> list[Probe]:
    """The programs that show side effects in this story; a call of a training function is made once only."""
    if any(line.name.startswith("train") for line in story):
        return [_once(story)]
    told = (_kept, _turns, _branches, _order, _answers, _stale, _strided)
    return [probe for tell in told if (probe := tell(story)) is not None]


def _kept(story: Story) -> Probe:
    """Every call twice on the same kept arguments, which are read back, and overwritten afterwards."""
    probe, base = Probe(AGAIN), len(story)
    last: list[tuple[int, int]] = []
    for number, line in enumerate(story):
        args, kwargs, kept = probe.kept_arguments(number, line.args, line.kwargs)
        probe.call(number, line, args, kwargs)
        first = -1
        if line.verb:
            first = probe.read(line.verb, number, KEPT, line.name, ("undisturbed", number))
        for handle, place, value in kept:
            probe.read("read", handle.number, CHANGED, f"{line.name}: {place}", ("value", value))
        if line.verb:
            probe.call(base + number, line, args, kwargs)
            probe.read(line.verb, base + number, AGAIN, line.name, ("read", first))
        for handle, _, _ in kept:
            probe.program.append(("overwrite", handle))
        if line.verb:
            probe.read(line.verb, number, SHARED, line.name, ("read", first))
            last.append((number, len(probe.reads) - 1))
    for number, place in last:
        line = story[number]
        probe.read(line.verb, number, BUFFER, line.name, ("read", place))
    return probe


def _stale(story: Story) -> Probe | None:
    """A call, and once more with the same objects after the caller has put other numbers into them.

    It should answer as when the other numbers come in objects of their own. They are the same numbers turned
    round, for which most contracts hold as well; where that call fails, nothing is shown. Of a chain with a
    state it is the first step, else the first call that has an array to turn.
    """
    chain = any(not one.verb for one in story)
    found = (one for one in (story[1:2] if chain else story) if _turns_round((one.args, one.kwargs)))
    line, probe = next(found, None), Probe(STALE, needs=1)
    if line is None:
        return None
    for start in (0, 3):  # three calls with objects of their own, then three with the same ones
        if chain:
            probe.call(start, story[0], story[0].args, story[0].kwargs)
        args, kwargs = _moved(line.args, start), _moved(line.kwargs, start)
        kept: list[Kept] = []
        if start:
            args, kwargs, kept = probe.kept_arguments(start + 1, args, kwargs)
        probe.call(start + 1, line, args, kwargs)
        if line.verb == "split":
            args = mapped(partial(_state_after, start), args)
        probe.program += [("turn", handle) for handle, _, _ in kept]
        again = (args, kwargs) if start else mapped(turned, (args, kwargs))
        probe.call(start + 2, line, *again)
        probe.read(line.verb, start + 2, STALE, line.name, ("read", 0))
    return probe


def _turns_round(arguments: tuple) -> bool:
    """Whether there is an array in it that is another one when it is turned."""
    return any(not same_bits(turned(leaf), leaf) for leaf in leaves(arguments))


def _state_after(start: int, leaf: Any) -> Any:
    """The state after the call numbered ``start`` + 1 in place of the one that it got."""
    return Handle(start + 1, (-1,)) if isinstance(leaf, Handle) and leaf.number == start else leaf


def _once(story: Story) -> Probe:
    """Every call once, on kept arguments, which are read back, and so are the answers when all is done."""
    probe = Probe(CHANGED)
    first: list[int] = []
    for number, line in enumerate(story):
        args, kwargs, kept = probe.kept_arguments(number, line.args, line.kwargs)
        probe.call(number, line, args, kwargs)
        for handle, place, value in kept:
            probe.read("read", handle.number, CHANGED, f"{line.name}: {place}", ("value", value))
        here = len(probe.reads)
        first.append(probe.read(line.verb, number, BUFFER, line.name, ("read", here)))
    for number, line in enumerate(story):
        probe.read(line.verb, number, BUFFER, line.name, ("read", first[number]))
    return probe


def _strided(story: Story) -> Probe | None:
    """Every call with arrays that lie otherwise in memory, as if transposed or every second column."""
    probe, several = Probe(LAYOUT), False
    for number, line in enumerate(story):
        args, kwargs, kept = probe.kept_arguments(number, line.args, line.kwargs)
        several |= any(np.size(leaf) > 1 for _, _, value in kept for leaf in leaves(value))
        probe.program += [("stride", handle) for handle, _, _ in kept]
        probe.call(number, line, args, kwargs)
        if line.verb:
            probe.read(line.verb, number, LAYOUT, line.name, ("undisturbed", number))
    return probe if several else None


def _turns(story: Story) -> Probe:
    """Two runs of the story take turns."""
    probe = Probe(TURNS)
    for number, line in enumerate(story):
        for run in (0, len(story)):
            probe.call(run + number, line, _moved(line.args, run), _moved(line.kwargs, run))
            if line.verb:
                probe.read(line.verb, run + number, TURNS, line.name, ("undisturbed", number))
    return probe


def _branches(story: Story) -> Probe | None:
    """Before each step but the first, its numbers go into another step, from the state of the step before."""
    probe, base = Probe(BRANCH), len(story)
    for number, line in enumerate(story):
        if number > 1 and _states(line) == [Handle(number - 1, (-1,))]:
            args, kwargs = mapped(partial(_instead, *_states(story[number - 1])), (line.args, line.kwargs))
            probe.call(base + number, line, args, kwargs)
        probe.call(number, line, line.args, line.kwargs)
        if line.verb:
            probe.read(line.verb, number, BRANCH, line.name, ("undisturbed", number))
    return probe if len(probe.program) > len(story) + len(probe.reads) else None


def _states(line: Line) -> list[Handle]:
    """The states that a call gets."""
    return [leaf for leaf in leaves((line.args, line.kwargs)) if isinstance(leaf, Handle) and not leaf.fresh]


def _instead(state: Handle, leaf: Any) -> Any:
    """``state`` in place of another one."""
    return state if isinstance(leaf, Handle) and not leaf.fresh else leaf


def _order(story: Story) -> Probe | None:
    """Of the dicts that a call gets, all but the first come in the reverse order; None if there are none.

    A state counts as one of them: what comes after it need not have the order that the init saw. Parameters
    keep their order from step to step, so a state may be a list.
    """
    probe, changes = Probe(ORDER), False
    for number, line in enumerate(story):
        args, several = [], False
        for item in line.args:
            turns = isinstance(item, dict) and several and len(item) > 1
            changes |= turns
            args.append(dict(reversed(item.items())) if turns else item)
            several |= isinstance(item, dict | Handle)
        probe.call(number, line, tuple(args), line.kwargs)
        if line.verb:
            probe.read(line.verb, number, ORDER, line.name, ("undisturbed", number))
    return probe if changes else None


def _answers(story: Story) -> Probe:
    """Each answer is overwritten before the next call, or before the same call is made again."""
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

    def other(leaf: Any) -> Any:
        moves = isinstance(leaf, Handle) and (leaf.fresh or not fresh_only)
        return Handle(leaf.number + by, leaf.path, leaf.fresh) if moves else leaf

    return mapped(other, item)
