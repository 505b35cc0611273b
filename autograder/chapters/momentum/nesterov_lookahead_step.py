"""Nesterov by looking ahead, `nesterov_lookahead_step`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from ..shared import (
    TWO_RUNS,
    by_key,
    few_digits,
    from_other_places,
    moves,
    run_of,
    set_anew,
    two_of,
    two_runs_do_not_meet,
)
from .shared import ANEW, ahead, numbers, rolling, valley

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("nesterov_lookahead_step", weight=2)
def test_the_weights_follow_the_slope_ahead(student, reference, rng):
    """On a surface where every slope depends on all parameters the weights follow the formula."""
    start, slope = valley(rng)
    rates, momenta = [float(rng.uniform(0.2, 0.4))] * 6, [float(rng.uniform(0.6, 0.8))] * 6
    got, want = (ahead(side, start, slope, rates, momenta)[0] for side in (student, reference))
    assert close(got, want), (
        "After several updates the weights are elsewhere. Take the formulas in their order: where is the "
        "slope taken, what does the new velocity consist of, and where does the step start?"
    )


@pytest.mark.exercise("nesterov_lookahead_step", weight=2)
def test_the_slope_is_asked_for_once_and_ahead(student, reference, rng):
    """Each update asks for the slope once, where the old velocity alone would carry all the parameters."""
    start, slope = valley(rng)
    # without a rate the first update moves nothing, and the second one asks at its place
    rates, momenta = [0.0, *numbers(rng, 0.2, 0.4, 1) * 3], numbers(rng, 0.6, 0.8, 1) * 4
    got, want = (ahead(side, start, slope, rates, momenta)[1] for side in (student, reference))
    assert all(len(places) == 1 for places in got), (
        "An update asks for the slope more than once, or not at all. Move all parameters ahead, ask once, "
        "then use the answer for all of them."
    )
    assert close(got, want), (
        "The slope is asked for at other places. Is each of them w + μv, with the old velocity and for all "
        "parameters, and was the step before it taken from w?"
    )


@pytest.mark.exercise("nesterov_lookahead_step")
def test_the_places_asked_at_walk_as_the_other_form(student, reference, rng):
    """The places where slopes are taken are the weights of the form that takes them where it stands."""
    start, slope = valley(rng)
    lr, mu = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.6, 0.8))
    _, places = ahead(student, start, slope, [lr] * 5, [mu] * 5)
    here, state, want = start, reference.nesterov_init(start), []
    for _ in range(5):
        want.append([here])
        here, state = reference.nesterov_step(here, slope(here), state, lr=lr, momentum=mu)
    assert close(places, want, rtol=1e-8), (
        "Both forms of Nesterov's method should take their slopes at the same places, update by update. Look "
        "at the first place, then at how the second comes about."
    )


@pytest.mark.exercise("nesterov_lookahead_step", weight=2)
def test_rates_and_momenta_are_those_of_the_call(student, reference, rng):
    """Where rate and momentum change between updates, each update uses its own."""
    start, slope = valley(rng)
    rates, momenta = [*numbers(rng, 0.05, 0.4, 3), 0.0, 0.2], [*numbers(rng, 0.3, 0.8, 3), 0.0, 0.5]
    (got, asked), (want, right) = (ahead(side, start, slope, rates, momenta) for side in (student, reference))
    assert close(got, want), (
        "With rates and momenta that change the weights are elsewhere. The velocity is the step itself, so a "
        "gradient keeps the rate of its update; momentum is that of the call, in both of its places."
    )
    assert close(asked, right), (
        "With rates and momenta that change, zero among them, the slope is asked for at other places, or not "
        "once an update. It is asked for at w + μv, with the μ of this call, whatever the rate is."
    )


@pytest.mark.exercise("nesterov_lookahead_step")
def test_where_slopes_are_everywhere_the_same(student, rng):
    """On planes, with one slope everywhere, looking ahead changes nothing: pushes add up and fade."""
    start, pushes = run_of(rng, steps=4, sizes=(0.1, 1e100), zeros=False)
    params, *slopes = two_of(start, *pushes)
    level = {key: np.zeros_like(g) for key, g in params.items()}
    lr, mu = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 0.8))
    rates = [1e-9 * lr, lr, 40 * lr, lr, *[0.0] * 6, *[lr] * 44]
    steady = slopes[2]  # the push that outweighs all others: with it no move is a difference of larger ones
    grads = [*slopes, *[steady] * 6, *[level] * 4, *[steady] * 40]
    planes = [lambda at, grad=grad: grad for grad in grads]
    path, _ = ahead(student, params, planes, rates, [mu] * len(grads))
    got, want = by_key(moves(params, path)), rolling(grads, rates, mu)
    assert close(got, want, rtol=1e-7, atol=1e-9), few_digits(got, want) or (
        "On a plane it does not matter where the slope is taken, and each step should be the sum of all "
        "pushes so far, faded and never dropped, however steep or level the plane is and however long the "
        "walk, each at the rate of its update. Does the velocity keep what it was, and does the step start "
        "from w?"
    )
    shapes = {"t": (2, 2), "v": (2, 1, 2), "": (1, 2, 1, 2)}
    slope = {key: 1e-150 * slopes[i]["b"].reshape(shape) for i, (key, shape) in enumerate(shapes.items())}
    start, mu = {key: np.zeros_like(g) for key, g in slope.items()}, 0.9999
    want = [{key: -lr * many * g for key, g in slope.items()} for many in (1, 2 + mu)]
    answer, here, path = dict(reversed(slope.items())), start, []
    state = student.nesterov_lookahead_init(start)
    for keys in (["t", "v", ""], ["v", "", "t"]):
        here = {key: here[key] for key in keys}
        here, state = student.nesterov_lookahead_step(here, lambda at: answer, state, lr=lr, momentum=mu)
        path.append(here)
    assert close(path, want, rtol=1e-7, atol=0.0), (
        "With small slopes, a momentum next to one, and the keys of parameters, state and gradients in "
        "different orders the weights are elsewhere. What belongs together has the same key, not the same "
        "place; a key may be any name, such as t, and an array may have four axes. Nothing small counts as "
        "zero, and μ is the one that is given."
    )
    walked = student.walk_on_a_plane(start, slope, lr=lr, momentum=mu)
    assert close(walked, want, rtol=1e-7, atol=0.0), (
        "Where grad_fn hands out the same arrays at each call the weights are elsewhere: what it returned "
        "was changed in place. It is not yours to change: make new arrays."
    )


@pytest.mark.exercise("nesterov_lookahead_step")
def test_the_weights_are_those_of_the_call(student, reference, rng):
    """Where the caller sets the weights anew between updates, each step is as long as without that."""
    starts, grads = set_anew(rng)
    lr, mu = 0.2, 0.9
    planes = [lambda at, grad=grad: grad for grad in grads]
    want = {key: steps[1:] for key, steps in rolling(grads, [lr] * 3, mu).items()}
    got = from_other_places(student, "nesterov_lookahead", starts, planes, lr=lr, momentum=mu)
    assert close(by_key(got[1:]), want, rtol=1e-7, atol=1e-9), ANEW
    slope = {"W": rng.normal(size=(2, 3))}
    assert two_runs_do_not_meet(student, reference, "nesterov_lookahead", lambda at: slope, lr=lr), TWO_RUNS


# --- Variants -----------------------------------------------------------------------------------------------


class LookaheadThenCorrect:
    """Goes on from the look-ahead point; the velocity is worked out beside it."""

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        ahead = {key: params[key] + momentum * v for key, v in state.items()}
        slope = grad_fn(ahead)
        answer = {key: ahead[key] - lr * slope[key] for key in params}
        return answer, {key: momentum * v - lr * slope[key] for key, v in state.items()}


class LookaheadPushes:
    """Keeps all pushes so far, each with what is left of it, instead of a velocity."""

    def nesterov_lookahead_init(params):
        return []

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        left = [(momentum * share, push) for share, push in state]
        coast = {key: sum((share * push[key] for share, push in left), 0.0 * params[key]) for key in params}
        slope = grad_fn({key: params[key] + coast[key] for key in coast})
        push = {key: -lr * slope[key] for key in params}
        return {key: params[key] + (coast[key] + push[key]) for key in params}, [*left, (1.0, push)]


class LookaheadInPlace:
    """One copy of the weights that is moved ahead, handed over, moved back and on; prints."""

    def nesterov_lookahead_init(params):
        return {"v": {key: np.zeros_like(w) for key, w in params.items()}, "calls": 0}

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        v = {key: momentum * old for key, old in state["v"].items()}
        moving = {key: w.copy() for key, w in params.items()}
        for key in moving:
            moving[key] += v[key]
        slope = grad_fn(moving)
        for key in moving:
            v[key] -= lr * slope[key]
            moving[key] = params[key] + v[key]
        print("asked", state["calls"] + 1, "times")
        return moving, {"v": v, "calls": state["calls"] + 1}


VARIANTS = variants("nesterov_lookahead_step", LookaheadThenCorrect, LookaheadPushes, LookaheadInPlace)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "nesterov_lookahead_step",
    """
    calls = []
    def grad_fn(params):
        calls.append(params)
        return {"w": np.array([2.0])}
    state = nesterov_lookahead_init({"w": np.array([1.0])})
    for w, lr in ((1e18, 0.5), (1.0, 0.0)):  # the weight is set anew
        params, state = nesterov_lookahead_step({"w": np.array([w])}, grad_fn, state, lr=lr, momentum=0.5)
    params, len(calls)
    """,
    """
    calls = []
    def grad_fn(params):
        calls.append(params)
        return {"w": params["w"] * params["b"], "b": params["w"]}
    params = {"w": np.array([1.0]), "b": np.array([2.0])}
    state = nesterov_lookahead_init(params)
    for _ in range(2):
        params, state = nesterov_lookahead_step(params, grad_fn, state, lr=0.5, momentum=0.5)
    params, len(calls)
    """,
    """
    params, slope = {"w": np.array([1.0]), "b": np.array([1.0])}, {"b": np.array([2.0]), "w": np.array([4.0])}
    state = nesterov_lookahead_init(params)
    for momentum in (0.5, 0.0):
        params, state = nesterov_lookahead_step(params, lambda at: slope, state, lr=0.5, momentum=momentum)
    params, slope
    """,
)
