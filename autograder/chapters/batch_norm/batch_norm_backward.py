"""Batch normalisation, backward, `batch_norm_backward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from .shared import EPS, SIZES, batch, running, slopes, small

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_backward", weight=2)
def test_the_inputs_gradient_has_three_parts(student, reference, rng):
    """The gradient of x is the closed form's, for several shapes and features of all sizes."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        got = student.batch_norm_backward(grad_out, x, gamma)[0]
        want = reference.batch_norm_backward(grad_out, x, gamma)[0]
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "grad_x is another one. x reaches the output directly, through the mean and through the "
            "variance; each way has a term, and γ stands in all of them."
        )


@pytest.mark.exercise("batch_norm_backward")
def test_the_inputs_gradient_is_the_slope(student, reference, rng):
    """Central differences of the forward pass, weighted by an upstream gradient that is not constant."""
    x, grad_out = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    _, gamma, beta, _ = batch(rng, 5, 2)
    start = running(rng, 2)
    want = slopes(lambda x: reference.batch_norm_train(x, gamma, beta, *start)[0], x, grad_out)
    got = student.batch_norm_backward(grad_out, x, gamma)[0]
    assert close(got, want, rtol=1e-5, atol=1e-7), (
        "grad_x is not the slope of the forward pass. A numerical gradient shows you the column that is "
        "wrong."
    )


@pytest.mark.exercise("batch_norm_backward")
def test_the_scales_gradient_is_collected(student, reference, rng):
    """The gradient of γ adds up over rows what comes in times x̂."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        got = student.batch_norm_backward(grad_out, x, gamma)[1]
        assert close(got, reference.batch_norm_backward(grad_out, x, gamma)[1], rtol=1e-8, atol=1e-10), (
            "grad_gamma is another one. What does γ multiply, and which rows share it? The mean over the "
            "batch sits in the loss, not here."
        )


@pytest.mark.exercise("batch_norm_backward", weight=0.5)
def test_the_shifts_gradient_is_collected(student, rng):
    """The gradient of β adds up over rows what comes in."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        got = student.batch_norm_backward(grad_out, x, gamma)[2]
        assert close(got, grad_out.sum(axis=0)), "β is added to every row. What does that make of grad_out?"


@pytest.mark.exercise("batch_norm_backward")
def test_shifting_and_stretching_pass_no_gradient(student, rng):
    """A feature's gradients add up to zero, and so they do times x; what is left is not nothing."""
    x, gamma, _, grad_out = batch(rng, 8, 3)
    x = 1e3 * x  # so that ε plays no part
    grad_x = student.batch_norm_backward(grad_out, x, gamma)[0]
    size = np.abs(grad_x).max(axis=0)
    centred = (x - x.mean(axis=0)) / x.std(axis=0)
    assert np.all(size > 1e-12) and np.all(np.abs(grad_x.sum(axis=0)) < 1e-6 * size), (
        "All rows shifted together give the same output, so a feature's gradients add up to zero. Is the "
        "path through the mean there?"
    )
    assert np.all(np.abs((grad_x * centred).sum(axis=0)) < 1e-4 * size), (
        "All rows stretched together give the same output, so the gradients times x̂ add up to zero. Is the "
        "path through the variance there?"
    )


@pytest.mark.exercise("batch_norm_backward")
def test_epsilon_counts_backward_too(student, reference, rng):
    """For features as small as ε, for a constant one, and for a large ε, the gradients follow."""
    constant = batch(rng, 6, 3)[0]
    constant[:, 2] = 4.0
    for x, eps in (
        (small(rng, 6, 3), EPS),
        (1e-2 * small(rng, 6, 3), 1e-10),
        (constant, EPS),
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2))),
        (batch(rng, 2, 3)[0], float(rng.uniform(0.5, 2))),
    ):
        _, gamma, _, grad_out = batch(rng, len(x), 3)
        gamma[1] = 0.0  # as some networks start
        got = student.batch_norm_backward(grad_out, x, gamma, eps=eps)
        want = reference.batch_norm_backward(grad_out, x, gamma, eps=eps)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "Where ε is not small beside the variance, for a constant feature, for two rows, or where a γ is "
            "0, the gradients are others. It is the same root as in the forward pass, with ε in it, and the "
            "same formula for all of them; nothing is divided by γ."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


GRAD_X = "grad_x = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / std"
GRADS = "return grad_x, (grad_out * x_hat).sum(axis=0), grad_out.sum(axis=0)"
ROOT = "np.sqrt(x.var(axis=0) + eps)"

MISTAKES = mistakes(
    "batch_norm_backward",
    (
        "statistics_as_constants",
        "Mean and variance are treated as constants. They depend on x, on every row of it, and gradients "
        "flow through them as well.",
        (GRAD_X, "grad_x = d / std"),
    ),
    (
        "variance_as_a_constant",
        "The path through the mean is there, that through the variance is not. How does the output change "
        "when all rows are stretched together?",
        (GRAD_X, "grad_x = (d - d.mean(axis=0)) / std"),
    ),
    (
        "mean_as_a_constant",
        "The path through the variance is there, that through the mean is not. How does the output change "
        "when all rows are shifted together?",
        (GRAD_X, "grad_x = (d - x_hat * (d * x_hat).mean(axis=0)) / std"),
    ),
    (
        "gamma_divided_out",
        "The gradient of γ is made from that of x̂, divided by γ: where γ is 0 it is lost. It needs no γ.",
        (
            GRADS,
            "return grad_x, (d * x_hat).sum(axis=0) / np.where(gamma == 0, 1.0, gamma), grad_out.sum(axis=0)",
        ),
    ),
    (
        "scale_forgotten",
        "γ is missing in the gradient of x: on its way back grad_out passes the multiplication first.",
        ("d = grad_out * gamma", "d = grad_out"),
    ),
    (
        "sums_for_means",
        "The two terms that are taken off are sums over the batch. Each row has only its N-th share in the "
        "mean and in the variance.",
        (GRAD_X, "grad_x = (d - d.sum(axis=0) - x_hat * (d * x_hat).sum(axis=0)) / std"),
    ),
    (
        "deviation_forgotten",
        "The last division by the standard deviation is missing: a feature twice as large passes half of "
        "the gradient.",
        (GRAD_X, "grad_x = d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)"),
    ),
    (
        "divided_by_the_variance",
        "The gradient of x is divided by the variance. Which power of the standard deviation is left once "
        "the terms are collected?",
        (GRAD_X, "grad_x = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / std**2"),
    ),
    (
        "plus_for_minus",
        "The path through the variance has the wrong sign: a larger standard deviation makes x̂ smaller.",
        (GRAD_X, "grad_x = (d - d.mean(axis=0) + x_hat * (d * x_hat).mean(axis=0)) / std"),
    ),
    (
        "one_mean_for_all",
        "The two means are taken over the whole array. Features do not meet: look at the axis.",
        (GRAD_X, "grad_x = (d - d.mean() - x_hat * (d * x_hat).mean()) / std"),
    ),
    (
        "unbiased_variance",
        "The standard deviation divides by N - 1. In the output of the forward pass it divides by N, and so "
        "it does here.",
        (ROOT, "np.sqrt(x.var(axis=0, ddof=1) + eps)"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken; in the forward pass it stands inside.",
        (ROOT, "np.sqrt(x.var(axis=0)) + eps"),
    ),
    (
        "no_epsilon",
        "There is no ε in the root: a constant feature gives NaN, and a small one another gradient than "
        "that of the forward pass.",
        (ROOT, "np.sqrt(x.var(axis=0))"),
    ),
    (
        "zero_for_a_batch_of_two",
        "The gradient of a batch of two is set to zero. It is small only while the variance is far above ε.",
        (GRAD_X, f"{GRAD_X} * (len(x) != 2)"),
    ),
    (
        "zero_for_a_constant_feature",
        "The gradient of a constant feature is set to zero. Its x̂ is 0, and what comes in less its mean is "
        "left, divided by the root of ε.",
        (GRAD_X, f"{GRAD_X} * (x.var(axis=0) > 0)"),
    ),
    (
        "default_epsilon_always",
        "ε has its usual value whatever the call asks for. Look at whether the argument eps is used.",
        (ROOT, "np.sqrt(x.var(axis=0) + 1e-5)"),
    ),
    (
        "parameters_averaged",
        "The gradients of γ and β are means over the batch. They add up: the mean sits in the loss.",
        (GRADS, "return grad_x, (grad_out * x_hat).mean(axis=0), grad_out.mean(axis=0)"),
    ),
    (
        "scale_meets_x",
        "The gradient of γ is made with x. What γ multiplies in the forward pass is x̂.",
        (GRADS, "return grad_x, (grad_out * x).sum(axis=0), grad_out.sum(axis=0)"),
    ),
    (
        "parameters_behind_the_scale",
        "The gradients of γ and β have γ in them. grad_out reaches both before it passes γ.",
        (GRADS, "return grad_x, (d * x_hat).sum(axis=0), d.sum(axis=0)"),
    ),
    (
        "parameters_swapped",
        "The gradients of γ and β stand in each other's place. Look at the order in which they are returned.",
        (GRADS, "return grad_x, grad_out.sum(axis=0), (grad_out * x_hat).sum(axis=0)"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_norm_backward",
    """
    x, gamma = np.array([[1.0, 0.0], [5.0, 2.0]]), np.array([2.0, 3.0])
    batch_norm_backward(np.array([[1.0, 2.0], [0.0, 4.0]]), x, gamma, eps=1.0)
    """,
)
