"""The reference of `capstone` against PyTorch, SciPy and its own contract."""

import copy
import doctest

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import solutions.capstone as capstone

BASE = {
    "sizes": (6, 5, 4, 3),
    "scaling": "standardize",
    "init": "he",
    "batch_norm": True,
    "dropout": 0.3,
    "optimizer": "momentum",
    "momentum": 0.8,
    "lr": 0.1,
    "schedule": "cosine",
    "weight_decay": 0.02,
    "batch_size": 8,
    "n_epochs": 3,
}


def task(seed=0, n=30, inputs=6, classes=3):
    """Noisy points around a centre for each class, with an offset and features of different spread."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % classes)
    X = 2 * rng.normal(size=(classes, inputs))[y] + rng.normal(size=(n, inputs))
    return X * np.linspace(0.1, 3, inputs) + 5, y


def shaken(config, seed=1):
    """A model whose every number is its own, as if it had been trained."""
    rng = np.random.default_rng(seed)
    model = capstone.build(config, rng)
    move = {key: value + 0.3 * rng.normal(size=value.shape) for key, value in model["params"].items()}
    running = {
        key: np.abs(value + 0.3 * rng.normal(size=value.shape)) for key, value in model["running"].items()
    }
    inputs = config["sizes"][0]
    return {
        "params": move,
        "running": running,
        "mean": rng.normal(size=inputs),
        "scale": rng.uniform(0.5, 2, inputs),
    }


class Twin(torch.nn.Module):
    """The same network out of torch's modules; the masks are given."""

    def __init__(self, model, p):
        super().__init__()
        params, running, self.p = model["params"], model["running"], p
        self.n = sum(name.startswith("W") for name in params)
        for k in range(1, self.n + 1):
            linear = torch.nn.Linear(*params[f"W{k}"].shape, dtype=torch.float64)
            linear.weight.data = torch.tensor(params[f"W{k}"].T.copy())
            linear.bias.data = torch.tensor(params[f"b{k}"])
            setattr(self, f"linear{k}", linear)
            if f"gamma{k}" in params:
                norm = torch.nn.BatchNorm1d(len(params[f"gamma{k}"]), dtype=torch.float64)
                norm.weight.data, norm.bias.data = (
                    torch.tensor(params[f"{n}{k}"]) for n in ("gamma", "beta")
                )
                norm.running_mean.copy_(torch.tensor(running[f"mean{k}"]))
                norm.running_var.copy_(torch.tensor(running[f"var{k}"]))
                setattr(self, f"norm{k}", norm)

    def forward(self, X, masks=None):
        for k in range(1, self.n):
            X = getattr(self, f"linear{k}")(X)
            X = getattr(self, f"norm{k}", torch.nn.Identity())(X)
            X = torch.relu(X)
            if self.training:
                X = X * torch.tensor(masks[k - 1]) / (1 - self.p)
        return getattr(self, f"linear{self.n}")(X)

    def named(self, gradient):
        """Parameters, or their gradients, under our names and in our shapes."""
        take = (lambda tensor: tensor.grad) if gradient else (lambda tensor: tensor.data)
        found = {}
        for k in range(1, self.n + 1):
            linear, norm = getattr(self, f"linear{k}"), getattr(self, f"norm{k}", None)
            found[f"W{k}"], found[f"b{k}"] = take(linear.weight).numpy().T, take(linear.bias).numpy()
            if norm is not None:
                found[f"gamma{k}"], found[f"beta{k}"] = take(norm.weight).numpy(), take(norm.bias).numpy()
        return found

    def running(self):
        names = {"mean": "running_mean", "var": "running_var"}
        return {
            f"{ours}{k}": getattr(getattr(self, f"norm{k}"), theirs).numpy()
            for k in range(1, self.n)
            if hasattr(self, f"norm{k}")
            for ours, theirs in names.items()
        }


def same(got, want, tol=1e-10):
    assert got.keys() == want.keys()
    for key in want:
        np.testing.assert_allclose(got[key], want[key], rtol=tol, atol=tol, err_msg=key)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("sizes", [(6, 3), (6, 5, 3), (6, 5, 4, 7, 3)])
def test_one_pass_is_torchs(batch_norm, sizes):
    """Loss, every gradient and the running statistics, with masks, for any depth."""
    config = {**BASE, "sizes": sizes, "batch_norm": batch_norm}
    model, (X, y), rng = shaken(config), task(), np.random.default_rng(2)
    masks = [rng.random((len(X), width)) > 0.3 for width in sizes[1:-1]]
    loss, grads, running = capstone.loss_and_grads(model, X - 5, y, masks, p=0.3)
    twin = Twin(model, 0.3)
    theirs = torch.nn.functional.cross_entropy(twin(torch.tensor(X - 5), masks), torch.tensor(y))
    theirs.backward()
    assert abs(loss - theirs.item()) < 1e-12
    same(grads, twin.named(gradient=True))
    same(running, twin.running())


@pytest.mark.parametrize("batch_norm", [True, False])
def test_evaluation_is_torchs(batch_norm):
    """Scores from running statistics, inputs standardised inside; predictions are their argmax."""
    model, (X, _) = shaken({**BASE, "batch_norm": batch_norm}), task()
    twin = Twin(model, 0.3).eval()
    want = twin(torch.tensor((X - model["mean"]) / model["scale"])).detach().numpy()
    got = capstone.scores(model, X)
    np.testing.assert_allclose(got, want, rtol=1e-10)
    assert np.array_equal(capstone.predict(model, X), want.argmax(1))
    np.testing.assert_allclose(capstone.scores(model, X[3:4]), want[3:4], rtol=1e-10)


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_a_whole_training_is_torchs(optimizer, schedule):
    """The same draws, torch's layers, optimiser and schedule, decoupled decay: the same run."""
    config = {**BASE, "optimizer": optimizer, "schedule": schedule, "n_epochs": 6}
    X, y = task(n=30)
    X_val, y_val = task(seed=5, n=20)
    model, history = capstone.train(config, X, y, X_val, y_val, np.random.default_rng(3))

    rng = np.random.default_rng(3)
    start = capstone.build(config, rng)
    mean, scale = X.mean(0), X.std(0)
    twin, Z = Twin(start, config["dropout"]), torch.tensor((X - mean) / scale)
    Z_val = torch.tensor((X_val - mean) / scale)
    weights = [getattr(twin, f"linear{k}").weight for k in (1, 2, 3)]
    if optimizer == "adam":
        opt = torch.optim.Adam(twin.parameters(), lr=config["lr"])
    else:
        opt = torch.optim.SGD(twin.parameters(), lr=config["lr"], momentum=config["momentum"])
    total = config["n_epochs"] * (30 // 8)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, total)
    best, kept, losses = np.inf, None, []
    for _ in range(config["n_epochs"]):
        twin.train()
        order = rng.permutation(30)
        for start_row in range(0, 24, 8):
            rows = order[start_row : start_row + 8]
            masks = [rng.random((8, width)) >= config["dropout"] for width in (5, 4)]
            opt.zero_grad()
            torch.nn.functional.cross_entropy(twin(Z[rows], masks), torch.tensor(y[rows])).backward()
            with torch.no_grad():
                for weight in weights:
                    weight.mul_(1 - opt.param_groups[0]["lr"] * config["weight_decay"])
            opt.step()
            if schedule == "cosine":
                cosine.step()
        twin.eval()
        loss = torch.nn.functional.cross_entropy(twin(Z_val), torch.tensor(y_val)).item()
        losses.append(loss)
        if loss < best:
            best = loss
            kept = copy.deepcopy((twin.named(gradient=False), twin.running()))
    np.testing.assert_allclose(history["val_loss"], losses, rtol=1e-8)
    same(model["params"], kept[0], tol=1e-8)
    same(model["running"], kept[1], tol=1e-8)
    np.testing.assert_allclose(model["mean"], mean)


def test_the_first_loss_is_that_of_guessing():
    """A last layer of zeros: log of the number of classes, whatever the hidden layers are."""
    X, y = task()
    for init in ("he", "small"):
        config = {**BASE, "init": init, "batch_size": 30, "n_epochs": 1}
        _, history = capstone.train(config, X, y, X, y, np.random.default_rng(0))
        assert abs(history["train_loss"][0] - np.log(3)) < 1e-12


def test_the_best_epoch_is_kept():
    """The model's validation accuracy is that of the epoch with the lowest loss, which history names."""
    X, y = task()
    X_val, y_val = task(seed=9)
    config = {**BASE, "lr": 0.5, "schedule": "constant", "n_epochs": 12}
    model, history = capstone.train(config, X, y, X_val, y_val, np.random.default_rng(0))
    best = history["best_epoch"]
    assert 0 < best < 11 and history["val_loss"][best] == min(history["val_loss"])
    assert np.mean(capstone.predict(model, X_val) == y_val) == history["val_accuracy"][best]


def test_centring_leaves_the_scale():
    """With the scaling "center" only the mean is taken off."""
    X, y = task()
    model, _ = capstone.train({**BASE, "scaling": "center"}, X, y, X, y, np.random.default_rng(0))
    assert np.array_equal(model["scale"], np.ones(6)) and np.allclose(model["mean"], X.mean(0))


@pytest.mark.parametrize(("level", "df"), [(0.95, 1), (0.95, 4), (0.9, 7), (0.99, 30), (0.5, 2), (0.95, 199)])
def test_quantiles_are_scipys(level, df):
    """The given quantile of Student's t, to a millionth."""
    assert capstone.t_quantile(level, df) == pytest.approx(stats.t.ppf((1 + level) / 2, df), rel=1e-6)


def test_intervals_are_scipys():
    """Mean and paired difference, at two levels."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=9), rng.normal(size=9)
    for level in (0.95, 0.8):
        mean, half = capstone.mean_interval(a, level=level)
        low, high = stats.ttest_1samp(a, 0).confidence_interval(level)
        assert (mean - half, mean + half) == pytest.approx((low, high), rel=1e-6)
        mean, half = capstone.paired_difference(a, b, level=level)
        low, high = stats.ttest_rel(a, b).confidence_interval(level)
        assert (mean - half, mean + half) == pytest.approx((low, high), rel=1e-6)


def test_tuning_stays_within_its_budget():
    """Whole configs only, the same seeds for each, broken runs never chosen, ties to the first."""
    calls = []

    def score(config, seed):
        calls.append((config["lr"], seed))
        return {1: np.nan, 2: 3.0, 3: 3.0, 4: 0.0}[config["lr"]] + 0 * seed

    configs = [{"lr": lr} for lr in (1, 2, 3, 4)]
    best, log = capstone.tune(configs, score, seeds=[7, 8], budget=7)
    assert best == {"lr": 2} and calls == [(lr, seed) for lr in (1, 2, 3) for seed in (7, 8)]
    assert [entry[:2] for entry in log] == [(place, seed) for place in range(3) for seed in (7, 8)]
    assert capstone.tune(configs, score, seeds=[7, 8], budget=8)[0] == {"lr": 4}
    with pytest.raises(ValueError, match="budget"):
        capstone.tune(configs, score, seeds=[7, 8], budget=1)


def test_an_ablation_turns_one_switch_at_a_time():
    """Each row differs from the base in its own entries, is paired with it, and says if it was retuned."""
    seen = []

    def run(config, seed):
        seen.append((config["a"], config["b"], config["lr"], seed))
        return config["a"] + config["b"] * seed

    base = {"a": 1.0, "b": 1.0, "lr": 1}
    switches = {"no a": {"a": 0.0}, "no b": {"b": 0.0}}
    rows = capstone.ablation(base, switches, run, [1, 2, 4], retune=lambda c: {**c, "lr": 2})
    assert [row["name"] for row in rows] == ["all", "no a", "no b"] and all(row["retuned"] for row in rows)
    assert seen[3:6] == [(0.0, 1.0, 2, 1), (0.0, 1.0, 2, 2), (0.0, 1.0, 2, 4)] and base["lr"] == 1
    assert (rows[1]["difference"], rows[1]["half"]) == (-1.0, 0.0)
    want = stats.ttest_rel([1.0] * 3, [2.0, 3.0, 5.0]).confidence_interval(0.95)
    assert rows[2]["difference"] + rows[2]["half"] == pytest.approx(want.high, rel=1e-6)


def test_arguments_stay_as_they_are():
    """Nothing that is handed over is changed."""
    X, y = task()
    model = shaken(BASE)
    masks = [np.ones((30, width), bool) for width in (5, 4)]
    before = copy.deepcopy((X, y, model, masks, BASE))
    capstone.loss_and_grads(model, X, y, masks, p=0.3)
    capstone.scores(model, X)
    capstone.train(BASE, X, y, X, y, np.random.default_rng(0))
    np.testing.assert_equal((X, y, model, masks, BASE), before)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dropout": 1.0}, "dropout must lie in"),
        ({"sizes": (4,)}, "sizes must hold"),
        ({"optimizer": "sgd"}, "optimizer must be"),
        ({"speed": 3}, "look at speed"),
        ({"batch_size": 31}, "batch_size must not exceed the 30"),
    ],
)
def test_a_config_is_held_against_its_rules(change, sentence):
    """Rule, value, cure."""
    X, y = task()
    with pytest.raises(ValueError, match=sentence):
        capstone.train({**BASE, **change}, X, y, X, y, np.random.default_rng(0))


def test_the_digits_are_learnt():
    """Stratified third held out: the lower end of the interval over five seeds is above 97 %."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, test_size=599, random_state=0, stratify=y)
    config = {**BASE, "sizes": (64, 64, 10), "scaling": "center", "dropout": 0.2, "momentum": 0.9}
    config |= {"weight_decay": 1e-3, "batch_size": 32, "n_epochs": 30}
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(X))
        val, rest = order[:120], order[120:]
        model, _ = capstone.train(config, X[rest], y[rest], X[val], y[val], rng)
        found.append(np.mean(capstone.predict(model, X_test) == y_test))
    mean, half = capstone.mean_interval(found)
    assert mean - half > 0.97


def test_docstrings_run():
    """Every example in a docstring gives what it says."""
    result = doctest.testmod(capstone)
    assert result.attempted > 8 and result.failed == 0
