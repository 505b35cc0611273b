"""A price on activities, `activity_penalty`: hidden checks, named mistakes, conventions, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits
from .shared import off_zero, strength

# --- Checks -------------------------------------------------------------------------------------------------


def sparse(rng, rows, units):
    """Activities of both signs, about a third of them exactly 0, never all."""
    h = off_zero(rng, rows, units)
    h.flat[rng.permutation(h.size)[: h.size // 3]] = 0.0
    return h


@pytest.mark.exercise("activity_penalty", weight=2)
def test_the_value_is_a_sum_over_units_and_a_mean_over_examples(student, rng):
    """λ times the mean over the examples of the sum over units of |h|, for few units and for many."""
    for rows, units, size, where in (
        (1, 4, 1.0, "For a single example: "),  # two of one shape: the engine makes these calls again
        (1, 4, 1.0, "For a single example: "),
        (5, 3, 1.0, ""),
        (3, 8, 1.0, ""),
        (4, 4, 1.0, "Where an example has no active unit, and still counts as one: "),
        (3, 2, 1e-200, "Where activities are tiny: "),
        (3, 2, 1e200, "Where activities are very large: "),
        (2, 3, 0.0, "Where no unit is active: "),
    ):
        h, lam = size * sparse(rng, rows, units), strength(rng)
        h[1:2] *= rows != 4
        value, _ = student.activity_penalty(h, lam=lam)
        want = float(lam * np.mean([sum(abs(u) for u in row) for row in h.tolist()]))
        assert close(value, want, atol=0.0), few_digits(value, want) or (
            f"{where}The penalty is another number. It adds up the sizes of an example's activities, "
            "whatever their signs and as they are, and takes the mean over the examples."
        )


@pytest.mark.exercise("activity_penalty", weight=2)
def test_the_gradient_is_a_sign_over_the_batch(student, rng):
    """Each activity's gradient is ±λ/N by its sign, whatever its size, and 0 where it is 0."""
    again = strength(rng)
    cases = ((7, 3, again, 1.0), (7, 3, again, 1.0), (2, 6, strength(rng), 1.0), (4, 4, 0.0, 1.0))
    sizes = ((1, 4, strength(rng), 1.0), (3, 5, strength(rng), 1e-200), (5, 2, strength(rng), 1e200))
    for rows, units, lam, size in (*cases, *sizes, (6, 2, strength(rng), 1.0)):
        h = size * sparse(rng, rows, units)
        h[1:2] *= rows != 6
        _, grad = student.activity_penalty(h, lam=lam)
        want = np.where(h > 0, 1.0, np.where(h < 0, -1.0, 0.0)) * lam / rows
        where = {
            1: "For a single example: ",
            6: "Where an example has no active unit, and still counts as one: ",
        }.get(rows, "")
        where = "With λ = 0: " if lam == 0 else where
        where = "Where activities are tiny or very large: " if size != 1 else where
        assert close(grad, want), few_digits(grad, want) or (
            f"{where}The gradient is another. |h| has the slope 1 above 0, -1 below, and here 0 at 0; and "
            "the mean over the examples that stands in the value stands in its gradient too. Only 0 "
            "itself counts as 0."
        )


@pytest.mark.exercise("activity_penalty")
def test_value_and_gradient_belong_together(student, rng):
    """Moving all activities a little changes the value by what the gradient says."""
    h, lam, step = off_zero(rng, 4, 5), strength(rng), 1e-4
    way = rng.uniform(0.5, 1.0, size=h.shape) * np.sign(h)
    up, down = (student.activity_penalty(h + sign * step * way, lam=lam)[0] for sign in (1, -1))
    _, grad = student.activity_penalty(h, lam=lam)
    want = lam * np.abs(way).sum() / len(h)
    assert close([(up - down) / (2 * step), np.sum(grad * way)], [want, want], rtol=1e-6), (
        "Value and gradient do not fit together: the gradient is not the slope of the value."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


VALUE, GRAD = "lam * np.sum(np.abs(h)) / len(h)", "lam * np.sign(h) / len(h)"

MISTAKES = mistakes(
    "activity_penalty",
    (
        "summed_over_the_batch",
        "The examples are summed up: then a batch of twice the size pays twice as much. Take their mean.",
        (VALUE, "lam * np.sum(np.abs(h))"),
        (GRAD, "lam * np.sign(h)"),
    ),
    (
        "gradient_without_the_mean",
        "The value is a mean over the examples, and your gradient is not: it lacks the division by N.",
        (GRAD, "lam * np.sign(h)"),
    ),
    (
        "active_examples_only",
        "You divide by the number of examples with an active unit. Those without one count as examples, too: "
        "N is the number of rows.",
        (
            "lam * np.sum(np.abs(h)) / len(h)",
            "lam * np.sum(np.abs(h)) / max(np.any(h != 0, axis=1).sum(), 1)",
        ),
        (GRAD, "lam * np.sign(h) / max(np.any(h != 0, axis=1).sum(), 1)"),
    ),
    (
        "active_examples_only_in_the_value",
        "Your value is the mean over the examples with an active unit. Those without one count as examples, "
        "too: N is the number of rows.",
        (
            "lam * np.sum(np.abs(h)) / len(h)",
            "lam * np.sum(np.abs(h)) / max(np.any(h != 0, axis=1).sum(), 1)",
        ),
    ),
    (
        "active_units_only",
        "You divide by the number of active units. It is a mean over the examples of the batch, all of them, "
        "and a sum over the units.",
        ("lam * np.sum(np.abs(h)) / len(h)", "lam * np.sum(np.abs(h)) / max(np.count_nonzero(h), 1)"),
        (GRAD, "lam * np.sign(h) / max(np.count_nonzero(h), 1)"),
    ),
    (
        "signs_cancel",
        "Activities of different sign cancel in your value. It is the sum of their absolute values.",
        (VALUE, "lam * np.sum(h) / len(h)"),
    ),
    (
        "squared",
        "The activities are squared: that makes large ones small, not small ones zero. The price is |h|.",
        (VALUE, "lam * np.sum(h**2) / len(h)"),
        (GRAD, "2 * lam * h / len(h)"),
    ),
    (
        "gradient_grows_with_h",
        "The gradient grows with the activity. The slope of |h| is 1 or -1, however large h is.",
        (GRAD, "lam * h / len(h)"),
    ),
    (
        "pushes_zeros",
        "The gradient is not 0 for activities that are 0: units that are off would be pushed about.",
        (GRAD, "lam * np.where(h < 0, -1.0, 1.0) / len(h)"),
    ),
    (
        "tiny_counts_as_zero",
        "The gradient is 0 for activities that are merely small. Only at 0 itself it is.",
        (GRAD, "lam * np.where(np.abs(h) > 1e-6, np.sign(h), 0.0) / len(h)"),
    ),
    (
        "with_a_half",
        "There is a ½ that belongs to the L2 penalty on weights. This price has none.",
        (VALUE, "lam / 2 * np.sum(np.abs(h)) / len(h)"),
        (GRAD, "lam / 2 * np.sign(h) / len(h)"),
    ),
    (
        "divided_by_the_units",
        "You divide by the number of units, not of examples: a row is an example.",
        (VALUE, "lam * np.sum(np.abs(h)) / h.shape[1]"),
        (GRAD, "lam * np.sign(h) / h.shape[1]"),
    ),
    (
        "gradient_of_ones",
        "Your gradient has the same sign for all activities. A negative one is pushed up towards 0.",
        (GRAD, "lam * (h != 0) / len(h)"),
    ),
    free={"tiny_counts_as_zero": ("np.abs(h) > {}", ("1e-6", "1e-12", "1e-10", "1e-9", "1e-8", "1e-7"))},
    costs={"tiny_counts_as_zero": 0.3},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "activity_penalty",
    (
        "mean_over_everything",
        "You take the mean over examples and units, as `h.abs().mean()` in torch does. Then λ means less in "
        "a wider layer; here the units of an example are summed, as in Keras.",
        (VALUE, "lam * np.mean(np.abs(h))"),
        (GRAD, "lam * np.sign(h) / h.size"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class RowByRow:
    """Python's own numbers, an if for each activity."""

    def activity_penalty(h, *, lam):
        total, grad = 0.0, np.zeros(h.shape)
        for n, row in enumerate(h.tolist()):
            for j, value in enumerate(row):
                total += abs(value)
                if value != 0:
                    grad[n, j] = lam / len(h) * (1 if value > 0 else -1)
        return lam * total / len(h), grad


class MeanOfNorms:
    """The value as the mean of the rows' 1-norms; the gradient from two comparisons."""

    def activity_penalty(h, *, lam):
        value = lam * np.linalg.norm(h, ord=1, axis=1).mean()
        grad = (h > 0).astype(float)
        grad -= h < 0
        grad *= lam / h.shape[0]
        return value, grad


class SignFirst:
    """The sign once, for both: |h| is h times its sign."""

    def activity_penalty(h, *, lam):
        grad = np.sign(h) * (lam / len(h))
        print("active:", np.mean(h != 0))
        return np.vdot(grad, h), grad


VARIANTS = variants("activity_penalty", RowByRow, MeanOfNorms, SignFirst)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "activity_penalty",
    "activity_penalty(np.array([[2.0, -3.0, 0.0], [0.0, 1.0, 2.0]]), lam=0.5)",
    "activity_penalty(np.array([[4.0], [-2.0]]), lam=1.0)",
    "activity_penalty(np.array([[4.0], [0.0]]), lam=1.0)",
    "activity_penalty(np.array([[1e-15]]), lam=1.0)[1]",
)
