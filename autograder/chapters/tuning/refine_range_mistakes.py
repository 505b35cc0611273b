"""Named mistakes of `refine_range`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

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
