"""Many networks with normalised layers, trained as one array, for the chapter on batch normalisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        lrs: Sequence[float] | np.ndarray,
        seeds: Sequence[int],
        kind: str = "none",
        scale: float | Sequence[float] = 1.0,
        group: int = 0,
        momentum: float = 0.1,
        dropout: float | Sequence[float] = 0.0,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """Make the networks.

        Args:
            sizes: units of input, hidden layers and output.
            lrs, seeds: a network for every pair; ``lrs`` of shape (rate, seed) gives each its own.
            kind: what stands between the affine map and the ReLU; with ``"renorm"``, limits grow from 1 and 0
                to 3 and 5 in the first half of training.
            scale: factor on He's initial weights, one for all or one for each rate.
            group: statistics are taken over so many rows of a batch at a time; 0: over all of them.
            momentum: weight of the new in running statistics.
            dropout: share of the hidden outputs dropped in training, one for all or one for each rate; the
                same numbers decide for every rate.
            dtype: of all parameters, and of the rows that come in.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}; see Nets")
        self.kind, self.group, self.momentum, self.progress = kind, group, momentum, 0.0
        runs = len(lrs), len(seeds)

        def by_rate(values: float | Sequence[float]) -> torch.Tensor:
            return torch.tensor(np.broadcast_to(values, runs[0]).copy(), dtype=dtype).view(-1, 1, 1, 1)

        self.dropout, self._chance = by_rate(dropout), torch.Generator().manual_seed(int(np.sum(seeds)))
        rates = np.asarray(lrs, dtype=float).reshape(runs[0], -1)
        self.lrs, self.seeds = torch.tensor(np.broadcast_to(rates, runs).copy(), dtype=dtype), seeds
        first = [by_rate(scale) * p.detach().to(dtype) for p in lab.mlp(sizes, seeds)]  # biases are zero
        self.params = [p.contiguous().requires_grad_() for p in first]
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
        return self._columns(X, training, outputs).mT

    def _columns(
        self, X: torch.Tensor, training: bool, outputs: list[torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Outputs (rate, seed, class, row): so the rows of a feature lie side by side in memory."""
        runs, dropping = self.lrs.shape, training and bool(self.dropout.any())
        h = X.mT.expand(*runs, X.shape[-1], X.shape[-2]).flatten(0, 1)
        for i in range(len(self.params) // 2):
            W, b = (p.flatten(0, 1).mT for p in self.params[2 * i : 2 * i + 2])
            if i == len(self.params) // 2 - 1:
                break
            if self.gammas and self.kind != "layer":  # the layer takes the bias out again
                h = torch.bmm(W, h) if training else torch.baddbmm(b, W, h)
            else:
                h = torch.baddbmm(b, W, h)
            h = torch.relu(self._normalised(h, i, training) if self.gammas else h)
            if dropping:
                chance = torch.rand((runs[1], *h.shape[1:]), generator=self._chance, dtype=h.dtype)
                kept = (chance >= self.dropout).to(h.dtype) / (1 - self.dropout)
                h = h * kept.view(h.shape)
            if outputs is not None:
                outputs.append(h.unflatten(0, runs).mT)
        return torch.baddbmm(b, W, h).unflatten(0, runs)

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

        ``y`` is (row,), or (seed, row) with labels of their own for each seed. ``before_step`` is called with
        the number of updates made so far, before each of them.
        """
        n_epochs = -(-n_steps // (len(X) // batch_size))
        batches = [
            rows
            for rows in lab.epochs(len(X), batch_size, self.seeds, n_epochs)
            if rows.shape[1] == batch_size
        ]

        learnt = [*self.params, *self.gammas, *self.betas]
        lrs, labels = self.lrs[..., None, None], y.expand(len(self.seeds), len(X))
        for step, rows in enumerate(batches[:n_steps]):
            before_step(step)
            self.progress = step / n_steps
            scores = self._columns(X[rows], training=True).flatten(0, 1)
            targets = labels.gather(1, rows).repeat(len(self.lrs), 1)
            loss = functional.cross_entropy(scores, targets, reduction="sum") / batch_size
            grads = torch.autograd.grad(loss, learnt, allow_unused=True)  # a bias before a norm has none
            with torch.no_grad():
                for p, grad in zip(learnt, grads, strict=True):
                    if grad is not None:
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
        """Of outputs (run, feature, row)."""
        gamma, beta, (mean, spread) = self.gammas[i], self.betas[i], self.running[i]
        if self.kind == "layer":
            out = functional.layer_norm(h.mT, (h.shape[1],)).mT
            return torch.addcmul(beta.flatten(0, 1).mT, out, gamma.flatten(0, 1).mT)
        if self.kind == "renorm":
            if not training:
                scale = (gamma / spread).flatten(0, 1).mT
                return torch.addcmul(beta.flatten(0, 1).mT, h - mean.flatten(0, 1).mT, scale)
            with torch.no_grad():  # the two corrections count as constants
                var, here = (part.view(mean.shape) for part in torch.var_mean(h, 2, correction=0))
                deviation, share = torch.sqrt(var + 1e-5), min(1.0, 2 * self.progress)
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
    group: int,
) -> torch.Tensor:
    """torch's batch_norm of (run, feature, row): the features of all networks make one wide layer.

    With a ``group``, the rows of a batch are cut into parts that have statistics of their own: parts stand
    beside each other as if they were features, and the running statistics are moved by their mean.
    """
    rows = h.shape[-1]
    parts = rows // group if group and training else 1

    def spread(x: torch.Tensor | None) -> torch.Tensor | None:
        return x if x is None else x.reshape(-1).repeat_interleave(parts) if parts > 1 else x.view(-1)

    kept, affine = (spread(mean), spread(var)), (spread(gamma), spread(beta))
    wide = h.reshape(1, -1, rows // parts)
    out = functional.batch_norm(wide, *kept, *affine, training or mean is None, momentum)
    if parts > 1 and mean is not None and var is not None:
        for buffer, moved in zip((mean, var), kept, strict=True):
            assert moved is not None
            buffer.copy_(moved.view(-1, parts).mean(1).view(buffer.shape))
    return out.view(h.shape)
