"""Noise and ridge, `ridge`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, normal, uniform, variants

from ..shared import left_to_chance, twins
from .shared import CALLS, ELSEWHERE, NOT_ALONE, each_alone, gaussian_tails, lasso, strength

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("ridge", weight=2)
def test_ridge_has_no_slope_left(student, rng):
    """At ridge's weights the gradient of mean squared error plus λ‖w‖² is zero."""
    for n, d, where in (
        (20, 3, ""),
        (5, 8, ""),
        (7, 1, "With a single feature: "),
        (1, 3, "With a single example: "),
        (4, 4, "With as many examples as features: "),
        (15, 3, "Where a feature is one for all examples, and penalised as any other: "),
    ):
        X, y = lasso(rng, n, d)
        if n == 15:
            X[:, 0] = 1.0
        lam = float(rng.uniform(0.2, 2.0))
        w = student.ridge(X, y, lam=lam)
        slope = 2 * X.T @ (X @ w - y) / n + 2 * lam * w
        assert np.any(w != 0) and np.abs(slope).max() < 1e-8, (
            f"{where}At these weights the mean squared error plus λ‖w‖² still has a slope. The error is a "
            "mean over n examples, the penalty has no ½ and stands on the diagonal alone."
        )


@pytest.mark.exercise("ridge")
def test_without_penalty_it_is_least_squares(student, rng):
    """With λ = 0 the weights are those of least squares."""
    X, y = lasso(rng, 15, 4)
    for size, where in (
        (1.0, ""),
        (1e-6, ", also where all numbers in X are small"),
        (np.array([1.0, 1.0, 1.0, 5e-4]), ", also where one feature is small beside the others"),
    ):
        got, want = student.ridge(size * X, y, lam=0.0), np.linalg.lstsq(size * X, y, rcond=None)[0]
        assert close(got, want, rtol=1e-7), (
            f"With λ = 0 nothing is left but least squares{where}: XᵀX w = Xᵀy, and nothing is added to XᵀX."
        )


@pytest.mark.exercise("ridge")
def test_large_penalties_and_unequal_features(student, rng):
    """The minimum is found for a large λ too, and for features of very different size."""
    for lam, sizes in (
        (30.0, [1.0, 1.0, 1.0, 1.0]),
        (1e6, [1.0, 1.0, 1.0, 1.0]),
        (0.05, [0.3, 1.0, 3.0, 10.0]),
    ):
        X, y = lasso(rng, 20, 4)
        X = X * np.array(sizes)
        w = student.ridge(X, y, lam=lam)
        slope = 2 * X.T @ (X @ w - y) / 20 + 2 * lam * w
        assert np.any(w != 0) and np.abs(slope).max() < 1e-8, (
            "With a large λ, or with features of very different size, there is still a slope, or the weights "
            "are no numbers. The formula is a linear system that can be solved for any X and λ."
        )


@pytest.mark.exercise("ridge")
def test_the_number_of_examples_does_not_count(student, rng):
    """Every example twice changes no weight, for the mean is the same; another strength does."""
    (X, y), lam = lasso(rng, 8, 3), strength(rng)
    once, twice = student.ridge(X, y, lam=lam), student.ridge(np.tile(X, (2, 1)), np.tile(y, 2), lam=lam)
    assert np.any(once != 0) and close(once, twice), (
        "With every example given twice the weights are others. A mean does not change by that; a sum does."
    )
    assert not close(student.ridge(X, y, lam=2 * lam), once), "Twice the strength gives the same weights."


@pytest.mark.exercise("ridge")
def test_noise_has_its_width(student, rng):
    """Noise is Gaussian with standard deviation σ around each number, whatever its size."""
    X, sigma = rng.uniform(-50, 50, size=(200, 200)), 3.6
    X[:, 7] = 0.0
    noise = student.noisy_inputs(X, sigma=sigma, rng=rng) - X
    assert np.all(noise[:, 7] != 0), "Numbers that are 0 have no noise. They get theirs, too."
    assert laws.normal_std(noise, sigma, against=[sigma**2, sigma**0.5]), (
        "The noise is wider or narrower than σ. Is σ the standard deviation, and is the noise added to X?"
    )
    for some in (np.zeros((3, 4)), np.zeros((3, 4), dtype=int)):
        whole = some.dtype == int  # they may be refused, and not lose their noise
        refused = whole and student.noisy_inputs.raises("UFuncTypeError", some, sigma=1.0, rng=rng)
        assert refused or np.all(student.noisy_inputs(some, sigma=1e-12, rng=rng) != 0), (
            "A tiny σ moves all numbers, also where X holds whole ones: what comes back are floats."
        )
    assert gaussian_tails(noise, sigma), (
        "The noise has another shape: too many or too few numbers are near 0, or far from it. It is Gaussian."
    )
    assert abs(np.mean(noise)) > 1e-13, "The noise of a call is balanced to mean 0: that is left to chance."
    noise = noise[::4]
    assert laws.follows(noise, normal(0, sigma), against=[uniform(-sigma * 3**0.5, sigma * 3**0.5)]), (
        "The noise has the right width and another shape or place: it is Gaussian with mean 0."
    )
    assert left_to_chance(noise, normal(0, sigma), 0.0), (
        "The draws are not independent: they come twice, are balanced to mean 0, or laid out over the "
        "law. Each number gets a draw of its own."
    )


@pytest.mark.exercise("ridge")
def test_every_number_has_noise_of_its_own(student, rng):
    """Noise in two rows, two columns and two calls is apart, and all of it is drawn from rng."""
    small = rng.normal(size=(8, 8))
    calls = [one - small for one in student.noisy_inputs.times(CALLS, small, sigma=0.7, rng=rng)]
    assert each_alone(np.reshape(calls, (CALLS, 64))), NOT_ALONE
    X, sigma, (ours, theirs) = rng.normal(size=(80, 80)), float(rng.uniform(0.5, 2.0)), twins(rng)
    first, second = (student.noisy_inputs(X, sigma=sigma, rng=ours) > X for _ in range(2))
    for a, b in ((first[0], first[1]), (first[:, 0], first[:, 1]), (first[0], second[0])):
        assert laws.independent(a, b, 0.5), (
            "The noise repeats itself: every number of every example gets its own, in each call anew."
        )
    assert np.array_equal(student.noisy_inputs(X, sigma=sigma, rng=theirs) > X, first), ELSEWHERE
    assert close(student.noisy_inputs(X[:5], sigma=0.0, rng=ours), X[:5]), "With σ = 0 there is no noise."


# --- Variants -----------------------------------------------------------------------------------------------


class AugmentedRows:
    """Ridge as least squares with d more rows, √(nλ) on a diagonal; noise by standard_normal."""

    def ridge(X, y, *, lam):
        n, d = X.shape
        rows = np.vstack([X, np.sqrt(n * lam) * np.eye(d)])
        return np.linalg.lstsq(rows, np.concatenate([y, np.zeros(d)]), rcond=None)[0]

    def noisy_inputs(X, *, sigma, rng):
        return X + rng.standard_normal(np.shape(X)) * sigma


class BySingularValues:
    """Ridge by the singular value decomposition; noise drawn around X itself."""

    def ridge(X, y, *, lam):
        U, s, Vt = np.linalg.svd(X, full_matrices=False)
        return Vt.T @ (s / (s**2 + len(y) * lam) * (U.T @ y))

    def noisy_inputs(X, *, sigma, rng):
        return rng.normal(loc=X, scale=sigma)


class ByInverse:
    """The inverse, as textbooks print it, with sums on both sides; noise row by row."""

    def ridge(X, y, *, lam):
        n, d = X.shape
        A = X.T @ X
        A[np.diag_indices(d)] += n * lam
        return np.linalg.inv(A) @ (X.T @ y)

    def noisy_inputs(X, *, sigma, rng):
        return np.array([row + sigma * rng.normal(size=row.size) for row in X])


VARIANTS = variants("ridge", AugmentedRows, BySingularValues, ByInverse)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "ridge",
    "ridge(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([2.0, 4.0]), lam=1.0)",
    """
    noise = noisy_inputs(np.full((100, 200), 5.0), sigma=2.0, rng=np.random.default_rng(0)) - 5.0
    len(np.unique(noise)) > 10_000, round(float(np.mean(np.abs(noise) < 2.0)), 1)
    """,
)
