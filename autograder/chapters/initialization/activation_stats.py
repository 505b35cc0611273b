"""Statistics of activations and gradients, `activation_stats`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from ..shared import few_digits
from .shared import layers, signal

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("activation_stats")
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_the_forward_statistics(student, reference, rng, activation):
    """Mean and standard deviation of the activations of every layer, over all entries."""
    weights, X, grad_out = signal(rng)
    one_unit = [*weights, rng.normal(size=(4, 1))], X, grad_out[:, :1]
    for probe in ((weights, X, grad_out), (weights, X[:1], grad_out[:1]), one_unit):
        got, want = (side.activation_stats(*probe, activation=activation) for side in (student, reference))
        for key in ("act_mean", "act_std"):
            assert close(got[key], want[key]), few_digits(got[key], want[key]) or (
                "Mean or standard deviation of the activations is off in some layer. They are those of h, "
                "after the activation, over examples and units together, be there one example or one unit, "
                "and the last layer has its activation too."
            )


@pytest.mark.exercise("activation_stats", weight=2)
def test_the_saturated_share(student, reference, rng):
    """tanh beyond 0.99 on either side, ReLU at zero; a linear unit never is."""
    weights, X, grad_out = signal(rng, scale=6.0)
    X[0], X[1] = 0.0, 1e-150 * X[1]  # z is exactly zero in every layer, and next to it
    dead = [weights[0], -np.abs(weights[1]), weights[2]]
    for stack, activation in ((weights, "tanh"), (weights, "relu"), (weights, "linear"), (dead, "relu")):
        got, want = (
            side.activation_stats(stack, X, grad_out, activation=activation)["saturated"]
            for side in (student, reference)
        )
        assert close(got, want), (
            "The share of saturated entries, not of units, is off. For tanh |h| counts, on both sides; for "
            "ReLU h = 0; for a linear layer it is 0. h = 0 is meant exactly, where z = 0 it holds, and also "
            "where nothing comes through a layer at all."
        )
    apart = np.append(np.linspace(-1e-3, -1e-8, 300), np.linspace(1e-8, 1e-3, 200))
    z = np.arctanh(0.99 + apart)[:, None] * np.where(np.arange(500) % 2, 1.0, -1.0)[:, None]
    got = student.activation_stats([np.ones((1, 1))], z, np.ones_like(z), activation="tanh")["saturated"]
    assert close(got[0], 0.4), (
        "For hundreds of entries of tanh next to the bound the saturated share is off. All of them count, "
        "and those with |h| above the bound are saturated, by however little, and no others."
    )
    z = np.arctanh(0.99) + np.spacing(2.0) * np.arange(-40, 41)
    z = z[np.tanh(z) == 0.99][:1].reshape(-1, 1)
    at = student.activation_stats([np.ones((1, 1))], z, np.ones_like(z), activation="tanh")
    assert at["act_mean"][0] != 0.99 or at["saturated"][0] == 0.0, (
        "An entry whose |h| is exactly the bound counts as saturated: only those above it do."
    )


@pytest.mark.exercise("activation_stats", weight=2)
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_the_gradient_at_the_pre_activations(student, reference, rng, activation):
    """The gradient's standard deviation at z of every layer, with an upstream gradient of uneven columns."""
    square = layers(rng, (4,) * 6, 1.5), rng.normal(size=(6, 4)), 1e100 * rng.normal(size=(6, 4))
    square[1][:3] = 0.0  # z is exactly zero there, in every layer
    square[1][3] *= 1e-100  # and next to it
    stack, batch, above = signal(rng)
    probes = [(stack, batch, 1e-60 * above), square]
    if activation == "tanh":  # no signal in thirty layers, but a gradient
        probes.append((layers(rng, (4,) * 31), np.zeros((6, 4)), above[:6]))
    for weights, X, grad_out in probes:
        got, want = (
            side.activation_stats(weights, X, grad_out, activation=activation)["grad_std"]
            for side in (student, reference)
        )
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            "The gradient's standard deviation is another in some layer. On its way back it is multiplied by "
            "φ′(z) of the layer, measured over all entries together, then sent through the transposed "
            "weights; the first layer stands first. ReLU's slope at 0 is 0. However small or large it is, "
            "nothing is rounded or cut off."
        )


@pytest.mark.exercise("activation_stats")
def test_one_layer_alone(student, rng):
    """A single layer: the deviations are those of XW and of the upstream gradient, far from zero too."""
    (W,), X, grad_out = layers(rng, (4, 3)), rng.normal(size=(1500, 4)), rng.normal(size=(1500, 3))
    stats = student.activation_stats([W], X, grad_out, activation="linear")
    assert close([stats["act_std"][0], stats["act_mean"][0]], [np.std(X @ W), np.mean(X @ W)]), (
        "For one linear layer the mean and the standard deviation are those of all entries of X @ W together."
    )
    assert close(stats["grad_std"][0], np.std(grad_out)), (
        "For one linear layer the gradient at z is the upstream gradient itself, all its entries together."
    )
    one = np.array([[2.0]])
    stats = student.activation_stats([one], one, one, activation="linear")
    assert close([stats["act_std"][0], stats["grad_std"][0]], [0.0, 0.0]), (
        "With one example and one unit there is one number, and its standard deviation is zero."
    )
    far = 1e7 + rng.normal(size=(2, 6, 1))
    stats = student.activation_stats([np.ones((1, 1))], *far, activation="relu")
    assert close([stats["act_std"][0], stats["grad_std"][0]], [*far.std(axis=(1, 2))], rtol=1e-6), (
        "Of numbers far from zero a standard deviation is wrong. Is it the root of a difference of two large "
        "numbers, of which no digit is right there? The mean is taken off first, then squared."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


STEP, BACK = "h = activate(z, activation)\n        acts.append(h)", "grad_h = delta @ W.T"
DELTA, STD = "delta = grad_h * slope", "grad_std.append(delta.std())"
ACT_STD, FLAT = "np.array([h.std() for h in acts])", "np.mean(flat(h))"
TANH = '"tanh": lambda h: np.abs(h) > 0.99'

MISTAKES = mistakes(
    "activation_stats",
    (
        "last_layer_linear",
        "The last layer has no activation, as a classifier's has none. Here every layer has it, the last one "
        "too.",
        (
            STEP,
            'last = len(acts) == len(weights) - 1\n        kind = "linear" if last else activation\n'
            "        h = activate(z, kind)\n        acts.append(h)",
        ),
        ("slopes.append(activation_slope(z, activation))", "slopes.append(activation_slope(z, kind))"),
    ),
    (
        "pre_activations_measured",
        "Mean and standard deviation are those of z, before the activation. They are asked for h, which "
        "goes on to the next layer.",
        (STEP, "h = activate(z, activation)\n        acts.append(z)"),
    ),
    (
        "deviation_with_the_mean_in_it",
        "The standard deviation of the activations is the root of their mean square. After a ReLU the mean "
        "is far from zero, and a standard deviation is taken around it.",
        (ACT_STD, "np.array([np.sqrt(np.mean(h**2)) for h in acts])"),
    ),
    (
        "unit_by_unit",
        "The standard deviation is taken for every unit over the examples and then averaged. It is one "
        "standard deviation over all entries of the layer.",
        (ACT_STD, "np.array([h.std(axis=0).mean() for h in acts])"),
    ),
    (
        "one_side_saturated",
        "Only units near +1 count as saturated, and those near -1 do not: look at the absolute value.",
        (TANH, '"tanh": lambda h: h > 0.99'),
    ),
    (
        "units_off_for_all",
        "For ReLU the share is that of units which are 0 for every example. It is the share of entries: a "
        "unit counts once for each example that leaves it at 0.",
        (FLAT, 'np.mean(np.all(flat(h), axis=0) if activation == "relu" else flat(h))'),
    ),
    (
        "saturation_counted",
        "Saturated entries are counted: a share is asked for.",
        (FLAT, "np.sum(flat(h))"),
    ),
    (
        "active_share",
        "The share is that of entries which are not saturated.",
        (FLAT, "1 - np.mean(flat(h))"),
    ),
    (
        "gradient_at_the_activations",
        "The gradient is measured at h, before φ′ is multiplied in. It is asked for at the pre-activation z.",
        (STD, "grad_std.append(grad_h.std())"),
    ),
    (
        "slopes_left_out",
        "The gradient goes back through the weights alone: at every layer φ′(z) multiplies it as well.",
        (DELTA, "delta = grad_h"),
    ),
    (
        "slope_not_passed_on",
        "φ′(z) is in what is measured and not in what is sent on to the layer before.",
        (BACK, "grad_h = grad_h @ W.T"),
    ),
    (
        "slope_at_h",
        "φ′ is evaluated at h, the activation, where z belongs. For tanh that is another number.",
        ("slopes.append(activation_slope(z, activation))", "slopes.append(activation_slope(h, activation))"),
    ),
    (
        "last_layer_first",
        "The gradients are listed as they were found, the last layer first. The first layer stands first.",
        ("np.array(grad_std[::-1])", "np.array(grad_std)"),
    ),
    (
        "weights_not_transposed",
        "The gradient is sent on through W as the signal was: back it goes through the transpose, and the "
        "shapes fit only then.",
        (BACK, "grad_h = delta @ W"),
    ),
    (
        "weights_transposed_where_they_must",
        "Where a layer is square the gradient is sent on through W as the signal was. Back it goes through "
        "the transpose, whether the shapes need it or not.",
        (BACK, "grad_h = delta @ (W if W.shape[0] == W.shape[1] else W.T)"),
    ),
    (
        "slope_one_at_zero",
        "ReLU's slope is 1 where z is exactly 0. In this course it is 0 there.",
        (
            "slopes.append(activation_slope(z, activation))",
            'slopes.append(np.where(z >= 0, 1.0, 0.0) if activation == "relu" else '
            "activation_slope(z, activation))",
        ),
    ),
    (
        "gradient_root_mean_square",
        "The gradient's standard deviation is the root of its mean square, with its mean still in it.",
        (STD, "grad_std.append(np.sqrt(np.mean(delta**2)))"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "activation_stats",
    """
    weights = [np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[1.0, 1.0], [-2.0, 0.0]])]
    X, grad_out = np.array([[1.0, 0.0], [-3.0, 1.0]]), np.array([[1.0, 2.0], [3.0, 1.0]])
    activation_stats(weights, X, grad_out, activation="tanh")
    """,
    """
    X, ones = np.array([[0.0], [1e-12], [-1.0], [2.0]]), np.ones((4, 1))
    weights = [np.array([[2.0]])]
    [activation_stats(weights, X, ones, activation=kind)["saturated"] for kind in ("relu", "linear")]
    """,
)
