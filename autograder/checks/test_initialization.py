"""Hidden checks of `initialization`: preprocessing, the probe of signals, random starts, and the start that
looks at the data."""

from functools import partial

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.checks.probes import twins
from autograder.checks.probes_initialization import (
    MANY,
    PHI,
    TALL,
    WIDE,
    cloud,
    covariance,
    features,
    layers,
    pre_activations,
    signal,
)
from autograder.laws.distributions import normal, uniform
from autograder.laws.laws import bounded_mean, follows, normal_std, share

# --- Standardising ----------------------------------------------------------------------------------------


@pytest.mark.exercise("standardize_fit", weight=2)
def test_every_feature_has_its_own_mean(student, rng):
    """The mean of each feature is over the examples, whatever the features' sizes."""
    for n, d in ((9, 5), (3, 6)):
        X = features(rng, n, d)
        assert close(student.standardize_fit(X)[0], X.sum(axis=0) / n), (
            "The means are not those of the features over all examples. An example is a row."
        )


@pytest.mark.exercise("standardize_fit", weight=2)
def test_the_scale_is_the_root_of_the_mean_square(student, rng):
    """The scale is the root of the mean squared distance from the mean, for large and small features."""
    for n, d in ((9, 5), (2, 6)):
        X = features(rng, n, d)
        want = np.sqrt(np.sum((X - X.sum(axis=0) / n) ** 2, axis=0) / n)
        assert close(student.standardize_fit(X)[1], want), (
            "A scale is not the standard deviation of its feature: mean squared distance from the feature's "
            "mean, over the number of examples, then the root, and nothing added to it."
        )


@pytest.mark.exercise("standardize_fit", weight=2)
def test_constant_features_have_scale_one(student, rng):
    """A feature whose values are all equal has the scale 1, be it zero or not, and others keep theirs."""
    n = 7
    X = rng.normal(size=(n, 2))
    flat = np.tile([0.0, 0.1, -3.0, 1e5 / 3], (n, 1))
    _, scale = student.standardize_fit(np.column_stack([flat[:, :2], X, flat[:, 2:]]))
    assert close(scale[[0, 1, 4, 5]], np.ones(4)), (
        "A constant feature has another scale than 1. Its computed deviation may come out as a tiny number "
        "instead of zero, so compare the values themselves."
    )
    assert close(scale[2:4], X.std(axis=0)), "Beside constant features the others have other scales."


@pytest.mark.exercise("standardize_fit")
def test_a_small_feature_is_not_constant(student, rng):
    """A feature that varies by very little keeps its own scale."""
    X = rng.normal(size=(8, 3)) * np.array([1e-9, 1.0, 1e-13])
    assert close(student.standardize_fit(X)[1], X.std(axis=0), atol=1e-25), (
        "A feature that varies by very little was given another scale. Small is not constant, and nothing "
        "is added to a scale."
    )


@pytest.mark.exercise("standardize_fit")
def test_a_large_offset_does_no_harm(student, rng):
    """With an offset of a hundred million the scale is still that of the feature."""
    X = rng.normal(size=(40, 2)) * [1.0, 3.0]
    assert close(student.standardize_fit(X + 1e8)[1], X.std(axis=0), rtol=1e-5), (
        "Far from zero the scale is wrong: the difference of two large numbers has lost its digits. Take the "
        "mean off first, then square."
    )


@pytest.mark.exercise("standardize")
def test_the_given_numbers_are_used(student, rng):
    """Features are shifted by the given means, then divided by the given scales."""
    X, mean, scale = features(rng, 6, 4), rng.normal(size=4), rng.uniform(0.2, 5.0, size=4)
    assert close(student.standardize(X, mean, scale), np.divide(np.subtract(X, mean), scale)), (
        "The result is not (X - mean)/scale with the numbers that were given. First the shift, then the "
        "division, and nothing is measured on X."
    )


@pytest.mark.exercise("standardize")
def test_new_examples_are_treated_alike(student, rng):
    """A new example alone is treated as among others."""
    X, mean, scale = rng.normal(size=(5, 3)), rng.normal(size=3), rng.uniform(0.2, 5.0, size=3)
    together = student.standardize(X, mean, scale)
    alone = np.concatenate([student.standardize(X[i : i + 1], mean, scale) for i in range(5)])
    assert close(alone, together), "An example comes out otherwise among others than alone: what is measured?"
    assert close(together * scale + mean, X), "Turned back, the examples are not those that were given."


# --- Whitening ----------------------------------------------------------------------------------------------


@pytest.mark.exercise("whiten_fit")
@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_whitening_inverts_the_covariance(student, rng, kind):
    """M times its transpose is the inverse of C + ε·I, with more examples than features and with fewer."""
    for n, eps in ((30, 0.7), (4, 0.3)):
        X = cloud(rng, n, 6)
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
            "below zero; by default ε is as the docstring says."
        )
        assert close(mean[2], 1.0), "The mean of a constant feature is that constant."


# --- Watching the signal ------------------------------------------------------------------------------------


@pytest.mark.exercise("activation_stats")
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_the_forward_statistics(student, reference, rng, activation):
    """Mean and deviation of the activations of every layer, over all entries."""
    weights, X, grad_out = signal(rng)
    got, want = (
        side.activation_stats(weights, X, grad_out, activation=activation) for side in (student, reference)
    )
    for key in ("act_mean", "act_std"):
        assert close(got[key], want[key]), (
            "Mean or deviation of the activations is off in some layer. They are those of h, after the "
            "activation, over examples and units together, and the last layer has its activation too."
        )


@pytest.mark.exercise("activation_stats", weight=2)
def test_the_saturated_share(student, reference, rng):
    """tanh beyond 0.99 on either side, ReLU at zero; a linear unit never is."""
    weights, X, grad_out = signal(rng, scale=6.0)
    for activation in ("tanh", "relu", "linear"):
        got, want = (
            side.activation_stats(weights, X, grad_out, activation=activation)["saturated"]
            for side in (student, reference)
        )
        assert close(got, want), (
            "The share of saturated entries is off. For tanh |h| counts, on both sides; for ReLU h = 0; for "
            "a linear layer it is 0."
        )


@pytest.mark.exercise("activation_stats", weight=2)
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_the_gradient_at_the_pre_activations(student, reference, rng, activation):
    """The gradient's deviation at z of every layer, with an upstream gradient of uneven columns."""
    weights, X, grad_out = signal(rng)
    got, want = (
        side.activation_stats(weights, X, grad_out, activation=activation)["grad_std"]
        for side in (student, reference)
    )
    assert close(got, want), (
        "The gradient on its way back is off in some layer. At each layer it is multiplied by φ′(z) of that "
        "layer, measured, then sent through the transposed weights; the first layer stands first."
    )


@pytest.mark.exercise("activation_stats")
def test_one_layer_alone(student, rng):
    """A single linear layer: the deviations are those of XW and of the upstream gradient."""
    (W,), X, grad_out = layers(rng, (4, 3)), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    stats = student.activation_stats([W], X, grad_out, activation="linear")
    assert close([stats["act_std"][0], stats["act_mean"][0]], [np.std(X @ W), np.mean(X @ W)]), (
        "For one linear layer the activations are X @ W."
    )
    assert close(stats["grad_std"][0], np.std(grad_out)), (
        "For one linear layer the gradient at z is the upstream gradient itself."
    )


@pytest.mark.exercise("dead_fraction", weight=2)
def test_dead_is_zero_for_every_example(student, rng):
    """A unit counts as dead if it is at zero or below for every example; one example above is enough."""
    signs = np.array([[-1, -1, 1, -1, -1], [-1, 1, 1, -1, -1], [-1, -1, 1, -1, -1], [-1, -1, 1, 1, -1]])
    z = signs * rng.uniform(0.1, 2.0, size=signs.shape)
    z[:, 1] *= [9.0, 0.1, 9.0, 9.0]
    order = rng.permutation(5)
    assert close(student.dead_fraction(z[:, order]), 0.4), (
        "The share of dead units is off. A unit is a column; it is dead if no example brings it above zero, "
        "however small that one value is."
    )


@pytest.mark.exercise("dead_fraction")
def test_at_zero_a_unit_is_dead(student, rng):
    """A pre-activation of exactly zero has no slope."""
    z = np.column_stack([np.zeros(3), -rng.uniform(1.0, 2.0, 3), rng.uniform(1.0, 2.0, 3)])
    z[1, 1] = 0.0
    assert close(student.dead_fraction(z), 2 / 3), (
        "A unit at exactly zero for some example is counted otherwise: relu′(0) is 0."
    )


@pytest.mark.exercise("dead_fraction")
def test_an_example_on_which_nothing_fires_is_no_dead_unit(student, rng):
    """Units count, not examples; with one example each unit is judged by it alone."""
    z = rng.uniform(0.5, 1.0, size=(4, 6))
    z[2] *= -1.0
    z[:, 0] = -1.0
    assert close(student.dead_fraction(z), 1 / 6), "A share of units is asked for, and units are columns."
    assert close(student.dead_fraction(z[1:2]), 1 / 6), "With one example, a unit's one value decides."


# --- Xavier and He ------------------------------------------------------------------------------------------


def draws_every_weight(draw, rng):
    """``draw(rng=…)``, twice from one generator and once from its twin: all new, and again the same."""
    ours, theirs = twins(rng)
    drawn = np.array([draw(rng=ours) for _ in range(2)])
    assert np.unique(drawn).size == drawn.size, FRESH
    assert close(draw(rng=theirs), drawn[0]), ELSEWHERE


def limited(W, a, against):
    """Uniform on [-a, a] has this mean square; ``against``: other variances, as shares of this one."""
    shares = [ratio * a**2 / 3 for ratio in against]
    return float(np.abs(W).max()) <= a * (1 + 1e-12) and bounded_mean(
        W**2, a**2 / 3, low=0.0, high=a**2 * (1 + 1e-9), against=[v for v in shares if v <= a**2]
    )


FRESH = (
    "Some weights are equal, within one matrix or in two drawn one after the other. Every entry is a draw of "
    "its own from the rng that was handed over: units that start alike stay alike."
)
ELSEWHERE = (
    "Two generators in the same state gave different weights: something is drawn from elsewhere, and a run "
    "cannot be had again. All randomness comes from the rng that was handed over."
)
SHAPE = (
    "The weights are not uniform on an interval around zero: both signs, and every value within the limits "
    "as likely as another."
)
BELL = "The weights are not Gaussian around zero: both signs, a peak at zero and thin tails."
XAVIER = (
    "The size of the weights is not Xavier's. Its variance is made of both fans; a uniform law on [-a, a] "
    "has the variance a²/3, and a Gaussian takes the root of the variance."
)
HE = (
    "The size of the weights is not He's. Its variance is made of the number of inputs alone, with the "
    "factor that ReLU asks for; a uniform law on [-a, a] has the variance a²/3, and a Gaussian takes the "
    "root."
)


@pytest.mark.exercise("xavier_uniform")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_xavier_uniform_has_its_limit(student, rng, shape):
    """The range and the variance are Xavier's, with four times as many inputs as outputs and the reverse."""
    W = student.xavier_uniform(*shape, rng=rng)
    assert limited(W, np.sqrt(6 / sum(shape)), against=[0.5, 1.6, 0.25]), XAVIER


@pytest.mark.exercise("xavier_uniform")
def test_xavier_uniform_scales_with_gain(student, rng):
    """gain is a factor on the weights."""
    gain = float(rng.uniform(1.8, 2.5))
    W = student.xavier_uniform(*TALL, rng=rng, gain=gain)
    assert limited(W, gain * np.sqrt(6 / sum(TALL)), against=[1 / gain, 1 / gain**2]), (
        "With a gain the weights are not gain times as large: it multiplies the limit."
    )


@pytest.mark.exercise("xavier_uniform", weight=2)
def test_xavier_uniform_is_uniform(student, rng):
    """All values within the limits are as likely."""
    a = np.sqrt(6 / sum(MANY))
    W = student.xavier_uniform(*MANY, rng=rng)
    assert follows(W, uniform(-a, a), against=[normal(0.0, a / np.sqrt(3)), uniform(0.0, a)]), SHAPE


@pytest.mark.exercise("xavier_normal")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_xavier_normal_has_its_deviation(student, rng, shape):
    """The deviation is Xavier's, with four times as many inputs as outputs and the reverse."""
    n, m = shape
    W = student.xavier_normal(n, m, rng=rng)
    others = [np.sqrt(1 / n), np.sqrt(2 / n), np.sqrt(2 / m), 2 / (n + m)]
    assert normal_std(W, np.sqrt(2 / (n + m)), against=others), XAVIER


@pytest.mark.exercise("xavier_normal")
def test_xavier_normal_scales_with_gain(student, rng):
    """gain is a factor on the weights."""
    gain, std = float(rng.uniform(1.8, 2.5)), np.sqrt(2 / sum(TALL))
    W = student.xavier_normal(*TALL, rng=rng, gain=gain)
    assert normal_std(W, gain * std, against=[std, gain**2 * std, np.sqrt(gain) * std]), (
        "With a gain the weights are not gain times as large: it multiplies the deviation, not the variance."
    )


@pytest.mark.exercise("xavier_normal", weight=2)
def test_xavier_normal_is_gaussian(student, rng):
    """The law is a Gaussian around zero."""
    std = np.sqrt(2 / sum(MANY))
    W = student.xavier_normal(*MANY, rng=rng)
    assert follows(W, normal(0.0, std), against=[uniform(-std * np.sqrt(3), std * np.sqrt(3))]), BELL


@pytest.mark.exercise("he_uniform")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_he_uniform_has_its_limit(student, rng, shape):
    """The range and the variance are He's, with four times as many inputs as outputs and the reverse."""
    W = student.he_uniform(*shape, rng=rng)
    assert limited(W, np.sqrt(6 / shape[0]), against=[0.5, 1.6, 0.25, 1 / 6]), HE


@pytest.mark.exercise("he_uniform", weight=2)
def test_he_uniform_is_uniform(student, rng):
    """All values within the limits are as likely."""
    a = np.sqrt(6 / MANY[0])
    W = student.he_uniform(*MANY, rng=rng)
    assert follows(W, uniform(-a, a), against=[normal(0.0, a / np.sqrt(3)), uniform(0.0, a)]), SHAPE


@pytest.mark.exercise("he_normal")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_he_normal_has_its_deviation(student, rng, shape):
    """The deviation is He's, with four times as many inputs as outputs and the reverse."""
    n, m = shape
    W = student.he_normal(n, m, rng=rng)
    others = [np.sqrt(1 / n), np.sqrt(2 / m), np.sqrt(2 / (n + m)), 2 / n]
    assert normal_std(W, np.sqrt(2 / n), against=others), HE


@pytest.mark.exercise("he_normal", weight=2)
def test_he_normal_is_gaussian(student, rng):
    """The law is a Gaussian around zero."""
    std = np.sqrt(2 / MANY[0])
    W = student.he_normal(*MANY, rng=rng)
    assert follows(W, normal(0.0, std), against=[uniform(-std * np.sqrt(3), std * np.sqrt(3))]), BELL


@pytest.mark.exercise("xavier_uniform", weight=2)
def test_xavier_uniform_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_every_weight(partial(student.xavier_uniform, 7, 5), rng)


@pytest.mark.exercise("xavier_normal", weight=2)
def test_xavier_normal_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_every_weight(partial(student.xavier_normal, 7, 5), rng)


@pytest.mark.exercise("he_uniform", weight=2)
def test_he_uniform_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_every_weight(partial(student.he_uniform, 7, 5), rng)


@pytest.mark.exercise("he_normal", weight=2)
def test_he_normal_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_every_weight(partial(student.he_normal, 7, 5), rng)


# --- Orthogonal ---------------------------------------------------------------------------------------------


@pytest.mark.exercise("orthogonal")
@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (1, 3)])
def test_nothing_is_stretched(student, rng, shape):
    """Columns of a tall matrix and rows of a wide one are orthogonal and of length gain."""
    n, m = shape
    for gain in (1.0, float(rng.uniform(1.5, 3.0)), 0.3):
        W = student.orthogonal(n, m, rng=rng, gain=gain)
        got = W.T @ W if n >= m else W @ W.T
        assert close(got, gain**2 * np.eye(min(n, m)), rtol=1e-8, atol=1e-8), (
            "The smaller product of W with its transpose is not gain² times the identity. Columns are "
            "orthonormal if W is tall, rows if it is wide, and gain multiplies W."
        )


@pytest.mark.exercise("orthogonal")
@pytest.mark.parametrize("shape", [(6, 3), (3, 6)])
def test_all_signs_are_as_likely(student, rng, shape):
    """Every entry is positive as often as negative: the factorisation's habit is taken out."""
    drawn = np.array([student.orthogonal(*shape, rng=rng) for _ in range(60)])
    for entry in (drawn[:, 0, 0], drawn[:, 2, 2]):
        assert share(entry > 0, 0.5, against=[0.0, 1.0]), (
            "An entry of W has one sign far too often. QR chooses the signs of Q's columns by a habit of its "
            "own, and signs of the diagonal of R undo it; the matrix factored is Gaussian, of both signs."
        )


@pytest.mark.exercise("orthogonal", weight=2)
def test_orthogonal_draws_anew(student, rng):
    """No two entries are equal, each call draws anew, and all of it from the rng handed over."""
    draws_every_weight(partial(student.orthogonal, 6, 4), rng)


# --- LSUV ---------------------------------------------------------------------------------------------------


def loud(rng, scale=3.0):
    """Layers far from unit variance, each by its own factor, and a batch off centre.

    Of two units one is the other's opposite, so that no layer is dead on the whole batch.
    """
    weights = layers(rng, (6, 9, 5, 7))
    for W in weights:
        W[:, -1] = -W[:, 0]
    return [scale**k * W for k, W in zip((2, -2, 3), weights, strict=True)], rng.normal(size=(12, 6)) + 2.0


@pytest.mark.exercise("lsuv", weight=2)
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_every_pre_activation_has_variance_one(student, rng, activation):
    """Before each nonlinearity the batch has variance one, over all entries, a mean or none."""
    weights, X = loud(rng)
    scaled = student.lsuv(weights, X, activation=activation, tol=1e-6)
    for z in pre_activations(scaled, X, PHI[activation]):
        assert close(np.mean((z - z.mean()) ** 2), 1.0, rtol=1e-5), (
            "In some layer z = hW has another variance than one on the batch. It is taken before the "
            "nonlinearity, around the mean of all entries, with h as it comes through the scaled layers."
        )


@pytest.mark.exercise("lsuv")
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_layer_is_only_scaled(student, reference, rng, activation):
    """Every layer is a positive multiple of what it was, the multiple that the recipe gives."""
    weights, X = loud(rng)
    got, want = (side.lsuv(weights, X, activation=activation) for side in (student, reference))
    assert close(got, want, rtol=1e-8), (
        "The layers are other multiples of what they were. Each is divided as a whole, by one number."
    )


@pytest.mark.exercise("lsuv", weight=2)
def test_layers_within_tol_stay(student, rng):
    """A layer whose variance is within tol of one is left alone, and one outside of it is not."""
    X, (W,) = rng.normal(size=(15, 6)), layers(rng, (6, 8))
    W = W / np.sqrt(np.var(X @ W))
    for var, tol in ((1.07, 0.1), (0.93, 0.1), (1.35, 0.4), (0.65, 0.4)):
        (got,) = student.lsuv([np.sqrt(var) * W], X, activation="relu", tol=tol)
        assert close(got, np.sqrt(var) * W), (
            "A layer was changed though its variance is within tol of one: then it stays as it is."
        )
    for var, tol in ((1.13, 0.1), (0.87, 0.1), (1.07, 0.05), (0.7, 0.2)):
        (got,) = student.lsuv([np.sqrt(var) * W], X, activation="relu", tol=tol)
        assert close(got, W), (
            "A layer stayed as it was, or was scaled otherwise, though its variance is further than tol from "
            "one: above or below, it is divided by the root of its variance."
        )


@pytest.mark.exercise("lsuv")
def test_tol_is_a_tenth_by_default(student, rng):
    """Without tol, a variance within a tenth of one will do."""
    X, (W,) = rng.normal(size=(15, 4)), layers(rng, (4, 5))
    W = W / np.sqrt(np.var(X @ W))
    near, far = (np.sqrt(var) * W for var in (1.08, 1.12))
    got = [student.lsuv([start], X, activation="tanh")[0] for start in (near, far)]
    assert close(got, [near, W]), "Without tol a layer within a tenth stays, and one further away is divided."
