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
Strength = float | Sequence[float]
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
    p: Strength = 0.0,
    l2: Strength = 0.0,
    decay: Strength = 0.0,
    sigma: Strength = 0.0,
    weight_sigma: Strength = 0.0,
    hidden_sigma: Strength = 0.0,
    max_norm: Strength = np.inf,
    activity: Strength = 0.0,
    batch_norm: bool = False,
    augment: Callable[[torch.Tensor, torch.Generator], torch.Tensor] | None = None,
    watch: Callable[[Params], object] | None = None,
) -> tuple[Params, list]:
    """Train a 64-hidden-10 ReLU network for each rate and seed, momentum 0.9, batches of 50.

    A strength is one number, or a sequence with one for each rate.

    Args:
        X, y: (runs, n, 64) and (runs, n), one slice for each seed.
        seeds: of the starts and of the order of batches.
        lrs: every rate is tried on every seed.
        p, l2, decay: dropout on the hidden units, L2 penalty and decoupled decay of the weights.
        sigma, weight_sigma, hidden_sigma: standard deviation of Gaussian noise on the inputs, on the weights,
            and on the hidden units after their ReLU.
        max_norm: largest norm of the incoming weights of a hidden unit, kept after every update.
        activity: price of the hidden units' outputs, summed over the units, mean over the batch.
        batch_norm: normalise the hidden units over the batch before their ReLU. At the end the statistics of
            the whole slice take the batch's place and go into the weights; so ``watch`` is not for this case.
        augment: changes a batch (seeds, batch, 64), given a generator.
        watch: called after every epoch with the parameters.
    Returns:
        params: weights and biases, the first axis is rates × seeds; and what ``watch`` gave.
    Example:
        >>> X, y, truth = slices([0, 1], n=100, wrong=0.0)
        >>> params, _ = train(X, y, [0, 1], [0.1, 0.2, 0.3], n_epochs=1)
        >>> [tuple(w.shape) for w in params]
        [(6, 64, 64), (6, 1, 64), (6, 64, 10), (6, 1, 10)]
    """
    n, many, runs = X.shape[1], len(lrs), len(lrs) * len(seeds)
    # Inside, weights are (runs, fan_out, fan_in) and the rates of one seed are neighbours: they see the same
    # batch, and their first layers are one tall matrix for it.
    params = [w.detach().float().mT.repeat_interleave(many, 0) for w in lab.mlp((64, hidden, 10), seeds)]
    velocity = [torch.zeros_like(w) for w in params]
    noise, slice_of, seen = torch.Generator().manual_seed(1), torch.arange(len(X))[:, None], []
    orders = [np.random.default_rng(2000 + seed) for seed in seeds]

    def by_run(strength: Strength) -> torch.Tensor | None:
        """(runs, 1, 1), or None if no run has any."""
        each = np.tile(np.broadcast_to(strength, many), len(seeds))
        return torch.tensor(each, dtype=torch.float32)[:, None, None] if np.any(each) else None

    lr = torch.tensor(np.tile(lrs, len(seeds)), dtype=torch.float32)[:, None, None]
    dropped, squares, price, shrink = map(by_run, (p, l2, activity, decay))
    on_inputs, on_weights, on_hidden = map(by_run, (sigma, weight_sigma, hidden_sigma))
    limit = by_run(max_norm) if np.any(np.isfinite(max_norm)) else None

    def drawn(draw: Callable[..., torch.Tensor], rows: int, units: int) -> torch.Tensor:
        """Random numbers (runs, units, rows)."""
        values = draw((many, len(seeds), rows, units), generator=noise, dtype=torch.float32)
        return values.transpose(0, 1).flatten(0, 1).mT

    def gradients(x: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
        """Of every run's mean loss by ``params``, for (seeds, batch, 64) and (runs, 1, batch)."""
        rows, W1, W2 = x.shape[1], params[0], params[2]
        if on_weights is not None:
            W1 = W1 + on_weights * drawn(torch.randn, 64, hidden)
            W2 = W2 + on_weights * drawn(torch.randn, hidden, 10)
        if on_inputs is not None:
            x = x.repeat_interleave(many, 0) + on_inputs * drawn(torch.randn, rows, 64).mT
        z = torch.bmm(W1.reshape(len(x), -1, 64), x.mT).view(runs, hidden, rows)
        if batch_norm:
            z, scale = standard(z)
        h = torch.relu(z + params[1])
        alive = h > 0
        if on_hidden is not None:
            h = h + on_hidden * drawn(torch.randn, rows, hidden)
        if dropped is not None:
            kept = drawn(torch.rand, rows, hidden).gt_(dropped).mul_(1 / (1 - dropped))
            h = h * kept
        delta = torch.baddbmm(params[3], W2, h).softmax(1)  # (runs, classes, batch)
        delta = delta.scatter_add_(1, labels, -torch.ones_like(labels, dtype=torch.float32)).div_(rows)
        back = torch.bmm(W2.mT, delta)
        if dropped is not None:
            back *= kept
        if price is not None:
            back += price / rows
        back *= alive
        grads = [back, back.sum(-1, keepdim=True), torch.bmm(delta, h.mT), delta.sum(-1, keepdim=True)]
        if batch_norm:
            back = scale * (back - back.mean(-1, keepdim=True) - z * (back * z).mean(-1, keepdim=True))
        grads[0] = torch.bmm(back.view(len(x), -1, rows), x).view(runs, hidden, 64)
        if squares is not None:
            grads[::2] = [g + squares * w for g, w in zip(grads[::2], params[::2], strict=True)]
        return grads

    def by_rate() -> Params:
        """The parameters as they are returned."""
        return [w.unflatten(0, (len(seeds), many)).transpose(0, 1).flatten(0, 1).mT for w in params]

    for _ in range(n_epochs):
        order = torch.tensor(np.stack([rng.permutation(n) for rng in orders]))
        examples, labels = X[slice_of, order], y[slice_of, order].repeat_interleave(many, 0)[:, None]
        for batch, targets in zip(examples.split(50, dim=1), labels.split(50, dim=2), strict=True):
            grads = gradients(augment(batch, noise) if augment else batch, targets)
            for place, (w, v, g) in enumerate(zip(params, velocity, grads, strict=True)):
                torch.add(g, v, alpha=0.9, out=v)
                if shrink is not None and place % 2 == 0:  # biases do not decay
                    w.mul_(1 - lr * shrink)
                w.addcmul_(v, lr, value=-1)
            if limit is not None:
                params[0].mul_((limit / params[0].norm(dim=2, keepdim=True)).clamp(max=1))
        if watch:
            seen.append(watch(by_rate()))
    return (folded(by_rate(), X.repeat(many, 1, 1)) if batch_norm else by_rate()), seen


def standard(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each unit of (runs, units, batch) less its mean over the batch, by its standard deviation.

    Returns:
        The normalised units, and one over the standard deviations (runs, units, 1).
    Example:
        >>> z, scale = standard(torch.tensor([[[1.0, 3.0]]]))
        >>> z.flatten().numpy().round(4).tolist(), round(scale.item(), 4)
        ([-1.0, 1.0], 1.0)
    """
    normed, _, scale = torch.native_layer_norm(z, z.shape[-1:], None, None, 1e-5)
    return normed, scale


def folded(params: Params, X: torch.Tensor) -> Params:
    """The network that gives without normalisation what ``params`` give with the statistics of ``X``.

    >>> X, y, _ = slices([0], n=50, wrong=0.0)
    >>> params, _ = train(X, y, [0], [0.1], n_epochs=1)
    >>> z, _ = standard((X @ params[0]).mT)
    >>> normed = torch.relu(z.mT + params[1]) @ params[2] + params[3]
    >>> bool(torch.allclose(lab.logits(folded(params, X), X), normed, atol=1e-4))
    True
    """
    with torch.no_grad():
        var, mean = torch.var_mean(X @ params[0], 1, correction=0, keepdim=True)
        scale = torch.rsqrt(var + 1e-5)
        return [params[0] * scale, params[1] - mean * scale, *params[2:]]


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
