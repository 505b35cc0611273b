"""Slopes on logarithmic axes, `loglog_slope`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


def curve(rng, count):
    """Unevenly spaced k in any order, and values that bend and scatter around a falling power."""
    k = rng.permutation(np.unique(rng.integers(1, 1500, size=count)))
    return k, 3.0 * (1 / k + 4 / k**2) * np.exp(rng.normal(size=k.size) * 0.3)


@pytest.mark.exercise("loglog_slope")
def test_a_power_has_its_exponent_as_slope(student, rng):
    """Values that fall or grow as a power of k have that power as their slope."""
    for power in (-float(rng.uniform(0.3, 1.9)), float(rng.uniform(0.3, 1.9))):
        k = rng.permutation(np.arange(2, 40))
        got = student.loglog_slope(k, float(rng.uniform(2, 9)) * k**power, k_min=3)
        assert close(got, power, rtol=1e-8), (
            "On logarithmic axes a power of k is a straight line, and its slope is the exponent, with its "
            "sign. Which of the two logarithms belongs to the vertical axis, and has the line an "
            "intercept?"
        )


@pytest.mark.exercise("loglog_slope", weight=2)
def test_all_points_weigh_the_same(student, reference, rng):
    """Through scattered points goes the least-squares line, in which each weighs the same."""
    k, values = curve(rng, 40)
    assert close(student.loglog_slope(k, values, k_min=1), reference.loglog_slope(k, values, k_min=1)), (
        "Through points that scatter the line is not the least-squares one: every point counts alike, "
        "however unevenly the k lie, and in whatever order they come."
    )


@pytest.mark.exercise("loglog_slope", weight=2)
def test_points_from_k_min_on_take_part(student, rng):
    """Points before k_min play no part, and the one at k_min does."""
    power, bend = -float(rng.uniform(0.4, 0.9)), int(rng.integers(8, 15))
    k = rng.permutation(np.arange(1, 30))
    early = np.where(k < bend, 50.0, 2.0 * k**power)
    assert close(student.loglog_slope(k, early, k_min=bend), power, rtol=1e-8), (
        "Points with k below k_min have moved the line. k_min is a value of k, not a place in the array, "
        "and the points come in any order."
    )
    tail = np.where(k == bend, 7.0, 2.0)
    x = np.log(k[k >= bend])
    want = np.log(3.5) * (np.log(bend) - x.mean()) / np.sum((x - x.mean()) ** 2)
    assert close(student.loglog_slope(k, tail, k_min=bend), want, rtol=1e-8), (
        "Only the point at k_min stands out here, and the line does not show it as it should: k_min itself "
        "takes part, as one point of many."
    )


@pytest.mark.exercise("loglog_slope")
def test_units_do_not_matter(student, rng):
    """Values in another unit, and k in another, leave the slope as it is."""
    k, values = curve(rng, 30)
    slope = student.loglog_slope(k, values, k_min=5)
    assert slope < -0.2, "These values fall with k: their slope is negative."
    scaled = student.loglog_slope(k, 1e-12 * values, k_min=5)
    stretched = student.loglog_slope(2.5 * k, values, k_min=2.5 * 5)
    assert close([scaled, stretched], [slope, slope], rtol=1e-8), (
        "The slope has changed with the unit of values or of k. A factor only shifts the line: are both "
        "logarithms taken, of the whole value, and is the intercept free?"
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


KEEP = "keep = k >= k_min"
LOGS = "x, y = np.log(k[keep]), np.log(values[keep])"
SLOPE = "return np.sum(x * y) / np.sum(x**2)"


class MeanOfLocalSlopes:
    def loglog_slope(k, values, *, k_min):
        keep = np.argsort(k)
        keep = keep[k[keep] >= k_min]
        return np.mean(np.diff(np.log(values[keep])) / np.diff(np.log(k[keep])))


class EndToEnd:
    def loglog_slope(k, values, *, k_min):
        keep = np.argsort(k)
        keep = keep[k[keep] >= k_min]
        x, y = np.log(k[keep]), np.log(values[keep])
        return (y[-1] - y[0]) / (x[-1] - x[0])


class PowerFitted:
    def loglog_slope(k, values, *, k_min):
        keep = k >= k_min
        x, y, weight = np.log(k[keep]), np.log(values[keep]), values[keep] ** 2
        x = x - np.average(x, weights=weight)
        return np.sum(weight * x * y) / np.sum(weight * x**2)


MISTAKES = mistakes(
    "loglog_slope",
    (
        "k_min_left_out",
        "The point at k_min itself is left out. The smallest k that takes part is k_min.",
        (KEEP, "keep = k > k_min"),
    ),
    (
        "k_min_as_a_place",
        "k_min is used as a place in the array. It is a value of k, and the points come in any order.",
        (KEEP, "keep = slice(int(k_min), None)"),
    ),
    (
        "all_points",
        "All points take part, the early ones too, where the power law does not hold yet. Look at k_min.",
        (KEEP, "keep = k > 0"),
    ),
    (
        "only_one_logarithm",
        "The logarithm of k is missing: this is the slope on half-logarithmic axes, where an exponential "
        "and not a power is straight.",
        (LOGS, "x, y = k[keep], np.log(values[keep])"),
    ),
    (
        "values_not_logged",
        "The logarithm of the values is missing, so that the slope changes with their unit. Both axes are "
        "logarithmic.",
        (LOGS, "x, y = np.log(k[keep]), values[keep]"),
    ),
    (
        "two_bases",
        "The two logarithms have different bases, one natural and one to base ten or two. The slope is "
        "that of one and the same logarithm.",
        (LOGS, "x, y = np.log10(k[keep]), np.log(values[keep])"),
    ),
    (
        "no_intercept",
        "The line is forced through the origin, where k and the value are one. It has an intercept of its "
        "own: what must be taken off before the products?",
        ("x = x - np.mean(x)", "x = x * 1.0"),
    ),
    (
        "axes_swapped",
        "The axes are swapped: this is the slope of log k over log value. What is explained by what?",
        (SLOPE, "return np.sum(x * y) / np.sum((y - np.mean(y)) ** 2)"),
    ),
    (
        "first_and_last_point",
        "Only the first and the last point count. Least squares asks all of them, and none as much as that.",
        EndToEnd,
    ),
    (
        "mean_of_local_slopes",
        "Slopes from each point to the next are averaged. Near neighbours then count as much as far ones, "
        "and their noise more: fit one line to all points.",
        MeanOfLocalSlopes,
    ),
    (
        "sign_turned",
        "The exponent comes without its sign: values that fall have a negative slope.",
        (SLOPE, "return -np.sum(x * y) / np.sum(x**2)"),
    ),
    (
        "large_values_weigh_more",
        "Points with large values weigh more, as if the power law were fitted to the values themselves. On "
        "the logarithms all weigh the same.",
        PowerFitted,
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ByPolyfit:
    """numpy.polyfit of base-10 logarithms."""

    def loglog_slope(k, values, *, k_min):
        chosen = np.flatnonzero(k >= k_min)
        return np.polyfit(np.log10(k[chosen]), np.log10(values[chosen]), 1)[0]


class ByLstsq:
    """A design matrix with a column of ones and numpy.linalg.lstsq."""

    def loglog_slope(k, values, *, k_min):
        pairs = [(kk, v) for kk, v in zip(k, values, strict=True) if not kk < k_min]
        A = np.array([[1.0, np.log(kk)] for kk, _ in pairs])
        return float(np.linalg.lstsq(A, np.log([v for _, v in pairs]), rcond=None)[0][1])


class BySums:
    """The schoolbook formula by sums, on base-2 logarithms centred at the first point."""

    def loglog_slope(k, values, *, k_min):
        m = sx = sy = sxx = sxy = 0.0
        for one, value in zip(np.asarray(k).tolist(), np.asarray(values).tolist(), strict=True):
            if one >= k_min:
                x, y = np.log2(one), np.log2(value)
                m, sx, sy, sxx, sxy = m + 1, sx + x, sy + y, sxx + x * x, sxy + x * y
        return (m * sxy - sx * sy) / (m * sxx - sx**2)


class ByCovariance:
    """Covariance over variance, from numpy.cov."""

    def loglog_slope(k, values, *, k_min):
        logs = np.log(np.stack([k, values])[:, k >= k_min])
        table = np.cov(logs)
        return table[0, 1] / table[0, 0]


VARIANTS = variants("loglog_slope", ByPolyfit, ByLstsq, BySums, ByCovariance)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "loglog_slope",
    "loglog_slope(np.array([8, 1, 2, 3]), np.array([1.0, 9.0, 8.0, 3.0]), k_min=2)",
)
