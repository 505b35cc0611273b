"""Statistical checks: is what a student drew consistent with a law?

For components whose draws the text does not fix: masks, initialisers, noise, flips, crops, resampling. Each
helper returns True (consistent) or False, and draws nothing itself: call the student's function with the
check's ``rng`` and pass its answers to the helper. Two numbers describe every helper:

``refuse``  an analytic bound on the probability that right work is refused, whatever the sample's size.
            A whole term makes at most N_STATISTICAL_CHECKS such calls, hence REFUSE = TERM_REFUSE / N;
            `autograder.measure.error_budget` adds up what a course's checks really spend.
``miss``    a bound on the probability that data of a named alternative (``against``) pass. A sample too
            small for that is a ValueError that says how many draws are needed: a check that cannot detect its
            alternative is an author's error, found the first time it runs.

Answers outside the law's range, of the wrong kind or not finite are simply not consistent with it.
The bounds themselves are in `autograder.laws.bounds`; tests calibrate each helper by simulation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.laws import bounds as tails
from autograder.laws.distributions import Law, distance
from autograder.laws.error_budget import spends

# --- Averages: shares, means, variances -------------------------------------------------------------------


@spends
def bounded_mean(
    values: Any,
    mean: float,
    *,
    low: float,
    high: float,
    against: float | Sequence[float],
    refuse: float,
    miss: float,
) -> bool:
    """Independent values in [low, high] with this mean; ``against``: other means.

    Bound: Hoeffding's theorem 1 in its sharp form (`tails.bounded`), both sides. For the variance of a
    uniform initialiser pass squares: W**2 in [0, a**2] with mean a**2 / 3. Telling Xavier's variance from
    He's (twice as large at fan_in = fan_out) takes 801 weights.
    """
    array = _numbers(values)
    if array is None or array.min() < low - tails.ROUNDING or array.max() > high + tails.ROUNDING:
        return False
    return _average(
        float(array.mean()),
        array.size,
        mean=mean,
        low=low,
        high=high,
        against=against,
        refuse=refuse,
        miss=miss,
    )


@spends
def reported_mean(
    average: float,
    count: int,
    mean: float,
    *,
    low: float,
    high: float,
    against: float | Sequence[float],
    refuse: float,
    miss: float,
) -> bool:
    """`bounded_mean` where the student's function itself averaged ``count`` independent values.

    For the variance of a mini-batch's gradient the values are squared distances of batch gradients, in
    [0, the largest single example's]; the alternative to drawing without replacement is drawing with it.
    """
    return math.isfinite(average) and _average(
        average, count, mean=mean, low=low, high=high, against=against, refuse=refuse, miss=miss
    )


def _average(
    average: float,
    count: int,
    *,
    mean: float,
    low: float,
    high: float,
    against: float | Sequence[float],
    refuse: float,
    miss: float,
) -> bool:
    if not low < mean < high:
        raise ValueError(f"the mean must lie inside ({low}, {high}), got {mean}; test a constant exactly")
    width = high - low
    others = [(other - low) / width for other in _several(against)]
    if not all(0 <= other <= 1 for other in others):
        raise ValueError(
            f"an alternative lies in [{low}, {high}], got {against}; others are out of range anyway"
        )
    return _kept(tails.bounded, (average - low) / width, (mean - low) / width, count, others, refuse, miss)


@spends
def share(hits: Any, p: float, *, against: float | Sequence[float], refuse: float, miss: float) -> bool:
    """Independent events, each with probability ``p``; ``against``: other probabilities.

    ``hits`` are bools, or zeros and ones. Bound: Chernoff's on the binomial tail, both sides. Telling
    p = 0.2 from 0.8 takes 68 draws, from 0.25 takes 8,236.
    """
    array = _numbers(hits)
    if array is None or not np.isin(array, (0, 1)).all():
        return False
    return _average(
        float(array.mean()), array.size, mean=p, low=0.0, high=1.0, against=against, refuse=refuse, miss=miss
    )


@spends
def categories(
    values: Any,
    shares: Mapping[Any, float],
    *,
    against: Sequence[Mapping[Any, float]],
    refuse: float,
    miss: float,
) -> bool:
    """Independent values that take each key of ``shares`` with its probability, and no other.

    ``against``: other such laws (a key left out has probability 0). Bound: `share` for each key, with
    equal parts of ``refuse``. Detecting a crop whose offset is never the last of five takes 124 images.
    """
    array, each = np.ravel(np.asarray(values)), refuse / len(shares)
    if not array.size or not np.isin(array, list(shares)).all():
        return False
    if not math.isclose(sum(shares.values()), 1.0):
        raise ValueError(
            f"the shares of all categories add up to 1, got {sum(shares.values())}; name them all"
        )
    for other in against:
        needs = [
            tails.needed(tails.bounded, p, other.get(key, 0.0), each, miss)
            for key, p in shares.items()
            if p != other.get(key, 0.0)
        ]
        _enough(array.size, min(needs, default=math.inf), other)
    averages = {key: float(np.mean(array == key)) for key in shares}
    return all(_within(tails.bounded, averages[key], p, array.size, each) for key, p in shares.items())


@spends
def normal_mean(
    values: Any,
    mean: float,
    std: float,
    *,
    against: float | Sequence[float],
    refuse: float,
    miss: float,
) -> bool:
    """Independent Gaussians with this mean, their std given; ``against``: other means.

    Bound: Chernoff's for the Gaussian, both sides. Detecting a mean that is off by one std takes 120 draws.
    """
    array = _numbers(values)
    if array is None:
        return False
    others = [other / std for other in _several(against)]
    return _kept(tails.gaussian, float(array.mean()) / std, mean / std, array.size, others, refuse, miss)


@spends
def normal_std(
    values: Any,
    std: float,
    *,
    mean: float = 0.0,
    against: float | Sequence[float],
    refuse: float,
    miss: float,
) -> bool:
    """Independent Gaussians with this std around a mean that is given; ``against``: other stds.

    Bound: chi-square's, both sides (`tails.squares`). Detecting a factor of √2, such as fan_in for
    fan_out at 2 : 1, takes 465 draws if the std is too large and 538 if it is too small.
    """
    array = _numbers(values)
    if array is None:
        return False
    average = float(np.mean(((array - mean) / std) ** 2))
    others = [(other / std) ** 2 for other in _several(against)]
    return _kept(tails.squares, average, 1.0, array.size, others, refuse, miss)


# --- Whole distributions ------------------------------------------------------------------------------------


@spends
def follows(values: Any, law: Law, *, against: Sequence[Law], refuse: float, miss: float) -> bool:
    """Independent draws from ``law``; ``against``: other laws.

    Bound: Dvoretzky-Kiefer-Wolfowitz with Massart's constant. It detects a wrong location, scale or shape,
    but needs more draws: 4,479 for a std that is off by √2, 9,435 for a uniform in place of a Gaussian of the
    same std, 494 for half the range of a uniform.
    """
    array = _numbers(values)
    if array is None:
        return False
    for other in against:
        apart = distance(law, other)
        _enough(array.size, tails.dkw_needed(apart, refuse, miss) if apart else math.inf, other.name)
    points, counts = np.unique(array, return_counts=True)
    above = np.cumsum(counts) / array.size  # the empirical distribution at each point, and just below it
    below = above - counts / array.size
    left = law.cdf(np.nextafter(points, -np.inf))
    apart = max(np.max(np.abs(above - law.cdf(points))), np.max(np.abs(below - left)))
    return bool(apart <= tails.dkw_width(array.size, refuse))


# --- Several draws together -------------------------------------------------------------------------------


@spends
def independent(
    a: Any, b: Any, p: float, *, against: float | Sequence[float] = 1.0, refuse: float, miss: float
) -> bool:
    """Two masks drawn independently, every event with probability ``p``: they agree as often as by chance.

    ``against``: other shares of places that agree; 1.0 is the same draw twice. Compare real values
    with their median, then p = 0.5. Bound: `share` at p² + (1 - p)². Detecting the same draw twice at p = 0.2
    takes 68 places.
    """
    first, second = _numbers(a), _numbers(b)
    if first is None or second is None or first.shape != second.shape:
        return False
    agree = p**2 + (1 - p) ** 2
    share_equal = float(np.mean(first == second))
    return _average(
        share_equal, first.size, mean=agree, low=0.0, high=1.0, against=against, refuse=refuse, miss=miss
    )


@spends
def resampled(indices: Any, n: int, *, refuse: float, miss: float) -> bool:
    """Indices drawn with replacement from range(n), against the same number drawn without.

    Bound: the boxes that stay empty are negatively associated, so `tails.bounded` holds for their share. With
    as many draws as boxes it takes n = 58. To test that all indices are equally likely, use `follows` with
    `whole`.
    """
    array = _numbers(indices)
    if array is None or not np.isin(array, np.arange(n)).all():
        return False
    empty = (1 - 1 / n) ** array.size
    without = max(0.0, 1 - array.size / n)
    if _within(tails.bounded, without, empty, n, refuse):
        raise ValueError(
            f"{array.size} draws from {n} cannot tell with from without replacement; "
            "draw as many as there are, and have 60 or more"
        )
    found = 1 - len(np.unique(array)) / n
    return _within(tails.bounded, found, empty, n, refuse)


@spends
def shuffled(order: Any, *, refuse: float, miss: float) -> bool:
    """One permutation of range(n), all equally likely.

    Against: order kept, reversed or rotated (neighbours stay neighbours), and shuffling inside each half
    or each sorted block only (small values stay in front); these are refused with certainty. Bounds: the
    moments of `tails.neighbours_kept`; small values in the first half, draws without replacement, by
    `tails.bounded`. Half of refuse each; needs n = 77.
    """
    array = _numbers(order)
    if array is None or array.ndim != 1 or not np.array_equal(np.sort(array), np.arange(array.size)):
        return False
    n, half = array.size, array.size // 2
    kept = tails.neighbours_kept(n, refuse / 2)
    if kept >= half or _within(tails.bounded, 1.0, half / n, half, refuse / 2):
        raise ValueError(f"{n} places cannot show that an order is shuffled; have 80 or more")
    steps = np.abs(array[0 : 2 * half : 2] - array[1 : 2 * half : 2])
    neighbours = int(np.sum((steps == 1) | (steps == n - 1)))
    front = float(np.mean(array[:half] < half))
    return neighbours <= kept and _within(tails.bounded, front, half / n, half, refuse / 2)


# --- What they share ----------------------------------------------------------------------------------------


def _numbers(values: Any) -> np.ndarray | None:
    """The values as float64 (their shape kept), or None if there are none or one is no finite number."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub" or not array.size:
        return None
    array = array.astype(float)
    return array if np.isfinite(array).all() else None


def _several(against: float | Sequence[float]) -> list[float]:
    return [float(other) for other in (against if isinstance(against, Sequence) else [against])]


def _enough(count: int, need: float, other: Any) -> None:
    if count < need:
        cure = f"take {need}" if need < math.inf else "it is the same law: name another"
        raise ValueError(f"{count} draws cannot tell the law from {other}; {cure}")


def _within(rate: tails.Rate, average: float, centre: float, count: int, refuse: float) -> bool:
    low, high = tails.edges(rate, centre, count, refuse)
    return low <= average <= high


def _kept(
    rate: tails.Rate,
    average: float,
    centre: float,
    count: int,
    others: list[float],
    refuse: float,
    miss: float,
) -> bool:
    for other in others:
        _enough(count, tails.needed(rate, centre, other, refuse, miss), f"the alternative {other:g}")
    return _within(rate, average, centre, count, refuse)
