"""The wire: what crosses comes back the same, and no bytes do anything but be accepted or refused."""

from __future__ import annotations

import json
import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.worker.values import copied, same_bits
from autograder.worker.wire import DTYPES, Handle, WireError, decode, encode

ARRAYS = hnp.arrays(
    dtype=st.sampled_from(sorted(DTYPES)).map(np.dtype),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**1023), 2**1023)
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | ARRAYS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
SAMPLE = {
    "op": "call",
    "args": (np.arange(6.0).reshape(2, 3), [1, -2.5, None]),
    "kwargs": {"lr": 0.1, "n": 3},
}
PROGRAM = [("call", 1, "f", (Handle(0, (-1,)), len), {}), ("read", Handle(1, (0, 2), fresh=True))]


@settings(max_examples=400)
@given(VALUES)
def test_what_crosses_comes_back_the_same(value: object) -> None:
    """decode(encode(x)) is x to the last bit: kinds, nesting, dtypes, shapes, NaN and signed zero."""
    assert same_bits(decode(encode(value)), value)


HANDLES = st.builds(
    Handle, st.integers(0, 2**40), st.lists(st.integers(-9, 9), max_size=3).map(tuple), st.booleans()
)
PROGRAMS = st.lists(
    st.tuples(st.just("put"), st.integers(0), VALUES | HANDLES)
    | st.tuples(
        st.just("call"),
        st.integers(0),
        st.text(max_size=5),
        st.lists(VALUES | HANDLES, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=5), VALUES | HANDLES, max_size=2),
    )
    | st.tuples(st.sampled_from(["read", "split", "overwrite", "turn"]), HANDLES),
    max_size=5,
)


@settings(max_examples=300)
@given(PROGRAMS)
def test_a_program_crosses_towards_the_worker_only(program: list) -> None:
    """Handles and callbacks arrive at a worker as they were sent; no worker can send one."""
    there = decode(encode(program, callback_id=lambda f: 0), callback=lambda number: len)
    assert same_bits(there, program)
    if "Handle(" in repr(program):
        with pytest.raises(WireError, match="unknown kind"):
            decode(encode(program))
    else:
        assert same_bits(decode(encode(program)), program)


STUDENTS = st.recursive(  # what a student may return, crossing or not
    LEAVES
    | st.just(np.float64(0.5))
    | st.just(np.int8(-3))
    | st.just(np.float32(0.1))
    | st.just(np.bool_(True))
    | st.just(np.longdouble(1))
    | st.just(2**2000)
    | st.just(np.arange(6.0).reshape(2, 3).T)
    | st.just(np.arange(3, dtype=">f8"))
    | st.just(np.array(["text"]))
    | st.just(np.array([1j]))
    | st.just(np.ma.array([1.0], mask=[True]))
    | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 2), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=600)
@given(STUDENTS)
def test_a_copy_is_what_would_cross(value: object) -> None:
    """`copied` gives what decode(encode(x)) gives, in fresh arrays, and refuses what that refuses."""
    try:
        crossed = decode(encode(value))
    except WireError as error:
        with pytest.raises(WireError) as caught:
            copied(value)
        assert str(caught.value) == str(error)
        return
    copy = copied(value)
    assert same_bits(copy, crossed)
    for one, other in zip(arrays(copy), arrays(value), strict=True):
        assert not np.shares_memory(one, other) and one.flags.c_contiguous and one.flags.writeable


def arrays(value: object) -> list[np.ndarray]:
    if isinstance(value, list | tuple | dict):
        members = value.values() if isinstance(value, dict) else value
        return [found for member in members for found in arrays(member)]
    return [value] if isinstance(value, np.ndarray | np.float32) else []


@pytest.mark.parametrize("depth", [31, 32, 33])
def test_a_copy_is_as_deep_as_a_message(depth: int) -> None:
    """Where the format's own limits are near, the format decides."""
    value: object = 0.5
    for _ in range(depth):
        value = [value]
    if depth > 32:
        with pytest.raises(WireError, match="deep"):
            copied(value)
    else:
        assert copied(value) == value
    assert len(copied([0] * 5000)) == 5000 and copied(["x" * 2**21]) == ["x" * 2**21]


def test_a_generator_goes_on_where_it_stood() -> None:
    """A PCG64 generator crosses in the middle of its stream, a cached half draw included."""
    rng = np.random.default_rng(5)
    rng.integers(0, 2**31, dtype=np.uint32)
    there = decode(encode(rng))
    assert there.random(4).tolist() == rng.random(4).tolist()


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({1: 2}, "dict keys"),
        (object(), "object"),
        (np.array([1j]), "complex128"),
        (np.array(["a"]), "dtype"),
        (np.array([None]), "dtype"),
        (2**2000, "bits"),
        (lambda: 0, "function"),
        ({1, 2}, "set"),
        (b"bytes", "bytes"),
        (np.longdouble(1), "longdouble"),
        (np.random.Generator(np.random.MT19937(1)), "PCG64"),
    ],
)
def test_what_may_not_cross_is_named(value: object, word: str) -> None:
    """A value outside the list is refused with its kind in the sentence."""
    with pytest.raises(WireError, match=word):
        encode([value])


def test_a_nest_without_end_is_refused() -> None:
    """A list that holds itself ends in a WireError, not in a recursion."""
    endless: list = []
    endless.append(endless)
    with pytest.raises(WireError, match="deep"):
        encode(endless)


def frame(
    header: object, body: bytes = b"", header_size: int | None = None, body_size: int | None = None
) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    sizes = (len(text) if header_size is None else header_size, len(body) if body_size is None else body_size)
    return struct.pack("!IQ", *sizes) + text + body


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        frame({"a": ["float64", [2]]}, bytes(8)),  # an array larger than its body
        frame({"a": ["float64", [1]]}, bytes(32)),  # bytes left over
        frame({"a": ["object", [1]]}, bytes(16)),
        frame({"a": ["float64", [-1]]}, bytes(16)),
        frame({"a": ["float64", [True]]}, bytes(16)),
        frame({"a": ["float64", [2**40, 0]]}),
        frame({"a": ["float64", [2**30, 2**30, 0]]}),
        frame({"a": ["bool", [1]]}, b"\x02" + bytes(15)),
        frame({"r": [1, 2, 3, 4]}),
        frame({"r": [-1, 1, 0, 0]}),
        frame({"c": 0}),
        frame({"l": [], "t": []}),
        frame([1]),
        frame(b"[" * 100_000),
        frame(b"1" * 10_000),
        frame(b"\xff\xfe"),
        frame(1, header_size=2**32 - 1),
        frame(1, body_size=2**63),
    ],
)
def test_malformed_frames_are_refused(bad: bytes) -> None:
    """Wrong sizes, kinds, dtypes, shapes and states each end in a WireError."""
    with pytest.raises(WireError):
        decode(bad)


def test_a_hundred_thousand_mutated_messages_are_accepted_or_refused() -> None:
    """Random and mutated bytes never do anything else: 100,000 of them, by a fixed seed."""
    dice = random.Random(1)
    seeds = [
        encode(value, lambda f: 3)
        for value in (SAMPLE, [SAMPLE] * 3, np.random.default_rng(1), "text", (1, {"a": []}), PROGRAM)
    ]
    accepted = 0
    for number in range(100_000):
        callback = abs if number % 2 else None  # as a worker reads, and as the grader does
        if number % 10 == 0:
            mutated = bytearray(dice.randbytes(dice.randrange(40)))
        else:
            mutated = bytearray(dice.choice(seeds))
            for _ in range(dice.randrange(1, 4)):
                mutated[dice.randrange(len(mutated))] = dice.randrange(256)
            if dice.random() < 0.2:
                del mutated[dice.randrange(len(mutated)) :]
        try:
            decode(bytes(mutated), callback)
            accepted += 1
        except WireError:
            pass
    assert 0 < accepted < 100_000
