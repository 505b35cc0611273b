"""One update, `train_step`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

from .shared import CONFIG, FLAT, points

# --- Checks -------------------------------------------------------------------------------------------------


def updates(side, reference, rng, config, n_updates=1, lr=0.15, n=6):
    """Some updates, a fresh batch each, from a start that both sides share; the model, the losses.

    Called with generators of one seed it does the same for both sides.
    """
    sizes = config["sizes"]
    model = reference.build(config, np.random.default_rng(0))
    last = len(sizes) - 1
    draw = np.random.default_rng(int(rng.integers(2**32)))
    params = {**model["params"], f"W{last}": draw.normal(size=sizes[-2:])}
    model, state, losses = {**model, "params": params}, side.opt_init(config, params), []
    for _ in range(n_updates):
        X, y = points(draw, n, inputs=sizes[0], classes=sizes[-1])
        masks = np.random.default_rng(int(draw.integers(2**32)))
        model, loss, state = side.train_step(config, model, state, X, y, lr=lr, rng=masks)
        losses.append(loss)
    return model, losses


def both(student, reference, rng, **changes):
    """What both sides return from the same updates."""
    seed = int(rng.integers(2**32))
    n_updates, n = changes.pop("n_updates", 1), changes.pop("n", 6)
    config, lr = {**FLAT, **changes}, float(rng.uniform(0.05, 0.2))
    return [
        updates(side, reference, np.random.default_rng(seed), config, n_updates, lr, n)
        for side in (student, reference)
    ]


ELSEWHERE = {"rtol": 1e-7, "atol": 1e-9}


@pytest.mark.exercise("train_step", weight=2)
def test_one_update_without_hidden_layers(student, reference, rng):
    """The parameters after one step of momentum, and the loss that the batch had before it."""
    got, want = both(student, reference, rng)
    assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
        "After one update without hidden layers and without decay the parameters are elsewhere: one pass, "
        "one step of the optimiser at the rate lr."
    )
    assert close(got[1], want[1], rtol=1e-7), (
        "The loss is another one: it is that of the batch before the update."
    )


@pytest.mark.exercise("train_step", weight=2)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_several_updates_with_their_state(student, reference, rng, optimizer):
    """Four updates of the optimiser that the config names, the state handed on from each to the next."""
    got, want = both(student, reference, rng, optimizer=optimizer, n_updates=4)
    assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
        "After four updates the parameters are elsewhere. Which optimiser does the config name, and which "
        "state comes back?"
    )


@pytest.mark.exercise("train_step", weight=2)
def test_weights_decay_and_biases_do_not(student, reference, rng):
    """Decay shrinks the weight matrices by rate times decay, before the step and outside of it."""
    deep = {"sizes": (5, 4, 3), "batch_norm": True}
    for changes, decay in (({}, 0.8), (deep, 0.8), ({}, 30.0)):  # the last one turns the weights' signs
        got, want = both(student, reference, rng, weight_decay=decay, momentum=0.9, n_updates=3, **changes)
        assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
            "With weight decay the parameters are elsewhere. Only W shrinks, by the factor 1 - lr·decay, "
            "also if it is below 0, before the optimiser's step; the gradients are those from before the "
            "decay, and nothing of it enters them."
        )


@pytest.mark.exercise("train_step")
def test_masks_are_drawn_and_used(student, reference, rng):
    """With a probability of dropping of almost one, no unit passes anything on: only the last bias moves."""
    for sizes in ((5, 4, 6, 3), (5, 4, 6, 5, 7, 4, 6, 5, 7, 4, 8, 3)):
        config = {**CONFIG, "sizes": sizes, "dropout": 1 - 1e-12, "batch_norm": False}
        seed = int(rng.integers(2**32))
        got, want = (
            updates(side, reference, np.random.default_rng(seed), config)[0] for side in (student, reference)
        )
        assert close(got["params"], want["params"], rtol=1e-7, atol=1e-9), (
            "With a probability of dropping of almost 1 only the last bias learns; yours does otherwise. Are "
            "masks drawn with the config's p, one for each hidden layer, and used?"
        )


@pytest.mark.exercise("train_step")
def test_running_statistics_come_back_with_the_model(student, reference, rng):
    """The running statistics of the pass are in the model that comes back, after each of three updates."""
    config = {**CONFIG, "dropout": 0.0, "momentum": 0.9}
    seed = int(rng.integers(2**32))
    got, want = (
        updates(side, reference, np.random.default_rng(seed), config, 3)[0] for side in (student, reference)
    )
    assert close(got["running"], want["running"], rtol=1e-7, atol=1e-9), (
        "The running statistics of the model that comes back are not those that the passes gathered."
    )


@pytest.mark.exercise("train_step")
def test_masks_are_drawn_from_the_generator(student, reference, rng):
    """Generators in the same state drop the same units, and others drop others."""
    config = {**FLAT, "sizes": (5, 30, 3), "dropout": 0.5}
    (X, y), model = points(rng, 6), reference.build(config, np.random.default_rng(0))
    first, second = (int(seed) for seed in rng.choice(2**32, size=2, replace=False))
    got = []
    for seed in (first, first, second):
        state, own = student.opt_init(config, model["params"]), np.random.default_rng(seed)
        got.append(student.train_step(config, model, state, X, y, lr=0.15, rng=own)[0]["params"])
    assert close(got[0], got[1], rtol=1e-9, atol=1e-12), (
        "With two generators in the same state the same update ends in two places: something is drawn from "
        "elsewhere."
    )
    assert not close(got[0], got[2], rtol=1e-9, atol=1e-12), (
        "With another generator the same units are dropped: the masks come from rng."
    )


@pytest.mark.exercise("train_step")
def test_the_first_layers_mask_is_drawn_first(student, reference, rng):
    """From one generator the first layer loses the same units, however wide the second one is."""
    X, y, seed, moved = rng.normal(size=(1, 5)), np.array([1]), int(rng.integers(2**32)), []
    for width in (20, 31):
        config = {**FLAT, "sizes": (5, 40, width, 3), "dropout": 0.3}
        model = reference.build(config, np.random.default_rng(0))
        params = {**model["params"], "W3": 1e-4 * rng.normal(size=(width, 3))}
        params |= {"b1": params["b1"] + 50.0, "b2": params["b2"] + 2000.0}  # every unit is on unless dropped
        state, own = student.opt_init(config, params), np.random.default_rng(seed)
        new = student.train_step(config, {**model, "params": params}, state, X, y, lr=1.0, rng=own)[0]
        moved.append(new["params"]["b1"] != params["b1"])
    assert moved[0].any() and np.array_equal(*moved), (
        "Which units of the first layer are dropped depends on the width of the second: the masks are drawn "
        "in the layers' order, one for each."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train_step",
    """
    config = dict(sizes=(1, 2), scaling="center", init="he", batch_norm=False, dropout=0.0,
                  optimizer="momentum", momentum=0.5, lr=1.0, schedule="constant", weight_decay=0.25,
                  batch_size=2, n_epochs=1)
    params = {"W1": np.array([[1.0, -1.0]]), "b1": np.array([0.5, 0.0])}
    model = dict(params=params, running={}, mean=np.zeros(1), scale=np.ones(1))
    X, y = np.array([[1.0], [-2.0]]), np.array([0, 1])
    model, loss, _ = train_step(config, model, opt_init(config, params), X, y, lr=0.5,
                                rng=np.random.default_rng(0))
    model["params"], loss
    """,
    """
    config = dict(sizes=(1, 2, 3, 2), scaling="center", init="he", batch_norm=True, dropout=0.5,
                  optimizer="momentum", momentum=0.5, lr=0.5, schedule="constant", weight_decay=0.25,
                  batch_size=2, n_epochs=2)
    model, rng = build(config, np.random.default_rng(0)), np.random.default_rng(1)
    state, X, y = opt_init(config, model["params"]), np.array([[1.0], [-2.0], [3.0]]), np.array([0, 1, 1])
    for _ in range(2):
        model, loss, state = train_step(config, model, state, X, y, lr=0.5, rng=rng)
    model["params"]["W1"], model["params"]["gamma1"], model["running"]["mean1"], loss
    """,
    """
    config = dict(sizes=(1, 2), scaling="center", init="he", batch_norm=False, dropout=0.0,
                  optimizer="adam", momentum=0.5, lr=0.5, schedule="constant", weight_decay=0.25,
                  batch_size=2, n_epochs=2)
    model, rng = build(config, np.random.default_rng(0)), np.random.default_rng(0)
    state, X, y = opt_init(config, model["params"]), np.array([[1.0], [-2.0]]), np.array([0, 1])
    for _ in range(2):
        model, loss, state = train_step(config, model, state, X, y, lr=0.5, rng=rng)
    model["params"], loss
    """,
)
