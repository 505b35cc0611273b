r"""Mini-batch SGD: the reference implementations of the assignment ``minibatch_sgd``.

Pinned for all of them: an example is a row, a batch is an array of row numbers, parameters and gradients are
dicts of float64 arrays with the same keys and shapes. Randomness comes in as a ``numpy.random.Generator``.
Functions return new arrays and change none that they were given; a ``state`` is its own functions' affair.
The graded body stands between the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import at_least, check_grads, check_ranges
from solutions.given import check_form as check_form


def check_sizes(**sizes):
    """Refuse sizes and counts below one (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    cures = {
        "n": "there is nothing to learn from no examples",
        "batch_size": "32 is a usual start, 1 is stochastic gradient descent",
        "n_draws": "a mean over 1000 draws is right to some 3 %",
        "n_epochs": "one epoch passes all examples once",
        "window": "a window of 1 shows each batch's own loss",
    }
    check_ranges(sizes, {name: (*at_least(1), cure) for name, cure in cures.items()})


def check_regression(w, X, y):
    """Refuse examples, targets and weights that do not fit together (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(X) != 2 or np.shape(w) != np.shape(X)[1:] or np.shape(y) != np.shape(X)[:1]:
        raise ValueError(
            f"X must be (n, d), w (d,) and y (n,), got {np.shape(X)}, {np.shape(w)} and {np.shape(y)}; "
            "an example is a row of X and has one number in y"
        )


def check_rates(lr, n_updates):
    """Refuse learning rates that are no number and not one for each update (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(lr) and np.shape(lr) != (n_updates,):
        raise ValueError(
            f"lr must be a number or one number per update, {n_updates} of them, got shape {np.shape(lr)}; "
            "an epoch makes as many updates as it has batches, and the short last one counts"
        )
    if not np.all(np.greater_equal(lr, 0) & np.isfinite(lr)):
        raise ValueError(f"lr must be at least 0 and finite, got {lr}; 0.01 is a usual start")


def minibatches(n, batch_size, *, rng, drop_last=False):
    r"""One epoch: the numbers 0 … n-1 in random order, cut into batches.

    Draws ``rng.permutation(n)``, exactly once and nothing else, and yields consecutive slices of it, the
    first ``batch_size`` numbers of the permutation first. Where ``batch_size`` does not divide n, the last
    batch holds what is left over and is shorter; with ``drop_last`` a batch that is not full is left out. So
    there are :math:`\lceil n/B \rceil` batches, or :math:`\lfloor n/B \rfloor`.

    Args:
        n: how many examples there are, at least 1.
        batch_size: B, at least 1. It may be larger than n: then there is one batch, or none.
        rng: a numpy.random.Generator.
        drop_last: whether to leave out a last batch that is not full.
    Yields:
        batch: (batch_size,) ints, or fewer in the last one; as many batches as said above.
    Raises:
        ValueError: if ``n`` or ``batch_size`` is below 1 (when the first batch is asked for).
    Example:
        >>> [len(batch) for batch in minibatches(10, 4, rng=np.random.default_rng(0))]
        [4, 4, 2]
        >>> epoch = np.concatenate(list(minibatches(10, 4, rng=np.random.default_rng(0))))
        >>> np.array_equal(epoch, np.random.default_rng(0).permutation(10))
        True

    Source: Bottou 2012, sections 2 and 4. torch's DataLoader(shuffle=True, drop_last=…) does the same.
    """
    check_sizes(n=n, batch_size=batch_size)
    ### BEGIN SOLUTION
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        batch = order[start : start + batch_size]
        if len(batch) == batch_size or not drop_last:
            yield batch
    ### END SOLUTION


def show_batches(n, batch_size, *, rng, drop_last=False):
    """The batches of one epoch of your ``minibatches`` as text (given); it stops after n + 1 of them.

    Example:
        >>> show_batches(1, 8, rng=np.random.default_rng(0))
        '[[0]]'
    """
    epoch = minibatches(n, batch_size, rng=rng, drop_last=drop_last)
    batches = [batch for _, batch in zip(range(n + 1), epoch, strict=False)]  # all before one is looked at
    return str([np.asarray(batch).tolist() for batch in batches])


def minibatch_gradient(w, X, y, idx):
    r"""The gradient of the mean squared error over the examples in ``idx``.

    .. math:: \nabla_w \frac1b \sum_{i \in \text{idx}} (x_i^\top w - y_i)^2

    with b the number of entries of ``idx`` and no ½. One example gives :math:`2\,(x_i^\top w - y_i)\, x_i`,
    a number times its row. A number that stands in ``idx`` twice counts twice. The gradient comes as it is,
    however large.

    Args:
        w: (d,) weights, floats or ints, not changed.
        X: (n, d) examples, one a row, floats or ints, not changed.
        y: (n,) targets, floats or ints, not changed.
        idx: (b,) ints in 0 … n-1, at least one, in any order, repeats allowed.
    Returns:
        gradient: (d,) floats.
    Raises:
        ValueError: if the shapes do not fit together, or ``idx`` is empty.
    Example:
        >>> X, y = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, 0.0])
        >>> minibatch_gradient(np.array([3.0, 5.0]), X, y, np.array([0])).tolist()
        [4.0, 0.0]

    Source: the chapter's estimate of the gradient from b examples.
    """
    check_regression(w, X, y)
    if not len(idx):
        raise ValueError("idx must hold at least one number, got none; no examples have no mean")
    ### BEGIN SOLUTION
    residual = X[idx] @ w - y[idx]
    return 2 * X[idx].T @ residual / len(idx)
    ### END SOLUTION


def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
    r"""How far a mini-batch gradient is from the full one: the measured mean squared distance.

    .. math:: \frac1M \sum_{m=1}^{M} \lVert g_{B_m} - g \rVert^2

    g is the gradient over all n examples, not the mean of the draws; every :math:`B_m` is a batch drawn anew;
    ‖·‖ is a vector's length. With S² the mean of :math:`\lVert g_i - g \rVert^2` over single examples, the
    expected value is S²/b with replacement and S²/b · (n-b)/(n-1) without. This function draws and measures;
    it does not compute these formulas.

    Args:
        w: (d,) weights, floats or ints, not changed.
        X: (n, d) examples, one a row, floats or ints, not changed.
        y: (n,) targets, floats or ints, not changed.
        batch_size: b, at least 1, and at most n without replacement.
        n_draws: M, how many batches are drawn, at least 1.
        rng: a numpy.random.Generator, from which every draw comes, by ``rng.choice`` or another method.
        replace: True: the b examples of a batch are independent of each other, repeats allowed; False: they
            are b different examples. Batches are independent of each other in both cases.
    Returns:
        variance: a float, the mean over the draws.
    Raises:
        ValueError: if the shapes do not fit together, a size is below 1, or ``batch_size`` is above n
            without replacement.
    Example:
        >>> X, y, w = np.array([[1.0], [1.0]]), np.array([1.0, -1.0]), np.array([0.0])
        >>> rng = np.random.default_rng(0)  # the two gradients are -2 and 2, so S² is 4
        >>> gradient_variance(w, X, y, batch_size=1, n_draws=7, rng=rng, replace=True)
        4.0
        >>> gradient_variance(w, X, y, batch_size=2, n_draws=7, rng=rng, replace=False)
        0.0

    Source: Cochran 1977, theorem 2.2, for draws without replacement.
    """
    check_regression(w, X, y)
    check_sizes(batch_size=batch_size, n_draws=n_draws)
    if not replace and batch_size > len(X):
        raise ValueError(
            f"without replacement batch_size must be at most n = {len(X)}, got {batch_size}; "
            "draw with replacement, or fewer"
        )
    ### BEGIN SOLUTION
    full = minibatch_gradient(w, X, y, np.arange(len(X)))
    total = 0.0
    for _ in range(n_draws):
        idx = rng.choice(len(X), size=batch_size, replace=replace)
        total += np.sum((minibatch_gradient(w, X, y, idx) - full) ** 2)
    return float(total / n_draws)
    ### END SOLUTION


def sgd_step(params, grads, *, lr):
    r"""One update by stochastic gradient descent.

    .. math:: w \leftarrow w - \eta\, g

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed.
        lr: learning rate η, at least 0.
    Returns:
        params: a new dict, with new arrays.
    Raises:
        ValueError: if keys or shapes differ, or ``lr`` is out of range.
    Example:
        >>> sgd_step({"w": np.array([1.0, 2.0])}, {"w": np.array([-4.0, 8.0])}, lr=0.25)["w"].tolist()
        [2.0, 0.0]

    Source: Robbins & Monro 1951; torch.optim.SGD without its options is equal.
    """
    check_grads(params, grads)
    check_rates(lr, 1)
    ### BEGIN SOLUTION
    return {key: value - lr * grads[key] for key, value in params.items()}
    ### END SOLUTION


def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
    """Train by SGD: epochs of shuffled mini-batches, one update for each batch.

    Every epoch takes its batches from ``minibatches`` as they come, the short last one too, so that the epoch
    draws a fresh ``rng.permutation(n)`` and nothing else. For each batch ``grad_fn`` is called once, with the
    parameters as they are then, and ``sgd_step`` makes the update.

    Args:
        params: dict of float64 arrays, not changed.
        grad_fn: a function; ``grad_fn(params, idx) -> (loss, grads)`` gives the mean loss over the examples
            in ``idx`` and its gradient. It changes nothing.
        n: how many examples there are, at least 1.
        batch_size: at least 1; it may be larger than n.
        lr: the learning rate: a number, or a sequence with one number for each update of the whole training,
            ``n_epochs`` times as many as an epoch has batches; ``lr[t]`` serves update t, from t = 0.
        n_epochs: at least 1.
        rng: a numpy.random.Generator.
    Returns:
        (params, losses): the trained parameters; a list of ``n_epochs`` floats. ``losses[e]`` is the mean
        over all n examples of the losses seen in epoch e, each taken before its batch's update: a batch
        counts by its size.
    Raises:
        ValueError: if a size is below 1, a rate is out of range, or ``lr`` has another length.
    Example:
        >>> y = np.array([1.0, 2.0, 6.0])
        >>> def grad_fn(params, idx):  # the loss is the mean of (w - y)²
        ...     error = params["w"] - y[idx]
        ...     return float(np.mean(error**2)), {"w": np.mean(2 * error)}
        >>> rates = [0.5 / (t + 1) for t in range(6)]  # with them w is the mean of the targets so far
        >>> rng = np.random.default_rng(0)
        >>> params, losses = train_sgd({"w": 0.0}, grad_fn, 3, batch_size=1, lr=rates, n_epochs=2, rng=rng)
        >>> round(float(params["w"]), 12), len(losses)
        (3.0, 2)

    Source: Bottou 2012; the same as a loop over torch's DataLoader with torch.optim.SGD.
    """
    check_sizes(n=n, batch_size=batch_size, n_epochs=n_epochs)
    check_rates(lr, n_epochs * -(-n // batch_size))  # an epoch has n / batch_size updates, rounded up
    ### BEGIN SOLUTION
    losses, t = [], 0
    for _ in range(n_epochs):
        total = 0.0
        for idx in minibatches(n, batch_size, rng=rng):
            loss, grads = grad_fn(params, idx)
            params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
            total += loss * len(idx)
            t += 1
        losses.append(total / n)
    return params, losses
    ### END SOLUTION


def decaying_lr(step, *, c, power=1.0):
    r"""A learning rate that falls as a power of the number of updates.

    .. math:: \eta = \frac{c}{(\text{step} + 1)^{\text{power}}}

    With ½ < power <= 1 the rates add up to infinity and their squares do not.

    Args:
        step: updates already taken, at least 0: 0 before the first one. An int (NumPy's too), or an array of
            ints, the largest of its type included.
        c: the first rate, greater than 0.
        power: greater than or equal to 0, an int or a float. 0 is a constant rate.
    Returns:
        lr: float, or floats of the shape of ``step``.
    Raises:
        ValueError: if an argument is out of range.
    Example:
        >>> decaying_lr(np.array([0, 1, 3]), c=0.5).tolist()
        [0.5, 0.25, 0.125]

    Source: Robbins & Monro 1951. torch.optim.lr_scheduler.LambdaLR with (step + 1)^-power is equal.
    """
    if np.any(np.less(step, 0)):
        raise ValueError(f"step must be at least 0, got {step}; it counts updates already taken")
    if not (0 < c < np.inf and 0 <= power < np.inf):
        raise ValueError(
            f"c must be greater than 0 and power at least 0, got {c} and {power}; "
            "c = 1 over the curvature and power = 1 are the theory's choice"
        )
    ### BEGIN SOLUTION
    return c / (step + 1.0) ** power
    ### END SOLUTION


def loglog_slope(k, values, *, k_min):
    r"""The slope of the straight line through (log k, log value), by least squares.

    .. math::
        \frac{\sum (u - \bar u)(v - \bar v)}{\sum (u - \bar u)^2},\quad
        u = \log k,\ v = \log \text{value}

    Only points with k >= ``k_min`` take part, each with the same weight. If values fall as :math:`k^{-p}`,
    the slope is -p, in whatever base the logarithms are. It must hold late in a long run too, where the
    logarithms lie close together: take the means off before anything is squared.

    Args:
        k: (n,) numbers greater than 0, ints or floats, in any order, not changed.
        values: (n,) numbers greater than 0, not changed.
        k_min: the smallest k that takes part, itself included.
    Returns:
        slope: a float.
    Raises:
        ValueError: if the shapes differ, a number is not greater than 0, or fewer than two different k
            are left.
    Example:
        >>> k = np.array([1, 2, 4, 8])
        >>> round(float(loglog_slope(k, np.array([9.0, 6.0, 3.0, 1.5]), k_min=2)), 12)
        -1.0

    Source: simple linear regression. numpy.polyfit of the logarithms gives the same and may be used.
    """
    if np.ndim(k) != 1 or np.shape(k) != np.shape(values):
        raise ValueError(
            f"k and values must be (n,), got {np.shape(k)} and {np.shape(values)}; give each k its value"
        )
    if not (np.all(np.greater(k, 0)) and np.all(np.greater(values, 0))):
        raise ValueError("k and values must be greater than 0; leave out what has no logarithm")
    if len({number for number in np.asarray(k).tolist() if number >= k_min}) < 2:
        raise ValueError(f"k_min must leave two different k, got {k_min}; one point has no slope")
    ### BEGIN SOLUTION
    keep = k >= k_min
    x, y = np.log(k[keep]), np.log(values[keep])
    x = x - np.mean(x)
    return np.sum(x * y) / np.sum(x**2)
    ### END SOLUTION


def average_init(params):
    """The state before any iterate has come; the values in ``params`` count for nothing.

    Args:
        params: dict of float64 arrays with the keys and shapes to come, not changed. Their values count for
            nothing: the first iterate is the one that ``average_update`` gets first.
    Returns:
        state: whatever ``average_update`` needs between updates, in any form you like.
        Nobody but ``average_update`` looks into it.
    Example:
        >>> average, state = average_update(average_init({"w": np.zeros(1)}), {"w": np.array([5.0])})
        >>> average["w"].tolist()
        [5.0]
    """
    ### BEGIN SOLUTION
    return {"t": 0, "average": {key: np.zeros_like(value) for key, value in params.items()}}
    ### END SOLUTION


def average_update(state, params, *, eta=3.0):
    r"""Take one more iterate into the average, by polynomial-decay averaging.

    .. math::
        \bar w_t = (1 - a)\, \bar w_{t-1} + a\, w_t, \quad a = \frac{\eta + 1}{t + \eta}

    t is 1 for the first iterate, so :math:`\bar w_1 = w_1`. With η = 0 this is the plain mean; for a whole η
    iterate t weighs in proportion to t (t+1) … (t+η-1), so that early ones are soon forgotten.

    Args:
        state: from ``average_init`` or from the update before, not changed.
        params: the new iterate, a dict of float64 arrays, not changed.
        eta: η, at least 0, not only whole numbers; the same in every update of a run.
    Returns:
        (average, state): the average of all iterates so far, a dict like ``params``; the new state.
    Raises:
        ValueError: if ``eta`` is out of range.
    Example:
        >>> state = average_init({"w": np.zeros(1)})
        >>> for w in (4.0, 8.0, 6.0):
        ...     average, state = average_update(state, {"w": np.array([w])}, eta=1.0)
        >>> round(float(average["w"][0]), 12)  # (1·4 + 2·8 + 3·6) / 6
        6.333333333333

    Source: Shamir & Zhang 2013, section 4. torch's AveragedModel is the case η = 0.
    """
    if not 0 <= eta < np.inf:
        raise ValueError(f"eta must be at least 0 and finite, got {eta}; 3 is usual, 0 is the plain mean")
    ### BEGIN SOLUTION
    t = state["t"] + 1
    a = (eta + 1) / (t + eta)
    average = {key: (1 - a) * state["average"][key] + a * w for key, w in params.items()}
    return average, {"t": t, "average": average}
    ### END SOLUTION


def kmeans_step(centers, counts, batch):
    r"""One update of mini-batch k-means: every example pulls the nearest centre towards itself.

    First all examples of the batch choose: each the centre with the smallest Euclidean distance, as the
    centres were when the batch came; of equally near ones the one with the lowest number. Then, for each
    example x with its centre j, one after the other:

    .. math:: n_j \leftarrow n_j + 1, \quad c_j \leftarrow c_j + (x - c_j) / n_j

    So a centre's rate is one over its own count, the order inside of a batch does not matter, and a centre is
    the mean of all examples that it was ever given. Where a count is still 0, the centre's old place is a
    seed that the first example replaces. A centre that no example chose stays where it is. The choice
    is right far from the origin too: take differences before squares, for there little but rounding is left
    of |x|² - 2 x·c + |c|².

    Args:
        centers: (k, d) floats, not changed.
        counts: (k,) ints, how many examples each centre was given before; zeros at the start; not changed.
        batch: (b, d) floats, one example a row; b = 1 is online k-means; not changed.
    Returns:
        (centers, counts): the new centres, the new counts.
    Raises:
        ValueError: if the shapes do not fit together, or a count is negative.
    Example:
        >>> centers, counts = np.array([[0.0], [10.0]]), np.array([0, 3])
        >>> centers, counts = kmeans_step(centers, counts, np.array([[1.0], [4.0], [14.0]]))
        >>> centers.tolist(), counts.tolist()
        ([[2.5], [11.0]], [2, 4])

    Source: Bottou & Bengio 1995; Sculley 2010, algorithm 1.
    """
    fits = np.ndim(centers) == np.ndim(batch) == 2 and np.shape(batch)[1] == np.shape(centers)[1]
    if not fits or np.shape(counts) != np.shape(centers)[:1]:
        raise ValueError(
            f"centers must be (k, d), counts (k,) and batch (b, d), got {np.shape(centers)}, "
            f"{np.shape(counts)} and {np.shape(batch)}; a single example is a batch of shape (1, d)"
        )
    if np.any(np.less(counts, 0)):
        raise ValueError(f"counts must be at least 0, got {np.min(counts)}; start with zeros")
    ### BEGIN SOLUTION
    distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)  # (b, k)
    nearest = np.argmin(distances, axis=1)
    centers, counts = centers.copy(), counts.copy()
    for x, j in zip(batch, nearest, strict=True):
        counts[j] += 1
        centers[j] += (x - centers[j]) / counts[j]
    return centers, counts
    ### END SOLUTION


def running_loss_init(window):
    """The state before any batch has been seen.

    Args:
        window: how many batches the mean looks back, at least 1.
    Returns:
        state: whatever ``running_loss_update`` needs between updates, the window included.
        Nobody but ``running_loss_update`` looks into it.
    Raises:
        ValueError: if ``window`` is below 1.
    Example:
        >>> running_loss_update(running_loss_init(5), 0.75, 32)[0]
        0.75
    """
    check_sizes(window=window)
    ### BEGIN SOLUTION
    return {"window": window, "seen": []}
    ### END SOLUTION


def running_loss_update(state, loss, n):
    r"""The mean loss over the examples of the last ``window`` batches, this one included.

    .. math:: \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}

    over the last ``window`` batches b, or over all of them while there are fewer: a batch counts by its size.
    While an infinite loss, or NaN, is in the window, the mean is what the formula makes of it. A loss that
    has left the window leaves no trace, however large or even infinite it was.

    Args:
        state: from ``running_loss_init`` or from the update before, not changed.
        loss: the mean loss of the new batch.
        n: how many examples the new batch has, at least 1.
    Returns:
        (mean, state): a float, the new state.
    Raises:
        ValueError: if ``n`` is below 1.
    Example:
        >>> state = running_loss_init(2)
        >>> for loss, n in ((9.0, 4), (2.0, 4), (5.0, 2)):
        ...     mean, state = running_loss_update(state, loss, n)
        >>> mean  # (4·2 + 2·5) / 6
        3.0

    Source: the chapter's section on tracking the error.
    """
    check_sizes(n=n)
    ### BEGIN SOLUTION
    seen = [*state["seen"], (loss, n)][-state["window"] :]
    mean = sum(loss * n for loss, n in seen) / sum(n for _, n in seen)
    return mean, {"window": state["window"], "seen": seen}
    ### END SOLUTION
