"""Unusual but right answers to `cross_val_score`, which no check may refuse."""

from __future__ import annotations

import numpy as np

from autograder.checking import variants


class WelfordOverFolds:
    """Mean and sum of squares updated from fold to fold, the call by keyword."""

    def cross_val_score(fit_score, n, k, *, rng):
        mean, squares = 0.0, 0.0
        for count, (fit, held) in enumerate(kfold_indices(n, k, rng=rng), start=1):
            loss = fit_score(fit_idx=fit, eval_idx=held)
            apart = loss - mean
            mean += apart / count
            squares += apart * (loss - mean)
        return mean, (squares / (k - 1)) ** 0.5


class WithoutTheHelper:
    """Makes its folds itself, by masks over one shuffled order; an array of losses and its methods."""

    def cross_val_score(fit_score, n, k, *, rng):
        order, losses = rng.permutation(n), []
        for held in np.array_split(order, k):
            mask = np.ones(n, dtype=bool)
            mask[held] = False
            losses.append(fit_score(np.flatnonzero(mask), held))
        losses = np.array(losses)
        return [float(losses.mean()), float(np.sqrt(losses.var(ddof=1)))]


class ListAndSums:
    """Python sums, lists of ints handed over."""

    def cross_val_score(fit_score, n, k, *, rng):
        folds = list(kfold_indices(n, k, rng=rng))
        losses = [fit_score([int(i) for i in fit], [int(i) for i in held]) for fit, held in folds]
        mean = sum(losses) / k
        return mean, (sum((loss - mean) ** 2 for loss in losses) / (k - 1)) ** 0.5


VARIANTS = variants("cross_val_score", WelfordOverFolds, WithoutTheHelper, ListAndSums)
