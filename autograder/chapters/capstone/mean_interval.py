"""Intervals of a mean, `mean_interval`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("mean_interval", weight=2)
@pytest.mark.parametrize("n", [2, 5, 150])
def test_the_interval_of_a_mean(student, reference, rng, n):
    """Student's t interval, for two runs, for five and for a hundred and fifty."""
    values = 97 + rng.normal(size=n)
    assert close(student.mean_interval(values), reference.mean_interval(values), rtol=1e-6), (
        "Mean or half width are off: t with n - 1 degrees of freedom, however many there are, times the "
        "standard deviation that divides by n - 1, over √n."
    )


@pytest.mark.exercise("mean_interval")
def test_lists_do_as_well(student, reference, rng):
    """Runs that come as lists of floats, as they do from a loop, also where they lie close together."""
    for shift, spread in ((0.0, 1.0), (97.0, 1e-6), (1e8, 1.0)):
        x, y = rng.normal(size=(2, 5))
        a, b = shift + spread * x, spread * y
        for lists, message in (
            (
                False,
                "With arrays the numbers are off already: mend that first. The values stay in the order in "
                "which they came.",
            ),
            (True, "With lists in place of arrays the numbers are others."),
        )[shift > 0 :]:
            if shift:
                message = (
                    "Where the runs lie close together, far from 0, the half width is off: squares that are "
                    "nearly equal cancel. Take the mean off each value before you square."
                )
            values = (a.tolist(), b.tolist()) if lists else (a, b)
            got, want = (
                (side.mean_interval(values[0]), side.paired_difference(*values))
                for side in (student, reference)
            )
            assert close(got, want, rtol=1e-6), message
            assert close([got[0][0], got[1][0]], [want[0][0], want[1][0]]), (
                "The means are right to a few digits and no further: is something rounded?"
            )
    got = student.mean_interval([0.5, 0.5, 0.5])
    assert close(list(got), [0.5, 0.0]), (
        "Where all runs are equal the mean is their value and the half width 0."
    )


@pytest.mark.exercise("mean_interval")
def test_the_level_is_the_callers(student, reference, rng):
    """A lower level gives a narrower interval, of a single mean and of a difference."""
    a, b = rng.normal(size=(2, 6))
    for name, arrays in (("mean_interval", (a,)), ("paired_difference", (a, b))):
        got, want = (
            [getattr(side, name)(*arrays, level=level) for level in (0.95, 0.8, 0.995, 0.3, 0.925)]
            for side in (student, reference)
        )
        usual = got[0][1]
        widths = [[half / side[0][1] if usual else 0.0 for _, half in side] for side in (got, want)]
        assert close(*widths, rtol=1e-6), (
            f"The half width of {name} does not change with the level as Student's t does: is level handed "
            "on?"
        )


@pytest.mark.exercise("mean_interval", weight=2)
def test_pairs_are_compared_run_by_run(student, reference, rng):
    """What a seed does to both runs cancels: the interval is that of the differences, first minus second."""
    luck = 5 * rng.normal(size=7)
    a, b = (luck + shift + 0.2 * rng.normal(size=7) for shift in (1.0, 0.0))
    assert close(student.paired_difference(a, b), reference.paired_difference(a, b), rtol=1e-6), (
        "The difference of paired runs is off: take a - b run by run first, and then its interval."
    )
    mixed = a - rng.permutation(np.linspace(0.0, 2.0, 7))
    for first, second in ((b, a), (mixed, b)):
        got, want = (side.paired_difference(first, second) for side in (student, reference))
        assert close(got, want, rtol=1e-6), (
            "Where some or all runs of a are below those of b the difference is off: a - b keeps its sign."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "mean_interval",
    (
        "squares_over_n",
        "The standard deviation divides by n: a mean that was taken from the same values costs one.",
        ("np.std(values, ddof=1)", "np.std(values)"),
    ),
    (
        "squares_cancel",
        "The variance is the mean of the squares less the square of the mean. Where the runs lie close "
        "together these are nearly equal, and what is left of them is rounding: take the mean off first.",
        (
            "np.std(values, ddof=1)",
            "np.sqrt(np.maximum(np.mean(np.square(values)) - np.mean(values) ** 2, 0.0) * n / (n - 1))",
        ),
    ),
    (
        "no_root_of_n",
        "This is the spread of single runs: the mean of n of them is surer by the root of n.",
        (" / np.sqrt(n))", ")"),
    ),
    (
        "freedom_too_many",
        "The quantile has n degrees of freedom: one is spent on the mean.",
        ("t_quantile(level, n - 1)", "t_quantile(level, n)"),
    ),
    (
        "as_if_the_spread_were_known",
        "The quantile is the normal one, which is right only where the spread is known or n is large.",
        ("t_quantile(level, n - 1)", "t_quantile(level, 10**6)"),
    ),
    (
        "level_forgotten",
        "The interval has one level whatever is asked for.",
        ("t_quantile(level, n - 1)", "t_quantile(0.95, n - 1)"),
    ),
    (
        "level_not_handed_on",
        "The difference's interval has one level whatever is asked for.",
        ("np.asarray(a) - np.asarray(b), level=level)", "np.asarray(a) - np.asarray(b))"),
    ),
    (
        "not_paired",
        "The two sides' intervals are combined as if the runs were independent: what a seed does to both "
        "then "
        "counts as noise.",
        (
            "return mean_interval(np.asarray(a) - np.asarray(b), level=level)",
            "one, other = mean_interval(a, level=level), mean_interval(b, level=level)\n"
            "    return one[0] - other[0], float(np.hypot(one[1], other[1]))",
        ),
    ),
    (
        "size_of_the_differences",
        "The size of each difference is taken: one below zero counts against those above, so keep its sign.",
        (
            "mean_interval(np.asarray(a) - np.asarray(b), level",
            "mean_interval(np.abs(np.asarray(a) - np.asarray(b)), level",
        ),
    ),
    (
        "other_way_round",
        "The difference is taken the other way round.",
        ("np.asarray(a) - np.asarray(b), level", "np.asarray(b) - np.asarray(a), level"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class IntervalBySums:
    """Sums by hand; the difference's interval written out again."""

    def mean_interval(values, *, level=0.95):
        n = len(values)
        mean = sum(values) / n
        squares = sum((value - mean) ** 2 for value in values)
        return float(mean), float(t_quantile(level, n - 1) * (squares / (n - 1) / n) ** 0.5)

    def paired_difference(a, b, *, level=0.95):
        differences = [one - other for one, other in zip(a, b, strict=True)]
        n = len(differences)
        mean = sum(differences) / n
        squares = sum((value - mean) ** 2 for value in differences)
        return float(mean), float(t_quantile(level, n - 1) * np.sqrt(squares / (n - 1)) / np.sqrt(n))


class IntervalByVariances:
    """The variance of the difference from both variances and their covariance; NumPy scalars come back."""

    def mean_interval(values, *, level=0.95):
        x = np.array(values, dtype=float)
        half = t_quantile(level, x.size - 1) * np.sqrt(x.var(ddof=1) / x.size)
        return x.mean(), half

    def paired_difference(a, b, *, level=0.95):
        a, b = np.array(a, dtype=float), np.array(b, dtype=float)
        n = len(a)
        together = ((a - a.mean()) * (b - b.mean())).sum() / (n - 1)
        var = max(a.var(ddof=1) + b.var(ddof=1) - 2 * together, 0.0)
        return a.mean() - b.mean(), t_quantile(level, n - 1) * np.sqrt(var / n)


VARIANTS = variants(
    "mean_interval",
    ("by_sums", IntervalBySums),
    ("by_variances", IntervalByVariances),
    (
        "rows_of_a_list",
        "The values are made a list of floats first.",
        ("n = len(values)", "values = [float(v) for v in values]\n    n = len(values)"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "mean_interval",
    "mean_interval([1.0, 2.0, 6.0], level=0.5)",
    "paired_difference([2.0, 4.0, 9.0], [3.0, 1.0, 1.0], level=0.5)",
    "mean_interval([1e9, 1e9 + 1.0, 1e9 + 5.0], level=0.5)[1]",
)
