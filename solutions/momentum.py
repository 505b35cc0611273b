r"""Momentum and Nesterov: the reference implementations of the assignment ``momentum``.

Pinned for all optimisers: parameters and gradients are dicts of float64 arrays with the same keys and shapes.
An optimiser is a pair ``<name>_init(params) -> state`` and ``<name>_step(params, grads, state, *, …) ->
(params, state)``; every number of every parameter has a velocity of its own, zero before the first update;
functions return new arrays and change none that they were given; ``state`` is the optimiser's own affair.
μ is called ``momentum``, as in PyTorch. The graded body stands between the two markers, argument checks
stand above it.
"""

import numpy as np

from solutions.given import FRACTION, NOT_NEGATIVE, check_grads, check_ranges
from solutions.given import check_form as check_form


def check_hyper(**hyper):
    """Refuse hyperparameters out of range (given: your own code need not check again).

    Args:
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    rules = {
        "lr": (*NOT_NEGATIVE, "0.01 is a usual start"),
        "momentum": (*FRACTION, "0.9 is usual, 0.99 for a long memory"),
        "beta": (*FRACTION, "0.9 averages over about ten values"),
        "damping": (*NOT_NEGATIVE, "0 is Newton's own step"),
    }
    check_ranges(hyper, rules)


def check_step(params, grads, **hyper):
    """Refuse what no optimiser can take a step with (given: your own code need not check again).

    Args:
        params, grads: dicts of arrays.
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_hyper(**hyper)
    check_grads(params, grads)


def check_newton(w, grad, hessian, damping):
    """Refuse what has no Newton step (given: your own code need not check again).

    Args:
        w, grad, hessian, damping: the arguments of ``newton_step``.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_hyper(damping=damping)
    n = np.size(w)
    if np.shape(w) != (n,) or np.shape(grad) != (n,) or np.shape(hessian) != (n, n):
        raise ValueError(
            f"w and grad must have the shape (n,) and hessian (n, n), got {np.shape(w)}, {np.shape(grad)} "
            f"and {np.shape(hessian)}; put several parameters one after the other into one vector"
        )
    if not np.allclose(hessian, np.transpose(hessian)):
        raise ValueError("hessian must be symmetric, got one that is not; second derivatives commute")
    curvatures = np.abs(np.linalg.eigvalsh(hessian) + damping)
    if curvatures.min() <= n * np.finfo(float).eps * curvatures.max():
        raise ValueError(
            f"the damped Hessian must be invertible, got the curvatures {curvatures} (absolute values); "
            "along a flat direction there is no Newton step: choose another damping"
        )


def newton_step(w, grad, hessian, *, damping=0.0):
    r"""One damped Newton step: to where the gradient of the quadratic that the derivatives describe is zero.

    .. math:: (H + \delta I)\, p = g,\quad w \leftarrow w - p

    I is the identity matrix: ones on the diagonal, zeros elsewhere. In a bowl the damping δ shortens the
    step, most where the curvature is small. The linear system is solved (``np.linalg.solve``); the inverse of
    H is not formed, for with very different curvatures its rounding errors spoil the step. On a quadratic,
    with δ = 0, one step lands where the gradient is zero, be it a minimum, a maximum or a saddle (a minimum
    in one direction, a maximum in another).

    Args:
        w: (n,) float64 array, the point; not changed.
        grad: (n,) float64 array, the gradient g at w; not changed.
        hessian: (n, n) symmetric float64 array, the second derivatives H at w; not changed.
        damping: δ, at least 0; added to every diagonal entry of H, as it is.
    Returns:
        (n,) float64 array: the new point.
    Raises:
        ValueError: if shapes do not fit, H is not symmetric, H + δI has no inverse, or damping is out of
            range.
    Example:
        >>> H = np.array([[2.0, 1.0], [1.0, 3.0]])
        >>> minimum = np.array([1.0, -2.0])
        >>> w = np.array([10.0, 10.0])
        >>> newton_step(w, H @ (w - minimum), H).round(6).tolist()
        [1.0, -2.0]

    Source: Nocedal & Wright 2006, ch. 3; the damping of Levenberg 1944. Marquardt's (1963) is in proportion
    to H's diagonal instead.
    """
    check_newton(w, grad, hessian, damping)
    ### BEGIN SOLUTION
    p = np.linalg.solve(hessian + damping * np.eye(len(w)), grad)
    return w - p
    ### END SOLUTION


def ewma(xs, *, beta, corrected=False):
    r"""Exponentially weighted moving average of a series, after each of its values.

    .. math::
        v_0 = 0,\quad v_t = \beta v_{t-1} + (1-\beta)\, x_t,\quad
        \hat v_t = v_t / (1-\beta^t)

    t is 1 at the first value. v starts at zero and is too small at first: the weights that it has handed out
    until t add up to 1 - βᵗ. The corrected average is divided by that; the recursion itself goes on with the
    uncorrected v. The memory is about 1/(1-β) values long.

    Args:
        xs: (n, …) float64 array, n at least 1: the series along the first axis; not changed.
        beta: β in [0, 1), the weight of what was there before.
        corrected: whether to return v̂ or v.
    Returns:
        float64 array of the shape of ``xs``: the average after each value.
    Raises:
        ValueError: if there is no value, or beta is out of range.
    Example:
        >>> xs = np.array([7.5, 4.0, 6.0, 8.0])
        >>> ewma(xs, beta=0.9).round(5).tolist()
        [0.75, 1.075, 1.5675, 2.21075]
        >>> ewma(xs, beta=0.9, corrected=True).round(3).tolist()
        [7.5, 5.658, 5.784, 6.428]

    Source: the first moment of Kingma & Ba 2015. pandas' ewm(adjust=False) starts from the first value
    instead, its ewm(adjust=True) is the corrected average.
    """
    check_hyper(beta=beta)
    if np.ndim(xs) == 0 or len(xs) == 0:
        raise ValueError(f"xs must hold at least one value, got the shape {np.shape(xs)}; give a series")
    ### BEGIN SOLUTION
    v, averages = 0.0, np.empty(np.shape(xs))
    for t, x in enumerate(xs, start=1):
        v = beta * v + (1 - beta) * x
        averages[t - 1] = v / (1 - beta**t) if corrected else v
    return averages
    ### END SOLUTION


def momentum_init(params):
    """Momentum's state before the first update: every velocity is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``momentum_step`` needs between updates, in any form you like.
        Nobody but ``momentum_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = momentum_step(params, {"w": np.array([2.0])}, momentum_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()
        [0.8]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def momentum_step(params, grads, state, *, lr, momentum=0.9):
    r"""One update by momentum in the plain form: gradients add up in a velocity, which friction slows.

    .. math::
        v \leftarrow \mu v + g,\quad
        w \leftarrow w - \eta\, v

    The velocity knows nothing of the learning rate: a rate that changes scales the whole next step at once.
    While the gradient stays the same, steps grow to 1/(1-μ) times the first.

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed. The caller may have
            set the weights anew since the step before.
        state: from ``momentum_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        momentum: μ in [0, 1), what is left of the velocity after a step; it too may differ.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = momentum_init(params)
        >>> for g in (1.0, 1.0, 0.0):  # moves by 0.1, 0.19 and, the gradient gone, 0.171
        ...     params, state = momentum_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.539

    Source: torch.optim.SGD. ``velocity_step`` and ``averaged_momentum_step`` are the other two forms.
    """
    check_step(params, grads, lr=lr, momentum=momentum)
    ### BEGIN SOLUTION
    v = {key: momentum * state[key] + g for key, g in grads.items()}
    return {key: params[key] - lr * v[key] for key in params}, v
    ### END SOLUTION


def velocity_init(params):
    """The state of momentum in its inside form before the first update: every velocity is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``velocity_step`` needs between updates, in any form you like.
        Nobody but ``velocity_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = velocity_step(params, {"w": np.array([2.0])}, velocity_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()
        [0.8]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def velocity_step(params, grads, state, *, lr, momentum=0.9):
    r"""One update by momentum with the learning rate inside: the velocity is the step itself.

    .. math::
        v \leftarrow \mu v - \eta\, g,\quad
        w \leftarrow w + v

    Each gradient is scaled by the rate of its own update once and for all: what is already rolling keeps its
    speed when the rate changes. At a constant rate these are the steps of the plain form.

    Args:
        params, grads, state, lr, momentum: as in ``momentum_step``, state from ``velocity_init``.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([0.0])}
        >>> state = velocity_init(params)
        >>> for lr in (0.1, 0.0, 0.0):  # no rate, no push; but it rolls on, by 0.09 and 0.081
        ...     params, state = velocity_step(params, {"w": np.array([-1.0])}, state, lr=lr)
        >>> round(float(params["w"][0]), 6)
        0.271

    Source: Polyak 1964; Sutskever et al. 2013, eq. 1 and 2; Keras. torch.optim.SGD is equal while the rate is
    constant.
    """
    check_step(params, grads, lr=lr, momentum=momentum)
    ### BEGIN SOLUTION
    v = {key: momentum * state[key] - lr * g for key, g in grads.items()}
    return {key: params[key] + v[key] for key in params}, v
    ### END SOLUTION


def averaged_momentum_init(params):
    """The state of momentum in its averaged form before the first update: every mean is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``averaged_momentum_step`` needs between updates, in any form you like.
        Nobody but ``averaged_momentum_step`` looks into it.
    Example:
        >>> params, grads = {"w": np.array([1.0])}, {"w": np.array([2.0])}
        >>> params, state = averaged_momentum_step(params, grads, averaged_momentum_init(params), lr=1.0)
        >>> params["w"].round(6).tolist()
        [0.8]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
    r"""One update by momentum in the averaged form: along the exponentially weighted mean of gradients.

    .. math::
        v \leftarrow \mu v + (1-\mu)\, g,\quad
        w \leftarrow w - \eta\, v

    v is ``ewma`` without correction: the first steps are short. While the gradient stays the same, steps grow
    to those of plain gradient descent.

    Args:
        params, grads, state, lr, momentum: as in ``momentum_step``, state from ``averaged_momentum_init``.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = averaged_momentum_init(params)
        >>> for g in (1.0, 1.0, 0.0):  # the moves of momentum_step's example, at ten times its rate
        ...     params, state = averaged_momentum_step(params, {"w": np.array([g])}, state, lr=1.0)
        >>> round(float(params["w"][0]), 6)
        0.539

    Source: the numerator of Adam (Kingma & Ba 2015). torch's ``dampening=μ`` is not this: it leaves the first
    gradient undamped.
    """
    check_step(params, grads, lr=lr, momentum=momentum)
    ### BEGIN SOLUTION
    v = {key: momentum * state[key] + (1 - momentum) * g for key, g in grads.items()}
    return {key: params[key] - lr * v[key] for key in params}, v
    ### END SOLUTION


def convert_lr(lr, momentum, *, source, target):
    r"""The learning rate by which one form of momentum takes the steps of another.

    The forms are ``"plain"`` (``momentum_step``), ``"inside"`` (``velocity_step``) and ``"averaged"``
    (``averaged_momentum_step``), all with the same constant μ and a constant rate. From the same start and
    with the same gradients they walk the same path if

    .. math:: \eta_{\text{plain}} = \eta_{\text{inside}} = (1-\mu)\, \eta_{\text{averaged}}

    Args:
        lr: the learning rate of the form ``source``, a number, at least 0.
        momentum: μ in [0, 1).
        source, target: each one of "plain", "inside", "averaged"; they may be the same.
    Returns:
        float: the learning rate of the form ``target``.
    Raises:
        ValueError: if a form is unknown or a hyperparameter is out of range.
    Example:
        >>> round(convert_lr(0.1, 0.9, source="plain", target="averaged"), 6)
        1.0
        >>> round(convert_lr(0.1, 0.75, source="averaged", target="inside"), 6)
        0.025

    Source: put the three recursions side by side. With a rate that changes, only plain and averaged can be
    converted into each other, step by step; the inside form takes other steps.
    """
    check_hyper(lr=lr, momentum=momentum)
    for form in (source, target):
        if form not in ("plain", "inside", "averaged"):
            raise ValueError(f"a form must be plain, inside or averaged, got {form!r}; see the docstring")
    ### BEGIN SOLUTION
    plain = lr * (1 - momentum) if source == "averaged" else lr
    return plain / (1 - momentum) if target == "averaged" else plain
    ### END SOLUTION


def nesterov_lookahead_init(params):
    """The state of Nesterov's method in its look-ahead form before the first update: every velocity is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``nesterov_lookahead_step`` needs between updates, in any form you like.
        Nobody but ``nesterov_lookahead_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = nesterov_lookahead_init(params)
        >>> params, state = nesterov_lookahead_step(params, lambda params: params, state, lr=0.2)
        >>> params["w"].round(6).tolist()
        [0.8]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def nesterov_lookahead_step(params, grad_fn, state, *, lr, momentum=0.9):
    r"""One update by Nesterov's method: first coast, then measure the slope there, then correct.

    .. math::
        v \leftarrow \mu v - \eta\, \nabla f(w + \mu v),\quad
        w \leftarrow w + v

    The gradient is taken where the old velocity alone would carry the weights, all of them together. The step
    starts from w, not from there. ``grad_fn`` is called once; the arrays that it returns may be its own, and
    are not changed.

    Args:
        params: dict of float64 arrays, not changed. The caller may have set the weights anew since the step
            before.
        grad_fn: function from a dict like ``params`` to the dict of gradients at that point.
        state: from ``nesterov_lookahead_init`` or from the step before, not changed.
        lr: learning rate η, at least 0; it may differ from one step to the next.
        momentum: μ in [0, 1), what is left of the velocity after a step; it too may differ.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if a hyperparameter is out of range.
    Example:
        >>> def slope(params):
        ...     return {"w": 2 * params["w"]}  # of the bowl w²
        >>> params = {"w": np.array([1.0])}
        >>> state = nesterov_lookahead_init(params)
        >>> for _ in range(2):  # to 0.8; then the slope is taken at 0.8 - 0.18
        ...     params, state = nesterov_lookahead_step(params, slope, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.496

    Source: Nesterov 1983 in the form of Sutskever et al. 2013, eq. 3 and 4.
    """
    check_hyper(lr=lr, momentum=momentum)
    ### BEGIN SOLUTION
    ahead = {key: params[key] + momentum * state[key] for key in params}
    grads = grad_fn(ahead)
    v = {key: momentum * state[key] - lr * grads[key] for key in params}
    return {key: params[key] + v[key] for key in params}, v
    ### END SOLUTION


def walk_on_a_plane(params, slope, *, lr, momentum):
    """Two steps of your ``nesterov_lookahead_step`` where the slope is the same everywhere (given).

    The function that it is handed returns the same arrays at each call.

    Args:
        params, slope: dicts of float64 arrays with the same keys and shapes, not changed.
        lr, momentum: handed on to both steps.
    Returns:
        list: the parameters after each step.
    Example:
        >>> path = walk_on_a_plane({"w": np.zeros(1)}, {"w": np.ones(1)}, lr=1.0, momentum=0.5)
        >>> [params["w"].tolist() for params in path]
        [[-1.0], [-2.5]]
    """
    own = {key: np.array(slope[key]) for key in params}
    state, path = nesterov_lookahead_init(params), []
    for _ in range(2):
        params, state = nesterov_lookahead_step(params, lambda at: own, state, lr=lr, momentum=momentum)
        path.append(params)
    return path


def nesterov_init(params):
    """The state of Nesterov's method before the first update: every velocity is zero.

    Args:
        params: dict of float64 arrays, not changed.
    Returns:
        state: whatever ``nesterov_step`` needs between updates, in any form you like.
        Nobody but ``nesterov_step`` looks into it.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> params, state = nesterov_step(params, {"w": np.array([2.0])}, nesterov_init(params), lr=0.1)
        >>> params["w"].round(6).tolist()  # 1 + μ times as far as plain descent
        [0.62]
    """
    ### BEGIN SOLUTION
    return {key: np.zeros_like(value) for key, value in params.items()}
    ### END SOLUTION


def nesterov_step(params, grads, state, *, lr, momentum=0.9):
    r"""One update by Nesterov's method, from the gradient at the current parameters.

    .. math::
        v \leftarrow \mu v + g,\quad
        w \leftarrow w - \eta\,(g + \mu v)

    v in the second formula is the one just computed. These w are the look-ahead points of
    ``nesterov_lookahead_step``: where μ and η are constant, its w + μv, with its own v, and this w are the
    same in every update, and a training loop need not move the weights to and fro.

    Args:
        params, grads, state, lr, momentum: as in ``momentum_step``, state from ``nesterov_init``.
    Returns:
        (params, state): the new parameters, the new state.
    Raises:
        ValueError: if keys or shapes differ, or a hyperparameter is out of range.
    Example:
        >>> params = {"w": np.array([1.0])}
        >>> state = nesterov_init(params)
        >>> for g in (1.0, 0.0):  # moves by 0.1·(1 + 0.9), then by 0.1·0.9·0.9
        ...     params, state = nesterov_step(params, {"w": np.array([g])}, state, lr=0.1)
        >>> round(float(params["w"][0]), 6)
        0.729

    Source: Bengio et al. 2013, the change of variables; torch.optim.SGD(nesterov=True) is equal.
    """
    check_step(params, grads, lr=lr, momentum=momentum)
    ### BEGIN SOLUTION
    v = {key: momentum * state[key] + g for key, g in grads.items()}
    return {key: params[key] - lr * (grads[key] + momentum * v[key]) for key in params}, v
    ### END SOLUTION


def best_rates(lam_min, lam_max):
    r"""The fastest constant rates on a quadratic whose curvatures lie between two bounds.

    Along a direction of curvature λ gradient descent multiplies the distance from the minimum by 1 - ηλ, and
    momentum in the plain form follows a recursion of second order. The rates that make the slowest direction
    as fast as can be:

    .. math::
        \eta_{\text{GD}} = \frac{2}{\lambda_{\min} + \lambda_{\max}},\quad
        \eta_{\text{mom}} = \left(\frac{2}{\sqrt{\lambda_{\min}} + \sqrt{\lambda_{\max}}}\right)^2,\quad
        \mu = \left(\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}\right)^2,\quad
        \kappa = \frac{\lambda_{\max}}{\lambda_{\min}}

    Then an update leaves at most (κ-1)/(κ+1) of the distance by descent, and, in the long run,
    (√κ-1)/(√κ+1) by momentum.

    Args:
        lam_min, lam_max: the smallest and the largest curvature, numbers, 0 < lam_min <= lam_max.
    Returns:
        (lr_gd, lr_momentum, momentum): three floats.
    Raises:
        ValueError: unless 0 < lam_min <= lam_max < infinity.
    Example:
        >>> [round(rate, 6) for rate in best_rates(1.0, 9.0)]
        [0.2, 0.25, 0.25]

    Source: Polyak 1964. Nesterov's method has other best rates.
    """
    if not 0 < lam_min <= lam_max < np.inf:
        raise ValueError(
            f"curvatures must satisfy 0 < lam_min <= lam_max, got {lam_min} and {lam_max}; "
            "a flat direction has no best rate"
        )
    ### BEGIN SOLUTION
    root_min, root_max = np.sqrt(lam_min), np.sqrt(lam_max)
    lr_gd = 2 / (lam_min + lam_max)
    lr_momentum = (2 / (root_min + root_max)) ** 2
    momentum = ((root_max - root_min) / (root_max + root_min)) ** 2
    return float(lr_gd), float(lr_momentum), float(momentum)
    ### END SOLUTION
