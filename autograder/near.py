"""The name that was probably meant, for the cure in a message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that is most like ``name``, or "" if none is.

    >>> nearest("wekk", ["week", "month"]), nearest("x", ["week"])
    ('week', '')
    """
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)), "")


def meant(name: str, names: Iterable[str]) -> str:
    """A sentence: the name that was probably meant, or all that there are.

    >>> meant("wekk", ["week", "month"]), meant("x", ["week", "month"])
    ('Did you mean week?', 'There are: week, month.')
    """
    known = list(names)
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else f"There are: {', '.join(known)}."
