"""Sub-networks, `subnetwork_mean`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, conventions, examples, mistakes, variants

from .shared import drop_rate, off_zero

# --- Checks -------------------------------------------------------------------------------------------------


def small_net(rng: np.random.Generator, n_units: int, n_out: int) -> Callable[[Any], np.ndarray]:
    """Outputs of a tanh net as a function of the mask over its inputs; a mask may come as anything alike."""
    W, b = rng.normal(size=(n_units, n_out)) * 1.5, rng.normal(size=n_out)
    return lambda mask: np.tanh(np.asarray(mask, dtype=float) @ W + b) + 2.0


@pytest.mark.exercise("subnetwork_mean", weight=2)
def test_each_sub_network_weighs_by_its_probability(student, reference, rng):
    """The mean of a network that is not linear, over all masks, for several sizes and p."""
    for n, n_out in ((1, 2), (3, 1), (5, 3)):
        f, p = small_net(rng, n, n_out), drop_rate(rng)
        assert close(student.subnetwork_mean(f, n, p=p), reference.subnetwork_mean(f, n, p=p)), (
            "The mean is another. A mask that keeps k of n units has the probability (1-p)^k · p^(n-k); all "
            "masks take part, the empty one and the full one too, and it is the outputs that are averaged."
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


@pytest.mark.exercise("subnetwork_mean")
def test_every_mask_is_asked_for_once(student, rng):
    """f is called with each of the 2ⁿ masks, bool arrays, exactly once."""
    for n in (2, 9):
        net = small_net(rng, n, 2)
        f = Recorder(lambda mask, net=net, n=n: net(np.resize(mask, n)))  # masks of any length have an answer
        student.subnetwork_mean(f, n, p=drop_rate(rng))
        asked = [np.asarray(mask) for args, kwargs, _ in f.log for mask in (*args, *kwargs.values())]
        fits = all(mask.dtype == bool and mask.shape == (n,) for mask in asked)
        assert fits and sorted(tuple(mask.tolist()) for mask in asked) == sorted(
            product([False, True], repeat=n)
        ), "f is not called once with each of the 2ⁿ masks of n bools, for few units and for many."


@pytest.mark.exercise("subnetwork_mean")
def test_a_single_mask_has_its_own_probability(student, rng):
    """The mean of a function that is 1 for one mask and 0 for all others is that mask's probability."""
    p = drop_rate(rng)
    for wanted in ((False,) * 3, (True, False, True), (True,) * 3):

        def is_it(mask, wanted=wanted):
            return float(tuple(bool(bit) for bit in mask) == wanted)

        kept = sum(wanted)
        assert close(student.subnetwork_mean(is_it, 3, p=p), (1 - p) ** kept * p ** (3 - kept)), (
            "One mask alone does not get its own probability: (1-p) for each unit that is kept, p for each "
            "that is dropped."
        )


@pytest.mark.exercise("subnetwork_mean")
def test_without_dropping_only_the_full_network_counts(student, rng):
    """With p = 0 the mean is the output of the full network."""
    f = small_net(rng, 3, 2)
    assert close(student.subnetwork_mean(f, 3, p=0.0), f(np.ones(3, dtype=bool))), (
        "With p = 0 only the mask that keeps everything is possible."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


WEIGHT = "(1 - p) ** kept * p ** (n_units - kept)"


class BitsOfAByte:
    def subnetwork_mean(f, n_units, *, p):
        numbers = np.arange(2**n_units).astype(np.uint8)[:, None]
        masks = np.unpackbits(numbers, axis=1)[:, -n_units:].astype(bool)
        total = 0.0
        for mask in masks:
            kept = mask.sum()
            total = total + (1 - p) ** kept * p ** (n_units - kept) * f(mask)
        return total


MISTAKES = mistakes(
    "subnetwork_mean",
    (
        "all_masks_alike",
        "All masks weigh the same, as if p were ½. A mask's weight is its probability.",
        (WEIGHT, "0.5**n_units"),
    ),
    (
        "one_mask_for_each_number_kept",
        "The weight is that of keeping so many units in whatever order, and there are several such masks. "
        "Each single mask has the probability of its own units only.",
        (
            WEIGHT,
            WEIGHT + " * np.prod(np.arange(n_units - kept + 1, n_units + 1.0) / np.arange(1.0, kept + 1))",
        ),
    ),
    (
        "empty_mask_left_out",
        "The network without any unit is left out. It is possible too, and has its output.",
        ("range(2**n_units)", "range(1, 2**n_units)"),
    ),
    (
        "full_mask_left_out",
        "The full network is left out: look at where your enumeration ends.",
        ("range(2**n_units)", "range(2**n_units - 1)"),
    ),
    (
        "bits_of_a_byte",
        "The masks are the bits of a byte, so that from nine units on they have eight bools only, and come "
        "more than once.",
        BitsOfAByte,
    ),
    (
        "one_unit_at_a_time",
        "Only the masks that drop one unit are asked. Any subset of units can be dropped.",
        (
            "mask = (code >> np.arange(n_units)) % 2 == 1",
            "mask = np.arange(n_units) != code % n_units",
        ),
        ("range(2**n_units)", "range(n_units)"),
    ),
    (
        "geometric_mean",
        "The logarithms of the outputs are averaged: that is the geometric mean. What is asked for is the "
        "plain mean of the outputs.",
        ("* f(mask)", "* np.log(np.maximum(f(mask), 1e-300))"),
        ("return mean", "return np.exp(mean) if np.ndim(mean) else float(np.exp(mean))"),
    ),
    (
        "the_scaled_pass",
        "f is asked once, with every unit scaled. That is the shortcut that this mean is to be compared "
        "with; here every sub-network is asked.",
        ("range(2**n_units)", "range(1)"),
        ("mask = (code >> np.arange(n_units)) % 2 == 1", "mask = np.full(n_units, 1 - p)"),
        (WEIGHT, "1.0"),
        ("kept = int(mask.sum())\n        ", ""),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "subnetwork_mean",
    (
        "p_is_keeping",
        "The weights are right where p is the probability of keeping a unit, as in Srivastava et al. "
        "2014. Here p is the probability of dropping.",
        (WEIGHT, "p**kept * (1 - p) ** (n_units - kept)"),
    ),
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
)
