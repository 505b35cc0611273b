"""Unusual but right answers to `kfold_indices`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class BySetDifference:
    """Sizes from divmod, slices of one order, training parts by setdiff1d; arrays in other orders."""

    def kfold_indices(n, k, *, rng):
        order, (size, more), start, folds = rng.permutation(n), divmod(n, k), 0, []
        for i in range(k):
            stop = start + size + (1 if i < more else 0)
            folds.append((np.setdiff1d(order, order[start:stop]), np.sort(order[start:stop])))
            start = stop
        return folds


class ByLabels:
    """Every example gets the number of its fold, the numbers shuffled; masks pick."""

    def kfold_indices(n, k, *, rng):
        label = np.repeat(np.arange(k), [n // k + (i < n % k) for i in range(k)])
        rng.shuffle(label)
        return [[np.flatnonzero(label != i), np.flatnonzero(label == i)] for i in range(k)]


class Dealt:
    """Deals the shuffled examples out like cards; lists of ints, no arrays."""

    def kfold_indices(n, k, *, rng):
        hands = [[] for _ in range(k)]
        for place, example in enumerate(np.argsort(rng.random(n)).tolist()):
            hands[place % k].append(example)
        return [([x for hand in hands[:i] + hands[i + 1 :] for x in hand], hands[i]) for i in range(k)]


VARIANTS = variants("kfold_indices", BySetDifference, ByLabels, Dealt)
