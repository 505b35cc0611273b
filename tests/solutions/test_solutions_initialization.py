"""The reference of `initialization` against PyTorch, scikit-learn and laws, its docstrings, its interface."""

import copy
import doctest
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import solutions.initialization as init
from autograder.course.checks import read_checks
from autograder.course.course import Course

CHECKS = {
    check.name: check.function
    for check in read_checks(Course(Path(__file__).parents[2]).content("initialization"))
}
SHAPES = [(7, 7), (40, 10), (10, 40), (1, 6), (6, 1)]
UNIFORM = {
    "xavier_uniform": (torch.nn.init.xavier_uniform_, {}),
    "he_uniform": (torch.nn.init.kaiming_uniform_, {"nonlinearity": "relu"}),
}
NORMAL = {
    "xavier_normal": (torch.nn.init.xavier_normal_, {}),
    "he_normal": (torch.nn.init.kaiming_normal_, {"nonlinearity": "relu"}),
}
TORCH = {"tanh": torch.tanh, "relu": torch.relu, "linear": lambda z: z}


class Given:
    """Stands in for a Generator whose next normal draw is known."""

    def __init__(self, values):
        self.values = values

    def normal(self, size):
        assert self.values.shape == size
        return self.values


def stack(rng, sizes, scale=1.0):
    return [rng.normal(0, scale / np.sqrt(n), (n, m)) for n, m in pairwise(sizes)]


# --- Preprocessing ------------------------------------------------------------------------------------------


def uneven(rng, n=50):
    """Features of very different size and place, correlated, two of them constant."""
    X = rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6)) * 10.0 ** np.arange(-6, 6, 2) + 10.0 ** np.arange(6)
    return np.column_stack([X, np.full(n, 0.1), np.zeros(n)])


def test_standardizing_equals_sklearns():
    """Means, scales and the result agree with StandardScaler, constant features and new examples included."""
    rng = np.random.default_rng(0)
    X, new = uneven(rng), uneven(rng, 7)
    twin = StandardScaler().fit(X)
    mean, scale = init.standardize_fit(X)
    np.testing.assert_allclose(mean, twin.mean_, rtol=1e-12)
    np.testing.assert_allclose(scale, twin.scale_, rtol=1e-10)
    assert scale[-2:].tolist() == [1.0, 1.0]
    np.testing.assert_allclose(init.standardize(new, mean, scale), twin.transform(new), rtol=1e-10, atol=1e-9)


def test_an_offset_of_a_hundred_million_leaves_the_scale_alone():
    """The variance is taken in two passes: an offset that squares past float64's digits does no harm."""
    X = np.random.default_rng(1).normal(size=(200, 3))
    _, scale = init.standardize_fit(X + 1e8)
    np.testing.assert_allclose(scale, X.std(axis=0), rtol=1e-6)
    one_pass = np.mean((X + 1e8) ** 2, axis=0) - np.mean(X + 1e8, axis=0) ** 2
    assert np.abs(one_pass - 1).max() > 0.5


def test_standardized_examples_have_mean_zero_and_variance_one():
    """On the examples that it was fitted on the law holds, and constant features become exactly zero."""
    X = uneven(np.random.default_rng(2))
    done = init.standardize(X, *init.standardize_fit(X))
    np.testing.assert_allclose(done[:, :6].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(done[:, :6].std(axis=0), 1, rtol=1e-9)
    assert np.abs(done[:, 6:]).max() < 1e-15


@pytest.mark.parametrize("n", [4, 60])
@pytest.mark.parametrize("kind", ["pca", "zca"])
@pytest.mark.parametrize("eps", [1e-6, 0.5])
def test_whitened_examples_have_the_covariance_of_the_docstring(n, kind, eps):
    """Λ/(Λ+ε), the largest first for pca and turned back for zca, with fewer examples than features too."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6)) + 5
    mean, M = init.whiten_fit(X, kind=kind, eps=eps)
    lam, V = np.linalg.eigh(np.cov(X.T, bias=True))
    lam, V = np.maximum(lam[::-1], 0), V[:, ::-1]
    done = (X - mean) @ M
    want = np.diag(lam / (lam + eps))
    np.testing.assert_allclose(done.T @ done / n, want if kind == "pca" else V @ want @ V.T, atol=1e-5)


def test_pca_whitening_is_sklearns_up_to_the_divisor_and_signs():
    """sklearn divides by N - 1: its answer is ours times √((N-1)/N), a column's sign aside."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(30, 5)) @ rng.normal(size=(5, 5)) + 3
    mean, M = init.whiten_fit(X, kind="pca", eps=1e-14, n_components=3)
    ours, theirs = (X - mean) @ M, PCA(3, whiten=True).fit_transform(X)
    signs = np.sign(np.sum(ours * theirs, axis=0))
    np.testing.assert_allclose(ours * signs * np.sqrt(29 / 30), theirs, rtol=1e-9, atol=1e-9)


def test_zca_changes_the_examples_least():
    """M is symmetric, and any other whitening, M turned by a rotation, moves the centred examples further."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 5)) @ rng.normal(size=(5, 5))
    mean, M = init.whiten_fit(X, kind="zca", eps=1e-12)
    np.testing.assert_allclose(M, M.T, atol=1e-12)
    moved = np.sum(((X - mean) @ M - (X - mean)) ** 2)
    for _ in range(20):
        Q = init.orthogonal(5, 5, rng=rng)
        assert np.sum(((X - mean) @ M @ Q - (X - mean)) ** 2) > moved


def test_the_digits_have_three_constant_pixels():
    """The three constant pixels of the 64 are standardised to 0 and whitened to 0."""
    from sklearn.datasets import load_digits

    X = load_digits().data / 16
    _, scale = init.standardize_fit(X)
    constant = np.ptp(X, axis=0) == 0
    assert constant.sum() == 3 and np.all(scale[constant] == 1.0)
    mean, M = init.whiten_fit(X, kind="zca")
    assert np.abs(((X - mean) @ M)[:, constant]).max() < 1e-9


# --- Watching the signal ------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("sizes", [(5, 4), (6, 9, 3, 8)])
def test_the_statistics_are_those_of_autograd(activation, scale, sizes):
    """Means, stds and shares forward, and the gradient at each pre-activation, equal torch's."""
    rng = np.random.default_rng(6)
    weights, X, grad_out = (
        stack(rng, sizes, scale),
        rng.normal(1, 2, (11, sizes[0])),
        rng.normal(size=(11, sizes[-1])),
    )
    h, acts, zs = torch.tensor(X), [], []
    for W in weights:
        z = h @ torch.tensor(W)
        z.requires_grad_() if not zs else z.retain_grad()
        h = TORCH[activation](z)
        zs.append(z)
        acts.append(h.detach().numpy())
    h.backward(torch.tensor(grad_out))
    stats = init.activation_stats(weights, X, grad_out, activation=activation)
    flat = {"tanh": lambda h: np.abs(h) > 0.99, "relu": lambda h: h == 0, "linear": np.zeros_like}[activation]
    want = {
        "act_mean": [h.mean() for h in acts],
        "act_std": [h.std() for h in acts],
        "saturated": [flat(h).mean() for h in acts],
        "grad_std": [z.grad.numpy().std() for z in zs],
    }
    assert stats.keys() == want.keys()
    for key in want:
        np.testing.assert_allclose(stats[key], want[key], rtol=1e-10, atol=1e-14)


def test_a_linear_net_follows_the_closed_form():
    """Wide linear layers multiply the variance by n·Var W forwards and by m·Var W backwards."""
    rng = np.random.default_rng(7)
    n, m, var = 400, 300, 1 / 200
    weights = [rng.normal(0, np.sqrt(var), shape) for shape in ((n, m), (m, n))]
    X, grad = rng.normal(size=(500, n)), rng.normal(size=(500, n))
    stats = init.activation_stats(weights, X, grad, activation="linear")
    np.testing.assert_allclose(stats["act_std"] ** 2, [n * var, n * var * m * var], rtol=0.05)
    np.testing.assert_allclose(stats["grad_std"] ** 2, [n * var, 1], rtol=0.05)
    assert stats["saturated"].tolist() == [0.0, 0.0]


def test_the_lectures_experiment():
    """Ten tanh layers of 500: 0.01 collapses both ways; at 1 units saturate and gradients explode."""
    rng = np.random.default_rng(8)
    X, grad = rng.normal(size=(300, 500)), rng.normal(size=(300, 500))
    for sigma, last, first in ((0.01, 1e-6, 1e-5), (1.0, 0.9, 1e3)):
        weights = [rng.normal(0, sigma, (500, 500)) for _ in range(10)]
        stats = init.activation_stats(weights, X, grad, activation="tanh")
        if sigma < 1:
            assert stats["act_std"][-1] < last and stats["grad_std"][0] < first
        else:
            assert (
                stats["act_std"][-1] > last and stats["saturated"][-1] > 0.8 and stats["grad_std"][0] > first
            )


def test_dead_units_are_those_without_a_gradient():
    """A unit is dead exactly where autograd finds no gradient for its bias, whatever comes from above."""
    rng = np.random.default_rng(9)
    z = torch.tensor(rng.normal(-1.5, 1, (6, 40)))
    z[:, 3], z[:, 4], z[0, 5] = 0.0, -1.0, 7.0
    bias = torch.zeros(40, dtype=torch.float64, requires_grad=True)
    torch.relu(z + bias).backward(torch.tensor(rng.uniform(1, 2, (6, 40))))
    dead = init.dead_fraction(z.numpy())
    assert dead == float((bias.grad == 0).double().mean()) and 0 < dead < 1


# --- Random starts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*UNIFORM, *NORMAL])
@pytest.mark.parametrize(("fan_in", "fan_out"), [(2000, 500), (500, 2000)])
def test_the_draws_have_torchs_law(name, fan_in, fan_out):
    """A million draws have torch's standard deviation within 6.5 standard errors, and mean zero."""
    twin, options = (UNIFORM | NORMAL)[name]
    torch.manual_seed(0)
    theirs = twin(torch.empty(fan_out, fan_in, dtype=torch.float64), **options).numpy()
    ours = getattr(init, name)(fan_in, fan_out, rng=np.random.default_rng(10))
    assert ours.shape == (fan_in, fan_out)
    assert abs(ours.std() / theirs.std() - 1) < 6.5 / np.sqrt(ours.size)
    assert abs(ours.mean()) < 6.5 * ours.std() / np.sqrt(ours.size)


@pytest.mark.parametrize("name", UNIFORM)
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_uniform_limits_are_torchs(name, fan_in, fan_out):
    """Driven by the same uniform numbers, ours is torch's, limit and all, in every shape."""
    twin, options = UNIFORM[name]
    torch.manual_seed(1)
    theirs = twin(torch.empty(fan_out, fan_in, dtype=torch.float64), **options).numpy().T
    torch.manual_seed(1)
    unit = torch.empty(fan_out, fan_in, dtype=torch.float64).uniform_(-1, 1).numpy().T

    class Unit:
        def uniform(self, low, high, size):
            assert -low == high and size == (fan_in, fan_out)
            return high * unit

    np.testing.assert_allclose(getattr(init, name)(fan_in, fan_out, rng=Unit()), theirs, rtol=1e-12)


@pytest.mark.parametrize("name", NORMAL)
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_normal_scales_are_torchs(name, fan_in, fan_out):
    """Driven by the same Gaussian numbers, ours is torch's in every shape."""
    twin, options = NORMAL[name]
    torch.manual_seed(2)
    theirs = twin(torch.empty(fan_out, fan_in, dtype=torch.float64), **options).numpy().T
    torch.manual_seed(2)
    unit = torch.empty(fan_out, fan_in, dtype=torch.float64).normal_().numpy().T

    class Unit:
        def normal(self, mean, std, size):
            assert mean == 0 and size == (fan_in, fan_out)
            return std * unit

    np.testing.assert_allclose(getattr(init, name)(fan_in, fan_out, rng=Unit()), theirs, rtol=1e-12)


@pytest.mark.parametrize("gain", [0.5, 5 / 3])
@pytest.mark.parametrize("name", ["xavier_uniform", "xavier_normal", "orthogonal"])
def test_gain_is_a_factor_on_the_weights(name, gain):
    """From the same seed, gain multiplies every weight."""
    ours, plain = (
        getattr(init, name)(9, 4, rng=np.random.default_rng(11), **options)
        for options in ({"gain": gain}, {})
    )
    np.testing.assert_allclose(ours, gain * plain, rtol=1e-12, atol=1e-15)


def test_nn_linears_default_is_neither():
    """A named difference: torch's layers start from U(±1/√n), with a sixth of He's variance."""
    torch.manual_seed(3)
    W = torch.nn.Linear(200, 5000).weight.detach().numpy()
    assert np.abs(W).max() <= 1 / np.sqrt(200) and abs(W.var() * 600 - 1) < 0.01


@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_orthogonal_is_torchs_on_the_same_gaussian(fan_in, fan_out):
    """The same Gaussian matrix gives torch's weights within 1e-10, signs included."""
    torch.manual_seed(4)
    theirs = torch.nn.init.orthogonal_(torch.empty(fan_out, fan_in, dtype=torch.float64), gain=1.5).numpy().T
    torch.manual_seed(4)
    A = torch.empty(fan_out, fan_in, dtype=torch.float64).normal_().numpy()  # torch works on (out, in)
    tall = A if fan_out >= fan_in else A.T
    ours = init.orthogonal(fan_in, fan_out, rng=Given(tall), gain=1.5)
    ours = ours.T if fan_in == fan_out else ours  # of a square, ours is Q and torch's (out, in) is Q
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_orthogonal_keeps_lengths(fan_in, fan_out):
    """Tall: WᵀW = gain²·I; wide: WWᵀ = gain²·I."""
    W = init.orthogonal(fan_in, fan_out, rng=np.random.default_rng(12), gain=3.0)
    small = W.T @ W if fan_in >= fan_out else W @ W.T
    np.testing.assert_allclose(small, 9 * np.eye(min(fan_in, fan_out)), atol=1e-12)


def test_orthogonal_is_uniform_only_with_the_signs():
    """Over 2000 draws every entry has mean 0 and variance 1/n; LAPACK's own signs are all one way."""
    rng = np.random.default_rng(13)
    draws = np.array([init.orthogonal(3, 3, rng=rng) for _ in range(2000)])
    assert np.abs(draws.mean(axis=0)).max() < 6.5 * np.sqrt(1 / 3 / 2000)
    assert np.abs((draws**2).mean(axis=0) - 1 / 3).max() < 0.05
    habit = np.array([np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2000)])
    assert np.all(habit[:, 0, 0] < 0)


# --- LSUV ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_after_lsuv_every_pre_activation_has_variance_one(activation):
    """Badly scaled layers all end at variance one on the batch; each is a multiple of what it was."""
    rng = np.random.default_rng(14)
    sizes, X = (20, 30, 10, 40), rng.normal(3, 2, (50, 20))
    weights = [10.0 ** rng.integers(-3, 4) * init.orthogonal(n, m, rng=rng) for n, m in pairwise(sizes)]
    h = X
    for W, new in zip(weights, init.lsuv(weights, X, activation=activation, tol=1e-6), strict=True):
        ratio = new / W
        np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-9)
        assert np.var(h @ new) == pytest.approx(1, abs=1e-6)
        h = init.activate(h @ new, activation)


def test_a_layer_within_tol_is_left_alone():
    """Within tol nothing changes, not even in the last digit; outside of it one division is enough."""
    rng = np.random.default_rng(15)
    X = rng.normal(size=(40, 8))
    W = rng.normal(size=(8, 8))
    W /= np.sqrt(np.var(X @ W))
    near, far = np.sqrt(1.05) * W, np.sqrt(1.2) * W
    assert np.array_equal(init.lsuv([near], X, activation="relu")[0], near)
    once = init.lsuv([far], X, activation="relu", max_iter=1)[0]
    np.testing.assert_allclose(once, W, rtol=1e-12)


# --- The interface ------------------------------------------------------------------------------------------


def test_docstrings_run():
    """The examples of all docstrings hold."""
    failed, tried = doctest.testmod(init)
    assert tried > 20 and not failed


def test_arguments_stay_as_they_were():
    """No function changes what it was given."""
    rng = np.random.default_rng(16)
    X, weights, grad = rng.normal(size=(9, 4)), stack(rng, (4, 5, 3)), rng.normal(size=(9, 3))
    before = copy.deepcopy((X, weights, grad))
    mean, scale = init.standardize_fit(X)
    init.standardize(X, mean, scale)
    for kind in ("pca", "zca"):
        init.whiten_fit(X, kind=kind)
    init.activation_stats(weights, X, grad, activation="relu")
    init.lsuv(weights, X, activation="tanh")
    init.dead_fraction(X)
    for old, new in zip(before[1], weights, strict=True):
        assert np.array_equal(old, new)
    assert np.array_equal(before[0], X) and np.array_equal(before[2], grad)


X = np.ones((3, 2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: init.standardize_fit(np.ones(3)), "one example into each row"),
        (lambda: init.standardize_fit(np.array([[np.nan]])), "must be finite"),
        (lambda: init.standardize(X, np.zeros(3), np.ones(3)), "one number a feature"),
        (lambda: init.standardize(X, np.zeros(2), np.array([1.0, 0.0])), "must be above 0"),
        (lambda: init.whiten_fit(X, kind="zsa"), "'pca' or 'zca'"),
        (lambda: init.whiten_fit(X, kind="pca", eps=0.0), "eps must be above 0"),
        (lambda: init.whiten_fit(X, kind="pca", n_components=3), "n_components must"),
        (lambda: init.whiten_fit(X, kind="zca", n_components=1), "'zca' keeps all"),
        (lambda: init.activation_stats([X.T], X, X, activation="elu"), "activation must be"),
        (lambda: init.activation_stats([], X, X, activation="relu"), "at least one layer"),
        (lambda: init.activation_stats([X], X, X, activation="relu"), "layer 1 gets 2 numbers"),
        (lambda: init.activation_stats([X.T], X, X, activation="relu"), "the last layer's shape"),
        (lambda: init.dead_fraction(np.ones(2)), "z must have the shape"),
        (lambda: init.he_normal(0, 3, rng=None), "fan_in must be at least 1"),
        (lambda: init.he_uniform(3, 0, rng=None), "fan_out must be at least 1"),
        (lambda: init.xavier_normal(3, 3, rng=None, gain=0.0), "gain must be above 0"),
        (lambda: init.lsuv([X.T], X, activation="relu", tol=0.0), "tol must be above 0"),
        (lambda: init.lsuv([X.T], X, activation="relu", max_iter=0), "max_iter at least 1"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, words):
    """Rule, value and cure."""
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert ";" in str(caught.value) and ("got" in str(caught.value) or "gets" in str(caught.value))


@pytest.mark.parametrize(
    ("name", "check"),
    [
        *((name, CHECKS[f"test_{name}_draws_every_weight"]) for name in [*UNIFORM, *NORMAL]),
        ("orthogonal", CHECKS["test_orthogonal_draws_anew"]),
    ],
)
def test_numpys_global_generator_is_refused(name, check):
    """A start that ignores its rng and draws from np.random fails, though its law is right.

    No named mistake can say so: what it drew cannot be drawn again for the comparison.
    """

    def draw(*fans, rng):
        return getattr(init, name)(*fans, rng=np.random)

    with pytest.raises(AssertionError, match="in the same state"):
        check(SimpleNamespace(**{name: draw}), np.random.default_rng(1))
