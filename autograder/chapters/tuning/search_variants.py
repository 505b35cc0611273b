"""Unusual but right answers to `search`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class BestSoFar:
    """Keeps the best so far from infinity down; the call by keyword; an array of losses made a list."""

    def search(score, configs):
        losses, best = np.full(len(configs), np.nan), 0
        for i, config in enumerate(configs):
            losses[i] = score(config=config)
            if losses[i] < (np.inf if np.isnan(losses[best]) else losses[best]):
                best = i
        return configs[best], losses.tolist()


class SortedPairs:
    """Pairs of loss and place, sorted; NaN made infinite."""

    def search(score, configs):
        losses = list(map(score, configs))
        order = sorted((np.inf if loss != loss else loss, i) for i, loss in enumerate(losses))
        return [dict(configs[order[0][1]]), losses]


class Popped:
    """Takes the configurations from a copy of the list, one by one, and prints."""

    def search(score, configs):
        left, losses = list(configs), []
        while left:
            losses.append(score(left.pop(0)))
            print("tried", len(losses))
        return configs[best_index(losses)], losses


VARIANTS = variants("search", BestSoFar, SortedPairs, Popped)
