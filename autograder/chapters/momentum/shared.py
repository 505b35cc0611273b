"""Inputs that can see, for the checks of `momentum`: bowls in any direction, runs that look ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.checking import PerStep, Recorder, close

from ..shared import (
    SHAPES,
    TWO_RUNS,
    Arrays,
    by_key,
    each,
    few_digits,
    from_other_places,
    moves,
    names_and_shapes_do_not_matter,
    rate_scales_each_step,
    run_of,
    set_anew,
    two_of,
    two_runs_do_not_meet,
    weights_do_not_meet,
)

# --- Checks -------------------------------------------------------------------------------------------------


def bowl(rng: np.random.Generator, curvatures: Any) -> np.ndarray:
    """A symmetric matrix with these eigenvalues, none of its eigenvectors along an axis."""
    axes, _ = np.linalg.qr(rng.normal(size=(len(curvatures), len(curvatures))))
    matrix = axes @ np.diag(curvatures) @ axes.T
    return (matrix + matrix.T) / 2


@dataclass(frozen=True)
class Valley:
    """The slope of a surface on which every parameter's slope depends on all parameters.

    A quadratic and a little of a sine, so that no recursion but the right one fits.
    """

    matrix: np.ndarray
    minimum: np.ndarray

    def __call__(self, params: Arrays) -> Arrays:
        flat = np.concatenate([np.ravel(params[key]) for key in SHAPES]) - self.minimum
        slope, cut, start = self.matrix @ flat + 0.3 * np.sin(flat), {}, 0
        for key, shape in SHAPES.items():
            stop = start + int(np.prod(shape))
            cut[key], start = slope[start:stop].reshape(shape), stop
        return cut


def valley(rng: np.random.Generator) -> tuple[Arrays, Valley]:
    """A start and a slope; with rates below 0.5 no method runs away."""
    count = sum(int(np.prod(shape)) for shape in SHAPES.values())
    start = {key: rng.normal(size=shape) for key, shape in SHAPES.items()}
    return start, Valley(bowl(rng, np.geomspace(0.1, 2.0, count)), rng.normal(size=count))


def ahead(
    player: Any, params: Arrays, slopes: Any, rates: list[float], momenta: list[float]
) -> tuple[list[Arrays], list[list[Any]]]:
    """The look-ahead form's parameters after each step, and what each step asked its function for.

    ``slopes`` is one function for all steps, or a list with one a step.
    """
    state, path, places = player.nesterov_lookahead_init(params), [], []
    for i, (lr, momentum) in enumerate(zip(rates, momenta, strict=True)):
        slope = Recorder(slopes[i] if isinstance(slopes, list) else slopes)
        params, state = player.nesterov_lookahead_step(params, slope, state, lr=lr, momentum=momentum)
        path.append(params)
        places.append([args[0] if args else None for args, _, _ in slope.log])
    return path, places


FORMS = {"plain": "momentum", "inside": "velocity", "averaged": "averaged_momentum"}
STEMS = (*FORMS.values(), "nesterov")


def numbers(rng, low, high, count):
    return [float(x) for x in rng.uniform(low, high, size=count)]


def rolling(grads: list[Arrays], rates: list[float], mu: float) -> Arrays:
    """The move in each step, if each gradient comes in at its update's rate, and rolls on by the share μ."""
    age = np.subtract.outer(np.arange(len(grads)), np.arange(len(grads)))
    left = np.where(age < 0, 0.0, mu ** np.maximum(age, 0)) * rates
    return {key: -np.tensordot(left, pushes, axes=1) for key, pushes in by_key(grads).items()}


@each(*STEMS, weight=2)
def test_the_weights_follow_the_formula(student, reference, rng, stem):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    params, grads = run_of(rng, steps=8)
    for grad in grads[:2]:
        grad["b"] = np.zeros(4)  # a parameter that rests at first
    momentum = float(rng.uniform(0.6, 0.8))
    got, want = (
        side.trajectory(stem, params, grads, lr=0.05, momentum=momentum) for side in (student, reference)
    )
    assert close(got, want, atol=1e-10), few_digits(got, want) or (
        "After several updates the weights are elsewhere. Write the text's two formulas in their order, "
        "one line each: what is multiplied by μ, what by the rate, and which velocity moves the weights?"
    )


@each(*STEMS)
def test_a_push_fades(student, rng, stem):
    """After a single push each step is μ times the one before: the weights coast, slower and slower."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    nothing = {key: np.zeros_like(value) for key, value in params.items()}
    lr, drawn, n = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 0.8)), 6
    for start, size, mu, rate in ((params, 1.0, drawn, lr), (nothing, 1e-200, 0.9999, 1e-20 * lr)):
        factors = mu ** np.arange(n)
        if stem == "averaged_momentum":
            factors = (1 - mu) * factors
        if stem == "nesterov":
            factors = np.where(np.arange(n) == 0, 1 + mu, mu * factors)
        push = {key: size * g for key, g in grads[0].items()}
        path = student.trajectory(stem, start, [push] + [nothing] * (n - 1), lr=rate, momentum=mu)
        want = [{key: -rate * factor * g for key, g in push.items()} for factor in factors]
        got = moves(start, path)
        assert close(got, want, rtol=1e-7, atol=1e-12 * size * rate), few_digits(got, want) or (
            "One gradient, and then none: look at the length of the first step, and at what is left of it in "
            "each that follows. The velocity must outlive the update, and lose the same share in each, "
            "however small it or the rate is and however near to one μ is."
        )


@each(*STEMS)
def test_a_steady_slope_gives_a_steady_speed(student, rng, stem):
    """While the gradient stays the same, steps grow towards a last length that μ and the form determine."""
    start, grads = run_of(rng, steps=3, sizes=(0.1, 1e150), zeros=False)
    params, slope = two_of(start, grads[0])
    lr, n = float(rng.uniform(2.0, 5.0)), 110  # and the usual momentum, which remembers all of them
    path = student.trajectory(stem, params, [slope] * n, lr=lr)
    velocity = (1 - 0.9 ** np.arange(1, n + 1)) / (1 - 0.9)
    length = {"averaged_momentum": 0.1 * velocity, "nesterov": 1 + 0.9 * velocity}.get(stem, velocity)
    got = by_key(moves(params, path))
    want = {key: -lr * np.multiply.outer(length, g) for key, g in slope.items()}
    assert close(got, want, rtol=1e-6, atol=1e-7), few_digits(got, want) or (
        "After many equal gradients, or with very large ones, the step has another length than it should. In "
        "the long run the velocity is a number that its own formula gives back: put it in on both sides, and "
        "solve. Nothing is cut off or in single precision, no gradient drops out after a while, and no "
        "update is a special one. A momentum that is left out has the default of the function's first line."
    )


@each("momentum", "averaged_momentum", "nesterov", weight=2)
def test_each_step_takes_its_own_rate(student, rng, stem):
    """A learning rate that changes between steps scales just the step that it is given to."""
    assert rate_scales_each_step(student, stem, rng, momentum=0.7), (
        "The same gradients with other learning rates: each step should be that step's lr times the same "
        "vector. The state must hold nothing that lr has touched."
    )


@pytest.mark.exercise("velocity_step", weight=2)
def test_a_gradient_keeps_the_rate_of_its_update(student, rng):
    """A learning rate that changes scales the gradients that come with it, and nothing that already rolls."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0), zeros=False)
    rates, mu = numbers(rng, 0.1, 1.0, 5), float(rng.uniform(0.5, 0.8))
    rates[1], rates[2], rates[4] = 30.0, 0.0, 0.0
    path = student.trajectory("velocity", params, grads, lr=PerStep(rates), momentum=mu)
    got, want = by_key(moves(params, path)), rolling(grads, rates, mu)
    assert close(got, want, rtol=1e-7, atol=1e-9), few_digits(got, want) or (
        "With a rate that changes, each gradient should keep the rate of its own update, however long it "
        "still rolls. Is the rate inside the velocity, and only there?"
    )


@each(*STEMS)
def test_momentum_may_change(student, reference, rng, stem):
    """Momentum that changes between steps is that of the update it is given to; with zero it is descent."""
    params, grads = run_of(rng, steps=6, sizes=(0.1, 10.0), zeros=False)
    momenta = [*numbers(rng, 0.3, 0.8, 4), 0.0, float(rng.uniform(0.3, 0.8))]
    got, want = (
        side.trajectory(stem, params, grads, lr=0.2, momentum=PerStep(momenta))
        for side in (student, reference)
    )
    assert close(got, want, rtol=1e-7, atol=1e-8), few_digits(got, want) or (
        "With a momentum of its own for every update the weights are elsewhere. The call's momentum "
        "multiplies the old velocity once, in every place where the formulas have it, and none is kept for "
        "the next update; with zero the velocity is renewed as well."
    )


def in_another_order(player: Any, stem: str, params: Arrays, grads: list[Arrays], **hyper: Any) -> list:
    """The parameters after each step, where the keys of every other step come the other way round."""
    init, step = (getattr(player, f"{stem}_{name}") for name in ("init", "step"))
    state, path = init(params), []
    for number, grad in enumerate(grads):
        if number % 2 == 0:
            params, grad = dict(reversed(params.items())), dict(reversed(grad.items()))
        params, state = step({key: params[key] for key in grad}, grad, state, **hyper)
        path.append(params)
    return path


@each(*STEMS)
def test_parameters_do_not_meet(student, reference, rng, stem):
    """A parameter's path depends neither on those beside it nor on the names and the order of the keys."""
    assert weights_do_not_meet(student, stem, rng, lr=0.05, momentum=0.8), (
        "A parameter walked otherwise beside a second one than alone. Each number needs a velocity of its "
        "own."
    )
    start, pushes = run_of(rng, steps=3, sizes=(0.01, 100.0), zeros=False)
    params, *grads = two_of(start, *pushes)
    want = student.trajectory(stem, params, grads, lr=0.05, momentum=0.8)
    assert close(in_another_order(student, stem, params, grads, lr=0.05, momentum=0.8), want), (
        "With the keys of the dicts in another order than in the step before, the weights are elsewhere. A "
        "velocity belongs to a key, not to a place: keep it under its name."
    )
    assert names_and_shapes_do_not_matter(student, stem, rng, most_axes=4, lr=0.05, momentum=0.8), ODD
    slope = {"W": rng.normal(size=(2, 3))}
    assert two_runs_do_not_meet(student, reference, stem, slope, lr=0.5, momentum=0.8), TWO_RUNS


ODD = (
    "With parameters of other names, or with up to four axes, the same numbers walk otherwise. A parameter "
    "may have any name, such as t or step: keep what else the state holds apart from the velocities. And it "
    "may have any shape: operations on whole arrays need no loop over axes."
)


@each(*STEMS)
def test_the_weights_are_those_of_the_call(student, rng, stem):
    """Where the caller sets the weights anew between updates, each step is as long as without that."""
    starts, grads = set_anew(rng)
    hyper = {"lr": 0.2, "momentum": float(rng.uniform(0.5, 0.8))}
    want = moves(starts[2], student.trajectory(stem, starts[2], grads, **hyper))
    got = from_other_places(student, stem, starts, grads, **hyper)
    assert any(np.any(w) for w in want[2].values()) and close(got[1:], want[1:], rtol=1e-7, atol=1e-9), ANEW


ANEW = (
    "Where the caller sets the weights anew between two updates, the steps are others. A step starts from "
    "the weights of its call, and the velocity is made of gradients alone: kept as a difference of weights "
    "it can take in what the caller did, and beside large weights it loses its digits."
)
