"""Named mistakes of `running_loss_update`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

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
        "window_of_one_keeps_all",
        "In a window of one all batches stay, for a slice from -0 on is the whole list. With it only the new "
        "batch counts.",
        (SEEN, 'seen = [*state["seen"][-(state["window"] - 1) :], (loss, n)]'),
    ),
    (
        "zero_taken_for_an_empty_place",
        "A batch whose loss is 0 is taken for an empty place, and its examples do not count. Remember how "
        "many batches have come, and do not tell it by their losses.",
        ZeroIsEmpty,
    ),
    (
        "difference_of_sums",
        "The sums of all batches so far are subtracted from each other: after one huge loss "
        "later means can be wrong. Add up what is in the window.",
        DifferenceOfSums,
    ),
    (
        "oldest_taken_off_the_sum",
        "The oldest batch is taken off a sum that is kept: after one huge loss later "
        "means can be wrong. Add up anew what is in the window.",
        SumLessTheOldest,
    ),
    (
        "window_kept_outside",
        "The window is kept outside of the state, so that a second running loss changes the first one's. The "
        "state holds everything, the window included.",
        WindowOutside,
    ),
    (
        "not_finite_left_out",
        "A loss that is infinite or NaN is left out. It counts like any other while it is in the window: the "
        "mean shows that the run has broken down.",
        (
            MEAN,
            "good = [(loss, n) for loss, n in seen if np.isfinite(loss)]\n"
            "    mean = sum(loss * n for loss, n in good) / max(1, sum(n for _, n in good))",
        ),
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
