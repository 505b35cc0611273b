"""Inputs that can see, for the checks of `dropout`: pixels that differ, curves that tie, p never one half."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checking import laws

from ..shared import Arrays


def drop_rate(rng: np.random.Generator) -> float:
    """A probability of dropping that cannot be taken for that of keeping."""
    return float(rng.choice([rng.uniform(0.15, 0.35), rng.uniform(0.65, 0.8)]))


def kept_and_dropped(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A mask that has at least one entry of each kind."""
    mask = np.asarray(rng.random(shape) < 0.6)
    mask.flat[rng.permutation(mask.size)[:2]] = [True, False]
    return mask


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of both signs and of size 0.5 to 2."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.5, 2.0, size=shape)


def weights(rng: np.random.Generator) -> Arrays:
    """Parameters of different shape and size, two with the name of a bias; exact zeros in the first."""
    W = off_zero(rng, 3, 4)
    W.flat[rng.permutation(12)[:3]] = 0.0
    return {"W": W, "b": 20.0 * off_zero(rng, 5), "bias": off_zero(rng, 1)}


def with_norms(rng: np.random.Generator, rows: int, norms: np.ndarray) -> np.ndarray:
    """A matrix whose columns have these norms, in random directions."""
    W = off_zero(rng, rows, len(norms))
    return norms * W / np.linalg.norm(W, axis=0)


def lasso(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples and targets that need only half of the features."""
    X = rng.normal(size=(n, d))
    return X, X @ np.where(np.arange(d) % 2, 0.0, 2.0) + 0.5 * rng.normal(size=n)


def scripted(losses: list[float]) -> Callable[[Arrays], tuple[Arrays, float]]:
    """An epoch whose validation losses are given: the parameter ``w`` counts the epochs behind it.

    After the script's end the losses are low: who trains on for too long is rewarded, and found out.
    """

    def epoch_fn(params: Arrays) -> tuple[Arrays, float]:
        done = int(np.ravel(params["w"])[0])
        loss = losses[done] if done < len(losses) else -1e3 - done
        return {key: value + 1.0 for key, value in params.items()}, float(loss)

    return epoch_fn


def pictures(rng: np.random.Generator, n: int, channels: int, height: int, width: int) -> np.ndarray:
    """Images in which no two pixels are alike and none is near zero; no two images have one mean."""
    count = n * channels * height * width
    return rng.permutation(np.linspace(1.0, 3.0, count)).reshape(n, channels, height, width)


def running(player: Any, start: Arrays, path: list[Arrays], decays: list[float]) -> list[Arrays]:
    """The averages after one, two, … updates."""
    state, found = player.ema_init(start), []
    for params, decay in zip(path, decays, strict=True):
        average, state = player.ema_update(state, params, decay=decay)
        found.append(average)
    return found


def each_alone(values: Any) -> bool:
    """Whether calls (rows) leave places (columns) to chance: each turns, no two as one, no call comes again.

    Of CALLS calls with events near one half, two places of sixty-four go together by chance with 1e-11.
    Numbers count by their signs; hardly one of them comes again, and no call's follow from other calls'.
    """
    table = np.asarray(values)
    if table.dtype != bool:
        if len(np.unique(np.round(table, 9))) < 0.995 * table.size:
            return False
        if np.linalg.matrix_rank(table) < min(table.shape):  # at full rank but for chance of zero
            return False
        table = table > 0
    signs = np.where(table, 1.0, -1.0)
    together = np.abs(signs.T @ signs)
    np.fill_diagonal(together, 0.0)
    turning = np.abs(signs.sum(axis=0)).max() < len(signs)
    return bool(turning and together.max() < len(signs) and len(np.unique(signs, axis=0)) == len(signs))


CALLS = 50
NOT_ALONE = (
    "In many small calls not all is left to chance: a place is always alike, two places always go together "
    "or against each other, one follows from others, or what has been drawn comes again. Everything is drawn "
    "alone, in each call anew, the first and the last place too."
)


def gaussian_tails(noise: np.ndarray, sigma: float) -> bool:
    """Whether as many of 40,000 numbers lie near 0, and as many far from it, as of a Gaussian."""
    size = np.abs(noise) / sigma
    near = laws.share(size < 0.5, 0.382925, against=[0.42, 0.35], refuse=1e-12)
    far = laws.share(size > 2.5, 0.0124193, against=[0.003, 0.03], refuse=1e-12)
    return near and far and bool(size.max() > 3.4)  # by chance none of 40,000 is that large: e^-27


def ends_of_uniform(values: np.ndarray) -> bool:
    """Whether as many of 12,000 numbers in -1 to 1 lie near the ends, and near 0, as of a uniform law."""
    ends = laws.share(np.abs(values) > 0.95, 0.05, against=[0.0294, 0.1], refuse=1e-12)
    return ends and laws.share(np.abs(values) < 0.1, 0.1, against=[0.05, 0.2], refuse=1e-12)


NEARLY_ONE = 1 - 2.0**-20  # a probability of dropping that leaves a millionth

ELSEWHERE = (
    "Two generators in the same state gave different answers, so that a run cannot be had again. All "
    "randomness comes from the rng that was handed over: is something drawn from elsewhere, or left from an "
    "earlier call?"
)


def strength(rng):
    return float(rng.uniform(0.05, 0.4))
