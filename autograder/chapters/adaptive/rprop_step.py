"""Rprop, `rprop_step`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, examples

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("rprop_step")
def test_rprop_sees_signs_only(student, rng):
    """Gradients made larger or smaller, each weight's by its own factor, change no step; other signs do."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0))
    factor = {
        key: 10.0 ** rng.permutation(np.linspace(-120, 120, value.size)).reshape(value.shape)
        for key, value in params.items()
    }
    scaled = [{key: factor[key] * value for key, value in grad.items()} for grad in grads]
    plain = student.trajectory("rprop", params, grads, lr=0.1)
    lengths = {key: np.abs(value) for key, value in moves(params, plain)[1].items()}
    assert any(np.any((size > 0) & ~np.isclose(size, 0.1)) for size in lengths.values()), (
        "No step size has changed after the second gradient: it grows where the sign stayed the same."
    )
    assert close(student.trajectory("rprop", params, scaled, lr=0.1), plain), (
        "Gradients of another size, but the same signs, gave other steps. Rprop takes nothing but signs "
        "from them."
    )
    turned = [{key: -value for key, value in grad.items()} for grad in grads]
    assert not close(student.trajectory("rprop", params, turned, lr=0.1), plain), (
        "Gradients of the other sign, everywhere and in each step, gave the same steps."
    )


@pytest.mark.exercise("rprop_step")
def test_rprop_waits_after_a_flip(student, rng):
    """Where the sign flips the weight stays for one update, and its step size rests in the next."""
    lr, shrink, grow = (
        float(rng.uniform(0.05, 0.2)),
        float(rng.uniform(0.3, 0.6)),
        float(rng.uniform(1.1, 1.5)),
    )
    signs = np.array([[1, 1, 1], [1, -1, 1], [-1, -1, 0], [-1, 1, 1], [-1, 1, -1]])
    grads = [{"w": row * rng.uniform(0.1, 10.0, size=3)} for row in signs]
    path = student.trajectory("rprop", {"w": np.zeros(3)}, grads, lr=lr, etas=(shrink, grow))
    got = np.array([step["w"] for step in moves({"w": np.zeros(3)}, path)]) / lr
    want = -np.array(
        [
            [1.0, 1.0, 1.0],
            [grow, 0.0, grow],
            [0.0, -shrink, 0.0],
            [-grow * shrink, 0.0, grow],
            [-grow * shrink * grow, shrink * shrink, 0.0],
        ]
    )
    assert close(got[:, :2], want[:, :2], rtol=1e-9, atol=1e-9), (
        "After a flip of sign the moves are not iRprop-'s: the weight stays where it is in that update, its "
        "step size shrinks once by this call's factor, and the zero that is kept as previous gradient lets "
        "it rest in the next."
    )
    assert close(got[:, 2], want[:, 2], rtol=1e-9, atol=1e-9), (
        "Around a gradient of zero the moves are not iRprop-'s. Zero is no flip: s is 0, the step size stays "
        "the same, and the zero is kept as previous gradient, so that the step size stays the same once "
        "more. In the update with the zero the weight itself stays where it is, for sign(0) is 0."
    )


@pytest.mark.exercise("rprop_step")
def test_rprop_clips_step_sizes(student, reference, rng):
    """From the first on, step sizes stay between the smallest and the largest, also when they grow back."""
    steps, flips = 9, rng.choice([-1.0, 1.0], size=4)
    rows = [
        np.array([1.0, (-1.0) ** i, (-1.0) ** max(0, i - 5), 1.0 if i < 6 else (-1.0) ** i])
        for i in range(steps)
    ]
    grads = [{"w": flips * row * rng.uniform(0.5, 2.0, size=4)} for row in rows]
    settings = {
        "etas": (0.4, 1.9),
        "step_sizes": (float(rng.uniform(0.03, 0.05)), float(rng.uniform(0.2, 0.3))),
    }
    params = {"w": rng.normal(size=4)}
    got = student.trajectory("rprop", params, grads, lr=0.1, **settings)
    assert close(got, reference.trajectory("rprop", params, grads, lr=0.1, **settings)), (
        "Where step sizes reach their limits the weights are elsewhere. The factors are this call's etas, "
        "and both limits hold for the step size that is used and kept, not for a copy of it."
    )
    for lr in (0.01, 0.5):
        got = student.trajectory("rprop", params, grads[:3], lr=lr, **settings)
        assert close(got, reference.trajectory("rprop", params, grads[:3], lr=lr, **settings)), (
            "With a first step size outside the limits the weights are elsewhere. Every step size is clipped "
            "in every update, also where it neither grows nor shrinks, as in the first."
        )
    high, low = (float(rng.uniform(*ends)) for ends in ((0.8, 0.9), (0.02, 0.03)))
    limits = [(1e-3, 9.0)] * 2 + [(high, high), (1e-3, 9.0), (1e-3, low), (1e-3, 9.0), (1e-3, 9.0)]
    turns = [[1, 1, 1, 1], [1, 1, 1, 1], [1, -1, 0, 1], [1, -1, 1, -1], [1, 1, 0, -1], [1, 1, 1, -1], [1] * 4]
    turning = [{"w": flips * row * rng.uniform(0.5, 2.0, size=4)} for row in turns]
    moving = {"etas": (0.6, 1.9), "step_sizes": PerStep(limits)}
    got = student.trajectory("rprop", params, turning, lr=0.1, **moving)
    assert close(got, reference.trajectory("rprop", params, turning, lr=0.1, **moving)), (
        "Where the limits are narrower in one update, or equal, the weights are elsewhere, with signs that "
        "stay, flip or are zero. If the other checks pass: is every step size clipped between both limits of "
        "its update, whether it grows, shrinks or rests? One that has grown may be below the smallest, one "
        "that has shrunk above the largest."
    )
    wide, start = {"etas": (0.5, 100.0), "step_sizes": (1e-12, 1e9)}, {"w": np.zeros(4)}
    paths = (side.trajectory("rprop", start, grads[:6], lr=1e-7, **wide) for side in (student, reference))
    assert close(*paths, atol=0.0), (
        "With wide limits, a tiny first step size and a large growing factor the weights are elsewhere. No "
        "limit holds but the two that are given, and both factors are taken as they are."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "rprop_step",
    """
    params = {"w": np.zeros(2)}
    state = rprop_init(params, lr=0.1)
    for g in ([1.0, 1.0], [1.0, -3.0], [1.0, 1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0]):
        grads = {"w": np.array(g)}
        params, state = rprop_step(params, grads, state, etas=(0.5, 2.0), step_sizes=(0.1, 0.3))
    params
    """,
    """
    params = {"w": np.zeros(1)}
    state = rprop_init(params, lr=0.5)
    for g, largest in ((1.0, 2.0), (0.0, 2.0), (1.0, 0.25)):
        params, state = rprop_step(params, {"w": np.array([g])}, state, step_sizes=(0.1, largest))
    params
    """,
    """
    params = {"w": np.zeros(1)}
    state = rprop_init(params, lr=0.5)
    for smallest in (0.1, 1.0):
        params, state = rprop_step(params, {"w": np.ones(1)}, state, step_sizes=(smallest, 2.0))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = rprop_init(params, lr=1.0)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, -1.0]):
        params, state = rprop_step(params, {"w": np.array(g)}, state, etas=(0.5, 2.0), step_sizes=(0.1, 0.3))
    params
    """,
)
