"""Unusual but right answers to `train_step`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class StepInPlaceOnCopies:
    """Copies the parameters and shrinks the copies in place; the optimisers in a table."""

    def opt_init(config, params):
        return {"adam": adam_init, "momentum": momentum_init}[config["optimizer"]](params)

    def train_step(config, model, state, X, y, *, lr, rng):
        depth = len([name for name in model["params"] if name[0] == "W"])
        sizes = [len(model["params"][f"b{k}"]) for k in range(1, depth)]
        masks = [dropout_mask((X.shape[0], size), p=config["dropout"], rng=rng) for size in sizes]
        loss, grads, running = loss_and_grads(model, X, y, masks, p=config["dropout"])
        own = {name: np.array(value) for name, value in model["params"].items()}
        for name in own:
            if name[0] == "W":
                own[name] -= lr * config["weight_decay"] * own[name]
        step, extra = momentum_step, {"momentum": config["momentum"]}
        if config["optimizer"] != "momentum":
            step, extra = adam_step, {}
        own, state = step(own, grads, state, lr=lr, **extra)
        copy = dict(model)
        copy["params"], copy["running"] = own, running
        return copy, loss, state


VARIANTS = variants(
    "train_step",
    ("in_place_on_copies", StepInPlaceOnCopies),
    (
        "state_in_a_box",
        "The state is a list with the optimiser's own inside.",
        (
            "return adam_init(params) if",
            "return [adam_init(params)] if",
        ),
        ("else momentum_init(params)", "else [momentum_init(params)]"),
        ("adam_step(decayed, grads, state, lr=lr)", "adam_step(decayed, grads, state[0], lr=lr)"),
        ("momentum_step(decayed, grads, state, lr=lr", "momentum_step(decayed, grads, state[0], lr=lr"),
        ('"running": running}, loss, state', '"running": running}, loss, [state]'),
    ),
    (
        "decay_as_a_difference",
        "Decay is written as a difference.",
        ("keep * w if name", 'w - lr * config["weight_decay"] * w if name'),
    ),
)
