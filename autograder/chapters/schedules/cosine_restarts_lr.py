"""The cosine with restarts, `cosine_restarts_lr`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes

from ..shared import number, one_by_one, wrong_in_arrays
from .shared import TINY, times_of

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("cosine_restarts_lr", weight=2)
def test_equal_cycles_repeat(student, rng):
    """With equal cycles the same cosine comes again and again, the peak at each cycle's first update."""
    base, length = number(rng, 0.5, 2.0), int(rng.integers(5, 9))
    floor = base * number(rng, 0.1, 0.3)
    steps = [*range(4 * length + 1), 11 * length - 1, 11 * length]
    got = one_by_one(student.cosine_restarts_lr, steps, base_lr=base, first_cycle=length, min_lr=floor)
    places = np.array(steps) % length
    want = floor + (base - floor) * np.cos(np.pi * places / length / 2) ** 2
    assert close(got, want.tolist()), (
        "With equal cycles the rates are others. A cycle's first update has the peak, and its last one is a "
        "step above the floor; the next one is a first one again."
    )


@pytest.mark.exercise("cosine_restarts_lr", weight=2)
@pytest.mark.parametrize("mult", [2, 3])
def test_cycles_grow(student, reference, rng, mult):
    """Each cycle is several times as long as the one before, and falls over its own length."""
    base, first = number(rng, 0.5, 2.0), int(rng.integers(3, 6))
    options = {"base_lr": base, "first_cycle": first, "cycle_mult": mult, "min_lr": 0.2 * base}
    end = first * (mult**4 - 1) // (mult - 1)
    steps = sorted({*range(0, 40), *rng.integers(40, end, size=20).tolist(), end - 1, end})
    got, want = (one_by_one(side.cosine_restarts_lr, steps, **options) for side in (student, reference))
    assert close(got, want), (
        "With growing cycles the rates are others. Write down where each cycle begins, first_cycle and then "
        "cycle_mult times as long as the one before; the angle goes over the length of the cycle at hand."
    )


@pytest.mark.exercise("cosine_restarts_lr")
def test_late_cycles_begin_exactly(student, rng):
    """The first update of a late cycle has the peak, the update before it next to nothing."""
    base = number(rng, 0.5, 2.0)
    late = ((1, (45, 120, 3000)), (3, range(2, 8)), (5, range(2, 6)), (10, range(2, 5)), (2, (13, 21)))
    for mult, cycles in late:
        for cycle in cycles:
            first = int(rng.integers(1, 4))
            start = first * sum(mult**i for i in range(cycle))
            got = one_by_one(
                student.cosine_restarts_lr,
                (start - 1, start),
                base_lr=base,
                first_cycle=first,
                cycle_mult=mult,
            )
            length = first * mult ** (cycle - 1)
            assert close(got, [base * np.sin(np.pi / length / 2) ** 2, base], rtol=1e-8, atol=1e-9), (
                "A late cycle has other rates. Its first update has the peak, the update before it next to "
                "nothing; there is no last cycle, and the cycles' beginnings are exact in whole numbers only."
            )


@pytest.mark.exercise("cosine_restarts_lr")
@pytest.mark.parametrize("shape", [(12,), (4, 3)])
def test_arrays_of_steps_restart(student, reference, rng, shape):
    """An array with steps of several cycles in any order gives the rates in its shape."""
    steps = times_of(rng, shape, 60)
    for mult in (1, 2):
        options = {"base_lr": number(rng, 0.5, 2.0) * TINY, "first_cycle": 7, "cycle_mult": mult}
        options["atol"] = 1e-15 * TINY
        hint = "Each entry has a cycle of its own, and a small rate is not rounded."
        wrong = wrong_in_arrays(student, reference, "cosine_restarts_lr", steps, hint, **options)
        assert not wrong, wrong


# --- Mistakes -----------------------------------------------------------------------------------------------


FIND = 'cycle = np.searchsorted(starts, step, side="right") - 1'
PLACE = "u = (step - np.take(starts, cycle)) / np.take(np.diff(starts), cycle)"
FALL = "return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * u))"


class ByLogarithm:
    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        if cycle_mult == 1:
            place, length = step % first_cycle, first_cycle
        else:
            cycle = np.floor(np.log(step / first_cycle * (cycle_mult - 1) + 1) / np.log(cycle_mult))
            place = step - first_cycle * (cycle_mult**cycle - 1) / (cycle_mult - 1)
            length = first_cycle * cycle_mult**cycle
        return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * place / length))


class CyclesSubtracted:
    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        start, length = 0, first_cycle
        while step - start >= length:
            start, length = start + length, length * cycle_mult
        return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * (step - start) / length))


class FromCycleToCycle:
    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        def one(s, length):
            if s >= length:
                return one(s - length, length * cycle_mult)
            return min_lr + (base_lr - min_lr) * (1 + np.cos(np.pi * s / length)) / 2

        if np.ndim(step) == 0:
            return one(step, first_cycle)
        return np.array([one(s, first_cycle) for s in np.ravel(step)]).reshape(np.shape(step))


class TwentyCycles:
    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        lengths = first_cycle * cycle_mult ** np.arange(20)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        i = np.searchsorted(starts, step, side="right") - 1
        return min_lr + (base_lr - min_lr) * (1 + np.cos(np.pi * (step - starts[i]) / lengths[i])) / 2


MISTAKES = mistakes(
    "cosine_restarts_lr",
    (
        "swings_back",
        "At the end of a cycle the rate rises again as slowly as it fell. A restart is a jump back to the "
        "peak.",
        (FALL, "return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * (cycle + u)))"),
    ),
    (
        "restarts_a_step_late",
        "The peak comes an update too late: the first step of a cycle is taken for the last of the one "
        "before.",
        (FIND, 'cycle = np.maximum(np.searchsorted(starts, step, side="left") - 1, 0)'),
    ),
    (
        "all_cycles_alike",
        "All cycles are equally long: look at the argument cycle_mult.",
        ("first_cycle * cycle_mult ** (len(starts) - 1)", "first_cycle"),
    ),
    (
        "first_cycle_multiplied",
        "The first cycle is multiplied already. It is first_cycle long, the second cycle_mult times that.",
        ("cycle_mult ** (len(starts) - 1)", "cycle_mult ** len(starts)"),
    ),
    (
        "cycles_grow_by_adding",
        "Each cycle is longer than the one before by the same number of updates. It is longer by a factor.",
        (
            "first_cycle * cycle_mult ** (len(starts) - 1)",
            "first_cycle * (1 + (cycle_mult - 1) * (len(starts) - 1))",
        ),
    ),
    (
        "angle_of_the_first_cycle",
        "The cycles grow, but the angle goes over the first one's length, so that a longer one sees several "
        "turns. Divide by the length of the cycle at hand.",
        (PLACE, "u = (step - np.take(starts, cycle)) / first_cycle"),
    ),
    (
        "place_from_the_start",
        "The angle is taken from all updates so far and not from those of the cycle at hand, so that only "
        "the first cycle is right.",
        (PLACE, "u = step / np.take(np.diff(starts), cycle)"),
    ),
    (
        "last_update_at_the_floor",
        "A cycle's last update has the floor itself, for you divide by one update less. The cycle's end is "
        "where the next one begins.",
        (PLACE, "u = (step - np.take(starts, cycle)) / np.maximum(np.take(np.diff(starts), cycle) - 1, 1)"),
    ),
    (
        "peaks_fall",
        "Each restart goes to a lower peak than the one before. Here all peaks are base_lr.",
        (FALL, "return min_lr + 0.5 * (base_lr / 2.0**cycle - min_lr) * (1 + np.cos(np.pi * u))"),
    ),
    (
        "no_floor",
        "Each cycle falls towards zero: look at the argument min_lr.",
        (FALL, "return 0.5 * base_lr * (1 + np.cos(np.pi * u))"),
    ),
    (
        "cycle_by_logarithm",
        "The cycle is found by a logarithm, and rounding puts the first update of some late cycle into the "
        "cycle before (PyTorch's scheduler does so when it is handed an epoch). Add the lengths up in whole "
        "numbers.",
        ByLogarithm,
    ),
    (
        "recursion",
        "The function calls itself once for each cycle, and Python allows about a thousand such calls. Use "
        "a loop, or count the cycles.",
        FromCycleToCycle,
    ),
    (
        "twenty_cycles",
        "The first cycles are right, and from some cycle on the rates are not: there is no last cycle. Add "
        "lengths up until the step is reached.",
        TwentyCycles,
    ),
    (
        "one_question_for_all",
        "`while` or `if` asks one question of a whole array of steps. Each entry has a cycle of its own: "
        "find it entry by entry, with `np.searchsorted` or `np.where`.",
        CyclesSubtracted,
    ),
    (
        "single_steps_only",
        "All entries of an array are put into the cycle of its last step. Each has a cycle of its own.",
        (FIND, 'cycle = int(np.max(np.searchsorted(starts, step, side="right"))) - 1'),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "cosine_restarts_lr",
    """
    steps = np.array([0, 1, 2, 5, 8, 17, 26])  # cycles of 2, 6 and 18 updates
    cosine_restarts_lr(steps, base_lr=1.0, first_cycle=2, cycle_mult=3, min_lr=0.2)
    """,
    """
    steps = [sum(2 * 3**i for i in range(cycles)) for cycles in range(8)]  # where cycles begin
    cosine_restarts_lr(np.array(steps), base_lr=1.0, first_cycle=2, cycle_mult=3)
    """,
)
