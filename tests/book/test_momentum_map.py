"""The map of rate and momentum: the arithmetic of its script against the recursion itself."""

from __future__ import annotations

import numpy as np
import pytest
from figures import ask

SETTINGS = [
    (rate, mu) for mu in (0.0, 0.1, 0.5, 0.9, 0.99) for rate in (0.003, 0.05, 0.4, 1.3, 1.95, 2.5, 3.3, 3.97)
]


def follow(rate: float, mu: float, steps: int) -> np.ndarray:
    """A direction's distance from the minimum, from 1 on; rate is the learning rate times the curvature."""
    w, v, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        v = mu * v + rate * w
        w -= v
        path.append(w)
    return np.array(path)


@pytest.fixture(scope="module")
def told() -> list[dict]:
    """What the script's own functions say of each setting."""
    each = "([rate, mu]) => ({ ...regime(rate, mu), path: walk(rate, mu, 1), n: needed(rate, mu) })"
    return ask("momentum_map", f"given.map({each})", SETTINGS)


def test_the_path_is_the_recursion(told: list[dict]) -> None:
    """The drawn path is v <- mu v + g, w <- w - lr v, cut off where it has left the page."""
    for (rate, mu), one in zip(SETTINGS, told, strict=True):
        assert np.allclose(one["path"], follow(rate, mu, 80)[: len(one["path"])], rtol=1e-9, atol=1e-12)
        assert len(one["path"]) == 81 or abs(one["path"][-1]) > 1e3


def test_a_region_does_what_its_name_says(told: list[dict]) -> None:
    """What explodes grows, what creeps keeps its sign at first and falls, what jumps changes it in turn."""
    for (rate, mu), one in zip(SETTINGS, told, strict=True):
        late = follow(rate, mu, 60)
        signs = np.sign(late[late != 0])
        assert (one["how"] == "explodes") == (rate > 2 * (1 + mu)), (rate, mu)
        if one["how"].startswith("creeps"):
            assert (signs > 0).all() and late[-1] < 1, (rate, mu)
        if one["how"].startswith("jumps"):
            assert (signs[:-1] * signs[1:] < 0).mean() > 0.9, (rate, mu)
        if one["how"] == "swings":
            assert np.isclose(one["left"], np.sqrt(mu)), (rate, mu)


def test_a_rate_of_zero_does_not_move() -> None:
    """At the left edge of the map nothing happens, and that is what is said, for every momentum."""
    assert {one["how"] for one in ask("momentum_map", "[0, 0.5, 0.99].map((mu) => regime(0, mu))")} == {
        "does not move"
    }


def test_the_updates_told_are_those_needed(told: list[dict]) -> None:
    """After the updates told the distance stays below a ten-thousandth, and one update before not yet."""
    for (rate, mu), one in zip(SETTINGS, told, strict=True):
        if one["n"] is None:  # JSON has no infinity
            assert one["how"] == "explodes", (rate, mu)
            continue
        path = np.abs(follow(rate, mu, one["n"] + 2000))
        assert path[one["n"] - 1] > 1e-4 and (path[one["n"] :] <= 1e-4).all(), (rate, mu)
