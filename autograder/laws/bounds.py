"""Tail bounds: how far an average strays by chance, and how many draws it takes to detect an alternative.

Three families of averages share one form, the Cramér-Chernoff bound: for an average x of ``count``
independent draws whose centre is c,

    P(average >= x) <= exp(-count * rate(x, c))  for x >= c, and likewise below c.

The bounds are analytic and hold for every ``count``: nothing is asymptotic, nothing is simulated.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

Rate = Callable[[float, float], float]
ROUNDING = 1e-12  # an average exactly on the edge is accepted


def bounded(x: float, centre: float) -> float:
    """The rate of values in [0, 1]: the divergence of Bernoulli(x) from Bernoulli(centre).

    Hoeffding 1963, theorem 1; by his section 6 also for draws without replacement, and by Dubhashi and
    Ranjan 1998 for negatively associated values, such as the indicators of empty boxes.
    """
    if not 0 <= x <= 1:
        return math.inf
    first = x * math.log(x / centre) if x else 0.0
    return first + ((1 - x) * math.log((1 - x) / (1 - centre)) if x < 1 else 0.0)


def squares(x: float, centre: float) -> float:
    """The rate of squares of Gaussians with variance ``centre``: chi-square over its degrees of freedom.

    Laurent and Massart 2000, lemma 1, in the sharper form before it is loosened to be solvable for x.
    """
    return math.inf if x <= 0 else (x / centre - 1 - math.log(x / centre)) / 2


def gaussian(x: float, centre: float) -> float:
    """The rate of Gaussians with variance 1."""
    return (x - centre) ** 2 / 2


@functools.cache
def edges(rate: Rate, centre: float, count: int, refuse: float) -> tuple[float, float]:
    """The smallest and the largest accepted average; both tails together weigh at most ``refuse``."""
    budget = math.log(2 / refuse) / count
    low, high = _edge(rate, centre, budget, -1.0), _edge(rate, centre, budget, 1.0)
    return low - ROUNDING, high + ROUNDING


def _edge(rate: Rate, centre: float, budget: float, side: float) -> float:
    """The last average on one side of ``centre`` whose rate is within ``budget``."""
    inside, outside = 0.0, 1e-6
    while rate(centre + side * outside, centre) <= budget:
        inside, outside = outside, 2 * outside
    for _ in range(80):
        middle = (inside + outside) / 2
        if rate(centre + side * middle, centre) <= budget:
            inside = middle
        else:
            outside = middle
    return centre + side * inside


@functools.cache
def missed(rate: Rate, centre: float, other: float, count: int, refuse: float) -> float:
    """A bound on the probability of accepting an average whose true centre is ``other``."""
    low, high = edges(rate, centre, count, refuse)
    if low <= other <= high:
        return 1.0
    edge = high if other > high else low
    if rate is bounded and other in (0.0, 1.0):
        return 0.0  # such an average does not vary at all
    return math.exp(-count * rate(edge, other))


@functools.cache
def needed(rate: Rate, centre: float, other: float, refuse: float, miss: float) -> int:
    """The smallest number of draws with which ``other`` is missed with probability ``miss`` at most.

    >>> needed(bounded, 0.2, 0.8, 1e-11, 1e-3)
    68
    """
    if centre == other:
        raise ValueError(f"an alternative must differ from the law itself, got {other}; name another one")
    few, many = 0, 1
    while missed(rate, centre, other, many, refuse) > miss:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        if missed(rate, centre, other, middle, refuse) > miss:
            few = middle
        else:
            many = middle
    return many


def dkw_width(count: int, refuse: float) -> float:
    """The largest distance of an empirical distribution from the true one, up to probability ``refuse``.

    Dvoretzky, Kiefer and Wolfowitz 1956 with Massart's constant (1990); any distribution, any ``count``.
    """
    return math.sqrt(math.log(2 / refuse) / (2 * count))


def dkw_needed(distance: float, refuse: float, miss: float) -> int:
    """The number of draws with which a law at this distance is missed with probability ``miss`` at most.

    >>> dkw_needed(0.1, 1e-11, 1e-3)
    3088
    """
    return math.ceil(((dkw_width(1, refuse) + dkw_width(1, miss)) / distance) ** 2)


def neighbours_kept(n: int, refuse: float) -> int:
    """How many of the n // 2 disjoint pairs of places in a random order may hold neighbouring values.

    The number N of such pairs has P(N >= k) <= E[C(N, k)], and that is at most the product over j < k of
    (n // 2 - j) / (j + 1) * 2 / (n - 2j - 1): given j such pairs, n - 2j values are left, each with two
    neighbours at most (0 and n - 1 count as neighbours). About 1 / k!, so a dozen pairs at 1e-9.
    """
    bound, kept = 1.0, 0
    while bound > refuse and kept < n // 2:
        left = max(n - 2 * kept - 1, 1)
        bound *= (n // 2 - kept) / (kept + 1) * min(1.0, 2 / left)
        kept += 1
    return kept - 1 if bound <= refuse else kept
