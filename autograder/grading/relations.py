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
LARGEST = 2**53  # up to here whole numbers are floats too
Place = tuple[int | str, ...]
Leaf = tuple[Place, Any, Any]  # where, what is there, what is expected there


def difference(got: Any, want: Any) -> str:
    """One or two sentences on how ``got`` differs from ``want``; empty if it does not.

    >>> difference([2.0, 4.0], [1.0, 2.0])
    'Every number is 2 times the expected one.'
    >>> difference({"w": np.array([1.0, 5.0]), "b": 3.0}, {"w": np.array([1.0, 2.0]), "b": 3.0})
    "Only ['w'][1] differs: 5 instead of 2."
    >>> difference({"w": np.array([2.0, 4.0]), "b": 3.0}, {"w": np.array([1.0, 2.0]), "b": 3.0})
    "Only ['w'] differs: every number is 2 times the expected one."
    """
    try:
        got, _ = fitted(got, want)
    except StructureError as error:
        turned = (
            isinstance(got, np.ndarray) and isinstance(want, np.ndarray) and close(got.T, want, rtol=RTOL)
        )
        return f"{_sentence(str(error))}{' It is the transpose.' if turned else ''}"
    if close(got, want, rtol=RTOL, nan_agrees=True):
        return ""
    leaves = list(_leaves(got, want, ()))
    wrong = [(place, a, b) for place, a, b in leaves if not close(a, b, rtol=RTOL, nan_agrees=True)]
    if not wrong:
        return ""
    return _whole(leaves) or _part(leaves, wrong)


def _whole(leaves: list[Leaf]) -> str:
    """A relation that holds for all numbers; empty if there is none."""
    pairs = [(a, b) for _, a, b in leaves]
    if not all(isinstance(x, int | float) and not isinstance(x, bool) for pair in pairs for x in pair):
        return ""
    if any(isinstance(x, int) and abs(x) > LARGEST for pair in pairs for x in pair):
        return ""
    a, b = (np.array([float(pair[side]) for pair in pairs]) for side in (0, 1))
    if a.size > 1 and np.isnan(a).all():
        return "Every number is NaN."
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return ""
    if a.size > 1 and not a.any():
        return "Every number is 0."
    subject = "Every number" if a.size > 1 else "It"
    if _alike(a, -b):
        return f"{subject} has the opposite sign."
    if a.size == 1 and isinstance(pairs[0][1], int):  # perhaps an index
        return ""
    if told := _multiple(a, b):
        return told.format(subject=subject)
    if a.size < 2:
        return ""
    row = len({place[:-1] for place, _, _ in leaves}) == 1
    return _offset(a, b) or _whole_numbers(pairs, a, b) or (_shifted(a, b) if row else "") or _moved(a, b)


def _multiple(a: np.ndarray, b: np.ndarray) -> str:
    """A factor or a power, or the number of digits that agree."""
    zero = b == 0
    if a[zero].any() or zero.all():
        return ""
    with np.errstate(over="ignore"):
        ratios = a[~zero] / b[~zero]
    off = float(np.max(np.abs(ratios - 1)))
    if off < 1e-4:
        return f"{{subject}} is nearly right: it agrees to about {int(-np.log10(off))} digits."
    if np.allclose(ratios, ratios[0], rtol=RTOL, atol=0) and (ratios.size > 1 or _simple(ratios[0])):
        return f"{{subject}} is {_number(ratios[0])} times the expected one."
    if _alike(a, b**2):
        return "{subject} is the square of the expected one."
    if (b >= 0).all() and _alike(a, np.sqrt(b)):
        return "{subject} is the square root of the expected one."
    return ""


def _offset(a: np.ndarray, b: np.ndarray) -> str:
    """One difference for all, if the numbers are not so large that it may be their rounding."""
    gap = a - b
    if abs(gap[0]) <= 1e-6 * np.max(np.abs(b)) or not np.allclose(gap, gap[0], rtol=RTOL, atol=0):
        return ""
    return f"Every number is {_number(abs(gap[0]))} too {'large' if gap[0] > 0 else 'small'}."


def _whole_numbers(pairs: list[tuple[Any, Any]], a: np.ndarray, b: np.ndarray) -> str:
    """Integers where numbers with a fraction belong."""
    if not all(isinstance(got, int) for got, _ in pairs):
        return ""
    if np.array_equal(a, np.trunc(b)):
        return "The numbers are integers: all that follows the point is cut off."
    return "The numbers are integers, rounded." if np.array_equal(a, np.round(b)) else ""


def _shifted(a: np.ndarray, b: np.ndarray) -> str:
    """The expected numbers of one row, moved along it; of those that are all alike nobody can tell."""
    if np.ptp(b[:-1]) > 0 and _alike(a[1:], b[:-1]):
        return "Every number stands one place too late."
    if np.ptp(b[1:]) > 0 and _alike(a[:-1], b[1:]):
        return "Every number stands one place too early."
    return ""


def _moved(a: np.ndarray, b: np.ndarray) -> str:
    return "These are the expected numbers in another order." if _alike(np.sort(a), np.sort(b)) else ""


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether numbers agree, those near 0 as closely as the largest ones, if these are not above 1."""
    return bool(np.allclose(a, b, rtol=RTOL, atol=1e-12 * min(1.0, np.max(np.abs(b), initial=0.0))))


def _part(leaves: list[Leaf], wrong: list[Leaf]) -> str:
    """Where the answer differs, and by what."""
    place, a, b = wrong[0]
    instead = f"{_number(a)} instead of {_number(b)}."
    if not place:
        return f"It is {instead}"
    first = f"first at {_where(place)}: {instead}"
    tops = list(dict.fromkeys(one[:1] for one, _, _ in leaves))
    wrong_tops = list(dict.fromkeys(one[:1] for one, _, _ in wrong))
    if len(leaves) == 1:
        return f"It is {instead}"
    if len(wrong) == 1:
        return f"Only {_where(place)} differs: {instead}"
    if len(tops) > 1 and len(wrong_tops) == 1:
        member = _whole([leaf for leaf in leaves if leaf[0][:1] == wrong_tops[0]])
        told = f": {member[0].lower()}{member[1:]}" if member else f", {first}"
        return f"Only {_where(wrong_tops[0])} differs{told}"
    if wrong_tops[0] != tops[0] and wrong_tops == tops[tops.index(wrong_tops[0]) :]:
        return f"It is right before {_where(wrong_tops[0])}, and differs from there on, {first}"
    return f"It differs, {first}"


def _leaves(got: Any, want: Any, place: Place) -> Iterator[Leaf]:
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
    if not 0.05 < abs(ratio) < 20:
        return False
    size = max(abs(ratio), 1 / abs(ratio))
    return size > 1.5 and abs(size - round(size)) < RTOL


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
