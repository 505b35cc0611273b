"""The plateau rule, `plateau_update`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import number

# --- Checks -------------------------------------------------------------------------------------------------


def rates_after(player, metrics, lr, **options):
    """The rate after each epoch."""
    steps = [(metric,) for metric in metrics]
    return [rate for rate, _ in player.plateau_update.chain(player.plateau_init(lr), steps, **options)]


def rates_beside(player, metrics, tried, lr, **options):
    """The rate after each epoch; the metrics in ``tried`` are handed in before it, from the same state."""
    state, rates = player.plateau_init(lr), []
    for metric, others in zip(metrics, tried, strict=True):
        for other in others:
            player.plateau_update(state, other, **options)
        lr, state = player.plateau_update(state, metric, **options)
        rates.append(lr)
    return rates


def alike(student, reference, metrics, lr, **options):
    return close(*(rates_after(side, metrics, lr, **options) for side in (student, reference)), atol=0.0)


@pytest.mark.exercise("plateau_update", weight=3)
def test_a_noisy_curve_is_cut_where_it_stops_falling(student, reference, rng):
    """On noisy curves that fall and level off, every epoch has the right rate."""
    for patience, cooldown, threshold in ((1, 3, 0.05), (2, 1, 0.1), (0, 3, 0.1), (1, 0, 1e-4), (1, 0, 0.0)):
        floor, lr = number(rng, 0.5, 3.0), number(rng, 0.2, 2.0)
        metrics = [floor * (1 + np.exp(-t / 4)) * (1 + number(rng, -0.08, 0.08)) for t in range(30)]
        metrics.insert(
            0, 0.9 * metrics[0]
        )  # the second epoch is a bad one: what is counted outside shows soon
        options = {"patience": patience, "threshold": threshold} | (
            {"cooldown": cooldown} if cooldown else {}
        )
        assert alike(
            student, reference, metrics, lr, factor=number(rng, 0.3, 0.7), min_lr=0.03 * lr, **options
        ), (
            "On a noisy curve some epoch has another rate. Write one down with the three points of the text: "
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
    for scale in (2.0 ** int(rng.integers(-60, -40)), 2.0 ** int(rng.integers(4, 9)), 2.0**200):
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
        metrics += metrics[-1:] * 6  # a standstill, so that there is a cut
        assert alike(student, reference, metrics, 1.0, factor=0.5, patience=patience, threshold=0.1), (
            "On a curve that falls slowly the rates are others. Best is the metric of the last better epoch: "
            "an epoch that is not better by the threshold leaves it as it was."
        )
    metrics = [start * (1 - 1e-7 * t) for t in range(12)]
    metrics += metrics[-1:] * 4
    assert alike(student, reference, metrics, 1.0, factor=0.5, patience=2, threshold=0.0), (
        "With threshold=0 the rates are others: there any lower metric is better, by however little."
    )


@pytest.mark.exercise("plateau_update", weight=2)
@pytest.mark.parametrize("cooldown", [1, 2, 5])
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
def test_cuts_and_better_epochs_leave_the_state_as_it_was(student, reference, rng):
    """From one state several calls may be made, with better metrics and worse ones."""
    size, lr, options = number(rng, 0.5, 3.0), number(rng, 0.2, 2.0), {"factor": 0.5, "patience": 1}
    first, _ = student.plateau_init(lr), student.plateau_init(3 * lr)
    assert close(student.plateau_update(first, size)[0], lr), (
        "A training was begun, and then another from a larger rate. After its first epoch, which is a better "
        "one, the first training has another rate than its own: does each get a state of its own?"
    )
    for metrics in ([size] * 9, [size * m for m in (2, 3, 1, 2, 2, 0.5, 2, 2, 2)]):
        want = rates_after(reference, metrics, lr, cooldown=1, **options)
        assert close(rates_after(student, metrics, lr, cooldown=1, **options), want), (
            "With patience and a cooldown of one call each the cuts come at other calls, or to other rates. "
            "Write the count of bad epochs and the cooldown down after every call."
        )
        better = [metric < min(metrics[:call], default=np.inf) for call, metric in enumerate(metrics)]
        special = [
            after < before or best for best, before, after in zip(better, [lr, *want], want, strict=False)
        ]
        plain = [[] if one else [metric] for one, metric in zip(special, metrics, strict=True)]
        if not close(rates_beside(student, metrics, plain, lr, cooldown=1, **options), want):
            return  # a state that any call changes is a matter of form, and paid for there
        tried = [
            [metric, 9 * size if best else 0.1 * size] for best, metric in zip(better, metrics, strict=True)
        ]
        assert close(rates_beside(student, metrics, tried, lr, cooldown=1, **options), want), (
            "After another call from the same state, one that makes a cut or has a better metric, the rates "
            "are others, as they are not after the rest. Such a call changes the state that it gets, or "
            "something outside of it: build a new one, with nothing in it shared."
        )


@pytest.mark.exercise("plateau_update")
def test_the_rate_stops_at_its_floor(student, reference, rng):
    """The last cut goes to the floor and no lower, and a cut that changes next to nothing is not made."""
    lr, metric = number(rng, 0.5, 2.0), number(rng, 0.5, 3.0)
    cases = (
        (lr, 0.2 * lr, 1e-8),
        (lr, 0.95 * lr, 0.1 * lr),
        (lr, 2.0 * lr, 0.0),  # a rate below its floor is not raised
        (lr, 0.0, 0.0),
        (1e-15, 0.0, 0.0),  # a rate so small that the usual eps would hold it
        (lr, 0.0, 0.2 * lr),
        (lr, 0.0, lr / 4),  # the second cut is by just eps
    )
    same = [
        alike(student, reference, [metric] * 5, start, factor=0.5, patience=0, min_lr=floor, eps=eps)
        for start, floor, eps in cases
    ]  # all of them, as above
    assert all(same), (
        "Near the floor the rate is another: it is the larger one of lr·factor and min_lr, and stays as it "
        "is if that would lower it by no more than eps. No rate is rounded, however small."
    )


@pytest.mark.exercise("plateau_update")
def test_what_is_not_said_has_its_default(student, reference, rng):
    """Left out, each hyperparameter has the value that the function's first line gives it; patience may
    be long."""
    size = number(rng, 0.5, 3.0)
    assert close(rates_after(student, [size] * 62, 3, factor=0.5, patience=60), [3.0] * 61 + [1.5]), (
        "With a long patience and a whole number as the first rate the rates are others: bad epochs are "
        "counted without a limit, and no rate is made whole."
    )
    metrics = [size, *[size * (1 - 2e-4)] * 12, *[size * (1 - 2.5e-4)] * 3]  # the second is better, no other
    assert alike(student, reference, metrics, 1.0) and alike(student, reference, metrics, 1e-8), (
        "With nothing but the metric given the rates are others: factor, patience, threshold, cooldown, "
        "min_lr and eps have defaults, those of the function's first line."
    )


@pytest.mark.exercise("plateau_update")
def test_a_metric_that_is_no_number_is_not_better(student, reference, rng):
    """NaN counts as a bad epoch and never becomes the best."""
    nan, size = float("nan"), number(rng, 0.5, 3.0)
    curves = (
        [size, nan, nan, nan, 0.5 * size, size, size, size],
        [nan, nan, nan, size, nan, size, size],
        [np.inf, nan, np.inf, np.inf, size, np.inf, 0.0, 0.0, 0.0],
    )
    same = [alike(student, reference, metrics, 1.0, factor=0.5, patience=1) for metrics in curves]
    assert all(same), (
        "With losses that are NaN or infinite the rates are others. NaN is a bad epoch and never the best, "
        "and so is a tie, between infinite ones too: what does a comparison with NaN answer?"
    )


@pytest.mark.exercise("plateau_update")
def test_the_formula_holds_below_zero(student, reference, rng):
    """Negative metrics are compared by the same formula, odd as it is there."""
    size = number(rng, 0.5, 3.0)
    metrics = [-size * m for m in (1.0, 0.95, 0.92, 0.85, 1.5, 1.4, 1.2, 1.3, 1.2, 1.0, 0.9)]
    assert alike(student, reference, metrics, 1.0, factor=0.5, patience=1, threshold=0.1), (
        "With negative metrics the rates are others. The text's comparison holds for any sign: less "
        "than best·(1 - threshold), which is above best there."
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
