"""Hidden checks of `momentum`: Newton's step, averages, three forms of momentum, two of Nesterov's method."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.calls.proxy import PerStep
from autograder.checks.probes import moves, rate_scales_each_step, run_of, weights_do_not_meet
from autograder.checks.probes_momentum import ahead, bowl, slowest, valley

FORMS = {"plain": "momentum", "inside": "velocity", "averaged": "averaged_momentum"}
STEMS = (*FORMS.values(), "nesterov")


def each(*stems, weight=1, **weights):
    """Run a check for several optimisers, as a check of each one's exercise; ``weights`` are single ones'."""
    weights = dict.fromkeys(stems, weight) | weights
    cases = [
        pytest.param(stem, marks=pytest.mark.exercise(f"{stem}_step", weight=own), id=stem)
        for stem, own in weights.items()
    ]
    return pytest.mark.parametrize("stem", cases)


def numbers(rng, low, high, count):
    return [float(x) for x in rng.uniform(low, high, size=count)]


# --- Newton's step ------------------------------------------------------------------------------------------


@pytest.mark.exercise("newton_step", weight=2)
def test_one_step_lands_in_the_minimum(student, rng):
    """On a quadratic bowl of any shape and orientation one step lands in the minimum."""
    for n in (1, 2, 5):
        H, w, minimum = bowl(rng, rng.uniform(0.2, 5.0, size=n)), rng.normal(size=n), rng.normal(size=n)
        assert close(student.newton_step(w, H @ (w - minimum), H), minimum, rtol=1e-8, atol=1e-9), (
            "The step does not land in the minimum of a quadratic. Solve H p = g for p, with all of H, and "
            "take p off w."
        )


@pytest.mark.exercise("newton_step")
def test_saddles_and_maxima_are_stationary_too(student, rng):
    """Where curvatures are negative the step goes to the stationary point all the same, uphill if need be."""
    for curvatures in ([-1.5, 0.7, 2.0, -0.4], [-0.5, -3.0, -1.0]):
        H, w = bowl(rng, curvatures), rng.normal(size=len(curvatures))
        point = rng.normal(size=len(curvatures))
        assert close(student.newton_step(w, H @ (w - point), H), point, rtol=1e-8, atol=1e-9), (
            "At a saddle or a maximum the step does not go to the point of zero gradient. Newton's step "
            "solves for that point whatever the signs of the curvatures are."
        )


@pytest.mark.exercise("newton_step", weight=2)
def test_damping_is_added_to_the_diagonal(student, reference, rng):
    """Damping is added, as it is, to each diagonal entry of the Hessian and to no other."""
    H, w, grad = bowl(rng, [0.5, 1.0, 3.0, 4.0]), rng.normal(size=4), rng.normal(size=4)
    for damping in numbers(rng, 0.3, 3.0, 3):
        got = student.newton_step(w, grad, H, damping=damping)
        assert close(got, reference.newton_step(w, grad, H, damping=damping)), (
            "With damping the step is another one than that of H + δI. Which entries of H does δ belong to, "
            "is it added, and is it added as it is?"
        )


@pytest.mark.exercise("newton_step")
def test_damping_cures_a_singular_hessian(student, rng):
    """Where the Hessian is flat, a damped step goes along the gradient, over the damping."""
    H, damping = np.outer(u := rng.normal(size=4), u), float(rng.uniform(0.5, 1.5))
    w, grad = rng.normal(size=4), rng.normal(size=4)
    along = (u @ grad) / (u @ u) * u
    want = w - along / (u @ u + damping) - (grad - along) / damping
    assert close(student.newton_step(w, grad, H, damping=damping), want), (
        "This Hessian has one curvature and is flat otherwise; with damping the system has a solution, and "
        "the step is not that. Is the damping in the matrix before it is solved?"
    )


@pytest.mark.exercise("newton_step")
def test_the_step_does_not_depend_on_units(student, rng):
    """In other coordinates, stretched, turned and moved, the step leads to the same point."""
    n = 3
    H, w, grad = bowl(rng, [0.5, 1.0, 4.0]), rng.normal(size=n), rng.normal(size=n)
    A, shift = rng.normal(size=(n, n)) + 3 * np.eye(n), rng.normal(size=n)  # new coordinates: A w + shift
    back = np.linalg.inv(A)
    moved = student.newton_step(w, grad, H)
    again = student.newton_step(A @ w + shift, back.T @ grad, back.T @ H @ back)
    assert not close(moved, w) and close(again, A @ moved + shift, rtol=1e-7, atol=1e-8), (
        "The same problem in other units gives another step. That is what sets Newton's step apart from "
        "descent: curvature and gradient change together. Is the whole of H used?"
    )


@pytest.mark.exercise("newton_step")
def test_the_system_is_solved(student, rng):
    """With curvatures of very different size the step still solves its linear system to rounding."""
    H, w = bowl(rng, np.geomspace(1e-9, 10.0, 8)), np.zeros(8)
    grad = H @ rng.choice([-1.0, 1.0], size=8)  # large only where the curvature is
    p = w - student.newton_step(w, grad, H)
    assert np.linalg.norm(p) > 0.1 and np.linalg.norm(H @ p - grad) < 1e-11 * np.linalg.norm(grad), (
        "Put into H p = g the step leaves a residual far above rounding. That is what the inverse of a "
        "Hessian with very different curvatures does: solve the system instead."
    )


# --- EWMA ---------------------------------------------------------------------------------------------------


@pytest.mark.exercise("ewma", weight=2)
@pytest.mark.parametrize("corrected", [False, True], ids=["uncorrected", "corrected"])
def test_the_average_follows_the_recursion(student, reference, rng, corrected):
    """Series of several lengths and shapes are averaged along their first axis."""
    for shape, beta in (((12,), 0.9), ((7, 3), 0.6), ((1,), 0.99), ((5, 2, 2), 0.3)):
        xs, beta = 5 + rng.normal(size=shape), beta + float(rng.uniform(-0.01, 0.005))
        got = student.ewma(xs, beta=beta, corrected=corrected)
        assert close(got, reference.ewma(xs, beta=beta, corrected=corrected)), (
            "The averages are others. Write the recursion down with v = 0 before the first value; t is 1 at "
            "the first value, and what is corrected is what is returned, not what the recursion goes on with."
        )


@pytest.mark.exercise("ewma", weight=2)
def test_a_single_value_fades(student, rng):
    """One value among zeros comes in with the weight 1-β and fades by β at each step after it."""
    n, place, beta, size = 9, int(rng.integers(2, 5)), float(rng.uniform(0.5, 0.8)), float(rng.uniform(2, 5))
    xs = np.zeros(n)
    xs[place] = size
    age = np.arange(n) - place
    want = np.where(age >= 0, (1 - beta) * beta ** np.maximum(age, 0.0) * size, 0.0)
    assert close(student.ewma(xs, beta=beta), want), (
        "A single value among zeros should come in with the weight 1-β and then lose the share 1-β of what "
        "is left at each step, for ever. How long is the memory, and which weight belongs to what is new?"
    )


@pytest.mark.exercise("ewma")
def test_a_constant_series_shows_the_start(student, rng):
    """On a constant series the average comes up to it from zero; corrected, it is right at once."""
    level, beta, n = float(rng.uniform(2, 5)), float(rng.uniform(0.8, 0.95)), 15
    xs = np.full(n, level)
    assert close(student.ewma(xs, beta=beta), level * (1 - beta ** np.arange(1, n + 1))), (
        "On a constant series the plain average starts far too low and comes up as 1 - βᵗ. Does the "
        "recursion start at zero, and is the correction left out where it is not asked for?"
    )
    assert close(student.ewma(xs, beta=beta, corrected=True), xs), (
        "On a constant series the corrected average is that constant from the first value on: what have the "
        "weights handed out until t added up to?"
    )


@pytest.mark.exercise("ewma")
def test_corrected_averages_are_weighted_means(student, rng):
    """A corrected average is a mean whose weights fall by β with every value of age and add up to one."""
    xs, beta = rng.normal(size=(10, 2)), float(rng.uniform(0.6, 0.85))
    weights = beta ** np.arange(9, -1, -1.0)
    want = np.array([np.average(xs[:t], axis=0, weights=weights[-t:]) for t in range(1, 11)])
    assert close(student.ewma(xs, beta=beta, corrected=True), want), (
        "The corrected averages are no weighted means of the values so far. The correction is made for the "
        "answer alone, with the power of β that belongs to this value."
    )


# --- Momentum in three forms, and Nesterov's from the gradient at hand --------------------------------------


@each(*STEMS, weight=2)
def test_the_weights_follow_the_formula(student, reference, rng, stem):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    params, grads = run_of(rng, steps=8)
    momentum = float(rng.uniform(0.6, 0.8))
    got = student.trajectory(stem, params, grads, lr=0.05, momentum=momentum)
    assert close(got, reference.trajectory(stem, params, grads, lr=0.05, momentum=momentum), atol=1e-10), (
        "After several updates the weights are elsewhere. Write the docstring's two formulas in their order, "
        "one line each: what is multiplied by μ, what by the rate, and which velocity moves the weights?"
    )


@each(*STEMS)
def test_a_push_fades(student, rng, stem):
    """After a single push each step is μ times the one before: the weights coast, slower and slower."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 10.0), zeros=False)
    nothing = {key: np.zeros_like(value) for key, value in params.items()}
    lr, mu, n = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 0.8)), 6
    path = student.trajectory(stem, params, [grads[0]] + [nothing] * (n - 1), lr=lr, momentum=mu)
    factors = mu ** np.arange(n)
    if stem == "averaged_momentum":
        factors = (1 - mu) * factors
    if stem == "nesterov":
        factors = np.where(np.arange(n) == 0, 1 + mu, mu * factors)
    want = [{key: -lr * factor * g for key, g in grads[0].items()} for factor in factors]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "One gradient, and then none: look at the length of the first step, and at what is left of it in "
        "each that follows. The velocity must outlive the update, and lose the same share in each."
    )


@each(*STEMS)
def test_a_steady_slope_gives_a_steady_speed(student, rng, stem):
    """While the gradient stays the same, steps grow towards a last length that μ and the form determine."""
    params, grads = run_of(rng, steps=3, sizes=(0.1, 1e3), zeros=False)
    lr, mu, n = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.3, 0.6)), 60
    path = student.trajectory(stem, params, [grads[0]] * n, lr=lr, momentum=mu)
    last = 1.0 if stem == "averaged_momentum" else 1 / (1 - mu)
    want = {key: -lr * last * g for key, g in grads[0].items()}
    assert close(moves(params, path)[-1], want, rtol=1e-6, atol=1e-7), (
        "After many equal gradients the step has another length than it should. In the long run the velocity "
        "is a number that its own formula gives back: put it in on both sides, and solve."
    )


@each("momentum", "averaged_momentum", "nesterov", weight=2)
def test_each_step_takes_its_own_rate(student, rng, stem):
    """A learning rate that changes between steps scales just the step that it is given to."""
    assert rate_scales_each_step(student, stem, rng, momentum=0.7), (
        "The same gradients with other learning rates: each step should be that step's lr times the same "
        "vector. The state must hold nothing that lr has touched."
    )


@pytest.mark.exercise("velocity_step", weight=2)
def test_a_gradient_keeps_the_rate_of_its_update(student, rng):
    """A learning rate that changes scales the gradients that come with it, and nothing that already rolls."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0), zeros=False)
    rates, mu = numbers(rng, 0.1, 1.0, 5), float(rng.uniform(0.5, 0.8))
    path = student.trajectory("velocity", params, grads, lr=PerStep(rates), momentum=mu)
    want = [
        {key: -sum(mu ** (t - i) * rates[i] * grads[i][key] for i in range(t + 1)) for key in params}
        for t in range(5)
    ]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "With a rate that changes, each gradient should keep the rate of its own update, however long it "
        "still rolls. Is the rate inside the velocity, and only there?"
    )


@each(*STEMS)
def test_momentum_may_change(student, reference, rng, stem):
    """Momentum that changes between steps is that of the update it is given to; with zero it is descent."""
    params, grads = run_of(rng, steps=6, sizes=(0.1, 10.0), zeros=False)
    momenta = [*numbers(rng, 0.3, 0.8, 4), 0.0, float(rng.uniform(0.3, 0.8))]
    got, want = (
        side.trajectory(stem, params, grads, lr=0.2, momentum=PerStep(momenta))
        for side in (student, reference)
    )
    assert close(got, want, rtol=1e-7, atol=1e-8), (
        "With a momentum of its own for every update the weights are elsewhere. Is it the momentum of the "
        "call that is used, in every place, and is it not kept in the state?"
    )


@each(*STEMS)
def test_parameters_do_not_meet(student, rng, stem):
    """A parameter's path does not depend on which others stand beside it."""
    assert weights_do_not_meet(student, stem, rng, lr=0.05, momentum=0.8), (
        "A parameter walked otherwise beside a second one than alone. Each number needs a velocity of its "
        "own."
    )


# --- Converting rates ---------------------------------------------------------------------------------------


@pytest.mark.exercise("convert_lr")
@pytest.mark.parametrize("source", ["plain", "inside"])
def test_rates_for_the_averaged_form(student, rng, source):
    """From the plain or the inside form to the averaged one a rate grows by what a mean takes in less."""
    for lr, mu in zip(numbers(rng, 0.01, 1.0, 4), numbers(rng, 0.1, 0.95, 4), strict=True):
        assert close(student.convert_lr(lr, mu, source=source, target="averaged"), lr / (1 - mu)), (
            "The averaged form takes in only a share of each gradient. How much larger must its rate be, so "
            "that a gradient moves the weights as far?"
        )


@pytest.mark.exercise("convert_lr")
@pytest.mark.parametrize("target", ["plain", "inside"])
def test_rates_from_the_averaged_form(student, rng, target):
    """From the averaged form to the others a rate falls by the share that a mean takes in."""
    for lr, mu in zip(numbers(rng, 0.01, 1.0, 4), numbers(rng, 0.1, 0.95, 4), strict=True):
        assert close(student.convert_lr(lr, mu, source="averaged", target=target), lr * (1 - mu)), (
            "The other two forms take in each gradient whole. How much smaller must their rate be than that "
            "of the averaged form?"
        )


@pytest.mark.exercise("convert_lr", weight=3)
def test_converted_rates_walk_alike(student, reference, rng):
    """At the converted rate every form walks the path of every other, and of itself."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0), zeros=False)
    lr, mu = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.6, 0.9))
    for source, stem in FORMS.items():
        want = reference.trajectory(stem, params, grads, lr=lr, momentum=mu)
        for target, other in FORMS.items():
            rate = student.convert_lr(lr, mu, source=source, target=target)
            # no trajectory takes a rate that is negative or not finite
            assert 0 <= rate < np.inf and close(
                reference.trajectory(other, params, grads, lr=rate, momentum=mu), want, rtol=1e-7, atol=1e-8
            ), (
                "Two forms, each at its rate, part ways. Go over all nine pairs: which pairs take the same "
                "rate, and between which does a factor stand?"
            )


@pytest.mark.exercise("convert_lr")
def test_there_and_back(student, rng):
    """A rate converted to the averaged form and back is what it was, and was another in between."""
    lr, mu = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.3, 0.9))
    for form in ("plain", "inside"):
        there = student.convert_lr(lr, mu, source=form, target="averaged")
        assert not close(there, lr), "A mean takes in less of each gradient: its rate is another one."
        assert close(student.convert_lr(there, mu, source="averaged", target=form), lr), (
            "There and back is not where it was: the two ways undo each other."
        )


# --- Nesterov by looking ahead ------------------------------------------------------------------------------


@pytest.mark.exercise("nesterov_lookahead_step", weight=2)
def test_the_weights_follow_the_slope_ahead(student, reference, rng):
    """On a surface where every slope depends on all parameters the weights follow the formula."""
    start, slope = valley(rng)
    rates, momenta = [float(rng.uniform(0.2, 0.4))] * 6, [float(rng.uniform(0.6, 0.8))] * 6
    got, want = (ahead(side, start, slope, rates, momenta)[0] for side in (student, reference))
    assert close(got, want), (
        "After several updates the weights are elsewhere. Take the formulas in their order: where is the "
        "slope taken, what does the new velocity consist of, and where does the step start?"
    )


@pytest.mark.exercise("nesterov_lookahead_step", weight=2)
def test_the_slope_is_asked_for_once_and_ahead(student, reference, rng):
    """Each update asks for the slope once, where the old velocity alone would carry all the parameters."""
    start, slope = valley(rng)
    rates, momenta = [float(rng.uniform(0.2, 0.4))] * 4, [float(rng.uniform(0.6, 0.8))] * 4
    got, want = (ahead(side, start, slope, rates, momenta)[1] for side in (student, reference))
    assert all(len(places) == 1 for places in got), (
        "An update asks for the slope more than once, or not at all. Move all parameters ahead, ask once, "
        "then use the answer for all of them."
    )
    assert close(got, want), (
        "The slope is asked for at another place than w + μv. Which velocity is it, the old or the new, how "
        "much of it, and does it carry all parameters before the slope is taken?"
    )


@pytest.mark.exercise("nesterov_lookahead_step")
def test_the_places_asked_at_walk_as_the_other_form(student, reference, rng):
    """The places where slopes are taken are the weights of the form that takes them where it stands."""
    start, slope = valley(rng)
    lr, mu = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.6, 0.8))
    _, places = ahead(student, start, slope, [lr] * 5, [mu] * 5)
    here, state, want = start, reference.nesterov_init(start), []
    for _ in range(5):
        want.append([here])
        here, state = reference.nesterov_step(here, slope(here), state, lr=lr, momentum=mu)
    assert close(places, want, rtol=1e-8), (
        "Both forms of Nesterov's method should take their slopes at the same places, update by update. Look "
        "at the first place, then at how the second comes about."
    )


@pytest.mark.exercise("nesterov_lookahead_step", weight=2)
def test_rates_and_momenta_are_those_of_the_call(student, reference, rng):
    """Where rate and momentum change between updates, each update uses its own."""
    start, slope = valley(rng)
    rates, momenta = numbers(rng, 0.05, 0.4, 5), [*numbers(rng, 0.3, 0.8, 3), 0.0, 0.5]
    got, want = (ahead(side, start, slope, rates, momenta)[0] for side in (student, reference))
    assert close(got, want), (
        "With rates and momenta that change the weights are elsewhere. The velocity is the step itself, so a "
        "gradient keeps the rate of its update; momentum is that of the call, in both of its places."
    )


@pytest.mark.exercise("nesterov_lookahead_step")
def test_where_slopes_are_everywhere_the_same(student, rng):
    """On planes, with one slope everywhere, looking ahead changes nothing: pushes add up and fade."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    lr, mu = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 0.8))
    planes = [lambda at, grad=grad: grad for grad in grads]
    path, _ = ahead(student, params, planes, [lr] * 4, [mu] * 4)
    want = [
        {key: -lr * sum(mu ** (t - i) * grads[i][key] for i in range(t + 1)) for key in params}
        for t in range(4)
    ]
    assert close(moves(params, path), want, rtol=1e-7, atol=1e-9), (
        "On a plane it does not matter where the slope is taken, and each step should be the sum of all "
        "pushes so far, faded. Does the velocity keep what it was, and does the step start from w?"
    )


# --- The best rates -----------------------------------------------------------------------------------------

BOUNDS = [(0.4, 2.0), (1.0, 100.0), (3.0, 50.0)]


def bounds(rng):
    return [(low * float(rng.uniform(0.8, 1.2)), high * float(rng.uniform(0.9, 1.5))) for low, high in BOUNDS]


@pytest.mark.exercise("best_rates")
def test_descent_is_equally_slow_at_both_ends(student, rng):
    """By descent's best rate the flattest and the steepest direction shrink alike, one of them to and fro."""
    for low, high in bounds(rng):
        rate = student.best_rates(low, high)[0]
        assert close(1 - rate * low, -(1 - rate * high), rtol=1e-8), (
            "At descent's best rate the factors 1 - ηλ of the two ends are equal but for their sign: a "
            "larger rate overshoots more at the steep end, a smaller one is slower at the flat end."
        )


@pytest.mark.exercise("best_rates", weight=2)
def test_momentum_is_critically_damped_at_both_ends(student, rng):
    """At momentum's best pair both ends are just about to swing: their recursions have double roots."""
    for low, high in bounds(rng):
        _, lr, mu = student.best_rates(low, high)
        root = 2 * np.sqrt(max(mu, 0.0))
        assert 0 < mu < 1 and close((1 + mu - lr * low, 1 + mu - lr * high), (root, -root), rtol=1e-7), (
            "Along curvature λ momentum's recursion is z² - (1 + μ - ηλ)z + μ = 0. At the best pair it has a "
            "double root for both bounds, of opposite signs. Check the roots and the squares in your two "
            "formulas."
        )


@pytest.mark.exercise("best_rates")
def test_no_pair_beside_it_is_faster(student, rng):
    """Neither more nor less of the rate, nor of momentum, leaves less of the slowest direction."""
    for low, high in bounds(rng):
        _, lr, mu = student.best_rates(low, high)
        best = slowest(lr, mu, low, high)
        beside = [
            slowest(lr * a, mu * b, low, high) for a in (0.95, 1.0, 1.05) for b in (0.97, 1.0, 1.03) if a != b
        ]
        assert 0 < best < 1 and all(best < other for other in beside), (
            "With a little more or less of the rate or of momentum the slowest direction gets faster: this "
            "pair is not the best one. Is it the pair for the plain form?"
        )


@pytest.mark.exercise("best_rates")
def test_rates_have_the_unit_of_one_over_curvature(student, rng):
    """With every curvature a hundred times as large both rates are a hundredth, and momentum stays."""
    (low, high), factor = bounds(rng)[1], 100.0
    first, second = (student.best_rates(low * scale, high * scale) for scale in (1.0, factor))
    want = (first[0] / factor, first[1] / factor, first[2])
    assert min(first) > 0 and close(second, want), (
        "Stretch the surface: curvatures grow by a factor, and rates must shrink by it, while momentum is a "
        "mere number. Which of your three formulas does not scale so?"
    )


@pytest.mark.exercise("best_rates")
def test_a_round_bowl_needs_no_momentum(student, rng):
    """Where all curvatures are equal both rates are one over the curvature, and momentum is zero."""
    for lam in numbers(rng, 0.2, 5.0, 3):
        assert close(student.best_rates(lam, lam), (1 / lam, 1 / lam, 0.0)), (
            "In a round bowl one step of descent arrives: both rates are one over the curvature, and what "
            "rolls on would only overshoot."
        )


@pytest.mark.exercise("best_rates", weight=2)
def test_the_three_rates_are_polyaks(student, reference, rng):
    """For narrow and for wide valleys the three numbers are those of the docstring."""
    for low, high in [*bounds(rng), (1e-4, float(rng.uniform(1.0, 10.0)))]:
        assert close(student.best_rates(low, high), reference.best_rates(low, high)), (
            "One of the three numbers is another than the docstring's. Take them one by one for curvatures "
            "whose roots are whole, by hand."
        )
