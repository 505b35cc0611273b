"""The form of an answer: its containers, shapes and number types, apart from its numbers.

An answer is judged by its numbers. Where they stand in another container than the docstring's, they are put
into the expected one, and a sentence says what was different.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autograder.calls.compare import close

MAX_NAMES = 6
MAX_REORDERED = 4  # members of a tuple that are tried in every order
SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # of the largest number: what float32 keeps over a few steps


class StructureError(Exception):
    """An answer's numbers do not fit the contract's form; the message says where."""


def fitted(
    got: Any, want: Any, where: str = "the answer", *, ordered: bool = False
) -> tuple[Any, tuple[str, ...]]:
    """``got`` in the form of ``want``, and a sentence for each thing that had another form.

    Lists and tuples are interchangeable; so are numbers, 0-d arrays and NumPy scalars. A list in place of an
    array, axes of length one too many or too few, and numbers of another type are put right and told. Other
    lengths, keys and shapes are a StructureError with one sentence to the student; with ``ordered``, so are
    the right members of a tuple in another order. Values are compared only for that, and for float32: if
    they agree with ``want`` in single precision, they are taken as equal.

    >>> fitted([1, np.float64(2.0)], (1, 2.0))
    ((1, 2.0), ())
    >>> fitted([[1.0, 2.0]], np.zeros(2))
    (array([1., 2.]), ('the answer must be an array of shape (2,), got a list',))
    >>> fitted({"w": np.zeros(2)}, {"w": np.zeros(3)})
    Traceback (most recent call last):
    autograder.calls.fitting.StructureError: answer['w'] has shape (2,), expected (3,)
    """
    fitting = _Fitting()
    try:
        value = fitting.fit(got, want, where)
    except StructureError:
        if ordered:
            _refuse_order(got, want, where)
        raise
    if ordered and not close(value, want, nan_agrees=True):
        _refuse_order(got, want, where)
    return value, tuple(fitting.told)


def _refuse_order(got: Any, want: Any, where: str) -> None:
    """StructureError if the members of a tuple are right, but for their order."""
    if not (isinstance(want, tuple) and isinstance(got, tuple | list) and len(got) == len(want)):
        return
    if len(want) > MAX_REORDERED:
        return
    for order in itertools.permutations(range(len(want))):
        try:
            value = _Fitting().fit([got[i] for i in order], want, where)
        except StructureError:
            continue
        if close(value, want):
            places = ", ".join(str(order.index(i) + 1) for i in range(len(want)))
            raise StructureError(f"{where} has the right members in another order: they belong at {places}")


class _Fitting:
    """Puts one answer into the expected form; ``told`` has a sentence for each difference."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def fit(self, got: Any, want: Any, where: str) -> Any:
        if isinstance(want, list | tuple):
            return self._sequence(got, want, where)
        if isinstance(want, dict):
            if not isinstance(got, dict):
                raise StructureError(f"{where} must be a dict, got {_kind(got)}")
            if got.keys() != want.keys():
                names = sorted(map(repr, got))[:MAX_NAMES]
                raise StructureError(f"{where} must have the keys {sorted(want)}, got [{', '.join(names)}]")
            return {key: self.fit(got[key], want[key], _member(where, key)) for key in want}
        if isinstance(want, np.ndarray) and want.ndim:
            return self._array(got, want, where)
        if isinstance(want, str) or want is None:
            if type(got) is not type(want):
                raise StructureError(f"{where} must be {_kind(want)}, got {_kind(got)}")
            return got
        return self._number(got, want, where)

    def _tell(self, where: str, want: Any, got: Any) -> None:
        self.told.append(f"{where} must be {_kind(want)}, got {_kind(got)}")

    def _sequence(self, got: Any, want: list | tuple, where: str) -> list | tuple:
        if isinstance(got, np.ndarray) and got.ndim:
            self._tell(where, want, got)
            got = [*got]
        if not isinstance(got, list | tuple):
            raise StructureError(f"{where} must be {_kind(want)}, got {_kind(got)}")
        if len(got) != len(want):
            raise StructureError(f"{where} has {len(got)} members, expected {len(want)}")
        return type(want)(
            self.fit(a, b, _member(where, i)) for i, (a, b) in enumerate(zip(got, want, strict=True))
        )

    def _array(self, got: Any, want: np.ndarray, where: str) -> np.ndarray:
        array = _numbers(got)
        if array is None:
            raise StructureError(f"{where} must be {_kind(want)}, got {_kind(got)}")
        if array.shape != want.shape:
            if _without_ones(array.shape) != _without_ones(want.shape):
                raise StructureError(f"{where} has shape {array.shape}, expected {want.shape}")
            array = array.reshape(want.shape)
        if array is not got:
            self._tell(where, want, got)
        return self._typed(array, want, where)

    def _number(self, got: Any, want: Any, where: str) -> Any:
        array, wanted = _numbers(got), np.asarray(want)
        if array is None or array.size != 1:
            raise StructureError(f"{where} must be {_kind(want)}, got {_kind(got)}")
        if array.ndim or (array.dtype.kind == "b") != (wanted.dtype.kind == "b"):
            self._tell(where, want, got)
        if wanted.dtype.kind != "b" and array.dtype.kind == "b":
            array = array.astype(int)
        if type(got) is int and wanted.dtype.kind != "b":
            return got  # perhaps too large for an array
        return self._typed(array.reshape(()), wanted, where).item()

    def _typed(self, array: np.ndarray, want: np.ndarray, where: str) -> np.ndarray:
        """``array`` with numbers of the type of ``want``."""
        kind = want.dtype.kind
        if kind == "f" and array.dtype.kind == "f" and array.dtype.itemsize < want.dtype.itemsize:
            self.told.append(f"{where} has numbers of type {array.dtype.name}, expected {want.dtype.name}")
            single = array.astype(want.dtype)
            scale = max(1e-300, float(np.max(np.abs(want[np.isfinite(want)]), initial=0.0)))
            agrees = close(single, want, rtol=SINGLE["rtol"], atol=SINGLE["atol"] * scale, nan_agrees=True)
            return want.copy() if agrees else single
        if array.dtype.kind in {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}[kind]:
            return array
        whole = array.astype(want.dtype) if np.all(np.isfinite(array)) else array
        if want.ndim == 0 and kind in "iu" and array.dtype.kind == "f":
            return array  # a number is compared as a number
        if not np.array_equal(whole, array):
            raise StructureError(f"{where} has dtype {array.dtype.name}, expected {want.dtype.name}")
        if want.ndim:
            self.told.append(f"{where} has numbers of type {array.dtype.name}, expected {want.dtype.name}")
        return whole


def _member(where: str, key: Any) -> str:
    """The name of one member in a sentence.

    >>> _member("the answer", 1), _member("answer[1]", "w")
    ('answer[1]', "answer[1]['w']")
    """
    return f"{where.replace('the answer', 'answer')}[{key!r}]"


def _numbers(got: Any) -> np.ndarray | None:
    """``got`` as an array of real numbers or bools; None if it is none."""
    if isinstance(got, np.ndarray):
        return got
    if not isinstance(got, list | tuple | int | float | np.number | np.bool_):
        return None
    try:
        array = np.asarray(got)
    except ValueError:  # nested lists of unequal lengths
        return None
    if type(got) is int and array.dtype.kind == "O":
        return np.asarray(0.0)  # too large for an array: the caller keeps the number itself
    return array if array.dtype.kind in "fiub" else None


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, bool | np.bool_) or (isinstance(value, np.ndarray) and value.dtype.kind == "b"):
        return "True or False"
    if isinstance(value, int | float | np.number | np.ndarray):
        return "a number"
    return {"NoneType": "None", "str": "a string"}.get(type(value).__name__, f"a {type(value).__name__}")
