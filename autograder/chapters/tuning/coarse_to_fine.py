"""Coarse, then fine, `coarse_to_fine`: hidden checks, named mistakes, variants."""

from itertools import cycle

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes

from .shared import NAN, asked, single, told

# --- Checks -------------------------------------------------------------------------------------------------


def curve(place, sharp=2.0):
    """A loss with its minimum at 10**place, not symmetric around it."""

    def score(value):
        apart = np.log10(single(value)) - place if single(value) > 0 else 9.0
        return float(abs(apart) ** sharp * (1.3 if apart > 0 else 1.0))

    return score


def broken_below(edge):
    """A loss that is lower for every smaller value, and NaN below ``edge``."""
    return lambda value: NAN if single(value) < edge else curve(-9.0)(value)


def staged(player, score, **settings):
    """What a player's coarse_to_fine returns, and the values that it tried."""
    recorder = Recorder(score)
    answer = player.coarse_to_fine(recorder, **settings)
    return answer, [single(value) for (value,) in asked(recorder.log, "value")], told(recorder.log)


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_the_first_stage_is_a_grid_of_equal_ratios(student, rng):
    """The coarse values go from low to high at equal ratios, five of them unless said otherwise."""
    low, high = float(rng.uniform(1e-5, 1e-4)), float(rng.uniform(0.3, 3.0))
    for count, borders, settings in (
        (5, (low, high), {}),
        (7, (low, high), {"n_coarse": 7}),
        (3, (1, 300), {"n_coarse": 3}),
    ):
        low, high = borders
        _, tried, _ = staged(student, curve(-2.3), low=low, high=high, **settings)
        want = low * (high / low) ** (np.arange(count) / (count - 1))
        assert close(tried[:count], want.tolist(), rtol=1e-7), (
            "The first values tried are not n_coarse values from low to high with the same ratio from one to "
            "the next. If low and high are whole numbers those between them need not be."
        )


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_the_second_stage_fills_the_refined_range(student, reference, rng):
    """The fine values fill the range between the two best ones at equal ratios, both ends included."""
    for place, broken in ((-3.4, False), (-1.7, False), (-3.4, True)):
        settings = {"low": float(rng.uniform(1e-6, 1e-5)), "high": 2.0, "n_coarse": 6, "n_fine": 5}
        score = curve(place + float(rng.uniform(0, 0.2)))
        if broken:  # the first value breaks down, and the second one is the best
            score = broken_below(2 * settings["low"])
        _, tried, _ = staged(student, score, **settings)
        assert len(tried) > 6, "There is no second stage."
        coarse = np.geomspace(settings["low"], settings["high"], 6)
        low, high = reference.refine_range(coarse, [score(float(value)) for value in coarse])
        want = low * (high / low) ** (np.arange(5) / 4)
        assert close(tried[6:11], want.tolist(), rtol=1e-7), (
            "The values of the second stage are not n_fine values at equal ratios over the range that "
            "refine_range makes of all values and losses of the first, NaN included, both ends included."
        )


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_a_minimum_beyond_the_border_is_followed(student, rng):
    """If the loss falls to the border of the coarse grid, the second stage goes beyond it."""
    for place, side in ((-5.0, -1), (2.0, 1)):
        low, high = 1e-3, float(rng.uniform(0.5, 1.5))
        _, tried, _ = staged(student, curve(place), low=low, high=high, n_coarse=4, n_fine=4)
        ratio = (high / low) ** (1 / 3)
        want = [low / ratio, low * ratio] if side < 0 else [high / ratio, high * ratio]
        assert len(tried) > 4 and close([min(tried[4:]), max(tried[4:])], want, rtol=1e-7), (
            "The best coarse value stands on the border, and the second stage does not reach one grid ratio "
            "beyond it."
        )


@pytest.mark.exercise("coarse_to_fine")
def test_the_budget_is_kept(student, rng):
    """score is called n_coarse + n_fine times, whatever it returns, and not for the winner again."""
    for n_coarse, n_fine in ((12, 13), (3, 2)):
        score = curve(float(rng.uniform(-4, 1)))
        _, tried, _ = staged(student, score, low=1e-3, high=1.0, n_coarse=n_coarse, n_fine=n_fine)
        assert len(tried) == n_coarse + n_fine, (
            "The number of trials is not n_coarse + n_fine: every one of them is a training."
        )
    for score in (curve(-1.2), lambda value: 0.0):
        got, tried, _ = staged(student, score, low=1e-3, high=1.0)
        assert len(tried) == 9, (
            "Without a word about it there are five coarse and four fine values, also where a loss is 0."
        )
    assert close([*got], [tried[0], 0.0]), (
        "Where all losses are equal another value is named than the very first: of equals the first wins."
    )


@pytest.mark.exercise("coarse_to_fine", weight=2)
def test_the_best_of_both_stages_is_returned(student, rng):
    """The value with the lowest loss of all that were tried is returned, with its loss."""
    cases = (
        (curve(-1.85 + float(rng.uniform(-0.05, 0.05))), {}),  # met in the second stage
        (lambda value: 1e-11 * curve(-1.85)(value) - 0.5, {}),  # below 0, and nearly equal
        (lambda value: 1e150 * (1.0 + curve(-1.85)(value)), {}),
        (curve(-3.0, 0.3), {"n_fine": 4}),  # the border itself, which an even number of fine values misses
        (lambda value: NAN if single(value) > 0.05 else curve(-2.9)(value), {"n_coarse": 4}),
        (lambda value: NAN if single(value) < 2e-3 else curve(-1.8)(value), {}),  # the first value of all
    )
    for score, settings in cases:
        (best, loss), tried, losses = staged(student, score, low=1e-3, high=1.0, **settings)
        assert not np.all(np.isnan(losses)), "No value was tried at which training does not break down."
        place = int(np.nanargmin(losses))
        assert close([best, loss], [tried[place], losses[place]]), (
            "What is returned is not the value with the lowest loss of both stages together, and that loss. "
            "NaN is worst; a loss may be below 0, huge, or lower than another by very little."
        )
    got, tried, _ = staged(student, lambda value: NAN, low=1e-3, high=1.0)
    assert close([*got], [tried[0], NAN], nan_agrees=True), (
        "If every run broke down the very first value is named, with its loss as it came: of equals, in both "
        "stages, the first wins."
    )
    chance = cycle(
        [1.0, 0.5, 0.9, 2.0, 3.0, 0.8, 2.0, 2.0, 2.0]
    )  # the best value is tried again, with less luck
    got, tried, _ = staged(student, lambda value: next(chance), low=1e-3, high=1.0)
    assert close([*got], [tried[1], 0.5]), (
        "A value that both stages try has two losses, and the lower one is not what comes back."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


COARSE, FINE = (
    "coarse = np.geomspace(low, high, n_coarse)",
    "fine = np.geomspace(*refine_range(coarse, losses), n_fine)",
)

BOTH, CHOSEN = "best = best_index(losses)", "return np.concatenate([coarse, fine])[best], losses[best]"

MISTAKES = mistakes(
    "coarse_to_fine",
    (
        "coarse_grid_linear",
        "The first stage has equal differences, so that nearly all of it lies in the last factor of ten. "
        "Equal ratios are asked for.",
        (COARSE, "coarse = np.linspace(low, high, n_coarse)"),
    ),
    (
        "fine_grid_linear",
        "The second stage has equal differences. It too has equal ratios.",
        (FINE, "fine = np.linspace(*refine_range(coarse, losses), n_fine)"),
    ),
    (
        "border_not_followed",
        "If the best coarse value stands on the border the second stage stays inside. refine_range knows "
        "how to go on.",
        (
            FINE,
            "two = np.sort(coarse[np.argsort(np.nan_to_num(losses, nan=np.inf), kind='stable')[:2]])\n"
            "    fine = np.geomspace(two[0], two[1], n_fine)",
        ),
    ),
    (
        "ends_left_out",
        "The second stage leaves out the ends of its range. Both are included, tried before or not.",
        (FINE, "fine = np.geomspace(*refine_range(coarse, losses), n_fine + 2)[1:-1]"),
    ),
    (
        "already_tried_left_out",
        "Values that the first stage tried are left out of the second, so that fewer runs are made than "
        "asked for. With noise a second look is worth something: try both ends.",
        (FINE, FINE + "\n    fine = fine[~np.isin(fine, coarse)]"),
    ),
    (
        "fine_stage_alone_counts",
        "Only the second stage is looked at for the best value. If the first one met a better one it is "
        "lost.",
        (BOTH, "best = n_coarse + best_index(losses[n_coarse:])"),
    ),
    (
        "coarse_stage_alone_counts",
        "The best value of the first stage is returned, and the second was for nothing.",
        (BOTH, "best = best_index(losses[:n_coarse])"),
    ),
    (
        "winner_tried_again",
        "The winner is tried once more. The budget is n_coarse + n_fine runs.",
        (CHOSEN, "value = np.concatenate([coarse, fine])[best]\n    return value, score(value)"),
    ),
    (
        "a_third_stage",
        "After the second stage comes a third: that is beyond the budget of n_coarse + n_fine runs.",
        (
            BOTH,
            "more = np.geomspace(*refine_range(fine, losses[n_coarse:]), n_fine) if n_fine > 2 else fine\n"
            "    losses = losses + [score(value) for value in more]\n"
            "    fine = np.concatenate([fine, more])\n    best = best_index(losses)",
        ),
    ),
    (
        "nan_is_best",
        "A value whose loss is NaN is returned as the best. You have a function that knows better.",
        (BOTH, "best = int(np.argmin(losses))"),
    ),
    (
        "nan_that_comes_first",
        "If the loss of the first value is NaN it is returned: no loss is smaller than NaN, so that `min` "
        "keeps it. NaN is worst.",
        (BOTH, "best = min(range(len(losses)), key=lambda i: losses[i])"),
    ),
    (
        "as_many_fine_as_coarse",
        "The second stage has as many values as the first. It has n_fine.",
        (FINE, "fine = np.geomspace(*refine_range(coarse, losses), n_coarse)"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "coarse_to_fine",
    """
    tried = []
    def score(value):
        tried.append(float(value))
        return abs(value - 2.75)
    coarse_to_fine(score, low=1.0, high=16.0, n_coarse=5, n_fine=3), tried
    """,
    """
    tried = []
    def score(value):
        tried.append(float(value))
        return abs(value - 1) if value < 10 else float("nan")
    coarse_to_fine(score, low=1.0, high=16.0, n_coarse=5, n_fine=4), tried
    """,
)
