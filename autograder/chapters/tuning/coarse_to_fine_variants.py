"""Unusual but right answers to `coarse_to_fine`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class LogspaceAndKeywords:
    """np.logspace for both stages, the call by keyword, best so far kept."""

    def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
        tried, losses = [], []
        for stage in range(2):
            if stage == 1:
                low, high = refine_range(np.array(tried), np.array(losses))
            n = (n_coarse, n_fine)[stage]
            for value in np.logspace(np.log10(low), np.log10(high), n):
                tried.append(float(value))
                losses.append(score(value=float(value)))
        i = best_index(losses)
        return tried[i], losses[i]


class ByHand:
    """Powers of the ratio, no helper at all; refines by itself."""

    def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
        ratio = (high / low) ** (1 / (n_coarse - 1))
        pairs = [(value, score(value)) for value in (low * ratio**i for i in range(n_coarse))]
        rank = sorted(range(n_coarse), key=lambda i: (np.isnan(pairs[i][1]), pairs[i][1]))
        a, b = sorted(rank[:2])
        start, stop = low * ratio**a, low * ratio**b
        start = start / ratio if rank[0] == 0 else start
        stop = stop * ratio if rank[0] == n_coarse - 1 else stop
        step = (stop / start) ** (1 / (n_fine - 1))
        pairs += [(value, score(value)) for value in (start * step**i for i in range(n_fine))]
        return min(pairs, key=lambda pair: (np.isnan(pair[1]), pair[1]))


class NamedStages:
    """An inner function for a stage; numbers of NumPy handed over as they are; prints."""

    def coarse_to_fine(score, *, low, high, n_coarse=5, n_fine=4):
        def stage(start, stop, n):
            grid = np.exp(np.linspace(np.log(start), np.log(stop), n))
            return grid, np.array([score(x) for x in grid], dtype=float)

        one, first = stage(low, high, n_coarse)
        two, second = stage(*refine_range(one, first), n_fine)
        values, losses = np.r_[one, two], np.r_[first, second]
        print("tried", values)
        place = int(np.argmin(np.nan_to_num(losses, nan=np.inf, posinf=np.inf)))
        return [float(values[place]), float(losses[place])]


VARIANTS = variants("coarse_to_fine", LogspaceAndKeywords, ByHand, NamedStages)
