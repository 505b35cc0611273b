"""The reference of `batch_norm` against PyTorch and laws, its docstrings, the promises of its interface."""

import copy
import doctest
import inspect

import numpy as np
import pytest
import torch
from torch.nn import functional

import solutions.batch_norm as bn

KINDS = [("batch", 1), ("layer", 1), ("instance", 1), ("group", 1), ("group", 2), ("group", 3), ("group", 6)]
SHAPES = [(7, 5), (3, 8), (40, 1), (4, 2)]


def rows(seed, shape, scale=True):
    """A batch whose features have offsets and sizes of their own, with scale, shift and upstream gradient."""
    rng = np.random.default_rng(seed)
    n, d = shape
    sizes = 10.0 ** rng.uniform(-3, 3, size=d) if scale else np.ones(d)
    x = sizes * (rng.normal(size=(n, d)) + rng.normal(size=d))
    gamma, beta = rng.normal(size=d), rng.normal(size=d)
    upstream = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-6, 3, size=(n, d))
    return x, gamma, beta, upstream


def images(seed, shape=(4, 6, 3, 2)):
    """The same for images; γ and β per channel."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape) * 10.0 ** rng.uniform(-2, 2, size=(*shape[:2], 1, 1)) + 3
    upstream = rng.normal(size=shape) * 10.0 ** rng.uniform(-6, 3, size=shape)
    return x, rng.normal(size=shape[1]), rng.normal(size=shape[1]), upstream


def gap(ours, theirs):
    """The largest difference, relative to the largest value of each array."""
    pairs = list(zip(ours, theirs, strict=True))
    assert all(a.shape == b.shape for a, b in pairs)
    return max(np.max(np.abs(a - b)) / max(1.0, np.max(np.abs(b))) for a, b in pairs)


def by_autograd(forward, upstream, *inputs):
    """torch's output of ``forward`` and the gradients of its inputs, given the gradient at the output."""
    tensors = [torch.tensor(value, requires_grad=True) for value in inputs]
    out = forward(*tensors)
    grads = torch.autograd.grad(out, tensors, torch.tensor(upstream))
    return [part.detach().numpy() for part in (out, *grads)]


def differences(f, x, upstream, h):
    """Central differences of the sum of ``upstream`` times ``f``, entry by entry of ``x``."""
    slopes = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        slopes[place] = (upstream * (f(up) - f(down))).sum() / (2 * h)
    return slopes


# --- Parity with PyTorch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.1, 0.01, 0.0, 1.0])
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_training_and_use_agree_with_torch_over_300_batches(momentum, eps):
    """Outputs and running statistics equal nn.BatchNorm1d's within 1e-10, batch after batch, then in eval."""
    rng, d = np.random.default_rng(1), 5
    gamma, beta = rng.normal(size=d), rng.normal(size=d)
    layer = torch.nn.BatchNorm1d(d, momentum=momentum, eps=eps, dtype=torch.float64)
    layer.weight.data, layer.bias.data = torch.tensor(gamma), torch.tensor(beta)
    mean, var = np.zeros(d), np.ones(d)
    sizes = np.array([1e-6, 1e-2, 1.0, 30.0, 1e3])
    for n in rng.integers(2, 40, size=300):
        x = sizes * (rng.normal(size=(n, d)) + rng.normal(size=d))
        y, mean, var = bn.batch_norm_train(x, gamma, beta, mean, var, momentum=momentum, eps=eps)
        theirs = layer(torch.tensor(x)), layer.running_mean, layer.running_var
        assert gap((y, mean, var), [part.detach().numpy() for part in theirs]) < 1e-10
    layer.eval()
    x = sizes * rng.normal(size=(1, d))
    used = bn.batch_norm_eval(x, gamma, beta, mean, var, eps=eps)
    assert gap([used], [layer(torch.tensor(x)).detach().numpy()]) < 1e-10


@pytest.mark.parametrize("shape", [(4, 6, 3, 2), (1, 3, 5, 5), (2, 3, 3, 3), (5, 1, 1, 4)])
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_inference_on_images_agrees_with_torch(shape, eps):
    """Outputs equal nn.BatchNorm2d's after its eval(), and those of the pixels as rows."""
    x, gamma, beta, _ = images(2, shape)
    rng = np.random.default_rng(3)
    mean, var = rng.normal(size=shape[1]), rng.uniform(0.0, 5.0, size=shape[1])
    layer = torch.nn.BatchNorm2d(shape[1], eps=eps, dtype=torch.float64).eval()
    layer.weight.data, layer.bias.data = torch.tensor(gamma), torch.tensor(beta)
    layer.running_mean, layer.running_var = torch.tensor(mean), torch.tensor(var)
    got = bn.batch_norm_eval(x, gamma, beta, mean, var, eps=eps)
    assert gap([got], [layer(torch.tensor(x)).detach().numpy()]) < 1e-10
    pixels = np.moveaxis(x, 1, -1).reshape(-1, shape[1])
    as_rows = bn.batch_norm_eval(pixels, gamma, beta, mean, var, eps=eps)
    assert gap([np.moveaxis(got, 1, -1).reshape(-1, shape[1])], [as_rows]) < 1e-12


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
@pytest.mark.parametrize("seed", range(5))
def test_backward_agrees_with_autograd(shape, eps, seed):
    """Gradients equal torch's, for sizes of features from 1e-3 to 1e3 and upstream ones from 1e-6 to 1e3."""
    x, gamma, beta, upstream = rows(seed, shape)
    _, *theirs = by_autograd(
        lambda x, g, b: functional.batch_norm(x, None, None, g, b, training=True, eps=eps),
        upstream,
        x,
        gamma,
        beta,
    )
    assert gap(bn.batch_norm_backward(upstream, x, gamma, eps=eps), theirs) < 1e-10


def torch_normalize(kind, groups, eps):
    """torch's layer for a kind; its layer_norm has a scale for each element, so it comes without."""

    def forward(x, gamma, beta):
        if kind == "batch":
            return functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        if kind == "instance":
            return functional.instance_norm(x, weight=gamma, bias=beta, eps=eps)
        if kind == "group":
            return functional.group_norm(x, groups, gamma, beta, eps=eps)
        x_hat = functional.layer_norm(x, x.shape[1:], eps=eps)
        return gamma[:, None, None] * x_hat + beta[:, None, None]

    return forward


@pytest.mark.parametrize(("kind", "groups"), KINDS)
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
@pytest.mark.parametrize("shape", [(4, 6, 3, 2), (1, 12, 1, 5), (5, 6, 2, 1)])
def test_all_kinds_agree_with_torch_both_ways(kind, groups, eps, shape):
    """Batch, layer, instance and group equal torch's four layers, forward and backward."""
    x, gamma, beta, upstream = images(2, shape)
    y, *theirs = by_autograd(torch_normalize(kind, groups, eps), upstream, x, gamma, beta)
    options = {"kind": kind, "groups": groups, "eps": eps}
    assert gap([bn.normalize(x, gamma, beta, **options)], [y]) < 1e-10
    assert gap(bn.normalize_backward(upstream, x, gamma, **options), theirs) < 1e-10


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(5))
def test_weight_norm_agrees_with_torch_both_ways(shape, seed):
    """W and both gradients equal those of torch's weight_norm; its weight is transposed."""
    v, g, _, upstream = rows(seed, shape)
    W, *theirs = by_autograd(lambda v, g: torch._weight_norm(v.T, g[:, None], 0).T, upstream, v, g)
    assert gap([bn.weight_norm(v, g)], [W]) < 1e-10
    assert gap(bn.weight_norm_backward(upstream, v, g), theirs) < 1e-10
    layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(*shape, dtype=torch.float64))
    layer.parametrizations.weight.original0.data = torch.tensor(g)[:, None]
    layer.parametrizations.weight.original1.data = torch.tensor(v.T)
    assert gap([bn.weight_norm(v, g)], [layer.weight.T.detach().numpy()]) < 1e-10


def torch_renorm(mean, std, r_max, d_max, eps):
    """Algorithm 1 of Ioffe 2017 in torch, r and d detached."""

    def forward(x, gamma, beta):
        mu, sigma = x.mean(0), torch.sqrt(x.var(0, correction=0) + eps)
        r = torch.clamp(sigma / torch.tensor(std), 1 / r_max, r_max).detach()
        d = torch.clamp((mu - torch.tensor(mean)) / torch.tensor(std), -d_max, d_max).detach()
        return gamma * ((x - mu) / sigma * r + d) + beta

    return forward


@pytest.mark.parametrize(("r_max", "d_max"), [(3.0, 5.0), (1.5, 0.3), (1.0, 0.0), (1e9, 1e9)])
@pytest.mark.parametrize("seed", range(5))
def test_batch_renorm_agrees_with_torch_over_many_batches(r_max, d_max, seed):
    """Algorithm 1 written in torch gives the same outputs and gradients while the statistics move."""
    rng, (n, d) = np.random.default_rng(seed), (6, 4)
    mean, std = rng.normal(size=d), np.exp(rng.normal(size=d))
    limits = {"r_max": r_max, "d_max": d_max}
    for i in range(60):
        x, gamma, beta, upstream = rows(100 * seed + i, (n, d), scale=False)
        x = 3 * x
        y, *theirs = by_autograd(torch_renorm(mean, std, r_max, d_max, 1e-5), upstream, x, gamma, beta)
        assert gap(bn.batch_renorm_backward(upstream, x, gamma, mean, std, **limits), theirs) < 1e-10
        ours, new_mean, new_std = bn.batch_renorm_train(x, gamma, beta, mean, std, **limits)
        assert gap([ours], [y]) < 1e-10
        np.testing.assert_allclose(new_mean, mean + 0.01 * (x.mean(0) - mean), rtol=1e-12)
        np.testing.assert_allclose(new_std, std + 0.01 * (np.sqrt(x.var(0) + 1e-5) - std), rtol=1e-12)
        mean, std = new_mean, new_std


# --- Differences from frameworks, each one named ------------------------------------------------------------


def test_torchs_layer_norm_scales_each_element():
    """torch.nn.LayerNorm has a scale for every element: its gradient has that shape, ours one per channel."""
    x, gamma, beta, upstream = images(3)
    layer = torch.nn.LayerNorm(x.shape[1:], eps=1e-5, dtype=torch.float64)
    assert layer.weight.shape == x.shape[1:]
    layer.weight.data = torch.tensor(gamma)[:, None, None].expand(x.shape[1:]).clone()
    layer.bias.data = torch.tensor(beta)[:, None, None].expand(x.shape[1:]).clone()
    out = layer(torch.tensor(x))
    assert gap([bn.normalize(x, gamma, beta, kind="layer")], [out.detach().numpy()]) < 1e-10
    out.backward(torch.tensor(upstream))
    _, grad_gamma, grad_beta = bn.normalize_backward(upstream, x, gamma, kind="layer")
    theirs = [part.grad.numpy().sum(axis=(1, 2)) for part in (layer.weight, layer.bias)]
    assert gap((grad_gamma, grad_beta), theirs) < 1e-10


def test_keras_convention_is_another():
    """Keras' running variance is biased and its momentum weighs the old: the number differs by (N-1)/N."""
    x = np.array([[1.0], [2.0], [6.0]])
    one, zero = np.ones(1), np.zeros(1)
    _, _, ours = bn.batch_norm_train(x, one, zero, zero, one, momentum=0.01, eps=1e-3)
    keras = 0.99 * one + 0.01 * x.var(axis=0)
    np.testing.assert_allclose(ours - 0.99, (keras - 0.99) * 3 / 2, rtol=1e-9)


# --- Laws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_an_offset_changes_nothing_even_where_the_short_variance_fails(offset):
    """At an offset of 1e8 the output is that of the noise alone, while E[x²] - E[x]² has no digit left."""
    rng = np.random.default_rng(4)
    noise = np.round(rng.normal(size=(8, 3)) * 2**20) / 2**20  # so that adding the offset is exact
    one, zero = np.ones(3), np.zeros(3)
    want, *_ = bn.batch_norm_train(noise, one, zero, zero, one)
    got, *_ = bn.batch_norm_train(noise + offset, one, zero, zero, one)
    np.testing.assert_allclose(got, want, atol=1e-7)
    shifted = noise + 1e8
    assert np.max(np.abs((shifted**2).mean(0) - shifted.mean(0) ** 2 - noise.var(0))) > 0.3


def test_a_constant_feature_comes_out_as_the_shift():
    """A constant feature gives β and a gradient of zero for γ; without ε the formula gives NaN."""
    x = np.full((5, 2), 7.25)
    gamma, beta, upstream = np.array([2.0, 3.0]), np.array([0.5, -1.0]), rows(5, (5, 2))[3]
    y, *_ = bn.batch_norm_train(x, gamma, beta, np.zeros(2), np.ones(2))
    np.testing.assert_array_equal(y, np.broadcast_to(beta, (5, 2)))
    _, grad_gamma, _ = bn.batch_norm_backward(upstream, x, gamma)
    np.testing.assert_array_equal(grad_gamma, [0.0, 0.0])
    with np.errstate(invalid="ignore"):
        assert np.isnan((x - x.mean(0)) / np.sqrt(x.var(0))).all()


def test_scale_and_shift_can_restore_the_identity():
    """With γ = √(σ² + ε) and β = μ a batch comes back as it was; with γ = σ it does not quite."""
    x, *_ = rows(6, (9, 4), scale=False)
    x = 0.01 * x
    running = np.zeros(4), np.ones(4)
    y, *_ = bn.batch_norm_train(x, np.sqrt(x.var(0) + 1e-5), x.mean(0), *running)
    np.testing.assert_allclose(y, x, rtol=1e-12, atol=1e-15)
    short, *_ = bn.batch_norm_train(x, x.std(0), x.mean(0), *running)
    assert np.max(np.abs(short - x)) > 1e-4


def test_a_batch_of_two_is_blind():
    """Two rows come out as plus and minus one, whatever they are, and hardly a gradient passes through."""
    rng, one, run = np.random.default_rng(7), np.ones(6), (np.zeros(6), np.ones(6))
    x = rng.normal(size=6) + np.outer([-1, 1], rng.uniform(0.5, 2, size=6))
    y, *_ = bn.batch_norm_train(x, one, 0 * one, *run)
    np.testing.assert_allclose(y, np.outer([-1, 1], one), atol=1e-4)
    assert np.abs(bn.batch_norm_backward(rng.normal(size=(2, 6)), x, one)[0]).max() < 1e-3
    x = np.vstack([x, x[0] + 0.3])
    assert np.abs(bn.batch_norm_backward(rng.normal(size=(3, 6)), x, one)[0]).max() > 0.1


@pytest.mark.parametrize(("kind", "groups"), KINDS)
def test_a_set_mean_is_the_mean_over_the_entries_of_the_definition(kind, groups):
    """For every entry, the mean over all entries that the definition's condition admits."""
    x = np.random.default_rng(8).normal(size=(3, 6, 2, 2))
    got = bn.set_mean(x, kind=kind, groups=groups)
    block = 6 // groups
    k_n, k_c, _, _ = np.indices(x.shape)
    for place in np.ndindex(x.shape):
        admitted = {
            "batch": k_c == place[1],
            "layer": k_n == place[0],
            "instance": (k_n == place[0]) & (k_c == place[1]),
            "group": (k_n == place[0]) & (k_c // block == place[1] // block),
        }[kind]
        assert got[place] == pytest.approx(x[admitted].mean(), rel=1e-12, abs=1e-14)


def test_one_group_is_a_layer_and_single_channels_are_instances():
    """G = 1 and G = C are layer and instance normalisation, forward and backward."""
    x, gamma, beta, upstream = images(9)
    for groups, kind in ((1, "layer"), (6, "instance")):
        ours = bn.normalize(x, gamma, beta, kind="group", groups=groups)
        np.testing.assert_array_equal(ours, bn.normalize(x, gamma, beta, kind=kind))
        ours = bn.normalize_backward(upstream, x, gamma, kind="group", groups=groups)
        np.testing.assert_equal(ours, bn.normalize_backward(upstream, x, gamma, kind=kind))


def test_rows_are_images_without_an_extent():
    """Batch normalisation of rows is the batch kind of images of one pixel, both ways."""
    x, gamma, beta, upstream = rows(10, (7, 5))
    y, *_ = bn.batch_norm_train(x, gamma, beta, np.zeros(5), np.ones(5))
    one = (7, 5, 1, 1)
    image = bn.normalize(x.reshape(one), gamma, beta, kind="batch")
    np.testing.assert_allclose(image.reshape(7, 5), y, rtol=1e-12, atol=1e-12)
    grads = bn.normalize_backward(upstream.reshape(one), x.reshape(one), gamma, kind="batch")
    assert gap((grads[0].reshape(7, 5), *grads[1:]), bn.batch_norm_backward(upstream, x, gamma)) < 1e-12


def test_weight_norms_gradient_is_orthogonal_and_the_length_is_free():
    """grad_v stands orthogonal to v; v twice as long gives the same W and half of the gradient."""
    v, g, _, upstream = rows(11, (6, 3), scale=False)
    grad_v, grad_g = bn.weight_norm_backward(upstream, v, g)
    assert np.max(np.abs((grad_v * v).sum(0))) < 1e-10 * np.abs(upstream).max()
    half, same = bn.weight_norm_backward(upstream, 2 * v, g)
    np.testing.assert_allclose(half, grad_v / 2, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(same, grad_g, rtol=1e-12)


def test_batch_renorm_lies_between_batch_norm_and_the_running_statistics():
    """With r_max = 1 and d_max = 0 it is batch norm; without limits the running statistics decide."""
    x, gamma, beta, upstream = rows(12, (8, 3), scale=False)
    mean, std = np.array([1.0, -2.0, 0.1]), np.array([0.2, 3.0, 1.0])
    tight = {"r_max": 1.0, "d_max": 0.0}
    y, *_ = bn.batch_renorm_train(x, gamma, beta, mean, std, **tight)
    plain, *_ = bn.batch_norm_train(x, gamma, beta, mean, std)
    np.testing.assert_allclose(y, plain, rtol=1e-12)
    ours = bn.batch_renorm_backward(upstream, x, gamma, mean, std, **tight)
    assert gap(ours, bn.batch_norm_backward(upstream, x, gamma)) < 1e-12
    free, *_ = bn.batch_renorm_train(x, gamma, beta, mean, std, r_max=1e9, d_max=1e9)
    np.testing.assert_allclose(free, gamma * (x - mean) / std + beta, rtol=1e-9, atol=1e-9)


def test_backward_functions_are_the_slopes_of_their_forwards():
    """Central differences of each forward pass; for batch renormalisation with r and d frozen."""
    x, gamma, beta, upstream = rows(13, (5, 3), scale=False)
    upstream = np.random.default_rng(13).normal(size=(5, 3))
    running = np.zeros(3), np.ones(3)
    slopes = differences(lambda x: bn.batch_norm_train(x, gamma, beta, *running)[0], x, upstream, 1e-5)
    np.testing.assert_allclose(bn.batch_norm_backward(upstream, x, gamma)[0], slopes, rtol=1e-5, atol=1e-7)
    slopes = differences(lambda v: bn.weight_norm(v, gamma), x, upstream, 1e-5)
    np.testing.assert_allclose(bn.weight_norm_backward(upstream, x, gamma)[0], slopes, rtol=1e-5, atol=1e-7)
    mean, std = np.array([0.3, -0.2, 0.0]), np.array([0.4, 2.0, 1.0])
    sigma = np.sqrt(x.var(0) + 1e-5)
    r, d = np.clip(sigma / std, 1 / 3, 3), np.clip((x.mean(0) - mean) / std, -5, 5)

    def frozen(x):
        return gamma * ((x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) * r + d) + beta

    grad_x, *_ = bn.batch_renorm_backward(upstream, x, gamma, mean, std)
    np.testing.assert_allclose(grad_x, differences(frozen, x, upstream, 1e-5), rtol=1e-5, atol=1e-7)


# --- The interface ------------------------------------------------------------------------------------------

X, G, B, UP = rows(14, (5, 3), scale=False)
IMAGE, GAMMA, BETA, IMAGE_UP = images(15)
RUN = np.array([0.5, -1.0, 0.0]), np.array([0.7, 2.0, 1.0])
CALLS = {
    "batch_norm_train": ((X, G, B, *RUN), {"momentum": 0.2}),
    "batch_norm_eval": ((X, G, B, *RUN), {}),
    "batch_norm_backward": ((UP, X, G), {"eps": 1e-3}),
    "set_mean": ((IMAGE,), {"kind": "group", "groups": 3}),
    "normalize": ((IMAGE, GAMMA, BETA), {"kind": "layer"}),
    "normalize_backward": ((IMAGE_UP, IMAGE, GAMMA), {"kind": "group", "groups": 2}),
    "weight_norm": ((X, G), {}),
    "weight_norm_backward": ((UP, X, G), {}),
    "batch_renorm_train": ((X, G, B, *RUN), {"r_max": 1.2, "d_max": 0.1}),
    "batch_renorm_backward": ((UP, X, G, *RUN), {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_arguments_stay_as_they_were_and_answers_are_new(name):
    """No function changes what it was given, answers twice alike in float64, and shares no memory with it."""
    args, options = CALLS[name]
    before = copy.deepcopy(args)
    once, twice = (getattr(bn, name)(*args, **options) for _ in range(2))
    np.testing.assert_equal(args, before)
    np.testing.assert_equal(once, twice)
    for part in once if isinstance(once, tuple) else (once,):
        assert part.dtype == np.float64 and not any(np.shares_memory(part, arg) for arg in args)


def test_momentum_zero_hands_out_copies():
    """Even where the running statistics do not move, what comes back is not the array that came in."""
    _, mean, var = bn.batch_norm_train(X, G, B, *RUN, momentum=0.0)
    np.testing.assert_equal((mean, var), RUN)
    assert not np.shares_memory(mean, RUN[0]) and not np.shares_memory(var, RUN[1])


ONE = np.ones((1, 3))
PIXEL = ONE[..., None, None]
train, use, back = bn.batch_norm_train, bn.batch_norm_eval, bn.batch_norm_backward
renorm, renorm_back = bn.batch_renorm_train, bn.batch_renorm_backward


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: train(ONE, G, B, *RUN), r"at least 2 rows, got 1; one row is its own mean, .* eval"),
        (lambda: train(X[0], G, B, *RUN), r"x must have the shape \(N, D\), got \(3,\); a row"),
        (lambda: train(IMAGE, G, B, *RUN), r"x must have the shape \(N, D\), got \(.*\); a row"),
        (
            lambda: bn.batch_norm_eval(X[0], G, B, *RUN),
            r"the shape \(N, D\) or \(N, C, H, W\), got \(3,\)",
        ),
        (lambda: bn.batch_norm_eval(IMAGE, G, B, *RUN), r"gamma must have the shape \(6,\) beside x of sh"),
        (lambda: train(X, G[:2], B, *RUN), r"gamma must have the shape \(3,\) .*, got \(2"),
        (lambda: train(X, G, B[:, None], *RUN), r"beta must have the shape \(3,\)"),
        (lambda: train(X, G, B, RUN[0], -RUN[1]), r"running_var must be at least 0, got .*starts"),
        (lambda: train(X, G, B, *RUN, momentum=1.5), r"momentum must lie in \[0, 1\], got 1.5; it we"),
        (lambda: train(X, G, B, *RUN, eps=0), r"eps must be greater than 0 and finite, got 0; 1e-5 is"),
        (lambda: use(X, G, B, RUN[0][:2], RUN[1]), r"running_mean must have the shape \(3,\)"),
        (lambda: use(X, G, B, *RUN, eps=float("nan")), r"eps must be greater than 0 and finite, got nan"),
        (lambda: back(UP[:2], X, G), r"grad_out must have the shape \(5, 3\) .* and row"),
        (lambda: back(ONE, ONE, G), r"at least 2 rows, got 1"),
        (lambda: bn.set_mean(X, kind="batch"), r"x must have the shape \(N, C, H, W\), got \(5, 3\)"),
        (lambda: bn.set_mean(IMAGE, kind="channel"), r"one of batch, layer, instance, group, got 'channel'"),
        (lambda: bn.set_mean(IMAGE, kind="group", groups=4), r"divide .*, got 4 groups of 6 channels"),
        (lambda: bn.set_mean(IMAGE, kind="group", groups=0), r"divide the number of channels, got 0 groups"),
        (lambda: bn.set_mean(PIXEL, kind="instance"), r"at least 2 numbers, got 1 for 'instance'"),
        (lambda: bn.set_mean(PIXEL, kind="batch"), r"a single number is its own mean"),
        (lambda: bn.normalize(IMAGE, GAMMA[:3], BETA, kind="layer"), r"gamma must .* \(6,\) .* channel"),
        (lambda: bn.normalize(IMAGE, GAMMA, BETA, kind="layer", eps=-1), r"eps must be greater than 0"),
        (lambda: bn.normalize_backward(IMAGE_UP[:1], IMAGE, GAMMA, kind="layer"), r"grad_out must"),
        (lambda: bn.weight_norm(X, G[:2]), r"and g \(fan_out,\), got \(5, 3\) and \(2,\); each"),
        (lambda: bn.weight_norm(0 * X, G), r"no column of v may be zero, got one; it has no"),
        (lambda: bn.weight_norm_backward(UP[:2], X, G), r"grad_W must have the shape of v, got \(2, 3\)"),
        (lambda: renorm(X, G, B, RUN[0], 0 * RUN[1]), r"running_std must be above 0, got .*starts"),
        (lambda: renorm(X, G, B, *RUN, r_max=0.5), r"r_max must be at least 1, got 0.5; 3 is"),
        (lambda: renorm_back(UP, X, G, *RUN, d_max=-1), r"d_max must be at least 0, got -1; 5 is"),
        (lambda: renorm_back(ONE, ONE, G, *RUN), r"at least 2 rows, got 1"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_a_sentence(call, rule):
    """A batch of one, shapes, ranges, kinds and groups: the rule, the value, the cure."""
    with pytest.raises(ValueError, match=rule):
        call()


def test_use_takes_a_single_row():
    """What training refuses, a batch of one, is the usual case at inference."""
    assert bn.batch_norm_eval(ONE, G, B, *RUN).shape == (1, 3)


@pytest.mark.parametrize(
    "example",
    [test for test in doctest.DocTestFinder().find(bn) if test.examples],
    ids=lambda test: test.name,
)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_graded_function_has_an_example():
    """Every function that holds a graded body shows an example and names its source."""
    own = {name for name, f in inspect.getmembers(bn, inspect.isfunction) if f.__module__ == bn.__name__}
    graded = {name for name in own if not name.startswith("check_")}
    assert graded == set(CALLS)
    for name in graded:
        assert ">>> " in getattr(bn, name).__doc__ and "Source: " in getattr(bn, name).__doc__
