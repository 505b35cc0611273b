"""The arrows of the chapter on mini-batches: the script's gradients and laws against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from figures import STATIC, ask

RNG = np.random.default_rng(3)
X = RNG.uniform(-0.4, 2, 100)
POINTS = np.stack([X, 0.3 + 0.8 * X + 0.25 * RNG.normal(size=100)], 1)
PAGE = (STATIC.parent / "minibatch_sgd.md").read_text(encoding="utf-8")


def each(far: float) -> np.ndarray:
    """Every point's gradient of its squared error, (100, 2), so far from the best line."""
    design = np.stack([np.ones(100), X], 1)
    w = np.linalg.lstsq(design, POINTS[:, 1], rcond=None)[0] + far * np.array([-0.8, -0.6])
    return 2 * (design @ w - POINTS[:, 1])[:, None] * design


@pytest.mark.parametrize("far", [0.0, 0.4, 1.5])
def test_the_gradients_are_those_of_the_squared_error(far: float) -> None:
    """Point by point they equal NumPy's; at the best line their mean is zero."""
    made = np.array(ask("batch_arrows", f"gradients(given, {far})", POINTS.tolist()))
    np.testing.assert_allclose(made, each(far), atol=1e-12)
    assert (np.abs(made.mean(0)).max() < 1e-12) == (far == 0)


def test_the_law_is_that_of_different_examples() -> None:
    """The error told is S^2/b (N - b)/(N - 1) under the root; 40 seeds of 60 draws agree to five per cent."""
    code = """[1, 5, 20, 100].map((size) => {
        const one = gradients(given, 0.6), seeds = Array.from({ length: 40 }, (_, seed) => seed);
        const runs = seeds.map((seed) => told(one, draws(one, size, seed), size));
        return [runs[0].law, Math.sqrt(runs.reduce((sum, { seen }) => sum + seen * seen, 0) / 40)];
    })"""
    squared = ((each(0.6) - each(0.6).mean(0)) ** 2).sum(1).mean()
    for size, (law, seen) in zip((1, 5, 20, 100), ask("batch_arrows", code, POINTS.tolist()), strict=True):
        assert law == pytest.approx((squared / size * (100 - size) / 99) ** 0.5, abs=1e-12)
        assert seen == pytest.approx(law, rel=0.05, abs=1e-12)


def test_downhill_is_counted() -> None:
    """Far away nearly all small batches agree with the whole, close to the best line about half of them."""
    code = """[1.5, 0.01].map((far) => {
        const one = gradients(given, far);
        return told(one, draws(one, 2, 1), 2).down;
    })"""
    far, near = ask("batch_arrows", code, POINTS.tolist())
    assert far > 50 and 15 < near < 45


def test_the_page_holds_the_figure_and_gives_it_its_points() -> None:
    """The cell prints the element with the points of the chapter's own line, and loads the script."""
    assert "class='batch-arrows' role='group' aria-label=" in PAGE and "../_static/batch_arrows.js" in PAGE
    assert "data-points='{json.dumps(np.stack([x, target], 1).round(3).tolist())}'" in PAGE
