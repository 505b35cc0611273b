r"""Dropout and regularisation: the reference implementations of the assignment ``dropout``.

Pinned for all of them: ``p`` is the probability of **dropping**, a mask is True where a unit is kept, the L2
penalty has the factor ½ and the L1 penalty has none. Parameters and gradients are dicts of float64 arrays
with the same keys and shapes, images are ``(N, C, H, W)``. Randomness comes in as a
``numpy.random.Generator``.
Functions change no array that they were given and return new ones; what a pass leaves as it is may come back
itself. A ``state`` is its own functions' affair.
The graded body stands between the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import NOT_NEGATIVE, POSITIVE, at_least, check_grads, check_ranges
from solutions.given import check_form as check_form


def check_p(p):
    """Refuse probabilities of dropping outside [0, 1) (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if not 0 <= p < 1:
        raise ValueError(f"p must lie in [0, 1), got {p}; it is the share of units dropped, 0.5 is usual")


def check_mask(x, mask):
    """Refuse a mask that is not bool or not of the shape of ``x`` (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.shape(mask) != np.shape(x) or np.asarray(mask).dtype != bool:
        raise ValueError(
            f"mask must be bool and of the shape {np.shape(x)}, got {np.asarray(mask).dtype} of shape "
            f"{np.shape(mask)}; dropout_mask draws one"
        )


def check_sizes(**sizes):
    """Refuse counts below one (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    cures = {
        "n_units": "without units there is nothing to drop",
        "n_samples": "one sample is a single noisy pass, 50 are a usual number",
        "patience": "with a patience of 1 training stops at the first epoch that is not better",
        "max_epochs": "without an epoch nothing is trained",
        "n": "there is nothing to draw from no examples",
        "n_classes": "a label is a number below n_classes",
    }
    check_ranges(sizes, {name: (*at_least(1), cure) for name, cure in cures.items()})


def check_matrices(params):
    """Refuse parameters with more than two axes, whose incoming weights are not a column (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    for key, value in params.items():
        if np.ndim(value) > 2:
            raise ValueError(
                f"a parameter must have at most two axes, got {key!r} of shape {np.shape(value)}; "
                "weights are (fan_in, fan_out)"
            )


def check_strengths(**strengths):
    """Refuse rates, penalties and widths that are negative or not finite (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_ranges(strengths, dict.fromkeys(strengths, (*NOT_NEGATIVE, "0 switches it off")))


def check_images(images):
    """Refuse what is no stack of images (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(images) != 4:
        raise ValueError(
            f"images must be (N, C, H, W), got shape {np.shape(images)}; "
            "N single-channel images of H × W are images[:, None]"
        )


# --- Dropout ----------------------------------------------------------------------------------------------


def dropout_mask(shape, *, p, rng):
    r"""Which units stay: True with probability 1 - p, each on its own.

    Args:
        shape: tuple of ints, the shape of the activations, such as (batch, units).
        p: probability of **dropping** a unit, 0 <= p < 1.
        rng: a numpy.random.Generator; each call draws anew.
    Returns:
        mask: bool array of this shape, True where a unit is kept.
    Raises:
        ValueError: if p is outside [0, 1).
    Example:
        >>> bool(dropout_mask((2, 3), p=0.0, rng=np.random.default_rng(0)).all())
        True
        >>> share = dropout_mask((100, 100), p=0.2, rng=np.random.default_rng(0)).mean()
        >>> bool(abs(share - 0.8) < 0.02)
        True

    Source: torch's p, and Keras' rate. In Srivastava et al. 2014 p is the probability of *retaining*, as in
    TensorFlow 1's keep_prob, in CS231n's notes, and since 2018 in the words of its assignments too.
    """
    check_p(p)
    ### BEGIN SOLUTION
    return rng.random(shape) >= p
    ### END SOLUTION


def dropout(x, mask, *, p, training):
    r"""Inverted dropout: what is kept is scaled up in training, and the test pass is left alone.

    .. math:: y = \frac{m \odot x}{1 - p} \text{ in training},\quad y = x \text{ in evaluation}

    The mean of y over masks is x, so both passes agree in expectation.

    Args:
        x: float array of any shape, not changed.
        mask: bool array of the same shape, True where a unit is kept; not changed. In evaluation it plays no
            part and may be None.
        p: probability of dropping with which the mask was drawn, 0 <= p < 1.
        training: True in training, False in evaluation.
    Returns:
        y: float array of the shape of x; in evaluation x itself, or a copy.
    Raises:
        ValueError: if p is outside [0, 1), or in training the mask does not fit.
    Example:
        >>> dropout(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]), p=0.2, training=True).tolist()
        [1.25, 0.0, 3.75]
        >>> dropout(np.array([1.0, 2.0, 3.0]), None, p=0.2, training=False).tolist()
        [1.0, 2.0, 3.0]

    Source: torch.nn.functional.dropout.
    """
    check_p(p)
    if training:
        check_mask(x, mask)
    ### BEGIN SOLUTION
    if not training:
        return x.copy()
    return x * mask / (1 - p)
    ### END SOLUTION


def dropout_backward(grad_out, mask, *, p):
    r"""The gradient of inverted dropout's training pass with respect to its input.

    Args:
        grad_out: gradient with respect to y, of any shape, not changed.
        mask: bool array of the same shape, the one of the forward pass; not changed.
        p: probability of dropping of the forward pass, 0 <= p < 1.
    Returns:
        grad_x: float array of the shape of grad_out.
    Raises:
        ValueError: if p is outside [0, 1), or the mask does not fit.
    Example:
        >>> dropout_backward(np.array([1.0, 2.0]), np.array([True, False]), p=0.75).tolist()
        [4.0, 0.0]

    Source: the chain rule.
    """
    check_p(p)
    check_mask(grad_out, mask)
    ### BEGIN SOLUTION
    return grad_out * mask / (1 - p)
    ### END SOLUTION


def dropout_classic(x, mask, *, p, training):
    r"""Dropout as first published: nothing is scaled in training, everything in evaluation.

    .. math:: y = m \odot x \text{ in training},\quad y = (1 - p)\, x \text{ in evaluation}

    Args:
        x: float array of any shape, not changed.
        mask: bool array of the same shape, True where a unit is kept; not changed. In evaluation it plays no
            part and may be None.
        p: probability of **dropping**, 0 <= p < 1.
        training: True in training, False in evaluation.
    Returns:
        y: float array of the shape of x.
    Raises:
        ValueError: if p is outside [0, 1), or in training the mask does not fit.
    Example:
        >>> dropout_classic(np.array([5.0, 10.0]), np.array([True, False]), p=0.2, training=True).tolist()
        [5.0, 0.0]
        >>> dropout_classic(np.array([5.0, 10.0]), None, p=0.2, training=False).tolist()
        [4.0, 8.0]

    Source: Srivastava et al. 2014, section 4, where p is the probability of retaining. Both passes are
    ``dropout``'s times 1 - p.
    """
    check_p(p)
    if training:
        check_mask(x, mask)
    ### BEGIN SOLUTION
    return x * mask if training else x * (1 - p)
    ### END SOLUTION


def dropout_classic_backward(grad_out, mask):
    r"""The gradient of classic dropout's training pass with respect to its input.

    Args:
        grad_out: gradient with respect to y, of any shape, not changed.
        mask: bool array of the same shape, the one of the forward pass; not changed.
    Returns:
        grad_x: float array of the shape of grad_out.
    Raises:
        ValueError: if the mask does not fit.
    Example:
        >>> dropout_classic_backward(np.array([1.5, 2.0]), np.array([True, False])).tolist()
        [1.5, 0.0]

    Source: the chain rule.
    """
    check_mask(grad_out, mask)
    ### BEGIN SOLUTION
    return grad_out * mask
    ### END SOLUTION


# --- The ensemble of sub-networks -------------------------------------------------------------------------


def subnetwork_mean(f, n_units, *, p):
    r"""The mean output of all sub-networks that dropping can leave, each with its probability.

    .. math:: \sum_{m \in \{0, 1\}^n} (1-p)^{\text{kept}(m)}\; p^{\,n - \text{kept}(m)}\; f(m)

    Args:
        f: function from a bool array (n_units,), True where a unit is kept, to a number or a float array.
            Call it once for each of the 2ⁿ masks, in any order.
        n_units: n, how many units can be dropped, at least 1 (and few: 20 are a million masks).
        p: probability of dropping, 0 <= p < 1, each unit on its own.
    Returns:
        mean: the weighted sum, a number or an array as f returns it.
    Raises:
        ValueError: if n_units is below 1 or p outside [0, 1).
    Example:
        >>> x, w = np.array([3.0, 4.0]), np.array([10.0, 1.0])
        >>> round(subnetwork_mean(lambda mask: float(np.sum(w * x * mask)), 2, p=0.25), 6)  # 0.75 · 34
        25.5

    Source: Goodfellow, Bengio & Courville 2016, section 7.12.
    """
    check_sizes(n_units=n_units)
    check_p(p)
    ### BEGIN SOLUTION
    mean = 0.0
    for code in range(2**n_units):
        mask = (code >> np.arange(n_units)) % 2 == 1
        kept = int(mask.sum())
        mean = mean + (1 - p) ** kept * p ** (n_units - kept) * f(mask)
    return mean
    ### END SOLUTION


def mc_dropout(f, x, *, n_samples, rng):
    r"""Monte-Carlo dropout: the mean of several noisy predictions, and their spread.

    Args:
        f: function (x, rng) -> probabilities, a float array: one forward pass with fresh masks drawn from the
            generator that it is given. Call it n_samples times.
        x: what f is called with, an array, not changed.
        n_samples: how many passes, at least 1.
        rng: a numpy.random.Generator, handed on to f.
    Returns:
        (mean, std): mean and standard deviation (ddof 0) over the passes, each of the shape of f's answer.
    Raises:
        ValueError: if n_samples is below 1.
    Example:
        >>> def coin(x, rng):  # 0 or 2 times x
        ...     return 2 * x * (rng.random() < 0.5)
        >>> mean, std = mc_dropout(coin, np.array([0.5]), n_samples=4000, rng=np.random.default_rng(0))
        >>> mean.round(1).tolist(), std.round(1).tolist()
        ([0.5], [0.5])

    Source: Gal & Ghahramani 2016. Probabilities are averaged, not logits.
    """
    check_sizes(n_samples=n_samples)
    ### BEGIN SOLUTION
    passes = np.array([f(x, rng) for _ in range(n_samples)])
    return passes.mean(axis=0), passes.std(axis=0)
    ### END SOLUTION


# --- Penalties --------------------------------------------------------------------------------------------


def l2_penalty(params, *, lam):
    r"""The L2 penalty on all given parameters together, and its gradients.

    .. math:: \tfrac{\lambda}{2} \sum w^2,\quad \text{gradient } \lambda w

    Args:
        params: dict of float64 arrays, not changed; every entry is penalised (leave biases out by not giving
            them).
        lam: λ, at least 0.
    Returns:
        (value, grads): the penalty, a number; a dict of float64 arrays like params.
    Raises:
        ValueError: if λ is negative or not finite.
    Example:
        >>> value, grads = l2_penalty({"w": np.array([3.0, -1.0])}, lam=0.5)
        >>> value, grads["w"].tolist()
        (2.5, [1.5, -0.5])

    Source: the chapter. Without the ½, as in some libraries (CS231n has both), λ means half as much.
    """
    check_strengths(lam=lam)
    ### BEGIN SOLUTION
    value = lam / 2 * sum(np.sum(w**2) for w in params.values())
    return float(value), {key: lam * w for key, w in params.items()}
    ### END SOLUTION


def l1_penalty(params, *, lam):
    r"""The L1 penalty on all given parameters together, and a subgradient.

    .. math:: \lambda \sum |w|,\quad \text{subgradient } \lambda\,\mathrm{sign}(w),\ \mathrm{sign}(0) = 0

    Args:
        params: dict of float64 arrays, not changed; every entry is penalised.
        lam: λ, at least 0.
    Returns:
        (value, grads): the penalty, a number; a dict of float64 arrays like params.
    Raises:
        ValueError: if λ is negative or not finite.
    Example:
        >>> value, grads = l1_penalty({"w": np.array([3.0, 0.0, -1.0])}, lam=0.5)
        >>> value, grads["w"].tolist()
        (2.0, [0.5, 0.0, -0.5])

    Source: the chapter; torch's gradient of ``abs`` is the same, 0 at 0.
    """
    check_strengths(lam=lam)
    ### BEGIN SOLUTION
    value = lam * sum(np.sum(np.abs(w)) for w in params.values())
    return float(value), {key: lam * np.sign(w) for key, w in params.items()}
    ### END SOLUTION


def decay_step(params, *, lr, weight_decay):
    r"""Weight decay by itself, decoupled from any gradient.

    .. math:: w \leftarrow (1 - \eta\lambda)\, w

    Args:
        params: dict of float64 arrays, not changed; every entry decays.
        lr: learning rate η, at least 0.
        weight_decay: λ, at least 0.
    Returns:
        params: the new parameters.
    Raises:
        ValueError: if a number is negative or not finite.
    Example:
        >>> decay_step({"w": np.array([2.0, -1.0])}, lr=0.5, weight_decay=0.2)["w"].round(6).tolist()
        [1.8, -0.9]

    Source: Loshchilov & Hutter 2019 as torch.optim.AdamW has it, with the rate; in the paper λ is multiplied
    by the schedule's factor only.
    """
    check_strengths(lr=lr, weight_decay=weight_decay)
    ### BEGIN SOLUTION
    return {key: (1 - lr * weight_decay) * w for key, w in params.items()}
    ### END SOLUTION


def soft_threshold(w, t):
    r"""Every number moved towards 0 by t, and set to exactly 0 where it would pass it.

    .. math:: S_t(w) = \mathrm{sign}(w)\, \max(|w| - t,\ 0)

    Args:
        w: float array of any shape, not changed.
        t: threshold, at least 0.
    Returns:
        Float array of the shape of w.
    Raises:
        ValueError: if t is negative or not finite.
    Example:
        >>> soft_threshold(np.array([3.0, 0.5, -2.0]), 1.0).tolist()
        [2.0, 0.0, -1.0]

    Source: the minimiser over v of ½(v - w)² + t|v|; torch.nn.functional.softshrink.
    """
    check_strengths(t=t)
    ### BEGIN SOLUTION
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)
    ### END SOLUTION


def l1_prox_step(params, grads, *, lr, lam):
    r"""One proximal step for a loss plus λΣ|w|: a gradient step on the loss, then ``soft_threshold``, here S.

    .. math:: w \leftarrow S_{\eta\lambda}(w - \eta\, g)

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed; the gradients are
            those of the loss alone, without the penalty. Every entry is penalised.
        lr: learning rate η, at least 0.
        lam: λ, at least 0.
    Returns:
        params: the new parameters; what the threshold has caught is exactly 0.
    Raises:
        ValueError: if keys or shapes differ, or a number is negative or not finite.
    Example:
        >>> params, grads = {"w": np.array([1.0, 0.2])}, {"w": np.array([2.0, 0.5])}
        >>> l1_prox_step(params, grads, lr=0.25, lam=0.4)["w"].round(6).tolist()
        [0.4, 0.0]

    Source: ISTA (Beck & Teboulle 2009).
    """
    check_grads(params, grads)
    check_strengths(lr=lr, lam=lam)
    ### BEGIN SOLUTION
    return {key: soft_threshold(params[key] - lr * grads[key], lr * lam) for key in params}
    ### END SOLUTION


def max_norm_project(params, *, max_norm):
    r"""The constraint on norms: incoming weights of a unit that are too long are scaled down.

    .. math:: W_{\cdot j} \leftarrow W_{\cdot j}\,
        \min\Big(1,\ \frac{c}{\lVert W_{\cdot j} \rVert}\Big) \text{ for every unit } j

    The incoming weights of a unit are a **column** of W. It is called after each update.

    Args:
        params: dict of float64 arrays, not changed: weights (fan_in, fan_out), and parameters with one axis
            or none, such as biases.
        max_norm: c, the largest Euclidean norm of a column, above 0.
    Returns:
        params: the new parameters. A column that is not too long stays as it is, and so do a column of zeros
        and every parameter with less than two axes.
    Raises:
        ValueError: if a parameter has more than two axes, or c is not above 0 and finite.
    Example:
        >>> params = {"W": np.array([[3.0, 0.3], [4.0, 0.4]]), "b": np.array([9.0, 9.0])}
        >>> after = max_norm_project(params, max_norm=1.0)
        >>> after["W"].round(6).tolist(), after["b"].tolist()  # norms 5 and 0.5
        ([[0.6, 0.3], [0.8, 0.4]], [9.0, 9.0])

    Source: Srivastava et al. 2014, section 5.1; Keras' MaxNorm(axis=0). torch.renorm is equal up to the 1e-7
    that it adds to a norm; torch's weights are (out, in), so there a unit is a row.
    """
    check_matrices(params)
    check_ranges({"max_norm": max_norm}, {"max_norm": (*POSITIVE, "3 or 4 are the paper's")})
    ### BEGIN SOLUTION
    after = {}
    for key, w in params.items():
        norms = np.linalg.norm(w, axis=0) if w.ndim == 2 else 0.0
        after[key] = w * (max_norm / np.maximum(norms, max_norm))
    return after
    ### END SOLUTION


def activity_penalty(h, *, lam):
    r"""A price on activities: the L1 penalty on what hidden units put out, and its gradient.

    .. math:: \frac{\lambda}{N} \sum_n \sum_j |h_{nj}|,\quad
        \text{gradient } \frac{\lambda}{N}\,\mathrm{sign}(h_{nj}),\ \mathrm{sign}(0) = 0

    A mean over the N examples of the batch, a sum over the units. It makes activities sparse, not weights.

    Args:
        h: (N, units) activities, a row an example; not changed.
        lam: λ, at least 0.
    Returns:
        (value, grad): the penalty, a number; its gradient with respect to h, floats (N, units). It is added
        to the gradient that comes from the loss.
    Raises:
        ValueError: if h is not (N, units), or λ is negative or not finite.
    Example:
        >>> value, grad = activity_penalty(np.array([[3.0, 0.0], [-1.0, 2.0]]), lam=0.5)
        >>> value, grad.tolist()  # 0.5 · (3 + 3) / 2
        (1.5, [[0.25, 0.0], [-0.25, 0.25]])

    Source: Glorot, Bordes & Bengio 2011; Keras' activity_regularizer=L1(lam), which divides by N too.
    """
    check_strengths(lam=lam)
    if np.ndim(h) != 2:
        raise ValueError(f"h must be (N, units), got shape {np.shape(h)}; a single example is h[None]")
    ### BEGIN SOLUTION
    value = lam * np.sum(np.abs(h)) / len(h)
    return float(value), lam * np.sign(h) / len(h)
    ### END SOLUTION


# --- Noise ------------------------------------------------------------------------------------------------


def ridge(X, y, *, lam):
    r"""The weights that minimise the mean squared error plus λ times their squared length.

    .. math::
        \min_w \frac1n \sum_i (x_i^\top w - y_i)^2 + \lambda \lVert w \rVert^2:\quad
        \Big(\frac{X^\top X}{n} + \lambda I\Big)\, w = \frac{X^\top y}{n}

    I is (d, d); there is no ½ anywhere, and no bias. Where the inputs have noise of standard deviation σ, the
    *expected* mean squared error is this very function with λ = σ².

    Args:
        X: (n, d) examples, not changed.
        y: (n,) targets, not changed.
        lam: λ, at least 0; at 0 the columns of X must be linearly independent.
    Returns:
        w: (d,) floats.
    Raises:
        ValueError: if shapes do not fit, λ is negative or not finite, or the system is singular.
    Example:
        >>> ridge(np.array([[1.0], [3.0]]), np.array([2.0, 2.0]), lam=3.0).tolist()
        [0.5]

    Source: Hoerl & Kennard 1970; scikit-learn's Ridge(alpha=n·lam, fit_intercept=False). Their loss is a sum.
    """
    check_strengths(lam=lam)
    if np.ndim(X) != 2 or np.shape(y) != np.shape(X)[:1]:
        raise ValueError(
            f"X must be (n, d) and y (n,), got {np.shape(X)} and {np.shape(y)}; an example is a row of X"
        )
    if lam == 0 and np.linalg.matrix_rank(X) < np.shape(X)[1]:
        raise ValueError(
            f"with lam=0 the columns of X must be independent, got rank {np.linalg.matrix_rank(X)} of "
            f"{np.shape(X)[1]}; take lam > 0, or leave a column out"
        )
    ### BEGIN SOLUTION
    n, d = X.shape
    return np.linalg.solve(X.T @ X / n + lam * np.eye(d), X.T @ y / n)
    ### END SOLUTION


def noisy_inputs(X, *, sigma, rng):
    r"""The examples with independent Gaussian noise of standard deviation σ on every number.

    Args:
        X: (n, d) examples, not changed.
        sigma: σ, a number, at least 0.
        rng: a numpy.random.Generator; each call draws anew.
    Returns:
        noisy: (n, d) floats.
    Raises:
        ValueError: if σ is negative or not finite.
    Example:
        >>> noise = noisy_inputs(np.full((200, 50), 7.0), sigma=0.5, rng=np.random.default_rng(0)) - 7
        >>> bool(abs(noise.std() - 0.5) < 0.02)
        True

    Source: Bishop 1995.
    """
    check_strengths(sigma=sigma)
    ### BEGIN SOLUTION
    return X + sigma * rng.normal(size=X.shape)
    ### END SOLUTION


def add_noise(x, *, sigma, training, rng):
    r"""Noise on activities: each number gets Gaussian noise of its own in training, and none at inference.

    .. math:: y = x + \sigma\,\xi,\ \xi \sim \mathcal N(0, 1) \text{ in training},\quad
        y = x \text{ at inference}

    Its derivative is 1, so the backward pass leaves the gradient as it is.

    Args:
        x: float array of any shape, not changed.
        sigma: standard deviation σ, at least 0.
        training: True in training, False at inference.
        rng: a numpy.random.Generator; each call in training draws anew, and at inference nothing is drawn.
    Returns:
        y: float array of the shape of x; at inference x itself, or a copy.
    Raises:
        ValueError: if σ is negative or not finite.
    Example:
        >>> noise = add_noise(np.zeros((200, 50)), sigma=0.5, training=True, rng=np.random.default_rng(0))
        >>> bool(abs(noise.std() - 0.5) < 0.02)
        True
        >>> add_noise(np.array([7.0]), sigma=0.5, training=False, rng=np.random.default_rng(0)).tolist()
        [7.0]

    Source: the chapter; Keras' GaussianNoise. torch has no such layer.
    """
    check_strengths(sigma=sigma)
    ### BEGIN SOLUTION
    if not training:
        return x.copy()
    return x + sigma * rng.normal(size=x.shape)
    ### END SOLUTION


def noisy_params(params, *, sigma, rng):
    r"""Noise on the weights: a copy of all parameters, each number with Gaussian noise of its own.

    In a training step the gradient is computed at the noisy parameters w + σξ and applied to the clean ones:

    .. math:: w \leftarrow w - \eta\, \nabla L(w + \sigma\,\xi)

    so the noise is drawn anew in every step and does not accumulate in w.

    Args:
        params: dict of float64 arrays, not changed; every entry gets noise (leave biases out by not giving
            them).
        sigma: standard deviation σ, at least 0.
        rng: a numpy.random.Generator; each call draws anew.
    Returns:
        noisy: a dict like params.
    Raises:
        ValueError: if σ is negative or not finite.
    Example:
        >>> noisy = noisy_params({"w": np.zeros((200, 50))}, sigma=0.5, rng=np.random.default_rng(0))
        >>> bool(abs(noisy["w"].std() - 0.5) < 0.02)
        True

    Source: the chapter.
    """
    check_strengths(sigma=sigma)
    ### BEGIN SOLUTION
    return {key: w + sigma * rng.normal(size=w.shape) for key, w in params.items()}
    ### END SOLUTION


# --- Early stopping ---------------------------------------------------------------------------------------


def train_early_stopping(params, epoch_fn, *, patience, min_delta=0.0, max_epochs):
    r"""Train until the validation loss has not improved for ``patience`` epochs in a row; give the best back.

    An epoch is **better** if its validation loss is below ``best - min_delta``, where ``best`` is the loss of
    the last better epoch (infinity at first); so NaN is never better, and neither is a tie. Training goes on
    from where the last epoch left the parameters, better or not, and stops after the ``patience``-th epoch in
    a row that was not better, or after ``max_epochs``.

    ``n_epochs`` counts the epochs run, and ``best_epoch`` is 1 for the first. If no epoch was better, the
    parameters given come back, ``best_epoch`` is 0 and ``best_loss`` infinity.

    Args:
        params: dict of float64 arrays, not changed.
        epoch_fn: function from parameters to (new params, val_loss): trains for one epoch, and measures. The
            parameters that it gets stay as they were. It is called once an epoch.
        patience: at least 1.
        min_delta: at least 0.
        max_epochs: at least 1.
    Returns:
        (params, history): the parameters after the best epoch, not the last ones; and a dict with
        ``best_epoch``, ``best_loss`` and ``n_epochs``.
    Raises:
        ValueError: if ``patience`` or ``max_epochs`` is below 1, or ``min_delta`` negative.
    Example:
        >>> losses = [3.0, 2.0, 2.5, 2.1, 1.0]
        >>> def epoch(params):  # the parameter counts epochs
        ...     return {"w": params["w"] + 1}, losses[int(params["w"])]
        >>> params, history = train_early_stopping({"w": np.array(0.0)}, epoch, patience=2, max_epochs=5)
        >>> float(params["w"]), history
        (2.0, {'best_epoch': 2, 'best_loss': 2.0, 'n_epochs': 4})

    Source: Goodfellow, Bengio & Courville 2016, algorithm 7.1; Keras' EarlyStopping with
    restore_best_weights=True. torch's ReduceLROnPlateau acts only when the count *exceeds* its patience.
    """
    check_sizes(patience=patience, max_epochs=max_epochs)
    check_strengths(min_delta=min_delta)
    ### BEGIN SOLUTION
    best, best_loss, best_epoch, wait = params, np.inf, 0, 0
    for epoch in range(1, max_epochs + 1):
        params, val_loss = epoch_fn(params)
        wait += 1
        if val_loss < best_loss - min_delta:
            best, best_loss, best_epoch, wait = params, val_loss, epoch, 0
        if wait >= patience:
            break
    return best, {"best_epoch": best_epoch, "best_loss": float(best_loss), "n_epochs": epoch}
    ### END SOLUTION


# --- Augmentation -----------------------------------------------------------------------------------------


def random_flip(images, *, p, rng):
    r"""Each image mirrored left to right with probability p, on its own.

    Args:
        images: (N, C, H, W) floats, not changed.
        p: probability of flipping an image, all its channels together; 0 <= p <= 1.
        rng: a numpy.random.Generator.
    Returns:
        flipped: (N, C, H, W) floats; an image is as it was, or its last axis runs the other way.
    Raises:
        ValueError: if images is not (N, C, H, W) or p is no probability.
    Example:
        >>> image = np.array([[[[1.0, 2.0, 3.0]]]])
        >>> random_flip(image, p=1.0, rng=np.random.default_rng(0)).tolist()
        [[[[3.0, 2.0, 1.0]]]]

    Source: Krizhevsky et al. 2012.
    """
    check_images(images)
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], got {p}; 0.5 flips half of the images on average")
    ### BEGIN SOLUTION
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None, None], images[..., ::-1], images)
    ### END SOLUTION


def random_contrast(images, *, max_delta, rng):
    r"""Each image's contrast changed by a factor of its own, around its own mean.

    .. math:: y = \bar x + f\,(x - \bar x),\quad f \sim U(1 - \delta,\ 1 + \delta)

    with x̄ the mean over all pixels and channels of the image. Nothing is clipped.

    Args:
        images: (N, C, H, W) floats, not changed.
        max_delta: δ, 0 <= δ <= 1.
        rng: a numpy.random.Generator.
    Returns:
        changed: (N, C, H, W) floats.
    Raises:
        ValueError: if images is not (N, C, H, W) or δ is outside [0, 1].
    Example:
        >>> image = np.array([[[[2.0, 4.0, 9.0]]]])
        >>> changed = random_contrast(image, max_delta=0.5, rng=np.random.default_rng(0))
        >>> round(float(changed.mean()), 6)
        5.0

    Source: Krizhevsky et al. 2012 in the form of the common libraries. tf.image has a mean for each channel.
    """
    check_images(images)
    if not 0 <= max_delta <= 1:
        raise ValueError(
            f"max_delta must lie in [0, 1], got {max_delta}; above 1 an image could turn negative"
        )
    ### BEGIN SOLUTION
    factor = rng.uniform(1 - max_delta, 1 + max_delta, size=(len(images), 1, 1, 1))
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return mean + factor * (images - mean)
    ### END SOLUTION


def random_crop(images, *, pad, rng):
    r"""Each image padded with zeros on all four sides and cut back to its size at a random place.

    The window's upper left corner in the padded image is uniform over the rows 0 … 2·pad and, independently,
    the columns 0 … 2·pad; at (pad, pad) the image comes back as it was. Each image has a place of its own,
    its channels share it.

    Args:
        images: (N, C, H, W) floats, not changed.
        pad: whole number, at least 0: how many pixels on each side.
        rng: a numpy.random.Generator.
    Returns:
        cropped: (N, C, H, W) floats.
    Raises:
        ValueError: if images is not (N, C, H, W) or pad is negative.
    Example:
        >>> image = np.arange(1.0, 7.0).reshape(1, 1, 2, 3)
        >>> bool(np.array_equal(random_crop(image, pad=0, rng=np.random.default_rng(0)), image))
        True

    Source: Krizhevsky et al. 2012; torchvision's RandomCrop(size, padding=pad).
    """
    check_images(images)
    if pad < 0:
        raise ValueError(f"pad must be at least 0, got {pad}; 0 leaves images as they are")
    ### BEGIN SOLUTION
    n, _, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    corners = rng.integers(2 * pad + 1, size=(n, 2))
    windows = [
        image[:, row : row + height, column : column + width]
        for image, (row, column) in zip(padded, corners, strict=True)
    ]
    return np.array(windows)
    ### END SOLUTION


def random_tint(images, *, max_delta, rng):
    r"""Each image tinted: every colour channel is shifted by a number of its own.

    .. math:: y_{nchw} = x_{nchw} + t_{nc},\quad t_{nc} \sim U(-\delta,\ \delta)

    One shift for each image and channel, the same for all its pixels. Nothing is clipped.

    Args:
        images: (N, C, H, W) floats, not changed.
        max_delta: δ, at least 0 and finite.
        rng: a numpy.random.Generator.
    Returns:
        tinted: (N, C, H, W) floats.
    Raises:
        ValueError: if images is not (N, C, H, W), or δ is negative or not finite.
    Example:
        >>> images = np.full((4, 3, 2, 2), 0.5)
        >>> shift = random_tint(images, max_delta=0.1, rng=np.random.default_rng(0)) - images
        >>> bool(np.abs(shift).max() <= 0.1), len(np.unique(shift[:, :, 0, 0]))  # 4 images, 3 channels
        (True, 12)

    Source: the chapter. Krizhevsky et al. 2012 shift along the principal components of the colours instead.
    """
    check_images(images)
    check_strengths(max_delta=max_delta)
    ### BEGIN SOLUTION
    n, channels, _, _ = images.shape
    return images + rng.uniform(-max_delta, max_delta, size=(n, channels, 1, 1))
    ### END SOLUTION


# --- Several models ---------------------------------------------------------------------------------------


def bootstrap_indices(n, *, rng):
    r"""The rows of one bootstrap sample: n draws from 0 … n-1, with replacement, all equally likely.

    Args:
        n: how many examples there are, at least 1.
        rng: a numpy.random.Generator; each call draws anew.
    Returns:
        indices: (n,) ints, in any order.
    Raises:
        ValueError: if n is below 1.
    Example:
        >>> indices = bootstrap_indices(10_000, rng=np.random.default_rng(0))
        >>> bool(abs(len(np.unique(indices)) / 10_000 - 0.632) < 0.01)  # 1 - 1/e
        True

    Source: Breiman 1996.
    """
    check_sizes(n=n)
    ### BEGIN SOLUTION
    return rng.integers(n, size=n)
    ### END SOLUTION


def ensemble_vote(labels, *, n_classes):
    r"""For each example the class that most models vote for; of several the lowest.

    Args:
        labels: (models, n) ints in 0 … n_classes - 1, the vote of each model on each example; not changed.
        n_classes: at least 1.
    Returns:
        winners: (n,) ints.
    Raises:
        ValueError: if a label is no class, or labels is not (models, n).
    Example:
        >>> ensemble_vote(np.array([[0, 2, 1], [1, 2, 0], [1, 0, 2]]), n_classes=3).tolist()
        [1, 2, 0]

    Source: Breiman 1996.
    """
    check_sizes(n_classes=n_classes)
    if np.ndim(labels) != 2 or np.size(labels) == 0 or np.min(labels) < 0 or np.max(labels) >= n_classes:
        raise ValueError(
            f"labels must be (models, n) with values in 0 … {n_classes - 1}, got shape {np.shape(labels)} "
            f"with {np.unique(labels).tolist()}; each model gives each example one class"
        )
    ### BEGIN SOLUTION
    votes = (labels[:, :, None] == np.arange(n_classes)).sum(axis=0)  # (n, n_classes)
    return votes.argmax(axis=1)
    ### END SOLUTION


def ensemble_average(probs):
    r"""The mean of several models' probabilities.

    Args:
        probs: (models, n, n_classes) floats, not changed.
    Returns:
        mean: (n, n_classes) floats.
    Example:
        >>> ensemble_average(np.array([[[0.9, 0.1]], [[0.4, 0.6]]])).round(6).tolist()
        [[0.65, 0.35]]

    Source: Breiman 1996, section 6: averaging what the vote counts.
    """
    ### BEGIN SOLUTION
    return probs.mean(axis=0)
    ### END SOLUTION


# --- Averages of weights ----------------------------------------------------------------------------------


def ema_init(params):
    """The state of a running average of parameters: it starts as a copy of them.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``ema_update`` needs between updates, in any form you like.
        Nobody but ``ema_update`` looks into it.
    Example:
        >>> state = ema_init({"w": np.array([4.0])})
        >>> average, state = ema_update(state, {"w": np.array([0.0])}, decay=0.75)
        >>> average["w"].tolist()
        [3.0]
    """
    ### BEGIN SOLUTION
    return {key: np.copy(w) for key, w in params.items()}
    ### END SOLUTION


def ema_update(state, params, *, decay):
    r"""Take the newest parameters into the exponentially weighted average of all so far.

    .. math:: a \leftarrow d\, a + (1 - d)\, w

    It started as a copy of the first parameters, so there is nothing to correct.

    Args:
        state: from ``ema_init`` or from the update before, not changed.
        params: dict of float64 arrays, not changed.
        decay: d in [0, 1), the weight of what was there before; it may differ from one update to the next.
    Returns:
        (average, state): the average, a dict like params; the new state.
    Raises:
        ValueError: if decay is outside [0, 1).
    Example:
        >>> state = ema_init({"w": np.array([0.0])})
        >>> for w in (1.0, 1.0):
        ...     average, state = ema_update(state, {"w": np.array([w])}, decay=0.5)
        >>> average["w"].tolist()
        [0.75]

    Source: Polyak & Juditsky 1992 in the form of torch.optim.swa_utils.AveragedModel with
    get_ema_multi_avg_fn(decay), whose first call copies.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}; 0.99 remembers about a hundred updates")
    ### BEGIN SOLUTION
    average = {key: decay * state[key] + (1 - decay) * params[key] for key in params}
    return average, average
    ### END SOLUTION


def average_checkpoints(checkpoints):
    """The plain mean of several checkpoints' parameters.

    Args:
        checkpoints: list of dicts of float64 arrays with the same keys and shapes, at least one; not changed.
    Returns:
        average: a dict like each of them.
    Raises:
        ValueError: if the list is empty or the checkpoints differ in keys or shapes.
    Example:
        >>> average_checkpoints([{"w": np.array([1.0])}, {"w": np.array([2.0])}])["w"].tolist()
        [1.5]

    Source: Izmailov et al. 2018; torch's AveragedModel without an average function.
    """
    if not checkpoints:
        raise ValueError("checkpoints must hold at least one dict, got an empty list; save one an epoch")
    first, *others = ({key: np.shape(w) for key, w in checkpoint.items()} for checkpoint in checkpoints)
    for shapes in others:
        if shapes != first:
            raise ValueError(
                f"checkpoints must have the same keys and shapes, got {first} and {shapes}; "
                "take them from one training"
            )
    ### BEGIN SOLUTION
    return {key: np.mean([checkpoint[key] for checkpoint in checkpoints], axis=0) for key in checkpoints[0]}
    ### END SOLUTION


# --- Several tasks, one trunk -----------------------------------------------------------------------------


def check_heads(X, trunk, heads, grads_out=None, weights=None):
    """Refuse layers that do not fit together, and lists that do not pair up (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    hidden = np.shape(trunk["W"])[-1]
    layers = [(np.shape(X)[-1], trunk, "the trunk"), *((hidden, head, "a head") for head in heads)]
    for fan_in, layer, name in layers:
        W, b = np.shape(layer["W"]), np.shape(layer["b"])
        if len(b) != 1 or (fan_in, *b) != W:
            raise ValueError(
                f"{name} must have W (fan_in, fan_out) and b (fan_out,), got {W} and {b} for {fan_in} "
                "inputs; every head has the trunk's hidden units as its inputs"
            )
    if grads_out is not None and not len(grads_out) == len(weights) == len(heads) > 0:
        raise ValueError(
            f"grads_out, heads and weights must be of one length, got {len(grads_out)}, {len(heads)} and "
            f"{len(weights)}; each task has its gradient, its head and its weight"
        )


def multi_task_forward(X, trunk, heads):
    r"""Several linear heads on one trunk, a layer of ReLU units that all tasks share.

    .. math:: h = \max(0,\ X W + b),\quad y_k = h\, W_k + b_k

    Args:
        X: (N, fan_in) examples, not changed.
        trunk: dict with W (fan_in, hidden) and b (hidden,), not changed.
        heads: list of dicts, one for each task: W (hidden, fan_out) and b (fan_out,), not changed. Their
            fan_out may differ.
    Returns:
        outputs: list of (N, fan_out) float arrays, one for each task.
    Raises:
        ValueError: if shapes do not fit.
    Example:
        >>> trunk = {"W": np.array([[1.0, -1.0]]), "b": np.zeros(2)}
        >>> heads = [{"W": np.array([[2.0], [0.0]]), "b": np.ones(1)}, {"W": np.eye(2), "b": np.zeros(2)}]
        >>> [y.tolist() for y in multi_task_forward(np.array([[3.0]]), trunk, heads)]
        [[[7.0]], [[3.0, 0.0]]]

    Source: Caruana 1997.
    """
    check_heads(X, trunk, heads)
    ### BEGIN SOLUTION
    h = np.maximum(X @ trunk["W"] + trunk["b"], 0)
    return [h @ head["W"] + head["b"] for head in heads]
    ### END SOLUTION


def multi_task_backward(grads_out, X, trunk, heads, *, weights):
    r"""Gradients of the weighted sum of all tasks' losses with respect to the trunk and every head.

    .. math:: L = \sum_k w_k L_k,\qquad
        \frac{\partial L}{\partial h} = \sum_k w_k\, \frac{\partial L_k}{\partial y_k}\, W_k^\top

    A head learns from its own task, the trunk from all of them: their gradients **add up** in h.

    Args:
        grads_out: list of (N, fan_out) arrays, one for each task, not changed: the gradient of the task's own
            loss L_k with respect to its output, without w_k.
        X, trunk, heads: as in ``multi_task_forward``; not changed.
        weights: list of numbers, w_k for each task.
    Returns:
        (trunk_grads, heads_grads): a dict like trunk; a list of dicts like heads. The derivative of a ReLU at
        0 is 0, and nothing is divided by the batch, because the mean is in the losses.
    Raises:
        ValueError: if shapes do not fit, or the lists have different lengths.
    Example:
        >>> trunk = {"W": np.array([[2.0]]), "b": np.zeros(1)}
        >>> heads = [{"W": np.array([[1.0]]), "b": np.zeros(1)}, {"W": np.array([[3.0]]), "b": np.zeros(1)}]
        >>> one = np.ones((1, 1))
        >>> trunk_grads, heads_grads = multi_task_backward([one, one], one, trunk, heads, weights=[1, 10])
        >>> trunk_grads["W"].tolist(), [head["W"].tolist() for head in heads_grads]  # 1·1 + 10·3; 1·h, 10·h
        ([[31.0]], [[[2.0]], [[20.0]]])

    Source: Caruana 1997; torch's autograd gives the same.
    """
    check_heads(X, trunk, heads, grads_out, weights)
    ### BEGIN SOLUTION
    z = X @ trunk["W"] + trunk["b"]
    h = np.maximum(z, 0)
    grad_h, heads_grads = np.zeros_like(h), []
    for grad_out, head, weight in zip(grads_out, heads, weights, strict=True):
        d = weight * grad_out
        heads_grads.append({"W": h.T @ d, "b": d.sum(axis=0)})
        grad_h += d @ head["W"].T
    grad_z = grad_h * (z > 0)
    return {"W": X.T @ grad_z, "b": grad_z.sum(axis=0)}, heads_grads
    ### END SOLUTION
