"""Unusual but right answers to `ema_update`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class MovesTowards:
    """The average moves by 1 - decay towards what is new; the state is a list of arrays."""

    def ema_init(params):
        return [params[key].copy() for key in sorted(params)]

    def ema_update(state, params, *, decay):
        after = [a + (1 - decay) * (params[k] - a) for a, k in zip(state, sorted(params), strict=True)]
        return dict(zip(sorted(params), after, strict=True)), [a.copy() for a in after]

    def average_checkpoints(checkpoints):
        mean = {key: np.array(w) for key, w in checkpoints[0].items()}
        for n, checkpoint in enumerate(checkpoints[1:], 2):
            for key in mean:
                mean[key] += (checkpoint[key] - mean[key]) / n
        return mean


class NestedState:
    """A nested state with a counter that nobody needs; sums for the checkpoints."""

    def ema_init(params):
        return {"seen": 0, "shadow": {key: np.array(w) for key, w in params.items()}}

    def ema_update(state, params, *, decay):
        shadow = {}
        for key, w in params.items():
            shadow[key] = np.add(decay * state["shadow"][key], (1.0 - decay) * w)
        return shadow, {"seen": state["seen"] + 1, "shadow": shadow}

    def average_checkpoints(checkpoints):
        return {key: sum(each[key] for each in checkpoints) / len(checkpoints) for key in checkpoints[0]}


class OwnCopyInPlace:
    """An own copy of the state changed in place; checkpoints stacked."""

    def ema_init(params):
        import copy

        return copy.deepcopy(params)

    def ema_update(state, params, *, decay):
        average = {key: np.copy(a) for key, a in state.items()}
        for key in average:
            average[key] *= decay
            average[key] += (1 - decay) * params[key]
        return average, {key: np.copy(a) for key, a in average.items()}

    def average_checkpoints(checkpoints):
        return {key: np.stack([c[key] for c in checkpoints]).mean(axis=0) for key in checkpoints[-1]}


VARIANTS = variants("ema_update", MovesTowards, NestedState, OwnCopyInPlace)
