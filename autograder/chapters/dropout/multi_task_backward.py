"""Several heads on one trunk, `multi_task_backward`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

# --- Checks -------------------------------------------------------------------------------------------------


def network(rng, tasks, rows=5):
    """X, a trunk, heads of different width, upstream gradients and weights.

    Each hidden unit is on for some examples and off for others; two stand at exactly 0 for the first example,
    which is all zeros.
    """
    fan_in, hidden = 3, 6

    def layer(n, m):
        return {"W": rng.normal(size=(n, m)), "b": rng.normal(size=m)}

    X, trunk, heads = rng.normal(size=(rows, fan_in)), layer(fan_in, hidden), []
    for width in rng.permutation(np.arange(1, tasks + 1)):
        heads.append(layer(hidden, int(width)))
    X[0], X[1] = 0.0, -X[2]  # the second and the third example are on opposite sides of a unit's kink
    trunk["b"] = 0.1 * trunk["b"] * (np.arange(hidden) > 1)
    grads_out = [rng.normal(size=(rows, head["b"].size)) for head in heads]
    weights = [float(w) for w in rng.permutation(np.geomspace(0.2, 5.0, tasks)) * rng.uniform(0.8, 1.25)]
    return grads_out, X, trunk, heads, weights


@pytest.mark.exercise("multi_task_backward")
def test_heads_read_the_same_hidden_units(student, reference, rng):
    """Each task's output is its head on the ReLU units of the trunk, for one task and for four."""
    for tasks in (1, 4):
        _, X, trunk, heads, _ = network(rng, tasks)
        assert close(
            student.multi_task_forward(X, trunk, heads), reference.multi_task_forward(X, trunk, heads)
        ), (
            "An output is another: the trunk is X W + b through a ReLU, each head is linear on top of it, "
            "and no ReLU follows."
        )


@pytest.mark.exercise("multi_task_backward", weight=2)
def test_a_head_learns_from_its_own_task(student, reference, rng):
    """A head's gradient comes from its own task's upstream gradient, times the task's weight."""
    for tasks in (1, 3):
        *layers, weights = network(rng, tasks)
        _, got = student.multi_task_backward(*layers, weights=weights)
        _, want = reference.multi_task_backward(*layers, weights=weights)
        assert close(got, want), (
            "A head's gradient is another: hᵀ times its upstream gradient, with the weight of its task, and "
            "the column sums for the bias. Nothing of the other tasks is in it."
        )


@pytest.mark.exercise("multi_task_backward", weight=3)
def test_the_trunk_learns_from_all_tasks(student, reference, rng):
    """In the trunk the gradients of all tasks add up, each with its weight, through the ReLU."""
    for tasks in (2, 4):
        *layers, weights = network(rng, tasks)
        got, _ = student.multi_task_backward(*layers, weights=weights)
        want, _ = reference.multi_task_backward(*layers, weights=weights)
        assert close(got, want), (
            "The trunk's gradient is another. What comes back from all heads adds up at the hidden units, "
            "each with its task's weight, and then goes through the ReLU, whose slope is 0 up to and at 0."
        )


@pytest.mark.exercise("multi_task_backward", weight=2)
def test_gradients_are_slopes_of_the_weighted_loss(student, reference, rng):
    """Finite differences of Σ w·L along random ways, for the trunk and each head."""
    grads_out, X, trunk, heads, weights = network(rng, 3)
    z = X @ trunk["W"]
    while np.abs(z + trunk["b"]).min() < 1e-3:  # a small step must not lead across a kink
        trunk["b"] = trunk["b"] + rng.uniform(0.002, 0.02, size=trunk["b"].shape)

    def loss(layers):
        outputs = reference.multi_task_forward(X, layers[0], layers[1:])
        return sum(w * np.sum(g * y) for w, g, y in zip(weights, grads_out, outputs, strict=True))

    trunk_grads, heads_grads = student.multi_task_backward(grads_out, X, trunk, heads, weights=weights)
    layers = [trunk, *heads]
    for place, grads in enumerate([trunk_grads, *heads_grads]):
        for key in ("W", "b"):
            way = rng.normal(size=layers[place][key].shape)
            up, down = (
                loss(
                    [
                        *layers[:place],
                        layers[place] | {key: layers[place][key] + step * way},
                        *layers[place + 1 :],
                    ]
                )
                for step in (1e-6, -1e-6)
            )
            assert close(float(np.sum(grads[key] * way)), (up - down) / 2e-6, rtol=1e-5, atol=1e-6), (
                "A gradient is not the slope of the weighted sum of all losses."
            )


# --- Mistakes -----------------------------------------------------------------------------------------------


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

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "multi_task_backward",
    """
    trunk = {"W": np.array([[1.0, -1.0]]), "b": np.zeros(2)}
    heads = [{"W": np.array([[number], [1.0]]), "b": np.zeros(1)} for number in (2.0, 5.0)]
    grads_out = [np.array([[1.0], [1.0]]), np.array([[1.0], [-2.0]])]
    multi_task_backward(grads_out, np.array([[1.0], [3.0]]), trunk, heads, weights=[1.0, 2.0])
    """,
    """
    trunk, X = {"W": np.array([[1.0]]), "b": np.array([-1.0])}, np.array([[1.0], [2.0]])
    heads = [{"W": np.array([[3.0]]), "b": np.zeros(1)}]
    multi_task_backward([np.ones((2, 1))], X, trunk, heads, weights=[2.0])
    """,
    """
    trunk = {"W": np.array([[1.0, -1.0]]), "b": np.zeros(2)}
    multi_task_forward(np.array([[2.0]]), trunk, [{"W": np.array([[-1.0], [4.0]]), "b": np.ones(1)}])
    """,
)
