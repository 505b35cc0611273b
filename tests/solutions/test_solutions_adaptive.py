"""The reference of `adaptive` against PyTorch, its own docstrings, and the promises of its interface."""

import copy
import doctest

import numpy as np
import pytest
import torch

import solutions.adaptive as adaptive

BETAS = {"betas": (0.5, 0.7), "eps": 1e-3}
PLAIN = {"momentum_decay": 1e3}  # switches torch's schedule of the first beta off
SHAPES = {"W1": (4, 3), "b1": (3,), "W2": (3, 2, 2), "scalar": ()}

OPT = torch.optim
# stem -> cases of (torch's optimiser, torch's arguments, our arguments); lr is added to both sides.
TWINS = {
    "rprop": [
        (OPT.Rprop, {}, {}),
        (
            OPT.Rprop,
            {"etas": (0.3, 1.7), "step_sizes": (0.01, 0.05)},
            {"etas": (0.3, 1.7), "step_sizes": (0.01, 0.05)},
        ),
    ],
    "adagrad": [(OPT.Adagrad, {}, {}), (OPT.Adagrad, {"eps": 1e-3}, {"eps": 1e-3})],
    "rmsprop": [(OPT.RMSprop, {}, {}), (OPT.RMSprop, {"alpha": 0.5, "eps": 1e-3}, {"rho": 0.5, "eps": 1e-3})],
    "adadelta": [
        (OPT.Adadelta, {}, {}),
        (OPT.Adadelta, {"rho": 0.5, "eps": 1e-3}, {"rho": 0.5, "eps": 1e-3}),
    ],
    "adam": [(OPT.Adam, {}, {}), (OPT.Adam, BETAS, BETAS)],
    "adamax": [(OPT.Adamax, {}, {}), (OPT.Adamax, BETAS, BETAS)],
    "nadam": [(OPT.NAdam, PLAIN, {}), (OPT.NAdam, BETAS | PLAIN, BETAS)],
    "adamw": [(OPT.AdamW, {}, {}), (OPT.AdamW, BETAS | {"weight_decay": 0.3}, BETAS | {"weight_decay": 0.3})],
}
STEMS = (*TWINS, "quickprop")


@pytest.fixture(autouse=True)
def double_precision():
    """torch computes in float64 throughout: NAdam keeps its product of betas in the default dtype."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


def probe(seed, steps=300):
    """Parameters and `steps` gradients between 1e-6 and 1e3, changing sign, a fifth of them exact zeros."""
    rng = np.random.default_rng(seed)
    params = {key: rng.normal(size=shape) for key, shape in SHAPES.items()}
    sizes = {key: 10.0 ** rng.uniform(-6, 3, size=shape) for key, shape in SHAPES.items()}
    sizes["W1"][0, 0], sizes["W1"][1, 0], sizes["b1"][0] = 1e-6, 1e3, 0.0
    grads = [
        {
            key: sizes[key] * rng.normal(size=shape) * (rng.random(shape) > 0.2)
            for key, shape in SHAPES.items()
        }
        for _ in range(steps)
    ]
    return params, grads


def start(stem, params, lr):
    """A state, and the keywords that the steps take: Rprop has its rate in the state."""
    init = getattr(adaptive, f"{stem}_init")
    return (init(params, lr=lr), {}) if stem == "rprop" else (init(params), {"lr": lr})


def walk(stem, params, grads, lr=0.02, **hyper):
    """The parameters after each step of `<stem>_init` and `<stem>_step`."""
    state, rate = start(stem, params, lr)
    path = []
    for grad in grads:
        params, state = getattr(adaptive, f"{stem}_step")(params, grad, state, **rate, **hyper)
        path.append(params)
    return path


def torch_walk(optimiser, params, grads, lr=0.02, **hyper):
    """The same by an optimiser of PyTorch, in float64."""
    tensors = {key: torch.tensor(value, dtype=torch.float64) for key, value in params.items()}
    twin = optimiser(list(tensors.values()), lr=lr, **hyper)
    path = []
    for grad in grads:
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grad[key], dtype=torch.float64)
        twin.step()
        path.append({key: tensor.numpy().copy() for key, tensor in tensors.items()})
    return path


def gap(path, other):
    """The largest difference anywhere on two paths, relative to the largest value of that parameter."""
    return max(
        np.max(np.abs(here[key] - there[key])) / max(1.0, np.max(np.abs(there[key])))
        for here, there in zip(path, other, strict=True)
        for key in here
    )


@pytest.mark.parametrize(
    ("stem", "optimiser", "theirs", "ours"),
    [(stem, *case) for stem, cases in TWINS.items() for case in cases],
)
def test_agrees_with_torch_over_300_steps(stem, optimiser, theirs, ours):
    """Each method equals PyTorch's within 1e-10, over many steps, several shapes and sizes of gradients."""
    params, grads = probe(seed=1)
    got = walk(stem, params, grads, **ours)
    want = torch_walk(optimiser, params, grads, **theirs)
    assert gap(got, want) < 1e-10


def test_adam_follows_a_rate_that_changes():
    """A learning rate may change from one step to the next, as torch's schedulers change it."""
    params, grads = probe(seed=2, steps=6)
    rates = [0.1, 0.05, 0.0, 0.2, 0.01, 0.3]
    ours, state = params, adaptive.adam_init(params)
    tensors = {key: torch.tensor(value, dtype=torch.float64) for key, value in params.items()}
    twin = torch.optim.Adam(list(tensors.values()))
    for grad, lr in zip(grads, rates, strict=True):
        ours, state = adaptive.adam_step(ours, grad, state, lr=lr)
        twin.param_groups[0]["lr"] = lr
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grad[key], dtype=torch.float64)
        twin.step()
    assert all(np.allclose(ours[key], tensors[key].numpy(), rtol=1e-12) for key in ours)


@pytest.mark.parametrize("stem", STEMS)
def test_a_step_leaves_its_arguments_alone(stem):
    """No step changes the parameters, gradients or state that it was given, and it answers in float64."""
    params, (first, second) = probe(seed=3, steps=2)
    init, step = getattr(adaptive, f"{stem}_init"), getattr(adaptive, f"{stem}_step")
    before = copy.deepcopy(params)
    state = init(params)
    np.testing.assert_equal(params, before)
    params, state = step(params, first, state)
    given = copy.deepcopy((params, second, state))
    once, _ = step(params, second, state)
    np.testing.assert_equal((params, second, state), given)
    twice, _ = step(params, second, state)
    np.testing.assert_equal(once, twice)
    assert all(value.dtype == np.float64 and value.shape == SHAPES[key] for key, value in once.items())


@pytest.mark.parametrize(
    ("stem", "changed", "rule"),
    [
        ("adagrad", {"lr": -0.1}, r"lr must be at least 0 and finite, got -0.1; .*usual"),
        ("adam", {"lr": float("nan")}, r"lr must be at least 0 and finite, got nan"),
        (
            "adam",
            {"betas": (0.9, 1.0)},
            r"betas must lie in \[0, 1\), got \(0.9, 1.0\); the usual pair is \(0.9, ",
        ),
        ("adamax", {"betas": (-0.1, 0.9)}, r"betas must lie in"),
        ("nadam", {"eps": 0.0}, r"eps must be greater than 0 and finite, got 0.0"),
        ("rmsprop", {"rho": 1.0}, r"rho must lie in \[0, 1\), got 1.0"),
        ("adadelta", {"rho": -1}, r"rho must lie in \[0, 1\), got -1"),
        ("adamw", {"weight_decay": -0.01}, r"weight_decay must be at least 0 and finite, got -0.01"),
        ("quickprop", {"growth": 0.0}, r"growth must be greater than 0 and finite, got 0.0; 1.75"),
        ("rprop", {"etas": (1.2, 0.5)}, r"etas must be a shrinking and a growing factor.*got \(1.2, 0.5\)"),
        ("rprop", {"step_sizes": (1.0, 0.1)}, r"step_sizes must be the smallest and the largest step"),
    ],
)
def test_a_step_refuses_a_hyperparameter_out_of_range(stem, changed, rule):
    """A hyperparameter out of range is a ValueError with the rule, the value and the cure."""
    params, grads = probe(seed=4, steps=1)
    state, _ = start(stem, params, 0.1)
    with pytest.raises(ValueError, match=rule):
        getattr(adaptive, f"{stem}_step")(params, grads[0], state, **changed)


def test_rprop_init_refuses_a_step_size_of_zero():
    """Rprop's first step size is greater than zero: from zero no factor leads away."""
    with pytest.raises(ValueError, match=r"lr must be greater than 0 and finite, got 0"):
        adaptive.rprop_init({"w": np.ones(2)}, lr=0.0)


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize(
    ("grads", "rule"), [({"a": np.ones(2)}, "keys"), ({"w": np.ones((2, 1))}, "shape")], ids=["key", "shape"]
)
def test_a_step_refuses_gradients_that_do_not_fit(stem, grads, rule):
    """Other keys or other shapes than the parameters' are refused, not broadcast."""
    params = {"w": np.ones(2)}
    with pytest.raises(ValueError, match=rule):
        getattr(adaptive, f"{stem}_step")(params, grads, getattr(adaptive, f"{stem}_init")(params))


def fahlman(gradients, lr, growth, weight=0.0):
    """Quickprop for one weight as Fahlman's program has it: three branches on the sign of the last step."""
    shrink, d, p, path = growth / (1 + growth), 0.0, 0.0, []
    for g in gradients:
        s, step = -g, 0.0
        if d > 0:
            if s > 0:
                step += lr * s
            step += growth * d if s > shrink * p else s / (p - s) * d
        elif d < 0:
            if s < 0:
                step += lr * s
            step += growth * d if s < shrink * p else s / (p - s) * d
        else:
            step += lr * s
        d, p, weight = step, s, weight + step
        path.append(weight)
    return path


@pytest.mark.parametrize("growth", [0.5, 1.75, 3.0])
def test_quickprop_is_fahlmans_program(growth):
    """Quickprop equals the three branches of Fahlman's program, weight by weight, zeros and restarts too."""
    rng = np.random.default_rng(11)
    count = 100
    sizes = 10.0 ** rng.uniform(-6, 3, size=count)
    gradients = sizes * rng.normal(size=(12, count)) * (rng.random((12, count)) > 0.2)
    got = walk("quickprop", {"w": np.zeros(count)}, [{"w": row} for row in gradients], growth=growth)
    for i in range(count):
        want = fahlman(gradients[:, i], 0.02, growth)
        np.testing.assert_allclose(
            [params["w"][i] for params in got], want, rtol=1e-10, atol=1e-10 * sizes[i]
        )


def test_nadam_is_not_torchs_default():
    """torch's NAdam follows Dozat's schedule of the first beta unless told otherwise, and so differs."""
    params, grads = probe(seed=12, steps=100)
    ours = walk("nadam", params, grads)
    assert gap(ours, torch_walk(OPT.NAdam, params, grads)) > 1e-3
    assert gap(ours, torch_walk(OPT.NAdam, params, grads, momentum_decay=0)) > 1e-3


def test_rmsprop_without_its_weight_is_the_same_at_another_rate():
    """The form v <- rho v + g² takes our steps at lr and eps both divided by the root of (1-rho)."""
    params, grads = probe(seed=13, steps=50)
    lr, rho, eps = 0.02, 0.9, 1e-3
    sums, weights = {key: np.zeros_like(value) for key, value in params.items()}, dict(params)
    for grad, ours in zip(grads, walk("rmsprop", params, grads, lr=lr, rho=rho, eps=eps), strict=True):
        for key, g in grad.items():
            sums[key] = rho * sums[key] + g**2
            root = np.sqrt(sums[key]) + eps / np.sqrt(1 - rho)
            weights[key] = weights[key] - lr / np.sqrt(1 - rho) * g / root
            np.testing.assert_allclose(ours[key], weights[key], rtol=1e-12, atol=1e-12)


def test_adamw_is_not_adam_with_an_l2_penalty():
    """Adam on g + λw, which torch calls weight_decay there, takes other steps than AdamW."""
    params, grads = probe(seed=14, steps=50)
    coupled = [torch_walk(OPT.Adam, params, grads, weight_decay=0.1)[-1]]
    assert gap([walk("adamw", params, grads, weight_decay=0.1)[-1]], coupled) > 1e-2


def test_rprop_stays_where_the_sign_flips():
    """After a flip a weight neither takes its move back (Rprop+) nor moves on (Rprop-): it stays, once."""
    gradients = [{"w": np.array([g])} for g in (1.0, 1.0, -1.0, -1.0)]
    path = [params["w"][0] for params in walk("rprop", {"w": np.array([0.0])}, gradients, lr=0.1)]
    np.testing.assert_allclose(path, [-0.1, -0.22, -0.22, -0.16], rtol=1e-12)


def network(seed):
    """A start for the given network and 23 examples: 5 inputs, 4 hidden units, 3 classes."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.normal(size=(5, 4)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(4, 3)),
        "b2": rng.normal(size=3),
    }
    return params, rng.normal(size=(23, 5)), rng.integers(3, size=23)


def torch_loss(tensors, X, y):
    """The given network's loss, written with PyTorch's own pieces."""
    hidden = torch.relu(torch.tensor(X) @ tensors["W1"] + tensors["b1"])
    return torch.nn.functional.cross_entropy(hidden @ tensors["W2"] + tensors["b2"], torch.tensor(y))


def test_loss_and_grad_agrees_with_autograd():
    """The given gradient is the one that PyTorch's autograd finds."""
    params, X, y = network(5)
    loss, grads = adaptive.loss_and_grad(params, X, y)
    tensors = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    want = torch_loss(tensors, X, y)
    want.backward()
    assert loss == pytest.approx(want.item(), rel=1e-12)
    for key, grad in grads.items():
        np.testing.assert_allclose(grad, tensors[key].grad.numpy(), rtol=1e-10, atol=1e-14)


def test_train_digits_is_torch_on_the_same_batches():
    """Training equals PyTorch's Adam on autograd's gradients, over 40 updates on the pinned permutations."""
    params, X, y = network(6)
    got, losses = adaptive.train_digits(
        params, X, y, lr=0.01, batch_size=6, n_epochs=10, rng=np.random.default_rng(7)
    )
    rng = np.random.default_rng(7)
    tensors = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    twin = torch.optim.Adam(list(tensors.values()), lr=0.01)
    for epoch in range(10):
        order, seen = rng.permutation(len(y)), []
        for batch in (order[:6], order[6:12], order[12:18], order[18:]):
            loss = torch_loss(tensors, X[batch], y[batch])
            seen.append(loss.item() * len(batch))
            twin.zero_grad()
            loss.backward()
            twin.step()
        assert losses[epoch] == pytest.approx(sum(seen) / 23, rel=1e-10)
    for key, value in got.items():
        np.testing.assert_allclose(value, tensors[key].detach().numpy(), rtol=1e-10, atol=1e-12)


def test_train_digits_changes_only_its_rng():
    """Training leaves its arrays alone and takes one permutation an epoch from the generator."""
    params, X, y = network(8)
    given = copy.deepcopy((params, X, y))
    rng, twin = np.random.default_rng(9), np.random.default_rng(9)
    adaptive.train_digits(params, X, y, lr=0.01, batch_size=8, n_epochs=3, rng=rng)
    np.testing.assert_equal((params, X, y), given)
    for _ in range(3):
        twin.permutation(23)
    assert rng.random() == twin.random()


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"batch_size": 0}, "at least 1, got 0"),
        ({"n_epochs": 0}, "at least 1"),
        ({"y": [0, 1]}, "one row per example"),
    ],
)
def test_train_digits_refuses_what_it_cannot_run(changed, rule):
    """Unequal lengths, empty batches and no epochs are refused with a sentence."""
    params, X, y = network(10)
    arguments = {"y": y, "lr": 0.1, "batch_size": 4, "n_epochs": 1, "rng": np.random.default_rng(0)} | changed
    with pytest.raises(ValueError, match=rule):
        adaptive.train_digits(params, X, **arguments)


@pytest.mark.parametrize(
    "example",
    [test for test in doctest.DocTestFinder().find(adaptive) if test.examples],
    ids=lambda test: test.name,
)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_graded_function_has_an_example():
    """Every public function that holds a graded body shows an example."""
    named = {test.name.split(".")[-1] for test in doctest.DocTestFinder().find(adaptive) if test.examples}
    asked = {f"{stem}_{part}" for stem in STEMS for part in ("init", "step")}
    assert asked | {"train_digits", "loss_and_grad"} == named
