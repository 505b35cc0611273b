"""LSUV, `lsuv`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from ..shared import few_digits
from .shared import layers

# --- Checks -------------------------------------------------------------------------------------------------


PHI = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0), "linear": lambda z: z}


def loud(rng, n=12):
    """Layers far from unit variance, each by its own factor, and a batch off centre.

    Of two units one is the other's opposite, so that no layer is dead on the whole batch.
    """
    weights = layers(rng, (6, 9, 5, 7, 4, 6))
    for W in weights:
        W[:, -1] = -W[:, 0]
    factors = 3.0 ** np.array([2.0, -2.0, 3.0, 1.0, -1.0])
    return [k * W for k, W in zip(factors, weights, strict=True)], rng.normal(size=(n, 6)) + 2.0


@pytest.mark.exercise("lsuv", weight=2)
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_every_pre_activation_has_variance_one(student, rng, activation):
    """Before each nonlinearity the batch has variance one, over all entries, a mean or none."""
    weights, h = loud(rng)
    for W in student.lsuv(weights, h, activation=activation, tol=1e-6):
        z = h @ W
        h = PHI[activation](z)
        assert close(np.mean((z - z.mean()) ** 2), 1.0, rtol=1e-5), (
            f"With activation={activation!r} z = hW has in some layer another variance than one on the "
            "batch. It is taken before the nonlinearity, around the mean of all entries, with h as it comes "
            "through the scaled layers."
        )


@pytest.mark.exercise("lsuv")
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_layer_is_only_scaled(student, reference, rng, activation):
    """Every layer is a positive multiple of what it was, the multiple that the recipe gives."""
    weights, X = loud(rng, 12 if activation == "tanh" else 1500)
    weights[0] = 1e-60 * weights[0]  # a variance far below what guards take for zero
    X, weights[1] = 1e-50 * X, 1e60 * weights[1]
    for often in ({"max_iter": 1}, {}):
        got, want = (side.lsuv(weights, X, activation=activation, **often) for side in (student, reference))
        assert close(got, want, rtol=1e-8, atol=0.0), few_digits(got, want) or (
            "The layers are other multiples of what they were. Each is divided as a whole, by one number, up "
            "to max_iter times, and neither a tiny nor a huge variance is a special case."
        )


@pytest.mark.exercise("lsuv", weight=2)
def test_layers_within_tol_stay(student, rng):
    """A layer within tol of one stays as it is, and the batch goes through it; one outside is divided."""
    X, (W,) = rng.normal(size=(15, 6)), layers(rng, (6, 8))
    W = W / np.sqrt(np.var(X @ W))
    for var, tol in ((1.07, 0.1), (0.93, 0.1), (1.35, 0.4), (0.65, 0.4), (2.5, 2.0)):
        (got,) = student.lsuv([np.sqrt(var) * W], X, activation="relu", tol=tol)
        assert close(got, np.sqrt(var) * W), (
            "A layer was changed though its variance is within tol of one: then it stays as it is."
        )
    first, near, after = layers(rng, (6, 6, 8, 5), 3.0)
    near[:, -1] = -near[:, 0]  # one of the two is on wherever anything comes in
    want = [first / np.std(X @ first)]
    h = np.maximum(X @ want[0], 0.0)
    want.append(np.sqrt(1.07) * near / np.std(h @ near))
    want.append(after / np.std(np.maximum(h @ want[1], 0.0) @ after))
    first, after = 3.0 * want[0], 3.0 * want[2]  # of variance nine
    assert close(student.lsuv([first, want[1], after], X, activation="relu"), want), (
        "Of three layers the second is within tol and stays, whatever was done to the first. The third sees "
        "what comes through the second as it is, not quite of variance one, and is divided."
    )
    for var, tol in ((1.105, 0.1), (0.895, 0.1), (1.002, 0.001), (0.7, 0.2)):
        (got,) = student.lsuv([np.sqrt(var) * W], X, activation="relu", tol=tol)
        assert close(got, W), (
            "A layer stayed as it was, or was scaled otherwise, though its variance is further than tol from "
            "one: above or below, it is divided by the root of its variance."
        )
    X = np.array([[1.0], [-1.0]])
    for root in (2.0, 0.5):  # in powers of two, so that the distance is tol to the bit
        (got,) = student.lsuv([np.array([[root]])], X, activation="linear", tol=abs(root**2 - 1))
        assert close(got, np.ones((1, 1))), (
            "A layer whose variance is exactly tol away from one stayed: it is divided from there on, while "
            "|v - 1| >= tol."
        )
    X = 1e8 + 3.0 * rng.permutation(9)[:, None] + rng.uniform(size=(9, 1))
    assert close(student.lsuv([np.ones((1, 1))], X, activation="linear")[0][0, 0], 1 / X.std(), rtol=1e-6), (
        "With a batch far from zero the layer is scaled wrongly. Is the variance the mean of squares "
        "less the square of the mean, of which no digit is right there? The mean is taken off first."
    )


@pytest.mark.exercise("lsuv")
def test_tol_is_a_tenth_by_default(student, rng):
    """Without tol a variance within a tenth of one will do; a tiny tol means max_iter divisions."""
    X, (W,) = rng.normal(size=(15, 4)), layers(rng, (4, 1))
    W = W / np.sqrt(np.var(X @ W))
    near, far = (np.sqrt(var) * W for var in (1.08, 1.12))
    other = np.append(far[:3], far[3:] + 9.0, axis=0)  # the same but for its last number
    got = [student.lsuv([start], X, activation="tanh")[0] for start in (near, far, other)]
    assert close(got, [near, W, other / np.std(X @ other)]), (
        "Without tol a layer within a tenth stays, and one further away is divided, of a single unit, too."
    )
    W = np.array([[1.0, 2.0, 4.0]])  # rounding keeps its variance from one
    for X, root in ((np.array([[1.0], [-1.0]]), np.sqrt(7)), (np.ones((1, 1)), np.sqrt(14 / 9))):
        (got,) = student.lsuv([W], X, activation="linear", tol=1e-17)
        assert close(got, W / root), (
            "With a tiny tol the variance may never come that near to one: after max_iter divisions W is "
            "taken as it is. With one example the variance is that over its units."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


VAR, NEAR, SHRUNK = "var = np.var(h @ W)", "if abs(var - 1) < tol:", "W = W / np.sqrt(var)"
ON = "h = activate(h @ W, activation)"


class AllAtOnce:
    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        h, scaled = X, []
        for W in weights:
            var = np.var(h @ W)
            h = activate(h @ W, activation)
            scaled.append(W if abs(var - 1) < tol else W / np.sqrt(var))
        return scaled


MISTAKES = mistakes(
    "lsuv",
    (
        "layers_before_unscaled",
        "A layer is measured on what comes through the layers before as they were, not as they are scaled "
        "now. Layer-sequential means: scale one, send the batch through it, then look at the next.",
        AllAtOnce,
    ),
    (
        "root_missing",
        "W is divided by the variance and not by its root, so that it overshoots from one side to the other.",
        (SHRUNK, "W = W / var"),
    ),
    (
        "multiplied",
        "W is multiplied by the root of the variance: a loud layer gets louder.",
        (SHRUNK, "W = W * np.sqrt(var)"),
    ),
    (
        "after_the_activation",
        "The variance is taken after the activation. It is asked for before: of z, not of h.",
        (VAR, "var = np.var(activate(h @ W, activation))"),
    ),
    (
        "no_activation_between",
        "The batch goes from layer to layer without the activation.",
        (ON, "h = h @ W"),
    ),
    (
        "knows_no_tanh",
        "The batch goes from layer to layer without the activation when that is tanh.",
        (ON, 'h = np.maximum(h @ W, 0.0) if activation == "relu" else h @ W'),
    ),
    (
        "mean_square",
        "The mean square of z is brought to one, with its mean in it. After a ReLU, or with inputs off "
        "centre, that is not the variance.",
        (VAR, "var = np.mean((h @ W) ** 2)"),
    ),
    (
        "unit_by_unit",
        "Every unit is divided by its own standard deviation. A layer is scaled as a whole, by one number.",
        (VAR, "units = np.var(h @ W, axis=0)\n            var = units.mean()"),
        (SHRUNK, "W = W / np.sqrt(units)"),
    ),
    (
        "tol_ignored",
        "Every layer is divided, also where its variance is within tol of one: then it is to stay as it is.",
        (NEAR, "if var == 1:"),
    ),
    (
        "only_loud_layers",
        "Only layers with too large a variance are scaled, and quiet ones stay quiet: tol counts on both "
        "sides.",
        (NEAR, "if var - 1 < tol:"),
    ),
    (
        "tol_on_the_deviation",
        "tol is held against the standard deviation. It says how far the variance may be from one.",
        (NEAR, "if abs(np.sqrt(var) - 1) < tol:"),
    ),
    (
        "tol_itself_is_near",
        "A layer whose variance is exactly tol away from one is left alone: while |v - 1| >= tol, W is "
        "divided.",
        (NEAR, "if abs(var - 1) <= tol:"),
    ),
    (
        "max_iter_for_all",
        "max_iter is used up by all layers together, and the last ones stay as they were. Each layer may be "
        "divided that often.",
        ("h, scaled = X, []", "h, scaled, left = X, [], max_iter"),
        ("for _ in range(max_iter):", "while left > 0:"),
        (SHRUNK, "W, left = W / np.sqrt(var), left - 1"),
    ),
    (
        "one_time_less",
        "A layer is divided max_iter - 1 times at most. It may be divided max_iter times.",
        ("for _ in range(max_iter):", "for _ in range(max_iter - 1):"),
    ),
    (
        "always_the_first_input",
        "Every layer is measured on X itself: what a layer sees has gone through all layers before it.",
        (ON, "h = activate(h @ W, activation) if W.shape[0] == 0 else h"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "lsuv",
    """
    X, W = np.array([[1.0, 0.0], [2.0, 4.0], [0.0, 2.0]]), np.array([[1.0, 0.0], [1.0, -1.0]])
    lsuv([W, W], X, activation="relu")
    """,
    """
    weights = [np.array([[1.04]]), np.array([[0.5]]), np.array([[1.07]])]
    lsuv(weights, np.array([[1.0], [-1.0]]), activation="linear")
    """,
    """
    weights = [np.array([[2.0]]), np.array([[4.0]])]
    lsuv(weights, np.array([[1.0], [-1.0]]), activation="linear", tol=3.0, max_iter=1)
    """,
    """
    lsuv([np.array([[1e-8]])], np.array([[1.0], [-1.0]]), activation="linear", max_iter=1)
    """,
)
