"""Named mistakes of `whiten_fit`, with their hints, and conventions."""

from __future__ import annotations

from autograder.checking import GUARDS, conventions, mistakes

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
