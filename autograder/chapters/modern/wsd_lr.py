"""Warm-up, stable, decay, `wsd_lr`: hidden checks, named mistakes."""

from typing import Any

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from ..shared import few_digits, number, wrong_in_arrays

# --- Checks -------------------------------------------------------------------------------------------------


def plan(rng: np.random.Generator) -> dict[str, Any]:
    """Phases of different lengths, with a floor."""
    warmup, stable, decay = (int(rng.integers(low, low + 4)) for low in (4, 9, 15))
    base = number(rng, 0.5, 2.0)
    return {
        "base_lr": base,
        "total_steps": warmup + stable + decay,
        "warmup_steps": warmup,
        "decay_steps": decay,
        "min_lr": base * number(rng, 0.1, 0.3),
    }


def rates(wsd_lr: Any, options: dict[str, Any]) -> list[Any]:
    """The rate of every step, asked for one by one, from the last to the first."""
    return [wsd_lr(step, **options) for step in reversed(range(options["total_steps"] + 1))]


@pytest.mark.exercise("wsd_lr", weight=2)
def test_every_update_has_its_rate(student, reference, rng):
    """Update by update: up in a line, level, down in a line."""
    options = plan(rng)
    got, want = (rates(side.wsd_lr, options) for side in (student, reference))
    assert close(got, want), few_digits(got, want) or (
        "Some updates have another rate. Up to warmup_steps the rate rises from 0; it stays at base_lr until "
        "decay_steps updates are left, and falls in a line to min_lr at total_steps."
    )


@pytest.mark.exercise("wsd_lr")
def test_landmarks(student, rng):
    """Zero first, the peak from the end of the warm-up to the start of the decay, the floor last."""
    first = plan(rng)
    base, floor = first["base_lr"], first["min_lr"]
    for change in (
        {},
        {"min_lr": 0.5 * floor},
        {"base_lr": 2 * base},
        {"decay_steps": 9},
        {"warmup_steps": 3},
    ):
        options = first | change
        warmup, total, decay = (options[f"{name}_steps"] for name in ("warmup", "total", "decay"))
        got = [student.wsd_lr(step, **options) for step in (0, warmup, total - decay, total)]
        assert close(got, [0.0, options["base_lr"], options["base_lr"], options["min_lr"]]), (
            "A landmark is off: 0 at step 0, base_lr at warmup_steps and still at total_steps - decay_steps, "
            "min_lr at total_steps, each as it stands in the same call."
        )


@pytest.mark.exercise("wsd_lr")
def test_phases_may_be_missing(student, reference, rng):
    """Without a warm-up the peak is first; with no stable phase the decay follows the warm-up at once."""
    base, total = 1e-9 * number(rng, 0.5, 2.0), int(rng.integers(15, 25))  # a rate, however small
    for warmup, decay in ((0, 7), (6, total - 6), (0, total), (1, 1)):
        options = {"base_lr": base, "total_steps": total, "warmup_steps": warmup, "decay_steps": decay}
        got, want = (rates(side.wsd_lr, options) for side in (student, reference))
        assert close(got, want, atol=1e-24), (
            "With a phase of length zero, and a tiny base_lr, the rates are others. Nothing is "
            "divided by an empty warm-up, without min_lr the floor is 0, and small rates are not rounded."
        )


@pytest.mark.exercise("wsd_lr")
@pytest.mark.parametrize("shape", [(12,), (3, 4)])
def test_arrays_of_steps(student, reference, rng, shape):
    """An array with steps of all phases in any order gives the rates of its steps, in its shape."""
    options = plan(rng)
    total = options["total_steps"]
    steps = rng.permutation(np.r_[0, 1, total - 1, total, rng.integers(0, total, size=8)]).reshape(shape)
    hint = "Each entry has its own phase."
    wrong = wrong_in_arrays(student, reference, "wsd_lr", steps, hint, rtol=1e-9, atol=1e-12, **options)
    assert not wrong, wrong
    few = steps.astype([np.uint8, np.uint64][len(shape) - 1])  # whole numbers that know nothing below 0
    early = np.array([0, 10, 200], dtype=np.uint8)  # of a run that is longer than their largest number
    long = {**options, "total_steps": 100_000, "warmup_steps": 300, "decay_steps": 500}
    short = {**options, "total_steps": 600, "warmup_steps": 5, "decay_steps": 500}
    late = np.array([(40_000, 150, 99_750), (100_000, 150, 99_750)][len(shape) - 1])  # a whole rate first
    for whole, asked in (
        (few, options),
        (early, long),
        (early, short),
        (late, long),
        (late, {**long, "base_lr": 2, "min_lr": 1}),
    ):
        got, want = (side.wsd_lr(whole, **asked) for side in (student, reference))
        assert close(got, want, rtol=1e-9, atol=1e-12), (
            "In a run of 100,000 steps, with base_lr and min_lr as floats or as ints, rates are others. Are "
            "steps kept in small ints, rates in an array of ints, or anything from an earlier call?"
            if whole is late
            else "For an array of unsigned ints (such as uint8) the rates are others. What would be below 0, "
            "or too large for them, becomes another number there: make the steps floats before you calculate."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


UP = "up = base_lr * step / max(warmup_steps, 1)"
DOWN = "down = min_lr + (base_lr - min_lr) * (total_steps - step) / decay_steps"
LATE = "late = step > total_steps - decay_steps"
ANSWER = "return np.where(step < warmup_steps, up, np.where(late, down, base_lr))[()]"

MISTAKES = mistakes(
    "wsd_lr",
    (
        "no_warm_up",
        "There is no warm-up: the first rates do not rise from zero.",
        (ANSWER, "return np.where(late, down, base_lr)[()]"),
    ),
    (
        "no_decay",
        "The rate stays at the peak until the end. Its last decay_steps updates should take it to min_lr.",
        (ANSWER, "return np.where(step < warmup_steps, up, base_lr)[()]"),
    ),
    (
        "decays_from_the_warm_up",
        "The decay begins when the warm-up is over, so that there is no stable phase. It begins decay_steps "
        "updates before the end.",
        (DOWN, "down = base_lr + (min_lr - base_lr) * (step - warmup_steps) / (total_steps - warmup_steps)"),
        (LATE, "late = step >= warmup_steps"),
    ),
    (
        "decay_counted_from_the_start",
        "decay_steps is taken for the step at which the decay begins. It is the length of the decay.",
        (
            DOWN,
            "down = min_lr + (base_lr - min_lr) * (total_steps - step) / max(total_steps - decay_steps, 1)",
        ),
        (LATE, "late = step > decay_steps"),
    ),
    (
        "floor_cut_off",
        "The rate falls towards zero and is cut off at the floor. It should reach the floor at the end and "
        "not before.",
        (DOWN, "down = np.maximum(min_lr, base_lr * (total_steps - step) / decay_steps)"),
    ),
    (
        "no_floor",
        "The rate falls to zero: look at the argument min_lr.",
        (DOWN, "down = base_lr * (total_steps - step) / decay_steps"),
    ),
    (
        "floor_on_top",
        "The floor is added to a line that starts from the whole peak, so that the decay begins with a jump. "
        "The line has only the way between the two to go.",
        (DOWN, "down = min_lr + base_lr * (total_steps - step) / decay_steps"),
    ),
    (
        "warm_up_from_the_floor",
        "The warm-up rises from min_lr. Here it rises from 0; min_lr belongs to the end.",
        (UP, "up = min_lr + (base_lr - min_lr) * step / max(warmup_steps, 1)"),
    ),
    (
        "unsigned_steps_wrap",
        "A difference of steps is taken before they are floats. In an array of unsigned ints it wraps round "
        "where it would be below 0, so that steps before the decay get a late rate.",
        ("np.asarray(step, dtype=float)", "np.asarray(step)"),
        (
            DOWN,
            "share = np.clip((step - (total_steps - decay_steps)) / decay_steps, 0.0, 1.0)\n"
            "    down = base_lr + (min_lr - base_lr) * share",
        ),
        (LATE, "late = True"),
    ),
    (
        "single_steps_only",
        "An array of steps is asked one question for all of its entries. Each of them is in a phase of its "
        "own.",
        (ANSWER, "return up if step < warmup_steps else down if late else base_lr"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "wsd_lr",
    (
        "warm_up_from_one",
        "The warm-up counts the update to come, so that the first one has a rate already. Here the rate is 0 "
        "at step 0.",
        (UP, "up = base_lr * np.minimum(step + 1, warmup_steps) / max(warmup_steps, 1)"),
    ),
    (
        "root_decay",
        "The decay follows 1 - √u, the other usual form of Hägele et al. Here it is a line.",
        (
            DOWN,
            "u = np.maximum(step - total_steps + decay_steps, 0) / decay_steps\n"
            "    down = min_lr + (base_lr - min_lr) * (1 - np.sqrt(u))",
        ),
    ),
    (
        "exponential_decay",
        "The decay is exponential, as in the paper that named the schedule. Here it is a line.",
        (
            DOWN,
            "u = (step - total_steps + decay_steps) / decay_steps\n"
            "    down = base_lr * (max(min_lr, 1e-3 * base_lr) / base_lr) ** u",
        ),
    ),
    (
        "cosine_decay",
        "The decay is half a cosine. Here it is a line.",
        (
            DOWN,
            "u = (step - total_steps + decay_steps) / decay_steps\n"
            "    down = min_lr + (base_lr - min_lr) * (1 + np.cos(np.pi * u)) / 2",
        ),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "wsd_lr",
    "wsd_lr(np.arange(5, dtype=np.uint8), base_lr=1.0, total_steps=4, warmup_steps=0, decay_steps=2)",
    "wsd_lr(np.arange(9), base_lr=1.0, total_steps=8, warmup_steps=2, decay_steps=4, min_lr=0.2)",
    "wsd_lr(1, base_lr=1.0, total_steps=4, warmup_steps=0, decay_steps=2)",
)
