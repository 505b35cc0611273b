"""Batch normalisation, backward, `batch_norm_backward`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits
from .shared import EPS, SIZES, TINY, along, batch, far_off, in_units, running, small, spread

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_norm_backward", weight=2)
def test_the_inputs_gradient_has_three_parts(student, reference, rng):
    """The gradient of x is the closed form's, for several shapes and features of all sizes."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        grad_out[0] = 0.0  # a row that the loss leaves out
        got = student.batch_norm_backward(grad_out, x, gamma)[0]
        want = reference.batch_norm_backward(grad_out, x, gamma)[0]
        assert close(got, want, rtol=1e-7, atol=1e-9), few_digits(got, want) or (
            "grad_x is another one. x reaches the output directly, through the mean and through the "
            "variance; each way has a term, and γ, with its sign, stands in all of them. Means are over "
            "the N rows, and a row has a gradient where nothing comes in for it, too."
        )
    got, want = student.batch_norm_backward(1e-20 * grad_out, x, gamma)[0], 1e-20 * want
    assert close(got, want, rtol=1e-7, atol=1e-29), (
        "For a tiny grad_out grad_x is another one. It is proportional to grad_out, however small that is."
    )
    got = student.batch_norm_backward(np.zeros(x.shape), x, np.abs(gamma))  # grad_x may not be the argument
    assert close(got, (np.zeros(x.shape), 0 * gamma, 0 * gamma)), (
        "Where grad_out is 0 a gradient is not 0, or has another shape than elsewhere."
    )


@pytest.mark.exercise("batch_norm_backward")
def test_the_inputs_gradient_is_the_slope(student, reference, rng):
    """Central differences of the forward pass, weighted by an upstream gradient that is not constant."""
    x, grad_out = spread(rng, (5, 2)), rng.normal(size=(5, 2))
    _, gamma, beta, _ = batch(rng, 5, 2)
    start = running(rng, 2)
    got = student.batch_norm_backward(grad_out, x, gamma)[0]
    ways = rng.uniform(-1.0, 1.0, size=(6, *x.shape))
    got, want = along(lambda x: reference.batch_norm_train(x, gamma, beta, *start)[0], x, grad_out, got, ways)
    assert close(got, want, rtol=1e-5, atol=1e-7), (
        "grad_x is not the slope of the forward pass. A numerical gradient shows you the column that is "
        "wrong."
    )


@pytest.mark.exercise("batch_norm_backward")
def test_the_scales_gradient_is_collected(student, reference, rng):
    """The gradient of γ adds up over rows what comes in times x̂."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        size = 1e-20 if n == d else 1.0
        got = student.batch_norm_backward(size * grad_out, x, gamma)[1]
        want = reference.batch_norm_backward(size * grad_out, x, gamma)[1]
        assert close(got, want, rtol=1e-8, atol=1e-10 * size), few_digits(got, want) or (
            f"{TINY[n == d]}grad_gamma is another one. What does γ multiply, and which rows share it? "
            "The mean over the batch sits in the loss, not here."
        )


@pytest.mark.exercise("batch_norm_backward", weight=0.5)
def test_the_shifts_gradient_is_collected(student, rng):
    """The gradient of β adds up over rows what comes in."""
    for n, d in SIZES:
        x, gamma, _, grad_out = batch(rng, n, d)
        size = 1e-20 if n == d else 1.0
        got, want = student.batch_norm_backward(size * grad_out, x, gamma)[2], size * grad_out.sum(axis=0)
        assert close(got, want, atol=1e-12 * size), few_digits(got, want) or (
            f"{TINY[n == d]}grad_beta is another one. β is added to every row: what does that make of "
            "grad_out, however many rows there are?"
        )


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
    """For small features, a constant one, a large ε and a large offset, the gradients follow."""
    constant = batch(rng, 6, 3)[0]
    constant[:, 2] = 4.0
    for x, eps, where in (
        (batch(rng, 6, 3)[0], float(rng.uniform(0.5, 2)), "For a large ε"),
        (small(rng, 6, 3), EPS, "For features that vary by little"),
        (1e-20 * small(rng, 6, 3), 1e-46, "For features that hardly vary, and a tiny ε,"),
        (constant, EPS, "For a constant feature"),
        (batch(rng, 2, 3)[0], float(rng.uniform(0.5, 2)), "For a batch of two rows"),
        (batch(rng, 6, 3)[0], EPS, "Where a γ is 0"),
    ):
        _, gamma, _, grad_out = batch(rng, len(x), 3)
        gamma[1] *= where != "Where a γ is 0"  # as some networks start
        got = student.batch_norm_backward(grad_out, x, gamma, eps=eps)
        want = reference.batch_norm_backward(grad_out, x, gamma, eps=eps)
        assert close(*in_units(got, want), rtol=1e-7, atol=1e-9), (
            f"{where} the gradients are others. It is the same root as in the forward pass, with ε in it, "
            "wherever it stands, and the same formula for all: nothing is set to 0, cut off, or divided by γ."
        )
    noise, shifted = far_off(rng, (6, 3))
    _, gamma, _, grad_out = batch(rng, 6, 3)
    far, near = (
        student.batch_norm_backward(grad_out, shifted, gamma),
        reference.batch_norm_backward(grad_out, noise, gamma),
    )
    assert close(far, near, rtol=1e-5, atol=1e-5), (
        "Where each feature has a large offset of its own the gradients are others. As in the forward pass "
        "the feature's mean is taken off before anything is squared."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_norm_backward",
    """
    x, gamma = np.array([[1.0, 0.0], [5.0, 2.0]]), np.array([2.0, 3.0])
    batch_norm_backward(np.array([[1.0, 2.0], [0.0, 4.0]]), x, gamma, eps=1.0)
    """,
)
