"""The reference of `momentum` against PyTorch and laws, its docstrings, the promises of its interface."""

import copy
import doctest

import numpy as np
import pytest
import torch

import solutions.momentum as momentum

SHAPES = {"W1": (4, 3), "b1": (3,), "W2": (3, 2, 2), "scalar": ()}
STEMS = ("momentum", "velocity", "averaged_momentum", "nesterov")
FORMS = {"plain": "momentum", "inside": "velocity", "averaged": "averaged_momentum"}


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


def walk(stem, params, grads, rates, mu):
    """The parameters after each step of `<stem>_init` and `<stem>_step`; a rate for each step, or one."""
    state, path = getattr(momentum, f"{stem}_init")(params), []
    rates = np.broadcast_to(rates, len(grads)).tolist()
    for grad, lr in zip(grads, rates, strict=True):
        params, state = getattr(momentum, f"{stem}_step")(params, grad, state, lr=lr, momentum=mu)
        path.append(params)
    return path


def torch_walk(params, grads, rates, mu, **options):
    """The same by torch.optim.SGD, in float64."""
    tensors = {key: torch.tensor(value, dtype=torch.float64) for key, value in params.items()}
    twin = torch.optim.SGD(list(tensors.values()), lr=0.1, momentum=mu, **options)
    rates, path = np.broadcast_to(rates, len(grads)).tolist(), []
    for grad, lr in zip(grads, rates, strict=True):
        twin.param_groups[0]["lr"] = lr
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


# --- Parity with PyTorch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(("stem", "options"), [("momentum", {}), ("nesterov", {"nesterov": True})])
def test_agrees_with_torch_over_300_steps(stem, options, mu):
    """Plain momentum and Nesterov equal torch's SGD within 1e-10, over many steps, shapes and sizes."""
    params, grads = probe(seed=1)
    options = options if mu else {}  # torch refuses Nesterov without momentum; then it is plain descent
    assert gap(walk(stem, params, grads, 0.02, mu), torch_walk(params, grads, 0.02, mu, **options)) < 1e-10


@pytest.mark.parametrize(("stem", "options"), [("momentum", {}), ("nesterov", {"nesterov": True})])
def test_agrees_with_torch_while_the_rate_changes(stem, options):
    """A rate that changes from step to step, zero among them, is used as torch's schedulers use it."""
    params, grads = probe(seed=2)
    rates = np.random.default_rng(3).choice([0.0, 1e-3, 0.02, 0.3], size=len(grads))
    assert (
        gap(walk(stem, params, grads, rates, 0.9), torch_walk(params, grads, rates, 0.9, **options)) < 1e-10
    )


@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_the_other_forms_are_torch_at_a_converted_rate(mu):
    """At a constant rate the inside form is torch's SGD, the averaged one at (1-μ) times its rate."""
    params, grads = probe(seed=4)
    assert gap(walk("velocity", params, grads, 0.02, mu), torch_walk(params, grads, 0.02, mu)) < 1e-10
    scaled = torch_walk(params, grads, 0.02 * (1 - mu), mu)
    assert gap(walk("averaged_momentum", params, grads, 0.02, mu), scaled) < 1e-10


def test_the_inside_form_is_not_torch_under_a_schedule():
    """Once the rate falls, the inside form rolls on at its old speed and torch's brakes at once."""
    params, grads = probe(seed=5, steps=100)
    rates = np.where(np.arange(100) < 50, 0.1, 0.01)
    ours, theirs = walk("velocity", params, grads, rates, 0.9), torch_walk(params, grads, rates, 0.9)
    assert gap(ours[:50], theirs[:50]) < 1e-10
    assert gap(ours[50:], theirs[50:]) > 1e-2


def test_the_averaged_form_is_not_torchs_dampening():
    """dampening=μ leaves the first gradient whole; what that adds to the velocity fades as μ to the t."""
    params, grads = probe(seed=6, steps=60)
    ours, theirs = (
        walk("averaged_momentum", params, grads, 0.1, 0.9),
        torch_walk(params, grads, 0.1, 0.9, dampening=0.9),
    )
    assert gap(ours, theirs) > 1e-2
    for key, g in grads[0].items():
        for t, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            surplus = 0.1 * 0.9 * g * (1 - 0.9 ** (t + 1)) / (1 - 0.9)  # a first gradient whole, not a tenth
            np.testing.assert_allclose(our[key] - their[key], surplus, rtol=1e-9, atol=1e-9)


def test_ewma_is_adams_first_moment():
    """The uncorrected average is what torch's Adam keeps as exp_avg, over 300 steps, whatever the sizes."""
    params, grads = probe(seed=7)
    tensors = {key: torch.tensor(value, dtype=torch.float64) for key, value in params.items()}
    twin, kept = torch.optim.Adam(list(tensors.values()), betas=(0.8, 0.999)), []
    for grad in grads:
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grad[key], dtype=torch.float64)
        twin.step()
        kept.append({key: twin.state[tensor]["exp_avg"].numpy().copy() for key, tensor in tensors.items()})
    averages = {key: momentum.ewma(np.stack([grad[key] for grad in grads]), beta=0.8) for key in params}
    assert gap([{key: averages[key][t] for key in params} for t in range(len(grads))], kept) < 1e-10


def rosenbrock(w):
    """A curved valley in any number of dimensions, for NumPy arrays and tensors."""
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def test_newton_is_torchs_solve_with_autograds_derivatives():
    """With autograd's derivatives, damped steps equal torch.linalg.solve's and end at zero slope."""
    w = torch.tensor([-1.2, 1.0, 0.8, 1.1], dtype=torch.float64)
    for damping in (10.0, 3.0, 1.0, 0.3, *[0.0] * 12):
        at = w.clone().requires_grad_()
        (grad,) = torch.autograd.grad(rosenbrock(at), at)
        hessian = torch.autograd.functional.hessian(rosenbrock, w)
        ours = momentum.newton_step(w.numpy(), grad.numpy(), hessian.numpy(), damping=damping)
        w = w - torch.linalg.solve(hessian + damping * torch.eye(4, dtype=torch.float64), grad)
        np.testing.assert_allclose(ours, w.numpy(), rtol=1e-10, atol=1e-10)
    at = w.clone().requires_grad_()
    (grad,) = torch.autograd.grad(rosenbrock(at), at)
    assert grad.abs().max() < 1e-9


# --- Laws ---------------------------------------------------------------------------------------------------


def quadratic(rng, n, low, high):
    axes, _ = np.linalg.qr(rng.normal(size=(n, n)))
    H = axes @ np.diag(np.geomspace(low, high, n)) @ axes.T
    return (H + H.T) / 2


def test_newton_lands_on_a_quadratics_minimum_in_one_step():
    """With curvatures from 1e-3 to 1e3 one undamped step is at the minimum; damping holds it back."""
    rng = np.random.default_rng(8)
    for n in (1, 2, 7):
        H, w, minimum = quadratic(rng, n, 1e-3, 1e3), rng.normal(size=n), rng.normal(size=n)
        grad = H @ (w - minimum)
        np.testing.assert_allclose(momentum.newton_step(w, grad, H), minimum, rtol=1e-8, atol=1e-8)
        damped = momentum.newton_step(w, grad, H, damping=1e6)
        np.testing.assert_allclose(damped, w - grad / 1e6, rtol=1e-2, atol=1e-5)


def test_newton_with_differences_for_derivatives():
    """Gradient and Hessian by central differences give the step of the exact ones to their own accuracy."""
    rng, h = np.random.default_rng(9), 1e-4
    w, steps = rng.normal(size=3), h * np.eye(3)
    grad = np.array([(rosenbrock(w + e) - rosenbrock(w - e)) / (2 * h) for e in steps])
    hessian = np.array(
        [
            [
                sum(s * t * rosenbrock(w + s * e + t * d) for s in (1, -1) for t in (1, -1)) / (4 * h * h)
                for d in steps
            ]
            for e in steps
        ]
    )
    tensor = torch.tensor(w)
    exact = torch.autograd.functional.hessian(rosenbrock, tensor).numpy()
    slope = torch.autograd.functional.jacobian(rosenbrock, tensor).numpy()
    want = momentum.newton_step(w, slope, exact)
    np.testing.assert_allclose(momentum.newton_step(w, grad, hessian), want, rtol=1e-3, atol=1e-4)


def test_the_inverse_of_an_ill_conditioned_hessian_spoils_the_step():
    """Solving leaves a residual of rounding size; the inverse's is ten thousand times as large and more."""
    rng = np.random.default_rng(10)
    for _ in range(20):
        H = quadratic(rng, 8, 1e-9, 10.0)
        grad = H @ rng.choice([-1.0, 1.0], size=8)
        solved = -momentum.newton_step(np.zeros(8), grad, H)
        inverted = np.linalg.inv(H) @ grad
        rest, other = (np.linalg.norm(H @ p - grad) for p in (solved, inverted))
        assert rest < 1e-13 and other > 1e4 * rest


def test_the_lectures_averages():
    """7.5, 4, 6, 8 at beta 0.9: 0.75, 1.075, 1.5675, 2.21075; corrected 7.5, 5.658, 5.784, 6.428."""
    xs = np.array([7.5, 4.0, 6.0, 8.0])
    np.testing.assert_allclose(momentum.ewma(xs, beta=0.9), [0.75, 1.075, 1.5675, 2.21075], rtol=1e-12)
    corrected = momentum.ewma(xs, beta=0.9, corrected=True)
    np.testing.assert_allclose(corrected, [7.5, 5.65789, 5.78413, 6.42847], rtol=1e-5)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.999])
def test_ewma_is_its_closed_form(beta):
    """v is the sum of (1-β)β^age times each value; corrected, a mean whose weights add up to one."""
    xs = np.random.default_rng(11).normal(size=(40, 2, 3)) * 10.0 ** np.arange(-6, 0).reshape(2, 3)
    plain, corrected = (momentum.ewma(xs, beta=beta, corrected=flag) for flag in (False, True))
    for t in range(1, 41):
        weights = beta ** np.arange(t - 1, -1, -1.0)
        want = np.tensordot(weights, xs[:t], axes=1)
        np.testing.assert_allclose(plain[t - 1], (1 - beta) * want, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(corrected[t - 1], want / weights.sum(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("mu", [0.0, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("source", FORMS)
@pytest.mark.parametrize("target", FORMS)
def test_a_converted_rate_walks_alike(source, target, mu):
    """Every form walks every other's path over 300 steps at the rate that convert_lr gives."""
    params, grads = probe(seed=12)
    rate = momentum.convert_lr(0.02, mu, source=source, target=target)
    want = walk(FORMS[source], params, grads, 0.02, mu)
    assert gap(walk(FORMS[target], params, grads, rate, mu), want) < 1e-10


def test_under_a_schedule_plain_and_averaged_convert_and_inside_does_not():
    """Converting each step's rate keeps plain and averaged together; the inside form parts from both."""
    params, grads = probe(seed=13, steps=50)
    rates = np.geomspace(0.1, 0.001, 50)
    averaged, inside = (
        [momentum.convert_lr(lr, 0.9, source="plain", target=target) for lr in rates]
        for target in ("averaged", "inside")
    )
    plain = walk("momentum", params, grads, rates, 0.9)
    assert gap(walk("averaged_momentum", params, grads, averaged, 0.9), plain) < 1e-10
    assert gap(walk("velocity", params, grads, inside, 0.9), plain) > 1e-2


def slope_of(rng):
    """The gradient of a surface on which all parameters depend on one another."""
    count = sum(int(np.prod(shape)) for shape in SHAPES.values())
    H, minimum = quadratic(rng, count, 1e-2, 2.0), rng.normal(size=count)
    cuts = np.cumsum([int(np.prod(shape)) for shape in SHAPES.values()])[:-1]

    def slope(params):
        flat = np.concatenate([np.ravel(params[key]) for key in SHAPES]) - minimum
        pieces = np.split(H @ flat + 0.3 * np.sin(flat), cuts)
        return {key: piece.reshape(SHAPES[key]) for key, piece in zip(SHAPES, pieces, strict=True)}

    return slope


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_both_forms_of_nesterov_are_one(mu):
    """In each update the weights of one form stand where the other one asks for its slope."""
    start, _ = probe(seed=14, steps=1)
    slope, places = slope_of(np.random.default_rng(15)), []

    def noted(params):
        places.append(params)
        return slope(params)

    ahead, here = start, start
    ahead_state, state = momentum.nesterov_lookahead_init(start), momentum.nesterov_init(start)
    for _ in range(200):
        ahead, ahead_state = momentum.nesterov_lookahead_step(ahead, noted, ahead_state, lr=0.1, momentum=mu)
        assert gap([places[-1]], [here]) < 1e-12
        here, state = momentum.nesterov_step(here, slope(here), state, lr=0.1, momentum=mu)
    assert len(places) == 200


def test_the_look_ahead_form_is_torchs_nesterov():
    """The places where the look-ahead form asks equal the iterates of torch's SGD(nesterov=True)."""
    start, _ = probe(seed=16, steps=1)
    slope, places = slope_of(np.random.default_rng(17)), []
    params, state = start, momentum.nesterov_lookahead_init(start)
    for _ in range(200):
        params, state = momentum.nesterov_lookahead_step(
            params, lambda at: places.append(at) or slope(at), state, lr=0.1, momentum=0.9
        )
    theirs = torch_walk(start, [slope(at) for at in places], 0.1, 0.9, nesterov=True)
    assert gap(theirs[:-1], places[1:]) < 1e-10


def left(lr, mu, curvatures):
    """What the slowest of these directions keeps of its distance in an update, in the long run."""
    return max(np.abs(np.linalg.eigvals([[1 + mu - lr * lam, -mu], [1.0, 0.0]])).max() for lam in curvatures)


@pytest.mark.parametrize("kappa", [1.5, 10.0, 1e4])
def test_the_best_rates_are_the_best_of_a_grid(kappa):
    """No rate, and no pair of rate and momentum, on a fine grid leaves less; what is left is as promised."""
    low, high = 0.3, 0.3 * kappa
    lr_gd, lr, mu = momentum.best_rates(low, high)
    curvatures = np.geomspace(low, high, 9)
    assert left(lr_gd, 0.0, curvatures) == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-9)
    root = np.sqrt(kappa)
    assert left(lr, mu, curvatures) == pytest.approx((root - 1) / (root + 1), rel=1e-6, abs=1e-6)
    grid = np.linspace(0.9, 1.1, 9)
    assert all(left(lr_gd * a, 0.0, curvatures) > left(lr_gd, 0.0, curvatures) for a in grid if a != 1)
    pairs = [
        left(lr * a, mu * b, curvatures) for a in grid for b in np.linspace(0.9, min(1.1, 0.9999 / mu), 9)
    ]
    assert min(pairs) > left(lr, mu, curvatures) - 1e-6


# --- The interface ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", STEMS)
def test_a_step_leaves_its_arguments_alone(stem):
    """No step changes the parameters, gradients or state that it was given, and it answers in float64."""
    params, (first, second) = probe(seed=18, steps=2)
    init, step = getattr(momentum, f"{stem}_init"), getattr(momentum, f"{stem}_step")
    before = copy.deepcopy(params)
    state = init(params)
    np.testing.assert_equal(params, before)
    params, state = step(params, first, state, lr=0.1)
    given = copy.deepcopy((params, second, state))
    once, _ = step(params, second, state, lr=0.1)
    np.testing.assert_equal((params, second, state), given)
    twice, _ = step(params, second, state, lr=0.1)
    np.testing.assert_equal(once, twice)
    assert all(value.dtype == np.float64 and value.shape == SHAPES[key] for key, value in once.items())


def test_looking_ahead_leaves_its_arguments_alone():
    """The look-ahead step changes nothing that it was given, and hands its function arrays of its own."""
    params, grads = probe(seed=19, steps=1)
    state = momentum.nesterov_lookahead_init(params)
    params, state = momentum.nesterov_lookahead_step(params, lambda _: grads[0], state, lr=0.1)
    given = copy.deepcopy((params, state))

    def greedy(at):
        for value in at.values():
            value *= 0  # even a function that spoils its argument
        return grads[0]

    after, _ = momentum.nesterov_lookahead_step(params, greedy, state, lr=0.1)
    np.testing.assert_equal((params, state), given)
    assert all(value.dtype == np.float64 and value.shape == SHAPES[key] for key, value in after.items())


def test_newton_and_ewma_leave_their_arguments_alone():
    """Neither the Hessian, damped or not, nor the series is changed."""
    rng = np.random.default_rng(20)
    H, w, g, xs = quadratic(rng, 4, 0.1, 2.0), rng.normal(size=4), rng.normal(size=4), rng.normal(size=(6, 2))
    given = copy.deepcopy((H, w, g, xs))
    momentum.newton_step(w, g, H, damping=0.5)
    assert momentum.ewma(xs, beta=0.9, corrected=True).shape == xs.shape
    np.testing.assert_equal((H, w, g, xs), given)


ONES = {"w": np.ones(2)}


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"lr": -0.1}, r"lr must be at least 0 and finite, got -0.1; 0.01 is a usual start"),
        ({"lr": float("nan")}, r"lr must be at least 0 and finite, got nan"),
        ({"momentum": 1.0}, r"momentum must lie in \[0, 1\), got 1.0; 0.9 is usual"),
        ({"momentum": -0.1}, r"momentum must lie in \[0, 1\), got -0.1"),
        ({"grads": {"a": np.ones(2)}}, r"keys of params, got \['a'\] for \['w'\]; give every parameter"),
        ({"grads": {"w": np.ones((2, 1))}}, r"shape, got \(2, 1\) for 'w' of shape \(2,\); look at"),
    ],
    ids=["lr", "nan", "momentum 1", "momentum < 0", "keys", "shape"],
)
def test_a_step_refuses_what_it_cannot_take(stem, changed, rule):
    """Hyperparameters out of range and gradients that do not fit are ValueErrors: rule, value, cure."""
    arguments = {"params": ONES, "grads": ONES, "lr": 0.1} | changed
    state = getattr(momentum, f"{stem}_init")(ONES)
    with pytest.raises(ValueError, match=rule):
        getattr(momentum, f"{stem}_step")(state=state, **arguments)


H2 = np.array([[2.0, 1.0], [1.0, 3.0]])


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: momentum.newton_step(np.ones(2), np.ones(3), H2), r"hessian \(n, n\), got \(2,\), \(3,\)"),
        (lambda: momentum.newton_step(np.ones(2), np.ones(2), H2[:1]), r"and \(1, 2\); put several"),
        (lambda: momentum.newton_step(np.ones(2), np.ones(2), np.triu(H2)), r"hessian must be symmetric"),
        (lambda: momentum.newton_step(np.ones(2), np.ones(2), np.ones((2, 2))), r"must be invertible, got"),
        (lambda: momentum.newton_step(np.ones(2), np.ones(2), -H2 / 2, damping=-1), r"damping must be at"),
        (lambda: momentum.newton_step(np.ones(1), np.ones(1), -np.eye(1), damping=1), r"inv.* another"),
        (lambda: momentum.ewma(np.ones(3), beta=1.0), r"beta must lie in \[0, 1\), got 1.0; 0.9 averages"),
        (lambda: momentum.ewma(np.ones(0), beta=0.9), r"at least one value, got the shape \(0,\); give a"),
        (lambda: momentum.ewma(np.float64(3), beta=0.9), r"at least one value, got the shape \(\)"),
        (lambda: momentum.convert_lr(0.1, 0.9, source="torch", target="plain"), r"got 'torch'; see the doc"),
        (lambda: momentum.convert_lr(0.1, 1.0, source="plain", target="plain"), r"momentum must lie in"),
        (lambda: momentum.convert_lr(-1, 0.9, source="plain", target="plain"), r"lr must be at least 0"),
        (lambda: momentum.nesterov_lookahead_step({}, dict, {}, lr=-1), r"lr must be at least 0"),
        (lambda: momentum.nesterov_lookahead_step({}, dict, {}, lr=1, momentum=1), r"momentum must lie in"),
        (lambda: momentum.best_rates(0.0, 1.0), r"0 < lam_min <= lam_max, got 0.0 and 1.0; a flat direction"),
        (lambda: momentum.best_rates(2.0, 1.0), r"0 < lam_min <= lam_max, got 2.0 and 1.0"),
        (lambda: momentum.best_rates(1.0, float("inf")), r"0 < lam_min <= lam_max"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_a_sentence(call, rule):
    """Shapes, symmetry, singular Hessians, ranges and unknown forms: the rule, the value, the cure."""
    with pytest.raises(ValueError, match=rule):
        call()


@pytest.mark.parametrize(
    "example",
    [test for test in doctest.DocTestFinder().find(momentum) if test.examples],
    ids=lambda test: test.name,
)
def test_the_docstring_example_runs(example):
    """Every example in a docstring of the reference gives what it says."""
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_graded_function_has_an_example():
    """Every public function that holds a graded body shows an example."""
    named = {test.name.split(".")[-1] for test in doctest.DocTestFinder().find(momentum) if test.examples}
    stems = (*STEMS, "nesterov_lookahead")
    asked = {f"{stem}_{part}" for stem in stems for part in ("init", "step")}
    assert named - {"walk_on_a_plane"} == asked | {"newton_step", "ewma", "convert_lr", "best_rates"}
