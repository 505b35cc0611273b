"""Hidden checks of `schedules`: drops, smooth decay, the plateau rule, the cosine, warm-up and restarts."""

import numpy as np
import pytest

from autograder.calls.compare import close


def number(rng, low, high):
    return float(rng.uniform(low, high))


def one_by_one(rule, times, **options):
    """The rates of single times, a list."""
    return [rule(time, **options) for time in times]


def times_of(rng, shape, below):
    """Whole times in no order, 0 among them."""
    times = rng.integers(1, below, size=shape)
    times.flat[int(rng.integers(times.size))] = 0
    return times


# --- Drops --------------------------------------------------------------------------------------------------


@pytest.mark.exercise("step_lr", weight=2)
def test_the_rate_stays_and_drops(student, rng):
    """The rate stays the same for a number of epochs, and then drops by the factor, time after time."""
    lr0, gamma, size = number(rng, 0.5, 2.0), number(rng, 0.3, 0.7), int(rng.integers(3, 6))
    got = one_by_one(student.step_lr, range(4 * size + 1), lr0=lr0, step_size=size, gamma=gamma)
    want = [lr0 * gamma**drops for drops in range(4) for _ in range(size)] + [lr0 * gamma**4]
    assert close(got, want), (
        "Epoch by epoch the rates are others. The first drop comes when step_size epochs are done, the next "
        "after as many again, and between two drops nothing changes."
    )


@pytest.mark.exercise("step_lr")
def test_a_drop_after_every_epoch(student, rng):
    """With a drop after every epoch the rates are a geometric series; with the factor 1 they are constant."""
    lr0, gamma = number(rng, 0.5, 2.0), number(rng, 0.3, 0.9)
    got = one_by_one(student.step_lr, range(7), lr0=lr0, step_size=1, gamma=gamma)
    assert close(got, [lr0 * gamma**epoch for epoch in range(7)]), (
        "With step_size=1 each epoch has gamma times the rate of the one before, and the first has lr0."
    )
    got = one_by_one(student.step_lr, (0, 1, 9), lr0=lr0, step_size=2, gamma=1.0)
    assert close(got, [lr0] * 3), "With gamma=1 a drop leaves all of the rate."


@pytest.mark.exercise("step_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_epochs(student, reference, rng, shape):
    """An array of epochs, in any order, gives the rates in its shape."""
    epochs = times_of(rng, shape, 40)
    options = {
        "lr0": number(rng, 0.5, 2.0),
        "step_size": int(rng.integers(4, 8)),
        "gamma": number(rng, 0.3, 0.7),
    }
    assert close(student.step_lr(epochs, **options), reference.step_lr(epochs, **options)), (
        "For an array of epochs the rates are others, entry by entry, than for single epochs."
    )


# --- Smooth decay -------------------------------------------------------------------------------------------


@pytest.mark.exercise("exponential_lr", weight=2)
def test_exponential_decay_follows_its_formula(student, rng):
    """At whole times and between them the rate is the first one times e to the -kt."""
    lr0, k = number(rng, 0.5, 2.0), number(rng, 0.05, 0.3)
    times = [0, 1, 2, 7, 40, *(number(rng, 0.5, 20.0) for _ in range(4))]
    got = one_by_one(student.exponential_lr, times, lr0=lr0, k=k)
    assert close(got, [lr0 * np.exp(-k * t) for t in times]), (
        "The rate is another than lr0·e^(-kt). Check the base, the sign, and what k multiplies."
    )


@pytest.mark.exercise("exponential_lr")
def test_equal_times_equal_factors(student, rng):
    """From lr0 on, the rate loses the same share in the same time, early and late."""
    lr0, k, wait = number(rng, 0.5, 2.0), number(rng, 0.05, 0.2), number(rng, 1.5, 4.0)
    got = one_by_one(student.exponential_lr, [i * wait for i in range(6)], lr0=lr0, k=k)
    assert close(got[0], lr0), "At time 0 nothing has decayed yet."
    assert close(got[1:], [rate * np.exp(-k * wait) for rate in got[:-1]]), (
        "In equal times the rate should fall by equal factors, each e^-k to the power of the time between."
    )


@pytest.mark.exercise("exponential_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_times_decay_exponentially(student, reference, rng, shape):
    """Arrays of whole times, and of fractions, give the rates in their shape; k = 0 keeps the rate."""
    lr0, times = number(rng, 0.5, 2.0), times_of(rng, shape, 30)
    for k in (number(rng, 0.05, 0.2), 0.0):
        for t in (times, times / 4):
            got, want = (side.exponential_lr(t, lr0=lr0, k=k) for side in (student, reference))
            assert close(got, want), "For an array of times the rates are others than for single times."


@pytest.mark.exercise("inverse_time_lr", weight=2)
def test_inverse_time_decay_follows_its_formula(student, rng):
    """At whole times and between them the rate is the first one over 1 + kt."""
    lr0, k = number(rng, 1.3, 2.0), number(rng, 0.2, 0.8)
    times = [0, 1, 2, 7, 400, *(number(rng, 0.5, 20.0) for _ in range(4))]
    got = one_by_one(student.inverse_time_lr, times, lr0=lr0, k=k)
    assert close(got, [lr0 / (1 + k * t) for t in times]), (
        "The rate is another than lr0/(1 + kt). What does k multiply, and what is the rate at time 0?"
    )


@pytest.mark.exercise("inverse_time_lr")
def test_what_divides_grows_along_a_line(student, rng):
    """The rate times 1 + kt is the first rate at all times, after one unit of time and after a million."""
    lr0, k = number(rng, 1.3, 2.0), number(rng, 0.2, 0.8)
    for t in (0, 1, 10, 1000, 10**6):
        assert close(student.inverse_time_lr(t, lr0=lr0, k=k) * (1 + k * t), lr0, rtol=1e-8), (
            "In the long run the rate does not fall as one over the time. Each rate comes from lr0 and t "
            "alone, by one division."
        )


@pytest.mark.exercise("inverse_time_lr")
@pytest.mark.parametrize("shape", [(9,), (3, 2)])
def test_arrays_of_times_decay_as_one_over_t(student, reference, rng, shape):
    """Arrays of whole times, and of fractions, give the rates in their shape; k = 0 keeps the rate."""
    lr0, times = number(rng, 1.3, 2.0), times_of(rng, shape, 30)
    for k in (number(rng, 0.2, 0.8), 0.0):
        for t in (times, times / 4):
            got, want = (side.inverse_time_lr(t, lr0=lr0, k=k) for side in (student, reference))
            assert close(got, want), "For an array of times the rates are others than for single times."


# --- The plateau rule ---------------------------------------------------------------------------------------


def rates_after(player, metrics, lr, **options):
    """The rate after each epoch."""
    state, rates = player.plateau_init(lr), []
    for metric in metrics:
        lr, state = player.plateau_update(state, metric, **options)
        rates.append(lr)
    return rates


def alike(student, reference, metrics, lr, **options):
    return close(*(rates_after(side, metrics, lr, **options) for side in (student, reference)))


@pytest.mark.exercise("plateau_update", weight=3)
def test_a_noisy_curve_is_cut_where_it_stops_falling(student, reference, rng):
    """On noisy curves that fall and level off, every epoch has the right rate."""
    for patience, cooldown, threshold in ((1, 0, 1e-4), (2, 1, 0.05), (0, 3, 0.1)):
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
    for patience, metrics in ((2, flat), (1, flat), (0, flat), (1, cut)):
        options = {"factor": 0.5, "patience": patience, "cooldown": cooldown}
        assert alike(student, reference, metrics, lr, **options), (
            "With a cooldown the rates are others. It lasts the calls after the one that cut; in each the "
            "count of bad epochs is 0, and best is kept up to date all the same."
        )


@pytest.mark.exercise("plateau_update")
def test_the_rate_stops_at_its_floor(student, reference, rng):
    """The last cut goes to the floor and no lower, and a cut that changes next to nothing is not made."""
    lr, metric = number(rng, 0.5, 2.0), number(rng, 0.5, 3.0)
    for options in ({"min_lr": 0.2 * lr}, {"min_lr": 0.95 * lr, "eps": 0.1 * lr}, {"eps": 0.2 * lr}):
        assert alike(student, reference, [metric] * 8, lr, factor=0.5, patience=0, **options), (
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


# --- The cosine ---------------------------------------------------------------------------------------------


@pytest.mark.exercise("cosine_lr", weight=2)
def test_every_update_has_its_rate(student, reference, rng):
    """Update by update: a warm-up in a line, then half a cosine to the floor."""
    for warmup in (int(rng.integers(4, 8)), 1):
        base = number(rng, 0.5, 2.0)
        options = {"base_lr": base, "total_steps": int(rng.integers(25, 35)), "warmup_steps": warmup}
        options["min_lr"] = base * number(rng, 0.1, 0.3)
        steps = range(options["total_steps"] + 1)
        got, want = (one_by_one(side.cosine_lr, steps, **options) for side in (student, reference))
        assert close(got, want), (
            "Some updates have another rate. Until warmup_steps the rate rises from 0 in a line; from there "
            "to total_steps the angle of the cosine goes from 0 to π, between base_lr and min_lr."
        )


@pytest.mark.exercise("cosine_lr")
def test_landmarks(student, rng):
    """Zero before the warm-up, the peak after it, the mean of both half-way down, the floor at the end."""
    base, warmup, half = number(rng, 0.5, 2.0), int(rng.integers(4, 9)), int(rng.integers(10, 20))
    floor = base * number(rng, 0.05, 0.3)
    options = {"base_lr": base, "total_steps": warmup + 2 * half, "warmup_steps": warmup, "min_lr": floor}
    got = one_by_one(student.cosine_lr, (0, warmup, warmup + half, warmup + 2 * half), **options)
    assert close(got, [0.0, base, (base + floor) / 2, floor]), (
        "A landmark is off: 0 at step 0, base_lr at step warmup_steps, their mean with the floor half-way "
        "between there and total_steps, min_lr at total_steps."
    )


@pytest.mark.exercise("cosine_lr")
def test_without_a_warm_up_the_peak_is_first(student, rng):
    """Left out, warm-up and floor are zero: from the peak at step 0 to zero at the end."""
    base, total = number(rng, 0.5, 2.0), int(rng.integers(20, 40))
    got = one_by_one(student.cosine_lr, range(total + 1), base_lr=base, total_steps=total)
    assert close(got, [base * np.cos(np.pi * step / total / 2) ** 2 for step in range(total + 1)]), (
        "Without warm-up and floor the rates are others: is the first one the peak, and is nothing divided "
        "by the number of warm-up updates when that is 0?"
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
    steps = rng.permutation(np.r_[0, 2, 5, 6, rng.integers(7, 30, size=7), 30]).reshape(shape)
    options = {"base_lr": base, "total_steps": 30, "warmup_steps": 6, "min_lr": 0.1 * base}
    got, want = (side.cosine_lr(steps, **options) for side in (student, reference))
    assert close(got, want), (
        "For an array of steps the rates are others than for single steps: each entry decides for itself "
        "whether it belongs to the warm-up."
    )


# --- Restarts -----------------------------------------------------------------------------------------------


@pytest.mark.exercise("cosine_restarts_lr", weight=2)
def test_equal_cycles_repeat(student, rng):
    """With equal cycles the same cosine comes again and again, the peak at each cycle's first update."""
    base, length = number(rng, 0.5, 2.0), int(rng.integers(5, 9))
    floor = base * number(rng, 0.1, 0.3)
    got = one_by_one(
        student.cosine_restarts_lr, range(4 * length + 1), base_lr=base, first_cycle=length, min_lr=floor
    )
    places = np.arange(4 * length + 1) % length
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
    for mult, cycles in ((3, 8), (5, 6), (10, 5)):
        for cycle in range(2, cycles):
            first = int(rng.integers(1, 4))
            start = first * (mult**cycle - 1) // (mult - 1)
            got = one_by_one(
                student.cosine_restarts_lr,
                (start - 1, start),
                base_lr=base,
                first_cycle=first,
                cycle_mult=mult,
            )
            length = first * mult ** (cycle - 1)
            assert close(got, [base * np.sin(np.pi / length / 2) ** 2, base], rtol=1e-8, atol=1e-9), (
                "A late cycle begins an update too early or too late. A logarithm finds the cycle but for "
                "rounding; whole numbers are exact."
            )


@pytest.mark.exercise("cosine_restarts_lr")
@pytest.mark.parametrize("shape", [(12,), (4, 3)])
def test_arrays_of_steps_restart(student, reference, rng, shape):
    """An array with steps of several cycles in any order gives the rates in its shape."""
    steps = times_of(rng, shape, 60)
    for mult in (1, 2):
        options = {"base_lr": number(rng, 0.5, 2.0), "first_cycle": 7, "cycle_mult": mult}
        got, want = (side.cosine_restarts_lr(steps, **options) for side in (student, reference))
        assert close(got, want), (
            "For an array of steps the rates are others than for single steps: each entry has a cycle of "
            "its own."
        )
