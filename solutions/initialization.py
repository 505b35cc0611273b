r"""Initialisation and preprocessing: the reference implementations of the assignment ``initialization``.

Pinned for all of them: an example is a row, ``X`` has the shape (batch, fan_in), a layer's weights ``W`` have
(fan_in, fan_out), and a layer without biases is ``h = φ(h @ W)``. Variances and standard deviations divide by
the number of values (ddof 0). Randomness comes in as a ``numpy.random.Generator``. Functions change none of
their arguments. The graded body stands between the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import check_form as check_form


def check_examples(X, what="X"):
    """Refuse what is no table of finite numbers (given: your own code need not check again).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(X) != 2 or np.size(X) == 0:
        raise ValueError(
            f"{what} must have the shape (batch, features), both at least 1, got {np.shape(X)}; "
            "put one example into each row"
        )
    if not np.isfinite(X).all():
        raise ValueError(
            f"{what} must be finite, got {np.sum(~np.isfinite(X))} entries that are not; "
            "fill in or leave out what is missing first"
        )


def check_fans(fan_in, fan_out, gain=1.0):
    """Refuse layers without inputs or outputs, and gains out of range (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    for name, value in (("fan_in", fan_in), ("fan_out", fan_out)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}; it counts a layer's units")
    if not 0 < gain < np.inf:
        raise ValueError(f"gain must be above 0 and finite, got {gain}; 1 changes nothing")


def check_layers(weights, X, activation):
    """Refuse layers that do not fit together, and unknown activations (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_examples(X)
    if activation not in ("tanh", "relu", "linear"):
        raise ValueError(f"activation must be 'tanh', 'relu' or 'linear', got {activation!r}; choose one")
    width = np.shape(X)[1]
    for number, W in enumerate(weights, start=1):
        if np.ndim(W) != 2 or np.shape(W)[0] != width:
            raise ValueError(
                f"layer {number} gets {width} numbers an example, its W has the shape {np.shape(W)}; "
                "W is (fan_in, fan_out), and fan_in is the width of the layer before"
            )
        width = np.shape(W)[1]


def activate(z, activation):
    """φ(z), entry by entry, for "tanh", "relu" or "linear" (given).

    Example:
        >>> activate(np.array([-2.0, 3.0]), "relu").tolist()
        [0.0, 3.0]
    """
    return {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0), "linear": np.array}[activation](z)


def activation_slope(z, activation):
    """φ′(z), entry by entry, for "tanh", "relu" or "linear"; relu's is 0 at 0 (given).

    Example:
        >>> activation_slope(np.array([-2.0, 0.0, 3.0]), "relu").tolist()
        [0.0, 0.0, 1.0]
    """
    if activation == "tanh":
        return 1.0 - np.tanh(z) ** 2
    return (z > 0).astype(float) if activation == "relu" else np.ones_like(z)


# --- Preprocessing ------------------------------------------------------------------------------------------


def standardize_fit(X):
    r"""Mean and scale of every feature, as ``standardize`` takes them. Fit on training examples only.

    .. math:: \mu_j = \frac1N \sum_i x_{ij},\quad s_j = \sqrt{\frac1N \sum_i (x_{ij} - \mu_j)^2}

    A feature is constant if all its values are equal, and then its scale is 1: so it will become 0, and not
    0/0. Look at the values, not at s: rounding can leave s = 1e-17 for equal ones, and a real s can be 1e-9.

    Args:
        X: (N, D) float64 array, an example a row, N and D at least 1; not changed.
    Returns:
        (mean, scale): two (D,) float64 arrays; every scale is above 0.
    Raises:
        ValueError: if ``X`` has another shape or is not finite.
    Example:
        >>> mean, scale = standardize_fit(np.array([[1.0, 0.1], [3.0, 0.1], [8.0, 0.1]]))
        >>> mean.round(3).tolist(), scale.round(3).tolist()
        ([4.0, 0.1], [2.944, 1.0])

    Source: LeCun et al. 1998, section 4.3. sklearn's StandardScaler (mean_, scale_) is equal; pandas' and R's
    standard deviations divide by N - 1.
    """
    check_examples(X)
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    constant = X.max(axis=0) == X.min(axis=0)
    scale = np.where(constant, 1.0, X.std(axis=0))
    return mean, scale
    ### END SOLUTION


def standardize(X, mean, scale):
    r"""Examples with every feature shifted and scaled by numbers that were found before.

    .. math:: x_{ij} \leftarrow (x_{ij} - \mu_j) / s_j

    Nothing is measured here: examples to be tested are treated with the training examples' numbers.

    Args:
        X: (M, D) float64 array, an example a row, M at least 1; not changed.
        mean, scale: (D,) float64 arrays as ``standardize_fit`` returns them, not changed.
    Returns:
        (M, D) float64 array.
    Raises:
        ValueError: if the shapes do not fit, ``X`` is not finite or a scale is not above 0.
    Example:
        >>> standardize(np.array([[5.0, 0.0]]), np.array([1.0, 2.0]), np.array([2.0, 4.0])).tolist()
        [[2.0, -0.5]]

    Source: LeCun et al. 1998, section 4.3; sklearn's StandardScaler.transform is equal.
    """
    check_examples(X)
    if np.shape(mean) != np.shape(X)[1:] or np.shape(scale) != np.shape(X)[1:]:
        raise ValueError(
            f"mean and scale must have one number a feature, {np.shape(X)[1]} of them, got shapes "
            f"{np.shape(mean)} and {np.shape(scale)}; fit them on examples with these features"
        )
    if not np.all(np.greater(scale, 0)):
        raise ValueError(f"every scale must be above 0, got {np.min(scale)}; a constant feature has 1")
    ### BEGIN SOLUTION
    return (X - mean) / scale
    ### END SOLUTION


def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
    r"""Mean and matrix such that ``(X - mean) @ M`` has uncorrelated features of variance (nearly) one.

    .. math::
        C = \frac1N X_c^\top X_c = V \Lambda V^\top,\qquad
        M_{\text{pca}} = V(\Lambda + \varepsilon I)^{-1/2},\qquad
        M_{\text{zca}} = V(\Lambda + \varepsilon I)^{-1/2}\, V^\top

    Xc is X minus its mean. ``np.linalg.eigh(C)`` returns the λ in a row, and V with orthonormal columns. Λ
    has the λ on its diagonal, and the power -½ is that of each λ + ε alone (``**`` would take the zeros',
    too).
    With the mean and M, X has the covariance Λ/(Λ+ε) (for zca turned back by V): one where λ is large
    compared to ε, zero where λ is 0.
    ``pca``: features are the principal directions, the largest λ first; the sign of each is free.
    ``zca``: M is symmetric and there is no freedom; of all whitenings it changes X least.

    Args:
        X: (N, D) float64 array, an example a row, N and D at least 1, N < D allowed; not changed.
        kind: "pca" or "zca".
        eps: ε, above 0; added to every λ before the root is taken. Rounding may leave a λ of 0 just below 0:
            take 0 for it, or its absolute value.
        n_components: how many directions "pca" keeps, those of the largest λ, 1 … D; None: all D. With
            "zca" it must be None.
    Returns:
        (mean, M): (D,) and (D, n_components) float64 arrays, (D, D) with None.
    Raises:
        ValueError: if ``X`` has another shape or is not finite, or an option is out of range.
    Example:
        >>> X = np.array([[3.0, 1.0], [-3.0, 1.0], [0.0, 1.5], [0.0, 0.5]])
        >>> mean, M = whiten_fit(X, kind="zca", eps=1e-9)
        >>> mean.tolist(), M.round(3).tolist()
        ([0.0, 1.0], [[0.471, 0.0], [0.0, 2.828]])

    Source: LeCun et al. 1998, section 4.3; Krizhevsky 2009 for zca. sklearn's PCA(whiten=True) divides by
    N - 1 in C and has no ε.
    """
    check_examples(X)
    if kind not in ("pca", "zca"):
        raise ValueError(f"kind must be 'pca' or 'zca', got {kind!r}; only 'pca' can leave directions out")
    if not 0 < eps < np.inf:
        raise ValueError(f"eps must be above 0 and finite, got {eps}; it keeps a λ of zero from 0/0")
    if n_components is not None and (kind == "zca" or not 1 <= n_components <= np.shape(X)[1]):
        raise ValueError(
            f"n_components must be None or, for 'pca', lie in 1 … {np.shape(X)[1]}, got {n_components} "
            f"for {kind!r}; 'zca' keeps all features"
        )
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    centred = X - mean
    lam, V = np.linalg.eigh(centred.T @ centred / len(X))
    lam, V = np.maximum(lam[::-1], 0.0), V[:, ::-1]  # eigh begins with the smallest
    M = V / np.sqrt(lam + eps)
    return mean, M @ V.T if kind == "zca" else M[:, :n_components]
    ### END SOLUTION


# --- Watching the signal ------------------------------------------------------------------------------------


def activation_stats(weights, X, grad_out, *, activation):
    r"""What a signal looks like on its way through a stack of layers, and a gradient on its way back.

    .. math::
        h_0 = X,\quad z_l = h_{l-1} W_l,\quad h_l = \varphi(z_l),\qquad
        \delta_l = \frac{\partial L}{\partial h_l} \odot \varphi'(z_l),\quad
        \frac{\partial L}{\partial h_{l-1}} = \delta_l W_l^\top

    The way back begins at the last layer, where ∂L/∂h is ``grad_out``, and needs every z of the way forward.
    There are no biases, and the last layer has its activation too. All means, standard deviations (ddof 0)
    and shares are over all entries of a layer, examples and units together:

    - ``act_mean`` and ``act_std`` are mean and standard deviation of h;
    - ``saturated`` is a share of the entries of h: for tanh with \|h\| > 0.99, for relu with h = 0, for
      linear none (0);
    - ``grad_std`` is the standard deviation of δ, the gradient at the pre-activation.

    Args:
        weights: list of (fan_in, fan_out) float64 arrays, at least one; not changed.
        X: (batch, fan_in of the first layer) float64 array, not changed.
        grad_out: (batch, fan_out of the last layer) float64 array, ∂L/∂h of the last layer; not changed.
        activation: "tanh", "relu" or "linear".
    Returns:
        dict of (number of layers,) float64 arrays, the first layer first: ``act_mean``, ``act_std``,
        ``saturated`` and ``grad_std``.
    Raises:
        ValueError: if the shapes do not fit together or the activation is unknown.
    Example:
        >>> W = np.array([[2.0, 0.0], [0.0, -3.0]])
        >>> X, grad_out = np.array([[1.0, 0.5]]), np.array([[4.0, 6.0]])
        >>> stats = activation_stats([W], X, grad_out, activation="relu")
        >>> {key: value.tolist() for key, value in stats.items()}
        {'act_mean': [1.0], 'act_std': [1.0], 'saturated': [0.5], 'grad_std': [2.0]}

    Source: Glorot & Bengio 2010, section 4. There δ is what "back-propagated gradients" means.
    """
    check_layers(weights, X, activation)
    if not len(weights):
        raise ValueError("weights must hold at least one layer, got none; there is nothing to watch")
    if np.shape(grad_out) != (np.shape(X)[0], np.shape(weights[-1])[1]):
        raise ValueError(
            f"grad_out must have the last layer's shape {(np.shape(X)[0], np.shape(weights[-1])[1])}, got "
            f"{np.shape(grad_out)}; it is the gradient with respect to the last activations"
        )
    ### BEGIN SOLUTION
    h, acts, slopes = X, [], []
    for W in weights:
        z = h @ W
        h = activate(z, activation)
        acts.append(h)
        slopes.append(activation_slope(z, activation))
    grad_h, grad_std = grad_out, []
    for W, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = grad_h * slope
        grad_std.append(delta.std())
        grad_h = delta @ W.T
    flat = {"tanh": lambda h: np.abs(h) > 0.99, "relu": lambda h: h == 0, "linear": lambda h: 0.0}[activation]
    return {
        "act_mean": np.array([h.mean() for h in acts]),
        "act_std": np.array([h.std() for h in acts]),
        "saturated": np.array([np.mean(flat(h)) for h in acts]),
        "grad_std": np.array(grad_std[::-1]),
    }
    ### END SOLUTION


def dead_fraction(z):
    """Share of ReLU units that are zero for every example.

    Args:
        z: (batch, units) float64 array, the pre-activations of one layer; not changed.
    Returns:
        A float in [0, 1]: the share of units with z <= 0 on **every** row.
    Raises:
        ValueError: if ``z`` has another shape or is not finite.
    Example:
        >>> dead_fraction(np.array([[-1.0, 2.0, -3.0, 0.0], [-0.5, -2.0, 4.0, -1.0]]))
        0.5

    Source: Maas et al. 2013 name the problem; relu′(0) = 0 as everywhere in this course.
    """
    check_examples(z, "z")
    ### BEGIN SOLUTION
    return float(np.mean(np.all(z <= 0, axis=0)))
    ### END SOLUTION


# --- Random starts ------------------------------------------------------------------------------------------


def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
    r"""Weights from a uniform law whose variance is Xavier's.

    .. math::
        W_{ij} \sim U[-a, a],\quad a = \text{gain}\,\sqrt{\frac{6}{n + m}},\quad
        \operatorname{Var} W = \frac{a^2}{3} = \text{gain}^2\,\frac{2}{n + m}

    n is ``fan_in`` and m is ``fan_out``. All entries are independent.

    Args:
        fan_in, fan_out: numbers of inputs and outputs, at least 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
        gain: a factor above 0 on the weights; above 1 it makes up for an activation that shrinks the signal.
    Returns:
        W: (fan_in, fan_out) float64 array.
    Raises:
        ValueError: if a number of units is below 1 or ``gain`` is out of range.
    Example:
        >>> W = xavier_uniform(200, 100, rng=np.random.default_rng(0))
        >>> W.shape, bool(np.abs(W).max() <= 0.02**0.5)
        ((200, 100), True)

    Source: Glorot & Bengio 2010, eq. 16; torch.nn.init.xavier_uniform_ draws from the same law. One lecture
    has Var = 1/n at first, a = √(3/n), which is the same where n = m.
    """
    check_fans(fan_in, fan_out, gain)
    ### BEGIN SOLUTION
    a = gain * np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, size=(fan_in, fan_out))
    ### END SOLUTION


def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
    r"""Weights from a Gaussian law whose variance is Xavier's.

    .. math:: W_{ij} \sim N(0, \sigma^2),\quad \sigma = \text{gain}\,\sqrt{\frac{2}{n + m}}

    n is ``fan_in`` and m is ``fan_out``. All entries are independent.

    Args:
        fan_in, fan_out: numbers of inputs and outputs, at least 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
        gain: a factor above 0 on the weights; above 1 it makes up for an activation that shrinks the signal.
    Returns:
        W: (fan_in, fan_out) float64 array.
    Raises:
        ValueError: if a number of units is below 1 or ``gain`` is out of range.
    Example:
        >>> W = xavier_normal(300, 500, rng=np.random.default_rng(0), gain=2.0)
        >>> W.shape, round(float(W.std()), 2)
        ((300, 500), 0.1)

    Source: Glorot & Bengio 2010, eq. 12, as a Gaussian; torch.nn.init.xavier_normal_ draws from the same law.
    """
    check_fans(fan_in, fan_out, gain)
    ### BEGIN SOLUTION
    return rng.normal(0.0, gain * np.sqrt(2 / (fan_in + fan_out)), size=(fan_in, fan_out))
    ### END SOLUTION


def he_uniform(fan_in, fan_out, *, rng):
    r"""Weights from a uniform law whose variance is He's, for a layer that ReLU follows.

    .. math:: W_{ij} \sim U[-a, a],\quad a = \sqrt{\frac{6}{n}},\quad \operatorname{Var} W = \frac{2}{n}

    n is ``fan_in``. All entries are independent.

    Args:
        fan_in, fan_out: numbers of inputs and outputs, at least 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
    Returns:
        W: (fan_in, fan_out) float64 array.
    Raises:
        ValueError: if a number of units is below 1.
    Example:
        >>> W = he_uniform(600, 10, rng=np.random.default_rng(0))
        >>> W.shape, bool(0.099 < np.abs(W).max() <= 0.1)
        ((600, 10), True)

    Source: He et al. 2015, section 2.2; torch.nn.init.kaiming_uniform_(nonlinearity="relu") draws from the
    same law. torch's nn.Linear starts with neither: U(±1/√n), whose variance is 1/(3n).
    """
    check_fans(fan_in, fan_out)
    ### BEGIN SOLUTION
    a = np.sqrt(6 / fan_in)
    return rng.uniform(-a, a, size=(fan_in, fan_out))
    ### END SOLUTION


def he_normal(fan_in, fan_out, *, rng):
    r"""Weights from a Gaussian law whose variance is He's, for a layer that ReLU follows.

    .. math:: W_{ij} \sim N(0, \sigma^2),\quad \sigma = \sqrt{\frac{2}{n}}

    n is ``fan_in``. All entries are independent.

    Args:
        fan_in, fan_out: numbers of inputs and outputs, at least 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
    Returns:
        W: (fan_in, fan_out) float64 array.
    Raises:
        ValueError: if a number of units is below 1.
    Example:
        >>> W = he_normal(800, 100, rng=np.random.default_rng(0))
        >>> W.shape, round(float(W.std()), 3)
        ((800, 100), 0.05)

    Source: He et al. 2015, eq. 10; torch.nn.init.kaiming_normal_(nonlinearity="relu") has the same law.
    Keras' HeNormal cuts the Gaussian off at two standard deviations and widens it to the same variance.
    """
    check_fans(fan_in, fan_out)
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))
    ### END SOLUTION


def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
    r"""Weights that turn (and reflect) without stretching, drawn uniformly among all that do.

    A tall Gaussian matrix A, with max(n, m) rows and min(n, m) columns, is factored (``np.linalg.qr``):
    A = QR, Q with orthonormal columns. Each column of Q is multiplied by the sign of its diagonal entry of R,
    for the factorisation chooses signs by a habit of its own. W is gain·Q if tall, n >= m, else gain·Qᵀ:

    .. math:: W^\top W = \text{gain}^2 I \ (n \ge m), \qquad W W^\top = \text{gain}^2 I \ (n \le m)

    n is ``fan_in`` and m is ``fan_out``. The law is the uniform one (Haar's): W turned by any rotation is as
    likely as W.

    Args:
        fan_in, fan_out: numbers of inputs and outputs, at least 1.
        rng: a numpy.random.Generator, from which every draw comes; which of its methods is up to you.
        gain: a factor above 0 on the weights; above 1 it makes up for an activation that shrinks the signal.
    Returns:
        W: (fan_in, fan_out) float64 array.
    Raises:
        ValueError: if a number of units is below 1 or ``gain`` is out of range.
    Example:
        >>> W = orthogonal(5, 3, rng=np.random.default_rng(0), gain=2.0)
        >>> bool(np.allclose(W.T @ W, 4 * np.eye(3)))
        True

    Source: Saxe et al. 2014; the signs: Mezzadri 2007. torch.nn.init.orthogonal_ does the same.
    """
    check_fans(fan_in, fan_out, gain)
    ### BEGIN SOLUTION
    Q, R = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))
    Q = Q * np.sign(np.diag(R))
    return gain * (Q if fan_in >= fan_out else Q.T)
    ### END SOLUTION


def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
    r"""Layers scaled one after the other until their pre-activations have variance one on a batch.

    Layer by layer, the first one first: z = hW, where h is the batch after all layers before, **as they are
    scaled now**; its variance v is over all entries, examples and units together (ddof 0). While
    \|v - 1\| >= ``tol``, W becomes W/√v, and z and v are measured again. (As z is linear in W, one division
    makes v 1 up to rounding; the loop is the paper's.) Then h = φ(z), with the new z, goes on to the next
    layer. A layer that is within ``tol`` from the start stays as it is.

    The method starts from orthogonal weights; the caller chooses them. The name stands for
    layer-sequential unit variance.

    Args:
        weights: list of (fan_in, fan_out) float64 arrays, not changed.
        X: (batch, fan_in of the first layer) float64 array, not changed. On it every z must vary.
        activation: "tanh", "relu" or "linear".
        tol: how far from one a variance may be, above 0.
        max_iter: how many times a layer is divided at most, at least 1.
    Returns:
        list of arrays with the shapes of ``weights``.
    Raises:
        ValueError: if the shapes do not fit together, the activation is unknown, or a number is out of range.
    Example:
        >>> X = np.array([[2.0], [-2.0]])
        >>> lsuv([np.array([[3.0]]), np.array([[-1.0]])], X, activation="linear")
        [array([[0.5]]), array([[-1.]])]

    Source: Mishkin & Matas 2016, algorithm 1. There, too, the variance is that before the nonlinearity.
    """
    check_layers(weights, X, activation)
    if not (0 < tol < np.inf and max_iter >= 1):
        raise ValueError(
            f"tol must be above 0 and max_iter at least 1, got {tol} and {max_iter}; try 0.1, 10"
        )
    ### BEGIN SOLUTION
    h, scaled = X, []
    for W in weights:
        for _ in range(max_iter):
            var = np.var(h @ W)
            if abs(var - 1) < tol:
                break
            W = W / np.sqrt(var)
        scaled.append(W.copy())
        h = activate(h @ W, activation)
    return scaled
    ### END SOLUTION
