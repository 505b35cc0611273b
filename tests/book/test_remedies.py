"""The chapter on dropout trains many small networks as one array: they are those that it says."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import lab
import remedies
import torch


@pytest.fixture(autouse=True)
def _float64():
    """lab sets torch's default type to float64; other tests get back what they had."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def test_the_docstrings_examples_run() -> None:
    """Every example in remedies.py gives what it shows."""
    results = doctest.testmod(remedies)
    assert results.attempted >= 6 and results.failed == 0


def test_no_test_digit_and_no_choosing_digit_is_in_a_slice() -> None:
    """Slices come from their pool alone; the digits that choose rates are others than those that test."""

    def rows(X: torch.Tensor) -> set[bytes]:
        return {row.tobytes() for row in X.reshape(-1, 64).numpy()}

    X, y, truth = remedies.slices(range(30), 300, 0.3)
    assert len(rows(X)) > 890 and not rows(X) & rows(remedies.X_VAL) and not rows(X) & rows(remedies.X_TEST)
    assert not rows(remedies.X_VAL) & rows(remedies.X_TEST)
    assert ((y != truth).sum(1) == 90).all() and y.min() >= 0 and y.max() == 9


def test_one_seed_has_one_slice_whatever_else_is_asked() -> None:
    """A seed's examples do not depend on the others, and a smaller slice begins a larger one."""
    alone, together = remedies.slices([7], 100, 0.3), remedies.slices([3, 7], 100, 0.3)
    assert all(torch.equal(a[0], b[1]) for a, b in zip(alone, together, strict=True))
    assert torch.equal(remedies.slices([7], 200, 0.0)[0][:, :100], remedies.slices([7], 100, 0.0)[0])


@pytest.mark.parametrize(
    ("options", "torchs"),
    [({}, {}), ({"l2": 0.05}, {"weight_decay": 0.05}), ({"decay": 0.05}, {})],
    ids=["plain", "l2", "decay"],
)
def test_a_run_is_torch_sgds(options: dict, torchs: dict) -> None:
    """One of many runs ends where torch.optim.SGD ends from the same start on the same batches."""
    seeds, lrs, n = [4, 9], [0.02, 0.1], 120
    X, y, _ = remedies.slices(seeds, n, 0.3)
    params, _ = remedies.train(X, y, seeds, lrs, n_epochs=3, **options)
    for i, lr in enumerate(lrs):
        for j, seed in enumerate(seeds):
            w = [p.detach()[0].float().requires_grad_() for p in lab.mlp((64, 64, 10), [seed])]
            groups = [{"params": w[::2], **torchs}, {"params": w[1::2]}]
            opt, rng = torch.optim.SGD(groups, lr=lr, momentum=0.9), np.random.default_rng(2000 + seed)
            for _ in range(3):
                for rows in torch.tensor(rng.permutation(n)).split(50):
                    opt.zero_grad()
                    scores = torch.relu(X[j][rows] @ w[0] + w[1]) @ w[2] + w[3]
                    torch.nn.functional.cross_entropy(scores, y[j][rows]).backward()
                    for weight in w[::2]:
                        weight.data *= 1 - lr * options.get("decay", 0.0)
                    opt.step()
            for mine, theirs in zip(params, w, strict=True):
                assert torch.allclose(mine[2 * i + j].reshape(theirs.shape), theirs, atol=2e-5)


def test_remedies_change_what_they_should() -> None:
    """Noise, dropout and augmentation each lead elsewhere; without any two runs are the same."""
    X, y, _ = remedies.slices([1], 100, 0.0)
    ends = {
        name: remedies.train(X, y, [1], [0.1], n_epochs=2, **options)[0][0]
        for name, options in {
            "plain": {},
            "again": {},
            "dropout": {"p": 0.5},
            "noise": {"sigma": 0.3},
            "augmented": {"augment": lambda batch, draws: -batch},
        }.items()
    }
    assert torch.equal(ends["plain"], ends["again"])
    for name in ("dropout", "noise", "augmented"):
        assert (ends[name] - ends["plain"]).abs().max() > 1e-3, name


def test_watching_is_after_every_epoch() -> None:
    """``watch`` sees the parameters after each epoch, the last time those that come back."""
    X, y, _ = remedies.slices([1, 2], 60, 0.0)
    params, seen = remedies.train(X, y, [1, 2], [0.1], n_epochs=4, watch=lambda now: [w.clone() for w in now])
    assert len(seen) == 4
    assert all(torch.equal(a, b) for a, b in zip(params, seen[-1], strict=True))
    assert not torch.equal(seen[0][0], seen[1][0])
