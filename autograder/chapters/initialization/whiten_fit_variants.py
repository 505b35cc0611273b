"""Unusual but right answers to `whiten_fit`, which no check may refuse."""

from __future__ import annotations

import numpy as np

from autograder.checking import variants


class WhitenBySVD:
    """Singular values of the centred examples: their squares over N are the variances."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        mean = X.mean(axis=0)
        _, s, Vt = np.linalg.svd(X - mean, full_matrices=True)
        lam = np.zeros(X.shape[1])
        lam[: len(s)] = s**2 / len(X)
        M = Vt.T @ np.diag((lam + eps) ** -0.5)
        if kind == "zca":
            return mean, M @ Vt
        return mean, M[:, : X.shape[1] if n_components is None else n_components]


class WhitenByEig:
    """The general eigenvalue routine, sorted by argsort, signs turned round."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        mean = X.mean(axis=0)
        C = np.cov(X, rowvar=False, bias=True).reshape(X.shape[1], X.shape[1])
        lam, V = np.linalg.eigh((C + C.T) / 2)
        order = np.argsort(-lam)
        lam, V = np.clip(lam[order], 0, None), -V[:, order]
        root = 1 / np.sqrt(lam + eps)
        return mean, (V * root) @ V.T if kind == "zca" else (V * root)[:, :n_components]


class WhitenOneDirectionAtATime:
    """A sum of outer products for zca, a stack of columns for pca."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        n, d = X.shape
        mean = np.array([X[:, j].sum() / n for j in range(d)])
        C = sum(np.outer(x - mean, x - mean) for x in X) / n
        lam, V = np.linalg.eigh(C)
        if kind == "zca":
            return mean, sum(np.outer(V[:, j], V[:, j]) / (abs(lam[j]) + eps) ** 0.5 for j in range(d))
        keep = range(d - 1, d - 1 - (n_components or d), -1)
        return mean, np.stack([V[:, j] / (abs(lam[j]) + eps) ** 0.5 for j in keep], axis=1)


VARIANTS = variants("whiten_fit", WhitenBySVD, WhitenByEig, WhitenOneDirectionAtATime)
