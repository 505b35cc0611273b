"""Small slices of the digits, some labels wrong, and many small networks trained on them as one array.

The chapter on dropout compares remedies against overfitting with it: the same seed has the same examples, the
same start and the same order of batches under every remedy, so that their differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import lab
import numpy as np
import torch

Params = list[torch.Tensor]
DATA = lab.digits()
MEAN = DATA.X_train.mean(axis=0)
POOL = 900  # training digits that slices are taken from; the other 298 choose rates
X_VAL = torch.tensor(DATA.X_train[POOL:] - MEAN, dtype=torch.float32)
Y_VAL = torch.tensor(DATA.y_train[POOL:])
X_TEST = torch.tensor(DATA.X_test - MEAN, dtype=torch.float32)
Y_TEST = torch.tensor(DATA.y_test)


def slices(seeds: Sequence[int], n: int, wrong: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """``n`` training digits for each seed, the share ``wrong`` of them with another label, drawn anew.

    Returns:
        X (runs, n, 64), y (runs, n) as a network gets them, and truth (runs, n), the labels before.
    Example:
        >>> X, y, truth = slices([0, 1], n=20, wrong=0.3)
        >>> tuple(X.shape), (y != truth).sum(1).tolist()
        ((2, 20, 64), [6, 6])
    """
    rows, labels = [], []
    for seed in seeds:
        rng = np.random.default_rng(1000 + seed)
        rows.append(rng.permutation(POOL)[:n])
        shift = np.zeros(n, dtype=int)
        shift[: round(wrong * n)] = rng.integers(1, 10, round(wrong * n))
        labels.append((DATA.y_train[rows[-1]] + rng.permutation(shift)) % 10)
    X, truth = (DATA.X_train - MEAN)[np.array(rows)], DATA.y_train[np.array(rows)]
    return torch.tensor(X, dtype=torch.float32), torch.tensor(np.array(labels)), torch.tensor(truth)


def train(
    X: torch.Tensor,
    y: torch.Tensor,
    seeds: Sequence[int],
    lrs: Sequence[float],
    *,
    n_epochs: int = 50,
    hidden: int = 64,
    p: float = 0.0,
    l2: float = 0.0,
    decay: float = 0.0,
    sigma: float = 0.0,
    augment: Callable[[torch.Tensor, torch.Generator], torch.Tensor] | None = None,
    watch: Callable[[Params], object] | None = None,
) -> tuple[Params, list]:
    """Train a 64-hidden-10 ReLU network for each rate and seed, momentum 0.9, batches of 50.

    Args:
        X, y: (runs, n, 64) and (runs, n), one slice for each seed.
        seeds: of the starts and of the order of batches.
        lrs: every rate is tried on every seed.
        p, l2, decay, sigma: dropout on the hidden units, L2 penalty and decoupled decay of the weights, noise
            on the inputs.
        augment: changes a batch (runs, batch, 64), given a generator.
        watch: called after every epoch with the parameters.
    Returns:
        params: weights and biases, the first axis is rates × seeds; and what ``watch`` gave.
    Example:
        >>> X, y, truth = slices([0, 1], n=100, wrong=0.0)
        >>> params, _ = train(X, y, [0, 1], [0.1, 0.2, 0.3], n_epochs=1)
        >>> [tuple(w.shape) for w in params]
        [(6, 64, 64), (6, 1, 64), (6, 64, 10), (6, 1, 10)]
    """
    n, many = X.shape[1], len(lrs)
    start = lab.mlp((64, hidden, 10), seeds)
    params = [w.detach().float().repeat(many, 1, 1).requires_grad_() for w in start]
    X, y = X.repeat(many, 1, 1), y.repeat(many, 1)
    lr = torch.tensor(np.repeat(lrs, len(seeds)), dtype=torch.float32)[:, None, None]
    velocity = [torch.zeros_like(w) for w in params]
    noise, runs, seen = torch.Generator().manual_seed(1), torch.arange(len(X))[:, None], []
    orders = [np.random.default_rng(2000 + seed) for seed in seeds]
    for _ in range(n_epochs):
        order = torch.tensor(np.stack([rng.permutation(n) for rng in orders])).repeat(many, 1)
        for rows in order.split(50, dim=1):
            batch = X[runs, rows]
            batch = augment(batch, noise) if augment else batch
            if sigma:
                batch = batch + sigma * torch.randn(batch.shape, generator=noise, dtype=torch.float32)
            h = torch.relu(batch @ params[0] + params[1])
            if p:
                h = h * (torch.rand(h.shape, generator=noise, dtype=torch.float32) > p) / (1 - p)
            loss = lab.cross_entropy(h @ params[2] + params[3], y[runs, rows]).sum()
            if l2:
                loss = loss + l2 / 2 * sum((w**2).sum() for w in params[::2])
            grads = torch.autograd.grad(loss, params)
            with torch.no_grad():
                for w, v, g in zip(params, velocity, grads, strict=True):
                    v.mul_(0.9).add_(g)
                    w.mul_(1 - lr * decay * (w.shape[1] > 1)).sub_(lr * v)  # biases do not decay
        if watch:
            with torch.no_grad():
                seen.append(watch(params))
    return params, seen


def scores(params: Params, X: torch.Tensor = X_TEST, y: torch.Tensor = Y_TEST) -> np.ndarray:
    """Accuracy of every run in per cent, on the test digits or on what is given.

    >>> X, y, _ = slices([0, 1], n=100, wrong=0.0)
    >>> params, _ = train(X, y, [0, 1], [0.1])
    >>> scores(params, X, y).tolist(), bool(scores(params).min() > 70)
    ([100.0, 100.0], True)
    """
    with torch.no_grad():
        return 100 * lab.accuracy(lab.logits(params, X), y)


def probabilities(params: Params, X: torch.Tensor = X_TEST) -> torch.Tensor:
    """Predicted probabilities (runs, examples, classes).

    >>> X, y, _ = slices([0, 1], n=50, wrong=0.0)
    >>> probabilities(train(X, y, [0, 1], [0.1], n_epochs=1)[0]).shape
    torch.Size([2, 599, 10])
    """
    with torch.no_grad():
        return torch.softmax(lab.logits(params, X), -1)
