"""The diamond and the circle in the chapter on dropout: the script against NumPy and scikit-learn."""

from __future__ import annotations

import re

import numpy as np
from figures import STATIC, ask
from sklearn.linear_model import Lasso, Ridge

SCRIPT = (STATIC / "penalty_shapes.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "dropout.md").read_text(encoding="utf-8")
SETTINGS = [
    (strength, turn) for strength in (0.0, 0.02, 0.4, 0.42, 1.4, 2.0) for turn in (-60, -25, 0, 35, 60)
]


def loss(turn: float) -> tuple[np.ndarray, np.ndarray]:
    """A root of the turned loss's matrix, and its minimum."""
    angle = np.radians(turn)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # one a row
    return np.sqrt(ask("penalty_shapes", "CURVES"))[:, None] * axes, np.array(ask("penalty_shapes", "BEST"))


def test_the_minima_are_those_of_scikit_learn() -> None:
    """With both penalties, for every strength and turn; Lasso divides the squares by the two rows."""
    told = ask(
        "penalty_shapes", "given.map(([s, t]) => [lasso(matrix(t), s), ridge(matrix(t), s)])", SETTINGS
    )
    for (strength, turn), (lasso, ridge) in zip(SETTINGS, told, strict=True):
        rows, best = loss(turn)
        if strength == 0:
            np.testing.assert_allclose([lasso, ridge], [best, best], rtol=1e-9)
            continue
        theirs = [
            Lasso(alpha=strength / 2, fit_intercept=False, tol=1e-14, max_iter=10**5),
            Ridge(alpha=strength, fit_intercept=False),
        ]
        for ours, model in zip((lasso, ridge), theirs, strict=True):
            want = model.fit(rows, rows @ best).coef_
            np.testing.assert_allclose(ours, want, atol=1e-6, err_msg=f"{strength}, {turn}")
        assert [w == 0 for w in lasso] == (np.abs(theirs[0].coef_) < 1e-9).tolist(), (strength, turn)


def test_unturned_the_path_is_the_soft_threshold() -> None:
    """L1 shrinks a weight by strength over curvature and stops at zero; with L2 none ever is zero."""
    strengths = np.linspace(0, ask("penalty_shapes", "MOST"), 101)
    told = ask(
        "penalty_shapes", "given.map((s) => [lasso(matrix(0), s), ridge(matrix(0), s)])", strengths.tolist()
    )
    curves, best = np.array(ask("penalty_shapes", "[CURVES, BEST]"))
    for strength, (lasso, ridge) in zip(strengths, told, strict=True):
        np.testing.assert_allclose(lasso, np.maximum(0, best - strength / curves), atol=1e-12)
        np.testing.assert_allclose(ridge, curves * best / (curves + strength), rtol=1e-12)
    assert told[-1][0] == [0, 0], "the slider goes as far as both weights are zero"


def test_the_words_are_true_at_every_setting() -> None:
    """A weight that is called zero is pulled by no more than the strength; L2 leaves both positive."""
    minima = "const H = matrix(t), w = lasso(H, s); return [w, slope(H, w), words(H, s, w), ridge(H, s)];"
    told = ask("penalty_shapes", f"given.map(([s, t]) => {{ {minima} }})", SETTINGS)
    for (strength, turn), (found, slopes, say, ridge) in zip(SETTINGS, told, strict=True):
        w, pull = np.array(found), np.abs(slopes)
        assert (pull <= strength + 1e-9).all() and np.allclose(pull[w != 0], strength), (strength, turn)
        assert say.count("exactly 0") == bool((w == 0).any()) and min(ridge) > 0, (strength, turn)
        assert say.startswith("L1: w = (") and "NaN" not in say
    start = ask("penalty_shapes", "words(matrix(0), 0.2, lasso(matrix(0), 0.2))")
    pulled = "Neither is 0: there the loss pulls on each as hard as the penalty, with 0.20."
    assert start == f"L1: w = (1.20, 0.40). {pulled}"
    assert ask("penalty_shapes", "[0, 0.003, -0.5, 1.2].map(told)") == ["0", "0.003", "−0.50", "1.20"]


def test_the_page_holds_the_figure_its_loss_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and its table has the same loss."""
    assert (
        'class="penalty-shapes" role="group" aria-label=' in PAGE and "../_static/penalty_shapes.js" in PAGE
    )
    assert 'ready("penalty-shapes"' in SCRIPT
    found = re.search(r"bends, best = np.array\((\[.*?\])\), np.array\((\[.*?\])\)", PAGE)
    assert found and ask("penalty_shapes", "[CURVES, BEST]") == [[1.0, 0.5], [1.4, 0.8]]
    assert found.groups() == ("[1.0, 0.5]", "[1.4, 0.8]")
