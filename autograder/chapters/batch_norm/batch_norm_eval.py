"""Batch normalisation at inference, `batch_norm_eval`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import few_digits
from .shared import EPS, SQUARE, batch, images, running

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_eval", weight=2)
def test_inference_is_a_fixed_map(student, reference, rng):
    """Batches of any size, a single row among them, go through the map that the statistics describe."""
    for n, d in ((40, 6), (1, 4), (3, 1), (4, 4)):
        x, gamma, beta, _ = batch(rng, n, d)
        gamma[0] *= n != 3
        start = running(rng, d) if n != 40 else (np.zeros(d), np.ones(d))
        got, want = (side.batch_norm_eval(x, gamma, beta, *start) for side in (student, reference))
        where = "For running statistics of zeros and ones, as they start: " if n == 40 else SQUARE[n == d]
        assert close(got, want), few_digits(got, want) or (
            f"{where}The output is not that of the fixed map. Which mean is subtracted, whose root "
            "is taken, and does γ keep its sign, and may it be 0? Nothing is cut off, and the size of the "
            "batch plays no part."
        )


@pytest.mark.exercise("batch_norm_eval")
def test_a_row_does_not_depend_on_the_other_rows(student, rng):
    """A row comes out alone as it does in a batch, and two different rows come out differently."""
    x, gamma, beta, _ = batch(rng, 6, 3)
    start = running(rng, 3)
    together = student.batch_norm_eval(x, gamma, beta, *start)
    alone = np.concatenate([student.batch_norm_eval(row[None], gamma, beta, *start) for row in x])
    assert close(together, alone), (
        "A row's output changes with the rows beside it: something is still computed from the batch."
    )
    want = (x[0] - x[1]) / np.sqrt(start[1] + EPS) * gamma
    got = together[0] - together[1]
    assert close(got, want, rtol=1e-8), few_digits(got, want) or (
        "The difference of two rows of the output is not that of x, times γ over the root of the running "
        "variance plus ε. Each row is shifted and scaled alike, and no digits are lost."
    )


@pytest.mark.exercise("batch_norm_eval")
def test_the_running_mean_comes_out_as_the_shift(student, rng):
    """A row that equals the running mean becomes β, whatever the scale."""
    _, gamma, beta, _ = batch(rng, 3, 5)
    mean, var = running(rng, 5)
    got = student.batch_norm_eval(mean[None], gamma, beta, mean, var)
    assert close(got[0], beta), "The running mean itself should come out as β: what is multiplied by γ?"


@pytest.mark.exercise("batch_norm_eval")
def test_epsilon_counts_at_inference_too(student, reference, rng):
    """For running variances as small as ε, or zero, and for a large ε, the place of ε shows."""
    x, gamma, beta, _ = batch(rng, 4, 3)
    mean, var = running(rng, 3)
    for factor, eps, where in (
        (1.0, float(rng.uniform(0.5, 2.0)), "With a large ε"),
        (1e-5, EPS, "Where the running variance is as small as ε"),
        (1e-9, 1e-10, "Where the running variance is as small as ε"),
        (1e-46, 1e-48, "Where running variance and ε are tiny"),
        (0.0, EPS, "Where the running variance is 0"),
        (1e8, EPS, "Where the running variance is very large"),
        (0.0, 1.0, "With a large ε and a map that changes nothing"),
    ):
        if factor == 0.0 and eps == 1.0:
            gamma, beta, mean = np.ones(3), np.zeros(3), np.zeros(3)
        got = student.batch_norm_eval(x, gamma, beta, mean, factor * var, eps=eps)
        want = reference.batch_norm_eval(x, gamma, beta, mean, factor * var, eps=eps)
        assert close(got, want, atol=1e-12 * max(1.0, np.abs(want).max())), (
            f"{where}, the output is another than in training's formula: ε is added inside of the root, and "
            "the variance is taken as it is, be it 0."
        )


@pytest.mark.exercise("batch_norm_eval", weight=2)
@pytest.mark.parametrize("shape", [(3, 4, 4, 5), (3, 3, 3, 3), (1, 5, 2, 5), (2, 3, 1, 1), (4, 1, 2, 3)])
def test_an_image_goes_through_its_channels_maps(student, rng, shape):
    """All pixels of a channel go through the map of that channel, whatever the number of channels."""
    x, gamma, beta, _ = images(rng, shape)
    x[0, 0, 0, 0] += 1e4
    mean, var = running(rng, shape[1])
    var[-1] = 0.0
    if shape == (2, 3, 1, 1):
        mean, var = np.zeros(3), np.ones(3)  # as they start
    eps = float(rng.uniform(0.5, 2.0))
    got = student.batch_norm_eval(x, gamma, beta, mean, var, eps=eps)
    want = np.empty(shape)
    for c in range(shape[1]):
        want[:, c] = gamma[c] * (x[:, c] - mean[c]) / np.sqrt(var[c] + eps) + beta[c]
    where = {
        (3, 3, 3, 3): "Where all four axes are equally long",
        (1, 5, 2, 5): "For a single image",
        (2, 3, 1, 1): "For images of one pixel, and running statistics of zeros and ones,",
        (4, 1, 2, 3): "For images of one channel",
    }.get(shape, "For images (N, D, H, W)")
    assert close(got, want), few_digits(got, want) or (
        f"{where} the output is "
        "another: γ, β and the running statistics have one number for each channel, which is the second "
        "axis, whatever the sizes; ε is the call's for images, too; every pixel keeps its place; nothing is "
        "cut off; and a running variance counts as it is, be it 0."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MEAN, SCALE = "(x - running_mean)", "/ np.sqrt(running_var + eps)"
OVER = "axis=(0, 2, 3) if x.ndim == 4 else 0, keepdims=True"

MISTAKES = mistakes(
    "batch_norm_eval",
    (
        "batch_statistics_at_inference",
        "The batch's own mean and variance are used: that is the training form. At inference a row's output "
        "must not depend on the other rows, and the running statistics decide.",
        (MEAN, f"(x - x.mean({OVER}))"),
        (SCALE, f"/ np.sqrt(x.var({OVER}) + eps)"),
    ),
    (
        "batch_mean_at_inference",
        "The mean that is subtracted is the batch's. A single row is its own mean, and would always come out "
        "as β.",
        (MEAN, f"(x - x.mean({OVER}))"),
    ),
    (
        "variance_for_standard_deviation",
        "The running variance is used as if it were a standard deviation. It is kept as a variance: the root "
        "is still to be taken.",
        (SCALE, "/ (running_var + eps)"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken. It stands inside, as in training, so that both forms agree.",
        (SCALE, "/ (np.sqrt(running_var) + eps)"),
    ),
    (
        "epsilon_as_a_floor",
        "The running variance is only kept from falling below ε. ε is added to it, whatever it is, as in "
        "training.",
        (SCALE, "/ np.sqrt(np.maximum(running_var, eps))"),
    ),
    (
        "zero_variance_taken_for_one",
        "A running variance of 0 counts as 1. It stays 0 here: the root of ε is what divides then.",
        (SCALE, "/ np.sqrt(np.where(running_var == 0, 1.0, running_var) + eps)"),
    ),
    (
        "no_epsilon",
        "There is no ε. Inference must have the same one as training, and a feature that never varied would "
        "be divided by zero.",
        (SCALE, "/ np.sqrt(running_var)"),
    ),
    (
        "default_epsilon_always",
        "ε has its usual value whatever the call asks for.",
        (SCALE, "/ np.sqrt(running_var + 1e-5)"),
    ),
    (
        "mean_left_in",
        "The running mean is not subtracted.",
        (MEAN, "x"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ: it is added last.",
        ("gamma * (x - running_mean)", "gamma * ((x - running_mean)"),
        ("eps) + beta", "eps) + beta)"),
    ),
    (
        "channels_last",
        "Images are read as if their channels were the last axis. They are (N, D, H, W): the second one.",
        ("value[:, None, None]", "value"),
    ),
    (
        "pixels_averaged",
        "Images are averaged over their pixels before the map. Every pixel goes through it by itself.",
        (MEAN, "((x.mean(axis=(2, 3), keepdims=True) if x.ndim == 4 else x) - running_mean + 0 * x)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class EvalFolded:
    """Scale and shift are folded into one factor and one summand, as for deployment."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        factor = gamma / np.sqrt(running_var + eps)
        summand = beta - running_mean * factor
        if x.ndim == 4:
            factor, summand = factor[None, :, None, None], summand[None, :, None, None]
        return x * factor + summand


class EvalLoops:
    """Number by number; the second index is the feature's, with pixels or without."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        y = np.empty_like(x)
        for place in np.ndindex(x.shape):
            j = place[1]
            std = (running_var[j] + eps) ** 0.5
            y[place] = beta[j] + gamma[j] * (x[place] - running_mean[j]) / std
        return y


class EvalMatrix:
    """As a product with a diagonal matrix, from centred rows; pixels become rows and go back."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        rows = np.moveaxis(x, 1, -1)
        scale = np.diag(gamma * np.reciprocal(np.sqrt(eps + running_var)))
        y = np.subtract(rows, running_mean) @ scale
        y += beta
        assert y.shape == rows.shape
        return np.moveaxis(y, -1, 1)


VARIANTS = variants("batch_norm_eval", EvalFolded, EvalLoops, EvalMatrix)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_norm_eval",
    """
    x, gamma, beta = np.array([[5.0]]), np.array([2.0]), np.array([1.0])
    batch_norm_eval(x, gamma, beta, np.array([1.0]), np.array([3.0]), eps=1.0)
    """,
    "batch_norm_eval(np.array([[5.0]]), np.ones(1), np.zeros(1), np.array([1.0]), np.zeros(1), eps=0.25)",
    """
    x, gamma, beta = np.array([[[[5.0, 1.0]], [[8.0, 2.0]]]]), np.array([1.0, 2.0]), np.array([0.0, 7.0])
    batch_norm_eval(x, gamma, beta, np.array([1.0, 2.0]), np.array([3.0, 8.0]), eps=1.0)
    """,
)
