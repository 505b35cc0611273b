"""Gradient descent, `train_gd`: hidden checks and variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from .shared import KEPT, anew, network, through

# --- Checks -------------------------------------------------------------------------------------------------


def clouds(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """``n`` points in five numbers around one of three places, and which."""
    y = rng.permutation(np.arange(n) % 3)
    places = np.array([[2.0, 0, 0, 1, 0], [0, 2.0, 0, 0, 1], [0, 0, 2.0, -1, -1]])
    return places[y] + rng.normal(size=(n, 5)) * 0.4, y


@pytest.mark.exercise("train_gd")
def test_a_step_goes_against_the_gradient(student, reference, rng):
    """One step moves every parameter by lr times its gradient, downhill, whatever was called before."""
    for lr, widths in ((float(rng.uniform(0.1, 3.0)), (3, 4, 2)), (2, (3, 3, 3)), (0.0, (3, 3, 3))):
        params, grads = network(rng, *widths), network(rng, *widths)
        grads["W2"] = 1e9 * grads["W2"]
        for side in (params, grads):
            side["t"] = np.array(rng.normal())
        grads["b1"] = np.zeros(widths[1])
        got = student.gd_step(params, grads, lr=lr)
        assert close(got, {key: np.asarray(params[key] - lr * grads[key]) for key in params}), (
            "gd_step: w ← w - lr·g for every key, whatever its name and shape, large or zero gradients too, "
            "and with the lr that is given, be it a whole number. Nothing else is multiplied, divided or cut "
            "off."
        )
    given = network(rng, 2, 2, 2), network(rng, 2, 2, 2)
    assert anew(student, reference, "gd_step", *given, then={"lr": 0.7}, lr=0.3), f"gd_step: {KEPT}"


@pytest.mark.exercise("train_gd", weight=2)
def test_training_takes_the_steps(student, reference, rng):
    """Over several steps the parameters are where gradient descent on the whole batch leads."""
    for lr, n_steps in ((0.3, 1), (0.3, 4), (0.0, 2), (0.3, 0), (40.0, 2), (80.0, 1)):  # the last two climb
        (params, _, _), (X, y) = through(rng, 5, 4, 4), clouds(rng, 11)  # no example of the last
        got, _ = student.train_gd(params, X, y, lr=lr, n_steps=n_steps, activation="tanh")
        want, _ = reference.train_gd(params, X, y, lr=lr, n_steps=n_steps, activation="tanh")
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "After a few steps the parameters are elsewhere. Each step: forward, loss, its gradient "
            "backward through the network as it is now, gd_step with lr; and the result of one step is "
            "the start of the next. The lr is the one that was given, also after a step in which the loss "
            "rose, and nothing is added to the gradients, such as a weight decay."
        )


@pytest.mark.exercise("train_gd", weight=2)
def test_losses_belong_to_the_parameters(student, reference, rng):
    """One loss more than steps: one before any step, one after each; several calls in a row are right."""
    (params, _, _), (X, y) = through(rng, 5, 4, 3), clouds(rng, 11)
    _, losses = student.train_gd(params, X, y, lr=0.3, n_steps=3, activation="tanh")
    _, want = reference.train_gd(params, X, y, lr=0.3, n_steps=3, activation="tanh")
    assert close(losses, want, rtol=1e-9), (
        "The losses are wrong. If the parameters are wrong too, look there first. If not: is each loss taken "
        "before its step, and one more after the last step?"
    )
    params, run = network(rng, 5, 3), {"lr": 0.3, "n_steps": 1, "activation": "tanh"}
    assert anew(student, reference, "train_gd", params, X, y, atol=1e-9, **run), f"train_gd: {KEPT}"


@pytest.mark.exercise("train_gd")
def test_training_knows_every_activation(student, reference, rng):
    """The network is trained with the activation that the keyword names."""
    for kind, hidden, n in (("sigmoid", 2, 8), ("relu", 2, 300), ("elu", 2, 8), ("leaky_relu", 4, 8)):
        (params, _, _), (X, y) = through(rng, 5, *[4] * hidden, 3), clouds(rng, n)
        got = student.train_gd(params, X, y, lr=0.3, n_steps=2, activation=kind)
        want = reference.train_gd(params, X, y, lr=0.3, n_steps=2, activation=kind)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            f"With {kind} parameters or losses are wrong. If all is right with tanh: do the forward and "
            "the backward pass get the keyword, and does a step take all examples, however many there are?"
        )


def descent(params, X, y, n_steps):
    """Gradient descent with lr 1 on a network of one layer, written out."""
    W, b, losses = params["W1"], params["b1"], []
    for step in range(n_steps + 1):
        z = X @ W + b
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(-z[np.arange(len(y)), y].mean())
        if step < n_steps:
            slope = (np.exp(z) - np.eye(len(b))[y]) / len(y)
            W, b = W - X.T @ slope, b - slope.sum(axis=0)
    return {"W1": W, "b1": b}, losses


@pytest.mark.exercise("train_gd")
def test_training_learns(student, rng):
    """Training lowers the loss by much, and the parameters that come back are the trained ones."""
    (params, _, _), (X, y) = through(rng, 5, 3), clouds(rng, 18)
    X = 3 * X
    run = {"lr": 1.0, "n_steps": 99, "activation": "tanh"}
    trained, losses = student.train_gd(params, X, y, **run)
    _, (after,) = descent(trained, X, y, 0)
    assert after < 0.3, (
        "Many steps on three clouds leave a large loss. Is each step downhill, with the gradient of where "
        "you are and the lr that was given, and are the last parameters returned?"
    )
    assert close((trained, losses), descent(params, X, y, 99), rtol=1e-6, atol=1e-9), (
        "Many steps end elsewhere than gradient descent with one lr on all examples, or have other losses. "
        "If a few steps are right: every step is made with the lr that was given, however many there are and "
        "however small the loss is."
    )
    run["n_steps"] = 3
    got = student.train_gd(params, 30 * X, y, **run)
    assert close(got, descent(params, 30 * X, y, 3), rtol=1e-6, atol=1e-9), (
        "Where the inputs are large, training ends elsewhere or has other losses. If it is right for small "
        "ones: is every step made, and with the lr that was given, also where the loss has risen or is 0? Is "
        "a loss or a gradient cut off? Take your softmax_cross_entropy."
    )


# --- Variants -----------------------------------------------------------------------------------------------


class TrainsOnCopies:
    """Copies first and works in place on its own arrays; losses in an array."""

    def gd_step(params, grads, *, lr):
        new = {key: value.copy() for key, value in params.items()}
        for key in new:
            new[key] -= lr * grads[key]
        return new

    def train_gd(params, X, y, *, lr, n_steps, activation):
        own = {key: np.array(value) for key, value in params.items()}
        losses = np.empty(n_steps + 1)
        for i in range(n_steps):
            losses[i], g = softmax_cross_entropy(mlp_forward(own, X, activation=activation), y)
            grads = mlp_backward(g, own, X, activation=activation)[0]
            for key in own:
                own[key] -= lr * grads[key]
        losses[n_steps] = softmax_cross_entropy(mlp_forward(own, X, activation=activation), y)[0]
        return own, losses.tolist()


class TrainsByRecursion:
    """One step, then the rest of the training; a tuple of losses."""

    def gd_step(params, grads, *, lr):
        return dict(zip(params, [params[key] + -lr * grads[key] for key in params], strict=True))

    def train_gd(params, X, y, *, lr, n_steps, activation):
        loss, g = softmax_cross_entropy(mlp_forward(params, X, activation=activation), y)
        if n_steps == 0:
            return params, (loss,)
        grads, _ = mlp_backward(g, params, X, activation=activation)
        params, losses = train_gd(
            gd_step(params, grads, lr=lr), X, y, lr=lr, n_steps=n_steps - 1, activation=activation
        )
        return params, (loss, *losses)


class TrainsFirstAndLooksLater:
    """Keeps all parameters on the way and computes the losses at the end; prints."""

    def gd_step(params, grads, *, lr):
        return {key: np.subtract(value, np.multiply(lr, grads[key])) for key, value in params.items()}

    def train_gd(params, X, y, *, lr, n_steps, activation):
        path = [params]
        while len(path) <= n_steps:
            _, g = softmax_cross_entropy(mlp_forward(path[-1], X, activation=activation), y)
            path.append(gd_step(path[-1], mlp_backward(g, path[-1], X, activation=activation)[0], lr=lr))
            print("step", len(path))
        losses = [softmax_cross_entropy(mlp_forward(p, X, activation=activation), y)[0] for p in path]
        return path[-1], losses


VARIANTS = variants("train_gd", TrainsOnCopies, TrainsByRecursion, TrainsFirstAndLooksLater)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train_gd",
    """
    params = {"w": np.array([1.0, 2.0])}
    stepped = gd_step(params, {"w": np.array([1.0, -1.0])}, lr=0.5)
    params["w"], stepped["w"]
    """,
    """
    params = {"W1": np.array([[1.0]]), "b1": np.zeros(1), "W2": np.array([[1.0, -1.0]]), "b2": np.zeros(2)}
    X, y = np.array([[1.0], [-2.0]]), np.array([0, 1])
    train_gd(params, X, y, lr=0.5, n_steps=2, activation="tanh")
    """,
)
