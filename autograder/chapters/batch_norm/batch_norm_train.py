"""Batch normalisation in training, `batch_norm_train`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

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
