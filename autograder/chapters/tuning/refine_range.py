"""Refining a range, `refine_range`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples

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
    for n, size in ((3, 1.0), (5, 1e-9), (4, 1e12)):
        values = grid_of(rng, n) * size
        low, high = (student.refine_range(values, ranked(n, *two)) for two in ((0, 1), (n - 1, n - 2)))
        assert close(low, (float(values[0] ** 2 / values[1]), float(values[1])), atol=0.0), (
            "The lowest value was the best, and the range does not go on below it as far, as a factor, as "
            "its neighbour lies above it. A minimum that is not enclosed may lie anywhere beyond."
        )
        assert close(high, (float(values[-2]), float(values[-1] ** 2 / values[-2])), atol=0.0), (
            "The highest value was the best, and the range does not go on above it by the factor to its own "
            "neighbour, however large it is."
        )


@pytest.mark.exercise("refine_range")
def test_a_second_best_on_the_border_widens_nothing(student, rng):
    """If only the second best stands on the border the range ends there."""
    values = grid_of(rng, 5)
    for best, second, gap in ((1, 0, 1.0), (3, 4, 1.0), (2, 0, 1.0), (2, 4, 1.0), (2, 0, 1e-12)):
        want, losses = tuple(sorted((float(values[best]), float(values[second])))), ranked(5, best)
        losses[second] = losses[best] + gap
        assert close(student.refine_range(values, losses), want), (
            "The best value has neighbours on both sides, and yet the range was widened, or cut. It is the "
            "best by however little."
        )
    for second in (0, 2):
        want = tuple(sorted((float(values[1]), float(values[second]))))
        assert close(student.refine_range(values[:3], ranked(3, 1, second)), want), (
            "With three values and the best in the middle the range is another: it goes to the second best."
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
    got = [student.refine_range(values, ranked(4, *two)) for two in ((0, 3), (3, 0))]
    below, above = float(values[0] ** 2 / values[1]), float(values[3] ** 2 / values[2])
    assert close(got, [(below, float(values[3])), (float(values[0]), above)]), (
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
        ([NAN, 3e150, 2e150, 5e149, 2e150, 4e150], (2, 3)),
        (np.array([NAN, NAN, np.inf, 0.5, NAN, np.inf]), (0, 3)),
        ([3.0, -np.inf, 2.0, NAN, 2.0, np.inf], (1, 2)),
    ):
        want = tuple(float(values[i]) for i in pair)
        assert close(student.refine_range(values, losses), want), (
            "With runs that broke down, or equal or huge losses, the range spans other values. NaN counts as "
            "infinite, worse than any finite loss; of equal losses the first one is the better."
        )
    above = float(values[-1] ** 2 / values[-2])
    assert close(student.refine_range(values, [NAN] * 5 + [0.5]), (float(values[0]), above)), (
        "Only the highest value did not break down, and the range is another. The others are equally bad, so "
        "that the first of all is the second best."
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


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "refine_range",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([4.0, 2.0, 3.0, 1.0]))",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([2.0, 1.0, 3.0, 4.0]))",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([3.0, 1.0, 1.0, 1.0]))",
    "refine_range(np.array([1.0, 2.0, 4.0, 12.0]), np.array([np.nan, np.inf, 2.0, np.nan]))",
)
