"""Named mistakes of `cosine_restarts_lr`, with their hints."""

import numpy as np

from autograder.checking import mistakes

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
        "The peak is missing: the first step of a cycle is taken for the last of the one before.",
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
        "starts_as_if_doubling",
        "Cycle i begins at first_cycle times cycle_mult^i - 1. That is so if cycle_mult is 2; else the sum "
        "of the lengths is divided by cycle_mult - 1.",
        (
            "starts[-1] + first_cycle * cycle_mult ** (len(starts) - 1)",
            "first_cycle * (cycle_mult ** len(starts) - 1 if cycle_mult > 1 else len(starts))",
        ),
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
        "One entry of an array of steps decides on the cycles of all. Each has a cycle of its own, and the "
        "largest may stand anywhere.",
        (FIND, 'cycle = int(np.max(np.searchsorted(starts, step, side="right"))) - 1'),
    ),
)
