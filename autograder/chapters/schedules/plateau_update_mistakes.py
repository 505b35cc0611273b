"""Named mistakes of `plateau_update`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

BETTER = "if metric < best * (1 - threshold):\n        best, bad = metric, 0\n"
WORSE = "bad = bad + 1"
COOLING = "if cool > 0:\n        bad, cool = 0, cool - 1\n"
OVER = "if bad > patience:"
LOWER = "lower = max(lr * factor, min_lr)"
CUT = "lr = lower if lr - lower > eps else lr"
AFTER = "bad, cool = 0, cooldown"


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


MISTAKES = mistakes(
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
        "There is no pause after a cut: look at the argument cooldown and the text's second point.",
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
        "raised_to_the_floor",
        "A rate that is below min_lr already is raised to it. A change counts if it lowers the rate by more "
        "than eps.",
        (CUT, "lr = lower if abs(lr - lower) > eps else lr"),
    ),
    (
        "cut_by_just_eps",
        "A cut by just eps is made. It has to be by more.",
        (CUT, "lr = lower if lr - lower >= eps else lr"),
    ),
    (
        "tiny_cuts_are_made",
        "Cuts are made however small they are: look at the argument eps.",
        (CUT, "lr = lower"),
    ),
    (
        "eps_before_the_floor",
        "A tiny step down to min_lr is made, or one that eps allows is not. eps is compared with what the "
        "rate would lose, once the floor is taken into account.",
        (CUT, "lr = min(lr, lower) if lr - lr * factor > eps else lr"),
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
        "best_starts_at_a_number",
        "Best starts at some number: a metric that is above it is never better. It starts at infinity.",
        ('"best": np.inf', '"best": 1e9'),
    ),
    (
        "nan_is_skipped",
        "An epoch whose metric is NaN is left out, as if it had not been. It is a bad epoch, and counts.",
        (
            "    if metric < best * (1 - threshold):",
            "    if np.isnan(metric):\n        return lr, state\n    if metric < best * (1 - threshold):",
        ),
    ),
    (
        "first_metric_is_the_best",
        "The first metric becomes the best without being compared. If it is NaN, no later one is better: it "
        "has to be smaller than infinity.",
        ('"best": np.inf', '"best": None'),
        ("if metric < best * (1 - threshold):", "if best is None or metric < best * (1 - threshold):"),
    ),
    (
        "cuts_one_call_late",
        "What comes back is the rate from before the cut. The answer is the rate for the next epoch.",
        ("if metric < best * (1 - threshold):", "old = lr\n    if metric < best * (1 - threshold):"),
        ("return lr, {", "return old, {"),
    ),
    (
        "rises_again",
        "A better epoch brings the first rate back. What was cut stays cut.",
        RisesAgain,
    ),
    free={"best_starts_at_a_number": ('"best": {}', ("1e9", "1e10", "1e6", "1e8", "1e5", "1e4"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "plateau_update",
    (
        "patience_reached",
        "The rate is cut when the bad epochs are as many as patience, the convention of early stopping "
        "and of Keras. Here, as in PyTorch, they must be more.",
        (OVER, "if bad >= max(patience, 1):"),
    ),
    (
        "patience_reached_even_if_none",
        "The rate is cut as soon as the bad epochs reach patience, also where patience is 0: the convention "
        "of early stopping and of Keras. Here, as in PyTorch, they must be more.",
        (OVER, "if bad >= patience:"),
    ),
    (
        "absolute_threshold",
        "The threshold is taken off the best as it is: PyTorch's threshold_mode='abs', Keras' min_delta. "
        "Here it is a share of the best.",
        ("metric < best * (1 - threshold)", "metric < best - threshold"),
    ),
    costs={"patience_reached": 0.2, "patience_reached_even_if_none": 0.2},
)
