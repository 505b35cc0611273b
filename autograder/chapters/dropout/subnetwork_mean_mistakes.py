"""Named mistakes of `subnetwork_mean`, with their hints."""

import numpy as np

from autograder.checking import conventions, mistakes

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
        "impossible_masks_left_out",
        "Masks of probability 0 are left out. f is called once for each of the 2ⁿ masks, whatever p is.",
        (
            "mean = mean + (1 - p) ** kept * p ** (n_units - kept) * f(mask)",
            "mean = mean + (WEIGHT * f(mask) if WEIGHT > 0 else 0.0)".replace("WEIGHT", WEIGHT),
        ),
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
