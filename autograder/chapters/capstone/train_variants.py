"""Unusual but right answers to `train`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class TrainKeepsTheBestOnly:
    """Keeps one model, the best so far, in copies; makes all rates before the loop."""

    def train(config, X, y, X_val, y_val, rng):
        size, epochs = config["batch_size"], config["n_epochs"]
        mean, scale = standardize_fit(X)
        scale = scale if config["scaling"] == "standardize" else scale * 0 + 1
        model = build(config, rng)
        model["mean"], model["scale"] = mean, scale
        Z = standardize(X, mean, scale)
        total = epochs * (len(X) // size)
        rates = np.full(total, float(config["lr"]))
        if config["schedule"] == "cosine":
            rates = cosine_lr(np.arange(total), base_lr=config["lr"], total_steps=total)
        rates = iter(rates)
        init, step = {"adam": (adam_init, adam_step), "momentum": (momentum_init, momentum_step)}[
            config["optimizer"]
        ]
        extra = {} if config["optimizer"] == "adam" else {"momentum": config["momentum"]}
        state = init(model["params"])
        best = (np.inf, 0, model)
        history = {"train_loss": [], "val_loss": [], "val_accuracy": []}
        for epoch in range(epochs):
            total_loss, count = 0.0, 0
            for rows in list(minibatches(len(X), size, rng=rng, drop_last=True)):
                p = config["dropout"]
                masks = [dropout_mask((len(rows), width), p=p, rng=rng) for width in config["sizes"][1:-1]]
                loss, grads, model["running"] = loss_and_grads(model, Z[rows], y[rows], masks, p=p)
                rate = float(next(rates))
                own = {name: value.copy() for name, value in model["params"].items()}
                for name in own:
                    if name[0] == "W":
                        own[name] -= rate * config["weight_decay"] * own[name]
                model["params"], state = step(own, grads, state, lr=rate, **extra)
                total_loss, count = total_loss + loss * len(rows), count + len(rows)
            logits = scores(model, X_val)
            val_loss = softmax_cross_entropy(logits, y_val)[0]
            history["train_loss"].append(total_loss / count)
            history["val_loss"].append(val_loss)
            history["val_accuracy"].append((logits.argmax(1) == y_val).mean())
            if val_loss < best[0]:
                copy = {key: value.copy() for key, value in model["params"].items()}
                stats = {key: value.copy() for key, value in model["running"].items()}
                best = (val_loss, epoch, {**model, "params": copy, "running": stats})
        return best[2], {**history, "best_epoch": best[1]}


class TrainByHelpers:
    """One function an epoch, inside of the function; the batches cut by hand; prints its progress."""

    def train(config, X, y, X_val, y_val, rng):
        n, size = len(X), config["batch_size"]
        per_epoch = n // size
        mean, scale = standardize_fit(X)
        if config["scaling"] != "standardize":
            scale = np.ones_like(scale)
        Z = (X - mean) / scale
        model = build(config, rng)
        model = {**model, "mean": mean, "scale": scale}
        momentum = config["optimizer"] == "momentum"

        def rate(step):
            if config["schedule"] == "constant":
                return config["lr"]
            return cosine_lr(step, base_lr=config["lr"], total_steps=per_epoch * config["n_epochs"])

        def update(model, state, rows, lr):
            masks = [
                dropout_mask((size, width), p=config["dropout"], rng=rng) for width in config["sizes"][1:-1]
            ]
            loss, grads, running = loss_and_grads(model, Z[rows], y[rows], masks, p=config["dropout"])
            shrunk = dict(model["params"])
            for k in range(1, len(config["sizes"])):
                shrunk[f"W{k}"] = shrunk[f"W{k}"] * (1 - lr * config["weight_decay"])
            if momentum:
                params, state = momentum_step(shrunk, grads, state, lr=lr, momentum=config["momentum"])
            else:
                params, state = adam_step(shrunk, grads, state, lr=lr)
            return {**model, "params": params, "running": running}, state, loss

        state = (momentum_init if momentum else adam_init)(model["params"])
        epochs = []
        for epoch in range(config["n_epochs"]):
            order, losses = rng.permutation(n), []
            for i in range(per_epoch):
                rows = order[i * size : (i + 1) * size]
                model, state, loss = update(model, state, rows, rate(epoch * per_epoch + i))
                losses.append(loss)
            logits = scores(model, X_val)
            accuracy = float(np.mean(logits.argmax(axis=1) == y_val))
            epochs.append((float(np.mean(losses)), softmax_cross_entropy(logits, y_val)[0], accuracy, model))
            print("epoch", epoch, epochs[-1][:3])
        names = ("train_loss", "val_loss", "val_accuracy")
        history = {name: [one[i] for one in epochs] for i, name in enumerate(names)}
        best = min(range(len(epochs)), key=lambda i: epochs[i][1])
        return epochs[best][3], {**history, "best_epoch": best}


VARIANTS = variants(
    "train",
    ("keeps_the_best_only", TrainKeepsTheBestOnly),
    ("by_helpers", TrainByHelpers),
)
