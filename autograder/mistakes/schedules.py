"""Named mistakes of `schedules`, and answers that are right in another book, with the sentences that say so.

A hint says which mistake it is and where to look; a convention's sentence names the book or program that has
it so, and what is asked for here. Neither holds a hidden number or a line of the solution.
"""

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: NumPy is np there, the given functions are known)


def _all(exercise, *entries):
    """Specimens from (name, hint, …): what follows the hint are swaps, or a class with whole functions."""
    made = []
    for name, note, *how in entries:
        if isinstance(how[0], tuple):
            made.append(Specimen(exercise, name, note, swaps=tuple(how)))
        else:
            made.append(Specimen(exercise, name, note, code=how[0]))
    return tuple(made)


# --- Drops --------------------------------------------------------------------------------------------------

DROPS = "return lr0 * gamma ** (epoch // step_size)"

STEP = _all(
    "step_lr",
    (
        "no_steps",
        "The rate falls a little in every epoch: the exponent is a fraction. It counts whole drops, so that "
        "nothing changes between two of them.",
        (DROPS, "return lr0 * gamma ** (epoch / step_size)"),
    ),
    (
        "drops_once",
        "There is one drop and no second. The factor comes again after every step_size epochs.",
        (DROPS, "return lr0 * gamma ** np.minimum(epoch // step_size, 1)"),
    ),
    (
        "one_epoch_early",
        "Each drop comes an epoch too early. epoch counts what is already done: how many are done before the "
        "first drop?",
        (DROPS, "return lr0 * gamma ** ((epoch + 1) // step_size)"),
    ),
    (
        "nearest_drop",
        "The number of drops is rounded to the nearest, so that the first comes after half of the time. It "
        "counts whole stretches that are done.",
        (DROPS, "return lr0 * gamma ** np.round(epoch / step_size)"),
    ),
    (
        "drops_that_do_not_last",
        "The rate is lower in the epoch of the drop only, and back afterwards. What is lost stays lost: "
        "count all drops so far.",
        (DROPS, "return np.where((epoch > 0) & (epoch % step_size == 0), lr0 * gamma, lr0)"),
    ),
    (
        "gamma_taken_off",
        "gamma is the share that a drop takes off; here it is the share that a drop leaves.",
        (DROPS, "return lr0 * (1 - gamma) ** (epoch // step_size)"),
    ),
    (
        "drops_add_up",
        "gamma is multiplied with the number of drops. Each drop multiplies the rate once more: that is a "
        "power.",
        (DROPS, "return lr0 * np.where(epoch < step_size, 1.0, gamma / np.maximum(epoch // step_size, 1))"),
    ),
    (
        "single_epochs_only",
        "An array of epochs is turned into one number. The docstring asks for one rate for each of its "
        "entries.",
        (DROPS, "return lr0 * gamma ** int(epoch // step_size)"),
    ),
)


# --- Smooth decay -------------------------------------------------------------------------------------------

DECAY = "return lr0 * np.exp(-k * t)"

EXPONENTIAL = _all(
    "exponential_lr",
    (
        "grows",
        "The rate grows. Look at the sign of the exponent.",
        (DECAY, "return lr0 * np.exp(k * t)"),
    ),
    (
        "compound_interest",
        "The rate loses the share k in each unit of time. That is nearly the same for small k; e^(-k) is "
        "another factor than 1 - k.",
        (DECAY, "return lr0 * (1 - k) ** t"),
    ),
    (
        "time_constant",
        "k is taken for the time in which the rate falls by e: you divide by it. Here time is multiplied by "
        "k.",
        (DECAY, "return lr0 * np.exp(-t / k) if k else lr0 + 0.0 * t"),
    ),
    (
        "powers_of_ten",
        "The base is 10. It is e here.",
        (DECAY, "return lr0 * 10 ** (-k * t)"),
    ),
    (
        "whole_times_only",
        "Between two whole times the rate stays the same, as in the staircase that some programs offer. t "
        "may be a fraction, and the rate falls all the time.",
        (DECAY, "return lr0 * np.exp(-k * np.floor(t))"),
    ),
    (
        "rate_in_the_exponent",
        "The first rate stands in the exponent, too. It multiplies the whole and nothing else.",
        (DECAY, "return lr0 * np.exp(-lr0 * k * t)"),
    ),
    (
        "starts_from_one",
        "The first rate is missing: at time 0 the answer is 1, whatever lr0 is.",
        (DECAY, "return np.exp(-k * t)"),
    ),
)

INVERSE_TIME = "return lr0 / (1 + k * t)"


class AppliedAgain:
    def inverse_time_lr(t, *, lr0, k):
        def one(t):
            return lr0 / np.prod(1 + k * np.arange(min(int(t), 2000) + 1))

        return np.vectorize(one)(t) if np.ndim(t) else one(t)


INVERSE = _all(
    "inverse_time_lr",
    (
        "without_the_one",
        "The 1 is missing under the line: at time 0 that divides by zero.",
        (INVERSE_TIME, "return lr0 / (k * t)"),
    ),
    (
        "one_plus_k_times_t",
        "1 is added to k and the sum multiplied by the time. k·t comes first.",
        (INVERSE_TIME, "return lr0 / ((1 + k) * t)"),
    ),
    (
        "square_root",
        "The rate falls as one over the root of the time. Under the line there is no root.",
        (INVERSE_TIME, "return lr0 / np.sqrt(1 + k * t)"),
    ),
    (
        "applied_again",
        "Each rate is the one before divided once more, so that the divisors multiply and the rate falls far "
        "too fast. Every rate comes from lr0 by one division.",
        AppliedAgain,
    ),
    (
        "starts_from_one",
        "The first rate is missing: at time 0 the answer is 1, whatever lr0 is.",
        (INVERSE_TIME, "return 1 / (1 + k * t)"),
    ),
    (
        "whole_times_only",
        "Between two whole times the rate stays the same. t may be a fraction, and the rate falls all the "
        "time.",
        (INVERSE_TIME, "return lr0 / (1 + k * np.floor(t))"),
    ),
    (
        "decay_along_a_line",
        "The rate falls along a line until it is zero. The number that divides it grows along a line.",
        (INVERSE_TIME, "return lr0 * np.maximum(1 - k * t, 0.0)"),
    ),
)


# --- The plateau rule ---------------------------------------------------------------------------------------

BETTER = "if metric < best * (1 - threshold):\n        best, bad = metric, 0\n"
WORSE = "bad = bad + 1"
COOLING = "if cool > 0:\n        bad, cool = 0, cool - 1\n"
OVER = "if bad > patience:"
LOWER = "lower = max(lr * factor, min_lr)"
CUT = "lr = lower if lr - lower > eps else lr"
AFTER = "bad, cool = 0, cooldown"


class CutsOneCallLate:
    def plateau_init(lr):
        return {"lr": lr, "best": np.inf, "bad": 0, "cool": 0}

    def plateau_update(
        state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
    ):
        lr, best, bad, cool = (state[key] for key in ("lr", "best", "bad", "cool"))
        old = lr
        if metric < best * (1 - threshold):
            best, bad = metric, 0
        else:
            bad = bad + 1
        if cool > 0:
            bad, cool = 0, cool - 1
        if bad > patience:
            lower = max(lr * factor, min_lr)
            lr = lower if lr - lower > eps else lr
            bad, cool = 0, cooldown
        return old, {"lr": lr, "best": best, "bad": bad, "cool": cool}


class RisesAgain:
    def plateau_init(lr):
        return {"lr": lr, "first": lr, "best": np.inf, "bad": 0, "cool": 0}

    def plateau_update(
        state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
    ):
        lr, best, bad, cool = (state[key] for key in ("lr", "best", "bad", "cool"))
        if metric < best * (1 - threshold):
            best, bad, lr = metric, 0, state["first"]
        else:
            bad = bad + 1
        if cool > 0:
            bad, cool = 0, cool - 1
        if bad > patience:
            lower = max(lr * factor, min_lr)
            lr = lower if lr - lower > eps else lr
            bad, cool = 0, cooldown
        return lr, {**state, "lr": lr, "best": best, "bad": bad, "cool": cool}


PLATEAU = _all(
    "plateau_update",
    (
        "against_the_last_epoch",
        "Each metric is held against the one before it. It is held against the best so far, so that a metric "
        "that goes up and down makes no progress.",
        ("best, bad = metric, 0", "bad = 0"),
        (COOLING, "best = metric\n    " + COOLING),
    ),
    (
        "no_threshold",
        "Any metric below the best counts as better. It must be below it by the threshold's share.",
        ("metric < best * (1 - threshold)", "metric < best"),
    ),
    (
        "at_the_threshold",
        "A metric that is just at the threshold counts as better. Better is below it.",
        ("metric < best * (1 - threshold)", "metric <= best * (1 - threshold)"),
    ),
    (
        "best_creeps_down",
        "Best follows every smaller metric, also where the epoch is not better by the threshold, so that "
        "slow progress never adds up. Only a better epoch may change it.",
        (WORSE, "best, bad = min(best, metric), bad + 1"),
    ),
    (
        "the_larger_the_better",
        "A metric counts as better when it rises, as an accuracy. Here the metric should fall.",
        ("metric < best * (1 - threshold)", "-metric < best * (1 - threshold)"),
        ("best, bad = metric, 0", "best, bad = -metric, 0"),
    ),
    (
        "bad_epochs_add_up",
        "Bad epochs are counted over the whole training. They count in a row: a better one sets the count to "
        "zero.",
        ("best, bad = metric, 0", "best = metric"),
    ),
    (
        "impatient_after_a_cut",
        "After a cut the count goes on, so that the rate is cut in every bad epoch from then on. A cut sets "
        "it to zero.",
        (AFTER, "cool = cooldown"),
    ),
    (
        "no_cooldown",
        "There is no pause after a cut: look at the argument cooldown and the docstring's second point.",
        (AFTER, "bad = 0"),
    ),
    (
        "cooldown_counts_its_own_cut",
        "The cooldown is shorter by one call: the call that cuts uses its first epoch. It lasts the next "
        "cooldown calls.",
        (AFTER, "bad, cool = 0, max(cooldown - 1, 0)"),
    ),
    (
        "deaf_in_the_cooldown",
        "During a cooldown metrics are not looked at, so that a new best is missed. Only the count of bad "
        "epochs is held at zero.",
        ("if metric < best * (1 - threshold):", "if cool == 0 and metric < best * (1 - threshold):"),
    ),
    (
        "count_held_in_the_cooldown",
        "During a cooldown bad epochs are counted as ever, and only the cut waits, so that it comes as soon "
        "as the cooldown is over. The count is zero in each cooling epoch.",
        (COOLING, "if cool > 0:\n        cool = cool - 1\n        bad = min(bad, patience)\n"),
    ),
    (
        "no_floor",
        "The rate falls below its floor: look at the argument min_lr.",
        (LOWER, "lower = lr * factor"),
    ),
    (
        "straight_to_the_floor",
        "Of the cut rate and the floor you take the smaller one. A rate is not to go below its floor.",
        (LOWER, "lower = min(lr * factor, min_lr)"),
    ),
    (
        "tiny_cuts_are_made",
        "Cuts are made however small they are: look at the argument eps.",
        (CUT, "lr = lower"),
    ),
    (
        "subtracts_the_factor",
        "factor is the share that is taken off. It is the share that is left.",
        (LOWER, "lower = max(lr * (1 - factor), min_lr)"),
    ),
    (
        "nan_is_better",
        "A metric that is NaN counts as a better epoch. No comparison with NaN is true: ask whether the "
        "metric is smaller, not whether it is larger.",
        (
            BETTER + "    else:\n        " + WORSE + "\n",
            "if metric >= best * (1 - threshold):\n        bad = bad + 1\n"
            "    else:\n        best, bad = metric, 0\n",
        ),
    ),
    (
        "cuts_one_call_late",
        "What comes back is the rate from before the cut. The answer is the rate for the next epoch.",
        CutsOneCallLate,
    ),
    (
        "rises_again",
        "A better epoch brings the first rate back. What was cut stays cut.",
        RisesAgain,
    ),
)


# --- The cosine ---------------------------------------------------------------------------------------------

PROGRESS = "u = (step - warmup_steps) / (total_steps - warmup_steps)"
DOWN = "down = min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * u))"
UP = "up = base_lr * step / max(warmup_steps, 1)"


COSINE = _all(
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
        "no_warm_up",
        "There is no warm-up: the rates before warmup_steps do not rise from zero.",
        ("np.where(step < warmup_steps, up, down)[()]", "np.where(step < warmup_steps, base_lr, down)[()]"),
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
        ("return np.where(step < warmup_steps, up, down)[()]", "return up if step < warmup_steps else down"),
    ),
)


# --- Restarts -----------------------------------------------------------------------------------------------

FIND = 'cycle = np.searchsorted(starts, step, side="right") - 1'
PLACE = "u = (step - np.take(starts, cycle)) / np.take(np.diff(starts), cycle)"
LENGTH = "starts.append(starts[-1] + first_cycle * cycle_mult ** (len(starts) - 1))"
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


RESTARTS = _all(
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
        "single_steps_only",
        "All entries of an array are put into the cycle of its last step. Each has a cycle of its own.",
        (FIND, 'cycle = int(np.max(np.searchsorted(starts, step, side="right"))) - 1'),
    ),
)

MISTAKES = (*STEP, *EXPONENTIAL, *INVERSE, *PLATEAU, *COSINE, *RESTARTS)


# --- Right by another convention ----------------------------------------------------------------------------


class KerasLine:
    def inverse_time_lr(t, *, lr0, k):
        return lr0 / (1 + t) ** k


CONVENTIONS = (
    *_all(
        "step_lr",
        (
            "first_epoch_is_one",
            "Epochs are counted from one, as training logs do, so that each drop comes an epoch later. Here "
            "epoch counts those already done, as PyTorch's schedulers do, and is 0 in the first.",
            (DROPS, "return lr0 * gamma ** (np.maximum(epoch - 1, 0) // step_size)"),
        ),
    ),
    *_all(
        "exponential_lr",
        (
            "torchs_gamma",
            "k is taken for the factor of one unit of time, as the gamma of PyTorch's ExponentialLR. Here it "
            "stands in an exponent, and gamma is e^(-k).",
            (DECAY, "return lr0 * k**t"),
        ),
        (
            "half_life",
            "The base is 2, so that k counts halvings in a unit of time: the convention of half-lives. Here "
            "the base is e.",
            (DECAY, "return lr0 * 2.0 ** (-k * t)"),
        ),
    ),
    *_all(
        "inverse_time_lr",
        (
            "bottous_rule",
            "The first rate stands under the line as well: the schedule of Bottou (2012), in which k is the "
            "regularisation. Here 1 + k·t divides, without it.",
            (INVERSE_TIME, "return lr0 / (1 + lr0 * k * t)"),
        ),
        (
            "power_decay",
            "k is an exponent: polynomial decay of Robbins and Monro's kind. Here it multiplies the time.",
            KerasLine,
        ),
    ),
    *_all(
        "plateau_update",
        (
            "patience_reached",
            "The rate is cut when the bad epochs are as many as patience, the convention of early stopping "
            "and of Keras. Here, as in PyTorch, they must be more.",
            (OVER, "if bad >= max(patience, 1):"),
        ),
        (
            "absolute_threshold",
            "The threshold is taken off the best as it is: PyTorch's threshold_mode='abs', Keras' min_delta. "
            "Here it is a share of the best.",
            ("metric < best * (1 - threshold)", "metric < best - threshold"),
        ),
    ),
    *_all(
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
    ),
)
