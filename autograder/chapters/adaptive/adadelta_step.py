"""Adadelta, `adadelta_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("adadelta_step")
def test_adadelta_begins_from_eps(student, rng):
    """The first step is the root of eps times the gradient over its root mean square."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    eps = float(10 ** rng.uniform(-4, -3))
    first = moves(params, student.trajectory("adadelta", params, grads[:1], rho=0.75, eps=eps))[0]
    want = {key: -g * np.sqrt(eps / (0.25 * g**2 + eps)) for key, g in grads[0].items()}
    assert close(first, want, rtol=1e-7), (
        "In the first update u is zero, so eps alone is under the upper root; v already holds (1-rho)·g². "
        "Which u does the step use, and are both roots taken?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "adadelta_step",
    (
        "eps_outside_the_roots",
        "Epsilon is added to the roots, as most methods have it. In Adadelta it stands under both: "
        "outside, it makes the first steps a thousand times shorter.",
        (
            'np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps)',
            '(np.sqrt(state["u"][key]) + eps) / (np.sqrt(v[key]) + eps)',
        ),
    ),
    (
        "lr_in_u",
        "The mean of squared steps holds lr, so that a rate below one slows every later step down as "
        "well. The paper's delta knows no lr: it comes in only where the weights move.",
        ("(1 - rho) * delta**2", "(1 - rho) * (lr * delta) ** 2"),
    ),
    (
        "u_averages_gradients",
        "The second mean averages squared gradients, like the first, and not squared steps: the ratio "
        "is then near one and the steps are as large as gradients. Look at what is squared in its line.",
        ("(1 - rho) * delta**2", "(1 - rho) * g**2"),
    ),
    (
        "u_never_kept",
        "The mean of squared steps stays zero, so that epsilon alone sets the length of every step. "
        "Look at what the new state holds.",
        ('return new_params, {"v": v, "u": u}', 'return new_params, {"v": v, "u": state["u"]}'),
    ),
    (
        "u_without_the_old",
        "The mean of squared steps takes the last one alone, scaled down: the old mean is missing from "
        "it, and the steps shrink away. Look at both terms of its line.",
        ('u[key] = rho * state["u"][key] + (1 - rho) * delta**2', "u[key] = (1 - rho) * delta**2"),
    ),
    (
        "u_rests_where_the_gradient_is_zero",
        "Where the gradient is zero the mean of squared steps stays as it was. A step of zero comes into it "
        "like any other: the old mean leaks there too.",
        (
            'u[key] = rho * state["u"][key] + (1 - rho) * delta**2',
            'u[key] = np.where(g == 0, state["u"][key], rho * state["u"][key] + (1 - rho) * delta**2)',
        ),
    ),
    (
        "skips_arrays_without_gradient",
        "A parameter whose gradient is all zero is left out of the update. Both of its means leak all the "
        "same: zeros come into them like any other number.",
        (
            "new_params[key] = params[key] - lr * delta\n",
            "new_params[key] = params[key] - lr * delta\n"
            "        if not np.any(g):\n"
            '            v[key], u[key] = state["v"][key], state["u"][key]\n',
        ),
    ),
    (
        "rests_at_a_rate_of_zero",
        "At lr = 0 the state stays as it was. The weights rest then, but both means take this update's "
        "gradient and delta in: neither knows lr.",
        (
            'return new_params, {"v": v, "u": u}',
            'return new_params, {"v": v, "u": u} if lr > 0 else state',
        ),
    ),
    (
        "ratio_upside_down",
        "The ratio stands upside down: past steps belong above, past gradients below. Units tell: a "
        "step has the weight's unit, whatever the gradient's is.",
        (
            'np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps)',
            'np.sqrt(v[key] + eps) / np.sqrt(state["u"][key] + eps)',
        ),
    ),
    (
        "rho_on_the_new",
        "The weights of the leaky means are swapped: rho belongs to what was there before. Look at "
        "which term it multiplies.",
        (
            'v[key] = rho * state["v"][key] + (1 - rho) * g**2\n        delta',
            'v[key] = (1 - rho) * state["v"][key] + rho * g**2\n        delta',
        ),
        (
            'u[key] = rho * state["u"][key] + (1 - rho) * delta**2',
            'u[key] = (1 - rho) * state["u"][key] + rho * delta**2',
        ),
    ),
    (
        "divides_by_the_old_mean",
        "The step is divided by the mean of squared gradients of before this update. Only the mean of "
        "squared steps is used old; the other one takes this update's square first.",
        ("/ np.sqrt(v[key] + eps) * g", '/ np.sqrt(state["v"][key] + eps) * g'),
    ),
    (
        "roots_forgotten",
        "The two means are divided by each other without their roots. They are means of squares: look "
        "for the two roots.",
        (
            'np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps)',
            '(state["u"][key] + eps) / (v[key] + eps)',
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AdadeltaOneRoot:
    """One root of the quotient; both means in one array, worked on in place."""

    def adadelta_init(params):
        return {key: np.zeros((2, *w.shape)) for key, w in params.items()}

    def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
        answer, memory = {}, {}
        for key, g in grads.items():
            pair = rho * state[key]
            pair[0] += (1 - rho) * g * g
            move = g * np.sqrt((state[key][1] + eps) / (pair[0] + eps))
            pair[1] += (1 - rho) * move * move
            answer[key], memory[key] = params[key] - lr * move, pair
        return answer, memory


class AdadeltaShifted:
    """Keeps both means with eps already in them."""

    def adadelta_init(params):
        return {"begun": False, "v": {}, "u": {}}

    def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
        answer, v, u = {}, {}, {}
        for key, g in grads.items():
            old_v = state["v"][key] if state["begun"] else np.full(g.shape, eps)
            old_u = state["u"][key] if state["begun"] else np.full(g.shape, eps)
            v[key] = rho * old_v + (1 - rho) * (np.square(g) + eps)
            delta = np.sqrt(old_u) / np.sqrt(v[key]) * g
            u[key] = rho * old_u + (1 - rho) * (np.square(delta) + eps)
            answer[key] = params[key] - lr * delta
        return answer, {"begun": True, "v": v, "u": u}


class AdadeltaHelper:
    """A function inside for the root mean square; signs the other way round."""

    def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
        def rms(mean):
            return (mean + eps) ** 0.5

        v = {k: state["v"][k] * rho + g**2 * (1 - rho) for k, g in grads.items()}
        move = {k: -rms(state["u"][k]) * g / rms(v[k]) for k, g in grads.items()}
        u = {k: state["u"][k] * rho + m**2 * (1 - rho) for k, m in move.items()}
        return {k: params[k] + lr * m for k, m in move.items()}, {"v": v, "u": u}


VARIANTS = variants("adadelta_step", AdadeltaOneRoot, AdadeltaShifted, AdadeltaHelper)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adadelta_step",
    """
    params = {"w": np.array([1.0])}
    state = adadelta_init(params)
    for g in (1.0, 2.0, 3.0):
        params, state = adadelta_step(params, {"w": np.array([g])}, state, lr=0.5)
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = adadelta_init(params)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, 2.0]):
        params, state = adadelta_step(params, {"w": np.array(g)}, state, lr=0.5)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = adadelta_init(params)
    for lr in (0.0, 0.5):
        params, state = adadelta_step(params, {"w": np.array([1.0])}, state, lr=lr)
    params
    """,
)
