"""Nadam, `nadam_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("nadam_step")
def test_nadam_looks_ahead(student, rng):
    """The first step is longer than lr by what one more step of momentum would add."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 1e3), zeros=False)
    beta1 = float(rng.uniform(0.4, 0.8))
    first = moves(params, student.trajectory("nadam", params, grads[:1], lr=0.1, betas=(beta1, 0.9)))[0]
    want = {key: -0.1 * (1 + beta1 / (1 + beta1)) * np.sign(g) for key, g in grads[0].items()}
    assert close(first, want, rtol=1e-6), (
        "The first step is not the formula's. Put t = 1 into the two fractions of m-hat: the first is "
        "corrected as the next update's m will be, the second as this update's gradient. Which power of β₁ "
        "stands in which, and is v corrected with β₂ alone?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


AHEAD = "beta1 * m[key] / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)"

MISTAKES = mistakes(
    "nadam_step",
    (
        "does_not_look_ahead",
        "This is Adam: the corrected mean itself, without the step ahead. Look at the two fractions of "
        "m-hat.",
        (AHEAD, "m[key] / (1 - beta1**t)"),
    ),
    (
        "old_mean_looks_ahead",
        "The mean of before this update stands in the part that looks ahead, which then gives Adam's "
        "numerator with odd corrections. It is the mean just computed.",
        (AHEAD, 'beta1 * state["m"][key] / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)'),
    ),
    (
        "gradient_with_full_weight",
        "This update's gradient comes into m-hat with weight one. It has the weight it has in the mean, "
        "so that the whole stays a mean: look at the second fraction.",
        (AHEAD, "beta1 * m[key] / (1 - beta1 ** (t + 1)) + g"),
    ),
    (
        "eps_inside_the_root",
        "Epsilon is added under the root. Here, as in Adam, it is added to the root of the corrected "
        "mean of squares.",
        ("root = np.sqrt(v[key] / (1 - beta2**t))", "root = np.sqrt(v[key] / (1 - beta2**t) + eps) - eps"),
    ),
    (
        "v_not_corrected",
        "The mean of squares is not corrected for its start at zero. Look at what stands under the root.",
        ("root = np.sqrt(v[key] / (1 - beta2**t))", "root = np.sqrt(v[key])"),
    ),
    (
        "one_beta_for_both",
        "The mean of squares forgets by the first beta. It has the second: look at the line of v and at its "
        "correction.",
        (
            'v = {key: beta2 * state["v"][key] + (1 - beta2) * g**2',
            'v = {key: beta1 * state["v"][key] + (1 - beta1) * g**2',
        ),
        ("root = np.sqrt(v[key] / (1 - beta2**t))", "root = np.sqrt(v[key] / (1 - beta1**t))"),
    ),
    (
        "skips_arrays_without_gradient",
        "A parameter whose gradient is all zero is left out of the update. Both of its means go on all the "
        "same, and the weights still move by what m remembers.",
        (
            "new_params[key] = params[key] - lr * ahead / (root + eps)\n",
            "new_params[key] = params[key] - lr * ahead / (root + eps)\n"
            "        if not np.any(g):\n"
            '            new_params[key], m[key], v[key] = params[key], state["m"][key], state["v"][key]\n',
        ),
    ),
    (
        "no_gradient_no_move",
        "A weight whose gradient is zero stays where it is. It moves by what the mean of gradients "
        "remembers, whatever this update's gradient is.",
        (
            "new_params[key] = params[key] - lr * ahead / (root + eps)\n",
            "new_params[key] = params[key] - lr * ahead / (root + eps)\n"
            "        new_params[key] = np.where(g == 0, params[key], new_params[key])\n",
        ),
    ),
    (
        "counter_stays_at_one",
        "The counter of updates does not rise from one step to the next, so that every step is "
        "corrected like the first. Look at what the new state says about it.",
        ('"t": t,', '"t": state["t"],'),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class DozatsSchedule:
    def nadam_init(params):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"t": 0, "product": 1.0, "m": zero, "v": zero}

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        t = state["t"] + 1
        now, after = (betas[0] * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in (t, t + 1))
        product, new, m, v = state["product"] * now, {}, {}, {}
        for k, g in grads.items():
            m[k] = betas[0] * state["m"][k] + (1 - betas[0]) * g
            v[k] = betas[1] * state["v"][k] + (1 - betas[1]) * g**2
            root = np.sqrt(v[k] / (1 - betas[1] ** t)) + eps
            ahead = after * m[k] / (1 - product * after) + (1 - now) * g / (1 - product)
            new[k] = params[k] - lr * ahead / root
        return new, {"t": t, "product": product, "m": m, "v": v}


CONVENTIONS = conventions(
    "nadam_step",
    (
        "dozats_schedule",
        "The first beta follows Dozat's schedule, which begins near half of it: PyTorch's NAdam by "
        "default. Asked for is the plain form, in which it stays the same throughout.",
        DozatsSchedule,
    ),
    (
        "one_correction_for_both",
        "Both parts are corrected by the same power of the first beta, as in Ruder's overview and the "
        "many pages that follow it. The part that looks ahead belongs to the next update: its power is "
        "one higher.",
        (AHEAD, "(beta1 * m[key] + (1 - beta1) * g) / (1 - beta1**t)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class NadamLoop:
    """One number at a time; the state is a list of counter and dict of lists."""

    def nadam_init(params):
        return [0, {key: [[0.0, 0.0] for _ in range(w.size)] for key, w in params.items()}]

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        (b1, b2), t = betas, state[0] + 1
        answer, memory = {}, {}
        for key, w in params.items():
            new, memory[key] = [], []
            flat = zip(w.ravel().tolist(), grads[key].ravel().tolist(), state[1][key], strict=True)
            for x, g, (m, v) in flat:
                m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
                top = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
                new.append(x - lr * top / ((v / (1 - b2**t)) ** 0.5 + eps))
                memory[key].append([m, v])
            answer[key] = np.reshape(new, w.shape)
        return answer, [t, memory]


class NadamSums:
    """Keeps m and v without their (1-beta) and puts the factors into two scalars."""

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        b1, b2 = betas
        t = state["t"] + 1
        m = {key: b1 * state["m"][key] + g for key, g in grads.items()}
        v = {key: b2 * state["v"][key] + g * g for key, g in grads.items()}
        c_m = lr * (1 - b1) * b1 / (1 - b1 ** (t + 1))
        c_g = lr * (1 - b1) / (1 - b1**t)
        root = {key: np.sqrt((1 - b2) / (1 - b2**t)) * np.sqrt(v[key]) + eps for key in v}
        answer = {key: params[key] - (c_m * m[key] + c_g * grads[key]) / root[key] for key in params}
        return answer, {"t": t, "m": m, "v": v}


class NadamByUpdate:
    """Begins with copies of the arguments, updates the copied dicts, counts t from one."""

    def nadam_init(params):
        return {
            "t": 1,
            "m": {k: 0 * w for k, w in params.items()},
            "v": {k: 0 * w for k, w in params.items()},
        }

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        answer, m, v, t = dict(params), dict(state["m"]), dict(state["v"]), state["t"]
        for key, g in grads.items():
            m[key] = m[key] * betas[0] + (1 - betas[0]) * g
            v[key] = v[key] * betas[1] + (1 - betas[1]) * np.square(g)
            now, ahead = g * (1 - betas[0]) / (1 - betas[0] ** t), m[key] / (1 - betas[0] ** (t + 1))
            step = (betas[0] * ahead + now) / (np.sqrt(v[key] / (1 - betas[1] ** t)) + eps)
            answer[key] = answer[key] - lr * step
        return answer, {"t": t + 1, "m": m, "v": v}


VARIANTS = variants("nadam_step", NadamLoop, NadamSums, NadamByUpdate)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "nadam_step",
    """
    params = {"w": np.array([1.0])}
    params, state = nadam_step(params, {"w": np.array([1.0])}, nadam_init(params), lr=0.1, eps=0.5)
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = nadam_init(params)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, 2.0]):
        params, state = nadam_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = nadam_init(params)
    for g in ([1.0, 1.0], [0.0, 2.0], [1.0, 2.0]):
        params, state = nadam_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
)
