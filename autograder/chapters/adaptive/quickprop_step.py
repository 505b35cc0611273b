"""Quickprop, `quickprop_step`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, examples

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("quickprop_step", weight=2)
def test_quickprop_lands_in_the_minimum(student, rng):
    """On a parabola, once the first step has overshot, the second lands in the minimum."""
    params, _ = run_of(rng)
    minimum = {key: rng.normal(size=value.shape) for key, value in params.items()}
    bend = {key: rng.uniform(1.2, 1.8, size=value.shape) for key, value in params.items()}

    def gradient(weights):
        return {key: bend[key] * (weights[key] - minimum[key]) for key in weights}

    first = gradient(params)
    over = {
        key: params[key] - first[key] for key in params
    }  # with lr = 1 and a bend above 1: beyond the minimum
    path = student.trajectory("quickprop", params, [first, gradient(over)], lr=1.0)
    assert close(path[0], over, rtol=1e-9), (
        "The first step is lr times the slope, for there is no step before it."
    )
    assert close(path[1], minimum, rtol=1e-9), (
        "Two slopes of a parabola give its minimum exactly: the second step is r times the first. After "
        "the slope has changed its sign nothing is added to it. Which slopes stand in the denominator, and "
        "do they stand alone?"
    )


@pytest.mark.exercise("quickprop_step")
def test_quickprop_begins_by_descent(student, rng):
    """The first step is lr times the slope, and so is the step after one that was zero."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    nothing = {key: np.zeros_like(value) for key, value in params.items()}
    a, b, c = rng.uniform(0.05, 0.2, size=3).tolist()

    def begins(slopes, rates):
        path = student.trajectory("quickprop", params, slopes, lr=PerStep(rates))
        want = [
            {key: -lr * value for key, value in grad.items()} for lr, grad in zip(rates, slopes, strict=True)
        ]
        return close(moves(params, path), want, rtol=1e-7, atol=1e-9)

    assert begins([grads[0], nothing, grads[1], nothing, grads[2]], [a, a, b, b, c]), (
        "A weight whose last step was zero starts again by this update's lr times its slope. A gradient of "
        "zero gives a step of zero, so this happens in the middle of a run too."
    )
    assert begins([grads[0], grads[1], nothing, grads[2], grads[0]], [0.0, a, b, 0.0, c]), (
        "A learning rate of zero gives a step of zero, but the slope is not zero then. It is the last step "
        "that decides whether a weight starts again by lr times its slope."
    )


@pytest.mark.exercise("quickprop_step")
def test_quickprop_limits_its_growth(student, reference, rng):
    """Where the slope has hardly fallen, or has grown, the parabola's part is growth times the last step."""
    start = rng.choice([-1.0, 1.0], size=10) * rng.uniform(0.5, 2.0, size=10)
    ratios = np.array(
        [
            [0.97, 1.4, 1.0, 0.6, 0.9, 0.3, 9.0, -40.0, 1e-4, -1e-4],
            [1.3, 0.95, 1.0, 0.4, 1.1, 0.98, 0.3, 0.6, 0.5, -0.8],
            [0.8, 1.0, 1.2, 0.9, 0.99, 2.0, 9.0, 0.9, 30.0, -3.0],
        ]
    )
    growth = float(rng.uniform(1.2, 1.6))
    size = np.array([1, 1, 1, 1e-14, 1, 1e-14, 1e60, 1, 1e-14, 1e60])  # from zero on, tiny steps show
    slopes = size * np.cumprod(np.vstack([start, ratios]), axis=0)
    params, grads = {"w": np.zeros(10)}, [{"w": row} for row in slopes]

    def paths(lr, growth):
        walks = (
            side.trajectory("quickprop", params, grads, lr=lr, growth=growth) for side in (student, reference)
        )
        return [np.array([step["w"] for step in walk]) / size for walk in walks]

    for limit in (growth, 0.3, 6.0):
        got, want = paths(0.1, limit)
        assert close(got[:, size >= 1], want[:, size >= 1], rtol=1e-7, atol=1e-9), (
            "Where the parabola's minimum is far away, or behind, the weights are elsewhere: the limit takes "
            "the place of r there, from which ratio of the slopes on? Has r another bound, such as one from "
            "below, or one where the slope's sign has changed? What comes on top while the slope keeps its "
            "sign?"
        )
        assert close(got, want, rtol=1e-7, atol=1e-9), (
            "With tiny slopes and steps the weights are elsewhere: nothing small counts as zero, and nothing "
            "is added against 0/0."
        )
    changing = paths(PerStep([0.1, 0.0, 0.2, 0.05]), PerStep([growth, 0.3, 6.0, 0.3]))
    assert close(*changing, rtol=1e-7, atol=1e-9), (
        "With lr and growth that change between updates the weights are elsewhere. Both are those of the "
        "call. What comes on top is lr times the slope; the parabola's part does not know lr, so at lr = 0 "
        "it is the whole step."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "quickprop_step",
    """
    params = {"w": np.zeros(4)}
    state = quickprop_init(params)
    for g in ([4.0, 4.0, 4.0, 4.0], [1.0, 3.0, 5.0, 0.0], [1.0, 2.0, 6.0, 4.0]):
        params, state = quickprop_step(params, {"w": np.array(g)}, state, lr=0.1)
    params
    """,
    """
    params = {"w": np.zeros(1)}
    state = quickprop_init(params)
    for lr, g in ((0.0, 4.0), (0.1, 3.0)):
        params, state = quickprop_step(params, {"w": np.array([g])}, state, lr=lr)
    params
    """,
)
