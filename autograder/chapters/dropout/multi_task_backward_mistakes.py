"""Named mistakes of `multi_task_backward`, with their hints."""

from autograder.checking import conventions, mistakes

TRUNK = "grad_h += d @ head"

MISTAKES = mistakes(
    "multi_task_backward",
    (
        "last_head_only",
        "Only the last head's gradient reaches the trunk: each task overwrites the one before. They add up.",
        (TRUNK, "grad_h = d @ head"),
    ),
    (
        "mean_over_heads",
        "The heads' gradients are averaged in the trunk. The loss is a sum over tasks, so they add up.",
        ("grad_z = grad_h *", "grad_z = grad_h / len(heads) *"),
    ),
    (
        "weights_in_the_heads_only",
        "The tasks' weights are missing in the trunk's gradient: w_k scales all that comes from task k.",
        (TRUNK, "grad_h += grad_out @ head"),
    ),
    (
        "weights_in_the_trunk_only",
        "The tasks' weights are missing in the heads' gradients. The loss is Σ w·L for the heads as well.",
        ('{"W": h.T @ d, "b": d.sum(axis=0)}', '{"W": h.T @ grad_out, "b": grad_out.sum(axis=0)}'),
    ),
    (
        "weight_of_zero_skipped",
        "A task with the weight 0 is skipped, so that its head's gradients are missing. They are zeros, "
        "of the shapes of the head.",
        ("        d = weight", "        if weight == 0:\n            continue\n        d = weight"),
    ),
    (
        "nothing_for_a_weight_of_zero",
        "A task with the weight 0 gets None in place of its head's gradients. They are zeros, of the "
        "shapes of the head.",
        (
            "        d = weight",
            "        if weight == 0:\n            heads_grads.append(None)\n            continue\n        "
            "d = weight",
        ),
    ),
    (
        "weight_of_zero_taken_for_one",
        "A weight of 0 is taken for the default 1. Zero is a number like any other: its task moves nothing.",
        ("d = weight * grad_out", "d = (weight or 1.0) * grad_out"),
    ),
    (
        "no_weights",
        "The tasks' weights are used nowhere: all tasks count alike.",
        ("d = weight * grad_out", "d = grad_out"),
    ),
    (
        "no_relu_on_the_way_back",
        "The trunk's gradient goes through units that are off. Where the ReLU gives 0 its slope is 0.",
        ("grad_h * (z > 0)", "grad_h"),
    ),
    (
        "slope_at_the_kink",
        "Units that stand at exactly 0 pass the gradient on. Here the slope of a ReLU at 0 is 0.",
        ("(z > 0)", "(z >= 0)"),
    ),
    (
        "heads_on_the_preactivation",
        "The heads' gradients are computed with the trunk's numbers before the ReLU; heads read those after.",
        ('"W": h.T @ d', '"W": z.T @ d'),
    ),
    (
        "divided_by_the_batch",
        "The gradients are divided by the batch. The mean is in the losses already, so in grads_out.",
        ("d = weight * grad_out", "d = weight * grad_out / len(X)"),
    ),
    (
        "bias_means",
        "The gradient of a bias is a mean over the examples. It is their sum.",
        ('"b": d.sum(axis=0)', '"b": d.mean(axis=0)'),
        ('"b": grad_z.sum(axis=0)', '"b": grad_z.mean(axis=0)'),
    ),
    (
        "no_relu",
        "The trunk has no ReLU: it is linear, forward and backward.",
        ('h = np.maximum(X @ trunk["W"] + trunk["b"], 0)', 'h = X @ trunk["W"] + trunk["b"]'),
        ("    h = np.maximum(z, 0)\n", "    h = z\n"),
        ("grad_h * (z > 0)", "grad_h"),
    ),
    (
        "relu_after_the_heads",
        "There is a ReLU on the outputs. A head is linear.",
        ('[h @ head["W"] + head["b"] for', '[np.maximum(h @ head["W"] + head["b"], 0) for'),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "multi_task_backward",
    (
        "mean_of_the_tasks",
        "Your loss is the mean over the tasks, as in some multi-task code. Here it is their weighted sum.",
        ("d = weight * grad_out", "d = weight * grad_out / len(heads)"),
    ),
)
