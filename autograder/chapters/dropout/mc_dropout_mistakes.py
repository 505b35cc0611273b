"""Named mistakes of `mc_dropout`, with their hints."""

import numpy as np

from autograder.checking import conventions, mistakes

PASSES = "[f(x, rng) for _ in range(n_samples)]"


class TwoMoments:
    def mc_dropout(f, x, *, n_samples, rng):
        total, squares = 0.0, 0.0
        for _ in range(n_samples):
            probs = f(x, rng)
            total = total + probs
            squares = squares + probs**2
        mean = total / n_samples
        return mean, np.sqrt(squares / n_samples - mean**2)


MISTAKES = mistakes(
    "mc_dropout",
    (
        "same_masks_each_time",
        "Every pass gets a generator in the same state, so that all passes drop the same units. Hand rng "
        "itself on: it moves.",
        (PASSES, "[f(x, np.random.default_rng(0)) for _ in range(n_samples)]"),
    ),
    (
        "error_of_the_mean",
        "The spread is divided by the root of the number of passes. That is how sure the mean is; asked is "
        "how far passes lie apart.",
        ("passes.std(axis=0)", "passes.std(axis=0) / np.sqrt(n_samples)"),
    ),
    (
        "variance",
        "The spread is the variance: its root is missing.",
        ("passes.std(axis=0)", "passes.var(axis=0)"),
    ),
    (
        "variance_by_two_moments",
        "The variance is the mean of the squares minus the square of the mean. Where all passes agree, "
        "rounding makes that a little negative, and its root is NaN.",
        TwoMoments,
    ),
    (
        "one_number_for_all",
        "Mean and spread are taken over all numbers at once. Only the passes are averaged: the answer has "
        "the shape of one pass.",
        (
            "return passes.mean(axis=0), passes.std(axis=0)",
            "return np.full(passes.shape[1:], passes.mean()), np.full(passes.shape[1:], passes.std())",
        ),
    ),
    (
        "last_pass",
        "The mean is the last pass alone.",
        ("passes.mean(axis=0)", "passes[-1]"),
    ),
    (
        "logarithms_averaged",
        "The logarithms of the probabilities are averaged, which gives a geometric mean: it is too small, "
        "and does not add up to one. Average the probabilities themselves.",
        ("passes.mean(axis=0)", "np.exp(np.log(passes).mean(axis=0))"),
    ),
    (
        "one_pass_more",
        "There is one pass too many: n_samples counts them all.",
        ("range(n_samples)", "range(n_samples + 1)"),
    ),
    (
        "median",
        "The middle one of the passes is taken, not their mean.",
        ("passes.mean(axis=0)", "np.median(passes, axis=0)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "mc_dropout",
    (
        "n_minus_one",
        "The spread is the estimate with n - 1 that statistics books prefer. The text pins ddof 0: the "
        "spread of these very passes.",
        ("passes.std(axis=0)", "np.sqrt(passes.var(axis=0) * n_samples / max(n_samples - 1, 1))"),
    ),
)
