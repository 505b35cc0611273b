"""PReLU, `prelu`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import KEPT, WHOLE, agrees, anew, off_zero, with_zeros

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("prelu")
def test_prelu_with_one_slope(student, rng):
    """With a single number as slope: max(0, z) + a·min(0, z), whatever the number."""
    z = with_zeros(rng, 4, 3)
    slopes = [float(rng.uniform(0.1, 0.6)), float(rng.uniform(1.4, 3)), -float(rng.uniform(0.4, 2)), 0.0]
    for size, a in [*((1.0, a) for a in slopes), (1e9, 2), (1.0, -1), (1.0, -1e5)]:
        want = size * (z * (z > 0) + a * z * (z < 0))
        assert close(student.prelu(size * z, a), want, atol=0.0), (
            "With one number as slope the values are wrong. It may be small, above 1, negative, large or a "
            "whole number, 2 and not 2.0, and z may be large or small. Which of these does your code not "
            f"cover? {WHOLE}"
        )

    assert close(student.prelu(np.abs(z) + 1, 1), np.abs(z) + 1), (
        "Where all of z lies above 0 the values are not those of z, which prelu lets through there."
    )


@pytest.mark.exercise("prelu")
def test_prelu_with_a_slope_a_feature(student, rng):
    """With an array of slopes each column has its own."""
    for n, size in ((4, 1.0), (3, 1e5), (1, 1.0)):
        z, a = off_zero(rng, n, 3), size * np.array([0.3, 1.7, -0.8]) * rng.uniform(0.8, 1.2, size=3)
        want = np.stack([z[:, j] * (z[:, j] > 0) + a[j] * z[:, j] * (z[:, j] < 0) for j in range(3)], axis=1)
        assert close(student.prelu(z, a), want), (
            "Slope j belongs to column j, for every example of the batch, whichever slopes stand beside it: "
            "one may be small, another above 1 or negative. There may be as many examples as slopes."
        )


@pytest.mark.exercise("prelu")
def test_prelu_passes_the_gradient_to_z(student, reference, rng):
    """The gradient of z is what comes in, times its side's slope; several calls in a row are right."""
    z, grad_out = off_zero(rng, 4, 3), rng.normal(size=(4, 3)) * 10.0 ** np.linspace(-9, 5, 12).reshape(4, 3)
    each = rng.permutation([0.3, 1.7, -0.8]) * rng.uniform(0.8, 1.2, size=3)  # -0.8 turns the output's sign
    slopes = (float(rng.uniform(0.2, 2)), rng.normal(size=3), 2, 1e5 * each)
    for at, a in zip((z, np.abs(z), z, z), slopes, strict=True):
        assert agrees(student, reference, "prelu_backward", grad_out, at, a, member=0, atol=0.0), (
            "grad_z is wrong. To the right of 0 the derivative is 1, to the left the slope, be it large "
            "or a whole number: z's sign decides, not the output's."
        )
    for coming in (np.zeros(z.shape), grad_out):  # zeros, which may not come back as the argument itself
        assert close(student.prelu_backward(coming, z, 0.0)[0], coming * (z > 0), atol=0.0), (
            "With a slope of 0 grad_z is wrong: what comes in passes where z is above 0, be it 0, and "
            "nothing passes elsewhere."
        )
    for name, given in (("prelu", (z, each)), ("prelu_backward", (grad_out, z, each))):
        assert anew(student, reference, name, *given), f"{name}: {KEPT}"


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
    none = 0.0 if slopes == "one" else np.array([2, 0, -1])
    assert agrees(student, reference, "prelu_backward", grad_out, z, none, member=1), (
        "With a slope of 0, or with an array of whole numbers as slopes, grad_a is wrong. It does not depend "
        "on the slopes: no formula divides by one. Nor are its entries whole numbers where the slopes are."
    )
    if slopes == "one":
        assert agrees(student, reference, "prelu_backward", grad_out[:1], z[:1] - 2, a, member=1), (
            "With a single example and one number as slope grad_a is wrong: it is one number, the sum over "
            "the example's features."
        )
        z, grad_out = 1e5 * off_zero(rng, 2, 3), off_zero(rng, 2, 3)
        assert agrees(student, reference, "prelu_backward", grad_out, z, -2, member=1, atol=1e-9), (
            "With a whole number as slope, -2 and not -2.0, or large z, grad_a is wrong: one number for one "
            "number, the sum over everything."
        )
    else:
        for n, features in ((3, 1), (1, 4), (1, 1)):
            z, grad_out = rng.normal(size=(2, n, features))
            z[0, 0] = -1.0
            a = rng.normal(size=features)
            assert agrees(student, reference, "prelu_backward", grad_out, z, a, member=1), (
                "With a single feature, or a single example, grad_a is wrong: an array of slopes has a "
                "gradient of its shape, each entry a sum over the batch, be it one example."
            )
        z, grad_out, a = off_zero(rng, 3, 3), 1e5 * off_zero(rng, 3, 3), rng.normal(size=3)
        assert agrees(student, reference, "prelu_backward", grad_out, z, a, member=1, atol=1e-9), (
            "With as many examples as features grad_a is wrong. The sum goes over the batch, the first axis; "
            "the sizes alone do not tell which axis that is. Nor has a sum a limit."
        )


@pytest.mark.exercise("prelu")
def test_prelu_at_the_kink(student, reference, rng):
    """At exactly 0 the derivative with respect to z is the slope."""
    z, grad_out = with_zeros(rng, 4, 3), off_zero(rng, 4, 3)
    assert agrees(
        student, reference, "prelu_backward", grad_out, z, rng.uniform(0.2, 0.8, size=3), member=0
    ), (
        "For z of both signs, tiny ones and exact zeros, grad_z is wrong. Where z is exactly 0 the left "
        "derivative counts, as everywhere in this course; beside it z's sign decides, however small z is."
    )


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
        "axis_found_by_its_length",
        "The axis of the sum is found by its length, and with as many examples as features it is the wrong "
        "one. The batch is the first axis, whatever its length.",
        ("axis=served)", "axis=1 if np.shape(a) == np.shape(z)[:1] else served)"),
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
        "Right with the derivative from the right at exactly 0. Both are in use; the text of "
        "prelu_backward takes the left one, as PyTorch does.",
        ("np.where(z > 0, 1.0, a)", "np.where(z >= 0, 1.0, a)"),
    ),
)


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
