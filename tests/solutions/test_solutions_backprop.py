"""The reference of `backprop` against PyTorch and finite differences, its docstrings, its promises."""

import copy
import doctest
import inspect
import itertools
import math

import numpy as np
import pytest
import torch

import solutions.backprop as backprop

F = torch.nn.functional
KINDS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.3),
    "elu": lambda z: F.elu(z, 1.7),
}
PLAIN = KINDS | {"leaky_relu": F.leaky_relu, "elu": F.elu}  # with the usual slope and alpha
SHAPES = ((5, 3), (1, 4), (7, 1))  # batch, outputs


def leaf(value):
    """A float64 tensor whose gradient is asked for."""
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def agree(got, want, scale=1.0):
    """Equal within 1e-10 of the scale of the numbers; `want` may be a tensor."""
    want = want.detach().numpy() if isinstance(want, torch.Tensor) else want
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10 * scale)


def wide(rng, *shape):
    """Numbers of both signs between 1e-6 and 1e3, exact zeros among them."""
    values = rng.choice([-1.0, 1.0], size=shape) * 10.0 ** rng.uniform(-6, 3, size=shape)
    return values * (rng.random(shape) > 0.1)


# --- PyTorch ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_activations_are_torchs(kind):
    """Each activation and its derivative equal PyTorch's, from 1e-6 to 1e3 and at exactly 0."""
    rng = np.random.default_rng(1)
    z, grad_out = np.append(wide(rng, 400), [0.0, 1000.0, -1000.0]), wide(rng, 403)
    twin = leaf(z)
    out = KINDS[kind](twin)
    out.backward(torch.tensor(grad_out))
    agree(backprop.activation(z, kind, slope=0.3, alpha=1.7), out)
    agree(backprop.activation_backward(grad_out, z, kind, slope=0.3, alpha=1.7), twin.grad)


@pytest.mark.parametrize("a", [0.25, 1.5, -0.7, "each"])
def test_prelu_is_torchs(a):
    """PReLU and both its gradients equal PyTorch's, one slope or one a feature, above 1 and negative."""
    rng = np.random.default_rng(2)
    z, grad_out = wide(rng, 6, 4), wide(rng, 6, 4)
    a = np.array([0.25, 1.5, -0.7, 0.0]) if a == "each" else a
    twin, slope = leaf(z), leaf(np.atleast_1d(a))
    out = F.prelu(twin, slope)
    out.backward(torch.tensor(grad_out))
    agree(backprop.prelu(z, a), out)
    grad_z, grad_a = backprop.prelu_backward(grad_out, z, a)
    agree(grad_z, twin.grad)
    agree(grad_a, slope.grad.reshape(np.shape(a)), scale=1e6)
    assert np.shape(grad_a) == np.shape(a)


@pytest.mark.parametrize("sizes", [(6, 3, 4, 2), (1, 4, 2, 5), (5, 2, 3, 1)])
def test_maxout_is_torchs(sizes):
    """Maxout and its gradients equal those of PyTorch's maximum along an axis, ties to the lowest index."""
    n, fan_in, fan_out, k = sizes
    rng = np.random.default_rng(3)
    X, W, b = (rng.integers(-2, 3, size=shape) for shape in ((n, fan_in), (fan_in, fan_out, k), (fan_out, k)))
    X, W, b = (value.astype(float) for value in (X, W, b))  # whole numbers, so that pieces tie exactly
    grad_out = rng.normal(size=(n, fan_out))
    twins = [leaf(value) for value in (X, W, b)]
    pieces = torch.einsum("nd,doj->noj", twins[0], twins[1]) + twins[2]
    first = torch.tensor(pieces.detach().numpy().argmax(axis=2))[..., None]
    out = pieces.gather(2, first)[..., 0]
    out.backward(torch.tensor(grad_out))
    agree(backprop.maxout(X, W, b), out)
    for got, twin in zip(backprop.maxout_backward(grad_out, X, W, b), twins, strict=True):
        agree(got, twin.grad)


LOSSES = {
    "mse_loss": lambda pred, target: F.mse_loss(pred, target, reduction="sum"),
    "mae_loss": lambda pred, target: F.l1_loss(pred, target, reduction="sum"),
    "bce_with_logits": lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="sum"),
}


@pytest.mark.parametrize(("name", "shape"), list(itertools.product(LOSSES, SHAPES)))
def test_losses_are_torchs_sums_over_the_batch_size(name, shape):
    """Value and gradient equal PyTorch's sum divided by the batch, for predictions from 1e-6 to 1e3."""
    rng = np.random.default_rng(4)
    pred, target = wide(rng, *shape), wide(rng, *shape)
    target.flat[0] = pred.flat[0]
    if name == "bce_with_logits":
        target = np.round(rng.uniform(size=shape), 1)
    twin = leaf(pred)
    want = LOSSES[name](twin, torch.tensor(target)) / shape[0]
    want.backward()
    loss, grad = getattr(backprop, name)(pred, target)
    agree(loss, want, scale=abs(want.item()))
    agree(grad, twin.grad)
    assert type(loss) is float


@pytest.mark.parametrize("shape", [(7, 3), (1, 4), (6, 2)])
def test_cross_entropy_is_torchs(shape):
    """Value and gradient equal torch's cross_entropy, for logits from 1e-6 to 1e3."""
    rng = np.random.default_rng(5)
    logits, labels = wide(rng, *shape), rng.integers(shape[1], size=shape[0])
    twin = leaf(logits)
    want = F.cross_entropy(twin, torch.tensor(labels))
    want.backward()
    loss, grad = backprop.softmax_cross_entropy(logits, labels)
    agree(loss, want)
    agree(grad, twin.grad)


@pytest.mark.parametrize("size", [2, 5, 9])
def test_softmax_and_its_jacobian_are_torchs(size):
    """The Jacobian equals autograd's, its rows add up to 0, and ±1000 does no harm."""
    rng = np.random.default_rng(6)
    for z in (rng.normal(size=size), wide(rng, size), np.linspace(-1000, 1000, size)):
        agree(backprop.softmax(z), torch.softmax(leaf(z), 0))
        J = backprop.softmax_jacobian(z)
        agree(J, torch.autograd.functional.jacobian(lambda t: torch.softmax(t, 0), leaf(z)))
        np.testing.assert_allclose(J.sum(axis=1), 0.0, atol=1e-15)


@pytest.mark.parametrize("sizes", [(5, 3, 4), (1, 2, 6), (7, 1, 2)])
def test_affine_is_torchs_linear(sizes):
    """Forward and the three gradients equal torch's Linear, whose weight is the transpose."""
    n, fan_in, fan_out = sizes
    rng = np.random.default_rng(7)
    X, W, b, grad_out = (
        wide(rng, *shape) for shape in ((n, fan_in), (fan_in, fan_out), (fan_out,), (n, fan_out))
    )
    twins = leaf(X), leaf(W.T.copy()), leaf(b)
    out = F.linear(*twins)
    out.backward(torch.tensor(grad_out))
    agree(backprop.affine_forward(X, W, b), out, scale=1e6)
    grad_X, grad_W, grad_b = backprop.affine_backward(grad_out, X, W, b)
    agree(grad_X, twins[0].grad, scale=1e6)
    agree(grad_W, twins[1].grad.T, scale=1e6)
    agree(grad_b, twins[2].grad, scale=1e3)


def network(rng, *sizes):
    """Parameters of a network of these sizes."""
    params = {}
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), 1):
        params[f"W{k}"] = rng.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in)
        params[f"b{k}"] = rng.normal(size=fan_out) * 0.3
    return params


def torch_network(twins, X, activation):
    """The same network with PyTorch's pieces."""
    h, n_layers = X, len(twins) // 2
    for k in range(1, n_layers + 1):
        h = h @ twins[f"W{k}"] + twins[f"b{k}"]
        h = PLAIN[activation](h) if k < n_layers else h
    return h


@pytest.mark.parametrize(
    "sizes", [(4, 2), (3, 5, 2), (4, 3, 6, 5, 2), (2,) * 13], ids=lambda s: f"{len(s) - 1}"
)
@pytest.mark.parametrize("kind", KINDS)
def test_networks_have_autograds_gradients(kind, sizes):
    """Answer and gradients, the input's too, equal autograd's, from 1 to 12 layers, batch 1 and 6."""
    rng = np.random.default_rng(8)
    for n in (1, 6):
        params, X, grad_out = network(rng, *sizes), rng.normal(size=(n, sizes[0])), wide(rng, n, sizes[-1])
        twins, twin_X = {key: leaf(value) for key, value in params.items()}, leaf(X)
        out = torch_network(twins, twin_X, kind)
        out.backward(torch.tensor(grad_out))
        shuffled = dict(reversed(params.items()))
        agree(backprop.mlp_forward(shuffled, X, activation=kind), out)
        grads, grad_X = backprop.mlp_backward(grad_out, shuffled, X, activation=kind)
        assert grads.keys() == params.keys()
        for key, grad in grads.items():
            agree(grad, twins[key].grad, scale=1e3)
        agree(grad_X, twin_X.grad, scale=1e3)


def test_training_is_torchs_sgd():
    """100 steps of training equal torch.optim.SGD on autograd's gradients, losses included."""
    rng = np.random.default_rng(9)
    params, X, y = network(rng, 5, 8, 6, 3), rng.normal(size=(20, 5)), rng.integers(3, size=20)
    trained, losses = backprop.train_gd(params, X, y, lr=0.3, n_steps=100, activation="tanh")
    twins = {key: leaf(value) for key, value in params.items()}
    optimiser = torch.optim.SGD(twins.values(), lr=0.3)
    for loss in losses:
        want = F.cross_entropy(torch_network(twins, torch.tensor(X), "tanh"), torch.tensor(y))
        agree(loss, want)
        kept = {key: twin.detach().numpy().copy() for key, twin in twins.items()}
        optimiser.zero_grad()
        want.backward()
        optimiser.step()
    for key, value in trained.items():
        agree(value, kept[key])
    assert losses[-1] < 0.2 * losses[0]


def test_scalar_graphs_have_autograds_gradients():
    """On random graphs values and gradients of every number equal autograd's, used once or many times."""
    rng = np.random.default_rng(10)
    for _ in range(30):
        inputs = rng.uniform(0.3, 1.0, size=3).tolist()
        ops = []
        for _ in range(20):
            newest = 2 + len(ops)
            i, j = int(rng.integers(newest - 2, newest + 1)), int(rng.integers(newest + 1))
            choices = [("add", i, j), ("mul", j, i), ("tanh", i), ("relu", i), ("exp", i), ("pow", i, 2)]
            ops += [choices[rng.integers(6)], ("tanh", newest + 1)]  # tanh keeps the values in range
        values, grads = backprop.run_graph(ops, inputs)
        nodes = [leaf(value) for value in inputs]
        for name, i, *rest in ops:
            other = nodes[rest[0]] if name in {"add", "mul"} else None
            made = {
                "add": lambda a, b: a + b,
                "mul": lambda a, b: a * b,
                "pow": lambda a, _, rest=rest: a ** rest[0],
                "relu": lambda a, _: torch.relu(a),
                "tanh": lambda a, _: torch.tanh(a),
                "exp": lambda a, _: torch.exp(a),
            }[name](nodes[i], other)
            made.retain_grad()
            nodes.append(made)
        nodes[-1].backward()
        agree(values, [node.item() for node in nodes])
        agree(grads, [0.0 if node.grad is None else node.grad.item() for node in nodes])


# --- Finite differences, laws and named differences ---------------------------------------------------------


def probe(name):
    """A function of the reference as (function of one array, its gradient there, the array); all for None."""
    rng = np.random.default_rng(11)
    X, W, b, G = (rng.normal(size=shape) for shape in ((4, 3), (3, 5), (5,), (4, 5)))
    params, y = network(rng, 3, 6, 4), rng.integers(4, size=4)
    z = rng.normal(size=(4, 5))
    W3, b3 = rng.normal(size=(3, 5, 2)), rng.normal(size=(5, 2))
    logits, soft = rng.normal(size=(4, 5)), rng.uniform(size=(4, 5))
    g4 = rng.normal(size=(4, 4))
    b_ = backprop
    table = {
        "affine X": (lambda x: np.sum(G * b_.affine_forward(x, W, b)), b_.affine_backward(G, X, W, b)[0], X),
        "affine W": (lambda x: np.sum(G * b_.affine_forward(X, x, b)), b_.affine_backward(G, X, W, b)[1], W),
        "affine b": (lambda x: np.sum(G * b_.affine_forward(X, W, x)), b_.affine_backward(G, X, W, b)[2], b),
        "maxout X": (lambda x: np.sum(G * b_.maxout(x, W3, b3)), b_.maxout_backward(G, X, W3, b3)[0], X),
        "maxout W": (lambda x: np.sum(G * b_.maxout(X, x, b3)), b_.maxout_backward(G, X, W3, b3)[1], W3),
        "maxout b": (lambda x: np.sum(G * b_.maxout(X, W3, x)), b_.maxout_backward(G, X, W3, b3)[2], b3),
        "prelu z": (lambda x: np.sum(G * b_.prelu(x, b)), b_.prelu_backward(G, z, b)[0], z),
        "prelu a": (lambda x: np.sum(G * b_.prelu(z, x)), b_.prelu_backward(G, z, b)[1], b),
        "mse": (lambda x: b_.mse_loss(x, z)[0], b_.mse_loss(G, z)[1], G),
        "mae": (lambda x: b_.mae_loss(x, z)[0], b_.mae_loss(G, z)[1], G),
        "bce": (lambda x: b_.bce_with_logits(x, soft)[0], b_.bce_with_logits(logits, soft)[1], logits),
        "cross": (
            lambda x: b_.softmax_cross_entropy(x, y)[0],
            b_.softmax_cross_entropy(logits, y)[1],
            logits,
        ),
        "mlp X": (
            lambda x: np.sum(g4 * b_.mlp_forward(params, x, activation="tanh")),
            b_.mlp_backward(g4, params, X, activation="tanh")[1],
            X,
        ),
        "mlp W1": (
            lambda x: np.sum(g4 * b_.mlp_forward(params | {"W1": x}, X, activation="elu")),
            b_.mlp_backward(g4, params, X, activation="elu")[0]["W1"],
            params["W1"],
        ),
    }
    for kind in KINDS:
        table[kind] = (
            lambda x, kind=kind: np.sum(G * b_.activation(x, kind)),
            b_.activation_backward(G, z, kind),
            z,
        )
    return table if name is None else table[name]


@pytest.mark.parametrize("name", list(probe(None)))
def test_backward_agrees_with_finite_differences(name):
    """Every backward function passes the reference's own gradient check, with a relative error below 1e-7."""
    function, grad, at = probe(name)
    assert backprop.relative_error(grad, backprop.numerical_gradient(function, at)) < 1e-7


def test_numerical_gradient_falls_with_the_square_of_h():
    """Ten times smaller h, a hundred times smaller error: the differences are central."""
    x = np.array([0.3, -1.2])
    errors = [
        np.max(np.abs(backprop.numerical_gradient(lambda x: np.sum(np.exp(x)), x, h=h) - np.exp(x)))
        for h in (1e-1, 1e-2)
    ]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


def test_relative_error_is_between_zero_and_one():
    """Equal gradients have 0, opposite ones 1, and nearly zero ones next to nothing."""
    a = np.array([1e-6, -2.0, 0.0])
    assert backprop.relative_error(a, a) == 0.0
    assert backprop.relative_error(a, -a) == pytest.approx(2.0 / 2.0)
    assert backprop.relative_error(np.array([1e-14]), np.array([0.0])) == pytest.approx(1e-6)


def test_prelu_is_not_the_larger_of_two_lines():
    """max(a·z, z) is another function once a exceeds 1: it gives -1 at -1 where PReLU with 1.5 gives -1.5."""
    z = np.array([[-1.0, 2.0]])
    assert backprop.prelu(z, 1.5).tolist() == [[-1.5, 2.0]]
    assert np.maximum(1.5 * z, z).tolist() == [[-1.0, 3.0]]
    assert np.array_equal(backprop.prelu(z, 0.3), np.maximum(0.3 * z, z))


def test_torchs_mean_divides_by_the_outputs_too():
    """nn.MSELoss, L1Loss and BCEWithLogitsLoss are ours divided by the number of outputs."""
    rng = np.random.default_rng(12)
    pred, target = rng.normal(size=(5, 3)), np.round(rng.uniform(size=(5, 3)))
    for name, theirs in (("mse_loss", F.mse_loss), ("mae_loss", F.l1_loss)):
        assert getattr(backprop, name)(pred, target)[0] == pytest.approx(
            3 * theirs(leaf(pred), torch.tensor(target)).item(), rel=1e-12
        )
    theirs = F.binary_cross_entropy_with_logits(leaf(pred), torch.tensor(target)).item()
    assert backprop.bce_with_logits(pred, target)[0] == pytest.approx(3 * theirs, rel=1e-12)


def test_torchs_amax_shares_ties():
    """torch.amax gives each of two equal pieces half of the gradient; maxout gives the first all of it."""
    twin = leaf(np.zeros((1, 2)))
    torch.amax(twin, 1).sum().backward()
    assert twin.grad.tolist() == [[0.5, 0.5]]
    _, _, grad_b = backprop.maxout_backward(
        np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1, 2)), np.zeros((1, 2))
    )
    assert grad_b.tolist() == [[1.0, 0.0]]


def test_elu_keeps_its_digits():
    """Near 0 e^z - 1 would have lost most digits."""
    z = np.array([-1e-12])
    assert backprop.activation(z, "elu")[0] == pytest.approx(-1e-12, rel=1e-11, abs=0)
    assert abs((np.exp(z[0]) - 1) / -1e-12 - 1) > 1e-6


def test_nothing_warns_far_out():
    """At ±1000 no function overflows on the way, so none warns."""
    z = np.array([[-1000.0, 1000.0, 0.0]])
    for kind in KINDS:
        assert np.isfinite(backprop.activation(z, kind)).all()
        assert np.isfinite(backprop.activation_backward(z, z, kind)).all()
    assert backprop.bce_with_logits(z, 1 - (z > 0))[0] == pytest.approx(2000 + math.log(2))
    assert backprop.softmax_cross_entropy(z, np.array([0]))[0] == pytest.approx(2000)
    assert backprop.softmax(z[0]).tolist() == [0.0, 1.0, 0.0]


# --- The scalar engine --------------------------------------------------------------------------------------


def test_the_lectures_graph():
    """f = relu((x+y)z): x and y get z, z gets x + y, and all get 0 where relu is shut."""
    Scalar = backprop.Scalar
    for x, y, z, open_ in ((1.0, 2.0, 4.0, 1.0), (1.0, 2.0, -4.0, 0.0), (1.0, -1.0, 3.0, 0.0)):
        a, b, c = Scalar(x), Scalar(y), Scalar(z)
        ((a + b) * c).relu().backward()
        assert (a.grad, b.grad, c.grad) == (z * open_, z * open_, (x + y) * open_)


def test_numbers_stand_for_scalars():
    """A number may stand on either side of + and *."""
    x = backprop.Scalar(3.0)
    y = 2 + x * 4 + 5 * x + 1
    y.backward()
    assert (y.data, x.grad) == (30.0, 9.0)
    ops = [("mul", 0, 4.0), ("add", 2.0, 1), ("mul", 5.0, 0), ("add", 2, 3), ("add", 4, 1.0)]
    values, grads = backprop.run_graph(ops, [3.0])
    assert (values[-1], grads[0]) == (30.0, 9.0)


def test_doubling_a_thousand_times_is_no_walk_over_paths():
    """x + x, 400 times, has 2^400 paths and is done at once."""
    _, grads = backprop.run_graph([("add", k, k) for k in range(400)], [1.0])
    assert grads[0] == 2.0**400


def test_a_walk_over_paths_is_stopped_by_the_adapter(monkeypatch):
    """An engine that goes down every path is stopped with a sentence, in no time."""

    def backward(node, gradient=1.0):
        node.grad += gradient
        for parent, slope in node.parents:
            backward(parent, gradient * slope)

    monkeypatch.setattr(backprop.Scalar, "backward", backward)
    assert backprop.run_graph([("add", k, k) for k in range(5)], [1.0])[1][0] == 32.0
    with pytest.raises(RuntimeError, match="again and again"):
        backprop.run_graph([("add", k, k) for k in range(400)], [1.0])


def test_a_chain_of_five_hundred():
    """A chain of 500 Scalars is within the recursion that the docstring allows."""
    _, grads = backprop.run_graph([("add", k, 0) for k in range(499)], [1.0])
    assert grads[0] == 500.0


# --- Promises of the interface ------------------------------------------------------------------------------

ONE, TWO = np.ones((2, 3)), np.ones((2, 2))
PARAMS = {"W1": np.ones((3, 2)), "b1": np.ones(2), "W2": np.ones((2, 4)), "b2": np.ones(4)}
RELU = {"activation": "relu"}
REFUSED = [
    ("numerical_gradient", (np.sum, ONE), {"h": 0.0}, r"h must be greater than 0 and finite, got 0.0; 1e-5"),
    ("relative_error", (ONE, TWO), {}, r"b must have the shape \(2, 3\), got \(2, 2\)"),
    ("activation", (ONE, "gelu"), {}, r"an activation is one of sigmoid, .*, got 'gelu'; PReLU"),
    ("activation_backward", (ONE, ONE, "swish"), {}, r"an activation is one of"),
    ("activation_backward", (TWO, ONE, "relu"), {}, r"grad_out must have the shape \(2, 3\), got \(2, 2\)"),
    ("prelu", (ONE, np.ones(2)), {}, r"a must be one number or have one entry a feature, \(3,\), got \(2,\)"),
    ("prelu_backward", (ONE, ONE, np.ones((1, 3))), {}, r"a must be one number"),
    ("prelu_backward", (TWO, ONE, 0.1), {}, r"grad_out must have the shape"),
    (
        "maxout",
        (ONE, np.ones((2, 4, 5)), np.ones((4, 5))),
        {},
        r"W must have the shape \(3, 4, 5\), got \(2, ",
    ),
    (
        "maxout_backward",
        (ONE, ONE, np.ones((3, 4, 5)), np.ones((4, 5))),
        {},
        r"grad_out must have the shape \(2, 4",
    ),
    ("mse_loss", (ONE, ONE[0]), {}, r"target must have the shape \(2, 3\), got \(3,\)"),
    ("mae_loss", (ONE, TWO), {}, r"target must have"),
    ("bce_with_logits", (ONE, TWO), {}, r"targets must have the shape"),
    ("bce_with_logits", (ONE, 2 * ONE - 3), {}, r"targets must lie between 0 and 1, got -1.0 to -1.0; write"),
    ("softmax", (ONE,), {}, r"z must be one vector, got the shape \(2, 3\)"),
    ("softmax_jacobian", (ONE,), {}, r"z must be one vector"),
    ("softmax_cross_entropy", (ONE, np.array([0])), {}, r"labels must have the shape \(2,\), got \(1,\)"),
    (
        "softmax_cross_entropy",
        (ONE, np.array([0, 3])),
        {},
        r"labels must be ints from 0 to 2, got int64 from 0 to 3",
    ),
    ("softmax_cross_entropy", (ONE, np.array([-1, 0])), {}, r"labels must be ints"),
    (
        "softmax_cross_entropy",
        (ONE, np.array([0.0, 1.0])),
        {},
        r"labels must be ints from 0 to 2, got float64",
    ),
    (
        "affine_forward",
        (ONE[0], np.ones((3, 2)), np.ones(2)),
        {},
        r"X must be \(batch, fan_in\).*one example is a row",
    ),
    (
        "affine_forward",
        (ONE, np.ones((2, 2)), np.ones(2)),
        {},
        r"W must have the shape \(3, 2\), got \(2, 2\)",
    ),
    ("affine_forward", (ONE, np.ones((3, 2)), np.ones(3)), {}, r"b must have the shape \(2,\), got \(3,\)"),
    (
        "affine_backward",
        (ONE, ONE, np.ones((3, 2)), np.ones(2)),
        {},
        r"grad_out must have the shape \(2, 2\)",
    ),
    ("mlp_forward", (PARAMS, ONE), {"activation": "gelu"}, r"an activation is one of"),
    ("mlp_forward", ({}, ONE), RELU, r"params must have the keys W1, b1, … WN, bN, got \[\]"),
    ("mlp_forward", ({"W0": ONE, "b0": ONE}, ONE), RELU, r"params must have the keys .*count from 1"),
    ("mlp_forward", (PARAMS, TWO), RELU, r"W1 must have the shape \(2, 2\), got \(3, 2\)"),
    ("mlp_backward", (TWO, PARAMS, ONE), RELU, r"grad_out must have the shape \(2, 4\), got \(2, 2\)"),
    ("gd_step", ({"w": ONE}, {"v": ONE}), {"lr": 0.1}, r"grads must have the keys of params, got \['v'\]"),
    ("gd_step", ({"w": ONE}, {"w": TWO}), {"lr": 0.1}, r"the gradient of w must have the shape \(2, 3\)"),
    ("gd_step", ({"w": ONE}, {"w": ONE}), {"lr": -0.1}, r"lr must be at least 0 and finite, got -0.1; 0.1"),
    (
        "train_gd",
        (PARAMS, ONE, np.array([0])),
        {"lr": 0.1, "n_steps": 1} | RELU,
        r"y must have the shape \(2,\)",
    ),
    (
        "train_gd",
        (PARAMS, ONE, np.array([0, 1])),
        {"lr": 0.1, "n_steps": -1} | RELU,
        r"n_steps must be at least 0",
    ),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "rule"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_does_not_fit_is_refused(name, args, kwargs, rule):
    """Shapes, keys and settings that do not fit are a ValueError with the rule, the value and the cure."""
    with pytest.raises(ValueError, match=rule) as caught:
        getattr(backprop, name)(*args, **kwargs)
    assert ";" in str(caught.value)


def test_an_exponent_must_be_a_number():
    """A Scalar as exponent, and 0, are refused."""
    x = backprop.Scalar(2.0)
    for c in (x, 0):
        with pytest.raises(ValueError, match="an exponent must be a number other than 0"):
            x**c


def calls():
    """One ordinary call of every function: name, arguments, keywords."""
    rng = np.random.default_rng(13)
    z, G, W, b = (rng.normal(size=shape) for shape in ((4, 3), (4, 3), (3, 5), (5,)))
    W3, b3, G5 = rng.normal(size=(3, 5, 2)), rng.normal(size=(5, 2)), rng.normal(size=(4, 5))
    params, y = network(rng, 3, 6, 4), rng.integers(3, size=4)
    yield "numerical_gradient", (lambda x: float(np.sum(x**2)), z), {}
    yield "relative_error", (z, G), {}
    for kind in KINDS:
        yield "activation", (z, kind), {}
        yield "activation_backward", (G, z, kind), {}
    yield "prelu", (z, b[:3]), {}
    yield "prelu_backward", (G, z, b[:3]), {}
    yield "maxout", (z, W3, b3), {}
    yield "maxout_backward", (G5, z, W3, b3), {}
    yield "mse_loss", (z, G), {}
    yield "mae_loss", (z, G), {}
    yield "bce_with_logits", (z, np.round(np.abs(np.tanh(G)))), {}
    yield "softmax", (b,), {}
    yield "softmax_jacobian", (b,), {}
    yield "softmax_cross_entropy", (z, y), {}
    yield "affine_forward", (z, W, b), {}
    yield "affine_backward", (G5, z, W, b), {}
    yield "mlp_forward", (params, z), RELU
    yield "mlp_backward", (rng.normal(size=(4, 4)), params, z), RELU
    yield "gd_step", (params, network(rng, 3, 6, 4)), {"lr": 0.1}
    yield "train_gd", (params, z, y), {"lr": 0.1, "n_steps": 3} | RELU
    yield "run_graph", ([("mul", 0, 1), ("exp", 2)], [1.0, 2.0]), {}


@pytest.mark.parametrize(
    ("name", "args", "kwargs"), list(calls()), ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_call_changes_nothing_and_says_the_same_again(name, args, kwargs):
    """No function changes its arguments, and the same call gives the same answer."""
    function, given = getattr(backprop, name), copy.deepcopy(args)
    once = function(*args, **kwargs)
    np.testing.assert_equal([a for a in args if not callable(a)], [a for a in given if not callable(a)])
    np.testing.assert_equal(function(*args, **kwargs), once)


def test_every_function_is_called_above():
    """The list of calls holds every public function but the given checks and the alias."""
    public = {name for name, value in vars(backprop).items() if inspect.isfunction(value)}
    assert public - {name for name, _, _ in calls()} == {name for name in public if name[:6] == "check_"} | {
        "activate"
    }


@pytest.mark.parametrize(
    "example",
    [test for test in doctest.DocTestFinder().find(backprop) if test.examples],
    ids=lambda test: test.name,
)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_graded_function_has_an_example():
    """Every function that holds a graded body shows an example, and so does the scalar engine."""
    named = {test.name.split(".")[-1] for test in doctest.DocTestFinder().find(backprop) if test.examples}
    public = {name for name, value in vars(backprop).items() if inspect.isfunction(value)}
    assert named == {name for name in public if name[:6] != "check_"} - {"activate"} | {"Scalar"}
