"""Rates asked one by one and in arrays, for the checks of `schedules`."""

import numpy as np

from autograder.checking import close

DECIMALS = ("6", "4", "5", "7", "8", "10", "12")
TINY = 1e-9  # a rate is a rate, however small: no guard, no rounding


def number(rng, low, high):
    return float(rng.uniform(low, high))


def one_by_one(rule, times, **options):
    """The rates of single times, a list; asked from the last time to the first, for a rule keeps no books."""
    return [rule(time, **options) for time in reversed(times)][::-1]


def times_of(rng, shape, below):
    """Whole times in no order, 0 among them."""
    times = rng.integers(1, below, size=shape)
    times.flat[int(rng.integers(times.size))] = 0
    return times


def wrong_in_arrays(student, reference, name, times, hint, *, rtol=1e-7, atol=0.0, **options):
    """What is wrong with the rates of an array of times, or of one entry in an array; "" if nothing.

    An array is blamed, with the hint, only where the student's own single times have other rates than it.
    """
    for asked in (times, times.flat[:1].reshape((1,) * times.ndim)):
        got, want = (getattr(side, name)(asked, **options) for side in (student, reference))
        if not close(got, want, rtol=rtol, atol=atol):
            alone = one_by_one(getattr(student, name), asked.ravel().tolist(), **options)
            if close(np.ravel(got).tolist(), alone, rtol=rtol, atol=atol):
                return "In an array of times the rates are others, as they are for single times."
            return (
                f"For an array of times the rates are others, entry by entry, than for single times. {hint}"
            )
    return ""
