"""The proximal step of L1, `l1_prox_step`: hidden checks, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from ..shared import Arrays
from .shared import lasso, off_zero, weights

# --- Checks -------------------------------------------------------------------------------------------------


def like(rng: np.random.Generator, params: Arrays) -> Arrays:
    """Gradients for these parameters."""
    return {key: off_zero(rng, *value.shape) for key, value in params.items()}


@pytest.mark.exercise("l1_prox_step", weight=2)
def test_the_threshold_moves_towards_zero_and_stops_there(student, rng):
    """What is further from 0 than t comes nearer by t, the rest becomes exactly 0."""
    for shape in ((9,), (3, 4), (2, 3, 2)):
        w, t = off_zero(rng, *shape) * rng.uniform(0.2, 2.0, size=shape), float(rng.uniform(0.6, 0.9))
        w.flat[:5] = [0.0, t, -t, -1.5 * t, 3 * t]
        want = np.where(w > t, w - t, np.where(w < -t, w + t, 0.0))
        got = student.soft_threshold(w, t)
        assert close(got, want) and np.all(got[want == 0] == 0), (
            "The soft threshold is another function: both signs move towards 0 by t, none passes it, and "
            "those within t of 0 are exactly 0, not nearly."
        )
        assert close(student.soft_threshold(w, 0.0), w), "With t = 0 every number stays as it is, 0 too."
        for size, which in ((2.0**-600, "Tiny"), (2.0**600, "Very large")):
            scaled = student.soft_threshold(size * w, size * t)
            assert close(scaled, size * want, atol=0.0), (
                f"{which} numbers are thresholded otherwise than others."
            )


@pytest.mark.exercise("l1_prox_step", weight=2)
def test_a_step_descends_and_then_thresholds(student, rng):
    """First the gradient step, then the threshold lr·λ, for every parameter."""
    start = weights(rng)
    start["like the first"] = start[next(iter(start))][::-1].copy()
    slope, rate, strong = like(rng, start), float(rng.uniform(0.1, 0.4)), float(rng.uniform(1.0, 3.0))
    for lr, lam, size, where in (
        (rate, strong, 1.0, ""),
        (rate, 0.0, 1.0, "With λ = 0: "),
        (0.0, strong, 1.0, "With a rate of 0: "),
        (3.0, 0.1, 1.0, "Where a step leads across 0: "),
        (rate, strong, 1e6, "Where weights, gradients and λ are large: "),
        (rate, strong, 1e-30, "Where weights, gradients and λ are tiny: "),
    ):
        params, grads = ({key: size * w for key, w in each.items()} for each in (start, slope))
        lam *= size
        moved = {key: params[key] - lr * grads[key] for key in params}
        want = {key: np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0.0) for key, w in moved.items()}
        assert close(student.l1_prox_step(params, grads, lr=lr, lam=lam), want, atol=1e-12 * size), (
            f"{where}The step leads elsewhere. The loss's gradient moves the weights first; then what it "
            "made of them is thresholded, by the step's length times λ: every parameter, whatever its "
            "name, and nothing is cut off."
        )


@pytest.mark.exercise("l1_prox_step")
def test_without_a_gradient_each_step_takes_lr_lambda(student, rng):
    """Without a gradient a weight loses lr·λ of its size a step, and rests at exactly 0."""
    lr, lam = float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.5, 1.5))
    signs = rng.choice([-1.0, 1.0], size=3)
    params, grads = {"w": signs * lr * lam * np.array([5.5, 2.5, 0.5])}, {"w": np.zeros(3)}
    for left in ([4.5, 1.5, 0.0], [3.5, 0.5, 0.0], [2.5, 0.0, 0.0]):
        params = student.l1_prox_step(params, grads, lr=lr, lam=lam)
        want = signs * lr * lam * np.array(left)
        assert close(params["w"], want) and np.all(params["w"][want == 0] == 0), (
            "Without a gradient each step takes lr·λ off a weight's size until it is exactly 0, where it "
            "stays. How large is the threshold, and does it see the weight after the gradient step?"
        )


@pytest.mark.exercise("l1_prox_step")
def test_steps_end_where_the_penalised_loss_is_least(student, rng):
    """Many steps end at the minimum: the loss has slopes ±λ where w is not 0, and within ±λ where it is."""
    n, d, lam = 400, 6, 0.5  # with many rows the loss is well conditioned, and few steps will do
    X, y = lasso(rng, n, d)
    lr = 1 / np.linalg.eigvalsh(X.T @ X / n)[-1]
    params = {"w": np.zeros(d)}
    for _ in range(40):
        params = student.l1_prox_step(params, {"w": X.T @ (X @ params["w"] - y) / n}, lr=lr, lam=lam)
    w, slope = params["w"], X.T @ (X @ params["w"] - y) / n
    assert np.any(w != 0) and np.all(np.abs(slope) < lam * (1 + 1e-6)), (
        "After many steps the weights are not at the minimum of loss plus λΣ|w|: nothing has moved, or "
        "along some weight the loss still falls faster than the penalty rises."
    )
    assert close(slope[w != 0], -lam * np.sign(w[w != 0]), rtol=1e-3, atol=1e-3), (
        "After many steps the loss still falls faster than the penalty rises. Is the threshold lr·λ?"
    )


# --- Variants -----------------------------------------------------------------------------------------------


class TwoSides:
    """max(w - t, 0) + min(w + t, 0), and a step that builds its dict in a loop."""

    def soft_threshold(w, t):
        return np.maximum(w - t, 0) + np.minimum(w + t, 0)

    def l1_prox_step(params, grads, *, lr, lam):
        after = {}
        for key, w in params.items():
            after[key] = soft_threshold(w - lr * grads[key], lam * lr)
        return after


class MinusItsClip:
    """w minus w clipped to [-t, t]; the step does not call its own threshold."""

    def soft_threshold(w, t):
        return w - np.clip(w, -t, t)

    def l1_prox_step(params, grads, *, lr, lam):
        moved = {key: params[key] - lr * grads[key] for key in params}
        return {
            key: np.where(np.abs(w) <= lr * lam, 0.0, w - lr * lam * np.sign(w)) for key, w in moved.items()
        }


class ShrinkByFactor:
    """The size's share that is left as a factor, guarded at 0; own copies changed in place."""

    def soft_threshold(w, t):
        size = np.abs(w)
        left = np.zeros_like(w)
        np.divide(size - t, size, out=left, where=size > t)
        return left * w

    def l1_prox_step(params, grads, *, lr, lam):
        after = {key: np.array(w) for key, w in params.items()}
        for key in after:
            after[key] -= lr * grads[key]
            after[key] = soft_threshold(after[key], lr * lam)
        return after


VARIANTS = variants("l1_prox_step", TwoSides, MinusItsClip, ShrinkByFactor)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "l1_prox_step",
    "soft_threshold(np.array([0.0, 2.0]), 0.0)",
    'l1_prox_step({"w": np.array([0.1])}, {"w": np.array([2.0])}, lr=0.25, lam=0.4)["w"].round(4)',
    'l1_prox_step({"b": np.array([1.0])}, {"b": np.array([2.0])}, lr=0.25, lam=0.4)["b"].round(4)',
)
