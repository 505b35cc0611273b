r"""Batch normalisation and its relatives: the reference implementations of the assignment ``batch_norm``.

Pinned for all layers: the variance is the biased one (divided by the number of values), taken in two passes
as the mean of squared distances from the mean; ε is added to it inside of the root. The one exception is the
running variance of batch normalisation, which is unbiased. Momentum is the weight of what is new, as in
PyTorch. A backward function takes the forward's inputs and caches nothing; functions return new arrays and
change none that they were given. The graded body stands between the two markers, argument checks stand above.
"""

import numpy as np

from solutions.given import POSITIVE, at_least, check_ranges
from solutions.given import check_form as check_form


def check_hyper(**hyper):
    """Refuse hyperparameters out of range (given: your own code need not check again).

    Args:
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    rules = {
        "eps": (*POSITIVE, "1e-5 is usual"),
        "momentum": (lambda x: 0 <= x <= 1, "lie in [0, 1]", "it weighs the new batch; 0.1 is usual"),
        "r_max": (*at_least(1), "3 is the paper's, 1 makes it batch normalisation"),
        "d_max": (*at_least(0), "5 is the paper's, 0 makes it batch normalisation"),
    }
    check_ranges(hyper, rules)


def check_rows(x, *, training, **per_feature):
    """Refuse what cannot be normalised feature by feature (given: your own code need not check again).

    Args:
        x: the batch, held against the shape (N, D); or (N, C, H, W) as well, if it is not training.
        training: whether the batch's own statistics are needed, and so two rows or more.
        per_feature: arrays by name, each held against the shape (D,); ``grad_out`` against that of x.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(x) != 2 and (training or np.ndim(x) != 4):
        images = "" if training else " or (N, C, H, W)"
        raise ValueError(f"x must have the shape (N, D){images}, got {np.shape(x)}; a row is an example")
    n, d = np.shape(x)[:2]
    if training and n < 2:
        raise ValueError(
            f"in training a batch must have at least 2 rows, got {n}; one row is its own mean, so nothing is "
            "left of it: take a larger batch, or the eval form"
        )
    for name, value in per_feature.items():
        shape = (n, d) if name == "grad_out" else (d,)
        if np.shape(value) != shape:
            raise ValueError(
                f"{name} must have the shape {shape} beside x of shape {np.shape(x)}, got {np.shape(value)}; "
                "there is one number a feature" + (" and row" if name == "grad_out" else "")
            )
    if np.any(np.asarray(per_feature.get("running_var", 0.0)) < 0):
        raise ValueError(f"running_var must be at least 0, got {per_feature['running_var']}; it starts at 1")
    if np.any(np.asarray(per_feature.get("running_std", 1.0)) <= 0):
        raise ValueError(f"running_std must be above 0, got {per_feature['running_std']}; it starts at 1")


def check_images(x, kind, groups):
    """Refuse what has no index sets to normalise over (given: your own code need not check again).

    Args:
        x: the batch, held against the shape (N, C, H, W).
        kind, groups: as in ``set_mean``.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(x) != 4:
        raise ValueError(
            f"x must have the shape (N, C, H, W), got {np.shape(x)}; rows without an extent are (N, C, 1, 1)"
        )
    n, c, h, w = np.shape(x)
    if groups < 1 or c % groups:
        raise ValueError(
            f"groups must divide the number of channels, got {groups} groups of {c} channels; "
            "1 takes all channels together, C leaves each alone"
        )
    sizes = {"batch": n * h * w, "layer": c * h * w, "instance": h * w, "group": c // groups * h * w}
    if kind not in sizes:
        raise ValueError(f"kind must be one of {', '.join(sizes)}, got {kind!r}; see the docstring")
    if sizes[kind] < 2:
        raise ValueError(
            f"a set must hold at least 2 numbers, got {sizes[kind]} for {kind!r} and x of shape "
            f"{np.shape(x)}; a single number is its own mean, so nothing is left of it"
        )


def check_affine(x, gamma, beta=None, grad_out=None):
    """Refuse a scale, a shift or an upstream gradient of the wrong shape (given).

    Args:
        x: (N, C, H, W) array.
        gamma, beta: held against the shape (C,).
        grad_out: held against the shape of x.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    for name, value, shape in (
        ("gamma", gamma, (np.shape(x)[1],)),
        ("beta", beta, (np.shape(x)[1],)),
        ("grad_out", grad_out, np.shape(x)),
    ):
        if value is not None and np.shape(value) != shape:
            raise ValueError(
                f"{name} must have the shape {shape} beside x of shape {np.shape(x)}, got {np.shape(value)}; "
                "scale and shift have one number a channel, whatever the kind"
            )


def check_columns(v, g, grad_W=None):
    """Refuse weights that have no direction, and shapes that do not fit (given).

    Args:
        v: held against the shape (fan_in, fan_out), no column all zeros.
        g: held against the shape (fan_out,).
        grad_W: held against the shape of v.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(v) != 2 or np.shape(g) != (np.shape(v)[1],):
        raise ValueError(
            f"v must have the shape (fan_in, fan_out) and g (fan_out,), got {np.shape(v)} and {np.shape(g)}; "
            "each unit has one column of v and one length"
        )
    if grad_W is not None and np.shape(grad_W) != np.shape(v):
        raise ValueError(
            f"grad_W must have the shape of v, got {np.shape(grad_W)} for {np.shape(v)}; as W has"
        )
    if not np.all(np.any(v != 0, axis=0)):
        raise ValueError(
            "no column of v may be zero, got one; it has no direction: begin with random weights"
        )


def batch_norm_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    r"""Batch normalisation in training: every feature by the statistics of this batch.

    .. math::
        \mu = \tfrac1N \sum_n x_n,\quad
        \sigma^2 = \tfrac1N \sum_n (x_n - \mu)^2,\quad
        \hat x_n = \frac{x_n - \mu}{\sqrt{\sigma^2 + \varepsilon}},\quad
        y_n = \gamma\, \hat x_n + \beta

    for each feature by itself, in two passes: first the mean, then the squared distances from it. On the way
    the running statistics that ``batch_norm_eval`` will use take the batch in:

    .. math::
        \text{running mean} \leftarrow (1 - m)\cdot\text{running mean} + m\,\mu,\quad
        \text{running var} \leftarrow (1 - m)\cdot\text{running var} + m\,\tfrac{N}{N-1}\sigma^2

    with the momentum m; N/(N-1)·σ² is the **unbiased** variance of the batch.

    Args:
        x: (N, D) float64 array, N at least 2: a row an example, a column a feature; not changed.
        gamma, beta: (D,) float64 arrays, scale γ and shift β; not changed.
        running_mean, running_var: (D,) float64 arrays, what earlier batches have left; at the very start
            zeros and ones; ``running_var`` at least 0; not changed.
        momentum: m in [0, 1], the weight of the new batch.
        eps: ε above 0, added to the variance inside of the root.
    Returns:
        (y, running_mean, running_var): the (N, D) output, and the new running statistics, (D,) each.
    Raises:
        ValueError: if N is 1, a shape does not fit or a number is out of range.
    Example:
        >>> x = np.array([[1.0, 10.0], [2.0, 10.0], [6.0, 10.0]])
        >>> y, mean, var = batch_norm_train(x, np.ones(2), np.zeros(2), np.zeros(2), np.ones(2))
        >>> y.round(3).T.tolist()  # a constant feature comes out as β
        [[-0.926, -0.463, 1.389], [0.0, 0.0, 0.0]]
        >>> mean.round(3).tolist(), var.round(3).tolist()  # 0.9·0 + 0.1·3 and 0.9·1 + 0.1·7 (not 0.1·14/3)
        ([0.3, 1.0], [1.6, 0.9])

    Source: Ioffe & Szegedy 2015, alg. 1; torch.nn.BatchNorm1d is equal. In Keras momentum is the weight of
    the old (0.99), ε is 1e-3 and the running variance is biased.
    """
    check_rows(x, training=True, gamma=gamma, beta=beta, running_mean=running_mean, running_var=running_var)
    check_hyper(momentum=momentum, eps=eps)
    ### BEGIN SOLUTION
    n = len(x)
    mean, var = x.mean(axis=0), x.var(axis=0)
    y = gamma * (x - mean) / np.sqrt(var + eps) + beta
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)
    return y, running_mean, running_var
    ### END SOLUTION


def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
    r"""Batch normalisation at inference: a fixed affine map, in which no other row of the batch has a part.

    .. math::
        y_n = \gamma\, \frac{x_n - \text{running mean}}{\sqrt{\text{running var} + \varepsilon}} + \beta

    For images the features are the channels: all pixels of a channel go through the map of their channel.
    Reshaped to (1, D, 1, 1), γ, β and the statistics meet x.

    Args:
        x: (N, D) float64 array, or images (N, D, H, W) with D channels; N at least 1; not changed.
        gamma, beta: (D,) float64 arrays, scale γ and shift β; not changed.
        running_mean, running_var: (D,) float64 arrays from training, ``running_var`` at least 0; not changed.
        eps: ε above 0, the one of training.
    Returns:
        float64 array of the shape of x.
    Raises:
        ValueError: if a shape does not fit or a number is out of range.
    Example:
        >>> x = np.array([[5.0, 1.0]])  # a single row is welcome
        >>> mean, var = np.array([1.0, 1.0]), np.array([4.0, 1.0])
        >>> batch_norm_eval(x, np.ones(2), np.array([0.0, 7.0]), mean, var).round(3).tolist()
        [[2.0, 7.0]]
        >>> image = np.array([[[[5.0, 3.0]], [[1.0, 2.0]]]])  # one image of two channels, 1 × 2 pixels
        >>> batch_norm_eval(image, np.ones(2), np.array([0.0, 7.0]), mean, var).round(3).tolist()
        [[[[2.0, 1.0]], [[7.0, 8.0]]]]

    Source: Ioffe & Szegedy 2015, alg. 2 and section 3.2; torch.nn.BatchNorm1d and torch.nn.BatchNorm2d after
    ``eval()`` are equal.
    """
    check_rows(x, training=False, gamma=gamma, beta=beta, running_mean=running_mean, running_var=running_var)
    check_hyper(eps=eps)
    ### BEGIN SOLUTION
    if x.ndim == 4:  # one number for all pixels of a channel
        gamma, beta, running_mean, running_var = (
            value[:, None, None] for value in (gamma, beta, running_mean, running_var)
        )
    return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    ### END SOLUTION


def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
    r"""Gradients of ``batch_norm_train``'s output, for the loss whose gradient at y is ``grad_out``.

    A row moves the output of every other row, through mean and variance. Collected, with d = grad_out·γ:

    .. math::
        \frac{\partial L}{\partial x_n} = \frac{d_n - \overline{d} - \hat x_n\, \overline{d \hat x}}
        {\sqrt{\sigma^2 + \varepsilon}},\quad
        \frac{\partial L}{\partial \gamma} = \sum_n \text{grad\_out}_n\, \hat x_n,\quad
        \frac{\partial L}{\partial \beta} = \sum_n \text{grad\_out}_n

    where the bar is the mean over the batch, feature by feature. The running statistics pass no gradient on.

    Args:
        grad_out: (N, D) float64 array, the gradient with respect to y; not changed.
        x, gamma, eps: as they were given to ``batch_norm_train``; not changed.
    Returns:
        (grad_x, grad_gamma, grad_beta): float64 arrays of the shapes (N, D), (D,) and (D,).
    Raises:
        ValueError: if N is 1, a shape does not fit or eps is not above 0.
    Example:
        >>> x, grad_out = np.array([[1.0], [2.0], [6.0]]), np.array([[0.0], [0.0], [1.0]])
        >>> grad_x, grad_gamma, grad_beta = batch_norm_backward(grad_out, x, np.ones(1))
        >>> grad_gamma.round(3).tolist(), grad_beta.tolist()
        ([1.389], [1.0])
        >>> grad_x.round(4).T.tolist()  # adds up to zero: shifting all rows together changes nothing
        [[0.0441, -0.0551, 0.011]]

    Source: Ioffe & Szegedy 2015, section 3, collected; torch's autograd through nn.BatchNorm1d is equal.
    """
    check_rows(x, training=True, grad_out=grad_out, gamma=gamma)
    check_hyper(eps=eps)
    ### BEGIN SOLUTION
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - mean) / std
    d = grad_out * gamma
    grad_x = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / std
    return grad_x, (grad_out * x_hat).sum(axis=0), grad_out.sum(axis=0)
    ### END SOLUTION


def set_mean(x, *, kind, groups=1):
    r"""Mean over the index set of each entry: one function for batch, layer, instance and group.

    An entry i = (i_N, i_C, i_H, i_W) is averaged with all entries k of its set:

    - ``batch``: all k with k_C = i_C, over N, H and W;
    - ``layer``: all k with k_N = i_N, over C, H and W;
    - ``instance``: all k with k_N = i_N and k_C = i_C, over H and W;
    - ``group``: all k with k_N = i_N and ⌊k_C / (C/G)⌋ = ⌊i_C / (C/G)⌋.

    So groups are blocks of C/G neighbouring channels; with G = 1 a group is a layer, with G = C an instance.

    Args:
        x: (N, C, H, W) float64 array; not changed.
        kind: ``"batch"``, ``"layer"``, ``"instance"`` or ``"group"``.
        groups: G, divides C; used by ``"group"`` alone.
    Returns:
        (N, C, H, W) float64 array: in the place of each entry the mean over its set.
    Raises:
        ValueError: if x has other axes, the kind is unknown, G does not divide C or a set has one entry only.
    Example:
        >>> x = np.arange(16.0).reshape(2, 4, 1, 2)  # two examples of four channels, 1 × 2 pixels
        >>> set_mean(x, kind="batch")[:, :, 0, 0].tolist()
        [[4.5, 6.5, 8.5, 10.5], [4.5, 6.5, 8.5, 10.5]]
        >>> set_mean(x, kind="group", groups=2)[:, :, 0, 0].tolist()
        [[1.5, 1.5, 5.5, 5.5], [9.5, 9.5, 13.5, 13.5]]

    Source: Wu & He 2018, eq. 3 to 5 and 7 (the last is cut off in the lecture's copy of the page).
    """
    check_images(x, kind, groups)
    ### BEGIN SOLUTION
    n, c, h, w = x.shape
    blocks = {"batch": c, "layer": 1, "instance": c, "group": groups}[kind]
    axes = (0, 2, 3, 4) if kind == "batch" else (2, 3, 4)
    x = x.reshape(n, blocks, c // blocks, h, w)
    means = np.broadcast_to(x.mean(axis=axes, keepdims=True), x.shape)
    return means.reshape(n, c, h, w)
    ### END SOLUTION


def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
    r"""Normalise every entry by the mean and the variance of its index set, then scale and shift.

    .. math::
        \hat x_i = \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \varepsilon}},\quad
        \mu_i = \operatorname{mean}_{k \in S_i} x_k,\quad
        \sigma_i^2 = \operatorname{mean}_{k \in S_i} (x_k - \mu_i)^2,\quad
        y_i = \gamma_{i_C}\, \hat x_i + \beta_{i_C}

    with the sets of ``set_mean``. Always from the batch at hand: of the four only ``"batch"`` needs running
    statistics at inference, and they are left to ``batch_norm_eval``.

    Args:
        x: (N, C, H, W) float64 array; not changed.
        gamma, beta: (C,) float64 arrays, scale and shift of each channel, **whatever the kind**; not changed.
        kind, groups: as in ``set_mean``.
        eps: ε above 0, added to the variance inside of the root.
    Returns:
        (N, C, H, W) float64 array.
    Raises:
        ValueError: as ``set_mean``, or if gamma, beta or eps do not fit.
    Example:
        >>> x = np.array([1.0, 3.0, 10.0, 30.0]).reshape(1, 4, 1, 1)
        >>> normalize(x, np.ones(4), np.zeros(4), kind="group", groups=2).ravel().round(3).tolist()
        [-1.0, 1.0, -1.0, 1.0]

    Source: Wu & He 2018, eq. 1, 2 and 6; torch's batch_norm, instance_norm and group_norm are equal.
    torch.nn.LayerNorm has γ and β for each element of the normalised shape.
    """
    check_images(x, kind, groups)
    check_affine(x, gamma, beta)
    check_hyper(eps=eps)
    ### BEGIN SOLUTION
    centred = x - set_mean(x, kind=kind, groups=groups)
    var = set_mean(centred**2, kind=kind, groups=groups)
    return gamma[:, None, None] * centred / np.sqrt(var + eps) + beta[:, None, None]
    ### END SOLUTION


def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
    r"""Gradients of ``normalize``, for the loss whose gradient at its output is ``grad_out``.

    The closed form of batch normalisation, with means over the index sets of ``set_mean`` and d = grad_out·γ:

    .. math::
        \frac{\partial L}{\partial x_i} = \frac{d_i - \operatorname{mean}_{S_i} d
        - \hat x_i\, \operatorname{mean}_{S_i} (d \hat x)}{\sqrt{\sigma_i^2 + \varepsilon}}

    γ and β belong to channels whatever the kind, so their gradients are sums over N, H and W for all kinds.

    Args:
        grad_out: (N, C, H, W) float64 array, the gradient with respect to the output; not changed.
        x, gamma, kind, groups, eps: as they were given to ``normalize``; not changed.
    Returns:
        (grad_x, grad_gamma, grad_beta): float64 arrays of the shapes (N, C, H, W), (C,) and (C,).
    Raises:
        ValueError: as ``normalize``, or if grad_out has not the shape of x.
    Example:
        >>> x = np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1, 1)
        >>> grad_out = np.array([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
        >>> grad_x, grad_gamma, _ = normalize_backward(grad_out, x, np.ones(3), kind="layer")
        >>> grad_x.ravel().round(4).tolist(), grad_gamma.round(3).tolist()
        ([0.0441, -0.0551, 0.011], [0.0, 0.0, 1.389])

    Source: Wu & He 2018, differentiated; torch's autograd through the same layers is equal.
    """
    check_images(x, kind, groups)
    check_affine(x, gamma, grad_out=grad_out)
    check_hyper(eps=eps)
    ### BEGIN SOLUTION
    centred = x - set_mean(x, kind=kind, groups=groups)
    std = np.sqrt(set_mean(centred**2, kind=kind, groups=groups) + eps)
    x_hat = centred / std
    d = grad_out * gamma[:, None, None]
    along = set_mean(d * x_hat, kind=kind, groups=groups)
    grad_x = (d - set_mean(d, kind=kind, groups=groups) - x_hat * along) / std
    return grad_x, (grad_out * x_hat).sum(axis=(0, 2, 3)), grad_out.sum(axis=(0, 2, 3))
    ### END SOLUTION


def weight_norm(v, g):
    r"""Weights made of a direction and a length for each unit.

    .. math:: W_{\cdot j} = g_j\, \frac{v_{\cdot j}}{\lVert v_{\cdot j} \rVert}

    A unit is a **column**, for W has the shape (fan_in, fan_out). Nothing is normalised by data.

    Args:
        v: (fan_in, fan_out) float64 array, no column zero; only directions of columns matter; not changed.
        g: (fan_out,) float64 array, the length of each column of W, turned round if negative; not changed.
    Returns:
        (fan_in, fan_out) float64 array W.
    Raises:
        ValueError: if shapes do not fit or a column of v is zero.
    Example:
        >>> v = np.array([[3.0, 0.0], [4.0, 0.1]])
        >>> weight_norm(v, np.array([10.0, 2.0])).round(6).tolist()
        [[6.0, 0.0], [8.0, 2.0]]

    Source: Salimans & Kingma 2016, eq. 2; torch's weight_norm on nn.Linear is equal; its W is (out, in).
    """
    check_columns(v, g)
    ### BEGIN SOLUTION
    return g * v / np.linalg.norm(v, axis=0)
    ### END SOLUTION


def weight_norm_backward(grad_W, v, g):
    r"""Gradients of ``weight_norm``, for the loss whose gradient at W is ``grad_W``; a column by itself:

    .. math::
        \frac{\partial L}{\partial g} = \sum_i \text{grad\_W}_i\, \frac{v_i}{\lVert v \rVert},\quad
        \frac{\partial L}{\partial v} = \frac{g}{\lVert v \rVert}
        \Bigl(\text{grad\_W} - \frac{\partial L}{\partial g}\, \frac{v}{\lVert v \rVert}\Bigr)

    The gradient of v is orthogonal to v, for v's length changes nothing; so a step along it makes v longer.

    Args:
        grad_W: (fan_in, fan_out) float64 array, the gradient with respect to W; not changed.
        v, g: as they were given to ``weight_norm``; not changed.
    Returns:
        (grad_v, grad_g): float64 arrays of the shapes of v and g.
    Raises:
        ValueError: if shapes do not fit or a column of v is zero.
    Example:
        >>> grad_W, v, g = np.array([[1.0], [0.0]]), np.array([[3.0], [4.0]]), np.array([10.0])
        >>> grad_v, grad_g = weight_norm_backward(grad_W, v, g)
        >>> grad_g.round(6).tolist(), grad_v.round(6).tolist()  # 2·(1 - 0.6·0.6) and 2·(0 - 0.6·0.8)
        ([0.6], [[1.28], [-0.96]])

    Source: Salimans & Kingma 2016, eq. 3; torch's autograd through weight_norm is equal.
    """
    check_columns(v, g, grad_W)
    ### BEGIN SOLUTION
    length = np.linalg.norm(v, axis=0)
    direction = v / length
    grad_g = (grad_W * direction).sum(axis=0)
    return g / length * (grad_W - grad_g * direction), grad_g
    ### END SOLUTION


def batch_renorm_train(
    x, gamma, beta, running_mean, running_std, *, r_max=3.0, d_max=5.0, momentum=0.01, eps=1e-5
):
    r"""Batch renormalisation in training: the batch's statistics, corrected towards the running ones.

    .. math::
        \mu_B = \tfrac1N \sum_n x_n,\quad
        \sigma_B = \sqrt{\tfrac1N \sum_n (x_n - \mu_B)^2 + \varepsilon}

    .. math::
        r = \operatorname{clip}\Bigl(\frac{\sigma_B}{\sigma_{\text{run}}},
        \frac1{r_{\max}}, r_{\max}\Bigr),\quad
        d = \operatorname{clip}\Bigl(\frac{\mu_B - \mu_{\text{run}}}{\sigma_{\text{run}}},
        -d_{\max}, d_{\max}\Bigr)

    .. math::
        \hat x_n = \frac{x_n - \mu_B}{\sigma_B}\, r + d,\quad
        y_n = \gamma\, \hat x_n + \beta

    B is the batch; μ_run and σ_run are the running mean and standard deviation as they were **before** it.
    Then both move: running ← (1 - m)·running + m·batch, with μ_B and σ_B. d is a shift here, no gradient.

    Without limits this normalises by the running statistics; with r_max = 1 and d_max = 0 by the batch's.

    Args:
        x: (N, D) float64 array, N at least 2; not changed.
        gamma, beta: (D,) float64 arrays, scale γ and shift β; not changed.
        running_mean, running_std: (D,) float64 arrays μ_run and σ_run; σ_run is a standard **deviation**,
            above 0, with ε in it; not changed.
        r_max: at least 1; the batch's standard deviation is corrected by this factor at most, up or down.
        d_max: at least 0; the mean is corrected by this many running standard deviations at most.
        momentum: m in [0, 1], the weight of the new batch.
        eps: ε above 0, added to the batch's variance inside of the root.
    Returns:
        (y, running_mean, running_std): the (N, D) output, and the new running statistics, (D,) each.
    Raises:
        ValueError: if N is 1, a shape does not fit or a number is out of range.
    Example:
        >>> x, one, zero = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)
        >>> y, mean, std = batch_renorm_train(x, one, zero, zero, one, r_max=1.5, d_max=0.5)
        >>> y.round(3).ravel().tolist()  # r = 1, d = 2 cut to 0.5: ±1 becomes
        [-0.5, 1.5]
        >>> mean.round(3).tolist(), std.round(3).tolist()
        ([0.02], [1.0])

    Source: Ioffe 2017, alg. 1. There the limits grow during training, from 1 and 0 to 3 and 5; PyTorch has no
    such layer.
    """
    check_rows(x, training=True, gamma=gamma, beta=beta, running_mean=running_mean, running_std=running_std)
    check_hyper(r_max=r_max, d_max=d_max, momentum=momentum, eps=eps)
    ### BEGIN SOLUTION
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)
    r = np.clip(std / running_std, 1 / r_max, r_max)
    d = np.clip((mean - running_mean) / running_std, -d_max, d_max)
    y = gamma * ((x - mean) / std * r + d) + beta
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_std = (1 - momentum) * running_std + momentum * std
    return y, running_mean, running_std
    ### END SOLUTION


def batch_renorm_backward(grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5):
    r"""Gradients of ``batch_renorm_train``'s output; r and d count as **constants**.

    Since they pass no gradient on, grad_x is that of batch normalisation for the upstream gradient
    grad_out·r, while grad_gamma meets the x̂ that has r and d in it, and grad_beta is a plain sum.

    Args:
        grad_out: (N, D) float64 array, the gradient with respect to y; not changed.
        x, gamma, running_mean, running_std, r_max, d_max, eps: as they were given to ``batch_renorm_train``;
            the running statistics are those from before the batch; not changed.
    Returns:
        (grad_x, grad_gamma, grad_beta): float64 arrays of the shapes (N, D), (D,) and (D,).
    Raises:
        ValueError: if N is 1, a shape does not fit or a number is out of range.
    Example:
        >>> x, one, grad_out = np.array([[1.0], [2.0], [6.0]]), np.ones(1), np.array([[0.0], [0.0], [1.0]])
        >>> grad_x, grad_gamma, grad_beta = batch_renorm_backward(grad_out, x, one, 0 * one, one, r_max=2.0)
        >>> grad_x.round(4).T.tolist()  # r is 2: twice batch normalisation's
        [[0.0882, -0.1102, 0.022]]
        >>> grad_gamma.round(3).tolist(), grad_beta.tolist()  # 1.389·2 + 3
        ([5.777], [1.0])

    Source: Ioffe 2017, alg. 1 (backpropagation treats r and d as constants for the given batch).
    """
    check_rows(
        x,
        training=True,
        grad_out=grad_out,
        gamma=gamma,
        running_mean=running_mean,
        running_std=running_std,
    )
    check_hyper(r_max=r_max, d_max=d_max, eps=eps)
    ### BEGIN SOLUTION
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)
    r = np.clip(std / running_std, 1 / r_max, r_max)
    d = np.clip((mean - running_mean) / running_std, -d_max, d_max)
    x_hat = (x - mean) / std * r + d
    grad_x, _, _ = batch_norm_backward(grad_out * r, x, gamma, eps=eps)
    return grad_x, (grad_out * x_hat).sum(axis=0), grad_out.sum(axis=0)
    ### END SOLUTION
