"""Momentum, the mean, `averaged_momentum_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import conventions, examples, mistakes, variants

from .shared_mistakes import BY_PLACE, KEPT, WEIGHTS_KEPT, ZERO_FOR_MISSING, ZERO_RATE, weights_kept

# --- Mistakes -----------------------------------------------------------------------------------------------


MEAN = "momentum * state[key] + (1 - momentum) * g"


class CorrectedMean:
    def averaged_momentum_init(params):
        return {"t": 0, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        t = state["t"] + 1
        v = {k: momentum * state["v"][k] + (1 - momentum) * g for k, g in grads.items()}
        return {k: params[k] - lr * v[k] / (1 - momentum**t) for k in params}, {"t": t, "v": v}


class VelocitiesByPlace:
    def averaged_momentum_init(params):
        return [np.zeros_like(w) for w in params.values()]

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        v = [momentum * old + (1 - momentum) * grads[key] for old, key in zip(state, params, strict=True)]
        return {key: params[key] - lr * now for key, now in zip(params, v, strict=True)}, v


MISTAKES = mistakes(
    "averaged_momentum_step",
    ("velocities_by_place", BY_PLACE, VelocitiesByPlace),
    ("weights_kept", WEIGHTS_KEPT, *weights_kept(MEAN, "params[key] - lr * v[key]")),
    (
        "zero_taken_for_missing",
        ZERO_FOR_MISSING,
        (
            "momentum * state[key] + (1 - momentum) * g",
            "(momentum or 0.9) * state[key] + (1 - (momentum or 0.9)) * g",
        ),
    ),
    (
        "zero_rate_leaves_the_state",
        ZERO_RATE,
        (KEPT, KEPT.replace(" v", " {key: v[key] if lr else state[key] for key in v}")),
    ),
    (
        "weights_swapped",
        "The two weights of the mean are swapped, so that hardly anything is remembered. μ belongs to what "
        "was there before.",
        (MEAN, "(1 - momentum) * state[key] + momentum * g"),
    ),
    (
        "mean_never_kept",
        "Each update begins with a mean of zero, so that every step is a small share of plain descent's. "
        "Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_mean_moves_the_weights",
        "The weights move along the mean of before this update; the gradient takes effect one update late.",
        ("lr * v[key]", "lr * state[key]"),
    ),
    (
        "corrected",
        "The mean is corrected for its start at zero, as Adam does it. Here the first steps are short, and "
        "stay so.",
        CorrectedMean,
    ),
    (
        "rate_inside",
        "The learning rate is inside of the mean, so that a rate that changes reaches old gradients no "
        "more. In this form it multiplies the finished mean.",
        (MEAN, "momentum * state[key] + (1 - momentum) * lr * g"),
        ("lr * v[key]", "v[key]"),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign before the mean.",
        ("params[key] - lr * v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "looks_ahead",
        "The mean looks one step ahead, which is Nesterov's idea and Nadam's. Here the weights move along "
        "the mean as it is.",
        ("lr * v[key]", "lr * (momentum * v[key] + (1 - momentum) * grads[key])"),
    ),
    (
        "share_taken_twice",
        "The share 1-μ is taken from the gradient and once more from the step, which is far too short. It "
        "stands in the mean alone.",
        ("lr * v[key]", "lr * (1 - momentum) * v[key]"),
    ),
    (
        "default_momentum_always",
        "The mean's weights are the usual ones whatever is asked. Look at where the argument momentum is "
        "used.",
        (MEAN, "0.9 * state[key] + 0.1 * g"),
    ),
    (
        "momentum_of_the_step_before",
        "The velocity is multiplied by μ when it is kept, so that every step slows it by the momentum of the "
        "step before. It is this call's μ that multiplies the old velocity.",
        ("momentum * state[key] + (1 - momentum) * g", "state[key] + (1 - momentum) * g"),
        (KEPT, KEPT.replace(" v", " {key: momentum * kept for key, kept in v.items()}")),
    ),
    (
        "share_outside",
        "The velocity adds up whole gradients and the step takes the share 1 - μ of it. Where μ changes, old "
        "gradients then weigh otherwise: each comes in with the share of its own update.",
        (MEAN, "momentum * state[key] + g"),
        ("lr * v[key]", "lr * (1 - momentum) * v[key]"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class AveragedDampedFromTheSecondOn:
    def averaged_momentum_init(params):
        return {"begun": False, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        share = 1 - momentum if state["begun"] else 1.0
        v = {k: momentum * state["v"][k] + share * g for k, g in grads.items()}
        return {k: params[k] - lr * v[k] for k in params}, {"begun": True, "v": v}


CONVENTIONS = conventions(
    "averaged_momentum_step",
    (
        "plain_form",
        "Each gradient comes in whole: the plain form, PyTorch's, whose rate is 1-μ times as large for "
        "the same steps. Asked for is a mean, whose two weights add up to one.",
        (MEAN, "momentum * state[key] + g"),
    ),
    (
        "inside_form",
        "The rate is inside and each gradient comes in whole: the form of Sutskever et al. 2013 and of "
        "Keras. Asked for is a mean of gradients that the rate multiplies from outside.",
        (MEAN, "momentum * state[key] - lr * g"),
        ("params[key] - lr * v[key]", "params[key] + v[key]"),
    ),
    (
        "torch_dampening",
        "The first gradient comes in whole and only the later ones by the share 1-μ: that is PyTorch's "
        "dampening=μ, which is not a mean. Here the share is taken of the first one too.",
        AveragedDampedFromTheSecondOn,
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AveragedStepwise:
    """The mean moves towards the gradient; the state is made at the first step."""

    def averaged_momentum_init(params):
        return None

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        old = state or {key: np.zeros(w.shape) for key, w in params.items()}
        v = {key: old[key] + (1 - momentum) * (grads[key] - old[key]) for key in old}
        return {key: params[key] + lr * -v[key] for key in params}, v


class AveragedStack:
    """Mean and gradient stacked and weighed by one product; a list of pairs as state."""

    def averaged_momentum_init(params):
        return [[key, np.zeros_like(w)] for key, w in params.items()]

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        weights, answer, memory = np.array([momentum, 1 - momentum]), {}, []
        for key, old in state:
            v = np.einsum("i,i...->...", weights, np.stack([old, grads[key]]))
            memory.append([key, v])
            answer[key] = params[key] - np.multiply(lr, v)
        return answer, memory


class AveragedHistory:
    """Averages all gradients so far by its own ewma, one parameter at a time."""

    def averaged_momentum_init(params):
        return {"grads": [], "momenta": []}

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        kept = {key: g.copy() for key, g in grads.items()}
        past, momenta = [*state["grads"], kept], [*state["momenta"], momentum]
        answer = {}
        for key, w in params.items():
            v = np.zeros_like(w)
            for mu, g in zip(momenta, past, strict=True):
                v = mu * v + ewma(g[key][None], beta=mu)[0]
            answer[key] = w - lr * v
        return answer, {"grads": past, "momenta": momenta}


VARIANTS = variants("averaged_momentum_step", AveragedStepwise, AveragedStack, AveragedHistory)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "averaged_momentum_step",
    """
    state = averaged_momentum_init({"w": np.array([1.0])})
    for w, lr, mu in ((1e18, 0.5, 0.5), (1.0, 0.25, 0.125)):  # the weight is set anew
        params, grads = {"w": np.array([w])}, {"w": np.array([2.0])}
        params, state = averaged_momentum_step(params, grads, state, lr=lr, momentum=mu)
    params
    """,
    """
    at, grads = {"a": np.zeros(1), "b": np.zeros(1)}, {"a": np.array([1.0]), "b": np.array([2.0])}
    at, state = averaged_momentum_step(at, grads, averaged_momentum_init(at), lr=1.0, momentum=0.5)
    at, grads = {"b": at["b"], "a": at["a"]}, {"b": np.zeros(1), "a": np.zeros(1)}  # in another order
    averaged_momentum_step(at, grads, state, lr=1.0, momentum=0.5)[0]
    """,
    """
    params, grads = {"w": np.array([1.0])}, {"w": np.array([2.0])}
    params, state = averaged_momentum_step(params, grads, averaged_momentum_init(params), lr=0.0)
    params, state = averaged_momentum_step(params, grads, state, lr=0.5, momentum=0.5)
    averaged_momentum_step(params, grads, state, lr=0.5, momentum=0.0)[0]
    """,
)
