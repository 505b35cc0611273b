"""Weight normalisation, backward, `weight_norm_backward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, examples, mistakes, variants

from ..shared import few_digits
from .shared import scales, slopes

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("weight_norm_backward", weight=2)
@pytest.mark.parametrize("part", ["v", "g"])
def test_both_gradients_follow_the_formula(student, reference, rng, part):
    """Columns of all lengths have the gradients of the exercise's formulas."""
    place = ["v", "g"].index(part)
    for shape, size, where in (
        ((5, 5), 1.0, ""),
        ((2, 7), 1.0, ""),
        ((5, 4), 1.0, "Where the columns' lengths are nearly one: "),
        ((4, 1), 1.0, ""),
        ((1, 3), 1.0, "For columns of one number: "),
        ((4, 5), 1.0, "Where a column is very short or very long, or a g is 0 or tiny: "),
        ((4, 1), 1e-20, "For a tiny grad_W: "),
    ):
        v, g = rng.normal(size=shape) * 10.0 ** rng.uniform(-2, 2, size=shape[1]), scales(rng, shape[1])
        if shape == (1, 3):
            v = scales(rng, 3)[None]
        if shape == (4, 5):
            v, g[1:3] = v * [1e-60, 1.0, 1.0, 1.0, 1e60], [0.0, 1e-7]
        if shape == (5, 4):
            v = v / np.linalg.norm(v, axis=0) * (1 + np.array([1e-3, -1e-4, 1e-5, 3e-7]))
        grad_W = size * rng.normal(size=shape)
        if shape == (5, 5):
            grad_W[0] = 0.0  # an input whose weights the loss leaves out
        got = student.weight_norm_backward(grad_W, v, g)[place]
        want = reference.weight_norm_backward(grad_W, v, g)[place]
        by = np.linalg.norm(v, axis=0) if part == "v" else 1.0  # grad_v falls with the length of v
        assert close(got * by, want * by, rtol=1e-8, atol=1e-12 * size), few_digits(got, want) or (
            f"{where}grad_{part} is another one. Write down the direction v/‖v‖ first: grad_g is what of "
            "grad_W lies along it, grad_v is made of the rest, also where an entry of grad_W is 0."
        )
    if part == "v":
        got = student.weight_norm_backward(np.zeros(shape), v, np.abs(g))  # grad_v may not be the argument
        assert close(got, (np.zeros(shape), 0 * g)), (
            "Where grad_W is 0 a gradient is not 0, or has another shape than elsewhere."
        )


@pytest.mark.exercise("weight_norm_backward")
@pytest.mark.parametrize("part", ["v", "g"])
def test_both_gradients_are_slopes(student, reference, rng, part):
    """Central differences of the forward pass, in v and in g."""
    v, g, grad_W = rng.normal(size=(4, 3)), scales(rng, 3), rng.normal(size=(4, 3))
    got = student.weight_norm_backward(grad_W, v, g)[["v", "g"].index(part)]
    forward = {"v": lambda a: reference.weight_norm(a, g), "g": lambda a: reference.weight_norm(v, a)}[part]
    assert close(got, slopes(forward, v if part == "v" else g, grad_W), rtol=1e-5, atol=1e-7), (
        f"grad_{part} is not the slope of the forward pass."
    )


@pytest.mark.exercise("weight_norm_backward")
def test_the_gradient_stands_across_v(student, rng):
    """grad_v is orthogonal to v column by column, not zero, and half as long for v twice as long."""
    v, g, grad_W = 3 * rng.normal(size=(6, 3)), scales(rng, 3), rng.normal(size=(6, 3))
    grad_v, _ = student.weight_norm_backward(grad_W, v, g)
    half, _ = student.weight_norm_backward(grad_W, 2 * v, g)
    assert np.abs(grad_v).max() > 1e-6 and np.allclose((grad_v * v).sum(axis=0), 0.0, atol=1e-9), (
        "A longer v gives the same W, so grad_v has no part along v. What is taken off grad_W?"
    )
    assert close(half, grad_v / 2, rtol=1e-8), (
        "The longer v is, the less a step turns it: grad_v falls with the length of v."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


LENGTH = "length = np.linalg.norm(v, axis=0)"
GRAD_G = "grad_g = (grad_W * direction).sum(axis=0)"
GRAD_V = "return g / length * (grad_W - grad_g * direction), grad_g"

MISTAKES = mistakes(
    "weight_norm_backward",
    (
        "direction_from_w_over_g",
        "The direction is made of W, divided by g, and where g is 0 nothing is left of it. It is v over its "
        "length.",
        ("direction = v / length", "direction = g * v / length / g"),
    ),
    (
        "small_number_added",
        "A small number is added to the length. The gradients are those of v divided by its length as it is.",
        (LENGTH, "length = np.linalg.norm(v, axis=0) + 1e-7"),
    ),
    (
        "sign_of_g_lost",
        "The sign of g is lost: a column with a negative length is turned round, and so is its gradient.",
        (GRAD_V, "return np.abs(g) / length * (grad_W - grad_g * direction), grad_g"),
    ),
    (
        "length_as_a_constant",
        "The length of v is treated as a constant, so that the gradient has a part along v. Longer or "
        "shorter, v gives the same W.",
        (GRAD_V, "return g / length * grad_W, grad_g"),
    ),
    (
        "along_v_itself",
        "What is taken off is measured along v and not along its direction: v is not of length one.",
        (GRAD_V, "return g / length * (grad_W - grad_g * v), grad_g"),
    ),
    (
        "lengths_gradient_not_divided",
        "The gradient of g is the product with v itself. What g multiplies is the direction, of length one.",
        (GRAD_G, "grad_g = (grad_W * v).sum(axis=0)"),
        (GRAD_V, "return g / length * (grad_W - grad_g / length * direction), grad_g"),
    ),
    (
        "lengths_gradient_times_g",
        "The gradient of g has g in it. W is linear in g: its derivative is the direction alone.",
        (GRAD_V, "return g / length * (grad_W - grad_g * direction), g * grad_g"),
    ),
    (
        "g_missing",
        "g is missing in the gradient of v: a unit with long weights turns faster.",
        (GRAD_V, "return (grad_W - grad_g * direction) / length, grad_g"),
    ),
    (
        "not_divided_by_the_length",
        "The gradient of v is not divided by v's length. The longer v is, the less a step turns it.",
        (GRAD_V, "return g * (grad_W - grad_g * direction), grad_g"),
    ),
    (
        "plus_for_minus",
        "The part along v is added where it is to be taken off.",
        (GRAD_V, "return g / length * (grad_W + grad_g * direction), grad_g"),
    ),
    (
        "one_length_for_all",
        "One length is used for all columns. Units do not meet: look at the axis.",
        (LENGTH, "length = np.linalg.norm(v)"),
    ),
    (
        "averaged",
        "The gradient of g is a mean over the inputs. It adds up over all that g multiplies.",
        (GRAD_G, "grad_g = (grad_W * direction).mean(axis=0)"),
    ),
    free={"small_number_added": ("axis=0) + {}", ("1e-7", *GUARDS))},
)


# --- Variants -----------------------------------------------------------------------------------------------


class WeightBackwardProjection:
    """A projection matrix for each column."""

    def weight_norm_backward(grad_W, v, g):
        grad_v, grad_g = np.empty(v.shape), np.empty(g.shape)
        for j in range(v.shape[1]):
            u = v[:, j] / np.linalg.norm(v[:, j])
            grad_g[j] = u @ grad_W[:, j]
            grad_v[:, j] = (np.eye(len(u)) - np.outer(u, u)) @ grad_W[:, j] * g[j] / np.linalg.norm(v[:, j])
        return grad_v, grad_g


class WeightBackwardPaper:
    """The paper's equation 3 as it stands, without a direction."""

    def weight_norm_backward(grad_W, v, g):
        square = np.sum(v * v, axis=0)
        length = np.sqrt(square)
        grad_g = np.sum(grad_W * v, axis=0) / length
        grad_v = g / length * grad_W - g * grad_g / square * v
        return grad_v, grad_g


class WeightBackwardGraph:
    """Product and quotient rule, node by node, with the length as a node."""

    def weight_norm_backward(grad_W, v, g):
        length = np.linalg.norm(v, axis=0, keepdims=True)
        grad_factor = (grad_W * v).sum(axis=0, keepdims=True)
        grad_length = -grad_factor * g / length**2
        grad_v = grad_W * (g / length) + grad_length * (v / length)
        return grad_v, (grad_factor / length).reshape(-1)


VARIANTS = variants(
    "weight_norm_backward", WeightBackwardProjection, WeightBackwardPaper, WeightBackwardGraph
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "weight_norm_backward",
    """
    grad_W, v = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[3.0, 6.0], [4.0, 8.0]])
    weight_norm_backward(grad_W, v, np.array([1.0, 2.0]))
    """,
)
