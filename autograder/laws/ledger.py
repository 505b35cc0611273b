"""The term's bound on refusing right work, and a ledger of the calls that spend it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

TERM_REFUSE = 1e-9  # of one student, over the whole term
N_STATISTICAL_CHECKS = 100  # calls a term
REFUSE = TERM_REFUSE / N_STATISTICAL_CHECKS
MISS = 1e-3

_spent: ContextVar[list[tuple[str, float]] | None] = ContextVar("spent", default=None)


@contextlib.contextmanager
def ledger() -> Iterator[list[tuple[str, float]]]:
    """The list of (helper, refuse) that calls within the ``with`` block spend."""
    entries: list[tuple[str, float]] = []
    token = _spent.set(entries)
    try:
        yield entries
    finally:
        _spent.reset(token)


def spends(helper: Callable[..., bool]) -> Callable[..., bool]:
    """Record each call of ``helper`` in the open ledger, and check its two probabilities."""

    @functools.wraps(helper)
    def counted(*args: Any, refuse: float = REFUSE, miss: float = MISS, **kwargs: Any) -> bool:
        for name, value in (("refuse", refuse), ("miss", miss)):
            if not 0 < value < 1:
                raise ValueError(f"{name} is a probability in (0, 1), got {value}; leave it out")
        entries = _spent.get()
        if entries is not None:
            entries.append((helper.__name__, refuse))
        return helper(*args, refuse=refuse, miss=miss, **kwargs)

    return counted
