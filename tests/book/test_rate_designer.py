"""The schedule designer: its script against the reference's schedules and the recursion itself."""

from __future__ import annotations

import re

import numpy as np
import pytest
from figures import STATIC, ask

from solutions import schedules

SCRIPT = (STATIC / "rate_designer.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "schedules.md").read_text(encoding="utf-8")
STEPS = 300
OWN = [0.0, -0.3, 0.2, -1.0, -1.5, -2.5, -2.0]  # logarithms at 0, 50, …, 300
DESIGNS = [
    {"kind": kind, "peak": peak, "fall": fall, "warmup": warmup, "own": OWN}
    for kind in ("constant", "step", "exponential", "1/t", "cosine", "restarts", "your own")
    for peak, fall, warmup in ((0.45, 100.0, 0), (1.9, 25.0, 30), (3.0, 1000.0, 150), (0.01, 1.0, 5))
]


@pytest.fixture(scope="module")
def told() -> list[dict]:
    """What the script's own functions say of each design."""
    each = "(d) => { const rates = ratesOf(d); return { rates, ...expected(rates), run: oneRun(rates) }; }"
    return ask("rate_designer", f"given.map({each})", DESIGNS)


def wanted(design: dict) -> np.ndarray:
    """The rates of a design, by the reference's schedules where it has one."""
    kind, peak, fall, warmup = (design[key] for key in ("kind", "peak", "fall", "warmup"))
    if kind == "your own":
        return 10 ** np.interp(np.arange(STEPS), np.linspace(0, STEPS, 7), OWN)
    steps, left = np.arange(STEPS - warmup), STEPS - warmup
    tail = {
        "constant": lambda: np.full(left, peak),
        "step": lambda: schedules.step_lr(4 * steps, lr0=peak, step_size=left, gamma=fall ** (-1 / 3)),
        "exponential": lambda: schedules.exponential_lr(steps / left, lr0=peak, k=np.log(fall)),
        "1/t": lambda: schedules.inverse_time_lr(steps / left, lr0=peak, k=fall - 1),
        "cosine": lambda: schedules.cosine_lr(steps, base_lr=peak, total_steps=left, min_lr=peak / fall),
        "restarts": lambda: schedules.cosine_restarts_lr(
            3 * steps, base_lr=peak, first_cycle=left, min_lr=peak / fall
        ),
    }[kind]()
    return np.concatenate([peak * np.arange(warmup) / max(warmup, 1), tail])


def test_the_rates_are_the_schedules(told: list[dict]) -> None:
    """Each rule's rates, warm-up and floor included, are the reference's; drawn ones lie between points."""
    for design, one in zip(DESIGNS, told, strict=True):
        assert np.allclose(one["rates"], wanted(design), rtol=1e-9, atol=1e-12), design


def test_the_loss_is_the_recursion_of_distance_and_noise(told: list[dict]) -> None:
    """Mean and variance of both directions, update by update, give the two parts that are drawn."""
    curvature, start = np.array([1.0, 0.02]), np.array([1.0, 10.0])
    for design, one in zip(DESIGNS, told, strict=True):
        mean, variance = start, np.zeros(2)
        for step in range(STEPS + 1):
            distance, noise = curvature @ mean**2 / 2, curvature @ variance / 2
            told_parts = [one["distance"][step], one["noise"][step]]
            assert np.allclose(told_parts, [distance, noise], rtol=1e-8), design
            if step < STEPS:
                kept = 1 - one["rates"][step] * curvature
                mean, variance = kept * mean, kept**2 * variance + (0.3 * one["rates"][step]) ** 2


def test_the_run_is_one_of_the_mean(told: list[dict]) -> None:
    """Where a constant rate has come to its floor, the single run's loss is in the mean that of the curve."""
    one = told[0]
    run, mean = np.array(one["run"]), np.add(one["distance"], one["noise"])
    assert run[0] == mean[0] == 1.5
    assert 0.5 < run[150:].mean() / mean[150:].mean() < 2
    assert all(value is None or value >= 0 for value in run)


def test_the_page_and_the_script_have_one_valley() -> None:
    """Curvatures, start, noise and length are the same in the page's cell and in the script."""
    assert ask("rate_designer", "[STEPS, STEEP, FLAT, NOISE, START]") == [
        300,
        1,
        0.02,
        0.3,
        {"steep": 1, "flat": 10},
    ]
    assert "CURVATURE, START = np.array([1, 0.02]), np.array([1.0, 10])" in PAGE
    assert "NOISE, STEPS = 0.3, 300" in PAGE


def test_the_page_holds_the_figure_its_goals_and_its_words() -> None:
    """The page has the element that the script looks for, its goals, and what to read instead."""
    assert 'class="rate-designer" role="group" aria-label=' in PAGE and "../_static/rate_designer.js" in PAGE
    assert 'data-constant="{tuned' in PAGE and 'data-best="{tuned' in PAGE
    assert 'ready("rate-designer"' in SCRIPT and "the table below says what it" in PAGE


def test_the_reader_can_reach_every_setting_of_the_table() -> None:
    """Each rule of the table has a button, and its numbers are on the sliders."""
    kinds = ask("rate_designer", "KINDS")
    rows = re.findall(r'": \(([\d.]+), "([\w/]+)", (\d+), (\d+)\),', PAGE)
    assert len(rows) == 8
    for peak, kind, fall, warmup in rows:
        assert kind in kinds and 0.01 <= float(peak) <= 3 and 1 <= int(fall) <= 1000 and int(warmup) <= 150
        assert int(warmup) % 5 == 0


def test_the_figure_needs_no_mouse_and_no_network() -> None:
    """Buttons and sliders are native, points have keys; nothing is fetched or timed."""
    for key in ("ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"):
        assert key in SCRIPT
    assert 'role: "slider", tabindex: 0' in SCRIPT and '"aria-live": "polite"' in SCRIPT
    assert not re.search(
        r"fetch\(|XMLHttpRequest|import\(|setTimeout|setInterval|requestAnimationFrame", SCRIPT
    )
