"""The figure of a batch in the layer: the arithmetic of its script against the formulas of the layer."""

from __future__ import annotations

import numpy as np
import pytest
from figures import STATIC, ask

POOL = np.random.default_rng(0).normal(4, 1.5, size=97).round(2).tolist()
SIZES = (2, 3, 8, 32)
NUMBERS = (0, 1, 7, 40)


@pytest.fixture(scope="module")
def told() -> dict:
    """What the script's own functions say of several batches."""
    settings = [[size, number] for size in SIZES for number in NUMBERS]
    one = """([size, number]) => {
      const rows = rowsOf(given.pool, size, number), here = statistics(rows);
      return { rows, here, through: through(rows, here, 2.5, -1) };
    }"""
    after = "(running, k) => moved(running, rowsOf(given.pool, 5, k))"
    start = "Array.from({ length: 30 }, (_, k) => k).reduce(%s, { mean: 0, variance: 1 })"
    asked = f"{{ found: given.settings.map({one}), running: {start % after} }}"
    said = ask("batch_layer", asked, {"pool": POOL, "settings": settings})
    said["found"] = {tuple(key): value for key, value in zip(settings, said["found"], strict=True)}
    return said


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_batch_goes_through_as_by_the_formula(told: dict, size: int, number: int) -> None:
    """The followed row leads every batch; what is drawn is normalised over the batch, scaled and shifted."""
    one = told["found"][size, number]
    rows = np.array(one["rows"])
    assert len(rows) == size and rows[0] == POOL[0] and set(one["rows"]) <= set(POOL)
    hat = (rows - rows.mean()) / np.sqrt(rows.var() + 1e-5)
    np.testing.assert_allclose([one["here"]["mean"], one["here"]["variance"]], [rows.mean(), rows.var()])
    np.testing.assert_allclose(one["through"]["hat"], hat, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one["through"]["y"], 2.5 * hat - 1, rtol=1e-9, atol=1e-12)


def test_batches_change_and_come_round(told: dict) -> None:
    """Two batches of one size hold other rows: the company of the followed row changes."""
    for size in SIZES:
        companies = {tuple(told["found"][size, number]["rows"][1:]) for number in NUMBERS}
        assert len(companies) == len(NUMBERS)


def test_the_running_statistics_are_the_layers(told: dict) -> None:
    """After thirty batches: a tenth of each new batch, its variance divided by N - 1."""
    running, others = np.array([0.0, 1.0]), np.array(POOL[1:])
    for k in range(30):
        rows = np.append(POOL[0], others[(31 * k + np.arange(4)) % 96])
        running += 0.1 * (np.array([rows.mean(), rows.var(ddof=1)]) - running)
    np.testing.assert_allclose([told["running"]["mean"], told["running"]["variance"]], running, rtol=1e-12)


def test_what_the_page_relies_on_is_in_the_script() -> None:
    """The page's name for the figure, a refusal of one row, and words beside every picture."""
    text = (STATIC / "batch_layer.js").read_text(encoding="utf-8")
    page = (STATIC.parent / "batch_norm.md").read_text(encoding="utf-8")
    assert "class='batch-layer'" in page and "batch_layer.js" in page and 'ready("batch-layer"' in text
    assert "at least 2 rows, got 1" in text and "aria-label" in text and "aria-live" in text
