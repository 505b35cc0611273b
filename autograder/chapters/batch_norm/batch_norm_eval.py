"""Batch normalisation in inference, `batch_norm_eval`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from .shared import EPS, batch, running

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_eval", weight=2)
def test_use_is_a_fixed_map(student, reference, rng):
    """Batches of any size, a single row among them, go through the map that the statistics describe."""
    for n, d in ((1, 4), (5, 3), (3, 6)):
        x, gamma, beta, _ = batch(rng, n, d)
        start = running(rng, d)
        got = student.batch_norm_eval(x, gamma, beta, *start)
        assert close(got, reference.batch_norm_eval(x, gamma, beta, *start)), (
            "The output is not that of the fixed map. Which mean is taken off, and of what is the root taken?"
        )


@pytest.mark.exercise("batch_norm_eval")
def test_a_row_does_not_depend_on_its_company(student, rng):
    """A row comes out alone as it does in a batch, and two different rows come out differently."""
    x, gamma, beta, _ = batch(rng, 6, 3)
    start = running(rng, 3)
    together = student.batch_norm_eval(x, gamma, beta, *start)
    alone = np.concatenate([student.batch_norm_eval(row[None], gamma, beta, *start) for row in x])
    assert close(together, alone), (
        "A row's output changes with the rows beside it: something is still computed from the batch."
    )
    want = (x[0] - x[1]) / np.sqrt(start[1] + EPS) * gamma
    assert close(together[0] - together[1], want, rtol=1e-8), (
        "The difference of two rows is scaled otherwise than by γ over the root of the running variance."
    )


@pytest.mark.exercise("batch_norm_eval")
def test_the_running_mean_comes_out_as_the_shift(student, rng):
    """A row that equals the running mean becomes β, whatever the scale."""
    _, gamma, beta, _ = batch(rng, 3, 5)
    mean, var = running(rng, 5)
    got = student.batch_norm_eval(mean[None], gamma, beta, mean, var)
    assert close(got[0], beta), "The running mean itself should come out as β: what is multiplied by γ?"


@pytest.mark.exercise("batch_norm_eval")
def test_epsilon_counts_in_use_too(student, reference, rng):
    """For running variances as small as ε, or zero, and for a large ε, the place of ε shows."""
    x, gamma, beta, _ = batch(rng, 4, 3)
    mean, var = running(rng, 3)
    for factor, eps in ((1e-5, EPS), (0.0, EPS), (1.0, float(rng.uniform(0.5, 2.0)))):
        got = student.batch_norm_eval(x, gamma, beta, mean, factor * var, eps=eps)
        assert close(got, reference.batch_norm_eval(x, gamma, beta, mean, factor * var, eps=eps)), (
            "Where ε is not small beside the running variance, the output is another than in training's "
            "formula: ε is added inside of the root."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MAP = "return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"

MISTAKES = mistakes(
    "batch_norm_eval",
    (
        "batch_statistics_in_use",
        "The batch's own mean and variance are used: that is the training form. In use a row's output must "
        "not depend on its company, and the running statistics decide.",
        (MAP, "return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta"),
    ),
    (
        "batch_mean_in_use",
        "The mean that is taken off is the batch's. A single row is its own mean, and would always come out "
        "as β.",
        (MAP, "return gamma * (x - x.mean(axis=0)) / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "variance_for_deviation",
        "The running variance is used as if it were a deviation. It is kept as a variance: the root is "
        "still to be taken.",
        (MAP, "return gamma * (x - running_mean) / (running_var + eps) + beta"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken. It stands inside, as in training, so that both forms agree.",
        (MAP, "return gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta"),
    ),
    (
        "no_epsilon",
        "There is no ε. Use must have the same one as training, and a feature that never varied divides by "
        "zero.",
        (MAP, "return gamma * (x - running_mean) / np.sqrt(running_var) + beta"),
    ),
    (
        "default_epsilon_always",
        "ε has its usual value whatever the call asks for.",
        (MAP, "return gamma * (x - running_mean) / np.sqrt(running_var + 1e-5) + beta"),
    ),
    (
        "mean_left_in",
        "The running mean is not taken off.",
        (MAP, "return gamma * x / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ: it is added last.",
        (MAP, "return gamma * ((x - running_mean) / np.sqrt(running_var + eps) + beta)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class EvalFolded:
    """Scale and shift are folded into one factor and one summand, as for deployment."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        factor = gamma / np.sqrt(running_var + eps)
        return x * factor + (beta - running_mean * factor)


class EvalLoops:
    """Number by number."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        y = np.empty_like(x)
        for i, j in np.ndindex(x.shape):
            deviation = (running_var[j] + eps) ** 0.5
            y[i, j] = beta[j] + gamma[j] * (x[i, j] - running_mean[j]) / deviation
        return y


class EvalMatrix:
    """As a product with a diagonal matrix, from centred rows; asserts its own shape."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        scale = np.diag(gamma * np.reciprocal(np.sqrt(eps + running_var)))
        y = np.subtract(x, running_mean) @ scale
        y += beta
        assert y.shape == x.shape
        return y


VARIANTS = variants("batch_norm_eval", EvalFolded, EvalLoops, EvalMatrix)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_norm_eval",
    """
    x, gamma, beta = np.array([[5.0]]), np.array([2.0]), np.array([1.0])
    batch_norm_eval(x, gamma, beta, np.array([1.0]), np.array([3.0]), eps=1.0)
    """,
)
