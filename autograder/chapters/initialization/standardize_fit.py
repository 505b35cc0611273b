"""The statistics of standardising, `standardize_fit`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, conventions, examples, mistakes, variants

from ..shared import few_digits
from .shared import features

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("standardize_fit", weight=2)
def test_every_feature_has_its_own_mean(student, rng):
    """The mean of each feature is over the examples, whatever the features' sizes."""
    for n, d in ((9, 5), (1, 4), (6, 6), (1500, 1)):
        X = features(rng, n, d)
        got, want = student.standardize_fit(X)[0], X.sum(axis=0) / n
        assert close(got, want), few_digits(got, want) or (
            "The means are not those of the features over all examples. An example is a row."
        )


@pytest.mark.exercise("standardize_fit", weight=2)
def test_the_scale_is_the_root_of_the_mean_square(student, rng):
    """The scale is the root of the mean squared distance from the mean, for large and small features."""
    tables = [features(rng, n, d) for n, d in ((5, 5), (2, 6), (1500, 1))]
    other = tables[0].copy()
    other[-1, -1] *= -1.0  # a table like another one, but for its last number
    for X in (*tables, other):
        n = len(X)
        want = np.sqrt(np.sum((X - X.sum(axis=0) / n) ** 2, axis=0) / n)
        got = student.standardize_fit(X)[1]
        assert close(got, want), few_digits(got, want) or (
            "A scale is not the standard deviation of its feature: mean squared distance from the feature's "
            "mean, over the number of examples, then the root, and nothing added to it."
        )


@pytest.mark.exercise("standardize_fit", weight=2)
def test_constant_features_have_scale_one(student, rng):
    """A feature whose values are all equal has the scale 1, be it zero or not, and others keep theirs."""
    n = 24
    X = rng.normal(size=(n, 2))
    X[[0, 1, 3, -1]] = X[0]  # equal where one might look only, and nearly everywhere
    X[[2, 5], 1] = X[0, 1]
    X = np.column_stack([X, rng.permutation(n) % 2, 4.0 * (rng.permutation(n) % 2) - 2.0])
    X = np.hstack([X, rng.normal(size=n) + np.diag(rng.uniform(1.0, 2.0, size=n))])  # one value is another
    flat = np.tile([0.0, 0.1, -3.0, 1e5 / 3], (n, 1))
    _, scale = student.standardize_fit(np.column_stack([flat[:, :2], X, flat[:, 2:]]))
    assert close(scale[[0, 1, -2, -1]], np.ones(4)), (
        "A constant feature has another scale than 1. Its computed standard deviation may come out as a "
        "tiny number instead of zero, so compare the values themselves."
    )
    assert close(scale[2:-2], X.std(axis=0)), (
        "Beside constant features the others have other scales. A feature is constant if all its values are "
        "equal, not some of them; one of zeros and ones, or of two opposite values, is a feature like others."
    )
    assert close(student.standardize_fit(X[:1]), (X[0], np.ones(len(X[0])))), (
        "With a single example every feature is constant: its mean is its value, its scale is 1."
    )


@pytest.mark.exercise("standardize_fit")
def test_a_small_feature_is_not_constant(student, rng):
    """A feature that varies by very little keeps its own scale."""
    X = (rng.uniform(size=(8, 5)) + 1) * np.array([1e-9, 1.0, 1e-13, 1e-150, 1e150])
    scale = student.standardize_fit(X)[1]
    assert close(scale, X.std(axis=0), atol=0.0), (
        "A feature that varies by very little, or by very much, was given another scale. Small is not "
        "constant, nothing is added to a scale, and it has no bounds."
    )


@pytest.mark.exercise("standardize_fit")
def test_a_large_offset_does_no_harm(student, rng):
    """With an offset of a hundred million the scale is still that of the feature."""
    X = rng.normal(size=(40, 3)) * [1.0, 3.0, 1e-5]
    X[0, 0] = 30.0  # an outlier counts like any other value
    scale = student.standardize_fit(X + 1e8)[1]
    assert close(scale[2], X[:, 2].std(), rtol=0.02), (
        "A feature that varies by little for its offset must keep its own scale: it is not constant. If the "
        "scale is right near zero: are values taken for equal within a tolerance, or is the variance the "
        "mean of squares less the square of the mean, of which no digit is right at a large offset?"
    )
    assert close(scale[:2], X[:, :2].std(axis=0), rtol=1e-5), (
        "Far from zero the scale is wrong. If it is right near zero: do digits get lost, for example in a "
        "difference of two large numbers, or in single precision? Take the mean off first, then square."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


CONSTANT, SCALE = "constant = X.max(axis=0) == X.min(axis=0)", "np.where(constant, 1.0, X.std(axis=0))"

MISTAKES = mistakes(
    "standardize_fit",
    (
        "std_tested_for_zero",
        "A constant feature is recognised by a computed standard deviation of exactly zero. Rounding may "
        "leave a tiny number instead, and then noise is blown up: compare the values themselves.",
        (CONSTANT, "constant = X.std(axis=0) == 0"),
    ),
    (
        "constant_left_at_zero",
        "A constant feature keeps the scale that was computed, about zero, and dividing by it gives NaN or "
        "noise. What does the text above the exercise put there?",
        (SCALE, "X.std(axis=0)"),
    ),
    (
        "tiny_added",
        "A tiny number is added to the scales, or bounds them, against a division by zero, so that small "
        "features are scaled wrongly. Only constant features are treated apart.",
        (SCALE, "np.where(constant, 1.0, X.std(axis=0) + 1e-8)"),
    ),
    (
        "small_taken_for_constant",
        "Features that vary by little are taken for constant. Small is not constant: a feature in tiny units "
        "needs its scale the most.",
        (CONSTANT, "constant = X.std(axis=0) < 1e-8"),
    ),
    (
        "variance_for_deviation",
        "The scale is the variance: the root is missing.",
        (SCALE, "np.where(constant, 1.0, X.var(axis=0))"),
    ),
    (
        "one_pass",
        "The variance is computed as the mean square less the squared mean. Far from zero both are huge and "
        "their difference has lost its digits: take the mean off first.",
        (SCALE, "np.where(constant, 1.0, np.sqrt(np.maximum(np.mean(X**2, axis=0) - mean**2, 0.0)))"),
    ),
    (
        "around_zero",
        "The scale is the root of the mean square, with the mean still in it. Distances from the mean are "
        "what counts.",
        (SCALE, "np.where(constant, 1.0, np.sqrt(np.mean(X**2, axis=0)))"),
    ),
    (
        "one_scale_for_all",
        "All features have one scale, that of the whole table. Each feature has its own: look at the axis.",
        (SCALE, "np.where(constant, 1.0, X.std())"),
    ),
    (
        "one_mean_for_all",
        "All features have one mean, that of the whole table. Each feature has its own: look at the axis.",
        ("mean = X.mean(axis=0)", "mean = np.full(X.shape[1], X.mean())"),
    ),
    (
        "over_the_features",
        "Mean and scale are one number an example, over its features. They belong to features, over all "
        "examples: look at the axis.",
        ("mean = X.mean(axis=0)", "mean = X.mean(axis=1)"),
        (CONSTANT, "constant = X.max(axis=1) == X.min(axis=1)"),
        (SCALE, "np.where(constant, 1.0, X.std(axis=1))"),
    ),
    (
        "range_for_deviation",
        "The scale is the range from the smallest to the largest value: one outlier decides. The standard "
        "deviation is asked for.",
        (SCALE, "np.where(constant, 1.0, X.max(axis=0) - X.min(axis=0))"),
    ),
    free={
        "tiny_added": ("+ {})", ("1e-8", *GUARDS)),
        "small_taken_for_constant": ("< {}", ("1e-8", *GUARDS)),
    },
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "standardize_fit",
    (
        "one_example_less",
        "The squares are divided by one example less, as pandas and R have it for a sample. Here, as in "
        "NumPy and scikit-learn, the number of examples divides.",
        (
            SCALE,
            "np.where(constant, 1.0, X.std(axis=0) * np.sqrt(len(X) / max(len(X) - 1, 1)))",
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class FitColumnByColumn:
    """A loop over features with Python's own sums; lists become arrays at the end."""

    def standardize_fit(X):
        means, scales = [], []
        for column in X.T.tolist():
            m = sum(column) / len(column)
            s = (sum((x - m) ** 2 for x in column) / len(column)) ** 0.5
            means.append(m)
            scales.append(1.0 if len(set(column)) == 1 else s)
        return [np.array(means), np.array(scales)]


class FitByNorms:
    """The norm of the centred feature over the root of N; constants found by comparing with the first row."""

    def standardize_fit(X):
        mean = np.average(X, axis=0)
        scale = np.linalg.norm(X - mean, axis=0) / np.sqrt(len(X))
        scale[(X[0] == X).all(axis=0)] = 1.0
        return mean, scale


class FitByCovariance:
    """The root of the covariance's diagonal, ddof 0; ptp for constants; prints."""

    def standardize_fit(X):
        centred = X - X.mean(axis=0, keepdims=True)
        scale = np.sqrt(np.einsum("ij,ij->j", centred, centred) / X.shape[0])
        print("constant features:", int(np.sum(np.ptp(X, axis=0) == 0)))
        return X.mean(axis=0), np.where(np.ptp(X, axis=0) > 0, scale, np.ones(X.shape[1]))


VARIANTS = variants("standardize_fit", FitColumnByColumn, FitByNorms, FitByCovariance)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "standardize_fit",
    "standardize_fit(np.array([[1e12, 1e-9], [1e12 + 2, 3e-9]]))",
)
