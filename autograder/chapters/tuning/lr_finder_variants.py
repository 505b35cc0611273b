"""Unusual but right answers to `lr_finder`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class WhileHalving:
    """A while loop that halves, with the rule in an inner function."""

    def lr_finder(run, *, lr_start, max_halvings=20):
        def trains(losses):
            tail = max(1, len(losses) // 4)
            ends = list(losses)[len(losses) - tail :]
            return all(np.isfinite(loss) for loss in losses) and sum(ends) / tail < losses[0]

        lr, left = lr_start, max_halvings
        while not trains(run(lr)):
            if left == 0:
                raise ValueError("no rate down to the last one trains")
            lr, left = lr / 2, left - 1
        return lr


class NegativeExponents:
    """Rates from an array of powers, the call by keyword, the difference of means against zero."""

    def lr_finder(run, *, lr_start, max_halvings=20):
        for lr in lr_start * 2.0 ** -np.arange(max_halvings + 1):
            losses = np.array(run(lr=float(lr)), dtype=float)
            quarter = max(len(losses) // 4, 1)
            with np.errstate(all="ignore"):
                rise = np.mean(losses[-quarter:] - losses[0])
            if np.isfinite(losses).all() and rise < 0:
                return float(lr)
        raise ValueError(f"diverged down to {lr}")


class Recursively:
    """Calls itself with half the rate and one halving less."""

    def lr_finder(run, *, lr_start, max_halvings=20):
        losses = np.asarray(run(lr_start), dtype=float)
        broken = np.isnan(losses).any() or np.isinf(losses).any()
        if not broken and losses[-max(1, losses.size // 4) :].mean() < losses[0]:
            return lr_start
        if max_halvings == 0:
            raise ValueError(f"even {lr_start} diverges")
        return lr_finder(run, lr_start=lr_start / 2, max_halvings=max_halvings - 1)


VARIANTS = variants("lr_finder", WhileHalving, NegativeExponents, Recursively)
