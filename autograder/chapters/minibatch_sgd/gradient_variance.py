"""The variance of the gradient, `gradient_variance`: hidden checks."""

import itertools

import numpy as np
import pytest

from autograder.checking import close, examples, laws

from ..shared import seeds_another, twins
from .shared import regression, simplex

# --- Checks -------------------------------------------------------------------------------------------------

EIGHTY = np.array([(a, b, 80 - a - b) for a in range(81) for b in range(81 - a)])  # how often three may come


def apart(w, X, y, batches):
    """The squared distances of some batches' gradients from the full one."""
    singles = 2 * (X @ w - y)[:, None] * X
    return np.array([np.sum((singles[batch].mean(axis=0) - singles.mean(axis=0)) ** 2) for batch in batches])


def fitting(distances, got):
    """How often each of three batches may have come, if ``got`` is the mean of eighty of their distances."""
    return EIGHTY[np.isclose(EIGHTY @ distances / 80, got, rtol=1e-9)]


@pytest.mark.exercise("gradient_variance")
def test_single_examples_have_the_variance_of_the_set(student, rng):
    """With batches of one, where all examples are equally far from the mean, any draw gives S²."""
    w, X, y, spread = simplex(rng, 6)
    for replace in (True, False):
        got = student.gradient_variance(w, X, y, batch_size=1, n_draws=9, rng=rng, replace=replace)
        assert close(got, spread), (
            "Every single example's gradient lies equally far from the full one here, so that any draw "
            "must give that squared distance. All components' squares add up, the draws' mean is taken, "
            "and nothing is rounded."
        )


@pytest.mark.exercise("gradient_variance")
def test_one_draw_is_measured_from_the_full_gradient(student, rng):
    """A single draw has a distance too, from the gradient over all examples; of several the squares count."""
    w, X, y, spread = simplex(rng, 5)
    got = student.gradient_variance(w, X, y, batch_size=1, n_draws=1, rng=rng, replace=False)
    assert close(got, spread), (
        "One draw alone has no spread of its own, and yet a distance from the full gradient. Is each draw "
        "compared with the gradient over all examples, not with the mean of what was drawn?"
    )
    for middle, size in ((1e8, 1.0), (0.0, 1e-12)):
        w, X, y = np.zeros(1), np.ones((2, 1)), middle + size * np.array([1.0, -1.0])
        got = student.gradient_variance(w, X, y, batch_size=1, n_draws=3, rng=rng, replace=True)
        right = close(got, 4 * size**2, rtol=1e-6, atol=0.0)
        assert right or size < 1.0, (
            "Of large gradients that differ little the distance is wrong. If it is right of small ones: is "
            "it a difference of squares, of which only rounding is left, or is anything in single precision?"
        )
        assert right, (
            "Of tiny gradients the distance is wrong, after a call with the same w and X but other targets. "
            "Is the full gradient that of this very call, not one kept from an earlier call, and is a "
            "distance used as it is, however small?"
        )
    size = int(rng.choice([1, 2, 4, 5]))  # whole numbers, of whose gradients the mean is not whole
    w, X, y = np.array([2, -1]), size * np.array([[1, 2], [3, 1], [2, 5]]), size * np.array([1, 0, 2])
    squares = apart(w, X, y, [[0], [1], [2]])
    got = student.gradient_variance(w, X, y, batch_size=1, n_draws=5, rng=rng, replace=True)
    means = [np.mean(squares[list(drawn)]) for drawn in itertools.combinations_with_replacement(range(3), 5)]
    assert any(close(got, mean) for mean in means), (
        "Of three examples at different distances, five single draws give no mean of five of their squared "
        "distances. Is each distance squared before the mean is taken, and is anything made whole where "
        "weights, examples and targets are whole numbers?"
    )


@pytest.mark.exercise("gradient_variance", weight=2)
def test_different_examples_have_less_noise(student, rng):
    """Without replacement the noise is S²/b times (N-b)/(N-1), and none at all for a batch of all."""
    n = 7
    w, X, y, spread = simplex(rng, n)
    for b in (2, n - 2, n - 1, n):
        got = student.gradient_variance(w, X, y, batch_size=b, n_draws=3, rng=rng, replace=False)
        want = spread / b * (n - b) / (n - 1)
        assert close(got, want, rtol=1e-8, atol=1e-10 * spread), (
            "Without replacement the distance is another than S²/b·(N-b)/(N-1), which in this set every "
            "draw must show. Are the examples of a batch all different, and are batch_size and replace "
            "both used?"
        )
    w, X, y = regression(rng, 300, 2)
    got = student.gradient_variance(w, X, y, batch_size=300, n_draws=2, rng=rng, replace=False)
    assert close(got, 0.0, atol=1e-9), (
        "Without replacement a batch of all examples must be at the distance 0 from the full gradient, which "
        "is over all of them, however many there are."
    )
    for n, pairs in ((3, [[0, 1], [0, 2], [1, 2]]), (4, [[0, 1], [0, 2], [0, 3]])):
        w, X, y = regression(rng, n, 2)
        got = student.gradient_variance(w, X, y, batch_size=2, n_draws=80, rng=rng, replace=False)
        # of four examples, the two that are left out are as far away; each row comes with the chance 1/3
        assert fitting(apart(w, X, y, pairs), got).all(axis=1).any(), (
            "Of three or four examples two are drawn without replacement, and the measured distance is no "
            "mean of squared distances of pairs, or one for which some pair never came. Any batch_size "
            "different examples are as likely as any others, not neighbours only, and no example is always "
            "there."
        )


@pytest.mark.exercise("gradient_variance", weight=2)
def test_independent_examples_have_a_noise_of_one_over_b(student, rng):
    """With replacement the noise is S²/b, also for batches as large as the set; repeats count."""
    w, X, y = regression(rng, 3, 2)
    got = student.gradient_variance(w, X, y, batch_size=1, n_draws=80, rng=rng, replace=True)
    fits = fitting(apart(w, X, y, [[0], [1], [2]]), got)  # none: other checks say what is wrong
    assert not len(fits) or fits.all(axis=1).any(), (
        "In eighty batches of one out of three examples, the measured distance is one for which some "
        "example never came. Can each be drawn, the first and the last one too? rng.integers leaves its "
        "upper end out already. And is the mean taken of all eighty?"
    )
    w, X, y, spread = simplex(rng, 2)
    for draws in (1, 1, 1, 1, 1, 90):  # three out of two: twice one and once the other, or three times one
        got = student.gradient_variance(w, X, y, batch_size=3, n_draws=draws, rng=rng, replace=True)
        alike = (got / spread - 1 / 9) * 9 / 8 * draws  # how many batches hold one example three times
        assert close(alike, np.rint(alike), atol=1e-6) and 0 <= np.rint(alike) <= draws, (
            "Batches of three out of two examples, drawn with replacement, have a distance that no such "
            "batches can have. Does an example that comes twice in a batch count twice, and are there "
            "batch_size of them?"
        )
    assert 0 < np.rint(alike) < draws, (  # by chance: (3/4)^90, below 1e-11
        "In many batches of three out of two examples, drawn with replacement, one of the two kinds never "
        "came: once and twice, or three times the same. Each example of a batch is drawn from all, whatever "
        "was drawn before it, and none comes for certain, also where batch_size is above their number."
    )
    w, X, y, spread = simplex(rng, 3)
    got = student.gradient_variance(w, X, y, batch_size=4000, n_draws=1, rng=rng, replace=True)
    # each example's share is within 0.07 of a third but with a probability below 1e-16 (Hoeffding)
    assert got / spread * (2 / 3) < 3 * 0.07**2, (
        "With a batch of thousands out of three examples the distance is so large as if some came much more "
        "often than others. Each must have the same chance, the first and the last too. A random number that "
        "is rounded, for example, reaches the ends half as often."
    )
    for n, draws in ((2, 1009), (5, 160)):
        w, X, y, spread = simplex(rng, n)
        own, fresh = twins(rng)
        got = student.gradient_variance(w, X, y, batch_size=n, n_draws=draws, rng=own, replace=True)
        often = got / spread * draws  # of two examples each batch has the distance 0 or S²
        assert n > 2 or close(often, np.rint(often), atol=1e-6), (
            "Of two examples each batch is 0 or one and the same distance away, and the answer is no mean of "
            "n_draws squares of these. Is each distance squared before the mean is taken, and does every "
            "draw count once, with many as with few?"
        )
        others = [0.0, spread]  # without replacement, and one batch for all draws at its extremes
        assert laws.reported_mean(got, draws, spread / n, low=0.0, high=spread, against=others), (
            "With replacement the measured distance is not S²/b, beyond what chance explains. Is each of a "
            "batch's examples drawn from all, is a batch drawn anew each time, and how many draws are there?"
        )
        assert not student.stands_at(own, fresh), (
            "Where many batches are to be drawn nothing is drawn from rng. Do the draws come from the "
            "generator that was handed over, few or many?"
        )


@pytest.mark.exercise("gradient_variance")
def test_all_draws_come_from_the_generator(student, rng):
    """The same generator's state gives the same measurement, and drawing on gives another."""
    w, X, y = regression(rng, 11, 3)
    seed = int(rng.integers(2**32))
    ours, theirs = (np.random.default_rng(seed) for _ in range(2))
    settings = {"batch_size": 4, "n_draws": 8, "replace": True}
    first = student.gradient_variance(w, X, y, rng=ours, **settings)
    second = student.gradient_variance(w, X, y, rng=ours, **settings)
    again = student.gradient_variance(w, X, y, rng=theirs, **settings)
    assert close(again, first), (
        "Two generators in the same state gave different measurements. Is something drawn from elsewhere, or "
        "kept from an earlier call?"
    )
    without = [
        student.gradient_variance(w, X, y, rng=np.random.default_rng(seed), **settings | {"replace": False})
        for _ in range(2)
    ]
    assert close(*without), (
        "Without replacement two generators in the same state gave different measurements. Is something "
        "drawn from elsewhere, or kept from an earlier call?"
    )
    assert not close(second, first), (
        "A second measurement from the same generator gave the very same number. Do the draws come from the "
        "rng that was handed over?"
    )
    assert not seeds_another(student, theirs, seed), (
        "One number alone is drawn from rng, and the batches come from another generator that it seeds, or "
        "are some of few: there are far more ways to draw them than such a number has values."
    )


@pytest.mark.exercise("gradient_variance")
def test_batches_are_independent_of_each_other(student, rng):
    """An example may come in several batches, or in none: as many draws as examples do not show each once."""
    w, X, y = regression(rng, 40, 2)
    away = apart(w, X, y, [[i] for i in range(40)])
    for replace in (True, False):
        got = student.gradient_variance(w, X, y, batch_size=1, n_draws=40, rng=rng, replace=replace)
        assert away.min() < got < away.max(), (
            "With batches of one the measured distance lies outside of those that single examples have."
        )
        assert not close(got, away.mean(), rtol=1e-12, atol=0.0), (  # by chance, too, below 1e-10
            "With batches of one and as many draws as examples the expected value comes out exactly, as if "
            "each example came once. Every batch is drawn anew from all the examples."
        )
    w, X, y = regression(rng, 4000, 1)
    singles = 2 * (X @ w - y)[:, None] * X
    away = np.sum((singles - singles.mean(axis=0)) ** 2, axis=1)
    for replace in (True, False):
        two = [
            student.gradient_variance(w, X, y, batch_size=1, n_draws=2, rng=rng, replace=replace)
            for _ in range(3)
        ]
        # by chance: a thousandth at most, three times
        assert not all(np.isclose(away, got, rtol=1e-10, atol=0.0).any() for got in two), (
            "Two batches of one, out of thousands of examples, have the same distance again and again, as if "
            "one draw served for both. Each batch is drawn anew."
        )
        assert not close(two, two[:1] * 3), (
            "Three measurements, each of two batches out of thousands of examples, are one number."
        )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "gradient_variance",
    """
    X, y, w = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, -1.0]), np.zeros(2)
    rng = np.random.default_rng(0)  # the two gradients are (-2, -2) and (2, 2)
    gradient_variance(w, X, y, batch_size=1, n_draws=5, rng=rng, replace=True)
    """,
    """
    X, y, w = np.array([[1.0], [1.0]]), np.array([1.0, -1.0]), np.array([0.0])
    rng = np.random.default_rng(0)  # a batch of two has the gradient -2, 0 or 2: its distance is 4 or 0
    0 < gradient_variance(w, X, y, batch_size=2, n_draws=100, rng=rng, replace=True) < 4
    """,
    """
    X, y, w = np.array([[1.0], [2.0], [4.0], [8.0], [16.0]]), np.zeros(5), np.array([1.0])
    settings = {"batch_size": 2, "rng": np.random.default_rng(0), "replace": True}
    few = [gradient_variance(w, X, y, n_draws=50, **settings) for _ in range(2)]
    many = [gradient_variance(w, X, y, n_draws=2000, **settings) for _ in range(2)]
    bool(few[0] == few[1]), bool(many[0] == many[1])  # each time with other draws
    """,
    """
    X, y, w = np.array([[1.0], [1.0]]), np.array([1.0, -1.0]), np.array([0.0])
    rng = np.random.default_rng(0)  # a batch of three has the gradient -2, -2/3, 2/3 or 2, and never 0
    settings = {"batch_size": 3, "n_draws": 1, "rng": rng, "replace": True}
    bool(min(gradient_variance(w, X, y, **settings) for _ in range(20)) > 0)
    """,
)
