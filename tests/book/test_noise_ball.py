"""The noise ball of the chapter on mini-batches: the drawing agrees with the page that holds it."""

from __future__ import annotations

import json
import re
from pathlib import Path

BOOK = Path(__file__).parents[2] / "book"
SCRIPT = (BOOK / "_static/noise_ball.js").read_text(encoding="utf-8")
PAGE = (BOOK / "minibatch_sgd.md").read_text(encoding="utf-8")


def numbers(pattern: str, text: str) -> list[float]:
    """The list of numbers behind a name."""
    return json.loads(re.search(pattern + r"\s*(\[[^\]]*\])", text)[1])


def test_the_page_holds_the_figure_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and tells what to read instead."""
    assert 'class="noise-ball" role="group" aria-label=' in PAGE and "../_static/noise_ball.js" in PAGE
    assert ".noise-ball:not([data-ready])" in SCRIPT
    assert "the table below says what it" in PAGE


def test_the_drawing_and_the_table_have_one_bowl() -> None:
    """The script's curvatures are those of the table that says the same in words."""
    assert numbers("const CURVES =", SCRIPT) == numbers(r"curvature = np\.array\(", PAGE) == [1, 0.25]


def test_the_reader_can_reach_every_setting_of_the_table() -> None:
    """Each rate and batch size of the table is on the figure's sliders."""
    rates, sizes = numbers("const RATES =", SCRIPT), numbers("const SIZES =", SCRIPT)
    shown = re.search(r"for lr, b in \((.*?)\):", PAGE)[1]
    for rate, size in re.findall(r"\(([\d.]+), (\d+)\)", shown):
        assert int(size) in sizes and float(rate) in rates
    assert max(rates) > 2 > sorted(rates)[-2], "the last rate, and no other, is past the edge of stability"


def test_the_figure_needs_no_mouse_no_network_and_little_motion() -> None:
    """Its controls are native, it names no host but the SVG namespace, and it asks about reduced motion."""
    assert {"range", "button"} <= set(re.findall(r'type: "(\w+)"', SCRIPT))
    assert set(re.findall(r"https?://[^\s\"']+", SCRIPT)) == {"http://www.w3.org/2000/svg"}
    assert "prefers-reduced-motion: reduce" in SCRIPT and 'role: "status"' in SCRIPT
