"""Muon, `muon_step` with `newton_schulz`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, conventions, examples, mistakes

from .shared import number

# --- Checks -------------------------------------------------------------------------------------------------


SHAPES = {"W": (4, 2), "U": (2, 5), "V": (3, 3), "like W": (4, 2)}


def matrices(rng, steps):
    """Tall, flat and square parameters, two of one shape, and gradients of very different size."""
    sizes = {"W": 1e-3, "U": 100.0, "V": 1.0, "like W": 10.0}
    grads = [
        {key: sizes[key] * rng.normal(size=shape) for key, shape in SHAPES.items()} for _ in range(steps)
    ]
    return {key: rng.normal(size=shape) for key, shape in SHAPES.items()}, grads


@pytest.mark.exercise("muon_step", weight=3)
def test_the_iteration_follows_its_formula(student, reference, rng):
    """Tall, flat and square matrices of every size, after none, one and several steps."""
    for shape in SHAPES.values():
        G = 10.0 ** rng.uniform(-4, 4) * rng.normal(size=shape)
        for options in ({}, {"steps": 1}, {"steps": 3}, {"steps": 0}):
            got, want = (side.newton_schulz(G, **options) for side in (student, reference))
            assert close(got, want, rtol=1e-7, atol=1e-9), (
                "newton_schulz gives another matrix. G is divided by its Frobenius norm; each step uses the "
                "X of the step before, and its three coefficients belong to X, AX and A²X."
            )


@pytest.mark.exercise("muon_step", weight=3)
@pytest.mark.parametrize("nesterov", [True, False])
def test_the_weights_follow_muons_formula(student, reference, rng, nesterov):
    """Over several updates, in either form, the weights follow the formula."""
    params, grads = matrices(rng, steps=5)
    grads[3] = grads[3] | {"like W": np.zeros(SHAPES["like W"])}
    u = "with nesterov u mixes it with the gradient" if nesterov else "without nesterov u is that mean"
    for momentum in (number(rng, 0.5, 0.8), 0.0):
        hyper = {"lr": 0.1, "momentum": momentum, "nesterov": nesterov, "weight_decay": 0.0}
        got, want = (side.trajectory("muon", params, grads, **hyper) for side in (student, reference))
        assert close(got, want, rtol=1e-7, atol=1e-8), (
            f"After several updates the weights are elsewhere. The mean is updated first; {u}; the step is "
            "the orthogonalised u times lr and the root in the docstring."
        )


@pytest.mark.exercise("muon_step")
def test_muons_decay_is_lrs_share_of_the_weight(student, reference, rng):
    """Weights shrink by lr·λ of themselves, whatever their shape; the mean knows nothing of it."""
    params, grads = matrices(rng, steps=4)
    params = {key: 10.0 * w for key, w in params.items()}
    lr = number(rng, 0.2, 0.4)
    for decay, message in (
        (0.0, "Without a decay the weights are elsewhere already: mend that first."),
        (
            number(rng, 0.5, 0.8),
            "With a decay the weights are elsewhere: lr·λ·W is taken off, without the root that scales the "
            "step, and from the weight before the update.",
        ),
        (
            2.0 / lr,
            "Where lr·λ is above 1 the weights are elsewhere: they change their sign, nothing is cut.",
        ),
    ):
        got, want = (
            side.trajectory("muon", params, grads, lr=lr, weight_decay=decay) for side in (student, reference)
        )
        assert close(got, want, rtol=1e-7, atol=1e-8), message


@pytest.mark.exercise("muon_step")
def test_no_gradient_no_step(student, reference, rng):
    """A matrix whose gradients are zero stays where it is beside one that moves; zeros stay zeros."""
    params, grads = matrices(rng, steps=3)
    grads = [g | {"V": np.zeros(SHAPES["V"])} for g in grads]
    got = student.trajectory("muon", params, grads, lr=0.1, weight_decay=0.0)
    assert not close(got[-1]["W"], params["W"]) and all(close(step["V"], params["V"]) for step in got), (
        "A matrix without a gradient moves, becomes NaN, or no matrix moves. What is a norm of 0 replaced by?"
    )
    tiny = 1e-9 * rng.normal(size=(2, 3))
    got, want = (side.newton_schulz(tiny) for side in (student, reference))
    assert close(got, want, rtol=1e-7, atol=1e-12), "A norm below 1e-7 counts as 1e-7."


@pytest.mark.exercise("muon_step")
def test_each_step_of_muon_takes_its_own_rate(student, rng):
    """Steps are as long as their own rate says, and a gradient of another length gives the same step."""
    params, grads = matrices(rng, steps=4)
    rates = [0.0, 0.25, 0.0, 1.5]
    plain = student.trajectory("muon", params, grads, lr=1.0, weight_decay=0.0)
    scaled = student.trajectory(
        "muon",
        params,
        [{key: 7 * g for key, g in each.items()} for each in grads],
        lr=PerStep(rates),
        weight_decay=0.0,
    )
    for key in params:
        before, after = [params[key]], [params[key]]
        before += [step[key] for step in plain]
        after += [step[key] for step in scaled]
        moves = [(np.diff(before, axis=0)[i], np.diff(after, axis=0)[i]) for i in range(4)]
        assert all(
            np.any(a != 0) and close(b, r * a, rtol=1e-6, atol=1e-7)
            for (a, b), r in zip(moves, rates, strict=True)
        ), (
            "With other rates, and with gradients seven times as long, each step should be that step's lr "
            "times the same matrix."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


NORMED = "X = G / max(np.linalg.norm(G), 1e-7)"
GRAM = "A = X @ X.T"
ITERATE = "X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X"
MEAN = "mean[key] = momentum * state[key] + (1 - momentum) * g"
LOOK = "u = momentum * mean[key] + (1 - momentum) * g if nesterov else mean[key]"
STEP = "step = np.sqrt(max(1.0, fan_out / fan_in)) * newton_schulz(u)"
MOVE = "new_params[key] = (1 - lr * weight_decay) * params[key] - lr * step"

MISTAKES = mistakes(
    "muon_step",
    (
        "not_orthogonalised",
        "The step is the mean gradient itself. It goes through newton_schulz first.",
        (STEP, "step = np.sqrt(max(1.0, fan_out / fan_in)) * u"),
    ),
    (
        "divided_by_the_spectral_norm",
        "G is divided by its largest singular value. It is the Frobenius norm, the root of all squared "
        "entries.",
        (NORMED, "X = G / max(np.linalg.norm(G, 2), 1e-7)"),
    ),
    (
        "small_norms_divide",
        "A matrix of zeros is divided by its norm, 0. The norm is taken to be 1e-7 at least.",
        (NORMED, "X = G / np.linalg.norm(G)"),
    ),
    (
        "small_number_added",
        "A small number is added to the norm, which changes every step a little. The norm stays as it is "
        "where it is above 1e-7, and is replaced by 1e-7 where it is not.",
        (NORMED, "X = G / (np.linalg.norm(G) + 1e-7)"),
    ),
    (
        "coefficients_swapped",
        "The last two coefficients have changed places: b belongs to A, c to its square.",
        (ITERATE, "X = 3.4445 * X + (2.0315 * A - 4.775 * A @ A) @ X"),
    ),
    (
        "classical_iteration",
        "Your iteration is the classical one, 1.5·X - 0.5·A·X, which needs many more steps. Three "
        "coefficients are given.",
        (ITERATE, "X = 1.5 * X - 0.5 * A @ X"),
    ),
    (
        "gram_matrix_kept",
        "A is made once and kept. It belongs to the X of each step.",
        (
            "    for _ in range(steps):\n        " + GRAM + "\n",
            "    " + GRAM + "\n    for _ in range(steps):\n",
        ),
    ),
    (
        "squares_by_entry",
        "A² is taken entry by entry. It is the matrix product of A with itself.",
        (ITERATE, "X = 3.4445 * X + (-4.775 * A + 2.0315 * A**2) @ X"),
    ),
    (
        "always_five_steps",
        "There are five steps whatever the call asks for: look at the argument steps.",
        ("for _ in range(steps):", "for _ in range(5):"),
    ),
    (
        "factor_missing",
        "The root of fan_out over fan_in is missing: a matrix with more columns than rows takes longer "
        "steps.",
        (STEP, "step = newton_schulz(u)"),
    ),
    (
        "factor_turned_round",
        "The root has fan_in over fan_out. torch's weights are (out, in), so its rows are our columns.",
        (STEP, "step = np.sqrt(max(1.0, fan_in / fan_out)) * newton_schulz(u)"),
    ),
    (
        "factor_below_one",
        "The factor shortens the steps of tall matrices. It is never below 1.",
        (STEP, "step = np.sqrt(fan_out / fan_in) * newton_schulz(u)"),
    ),
    (
        "factor_without_a_root",
        "The root over fan_out / fan_in is missing.",
        (STEP, "step = max(1.0, fan_out / fan_in) * newton_schulz(u)"),
    ),
    (
        "never_looks_ahead",
        "Both forms are the plain one. With nesterov, u mixes the gradient once more into the new mean; made "
        "with the old one it would be the plain form again.",
        (LOOK, "u = mean[key]"),
    ),
    (
        "always_looks_ahead",
        "Both forms look ahead: without nesterov, u is the mean itself.",
        (LOOK, "u = momentum * mean[key] + (1 - momentum) * g"),
    ),
    (
        "bare_gradient_without_nesterov",
        "Without nesterov u is the gradient itself, so that the mean plays no part. It is the mean.",
        (LOOK, "u = momentum * mean[key] + (1 - momentum) * g if nesterov else g"),
    ),
    (
        "mean_of_orthogonal_steps",
        "The orthogonalised gradient goes into the mean. First the mean is taken, then it is orthogonalised.",
        (MEAN, "mean[key] = momentum * state[key] + (1 - momentum) * newton_schulz(g)"),
        (LOOK, "u = momentum * mean[key] + (1 - momentum) * newton_schulz(g) if nesterov else mean[key]"),
        (STEP, "step = np.sqrt(max(1.0, fan_out / fan_in)) * u"),
    ),
    (
        "decay_scaled",
        "The decay is multiplied with the root as well. The root belongs to the step alone.",
        (
            MOVE,
            "new_params[key] = params[key] - lr * (step + np.sqrt(max(1.0, fan_out / fan_in)) * weight_decay "
            "* params[key])",
        ),
    ),
    (
        "no_decay",
        "The weights do not decay: look at the argument weight_decay.",
        (MOVE, "new_params[key] = params[key] - lr * step"),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        (MOVE, "new_params[key] = (1 - lr * weight_decay) * params[key] + lr * step"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "muon_step",
    (
        "exactly_orthogonal",
        "Your newton_schulz gives all singular values exactly 1, as the definition of the method has it. "
        "Asked for is the iteration with its three coefficients, which ends near 1.",
        (
            NORMED,
            "u, s, vt = np.linalg.svd(G, full_matrices=False)\n    return u * np.sign(np.round(s, 12)) @ "
            "vt\n    X = G",
        ),
    ),
    (
        "size_of_adams_steps",
        "The step is scaled by 0.2·√(larger side), so that it is as large as AdamW's: torch's "
        "adjust_lr_fn='match_rms_adamw'. Here it is torch's default.",
        (STEP, "step = 0.2 * np.sqrt(max(fan_in, fan_out)) * newton_schulz(u)"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "muon_step",
    """
    small = newton_schulz(np.array([[1e-8]]), steps=0).tolist()  # 1e-8 / 1e-7
    newton_schulz(np.array([[3.0, 1.0, 1.0], [0.0, 2.0, 0.0]]), steps=1).round(6), small
    """,
    """
    params = {"W": np.array([[1.0, 0.0, 2.0]])}
    state = muon_init(params)
    for g in ([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]):
        params, state = muon_step(params, {"W": np.array(g)}, state, lr=0.1, momentum=0.5)
    {"W": params["W"].round(6)}
    """,
    """
    params = {"W": np.array([[1.0, 0.0, 2.0]])}
    state = muon_init(params)
    for g in ([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]):
        params, state = muon_step(params, {"W": np.array(g)}, state, lr=0.1, momentum=0.5, nesterov=False)
    {"W": params["W"].round(6)}
    """,
    """
    params, g = {"W": np.ones((2, 1))}, {"W": np.array([[1.0], [2.0]])}
    {"W": muon_step(params, g, muon_init(params), lr=0.5)[0]["W"].round(6)}
    """,
)
