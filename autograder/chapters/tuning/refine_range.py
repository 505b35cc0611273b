"""Refining a range, `refine_range`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

from .shared import NAN, mixing

# --- Checks -------------------------------------------------------------------------------------------------


def grid_of(rng, n):
    """Increasing values at unlike ratios."""
    return np.cumprod(rng.uniform(1.5, 6.0, size=n)) * 1e-4


def ranked(n, *first):
    """Losses of n values, the lowest at the places named first."""
    losses = np.arange(n) + 3.0
    losses[list(first)] = np.arange(len(first)) / 4
    return losses


@pytest.mark.exercise("refine_range", weight=2)
def test_the_range_goes_from_one_of_the_best_to_the_other(student, rng):
    """Away from the borders the range spans the two best values, whichever of them is larger."""
    for best, second in ((2, 3), (3, 2), (1, 4), (4, 1)):
        values, losses = grid_of(rng, 6), ranked(6, best, second)
        want = tuple(sorted((float(values[best]), float(values[second]))))
        assert close(student.refine_range(values, losses), want), (
            "The range does not go from the lower to the higher one of the two best values. It is these two "
            "that count, side by side or not."
        )


@pytest.mark.exercise("refine_range", weight=2)
def test_a_best_value_on_the_border_is_followed_up(student, rng):
    """If the best value stands on the border, the range goes on beyond it by one grid ratio."""
    for n in (3, 5):
        values = grid_of(rng, n)
        low, high = (student.refine_range(values, ranked(n, *two)) for two in ((0, 1), (n - 1, n - 2)))
        assert close(low, (float(values[0] ** 2 / values[1]), float(values[1]))), (
            "The lowest value was the best, and the range does not go on below it as far, as a factor, as "
            "its neighbour lies above it. A minimum that is not enclosed may lie anywhere beyond."
        )
        assert close(high, (float(values[-2]), float(values[-1] ** 2 / values[-2]))), (
            "The highest value was the best, and the range does not go on above it by the factor to its own "
            "neighbour."
        )


@pytest.mark.exercise("refine_range")
def test_a_second_best_on_the_border_widens_nothing(student, rng):
    """If only the second best stands on the border the range ends there."""
    values = grid_of(rng, 5)
    for best, second in ((1, 0), (3, 4), (2, 0), (2, 4)):
        want = tuple(sorted((float(values[best]), float(values[second]))))
        assert close(student.refine_range(values, ranked(5, best, second)), want), (
            "The best value has neighbours on both sides, and yet the range was widened, or cut."
        )


@pytest.mark.exercise("refine_range")
def test_the_second_best_is_the_other_end(student, rng):
    """With the best value on a border and the second best further in, the range goes from beyond to there."""
    for n in (4, 6):
        values = grid_of(rng, n)
        low, high = (student.refine_range(values, ranked(n, *two)) for two in ((0, n - 2), (n - 1, 1)))
        want = (
            (float(values[0] ** 2 / values[1]), float(values[n - 2])),
            (float(values[1]), float(values[-1] ** 2 / values[-2])),
        )
        assert close((low, high), want), (
            "The best value stands on a border, the second best further in, and the range is another. It "
            "goes on beyond the border by one grid ratio, and its other end is the second best, not the "
            "neighbour."
        )


@pytest.mark.exercise("refine_range")
def test_only_the_border_of_the_best_is_passed(student, rng):
    """With the best on one border and the second on the other, the range is widened on one side."""
    values = grid_of(rng, 4)
    got = student.refine_range(values, ranked(4, 0, 3))
    assert close(got, (float(values[0] ** 2 / values[1]), float(values[3]))), (
        "The best value stands on one border, the second best on the other, and the range is another. It "
        "goes on beyond the best one by one grid ratio, and ends at the second best."
    )


@pytest.mark.exercise("refine_range")
def test_broken_runs_and_ties_in_a_grid(student, rng):
    """NaN counts as worst, of equal losses the first is the better, and lists will do."""
    values = grid_of(rng, 6)
    for losses, pair in (
        ([NAN, 2.0, 0.7, 0.5, NAN, NAN], (2, 3)),
        ([2.0, 1.0, 1.0, 1.0, 3.0, NAN], (1, 2)),
        ([NAN, 3.0, 2.0, 0.5, 2.0, 4.0], (2, 3)),
        ([NAN, NAN, np.inf, 0.5, NAN, np.inf], (0, 3)),
        ([3.0, -np.inf, 2.0, NAN, 2.0, np.inf], (1, 2)),
    ):
        want = tuple(float(values[i]) for i in pair)
        assert close(student.refine_range(values, losses), want), (
            "With runs that broke down, or equal losses, the range spans other values. NaN is worst; of "
            "equal losses the first one is the better."
        )
    for losses in ([NAN] * 6, [2.0] * 6):
        want = (float(values[0] ** 2 / values[1]), float(values[1]))
        assert close(student.refine_range(values, losses), want), (
            "Where all losses are equal, or all are NaN, the range is another: the first two values are the "
            "best, and it goes on below the first one."
        )


@pytest.mark.exercise("refine_range")
def test_ties_in_a_long_grid(student, rng):
    """In a long grid with few different losses, too, the first of equals is the better."""
    for n in range(30, 60, 4):
        values, losses = np.geomspace(1e-6, 1e2, n), mixing(rng, n, 2)
        pair = sorted(sorted(range(n), key=lambda i: (losses[i], i))[:2])
        assert close(student.refine_range(values, losses), tuple(float(values[i]) for i in pair)), (
            "Where many losses are equal the range spans others than the first two of the best. Does your "
            "sort leave equals in their order?"
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


TWO = 'best, second = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")[:2]'
SPAN = "low, high = values[min(best, second)], values[max(best, second)]"
BELOW, ABOVE = "low = values[0] * values[0] / values[1]", "high = values[-1] * values[-1] / values[-2]"
AT_LOW, AT_HIGH = "if best == 0:", "if best == len(values) - 1:"

MISTAKES = mistakes(
    "refine_range",
    (
        "nan_behind_infinity",
        "A loss of infinity counts as better than NaN: argsort puts NaN behind everything. NaN counts as "
        "infinite, and of equals the first is the better.",
        (TWO, 'best, second = np.argsort(losses, kind="stable")[:2]'),
    ),
    (
        "border_not_followed",
        "If the best value stands on the border the range ends there. The minimum may lie beyond: go on by "
        "one grid ratio.",
        (AT_LOW, "if False:"),
        (AT_HIGH, "if False:"),
    ),
    (
        "only_the_lower_border",
        "The range goes on below the grid but not above it. Look at what happens when the highest value is "
        "the best.",
        (AT_HIGH, "if False:"),
    ),
    (
        "only_the_upper_border",
        "The range goes on above the grid but not below it. Look at what happens when the lowest value is "
        "the best.",
        (AT_LOW, "if False:"),
    ),
    (
        "second_best_widens_too",
        "The range is widened also where only the second best value stands on the border. If the best one "
        "has a neighbour on either side, the minimum is enclosed.",
        (AT_LOW, "if 0 in (best, second):"),
        (AT_HIGH, "if len(values) - 1 in (best, second):"),
    ),
    (
        "from_the_border_to_its_neighbour",
        "With the best value on a border the other end is its neighbour. It is the second best, wherever "
        "that stands.",
        (AT_LOW, "if best == 0:\n        high = values[1]\n    if best == 0:"),
        (AT_HIGH, "if best == len(values) - 1:\n        low = values[-2]\n    if best == len(values) - 1:"),
    ),
    (
        "neighbour_unless_the_far_border",
        "With the best value on a border the other end is its neighbour, unless the second best stands on "
        "the other border. It is the second best, wherever that stands.",
        (
            AT_LOW,
            "if best == 0 and second < len(values) - 1:\n        high = values[1]\n    if best == 0:",
        ),
        (
            AT_HIGH,
            "if best == len(values) - 1 and second > 0:\n        low = values[-2]\n"
            "    if best == len(values) - 1:",
        ),
    ),
    (
        "always_a_factor_of_ten",
        "Past the border the range goes on by a factor of ten, whatever the grid. It is the grid's own ratio "
        "there.",
        (BELOW, "low = values[0] / 10"),
        (ABOVE, "high = values[-1] * 10"),
    ),
    (
        "ratio_from_the_other_end",
        "Past the border the range goes on by the ratio at the other end of the grid. The border's own "
        "neighbour counts.",
        (BELOW, "low = values[0] * values[-2] / values[-1]"),
        (ABOVE, "high = values[-1] * values[1] / values[0]"),
    ),
    (
        "by_difference",
        "Past the border the range goes on by a difference, which can lead below zero. On a logarithmic "
        "scale one goes on by a ratio.",
        (BELOW, "low = values[0] - (values[1] - values[0])"),
        (ABOVE, "high = values[-1] + (values[-1] - values[-2])"),
    ),
    (
        "both_sides_widened",
        "If the best value is on the border the range is widened on both sides. Only past that border it "
        "goes on.",
        (AT_LOW, "if best in (0, len(values) - 1):"),
        (AT_HIGH, "if best in (0, len(values) - 1):"),
    ),
    (
        "nan_is_best",
        "NaN is taken for a good loss. A run that broke down is worse than any other.",
        (TWO, 'best, second = np.argsort(np.nan_to_num(losses, nan=-np.inf), kind="stable")[:2]'),
    ),
    (
        "order_of_goodness",
        "The range is given as (best, second best), so that low is sometimes above high. Put the lower one "
        "first.",
        (SPAN, "low, high = values[best], values[second]"),
    ),
    (
        "ends_of_the_grid",
        "The range is the whole grid's: it should be that of the two best values.",
        (SPAN, "low, high = values[0], values[-1]"),
    ),
    (
        "last_of_equals",
        "Of equal losses the last ones count as best. The first ones should.",
        (
            TWO,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            '    best, second = (len(clean) - 1 - np.argsort(clean[::-1], kind="stable"))[:2]',
        ),
    ),
    (
        "sort_that_mixes_equals",
        "Of equal losses it is not always the first one that counts: numpy.argsort may leave equals in any "
        "order unless it is told to be stable.",
        (TWO, TWO.replace(', kind="stable"', "")),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class Neighbours:
    def refine_range(values, losses):
        best = int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))
        low = values[best - 1] if best > 0 else values[0] * values[0] / values[1]
        last = len(values) - 1
        high = values[best + 1] if best < last else values[-1] * values[-1] / values[-2]
        return low, high


CONVENTIONS = conventions(
    "refine_range",
    (
        "neighbours_of_the_best",
        "The range goes from one neighbour of the best value to the other, as a bracket in line search "
        "does. The lecture's rule, asked for here, spans the two best values.",
        Neighbours,
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "refine_range",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([4.0, 2.0, 3.0, 1.0]))",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([2.0, 1.0, 3.0, 4.0]))",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([3.0, 1.0, 1.0, 1.0]))",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([np.nan, np.inf, 2.0, np.nan]))",
)
