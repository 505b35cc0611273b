"""Inputs that tell right from wrong, for the checks of `modern`, and checks that its optimisers share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..shared import Arrays


def slopes(rng: np.random.Generator) -> Arrays:
    """Gradients of three shapes, one array a hundred times smaller and one a hundred times larger."""
    return {
        "W": rng.normal(size=(2, 3)),
        "b": 1e-2 * rng.normal(size=4),
        "E": 1e2 * rng.normal(size=(3, 2)),
    }


def slope_of(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, grad_out: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """The gradient of sum(grad_out · f(x)) by central differences, entry by entry."""
    grad = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        grad[place] = np.sum(grad_out * (f(x + step) - f(x - step))) / (2 * h)
    return grad
