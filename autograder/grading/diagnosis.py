"""Recognises named mistakes by the journals that a wrong answer leaves in the checks.

A journal records the calls of one check and their answers. Each mistake's code runs through the checks of its
exercise; a student whose journals agree with the mistake's has made it, if they agree once more on other
draws (`Confirmed`). Mistakes that no check can tell apart are named together.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from autograder.calls.backends import LocalBackend
from autograder.calls.compare import close
from autograder.calls.journal import Call, State
from autograder.calls.proxy import Proxy
from autograder.calls.reference_cache import ReferenceCache
from autograder.calls.side_effects import AskedSideEffects, side_effects
from autograder.calls.stories import Story
from autograder.course.checks import Check
from autograder.course.specimens import Specimen
from autograder.sandbox.clock import CLOCK


class Journals(Protocol):
    """One journal a check, in the order of the checks."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> tuple[Call, ...]: ...
    def __iter__(self) -> Iterator[tuple[Call, ...]]: ...


Same = Callable[[Any, tuple[Call, ...]], bool]


@dataclass(frozen=True)
class Diagnosis:
    """One mistake, and the journals of its code in the checks of its exercise.

    ``again`` are its journals in those checks that draw their probes, with other draws. ``varied`` is true
    for a mistake with another value of its free constant.
    """

    mistake: Specimen
    journals: Traced
    again: Journals = ()
    varied: bool = False


class Traced:
    """The journals of trusted code, one per check; a check runs when its journal is first read."""

    def __init__(
        self,
        namespace: Callable[[], dict[str, Any]],
        reference: dict[str, Any],
        checks: tuple[Check, ...],
        seed: str,
        reference_cache: ReferenceCache | None = None,
    ) -> None:
        self._make_namespace, self._reference, self._checks, self._seed = namespace, reference, checks, seed
        self._cache = reference_cache or ReferenceCache()
        self._done: list[tuple[Call, ...]] = []
        self._effects: frozenset[tuple[str, str]] | None = None

    @cached_property
    def _namespace(self) -> dict[str, Any]:
        return self._make_namespace()

    def __len__(self) -> int:
        return len(self._checks)

    def __getitem__(self, place: int) -> tuple[Call, ...]:
        wanted = range(len(self))[place]
        while len(self._done) <= wanted:
            self._done.append(self._journal(self._checks[len(self._done)]))
        return self._done[wanted]

    def __iter__(self) -> Iterator[tuple[Call, ...]]:
        return (self[place] for place in range(len(self)))

    def side_effects(self, told: list[Story]) -> frozenset[tuple[str, str]]:
        """What the code does besides answering."""
        if self._effects is None:
            with CLOCK.aside():
                self._effects = side_effects(LocalBackend(self._namespace), told)
        return self._effects

    def _journal(self, check: Check) -> tuple[Call, ...]:
        beside, own = self._cache.of(check.name, self._seed, self._reference)
        proxy = Proxy(LocalBackend(self._namespace), self._reference, beside)
        # A mistake is expected to fail; the journal records how. If it breaks the check itself, a submission
        # that does the same gets a grader fault, and the audit reports a mistake without its hint.
        with CLOCK.aside(), contextlib.suppress(Exception):
            check.run(proxy, Proxy(own), self._seed)
        return tuple(proxy.journal)


def prepare(
    mistakes: tuple[Specimen, ...],
    source: str,
    reference: dict[str, Any],
    checks: tuple[Check, ...],
    seed: str,
    reference_cache: ReferenceCache | None = None,
) -> tuple[Diagnosis, ...]:
    """Every mistake with the journals of its code: prepared once, and run only where a submission fails.

    A mistake with a constant that students choose freely is there with each of its values.
    """
    found = []
    for mistake in mistakes:
        mine = tuple(check for check in checks if check.exercise == mistake.exercise)
        drawn = tuple(check for check in mine if check.draws)
        for place, make in enumerate(mistake.prepared(source)):
            first, again = (
                Traced(make, reference, some, one, reference_cache)
                for some, one in ((mine, seed), (drawn, other(seed)))
            )
            found += [Diagnosis(mistake, first, again, place > 0)] if mine else []
    return tuple(found)


def other(seed: str) -> str:
    """The seed of the draws on which a recognised mistake is confirmed."""
    return f"{seed} again"


def recognise(
    exercise: str,
    journals: Sequence[Any],
    known: tuple[Diagnosis, ...],
    same: Same | None = None,
    shown: Shown | None = None,
    confirmed: Callable[[Diagnosis], bool] | None = None,
) -> tuple[Specimen, ...]:
    """The mistakes of ``exercise`` that leave these journals: none, one, or several that tie.

    One with another constant than it is written with counts only if nothing else explains them.
    ``same`` compares an item of ``journals`` with a mistake's journal; without it the items are journals.
    ``shown`` are the side effects: a mistake has made no others, and if it is nothing else, the same.
    ``confirmed`` is asked last, for it may take time.
    """

    def explains(entry: Diagnosis) -> bool:
        return (
            entry.mistake.exercise == exercise
            and same_journals(journals, entry.journals, same)
            and (shown is None or shown.by(entry.journals))
            and (confirmed is None or confirmed(entry))
        )

    found = tuple(entry.mistake for entry in known if not entry.varied and explains(entry))
    if found:
        return found
    others = dict.fromkeys(entry.mistake for entry in known if entry.varied and explains(entry))
    return tuple(others) if len(others) == 1 else ()


@dataclass(frozen=True)
class Shown:
    """The side effects that a submission shows in an exercise, beside those that are ``asked`` of it."""

    asked: AskedSideEffects
    seen: frozenset[tuple[str, str]]

    def by(self, mistake: Traced) -> bool:
        """Whether a mistake that leaves the same journals explains them."""
        own = mistake.side_effects(self.asked.stories)
        return {kind for kind, _ in own} - self.asked.allowed == {kind for kind, _ in self.seen}


def same_journals(a: Sequence[Any], b: Journals, same: Same | None = None) -> bool:
    return len(a) == len(b) and all(map(same or same_journal, a, b))


def same_journal(a: tuple[Call, ...], b: tuple[Call, ...]) -> bool:
    return len(a) == len(b) and all(map(_same_call, a, b))


def _same_call(a: Call, b: Call) -> bool:
    return (
        a.name == b.name
        and (a.fault, a.said) == (b.fault, b.said)  # else whatever raises would be any mistake that raises
        and a.form == b.form
        and close(_no_states(a.value), _no_states(b.value), nan_agrees=True)
        and close(_callback_arguments(a), _callback_arguments(b), nan_agrees=True)
    )


def _callback_arguments(call: Call) -> list:
    """The arguments of each call that the function made to a recorded callback, generators left out."""
    return [
        [[_no_generators(args), _no_generators(kwargs.values()), sorted(kwargs)] for args, kwargs, _ in log]
        for log in call.asked
    ]


def _no_generators(values: Iterable[Any]) -> list:
    return [None if isinstance(value, np.random.Generator) else value for value in values]


def _no_states(value: Any) -> Any:
    """An answer without its states: their layout is the student's choice, so they cannot be compared."""
    if isinstance(value, State):
        return None
    if isinstance(value, tuple):
        return tuple(item for item in value if not isinstance(item, State))
    return value
