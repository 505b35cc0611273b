"""Search, `search`: hidden checks, named mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes

from .shared import NAN, asked, mixing, name_of, named

# --- Checks -------------------------------------------------------------------------------------------------


@dataclass
class Losses:
    """``score(config)`` by the configuration's name."""

    values: list[float]

    def __call__(self, config: Any) -> float:
        table = {f"c{i}": value for i, value in enumerate(self.values)}
        return float(table.get(name_of(config), 99.0))


def searched(player, losses):
    """What a player's search returns, which names it asked for, and what it was told."""
    recorder, configs = Recorder(Losses(list(losses))), named(losses)
    best, found = player.search(recorder, configs)
    return best, list(found), [name_of(config) for (config,) in asked(recorder.log, "config")]


@pytest.mark.exercise("search", weight=2)
def test_each_configuration_is_tried_once(student, rng):
    """Every configuration is tried once, in order, and the winner not again."""
    rising, zero = np.sort(rng.uniform(size=5)), rng.uniform(size=12)
    zero[:2] = NAN, 0.0
    for losses in (rng.uniform(size=7), rising, rising[::-1], zero):
        _, _, names = searched(student, losses)
        assert names == [f"c{i}" for i in range(len(losses))], (
            "The trials are not every configuration once, in order. Each one costs a training: nothing is "
            "tried twice, not even after NaN, and nothing left out because an earlier one was good."
        )
    twice = [{"name": name} for name in ("c0", "c1", "c0", "c2")]
    recorder = Recorder(Losses(rng.uniform(size=3).tolist()))
    student.search(recorder, twice)
    assert [name_of(config) for (config,) in asked(recorder.log, "config")] == ["c0", "c1", "c0", "c2"], (
        "Of two equal configurations only one is tried. Each of the list is, and chance may give them "
        "different losses."
    )


@pytest.mark.exercise("search", weight=2)
def test_the_lowest_loss_wins_the_search(student, rng):
    """The configuration with the lowest loss is returned, NaN never, of equals the first."""
    plain = rng.permutation(rng.normal(size=6))
    plain[3] = plain.min() - 0.5
    broken = rng.uniform(1.0, 2.0, size=6)
    broken[[0, 2]], broken[[3, 5]] = NAN, 0.5
    near, huge, endless = plain.copy(), rng.uniform(2e150, 3e150, size=6), broken.copy()
    near[0], near[3], huge[3], endless[3] = plain[3] + 1e-12, plain[3], 1e150, -np.inf
    for losses, what in (
        (plain, ", some of them below 0."),
        (broken, ". NaN is worst, and of equal losses the first wins."),
        (near, ", which is lower than another by very little."),
        (huge, ", where all losses are huge: no loss is too large to be the best so far."),
        (endless, ", which is minus infinity."),
        (mixing(rng, 24, 1), ". Of many equal losses the first wins. Does your sort leave equals in order?"),
    ):
        best, _, _ = searched(student, losses)
        want = int(np.nanargmin(losses))
        assert best == named(losses)[want], (
            f"Another configuration is returned than the one with the lowest loss{what}"
        )
    best, _ = student.search(lambda config: float(len(config)), [{"width": 8}, {}])
    assert best == {}, "The configuration without any hyperparameter is the best, and another is returned."
    sizes = [{"layers": np.array([8, 4])}, {"layers": None}]
    best, _ = student.search(lambda config: float(config["layers"] is not None), sizes)
    assert close(best, sizes[1]), (
        "Beside a configuration that holds an array another one is returned than the best. The place of the "
        "lowest loss says which it is: configurations need not be compared."
    )
    for losses in ([NAN, NAN, NAN], [np.inf, np.inf], [NAN, np.inf], [float(rng.normal())]):
        best, _, _ = searched(student, losses)
        assert best == named(losses)[0], (
            "Every run broke down, and the first configuration is not returned: NaN counts as infinite, and "
            "of equals the first wins."
        )


@pytest.mark.exercise("search")
def test_all_losses_come_back_in_order(student, rng):
    """The losses are returned as they came, in the order of the configurations."""
    losses = rng.normal(size=6)
    losses[:2] = np.inf, NAN
    _, found, _ = searched(student, losses)
    assert close(found, losses.tolist(), nan_agrees=True), (
        "The losses returned are not those of the configurations in their order, one for each, as they came, "
        "NaN and infinity too."
    )
    draws = cycle(losses[2:].tolist())
    best, found = student.search(lambda config: next(draws), [{"width": 8}] * 4)
    assert close(list(found), losses[2:].tolist()) and best == {"width": 8}, (
        "Equal configurations that got different losses come back with others."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


SCORED = "losses = [score(config) for config in configs]"
WINNER = "return configs[best_index(losses)], losses"


class StopsWhenItGetsWorse:
    def search(score, configs):
        losses = [score(configs[0])]
        for config in configs[1:]:
            losses.append(score(config))
            if losses[-1] > losses[-2]:
                break
        return configs[best_index(losses)], losses + [float("inf")] * (len(configs) - len(losses))


class EqualOnesOnce:
    def search(score, configs):
        known = {}
        for config in configs:
            if repr(config) not in known:
                known[repr(config)] = score(config)
        losses = [known[repr(config)] for config in configs]
        return configs[best_index(losses)], losses


class FirstOneTwice:
    def search(score, configs):
        best, best_loss, losses = configs[0], score(configs[0]), []
        for config in configs:
            losses.append(score(config))
            if losses[-1] < best_loss or np.isnan(best_loss):
                best, best_loss = config, losses[-1]
        return best, losses


MISTAKES = mistakes(
    "search",
    (
        "winner_tried_again",
        "The winner is tried once more at the end. Each configuration is tried once, and each trial costs a "
        "training.",
        (WINNER, "score(configs[best_index(losses)])\n    " + WINNER),
    ),
    (
        "first_one_tried_twice",
        "The first configuration is tried twice: once before the loop, as the best so far, and once inside.",
        FirstOneTwice,
    ),
    (
        "equal_ones_once",
        "Of equal configurations one is tried, and its loss is copied. Each of the list is tried once: a "
        "second run of the same configuration shows what chance does.",
        EqualOnesOnce,
    ),
    (
        "stops_when_it_gets_worse",
        "The search stops when a loss is higher than the one before. A better one may come later: all are "
        "tried.",
        StopsWhenItGetsWorse,
    ),
    (
        "highest_wins",
        "The configuration with the highest loss wins. Lower is better.",
        (WINNER, "return configs[int(np.nanargmax(losses))], losses"),
    ),
    (
        "nan_wins",
        "A configuration whose loss is NaN wins, since for numpy.argmin NaN is the lowest. You have a "
        "function that knows better.",
        (WINNER, "return configs[int(np.argmin(losses))], losses"),
    ),
    (
        "last_of_equals",
        "Of equal losses the last one wins: the first should.",
        (
            WINNER,
            "last = len(losses) - 1 - int(np.nanargmin(losses[::-1]))\n    return configs[last], losses",
        ),
    ),
    (
        "losses_sorted",
        "The losses come back sorted, so that nobody knows which configuration had which. They belong in the "
        "order of configs.",
        (WINNER, "return configs[best_index(losses)], sorted(losses)"),
    ),
    (
        "tried_from_the_end",
        "The configurations are tried from the last to the first. They are tried in order.",
        (SCORED, "losses = [score(config) for config in configs[::-1]][::-1]"),
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "search",
    """
    tried = []
    def score(config):
        tried.append(config["lr"])
        return config["loss"]
    configs = [{"lr": 1, "loss": 2.0}, {"lr": 2, "loss": 3.0}, {"lr": 3, "loss": 1.0}, {"lr": 4, "loss": 1.0}]
    search(score, configs), tried
    """,
    'search(lambda config: config["loss"], [{"loss": 1.0}, {"loss": float("nan")}])',
    'search(lambda config: float("nan"), [{"lr": 1.0}, {"lr": 2.0}])',
    """
    losses = iter([2.0, 1.0])
    search(lambda config: next(losses), [{"lr": 1.0}, {"lr": 1.0}])  # the same twice
    """,
)
