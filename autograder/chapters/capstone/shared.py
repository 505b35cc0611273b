"""Probes of `capstone`: configs, small problems, models as training leaves them, digits nobody has seen."""

import functools

import numpy as np
from sklearn.datasets import load_digits

CONFIG = {
    "sizes": (5, 4, 3),
    "scaling": "standardize",
    "init": "he",
    "batch_norm": True,
    "dropout": 0.2,
    "optimizer": "momentum",
    "momentum": 0.85,
    "lr": 0.15,
    "schedule": "constant",
    "weight_decay": 0.0,
    "batch_size": 6,
    "n_epochs": 1,
}

# Without hidden layers nothing is drawn but the permutations, which are pinned: every number is exact.
FLAT = {**CONFIG, "sizes": (5, 3), "batch_norm": False, "dropout": 0.0}


def points(rng, n, inputs=5, classes=3):
    """``n`` noisy points around a centre for each class, with an offset and a spread for every feature."""
    y = rng.permutation(np.arange(n) % classes)
    X = rng.normal(size=(classes, inputs))[y] + rng.normal(size=(n, inputs))
    return X * rng.uniform(0.2, 4.0, size=inputs) + rng.normal(size=inputs) * 3.0, y


def task(rng, n=24, n_val=15):
    """Training and validation set of one problem."""
    X, y = points(rng, n + n_val)
    return X[:n], y[:n], X[n:], y[n:]


def trained(rng, sizes=(5, 4, 6, 3), batch_norm=True):
    """A model in which every number is its own."""
    params, running = {}, {}
    for k in range(1, len(sizes)):
        params[f"W{k}"] = rng.normal(size=(sizes[k - 1], sizes[k]))
        params[f"b{k}"] = 0.5 * rng.normal(size=sizes[k])
        if batch_norm and k < len(sizes) - 1:
            params[f"gamma{k}"] = rng.uniform(0.5, 2.0, size=sizes[k]) * rng.choice([-1, 1], size=sizes[k])
            params[f"beta{k}"] = rng.normal(size=sizes[k])
            running[f"mean{k}"] = rng.normal(size=sizes[k])
            running[f"var{k}"] = rng.uniform(0.3, 3.0, size=sizes[k])
    mean, scale = 2 * rng.normal(size=sizes[0]), rng.uniform(0.3, 3.0, size=sizes[0])
    return {"params": params, "running": running, "mean": mean, "scale": scale}


@functools.cache
def _digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def strange_digits(rng, n=300, n_val=100, n_test=300):
    """Digits, noisy, with permuted pixels and classes: who knows the labels by heart knows nothing.

    Returns (X, y, X_val, y_val, X_test, y_test).
    """
    X, y = _digits()
    rows, pixels = rng.permutation(len(X))[: n + n_val + n_test], rng.permutation(X.shape[1])
    X = rng.uniform(1.0, 3.0) - X[rows][:, pixels] + 0.05 * rng.normal(size=(len(rows), X.shape[1]))
    names = rng.permutation(10)
    y = names[y[rows]]
    ends = (n, n + n_val)
    return tuple(part for pair in zip(np.split(X, ends), np.split(y, ends), strict=True) for part in pair)
