"""Hidden checks of `backprop`: gradient check, scalar engine, activations, losses, layers, networks."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.checks.probes_backprop import (
    KINDS,
    agrees,
    clouds,
    graph,
    labelled,
    network,
    off_zero,
    turned,
    with_zeros,
)

# --- Numerical gradient -------------------------------------------------------------------------------------


@pytest.mark.exercise("numerical_gradient", weight=2)
def test_each_entry_has_its_own_slope(student, rng):
    """Each entry of the answer is the slope along that entry of x, for arrays of any shape."""
    for shape in [(5,), (2, 3), (2, 1, 3)]:
        x, rate, pull = (rng.uniform(-1, 1, size=shape) for _ in range(3))
        got = student.numerical_gradient(
            lambda x, rate=rate, pull=pull: np.sum(np.sin(rate * x) + pull * x), x
        )
        assert close(got, rate * np.cos(rate * x) + pull, rtol=1e-6, atol=1e-7), (
            "The slopes of a sum of functions of single entries are not theirs. Move one entry up and down, "
            "divide the difference of the two answers by the distance between the two places."
        )


@pytest.mark.exercise("numerical_gradient", weight=2)
def test_differences_are_central(student, rng):
    """Both sides count: on a cube the error is h², on a parabola there is none, however large h."""
    x, h = rng.uniform(0.5, 1.5, size=4), float(rng.uniform(0.2, 0.4))
    square = student.numerical_gradient(lambda x: np.sum(x**2), x, h=h)
    assert close(square, 2 * x, rtol=1e-9), (
        "On a parabola central differences are exact for any h. Are both f(x + h) and f(x - h) used, and "
        "how far are these two places apart?"
    )
    cube = student.numerical_gradient(lambda x: np.sum(x**3), x, h=h)
    assert close(cube, 3 * x**2 + h**2, rtol=1e-9), (
        "On a cube central differences with this h give 3x² + h². Is it the h of the call that is used?"
    )


@pytest.mark.exercise("numerical_gradient")
def test_the_other_entries_stay(student, rng):
    """While one entry is moved all others have the values that x gives them."""
    x = rng.uniform(0.5, 1.5, size=(3, 2))
    want = np.prod(x) / x
    for h in (1e-5, 0.3):
        got = student.numerical_gradient(np.prod, x, h=h)
        assert close(got, want, rtol=1e-6), (
            "The slopes of a product of all entries are wrong: while one entry is moved, do the others stand "
            "where x has them? An entry must be put back before the next one is moved."
        )


@pytest.mark.exercise("numerical_gradient")
def test_the_worst_entry_counts(student, rng):
    """The relative error is that of the worst entry, whichever sign and size the entries have."""
    a = rng.uniform(1.0, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4)) * 10.0 ** np.arange(-4, 0)
    wrong = a.copy()
    spot, off = tuple(rng.integers((3, 4))), float(rng.uniform(0.3, 0.6))
    wrong[spot] *= 1 + off
    for got in (student.relative_error(a, wrong), student.relative_error(wrong, a)):
        assert close(got, off / (2 + off)), (
            "One entry of twelve differs, and the answer is not its |a - b| / (|a| + |b|). Each entry is "
            "compared with its own size, in absolute values, and the largest is taken."
        )


@pytest.mark.exercise("numerical_gradient")
def test_nothing_is_divided_by_zero(student, rng):
    """Below 1e-8 the size does not count: two zeros agree, and tiny noise stays tiny."""
    noise = 10.0 ** rng.uniform(-12, -11)
    a, b = np.array([0.0, noise, 2.0]), np.array([0.0, -noise, 2.0])
    assert close(student.relative_error(a, b), 2 * noise / 1e-8), (
        "Where both gradients are nearly zero the difference is divided by 1e-8, so that noise counts little "
        "and 0/0 does not come up."
    )


# --- Scalar -------------------------------------------------------------------------------------------------

SINGLE = {
    "add": ([("add", 0, 1)], 2, lambda x, y: (x + y, [1.0, 1.0])),
    "mul": ([("mul", 0, 1)], 2, lambda x, y: (x * y, [y, x])),
    "tanh": ([("tanh", 0)], 1, lambda x: (np.tanh(x), [1 / np.cosh(x) ** 2])),
    "exp": ([("exp", 0)], 1, lambda x: (np.exp(x), [np.exp(x)])),
    "pow": ([("pow", 0, 3)], 1, lambda x: (x**3, [3 * x**2])),
    "root": ([("pow", 0, -0.5)], 1, lambda x: (x**-0.5, [-0.5 * x**-1.5])),
}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.exercise("Scalar", weight=0.5)
def test_each_operation_knows_its_derivative(student, rng, name):
    """A graph of one operation: its value, and its local derivative for each operand."""
    ops, count, formula = SINGLE[name]
    inputs = [float(x) for x in rng.uniform(0.5, 1.5, size=count)]
    values, grads = student.run_graph(ops, inputs)
    value, slopes = formula(*inputs)
    label = "power" if name in {"pow", "root"} else name
    assert close(values[-1], value), f"The value of a single {label} is wrong."
    assert close(grads, [*slopes, 1.0]), (
        f"The derivatives after a single {label} are wrong. The result's own is 1, an operand's is the local "
        "derivative at the values that came in. Which value stands in it?"
    )


@pytest.mark.exercise("Scalar")
def test_relu_lets_through_what_is_positive(student, rng):
    """relu hands its gradient on where its operand is positive, and nothing at 0 or below."""
    x, factor = float(rng.uniform(0.01, 0.4)), float(rng.uniform(2.0, 3.0))
    for value, slope in ((x, factor), (-x, 0.0), (0.0, 0.0)):
        values, grads = student.run_graph([("relu", 0), ("mul", 2, 1)], [value, factor])
        assert values[2] == max(0.0, value) and close(grads[0], slope), (
            "relu of a positive, a zero and a negative number: the gradient passes for the first alone. At "
            "the kink the left derivative counts."
        )


@pytest.mark.exercise("Scalar", weight=2)
def test_contributions_add_up(student, rng):
    """A number that is used several times gets the sum of what comes back from its uses."""
    x, y = (float(value) for value in rng.uniform(0.5, 1.5, size=2))
    square = student.run_graph([("mul", 0, 0), ("add", 1, 0)], [x])
    assert close(square, ([x, x * x, x * x + x], [2 * x + 1, 1.0, 1.0])), (
        "In x·x + x the number x is used three times. Look at how a contribution reaches grad: is it added?"
    )
    _, grads = student.run_graph([("mul", 0, 1), ("exp", 0), ("add", 2, 3), ("mul", 4, 0)], [x, y])
    assert close(grads[:2], [2 * x * y + np.exp(x) * (1 + x), x * x]), (
        "In (x·y + exp(x))·x the number x is used in three operations: its derivative has three terms."
    )


@pytest.mark.exercise("Scalar", weight=2)
def test_nobody_hands_on_too_early(student, reference, rng):
    """On a tangled graph a number hands its gradient on when all its contributions are in."""
    for n_inputs, n_ops in ((2, 8), (3, 16)):
        ops, inputs = graph(rng, n_inputs, n_ops)
        got, want = student.run_graph(ops, inputs), reference.run_graph(ops, inputs)
        assert close(got[0], want[0]), (
            "On a larger graph the values themselves are wrong: look at the forward part."
        )
        assert close(got[1], want[1]), (
            "On a larger graph the gradients are wrong. A Scalar passes its gradient on after every one that "
            "was made from it, direct or by a detour: an order in which each stands after its operands, "
            "walked backward."
        )


@pytest.mark.exercise("Scalar")
def test_a_long_chain_and_what_does_not_count(student, rng):
    """A chain of hundreds of operations has its gradient, and a number that plays no part has 0."""
    x, y, idle = (float(value) for value in rng.uniform(0.5, 1.5, size=3))
    ops = [("mul", 0, 0)] + [("add", k, 1) for k in range(3, 400)]
    _, grads = student.run_graph(ops, [x, y, idle])
    assert close(grads[:4], [2 * x, float(len(ops) - 1), 0.0, 1.0]), (
        "In x² + y + y + … the derivatives are 2x and the number of y's, and an input that is not used has 0."
    )


@pytest.mark.exercise("Scalar", weight=2)
def test_doubling_is_instant(student, rng):
    """Forty doublings have a trillion paths and forty-one numbers: each number is passed once."""
    start = float(rng.uniform(0.5, 1.5))
    values, grads = student.run_graph([("add", k, k) for k in range(40)], [start])
    assert close(values, [start * 2.0**k for k in range(41)]), "x + x, forty times: the values are wrong."
    assert close(grads, [2.0 ** (40 - k) for k in range(41)]), (
        "x + x, forty times: each gradient is twice the one after it. Is a Scalar passed once, after all "
        "its contributions have come in?"
    )


# --- Activations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.exercise("activation")
def test_activations_follow_their_formulas(student, reference, rng, kind):
    """Each value is the formula's, for inputs of both signs and 0 and for any slope and alpha."""
    settings = {"slope": float(rng.uniform(0.2, 0.4)), "alpha": float(rng.uniform(1.5, 2.0))}
    assert agrees(student, reference, "activation", with_zeros(rng, 3, 4), kind, **settings), (
        f"{kind}: the values are not the docstring's. Which branch holds for which sign, and are slope and "
        "alpha the ones that were given?"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.exercise("activation")
def test_activations_pass_the_gradient(student, reference, rng, kind):
    """Backward, what comes in is multiplied by the derivative at z, element by element."""
    settings = {"slope": float(rng.uniform(0.2, 0.4)), "alpha": float(rng.uniform(1.5, 2.0))}
    z, grad_out = off_zero(rng, 2, 3, 2), rng.normal(size=(2, 3, 2))
    assert agrees(student, reference, "activation_backward", grad_out, z, kind, **settings), (
        f"{kind}: the gradient is not grad_out times the derivative at z. z is what "
        "went into the activation, not what came out."
    )


@pytest.mark.exercise("activation")
def test_the_left_derivative_counts_at_the_kink(student, reference, rng):
    """At exactly 0 relu, leaky_relu and elu have the derivative from the left."""
    z, grad_out = with_zeros(rng, 3, 4), off_zero(rng, 3, 4)
    for kind in ("relu", "leaky_relu", "elu"):
        assert agrees(student, reference, "activation_backward", grad_out, z, kind, slope=0.3, alpha=1.6), (
            f"{kind}: where z is exactly 0 the left derivative counts. On which side of your comparison is 0?"
        )


@pytest.mark.exercise("activation", weight=2)
def test_activations_hold_far_out(student, reference, rng):
    """At ±1000 values and derivatives are what they should be, and nothing is NaN."""
    z = rng.permutation(np.array([-1000.0, 1000.0, -700.0, 720.0, 40.0, -40.0, 25.0, -20.0]))
    z = z * rng.uniform(0.98, 1.0)
    grad_out = off_zero(rng, 8)
    for kind in KINDS:
        assert close(student.activation(z, kind), reference.activation(z, kind)), (
            f"{kind}: far from 0 the values are wrong. An exponential of a large number overflows, and "
            "infinity over infinity is NaN."
        )
        want = reference.activation_backward(grad_out, z, kind)
        assert close(student.activation_backward(grad_out, z, kind), want), (
            f"{kind}: far from 0 the derivative is wrong. Infinity times 0 is NaN: what does "
            "the branch compute that is not taken?"
        )


@pytest.mark.exercise("activation")
def test_elu_keeps_its_digits(student, rng):
    """Of a tiny negative number elu keeps all digits."""
    z = -(10.0 ** np.append(rng.uniform(-13, -9, size=5), rng.uniform(-0.5, 0.5)))
    assert close(student.activation(z, "elu") / np.expm1(z), np.ones(6), rtol=1e-8), (
        "Near 0 elu is z itself up to z²/2, but the answer has few right digits: e^z is 1.000… there, and "
        "the 1 that is taken off takes the digits with it."
    )


@pytest.mark.exercise("activation")
def test_any_slope_will_do(student, rng):
    """A leaky slope may be greater than 1, or negative."""
    z, grad_out = off_zero(rng, 2, 5), rng.normal(size=(2, 5))
    for slope in (float(rng.uniform(1.5, 3)), -float(rng.uniform(0.5, 3))):
        bend = np.array([1.0, slope])[(z < 0).astype(int)]
        assert close(student.activation(z, "leaky_relu", slope=slope), z * bend), (
            "With a slope above 1 or below 0 the values are wrong: z and slope·z are told apart by the "
            "sign of z, not by which is larger."
        )
        got = student.activation_backward(grad_out, z, "leaky_relu", slope=slope)
        assert close(got, grad_out * bend), "With a slope above 1 or below 0 the derivative is wrong."


# --- PReLU --------------------------------------------------------------------------------------------------


@pytest.mark.exercise("prelu")
def test_prelu_with_one_slope(student, rng):
    """With a single number as slope: max(0, z) + a·min(0, z), whatever the number."""
    z = with_zeros(rng, 4, 3)
    for a in (float(rng.uniform(0.1, 0.6)), float(rng.uniform(1.4, 3)), -float(rng.uniform(0.4, 2))):
        assert close(student.prelu(z, a), z * (z > 0) + a * z * (z < 0)), (
            "The slope may be small, above 1 or negative. Which of these does your formula not cover?"
        )


@pytest.mark.exercise("prelu")
def test_prelu_with_a_slope_a_feature(student, rng):
    """With an array of slopes each column has its own."""
    z, a = off_zero(rng, 4, 3), np.array([0.3, 1.7, -0.8]) * rng.uniform(0.8, 1.2, size=3)
    want = np.stack([z[:, j] * (z[:, j] > 0) + a[j] * z[:, j] * (z[:, j] < 0) for j in range(3)], axis=1)
    assert close(student.prelu(z, a), want), "Slope j belongs to column j, for every example of the batch."


@pytest.mark.exercise("prelu")
def test_prelu_passes_the_gradient_to_z(student, reference, rng):
    """The gradient of z is what comes in, times the slope of that element's side."""
    z, grad_out = off_zero(rng, 4, 3), rng.normal(size=(4, 3))
    for a in (float(rng.uniform(0.2, 2)), rng.normal(size=3)):
        assert agrees(student, reference, "prelu_backward", grad_out, z, a, member=0), (
            "grad_z is wrong. To the right of 0 the derivative is 1, to the left the slope."
        )


@pytest.mark.parametrize("slopes", ["one", "each"])
@pytest.mark.exercise("prelu", weight=1.5)
def test_prelu_collects_the_slopes_gradient(student, reference, rng, slopes):
    """The gradient of a slope adds up over every element that the slope served."""
    z, grad_out = off_zero(rng, 5, 3), rng.normal(size=(5, 3))
    a = float(rng.uniform(0.2, 2)) if slopes == "one" else rng.normal(size=3)
    assert agrees(student, reference, "prelu_backward", grad_out, z, a, member=1), (
        "grad_a is wrong. How does one element change with its slope, and what comes in there? Then: which "
        "elements share the slope?"
    )


@pytest.mark.exercise("prelu")
def test_prelu_at_the_kink(student, reference, rng):
    """At exactly 0 the derivative with respect to z is the slope."""
    z, grad_out = with_zeros(rng, 4, 3), off_zero(rng, 4, 3)
    assert agrees(
        student, reference, "prelu_backward", grad_out, z, rng.uniform(0.2, 0.8, size=3), member=0
    ), "Where z is exactly 0 the left derivative counts, as everywhere in this course."


# --- Maxout -------------------------------------------------------------------------------------------------


def pieces(rng, n, fan_in, fan_out, k):
    """Inputs of a maxout layer, and a gradient for it."""
    X, W, b = (rng.normal(size=shape) for shape in ((n, fan_in), (fan_in, fan_out, k), (fan_out, k)))
    return rng.normal(size=(n, fan_out)), X, W, b


@pytest.mark.exercise("maxout", weight=2)
def test_maxout_takes_the_largest_piece(student, reference, rng):
    """Each unit is the largest of its pieces, bias included, for any sizes."""
    for sizes in ((6, 3, 4, 2), (1, 2, 3, 5), (4, 5, 1, 3)):
        _, X, W, b = pieces(rng, *sizes)
        assert agrees(student, reference, "maxout", X, W, b), (
            "A unit's value is not the largest of its pieces. The pieces lie along the last axis of W and "
            "of b; the largest is the one nearest to plus infinity."
        )


@pytest.mark.parametrize("member", [0, 1, 2])
@pytest.mark.exercise("maxout")
def test_maxout_rewards_the_winner(student, reference, rng, member):
    """Backward, each example's gradient goes to the pieces that won in it."""
    for sizes in ((6, 3, 4, 2), (5, 2, 3, 4), (1, 4, 2, 3)):
        grad_out, X, W, b = pieces(rng, *sizes)
        assert agrees(student, reference, "maxout_backward", grad_out, X, W, 2 * b, member=member), (
            f"The gradient of {'XWb'[member]} is wrong. In each example a unit's gradient belongs to its "
            "winner, found with the biases; a piece's gradient adds up over the examples that it won."
        )


@pytest.mark.exercise("maxout")
def test_maxout_ties_go_to_the_first(student, rng):
    """Where pieces are equally large the one with the lowest index gets all of the gradient."""
    w, X = rng.integers(1, 5, size=2).astype(float), rng.integers(-4, 5, size=(4, 2)).astype(float)
    grad_out = off_zero(rng, 4, 1)
    W = np.stack([np.zeros(2), w, w], axis=1)[:, None, :]
    b = np.array([[-100.0, 0.5, 0.5]])  # the first never wins, the others tie, in whole numbers to the bit
    _, grad_W, grad_b = student.maxout_backward(grad_out, X, W, b)
    want = np.stack([np.zeros(2), X.T @ grad_out[:, 0], np.zeros(2)], axis=1)[:, None, :]
    assert close(grad_b, np.array([[0.0, grad_out.sum(), 0.0]])) and close(grad_W, want), (
        "Two pieces are the same and win together. All of the gradient goes to the one with the lower index: "
        "neither is it shared out nor does each get it."
    )


@pytest.mark.exercise("maxout")
def test_maxout_of_one_piece_is_affine(student, rng):
    """With a single piece a unit there is nothing to win: the layer is affine, both ways."""
    grad_out, X, W, b = pieces(rng, 5, 3, 2, 1)
    want = (grad_out @ W[:, :, 0].T, (X.T @ grad_out)[:, :, None], grad_out.sum(axis=0)[:, None])
    assert close(student.maxout(X, W, b), X @ W[:, :, 0] + b[:, 0]), "With k = 1 the answer is X·W + b."
    assert close(student.maxout_backward(grad_out, X, W, b), want), (
        "With k = 1 the gradients are an affine layer's. Nothing is divided by the batch here."
    )


# --- Losses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse_loss", "mae_loss"])
@pytest.mark.exercise("mse_loss")
def test_losses_are_means_over_the_batch_of_sums(student, reference, rng, name):
    """The loss is the mean over the batch of the sum over outputs."""
    for shape in ((5, 3), (1, 4), (6, 1)):
        pred, target = rng.normal(size=shape), rng.normal(size=shape)
        assert agrees(student, reference, name, pred, target, member=0), (
            f"{name}: the value is wrong. Add up over the outputs of an example, then take the mean over the "
            "examples: which axis is which, and what is the sum divided by?"
        )


@pytest.mark.parametrize("name", ["mse_loss", "mae_loss"])
@pytest.mark.exercise("mse_loss")
def test_losses_know_their_gradients(student, reference, rng, name):
    """The gradient is the derivative of that very loss with respect to the prediction."""
    for shape in ((5, 3), (1, 4), (6, 1)):
        pred, target = rng.normal(size=shape), rng.normal(size=shape)
        assert agrees(student, reference, name, pred, target, member=1), (
            f"{name}: the gradient is wrong. It is the derivative of the loss as you return it, with all its "
            "factors, and it points the way in which the loss grows."
        )


@pytest.mark.exercise("mse_loss")
def test_what_is_right_has_no_gradient(student, rng):
    """Where prediction and target are equal both gradients are 0, elsewhere they point to a larger loss."""
    target = rng.normal(size=(4, 3))
    pred = target + with_zeros(rng, 4, 3)
    for name in ("mse_loss", "mae_loss"):
        _, grad = getattr(student, name)(pred, target)
        assert np.array_equal(np.sign(grad), np.sign(pred - target)), (
            f"{name}: the gradient's sign is not that of pred - target, with 0 where they are equal."
        )


@pytest.mark.exercise("bce_with_logits")
def test_bce_is_the_logistic_loss(student, reference, rng):
    """The loss is the mean over the batch of the sum over outputs, for targets 0 and 1."""
    for shape in ((5, 3), (1, 4), (6, 1)):
        logits, targets = off_zero(rng, *shape) * 2, (off_zero(rng, *shape) > 0).astype(float)
        assert agrees(student, reference, "bce_with_logits", logits, targets, member=0), (
            "The value is wrong for logits of ordinary size. Both answers count, yes by y and no by 1 - "
            "y; the sum over outputs is divided by the batch alone."
        )


@pytest.mark.exercise("bce_with_logits")
def test_bce_knows_its_gradient(student, reference, rng):
    """The gradient is the derivative of the mean with respect to the logits."""
    for shape in ((5, 3), (1, 4), (6, 1)):
        logits, targets = off_zero(rng, *shape) * 2, (off_zero(rng, *shape) > 0).astype(float)
        assert agrees(student, reference, "bce_with_logits", logits, targets, member=1), (
            "The gradient is wrong. Differentiate the second form of the docstring: with the sigmoid "
            "inside the loss its slope cancels. Which way does the loss grow, and what is the mean's "
            "factor?"
        )


@pytest.mark.exercise("bce_with_logits", weight=2)
def test_bce_holds_far_out(student, reference, rng):
    """For logits of ±1000 the loss is large and finite, and so is every term."""
    logits = np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [50.0, -60.0]]) * rng.uniform(
        0.8, 1.0, size=(3, 2)
    )
    for targets in (np.zeros((3, 2)), np.ones((3, 2))):
        got, want = student.bce_with_logits(logits, targets), reference.bce_with_logits(logits, targets)
        assert close(got[0], want[0]), (
            "For very large logits the loss is not what it should be: a wrong answer of logit z costs "
            "|z|. Is a logarithm taken of 0, or an exponential of 1000? To clip hides it and loses the "
            "slope."
        )
        assert close(got[1], want[1]), "For very large logits the gradient is not what it should be."


@pytest.mark.exercise("bce_with_logits")
def test_bce_takes_soft_targets(student, reference, rng):
    """A target may be any probability between 0 and 1; the loss is flat where σ(z) meets it."""
    logits, targets = rng.normal(size=(4, 3)) * 2, rng.uniform(0.05, 0.95, size=(4, 3))
    got, want = student.bce_with_logits(logits, targets), reference.bce_with_logits(logits, targets)
    assert close(got, want), (
        "For targets between 0 and 1 the answer is wrong: y and 1 - y weigh the two terms, whatever y is."
    )


@pytest.mark.exercise("softmax", weight=2)
def test_softmax_follows_its_formula(student, reference, rng):
    """The values are the exponentials over their sum, for vectors of any length."""
    for n in (5, 2, 9):
        assert agrees(student, reference, "softmax", rng.normal(size=n) * 2), (
            "The values are not e^z over their sum: do they add up to 1?"
        )


@pytest.mark.exercise("softmax", weight=2)
def test_softmax_holds_far_out(student, reference, rng):
    """At ±1000 the values are right: the largest entry decides."""
    near, alone = np.array([-1000.0, 1000.0, 999.0, 3.0, 997.5]), np.array([-1000.0, 1000.0, -998.0, -999.0])
    for z in (near, alone, near + rng.uniform(1000, 3000), -near - rng.uniform(1000, 3000)):
        z = rng.permutation(z)
        assert close(student.softmax(z), reference.softmax(z)), (
            "For large entries the values are wrong. The same number may be taken from all entries first: "
            "after which one can no exponential overflow and one of them is 1?"
        )


@pytest.mark.exercise("softmax", weight=2)
def test_the_jacobian_is_softmaxs(student, reference, rng):
    """J[i, j] is the derivative of output i with respect to input j, off the diagonal too."""
    for n in (5, 2):
        assert agrees(student, reference, "softmax_jacobian", rng.normal(size=n) * 1.5), (
            "The Jacobian is wrong. On the diagonal stands s_i(1 - s_i), elsewhere -s_i·s_j: when one input "
            "grows, the others' shares fall."
        )


@pytest.mark.exercise("softmax")
def test_the_jacobians_rows_cancel(student, rng):
    """Moving all inputs alike changes nothing, so every row of the Jacobian adds up to 0, far out too."""
    for z in (rng.normal(size=4), np.array([1000.0, 999.0, -1000.0, 998.0]) + rng.uniform(-1, 1, size=4)):
        J = student.softmax_jacobian(z)
        assert np.max(np.abs(J)) > 0.01 and close(np.sum(J, axis=1), np.zeros(4), atol=1e-12), (
            "The rows do not add up to 0, though adding one number to all inputs changes no output."
        )


@pytest.mark.exercise("softmax_cross_entropy")
def test_cross_entropy_is_a_mean_over_the_batch(student, reference, rng):
    """The loss is the mean over the batch of minus the logarithm of the label's probability."""
    for n, n_classes in ((7, 3), (1, 4), (6, 2)):
        logits, labels = labelled(rng, n, n_classes)
        assert agrees(student, reference, "softmax_cross_entropy", logits, labels, member=0), (
            "The loss is wrong for logits of ordinary size. Each row is one example, with one label; the "
            "mean is over the examples."
        )


@pytest.mark.exercise("softmax_cross_entropy")
def test_cross_entropy_knows_its_gradient(student, reference, rng):
    """The gradient is the derivative of that mean with respect to every logit."""
    for n, n_classes in ((7, 3), (1, 4), (6, 2)):
        logits, labels = labelled(rng, n, n_classes)
        assert agrees(student, reference, "softmax_cross_entropy", logits, labels, member=1), (
            "The gradient is wrong. In each row it is the probabilities with something taken off at the "
            "label; a row adds up to 0. Then there is the mean's factor."
        )


@pytest.mark.exercise("softmax_cross_entropy", weight=2)
def test_cross_entropy_holds_far_out(student, reference, rng):
    """For logits of ±1000 loss and gradient are right, however small the label's probability."""
    logits = np.array([[1000.0, -1000.0, 990.0], [-1000.0, 0.0, 1000.0], [3.0, 1.0, 2.0]])
    logits = logits + rng.uniform(-1, 1, size=(3, 3))
    for labels in (np.array([0, 2, 1]), np.array([1, 0, 2])):
        got = student.softmax_cross_entropy(logits, labels)
        want = reference.softmax_cross_entropy(logits, labels)
        assert close(got[0], want[0]), (
            "For very large logits the loss is wrong. It grows with the distance of the logits, without a "
            "ceiling: no logarithm of a probability that has become 0, no exponential of 1000."
        )
        assert close(got[1], want[1]), "For very large logits the gradient is wrong."


@pytest.mark.exercise("softmax_cross_entropy")
def test_rows_do_not_meet(student, reference, rng):
    """A row's share of the loss does not depend on the size of the other rows' logits."""
    logits, labels = labelled(rng, 4, 3)
    shifts = rng.permutation([-2000.0, 0.0, 900.0, 2000.0])[:, None]
    got = student.softmax_cross_entropy(logits + shifts, labels)
    assert close(got, reference.softmax_cross_entropy(logits, labels), rtol=1e-8, atol=1e-10), (
        "The same number added to all logits of a row changes neither loss nor gradient, but here it did. "
        "Which maximum is taken off, and along which axis is the sum?"
    )


# --- Layers and networks ------------------------------------------------------------------------------------

SIZES = ((4, 3, 3), (5, 3, 4), (1, 2, 6), (7, 1, 2), (2, 6, 1))  # batch, fan_in, fan_out


def layer(rng, n, fan_in, fan_out):
    """Inputs of an affine layer, and a gradient for it."""
    X, W, b = (rng.normal(size=shape) for shape in ((n, fan_in), (fan_in, fan_out), (fan_out,)))
    return rng.normal(size=(n, fan_out)), X, W, b


@pytest.mark.exercise("affine_backward")
def test_affine_forward(student, reference, rng):
    """Forward: every example times the weights, plus the biases, for any sizes."""
    for sizes in SIZES:
        _, X, W, b = layer(rng, *sizes)
        assert agrees(student, reference, "affine_forward", X, W, b), "The answer is not X·W + b."


@pytest.mark.parametrize("member", [0, 1, 2])
@pytest.mark.exercise("affine_backward")
def test_affine_backward(student, reference, rng, member):
    """Backward: the gradient of each of the three inputs, for any sizes and any gradient that comes in."""
    for sizes in SIZES:
        assert agrees(student, reference, "affine_backward", *layer(rng, *sizes), member=member), (
            f"The gradient of {'XWb'[member]} is wrong. It has the shape of {'XWb'[member]}; write down how "
            "one entry of it changes the outputs, and in which examples."
        )


def through(rng, *sizes, n=6):
    """A network of these sizes, examples for it, and a gradient of its answer."""
    return network(rng, *sizes), rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))


@pytest.mark.exercise("mlp_forward", weight=2)
def test_a_network_with_hidden_layers(student, reference, rng):
    """An activation follows every layer but the last, with one hidden layer and with three."""
    for sizes in ((3, 5, 2), (4, 3, 6, 5, 2)):
        params, X, _ = through(rng, *sizes)
        assert agrees(student, reference, "mlp_forward", params, X, activation="tanh"), (
            "The answer is wrong. Each hidden layer is affine, then activated; the last one is affine alone."
        )


@pytest.mark.exercise("mlp_forward")
def test_a_network_knows_every_activation(student, reference, rng):
    """The activation is the one that the keyword names."""
    for kind in KINDS:
        params, X, _ = through(rng, 3, 5, 4, 2)
        assert agrees(student, reference, "mlp_forward", params, X, activation=kind), (
            f"With {kind} the answer is wrong: does the keyword reach every hidden layer?"
        )


@pytest.mark.exercise("mlp_forward")
def test_layers_are_taken_by_their_numbers(student, reference, rng):
    """Layers come in the order of their numbers, past ten too, however the dict is ordered."""
    for sizes in ((3, 4, 2, 5), (2,) * 13):
        params, X, _ = through(rng, *sizes)
        assert agrees(student, reference, "mlp_forward", turned(params), X, activation="elu"), (
            "With the keys in another order, or with more than ten layers, the answer is wrong. Build the "
            "keys from the layer's number: neither the dict's nor the alphabet's order is the network's."
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


@pytest.mark.parametrize("part", ["weights", "biases", "input"])
@pytest.mark.exercise("mlp_backward")
def test_gradients_of_a_network(student, reference, rng, part):
    """The gradients of weights, biases and input, with one hidden layer and with three."""
    for sizes in ((3, 5, 2), (4, 3, 6, 5, 2)):
        params, X, grad_out = through(rng, *sizes)
        grads, grad_X = student.mlp_backward(grad_out, params, X, activation="tanh")
        wanted, want_X = reference.mlp_backward(grad_out, params, X, activation="tanh")
        if part == "input":
            assert close(grad_X, want_X), (
                "The gradient of the input is wrong. The recursion goes on through the first layer's "
                "weights, and X was not activated by anything."
            )
        for key in (key for key in reversed(wanted) if key[0] == part[0].upper()):
            assert close(grads[key], wanted[key]), (
                f"The gradient of {key} is wrong. The layer was given an activated h, its own sum z is where "
                "the derivative is taken, and what comes in comes from the layer after it."
            )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.exercise("mlp_backward", weight=0.5)
def test_gradients_for_every_activation(student, reference, rng, kind):
    """The derivative is that of the activation which the keyword names."""
    params, X, grad_out = through(rng, 3, 5, 4, 2)
    got = student.mlp_backward(grad_out, params, X, activation=kind)
    assert close(got, reference.mlp_backward(grad_out, params, X, activation=kind)), (
        f"With {kind} the gradients are wrong: the derivative belongs to each hidden layer's z, and to "
        "the kind that was asked for."
    )


@pytest.mark.exercise("mlp_backward")
def test_gradients_of_a_network_without_hidden_layers(student, reference, rng):
    """A network of one layer has an affine layer's gradients; a batch may be a single example."""
    for n in (6, 1):
        params, X, grad_out = through(rng, 3, 4, n=n)
        want = {"W1": X.T @ grad_out, "b1": grad_out.sum(axis=0)}, grad_out @ params["W1"].T
        assert close(student.mlp_backward(grad_out, params, X, activation="relu"), want), (
            "With W1 and b1 alone there is no activation to go through: the gradients are an affine layer's."
        )


@pytest.mark.exercise("mlp_backward")
def test_gradients_by_the_layers_numbers(student, reference, rng):
    """Layers are walked backward by their numbers, past ten too, however the dict is ordered."""
    for sizes in ((3, 4, 2, 5), (2,) * 13):
        params, X, grad_out = through(rng, *sizes)
        got = student.mlp_backward(grad_out, turned(params), X, activation="elu")
        assert close(got, reference.mlp_backward(grad_out, params, X, activation="elu")), (
            "With the keys in another order, or with more than ten layers, the gradients are wrong. Build "
            "the keys from the layer's number."
        )


# --- Training -----------------------------------------------------------------------------------------------


@pytest.mark.exercise("train_gd")
def test_a_step_goes_against_the_gradient(student, rng):
    """One step moves every parameter by lr times its gradient, downhill."""
    params, grads = network(rng, 3, 4, 2), network(rng, 3, 4, 2)
    lr = float(rng.uniform(0.1, 3.0))
    got = student.gd_step(params, grads, lr=lr)
    assert close(got, {key: params[key] - lr * grads[key] for key in params}), (
        "gd_step: w ← w - lr·g for every key. Nothing else is multiplied or divided."
    )


@pytest.mark.exercise("train_gd", weight=2)
def test_training_takes_the_steps(student, reference, rng):
    """Over several steps the parameters are where gradient descent on the whole batch leads."""
    for n_steps in (1, 4):
        (params, _, _), (X, y) = through(rng, 5, 4, 3), clouds(rng, 11)
        got, _ = student.train_gd(params, X, y, lr=0.3, n_steps=n_steps, activation="tanh")
        want, _ = reference.train_gd(params, X, y, lr=0.3, n_steps=n_steps, activation="tanh")
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
