"""Unusual but right answers to `lion_step`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class LionByNumbers:
    """Plain loops over single numbers; the state is a list."""

    def lion_init(params):
        return [(key, [0.0] * value.size) for key, value in params.items()]

    def lion_step(params, grads, state, *, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        answer, kept = {}, []
        for key, means in state:
            flat, later = params[key].ravel().tolist(), []
            for i, g in enumerate(grads[key].ravel().tolist()):
                c = betas[0] * means[i] + (1 - betas[0]) * g
                flat[i] -= lr * ((c > 0) - (c < 0)) + lr * weight_decay * flat[i]
                later.append(betas[1] * means[i] + (1 - betas[1]) * g)
            answer[key] = np.array(flat).reshape(params[key].shape)
            kept.append((key, later))
        return answer, kept


class LionOneVector:
    """Joins all parameters into one vector and cuts it again; decay by a factor."""

    def lion_init(params):
        return np.zeros(sum(value.size for value in params.values()))

    def lion_step(params, grads, state, *, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        keys = sorted(params)
        g, w = (np.concatenate([arrays[key].ravel() for key in keys]) for arrays in (grads, params))
        w = (1 - lr * weight_decay) * w - lr * np.sign(state + (1 - betas[0]) * (g - state))
        cuts = np.cumsum([params[key].size for key in keys])[:-1]
        parts = zip(keys, np.split(w, cuts), strict=True)
        return {key: part.reshape(params[key].shape) for key, part in parts}, state + (1 - betas[1]) * (
            g - state
        )


class LionInPlace:
    """Works in place on copies, sign by comparison; the state is a function."""

    def lion_init(params):
        means = {key: np.zeros(np.shape(value)) for key, value in params.items()}
        return lambda key: means[key].copy()

    def lion_step(params, grads, state, *, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        new, means = {key: w.copy() for key, w in params.items()}, {}
        for key, w in new.items():
            c = betas[0] * state(key) + (1 - betas[0]) * grads[key]
            w *= 1 - lr * weight_decay
            w[c > 0] -= lr
            w[c < 0] += lr
            means[key] = state(key)
            means[key] *= betas[1]
            means[key] += (1 - betas[1]) * grads[key]
        return new, lambda key: means[key].copy()


VARIANTS = variants("lion_step", LionByNumbers, LionOneVector, LionInPlace)
