"""Clipping by the global norm, `global_norm_clip`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits, number
from .shared import slopes

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("global_norm_clip", weight=2)
def test_all_arrays_share_one_factor(student, reference, rng):
    """A long gradient gets the norm max_norm in its old direction, all arrays together."""
    for limit in (number(rng, 0.5, 2), number(rng, 20, 40)):
        grads = slopes(rng)
        got = student.global_norm_clip(grads, max_norm=limit)[0]
        assert close(got, reference.global_norm_clip(grads, max_norm=limit)[0], rtol=1e-5), (
            "A long gradient comes out otherwise. There is one norm, that of all entries of all arrays, and "
            "one factor for all of them."
        )


@pytest.mark.exercise("global_norm_clip")
def test_short_gradients_stay(student, rng):
    """A gradient below the limit, or of zeros, stays as it is, and one above it does not."""
    grads = slopes(rng)
    long = student.global_norm_clip(grads, max_norm=number(rng, 1, 2))[0]
    assert not close(long, grads), "A gradient above the limit is not shortened."
    axes = {"K": rng.normal(size=(2, 3, 2)), "s": np.array(rng.normal())}
    for short, where in ((grads, ""), ({"W": np.zeros((2, 2)), "b": np.zeros(3)}, ", which is 0 for zeros")):
        got, norm = student.global_norm_clip(short, max_norm=1e5)
        assert close(got, short), "A gradient below the limit is changed: the factor is never above 1."
        want = float(np.sqrt(sum(np.sum(g**2) for g in short.values())))
        assert close(norm, want, atol=0.0), f"The norm of a gradient that is not clipped is another{where}."
    want = float(np.sqrt(np.sum(axes["K"] ** 2) + axes["s"] ** 2))
    for limit, factor in ((1e5, 1.0), (0.01, 0.01 / want)):
        got, norm = student.global_norm_clip(axes, max_norm=limit)
        assert close(got, {key: factor * g for key, g in axes.items()}, rtol=1e-3) and close(norm, want), (
            "With an array of three axes and one of none the gradient or its norm is another: all entries "
            "count, and all are scaled."
        )


@pytest.mark.exercise("global_norm_clip")
def test_the_norm_is_that_before_clipping(student, rng):
    """The second answer is the norm that the gradient came with, whether it is clipped or not."""
    grads = slopes(rng)
    want = float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))
    for limit in (number(rng, 0.1, 1), 1e5):
        assert close(student.global_norm_clip(grads, max_norm=limit)[1], want), (
            "The norm is another one: it is the root of all squares, taken before anything is clipped."
        )


@pytest.mark.exercise("global_norm_clip")
def test_the_small_number_stands_beside_the_norm(student, reference, rng):
    """Where norm and limit are as small as 1e-6, the factor follows the text."""
    for size, share in (
        (1e-6, 0.3),
        (1e-12, 0.3),
        (1e-5, 0.3),
        (1e-6, 1.0),
        (1e-6, 1.1),
    ):  # also at the limit
        grads = {"b": size * rng.uniform(1, 2, size=10)}  # one vector: its norm is what everybody takes
        limit = share * float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))
        got, want = (side.global_norm_clip(grads, max_norm=limit)[0] for side in (student, reference))
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            "Very short gradients are clipped otherwise: 1e-6 is added to the norm under the fraction, "
            "however short they are."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


NORM = "norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))"
FACTOR = "factor = min(1.0, max_norm / (norm + 1e-6))"
ANSWER = "return {key: factor * g for key, g in grads.items()}, float(norm)"

MISTAKES = mistakes(
    "global_norm_clip",
    (
        "norm_held_against_the_limit",
        "The factor is used only where the norm is above max_norm. It is the smaller of 1 and the fraction: "
        "with the 1e-6 in it the fraction falls below 1 a little earlier.",
        (FACTOR, "factor = max_norm / (norm + 1e-6) if norm > max_norm else 1.0"),
    ),
    (
        "each_array_alone",
        "Each array is clipped by its own norm, which turns the gradient into another direction. All arrays "
        "together have one norm and one factor.",
        (
            ANSWER,
            "clipped = {key: g * min(1.0, max_norm / (np.linalg.norm(g) + 1e-6)) for key, g in "
            "grads.items()}\n    return clipped, float(norm)",
        ),
    ),
    (
        "entries_clipped",
        "Each entry is cut off at the limit. That is clipping by value: it changes the direction. Clipping "
        "by norm multiplies all entries by one factor.",
        (
            ANSWER,
            "return {key: np.clip(g, -max_norm, max_norm) for key, g in grads.items()}, float(norm)",
        ),
    ),
    (
        "scales_up",
        "Short gradients are stretched to the limit. The factor is at most 1.",
        (FACTOR, "factor = max_norm / (norm + 1e-6)"),
    ),
    (
        "no_root",
        "The root is missing: the norm is the root of the sum of squares.",
        (NORM, "norm = sum(np.sum(g**2) for g in grads.values())"),
    ),
    (
        "spectral_norm",
        "A matrix enters with its largest singular value: that is what np.linalg.norm(g, 2) is for a matrix. "
        "Asked for is the root of the sum of its entries' squares.",
        (NORM, "norm = np.sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in grads.values()))"),
    ),
    (
        "sums_squared",
        "The sum of an array's entries is squared. Square each entry first, then add.",
        (NORM, "norm = np.sqrt(sum(np.sum(g) ** 2 for g in grads.values()))"),
    ),
    (
        "norms_added",
        "The norms of the arrays are added. It is their squares that add up, under one root.",
        (NORM, "norm = sum(np.linalg.norm(g) for g in grads.values())"),
    ),
    (
        "largest_entry",
        "The largest entry is taken for the norm. Asked for is the Euclidean norm of all entries.",
        (NORM, "norm = max(np.max(np.abs(g)) for g in grads.values())"),
    ),
    (
        "mean_square",
        "The norm is a root of a mean of squares, so that it does not grow with the number of weights. The "
        "squares are added.",
        (NORM, "norm = np.sqrt(np.mean(np.concatenate([g.ravel() for g in grads.values()]) ** 2))"),
    ),
    (
        "norm_after_clipping",
        "The norm that you return is that of the clipped gradient. A log of it would never show a spike: it "
        "is the norm before clipping that is asked for.",
        (ANSWER, "return {key: factor * g for key, g in grads.items()}, float(factor * norm)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "global_norm_clip",
    (
        "larger_of_the_two",
        "The factor is max_norm over the larger of norm and max_norm, as in optax and TensorFlow. Here 1e-6 "
        "is added to the norm, as in torch.",
        (FACTOR, "factor = max_norm / max(norm, max_norm)"),
    ),
    costs={"larger_of_the_two": 0.3},
)


# --- Variants -----------------------------------------------------------------------------------------------


class ClippedFlat:
    """Joins all arrays into one vector, and clips that."""

    def global_norm_clip(grads, *, max_norm):
        flat = np.concatenate([np.ravel(g) for g in grads.values()])
        norm = np.linalg.norm(flat)
        if norm + 1e-6 > max_norm:
            flat = flat * (max_norm / (norm + 1e-6))
        answer, start = {}, 0
        for key, g in grads.items():
            answer[key] = flat[start : start + g.size].reshape(g.shape)
            start += g.size
        return answer, norm


class ClippedNormOfNorms:
    """The norm of the arrays' norms, as torch computes it; scales copies in place."""

    def global_norm_clip(grads, *, max_norm):
        norm = np.linalg.norm([np.linalg.norm(g) for g in grads.values()])
        clipped = {key: g.copy() for key, g in grads.items()}
        for g in clipped.values():
            g *= np.clip(max_norm / (norm + 1e-6), 0.0, 1.0)
        return clipped, norm


class ClippedByHypot:
    """Adds entry after entry to the norm."""

    def global_norm_clip(grads, *, max_norm):
        import math

        norm = 0.0
        for g in grads.values():
            for entry in g.ravel().tolist():
                norm = math.hypot(norm, entry)
        divisor = max(1.0, (norm + 1e-6) / max_norm)
        return {key: g / divisor for key, g in grads.items()}, norm


VARIANTS = variants("global_norm_clip", ClippedFlat, ClippedNormOfNorms, ClippedByHypot)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "global_norm_clip",
    'global_norm_clip({"w": np.array([[1.0, 2.0], [3.0, 5.0]])}, max_norm=2.0)',
    'global_norm_clip({"w": np.array([3.0, 0.5]), "b": np.array([-4.0])}, max_norm=2.0)',
    'global_norm_clip({"w": np.array([0.3]), "b": np.array([0.4])}, max_norm=1.0)',
    'global_norm_clip({"w": np.array([3e-6])}, max_norm=1e-6)',
)
