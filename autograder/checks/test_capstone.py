"""Hidden checks of `capstone`: the model, its answers and gradients, training, tuning, ablation."""

import numpy as np
import pytest

from autograder.calls.compare import close
from autograder.calls.proxy import Recorder
from autograder.checks.probes_capstone import CONFIG, FLAT, masks_for, points, strange_digits, task, trained
from autograder.laws import laws


def twice(rng):
    """Two generators that will draw the same."""
    seed = int(rng.integers(2**32))
    return np.random.default_rng(seed), np.random.default_rng(seed)


# --- Build --------------------------------------------------------------------------------------------------


@pytest.mark.exercise("build")
def test_hidden_weights_are_he_normal(student, rng):
    """Each hidden layer has the standard deviation that its own number of inputs asks for."""
    params = student.build({**CONFIG, "sizes": (200, 60, 500, 7)}, rng)["params"]
    for name, n, m in (("W1", 200, 60), ("W2", 60, 500)):
        assert laws.normal_std(
            params[name], np.sqrt(2 / n), against=[np.sqrt(1 / n), np.sqrt(2 / m), 0.01]
        ), (
            "The weights of a hidden layer do not have He's standard deviation √(2/fan_in). Which of the "
            "two sizes is fan_in?"
        )


@pytest.mark.exercise("build")
def test_small_weights_are_small(student, rng):
    """With init "small" hidden weights have a standard deviation of a hundredth, whatever the sizes."""
    params = student.build({**CONFIG, "sizes": (150, 80, 4), "init": "small"}, rng)["params"]
    assert laws.normal_std(params["W1"], 0.01, against=[0.1, np.sqrt(2 / 150), 0.01**2]), (
        'With init "small" the hidden weights come from N(0, 0.01²), not from he_normal.'
    )


@pytest.mark.exercise("build", weight=2)
@pytest.mark.parametrize("sizes", [(3, 2), (4, 5, 3), (4, 5, 6, 2)])
def test_the_last_layer_and_the_biases_start_at_zero(student, rng, sizes):
    """The last layer and all biases are zero, for any depth; hidden weights are not."""
    for batch_norm in (True, False):
        params = student.build({**CONFIG, "sizes": sizes, "batch_norm": batch_norm}, rng)["params"]
        still = [f"W{len(sizes) - 1}", *(f"b{k}" for k in range(1, len(sizes)))]
        assert all(not np.any(params[name]) for name in still), (
            "The last layer's weights and every bias start at zero: the first loss is then log(classes)."
        )
        hidden = [params[f"W{k}"] for k in range(1, len(sizes) - 1)]
        assert all(np.all(W) for W in hidden), "A hidden layer's weights are drawn; some of them are zero."


@pytest.mark.exercise("build", weight=2)
@pytest.mark.parametrize("sizes", [(4, 5, 3), (4, 5, 6, 2)])
def test_batch_norm_starts_as_nothing(student, reference, rng, sizes):
    """Gamma and running variances are ones, beta and running means zeros; the scaling does nothing."""
    model = student.build({**CONFIG, "sizes": sizes}, rng)
    want = reference.build({**CONFIG, "sizes": sizes}, rng)
    for k in range(1, len(sizes) - 1):
        for kind in ("gamma", "beta"):
            name = f"{kind}{k}"
            assert close(model["params"][name], want["params"][name]), "gamma starts at one, beta at zero."
    assert close(model["running"], want["running"]), "Running means start at zero, running variances at one."
    assert close([model["mean"], model["scale"]], [want["mean"], want["scale"]]), (
        "Before training the mean is zero and the scale one, a number for each input."
    )


@pytest.mark.exercise("build")
def test_draws_come_from_the_generator(student, rng):
    """The same generator gives the same weights, another one others, and no two weights are alike."""
    one, other = twice(rng)
    first, again = (student.build(CONFIG, r)["params"]["W1"] for r in (one, other))
    next_one = student.build(CONFIG, one)["params"]["W1"]
    assert close(first, again) and not close(first, next_one), (
        "Weights are drawn from rng and from nothing else: equal generators give equal weights, and a second "
        "call goes on drawing."
    )
    assert len(np.unique(first)) == first.size, "Some weights are equal: each one is drawn."


# --- Answer -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("predict", weight=2)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3)])
def test_scores_of_any_depth(student, reference, rng, sizes):
    """Scores without batch norm, for networks of no, one and three hidden layers."""
    model, (X, _) = trained(rng, sizes, batch_norm=False), points(rng, 9)
    assert close(student.scores(model, X), reference.scores(model, X)), (
        "The scores are off without batch norm. Standardise with the model's mean and scale; hidden layers "
        "are affine and then ReLU; the last layer is affine and nothing else."
    )


@pytest.mark.exercise("predict", weight=2)
def test_scores_use_running_statistics(student, reference, rng):
    """Batch norm stands between the affine part and ReLU, and uses the statistics that the model keeps."""
    model, (X, _) = trained(rng), points(rng, 9)
    assert close(student.scores(model, X), reference.scores(model, X)), (
        "The scores are off with batch norm. It comes before ReLU, with the layer's own gamma, beta, running "
        "mean and running variance."
    )


@pytest.mark.exercise("predict")
def test_a_row_is_answered_by_itself(student, rng):
    """A row has the same scores alone as in company."""
    model, (X, _) = trained(rng), points(rng, 8)
    got = student.scores(model, X)
    alone = [student.scores(model, X[i : i + 1])[0] for i in (0, 5)]
    assert close(alone, [got[0], got[5]]) and np.ptp(got) > 0, (
        "A row's scores depend on the other rows: something takes its statistics from the batch."
    )


@pytest.mark.exercise("predict", weight=2)
def test_predictions_are_the_highest_scores(student, reference, rng):
    """The class with the highest score, row by row, with more rows than classes."""
    while True:  # until no class has most of the rows
        model = trained(rng)
        X = model["mean"] + model["scale"] * rng.normal(size=(40, 5))
        want = reference.predict(model, X)
        if np.bincount(want).max() < 25:
            break
    assert np.array_equal(student.predict(model, X), want), (
        "The predicted classes are others: for each row the place of its highest score."
    )


# --- One pass -----------------------------------------------------------------------------------------------

PASS = "Go through the layers once more: what was this part's input on the way forward?"


def one_pass(sides, rng, sizes, batch_norm, p, n=11):
    """What both sides answer to the same pass."""
    model = trained(rng, sizes, batch_norm)
    X, y, masks = rng.normal(size=(n, sizes[0])), rng.integers(sizes[-1], size=n), masks_for(rng, n, sizes, p)
    return [side.loss_and_grads(model, X, y, masks, p=p) for side in sides]


@pytest.mark.exercise("loss_and_grads")
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_loss_is_that_of_training(student, reference, rng, batch_norm):
    """The loss of a network with two hidden layers and masks."""
    got, want = one_pass((student, reference), rng, (5, 4, 6, 3), batch_norm, 0.3)
    assert close(got[0], want[0]), (
        "The loss is off. In training batch norm uses the batch, dropout comes after ReLU, and what is kept "
        "is scaled up."
    )


@pytest.mark.exercise("loss_and_grads", weight=2)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 4, 6, 7, 3)])
def test_plain_gradients(student, reference, rng, sizes):
    """Gradients without batch norm and without dropping, for no, one and three hidden layers."""
    got, want = one_pass((student, reference), rng, sizes, False, 0.0)
    assert close(got[1], want[1]), f"Without batch norm and dropout a gradient is off. {PASS}"


@pytest.mark.exercise("loss_and_grads", weight=2)
def test_gradients_through_dropout(student, reference, rng):
    """The gradient passes each layer's mask and its scale."""
    got, want = one_pass((student, reference), rng, (5, 8, 6, 3), False, 0.4)
    assert close(got[1], want[1]), (
        "With masks a gradient is off: on its way back it passes the same mask, and the same scale, as the "
        "activations did on their way forward."
    )


@pytest.mark.exercise("loss_and_grads", weight=3)
def test_gradients_through_batch_norm(student, reference, rng):
    """Gradients of every parameter with batch norm in every hidden layer, gamma and beta too."""
    got, want = one_pass((student, reference), rng, (5, 4, 6, 3), True, 0.2)
    assert close(got[1], want[1], atol=1e-9), f"With batch norm a gradient is off. {PASS}"


@pytest.mark.exercise("loss_and_grads")
def test_running_statistics_move(student, reference, rng):
    """Every layer's running mean and variance have moved towards this batch's."""
    got, want = one_pass((student, reference), rng, (5, 4, 6, 3), True, 0.2)
    assert close(got[2], want[2]), "The running statistics after the batch are off: each layer has its own."


# --- Train --------------------------------------------------------------------------------------------------


def both(student, reference, rng, n=24, **changes):
    """What both sides return from the same training, drawn alike."""
    data, (ours, theirs) = task(rng, n), twice(rng)
    config = {**FLAT, **changes}
    return [side.train(config, *data, r) for side, r in ((student, ours), (reference, theirs))]


@pytest.mark.exercise("train", weight=2)
@pytest.mark.parametrize("scaling", ["standardize", "center"])
def test_one_epoch_of_momentum(student, reference, rng, scaling):
    """One epoch without hidden layers: scaling, one permutation, a step of momentum for each batch."""
    got, want = both(student, reference, rng, scaling=scaling)
    assert close([got[0]["mean"], got[0]["scale"]], [want[0]["mean"], want[0]["scale"]]), (
        "The model's mean and scale are off: they come from the training set, and with centring alone every "
        "scale is one."
    )
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "After one epoch the weights are elsewhere. Standardised inputs, one permutation, consecutive "
        "batches, one step each: which of these differs?"
    )


@pytest.mark.exercise("train")
def test_adam_takes_the_steps_where_it_is_asked_for(student, reference, rng):
    """With the optimiser "adam" every step is Adam's, at the config's rate."""
    got, want = both(student, reference, rng, optimizer="adam", lr=0.05, n_epochs=3)
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "With Adam the weights are elsewhere after three epochs. Is its state made once, before all epochs?"
    )


@pytest.mark.exercise("train")
def test_a_last_batch_that_is_not_full_is_left_out(student, reference, rng):
    """Where the batch size does not divide the number of examples, what is left over waits for next time."""
    got, want = both(student, reference, rng, n=22)
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "With a number of examples that the batch size does not divide the weights are elsewhere: the last "
        "batch, which is not full, is left out."
    )


@pytest.mark.exercise("train", weight=2)
def test_the_cosine_goes_over_all_updates(student, reference, rng):
    """The rate falls from update to update along one cosine over the whole training."""
    got, want = both(student, reference, rng, n=22, schedule="cosine", n_epochs=3)
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "With the cosine schedule the weights are elsewhere. The step counts updates, not epochs, it is 0 at "
        "the first, and the total is that of the updates that are really made."
    )


@pytest.mark.exercise("train")
def test_weights_decay_and_biases_do_not(student, reference, rng):
    """Decay shrinks the weight matrices by rate times decay, before the step and outside of it."""
    got, want = both(student, reference, rng, weight_decay=0.8, momentum=0.6, n_epochs=2)
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "With weight decay the parameters are elsewhere. Only W shrinks, by the factor 1 - rate·decay, "
        "before the optimiser's step; nothing of it enters the gradient."
    )


@pytest.mark.exercise("train")
@pytest.mark.parametrize("name", ["train_loss", "val_loss", "val_accuracy"])
def test_the_history_of_several_epochs(student, reference, rng, name):
    """A number for each epoch: training loss before the updates, validation loss and accuracy after them."""
    got, want = both(student, reference, rng, n_epochs=4)
    assert close(got[1][name], want[1][name], rtol=1e-7), (
        "The history is another one. Training losses are those of the batches, before their updates; the "
        "validation set is scored after the epoch, with the scaling of the training set."
    )


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
    got, want = (side.train(config, *data, np.random.default_rng(seed)) for side in (student, reference))
    assert got[1]["best_epoch"] == want[1]["best_epoch"], (
        "The best epoch is another one: it has the lowest validation loss, and is counted from 0."
    )
    assert close(got[0]["params"], want[0]["params"], rtol=1e-7, atol=1e-9), (
        "The weights are not those of the best epoch. Are they kept as they were then, when training goes on?"
    )


@pytest.mark.exercise("train")
def test_dropped_units_learn_nothing(student, reference, rng):
    """When all hidden units are dropped, only the last bias can learn; evaluation drops nothing."""
    data, (ours, theirs) = task(rng), twice(rng)
    config = {**CONFIG, "dropout": 1 - 1e-12, "n_epochs": 3, "lr": 0.05}
    got, want = (side.train(config, *data, r) for side, r in ((student, ours), (reference, theirs)))
    assert close(got[1]["val_loss"], want[1]["val_loss"], rtol=1e-6), (
        "With a probability of dropping of almost 1 nothing but the last bias learns, so that the validation "
        "loss hardly moves; yours does otherwise. Are masks drawn with the config's p, and used?"
    )


@pytest.mark.exercise("train")
def test_the_model_keeps_what_batch_norm_gathered(student, rng):
    """After one full batch and no step, the running statistics are a tenth of the way to that batch's."""
    data = task(rng)
    config = {**CONFIG, "lr": 0.0, "dropout": 0.0, "batch_size": len(data[0])}
    model, _ = student.train(config, *data, rng)
    z = (data[0] - data[0].mean(0)) / data[0].std(0) @ model["params"]["W1"]
    want = [0.1 * z.mean(0), 0.9 + 0.1 * z.var(0, ddof=1)]
    assert close([model["running"]["mean1"], model["running"]["var1"]], want, rtol=1e-7, atol=1e-9), (
        "The running statistics of the model that comes back are not those that training gathered."
    )


@pytest.mark.exercise("train", weight=3)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_unseen_digits_are_learnt(student, rng, optimizer):
    """Digits with permuted pixels, noisy and under other names: most new ones are told apart."""
    X, y, X_val, y_val, X_test, y_test = strange_digits(rng)
    config = {**CONFIG, "sizes": (64, 40, 10), "scaling": "center", "schedule": "cosine", "dropout": 0.1}
    config |= {"optimizer": optimizer, "lr": 0.1 if optimizer == "momentum" else 0.01, "weight_decay": 1e-3}
    config |= {"batch_size": 30, "n_epochs": 8, "momentum": 0.9}
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
        "best epoch. Are the running statistics kept with the parameters?"
    )


# --- Tune ---------------------------------------------------------------------------------------------------


def table_of(losses):
    """A score function that looks its answers up: (config's lr, seed) -> loss."""
    return lambda config, seed: float(losses[int(config["lr"]), seed])


def tuned(sides, losses, seeds, budget):
    configs = [{"lr": float(i), "name": f"config {i}"} for i in range(len(losses))]
    return [side.tune(configs, table_of(losses), seeds=seeds, budget=budget) for side in sides]


@pytest.mark.exercise("tune", weight=2)
def test_the_lowest_mean_loss_wins(student, reference, rng):
    """The config with the lowest loss on average over the seeds, though another has the lowest single one."""
    losses = rng.uniform(1.0, 2.0, size=(5, 4))
    losses[3] = 0.9
    losses[1, 2] = 0.1
    got, want = tuned((student, reference), losses, [0, 1, 2, 3], 20)
    assert got[0] == want[0], "Another config was chosen: the lowest mean over the seeds wins."


@pytest.mark.exercise("tune", weight=2)
@pytest.mark.parametrize("budget", [3, 10, 11, 12, 40])
def test_the_budget_is_kept(student, reference, rng, budget):
    """Only configs that still fit with all their seeds are begun; the log has every run in order."""
    losses = rng.uniform(1.0, 2.0, size=(6, 3)) - np.arange(6)[:, None]  # the best one stands last
    score = Recorder(table_of(losses))
    configs = [{"lr": float(i)} for i in range(6)]
    best, log = student.tune(configs, score, seeds=[0, 1, 2], budget=budget)
    want = reference.tune(configs, table_of(losses), seeds=[0, 1, 2], budget=budget)
    asked = [(int(args[0]["lr"]), args[1]) for args, _, _ in score.log]
    assert asked == [tuple(entry[:2]) for entry in want[1]], (
        "The runs that were made are not those that should be: config by config, all seeds of each, as long "
        "as all the runs of a config fit into the budget."
    )
    assert close([list(entry) for entry in log], [list(entry) for entry in want[1]]), (
        "The log is not what was run: place, seed and loss of every run, in order."
    )
    assert best == want[0], "The choice is among the configs that were tried."


@pytest.mark.exercise("tune")
def test_a_broken_run_is_never_chosen(student, reference, rng):
    """A config with a loss that is not a number loses to every other; of equal ones the first is taken."""
    losses = rng.uniform(1.0, 2.0, size=(5, 2))
    losses[0] = [np.nan, 0.1]
    losses[2] = losses[4] = 0.5
    got, want = tuned((student, reference), losses, [0, 1], 10)
    assert got[0] == want[0], (
        "Another config was chosen. One whose run broke down is not better than one that did not, and of "
        "equal ones the first wins."
    )


# --- Intervals ----------------------------------------------------------------------------------------------


@pytest.mark.exercise("mean_interval", weight=2)
@pytest.mark.parametrize("n", [2, 5, 12])
def test_the_interval_of_a_mean(student, reference, rng, n):
    """Student's t interval, for two runs, for five and for twelve."""
    values = 97 + rng.normal(size=n)
    assert close(student.mean_interval(values), reference.mean_interval(values), rtol=1e-6), (
        "Mean or half width are off: t with n - 1 degrees of freedom, times the standard deviation that "
        "divides by n - 1, over √n."
    )


@pytest.mark.exercise("mean_interval")
def test_the_level_is_the_callers(student, reference, rng):
    """A lower level gives a narrower interval, of a single mean and of a difference."""
    a, b = rng.normal(size=(2, 6))
    for level in (0.8, 0.99):
        got = student.mean_interval(a, level=level), student.paired_difference(a, b, level=level)
        want = reference.mean_interval(a, level=level), reference.paired_difference(a, b, level=level)
        assert close(got, want, rtol=1e-6), "At another level the half width is off: is level handed on?"


@pytest.mark.exercise("mean_interval", weight=2)
def test_pairs_are_compared_run_by_run(student, reference, rng):
    """What a seed does to both runs cancels: the interval is that of the differences, first minus second."""
    luck = 5 * rng.normal(size=7)
    a, b = (luck + shift + 0.2 * rng.normal(size=7) for shift in (1.0, 0.0))
    assert close(student.paired_difference(a, b), reference.paired_difference(a, b), rtol=1e-6), (
        "The difference of paired runs is off: take a - b run by run first, and then its interval."
    )


# --- Ablation -----------------------------------------------------------------------------------------------

BASE = {"lr": 0.5, "dropout": 0.2, "momentum": 0.9, "schedule": "cosine"}
SWITCHES = {
    "no dropout": {"dropout": 0.0},
    "no momentum": {"momentum": 0.0, "schedule": "constant"},
    "slow": {"lr": 0.1},
}


class Accuracy:
    """A run that answers from its config and seed, not additively, so that every entry of both shows."""

    def __init__(self, rng):
        self.weights, self.noise = rng.uniform(0.5, 2.0, size=3), rng.normal(size=50)

    def __call__(self, config, seed):
        numbers = np.array([config["lr"], config["dropout"], config["momentum"]])
        bonus = 0.3 * (config["schedule"] == "cosine")
        return float(numbers @ self.weights + bonus + self.noise[seed] * (1 + numbers.sum()))


def slower(config):
    """A tuner of rates: it answers a copy with another rate."""
    return {**config, "lr": config["lr"] / (1 + config["dropout"])}


def taken_apart(sides, rng, seeds, **options):
    run = Accuracy(rng)
    return [side.ablation(BASE, SWITCHES, run, seeds, **options) for side in sides]


@pytest.mark.exercise("ablation", weight=2)
def test_one_switch_at_a_time(student, reference, rng):
    """Each row runs the base with its own entries changed, and with the same seeds."""
    run = Recorder(Accuracy(rng))
    rows = student.ablation(BASE, SWITCHES, run, [3, 1, 4, 15])
    assert [row["name"] for row in rows] == ["all", *SWITCHES], (
        "The base comes first, then each switch in order."
    )
    asked = [(dict(args[0]), args[1]) for args, _, _ in run.log]
    want = [({**BASE, **changes}, seed) for changes in ({}, *SWITCHES.values()) for seed in (3, 1, 4, 15)]
    assert asked == want, (
        "The runs are not those of an ablation: the base with one switch's entries changed, the others back "
        "as they were, and every seed in its order."
    )


@pytest.mark.exercise("ablation", weight=2)
def test_rows_are_paired_with_the_base(student, reference, rng):
    """Difference and half width are those of a row's runs minus the base's, pair by pair."""
    got, want = taken_apart((student, reference), rng, [7, 2, 9, 30, 21])
    for key in ("values", "difference", "half"):
        assert close([row[key] for row in got], [row[key] for row in want], rtol=1e-6), (
            "The numbers of a row are off: its own accuracies, their paired difference to the base's, row "
            "minus base, and half the width of that difference's interval."
        )


@pytest.mark.exercise("ablation", weight=2)
def test_every_row_is_tuned_again_or_says_not(student, reference, rng):
    """With retune every row, the base's too, runs what it gave back; without, each row says so."""
    got, want = taken_apart((student, reference), rng, [0, 1, 2], retune=slower)
    assert close([row["values"] for row in got], [row["values"] for row in want]), (
        "With retune other runs are made than should be: every row's config goes through it, the base's too, "
        "after the switch."
    )
    plain, _ = taken_apart((student, reference), rng, [0, 1, 2])
    assert [row["retuned"] for row in got] == [True] * 4 and [row["retuned"] for row in plain] == [
        False
    ] * 4, "Each row says whether its settings were tuned again."
