"""Softmax and its Jacobian, `softmax`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, examples, mistakes, variants

from .shared import KEPT, WHOLE, agrees, anew

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("softmax", weight=2)
def test_softmax_follows_its_formula(student, reference, rng):
    """softmax is the exponentials over their sum, and so it is in several calls in a row."""
    student.softmax(1e4 + rng.normal(size=5))  # for the engine's story of side effects
    for z in (*(rng.normal(size=n) * 2 for n in (5, 2, 300, 1)), np.repeat(rng.normal(size=3), 2)):
        assert agrees(student, reference, "softmax", z), (
            "The values are not e^z over their sum: do they add up to 1, also where entries are equal? "
            f"Nothing is added to the sum. {WHOLE}"
        )
    assert anew(student, reference, "softmax", rng.normal(size=4)), KEPT


@pytest.mark.exercise("softmax", weight=2)
def test_softmax_holds_far_out(student, reference, rng):
    """At ±1000 and far beyond the values are right: the largest entry decides."""
    near = np.array([-1000.0, 1000.0, 999.0, 969.0, 997.5])
    alone = np.array([-1000.0, 1000.0, -998.0, -999.0])
    for z in (near, near + rng.uniform(2e4, 5e4), alone, -near - rng.uniform(2e4, 5e4)):
        z = rng.permutation(z)
        assert close(student.softmax(z), reference.softmax(z), atol=1e-15), (
            "For entries far above or far below 0 the values are wrong. The same number may be taken from "
            "all entries first: after which one can no exponential overflow and one of them is 1? What lies "
            "far below needs no limit, and is not set to 0: its share is what the formula gives, be it tiny."
        )


@pytest.mark.exercise("softmax", weight=2)
def test_the_jacobian_is_softmaxs(student, reference, rng):
    """J[i, j] is the derivative of output i with respect to input j, off the diagonal too."""
    for n in (5, 5, 2):  # one length twice: what is handed back or used again shows there
        assert agrees(student, reference, "softmax_jacobian", rng.normal(size=n) * 1.5), (
            "The Jacobian is wrong. On the diagonal stands s_i(1 - s_i), elsewhere -s_i·s_j: when one input "
            "grows, the others' shares fall. Differences over a small step have too few digits, and nothing "
            "may be left of an earlier call with as many entries."
        )
    assert anew(student, reference, "softmax_jacobian", rng.normal(size=4)), KEPT


@pytest.mark.exercise("softmax")
def test_the_jacobians_rows_cancel(student, reference, rng):
    """Moving all inputs alike changes nothing, so every row of the Jacobian adds up to 0, far out too."""
    near, sure = np.array([[1000.0, 999.0, 986.0, 998.0], [1000.0, 970.0, 978.0, 976.0]])
    for z in (rng.normal(size=4), near + rng.uniform(-1, 1, size=4), sure + rng.uniform(-1, 1, size=4)):
        J = student.softmax_jacobian(z)
        assert np.isfinite(J).all(), (
            "The Jacobian has entries that are no finite numbers, near 0 or far out. Its s is the softmax, "
            "with the shift that keeps exponentials from overflowing: take your own."
        )
        assert close(np.sum(J, axis=1), np.zeros(4), atol=1e-12), (
            "The rows do not add up to 0, though adding one number to all inputs changes no output."
        )
        assert close(J, reference.softmax_jacobian(z)), (
            "The rows add up to 0, but the Jacobian is wrong, near 0 or far out. Is its s the softmax of the "
            "entries as they are, are all its entries kept, and does it come from the formula, not from "
            "differences?"
        )
    assert close(student.softmax_jacobian(rng.normal(size=1)), np.zeros((1, 1)), atol=1e-15), (
        "With one class the Jacobian is not 0: its share is 1, whatever the input. Nothing is added to the "
        "sum of exponentials."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "softmax",
    (
        "exponentials_overflow",
        "The exponentials are taken of the entries as they come: at 1000 they are infinite. Take "
        "something from all entries first.",
        ("np.exp(z - np.max(z))", "np.exp(z)"),
    ),
    (
        "mean_taken_off",
        "The mean is taken from the entries: one far above it still overflows. After which shift is the "
        "largest exponential 1?",
        ("np.exp(z - np.max(z))", "np.exp(z - np.mean(z))"),
    ),
    (
        "jacobian_overflows",
        "The Jacobian has a softmax of its own, whose exponentials overflow. Take the softmax that is there.",
        ("s = softmax(z)", "s = np.exp(z) / np.sum(np.exp(z))"),
    ),
    (
        "entries_clipped",
        "The entries are clipped before their exponentials are taken, so that two which lie beyond the bound "
        "get the same share. After the largest has been taken off nothing needs to be clipped.",
        ("e = np.exp(z - np.max(z))", "z = np.clip(z, -1000, 1000)\n    e = np.exp(z - np.max(z))"),
    ),
    (
        "guard_in_the_sum",
        "A small number is added to the sum of exponentials, so that the shares do not add up to 1. After "
        "the largest entry has been taken off the sum is at least 1 and needs no guard.",
        ("e / np.sum(e)", "e / (np.sum(e) + 1e-8)"),
    ),
    (
        "divided_by_the_largest",
        "The exponentials are divided by the largest of them, so that they do not add up to 1.",
        ("e / np.sum(e)", "e / np.max(e)"),
    ),
    (
        "diagonal_only",
        "The Jacobian is diagonal, as for a function of each entry by itself. Every output depends on every "
        "input, through the sum.",
        ("np.diag(s) - np.outer(s, s)", "np.diag(s * (1 - s))"),
    ),
    (
        "others_grow_too",
        "Off the diagonal the Jacobian is positive. When one input grows, do the other shares rise or fall?",
        ("np.diag(s) - np.outer(s, s)", "np.diag(s + 2 * (-s * s)) + np.outer(s, s)"),
    ),
    (
        "jacobian_by_differences",
        "The Jacobian comes from differences of softmax, and is right to some digits only. The text's "
        "formula has all of them.",
        (
            "return np.diag(s) - np.outer(s, s)",
            "steps = 1e-5 * np.eye(len(z))\n"
            "    return np.stack([(softmax(z + h) - softmax(z - h)) / 2e-5 for h in steps], axis=1)",
        ),
    ),
    (
        "identity_for_the_diagonal",
        "The diagonal begins with 1 where it should begin with s_i. Differentiate e^z_i over the sum with "
        "respect to z_i once more.",
        ("np.diag(s) - np.outer(s, s)", "np.eye(len(s)) - np.outer(s, s)"),
    ),
    free={
        "guard_in_the_sum": ("np.sum(e) + {})", ("1e-8", *GUARDS[3:])),
        "entries_clipped": ("np.clip(z, -{0}, {0})", ("1000", "500", "700", "100", "1e4")),
    },
)


# --- Variants -----------------------------------------------------------------------------------------------


class SoftmaxByLogsumexp:
    """Through the logarithm of the sum, reduced by np.logaddexp; the Jacobian by broadcasting."""

    def softmax(z):
        return np.exp(z - np.logaddexp.reduce(z))

    def softmax_jacobian(z):
        s = softmax(z)
        return s[:, None] * (np.eye(len(s)) - s[None, :])


class SoftmaxByLoops:
    """One output, one input at a time."""

    def softmax(z):
        top = max(z.tolist())
        parts = [np.exp(t - top) for t in z.tolist()]
        return np.array([part / sum(parts) for part in parts])

    def softmax_jacobian(z):
        s, n = softmax(z), len(z)
        J = np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                J[i, j] = s[i] * ((i == j) - s[j])
        return J


class SoftmaxByDifferences:
    """Each share from the differences to all entries, infinite ones mended; the diagonal filled in last."""

    def softmax(z):
        with np.errstate(over="ignore"):
            return 1.0 / np.exp(z[None, :] - z[:, None]).sum(axis=1)

    def softmax_jacobian(z):
        s = softmax(z)
        J = -s[:, None] @ s[None, :]
        np.fill_diagonal(J, s * (1 - s))
        return J


VARIANTS = variants("softmax", SoftmaxByLogsumexp, SoftmaxByLoops, SoftmaxByDifferences)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "softmax",
    "softmax(np.array([0.0, 0.0, 3000.0]))",
    "softmax_jacobian(np.array([2e4, 2e4]))",
    "softmax(np.array([2e4, 1e5]))",
)
