"""The wire's limits, each on both of its sides: the last value that crosses and the first that does not."""

from __future__ import annotations

import json
import string
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.worker import wire
from autograder.worker.values import copied, same_bits
from autograder.worker.wire import Handle, WireError, decode, encode


def frame(header: object, body: bytes = b"") -> bytes:
    """A frame with this header, declared sizes and all."""
    text = json.dumps(header).encode()
    return struct.pack("!IQ", len(text), len(body)) + text + body


def nested(kind: str, depth: int, leaf: object = 0) -> Any:
    """A value ``depth`` kinds deep around ``leaf``."""
    wrap: dict[str, Callable] = {"l": lambda x: [x], "t": lambda x: (x,), "d": lambda x: {"k": x}}
    for _ in range(depth):
        leaf = wrap[kind](leaf)
    return leaf


def written(kind: str, depth: int) -> Any:
    """The header of `nested`."""
    leaf: Any = 0
    for _ in range(depth):
        leaf = {kind: {"k": leaf} if kind == "d" else [leaf]}
    return leaf


def test_the_limits_are_those_of_the_format() -> None:
    """The numbers that the format promises, and its list of number types."""
    assert (wire.MAX_HEADER_BYTES, wire.MAX_BODY_BYTES) == (4 * 1024**2, 256 * 1024**2)
    assert (wire.MAX_DEPTH, wire.MAX_NODES, wire.MAX_INT_BITS) == (32, 200_000, 1024)
    assert (wire.MAX_NDIM, wire.MAX_SIDE) == (16, 2_147_483_648)
    assert set(wire.DTYPES) == {
        *("bool", "float16", "float32", "float64"),
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    }


def test_the_bytes_of_a_message_are_pinned() -> None:
    """Two sizes in network order, the header as JSON without blanks, arrays padded to 16 bytes each."""
    value = {"x": (np.array([1, 2, 3], np.uint8), np.array([1.0, 2.0])), "y": [None, True, "é", -1, 0.5]}
    x, y = b'{"t":[{"a":["uint8",[3]]},{"a":["float64",[2]]}]}', b'{"l":[null,true,"\\u00e9",-1,0.5]}'
    header = b'{"d":{"x":' + x + b',"y":' + y + b"}}"
    body = b"\1\2\3" + bytes(13) + struct.pack("<2d", 1, 2)
    assert encode(value) == struct.pack("!IQ", len(header), 32) + header + body


# --- Nesting and numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["l", "t", "d"])
def test_thirty_two_levels_cross_and_no_more(kind: str) -> None:
    """Both sides count every list, tuple and dict as one level."""
    assert decode(encode(nested(kind, 32))) == nested(kind, 32)
    for refused in (
        lambda: encode(nested(kind, 33)),
        lambda: decode(frame(written(kind, 33))),
        lambda: encode(nested(kind, 60)),
        lambda: decode(frame(written(kind, 60))),
    ):
        with pytest.raises(WireError, match="deep"):
            refused()
    assert decode(frame(written(kind, 32))) == nested(kind, 32)


def test_a_numpy_scalar_is_as_deep_as_the_number_in_it() -> None:
    """It crosses as the plain number; one that is less precise as an array without dimensions."""
    assert decode(encode(nested("l", 32, np.float64(2.5)))) == nested("l", 32, 2.5)
    with pytest.raises(WireError, match="deep"):
        encode(nested("l", 33, np.float64(2.5)))
    for scalar, plain in ((np.bool_(True), True), (np.int8(-3), -3), (np.float64(0.5), 0.5)):
        got = decode(encode([scalar]))[0]
        assert got == plain and type(got) is type(plain)
    for scalar in (np.float32(0.1), np.float16(0.1)):
        got = decode(encode([scalar]))[0]
        assert same_bits(got, np.asarray(scalar)) and same_bits(got, copied(scalar))


@pytest.mark.parametrize("shallow", [True, False])
def test_two_hundred_thousand_members_cross_and_no_more(shallow: bool) -> None:
    """Both sides count all members together with the value that holds them, deep or shallow."""
    many = [0] * 199_999 if shallow else [[0] * 99_999, [0] * 99_998]
    assert decode(encode(many)) == many
    more = [0] * 200_000 if shallow else [[0] * 99_999, [0] * 99_999]
    with pytest.raises(WireError, match="200000"):
        encode(more)
    header = {"l": more if shallow else [{"l": part} for part in more]}
    with pytest.raises(WireError, match="many"):
        decode(frame(header))


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_of_1024_bits_cross_and_no_longer(sign: int) -> None:
    """The bound holds for either sign, on both sides."""
    longest = sign * (2**1024 - 1)
    assert decode(encode(longest)) == longest
    with pytest.raises(WireError, match=r"1024 bits, got 1025"):
        encode(sign * 2**1024)
    with pytest.raises(WireError, match="long"):
        decode(frame(sign * 2**1024))


def test_a_key_is_shown_in_forty_letters() -> None:
    """A dict key that is no string is named by its kind, and cut."""
    with pytest.raises(WireError) as caught:
        encode({("k" * 100,): 1})
    assert str(caught.value) == "dict keys must be strings, got the tuple ('" + "k" * 38


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"x": 1},
        {"z": []},
        {"b": {}},
        {"l": {}},
        {"t": 1},
        {"d": []},
        {"a": {}},
        {"r": {}},
        {"a": ["float64"]},
        {"a": ["float64", [0], 1]},
        {"a": [["float64"], [0]]},
        {"a": [1, [0]]},
        {"a": ["float64", 0]},
        {"a": ["float64", [0.0]]},
        {"a": ["complex128", [0]]},
        {"a": ["f8", [0]]},
    ],
)
def test_a_header_that_is_no_value_is_refused(header: object) -> None:
    """Unknown kinds, and kinds with the wrong thing in them, end in a WireError."""
    with pytest.raises(WireError):
        decode(frame(header))


@pytest.mark.parametrize("content", [0, [], {}, ["uint8", [0]], [5, 7, 0, 0]])
def test_seven_letters_name_a_kind_and_no_other(content: object) -> None:
    """Every other letter is refused, whatever stands behind it; two of them from a worker too."""
    for kind in set(string.ascii_letters) - set("ltdarch"):
        with pytest.raises(WireError, match="unknown kind"):
            decode(frame({kind: content}), callback=lambda number: number)
    for kind in "ch":
        with pytest.raises(WireError, match="unknown kind"):
            decode(frame({kind: content}))


# --- Arrays -------------------------------------------------------------------------------------------------


def test_sixteen_dimensions_cross_and_no_more() -> None:
    """Both sides count dimensions, whatever their lengths."""
    assert decode(encode(np.ones((1,) * 16))).shape == (1,) * 16
    with pytest.raises(WireError, match="16 dimensions"):
        encode(np.ones((1,) * 17))
    with pytest.raises(WireError, match="shape"):
        decode(frame({"a": ["uint8", [1] * 17]}, bytes(16)))


def test_the_longest_side() -> None:
    """A side stays below 2**31, also where the array is empty; all sides together below 2**48."""
    side = 2**31 - 1
    assert decode(encode(np.zeros((side, 0)))).shape == (side, 0)
    for longer in (2**31, 2**31 + 1):
        with pytest.raises(WireError, match="2147483648"):
            encode(np.zeros((longer, 0)))
    for sides in ([-1, 0], [-1, -1], [0, -2]):
        with pytest.raises(WireError, match="shape"):
            decode(frame({"a": ["uint8", sides]}, bytes(16)))
    with pytest.raises(WireError, match="shape"):
        decode(frame({"a": ["uint8", [2**31, 0]]}))
    assert decode(frame({"a": ["uint8", [2**24, 2**24, 0]]})).shape == (2**24, 2**24, 0)
    with pytest.raises(WireError, match="larger"):
        decode(frame({"a": ["uint8", [2**24, 2**24 + 1, 0]]}))


@pytest.mark.parametrize(("sides", "size"), [([2], 15), ([1], 0), ([1], 8), ([3], 16)])
def test_an_array_needs_its_bytes_and_its_padding(sides: list[int], size: int) -> None:
    """A body that ends before the array or before its padding does is refused."""
    with pytest.raises(WireError, match=r"larger|left over"):
        decode(frame({"a": ["float64", sides]}, bytes(size)))


def test_each_array_takes_its_own_bytes() -> None:
    """The second array begins after the padding of the first, and may not reach over the end."""
    header = {"l": [{"a": ["uint8", [1]]}, {"a": ["uint8", [17]]}]}
    body = b"\7" + bytes(15) + bytes(range(17)) + bytes(15)
    first, second = decode(frame(header, body))
    assert first.tolist() == [7] and second.tolist() == list(range(17))
    for wrong in (body[:-16], body[:-1], body + bytes(16), body[16:]):
        with pytest.raises(WireError, match=r"larger|left over"):
            decode(frame(header, wrong))


def test_bools_are_zero_or_one() -> None:
    """Any other byte in an array of bools is refused, wherever it stands."""
    assert decode(frame({"a": ["bool", [3]]}, b"\1\0\1" + bytes(13))).tolist() == [True, False, True]
    with pytest.raises(WireError, match="bool"):
        decode(frame({"a": ["bool", [3]]}, b"\1\0\2" + bytes(13)))
    assert decode(frame({"a": ["uint8", [1]]}, b"\2" + bytes(15))).tolist() == [2]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(10, dtype=np.int16)[::-3],
        np.arange(3, dtype=">i4"),
        np.array(2.5),
        np.zeros((0, 3), bool),
    ],
)
def test_layout_and_byte_order_do_not_matter(array: np.ndarray) -> None:
    """Transposed, strided and foreign arrays arrive with their values; what arrives may be written to."""
    got = decode(encode(array))
    assert np.array_equal(got, array) and got.shape == array.shape and got.dtype.name == array.dtype.name
    assert got.flags.writeable or not got.size


# --- Generators and callbacks -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(4))
def test_each_part_of_a_generators_state_has_its_range(place: int) -> None:
    """State and increment have 128 bits, the cached half draw 32, its flag one; nothing else is a state."""
    limit = (2**128, 2**128, 2, 2**32)[place]
    for value in (0, 1, limit - 1):
        parts = [5, 7, 0, 0]
        parts[place] = value
        state = decode(frame({"r": parts})).bit_generator.state
        parts[1] |= 1  # an even increment is no PCG64's: the stream might stand still
        assert [*state["state"].values(), state["has_uint32"], state["uinteger"]] == parts
    for value in (limit, -1, True, 1.0, None, "1"):
        parts = [5, 7, 0, 0]
        parts[place] = value
        with pytest.raises(WireError, match=r"PCG64|malformed"):
            decode(frame({"r": parts}))


@pytest.mark.parametrize("parts", [[], [5, 7, 0], [5, 7, 0, 0, 0]])
def test_a_generator_has_four_parts(parts: list[int]) -> None:
    """Neither fewer nor more."""
    with pytest.raises(WireError, match="malformed"):
        decode(frame({"r": parts}))


def test_a_callback_crosses_as_its_number_if_it_may() -> None:
    """Only callables are numbered, only where callbacks are allowed, and only numbers in range are one."""
    assert decode(encode([len], callback_id=lambda f: 3), callback=lambda number: ("f", number)) == [("f", 3)]
    for refused in (
        lambda: encode([object()], callback_id=lambda f: 3),
        lambda: encode([len]),
        lambda: decode(encode([len], callback_id=lambda f: 3)),
    ):
        with pytest.raises(WireError):
            refused()
    for number in (0, wire.MAX_NODES - 1):
        assert decode(frame({"c": number}), callback=lambda number: number) == number
    for number in (-1, wire.MAX_NODES, wire.MAX_NODES + 1, True, 1.0, None):
        with pytest.raises(WireError):
            decode(frame({"c": number}), callback=lambda number: number)


HANDLES = [
    Handle(0),
    Handle(7, fresh=True),
    Handle(2, (0,)),
    Handle(2, (-1, 3, -2)),
    Handle(10**9, (0,) * 40),
]


@pytest.mark.parametrize("handle", HANDLES)
def test_a_handle_crosses_towards_the_worker_only(handle: Handle) -> None:
    """The grader numbers objects; from a worker a handle is no value."""
    program = [("call", 1, "f", (handle, {"state": handle}), {"rng": handle})]
    assert decode(encode(program), callback=lambda number: None) == program
    with pytest.raises(WireError, match="unknown kind"):
        decode(encode(handle))


@pytest.mark.parametrize(
    "content", [[], [1], [1, 0], [1.0, False], ["1", False], [True, False], [1, False, "x"], [1, True, None]]
)
def test_a_malformed_handle_is_refused(content: list) -> None:
    """A number, whether a copy is meant, and the places of a member: nothing else."""
    with pytest.raises(WireError, match="malformed"):
        decode(frame({"h": content}), callback=lambda number: None)


# --- Frames -------------------------------------------------------------------------------------------------


def test_a_frame_is_as_long_as_it_says() -> None:
    """One byte more or less is refused, and so is a frame without a header."""
    whole = encode({"a": np.arange(3)})
    assert same_bits(decode(whole), {"a": np.arange(3)})
    for wrong in (whole + b"\0", whole[:-1]):
        with pytest.raises(WireError, match="declares"):
            decode(wrong)
    with pytest.raises(WireError, match="at least 12"):
        decode(bytes(11))
    with pytest.raises(WireError, match="JSON"):
        decode(bytes(12))


def test_sizes_are_looked_at_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest header and body cross; one byte more is refused by whoever would send or read it."""
    monkeypatch.setattr(wire, "MAX_HEADER_BYTES", 40)
    monkeypatch.setattr(wire, "MAX_BODY_BYTES", 48)
    assert decode(encode("x" * 38)) == "x" * 38
    assert decode(encode(np.zeros(6))).tolist() == [0.0] * 6
    for value in ("x" * 39, np.zeros(7), [np.zeros(4), np.zeros(1, np.uint8), np.zeros(1, np.uint8)]):
        with pytest.raises(WireError, match="at most"):
            encode(value)
    with pytest.raises(WireError, match="more bytes"):
        decode(struct.pack("!IQ", 41, 0) + bytes(41))
    with pytest.raises(WireError, match="more bytes"):
        decode(struct.pack("!IQ", 1, 49) + b"0" + bytes(49))
    with pytest.raises(WireError, match="left over"):
        decode(struct.pack("!IQ", 1, 48) + b"0" + bytes(48))
