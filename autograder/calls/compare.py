"""Comparing plain values: structure and closeness.

Values are nests of list, tuple and dict with arrays, numbers, strings, bools and None at the leaves.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def close(got: Any, want: Any, *, rtol: float = 1e-9, atol: float = 1e-12, nan_agrees: bool = False) -> bool:
    """Whether structures are equal and all numbers agree: |got - want| <= atol + rtol·|want|.

    An infinity agrees with itself only. NaN agrees with nothing, or with NaN if ``nan_agrees``.

    >>> close({"w": [1.0, 2.0]}, {"w": [1.0, 2.0 + 1e-10]}), close([1.0], [float("nan")]), close([], (1,))
    (True, False, False)
    """
    if isinstance(want, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(want)
            and all(
                close(a, b, rtol=rtol, atol=atol, nan_agrees=nan_agrees)
                for a, b in zip(got, want, strict=True)
            )
        )
    if isinstance(want, dict):
        return (
            isinstance(got, dict)
            and got.keys() == want.keys()
            and all(close(got[key], want[key], rtol=rtol, atol=atol, nan_agrees=nan_agrees) for key in want)
        )
    if want is None or isinstance(want, str | bool):
        return type(got) is type(want) and got == want
    if type(got) is int and type(want) is int and got == want:
        return True  # such integers may be too large for an array
    try:
        a, b = np.asarray(got), np.asarray(want)
    except ValueError:  # nested lists of unequal lengths
        return False
    if a.shape != b.shape or a.dtype.kind not in "fiub":
        return False
    if (a == b).all():  # the usual case; np.allclose is slow
        return True
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=nan_agrees))
