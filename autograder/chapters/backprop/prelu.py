"""PReLU, `prelu`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from .shared import agrees, off_zero, with_zeros

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("prelu")
def test_prelu_with_one_slope(student, rng):
    """With a single number as slope: max(0, z) + a·min(0, z), whatever the number."""
    z = with_zeros(rng, 4, 3)
    for a in (float(rng.uniform(0.1, 0.6)), float(rng.uniform(1.4, 3)), -float(rng.uniform(0.4, 2)), 0.0):
        assert close(student.prelu(z, a), z * (z > 0) + a * z * (z < 0)), (
            "The slope may be small, above 1 or negative. Which of these does your formula not cover?"
        )


@pytest.mark.exercise("prelu")
def test_prelu_with_a_slope_a_feature(student, rng):
    """With an array of slopes each column has its own."""
    z, a = off_zero(rng, 4, 3), np.array([0.3, 1.7, -0.8]) * rng.uniform(0.8, 1.2, size=3)
    want = np.stack([z[:, j] * (z[:, j] > 0) + a[j] * z[:, j] * (z[:, j] < 0) for j in range(3)], axis=1)
    assert close(student.prelu(z, a), want), (
        "Slope j belongs to column j, for every example of the batch, whichever slopes stand beside it: one "
        "may be small, another above 1 or negative."
    )


@pytest.mark.exercise("prelu")
def test_prelu_passes_the_gradient_to_z(student, reference, rng):
    """The gradient of z is what comes in, times the slope of that element's side."""
    z, grad_out = off_zero(rng, 4, 3), rng.normal(size=(4, 3))
    for a in (float(rng.uniform(0.2, 2)), rng.normal(size=3), 0.0):
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
    none = 0.0 if slopes == "one" else a * [1.0, 0.0, 1.0]
    assert agrees(student, reference, "prelu_backward", grad_out, z, none, member=1), (
        "With a slope of 0 grad_a is wrong. It does not depend on the slope: no formula divides by it."
    )
    if slopes == "each":
        z, grad_out = off_zero(rng, 3, 1), off_zero(rng, 3, 1)
        assert agrees(student, reference, "prelu_backward", grad_out, z, rng.normal(size=1), member=1), (
            "With a single feature grad_a is wrong: an array of one slope has a gradient of its shape."
        )


@pytest.mark.exercise("prelu")
def test_prelu_at_the_kink(student, reference, rng):
    """At exactly 0 the derivative with respect to z is the slope."""
    z, grad_out = with_zeros(rng, 4, 3), off_zero(rng, 4, 3)
    assert agrees(
        student, reference, "prelu_backward", grad_out, z, rng.uniform(0.2, 0.8, size=3), member=0
    ), "Where z is exactly 0 the left derivative counts, as everywhere in this course."


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "prelu",
    (
        "largest_of_two_lines",
        "PReLU is taken as the larger of a·z and z. That is another function for a above 1: let the sign "
        "of z decide.",
        ("np.maximum(0.0, z) + a * np.minimum(0.0, z)", "np.maximum(a * z, z)"),
    ),
    (
        "one_choice_for_all_slopes",
        "Whether the larger or the smaller of a·z and z is taken is decided for all columns together. Beside "
        "a slope above 1 a small one is wrong then: let the sign of each z decide.",
        (
            "np.maximum(0.0, z) + a * np.minimum(0.0, z)",
            "np.maximum(z, a * z) if np.all(np.asarray(a) <= 1) else np.minimum(z, a * z)",
        ),
    ),
    (
        "divided_by_the_slope",
        "The slope's gradient divides prelu's output by the slope, and with a slope of 0 that is 0/0. What "
        "the slope multiplies is z itself, to the left of 0.",
        ("grad_out * np.minimum(0.0, z)", "grad_out * np.where(z < 0, prelu(z, a) / a, 0.0)"),
    ),
    (
        "slope_seen_from_everywhere",
        "The slope collects from elements to the right of 0 too. It does not act there, so its derivative "
        "is 0.",
        ("grad_out * np.minimum(0.0, z)", "grad_out * z"),
    ),
    (
        "slope_without_what_came_in",
        "The slope's gradient leaves out what came in from the loss: it is a sum over products with "
        "grad_out.",
        ("np.sum(grad_out * np.minimum(0.0, z), axis=served)", "np.sum(np.minimum(0.0, z), axis=served)"),
    ),
    (
        "slope_averaged",
        "The slope's gradient is a mean over what it served. The contributions add up: the only mean "
        "stands in the loss.",
        (
            "np.sum(grad_out * np.minimum(0.0, z), axis=served)",
            "np.mean(grad_out * np.minimum(0.0, z), axis=served)",
        ),
    ),
    (
        "one_sum_for_all_slopes",
        "Every slope gets the sum over all features. Each has served one column: along which axis is the "
        "sum?",
        (
            "np.sum(grad_out * np.minimum(0.0, z), axis=served)",
            "np.sum(grad_out * np.minimum(0.0, z)) * np.ones(np.shape(a))",
        ),
    ),
    (
        "always_along_the_batch",
        "A single slope for all features gets an array as its gradient. Its gradient is one number, for "
        "it has served every feature.",
        ("axis=served)", "axis=0)"),
    ),
    (
        "left_side_blocked",
        "To the left of 0 nothing passes to z, as in a plain rectifier. What is the slope there?",
        ("np.where(z > 0, 1.0, a)", "np.where(z > 0, 1.0, 0.0 * a)"),
    ),
    (
        "magnitude_on_the_left",
        "The slope's gradient has the wrong sign: to the left of 0 the element is negative, and so is "
        "what it contributes per unit of slope.",
        (
            "np.sum(grad_out * np.minimum(0.0, z), axis=served)",
            "np.sum(grad_out * np.maximum(0.0, -z), axis=served)",
        ),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "prelu",
    (
        "right_slope_at_the_kink",
        "Right with the derivative from the right at exactly 0. Both are in use; the docstring of "
        "prelu_backward takes the left one, as PyTorch does.",
        ("np.where(z > 0, 1.0, a)", "np.where(z >= 0, 1.0, a)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class PreluByWhere:
    """np.where; the slopes' gradient by einsum over columns."""

    def prelu(z, a):
        return np.where(z < 0, a * z, z)

    def prelu_backward(grad_out, z, a):
        grad_z = np.where(z > 0, grad_out, grad_out * a)
        columns = np.einsum("nj,nj->j", grad_out, np.where(z < 0, z, 0.0))
        return grad_z, columns if np.ndim(a) else columns.sum()


class PreluByColumns:
    """A loop over columns, the single slope repeated; a 0-d array comes back."""

    def prelu(z, a):
        slopes = np.broadcast_to(a, z.shape[1:])
        return np.array([[t if t > 0 else s * t for t, s in zip(row, slopes, strict=True)] for row in z])

    def prelu_backward(grad_out, z, a):
        grad_z, grad_a = np.zeros_like(z), np.zeros(z.shape[1])
        slopes = np.broadcast_to(a, z.shape[1:])
        for j in range(z.shape[1]):
            for n in range(len(z)):
                grad_z[n, j] = grad_out[n, j] * (1 if z[n, j] > 0 else slopes[j])
                if z[n, j] < 0:
                    grad_a[j] += grad_out[n, j] * z[n, j]
        return grad_z, grad_a if np.ndim(a) == 1 else np.array(grad_a.sum())


class PreluByHalves:
    """The two halves from absolute values: (z + |z|)/2 and (z - |z|)/2."""

    def prelu(z, a):
        return ((1 + a) * z + (1 - a) * np.abs(z)) / 2

    def prelu_backward(grad_out, z, a):
        left = (z - np.abs(z)) / 2
        right = np.sign(z) > 0
        per_element = grad_out * left
        grad_a = per_element.sum(axis=0) if np.shape(a) else float(per_element.sum())
        return grad_out * right + grad_out * (1 - right) * a, grad_a


VARIANTS = variants("prelu", PreluByWhere, PreluByColumns, PreluByHalves)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "prelu",
    """
    z, a = np.array([[-1.0, -2.0], [3.0, -4.0]]), np.array([0.5, 2.0])
    prelu_backward(np.ones((2, 2)), z, a)
    """,
    """
    prelu_backward(np.array([[1.0], [2.0]]), np.array([[-1.0], [-3.0]]), np.array([0.5]))
    """,
    "prelu_backward(np.array([[1.0, 1.0]]), np.array([[-1.0, 2.0]]), 0.0)",
    "prelu(np.array([[-1.0, -2.0], [3.0, -4.0]]), np.array([0.5, 2.0]))",
)
