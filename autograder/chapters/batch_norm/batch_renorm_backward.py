"""Batch renormalisation, backward, `batch_renorm_backward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from .shared import BEYOND, EPS, SHIFT, WITHIN, R, apart, slopes

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("batch_renorm_backward", weight=2)
def test_the_gradient_with_constant_corrections(student, reference, rng):
    """Within the limits and beyond them, the gradient of x is batch normalisation's with r."""
    for ratios, offsets in (WITHIN, BEYOND):
        x, gamma, _, grad_out, mean, std = apart(rng, 6, ratios, offsets)
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std)[0]
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "grad_x is another one. r and d are constants here, however they came about: what is left of "
            "the formula is batch normalisation times r, with r cut as in the forward pass."
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
    for ratios, offsets in (WITHIN, BEYOND):
        x, gamma, _, grad_out, mean, std = apart(rng, 6, ratios, offsets)
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std)[place]
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std)[place]
        assert close(got, want, rtol=1e-8, atol=1e-9), (
            f"grad_{part} is another one. Look at the last line of the forward pass: what does γ multiply, "
            "and what is added?"
        )


@pytest.mark.exercise("batch_renorm_backward")
def test_other_limits_and_epsilon_backward(student, reference, rng):
    """With other limits, and where ε counts, all gradients follow; with the tightest it is batch norm's."""
    large = float(rng.uniform(0.5, 2.0))
    for n, r_max, d_max, eps in (
        (6, 1.2, 0.3, EPS),
        (6, 1.0, 0.0, EPS),
        (6, 8.0, 10.0, large),
        (2, 8.0, 10.0, large),
    ):
        x, gamma, _, grad_out, mean, std = apart(rng, n, *BEYOND)
        gamma[1] = 0.0
        options = {"r_max": r_max, "d_max": d_max, "eps": eps}
        got = student.batch_renorm_backward(grad_out, x, gamma, mean, std, **options)
        want = reference.batch_renorm_backward(grad_out, x, gamma, mean, std, **options)
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "With other limits or another ε the gradients are others: r and d are the ones that the forward "
            "pass would use with the same arguments."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


RENORM_GRADS = "return grad_x, (grad_out * x_hat).sum(axis=0), grad_out.sum(axis=0)"
PLAIN = "grad_x, _, _ = batch_norm_backward(grad_out * r, x, gamma, eps=eps)"

MISTAKES = mistakes(
    "batch_renorm_backward",
    (
        "through_the_corrections",
        "Gradients flow through r and d here, so that the batch's statistics cancel and only a division by "
        "the running standard deviation is left. r and d are constants: that is what keeps the benefit of "
        "batch normalisation.",
        (PLAIN, "grad_x = grad_out * gamma / running_std"),
    ),
    (
        "correction_forgotten",
        "The gradient of x is batch normalisation's without r. What multiplied forward multiplies backward.",
        (PLAIN, "grad_x, _, _ = batch_norm_backward(grad_out, x, gamma, eps=eps)"),
    ),
    (
        "not_cut_backward",
        "r and d are cut in the forward pass and not here.",
        (R, "r = std / running_std"),
        (SHIFT, "d = (mean - running_mean) / running_std"),
    ),
    (
        "divided_by_the_correction",
        "The gradient is divided by r. What multiplied forward multiplies backward.",
        (PLAIN, "grad_x, _, _ = batch_norm_backward(grad_out / r, x, gamma, eps=eps)"),
    ),
    (
        "scale_meets_the_plain_features",
        "The gradient of γ is made with batch normalisation's x̂. γ multiplies the one with r and d in it.",
        (RENORM_GRADS, "return grad_x, (grad_out * (x - mean) / std).sum(axis=0), grad_out.sum(axis=0)"),
    ),
    (
        "scale_without_the_shift",
        "The gradient of γ knows r and not d: d is added to x̂ before γ multiplies.",
        (RENORM_GRADS, "return grad_x, (grad_out * (x_hat - d)).sum(axis=0), grad_out.sum(axis=0)"),
    ),
    (
        "correction_on_all",
        "r is multiplied onto grad_out for all three gradients. It stands between x and x̂: β does not meet "
        "it, and γ meets it in x̂ alone.",
        (RENORM_GRADS, "return grad_x, (r * grad_out * x_hat).sum(axis=0), (r * grad_out).sum(axis=0)"),
    ),
    (
        "parameters_averaged",
        "The gradients of γ and β are means over the batch. They add up.",
        (RENORM_GRADS, "return grad_x, (grad_out * x_hat).mean(axis=0), grad_out.mean(axis=0)"),
    ),
    (
        "default_limits_always",
        "The limits are the usual ones whatever the call asks for.",
        (R, "r = np.clip(std / running_std, 1 / 3, 3)"),
        (SHIFT, "d = np.clip((mean - running_mean) / running_std, -5, 5)"),
    ),
    (
        "epsilon_not_passed_on",
        "ε has its usual value in the gradient of x, whatever the call asks for.",
        (PLAIN, "grad_x, _, _ = batch_norm_backward(grad_out * r, x, gamma)"),
    ),
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
