"""The term's bound on refusing right work, shared out over calls of statistical checks."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

TERM_REFUSE = 1e-9  # of one student, over the whole term
N_STATISTICAL_CHECKS = 100  # calls a term
REFUSE = TERM_REFUSE / N_STATISTICAL_CHECKS
MISS = 1e-3  # probability of accepting the wrong law of ``against``

_entries: ContextVar[list[tuple[str, float]] | None] = ContextVar("entries", default=None)


@contextlib.contextmanager
def recorded() -> Iterator[list[tuple[str, float]]]:
    """The list of (helper, refuse) of the calls within the ``with`` block; it grows with each call."""
    entries: list[tuple[str, float]] = []
    token = _entries.set(entries)
    try:
        yield entries
    finally:
        _entries.reset(token)


def spends(helper: Callable[..., bool]) -> Callable[..., bool]:
    """Record each call of ``helper`` for `recorded`; ValueError if a probability is not in (0, 1)."""

    @functools.wraps(helper)
    def counted(*args: Any, refuse: float = REFUSE, miss: float = MISS, **kwargs: Any) -> bool:
        for name, value in (("refuse", refuse), ("miss", miss)):
            if not 0 < value < 1:
                raise ValueError(f"{name} is a probability in (0, 1), got {value}; leave it out")
        entries = _entries.get()
        if entries is not None:
            entries.append((helper.__name__, refuse))
        return helper(*args, refuse=refuse, miss=miss, **kwargs)

    return counted
