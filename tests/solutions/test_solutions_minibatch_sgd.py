"""The reference of `minibatch_sgd` against PyTorch, scikit-learn and theory, its docstrings, its promises."""

import copy
import doctest
from itertools import combinations, product

import numpy as np
import pytest
import torch
from sklearn.cluster import MiniBatchKMeans
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import BatchSampler, DataLoader

import solutions.minibatch_sgd as sgd

SHAPES = {"W1": (4, 3), "b1": (3,), "W2": (3, 2, 2), "scalar": ()}
REGRESSION = (np.zeros(2), np.ones((3, 2)), np.ones(3))  # w, X, y that fit together


def generator(seed=0):
    return np.random.default_rng(seed)


def task(seed, n=23, d=5):
    """Weights, examples, targets of a regression with noise, sizes of features far apart."""
    rng = generator(seed)
    X = rng.normal(size=(n, d)) * np.geomspace(1e-3, 10, d)
    return rng.normal(size=d), X, rng.normal(size=n) * 3


def gap(got, want):
    """The largest difference, relative to the largest value."""
    got, want = np.asarray(got), np.asarray(want)
    return np.max(np.abs(got - want)) / max(1.0, np.max(np.abs(want)))


# --- Mini-batches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("n", "batch_size"), [(23, 6), (24, 6), (5, 8), (7, 1), (6, 6)])
def test_batches_are_torchs_on_the_same_permutation(n, batch_size, drop_last):
    """Torch's BatchSampler cuts the same permutation into the same batches, the last one kept or dropped."""
    got = [b.tolist() for b in sgd.minibatches(n, batch_size, rng=generator(1), drop_last=drop_last)]
    assert got == list(BatchSampler(generator(1).permutation(n).tolist(), batch_size, drop_last))


def test_sixty_thousand_by_128_are_469_batches():
    """60,000 examples in batches of 128 make 469 batches, the last of 96, or 468 without it."""
    sizes = [len(batch) for batch in sgd.minibatches(60_000, 128, rng=generator())]
    assert (len(sizes), sizes[-1]) == (469, 96)
    assert len(list(sgd.minibatches(60_000, 128, rng=generator(), drop_last=True))) == 468


def test_an_epoch_draws_one_permutation():
    """A generator has given one permutation after an epoch, and a second one after the next."""
    rng, twin = generator(2), generator(2)
    first, second = (np.concatenate(list(sgd.minibatches(17, 4, rng=rng))) for _ in range(2))
    assert np.array_equal(first, twin.permutation(17))
    assert np.array_equal(second, twin.permutation(17))
    assert rng.random() == twin.random()


def test_shuffling_an_arange_draws_the_same():
    """rng.shuffle of an arange, which students may write, is rng.permutation draw for draw."""
    order = np.arange(31)
    generator(3).shuffle(order)
    assert np.array_equal(order, np.concatenate(list(sgd.minibatches(31, 5, rng=generator(3)))))


def test_torchs_own_shuffle_is_another_one():
    """DataLoader(shuffle=True) cuts as we do, but its permutation comes from torch's generator."""
    loader = DataLoader(
        torch.arange(23), batch_size=6, shuffle=True, generator=torch.Generator().manual_seed(1)
    )
    theirs, ours = (
        [b.tolist() for b in loader],
        [b.tolist() for b in sgd.minibatches(23, 6, rng=generator(1))],
    )
    assert list(map(len, theirs)) == list(map(len, ours)) == [6, 6, 6, 5]
    assert theirs != ours


# --- Gradients and their variance -------------------------------------------------------------------------


def test_the_gradient_is_autograds():
    """A batch's gradient is the one of nn.MSELoss by autograd, repeats included."""
    w, X, y = task(4)
    idx = np.array([3, 1, 3, 20, 7, 3])
    tensor = torch.tensor(w, requires_grad=True)
    torch.nn.functional.mse_loss(torch.tensor(X[idx]) @ tensor, torch.tensor(y[idx])).backward()
    assert gap(sgd.minibatch_gradient(w, X, y, idx), tensor.grad.numpy()) < 1e-12


def test_the_gradient_is_the_slope():
    """Central differences of the batch's mean squared error give the same gradient."""
    w, X, y = task(5)
    idx, h = np.array([0, 4, 9]), 1e-3
    loss = [
        [np.mean((X[idx] @ (w + s * h * step) - y[idx]) ** 2) for step in np.eye(w.size)] for s in (1, -1)
    ]
    assert gap(sgd.minibatch_gradient(w, X, y, idx), np.subtract(*loss) / (2 * h)) < 1e-8


def test_the_mean_over_all_batches_is_the_full_gradient():
    """The estimate is unbiased: averaged over all batches of 3 it is the gradient over the whole set."""
    w, X, y = task(6, n=7)
    found = [sgd.minibatch_gradient(w, X, y, np.array(idx)) for idx in combinations(range(7), 3)]
    assert gap(np.mean(found, axis=0), sgd.minibatch_gradient(w, X, y, np.arange(7))) < 1e-12


@pytest.mark.parametrize("b", [1, 2, 3, 5, 6])
def test_the_variance_follows_the_finite_population_law(b):
    """Over all batches the mean squared distance is S²/b with and S²/b·(N-b)/(N-1) without replacement."""
    w, X, y = task(7, n=6, d=2)
    full = sgd.minibatch_gradient(w, X, y, np.arange(6))

    def mean_distance(all_batches):
        found = [sgd.minibatch_gradient(w, X, y, np.array(idx)) - full for idx in all_batches]
        return np.mean(np.sum(np.square(found), axis=1))

    spread = mean_distance([(i,) for i in range(6)])
    assert mean_distance(combinations(range(6), b)) == pytest.approx(spread / b * (6 - b) / 5, abs=1e-12)
    if b <= 3:
        assert mean_distance(product(range(6), repeat=b)) == pytest.approx(spread / b)


@pytest.mark.parametrize(("replace", "factor"), [(True, 1.0), (False, 0.5)])
def test_gradient_variance_measures_that_law(replace, factor):
    """Measured over 4,000 draws the variance is the law's within 6 %, at half of the examples a batch."""
    rng = generator(8)
    w, X, y = rng.normal(size=3), rng.normal(size=(101, 3)), rng.normal(size=101)
    full = sgd.minibatch_gradient(w, X, y, np.arange(101))
    single = [sgd.minibatch_gradient(w, X, y, np.array([i])) - full for i in range(101)]
    spread = np.mean(np.sum(np.square(single), axis=1))
    got = sgd.gradient_variance(w, X, y, batch_size=51, n_draws=4000, rng=rng, replace=replace)
    assert got == pytest.approx(factor * spread / 51, rel=0.06)


def test_a_batch_of_all_has_no_noise():
    """Without replacement a batch of all examples is the full gradient, up to rounding."""
    w, X, y = task(9)
    got = sgd.gradient_variance(w, X, y, batch_size=23, n_draws=3, rng=generator(), replace=False)
    assert got < 1e-20 * np.sum(sgd.minibatch_gradient(w, X, y, np.arange(23)) ** 2)


# --- Steps and training -----------------------------------------------------------------------------------


def test_the_step_is_torchs_over_300_updates():
    """torch.optim.SGD makes the same 300 steps, for several shapes and gradients from 1e-6 to 1e3."""
    rng = generator(10)
    params = {key: np.asarray(rng.normal(size=shape)) for key, shape in SHAPES.items()}
    sizes = {key: np.asarray(10.0 ** rng.uniform(-6, 3, size=shape)) for key, shape in SHAPES.items()}
    tensors = {key: torch.tensor(value) for key, value in params.items()}
    twin, worst = torch.optim.SGD(tensors.values(), lr=0.1), 0.0
    for step in range(300):
        grads = {key: np.asarray(sizes[key] * rng.normal(size=shape)) for key, shape in SHAPES.items()}
        lr = sgd.decaying_lr(step, c=0.1, power=0.6)
        params = sgd.sgd_step(params, grads, lr=lr)
        twin.param_groups[0]["lr"] = lr
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[key])
        twin.step()
        worst = max(worst, *(gap(params[key], tensors[key].numpy()) for key in params))
    assert worst < 1e-10


def network(seed):
    """A start for a tanh network with 4 hidden units, and 23 examples with 2 targets each."""
    rng = generator(seed)
    shapes = {"W1": (5, 4), "b1": (4,), "W2": (4, 2), "b2": (2,)}
    params = {key: rng.normal(size=shape) for key, shape in shapes.items()}
    return params, torch.tensor(rng.normal(size=(23, 5))), torch.tensor(rng.normal(size=(23, 2)))


def network_loss(tensors, X, y):
    hidden = torch.tanh(X @ tensors["W1"] + tensors["b1"])
    return torch.nn.functional.mse_loss(hidden @ tensors["W2"] + tensors["b2"], y)


@pytest.mark.parametrize("lr", [0.05, "one for each update"])
def test_training_is_torchs_loop(lr):
    """Training is the loop over BatchSampler with torch.optim.SGD: 80 updates, weights and losses alike."""
    params, X, y = network(11)
    rates = np.full(80, lr) if isinstance(lr, float) else sgd.decaying_lr(np.arange(80), c=0.2, power=0.5)

    def grad_fn(weights, idx):
        tensors = {key: torch.tensor(value, requires_grad=True) for key, value in weights.items()}
        loss = network_loss(tensors, X[idx], y[idx])
        loss.backward()
        return loss.item(), {key: tensor.grad.numpy() for key, tensor in tensors.items()}

    settings = {"batch_size": 6, "n_epochs": 20, "lr": lr if isinstance(lr, float) else rates}
    got, losses = sgd.train_sgd(params, grad_fn, 23, rng=generator(12), **settings)
    rng, tensors = generator(12), {key: torch.tensor(w, requires_grad=True) for key, w in params.items()}
    twin, updates = torch.optim.SGD(tensors.values(), lr=1.0), iter(rates.tolist())
    for epoch in range(20):
        total = 0.0
        for idx in BatchSampler(rng.permutation(23).tolist(), 6, False):
            twin.param_groups[0]["lr"] = next(updates)
            twin.zero_grad()
            loss = network_loss(tensors, X[idx], y[idx])
            loss.backward()
            twin.step()
            total += loss.item() * len(idx)
        assert losses[epoch] == pytest.approx(total / 23, rel=1e-10)
    assert max(gap(got[key], tensors[key].detach().numpy()) for key in got) < 1e-10


def test_the_mean_over_batches_is_another_loss():
    """Averaging batch losses as they are, as loops in tutorials do, differs where the last batch is short."""
    targets = np.arange(7.0) ** 2

    def grad_fn(params, idx):
        return float(np.mean(targets[idx])), {"w": np.zeros(1)}

    _, losses = sgd.train_sgd(
        {"w": np.zeros(1)}, grad_fn, 7, batch_size=4, lr=0.1, n_epochs=1, rng=generator()
    )
    batches = [np.mean(targets[idx]) for idx in sgd.minibatches(7, 4, rng=generator())]
    assert losses == [pytest.approx(np.mean(targets))]
    assert abs(np.mean(batches) - losses[0]) > 0.1


# --- Rates that fall, and slopes --------------------------------------------------------------------------


@pytest.mark.parametrize("power", [0, 0.5, 1, 1.0, 2])
def test_rates_are_torchs_lambda_schedule(power):
    """LambdaLR with (step + 1)^-power has the same rates; arrays and single steps agree."""
    weight = torch.zeros(1, requires_grad=True)
    twin = torch.optim.SGD([weight], lr=0.3)
    schedule = torch.optim.lr_scheduler.LambdaLR(twin, lambda step: float(step + 1) ** -power)
    want = []
    for _ in range(30):
        want.append(schedule.get_last_lr()[0])
        twin.step()
        schedule.step()
    got = sgd.decaying_lr(np.arange(30), c=0.3, power=power)
    assert gap(got, want) < 1e-14
    assert got.tolist() == [sgd.decaying_lr(step, c=0.3, power=power) for step in range(30)]


def test_robbins_and_monro():
    """Power 0.75 keeps both conditions as far as sums show it, 0.4 breaks the second, 1.5 the first."""
    decades = [10**4, 10**6]

    def growth(power, exponent):  # what the last two decades add, beside what was there
        first, both = (np.sum(sgd.decaying_lr(np.arange(n), c=1.0, power=power) ** exponent) for n in decades)
        return both / first - 1

    assert growth(0.75, 1) > 1.0 > 0.02 > growth(0.75, 2)
    assert growth(0.4, 2) > 1.0
    assert growth(1.5, 1) < 0.02


def test_the_slope_is_polyfits():
    """numpy.polyfit of the logarithms has the same slope, for k in any order and only from k_min on."""
    rng = generator(13)
    k = rng.permutation(np.arange(1, 200))
    values = np.exp(rng.normal(size=k.size)) / k
    for k_min in (1, 17, 198):
        keep = k >= k_min
        want = np.polyfit(np.log(k[keep]), np.log(values[keep]), 1)[0]
        assert sgd.loglog_slope(k, values, k_min=k_min) == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize(("c", "want"), [(1.0, -1.0), (0.25, -0.5), (0.1, -0.2)])
def test_rates_of_one_over_k_fall_as_theory_says(c, want):
    """On curvature μ = 1 the error of SGD with rates c/k falls with the slope -min(1, 2c)."""
    rng, params, errors = generator(14), {"w": np.full(500, 3.0)}, []
    for step in range(10_000):
        grads = {"w": params["w"] + rng.normal(size=500)}
        params = sgd.sgd_step(params, grads, lr=sgd.decaying_lr(step, c=c))
        errors.append(np.mean(params["w"] ** 2))
    slope = sgd.loglog_slope(np.arange(1, 10_001), np.array(errors), k_min=1000)
    assert slope == pytest.approx(want, abs=0.1)


# --- Averages of iterates -----------------------------------------------------------------------------------


def averages(path, eta):
    state, found = sgd.average_init(path[0]), []
    for params in path:
        average, state = sgd.average_update(state, params, eta=eta)
        found.append(average)
    return found


def iterates(seed, count):
    rng = generator(seed)
    return [{key: np.asarray(rng.normal(size=shape)) for key, shape in SHAPES.items()} for _ in range(count)]


@pytest.mark.parametrize("eta", [0, 1, 2, 3, 5])
def test_averages_have_the_closed_form(eta):
    """Iterate t weighs in proportion to t (t+1) … (t+eta-1)."""
    path = iterates(15, 40)
    weights = np.array([np.prod([float(t + i) for i in range(eta)]) for t in range(1, 41)])
    for t in (1, 2, 7, 40):
        got = averages(path[:t], eta)[-1]
        for key in SHAPES:
            want = np.average([w[key] for w in path[:t]], axis=0, weights=weights[:t])
            assert gap(got[key], want) < 1e-12


def test_eta_zero_is_torchs_averaged_model():
    """AveragedModel's plain mean is the case eta = 0, over 50 updates; eta = 3 is another average."""
    model = torch.nn.Linear(3, 2).double()
    averaged, path = AveragedModel(model), []
    for seed in range(50):
        rng = generator(seed)
        with torch.no_grad():
            model.weight.copy_(torch.tensor(rng.normal(size=(2, 3))))
            model.bias.copy_(torch.tensor(rng.normal(size=2)))
        averaged.update_parameters(model)
        path.append({"W": model.weight.detach().numpy().copy(), "b": model.bias.detach().numpy().copy()})
    plain, decaying = averages(path, 0)[-1], averages(path, 3)[-1]
    assert gap(plain["W"], averaged.module.weight.detach().numpy()) < 1e-12
    assert gap(plain["b"], averaged.module.bias.detach().numpy()) < 1e-12
    assert gap(decaying["W"], plain["W"]) > 1e-2


def test_averaging_removes_the_noise_of_a_constant_rate():
    """At a constant rate the iterates keep dancing, their average comes nearer by more than ten times."""
    rng, params = generator(16), {"w": np.full(300, 3.0)}
    state = sgd.average_init(params)
    for _ in range(3000):
        params = sgd.sgd_step(params, {"w": params["w"] + rng.normal(size=300)}, lr=0.2)
        average, state = sgd.average_update(state, params)
    assert 10 * np.mean(average["w"] ** 2) < np.mean(params["w"] ** 2)


# --- Mini-batch k-means -------------------------------------------------------------------------------------


def cloud(seed, n=400, d=3):
    rng = generator(seed)
    return rng.normal(size=(n, d)) + 2 * rng.normal(size=(6, d))[rng.integers(6, size=n)]


def test_kmeans_is_scikit_learns_without_reassignment():
    """MiniBatchKMeans.partial_fit takes the same steps when its reassignment of rare centres is off."""
    points = cloud(17)
    centers, counts = points[:5].copy(), np.zeros(5, dtype=int)
    twin = MiniBatchKMeans(5, init=centers.copy(), n_init=1, reassignment_ratio=0.0)
    for start in range(0, 400, 30):
        batch = points[start : start + 30]
        centers, counts = sgd.kmeans_step(centers, counts, batch)
        twin.partial_fit(batch)
        assert gap(centers, twin.cluster_centers_) < 1e-10
    assert counts.sum() == 400


def test_a_centre_is_the_mean_of_what_it_was_given():
    """Whatever the batches, a centre is the mean of its examples of all times, and a seed is forgotten."""
    points = cloud(18)
    centers, counts = cloud(19)[:4], np.zeros(4, dtype=int)
    sums = np.zeros_like(centers)
    for size, start in ((1, 0), (50, 1), (7, 51), (300, 58)):
        batch = points[start : start + size]
        nearest = np.argmin(np.linalg.norm(batch[:, None] - centers, axis=2), axis=1)
        np.add.at(sums, nearest, batch)
        shuffled, again = sgd.kmeans_step(centers, counts, batch[::-1])
        centers, counts = sgd.kmeans_step(centers, counts, batch)
        assert gap(shuffled, centers) < 1e-12
        assert np.array_equal(again, counts)
    used = counts > 0
    assert gap(centers[used], sums[used] / counts[used, None]) < 1e-12


def test_one_batch_is_not_the_same_examples_one_by_one():
    """Online k-means is batches of one: there each example sees the centres as the one before left them."""
    centers, counts, batch = np.array([[0.0], [10.0]]), np.array([1, 1]), np.array([[4.0], [-4.0], [5.5]])
    together, _ = sgd.kmeans_step(centers, counts, batch)
    online, seen = centers, counts
    for x in batch:
        online, seen = sgd.kmeans_step(online, seen, x[None])
    assert together.tolist() == [[0.0], [7.75]]
    assert online.tolist() == [[0.0], [7.75]]
    online, seen = centers, counts
    for x in batch[[2, 0, 1]]:
        online, seen = sgd.kmeans_step(online, seen, x[None])
    assert online.tolist() != together.tolist()


# --- The running loss ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [1, 3, 100])
def test_the_running_loss_is_a_weighted_mean(window):
    """The mean is numpy's weighted average of the last batches, and of fewer at the start."""
    rng = generator(20)
    losses, sizes = rng.uniform(size=20).tolist(), rng.integers(1, 65, size=20).tolist()
    state = sgd.running_loss_init(window)
    for t in range(1, 21):
        mean, state = sgd.running_loss_update(state, losses[t - 1], sizes[t - 1])
        last = slice(max(0, t - window), t)
        assert mean == pytest.approx(np.average(losses[last], weights=sizes[last]), rel=1e-12)


# --- What all of them promise -------------------------------------------------------------------------------


def _still(params, idx):
    return 1.0, {key: np.ones_like(value) for key, value in params.items()}


CALLS = {
    "minibatch_gradient": lambda: (*task(21), np.array([1, 1, 4])),
    "sgd_step": lambda: (*iterates(22, 2),),
    "train_sgd": lambda: (iterates(23, 1)[0], _still, 5),
    "decaying_lr": lambda: (np.arange(6),),
    "loglog_slope": lambda: (np.arange(1, 9), np.geomspace(1, 1e-3, 8)),
    "average_update": lambda: (averages_state(), iterates(24, 1)[0]),
    "kmeans_step": lambda: (cloud(25)[:3], np.array([0, 2, 5]), cloud(26)[:9]),
    "running_loss_update": lambda: (sgd.running_loss_update(sgd.running_loss_init(2), 0.5, 3)[1], 0.7, 4),
}
HYPER = {
    "sgd_step": {"lr": 0.1},
    "train_sgd": {"batch_size": 2, "lr": [0.1, 0.2, 0.3], "n_epochs": 1},
    "decaying_lr": {"c": 0.5, "power": 0.6},
    "loglog_slope": {"k_min": 2},
}


def averages_state():
    return sgd.average_update(sgd.average_init(iterates(27, 1)[0]), iterates(28, 1)[0])[1]


@pytest.mark.parametrize("name", CALLS)
def test_arguments_stay_as_they_were(name):
    """No function changes an argument, and the same call twice gives the same answer."""
    args, hyper = CALLS[name](), HYPER.get(name, {})
    before = copy.deepcopy((args, hyper))
    draws = [{"rng": generator()} if name == "train_sgd" else {} for _ in range(2)]
    first, second = (getattr(sgd, name)(*args, **hyper, **draw) for draw in draws)
    np.testing.assert_equal((args, hyper), before)
    np.testing.assert_equal(first, second)


def list_of(*args, **kwargs):
    return list(sgd.minibatches(*args, rng=generator(), **kwargs))


def measure(w, X, y, **settings):
    standard = {"batch_size": 2, "n_draws": 1, "replace": False, "rng": generator()}
    return sgd.gradient_variance(w, X, y, **(standard | settings))


def train(n=5, **settings):
    standard = {"batch_size": 2, "lr": 0.1, "n_epochs": 2, "rng": generator()}
    return sgd.train_sgd({"w": np.ones(1)}, _still, n, **(standard | settings))


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: list_of(0, 4), r"n must be at least 1, got 0; there is nothing"),
        (lambda: list_of(4, 0), r"batch_size must be at least 1, got 0; 32"),
        (lambda: sgd.minibatch_gradient(*REGRESSION, np.array([], dtype=int)), r"idx must hold at least one"),
        (
            lambda: sgd.minibatch_gradient(np.zeros(3), np.ones((3, 2)), np.ones(3), np.array([0])),
            r"X must be \(n, d\), w \(d,\) and y \(n,\), got \(3, 2\), \(3,\) and \(3,\); an example",
        ),
        (lambda: measure(np.zeros(2), np.ones((3, 2)), np.ones(4)), r"X must be \(n, d\)"),
        (lambda: measure(*REGRESSION, n_draws=0), r"n_draws must be at least 1, got 0; a mean"),
        (lambda: measure(*REGRESSION, batch_size=4), r"batch_size must be at most n = 3, got 4; draw with"),
        (
            lambda: sgd.sgd_step({"w": np.ones(2)}, {"b": np.ones(2)}, lr=0.1),
            r"grads must have the keys of params, got \['b'\] for \['w'\]; give every",
        ),
        (
            lambda: sgd.sgd_step({"w": np.ones(2)}, {"w": np.ones((2, 1))}, lr=0.1),
            r"must have its parameter's shape, got \(2, 1\) for 'w' of shape \(2,\); look at",
        ),
        (
            lambda: sgd.sgd_step({"w": np.ones(2)}, {"w": np.ones(2)}, lr=-0.1),
            r"lr must be at least 0 and finite, got -0.1",
        ),
        (lambda: train(n=0), r"n must be at least 1"),
        (lambda: train(n_epochs=0), r"n_epochs must be at least 1, got 0; one epoch"),
        (
            lambda: train(lr=[0.1] * 4),
            r"one number per update, 6 of them, got shape \(4,\); .*short last one",
        ),
        (lambda: train(lr=[0.1] * 5 + [float("nan")]), r"lr must be at least 0 and finite"),
        (lambda: sgd.decaying_lr(np.array([0, -1]), c=1.0), r"step must be at least 0.*already taken"),
        (
            lambda: sgd.decaying_lr(0, c=0.0),
            r"c must be greater than 0 and power at least 0, got 0.0 and 1.0",
        ),
        (lambda: sgd.decaying_lr(0, c=1.0, power=-1), r"power at least 0, got 1.0 and -1"),
        (lambda: sgd.loglog_slope(np.ones(2), np.ones(3), k_min=1), r"k and values must be \(n,\)"),
        (lambda: sgd.loglog_slope(np.array([1, 2]), np.array([1.0, 0.0]), k_min=1), r"greater than 0; leave"),
        (
            lambda: sgd.loglog_slope(np.array([1, 2, 2]), np.ones(3), k_min=2),
            r"k_min must leave two different",
        ),
        (
            lambda: sgd.average_update(averages_state(), {}, eta=-1),
            r"eta must be at least 0 and finite, got -1",
        ),
        (
            lambda: sgd.kmeans_step(np.ones((2, 3)), np.zeros(2, dtype=int), np.ones(3)),
            r"centers must be \(k, d\), counts \(k,\) and batch \(b, d\), got \(2, 3\), \(2,\) and \(3,\)",
        ),
        (
            lambda: sgd.kmeans_step(np.ones((2, 3)), np.zeros(3, dtype=int), np.ones((4, 3))),
            r"centers must be",
        ),
        (lambda: sgd.kmeans_step(np.ones((2, 3)), np.array([0, -1]), np.ones((4, 3))), r"at least 0, got -1"),
        (lambda: sgd.running_loss_init(0), r"window must be at least 1, got 0; a window of 1"),
        (lambda: sgd.running_loss_update(sgd.running_loss_init(2), 0.5, 0), r"n must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_is_refused(call, rule):
    """An argument out of range or of another shape is a ValueError with the rule, the value and the cure."""
    with pytest.raises(ValueError, match=rule):
        call()


EXAMPLES = [test for test in doctest.DocTestFinder().find(sgd) if test.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_function_but_the_argument_checks_has_an_example():
    """Every public function shows an example, the given argument checks aside."""
    named = {test.name.split(".")[-1] for test in EXAMPLES}
    own = {name for name, item in vars(sgd).items() if getattr(item, "__module__", "") == sgd.__name__}
    functions = {name for name in own if not name.startswith("check_")}
    assert functions == named
