"""Looking for a learning rate, `lr_finder`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes

from .shared import NAN, Runs, asked, single

# --- Checks -------------------------------------------------------------------------------------------------


GOOD, BAD = [2.0, 1.5, 1.2, 1.1], [2.0, 3.0, 9.0, 30.0]


def found_rate(player, runs, **settings):
    """A player's rate, and the rates that it tried."""
    recorder = Recorder(runs)
    rate = player.lr_finder(recorder, lr_start=runs.start, **settings)
    return rate, [single(lr) for (lr,) in asked(recorder.log, "lr")]


@pytest.mark.exercise("lr_finder", weight=2)
def test_rates_are_halved_until_one_trains(student, rng):
    """The rates tried are the start and its halves, each once, and none after the first that trains."""
    for count, start in ((0, 7), (1, 7), (5, 1e-9), (9, 1e9), (3, float(rng.uniform(0.5, 20.0)))):
        rate, tried = found_rate(student, Runs(start, [BAD] * count + [GOOD]))
        assert close(tried, [start / 2**i for i in range(count + 1)]), (
            "The rates tried are not lr_start and its halves in order, each once, until the first that does "
            "not diverge. lr_start may be a whole number, whose half need not be one, and very small."
        )
        assert close(rate, start / 2**count), "What is returned is not the first rate that does not diverge."


@pytest.mark.exercise("lr_finder", weight=2)
def test_the_end_of_a_run_decides(student, rng):
    """A run whose loss falls first and blows up later has diverged, one with a spike early on has not."""
    length = 16
    late = [2.0, *np.linspace(1.5, 0.3, 12), 0.5, 2.5, 6.0 + float(rng.uniform())]
    early = [2.0, 1e200, 7.0, *np.linspace(1.5, 1.2, 13)]
    wobbly = [2.0, *np.linspace(1.5, 1.0, 11), 2.4, 1.1, 2.4, 1.2]
    rising = [2.0, *np.linspace(1.5, 1.0, 11), 2.4, 2.9, 3.4, 1.9]
    assert all(len(curve) == length for curve in (late, early, wobbly, rising))
    long, fine = ([2.0, *[a] * 119, *[b] * 20, *[c] * 20] for a, b, c in ((1, 5, 1), (9, 1.0, 2.5)))
    for curves, count in (
        ([early], 0),
        ([late, early], 1),
        ([wobbly], 0),
        ([rising, wobbly], 1),
        ([long, fine], 1),
        ([[-2.0, -1.0, -1.5], [-1.0, -2.0, -1.5]], 1),
    ):
        rate, _ = found_rate(student, Runs(4.0, [*curves, GOOD]))
        assert close(rate, 4.0 / 2**count), (
            "The rate is not that of the first run that trains. What comes back is a rate that was tried, "
            "and a run is judged by the mean of its last quarter against its first loss: neither a spike on "
            "the way nor a low point counts, nor the very last loss alone, nor the sign."
        )


@pytest.mark.exercise("lr_finder")
def test_the_last_quarter_is_rounded_down(student, rng):
    """The last quarter of n losses are the last n // 4 of them, and at least one."""
    ends = {
        2: ([1.0, 0.9], [1.0, 1.1]),
        3: ([1.0, 9.0, 0.9], [1.0, 0.1, 1.1]),
        7: ([1.0, *[9.0] * 5, 0.9], [1.0, *[0.1] * 5, 1.1]),
        8: ([1.0, *[9.0] * 5, 0.5, 1.3], [1.0, *[0.1] * 5, 1.3, 0.9]),
        11: ([1.0, *[9.0] * 8, 1.3, 0.5], [1.0, *[0.1] * 8, 0.9, 1.3]),
    }
    for fine, diverged in ends.values():
        scale, start = rng.uniform(0.5, 3.0, size=2).tolist()
        curves = [[scale * loss for loss in run] for run in (diverged, fine, diverged)]
        rate, _ = found_rate(student, Runs(start, curves))
        assert close(rate, start / 2), (
            "With few losses, or a number that four does not divide, the rate is another. If it is right for "
            "eight or twelve losses: is a run judged by its last max(1, n // 4) losses?"
        )


@pytest.mark.exercise("lr_finder", weight=2)
def test_one_loss_that_is_no_number_is_divergence(student, rng):
    """A NaN or an infinity anywhere in a run is divergence, whatever comes after it."""
    place = int(rng.integers(1, 6))
    for bad in (NAN, float("inf"), float("-inf")):
        broken = [2.0, *np.linspace(1.5, 0.5, 7)]
        broken[place] = bad
        first, last = [bad, *GOOD[1:]], [*GOOD[:3], bad]
        start = float(rng.uniform(4.0, 12.0))
        rate, _ = found_rate(student, Runs(start, [broken, last, first, GOOD]))
        assert close(rate, start / 8), (
            "Where a run has a loss that is not finite, the rate is another. If it is right otherwise: one "
            "such loss is divergence, early or late, the very first one too."
        )


@pytest.mark.exercise("lr_finder")
def test_standing_still_is_no_training(student, rng):
    """A run whose last quarter is at its first loss has not trained."""
    level = float(rng.integers(1, 9))
    flat = [[level] * 6, [level, 0.1 * level, level], [1e-9 * level, 1e-9 * level]]
    rate, _ = found_rate(student, Runs(1.0, [*flat, [level, *[level - 1e-10] * 5]]))
    assert close(rate, 0.125), "A loss that is at the end what it was at first has not fallen: halve on."
    rate, _ = found_rate(student, Runs(1.0, [[1e-13 * level] * 2, [1e-13 * level, 0.5e-13 * level], GOOD]))
    assert close(rate, 0.5), "Tiny losses count as any others: a run in which they fall to one half trains."


@pytest.mark.exercise("lr_finder")
def test_if_nothing_trains_that_is_said(student, rng):
    """After max_halvings halvings without success there is a ValueError, and no rate more is tried."""
    for settings, count in (({"max_halvings": 25}, 26), ({"max_halvings": 0}, 1), ({}, 21)):
        start = float(rng.uniform(1.0, 2.0))
        runs = Recorder(Runs(start, [BAD]))
        assert student.lr_finder.raises("ValueError", runs, lr_start=start, **settings), (
            "No rate trained, and that is no ValueError. A rate that diverges is not an answer."
        )
        assert len(runs.log) == count, (
            "The number of rates tried is not one and max_halvings halvings, where that is more than usual, "
            "0, or not given, too."
        )
        if not settings:
            continue
        rate, _ = found_rate(student, Runs(start, [BAD] * (count - 1) + [GOOD]), **settings)
        assert close(rate, start / 2 ** (count - 1)), "The last rate allowed trains, and it is not returned."


# --- Mistakes -----------------------------------------------------------------------------------------------


HALVES = "for i in range(max_halvings + 1):"
RATE = "lr = lr_start / 2**i"
QUARTER = "last = losses[-max(1, len(losses) // 4) :]"
TRAINS = "if np.all(np.isfinite(losses)) and np.mean(last) < losses[0]:"

GIVEN_UP = (
    'raise ValueError(f"a rate must train, got divergence down to {lr}; look for a fault in the gradients")'
)

MISTAKES = mistakes(
    "lr_finder",
    (
        "last_loss_alone",
        "A run is judged by its very last loss alone, which jumps about. The mean of the last quarter "
        "decides.",
        (QUARTER, "last = losses[-1:]"),
    ),
    (
        "lowest_loss_counts",
        "A run passes if its loss was ever below the first one. Many that blow up have fallen before: the "
        "end decides.",
        (QUARTER, "last = np.min(losses[1:])"),
    ),
    (
        "mean_of_the_whole_run",
        "The mean of the whole run is compared with the first loss. A bad end hides behind a good beginning: "
        "take the last quarter.",
        (QUARTER, "last = losses"),
    ),
    (
        "large_is_divergence",
        "A run with one large loss counts as diverged. A spike on the way does not matter as long as it is "
        "finite: the end decides.",
        (TRAINS, TRAINS.replace("np.isfinite(losses)", "np.abs(losses) < 1e6")),
    ),
    (
        "finite_is_enough",
        "A run passes as soon as all its losses are finite. It must have learned too: compare its end with "
        "its first loss.",
        (TRAINS, "if np.all(np.isfinite(losses)):"),
    ),
    (
        "only_the_end_must_be_finite",
        "A loss that is no number passes if it stands before the last quarter. One anywhere is divergence.",
        (TRAINS, "if np.mean(last) < losses[0]:"),
    ),
    (
        "infinite_passes",
        "Only NaN counts as broken, and minus infinity counts as low: a loss must be finite.",
        (TRAINS, "if not np.any(np.isnan(losses)) and np.mean(last) < losses[0]:"),
    ),
    (
        "standing_still_passes",
        "A run whose end is at its first loss passes. It has learned nothing: the mean must be below.",
        (TRAINS, TRAINS.replace("<", "<=")),
    ),
    (
        "begins_with_the_half",
        "The start itself is never tried: the first rate is lr_start.",
        (RATE, "lr = lr_start / 2 ** (i + 1)"),
    ),
    (
        "last_one_that_diverged",
        "The last rate that diverged is returned. The first one that does not is asked for.",
        ("return lr", "return 2 * lr"),
    ),
    (
        "safety_margin_built_in",
        "A quarter of the edge is returned. That is a good rate to train with, and whoever calls takes it: "
        "the edge itself is asked for.",
        ("return lr", "return lr / 4"),
    ),
    (
        "divided_by_ten",
        "The rate is divided by ten each time, and steps over the edge. Halve it.",
        (RATE, "lr = lr_start / 10**i"),
    ),
    (
        "one_halving_short",
        "There is one try too few: max_halvings halvings are as many tries, and the start before them.",
        (HALVES, "for i in range(max(1, max_halvings)):"),
    ),
    (
        "hopeless_rate_returned",
        "If no rate trains, the last one is returned as if it did. A rate that diverges is no answer: raise.",
        (GIVEN_UP, "return lr"),
    ),
    (
        "quarter_rounded_up",
        "The last quarter is rounded up where four does not divide: it is n // 4 losses, and at least one.",
        (QUARTER, "last = losses[-(-(-len(losses) // 4)) :]"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "lr_finder",
    "lr_finder(lambda lr: [1.0, 1.0, 1.0, 1.0, 3.0, 0.5], lr_start=8.0)",
    """
    runs = {8.0: [1.0, 0.1, 0.1, 0.1, 0.1, 0.1, 3.0, 0.5], 4.0: [1.0] * 8, 2.0: [1.0] * 7 + [0.5]}
    lr_finder(lambda lr: runs[lr], lr_start=8.0)
    """,
    """
    nan, inf = float("nan"), float("inf")
    runs = {8.0: [1.0, nan, 0.5, 0.5], 4.0: [1.0, 0.5, 0.5, -inf], 2.0: [1.0, 0.5, 0.5, 0.5]}
    lr_finder(lambda lr: runs[lr], lr_start=8.0)
    """,
    "lr_finder(lambda lr: [1.0, lr / 8], lr_start=8.0, max_halvings=1)",
)
