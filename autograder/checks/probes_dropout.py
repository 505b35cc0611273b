"""Inputs that can see, for the checks of `dropout`: pixels that differ, curves that tie, p never one half."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def drop_rate(rng: np.random.Generator) -> float:
    """A probability of dropping that cannot be taken for that of keeping."""
    return float(rng.choice([rng.uniform(0.15, 0.35), rng.uniform(0.65, 0.8)]))


def kept_and_dropped(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A mask that has at least one entry of each kind."""
    mask = rng.random(shape) < 0.6
    mask.flat[rng.permutation(mask.size)[:2]] = [True, False]
    return mask


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of both signs and of size 0.5 to 2."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.5, 2.0, size=shape)


def weights(rng: np.random.Generator) -> Arrays:
    """Two parameters of different shape and size; exact zeros in the first."""
    W = off_zero(rng, 3, 4)
    W.flat[rng.permutation(12)[:3]] = 0.0
    return {"W": W, "b": 20.0 * off_zero(rng, 5)}


def like(rng: np.random.Generator, params: Arrays) -> Arrays:
    """Gradients for these parameters."""
    return {key: off_zero(rng, *value.shape) for key, value in params.items()}


def small_net(rng: np.random.Generator, n_units: int, n_out: int) -> Callable[[Any], np.ndarray]:
    """Outputs of a tanh net as a function of the mask over its inputs; a mask may come as anything alike."""
    W, b = rng.normal(size=(n_units, n_out)) * 1.5, rng.normal(size=n_out)
    return lambda mask: np.tanh(np.asarray(mask, dtype=float) @ W + b) + 2.0


def noisy_probs(rng: np.random.Generator, n_in: int, n_out: int) -> Callable[[Any, Any], np.ndarray]:
    """f(x, rng): probabilities of a softmax whose inputs are dropped by draws from that generator."""
    W = rng.normal(size=(n_in, n_out)) * 2.0

    def probs(x: Any, draws: np.random.Generator) -> np.ndarray:
        z = np.exp((np.asarray(x) * (draws.random(np.shape(x)) >= 0.3)) @ W)
        return z / z.sum(axis=-1, keepdims=True)

    return probs


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


def corners(images: np.ndarray, cropped: np.ndarray, pad: int) -> np.ndarray | None:
    """(n, 2): the row and column at which each image was cut out of its padded self; None if one was not."""
    _, _, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    found = np.full((len(images), 2), -1)
    for row in range(2 * pad + 1):
        for column in range(2 * pad + 1):
            window = padded[..., row : row + height, column : column + width]
            found[np.isclose(window, cropped, rtol=1e-9, atol=1e-12).all(axis=(1, 2, 3))] = row, column
    return None if (found < 0).any() else found


def factors(images: np.ndarray, changed: np.ndarray) -> np.ndarray | None:
    """The factor by which each image's distances from its own mean were scaled; None if there is none."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    apart = images - mean
    factor = np.sum((changed - mean) * apart, axis=(1, 2, 3)) / np.sum(apart**2, axis=(1, 2, 3))
    again = mean + factor[:, None, None, None] * apart
    return factor if np.allclose(again, changed, rtol=1e-9, atol=1e-9) else None


def running(player: Any, start: Arrays, path: list[Arrays], decays: list[float]) -> list[Arrays]:
    """The averages after one, two, … updates."""
    state, found = player.ema_init(start), []
    for params, decay in zip(path, decays, strict=True):
        average, state = player.ema_update(state, params, decay=decay)
        found.append(average)
    return found
