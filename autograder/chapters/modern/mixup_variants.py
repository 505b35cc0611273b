"""Unusual but right answers to `mixup`."""

import numpy as np

from autograder.checking import variants


class MixedByAMatrix:
    """The permutation first; one matrix mixes both."""

    def mixup(X, Y, *, alpha, rng):
        n = len(X)
        partners = np.argsort(rng.random(n))
        lam = rng.beta(alpha, alpha)
        M = lam * np.eye(n)
        M[np.arange(n), partners] += 1 - lam
        return np.tensordot(M, X, axes=1), M @ Y


class MixedByGammas:
    """λ from two Gamma draws; a shuffled copy of the numbers; works in place on copies."""

    def mixup(X, Y, *, alpha, rng):
        order = list(range(len(X)))
        rng.shuffle(order)
        a = b = 0.0
        while a + b == 0.0:  # a very small α can give zero twice
            a, b = rng.gamma(alpha), rng.gamma(alpha)
        answer = []
        for array in (X, Y):
            mixed = array.copy()
            mixed *= a / (a + b)
            mixed += b / (a + b) * array[order]
            answer.append(mixed)
        return answer


class MixedTowardsThePartner:
    """Moves every row a part of the way to its partner's."""

    def mixup(X, Y, *, alpha, rng):
        share = 1 - rng.beta(alpha, alpha)
        both = [np.asarray(array, dtype=float) for array in (X, Y)]
        order = rng.choice(len(X), size=len(X), replace=False)
        return tuple(array + share * (array[order] - array) for array in both)


VARIANTS = variants("mixup", MixedByAMatrix, MixedByGammas, MixedTowardsThePartner)
