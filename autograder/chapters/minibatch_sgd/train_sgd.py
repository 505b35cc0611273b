"""The training loop, `train_sgd`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples

from ..shared import twins
from .shared import asked, linear_task

# --- Checks -------------------------------------------------------------------------------------------------


def trained(player, task, rng, n, **settings):
    """What a player's training returns, and the log of its ``grad_fn``."""
    params, grad_fn = task
    recorder = Recorder(grad_fn)
    return (*player.train_sgd(params, recorder, n, rng=rng, **settings), recorder.log)


def both(student, reference, rng, n, **settings):
    """The student's and the reference's training of one task on the same draws."""
    task, (ours, theirs) = linear_task(rng, n), twins(rng)
    return trained(student, task, ours, n, **settings), trained(reference, task, theirs, n, **settings)


def bowl(bend):
    """A ``grad_fn`` without noise, of curvature ``bend`` in every direction; gradients in another order."""

    def grad_fn(params, idx):
        loss = bend * sum(float(np.sum(w**2)) for w in params.values()) / 2
        return loss, {key: bend * w for key, w in reversed(params.items())}

    return grad_fn


@pytest.mark.exercise("train_sgd", weight=2)
def test_each_epoch_asks_for_a_fresh_permutation(student, rng):
    """Each epoch asks for the gradient of every batch of a permutation of its own, once."""
    n, size, epochs = 6, 3, 12
    task, (ours, theirs) = linear_task(rng, n), twins(rng)
    _, _, log = trained(student, task, ours, n, batch_size=size, lr=0.01, n_epochs=epochs)
    order = np.concatenate([theirs.permutation(n) for _ in range(epochs)]).tolist()
    assert asked(log) == [order[start : start + size] for start in range(0, n * epochs, size)], (
        "The batches that grad_fn was asked for are not those of one permutation an epoch, each once. Is a "
        "new permutation drawn inside the loop over epochs, in late epochs too, and grad_fn called once a "
        "batch?"
    )
    assert student.stands_at(ours, theirs), (
        "After the training the generator does not stand where one permutation an epoch leaves it: all is "
        "drawn from the rng that was handed over, and from no copy of it."
    )


@pytest.mark.exercise("train_sgd")
def test_the_short_last_batch_is_trained_on(student, rng):
    """The short last batch makes its update too, as does an only batch that is short."""
    for n, size in ((11, 4), (7, 7), (6, 8), (1, 2)):
        task, (ours, theirs) = linear_task(rng, n), twins(rng)
        _, _, log = trained(student, task, ours, n, batch_size=size, lr=0.01, n_epochs=1)
        order = theirs.permutation(n).tolist()
        assert asked(log) == [order[start : start + size] for start in range(0, n, size)], (
            "Where batch_size does not divide n, or is n or more, the batches are others than they should "
            "be. They must be consecutive slices of one permutation, and what is left over at the end of an "
            "epoch makes a last, shorter one."
        )


@pytest.mark.exercise("train_sgd", weight=2)
def test_each_batch_makes_one_step(student, reference, rng):
    """Every batch moves the parameters before the next one is looked at, and where they end is returned."""
    got, want = both(student, reference, rng, 12, batch_size=3, lr=0.04, n_epochs=2)
    at, expected = ([args[0] for args, _, _ in run[2] if args] for run in (got, want))
    assert len(at) != len(expected) or close(at, expected, rtol=1e-8), (
        "grad_fn was asked at other parameters than the steps so far lead to. One sgd_step a batch, from "
        "where the one before ended, with the gradients of just this batch."
    )
    assert close(got[0], want[0], rtol=1e-8), (
        "Training ended at other parameters. Does every batch make one sgd_step with lr, and is what the "
        "last one gave returned?"
    )
    bend, start = float(rng.uniform(0.5, 2.0)), rng.normal(size=3)
    ends = [
        student.train_sgd(
            {"w": size * start},
            bowl(bend),
            5,
            batch_size=3,
            lr=rate,
            n_epochs=6,
            rng=np.random.default_rng(3),
        )[0]["w"]
        for rate, size in ((11 / bend, 1.0), (np.float64(0.5 / bend), 1e-9))
    ]
    assert close(ends[0], start * (-10.0) ** 12), (
        "With a rate so large that the loss grows, training ended elsewhere. Every update is made all the "
        "same, with that rate from the first to the last, and the last one's parameters are returned, not "
        "the best ones."
    )
    assert close(ends[1], 1e-9 * start * 0.5**12, atol=0.0), (
        "With a number of NumPy, np.float64(0.1) say, for the rate, or with a loss that is nearly 0, "
        "training ended elsewhere. Such a rate is a number like any other, and every update is made with "
        "it, however small the loss is and however many came before."
    )
    starts, rate = {"a": start, "b": 1.0 - start}, 0.2 / bend
    got, _ = student.train_sgd(starts, bowl(bend), 3, batch_size=2, lr=rate, n_epochs=1, rng=rng)
    assert close(got, {key: 0.64 * w for key, w in starts.items()}), (
        "With several parameters, whose gradients come from grad_fn in another order, training ended "
        "elsewhere. If it is right with one parameter: gradients go with their names."
    )


@pytest.mark.exercise("train_sgd")
def test_rates_are_counted_by_updates(student, rng):
    """With a rate for each update, update t takes the t-th, counted through all epochs."""
    bend, start, n_epochs = rng.uniform(0.5, 1.5), rng.normal(size=3), 3
    rates = rng.uniform(0.05, 0.4, size=3 * n_epochs)
    rates[0] = 0.0  # a rate like any other

    left = np.concatenate([[1.0], np.cumprod(1 - bend * rates)])
    before = bend * np.sum(start**2) / 2 * left[:-1].reshape(n_epochs, 3) ** 2

    for lr in (rates, rates.tolist(), tuple(rates.tolist())):
        got, losses = student.train_sgd(
            {"w": start}, bowl(bend), 5, batch_size=2, lr=lr, n_epochs=n_epochs, rng=np.random.default_rng(1)
        )
        assert close(got["w"], start * left[-1]), (
            "With one rate for each update the parameters ended elsewhere. The count goes on from one "
            "epoch into the next, and begins with the first of the rates; every batch makes its update, "
            "also one of a single example or with a rate of 0."
        )
        assert close(losses, (before @ [0.4, 0.4, 0.2]).tolist(), rtol=1e-8), (
            "With one rate for each update the losses are others, though the parameters end where they "
            "should. If the losses are right with a single rate: does update t take rate t, from t = 0 in "
            "every training?"
        )


@pytest.mark.exercise("train_sgd")
def test_rates_of_one_over_k_contract_by_their_product(student, rng):
    """Rates c/k shrink the distance from a bowl's minimum by the product of 1 - μc/k, for any c."""
    bend, c, start = float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.2, 0.4)), rng.normal(size=4)
    k = np.arange(1, 13)

    got, losses = student.train_sgd(
        {"w": start}, bowl(bend), 4, batch_size=1, lr=c / k, n_epochs=3, rng=np.random.default_rng(2)
    )
    left = np.cumprod(1 - bend * c / k)
    assert close(got["w"], start * left[-1]), (
        "Without noise update k shrinks the distance by 1 - μc/k. After three epochs it is another: is "
        "each rate used once, in its order?"
    )
    before = bend * np.sum(start**2) / 2 * np.concatenate([[1.0], left[:-1]]) ** 2
    assert close(losses, before.reshape(3, 4).mean(axis=1).tolist(), rtol=1e-8), (
        "The epochs' losses are others, with batches of one example each. Does each epoch begin its sum "
        "anew, and is every loss that counts the one seen before its batch's update, not rounded?"
    )


@pytest.mark.exercise("train_sgd")
def test_an_epochs_loss_is_a_mean_over_examples(student, reference, rng):
    """The short last batch counts for less in the epoch's loss."""
    got, want = both(student, reference, rng, 13, batch_size=6, lr=0.02, n_epochs=3)
    assert close(got[1], want[1], rtol=1e-8), (
        "The epochs' losses differ, with batches that are unlike in size. Each batch's loss is a mean over "
        "its own examples; the epoch's is the mean over all examples of this epoch, and is not rounded."
    )


@pytest.mark.exercise("train_sgd")
def test_without_a_rate_the_loss_stays(student, rng):
    """With a rate of zero nothing moves, and every epoch's loss is the loss of the whole set."""
    n = 11
    params, grad_fn = linear_task(rng, n)
    whole, _ = grad_fn(params, np.arange(n))
    for lr, size in ((0.0, 4), (0, 20)):
        got, losses = student.train_sgd(params, grad_fn, n, batch_size=size, lr=lr, n_epochs=4, rng=rng)
        assert close(losses, [whole] * 4), (
            "With lr = 0 every epoch sees the whole set at the same parameters, so its loss is that of the "
            "set. Are all examples there, does each batch count by its size, also where batch_size is "
            "above n, and are all epochs made though the loss does not change?"
        )
        assert close(got, params), "With lr = 0 no parameter may move."


@pytest.mark.exercise("train_sgd", weight=0.5)
def test_a_run_that_broke_down_goes_on(student, rng):
    """Whatever the losses are, infinite, NaN, 0 or less, each epoch has one and each batch its update."""
    start = {"w": np.zeros(2), "b": np.zeros(1)}
    for loss in (np.inf, np.nan, 0.0, -2.0):
        got, losses = student.train_sgd(
            start,
            lambda params, idx, loss=loss: (loss, {key: 0 * w - 1.0 for key, w in params.items()}),
            4,
            batch_size=2,
            lr=0.5,
            n_epochs=3,
            rng=rng,
        )
        assert close(losses, [loss] * 3, nan_agrees=True), (
            "Where all losses are infinite, NaN, 0 or below 0 there are others than one an epoch, each of "
            "them that same number: training goes on to the end, and no loss is left out of a mean."
        )
        assert close(got, {key: w + 3.0 for key, w in start.items()}), (
            "Where all losses are infinite, NaN, 0 or below 0 training ended at other parameters. Each batch "
            "must make its update, whatever the loss is, and the last one's parameters come back. Is an "
            "update left out, or are those of the best epoch returned, for example?"
        )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train_sgd",
    """
    y = np.array([1.0, 2.0, 6.0])
    def grad_fn(params, idx):  # of the mean of (w - y)²
        error = params["w"] - y[idx]
        return float(np.mean(error**2)), {"w": np.array([np.mean(2 * error)])}
    params, rng = {"w": np.array([0.0])}, np.random.default_rng(0)
    train_sgd(params, grad_fn, 3, batch_size=2, lr=[0.5, 0.25, 0.125, 0.125], n_epochs=2, rng=rng)
    """,
    """
    asked = []
    def grad_fn(params, idx):
        asked.append(len(idx))
        return 0.0, {"w": params["w"]}
    params, rates, rng = {"w": np.array([8.0])}, np.array([0.5, 0.25]), np.random.default_rng(0)
    params, _ = train_sgd(params, grad_fn, 3, batch_size=2, lr=rates, n_epochs=1, rng=rng)
    params["w"].tolist(), asked
    """,
    """
    def grad_fn(params, idx):  # of w²/2
        return float(params["w"][0] ** 2 / 2), {"w": params["w"]}
    start, rng = {"w": np.array([1.0])}, np.random.default_rng(0)
    train_sgd(start, grad_fn, 1, batch_size=1, lr=np.float64(3.0), n_epochs=2, rng=rng)
    """,
)
