"""Quickprop, `quickprop_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

from ..shared import moves, run_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("quickprop_step")
def test_quickprop_begins_by_descent(student, rng):
    """The first step is lr times the slope, and so is the step after one that was zero."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    nothing = {key: np.zeros_like(value) for key, value in params.items()}
    slopes = [grads[0], nothing, grads[1], nothing, grads[2]]
    for lr in (float(rng.uniform(0.05, 0.2)), 0.0):
        path = student.trajectory("quickprop", params, slopes, lr=lr)
        want = [{key: -lr * value for key, value in grad.items()} for grad in slopes]
        assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
            "A weight whose last step was zero starts again by lr times its slope. A gradient of zero gives "
            "a step of zero, so this happens in the middle of a run too."
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
        1e-10  # from zero on tiny steps show; no threshold takes them for none
    )
    params, grads = {"w": np.zeros(6)}, [{"w": row} for row in slopes]
    got = student.trajectory("quickprop", params, grads, lr=0.1, growth=growth)
    want = reference.trajectory("quickprop", params, grads, lr=0.1, growth=growth)
    assert close(got, want, rtol=1e-7, atol=1e-22), (
        "Where the parabola's minimum is far away, or behind, the weights are elsewhere: the limit "
        "takes the place of r there, from which ratio of the slopes on? What comes on top while the "
        "slope keeps its sign?"
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


# --- Variants -----------------------------------------------------------------------------------------------


class QuickpropBranches:
    """Fahlman's three branches, one number at a time."""

    def quickprop_init(params):
        return [{key: [0.0] * w.size for key, w in params.items()} for _ in range(2)]

    def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
        shrink = growth / (1.0 + growth)
        answer, steps, slopes = {}, {}, {}
        for key, w in params.items():
            steps[key], slopes[key] = [], (-grads[key]).ravel().tolist()
            for s, d, p in zip(slopes[key], state[0][key], state[1][key], strict=True):
                step = 0.0
                if d > 0:
                    step += lr * s if s > 0 else 0.0
                    step += growth * d if s > shrink * p else d * s / (p - s)
                elif d < 0:
                    step += lr * s if s < 0 else 0.0
                    step += growth * d if s < shrink * p else d * s / (p - s)
                else:
                    step = lr * s
                steps[key].append(step)
            answer[key] = w + np.array(steps[key]).reshape(w.shape)
        return answer, [steps, slopes]


class QuickpropRatio:
    """By the ratio of slopes, with divisions by zero on the way that np.where then leaves out."""

    def quickprop_init(params):
        return {key: (np.zeros_like(w), np.zeros_like(w)) for key, w in params.items()}

    def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
        answer, memory = {}, {}
        for key, g in grads.items():
            d, g_prev = state[key]
            ratio = g / g_prev
            r = np.where(ratio > growth / (1 + growth), growth, ratio / (1 - ratio))
            move = np.where(d == 0, 0.0, r * d) - lr * g * ((d == 0) | (g * d < 0))
            answer[key], memory[key] = params[key] + move, (move, g)
        return answer, memory


class QuickpropInPlace:
    """Starts from lr times the slope everywhere and corrects the entries that have a last step."""

    def quickprop_init(params):
        return {"last": {}, "slope": {}}

    def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
        last, slope, answer = {}, {}, {}
        for key in params:
            s = np.negative(grads[key])
            move = lr * s
            if key in state["last"]:
                d, p = state["last"][key], state["slope"][key]
                on = d != 0
                move[on & (np.sign(s) != np.sign(d))] = 0.0
                far = on & (np.abs(s) > growth / (1 + growth) * np.abs(p)) & (np.sign(s) == np.sign(p))
                near = on & ~far
                move[far] += growth * d[far]
                move[near] += s[near] * d[near] / (p[near] - s[near])
            last[key], slope[key], answer[key] = move, s, params[key] + move
        return answer, {"last": last, "slope": slope}


VARIANTS = variants("quickprop_step", QuickpropBranches, QuickpropRatio, QuickpropInPlace)

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
)
