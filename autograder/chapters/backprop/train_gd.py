"""Gradient descent, `train_gd`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from .shared import network, through

# --- Checks -------------------------------------------------------------------------------------------------


def clouds(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """``n`` points in five numbers around one of three places, and which."""
    y = rng.permutation(np.arange(n) % 3)
    places = np.array([[2.0, 0, 0, 1, 0], [0, 2.0, 0, 0, 1], [0, 0, 2.0, -1, -1]])
    return places[y] + rng.normal(size=(n, 5)) * 0.4, y


@pytest.mark.exercise("train_gd")
def test_a_step_goes_against_the_gradient(student, rng):
    """One step moves every parameter by lr times its gradient, downhill."""
    for lr, widths in ((float(rng.uniform(0.1, 3.0)), (3, 4, 2)), (0.0, (3, 3, 3))):
        params, grads = network(rng, *widths), network(rng, *widths)
        got = student.gd_step(params, grads, lr=lr)
        assert close(got, {key: params[key] - lr * grads[key] for key in params}), (
            "gd_step: w ← w - lr·g for every key. Nothing else is multiplied or divided."
        )


@pytest.mark.exercise("train_gd", weight=2)
def test_training_takes_the_steps(student, reference, rng):
    """Over several steps the parameters are where gradient descent on the whole batch leads."""
    for lr, n_steps in ((0.3, 1), (0.3, 4), (0.0, 2), (0.3, 0), (40.0, 1), (80.0, 1)):  # the last two climb
        (params, _, _), (X, y) = through(rng, 5, 4, 3), clouds(rng, 11)
        got, _ = student.train_gd(params, X, y, lr=lr, n_steps=n_steps, activation="tanh")
        want, _ = reference.train_gd(params, X, y, lr=lr, n_steps=n_steps, activation="tanh")
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "After a few steps the parameters are elsewhere. Each step: forward, loss, its gradient "
            "backward through the network as it is now, gd_step with lr; and the result of one step is "
            "the start of the next."
        )


@pytest.mark.exercise("train_gd", weight=2)
def test_losses_belong_to_the_parameters(student, reference, rng):
    """There is one loss more than steps: the first before any step, the last after all."""
    (params, _, _), (X, y) = through(rng, 5, 4, 3), clouds(rng, 11)
    _, losses = student.train_gd(params, X, y, lr=0.3, n_steps=3, activation="tanh")
    _, want = reference.train_gd(params, X, y, lr=0.3, n_steps=3, activation="tanh")
    assert close(losses, want, rtol=1e-7), (
        "The losses are not those of the parameters after 0, 1, 2, … steps. Is each taken before its "
        "step, and the last one once more after the last step?"
    )


@pytest.mark.exercise("train_gd")
def test_training_knows_every_activation(student, reference, rng):
    """The network is trained with the activation that the keyword names."""
    for kind in ("sigmoid", "relu", "elu"):
        (params, _, _), (X, y) = through(rng, 5, 4, 4, 3), clouds(rng, 8)
        got = student.train_gd(params, X, y, lr=0.3, n_steps=2, activation=kind)
        want = reference.train_gd(params, X, y, lr=0.3, n_steps=2, activation=kind)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            f"With {kind} the training goes elsewhere: forward and backward pass both need the keyword."
        )


@pytest.mark.exercise("train_gd")
def test_training_learns(student, reference, rng):
    """Training lowers the loss by much, and the parameters that come back are the trained ones."""
    (params, _, _), (X, y) = through(rng, 5, 6, 3), clouds(rng, 18)
    trained, _ = student.train_gd(params, X, y, lr=0.5, n_steps=40, activation="tanh")
    after, _ = reference.softmax_cross_entropy(reference.mlp_forward(trained, X, activation="tanh"), y)
    assert after < 0.3, (
        "Forty steps on three clouds leave a large loss. Downhill, with the gradient of where you are, "
        "and the last parameters returned: which of these fails?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "train_gd",
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign in gd_step.",
        ("params[key] - lr * grads[key]", "params[key] + lr * grads[key]"),
    ),
    (
        "in_place",
        "gd_step changes the arrays that it was given. Whoever called still needs them: make new ones.",
        (
            "return {key: params[key] - lr * grads[key] for key in params}",
            "for key in params:\n        params[key] -= lr * grads[key]\n    return params",
        ),
    ),
    (
        "rate_of_its_own",
        "The learning rate does not reach the step: another is used there. Look at the call of gd_step.",
        ("gd_step(params, grads, lr=lr)", "gd_step(params, grads, lr=0.1)"),
    ),
    (
        "first_gradient_for_ever",
        "Every step follows the gradient at the start. It belongs to where you are: take it anew in each "
        "step.",
        ("losses = []\n    for step", "start = params\n    losses = []\n    for step"),
        (
            "mlp_backward(grad_logits, params, X, activation=activation)\n            params =",
            "mlp_backward(grad_logits, start, X, activation=activation)\n            params =",
        ),
    ),
    (
        "always_from_the_start",
        "Every step begins at the parameters that were given, so that only the last one counts. Put the "
        "result of a step in their place.",
        ("losses = []\n    for step", "start = params\n    losses = []\n    for step"),
        ("params = gd_step(params, grads, lr=lr)", "params = gd_step(start, grads, lr=lr)"),
    ),
    (
        "best_kept",
        "What comes back has the lowest loss on the way. Asked for is what the last step leads to, better or "
        "not.",
        ("losses = []\n    for step", "losses, best = [], params\n    for step"),
        (
            "losses.append(loss)",
            "best = params if loss <= min([loss, *losses]) else best\n        losses.append(loss)",
        ),
        ("return params, losses\n", "return best, losses\n"),
    ),
    (
        "last_loss_missing",
        "There are as many losses as steps: the one of the parameters that are returned is missing.",
        ("return params, losses\n", "return params, losses[:n_steps]\n"),
    ),
    (
        "last_loss_repeated",
        "The last loss is that of the step before. After the last step there is one more forward pass to "
        "make.",
        ("return params, losses\n", "return params, [*losses[:-1], losses[-min(2, len(losses))]]\n"),
    ),
    (
        "one_step_too_few",
        "The parameters of the last step but one are returned.",
        ("if step < n_steps:", "if step < n_steps - 1:"),
    ),
    (
        "biases_stand_still",
        "Only the weights move, the biases stay where they were. A step goes over all keys.",
        (
            "params[key] - lr * grads[key] for key in params",
            'params[key] - lr * grads[key] if key[0] == "W" else params[key] for key in params',
        ),
    ),
    (
        "backward_by_relu",
        "The backward pass of the training is relu's, whatever the keyword says: hand activation on in both "
        "directions.",
        (
            "mlp_backward(grad_logits, params, X, activation=activation)\n            params =",
            'mlp_backward(grad_logits, params, X, activation="relu")\n            params =',
        ),
    ),
    (
        "averaged_again",
        "The gradients are divided by the number of examples once more. The loss is a mean already.",
        ("params = gd_step(params, grads, lr=lr)", "params = gd_step(params, grads, lr=lr / len(X))"),
    ),
    free={"rate_of_its_own": ("lr={})", ("0.1", "0.01", "0.05", "0.5", "1.0"))},
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
