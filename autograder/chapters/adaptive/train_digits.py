"""Training on digits, `train_digits`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits, twins

# --- Checks -------------------------------------------------------------------------------------------------


def small_task(rng, n):
    """``n`` noisy examples of classes 0, 5 and 10 of eleven in six numbers, and a start for the network.

    The classes lie at right angles, and no hidden unit starts dead: there is always something to learn.
    """
    kinds = rng.permutation(np.arange(n) % 3)
    centres = 4.0 * np.linalg.qr(rng.normal(size=(6, 6)))[0][:3]
    X = centres[kinds] + rng.normal(size=(n, 6)) * 0.5
    params = {
        "W1": rng.normal(size=(6, 8)) * 0.6,
        "b1": rng.uniform(0.5, 1.0, size=8),
        "W2": rng.normal(size=(8, 11)) * 0.4,
        "b2": np.zeros(11),
    }
    return params, X, 5 * kinds


def both(student, reference, rng, n, **settings):
    """What the student's and the reference's training return on the same task and the same draws."""
    params, X, y = small_task(rng, n)
    ours, theirs = twins(rng)
    want = reference.train_digits(params, X, y, rng=ours, **settings)
    return student.train_digits(params, X, y, rng=theirs, **settings), want


@pytest.mark.exercise("train_digits", weight=2)
def test_one_epoch_steps_through_the_permutation(student, reference, rng):
    """One epoch takes consecutive slices of one permutation and makes one Adam step for each."""
    got, want = both(student, reference, rng, n=18, lr=0.02, batch_size=6, n_epochs=1)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "After one epoch the weights are elsewhere. One rng.permutation(n) at its start, consecutive slices "
        "of it, X and y as they are given, cut alike, one adam_step with lr for each, the first from a new "
        "state of Adam: which of these differs?"
    )


@pytest.mark.exercise("train_digits")
def test_the_short_last_batch_is_used(student, reference, rng):
    """Where the batch size does not divide n, the last, shorter batch makes its update too."""
    for n, batch_size in ((11, 1), (5, 4), (1, 3)):
        got, want = both(student, reference, rng, n=n, lr=0.02, batch_size=batch_size, n_epochs=1)
        assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
            "With a batch size that does not divide n, or of 1, or of more than n, the weights are elsewhere "
            "after one epoch. Every example must be visited once, the last batch holds what is left over, "
            "and its gradient is used as it is. If all that holds: is anything, such as Adam's state, kept "
            "from an earlier call?"
        )


@pytest.mark.exercise("train_digits", weight=2)
def test_epochs_shuffle_anew_and_keep_the_state(student, reference, rng):
    """Every epoch has a permutation of its own, and Adam's state lives through all of them."""
    got, want = both(student, reference, rng, n=9, lr=0.02, batch_size=5, n_epochs=2)
    assert close(got[0], want[0], rtol=1e-7, atol=1e-9), (
        "After several epochs the weights are elsewhere. If they are right after one: is the permutation "
        "drawn inside the loop over epochs, and does Adam's state begin before it, anew in every call?"
    )
    (params, X, y), (ours, theirs) = small_task(rng, 5), twins(rng)
    settings = {"lr": 0.02, "batch_size": 8, "n_epochs": 12}
    want, _ = reference.train_digits(params, X, y, rng=ours, **settings)
    got, _ = student.train_digits(params, X, y, rng=theirs, **settings)
    assert close(got, want, rtol=1e-7, atol=1e-9), (
        "With more epochs, or a batch size above n, the weights are elsewhere. Every epoch must go like the "
        "first, at the same rate, and its only batch has n examples, whatever batch_size is. Is anything, "
        "such as Adam's state, kept from an earlier call?"
    )
    for _ in range(12):
        ours.permutation(5)
    assert student.stands_at(theirs, ours), (
        "Afterwards rng does not stand where one permutation an epoch leaves it. One is drawn at the start "
        "of every epoch, also where one batch holds all examples, and nothing else is drawn."
    )


@pytest.mark.exercise("train_digits")
def test_the_last_weights_come_back(student, reference, rng):
    """Also where the last epoch's loss is not the lowest, which a high rate brings about."""
    settings = {"lr": 10.0, "batch_size": 16, "n_epochs": 3}
    while True:
        (params, X, y), (ours, theirs) = small_task(rng, 12), twins(rng)
        params, y = {key: 0.1 * w for key, w in params.items()}, rng.permutation(y)  # nothing to be learnt
        want, losses = reference.train_digits(params, X, y, rng=ours, **settings)
        if max(losses[1:3]) > 100 and losses[-1] > losses[0]:
            break
    got, seen = student.train_digits(params, X, y, rng=theirs, **settings)
    assert close(got, want, rtol=1e-4, atol=1e-6), (
        "At a high rate the weights are elsewhere. Those after the last epoch must come back, whatever its "
        "loss; no step is cut, and a loss that has risen ends nothing. If the other checks fail, too, begin "
        "with theirs."
    )
    assert close(seen, losses, rtol=1e-4), (
        "At a high rate the losses are others. A loss counts as it is, however large, and each epoch has one."
    )


@pytest.mark.exercise("train_digits")
def test_losses_are_means_over_examples(student, reference, rng):
    """Each epoch's loss is the mean over its examples, so that a short batch counts for less."""
    got, want = both(student, reference, rng, n=13, lr=0.02, batch_size=8, n_epochs=2)
    assert close(got[1], want[1], rtol=1e-11), few_digits(got[1], want[1]) or (
        "The losses differ. There must be one number an epoch, a mean over examples and not over batches, a "
        "batch's loss is taken before its update, and nothing is rounded. If the weights differ, too, "
        "begin with them."
    )


@pytest.mark.exercise("train_digits")
def test_without_a_rate_nothing_is_learnt(student, reference, rng):
    """With a learning rate of zero every epoch's loss is the loss of the whole set, and no weight moves."""
    params, X, y = small_task(rng, 300)  # more than a byte can number
    trained, losses = student.train_digits(params, X, y, lr=0.0, batch_size=180, n_epochs=2, rng=rng)
    loss, _ = reference.loss_and_grad(params, X, y)
    assert close(losses, [loss, loss], rtol=1e-7), (
        "With lr = 0 nothing changes between batches, so an epoch's mean over all examples is the loss of "
        "the whole set. Is each batch weighed by its size, is each example there once, and are X and y used "
        "as they are given?"
    )
    assert close(trained, params), "With lr = 0 no weight may move: is lr handed to adam_step?"


@pytest.mark.exercise("train_digits")
def test_training_lowers_the_loss(student, reference, rng):
    """Training lowers the loss of the whole set by much."""
    settings = {"lr": 0.3, "batch_size": 9, "n_epochs": 2}
    while True:
        (params, X, y), (ours, theirs) = small_task(rng, 18), twins(rng)
        want, _ = reference.train_digits(params, X, y, rng=ours, **settings)
        before, fallen = (reference.loss_and_grad(weights, X, y)[0] for weights in (params, want))
        goal = 0.5 * min(before, np.log(3))  # log 3 is what the classes alone give, without X
        if fallen < 0.5 * goal:  # not for all starts in so few epochs
            break
    trained, _ = student.train_digits(params, X, y, rng=theirs, **settings)
    assert reference.loss_and_grad(trained, X, y)[0] < goal, (
        "The loss of the whole set has hardly fallen after some epochs. Does the returned dict hold the "
        "trained weights, and do X and y keep the same order?"
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train_digits",
    """
    X, y = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [2.0, 2.0]]), np.array([0, 1, 1, 0])
    params = {"W1": np.eye(2), "b1": np.zeros(2), "W2": np.array([[1.0, -1.0], [0.0, 1.0]])}
    params["b2"] = np.zeros(2)
    rng = np.random.default_rng(0)
    params, losses = train_digits(params, X, y, lr=0.1, batch_size=3, n_epochs=3, rng=rng)
    losses, params["b2"]
    """,
)
