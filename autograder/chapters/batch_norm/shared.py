"""Inputs that can see, for the checks of `batch_norm`: features of all sizes, never a batch of two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

# --- Probes -------------------------------------------------------------------------------------------------


Arrays = tuple[np.ndarray, ...]


def batch(rng: np.random.Generator, n: int, d: int) -> Arrays:
    """x (n, d), γ, β and an upstream gradient; every feature has an offset and a size of its own.

    Where there are fewer rows than features all γ are positive, else they have both signs.
    """
    sizes = rng.permutation(np.geomspace(0.03, 30.0, d)) * rng.uniform(0.7, 1.4, size=d)
    x = sizes * (rng.normal(size=(n, d)) + rng.uniform(1.0, 3.0, size=d) * rng.choice([-1.0, 1.0], size=d))
    gamma = scales(rng, d)
    return x, np.abs(gamma) if n < d else gamma, scales(rng, d), rng.normal(size=(n, d))


def images(rng: np.random.Generator, shape: tuple[int, int, int, int]) -> Arrays:
    """The same for x (N, C, H, W), with γ and β per channel; each channel of each image has its own level."""
    n, c, _, _ = shape
    x = rng.normal(size=shape) * rng.uniform(0.5, 2.0, size=(n, c, 1, 1)) + rng.normal(
        0, 3, size=(n, c, 1, 1)
    )
    return x, scales(rng, c), scales(rng, c), rng.normal(size=shape)


def scales(rng: np.random.Generator, d: int) -> np.ndarray:
    """Numbers of both signs, none near 0 or ±1."""
    return rng.choice([-1.0, 1.0], size=d) * rng.uniform(1.5, 4.0, size=d)


def in_units(got: Arrays, want: Arrays) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Both answers, each part over the expected part's largest number if that is above one."""
    sizes = [max(1.0, float(np.abs(part).max())) for part in want]
    mine, right = ([part / size for part, size in zip(side, sizes, strict=True)] for side in (got, want))
    return mine, right


def spread(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of which no two are near each other, so that no two or more of them have a tiny variance.

    Over a tiny one the output bends so sharply that central differences are far from the slope.
    """
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(-size / 7, size / 7, size)).reshape(shape)


def running(rng: np.random.Generator, d: int) -> Arrays:
    """A running mean, and a running variance or standard deviation, neither near 1."""
    return rng.normal(size=d), rng.uniform(2.0, 6.0, size=d)


def small(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Features so small that an ε of 1e-5 is as large as their variance."""
    return rng.uniform(2e-3, 6e-3, size=d) * rng.normal(size=(n, d)) + rng.normal(size=d)


def far_off(rng: np.random.Generator, shape: tuple[int, ...], kind: str = "batch", groups: int = 1) -> Arrays:
    """Noise, and the same noise with every index set at an offset of its own, at least 1e8 from zero.

    Neighbouring sets lie on opposite sides of zero, so that one shift for all sets brings none of them near
    to it. A column of rows is a set. The sums are exact in float64.
    """
    noise = np.round(rng.normal(size=shape) * 2**18) / 2**18
    sides = (-1.0) ** np.indices(shape[:2]).sum(axis=0)
    offsets = sides * (1e8 + 1e6 * rng.integers(1, 30, size=shape[:2]))
    offsets = {
        "batch": offsets[:1],
        "layer": offsets[:, :1],
        "instance": offsets,
        "group": np.repeat(offsets[:, :groups], shape[1] // groups, axis=1),
    }[kind]
    return noise, noise + np.expand_dims(offsets, tuple(range(2, len(shape))))


def members(shape: tuple[int, ...], place: tuple[int, ...], kind: str, groups: int) -> np.ndarray:
    """True for the entries in the index set of (example, channel), by the definition's condition."""
    k_n, k_c, _, _ = np.indices(shape)
    same_example, block = k_n == place[0], shape[1] // groups
    return {
        "batch": k_c == place[1],
        "layer": same_example,
        "instance": same_example & (k_c == place[1]),
        "group": same_example & (k_c // block == place[1] // block),
    }[kind]


def by_definition(x: np.ndarray, kind: str, groups: int = 1) -> np.ndarray:
    """For every entry the mean over its index set, which is the same for all places of a channel."""
    means = np.empty(x.shape)
    for n, c in np.ndindex(x.shape[:2]):
        means[n, c] = x[members(x.shape, (n, c), kind, groups)].mean()
    return means


def slopes(
    f: Callable[[np.ndarray], Any], x: np.ndarray, grad_out: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """Central differences of the sum of grad_out·f(x), entry by entry of x."""
    found = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        found[place] = np.sum(grad_out * (f(up) - f(down))) / (2 * h)
    return found


def along(
    f: Callable[[np.ndarray], Any], x: np.ndarray, grad_out: np.ndarray, grad_x: Any, ways: np.ndarray
) -> Arrays:
    """How fast the sum of grad_out·f(x) changes along each of ``ways``: by grad_x, by central differences."""
    want = [np.sum(grad_out * (f(x + 1e-5 * way) - f(x - 1e-5 * way))) / 2e-5 for way in ways]
    return np.array([np.sum(grad_x * way) for way in ways]), np.array(want)


SIZES = [(60, 8), (4, 6), (12, 1), (4, 4)]  # never two rows; the last shape looks the same along both axes
SQUARE = ("", "Where a batch has as many rows as features: a feature is a column all the same. ")
TINY = ("", "For as many rows as features and a tiny grad_out, which counts as it is: ")
EPS = 1e-5
KINDS = {"batch": 1, "layer": 1, "instance": 1, "group": 2}
SHAPE = (3, 4, 2, 5)
WIDE = (3, 4, 2, 4)  # as many columns as channels: what is one for a channel fits both


def kinds(exercise, **weights):
    """Run a check for every kind of normalisation; ``weights`` differ from one."""
    cases = [
        pytest.param(kind, marks=pytest.mark.exercise(exercise, weight=weights.get(kind, 1)), id=kind)
        for kind in KINDS
    ]
    return pytest.mark.parametrize("kind", cases)


def apart(rng, n, ratios, offsets):
    """A batch, and running statistics: its standard deviations are off by ratios, its means by offsets."""
    d = len(ratios)
    x, gamma, beta, grad_out = batch(rng, n, d)
    std = np.sqrt(x.var(axis=0) + EPS) / np.array(ratios)
    return x, gamma, beta, grad_out, x.mean(axis=0) - np.array(offsets) * std, std


WITHIN = [1.4, 0.7, 1.1], [0.8, -1.3, 0.4]
BEYOND = [5.0, 0.1, 1.5, 0.8], [0.5, -0.3, 9.0, -8.0]  # above and below either limit of 3 and 5


# --- Mistakes -----------------------------------------------------------------------------------------------


R = "r = np.clip(std / running_std, 1 / r_max, r_max)"
SHIFT = "d = np.clip((mean - running_mean) / running_std, -d_max, d_max)"
