"""Hidden checks of `adaptive` that several optimisers share, each a check of every one's exercise."""

import numpy as np

from autograder.checking import close

from ..shared import each, moves, numbers_do_not_meet, rate_scales_each_step, run_of, weights_do_not_meet


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


@each("rprop", "quickprop", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam", "adamw", weight=3)
def test_the_weights_follow_the_formula(student, reference, rng, stem):
    """Over several updates the weights follow the formula, whatever the sizes and signs of gradients."""
    params, grads = run_of(rng, steps=6, sizes=(1e-11, 1e3))
    hyper = {"weight_decay": 0.4} if stem == "adamw" else {}
    long = 25 * grads if stem in ("adam", "adamax", "nadam", "adamw") else grads  # corrections fade slowly
    got = student.trajectory(stem, params, long, lr=0.05, **hyper)
    assert close(got, reference.trajectory(stem, params, long, lr=0.05, **hyper), atol=1e-10), (
        f"After {len(long)} updates the weights are elsewhere. Write the contract's formulas in their "
        "order, one line each, and compare every symbol: what is kept in the state, what is used old "
        "and what new, where ε stands."
    )


@each("adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam")
def test_eps_stands_where_the_docstring_puts_it(student, reference, rng, stem):
    """Where gradients are as small as eps, it shortens steps from the place that the docstring gives it."""
    params, grads = run_of(rng, steps=4, sizes=(1e-5, 1e-2), zeros=False)
    eps = float(10 ** rng.uniform(-3.5, -2.5))
    got = student.trajectory(stem, params, grads, lr=0.5, eps=eps)
    assert close(got, reference.trajectory(stem, params, grads, lr=0.5, eps=eps)), (
        "With gradients about as small as eps the steps have another length. Is eps added outside the "
        "root, inside it, or inside a maximum? Books differ; the docstring says what holds here."
    )
    shrink = 10.0**-4.5 if stem == "adadelta" else 1e-9  # Adadelta compares eps with the squares of gradients
    start = {key: np.zeros_like(value) for key, value in params.items()}
    tiny = [{key: shrink * value for key, value in grad.items()} for grad in grads]
    paths = (side.trajectory(stem, start, tiny, lr=0.5, eps=1e-9 * eps) for side in (student, reference))
    assert close(*paths, rtol=1e-6, atol=1e-16), (
        "With a tiny eps and gradients as tiny the steps have another length. Eps is what is given, however "
        "small: nothing else is added, and nothing is taken for zero."
    )


@each("adam", "adamax", "nadam")
def test_each_memory_has_its_own_beta(student, reference, rng, stem):
    """The first of betas belongs to the mean of gradients, the second to the memory of their sizes."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    drawn = float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.6, 0.8))
    for betas, walk in ((drawn, grads), ((0.0, 0.0), grads[:2])):
        got = student.trajectory(stem, params, walk, lr=1.0, betas=betas)
        want = reference.trajectory(stem, params, walk, lr=1.0, betas=betas)
        assert close(got, want, rtol=1e-4, atol=1e-4), (
            "With betas other than the usual pair the weights are elsewhere: which beta goes with which "
            "memory, and is each correction made with the beta of what it corrects?"
        )


@each("adadelta", rmsprop=2)
def test_rho_weighs_the_old_mean(student, reference, rng, stem):
    """Rho is the weight of what a mean held before, the rest to one is the weight of what is new."""
    params, grads = run_of(rng, steps=4, sizes=(0.1, 10.0), zeros=False)
    for rho, walk in ((float(rng.uniform(0.2, 0.4)), grads), (0.0, grads[:2])):
        got = student.trajectory(stem, params, walk, lr=1.0, rho=rho)
        want = reference.trajectory(stem, params, walk, lr=1.0, rho=rho)
        assert close(got, want, rtol=1e-4, atol=1e-5), (
            "With another rho, be it small or 0, the weights are elsewhere. In each leaky mean, which of the "
            "two terms has the weight rho, as it is given, and do the two weights add up to one?"
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
    """A parameter's path does not depend on which others stand beside it, and a number's neither."""
    assert weights_do_not_meet(student, stem, rng, lr=0.05), (
        "A parameter walked otherwise beside a second one than alone. Each needs a memory of its own, "
        "and what is counted once an update must not be counted once a parameter."
    )
    assert numbers_do_not_meet(student, stem, rng, lr=0.05), (
        "A number of a matrix walked otherwise beside the others of its row and column than alone. Each "
        "number has a memory of its own, in a matrix as in a vector."
    )
