"""Inputs that can see, for the checks of `initialization`: features of unlike size and place, clouds with
known directions, layers of unequal width, weights in numbers enough for a law."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

TALL, WIDE = (200, 50), (50, 200)  # 4 : 1 and 1 : 4, ten thousand draws each
MANY = (100, 96)  # enough to tell a uniform law from a Gaussian one


def features(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Features of very different size, in random order, each shifted by its own size."""
    sizes = rng.permutation(np.geomspace(1e-3, 1e3, d))
    return sizes * (rng.normal(size=(n, d)) + rng.uniform(-2.0, 2.0, size=d))


def cloud(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Examples far from the origin that spread differently along turned axes."""
    frame, _ = np.linalg.qr(rng.normal(size=(d, d)))
    spreads = np.sqrt(rng.permutation(np.geomspace(0.2, 5.0, d)))
    return (rng.normal(size=(n, d)) * spreads) @ frame + rng.uniform(1.0, 3.0, size=d)


def covariance(X: np.ndarray) -> np.ndarray:
    centred = X - X.mean(axis=0)
    return centred.T @ centred / len(X)


def layers(rng: np.random.Generator, widths: tuple[int, ...], scale: float = 1.0) -> list[np.ndarray]:
    """Weights of a stack with these widths, ``scale`` times what keeps the variance of a linear net."""
    return [rng.normal(0.0, scale / np.sqrt(n), size=(n, m)) for n, m in pairwise(widths)]


def signal(rng: np.random.Generator, scale: float = 1.5) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Three layers of unequal width, a batch off centre, and a gradient whose columns differ in size."""
    widths = (5, 8, 6, 4)
    X = rng.normal(size=(7, widths[0])) + rng.uniform(-1.0, 1.0, size=widths[0])
    grad_out = rng.normal(size=(7, widths[-1])) * np.geomspace(0.3, 3.0, widths[-1])
    return layers(rng, widths, scale), X, grad_out


def pre_activations(weights: list[np.ndarray], X: np.ndarray, phi: Callable) -> list[np.ndarray]:
    """z of every layer of a stack without biases."""
    h, found = X, []
    for W in weights:
        found.append(h @ W)
        h = phi(found[-1])
    return found


PHI = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0), "linear": lambda z: z}
