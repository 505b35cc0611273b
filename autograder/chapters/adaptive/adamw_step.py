"""AdamW, `adamw_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, conventions, examples, mistakes, variants

from ..shared import from_other_places, run_of
from .shared import by_sums, one_vector, walked

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("adamw_step", weight=2)
def test_adamw_shrinks_what_has_no_gradient(student, rng):
    """A weight without any gradient shrinks by the factor 1 - lr·weight_decay in every update."""
    params, grads = run_of(rng, steps=4)
    params = {"W": 1e100 * params["W"], "b": 1e-100 * params["b"]}
    nothing = [{key: np.zeros_like(value) for key, value in params.items()} for _ in grads]
    decay, rates = float(rng.uniform(0.3, 0.8)), [0.0, *rng.uniform(0.1, 0.3, size=3).tolist()]

    def follows(*decays):
        n, settings = len(decays), {"lr": PerStep(rates[: len(decays)]), "weight_decay": PerStep(decays)}
        got = student.trajectory("adamw", params, nothing[:n], **settings)
        factors = np.cumprod([1 - lr * decay for lr, decay in zip(rates[:n], decays, strict=True)])
        return close(got, [{key: w * factor for key, w in params.items()} for factor in factors], atol=0.0)

    assert follows(*[decay] * 4), (
        "Without gradients Adam's own step is zero, and what is left is w ← w - lr·λ·w for every entry, "
        "however large or small it is. Does the decay pass through the moments, or lack this update's lr?"
    )
    assert follows(decay, 1e-6, 0.0, decay), (
        "With a weight_decay of its own for every update, tiny or zero in some, the weights are elsewhere. "
        "It is the one of the call, as it is."
    )
    assert follows(20.0, 20.0), (
        "Where lr·weight_decay is above 1 the factor 1 - lr·weight_decay is negative, and the weight changes "
        "its sign. The formula is the same there."
    )
    places = [{key: size * w for key, w in params.items()} for size in (1.0, -2.0, 0.5)]
    got = from_other_places(student, "adamw", places, nothing[:3], lr=0.5, weight_decay=decay)
    assert close(got, [{key: -0.5 * decay * w for key, w in place.items()} for place in places], atol=0.0), (
        "Where the caller sets the weights anew between two updates the decay is another. It is the weight "
        "of the call that shrinks, towards zero: not one that the state remembers."
    )


@pytest.mark.exercise("adamw_step", weight=2)
def test_adamw_without_decay_is_adam(student, rng):
    """With a decay of zero AdamW takes Adam's steps, with the rates, betas and eps that it is given."""
    start, slopes = one_vector(rng)
    rates = [0.0, 40.0, *rng.uniform(0.01, 0.1, size=2).tolist()]
    drawn = float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.7, 0.9))
    for steps, betas, eps in (
        (4, drawn, 1e-4),
        (2, (0.0, 0.0), 1e-12),
        (3, (0.999, 0.3), 0.5),
        (3, (1e-6, 0.99999), 1e-8),
    ):
        hyper, lr = {"betas": betas, "eps": eps}, rates[:steps]
        got = walked(student, "adamw", start, slopes[:steps], lr=PerStep(lr), weight_decay=0.0, **hyper)
        assert close(got, by_sums("adam", start, slopes[:steps], lr=lr, **hyper), atol=1e-9), (
            "With weight_decay = 0 the steps are not Adam's. If your adam_step is right, is it handed this "
            "update's lr, be it zero or large, betas and eps, and does its state come back to it?"
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


class DecayInTheRatio:
    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        b1, b2 = betas
        t, new, m, v = state["t"] + 1, {}, {}, {}
        for k, g in grads.items():
            m[k] = b1 * state["m"][k] + (1 - b1) * g
            v[k] = b2 * state["v"][k] + (1 - b2) * g**2
            root = np.sqrt(v[k] / (1 - b2**t)) + eps
            new[k] = params[k] - lr * (m[k] / (1 - b1**t) + weight_decay * params[k]) / root
        return new, {"t": t, "m": m, "v": v}


DECAY = "moved[key] - lr * weight_decay * params[key]"

MISTAKES = mistakes(
    "adamw_step",
    (
        "penalty_in_the_gradient",
        "The decay is added to the gradient and passes through both moments: this is Adam with an L2 "
        "penalty, which hardly shrinks weights with large gradients. In AdamW it never meets the "
        "moments.",
        (
            "moved, new_state = adam_step(params, grads,",
            "grads = {k: g + weight_decay * params[k] for k, g in grads.items()}\n"
            "    moved, new_state = adam_step(params, grads,",
        ),
        (DECAY, "moved[key]"),
    ),
    (
        "decays_the_moved_weight",
        "Adam's step is taken first and what it gives is then shrunk. Both terms start from the weight "
        "before the update: look at which weight is multiplied by the decay.",
        (DECAY, "moved[key] - lr * weight_decay * moved[key]"),
    ),
    (
        "no_decay",
        "Nothing shrinks: this is Adam. Look at the second term of the formula.",
        (DECAY, "moved[key]"),
    ),
    (
        "weights_grow",
        "The decay has the wrong sign: weights grow where they should shrink.",
        (DECAY, "moved[key] + lr * weight_decay * params[key]"),
    ),
    (
        "vectors_spared",
        "Vectors are spared from the decay, as many recipes do with biases. That is the caller's choice "
        "here: every entry that is given shrinks.",
        (DECAY, "moved[key] - lr * weight_decay * params[key] * (np.ndim(params[key]) > 1)"),
    ),
    (
        "factor_cut_at_zero",
        "Where lr·weight_decay is above 1 the weight becomes zero. The formula has no such bound: the factor "
        "1 - lr·weight_decay may be negative.",
        (DECAY, "moved[key] - params[key] * min(1.0, lr * weight_decay)"),
    ),
    (
        "biases_spared",
        "Entries whose names begin with b are spared from the decay. That is the caller's choice here: every "
        "entry that is given shrinks, whatever its name.",
        (DECAY, 'moved[key] - lr * weight_decay * params[key] * (key[0] != "b")'),
    ),
    (
        "rests_at_a_rate_of_zero",
        "At lr = 0 nothing happens at all. The weights stay, but the moments and the counter take this "
        "gradient in as in any other update.",
        (
            "moved, new_state = adam_step(params, grads,",
            "if lr == 0:\n        return {k: w.copy() for k, w in params.items()}, state\n"
            "    moved, new_state = adam_step(params, grads,",
        ),
    ),
    (
        "decay_in_the_ratio",
        "The decay stands beside m-hat over the root, so that each weight shrinks at a rate of its own, "
        "enormous where gradients are small. It stands outside that ratio.",
        DecayInTheRatio,
    ),
    (
        "betas_in_another_order",
        "The two betas go to Adam's part in another order than the signature has them.",
        ("lr=lr, betas=betas, eps=eps)", "lr=lr, betas=betas[::-1], eps=eps)"),
    ),
    (
        "hyperparameters_not_passed",
        "Adam's part runs on its default betas and eps whatever is asked. Look at the call of adam_step.",
        ("lr=lr, betas=betas, eps=eps)", "lr=lr)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "adamw_step",
    (
        "decay_without_lr",
        "The weights shrink by weight_decay alone, the convention of the paper, whose schedule "
        "multiplies it instead of lr. Here, as in PyTorch, the decay is multiplied by lr.",
        (DECAY, "moved[key] - weight_decay * params[key]"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AdamwAlone:
    """Writes Adam out instead of calling it; shrinks the weights first, as PyTorch does."""

    def adamw_init(params):
        return {"t": 0, "mv": {key: np.zeros((2, *w.shape)) for key, w in params.items()}}

    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        b1, b2 = betas
        t, answer, memory = state["t"] + 1, {}, {}
        for key, g in grads.items():
            m = b1 * state["mv"][key][0] + (1 - b1) * g
            v = b2 * state["mv"][key][1] + (1 - b2) * g**2
            shrunk = (1 - lr * weight_decay) * params[key]
            answer[key] = shrunk - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
            memory[key] = np.stack([m, v])
        return answer, {"t": t, "mv": memory}


class AdamwShrinksFirst:
    """Hands shrunk weights to adam_step: Adam's own step does not depend on where it starts."""

    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        shrunk = {key: w - lr * weight_decay * w for key, w in params.items()}
        return adam_step(shrunk, grads, state, lr=lr, betas=betas, eps=eps)


class AdamwByDifference:
    """Takes Adam's step from zero and adds it; wraps the state in a list."""

    def adamw_init(params):
        return [adam_init(params), "adam"]

    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        origin = {key: np.zeros_like(w) for key, w in params.items()}
        step, inner = adam_step(origin, grads, state[0], lr=lr, betas=betas, eps=eps)
        return {key: w + step[key] - lr * (weight_decay * w) for key, w in params.items()}, [inner, state[1]]


VARIANTS = variants("adamw_step", AdamwAlone, AdamwShrinksFirst, AdamwByDifference)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adamw_step",
    """
    params = {"w": np.array([1.0])}
    state = adamw_init(params)
    for g in (1.0, 2.0):
        grads = {"w": np.array([g])}
        params, state = adamw_step(params, grads, state, lr=0.1, betas=(0.5, 0.75), eps=0.5)
    params
    """,
    """
    params = {"W": np.array([[1.0]]), "b": np.array([1.0]), "c": np.array([2.0])}
    zeros = {key: np.zeros_like(value) for key, value in params.items()}
    params, state = adamw_step(params, zeros, adamw_init(params), lr=0.1, weight_decay=0.5)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    params, state = adamw_step(params, {"w": np.zeros(1)}, adamw_init(params), lr=0.5, weight_decay=3.0)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = adamw_init(params)
    for lr in (0.0, 0.5):
        params, state = adamw_step(params, {"w": np.array([lr + 1.0])}, state, lr=lr, betas=(0.5, 0.75))
    params
    """,
)
