"""Batch renormalisation, backward, `batch_renorm_backward`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from ..shared import few_digits
from .shared import BEYOND, EPS, TINY, WITHIN, apart, batch, far_off, in_units, slopes, small

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_renorm_backward", weight=2)
def test_the_gradient_with_constant_corrections(student, reference, rng):
    """Within the limits and beyond them, the gradient of x is batch normalisation's with r."""
    for n, (ratios, offsets), size in ((60, WITHIN, 1.0), (6, BEYOND, 1.0), (3, WITHIN, 1e-20)):
        x, gamma, _, grad_out, mean, std = apart(rng, n, ratios, offsets)
        grad_out = size * grad_out
        if n == 60:
            x, mean, std = (x - mean) / std, np.zeros(3), np.ones(3)  # as the running statistics start
            grad_out[0] = 0.0  # a row that the loss leaves out
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
        where = {60: "From running statistics of zeros and ones: ", 3: "For a tiny grad_out: "}.get(n, "")
        assert close(got, want, rtol=1e-7, atol=1e-9 * size), few_digits(got, want) or (
            f"{where}grad_x is another one. r and d are constants here, however they came about: what is "
            "left is batch normalisation's formula times r, with r cut as in the forward pass. The x̂ in that "
            "formula is the batch's own, without r and d. A row has a gradient where nothing comes in for "
            "it, too."
        )
    got = student.batch_renorm_backward(np.zeros(x.shape), x, np.abs(gamma), mean, std)  # a new grad_x, too
    assert close(got, (np.zeros(x.shape), 0 * gamma, 0 * gamma)), (
        "Where grad_out is 0 a gradient is not 0, or has another shape than elsewhere."
    )


@pytest.mark.exercise("batch_renorm_backward")
def test_the_gradient_is_the_slope_with_frozen_corrections(student, rng):
    """Central differences of the forward pass in which r and d are held fast."""
    x, gamma, beta, grad_out, mean, std = apart(rng, 5, [5.0, 0.6], [0.5, -8.0])
    scale = x.std(axis=0)
    x, mean, std = x / scale, mean / scale, std / scale
    sigma = np.sqrt(x.var(axis=0) + EPS)
    r, d = np.clip(sigma / std, 1 / 3, 3), np.clip((x.mean(axis=0) - mean) / std, -5, 5)
    want = slopes(
        lambda x: gamma * ((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + EPS) * r + d) + beta, x, grad_out
    )
    got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
    assert close(got, want, rtol=1e-5, atol=1e-6), (
        "grad_x is not the slope of the forward pass with r and d held fast."
    )


@pytest.mark.exercise("batch_renorm_backward")
@pytest.mark.parametrize("part", ["gamma", "beta"])
def test_scale_and_shift_meet_the_corrected_features(student, reference, rng, part):
    """γ multiplies the x̂ that has r and d in it, β is added; both collect over rows."""
    place = ["gamma", "beta"].index(part) + 1
    for n, (ratios, offsets), size in ((6, WITHIN, 1.0), (6, BEYOND, 1.0), (3, WITHIN, 1e-20)):
        x, gamma, _, grad_out, mean, std = apart(rng, n, ratios, offsets)
        grad_out = size * grad_out
        if n == 3:
            x, mean, std = (x - mean) / std, np.zeros(3), np.ones(3)  # as the running statistics start
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[place]
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std)[place]
        assert close(got, want, rtol=1e-8, atol=1e-9 * size), few_digits(got, want) or (
            f"{TINY[n == 3]}grad_{part} is another one. Look at the last line of the forward pass: what "
            "does γ multiply, and what is added? The running statistics are those from before the batch, "
            "r and d are cut as in the forward pass, and nothing is left out where they were."
        )


@pytest.mark.exercise("batch_renorm_backward")
def test_other_limits_and_epsilon_backward(student, reference, rng):
    """With other limits, the tightest of r and of d among them, and where ε counts, all gradients follow."""
    large = float(rng.uniform(0.5, 2.0))
    for n, r_max, d_max, eps, where in (
        (6, 1.2, 0.3, EPS, "With other limits"),
        (6, 1.0, 7.0, EPS, "With r_max = 1"),
        (6, np.inf, np.inf, large, "With a large ε and no limits"),
        (2, 8.0, 0.0, large, "For a batch of two rows and d_max = 0"),
    ):
        x, gamma, _, grad_out, mean, std = apart(rng, n, *BEYOND)
        gamma[1] = 0.0
        options = {"r_max": r_max, "d_max": d_max, "eps": eps}
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std, **options)
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std, **options)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            f"{where} the gradients are others: r and d are the ones that the forward pass would use with "
            "the same arguments, cut on both sides. γ may be 0, so that nothing can be divided by it."
        )


@pytest.mark.exercise("batch_renorm_backward")
def test_small_constant_and_far_features_backward(student, reference, rng):
    """For small features, a constant one and a large offset, the gradients follow the formula."""
    constant = small(rng, 6, 3)
    constant[:, 1] = 2.0
    for x, eps, where in (
        (1e-20 * small(rng, 6, 3), 1e-46, "Where features, running deviation and ε are tiny"),
        (constant, EPS, "Where a feature varies by little, or not at all,"),
        (far_off(rng, (6, 3))[1], EPS, "Where each feature has a large offset of its own"),
    ):
        _, gamma, _, grad_out = batch(rng, 6, 3)
        std = np.sqrt(x.var(axis=0) + eps) * rng.uniform(0.8, 1.5, size=3)
        mean = x.mean(axis=0) + 0.7 * std
        mean[0] = 0.0  # be the batch's mean far from it
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std, eps=eps)
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std, eps=eps)
        assert close(*in_units(got, want), rtol=1e-5, atol=1e-5), (
            f"{where} the gradients are others. The formula is the same for all of them: nothing is set to "
            "0, and the batch's mean is taken off before anything is squared."
        )


# --- Variants -----------------------------------------------------------------------------------------------


class RenormBackwardWhole:
    """The closed form written out, r on γ's side."""

    def batch_renorm_backward(
        grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5
    ):
        mu, sigma = x.mean(0), np.sqrt(x.var(0) + eps)
        r = np.clip(sigma / running_std, 1 / r_max, r_max)
        d = np.clip((mu - running_mean) / running_std, -d_max, d_max)
        plain = (x - mu) / sigma
        up = grad_out * (gamma * r)
        grad_x = (up - up.mean(0) - plain * (up * plain).mean(0)) / sigma
        return grad_x, r * (grad_out * plain).sum(0) + d * grad_out.sum(0), grad_out.sum(0)


class RenormBackwardGraph:
    """Node by node, r and d set aside first."""

    def batch_renorm_backward(
        grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5
    ):
        n = len(x)
        mean = x.mean(axis=0)
        centred = x - mean
        root = np.sqrt((centred**2).mean(axis=0) + eps)
        r = np.minimum(np.maximum(root / running_std, 1 / r_max), r_max)
        d = np.minimum(np.maximum((mean - running_mean) / running_std, -d_max), d_max)
        grad_plain = grad_out * gamma * r
        grad_root = -(grad_plain * centred).sum(axis=0) / root**2
        grad_centred = grad_plain / root + grad_root * centred / (n * root)
        grad_x = grad_centred - grad_centred.mean(axis=0)
        return grad_x, np.einsum("nd,nd->d", grad_out, centred / root * r + d), np.einsum("nd->d", grad_out)


class RenormBackwardByBatchNorm:
    """Batch normalisation's gradients for γ·r; that of γ put together from its two."""

    def batch_renorm_backward(
        grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5
    ):
        sigma = np.sqrt(np.var(x, 0) + eps)
        r = np.clip(sigma / running_std, 1 / r_max, r_max)
        d = np.clip((np.mean(x, 0) - running_mean) / running_std, -d_max, d_max)
        grad_x, along, grad_beta = batch_norm_backward(grad_out, x, gamma * r, eps=eps)
        return [grad_x, along * r + grad_beta * d, grad_beta]


VARIANTS = variants(
    "batch_renorm_backward", RenormBackwardWhole, RenormBackwardGraph, RenormBackwardByBatchNorm
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "batch_renorm_backward",
    """
    x, gamma, grad_out = np.array([[1.0], [5.0]]), np.array([2.0]), np.array([[1.0], [3.0]])
    batch_renorm_backward(grad_out, x, gamma, np.zeros(1), np.ones(1), eps=1.0)
    """,
)
