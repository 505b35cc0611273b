"""Slopes on logarithmic axes, `loglog_slope`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import GUARDS, close, examples, mistakes

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
    return np.where(k == least, 7.0, 2.0)


def tilt(k, least):
    """The slope of the line through those of them with k from ``least`` on."""
    x = np.log(k[k >= least])
    return np.log(3.5) * (np.log(least) - x.mean()) / np.sum((x - x.mean()) ** 2)


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
    k, values = curve(rng, 12, repeats=5)
    assert close(student.loglog_slope(k, values, k_min=1), reference.loglog_slope(k, values, k_min=1)), (
        "The line is another where several points have the same k. Each of them is a point like any other, "
        "with its own value."
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


class OneValueForEachK:
    def loglog_slope(k, values, *, k_min):
        points = {a: b for a, b in zip(k.tolist(), values.tolist(), strict=True) if a >= k_min}
        x, y = np.log(list(points)), np.log(list(points.values()))
        x = x - np.mean(x)
        return np.sum(x * y) / np.sum(x**2)


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
    (
        "one_value_for_each_k",
        "Of several points with the same k only one takes part, as in a dict with k for its keys. Each is a "
        "point of its own: keep all of them.",
        OneValueForEachK,
    ),
    (
        "k_cut_to_whole_numbers",
        "k is cut to a whole number before it is compared with k_min, so that a point just above k_min is "
        "left out. Compare the numbers as they are.",
        (KEEP, "keep = np.asarray(k).astype(int) >= k_min"),
    ),
    (
        "something_added_before_the_logarithm",
        "Something small is added before a logarithm is taken, which moves the line. k and values are "
        "greater than 0 and need no such help: take their logarithms as they are.",
        (LOGS, "x, y = np.log(k[keep]), np.log(values[keep] + 1e-8)"),
    ),
    free={"something_added_before_the_logarithm": ("[keep] + {})", ("1e-8", *GUARDS))},
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "loglog_slope",
    "loglog_slope(np.array([8, 1, 2, 3]), np.array([1.0, 9.0, 8.0, 3.0]), k_min=2)",
    "loglog_slope(np.array([1.5, 2.75, 4.0, 4.0]), np.array([9.0, 1e-6, 2e-7, 4e-7]), k_min=2.5)",
)
