"""Named mistakes of `batch_norm`, and answers that are right in another book, with the sentences that say so.

A hint says which mistake it is and where to look; a convention's sentence names the book or program that has
it so, and what is asked for here. Neither holds a hidden number or a line of the solution.
"""

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: NumPy is np there, earlier functions are known)


def _all(exercise, *entries):
    """Specimens from (name, hint, …): what follows the hint are swaps, or a class with whole functions."""
    made = []
    for name, note, *how in entries:
        if isinstance(how[0], tuple):
            made.append(Specimen(exercise, name, note, swaps=tuple(how)))
        else:
            made.append(Specimen(exercise, name, note, code=how[0]))
    return tuple(made)


# --- In training --------------------------------------------------------------------------------------------

STATISTICS = "mean, var = x.mean(axis=0), x.var(axis=0)"
OUTPUT = "y = gamma * (x - mean) / np.sqrt(var + eps) + beta"
MOVE_MEAN = "running_mean = (1 - momentum) * running_mean + momentum * mean"
MOVE_VAR = "running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)"

TRAIN = _all(
    "batch_norm_train",
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
        "ε is added to the deviation, after the root is taken. In every normalisation layer it stands "
        "inside of the root; outside it stands in Adam.",
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
        "The mean is not taken off: x itself is divided by the deviation. Look at the numerator of x̂.",
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
        "default_momentum_always",
        "The running statistics move by the usual tenth whatever momentum the call gives.",
        (MOVE_MEAN, "running_mean = 0.9 * running_mean + 0.1 * mean"),
        (MOVE_VAR, "running_var = 0.9 * running_var + 0.1 * var * n / (n - 1)"),
    ),
    (
        "running_deviation",
        "A deviation goes into the running variance: a root too many. Use takes the root itself.",
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
)


# --- In use -------------------------------------------------------------------------------------------------

MAP = "return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"

EVAL = _all(
    "batch_norm_eval",
    (
        "batch_statistics_in_use",
        "The batch's own mean and variance are used: that is the training form. In use a row's output must "
        "not depend on its company, and the running statistics decide.",
        (MAP, "return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta"),
    ),
    (
        "batch_mean_in_use",
        "The mean that is taken off is the batch's. A single row is its own mean, and would always come out "
        "as β.",
        (MAP, "return gamma * (x - x.mean(axis=0)) / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "variance_for_deviation",
        "The running variance is used as if it were a deviation. It is kept as a variance: the root is "
        "still to be taken.",
        (MAP, "return gamma * (x - running_mean) / (running_var + eps) + beta"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken. It stands inside, as in training, so that both forms agree.",
        (MAP, "return gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta"),
    ),
    (
        "no_epsilon",
        "There is no ε. Use must have the same one as training, and a feature that never varied divides by "
        "zero.",
        (MAP, "return gamma * (x - running_mean) / np.sqrt(running_var) + beta"),
    ),
    (
        "default_epsilon_always",
        "ε has its usual value whatever the call asks for.",
        (MAP, "return gamma * (x - running_mean) / np.sqrt(running_var + 1e-5) + beta"),
    ),
    (
        "mean_left_in",
        "The running mean is not taken off.",
        (MAP, "return gamma * x / np.sqrt(running_var + eps) + beta"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ: it is added last.",
        (MAP, "return gamma * ((x - running_mean) / np.sqrt(running_var + eps) + beta)"),
    ),
)


# --- Backward -----------------------------------------------------------------------------------------------

GRAD_X = "grad_x = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / std"
GRADS = "return grad_x, (grad_out * x_hat).sum(axis=0), grad_out.sum(axis=0)"
ROOT = "np.sqrt(x.var(axis=0) + eps)"

BACKWARD = _all(
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
        "The last division by the deviation is missing: a feature twice as large passes half of the "
        "gradient.",
        (GRAD_X, "grad_x = d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)"),
    ),
    (
        "divided_by_the_variance",
        "The gradient of x is divided by the variance. Which power of the deviation is left once the terms "
        "are collected?",
        (GRAD_X, "grad_x = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / std**2"),
    ),
    (
        "plus_for_minus",
        "The path through the variance has the wrong sign: a longer deviation makes x̂ smaller.",
        (GRAD_X, "grad_x = (d - d.mean(axis=0) + x_hat * (d * x_hat).mean(axis=0)) / std"),
    ),
    (
        "one_mean_for_all",
        "The two means are taken over the whole array. Features do not meet: look at the axis.",
        (GRAD_X, "grad_x = (d - d.mean() - x_hat * (d * x_hat).mean()) / std"),
    ),
    (
        "unbiased_variance",
        "The deviation divides by N - 1. In the output of the forward pass it divides by N, and so it does "
        "here.",
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


# --- Index sets ---------------------------------------------------------------------------------------------

BLOCKS = '{"batch": c, "layer": 1, "instance": c, "group": groups}[kind]'
AXES = '(0, 2, 3, 4) if kind == "batch" else (2, 3, 4)'


class Interleaved:
    def set_mean(x, *, kind, groups=1):
        n, c, h, w = x.shape
        blocks = {"batch": c, "layer": 1, "instance": c, "group": groups}[kind]
        axes = (0, 1, 3, 4) if kind == "batch" else (1, 3, 4)
        parts = x.reshape(n, c // blocks, blocks, h, w)
        return np.broadcast_to(parts.mean(axis=axes, keepdims=True), parts.shape).reshape(x.shape)


SETS = _all(
    "set_mean",
    (
        "places_apart",
        "For batch normalisation every place of an image has a mean of its own. A channel is averaged over "
        "examples **and** places: only the index of the channel must agree.",
        (AXES, '(0, 2) if kind == "batch" else (2, 3, 4)'),
    ),
    (
        "layer_place_by_place",
        "For layer normalisation every place has its own mean over channels, as transformers do it with "
        "their tokens. By the definition here only the index of the example must agree.",
        (AXES, '(0, 2, 3, 4) if kind == "batch" else (2,) if kind == "layer" else (2, 3, 4)'),
    ),
    (
        "batch_and_layer_swapped",
        "Batch and layer are exchanged: which of the two averages over the examples of a batch?",
        (AXES, '(0, 2, 3, 4) if kind == "layer" else (2, 3, 4)'),
        (BLOCKS, '{"batch": 1, "layer": c, "instance": c, "group": groups}[kind]'),
    ),
    (
        "layer_and_instance_swapped",
        "Layer and instance are exchanged: an instance is a single channel of a single example.",
        (BLOCKS, '{"batch": c, "layer": c, "instance": 1, "group": groups}[kind]'),
    ),
    (
        "instance_over_the_batch",
        "For instance normalisation the examples are averaged as well, which makes it batch normalisation. "
        "An instance is alone.",
        (AXES, '(0, 2, 3, 4) if kind in ("batch", "instance") else (2, 3, 4)'),
    ),
    (
        "layer_over_the_batch",
        "For layer normalisation the examples are averaged as well, so that one number stands for the whole "
        "batch. The index of the example must agree.",
        (AXES, '(0, 2, 3, 4) if kind in ("batch", "layer") else (2, 3, 4)'),
    ),
    (
        "groups_over_the_batch",
        "A group is averaged over the examples as well. Groups are like layers: each example by itself.",
        (AXES, '(0, 2, 3, 4) if kind in ("batch", "group") else (2, 3, 4)'),
    ),
    (
        "groups_interleaved",
        "A group takes every G-th channel. Groups are blocks of neighbours: look at the order in which you "
        "split the axis of the channels.",
        Interleaved,
    ),
    (
        "size_for_number",
        "``groups`` is taken for the size of a group. It is the number of groups.",
        (BLOCKS, '{"batch": c, "layer": 1, "instance": c, "group": c // groups}[kind]'),
    ),
    (
        "groups_ignored",
        "All channels make one group, whatever ``groups`` says.",
        (BLOCKS, '{"batch": c, "layer": 1, "instance": c, "group": 1}[kind]'),
    ),
    (
        "groups_for_every_kind",
        'The channels are split into groups for layer normalisation too. ``groups`` is for kind="group" '
        "alone.",
        (BLOCKS, '{"batch": c, "layer": groups, "instance": c, "group": groups}[kind]'),
    ),
    (
        "sums_for_means",
        "The entries of a set are added up and not divided by their number.",
        ("x.mean(axis=axes, keepdims=True)", "x.sum(axis=axes, keepdims=True)"),
    ),
)


# --- One layer for all sets ---------------------------------------------------------------------------------

CENTRED = "centred = x - set_mean(x, kind=kind, groups=groups)"
SET_VAR = "var = set_mean(centred**2, kind=kind, groups=groups)"
SCALED = "return gamma[:, None, None] * centred / np.sqrt(var + eps) + beta[:, None, None]"

NORMALIZE = _all(
    "normalize",
    (
        "groups_not_passed_on",
        "``groups`` does not reach the means, so that a group is always a whole layer.",
        (CENTRED, "centred = x - set_mean(x, kind=kind)"),
        (SET_VAR, "var = set_mean(centred**2, kind=kind)"),
    ),
    (
        "always_batch",
        "The sets are those of batch normalisation whatever kind the call gives.",
        (CENTRED, 'centred = x - set_mean(x, kind="batch")'),
        (SET_VAR, 'var = set_mean(centred**2, kind="batch")'),
    ),
    (
        "variance_per_channel",
        "The mean is taken over the index set, the variance over one channel of one example. Both belong to "
        "the same set.",
        (SET_VAR, "var = centred.var(axis=(2, 3), keepdims=True)"),
    ),
    (
        "mean_square_for_variance",
        "The variance is the mean square of x, with the mean still in it. Square what is left after the "
        "mean is taken off.",
        (SET_VAR, "var = set_mean(x**2, kind=kind, groups=groups)"),
    ),
    (
        "short_variance",
        "The variance is taken as the mean of squares less the square of the mean: at a large offset no "
        "digit of that is right. Take the mean off before you square.",
        (
            SET_VAR,
            "mean = set_mean(x, kind=kind, groups=groups)\n    var = np.maximum(set_mean(x**2, kind=kind, "
            "groups=groups) - mean**2, 0)",
        ),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken. In every normalisation layer it stands inside.",
        (SCALED, SCALED.replace("np.sqrt(var + eps)", "(np.sqrt(var) + eps)")),
    ),
    (
        "no_epsilon",
        "There is no ε, so that a constant set becomes 0/0.",
        (SCALED, SCALED.replace("var + eps", "var")),
    ),
    (
        "divided_by_the_variance",
        "The distance from the mean is divided by the variance: the root is missing.",
        (SCALED, SCALED.replace("np.sqrt(var + eps)", "(var + eps)")),
    ),
    (
        "neither_scale_nor_shift",
        "x̂ itself comes out: γ and β are not used.",
        (SCALED, "return centred / np.sqrt(var + eps)"),
    ),
    (
        "shift_scaled",
        "β is multiplied by γ: it is added last.",
        (SCALED, "return gamma[:, None, None] * (centred / np.sqrt(var + eps) + beta[:, None, None])"),
    ),
    (
        "scaled_along_the_width",
        "γ and β are spread along the last axis, the width of the image. They have one number a channel, "
        "and channels are the second axis.",
        (SCALED, "return gamma * centred / np.sqrt(var + eps) + beta"),
    ),
)

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


NORMALIZE_BACKWARD = _all(
    "normalize_backward",
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


# --- Weight normalisation -----------------------------------------------------------------------------------

WEIGHT = "return g * v / np.linalg.norm(v, axis=0)"

WEIGHT_NORM = _all(
    "weight_norm",
    (
        "one_length_for_all",
        "All columns are divided by the length of the whole matrix. Each unit has its own: look at the axis.",
        (WEIGHT, "return g * v / np.linalg.norm(v)"),
    ),
    (
        "rows_normalised",
        "Rows are divided by their length. That is right for weights of shape (out, in), as PyTorch has "
        "them; here a unit is a column.",
        (WEIGHT, "return g * v / np.linalg.norm(v, axis=1, keepdims=True)"),
    ),
    (
        "squared_length",
        "Columns are divided by the square of their length: the root is missing.",
        (WEIGHT, "return g * v / np.sum(v**2, axis=0)"),
    ),
    (
        "sum_for_length",
        "Columns are divided by the sum of their absolute values. The length is the Euclidean one.",
        (WEIGHT, "return g * v / np.abs(v).sum(axis=0)"),
    ),
    (
        "length_ignored",
        "Every column comes out with length one: g is not used.",
        (WEIGHT, "return v / np.linalg.norm(v, axis=0)"),
    ),
    (
        "length_made_positive",
        "The sign of g is lost. A negative length turns its column round.",
        (WEIGHT, "return np.abs(g) * v / np.linalg.norm(v, axis=0)"),
    ),
)

LENGTH = "length = np.linalg.norm(v, axis=0)"
GRAD_G = "grad_g = (grad_W * direction).sum(axis=0)"
GRAD_V = "return g / length * (grad_W - grad_g * direction), grad_g"

WEIGHT_BACKWARD = _all(
    "weight_norm_backward",
    (
        "length_as_a_constant",
        "The length of v is treated as a constant, so that the gradient has a part along v. Longer or "
        "shorter, v gives the same W.",
        (GRAD_V, "return g / length * grad_W, grad_g"),
    ),
    (
        "along_v_itself",
        "What is taken off is measured along v and not along its direction: v is not of length one.",
        (GRAD_V, "return g / length * (grad_W - grad_g * v), grad_g"),
    ),
    (
        "lengths_gradient_not_divided",
        "The gradient of g is the product with v itself. What g multiplies is the direction, of length one.",
        (GRAD_G, "grad_g = (grad_W * v).sum(axis=0)"),
        (GRAD_V, "return g / length * (grad_W - grad_g / length * direction), grad_g"),
    ),
    (
        "lengths_gradient_times_g",
        "The gradient of g has g in it. W is linear in g: its derivative is the direction alone.",
        (GRAD_V, "return g / length * (grad_W - grad_g * direction), g * grad_g"),
    ),
    (
        "g_missing",
        "g is missing in the gradient of v: a unit with long weights turns faster.",
        (GRAD_V, "return (grad_W - grad_g * direction) / length, grad_g"),
    ),
    (
        "not_divided_by_the_length",
        "The gradient of v is not divided by v's length. The longer v is, the less a step turns it.",
        (GRAD_V, "return g * (grad_W - grad_g * direction), grad_g"),
    ),
    (
        "plus_for_minus",
        "The part along v is added where it is to be taken off.",
        (GRAD_V, "return g / length * (grad_W + grad_g * direction), grad_g"),
    ),
    (
        "one_length_for_all",
        "One length is used for all columns. Units do not meet: look at the axis.",
        (LENGTH, "length = np.linalg.norm(v)"),
    ),
    (
        "averaged",
        "The gradient of g is a mean over the inputs. It adds up over all that g multiplies.",
        (GRAD_G, "grad_g = (grad_W * direction).mean(axis=0)"),
    ),
)


# --- Batch renormalisation ----------------------------------------------------------------------------------

B_STATISTICS = "mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)"
R = "r = np.clip(std / running_std, 1 / r_max, r_max)"
SHIFT = "d = np.clip((mean - running_mean) / running_std, -d_max, d_max)"
R_OUTPUT = "y = gamma * ((x - mean) / std * r + d) + beta"
R_MOVE_MEAN = "running_mean = (1 - momentum) * running_mean + momentum * mean"
R_MOVE_STD = "running_std = (1 - momentum) * running_std + momentum * std"


class MovedFirst:
    def batch_renorm_train(
        x, gamma, beta, running_mean, running_std, *, r_max=3.0, d_max=5.0, momentum=0.01, eps=1e-5
    ):
        mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_std = running_std + momentum * (std - running_std)
        r = np.clip(std / running_std, 1 / r_max, r_max)
        d = np.clip((mean - running_mean) / running_std, -d_max, d_max)
        return gamma * ((x - mean) / std * r + d) + beta, running_mean, running_std


RENORM = _all(
    "batch_renorm_train",
    (
        "no_correction",
        "This is batch normalisation: r and d play no part in the output.",
        (R_OUTPUT, "y = gamma * (x - mean) / std + beta"),
    ),
    (
        "no_limits",
        "r and d are not cut, so that the running statistics alone decide. At the start of training, when "
        "they know nothing yet, that is what the limits are for.",
        (R, "r = std / running_std"),
        (SHIFT, "d = (mean - running_mean) / running_std"),
    ),
    (
        "cut_above_only",
        "r and d are cut above only. A batch may as well be narrower than the running deviation, and its "
        "mean lie lower.",
        (R, "r = np.minimum(std / running_std, r_max)"),
        (SHIFT, "d = np.minimum((mean - running_mean) / running_std, d_max)"),
    ),
    (
        "lower_limit_zero",
        "r is cut to [0, r_max]. A ratio is cut alike both ways, at r_max and at one over it.",
        (R, "r = np.clip(std / running_std, 0, r_max)"),
    ),
    (
        "default_limits_always",
        "The limits are the usual ones whatever the call asks for.",
        (R, "r = np.clip(std / running_std, 1 / 3, 3)"),
        (SHIFT, "d = np.clip((mean - running_mean) / running_std, -5, 5)"),
    ),
    (
        "ratio_upside_down",
        "r is upside down. Dividing by σ_B and multiplying by r should leave a division by the running σ.",
        (R, "r = np.clip(running_std / std, 1 / r_max, r_max)"),
    ),
    (
        "shift_turned_round",
        "d has the wrong sign: it is the batch's mean seen from the running one.",
        (SHIFT, "d = np.clip((running_mean - mean) / running_std, -d_max, d_max)"),
    ),
    (
        "shift_in_batch_deviations",
        "d is measured in deviations of the batch. Like the rest of x̂ it is measured in running deviations.",
        (SHIFT, "d = np.clip((mean - running_mean) / std, -d_max, d_max)"),
    ),
    (
        "shift_multiplied",
        "r multiplies d as well. It multiplies the batch's x̂ alone, and then d is added.",
        (R_OUTPUT, "y = gamma * (((x - mean) / std + d) * r) + beta"),
    ),
    (
        "shift_after_the_scale",
        "d is added after γ, like a second β. It belongs to x̂, which γ multiplies.",
        (R_OUTPUT, "y = gamma * ((x - mean) / std * r) + d + beta"),
    ),
    (
        "moved_first",
        "The running statistics take the batch in before r and d are made. The correction needs them as "
        "they were.",
        MovedFirst,
    ),
    (
        "running_variance",
        "The batch's variance goes into the running deviation: the root is missing there.",
        (R_MOVE_STD, "running_std = (1 - momentum) * running_std + momentum * std**2"),
    ),
    (
        "unbiased",
        "The batch's deviation divides by N - 1. In this method it divides by N, everywhere.",
        (B_STATISTICS, "mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0, ddof=1) + eps)"),
    ),
    (
        "corrected_statistics_kept",
        "The running statistics take in the batch's as they are after the limits. Limits are for the "
        "output; what is kept is the batch as it is.",
        (R_MOVE_MEAN, "running_mean = running_mean + momentum * d * running_std"),
        (R_MOVE_STD, "running_std = (1 - momentum) * running_std + momentum * r * running_std"),
    ),
    (
        "epsilon_outside",
        "ε is added after the root is taken: inside, as in every normalisation layer.",
        (B_STATISTICS, "mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0)) + eps"),
    ),
)

RENORM_GRADS = "return grad_x, (grad_out * x_hat).sum(axis=0), grad_out.sum(axis=0)"
PLAIN = "grad_x, _, _ = batch_norm_backward(grad_out * r, x, gamma, eps=eps)"


RENORM_BACKWARD = _all(
    "batch_renorm_backward",
    (
        "through_the_corrections",
        "Gradients flow through r and d here, so that the batch's statistics cancel and only a division by "
        "the running deviation is left. r and d are constants: that is what keeps the benefit of batch "
        "normalisation.",
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

MISTAKES = (
    *TRAIN,
    *EVAL,
    *BACKWARD,
    *SETS,
    *NORMALIZE,
    *NORMALIZE_BACKWARD,
    *WEIGHT_NORM,
    *WEIGHT_BACKWARD,
    *RENORM,
    *RENORM_BACKWARD,
)


# --- Right in another book ----------------------------------------------------------------------------------

CONVENTIONS = (
    *_all(
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
    ),
    *_all(
        "weight_norm",
        (
            "length_as_a_logarithm",
            "The length is e to the power of g: the paper names this form as an alternative. Here, as in "
            "the paper's own experiments and in PyTorch, the length is g itself.",
            (WEIGHT, "return np.exp(g) * v / np.linalg.norm(v, axis=0)"),
        ),
    ),
    *_all(
        "batch_renorm_train",
        (
            "momentum_weighs_the_old",
            "Momentum is the weight of the old statistics, as in Keras (0.99 there is 0.01 here). Here it "
            "is the weight of the new batch, the update rate of the paper.",
            (R_MOVE_MEAN, "running_mean = momentum * running_mean + (1 - momentum) * mean"),
            (R_MOVE_STD, "running_std = momentum * running_std + (1 - momentum) * std"),
        ),
    ),
)
