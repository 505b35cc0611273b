"""Adagrad, `adagrad_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("adagrad_step")
def test_adagrad_steps_fall_with_the_root_of_their_number(student, rng):
    """While a gradient stays the same, step k is lr over the root of k, whatever the gradient's size."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 1e3), zeros=False)
    path = student.trajectory("adagrad", params, grads[:1] * 4, lr=0.3)
    want = [{key: -0.3 / np.sqrt(k) * np.sign(g) for key, g in grads[0].items()} for k in range(1, 5)]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "With the same gradient k times the sum of squares is k·g², so the k-th step is lr/√k. Is "
        "anything forgotten, or does the sum start elsewhere than at zero?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


LEAKS = tuple(f"{old} * state[key] + {new} * g**2" for old, new in ((0.9, 0.1), (0.99, 0.01), (0.999, 0.001)))


class OneAxisOnly:
    def adagrad_init(params):
        return {k: np.zeros(len(w)) for k, w in params.items()}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        new, memory = {}, {}
        for k, w in params.items():
            new[k], memory[k] = np.zeros(len(w)), np.zeros(len(w))
            for i in range(len(w)):
                memory[k][i] = state[k][i] + grads[k][i] ** 2
                new[k][i] = w[i] - lr * grads[k][i] / (np.sqrt(memory[k][i]) + eps)
        return new, memory


MISTAKES = mistakes(
    "adagrad_step",
    (
        "leaky_sum",
        "Old squares are forgotten. That is RMSProp, which came later; Adagrad adds all squares up and "
        "forgets none. Look at the first line of the formula.",
        ("total = {key: state[key] + g**2", "total = {key: 0.9 * state[key] + 0.1 * g**2"),
    ),
    (
        "divides_by_the_old_sum",
        "The step is divided by the sum of before this update, which is zero at first: the first step "
        "is enormous. The sum takes this update's square before it divides.",
        ("lr * g / (np.sqrt(total[key]) + eps)", "lr * g / (np.sqrt(state[key]) + eps)"),
    ),
    (
        "no_root",
        "The step is divided by the sum of squares itself, so that large gradients take the smallest "
        "steps. Look for the square root.",
        ("lr * g / (np.sqrt(total[key]) + eps)", "lr * g / (total[key] + eps)"),
    ),
    (
        "sum_never_kept",
        "Every update starts from a sum of zero, so that each step is lr long for ever: only the sign "
        "is left. Look at what comes back as the new state.",
        ("return new_params, total", "return new_params, state"),
    ),
    (
        "one_sum_a_column",
        "The numbers of each column of a matrix share one sum. Each number has a sum of its own, in a matrix "
        "too: the sum has the parameter's shape.",
        (
            "total = {key: state[key] + g**2",
            "total = {key: state[key] + ((g**2).sum(axis=0, keepdims=True) if g.ndim == 2 else g**2)",
        ),
    ),
    (
        "one_sum_a_row",
        "The numbers of each row of a matrix share one sum. Each number has a sum of its own, in a matrix "
        "too: the sum has the parameter's shape.",
        (
            "total = {key: state[key] + g**2",
            "total = {key: state[key] + ((g**2).sum(axis=1, keepdims=True) if g.ndim == 2 else g**2)",
        ),
    ),
    (
        "one_axis_only",
        "The loop goes over the first axis of an array and takes what stands there for a number. A parameter "
        "may have two axes: NumPy's operations on whole arrays need no loop and hold for every shape.",
        OneAxisOnly,
    ),
    (
        "eps_as_a_bound",
        "ε is taken as the smallest value of the root. It is added to the root, always.",
        ("np.sqrt(total[key]) + eps", "np.maximum(np.sqrt(total[key]), eps)"),
    ),
    free={"leaky_sum": ("total = {{key: {}", LEAKS)},
)


# --- Right by another convention ----------------------------------------------------------------------------


class StartsAtATenth:
    def adagrad_init(params):
        return {k: np.full_like(w, 0.1) for k, w in params.items()}


class KerasAdagrad:
    def adagrad_init(params):
        return {k: np.full_like(w, 0.1) for k, w in params.items()}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        total = {k: state[k] + g**2 for k, g in grads.items()}
        return {k: params[k] - lr * g / np.sqrt(total[k] + eps) for k, g in grads.items()}, total


CONVENTIONS = conventions(
    "adagrad_step",
    (
        "eps_inside_the_root",
        "Epsilon is added under the root: the convention of Dive into Deep Learning. Here, as in "
        "PyTorch, it is added to the root. Gradients as small as its own root show the difference.",
        ("lr * g / (np.sqrt(total[key]) + eps)", "lr * g / np.sqrt(total[key] + eps)"),
    ),
    (
        "keras_and_optax",
        "This is the Adagrad of Keras and optax: the sums of squares start at 0.1 and epsilon is added "
        "under the root. Here, as in PyTorch, they start at zero and epsilon is added to the root.",
        KerasAdagrad,
    ),
    (
        "starts_at_a_tenth",
        "The sums of squares start above zero, at the 0.1 of Keras and optax, so that the first steps "
        "are too short and small gradients hardly move. Here they start at zero: look at adagrad_init.",
        StartsAtATenth,
    ),
    (
        "one_sum_for_all",
        "All weights of a parameter share one sum, that of the squared length of the gradient: this is "
        "AdaGrad-Norm. Each number has a sum of its own: look at the shape of what is added.",
        ("total = {key: state[key] + g**2", "total = {key: state[key] + np.sum(g**2)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AdagradHistory:
    """Keeps every gradient and sums all squares anew at each step."""

    def adagrad_init(params):
        return []

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        history = [*state, {key: g.copy() for key, g in grads.items()}]
        answer = {}
        for key in params:
            root = np.sqrt(np.sum([past[key] ** 2 for past in history], axis=0))
            answer[key] = params[key] - lr / (root + eps) * grads[key]
        return answer, history


class AdagradRoots:
    """Keeps the roots, and adds squares under them by hypot."""

    def adagrad_init(params):
        return {"roots": [np.zeros(w.shape) for w in params.values()], "names": list(params)}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        roots = [np.hypot(root, grads[key]) for key, root in zip(state["names"], state["roots"], strict=True)]
        answer = dict(params)
        for key, root in zip(state["names"], roots, strict=True):
            answer[key] = params[key] - lr * grads[key] / (root + eps)
        return answer, {"roots": roots, "names": state["names"]}


class AdagradInPlace:
    """Works in place on deep copies of everything, and prints."""

    def adagrad_init(params):
        return {key: np.zeros_like(w) for key, w in params.items()}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        import copy

        params, state = copy.deepcopy(params), copy.deepcopy(state)
        for key in params:
            state[key] += np.multiply(grads[key], grads[key])
            params[key] -= lr * np.divide(grads[key], np.power(state[key], 0.5) + eps)
            print(key, params[key])
        return params, state


VARIANTS = variants("adagrad_step", AdagradHistory, AdagradRoots, AdagradInPlace)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adagrad_step",
    """
    params = {"w": np.array([1.0])}
    params, state = adagrad_step(params, {"w": np.array([1.0])}, adagrad_init(params), lr=0.1, eps=0.5)
    params
    """,
    """
    params = {"W": np.zeros((2, 2))}
    grads = {"W": np.array([[1.0, 2.0], [3.0, 4.0]])}
    params, state = adagrad_step(params, grads, adagrad_init(params), lr=0.1)
    params
    """,
)
