"""Comparing plain values: structure first, then closeness.

Values are nests of list, tuple and dict with arrays, numbers, strings, bools and None at the leaves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MAX_NAMES = 6


class StructureError(Exception):
    """An answer's structure differs from the contract; the message says where."""


def conform(got: Any, want: Any, where: str = "the answer") -> Any:
    """``got`` converted to the types of ``want``, or StructureError with one sentence to the student.

    Lists and tuples are interchangeable; so are numbers, 0-d arrays and NumPy scalars. Lengths, keys, shapes
    and real number types must agree. Values are not compared.

    >>> conform([1, np.float64(2.0)], (1, 2.0))
    (1, 2.0)
    >>> conform({"w": np.zeros(2)}, {"w": np.zeros(3)})
    Traceback (most recent call last):
    autograder.calls.compare.StructureError: the answer['w'] has shape (2,), expected (3,)
    """
    if isinstance(want, list | tuple):
        if not isinstance(got, list | tuple):
            raise StructureError(f"{where} must be a {type(want).__name__}, got {_kind(got)}")
        if len(got) != len(want):
            raise StructureError(f"{where} has {len(got)} members, expected {len(want)}")
        return type(want)(
            conform(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(got, want, strict=True))
        )
    if isinstance(want, dict):
        if not isinstance(got, dict):
            raise StructureError(f"{where} must be a dict, got {_kind(got)}")
        if got.keys() != want.keys():
            names = sorted(map(repr, got))[:MAX_NAMES]
            raise StructureError(f"{where} must have the keys {sorted(want)}, got [{', '.join(names)}]")
        return {key: conform(got[key], want[key], f"{where}[{key!r}]") for key in want}
    if isinstance(want, np.ndarray) and want.ndim:
        return _array(got, want, where)
    if isinstance(want, str) or want is None:
        if type(got) is not type(want):
            raise StructureError(f"{where} must be {_kind(want)}, got {_kind(got)}")
        return got
    return _number(got, want, where)


def _array(got: Any, want: np.ndarray, where: str) -> np.ndarray:
    if not isinstance(got, np.ndarray):
        raise StructureError(f"{where} must be an array of shape {want.shape}, got {_kind(got)}")
    if got.shape != want.shape:
        raise StructureError(f"{where} has shape {got.shape}, expected {want.shape}")
    allowed = {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}[want.dtype.kind]
    if got.dtype.kind not in allowed:
        raise StructureError(f"{where} has dtype {got.dtype.name}, expected {want.dtype.name}")
    return got


def _number(got: Any, want: Any, where: str) -> Any:
    bare = got[()] if isinstance(got, np.ndarray) and got.ndim == 0 else got
    wants_bool = isinstance(want, bool | np.bool_) or (
        isinstance(want, np.ndarray) and want.dtype.kind == "b"
    )
    if wants_bool and isinstance(bare, bool | np.bool_):
        return bool(bare)
    if wants_bool or isinstance(bare, bool | np.bool_) or not isinstance(bare, int | float | np.number):
        raise StructureError(f"{where} must be {_kind(want)}, got {_kind(got)}")
    return bare.item() if isinstance(bare, np.generic) else bare


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, int | float | np.number | np.ndarray):
        return "a number"
    return {"NoneType": "None", "str": "a string"}.get(type(value).__name__, f"a {type(value).__name__}")


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
