"""Adam on a stream of gradients: the figure's steps against PyTorch's Adam, and its words."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from figures import STATIC, ask

PAGE = (STATIC.parent / "adaptive.md").read_text(encoding="utf-8")
NAMES = ["steady", "changing sign", "one in ten", "noisy", "one outlier"]


def torchs_steps(stream: list[float], betas: tuple[float, float]) -> np.ndarray:
    """The steps of ``torch.optim.Adam`` with a learning rate of 1."""
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer, places = torch.optim.Adam([w], lr=1.0, betas=betas), [0.0]
    for g in stream:
        w.grad = torch.tensor([g], dtype=torch.float64)
        optimizer.step()
        places.append(w.item())
    return -np.diff(places)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1e-10, 1e-8, 1.0, 1e4])
def test_the_steps_are_torchs(name: str, size: float) -> None:
    """For every stream, and from tiny to large gradients, the corrected steps are those of PyTorch."""
    asked = {"name": name, "size": size, "beta1": 0.9, "beta2": 0.99, "corrected": True}
    stream, made = ask(
        "adam_stream", "(([s]) => [s, steps(s, given)])([gradients(given.name, given.size)])", asked
    )
    assert len(stream) == 120 and np.abs(stream).max() >= size
    np.testing.assert_allclose([one["step"] for one in made], torchs_steps(stream, (0.9, 0.99)), rtol=1e-9)


def test_without_the_correction_the_steps_are_those_of_the_chapter() -> None:
    """A steady gradient gives the chapter's factors: 3.16 at first, 6.57 at update 12."""
    asked = {"beta1": 0.9, "beta2": 0.999, "corrected": False}
    made = [one["step"] for one in ask("adam_stream", "steps(gradients('steady', 1), given)", asked)]
    assert round(made[0], 2) == 3.16 and round(max(made), 2) == 6.57 and np.argmax(made) + 1 == 12


def test_every_setting_gives_numbers() -> None:
    """At all ends of all sliders no step is lost to overflow or a division by zero."""
    code = """Object.keys(STREAMS).flatMap((name) => SIZES.flatMap((size) => BETA1.flatMap((beta1) =>
        BETA2.flatMap((beta2) => [true, false].map((corrected) =>
          steps(gradients(name, size), { beta1, beta2, corrected }).every(({ mean, step }) =>
            Number.isFinite(mean) && Number.isFinite(step)))))))"""
    assert set(ask("adam_stream", code)) == {True}
    assert ask("adam_stream", "[shown(1e9), shown(-0.0526), shown(1e-9), power(1e-8), power(0.01)]") == [
        "more than 1,000",
        "−0.0526",
        "0",
        "1e−8",
        "0.01",
    ]


def test_the_page_holds_the_figure_and_the_table_its_streams() -> None:
    """The page has the element, loads the script, and its table has rows that the figure can show."""
    assert 'class="adam-stream" role="group" aria-label=' in PAGE and "../_static/adam_stream.js" in PAGE
    told = re.search(r"streams = \{(.*?)\n\}", PAGE, re.S)
    assert told and set(re.findall(r'^    "([\w ]+)":', told[1], re.M)) <= set(NAMES)
