"""Named mistakes of `batch_norm_backward`, with their hints."""

from autograder.checking import mistakes

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
