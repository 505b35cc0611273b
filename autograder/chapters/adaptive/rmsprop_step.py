"""RMSProp, `rmsprop_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import conventions, examples, mistakes, variants

# --- Mistakes -----------------------------------------------------------------------------------------------


class Corrected:
    def rmsprop_init(params):
        return {"t": 0, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        t = state["t"] + 1
        v = {k: rho * state["v"][k] + (1 - rho) * g**2 for k, g in grads.items()}
        new = {k: params[k] - lr * g / (np.sqrt(v[k] / (1 - rho**t)) + eps) for k, g in grads.items()}
        return new, {"t": t, "v": v}


class OneAxisOnly:
    def rmsprop_init(params):
        return {k: np.zeros(len(w)) for k, w in params.items()}

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        new, memory = {}, {}
        for k, w in params.items():
            new[k], memory[k] = np.zeros(len(w)), np.zeros(len(w))
            for i in range(len(w)):
                memory[k][i] = rho * state[k][i] + (1 - rho) * grads[k][i] ** 2
                new[k][i] = w[i] - lr * grads[k][i] / (np.sqrt(memory[k][i]) + eps)
        return new, memory


MISTAKES = mistakes(
    "rmsprop_step",
    (
        "rho_on_the_new",
        "The two weights of the leaky mean are swapped: rho belongs to what was there before. Look at "
        "which term it multiplies.",
        (
            "mean = {key: rho * state[key] + (1 - rho) * g**2",
            "mean = {key: (1 - rho) * state[key] + rho * g**2",
        ),
    ),
    (
        "nothing_forgotten",
        "The squares add up and nothing leaks: this is Adagrad, whose steps die out. RMSProp's mean "
        "forgets: look at the weights in the first line of the formula.",
        ("mean = {key: rho * state[key] + (1 - rho) * g**2", "mean = {key: state[key] + g**2"),
    ),
    (
        "corrected",
        "The mean of squares is corrected for its start at zero. That is Adam's invention; RMSProp "
        "divides by the mean as it is, and its first steps are long.",
        Corrected,
    ),
    (
        "no_root",
        "The step is divided by the mean of squares itself, so that large gradients take the smallest "
        "steps. Look for the square root.",
        ("lr * g / (np.sqrt(mean[key]) + eps)", "lr * g / (mean[key] + eps)"),
    ),
    (
        "divides_by_the_old_mean",
        "The step is divided by the mean of before this update, which is zero at first. The mean takes this "
        "update's square before it divides.",
        ("lr * g / (np.sqrt(mean[key]) + eps)", "lr * g / (np.sqrt(state[key]) + eps)"),
    ),
    (
        "one_mean_a_column",
        "The numbers of each column of a matrix share one mean of squares. Each number has a mean of its "
        "own, in a matrix too: look at the shape of what the state keeps.",
        (
            "rho * state[key] + (1 - rho) * g**2",
            "rho * state[key] + (1 - rho) * (np.mean(g**2, axis=0, keepdims=True) if g.ndim == 2 else g**2)",
        ),
    ),
    (
        "starts_at_the_first_square",
        "The mean of squares begins with the first gradient's square. It starts at zero, so that the first "
        "steps are long.",
        (
            "rho * state[key] + (1 - rho) * g**2",
            "rho * (state[key] if np.any(state[key]) else g**2) + (1 - rho) * g**2",
        ),
    ),
    (
        "rests_where_the_gradient_is_zero",
        "Where the gradient is zero the mean of squares stays as it was. It leaks there too: a zero comes "
        "into the mean like any other gradient.",
        (
            "rho * state[key] + (1 - rho) * g**2",
            "np.where(g == 0, state[key], rho * state[key] + (1 - rho) * g**2)",
        ),
    ),
    (
        "skips_arrays_without_gradient",
        "A parameter whose gradient is all zero is left out of the update. Its mean of squares leaks all the "
        "same: zeros come into the mean like any other gradient.",
        (
            "rho * state[key] + (1 - rho) * g**2",
            "rho * state[key] + (1 - rho) * g**2 if np.any(g) else state[key]",
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
        ("np.sqrt(mean[key]) + eps", "np.maximum(np.sqrt(mean[key]), eps)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class StartsAtOne:
    def rmsprop_init(params):
        return {k: np.ones_like(w) for k, w in params.items()}


class Centred:
    def rmsprop_init(params):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"mean": zero, "v": zero}

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        mean = {k: rho * state["mean"][k] + (1 - rho) * g for k, g in grads.items()}
        v = {k: rho * state["v"][k] + (1 - rho) * g**2 for k, g in grads.items()}
        new = {k: params[k] - lr * g / (np.sqrt(v[k] - mean[k] ** 2) + eps) for k, g in grads.items()}
        return new, {"mean": mean, "v": v}


CONVENTIONS = conventions(
    "rmsprop_step",
    (
        "squares_that_add_up",
        "The new square comes in with weight one: the form without (1-rho) of some slides. It is this "
        "method at a rate and an epsilon smaller by the root of 1-rho; here the weights add up to one.",
        ("mean = {key: rho * state[key] + (1 - rho) * g**2", "mean = {key: rho * state[key] + g**2"),
    ),
    (
        "eps_inside_the_root",
        "Epsilon is added under the root: the convention of Keras, optax and Dive into Deep Learning. "
        "Here, as in PyTorch, it is added to the root.",
        ("lr * g / (np.sqrt(mean[key]) + eps)", "lr * g / np.sqrt(mean[key] + eps)"),
    ),
    (
        "starts_at_one",
        "The means of squares start at one, as in TensorFlow's first version, so that the first steps "
        "are far too short for small gradients. Here they start at zero: look at rmsprop_init.",
        StartsAtOne,
    ),
    (
        "centred",
        "The square of a mean gradient is taken off under the root: this is the centred RMSProp of "
        "Graves 2013 (centered=True in PyTorch). Here the plain mean of squares stands there.",
        Centred,
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class RmspropWithoutTheWeight:
    """The form without (1-rho), with lr and eps scaled so that it is the same method."""

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        scale = (1 - rho) ** 0.5
        sums = {key: rho * state[key] + g * g for key, g in grads.items()}
        answer = {k: params[k] - lr / scale * grads[k] / (np.sqrt(sums[k]) + eps / scale) for k in grads}
        return answer, sums


class RmspropStepwise:
    """The mean moves towards the new square; the state is a list of pairs, made at the first step."""

    def rmsprop_init(params):
        return None

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        before = dict(state) if state else {}
        pairs, answer = [], {}
        for key in sorted(params):
            v = before.get(key, np.zeros_like(params[key]))
            v = v + (1 - rho) * (grads[key] ** 2 - v)
            pairs.append((key, v))
            answer[key] = params[key] - lr * grads[key] / (v**0.5 + eps)
        return {key: answer[key] for key in params}, pairs


class RmspropLoop:
    """Loops over all indices of all arrays."""

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        answer = {key: np.empty_like(w) for key, w in params.items()}
        memory = {key: np.empty_like(w) for key, w in params.items()}
        for key, g in grads.items():
            for i in np.ndindex(*g.shape):
                memory[key][i] = rho * state[key][i] + (1 - rho) * g[i] * g[i]
                answer[key][i] = params[key][i] - lr * g[i] / (memory[key][i] ** 0.5 + eps)
        return answer, memory


VARIANTS = variants("rmsprop_step", RmspropWithoutTheWeight, RmspropStepwise, RmspropLoop)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "rmsprop_step",
    """
    params = {"w": np.array([1.0])}
    state = rmsprop_init(params)
    for g in (1.0, 2.0):
        params, state = rmsprop_step(params, {"w": np.array([g])}, state, lr=0.1, rho=0.5, eps=0.5)
    params
    """,
    """
    params = {"W": np.zeros((2, 2))}
    grads = {"W": np.array([[1.0, 2.0], [3.0, 4.0]])}
    params, state = rmsprop_step(params, grads, rmsprop_init(params), lr=0.1, rho=0.5)
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = rmsprop_init(params)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, 2.0]):
        params, state = rmsprop_step(params, {"w": np.array(g)}, state, lr=0.1, rho=0.5)
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = rmsprop_init(params)
    for g in ([1.0, 1.0], [0.0, 2.0], [1.0, 2.0]):
        params, state = rmsprop_step(params, {"w": np.array(g)}, state, lr=0.1, rho=0.5)
    params
    """,
)
