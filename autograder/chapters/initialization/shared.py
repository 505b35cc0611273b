"""Inputs that can see, for the checks of `initialization`: features of unlike size and place, clouds with
known directions, layers of unequal width, weights in numbers enough for a law."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checking import close, laws

# --- Probes -------------------------------------------------------------------------------------------------


TALL, WIDE = (200, 50), (50, 200)  # 4 : 1 and 1 : 4, ten thousand draws each
FAR = (
    3.05  # standard deviations; that none of ten thousand normal numbers is so far has the probability 1e-10
)
MANY = (100, 96)  # enough to tell a uniform law from a Gaussian one


def features(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Features of very different size, in random order, each shifted by its own size."""
    sizes = rng.permutation(np.geomspace(1e-3, 1e3, d))
    return sizes * (rng.normal(size=(n, d)) + rng.uniform(-2.0, 2.0, size=d))


def layers(rng: np.random.Generator, widths: tuple[int, ...], scale: float = 1.0) -> list[np.ndarray]:
    """Weights of a stack with these widths, ``scale`` times what keeps the variance of a linear net."""
    return [rng.normal(0.0, scale / np.sqrt(n), size=(n, m)) for n, m in pairwise(widths)]


def signal(rng: np.random.Generator, scale: float = 1.5) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Three layers of unequal width, a batch off centre, and a gradient whose columns differ in size."""
    widths = (5, 8, 6, 4)
    X = rng.normal(size=(7, widths[0])) + rng.uniform(-1.0, 1.0, size=widths[0])
    grad_out = rng.normal(size=(7, widths[-1])) * np.geomspace(0.3, 3.0, widths[-1])
    return layers(rng, widths, scale), X, grad_out


def draws_every_weight(student, draw, rng):
    """``draw(rng=…)``, twice from one generator and once from its twin: all new, and again the same."""
    seed = int(rng.integers(2**32))
    ours, theirs, *seeding = (np.random.default_rng(seed) for _ in range(4))
    drawn = np.array([draw(rng=ours) for _ in range(2)])
    assert np.unique(np.abs(drawn)).size == drawn.size, FRESH
    assert close(draw(rng=theirs), drawn[0]), ELSEWHERE
    for one, largest in zip(seeding, (2**31, 2**62), strict=True):  # a seed of 32 bits, and one of 64
        one.integers(largest)
        assert not student.stands_at(theirs, one), SEEDED
    return drawn


def entries_do_not_meet(W, law, std):
    """Whether nothing was done to the draws of a large matrix that makes them even, by line or in all.

    None of it happens to independent entries, but with a probability below 1e-10 in all: a mean of exactly
    zero, a mean square that is exactly the law's, values of which each has a bin of its own.
    """
    for line in (W.ravel(), *W, *W.T):
        bins = np.floor(line.size * law.cdf(line))
        if abs(line.mean()) < 1e-14 * std or np.unique(bins).size == line.size:
            return False
    return all(abs(spread / std - 1) > 1e-14 for spread in (W.std(), np.sqrt(np.mean(W**2))))


def limited(W, a, against):
    """Uniform on [-a, a] has this mean square; ``against``: other variances, as shares of this one."""
    shares = [ratio * a**2 / 3 for ratio in against]
    return 0.995 * a < float(np.abs(W).max()) <= a * (1 + 1e-12) and laws.bounded_mean(
        W**2, a**2 / 3, low=0.0, high=a**2 * (1 + 1e-9), against=[v for v in shares if v <= a**2]
    )


FRESH = (
    "Some weights are equal but for their sign, within one matrix or in two drawn one after the other. Every "
    "entry is a draw of its own from the rng that was handed over: units that start alike stay alike."
)

ELSEWHERE = (
    "Two generators in the same state gave different weights: something is drawn from elsewhere, and a run "
    "cannot be had again. All randomness comes from the rng that was handed over."
)

SEEDED = (
    "One number alone is drawn from rng, and the weights come from another generator that it seeds. All the "
    "weights are draws of the rng that was handed over."
)

EVEN = (
    "The weights are more even than chance: their mean is exactly zero, or their mean square exactly the "
    "law's, or they are spread out evenly by hand. Entries are independent: leave the draws as they come."
)

TAILS = (
    "No weight of ten thousand is further from zero than 3.05 standard deviations: the tails are cut off, or "
    "it is no Gaussian."
)

SHAPE = (
    "The weights are not uniform on an interval around zero: both signs, and every value within the limits "
    "as likely as another."
)

BELL = "The weights are not Gaussian around zero: both signs, a peak at zero and thin tails."

XAVIER = (
    "The size of the weights is not Xavier's. Its variance is made of both fans; a uniform law on [-a, a] "
    "has the variance a²/3, and a Gaussian takes the root of the variance."
)

HE = (
    "The size of the weights is not He's. Its variance is made of the number of inputs alone, with the "
    "factor that ReLU asks for; a uniform law on [-a, a] has the variance a²/3, and a Gaussian takes the "
    "root."
)


# --- Mistakes -----------------------------------------------------------------------------------------------


UNIFORM_SIZE = "size=(fan_in, fan_out)"
XU, XN = "a = gain * np.sqrt(6 / (fan_in + fan_out))", "gain * np.sqrt(2 / (fan_in + fan_out))"
HU, HN = "a = np.sqrt(6 / fan_in)", "np.sqrt(2 / fan_in)"
FLAT_DRAW = "return rng.uniform(-a, a, size=(fan_in, fan_out))"

TRANSPOSED = (
    "The matrix has the shape (fan_out, fan_in), as torch stores it. Here a layer is X @ W, and W has the "
    "shape (fan_in, fan_out)."
)

OWN = (
    "The weights come from a generator made inside, so that all layers of one shape start alike. Draw from "
    "the rng that is handed over."
)

COPIED = (
    "All units of the layer start with the same weights. They then get the same gradient and stay the same "
    "for ever: every entry is a draw of its own."
)

ONE_SIDED = (
    "All weights are positive: the law is symmetric around zero, or every unit adds up its inputs and the "
    "signal grows with their number."
)
