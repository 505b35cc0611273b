"""The noise ball of the chapter on mini-batches: its script against the recursion and against its page."""

from __future__ import annotations

import json
import re

import numpy as np
from figures import STATIC, ask

SCRIPT = (STATIC / "noise_ball.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "minibatch_sgd.md").read_text(encoding="utf-8")
NOISE = np.random.default_rng(0).normal(size=800).tolist()


def test_the_path_is_the_recursion() -> None:
    """w <- w - lr (curvature w + noise / sqrt(batch size)), in both directions, for every rate."""
    for rate in (0.01, 0.4, 1.9, 2.1):
        path, noise, start = ask("noise_ball", f"[walk({rate}, 8, given), given, START]", NOISE)
        w = np.array(start)
        for drawn, after in zip(np.reshape(noise, (-1, 2)), path[1:], strict=True):
            w = w - rate * (np.array([1, 0.25]) * w + drawn / np.sqrt(8))
            np.testing.assert_allclose(after, w, rtol=1e-9, atol=1e-12)


def test_the_dashed_ball_is_as_wide_as_runs_say() -> None:
    """Over 300 seeds the last point's variance in each direction is within a third of the formula's."""
    runs = "Array.from({ length: 300 }, (_, i) => walk(0.4, 4, normals(i, 2 * STEPS)).at(-1))"
    ends, told = ask("noise_ball", f"[{runs}, variances(0.4, 4)]")
    assert np.allclose(np.var(ends, axis=0) / told, 1, atol=1 / 3)


def test_a_run_says_when_it_has_not_arrived_and_gives_no_nonsense() -> None:
    """At the smallest rate the start still counts, at a usual one not; a diverged run has no digits."""
    slow, usual = ask("noise_ball", "[onTheWay(0.01, 1), onTheWay(0.2, 4)]")
    assert slow and not usual
    rate, told = ask("noise_ball", "[RATES.at(-1), [1.5e15, 12.3, 0.016].map(shown)]")
    assert rate > 2 and told == ["more than 1,000", "12", "0.016"]


def test_the_page_holds_the_figure_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and tells what to read instead."""
    assert 'class="noise-ball" role="group" aria-label=' in PAGE and "../_static/noise_ball.js" in PAGE
    assert 'ready("noise-ball"' in SCRIPT
    assert "the table below says what it" in PAGE


def test_the_drawing_and_the_table_have_one_bowl() -> None:
    """The script's curvatures are those of the table that says the same in words."""
    table = json.loads(re.search(r"curvature = np\.array\(\s*(\[[^\]]*\])", PAGE)[1])
    assert ask("noise_ball", "CURVES") == table == [1, 0.25]


def test_the_reader_can_reach_every_setting_of_the_table() -> None:
    """Each rate and batch size of the table is on the figure's sliders."""
    rates, sizes = ask("noise_ball", "[RATES, SIZES]")
    shown = re.search(r"for lr, b in \((.*?)\):", PAGE)[1]
    for rate, size in re.findall(r"\(([\d.]+), (\d+)\)", shown):
        assert int(size) in sizes and float(rate) in rates
    assert max(rates) > 2 > sorted(rates)[-2], "the last rate, and no other, is past the edge of stability"
