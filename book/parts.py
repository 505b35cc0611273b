"""A classifier of digits with every part on a switch, many seeds trained as one array; for the capstone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import cross_entropy


@dataclass(frozen=True)
class Plan:
    """The settings of one classifier and its training; ``hidden`` are the widths of its hidden layers."""

    hidden: tuple[int, ...] = (64,)
    batch_norm: bool = True
    dropout: float = 0.2
    momentum: float = 0.9
    lr: float = 0.1
    cosine: bool = True
    decay: float = 1e-3
    he: bool = True  # or N(0, 0.01²)
    epochs: int = 30
    batch_size: int = 32


@dataclass(frozen=True)
class Trained:
    """What came out of each seed, by epoch: (epochs, seeds) each, in evaluation mode."""

    train_loss: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray

    @property
    def last(self) -> np.ndarray:
        """Accuracy after the last epoch, in percent, a number a seed."""
        return 100 * self.accuracy[-1]


def split(n: int, held_out: int, seeds: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows to validate on, (seeds, …) each, another split for every seed.

    >>> [part.shape for part in split(10, 3, [0, 1])]
    [(2, 7), (2, 3)]
    """
    orders = np.stack([np.random.default_rng(seed).permutation(n) for seed in seeds])
    return orders[:, held_out:], orders[:, :held_out]


def mislabel(y: np.ndarray, share: float, seeds: Sequence[int]) -> np.ndarray:
    """``y`` (seeds, n) with this share of labels replaced by another class each.

    >>> y = np.zeros((1, 1000), dtype=int)
    >>> float(np.mean(mislabel(y, 0.2, [0]) != 0))
    0.2
    """
    wrong = y.copy()
    for row, seed in zip(wrong, seeds, strict=True):
        rng = np.random.default_rng([seed, 7])
        places = rng.permutation(len(row))[: round(share * len(row))]
        row[places] = (row[places] + rng.integers(1, 10, len(places))) % 10
    return wrong


def train(
    plan: Plan, X: np.ndarray, y: np.ndarray, X_eval: np.ndarray, y_eval: np.ndarray, seeds: Sequence[int]
) -> Trained:
    """Train one network a seed, all at once; everything random is a seed's own or drawn for all alike.

    Args:
        X, y: (seeds, n, 64) and (seeds, n), what each seed trains on; X_eval, y_eval: what it is scored on.
    Returns:
        Losses and accuracies after each epoch; the training loss is that of the epoch's batches.
    """
    center = X.mean((0, 1))
    inputs, scored = (torch.tensor(part - center, dtype=torch.float32) for part in (X, X_eval))
    labels, truth = torch.tensor(y), torch.tensor(y_eval)
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    sizes = (X.shape[-1], *plan.hidden, 10)
    layers = list(pairwise(sizes))
    params, statistics = [], []
    for i, (n, m) in enumerate(layers):
        std = 0.0 if i == len(plan.hidden) else np.sqrt(2 / n) if plan.he else 0.01
        W = np.stack([rng.normal(0, 1, (n, m)) * std for rng in rngs])
        small = [np.zeros((len(seeds), 1, m)), np.ones((len(seeds), 1, m))]
        params.append([torch.tensor(part, dtype=torch.float32).requires_grad_() for part in (W, *small)])
        statistics.append([torch.tensor(part, dtype=torch.float32) for part in small])
    everything = [part for layer in params for part in layer]
    velocity = [torch.zeros_like(part) for part in everything]
    chance = torch.Generator().manual_seed(int(np.sum(seeds)))

    def forward(h: torch.Tensor, training: bool) -> torch.Tensor:
        for (W, shift, scale), seen in zip(params[:-1], statistics, strict=False):
            h = torch.baddbmm(shift, h, W)  # batch norm takes this shift off again, and adds it below
            if plan.batch_norm:
                if training:
                    var, mean = torch.var_mean(h, 1, correction=0, keepdim=True)
                    for kept, new in zip(seen, (mean, var), strict=True):
                        kept.lerp_(new.detach(), 0.1)
                else:
                    mean, var = seen
                h = (h - mean) * (scale / torch.sqrt(var + 1e-5)) + shift
            h = torch.relu(h)
            if training and plan.dropout:
                h = h * (torch.rand(h.shape, generator=chance) >= plan.dropout) / (1 - plan.dropout)
        return torch.baddbmm(params[-1][1], h, params[-1][0])

    def losses(logits: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        return cross_entropy(logits.transpose(1, 2), of, reduction="none").mean(1)

    n_batches = X.shape[1] // plan.batch_size
    total, step, history = plan.epochs * n_batches, 0, []
    own = torch.arange(len(seeds))[:, None]
    for _ in range(plan.epochs):
        orders = torch.tensor(np.stack([rng.permutation(X.shape[1]) for rng in rngs]))
        seen_losses = []
        for rows in orders[:, : n_batches * plan.batch_size].split(plan.batch_size, 1):
            loss = losses(forward(inputs[own, rows], True), labels[own, rows])
            grads = torch.autograd.grad(loss.sum(), everything, materialize_grads=True)
            rate = plan.lr * (0.5 * (1 + np.cos(np.pi * step / total)) if plan.cosine else 1.0)
            with torch.no_grad():
                for i, (part, v, grad) in enumerate(zip(everything, velocity, grads, strict=True)):
                    if i % 3 == 0:
                        part.mul_(1 - rate * plan.decay)
                    part.sub_(v.mul_(plan.momentum).add_(grad), alpha=rate)
            seen_losses.append(loss.detach())
            step += 1
        with torch.no_grad():
            logits = forward(scored, False)
            right = (logits.argmax(2) == truth).double().mean(1)
            history.append(
                [torch.stack(seen_losses).mean(0).numpy(), losses(logits, truth).numpy(), right.numpy()]
            )
    return Trained(*np.array(history).transpose(1, 0, 2))
