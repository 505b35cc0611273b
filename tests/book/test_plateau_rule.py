"""The plateau rule at work, in the chapter on schedules: its script against the cells, torch and NumPy."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from figures import STATIC, ask

SCRIPT = (STATIC / "plateau_rule.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "schedules.md").read_text(encoding="utf-8")
Constants = tuple[list[int], list[float]]


@pytest.fixture(scope="module")
def constants() -> Constants:
    """The places of the script's two sliders: patience, and the factor of a cut."""
    patiences, factors = ask("plateau_rule", "[PATIENCES, FACTORS]")
    return patiences, factors


def ends(constants: Constants) -> list[tuple[int, float]]:
    patiences, factors = constants
    return [(p, f) for p in (patiences[0], patiences[-1]) for f in (factors[0], factors[-1])]


def chapter() -> dict[str, Any]:
    """The rule, the valley and its recursion, as the chapter's cells define them."""
    names: dict[str, Any] = {"np": np, "math": math}
    cells = re.findall(r"^```{code-cell}\n(.*?)^```", PAGE, re.M | re.S)
    for begin in ("CURVATURE, START =", "NOISE, STEPS =", "def on_plateau(", "def valley("):
        (cell,) = [cell for cell in cells if f"\n{begin}" in f"\n{cell}"]
        exec(re.split(r"\n(?=\w)", cell[cell.index(begin) :])[0], names)
    return names


def runs(settings: list) -> list[dict]:
    """The epochs of the script's runs, and what is left at their ends, with the noise of one seed."""
    one = "{ epochs: train(plateau(p, f), given.noise), left: left(train(plateau(p, f), given.noise)) }"
    noise = np.random.default_rng(5).normal(size=6000).tolist()
    return ask("plateau_rule", f"given.all.map(([p, f]) => ({one}))", {"all": settings, "noise": noise})


def test_the_rule_is_the_chapters_and_torchs(constants: Constants) -> None:
    """For noisy, falling and level losses the rates after each epoch are those of on_plateau and of torch."""
    (patiences, factors), on_plateau, rng = constants, chapter()["on_plateau"], np.random.default_rng(0)
    series = [rng.random(60), 1 / np.arange(1, 61), np.ones(60), np.exp(0.3 * rng.normal(size=60))]
    for losses in series:
        each = "given.map(plateau(p, f)).map(({ rate }) => rate)"
        for patience in patiences:
            all_ = f"{factors}.map((f) => ((p) => {each})({patience}))"
            for factor, rates in zip(factors, ask("plateau_rule", all_, losses.tolist()), strict=True):
                optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
                theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
                    optimizer, factor=factor, patience=patience, threshold=0, eps=0
                )
                want = []
                for loss in losses:
                    theirs.step(loss)
                    want.append(optimizer.param_groups[0]["lr"])
                np.testing.assert_allclose(rates, want, rtol=1e-12)
                if factor == 0.1:
                    np.testing.assert_allclose(rates, on_plateau(losses, patience, 1.0), rtol=1e-12)


def test_the_weights_are_those_of_the_valley(constants: Constants) -> None:
    """The losses are the means over ten noisy pairs, and what is left is the chapter's recursion."""
    names = chapter()
    noise = np.random.default_rng(5).normal(size=(300, 10, 2))
    for one in runs([(0, 0.1), (3, 0.5), *ends(constants)]):
        rates = np.repeat([1, *(epoch["rate"] for epoch in one["epochs"][:-1])], 5)
        w, losses = np.tile(names["START"], (10, 1)), []
        for rate, drawn in zip(rates, noise, strict=True):
            w = w - rate * (names["CURVATURE"] * w + names["NOISE"] * drawn)
            losses.append((names["CURVATURE"] * w**2).sum(1).mean() / 2)
        assert len(rates) == names["STEPS"]
        np.testing.assert_allclose([epoch["loss"] for epoch in one["epochs"]], losses[4::5], rtol=1e-9)
        np.testing.assert_allclose(one["left"], [part[-1] for part in names["valley"](rates)], rtol=1e-9)


def test_little_patience_leaves_distance_and_much_leaves_noise() -> None:
    """The caption is true over forty streams of noise."""
    seeds = "Array.from({ length: 40 }, (_, s) => normals(s, 6000))"
    sums = ask("plateau_rule", f"[0, 5, 20].map((p) => {seeds}.map((z) => left(train(plateau(p, 0.1), z))))")
    (near, _), (_, calm), (arrived, loud) = np.mean(sums, axis=1)
    totals = np.sum(np.mean(sums, axis=1), axis=1)
    assert near > 0.05 and arrived < 0.001 and loud > 2 * calm and totals.argmin() == 1


def test_every_end_of_the_sliders_says_sense(constants: Constants) -> None:
    """Whatever the reader sets, all losses are numbers and the sentence has no digits without end."""
    of_epochs = "((epochs) => [epochs, told({ patience, factor }, epochs)])"
    trained = "(train(plateau(patience, factor), normals(21, 6000)))"
    settings = ends(constants)
    found = ask("plateau_rule", f"given.map(([patience, factor]) => {of_epochs}{trained})", settings)
    for (patience, _), (epochs, text) in zip(settings, found, strict=True):
        assert len(epochs) == 60 and all(0 < epoch["loss"] < 2 for epoch in epochs)
        assert not re.search(r"NaN|undefined|e-|\d\.\d{5}", text)
        assert (patience == 20) == ("no cut in 60 epochs" in text)


def test_the_first_sentence() -> None:
    """The sentence below the figure at its start."""
    state = "{ patience: 0, factor: 0.1, seed: 21 }"
    assert state in SCRIPT
    assert ask("plateau_rule", f"told({state}, train(plateau(0, 0.1), normals(21, 6000)))") == (
        "Patience 0, factor 0.1: 2 cuts, after epochs 10, 27. The rate ends at 0.01. On average these rates "
        "leave a loss of 0.102: 0.088 from the distance and 0.014 from the noise."
    )


def test_the_page_holds_the_figure_and_its_words(constants: Constants) -> None:
    """The page has the element that the script looks for, loads it, and tells what to read instead."""
    assert 'class="plateau-rule" role="group" aria-label=' in PAGE and "../_static/plateau_rule.js" in PAGE
    assert 'ready("plateau-rule"' in SCRIPT
    (table,) = re.findall(r"for patience in \(([\d, ]+)\):\n    tenth, half_ = by_rule", PAGE)
    assert {int(p) for p in table.split(",")} <= set(constants[0]) and {0.1, 0.5} <= set(constants[1])
