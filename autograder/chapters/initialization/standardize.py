"""Standardising with given statistics, `standardize`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, examples, mistakes, variants

from ..shared import few_digits
from .shared import features

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("standardize")
def test_the_given_numbers_are_used(student, rng):
    """Features are shifted by the given means, then divided by the given scales."""
    X, mean = features(rng, 7, 7), rng.normal(size=7)  # a square: the axes fit either way
    scale = rng.permutation([1e-150, 1e-7, 0.5, 1e150]) * rng.uniform(0.5, 2.0, size=4)
    scale, mean[4:] = np.append(scale, [1.0, 1 + 1e-6, 3.0]), [0.5, 1.0, 0.0]  # that might look special
    mean[:4] *= scale[:4] * [1.0, 1.0, 1e8, 1.0]
    X[0] = mean + 1e-9 * scale
    want = np.divide(np.subtract(X, mean), scale)
    got = student.standardize(X, mean, scale)
    assert close(got, want, atol=0.0), few_digits(got, want) or (
        "The result is not (X - mean)/scale with the numbers that were given. First the shift, then the "
        "division, feature by feature, for as many examples as features, too; nothing is measured on X, "
        "nothing is clipped or rounded, however far out a number lies, and a scale is taken as it is, be it "
        "tiny, huge, 1 or next to 1."
    )


@pytest.mark.exercise("standardize")
def test_new_examples_are_treated_alike(student, rng):
    """A new example alone is treated as among others."""
    X, mean, scale = rng.normal(size=(5, 3)), rng.normal(size=3), rng.uniform(0.2, 5.0, size=3)
    alone = np.concatenate([student.standardize(X[i : i + 1], mean, scale) for i in range(5)])
    together = student.standardize(X, mean, scale)
    assert close(alone, together), "An example comes out otherwise among others than alone: what is measured?"
    assert close(together * scale + mean, X), "Turned back, the examples are not those that were given."
    other, X_one = mean + np.array([0.0, 0.0, 5.0]), rng.normal(size=(1500, 1))
    assert close(student.standardize(X, other, scale), (X - other) / scale), (
        "With another mean for the last feature alone the result is wrong: is something kept between calls?"
    )
    assert close(student.standardize(X_one, mean[:1], scale[:1]), (X_one - mean[0]) / scale[0]), (
        "With a single feature, and many examples, the result is wrong: the formula is the same."
    )
    same = student.standardize(X, np.zeros(3), np.ones(3))
    assert close(same, X), "With means of 0 and scales of 1 the examples come out as they are."


# --- Mistakes -----------------------------------------------------------------------------------------------


DONE = "return (X - mean) / scale"

MISTAKES = mistakes(
    "standardize",
    (
        "own_statistics",
        "Mean and scale are measured on the examples at hand and those given are not used. New examples are "
        "treated with the training examples' numbers, or the network sees another world than it learnt.",
        (DONE, "mean, scale = standardize_fit(X)\n    return (X - mean) / scale"),
    ),
    (
        "mean_added",
        "The mean is added where it should be taken off.",
        (DONE, "return (X + mean) / scale"),
    ),
    (
        "multiplied",
        "Features are multiplied by their scales, so that the large ones grow further. What makes them "
        "alike?",
        (DONE, "return (X - mean) * scale"),
    ),
    (
        "mean_outside",
        "Only the feature is divided by the scale, and the mean is taken off after that as it is. First the "
        "shift, then the division of what is left.",
        (DONE, "return X / scale - mean"),
    ),
    (
        "only_centred",
        "The mean is taken off and the scale is left as it was.",
        (DONE, "return X - mean"),
    ),
    (
        "only_scaled",
        "The features are divided by their scales with their means still in them.",
        (DONE, "return X / scale"),
    ),
    (
        "root_of_the_scale",
        "The division is by the root of the scale: what standardize_fit returns is a standard deviation "
        "already.",
        (DONE, "return (X - mean) / np.sqrt(scale)"),
    ),
    (
        "scale_guarded",
        "The scale is kept from being small by a bound, or by something added to it. Every scale is above 0 "
        "already, and a feature in tiny units has a tiny one: divide by it as it is.",
        (DONE, "return (X - mean) / np.maximum(scale, 1e-8)"),
    ),
    (
        "scale_one_taken_for_constant",
        "Features whose scale is 1 are taken for constant ones and set to 0. A feature may vary and have the "
        "scale 1: the formula is the same for it.",
        (DONE, "return np.where(scale == 1, 0.0, (X - mean) / scale)"),
    ),
    (
        "added_to_the_scale",
        "Something small is added to the scale. Every scale is above 0 already: divide by it as it is.",
        (DONE, "return (X - mean) / (scale + 1e-8)"),
    ),
    free={
        "scale_guarded": ("np.maximum(scale, {})", ("1e-8", *GUARDS)),
        "added_to_the_scale": ("(scale + {})", ("1e-8", *GUARDS)),
    },
)


# --- Variants -----------------------------------------------------------------------------------------------


class StandardizeInPlace:
    """In place on an own copy."""

    def standardize(X, mean, scale):
        done = X.copy()
        done -= mean
        done /= scale
        return done


class StandardizeByLoop:
    """Number by number."""

    def standardize(X, mean, scale):
        return np.array([[(x - m) / s for x, m, s in zip(row, mean, scale, strict=True)] for row in X])


class StandardizeByProduct:
    """A diagonal matrix from the right."""

    def standardize(X, mean, scale):
        return np.subtract(X, mean[None, :]) @ np.diag(1.0 / scale)


VARIANTS = variants("standardize", StandardizeInPlace, StandardizeByLoop, StandardizeByProduct)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "standardize",
    """
    X, mean, scale = np.array([[3e-9, 5.0, 4.0]]), np.array([1e-9, 1.0, 1.0]), np.array([1e-9, 2.0, 1.0])
    standardize(X, mean, scale)
    """,
)
