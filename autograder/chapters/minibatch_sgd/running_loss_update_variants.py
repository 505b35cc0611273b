"""Unusual but right answers to `running_loss_update`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


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
