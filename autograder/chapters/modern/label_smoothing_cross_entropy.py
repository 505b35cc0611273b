"""Cross-entropy with smoothed labels, `label_smoothing_cross_entropy`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from ..shared import few_digits, number
from .shared import slope_of

# --- Checks -------------------------------------------------------------------------------------------------


def scores(rng, batch, n_classes, size=2.0):
    return size * rng.normal(size=(batch, n_classes)), rng.integers(n_classes, size=batch)


@pytest.mark.exercise("label_smoothing_cross_entropy", weight=2)
@pytest.mark.parametrize("part", ["loss", "gradient"])
def test_loss_and_gradient_follow_the_formula(student, reference, rng, part):
    """For several shapes and amounts of smoothing the numbers are those of the formula."""
    place = ["loss", "gradient"].index(part)
    for batch, n_classes in ((2, 7), (1, 4), (5, 3), (6, 6), (3, 2), (2, 1), (40, 9)):
        logits, labels = scores(rng, batch, n_classes)
        labels = labels.astype(np.int8) if batch == 40 else labels  # small whole numbers are ints as well
        smoothing = number(rng, 0.1, 0.4) * (0.01 if batch == 3 else 1.0)  # however little
        got, want = (
            side.label_smoothing_cross_entropy(logits, labels, smoothing=smoothing)[place]
            for side in (student, reference)
        )
        assert close(got, want, atol=1e-11), few_digits(got, want) or (
            f"The {part} is another. Write down the smoothed targets of one row: they add up to 1, and the "
            "right class has its own share of ε as well. The mean over the batch comes last."
            if batch not in (6, 40)
            else f"With as many rows as classes the {part} is another: rows are examples, whatever their "
            "number."
            if batch == 6
            else f"With labels of the type int8, and a longer batch, the {part} is another. Is something "
            "counted in such ints, which end at 127, or is a row left out?"
        )


@pytest.mark.exercise("label_smoothing_cross_entropy")
def test_without_smoothing_it_is_cross_entropy(student, rng):
    """With ε = 0 the loss is the mean of -log of the right classes' probabilities."""
    logits, labels = scores(rng, 6, 4)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss, grad = student.label_smoothing_cross_entropy(logits, labels, smoothing=0.0)
    assert close(loss, float(-np.mean(np.log(probs[np.arange(6), labels])))), (
        "Without smoothing the loss is not the usual cross-entropy."
    )
    assert close(grad, (probs - np.eye(4)[labels]) / 6, atol=1e-10), (
        "Without smoothing the gradient is not softmax minus one-hot, over the batch."
    )


@pytest.mark.exercise("label_smoothing_cross_entropy")
def test_the_gradient_is_the_slope_of_the_loss(student, reference, rng):
    """Central differences of the loss, at a large smoothing."""
    logits, labels = scores(rng, 3, 4)
    smoothing = number(rng, 0.5, 0.8)

    def loss(z):
        return reference.label_smoothing_cross_entropy(z, labels, smoothing=smoothing)[0]

    got = student.label_smoothing_cross_entropy(logits, labels, smoothing=smoothing)[1]
    assert close(got, slope_of(loss, logits, np.ones(())), rtol=1e-5, atol=1e-8), (
        "The gradient is not the slope of the loss. Is it made with the same targets?"
    )


@pytest.mark.exercise("label_smoothing_cross_entropy")
def test_large_logits(student, reference, rng):
    """Logits of a thousand, of both signs, give finite and right numbers."""
    logits, labels = scores(rng, 4, 3, size=1.0)
    logits = np.where(rng.random(logits.shape) < 0.5, 1000.0, -1000.0) + logits
    logits[0] = [1000.0, -1000.0, 0.0]
    logits[3] -= 1000.0 + logits[3].max()  # a row with nothing above -1000

    def alone(side, logits):  # row by row: how rows are averaged is another check's business
        rows = ((logits[i : i + 1], labels[i : i + 1]) for i in range(len(logits)))
        return [side.label_smoothing_cross_entropy(*row, smoothing=0.2) for row in rows]

    got, want = (alone(side, logits) for side in (student, reference))
    plain = (alone(side, logits / 1000.0) for side in (student, reference))
    assert close(got, want, atol=1e-10), (
        "Large logits give other numbers, or none. Take the row's maximum off, and compute the logarithm of "
        "the sum, not of the softmax; nothing is cut off."
        if close(*plain, atol=1e-10)
        else "The numbers are off with small logits already: mend those first."
    )
    logits[1] = logits[1] - 5000.0
    together = student.label_smoothing_cross_entropy(logits, labels, smoothing=0.2)
    added = sum(loss for loss, _ in got), np.concatenate([grad for _, grad in got])
    for whole, rows in zip(together, added, strict=True):
        assert any(close(whole, rows / n, atol=1e-10) for n in (1, len(logits))), (
            "Beside rows with far larger logits a row gives other numbers, or none: take off its own maximum."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


TARGET = "target = (1 - smoothing) * np.eye(n_classes)[labels] + smoothing / n_classes"
ANSWER = "return float(-np.sum(target * log_probs) / batch), (np.exp(log_probs) - target) / batch"
SHIFT = "shifted = logits - logits.max(axis=1, keepdims=True)"
LOG = "log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))"

MISTAKES = mistakes(
    "label_smoothing_cross_entropy",
    (
        "no_smoothing",
        "The labels are not smoothed: look at the argument smoothing.",
        (TARGET, "target = np.eye(n_classes)[labels]"),
    ),
    (
        "divergence",
        "The loss is the Kullback–Leibler divergence: the term with the logarithm of the targets is added. "
        "The cross-entropy has the logarithm of the softmax only, so it is not 0 where both agree.",
        (
            ANSWER,
            "entropy = np.sum(np.where(target > 0, target * np.log(np.maximum(target, 1e-300)), 0.0))\n    "
            + ANSWER.replace(
                "float(-np.sum(target * log_probs)", "float((entropy - np.sum(target * log_probs))"
            ),
        ),
    ),
    (
        "right_class_keeps_one",
        "The right class keeps its 1 and the smoothing comes on top, so that the targets add up to more than "
        "1.",
        (TARGET, "target = np.eye(n_classes)[labels] + smoothing / n_classes"),
    ),
    (
        "not_shared_out",
        "Every class gets the whole of ε: it is divided among the classes.",
        (TARGET, "target = (1 - smoothing) * np.eye(n_classes)[labels] + smoothing"),
    ),
    (
        "right_class_left_out",
        "The right class gets 1 - ε and no part of what is shared out, although that is divided by K: the "
        "targets add up to less than 1.",
        (
            TARGET,
            "target = np.where(np.eye(n_classes)[labels] > 0, 1 - smoothing, smoothing / n_classes)",
        ),
    ),
    (
        "gradient_of_hard_labels",
        "The loss is smoothed, its gradient is not: it is made with the one-hot labels.",
        (
            ANSWER,
            ANSWER.replace("(np.exp(log_probs) - target)", "(np.exp(log_probs) - np.eye(n_classes)[labels])"),
        ),
    ),
    (
        "summed_over_the_batch",
        "The loss is the sum over the batch. It is the mean.",
        (ANSWER, "return float(-np.sum(target * log_probs)), (np.exp(log_probs) - target)"),
    ),
    (
        "gradient_not_averaged",
        "The loss is the mean over the batch, the gradient is not divided by the batch.",
        (ANSWER, "return float(-np.sum(target * log_probs) / batch), (np.exp(log_probs) - target)"),
    ),
    (
        "averaged_over_classes",
        "The loss is a mean over all entries. It is summed over classes, and averaged over the batch alone.",
        (ANSWER, "return float(-np.mean(target * log_probs)), (np.exp(log_probs) - target) / logits.size"),
    ),
    (
        "sign_of_the_gradient",
        "The gradient points the other way: it is softmax minus target.",
        (ANSWER, ANSWER.replace("(np.exp(log_probs) - target)", "(target - np.exp(log_probs))")),
    ),
    (
        "overflows",
        "Large logits overflow. Take the maximum of each row off before the exponential.",
        (SHIFT, "shifted = logits"),
    ),
    (
        "gradient_overflows",
        "The loss is right for large logits, its gradient is not: there the exponential is taken before the "
        "maximum of the row is off.",
        (ANSWER, ANSWER.replace("np.exp(log_probs)", "np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]")),
    ),
    (
        "only_maxima_above_zero",
        "Only a maximum above 0 is taken off, so that in a row far below 0 all exponentials are 0. Take off "
        "the maximum of each row, whatever its sign.",
        (SHIFT, "shifted = logits - np.maximum(logits.max(axis=1, keepdims=True), 0.0)"),
    ),
    (
        "logarithm_of_a_softmax",
        "A probability that has been rounded to 0 has no logarithm. Subtract the logarithm of the sum from "
        "the shifted logits.",
        (LOG, "log_probs = np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True))"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "label_smoothing_cross_entropy",
    (
        "wrong_classes_share",
        "The right class gets 1 - ε, and the others share ε among K - 1, as some code has it. Here, as in "
        "the paper and in torch, ε is shared among all K classes.",
        (
            TARGET,
            "target = np.where(np.eye(n_classes)[labels] > 0, 1 - smoothing, smoothing / (n_classes - 1))",
        ),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "label_smoothing_cross_entropy",
    "label_smoothing_cross_entropy(np.array([[1.0, 0.0, 0.0]]), np.array([0]), smoothing=0.3)",
    "label_smoothing_cross_entropy(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0, 0]), smoothing=0.5)",
    "label_smoothing_cross_entropy(np.array([[0.0, 900.0]]), np.array([0]), smoothing=0.0)",
    "label_smoothing_cross_entropy(np.array([[-900.0, -900.0]]), np.array([0]), smoothing=0.0)",
)
