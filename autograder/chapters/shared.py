"""Inputs that tell right from wrong, shared by hidden checks of several chapters, and laws of optimisers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autograder.checking import PerStep, close, laws

Arrays = dict[str, np.ndarray]
SHAPES = {"W": (3, 2), "b": (4,), "c": (4,)}  # two of one shape: a memory kept by shape mixes them up


def number(rng: np.random.Generator, low: float, high: float) -> float:
    """A plain float between two borders."""
    return float(rng.uniform(low, high))


def twins(rng: np.random.Generator) -> tuple[np.random.Generator, np.random.Generator]:
    """Two generators with the same seed, which draw the same numbers."""
    seed = int(rng.integers(2**32))
    return np.random.default_rng(seed), np.random.default_rng(seed)


def seeds_another(student: Any, used: np.random.Generator, seed: int) -> bool:
    """Whether the student's copy of ``used`` stands where one number drawn leaves a generator of this seed.

    That is a seed of up to 32 bits, or one of up to 64. Two dozen examples have more orders than these.
    """
    small, large = (np.random.default_rng(seed) for _ in range(2))
    small.integers(2**31)
    large.random()
    return bool(student.stands_at(used, small) or student.stands_at(used, large))


def few_digits(got: Any, want: Any) -> str:
    """A sentence for numbers that are right to a few digits and no further; "" for all others."""
    if not close(got, want, rtol=1e-4, atol=0.0):
        return ""
    return (
        "The numbers are right to a few digits and no further: is something rounded or in single precision, "
        "is a small number added or left out, or do digits get lost in a difference of larger numbers?"
    )


def left_to_chance(values: Any, law: Any, centre: float) -> bool:
    """Whether draws of ``law`` are independent: not one in each equal part of it, none twice, not centred.

    Strata and balanced samples follow every law better than chance does, so that no distance shows them.
    """
    found = np.ravel(values)
    parts = np.clip(law.cdf(found) * found.size, 0, found.size - 1).astype(int)
    spread = laws.resampled(parts, found.size, refuse=1e-12)
    return spread and len(np.unique(found)) > 0.9 * found.size and bool(abs(np.mean(found) - centre) > 1e-13)


def run_of(
    rng: np.random.Generator, steps: int = 6, sizes: tuple[float, float] = (1e-6, 1e3), zeros: bool = True
) -> tuple[Arrays, list[Arrays]]:
    """Three parameters, two of them of one shape, and ``steps`` gradients.

    Each weight's gradients have their own size, spread over ``sizes``. Their sign is constant up to one step,
    another for each weight, flips there, and is random after it. With ``zeros``, of at least four steps, the
    last weight's gradient is always zero, and every other weight's in one step, which is not one of the first
    two for half of them; and in one later step, not the last, all gradients are zero.
    """
    count = sum(map(math.prod, SHAPES.values()))
    weight, step = np.arange(count), np.arange(steps)[:, None]
    flip = 1 + weight % (steps - 1)
    first = rng.choice([-1.0, 1.0], size=count)
    signs = np.where(step < flip, first, rng.choice([-1.0, 1.0], size=(steps, count)))
    signs[flip, weight] = -first
    values = signs * rng.permutation(np.geomspace(*sizes, count)) * rng.uniform(0.5, 1.5, size=(steps, count))
    if zeros:
        values[rng.integers(np.where(weight % 2, 0, 2), steps), weight] = 0.0
        values[:, -1] = 0.0
        values[rng.integers(2, steps - 1)] = 0.0
    return _cut(rng.normal(size=count)), [_cut(row) for row in values]


def _cut(row: np.ndarray) -> Arrays:
    """A flat row as a dict with the shapes of SHAPES."""
    cut, start = {}, 0
    for key, shape in SHAPES.items():
        stop = start + math.prod(shape)
        cut[key], start = row[start:stop].reshape(shape), stop
    return cut


def two_of(*several: Arrays) -> list[Arrays]:
    """Of each dict the two parameters of one shape alone."""
    return [{key: arrays[key] for key in ("b", "c")} for arrays in several]


def moves(params: Arrays, path: list[Arrays]) -> list[Arrays]:
    """The change of the parameters in each step of a trajectory."""
    return [
        {key: after[key] - before[key] for key in after}
        for before, after in zip([params, *path], path, strict=False)
    ]


def by_key(steps: list[Arrays]) -> Arrays:
    """A list of dicts as one dict, the steps along a first axis: compared at once, which is far cheaper."""
    return {key: np.array([step[key] for step in steps]) for key in steps[0]}


def every_step_moves(params: Arrays, path: list[Arrays]) -> bool:
    """Whether each step changed a weight; without this an answer that never moves would obey every law."""
    return all(any(np.any(step[key] != 0) for key in step) for step in moves(params, path))


def rate_scales_each_step(student: Any, stem: str, rng: np.random.Generator, **hyper: Any) -> bool:
    """Whether, for fixed gradients, a step is proportional to its own learning rate, not to others.

    The first rate is zero, as at the start of a warm-up, and so is one between others.
    """
    whole, steps = run_of(rng, steps=5, sizes=(0.1, 10.0), zeros=False)
    params, *grads = ({key: arrays[key] for key in ("W", "b")} for arrays in (whole, *steps))
    early, *late = rng.permutation([0.5, 1.5, 300.0])
    rates = [0.0, early, 0.0, *late]
    plain = student.trajectory(stem, params, grads, lr=1.0, **hyper)
    scaled = student.trajectory(stem, params, grads, lr=PerStep([float(rate) for rate in rates]), **hyper)
    want = [
        {key: rate * value for key, value in step.items()}
        for rate, step in zip(rates, moves(params, plain), strict=True)
    ]
    return every_step_moves(params, plain) and close(moves(params, scaled), want, rtol=1e-7, atol=1e-9)


def numbers_do_not_meet(student: Any, stem: str, rng: np.random.Generator, **hyper: Any) -> bool:
    """Whether one number of a matrix moves alone as it does beside the others of its row and column."""
    params, grads = run_of(rng, steps=3, sizes=(0.01, 100.0), zeros=False)
    whole, *steps = ({"W": arrays["W"]} for arrays in (params, *grads))
    one, *its_steps = ({"W": arrays["W"][1:2, 1:]} for arrays in (whole, *steps))
    beside = student.trajectory(stem, whole, steps, **hyper)
    alone = student.trajectory(stem, one, its_steps, **hyper)
    return every_step_moves(whole, beside) and close(alone, [{"W": step["W"][1:2, 1:]} for step in beside])


def weights_do_not_meet(student: Any, stem: str, rng: np.random.Generator, **hyper: Any) -> bool:
    """Whether a parameter that has a twin of its shape moves alone as it does beside the others.

    The keys are in reverse order, as in no other check.
    """
    params, grads = run_of(rng, steps=3, sizes=(0.01, 100.0), zeros=False)
    turned, *steps = (dict(reversed(arrays.items())) for arrays in (params, *grads[:2]))
    beside = student.trajectory(stem, turned, steps, **hyper)
    alone = student.trajectory(stem, {"b": params["b"]}, [{"b": step["b"]} for step in steps], **hyper)
    return every_step_moves(turned, beside) and close(alone, [{"b": step["b"]} for step in beside])


TWO_RUNS = (
    "A run was begun, then one with parameters of other shapes, and the first one's first step is not the "
    "formula's. If it is right in a run alone: does each get a state of its own, kept from the next init?"
)


def two_runs_do_not_meet(
    student: Any, reference: Any, stem: str, slope: Any, *, begin: Sequence[dict] = ({}, {}), **hyper: Any
) -> bool:
    """Whether a first step is the reference's where another run was begun between its init and it.

    ``begin`` are the keywords of both inits.
    """
    params, other, ends = {"W": np.full((2, 3), 2.0)}, {"W": np.ones((5, 7))}, []
    for side in (student, reference):
        init, step = (getattr(side, f"{stem}_{name}") for name in ("init", "step"))
        state, _ = init(params, **begin[0]), init(other, **begin[1])
        ends.append(step(params, slope, state, **hyper)[0])
    return close(*ends)


NAMES = (*"tmvuW", "", "step", "count", "state", "velocity", "W10", "W2", "W2_v", "v_W2", "bias")


def names_and_shapes_do_not_matter(
    student: Any, stem: str, rng: np.random.Generator, *, most_axes: int = 3, **hyper: Any
) -> bool:
    """Whether numbers move alike in one vector and in small arrays with odd names and up to so many axes."""
    params, grads = run_of(rng, steps=3, sizes=(0.01, 100.0), zeros=False)
    grads = grads[:2]  # the second step meets what the first has kept, a counter among it
    rows = [np.concatenate([np.ravel(value) for value in arrays.values()]) for arrays in (params, *grads)]
    rows = [np.concatenate([row, row[::-1], row[:2]]) for row in rows]  # two numbers for each name

    def cut(row):
        shapes = [(2,), (1, 2), (2, 1, 1), (1, 2, 1, 1)][:most_axes]
        pairs = zip(NAMES, row[: 2 * len(NAMES)].reshape(-1, 2), strict=True)
        return {name: pair.reshape(shapes[i % most_axes]) for i, (name, pair) in enumerate(pairs)}

    flat = student.trajectory(stem, {"w": rows[0]}, [{"w": row} for row in rows[1:]], **hyper)
    odd = student.trajectory(stem, cut(rows[0]), [cut(row) for row in rows[1:]], **hyper)
    return every_step_moves({"w": rows[0]}, flat) and close(odd, [cut(step["w"]) for step in flat])


def from_other_places(
    player: Any, stem: str, starts: list[Arrays], slopes: list, **hyper: Any
) -> list[Arrays]:
    """The move in each step, where the caller sets the weights anew before it."""
    init, step = (getattr(player, f"{stem}_{name}") for name in ("init", "step"))
    state, found = init(starts[0]), []
    for start, slope in zip(starts, slopes, strict=True):
        after, state = step(start, slope, state, **hyper)
        found.append({key: after[key] - start[key] for key in start})
    return found


def set_anew(rng: np.random.Generator) -> tuple[list[Arrays], list[Arrays]]:
    """Three places, the first so far out that no move shows there, and a gradient for each."""
    start, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    params, *slopes = two_of(start, *grads)
    return [{key: size * w for key, w in params.items()} for size in (1e18, 1.0, 0.0)], slopes


def each(*stems, weight=1, **weights):
    """Run a check for several optimisers, as a check of each one's exercise; ``weights`` are single ones'."""
    weights = dict.fromkeys(stems, weight) | weights
    cases = [
        pytest.param(stem, marks=pytest.mark.exercise(f"{stem}_step", weight=own), id=stem)
        for stem, own in weights.items()
    ]
    return pytest.mark.parametrize("stem", cases)


def one_by_one(rule, times, **options):
    """The rates of single times, a list; asked from the last time to the first, for a rule keeps no books."""
    return [rule(time, **options) for time in reversed(times)][::-1]


def wrong_in_arrays(student, reference, name, times, hint, *, rtol=1e-7, atol=0.0, **options):
    """A sentence on wrong rates of an array of times, or of an array of one entry; "" if all are right.

    An array is blamed, with the hint, only where the student's own single times have other rates than it.
    """
    for asked in (times, times.flat[:1].reshape((1,) * times.ndim)):
        got, want = (getattr(side, name)(asked, **options) for side in (student, reference))
        if not close(got, want, rtol=rtol, atol=atol):
            alone = one_by_one(getattr(student, name), asked.ravel().tolist(), **options)
            if close(np.ravel(got).tolist(), alone, rtol=rtol, atol=atol, nan_agrees=True):
                return few_digits(got, want) or (
                    "In an array of times the rates are others, as they are for single times."
                )
            return (
                f"For an array of times the rates are others, entry by entry, than for single times. {hint}"
            )
    return ""
