"""Named mistakes of `nesterov_lookahead_step`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

from .shared_mistakes import DIFFERENCE, KEPT, WEIGHTS_KEPT

AHEAD = "params[key] + momentum * state[key] for key in params"


class WeightsKept:
    def nesterov_lookahead_init(params):
        return {"w": params, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        w, v = state["w"], state["v"]
        slope = grad_fn({k: w[k] + momentum * v[k] for k in w})
        v = {k: momentum * v[k] - lr * slope[k] for k in w}
        new = {k: w[k] + v[k] for k in w}
        return new, {"w": new, "v": v}


class OldWeights:
    def nesterov_lookahead_init(params):
        return params

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        coast = {k: momentum * (w - state[k]) for k, w in params.items()}
        slope = grad_fn({k: params[k] + coast[k] for k in params})
        return {k: params[k] + (coast[k] - lr * slope[k]) for k in params}, params


MISTAKES = mistakes(
    "nesterov_lookahead_step",
    ("weights_kept", WEIGHTS_KEPT, WeightsKept),
    (
        "old_weights_kept",
        "The weights of before are kept, and the velocity is read off the way from there. That is right as "
        "long as nobody else moves the weights; here the state keeps the velocity.",
        OldWeights,
    ),
    (
        "velocity_from_the_places",
        DIFFERENCE,
        (KEPT, KEPT.replace(" v", " {key: (params[key] + v[key]) - params[key] for key in v}")),
    ),
    (
        "no_slope_at_a_rate_of_zero",
        "At lr = 0 the slope is not asked for. It is asked for once in every update.",
        ("grads = grad_fn(ahead)", "grads = grad_fn(ahead) if lr else ahead"),
    ),
    (
        "no_look_ahead",
        "The slope is taken at the weights themselves, which makes this plain momentum. It is taken where "
        "the old velocity would carry them: look at what grad_fn is given.",
        ("grads = grad_fn(ahead)", "grads = grad_fn(params)"),
    ),
    (
        "looks_back",
        "The slope is taken behind the weights, where they came from. In this form the velocity points the "
        "way that the weights go: look at the sign with which you add it.",
        (AHEAD, "params[key] - momentum * state[key] for key in params"),
    ),
    (
        "looks_too_far",
        "The slope is taken a whole velocity ahead. Friction takes its share before the weights get there: "
        "look at what multiplies v inside of the gradient's argument.",
        (AHEAD, "params[key] + state[key] for key in params"),
    ),
    (
        "steps_from_ahead",
        "The new velocity is added to the look-ahead point, so that the old one counts twice. The step "
        "starts from the weights themselves.",
        ("params[key] + v[key]", "ahead[key] + v[key]"),
    ),
    (
        "asks_once_a_parameter",
        "The slope is asked for anew for every parameter, which costs a backward pass each time. Ask once, "
        "and use the answer for all: look at whether grad_fn is called inside of a loop.",
        ("grads = grad_fn(ahead)", "grads = {key: grad_fn(ahead)[key] for key in params}"),
    ),
    (
        "one_parameter_ahead",
        "Each slope is taken with one parameter ahead and all others at rest. They all move together, and "
        "slopes depend on one another: move all of them first, then ask.",
        (
            "grads = grad_fn(ahead)",
            "grads = {key: grad_fn({**params, key: ahead[key]})[key] for key in params}",
        ),
    ),
    (
        "asks_twice",
        "The slope is taken at the weights and ahead of them, and both are used. One backward pass an "
        "update is enough: the slope at the weights plays no part.",
        ("grads = grad_fn(ahead)", "grads, here = grad_fn(ahead), grad_fn(params)"),
        ("- lr * grads[key]", "- lr * (grads[key] + here[key]) / 2"),
    ),
    (
        "velocity_never_kept",
        "The velocity is zero in every update, so that there is nothing to look along and every step is "
        "plain descent. Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign of the gradient in the new velocity.",
        ("- lr * grads[key]", "+ lr * grads[key]"),
    ),
    (
        "gradients_by_place",
        "Parameters and gradients are paired by their places in the dicts. grad_fn may answer in another "
        "order: look gradients up by their keys.",
        ("grads = grad_fn(ahead)", "grads = dict(zip(params, grad_fn(ahead).values(), strict=True))"),
    ),
    (
        "gradients_changed_in_place",
        "The arrays that grad_fn returned are changed in place. It may hand out the same ones again: make "
        "new arrays.",
        (
            "grads = grad_fn(ahead)",
            "grads = grad_fn(ahead)\n    for key in params:\n        grads[key] *= lr",
        ),
        ("- lr * grads[key]", "- grads[key]"),
    ),
    (
        "momentum_of_the_step_before",
        "The velocity is multiplied by μ when it is kept, so that every step slows it by the momentum of the "
        "step before. It is this call's μ that multiplies the old velocity, in both places.",
        (AHEAD, "params[key] + state[key] for key in params"),
        ("v = {key: momentum * state[key]", "v = {key: state[key]"),
        (KEPT, KEPT.replace(" v", " {key: momentum * kept for key, kept in v.items()}")),
    ),
    (
        "no_friction",
        "The look ahead is right, but then the old velocity is kept whole. μ stands in both places.",
        ("v = {key: momentum * state[key]", "v = {key: state[key]"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "nesterov_lookahead_step",
    (
        "rate_outside",
        "The velocity holds gradients and the rate multiplies the step, as in the plain form of "
        "momentum. The two part ways when the rate changes; here, as in Sutskever et al. 2013, the rate "
        "is inside.",
        (AHEAD, "params[key] - lr * momentum * state[key] for key in params"),
        ("- lr * grads[key]", "+ grads[key]"),
        ("params[key] + v[key]", "params[key] - lr * v[key]"),
    ),
    (
        "current_parameter_form",
        "This is the form of the libraries, whose weights are the look-ahead points and which takes the "
        "slope where it stands: the next exercise. Here the weights stay behind and the slope is taken "
        "ahead.",
        ("grads = grad_fn(ahead)", "grads = grad_fn(params)"),
        ("params[key] + v[key]", "params[key] + momentum * v[key] - lr * grads[key]"),
    ),
)
