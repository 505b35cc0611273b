"""Named mistakes of `loglog_slope`, with their hints."""

import numpy as np

from autograder.checking import GUARDS, mistakes

KEEP = "keep = k >= k_min"
LOGS = "x, y = np.log(k[keep]), np.log(values[keep])"
SLOPE = "return np.sum(x * y) / np.sum(x**2)"


class OneValueForEachK:
    def loglog_slope(k, values, *, k_min):
        points = {a: b for a, b in zip(k.tolist(), values.tolist(), strict=True) if a >= k_min}
        x, y = np.log(list(points)), np.log(list(points.values()))
        x = x - np.mean(x)
        return np.sum(x * y) / np.sum(x**2)


class SumsThatCancel:
    def loglog_slope(k, values, *, k_min):
        x, y = np.log(k[k >= k_min]), np.log(values[k >= k_min])
        below = len(x) * np.sum(x * x) - np.sum(x) ** 2
        return (len(x) * np.sum(x * y) - np.sum(x) * np.sum(y)) / below


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
        "k_min_cut_to_a_whole_number",
        "k_min is cut to a whole number, so that a point just below it takes part. Compare with it as it is.",
        (KEEP, "keep = k >= int(k_min)"),
    ),
    (
        "sums_that_cancel",
        "The sums are those of the logarithms as they are, and one is taken off the other: where the k lie "
        "close together hardly more than rounding is left. Take the means off first.",
        SumsThatCancel,
    ),
    (
        "something_added_before_the_logarithm",
        "Something small is added before a logarithm is taken, which moves the line. k and values are "
        "greater than 0 and need no such help: take their logarithms as they are.",
        (LOGS, "x, y = np.log(k[keep]), np.log(values[keep] + 1e-8)"),
    ),
    free={"something_added_before_the_logarithm": ("[keep] + {})", ("1e-8", *GUARDS))},
)
