"""Unusual but right answers to `schedules`, which no check may refuse: loops, recursions, other closed forms,
other state layouts, 0-d arrays, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# --- Drops --------------------------------------------------------------------------------------------------


class DropsCounted:
    """Counts the milestones passed, with comparisons; prints."""

    def step_lr(epoch, *, lr0, step_size, gamma):
        milestones = np.arange(step_size, np.max(epoch) + 1, step_size)
        drops = np.sum(np.asarray(epoch)[..., None] >= milestones, axis=-1)
        print(f"{drops} drops")
        return lr0 * np.power(gamma, drops.astype(float))


class DropsByLogarithm:
    """The power by exp and log, the quotient by floor."""

    def step_lr(epoch, *, lr0, step_size, gamma):
        return np.exp(np.log(lr0) + np.floor(np.divide(epoch, step_size)) * np.log(gamma))


class DropsOneByOne:
    """A recursion: each epoch's rate from the one before, for every entry of an array."""

    def step_lr(epoch, *, lr0, step_size, gamma):
        def one(epoch):
            lr = lr0
            for done in range(1, int(epoch) + 1):
                if done % step_size == 0:
                    lr = lr * gamma
            return lr

        return np.array([one(e) for e in np.ravel(epoch)]).reshape(np.shape(epoch))


# --- Smooth decay -------------------------------------------------------------------------------------------


class DecayByGamma:
    """The factor of one unit of time, to the power of the time."""

    def exponential_lr(t, *, lr0, k):
        gamma = np.e**-k
        return lr0 * np.power(gamma, t)


class DecayByLogarithm:
    """The logarithm of the rate falls along a line."""

    def exponential_lr(t, *, lr0, k):
        return np.exp(np.log(lr0) - np.multiply(k, t))


class DecayDivides:
    """Divides by what grows, entry by entry."""

    def exponential_lr(t, *, lr0, k):
        if np.ndim(t) == 0:
            return lr0 / np.exp(k * t)
        return np.array([lr0 / np.exp(k * one) for one in t.flat]).reshape(t.shape)


class InverseOfALine:
    """One over the rate is a line."""

    def inverse_time_lr(t, *, lr0, k):
        return np.reciprocal(1 / lr0 + k / lr0 * np.asarray(t, dtype=float))


class InverseByPower:
    """A negative power of floats; a warning on the way."""

    def inverse_time_lr(t, *, lr0, k):
        import warnings

        warnings.warn("this schedule never ends", stacklevel=1)
        return np.power(1.0 + np.multiply(t, k), -1.0) * lr0


class InverseAsAShare:
    """What is lost taken off."""

    def inverse_time_lr(t, *, lr0, k):
        lost = k * t / (1 + k * t)
        return lr0 - lr0 * lost


# --- The plateau rule ---------------------------------------------------------------------------------------


class PlateauHistory:
    """Remembers all metrics and goes through them anew at every call."""

    def plateau_init(lr):
        return [lr, []]

    def plateau_update(
        state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
    ):
        first, metrics = state[0], [*state[1], metric]
        lr, best, bad, cool = first, float("inf"), 0, 0
        for value in metrics:
            better = value < best * (1 - threshold)
            best = value if better else best
            bad = 0 if better or cool else bad + 1
            cool = max(cool - 1, 0)
            if bad > patience:
                cut = max(factor * lr, min_lr)
                if lr - cut > eps:
                    lr = cut
                bad, cool = 0, cooldown
        return lr, [first, metrics]


class PlateauCountsDown:
    """Counts the patience down and begins it anew; the cooldown is a date; best is None at first."""

    def plateau_init(lr):
        return {"lr": np.array(float(lr)), "best": None, "left": None, "call": 0, "until": 0}

    def plateau_update(
        state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
    ):
        new = dict(state)
        new["call"] += 1
        if new["left"] is None:
            new["left"] = patience
        best = np.inf if new["best"] is None else new["best"]
        if metric < best - threshold * best if np.isfinite(best) else metric < best:
            new["best"], new["left"] = metric, patience
        else:
            new["left"] -= 1
        if new["call"] <= new["until"]:
            new["left"] = patience
        if new["left"] < 0:
            cut = np.maximum(new["lr"] * factor, min_lr)
            if new["lr"] - cut > eps:
                new["lr"] = cut
            new["left"], new["until"] = patience, new["call"] + cooldown
        return new["lr"], new


class PlateauVector:
    """One array of four numbers, a copy changed in place."""

    def plateau_init(lr):
        return np.array([lr, np.inf, 0.0, 0.0])

    def plateau_update(
        state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
    ):
        new = state.copy()
        if metric < new[1] * (1 - threshold):
            new[1:3] = metric, 0
        else:
            new[2] += 1
        if new[3] > 0:
            new[3] -= 1
            new[2] = 0
        if new[2] > patience:
            reduced = np.clip(new[0] * factor, min_lr, None)
            if new[0] - reduced > eps:
                new[0] = reduced
            new[2:] = 0, cooldown
        return new[0], new


class PlateauCutsCounted:
    """The rate from the first one and the number of cuts; a cut that is too small leaves the cooldown out."""

    def plateau_init(lr):
        return {"lr": lr, "first": lr, "cuts": 0, "best": np.inf, "bad": 0, "cool": 0}

    def plateau_update(
        state, metric, *, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0, eps=1e-8
    ):
        lr, first, cuts = state["lr"], state["first"], state["cuts"]
        best, bad, cool = state["best"], state["bad"], state["cool"]
        improved = bool(metric < (1 - threshold) * best)
        if improved:
            best = metric
        bad = 0 if improved or cool > 0 else bad + 1
        cool = cool - 1 if cool > 0 else 0
        if bad >= patience + 1:
            bad = 0
            lower = max(first * factor ** (cuts + 1), min_lr)
            if lr - lower > eps:
                lr, cuts, cool = lower, cuts + 1, cooldown
        return lr, {"lr": lr, "first": first, "cuts": cuts, "best": best, "bad": bad, "cool": cool}


# --- The cosine ---------------------------------------------------------------------------------------------


class CosineSquared:
    """The half-angle formula; boolean weights in place of a choice; a 0-d array for a number."""

    def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
        step = np.asarray(step, dtype=float)
        u = np.maximum(step - warmup_steps, 0) / (total_steps - warmup_steps)
        down = min_lr + (base_lr - min_lr) * np.cos(np.pi * u / 2) ** 2
        rising = step < warmup_steps
        return rising * (base_lr * step / (warmup_steps or 1)) + ~rising * down


class CosineWeights:
    """A weighted mean of peak and floor, entry by entry, with the math module."""

    def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
        import math

        def one(step):
            if step < warmup_steps:
                return base_lr * (step / warmup_steps)
            share = (1 + math.cos(math.pi * (step - warmup_steps) / (total_steps - warmup_steps))) / 2
            return share * base_lr + (1 - share) * min_lr

        return one(step) if np.ndim(step) == 0 else np.vectorize(one, otypes=[float])(step)


class CosineInPlace:
    """Fills an array of its own, phase by phase."""

    def cosine_lr(step, *, base_lr, total_steps, warmup_steps=0, min_lr=0.0):
        steps = np.atleast_1d(step)
        rates = np.empty(steps.shape)
        early = steps < warmup_steps
        if warmup_steps:
            rates[early] = np.interp(steps[early], [0, warmup_steps], [0.0, base_lr])
        angle = np.linspace(0, np.pi, total_steps - warmup_steps + 1)
        way_down = (base_lr + min_lr) / 2 + (base_lr - min_lr) / 2 * np.cos(angle)
        rates[~early] = way_down[steps[~early] - warmup_steps]
        return rates if np.ndim(step) else float(rates[0])


# --- Restarts -----------------------------------------------------------------------------------------------


class RestartsSubtracted:
    """Takes off whole cycles until the rest fits into one, entry by entry."""

    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        def one(rest):
            length = first_cycle
            while rest >= length:
                rest, length = rest - length, length * cycle_mult
            return min_lr + (base_lr - min_lr) * np.cos(np.pi * rest / length / 2) ** 2

        if np.ndim(step) == 0:
            return one(int(step))
        return np.reshape([one(s) for s in np.ravel(step).tolist()], np.shape(step))


class RestartsByLogarithm:
    """The logarithm for a guess, corrected by the cycles' true beginnings."""

    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        step = np.asarray(step)
        if cycle_mult == 1:
            place, length = step % first_cycle, first_cycle
        else:
            guess = np.log(step / first_cycle * (cycle_mult - 1) + 1) / np.log(cycle_mult)
            cycle = np.maximum(guess.astype(int) - 1, 0)
            for _ in range(2):
                cycle = cycle + (first_cycle * (cycle_mult ** (cycle + 1) - 1) // (cycle_mult - 1) <= step)
            place = step - first_cycle * (cycle_mult**cycle - 1) // (cycle_mult - 1)
            length = first_cycle * cycle_mult**cycle
        return base_lr - (base_lr - min_lr) * (1 - np.cos(np.pi * place / length)) / 2


class RestartsWritten:
    """Writes all cycles one after the other into a table and looks the steps up."""

    def cosine_restarts_lr(step, *, base_lr, first_cycle, cycle_mult=1, min_lr=0.0):
        table, length = [], first_cycle
        while len(table) <= np.max(step):
            share = (1 + np.cos(np.pi * np.arange(length) / length)) / 2
            table.extend(min_lr + (base_lr - min_lr) * share)
            length *= cycle_mult
        return np.array(table)[step]


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("step_lr", DropsCounted, DropsByLogarithm, DropsOneByOne),
    *_all("exponential_lr", DecayByGamma, DecayByLogarithm, DecayDivides),
    *_all("inverse_time_lr", InverseOfALine, InverseByPower, InverseAsAShare),
    *_all("plateau_update", PlateauHistory, PlateauCountsDown, PlateauVector, PlateauCutsCounted),
    *_all("cosine_lr", CosineSquared, CosineWeights, CosineInPlace),
    *_all("cosine_restarts_lr", RestartsSubtracted, RestartsByLogarithm, RestartsWritten),
)
