"""The plateau rule, `plateau_update`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import number

# --- Checks -------------------------------------------------------------------------------------------------


def rates_after(player, metrics, lr, **options):
    """The rate after each epoch."""
    state, rates = player.plateau_init(lr), []
    for metric in metrics:
        lr, state = player.plateau_update(state, metric, **options)
        rates.append(lr)
    return rates


def alike(student, reference, metrics, lr, **options):
    return close(*(rates_after(side, metrics, lr, **options) for side in (student, reference)), atol=0.0)


@pytest.mark.exercise("plateau_update", weight=3)
def test_a_noisy_curve_is_cut_where_it_stops_falling(student, reference, rng):
    """On noisy curves that fall and level off, every epoch has the right rate."""
    for patience, cooldown, threshold in ((1, 0, 1e-4), (2, 1, 0.05), (0, 3, 0.1), (1, 0, 0.0)):
        floor, lr = number(rng, 0.5, 3.0), number(rng, 0.2, 2.0)
        metrics = [floor * (1 + np.exp(-t / 4)) * (1 + number(rng, -0.08, 0.08)) for t in range(30)]
        options = {"patience": patience, "cooldown": cooldown, "threshold": threshold}
        assert alike(
            student, reference, metrics, lr, factor=number(rng, 0.3, 0.7), min_lr=0.03 * lr, **options
        ), (
            "On a noisy curve some epoch has another rate. Write one down with the docstring's three points: "
            "best, the count of bad epochs and the cooldown after every call."
        )


@pytest.mark.exercise("plateau_update", weight=2)
@pytest.mark.parametrize("patience", [0, 1, 3])
def test_patience_is_borne_and_then_exceeded(student, rng, patience):
    """A constant metric is cut when the bad epochs are more than patience, and again after as many."""
    lr, factor, metric = number(rng, 0.2, 2.0), number(rng, 0.3, 0.7), number(rng, 0.5, 3.0)
    got = rates_after(student, [metric] * 14, lr, factor=factor, patience=patience)
    cuts = [(call - 1) // (patience + 1) for call in range(1, 15)]  # the first call is better than infinity
    assert close(got, [lr * factor**count for count in cuts]), (
        "On a constant metric the cuts come at other calls. The first call is better than infinity; a cut "
        "comes when the count of bad epochs is greater than patience, and the count begins anew after it."
    )


@pytest.mark.exercise("plateau_update")
def test_a_better_epoch_forgives(student, reference, rng):
    """Bad epochs count in a row: one better epoch sets the count to zero, and the rate stays where it is."""
    lr, size = number(rng, 0.2, 2.0), number(rng, 0.5, 3.0)
    metrics = [size * m for m in (9, 10, 10, 8, 9, 9, 7, 8, 8, 8, 6, 5, 6, 6, 4)]
    assert alike(student, reference, metrics, lr, factor=0.4, patience=2), (
        "Better epochs stand between the bad ones, and the rates are others. The count is of bad epochs in a "
        "row, each metric is held against the best so far, and what was cut stays cut."
    )


@pytest.mark.exercise("plateau_update", weight=2)
def test_better_means_by_a_share_of_the_best(student, reference, rng):
    """An epoch is better if it is below the best by more than the threshold's share; at it, it is not."""
    for scale in (2.0 ** int(rng.integers(-9, -3)), 2.0 ** int(rng.integers(4, 9))):
        for last in (0.75, 0.7499, 0.7501, 0.5):  # of the best; the first one is exactly at the threshold
            metrics = [scale, 0.9 * scale, last * scale, 1.1 * scale, 1.1 * scale, 1.1 * scale]
            assert alike(student, reference, metrics, 1.0, factor=0.5, patience=2, threshold=0.25), (
                "With metrics near the threshold the cut comes at another call. Better is less than "
                "best·(1 - threshold), for small metrics as for large ones."
            )


@pytest.mark.exercise("plateau_update")
def test_many_small_steps_add_up(student, reference, rng):
    """Progress too slow for the threshold is no progress, but the best stays, so that it may add up."""
    start, patience = number(rng, 0.5, 3.0), int(rng.integers(2, 4))
    for share in (0.04, 0.07):
        metrics = [start * (1 - share * t) for t in range(12)]
        assert alike(student, reference, metrics, 1.0, factor=0.5, patience=patience, threshold=0.1), (
            "On a curve that falls slowly the rates are others. Best is the metric of the last better epoch: "
            "an epoch that is not better by the threshold leaves it as it was."
        )


@pytest.mark.exercise("plateau_update", weight=2)
@pytest.mark.parametrize("cooldown", [1, 2, 3])
def test_a_cooldown_bears_bad_epochs(student, reference, rng, cooldown):
    """After a cut a number of epochs are not counted as bad; a better one among them is remembered."""
    lr, size = number(rng, 0.2, 2.0), number(rng, 0.5, 3.0)
    flat = [size] * 16
    cut = [size, size, size, 0.6 * size, *[0.8 * size] * 10]  # better than ever in the first cooling epoch
    options = {"factor": 0.5, "cooldown": cooldown}
    same = [
        alike(student, reference, metrics, lr, patience=patience, **options)
        for patience, metrics in ((0, flat), (2, flat), (1, flat), (1, cut))
    ]  # all of them: a curve that fails does not yet tell which mistake it is
    assert all(same), (
        "With a cooldown the rates are others. It lasts the calls after the one that cut; in each the "
        "count of bad epochs is 0, and best is kept up to date all the same."
    )


@pytest.mark.exercise("plateau_update")
def test_the_rate_stops_at_its_floor(student, reference, rng):
    """The last cut goes to the floor and no lower, and a cut that changes next to nothing is not made."""
    lr, metric = number(rng, 0.5, 2.0), number(rng, 0.5, 3.0)
    for start, floor, eps in (
        (lr, 0.2 * lr, 1e-8),
        (lr, 0.95 * lr, 0.1 * lr),
        (lr, 2.0 * lr, 0.0),  # a rate below its floor is not raised
        (lr, 0.0, 0.0),
        (1e-9, 0.0, 0.0),  # a rate so small that the usual eps would hold it
        (lr, 0.0, 0.2 * lr),
        (lr, 0.0, lr / 4),  # the second cut is by just eps
    ):
        options = {"factor": 0.5, "patience": 0, "min_lr": floor, "eps": eps}
        assert alike(student, reference, [metric] * 8, start, **options), (
            "Near the floor the rate is another: it is the larger one of lr·factor and min_lr, and stays as "
            "it is if that would lower it by no more than eps."
        )


@pytest.mark.exercise("plateau_update")
def test_a_metric_that_is_no_number_is_not_better(student, reference, rng):
    """NaN counts as a bad epoch and never becomes the best."""
    nan, size = float("nan"), number(rng, 0.5, 3.0)
    for metrics in (
        [size, nan, nan, nan, 0.5 * size, size, size, size],
        [nan, nan, nan, size, nan, size, size],
        [np.inf, nan, np.inf, np.inf, size, np.inf, 0.0, 0.0, 0.0],
    ):
        assert alike(student, reference, metrics, 1.0, factor=0.5, patience=1), (
            "A loss that has become NaN should be a bad epoch, and must not become the best: what does a "
            "comparison with NaN answer?"
        )


@pytest.mark.exercise("plateau_update")
def test_the_formula_holds_below_zero(student, reference, rng):
    """Negative metrics are compared by the same formula, odd as it is there."""
    size = number(rng, 0.5, 3.0)
    metrics = [-size * m for m in (1.0, 0.95, 0.92, 0.85, 1.5, 1.4, 1.2, 1.3, 1.2)]
    assert alike(student, reference, metrics, 1.0, factor=0.5, patience=1, threshold=0.1), (
        "With negative metrics the rates are others. The docstring's comparison holds for any sign: less "
        "than best·(1 - threshold), which is above best there."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


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
        "first_metric_is_the_best",
        "The first metric becomes the best without being compared. If it is NaN, no later one is better: it "
        "has to be smaller than infinity.",
        ('"best": np.inf', '"best": None'),
        ("if metric < best * (1 - threshold):", "if best is None or metric < best * (1 - threshold):"),
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

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "plateau_update",
    """
    state, rates = plateau_init(1.0), []
    for loss in (1.0, 2.0, 0.5, 1.0, 0.75):
        lr, state = plateau_update(state, loss, factor=0.25, patience=1)
        rates.append(lr)
    rates
    """,
    """
    state, rates = plateau_init(1.0), []
    for loss in (1.0, 0.75, 0.7):
        lr, state = plateau_update(state, loss, factor=0.5, patience=0, threshold=0.25)
        rates.append(lr)
    rates
    """,
    """
    state, rates = plateau_init(1.0), []
    for loss in (1.0, 1.0, 1.0, 0.5, 1.0, 0.8, 0.8):
        lr, state = plateau_update(state, loss, factor=0.5, patience=1, cooldown=2)
        rates.append(lr)
    rates
    """,
    """
    state, rates = plateau_init(1.0), []
    for loss in (float("nan"), 1.0, float("nan"), 0.5):
        lr, state = plateau_update(state, loss, factor=0.5, patience=0, min_lr=0.45, eps=0.1)
        rates.append(lr)
    rates, plateau_update(plateau_init(0.1), float("nan"), patience=0, min_lr=0.2)[0]
    """,
)
