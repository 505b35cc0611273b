"""Whitening, `whiten_fit`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits

# --- Checks -------------------------------------------------------------------------------------------------


def cloud(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Examples far from the origin that spread differently along turned axes."""
    frame, _ = np.linalg.qr(rng.normal(size=(d, d)))
    spreads = np.sqrt(rng.permutation(np.geomspace(0.2, 5.0, d)))
    return (rng.normal(size=(n, d)) * spreads) @ frame + rng.uniform(1.0, 3.0, size=d)


def covariance(X: np.ndarray) -> np.ndarray:
    centred = X - X.mean(axis=0)
    return centred.T @ centred / len(X)


@pytest.mark.exercise("whiten_fit")
@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_whitening_inverts_the_covariance(student, rng, kind):
    """M times its transpose is the inverse of C + ε·I, with more examples than features, fewer, or as
    many."""
    for n, eps, size, far in (
        (30, 20.0, 1.0, 0.0),
        (1, 0.5, 1.0, 0.0),
        (4, 0.3, 1.0, 0.0),
        (6, 0.3, 1.0, 0.0),
        (30, 1e-11, 1e-5, 0.0),
        (30, 1e-121, 1e-60, 0.0),
        (30, 1e119, 1e60, 0.0),
        (30, 0.3, 1.0, 1e7),
    ):
        X = size * cloud(rng, n, 6) + far
        mean, M = student.whiten_fit(X, kind=kind, eps=eps)
        assert close(mean, X.mean(axis=0)), "The mean is not that of every feature over the examples."
        assert close(M @ M.T @ (covariance(X) + eps * np.eye(6)), np.eye(6), rtol=1e-6, atol=1e-7), (
            f"With kind={kind!r} M Mᵀ is not the inverse of C + ε·I. C is the covariance of X, with its "
            "features unscaled, over the number of examples: centre first, or far from the origin no digit "
            "is left. Are all D directions orthogonal, of length one, and divided by √(λ + ε), with ε as it "
            "is, be λ and ε tiny or huge?"
        )


@pytest.mark.exercise("whiten_fit", weight=2)
def test_pca_gives_uncorrelated_features_largest_first(student, rng):
    """Through pca the features are uncorrelated, with variances λ/(λ+ε), the largest first."""
    first = cloud(rng, 30, 5)
    other = first.copy()
    other[-1] += 3.0  # a table like the one before, but for its last example
    for X, eps in ((first, 0.8), (other, 0.8), (cloud(rng, 4, 5), 0.5)):
        mean, M = student.whiten_fit(X, kind="pca", eps=eps)
        done = (X - mean) @ M
        lam = np.maximum(np.linalg.eigvalsh(covariance(X))[::-1], 0.0)
        assert close(done.T @ done / len(X), np.diag(lam / (lam + eps)), rtol=1e-8, atol=1e-8), (
            "The features are still correlated, or their variances are not λ/(λ+ε), or they do not begin "
            "with the largest. Are the columns of M the directions of C, of features centred and not scaled, "
            "each divided by its own number?"
        )


@pytest.mark.exercise("whiten_fit", weight=3)
def test_zca_turns_back(student, reference, rng):
    """M of zca is symmetric: it scales along the directions and turns back."""
    for n, eps in ((30, 0.5), (3, 0.2), (5, 0.3)):
        X = cloud(rng, n, 5)
        _, M = student.whiten_fit(X, kind="zca", eps=eps)
        _, want = reference.whiten_fit(X, kind="zca", eps=eps)
        assert close(M, want, rtol=1e-8, atol=1e-8), few_digits(M, want) or (
            "M is not V (Λ+ε)^-½ Vᵀ, where the columns of V are orthonormal directions of C, and C is that "
            "of unscaled features. After the division, zca turns back to the features it came from."
        )


@pytest.mark.exercise("whiten_fit")
def test_few_components_are_the_largest(student, rng):
    """With n_components, pca keeps the directions of the largest variances."""
    for n, k in ((25, 1), (600, 3), (25, 6), (3, 6)):
        X, eps = cloud(rng, n, 6), 0.4
        lam, V = np.linalg.eigh(covariance(X))
        _, M = student.whiten_fit(X, kind="pca", eps=eps, n_components=k)
        V_k = V[:, 6 - k :]
        want = V_k @ np.diag(1 / (lam[6 - k :] + eps)) @ V_k.T
        squares = 1 / (lam[::-1][:k] + eps)  # of the columns' lengths, the largest λ first
        assert close(M @ M.T, want, rtol=1e-8, atol=1e-8) and close(
            np.sum(M**2, axis=0), squares, rtol=1e-8
        ), (
            "With n_components M is not the first columns of the right M for pca, be there few examples or "
            "many. If it is the first columns of your own M, the mistake is in that one."
        )


@pytest.mark.exercise("whiten_fit")
def test_directions_without_variance_stay_finite(student, rng):
    """With the ε that stands there by default, directions in which nothing varies are harmless."""
    X = cloud(rng, 3, 5)
    X[:, 2] = 1.0
    for kind in ("pca", "zca"):
        mean, M = student.whiten_fit(X, kind=kind)
        product = M @ M.T @ (covariance(X) + 1e-5 * np.eye(5))
        assert close(product, np.eye(5), rtol=1e-4, atol=1e-4), (
            "With few examples and a constant feature M is wrong at the default ε, 1e-5. If it is with many, "
            "too, mend that first. Are all D directions in it, orthogonal to each other, and is it what ε "
            "alone makes it where nothing varies? Tiny eigenvalues may come out below zero."
        )
        assert close(mean[2], 1.0), "The mean of a constant feature is that constant."
        thin = cloud(rng, 20, 4) * np.array([3e-6, 1.0, 1.0, 1.0])
        _, M = student.whiten_fit(thin, kind=kind, eps=1e-16)
        assert close(M @ M.T @ covariance(thin), np.eye(4), rtol=0.2, atol=0.2), (
            "A direction whose variance is small beside the others' is scaled wrongly. Is it taken for one "
            "without variance? What is small is small beside ε, and that is all."
        )
        _, M = student.whiten_fit(cloud(rng, 3, 12), kind=kind, eps=1e-30)
        assert np.isfinite(M).all(), (
            "With a tiny ε M is not finite. Rounding makes some eigenvalues of 0 slightly negative, and a "
            "tiny ε does not lift them above 0: what stands under the root?"
        )
    _, M = student.whiten_fit(X[:, :1], kind="zca", eps=0.5)
    assert close(M * np.sqrt(covariance(X[:, :1]) + 0.5), np.ones((1, 1))), (
        "With a single feature M is another. C is (D, D) always, and D may be one."
    )
    _, M = student.whiten_fit(np.tile(X[0], (4, 1)), kind="pca", eps=0.25)
    assert close(M @ M.T, 4.0 * np.eye(5)), (
        "Where all examples are equal M is another. Each λ is zero, and every direction is divided by √ε."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "whiten_fit",
    """
    X = np.array([[2.0, 1.0], [1.0, 2.0], [-2.0, -1.0], [-1.0, -2.0]])
    whiten_fit(X, kind="zca", eps=1.0)
    """,
    """
    X = np.array([[3.0, 2.0], [-3.0, 0.0], [1.0, 1.0], [-1.0, 1.0]])
    mean, M = whiten_fit(X, kind="pca", n_components=1)
    np.abs(M)  # its sign is free
    """,
    """
    mean, M = whiten_fit(np.array([[2.0, 0.0, 1.0], [0.0, 4.0, 1.0]]), kind="pca", eps=1.0)
    (M @ M.T).round(6)
    """,
)
