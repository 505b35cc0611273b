"""RMSNorm, forward and backward, `rms_norm`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from ..shared import few_digits, number
from .shared import slope_of

# --- Checks -------------------------------------------------------------------------------------------------


SIZES = ((4, 3), (2, 5, 5), (6,), (3, 1), (2, 1, 3, 4))


def vectors(rng, shape):
    """Vectors with a mean of their own, of every size from a hundredth to a hundred, and their γ.

    A long γ has a number below 0, and a 0.
    """
    sizes = 10.0 ** rng.uniform(-2, 2, size=shape[:-1])[..., None]
    gamma = rng.uniform(0.5, 2.0, size=shape[-1])
    gamma[-1] *= -1.0
    gamma[: len(gamma) // 5] = 0.0
    return sizes * (rng.normal(size=shape) + 1.0), gamma


@pytest.mark.exercise("rms_norm", weight=2)
def test_vectors_are_divided_by_their_root_mean_square(student, reference, rng):
    """Vectors of every size and number of axes, with a mean that is not zero."""
    for shape in SIZES:
        x, gamma = vectors(rng, shape)
        got, want = (side.rms_norm(x, gamma) for side in (student, reference))
        assert close(got, want), few_digits(got, want) or (
            "A vector comes out otherwise. Divide by the root of the mean of its squares along the last "
            "axis, mean not taken off, and multiply with γ, which may be below 0."
        )


@pytest.mark.exercise("rms_norm")
def test_epsilon_stands_inside_the_root(student, reference, rng):
    """Vectors as small as ε, and of zeros, forward and backward."""
    x, gamma = vectors(rng, (4, 3))
    x = 1e-3 * x / np.abs(x).max(axis=1, keepdims=True)
    x[0] = 0.0
    x[1] *= 0.01
    grad_out, eps = rng.normal(size=(4, 3)), number(rng, 1e-6, 1e-5)
    got, want = (side.rms_norm(x, gamma, eps=eps) for side in (student, reference))
    assert np.any(got != 0) and close(got, want), (
        "Where ε is not small beside the squares the output is another: it is added to their mean, inside "
        "the root."
    )
    ones = np.ones(3)  # γ is another check's business
    got, want = (side.rms_norm_backward(grad_out, x, ones, eps=eps) for side in (student, reference))
    assert close(got, want), (
        "Where ε is not small beside the squares the gradients are others: it is the root of the forward "
        "pass."
    )


@pytest.mark.exercise("rms_norm", weight=2)
def test_the_inputs_gradient_has_two_paths(student, reference, rng):
    """The gradient of x is the closed form's for several shapes and sizes."""
    for shape in SIZES:
        x, gamma = vectors(rng, shape)
        grad_out = rng.normal(size=shape)
        got, want = (side.rms_norm_backward(grad_out, x, gamma)[0] for side in (student, reference))
        assert close(got, want, rtol=1e-8, atol=1e-10), (
            "grad_x is another one. x reaches the output directly and through the root; γ, which may be 0 or "
            "below, stands in both paths, and the mean goes along the last axis."
        )


@pytest.mark.exercise("rms_norm")
def test_the_inputs_gradient_is_a_slope(student, reference, rng):
    """Central differences of the forward pass, weighted by an upstream gradient that is not constant."""
    x, gamma, grad_out = rng.normal(size=(2, 4)), rng.uniform(0.5, 2, size=4), rng.normal(size=(2, 4))
    want = slope_of(lambda x: reference.rms_norm(x, gamma), x, grad_out)
    assert close(student.rms_norm_backward(grad_out, x, gamma)[0], want, rtol=1e-5, atol=1e-7), (
        "grad_x is not the slope of the forward pass."
    )


@pytest.mark.exercise("rms_norm")
def test_the_scales_gradient_is_collected(student, reference, rng):
    """The gradient of γ adds up grad_out·x̂ over all the other axes."""
    for shape in SIZES:
        x, gamma = vectors(rng, shape)
        grad_out = rng.normal(size=shape)
        got, want = (side.rms_norm_backward(grad_out, x, gamma)[1] for side in (student, reference))
        assert close(got, want, rtol=1e-8, atol=1e-10), (
            "grad_gamma is another one. What does γ multiply, and which vectors share it? All axes but the "
            "last are summed over, and nothing is divided by γ, which may be 0."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


FORWARD = "return gamma * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)"
ROOT = "root = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)"
PARTS = "x_hat, weighted = x / root, grad_out * gamma"
GRAD_X = "grad_x = (weighted - x_hat * np.mean(weighted * x_hat, axis=-1, keepdims=True)) / root"
ANSWER = "return grad_x, np.sum(grad_out * x_hat, axis=tuple(range(x.ndim - 1)))"

MISTAKES = mistakes(
    "rms_norm",
    (
        "layer_norm",
        "The mean is taken off first. That is layer normalisation; RMSNorm leaves the mean where it is.",
        (
            FORWARD,
            "x = x - x.mean(axis=-1, keepdims=True)\n    " + FORWARD,
        ),
    ),
    (
        "length_one",
        "You divide by the length of the vector, the root of the sum of squares. It is the root of their "
        "mean.",
        (FORWARD, "return gamma * x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True) + eps)"),
    ),
    (
        "no_root",
        "The mean of squares has no root: twice as long a vector comes out half as long.",
        (FORWARD, "return gamma * x / (np.mean(x**2, axis=-1, keepdims=True) + eps)"),
    ),
    (
        "over_everything",
        "One root mean square is taken over the whole array. Every vector along the last axis has its own.",
        (FORWARD, "return gamma * x / np.sqrt(np.mean(x**2) + eps)"),
    ),
    (
        "over_the_batch",
        "The mean of squares goes along the first axis, as in batch normalisation. It goes along the last "
        "one.",
        (FORWARD, "return gamma * x / np.sqrt(np.mean(x**2, axis=0, keepdims=True) + eps)"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken. It stands inside.",
        (FORWARD, "return gamma * x / (np.sqrt(np.mean(x**2, axis=-1, keepdims=True)) + eps)"),
    ),
    (
        "no_epsilon",
        "There is no ε in the forward pass: a vector of zeros gives NaN.",
        (FORWARD, "return gamma * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True))"),
    ),
    (
        "no_scale",
        "γ is missing in the forward pass.",
        (FORWARD, "return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)"),
    ),
    (
        "epsilon_in_one_path_only",
        "In grad_x the path through the root divides by the mean of squares without ε. It is the root of the "
        "forward pass, ε included, in both paths.",
        (
            GRAD_X,
            "ms = np.mean(x**2, axis=-1, keepdims=True)\n"
            "    grad_x = (weighted - x * np.mean(weighted * x, axis=-1, keepdims=True) / ms) / root",
        ),
    ),
    (
        "root_as_a_constant",
        "The root is treated as a constant in the gradient of x. It depends on every entry of the vector.",
        (GRAD_X, "grad_x = weighted / root"),
    ),
    (
        "layer_norms_gradient",
        "The gradient of x has a third term, the mean of d: that belongs to layer normalisation, which takes "
        "the mean off.",
        (
            GRAD_X,
            "grad_x = (weighted - weighted.mean(axis=-1, keepdims=True) - x_hat * np.mean(weighted * x_hat, "
            "axis=-1, keepdims=True)) / root",
        ),
    ),
    (
        "scale_forgotten",
        "γ is missing in the gradient of x: on its way back grad_out passes the multiplication first.",
        (PARTS, "x_hat, weighted = x / root, grad_out"),
    ),
    (
        "divided_by_the_scale",
        "In the backward pass x̂ is made by dividing by γ, which may be 0. It is x over the root.",
        (PARTS, "x_hat, weighted = gamma * x / root / gamma, grad_out * gamma"),
    ),
    (
        "sum_for_mean",
        "The term that is taken off in grad_x is a sum along the vector. Each entry has only its share in "
        "the mean.",
        (GRAD_X, "grad_x = (weighted - x_hat * np.sum(weighted * x_hat, axis=-1, keepdims=True)) / root"),
    ),
    (
        "not_divided",
        "The last division of grad_x by the root is missing.",
        (GRAD_X, "grad_x = weighted - x_hat * np.mean(weighted * x_hat, axis=-1, keepdims=True)"),
    ),
    (
        "scale_meets_x",
        "The gradient of γ is made with x. What γ multiplies in the forward pass is x̂.",
        (ANSWER, "return grad_x, np.sum(grad_out * x, axis=tuple(range(x.ndim - 1)))"),
    ),
    (
        "scale_averaged",
        "The gradient of γ is a mean over the vectors. It adds up: the mean sits in the loss.",
        (
            ANSWER,
            "return grad_x, np.sum(grad_out * x_hat, axis=tuple(range(x.ndim - 1))) / (x.size / len(gamma))",
        ),
    ),
    (
        "backward_without_epsilon",
        "There is no ε in the root of the backward pass; it is the root of the forward pass.",
        (ROOT, "root = np.sqrt(np.mean(x**2, axis=-1, keepdims=True))"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "rms_norm",
    "rms_norm_backward(np.array([1.0, 0.0]), np.array([1e-3, 2e-3]), np.ones(2))",
    "rms_norm(np.array([[1.0, 7.0], [3.0, 4.0]]), np.array([1.0, 2.0]))",
    "rms_norm(np.array([0.0, 2.0]), np.ones(2), eps=2.0)",
    "rms_norm_backward(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[1.0, 7.0], [3.0, 4.0]]), "
    "np.array([0.0, 2.0]))",
)
