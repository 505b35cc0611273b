"""Rounding to bfloat16, `to_bfloat16`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


def numbers(rng, *shape):
    """Numbers of both signs and of every size that float32 has, away from its borders."""
    return (rng.choice([-1.0, 1.0], size=shape) * 10.0 ** rng.uniform(-35, 37, size=shape)).astype(np.float32)


@pytest.mark.exercise("to_bfloat16", weight=2)
@pytest.mark.parametrize("shape", [(200,), (8, 5, 5)])
def test_numbers_go_to_their_neighbour(student, reference, rng, shape):
    """Numbers of every size and both signs are rounded to the nearest bfloat16."""
    x = numbers(rng, *shape)
    one = numbers(rng, 1).reshape(())
    assert close(student.to_bfloat16(one), reference.to_bfloat16(one), atol=0.0), (
        "A number in an array without an axis is not rounded like others, or comes back with an axis."
    )
    assert close(student.to_bfloat16(x), reference.to_bfloat16(x), atol=0.0), (
        "Some numbers do not become the nearest bfloat16. Of the 32 bits the upper 16 stay; the lower ones "
        "decide whether the last of them goes up by one."
    )


@pytest.mark.exercise("to_bfloat16")
def test_halves_go_to_the_even_neighbour(student, reference, rng):
    """Numbers exactly half-way between two neighbours, and those just beside them."""
    upper = (numbers(rng, 120).view(np.uint32) >> 16) << 16
    for below in (0x8000, 0x7FFF, 0x8001, 0x0000, 0xFFFF):
        x = (upper | np.uint32(below)).view(np.float32)
        assert close(student.to_bfloat16(x), reference.to_bfloat16(x), atol=0.0), (
            "Exactly half-way between two neighbours the one with the last bit 0 wins; just beside it the "
            "nearer one."
        )


@pytest.mark.exercise("to_bfloat16")
def test_the_borders(student, reference, rng):
    """Infinities and NaN stay, numbers beyond the largest bfloat16 become infinite, tiny ones are kept."""
    finite = [0x7F7F7FFF, 0x7F7F8000, 0x7F7FFFFF, 0xFF7FFFFF, 0x80000000, 0x00000001, 0x00008001, 0x80123456]
    finite += [0x80000001, 0x00008000, 0x00018000, 0x007FFFFF]
    other = [0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF]
    bits = [*finite, *other]
    x = np.concatenate([np.array(bits, dtype=np.uint32).view(np.float32), numbers(rng, 5)])
    got, want = student.to_bfloat16(x), reference.to_bfloat16(x)
    assert close(got, want, atol=0.0, nan_agrees=True), (
        "At a border the answer is another: infinity, NaN (whatever its lower bits are), numbers just above "
        "the largest bfloat16, and numbers below the smallest normal one."
    )
    signs = [np.signbit(np.asarray(answer)[: len(finite)]).tolist() for answer in (got, want)]
    assert signs[0] == signs[1], "A zero has another sign than before: -0.0 stays -0.0."
    none = np.zeros((0, 3), dtype=np.float32)
    assert close(student.to_bfloat16(none), none), "An array without numbers has another shape afterwards."


@pytest.mark.exercise("to_bfloat16")
def test_rounding_twice_changes_nothing(student, rng):
    """What is a bfloat16 stays as it is, and other numbers move, by a 256th of themselves at most."""
    x = numbers(rng, 300)
    once = np.asarray(student.to_bfloat16(x), dtype=np.float32)
    assert np.all(np.abs(once / x - 1) <= 1 / 256) and np.any(np.abs(once / x - 1) > 1 / 512), (
        "The rounding error is another: 8 bits of precision leave an error of up to 1/256 of the number."
    )
    assert close(student.to_bfloat16(once), once, atol=0.0), "A number that is a bfloat16 already is changed."


# --- Mistakes -----------------------------------------------------------------------------------------------


LAST = "last = (bits >> 16) & 1"
ROUND = "rounded = (bits + 0x7FFF + last) & 0xFFFF0000"
ANSWER = "return np.where(np.isnan(x), x, rounded.astype(np.uint32).view(np.float32).reshape(x.shape))"

MISTAKES = mistakes(
    "to_bfloat16",
    (
        "cut_off",
        "The lower bits are cut off, so that numbers only ever become smaller in size. They are to be "
        "rounded.",
        (ROUND, "rounded = bits & 0xFFFF0000"),
    ),
    (
        "halves_go_up",
        "Numbers half-way between two neighbours always go away from zero. They go to the neighbour whose "
        "last bit is 0.",
        (ROUND, "rounded = (bits + 0x8000) & 0xFFFF0000"),
    ),
    (
        "halves_go_down",
        "Numbers half-way between two neighbours always go towards zero. They go to the neighbour whose last "
        "bit is 0.",
        (ROUND, "rounded = (bits + 0x7FFF) & 0xFFFF0000"),
    ),
    (
        "halves_go_to_the_odd_one",
        "Numbers half-way between two neighbours go to the one whose last bit is 1.",
        (LAST, "last = 1 - ((bits >> 16) & 1)"),
    ),
    (
        "always_up",
        "Every number that is no bfloat16 goes away from zero. Look at what is added to the bits.",
        (ROUND, "rounded = (bits + 0xFFFF) & 0xFFFF0000"),
    ),
    (
        "nan_lost",
        "Some NaN become infinite, or a number: rounding their bits up carries too far. NaN is left as it "
        "is.",
        (ANSWER, "return rounded.astype(np.uint32).view(np.float32).reshape(x.shape)"),
    ),
    (
        "one_bit_too_many",
        "One bit too many is kept: a bfloat16 has 16 bits, 7 of them of the fraction.",
        (LAST, "last = (bits >> 15) & 1"),
        (ROUND, "rounded = (bits + 0x3FFF + last) & 0xFFFF8000"),
    ),
    (
        "float16",
        "The numbers are rounded to float16, which has more digits and far less range.",
        (ANSWER, "return np.clip(x, -65504, 65504).astype(np.float16).astype(np.float32)"),
    ),
    (
        "cut_at_the_largest",
        "Numbers beyond the largest bfloat16 are held there. They become infinite, as the carry makes them.",
        (
            ROUND,
            "most = np.where(np.isinf(x).reshape(bits.shape), 0x7F800000, 0x7F7F0000)\n"
            "    rounded = np.minimum((bits + 0x7FFF + last) & 0x7FFF0000, most) | (bits & 0x80000000)",
        ),
    ),
    (
        "tiny_numbers_lost",
        "Below 1.2e-38, zeros included, numbers become 0, lose their sign, or keep bits that a bfloat16 does "
        "not have. They are rounded like the others, to the upper 16 bits.",
        (
            ANSWER,
            "return np.where(np.abs(x) < 1.1754944e-38, np.float32(0), "
            + ANSWER.removeprefix("return ")
            + ")",
        ),
    ),
    costs={"tiny_numbers_lost": 0.2, "cut_at_the_largest": 0.3, "nan_lost": 0.3},
)


# --- Variants -----------------------------------------------------------------------------------------------


class BfloatInHalves:
    """Looks at the two halves of each number as 16-bit numbers, and raises the upper one where it must."""

    def to_bfloat16(x):
        halves = (
            np.ascontiguousarray(x).reshape(-1).view(np.uint16).reshape(-1, 2)
        )  # little endian: lower first
        lower, upper = halves[:, 0].astype(int), halves[:, 1].astype(int)
        up = (lower > 0x8000) | ((lower == 0x8000) & (upper % 2 == 1))
        kept = np.stack([np.zeros_like(upper), upper + up], axis=1).astype(np.uint16)
        answer = kept.view(np.float32).reshape(x.shape)
        answer[np.isnan(x)] = np.nan
        return answer


class BfloatByTheGrid:
    """Divides by the spacing of the neighbours in float64 and rounds there."""

    def to_bfloat16(x):
        exact = x.astype(np.float64)
        finite = np.where(np.isfinite(exact), exact, 1.0)
        exponent = np.floor(np.log2(np.maximum(np.abs(finite), 2.0**-126)))
        exponent = np.where(2.0**exponent > np.maximum(np.abs(finite), 2.0**-126), exponent - 1, exponent)
        grid = 2.0 ** (np.maximum(exponent, -126) - 7)
        rounded = np.rint(finite / grid) * grid
        rounded = np.where(np.abs(rounded) > 3.3895313892515355e38, np.copysign(np.inf, rounded), rounded)
        return np.where(np.isfinite(exact), rounded, exact).astype(np.float32)


class BfloatOneByOne:
    """One number at a time through the struct module."""

    def to_bfloat16(x):
        import struct

        answer = np.array(x)
        for place in np.ndindex(x.shape):
            if np.isnan(x[place]):
                continue
            (bits,) = struct.unpack("<I", struct.pack("<f", x[place]))
            rest = bits & 0xFFFF
            bits -= rest
            if rest > 0x8000 or (rest == 0x8000 and bits & 0x10000):
                bits += 0x10000
            answer[place] = struct.unpack("<f", struct.pack("<I", bits))[0]
        return answer


VARIANTS = variants("to_bfloat16", BfloatInHalves, BfloatByTheGrid, BfloatOneByOne)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "to_bfloat16",
    "to_bfloat16(np.array([1.001, 1.003, 1.005, 1.007, -2.01, 70000.0], dtype=np.float32))",
    "to_bfloat16(np.array([1.00390625, 1.01171875, -1.00390625], dtype=np.float32))",
    "to_bfloat16(np.array([np.inf, -np.inf, 3.4e38], dtype=np.float32))",
    "to_bfloat16(np.array([1e-40, -3e-39], dtype=np.float32)).tolist()",
)
