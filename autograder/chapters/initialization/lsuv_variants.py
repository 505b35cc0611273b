"""Unusual but right answers to `lsuv`, which no check may refuse."""

from __future__ import annotations

import numpy as np

from autograder.checking import variants


class LsuvOnce:
    """One division, for a linear map needs no more; the scaled z goes on and is not computed again."""

    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        h, scaled = X, []
        for W in weights:
            z = h @ W
            std = z.std()
            if not abs(std**2 - 1) < tol:
                W, z = W / std, z / std
            scaled.append(W)
            h = activate(z, activation)
        return tuple(scaled)


class LsuvFromTheStart:
    """Sends the batch through all layers below anew for every layer; works on copies in place; prints."""

    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        done = [W.copy() for W in weights]
        for l in range(len(done)):
            for _ in range(max_iter):
                h = X
                for W in done[:l]:
                    h = activate(h @ W, activation)
                z = h @ done[l]
                var = float(np.mean((z - np.mean(z)) ** 2))
                print(l, var)
                if not (var - 1 >= tol or 1 - var >= tol):
                    break
                done[l] /= var**0.5
        return done


class LsuvRecursive:
    """The first layer, then itself on what comes out."""

    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        if not weights:
            return []
        W, tries = weights[0].copy(), 0
        while abs(np.var(X @ W) - 1.0) >= tol and tries < max_iter:
            W = W * np.var(X @ W) ** -0.5
            tries += 1
        rest = lsuv(
            weights[1:], activate(X @ W, activation), activation=activation, tol=tol, max_iter=max_iter
        )
        return [W, *rest]


VARIANTS = variants("lsuv", LsuvOnce, LsuvFromTheStart, LsuvRecursive)
