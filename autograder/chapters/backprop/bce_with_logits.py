"""Binary cross-entropy, `bce_with_logits`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, conventions, examples, mistakes, variants

from .shared import KEPT, WHOLE, agrees, anew, off_zero

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("bce_with_logits")
def test_bce_is_the_logistic_loss(student, reference, rng):
    """The loss is the mean over the batch of the sum over outputs, for targets 0 and 1."""
    for ones, *shape in ((1, 1, 4), (0, 1, 4), (1, 5, 3), (1, 6, 1)):
        logits, targets = off_zero(rng, *shape) * 2, ones * (off_zero(rng, *shape) > 0).astype(float)
        assert agrees(student, reference, "bce_with_logits", logits, targets, member=0), (
            "The value is wrong for logits of ordinary size. Both answers count, yes by y and no by 1 - "
            f"y; the sum over outputs is divided by the batch alone. {WHOLE}"
        )


@pytest.mark.exercise("bce_with_logits")
def test_bce_knows_its_gradient(student, reference, rng):
    """The gradient is the derivative of the mean with respect to the logits."""
    for shape in ((5, 3), (1, 4), (6, 1)):
        logits, targets = off_zero(rng, *shape) * 2, (off_zero(rng, *shape) > 0).astype(float)
        assert agrees(student, reference, "bce_with_logits", logits, targets, member=1), (
            "The gradient is wrong. Differentiate the second form in the text: with the sigmoid "
            "inside the loss its slope cancels. Which way does the loss grow, and what is the mean's "
            f"factor? {WHOLE}"
        )


@pytest.mark.exercise("bce_with_logits", weight=2)
def test_bce_holds_far_out(student, reference, rng):
    """For logits of ±1000 and far beyond the loss is large and finite, and so is every term."""
    near = np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [50.0, -60.0]]) * rng.uniform(
        0.8, 1.0, size=(3, 2)
    )
    zeros, ones = np.zeros((3, 2)), np.ones((3, 2))
    for logits, targets in ((near, zeros), (near, ones), (1e150 * near, zeros), (1e150 * near, ones)):
        got, want = student.bce_with_logits(logits, targets), reference.bce_with_logits(logits, targets)
        assert close(got[0], want[0]), (
            "For very large logits the loss is not what it should be: a wrong answer of logit z costs "
            "|z|. Is a logarithm taken of 0, or an exponential of 1000? To clip hides it and loses the "
            "slope."
        )
        assert close(got[1], want[1], atol=1e-15), (
            "For very large logits the gradient is not what it should be: it is σ(z) - y over the batch "
            "size, with z as it is. Neither z nor a small gradient is cut off."
        )
    sure = rng.uniform(21.0, 24.0, size=(2, 3)) * [[1, -1, 1], [-1, 1, 1]]
    got, want = (side.bce_with_logits(sure, (sure > 0).astype(float)) for side in (student, reference))
    assert close(got, want), (
        "For answers that are right and sure, at logits between 20 and 25, the loss or the gradient is "
        "another: both are small there and not 0. log(1 + e^-|z|) needs no limit from which on it is "
        "left out."
    )


@pytest.mark.exercise("bce_with_logits")
def test_bce_takes_soft_targets(student, reference, rng):
    """A target may be any probability, whatever the logit; several calls in a row are right."""
    logits, targets = rng.normal(size=(4, 3)) * 2, rng.uniform(0.05, 0.95, size=(4, 3))
    logits[0], logits[1] = 500 * logits[0], 0.0
    got, want = student.bce_with_logits(logits, targets), reference.bce_with_logits(logits, targets)
    assert close(got, want), (
        "For targets between 0 and 1 loss or gradient is wrong. If both are right for targets of 0 and 1: y "
        "and 1 - y weigh the two terms, whatever y is, and whatever the logit: large, small or 0."
    )
    assert anew(student, reference, "bce_with_logits", logits, targets / 2), KEPT


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "bce_with_logits",
    (
        "logarithm_of_the_sigmoid",
        "The loss takes the logarithm of a sigmoid that has become 0 or 1: infinite or NaN for large logits. "
        "Use the form in which only log(1 + e^-|z|) occurs.",
        (
            "terms = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
            's = activation(logits, "sigmoid")\n'
            "    terms = -targets * np.log(s) - (1 - targets) * np.log(1 - s)",
        ),
    ),
    (
        "clipped",
        "The probabilities are clipped before the logarithm is taken: the loss of a very wrong answer has a "
        "ceiling, and no longer fits its gradient. The form with log(1 + e^-|z|) needs no clipping.",
        (
            "terms = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
            's = np.clip(activation(logits, "sigmoid"), 1e-12, 1 - 1e-12)\n'
            "    terms = -targets * np.log(s) - (1 - targets) * np.log(1 - s)",
        ),
    ),
    (
        "logits_clipped",
        "The logits are clipped first: beyond that bound the loss of a very wrong answer no longer grows. "
        "The form with log(1 + e^-|z|) needs no clipping.",
        (
            "terms = np.maximum",
            "bound = 1000\n    logits = np.clip(logits, -bound, bound)\n    terms = np.maximum",
        ),
    ),
    (
        "exponential_of_the_logit",
        "log(1 + e^z) is infinite for a logit of 1000. The maximum with 0 is taken out first, and what is "
        "left is an exponential of -|z|.",
        (
            "np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
            "np.log1p(np.exp(logits)) - logits * targets",
        ),
    ),
    (
        "absolute_value_left_out",
        "The exponential is of -z and not of -|z|: for a negative logit the loss has |z| too much, and for "
        "one far below 0 it is infinite.",
        ("np.log1p(np.exp(-np.abs(logits)))", "np.log1p(np.exp(-logits))"),
    ),
    (
        "through_the_sigmoid_twice",
        "The gradient has the sigmoid's slope as another factor. In the derivative with respect to the logit "
        "it cancels with the logarithm's: what is left is a plain difference.",
        (
            'grad = (activation(logits, "sigmoid") - targets) / len(logits)',
            's = activation(logits, "sigmoid")\n    grad = (s - targets) * s * (1 - s) / len(logits)',
        ),
    ),
    (
        "gradient_of_the_sum",
        "The gradient is that of the sum over the batch: the factor 1/B of the mean is missing in it.",
        ("- targets) / len(logits)", "- targets)"),
    ),
    (
        "from_the_target",
        "The gradient has the wrong sign: where the probability is above the target the loss grows with the "
        "logit.",
        ('(activation(logits, "sigmoid") - targets)', '(targets - activation(logits, "sigmoid"))'),
    ),
    (
        "only_the_yes",
        "Only the term with the target y is there: a no costs nothing, whatever was predicted. The other "
        "term has 1 - y.",
        (
            "np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
            "targets * np.logaddexp(0.0, -logits)",
        ),
    ),
    (
        "targets_rounded",
        "Targets between 0 and 1 are rounded to a yes or a no. They are weights of the two terms and may "
        "have any value between.",
        ("terms = np.maximum", "targets = np.round(targets)\n    terms = np.maximum"),
    ),
    free={
        "clipped": ("{0}, 1 - {0}", ("1e-12", *GUARDS)),
        "logits_clipped": ("bound = {}", ("1000", "500", "700", "100", "1e4", "1e5")),
    },
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "bce_with_logits",
    (
        "mean_over_outputs_too",
        "Right with the mean over batch and outputs, as in torch.nn.BCEWithLogitsLoss. In this course losses "
        "add up over outputs: the text divides by the size of the batch alone.",
        ("- targets) / len(logits)", "- targets) / np.size(logits)"),
        ("np.sum(terms) / len(logits)", "np.mean(terms)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class BceByLogaddexp:
    """log(1 + e^z) by np.logaddexp; the sigmoid from it."""

    def bce_with_logits(logits, targets):
        softplus = np.logaddexp(0.0, logits)
        grad = np.exp(logits - softplus) - targets
        return (softplus - targets * logits).sum(axis=1).mean(), grad / logits.shape[0]


class BceByBranches:
    """Two branches by the logit's sign, number by number."""

    def bce_with_logits(logits, targets):
        import math

        total, grad = 0.0, np.empty(logits.shape)
        for place in np.ndindex(*logits.shape):
            z, y = float(logits[place]), float(targets[place])
            small = math.exp(-abs(z))
            total += math.log1p(small) + ((1 - y) * z if z > 0 else -y * z)
            grad[place] = (1 / (1 + small) if z > 0 else small / (1 + small)) - y
        return total / len(logits), grad / len(logits)


class BceByBothSides:
    """Yes and no by one function of the signed logit; takes the mean in the weights."""

    def bce_with_logits(logits, targets):
        def cost(z):
            return np.where(z > 0, 0.0, -z) + np.log1p(np.exp(-np.abs(z)))

        yes, no = targets / len(targets), (1 - targets) / len(targets)
        p = (1 + np.tanh(logits / 2)) / 2
        return np.sum(yes * cost(logits) + no * cost(-logits)), no * p - yes * (1 - p)


VARIANTS = variants("bce_with_logits", BceByLogaddexp, BceByBranches, BceByBothSides)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "bce_with_logits",
    "bce_with_logits(np.array([[2.0, -1.0]]), np.array([[0.25, 0.25]]))",
    "bce_with_logits(np.array([[3e6]]), np.array([[0.0]]))",
)
