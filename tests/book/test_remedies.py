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
            "noise on weights": {"weight_sigma": 0.1},
            "noise on hidden units": {"hidden_sigma": 0.3},
            "norm": {"max_norm": 1.0},
            "price": {"activity": 0.1},
            "batch norm": {"batch_norm": True},
            "augmented": {"augment": lambda batch, draws: -batch},
        }.items()
    }
    assert torch.equal(ends["plain"], ends["again"])
    for name in ends.keys() - {"plain", "again"}:
        assert (ends[name] - ends["plain"]).abs().max() > 1e-3, name


def test_each_rate_can_have_a_strength_of_its_own() -> None:
    """Of two runs at one rate, the one with strength zero is the plain run, and the other one is not."""
    X, y, _ = remedies.slices([1], 100, 0.0)
    plain = remedies.train(X, y, [1], [0.1], n_epochs=2)[0]
    for name in ("p", "l2", "decay", "sigma", "weight_sigma", "hidden_sigma", "activity"):
        both = remedies.train(X, y, [1], [0.1, 0.1], n_epochs=2, **{name: [0.0, 0.3]})[0]
        assert all(torch.allclose(a[0], b[0], atol=1e-6) for a, b in zip(both, plain, strict=True)), name
        assert (both[0][0] - both[0][1]).abs().max() > 1e-3, name


def test_a_norm_constraint_limits_each_hidden_unit() -> None:
    """No hidden unit's incoming weights exceed the limit; a limit that is never reached changes nothing."""
    X, y, _ = remedies.slices([1], 100, 0.0)
    plain, limited, loose = (
        remedies.train(X, y, [1], [0.1], n_epochs=5, max_norm=limit)[0] for limit in (np.inf, 0.8, 100.0)
    )
    norms = limited[0].norm(dim=1)
    assert norms.max() < 0.8001 and norms.min() > 0.1 and plain[0].norm(dim=1).max() > 1
    assert all(torch.equal(a, b) for a, b in zip(plain, loose, strict=True))


def test_a_price_on_activities_makes_them_rare() -> None:
    """With a price fewer hidden units are active for an unseen digit."""
    X, y, _ = remedies.slices([1, 2, 3], 100, 0.0)
    active = []
    for price in (0.0, 0.1):
        params, _ = remedies.train(X, y, [1, 2, 3], [0.03], n_epochs=30, activity=price)
        active.append((remedies.X_TEST @ params[0] + params[1] > 0).double().mean().item())
    assert active[1] < active[0] / 2, active


def test_a_normed_run_is_torchs() -> None:
    """With batch norm a run is torch's, without its scale and evaluated by the statistics of its slice."""
    X, y, _ = remedies.slices([4], 100, 0.3)
    params, _ = remedies.train(X, y, [4], [0.02], n_epochs=3, batch_norm=True)
    w = [p.detach()[0].float().requires_grad_() for p in lab.mlp((64, 64, 10), [4])]
    opt, rng = torch.optim.SGD(w, lr=0.02, momentum=0.9), np.random.default_rng(2004)

    def scores(batch: torch.Tensor, mean: torch.Tensor | None = None, var: torch.Tensor | None = None):
        z = torch.nn.functional.batch_norm(batch @ w[0], mean, var, training=mean is None, eps=1e-5)
        return torch.relu(z + w[1]) @ w[2] + w[3]

    for _ in range(3):
        for rows in torch.tensor(rng.permutation(100)).split(50):
            opt.zero_grad()
            torch.nn.functional.cross_entropy(scores(X[0][rows]), y[0][rows]).backward()
            opt.step()
    with torch.no_grad():
        z = X[0] @ w[0]
        wanted = scores(remedies.X_TEST, z.mean(0), z.var(0, correction=0))
        assert torch.allclose(lab.logits(params, remedies.X_TEST)[0], wanted, atol=1e-3)


def test_watching_is_after_every_epoch() -> None:
    """``watch`` sees the parameters after each epoch, the last time those that come back."""
    X, y, _ = remedies.slices([1, 2], 60, 0.0)
    params, seen = remedies.train(X, y, [1, 2], [0.1], n_epochs=4, watch=lambda now: [w.clone() for w in now])
    assert len(seen) == 4
    assert all(torch.equal(a, b) for a, b in zip(params, seen[-1], strict=True))
    assert not torch.equal(seen[0][0], seen[1][0])
