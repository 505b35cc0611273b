"""The reference of `modern` against PyTorch, its own docstrings, and the promises of its interface."""

import copy
import doctest

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import solutions.modern as modern

SHAPES = {"W": (5, 3), "U": (2, 7), "V": (4, 4)}


@pytest.fixture(autouse=True)
def double_precision():
    """torch computes in float64 throughout."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def gap(got, want):
    """The largest difference, relative to the largest number that is wanted."""
    want = want.detach().numpy() if isinstance(want, torch.Tensor) else np.asarray(want)
    return np.max(np.abs(got - want)) / max(1.0, np.max(np.abs(want)))


def probe(rng, shapes, steps):
    """Parameters and gradients between 1e-6 and 1e3 in size, changing sign; a fifth of them exact zeros."""
    params = {key: rng.normal(size=shape) for key, shape in shapes.items()}
    sizes = {key: 10.0 ** rng.uniform(-6, 3, size=shape) for key, shape in shapes.items()}
    grads = [
        {
            key: sizes[key] * rng.normal(size=shape) * (rng.random(shape) > 0.2)
            for key, shape in shapes.items()
        }
        for _ in range(steps)
    ]
    return params, grads


def walk(stem, params, grads, **hyper):
    """The parameters after each step of ``<stem>_init`` and ``<stem>_step``."""
    state, path = getattr(modern, f"{stem}_init")(params), []
    for grad in grads:
        params, state = getattr(modern, f"{stem}_step")(params, grad, state, **hyper)
        path.append(params)
    return path


def torch_walk(optimiser, params, grads, transposed=False, **hyper):
    """The same by an optimiser of PyTorch, whose matrices may be the transposed of ours."""

    def turned(array):
        return torch.tensor(array.T.copy() if transposed else array)

    tensors = {key: turned(value) for key, value in params.items()}
    twin, path = optimiser(list(tensors.values()), **hyper), []
    for grad in grads:
        for key, tensor in tensors.items():
            tensor.grad = turned(grad[key])
        twin.step()
        path.append({k: (t.T if transposed else t).numpy().copy() for k, t in tensors.items()})
    return path


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0, 1e3])
def test_clipping_agrees_with_torch(rng, size):
    """Gradients far below the limit, near it and above it, several parameters."""
    grads = {key: size * rng.normal(size=shape) for key, shape in SHAPES.items()}
    tensors = [torch.zeros(shape, requires_grad=True) for shape in SHAPES.values()]
    for tensor, grad in zip(tensors, grads.values(), strict=True):
        tensor.grad = torch.tensor(grad)
    want = torch.nn.utils.clip_grad_norm_(tensors, 3e-3)
    got, norm = modern.global_norm_clip(grads, max_norm=3e-3)
    assert gap(norm, want) < 1e-10
    assert all(gap(g, t.grad) < 1e-10 for g, t in zip(got.values(), tensors, strict=True))


def test_the_schedule_is_torchs_three_pieces():
    """Warm-up, constant and decay are LinearLR, ConstantLR and LinearLR in a row, update by update."""
    tensor = torch.zeros(1, requires_grad=True)
    twin = torch.optim.SGD([tensor], lr=0.3)
    pieces = [
        torch.optim.lr_scheduler.LambdaLR(twin, rule)
        for rule in (lambda t: t / 5, lambda t: 1.0, lambda t: 0.2 + 0.8 * (8 - t) / 8)
    ]
    schedule = torch.optim.lr_scheduler.SequentialLR(twin, pieces, milestones=[5, 12])
    want = []
    for _ in range(21):
        want.append(twin.param_groups[0]["lr"])
        twin.step()
        schedule.step()
    options = {"base_lr": 0.3, "total_steps": 20, "warmup_steps": 5, "decay_steps": 8, "min_lr": 0.06}
    assert gap(modern.wsd_lr(np.arange(21), **options), want) < 1e-10
    assert [modern.wsd_lr(step, **options) for step in (0, 12, 20)] == [0.0, 0.3, pytest.approx(0.06)]


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3])
def test_label_smoothing_agrees_with_torch(rng, smoothing, size):
    """Loss and gradient, for logits of every size."""
    logits, labels = size * rng.normal(size=(7, 5)), rng.integers(5, size=7)
    tensor = torch.tensor(logits, requires_grad=True)
    loss = F.cross_entropy(tensor, torch.tensor(labels), label_smoothing=smoothing)
    loss.backward()
    got, grad = modern.label_smoothing_cross_entropy(logits, labels, smoothing=smoothing)
    assert gap(got, loss.item()) < 1e-10 and gap(grad, tensor.grad) < 1e-10


@pytest.mark.parametrize("shape", [(6,), (4, 3), (2, 3, 4, 5)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3])
def test_rms_norm_agrees_with_torch(rng, shape, size):
    """Both directions, for any number of axes and every size; vectors of zeros among them."""
    x, gamma, grad_out = size * rng.normal(size=shape), rng.normal(size=shape[-1]), rng.normal(size=shape)
    if len(shape) > 1:
        x[0] = 0.0
    tensors = [torch.tensor(value, requires_grad=True) for value in (x, gamma)]
    y = F.rms_norm(tensors[0], shape[-1:], tensors[1], eps=1e-6)
    y.backward(torch.tensor(grad_out))
    assert gap(modern.rms_norm(x, gamma), y) < 1e-10
    got = modern.rms_norm_backward(grad_out, x, gamma)
    assert all(gap(g, t.grad) < 1e-10 for g, t in zip(got, tensors, strict=True))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 4), (1, 2, 9, 1)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 30.0])
def test_attention_agrees_with_torch(rng, shape, size):
    """Both directions, several heads and lengths, scores from nothing to hundreds."""
    arrays = [size * rng.normal(size=shape) for _ in range(3)]
    grad_out = rng.normal(size=shape)
    tensors = [torch.tensor(value, requires_grad=True) for value in arrays]
    y = F.scaled_dot_product_attention(*tensors, is_causal=True)
    y.backward(torch.tensor(grad_out))
    assert gap(modern.causal_attention(*arrays), y) < 1e-10
    got = modern.causal_attention_backward(grad_out, *arrays)
    assert all(gap(g, t.grad) < 1e-10 for g, t in zip(got, tensors, strict=True))


def test_adafactor_agrees_with_torch_over_300_steps(rng):
    """Matrices and vectors, gradients of every size, two lengths of memory and of steps."""
    params, grads = probe(rng, SHAPES | {"b": (6,)}, steps=300)
    for theirs, ours in (
        ({"lr": 0.01}, {}),
        ({"lr": 0.3, "beta2_decay": -0.5, "d": 1.5}, {"lr": 0.3, "beta2_decay": -0.5, "d": 1.5}),
    ):
        want = torch_walk(torch.optim.Adafactor, params, grads, eps=(1e-30, 1e-3), **theirs)
        for got, twin in zip(walk("adafactor", params, grads, **ours), want, strict=True):
            assert all(gap(got[key], twin[key]) < 1e-10 for key in got)


def test_adafactor_differs_from_torch_where_a_row_was_never_used(rng):
    """torch bounds the product of means from below, we add ε₁ to the squares: seen at a large ε₁ only."""
    params = {"W": np.ones((2, 2))}
    grads = [{"W": np.array([[1.0, 2.0], [0.0, 0.0]])}, {"W": np.ones((2, 2))}]
    for eps, apart in (((1e-30, 1e-3), False), ((0.1, 1e-3), True)):
        got = walk("adafactor", params, grads, eps=eps)[-1]["W"]
        want = torch_walk(torch.optim.Adafactor, params, grads, lr=0.01, eps=eps)[-1]["W"]
        assert (gap(got, want) > 1e-6) == apart


@pytest.mark.parametrize("nesterov", [True, False])
def test_a_step_of_muon_is_torchs_to_a_few_hundredths(rng, nesterov):
    """torch iterates in bfloat16: a step agrees to a few hundredths of its length and not to 1e-4."""
    params = {key: rng.normal(size=shape) for key, shape in SHAPES.items()}
    grads = [{key: rng.normal(size=shape) for key, shape in SHAPES.items()} for _ in range(5)]
    options = {"lr": 1.0, "momentum": 0.6, "nesterov": nesterov, "weight_decay": 0.0}
    path = walk("muon", params, grads, **options)
    want = torch_walk(torch.optim.Muon, params, grads, transposed=True, **options)
    before = dict.fromkeys(("ours", "theirs"), params)
    worst = 0.0
    for ours, theirs in zip(path, want, strict=True):
        for key in params:
            step, twin = ours[key] - before["ours"][key], theirs[key] - before["theirs"][key]
            worst = max(worst, float(np.linalg.norm(step - twin) / np.linalg.norm(step)))
        before = {"ours": ours, "theirs": theirs}
    assert 1e-4 < worst < 4e-2


def test_muon_agrees_with_torch_in_float64(rng, monkeypatch):
    """Where torch iterates in float64 as well all the rest is equal within 1e-10."""
    params = {key: rng.normal(size=shape) for key, shape in SHAPES.items()}
    grads = [{key: rng.normal(size=shape) for key, shape in SHAPES.items()} for _ in range(50)]
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda tensor: tensor.clone())
    options = {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.3}
    want = torch_walk(torch.optim.Muon, params, grads, transposed=True, **options)
    for got, twin in zip(walk("muon", params, grads, **options), want, strict=True):
        assert all(gap(got[key], twin[key]) < 1e-10 for key in got)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (12, 12), (1, 5)])
def test_newton_schulz_keeps_directions_and_evens_sizes(rng, shape):
    """The singular vectors stay, singular values of a hundredth of the norm or more end in [0.68, 1.14]."""
    rank = min(shape)
    U, _ = np.linalg.qr(rng.normal(size=(shape[0], rank)))
    V, _ = np.linalg.qr(rng.normal(size=(shape[1], rank)))
    sizes = np.geomspace(0.02, 1.0, rank) if rank > 1 else np.ones(1)
    core = U.T @ modern.newton_schulz(1e-3 * U * sizes @ V.T) @ V
    assert np.allclose(core, np.diag(np.diag(core)), atol=1e-12)
    assert np.diag(core).min() > 0.68 and np.diag(core).max() < 1.14


def test_lion_is_the_papers_program_number_by_number(rng):
    """Each weight on its own, in plain Python, over 300 steps; torch has no Lion."""
    params, grads = probe(rng, SHAPES, steps=300)
    path = walk("lion", params, grads, lr=0.01, betas=(0.8, 0.95), weight_decay=0.2)
    for key, w in params.items():
        for place in np.ndindex(w.shape):
            weight, mean = float(w[place]), 0.0
            for grad, got in zip(grads, path, strict=True):
                g = float(grad[key][place])
                mixed = mean * 0.8 + g * (1 - 0.8)
                weight -= 0.01 * ((mixed > 0) - (mixed < 0)) + 0.01 * 0.2 * weight
                mean = mean * 0.95 + g * (1 - 0.95)
                assert abs(got[key][place] - weight) < 1e-10


def test_accumulated_gradients_are_the_large_batchs(rng):
    """A network's gradient over batches of unequal sizes is autograd's over all rows at once."""
    X, W = torch.tensor(rng.normal(size=(11, 5))), torch.tensor(rng.normal(size=(5, 3)), requires_grad=True)

    def grad_fn(params, rows):
        weight = torch.tensor(params["W"], requires_grad=True)
        torch.tanh(X[rows] @ weight).square().sum(1).mean().backward()
        return {"W": weight.grad.numpy()}

    torch.tanh(X @ W).square().sum(1).mean().backward()
    batches = np.split(rng.permutation(11), [4, 8, 9])
    assert gap(modern.accumulate_gradients(grad_fn, {"W": W.detach().numpy()}, batches)["W"], W.grad) < 1e-10


def test_bfloat16_agrees_with_torch_bit_by_bit(rng):
    """A hundred thousand random bit patterns, every tie of the small numbers, infinities and NaN."""
    bits = rng.integers(2**32, size=100_000, dtype=np.uint32)
    ties = (np.arange(2**16, dtype=np.uint32) << 16) | 0x8000
    numbers = np.concatenate([bits, ties, ties - 1, ties + 1]).view(np.float32)
    want = torch.tensor(numbers).to(torch.bfloat16).to(torch.float32).numpy()
    got = modern.to_bfloat16(numbers)
    assert got.dtype == np.float32 and np.array_equal(np.isnan(got), np.isnan(want))
    assert np.array_equal(got[~np.isnan(got)], want[~np.isnan(want)])


def test_the_loss_scale_follows_torchs_rule(rng):
    """Good and bad steps in a random order, beside ``torch._amp_update_scale_``, which GradScaler calls."""
    bad = rng.random(200) < 0.25
    scales, at = [], iter(bad)

    def grad_fn(half, scale):
        scales.append(scale)
        return {"w": np.array([np.nan if next(at) else 1.0], dtype=np.float16)}

    params = {"w": np.zeros(1)}
    state = modern.loss_scaled_init(params, scale=1024.0)
    scale, tracker = torch.tensor(1024.0, dtype=torch.float32), torch.tensor(0, dtype=torch.int32)
    for is_bad in bad:
        params, state = modern.loss_scaled_step(params, grad_fn, state, lr=0.0, growth_interval=3)
        assert scales[-1] == scale.item()
        found = torch.tensor(float(is_bad), dtype=torch.float32)
        torch._amp_update_scale_(scale, tracker, found, 2.0, 0.5, 3)


def test_the_noise_scale_of_known_noise(rng):
    """Gradients with covariance of trace S around G: the estimate comes to S/|G|²."""
    G, spread = np.full(50, 0.1), 0.7

    def squares(b, n):
        return np.sum((G + spread / np.sqrt(b) * rng.normal(size=(n, 50))) ** 2, axis=1)

    got = modern.noise_scale(squares(4, 20_000), squares(64, 20_000), b_small=4, b_big=64)
    assert abs(got / (50 * spread**2 / (50 * 0.01)) - 1) < 0.03
    assert modern.noise_scale(np.array([8.0]), np.array([1.0]), b_small=1, b_big=8) == np.inf


def test_mixup_mixes_pairs(rng):
    """Rows of one-hot inputs show weight and partner, and the targets have the same."""
    for _ in range(20):
        X, Y = modern.mixup(np.eye(9), 2 * np.eye(9), alpha=0.5, rng=rng)
        assert np.allclose(2 * X, Y) and np.allclose(X.sum(axis=0), 1) and np.allclose(X.sum(axis=1), 1)


def test_drop_path_keeps_the_mean(rng):
    """Whole examples go with probability p, and the mean stays."""
    y = modern.drop_path(np.ones((100_000, 1, 2)), p=0.3, training=True, rng=rng)
    assert abs(y.mean() - 1) < 0.02 and np.array_equal(y[..., 0], y[..., 1])


def test_tokens_have_their_probabilities(rng):
    """Shares of many draws, with temperature and without the least likely."""
    logits = np.array([0.0, 1.0, 1000.0, 999.0, 999.0])
    drawn = [modern.sample_text(logits, temperature=0.5, top_k=2, rng=rng) for _ in range(20_000)]
    assert set(drawn) == {2, 3} and abs(np.mean(np.array(drawn) == 2) - 1 / (1 + np.exp(-2))) < 0.01


def test_the_transformers_gradients_are_slopes(rng):
    """The largest gradient entry of each parameter against central differences, in two layers."""
    params = modern.new_transformer(5, length=6, width=8, n_layers=2, rng=rng)
    tokens, labels = rng.integers(5, size=(3, 6)), rng.integers(5, size=18)

    def loss_of(params):
        logits, kept = modern.transformer_forward(params, tokens, n_heads=2)
        loss, grad = modern.label_smoothing_cross_entropy(logits.reshape(-1, 5), labels, smoothing=0.1)
        return loss, grad.reshape(logits.shape), kept

    _, grad, kept = loss_of(params)
    grads = modern.transformer_backward(grad, params, kept)
    assert grads.keys() == params.keys()
    for key, value in params.items():
        assert grads[key].shape == value.shape
        place = np.unravel_index(np.argmax(np.abs(grads[key])), value.shape)
        step = np.zeros_like(value)
        step[place] = 1e-6
        slope = (loss_of(params | {key: value + step})[0] - loss_of(params | {key: value - step})[0]) / 2e-6
        assert abs(grads[key][place] - slope) < 1e-7 + 1e-5 * abs(slope), key


@pytest.mark.parametrize("stem", ["lion", "muon", "adafactor"])
def test_a_step_leaves_its_arguments_alone(rng, stem):
    """No step changes the parameters, gradients or state that it was given, and it answers in float64."""
    params, (first, second) = probe(rng, SHAPES, steps=2)
    init, step = getattr(modern, f"{stem}_init"), getattr(modern, f"{stem}_step")
    params, state = step(params, first, init(params))
    given = copy.deepcopy((params, second, state))
    once, _ = step(params, second, state)
    np.testing.assert_equal((params, second, state), given)
    np.testing.assert_equal(step(params, second, state)[0], once)
    assert all(value.dtype == np.float64 and value.shape == SHAPES[key] for key, value in once.items())


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: modern.global_norm_clip({}, max_norm=0.0), "max_norm must be greater than 0"),
        (
            lambda: modern.wsd_lr(0, base_lr=1.0, total_steps=9, warmup_steps=5, decay_steps=5),
            "must fit into total_steps",
        ),
        (
            lambda: modern.wsd_lr(10, base_lr=1.0, total_steps=9, warmup_steps=0, decay_steps=5),
            "step must be ints from 0 to 9",
        ),
        (
            lambda: modern.wsd_lr(1, base_lr=1.0, total_steps=9, warmup_steps=0, decay_steps=5, min_lr=2.0),
            "min_lr must be at most base_lr",
        ),
        (
            lambda: modern.label_smoothing_cross_entropy(np.ones((2, 3)), np.array([0, 3]), smoothing=0.1),
            "labels must be ints from 0 to 2",
        ),
        (
            lambda: modern.label_smoothing_cross_entropy(np.ones((2, 3)), np.array([0]), smoothing=0.1),
            "logits must be",
        ),
        (lambda: modern.rms_norm(np.ones((2, 3)), np.ones(2)), "gamma must have one entry"),
        (
            lambda: modern.rms_norm_backward(np.ones(3), np.ones((2, 3)), np.ones(3)),
            "grad_out must have the shape of x",
        ),
        (lambda: modern.causal_attention(*[np.ones((2, 3))] * 3), "all arrays must have one shape"),
        (lambda: modern.muon_init({"b": np.ones(3)}), "matrices only"),
        (lambda: modern.adafactor_init({"b": np.ones((1, 1, 1))}), "one axis or two"),
        (lambda: modern.accumulate_gradients(None, {}, []), "at least one example"),
        (lambda: modern.to_bfloat16(np.ones(2)), "x must be a float32 array"),
        (lambda: modern.noise_scale(np.ones(1), np.ones(1), b_small=4, b_big=4), "b_small < b_big"),
        (
            lambda: modern.mixup(np.ones((2, 1)), np.ones((3, 1)), alpha=1.0, rng=None),
            "X and Y must have one length",
        ),
        (
            lambda: modern.sample_text(np.ones(3), top_k=4, rng=None),
            "top_k must lie from 1 to 3",
        ),
    ],
)
def test_bad_arguments_are_named(call, rule):
    """An argument out of range is a ValueError with the rule."""
    with pytest.raises(ValueError, match=rule):
        call()


def test_docstrings_run():
    """Every example in a docstring gives what it says."""
    assert doctest.testmod(modern).failed == 0
