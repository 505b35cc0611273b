"""Unusual but right answers to `capstone`, which no check may refuse: recursion, loops over rows, other
layouts of the way back, own copies changed in place, other draws, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the parts by name)


# --- Build --------------------------------------------------------------------------------------------------


class BuildFromTheEnd:
    """The last layer first, then the drawn ones in their order; keys come out in another order."""

    def build(config, rng):
        sizes = list(config["sizes"])
        last = len(sizes) - 1
        params = {f"W{last}": np.zeros((sizes[-2], sizes[-1])), f"b{last}": np.zeros(sizes[-1])}
        running = {}
        for k, m in enumerate(sizes[1:-1], 1):
            n = sizes[k - 1]
            small = config["init"] == "small"
            params[f"W{k}"] = rng.normal(0.0, 0.01, (n, m)) if small else he_normal(n, m, rng=rng)
            params[f"b{k}"] = np.zeros(m)
            if config["batch_norm"]:
                running |= {f"mean{k}": np.zeros(m), f"var{k}": np.ones(m)}
                params |= {f"gamma{k}": np.ones(m), f"beta{k}": np.zeros(m)}
        return {"mean": np.zeros(sizes[0]), "scale": np.ones(sizes[0]), "running": running, "params": params}


class BuildByStandardNormal:
    """Draws standard normal numbers, row by row, and scales them itself."""

    def build(config, rng):
        sizes = config["sizes"]
        model = {"params": {}, "running": {}, "mean": np.full(sizes[0], 0.0), "scale": np.full(sizes[0], 1.0)}
        for k in range(1, len(sizes)):
            n, m = sizes[k - 1 : k + 1]
            std = 0.01 if config["init"] == "small" else (2 / n) ** 0.5
            hidden = k < len(sizes) - 1
            rows = [std * rng.standard_normal(m) if hidden else np.zeros(m) for _ in range(n)]
            model["params"] |= {f"W{k}": np.array(rows), f"b{k}": np.zeros(m)}
            if hidden and config["batch_norm"]:
                model["params"] |= {f"gamma{k}": np.ones(m), f"beta{k}": np.zeros(m)}
                model["running"] |= {f"mean{k}": np.zeros(m), f"var{k}": np.ones(m)}
        return model


# --- Answer -------------------------------------------------------------------------------------------------


class ScoresByRecursion:
    """A layer's input is asked for from the layer before."""

    def scores(model, X):
        params, running = model["params"], model["running"]
        last = max(int(name[1:]) for name in params if name[0] == "W")

        def inputs(k):
            if k == 1:
                return standardize(X, model["mean"], model["scale"])
            z = inputs(k - 1) @ params[f"W{k - 1}"] + params[f"b{k - 1}"]
            if running:
                z = batch_norm_eval(
                    z,
                    params[f"gamma{k - 1}"],
                    params[f"beta{k - 1}"],
                    running_var=running[f"var{k - 1}"],
                    running_mean=running[f"mean{k - 1}"],
                )
            return np.where(z > 0, z, 0.0)

        return inputs(last) @ params[f"W{last}"] + params[f"b{last}"]

    def predict(model, X):
        return scores(model, X).argmax(-1)


class RowByRow:
    """Folds batch norm into the affine parts, and answers one row after the other."""

    def scores(model, X):
        params, running = model["params"], model["running"]
        n_layers = len([name for name in params if name.startswith("b") and name[1:].isdigit()])
        layers = []
        for k in range(1, n_layers + 1):
            W, b = params[f"W{k}"].copy(), params[f"b{k}"].copy()
            if f"gamma{k}" in params:
                factor = params[f"gamma{k}"] / np.sqrt(running[f"var{k}"] + 1e-5)
                W *= factor
                b -= running[f"mean{k}"]
                b *= factor
                b += params[f"beta{k}"]
            layers.append((W, b))
        found = []
        for row in X:
            h = (row - model["mean"]) / model["scale"]
            for W, b in layers[:-1]:
                h = np.maximum(h @ W + b, 0)
            found.append(h @ layers[-1][0] + layers[-1][1])
        return np.array(found)

    def predict(model, X):
        return np.array([int(np.argsort(-row, kind="stable")[0]) for row in scores(model, X)])


# --- One pass -----------------------------------------------------------------------------------------------


class WayBackAsAList:
    """Every part leaves a function for the way back on a list, which is then called in reverse."""

    def loss_and_grads(model, X, y, masks, *, p):
        params, running = model["params"], {**model["running"]}
        last = max(int(name[1:]) for name in params if name.startswith("W"))
        grads, back = {}, []

        def affine(k, h):
            def returned(grad):
                grad, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(
                    grad, h, params[f"W{k}"], params[f"b{k}"]
                )
                return grad

            back.append(returned)
            return affine_forward(h, params[f"W{k}"], params[f"b{k}"])

        def norm(k, z):
            def returned(grad):
                grad, grads[f"gamma{k}"], grads[f"beta{k}"] = batch_norm_backward(
                    grad, z, params[f"gamma{k}"]
                )
                return grad

            back.append(returned)
            old = running[f"mean{k}"], running[f"var{k}"]
            out, *new = batch_norm_train(z, params[f"gamma{k}"], params[f"beta{k}"], *old)
            running[f"mean{k}"], running[f"var{k}"] = new
            return out

        h = X
        for k in range(1, last):
            z = affine(k, h)
            if running:
                z = norm(k, z)
            back.append(lambda grad, z=z: activation_backward(grad, z, "relu"))
            back.append(lambda grad, mask=masks[k - 1]: dropout_backward(grad, mask, p=p))
            h = dropout(activation(z, "relu"), masks[k - 1], p=p, training=True)
        loss, grad = softmax_cross_entropy(affine(last, h), y)
        for step in reversed(back):
            grad = step(grad)
        return loss, grads, running


class PassByFormula:
    """The parts written out in place, one weight gradient by einsum; warns and prints on the way."""

    def loss_and_grads(model, X, y, masks, *, p):
        import warnings

        warnings.warn("one pass", stacklevel=1)
        print("one pass of", len(X))
        params, running = model["params"], dict(model["running"])
        depth = sum(name.startswith("W") for name in params)
        kept, h = [], X
        for k in range(1, depth):
            z = np.einsum("ni,io->no", h, params[f"W{k}"]) + params[f"b{k}"]
            hat, std, u = None, None, z
            if running:
                mean, var = z.mean(0), z.var(0)
                std = np.sqrt(var + 1e-5)
                hat = (z - mean) / std
                u = params[f"gamma{k}"] * hat + params[f"beta{k}"]
                share = len(X) / (len(X) - 1)
                running[f"mean{k}"] = 0.9 * running[f"mean{k}"] + 0.1 * mean
                running[f"var{k}"] = 0.9 * running[f"var{k}"] + 0.1 * var * share
            gate = (u > 0) * masks[k - 1] / (1 - p)
            kept.append((h, hat, std, gate))
            h = u * gate
        logits = h @ params[f"W{depth}"] + params[f"b{depth}"]
        logits = logits - logits.max(1, keepdims=True)
        log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        rows = np.arange(len(X))
        loss = float(-log_probs[rows, y].mean())
        grad = np.exp(log_probs)
        grad[rows, y] -= 1
        grad /= len(X)
        grads = {f"W{depth}": h.T @ grad, f"b{depth}": grad.sum(0)}
        for k in range(depth - 1, 0, -1):
            grad = grad @ params[f"W{k + 1}"].T
            h, hat, std, gate = kept[k - 1]
            grad = grad * gate
            if hat is not None:
                grads[f"gamma{k}"], grads[f"beta{k}"] = (grad * hat).sum(0), grad.sum(0)
                d = grad * params[f"gamma{k}"]
                grad = (d - d.mean(0) - hat * (d * hat).mean(0)) / std
            grads[f"W{k}"], grads[f"b{k}"] = np.einsum("ni,no->io", h, grad), grad.sum(0)
        return loss, grads, running


# --- Train --------------------------------------------------------------------------------------------------


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


# --- Tune, intervals, ablation ------------------------------------------------------------------------------


class TuneRunByRun:
    """Counts the runs that are left; keeps the best as it goes."""

    def tune(configs, score, *, seeds, budget):
        log, best, lowest, left = [], configs[0], np.inf, budget
        for place in range(len(configs)):
            if left < len(seeds):
                break
            total = 0.0
            for seed in seeds:
                loss = score(configs[place], seed)
                log.append((place, seed, loss))
                total += loss
                left -= 1
            if total / len(seeds) < lowest:
                best, lowest = configs[place], total / len(seeds)
        return best, log


class TuneWithATable:
    """All losses in one array; broken runs count as infinite."""

    def tune(configs, score, *, seeds, budget):
        count = min(len(configs), budget // len(seeds))
        losses = np.array([[score(configs[i], seed) for seed in seeds] for i in range(count)])
        log = [(i, seed, float(losses[i, j])) for i in range(count) for j, seed in enumerate(seeds)]
        safe = np.where(np.isnan(losses), np.inf, losses)
        return configs[int(np.argmin(safe.sum(axis=1)))], log


class IntervalBySums:
    """Sums by hand; the difference's interval written out again."""

    def mean_interval(values, *, level=0.95):
        n = len(values)
        mean = sum(values) / n
        squares = sum((value - mean) ** 2 for value in values)
        return float(mean), float(t_quantile(level, n - 1) * (squares / (n - 1) / n) ** 0.5)

    def paired_difference(a, b, *, level=0.95):
        differences = [one - other for one, other in zip(a, b, strict=True)]
        n = len(differences)
        mean = sum(differences) / n
        squares = sum((value - mean) ** 2 for value in differences)
        return float(mean), float(t_quantile(level, n - 1) * np.sqrt(squares / (n - 1)) / np.sqrt(n))


class IntervalByVariances:
    """The variance of the difference from both variances and their covariance; NumPy scalars come back."""

    def mean_interval(values, *, level=0.95):
        x = np.array(values, dtype=float)
        half = t_quantile(level, x.size - 1) * np.sqrt(x.var(ddof=1) / x.size)
        return x.mean(), half

    def paired_difference(a, b, *, level=0.95):
        a, b = np.array(a, dtype=float), np.array(b, dtype=float)
        n = len(a)
        together = ((a - a.mean()) * (b - b.mean())).sum() / (n - 1)
        var = max(a.var(ddof=1) + b.var(ddof=1) - 2 * together, 0.0)
        return a.mean() - b.mean(), t_quantile(level, n - 1) * np.sqrt(var / n)


class AblationInTwoRounds:
    """All runs first, then the comparison; the base by itself."""

    def ablation(base, switches, run, seeds, *, retune=None):
        tuned = (lambda config: config) if retune is None else retune
        configs = [tuned(dict(base))]
        for changes in switches.values():
            changed = dict(base)
            changed.update(changes)
            configs.append(tuned(changed))
        values = [np.array([float(run(config, seed)) for seed in seeds]) for config in configs]
        rows = [
            {
                "name": "all",
                "values": values[0],
                "difference": 0.0,
                "half": 0.0,
                "retuned": retune is not None,
            }
        ]
        for name, mine in zip(switches, values[1:], strict=True):
            mean, half = paired_difference(mine, values[0])
            rows.append(
                {
                    "retuned": retune is not None,
                    "half": half,
                    "difference": mean,
                    "values": mine,
                    "name": name,
                }
            )
        return rows


class AblationByInterval:
    """The interval of the differences without the paired function."""

    def ablation(base, switches, run, seeds, *, retune=None):
        rows = []
        for name in ["all", *switches]:
            config = base | switches.get(name, {})
            config = config if retune is None else retune(config)
            values = np.empty(len(seeds))
            for i, seed in enumerate(seeds):
                values[i] = run(config, seed)
            gap, half = mean_interval(values - (rows[0]["values"] if rows else values))
            rows.append(
                {"name": name, "values": values, "difference": gap, "half": half, "retuned": bool(retune)}
            )
        return rows


def _variant(exercise, name, code):
    return Specimen(exercise, name, " ".join(code.__doc__.split()), code=code)


def _swapped(exercise, name, note, *swaps):
    return Specimen(exercise, name, note, swaps=swaps)


VARIANTS = (
    _variant("build", "from_the_end", BuildFromTheEnd),
    _variant("build", "by_standard_normal", BuildByStandardNormal),
    _swapped(
        "build",
        "sizes_as_a_list",
        "The sizes are copied into a list first.",
        ('sizes = config["sizes"]', 'sizes = [*config["sizes"]]'),
    ),
    _variant("predict", "by_recursion", ScoresByRecursion),
    _variant("predict", "row_by_row", RowByRow),
    _swapped(
        "predict",
        "argmax_by_comparison",
        "The highest score is found by sorting.",
        ("np.argmax(scores(model, X), axis=1)", "scores(model, X).argsort(axis=1, kind='stable')[:, -1]"),
    ),
    _variant("loss_and_grads", "way_back_as_a_list", WayBackAsAList),
    _variant("loss_and_grads", "by_formula", PassByFormula),
    _swapped(
        "loss_and_grads",
        "named_arguments",
        "Parts are called with their arguments named.",
        (
            'activation_backward(grad, after[k - 1], "relu")',
            'activation_backward(grad_out=grad, z=after[k - 1], kind="relu")',
        ),
    ),
    _variant("train", "keeps_the_best_only", TrainKeepsTheBestOnly),
    _variant("train", "by_helpers", TrainByHelpers),
    _swapped(
        "train",
        "rate_as_an_array",
        "The rate is a NumPy array of no dimension.",
        ('lr = config["lr"]\n', 'lr = np.asarray(config["lr"])\n'),
    ),
    _variant("tune", "run_by_run", TuneRunByRun),
    _variant("tune", "with_a_table", TuneWithATable),
    _swapped(
        "tune",
        "sums",
        "Sums are compared, not means.",
        ("means.append(np.mean(losses))", "means.append(sum(losses))"),
    ),
    _variant("mean_interval", "by_sums", IntervalBySums),
    _variant("mean_interval", "by_variances", IntervalByVariances),
    _swapped(
        "mean_interval",
        "rows_of_a_list",
        "The values are made a list of floats first.",
        ("n = len(values)", "values = [float(v) for v in values]\n    n = len(values)"),
    ),
    _variant("ablation", "in_two_rounds", AblationInTwoRounds),
    _variant("ablation", "by_interval", AblationByInterval),
    _swapped(
        "ablation",
        "base_copied",
        "The base is copied at every turn.",
        ("config = {**base, **changes}", "config = dict(base)\n        config.update(changes)"),
    ),
)
