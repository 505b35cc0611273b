"""Momentum, the plain form, `momentum_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import conventions, examples, mistakes, variants

from .shared import KEPT

# --- Mistakes -----------------------------------------------------------------------------------------------


class HistoryWeightedAnew:
    def momentum_init(params):
        return []

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        history, new = [*state, grads], {}
        for key in params:
            v = 0.0
            for old in history:
                v = momentum * v + old[key]
            new[key] = params[key] - lr * v
        return new, history


MISTAKES = mistakes(
    "momentum_step",
    (
        "history_weighted_anew",
        "All gradients so far are weighted by this call's μ. It multiplies the old velocity once: what the "
        "calls before made of older gradients stays as it is.",
        HistoryWeightedAnew,
    ),
    (
        "zero_momentum_leaves_the_state",
        "In an update with μ = 0 the old velocity is kept. There too the velocity becomes what the formula "
        "says, the gradient alone.",
        (KEPT, KEPT.replace(" v", " {key: v[key] if momentum else state[key] for key in v}")),
    ),
    (
        "velocity_never_kept",
        "Every update is plain gradient descent, because the velocity starts from zero again. Look at what "
        "comes back as the new state. (The same slip, the velocity set to zero inside of the loop, stands "
        "in more than one set of slides.)",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_velocity_moves_the_weights",
        "The weights move by the velocity of before this update, and the gradient takes effect one update "
        "late. The velocity takes the gradient in first.",
        ("lr * v[key]", "lr * state[key]"),
    ),
    (
        "no_friction",
        "Nothing of the velocity is ever lost, so that it grows without end. Look at what μ multiplies.",
        ("momentum * state[key] + g", "state[key] + g"),
    ),
    (
        "friction_on_the_gradient",
        "Friction takes its share of the new gradient as well. μ multiplies the old velocity alone: look at "
        "what stands inside of your brackets.",
        ("momentum * state[key] + g", "momentum * (state[key] + g)"),
    ),
    (
        "uphill",
        "The weights go up the slope. Look at the sign of the step.",
        ("params[key] - lr * v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "gradient_counted_twice",
        "The step takes the gradient and the velocity, which holds that gradient already. Look at what is "
        "taken off the weights.",
        ("lr * v[key]", "lr * (grads[key] + v[key])"),
    ),
    (
        "looks_ahead",
        "This is Nesterov's method, which comes later. Here the weights move along the velocity itself.",
        ("lr * v[key]", "lr * (grads[key] + momentum * v[key])"),
    ),
    (
        "rate_twice",
        "The learning rate is in the velocity and in the step, so that it counts twice. In this form the "
        "velocity holds gradients as they are.",
        ("momentum * state[key] + g", "momentum * state[key] + lr * g"),
    ),
    (
        "default_momentum_always",
        "The velocity shrinks by the usual factor whatever is asked. Look at whether the argument momentum "
        "is used.",
        ("momentum * state[key] + g", "0.9 * state[key] + g"),
    ),
    (
        "momentum_of_the_step_before",
        "The velocity is multiplied by μ when it is kept, so that every step slows it by the momentum of the "
        "step before. It is this call's μ that multiplies the old velocity.",
        ("momentum * state[key] + g", "state[key] + g"),
        (KEPT, KEPT.replace(" v", " {key: momentum * kept for key, kept in v.items()}")),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class DampedFromTheSecondOn:
    def momentum_init(params):
        return {"begun": False, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        share = 1 - momentum if state["begun"] else 1.0
        v = {k: momentum * state["v"][k] + share * g for k, g in grads.items()}
        return {k: params[k] - lr * v[k] for k in params}, {"begun": True, "v": v}


CONVENTIONS = conventions(
    "momentum_step",
    (
        "rate_inside",
        "The learning rate is inside of the velocity: the form of Sutskever et al. 2013 and of Keras, "
        "which is the next exercise. Here, as in PyTorch, the velocity holds gradients and the rate "
        "multiplies the step.",
        ("momentum * state[key] + g", "momentum * state[key] - lr * g"),
        ("params[key] - lr * v[key]", "params[key] + v[key]"),
    ),
    (
        "mean_of_gradients",
        "The velocity is a mean of gradients, with 1-μ before each: the averaged form, two exercises "
        "on, which takes these steps at a rate 1/(1-μ) as large. Here each gradient comes in whole.",
        ("momentum * state[key] + g", "momentum * state[key] + (1 - momentum) * g"),
    ),
    (
        "torch_dampening",
        "From the second gradient on only the share 1-μ comes in: that is PyTorch with dampening=μ, "
        "which leaves the first gradient whole. Here, as in PyTorch's default, all come in whole.",
        DampedFromTheSecondOn,
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class MomentumHistory:
    """Keeps every gradient and every momentum so far, and sums all of them anew at each step."""

    def momentum_init(params):
        return []

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        history = [*state, [momentum, {key: g.copy() for key, g in grads.items()}]]
        answer = {key: w.copy() for key, w in params.items()}
        weight = 1.0
        for factor, past in reversed(history):
            for key in answer:
                answer[key] -= lr * weight * past[key]
            weight *= factor
        return answer, history


class MomentumInPlace:
    """Works in place on deep copies of everything, and prints."""

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        import copy

        params, state = copy.deepcopy(params), copy.deepcopy(state)
        for key in params:
            state[key] *= momentum
            state[key] += grads[key]
            params[key] -= lr * state[key]
            print(key, params[key])
        return params, state


class MomentumOneVector:
    """Joins all velocities into one vector, made at the first step."""

    def momentum_init(params):
        return {"begun": False, "v": np.zeros(0)}

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        names = sorted(params)
        v = np.concatenate([grads[key].ravel() for key in names])
        if state["begun"]:
            v += momentum * state["v"]
        cuts = np.cumsum([params[key].size for key in names])[:-1]
        pieces = dict(zip(names, np.split(v, cuts), strict=True))
        answer = {key: w - lr * pieces[key].reshape(w.shape) for key, w in params.items()}
        return answer, {"begun": True, "v": v}


class MomentumNegative:
    """A velocity that points downhill, in a tuple with a counter that nobody needs."""

    def momentum_init(params):
        return (0, {key: 0.0 * w for key, w in params.items()})

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        v = {key: momentum * state[1][key] - grads[key] for key in params}
        return {key: np.add(w, lr * v[key]) for key, w in params.items()}, (state[0] + 1, v)


VARIANTS = variants("momentum_step", MomentumHistory, MomentumInPlace, MomentumOneVector, MomentumNegative)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "momentum_step",
    """
    params = {"w": np.array([1.0])}
    state = momentum_init(params)
    for lr, mu in ((0.5, 0.5), (0.25, 0.125)):
        params, state = momentum_step(params, {"w": np.array([2.0])}, state, lr=lr, momentum=mu)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = momentum_init(params)
    for mu in (0.5, 0.0, 0.5):
        params, state = momentum_step(params, {"w": np.array([2.0])}, state, lr=0.5, momentum=mu)
    params
    """,
)
