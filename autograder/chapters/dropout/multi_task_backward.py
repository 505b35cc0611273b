"""Several heads on one trunk, `multi_task_backward`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits

# --- Checks -------------------------------------------------------------------------------------------------


def network(rng, tasks, rows=5):
    """X, a trunk, heads of different width (of four two have one), upstream gradients and weights.

    Each hidden unit is on for some examples and off for others; two stand at exactly 0 for the first example,
    which is all zeros.
    """
    fan_in, hidden = 3, 6

    def layer(n, m):
        return {"W": rng.normal(size=(n, m)), "b": rng.normal(size=m)}

    X, trunk, heads = rng.normal(size=(rows, fan_in)), layer(fan_in, hidden), []
    for width in rng.permutation([1, 2, 2, 3] if tasks == 4 else np.arange(1, tasks + 1)):
        heads.append(layer(hidden, int(width)))
    if rows > 2:
        X[0], X[1] = 0.0, -X[2]  # the second and the third example are on opposite sides of a unit's kink
    trunk["b"] = 0.1 * trunk["b"] * (np.arange(hidden) > 1)
    grads_out = [rng.normal(size=(rows, head["b"].size)) for head in heads]
    weights = [float(w) for w in rng.permutation(np.geomspace(0.2, 5.0, tasks)) * rng.uniform(0.8, 1.25)]
    return grads_out, X, trunk, heads, weights


@pytest.mark.exercise("multi_task_backward")
def test_heads_read_the_same_hidden_units(student, reference, rng):
    """Each task's output is its head on the ReLU units of the trunk, for one task and for four."""
    for tasks, size, where in (
        (1, 1.0, ""),
        (4, 1.0, ""),
        (2, 1.0, "With dicts in another order: "),
        (2, 1e6, "Where hidden units are very large: "),
        (2, 1e-20, "Where hidden units are tiny: "),
    ):
        _, X, trunk, heads, _ = network(rng, tasks)
        if size < 1:
            trunk["b"] = size * trunk["b"]
            heads = [head | {"W": head["W"] / size} for head in heads]
        if where.startswith("With"):
            trunk, *heads = (dict(reversed(layer.items())) for layer in (trunk, *heads))
        got, want = (side.multi_task_forward(size * X, trunk, heads) for side in (student, reference))
        assert close(got, want), few_digits(got, want) or (
            f"{where}An output is another: the trunk is X W + b through a ReLU, each head is linear on top "
            "of it, and no ReLU follows."
        )


@pytest.mark.exercise("multi_task_backward", weight=2)
def test_a_head_learns_from_its_own_task(student, reference, rng):
    """A head's gradient comes from its own task's upstream gradient, times the task's weight."""
    for tasks, rows, chosen, where in (
        (1, 5, None, ""),
        (4, 5, None, ""),
        (6, 6, None, "With as many examples, units of a head or tasks as hidden units: "),
        (2, 1, None, "For a single example: "),
        (2, 4, None, "Where no hidden unit is on: "),
        (3, 5, [0.5, 0.0, 2.0], "Where a task has the weight 0, and gradients of zeros: "),
        (3, 5, [1, -3, 200], "Where weights are ints, large or negative: "),
    ):
        *layers, weights = network(rng, tasks, rows)
        weights = chosen or weights
        layers[2]["b"] -= 1e3 * where.endswith("on: ")
        _, got = student.multi_task_backward(*layers, weights=weights)
        _, want = reference.multi_task_backward(*layers, weights=weights)
        assert close(got, want), few_digits(got, want) or (
            f"{where}A head's gradient is another: hᵀ times its upstream gradient, with the weight of its "
            "task, and the column sums for the bias. Nothing of the other tasks is in it, and h is that of "
            "the X of this call, not one left from an earlier call."
        )


@pytest.mark.exercise("multi_task_backward", weight=3)
def test_the_trunk_learns_from_all_tasks(student, reference, rng):
    """In the trunk the gradients of all tasks add up, each with its weight, through the ReLU."""
    for tasks, rows, size, chosen, where in (
        (2, 5, (1.0, 1.0), None, ""),
        (4, 5, (1.0, 1.0), None, ""),
        (2, 1, (1.0, 1.0), None, "For a single example: "),
        (2, 5, (1e-20, 1.0), None, "Where hidden units are tiny: "),
        (2, 5, (1.0, 1e-20), None, "Where upstream gradients are tiny: "),
        (2, 5, (1.0, 1e6), None, "Where upstream gradients are large: "),
        (6, 3, (1.0, 1.0), None, "With a square X, and a head with as many outputs as hidden units: "),
        (3, 5, (1.0, 1.0), [0.5, 0.0, 2.0], "Where a task has the weight 0: "),
        (3, 5, (1.0, 1.0), [1, -3, 200], "Where weights are ints, large or negative: "),
    ):
        *layers, weights = network(rng, tasks, rows)
        weights = chosen or weights
        layers[0] = [size[1] * each for each in layers[0]]
        layers[2] = {key: size[0] * value for key, value in layers[2].items()}
        layers[2]["b"][2] -= 100.0 * (tasks == 4)  # a unit that is off for all examples
        got, _ = student.multi_task_backward(*layers, weights=weights)
        want, _ = reference.multi_task_backward(*layers, weights=weights)
        assert close(got, want, atol=1e-12 * min(size[1], 1.0)), few_digits(got, want) or (
            f"{where}The trunk's gradient is another. What comes back from all heads adds up at the hidden "
            "units, each with its task's weight, and then goes through the ReLU, whose slope is 0 up to "
            "and at 0, and 1 as soon as it is above. Hidden units are those of this call's X: is anything "
            "left from an earlier call?"
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
                "A gradient is not the slope of the weighted sum of all losses, at the X and the layers of "
                "this call."
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
    trunk, X = {"W": np.array([[1.0]]), "b": np.array([0.0])}, np.array([[1.0], [2.0]])
    heads = [{"W": np.array([[3.0]]), "b": np.zeros(1)}] * 2
    multi_task_backward([np.ones((2, 1))] * 2, X, trunk, heads, weights=[2.0, 0.0])
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
