"""The figure of grid and random search: the chances that its script tells, against draws and the formula."""

from __future__ import annotations

import numpy as np
import pytest
from figures import ask

SETTINGS = [(m, q, both) for m in (1, 2, 3, 5, 10) for q in (0.02, 0.12, 0.3, 0.5) for both in (False, True)]
TRIALS = 4000


@pytest.fixture(scope="module")
def told() -> list[dict]:
    """What the script's own functions say of each setting, computed and measured."""
    each = (
        "([m, q, both]) => ({ grid: gridChance(m, q, both), random: randomChance(m * m, q), "
        f"points: gridPoints(m), measured: measure(m, q, both, {TRIALS}, mulberry32(1)) }})"
    )
    return ask("search_projection", f"given.map({each})", SETTINGS)


def hits(points: np.ndarray, corner: np.ndarray, width: float, axes: int) -> np.ndarray:
    """For each corner, whether a point (trials or 1, points, 2) is in the good part that begins there."""
    apart = points[..., :axes] - corner[:, None, :axes]
    return ((apart >= 0) & (apart <= width)).all(-1).any(-1)


def test_the_chances_told_are_those_of_draws(told: list[dict]) -> None:
    """With the good part anywhere, both searches hit it as often as the script's formulas say."""
    rng = np.random.default_rng(0)
    for (m, q, both), one in zip(SETTINGS, told, strict=True):
        axes, width = (2, q**0.5) if both else (1, q)
        corner = rng.uniform(0, 1 - width, size=(TRIALS, 2))
        middle = (np.arange(m) + 0.5) / m
        grid = np.stack(np.meshgrid(middle, middle), -1).reshape(1, -1, 2)
        drawn = rng.random((TRIALS, m * m, 2))
        for points, chance in ((grid, one["grid"]), (drawn, one["random"])):
            error = 4.5 * np.sqrt(chance * (1 - chance) / TRIALS) + 1e-9
            assert abs(hits(points, corner, width, axes).mean() - chance) <= error, (m, q, both)


def test_what_the_button_measures_agrees(told: list[dict]) -> None:
    """The shares that the script measures by its own draws are those that it computes."""
    for setting, one in zip(SETTINGS, told, strict=True):
        for share, chance in zip(one["measured"], (one["grid"], one["random"]), strict=True):
            assert abs(share - chance) <= 4.5 * np.sqrt(chance * (1 - chance) / TRIALS) + 1e-9, setting


def test_random_search_is_the_formula(told: list[dict]) -> None:
    """n random runs hit a share q with the chance 1 - (1-q)^n, whether one hyperparameter matters or both."""
    for (m, q, _), one in zip(SETTINGS, told, strict=True):
        assert np.isclose(one["random"], 1 - (1 - q) ** (m * m), rtol=1e-12)


def test_the_grid_stands_in_the_middle_of_its_cells(told: list[dict]) -> None:
    """m values an axis, at equal distances, half a distance from the borders."""
    for (m, _, _), one in zip(SETTINGS, told, strict=True):
        values = sorted({round(x, 12) for x, _ in one["points"]})
        assert len(one["points"]) == m * m and np.allclose(values, (np.arange(m) + 0.5) / m)
