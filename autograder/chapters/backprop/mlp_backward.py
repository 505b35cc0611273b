"""A network, backward, `mlp_backward`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from .shared import KEPT, KINDS, anew, through, turned

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["weights", "biases", "input"])
@pytest.mark.exercise("mlp_backward")
def test_gradients_of_a_network(student, reference, rng, part):
    """The gradients of weights, biases and input, with one hidden layer and with three."""
    for size, n, *sizes in ((1e9, 9, 3, 5, 2), (1e-30, 1, 4, 3, 6, 5, 2)):
        params, X, grad_out = through(rng, *sizes, n=n)
        grad_out, tiny = size * grad_out, 1e-12 * size
        grads, grad_X = student.mlp_backward(grad_out, params, X, activation="tanh")
        wanted, want_X = reference.mlp_backward(grad_out, params, X, activation="tanh")
        if part == "input":
            assert close(grad_X, want_X, atol=tiny), (
                "The gradient of the input is wrong. The recursion goes on through the first layer's "
                "weights, and X was not activated by anything."
            )
        for key in (key for key in reversed(wanted) if key[0] == part[0].upper()):
            assert close(grads[key], wanted[key], atol=tiny), (
                f"The gradient of {key} is wrong. The layer was given an activated h, its own sum z is where "
                "the derivative is taken, and what comes in comes from the layer after it, as it is: large "
                "or small."
            )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.exercise("mlp_backward", weight=0.5)
def test_gradients_for_every_activation(student, reference, rng, kind):
    """The derivative is that of the activation which the keyword names, whatever was called before."""
    params, X, grad_out = through(rng, 3, 5, 4, 2)
    params["b1"], X[0] = np.zeros(5), 0.0  # the first example's sums in layer 1 are exactly 0
    grads, grad_X = student.mlp_backward(grad_out, params, X, activation=kind)
    wanted, want_X = reference.mlp_backward(grad_out, params, X, activation=kind)
    assert close(grads, wanted), (
        f"With {kind} the gradients are wrong: the derivative belongs to each hidden layer's z, and to "
        "the kind that was asked for; where z is exactly 0 it is the one that activation_backward has."
    )
    assert close(grad_X, want_X), (
        f"With {kind} the gradients of weights and biases are right, that of the input is not. The last step "
        "back is through W1: X was not activated."
    )
    if kind == "relu":
        params["b2"] = np.full(4, -1e3)
        got = student.mlp_backward(grad_out, params, X, activation=kind)
        assert close(got, reference.mlp_backward(grad_out, params, X, activation=kind)), (
            "Where no unit of a hidden layer lets anything through, the gradients are wrong. The layers up "
            "to it have gradients all the same: zeros, in the shapes of their parameters."
        )
    if kind == "tanh":
        given = through(rng, 3, 4, 4, 2)
        args, then = (given[2], *given[:2]), {"activation": "elu"}
        assert anew(student, reference, "mlp_backward", *args, then=then, activation=kind), (
            f"{KEPT} The last call has elu, those before it tanh."
        )


@pytest.mark.exercise("mlp_backward")
def test_gradients_of_a_network_without_hidden_layers(student, reference, rng):
    """A network of one layer has an affine layer's gradients; a batch may be a single example."""
    for n, size in ((6, 1.0), (1, 1e5), (1, 1e-9)):
        params, X, grad_out = through(rng, 3, 4, n=n)
        grad_out = size * grad_out
        want = {"W1": X.T @ grad_out, "b1": grad_out.sum(axis=0)}, grad_out @ params["W1"].T
        got = student.mlp_backward(grad_out, params, X, activation="relu")
        assert close(got, want, atol=1e-12 * size), (
            "With W1 and b1 alone there is no activation to go through: the gradients are an affine layer's, "
            "however large or small."
        )


@pytest.mark.exercise("mlp_backward")
def test_gradients_by_the_layers_numbers(student, reference, rng):
    """Layers are walked backward by their numbers, past ten too, however the dict is ordered."""
    for sizes in ((3, 3, 3, 3), (2,) * 25):  # of one size, or a wrong order does not fit
        params, X, grad_out = through(rng, *sizes)
        if len(sizes) > 4:
            params["W22"] = params["W24"]  # and yet each of the two has a gradient of its own
        got = student.mlp_backward(grad_out, turned(params), X, activation="tanh")
        assert close(got, reference.mlp_backward(grad_out, params, X, activation="tanh")), (
            "With the keys in another order, or with more than ten layers, the gradients are wrong. If they "
            "are right otherwise, build the keys from the layer's number."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "mlp_backward",
    (
        "derivative_of_the_output",
        "The activation's derivative is taken at h, its output, and not at z, what went into it. For the "
        "two relus these are the same, for the others not.",
        (
            "g = activation_backward(g, zs[k - 2], activation)",
            "g = activation_backward(g, given[k - 1], activation)",
        ),
    ),
    (
        "activations_passed_over",
        "The gradient goes from layer to layer without the activations between. What came forward through φ "
        "goes back through φ′.",
        ("g = activation_backward(g, zs[k - 2], activation)", "pass"),
    ),
    (
        "last_layer_activated",
        "The gradient that comes in goes through an activation first, as if the last layer had one.",
        (
            "g = grad_out\n    for k in range(n_layers, 0, -1):\n        W,",
            'last = affine_forward(given[-1], params[f"W{n_layers}"], params[f"b{n_layers}"])\n'
            "    g = activation_backward(grad_out, last, activation)\n"
            "    for k in range(n_layers, 0, -1):\n        W,",
        ),
    ),
    (
        "sums_for_outputs",
        "The weights' gradients use the sums z where the activated values h belong. A layer is given what "
        "the one before it answered after its activation.",
        (
            "affine_backward(g, given[k - 1], params[W], params[b])",
            "affine_backward(g, given[0] if k == 1 else zs[k - 2], params[W], params[b])",
        ),
    ),
    (
        "forward_without_activations",
        "The forward pass inside is affine throughout: the sums and what the layers were given are those of "
        "another network.",
        ("given.append(activate(zs[-1], activation))", "given.append(zs[-1])"),
    ),
    (
        "always_relu",
        "The derivative is that of relu, whatever the keyword says. Look at what activation_backward is "
        "given.",
        (
            "g = activation_backward(g, zs[k - 2], activation)",
            'g = activation_backward(g, zs[k - 2], "relu")',
        ),
    ),
    (
        "input_activated",
        "The input's gradient goes through one more derivative, at X. Nothing stands between X and the first "
        "layer.",
        ("return grads, g\n", "return grads, activation_backward(g, X, activation)\n"),
    ),
    (
        "ones_come_in",
        "What comes in is not used: the walk begins with ones. grad_out is the gradient at the network's "
        "answer.",
        (
            "g = grad_out\n    for k in range(n_layers, 0, -1):\n        W,",
            "g = np.ones_like(grad_out)\n    for k in range(n_layers, 0, -1):\n        W,",
        ),
    ),
    (
        "alphabetical",
        "The layers come in the alphabet's order, in which W10 stands before W2. Build each key from the "
        "layer's number, forward and backward.",
        (
            'zs.append(affine_forward(given[-1], params[f"W{k}"], params[f"b{k}"]))',
            "name = sorted(params)[k - 1][1:]\n"
            '        zs.append(affine_forward(given[-1], params["W" + name], params["b" + name]))',
        ),
        ('W, b = f"W{k}", f"b{k}"', 'W, b = (letter + sorted(params)[k - 1][1:] for letter in "Wb")'),
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "mlp_backward",
    """
    params = {"W1": np.array([[1.0]]), "b1": np.array([0.0])}
    params |= {"W2": np.array([[-2.0]]), "b2": np.array([1.0])}
    mlp_backward(np.array([[3.0]]), params, np.array([[1.0]]), activation="tanh")
    """,
    """
    params = {}
    for k in range(1, 12):
        params |= {f"W{k}": np.array([[0.5]]), f"b{k}": np.array([float(k)])}
    grads, grad_X = mlp_backward(np.array([[1.0]]), params, np.array([[1.0]]), activation="relu")
    [grads[f"W{k}"].item() for k in range(1, 12)]
    """,
    """
    params = {"W1": np.array([[2.0]]), "b1": np.array([0.0])}
    mlp_backward(np.array([[1.0]]), params, np.array([[-1.0]]), activation="relu")
    """,
)
