"""Unusual but right answers to `average_update`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class StepTowards:
    """The average moves towards the iterate; the state is a tuple, made at the first update."""

    def average_init(params):
        return (1, None)

    def average_update(state, params, *, eta=3.0):
        t, mean = state
        mean = mean or {key: np.full_like(w, 7.0) for key, w in params.items()}
        mean = {key: mean[key] + (eta + 1) / (t + eta) * (params[key] - mean[key]) for key in params}
        return {key: w.copy() for key, w in mean.items()}, (t + 1, mean)


class KeepsThemAll:
    """Keeps every iterate and multiplies the weights out anew each time, from the last one back."""

    def average_init(params):
        return []

    def average_update(state, params, *, eta=3.0):
        seen = [*state, {key: np.array(w) for key, w in params.items()}]
        weights, rest = [], 1.0
        for t in range(len(seen), 0, -1):
            a = (eta + 1) / (t + eta)
            weights.append(rest * a)
            rest *= 1 - a
        pairs = list(zip(weights, reversed(seen), strict=True))
        return {key: sum(weight * w[key] for weight, w in pairs) for key in params}, seen


class WeightedSums:
    """Keeps weighted sums and the weights' sum, a weight being the last one's times (t+eta-1)/(t-1)."""

    def average_init(params):
        zeros = {key: np.zeros_like(w) for key, w in params.items()}
        return {"sums": zeros, "total": 0.0, "weight": 1.0, "t": 1}

    def average_update(state, params, *, eta=3.0):
        t = state["t"]
        weight = state["weight"] * ((t + eta - 1) / (t - 1) if t > 1 else 1.0)
        sums, total = {}, state["total"] + weight
        for key in params:
            sums[key] = state["sums"][key] + weight * params[key]
        average = {key: w / total for key, w in sums.items()}
        return average, {"sums": sums, "total": total, "weight": weight, "t": t + 1}


VARIANTS = variants("average_update", StepTowards, KeepsThemAll, WeightedSums)
