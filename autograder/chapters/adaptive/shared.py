"""Hidden checks of `adaptive` that several optimisers share, each a check of every one's exercise."""

import numpy as np

from autograder.checking import close

from ..shared import (
    each,
    from_other_places,
    moves,
    names_and_shapes_do_not_matter,
    numbers_do_not_meet,
    rate_scales_each_step,
    run_of,
    set_anew,
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
        "The first step's length is not lr for every weight. Put the initial state into the docstring's "
        "formulas: the size of g cancels, and lr is left. What does the state start from, and what "
        "divides g?"
    )


STEPS = {"rprop": 22, "quickprop": 22, "rmsprop": 54, "adadelta": 54}  # a long walk's; of the others 102


def long_walk(stem, start, slopes, *, lr, weight_decay=0.0):
    """Gradients for many updates, and a weight's path by sums over all of them: no step by step, so cheap.

    The first round of gradients is larger than all that come after it: a memory outlives it.
    """
    t = np.arange(1.0, STEPS.get(stem, 102) + 1)[:, None]
    g = np.resize(slopes, (len(t), len(start))) * np.where(t <= len(slopes), 1.0, 0.1)

    def leaky(values, beta):
        return (1 - beta) * beta**t * np.cumsum(values / beta**t, axis=0)

    if stem == "rprop":  # the sign stays, so that every step is longer than the one before
        g = np.sign(start) * (np.abs(g) + 1e-3)
        moves = np.sign(g) * 1.2 ** (t - 1)
    elif stem == "quickprop":  # the slope is halved, so that r is 1
        g = start * 0.5**t
        moves = np.cumsum(g, axis=0)
    elif stem == "adagrad":
        moves = g / (np.sqrt(np.cumsum(g**2, axis=0)) + 1e-10)
    elif stem == "rmsprop":
        moves = g / (np.sqrt(leaky(g**2, 0.99)) + 1e-8)
    elif stem == "adadelta":
        v, u, moves = leaky(g**2, 0.9), np.zeros_like(start), np.zeros_like(g)
        for i in range(len(g)):
            moves[i] = np.sqrt(u + 1e-6) / np.sqrt(v[i] + 1e-6) * g[i]
            u = 0.9 * u + 0.1 * moves[i] ** 2
    elif stem == "adamax":
        u = 0.999**t * np.maximum.accumulate((np.abs(g) + 1e-8) / 0.999**t)
        moves = leaky(g, 0.9) / (1 - 0.9**t) / u
    else:
        mean, root = leaky(g, 0.9) / (1 - 0.9**t), np.sqrt(leaky(g**2, 0.999) / (1 - 0.999**t))
        if stem == "nadam":
            mean = 0.9 * leaky(g, 0.9) / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
        moves = mean / (root + 1e-8)
    shrunk = (1 - lr * weight_decay) ** t
    return g, shrunk * (start - lr * np.cumsum(moves / shrunk, axis=0))


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw", weight=3)
def test_the_weights_follow_the_formula(student, reference, rng, stem):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    params, grads = run_of(rng, steps=6, sizes=(1e-11, 1e3))
    for number, grad in enumerate(grads):
        grad["c"] = grad["c"] * np.array([1.0, 1e120, 1.0, 1.0])
        grad["b"] = grad["b"] * (number > 1)  # a parameter that rests at first
    hyper = {"weight_decay": 0.4} if stem == "adamw" else {}
    got, want = (side.trajectory(stem, params, grads, lr=0.05, **hyper) for side in (student, reference))
    assert close(got, want, atol=1e-10), (
        "After a few updates the weights are elsewhere. Write the contract's formulas in their order, one "
        "line each, and compare every symbol: what is kept in the state, what is used old and what new, "
        "where ε stands. Does a memory that leaks do so where the gradient is zero, too, and is such an "
        "update counted? Nothing is cut off, be it huge or tiny: is everything kept in double precision?"
    )
    slopes, want = long_walk(stem, params["c"], np.array([grad["c"] for grad in grads]), lr=0.05, **hyper)
    path = student.trajectory(stem, {"c": params["c"]}, [{"c": row} for row in slopes], lr=0.05, **hyper)
    assert close(np.array([step["c"] for step in path]), want, atol=1e-10), (
        "After many updates the weights are elsewhere, though they may not be after a few. Every update "
        "follows the same formulas, however many came before it: is something counted, corrected or "
        "remembered for a while only, or does it begin anew?"
    )


@each("adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_eps_stands_where_the_docstring_puts_it(student, reference, rng, stem):
    """Where gradients are as small as eps, it shortens steps from the place that the docstring gives it."""
    params, grads = run_of(rng, steps=4, sizes=(1e-5, 1e-2), zeros=False)
    eps = float(10 ** rng.uniform(-3.5, -2.5))
    corrected = stem in ("adam", "nadam")
    whose = " Is it added to the root of v as it is, or of the corrected v?" if corrected else ""
    if stem == "rmsprop":
        whose = " A form without (1-rho) needs another eps, as it needs another rate."
    got = student.trajectory(stem, params, grads, lr=0.5, eps=eps)
    assert close(got, reference.trajectory(stem, params, grads, lr=0.5, eps=eps)), (
        "With gradients about as small as eps the steps have another length. Is eps added outside the "
        f"root, inside it, or inside a maximum?{whose} Books differ; the docstring says what holds here."
    )
    start, few = {key: np.zeros_like(value) for key, value in params.items()}, grads[:2]
    for times, lr, size in ((1e-100, 1e-9, "tiny"), (1e6, 50.0, "large")):
        stretch = times**0.5 if stem == "adadelta" else times  # it compares eps with the squares of gradients
        scaled = [{key: stretch * value for key, value in grad.items()} for grad in few]
        paths = (
            side.trajectory(stem, start, scaled, lr=lr, eps=times * eps) for side in (student, reference)
        )
        rounding = 1e-13 * lr * (stretch if stem == "adadelta" else 1.0)
        assert close(*paths, rtol=1e-6, atol=rounding), (
            f"With a {size} eps, {size} gradients and a {size} lr the steps have another length. Eps and lr "
            "are what is given: they have no bound, nothing else is added, nothing is taken for zero and "
            "nothing is cut off."
        )


@each("adam", "adamax", "nadam")
def test_each_memory_has_its_own_beta(student, reference, rng, stem):
    """The first of betas belongs to the mean of gradients, the second to the memory of their sizes."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    drawn = float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.6, 0.8))
    for betas, walk in (
        (drawn, grads),
        ((0.0, 0.0), grads[:2]),
        ((0.999, 0.3), grads[:3]),
        ((0.3, 0.99999), grads[:3]),
    ):
        got = student.trajectory(stem, params, walk, lr=1.0, betas=betas)
        want = reference.trajectory(stem, params, walk, lr=1.0, betas=betas)
        assert close(got, want, rtol=1e-4, atol=1e-4), (
            "With betas other than the usual pair the weights are elsewhere: which beta goes with which "
            "memory, and is each correction made with the beta of what it corrects? An old memory is "
            "multiplied by its beta itself, not by a power of it. Either beta may be the larger, be 0, or "
            "lie next to 1, and no step is cut off at lr."
        )


@each("adadelta", rmsprop=2)
def test_rho_weighs_the_old_mean(student, reference, rng, stem):
    """Rho is the weight of what a mean held before, the rest to one is the weight of what is new."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    for rho, walk in ((float(rng.uniform(0.2, 0.4)), grads), *((r, grads[:2]) for r in (0.0, 0.03, 0.9999))):
        got = student.trajectory(stem, params, walk, lr=1.0, rho=rho)
        want = reference.trajectory(stem, params, walk, lr=1.0, rho=rho)
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
def test_parameters_do_not_meet(student, rng, stem):
    """The path of a parameter, or of a number, depends neither on its neighbours nor on a name such as t."""
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


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw")
def test_the_weights_are_those_of_the_call(student, rng, stem):
    """Where the caller sets the weights anew between updates, each step is as long as without that."""
    starts, grads = set_anew(rng)
    hyper = {"weight_decay": 0.0} if stem == "adamw" else {}
    want = moves(starts[2], student.trajectory(stem, starts[2], grads, **hyper))
    got = from_other_places(student, stem, starts, grads, **hyper)
    assert any(np.any(w) for w in want[2].values()) and close(got[1:], want[1:], rtol=1e-7, atol=1e-12), (
        "Where the caller sets the weights anew between two updates, the steps are others. A step starts "
        "from the weights of its call, and what the state remembers is made of gradients: a step that is "
        "read off the weights can take in what the caller did, and beside large weights it loses its digits."
    )
