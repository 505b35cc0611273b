"""Cross-entropy of a softmax, `softmax_cross_entropy`: hidden checks, named mistakes, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import GUARDS, close, conventions, examples, mistakes, variants

from .shared import KEPT, WHOLE, agrees, anew

# --- Checks -------------------------------------------------------------------------------------------------


def labelled(rng: np.random.Generator, n: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of every class and labels in which no class is missing, or not the last one (n < n_classes)."""
    return rng.normal(size=(n, n_classes)) * 2, rng.permutation((-1 - np.arange(n)) % n_classes)


@pytest.mark.exercise("softmax_cross_entropy")
def test_cross_entropy_is_a_mean_over_the_batch(student, reference, rng):
    """The loss is the mean over the batch of minus the logarithm of the label's probability."""
    # one example twice: what is changed, handed back or used again shows there
    for n, n_classes in ((1, 4), (1, 4), (7, 3), (6, 2)):
        logits, labels = labelled(rng, n, n_classes)
        assert agrees(student, reference, "softmax_cross_entropy", logits, labels, member=0), (
            "The loss is wrong for logits of ordinary size. Each row is one example, with one label; the "
            f"mean is over the examples. {WHOLE}"
        )


@pytest.mark.exercise("softmax_cross_entropy")
def test_cross_entropy_knows_its_gradient(student, reference, rng):
    """The gradient is the derivative of that mean with respect to every logit."""
    for n, n_classes in ((7, 3), (1, 4), (6, 2)):
        logits, labels = labelled(rng, n, n_classes)
        assert agrees(student, reference, "softmax_cross_entropy", logits, labels, member=1), (
            "The gradient is wrong. In each row it is the probabilities with something taken off at the "
            f"label; a row adds up to 0. Then there is the mean's factor. {WHOLE}"
        )


@pytest.mark.exercise("softmax_cross_entropy", weight=2)
def test_cross_entropy_holds_far_out(student, reference, rng):
    """For logits of ±1000 and far beyond both are right, however small the label's probability."""
    logits = np.array([[1000.0, -1000.0, 970.0], [-1000.0, 0.0, 1000.0], [3.0, 1.0, 2.0]])
    logits = logits + rng.uniform(-1, 1, size=(3, 3))
    for size, labels in ((1, np.array([0, 2, 1])), (1, np.array([1, 0, 2])), (1e100, np.array([1, 0, 2]))):
        logits = size * logits
        got = student.softmax_cross_entropy(logits, labels)
        want = reference.softmax_cross_entropy(logits, labels)
        assert close(got[0], want[0]), (
            "For very large logits the loss is wrong. It grows with the distance of the logits, without a "
            "ceiling: no logarithm of a probability that has become 0, no exponential of 1000."
        )
        others = np.arange(3) != labels[:, None]  # where no 1 is taken off, tiny probabilities keep digits
        assert close(got[1], want[1]) and close(got[1][others], want[1][others], atol=0.0), (
            "For very large logits the gradient is wrong: it is the probabilities, none set to 0, with 1 "
            "taken off at the label, and all of it over the batch's size."
        )


@pytest.mark.exercise("softmax_cross_entropy")
def test_a_class_may_have_no_example(student, reference, rng):
    """There are as many classes as columns, also where a batch has no example of the last ones."""
    for labels in ([0, 0, 0], [0, 1, 1, 0, 2]):
        logits = rng.normal(size=(len(labels), 4)) * 2
        got = student.softmax_cross_entropy(logits, np.array(labels))
        assert close(got, reference.softmax_cross_entropy(logits, np.array(labels))), (
            "Where no label is the last class, loss or gradient is wrong. There are as many classes as "
            "logits has columns, whichever labels come."
        )
    alone = student.softmax_cross_entropy(rng.normal(size=(3, 1)), np.zeros(3, dtype=int))
    assert close(alone, (0.0, np.zeros((3, 1))), atol=1e-15), (
        "With a single class loss and gradient are not 0: its probability is 1. Nothing is added to the sum "
        "of exponentials."
    )
    logits, labels = rng.normal(size=(90, 200)), rng.integers(190, 200, size=90)
    want = reference.softmax_cross_entropy(logits, labels)
    for kind in (np.int64, np.uint8):
        assert close(student.softmax_cross_entropy(logits, labels.astype(kind)), want), (
            "With 200 classes loss or gradient is wrong, or they are where the labels are unsigned ints of 8 "
            "bits. Labels may be ints of any size: what is computed with them in 8 bits wraps at 128 or 256."
        )


@pytest.mark.exercise("softmax_cross_entropy")
def test_rows_do_not_meet(student, reference, rng):
    """A row's share does not depend on the other rows' logits; several calls in a row are right."""
    logits, labels = labelled(rng, 4, 3)
    shifts = rng.permutation([-2000.0, 0.0, 900.0, 2000.0])[:, None]
    got = student.softmax_cross_entropy(logits + shifts, labels)
    assert close(got, reference.softmax_cross_entropy(logits, labels), rtol=1e-8, atol=1e-10), (
        "A number added to all logits of a row changes neither loss nor gradient, and here one of the two is "
        "not what it should be. If both are right without it: which maximum is taken off, and along which "
        "axis is the sum?"
    )
    assert anew(student, reference, "softmax_cross_entropy", logits, labels), KEPT
    whole, far = rng.integers(4, size=(4, 3)).astype(float), 2.0**52 * np.array([[0.0], [1.0], [1.0], [-1.0]])
    got = student.softmax_cross_entropy(whole + far, labels)  # exact, of whole numbers
    assert close(got, reference.softmax_cross_entropy(whole, labels)), (
        "With logits near 1e16 loss or gradient is wrong. If both are right for smaller ones: is the row's "
        "maximum added back? What is left of a small number in the sum with a huge one?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "softmax_cross_entropy",
    (
        "exponentials_overflow",
        "The exponentials are taken of the logits as they come: at 1000 they are infinite. Take the row's "
        "maximum off first.",
        ("shifted = logits - np.max(logits, axis=1, keepdims=True)", "shifted = logits"),
    ),
    (
        "one_maximum_for_all_rows",
        "One maximum is taken from the whole batch: a row far below it has only zeros left, and their "
        "logarithm. Each row has its own.",
        ("np.max(logits, axis=1, keepdims=True)", "np.max(logits)"),
    ),
    (
        "logarithm_of_a_softmax",
        "The softmax comes first and its logarithm second, with a tiny number that saves it from 0. So "
        "the loss has a ceiling. Subtract the logarithm of the sum instead.",
        (
            "log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))",
            "probs = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)\n"
            "    log_probs = np.log(probs + 1e-300)",
        ),
    ),
    (
        "gradient_of_the_sum",
        "The gradient is that of the sum over the batch: the factor 1/B of the mean is missing in it.",
        ("(np.exp(log_probs) - one_hot) / len(labels)", "np.exp(log_probs) - one_hot"),
    ),
    (
        "label_not_taken_off",
        "The gradient is the probabilities alone. With respect to the label's own logit there is one term "
        "more.",
        ("(np.exp(log_probs) - one_hot)", "np.exp(log_probs)"),
    ),
    (
        "through_the_softmax_twice",
        "The gradient went through the softmax's Jacobian once more. Probabilities less one-hot is the "
        "derivative with respect to the logits already.",
        (
            "grad = (np.exp(log_probs) - one_hot) / len(labels)",
            "g = (np.exp(log_probs) - one_hot) / len(labels)\n    s = np.exp(log_probs)\n"
            "    grad = s * (g - np.sum(g * s, axis=1, keepdims=True))",
        ),
    ),
    (
        "along_the_batch",
        "The sum of exponentials goes along the batch, so that examples share their probability. It "
        "belongs to a row: the classes of one example.",
        ("np.sum(np.exp(shifted), axis=1, keepdims=True)", "np.sum(np.exp(shifted), axis=0, keepdims=True)"),
    ),
    (
        "sign_lost",
        "The loss is negative: the logarithm of a probability is at most 0, and minus makes it a cost.",
        ("float(-np.sum(", "float(np.sum("),
    ),
    (
        "classes_counted_by_the_labels",
        "The classes are counted by the largest label, and a batch without an example of the last class has "
        "one too few. There are as many as logits has columns.",
        ("np.eye(logits.shape[1])[labels]", "np.eye(np.max(labels) + 1)[labels]"),
    ),
    free={"logarithm_of_a_softmax": ("probs + {})", ("1e-300", *GUARDS))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "softmax_cross_entropy",
    (
        "sum_over_the_batch",
        "Right with the sum over the batch, as in torch's reduction='sum'. In this course losses are "
        "means over the batch, or the learning rate would depend on its size.",
        ("(np.exp(log_probs) - one_hot) / len(labels)", "np.exp(log_probs) - one_hot"),
        ("float(-np.sum(one_hot * log_probs) / len(labels))", "float(-np.sum(one_hot * log_probs))"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class CrossEntropyByRows:
    """Row by row through one's own softmax; the loss from the distance to the row's maximum."""

    def softmax_cross_entropy(logits, labels):
        losses, grad = [], np.zeros(logits.shape)
        for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
            grad[n] = softmax(row)
            grad[n, label] -= 1
            losses.append(np.max(row) - row[label] + np.log(np.exp(row - np.max(row)).sum()))
        return np.mean(losses), grad / len(labels)


class CrossEntropyByIndex:
    """Fancy indices; a 0-d array as the loss."""

    def softmax_cross_entropy(logits, labels):
        n = np.arange(len(labels))
        z = logits - logits.max(axis=1)[:, None]
        p = np.exp(z)
        sums = p.sum(axis=1)
        loss = np.array((np.log(sums) - z[n, labels]).sum() / len(n))
        p /= sums[:, None]
        p[n, labels] -= 1.0
        return loss, p * (1.0 / len(n))


class CrossEntropyFromTheLabel:
    """Shifts each row by its label's logit; np.logaddexp along the classes."""

    def softmax_cross_entropy(logits, labels):
        picked = np.take_along_axis(logits, labels[:, None], axis=1)
        costs = np.logaddexp.reduce(logits - picked, axis=1)
        grad = np.exp(logits - picked - costs[:, None])
        np.put_along_axis(grad, labels[:, None], np.expm1(-costs)[:, None], axis=1)
        return float(costs.mean()), grad / costs.size


VARIANTS = variants(
    "softmax_cross_entropy", CrossEntropyByRows, CrossEntropyByIndex, CrossEntropyFromTheLabel
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "softmax_cross_entropy",
    "softmax_cross_entropy(np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]]), np.array([2, 0]))",
    """
    logits = np.array([[0.0, 1000.0], [-1000.0, -1000.0]])
    softmax_cross_entropy(logits, np.array([0, 1]))
    """,
    "softmax_cross_entropy(np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]]), np.array([0, 0]))",
)
