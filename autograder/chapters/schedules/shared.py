"""Rates asked one by one and in arrays, for the checks of `schedules`."""

DECIMALS = ("6", "4", "5", "7", "8", "10", "12")
SMALLEST = (
    "Very small rates are others than the formula's: something holds them at a smallest one, or they lose "
    "their digits on the way. A rate is used as it is, however small."
)
AS_IT_IS = (
    "The formula holds for lr0 and k that are tiny, large or whole numbers, and for k = 0: no rate is "
    "rounded, made whole or held at a smallest or largest one, small ones keep all their digits, and nothing "
    "is kept from an earlier call."
)
TINY = 1e-9  # a rate is a rate, however small: no guard, no rounding


def from_zero(times):
    """A copy whose first entry is 0: a rule may have a whole number for it, which sets no type for others."""
    first = times.copy()
    first.flat[0] = 0
    return first


def times_of(rng, shape, below):
    """Whole times in no order, 0 among them."""
    times = rng.integers(1, below, size=shape)
    times.flat[int(rng.integers(times.size))] = 0
    return times
