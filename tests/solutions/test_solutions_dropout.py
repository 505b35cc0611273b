"""The reference of `dropout` against PyTorch, scikit-learn and theory, its docstrings, its promises."""

import copy
import doctest
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.linear_model import Lasso, Ridge
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import solutions.dropout as drop
from autograder.calls.backends import LocalBackend
from autograder.calls.proxy import Proxy
from autograder.course.checks import read_checks
from autograder.course.course import Course

CHECKS = {
    check.name: check.function for check in read_checks(Course(Path(__file__).parents[2]).content("dropout"))
}
SHAPES = {"W": (4, 3), "b": (3,), "deep": (2, 3, 2), "scalar": ()}
SIZES = np.geomspace(1e-6, 1e3, 10)


def generator(seed=0):
    return np.random.default_rng(seed)


def values(seed, shape):
    """Numbers from 1e-6 to 1e3, of both signs, some exactly 0."""
    rng = generator(seed)
    found = np.asarray(rng.choice(SIZES, size=shape) * rng.normal(size=shape))
    return np.where(rng.random(shape) < 0.1, 0.0, found)


def arrays(seed):
    return {key: values(seed + i, shape) for i, (key, shape) in enumerate(SHAPES.items())}


def gap(got, want):
    """The largest difference, relative to the largest value."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    return np.max(np.abs(got - want)) / max(1.0, np.max(np.abs(want)))


# --- Dropout ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(7,), (5, 3), (2, 3, 4, 4)])
def test_dropout_is_torchs_given_its_mask(p, shape):
    """Forward and backward pass equal torch.nn.functional.dropout's, masks read off from what it dropped."""
    for seed in range(20):
        torch.manual_seed(seed)
        mask = (functional.dropout(torch.ones(shape, dtype=torch.float64), p) != 0).numpy()
        x, grad_out = values(seed, shape), values(seed + 100, shape)
        tensor = torch.tensor(x, requires_grad=True)
        torch.manual_seed(seed)
        y = functional.dropout(tensor, p)
        y.backward(torch.tensor(grad_out))
        assert gap(drop.dropout(x, mask, p=p, training=True), y.detach().numpy()) < 1e-12
        assert gap(drop.dropout_backward(grad_out, mask, p=p), tensor.grad.numpy()) < 1e-12
        evaluated = functional.dropout(tensor, p, training=False).detach().numpy()
        assert np.array_equal(drop.dropout(x, None, p=p, training=False), evaluated)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_classic_dropout_is_the_inverted_one_times_what_is_kept(p):
    """Both passes and the gradient are inverted dropout's times 1 - p."""
    x, mask = values(1, (6, 5)), drop.dropout_mask((6, 5), p=p, rng=generator(2))
    for training in (True, False):
        inverted = drop.dropout(x, mask, p=p, training=training)
        assert gap(drop.dropout_classic(x, mask, p=p, training=training), (1 - p) * inverted) < 1e-12
    grads = drop.dropout_classic_backward(x, mask), (1 - p) * drop.dropout_backward(x, mask, p=p)
    assert gap(*grads) < 1e-12


@pytest.mark.parametrize("forward", [drop.dropout, drop.dropout_classic], ids=["inverted", "classic"])
def test_over_all_masks_both_passes_agree_in_the_mean(forward):
    """Weighted over all masks of five units, the training pass has the evaluation pass as its mean."""
    x, p = values(3, (5,)), 0.3
    mean = sum(
        0.7 ** sum(bits) * 0.3 ** (5 - sum(bits)) * forward(x, np.array(bits), p=p, training=True)
        for bits in product([False, True], repeat=5)
    )
    assert gap(mean, forward(x, None, p=p, training=False)) < 1e-12


@pytest.mark.parametrize("p", [0.05, 0.3, 0.9])
def test_masks_keep_the_share_they_should(p):
    """Over a million places the kept share is 1 - p within 6.5 standard errors, rows and columns alike."""
    mask = drop.dropout_mask((1000, 1000), p=p, rng=generator(4))
    assert mask.dtype == bool
    error = np.sqrt(p * (1 - p))
    assert abs(mask.mean() - (1 - p)) < 6.5 * error / 1000
    for axis in (0, 1):
        assert np.abs(mask.mean(axis) - (1 - p)).max() < 6.5 * error / np.sqrt(1000)


# --- Sub-networks -----------------------------------------------------------------------------------------


def test_the_half_of_the_lecture():
    """Two inputs, each kept half of the time: the mean of the four sums is half of the full one."""
    w, x = np.array([3.0, -5.0]), np.array([2.0, 7.0])
    mean = drop.subnetwork_mean(lambda mask: float(np.sum(w * x * mask)), 2, p=0.5)
    assert mean == pytest.approx(0.5 * w @ x)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.7])
@pytest.mark.parametrize("n", [1, 4, 9])
def test_a_linear_output_has_the_scaled_pass_as_its_mean(n, p):
    """Whatever the weights, the mean over all masks equals one pass with every unit times 1 - p."""
    W, x = generator(5).normal(size=(n, 3)), generator(6).normal(size=n)
    mean = drop.subnetwork_mean(lambda mask: (x * mask) @ W, n, p=p)
    assert gap(mean, (1 - p) * x @ W) < 1e-12


def test_the_softmax_of_the_scaled_pass_is_the_geometric_mean():
    """Over dropped inputs it is the renormalised geometric mean of all softmaxes, not the arithmetic one."""
    rng = generator(7)
    W, x, p = 2 * rng.normal(size=(6, 3)), rng.normal(size=6), 0.3

    def probs(scale):
        z = np.exp((x * scale) @ W)
        return z / z.sum()

    geometric = np.exp(drop.subnetwork_mean(lambda mask: np.log(probs(mask)), 6, p=p))
    assert gap(geometric / geometric.sum(), probs(1 - p)) < 1e-12
    assert gap(drop.subnetwork_mean(probs, 6, p=p), probs(1 - p)) > 1e-2


def test_masks_are_weighed_as_chance_has_them():
    """Every mask comes once, and the mean of an indicator is that mask's own probability."""
    seen = []
    drop.subnetwork_mean(lambda mask: seen.append(tuple(mask.tolist())) or 0.0, 4, p=0.3)
    assert sorted(seen) == sorted(product([False, True], repeat=4))
    wanted = np.array([True, False, True])
    mean = drop.subnetwork_mean(lambda mask: float(np.array_equal(mask, wanted)), 3, p=0.2)
    assert mean == pytest.approx(0.8**2 * 0.2)


def test_monte_carlo_comes_near_the_mean_of_all_sub_networks():
    """20,000 random passes have the mean of the 64 masks, and their spread, within 6.5 standard errors."""
    rng = generator(8)
    W, x, p, n = rng.normal(size=(6, 2)), rng.normal(size=6), 0.2, 20_000

    def output(mask):
        return np.tanh((x * mask / (1 - p)) @ W)

    def noisy(x, rng):
        return output(drop.dropout_mask(x.shape, p=p, rng=rng))

    exact = drop.subnetwork_mean(output, 6, p=p)
    spread = np.sqrt(drop.subnetwork_mean(lambda mask: (output(mask) - exact) ** 2, 6, p=p))
    mean, std = drop.mc_dropout(noisy, x, n_samples=n, rng=generator(9))
    assert np.all(np.abs(mean - exact) < 6.5 * spread / np.sqrt(n))
    assert gap(std, spread) < 0.03


def test_monte_carlo_is_numpys_mean_and_std():
    """The answers of n passes from one generator, in a row, have these mean and std with ddof 0."""
    want = np.array([row for row in generator(10).random((5, 2, 3))])
    mean, std = drop.mc_dropout(
        lambda x, rng: rng.random((2, 3)), np.zeros(1), n_samples=5, rng=generator(10)
    )
    assert gap(mean, want.mean(0)) < 1e-15 and gap(std, want.std(0)) < 1e-15


# --- Penalties --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lam", [0.0, 1e-4, 0.3, 10.0])
@pytest.mark.parametrize(
    ("penalty", "theirs"),
    [
        (drop.l2_penalty, lambda w, lam: lam / 2 * (w**2).sum()),
        (drop.l1_penalty, lambda w, lam: lam * w.abs().sum()),
    ],
    ids=["l2", "l1"],
)
def test_penalties_have_autograds_gradients(penalty, theirs, lam):
    """Value and gradient over several parameters of very different size are autograd's, zeros included."""
    for seed in range(10):
        params = arrays(10 * seed)
        tensors = {key: torch.tensor(w, requires_grad=True) for key, w in params.items()}
        value = sum(theirs(w, lam) for w in tensors.values())
        value.backward()
        got, grads = penalty(params, lam=lam)
        assert got == pytest.approx(value.item(), rel=1e-12, abs=1e-300) and type(got) is float
        assert all(gap(grads[key], tensors[key].grad.numpy()) < 1e-12 for key in params)


def test_decay_is_adamws_without_gradients():
    """Over 300 steps with zero gradients AdamW does nothing but decay, by the same factor."""
    params = arrays(20)
    tensors = [torch.tensor(w, requires_grad=True) for w in params.values()]
    opt = torch.optim.AdamW(tensors, lr=0.05, weight_decay=0.3)
    for _ in range(300):
        for tensor in tensors:
            tensor.grad = torch.zeros_like(tensor)
        opt.step()
        params = drop.decay_step(params, lr=0.05, weight_decay=0.3)
    assert all(
        gap(w, tensor.detach().numpy()) < 1e-12 for w, tensor in zip(params.values(), tensors, strict=True)
    )


def walk(momentum, *, decoupled, steps=5, lr=0.1, lam=0.1):
    """One weight from 1 on w²/2 by SGD with momentum, the L2 penalty in the gradient or the decay apart."""
    params, v = {"w": np.array(1.0)}, 0.0
    for _ in range(steps):
        grad = params["w"] + (0.0 if decoupled else drop.l2_penalty(params, lam=lam)[1]["w"])
        v = momentum * v + grad
        decayed = drop.decay_step(params, lr=lr, weight_decay=lam) if decoupled else params
        params = {"w": decayed["w"] - lr * v}
    return float(params["w"])


def test_l2_and_decay_are_one_for_sgd_and_two_with_momentum():
    """Without momentum both walk alike, with 0.9 they end at -0.1036 and -0.0470 after five steps."""
    assert walk(0.0, decoupled=True) == pytest.approx(walk(0.0, decoupled=False), abs=1e-15)
    assert round(walk(0.9, decoupled=False), 4) == -0.1036
    assert round(walk(0.9, decoupled=True), 4) == -0.0470


def test_the_l2_penalty_is_torch_sgds_weight_decay():
    """Through the velocity, over 200 steps: torch's SGD adds λw to the gradient, as the penalty does."""
    tensor = torch.tensor(1.0, requires_grad=True, dtype=torch.float64)
    opt = torch.optim.SGD([tensor], lr=0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(200):
        opt.zero_grad()
        (tensor**2 / 2).backward()
        opt.step()
    assert walk(0.9, decoupled=False, steps=200) == pytest.approx(tensor.item(), abs=1e-12)


@pytest.mark.parametrize("t", [0.0, 1e-4, 0.5, 20.0])
def test_soft_threshold_is_softshrink(t):
    """torch.nn.functional.softshrink gives the same numbers, and the same exact zeros."""
    for seed in range(20):
        w = values(seed, (6, 7))
        want = functional.softshrink(torch.tensor(w), t).numpy()
        got = drop.soft_threshold(w, t)
        assert gap(got, want) < 1e-15 and np.array_equal(got == 0, want == 0)


def test_soft_threshold_minimises_what_it_should():
    """On a fine grid nothing has a smaller ½(v - w)² + t|v|."""
    grid = np.linspace(-4, 4, 8001)
    for w in (-2.5, -0.3, 0.0, 0.8, 3.0):
        cost = 0.5 * (grid - w) ** 2 + 0.7 * np.abs(grid)
        assert abs(grid[cost.argmin()] - drop.soft_threshold(np.array(w), 0.7)) < 1e-3


def lasso_problem(seed):
    rng = generator(seed)
    X = rng.normal(size=(60, 12))
    return X, X @ np.where(np.arange(12) < 4, 2.0, 0.0) + rng.normal(size=60)


def test_prox_steps_end_at_the_lasso_with_its_zeros():
    """3,000 proximal steps reach scikit-learn's Lasso, exact zeros included; subgradient steps have none."""
    X, y = lasso_problem(11)
    lam = 0.6
    want = Lasso(alpha=lam, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(X, y).coef_
    prox = sub = {"w": np.zeros(12)}

    def grads(params):
        return {"w": X.T @ (X @ params["w"] - y) / len(y)}

    for _ in range(3000):
        prox = drop.l1_prox_step(prox, grads(prox), lr=0.1, lam=lam)
        slope = grads(sub)["w"] + drop.l1_penalty(sub, lam=lam)[1]["w"]
        sub = {"w": sub["w"] - 0.1 * slope}
    assert gap(prox["w"], want) < 1e-10
    assert np.array_equal(prox["w"] == 0, want == 0) and 2 < np.sum(want == 0) < 10
    assert np.sum(sub["w"] == 0) == 0


@pytest.mark.parametrize("c", [1e-3, 0.7, 50.0])
def test_the_norm_constraint_is_torchs_renorm_but_for_its_epsilon(c):
    """Equal to torch.renorm over columns up to the 1e-7 that it adds to a norm; with it up to rounding."""
    for seed in range(20):
        W = np.asarray(generator(seed).choice(SIZES, size=6) * generator(seed + 50).normal(size=(4, 6)))
        theirs = torch.renorm(torch.tensor(W), 2, 1, c).numpy()
        ours = drop.max_norm_project({"W": W}, max_norm=c)["W"]
        assert gap(ours, theirs) < 2e-7 / c
        norms = np.linalg.norm(W, axis=0)
        assert gap(ours * np.where(norms > c, norms / (norms + 1e-7), 1.0), theirs) < 1e-12
        assert np.all(np.linalg.norm(ours, axis=0) <= c * (1 + 1e-12))
        assert np.array_equal(ours[:, norms <= c], W[:, norms <= c])


@pytest.mark.parametrize("lam", [0.0, 1e-4, 0.3, 10.0])
def test_the_price_on_activities_has_autograds_gradient(lam):
    """Value and gradient are autograd's of λ times the mean over examples of Σ|h|, zeros included."""
    for seed, shape in enumerate([(5, 3), (3, 8), (1, 4), (20, 1)]):
        h = values(seed, shape)
        tensor = torch.tensor(h, requires_grad=True)
        value = lam * tensor.abs().sum(1).mean()
        value.backward()
        got, grad = drop.activity_penalty(h, lam=lam)
        assert got == pytest.approx(value.item(), rel=1e-12, abs=1e-300) and type(got) is float
        assert gap(grad, tensor.grad.numpy()) < 1e-12


# --- Noise ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lam", [1e-3, 0.5, 30.0])
def test_ridge_is_scikit_learns(lam):
    """Ridge with alpha = n λ and no intercept has the same weights; a sum is n means."""
    for seed in range(10):
        X, y = lasso_problem(seed)
        want = Ridge(alpha=len(y) * lam, fit_intercept=False, solver="cholesky").fit(X, y).coef_
        assert gap(drop.ridge(X, y, lam=lam), want) < 1e-10


def test_ridge_without_penalty_is_least_squares():
    """With λ = 0 the weights are those of numpy.linalg.lstsq."""
    X, y = lasso_problem(12)
    assert gap(drop.ridge(X, y, lam=0.0), np.linalg.lstsq(X, y)[0]) < 1e-12


def test_noise_has_its_law():
    """A million numbers have mean 0, std σ and a Gaussian's shape, within bounds of 6.5 standard errors."""
    X = generator(13).uniform(-5, 5, size=(1000, 1000))
    noise = drop.noisy_inputs(X, sigma=0.3, rng=generator(14)) - X
    assert abs(noise.mean()) < 6.5 * 0.3 / 1000
    assert abs(noise.std() - 0.3) < 6.5 * 0.3 / np.sqrt(2e6)
    assert stats.kstest(noise.ravel()[::10] / 0.3, "norm").pvalue > 1e-6
    assert np.array_equal(drop.noisy_inputs(X, sigma=0.0, rng=generator()), X)


def test_noise_on_activities_and_weights_has_its_law():
    """A million numbers each: mean 0, std σ, a Gaussian's shape; none at inference, and then no draw."""
    x = generator(61).uniform(-5, 5, size=(1000, 1000))
    activities = drop.add_noise(x, sigma=0.3, training=True, rng=generator(62)) - x
    params = {"W": x, "b": x[0]}
    noisy = drop.noisy_params(params, sigma=0.3, rng=generator(63))
    for noise in (activities, noisy["W"] - x):
        assert abs(noise.mean()) < 6.5 * 0.3 / 1000
        assert abs(noise.std() - 0.3) < 6.5 * 0.3 / np.sqrt(2e6)
        assert stats.kstest(noise.ravel()[::10] / 0.3, "norm").pvalue > 1e-6
    assert abs((noisy["b"] - x[0]).std() - 0.3) < 6.5 * 0.3 / np.sqrt(2000)
    rng, twin = generator(64), generator(64)
    assert np.array_equal(drop.add_noise(x, sigma=0.3, training=False, rng=rng), x)
    assert rng.bit_generator.state == twin.bit_generator.state


def test_noise_on_hidden_units_is_a_penalty_on_outgoing_weights_and_noise_on_weights_is_none():
    """For a linear unit the expected squared error grows by σ²‖w‖² in one case, in the other by σ²‖x‖²."""
    rng = generator(65)
    x, w, many = rng.normal(size=5), rng.normal(size=5), 400_000
    hidden = drop.add_noise(np.tile(x, (many, 1)), sigma=0.3, training=True, rng=rng) @ w - x @ w
    weights = drop.noisy_params({"w": np.tile(w, (many, 1))}, sigma=0.3, rng=rng)["w"] @ x - w @ x
    assert np.mean(hidden**2) == pytest.approx(0.09 * w @ w, rel=0.02)
    assert np.mean(weights**2) == pytest.approx(0.09 * x @ x, rel=0.02)


def test_noisy_copies_come_near_ridge():
    """Least squares on 4,000 noisy copies is ridge with λ = σ², ten times nearer than least squares is."""
    X, y = lasso_problem(15)
    sigma, rng = 0.8, generator(16)
    copies = np.concatenate([drop.noisy_inputs(X, sigma=sigma, rng=rng) for _ in range(4000)])
    noisy = drop.ridge(copies, np.tile(y, 4000), lam=0.0)
    want = drop.ridge(X, y, lam=sigma**2)
    assert 10 * np.abs(noisy - want).max() < np.abs(drop.ridge(X, y, lam=0.0) - want).max()


# --- Early stopping ---------------------------------------------------------------------------------------


def by_definition(losses, patience, min_delta):
    """Best epoch and number of epochs, from the whole curve: no loop over epochs with a counter."""
    better, best = [], np.inf
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            better, best = [*better, epoch], loss
    stops = [
        epoch
        for epoch in range(patience, len(losses) + 1)
        if not set(better) & set(range(epoch - patience + 1, epoch + 1))
    ]
    n_epochs = stops[0] if stops else len(losses)
    found = [epoch for epoch in better if epoch <= n_epochs]
    return (found[-1] if found else 0), n_epochs


def counting(losses):
    """An epoch_fn whose parameter counts epochs and whose losses are given."""
    return lambda params: ({"w": params["w"] + 1}, losses[int(params["w"][0])])


@pytest.mark.parametrize("min_delta", [0.0, 0.15])
@pytest.mark.parametrize("patience", [1, 2, 5])
def test_early_stopping_is_its_definition(patience, min_delta):
    """On 200 random curves with ties and NaN the best and the last epoch are those of the definition."""
    rng = generator(17)
    for _ in range(200):
        losses = np.round(rng.normal(size=rng.integers(1, 30)), 1)
        losses[rng.random(losses.size) < 0.1] = np.nan
        start = {"w": np.zeros(2)}
        params, history = drop.train_early_stopping(
            start, counting(losses.tolist()), patience=patience, min_delta=min_delta, max_epochs=losses.size
        )
        best, n_epochs = by_definition(losses, patience, min_delta)
        assert history["best_epoch"] == best and history["n_epochs"] == n_epochs
        assert history["best_loss"] == (losses[best - 1] if best else np.inf)
        assert params["w"].tolist() == [best, best] and start["w"].tolist() == [0.0, 0.0]


# --- Augmentation -----------------------------------------------------------------------------------------


def pictures(seed, n=3000, channels=2, height=3, width=4):
    """Images without a zero and without two equal pixels."""
    return generator(seed).uniform(1, 2, size=(n, channels, height, width))


@pytest.mark.parametrize("p", [0.0, 0.2, 1.0])
def test_flips_mirror_whole_images_at_their_rate(p):
    """Every image is itself or torch.flip of itself along the width, all channels; the share is p."""
    images = pictures(18)
    mirrored = torch.flip(torch.tensor(images), dims=(3,)).numpy()
    got = drop.random_flip(images, p=p, rng=generator(19))
    same, turned = ((got == other).all(axis=(1, 2, 3)) for other in (images, mirrored))
    assert np.all(same ^ turned)
    assert abs(turned.mean() - p) <= 6.5 * np.sqrt(p * (1 - p) / 3000)


@pytest.mark.parametrize("pad", [0, 1, 2])
def test_crops_are_windows_of_the_padded_image(pad):
    """Every image is one of the (2·pad + 1)² windows of torch's zero-padded image, each as often."""
    images, side = pictures(20), 2 * pad + 1
    padded = functional.pad(torch.tensor(images), (pad,) * 4).numpy()
    got = drop.random_crop(images, pad=pad, rng=generator(21))
    found = np.array(
        [
            [(got == padded[..., r : r + 3, c : c + 4]).all(axis=(1, 2, 3)) for c in range(side)]
            for r in range(side)
        ]
    )
    assert np.all(found.sum(axis=(0, 1)) == 1)
    share = 1 / side**2
    assert np.all(np.abs(found.mean(axis=2) - share) <= 6.5 * np.sqrt(share * (1 - share) / 3000))


@pytest.mark.parametrize("max_delta", [0.0, 0.3, 1.0])
def test_contrast_scales_around_each_images_mean(max_delta):
    """An image minus its mean is itself times one factor, and the factors are uniform around 1."""
    images = pictures(22)
    got = drop.random_contrast(images, max_delta=max_delta, rng=generator(23))
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    ratio = (got - mean) / (images - mean)
    factor = np.median(ratio, axis=(1, 2, 3))
    assert gap(mean + factor[:, None, None, None] * (images - mean), got) < 1e-9
    assert np.all(np.abs(factor - 1) < max_delta + 1e-9)
    if max_delta:
        assert stats.kstest((factor - 1) / max_delta / 2 + 0.5, "uniform").pvalue > 1e-6


@pytest.mark.parametrize("max_delta", [0.0, 0.3, 2.0])
def test_tints_shift_each_channel_of_each_image_alike(max_delta):
    """One number for all pixels of a channel, 6,000 of them uniform around 0, none shared by two channels."""
    images = pictures(66)
    shift = drop.random_tint(images, max_delta=max_delta, rng=generator(67)) - images
    assert gap(shift, np.broadcast_to(shift[:, :, :1, :1], images.shape)) < 1e-12
    found = shift[:, :, 0, 0]
    assert np.all(np.abs(found) <= max_delta + 1e-12)
    if max_delta:
        assert len(np.unique(found)) == found.size
        assert stats.kstest(found.ravel() / max_delta / 2 + 0.5, "uniform").pvalue > 1e-6
        assert abs(np.corrcoef(found.T)[0, 1]) < 6.5 / np.sqrt(len(found))


# --- Several models ---------------------------------------------------------------------------------------


def test_a_bootstrap_sample_holds_63_2_per_cent():
    """A million draws from a million: 1 - 1/e are there at least once, and each third comes as often."""
    n = 1_000_000
    found = drop.bootstrap_indices(n, rng=generator(24))
    assert found.shape == (n,) and found.min() >= 0 and found.max() < n
    assert abs(len(np.unique(found)) / n - (1 - np.exp(-1))) < 0.002
    assert np.abs(np.bincount(3 * found // n) / n - 1 / 3).max() < 0.004


def test_votes_are_scipys_mode():
    """scipy.stats.mode has the same winners, the lowest of several; 200 random ballots with many ties."""
    for seed in range(200):
        rng = generator(seed)
        labels = rng.integers(4, size=(rng.integers(1, 7), 20))
        want = stats.mode(labels, axis=0).mode
        assert np.array_equal(drop.ensemble_vote(labels, n_classes=4), want)


def test_averages_and_votes_may_disagree():
    """Two lukewarm models outvote a sure one; the mean of the probabilities sides with it."""
    probs = np.array([[[0.55, 0.45]], [[0.55, 0.45]], [[0.05, 0.95]]])
    assert drop.ensemble_vote(probs.argmax(-1), n_classes=2).tolist() == [0]
    assert drop.ensemble_average(probs).argmax(-1).tolist() == [1]
    assert gap(drop.ensemble_average(probs), torch.tensor(probs).mean(0).numpy()) < 1e-15


def models(count):
    for seed in range(count):
        model = torch.nn.Linear(4, 3).double()
        with torch.no_grad():
            model.weight.copy_(torch.tensor(values(seed, (3, 4))))
            model.bias.copy_(torch.tensor(values(seed + 500, (3,))))
        yield model


def params_of(model):
    return {name: tensor.detach().numpy().copy() for name, tensor in model.named_parameters()}


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_the_running_average_is_torchs_averaged_model(decay):
    """AveragedModel with get_ema_multi_avg_fn, whose first call copies, over 50 updates."""
    state = twin = None
    for model in models(51):
        if twin is None:
            twin = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
            state, average = drop.ema_init(params_of(model)), params_of(model)
        else:
            average, state = drop.ema_update(state, params_of(model), decay=decay)
        twin.update_parameters(model)
        theirs = params_of(twin.module)
        assert all(gap(average[key], theirs[key]) < 1e-12 for key in theirs)


def test_averaged_checkpoints_are_torchs_averaged_model():
    """AveragedModel without an average function is the plain mean of what it was given."""
    checkpoints = list(models(7))
    twin = AveragedModel(checkpoints[0])
    for model in checkpoints:
        twin.update_parameters(model)
    average, theirs = drop.average_checkpoints([params_of(m) for m in checkpoints]), params_of(twin.module)
    assert all(gap(average[key], theirs[key]) < 1e-12 for key in theirs)


# --- Several tasks ----------------------------------------------------------------------------------------


def tasks(seed, widths, rows=7, fan_in=4, hidden=6):
    """Layers of a trunk with heads of these widths, numbers of very different size among them."""

    def layer(start, n, m):
        return {"W": values(start, (n, m)), "b": values(start + 1, (m,))}

    heads = [layer(seed + 10 * k, hidden, width) for k, width in enumerate(widths, 1)]
    grads_out = [values(seed + 10 * k + 5, (rows, width)) for k, width in enumerate(widths, 1)]
    weights = [float(w) for w in generator(seed).uniform(0.1, 5.0, size=len(widths))]
    return grads_out, values(seed + 2, (rows, fan_in)), layer(seed, fan_in, hidden), heads, weights


@pytest.mark.parametrize("widths", [(1,), (3, 1), (2, 5, 1, 3)])
def test_a_trunk_with_heads_has_autograds_gradients(widths):
    """Outputs and all gradients of the weighted sum of losses are torch's, for one task and for four."""
    for seed in range(0, 2000, 100):
        grads_out, X, trunk, heads, weights = tasks(seed, widths)
        tensors = [
            {key: torch.tensor(value, requires_grad=True) for key, value in part.items()}
            for part in (trunk, *heads)
        ]
        h = torch.relu(torch.tensor(X) @ tensors[0]["W"] + tensors[0]["b"])
        outputs = [h @ head["W"] + head["b"] for head in tensors[1:]]
        ours = drop.multi_task_forward(X, trunk, heads)
        assert all(gap(a, b.detach().numpy()) < 1e-10 for a, b in zip(ours, outputs, strict=True))
        parts = zip(weights, grads_out, outputs, strict=True)
        sum(w * (torch.tensor(g) * y).sum() for w, g, y in parts).backward()
        trunk_grads, heads_grads = drop.multi_task_backward(grads_out, X, trunk, heads, weights=weights)
        for got, want in zip((trunk_grads, *heads_grads), tensors, strict=True):
            assert all(gap(got[key], want[key].grad.numpy()) < 1e-10 for key in ("W", "b"))


# --- What all of them promise -----------------------------------------------------------------------------

MASK = np.array([[True, False, True], [False, True, True]])


def _epoch(params):
    return {key: w + 1 for key, w in params.items()}, 1.0


CALLS = {
    "dropout": ((values(30, (2, 3)), MASK), {"p": 0.2, "training": True}),
    "dropout_backward": ((values(30, (2, 3)), MASK), {"p": 0.2}),
    "dropout_classic": ((values(31, (2, 3)), MASK), {"p": 0.2, "training": False}),
    "dropout_classic_backward": ((values(31, (2, 3)), MASK), {}),
    "l2_penalty": ((arrays(32),), {"lam": 0.1}),
    "l1_penalty": ((arrays(32),), {"lam": 0.1}),
    "decay_step": ((arrays(32),), {"lr": 0.1, "weight_decay": 0.2}),
    "soft_threshold": ((values(33, (4,)), 0.1), {}),
    "l1_prox_step": ((arrays(34), arrays(35)), {"lr": 0.1, "lam": 0.2}),
    "noisy_inputs": ((values(36, (3, 2)),), {"sigma": 0.1, "rng": 1}),
    "ridge": (lasso_problem(37), {"lam": 0.1}),
    "train_early_stopping": ((arrays(38), _epoch), {"patience": 2, "max_epochs": 4}),
    "random_flip": ((pictures(39, 5),), {"p": 0.5, "rng": 2}),
    "random_contrast": ((pictures(40, 5),), {"max_delta": 0.5, "rng": 3}),
    "random_crop": ((pictures(41, 5),), {"pad": 1, "rng": 4}),
    "ensemble_vote": ((np.array([[0, 1], [2, 1]]),), {"n_classes": 3}),
    "ensemble_average": ((generator(42).random((2, 3, 4)),), {}),
    "ema_update": ((drop.ema_init(arrays(43)), arrays(44)), {"decay": 0.9}),
    "average_checkpoints": (([arrays(45), arrays(46)],), {}),
    "max_norm_project": (({"W": values(47, (4, 3)), "b": values(48, (3,))},), {"max_norm": 0.5}),
    "activity_penalty": ((values(49, (4, 3)),), {"lam": 0.1}),
    "add_noise": ((values(50, (4, 3)),), {"sigma": 0.1, "training": False, "rng": 5}),
    "noisy_params": ((arrays(51),), {"sigma": 0.1, "rng": 6}),
    "random_tint": ((pictures(52, 5),), {"max_delta": 0.1, "rng": 7}),
    "multi_task_forward": (tasks(53, (2, 3))[1:4], {}),
    "multi_task_backward": (tasks(53, (2, 3))[:4], {"weights": tasks(53, (2, 3))[4]}),
}


@pytest.mark.parametrize("name", CALLS)
def test_arguments_stay_as_they_were(name):
    """No function changes an argument or answers with one, and a second call answers the same."""
    args, hyper = CALLS[name]
    before = copy.deepcopy((args, hyper))
    draws = [{"rng": generator(hyper["rng"])} if "rng" in hyper else {} for _ in range(2)]
    first, second = (getattr(drop, name)(*args, **(hyper | draw)) for draw in draws)
    np.testing.assert_equal((args, hyper), before)
    np.testing.assert_equal(first, second)
    if isinstance(first, np.ndarray):
        assert not any(isinstance(arg, np.ndarray) and np.shares_memory(first, arg) for arg in args)


def test_a_copy_starts_the_running_average():
    """The state does not change when the parameters that it started from are changed in place."""
    params = {"w": np.zeros(2)}
    state = drop.ema_init(params)
    params["w"] += 5
    average, _ = drop.ema_update(state, {"w": np.zeros(2)}, decay=0.5)
    assert average["w"].tolist() == [0.0, 0.0]


X3, ONES = np.ones((3, 2)), {"w": np.ones(2)}
TRUNK, HEAD = {"W": np.ones((2, 4)), "b": np.ones(4)}, {"W": np.ones((4, 1)), "b": np.ones(1)}
PICTURE = np.ones((1, 1, 2, 2))


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: drop.dropout_mask((2,), p=1.0, rng=generator()), r"p must lie in \[0, 1\), got 1.0; it is"),
        (lambda: drop.dropout_mask((2,), p=-0.1, rng=generator()), r"p must lie in \[0, 1\), got -0.1"),
        (
            lambda: drop.dropout(X3, None, p=0.5, training=True),
            r"mask must be bool and of the shape \(3, 2\)",
        ),
        (lambda: drop.dropout(X3, X3, p=0.5, training=True), r"got float64 of shape \(3, 2\); dropout_mask"),
        (lambda: drop.dropout(X3, None, p=1.5, training=False), r"p must lie in \[0, 1\), got 1.5"),
        (lambda: drop.dropout_backward(X3, MASK, p=0.5), r"mask must be bool and of the shape \(3, 2\), got"),
        (lambda: drop.dropout_classic(X3, MASK, p=0.5, training=True), r"mask must be bool"),
        (lambda: drop.dropout_classic(X3, None, p=1, training=False), r"p must lie in"),
        (lambda: drop.dropout_classic_backward(X3, MASK), r"mask must be bool"),
        (lambda: drop.subnetwork_mean(float, 0, p=0.5), r"n_units must be at least 1, got 0; without units"),
        (lambda: drop.subnetwork_mean(float, 2, p=1), r"p must lie in"),
        (lambda: drop.mc_dropout(float, X3, n_samples=0, rng=generator()), r"n_samples must be at least 1"),
        (lambda: drop.l2_penalty(ONES, lam=-1), r"lam must be at least 0 and finite, got -1; 0 switches it"),
        (lambda: drop.l1_penalty(ONES, lam=float("nan")), r"lam must be at least 0 and finite, got nan"),
        (lambda: drop.decay_step(ONES, lr=-1, weight_decay=0), r"lr must be at least 0"),
        (lambda: drop.decay_step(ONES, lr=1, weight_decay=np.inf), r"weight_decay must be at least 0 and f"),
        (lambda: drop.soft_threshold(X3, -1.0), r"t must be at least 0"),
        (lambda: drop.l1_prox_step(ONES, {"w": X3}, lr=1, lam=1), r"must have its parameter's shape, got"),
        (lambda: drop.l1_prox_step(ONES, ONES, lr=1, lam=-1), r"lam must be at least 0"),
        (lambda: drop.noisy_inputs(X3, sigma=-1, rng=generator()), r"sigma must be at least 0"),
        (
            lambda: drop.ridge(X3, np.ones(2), lam=1),
            r"X must be \(n, d\) and y \(n,\), got \(3, 2\) and \(2,",
        ),
        (lambda: drop.ridge(X3, np.ones(3), lam=0), r"must be independent, got rank 1 of 2; take lam > 0"),
        (lambda: drop.ridge(X3, np.ones(3), lam=-1), r"lam must be at least 0"),
        (lambda: drop.train_early_stopping(ONES, _epoch, patience=0, max_epochs=1), r"patience must be at"),
        (lambda: drop.train_early_stopping(ONES, _epoch, patience=1, max_epochs=0), r"max_epochs must be"),
        (
            lambda: drop.train_early_stopping(ONES, _epoch, patience=1, min_delta=-1, max_epochs=1),
            r"min_delta must be at least 0",
        ),
        (lambda: drop.random_flip(X3, p=0.5, rng=generator()), r"images must be \(N, C, H, W\), got shape"),
        (lambda: drop.random_flip(PICTURE, p=1.1, rng=generator()), r"p must lie in \[0, 1\], got 1.1; 0.5"),
        (lambda: drop.random_contrast(X3, max_delta=0.5, rng=generator()), r"images must be \(N, C, H, W\)"),
        (
            lambda: drop.random_contrast(PICTURE, max_delta=2, rng=generator()),
            r"max_delta must lie in \[0, 1",
        ),
        (lambda: drop.random_crop(X3, pad=1, rng=generator()), r"images must be \(N, C, H, W\)"),
        (lambda: drop.random_crop(PICTURE, pad=-1, rng=generator()), r"pad must be at least 0, got -1; 0 le"),
        (
            lambda: drop.bootstrap_indices(0, rng=generator()),
            r"n must be at least 1, got 0; there is nothing",
        ),
        (lambda: drop.ensemble_vote(np.array([[0, 3]]), n_classes=3), r"values in 0 … 2, got shape \(1, 2\)"),
        (lambda: drop.ensemble_vote(np.array([0, 1]), n_classes=3), r"labels must be \(models, n\)"),
        (lambda: drop.ensemble_vote(np.array([[0]]), n_classes=0), r"n_classes must be at least 1"),
        (lambda: drop.max_norm_project(ONES, max_norm=0), r"max_norm must be greater than 0 and finite, g"),
        (
            lambda: drop.max_norm_project({"K": np.ones((2, 3, 3))}, max_norm=1.0),
            r"at most two axes, got 'K' of shape \(2, 3, 3\); weights are \(fan_in, fan_out\)",
        ),
        (lambda: drop.activity_penalty(np.ones(3), lam=1), r"h must be \(N, units\), got shape \(3,\); a s"),
        (lambda: drop.activity_penalty(X3, lam=-1), r"lam must be at least 0"),
        (lambda: drop.add_noise(X3, sigma=-1, training=True, rng=generator()), r"sigma must be at least 0"),
        (lambda: drop.noisy_params(ONES, sigma=np.inf, rng=generator()), r"sigma must be at least 0 and fi"),
        (lambda: drop.random_tint(X3, max_delta=0.1, rng=generator()), r"images must be \(N, C, H, W\), got"),
        (lambda: drop.random_tint(PICTURE, max_delta=-1, rng=generator()), r"max_delta must be at least 0"),
        (lambda: drop.multi_task_forward(X3, HEAD, []), r"the trunk must have W \(fan_in, fan_out\) and b"),
        (
            lambda: drop.multi_task_forward(X3, TRUNK, [HEAD, TRUNK]),
            r"a head must have W .*, got \(2, 4\) and \(4,\) for 4 inputs; every head has the trunk's hidden",
        ),
        (
            lambda: drop.multi_task_backward([], X3, TRUNK, [HEAD], weights=[1]),
            r"must be of one length, got 0, 1 and 1; each task has its gradient, its head and its weight",
        ),
        (lambda: drop.ema_update(ONES, ONES, decay=1.0), r"decay must lie in \[0, 1\), got 1.0; 0.99 rem"),
        (lambda: drop.average_checkpoints([]), r"at least one dict, got an empty list; save one an epoch"),
        (lambda: drop.average_checkpoints([ONES, {"w": X3}]), r"the same keys and shapes, got .*; take them"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_a_sentence(call, rule):
    """Probabilities, masks, strengths, counts and shapes out of range: the rule, the value, the cure."""
    with pytest.raises(ValueError, match=rule):
        call()


@pytest.mark.parametrize(
    "example",
    [test for test in doctest.DocTestFinder().find(drop) if test.examples],
    ids=lambda test: test.name,
)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_graded_function_has_an_example():
    """Every public function that holds a graded body shows an example."""
    named = {test.name.split(".")[-1] for test in doctest.DocTestFinder().find(drop) if test.examples}
    own = {name for name, item in vars(drop).items() if getattr(item, "__module__", "") == drop.__name__}
    asked = {name for name in own if not name.startswith("check_")}
    assert named == asked and len(asked) == 31


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("dropout_mask", CHECKS["test_each_call_draws_anew_from_the_generator"]),
        ("noisy_inputs", CHECKS["test_every_number_has_noise_of_its_own"]),
        ("random_flip", CHECKS["test_each_image_is_flipped_by_its_own_chance"]),
        ("random_contrast", CHECKS["test_contrast_factors_are_uniform_around_one"]),
        ("random_crop", CHECKS["test_rows_columns_and_images_draw_apart"]),
        ("bootstrap_indices", CHECKS["test_samples_differ_and_are_repeatable"]),
    ],
)
def test_draws_from_elsewhere_are_refused(name, check):
    """An answer that ignores its rng and draws from another generator fails, though its law is right.

    Of np.random no named mistake can say so: what it drew cannot be drawn again for the comparison.
    """
    names = (
        "dropout_mask",
        "noisy_inputs",
        "random_flip",
        "random_contrast",
        "random_crop",
        "bootstrap_indices",
    )
    space, hidden = {other: getattr(drop, other) for other in names}, np.random.default_rng(7)
    space[name] = lambda *args, rng, **settings: getattr(drop, name)(*args, rng=hidden, **settings)
    with pytest.raises(AssertionError, match="in the same state"):
        check(Proxy(LocalBackend(space)), np.random.default_rng(1))
