"""The running loss, `running_loss_update`: hidden checks, variants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import close, examples, variants

# --- Checks -------------------------------------------------------------------------------------------------


def running(player: Any, window: int, losses: list[float], sizes: list[int]) -> list[float]:
    """The running means after one, two, … batches."""
    steps = [*zip(losses, sizes, strict=True)]
    return [mean for mean, _ in player.running_loss_update.chain(player.running_loss_init(window), steps)]


def told(rng, count):
    """Losses and sizes of ``count`` batches: the losses differ, the sizes differ more."""
    losses = rng.uniform(0.2, 3.0, size=count)
    losses[2] = -losses[2]  # a loss may be negative, a log-likelihood's say
    return losses.tolist(), rng.permutation(np.arange(1, count + 1) ** 6).tolist()


def means(window, losses, sizes):
    """The means over the last ``window`` batches, by definition."""
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
        "batch is a mean over its own examples, so it counts by their number, however large, and with its "
        "sign."
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
    losses, sizes = rng.uniform(0.2, 3.0, size=104).tolist(), [8] * 8 + [4] * 96
    assert close(np.array(running(student, 101, losses, sizes)), np.array(means(101, losses, sizes))), (
        "With few batches and a wide window the mean is not that of the batches there are, or a wide window "
        "holds fewer than it should: what is divided by, and how many are kept?"
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
    losses[0] = losses[3] = losses[4] = 0.0
    sizes[3] = sizes[4] = sizes[0]  # the three are the same in everything
    for window, unit in ((2, 1.0), (5, 1e-20)):
        sized = [unit * loss for loss in losses]
        assert close(
            running(student, window, sized, sizes), means(window, sized, sizes), atol=1e-13 * unit
        ), (
            "Where a batch's loss is 0, or all are tiny, the mean is another. It is a loss like any other: "
            "its examples count, and it takes a place in the window, also where the same loss and size were "
            "there before. No mean is rounded."
        )


@pytest.mark.exercise("running_loss_update")
def test_what_has_left_the_window_is_forgotten(student, rng):
    """A loss, however large, counts while it is in the window, and leaves no trace in the later means."""
    for large in (1e20, np.inf, np.nan):
        losses, sizes = told(rng, 7)
        losses[1] = large
        got, want = running(student, 3, losses, sizes), means(3, losses, sizes)
        assert close(got[:4], want[:4], nan_agrees=True), (
            "While a very large or infinite loss, or NaN, is in the window, the mean is another than the "
            "formula makes of it. Every batch of the window counts: a run that breaks down must show."
        )
        assert close(got[4:], want[4:]), (
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
        "Of two running losses that take turns, one is not what it should be. If each is right alone, its "
        "window or what it has seen is kept outside of its state."
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


VARIANTS = variants("running_loss_update", Ring, ByAverage)

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
    """
    _, state = running_loss_update(running_loss_init(2), 1.0, 4)
    running_loss_update(state, float("inf"), 4)[0]
    """,
)
