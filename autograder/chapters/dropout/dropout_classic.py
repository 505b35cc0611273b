"""Classic dropout, `dropout_classic`: hidden checks, named mistakes, variants."""

from itertools import product

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits
from .shared import NEARLY_ONE, drop_rate, kept_and_dropped, off_zero

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("dropout_classic", weight=2)
def test_training_only_drops(student, rng):
    """In training a kept unit stays as it is, a dropped one is 0."""
    for shape, size in (
        *(((1, 5), 1.0), ((1, 5), 1.0)),  # two of one shape: the engine makes these calls again
        *(((9,), 1.0), ((6, 1), 1.0), ((4, 3), 1e-30), ((2, 3, 4), 1.0), ((2, 3, 4, 2), 1.0)),
    ):
        p, x, mask = drop_rate(rng), size * off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        got, want = student.dropout_classic(x, mask, p=p, training=True), np.where(mask, x, 0.0)
        where = "Where x is tiny: " if size < 1 else f"With {len(shape)} axes: " if len(shape) > 2 else ""
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}In training classic dropout multiplies by the mask and by nothing else; the scaling "
            "waits for evaluation."
        )


@pytest.mark.exercise("dropout_classic", weight=2)
def test_evaluation_is_scaled_down(student, rng):
    """In evaluation all units are there, each times 1 - p, with a mask or without."""
    p = drop_rate(rng)
    for shape, size, share, where in (
        ((4, 3), 1.0, p, ""),
        ((5,), 1e-30, p, "Where x is tiny: "),
        ((2, 3, 4, 2), 1.0, p, "With four axes: "),
        ((4, 3), 1.0, 0.0, "With p = 0: "),
        ((4, 3), 1.0, NEARLY_ONE, "Where p is close to 1: "),
        ((4, 3), 1.0, p, "With a mask: "),
        ((4, 3), 1.0, round(p, 2) - 2e-3, "With another p, if only a little: "),
        ((4, 3), 1.0, round(p, 2) + 2e-3, "With another p, if only a little: "),
    ):
        x, mask = size * off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        given = mask if where.endswith("mask: ") else None
        got, want = student.dropout_classic(x, given, p=share, training=False), (1 - share) * x
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}In evaluation every unit is there, and its value must shrink to what the next layer "
            "was used to on average: by the same factor with a mask and without. Which share of the time "
            "was a unit there in training, if p is dropping?"
        )


@pytest.mark.exercise("dropout_classic")
def test_both_passes_agree_in_the_mean(student, rng):
    """Weighted over all masks of four units the training pass has the evaluation pass as its mean."""
    p, x = drop_rate(rng), off_zero(rng, 4)
    mean = sum(
        (1 - p) ** sum(bits)
        * p ** (4 - sum(bits))
        * student.dropout_classic(x, np.array(bits), p=p, training=True)
        for bits in product([False, True], repeat=4)
    )
    assert not close(mean, 0 * x) and close(mean, student.dropout_classic(x, None, p=p, training=False)), (
        "The mean of the training pass over all masks is not the evaluation pass: there must be exactly one "
        "scaling, in one of the two."
    )
    nothing = student.dropout_classic(x, np.zeros(4, dtype=bool), p=p, training=True)
    assert close(nothing, np.zeros(4)), "Where all units are dropped nothing is left."
    for kept in (True, False):
        one, mask = np.array(x[0]), np.array(kept)
        got = [
            student.dropout_classic(one, mask, p=p, training=True),
            student.dropout_classic(one, mask, p=p, training=False),
            student.dropout_classic_backward(one, mask),
        ]
        assert close([float(each) for each in got], [x[0] * kept, x[0] * (1 - p), x[0] * kept]), (
            "Where x has no axes a pass or the gradient is another: a single number is masked in training, "
            "and scaled in evaluation, too."
        )


@pytest.mark.exercise("dropout_classic")
def test_the_classic_gradient_is_masked(student, rng):
    """The gradient passes where the value passed, unscaled."""
    for shape, size in (
        *(((1, 4), 1.0), ((1, 4), 1.0), ((7,), 1.0), ((6, 1), 1.0)),
        *(((5,), 1e-30), ((2, 3, 2), 1.0), ((2, 3, 4, 2), 1.0)),
    ):
        grad_out, mask = size * off_zero(rng, *shape), kept_and_dropped(rng, *shape)
        got, want = student.dropout_classic_backward(grad_out, mask), np.where(mask, grad_out, 0.0)
        where = (
            "Where grad_out is tiny: " if size < 1 else f"With {len(shape)} axes: " if len(shape) > 2 else ""
        )
        assert close(got, want, atol=0.0), few_digits(got, want) or (
            f"{where}The gradient of x·mask is the upstream gradient where the unit was kept, and 0 where "
            "it was not."
        )
    student.dropout_classic(grad_out, ~mask, p=drop_rate(rng), training=True)
    assert close(student.dropout_classic_backward(grad_out, mask), np.where(mask, grad_out, 0.0)), (
        "After another forward pass the gradient is another. The mask comes with each call: nothing is kept "
        "from the forward pass."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


CLASSIC_RETURN = "return x * mask if training else x * (1 - p)"

MISTAKES = mistakes(
    "dropout_classic",
    (
        "never_scaled",
        "Evaluation is not scaled at all, so that the next layer gets more than it was used to. (Slides that "
        "say no more than `none at test` forget the same.)",
        (CLASSIC_RETURN, "return x * mask if training else x.copy()"),
    ),
    (
        "scaled_up_in_evaluation",
        "Evaluation is scaled up. More units are there than in training, so each must count for less.",
        (CLASSIC_RETURN, "return x * mask if training else x / (1 - p)"),
    ),
    (
        "scaled_in_both",
        "Training is scaled up and evaluation is scaled down: that makes up for the loss twice.",
        (CLASSIC_RETURN, "return x * mask / (1 - p) if training else x * (1 - p)"),
    ),
    (
        "passes_swapped",
        "The two passes have changed places: with training=True units are dropped.",
        (
            CLASSIC_RETURN,
            "keep = np.ones(x.shape, dtype=bool) if mask is None else mask\n"
            "    return x * (1 - p) if training else x * keep",
        ),
    ),
    (
        "mask_in_evaluation",
        "In evaluation the mask is still applied where there is one; there all units take part.",
        (CLASSIC_RETURN, "return x * mask if training else x * (1 - p) * (True if mask is None else mask)"),
    ),
    (
        "share_of_this_mask",
        "In evaluation the factor is the share that the mask keeps, if there is one. It follows from p "
        "alone: a mask plays no part there.",
        (CLASSIC_RETURN, "return x * mask if training else x * (1 - p if mask is None else np.mean(mask))"),
    ),
    (
        "gradient_not_masked",
        "The gradient flows through units that were dropped. What slope has x·mask where the mask is False?",
        ("return grad_out * mask\n", "return grad_out.copy()\n"),
    ),
    (
        "gradient_of_the_dropped",
        "The gradient goes to the dropped units and not to the kept ones: the mask is turned round.",
        ("return grad_out * mask\n", "return grad_out * ~mask\n"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "dropout_classic",
    (
        "p_is_keeping",
        "Evaluation is multiplied by p, which is right in Srivastava et al. 2014, where p is the "
        "probability of retaining. Here p is the probability of dropping.",
        (CLASSIC_RETURN, "return x * mask if training else x * p"),
    ),
    (
        "inverted_dropout",
        "This is inverted dropout, torch's: scaled in training, untouched in evaluation. Here the form "
        "of the first paper is asked, which does it the other way round.",
        (CLASSIC_RETURN, "return x * mask / (1 - p) if training else x.copy()"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ClassicFromInverted:
    """Classic dropout as the inverted one times 1 - p, in both passes."""

    def dropout_classic(x, mask, *, p, training):
        return (1 - p) * dropout(x, mask, p=p, training=training)

    def dropout_classic_backward(grad_out, mask):
        return np.where(mask, grad_out, 0.0)


class ClassicByIndex:
    """Entries picked by the mask; evaluation takes p of x off."""

    def dropout_classic(x, mask, *, p, training):
        if not training:
            return x - p * x
        y = np.zeros(np.shape(x))
        y[mask] = x[mask]
        return y

    def dropout_classic_backward(grad_out, mask):
        return np.multiply(grad_out, mask.astype(np.float32))


class ClassicOneFactor:
    """One factor for both passes: the mask, or 1 - p; the gradient as the forward pass of training."""

    def dropout_classic(x, mask, *, p, training):
        factor = np.asarray(mask, dtype=int) if training else 1.0 - p
        return np.multiply(factor, x)

    def dropout_classic_backward(grad_out, mask):
        return dropout_classic(grad_out, mask, p=0.0, training=True)


VARIANTS = variants("dropout_classic", ClassicFromInverted, ClassicByIndex, ClassicOneFactor)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "dropout_classic",
    "dropout_classic(np.array([1.0, 2.0]), np.array([True, False]), p=0.5, training=False)",
)
