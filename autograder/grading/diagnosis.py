"""Recognises a wrong answer: contract breaks first, then named mistakes by replaying the checks' own calls.

Each mistake's code goes once through the checks of its exercise and leaves journals. A student whose
journals say the same has made that mistake; mistakes that no check can tell apart are named together.
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
from autograder.calls.proxy import Call, Proxy, State
from autograder.calls.reference_cache import ReferenceCache
from autograder.course.checks import Check
from autograder.course.specimens import Specimen


class Journals(Protocol):
    """One journal a check, in the order of the checks."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> tuple[Call, ...]: ...
    def __iter__(self) -> Iterator[tuple[Call, ...]]: ...


Same = Callable[[Any, tuple[Call, ...]], bool]


@dataclass(frozen=True)
class Diagnosis:
    """One mistake and the trace it leaves in the checks of its exercise."""

    mistake: Specimen
    journals: Journals


class Traced:
    """The journals of trusted code, one a check; each check runs when it is looked at first."""

    def __init__(
        self,
        namespace: Callable[[], dict[str, Any]],
        reference: dict[str, Any],
        checks: tuple[Check, ...],
        seed: str,
        reference_cache: ReferenceCache | None = None,
    ) -> None:
        self._made, self._reference, self._checks, self._seed = namespace, reference, checks, seed
        self._cache = reference_cache or ReferenceCache()
        self._done: list[tuple[Call, ...]] = []

    @cached_property
    def _namespace(self) -> dict[str, Any]:
        return self._made()

    def __len__(self) -> int:
        return len(self._checks)

    def __getitem__(self, place: int) -> tuple[Call, ...]:
        wanted = range(len(self))[place]
        while len(self._done) <= wanted:
            self._done.append(self._journal(self._checks[len(self._done)]))
        return self._done[wanted]

    def __iter__(self) -> Iterator[tuple[Call, ...]]:
        return (self[place] for place in range(len(self)))

    def _journal(self, check: Check) -> tuple[Call, ...]:
        beside, own = self._cache.of(check.name, self._reference)
        proxy = Proxy(LocalBackend(self._namespace), self._reference, beside)
        # A mistake is there to fail; how it fails stands in the journal. A check that breaks on it is the
        # grader's fault when somebody meets it, and a mistake without its hint in the audit.
        with contextlib.suppress(Exception):
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
    """Every mistake's code, ready to be replayed where a submission may have made it; for a whole class."""
    return tuple(
        Diagnosis(mistake, Traced(mistake.prepared(source), reference, mine, seed, reference_cache))
        for mistake in mistakes
        if (mine := tuple(check for check in checks if check.exercise == mistake.exercise))
    )


def recognise(
    exercise: str, journals: Sequence[Any], known: tuple[Diagnosis, ...], same: Same | None = None
) -> tuple[Specimen, ...]:
    """The mistakes of ``exercise`` that leave these journals: none, one, or several that tie.

    ``same`` compares one check's journal, or what stands for it, with a mistake's.
    """
    return tuple(
        entry.mistake
        for entry in known
        if entry.mistake.exercise == exercise and same_journals(journals, entry.journals, same)
    )


def same_journals(a: Sequence[Any], b: Journals, same: Same | None = None) -> bool:
    return len(a) == len(b) and all(map(same or same_journal, a, b))


def same_journal(a: tuple[Call, ...], b: tuple[Call, ...]) -> bool:
    return len(a) == len(b) and all(map(_same_call, a, b))


def _same_call(a: Call, b: Call) -> bool:
    return (
        a.name == b.name
        and a.fault == b.fault
        and a.changed == b.changed
        and close(_visible(a.value), _visible(b.value), nan_agrees=True)
        and close(_questions(a), _questions(b), nan_agrees=True)
    )


def _questions(call: Call) -> list:
    """What the function asked of each recorded callback: its arguments, generators aside."""
    return [
        [[_drawless(args), _drawless(kwargs.values()), sorted(kwargs)] for args, kwargs, _ in log]
        for log in call.asked
    ]


def _drawless(values: Iterable[Any]) -> list:
    return [None if isinstance(value, np.random.Generator) else value for value in values]


def _visible(value: Any) -> Any:
    """An answer without its states: layouts differ, and nothing is read from them."""
    if isinstance(value, State):
        return None
    if isinstance(value, tuple):
        return tuple(item for item in value if not isinstance(item, State))
    return value
