"""Activations and their derivatives, `activation`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import KEPT, KINDS, WHOLE, agrees, anew, off_zero, with_zeros

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.exercise("activation")
def test_activations_follow_their_formulas(student, reference, rng, kind):
    """Each value is the formula's, for inputs of both signs and 0 and for any slope and alpha."""
    settings = {"slope": float(rng.uniform(0.2, 0.4)), "alpha": float(rng.uniform(1.5, 2.0))}
    right = np.abs(off_zero(rng, 3, 4))  # relu may return it as it is, and gives only zeros for -right
    for z in (with_zeros(rng, 3, 4), *([-right] if kind == "relu" else []), right):
        got, want = (each.activation(z, kind, **settings) for each in (student, reference))
        assert close(got, want), (
            f"{kind}: the values are not the text's. Which branch holds for which sign, and are slope "
            f"and alpha the ones that were given? {WHOLE}"
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.exercise("activation")
def test_activations_pass_the_gradient(student, reference, rng, kind):
    """Backward, what comes in is multiplied by the derivative at z, element by element."""
    settings = {"slope": float(rng.uniform(0.2, 0.4)), "alpha": float(rng.uniform(1.5, 2.0))}
    z, grad_out = off_zero(rng, 2, 3, 2), rng.normal(size=(2, 3, 2))
    grad_out *= 10.0 ** np.linspace(-12, 8, 12).reshape(2, 3, 2)  # large or small, it passes
    for at in (z, *([-np.abs(z)] if kind == "relu" else []), np.abs(z)):
        got, want = (
            each.activation_backward(grad_out, at, kind, **settings) for each in (student, reference)
        )
        assert close(got, want, atol=0.0), (
            f"{kind}: the gradient is not grad_out times the derivative at z, however large or small what "
            "comes in. z is what went into the activation, not what came out."
        )


@pytest.mark.exercise("activation")
def test_the_left_derivative_counts_at_the_kink(student, reference, rng):
    """At exactly 0 relu, leaky_relu and elu have the derivative from the left, beside it z's sign counts."""
    z, grad_out = with_zeros(rng, 3, 4), off_zero(rng, 3, 4)
    for kind in ("relu", "leaky_relu"):
        assert agrees(student, reference, "activation", z, kind, slope=0.3, atol=0.0), (
            f"{kind}: just beside 0 the values are wrong. However small z is, its sign decides, and nothing "
            "is rounded."
        )
    for kind in ("relu", "leaky_relu", "elu"):
        assert agrees(student, reference, "activation_backward", grad_out, z, kind, slope=0.3, alpha=1.6), (
            f"{kind}: where z is exactly 0 the left derivative counts, and beside it that of z's sign, "
            "however small z is. On which side of your comparison is 0?"
        )


@pytest.mark.exercise("activation", weight=2)
def test_activations_hold_far_out(student, reference, rng):
    """At ±1000 and beyond values and derivatives are what they should be, and nothing is NaN."""
    z = np.array(
        [1000.0, -1000.0, -700.0, 720.0, 40.0, -40.0, 32.5, -32.5, 25.0, -20.0, 1e5, -1e5, 1e150, -1e150]
    )
    z = rng.permutation(z * rng.uniform(0.98, 1.0))
    grad_out = off_zero(rng, z.size)
    for kind in KINDS:
        assert close(student.activation(z, kind), reference.activation(z, kind), atol=1e-15), (
            f"{kind}, with slope and alpha not given: far from 0 the values are wrong. Are the defaults "
            "still those of the signature? Does an exponential overflow (infinity over infinity is NaN), or "
            "is z clipped, so that the value is that of another place?"
        )
        want = reference.activation_backward(grad_out, z[::-1], kind)  # elsewhere: nothing is remembered
        assert close(student.activation_backward(grad_out, z[::-1], kind), want, atol=1e-15), (
            f"{kind}, with slope and alpha not given: far from 0 the derivative is wrong. If it is NaN: "
            "infinity times 0, or over infinity, is NaN, so where does an exponential overflow, be it in a "
            "branch that is not taken? If it is a number: are the defaults still those of the signature? z "
            "is not clipped, a small derivative is not set to 0, and nothing is kept from an earlier call."
        )


@pytest.mark.exercise("activation")
def test_elu_keeps_its_digits(student, rng):
    """Of a tiny negative number elu keeps all digits."""
    z = -(10.0 ** (np.linspace(-13, 0, 27) + rng.uniform(0, 0.5)))
    assert close(student.activation(z, "elu") / np.expm1(z), np.ones(27), rtol=1e-8), (
        "With the default alpha elu is e^z - 1 below 0, to all digits: near 0 that is z up to z²/2. If yours "
        "is right but for some digits: in e^z - 1 the 1 takes them with it, and a series needs more terms "
        "the larger z is. NumPy has a function for it."
    )


@pytest.mark.exercise("activation")
def test_any_slope_will_do(student, reference, rng):
    """A leaky slope, or elu's alpha, may be above 1, negative or 0; several calls in a row are right."""
    z, grad_out = off_zero(rng, 2, 5), rng.normal(size=(2, 5))
    for slope in (float(rng.uniform(1.5, 3)), -float(rng.uniform(0.5, 3)), 0.0):
        bend = np.array([1.0, slope])[(z < 0).astype(int)]
        assert close(student.activation(z, "leaky_relu", slope=slope), z * bend), (
            "A slope may be 0, above 1 or below 0, and for one of these the values are wrong: the slope is "
            "used as it is given, and the sign of z tells z and slope·z apart, not which of them is larger."
        )
        got = student.activation_backward(grad_out, z, "leaky_relu", slope=slope)
        assert close(got, grad_out * bend), (
            "A slope may be 0, above 1 or below 0, and for one of these the derivative is wrong: the sign of "
            "z decides, not that of the output, and the slope is used as it is given."
        )
    for alpha in (0.0, -float(rng.uniform(0.5, 2))):
        for name, given in (("activation", (z,)), ("activation_backward", (grad_out, z))):
            assert agrees(student, reference, name, *given, "elu", alpha=alpha), (
                "alpha may be 0 or below 0, and for one of these elu or its derivative is wrong: alpha is "
                "used as it is given, and the sign of z decides, not that of the output."
            )
    for name, given in (("activation", (z,)), ("activation_backward", (grad_out, z))):
        assert anew(student, reference, name, *given, "elu", then={"alpha": 0.5}), f"{name}: {KEPT}"


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "activation",
    (
        "sigmoid_of_infinities",
        "The sigmoid is a quotient of two exponentials, and for large z it is infinity over infinity: "
        "NaN. Look for a form in which only e^-|z| occurs.",
        (
            "small = np.exp(-np.abs(z))  # in [0, 1], so nothing overflows\n"
            "        return np.where(z >= 0, 1.0, small) / (1.0 + small)",
            "return np.exp(z) / (1.0 + np.exp(z))",
        ),
    ),
    (
        "sigmoid_clipped",
        "z is clipped before the exponential, so that far from 0 the sigmoid stands still. Look for a form "
        "in which only e^-|z| occurs: it needs no limit.",
        (
            "small = np.exp(-np.abs(z))  # in [0, 1], so nothing overflows\n"
            "        return np.where(z >= 0, 1.0, small) / (1.0 + small)",
            "return 1.0 / (1.0 + np.exp(-np.clip(z, -20, 20)))",
        ),
    ),
    (
        "leaky_by_maximum",
        "The leaky rectifier is taken as the larger of z and slope·z. That is the same for slopes up to 1 "
        "only: let the sign of z decide.",
        ("np.where(z > 0, z, slope * z)", "np.maximum(z, slope * z)"),
    ),
    (
        "elu_by_subtraction",
        "ELU subtracts 1 from the exponential: where z is tiny nearly all digits go. NumPy has a function "
        "for the difference itself.",
        ("np.expm1(np.minimum(z, 0.0))", "(np.exp(np.minimum(z, 0.0)) - 1.0)"),
    ),
    (
        "elu_without_alpha",
        "alpha does not reach the values of ELU: it is the depth to which the left branch falls.",
        ("alpha * np.expm1(", "np.expm1("),
    ),
    (
        "elu_slope_without_alpha",
        "alpha does not reach the derivative of ELU: it is a factor of the left branch, and stays one "
        "when that is differentiated.",
        ("alpha * np.exp(np.minimum(z, 0.0))", "np.exp(np.minimum(z, 0.0))"),
    ),
    (
        "elu_value_plus_one",
        "The derivative of ELU is taken as its value plus 1. That holds for alpha = 1; which number takes "
        "the place of the 1?",
        ("alpha * np.exp(np.minimum(z, 0.0))", "activation(z, kind, alpha=alpha) + 1.0"),
    ),
    (
        "tanh_not_squared",
        "The derivative of tanh is taken as 1 - tanh. Something is squared there: it is even in z.",
        ("1 - np.tanh(z) ** 2", "1 - np.tanh(z)"),
    ),
    (
        "sigmoid_of_its_output",
        "The derivative of the sigmoid is computed as if z were the sigmoid's output already. The backward "
        "function is given what went in: σ has to be computed first.",
        ('s = activation(z, "sigmoid")', "s = z"),
    ),
    (
        "sigmoid_slope_by_exponentials",
        "The derivative of the sigmoid is a quotient of exponentials, and far from 0 it is infinity over "
        "infinity: NaN. With the sigmoid itself it is σ(1 - σ).",
        ("local = s * (1 - s)", "local = np.exp(-z) / (1 + np.exp(-z)) ** 2"),
    ),
    (
        "leaky_slope_by_the_output",
        "The derivative of leaky_relu looks at the sign of the output, which a negative slope turns round. "
        "The sign of z decides.",
        ("np.where(z > 0, 1.0, slope)", "np.where(activation(z, kind, slope=slope) > 0, 1.0, slope)"),
    ),
    (
        "nothing_came_in",
        "The derivative alone is returned: what comes in from the loss, grad_out, is left out. The chain "
        "rule multiplies the two.",
        ("return grad_out * local", "return local"),
    ),
    (
        "slope_of_its_own",
        "The derivative of leaky_relu uses the usual slope and not the one that it is given.",
        ("np.where(z > 0, 1.0, slope)", "np.where(z > 0, 1.0, 0.01)"),
    ),
    (
        "relu_by_what_came_in",
        "relu lets the gradient pass where the gradient is positive. It is z that decides: the same elements "
        "pass backward that passed forward.",
        ("np.where(z > 0, 1.0, 0.0)", "np.where(grad_out > 0, 1.0, 0.0)"),
    ),
)

_RIGHT_SLOPES = (
    ("np.where(z > 0, 1.0, 0.0)", "np.where(z >= 0, 1.0, 0.0)"),
    ("np.where(z > 0, 1.0, slope)", "np.where(z >= 0, 1.0, slope)"),
    ("np.where(z > 0, 1.0, alpha", "np.where(z >= 0, 1.0, alpha"),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "activation",
    (
        "right_slope_at_the_kink",
        "Right with the derivative from the right at exactly 0. Both are in use; the text of "
        "activation_backward takes the left one, as PyTorch does.",
        *_RIGHT_SLOPES,
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "activation",
    'activation(np.array([-2.0, 0.0, 3.0]), "leaky_relu", slope=2.0)',
    'activation(np.array([-1.0, 2.0]), "elu", alpha=2.0)',
    """
    grad_out, z = np.array([1.0, -2.0, 1.0]), np.array([-1.0, 2.0, 0.0])
    kinds = ["sigmoid", "tanh", "relu", "leaky_relu", "elu"]
    {kind: activation_backward(grad_out, z, kind, alpha=2.0) for kind in kinds}
    """,
    'activation(np.array([-1e-15]), "elu") * 1e15',
)
