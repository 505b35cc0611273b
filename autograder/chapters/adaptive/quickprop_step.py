"""Quickprop, `quickprop_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import PerStep, close, examples, mistakes

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


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
        "the slope has changed its sign nothing is added to it. Which slope stands in the denominator?"
    )


@pytest.mark.exercise("quickprop_step")
def test_quickprop_limits_its_growth(student, reference, rng):
    """Where the slope has hardly fallen, or has grown, the parabola's part is growth times the last step."""
    start = rng.choice([-1.0, 1.0], size=6) * rng.uniform(0.5, 2.0, size=6)
    ratios = np.array(
        [[0.97, 1.4, 1.0, 0.6, 0.9, 0.3], [1.3, 0.95, 1.0, 0.4, 1.1, 0.98], [0.8, 1.0, 1.2, 0.9, 0.99, 2.0]]
    )
    slopes = np.cumprod(np.vstack([start, ratios]), axis=0)
    growth = float(rng.uniform(1.2, 1.6))
    slopes[:, rng.permutation(6)[:3]] *= (
        1e-14  # from zero on tiny steps show; no threshold takes them for none
    )
    params, grads = {"w": np.zeros(6)}, [{"w": row} for row in slopes]

    def agrees(lr, growth):
        paths = (
            side.trajectory("quickprop", params, grads, lr=lr, growth=growth) for side in (student, reference)
        )
        return close(*paths, rtol=1e-7, atol=1e-26)

    assert agrees(0.1, growth) and agrees(0.1, 0.6), (
        "Where the parabola's minimum is far away, or behind, the weights are elsewhere: the limit "
        "takes the place of r there, from which ratio of the slopes on? What comes on top while the "
        "slope keeps its sign?"
    )
    assert agrees(PerStep([0.1, 0.0, 0.2, 0.05]), growth), (
        "With a learning rate that changes between updates the weights are elsewhere. What comes on top is "
        "this update's lr times the slope; the parabola's part does not know lr, so at lr = 0 it is the "
        "whole step."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "quickprop_step",
    (
        "slope_never_added",
        "The parabola's step stands alone: lr times the slope is missing where the slope still points "
        "the way of the last step. Look at the second case of the docstring.",
        ("jump = r * d + np.where(s * d > 0, lr * s, 0.0)", "jump = r * d"),
    ),
    (
        "slope_always_added",
        "lr times the slope is added in every update. It is added only while the slope points the way "
        "of the last step; after a change of sign the parabola's step stands alone.",
        ("jump = r * d + np.where(s * d > 0, lr * s, 0.0)", "jump = r * d + lr * s"),
    ),
    (
        "no_growth_limit",
        "The parabola's step is not limited: where the slope has hardly fallen it is many times the "
        "last one, and where it has grown it goes backwards, uphill. Look at the first case of r.",
        ("where=~limited & (d != 0)", "where=d != 0"),
    ),
    (
        "backwards_when_the_slope_grows",
        "The ratio is cut off from above only. Where the slope has grown, s/(s_p - s) is negative and "
        "the weight goes backwards; the limit takes its place there too: compare slopes, not the ratio "
        "r.",
        (
            "r = np.divide(s, s_p - s, out=np.full_like(s, growth), where=~limited & (d != 0))",
            "r = np.minimum(np.divide(s, s_p - s, out=np.full_like(s, growth), where=(s_p != s) & (d != "
            "0)), growth)",
        ),
    ),
    (
        "limit_on_the_whole_step",
        "The growth limit cuts the whole step, with the slope's part in it. In Fahlman's program it "
        "limits the parabola's part alone, and lr times the slope comes on top.",
        (
            "step[key] = np.where(d == 0, lr * s, jump)",
            "jump = np.clip(jump, -growth * np.abs(d), growth * np.abs(d))\n"
            "        step[key] = np.where(d == 0, lr * s, jump)",
        ),
    ),
    (
        "limit_from_growth_on",
        "The limit sets in only where the ratio of the slopes passes growth itself. By then the "
        "parabola's step has long been longer than growth times the last one: look at the condition in "
        "the first case of r.",
        ("s * d > growth / (1 + growth) * s_p * d", "s * d > growth * s_p * d"),
        ("where=~limited & (d != 0)", "where=~limited & (d != 0) & (s != s_p)"),
    ),
    (
        "no_restart",
        "A weight whose step was once zero never moves again, for the parabola multiplies that zero. It "
        "starts again by lr times its slope: look at which case a step of zero belongs to, later than "
        "in the first update.",
        (
            "step[key] = np.where(d == 0, lr * s, jump)",
            "step[key] = np.where((d == 0) & (s_p == 0), lr * s, jump)",
        ),
        ("slope[key] = s\n", "slope[key] = np.where(s == 0, 1e-300, s)\n"),
    ),
    (
        "restarts_by_the_slope",
        "Whether a weight starts again is decided by its last slope. It is the last step that decides: after "
        "an update at lr = 0 the step is zero and the slope is not.",
        ("step[key] = np.where(d == 0, lr * s, jump)", "step[key] = np.where(s_p == 0, lr * s, jump)"),
        ("where=~limited & (d != 0)", "where=~limited & (s_p != 0)"),
    ),
    (
        "limit_only_where_the_slope_grew",
        "The growth limit sets in only where the slope has grown. Where it has hardly fallen the parabola's "
        "step is too long already: look at the condition in the first case of r.",
        ("s * d > growth / (1 + growth) * s_p * d", "s * d >= s_p * d"),
    ),
    (
        "ratio_in_absolute_value",
        "The ratio s/s_p is compared without its sign. After a change of sign it is negative, so the limit "
        "does not hold there: the parabola's minimum lies between the two places.",
        ("s * d > growth / (1 + growth) * s_p * d", "np.abs(s) > growth / (1 + growth) * np.abs(s_p)"),
    ),
    (
        "gradient_for_slope",
        "The slope is the gradient with its sign changed; here the gradient itself is used, and the "
        "loss grows. Look at the definition of s.",
        ('state["s"][key], -g', 'state["s"][key], g'),
    ),
    (
        "previous_slope_plus",
        "The denominator adds the two slopes. A parabola's slope falls from s_p to s over the last "
        "step, so it is their difference that stands there: look at its signs.",
        ("np.divide(s, s_p - s,", "np.divide(s, s_p + s,"),
        ("where=~limited & (d != 0)", "where=~limited & (d != 0) & (s_p != -s)"),
    ),
    (
        "jump_kept_without_the_slope",
        "The step that is remembered lacks the slope's part. The last step is what the weight really "
        "moved by: look at what goes into the state.",
        (
            "slope[key] = s\n        new_params[key] = params[key] + step[key]",
            "slope[key] = s\n        new_params[key] = params[key] + step[key]\n"
            "        step[key] = np.where(d == 0, lr * s, r * d)",
        ),
    ),
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
