"""Unusual but right answers to `split_indices`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class SortedParts:
    """Each part sorted, drawn by choice without replacement, training as what is left."""

    def split_indices(n, *, val, test, rng):
        held = rng.choice(n, size=int(n * val) + int(n * test), replace=False)
        cut = int(n * val)
        return np.setdiff1d(np.arange(n), held), np.sort(held[:cut]), np.sort(held[cut:])


class BySplit:
    """Shuffles its own arange and cuts with np.split, the test part first; lists come back."""

    def split_indices(n, *, val, test, rng):
        order = np.arange(n)
        rng.shuffle(order)
        first, second, third = np.split(order, [int(n * test), int(n * test) + int(n * val)])
        return third.tolist(), second.tolist(), first.tolist()


class ByRanks:
    """The ranks of random numbers; floor from NumPy; int32."""

    def split_indices(n, *, val, test, rng):
        order = np.argsort(rng.random(n)).astype(np.int32)
        a, b = int(np.floor(n * val)), int(np.floor(n * test))
        return order[: n - a - b], order[n - a - b : n - b], order[n - b :]


VARIANTS = variants("split_indices", SortedParts, BySplit, ByRanks)
