r"""Adaptive methods: the reference implementations of the assignment ``adaptive``.

Pinned for all of them: parameters and gradients are dicts of float64 arrays with the same keys and shapes.
An optimiser is a pair ``<name>_init(params) -> state`` and ``<name>_step(params, grads, state, *, …) ->
(params, state)``; every number of every parameter has its own memory; functions return new arrays and
change none that they were given; ``state`` is the optimiser's own affair. The graded body stands between
the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import FRACTION, NOT_NEGATIVE, POSITIVE, check_grads, check_ranges
from solutions.given import check_form as check_form


def check_step(params, grads, **hyper):
    """Refuse what no optimiser can take a step with (given: your own code need not check again).

    Args:
        params, grads: dicts of arrays.
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_grads(params, grads)
    rules = {
        "lr": (*NOT_NEGATIVE, "1e-3 is a usual start for Adam"),
        "betas": (lambda xs: all(0 <= x < 1 for x in xs), "lie in [0, 1)", "the usual pair is (0.9, 0.999)"),
        "rho": (*FRACTION, "0.9 or 0.99 is usual"),
        "eps": (*POSITIVE, "1e-8 is usual for Adam"),
        "weight_decay": (*NOT_NEGATIVE, "0.01 is usual"),
        "growth": (*POSITIVE, "1.75 is Fahlman's value"),
        "etas": (
            lambda xs: 0 < xs[0] < 1 < xs[1],
            "be a shrinking and a growing factor, 0 < η⁻ < 1 < η⁺",
            "the usual pair is (0.5, 1.2)",
        ),
        "step_sizes": (
            lambda xs: 0 < xs[0] <= xs[1],
            "be the smallest and the largest step, 0 < smallest <= largest",
            "the usual pair is (1e-6, 50)",
        ),
    }
    check_ranges(hyper, rules)


def rprop_init(params, *, lr=0.01):
    """Rprop's state before the first update: every step size is ``lr``, every previous gradient zero.

    Args:
        params: dict of float64 arrays, not changed.
        lr: the first step size Δ₀ of every weight, greater than 0.
    Returns:
        state: whatever ``rprop_step`` needs between updates, in any form you like.
        Nobody but ``rprop_step`` looks into it.
    Raises:
        ValueError: if ``lr`` is not greater than 0.
    Example:
        >>> params = {"w": np.array([1.0, 2.0])}
        >>> params, state = rprop_step(params, {"w": np.array([1e-4, -1e4])}, rprop_init(params, lr=0.1))
        >>> params["w"].round(6).tolist()
        [0.9, 2.1]
    """
    if not 0 < lr < np.inf:
        raise ValueError(f"lr must be greater than 0 and finite, got {lr}; 0.01 is usual for Rprop")
    ### BEGIN SOLUTION
    delta = {key: np.full_like(value, lr) for key, value in params.items()}
    previous = {key: np.zeros_like(value) for key, value in params.items()}
    return {"delta": delta, "previous": previous}
    ### END SOLUTION


def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
    r"""One update by Rprop, in the form iRprop⁻: a step size for each weight, led by signs alone.

    .. math::
        s = \operatorname{sign}(g \cdot g_{\text{prev}}),\quad
        \Delta \leftarrow \operatorname{clip}(\Delta \cdot f)\ \text{ with }
        f = \eta^+ \text{ if } s > 0,\ \eta^- \text{ if } s < 0,\ 1 \text{ if } s = 0

        g \leftarrow 0 \text{ where } s < 0,\quad
        w \leftarrow w - \operatorname{sign}(g)\, \Delta,\quad
        g_{\text{prev}} \leftarrow g

    Where the sign of a gradient has flipped, the weight stays where it is for this update, and because the
    gradient that is kept is then zero, its step size stays the same in the next one. The first update moves
    every weight by Δ₀, the ``lr`` of ``rprop_init``, clipped like every other step size.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``rprop_init`` or from the step before, not changed.
        etas: (η⁻, η⁺), the shrinking and the growing factor, 0 < η⁻ < 1 < η⁺.
        step_sizes: (smallest, largest), between which every step size is clipped in every update; the limits
            may differ from one update to the next.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = rprop_init(params, lr=0.1)
        >>> for g in (3.0, 2.0, -0.1, -5.0):  # moves by 0.1, by 0.12, not at all, back by 0.06
        ...     params, state = rprop_step(params, {"w": np.array([g])}, state)
        >>> round(float(params["w"][0]), 6)
        0.84

    Source: Igel & Hüsken 2003; torch.optim.Rprop is equal. Rprop⁺ (Riedmiller & Braun 1993) also takes the
    last move back after a flip; Rprop⁻ moves on in the new direction at once.
    """
    check_step(params, grads, etas=etas, step_sizes=step_sizes)
    eta_minus, eta_plus = etas
    smallest, largest = step_sizes
    ### BEGIN SOLUTION
    new_params, delta, previous = {}, {}, {}
    for key, g in grads.items():
        s = np.sign(g * state["previous"][key])
        factor = np.where(s > 0, eta_plus, np.where(s < 0, eta_minus, 1.0))
        delta[key] = np.clip(state["delta"][key] * factor, smallest, largest)
        g = np.where(s < 0, 0.0, g)
        new_params[key] = params[key] - np.sign(g) * delta[key]
        previous[key] = g
    return new_params, {"delta": delta, "previous": previous}
    ### END SOLUTION


def quickprop_init(params):
    """Quickprop's state before the first update: no previous step, no previous slope (both zero).

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``quickprop_step`` needs between updates, in any form you like.
        Nobody but ``quickprop_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = quickprop_step(params, {"w": np.array([2.0])}, quickprop_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()
        [0.8]
    """
    ### BEGIN SOLUTION
    d = {key: np.zeros_like(value) for key, value in params.items()}
    s = {key: np.zeros_like(value) for key, value in params.items()}
    return {"d": d, "s": s}
    ### END SOLUTION


def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
    r"""One update by quickprop: each weight jumps to the minimum of a parabola through its last two slopes.

    Fahlman's slope s = -g points downhill. With it, the previous slope s_p and the previous step d:

    .. math::
        \text{step} = \begin{cases}
            \eta s & \text{if } d = 0 \\
            r\, d + \eta s & \text{if } s\, d > 0 \\
            r\, d & \text{otherwise}
        \end{cases}
        \qquad
        r = \begin{cases}
            \mu & \text{if } s / s_p > \mu / (1 + \mu) \\
            s / (s_p - s) & \text{otherwise}
        \end{cases}

    and w ← w + step; this step and this slope are the next update's d and s_p. μ is ``growth``: it limits
    the parabola's part r·d, and takes its place where the slope has hardly fallen or has grown. Work out r
    first, then the step. A weight whose last step was zero, as in the first update, starts again with η·s,
    whatever r is there. No weight decay, no threshold below which a step counts as zero, no offset of the
    activation's derivative.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``quickprop_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        growth: μ, greater than 0: how many times as long as the last step the parabola's step may be; it may
            differ from one step to the next.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}  # on the parabola 2·w², whose slope is -4·w
        >>> state = quickprop_init(params)
        >>> for _ in range(2):  # the first step overshoots to -1; the second lands in the minimum
        ...     params, state = quickprop_step(params, {"w": 4 * params["w"]}, state, lr=0.5)
        >>> abs(round(float(params["w"][0]), 12))
        0.0

    Source: Fahlman 1988 and the three branches of his program. PyTorch has none.
    """
    check_step(params, grads, lr=lr, growth=growth)
    ### BEGIN SOLUTION
    new_params, step, slope = {}, {}, {}
    for key, g in grads.items():
        d, s_p, s = state["d"][key], state["s"][key], -g
        limited = s * d > growth / (1 + growth) * s_p * d  # d has the sign of s_p, so this is s/s_p > μ/(1+μ)
        r = np.divide(s, s_p - s, out=np.full_like(s, growth), where=~limited & (d != 0))
        jump = r * d + np.where(s * d > 0, lr * s, 0.0)
        step[key] = np.where(d == 0, lr * s, jump)
        slope[key] = s
        new_params[key] = params[key] + step[key]
    return new_params, {"d": step, "s": slope}
    ### END SOLUTION


def adagrad_init(params):
    """Adagrad's state before the first update: every sum of squares is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``adagrad_step`` needs between updates, in any form you like.
        Nobody but ``adagrad_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0, 2.0])}
        >>> params, state = adagrad_step(params, {"w": np.array([0.5, -5.0])}, adagrad_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()
        [0.9, 2.1]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
    r"""One update by Adagrad: the gradient over the root of the sum of all squared gradients so far.

    .. math::
        G \leftarrow G + g^2,\quad
        w \leftarrow w - \eta\, g / (\sqrt{G} + \varepsilon)

    G starts at zero and already holds this update's g² when it divides.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``adagrad_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        eps: ε, greater than 0, added outside the root.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = adagrad_init(params)
        >>> for g in (2.0, 1.5, 1.25, 1.0):  # G is 4, 6.25, 7.8125, 8.8125
        ...     params, state = adagrad_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.761593

    Source: Duchi, Hazan & Singer 2011; torch.optim.Adagrad is equal. Keras and optax start G at 0.1 and add
    ε inside the root.
    """
    check_step(params, grads, lr=lr, eps=eps)
    ### BEGIN SOLUTION
    total = {key: state[key] + g**2 for key, g in grads.items()}
    new_params = {key: params[key] - lr * g / (np.sqrt(total[key]) + eps) for key, g in grads.items()}
    return new_params, total
    ### END SOLUTION


def rmsprop_init(params):
    """RMSProp's state before the first update: every mean of squares is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``rmsprop_step`` needs between updates, in any form you like.
        Nobody but ``rmsprop_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0, 2.0])}
        >>> params, state = rmsprop_step(params, {"w": np.array([0.5, -5.0])}, rmsprop_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()  # the mean of squares is only a hundredth of g² yet
        [0.0, 3.0]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
    r"""One update by RMSProp: the gradient over the root of a leaky mean of its squares.

    .. math::
        v \leftarrow \rho v + (1-\rho)\, g^2,\quad
        w \leftarrow w - \eta\, g / (\sqrt{v} + \varepsilon)

    v starts at zero, is not corrected for it, and already holds this update's g² when it divides.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``rmsprop_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        rho: ρ in [0, 1): how long v remembers; the same in all updates.
        eps: ε, greater than 0, added outside the root.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = rmsprop_init(params)
        >>> for g in (1.0, -1.0, 1.0):
        ...     params, state = rmsprop_step(params, {"w": np.array([g])}, state, lr=0.01, rho=0.9)
        >>> round(float(params["w"][0]), 6)
        0.972109

    Source: Hinton 2012, lecture 6e; torch.optim.RMSprop is equal, where ρ is called alpha. The form without
    (1-ρ) is the same method with η and ε both multiplied by √(1-ρ). Keras and optax add ε inside the root.
    """
    check_step(params, grads, lr=lr, rho=rho, eps=eps)
    ### BEGIN SOLUTION
    mean = {key: rho * state[key] + (1 - rho) * g**2 for key, g in grads.items()}
    new_params = {key: params[key] - lr * g / (np.sqrt(mean[key]) + eps) for key, g in grads.items()}
    return new_params, mean
    ### END SOLUTION


def adadelta_init(params):
    """Adadelta's state before the first update: both means of squares are zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``adadelta_step`` needs between updates, in any form you like.
        Nobody but ``adadelta_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = adadelta_step(params, {"w": np.array([5.0])}, adadelta_init(params))
        >>> params["w"].round(6).tolist()  # the root of ε over the root of a tenth
        [0.996838]
    """
    ### BEGIN SOLUTION
    v = {key: np.zeros_like(value) for key, value in params.items()}
    u = {key: np.zeros_like(value) for key, value in params.items()}
    return {"v": v, "u": u}
    ### END SOLUTION


def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
    r"""One update by Adadelta: the gradient times the size of past steps over the size of gradients.

    .. math::
        v \leftarrow \rho v + (1-\rho)\, g^2,\quad
        \delta = \frac{\sqrt{u + \varepsilon}}{\sqrt{v + \varepsilon}}\, g,\quad
        u \leftarrow \rho u + (1-\rho)\, \delta^2,\quad
        w \leftarrow w - \eta\, \delta

    δ takes the u of before this update, u then takes δ itself: η is not in it.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``adadelta_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the
            next. 1 is the paper's method, which has none.
        rho: ρ in [0, 1): how long u and v remember; the same in all updates.
        eps: ε, greater than 0, added inside both roots.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = adadelta_init(params)
        >>> for g in (1.0, 1.0, -1.0):
        ...     params, state = adadelta_step(params, {"w": np.array([g])}, state)
        >>> round(float(params["w"][0]), 6)
        0.996894

    Source: Zeiler 2012, who takes ρ = 0.95; torch.optim.Adadelta is equal.
    """
    check_step(params, grads, lr=lr, rho=rho, eps=eps)
    ### BEGIN SOLUTION
    new_params, v, u = {}, {}, {}
    for key, g in grads.items():
        v[key] = rho * state["v"][key] + (1 - rho) * g**2
        delta = np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps) * g
        u[key] = rho * state["u"][key] + (1 - rho) * delta**2
        new_params[key] = params[key] - lr * delta
    return new_params, {"v": v, "u": u}
    ### END SOLUTION


def adam_init(params):
    """Adam's state before the first update: both moments are zero, no update has been counted.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``adam_step`` needs between updates, in any form you like.
        Nobody but ``adam_step`` looks into it.
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
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``adam_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        betas: (β₁, β₂), each in [0, 1): how long m and v remember; the same in all updates.
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


def adamax_init(params):
    """AdaMax's state before the first update: mean and maximum are zero, no update has been counted.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``adamax_step`` needs between updates, in any form you like.
        Nobody but ``adamax_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0, 2.0])}
        >>> params, state = adamax_step(params, {"w": np.array([0.5, -5.0])}, adamax_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()
        [0.9, 2.1]
    """
    ### BEGIN SOLUTION
    m = {key: np.zeros_like(value) for key, value in params.items()}
    u = {key: np.zeros_like(value) for key, value in params.items()}
    return {"t": 0, "m": m, "u": u}
    ### END SOLUTION


def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    r"""One update by AdaMax: Adam with a leaky maximum in place of the root of a mean of squares.

    .. math::
        t \leftarrow t + 1,\quad
        m \leftarrow \beta_1 m + (1-\beta_1)\, g,\quad
        u \leftarrow \max(\beta_2 u,\ |g| + \varepsilon),\quad
        w \leftarrow w - \frac{\eta}{1-\beta_1^t} \cdot \frac{m}{u}

    t is 1 in the first update. m starts at zero and is corrected for it; u needs no correction.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``adamax_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        betas: (β₁, β₂), each in [0, 1): how long m and u remember; the same in all updates.
        eps: ε, greater than 0, added to the absolute value of g inside the maximum.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = adamax_init(params)
        >>> for g in (1.0, 4.0, -1.0):
        ...     params, state = adamax_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.804037

    Source: Kingma & Ba 2015, algorithm 2, which has no ε; torch.optim.Adamax and optax are equal. Keras
    divides by u + ε.
    """
    check_step(params, grads, lr=lr, betas=betas, eps=eps)
    beta1, beta2 = betas
    ### BEGIN SOLUTION
    t = state["t"] + 1
    new_params, m, u = {}, {}, {}
    for key, g in grads.items():
        m[key] = beta1 * state["m"][key] + (1 - beta1) * g
        u[key] = np.maximum(beta2 * state["u"][key], np.abs(g) + eps)
        new_params[key] = params[key] - lr / (1 - beta1**t) * m[key] / u[key]
    return new_params, {"t": t, "m": m, "u": u}
    ### END SOLUTION


def nadam_init(params):
    """Nadam's state before the first update: both moments are zero, no update has been counted.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``nadam_step`` needs between updates, in any form you like.
        Nobody but ``nadam_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = nadam_step(params, {"w": np.array([5.0])}, nadam_init(params), lr=0.19)
        >>> params["w"].round(6).tolist()  # longer than lr by β₁/(1+β₁)
        [0.72]
    """
    ### BEGIN SOLUTION
    m = {key: np.zeros_like(value) for key, value in params.items()}
    v = {key: np.zeros_like(value) for key, value in params.items()}
    return {"t": 0, "m": m, "v": v}
    ### END SOLUTION


def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    r"""One update by Nadam, the plain form: Adam whose mean of gradients looks one step ahead.

    .. math::
        t \leftarrow t + 1,\quad
        m \leftarrow \beta_1 m + (1-\beta_1)\, g,\quad
        v \leftarrow \beta_2 v + (1-\beta_2)\, g^2

        \hat m = \frac{\beta_1 m}{1-\beta_1^{t+1}} + \frac{(1-\beta_1)\, g}{1-\beta_1^t},\quad
        \hat v = \frac{v}{1-\beta_2^t},\quad
        w \leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon)

    t is 1 in the first update; m in the second line is the one just computed. The state keeps m and v
    themselves, uncorrected.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``nadam_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        betas: (β₁, β₂), each in [0, 1): how long m and v remember; the same in all updates.
        eps: ε, greater than 0, added outside the root.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = nadam_init(params)
        >>> for g in (1.0, 1.0, -1.0):
        ...     params, state = nadam_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.75522

    Source: Dozat 2016 with a constant β₁, as optax.nadam. torch.optim.NAdam by default follows Dozat's
    schedule of β₁ instead; with momentum_decay=1e3 it is equal.
    """
    check_step(params, grads, lr=lr, betas=betas, eps=eps)
    beta1, beta2 = betas
    ### BEGIN SOLUTION
    t = state["t"] + 1
    m = {key: beta1 * state["m"][key] + (1 - beta1) * g for key, g in grads.items()}
    v = {key: beta2 * state["v"][key] + (1 - beta2) * g**2 for key, g in grads.items()}
    new_params = {}
    for key, g in grads.items():
        ahead = beta1 * m[key] / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
        root = np.sqrt(v[key] / (1 - beta2**t))
        new_params[key] = params[key] - lr * ahead / (root + eps)
    return new_params, {"t": t, "m": m, "v": v}
    ### END SOLUTION


def adamw_init(params):
    """AdamW's state before the first update: Adam's.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``adamw_step`` needs between updates, in any form you like.
        Nobody but ``adamw_step`` looks into it.
    Example:
        >>> params, grads = {"w": np.array([1.0, 2.0])}, {"w": np.array([0.0, -5.0])}
        >>> params, state = adamw_step(params, grads, adamw_init(params), lr=0.1, weight_decay=0.5)
        >>> params["w"].round(6).tolist()
        [0.95, 2.0]
    """
    ### BEGIN SOLUTION
    return adam_init(params)
    ### END SOLUTION


def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    r"""One update by AdamW: an Adam step and, apart from it, a shrinking of every weight.

    .. math:: w \leftarrow w - \eta \lambda w - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon)

    The second term is Adam's step from the gradient alone, and w on the right is the weight before the
    update in both terms: λw enters neither m nor v, as it would if it were added to the gradient. Every
    entry of ``params`` is shrunk; a caller who wants to spare biases leaves them out. You may use your own
    ``adam_init`` and ``adam_step``.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``adamw_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        betas: (β₁, β₂), each in [0, 1): how long m and v remember; the same in all updates.
        eps: ε, greater than 0, added outside the root.
        weight_decay: λ, at least 0; it may differ from one step to the next.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = adamw_init(params)
        >>> for g in (1.0, 1.0, -1.0):
        ...     params, state = adamw_step(params, {"w": np.array([g])}, state, lr=0.1, weight_decay=0.5)
        >>> round(float(params["w"][0]), 6)
        0.645926

    Source: Loshchilov & Hutter 2019; torch.optim.AdamW is equal. In the paper the decay is multiplied by the
    schedule's factor alone and not by η.
    """
    check_step(params, grads, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    ### BEGIN SOLUTION
    moved, new_state = adam_step(params, grads, state, lr=lr, betas=betas, eps=eps)
    new_params = {key: moved[key] - lr * weight_decay * params[key] for key in params}
    return new_params, new_state
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
