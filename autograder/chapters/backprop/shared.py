"""Inputs that can see, for the checks of `backprop`: no two sizes alike, gradients not ones, kinks hit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from autograder.checking import close

KEPT = (
    "Of several calls, each with one argument other than in the call before, at least one has a wrong "
    "answer. Is a call right alone and wrong after another one? Then something is kept from call to call: "
    "compute all of it anew. If not, see what the other checks say."
)
WHOLE = "Nothing is rounded, cut off or held in single precision."
KINDS = ("relu", "leaky_relu", "elu", "tanh", "sigmoid")


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of both signs, none near 0, the first two of different sign."""
    signs = rng.choice([-1.0, 1.0], size=shape)
    signs.flat[1] = -signs.flat[0]
    return signs * rng.uniform(0.3, 2.0, size=shape)


def with_zeros(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Exact zeros, such as a guard takes for zero, and numbers of both signs below 1 and above."""
    sizes = rng.permutation(np.resize([0.0, 0.6, -0.6, 1.6, -1.6, 1e-200, -1e-200], np.prod(shape)))
    return sizes.reshape(shape) * rng.uniform(0.7, 1.3, size=shape)


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


def agrees(
    student: Any,
    reference: Any,
    name: str,
    *args: Any,
    member: int | None = None,
    atol: float = 1e-12,
    **kwargs: Any,
) -> bool:
    """Whether a function's answer, or one member of it, is the reference's and is not all 0."""
    got = getattr(student, name)(*args, **kwargs)
    want = getattr(reference, name)(*args, **kwargs)
    if member is not None:
        got, want = got[member], want[member]
    return bool(np.any(np.asarray(want) != 0)) and close(got, want, atol=atol)


def rounded(value: Any) -> Any:
    """Arrays of floats, also in a dict, with few binary digits: their sum is the same in any order."""
    if isinstance(value, dict):
        return {key: rounded(array) for key, array in value.items()}
    return np.round(value * 2.0**20) / 2.0**20 if np.asarray(value).dtype.kind == "f" else value


def turned_round(value: Any, letter: str) -> Any:
    """An array with its entries the other way round; of a dict only the arrays of ``letter``."""
    if isinstance(value, dict):
        return {key: np.flip(array) if key.startswith(letter) else array for key, array in value.items()}
    return np.flip(value)


def anew(
    student: Any, reference: Any, name: str, *args: Any, then: Any = None, atol: float = 1e-12, **kwargs: Any
) -> bool:
    """Whether calls are right in which one argument alone is another than in the call before.

    It has the same shape and sum. Of a dict the biases are others, then the weights of layer 2. Words stay;
    ``then`` are keywords of a last call.
    """
    now = [rounded(value) for value in args]
    calls = [(tuple(now), kwargs)]
    for place, value in enumerate(args):
        for letter in ("b", "W2") if isinstance(value, dict) else ("",):
            if not isinstance(value, str) and not (letter == "W2" and "W2" not in value):
                now[place] = turned_round(now[place], letter)
                calls.append((tuple(now), kwargs))
    calls += [(tuple(now), then)] if then else []
    return all(
        close(getattr(student, name)(*given, **words), getattr(reference, name)(*given, **words), atol=atol)
        for given, words in calls
    )


def through(rng, *sizes, n=6):
    """A network of these sizes, examples for it, and a gradient of its answer."""
    return network(rng, *sizes), rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
