"""The training loop, `train_sgd`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes

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
    """A ``grad_fn`` without noise, of curvature ``bend`` in every direction."""

    def grad_fn(params, idx):
        return float(bend * np.sum(params["w"] ** 2) / 2), {"w": bend * params["w"]}

    return grad_fn


@pytest.mark.exercise("train_sgd", weight=2)
def test_each_epoch_asks_for_a_fresh_permutation(student, rng):
    """Each epoch asks for the gradient of every batch of a permutation of its own, once."""
    n, size, epochs = 12, 4, 3
    task, (ours, theirs) = linear_task(rng, n), twins(rng)
    _, _, log = trained(student, task, ours, n, batch_size=size, lr=0.01, n_epochs=epochs)
    order = np.concatenate([theirs.permutation(n) for _ in range(epochs)]).tolist()
    assert asked(log) == [order[start : start + size] for start in range(0, n * epochs, size)], (
        "The batches that grad_fn was asked for are not those of one permutation an epoch, each once. Is a "
        "new permutation drawn inside the loop over epochs, and grad_fn called once a batch?"
    )


@pytest.mark.exercise("train_sgd")
def test_the_short_last_batch_is_trained_on(student, rng):
    """The short last batch makes its update too, as does an only batch that is short."""
    for n, size in ((11, 4), (7, 7), (6, 8), (1, 2)):
        task, (ours, theirs) = linear_task(rng, n), twins(rng)
        _, _, log = trained(student, task, ours, n, batch_size=size, lr=0.01, n_epochs=1)
        order = theirs.permutation(n).tolist()
        assert asked(log) == [order[start : start + size] for start in range(0, n, size)], (
            "Where batch_size does not divide n the batches are others than they should be: what is left "
            "over at the end of an epoch makes a last, shorter one."
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
            {"w": start}, bowl(bend), 5, batch_size=2, lr=rate, n_epochs=3, rng=np.random.default_rng(3)
        )[0]["w"]
        for rate in (2.5 / bend, np.float64(0.5 / bend))
    ]
    assert close(ends[0], start * (-1.5) ** 9), (
        "With a rate so large that the loss grows, training ended elsewhere. Every update is made all the "
        "same, and the last one's parameters are returned, not the best ones."
    )
    assert close(ends[1], start * 0.5**9), (
        "With a number of NumPy, np.float64(0.1) say, for the rate, training ended elsewhere. It is a number "
        "like any other."
    )


@pytest.mark.exercise("train_sgd")
def test_rates_are_counted_by_updates(student, rng):
    """With a rate for each update, update t takes the t-th, counted through all epochs."""
    bend, start, n_epochs = rng.uniform(0.5, 1.5), rng.normal(size=3), 3
    rates = rng.uniform(0.05, 0.4, size=3 * n_epochs)
    rates[0] = 0.0  # a rate like any other

    for lr in (rates, rates.tolist(), tuple(rates.tolist())):
        got, _ = student.train_sgd(
            {"w": start}, bowl(bend), 5, batch_size=2, lr=lr, n_epochs=n_epochs, rng=np.random.default_rng(1)
        )
        assert close(got["w"], start * np.prod(1 - bend * rates)), (
            "With one rate for each update the parameters ended elsewhere. The count goes on from one "
            "epoch into the next, and begins with the first of the rates."
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
        "anew, and is every loss that counts the one seen before its batch's update?"
    )


@pytest.mark.exercise("train_sgd")
def test_an_epochs_loss_is_a_mean_over_examples(student, reference, rng):
    """The short last batch counts for less in the epoch's loss."""
    got, want = both(student, reference, rng, 13, batch_size=6, lr=0.02, n_epochs=3)
    assert close(got[1], want[1], rtol=1e-8), (
        "The epochs' losses differ, with batches that are unlike in size. Each batch's loss is a mean over "
        "its own examples; the epoch's is the mean over all examples of this epoch."
    )


@pytest.mark.exercise("train_sgd")
def test_without_a_rate_the_loss_stays(student, rng):
    """With a rate of zero nothing moves, and every epoch's loss is the loss of the whole set."""
    n = 11
    params, grad_fn = linear_task(rng, n)
    whole, _ = grad_fn(params, np.arange(n))
    for lr in (0.0, 0):
        got, losses = student.train_sgd(params, grad_fn, n, batch_size=4, lr=lr, n_epochs=2, rng=rng)
        assert close(losses, [whole, whole]), (
            "With lr = 0 every epoch sees the whole set at the same parameters, so its loss is that of the "
            "set. Are all examples there, and does each batch count by its size?"
        )
        assert close(got, params), "With lr = 0 no parameter may move."


# --- Mistakes -----------------------------------------------------------------------------------------------


HEAD = """    losses, t = [], 0
    for _ in range(n_epochs):
        total = 0.0
        for idx in minibatches(n, batch_size, rng=rng):
"""

ONCE = HEAD.replace(
    "    for _ in", "    batches = list(minibatches(n, batch_size, rng=rng))\n    for _ in"
).replace("minibatches(n, batch_size, rng=rng):", "batches:")

RATE = "params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)"
COUNTED = "total += loss * len(idx)\n            t += 1\n        losses.append(total / n)"


class LossAfterTheStep:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t = [], 0
        for _ in range(n_epochs):
            total = 0.0
            for idx in minibatches(n, batch_size, rng=rng):
                _, grads = grad_fn(params, idx)
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += grad_fn(params, idx)[0] * len(idx)
                t += 1
            losses.append(total / n)
        return params, losses


class StaleGradients:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t = [], 0
        for _ in range(n_epochs):
            total, start = 0.0, params
            for idx in minibatches(n, batch_size, rng=rng):
                loss, grads = grad_fn(start, idx)
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += loss * len(idx)
                t += 1
            losses.append(total / n)
        return params, losses


class BestEpoch:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t, best = [], 0, params
        for _ in range(n_epochs):
            total = 0.0
            for idx in minibatches(n, batch_size, rng=rng):
                loss, grads = grad_fn(params, idx)
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += loss * len(idx)
                t += 1
            losses.append(total / n)
            if losses[-1] <= min(losses):
                best = params
        return best, losses


class BestOfAll:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t, best, lowest = [], 0, params, np.inf
        for _ in range(n_epochs):
            total = 0.0
            for idx in minibatches(n, batch_size, rng=rng):
                loss, grads = grad_fn(params, idx)
                if loss < lowest:
                    best, lowest = params, loss
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += loss * len(idx)
                t += 1
            losses.append(total / n)
        return best, losses


MISTAKES = mistakes(
    "train_sgd",
    (
        "numpy_number_taken_for_a_sequence",
        "A number of NumPy, as np.geomspace gives it, is taken for a sequence of rates, and has no entries. "
        "np.ndim(lr) is 0 for every number.",
        (RATE, 'params = sgd_step(params, grads, lr=lr[t] if hasattr(lr, "__getitem__") else lr)'),
    ),
    (
        "one_permutation_for_all_epochs",
        "The batches are made once and every epoch repeats them. Each epoch has a permutation of its own: "
        "look at what stands before the loop over epochs.",
        (HEAD, ONCE),
    ),
    (
        "short_batch_skipped",
        "The short last batch of each epoch is left out, and the loss lacks its examples too. All batches "
        "are trained on, full or not.",
        ("minibatches(n, batch_size, rng=rng)", "minibatches(n, batch_size, rng=rng, drop_last=True)"),
    ),
    (
        "mean_over_batches",
        "An epoch's loss is the mean of its batches' losses, in which a short batch weighs as much as a "
        "full one. Each example weighs the same: count a batch by its size.",
        (COUNTED, "total += loss\n            t += 1\n        losses.append(total / -(-n // batch_size))"),
    ),
    (
        "sum_for_the_loss",
        "An epoch's losses are added up, weighed by their batches' sizes, and never divided by the number "
        "of examples: it is a mean.",
        (COUNTED, "total += loss * len(idx)\n            t += 1\n        losses.append(total)"),
    ),
    (
        "loss_of_the_last_batch",
        "An epoch's loss is that of its last batch alone. It is the mean over all examples of the epoch.",
        (COUNTED, "total = loss\n            t += 1\n        losses.append(total)"),
    ),
    (
        "loss_after_the_step",
        "The loss is taken after the batch's update, at the cost of a second call. grad_fn gives loss and "
        "gradients together, once a batch, before the step.",
        LossAfterTheStep,
    ),
    (
        "gradients_of_the_epochs_start",
        "All gradients of an epoch are taken where it began, so that its batches together make one long "
        "step. Each batch sees the parameters that the one before has left.",
        StaleGradients,
    ),
    (
        "rate_counted_by_epochs",
        "The rate is looked up by the number of the epoch. With one rate for each update it is the number "
        "of the update that counts.",
        (COUNTED, "total += loss * len(idx)\n        t += 1\n        losses.append(total / n)"),
    ),
    (
        "rate_counted_anew_each_epoch",
        "The count of updates begins again with every epoch, so that the first rates are used over and "
        "over. It goes on through the whole training: look at where it is set to zero.",
        ("total = 0.0\n        for idx", "total, t = 0.0, 0\n        for idx"),
    ),
    (
        "rates_one_ahead",
        "Update t takes the rate of the next one: the count is raised before it is used, and the first "
        "rate never serves.",
        (
            RATE,
            "t += 1\n"
            "            rate = lr[min(t, len(lr) - 1)] if np.ndim(lr) else lr\n"
            "            params = sgd_step(params, grads, lr=rate)",
        ),
        ("total += loss * len(idx)\n            t += 1\n", "total += loss * len(idx)\n"),
    ),
    (
        "best_parameters_returned",
        "What comes back are the parameters with the lowest batch loss on the way, and a batch's loss is "
        "mostly luck. Return those after the last update.",
        BestOfAll,
    ),
    (
        "parameters_of_the_best_epoch",
        "What comes back are the parameters of the epoch with the lowest loss, and not the last ones. "
        "Training does not choose: return what the last update gave, also where the loss has grown.",
        BestEpoch,
    ),
    (
        "losses_since_the_beginning",
        "An epoch's loss is the mean over all epochs so far: the sum goes on from one to the next. Each "
        "epoch begins anew: look at where the sum is set to zero.",
        ("losses, t = [], 0\n", "losses, t, total, seen = [], 0, 0.0, 0\n"),
        ("        total = 0.0\n", ""),
        (
            COUNTED,
            "total += loss * len(idx)\n            seen += len(idx)\n            t += 1\n"
            "        losses.append(total / seen)",
        ),
    ),
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
