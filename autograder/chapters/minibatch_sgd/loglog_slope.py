"""Slopes on logarithmic axes, `loglog_slope`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

# --- Checks -------------------------------------------------------------------------------------------------


def curve(rng, count, repeats=0):
    """Unevenly spaced k in any order, and values that bend and scatter around a falling power.

    The first k comes ``repeats`` more times, each time with a value of its own.
    """
    k = rng.permutation(np.unique(rng.integers(1, 1500, size=count)))
    k[1 : 1 + repeats] = k[0]
    return k, 3.0 * (1 / k + 4 / k**2) * np.exp(rng.normal(size=k.size) * 0.3)


def standing_out(k, least):
    """Values that are all the same but for one: that at ``least`` is larger."""
    return np.where(k == least, 7, 2)


def tilt(k, least):
    """The slope of the line through those of them with k from ``least`` on."""
    x = np.log(k[k >= least])
    return np.log(3.5) * (np.log(least) - x.mean()) / np.sum((x - x.mean()) ** 2)


@pytest.mark.exercise("loglog_slope")
def test_a_power_has_its_exponent_as_slope(student, rng):
    """Values that fall or grow as a power of k have that power as their slope."""
    for power in (-float(rng.uniform(0.3, 1.9)), float(rng.uniform(0.3, 1.9)), -12.5, 0.0):
        k = rng.permutation(np.arange(2, 40))
        got = student.loglog_slope(k, float(rng.uniform(2, 9)) * k**power, k_min=3)
        assert close(got, power, rtol=1e-8), (
            "On logarithmic axes a power of k is a straight line, and its slope is the exponent, with its "
            "sign, however steep. Which of the two logarithms belongs to the vertical axis, has the line an "
            "intercept, and is anything divided by the spread of the values, which may all be the same?"
        )
        got = student.loglog_slope(np.array([8, 2]), np.array([8.0, 2.0]) ** power, k_min=1)
        assert close(got, power), (
            "Through two points, too, there is a line, and its slope is the exponent, not rounded, and 0 "
            "where the values are the same: is anything divided by their spread?"
        )


@pytest.mark.exercise("loglog_slope", weight=2)
def test_all_points_weigh_the_same(student, reference, rng):
    """Through scattered points goes the least-squares line, in which each weighs the same."""
    k, values = curve(rng, 40)
    assert close(student.loglog_slope(k, values, k_min=1), reference.loglog_slope(k, values, k_min=1)), (
        "Through points that scatter the line is not the least-squares one: every point counts alike, "
        "however unevenly the k lie, and in whatever order they come."
    )
    for least in (0, -float(rng.uniform(0.5, 3.0))):
        got = student.loglog_slope(k, values, k_min=least)
        assert close(got, reference.loglog_slope(k, values, k_min=1)), (
            "With a k_min of 0 or below all points take part, as with 1. k_min is compared with k itself: it "
            "need not have a logarithm."
        )
    k, values = curve(rng, 12, repeats=5)
    values[1] = values[0]  # one of the points twice
    assert close(student.loglog_slope(k, values, k_min=1), reference.loglog_slope(k, values, k_min=1)), (
        "The line is another where several points have the same k. Each of them is a point like any other, "
        "with its own value, also where that too is the same."
    )
    k = 10**7 + rng.permutation(100)[:30]  # late in a run
    values = (k / 1e7) ** -1.5 * np.exp(1e-6 * rng.normal(size=30))
    for least in (10**7, 10**7 + 40):
        want = reference.loglog_slope(k, values, k_min=least)
        assert close(student.loglog_slope(k, values, k_min=least), want, rtol=1e-5), (
            "Where the k are large, close together and in no order the line is another. Are the means taken "
            "off before anything is squared or multiplied? Sums of products of the logarithms as they are "
            "differ there by little more than rounding. Is k_min compared with each k, exactly and without "
            "a tolerance, and is anything added below the line?"
        )


@pytest.mark.exercise("loglog_slope", weight=2)
def test_points_from_k_min_on_take_part(student, rng):
    """Points before k_min play no part, and the one at k_min does."""
    power, bend = -float(rng.uniform(0.4, 0.9)), int(rng.integers(8, 15))
    k = rng.permutation(np.arange(1, 30))
    early = np.where(k < bend, 50.0, 2.0 * k**power)
    assert close(student.loglog_slope(k, early, k_min=bend), power, rtol=1e-8), (
        "With points below k_min the slope is not what it should be. They take no part: k_min is a value of "
        "k, not a place in the array, and the points come in any order."
    )
    assert close(student.loglog_slope(k, standing_out(k, bend), k_min=bend), tilt(k, bend), rtol=1e-8), (
        "Only the point at k_min stands out here, and the line does not show it as it should: k_min itself "
        "takes part, as one point of many."
    )
    parts = rng.permutation(np.concatenate([np.arange(1, 20) + 0.25, np.arange(1, 20) + 0.75]))
    early = np.where(parts < bend + 0.5, 50.0, 2.0 * parts**power)
    got = student.loglog_slope(parts, early, k_min=bend + 0.5)
    least = student.loglog_slope(parts, standing_out(parts, bend + 0.75), k_min=bend + 0.5)
    assert close([got, least], [power, tilt(parts, bend + 0.75)], rtol=1e-8), (
        "Where k and k_min are fractions, other points take part than those from k_min on. Compare the "
        "numbers as they are: neither needs to be whole."
    )


@pytest.mark.exercise("loglog_slope")
def test_units_do_not_matter(student, rng):
    """Values in another unit, and k in another, leave the slope as it is."""
    k, values = curve(rng, 30)
    slope = student.loglog_slope(k, values, k_min=5)
    assert slope < -0.2, "These values fall with k: their slope is negative."
    scaled = student.loglog_slope(k, 1e-200 * values, k_min=5)
    stretched, shrunk = (student.loglog_slope(unit * k, values, k_min=unit * 5) for unit in (2.5, 2.0**-20))
    assert close([scaled, stretched, shrunk], [slope] * 3, rtol=1e-8), (
        "The slope has changed with the unit of values or of k. A factor only shifts the line: are both "
        "logarithms taken, of the whole value however small, is the intercept free, and do k below 1 take "
        "part?"
    )
    far = student.loglog_slope(np.array([2, 4, 8]), np.array([1e200, 1.0, 1e-200]), k_min=2)
    assert close(far, -200 * float(np.log2(10.0)), rtol=1e-8), (
        "Between values that are very large and very small the slope is another. Their quotients and "
        "products need not be numbers any more: take the logarithm of each value by itself."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "loglog_slope",
    "loglog_slope(np.array([8, 1, 2, 3]), np.array([1.0, 9.0, 8.0, 3.0]), k_min=2)",
    "loglog_slope(np.array([1.5, 2.75, 4.0, 4.0]), np.array([9.0, 1e-6, 2e-7, 4e-7]), k_min=2.5)",
    """
    k = 10**7 + np.array([0, 10, 40])
    round(float(loglog_slope(k, (k / 1e7) ** -1.5, k_min=1)), 4)
    """,
)
