"""Squared and absolute error, `mse_loss`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, conventions, examples, mistakes, variants

from .shared import KEPT, WHOLE, agrees, anew, with_zeros

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse_loss", "mae_loss"])
@pytest.mark.exercise("mse_loss")
def test_losses_are_means_over_the_batch_of_sums(student, reference, rng, name):
    """The loss is the mean over the batch of the sum over outputs; several calls in a row are right."""
    big = 1e9 if name == "mse_loss" else 1e200  # the square of which is no float
    for size, aim, *shape in ((1, 1, 1, 4), (big, 0, 1, 4), (1 / big, 1, 5, 3), (1, 1, 6, 1), (1, 1, 4, 4)):
        pred, target = size * rng.normal(size=shape), aim * size * rng.normal(size=shape)
        assert agrees(student, reference, name, pred, target, member=0, atol=0.0), (
            f"{name}: the value is wrong. Add up over the outputs of an example, then take the mean over the "
            "examples: which axis is which, also where one has length 1, and what is the sum divided by? "
            f"Very large and very small differences count as they are. {WHOLE}"
        )
    pred, target = 1e9 + rng.normal(size=(3, 2)), 1e9 + rng.normal(size=(3, 2))
    assert anew(student, reference, name, pred - 1e9, target - 1e9), f"{name}: {KEPT}"
    assert agrees(student, reference, name, pred, target, member=0), (
        f"{name}: where prediction and target are a billion and close together the value is wrong. Of the "
        "expanded square p² - 2pt + t² only rounding is left there: take the difference first."
    )


@pytest.mark.parametrize("name", ["mse_loss", "mae_loss"])
@pytest.mark.exercise("mse_loss")
def test_losses_know_their_gradients(student, reference, rng, name):
    """The gradient is the derivative of that very loss with respect to the prediction."""
    for size, *shape in ((1, 5, 3), (1e12, 1, 4), (1, 6, 1)):
        pred, target = size * rng.normal(size=shape), rng.normal(size=shape)
        assert agrees(student, reference, name, pred, target, member=1), (
            f"{name}: the gradient is wrong. How does the loss in the text change with one prediction? All "
            "its factors belong to the derivative, the mean's too, also where an axis has length 1, and it "
            f"points the way in which the loss grows. {WHOLE}"
        )


@pytest.mark.exercise("mse_loss")
def test_what_is_right_has_no_gradient(student, rng):
    """Where prediction and target are equal both gradients are 0, elsewhere they point to a larger loss."""
    gap = with_zeros(rng, 4, 3)
    target = np.where((gap != 0) & (np.abs(gap) < 1e-9), 0.0, rng.normal(size=(4, 3)))  # or the gap is lost
    pred = target + gap
    for name in ("mse_loss", "mae_loss"):
        _, grad = getattr(student, name)(pred, target)
        assert np.array_equal(np.sign(grad), np.sign(pred - target)), (
            f"{name}: the gradient's sign is not that of pred - target, with 0 where they are equal."
        )
    _, grad = student.mae_loss(pred, target)
    assert close(np.abs(grad), (pred != target) / len(pred)), (
        "mae_loss: a small difference has the same slope as a large one, one over the batch size, and where "
        "there is none the slope is 0. Nothing needs to be added to a size."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "mse_loss",
    (
        "square_multiplied_out",
        "The square is multiplied out, p² - 2pt + t². Of large numbers that lie close together only rounding "
        "is left then: take the difference first, and square it.",
        (
            "float(np.sum(gap**2) / len(gap))",
            "float(np.sum(pred**2 - 2 * pred * target + target**2) / len(gap))",
        ),
    ),
    (
        "gradient_of_the_sum",
        "The gradient of the squared error is that of the sum over the batch: the factor 1/B of the mean is "
        "missing in it, though the loss has it.",
        ("2 * gap / len(gap)", "2 * gap"),
    ),
    (
        "gradient_without_the_two",
        "The 2 that comes down when the square is differentiated is missing in the gradient. It would cancel "
        "with a ½ in the loss, but there is none here.",
        ("2 * gap / len(gap)", "gap / len(gap)"),
    ),
    (
        "from_the_target",
        "Both gradients point from the prediction to the target: that is their opposite. The loss grows when "
        "the prediction moves away.",
        ("2 * gap / len(gap)", "-2 * gap / len(gap)"),
        ("np.sign(gap) / len(gap)", "-np.sign(gap) / len(gap)"),
    ),
    (
        "axis_dropped",
        "An axis of length 1 is dropped, and what is taken for the outputs then is the batch. They are "
        "the second axis, be there one or many.",
        (
            "float(np.sum(gap**2) / len(gap))",
            "float(np.mean(np.sum(np.squeeze(gap) ** 2, axis=-1)))",
        ),
    ),
    (
        "root_taken",
        "The root of the mean square is returned. The loss is the mean of the squares itself.",
        ("float(np.sum(gap**2) / len(gap))", "float(np.sqrt(np.sum(gap**2) / len(gap)))"),
    ),
    (
        "absolute_gradient_sum",
        "The gradient of the absolute error is that of the sum over the batch: the factor 1/B of the mean is "
        "missing in it.",
        ("np.sign(gap) / len(gap)", "np.sign(gap)"),
    ),
    (
        "no_zero_sign",
        "Where prediction and target are equal the absolute error gets a gradient of full size. At the "
        "kink it is 0: there are three signs.",
        ("np.sign(gap) / len(gap)", "np.where(gap < 0, -1.0, 1.0) / len(gap)"),
    ),
    (
        "sign_with_a_guard",
        "The sign is a quotient with a small number added below the line, so that a small difference counts "
        "for less than a large one. NumPy has a function for the sign.",
        ("np.sign(gap) / len(gap)", "gap / (np.abs(gap) + 1e-8) / len(gap)"),
    ),
    (
        "absolute_gradient_grows",
        "The gradient of the absolute error grows with the distance, as the squared error's does. A distance "
        "has the same slope everywhere: only the side counts.",
        ("np.sign(gap) / len(gap)", "gap / len(gap)"),
    ),
    (
        "distances_cancel",
        "The absolute error adds up differences with their signs, which cancel. Look for the absolute value.",
        ("np.sum(np.abs(gap))", "np.sum(gap)"),
    ),
    free={"sign_with_a_guard": ("np.abs(gap) + {})", ("1e-8", *GUARDS[3:]))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "mse_loss",
    (
        "mean_over_outputs_too",
        "Right with the mean over batch and outputs, as in torch.nn.MSELoss and L1Loss. In this course "
        "losses add up over outputs: the texts divide by the size of the batch alone.",
        ("np.sum(gap**2) / len(gap)", "np.mean(gap**2)"),
        ("2 * gap / len(gap)", "2 * gap / np.size(gap)"),
        ("np.sum(np.abs(gap)) / len(gap)", "np.mean(np.abs(gap))"),
        ("np.sign(gap) / len(gap)", "np.sign(gap) / np.size(gap)"),
    ),
    (
        "half_the_square",
        "Right with ½ in front of the squared error, which many texts have so that the gradient is the bare "
        "difference. The text of mse_loss has no ½.",
        ("np.sum(gap**2) / len(gap)", "np.sum(gap**2) / 2 / len(gap)"),
        ("2 * gap / len(gap)", "gap / len(gap)"),
    ),
    (
        "sum_over_the_batch",
        "Right with the sum over the batch, as in the lectures' total loss and torch's reduction='sum'. "
        "In this course losses are means over the batch, or the learning rate would depend on its size.",
        ("np.sum(gap**2) / len(gap)", "np.sum(gap**2)"),
        ("2 * gap / len(gap)", "2 * gap"),
        ("np.sum(np.abs(gap)) / len(gap)", "np.sum(np.abs(gap))"),
        ("np.sign(gap) / len(gap)", "np.sign(gap)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ErrorsByMeans:
    """The mean over examples of each one's sum; the absolute value's slope as a quotient, mended at 0."""

    def mse_loss(pred, target):
        each = ((pred - target) ** 2).sum(axis=1)
        return each.mean(), (pred - target) * (2.0 / len(each))

    def mae_loss(pred, target):
        gap = pred - target
        return np.mean(np.sum(np.abs(gap), axis=1)), np.nan_to_num(gap / np.abs(gap)) / gap.shape[0]


class ErrorsByNorms:
    """Norms and comparisons; lists on the way."""

    def mse_loss(pred, target):
        rows = [np.linalg.norm(p - t) ** 2 for p, t in zip(pred, target, strict=True)]
        return sum(rows) / len(rows), np.array(
            [2 * (p - t) / len(rows) for p, t in zip(pred, target, strict=True)]
        )

    def mae_loss(pred, target):
        above, below = (pred > target).astype(float), (pred < target).astype(float)
        total = np.linalg.norm((pred - target).ravel(), ord=1)
        return total / len(pred), (above - below) / len(pred)


class ErrorsExpanded:
    """The gradient multiplied out; the distance as the larger less the smaller."""

    def mse_loss(pred, target):
        n = pred.shape[0]
        gap = np.subtract(target, pred)
        return np.vdot(gap, gap) / n, 2 / n * pred - 2 / n * target

    def mae_loss(pred, target):
        n = np.float64(pred.shape[0])
        distance = np.maximum(pred, target) - np.minimum(pred, target)
        return distance.sum() / n, np.copysign(1 / n, pred - target) * (pred != target)


VARIANTS = variants("mse_loss", ErrorsByMeans, ErrorsByNorms, ErrorsExpanded)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "mse_loss",
    "mse_loss(np.array([[1e9 + 1.0]]), np.array([[1e9]]))",
    "mae_loss(np.array([[1e-7, 3.0]]), np.array([[0.0, 3.0]]))",
)
