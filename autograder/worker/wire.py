"""The message format between the trusted grader and a student's worker.

A message is one plain value. These can be sent: None, bool, int, float, str, ndarray, list, tuple (kept apart
from list), dict with str keys, a ``numpy.random.Generator`` on PCG64 as its state, and, towards the
worker only, a callback as a number and a `Handle`. Nothing is unpickled or evaluated.

Frame::

    u32 header length | u64 body length | header: JSON, UTF-8 | body: raw bytes of the arrays

In the header None, bool, int, float and str are written as plain JSON; everything else is an object with one
key that names its kind::

    {"l": [...]}  list      {"t": [...]}  tuple      {"d": {key: value}}  dict
    {"a": [dtype, shape]}   array: the next C-ordered bytes of the body, padded to 16
    {"r": [state, inc, has_uint32, uinteger]}        generator      {"c": number}  callback
    {"h": [number, fresh, *path]}                    handle

Sizes are declared and checked before anything is read or allocated; dtypes come from a list. Whatever the
bytes are, the decoder returns a value or raises `WireError`. NumPy scalars are sent as plain numbers, or, if
they are less precise, as arrays without dimensions.
`autograder.worker.channel` carries frames over a socket.

Why not msgpack or safetensors: the worker may import nothing but NumPy, a decoder in C is a larger target for
hostile bytes, and safetensors has no nested values, tuples or generators.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_HEADER_BYTES = 4 * 2**20
MAX_BODY_BYTES = 256 * 2**20
MAX_DEPTH = 32
MAX_NODES = 200_000
MAX_INT_BITS = 1024
MAX_NDIM = 16
MAX_SIDE = 2**31
DTYPES = {
    name: np.dtype(name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64",
    )
}  # fmt: skip  # one row a family of types

PREFIX = struct.Struct("!IQ")
_ALIGN = 16
_CONTENT: dict[str, Any] = {"l": list, "t": list, "d": dict, "a": list, "r": list, "c": int, "h": list}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
LESS_PRECISE = frozenset({DTYPES["float16"], DTYPES["float32"]})
PLAIN = frozenset({float, str, bool, type(None)})
SMALL_BYTES = 2**16  # arrays up to this size are joined into one write, larger ones are not copied
_PADDING = [bytes(size) for size in range(_ALIGN)]
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


Pieces = list[bytes | memoryview]  # the parts of a frame to be sent


@dataclass(frozen=True)
class Handle:
    """An object that stays in the worker: its number, and the places of a member within it.

    ``fresh`` asks for a copy of it, so that a call can do no harm to the object that is kept.
    """

    number: int
    path: tuple[int, ...] = ()
    fresh: bool = False


class WireError(Exception):
    """A value that cannot be sent, or bytes that are not a message."""


# --- values to bytes ---------------------------------------------------------------------------------


class _Encoder:
    def __init__(self, callback_id: Callable[[Callable], int] | None) -> None:
        self.arrays: list[np.ndarray] = []
        self.callback_id = callback_id
        self.nodes = 0

    def tree(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError(f"a value nests at most {MAX_DEPTH} deep and holds at most {MAX_NODES} members")
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is np.ndarray:
            return self._array(value)
        if isinstance(value, list | tuple):
            return {"l" if isinstance(value, list) else "t": [self.tree(item, depth + 1) for item in value]}
        if isinstance(value, dict):
            return {"d": {self._key(key): self.tree(item, depth + 1) for key, item in value.items()}}
        if kind is Handle:
            return {"h": [value.number, value.fresh, *value.path]}
        return self._rare(value, depth)

    def _rare(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.ndarray) or (isinstance(value, np.generic) and value.dtype in LESS_PRECISE):
            return self._array(np.asarray(value))
        if isinstance(value, np.generic) and value.dtype in NAMES:
            return self.tree(value.item(), depth)
        if isinstance(value, int):
            if value.bit_length() > MAX_INT_BITS:
                raise WireError(f"an integer has at most {MAX_INT_BITS} bits, got {value.bit_length()}")
            return int(value)
        if isinstance(value, float | str):
            return float(value) if isinstance(value, float) else str(value)
        if isinstance(value, np.random.Generator):
            return {"r": _generator_state(value)}
        if callable(value) and self.callback_id is not None:
            return {"c": self.callback_id(value)}
        raise WireError(
            f"a {type(value).__name__} cannot be handed over; use None, numbers, strings, arrays, lists, "
            "tuples and dicts with string keys"
        )

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise WireError(f"dict keys must be strings, got the {type(key).__name__} {key!r:.40}")
        return str(key)

    def _array(self, array: np.ndarray) -> dict:
        # NAMES has native byte order only; an array of the other order is converted below.
        name = NAMES.get(array.dtype) or array.dtype.name
        if name not in DTYPES:
            raise WireError(f"an array's dtype must be a real number type or bool, got {name}")
        if array.ndim > MAX_NDIM or max(array.shape, default=0) >= MAX_SIDE:
            raise WireError(
                f"an array has at most {MAX_NDIM} dimensions of under {MAX_SIDE}, got {array.shape}"
            )
        self.arrays.append(np.asarray(array, DTYPES[name], "C"))
        return {"a": [name, list(array.shape)]}


def _generator_state(rng: np.random.Generator) -> list[int]:
    if not isinstance(rng.bit_generator, np.random.PCG64):
        raise WireError(f"a generator crosses on PCG64 only, got {type(rng.bit_generator).__name__}")
    state = rng.bit_generator.state
    return [state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]]


def pieces(value: Any, callback_id: Callable[[Callable], int] | None = None) -> Pieces:
    """The parts of the frame that `encode` returns; large arrays are not copied."""
    encoder = _Encoder(callback_id)
    header = _dumps(encoder.tree(value)).encode("ascii")
    body: list[bytes | memoryview] = []
    for array in encoder.arrays:
        body.append(array.tobytes() if array.nbytes <= SMALL_BYTES else array.data.cast("B"))
        body.append(_PADDING[-array.nbytes % _ALIGN])
    size = sum(len(part) for part in body)
    if len(header) > MAX_HEADER_BYTES or size > MAX_BODY_BYTES:
        raise WireError(f"a message holds at most {MAX_BODY_BYTES} bytes of arrays, got {size}")
    return [PREFIX.pack(len(header), size), header, *body]


def encode(value: Any, callback_id: Callable[[Callable], int] | None = None) -> bytes:
    """``value`` as one frame; ``callback_id`` numbers the callables in it (else they are refused).

    >>> decode(encode({"w": (1, 2.5, [None, "a"])}))
    {'w': (1, 2.5, [None, 'a'])}
    """
    return b"".join(pieces(value, callback_id))


# --- bytes to values ---------------------------------------------------------------------------------


class _Decoder:
    def __init__(self, body: bytearray | bytes, callback: Callable[[int], Any] | None) -> None:
        self.body = body
        self.offset = 0
        self.callback = callback
        self.nodes = 1

    def value(self, tree: Any, depth: int = 0) -> Any:
        form = type(tree)
        if form in PLAIN:
            return tree
        if form is int:
            if tree.bit_length() > MAX_INT_BITS:
                raise WireError("integer too long")
            return tree
        if form is not dict or len(tree) != 1:
            raise WireError("not a value")
        ((kind, content),) = tree.items()
        if _CONTENT.get(kind) is not type(content):
            raise WireError("unknown kind of value, or malformed")
        if kind == "a":
            return self._array(content)
        if kind in "dtl":
            self.nodes += len(content)
            if depth >= MAX_DEPTH or self.nodes > MAX_NODES:
                raise WireError("nested too deep, or too many members")
            if kind == "d":
                return {key: self.value(item, depth + 1) for key, item in content.items()}
            members = [self.value(item, depth + 1) for item in content]
            return members if kind == "l" else tuple(members)
        return self._rare(kind, content)

    def _rare(self, kind: str, content: Any) -> Any:
        if kind == "r" and len(content) == 4 and _whole(content):
            return _generator(*content)
        if self.callback is not None:  # from the grader
            if kind == "c" and 0 <= content < MAX_NODES:
                return self.callback(content)
            if kind == "h" and len(content) >= 2 and type(content[1]) is bool:
                number, fresh, *path = content
                if _whole([number, *path], -MAX_NODES):
                    return Handle(number, tuple(path), fresh)
        raise WireError("unknown kind of value, or malformed")

    def _array(self, content: list) -> np.ndarray:
        if len(content) != 2 or type(content[0]) is not str or type(content[1]) is not list:
            raise WireError("malformed array")
        name, shape = content
        if name not in DTYPES or len(shape) > MAX_NDIM:
            raise WireError("not an array's dtype or shape")
        dtype, count = DTYPES[name], 1
        for side in shape:
            if type(side) is not int or not 0 <= side < MAX_SIDE:
                raise WireError("not a shape")
            count *= side
        size = count * dtype.itemsize
        if size > len(self.body) - self.offset or (not count and math.prod(s or 1 for s in shape) > 2**48):
            raise WireError("an array is larger than its message")
        if not count:
            return np.empty(0, dtype).reshape(shape)
        array = np.ndarray(shape, dtype, self.body, self.offset)
        if dtype.kind == "b" and array.view(np.uint8).max() > 1:
            raise WireError("a bool is neither 0 nor 1")
        self.offset += size + -size % _ALIGN
        return array


def _whole(numbers: list, least: int = 0) -> bool:
    return all(type(one) is int and one >= least for one in numbers)


def _generator(state: int, increment: int, has_uint32: int, uinteger: int) -> np.random.Generator:
    if max(state, increment) >= 2**128 or has_uint32 >= 2 or uinteger >= 2**32:
        raise WireError("not the state of a PCG64 generator")
    bits = np.random.PCG64(state)  # its children, by `spawn`, are others than another state's
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": increment | 1},  # an even one may stop the stream: it is no PCG64's
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
    return np.random.Generator(bits)


def decode_parts(header: bytes, body: bytearray | bytes, callback: Callable[[int], Any] | None = None) -> Any:
    """The value of a message from its header and body; arrays are views of ``body``."""
    try:
        tree = json.loads(str(header, "utf-8"))
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    decoder = _Decoder(body, callback)
    value = decoder.value(tree)
    if decoder.offset != len(body):
        raise WireError("bytes are left over")
    return value


def declared_sizes(prefix: bytes | bytearray) -> tuple[int, int]:
    """The lengths of header and body that a frame declares; WireError if they exceed the limits."""
    header_size, body_size = PREFIX.unpack(prefix)
    if header_size > MAX_HEADER_BYTES or body_size > MAX_BODY_BYTES:
        raise WireError("a message declares more bytes than are allowed")
    return header_size, body_size


def decode(frame: bytes, callback: Callable[[int], Any] | None = None) -> Any:
    """The value in ``frame``; ``callback`` turns a callback's number into a callable.

    Raises WireError for anything that is not exactly one well-formed message.
    """
    if len(frame) < PREFIX.size:
        raise WireError("a frame is at least 12 bytes")
    header_size, body_size = declared_sizes(frame[: PREFIX.size])
    if len(frame) != PREFIX.size + header_size + body_size:
        raise WireError("the frame's length is not what it declares")
    start = PREFIX.size + header_size
    return decode_parts(frame[PREFIX.size : start], bytearray(frame[start:]), callback)
