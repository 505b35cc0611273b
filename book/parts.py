"""A classifier of digits with every part on a switch, many runs trained as one array; for the capstone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import batch_norm, cross_entropy


@dataclass(frozen=True)
class Plan:
    """The settings of one classifier and its training; ``hidden`` are the widths of its hidden layers."""

    hidden: tuple[int, ...] = (32,)
    batch_norm: bool = True
    dropout: float = 0.2
    momentum: float = 0.9
    lr: float = 0.1
    cosine: bool = True
    decay: float = 1e-3
    he: bool = True  # or N(0, 0.01²)
    epochs: int = 15
    batch_size: int = 64


@dataclass(frozen=True)
class Trained:
    """What came out of each run, (epochs, runs) each; scored in evaluation mode, last epoch or all."""

    train_loss: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    scores: np.ndarray  # (runs, n, 10), after the last epoch

    @property
    def last(self) -> np.ndarray:
        """Accuracy after the last epoch, in percent, a number a run."""
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
    plans: Plan | Sequence[Plan],
    X: np.ndarray,
    y: np.ndarray,
    X_eval: np.ndarray,
    y_eval: np.ndarray,
    seeds: Sequence[int],
    *,
    every_epoch: bool = False,
) -> Trained:
    """Train one network a seed, all at once; everything random in a run comes from its own seed.

    A run is the same whatever the other runs are. A last batch that is not full is left out.

    Args:
        plans: one for all runs or one for each, equal in layers, batch norm, schedule, epochs, batch size.
        X, y: (runs, n, 64) and (runs, n), what each run trains on; X_eval, y_eval: what it is scored on.
        every_epoch: score after each epoch, and not only after the last.
    Returns:
        Losses and accuracies; the training loss is the mean over each epoch's batches.
    """
    plans = [plans] * len(seeds) if isinstance(plans, Plan) else list(plans)
    plan, runs = plans[0], len(seeds)
    widths = plan.hidden
    center = X.mean(1, keepdims=True)
    inputs, scored = (torch.tensor(part - center, dtype=torch.float32) for part in (X, X_eval))
    labels, truth = torch.tensor(y), torch.tensor(y_eval)
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    each = {
        name: np.array([[getattr(one, name)] for one in plans])
        for name in ("lr", "momentum", "decay", "dropout")
    }
    peak, momentum, decay = (
        torch.tensor(each[name], dtype=torch.float32) for name in ("lr", "momentum", "decay")
    )
    p = each["dropout"][:, None].astype(np.float32)

    layers, start = list(pairwise((X.shape[-1], *widths, 10))), []
    for i, (n, m) in enumerate(layers):  # a weight matrix, a shift and a scale each
        stds = [0.0 if i == len(widths) else np.sqrt(2 / n) if one.he else 0.01 for one in plans]
        W = np.stack([std * rng.normal(size=n * m) for std, rng in zip(stds, rngs, strict=True)])
        start += [W, np.zeros((runs, m)), np.ones((runs, m))]
    sizes = [part.shape[1] for part in start]
    theta = torch.tensor(np.concatenate(start, 1), dtype=torch.float32).requires_grad_()
    matrices = theta.detach().split(sizes, 1)[::3]  # what decays
    velocity = torch.zeros_like(theta)
    gathered = [torch.tensor([[0.0], [1.0]], dtype=torch.float32).repeat(1, runs * m) for m in widths]

    def forward(h: torch.Tensor, masks: Sequence[torch.Tensor]) -> torch.Tensor:
        """Scores; with masks in training mode, without in evaluation mode."""
        parts = theta.split(sizes, 1)
        for i, (n, m) in enumerate(layers):
            W, shift, scale = parts[3 * i].view(runs, n, m), parts[3 * i + 1], parts[3 * i + 2]
            if i == len(widths):
                h = torch.baddbmm(shift[:, None], h, W)
                break
            if plan.batch_norm:  # each unit of each run is a feature of one large batch norm
                z = torch.bmm(h, W).transpose(0, 1)
                mean, var = gathered[i]
                one, other = scale.reshape(-1), shift.reshape(-1)
                wide = batch_norm(z.reshape(-1, runs * m), mean, var, one, other, bool(masks))
                h = wide.view(z.shape).transpose(0, 1)
            else:
                h = torch.baddbmm(shift[:, None], h, W)
            h = torch.relu(h) * masks[i] if masks else torch.relu(h)
        return h

    def draw() -> Sequence[torch.Tensor]:
        """Masks for one batch, scaled by 1/(1 - p)."""
        if not widths:
            return []
        uniform = np.empty((runs, plan.batch_size, sum(widths)), np.float32)
        for rng, row in zip(rngs, uniform, strict=True):
            rng.random(out=row, dtype=np.float32)
        return torch.from_numpy((uniform >= p) / (1 - p)).split(widths, 2)

    def losses(logits: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        return cross_entropy(logits.transpose(1, 2), of, reduction="none").mean(1)

    n_batches = X.shape[1] // plan.batch_size
    total, step, train_loss, history = plan.epochs * n_batches, 0, [], []
    own = torch.arange(runs)[:, None]
    for epoch in range(plan.epochs):
        orders = torch.tensor(np.stack([rng.permutation(X.shape[1]) for rng in rngs]))
        seen = []
        for rows in orders[:, : n_batches * plan.batch_size].split(plan.batch_size, 1):
            loss = losses(forward(inputs[own, rows], draw()), labels[own, rows])
            (grad,) = torch.autograd.grad(loss.sum(), theta)
            rate = peak * (0.5 * (1 + np.cos(np.pi * step / total)) if plan.cosine else 1.0)
            step += 1
            with torch.no_grad():
                for matrix in matrices:
                    matrix.mul_(1 - rate * decay)
                velocity.mul_(momentum).add_(grad)
                theta.addcmul_(rate, velocity, value=-1)
            seen.append(loss.detach())
        train_loss.append(torch.stack(seen).mean(0).numpy())
        if every_epoch or epoch == plan.epochs - 1:
            with torch.no_grad():
                logits = forward(scored, [])
                right = (logits.argmax(2) == truth).double().mean(1)
                history.append([losses(logits, truth).numpy(), right.numpy()])
    loss_after, accuracy = np.array(history).transpose(1, 0, 2)
    return Trained(np.array(train_loss), loss_after, accuracy, logits.numpy())
