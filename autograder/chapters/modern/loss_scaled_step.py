"""Loss scaling, `loss_scaled_step`: hidden checks, named mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples

from ..shared import number

# --- Checks -------------------------------------------------------------------------------------------------


class Loss:
    """Gradients of scale · loss in float16, and what ``spoilt`` puts into the array ``place``."""

    def __init__(self, slopes: dict[str, np.ndarray]) -> None:
        self.slopes, self.spoilt, self.place = slopes, 0.0, "b"

    def __call__(self, half: Any, scale: float) -> dict[str, np.ndarray]:
        with np.errstate(over="ignore"):
            grads = {
                key: (scale * (g + 0.1 * np.asarray(half[key], dtype=float))).astype(np.float16)
                for key, g in self.slopes.items()
            }
        if self.spoilt:
            grads[self.place].flat[-1] = self.spoilt
        return grads


def problem(rng, size=1.0):
    """Two parameters whose weights are no float16 numbers, and a loss."""
    params = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}
    return params, Loss({key: size * rng.normal(size=w.shape) for key, w in params.items()})


def run(side, params, loss, spoilt, scale, **options):
    """The parameters after each step, and the calls of grad_fn; ``spoilt`` has what each step gets."""
    state, path, asked = side.loss_scaled_init(params, scale=scale), [], Recorder(loss)
    for value in spoilt:
        loss.spoilt = value
        params, state = side.loss_scaled_step(params, asked, state, **options)
        path.append(params)
    return path, asked.log


def scales(log):
    return [float(args[1] if len(args) > 1 else kwargs["scale"]) for args, kwargs, _ in log]


@pytest.mark.exercise("loss_scaled_step", weight=3)
def test_good_steps_are_gradient_descent(student, reference, rng):
    """As long as nothing overflows the parameters follow the gradients without the scale."""
    for scale, lr in (
        (1024.0, number(rng, 0.1, 0.3)),
        (1.0, number(rng, 0.1, 0.3)),
        (1.0, 0.0),
        (2.0**16, 0.1),
    ):
        params, loss = problem(rng)
        if scale == 2.0**16:  # each gradient is a float16 number, and their sum is not
            loss = Loss({key: rng.uniform(0.5, 0.6, size=w.shape) for key, w in params.items()})
            params = {key: rng.uniform(-1, 1, size=w.shape) for key, w in params.items()}
        got, want = (run(side, params, loss, [0.0] * 4, scale, lr=lr)[0] for side in (student, reference))
        assert close(got, want), (
            "Where nothing overflows the parameters are elsewhere: w ← w - lr·g, in float64, with g divided "
            "by the scale."
        )


@pytest.mark.exercise("loss_scaled_step", weight=2)
def test_bad_gradients_move_nothing(student, rng):
    """One infinite or NaN entry in one array: every parameter stays, and the next scale is half as large."""
    for bad, place in ((np.inf, "W"), (-np.inf, "b"), (np.nan, "W"), (np.nan, "b")):
        params, loss = problem(rng)
        loss.place = place
        path, log = run(student, params, loss, [0.0, bad, bad, 0.0], 512.0, lr=0.1)
        assert close(path[2], path[0]) and not close(path[0], params) and not close(path[3], path[2]), (
            "After a gradient that is infinite or NaN a parameter has moved, or the good steps beside it "
            "have not. One bad entry in one array stops the whole step."
        )
        assert close(scales(log), [512.0, 512.0, 256.0, 128.0]), (
            "The scale after a bad step is not half of the one before it."
        )


@pytest.mark.exercise("loss_scaled_step", weight=2)
def test_the_scale_grows_after_good_steps(student, reference, rng):
    """Doubled after growth_interval good steps in a row; a bad one begins the counting again."""
    for interval, spoilt in (
        (1, [0.0] * 4),
        (3, [0.0] * 8),
        (3, [0.0, 0.0, np.inf, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ):
        params, loss = problem(rng, size=0.1)
        got, want = (
            scales(run(side, params, loss, spoilt, 16.0, lr=0.01, growth_interval=interval)[1])
            for side in (student, reference)
        )
        assert close(got, want), (
            "The scale takes another course. It is doubled after growth_interval good steps in a row, and "
            "counting begins again after each doubling and after each bad step."
        )


@pytest.mark.exercise("loss_scaled_step")
def test_small_gradients_are_not_lost(student, reference, rng):
    """Gradients far below float16's smallest number move the weights, by steps that float16 cannot hold."""
    params, _ = problem(rng)
    params = {key: 1e-9 * w for key, w in params.items()}
    loss = Loss({key: 1e-8 * rng.uniform(1, 2, size=w.shape) for key, w in params.items()})
    got, want = (run(side, params, loss, [0.0] * 3, 2.0**15, lr=0.5)[0] for side in (student, reference))
    assert not close(got[0], params, atol=0.0) and close(got, want, atol=1e-16), (
        "Gradients of 1e-8 are lost, or the steps that they make. Convert to float64 before the scale is "
        "taken out, and keep the weights in float64."
    )
    params, loss = problem(rng)
    got, want = (run(side, params, loss, [0.0] * 3, 64.0, lr=1e-5)[0] for side in (student, reference))
    assert close(got, want, rtol=1e-12), "Steps too short for float16 do not add up in the weights."


@pytest.mark.exercise("loss_scaled_step")
def test_grad_fn_sees_half_precision_once_a_step(student, rng):
    """One call a step, with the parameters rounded to float16; the first default scale is 65536."""
    params, loss = problem(rng, size=0.01)
    asked = Recorder(loss)
    moved, _ = student.loss_scaled_step(params, asked, student.loss_scaled_init(params), lr=0.1)
    assert len(asked.log) == 1 and close(scales(asked.log), [65536.0]), (
        "grad_fn is called once a step, with the scale; the first one is 2.0**16 unless another is given."
    )
    args, kwargs, _ = asked.log[0]
    half = args[0] if args else kwargs["half"]
    assert not close(moved, params) and all(
        np.asarray(half[key]).dtype == np.float16 and close(half[key], w.astype(np.float16), rtol=0)
        for key, w in params.items()
    ), "grad_fn should see all parameters as float16 arrays, and its gradients should move them."


# --- Examples -----------------------------------------------------------------------------------------------

STORY = """
params = {{"w": np.array([1.0]), "b": np.array([0.1])}}
state = loss_scaled_init(params, scale=4.0)
seen = []

def grad_fn(half, scale):
    seen.append(float(scale))
    bad = {bad}
    return {{"w": np.array([scale * 0.5], dtype=np.float16), "b": np.array([bad], dtype=np.float16)}}

for _ in range(4):
    params, state = loss_scaled_step(params, grad_fn, state, lr=0.1, growth_interval=2)
params, seen
"""

EXAMPLES = examples(
    "loss_scaled_step",
    STORY.format(bad="1.0"),
    STORY.format(bad="np.inf if scale > 4 else 2.0"),
    STORY.format(bad="np.nan if len(seen) == 2 else 0.0"),
)
