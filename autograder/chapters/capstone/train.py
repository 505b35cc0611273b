"""Training, `train`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits, twins
from .shared import CONFIG, FLAT, strange_digits, task

# --- Checks -------------------------------------------------------------------------------------------------


def both(student, reference, rng, n=24, n_val=15, far=1.0, flat=False, **changes):
    """What both sides return from the same training, drawn alike; ``far`` multiplies the validation set.

    ``flat`` makes the first input constant and the second tiny.
    """
    (X, y, X_val, y_val), (ours, theirs) = task(rng, n, n_val), twins(rng)
    if flat:
        X[:, 0], X_val[:, 0] = 2.0, 2.0
        X[:, 1], X_val[:, 1] = 1e-9 * X[:, 1], 1e-9 * X_val[:, 1]
    config, data = {**FLAT, **changes}, (X, y, far * X_val, y_val)
    return [side.train(config, *data, r) for side, r in ((student, ours), (reference, theirs))]


@pytest.mark.exercise("train", weight=2)
@pytest.mark.parametrize("scaling", ["standardize", "center"])
def test_the_scaling_comes_from_the_training_set(student, reference, rng, scaling):
    """One epoch without hidden layers: the model's mean and scale, and what training makes of the inputs."""
    got, want = both(student, reference, rng, scaling=scaling)
    assert close([got[0]["mean"], got[0]["scale"]], [want[0]["mean"], want[0]["scale"]]), (
        "The model's mean or scale is off: each input has its own, they come from the training set, and with "
        "centring alone every scale is one."
    )
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "After one epoch the weights are elsewhere. Are the inputs that are trained on standardised by the "
        "very mean and scale that the model holds, where only means are taken off, too?"
    )
    got, want = both(student, reference, rng, scaling=scaling, flat=True)
    assert close([got[0]["mean"], got[0]["scale"]], [want[0]["mean"], want[0]["scale"]], atol=0.0), (
        "Where an input is constant, or all its values are tiny, the model's mean or scale is off: ask your "
        "standardize_fit."
    )


@pytest.mark.exercise("train", weight=2)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_the_state_lives_through_all_epochs(student, reference, rng, optimizer):
    """Three epochs on one validation curve: the optimiser's state is made once, and the schedule goes on."""
    rate = {"momentum": 0.02, "adam": 0.01}[optimizer]
    got, want = both(student, reference, rng, optimizer=optimizer, lr=rate, n_epochs=3, schedule="cosine")
    assert close(got[1]["val_loss"][0], want[1]["val_loss"][0], rtol=1e-7), (
        "After the first epoch already the validation loss is another one: mend that first."
    )
    assert close(got[1]["val_loss"], want[1]["val_loss"], rtol=1e-7), (
        "After several epochs the validation losses are others. Is the state made once, before all epochs, "
        "and is each epoch told its number?"
    )


@pytest.mark.exercise("train")
@pytest.mark.parametrize("name", ["train_loss", "val_loss", "val_accuracy"])
def test_the_history_of_several_epochs(student, reference, rng, name):
    """A number for each epoch: training loss before the updates, validation loss and accuracy after them."""
    got, want = both(student, reference, rng, n_epochs=4)
    assert close(got[1][name], want[1][name]), few_digits(got[1][name], want[1][name]) or (
        "The history is another one. Training losses are those of the batches, before their updates; the "
        "validation loss and accuracy are those of X_val and y_val, scored after the epoch with the scaling "
        "of the training set."
    )


@pytest.mark.exercise("train")
def test_the_history_of_odd_numbers_and_far_rows(student, reference, rng):
    """The history where the batch size does not divide the examples; validation rows far off, or many."""
    for changes, message in (
        ({"n_epochs": 2}, "The history of a plain training is off: mend that first."),
        (
            {"n_epochs": 3, "n": 22, "schedule": "cosine"},
            "Where the batch size does not divide the number of examples the history is another one: only "
            "full batches make an update, count for the schedule and enter the training loss.",
        ),
        (
            {"n_epochs": 2, "far": 3000.0},
            "Where validation scores are in the thousands the history is another one: no exponential may "
            "overflow. Your softmax_cross_entropy and predict know how.",
        ),
        (
            {"n": 12, "n_val": 1031},
            "With many validation rows the history is another one: every row counts, and all count alike.",
        ),
    ):
        got, want = both(student, reference, rng, **changes)
        for name in ("train_loss", "val_loss", "val_accuracy", "best_epoch"):
            assert close(got[1][name], want[1][name], rtol=1e-7), message


def turning(reference, rng):
    """A task whose best epoch is neither the first nor the last, nor that of the highest accuracy."""
    for _ in range(200):
        data, seed = task(rng, 12, 20), int(rng.integers(2**32))
        config = {**FLAT, "lr": 0.6, "n_epochs": 7}
        history = reference.train(config, *data, np.random.default_rng(seed))[1]
        losses, best = history["val_loss"], history["best_epoch"]
        if 0 < best < 6 and np.argmax(history["val_accuracy"]) != best and losses[-1] > 1.05 * losses[best]:
            return config, data, seed
    raise RuntimeError("no task turned up on which the best epoch is in the middle")


@pytest.mark.exercise("train", weight=2)
def test_the_epoch_with_the_lowest_validation_loss_is_kept(student, reference, rng):
    """What comes back is the model of the best epoch, not the last, and its number."""
    config, data, seed = turning(reference, rng)
    model, history = student.train(config, *data, np.random.default_rng(seed))
    best = history["best_epoch"]
    told = "The best epoch is another one: it has the lowest validation loss, and is counted from 0."
    assert best == np.argmin(history["val_loss"]), told
    flat = {**config, "lr": 0.0, "n_epochs": 12}
    still = student.train(flat, *data, np.random.default_rng(seed))[1]
    assert (still["best_epoch"], len(still["val_loss"])) == (0, 12), (
        "At a rate of 0 all epochs have one validation loss, and the best one is another than the first, or "
        "some are not run: of equal ones the first is kept, and training goes on to the last."
    )
    slow = student.train({**config, "lr": 1e-6}, *data, np.random.default_rng(seed))[1]
    assert slow["best_epoch"] == np.argmin(slow["val_loss"]), (
        "At a tiny rate the best epoch is another one: the lowest validation loss counts, by however little."
    )
    assert 0 < best < 6, (
        "On a task whose validation loss falls and rises again the first or the last epoch is your best one."
    )
    until = student.train({**config, "n_epochs": best + 1}, *data, np.random.default_rng(seed))[0]
    assert close(model["params"], until["params"], rtol=1e-7, atol=1e-9), (
        "The weights are not those of the best epoch, with which a shorter training ends. Are they kept as "
        "they were then, when training goes on?"
    )


@pytest.mark.exercise("train")
def test_an_epoch_that_broke_down_is_not_the_best(student, reference, rng):
    """Where the weights overflow in the second epoch, its loss is NaN and the first epoch is the best."""
    data, seed = task(rng), int(rng.integers(2**32))

    def trained(n_epochs, decay):
        config = {**FLAT, "weight_decay": decay, "n_epochs": n_epochs}
        return student.train(config, *data, np.random.default_rng(seed))

    (model, history), (alone, _) = trained(3, 1e60), trained(1, 1e60)
    best, losses = history["best_epoch"], history["val_loss"]
    assert np.isnan(losses[-1]) and not np.isnan(losses[0]), (
        "So large a decay makes the last epoch's validation loss NaN, but not the first one's: yours differ."
    )
    assert not np.isnan(losses[best]), "An epoch whose validation loss is NaN is taken for the best one."
    told = "Where all epochs but the first break down, what comes back is not the first."
    assert best == 0 and close(model["params"], alone["params"], rtol=1e-6), told
    told = "Where all epochs break down the first one counts as the best: ask your best_index."
    assert trained(2, 1e200)[1]["best_epoch"] == 0, told


@pytest.mark.exercise("train")
def test_one_generator_serves_a_whole_training(student, rng):
    """First the weights are drawn, then each epoch's order and masks, all of them from rng as it goes on."""
    (X, y, *val), (ours, theirs) = task(rng, 12), twins(rng)
    config = {**FLAT, "sizes": (5, 8, 3), "dropout": 0.4, "n_epochs": 2}
    model, history = student.train(config, X, y, *val, theirs)
    start, losses = student.build(config, ours), []
    state, inputs = student.opt_init(config, start["params"]), (X - model["mean"]) / model["scale"]
    for epoch in range(2):
        start, loss, state = student.train_epoch(config, start, state, inputs, y, epoch=epoch, rng=ours)
        losses.append(loss)
    assert close(history["train_loss"], losses, rtol=1e-7), (
        "A training has other losses than your own build, opt_init and train_epoch, one after the other: one "
        "generator, the rng that is handed over, serves the weights, then each epoch's order and masks."
    )


@pytest.mark.exercise("train")
def test_the_model_keeps_what_batch_norm_gathered(student, reference, rng):
    """After one full batch running statistics are a tenth of the way to that batch's, and are scored with."""
    data = task(rng)
    config = {**CONFIG, "dropout": 0.5, "batch_size": len(data[0])}
    model, _ = student.train({**config, "lr": 0.0, "n_epochs": 2}, *data, rng)  # the first one is the best
    z = (data[0] - model["mean"]) / model["scale"] @ model["params"]["W1"]
    want = [0.1 * z.mean(0), 0.9 + 0.1 * z.var(0, ddof=1)]
    assert close([model["running"]["mean1"], model["running"]["var1"]], want, rtol=1e-7, atol=1e-9), (
        "The running statistics of the model that comes back are not those that training had gathered after "
        "the best epoch, which at a rate of 0 is the first."
    )
    model, history = student.train(config, *data, rng)
    logits, y_val = reference.scores(model, data[2]), data[3]
    want = [reference.softmax_cross_entropy(logits, y_val)[0], np.mean(np.argmax(logits, axis=1) == y_val)]
    assert close([history["val_loss"][0], history["val_accuracy"][0]], want, rtol=1e-7), (
        "With batch norm and dropout validation loss or accuracy is not that of the scores of the model that "
        "comes back. In evaluation mode batch norm uses the running statistics, and nothing is dropped."
    )


@pytest.mark.exercise("train", weight=3)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_unseen_digits_are_learnt(student, rng, optimizer):
    """Digits with permuted pixels, noisy and under other names: most new ones are told apart."""
    X, y, X_val, y_val, X_test, y_test = strange_digits(rng)
    config = {**CONFIG, "sizes": (64, 40, 10), "scaling": "center", "schedule": "cosine", "dropout": 0.1}
    config |= {"optimizer": optimizer, "lr": 0.1 if optimizer == "momentum" else 0.01, "weight_decay": 1e-3}
    config |= {"batch_size": 30, "n_epochs": 5 if optimizer == "momentum" else 8, "momentum": 0.9}
    model, history = student.train(config, X, y, X_val, y_val, rng)
    accuracy = np.mean(student.predict(model, X_test) == y_test)
    assert accuracy > 0.7, (
        "On digits that it was trained on by value your classifier is far from what it should reach in so "
        "many epochs. Look at its learning curves on a small set of your own."
    )
    best = history["best_epoch"]
    found = np.mean(student.predict(model, X_val) == y_val)
    assert close(found, history["val_accuracy"][best]), (
        "The validation accuracy of the model that came back is not the one that the history has for the "
        "best epoch. Is that the share of X_val and y_val, and are the running statistics kept with the "
        "parameters?"
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train",
    """
    config = dict(sizes=(1, 2), scaling="standardize", init="he", batch_norm=False, dropout=0.0,
                  optimizer="momentum", momentum=0.5, lr=1.0, schedule="cosine", weight_decay=0.25,
                  batch_size=2, n_epochs=3)
    X, y = np.array([[0.0], [1.0], [3.0], [5.0], [9.0]]), np.array([0, 0, 1, 1, 1])
    model, history = train(config, X, y, X, 1 - y, np.random.default_rng(0))
    model["params"], history["train_loss"], history["val_accuracy"], history["best_epoch"]
    """,
    """
    config = dict(sizes=(1, 2), scaling="center", init="he", batch_norm=False, dropout=0.0,
                  optimizer="adam", momentum=0.0, lr=0.5, schedule="constant", weight_decay=0.0,
                  batch_size=2, n_epochs=3)
    X, y = np.array([[0.0], [1.0], [3.0], [5.0]]), np.array([0, 0, 1, 1])
    model, history = train(config, X, y, X[2:], y[2:], np.random.default_rng(0))
    model["mean"], model["scale"], history
    """,
    """
    config = dict(sizes=(1, 50, 2), scaling="center", init="he", batch_norm=True, dropout=0.9,
                  optimizer="momentum", momentum=0.5, lr=0.5, schedule="constant", weight_decay=0.0,
                  batch_size=4, n_epochs=1)
    X, y = np.array([[0.0], [1.0], [3.0], [5.0]]), np.array([0, 0, 1, 1])
    model, history = train(config, X, y, X, y, np.random.default_rng(0))
    never_kept = np.all(model["params"]["W2"] == 0, axis=1)  # by the one update's four masks
    bool(np.any(never_kept)), bool(np.any(model["running"]["var1"] != 1))
    """,
)
