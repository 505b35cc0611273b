"""The gradient of a mini-batch, `minibatch_gradient`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits
from .shared import regression

# --- Checks -------------------------------------------------------------------------------------------------


def mean_squared_error(w: np.ndarray, X: np.ndarray, y: np.ndarray, idx: np.ndarray) -> float:
    return float(np.mean((X[idx] @ w - y[idx]) ** 2))


def slopes(function: Callable[[np.ndarray], float], w: np.ndarray, h: float = 1e-3) -> np.ndarray:
    """Central differences: exact for a parabola, whatever h, up to rounding."""
    steps = h * np.eye(w.size)
    return np.array([(function(w + step) - function(w - step)) / (2 * h) for step in steps])


@pytest.mark.exercise("minibatch_gradient", weight=2)
def test_the_gradient_is_the_slope_of_the_batch_loss(student, rng):
    """The gradient agrees with central differences of the mean squared error over the batch."""
    w, X, y = regression(rng, 12, 5)
    for idx in (rng.permutation(12)[:7], np.arange(12)):  # the last one: all examples in their order
        want = slopes(lambda at, idx=idx: mean_squared_error(at, X, y, idx), w)
        assert close(student.minibatch_gradient(w, X, y, idx), want, rtol=1e-6, atol=1e-8), (
            "The gradient is not the slope of the mean squared error over the examples in idx. The error has "
            "no ½ before it, its mean is over the batch, and the residual's sign decides the direction. Does "
            "each residual multiply its own row, before the mean is taken?"
        )


@pytest.mark.exercise("minibatch_gradient")
def test_a_repeated_example_counts_each_time(student, rng):
    """An example that stands in idx several times counts that often, whatever numbers stand beside it."""
    n = 7
    w, X, y = regression(rng, n, 4)
    singles = [slopes(lambda at, i=i: mean_squared_error(at, X, y, np.array([i])), w) for i in range(n)]
    first, second = (int(i) for i in rng.permutation(n)[:2])
    low = int(rng.integers(n - 3))
    for idx in (
        [first, second] + 1200 * [first],
        [low, low, low + 3, low + 3],  # the ends are as far apart as those of a slice
        [*rng.permutation(n)[2:], first, first],  # as many as there are examples
        [second, *range(n), second],
    ):
        got = student.minibatch_gradient(w, X, y, np.array(idx))
        want = np.mean(np.array(singles)[idx], axis=0)
        assert close(got, want, rtol=1e-6, atol=1e-8), few_digits(got, want) or (
            "A batch drawn with replacement can hold one example several times, and each time counts. Does "
            "your way of picking rows keep repeats, whatever the first and the last number and however many "
            "they are, and does the mean divide by the length of idx?"
        )


@pytest.mark.exercise("minibatch_gradient")
def test_single_examples_average_to_the_whole(student, reference, rng):
    """The estimate is unbiased: over all single examples its mean is the gradient over the whole set."""
    for d, size in ((3, 1.0), (1, 1.0), (2, 1e30), (2, 1e-30)):  # the second gradient has one entry
        w, X, y = regression(rng, 8, d)
        w, y = size * w, size * y
        full = reference.minibatch_gradient(w, X, y, np.arange(8))
        singles = [student.minibatch_gradient(w, X, y, np.array([i])) for i in range(8)]
        assert size == 1.0 or close(np.mean(singles, axis=0), full, atol=1e-14 * size), (
            "With very large or very small weights and targets the gradients of single examples do not "
            "average to that of the whole set. Gradients come as they are: none is cut off, scaled, "
            "rounded or measured by differences of the loss."
        )
        assert size != 1.0 or close(np.mean(singles, axis=0), full), (
            "Averaged over all examples, the gradient of one example is not the gradient of the whole set. "
            "Which loss is differentiated, and over how many examples is its mean? Nothing is rounded, held "
            "in single precision or measured by differences of the loss, which lose digits."
        )
        assert not close(singles[0], singles[1], atol=1e-14 * size), (
            "Two examples have different gradients: is idx used at all?"
        )
    w, X, y = (np.rint(5 * part).astype(int) for part in regression(rng, 8, 3))
    for weights in (w, w + 0.25):
        got, want = (side.minibatch_gradient(weights, X, y, np.arange(7)) for side in (student, reference))
        assert close(got, want), (
            "With whole numbers for examples and targets, and for weights perhaps, the gradient is another. "
            "If it is right with floats: does anything take the type of an array of whole numbers, for "
            "example an array that you write into, or w and y where they are converted? Neither the gradient "
            "nor a residual need be whole, nor the weights where X is."
        )


@pytest.mark.exercise("minibatch_gradient")
def test_other_examples_play_no_part(student, rng):
    """Changing examples outside the batch changes nothing, changing one inside does."""
    w, X, y = regression(rng, 10, 3)
    order = rng.permutation(10)
    inside, outside = order[:4], order[4:]
    elsewhere, here = X.copy(), X.copy()
    elsewhere[outside] += 1.0
    here[inside[0]] += 1.0
    got = [student.minibatch_gradient(w, rows, y, inside) for rows in (X, elsewhere, here)]
    assert close(got[1], got[0]), (
        "Examples that are not in idx have changed the gradient. A mini-batch's gradient sees its own "
        "examples alone, and that is what makes it cheap."
    )
    assert not close(got[2], got[0]), "An example in idx has changed and the gradient has not: is idx used?"


# --- Mistakes -----------------------------------------------------------------------------------------------


RESIDUAL, GRADIENT = "residual = X[idx] @ w - y[idx]", "return 2 * X[idx].T @ residual / len(idx)"

MISTAKES = mistakes(
    "minibatch_gradient",
    (
        "sum_over_the_batch",
        "The examples' gradients are added up and not averaged, so that a larger batch makes a larger "
        "step. What does the mean divide by?",
        (GRADIENT, "return 2 * X[idx].T @ residual"),
    ),
    (
        "divided_by_all_examples",
        "The sum over the batch is divided by the number of all examples. The mean is over the batch "
        "alone: look at the last division.",
        (GRADIENT, "return 2 * X[idx].T @ residual / len(X)"),
    ),
    (
        "uphill",
        "The gradient points the wrong way: the residual's sign is turned round. It is the prediction less "
        "the target.",
        (RESIDUAL, "residual = y[idx] - X[idx] @ w"),
    ),
    (
        "idx_ignored",
        "The gradient is that of all examples, whatever idx says. Pick the batch's rows of X and of y first.",
        (RESIDUAL, "idx = np.arange(len(X))\n    residual = X[idx] @ w - y[idx]"),
    ),
    (
        "repeats_dropped",
        "An example that stands in idx several times counts only once, as with a mask of rows or a set of "
        "numbers. Index with idx itself, which keeps repeats.",
        (RESIDUAL, "idx = np.unique(idx)\n    residual = X[idx] @ w - y[idx]"),
    ),
    (
        "targets_of_the_first",
        "The rows of X are the batch's, the targets are the first ones of y. Cut both alike: look at the "
        "index of y.",
        (RESIDUAL, "residual = X[idx] @ w - y[: len(idx)]"),
    ),
    (
        "slice_for_the_ends",
        "Where the last number less the first is one below the length of idx, a slice is taken. idx may come "
        "in any order, with repeats, and is none then: index with idx itself.",
        (
            RESIDUAL,
            "if idx[-1] - idx[0] == len(idx) - 1:\n"
            "        idx = np.arange(idx[0], idx[-1] + 1)\n"
            "    residual = X[idx] @ w - y[idx]",
        ),
    ),
    (
        "product_of_means",
        "The mean residual is multiplied by the mean row. Each residual belongs to its own row: multiply "
        "first, then take the mean.",
        (GRADIENT, "return 2 * np.mean(residual) * np.mean(X[idx], axis=0)"),
    ),
    (
        "residual_not_squared",
        "This is the gradient of the mean absolute error: only the residual's sign is in it. The slope of "
        "a square grows with the residual.",
        (RESIDUAL, "residual = np.sign(X[idx] @ w - y[idx]) / 2"),
    ),
    (
        "clipped",
        "The gradient is cut off at a bound. Nobody asks for that here: it comes as it is, however large.",
        (GRADIENT, "return np.clip(2 * X[idx].T @ residual / len(idx), -100.0, 100.0)"),
    ),
    free={"clipped": ("-{0}, {0})", ("100.0", "1.0", "5.0", "10.0", "1000.0", "1e4"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "minibatch_gradient",
    (
        "with_a_half",
        "This is the gradient of half the squared error, as Bishop's book and many lectures have it. "
        "The loss here has no ½, so that its gradient keeps the 2.",
        (GRADIENT, "return X[idx].T @ residual / len(idx)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class OneExampleAtATime:
    """A loop over the batch that adds up one example's gradient after the other."""

    def minibatch_gradient(w, X, y, idx):
        total = np.zeros(len(w))
        for i in idx:
            total += 2 * (sum(X[i, j] * w[j] for j in range(len(w))) - y[i]) * X[i]
        return total / len(idx)


class ByEinsum:
    """One einsum; the mean over rows taken at the end."""

    def minibatch_gradient(w, X, y, idx):
        rows, targets = np.take(X, idx, axis=0), np.take(y, idx)
        return np.mean(2 * np.einsum("bi,bj,j->bi", rows, rows, w) - 2 * targets[:, None] * rows, axis=0)


class NormalEquations:
    """X'X and X'y of the batch, as one writes it after expanding the square."""

    def minibatch_gradient(w, X, y, idx):
        A, t, b = X[idx], y[idx], float(len(idx))
        return (A.T @ A) @ w * (2.0 / b) - A.T @ t * (2.0 / b)


VARIANTS = variants("minibatch_gradient", OneExampleAtATime, ByEinsum, NormalEquations)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "minibatch_gradient",
    """
    X, y = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), np.array([1.0, 0.0, 3.0])
    minibatch_gradient(np.array([1.0, 1.0]), X, y, np.array([2, 1, 1]))
    """,
    """
    X, y = np.array([[1.0], [2.0], [5.0]]), np.array([1.0, 0.0, 3.0])
    minibatch_gradient(np.array([2.0]), X, y, np.array([0, 0, 2]))
    """,
    "minibatch_gradient(np.array([0.0]), np.array([[1.0], [1.0]]), np.array([-2e7, 0.0]), np.array([0, 1]))",
)
