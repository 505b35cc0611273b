"""Batch normalisation in training, `batch_norm_train`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import EPS, SIZES, batch, far_off, running, small

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_train", weight=2)
def test_each_feature_is_normalised_by_its_batch(student, reference, rng):
    """Features of all sizes and offsets follow the formula, for batches of several shapes."""
    for n, d in SIZES:
        x, gamma, beta, _ = batch(rng, n, d)
        start = running(rng, d)
        got = student.batch_norm_train(x, gamma, beta, *start)[0]
        assert close(got, reference.batch_norm_train(x, gamma, beta, *start)[0], rtol=1e-8, atol=1e-9), (
            "The output is another one. Take one column: its own mean off, over the root of its own "
            "variance, which divides by N; then γ and β. Have the running statistics a part in it?"
        )


@pytest.mark.exercise("batch_norm_train", weight=2)
@pytest.mark.parametrize("part", ["mean", "variance"])
def test_running_statistics_follow_three_batches(student, reference, rng, part):
    """Over three batches of different sizes the running statistics take in a share of each."""
    d, place = 4, ["mean", "variance"].index(part) + 1
    before = running(rng, d)
    for n in (3, 8, 5):
        x, gamma, beta, _ = batch(rng, n, d)
        got = student.batch_norm_train(x, gamma, beta, *before, momentum=0.1)
        _, *before = reference.batch_norm_train(x, gamma, beta, *before, momentum=0.1)
        assert close(got[place], before[place - 1]), (
            f"The running {part} is another after some batches. What is the weight of the old and what that "
            "of the new, and which variance is it that comes in: divided by N, or by N - 1?"
        )


@pytest.mark.exercise("batch_norm_train")
def test_momentum_weighs_the_new_batch(student, reference, rng):
    """With any momentum between 0 and 1 that share of the new batch comes in."""
    for momentum in (float(rng.uniform(0.3, 0.8)), 1.0, 0.0):
        x, gamma, beta, _ = batch(rng, 6, 3)
        start = running(rng, 3)
        _, *got = student.batch_norm_train(x, gamma, beta, *start, momentum=momentum)
        _, *want = reference.batch_norm_train(x, gamma, beta, *start, momentum=momentum)
        assert close(got, want), (
            "With another momentum the running statistics are wrong. At 0 nothing of the batch comes in, at "
            "1 nothing of the past is left."
        )


@pytest.mark.exercise("batch_norm_train")
def test_epsilon_stands_in_the_root(student, reference, rng):
    """For features as small as ε, and for a large ε, the place of ε shows."""
    for x, eps in (
        (small(rng, 6, 3), EPS),
        (1e-2 * small(rng, 6, 3), 1e-10),
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2.0))),
    ):
        _, gamma, beta, _ = batch(rng, 6, 3)
        start = running(rng, 3)
        got = student.batch_norm_train(x, gamma, beta, *start, eps=eps)[0]
        assert close(got, reference.batch_norm_train(x, gamma, beta, *start, eps=eps)[0], rtol=1e-8), (
            "Where ε is not small beside the variance, the output is another. ε is added to the variance, "
            "before the root is taken, and it is the ε that the call gives."
        )


@pytest.mark.exercise("batch_norm_train")
def test_a_constant_feature_comes_out_as_the_shift(student, rng):
    """A feature that is the same in all rows becomes β, and no NaN."""
    x, gamma, beta, _ = batch(rng, 5, 3)
    x[:, 1] = float(rng.integers(2, 9))
    got = student.batch_norm_train(x, gamma, beta, *running(rng, 3))[0]
    assert close(got[:, 1], np.full(5, beta[1])), (
        "A constant feature has variance zero and nothing left after its mean is taken off: 0 over the root "
        "of ε is 0, and β is what remains."
    )


@pytest.mark.exercise("batch_norm_train")
def test_a_large_offset_changes_nothing(student, rng):
    """Noise far from zero comes out as the same noise around zero does."""
    noise, shifted = far_off(rng, (6, 3))
    _, gamma, beta, _ = batch(rng, 6, 3)
    start = running(rng, 3)
    far, near = (student.batch_norm_train(x, gamma, beta, *start)[0] for x in (shifted, noise))
    assert close(far, near, rtol=1e-5, atol=1e-5) and np.ptp(near, axis=0).min() > 0.1, (
        "With a large offset on all rows the output is noise. The mean of squares minus the square of the "
        "mean loses all its digits there: take the mean off first, and square then."
    )


@pytest.mark.exercise("batch_norm_train")
def test_the_output_has_the_mean_and_deviation_asked_for(student, rng):
    """Each output feature has mean β and standard deviation |γ|, whatever the running statistics are."""
    x, gamma, beta, _ = batch(rng, 9, 4)
    x = 100 * x  # so that ε plays no part
    got = student.batch_norm_train(x, gamma, beta, *running(rng, 4))[0]
    assert close(got.mean(axis=0), beta, rtol=1e-4, atol=1e-6), (
        "A feature of the output has not β as its mean. Is the mean taken feature by feature, and is β "
        "added after γ has multiplied?"
    )
    assert close(got.std(axis=0), np.abs(gamma), rtol=1e-4), (
        "The standard deviation (divided by N) of an output feature is not |γ|."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


STATISTICS = "mean, var = x.mean(axis=0), x.var(axis=0)"
OUTPUT = "y = gamma * (x - mean) / np.sqrt(var + eps) + beta"
MOVE_MEAN = "running_mean = (1 - momentum) * running_mean + momentum * mean"
MOVE_VAR = "running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)"

MISTAKES = mistakes(
    "batch_norm_train",
    (
        "nearly_constant_taken_for_constant",
        "A feature with a small variance comes out as β, as if it were constant. No variance is too small: ε "
        "alone guards the division.",
        (OUTPUT, "y = gamma * np.where(np.isclose(var, 0), 0.0, x - mean) / np.sqrt(var + eps) + beta"),
    ),
    (
        "one_mean_for_all",
        "One mean and one variance are taken over the whole batch, all features together. Each column has "
        "its own: look at the axis.",
        (STATISTICS, "mean, var = x.mean() + np.zeros(x.shape[1]), x.var() + np.zeros(x.shape[1])"),
    ),
    (
        "rows_normalised",
        "Each row is normalised over its features: that is layer normalisation. Here a feature is "
        "normalised over the rows, so look at the axis.",
        (
            OUTPUT,
            "middle, spread = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)\n    y = gamma * "
            "(x - middle) / np.sqrt(spread + eps) + beta",
        ),
    ),
    (
        "unbiased_in_the_output",
        "The output is normalised by the variance that divides by N - 1. In the output it divides by N; N - "
        "1 is for the running variance alone.",
        (OUTPUT, "y = gamma * (x - mean) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta"),
    ),
    (
        "epsilon_outside",
        "ε is added to the standard deviation, after the root is taken. In every normalisation layer it "
        "stands inside of the root; outside it stands in Adam.",
        (OUTPUT, "y = gamma * (x - mean) / (np.sqrt(var) + eps) + beta"),
    ),
    (
        "no_epsilon",
        "There is no ε, so that a constant feature becomes 0/0, which is NaN. (A well-known slide prints "
        "the formula so.)",
        (OUTPUT, "y = gamma * (x - mean) / np.sqrt(var) + beta"),
    ),
    (
        "default_epsilon_always",
        "ε has its usual value whatever the call asks for. Look at whether the argument eps is used.",
        (OUTPUT, "y = gamma * (x - mean) / np.sqrt(var + 1e-5) + beta"),
    ),
    (
        "divided_by_the_variance",
        "The distance from the mean is divided by the variance. The root is missing: only with it does the "
        "unit of x cancel.",
        (OUTPUT, "y = gamma * (x - mean) / (var + eps) + beta"),
    ),
    (
        "mean_left_in",
        "The mean is not taken off: x itself is divided by the standard deviation. Look at the numerator of "
        "x̂.",
        (OUTPUT, "y = gamma * x / np.sqrt(var + eps) + beta"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ. It is added last, after γ has done its work: look at your brackets.",
        (OUTPUT, "y = gamma * ((x - mean) / np.sqrt(var + eps) + beta)"),
    ),
    (
        "neither_scale_nor_shift",
        "x̂ itself comes out: γ and β are not used.",
        (OUTPUT, "y = (x - mean) / np.sqrt(var + eps)"),
    ),
    (
        "short_variance",
        "The variance is taken as the mean of squares less the square of the mean. On paper that is the "
        "same; at a large offset no digit of it is right, and it may even be negative. Take the mean off "
        "before you square.",
        (STATISTICS, "mean = x.mean(axis=0)\n    var = np.maximum((x**2).mean(axis=0) - mean**2, 0)"),
    ),
    (
        "running_statistics_in_training",
        "The output is normalised by the running statistics. In training the batch's own are used; the "
        "running ones are only kept for later.",
        (OUTPUT, "y = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "new_statistics_in_the_output",
        "The running statistics are moved first and then used for the output. The output needs the batch's "
        "own.",
        (OUTPUT, "y = None"),
        (MOVE_VAR, MOVE_VAR + "\n    y = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "running_never_moved",
        "The running statistics come back as they were, so that use will know nothing of the data.",
        (MOVE_MEAN, "running_mean = running_mean.copy()"),
        (MOVE_VAR, "running_var = running_var.copy()"),
    ),
    (
        "last_batch_only",
        "The running statistics are those of the last batch, and all the others are forgotten. A share of "
        "the old stays: look at the momentum.",
        (MOVE_MEAN, "running_mean = mean"),
        (MOVE_VAR, "running_var = var * n / (n - 1)"),
    ),
    (
        "running_without_forgetting",
        "The new batch is added and nothing of the old is taken away, so that the running statistics grow "
        "with every batch. The two weights add up to one.",
        (MOVE_MEAN, "running_mean = running_mean + momentum * mean"),
        (MOVE_VAR, "running_var = running_var + momentum * var * n / (n - 1)"),
    ),
    (
        "momentum_or_default",
        "A momentum of 0 is replaced by the usual tenth. Zero is a number like any other: nothing of the "
        "batch comes in.",
        (MOVE_MEAN, "momentum = momentum or 0.1\n    " + MOVE_MEAN),
    ),
    (
        "epsilon_in_the_running_variance",
        "ε comes into the running variance. It belongs under the root of the output alone.",
        (MOVE_VAR, MOVE_VAR.replace("momentum * var", "momentum * (var + eps)")),
    ),
    (
        "default_momentum_always",
        "The running statistics move by the usual tenth whatever momentum the call gives.",
        (MOVE_MEAN, "running_mean = 0.9 * running_mean + 0.1 * mean"),
        (MOVE_VAR, "running_var = 0.9 * running_var + 0.1 * var * n / (n - 1)"),
    ),
    (
        "running_deviation",
        "A standard deviation goes into the running variance: inference takes the root itself.",
        (MOVE_VAR, "running_var = (1 - momentum) * running_var + momentum * np.sqrt(var * n / (n - 1))"),
    ),
    (
        "correction_upside_down",
        "The factor between the two variances is upside down: dividing by N - 1 gives the larger one.",
        (MOVE_VAR, "running_var = (1 - momentum) * running_var + momentum * var * (n - 1) / n"),
    ),
    (
        "correction_on_the_old_too",
        "The factor N/(N-1) is applied to the old running variance as well, which has it already. It "
        "belongs to the batch's variance alone: look at your brackets.",
        (MOVE_VAR, "running_var = ((1 - momentum) * running_var + momentum * var) * n / (n - 1)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "batch_norm_train",
    (
        "momentum_weighs_the_old",
        "Momentum is the weight of the old statistics: so Keras has it (0.99 there is 0.01 here). Here, "
        "as in PyTorch, it is the weight of the new batch.",
        (MOVE_MEAN, "running_mean = momentum * running_mean + (1 - momentum) * mean"),
        (MOVE_VAR, "running_var = momentum * running_var + (1 - momentum) * var * n / (n - 1)"),
    ),
    (
        "biased_running_variance",
        "The running variance takes in the batch's variance divided by N, as Keras does it. Here, as in "
        "the paper and in PyTorch, the running variance is unbiased.",
        (MOVE_VAR, "running_var = (1 - momentum) * running_var + momentum * var"),
    ),
    (
        "keras",
        "Momentum weighs the old statistics and the running variance divides by N: that is Keras' "
        "convention. Here momentum weighs the new batch and the running variance is unbiased.",
        (MOVE_MEAN, "running_mean = momentum * running_mean + (1 - momentum) * mean"),
        (MOVE_VAR, "running_var = momentum * running_var + (1 - momentum) * var"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_norm_train",
    """
    x, gamma, beta = np.array([[1.0, 0.0], [5.0, 2.0]]), np.array([2.0, 3.0]), np.array([1.0, -1.0])
    batch_norm_train(x, gamma, beta, np.zeros(2), np.ones(2), momentum=0.5, eps=1.0)
    """,
    """
    x = np.array([[1e9], [1e9 + 2]])
    batch_norm_train(x, np.ones(1), np.zeros(1), np.zeros(1), np.ones(1))
    """,
)
