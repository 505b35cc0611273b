"""The reference of `schedules` against PyTorch and laws, its docstrings, the promises of its interface."""

import copy
import doctest
import math

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as torch_schedulers

import solutions.schedules as schedules


def scheduled(lr, make, n):
    """The rates that torch.optim.lr_scheduler sets for the updates 0, 1, …, n - 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler, rates = make(optimizer), []
    for _ in range(n):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


# --- Parity with PyTorch ------------------------------------------------------------------------------------

T = torch_schedulers
FAMILIES = {
    "step": (lambda n: schedules.step_lr(n, lr0=0.3, step_size=7, gamma=0.6), lambda o: T.StepLR(o, 7, 0.6)),
    "every step": (
        lambda n: schedules.step_lr(n, lr0=0.3, step_size=1, gamma=1.0),
        lambda o: T.StepLR(o, 1, 1.0),
    ),
    "exponential": (
        lambda n: schedules.exponential_lr(n, lr0=0.3, k=0.02),
        lambda o: T.ExponentialLR(o, math.exp(-0.02)),
    ),
    "1/t": (
        lambda n: schedules.inverse_time_lr(n, lr0=0.3, k=0.4),
        lambda o: T.LambdaLR(o, lambda t: 1 / (1 + 0.4 * t)),
    ),
    "cosine": (
        lambda n: schedules.cosine_lr(n, base_lr=0.3, total_steps=500),
        lambda o: T.CosineAnnealingLR(o, 500),
    ),
    "cosine to a floor": (
        lambda n: schedules.cosine_lr(n, base_lr=0.3, total_steps=500, min_lr=0.02),
        lambda o: T.CosineAnnealingLR(o, 500, eta_min=0.02),
    ),
    "restarts": (
        lambda n: schedules.cosine_restarts_lr(n, base_lr=0.3, first_cycle=17),
        lambda o: T.CosineAnnealingWarmRestarts(o, 17),
    ),
    "longer restarts": (
        lambda n: schedules.cosine_restarts_lr(n, base_lr=0.3, first_cycle=5, cycle_mult=3, min_lr=1e-3),
        lambda o: T.CosineAnnealingWarmRestarts(o, 5, T_mult=3, eta_min=1e-3),
    ),
    "restarts at every update": (
        lambda n: schedules.cosine_restarts_lr(n, base_lr=0.3, first_cycle=1, min_lr=0.1),
        lambda o: T.CosineAnnealingWarmRestarts(o, 1, eta_min=0.1),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_agrees_with_torch_step_by_step(family):
    """Over 500 updates each rate is torch's within 1e-10, asked for one by one or all at once."""
    ours, make = FAMILIES[family]
    theirs = scheduled(0.3, make, 500)
    np.testing.assert_allclose(ours(np.arange(500)), theirs, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose([ours(step) for step in range(500)], theirs, rtol=1e-10, atol=1e-13)


def test_the_warm_up_is_hugging_faces():
    """With a warm-up it equals LambdaLR with the multiplier of get_cosine_schedule_with_warmup."""
    warmup, total = 40, 300

    def multiplier(step):
        if step < warmup:
            return float(step) / float(max(1, warmup))
        progress = float(step - warmup) / float(max(1, total - warmup))
        return max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * progress)))

    theirs = scheduled(0.3, lambda o: T.LambdaLR(o, multiplier), total)
    ours = schedules.cosine_lr(np.arange(total), base_lr=0.3, total_steps=total, warmup_steps=warmup)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("family", ["step", "1/t", "cosine", "longer restarts"])
@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}], ids=["descent", "momentum"])
def test_training_by_our_rates_is_training_by_torchs_scheduler(family, options):
    """Three parameters, gradients from 1e-6 to 1e3: after 300 updates the weights agree within 1e-10."""
    ours, make = FAMILIES[family]
    rng = np.random.default_rng(0)
    shapes = [(3, 2), (4,), ()]
    sizes = [10.0 ** rng.uniform(-6, 3, size=shape) for shape in shapes]
    start = [rng.normal(size=shape) for shape in shapes]
    grads = [[size * rng.normal(size=size.shape) for size in sizes] for _ in range(300)]
    tensors = [torch.tensor(value) for value in start]
    optimizer = torch.optim.SGD(tensors, lr=0.3, **options)
    scheduler = make(optimizer)
    params, velocity = start, [np.zeros(shape) for shape in shapes]
    for step, grad in enumerate(grads):
        for tensor, g in zip(tensors, grad, strict=True):
            tensor.grad = torch.tensor(g)
        optimizer.step()
        scheduler.step()
        velocity = [options.get("momentum", 0.0) * v + g for v, g in zip(velocity, grad, strict=True)]
        params = [p - ours(step) * v for p, v in zip(params, velocity, strict=True)]
    for mine, theirs in zip(params, tensors, strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-10, atol=1e-10)


def plateau_rates(metrics, lr, **options):
    """Our rate after each metric."""
    state, rates = schedules.plateau_init(lr), []
    for metric in metrics:
        lr, state = schedules.plateau_update(state, metric, **options)
        rates.append(lr)
    return rates


def torch_plateau_rates(metrics, lr, **options):
    """The same by ReduceLROnPlateau."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler, rates = T.ReduceLROnPlateau(optimizer, **options), []
    for metric in metrics:
        scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def random_options(rng):
    return {
        "factor": float(rng.uniform(0.1, 0.9)),
        "patience": int(rng.integers(0, 4)),
        "threshold": float(rng.choice([0.0, 1e-4, 0.1])),
        "cooldown": int(rng.integers(0, 4)),
        "min_lr": float(rng.choice([0.0, 0.01, 0.2])),
        "eps": float(rng.choice([0.0, 1e-8, 0.05])),
    }


def test_the_plateau_rule_agrees_with_torch_on_300_random_curves():
    """Falling, flat, rising, negative metrics, ties, NaN and infinity: the same rate after each epoch."""
    rng, cuts = np.random.default_rng(1), 0
    for _ in range(300):
        options, lr = random_options(rng), float(rng.uniform(0.05, 1.0))
        metrics = np.exp(-0.05 * np.arange(60)) + rng.choice([0.01, 0.3]) * rng.normal(size=60)
        metrics = np.round(metrics, int(rng.integers(1, 6)))  # many ties, some exactly at the threshold
        metrics[rng.random(60) < 0.03] = rng.choice([np.nan, np.inf])
        ours, theirs = (
            rates(metrics.tolist(), lr, **options) for rates in (plateau_rates, torch_plateau_rates)
        )
        assert ours == theirs, options
        cuts += len(set(ours)) - 1
    assert cuts > 600


@pytest.mark.parametrize("options", [{}, {"patience": 0}, {"patience": 3, "cooldown": 2}, {"threshold": 0.5}])
def test_the_plateau_rule_has_torchs_defaults(options):
    """What is left out has the value that it has in torch."""
    metrics = (1 / (1 + np.arange(40) // 3)).tolist()
    assert plateau_rates(metrics, 0.5, **options) == torch_plateau_rates(metrics, 0.5, **options)


# --- Where others differ ------------------------------------------------------------------------------------


def test_torchs_cosine_rises_again_and_ours_refuses():
    """Beyond its end CosineAnnealingLR goes up to the peak once more; ours is asked for no such step."""
    rates = scheduled(0.3, lambda o: T.CosineAnnealingLR(o, 50), 101)
    assert rates[50] < 1e-12 and rates[100] == pytest.approx(0.3)
    assert schedules.cosine_lr(50, base_lr=0.3, total_steps=50) == 0.0
    with pytest.raises(ValueError, match="must not exceed total_steps=50"):
        schedules.cosine_lr(51, base_lr=0.3, total_steps=50)


def test_torchs_restarts_miss_a_peak_when_handed_an_epoch():
    """Epoch 121 begins the sixth cycle of 1, 3, 9, …: torch's logarithm says 4.99…, and the rate is 0."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = T.CosineAnnealingWarmRestarts(optimizer, 1, T_mult=3)
    scheduler.step(121)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0, abs=1e-12)
    assert schedules.cosine_restarts_lr(121, base_lr=0.3, first_cycle=1, cycle_mult=3) == 0.3


def test_early_stopping_would_cut_an_epoch_earlier():
    """A constant metric with patience 2 is cut at the fourth call; a rule that counts ≥ cuts at the third."""
    rates = plateau_rates([1.0] * 5, 1.0, patience=2)
    assert rates == [1.0, 1.0, 1.0, 0.1, 0.1]
    bad = np.arange(5)  # bad epochs in a row after each call
    assert np.argmax(bad >= 2) + 1 == 3 and np.argmax(np.array(rates) < 1) + 1 == np.argmax(bad > 2) + 1 == 4


def test_warm_up_counted_from_one_is_another_schedule():
    """(step + 1)/w, as some write it, gives the first update a rate; ours is 0 there."""
    steps = np.arange(10)
    ours = schedules.cosine_lr(steps, base_lr=0.3, total_steps=100, warmup_steps=10)
    assert ours[0] == 0.0 and np.allclose(0.3 * (steps + 1) / 10 - ours, 0.03)


# --- Laws ---------------------------------------------------------------------------------------------------


def test_half_lives():
    """ln(2)/k after which exponential decay is half; 1/k after which 1/t decay is half, 9/k a tenth."""
    assert schedules.exponential_lr(math.log(2) / 0.03, lr0=0.4, k=0.03) == pytest.approx(0.2)
    assert schedules.inverse_time_lr(1 / 0.03, lr0=0.4, k=0.03) == pytest.approx(0.2)
    assert schedules.inverse_time_lr(9 / 0.03, lr0=0.4, k=0.03) == pytest.approx(0.04)


def test_the_cosine_is_half_way_at_half_time():
    """Half-way down, and in the mean over the decay, the rate is the mean of peak and floor."""
    steps = np.arange(10, 111)
    rates = schedules.cosine_lr(steps, base_lr=0.4, total_steps=110, warmup_steps=10, min_lr=0.1)
    assert rates[50] == pytest.approx(0.25) and rates[0] == 0.4 and rates[-1] == pytest.approx(0.1)
    assert np.mean(rates) == pytest.approx(0.25) and np.all(np.diff(rates) < 0)


@pytest.mark.parametrize("mult", [1, 2, 3, 10])
def test_a_cycle_is_the_cosine_of_its_own_length(mult):
    """Cycle by cycle the rates are those of one cosine as long as the cycle, its last step left out."""
    start, length = 0, 4
    for _ in range(6):
        ours = schedules.cosine_restarts_lr(
            start + np.arange(length), base_lr=0.3, first_cycle=4, cycle_mult=mult, min_lr=0.05
        )
        want = schedules.cosine_lr(np.arange(length), base_lr=0.3, total_steps=length, min_lr=0.05)
        np.testing.assert_allclose(ours, want, rtol=1e-12)
        start, length = start + length, length * mult


# --- The interface ------------------------------------------------------------------------------------------

CALLS = {
    "step_lr": {"lr0": 0.3, "step_size": 4, "gamma": 0.5},
    "exponential_lr": {"lr0": 0.3, "k": 0.1},
    "inverse_time_lr": {"lr0": 0.3, "k": 0.1},
    "cosine_lr": {"base_lr": 0.3, "total_steps": 30, "warmup_steps": 3, "min_lr": 0.01},
    "cosine_restarts_lr": {"base_lr": 0.3, "first_cycle": 3, "cycle_mult": 2, "min_lr": 0.01},
}


@pytest.mark.parametrize("name", CALLS)
def test_a_time_is_answered_in_its_shape(name):
    """A number gives a number, an array as many rates in float64; the array is not changed."""
    rule, options = getattr(schedules, name), CALLS[name]
    one = rule(5, **options)
    assert isinstance(one, float) and 0 < one <= 0.3
    times = np.array([[5, 0, 17], [30, 1, 5]])
    given, rates = times.copy(), rule(times, **options)
    assert rates.shape == (2, 3) and rates.dtype == np.float64 and rates[0, 0] == one
    np.testing.assert_array_equal(times, given)


def test_the_plateau_rule_leaves_its_state_alone():
    """An update changes no state that it was given; the same call gives the same answer again."""
    state = schedules.plateau_init(0.5)
    for metric in (1.0, 2.0, 0.5, 0.5, 0.5):
        given = copy.deepcopy(state)
        lr, after = schedules.plateau_update(state, metric, patience=1, cooldown=1)
        assert state == given
        assert schedules.plateau_update(state, metric, patience=1, cooldown=1) == (lr, after)
        state = after


@pytest.mark.parametrize(
    ("name", "time", "changed", "rule"),
    [
        ("step_lr", -1, {}, r"epoch must be at least 0, got -1; it is 0 before anything is done"),
        ("step_lr", 1.5, {}, r"epoch must be an int or an array of ints, got 1.5; it counts what is done"),
        (
            "step_lr",
            0,
            {"step_size": 0},
            r"step_size must be an int of at least 1, got 0; it is the number of",
        ),
        ("step_lr", 0, {"gamma": 1.1}, r"gamma must lie in \(0, 1\], got 1.1; 0.5 halves the rate"),
        ("step_lr", 0, {"lr0": 0.0}, r"lr0 must be greater than 0 and finite, got 0.0"),
        ("exponential_lr", -0.1, {}, r"t must be at least 0, got -0.1"),
        ("exponential_lr", float("nan"), {}, r"t must be at least 0, got nan"),
        (
            "exponential_lr",
            0,
            {"k": -1},
            r"k must be at least 0 and finite, got -1; 0 keeps the rate constant",
        ),
        ("inverse_time_lr", np.array([0, -3]), {}, r"t must be at least 0, got \[ 0 -3\]"),
        ("inverse_time_lr", 0, {"k": float("inf")}, r"k must be at least 0 and finite"),
        ("cosine_lr", 31, {}, r"step must not exceed total_steps=30, got 31; plan the schedule for as many"),
        ("cosine_lr", 0, {"warmup_steps": 30}, r"warmup_steps must be less than total_steps, got 30 and 30"),
        ("cosine_lr", 0, {"min_lr": 0.4}, r"min_lr must not exceed base_lr, got 0.4 and 0.3"),
        ("cosine_lr", 0, {"min_lr": -0.1}, r"min_lr must be at least 0 and finite, got -0.1"),
        ("cosine_lr", 0.0, {}, r"step must be an int or an array of ints, got 0.0"),
        ("cosine_lr", 0, {"total_steps": 2.5}, r"total_steps must be an int of at least 1, got 2.5"),
        (
            "cosine_restarts_lr",
            0,
            {"cycle_mult": 0},
            r"cycle_mult must be an int of at least 1, got 0; 1 keeps",
        ),
        ("cosine_restarts_lr", 0, {"first_cycle": 2.5}, r"first_cycle must be an int of at least 1, got 2.5"),
        ("cosine_restarts_lr", 0, {"min_lr": 1.0}, r"min_lr must not exceed base_lr, got 1.0 and 0.3"),
    ],
)
def test_a_schedule_refuses_what_it_cannot_answer(name, time, changed, rule):
    """Times and hyperparameters out of range are ValueErrors: rule, value, cure."""
    with pytest.raises(ValueError, match=rule):
        getattr(schedules, name)(time, **(CALLS[name] | changed))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"factor": 1.0}, r"factor must lie in \(0, 1\), got 1.0; 0.1 is usual"),
        ({"patience": -1}, r"patience must be an int of at least 0, got -1; 0 cuts at the first epoch"),
        ({"patience": 0.5}, r"patience must be an int of at least 0, got 0.5"),
        ({"threshold": 1.0}, r"threshold must lie in \[0, 1\), got 1.0"),
        ({"cooldown": -1}, r"cooldown must be an int of at least 0, got -1; 0 is no pause"),
        ({"min_lr": -0.1}, r"min_lr must be at least 0"),
        ({"eps": float("nan")}, r"eps must be at least 0 and finite, got nan"),
    ],
)
def test_the_plateau_rule_refuses_options_out_of_range(changed, rule):
    """Options out of range are ValueErrors: rule, value, cure."""
    with pytest.raises(ValueError, match=rule):
        schedules.plateau_update(schedules.plateau_init(0.1), 1.0, **changed)
    with pytest.raises(ValueError, match=r"lr must be greater than 0 and finite, got 0"):
        schedules.plateau_init(0)


@pytest.mark.parametrize(
    "example",
    [test for test in doctest.DocTestFinder().find(schedules) if test.examples],
    ids=lambda test: test.name,
)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_graded_function_has_an_example():
    """Every public function that holds a graded body shows an example."""
    named = {test.name.split(".")[-1] for test in doctest.DocTestFinder().find(schedules) if test.examples}
    assert named == {*CALLS, "plateau_init", "plateau_update"}
