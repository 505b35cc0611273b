"""Named mistakes of `best_rates`, with their hints, and conventions."""

from autograder.checking import conventions, mistakes

LR_GD = "2 / (lam_min + lam_max)"
LR_MOMENTUM = "(2 / (root_min + root_max)) ** 2"
BEST_MOMENTUM = "((root_max - root_min) / (root_max + root_min)) ** 2"

MISTAKES = mistakes(
    "best_rates",
    (
        "small_curvatures_taken_for_equal",
        "Two small curvatures are taken for equal. What is close is a matter of their ratio: the formulas "
        "need no special case.",
        (BEST_MOMENTUM, f"0.0 if np.isclose(lam_min, lam_max) else {BEST_MOMENTUM}"),
    ),
    (
        "momentum_capped",
        "Momentum ends at 0.99. In a narrow valley the formula goes further.",
        (BEST_MOMENTUM, f"min({BEST_MOMENTUM}, 0.99)"),
    ),
    (
        "rates_capped",
        "A rate ends at a bound. Where all curvatures are small the formulas go beyond it.",
        (LR_GD, f"min({LR_GD}, 1.0)"),
        (LR_MOMENTUM, f"min({LR_MOMENTUM}, 1.0)"),
    ),
    (
        "whole_number_division",
        "κ is made by //, which leaves what is behind the point away. It is the quotient as it is.",
        (BEST_MOMENTUM, "((np.sqrt(lam_max // lam_min) - 1) / (np.sqrt(lam_max // lam_min) + 1)) ** 2"),
    ),
    (
        "no_roots_in_the_rate",
        "Momentum's rate is made from the curvatures themselves, squared, and has the wrong unit. It is "
        "made from their roots.",
        (LR_MOMENTUM, "(2 / (lam_min + lam_max)) ** 2"),
    ),
    (
        "rate_not_squared",
        "Momentum's rate is not squared, and so has the unit of a root. Look at what the square in its "
        "formula covers.",
        (LR_MOMENTUM, "2 / (root_min + root_max)"),
    ),
    (
        "momentum_not_squared",
        "The momentum is not squared. What you return is the share of the distance that is left after an "
        "update; μ is the square of that.",
        (BEST_MOMENTUM, "(root_max - root_min) / (root_max + root_min)"),
    ),
    (
        "no_roots_in_the_momentum",
        "The momentum is made from κ itself, which is far too close to one. It is made from the root of κ: "
        "that is the whole gain over descent.",
        (BEST_MOMENTUM, "((lam_max - lam_min) / (lam_max + lam_min)) ** 2"),
    ),
    (
        "steep_end_alone",
        "Descent's rate suits the steepest direction alone and is too small for all others. The best one "
        "overshoots there, and is exactly as slow at both ends.",
        (LR_GD, "1 / lam_max"),
    ),
    (
        "edge_of_divergence",
        "Descent's rate is the one at which the steepest direction swings for ever. The best one is "
        "smaller: both curvatures stand in it.",
        (LR_GD, "2 / lam_max"),
    ),
    (
        "geometric_mean",
        "Descent's rate is one over the geometric mean of the bounds, and in a narrow valley that diverges. "
        "It is one over their arithmetic mean.",
        (LR_GD, "1 / (root_min * root_max)"),
    ),
    (
        "rates_swapped",
        "The two rates have changed places. Look at the order in which the text returns them.",
        ("float(lr_gd), float(lr_momentum)", "float(lr_momentum), float(lr_gd)"),
    ),
    (
        "descents_rate_for_both",
        "Momentum is given descent's rate. It bears more, up to twice as much in a narrow valley, and has a "
        "formula of its own.",
        (LR_MOMENTUM, "lr_gd"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "best_rates",
    (
        "nesterovs_pair",
        "Rate and momentum are those of Nesterov's method (Nesterov 2004, for a constant momentum). "
        "Asked for is Polyak's pair, for plain momentum.",
        (LR_MOMENTUM, "1 / lam_max"),
        (BEST_MOMENTUM, "(root_max - root_min) / (root_max + root_min)"),
    ),
    (
        "averaged_form",
        "Momentum's rate is that of the averaged form, 1/(1-μ) times as large. Asked for is that of the "
        "plain form.",
        ("float(lr_momentum)", "float(lr_momentum / (1 - momentum))"),
    ),
)
