"""Nesterov by looking ahead, `nesterov_lookahead_step`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import moves, run_of
from .shared import KEPT, ahead, numbers, valley

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
    rates, momenta = [float(rng.uniform(0.2, 0.4))] * 4, [float(rng.uniform(0.6, 0.8))] * 4
    got, want = (ahead(side, start, slope, rates, momenta)[1] for side in (student, reference))
    assert all(len(places) == 1 for places in got), (
        "An update asks for the slope more than once, or not at all. Move all parameters ahead, ask once, "
        "then use the answer for all of them."
    )
    assert close(got, want), (
        "The slope is asked for at another place than w + μv. Which velocity is it, the old or the new, how "
        "much of it, and does it carry all parameters before the slope is taken?"
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
    rates, momenta = [*numbers(rng, 0.05, 0.4, 4), 0.0], [*numbers(rng, 0.3, 0.8, 3), 0.0, 0.5]
    got, want = (ahead(side, start, slope, rates, momenta)[0] for side in (student, reference))
    assert close(got, want), (
        "With rates and momenta that change the weights are elsewhere. The velocity is the step itself, so a "
        "gradient keeps the rate of its update; momentum is that of the call, in both of its places."
    )


@pytest.mark.exercise("nesterov_lookahead_step")
def test_where_slopes_are_everywhere_the_same(student, rng):
    """On planes, with one slope everywhere, looking ahead changes nothing: pushes add up and fade."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    lr, mu = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 0.8))
    planes = [lambda at, grad=grad: grad for grad in grads]
    path, _ = ahead(student, params, planes, [lr] * 4, [mu] * 4)
    want = [
        {key: -lr * sum(mu ** (t - i) * grads[i][key] for i in range(t + 1)) for key in params}
        for t in range(4)
    ]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "On a plane it does not matter where the slope is taken, and each step should be the sum of all "
        "pushes so far, faded. Does the velocity keep what it was, and does the step start from w?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


AHEAD = "params[key] + momentum * state[key] for key in params"

MISTAKES = mistakes(
    "nesterov_lookahead_step",
    (
        "no_look_ahead",
        "The slope is taken at the weights themselves, which makes this plain momentum. It is taken where "
        "the old velocity would carry them: look at what grad_fn is given.",
        ("grads = grad_fn(ahead)", "grads = grad_fn(params)"),
    ),
    (
        "looks_back",
        "The slope is taken behind the weights, where they came from. In this form the velocity points the "
        "way that the weights go: look at the sign with which you add it.",
        (AHEAD, "params[key] - momentum * state[key] for key in params"),
    ),
    (
        "looks_too_far",
        "The slope is taken a whole velocity ahead. Friction takes its share before the weights get there: "
        "look at what multiplies v inside of the gradient's argument.",
        (AHEAD, "params[key] + state[key] for key in params"),
    ),
    (
        "steps_from_ahead",
        "The new velocity is added to the look-ahead point, so that the old one counts twice. The step "
        "starts from the weights themselves.",
        ("params[key] + v[key]", "ahead[key] + v[key]"),
    ),
    (
        "asks_once_a_parameter",
        "The slope is asked for anew for every parameter, which costs a backward pass each time. Ask once, "
        "and use the answer for all: look at whether grad_fn is called inside of a loop.",
        ("grads = grad_fn(ahead)", "grads = {key: grad_fn(ahead)[key] for key in params}"),
    ),
    (
        "one_parameter_ahead",
        "Each slope is taken with one parameter ahead and all others at rest. They all move together, and "
        "slopes depend on one another: move all of them first, then ask.",
        (
            "grads = grad_fn(ahead)",
            "grads = {key: grad_fn({**params, key: ahead[key]})[key] for key in params}",
        ),
    ),
    (
        "asks_twice",
        "The slope is taken at the weights and ahead of them, and both are used. One backward pass an "
        "update is enough: the slope at the weights plays no part.",
        ("grads = grad_fn(ahead)", "grads, here = grad_fn(ahead), grad_fn(params)"),
        ("- lr * grads[key]", "- lr * (grads[key] + here[key]) / 2"),
    ),
    (
        "velocity_never_kept",
        "The velocity is zero in every update, so that there is nothing to look along and every step is "
        "plain descent. Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign of the gradient in the new velocity.",
        ("- lr * grads[key]", "+ lr * grads[key]"),
    ),
    (
        "no_friction",
        "The look ahead is right, but then the old velocity is kept whole. μ stands in both places.",
        ("v = {key: momentum * state[key]", "v = {key: state[key]"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "nesterov_lookahead_step",
    (
        "rate_outside",
        "The velocity holds gradients and the rate multiplies the step, as in the plain form of "
        "momentum. The two part ways when the rate changes; here, as in Sutskever et al. 2013, the rate "
        "is inside.",
        (AHEAD, "params[key] - lr * momentum * state[key] for key in params"),
        ("- lr * grads[key]", "+ grads[key]"),
        ("params[key] + v[key]", "params[key] - lr * v[key]"),
    ),
    (
        "current_parameter_form",
        "This is the form of the libraries, whose weights are the look-ahead points and which takes the "
        "slope where it stands: the next exercise. Here the weights stay behind and the slope is taken "
        "ahead.",
        ("grads = grad_fn(ahead)", "grads = grad_fn(params)"),
        ("params[key] + v[key]", "params[key] + momentum * v[key] - lr * grads[key]"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class LookaheadThenCorrect:
    """Goes on from the look-ahead point, and keeps as velocity how far it came in all."""

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        ahead = {key: w + momentum * v for (key, w), v in zip(params.items(), state.values(), strict=True)}
        slope = grad_fn(ahead)
        answer = {key: ahead[key] - lr * slope[key] for key in params}
        return answer, {key: answer[key] - params[key] for key in params}


class LookaheadOldWeights:
    """Keeps the weights of before instead of a velocity."""

    def nesterov_lookahead_init(params):
        return [{key: w.copy() for key, w in params.items()}]

    def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
        (before,) = state
        coast = {key: momentum * (params[key] - before[key]) for key in params}
        slope = grad_fn({key: params[key] + coast[key] for key in coast})
        answer = {key: params[key] + (coast[key] - lr * slope[key]) for key in params}
        return answer, [{key: w.copy() for key, w in params.items()}]


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


VARIANTS = variants("nesterov_lookahead_step", LookaheadThenCorrect, LookaheadOldWeights, LookaheadInPlace)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "nesterov_lookahead_step",
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
)
