"""Inputs that can see, for the hidden checks of `momentum`: bowls in any direction, runs that look ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls.proxy import Recorder
from autograder.checks.probes import SHAPES, Arrays


def bowl(rng: np.random.Generator, curvatures: Any) -> np.ndarray:
    """A symmetric matrix with these eigenvalues, none of its eigenvectors along an axis."""
    axes, _ = np.linalg.qr(rng.normal(size=(len(curvatures), len(curvatures))))
    matrix = axes @ np.diag(curvatures) @ axes.T
    return (matrix + matrix.T) / 2


@dataclass(frozen=True)
class Valley:
    """The slope of a surface on which every parameter's slope depends on all parameters.

    A quadratic and a little of a sine, so that no recursion but the right one fits.
    """

    matrix: np.ndarray
    minimum: np.ndarray

    def __call__(self, params: Arrays) -> Arrays:
        flat = np.concatenate([np.ravel(params[key]) for key in SHAPES]) - self.minimum
        slope, cut, start = self.matrix @ flat + 0.3 * np.sin(flat), {}, 0
        for key, shape in SHAPES.items():
            stop = start + int(np.prod(shape))
            cut[key], start = slope[start:stop].reshape(shape), stop
        return cut


def valley(rng: np.random.Generator) -> tuple[Arrays, Valley]:
    """A start and a slope; with rates below 0.5 no method runs away."""
    count = sum(int(np.prod(shape)) for shape in SHAPES.values())
    start = {key: rng.normal(size=shape) for key, shape in SHAPES.items()}
    return start, Valley(bowl(rng, np.geomspace(0.1, 2.0, count)), rng.normal(size=count))


def ahead(
    player: Any, params: Arrays, slopes: Any, rates: list[float], momenta: list[float]
) -> tuple[list[Arrays], list[list[Any]]]:
    """The look-ahead form's parameters after each step, and what each step asked its function for.

    ``slopes`` is one function for all steps, or a list with one a step.
    """
    state, path, places = player.nesterov_lookahead_init(params), [], []
    for i, (lr, momentum) in enumerate(zip(rates, momenta, strict=True)):
        slope = Recorder(slopes[i] if isinstance(slopes, list) else slopes)
        params, state = player.nesterov_lookahead_step(params, slope, state, lr=lr, momentum=momentum)
        path.append(params)
        places.append([args[0] if args else None for args, _, _ in slope.log])
    return path, places


def slowest(lr: float, momentum: float, lam_min: float, lam_max: float) -> float:
    """What momentum leaves of a distance in an update, in the slowest direction and the long run.

    The absolutely largest root of z² - (1 + μ - ηλ)z + μ, over curvatures between the two.
    """
    trace = 1 + momentum - lr * np.linspace(lam_min, lam_max, 201)
    root = np.sqrt((trace**2 - 4 * momentum).astype(complex))
    return float(np.abs([trace + root, trace - root]).max() / 2)
