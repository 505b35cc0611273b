"""Rates asked one by one and in arrays, for the checks of `schedules`."""

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
