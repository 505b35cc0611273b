"""Unusual but right answers to `plateau_update`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


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


VARIANTS = variants("plateau_update", PlateauHistory, PlateauCountsDown, PlateauVector, PlateauCutsCounted)
