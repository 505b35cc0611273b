r"""The capstone: the reference implementations of the assignment ``capstone``.

A classifier from parts that stand in the other modules, trained, tuned and taken apart. A ``config`` is a
dict that says everything about one classifier and its training; a ``model`` is what training leaves;
randomness comes in as a generator and nowhere else. The graded body stands between the two markers, argument
checks stand above it.
"""

import numpy as np

from solutions.adaptive import adam_init, adam_step
from solutions.backprop import (
    activation,
    activation_backward,
    affine_backward,
    affine_forward,
    softmax_cross_entropy,
)
from solutions.batch_norm import batch_norm_backward, batch_norm_eval, batch_norm_train
from solutions.dropout import dropout, dropout_backward, dropout_mask
from solutions.given import check_form as check_form
from solutions.given import unchanged as unchanged
from solutions.initialization import he_normal, standardize, standardize_fit
from solutions.minibatch_sgd import minibatches, show_batches  # noqa: F401 - the adapter of its checks
from solutions.momentum import momentum_init, momentum_step
from solutions.schedules import cosine_lr
from solutions.tuning import best_index, log_uniform, random_configs  # noqa: F401 - for the experiments


def unchecked(*values, **named):
    """Stands in for the argument checks of the parts that you bring along (given): any argument will do."""


check_affine = unchecked
check_counts = unchecked
check_examples = unchecked
check_fans = unchecked
check_floor = unchecked
check_hyper = unchecked
check_kind = unchecked
check_mask = unchecked
check_p = unchecked
check_range = unchecked
check_rows = unchecked
check_shape = unchecked
check_sizes = unchecked
check_step = unchecked
check_time = unchecked


def check_config(config):
    """Refuse a config that lacks a key, has one too many, or has a value out of range (given).

    Args:
        config: a dict with the keys of ``rules`` below, each value within its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    rules = {
        "sizes": (lambda x: len(x) >= 2 and min(x) >= 1, "hold inputs, hidden units, classes: (64, 48, 10)"),
        "scaling": (lambda x: x in ("standardize", "center"), 'be "standardize" or "center"'),
        "init": (lambda x: x in ("he", "small"), 'be "he" or "small"'),
        "batch_norm": (lambda x: x in (True, False), "be True or False"),
        "dropout": (lambda x: 0 <= x < 1, "lie in [0, 1); it is the probability of dropping"),
        "optimizer": (lambda x: x in ("momentum", "adam"), 'be "momentum" or "adam"'),
        "momentum": (lambda x: 0 <= x < 1, "lie in [0, 1); 0 is plain SGD"),
        "lr": (lambda x: 0 <= x < np.inf, "be at least 0 and finite"),
        "schedule": (lambda x: x in ("cosine", "constant"), 'be "cosine" or "constant"'),
        "weight_decay": (lambda x: 0 <= x < np.inf, "be at least 0 and finite"),
        "batch_size": (lambda x: x >= 2, "be at least 2; batch normalisation needs several rows"),
        "n_epochs": (lambda x: x >= 1, "be at least 1"),
    }
    if config.keys() != rules.keys():
        odd = sorted(config.keys() ^ rules.keys())
        raise ValueError(f"a config has exactly the keys {', '.join(rules)}; look at {', '.join(odd)}")
    for name, (holds, rule) in rules.items():
        if not holds(config[name]):
            raise ValueError(f"{name} must {rule}, got {config[name]!r}")


def build(config, rng):
    r"""A classifier before its first update.

    Layer k of N has a weight matrix ``W1`` … ``WN`` of shape (fan_in, fan_out) and a bias ``b1`` … ``bN``.
    Hidden weights are drawn by your ``he_normal`` or, with ``init`` "small", from N(0, 0.01²), the layers in
    their order. The last layer is zero without a draw, so that the first loss is log(classes) in any case.
    Biases are 0. With ``batch_norm`` every hidden layer also has ``gamma1`` … of ones and ``beta1`` … of
    zeros, and running statistics ``mean1`` … of zeros and ``var1`` … of ones.

    Args:
        config: a dict; only ``sizes``, ``init`` and ``batch_norm`` matter here.
        rng: a numpy.random.Generator.
    Returns:
        model: a dict with
            "params": dict of float64 arrays as said above,
            "running": dict of the running statistics, empty without batch norm,
            "mean", "scale": (inputs,) zeros and ones; ``train`` puts in what the data say.
    Raises:
        ValueError: if the config is not one.
    Example:
        >>> config = dict(sizes=(4, 3, 2), scaling="center", init="he", batch_norm=True, dropout=0.1,
        ...               optimizer="momentum", momentum=0.9, lr=0.1, schedule="cosine", weight_decay=0.0,
        ...               batch_size=8, n_epochs=2)
        >>> model = build(config, np.random.default_rng(0))
        >>> sorted(model["params"]), sorted(model["running"])
        (['W1', 'W2', 'b1', 'b2', 'beta1', 'gamma1'], ['mean1', 'var1'])
        >>> model["params"]["W1"].shape, float(model["params"]["W2"].sum())
        ((4, 3), 0.0)

    Source: He et al. 2015; a last layer of zeros is "initial loss ≈ log C" of CS231n, made exact.
    """
    check_config(config)
    ### BEGIN SOLUTION
    sizes = config["sizes"]
    params, running = {}, {}
    for k in range(1, len(sizes)):
        fan_in, fan_out = sizes[k - 1], sizes[k]
        params[f"b{k}"] = np.zeros(fan_out)
        if k == len(sizes) - 1:
            params[f"W{k}"] = np.zeros((fan_in, fan_out))
            break
        if config["init"] == "he":
            params[f"W{k}"] = he_normal(fan_in, fan_out, rng=rng)
        else:
            params[f"W{k}"] = 0.01 * rng.normal(size=(fan_in, fan_out))
        if config["batch_norm"]:
            params[f"gamma{k}"], params[f"beta{k}"] = np.ones(fan_out), np.zeros(fan_out)
            running[f"mean{k}"], running[f"var{k}"] = np.zeros(fan_out), np.ones(fan_out)
    return {"params": params, "running": running, "mean": np.zeros(sizes[0]), "scale": np.ones(sizes[0])}
    ### END SOLUTION


def scores(model, X):
    r"""The logits of a trained model in evaluation mode.

    X is standardised with the model's ``mean`` and ``scale``. A hidden layer is affine, then batch norm with
    the **running** statistics (if it has any), then ReLU; nothing is dropped. The last layer is affine. So
    each row is answered by itself, whatever the others are.

    Args:
        model: as ``build`` and ``train`` return it; not changed. How many layers there are, and whether there
            is batch norm, is seen from the names of its parameters.
        X: (n, inputs) floats as they come, not standardised; not changed.
    Returns:
        (n, classes) floats.

    Source: your parts.
    """
    ### BEGIN SOLUTION
    params, running = model["params"], model["running"]
    n_layers = sum(name.startswith("W") for name in params)
    h = standardize(X, model["mean"], model["scale"])
    for k in range(1, n_layers):
        z = affine_forward(h, params[f"W{k}"], params[f"b{k}"])
        if f"gamma{k}" in params:
            z = batch_norm_eval(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        h = activation(z, "relu")
    return affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"])
    ### END SOLUTION


def predict(model, X):
    """The class with the highest score of each row.

    Args:
        model: as ``train`` returns it; not changed.
        X: (n, inputs) floats as they come; not changed.
    Returns:
        (n,) ints.

    Source: your ``scores``.
    """
    ### BEGIN SOLUTION
    return np.argmax(scores(model, X), axis=1)
    ### END SOLUTION


def loss_and_grads(model, X, y, masks, *, p):
    r"""One training pass, forward and backward.

    A hidden layer is affine, then batch norm with the **batch's** statistics (if the model has ``gamma1`` …),
    then ReLU, then inverted dropout with the given mask; the last layer is affine. The loss is your
    ``softmax_cross_entropy``, a mean over the batch.

    Args:
        model: as ``build`` returns it; not changed.
        X: (batch, inputs) floats, already standardised; not changed.
        y: (batch,) ints.
        masks: a list with a bool array (batch, units) for each hidden layer, True where a unit is kept.
        p: the probability of dropping with which the masks were drawn, 0 <= p < 1.
    Returns:
        (loss, grads, running): the loss, a float; the gradients, a dict with the names and shapes of
        ``model["params"]``; the running statistics after this batch, a dict like ``model["running"]``.

    Source: your parts, in order and then backwards.
    """
    ### BEGIN SOLUTION
    params, running = model["params"], dict(model["running"])
    n_layers = sum(name.startswith("W") for name in params)
    normed = bool(running)
    inputs, before, after, h = [], [], [], X
    for k in range(1, n_layers):
        inputs.append(h)
        z = affine_forward(h, params[f"W{k}"], params[f"b{k}"])
        before.append(z)
        if normed:
            z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        after.append(z)
        h = dropout(activation(z, "relu"), masks[k - 1], p=p, training=True)
    loss, grad = softmax_cross_entropy(affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"]), y)
    inputs.append(h)
    grads = {}
    for k in range(n_layers, 0, -1):
        if k < n_layers:
            grad = dropout_backward(grad, masks[k - 1], p=p)
            grad = activation_backward(grad, after[k - 1], "relu")
            if normed:
                grad, grads[f"gamma{k}"], grads[f"beta{k}"] = batch_norm_backward(
                    grad, before[k - 1], params[f"gamma{k}"]
                )
        grad, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(
            grad, inputs[k - 1], params[f"W{k}"], params[f"b{k}"]
        )
    return loss, grads, running
    ### END SOLUTION


def opt_init(config, params):
    """The state of the config's optimiser before its first update: what your own ``…_init`` returns.

    Args:
        config: a dict; only ``optimizer`` matters here.
        params: a dict of arrays, as in ``model["params"]``; not changed.
    Returns:
        state: whatever your ``adam_init`` or your ``momentum_init`` returns.

    Source: your parts.
    """
    ### BEGIN SOLUTION
    return adam_init(params) if config["optimizer"] == "adam" else momentum_init(params)
    ### END SOLUTION


def train_step(config, model, state, X, y, *, lr, rng):
    r"""One update from one batch.

    1. A mask (batch, units) for each hidden layer is drawn by your ``dropout_mask``, in the layers' order.
    2. One pass of your ``loss_and_grads`` gives the loss, the gradients and the running statistics.
    3. The weights decay: every ``W`` (no bias, gamma or beta) becomes (1 - lr·weight_decay)·W.
    4. Your ``momentum_step`` or ``adam_step`` takes its step from the decayed weights, with the gradients
       of 2, which were taken **before** the decay.

    Args:
        config: a dict; only ``dropout``, ``weight_decay``, ``optimizer`` and ``momentum`` matter here.
        model: as ``build`` returns it; not changed.
        state: the optimiser's state, from ``opt_init`` or from the update before; not changed.
        X: (batch, inputs) floats, already standardised; y: (batch,) ints. Not changed.
        lr: the rate of this update.
        rng: a numpy.random.Generator, for the masks alone.
    Returns:
        (model, loss, state): the model with new ``params`` and ``running``; the loss of the batch before the
        update, a float; the new state.

    Source: your parts; decoupled decay as in AdamW.
    """
    ### BEGIN SOLUTION
    p, params = config["dropout"], model["params"]
    n_layers = sum(name.startswith("W") for name in params)
    widths = [params[f"W{k}"].shape[1] for k in range(1, n_layers)]
    masks = [dropout_mask((len(X), width), p=p, rng=rng) for width in widths]
    loss, grads, running = loss_and_grads(model, X, y, masks, p=p)
    keep = 1 - lr * config["weight_decay"]
    decayed = {name: keep * w if name.startswith("W") else w for name, w in params.items()}
    if config["optimizer"] == "adam":
        new_params, state = adam_step(decayed, grads, state, lr=lr)
    else:
        new_params, state = momentum_step(decayed, grads, state, lr=lr, momentum=config["momentum"])
    return {**model, "params": new_params, "running": running}, loss, state
    ### END SOLUTION


def train_epoch(config, model, state, X, y, *, epoch, rng):
    r"""One pass over the training set, an update for each full batch.

    The batches are one pass of your ``minibatches``, a last batch that is not full left out; each makes one
    ``train_step``. An update's rate is ``lr``, or with the schedule "cosine" your ``cosine_lr`` over all the
    updates of the training, without warm-up, down to 0: there are ⌊n / batch_size⌋ in each of ``n_epochs``
    epochs, and its step counts all those already made, in earlier epochs too.

    Args:
        config: a dict as in ``check_config``.
        model, state: as ``train_step`` takes and returns them; not changed.
        X: (n, inputs) floats, already standardised, n >= batch_size; y: (n,) ints. Not changed.
        epoch: the number of this epoch, from 0.
        rng: a numpy.random.Generator: first the order of the examples, then the masks of each batch.
    Returns:
        (model, loss, state): the model after the epoch's last update; the mean of its batches' losses, a
        float; the state after the last update.

    Source: your parts.
    """
    ### BEGIN SOLUTION
    size, losses = config["batch_size"], []
    per_epoch = len(X) // size
    step = epoch * per_epoch
    for rows in minibatches(len(X), size, rng=rng, drop_last=True):
        lr = config["lr"]
        if config["schedule"] == "cosine":
            lr = cosine_lr(step, base_lr=lr, total_steps=config["n_epochs"] * per_epoch)
        model, loss, state = train_step(config, model, state, X[rows], y[rows], lr=lr, rng=rng)
        losses.append(loss)
        step += 1
    return model, float(np.mean(losses)), state
    ### END SOLUTION


def train(config, X, y, X_val, y_val, rng):
    r"""Train one classifier and keep its best epoch.

    1. ``mean`` and ``scale`` come from X alone by your ``standardize_fit``; with the scaling "center" all
       scales are 1 instead. X is standardised with them, and they go into the model.
    2. The start is ``build(config, rng)`` and your ``opt_init``; the state lives through all epochs.
    3. Each epoch is one ``train_epoch``. After it the loss and the accuracy on the validation set are taken
       in evaluation mode, by your ``scores``.
    4. What is returned is the model after the epoch with the lowest validation loss, of equal ones the
       first: your ``best_index`` finds it.

    Args:
        config: a dict as in ``check_config``.
        X: (n, inputs) floats as they come, n >= batch_size; y: (n,) ints. Not changed.
        X_val, y_val: the validation set, which decides which epoch's model is kept: all of them run. Not
            changed.
        rng: a numpy.random.Generator, the only source of randomness.
    Returns:
        (model, history): the model of the best epoch; a dict with "train_loss" (as ``train_epoch`` returns
        it), "val_loss" and "val_accuracy", lists with a float for each epoch, and "best_epoch", an int that
        counts from 0.
    Raises:
        ValueError: if the config is not one, or there are fewer examples than fit into a batch.

    Source: your parts.
    """
    check_config(config)
    if len(X) < config["batch_size"]:
        raise ValueError(f"batch_size must not exceed the {len(X)} examples, got {config['batch_size']}")
    ### BEGIN SOLUTION
    mean, scale = standardize_fit(X)
    if config["scaling"] == "center":
        scale = np.ones(len(scale))
    inputs = standardize(X, mean, scale)
    model = {**build(config, rng), "mean": mean, "scale": scale}
    state = opt_init(config, model["params"])
    history, models = {"train_loss": [], "val_loss": [], "val_accuracy": []}, []
    for epoch in range(config["n_epochs"]):
        model, loss, state = train_epoch(config, model, state, inputs, y, epoch=epoch, rng=rng)
        logits = scores(model, X_val)
        history["train_loss"].append(loss)
        history["val_loss"].append(float(softmax_cross_entropy(logits, y_val)[0]))
        history["val_accuracy"].append(float(np.mean(np.argmax(logits, axis=1) == y_val)))
        models.append(model)
    best = best_index(history["val_loss"])
    return models[best], {**history, "best_epoch": best}
    ### END SOLUTION


def tune(configs, score, *, seeds, budget):
    """Choose among configs by their validation loss, within a budget of training runs.

    Every config is scored with each of the seeds, the same ones for all; config by config in their order, and
    seed by seed. A config is begun only if all of its runs still fit into the budget; those after it are not
    tried. The lowest mean over the seeds wins: a config with a run that broke down (NaN) never does, unless
    all are so, and of equal ones the first.

    Args:
        configs: a list of dicts.
        score: a function (config, seed) -> validation loss, a float; one call is one training run. It sees
            training and validation data; test data are not this function's business.
        seeds: a list of ints, at least one.
        budget: how many runs there may be, an int.
    Returns:
        (best, log): the chosen config; a list with a tuple (place of the config, seed, loss) for every run,
        in the order in which they were made.
    Raises:
        ValueError: if there is no config or no seed, or the budget does not allow a single config.
    Example:
        >>> tune([{"lr": 1.0}, {"lr": 0.1}, {"lr": 0.2}], lambda c, s: c["lr"] + s, seeds=[0, 5], budget=5)
        ({'lr': 0.1}, [(0, 0, 1.0), (0, 5, 6.0), (1, 0, 0.1), (1, 5, 5.1)])

    Source: the protocol of the chapter on tuning; your ``best_index``.
    """
    if not configs or not seeds or budget < len(seeds):
        raise ValueError(
            "tune needs a config, a seed and a budget of one run a seed or more, "
            f"got {len(configs)} configs, {len(seeds)} seeds and a budget of {budget}"
        )
    ### BEGIN SOLUTION
    log, means = [], []
    for place, config in enumerate(configs[: budget // len(seeds)]):
        losses = [score(config, seed) for seed in seeds]
        log += [(place, seed, loss) for seed, loss in zip(seeds, losses, strict=True)]
        means.append(np.mean(losses))
    return configs[best_index(means)], log
    ### END SOLUTION


def t_quantile(level, df):
    """How many standard errors a t interval of this level reaches to each side (given).

    Args:
        level: between 0 and 1.
        df: degrees of freedom, at least 1.
    Returns:
        The point t with P(|T| <= t) = level; right to a few millionths for df to 1000 and levels to 0.99.
    Example:
        >>> round(t_quantile(0.95, 4), 3)
        2.776

    Source: with t = √df·tan u the density of u is proportional to cos(u)^(df - 1).
    """
    u = np.linspace(0.0, np.pi / 2, 20_001)
    density = np.cos(u) ** (df - 1)
    area = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return float(np.sqrt(df) * np.tan(np.interp(level, area / area[-1], u)))


def mean_interval(values, *, level=0.95):
    r"""The mean of independent runs and half the width of its t interval.

    .. math:: \bar x \pm t_{\text{level},\,n-1}\, s/\sqrt n,\quad s^2 = \frac{1}{n-1}\sum_i (x_i - \bar x)^2

    The given ``t_quantile(level, df)`` is this t; it takes the level itself, such as 0.95.

    Args:
        values: (n,) floats, n >= 2, one a run; an array or a list, not changed.
        level: of the interval, between 0 and 1.
    Returns:
        (mean, half), two floats: the interval is mean - half … mean + half.
    Raises:
        ValueError: if there are fewer than two values, or level is not between 0 and 1.
    Example:
        >>> mean, half = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
        >>> mean, round(half, 3)
        (3.0, 1.963)

    Source: Student 1908.
    """
    if len(values) < 2 or not 0 < level < 1:
        raise ValueError(
            f"an interval needs two values or more and a level between 0 and 1, got {len(values)} and {level}"
        )
    ### BEGIN SOLUTION
    n = len(values)
    return float(np.mean(values)), float(t_quantile(level, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    ### END SOLUTION


def paired_difference(a, b, *, level=0.95):
    r"""The mean of a - b and half the width of its t interval, run by run.

    Run i of ``a`` and run i of ``b`` share their seed and split, so that what these do to both cancels: the
    interval is that of the n differences, usually much narrower than two intervals side by side.

    Args:
        a, b: (n,) floats each, n >= 2, in the same order; not changed.
        level: of the interval.
    Returns:
        (mean, half), two floats.
    Raises:
        ValueError: if they have not the same number of values.
    Example:
        >>> mean, half = paired_difference([0.5, 0.75, 0.25], [0.25, 0.5, 0.0])
        >>> mean, half
        (0.25, 0.0)

    Source: Student 1908; your ``mean_interval``.
    """
    if len(a) != len(b):
        raise ValueError(f"paired runs come in pairs, got {len(a)} and {len(b)} of them")
    ### BEGIN SOLUTION
    return mean_interval(np.asarray(a) - np.asarray(b), level=level)
    ### END SOLUTION


def ablation(base, switches, run, seeds, *, retune=None):
    """What each part is worth: one switch at a time, all rows with the same seeds.

    The first row is the base itself, then one row for each switch, in their order. A row's config is a copy
    of the base with the switch's entries changed and all else as it is. With ``retune``, every row's config,
    the base's too, first goes through it, and what comes back is run: a rate that was tuned with all parts on
    may be wrong when one is off. Without, the rate stays the base's, and each row says so.

    Args:
        base: a config; not changed.
        switches: a dict, name -> the entries to change, such as {"no dropout": {"dropout": 0.0}}.
        run: a function (config, seed) -> accuracy, a float.
        seeds: a list of ints, two or more; every row runs with all of them, in this order.
        retune: None, or a function config -> config, called once a row; it may change the config that it
            gets.
    Returns:
        rows: a list of dicts with "name" ("all" for the base), "values" (an array, the accuracy of each
        seed), "difference" and "half" (of this row minus the base, by your ``paired_difference``; 0.0 twice
        for the base) and "retuned" (whether retune was given).
    Raises:
        ValueError: if there are fewer than two seeds.
    Example:
        >>> run = lambda config, seed: config["a"] + config["b"] + seed
        >>> rows = ablation({"a": 1.0, "b": 2.0}, {"no b": {"b": 0.0}}, run, [0, 5])
        >>> [(row["name"], row["values"].tolist(), row["difference"]) for row in rows]
        [('all', [3.0, 8.0], 0.0), ('no b', [1.0, 6.0], -2.0)]

    Source: Meyes et al. 2019, for the word; pairing as in ``paired_difference``.
    """
    if len(seeds) < 2:
        raise ValueError(f"a difference needs two seeds or more, got {len(seeds)}; five are a start")
    ### BEGIN SOLUTION
    rows = []
    for name, changes in {"all": {}, **switches}.items():
        config = {**base, **changes}
        if retune is not None:
            config = retune(config)
        values = np.array([run(config, seed) for seed in seeds], dtype=float)
        difference, half = paired_difference(values, rows[0]["values"]) if rows else (0.0, 0.0)
        row = {"name": name, "values": values, "difference": difference, "half": half}
        rows.append({**row, "retuned": retune is not None})
    return rows
    ### END SOLUTION


def ablation_retuned_in_place(base, switches, run, seeds, *, factor):
    """Your ``ablation`` with a retune that changes the very config that it gets; and the base (given).

    Args:
        base, switches, run, seeds: as for ``ablation``.
        factor: what each row's rate is multiplied with.
    Returns:
        (rows, base): the rows as ``ablation`` returns them; the base, which is to be as it was.
    """

    def retune(config):
        config["lr"] = factor * config["lr"]
        return config

    return ablation(base, switches, run, seeds, retune=retune), base
