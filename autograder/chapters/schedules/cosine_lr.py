"""The cosine with warm-up, `cosine_lr`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from ..shared import number, one_by_one, wrong_in_arrays
from .shared import TINY

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("cosine_lr", weight=2)
def test_every_update_has_its_rate(student, reference, rng):
    """Update by update: a warm-up in a line, then half a cosine to the floor."""
    for warmup in (int(rng.integers(4, 8)), 1, 24):  # the last one is longer than what follows
        base = number(rng, 0.5, 2.0)
        options = {"base_lr": base, "total_steps": int(rng.integers(25, 35)), "warmup_steps": warmup}
        options["min_lr"] = base * number(rng, 0.1, 0.3)
        steps = range(options["total_steps"] + 1)
        got, want = (
            one_by_one(student.cosine_lr, steps, **options),
            reference.cosine_lr(np.array(steps), **options),
        )
        assert close(got, want.tolist()), (
            "Some updates have another rate. Until warmup_steps the rate rises from 0 in a line; from there "
            "to total_steps the angle of the cosine goes from 0 to π, between base_lr and min_lr. In the "
            "warm-up the floor min_lr has no say."
        )


@pytest.mark.exercise("cosine_lr")
def test_landmarks(student, rng):
    """Zero before the warm-up, the peak after it, the mean of both half-way down, the floor at the end."""
    for unit, peak in ((1, 1.0), (10**5, 30.0)):
        base, warmup = peak * number(rng, 0.5, 2.0), unit * int(rng.integers(4, 9))
        half, floor = unit * int(rng.integers(10, 20)), base * number(rng, 0.05, 0.3)
        options = {"base_lr": base, "total_steps": warmup + 2 * half, "warmup_steps": warmup, "min_lr": floor}
        steps = (0, np.int64(warmup), warmup + half, warmup + 2 * half)  # one as in a loop over np.arange
        got = one_by_one(student.cosine_lr, steps, **options)
        assert close(got, [0.0, base, (base + floor) / 2, floor]), (
            "A landmark is off: 0 at step 0, base_lr at step warmup_steps, their mean with the floor "
            "half-way between there and total_steps, min_lr at total_steps. Neither base_lr nor "
            "total_steps has a limit."
        )


@pytest.mark.exercise("cosine_lr")
def test_without_a_warm_up_the_peak_is_first(student, rng):
    """Left out, warm-up and floor are zero: from the peak at step 0 to zero, or to the floor, at the end."""
    some, many = int(rng.integers(20, 40)), int(rng.integers(3000, 5000))
    for steps, base, floor in (
        (range(some + 1), number(rng, 0.5, 2.0), {}),
        (range(2), number(rng, 0.5, 2.0), {}),
        (range(10), TINY**2, {"min_lr": 0.2 * TINY**2}),
        ((0, 1, many - 1, many), number(rng, 0.5, 2.0), {}),
    ):
        got = one_by_one(student.cosine_lr, steps, base_lr=base, total_steps=steps[-1], **floor)
        low = floor.get("min_lr", 0.0)
        want = [low + (base - low) * np.sin(np.pi * (1 - step / steps[-1]) / 2) ** 2 for step in steps]
        assert close(got, want, atol=1e-15 * base), (
            "Without a warm-up the rates are others: is the first one the peak, the last one min_lr, and "
            "is nothing divided by the number of warm-up updates when that is 0? Small rates, such as those "
            "just before the end, are neither rounded nor held at a smallest one."
        )


@pytest.mark.exercise("cosine_lr")
def test_down_is_the_mirror_of_itself(student, rng):
    """What a rate lies below the peak soon after it, another lies above the floor just before the end."""
    base, warmup, span = number(rng, 0.5, 2.0), int(rng.integers(3, 6)), 2 * int(rng.integers(8, 15))
    floor = base * number(rng, 0.05, 0.3)
    options = {"base_lr": base, "total_steps": warmup + span, "warmup_steps": warmup, "min_lr": floor}
    rates = one_by_one(student.cosine_lr, range(warmup, warmup + span + 1), **options)
    assert rates[1] > 0.97 * base and close(
        [a + b for a, b in zip(rates, reversed(rates), strict=True)], [base + floor] * len(rates)
    ), (
        "Turned by half, the way down should be the same curve: flat at the peak, flat at the floor, "
        "steepest in the middle."
    )


@pytest.mark.exercise("cosine_lr")
@pytest.mark.parametrize("shape", [(12,), (4, 3)])
def test_arrays_of_steps_rise_and_fall(student, reference, rng, shape):
    """An array with steps of both phases in any order gives the rates in its shape."""
    base = number(rng, 0.5, 2.0)
    steps = np.r_[0, 2, 5, 6, rng.choice(np.arange(7, 30), size=7, replace=False), 30]
    steps = (np.r_[0, rng.permutation(steps[1:])] if len(shape) > 1 else np.sort(steps)[::-1]).reshape(shape)
    turned = np.r_[6, steps[steps != 6]].reshape(shape)  # the peak, a whole number, is asked for first
    hint = "Each entry decides for itself whether it belongs to the warm-up."
    for asked, peak, floor, total, warmup in (
        (steps, base, 0.1 * base, 30, 6),
        (steps, base, base, 30, 6),  # from here on one number after the other is another
        (steps, 2 * base, base, 30, 6),
        (steps, 2 * base, base, 31, 6),
        (steps, 2 * base, base, 31, 5),
        (steps, 2000, 20, 30, 6),
        (turned, 2000, 20, 30, 6),
    ):
        options = {"base_lr": peak, "total_steps": total, "warmup_steps": warmup, "min_lr": floor}
        wrong = wrong_in_arrays(student, reference, "cosine_lr", asked, hint, atol=1e-9, **options)
        assert not wrong, (
            f"{wrong} Each rate comes from the numbers of its own call: nothing is kept from an earlier one. "
            "base_lr and min_lr may be whole numbers, and the same: the warm-up rises from 0 all the same."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


PROGRESS = "u = (step - warmup_steps) / (total_steps - warmup_steps)"
DOWN = "down = min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * u))"
UP = "up = base_lr * step / max(warmup_steps, 1)"
CHOICE = "np.where(step < warmup_steps, up, down)[()]"

MISTAKES = mistakes(
    "cosine_lr",
    (
        "does_not_reach_the_end",
        "The way down is planned for total_steps updates although the warm-up has used some of them, so that "
        "the end is not reached. How many are left after the warm-up?",
        (PROGRESS, "u = (step - warmup_steps) / total_steps"),
    ),
    (
        "whole_turn",
        "The angle goes a whole turn: the rate falls to the floor and rises again. It goes half a turn.",
        ("np.cos(np.pi * u)", "np.cos(2 * np.pi * u)"),
    ),
    (
        "quarter_turn",
        "The angle goes a quarter turn only, so that the rate does not reach the floor. It goes half a turn.",
        ("np.cos(np.pi * u)", "np.cos(0.5 * np.pi * u)"),
    ),
    (
        "quarter_of_a_wave",
        "The rate is the cosine itself over a quarter turn, steepest at the end. Asked for is 1 plus the "
        "cosine, halved: flat at both ends.",
        (DOWN, "down = min_lr + (base_lr - min_lr) * np.cos(0.5 * np.pi * u)"),
    ),
    (
        "not_halved",
        "1 plus a cosine goes from two to zero: the half is missing, and the peak is too high.",
        ("min_lr + 0.5 * (base_lr - min_lr)", "min_lr + (base_lr - min_lr)"),
    ),
    (
        "floor_on_top",
        "The floor is added to a cosine that starts from the whole peak, so that the first rate is above it. "
        "The cosine has only the way between the two to go.",
        (DOWN, "down = min_lr + 0.5 * base_lr * (1 + np.cos(np.pi * u))"),
    ),
    (
        "clipped_at_the_floor",
        "The cosine goes down to zero and is cut off at the floor. It should reach the floor at the end and "
        "not before.",
        (DOWN, "down = np.maximum(min_lr, 0.5 * base_lr * (1 + np.cos(np.pi * u)))"),
    ),
    (
        "no_floor",
        "The rate falls to zero: look at the argument min_lr.",
        (DOWN, "down = 0.5 * base_lr * (1 + np.cos(np.pi * u))"),
    ),
    (
        "a_line_down",
        "The rate falls along a line. Asked for is a cosine: flat at the peak, flat at the floor.",
        ("0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * u))", "(base_lr - min_lr) * (1 - u)"),
    ),
    (
        "warm_up_over_all_steps",
        "The warm-up rises as if it took the whole training, and jumps when it ends. At step warmup_steps it "
        "has reached the peak.",
        (UP, "up = base_lr * step / total_steps"),
    ),
    (
        "smaller_of_the_two",
        "The smaller one of warm-up and cosine is taken. Traced back beyond its beginning the cosine falls "
        "again, and in a long warm-up it is the smaller one.",
        (CHOICE, "(np.minimum(up, down) if warmup_steps else down)[()]"),
    ),
    (
        "one_update_is_no_warm_up",
        "A warm-up of one update is left out. Its one update has the rate 0.",
        (CHOICE, "np.where(step < warmup_steps, up if warmup_steps > 1 else base_lr, down)[()]"),
    ),
    (
        "cosine_upwards_too",
        "The warm-up rises along a cosine. It rises in a line: each update's rate is higher by as much.",
        (UP, "up = 0.5 * base_lr * (1 - np.cos(np.pi * step / max(warmup_steps, 1)))"),
    ),
    (
        "no_warm_up",
        "There is no warm-up: the rates before warmup_steps do not rise from zero.",
        (CHOICE, "np.where(step < warmup_steps, base_lr, down)[()]"),
    ),
    (
        "both_at_once",
        "The warm-up multiplies a cosine that has begun with it. The cosine begins where the warm-up ends.",
        (PROGRESS, "u = step / total_steps"),
        (UP, "up = down * step / max(warmup_steps, 1)"),
    ),
    (
        "divides_by_no_warm_up",
        "Without a warm-up you divide by its length, which is zero. Look at what is computed when "
        "warmup_steps is 0.",
        (UP, "up = base_lr * step / warmup_steps"),
    ),
    (
        "single_steps_only",
        "An array of steps is asked one question for all of its entries. Each of them is in the warm-up or "
        "not.",
        (CHOICE, "up if step < warmup_steps else down"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "cosine_lr",
    (
        "warm_up_from_one",
        "The warm-up counts the update to come, so that the first one has a rate already, and the peak "
        "comes an update earlier: Goyal et al.'s and many programs' habit. Here the rate is 0 at step 0.",
        (UP, "up = base_lr * (step + 1) / max(warmup_steps, 1)"),
    ),
    (
        "warm_up_from_the_floor",
        "The warm-up rises from min_lr, as with PyTorch's LinearLR in front of a cosine. Here it rises "
        "from 0, as in Hugging Face's schedule.",
        (UP, "up = min_lr + (base_lr - min_lr) * step / max(warmup_steps, 1)"),
    ),
    (
        "cosine_from_step_zero",
        "The cosine runs from step 0 under the warm-up, as in timm unless warmup_prefix is set, so that "
        "the warm-up ends in a jump. Here the cosine begins when the warm-up is over.",
        (PROGRESS, "u = step / total_steps"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "cosine_lr",
    "cosine_lr(np.array([0, 1, 2, 3, 4, 6]), base_lr=1.0, total_steps=6, warmup_steps=2, min_lr=0.2)",
    "[float(cosine_lr(1, base_lr=peak, total_steps=2)) for peak in (1.0, 2.0)]",
    "cosine_lr(np.array([0, 1]), base_lr=1.0, total_steps=3, warmup_steps=1)",
    "cosine_lr(np.array([1, 3, 5]), base_lr=1.0, total_steps=6, warmup_steps=5)",
)
