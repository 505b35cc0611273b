"""Momentum, the rate inside, `velocity_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import GUARDS, conventions, examples, mistakes, variants

from .shared_mistakes import (
    BY_PLACE,
    DIFFERENCE,
    KEPT,
    WEIGHTS_KEPT,
    ZERO_FOR_MISSING,
    ZERO_RATE,
    weights_kept,
)

# --- Mistakes -----------------------------------------------------------------------------------------------


INSIDE = "momentum * state[key] - lr * g"


class VelocitiesByPlace:
    def velocity_init(params):
        return [np.zeros_like(w) for w in params.values()]

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        v = [momentum * old - lr * grads[key] for old, key in zip(state, params, strict=True)]
        return {key: params[key] + now for key, now in zip(params, v, strict=True)}, v


class OldWeights:
    def velocity_init(params):
        return {k: 1.0 * w for k, w in params.items()}

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        answer = {k: w - lr * grads[k] + momentum * (w - state[k]) for k, w in params.items()}
        return answer, {k: 1.0 * w for k, w in params.items()}


MISTAKES = mistakes(
    "velocity_step",
    ("velocities_by_place", BY_PLACE, VelocitiesByPlace),
    (
        "old_weights_kept",
        "The weights of before are kept, and the velocity is read off the way from there. That is Polyak's "
        "own form, right as long as nobody else moves the weights; here the state keeps the velocity.",
        OldWeights,
    ),
    (
        "velocity_from_the_places",
        DIFFERENCE,
        (KEPT, KEPT.replace(" v", " {key: (params[key] + v[key]) - params[key] for key in v}")),
    ),
    ("weights_kept", WEIGHTS_KEPT, *weights_kept(INSIDE, "params[key] + v[key]")),
    (
        "zero_taken_for_missing",
        ZERO_FOR_MISSING,
        ("momentum * state[key] - lr * g", "(momentum or 0.9) * state[key] - lr * g"),
    ),
    (
        "zero_rate_leaves_the_state",
        ZERO_RATE,
        (KEPT, KEPT.replace(" v", " {key: v[key] if lr else state[key] for key in v}")),
    ),
    (
        "no_gradient_no_move",
        "A parameter whose gradient is all zero is passed over, velocity and all. It rolls on by μ times its "
        "velocity.",
        (
            KEPT,
            KEPT.replace(" v", " {key: v[key] if grads[key].any() else state[key] for key in v}"),
        ),
        ("params[key] + v[key]", "params[key] + v[key] * grads[key].any()"),
    ),
    (
        "small_velocities_taken_for_none",
        "A velocity that is a small number is taken for none. Small by itself means nothing: keep it.",
        (INSIDE, "(lambda v: np.where(np.abs(v) < 1e-8, 0.0, v))(momentum * state[key] - lr * g)"),
    ),
    (
        "velocity_never_kept",
        "Every update is plain gradient descent, because the velocity starts from zero again. Look at what "
        "this step hands back as its state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_velocity_moves_the_weights",
        "The weights move by the old velocity, and the gradient takes effect one update late. First the "
        "velocity changes, then the weights move by it.",
        ("params[key] + v[key]", "params[key] + state[key]"),
    ),
    (
        "no_friction",
        "The velocity loses nothing, and the weights roll for ever. Look at what μ multiplies.",
        (INSIDE, "state[key] - lr * g"),
    ),
    (
        "friction_on_the_gradient",
        "Friction takes its share of the new push as well. μ multiplies the old velocity and nothing else.",
        (INSIDE, "momentum * (state[key] - lr * g)"),
    ),
    (
        "uphill",
        "The weights go up the slope: of the two signs, that of the push and that of the move, one is wrong.",
        (INSIDE, "momentum * state[key] + lr * g"),
    ),
    (
        "rate_twice",
        "The velocity has the learning rate in it and is multiplied by it once more. In this form the "
        "velocity is the step itself: look at the second line of the formula.",
        ("params[key] + v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "rate_on_the_old_velocity",
        "The learning rate multiplies the old velocity too, which has its rate already, so that almost "
        "nothing is left of it. It belongs to the gradient alone.",
        (INSIDE, "lr * (momentum * state[key] - g)"),
    ),
    (
        "looks_ahead",
        "This is Nesterov's method in the form that Keras has it in (nesterov=True). Here the weights move "
        "by the velocity and nothing else.",
        ("params[key] + v[key]", "params[key] + momentum * v[key] - lr * grads[key]"),
    ),
    (
        "default_momentum_always",
        "The velocity shrinks by the usual factor, whatever momentum the call asks for.",
        (INSIDE, "0.9 * state[key] - lr * g"),
    ),
    (
        "momentum_of_the_step_before",
        "The velocity is multiplied by μ when it is kept, so that every step slows it by the momentum of the "
        "step before. It is this call's μ that multiplies the old velocity.",
        ("momentum * state[key] - lr * g", "state[key] - lr * g"),
        (KEPT, KEPT.replace(" v", " {key: momentum * kept for key, kept in v.items()}")),
    ),
    free={"small_velocities_taken_for_none": ("(v) < {}, 0.0", ("1e-8", *GUARDS))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "velocity_step",
    (
        "rate_outside",
        "The velocity holds gradients, and the rate multiplies the step: the plain form, PyTorch's, of "
        "the exercise before. The two part ways when the rate changes; here it is inside, as in Keras.",
        (INSIDE, "momentum * state[key] + g"),
        ("params[key] + v[key]", "params[key] - lr * v[key]"),
    ),
    (
        "mean_of_gradients",
        "The velocity is a mean of gradients, with 1-μ before each: the averaged form, which is the next "
        "exercise. Here each gradient comes in whole, times the rate.",
        (INSIDE, "momentum * state[key] + (1 - momentum) * g"),
        ("params[key] + v[key]", "params[key] - lr * v[key]"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class VelocityOfPushes:
    """No velocity, but all pushes so far, each with what is left of it."""

    def velocity_init(params):
        return []

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        pushes = [({k: momentum * p for k, p in push.items()}) for push in state]
        pushes.append({k: -lr * g for k, g in grads.items()})
        return {k: w + sum(push[k] for push in pushes) for k, w in params.items()}, pushes


class VelocityTakenOff:
    """The velocity with its sign turned, taken off the weights."""

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        v = {key: state[key] * momentum + grads[key] * lr for key in grads}
        answer = dict(params)
        for key in v:
            answer[key] = params[key] - v[key]
        return answer, v


class VelocityLoop:
    """Loops over single numbers; the state is a dict of lists."""

    def velocity_init(params):
        return {key: [0.0] * w.size for key, w in params.items()}

    def velocity_step(params, grads, state, *, lr, momentum=0.9):
        answer, memory = {}, {}
        for key, w in params.items():
            flat, memory[key] = w.flatten(), []
            for i, (g, old) in enumerate(zip(grads[key].flat, state[key], strict=True)):
                memory[key].append(float(momentum * old - lr * g))
                flat[i] += memory[key][i]
            answer[key] = flat.reshape(w.shape)
        return answer, memory


VARIANTS = variants("velocity_step", VelocityOfPushes, VelocityTakenOff, VelocityLoop)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "velocity_step",
    """
    state = velocity_init({"w": np.array([1.0])})
    for w, lr, mu in ((1e18, 0.5, 0.5), (1.0, 0.25, 0.125)):  # the weight is set anew
        params, state = velocity_step({"w": np.array([w])}, {"w": np.array([2.0])}, state, lr=lr, momentum=mu)
    params
    """,
    """
    at, grads = {"a": np.zeros(1), "b": np.zeros(1)}, {"a": np.array([1.0]), "b": np.array([2.0])}
    at, state = velocity_step(at, grads, velocity_init(at), lr=1.0, momentum=0.5)
    at, grads = {"b": at["b"], "a": at["a"]}, {"b": np.zeros(1), "a": np.zeros(1)}  # in another order
    velocity_step(at, grads, state, lr=1.0, momentum=0.5)[0]
    """,
    """
    params, grads = {"w": np.array([1.0])}, {"w": np.array([2.0])}
    params, state = velocity_step(params, grads, velocity_init(params), lr=0.0)
    params, state = velocity_step(params, grads, state, lr=0.5, momentum=0.5)
    velocity_step(params, grads, state, lr=0.5, momentum=0.0)[0]
    """,
)
