"""The best of several, `best_index`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import examples, mistakes, variants

from .shared import NAN

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("best_index")
def test_the_lowest_loss_is_best(student, rng):
    """Among different losses the place of the lowest one is named, in arrays and in lists."""
    for size, gap, scale in (
        (2, 1.0, 1.0),
        (5, 1.0, 1.0),
        (9, 1.0, 1.0),
        (7, 1e-12, 1.0),
        (1200, 1.0, 1e150),
    ):
        losses = scale * (rng.normal(size=size) * 3 if scale == 1.0 else rng.uniform(2.0, 3.0, size=size))
        place = int(rng.integers(1, size)) if size < 100 else size - 1
        losses[0] = losses.min()  # stands before the lowest one
        losses[place] = losses[0] - gap * scale
        for given in (losses, losses.tolist())[: 1 + (size < 100)]:
            assert student.best_index(given) == place, (
                "The place named is not that of the lowest loss. Lower is better, and it is the place that "
                "is asked for, not the loss. By how much it is lower does not matter, and it may be below 0."
                if size < 100
                else "Among very many losses, all of them huge, the place named is not that of the lowest "
                "one: no loss is too large to be the best so far, no place too far back, and all count."
            )


@pytest.mark.exercise("best_index")
def test_the_first_of_equals_wins(student, rng):
    """Of equally low losses the first one is named."""
    for equals in ([2, 4, 7], [1, 5]):
        losses = rng.uniform(1.0, 2.0, size=8)
        losses[equals] = 0.5
        assert student.best_index(losses) == equals[0], (
            "Where several losses are equally low the first of them wins."
        )


@pytest.mark.exercise("best_index", weight=2)
def test_nan_is_worst(student, rng):
    """A NaN never wins against a number, wherever it stands, and counts for nothing on the way."""
    for gone in ([1, 2], [1, 5], [0], [0, 3, 5]):
        losses = rng.uniform(1.0, 2.0, size=6)
        losses[4] = float(rng.uniform(-3.0, -0.5) if gone == [1, 2] else rng.uniform(0.1, 0.9))
        losses[gone] = NAN
        for given in (losses, losses.tolist()):
            assert student.best_index(given) == 4, (
                "With NaN among the losses another place is named. A run that broke down is worse than any "
                "that did not; and the place counts all losses, the broken ones too."
            )


@pytest.mark.exercise("best_index")
def test_among_nothing_but_nan_the_first_is_named(student, rng):
    """If all losses are NaN the answer is place 0, and with one number it is that one."""
    assert student.best_index([NAN, NAN, NAN]) == 0, (
        "If every run broke down they are all equally bad, and the first is named; that is no error."
    )
    lone = np.full(5, NAN)
    for size in (1.0, 1e300):
        lone[3] = size * float(rng.uniform(5.0, 9.0))
        assert student.best_index(lone) == 3, "One number among NaN wins, however large it is."
    for losses in ([np.inf, NAN], [NAN, np.inf], [NAN, np.inf, NAN], [np.inf, np.inf], [NAN]):
        assert student.best_index(losses) == 0, (
            "NaN counts as infinite: of equals the first wins. Is infinity left as it is where NaN is "
            "replaced?"
        )
    assert student.best_index([2.0, NAN, -np.inf, -np.inf]) == 2, (
        "Minus infinity is lower than any number, and of two the first wins."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


LOWEST = "return int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))"

MISTAKES = mistakes(
    "best_index",
    (
        "near_equals_tie",
        "Losses that differ by very little count as equal. The lowest one wins, by however little.",
        (
            LOWEST,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            "    return int(np.argmax(np.isclose(clean, np.min(clean))))",
        ),
    ),
    (
        "nan_as_the_largest_number",
        "NaN is replaced by a large number, which is lower than infinity: of a NaN and an infinity the NaN "
        "wins wherever it stands. Both count as infinite.",
        (LOWEST, "return int(np.argmin(np.where(np.isnan(losses), np.finfo(float).max, losses)))"),
    ),
    (
        "argmin_takes_nan",
        "NaN wins: for numpy.argmin it is the lowest of all. A run that broke down must count as the worst.",
        (LOWEST, "return int(np.argmin(losses))"),
    ),
    (
        "refuses_all_nan",
        "If all losses are NaN this raises, as numpy.nanargmin does. Then all are equally bad, and the first "
        "one is named.",
        (LOWEST, "return int(np.nanargmin(losses))"),
    ),
    (
        "last_of_equals",
        "Of equally low losses the last one is named. A later one replaces the best so far only if it is "
        "lower: look at your comparison.",
        (
            LOWEST,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            "    return len(clean) - 1 - int(np.argmin(clean[::-1]))",
        ),
    ),
    (
        "highest",
        "The highest loss is named. Lower is better here, in every function.",
        (LOWEST, "return int(np.argmax(np.where(np.isnan(losses), -np.inf, losses)))"),
    ),
    (
        "nan_is_zero",
        "NaN is taken for zero, as numpy.nan_to_num does by default, and so beats every positive loss. What "
        "should it count as?",
        (LOWEST, "return int(np.argmin(np.nan_to_num(losses)))"),
    ),
    (
        "nan_left_out_and_places_shifted",
        "The NaN are thrown out first, and the place is counted among what is left. It should be counted "
        "among all losses.",
        (
            LOWEST,
            "kept = np.asarray(losses)[~np.isnan(losses)]\n"
            "    return int(np.argmin(kept)) if kept.size else 0",
        ),
    ),
    (
        "first_one_is_never_beaten",
        "A search that starts with the first loss as the best so far never leaves it if that is NaN, for no "
        "number is lower than NaN. Start with infinity.",
        (
            LOWEST,
            "best = 0\n    for i in range(1, len(losses)):\n        if losses[i] < losses[best]:\n"
            "            best = i\n    return best",
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class LoopFromInfinity:
    """A loop that starts at infinity; a comparison with NaN is never true."""

    def best_index(losses):
        place, least = 0, float("inf")
        for i, loss in enumerate(losses):
            if loss < least:
                place, least = i, loss
        return place


class ByKey:
    """min over the places by a key of two numbers."""

    def best_index(losses):
        return min(range(len(losses)), key=lambda i: (np.inf if np.isnan(losses[i]) else losses[i], i))


class FilledCopy:
    """A copy with NaN filled in place; a NumPy integer comes back."""

    def best_index(losses):
        filled = np.array(losses, dtype=float)
        filled[np.isnan(filled)] = np.inf
        return filled.argmin()


VARIANTS = variants("best_index", LoopFromInfinity, ByKey, FilledCopy)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "best_index",
    'best_index([float("nan"), 2.0, 1.0])',
    'best_index([float("nan"), float("nan")])',
    'best_index([float("nan"), float("inf")]), best_index([float("inf"), float("nan")])',
)
