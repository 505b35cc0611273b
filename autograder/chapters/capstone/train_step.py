"""One update, `train_step`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws

from ..shared import few_digits
from .shared import CONFIG, FLAT, points

# --- Checks -------------------------------------------------------------------------------------------------


def updates(side, reference, rng, config, n_updates=1, lr=0.15, n=6, far=1.0):
    """Some updates, a fresh batch each, from a start that both sides share; the model, the losses.

    Called with generators of one seed it does the same for both sides. The rate falls from update to update,
    and in the second of several the momentum is 0.
    """
    sizes = config["sizes"]
    model = reference.build(config, np.random.default_rng(0))
    last = len(sizes) - 1
    draw = np.random.default_rng(int(rng.integers(2**32)))
    params = {**model["params"], f"W{last}": draw.normal(size=sizes[-2:])}
    model |= {
        "params": params,
        "mean": draw.normal(size=sizes[0]),
        "scale": draw.uniform(1, 2, size=sizes[0]),
    }
    state, losses = side.opt_init(config, params), []
    for i in range(n_updates):
        X, y = points(draw, n, inputs=sizes[0], classes=sizes[-1])
        masks = np.random.default_rng(int(draw.integers(2**32)))
        now = config if i != 1 else {**config, "momentum": 0.0}
        model, loss, state = side.train_step(now, model, state, far * X, y, lr=lr / (1 + i), rng=masks)
        losses.append(loss)
    return model, losses


def both(student, reference, rng, **changes):
    """What both sides return from the same updates."""
    seed = int(rng.integers(2**32))
    n_updates, n, far = changes.pop("n_updates", 1), changes.pop("n", 6), changes.pop("far", 1.0)
    lr = changes.pop("rate", 1.0) * float(rng.uniform(0.05, 0.2))
    config = {**FLAT, **changes}
    return [
        updates(side, reference, np.random.default_rng(seed), config, n_updates, lr, n, far)
        for side in (student, reference)
    ]


ELSEWHERE = {"rtol": 1e-7, "atol": 1e-9}


@pytest.mark.exercise("train_step", weight=2)
def test_one_update_without_hidden_layers(student, reference, rng):
    """The parameters after one step of momentum, and the loss that the batch had before it."""
    updates(student, reference, rng, {**FLAT, "weight_decay": 0.5})  # looked at for changed arguments
    got, want = both(student, reference, rng)
    assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
        "After one update without hidden layers and without decay the parameters are elsewhere: one pass, "
        "one step of the optimiser at the rate lr."
    )
    assert close(got[1], want[1]), few_digits(got[1], want[1]) or (
        "The loss is another one: it is that of the batch before the update."
    )
    got, want = both(student, reference, rng, far=1e4)
    assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
        "Where gradients are large the parameters are elsewhere: gradients are used as they are, not cut off."
    )


@pytest.mark.exercise("train_step", weight=2)
@pytest.mark.parametrize("optimizer", ["momentum", "adam", "plain"])
def test_several_updates_with_their_state(student, reference, rng, optimizer):
    """Four updates of the optimiser that the config names, the state handed on from each to the next."""
    plain = {"optimizer": "momentum", "momentum": 0.0}
    changes = plain if optimizer == "plain" else {"optimizer": optimizer}
    got, want = both(student, reference, rng, n_updates=4, **changes)
    assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
        "After four updates, each at a rate of its own, the parameters are elsewhere. Which optimiser does "
        "the config of this update name, with which momentum (0 is plain SGD), and which state comes back?"
    )


@pytest.mark.exercise("train_step", weight=2)
def test_weights_decay_and_biases_do_not(student, reference, rng):
    """Decay shrinks the weight matrices by rate times decay, before the step and outside of it."""
    deep = {"sizes": (5, 4, 3), "batch_norm": True}
    adam = {"optimizer": "adam", "rate": 1e-3}
    for changes, decay in (({}, 0.8), (deep, 0.8), (adam, 800.0), ({}, 30.0)):  # the last turns the signs
        got, want = both(student, reference, rng, weight_decay=decay, momentum=0.9, n_updates=2, **changes)
        first, expected = got[1][0], want[1][0]
        assert close(got[0]["params"], want[0]["params"], **ELSEWHERE), (
            "With weight decay the parameters are elsewhere. Only W shrinks, by the factor 1 - lr·decay, "
            "also if it is below 0, before the optimiser's step; the gradients are those from before the "
            "decay, and nothing of it enters them."
        )
        assert close(first, expected, rtol=1e-7), (
            "With weight decay the loss is another: decay is no part of it."
        )


@pytest.mark.exercise("train_step")
def test_masks_are_drawn_and_used(student, reference, rng):
    """With a probability of dropping of almost one, no unit passes anything on: only the last bias moves."""
    for sizes in ((5, 4, 6, 3), (5, 4, 6, 5, 7, 4, 6, 5, 7, 4, 8, 3)):
        config = {**CONFIG, "sizes": sizes, "dropout": 1 - 1e-12, "batch_norm": len(sizes) < 5}
        seed = int(rng.integers(2**32))
        got, want = (
            updates(side, reference, np.random.default_rng(seed), config)[0] for side in (student, reference)
        )
        assert close(got["params"], want["params"], rtol=1e-7, atol=1e-9), (
            "With a probability of dropping of almost 1 only the last bias learns; yours does otherwise. "
            "Are masks drawn with the config's p, one for each hidden layer, with batch norm or without, "
            "and used?"
        )


@pytest.mark.exercise("train_step")
def test_running_statistics_come_back_with_the_model(student, reference, rng):
    """The running statistics of the pass are in the model that comes back, after each of three updates."""
    config = {**CONFIG, "dropout": 0.0, "momentum": 0.9}
    for lr, where in ((0.15, ""), (0.0, " at a rate of 0, at which no weight moves")):
        seed = int(rng.integers(2**32))
        got, want = (
            updates(side, reference, np.random.default_rng(seed), config, 3, lr)[0]
            for side in (student, reference)
        )
        assert close(got["running"], want["running"], rtol=1e-7, atol=1e-9), (
            f"The running statistics of the model that comes back are others{where}. If the weights are "
            "right, the statistics are not those that this update's pass returned."
        )
        assert close([got["mean"], got["scale"]], [want["mean"], want["scale"]]), (
            "The mean and the scale of the model that comes back are others: an update leaves them as "
            "they are."
        )


@pytest.mark.exercise("train_step")
def test_masks_are_drawn_from_the_generator(student, reference, rng):
    """Generators in the same state drop the same units, and others drop others; so do a batch's examples."""
    config = {**FLAT, "sizes": (40, 120, 3), "dropout": 0.3}
    (X, y), model = points(rng, 6, inputs=40), reference.build(config, np.random.default_rng(0))
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
    params = {**model["params"], "W2": 1e-3 * rng.normal(size=(120, 3))}
    params["b1"] = params["b1"] + 50.0  # every unit is on unless dropped
    state, own = student.opt_init(config, params), np.random.default_rng(first)
    new, *_ = student.train_step(
        config, {**model, "params": params}, state, np.eye(40), np.arange(40) % 3, lr=1.0, rng=own
    )
    kept = new["params"]["W1"] != params["W1"]  # row i moves by example i alone, where it kept the unit
    assert len(np.unique(kept, axis=0)) == 40 and np.ptp(kept.sum(axis=1)), (
        "Two examples of a batch lose the same units, or none, or all lose equally many: a mask is (batch, "
        "units), each entry drawn by itself."
    )
    assert laws.share(kept, 0.7, against=[0.5, 0.3], refuse=1e-12), (
        "Another share of the units is kept than 1 - p, with the config's p."
    )


@pytest.mark.exercise("train_step")
def test_the_first_layers_mask_is_drawn_first(student, reference, rng):
    """The first layer loses the same units, however wide the second one is; and that one loses others."""
    X, y, seed, moved = rng.normal(size=(2, 5)), np.array([1, 2]), int(rng.integers(2**32)), []
    for width in (20, 75, 60):
        config = {**FLAT, "sizes": (5, 60, width, 3), "dropout": 0.6}
        model = reference.build(config, np.random.default_rng(0))
        params = {**model["params"], "W3": 1e-4 * rng.normal(size=(width, 3))}
        params |= {"b1": params["b1"] + 50.0, "b2": params["b2"] + 2000.0}  # every unit is on unless dropped
        params = dict(reversed(params.items()))
        state, own = student.opt_init(config, params), np.random.default_rng(seed)
        new = student.train_step(config, {**model, "params": params}, state, X, y, lr=1.0, rng=own)[0]
        moved.append(new["params"]["b1"] != params["b1"])
        second = new["params"]["b2"] != params["b2"]
    assert moved[0].any() and np.array_equal(*moved[:2]) and np.array_equal(*moved[1:]), (
        "Which units of the first layer are dropped depends on the width of the second: the masks are drawn "
        "in the order of the layers' numbers, not of the dict, one whole mask for each, whatever follows."
    )
    assert not np.array_equal(moved[2], second), (
        "Two layers of one width lose the same units: each layer has a mask of its own."
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
    config = dict(sizes=(1, 3, 2), scaling="center", init="he", batch_norm=False, dropout=0.0,
                  optimizer="momentum", momentum=0.5, lr=0.5, schedule="constant", weight_decay=0.0,
                  batch_size=2, n_epochs=1)
    params = {"W2": np.zeros((3, 2)), "b2": np.zeros(2), "W1": np.array([[1.0, -1.0, 2.0]]), "b1": np.ones(3)}
    model = dict(params=params, running={}, mean=np.zeros(1), scale=np.ones(1))
    X, y, state = np.array([[1.0], [-2.0]]), np.array([0, 1]), opt_init(config, params)
    train_step(config, model, state, X, y, lr=0.5, rng=np.random.default_rng(0))[0]["params"]["W2"]
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
