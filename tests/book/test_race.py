"""The race's figure: from paths to what the browser draws."""

from __future__ import annotations

import doctest
import json
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import race
from figures import ask

BOWL = race.Track("bowl <1>", lambda x, y: x**2 + y**2, 2.0, ((1.0, 0.5),), ((0.0, 0.0),), (0.25, 1.0))


def told(path: np.ndarray) -> dict:
    """The data of a figure with one track, one method, one path."""
    figure = race.widget(
        [BOWL], {"adam": {BOWL.name: 0.1}}, {"adam": {BOWL.name: path[None]}}, label='a "race"'
    )
    assert 'aria-label="a &quot;race&quot;"' in figure.data
    assert "the table below says" in figure.data, "without JavaScript the reader is sent to the table"
    return json.loads(re.search(r"<script[^>]*json\">(.*?)</script>", figure.data)[1])


def test_the_docstrings_examples_run() -> None:
    """Every example in race.py gives what it shows."""
    results = doctest.testmod(race)
    assert results.attempted >= 2 and results.failed == 0


def test_the_drawing_keeps_proportions() -> None:
    """One unit is as long across as up, and up is up."""
    centre, right, up = BOWL.pixels(np.array([[0, 0], [1, 0], [0, 1]]))
    assert (right - centre).tolist() == [250, 0] and (up - centre).tolist() == [0, -250]


def test_level_lines_lie_at_their_level() -> None:
    """Every point of the drawn level lines of a bowl lies on one of its circles, to a pixel or two."""
    points = np.array([[int(v) for v in pair.split()] for pair in re.split("[ML]", BOWL.contours()) if pair])
    radii = np.hypot(*(points - [500, 320]).T) / 250
    assert len(points) > 100
    assert np.abs(radii[:, None] - [0.5, 1.0]).min(1).max() < 0.01


def test_the_figure_tells_paths_losses_and_rates() -> None:
    """Paths come in the drawing's units, losses with three figures, both for every step."""
    data = told(np.array([[1.0, 0.5], [0.5, 0.25], [0.0, 0.0]]))
    (track,) = data["tracks"]
    assert track["paths"]["adam"] == [[750, 195, 625, 258, 500, 320]]
    assert track["losses"]["adam"] == [[1.25, 0.312, 0.0]]
    assert (
        track["rates"] == {"adam": 0.1}
        and track["starts"] == ["(1, 0.5)"]
        and track["minima"] == [[500, 320]]
    )


def test_a_path_that_leaves_for_infinity_can_be_drawn() -> None:
    """A diverged path stays valid JSON: its points wait outside of the picture, its losses are null."""
    (track,) = told(np.array([[1.0, 0.5], [1e200, -1e200], [np.inf, np.nan]]))["tracks"]
    assert all(-640 <= v <= 1500 for v in track["paths"]["adam"][0])
    assert track["losses"]["adam"][0][1:] == [None, None]


def test_the_ranking_is_of_those_that_race() -> None:
    """Lowest loss first, without the methods that are switched off or have left the page."""
    losses = {"sgd": 0.5, "adam": 1e-5, "rprop": None, "nadam": 0, "adagrad": 0.25}
    ranked = ask(
        "race", "ranking(Object.keys(given), given, new Set(['sgd', 'adam', 'rprop', 'nadam']))", losses
    )
    assert ranked == [["nadam", "0"], ["adam", "1.0e-5"], ["sgd", "0.5"]]
    assert ask("race", "shown(null)") == "left the page"
