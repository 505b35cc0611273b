"""Inputs that can see, for the checks of `minibatch_sgd`: sizes that do not divide, batches of unlike sizes,
gradients whose noise is known without drawing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from ..shared import Arrays


def batches(player: Any, n: int, batch_size: int, *, rng: np.random.Generator, **options: Any) -> list:
    """The batches of one epoch as lists of ints, read through the adapter.

    Text crosses, so that another number of batches or another size is wrong and no breach of structure.
    """
    text = player.show_batches(n, batch_size, rng=rng, **options)
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = None
    fits = isinstance(found, list) and all(
        isinstance(batch, list) and all(type(number) is int for number in batch) for batch in found
    )
    assert fits, "Each batch that minibatches yields is an array of ints, numbers of examples."
    return found


def regression(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, examples and targets whose residuals are far from zero."""
    w, X = rng.normal(size=d), rng.normal(size=(n, d))
    return w, X, X @ w + rng.choice([-1.0, 1.0], size=n) * rng.uniform(0.5, 2.0, size=n)


def simplex(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """A regression whose n gradients stand at equal angles, all as long, and their S².

    Then every batch of b different examples is equally far from the full gradient: the mean squared distance
    without replacement is S²/b·(n-b)/(n-1) for any draw, and S² for any single example.
    """
    frame, _ = np.linalg.qr(rng.normal(size=(n, n)))
    length, error = rng.uniform(0.5, 1.5, size=2)
    X, w = length * frame, rng.normal(size=n)
    y = X @ w + error * rng.choice([-1.0, 1.0], size=n)
    return w, X, y, float((2 * length * error) ** 2 * (1 - 1 / n))


def linear_task(rng: np.random.Generator, n: int) -> tuple[Arrays, Callable[[Arrays, np.ndarray], tuple]]:
    """A start, and a ``grad_fn`` of linear regression with a bias: loss and gradient over a batch.

    It refuses nothing that indexing allows; no two examples are alike, and no loss is small.
    """
    w, X, y = regression(rng, n, 3)
    y = y + 3.0

    def grad_fn(params: Arrays, idx: np.ndarray) -> tuple[float, Arrays]:
        rows = X[np.asarray(idx)]
        residual = rows @ params["w"] + params["b"] - y[np.asarray(idx)]
        grads = {"w": 2 * rows.T @ residual / len(residual), "b": np.array(2 * np.mean(residual))}
        return float(np.mean(residual**2)), grads

    return {"w": w, "b": np.array(rng.normal())}, grad_fn


def asked(log: list) -> list[list[int]]:
    """The batches that a recorded ``grad_fn`` was called with, by position or by name."""
    rows = [kwargs["idx"] if "idx" in kwargs else args[-1] for args, kwargs, _ in log]
    return [np.ravel(np.asarray(row)).tolist() for row in rows]


SHAPES = {"W": (2, 3), "b": (4,), "gain": (1,), "scale": ()}
TAKEN = {"average": (2, 3), "t": (4,), "count": (1,), "": (), "step": (2,), "n": (2,)}  # by a state, perhaps


def iterates(rng: np.random.Generator, count: int, shapes: dict[str, tuple] = SHAPES) -> list[Arrays]:
    """``count`` iterates of parameters of different shape, one of them with a single entry, one without
    axes."""
    return [{key: np.array(rng.normal(size=shape)) for key, shape in shapes.items()} for _ in range(count)]


def averages(player: Any, start: Arrays, path: list[Arrays], **options: Any) -> list[Arrays]:
    """The averages after one, two, … iterates."""
    steps = [(params,) for params in path]
    return [
        average for average, _ in player.average_update.chain(player.average_init(start), steps, **options)
    ]
