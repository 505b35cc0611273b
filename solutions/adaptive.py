r"""Adaptive methods: the reference implementations of the assignment ``adaptive``.

Pinned for all of them: parameters and gradients are dicts of float64 arrays with the same keys and shapes.
An optimiser is a pair ``<name>_init(params) -> state`` and ``<name>_step(params, grads, state, *, …) ->
(params, state)``; every number of every parameter has its own memory; functions return new arrays and
change none that they were given; ``state`` is the optimiser's own affair. The graded body stands between
the two markers, argument checks stand above it.
"""

import numpy as np


def check_step(params, grads, **hyper):
    """Refuse what no optimiser can take a step with (given: your own code need not check again).

    Args:
        params, grads: dicts of arrays.
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if params.keys() != grads.keys():
        raise ValueError(
            f"grads must have the keys of params, got {sorted(grads)} for {sorted(params)}; "
            "give every parameter its gradient, zeros where there is none"
        )
    for key in params:
        shape, grad_shape = np.shape(params[key]), np.shape(grads[key])
        if shape != grad_shape:
            raise ValueError(
                f"a gradient must have its parameter's shape, got {grad_shape} for {key!r} of shape {shape}; "
                "look at how the backward pass sums over the batch"
            )
    rules = {
        "lr": (lambda x: 0 <= x < np.inf, "be at least 0 and finite", "1e-3 is a usual start for Adam"),
        "betas": (lambda xs: all(0 <= x < 1 for x in xs), "lie in [0, 1)", "the usual pair is (0.9, 0.999)"),
        "eps": (lambda x: 0 < x < np.inf, "be greater than 0", "1e-8 is usual for Adam"),
    }
    for name, value in hyper.items():
        holds, rule, cure = rules[name]
        if not holds(value):
            raise ValueError(f"{name} must {rule}, got {value}; {cure}")


def adam_init(params):
    """Adam's state before the first update: both moments are zero, no update has been counted.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``adam_step`` needs between updates, made of dicts with str keys, lists, tuples,
        arrays and numbers. Nobody but ``adam_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0, 2.0])}
        >>> params, state = adam_step(params, {"w": np.array([0.5, -0.5])}, adam_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()
        [0.9, 2.1]
    """
    ### BEGIN SOLUTION
    m = {key: np.zeros_like(value) for key, value in params.items()}
    v = {key: np.zeros_like(value) for key, value in params.items()}
    return {"t": 0, "m": m, "v": v}
    ### END SOLUTION


def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    r"""One update by Adam: a mean of gradients over the root of a mean of squares, both bias-corrected.

    .. math::
        t \leftarrow t + 1,\quad
        m \leftarrow \beta_1 m + (1-\beta_1)\, g,\quad
        v \leftarrow \beta_2 v + (1-\beta_2)\, g^2

        \hat m = m / (1-\beta_1^t),\quad
        \hat v = v / (1-\beta_2^t),\quad
        w \leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon)

    The counter t starts at 0 and is raised before it is used: t = 1 in the first update. It counts updates,
    however many parameters there are. The state keeps m and v themselves, uncorrected.

    Args:
        params: dict of float64 arrays, not changed.
        grads: dict of float64 arrays with the same keys and shapes, not changed.
        state: from ``adam_init`` or from the step before, not changed. Made of dicts with str keys, lists,
            tuples, arrays and numbers.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        betas: (β₁, β₂), each in [0, 1): how long m and v remember.
        eps: ε, greater than 0, added outside the root.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = adam_init(params)
        >>> for g in (1.0, 1.0, -1.0):
        ...     params, state = adam_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.773801

    Source: Kingma & Ba 2015, algorithm 1; torch.optim.Adam is equal. Keras and the paper's shorter form
    add ε before v is corrected, which makes it ε/√(1-β₂ᵗ) here.
    """
    check_step(params, grads, lr=lr, betas=betas, eps=eps)
    beta1, beta2 = betas
    ### BEGIN SOLUTION
    t = state["t"] + 1
    new_params, m, v = {}, {}, {}
    for key, g in grads.items():
        m[key] = beta1 * state["m"][key] + (1 - beta1) * g
        v[key] = beta2 * state["v"][key] + (1 - beta2) * g**2
        m_hat = m[key] / (1 - beta1**t)
        v_hat = v[key] / (1 - beta2**t)
        new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)
    return new_params, {"t": t, "m": m, "v": v}
    ### END SOLUTION


def loss_and_grad(params, X, y):
    """Loss of a network with one hidden layer of ReLUs on a batch, and its gradient (given).

    Args:
        params: dict of W1 (n_pixels, n_hidden), b1 (n_hidden,), W2 (n_hidden, n_classes), b2 (n_classes,).
        X: (batch, n_pixels) floats.
        y: (batch,) ints, the classes.
    Returns:
        (loss, grads): softmax cross-entropy, mean over the batch; a dict like ``params``.
    Example:
        >>> zero = {"W1": np.zeros((4, 3)), "b1": np.zeros(3), "W2": np.zeros((3, 10)), "b2": np.zeros(10)}
        >>> loss, grads = loss_and_grad(zero, np.ones((5, 4)), np.arange(5))
        >>> round(loss, 6) == round(float(np.log(10)), 6), sorted(grads)
        (True, ['W1', 'W2', 'b1', 'b2'])
    """
    hidden = np.maximum(X @ params["W1"] + params["b1"], 0.0)  # (batch, n_hidden)
    logits = hidden @ params["W2"] + params["b2"]  # (batch, n_classes)
    logits = logits - logits.max(axis=1, keepdims=True)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    loss = -log_probs[rows, y].mean()

    grad_logits = np.exp(log_probs)
    grad_logits[rows, y] -= 1.0
    grad_logits /= len(y)
    grad_z = (grad_logits @ params["W2"].T) * (hidden > 0)
    grads = {
        "W1": X.T @ grad_z,
        "b1": grad_z.sum(axis=0),
        "W2": hidden.T @ grad_logits,
        "b2": grad_logits.sum(axis=0),
    }
    return float(loss), grads


def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
    """Train the given network by your own Adam on shuffled mini-batches.

    An epoch visits every example once. At its start it draws ``rng.permutation(n)``, exactly once and
    nothing else, and takes consecutive slices of it as batches; the last one is shorter where
    ``batch_size`` does not divide n. Each batch makes one update by ``adam_step`` with ``lr`` and the
    default betas and eps, from the gradient of that batch, which ``loss_and_grad(params, X, y) ->
    (loss, grads)`` gives you. Adam's state is made once and lives through all epochs.

    Args:
        params: dict of float64 arrays as ``loss_and_grad`` takes them, not changed.
        X: (n, n_pixels) floats, not changed.
        y: (n,) ints, not changed.
        lr: learning rate, at least 0.
        batch_size, n_epochs: ints, at least 1.
        rng: a numpy.random.Generator.
    Returns:
        (params, losses): the trained parameters; a list of ``n_epochs`` floats. ``losses[e]`` is the mean
        over all n examples of the losses seen in epoch e, each taken before its batch's update: a batch
        counts by its size.
    Raises:
        ValueError: if X and y differ in length, or batch_size or n_epochs is below 1.
    Example:
        >>> rng = np.random.default_rng(0)
        >>> y = np.arange(40) % 2
        >>> X = rng.normal(size=(40, 3)) + y[:, None]
        >>> W1 = rng.normal(size=(3, 4))
        >>> params = {"W1": W1, "b1": np.zeros(4), "W2": np.zeros((4, 2)), "b2": np.zeros(2)}
        >>> params, losses = train_digits(params, X, y, lr=0.05, batch_size=16, n_epochs=5, rng=rng)
        >>> len(losses), losses[-1] < losses[0]
        (5, True)
    """
    if len(X) != len(y):
        raise ValueError(f"X and y must have one row per example, got {len(X)} and {len(y)}; cut both alike")
    if batch_size < 1 or n_epochs < 1:
        raise ValueError(
            f"batch_size and n_epochs must be at least 1, got {batch_size} and {n_epochs}; "
            "32 examples and 20 epochs are a usual start"
        )
    ### BEGIN SOLUTION
    n = len(X)
    state = adam_init(params)
    losses = []
    for _ in range(n_epochs):
        order = rng.permutation(n)
        total = 0.0
        for start in range(0, n, batch_size):
            batch = order[start : start + batch_size]
            loss, grads = loss_and_grad(params, X[batch], y[batch])
            params, state = adam_step(params, grads, state, lr=lr)
            total += loss * len(batch)
        losses.append(total / n)
    return params, losses
    ### END SOLUTION
