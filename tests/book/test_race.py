"""The race's figure: from paths to what the browser draws."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import sys
from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest
from browser import chromium
from figures import STATIC, ask
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

matplotlib.use("Agg")
sys.path.insert(0, str(STATIC.parent))
import race

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


def test_the_figure_tells_what_is_in_colour_first_and_how_far_the_axes_go() -> None:
    """Methods named first are told so, all of them when none is named; axes share one scale."""
    runs = {m: {BOWL.name: np.zeros((1, 2, 2))} for m in ("sgd", "adam")}
    rates = {m: {BOWL.name: 0.1} for m in runs}
    for first, want in (((), ["sgd", "adam"]), (("adam",), ["adam"])):
        data = race.widget([BOWL], rates, runs, label="race", first=first).data
        found = json.loads(re.search(r"<script[^>]*json\">(.*?)</script>", data)[1])
        assert found["first"] == want and found["tracks"][0]["extent"] == [2.0, 1.28]
    with pytest.raises(ValueError, match=r"methods of the race \(sgd, adam\), got \['adan'\]"):
        race.widget([BOWL], rates, runs, label="race", first=("adan",))


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
    assert ask("race", "axis('y', 1.28)") == "y from −1.28 to 1.28"


# --------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A page with a race of three methods over 120 steps, two of them in colour at first; no script fails."""
    site = tmp_path_factory.mktemp("race")
    shutil.copytree(STATIC, site / "_static")
    path = site / "book/page.html"
    path.parent.mkdir()
    methods = ("sgd", "momentum", "adam")
    run = np.array([[1.0, 0.5]]) * 0.97 ** np.arange(121)[:, None]
    data = race.widget(
        [BOWL],
        {m: {BOWL.name: 0.1} for m in methods},
        {m: {BOWL.name: run[None]} for m in methods},
        label="race",
        first=("sgd", "adam"),
    ).data
    path.write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
        f'<script src="../_static/figure.js" defer></script></head><body>{data}</body></html>',
        encoding="utf-8",
    )
    with chromium() as driver:
        driver.get(path.as_uri())
        yield driver
        assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def seen(browser: Chrome) -> tuple[str, int, set[int]]:
    """Where the slider stands in words and as a number, and how many points the drawn paths have."""
    (slider,) = browser.find_elements(By.CSS_SELECTOR, "input[type=range]")
    lines = browser.find_elements(By.CSS_SELECTOR, "polyline")
    points = {len(line.get_attribute("points").split()) // 2 for line in lines}
    return slider.get_attribute("aria-valuetext"), int(slider.get_attribute("value")), points


@pytest.mark.parametrize("playing", [False, True])
def test_the_slider_goes_where_the_reader_puts_it(browser: Chrome, playing: bool) -> None:
    """A place far away is reached and kept, with the paths up to there, also while the race is played."""
    (slider,) = browser.find_elements(By.CSS_SELECTOR, "input[type=range]")
    put = (
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))"
    )
    for step in (90, 17):
        browser.find_element(By.XPATH, "//button[text()='Restart']").click()
        if playing:
            browser.find_element(By.XPATH, "//button[text()='Play']").click()
        browser.execute_script(put, slider, step)
        assert seen(browser) == (f"step {step} of 120", step, {step + 1})
        assert browser.find_element(By.CSS_SELECTOR, ".say").text.startswith(
            f"Step {step} of 120. Lowest loss"
        )
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert seen(browser) == ("step 19 of 120", 19, {20})


def test_a_few_methods_are_in_colour_and_the_rest_are_grey(browser: Chrome) -> None:
    """Grey paths lie behind, without a head; a tick brings colour; both axes are named."""

    def strokes() -> list[str]:
        lines = browser.find_elements(By.CSS_SELECTOR, "polyline")
        return [line.get_attribute("stroke") for line in lines]

    looks = {"sgd": "var(--ink-gray)", "momentum": "var(--ink-gray)", "adam": "var(--ink-blue)"}
    assert strokes() == ["inherit", looks["sgd"], looks["adam"]]
    for kind in ("circle", "text.named"):
        marks = browser.find_elements(By.CSS_SELECTOR, kind)
        assert [one.get_attribute("visibility") for one in marks] == ["visible", "hidden", "visible"]
    boxes = browser.find_elements(By.CSS_SELECTOR, "input[type=checkbox]")
    assert [box.is_selected() for box in boxes] == [True, False, True]
    boxes[1].click()
    assert strokes() == [looks["sgd"], looks["adam"], looks["momentum"]]
    boxes[1].click()
    assert sorted(strokes()) == sorted(["inherit", looks["sgd"], looks["adam"]])
    names = [browser.find_element(By.CSS_SELECTOR, f"text.{name}").text for name in ("across", "up")]
    assert names == ["x from −2 to 2", "y from −1.28 to 1.28"]
