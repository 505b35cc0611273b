"""Rates asked one by one and in arrays, for the checks of `schedules`."""

DECIMALS = ("6", "4", "5", "7", "8", "10", "12")
TINY = 1e-9  # a rate is a rate, however small: no guard, no rounding


def times_of(rng, shape, below):
    """Whole times in no order, 0 among them."""
    times = rng.integers(1, below, size=shape)
    times.flat[int(rng.integers(times.size))] = 0
    return times
