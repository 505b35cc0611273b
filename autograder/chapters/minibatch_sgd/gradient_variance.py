"""The variance of the gradient, `gradient_variance`: hidden checks."""

import itertools

import numpy as np
import pytest

from autograder.checking import close, examples, laws

from .shared import regression, simplex

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("gradient_variance")
def test_single_examples_have_the_variance_of_the_set(student, rng):
    """With batches of one, where all examples are equally far from the mean, any draw gives S²."""
    w, X, y, spread = simplex(rng, 6)
    for replace in (True, False):
        got = student.gradient_variance(w, X, y, batch_size=1, n_draws=9, rng=rng, replace=replace)
        assert close(got, spread), (
            "Every single example's gradient lies equally far from the full one here, so that any draw "
            "must give that squared distance. All components' squares add up, and the draws' mean is "
            "taken."
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
    w, X, y = regression(rng, 3, 2)
    singles = 2 * (X @ w - y)[:, None] * X
    squares = ((singles - singles.mean(axis=0)) ** 2).sum(axis=1)
    got = student.gradient_variance(w, X, y, batch_size=1, n_draws=5, rng=rng, replace=True)
    means = [np.mean(squares[list(drawn)]) for drawn in itertools.combinations_with_replacement(range(3), 5)]
    assert any(close(got, mean) for mean in means), (
        "Of three examples at different distances, five single draws give no mean of five of their squared "
        "distances. Is each distance squared before the mean is taken?"
    )


@pytest.mark.exercise("gradient_variance", weight=2)
def test_different_examples_have_less_noise(student, rng):
    """Without replacement the noise is S²/b times (N-b)/(N-1), and none at all for a batch of all."""
    n = 7
    w, X, y, spread = simplex(rng, n)
    for b in (2, n - 2, n - 1, n):
        got = student.gradient_variance(w, X, y, batch_size=b, n_draws=6, rng=rng, replace=False)
        want = spread / b * (n - b) / (n - 1)
        assert close(got, want, rtol=1e-8, atol=1e-10 * spread), (
            "Without replacement the distance is another than S²/b·(N-b)/(N-1), which in this set every "
            "draw must show. Are the examples of a batch all different, and are batch_size and replace "
            "both used?"
        )


@pytest.mark.exercise("gradient_variance", weight=2)
def test_independent_examples_have_a_noise_of_one_over_b(student, rng):
    """With replacement the noise is S²/b, also for batches as large as the set; repeats count."""
    w, X, y = regression(rng, 3, 2)
    singles = 2 * (X @ w - y)[:, None] * X
    squares = ((singles - singles.mean(axis=0)) ** 2).sum(axis=1)
    got = student.gradient_variance(w, X, y, batch_size=1, n_draws=60, rng=rng, replace=True)
    times = np.array(
        [(a, b, 60 - a - b) for a in range(61) for b in range(61 - a)]
    )  # how often each may come
    fits = times[np.isclose(times @ squares / 60, got, rtol=1e-9)]  # none: other checks say what is wrong
    assert not len(fits) or fits.all(axis=1).any(), (
        "In sixty batches of one out of three examples, one example has never come. Can each be drawn, the "
        "first and the last one too? rng.integers leaves its upper end out already."
    )
    w, X, y, spread = simplex(rng, 2)
    for _ in range(20):  # three examples out of two: twice one and once the other, or three times one
        got = student.gradient_variance(w, X, y, batch_size=3, n_draws=1, rng=rng, replace=True)
        assert any(close(got, share * spread) for share in (1 / 9, 1.0)), (
            "A batch of three out of two examples, drawn with replacement, has a distance that no such batch "
            "can have. Does an example that comes twice in a batch count twice, and are there batch_size of "
            "them?"
        )
    for n, draws in ((2, 120), (5, 160)):
        w, X, y, spread = simplex(rng, n)
        got = student.gradient_variance(w, X, y, batch_size=n, n_draws=draws, rng=rng, replace=True)
        others = [0.0, spread]  # without replacement, and one batch for all draws at its extremes
        assert laws.reported_mean(got, draws, spread / n, low=0.0, high=spread, against=others), (
            "With replacement the measured distance is not S²/b, beyond what chance explains. Is each of a "
            "batch's examples drawn from all, is a batch drawn anew each time, and how many draws are there?"
        )


@pytest.mark.exercise("gradient_variance")
def test_all_draws_come_from_the_generator(student, rng):
    """The same generator's state gives the same measurement, and drawing on gives another."""
    w, X, y = regression(rng, 11, 3)
    seed = int(rng.integers(2**32))
    ours, theirs, *seeding = (np.random.default_rng(seed) for _ in range(4))
    settings = {"batch_size": 4, "n_draws": 8, "replace": True}
    first = student.gradient_variance(w, X, y, rng=ours, **settings)
    second = student.gradient_variance(w, X, y, rng=ours, **settings)
    again = student.gradient_variance(w, X, y, rng=theirs, **settings)
    assert close(again, first), (
        "Two generators in the same state gave different measurements: something is drawn from elsewhere."
    )
    assert not close(second, first), (
        "A second measurement from the same generator gave the very same number. Do the draws come from "
        "the rng that was handed over?"
    )
    for one, largest in zip(seeding, (2**31, 2**62), strict=True):  # a seed of 32 bits, and one of 64
        one.integers(largest)
        assert not student.stands_at(theirs, one), (
            "One number alone is drawn from rng, and the batches come from another generator that it seeds."
        )


@pytest.mark.exercise("gradient_variance")
def test_batches_are_independent_of_each_other(student, rng):
    """An example may come in several batches, or in none: as many draws as examples do not show each once."""
    w, X, y = regression(rng, 40, 2)
    gradients = 2 * (X @ w - y)[:, None] * X
    away = np.sum((gradients - gradients.mean(axis=0)) ** 2, axis=1)
    for replace in (True, False):
        got = student.gradient_variance(w, X, y, batch_size=1, n_draws=40, rng=rng, replace=replace)
        assert away.min() < got < away.max(), (
            "With batches of one the measured distance lies outside of those that single examples have."
        )
        assert not close(got, away.mean(), rtol=1e-7), (
            "With batches of one and as many draws as examples the expected value comes out exactly, as if "
            "each example came once. Every batch is drawn anew from all the examples."
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
    rng = np.random.default_rng(0)
    first = gradient_variance(w, X, y, batch_size=2, n_draws=50, rng=rng, replace=True)
    second = gradient_variance(w, X, y, batch_size=2, n_draws=50, rng=rng, replace=True)
    bool(first == second)  # the second with other draws
    """,
    """
    X, y, w = np.array([[1.0], [1.0]]), np.array([1.0, -1.0]), np.array([0.0])
    rng = np.random.default_rng(0)  # a batch of three has the gradient -2, -2/3, 2/3 or 2, and never 0
    settings = {"batch_size": 3, "n_draws": 1, "rng": rng, "replace": True}
    bool(min(gradient_variance(w, X, y, **settings) for _ in range(20)) > 0)
    """,
)
