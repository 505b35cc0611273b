"""Unusual but right answers to `successive_halving`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class SortedPairsOfEach:
    """Python's sort of (loss, number); the call by keyword; a counter of rounds."""

    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, log, number = range(n), [], 0
        while len(alive) > 1:
            resource = min_resource * eta**number
            entries = [(i, resource, evaluate(i=i, resource=resource)) for i in alive]
            log.extend(entries)
            ranked = sorted(
                entries, key=lambda entry: (np.nan_to_num(entry[2], nan=np.inf, posinf=np.inf), entry[0])
            )
            alive = sorted(entry[0] for entry in ranked[: max(len(ranked) // eta, 1)])
            number += 1
        return alive[0], log


class ByMask:
    """A mask over all candidates, those thrown out at infinity; lists in the log."""

    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log = np.ones(n, dtype=bool), int(min_resource), []
        while alive.sum() > 1:
            losses = np.full(n, np.inf)
            for i in np.flatnonzero(alive):
                loss = evaluate(int(i), resource)
                log.append([int(i), resource, loss])
                losses[i] = np.inf if np.isnan(loss) else loss
            keep = max(1, int(alive.sum()) // eta)
            order = np.lexsort((np.arange(n), losses, ~alive))
            alive = np.isin(np.arange(n), order[:keep])
            resource *= eta
        return int(np.argmax(alive)), log


class ThrowsOutTheWorst:
    """Removes the worst one by one until as many are left as survive; recursion by rounds."""

    def successive_halving(evaluate, n, *, min_resource, eta=3):
        def play(alive, resource):
            if len(alive) == 1:
                return alive[0], []
            losses = {i: evaluate(i, resource) for i in alive}
            left = list(alive)
            while len(left) > max(1, len(alive) // eta):
                left.remove(max(left, key=lambda i: (np.nan_to_num(losses[i], nan=np.inf, posinf=np.inf), i)))
            best, later = play(left, resource * eta)
            return best, [(i, resource, losses[i]) for i in alive] + later

        return play(list(range(n)), min_resource)


VARIANTS = variants("successive_halving", SortedPairsOfEach, ByMask, ThrowsOutTheWorst)
