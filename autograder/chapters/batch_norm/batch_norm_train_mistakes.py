"""Named mistakes of `batch_norm_train`, with their hints, and conventions."""

from autograder.checking import GUARDS, conventions, mistakes

STATISTICS = "mean, var = x.mean(axis=0), x.var(axis=0)"
OUTPUT = "y = gamma * (x - mean) / np.sqrt(var + eps) + beta"
MOVE_MEAN = "running_mean = (1 - momentum) * running_mean + momentum * mean"
MOVE_VAR = "running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)"

MISTAKES = mistakes(
    "batch_norm_train",
    (
        "nearly_constant_taken_for_constant",
        "A feature with a small variance comes out as β, as if it were constant. No variance is too small: ε "
        "alone guards the division.",
        (OUTPUT, "y = gamma * np.where(var < 1e-8, 0.0, x - mean) / np.sqrt(var + eps) + beta"),
    ),
    (
        "one_mean_for_all",
        "One mean and one variance are taken over the whole batch, all features together. Each column has "
        "its own: look at the axis.",
        (STATISTICS, "mean, var = x.mean() + np.zeros(x.shape[1]), x.var() + np.zeros(x.shape[1])"),
    ),
    (
        "rows_normalised",
        "Each row is normalised over its features: that is layer normalisation. Here a feature is "
        "normalised over the rows, so look at the axis.",
        (
            OUTPUT,
            "middle, spread = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)\n    y = gamma * "
            "(x - middle) / np.sqrt(spread + eps) + beta",
        ),
    ),
    (
        "unbiased_in_the_output",
        "The output is normalised by the variance that divides by N - 1. In the output it divides by N; N - "
        "1 is for the running variance alone.",
        (OUTPUT, "y = gamma * (x - mean) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta"),
    ),
    (
        "epsilon_outside",
        "ε is added to the standard deviation, after the root is taken. In every normalisation layer it "
        "stands inside of the root; outside it stands in Adam.",
        (OUTPUT, "y = gamma * (x - mean) / (np.sqrt(var) + eps) + beta"),
    ),
    (
        "no_epsilon",
        "There is no ε, so that a constant feature becomes 0/0, which is NaN. (A well-known slide prints "
        "the formula so.)",
        (OUTPUT, "y = gamma * (x - mean) / np.sqrt(var) + beta"),
    ),
    (
        "default_epsilon_always",
        "ε has its usual value whatever the call asks for. Look at whether the argument eps is used.",
        (OUTPUT, "y = gamma * (x - mean) / np.sqrt(var + 1e-5) + beta"),
    ),
    (
        "divided_by_the_variance",
        "The distance from the mean is divided by the variance. The root is missing: only with it does the "
        "unit of x cancel.",
        (OUTPUT, "y = gamma * (x - mean) / (var + eps) + beta"),
    ),
    (
        "mean_left_in",
        "The mean is not taken off: x itself is divided by the standard deviation. Look at the numerator of "
        "x̂.",
        (OUTPUT, "y = gamma * x / np.sqrt(var + eps) + beta"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ. It is added last, after γ has done its work: look at your brackets.",
        (OUTPUT, "y = gamma * ((x - mean) / np.sqrt(var + eps) + beta)"),
    ),
    (
        "neither_scale_nor_shift",
        "x̂ itself comes out: γ and β are not used.",
        (OUTPUT, "y = (x - mean) / np.sqrt(var + eps)"),
    ),
    (
        "short_variance",
        "The variance is taken as the mean of squares less the square of the mean. On paper that is the "
        "same; at a large offset no digit of it is right, and it may even be negative. Take the mean off "
        "before you square.",
        (STATISTICS, "mean = x.mean(axis=0)\n    var = np.maximum((x**2).mean(axis=0) - mean**2, 0)"),
    ),
    (
        "running_statistics_in_training",
        "The output is normalised by the running statistics. In training the batch's own are used; the "
        "running ones are only kept for later.",
        (OUTPUT, "y = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "new_statistics_in_the_output",
        "The running statistics are moved first and then used for the output. The output needs the batch's "
        "own.",
        (OUTPUT, "y = None"),
        (MOVE_VAR, MOVE_VAR + "\n    y = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "running_never_moved",
        "The running statistics come back as they were, so that use will know nothing of the data.",
        (MOVE_MEAN, "running_mean = running_mean.copy()"),
        (MOVE_VAR, "running_var = running_var.copy()"),
    ),
    (
        "last_batch_only",
        "The running statistics are those of the last batch, and all the others are forgotten. A share of "
        "the old stays: look at the momentum.",
        (MOVE_MEAN, "running_mean = mean"),
        (MOVE_VAR, "running_var = var * n / (n - 1)"),
    ),
    (
        "running_without_forgetting",
        "The new batch is added and nothing of the old is taken away, so that the running statistics grow "
        "with every batch. The two weights add up to one.",
        (MOVE_MEAN, "running_mean = running_mean + momentum * mean"),
        (MOVE_VAR, "running_var = running_var + momentum * var * n / (n - 1)"),
    ),
    (
        "momentum_or_default",
        "A momentum of 0 is replaced by the usual tenth. Zero is a number like any other: nothing of the "
        "batch comes in.",
        (MOVE_MEAN, "momentum = momentum or 0.1\n    " + MOVE_MEAN),
    ),
    (
        "epsilon_in_the_running_variance",
        "ε comes into the running variance. It belongs under the root of the output alone.",
        (MOVE_VAR, MOVE_VAR.replace("momentum * var", "momentum * (var + eps)")),
    ),
    (
        "default_momentum_always",
        "The running statistics move by the usual tenth whatever momentum the call gives.",
        (MOVE_MEAN, "running_mean = 0.9 * running_mean + 0.1 * mean"),
        (MOVE_VAR, "running_var = 0.9 * running_var + 0.1 * var * n / (n - 1)"),
    ),
    (
        "running_deviation",
        "A standard deviation goes into the running variance: inference takes the root itself.",
        (MOVE_VAR, "running_var = (1 - momentum) * running_var + momentum * np.sqrt(var * n / (n - 1))"),
    ),
    (
        "correction_upside_down",
        "The factor between the two variances is upside down: dividing by N - 1 gives the larger one.",
        (MOVE_VAR, "running_var = (1 - momentum) * running_var + momentum * var * (n - 1) / n"),
    ),
    (
        "correction_on_the_old_too",
        "The factor N/(N-1) is applied to the old running variance as well, which has it already. It "
        "belongs to the batch's variance alone: look at your brackets.",
        (MOVE_VAR, "running_var = ((1 - momentum) * running_var + momentum * var) * n / (n - 1)"),
    ),
    free={
        "nearly_constant_taken_for_constant": ("var < {}", ("1e-8", "1e-16", "1e-15", "1e-14", *GUARDS[3:])),
    },
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "batch_norm_train",
    (
        "momentum_weighs_the_old",
        "Momentum is the weight of the old statistics: so Keras has it (0.99 there is 0.01 here). Here, "
        "as in PyTorch, it is the weight of the new batch.",
        (MOVE_MEAN, "running_mean = momentum * running_mean + (1 - momentum) * mean"),
        (MOVE_VAR, "running_var = momentum * running_var + (1 - momentum) * var * n / (n - 1)"),
    ),
    (
        "biased_running_variance",
        "The running variance takes in the batch's variance divided by N, as Keras does it. Here, as in "
        "the paper and in PyTorch, the running variance is unbiased.",
        (MOVE_VAR, "running_var = (1 - momentum) * running_var + momentum * var"),
    ),
    (
        "keras",
        "Momentum weighs the old statistics and the running variance divides by N: that is Keras' "
        "convention. Here momentum weighs the new batch and the running variance is unbiased.",
        (MOVE_MEAN, "running_mean = momentum * running_mean + (1 - momentum) * mean"),
        (MOVE_VAR, "running_var = momentum * running_var + (1 - momentum) * var"),
    ),
)
