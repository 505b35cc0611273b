"""Many networks with normalised layers, trained as one array, for the chapter on batch normalisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import lab
import numpy as np
import torch
from torch.nn import functional

KINDS = ("none", "batch", "layer", "renorm")


class Nets:
    """Perceptrons that differ by learning rate and seed, ReLU after each hidden layer, trained by plain SGD.

    Every array has the axes (rate, seed, …). Seed s starts alike for every rate and kind.

    >>> data = lab.digits()
    >>> X, y = torch.tensor(data.X_train), torch.tensor(data.y_train)
    >>> nets = Nets((64, 16, 10), lrs=[0.1, 0.3], seeds=[0, 1, 2], kind="batch")
    >>> nets.fit(X, y, batch_size=32, n_steps=20)
    >>> nets.accuracy(X, y).shape
    (2, 3)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        lrs: Sequence[float],
        seeds: Sequence[int],
        kind: str = "none",
        scale: float = 1.0,
        group: int = 0,
        momentum: float = 0.1,
        dropout: float = 0.0,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """Make the networks.

        Args:
            sizes: units of input, hidden layers and output.
            lrs, seeds: a network for every pair.
            kind: what stands between the affine map and the ReLU; with ``"renorm"``, limits grow from 1 and 0
                to 3 and 5 in the first half of training.
            scale: factor on He's initial weights.
            group: statistics are taken over so many rows of a batch at a time; 0: over all of them.
            momentum: weight of the new in running statistics.
            dropout: share of the hidden outputs dropped in training, the same ones for every rate.
            dtype: of all parameters, and of the rows that come in.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}; see Nets")
        self.kind, self.group, self.momentum, self.progress = kind, group, momentum, 0.0
        self.dropout, self._chance = dropout, torch.Generator().manual_seed(int(np.sum(seeds)))
        runs = len(lrs), len(seeds)
        first = [scale * p.detach().to(dtype) for p in lab.mlp(sizes, seeds)]  # biases are zero
        rates = np.asarray(lrs, dtype=first[0].numpy().dtype)
        self.lrs, self.seeds = np.repeat(rates[:, None], len(seeds), 1), seeds
        self.params = [p.expand(len(lrs), *p.shape).clone().requires_grad_() for p in first]
        hidden = sizes[1:-1] if kind != "none" else ()
        shapes = [(*runs, 1, width) for width in hidden]
        self.gammas = [torch.ones(shape, dtype=dtype, requires_grad=True) for shape in shapes]
        self.betas = [torch.zeros(shape, dtype=dtype, requires_grad=True) for shape in shapes]
        self.running = [[torch.zeros(s, dtype=dtype), torch.ones(s, dtype=dtype)] for s in shapes]

    def logits(
        self, X: torch.Tensor, *, training: bool = False, outputs: list[torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Outputs (rate, seed, row, class) for rows (row, feature), or for rows of their own for each seed.

        The hidden layers' outputs are appended to ``outputs``.
        """
        h = X
        for i in range(len(self.params) // 2 - 1):
            h = h @ self.params[2 * i] + self.params[2 * i + 1]
            h = torch.relu(self._normalised(h, i, training) if self.gammas else h)
            if training and self.dropout:
                kept = torch.rand(h.shape[-3:], generator=self._chance, dtype=h.dtype) >= self.dropout
                h = h * kept / (1 - self.dropout)
            if outputs is not None:
                outputs.append(h)
        return h @ self.params[-2] + self.params[-1]

    def fit(
        self,
        X: torch.Tensor,
        y: torch.Tensor,
        *,
        batch_size: int,
        n_steps: int,
        before_step: Callable[[int], None] = lambda step: None,
    ) -> None:
        """Train for ``n_steps`` batches; rows that do not fill a batch wait for the next epoch's shuffle.

        ``before_step`` is called with the number of updates made so far, before each of them.
        """
        n_epochs = -(-n_steps // (len(X) // batch_size))
        batches = [
            rows
            for rows in lab.epochs(len(X), batch_size, self.seeds, n_epochs)
            if rows.shape[1] == batch_size
        ]

        learnt = [*self.params, *self.gammas, *self.betas]
        lrs = torch.tensor(self.lrs)[..., None, None]
        for step, rows in enumerate(batches[:n_steps]):
            before_step(step)
            self.progress = step / n_steps
            logits = self.logits(X[rows], training=True)
            classes_first = logits.movedim(-1, 2).flatten(0, 1)  # a third of the time it takes last
            targets = y[rows].expand(logits.shape[:-1]).flatten(0, 1)
            loss = functional.cross_entropy(classes_first, targets, reduction="sum") / batch_size
            with torch.no_grad():
                for p, grad in zip(learnt, torch.autograd.grad(loss, learnt), strict=True):
                    p.addcmul_(grad, lrs, value=-1)

    @torch.no_grad()
    def accuracy(self, X: torch.Tensor, y: torch.Tensor) -> np.ndarray:
        """Share of right answers in per cent, (rate, seed), in eval mode."""
        return 100 * lab.accuracy(self.logits(X), y)

    @torch.no_grad()
    def accuracy_by_batches(self, X: torch.Tensor, y: torch.Tensor, batch_size: int) -> np.ndarray:
        """The same with eval mode forgotten: each batch by its own statistics, of which nothing is kept.

        A single row that is left over at the end is passed over: it has no statistics.
        """
        kept, self.momentum = self.momentum, 0.0
        batches = [rows for rows in torch.arange(len(X)).split(batch_size) if len(rows) > 1]
        hits = [len(rows) * lab.accuracy(self.logits(X[rows], training=True), y[rows]) for rows in batches]
        self.momentum = kept
        return np.asarray(100 * sum(hits) / sum(map(len, batches)))

    def _normalised(self, h: torch.Tensor, i: int, training: bool) -> torch.Tensor:
        gamma, beta, (mean, spread) = self.gammas[i], self.betas[i], self.running[i]
        if self.kind == "layer":
            return functional.layer_norm(h, h.shape[-1:]) * gamma + beta
        if self.kind == "renorm":
            if not training:
                return (h - mean) / spread * gamma + beta
            here, deviation = (
                h.mean(-2, keepdim=True),
                torch.sqrt(h.var(-2, correction=0, keepdim=True) + 1e-5),
            )
            share = min(1.0, 2 * self.progress)
            with torch.no_grad():  # the two corrections count as constants
                widest = 1 + 2 * share
                stretch = torch.clamp(deviation / spread, 1 / widest, widest)
                shift = torch.clamp((here - mean) / spread, -5 * share, 5 * share)
                mean += self.momentum * (here - mean)
                spread += self.momentum * (deviation - spread)
            gamma, beta = gamma * stretch, gamma * shift + beta
            return _torchs_batch_norm(h, None, None, gamma, beta, training, self.momentum, self.group)
        return _torchs_batch_norm(h, mean, spread, gamma, beta, training, self.momentum, self.group)


def _torchs_batch_norm(
    h: torch.Tensor,
    mean: torch.Tensor | None,
    var: torch.Tensor | None,
    gamma: torch.Tensor,
    beta: torch.Tensor,
    training: bool,
    momentum: float,
    group: int | None,
) -> torch.Tensor:
    """torch's batch_norm of (…, rows, features): all networks make one wide layer.

    With a ``group``, the rows of a batch are cut into parts that have statistics of their own: parts stand
    beside each other as if they were networks, and the running statistics are moved by their mean.
    """
    *runs, rows, width = h.shape
    parts = rows // group if group and training else 1
    cut = h.reshape(*runs, parts, rows // parts, width)
    flat = cut.movedim(-2, 0).reshape(rows // parts, -1)

    def spread(x: torch.Tensor | None) -> Any:
        return None if x is None else x.expand(*runs, parts, width).reshape(-1).clone()

    kept = spread(mean), spread(var)
    out = functional.batch_norm(flat, *kept, spread(gamma), spread(beta), training or mean is None, momentum)
    if training and mean is not None and var is not None:
        for buffer, moved in zip((mean, var), kept, strict=True):
            buffer.copy_(moved.reshape(*runs, parts, width).mean(-2, keepdim=True))
    return out.reshape(rows // parts, *runs, parts, width).movedim(0, -2).reshape(h.shape)
