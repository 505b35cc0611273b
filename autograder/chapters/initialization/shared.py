"""Inputs that can see, for the checks of `initialization`: features of unlike size and place, clouds with
known directions, layers of unequal width, weights in numbers enough for a law."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import numpy as np

from autograder.checking import close, laws, normal, uniform

from ..shared import twins
from .generators import begin_alike

# --- Probes -------------------------------------------------------------------------------------------------


TALL, WIDE = (200, 50), (50, 200)  # 4 : 1 and 1 : 4, ten thousand draws each
MANY = (100, 96)  # enough to tell a uniform law from a Gaussian one
TALLER = (600, 96)  # enough to tell a Gaussian from the sum of four uniform numbers


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


def draws_every_weight(draw, rng):
    """``draw(rng=…)``, twice from one generator and once from its twin: all new, and again the same."""
    ours, theirs = twins(rng)
    drawn = np.array([draw(rng=ours) for _ in range(2)])
    assert np.unique(np.abs(drawn)).size == drawn.size, FRESH
    first, second = drawn > 0
    assert first.size < 35 or (np.any(first != second) and np.any(first == second)), PLACED
    assert close(draw(rng=theirs), drawn[0]), ELSEWHERE
    return drawn


def draws_from_rng_alone(draw, rng):
    """Generators that begin alike and go apart after a few numbers give ``draw(rng=…)`` other weights."""
    first, second = (draw(rng=one) for one in begin_alike(rng))
    assert np.mean(first == second) < 0.5, SEEDED


def draws_in_every_shape(initializer, rng):
    """A matrix, one row and one column of new draws, whose means and mean squares are left to chance."""
    for shape in ((7, 5), (1, 6), (6, 1)):
        drawn = draws_every_weight(partial(initializer, *shape), rng)
        first, second = np.mean(drawn**2, axis=(1, 2))
        assert not np.isclose(first, second, rtol=1e-13, atol=0.0) and np.all(
            np.abs(drawn.mean(axis=(1, 2))) > 1e-14
        ), EVEN
    draws_from_rng_alone(partial(initializer, 128, 100), rng)


def sizes_follow(draw, size, rng):
    """Whether six draws from one state of a generator are in the proportion of ``size(n, m)`` in all shapes.

    Where the draws are not the same but for a factor, in any order and with any signs, nothing is known of
    the factor, and nothing is refused.
    """
    seed, found = int(rng.integers(2**32)), []
    for n, m in ((3, 2), (1, 6), (6, 1)):
        W = draw(n, m, rng=np.random.default_rng(seed))
        found.append(np.sort(np.abs(W), axis=None) / size(n, m))
    first, *others = found
    alike = [other for other in others if close(other * first[-1], first * other[-1], rtol=1e-7)]
    return close(alike, [first] * len(alike), rtol=1e-7)


def entries_do_not_meet(W, law, std):
    """Whether nothing was done to the draws of a large matrix that makes them even, by line or in all.

    None of it happens to independent entries, but with a probability below 1e-10 in all: a mean of exactly
    zero, a mean square that is exactly the law's, values of which each has a bin of its own, a half whose
    mean square is a fifth off, a row or column twice as large as the others, neighbours or halves that are
    correlated, a rank that is not full, rounded values.
    """
    parts = (W[::2], W[1::2], W[: len(W) // 2], W[len(W) // 2 :])
    parts += (W[:, ::2], W[:, 1::2], W[:, : W.shape[1] // 2], W[:, W.shape[1] // 2 :])
    square = std**2
    if any(abs(np.mean(part**2) / square - 1) > 0.2 for part in parts):
        return False  # of ten standard deviations
    sizes = np.append(np.mean(W**2, axis=0), np.mean(W**2, axis=1)) / square
    if sizes.min() < 0.25 or sizes.max() > 3.0:
        return False  # one row or column alone
    if max(abs(np.mean(a * b)) for a, b in zip(parts[::2], parts[1::2], strict=True)) > 0.3 * square:
        return False  # neighbours, or halves, which are not correlated
    squares = np.linalg.eigvalsh(W.T @ W)
    if squares[0] < 1e-12 * squares[-1] or np.unique(W).size < W.size - 20:
        return False
    if np.array_equal(W, W.astype(np.float32)):
        return False
    below = law.cdf(W)
    for lines, parts in ((W.reshape(1, -1), below.reshape(1, -1)), (W, below), (W.T, below.T)):
        bins = np.sort(np.floor(lines.shape[1] * parts), axis=1)
        if np.any(np.abs(lines.mean(axis=1)) < 1e-14 * std) or np.any(np.all(np.diff(bins) > 0, axis=1)):
            return False
    return all(abs(spread / std - 1) > 1e-14 for spread in (W.std(), np.sqrt(np.mean(W**2))))


def is_a_bell(W, std):
    """Refuse a matrix of the shape TALLER that does not hold independent draws of a Gaussian."""
    part, law, far = W[: MANY[0]], normal(0.0, std), np.abs(W) > 3.0 * std
    assert laws.follows(part, law, against=[uniform(-std * np.sqrt(3), std * np.sqrt(3))]), BELL
    assert np.mean((W / std) ** 2 * (W / std) ** 2) < 3.5, BELL  # a Gaussian has 3, within a quarter
    beyond = math.erfc(3.0 / math.sqrt(2))
    assert laws.share(far, beyond, against=[0.16 * beyond, 2.4 * beyond], refuse=1e-12), TAILS
    assert np.abs(W).max() > 3.5 * std, TAILS  # but for 3e-12
    lengths = np.var(np.mean(W**2, axis=1)) / (2.0 * std**4 / W.shape[1])  # 1 within 0.06
    assert 0.5 < lengths < 1.6 and np.unique(W).size > 0.9 * W.size, EVEN
    place = W.size * law.cdf(W[np.abs(W) < 0.1 * std])
    assert np.unique(np.floor(place)).size < place.size and entries_do_not_meet(part, law, std), EVEN


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

SMALL = (
    "For layers of few units, drawn from generators in one state, the sizes of the weights are not in the "
    "law's proportion. Numbers of units may be odd, and 1: is anything rounded to a whole number, or bounded?"
)

SUMS = (
    "For every number that is drawn, rng goes on by the same number of steps, and by many, as for a "
    "sum of uniform numbers. However many are added up, their sum has a largest value and is no Gaussian."
)

PLACED = (
    "In two matrices drawn one after the other each place has the same sign, or the opposite one. A sign "
    "belongs to a draw, not to a place."
)

EVEN = (
    "The weights are not draws as they come. Their mean is exactly zero, or their mean square exactly the "
    "law's; or they are spread out evenly by hand; or rows or columns are sorted, made of each other, much "
    "larger than others, or too much of one length; or they are rounded, or come twice. Entries are "
    "independent, and all of the same law."
)

SEEDED = (
    "Two generators that begin with the same few numbers, and go on with others, gave weights of which most "
    "are the same. A few numbers from rng decide them all, so the rest is drawn from elsewhere, or never. "
    "Every draw comes from the rng that was handed over."
)

TAILS = (
    "Of tens of thousands of weights far too few are further from zero than three standard deviations, or "
    "far too many, or none is further than three and a half. The tails are cut off, or the law is another "
    "one: a sum of a few uniform draws, for instance, is no Gaussian yet."
)

ROW = "With one input and thousands of outputs no weight comes near three standard deviations."

SHAPE = (
    "The weights of one matrix do not look like independent draws, uniform from -a to a: both signs, every "
    "value as likely as another, and no draw repeated. If their size is off already, mend that first."
)

BELL = (
    "The weights of one matrix do not look like independent draws of a Gaussian around zero with the law's "
    "deviation: both signs, a peak at zero, thin tails, and no draw repeated. If their size is off already, "
    "mend that first."
)

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

TWIN = (
    "The weights are drawn from a copy of the generator, and rng itself stays where it was: the next layer "
    "of this shape starts alike. Draw from the rng that is handed over."
)

COPIED = (
    "All units of the layer start with the same weights. They then get the same gradient and stay the same "
    "for ever: every entry is a draw of its own."
)

COPY = "import copy\n\n    rng = copy.deepcopy(rng)\n    "

ONE_SIDED = (
    "All weights are positive: the law is symmetric around zero, or every unit adds up its inputs and the "
    "signal grows with their number."
)
