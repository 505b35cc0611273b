"""Many normalised networks in one array: each of them is the network that torch.nn would make."""

from __future__ import annotations

import doctest
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import normed
from normed import Nets

SIZES = (6, 5, 4, 3)
LAYERS = {"none": lambda n: torch.nn.Identity(), "batch": torch.nn.BatchNorm1d, "layer": torch.nn.LayerNorm}


def rows(seed: int, n: int = 48) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=(n, 6))), torch.tensor(rng.integers(3, size=n))


def twin(nets: Nets, rate: int, seed: int) -> torch.nn.Sequential:
    """One of the networks, made of torch.nn's layers, with its weights as they are now."""
    layers: list[torch.nn.Module] = []
    for i, (fan_in, fan_out) in enumerate(pairwise(SIZES)):
        affine = torch.nn.Linear(fan_in, fan_out)
        affine.weight.data = nets.params[2 * i][rate, seed].detach().T.clone()
        affine.bias.data = nets.params[2 * i + 1][rate, seed, 0].detach().clone()
        layers += [affine, LAYERS[nets.kind](fan_out), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-2])


def test_the_docstrings_examples_run() -> None:
    """Every example in normed.py gives what it shows."""
    results = doctest.testmod(normed)
    assert results.attempted >= 4 and results.failed == 0


@pytest.mark.parametrize("kind", LAYERS)
def test_a_network_of_many_trains_as_it_would_alone(kind: str) -> None:
    """After several epochs outputs agree with torch.nn's network trained by itself, in eval mode."""
    X, y = rows(1)
    nets = Nets(SIZES, lrs=[0.05, 0.3], seeds=[7, 8], kind=kind, scale=1.5)
    alone = {(r, s): twin(nets, r, s) for r in range(2) for s in range(2)}
    nets.fit(X, y, batch_size=10, n_steps=9)
    for (r, s), model in alone.items():
        rng, step = np.random.default_rng([7, 8][s]), 0
        optimizer = torch.optim.SGD(model.parameters(), lr=[0.05, 0.3][r])
        while step < 9:
            order = torch.tensor(rng.permutation(48))
            for part in order.split(10)[: min(4, 9 - step)]:  # eight rows are left over
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(X[part]), y[part]).backward()
                optimizer.step()
                step += 1
        with torch.no_grad():
            assert torch.allclose(nets.logits(X)[r, s], model.eval()(X), atol=1e-10), (kind, r, s)


def test_groups_have_statistics_of_their_own() -> None:
    """With groups of four a batch of twelve gives what its three parts give as batches of four."""
    X, _ = rows(2, 12)
    whole = Nets(SIZES, lrs=[0.1], seeds=[0, 1], kind="batch", group=4)
    parts = Nets(SIZES, lrs=[0.1], seeds=[0, 1], kind="batch", momentum=0.0)
    got = whole.logits(X, training=True)
    want = torch.cat([parts.logits(part, training=True) for part in X.split(4)], dim=-2)
    assert torch.allclose(got, want, atol=1e-12)
    first = X @ whole.params[0] + whole.params[1]
    moved = 0.1 * first.reshape(1, 2, 3, 4, 5).mean((2, 3), keepdim=True)[:, :, 0]
    assert torch.allclose(whole.running[0][0], moved, atol=1e-12)


def test_renormalisation_goes_from_batch_norm_to_the_running_statistics() -> None:
    """Before the first step limits are 1 and 0; later, as statistics settle, use and training agree."""
    X, _ = rows(3)
    batch, renorm = (Nets(SIZES, lrs=[0.1], seeds=[0], kind=kind) for kind in ("batch", "renorm"))
    assert torch.allclose(renorm.logits(X, training=True), batch.logits(X, training=True), atol=1e-12)
    renorm.progress = 1.0
    for _ in range(200):
        renorm.logits(X, training=True)  # nothing is learnt, the statistics settle
    assert torch.allclose(renorm.logits(X, training=True), renorm.logits(X), atol=1e-6)
    part = renorm.logits(X[:8], training=True)
    assert torch.allclose(part, renorm.logits(X[:8]), atol=0.2)


def test_a_forgotten_switch_keeps_nothing() -> None:
    """Accuracy by batches leaves the running statistics alone, and a single row at the end out."""
    X, y = rows(4, 13)
    nets = Nets(SIZES, lrs=[0.1], seeds=[0, 1], kind="batch")
    before = [part.clone() for pair in nets.running for part in pair]
    found = nets.accuracy_by_batches(X, y, 4)
    assert found.shape == (1, 2) and np.allclose(found * 12 / 100, np.round(found * 12 / 100))
    assert all(map(torch.equal, before, [part for pair in nets.running for part in pair]))
    assert nets.momentum == 0.1


def test_dropout_acts_in_training_only_and_keeps_the_mean() -> None:
    """A fifth of the hidden outputs become zero, the others grow by a quarter; in eval mode all stay."""
    X, _ = rows(5, 4000)
    plain, dropped = (Nets((6, 50, 3), lrs=[0.1, 0.2], seeds=[0, 1], dropout=p) for p in (0.0, 0.2))
    assert torch.equal(plain.logits(X), dropped.logits(X))
    before: list[torch.Tensor] = []
    after: list[torch.Tensor] = []
    plain.logits(X, training=True, outputs=before)
    dropped.logits(X, training=True, outputs=after)
    alive = before[0] > 0
    share = after[0][alive] / before[0][alive]
    assert torch.allclose(share[share > 0], torch.tensor(1.25))
    assert abs((share == 0).double().mean() - 0.2) < 0.005
    assert torch.equal(after[0][0], after[0][1])  # every rate meets the same chance


def test_fit_can_be_watched() -> None:
    """The number of updates so far is told before each of them, and the networks stand as they are then."""
    X, y = rows(6)
    seen: list[int] = []
    nets = Nets(SIZES, lrs=[0.1], seeds=[0], dtype=torch.float32)
    X = X.float()
    first = nets.accuracy(X, y)
    noted: list[float] = []

    def look(step: int) -> None:
        seen.append(step)
        noted.append(nets.accuracy(X, y).item())

    nets.fit(X, y, batch_size=10, n_steps=6, before_step=look)
    assert seen == list(range(6)) and noted[0] == first.item()
    assert nets.params[0].dtype == torch.float32


def test_an_unknown_kind_is_refused() -> None:
    """The rule, the value, the cure."""
    with pytest.raises(ValueError, match="one of none, batch, layer, renorm, got 'group'; see Nets"):
        Nets(SIZES, lrs=[0.1], seeds=[0], kind="group")
