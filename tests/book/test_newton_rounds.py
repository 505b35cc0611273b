"""The rounds of Newton and Schulz, in the chapter on training today: against matrices and torch."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
import torch
from figures import STATIC, ask

SCRIPT = (STATIC / "newton_rounds.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "modern.md").read_text(encoding="utf-8")
KINDS = ("muon", "cubic")
Constants = tuple[dict[str, list[float]], list[int], int]


@pytest.fixture(scope="module")
def constants() -> Constants:
    """The script's polynomials, the ratios of its slider, and the most rounds."""
    polynomials, ratios, most = ask("newton_rounds", "[POLYNOMIALS, RATIOS, MOST]")
    return polynomials, ratios, most


def all_told(settings: list[tuple[str, int, int]]) -> list[tuple[list[list[float]], str]]:
    """For each kind, ratio and count: both singular values in all rounds, and the sentence."""
    paths = "((paths) => [paths, told({ kind, ratio, count }, paths)])"
    rule = f"given.map(([kind, ratio, count]) => {paths}(normed(ratio).map((s) => rounds(s, kind, count))))"
    return [(found, text) for found, text in ask("newton_rounds", rule, settings)]


def told(kind: str, ratio: int, count: int) -> tuple[list[list[float]], str]:
    return all_told([(kind, ratio, count)])[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_values_are_those_of_a_matrix(kind: str, constants: Constants) -> None:
    """A turned matrix of 2 × 2, divided by its norm, has these singular values after every round."""
    polynomials, ratios, most = constants
    (a, b, c), rng = polynomials[kind], np.random.default_rng(0)
    for ratio, (paths, _) in zip(ratios, all_told([(kind, one, most) for one in ratios]), strict=True):
        turns = [np.linalg.qr(rng.normal(size=(2, 2)))[0] for _ in range(2)]
        X = turns[0] @ np.diag([ratio, 1.0]) @ turns[1]
        X = X / np.linalg.norm(X)
        for pair in zip(*paths, strict=True):
            np.testing.assert_allclose(np.linalg.svd(X)[1], sorted(pair)[::-1], rtol=1e-6)
            A = X @ X.T
            X = a * X + b * A @ X + c * A @ A @ X


def test_the_coefficients_are_torchs_and_the_chapters(constants: Constants) -> None:
    """Muon's three numbers are the default of torch.optim.Muon, and stand in the chapter's formula."""
    default = inspect.signature(torch.optim.Muon.__init__).parameters["ns_coefficients"].default
    polynomials, *_ = constants
    assert tuple(polynomials["muon"]) == default and set(polynomials) == {*KINDS}
    assert r"3.4445\,s - 4.775\,s^3 + 2.0315\,s^5" in PAGE and r"1.5\,s - 0.5\,s^3" in PAGE
    assert polynomials["cubic"] == [1.5, -0.5, 0]


def test_muons_values_stay_in_the_band_and_the_classical_ones_come_to_one(constants: Constants) -> None:
    """The sentence on later rounds is true for every setting of the sliders."""
    _, ratios, most = constants
    settings = [("muon", ratio, count) for ratio in ratios for count in range(most + 1)]
    found = dict(zip(settings, all_told(settings), strict=True))
    for (_, ratio, count), ((_, small), text) in found.items():
        if "move about between 0.68 and 1.21" in text:
            later = [value for path in found["muon", ratio, most][0] for value in path[count:]]
            assert min(later) >= 0.68 and max(later) <= 1.21, (ratio, count)
        else:
            assert small[-1] < 0.68 and "by up to 3.4445" in text
    (large, small), text = told("cubic", 100, most)
    assert abs(large[-1] - 1) < 1e-9 and abs(small[-1] - 1) < 1e-9 and text.endswith("Both have come to 1.")


@pytest.mark.parametrize("kind", KINDS)
def test_every_end_of_the_sliders_says_sense(kind: str, constants: Constants) -> None:
    """Numbers are finite, short and not in powers of ten."""
    _, ratios, most = constants
    settings = [(kind, ratio, count) for ratio in (ratios[0], ratios[-1]) for count in (0, 1, most)]
    for (_, _, count), (paths, text) in zip(settings, all_told(settings), strict=True):
        assert all(0 < value < 1.21 for path in paths for value in path)
        assert not re.search(r"NaN|undefined|e-|\d\.\d{6}", text), text
        assert ("1 round of" in text) == (count == 1)


def test_the_first_sentence() -> None:
    """The sentence below the figure at its start, and after five rounds."""
    assert '{ kind: "muon", ratio: 100, count: 0 }' in SCRIPT
    assert told("muon", 100, 0)[1] == (
        "Before the first round of Muon's polynomial the singular values are 1.000 and 0.010, a factor of "
        "100 apart. Each round multiplies the small one by up to 3.4445."
    )
    assert "0.696 and 0.699, a factor of 1.0 apart (100 at first)" in told("muon", 100, 5)[1]


def test_the_page_holds_the_figure_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and tells what to read instead."""
    assert 'class="newton-rounds" role="group" aria-label=' in PAGE and "../_static/newton_rounds.js" in PAGE
    assert 'ready("newton-rounds"' in SCRIPT
