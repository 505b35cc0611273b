"""The running loss, `running_loss_update`: hidden checks and named mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

# --- Checks -------------------------------------------------------------------------------------------------


def running(player: Any, window: int, losses: list[float], sizes: list[int]) -> list[float]:
    """The running means after one, two, … batches."""
    state, found = player.running_loss_init(window), []
    for loss, n in zip(losses, sizes, strict=True):
        mean, state = player.running_loss_update(state, loss, n)
        found.append(mean)
    return found


def told(rng, count):
    """Losses that differ, sizes that differ more."""
    losses = rng.uniform(0.2, 3.0, size=count)
    return losses.tolist(), rng.permutation(np.arange(1, count + 1) ** 2).tolist()


def means(window, losses, sizes):
    """What they should be."""
    ends = range(1, len(losses) + 1)
    cuts = [slice(max(0, end - window), end) for end in ends]
    return [float(np.average(losses[cut], weights=sizes[cut])) for cut in cuts]


@pytest.mark.exercise("running_loss_update", weight=2)
def test_batches_count_by_their_size(student, rng):
    """The mean is over the examples of the last batches: a batch counts by its size."""
    losses, sizes = told(rng, 6)
    got = running(student, 6, losses, sizes)
    assert close(got, means(6, losses, sizes)), (
        "While all batches are within the window the mean is not that over their examples. The loss of a "
        "batch is a mean over its own examples, so it counts by their number."
    )


@pytest.mark.exercise("running_loss_update", weight=2)
@pytest.mark.parametrize("window", [2, 3, 4])
def test_the_window_moves_on(student, rng, window):
    """Only the last batches count, as many as the window holds."""
    losses, sizes = told(rng, 8)
    assert close(running(student, window, losses, sizes), means(window, losses, sizes)), (
        "Once more batches have come than the window holds, the mean is another. The oldest leaves as the "
        "new one comes: how many are there then?"
    )


@pytest.mark.exercise("running_loss_update")
def test_a_window_not_yet_full_holds_no_zeros(student, rng):
    """While fewer batches have come than the window holds, the mean is over those that have."""
    losses = rng.uniform(0.2, 3.0, size=3).tolist()
    got = running(student, 50, losses, [8, 8, 8])
    assert close(got, [float(np.mean(losses[:t])) for t in (1, 2, 3)]), (
        "With few batches and a wide window the mean is not that of the batches there are: what is divided "
        "by?"
    )


@pytest.mark.exercise("running_loss_update")
def test_a_window_of_one_shows_each_batch(student, rng):
    """A window of one gives each batch's own loss, a wider one does not."""
    losses, sizes = told(rng, 5)
    assert close(running(student, 1, losses, sizes), losses), (
        "With a window of one nothing is averaged: each batch's own loss comes out."
    )
    assert not close(running(student, 2, losses, sizes), losses), "A window of two averages two batches."


@pytest.mark.exercise("running_loss_update")
def test_a_loss_of_zero_counts_like_any_other(student, rng):
    """A batch whose loss is 0 is a batch, and so is the first one."""
    losses, sizes = told(rng, 6)
    losses[0] = losses[3] = 0.0
    for window in (2, 5):
        assert close(running(student, window, losses, sizes), means(window, losses, sizes)), (
            "Where a batch's loss is 0 the mean is another. It is a loss like any other: its examples count, "
            "and it takes a place in the window."
        )


@pytest.mark.exercise("running_loss_update")
def test_what_has_left_the_window_is_forgotten(student, rng):
    """A loss that has left the window, however large it was, leaves no trace in the later means."""
    for large in (1e20, np.inf):
        losses, sizes = told(rng, 7)
        losses[1] = large
        assert close(running(student, 3, losses, sizes)[4:], means(3, losses, sizes)[4:]), (
            "A loss that was very large, or infinite, still shows in the means after it has left the window. "
            "What was added and is taken off again leaves its rounding behind, and inf - inf is no number: "
            "add up what is in the window."
        )


@pytest.mark.exercise("running_loss_update")
def test_two_windows_do_not_know_of_each_other(student, rng):
    """Two running losses with windows of their own, updated by turns, are each as if it were alone."""
    losses, sizes = told(rng, 6)
    states, found = [student.running_loss_init(window) for window in (2, 4)], [[], []]
    for loss, n in zip(losses, sizes, strict=True):
        for one in (0, 1):
            mean, states[one] = student.running_loss_update(states[one], loss, n)
            found[one].append(mean)
    assert close(found, [means(window, losses, sizes) for window in (2, 4)]), (
        "Of two running losses that take turns, one is not what it is alone. The window and what was seen "
        "belong to the state, and nowhere else."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


SEEN = 'seen = [*state["seen"], (loss, n)][-state["window"] :]'
MEAN = "mean = sum(loss * n for loss, n in seen) / sum(n for _, n in seen)"


class ZeroIsEmpty:
    def running_loss_init(window):
        return np.zeros(window), np.zeros(window), 0

    def running_loss_update(state, loss, n):
        losses, sizes, t = state[0].copy(), state[1].copy(), state[2]
        losses[t % len(losses)], sizes[t % len(losses)] = loss, n
        total = sizes[losses != 0].sum()
        return float(losses @ sizes / total) if total else 0.0, (losses, sizes, t + 1)


class DifferenceOfSums:
    def running_loss_init(window):
        return {"window": window, "sums": [0.0], "counts": [0]}

    def running_loss_update(state, loss, n):
        sums = [*state["sums"], state["sums"][-1] + loss * n]
        counts = [*state["counts"], state["counts"][-1] + n]
        start = max(0, len(sums) - 1 - state["window"])
        mean = (sums[-1] - sums[start]) / (counts[-1] - counts[start])
        return mean, {"window": state["window"], "sums": sums, "counts": counts}


class SumLessTheOldest:
    def running_loss_init(window):
        return window, (), 0.0, 0

    def running_loss_update(state, loss, n):
        window, batches, total, examples = state
        batches, total, examples = (*batches, (loss, n)), total + n * loss, examples + n
        if len(batches) > window:
            (left, size), *batches = batches
            total, examples = total - size * left, examples - size
        return float(total / examples), (window, tuple(batches), total, examples)


class WindowOutside:
    def running_loss_init(window):
        global WINDOW
        WINDOW = window
        return []

    def running_loss_update(state, loss, n):
        seen = [*state, (loss, n)][-WINDOW:]
        return sum(loss * n for loss, n in seen) / sum(n for _, n in seen), seen


MISTAKES = mistakes(
    "running_loss_update",
    (
        "batches_weigh_the_same",
        "Every batch weighs the same, so that a short last batch counts as much as a full one. Its loss is "
        "a mean over its own examples: count it by their number.",
        (MEAN, "mean = sum(loss for loss, n in seen) / len(seen)"),
    ),
    (
        "divided_by_the_window",
        "The sum is divided by the width of the window, or by what a full one holds, while there are fewer "
        "batches: the curve begins far too low. Divide by what has come.",
        (MEAN, 'mean = sum(loss * n for loss, n in seen) / (state["window"] * n)'),
    ),
    (
        "window_one_too_wide",
        "One batch too many is kept: the oldest must leave as the new one comes.",
        (SEEN, 'seen = [*state["seen"], (loss, n)][-state["window"] - 1 :]'),
    ),
    (
        "newest_left_out",
        "The new batch comes in only at the next update: the mean is that of before. Take it in first.",
        (
            SEEN,
            'seen = [*state["seen"], (loss, n)][-state["window"] :]\n'
            '    now, seen = seen, state["seen"] or seen',
        ),
        ('"seen": seen}', '"seen": now}'),
    ),
    (
        "oldest_kept",
        "When the window is full the new batch is thrown away and the oldest stay. It is the last ones "
        "that count.",
        (SEEN, 'seen = [*state["seen"], (loss, n)][: state["window"]]'),
    ),
    (
        "window_of_examples",
        "The window is counted in examples and not in batches. Its width is a number of batches, whatever "
        "their sizes.",
        (
            SEEN,
            'seen = [*state["seen"], (loss, n)]\n'
            '    while len(seen) > 1 and sum(n for _, n in seen) > state["window"]:\n'
            "        seen = seen[1:]",
        ),
    ),
    (
        "emptied_when_full",
        "The window is emptied whenever it is full and begins anew, so that the mean jumps. It moves on by "
        "one batch at a time.",
        (SEEN, 'seen = [*state["seen"][: len(state["seen"]) % state["window"]], (loss, n)]'),
    ),
    (
        "sum_not_mean",
        "The losses are added up by their sizes and never divided by the number of examples.",
        (MEAN, "mean = float(sum(loss * n for loss, n in seen))"),
    ),
    (
        "zero_taken_for_an_empty_place",
        "A batch whose loss is 0 is taken for an empty place, and its examples do not count. Remember how "
        "many batches have come, and do not tell it by their losses.",
        ZeroIsEmpty,
    ),
    (
        "difference_of_sums",
        "The sums of all batches so far are subtracted from each other: after one huge or infinite loss "
        "every later mean is wrong. Add up what is in the window.",
        DifferenceOfSums,
    ),
    (
        "oldest_taken_off_the_sum",
        "The oldest batch is taken off a sum that is kept: after one huge or infinite loss every later mean "
        "is wrong. Add up anew what is in the window.",
        SumLessTheOldest,
    ),
    (
        "window_kept_outside",
        "The window is kept outside of the state, so that a second running loss changes the first one's. The "
        "state holds everything, the window included.",
        WindowOutside,
    ),
    costs={"difference_of_sums": 0.3, "oldest_taken_off_the_sum": 0.3},
)


# --- Right by another convention ----------------------------------------------------------------------------


class LeakyMean:
    def running_loss_init(window):
        return {"window": window, "mean": None}

    def running_loss_update(state, loss, n):
        rate = 1 / state["window"]
        mean = loss if state["mean"] is None else (1 - rate) * state["mean"] + rate * loss
        return mean, {"window": state["window"], "mean": mean}


CONVENTIONS = conventions(
    "running_loss_update",
    (
        "since_the_beginning",
        "The mean is over all batches since the beginning, as Keras' progress bar shows it within an "
        "epoch. Here only the last ones count, as many as the window holds.",
        (SEEN, 'seen = [*state["seen"], (loss, n)]'),
    ),
    (
        "leaky_mean",
        "This is an exponentially weighted mean, as TensorBoard smooths its curves. Here the last "
        "batches count by their sizes, and older ones not at all.",
        LeakyMean,
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "running_loss_update",
    """
    state, found = running_loss_init(2), []
    for loss, n in ((6.0, 1), (0.0, 3), (1e20, 1), (1.0, 1), (3.0, 1)):
        mean, state = running_loss_update(state, loss, n)
        found.append(float(mean))
    found
    """,
    """
    narrow, wide = running_loss_init(1), running_loss_init(2)
    for loss in (1.0, 2.0):
        one, narrow = running_loss_update(narrow, loss, 1)
        two, wide = running_loss_update(wide, loss, 1)
    float(one), float(two)
    """,
)
