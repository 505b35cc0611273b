"""Nesterov from the gradient at hand, `nesterov_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import conventions, examples, mistakes, variants

from .shared_mistakes import BY_PLACE, KEPT, WEIGHTS_KEPT, ZERO_FOR_MISSING, ZERO_RATE, weights_kept

# --- Mistakes -----------------------------------------------------------------------------------------------


CORRECTED = "lr * (grads[key] + momentum * v[key])"


class VelocitiesByPlace:
    def nesterov_init(params):
        return [np.zeros_like(w) for w in params.values()]

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        v = [momentum * old + grads[key] for old, key in zip(state, params, strict=True)]
        return {
            key: params[key] - lr * (grads[key] + momentum * now) for key, now in zip(params, v, strict=True)
        }, v


MISTAKES = mistakes(
    "nesterov_step",
    ("velocities_by_place", BY_PLACE, VelocitiesByPlace),
    ("weights_kept", WEIGHTS_KEPT, *weights_kept("momentum * state[key] + g", "params[key] - " + CORRECTED)),
    (
        "zero_taken_for_missing",
        ZERO_FOR_MISSING,
        ("v = {key: momentum", "momentum = momentum or 0.9\n    v = {key: momentum"),
    ),
    (
        "zero_rate_leaves_the_state",
        ZERO_RATE,
        (KEPT, KEPT.replace(" v", " {key: v[key] if lr else state[key] for key in v}")),
    ),
    (
        "plain_momentum",
        "The step is the velocity, and this is plain momentum. (So it is if the gradient is added to μ "
        "times the old velocity: that sum is the new one.) Look at which velocity stands in the second "
        "formula.",
        (CORRECTED, "lr * v[key]"),
    ),
    (
        "whole_velocity_ahead",
        "The gradient is added to the whole new velocity. The look ahead goes as far as friction lets it: μ "
        "stands in the second formula too.",
        (CORRECTED, "lr * (grads[key] + v[key])"),
    ),
    (
        "gradient_left_out",
        "The step looks ahead but leaves this update's gradient out. Two terms are added in the second "
        "formula.",
        (CORRECTED, "lr * momentum * v[key]"),
    ),
    (
        "velocity_never_kept",
        "The velocity starts from zero in every update: each step is plain descent, only 1 + μ times as "
        "long. Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "step_kept_as_velocity",
        "What is kept is the sum that the weights moved along, where the velocity itself belongs. The look "
        "ahead is for the weights alone.",
        (
            "for key in params}, v\n",
            "for key in params}, {key: g + momentum * v[key] for key, g in grads.items()}\n",
        ),
    ),
    (
        "no_friction",
        "The velocity loses nothing from step to step. Look at the first formula: what does μ multiply "
        "there?",
        ("momentum * state[key] + g", "state[key] + g"),
    ),
    (
        "friction_on_the_gradient",
        "In the first formula friction takes its share of the new gradient as well. μ multiplies the old "
        "velocity alone there.",
        ("momentum * state[key] + g", "momentum * (state[key] + g)"),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign before the learning rate.",
        ("params[key] - lr", "params[key] + lr"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "nesterov_step",
    (
        "rate_inside",
        "The learning rate is inside of the velocity, as in Keras' SGD(nesterov=True). While the rate is "
        "constant the steps are the same; here, as in PyTorch, it multiplies the whole step.",
        ("momentum * state[key] + g", "momentum * state[key] - lr * g"),
        ("params[key] - " + CORRECTED, "params[key] + momentum * v[key] - lr * grads[key]"),
    ),
    (
        "mean_of_gradients",
        "The velocity is a mean of gradients, with 1-μ before each, as in Nadam without its "
        "corrections. Here, as in PyTorch, each gradient comes in whole.",
        ("momentum * state[key] + g", "momentum * state[key] + (1 - momentum) * g"),
        (CORRECTED, "lr * ((1 - momentum) * grads[key] + momentum * v[key])"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class NesterovExpanded:
    """The new velocity put in: (1 + μ) times the gradient and μ² times the old velocity."""

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        answer = {k: params[k] - lr * ((1 + momentum) * grads[k] + momentum**2 * state[k]) for k in params}
        return answer, {k: grads[k] + momentum * state[k] for k in params}


class NesterovTwice:
    """The step is a second velocity, made from the first as the first is made from the old one."""

    def nesterov_init(params):
        return ({key: np.zeros_like(w) for key, w in params.items()},)

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        def roll(v):
            return {key: momentum * v[key] + grads[key] for key in v}

        v = roll(state[0])
        step = roll(v)
        return {key: params[key] - step[key] * lr for key in params}, (v,)


class NesterovInParts:
    """First the gradient's part of the step, then the velocity's, in place on copies; loops over indices."""

    def nesterov_init(params):
        return {}

    def nesterov_step(params, grads, state, *, lr, momentum=0.9):
        answer, memory = {}, {}
        for key, w in params.items():
            answer[key] = np.array(w)
            memory[key] = np.array(state[key]) if key in state else np.zeros_like(w)
            for i in np.ndindex(*w.shape):
                memory[key][i] = momentum * memory[key][i] + grads[key][i]
                answer[key][i] -= lr * grads[key][i]
                answer[key][i] -= lr * momentum * memory[key][i]
        return answer, memory


VARIANTS = variants("nesterov_step", NesterovExpanded, NesterovTwice, NesterovInParts)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "nesterov_step",
    """
    state = nesterov_init({"w": np.array([1.0])})
    for w, lr, mu in ((4.0, 0.5, 0.5), (1.0, 0.25, 0.125)):  # the weight is set anew
        params, state = nesterov_step({"w": np.array([w])}, {"w": np.array([2.0])}, state, lr=lr, momentum=mu)
    params
    """,
    """
    at, grads = {"a": np.zeros(1), "b": np.zeros(1)}, {"a": np.array([1.0]), "b": np.array([2.0])}
    at, state = nesterov_step(at, grads, nesterov_init(at), lr=1.0, momentum=0.5)
    at, grads = {"b": at["b"], "a": at["a"]}, {"b": np.zeros(1), "a": np.zeros(1)}  # in another order
    nesterov_step(at, grads, state, lr=1.0, momentum=0.5)[0]
    """,
    """
    params, grads = {"w": np.array([1.0])}, {"w": np.array([2.0])}
    params, state = nesterov_step(params, grads, nesterov_init(params), lr=0.0)
    params, state = nesterov_step(params, grads, state, lr=0.5, momentum=0.5)
    nesterov_step(params, grads, state, lr=0.5, momentum=0.0)[0]
    """,
)
