"""Distributions on the line, as `autograder.laws.laws.follows` compares them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Law:
    """A distribution on the line: its distribution function, and the points at which laws are compared."""

    name: str
    cdf: Callable[[np.ndarray], np.ndarray]
    points: np.ndarray


def uniform(low: float, high: float) -> Law:
    """Uniform on [low, high]."""
    return Law(
        f"uniform on [{low:g}, {high:g}]",
        lambda x: np.clip((x - low) / (high - low), 0, 1),
        np.linspace(low, high, 2001),
    )


def normal(mean: float, std: float) -> Law:
    """Gaussian with this mean and std."""
    erf = np.vectorize(math.erf, otypes=[float])
    return Law(
        f"normal with mean {mean:g} and std {std:g}",
        lambda x: (1 + erf((x - mean) / (std * math.sqrt(2)))) / 2,
        np.linspace(mean - 5 * std, mean + 5 * std, 2001),
    )


def log_uniform(low: float, high: float) -> Law:
    """The exponential of a uniform between the logarithms of ``low`` and ``high``."""
    return Law(
        f"log-uniform on [{low:g}, {high:g}]",
        lambda x: np.clip(np.log(np.maximum(x, low) / low) / math.log(high / low), 0, 1),
        np.geomspace(low, high, 2001),
    )


def whole(low: int, high: int) -> Law:
    """The integers low, …, high, all equally likely."""
    return Law(
        f"whole numbers {low} to {high}",
        lambda x: np.clip((np.floor(x) - low + 1) / (high - low + 1), 0, 1),
        np.arange(low, high + 1.0),
    )


def distance(one: Law, other: Law) -> float:
    """The largest difference of two laws' distribution functions, on the points of both (a lower bound)."""
    points = np.concatenate([one.points, other.points])
    return float(np.max(np.abs(one.cdf(points) - other.cdf(points))))
