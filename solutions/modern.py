r"""Training today: the reference implementations of the assignment ``modern``.

Pinned for all of them: parameters and gradients are dicts of float64 arrays with the same keys and shapes. An
optimiser is a pair ``<name>_init(params) -> state`` and ``<name>_step(params, grads, state, *, …) -> (params,
state)``; what is in a state is the optimiser's own affair. A backward function takes the gradient of the
output and the inputs of the forward function. Randomness comes in as a ``numpy.random.Generator``. Functions
return new arrays and change none that they were given. The graded body stands between the two markers,
argument checks stand above it.
"""

import numpy as np

from solutions.given import FRACTION, NOT_NEGATIVE, POSITIVE, at_least, check_grads, check_ranges
from solutions.given import check_form as check_form
from solutions.given import unchanged as unchanged


def check_hyper(**hyper):
    """Refuse hyperparameters out of range (given: your own code need not check again).

    Args:
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    rules = {
        "lr": (*NOT_NEGATIVE, "each optimiser has its own usual rate"),
        "base_lr": (*POSITIVE, "it is the largest rate"),
        "min_lr": (*NOT_NEGATIVE, "0 is the usual floor"),
        "betas": (lambda xs: all(0 <= x < 1 for x in xs), "lie in [0, 1)", "the usual pair is (0.9, 0.99)"),
        "momentum": (*FRACTION, "0.95 is usual for Muon"),
        "weight_decay": (*NOT_NEGATIVE, "0.1 is usual"),
        "eps": (*POSITIVE, "1e-6 is usual"),
        "smoothing": (*FRACTION, "0.1 is usual"),
        "p": (*FRACTION, "it is the probability of dropping"),
        "max_norm": (*POSITIVE, "1.0 is usual"),
        "alpha": (*POSITIVE, "0.2 is usual"),
        "temperature": (*NOT_NEGATIVE, "1 samples from the softmax itself, 0 takes the likeliest token"),
        "steps": (*at_least(0), "5 is usual"),
        "growth_interval": (*at_least(1), "2000 is usual"),
        "scale": (*POSITIVE, "2.0**16 is usual"),
        "beta2_decay": (lambda x: x < 0, "be below 0", "-0.8 is usual"),
        "d": (*POSITIVE, "1.0 is usual"),
    }
    check_ranges(hyper, rules)


def check_labels(logits, labels):
    """Refuse labels that do not fit their logits (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(logits) != 2 or np.shape(labels) != np.shape(logits)[:1]:
        raise ValueError(
            f"logits must be (batch, classes) and labels (batch,), got {np.shape(logits)} and "
            f"{np.shape(labels)}; a text of shape (batch, time) is flattened first"
        )
    n_classes, dtype = np.shape(logits)[1], np.asarray(labels).dtype
    if dtype.kind not in "iu" or np.min(labels) < 0 or np.max(labels) >= n_classes:
        raise ValueError(
            f"labels must be ints from 0 to {n_classes - 1}, got {dtype} from {np.min(labels)} to "
            f"{np.max(labels)}; there is one column of logits a class"
        )


def global_norm_clip(grads, *, max_norm):
    r"""Gradients scaled down together where their common norm is above ``max_norm``.

    .. math::
        \lVert g \rVert = \sqrt{\sum_{\text{all entries of all arrays}} g_i^2},\quad
        g \leftarrow g \cdot \min\!\left(1, \frac{\text{max\_norm}}{\lVert g \rVert + 10^{-6}}\right)

    All arrays are scaled by the same factor, so that the direction of the step stays as it was.

    Args:
        grads: dict of finite float64 arrays, not changed.
        max_norm: the largest common norm, greater than 0.
    Returns:
        (grads, norm): a dict with the same keys and shapes; the norm **before** clipping, a float. It is what
        a log of the training shows.
    Raises:
        ValueError: if ``max_norm`` is not greater than 0.
    Example:
        >>> grads, norm = global_norm_clip({"W": np.array([[3.0]]), "b": np.array([4.0])}, max_norm=1.0)
        >>> norm, grads["W"].round(6).tolist(), grads["b"].round(6).tolist()
        (5.0, [[0.6]], [0.8])

    Source: Pascanu, Mikolov & Bengio 2013; torch.nn.utils.clip_grad_norm_ is equal, its 1e-6 included.
    """
    check_hyper(max_norm=max_norm)
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    factor = min(1.0, max_norm / (norm + 1e-6))
    return {key: factor * g for key, g in grads.items()}, float(norm)
    ### END SOLUTION


def check_phases(step, total_steps, warmup_steps, decay_steps, base_lr, min_lr):
    """Refuse a schedule whose phases do not fit, and steps outside of it (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_hyper(base_lr=base_lr, min_lr=min_lr)
    if min_lr > base_lr:
        raise ValueError(
            f"min_lr must be at most base_lr, got {min_lr} above {base_lr}; 0 is the usual floor"
        )
    if warmup_steps < 0 or decay_steps < 1 or warmup_steps + decay_steps > total_steps:
        raise ValueError(
            f"warm-up (at least 0) and decay (at least 1) must fit into total_steps, got {warmup_steps} + "
            f"{decay_steps} of {total_steps}; a decay over the last tenth is usual"
        )
    if np.asarray(step).dtype.kind not in "iu" or np.min(step) < 0 or np.max(step) > total_steps:
        raise ValueError(
            f"step must be ints from 0 to {total_steps}, got {step}; it counts the updates already taken"
        )


def wsd_lr(step, *, base_lr, total_steps, warmup_steps, decay_steps, min_lr=0.0):
    r"""Learning rate at ``step``: linear warm-up, a constant rate, a linear decay over the last updates.

    .. math::
        \eta_t = \begin{cases}
        \eta_0\, t / w & t < w \\
        \eta_0 & w \le t \le T - D \\
        \eta_{\min} + (\eta_0 - \eta_{\min})\, (T - t) / D & t > T - D
        \end{cases}

    with t = step, η₀ = base_lr, w = warmup_steps, T = total_steps, D = decay_steps. The rate is 0 at step 0
    if there is a warm-up, and ``min_lr`` at step T.

    Args:
        step: updates already taken, an int or an array of ints (also unsigned) from 0 to ``total_steps``.
        base_lr: the constant rate between warm-up and decay, greater than 0.
        total_steps: number of updates of the whole training.
        warmup_steps: number of updates of the warm-up, at least 0 (0 is none).
        decay_steps: number of updates of the decay, at least 1.
        min_lr: the rate at the end, from 0 to ``base_lr``.
    Returns:
        The rate, a float, or a float64 array of the shape of ``step``.
    Raises:
        ValueError: if the phases do not fit into ``total_steps``, or a step or rate is out of range.
    Example:
        >>> steps = np.array([0, 1, 2, 5, 8, 9, 10])
        >>> wsd_lr(steps, base_lr=1.0, total_steps=10, warmup_steps=2, decay_steps=4).tolist()
        [0.0, 0.5, 1.0, 1.0, 0.5, 0.25, 0.0]

    Source: Hu et al. 2024 (the name and an exponential decay); Hägele et al. 2024, where the linear decay is
    one form and 1 - √u, with u = (t - T + D) / D, is the other usual one. Here the decay is linear.
    """
    check_phases(step, total_steps, warmup_steps, decay_steps, base_lr, min_lr)
    ### BEGIN SOLUTION
    step = np.asarray(step, dtype=float)
    up = base_lr * step / max(warmup_steps, 1)
    down = min_lr + (base_lr - min_lr) * (total_steps - step) / decay_steps
    late = step > total_steps - decay_steps
    return np.where(step < warmup_steps, up, np.where(late, down, base_lr))[()]
    ### END SOLUTION


def label_smoothing_cross_entropy(logits, labels, *, smoothing):
    r"""Cross-entropy of each row's softmax against a smoothed target: mean over the batch, and its gradient.

    .. math::
        L = -\frac1B \sum_n \sum_i t_{ni} \log s_{ni},\quad
        t_{ni} = (1 - \varepsilon)\, [i = y_n] + \frac{\varepsilon}{K}

    with the softmax s, the smoothing ε and K classes. The share ε is spread over **all** K classes, the right
    one included, so that its target is 1 - ε + ε/K. With ε = 0 this is the usual cross-entropy. It must be
    right for logits of ±1000 as well: take each row's maximum off first, and never take the logarithm of a
    softmax.

    Args:
        logits: float64 array (batch, classes), not changed.
        labels: int array (batch,), each from 0 to classes - 1.
        smoothing: ε, in [0, 1).
    Returns:
        (loss, grad): a float; the gradient with respect to ``logits``, of their shape.
    Raises:
        ValueError: if there is not one label a row, a label is not an int of a class, or ε is out of range.
    Example:
        >>> logits, labels = np.array([[0.0, 0.0], [5.0, 5.0]]), np.array([0, 1])
        >>> loss, grad = label_smoothing_cross_entropy(logits, labels, smoothing=0.2)
        >>> round(loss, 6), grad.round(6).tolist()
        (0.693147, [[-0.2, 0.2], [0.2, -0.2]])

    Source: Szegedy et al. 2016, section 7; torch.nn.functional.cross_entropy(label_smoothing=) is equal. Some
    code gives the wrong classes ε/(K - 1) and the right one 1 - ε; the course follows paper and torch.
    """
    check_labels(logits, labels)
    check_hyper(smoothing=smoothing)
    ### BEGIN SOLUTION
    batch, n_classes = logits.shape
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    target = (1 - smoothing) * np.eye(n_classes)[labels] + smoothing / n_classes
    return float(-np.sum(target * log_probs) / batch), (np.exp(log_probs) - target) / batch
    ### END SOLUTION


def check_norm(x, gamma, eps, grad_out=None):
    """Refuse shapes that do not fit a norm over the last axis (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_hyper(eps=eps)
    if np.shape(gamma) != np.shape(x)[-1:]:
        raise ValueError(
            f"gamma must have one entry for each of the last axis, got {np.shape(gamma)} for x of shape "
            f"{np.shape(x)}; features are last"
        )
    if grad_out is not None and np.shape(grad_out) != np.shape(x):
        raise ValueError(
            f"grad_out must have the shape of x, got {np.shape(grad_out)} and {np.shape(x)}; "
            "it is the gradient of the output"
        )


def rms_norm(x, gamma, *, eps=1e-6):
    r"""Divide each vector along the last axis by its root mean square, then scale feature by feature.

    .. math:: y_i = \gamma_i\, \frac{x_i}{\sqrt{\frac1D \sum_j x_j^2 + \varepsilon}}

    No mean is subtracted and no shift is added: that is the difference from layer normalisation.

    Args:
        x: float64 array (…, D) of any number of axes, not changed.
        gamma: float64 array (D,), not changed.
        eps: ε inside the root, greater than 0.
    Returns:
        y: float64 array of the shape of x.
    Raises:
        ValueError: if the shapes do not fit, or eps is not greater than 0.
    Example:
        >>> rms_norm(np.array([[1.0, 7.0], [0.0, 0.0]]), np.array([1.0, 2.0])).round(4).tolist()
        [[0.2, 2.8], [0.0, 0.0]]

    Source: Zhang & Sennrich 2019; torch.nn.functional.rms_norm is equal.
    """
    check_norm(x, gamma, eps)
    ### BEGIN SOLUTION
    return gamma * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    ### END SOLUTION


def rms_norm_backward(grad_out, x, gamma, *, eps=1e-6):
    r"""Gradients of ``rms_norm``'s output, for the loss whose gradient at y is ``grad_out``.

    With r = √(mean of x² + ε), the normalised x̂ = x/r and d = grad_out·γ:

    .. math::
        \frac{\partial L}{\partial x_i} = \frac{d_i - \hat x_i\, \overline{d \hat x}}{r},\quad
        \frac{\partial L}{\partial \gamma_i} = \sum \text{grad\_out}_i\, \hat x_i

    where the bar is the mean over the last axis, and the sum goes over all the other axes.

    Args:
        grad_out: float64 array of the shape of x, not changed.
        x, gamma, eps: as they were given to ``rms_norm``; not changed.
    Returns:
        (grad_x, grad_gamma): float64 arrays of the shapes of x and gamma.
    Raises:
        ValueError: if the shapes do not fit, or eps is not greater than 0.
    Example:
        >>> x, gamma = np.array([[1.0, 7.0]]), np.array([1.0, 2.0])
        >>> grad_x, grad_gamma = rms_norm_backward(np.array([[1.0, 0.0]]), x, gamma)
        >>> grad_x.round(4).tolist(), grad_gamma.round(4).tolist()
        ([[0.196, -0.028]], [0.2, 0.0])

    Source: Zhang & Sennrich 2019; torch's autograd through torch.nn.functional.rms_norm is equal.
    """
    check_norm(x, gamma, eps, grad_out)
    ### BEGIN SOLUTION
    root = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    x_hat, weighted = x / root, grad_out * gamma
    grad_x = (weighted - x_hat * np.mean(weighted * x_hat, axis=-1, keepdims=True)) / root
    return grad_x, np.sum(grad_out * x_hat, axis=tuple(range(x.ndim - 1)))
    ### END SOLUTION


def check_attention(q, k, v, grad_out=None):
    """Refuse arrays that do not belong to one attention (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    shapes = [np.shape(array) for array in (q, k, v) + (() if grad_out is None else (grad_out,))]
    if len(shapes[0]) != 4 or len(set(shapes)) != 1:
        raise ValueError(
            f"all arrays must have one shape (batch, heads, time, d), got {shapes}; "
            "a single head still has an axis of length 1"
        )


def causal_attention(q, k, v):
    r"""Scaled dot-product attention in which position t sees the positions 0 … t.

    .. math::
        s_{ti} = \frac{q_t \cdot k_i}{\sqrt d},\quad
        a_{ti} = \frac{e^{s_{ti}}}{\sum_{j \le t} e^{s_{tj}}} \text{ for } i \le t,\ 0 \text{ for } i >
        t,\quad y_t = \sum_i a_{ti} v_i

    for each example and each head on its own. It must be right for scores of ±1000 as well: take each row's
    maximum over the positions that it sees off before the exponential. ``swapaxes(-1, -2)`` swaps the last
    two axes; ``.T`` would reverse all four.

    Args:
        q, k, v: float64 arrays (batch, heads, time, d): queries, keys and values; not changed.
    Returns:
        y: float64 array of the same shape.
    Raises:
        ValueError: if the shapes differ or have not four axes.
    Example:
        >>> q = k = np.zeros((1, 1, 3, 1))  # all scores are 0: each position takes the mean of what it sees
        >>> causal_attention(q, k, np.array([3.0, 1.0, 5.0]).reshape(1, 1, 3, 1)).ravel().tolist()
        [3.0, 2.0, 3.0]

    Source: Vaswani et al. 2017, section 3.2; torch's scaled_dot_product_attention(is_causal=True) is equal.
    """
    check_attention(q, k, v)
    ### BEGIN SOLUTION
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    seen = np.tril(np.ones(scores.shape[-2:], dtype=bool))
    scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ v
    ### END SOLUTION


def causal_attention_backward(grad_out, q, k, v):
    r"""Gradients of ``causal_attention``'s output, for the loss whose gradient at y is ``grad_out``.

    With the weights a of the forward pass, and G = grad_out for short:

    .. math::
        \frac{\partial L}{\partial v} = a^\top G,\quad
        A = G v^\top,\quad
        S_{ti} = a_{ti} \Big(A_{ti} - \sum_j a_{tj} A_{tj}\Big),\quad
        \frac{\partial L}{\partial q} = \frac{S k}{\sqrt d},\quad
        \frac{\partial L}{\partial k} = \frac{S^\top q}{\sqrt d}

    Compute the weights again; nothing is kept from the forward pass. ⊤ swaps the last two axes.

    Args:
        grad_out: float64 array of the shape of q, not changed.
        q, k, v: as they were given to ``causal_attention``; not changed.
    Returns:
        (grad_q, grad_k, grad_v): float64 arrays of that shape.
    Raises:
        ValueError: if the shapes differ or have not four axes.
    Example:
        >>> q, v = np.zeros((1, 1, 2, 1)), np.array([3.0, 1.0]).reshape(1, 1, 2, 1)
        >>> grads = causal_attention_backward(np.ones((1, 1, 2, 1)), q, np.ones((1, 1, 2, 1)), v)
        >>> [grad.ravel().tolist() for grad in grads]
        [[0.0, 0.0], [0.0, 0.0], [1.5, 0.5]]

    Source: the chain rule; torch's autograd through scaled_dot_product_attention(is_causal=True) is equal.
    """
    check_attention(q, k, v, grad_out)
    ### BEGIN SOLUTION
    root = np.sqrt(q.shape[-1])
    scores = np.where(np.tri(q.shape[-2], dtype=bool), q @ k.swapaxes(-1, -2) / root, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    grad_weights = grad_out @ v.swapaxes(-1, -2)
    inner = np.sum(weights * grad_weights, axis=-1, keepdims=True)
    grad_scores = weights * (grad_weights - inner) / root
    return grad_scores @ k, grad_scores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ grad_out
    ### END SOLUTION


def lion_init(params):
    """Lion's state before the first update: a mean of zeros for every entry of the parameters.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``lion_step`` needs between updates, in any form you like.
        Nobody but ``lion_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = lion_step(params, {"w": np.array([-300.0])}, lion_init(params), lr=0.25)
        >>> params["w"].tolist()
        [1.25]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def lion_step(params, grads, state, *, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    r"""One update by Lion: along the sign of a mixture of mean and gradient.

    .. math::
        c = \beta_1 m + (1 - \beta_1)\, g,\quad
        w \leftarrow w - lr\, (\operatorname{sign}(c) + \lambda w),\quad
        m \leftarrow \beta_2 m + (1 - \beta_2)\, g

    The step uses the **old** mean m, with β₁; the mean that is kept uses β₂. Where c is 0 the sign is 0. The
    decay takes the weight before the update.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``lion_init`` or from the step before, not changed.
        lr: learning rate, at least 0. Every weight moves by it, so it is about a tenth of Adam's.
        betas: (β₁, β₂), each in [0, 1).
        weight_decay: λ, at least 0.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = lion_init(params)
        >>> for g in (5.0, 5.0, -1.0):  # the mean is positive, but the mixture of the third step is not
        ...     params, state = lion_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.9

    Source: Chen et al. 2023, program 1; optax.lion is equal. torch.optim has no Lion.
    """
    check_grads(params, grads)
    check_hyper(lr=lr, betas=betas, weight_decay=weight_decay)
    beta1, beta2 = betas
    ### BEGIN SOLUTION
    new_params, mean = {}, {}
    for key, g in grads.items():
        mixed = beta1 * state[key] + (1 - beta1) * g
        new_params[key] = params[key] - lr * (np.sign(mixed) + weight_decay * params[key])
        mean[key] = beta2 * state[key] + (1 - beta2) * g
    return new_params, mean
    ### END SOLUTION


def check_matrices(params):
    """Refuse parameters that are not matrices (given).

    Args:
        params: dict of arrays.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    for key, value in params.items():
        if np.ndim(value) != 2:
            raise ValueError(
                f"Muon takes matrices only, got {key!r} of shape {np.shape(value)}; "
                "biases, norms and embeddings go to another optimiser"
            )


def newton_schulz(G, *, steps=5):
    r"""A matrix with the singular vectors of ``G`` and singular values near 1, by Newton–Schulz iteration.

    .. math::
        X_0 = \frac{G}{\max(\lVert G \rVert_F, 10^{-7})},\quad
        A = X X^\top,\quad
        X \leftarrow a X + (b A + c A^2)\, X,\quad (a, b, c) = (3.4445, -4.775, 2.0315)

    where the norm of G is the root of the sum of its squared entries. If G has more rows than columns,
    iterate on its transpose, so that A is the smaller of the two products, and transpose the result. The
    iteration does not converge to 1: singular values of at least a hundredth of the norm end between 0.68
    and 1.14, which is enough for an optimiser.

    Args:
        G: float64 array (rows, columns), not changed.
        steps: number of iterations, at least 0.
    Returns:
        float64 array of the shape of G.
    Raises:
        ValueError: if G is no matrix, or steps is below 0.
    Example:
        >>> newton_schulz(np.array([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])).round(3).tolist()
        [[0.723, 0.0], [0.0, 1.119], [0.0, 0.0]]

    Source: Jordan et al. 2024. torch.optim.Muon has the same coefficients, but iterates in bfloat16, so that
    it agrees to a few hundredths only.
    """
    check_matrices({"G": G})
    check_hyper(steps=steps)
    ### BEGIN SOLUTION
    X = G / max(np.linalg.norm(G), 1e-7)
    tall = X.shape[0] > X.shape[1]
    X = X.T if tall else X
    for _ in range(steps):
        A = X @ X.T
        X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X
    return X.T.copy() if tall else X
    ### END SOLUTION


def muon_init(params):
    """Muon's state before the first update: a mean of zeros for every entry of the parameters.

    Args:
        params: dict of float64 matrices, not changed.
    Returns:
        state: whatever ``muon_step`` needs between updates, in any form you like.
        Nobody but ``muon_step`` looks into it.
    Raises:
        ValueError: if a parameter is no matrix.
    Example:
        >>> params = {"W": np.zeros((1, 1))}
        >>> params, _ = muon_step(params, {"W": np.array([[300.0]])}, muon_init(params), lr=0.1)
        >>> params["W"].round(4).tolist()
        [[-0.0696]]
    """
    check_matrices(params)
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def muon_step(params, grads, state, *, lr=1e-3, momentum=0.95, nesterov=True, weight_decay=0.1):
    r"""One update by Muon: the mean gradient of each matrix, made orthogonal.

    .. math::
        m \leftarrow \mu m + (1 - \mu)\, g,\quad
        u = \mu m + (1 - \mu)\, g \text{ if nesterov, else } m,

        W \leftarrow (1 - lr\, \lambda)\, W - lr\, \sqrt{\max(1, \tfrac{\text{fan\_out}}{\text{fan\_in}})}\
        \operatorname{newton\_schulz}(u)

    The u of Nesterov's form takes the **new** m. The factor under the root belongs to the step alone, not to
    the decay. Our weights are (fan_in, fan_out), so fan_out counts the columns; torch's are (out, in), where
    it counts the rows.

    Args:
        params, grads: dicts of float64 matrices with the same keys and shapes, not changed. The caller may
            have set the weights anew since the step before.
        state: from ``muon_init`` or from the step before, not changed.
        lr: learning rate, at least 0.
        momentum: μ, in [0, 1).
        nesterov: whether the step looks one gradient ahead.
        weight_decay: λ, at least 0.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, a parameter is no matrix, or a hyperparameter is out of range.
    Example:
        >>> params = {"W": np.array([[1.0, 0.0]])}  # one row, two columns: the step is √2 as long
        >>> params, _ = muon_step(params, {"W": np.array([[0.0, 5.0]])}, muon_init(params), lr=0.1)
        >>> params["W"].round(4).tolist()
        [[0.99, -0.0985]]

    Source: Jordan et al. 2024; torch.optim.Muon with its default adjust_lr_fn is the same method, but
    iterates in bfloat16: a step agrees with it to a few hundredths of its length.
    """
    check_grads(params, grads)
    check_matrices(params)
    check_hyper(lr=lr, momentum=momentum, weight_decay=weight_decay)
    ### BEGIN SOLUTION
    new_params, mean = {}, {}
    for key, g in grads.items():
        mean[key] = momentum * state[key] + (1 - momentum) * g
        u = momentum * mean[key] + (1 - momentum) * g if nesterov else mean[key]
        fan_in, fan_out = g.shape
        step = np.sqrt(max(1.0, fan_out / fan_in)) * newton_schulz(u)
        new_params[key] = (1 - lr * weight_decay) * params[key] - lr * step
    return new_params, mean
    ### END SOLUTION


def adafactor_init(params):
    """Adafactor's state before the first update: no update taken, all means zero.

    Args:
        params: dict of float64 arrays of one or two axes, not changed.
    Returns:
        state: whatever ``adafactor_step`` needs between updates, in any form you like. For a matrix of n rows
        and m columns n + m numbers are enough. Nobody but ``adafactor_step`` looks into it.
    Raises:
        ValueError: if a parameter has no axis, or more than two.
    Example:
        >>> params = {"w": np.array([1.0, -1.0])}  # its RMS is 1, so the first step is 0.01 long
        >>> params, state = adafactor_step(params, {"w": np.array([5.0, 300.0])}, adafactor_init(params))
        >>> params["w"].round(6).tolist()
        [0.99, -1.01]
    """
    for key, value in params.items():
        if np.ndim(value) not in (1, 2):
            raise ValueError(
                f"a parameter must have one axis or two, got {key!r} of shape {np.shape(value)}; "
                "reshape it first"
            )
    ### BEGIN SOLUTION
    rows = {key: np.zeros(value.shape[:1]) for key, value in params.items()}
    columns = {key: np.zeros(value.shape[1:]) for key, value in params.items()}
    return {"t": 0, "rows": rows, "columns": columns}
    ### END SOLUTION


def adafactor_step(params, grads, state, *, lr=0.01, beta2_decay=-0.8, eps=(1e-30, 1e-3), d=1.0):
    r"""One update by Adafactor: the second moment of a matrix from the means of its rows and columns.

    The counter t is 1 in the first update, and β = 1 - t^beta2_decay, which is 0 there. For a matrix, r holds
    a number a row and c a number a column:

    .. math::
        r \leftarrow \beta r + (1 - \beta) \operatorname{mean}_{\text{each row}}(g^2 + \varepsilon_1),\quad
        c \leftarrow \beta c + (1 - \beta) \operatorname{mean}_{\text{each column}}(g^2 + \varepsilon_1),\quad
        v_{ij} = \frac{r_i\, c_j}{\operatorname{mean}(r)}

    For a vector v ← βv + (1 - β)(g² + ε₁), one number an entry. Then, for each parameter on its own,

    .. math::
        u = \frac{g}{\sqrt v},\quad
        u \leftarrow \frac{u}{\max(1, \operatorname{RMS}(u) / d)},\quad
        w \leftarrow w - \max(\varepsilon_2, \operatorname{RMS}(w)) \cdot \min(lr, 1/\sqrt t) \cdot u

    where the RMS of an array is the root of the mean of its squares, and that of w is taken before the
    update.

    Args:
        params, grads: dicts of float64 arrays of one or two axes, with the same keys and shapes; not changed.
            The caller may have set the weights anew since the step before.
        state: from ``adafactor_init`` or from the step before, not changed.
        lr: the largest relative rate, at least 0.
        beta2_decay: the exponent of t, below 0.
        eps: (ε₁, ε₂): ε₁ is added to the squares, ε₂ is the smallest size that a parameter is taken to have.
        d: the largest RMS of an update.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params, g = {"W": np.full((2, 2), 2.0)}, np.array([[1.0, 2.0], [2.0, 4.0]])
        >>> params, state = adafactor_step(params, {"W": g}, adafactor_init(params))
        >>> params["W"].round(6).tolist()  # g² is rows times columns: v is exact, all steps alike
        [[1.98, 1.98], [1.98, 1.98]]

    Source: Shazeer & Stern 2018, algorithms 4 and 5; torch.optim.Adafactor(eps=eps) is equal where no whole
    row or column of gradients is zero: it adds no ε₁ but bounds v from below.
    """
    check_grads(params, grads)
    check_hyper(lr=lr, beta2_decay=beta2_decay, d=d)
    eps1, eps2 = eps
    ### BEGIN SOLUTION
    t = state["t"] + 1
    beta = 1 - t**beta2_decay
    new_params, rows, columns = {}, {}, {}
    for key, g in grads.items():
        w, squares = params[key], g**2 + eps1
        if g.ndim == 2:
            rows[key] = beta * state["rows"][key] + (1 - beta) * squares.mean(axis=1)
            columns[key] = beta * state["columns"][key] + (1 - beta) * squares.mean(axis=0)
            v = np.outer(rows[key], columns[key]) / rows[key].mean()
        else:
            rows[key], columns[key] = beta * state["rows"][key] + (1 - beta) * squares, None
            v = rows[key]
        u = g / np.sqrt(v)
        u = u / max(1.0, np.sqrt(np.mean(u**2)) / d)
        rate = max(eps2, np.sqrt(np.mean(w**2))) * min(lr, 1 / np.sqrt(t))
        new_params[key] = w - rate * u
    return new_params, {"t": t, "rows": rows, "columns": columns}
    ### END SOLUTION


def accumulate_gradients(grad_fn, params, batches):
    r"""The gradient of one large batch, from small batches that fit into the memory.

    .. math:: g = \frac{\sum_b n_b\, g_b}{\sum_b n_b}

    where g_b is the **mean** gradient of the n_b examples of batch b. It is the mean over all examples; the
    mean of the batches' means is not, as soon as a batch is shorter than the others.

    Args:
        grad_fn: function; ``grad_fn(params, batch)`` gives the mean gradient of this batch, a dict with the
            keys of ``params`` and new arrays. It is called once for each batch, in their order, with
            ``params`` as they are.
        params: dict of float64 arrays, not changed.
        batches: list of int arrays, the numbers of the examples in each batch; at least one example each.
            An example that comes twice counts twice.
    Returns:
        grads: dict with the keys and shapes of ``params``.
    Raises:
        ValueError: if there is no batch, or an empty one.
    Example:
        >>> x = np.array([1.0, 2.0, 3.0, 10.0])
        >>> def grad_fn(params, batch):
        ...     return {"w": np.array([np.mean(x[batch])])}
        >>> batches = [np.array([0, 1, 2]), np.array([3])]
        >>> accumulate_gradients(grad_fn, {"w": np.zeros(1)}, batches)["w"].tolist()
        [4.0]

    Source: the mean is linear. With batch normalisation the two differ, as small batches have other
    statistics.
    """
    if not batches or min(len(batch) for batch in batches) == 0:
        raise ValueError("batches must hold at least one example each, got none; leave empty batches out")
    ### BEGIN SOLUTION
    total = {key: np.zeros_like(value) for key, value in params.items()}
    for batch in batches:
        grads = grad_fn(params, batch)
        total = {key: total[key] + len(batch) * grads[key] for key in total}
    seen = sum(len(batch) for batch in batches)
    return {key: value / seen for key, value in total.items()}
    ### END SOLUTION


def to_bfloat16(x):
    r"""Round float32 numbers to the nearest bfloat16 (ties to even), and give them back as float32.

    A bfloat16 is the upper half of a float32: its sign, its 8 bits of exponent, and 7 of its 23 bits of
    fraction. The lower 16 bits are rounded away: up where they are more than half of the last bit that stays,
    down where they are less; exactly half goes to the neighbour whose last bit is 0. Rounding up may carry
    into the exponent, which is right: numbers beyond the largest bfloat16 become infinite. Infinities stay,
    NaN stays NaN.

    Args:
        x: float32 array of any shape, not changed. ``x.view(np.uint32)`` shows its bits as whole numbers, and
            ``.view(np.float32)`` takes such bits for floats again.
    Returns:
        float32 array of the same shape.
    Raises:
        ValueError: if x is no float32 array.
    Example:
        >>> to_bfloat16(np.array([1.0, 1.003, 1.005, 300.0, 301.0, 303.0], dtype=np.float32)).tolist()
        [1.0, 1.0, 1.0078125, 300.0, 300.0, 304.0]

    Source: equal to torch.tensor(x).to(torch.bfloat16).to(torch.float32).
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float32:
        raise ValueError(f"x must be a float32 array, got {type(x).__name__}; np.float32 is a cast away")
    ### BEGIN SOLUTION
    bits = np.ascontiguousarray(x).view(np.uint32)
    last = (bits >> 16) & 1
    rounded = (bits + 0x7FFF + last) & 0xFFFF0000
    return np.where(np.isnan(x), x, rounded.astype(np.uint32).view(np.float32).reshape(x.shape))
    ### END SOLUTION


def loss_scaled_init(params, *, scale=2.0**16):
    """State before the first update: the first loss scale, and no good step so far.

    Args:
        params: dict of float64 arrays, not changed; the scale does not depend on them.
        scale: the first loss scale, greater than 0.
    Returns:
        state: whatever ``loss_scaled_step`` needs between updates, in any form you like.
        Nobody but ``loss_scaled_step`` looks into it.
    Raises:
        ValueError: if ``scale`` is not greater than 0.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> def grad_fn(half, scale):  # the gradient is 1e-8, which float16 would round to 0
        ...     return {"w": np.array([1e-8 * scale], dtype=np.float16)}
        >>> params, _ = loss_scaled_step(params, grad_fn, loss_scaled_init(params), lr=1e7)
        >>> params["w"].round(4).tolist()
        [0.9]
    """
    check_hyper(scale=scale)
    ### BEGIN SOLUTION
    return {"scale": scale, "good": 0}
    ### END SOLUTION


def loss_scaled_step(params, grad_fn, state, *, lr, growth_interval=2000):
    """One step of gradient descent with gradients in float16, the loss scaled so that they are not lost.

    1. Ask for the gradients of scale · loss, once: ``grad_fn(half, scale)``, where ``half`` is ``params`` in
       float16.
    2. If any of them is infinite or NaN, in any array, nothing moves, and the scale of the next step is half
       of this one's.
    3. Otherwise the gradients are converted to float64 **and then** divided by the scale, and w ← w - lr·g.
       After ``growth_interval`` such steps in a row the scale is doubled, and counting begins again.

    A step without movement begins the counting again as well. The weights that are kept are ``params``, in
    float64 (the "master weights"): a step that is too short for float16 adds up in them.

    Args:
        params: dict of float64 arrays, not changed. The caller may have set the weights anew since the step
            before.
        grad_fn: function; ``grad_fn(half, scale)`` gives a dict of float16 arrays with the keys of
            ``params``, the gradients of scale · loss at the float16 parameters ``half``.
        state: from ``loss_scaled_init`` or from the step before, not changed.
        lr: learning rate, at least 0.
        growth_interval: good steps in a row before the scale is doubled, at least 1.
    Returns:
        (params, state): new arrays in float64, also where nothing moves; the new state.
    Raises:
        ValueError: if a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = loss_scaled_init(params, scale=8.0)
        >>> def grad_fn(half, scale):
        ...     print(half["w"].dtype, scale)
        ...     return {"w": np.array([scale if scale < 8 else np.inf], dtype=np.float16)}
        >>> for _ in range(4):
        ...     params, state = loss_scaled_step(params, grad_fn, state, lr=0.25, growth_interval=2)
        float16 8.0
        float16 4.0
        float16 4.0
        float16 8.0
        >>> params["w"].tolist()  # two of the four steps were taken
        [0.5]

    Source: Micikevicius et al. 2018; the rule for the scale is that of torch.amp.GradScaler with its usual
    factors.
    """
    check_hyper(lr=lr, growth_interval=growth_interval)
    ### BEGIN SOLUTION
    scale = state["scale"]
    half = {key: w.astype(np.float16) for key, w in params.items()}
    grads = grad_fn(half, scale)
    if not all(np.all(np.isfinite(g)) for g in grads.values()):
        return {key: w.copy() for key, w in params.items()}, {"scale": scale / 2, "good": 0}
    new_params = {key: w - lr * grads[key].astype(np.float64) / scale for key, w in params.items()}
    good = state["good"] + 1
    if good == growth_interval:
        scale, good = 2 * scale, 0
    return new_params, {"scale": scale, "good": good}
    ### END SOLUTION


def noise_scale(small, big, *, b_small, b_big):
    r"""The gradient-noise scale: how large a batch must be until noise and gradient are alike.

    With the means n_small and n_big of the squared norms, over all batches of each size:

    .. math::
        |G|^2 = \frac{b_{\text{big}}\, n_{\text{big}} - b_{\text{small}}\, n_{\text{small}}}
        {b_{\text{big}} - b_{\text{small}}},\quad
        S = \frac{n_{\text{small}} - n_{\text{big}}}{1/b_{\text{small}} - 1/b_{\text{big}}},\quad
        B = \frac{S}{|G|^2}

    |G|² estimates the squared norm of the true gradient, S the variance of one example's gradient, summed
    over its entries; a batch of b has the squared norm |G|² + S/b on average. Take the means first and divide
    once, at the end.

    Args:
        small: float64 array (k,), the **squared** norms of the gradients of k batches of ``b_small``
            examples.
        big: float64 array (l,), those of l batches of ``b_big`` examples; k and l may differ.
        b_small, b_big: numbers of examples, 1 <= b_small < b_big.
    Returns:
        B, a float: ``inf`` if |G|² is not above 0, for then noise is all that is seen; otherwise negative if
        S is.
    Raises:
        ValueError: if the sizes are out of order, or an array is empty.
    Example:
        >>> noise_scale(np.array([5.0, 7.0]), np.array([3.0]), b_small=2, b_big=8)  # |G|² = 2, S = 8
        4.0

    Source: McCandlish et al. 2018, appendix A.1.
    """
    if not 1 <= b_small < b_big or np.size(small) == 0 or np.size(big) == 0:
        raise ValueError(
            f"1 <= b_small < b_big must hold, and both sizes need a batch, got {b_small} and {b_big} with "
            f"{np.size(small)} and {np.size(big)} batches; b_big = 8·b_small is a start"
        )
    ### BEGIN SOLUTION
    n_small, n_big = np.mean(small), np.mean(big)
    signal = (b_big * n_big - b_small * n_small) / (b_big - b_small)
    noise = (n_small - n_big) / (1 / b_small - 1 / b_big)
    return float(noise / signal) if signal > 0 else np.inf
    ### END SOLUTION


def mixup(X, Y, *, alpha, rng):
    r"""Mix each example of a batch with another one of it, its target with the other's.

    .. math::
        \lambda \sim \operatorname{Beta}(\alpha, \alpha),\quad
        \tilde x_i = \lambda x_i + (1 - \lambda)\, x_{\pi(i)},\quad
        \tilde y_i = \lambda y_i + (1 - \lambda)\, y_{\pi(i)}

    There is **one** λ and one random permutation π for the whole batch, the same for X and Y. How they are
    drawn from ``rng`` is up to you; ``rng.beta`` and ``rng.permutation`` will do.

    Args:
        X: float64 array (batch, …), not changed.
        Y: float64 array (batch, classes), the targets as one-hot rows; not changed.
        alpha: α, greater than 0; small values mix little.
        rng: a ``numpy.random.Generator``.
    Returns:
        (X, Y): the mixed arrays, of the same shapes.
    Raises:
        ValueError: if X and Y differ in length, or alpha is not greater than 0.
    Example:
        >>> X, Y = mixup(np.ones((3, 2)), np.eye(3), alpha=0.2, rng=np.random.default_rng(0))
        >>> X.round(6).tolist(), Y.sum(axis=1).round(6).tolist()  # each target still adds up to 1
        ([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]], [1.0, 1.0, 1.0])

    Source: Zhang et al. 2018.
    """
    check_hyper(alpha=alpha)
    if len(X) != len(Y):
        raise ValueError(f"X and Y must have one length, got {len(X)} and {len(Y)}; a row of Y is a target")
    ### BEGIN SOLUTION
    lam = rng.beta(alpha, alpha)
    order = rng.permutation(len(X))
    return lam * X + (1 - lam) * X[order], lam * Y + (1 - lam) * Y[order]
    ### END SOLUTION


def drop_path(x, *, p, training, rng):
    """Stochastic depth: drop the output of a residual branch for whole examples.

    While training each example is replaced by zeros with probability ``p``, independently of the others, and
    the examples that stay are divided by 1 - p, so that the mean is kept. Otherwise the answer equals x.

    Args:
        x: float64 array (batch, …), the output of a branch before it is added; not changed.
        p: probability of dropping an example, in [0, 1).
        training: whether to drop.
        rng: a ``numpy.random.Generator``; how you draw from it is up to you.
    Returns:
        float64 array of the shape of x, a new one in any case.
    Raises:
        ValueError: if p is out of range.
    Example:
        >>> drop_path(np.ones((2, 2)), p=0.5, training=False, rng=np.random.default_rng(0)).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
        >>> y = drop_path(np.ones((99, 2)), p=0.5, training=True, rng=np.random.default_rng(0))
        >>> np.unique(y, axis=0).tolist()
        [[0.0, 0.0], [2.0, 2.0]]

    Source: Huang et al. 2016, in the form of torchvision.ops.StochasticDepth(mode="row"): the paper scales at
    inference instead.
    """
    check_hyper(p=p)
    ### BEGIN SOLUTION
    if not training:
        return x.copy()
    kept = rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p
    return x * kept / (1 - p)
    ### END SOLUTION


def sample_text(logits, *, temperature=1.0, top_k=None, rng):
    r"""Draw one token from a network's logits.

    .. math:: P(i) = \frac{e^{z_i / \tau}}{\sum_j e^{z_j / \tau}}

    over the ``top_k`` tokens with the largest logits z, all others have probability 0. At the temperature τ =
    0 the answer is the token with the largest logit. Of equal logits the lower number counts as the larger
    one. It must be right for logits of ±1000 as well. How you draw from ``rng`` is up to you.

    Args:
        logits: float64 array (n_tokens,), not changed.
        temperature: τ, at least 0: below 1 the likely tokens become likelier.
        top_k: how many tokens may be drawn, from 1 to n_tokens; None is all.
        rng: a ``numpy.random.Generator``.
    Returns:
        The number of the token, an int.
    Raises:
        ValueError: if the temperature is below 0, or top_k is out of range.
    Example:
        >>> logits = np.array([1.0, 3.0, 3.0, -2.0])
        >>> sample_text(logits, temperature=0.0, rng=np.random.default_rng(0))
        1
        >>> rng = np.random.default_rng(0)
        >>> sorted({sample_text(logits, temperature=2.0, top_k=3, rng=rng) for _ in range(200)})
        [0, 1, 2]

    Source: Fan, Lewis & Dauphin 2018 (top-k).
    """
    check_hyper(temperature=temperature)
    if top_k is not None and not 1 <= top_k <= len(logits):
        raise ValueError(f"top_k must lie from 1 to {len(logits)}, got {top_k}; None takes all tokens")
    ### BEGIN SOLUTION
    likeliest = np.argsort(-logits, kind="stable")[:top_k]
    if temperature == 0:
        return int(likeliest[0])
    z = (logits[likeliest] - logits[likeliest[0]]) / temperature
    probs = np.exp(z) / np.sum(np.exp(z))
    return int(rng.choice(likeliest, p=probs))
    ### END SOLUTION


def new_transformer(n_tokens, *, length, width, n_layers, rng):
    """Parameters of a very small transformer, as a dict (given).

    Args:
        n_tokens: how many different tokens there are.
        length: the longest text that it sees.
        width: numbers a position; the hidden layers are four times as wide.
        n_layers: attention and hidden layer count as one.
        rng: a ``numpy.random.Generator``.
    Returns:
        dict of float64 arrays: ``token``, ``place``, ``head``, and for layer i the matrices ``q0``, ``k0``,
        ``v0``, ``out0``, ``up0``, ``down0`` and the scales ``before0``, ``between0``; the last scale is
        ``last``.
    """

    def matrix(rows, columns, gain=1.0):
        return gain * rng.normal(size=(rows, columns)) / np.sqrt(rows)

    token, place = 0.1 * rng.normal(size=(n_tokens, width)), 0.1 * rng.normal(size=(length, width))
    params = {"token": token, "place": place}
    gain = 1 / np.sqrt(2 * n_layers)  # what is added to the stream starts small
    for i in range(n_layers):
        params |= {f"{name}{i}": matrix(width, width) for name in "qkv"}
        params |= {f"out{i}": matrix(width, width, gain), f"up{i}": matrix(width, 4 * width)}
        params |= {f"down{i}": matrix(4 * width, width, gain)}
        params |= {f"before{i}": np.ones(width), f"between{i}": np.ones(width)}
    return params | {"last": np.ones(width), "head": matrix(width, n_tokens)}


def transformer_forward(params, tokens, *, n_heads):
    """Logits of the next token at every position, with your ``rms_norm`` and ``causal_attention`` (given).

    Args:
        params: dict from ``new_transformer``.
        tokens: int array (batch, time).
        n_heads: heads of the attention; it divides the width.
    Returns:
        (logits, kept): a float64 array (batch, time, n_tokens); what ``transformer_backward`` needs.
    """
    batch, time = tokens.shape
    stream, kept = params["token"][tokens] + params["place"][:time], []
    for i in range(sum(key.startswith("out") for key in params)):
        normed = rms_norm(stream, params[f"before{i}"])
        q, k, v = (
            (normed @ params[f"{name}{i}"]).reshape(batch, time, n_heads, -1).swapaxes(1, 2) for name in "qkv"
        )
        heads = causal_attention(q, k, v).swapaxes(1, 2).reshape(stream.shape)
        middle = stream + heads @ params[f"out{i}"]
        ready = rms_norm(middle, params[f"between{i}"])
        hidden = np.maximum(ready @ params[f"up{i}"], 0.0)
        kept.append((stream, normed, q, k, v, heads, middle, ready, hidden))
        stream = middle + hidden @ params[f"down{i}"]
    last = rms_norm(stream, params["last"])
    return last @ params["head"], (tokens, stream, last, kept)


def transformer_backward(grad_logits, params, kept):
    """Gradients of all parameters, with your ``rms_norm_backward`` and ``causal_attention_backward`` (given).

    Args:
        grad_logits: float64 array (batch, time, n_tokens), the gradient with respect to the logits.
        params: as they were given to ``transformer_forward``.
        kept: what ``transformer_forward`` returned beside the logits.
    Returns:
        dict with the keys and shapes of ``params``.
    """

    def weight(below, above):  # the gradient of W in below @ W, summed over examples and positions
        return below.reshape(-1, below.shape[-1]).T @ above.reshape(-1, above.shape[-1])

    tokens, stream, last, layers = kept
    grads = {"head": weight(last, grad_logits)}
    flow, grads["last"] = rms_norm_backward(grad_logits @ params["head"].T, stream, params["last"])
    for i, (stream, normed, q, k, v, heads, middle, ready, hidden) in reversed(list(enumerate(layers))):
        grads[f"down{i}"] = weight(hidden, flow)
        grad_hidden = flow @ params[f"down{i}"].T * (hidden > 0)
        grads[f"up{i}"] = weight(ready, grad_hidden)
        branch, grads[f"between{i}"] = rms_norm_backward(
            grad_hidden @ params[f"up{i}"].T, middle, params[f"between{i}"]
        )
        flow = flow + branch  # the stream, and what came through the hidden layer
        grads[f"out{i}"] = weight(heads, flow)
        grad_heads = (flow @ params[f"out{i}"].T).reshape(q.swapaxes(1, 2).shape).swapaxes(1, 2)
        branch = np.zeros_like(stream)
        for name, grad in zip("qkv", causal_attention_backward(grad_heads, q, k, v), strict=True):
            grad = grad.swapaxes(1, 2).reshape(stream.shape)
            grads[f"{name}{i}"] = weight(normed, grad)
            branch = branch + grad @ params[f"{name}{i}"].T
        branch, grads[f"before{i}"] = rms_norm_backward(branch, stream, params[f"before{i}"])
        flow = flow + branch
    grads["token"], grads["place"] = np.zeros(params["token"].shape), np.zeros(params["place"].shape)
    np.add.at(grads["token"], tokens, flow)
    grads["place"][: flow.shape[1]] = flow.sum(axis=0)
    return grads
