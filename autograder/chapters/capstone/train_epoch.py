"""One epoch, `train_epoch`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, variants

from ..shared import few_digits, twins
from .shared import FLAT, points

# --- Checks -------------------------------------------------------------------------------------------------


def both(student, reference, rng, n=24, epochs=(0,), **changes):
    """What both sides return from the same epochs, drawn alike: the model, the losses of the epochs."""
    config, (X, y), found = {**FLAT, **changes}, points(rng, n), []
    seeds = [int(rng.integers(2**32)) for _ in epochs]
    for side in (student, reference):
        model = reference.build(config, np.random.default_rng(0))
        state, losses = side.opt_init(config, model["params"]), []
        for epoch, seed in zip(epochs, seeds, strict=True):
            order = np.random.default_rng(seed)
            model, loss, state = side.train_epoch(config, model, state, X, y, epoch=epoch, rng=order)
            losses.append(loss)
        found.append((model, losses))
    return found


def same(got, want):
    return close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9)


@pytest.mark.exercise("train_epoch", weight=2)
def test_one_pass_at_a_constant_rate(student, reference, rng):
    """Every example once, in the order of one permutation, an update for each batch."""
    got, want = both(student, reference, rng)
    assert same(got, want), (
        "After one epoch the weights are elsewhere. One permutation, consecutive batches, one update each "
        "at the rate of the schedule, with the state handed on: does one of these differ? Only a last batch "
        "that is not full is left out."
    )
    got, want = both(student, reference, rng, sizes=(5, 4, 3), batch_norm=True)
    assert close(got[0]["running"], want[0]["running"]), (
        "After an epoch with batch norm the running statistics are others. Is the whole model handed on from "
        "batch to batch, its running statistics too?"
    )


@pytest.mark.exercise("train_epoch")
def test_a_last_batch_that_is_not_full_is_left_out(student, reference, rng):
    """Where the batch size does not divide the number of examples, what is left over waits for next time."""
    got, want = both(student, reference, rng, n=22)
    assert same(got, want), (
        "With a number of examples that the batch size does not divide the weights are elsewhere: the last "
        "batch, which is not full, is left out."
    )


@pytest.mark.exercise("train_epoch", weight=2)
def test_the_cosine_goes_over_all_updates(student, reference, rng):
    """The rate falls from update to update along one cosine over the whole training."""
    got, want = both(student, reference, rng, n=22, schedule="cosine", n_epochs=3, epochs=(0, 1, 2))
    assert same(got, want), (
        "With the cosine schedule the weights are elsewhere after three epochs. The step counts updates, not "
        "epochs, those of earlier epochs too; it is 0 at the first, and the total is that of the updates "
        "that are really made."
    )
    got, want = both(student, reference, rng, n=12, schedule="cosine")
    assert same(got, want), (
        "With the cosine schedule and a single epoch the weights are elsewhere: the cosine then goes over "
        "the updates of this one."
    )


@pytest.mark.exercise("train_epoch")
def test_a_later_epoch_by_itself(student, reference, rng):
    """The second of four epochs, without the first: its rates are those of its own place in the cosine."""
    got, want = both(student, reference, rng, schedule="cosine", n_epochs=4, epochs=(1,))
    assert same(got, want), "The second of four epochs goes elsewhere. At which step does it begin?"
    got, want = both(
        student, reference, rng, 12, schedule="cosine", n_epochs=4, epochs=(1,), optimizer="adam", lr=0.01
    )
    assert same(got, want), "With Adam the second of four epochs goes elsewhere: it has the schedule, too."
    got, want = both(student, reference, rng, 12, n_epochs=20, epochs=(12,))
    assert same(got, want), "At a constant rate a late epoch goes elsewhere: constant is constant."
    got, want = both(student, reference, rng, 12, epochs=(0, 0))
    assert same(got, want), (
        "From a state that is not a fresh one the first epoch goes elsewhere: the state that is given is "
        "used."
    )


@pytest.mark.exercise("train_epoch")
def test_the_loss_is_the_mean_over_the_batches(student, reference, rng):
    """The mean of the losses that the batches had, each before its own update."""
    got, want = both(student, reference, rng, n=30)
    assert close(got[1], want[1]), few_digits(got[1], want[1]) or (
        "The loss that comes back is another one: the mean over this epoch's batches, each before its update."
    )
    got, want = both(student, reference, rng, n=23)
    assert close(got[1], want[1]), (
        "With a number of examples that the batch size does not divide the loss is another one: the mean is "
        "over the batches that made an update."
    )
    broken, _ = both(student, reference, rng, n=8, batch_size=2, weight_decay=1e200)
    assert not np.isfinite(broken[1][0]), (
        "Where the weights overflow the mean of the losses is a finite number: no batch is left out of it, "
        "and no loss is cut off."
    )


@pytest.mark.exercise("train_epoch")
def test_masks_are_drawn_from_the_epochs_generator(student, reference, rng):
    """Generators in the same state drop the same units, and others drop others."""
    config = {**FLAT, "sizes": (5, 30, 3), "dropout": 0.5, "batch_size": 6}
    X, y = np.tile(rng.normal(size=5), (6, 1)), np.zeros(6, dtype=int)  # the order plays no part
    model = reference.build(config, np.random.default_rng(0))
    first, second = (int(seed) for seed in rng.choice(2**32, size=2, replace=False))
    got = []
    for seed in (first, first, second):
        state = student.opt_init(config, model["params"])
        own = np.random.default_rng(seed)
        got.append(student.train_epoch(config, model, state, X, y, epoch=0, rng=own)[0]["params"])
    assert close(got[0], got[1], rtol=1e-9, atol=1e-12), (
        "With two generators in the same state the same epoch ends in two places: something is drawn from "
        "elsewhere."
    )
    assert not close(got[0], got[2], rtol=1e-9, atol=1e-12), (
        "With another generator the epoch ends in the same place. Is an update made at all where there is "
        "just one full batch, and do its masks come from rng too?"
    )
    for n in (6, 13):
        (X, y), (ours, theirs) = points(rng, n), twins(rng)
        state, want = student.opt_init(config, model["params"]), model
        got, _, _ = student.train_epoch(config, model, state, X, y, epoch=0, rng=theirs)
        order = ours.permutation(n)  # as minibatches draws it
        for rows in (order[:6], order[6:12])[: n // 6]:
            want, _, state = student.train_step(config, want, state, X[rows], y[rows], lr=0.15, rng=ours)
        assert close(got["params"], want["params"], rtol=1e-7, atol=1e-9), (
            "With dropout the epoch ends elsewhere than your own train_step, called for one batch after the "
            "other, as the permutation has them. One generator serves the order and then the masks of each "
            "batch, and a batch's rows stay in the permutation's order, also where there is just one batch."
        )


# --- Variants -----------------------------------------------------------------------------------------------


class EpochWithAllRatesFirst:
    """Makes the epoch's rates before the loop; adds the losses up; cuts the batches by hand."""

    def train_epoch(config, model, state, X, y, *, epoch, rng):
        size = config["batch_size"]
        count = len(X) // size
        steps = np.arange(epoch * count, (epoch + 1) * count)
        rates = np.full(count, float(config["lr"]))
        if config["schedule"] == "cosine":
            rates = cosine_lr(steps, base_lr=config["lr"], total_steps=count * config["n_epochs"])
        order, total = rng.permutation(len(X)), 0.0
        for i, rate in enumerate(rates):
            rows = order[i * size : (i + 1) * size]
            model, loss, state = train_step(config, model, state, X[rows], y[rows], lr=float(rate), rng=rng)
            total += loss
        return model, total / count, state


VARIANTS = variants(
    "train_epoch",
    ("all_rates_first", EpochWithAllRatesFirst),
    (
        "rate_as_an_array",
        "The rate is a NumPy array of no dimension.",
        ('lr = config["lr"]\n', 'lr = np.asarray(config["lr"])\n'),
    ),
    (
        "sum_over_count",
        "The mean is a sum over the number of batches.",
        ("float(np.mean(losses))", "sum(losses) / per_epoch"),
    ),
    (
        "step_from_the_losses",
        "The step is counted by the losses so far.",
        ("cosine_lr(step,", "cosine_lr(epoch * per_epoch + len(losses),"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train_epoch",
    """
    config = dict(sizes=(1, 2), scaling="center", init="he", batch_norm=False, dropout=0.0,
                  optimizer="momentum", momentum=0.5, lr=1.0, schedule="cosine", weight_decay=0.25,
                  batch_size=2, n_epochs=3)
    X, y = np.array([[0.0], [1.0], [3.0], [5.0], [9.0]]), np.array([0, 0, 1, 1, 1])
    model = build(config, np.random.default_rng(0))
    model, loss, _ = train_epoch(config, model, opt_init(config, model["params"]), X, y, epoch=1,
                                 rng=np.random.default_rng(0))
    model["params"], loss
    """,
    """
    config = dict(sizes=(1, 2, 2), scaling="center", init="he", batch_norm=False, dropout=0.5,
                  optimizer="momentum", momentum=0.5, lr=0.5, schedule="constant", weight_decay=0.25,
                  batch_size=2, n_epochs=2)
    X, y = np.array([[0.0], [1.0], [3.0], [5.0]]), np.array([0, 0, 1, 1])
    model, rng = build(config, np.random.default_rng(0)), np.random.default_rng(1)
    state = opt_init(config, model["params"])
    for epoch in range(2):
        model, loss, state = train_epoch(config, model, state, X, y, epoch=epoch, rng=rng)
    model["params"], loss
    """,
)
