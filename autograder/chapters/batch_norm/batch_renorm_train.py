"""Batch renormalisation in training, `batch_renorm_train`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import BEYOND, EPS, SHIFT, WITHIN, R, apart, batch, running, small

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_renorm_train", weight=2)
def test_the_batch_is_corrected(student, reference, rng):
    """Near the running statistics the correction is whole; far from them both limits cut it on both sides."""
    for ratios, offsets in (WITHIN, BEYOND):
        x, gamma, beta, _, mean, std = apart(rng, 6, ratios, offsets)
        got = student.batch_renorm_train(x, gamma, beta, mean, std)[0]
        assert close(got, reference.batch_renorm_train(x, gamma, beta, mean, std)[0], rtol=1e-7, atol=1e-8), (
            "The output is another one. r and d compare the batch with the running statistics, each is cut "
            "on both sides, r multiplies and d is added; γ and β come last."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_the_limits_are_those_of_the_call(student, reference, rng):
    """With other limits the correction is cut there, r between 1/r_max and r_max."""
    for r_max, d_max in (
        (1.2, 0.3),
        (2.0, 0.6),
        (float(rng.uniform(3.5, 4.5)), float(rng.uniform(6.0, 7.0))),
    ):
        x, gamma, beta, _, mean, std = apart(rng, 7, [*WITHIN[0], *BEYOND[0]], [*WITHIN[1], *BEYOND[1]])
        options = {"r_max": r_max, "d_max": d_max}
        got = student.batch_renorm_train(x, gamma, beta, mean, std, **options)[0]
        want = reference.batch_renorm_train(x, gamma, beta, mean, std, **options)[0]
        assert close(got, want, rtol=1e-7, atol=1e-8), (
            "With other limits than usual the output is wrong. r lies between 1/r_max and r_max, d between "
            "-d_max and d_max."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_the_limits_ends(student, reference, rng):
    """With r_max = 1 and d_max = 0 it is batch norm, without limits the running statistics decide."""
    x, gamma, beta, _, mean, std = apart(rng, 5, *BEYOND)
    got = student.batch_renorm_train(x, gamma, beta, mean, std, r_max=1.0, d_max=0.0)[0]
    assert close(got, reference.batch_norm_train(x, gamma, beta, mean, std)[0], rtol=1e-7, atol=1e-8), (
        "With r_max = 1 and d_max = 0 nothing is corrected, and batch normalisation should come out."
    )
    got = student.batch_renorm_train(x, gamma, beta, mean, std, r_max=1e6, d_max=1e6)[0]
    assert close(got, gamma * (x - mean) / std + beta, rtol=1e-7, atol=1e-8), (
        "Without limits the batch's own statistics cancel, and (x - μ)/σ with the running ones should come "
        "out: those from before this batch."
    )


@pytest.mark.exercise("batch_renorm_train", weight=2)
@pytest.mark.parametrize("part", ["mean", "deviation"])
def test_running_statistics_move_after_the_batch(student, reference, rng, part):
    """Over five batches the running mean and standard deviation take in their share, whatever the limits."""
    place = ["mean", "deviation"].index(part) + 1
    before = running(rng, 3)
    for n, momentum in ((3, 0.01), (7, 0.3), (4, 0.1), (5, 0.0), (6, 1.0)):
        x, gamma, beta, _ = batch(rng, n, 3)
        got = student.batch_renorm_train(x, gamma, beta, *before, momentum=momentum)
        _, *before = reference.batch_renorm_train(x, gamma, beta, *before, momentum=momentum)
        assert close(got[place], before[place - 1]), (
            f"The running {part} is another after some batches. What of the batch comes in, and with which "
            "weight? Here a standard deviation is kept, not a variance, and N - 1 plays no part."
        )


@pytest.mark.exercise("batch_renorm_train")
def test_epsilon_stands_in_the_batchs_root(student, reference, rng):
    """For small features, and for a large ε, output and running statistics have ε in the batch's root."""
    for x, eps in (
        (small(rng, 6, 3), EPS),
        (1e-2 * small(rng, 6, 3), 1e-10),
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2.0))),
    ):
        _, gamma, beta, _ = batch(rng, 6, 3)
        mean, std = x.mean(axis=0) + 0.1, np.sqrt(x.var(axis=0)) * rng.uniform(0.9, 1.8, size=3)
        got = student.batch_renorm_train(x, gamma, beta, mean, std, eps=eps, momentum=0.5)
        want = reference.batch_renorm_train(x, gamma, beta, mean, std, eps=eps, momentum=0.5)
        assert close(got, want, rtol=1e-8, atol=1e-10), (
            "Where ε is not small beside the variance, something is another. σ_B has ε in its root wherever "
            "it is used, also where it moves into the running standard deviation, to which nothing else is "
            "added."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


B_STATISTICS = "mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)"
R_OUTPUT = "y = gamma * ((x - mean) / std * r + d) + beta"
R_MOVE_MEAN = "running_mean = (1 - momentum) * running_mean + momentum * mean"
R_MOVE_STD = "running_std = (1 - momentum) * running_std + momentum * std"


class MovedFirst:
    def batch_renorm_train(
        x, gamma, beta, running_mean, running_std, *, r_max=3.0, d_max=5.0, momentum=0.01, eps=1e-5
    ):
        mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_std = running_std + momentum * (std - running_std)
        r = np.clip(std / running_std, 1 / r_max, r_max)
        d = np.clip((mean - running_mean) / running_std, -d_max, d_max)
        return gamma * ((x - mean) / std * r + d) + beta, running_mean, running_std


MISTAKES = mistakes(
    "batch_renorm_train",
    (
        "no_correction",
        "This is batch normalisation: r and d play no part in the output.",
        (R_OUTPUT, "y = gamma * (x - mean) / std + beta"),
    ),
    (
        "no_limits",
        "r and d are not cut, so that the running statistics alone decide. At the start of training, when "
        "they know nothing yet, that is what the limits are for.",
        (R, "r = std / running_std"),
        (SHIFT, "d = (mean - running_mean) / running_std"),
    ),
    (
        "cut_above_only",
        "r and d are cut above only. A batch may as well be narrower than the running standard deviation, "
        "and its mean lie lower.",
        (R, "r = np.minimum(std / running_std, r_max)"),
        (SHIFT, "d = np.minimum((mean - running_mean) / running_std, d_max)"),
    ),
    (
        "lower_limit_zero",
        "r is cut to [0, r_max]. A ratio is cut alike both ways, at r_max and at one over it.",
        (R, "r = np.clip(std / running_std, 0, r_max)"),
    ),
    (
        "default_limits_always",
        "The limits are the usual ones whatever the call asks for.",
        (R, "r = np.clip(std / running_std, 1 / 3, 3)"),
        (SHIFT, "d = np.clip((mean - running_mean) / running_std, -5, 5)"),
    ),
    (
        "ratio_upside_down",
        "r is upside down. Dividing by σ_B and multiplying by r should leave a division by the running σ.",
        (R, "r = np.clip(running_std / std, 1 / r_max, r_max)"),
    ),
    (
        "shift_turned_round",
        "d has the wrong sign: it is the batch's mean seen from the running one.",
        (SHIFT, "d = np.clip((running_mean - mean) / running_std, -d_max, d_max)"),
    ),
    (
        "shift_in_batch_deviations",
        "d is measured in standard deviations of the batch. Like the rest of x̂ it is measured in running "
        "standard deviations.",
        (SHIFT, "d = np.clip((mean - running_mean) / std, -d_max, d_max)"),
    ),
    (
        "shift_multiplied",
        "r multiplies d as well. It multiplies the batch's x̂ alone, and then d is added.",
        (R_OUTPUT, "y = gamma * (((x - mean) / std + d) * r) + beta"),
    ),
    (
        "shift_after_the_scale",
        "d is added after γ, like a second β. It belongs to x̂, which γ multiplies.",
        (R_OUTPUT, "y = gamma * ((x - mean) / std * r) + d + beta"),
    ),
    (
        "moved_first",
        "The running statistics take the batch in before r and d are made. The correction needs them as "
        "they were.",
        MovedFirst,
    ),
    (
        "running_variance",
        "The batch's variance goes into the running standard deviation: the root is missing there.",
        (R_MOVE_STD, "running_std = (1 - momentum) * running_std + momentum * std**2"),
    ),
    (
        "unbiased",
        "The batch's standard deviation divides by N - 1. In this method it divides by N, everywhere.",
        (B_STATISTICS, "mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0, ddof=1) + eps)"),
    ),
    (
        "corrected_statistics_kept",
        "The running statistics take in the batch's as they are after the limits. Limits are for the "
        "output; what is kept is the batch as it is.",
        (R_MOVE_MEAN, "running_mean = running_mean + momentum * d * running_std"),
        (R_MOVE_STD, "running_std = (1 - momentum) * running_std + momentum * r * running_std"),
    ),
    (
        "epsilon_not_kept",
        "A standard deviation without ε moves into the running one. σ_B has ε in its root there too.",
        (R_MOVE_STD, "running_std = (1 - momentum) * running_std + momentum * x.std(axis=0)"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken: inside, as in every normalisation layer.",
        (B_STATISTICS, "mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0)) + eps"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "batch_renorm_train",
    (
        "momentum_weighs_the_old",
        "Momentum is the weight of the old statistics, as in Keras (0.99 there is 0.01 here). Here it "
        "is the weight of the new batch, the update rate of the paper.",
        (R_MOVE_MEAN, "running_mean = momentum * running_mean + (1 - momentum) * mean"),
        (R_MOVE_STD, "running_std = momentum * running_std + (1 - momentum) * std"),
    ),
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
