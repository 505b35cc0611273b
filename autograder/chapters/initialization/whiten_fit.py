"""Whitening, `whiten_fit`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import GUARDS, close, conventions, examples, mistakes, variants

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
    """M times its transpose is the inverse of C + ε·I, with more examples than features and with fewer."""
    for n, eps, size in ((30, 0.7, 1.0), (4, 0.3, 1.0), (30, 1e-11, 1e-5)):
        X = size * cloud(rng, n, 6)
        mean, M = student.whiten_fit(X, kind=kind, eps=eps)
        assert close(mean, X.mean(axis=0)), "The mean is not that of every feature over the examples."
        assert close(M @ M.T @ (covariance(X) + eps * np.eye(6)), np.eye(6), rtol=1e-8, atol=1e-8), (
            "Directions are not divided by the root of their variance plus ε. The covariance is that of the "
            "centred examples, over their number; ε is added before the root."
        )


@pytest.mark.exercise("whiten_fit", weight=2)
def test_pca_gives_uncorrelated_features_largest_first(student, rng):
    """Through pca the features are uncorrelated, with variances λ/(λ+ε), the largest first."""
    for n, eps in ((30, 0.8), (4, 0.5)):
        X = cloud(rng, n, 5)
        mean, M = student.whiten_fit(X, kind="pca", eps=eps)
        done = (X - mean) @ M
        lam = np.maximum(np.linalg.eigvalsh(covariance(X))[::-1], 0.0)
        assert close(done.T @ done / n, np.diag(lam / (lam + eps)), rtol=1e-8, atol=1e-8), (
            "The features are still correlated, or their variances are not λ/(λ+ε), or they do not begin "
            "with the largest. Is M made of the directions as columns, each divided by its own number?"
        )


@pytest.mark.exercise("whiten_fit", weight=3)
def test_zca_turns_back(student, reference, rng):
    """M of zca is symmetric: it scales along the directions and turns back."""
    for n, eps in ((30, 0.5), (3, 0.2)):
        X = cloud(rng, n, 5)
        _, M = student.whiten_fit(X, kind="zca", eps=eps)
        assert close(M, reference.whiten_fit(X, kind="zca", eps=eps)[1], rtol=1e-8, atol=1e-8), (
            "M is not V (Λ+ε)^-½ Vᵀ. After the scaling, zca turns back to the features it came from."
        )


@pytest.mark.exercise("whiten_fit")
def test_few_components_are_the_largest(student, rng):
    """With n_components, pca keeps the directions of the largest variances."""
    X, eps = cloud(rng, 25, 6), 0.4
    lam, V = np.linalg.eigh(covariance(X))
    for k in (1, 3, 6):
        _, M = student.whiten_fit(X, kind="pca", eps=eps, n_components=k)
        V_k = V[:, 6 - k :]
        want = V_k @ np.diag(1 / (lam[6 - k :] + eps)) @ V_k.T
        assert close(M @ M.T, want, rtol=1e-8, atol=1e-8), (
            "The directions that are kept are not those of the largest variances, or are scaled otherwise "
            "than without n_components."
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
            "Where nothing varies M is another than ε alone would make it. Tiny eigenvalues may come out "
            "below zero; by default ε is 1e-5."
        )
        assert close(mean[2], 1.0), "The mean of a constant feature is that constant."
        _, M = student.whiten_fit(cloud(rng, 3, 12), kind=kind, eps=1e-30)
        assert np.isfinite(M).all(), (
            "With a tiny ε there are NaNs in M: rounding makes some eigenvalues of 0 slightly negative, and "
            "ε no longer lifts them above 0 before the root."
        )
    for kind, X in (("pca", cloud(rng, 1, 3)), ("zca", cloud(rng, 6, 1))):
        _, M = student.whiten_fit(X, kind=kind, eps=0.5)
        assert close(M @ M.T @ (covariance(X) + 0.5 * np.eye(X.shape[1])), np.eye(X.shape[1])), (
            f"With X of shape {X.shape} M is another. C is (D, D) always, and D may be 1."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


EIGH = "lam, V = np.linalg.eigh(centred.T @ centred / len(X))"
ORDER = "lam, V = np.maximum(lam[::-1], 0.0), V[:, ::-1]  # eigh begins with the smallest"
DIVIDED = "M = V / np.sqrt(lam + eps)"
ANSWER = 'return mean, M @ V.T if kind == "zca" else M[:, :n_components]'

MISTAKES = mistakes(
    "whiten_fit",
    (
        "not_centred",
        "The matrix of mean products is taken with the mean still in X. The covariance is that of the "
        "centred examples: away from the origin the largest direction is otherwise the mean itself.",
        ("centred = X - mean", "centred = X"),
    ),
    (
        "not_divided_by_n",
        "The products are added up over the examples and not averaged, so that the result gets smaller with "
        "every example. What divides the sum?",
        (EIGH, "lam, V = np.linalg.eigh(centred.T @ centred)"),
    ),
    (
        "smallest_first",
        "The directions begin with the smallest variance, the order in which eigh gives them. With few "
        "components those that matter are lost: turn the order round.",
        (ORDER, "lam = np.maximum(lam, 0.0)"),
    ),
    (
        "order_of_variances_only",
        "The variances are put in another order and the directions are not: each column then is divided by "
        "another direction's variance.",
        (ORDER, "lam = np.maximum(lam[::-1], 0.0)"),
    ),
    (
        "rows_turned",
        "Where the order of the variances is turned round, V is turned by its rows, which are features. The "
        "directions are its columns.",
        (ORDER, "lam, V = np.maximum(lam[::-1], 0.0), V[::-1]"),
    ),
    (
        "root_missing",
        "Directions are divided by their variance, not by its root: the large ones come out smallest.",
        (DIVIDED, "M = V / (lam + eps)"),
    ),
    (
        "multiplied_by_the_root",
        "Directions are multiplied by the root of their variance: the long ones get longer still.",
        (DIVIDED, "M = V * np.sqrt(lam + eps)"),
    ),
    (
        "only_turned",
        "The examples are turned to their directions and not scaled: uncorrelated, and not white.",
        (DIVIDED, "M = V.copy()"),
    ),
    (
        "rows_scaled",
        "The rows of V are divided, which are features; the directions are its columns. Look at how the "
        "division is spread over the matrix.",
        (DIVIDED, "M = V / np.sqrt(lam + eps)[:, None]"),
    ),
    (
        "eps_outside_the_root",
        "ε is added to the root of the variance. It belongs to the variance, before the root.",
        (DIVIDED, "M = V / (np.sqrt(lam) + eps)"),
    ),
    (
        "no_eps",
        "ε is left out: where nothing varies, the division is by zero or by noise.",
        (DIVIDED, "M = V / np.sqrt(np.maximum(lam, 1e-300))"),
    ),
    (
        "negative_rounding_under_the_root",
        "Where nothing varies, rounding makes λ slightly negative, and with a tiny ε the root of λ + ε is "
        "NaN. A variance below 0 is 0.",
        (ORDER, "lam, V = lam[::-1], V[:, ::-1]"),
    ),
    (
        "eig_for_eigh",
        "The directions come from eig, which does not know that C is symmetric: where several variances are "
        "equal, as with fewer examples than features, they need not be orthogonal. Use eigh.",
        (EIGH, "lam, V = np.linalg.eig(centred.T @ centred / len(X))\n    lam, V = lam.real, V.real"),
        (ORDER, "o = np.argsort(-lam)\n    lam, V = np.maximum(lam[o], 0.0), V[:, o]"),
    ),
    (
        "thin_svd",
        "With fewer examples than features only as many directions are found as there are examples. M has "
        "all D: in the others λ is 0, and ε alone divides.",
        (EIGH, "_, s, Vt = np.linalg.svd(centred, full_matrices=False)"),
        (ORDER, "lam, V = s**2 / len(X), Vt.T"),
    ),
    (
        "zca_not_turned_back",
        "zca gives the same as pca: the last turn, back to the features that X came with, is missing.",
        (ANSWER, "return mean, M[:, :n_components]"),
    ),
    (
        "zca_turned_by_itself",
        "zca is turned once more the same way and not back: the transpose is missing, and M is not "
        "symmetric.",
        (ANSWER, 'return mean, M @ V if kind == "zca" else M[:, :n_components]'),
    ),
    (
        "n_components_ignored",
        "All directions are returned, however few are asked for.",
        (ANSWER, 'return mean, M @ V.T if kind == "zca" else M'),
    ),
    (
        "standardised_first",
        "Every feature is divided by its standard deviation first, so that the correlations are whitened "
        "and not the covariances; the answer is then wrong for X itself. Only the mean is taken off.",
        ("centred = X - mean", "centred = (X - mean) / np.maximum(X.std(axis=0), 1e-12)"),
    ),
    free={"standardised_first": ("X.std(axis=0), {})", ("1e-12", *GUARDS))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "whiten_fit",
    (
        "one_example_less",
        "The covariance is divided by one example less, as np.cov and scikit-learn's PCA have it. Here "
        "the number of examples divides.",
        (EIGH, "lam, V = np.linalg.eigh(centred.T @ centred / max(len(X) - 1, 1))"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class WhitenBySVD:
    """Singular values of the centred examples: their squares over N are the variances."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        mean = X.mean(axis=0)
        _, s, Vt = np.linalg.svd(X - mean, full_matrices=True)
        lam = np.zeros(X.shape[1])
        lam[: len(s)] = s**2 / len(X)
        M = Vt.T @ np.diag((lam + eps) ** -0.5)
        if kind == "zca":
            return mean, M @ Vt
        return mean, M[:, : X.shape[1] if n_components is None else n_components]


class WhitenByEig:
    """The general eigenvalue routine, sorted by argsort, signs turned round."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        mean = X.mean(axis=0)
        C = np.cov(X, rowvar=False, bias=True).reshape(X.shape[1], X.shape[1])
        lam, V = np.linalg.eigh((C + C.T) / 2)
        order = np.argsort(-lam)
        lam, V = np.clip(lam[order], 0, None), -V[:, order]
        root = 1 / np.sqrt(lam + eps)
        return mean, (V * root) @ V.T if kind == "zca" else (V * root)[:, :n_components]


class WhitenOneDirectionAtATime:
    """A sum of outer products for zca, a stack of columns for pca."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        n, d = X.shape
        mean = np.array([X[:, j].sum() / n for j in range(d)])
        C = sum(np.outer(x - mean, x - mean) for x in X) / n
        lam, V = np.linalg.eigh(C)
        if kind == "zca":
            return mean, sum(np.outer(V[:, j], V[:, j]) / (abs(lam[j]) + eps) ** 0.5 for j in range(d))
        keep = range(d - 1, d - 1 - (n_components or d), -1)
        return mean, np.stack([V[:, j] / (abs(lam[j]) + eps) ** 0.5 for j in keep], axis=1)


VARIANTS = variants("whiten_fit", WhitenBySVD, WhitenByEig, WhitenOneDirectionAtATime)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "whiten_fit",
    """
    X = np.array([[2.0, 1.0], [1.0, 2.0], [-2.0, -1.0], [-1.0, -2.0]])
    whiten_fit(X, kind="zca", eps=1.0)
    """,
    """
    X = np.array([[3.0, 1.0], [-3.0, 1.0], [0.0, 2.0], [0.0, 0.0]])
    mean, M = whiten_fit(X, kind="pca", n_components=1)
    np.abs(M)  # its sign is free
    """,
    """
    mean, M = whiten_fit(np.array([[2.0, 0.0, 1.0], [0.0, 4.0, 1.0]]), kind="pca", eps=1.0)
    (M @ M.T).round(6)
    """,
)
