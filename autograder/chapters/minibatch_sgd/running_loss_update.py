"""The running loss, `running_loss_update`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import close, conventions, mistakes, variants

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
    losses[int(rng.integers(count))] = 0.0  # a loss like any other
    return losses.tolist(), rng.permutation(np.arange(1, count + 1) ** 2).tolist()


@pytest.mark.exercise("running_loss_update", weight=2)
def test_batches_count_by_their_size(student, rng):
    """The mean is over the examples of the last batches: a batch counts by its size."""
    losses, sizes = told(rng, 6)
    got = running(student, 6, losses, sizes)
    want = [float(np.average(losses[:t], weights=sizes[:t])) for t in range(1, 7)]
    assert close(got, want), (
        "While all batches are within the window the mean is not that over their examples. The loss of a "
        "batch is a mean over its own examples, so it counts by their number."
    )


@pytest.mark.exercise("running_loss_update", weight=2)
@pytest.mark.parametrize("window", [2, 3, 4])
def test_the_window_moves_on(student, rng, window):
    """Only the last batches count, as many as the window holds."""
    losses, sizes = told(rng, 8)
    starts = [max(0, t - window) for t in range(1, 9)]
    want = [
        float(np.average(losses[a : a + window][:t], weights=sizes[a : a + window][:t]))
        for t, a in zip(range(1, 9), starts, strict=True)
    ]
    assert close(running(student, window, losses, sizes), want), (
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


# --- Mistakes -----------------------------------------------------------------------------------------------


SEEN = 'seen = [*state["seen"], (loss, n)][-state["window"] :]'
MEAN = "mean = sum(loss * n for loss, n in seen) / sum(n for _, n in seen)"

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


# --- Variants -----------------------------------------------------------------------------------------------


class Ring:
    """A ring buffer in two arrays and a counter."""

    def running_loss_init(window):
        return (np.zeros(window), np.zeros(window, dtype=int), 0)

    def running_loss_update(state, loss, n):
        losses, sizes, count = state[0].copy(), state[1].copy(), state[2]
        losses[count % len(losses)], sizes[count % len(losses)] = loss, n
        return losses @ sizes / sizes.sum(), (losses, sizes, count + 1)


class ByDifference:
    """Cumulative sums of everything, and differences of them."""

    def running_loss_init(window):
        return {"window": window, "sums": [0.0], "counts": [0]}

    def running_loss_update(state, loss, n):
        sums = [*state["sums"], state["sums"][-1] + loss * n]
        counts = [*state["counts"], state["counts"][-1] + n]
        start = max(0, len(sums) - 1 - state["window"])
        mean = (sums[-1] - sums[start]) / (counts[-1] - counts[start])
        return mean, {"window": state["window"], "sums": sums, "counts": counts}


class ByAverage:
    """Two lists, the oldest dropped by del on a copy, and np.average."""

    def running_loss_init(window):
        return [window, [], []]

    def running_loss_update(state, loss, n):
        window, losses, sizes = state[0], list(state[1]), list(state[2])
        losses.append(float(loss))
        sizes.append(int(n))
        if len(losses) > window:
            del losses[0], sizes[0]
        return float(np.average(losses, weights=sizes)), [window, losses, sizes]


VARIANTS = variants("running_loss_update", Ring, ByDifference, ByAverage)
