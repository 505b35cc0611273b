"""Exponential decay, `exponential_lr`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits, number, one_by_one, wrong_in_arrays
from .shared import AS_IT_IS, DECIMALS, SMALLEST, TINY, from_zero, times_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("exponential_lr", weight=2)
def test_exponential_decay_follows_its_formula(student, rng):
    """At whole times and between them the rate is the first one times e to the -kt."""
    lr0, k = number(rng, 0.5, 2.0), number(rng, 0.05, 0.3)
    times = [0, 1, 2, 7, 40, *(number(rng, 0.5, 20.0) for _ in range(4))]
    got = one_by_one(student.exponential_lr, times, lr0=lr0, k=k)
    want = [lr0 * np.exp(-k * t) for t in times]
    assert close(got, want), few_digits(got, want) or (
        "The rate is another than lr0·e^(-kt). Check the base, the sign, what k multiplies, and that nothing "
        "is rounded."
    )
    tiny = 10.0 ** -number(rng, 15.0, 17.0)
    for rate, t in ((1000.0, number(rng, 0.01, 0.02)), (tiny, number(rng, 1.0, 3.0) / tiny)):
        assert close(student.exponential_lr(t, lr0=lr0, k=rate), lr0 * np.exp(-rate * t)), (
            "With a k so large that e^-k is 0, or so small that it is 1, the rate is another than "
            "lr0·e^(-kt). It is k·t that stands in the exponent, neither of them cut off: a power of e^-k "
            "is rounded before the time comes in."
        )


@pytest.mark.exercise("exponential_lr")
def test_equal_times_equal_factors(student, rng):
    """From lr0 on, the rate loses the same share in the same time, early and late."""
    lr0, k, wait = number(rng, 0.5, 2.0), number(rng, 0.05, 0.2), number(rng, 1.5, 4.0)
    times = [np.int64(0), *(i * wait for i in range(1, 6))]  # one as a loop over np.arange gives it
    got = one_by_one(student.exponential_lr, times, lr0=lr0, k=k)
    assert close(got[0], lr0), "At time 0 the rate is another than lr0: nothing has decayed yet."
    assert close(got[1:], [rate * np.exp(-k * wait) for rate in got[:-1]]), (
        "In equal times the rate should fall by equal factors, each e^-k to the power of the time between."
    )


@pytest.mark.exercise("exponential_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_times_decay_exponentially(student, reference, rng, shape):
    """Arrays of whole times, and of fractions, give the rates in their shape; k = 0 keeps the rate."""
    lr0, times = number(rng, 0.5, 2.0), times_of(rng, shape, 30)
    k1, small = number(rng, 0.05, 0.2), number(rng, 5e-5, 1e-4)  # where a few terms of a series nearly do
    for first, k in ((lr0, k1), (TINY**2, k1), (lr0, small), (lr0, 8 * TINY), (lr0, 0.0), (20_000, 1)):
        far = 20.0 * times
        far.flat[-1] = 1e5  # where nothing is left, beside times where much is
        for t in (times, times / 4, far):
            t = from_zero(t) if isinstance(first, int) else t
            hint = "Does each rate come from its own time alone? Is none taken for 0 or made whole?"
            wrong = wrong_in_arrays(
                student, reference, "exponential_lr", t, hint, rtol=1e-12, atol=1e-300, lr0=first, k=k
            )
            assert not wrong, f"{wrong} {AS_IT_IS}"


# --- Mistakes -----------------------------------------------------------------------------------------------


DECAY = "return lr0 * np.exp(-k * t)"

MISTAKES = mistakes(
    "exponential_lr",
    (
        "grows",
        "The rate grows. Look at the sign of the exponent.",
        (DECAY, "return lr0 * np.exp(k * t)"),
    ),
    (
        "compound_interest",
        "The rate loses the share k in each unit of time. That is nearly the same for small k; e^(-k) is "
        "another factor than 1 - k.",
        (DECAY, "return lr0 * (1 - k) ** t"),
    ),
    (
        "time_constant",
        "k is taken for the time in which the rate falls by e: you divide by it. Here time is multiplied by "
        "k.",
        (DECAY, "return lr0 * np.exp(-t / k) if k else lr0 + 0.0 * t"),
    ),
    (
        "powers_of_ten",
        "The base is 10. It is e here.",
        (DECAY, "return lr0 * 10 ** (-k * t)"),
    ),
    (
        "whole_times_only",
        "Between two whole times the rate stays the same, as in the staircase that some programs offer. t "
        "may be a fraction, and the rate falls all the time.",
        (DECAY, "return lr0 * np.exp(-k * np.floor(t))"),
    ),
    (
        "rate_in_the_exponent",
        "The first rate stands in the exponent, too. It multiplies the whole and nothing else.",
        (DECAY, "return lr0 * np.exp(-lr0 * k * t)"),
    ),
    (
        "power_of_the_factor",
        "e^-k is raised to the power of the time. For a large k it is 0 before the time comes in, and for a "
        "tiny one it is 1: multiply k and t first.",
        (DECAY, "return lr0 * np.exp(-k) ** t"),
    ),
    (
        "single_times_only",
        "An array of times is handed to what takes a single number, such as `math.exp` or `float`. t may be "
        "an array, and `np.exp` answers in its shape.",
        (DECAY, "return lr0 * np.exp(float(-k * t))"),
    ),
    (
        "starts_from_one",
        "The first rate is missing: at time 0 the answer is 1, whatever lr0 is.",
        (DECAY, "return np.exp(-k * t)"),
    ),
    (
        "smallest_rate",
        SMALLEST,
        (DECAY, "return np.maximum(lr0 * np.exp(-k * t), 1e-8)"),
    ),
    (
        "constant_rate_alone",
        "Where k is 0, lr0 comes back alone, also for an array of times. The rates have the shape of t, "
        "constant or not.",
        (DECAY, "return lr0 * np.exp(-k * t) if k else float(lr0)"),
    ),
    (
        "rounded",
        "The rates are rounded. A rate is used as it is, however small.",
        (DECAY, "return np.round(lr0 * np.exp(-k * t), 6)"),
    ),
    free={
        "rounded": ("np.exp(-k * t), {})", DECIMALS),
        "smallest_rate": ("-k * t), {})", ("1e-8", "1e-6", "1e-7", "1e-10", "1e-12")),
    },
    costs={"rounded": 0.3},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "exponential_lr",
    (
        "torchs_gamma",
        "k is taken for the factor of one unit of time, as the gamma of PyTorch's ExponentialLR. Here it "
        "stands in an exponent, and gamma is e^(-k).",
        (DECAY, "return lr0 * k**t"),
    ),
    (
        "half_life",
        "The base is 2, so that k counts halvings in a unit of time: the convention of half-lives. Here "
        "the base is e.",
        (DECAY, "return lr0 * 2.0 ** (-k * t)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class DecayByPower:
    """A power of e; the time is an exponent together with k."""

    def exponential_lr(t, *, lr0, k):
        return lr0 * np.power(np.e, -(k * np.asarray(t, dtype=float)))


class DecayByLogarithm:
    """The logarithm of the rate falls along a line."""

    def exponential_lr(t, *, lr0, k):
        return np.exp(np.log(lr0) - np.multiply(k, t))


class DecayDivides:
    """Divides by what grows, entry by entry."""

    def exponential_lr(t, *, lr0, k):
        if np.ndim(t) == 0:
            return lr0 / np.exp(k * t)
        return np.array([lr0 / np.exp(k * one) for one in t.flat]).reshape(t.shape)


VARIANTS = variants("exponential_lr", DecayByPower, DecayByLogarithm, DecayDivides)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "exponential_lr",
    "exponential_lr(np.array([0.0, 0.5, 1.0]), lr0=1.0, k=1.0)",
    "exponential_lr(0.001, lr0=1.0, k=1000.0)",
    "exponential_lr(np.array([1.0, 2.0]), lr0=1e-15, k=0.0) * 1e15",
    "exponential_lr(40.0, lr0=1.0, k=1.0) * 1e18",
)
