"""The valley that two inputs make, in the chapter on initialisation: script, NumPy and page."""

from __future__ import annotations

import json
import re

import numpy as np
from figures import STATIC, ask

SCRIPT = (STATIC / "input_valley.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "initialization.md").read_text(encoding="utf-8")
SETTINGS = [(mean, ratio) for mean in (0.0, 0.25, 2.0, 3.0) for ratio in (1, 2, 4, 10)]


def test_the_cloud_has_the_means_and_scales_of_the_sliders() -> None:
    """Mean so many standard deviations, these 1 and 1/ratio, and no correlation."""
    for (mean, ratio), drawn in zip(
        SETTINGS, ask("input_valley", "given.map(([m, r]) => inputs(m, r))", SETTINGS), strict=True
    ):
        cloud = np.array(drawn)
        scales = np.array([1, 1 / ratio])
        np.testing.assert_allclose(cloud.mean(0), mean * scales, atol=1e-9)
        np.testing.assert_allclose(np.cov(cloud.T, bias=True), np.diag(scales**2), atol=1e-9)


def test_the_ellipses_are_those_of_the_clouds_loss() -> None:
    """The matrix is XᵀX/N; its eigenvalues, and the direction of the larger, are NumPy's."""
    rule = "const X = inputs(m, r), H = curvature(X); return [X, H, axes(H), bestRate(H)];"
    told = ask("input_valley", f"given.map(([m, r]) => {{ {rule} }})", SETTINGS)
    for setting, (drawn, (a, b, c), axes, rate) in zip(SETTINGS, told, strict=True):
        X = np.array(drawn)
        H = X.T @ X / len(X)
        np.testing.assert_allclose([[a, b], [b, c]], H, atol=1e-12)
        values = np.linalg.eigvalsh(H)
        np.testing.assert_allclose([axes["small"], axes["large"]], values, rtol=1e-9)
        along = np.array([np.cos(np.radians(axes["angle"])), np.sin(np.radians(axes["angle"]))])
        np.testing.assert_allclose(H @ along, values[1] * along, atol=1e-9, err_msg=str(setting))
        assert np.isclose(rate, 2 / values.sum())


def test_the_path_is_gradient_descent_and_as_long_as_theory_says() -> None:
    """Each update is w <- w - lr H w and shortens the distance by (k - 1)/(k + 1); the last one arrives."""
    rule = "const H = curvature(inputs(m, r)); return [H, descend(H)];"
    told = ask("input_valley", f"given.map(([m, r]) => {{ {rule} }})", SETTINGS)
    for setting, ((a, b, c), drawn) in zip(SETTINGS, told, strict=True):
        H, path = np.array([[a, b], [b, c]]), np.array(drawn)
        small, large = np.linalg.eigvalsh(H)
        np.testing.assert_allclose(path[1:], path[:-1] - 2 / (small + large) * path[:-1] @ H, atol=1e-12)
        share = (large - small) / (large + small)
        if share > 1e-9:
            assert len(path) - 1 == np.ceil(np.log(0.01) / np.log(share)), setting
        else:
            assert len(path) == 2, setting


def test_the_words_at_the_start_and_at_the_sliders_ends() -> None:
    """The numbers of the page's table, one update for the round bowl, and no nonsense at the other end."""
    rule = "const H = curvature(inputs(m, r)); return words(H, descend(H).length - 1);"
    ends = [(2, 4), (0, 1), (3, 10)]
    start, round_one, long_one = ask("input_valley", f"given.map(([m, r]) => {{ {rule} }})", ends)
    assert start == (
        "Curvatures 5.2 and 0.11: condition number 48. At the best rate, 0.38, gradient descent takes 111 "
        "updates to come a hundred times as close to the minimum. The first 20 are drawn."
    )
    assert "condition number 1. At the best rate, 1.0, gradient descent takes 1 update to" in round_one
    assert "condition number 535. At the best rate, 0.20, gradient descent takes 1,232 updates to" in long_one


def test_the_page_holds_the_figure_its_start_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and starts from the same weights."""
    assert 'class="input-valley" role="group" aria-label=' in PAGE and "../_static/input_valley.js" in PAGE
    assert 'ready("input-valley"' in SCRIPT
    starts = re.findall(r"np\.(?:array|linalg\.norm)\((\[-1\.5, 0\.9\])\)", PAGE)
    assert len(starts) == 2 and json.loads(starts[0]) == ask("input_valley", "START")
