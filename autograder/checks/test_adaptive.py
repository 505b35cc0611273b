"""Hidden checks of `adaptive`."""

import numpy as np
import pytest

from autograder.checks.probes import moves, rate_scales_each_step, run_of, weights_do_not_meet
from autograder.compare import close

PROPORTIONAL = (
    "The same gradients with other learning rates: each step should be that step's lr times the same vector. "
    "The state must hold nothing that lr has touched."
)
SEPARATE = (
    "A parameter walked otherwise beside a second one than alone. Each needs a memory of its own, and what "
    "is counted once an update must not be counted once a parameter."
)


# --- Adam -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("adam_step")
def test_adam_first_step_is_lr_long(student, rng):
    """The first step moves every weight by lr against its gradient, be it large or small."""
    params, grads = run_of(rng, steps=3, sizes=(0.01, 1e3), zeros=False)
    lr = float(rng.uniform(0.05, 0.2))
    first = moves(params, student.trajectory("adam", params, grads[:1], lr=lr))[0]
    want = {key: -lr * np.sign(grads[0][key]) for key in params}
    assert close(first, want, rtol=1e-4), (
        "In the first update m is (1-β₁)·g and v is (1-β₂)·g²: corrected, they give a step of lr whatever "
        "the size of g. Look at what m and v are divided by when t = 1."
    )


@pytest.mark.exercise("adam_step", weight=3)
def test_adam_follows_its_formula(student, reference, rng):
    """Over several updates the weights follow algorithm 1, for gradients of all sizes, signs and zeros."""
    params, grads = run_of(rng, steps=7)
    got = student.trajectory("adam", params, grads, lr=0.05)
    assert close(got, reference.trajectory("adam", params, grads, lr=0.05)), (
        "After several updates the weights are elsewhere. Write the docstring's formulas in its order, one "
        "line each, and compare every symbol: what is kept in the state, what is corrected, where ε stands."
    )


@pytest.mark.exercise("adam_step")
def test_adam_adds_eps_outside_the_root(student, reference, rng):
    """Where gradients are as small as eps, steps are shortened as eps outside the root shortens them."""
    params, grads = run_of(rng, steps=4, sizes=(1e-5, 1e-2), zeros=False)
    eps = float(10 ** rng.uniform(-3.5, -2.5))
    got = student.trajectory("adam", params, grads, lr=0.5, eps=eps)
    assert close(got, reference.trajectory("adam", params, grads, lr=0.5, eps=eps)), (
        "With gradients about as small as eps the steps have another length: eps is added to the root of the "
        "corrected v, after both the correction and the root."
    )


@pytest.mark.exercise("adam_step")
def test_adam_gives_each_mean_its_beta(student, reference, rng):
    """The first of betas belongs to the mean of gradients, the second to the mean of squares."""
    params, grads = run_of(rng, steps=5, sizes=(0.1, 10.0), zeros=False)
    betas = (float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.6, 0.8)))
    got = student.trajectory("adam", params, grads, lr=1.0, betas=betas)
    want = reference.trajectory("adam", params, grads, lr=1.0, betas=betas)
    assert close(got, want, rtol=1e-4, atol=1e-4), (
        "With betas other than the usual pair the weights are elsewhere: which beta goes with m, which with "
        "v, and is each mean corrected by its own?"
    )


@pytest.mark.exercise("adam_step")
def test_adam_takes_each_steps_rate(student, rng):
    """A learning rate that changes between steps scales just the step that it is given to."""
    assert rate_scales_each_step(student, "adam", rng), PROPORTIONAL


@pytest.mark.exercise("adam_step")
def test_adam_keeps_parameters_apart(student, rng):
    """A parameter's path does not depend on which others stand beside it."""
    assert weights_do_not_meet(student, "adam", rng, lr=0.05), SEPARATE


# --- Training on digits ---------------------------------------------------------------------------------


def small_task(rng, n):
    """``n`` noisy examples of three classes in six numbers, and a start for the given network."""
    y = rng.permutation(np.arange(n) % 3)
    X = rng.normal(size=(3, 6))[y] * 2.0 + rng.normal(size=(n, 6)) * 0.5
    params = {
        "W1": rng.normal(size=(6, 5)) * 0.6,
        "b1": rng.normal(size=5) * 0.1,
        "W2": rng.normal(size=(5, 3)) * 0.4,
        "b2": np.zeros(3),
    }
    return params, X, y


def twice(rng):
    """Two generators that will draw the same."""
    seed = int(rng.integers(2**32))
    return np.random.default_rng(seed), np.random.default_rng(seed)


def both(student, reference, rng, n, **settings):
    """What the student's and the reference's training return on the same task and the same draws."""
    params, X, y = small_task(rng, n)
    ours, theirs = twice(rng)
    want = reference.train_digits(params, X, y, rng=ours, **settings)
    return student.train_digits(params, X, y, rng=theirs, **settings), want


@pytest.mark.exercise("train_digits", weight=2)
def test_one_epoch_steps_through_the_permutation(student, reference, rng):
    """One epoch takes consecutive slices of one permutation and makes one Adam step for each."""
    got, want = both(student, reference, rng, n=24, lr=0.02, batch_size=6, n_epochs=1)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "After one epoch the weights are elsewhere. One rng.permutation(n) at its start, consecutive slices "
        "of it, X and y cut alike, one adam_step with lr for each: which of these differs?"
    )


@pytest.mark.exercise("train_digits")
def test_the_short_last_batch_is_used(student, reference, rng):
    """Where the batch size does not divide n, the last, shorter batch makes its update too."""
    got, want = both(student, reference, rng, n=22, lr=0.02, batch_size=8, n_epochs=1)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "With a batch size that does not divide n the weights are elsewhere after one epoch: every example "
        "is visited once, the last batch holds what is left over."
    )


@pytest.mark.exercise("train_digits", weight=2)
def test_epochs_shuffle_anew_and_keep_the_state(student, reference, rng):
    """Every epoch has a permutation of its own, and Adam's state lives through all of them."""
    got, want = both(student, reference, rng, n=20, lr=0.02, batch_size=5, n_epochs=4)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "After several epochs the weights are elsewhere. Look at what stands inside the loop over epochs and "
        "what before it: the permutation belongs inside, Adam's state before."
    )


@pytest.mark.exercise("train_digits")
def test_losses_are_means_over_examples(student, reference, rng):
    """Each epoch's loss is the mean over its examples, so that a short batch counts for less."""
    got, want = both(student, reference, rng, n=23, lr=0.02, batch_size=10, n_epochs=3)
    assert close(got[1], want[1], rtol=1e-7), (
        "The losses differ. There is one number an epoch, a mean over examples and not over batches, and a "
        "batch's loss is taken before its update."
    )


@pytest.mark.exercise("train_digits")
def test_without_a_rate_nothing_is_learnt(student, reference, rng):
    """With a learning rate of zero every epoch's loss is the loss of the whole set, and no weight moves."""
    params, X, y = small_task(rng, 23)
    trained, losses = student.train_digits(params, X, y, lr=0.0, batch_size=9, n_epochs=2, rng=rng)
    loss, _ = reference.loss_and_grad(params, X, y)
    assert close(losses, [loss, loss], rtol=1e-7), (
        "With lr = 0 nothing changes between batches, so an epoch's mean over all examples is the loss of "
        "the whole set. Is each batch weighed by its size, and is each example there once?"
    )
    assert close(trained, params), "With lr = 0 no weight may move: is lr handed to adam_step?"


@pytest.mark.exercise("train_digits")
def test_training_lowers_the_loss(student, reference, rng):
    """Training lowers the loss of the whole set by much."""
    params, X, y = small_task(rng, 30)
    trained, _ = student.train_digits(params, X, y, lr=0.05, batch_size=6, n_epochs=12, rng=rng)
    before, after = (reference.loss_and_grad(weights, X, y)[0] for weights in (params, trained))
    assert after < 0.5 * min(before, np.log(3)), (  # log 3 is what weights of zero give
        "The loss of the whole set has hardly fallen after a dozen epochs. Does the returned dict hold the "
        "trained weights, and do X and y keep the same order?"
    )
