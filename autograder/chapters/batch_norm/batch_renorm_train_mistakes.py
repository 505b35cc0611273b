"""Named mistakes of `batch_renorm_train`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

from .shared import SHIFT, R

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
        "zero_taken_for_the_default",
        "A limit or a momentum of 0 is replaced by the usual one. Zero is a number like any other: d_max = 0 "
        "means no shift, a momentum of 0 that nothing of the batch comes in.",
        (SHIFT, "d_max, momentum = d_max or 5.0, momentum or 0.01\n    " + SHIFT),
    ),
    (
        "momentum_of_zero_taken_for_the_default",
        "A momentum of 0 is replaced by the usual one. Zero is a number like any other: nothing of the batch "
        "comes in.",
        (SHIFT, "momentum = momentum or 0.01\n    " + SHIFT),
    ),
    (
        "limit_of_zero_taken_for_the_default",
        "A d_max of 0 is replaced by the usual one. Zero is a number like any other: there is no shift then.",
        (SHIFT, "d_max = d_max or 5.0\n    " + SHIFT),
    ),
    (
        "shift_cut_above_only",
        "d is cut above and not below: its limits are -d_max and d_max.",
        (SHIFT, "d = np.minimum((mean - running_mean) / running_std, d_max)"),
    ),
    (
        "sign_of_the_shift_lost",
        "d has lost its sign: a mean below the running one shifts downwards.",
        (SHIFT, "d = np.minimum(np.abs(mean - running_mean) / running_std, d_max)"),
    ),
    (
        "unbiased_running",
        "The running standard deviation takes in one that divides by N - 1, as batch normalisation's running "
        "variance does. In this method it divides by N, everywhere.",
        (
            R_MOVE_STD,
            "running_std = (1 - momentum) * running_std + momentum * np.sqrt(x.var(axis=0, ddof=1) + eps)",
        ),
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
