"""Search, `search`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes, variants

from .shared import NAN, asked, name_of, named

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
    for losses in (rng.uniform(size=7), np.sort(rng.uniform(size=5)), np.sort(rng.uniform(size=4))[::-1]):
        _, _, names = searched(student, losses)
        assert names == [f"c{i}" for i in range(len(losses))], (
            "The trials are not every configuration once, in order. Each one costs a training: nothing is "
            "tried twice, and nothing left out because an earlier one was good."
        )


@pytest.mark.exercise("search", weight=2)
def test_the_lowest_loss_wins_the_search(student, rng):
    """The configuration with the lowest loss is returned, NaN never, of equals the first."""
    plain = rng.permutation(rng.normal(size=6))
    plain[3] = plain.min() - 0.5
    broken = rng.uniform(1.0, 2.0, size=6)
    broken[[0, 2]], broken[[3, 5]] = NAN, 0.5
    for losses in (plain, broken):
        best, _, _ = searched(student, losses)
        assert best == named(losses)[3], (
            "Another configuration is returned than the one with the lowest loss. NaN is worst, and of "
            "equal losses the first wins."
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
    losses[1] = NAN
    _, found, _ = searched(student, losses)
    assert close(found, losses.tolist(), nan_agrees=True), (
        "The losses returned are not those of the configurations in their order, one for each."
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


# --- Variants -----------------------------------------------------------------------------------------------


class BestSoFar:
    """Keeps the best so far from infinity down; the call by keyword; an array of losses made a list."""

    def search(score, configs):
        losses, best = np.full(len(configs), np.nan), 0
        for i, config in enumerate(configs):
            losses[i] = score(config=config)
            if losses[i] < (np.inf if np.isnan(losses[best]) else losses[best]):
                best = i
        return configs[best], losses.tolist()


class SortedPairs:
    """Pairs of loss and place, sorted; NaN made infinite."""

    def search(score, configs):
        losses = list(map(score, configs))
        order = sorted((np.inf if loss != loss else loss, i) for i, loss in enumerate(losses))
        return [dict(configs[order[0][1]]), losses]


class Popped:
    """Takes the configurations from a copy of the list, one by one, and prints."""

    def search(score, configs):
        left, losses = list(configs), []
        while left:
            losses.append(score(left.pop(0)))
            print("tried", len(losses))
        return configs[best_index(losses)], losses


VARIANTS = variants("search", BestSoFar, SortedPairs, Popped)

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
)
