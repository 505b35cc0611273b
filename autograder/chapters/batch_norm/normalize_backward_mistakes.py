"""Named mistakes of `normalize_backward`, with their hints."""

import numpy as np

from autograder.checking import mistakes

SET_D = "d = grad_out * gamma[:, None, None]"
SET_GRAD_X = "grad_x = (d - set_mean(d, kind=kind, groups=groups) - x_hat * along) / std"
SET_ALONG = "along = set_mean(d * x_hat, kind=kind, groups=groups)"
SET_STD = "std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + eps)"
SET_GRADS = "return grad_x, (grad_out * x_hat).sum(axis=(0, 2, 3)), grad_out.sum(axis=(0, 2, 3))"


class BatchMeansBackward:
    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        centred = x - set_mean(x, kind=kind, groups=groups)
        std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + eps)
        x_hat, d = centred / std, grad_out * gamma[:, None, None]
        grad_x = (d - set_mean(d, kind="batch") - x_hat * set_mean(d * x_hat, kind="batch")) / std
        return grad_x, (grad_out * x_hat).sum(axis=(0, 2, 3)), grad_out.sum(axis=(0, 2, 3))


MISTAKES = mistakes(
    "normalize_backward",
    (
        "gamma_still_in_its_gradient",
        "The gradient of γ is made from grad_out times γ. What γ multiplies is x̂ alone: its gradient is "
        "grad_out times x̂.",
        (SET_GRADS, SET_GRADS.replace("(grad_out * x_hat)", "(d * x_hat)")),
    ),
    (
        "constant_sets_pass_nothing",
        "Where the variance of a set is 0 grad_x is set to 0. x̂ is 0 there, but what comes in passes: less "
        "its mean, over the root of ε.",
        (SET_GRAD_X, SET_GRAD_X + "\n    grad_x = np.where(std**2 <= eps, 0.0, grad_x)"),
    ),
    (
        "short_variance",
        "The variance is taken as the mean of squares less the square of the mean: at a large offset no "
        "digit of that is right. Take the mean off before you square.",
        (
            SET_STD,
            "var = set_mean(x**2, kind=kind, groups=groups) - set_mean(x, kind=kind, groups=groups) ** 2\n"
            "    std = np.sqrt(np.maximum(var, 0) + eps)",
        ),
    ),
    (
        "eps_not_handed_on",
        "x̂ is made with the usual ε, whatever the call asks for; the last division has the call's.",
        (
            "x_hat = centred / std",
            "x_hat = centred / np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + 1e-5)",
        ),
    ),
    (
        "scale_after_the_means",
        "γ is multiplied in after the means are taken. That is right where a set has one channel; in a "
        "layer or a group the channels have different γ, and the means must see them.",
        (SET_D, "d = grad_out"),
        (SET_GRAD_X, SET_GRAD_X.replace("= (d", "= gamma[:, None, None] * (d")),
    ),
    (
        "scale_forgotten",
        "γ is missing in the gradient of x: grad_out passes the multiplication first on its way back.",
        (SET_D, "d = grad_out"),
    ),
    (
        "statistics_as_constants",
        "Mean and variance are treated as constants: gradients flow through them as well.",
        (SET_GRAD_X, "grad_x = d / std"),
    ),
    (
        "variance_as_a_constant",
        "The path through the variance is missing. How does the output change when a set is stretched?",
        (SET_GRAD_X, "grad_x = (d - set_mean(d, kind=kind, groups=groups)) / std"),
    ),
    (
        "mean_as_a_constant",
        "The path through the mean is missing. How does the output change when a set is shifted?",
        (SET_GRAD_X, "grad_x = (d - x_hat * along) / std"),
    ),
    (
        "batch_means_backward",
        "The forward part goes over the index sets, the two means of the backward part over those of batch "
        "normalisation. A gradient flows back to the entries that it came from.",
        BatchMeansBackward,
    ),
    (
        "groups_not_passed_on",
        "``groups`` does not reach all the means: some are taken over the whole layer.",
        (SET_ALONG, "along = set_mean(d * x_hat, kind=kind)"),
        (SET_GRAD_X, "grad_x = (d - set_mean(d, kind=kind) - x_hat * along) / std"),
    ),
    (
        "examples_left_apart",
        "The gradient of γ has one number for each example and channel. γ has one a channel, so its gradient "
        "adds up over the examples too.",
        (
            SET_GRADS,
            SET_GRADS.replace(
                "(grad_out * x_hat).sum(axis=(0, 2, 3))", "(grad_out * x_hat).sum(axis=(2, 3))"
            ),
        ),
    ),
    (
        "parameters_averaged",
        "The gradients of γ and β are means. They add up over all that a channel's γ serves.",
        (SET_GRADS, SET_GRADS.replace("sum(axis", "mean(axis")),
    ),
    (
        "parameters_behind_the_scale",
        "The gradients of γ and β have γ in them: grad_out reaches both before it passes γ.",
        (SET_GRADS, SET_GRADS.replace("grad_out", "d")),
    ),
    (
        "scale_meets_x",
        "The gradient of γ is made with x; γ multiplies x̂.",
        (SET_GRADS, SET_GRADS.replace("x_hat", "x")),
    ),
    (
        "no_epsilon",
        "There is no ε in the root, as there is in the forward pass.",
        (SET_STD, SET_STD.replace(" + eps", "")),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken; in the forward pass it stands inside.",
        (SET_STD, "std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups)) + eps"),
    ),
)
