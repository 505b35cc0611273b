"""Inverted dropout, `dropout`: hidden checks, variants."""

from itertools import product

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from ..shared import few_digits
from .shared import NEARLY_ONE, drop_rate, kept_and_dropped, off_zero

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("dropout", weight=2)
def test_what_is_kept_is_scaled_up(student, rng):
    """In training a dropped unit is 0, a kept one x/(1 - p), in any shape."""
    near = round(drop_rate(rng), 2)
    for shape, p, size, where in (
        ((1, 5), near - 2e-3, 1.0, ""),  # two of one shape come first: the engine makes these calls again
        ((1, 5), near + 2e-3, 1.0, "With another p, if only a little, in a second call: "),
        ((9,), drop_rate(rng), 1.0, ""),
        ((2, 3, 2, 4), drop_rate(rng), 1.0, ""),
        ((6, 1), drop_rate(rng), 1.0, "With a single unit: "),
        ((4, 3), drop_rate(rng), 1e-30, "Where x is tiny: "),
        ((8,), NEARLY_ONE, 1.0, "Where p is close to 1: "),
    ):
        x, mask = size * off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        got, want = student.dropout(x, mask, p=p, training=True), np.where(mask, x, 0.0) / (1 - p)
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}The training pass is another. What is dropped is 0; what is kept makes up for it, so "
            "by which factor does it grow if the share 1 - p is left?"
        )


@pytest.mark.exercise("dropout")
def test_evaluation_is_left_alone(student, rng):
    """In evaluation x comes back as it is, with a mask, without one, and in training it does not."""
    p, x, mask = drop_rate(rng), off_zero(rng, 3, 5), kept_and_dropped(rng, 3, 5)
    for given in (mask, None):
        assert close(student.dropout(x, given, p=p, training=False), x), (
            "In evaluation inverted dropout does nothing at all: no mask, no factor."
        )
    assert not close(student.dropout(x, mask, p=p, training=True), x), "In training it does something."


@pytest.mark.exercise("dropout")
def test_the_mean_over_masks_is_x(student, rng):
    """Weighted over all masks of four units the training pass has x as its mean."""
    p, x = drop_rate(rng), off_zero(rng, 4)
    mean = sum(
        (1 - p) ** sum(bits) * p ** (4 - sum(bits)) * student.dropout(x, np.array(bits), p=p, training=True)
        for bits in product([False, True], repeat=4)
    )
    assert close(mean, x), (
        "Over all masks, each with its probability, the mean of the training pass is not x. Then the next "
        "layer gets used to another size in training than it sees afterwards."
    )
    nothing = student.dropout(x, np.zeros(4, dtype=bool), p=p, training=True)
    assert close(nothing, np.zeros(4)), "Where all units are dropped nothing is left."
    whole = student.dropout(x, np.ones(4, dtype=bool), p=0.0, training=True)
    assert close(whole, x), "With p = 0 nothing is dropped and nothing grows."


@pytest.mark.exercise("dropout", weight=2)
def test_the_gradient_goes_where_the_value_went(student, rng):
    """The gradient is masked and scaled as the forward pass was."""
    near = round(drop_rate(rng), 2)
    for shape, p, size, where in (
        ((1, 4), near - 2e-3, 1.0, ""),
        ((1, 4), near + 2e-3, 1.0, "With another p, if only a little, in a second call: "),
        ((8,), drop_rate(rng), 1.0, ""),
        ((6, 1), drop_rate(rng), 1.0, "With a single unit: "),
        ((4,), drop_rate(rng), 1.0, "Where all units are kept: "),
        ((4,), drop_rate(rng), 1.0, "Where no unit is kept: "),
        ((5,), 0.0, 1.0, "With p = 0: "),
        ((8,), drop_rate(rng), 1e-30, "Where grad_out is tiny: "),
        ((2, 3, 2, 2), drop_rate(rng), 1.0, "With four axes: "),
        ((8,), NEARLY_ONE, 1.0, "Where p is close to 1: "),
    ):
        grad_out, mask = size * off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        if where.endswith("kept: "):
            mask[:] = "all" in where
        got, want = student.dropout_backward(grad_out, mask, p=p), np.where(mask, grad_out, 0.0) / (1 - p)
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}The gradient is another. y depends on x through a mask and a factor: a unit that was "
            "dropped has no influence, and the others have that factor as their slope."
        )


@pytest.mark.exercise("dropout")
def test_backward_is_the_transpose_of_forward(student, reference, rng):
    """⟨grad_out, forward(x)⟩ = ⟨backward(grad_out), x⟩ for the reference's forward pass."""
    p, x, grad_out, mask = drop_rate(rng), off_zero(rng, 6), off_zero(rng, 6), kept_and_dropped(rng, 6)
    forward = reference.dropout(x, mask, p=p, training=True)
    for sign in (np.ones(6), np.sign(x * grad_out)):  # the second adds up without cancelling
        got = float(np.sum(student.dropout_backward(sign * grad_out, mask, p=p) * x))
        assert close(got, float(np.sum(sign * grad_out * forward))), (
            "Forward pass and gradient do not belong together: dropout in training is linear, and the "
            "gradient applies the same mask and the same factor."
        )
    want = student.dropout_backward(grad_out, mask, p=p)
    student.dropout(x, ~mask, p=p / 2, training=True)
    assert close(student.dropout_backward(grad_out, mask, p=p), want), (
        "After another forward pass the gradient is another. Mask and p come with each call: nothing is kept "
        "from the forward pass."
    )


# --- Variants -----------------------------------------------------------------------------------------------


class ByWhere:
    """np.where, the factor first; evaluation hands x back itself."""

    def dropout(x, mask, *, p, training):
        factor = 1 / (1 - p)
        return np.where(mask, factor * x, 0) if training else x

    def dropout_backward(grad_out, mask, *, p):
        return np.where(mask, grad_out, 0) / (1 - p)


class CopiedAndFilled:
    """Own copies, dropped entries set to zero in place, then scaled in place; a print and a warning."""

    def dropout(x, mask, *, p, training):
        import warnings

        y = np.array(x, dtype=float)
        if training:
            y[~np.asarray(mask)] = 0.0
            y /= 1.0 - p
            print("dropped", int(np.size(mask) - np.sum(mask)))
        else:
            warnings.warn("evaluating", stacklevel=1)
        return y

    def dropout_backward(grad_out, mask, *, p):
        grad_x = np.zeros_like(grad_out)
        grad_x[mask] = grad_out[mask] / (1.0 - p)
        return grad_x


class MaskAsFactor:
    """The mask turned into factors of 0 and 1/(1 - p); the gradient through the forward pass itself."""

    def dropout(x, mask, *, p, training):
        keep = mask.astype(float) / (1 - p) if training else 1.0
        return x * keep

    def dropout_backward(grad_out, mask, *, p):
        return dropout(grad_out, mask, p=p, training=True)


VARIANTS = variants("dropout", ByWhere, CopiedAndFilled, MaskAsFactor)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "dropout",
    "dropout(np.array([1.0, 2.0]), np.array([True, False]), p=0.5, training=False)",
    """
    dropout(np.ones(2), np.array([True, False]), p=0.5, training=True)
    dropout_backward(np.ones(2), np.array([False, True]), p=0.5)  # another mask
    """,
)
