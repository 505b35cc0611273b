"""Batch renormalisation in training, `batch_renorm_train`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits
from .shared import BEYOND, EPS, WITHIN, apart, batch, far_off, small

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_renorm_train", weight=2)
def test_the_batch_is_corrected(student, reference, rng):
    """Near the running statistics the correction is whole; far from them both limits cut it on both sides."""
    for n, (ratios, offsets) in ((60, WITHIN), (6, BEYOND), (3, WITHIN), (2, WITHIN)):
        x, gamma, beta, _, mean, std = apart(rng, n, ratios, offsets)
        if n == 60:
            x, mean, std = (x - mean) / std, np.zeros(3), np.ones(3)  # as the running statistics start
        got, want = (side.batch_renorm_train(x, gamma, beta, mean, std)[0] for side in (student, reference))
        where = {
            2: "For a batch of two rows: ",
            3: "For three rows of three features: ",
            60: "From running statistics of zeros and ones: ",
        }.get(n, "")
        assert close(got, want, rtol=1e-7, atol=1e-8), few_digits(got, want) or (
            f"{where}The output is another one. r and d compare the batch with the running statistics, "
            "each is cut on both sides, r multiplies and d is added; γ, with its sign, and β come last."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_the_limits_are_those_of_the_call(student, reference, rng):
    """With other limits the correction is cut there, r between 1/r_max and r_max."""
    for r_max, d_max in (
        (1.2, 0.3),
        (1, 7),
        (float(rng.uniform(3.5, 4.5)), 0.0),
    ):
        x, gamma, beta, _, mean, std = apart(rng, 7, [*WITHIN[0], *BEYOND[0]], [*WITHIN[1], *BEYOND[1]])
        gamma[3] = 0.0
        options = {"r_max": r_max, "d_max": d_max}
        got = student.batch_renorm_train(x, gamma, beta, mean, std, **options)[0]
        want = reference.batch_renorm_train(x, gamma, beta, mean, std, **options)[0]
        assert close(got, want, rtol=1e-7, atol=1e-8), (
            "With other limits than usual the output is wrong. r lies between 1/r_max and r_max, d between "
            "-d_max and d_max. γ may be 0: then β comes out."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_the_limits_ends(student, reference, rng):
    """With r_max = 1 and d_max = 0 it is batch norm, without limits the running statistics decide."""
    x, gamma, beta, _, mean, std = apart(rng, 5, *BEYOND)
    ends = {"r_max": 1.0, "d_max": 0.0, "momentum": 0.0}
    got = student.batch_renorm_train(x, gamma, beta, mean, std, **ends)[0]
    assert close(got, reference.batch_norm_train(x, gamma, beta, mean, std)[0], rtol=1e-7, atol=1e-8), (
        "With r_max = 1 and d_max = 0 nothing is corrected, and batch normalisation should come out."
    )
    for limit in (1e6, np.inf):
        got = student.batch_renorm_train(x, gamma, beta, mean, std, r_max=limit, d_max=limit)[0]
        assert close(got, gamma * (x - mean) / std + beta, rtol=1e-7, atol=1e-8), (
            "Without limits, be they very large or infinite, the batch's own statistics cancel: "
            "(x - μ)/σ should come out, with the running statistics from before this batch, nothing cut off."
        )


@pytest.mark.exercise("batch_renorm_train", weight=2)
@pytest.mark.parametrize("part", ["mean", "deviation"])
def test_running_statistics_move_after_the_batch(student, reference, rng, part):
    """Over five batches the running mean and standard deviation take in their share, whatever the limits."""
    place = ["mean", "deviation"].index(part) + 1
    before, when = (np.zeros(3), np.ones(3)), "after the very first batch"
    for n, momentum, limits in (
        (3, 0.01, {}),
        (7, 0.3, {"r_max": 1.0, "d_max": 0.0}),
        (4, 0.1, {"r_max": np.inf, "d_max": np.inf}),
        (5, 0.0, {}),
        (6, 1.0, {}),
    ):
        x, gamma, beta, _ = batch(rng, n, 3)
        options = {"momentum": momentum, **limits}
        got = student.batch_renorm_train(x, gamma, beta, *before, **options)
        _, *before = reference.batch_renorm_train(x, gamma, beta, *before, **options)
        got, want = got[place], before[place - 1]
        assert close(got, want), few_digits(got, want) or (
            f"The running {part} is another {when}. What of the batch comes in, and with which weight, which "
            "may be 0? Here a standard deviation is kept, not a variance, and N - 1 plays no part."
        )
        when = "after some batches"


@pytest.mark.exercise("batch_renorm_train")
def test_epsilon_stands_in_the_batchs_root(student, reference, rng):
    """For small features, a constant one, a large ε and a large offset, all follow the formula."""
    constant = small(rng, 6, 3)
    constant[:, 1] = 2.0
    for x, eps, where in (
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2.0)), "With a large ε"),
        (small(rng, 6, 3), EPS, "For features that vary by little"),
        (1e-2 * small(rng, 6, 3), 1e-10, "For features that vary by very little"),
        (1e-20 * small(rng, 6, 3), 1e-46, "Where the running deviation and ε are tiny"),
        (constant, EPS, "For a constant feature"),
    ):
        _, gamma, beta, _ = batch(rng, 6, 3)
        mean, std = x.mean(axis=0) + 0.1, np.sqrt(x.var(axis=0) + eps / 9) * rng.uniform(0.9, 1.8, size=3)
        got = student.batch_renorm_train(x, gamma, beta, mean, std, eps=eps, momentum=0.5)
        want = reference.batch_renorm_train(x, gamma, beta, mean, std, eps=eps, momentum=0.5)
        assert close(got, want, rtol=1e-8, atol=1e-10), (
            f"{where} something is another. σ_B has ε in its root wherever it is used, also where it moves "
            "into the running standard deviation, to which nothing else is added, and which is used as it "
            "is. The formula is the same for all features."
        )
    _, shifted = far_off(rng, (6, 3))
    _, gamma, beta, _ = batch(rng, 6, 3)
    mean, std = shifted.mean(axis=0) + 0.1, rng.uniform(0.9, 1.8, size=3)
    mean[0] = 0.0  # be the batch's mean far from it
    far, *moved = student.batch_renorm_train(shifted, gamma, beta, mean, std)
    want, *right = reference.batch_renorm_train(shifted, gamma, beta, mean, std)
    assert close(far, want, rtol=1e-5, atol=1e-5), (
        "Where each feature has a large offset of its own the output is wrong. If it is right without one: "
        "is the variance taken in two passes, the batch's mean off first and squared then, and is nothing "
        "held in single precision?"
    )
    assert close(moved, right, rtol=1e-5, atol=1e-5), (
        "Where each feature has a large offset of its own, and momentum is not given, the output is right, "
        "a running statistic wrong. If they are right otherwise: is the default of momentum still that of "
        "the signature, and is the same σ_B taken as for the output?"
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_renorm_train",
    """
    x, gamma, beta = np.array([[1.0, -8.0, 1.0], [5.0, -7.0, 3.0]]), np.array([1.0, 2.0, 3.0]), np.ones(3)
    mean, std = np.array([0.0, 0.0, 1.0]), np.array([1.0, 4.0, 2.0])
    batch_renorm_train(x, gamma, beta, mean, std, r_max=2.0, d_max=1.0, momentum=0.5, eps=1.0)
    """,
)
