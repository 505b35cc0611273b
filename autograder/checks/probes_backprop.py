"""Inputs that can see, for the checks of `backprop`: no two sizes alike, gradients not ones, kinks hit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from autograder.calls.compare import close

KINDS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
SMOOTH = ("sigmoid", "tanh", "elu")


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of both signs, none near 0, the first two of different sign."""
    signs = rng.choice([-1.0, 1.0], size=shape)
    signs.flat[1] = -signs.flat[0]
    return signs * rng.uniform(0.3, 2.0, size=shape)


def with_zeros(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A third of them exact zeros, a third positive, a third negative."""
    signs = rng.permutation(np.resize([0.0, 1.0, -1.0], np.prod(shape)))
    return signs.reshape(shape) * rng.uniform(0.3, 2.0, size=shape)


def network(rng: np.random.Generator, *sizes: int) -> dict[str, np.ndarray]:
    """Parameters W1, b1, … of a network whose layers have these sizes."""
    params = {}
    for k, (fan_in, fan_out) in enumerate(pairwise(sizes), 1):
        params[f"W{k}"] = rng.normal(size=(fan_in, fan_out)) * 1.2 / np.sqrt(fan_in)
        params[f"b{k}"] = rng.normal(size=fan_out) * 0.5
    return params


def turned(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same parameters, the last first."""
    return dict(reversed(params.items()))


def graph(rng: np.random.Generator, n_inputs: int, n_ops: int) -> tuple[list[tuple], list[float]]:
    """A graph of all operations, values below thirty, most of them used several times, near and far.

    Operands stand in any order. The last value depends on all, by ways of very different length.
    """
    inputs = [float(value) for value in rng.uniform(0.4, 1.2, size=n_inputs)]
    ops: list[tuple] = []

    def operands(newest: int) -> tuple[int, int]:
        first, second = rng.permutation([newest, int(rng.integers(newest))])
        return int(first), int(second)

    for n in range(n_ops):
        name = ("add", "mul", "tanh", "exp", "add", "tanh", "pow", "relu")[n % 8]
        newest = n_inputs + n - 1
        if name in {"mul", "add"}:
            ops.append((name, *operands(newest)))
        else:
            ops.append((name, newest, 2) if name == "pow" else (name, newest))
    for i in rng.permutation(n_inputs + n_ops - 1):
        sides = rng.permutation([n_inputs + len(ops) - 1, i])
        ops.append(("add", int(sides[0]), int(sides[1])))
    return ops, inputs


def agrees(
    student: Any, reference: Any, name: str, *args: Any, member: int | None = None, **kwargs: Any
) -> bool:
    """Whether a function's answer, or one member of it, is the reference's and is not all 0."""
    got = getattr(student, name)(*args, **kwargs)
    want = getattr(reference, name)(*args, **kwargs)
    if member is not None:
        got, want = got[member], want[member]
    return bool(np.any(np.asarray(want) != 0)) and close(got, want)


def labelled(rng: np.random.Generator, n: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of every class and labels in which no class is missing (n >= n_classes)."""
    return rng.normal(size=(n, n_classes)) * 2, rng.permutation(np.arange(n) % n_classes)


def clouds(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """``n`` points in five numbers around one of three places, and which."""
    y = rng.permutation(np.arange(n) % 3)
    places = np.array([[2.0, 0, 0, 1, 0], [0, 2.0, 0, 0, 1], [0, 0, 2.0, -1, -1]])
    return places[y] + rng.normal(size=(n, 5)) * 0.4, y
