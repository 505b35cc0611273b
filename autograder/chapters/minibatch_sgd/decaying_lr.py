"""Decaying rates, `decaying_lr`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("decaying_lr")
def test_the_first_rate_is_c(student, rng):
    """Before the first update, when none has been taken, the rate is c, whatever the power."""
    for power in (0.5, 1.0, 2.0, 0.5):
        c = float(rng.uniform(0.1, 0.7))
        assert close(student.decaying_lr(0, c=c, power=power), c), (
            "The very first rate is not the c of this call. step counts the updates already taken, and none "
            "has been taken then."
        )


@pytest.mark.exercise("decaying_lr", weight=2)
def test_the_rate_falls_as_the_power_of_the_count(student, rng):
    """After any number of updates the rate is c over the count to come, to the power."""
    large, power = float(rng.uniform(1.5, 3.0)), float(rng.uniform(0.55, 0.9))
    for step, c in ((1, large), (2, large), (7, large), (100, large), (12345, large), (10**10, 1e6 * large)):
        assert close(student.decaying_lr(step, c=c, power=power), c / (step + 1) ** power), (
            "Later on the rate is another than c/(step+1)^power. c stands outside of the power, the power "
            "over all of step + 1."
        )
        assert close(student.decaying_lr(step, c=c), c / (step + 1)), (
            "Without a power it is c/(step+1), and it is not rounded."
        )
    for other in (2.5, 5.5, 1e-4):
        assert close(student.decaying_lr(9, c=large, power=other), large / 10.0**other, atol=0.0), (
            "With a power near 0, or one above 1 that is no whole number, or above 4, the rate is another "
            "than c/(step+1)^power. Any power is used as it is, and c stands outside of it."
        )


@pytest.mark.exercise("decaying_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2), (1,)])
def test_arrays_of_steps_give_arrays_of_rates(student, rng, shape):
    """An array of steps gives the rates in its shape, and a whole power will do."""
    for power in (1, 2, 1):
        steps, c = rng.integers(0, 50, size=shape), float(rng.uniform(0.5, 2.0))
        assert close(student.decaying_lr(steps, c=c, power=power), c / (steps + 1.0) ** power), (
            "For an array of steps and a whole power the answer is not c/(step+1)^power for each entry, in "
            "the array's shape, with the steps and the c of this call."
        )


@pytest.mark.exercise("decaying_lr")
def test_whole_powers_after_very_many_updates(student, rng):
    """After millions of updates a whole power gives the same rates as a float of that size."""
    steps, c = rng.integers(10**7, 10**10, size=5), float(rng.uniform(0.5, 2.0))
    for power in (1, 3, 4):
        got = (
            student.decaying_lr(steps, c=c, power=power),
            student.decaying_lr(int(steps[0]), c=c, power=power),
        )
        ones = [
            rate * (count + 1.0) ** power / c for rate, count in zip(got, (steps, int(steps[0])), strict=True)
        ]
        assert close(ones, [np.ones(5), 1.0]), (
            "After millions of updates a whole power gives another rate than c/(step+1)^power. Is the "
            "power taken of NumPy's whole numbers, whose 64 bits are too few here, or has the rate a lower "
            "bound? The formula has none. Nor is it rounded or held in single precision."
        )
    for kind in (np.uint8, np.int16, np.uint64):
        last = np.array([0, np.iinfo(kind).max], dtype=kind)
        assert close(student.decaying_lr(last, c=c), c / (last + 1.0), atol=0.0), (
            "For an array of ints of one kind, of few bits or many, with or without a sign, that holds the "
            "largest of them the rates are others. Does step + 1 still fit, and have the floats all their "
            "digits? NumPy's functions, log1p say, give floats of few bits for ints of few bits. Make floats "
            "of the steps before you add, not ints of another kind."
        )
        assert close(student.decaying_lr(kind(100), c=c), c / 101.0, atol=0.0), (
            "For one of NumPy's whole numbers, of few bits or many, the rate is another. Make a float of it "
            "first: NumPy's functions, log1p say, give floats of few bits for ints of few bits."
        )


@pytest.mark.exercise("decaying_lr")
def test_a_power_of_zero_is_a_constant_rate(student, rng):
    """With a power of zero the rate is c for ever."""
    c = float(rng.uniform(0.1, 0.7))
    got = [student.decaying_lr(step, c=c, power=0) for step in (0, np.int64(1), 1000)]
    assert close(got, [c, c, c]), "Anything to the power of zero is one, and c is left."
    for shape in ((4,), (2, 3)):
        got = student.decaying_lr(rng.integers(0, 50, size=shape), c=c, power=0)
        assert close(got, np.full(shape, c)), (
            "For an array of steps a power of zero gives c for each of them, in the array's shape."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


RATES = "return c / (step + 1.0) ** power"

MISTAKES = mistakes(
    "decaying_lr",
    (
        "counted_from_two",
        "The first rate is already smaller than c: the count is raised once too often. What is step before "
        "the first update?",
        (RATES, "return c / (step + 2) ** power"),
    ),
    (
        "power_ignored",
        "The rate falls as one over the count whatever power says. Look for power in the formula.",
        (RATES, "return c / (step + 1)"),
    ),
    (
        "c_under_the_power",
        "The power is taken of the whole fraction, c included. c stands outside of it: it is the first "
        "rate for any power.",
        (RATES, "return (c / (step + 1)) ** power"),
    ),
    (
        "one_outside_of_the_power",
        "The power is taken of step alone and one is added after it. It belongs to the whole count.",
        (RATES, "return c / (step**power + 1)"),
    ),
    (
        "power_as_a_factor",
        "The count is multiplied by power. It is an exponent.",
        (RATES, "return c / (1 + step * power)"),
    ),
    (
        "negative_exponent_of_ints",
        "An int array is raised to a negative whole power, which NumPy refuses. Divide by the power "
        "instead, or make floats first.",
        (RATES, "return c * (step + 1) ** -power"),
    ),
    (
        "single_steps_only",
        "An array of steps is reduced to a single rate. The text asks for one rate for each of its entries.",
        (RATES, "return float(c / (np.max(step) + 1) ** power)"),
    ),
    (
        "whole_powers_overflow",
        "The power is taken of whole numbers, of which NumPy keeps 64 bits: after millions of updates a cube "
        "needs more, and the rate comes out wrong. Make floats of the steps first.",
        (RATES, "return c / (np.asarray(step) + 1) ** power"),
    ),
    (
        "one_rate_where_it_is_constant",
        "Where power is 0, c comes back alone, also for an array of steps. The rates have the shape of step, "
        "constant or not.",
        (RATES, "return c / (step + 1.0) ** power if power else float(c)"),
    ),
    (
        "logarithm_of_small_ints",
        "The logarithm is taken of ints as they come. Of ints of 8 bits NumPy makes floats of 16, of which "
        "hardly three digits are right. Make floats of the steps first.",
        (RATES, "return c * np.exp(-power * np.log1p(step))"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "decaying_lr",
    (
        "counted_from_one",
        "The count is taken to be one at the first update, the k of the theorems. Here step counts the "
        "updates already taken, as PyTorch's schedulers do, and is zero then.",
        (RATES, "return c / step**power"),
    ),
    (
        "inverse_time_decay",
        "The whole of 1 + c·step divides, as in Bottou's rule and in inverse time decay, so that the "
        "first rate is one. Here c stands above the fraction's line.",
        (RATES, "return 1 / (1 + c * step) ** power"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ByLogarithms:
    """The power by exp and log; NumPy's floats come back."""

    def decaying_lr(step, *, c, power=1.0):
        return c * np.exp(-power * np.log1p(np.asarray(step, dtype=float)))


class FloatsFirst:
    """Floats first, then a negative exponent."""

    def decaying_lr(step, *, c, power=1.0):
        return np.power(np.asarray(step, dtype=float) + 1.0, -power) * c


class EntryByEntry:
    """A loop over the entries of an array, a plain division for a number."""

    def decaying_lr(step, *, c, power=1.0):
        if np.ndim(step) == 0:
            return c / (1 + int(step)) ** power
        rates = [c / (1 + int(one)) ** power for one in np.ravel(step)]
        return np.array(rates, dtype=float).reshape(np.shape(step))


VARIANTS = variants("decaying_lr", ByLogarithms, FloatsFirst, EntryByEntry)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "decaying_lr",
    "decaying_lr(np.array([0, 1, 3]), c=2.0, power=2)",
    "decaying_lr(np.array([0, 10**7 - 1]), c=1e21, power=3)",
    "decaying_lr(np.array([0, 1, 2]), c=0.5, power=0)",
    "decaying_lr(np.array([0, 3, 9], dtype=np.uint8), c=0.5)",
)
