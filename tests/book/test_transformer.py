"""The transformer of the chapter on training today, and the stored results of its longer runs."""

from __future__ import annotations

import doctest
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import modern_runs
import torch
import transformer
from transformer import MEASURE, Plan, Shape, Transformer

BOOK = Path(transformer.__file__).parent
STORED = json.loads((BOOK / "modern_runs.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    """lab sets torch's default type to float64; other tests get back what they had."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def pieces(seed: int = 0) -> torch.Tensor:
    return torch.randint(len(transformer.CHARACTERS), (3, 32), generator=torch.Generator().manual_seed(seed))


def lively(shape: Shape, seed: int = 0) -> Transformer:
    """A network whose head is not zero."""
    model = Transformer(shape, seed)
    torch.nn.init.normal_(model.head.weight, generator=torch.Generator().manual_seed(seed))
    return model


def test_the_docstrings_examples_run() -> None:
    """Every example in transformer.py gives what it shows."""
    results = doctest.testmod(transformer)
    assert results.attempted >= 4 and results.failed == 0


def test_no_place_sees_a_later_one() -> None:
    """A changed sign changes the scores at its place and none before, wherever the norm stands."""
    tokens = pieces()
    other = tokens.clone()
    other[:, 20] = (other[:, 20] + 1) % len(transformer.CHARACTERS)
    for shape in (Shape(), Shape(norm="after"), Shape(norm="none", residual=False)):
        model = lively(shape)
        with torch.no_grad():
            moved = (model(tokens) - model(other)).abs().amax((0, 2))
        assert (moved[:20] == 0).all() and moved[20] > 0


def test_a_block_is_its_formula() -> None:
    """x + out(attention(norm x)), then x + down(gelu(up(norm x))), written out for one head."""
    model = lively(Shape(heads=1, depth=1))
    (block,) = model.blocks
    x = torch.randn(2, 32, 32, generator=torch.Generator().manual_seed(1)).float()
    with torch.no_grad():
        normed = x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()
        q, k, v = (normed @ block.qkv.weight.T).chunk(3, -1)
        scores = q @ k.mT / math.sqrt(32) + torch.full((32, 32), -torch.inf).triu(1).float()
        h = x + torch.softmax(scores, -1) @ v @ block.out.weight.T
        normed = h / (h.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()
        want = h + torch.nn.functional.gelu(normed @ block.up.weight.T) @ block.down.weight.T
        assert torch.allclose(block(x), want, atol=1e-5)


def test_the_first_loss_is_that_of_guessing() -> None:
    """The head starts at zero, so all 34 signs are equally likely."""
    assert transformer.held_out(Transformer(Shape(), 0), MEASURE) == pytest.approx(math.log(34), abs=1e-5)


def test_scaled_branches_start_smaller_by_the_root_of_their_number() -> None:
    """The last matrix of each part is 1/sqrt(2 depth) times that of the plain start, and no other changes."""
    plain, scaled = (Transformer(Shape(depth=4, scale_branches=on), 3) for on in (False, True))
    for (name, p), q in zip(plain.named_parameters(), scaled.parameters(), strict=True):
        factor = 8**-0.5 if name.endswith(("out.weight", "down.weight")) else 1.0
        assert torch.allclose(p * factor, q), name


def test_the_texts_do_not_overlap() -> None:
    """What trains, chooses and measures are different pieces, which make up the whole."""
    parts = (transformer.TRAIN, transformer.CHOOSE, transformer.MEASURE)
    assert sum(map(len, parts)) == len(transformer.TEXT)
    train = transformer.decode(transformer.TRAIN)
    for part in parts[1:]:
        whole = transformer.decode(part)
        assert sum(whole[i : i + 60] in train for i in range(0, len(whole) - 60, 500)) <= 1


def test_a_seed_repeats_a_run() -> None:
    """The same seed gives the same losses; another seed others."""
    runs = [transformer.train(Transformer(Shape(), s), Plan(steps=5), s) for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_dropout_is_off_while_measuring() -> None:
    """Two measurements of a network with dropout agree, and it goes on dropping afterwards."""
    model = lively(Shape(dropout=0.5))
    assert transformer.held_out(model, MEASURE) == transformer.held_out(model, MEASURE)
    assert model.training and not torch.equal(model(pieces()), model(pieces()))


def test_lion_steps_by_signs() -> None:
    """By hand over three updates: every weight moves by the rate, decay aside."""
    w = torch.tensor([1.0, -2.0]).requires_grad_()
    opt = modern_runs.Lion([w], lr=0.1, decay=0.5)
    by_hand, m = np.array([1.0, -2.0]), np.zeros(2)
    for g in ([1.0, -3.0], [-5.0, 0.2], [0.1, -0.1]):
        w.grad = torch.tensor(g)
        opt.step()
        by_hand = by_hand * (1 - 0.1 * 0.5) - 0.1 * np.sign(0.9 * m + 0.1 * np.array(g))
        m = 0.99 * m + 0.01 * np.array(g)
        np.testing.assert_allclose(w.detach().numpy(), by_hand, rtol=1e-12)


def test_weights_are_rounded_as_torch_rounds_them() -> None:
    """To the nearest bfloat16; by chance to one of two neighbours, right on average."""
    start = torch.randn(4000, generator=torch.Generator().manual_seed(0)).float()
    ends = []
    for chance in (False, True):
        w = start.clone().requires_grad_()
        w.grad = torch.zeros_like(w)
        opt = modern_runs.Rounded([w], chance)
        opt.param_groups[0]["weight_decay"] = 0.0
        opt.step()
        ends.append(w.detach())
    assert ((ends[0] - start.bfloat16().float()).abs() <= start.abs() * 2**-16).all()
    assert torch.equal(ends[1], ends[1].bfloat16().float())
    assert ((ends[1] - start).abs() < start.abs() * 2**-7).all()
    assert abs(((ends[1] - start) / start).mean()) < 2**-7 / math.sqrt(4000)


def test_every_longer_run_is_stored_with_its_time() -> None:
    """The file has what each command writes, and nothing else."""
    assert STORED.keys() == modern_runs.RUNS.keys()
    assert all(found["seconds"] > 0 for found in STORED.values())


def test_a_stored_loss_is_found_again() -> None:
    """One run of the table of optimisers, on this machine."""
    found = STORED["followers"]["AdamW, β₂ 0.95"]
    loss = modern_runs.once(Shape(), replace(Plan(), lr=found["lr"]), 0, MEASURE)
    assert loss == pytest.approx(found["losses"][0], abs=0.02)


def test_rates_were_chosen_by_the_smallest_loss() -> None:
    """In every tuned row the rate is that of the smallest mean loss."""

    def rows(found: object) -> Iterator[dict]:
        if isinstance(found, dict):
            if {"lrs", "chosen", "lr"} <= found.keys():
                yield found
            for value in found.values():
                yield from rows(value)

    tuned = list(rows(STORED))
    assert len(tuned) == 23
    for row in tuned:
        assert row["lr"] == row["lrs"][int(np.argmin(row["chosen"]))]
