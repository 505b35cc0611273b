"""Named mistakes of `batch_renorm_backward`, with their hints."""

from autograder.checking import mistakes

from .shared import SHIFT, R

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
        "corrected_features_in_the_closed_form",
        "The closed form of grad_x has the x̂ with r and d in it. What stands there is the batch's own x̂, "
        "before r and d come in.",
        (
            PLAIN,
            "up = grad_out * gamma * r\n    "
            "grad_x = (up - up.mean(axis=0) - x_hat * (up * x_hat).mean(axis=0)) / std",
        ),
    ),
    (
        "zero_where_cut",
        "The gradient of x is 0 where r was cut, as if it came through the cut. r is a constant, cut or not.",
        (PLAIN, f"{PLAIN}\n    grad_x = np.where((r == r_max) | (r == 1 / r_max), 0.0, grad_x)"),
    ),
    (
        "cut_above_only",
        "r is cut above and not below. It lies between 1/r_max and r_max, as in the forward pass.",
        (R, "r = np.minimum(std / running_std, r_max)"),
    ),
    (
        "shift_cut_above_only",
        "d is cut above and not below. It lies between -d_max and d_max, as in the forward pass.",
        (SHIFT, "d = np.minimum((mean - running_mean) / running_std, d_max)"),
    ),
    (
        "zero_taken_for_the_default",
        "A d_max of 0 is replaced by the usual one. Zero is a number like any other: there is no shift then.",
        (SHIFT, "d_max = d_max or 5.0\n    " + SHIFT),
    ),
    (
        "default_epsilon_in_the_corrections",
        "r, d and x̂ are made with the usual ε, whatever the call asks for.",
        ("np.sqrt(x.var(axis=0) + eps)", "np.sqrt(x.var(axis=0) + 1e-5)"),
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
