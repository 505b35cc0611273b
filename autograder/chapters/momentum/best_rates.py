"""The best rates, `best_rates`: hidden checks, variants."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from .shared import numbers

# --- Checks -------------------------------------------------------------------------------------------------


def slowest(lr: float, momentum: float, lam_min: float, lam_max: float) -> float:
    """What momentum leaves of a distance in an update, in the slowest direction and the long run.

    The absolutely largest root of z² - (1 + μ - ηλ)z + μ, over curvatures between the two.
    """
    trace = 1 + momentum - lr * np.linspace(lam_min, lam_max, 201)
    root = np.sqrt((trace**2 - 4 * momentum).astype(complex))
    return float(np.abs([trace + root, trace - root]).max() / 2)


BOUNDS = [(0.4, 2.0), (1.0, 100.0), (3.0, 50.0)]


def bounds(rng):
    return [(low * float(rng.uniform(0.8, 1.2)), high * float(rng.uniform(0.9, 1.5))) for low, high in BOUNDS]


@pytest.mark.exercise("best_rates")
def test_descent_is_equally_slow_at_both_ends(student, rng):
    """By descent's best rate the flattest and the steepest direction shrink alike, one of them to and fro."""
    for low, high in bounds(rng):
        rate = student.best_rates(low, high)[0]
        assert close(1 - rate * low, -(1 - rate * high), rtol=1e-8), (
            "At descent's best rate the factors 1 - ηλ of the two ends are equal but for their sign: a "
            "larger rate overshoots more at the steep end, a smaller one is slower at the flat end."
        )


@pytest.mark.exercise("best_rates", weight=2)
def test_momentum_is_critically_damped_at_both_ends(student, rng):
    """At momentum's best pair both ends are just about to swing: their recursions have double roots."""
    for low, high in bounds(rng):
        _, lr, mu = student.best_rates(low, high)
        root = 2 * np.sqrt(max(mu, 0.0))
        assert 0 < mu < 1 and close((1 + mu - lr * low, 1 + mu - lr * high), (root, -root), rtol=1e-7), (
            "Along curvature λ momentum's recursion is z² - (1 + μ - ηλ)z + μ = 0. At the best pair it has a "
            "double root for both bounds, of opposite signs. Check the roots and the squares in your two "
            "formulas."
        )


@pytest.mark.exercise("best_rates")
def test_no_pair_beside_it_is_faster(student, rng):
    """Neither more nor less of the rate, nor of momentum, leaves less of the slowest direction."""
    for low, high in bounds(rng):
        _, lr, mu = student.best_rates(low, high)
        best = slowest(lr, mu, low, high)
        beside = [
            slowest(lr * a, mu * b, low, high) for a in (0.95, 1.0, 1.05) for b in (0.97, 1.0, 1.03) if a != b
        ]
        assert 0 < best < 1 and all(best < other for other in beside), (
            "With a little more or less of the rate or of momentum the slowest direction gets faster: this "
            "pair is not the best one. Is it the pair for the plain form?"
        )


@pytest.mark.exercise("best_rates")
def test_rates_have_the_unit_of_one_over_curvature(student, rng):
    """With every curvature a hundred times as large both rates are a hundredth, and momentum stays."""
    (low, high), factor = bounds(rng)[1], 100.0
    first, second = (student.best_rates(low * scale, high * scale) for scale in (1.0, factor))
    want = (first[0] / factor, first[1] / factor, first[2])
    assert min(first) > 0 and close(second, want), (
        "Stretch the surface: curvatures grow by a factor, and rates must shrink by it, while momentum is a "
        "mere number. Which of your three formulas does not scale so?"
    )


@pytest.mark.exercise("best_rates")
def test_a_round_bowl_needs_no_momentum(student, rng):
    """Where all curvatures are equal both rates are one over the curvature, and momentum is zero."""
    for lam in numbers(rng, 0.2, 5.0, 3):
        assert close(student.best_rates(lam, lam), (1 / lam, 1 / lam, 0.0)), (
            "In a round bowl one step of descent arrives: both rates are one over the curvature, and what "
            "rolls on would only overshoot."
        )


@pytest.mark.exercise("best_rates", weight=2)
def test_the_three_rates_are_polyaks(student, reference, rng):
    """For narrow and for wide valleys the three numbers are those of the text."""
    u = float(rng.uniform(1.0, 10.0))
    low = int(rng.integers(2, 5))
    whole = (low, low * int(rng.integers(2, 4)) + 1)  # of which neither divides the other
    for low, high in [*bounds(rng), whole, (1e-4, u), (1.0, 1e6 * u), (1e-10, 9e-10 * u)]:
        assert close(student.best_rates(low, high), reference.best_rates(low, high)), (
            "At least one of the three numbers is another than the text's. Take them one by one for "
            "curvatures whose roots are whole, by hand."
        )
    for low, high in [(1e-200, 9e-200 * u), (1e200, 4e200 * u), (1e-4, 1e10 * u), (u, u * (1 + 1e-5))]:
        got, want = (side.best_rates(low, high) for side in (student, reference))
        assert close(got, want, rtol=1e-7, atol=0.0), (
            "For very large or very small curvatures, for very different or nearly equal ones, a number is "
            "another than the text's. No bound and no rounding stands in the formulas. A square that is "
            "multiplied out loses its digits where the two are nearly equal, and a product of the two may "
            "overflow or become 0, as high powers do: take the roots first, and square last."
        )


# --- Variants -----------------------------------------------------------------------------------------------


class RatesByKappa:
    """By κ, and the rate by way of the momentum."""

    def best_rates(lam_min, lam_max):
        root = np.sqrt(lam_max / lam_min)
        momentum = ((root - 1) / (root + 1)) ** 2
        return 2 / lam_min / (1 + root**2), (1 + np.sqrt(momentum)) ** 2 / lam_max, momentum


class RatesUpsideDown:
    """κ the other way round, which is the same; a list of numbers that are arrays."""

    def best_rates(lam_min, lam_max):
        q = (lam_min / lam_max) ** 0.5
        return [
            np.array(2 / (lam_min + lam_max)),
            np.array(4 / lam_max / (1 + q) ** 2),
            np.array(((q - 1) / (q + 1)) ** 2),
        ]


class RatesFromTheEnds:
    """Solves for what the ends demand: equal factors, and double roots of opposite signs."""

    def best_rates(lam_min, lam_max):
        lr_gd, _ = np.linalg.solve(np.array([[lam_min, 1.0], [lam_max, -1.0]]), [1.0, 1.0])
        # 1 + √μ = √(lr·lam_max) and 1 - √μ = √(lr·lam_min)
        root_lr, root_mu = np.linalg.solve(
            np.array([[lam_max**0.5, -1.0], [lam_min**0.5, 1.0]]), np.array([1.0, 1.0])
        )
        return lr_gd, root_lr**2, root_mu**2


VARIANTS = variants("best_rates", RatesByKappa, RatesUpsideDown, RatesFromTheEnds)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "best_rates",
    "best_rates(1.0, 4.0)",
    """
    best_rates(2.0, 4.5)
    """,
    """
    best_rates(1e-10, 9e-10)
    """,
    """
    best_rates(1.0, 1e6)
    """,
)
