"""Unusual but right answers to `gradient_variance`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class ByPermutation:
    """Without replacement by the front of a permutation, with it by integers; no choice."""

    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        n = len(y)
        full = minibatch_gradient(w, X, y, np.arange(n))
        found = []
        for _ in range(n_draws):
            idx = rng.integers(0, n, size=batch_size) if replace else rng.permutation(n)[:batch_size]
            found.append(np.linalg.norm(minibatch_gradient(w, X, y, idx) - full) ** 2)
        return np.mean(found)


class GradientsOnce:
    """All single gradients once, then batches as means of their rows, all draws in one array."""

    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        single = np.array([minibatch_gradient(w, X, y, np.array([i])) for i in range(len(X))])
        if replace:
            idx = rng.integers(len(X), size=(n_draws, batch_size))
        else:
            idx = np.argsort(rng.random((n_draws, len(X))), axis=1)[:, :batch_size]
        apart = single[idx].mean(axis=1) - single.mean(axis=0)
        return float(np.einsum("md,md->", apart, apart) / n_draws)


class RunningMean:
    """Writes the full gradient out, updates a running mean, draws index by index from a list."""

    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        full, mean = 2 * (X * (X @ w - y)[:, None]).mean(axis=0), 0.0
        for m in range(1, n_draws + 1):
            pool, idx = list(range(len(X))), []
            for _ in range(batch_size):
                place = int(rng.integers(len(pool)))
                idx.append(pool[place] if replace else pool.pop(place))
            apart = minibatch_gradient(w, X, y, np.array(idx)) - full
            mean += (apart @ apart - mean) / m
        return mean


VARIANTS = variants("gradient_variance", ByPermutation, GradientsOnce, RunningMean)
