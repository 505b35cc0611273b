"""What a function does besides answering: changes arguments, shares memory, remembers outside of a state.

All of it is shown by behaviour. A story (`autograder.calls.stories`) is told once undisturbed, and then by
probes (`autograder.calls.probes`). Where an answer differs from the undisturbed one, the function has a side
effect. Nothing that is computed beside student code is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.calls.probes import probes
from autograder.calls.side import Backend
from autograder.calls.stories import Story, undisturbed


@dataclass(frozen=True)
class AskedSideEffects:
    """The stories by which side effects show, and the kinds of them that right answers have as well."""

    stories: list[Story]
    allowed: frozenset[str]


def side_effects(backend: Backend, told: list[Story]) -> frozenset[tuple[str, str]]:
    """The side effects that ``backend``'s functions show, as (kind, function or function: argument).

    A story whose undisturbed calls fail is left to the checks. Raises Late or Ended if the worker is lost.
    """
    tried = [(story, probes(story)) for story in told]
    programs = [[undisturbed(story), *(probe.program for probe in some)] for story, some in tried]
    read = iter(backend.run([program for each in programs for program in each]))
    found: set[tuple[str, str]] = set()
    for story, some in tried:
        plain = next(read)
        readings = [next(read) for _ in some]
        if plain.fault is not None:
            continue
        lines = [number for number, line in enumerate(story) if line.verb]
        by_line = dict(zip(lines, plain.values, strict=True))
        for probe, reading in zip(some, readings, strict=True):
            found |= probe.shown(by_line, reading)
    return frozenset(found)
