"""Plain values within one process: copied as if sent over the wire, compared bit for bit, walked through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.worker.wire import (
    LESS_PRECISE,
    MAX_DEPTH,
    MAX_INT_BITS,
    MAX_NDIM,
    NAMES,
    PLAIN,
    Handle,
    decode,
    encode,
)

_FROZEN = PLAIN | {Handle}
_FEW_NODES, _FEW_BYTES = 2_000, 2**20  # values below both are far from every limit of the wire format


def copied(value: Any) -> Any:
    """``value`` as it would arrive over the wire, without functions; WireError if it cannot be sent.

    >>> copied({"w": (np.float64(0.5), [True])})
    {'w': (0.5, [True])}
    """
    try:
        return _Copier().copy(value)
    except _NeedsEncoding:
        return decode(encode(value))


class _NeedsEncoding(Exception):
    """A value is large or of a rare kind: encode and decode it instead of copying it here."""


class _Copier:
    """Copies small values of the usual kinds without encoding them."""

    def __init__(self) -> None:
        self.nodes = self.bytes = 0

    def copy(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > _FEW_NODES or self.bytes > _FEW_BYTES or depth >= MAX_DEPTH:
            raise _NeedsEncoding
        kind = type(value)
        if kind is np.ndarray and value.dtype in NAMES and value.ndim <= MAX_NDIM:
            self.bytes += value.nbytes
            return value.copy()
        if kind in _FROZEN:
            self.bytes += len(value) if kind is str else 0
            return value
        if kind is dict:
            for key in value:
                if type(key) is not str:
                    raise _NeedsEncoding
                self.bytes += len(key)
            return {key: self.copy(item, depth + 1) for key, item in value.items()}
        if kind is tuple:
            return tuple([self.copy(item, depth + 1) for item in value])
        if kind is list:
            return [self.copy(item, depth + 1) for item in value]
        if kind is int and value.bit_length() <= MAX_INT_BITS:
            return value
        if isinstance(value, np.generic) and value.dtype in NAMES:
            return np.asarray(value) if value.dtype in LESS_PRECISE else value.item()
        raise _NeedsEncoding


def same_bits(a: Any, b: Any) -> bool:
    """Whether two values are equal bit for bit, NaN included.

    An argument counts as unchanged if this holds. Generators and functions are not compared: drawing from a
    generator is allowed.
    """
    if a is b:
        return True
    a, b = (value.item() if isinstance(value, np.generic) else value for value in (a, b))
    if isinstance(b, np.random.Generator) or callable(b):
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same_bits, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_bits(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return a.hex() == b.hex()
    return a == b


def leaves(item: Any) -> Iterator[Any]:
    """What a nest of lists, tuples and dicts holds, in order.

    >>> [*leaves({"w": [1, (2,)]})]
    [1, 2]
    """
    if isinstance(item, list | tuple | dict):
        for member in item.values() if isinstance(item, dict) else item:
            yield from leaves(member)
    else:
        yield item


def mapped(change: Callable[[Any], Any], item: Any) -> Any:
    """A nest of lists, tuples and dicts with ``change`` applied to all that it holds.

    >>> mapped(str, {"w": [1, (2,)]})
    {'w': ['1', ('2',)]}
    """
    if isinstance(item, list | tuple):
        members = [mapped(change, member) for member in item]
        return members if isinstance(item, list) else tuple(members)
    if isinstance(item, dict):
        return {key: mapped(change, member) for key, member in item.items()}
    return change(item)


def generators(item: Any) -> list[np.random.Generator]:
    """The generators in a nest of values, in order."""
    return [leaf for leaf in leaves(item) if isinstance(leaf, np.random.Generator)]
