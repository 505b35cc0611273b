"""The figure of sixteen sub-networks: its script's arithmetic against the chapter's and definitions."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from figures import STATIC, ask

SETTINGS = [(kind, p) for kind in ("linear", "logistic", "ReLU") for p in (0.05, 0.2, 0.5, 0.8, 0.95)]


@pytest.fixture(scope="module")
def told() -> list[dict]:
    """What the script says of each network and p."""
    return ask("subnetworks", "given.map(([kind, p]) => ensemble(kind, p))", SETTINGS)


def chapter() -> dict:
    """The names of the chapter's cell that makes the table beside the figure."""
    text = (STATIC.parent / "dropout.md").read_text(encoding="utf-8")
    cell = re.search(r"^INPUTS, BIAS, LAST = .*?(?=^HTML\()", text, re.M | re.S)[0]
    space = {"np": np, "product": product}
    exec(cell, space)
    return space


def test_the_figure_and_the_table_agree(told: list[dict]) -> None:
    """Mean, geometric mean and scaled pass of the script are those of the chapter's cell."""
    three_answers = chapter()["three_answers"]
    for (kind, p), one in zip(SETTINGS, told, strict=True):
        for got, want in zip(
            (one["mean"], one["geometric"], one["scaled"]), three_answers(kind, p), strict=True
        ):
            assert (got is None and want is None) or np.isclose(got, want, rtol=1e-12), (kind, p)


def test_there_are_sixteen_and_they_are_all(told: list[dict]) -> None:
    """Every mask comes once, its probability is that of its four units, and together they are certain."""
    for (_, p), one in zip(SETTINGS, told, strict=True):
        masks = [tuple(network["mask"]) for network in one["networks"]]
        assert sorted(masks) == sorted(product([0, 1], repeat=4))
        chances = [network["chance"] for network in one["networks"]]
        kept = np.sum(masks, axis=1)
        assert np.allclose(chances, (1 - p) ** kept * p ** (4 - kept)) and np.isclose(sum(chances), 1)


def test_what_is_said_to_be_equal_is_equal(told: list[dict]) -> None:
    """Linear: mean and scaled pass; logistic: geometric mean and scaled pass; ReLU: neither."""
    for (kind, p), one in zip(SETTINGS, told, strict=True):
        if kind == "linear":
            assert np.isclose(one["mean"], one["scaled"], rtol=1e-12)
        elif kind == "logistic":
            assert np.isclose(one["geometric"], one["scaled"], rtol=1e-12)
            assert abs(one["mean"] - one["scaled"]) > 1e-4
        elif p in (0.2, 0.5):
            assert abs(one["mean"] - one["scaled"]) > 0.1 and abs(one["geometric"] - one["scaled"]) > 0.01


def test_all_outputs_have_a_place_on_the_axis(told: list[dict]) -> None:
    """No sub-network's output lies outside of the drawn range."""
    for (kind, _), one in zip(SETTINGS, told, strict=True):
        low, high = (-12, 6) if kind == "linear" else (0, 1)
        assert all(low <= network["out"] <= high for network in one["networks"])
