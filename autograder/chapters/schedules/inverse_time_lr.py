"""Inverse-time decay, `inverse_time_lr`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits, number, one_by_one, wrong_in_arrays
from .shared import AS_IT_IS, DECIMALS, SMALLEST, TINY, from_zero, times_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("inverse_time_lr", weight=2)
def test_inverse_time_decay_follows_its_formula(student, rng):
    """At whole times and between them the rate is the first one over 1 + kt."""
    lr0, k = number(rng, 1.3, 2.0), number(rng, 0.2, 0.8)
    times = [0, 1, 2, 7, 400, *(number(rng, 0.5, 20.0) for _ in range(4))]
    got = one_by_one(student.inverse_time_lr, times, lr0=lr0, k=k)
    want = [lr0 / (1 + k * t) for t in times]
    assert close(got, want), few_digits(got, want) or (
        "The rate is another than lr0/(1 + kt). What does k multiply, and what is the rate at time 0? "
        "Nothing is rounded, and nothing is added to 1 + kt."
    )


@pytest.mark.exercise("inverse_time_lr")
def test_what_divides_grows_along_a_line(student, rng):
    """The rate times 1 + kt is the first rate, after one unit of time and after ten million."""
    lr0, k = number(rng, 1.3, 2.0), number(rng, 0.2, 0.8)
    times = (0, 1, np.int64(10), 1000, 10**7)  # one as a loop over np.arange gives it
    for rate, t in (*((k, time) for time in times), (2e4 * k, 3), (1e-15 * k, 10**15)):
        first = student.inverse_time_lr(t, lr0=lr0, k=rate) * (1 + rate * t)
        assert close(first, lr0, rtol=1e-8), few_digits(first, lr0) or (
            "For some of the times 0 to ten million, or with a very large or small k, the rate is another. "
            "Each rate comes from lr0, k and t alone, by one division, with no last time, and k is taken as "
            "it is."
        )


@pytest.mark.exercise("inverse_time_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_times_decay_as_one_over_t(student, reference, rng, shape):
    """Arrays of whole times, and of fractions, give the rates in their shape; k = 0 keeps the rate."""
    lr0, times = number(rng, 1.3, 2.0), times_of(rng, shape, 30)
    k1, small = number(rng, 0.2, 0.8), number(rng, 5e-5, 1e-4)  # where a few terms of a series nearly do
    for first, k in ((lr0, k1), (TINY**2, k1), (lr0, small), (lr0, TINY), (lr0, 0.0), (20_000, 20)):
        for t in (times, times / 4):
            t = from_zero(t) if isinstance(first, int) else t
            hint = "Does a small number count as zero, is a rate made whole where lr0 is, or k cut off?"
            wrong = wrong_in_arrays(
                student, reference, "inverse_time_lr", t, hint, rtol=1e-12, lr0=first, k=k
            )
            assert not wrong, f"{wrong} {AS_IT_IS}"


# --- Mistakes -----------------------------------------------------------------------------------------------


INVERSE_TIME = "return lr0 / (1 + k * t)"


class AppliedAgain:
    def inverse_time_lr(t, *, lr0, k):
        def one(t):
            return lr0 / np.prod(1 + k * np.arange(min(int(t), 2000) + 1))

        return np.vectorize(one)(t) if np.ndim(t) else one(t)


MISTAKES = mistakes(
    "inverse_time_lr",
    (
        "without_the_one",
        "The 1 is missing under the line: at time 0 that divides by zero.",
        (INVERSE_TIME, "return lr0 / (k * t)"),
    ),
    (
        "one_plus_k_times_t",
        "1 is added to k and the sum multiplied by the time. k·t comes first.",
        (INVERSE_TIME, "return lr0 / ((1 + k) * t)"),
    ),
    (
        "divides_by_k",
        "1/k is computed, which is 1/0 where k is 0. Then nothing decays, and the rate is lr0 at all times.",
        (INVERSE_TIME, "return lr0 * np.divide(1.0, k) / (np.divide(1.0, k) + t)"),
    ),
    (
        "square_root",
        "The rate falls as one over the root of the time. Under the line there is no root.",
        (INVERSE_TIME, "return lr0 / np.sqrt(1 + k * t)"),
    ),
    (
        "applied_again",
        "Each rate is the one before divided once more, so that the divisors multiply and the rate falls far "
        "too fast. Every rate comes from lr0 by one division.",
        AppliedAgain,
    ),
    (
        "starts_from_one",
        "The first rate is missing: at time 0 the answer is 1, whatever lr0 is.",
        (INVERSE_TIME, "return 1 / (1 + k * t)"),
    ),
    (
        "whole_times_only",
        "Between two whole times the rate stays the same. t may be a fraction, and the rate falls all the "
        "time.",
        (INVERSE_TIME, "return lr0 / (1 + k * np.floor(t))"),
    ),
    (
        "staircase",
        "The rate stays the same until k·t has grown by one. It falls all the time: nothing is rounded.",
        (INVERSE_TIME, "return lr0 / (1 + np.floor(k * t))"),
    ),
    (
        "smallest_rate",
        SMALLEST,
        (INVERSE_TIME, "return np.maximum(lr0 / (1 + k * t), 1e-8)"),
    ),
    (
        "constant_rate_alone",
        "Where k is 0, lr0 comes back alone, also for an array of times. The rates have the shape of t, "
        "constant or not.",
        (INVERSE_TIME, "return lr0 / (1 + k * t) if k else float(lr0)"),
    ),
    (
        "rounded",
        "The rates are rounded. A rate is used as it is, however small.",
        (INVERSE_TIME, "return np.round(lr0 / (1 + k * t), 6)"),
    ),
    (
        "decay_along_a_line",
        "The rate falls along a line until it is zero. The number that divides it grows along a line.",
        (INVERSE_TIME, "return lr0 * np.maximum(1 - k * t, 0.0)"),
    ),
    free={
        "rounded": ("(1 + k * t), {})", DECIMALS),
        "smallest_rate": (" k * t), {})", ("1e-8", "1e-6", "1e-7", "1e-10", "1e-12")),
    },
    costs={"rounded": 0.3},
)


# --- Right by another convention ----------------------------------------------------------------------------


class KerasLine:
    def inverse_time_lr(t, *, lr0, k):
        return lr0 / (1 + t) ** k


CONVENTIONS = conventions(
    "inverse_time_lr",
    (
        "bottous_rule",
        "The first rate stands under the line as well: the schedule of Bottou (2012), in which k is the "
        "regularisation. Here 1 + k·t divides, without it.",
        (INVERSE_TIME, "return lr0 / (1 + lr0 * k * t)"),
    ),
    (
        "power_decay",
        "k is an exponent: polynomial decay of Robbins and Monro's kind. Here it multiplies the time.",
        KerasLine,
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class InverseOfALine:
    """One over the rate is a line."""

    def inverse_time_lr(t, *, lr0, k):
        return np.reciprocal(1 / lr0 + k / lr0 * np.asarray(t, dtype=float))


class InverseByPower:
    """A negative power of floats; a warning on the way."""

    def inverse_time_lr(t, *, lr0, k):
        import warnings

        warnings.warn("this schedule never ends", stacklevel=1)
        return np.power(1.0 + np.multiply(t, k), -1.0) * lr0


class InverseAsAShare:
    """What is lost taken off."""

    def inverse_time_lr(t, *, lr0, k):
        lost = k * t / (1 + k * t)
        return lr0 - lr0 * lost


VARIANTS = variants("inverse_time_lr", InverseOfALine, InverseByPower, InverseAsAShare)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "inverse_time_lr",
    "inverse_time_lr(np.array([0.0, 0.5, 1.0]), lr0=1.0, k=1.0)",
    "inverse_time_lr(4.0, lr0=0.5, k=0.0)",
    "inverse_time_lr(np.array([1.0, 2.0]), lr0=1e-15, k=0.0) * 1e15",
)
