"""Named mistakes of `momentum_step`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

from .shared_mistakes import BY_PLACE, KEPT, WEIGHTS_KEPT, ZERO_FOR_MISSING, ZERO_RATE, weights_kept


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


class VelocitiesByPlace:
    def momentum_init(params):
        return [np.zeros_like(w) for w in params.values()]

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        v = [momentum * old + grads[key] for old, key in zip(state, params, strict=True)]
        return {key: params[key] - lr * now for key, now in zip(params, v, strict=True)}, v


MISTAKES = mistakes(
    "momentum_step",
    ("velocities_by_place", BY_PLACE, VelocitiesByPlace),
    ("weights_kept", WEIGHTS_KEPT, *weights_kept("momentum * state[key] + g", "params[key] - lr * v[key]")),
    (
        "zero_taken_for_missing",
        ZERO_FOR_MISSING,
        ("momentum * state[key] + g", "(momentum or 0.9) * state[key] + g"),
    ),
    (
        "zero_rate_leaves_the_state",
        ZERO_RATE,
        (KEPT, KEPT.replace(" v", " {key: v[key] if lr else state[key] for key in v}")),
    ),
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
