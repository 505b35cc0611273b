r"""Learning-rate schedules: the reference implementations of the assignment ``schedules``.

Pinned for all of them: a schedule is a function of time and nothing else, and its first argument says what
is counted, ``step`` for updates and ``epoch`` for passes over the data. It counts what is **already done**: a
rule is asked before the update, or the epoch, that its rate is for, so that the first question is 0. Times
may be arrays, of floats or signed ints, and are answered in their shape. Only ``plateau_update`` looks at the
training: it is called after each epoch, with a metric, and keeps a state, which is its own affair. The graded
body stands between the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import FRACTION, NOT_NEGATIVE, POSITIVE, check_ranges
from solutions.given import check_form as check_form


def check_time(**time):
    """Refuse times that are negative or, where things are counted, not whole (given).

    Args:
        time: the argument under its name, ``epoch``, ``step`` or ``t``; only ``t`` may be a fraction.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    for name, value in time.items():
        if name != "t" and np.asarray(value).dtype.kind not in "iu":
            raise ValueError(
                f"{name} must be an int or an array of ints, got {value!r}; it counts what is done"
            )
        if not np.all(np.greater_equal(value, 0)):
            raise ValueError(f"{name} must be at least 0, got {value}; it is 0 before anything is done")


def check_hyper(**hyper):
    """Refuse hyperparameters out of range (given).

    Args:
        hyper: hyperparameters by name, each held against its range.
    Raises:
        ValueError: with the rule, the value and the cure.
    """
    count = (lambda x: isinstance(x, int | np.integer) and x >= 1, "be an int of at least 1")
    wait = (lambda x: isinstance(x, int | np.integer) and x >= 0, "be an int of at least 0")
    rules = {
        "lr": (*POSITIVE, "start from the rate that the optimiser has"),
        "lr0": (*POSITIVE, "it is the rate at time 0"),
        "base_lr": (*POSITIVE, "it is the largest rate"),
        "min_lr": (*NOT_NEGATIVE, "0 is the usual floor"),
        "k": (*NOT_NEGATIVE, "0 keeps the rate constant"),
        "eps": (*NOT_NEGATIVE, "1e-8 is usual"),
        "gamma": (lambda x: 0 < x <= 1, "lie in (0, 1]", "0.5 halves the rate at each drop"),
        "factor": (lambda x: 0 < x < 1, "lie in (0, 1)", "0.1 is usual"),
        "threshold": (*FRACTION, "1e-4 asks for a hundredth of a percent"),
        "step_size": (*count, "it is the number of epochs between two drops"),
        "total_steps": (*count, "it is the number of updates of the whole training"),
        "first_cycle": (*count, "it is the length of the first cycle"),
        "cycle_mult": (*count, "1 keeps all cycles equally long, 2 doubles each"),
        "warmup_steps": (*wait, "0 is no warm-up"),
        "patience": (*wait, "0 cuts at the first epoch without progress"),
        "cooldown": (*wait, "0 is no pause after a cut"),
    }
    check_ranges(hyper, rules)


def check_floor(base_lr, min_lr):
    """Refuse a floor above the peak (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_hyper(base_lr=base_lr, min_lr=min_lr)
    if min_lr > base_lr:
        raise ValueError(
            f"min_lr must not exceed base_lr, got {min_lr} and {base_lr}; the rate falls to min_lr"
        )


def step_lr(epoch, *, lr0, step_size, gamma):
    r"""Step decay: the learning rate drops by the factor γ after every ``step_size`` epochs.

    .. math:: \eta = \eta_0\, \gamma^{\lfloor \text{epoch} / \text{step\_size} \rfloor}

    Args:
        epoch: epochs already done, at least 0: 0 for the first one. An int (NumPy's too), or an array of
            ints.
        lr0: the rate of the first epochs, greater than 0.
        step_size: epochs with the same rate, an int of at least 1.
        gamma: what a drop leaves of the rate, in (0, 1].
    Returns:
        lr: float, or floats of the shape of ``epoch``.
    Raises:
        ValueError: if an argument is out of range, or ``epoch`` not whole.
    Example:
        >>> step_lr(np.array([0, 4, 5, 10]), lr0=0.4, step_size=5, gamma=0.5).tolist()
        [0.4, 0.4, 0.2, 0.1]

    Source: torch.optim.lr_scheduler.StepLR is equal.
    """
    check_time(epoch=epoch)
    check_hyper(lr0=lr0, step_size=step_size, gamma=gamma)
    ### BEGIN SOLUTION
    return lr0 * gamma ** (epoch // step_size)
    ### END SOLUTION


def exponential_lr(t, *, lr0, k):
    r"""Exponential decay: in equal times the learning rate falls by equal factors.

    .. math:: \eta = \eta_0\, e^{-kt}

    Right for every k, also where e^-k alone is 0 or 1 for a computer: multiply k and t first.

    Args:
        t: time passed, at least 0, counted in whatever ``k`` is meant for, updates or epochs. A number, or an
            array of floats or signed ints.
        lr0: the rate at time 0, greater than 0.
        k: rate of decay per unit of time, at least 0. After 1/k the rate is lr0/e, after ln(2)/k half.
    Returns:
        lr: float, or floats of the shape of ``t``.
    Raises:
        ValueError: if an argument is out of range.
    Example:
        >>> exponential_lr(np.array([0, 10, 20]), lr0=0.4, k=np.log(2) / 10).round(6).tolist()
        [0.4, 0.2, 0.1]

    Source: torch.optim.lr_scheduler.ExponentialLR(gamma=e^-k) is equal.
    """
    check_time(t=t)
    check_hyper(lr0=lr0, k=k)
    ### BEGIN SOLUTION
    return lr0 * np.exp(-k * t)
    ### END SOLUTION


def inverse_time_lr(t, *, lr0, k):
    r"""1/t decay: the learning rate falls as one over the time passed.

    .. math:: \eta = \frac{\eta_0}{1 + kt}

    Args:
        t: time passed, at least 0, counted in whatever ``k`` is meant for, updates or epochs. A number, or an
            array of floats or signed ints.
        lr0: the rate at time 0, greater than 0.
        k: rate of decay per unit of time, at least 0. After 1/k the rate is half, after 9/k a tenth.
    Returns:
        lr: float, or floats of the shape of ``t``.
    Raises:
        ValueError: if an argument is out of range.
    Example:
        >>> inverse_time_lr(np.array([0, 2, 18]), lr0=0.4, k=0.5).round(6).tolist()
        [0.4, 0.2, 0.04]

    Source: Robbins & Monro 1951 for the order 1/t.
    torch.optim.lr_scheduler.LambdaLR with 1/(1 + kt) is equal.
    """
    check_time(t=t)
    check_hyper(lr0=lr0, k=k)
    ### BEGIN SOLUTION
    return lr0 / (1 + k * t)
    ### END SOLUTION


def plateau_init(lr):
    """The state of the plateau rule before the first epoch.

    Args:
        lr: the learning rate to start from, greater than 0.
    Returns:
        state: whatever ``plateau_update`` needs between epochs, in any form you like.
        Nobody but ``plateau_update`` looks into it.
    Raises:
        ValueError: if ``lr`` is out of range.
    Example:
        >>> lr, state = plateau_update(plateau_init(0.4), 2.3)
        >>> lr
        0.4
    """
    check_hyper(lr=lr)
    ### BEGIN SOLUTION
    return {"lr": lr, "best": np.inf, "bad": 0, "cool": 0}
    ### END SOLUTION


def plateau_update(
    state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
):
    r"""Cut the learning rate when a metric has stopped falling. Called once after each epoch.

    The hyperparameters are the same in all calls of a training. In each call, in this order:

    1. The epoch is *better* if metric < best · (1 - threshold), where best is the metric of the last better
       epoch, infinite at first. Then best becomes the metric and the count of bad epochs 0; otherwise the
       count rises by one. A metric that is NaN is never better.
    2. During a cooldown, the count of bad epochs is set to 0, and the cooldown is one epoch shorter.
    3. If the count is **greater** than ``patience``, new = max(lr · factor, min_lr); if lr - new > ``eps``,
       the rate becomes new. In both cases the count is 0 again, and a cooldown begins that lasts the next
       ``cooldown`` calls.

    So a constant metric with patience 2 causes the cut at the fourth call: the first is better than infinity,
    then there are three bad ones. Keep metrics positive: below zero the relative threshold works the other
    way round, and an epoch may be better with a larger metric.

    Args:
        state: from ``plateau_init`` or from the call before, not changed.
        metric: what should fall, such as the validation loss of the epoch just done; a number.
        factor: what a cut leaves of the rate, in (0, 1).
        patience: bad epochs in a row that are borne without a cut, an int of at least 0.
        threshold: the share of best by which a metric must be below it, in [0, 1).
        cooldown: epochs after a cut in which bad epochs are not counted, an int of at least 0.
        min_lr: the rate is not cut below this floor, at least 0.
        eps: a cut by no more than this is not made, at least 0.
    Returns:
        (lr, state): the rate for the next epoch, and the new state.
    Raises:
        ValueError: if a hyperparameter is out of range.
    Example:
        >>> state, rates = plateau_init(1.0), []
        >>> for loss in (0.7, 0.5, 0.5, 0.5, 0.5, 0.4):
        ...     lr, state = plateau_update(state, loss, factor=0.5, patience=1)
        ...     rates.append(lr)
        >>> rates
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau is equal. Early stopping usually counts otherwise: it
    stops when the count *reaches* the patience.
    """
    check_hyper(
        factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, min_lr=min_lr, eps=eps
    )
    ### BEGIN SOLUTION
    lr, best, bad, cool = (state[key] for key in ("lr", "best", "bad", "cool"))
    if metric < best * (1 - threshold):
        best, bad = metric, 0
    else:
        bad = bad + 1
    if cool > 0:
        bad, cool = 0, cool - 1
    if bad > patience:
        lower = max(lr * factor, min_lr)
        lr = lower if lr - lower > eps else lr
        bad, cool = 0, cooldown
    return lr, {"lr": lr, "best": best, "bad": bad, "cool": cool}
    ### END SOLUTION


def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
    r"""Linear warm-up, then half a cosine down to the floor.

    With w = ``warmup_steps`` and T = ``total_steps``,

    .. math::
        \eta = \begin{cases}
            \eta_0\, \text{step} / w & \text{step} < w \\
            \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min})(1 + \cos \pi u),\quad
            u = \dfrac{\text{step} - w}{T - w} & \text{step} \ge w
        \end{cases}

    The rate is 0 for the first update of a warm-up, ``base_lr`` at step w, and ``min_lr`` at step T, after
    the last update. Without a warm-up w is 0: see that nothing is divided by it.

    Args:
        step: updates already taken, 0 <= step <= total_steps: 0 for the first one. An int (NumPy's too),
            or an array of ints.
        base_lr: the peak rate η₀, greater than 0.
        total_steps: updates of the whole training, an int of at least 1.
        warmup_steps: updates of the warm-up, part of ``total_steps``; an int,
            0 <= warmup_steps < total_steps.
        min_lr: the rate at the end, 0 <= min_lr <= base_lr. The warm-up starts from 0 all the same.
    Returns:
        lr: float, or floats of the shape of ``step``.
    Raises:
        ValueError: if an argument is out of range, ``step`` not whole, or greater than ``total_steps``.
    Example:
        >>> steps = np.array([0, 10, 60, 110])
        >>> cosine_lr(steps, base_lr=0.4, total_steps=110, warmup_steps=10).round(6).tolist()
        [0.0, 0.4, 0.2, 0.0]

    Source: Loshchilov & Hutter 2017, eq. 5, for one cycle; the warm-up as in Hugging Face's
    get_cosine_schedule_with_warmup. torch.optim.lr_scheduler.CosineAnnealingLR is equal without a warm-up;
    after ``total_steps`` it rises again.
    """
    check_time(step=step)
    check_hyper(total_steps=total_steps, warmup_steps=warmup_steps)
    check_floor(base_lr, min_lr)
    if warmup_steps >= total_steps:
        raise ValueError(
            f"warmup_steps must be less than total_steps, got {warmup_steps} and {total_steps}; "
            "the warm-up is a part of the training, 5 % is usual"
        )
    if np.any(np.greater(step, total_steps)):
        raise ValueError(
            f"step must not exceed total_steps={total_steps}, got {step}; "
            "plan the schedule for as many updates as you take"
        )
    ### BEGIN SOLUTION
    u = (step - warmup_steps) / (total_steps - warmup_steps)
    down = min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * u))
    up = base_lr * step / max(warmup_steps, 1)
    return np.where(step < warmup_steps, up, down)[()]  # [()] makes a number of an array without axes
    ### END SOLUTION


def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
    r"""Cosine decay with warm restarts: at the end of each cycle the learning rate jumps back to its peak.

    Cycle i, from 0, lasts T_i = ``first_cycle`` · ``cycle_mult``^i updates. After s updates of it,

    .. math:: \eta = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min})(1 + \cos \pi s / T_i)

    A cycle's first update has the peak rate. Its last one has s = T_i - 1, so that ``min_lr`` is never quite
    reached.

    Args:
        step: updates already taken, at least 0: 0 for the first one. An int (NumPy's too), or an array of
            ints in any order.
        base_lr: the peak rate η₀, greater than 0.
        first_cycle: updates of the first cycle, an int of at least 1.
        cycle_mult: how many times as long each cycle is as the one before, an int of at least 1.
        min_lr: the rate towards which each cycle falls, 0 <= min_lr <= base_lr.
    Returns:
        lr: float, or floats of the shape of ``step``.
    Raises:
        ValueError: if an argument is out of range, or ``step`` not whole.
    Example:
        >>> steps = np.array([0, 2, 3, 4, 8, 12])  # cycles of 4 and 8 updates, then one of 16
        >>> cosine_restarts_lr(steps, base_lr=0.4, first_cycle=4, cycle_mult=2).round(6).tolist()
        [0.4, 0.2, 0.058579, 0.4, 0.2, 0.4]

    Source: Loshchilov & Hutter 2017, eq. 5. torch.optim.lr_scheduler.CosineAnnealingWarmRestarts is equal
    where it counts by itself; where it is handed an epoch, it finds the cycle by a logarithm, and rounding
    may put the first epoch of a cycle into the cycle before.
    """
    check_time(step=step)
    check_hyper(first_cycle=first_cycle, cycle_mult=cycle_mult)
    check_floor(base_lr, min_lr)
    ### BEGIN SOLUTION
    starts = [0]
    while starts[-1] <= np.max(step, initial=0):
        starts.append(starts[-1] + first_cycle * cycle_mult ** (len(starts) - 1))
    cycle = np.searchsorted(starts, step, side="right") - 1
    u = (step - np.take(starts, cycle)) / np.take(np.diff(starts), cycle)
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * u))
    ### END SOLUTION
