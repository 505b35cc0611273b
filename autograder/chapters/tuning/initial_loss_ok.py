"""The first loss, `initial_loss_ok`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import examples, mistakes, variants

from .shared import NAN

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("initial_loss_ok", weight=2)
def test_the_loss_of_guessing_is_log_c(student, rng):
    """Losses close to the natural logarithm of the number of classes are right, others are not."""
    for n_classes in (2, 3, 10, 57, 10**6):
        guess = np.log(n_classes)
        near = [student.initial_loss_ok(float(guess * factor), n_classes) for factor in (1.0, 0.93, 1.07)]
        far = [
            student.initial_loss_ok(float(guess * factor), n_classes) for factor in (-1.0, 0.0, 0.7, 1.3, 3.0)
        ]
        assert near == [True] * 3 and far == [False] * 5, (
            "Guessing among C classes has the loss log C, the natural logarithm. A first loss is right "
            "within the tolerance to either side, and wrong beyond: too low as well as too high. It is taken "
            "with its sign, and there may be a million classes."
        )


@pytest.mark.exercise("initial_loss_ok", weight=2)
def test_the_tolerance_is_a_share_of_log_c(student, rng):
    """rtol is a share of log C, on both sides, and it is the caller's."""
    for n_classes, least in ((2, 0.2), (300, 0.6)):
        rtol, guess = float(rng.uniform(least, least + 0.3)), np.log(n_classes)
        inside = [float(guess * (1 + sign * 0.99 * rtol)) for sign in (-1, 1)]
        outside = [float(guess * (1 + sign * 1.01 * rtol)) for sign in (-1, 1)]
        assert [student.initial_loss_ok(loss, n_classes, rtol=rtol) for loss in (*inside, *outside)] == [
            True,
            True,
            False,
            False,
        ], (
            "Close to the edge of the tolerance the answer is another one. It is rtol times log C, for "
            "losses above and below, for two classes too: not a fixed number, and not a share of the loss."
        )
    off = (1 - 1e-10, 1 + 1e-10)
    near = [student.initial_loss_ok(float(guess * factor), n_classes, rtol=0.0) for factor in off]
    assert near == [False, False], "With rtol = 0 only log C itself is right."
    edges = [student.initial_loss_ok(float(loss), 2, rtol=1.0) for loss in (0.0, 2 * np.log(2))]
    assert edges == [True, True], "Both edges of the tolerance belong to it: at most rtol times log C."
    wide = [student.initial_loss_ok(float(guess * share), n_classes, rtol=2.0) for share in (-0.5, 2.5)]
    assert wide == [True, True], (
        "rtol may be above 1: it is not cut, and then a loss below 0 is close enough."
    )


@pytest.mark.exercise("initial_loss_ok")
def test_a_loss_that_is_no_number_is_not_right(student, rng):
    """NaN and infinity are not the loss of guessing, log C itself is."""
    n_classes = int(rng.integers(5, 50))
    losses = (NAN, float("inf"), float("-inf"), float(np.log(n_classes)))
    got = [student.initial_loss_ok(loss, n_classes, rtol=0.5) for loss in losses]
    assert got == [False, False, False, True], (
        "A first loss of NaN or infinity passed, or log C itself did not. No comparison with NaN is true."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


GUESS, WITHIN = "guess = np.log(n_classes)", "return bool(abs(loss - guess) <= rtol * guess)"

MISTAKES = mistakes(
    "initial_loss_ok",
    (
        "logarithm_to_two",
        "The logarithm is that of base two: bits. Cross-entropy is measured with the natural one.",
        (GUESS, "guess = np.log2(n_classes)"),
    ),
    (
        "share_of_hits",
        "The loss is compared with 1/C, the probability of guessing right. The loss of guessing is minus its "
        "logarithm.",
        (GUESS, "guess = 1 / n_classes"),
    ),
    (
        "low_passes",
        "A loss that is too low passes. Before the first update that is as suspicious as one too high: "
        "perhaps the labels leak.",
        (WITHIN, "return bool(loss <= (1 + rtol) * guess)"),
    ),
    (
        "high_passes",
        "A loss that is too high passes: that is the usual fault, a last layer that starts too large.",
        (WITHIN, "return bool(loss >= (1 - rtol) * guess)"),
    ),
    (
        "fixed_tolerance",
        "rtol is taken as it is, in units of the loss. It is a share of log C.",
        (WITHIN, "return bool(abs(loss - guess) <= rtol)"),
    ),
    (
        "share_of_the_loss",
        "The tolerance is a share of the loss that is tested, so that it grows with the fault. It is a "
        "share of log C.",
        (WITHIN, "return bool(abs(loss - guess) <= rtol * abs(loss))"),
    ),
    (
        "tolerance_ignored",
        "The tolerance is ten per cent whatever rtol says.",
        (WITHIN, "return bool(abs(loss - guess) <= 0.1 * guess)"),
    ),
    (
        "nan_passes",
        "NaN passes, since it is not *more* than the tolerance away: no comparison with NaN is true. Ask for "
        "what is right, not for what is wrong.",
        (WITHIN, "return not abs(loss - guess) > rtol * guess"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class BetweenBounds:
    """Two bounds and a chained comparison; a NumPy bool comes back."""

    def initial_loss_ok(loss, n_classes, *, rtol=0.1):
        low, high = (1 - rtol) * np.log(n_classes), (1 + rtol) * np.log(n_classes)
        return np.logical_and(low <= loss, loss <= high)


class OfTheQuotient:
    """The quotient's distance from one, by math.log."""

    def initial_loss_ok(loss, n_classes, *, rtol=0.1):
        import math

        return abs(loss / math.log(n_classes) - 1) <= rtol


class ByIsclose:
    """np.isclose with log C as its second argument and no absolute part."""

    def initial_loss_ok(loss, n_classes, *, rtol=0.1):
        return bool(np.isclose(loss, -np.log(1 / n_classes), rtol=rtol, atol=0.0))


VARIANTS = variants("initial_loss_ok", BetweenBounds, OfTheQuotient, ByIsclose)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "initial_loss_ok",
    '[initial_loss_ok(loss, 100) for loss in (4.9, 5.1, float("nan"))]  # log(100) is 4.605',
    "initial_loss_ok(6.0, 100, rtol=0.5)",
)
