"""Inputs that tell right from wrong, for the checks of `modern`, and checks that its optimisers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checking import close

from ..shared import Arrays


def slopes(rng: np.random.Generator) -> Arrays:
    """Gradients of three shapes, one array a hundred times smaller and one a hundred times larger."""
    return {
        "W": rng.normal(size=(2, 3)),
        "b": 1e-2 * rng.normal(size=4),
        "E": 1e2 * rng.normal(size=(3, 2)),
    }


OF_THE_CALL = (
    "Where {} changes from step to step the weights are elsewhere. Each step uses the value given in its own "
    "call, not that of an earlier call."
)
NAMES = (
    "With parameters named t, m or step they walk otherwise, or not at all, than with other names. What the "
    "state counts or keeps beside the parameters' means needs a place where no parameter's name can stand."
)


def names_do_not_matter(
    student: Any, stem: str, rng: np.random.Generator, shape: tuple[int, ...] = (2, 2), **hyper: Any
) -> bool:
    """Whether parameters walk alike under names that a state is tempted to use for its own affairs."""
    plain, tempting = ("one", "two", "three", "four"), ("t", "m", "", "step")
    arrays = [[rng.normal(size=shape) for _ in plain] for _ in range(4)]

    def path(names: tuple[str, ...]) -> list[list[np.ndarray]]:
        first, *grads = (dict(zip(names, row, strict=True)) for row in arrays)
        steps = student.trajectory(stem, first, grads, **hyper)
        return [[step[name] for name in names] for step in steps]

    return close(path(tempting), path(plain))


ANEW = (
    "Where the caller has set the weights anew between two steps, the second one goes elsewhere: it starts "
    "from the weights of its call, and the state keeps none of them."
)


def starts_from_its_call(
    student: Any,
    reference: Any,
    stem: str,
    rng: np.random.Generator,
    shapes: tuple[tuple[int, ...], ...] = ((2, 3),),
    **hyper: Any,
) -> bool:
    """Whether a step starts from the weights that it is given, also where they are not the last one's.

    True as well if the step from the last one's weights is wrong already: then that is not the reason.
    """
    first, second, *grads = ({str(s): rng.normal(size=s) for s in shapes} for _ in range(4))
    ends, usual = [], []
    for side in (student, reference):
        state = getattr(side, f"{stem}_init")(first)
        step = getattr(side, f"{stem}_step")
        moved, state = step(first, grads[0], state, lr=0.1, **hyper)
        ends.append(step(second, grads[1], state, lr=0.1, **hyper)[0])
        usual.append(step(moved, grads[1], state, lr=0.1, **hyper)[0])
    return close(*ends, rtol=1e-4, atol=1e-4) or not close(*usual, rtol=1e-4, atol=1e-4)


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
