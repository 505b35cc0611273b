"""Unusual but right answers to `refine_range`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class TwoMinima:
    """The best by a loop, the second best by masking it, borders by logarithms."""

    def refine_range(values, losses):
        clean = [np.inf if np.isnan(loss) else float(loss) for loss in losses]
        best = clean.index(min(clean))
        rest = [i for i in range(len(clean)) if i != best]
        second = min(rest, key=lambda i: (clean[i], i))
        low, high = sorted((float(values[best]), float(values[second])))
        logs = np.log(values)
        if best == 0:
            low = float(np.exp(2 * logs[0] - logs[1]))
        elif best == len(clean) - 1:
            high = float(np.exp(2 * logs[-1] - logs[-2]))
        return low, high


class PaddedGrid:
    """A grid with one value more on either side, and places counted in it."""

    def refine_range(values, losses):
        v = np.asarray(values, dtype=float)
        padded = np.concatenate([[v[0] / (v[1] / v[0])], v, [v[-1] * (v[-1] / v[-2])]])
        first, second = sorted(
            range(len(v)), key=lambda i: (np.inf if np.isnan(losses[i]) else losses[i], i)
        )[:2]
        a, b = min(first, second), max(first, second)
        return padded[0 if first == 0 else a + 1], padded[-1 if first == len(v) - 1 else b + 1]


class ByLexsort:
    """numpy.lexsort over places and losses; arrays without a dimension come back."""

    def refine_range(values, losses):
        filled = np.array(losses, dtype=float)
        filled[np.isnan(filled)] = np.inf
        pair = np.lexsort((np.arange(len(filled)), filled))[:2]
        ends = np.sort(values[pair])
        low, high = ends[0].copy(), ends[1].copy()
        if pair[0] == 0:
            low = values[0] ** 2 / values[1]
        if pair[0] + 1 == len(values):
            high = values[-1] ** 2 / values[-2]
        return np.asarray(low), np.asarray(high)


VARIANTS = variants("refine_range", TwoMinima, PaddedGrid, ByLexsort)
