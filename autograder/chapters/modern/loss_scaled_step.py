"""Loss scaling, `loss_scaled_step`: hidden checks, named mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples

from ..shared import few_digits, number

# --- Checks -------------------------------------------------------------------------------------------------


class Loss:
    """Gradients of scale · loss in float16, and what ``spoilt`` puts into the array ``place``."""

    def __init__(self, slopes: dict[str, np.ndarray]) -> None:
        self.slopes, self.spoilt, self.place = slopes, 0.0, "b"

    def __call__(self, half: Any, scale: float) -> dict[str, np.ndarray]:
        with np.errstate(over="ignore"):
            grads = {
                key: np.array(scale * (g + 0.1 * np.asarray(half[key], dtype=float)), dtype=np.float16)
                for key, g in self.slopes.items()
            }
        if self.spoilt:
            grads[self.place].flat[-1] = self.spoilt
        return grads


def problem(rng, size=1.0):
    """Three parameters, one without an axis, whose weights are no float16 numbers, and a loss."""
    params = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=4), "s": np.array(rng.normal())}
    return params, Loss({key: size * rng.normal(size=w.shape) for key, w in params.items()})


def run(side, params, loss, spoilt, scale, **options):
    """The parameters after each step, and the calls of grad_fn; ``spoilt`` has what each step gets.

    An option that is a list has a value for each step.
    """
    state, path, asked = side.loss_scaled_init(params, scale=scale), [], Recorder(loss)
    for i, value in enumerate(spoilt):
        loss.spoilt = value
        now = {key: option[i] if isinstance(option, list) else option for key, option in options.items()}
        moved, state = side.loss_scaled_step(params, asked, state, **now)
        params = {key: np.asarray(w) for key, w in moved.items()}  # NumPy's numbers are arrays again
        path.append(params)
    return path, asked.log


def scales(log):
    return [float(args[1] if len(args) > 1 else kwargs["scale"]) for args, kwargs, _ in log]


@pytest.mark.exercise("loss_scaled_step", weight=3)
def test_good_steps_are_gradient_descent(student, reference, rng):
    """As long as nothing overflows the parameters follow the gradients without the scale."""
    params, _ = problem(rng)
    steep = Loss({key: rng.uniform(0.6, 0.7, size=w.shape) for key, w in params.items()})
    flat = {key: np.asarray(0.01 * w) for key, w in params.items()}
    run(
        student, flat, steep, [0.0] * 2, 2.0**17, lr=0.1, growth_interval=1
    )  # for the engine's story of side effects: overflows, then moves
    for scale, lr in (
        (1000.0, number(rng, 0.1, 0.3)),  # no power of 2: g / scale is rounded
        (1.0, number(rng, 0.1, 0.3)),
        (1.0, 0.0),
        (2.0**16, 0.1),
    ):
        params, loss = problem(rng)
        if scale == 2.0**16:  # each gradient is a float16 number, and their sum is not
            loss = Loss({key: rng.uniform(0.5, 0.6, size=w.shape) for key, w in params.items()})
            params = {key: np.asarray(rng.uniform(-1, 1, size=w.shape)) for key, w in params.items()}
        got, want = (run(side, params, loss, [0.0] * 3, scale, lr=lr)[0] for side in (student, reference))
        assert close(got, want), few_digits(got, want) or (
            "Where nothing overflows the parameters are elsewhere: w ← w - lr·g, in float64, with g divided "
            "by the scale."
        )
    ends, seeds = [], rng.integers(2**32, size=2).tolist()
    for side in (student, reference):
        (params, loss), (anew, _) = (problem(np.random.default_rng(seed)) for seed in seeds)
        state, asked = side.loss_scaled_init(params, scale=8.0), Recorder(loss)
        side.loss_scaled_init(params, scale=3.0)  # another run is begun beside it
        for start, lr in ((params, 0.1), (anew, 0.3)):
            moved, state = side.loss_scaled_step(start, asked, state, lr=lr)
            ends.append(moved)
    assert close(ends[:2], ends[2:]), (
        "Where weights and lr are others than in the step before, and another run was begun beside, a step "
        "goes elsewhere: weights and lr are those of the call, and the state, which is the run's own, keeps "
        "neither."
    )


@pytest.mark.exercise("loss_scaled_step", weight=2)
def test_bad_gradients_move_nothing(student, rng):
    """One infinite or NaN entry in one array: every parameter stays, and the next scale is half as large."""
    for bad, place in ((np.inf, "W"), (-np.inf, "b"), (np.nan, "s")):
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
    for scale in (1.0, 3.0, 1e-30):  # no border below it, and nothing is rounded
        params, loss = problem(rng)
        assert close(
            scales(run(student, params, loss, [np.inf] * 3, scale, lr=0.1)[1]),
            [scale / 2**k for k in range(3)],
            atol=0.0,
        ), "The scale is not half as large after each bad step: it may fall below 1, and is not rounded."


@pytest.mark.exercise("loss_scaled_step", weight=2)
def test_the_scale_grows_after_good_steps(student, reference, rng):
    """Doubled after growth_interval good steps in a row; a bad one begins the counting again."""
    for interval, spoilt, first in (
        (1, [0.0] * 4, 16.0),
        ([3, 3, 3, 1, 1, 2, 2], [0.0] * 7, 16.0),  # another one when counting begins again
        (3, [0.0, 0.0, np.inf, 0.0, 0.0, 0.0, 0.0, 0.0], 16.0),
        (1, [0.0] * 4, 2.0**100),  # no border above it
    ):
        params, loss = problem(rng, size=0.1 if first == 16.0 else 0.0)
        if first > 16.0:  # gradients of zero, so that none is infinite in float16
            params = {key: np.asarray(0.0 * w) for key, w in params.items()}
        got, want = (
            scales(run(side, params, loss, spoilt, first, lr=0.01, growth_interval=interval)[1])
            for side in (student, reference)
        )
        assert close(got, want), (
            "The scale takes another course. It is doubled after growth_interval good steps in a row, "
            "however large it is, and counting begins again after each doubling and after each bad step; "
            "growth_interval is that of the call."
        )
    few = {"w": np.zeros(1)}
    got = scales(run(student, few, Loss(few), [0.0] * 53, 16.0, lr=0.1, growth_interval=52)[1])
    assert close(got, [16.0] * 52 + [32.0]), (
        "Where growth_interval is large the scale takes another course: good steps are counted up to it, "
        "however many they are."
    )


@pytest.mark.exercise("loss_scaled_step")
def test_small_gradients_are_not_lost(student, reference, rng):
    """Gradients far below float16's smallest number move the weights, by steps that float16 cannot hold."""
    params, _ = problem(rng)
    params = {key: np.asarray(1e-9 * w) for key, w in params.items()}
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
        np.asarray(half[key]).dtype == np.float16 and close(half[key], np.array(w, np.float16), rtol=0)
        for key, w in params.items()
    ), "grad_fn should see all parameters as float16 arrays, and its gradients should move them."
    two = {"u": np.zeros(2), "v": np.zeros(2)}
    loss = Loss({"v": np.ones(2), "u": np.zeros(2)})
    moved, _ = student.loss_scaled_step(two, loss, student.loss_scaled_init(two, scale=8.0), lr=0.5)
    assert close(moved, {"u": np.zeros(2), "v": np.full(2, -0.5)}), (
        "Where grad_fn gives its arrays in another order than params has them, others move: they belong "
        "together by their keys."
    )


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
    """
    params, seen = {"w": np.array([1.0])}, []
    state = loss_scaled_init(params, scale=1.0)

    def grad_fn(half, scale):
        seen.append(float(scale))
        return {"w": np.array([np.inf], dtype=np.float16)}

    for _ in range(3):
        params, state = loss_scaled_step(params, grad_fn, state, lr=0.1)
    seen
    """,
    STORY.format(bad="1.0"),
    STORY.format(bad="np.inf if scale > 4 else 2.0"),
    STORY.format(bad="np.nan if len(seen) == 2 else 0.0"),
)
