"""The chapters' shared helpers."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import lab
import torch

BOOK = Path(__file__).parents[2] / "book"


@pytest.fixture(autouse=True)
def _float64():
    """lab sets torch's default type to float64; other tests get back what they had."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def test_the_docstrings_examples_run() -> None:
    """Every example in lab.py gives what it shows."""
    results = doctest.testmod(lab)
    assert results.attempted >= 10 and results.failed == 0


def test_the_split_is_stratified_and_disjoint() -> None:
    """A third of every class is held out, and every digit stands in one part."""
    data = lab.digits(3)
    assert len(data.X_train) + len(data.X_test) == 1797
    shares = np.bincount(data.y_test) / (np.bincount(data.y_test) + np.bincount(data.y_train))
    assert np.abs(shares - 1 / 3).max() < 0.01


def test_no_two_methods_look_alike() -> None:
    """Each method has its own pair of colour and dash."""
    pairs = [(look.color, str(look.dash)) for look in lab.LOOKS.values()]
    assert len(set(pairs)) == len(pairs)


def luminance(color: str) -> float:
    """The relative luminance of the Web Content Accessibility Guidelines, 0 for black and 1 for white."""
    rgb = np.array(matplotlib.colors.to_rgb(color))
    return float(
        np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    )


def test_colours_are_readable_on_their_ground() -> None:
    """Every colour has a contrast of at least 4.5 to 1 on its page, so labels may use it too."""
    dark_page = luminance("#14181e")  # the theme's
    for color in lab.INK.values():
        assert 1.05 / (luminance(color) + 0.05) >= 4.5, color
    for color in lab.INK_DARK.values():
        assert (luminance(color) + 0.05) / (dark_page + 0.05) >= 4.5, color


def coloured(text: str) -> set[str]:
    """The colours written in ``text`` as six digits, greys left out."""
    found = re.findall(r"#[0-9a-f]{6}\b", text, re.I)
    return {color for color in found if len({color[1:3], color[3:5], color[5:7]}) > 1}


def test_every_colour_comes_from_one_table() -> None:
    """Methods use the colours of ``lab.INK``; no chapter and no figure's script writes one of its own."""
    assert {look.color for look in lab.LOOKS.values()} <= set(lab.INK.values())
    for path in sorted({*BOOK.glob("*.md"), *BOOK.glob("*.py")} - {BOOK / "lab.py"}):
        assert not coloured(path.read_text(encoding="utf-8")), f"{path.name}: take the colour from lab.INK"
    scripts = sorted((BOOK / "_static").glob("*.js"))
    assert len(scripts) >= 11
    for path in scripts:
        assert not coloured(path.read_text(encoding="utf-8")), f"{path.name}: take var(--ink-…) of course.css"


def test_the_style_sheet_has_the_table() -> None:
    """course.css gives the figures the colours of ``INK`` on light pages and of ``INK_DARK`` on dark ones."""
    style = (BOOK / "_static/course.css").read_text(encoding="utf-8")
    for place, table in ((":root", lab.INK), ('html[data-theme="dark"]', lab.INK_DARK)):
        (rule,) = re.findall(rf"^{re.escape(place)} {{(.*)}}$", style, re.M)
        assert dict(re.findall(r"--ink-(\w+): (#\w+);", rule)) == table
    used = set(re.findall(r"var\(--ink-(\w+)\)", style))
    for path in (BOOK / "_static").glob("*.js"):
        used |= set(re.findall(r"var\(--ink-(\w+)\)", path.read_text(encoding="utf-8")))
    assert used and used <= set(lab.INK) == set(lab.INK_DARK)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=8), st.floats(0.01, 3))
def test_labels_are_spread_in_order(places: list[float], gap: float) -> None:
    """Moved labels stand at least a gap apart, in their old order, around their old centre."""
    moved = lab.spread(places, gap)
    order = np.argsort(places, kind="stable")
    assert (np.diff(moved[order]) >= gap - 1e-9).all()
    assert np.isclose(np.mean(moved), np.mean(places), atol=1e-9)


OPTIMISERS = {
    "sgd": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "adagrad": lambda p, lr: torch.optim.Adagrad(p, lr=lr),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr),
    "adadelta": lambda p, lr: torch.optim.Adadelta(p, lr=lr),
    "adam": lambda p, lr: torch.optim.Adam(p, lr=lr),
    "adamax": lambda p, lr: torch.optim.Adamax(p, lr=lr),
    "nadam": lambda p, lr: torch.optim.NAdam(p, lr=lr),
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr=lr, weight_decay=0.1),
}


@pytest.mark.parametrize("method", OPTIMISERS)
def test_a_sweep_equals_separate_runs(method: str) -> None:
    """Runs trained as one array have the losses that each has when trained alone at its own rate."""
    make = OPTIMISERS[method]
    data, lrs, seeds = lab.digits(), np.array([0.003, 0.03, 0.1]), [5, 6, 7]
    X, y = torch.tensor(data.X_train[:50]), torch.tensor(data.y_train[:50])
    params = lab.mlp((64, 8, 10), seeds)
    got = lab.sweep(
        params, lambda t: lab.cross_entropy(lab.logits(params, X), y), lambda p: make(p, 1), lrs, n_steps=20
    )
    for i, (lr, seed) in enumerate(zip(lrs, seeds, strict=True)):
        alone = lab.mlp((64, 8, 10), [seed])
        opt, losses = make(alone, lr), []
        for _ in range(20):
            opt.zero_grad()
            loss = lab.cross_entropy(lab.logits(alone, X), y).sum()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        assert np.allclose(got[:, i], losses, rtol=1e-7), (method, lr)


def test_a_sweep_refuses_another_rate() -> None:
    """An optimiser whose own rate is not 1 would give every run a wrong rate, so it is refused."""
    w = torch.ones(2, 1, requires_grad=True)
    with pytest.raises(ValueError, match="lr=1"):
        lab.sweep([w], lambda t: w[:, 0], lambda p: torch.optim.SGD(p, lr=0.1), np.ones(2), n_steps=1)


def test_a_curves_label_stands_in_its_colour() -> None:
    """label_ends writes one label a line, in the line's colour, none for a line without a label."""
    fig, ax = matplotlib.pyplot.subplots()
    ax.plot([0, 1], [0, 1], label="up", color="#117733")
    ax.plot([0, 1], [0, 0.99])
    lab.label_ends(ax)
    assert [(text.get_text(), text.get_color()) for text in ax.texts] == [("up", "#117733")]
    matplotlib.pyplot.close(fig)
