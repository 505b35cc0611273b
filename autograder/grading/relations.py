"""How a wrong answer differs from the right one, in words: a factor, a transpose, one entry, from step 3 on.

Both are answers to a public example, so every number may be told. The relations are tried in order, from
what explains all of the answer to what only finds the first place that differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.calls.compare import close
from autograder.calls.fitting import StructureError, fitted

RTOL = 1e-6
Place = tuple[int | str, ...]


def difference(got: Any, want: Any) -> str:
    """One or two sentences on how ``got`` differs from ``want``; empty if it does not.

    >>> difference([2.0, 4.0], [1.0, 2.0])
    'Every number is 2 times the expected one.'
    >>> difference({"w": np.array([1.0, 5.0]), "b": 3.0}, {"w": np.array([1.0, 2.0]), "b": 3.0})
    "Only ['w'] differs, first at ['w'][1]: 5 instead of 2."
    """
    with np.errstate(all="ignore"):  # an answer may hold any number
        return _difference(got, want)


def _difference(got: Any, want: Any) -> str:
    try:
        got, _ = fitted(got, want)
    except StructureError as error:
        turned = (
            isinstance(got, np.ndarray) and isinstance(want, np.ndarray) and close(got.T, want, rtol=RTOL)
        )
        return f"{_sentence(str(error))}{' It is the transpose.' if turned else ''}"
    if close(got, want, rtol=RTOL, nan_agrees=True):
        return ""
    pairs = [pair for pair in _leaves(got, want, ()) if pair is not None]
    wrong = [(place, a, b) for place, a, b in pairs if not close(a, b, rtol=RTOL, nan_agrees=True)]
    if not wrong:
        return ""
    return _whole([(a, b) for _, a, b in pairs]) or _part(pairs, wrong)


def _whole(pairs: list[tuple[Any, Any]]) -> str:
    """A relation that holds for all numbers; empty if there is none."""
    if not all(isinstance(x, int | float) for pair in pairs for x in pair):
        return ""
    a, b = (np.array([float(pair[side]) for pair in pairs]) for side in (0, 1))
    if np.isnan(a).all():
        return "Every number is NaN."
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return ""
    if not a.any():
        return "Every number is 0."
    if np.allclose(a, -b, rtol=RTOL):
        return "Every number has the opposite sign."
    zero = b == 0
    if (a[zero] == 0).all() and not zero.all():
        ratios = a[~zero] / b[~zero]
        if np.allclose(ratios, ratios[0], rtol=RTOL) and (ratios.size > 1 or _simple(ratios[0])):
            return f"Every number is {_number(ratios[0])} times the expected one."
        if (a >= 0).all() and np.allclose(a, b**2, rtol=RTOL):
            return "Every number is the square of the expected one."
        if (b >= 0).all() and np.allclose(a, np.sqrt(np.abs(b)), rtol=RTOL):
            return "Every number is the square root of the expected one."
        if np.allclose(ratios, 1, rtol=1e-5):
            return "The numbers agree to about seven digits only, as in single precision (float32)."
    if np.allclose(a - b, a[0] - b[0], rtol=RTOL) and a.size > 1:
        more = _number(abs(a[0] - b[0]))
        return f"Every number is {more} too {'large' if a[0] > b[0] else 'small'}."
    if np.array_equal(a, np.trunc(b)) or np.array_equal(a, np.round(b)):
        return "The numbers are cut to whole ones."
    if a.size > 2 and np.allclose(a[1:], b[:-1], rtol=RTOL):
        return "Every number stands one place too late."
    if a.size > 2 and np.allclose(a[:-1], b[1:], rtol=RTOL):
        return "Every number stands one place too early."
    if a.size > 1 and np.allclose(np.sort(a), np.sort(b), rtol=RTOL):
        return "The numbers are right, but in another order."
    return ""


def _part(pairs: list, wrong: list) -> str:
    """Where the answer differs, and by what."""
    place, a, b = wrong[0]
    first = f"first at {_where(place)}" if place else "it is"
    told = f"{first}{':' if place else ''} {_number(a)} instead of {_number(b)}."
    tops = list(dict.fromkeys(place[:1] for place, _, _ in pairs))
    wrong_tops = list(dict.fromkeys(place[:1] for place, _, _ in wrong))
    if len(tops) > 1 and len(wrong_tops) == 1:
        return f"Only {_where(wrong_tops[0])} differs, {told}"
    if len(tops) > 1 and wrong_tops[0] != tops[0] and wrong_tops == tops[tops.index(wrong_tops[0]) :]:
        return f"It is right before {_where(wrong_tops[0])}, and differs from there on, {told}"
    if len(wrong) == 1 < len(pairs):
        return f"One number differs, at {_where(place)}: {_number(a)} instead of {_number(b)}."
    return f"It differs, {told}" if place else f"It is {_number(a)} instead of {_number(b)}."


def _leaves(got: Any, want: Any, place: Place) -> Iterator[tuple[Place, Any, Any]]:
    if isinstance(want, dict):
        for key in want:
            yield from _leaves(got[key], want[key], (*place, key))
    elif isinstance(want, list | tuple) or (isinstance(want, np.ndarray) and want.ndim):
        for i, (a, b) in enumerate(zip(got, want, strict=True)):
            yield from _leaves(a, b, (*place, i))
    else:
        yield place, _plain(got), _plain(want)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic | np.ndarray) else value


def _where(place: Place) -> str:
    return "".join(f"[{part!r}]" for part in place)


def _simple(ratio: float) -> bool:
    """Whether one ratio alone is worth telling: a small whole number or its inverse."""
    return any(abs(value - whole) < RTOL for value in (ratio, 1 / ratio) for whole in range(2, 13))


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
