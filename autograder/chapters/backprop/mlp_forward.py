"""A network, forward, `mlp_forward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from .shared import KEPT, KINDS, agrees, anew, through, turned

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("mlp_forward", weight=2)
def test_a_network_with_hidden_layers(student, reference, rng):
    """An activation follows every layer but the last; several calls in a row are right."""
    for sizes in ((3, 5, 2), (3, 3), (4, 3, 6, 5, 2)):
        params, X, _ = through(rng, *sizes)
        assert agrees(student, reference, "mlp_forward", params, X, activation="tanh"), (
            "The answer is wrong. Each hidden layer is affine, then activated; the last one is affine alone."
        )
    params, X, _ = through(rng, 3, 4, 4, 2)
    then = {"activation": "elu"}
    assert anew(student, reference, "mlp_forward", params, X, then=then, activation="tanh"), (
        f"{KEPT} The last call has elu, those before it tanh."
    )


@pytest.mark.exercise("mlp_forward")
def test_a_network_knows_every_activation(student, reference, rng):
    """The activation is the one that the keyword names."""
    for kind in KINDS:
        params, X, _ = through(rng, 3, 5, 4, 2)
        X[3:] *= 1e5
        assert agrees(student, reference, "mlp_forward", params, X, activation=kind, atol=1e-9), (
            f"With {kind} the answer is wrong. Does every hidden layer go through activate, with the keyword "
            "as it came? Half of the inputs are large: nothing is cut off, and no exponential may overflow."
        )


@pytest.mark.exercise("mlp_forward")
def test_layers_are_taken_by_their_numbers(student, reference, rng):
    """Layers come in the order of their numbers, past ten too, however the dict is ordered."""
    for sizes in ((3, 3, 3, 3), (2,) * 25):  # of one size, or a wrong order does not fit
        params, X, _ = through(rng, *sizes)
        if len(sizes) > 4:
            params["W22"] = params["W24"].copy()  # which does not make it the last layer
        assert agrees(student, reference, "mlp_forward", turned(params), X, activation="tanh"), (
            "With the keys in another order, or with more than ten layers, the answer is wrong. If it is "
            "right otherwise, build the keys from the layer's number: neither the dict's nor the alphabet's "
            "order is the network's, and there is no largest number."
        )


@pytest.mark.exercise("mlp_forward")
def test_a_network_of_one_layer_is_affine(student, rng):
    """Without hidden layers nothing is activated; a batch may be a single example."""
    for n in (6, 1):
        params, X, _ = through(rng, 3, 4, n=n)
        got = student.mlp_forward(params, X, activation="relu")
        assert close(got, X @ params["W1"] + params["b1"]), (
            "A network with W1 and b1 alone is X·W1 + b1: its only layer is the last one."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "mlp_forward",
    (
        "last_layer_activated",
        "The last layer is activated too. Its answer is to be any number: the loss does the rest.",
        ("if k < n_layers:\n            h = activate", "if True:\n            h = activate"),
    ),
    (
        "nothing_activated",
        "No layer is activated, so the network is one affine function however deep it is.",
        ("h = activate(h, activation)", "pass"),
    ),
    (
        "always_relu",
        "The hidden layers are rectified whatever the keyword says. Look at what activate is given.",
        ("h = activate(h, activation)", 'h = activate(h, "relu")'),
    ),
    (
        "two_layers_only",
        "The network ends after two layers, however many there are. Find their number from the keys.",
        ("n_layers = len(params) // 2\n    h = X", "n_layers = min(2, len(params) // 2)\n    h = X"),
    ),
    (
        "alphabetical",
        "The layers come in the alphabet's order, in which W10 stands before W2. Build each key from the "
        "layer's number.",
        (
            'h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])',
            'h = affine_forward(h, params[sorted(params)[k - 1]], params["b" + sorted(params)[k - 1][1:]])',
        ),
    ),
    (
        "as_the_dict_comes",
        "The layers come in the order in which the dict lists them. The keys' numbers say which is first.",
        (
            'h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])',
            'key = [key for key in params if key[0] == "W"][k - 1]\n'
            '        h = affine_forward(h, params[key], params["b" + key[1:]])',
        ),
    ),
    (
        "input_activated",
        "The activation comes before each layer, so that the input is activated too. Each hidden layer is "
        "affine first.",
        (
            'h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])\n'
            "        if k < n_layers:\n            h = activate(h, activation)",
            'h = affine_forward(activate(h, activation), params[f"W{k}"], params[f"b{k}"])',
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ForwardByRecursion:
    """The network without its last layer, then the last one."""

    def mlp_forward(params, X, *, activation):
        n = len(params) // 2
        rest = {key: value for key, value in params.items() if int(key[1:]) < n}
        h = activate(mlp_forward(rest, X, activation=activation), activation) if rest else X
        return h @ params[f"W{n}"] + params[f"b{n}"]


class ForwardWhileThereAreLayers:
    """Counts on while there is another layer; never asks how many there are."""

    def mlp_forward(params, X, *, activation):
        k, z = 1, affine_forward(X, params["W1"], params["b1"])
        while f"W{k + 1}" in params:
            k += 1
            z = affine_forward(activate(z, activation), params[f"W{k}"], params[f"b{k}"])
        return z


class ForwardSortedByNumber:
    """Sorts the weights' keys by their numbers; reaches activation by globals(); prints the shapes."""

    def mlp_forward(params, X, *, activation):
        h = np.array(X, dtype=float)
        keys = sorted((key for key in params if key.startswith("W")), key=lambda key: int(key[1:]))
        for key in keys:
            h = h @ params[key] + params["b" + key[1:]]
            print(key, h.shape)
            if key != keys[-1]:
                h = globals()["activation"](h, activation)
        return h


VARIANTS = variants("mlp_forward", ForwardByRecursion, ForwardWhileThereAreLayers, ForwardSortedByNumber)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "mlp_forward",
    """
    params = {"W2": np.array([[-2.0]]), "b2": np.array([0.0])}
    params |= {"W1": np.array([[1.0]]), "b1": np.array([0.0])}
    mlp_forward(params, np.array([[1.0]]), activation="tanh")
    """,
    """
    params = {}
    for k in range(1, 12):
        params |= {f"W{k}": np.array([[0.5]]), f"b{k}": np.array([float(k)])}
    mlp_forward(params, np.array([[1.0]]), activation="relu")
    """,
)
