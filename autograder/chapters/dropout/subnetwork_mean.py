"""Sub-networks, `subnetwork_mean`: hidden checks, variants."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, variants

from .shared import drop_rate, off_zero

# --- Checks -------------------------------------------------------------------------------------------------


def small_net(rng: np.random.Generator, n_units: int, *shape: int) -> Callable[[Any], np.ndarray]:
    """Outputs of a tanh net as a function of the mask over its inputs; a mask may come as anything alike."""
    W, b = rng.normal(size=(n_units, math.prod(shape))) * 1.5, rng.normal(size=math.prod(shape))
    return lambda mask: np.tanh(np.asarray(mask, dtype=float) @ W + b).reshape(shape) + 2.0


class OutOfPatience:
    """A network that always answers 1, and after forty answers none."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, mask: Any) -> float:
        self.asked += 1
        if self.asked > 40:
            raise RuntimeError("that is enough")
        return 1.0


@pytest.mark.exercise("subnetwork_mean", weight=2)
def test_each_sub_network_weighs_by_its_probability(student, reference, rng):
    """The mean of a network that is not linear, over all masks, for several sizes and p."""
    for n, shape in ((1, (2,)), (3, (2,)), (2, (1,)), (4, (3,)), (3, (8, 2))):
        f, p = small_net(rng, n, *shape), drop_rate(rng)
        where = "Where f returns an array of two axes: " if len(shape) > 1 else ""
        assert close(student.subnetwork_mean(f, n, p=p), reference.subnetwork_mean(f, n, p=p)), (
            f"{where}The mean is another. A mask that keeps k of n units has the probability "
            "(1-p)^k · p^(n-k); all masks take part, the empty one and the full one too, and it is the "
            "outputs that are averaged."
        )


@pytest.mark.exercise("subnetwork_mean")
def test_a_linear_network_has_the_scaled_pass_as_its_mean(student, rng):
    """For a linear output, a number, the mean equals one pass with every unit times 1 - p."""
    w, p = off_zero(rng, 4), drop_rate(rng)
    got = student.subnetwork_mean(lambda mask: float(np.sum(np.asarray(mask, dtype=float) * w)), 4, p=p)
    assert close(got, float((1 - p) * w.sum())), (
        "For a linear output the mean over all masks is the full output times 1 - p. Which masks are "
        "likely if p is the probability of dropping?"
    )
    whole = student.subnetwork_mean(lambda mask: int(np.sum(np.asarray(mask, dtype=int))), 4, p=p)
    assert close(whole, 4 * (1 - p)), (
        "Where f returns whole numbers the mean is another: it is no whole number itself."
    )


@pytest.mark.exercise("subnetwork_mean")
def test_every_mask_is_asked_for_once(student, rng):
    """f is called with each of the 2ⁿ masks, bool arrays, exactly once, whatever p is."""
    for n, p, where in (
        (2, drop_rate(rng), ""),
        (9, drop_rate(rng), "With more units: "),
        (3, 0.0, "With p = 0: "),
    ):
        f = Recorder(lambda mask: 1.0)  # masks of any length have an answer
        assert close(student.subnetwork_mean(f, n, p=p), 1.0), (
            f"{where}The mean of a network that always answers 1 is not 1: all masks' probabilities add up "
            "to one."
        )
        asked = [mask for args, kwargs, _ in f.log for mask in (*args, *kwargs.values())]
        arrays = all(isinstance(mask, np.ndarray) for mask in asked)
        assert arrays and all(mask.dtype == bool and mask.shape == (n,) for mask in asked), (
            "A mask is no NumPy array of n bools; a list is none. As an index, ints 0 and 1 are places, "
            "and bools choose."
        )
        assert sorted(tuple(mask.tolist()) for mask in asked) == sorted(product([False, True], repeat=n)), (
            f"{where}f is not called once with each of the 2ⁿ masks."
        )
    f = Recorder(OutOfPatience())
    goes_on = student.subnetwork_mean.raises("RuntimeError", f, 14, p=0.05)
    asked = [tuple(np.ravel(mask)) for args, kwargs, _ in f.log for mask in (*args, *kwargs.values())]
    assert goes_on and len(set(asked)) == len(asked), (
        "With many units f is called with one mask twice, or with far too few: there, too, it is called once "
        "with each of the 2ⁿ masks, and none is drawn."
    )


@pytest.mark.exercise("subnetwork_mean")
def test_a_single_mask_has_its_own_probability(student, rng):
    """The mean of a function that is 1 for one mask and 0 for all others is that mask's probability."""
    p = drop_rate(rng)
    for wanted, share in (
        ((False,) * 3, p),
        ((True, False, True), p),
        ((True,) * 3, p),
        ((False,) * 3, 1e-4),
    ):

        def is_it(mask, wanted=wanted):
            return float(tuple(bool(bit) for bit in mask) == wanted)

        kept = sum(wanted)
        want = (1 - share) ** kept * share ** (3 - kept)
        assert close(student.subnetwork_mean(is_it, 3, p=share), want, atol=0.0), (
            "One mask alone does not get its own probability, be it tiny: (1-p) for each unit that is kept, "
            "p for each that is dropped."
        )


@pytest.mark.exercise("subnetwork_mean")
def test_without_dropping_only_the_full_network_counts(student, rng):
    """With p = 0 the mean is the output of the full network."""
    f = small_net(rng, 3, 2)
    assert close(student.subnetwork_mean(f, 3, p=0.0), f(np.ones(3, dtype=bool))), (
        "With p = 0 only the mask that keeps everything is possible."
    )


# --- Variants -----------------------------------------------------------------------------------------------


class ByProduct:
    """itertools.product, the last unit fastest; the weight as a product over units."""

    def subnetwork_mean(f, n_units, *, p):
        from itertools import product

        total = None
        for bits in product([True, False], repeat=n_units):
            mask = np.array(bits)
            term = np.prod(np.where(mask, 1 - p, p)) * f(mask)
            total = term if total is None else total + term
        return total


class Recursive:
    """One unit after the other: (1-p) times the mean with it plus p times the mean without it."""

    def subnetwork_mean(f, n_units, *, p):
        def mean(chosen):
            if len(chosen) == n_units:
                return f(np.array(chosen, dtype=bool))
            return (1 - p) * mean([*chosen, True]) + p * mean([*chosen, False])

        return mean([])


class AllAtOnce:
    """All masks as the rows of one array, outputs stacked, weights by np.tensordot."""

    def subnetwork_mean(f, n_units, *, p):
        masks = np.array(np.meshgrid(*[[0, 1]] * n_units)).reshape(n_units, -1).T.astype(bool)
        outputs = np.array([f(mask) for mask in masks])
        kept = masks.sum(axis=1)
        return np.tensordot((1 - p) ** kept * p ** (n_units - kept), outputs, axes=1)


VARIANTS = variants("subnetwork_mean", ByProduct, Recursive, AllAtOnce)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "subnetwork_mean",
    "subnetwork_mean(lambda mask: float(mask.sum() + 1) ** 2, 2, p=0.25)  # 1, 4, 4 and 9",
    """
    asked = []
    subnetwork_mean(lambda mask: float(len(asked.append(1) or asked)), 2, p=0.0)
    len(asked)
    """,
)
