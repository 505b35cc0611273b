"""Batch normalisation in training, `batch_norm_train`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits
from .shared import EPS, SIZES, SQUARE, batch, far_off, running, small

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_train", weight=2)
def test_each_feature_is_normalised_by_its_batch(student, reference, rng):
    """Features of all sizes and offsets follow the formula, for batches of several shapes."""
    for n, d in (SIZES[0], (1500, 2), *SIZES[1:]):
        x, gamma, beta, _ = batch(rng, n, d)
        x[0] += 1e6 * (n == 1500)  # a row whose x̂ is 38
        start = running(rng, d)
        got = student.batch_norm_train(x, gamma, beta, *start)[0]
        want = reference.batch_norm_train(x, gamma, beta, *start)[0]
        where = (
            "Where one row lies far from all others: nothing is cut off. " if n == 1500 else SQUARE[n == d]
        )
        assert close(got, want, rtol=1e-8, atol=1e-9), few_digits(got, want) or (
            f"{where}The output is another one. Take one column: its own mean off, over the root of its own "
            "variance, which divides by N; then γ, with its sign, and β. Have the running statistics a part "
            "in it?"
        )


@pytest.mark.exercise("batch_norm_train", weight=2)
@pytest.mark.parametrize("part", ["mean", "variance"])
def test_running_statistics_follow_three_batches(student, reference, rng, part):
    """Over batches of different sizes, small and large, the running statistics take in a share of each."""
    d, place = 4, ["mean", "variance"].index(part) + 1
    before = running(rng, d)
    before[1][0] = 0.0
    for n in (3, 8, 2, 5, 40):
        x, gamma, beta, _ = batch(rng, n, d)
        x[:, 0] = 2.0  # a feature that never varies
        got = student.batch_norm_train(x, gamma, beta, *before, momentum=0.1)
        _, *before = reference.batch_norm_train(x, gamma, beta, *before, momentum=0.1)
        where = {2: "After a batch of two rows", 40: "After a large batch"}.get(n, "After some batches")
        got, want = got[place], before[place - 1]
        assert close(got[1:], want[1:]), few_digits(got, want) or (
            f"{where} the running {part} is another. What is the weight of the old and what that of the "
            "new, and which variance of the batch comes in: divided by N, or by N - 1? It is so for any N."
        )
        assert close(got[0], want[0]), (
            f"For a feature that never varies the running {part} is another. A variance of 0 comes in as 0, "
            "and a running variance of 0 stays 0."
        )


@pytest.mark.exercise("batch_norm_train")
def test_momentum_weighs_the_new_batch(student, reference, rng):
    """With any momentum between 0 and 1 that share of the new batch comes in."""
    for momentum in (float(rng.uniform(0.3, 0.8)), 1.0, 0.0, 0.2):
        x, gamma, beta, _ = batch(rng, 6, 3)
        first = momentum == 0.2
        start = (np.zeros(3), np.ones(3)) if first else running(rng, 3)
        _, *got = student.batch_norm_train(x, gamma, beta, *start, momentum=momentum)
        _, *want = reference.batch_norm_train(x, gamma, beta, *start, momentum=momentum)
        assert close(got, want), few_digits(got, want) or (
            "From running statistics of zeros and ones those after the batch are others: the first batch, "
            "too, comes in with its share only."
            if first
            else "With another momentum the running statistics are wrong. At 0 nothing of the batch comes "
            "in, at 1 nothing of the past is left."
        )


@pytest.mark.exercise("batch_norm_train")
def test_epsilon_stands_in_the_root(student, reference, rng):
    """For features as small as ε, and for a large ε, the place of ε shows."""
    for x, eps in (
        (small(rng, 6, 3), EPS),
        (1e-2 * small(rng, 6, 3), 1e-10),
        (1e-20 * small(rng, 6, 3), 1e-46),
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2.0))),
    ):
        _, gamma, beta, _ = batch(rng, 6, 3)
        gamma[1], start = 0.0, running(rng, 3)
        got = student.batch_norm_train(x, gamma, beta, *start, eps=eps)[0]
        want = reference.batch_norm_train(x, gamma, beta, *start, eps=eps)[0]
        assert close(got[:, [0, 2]], want[:, [0, 2]], rtol=1e-8), (
            "Where ε is not small beside the variance, the output is another. ε is added to the variance, "
            "before the root is taken, and it is the ε that the call gives. No feature is treated as a "
            "constant because it varies little."
        )
        assert close(got, want, rtol=1e-8), "Where γ is 0, β comes out, as from any other γ times 0."


@pytest.mark.exercise("batch_norm_train")
def test_a_constant_feature_comes_out_as_the_shift(student, rng):
    """A feature that is the same in all rows becomes β, and no NaN."""
    x, gamma, beta, _ = batch(rng, 5, 3)
    x[:, 1] = float(rng.integers(2, 9))
    got = student.batch_norm_train(x, gamma, beta, *running(rng, 3))[0]
    assert close(got[:, 1], np.full(5, beta[1])), (
        "For a constant feature the output is another. It has variance zero and nothing left after its "
        "mean is taken off: 0 over the root of ε is 0, and β is what remains."
    )


@pytest.mark.exercise("batch_norm_train")
def test_a_large_offset_changes_nothing(student, rng):
    """Features far from zero, on either side, come out as the same noise around zero does."""
    noise, shifted = far_off(rng, (6, 3))
    _, gamma, beta, _ = batch(rng, 6, 3)
    start = running(rng, 3)
    (far, _, far_var), (near, _, near_var) = (
        student.batch_norm_train(x, gamma, beta, *start) for x in (shifted, noise)
    )
    assert close(far, near, rtol=1e-5, atol=1e-5) and np.ptp(near, axis=0).min() > 0.1, (
        "Where each feature has a large offset of its own the output is another. Take the feature's mean off "
        "first, and square then: the mean of squares minus the square of the mean loses all its digits "
        "there. And such a feature is not constant."
    )
    assert close(far_var, near_var, rtol=1e-6), (
        "Where each feature has a large offset of its own the running variance is another than without. Is "
        "the batch's variance taken in two passes there, too?"
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
