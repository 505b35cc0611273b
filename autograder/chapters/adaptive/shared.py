"""Hidden checks of `adaptive` that several optimisers share, each a check of every one's exercise."""

import numpy as np

from autograder.checking import close

from ..shared import (
    SHAPES,
    TWO_RUNS,
    each,
    from_other_places,
    moves,
    names_and_shapes_do_not_matter,
    numbers_do_not_meet,
    rate_scales_each_step,
    run_of,
    set_anew,
    two_runs_do_not_meet,
    weights_do_not_meet,
)


@each("rprop", "adagrad", "adam", "adamax")
def test_the_first_step_is_lr_long(student, rng, stem):
    """The first step moves every weight by lr against its gradient, be it large or small."""
    params, grads = run_of(rng, steps=3, sizes=(0.01, 1e3), zeros=False)
    lr = float(rng.uniform(0.05, 0.2))
    first = moves(params, student.trajectory(stem, params, grads[:1], lr=lr))[0]
    want = {key: -lr * np.sign(grads[0][key]) for key in params}
    assert close(first, want, rtol=1e-4), (
        "The first step does not move every weight by lr against its gradient. Put the initial state into "
        "the text's formulas: the size of g cancels, and lr is left. What does the state start from, "
        "what divides g, and which sign does the step have?"
    )


EPS = {"adagrad": 1e-10, "adadelta": 1e-6}  # the default, where it is not that of the others
MANY = {"rprop": 22, "quickprop": 22, "rmsprop": 54, "adadelta": 54}  # a long walk's steps, where not 102


def one_vector(rng, **options):
    """A start and a row of gradients for each step: those of `run_of`, as one parameter."""
    params, grads = run_of(rng, **options)
    return in_a_row(params), np.array([in_a_row(grad) for grad in grads])


def in_a_row(arrays):
    """All numbers of the three parameters."""
    return np.concatenate([np.ravel(arrays[key]) for key in SHAPES])


def walked(student, stem, start, slopes, **hyper):
    """The places of a single parameter after each step, a row for each."""
    path = student.trajectory(stem, {"w": start}, [{"w": row} for row in slopes], **hyper)
    return np.array([step["w"] for step in path])


def by_sums(stem, start, g, *, lr, betas=(0.9, 0.999), rho=None, eps=None, weight_decay=None):
    """What `walked` should give, by sums over all steps at once, which is cheaper than step by step."""
    t, eps = np.arange(1, len(g) + 1)[:, None], EPS.get(stem, 1e-8) if eps is None else eps
    (one, two), rho = betas, (0.9 if stem == "adadelta" else 0.99) if rho is None else rho

    def fading(beta):
        return np.tril(float(beta) ** np.abs(t - t.T))

    def leaky(values, beta):
        return (1 - beta) * fading(beta) @ values

    if stem == "quickprop":  # where each slope is half of the last one, r is 1
        moves = np.cumsum(g, axis=0)
    elif stem == "rprop":  # where signs stay
        moves = np.sign(g) * 1.2 ** (t - 1)
    elif stem == "adagrad":
        moves = g / (np.sqrt(np.cumsum(g**2, axis=0)) + eps)
    elif stem == "rmsprop":
        moves = g / (np.sqrt(leaky(g**2, rho)) + eps)
    elif stem == "adadelta":
        v, u, moves = leaky(g**2, rho), 0.0, np.zeros_like(g)
        for i, slope in enumerate(g):
            moves[i] = np.sqrt(u + eps) / np.sqrt(v[i] + eps) * slope
            u = rho * u + (1 - rho) * moves[i] ** 2
    elif stem == "adamax":
        u = np.max(fading(two)[:, :, None] * (np.abs(g) + eps), axis=1)
        moves = leaky(g, one) / (1 - one**t) / u
    else:
        mean, root = leaky(g, one) / (1 - one**t), np.sqrt(leaky(g**2, two) / (1 - two**t))
        if stem == "nadam":
            mean = one * leaky(g, one) / (1 - one ** (t + 1)) + (1 - one) * g / (1 - one**t)
        moves = mean / (root + eps)
    rates = np.broadcast_to(np.reshape(lr, (-1, 1)), (len(g), 1))
    decay = (0.01 if stem == "adamw" else 0.0) if weight_decay is None else weight_decay
    left = np.cumprod(1 - rates * decay, axis=0)
    return left * (start - np.cumsum(rates * moves / left, axis=0))


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw", weight=3)
def test_the_weights_follow_the_formula(student, reference, rng, stem):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    params, grads = run_of(rng, steps=6, sizes=(1e-11, 1e3))
    for number, grad in enumerate(grads):
        grad["c"] = grad["c"] * np.array([1.0, 1e120, 1.0, 1.0])
        grad["b"] = grad["b"] * (number > 1)  # a parameter that rests at first
    hyper = {"weight_decay": 0.4} if stem == "adamw" else {}
    path = student.trajectory(stem, params, grads, lr=0.05, **hyper)
    if stem in ("rprop", "quickprop"):
        want = [in_a_row(step) for step in reference.trajectory(stem, params, grads, lr=0.05)]
    else:
        slopes = np.array([in_a_row(grad) for grad in grads])
        want = by_sums(stem, in_a_row(params), slopes, lr=0.05, **hyper)
    assert close(np.array([in_a_row(step) for step in path]), np.array(want), atol=1e-10), (
        "After a few updates the weights are elsewhere. Write the contract's formulas in their order, one "
        "line each, and compare every symbol: what is kept in the state, what is used old and what new, "
        "where ε stands. Are the defaults those of the signature? Does a memory that leaks do so where the "
        "gradient is zero, too, and is such an update counted? Nothing is cut off, be it huge or tiny: is "
        "everything kept in double precision?"
    )
    start, few, many = params["c"], np.array([grad["c"] for grad in grads]), MANY.get(stem, 102)
    slopes = np.resize(0.1 * few, (many, 4))
    slopes[:6] = few  # larger than all that come after them, so that a memory outlives them
    if stem in ("rprop", "quickprop"):
        slopes = start * 0.5 ** np.arange(many)[:, None]
    want = by_sums(stem, start, slopes, lr=0.05, **hyper)
    assert close(walked(student, stem, start, slopes, lr=0.05, **hyper), want, atol=1e-10), (
        "After many updates the weights are elsewhere, though they may not be after a few. Every update "
        "follows the same formulas, however many came before it: is something counted, corrected or "
        "remembered for a while only, or does it begin anew?"
    )


@each("adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_eps_stands_where_the_docstring_puts_it(student, rng, stem):
    """Where gradients are as small as eps, it shortens steps from the place that the text gives it."""
    start, slopes = one_vector(rng, steps=4, sizes=(1e-5, 1e-2), zeros=False)
    eps = float(10 ** rng.uniform(-3.5, -2.5))
    corrected = stem in ("adam", "nadam")
    whose = " Is it added to the root of v as it is, or of the corrected v?" if corrected else ""
    if stem == "rmsprop":
        whose = " A form without (1-rho) needs another eps, as it needs another rate."
    got = walked(student, stem, start, slopes, lr=0.5, eps=eps)
    assert close(got, by_sums(stem, start, slopes, lr=0.5, eps=eps)), (
        "With gradients about as small as eps the steps have another length. If the rest of the formula is "
        f"right: is eps added outside the root, inside it, or inside a maximum?{whose} Books differ, in "
        "their defaults too; the text and the signature say what holds here."
    )
    for times, lr, size in ((1e-100, 1e-9, "tiny"), (1e6, 50.0, "large")):
        stretch = times**0.5 if stem == "adadelta" else times  # it compares eps with the squares of gradients
        scaled, hyper = stretch * slopes[:2], {"lr": lr, "eps": times * eps}
        got = walked(student, stem, 0 * start, scaled, **hyper)
        rounding = 1e-13 * lr * (stretch if stem == "adadelta" else 1.0)
        assert close(got, by_sums(stem, 0 * start, scaled, **hyper), rtol=1e-6, atol=rounding), (
            f"With a {size} eps, {size} gradients and a {size} lr the steps have another length. Eps and lr "
            "are what is given: they have no bound, nothing else is added, nothing is taken for zero and "
            "nothing is cut off."
        )


@each("adam", "adamax", "nadam")
def test_each_memory_has_its_own_beta(student, rng, stem):
    """The first of betas belongs to the mean of gradients, the second to the memory of their sizes."""
    start, slopes = one_vector(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    drawn = float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.6, 0.8))
    for betas, steps in ((drawn, 4), ((0.0, 0.0), 2), ((0.999, 0.3), 3), ((1e-6, 0.99999), 3)):
        got = walked(student, stem, start, slopes[:steps], lr=1.0, betas=betas)
        want = by_sums(stem, start, slopes[:steps], lr=1.0, betas=betas)
        assert close(got, want, rtol=1e-4, atol=1e-4), (
            "With betas other than the usual pair the weights are elsewhere: which beta goes with which "
            "memory, and is each correction made with the beta of what it corrects? An old memory is "
            "multiplied by its beta itself, not by a power of it. Either beta may be the larger, be 0, or "
            "lie next to 0 or 1, a correction goes on whatever the other beta is, and no step is cut off at "
            "lr."
        )


@each("adadelta", rmsprop=2)
def test_rho_weighs_the_old_mean(student, rng, stem):
    """Rho is the weight of what a mean held before, the rest to one is the weight of what is new."""
    start, slopes = one_vector(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    for rho, steps in ((float(rng.uniform(0.2, 0.4)), 4), (0.0, 2), (0.03, 2), (0.9999, 2)):
        got = walked(student, stem, start, slopes[:steps], lr=1.0, rho=rho)
        want = by_sums(stem, start, slopes[:steps], lr=1.0, rho=rho)
        assert close(got, want, rtol=1e-4, atol=1e-5), (
            "With another rho, be it small, 0 or next to 1, the weights are elsewhere. In each leaky "
            "mean, which of the two terms has the weight rho, as it is given, and do the two weights add up "
            "to one?"
        )


@each("adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam")
def test_each_step_takes_its_own_rate(student, rng, stem):
    """A learning rate that changes between steps scales just the step that it is given to."""
    assert rate_scales_each_step(student, stem, rng), (
        "The same gradients with other learning rates: each step should be that step's lr times the "
        "same vector, at a rate of zero too. The state takes every gradient in and holds nothing that lr has "
        "touched."
    )


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_parameters_do_not_meet(student, reference, rng, stem):
    """The path of a parameter, or of a number, depends neither on its neighbours nor on a name such as t."""
    begin = ({"lr": 0.1}, {"lr": 0.3}) if stem == "rprop" else ({}, {})
    slope = {"W": rng.normal(size=(2, 3))}
    hyper = {} if stem == "rprop" else {"lr": 0.05}
    assert two_runs_do_not_meet(student, reference, stem, slope, begin=begin, **hyper), TWO_RUNS
    assert weights_do_not_meet(student, stem, rng, lr=0.05), (
        "A parameter walked otherwise beside a second one than alone. Each needs a memory of its own, "
        "and what is counted once an update must not be counted once a parameter."
    )
    assert numbers_do_not_meet(student, stem, rng, lr=0.05), (
        "A number of a matrix walked otherwise beside the others of its row and column than alone. Each "
        "number has a memory of its own, in a matrix as in a vector."
    )
    assert names_and_shapes_do_not_matter(student, stem, rng, lr=0.05), (
        "With parameters of other names, or with one or three axes, the same numbers walk otherwise. A "
        "parameter may have any name, such as t or step: keep what else the state holds, a counter for "
        "example, apart from what it holds under the parameters' names. And it may have any shape: "
        "operations on whole arrays need no loop over axes."
    )


@each("quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_what_is_left_out_has_its_default(student, reference, rng, stem):
    """Arguments that are left out have the defaults of the function's first line."""
    start, slopes = one_vector(rng, steps=2, sizes=(0.1, 10.0), zeros=False)
    got, want = (walked(side, stem, start, slopes) for side in (student, reference))
    assert close(got, want), (
        "With nothing but parameters, gradients and state given, the steps are others. If they are right "
        "with the rate given: are all defaults those of the function's first line?"
    )


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_the_weights_are_those_of_the_call(student, rng, stem):
    """Where the caller sets the weights anew between updates, each step is as long as without that."""
    starts, grads = (drawn[:2] for drawn in set_anew(rng))
    hyper = {"weight_decay": 0.0} if stem == "adamw" else {}
    want = moves(starts[1], student.trajectory(stem, starts[1], grads, **hyper))
    got = from_other_places(student, stem, starts, grads, **hyper)
    assert any(np.any(w) for w in want[1].values()) and close(got[1:], want[1:], rtol=1e-7, atol=1e-12), (
        "Where the caller sets the weights anew between two updates, the steps are others. A step starts "
        "from the weights of its call, and what the state remembers is made of gradients: a step that is "
        "read off the weights can take in what the caller did, and beside large weights it loses its digits."
    )
