"""Unusual but right answers to `adafactor_step`."""

import numpy as np

from autograder.checking import variants


class AdafactorBySums:
    """Sums of rows and columns over the sum of all: their counts cancel. One list of pairs for the state."""

    def adafactor_init(params):
        return [0, {key: (0.0, 0.0) for key in params}]

    def adafactor_step(params, grads, state, *, lr=0.01, beta2_decay=-0.8, eps=(1e-30, 1e-3), d=1.0):
        count, memory = state[0] + 1, {}
        new = count**beta2_decay
        answer = {}
        for key, w in params.items():
            square = grads[key] * grads[key] + eps[0]
            old = state[1][key]
            if w.ndim == 1:
                v = (1 - new) * old[0] + new * square
                memory[key] = (v, 0.0)
            else:
                r = (1 - new) * old[0] + new * square.sum(axis=1, keepdims=True)
                c = (1 - new) * old[1] + new * square.sum(axis=0, keepdims=True)
                memory[key], v = (r, c), r @ c / r.sum()
            u = grads[key] * v**-0.5
            size = np.linalg.norm(u) / np.sqrt(u.size)
            if size > d:
                u = u * (d / size)
            share = min(lr, count**-0.5)
            answer[key] = w - share * max(np.linalg.norm(w) / np.sqrt(w.size), eps[1]) * u
        return answer, [count, memory]


class AdafactorByEinsum:
    """Keeps r already divided by its mean's root; a helper for the RMS; einsum for the product."""

    def adafactor_init(params):
        return 0, {}

    def adafactor_step(params, grads, state, *, lr=0.01, beta2_decay=-0.8, eps=(1e-30, 1e-3), d=1.0):
        def rms(array):
            return float(np.sqrt(np.einsum("i,i->", array.ravel(), array.ravel()) / array.size))

        count, means = state[0] + 1, state[1]
        weight = float(count) ** beta2_decay
        moved, kept = {}, {}
        for key, g in grads.items():
            parts = [(g**2 + eps[0]).mean(axis=axis) for axis in ((1, 0) if g.ndim == 2 else ((),))]
            old = means.get(key, [0.0] * len(parts))
            kept[key] = [o + weight * (p - o) for o, p in zip(old, parts, strict=True)]
            if g.ndim == 2:
                r, c = kept[key]
                u = g / np.sqrt(np.einsum("i,j->ij", r / r.mean(), c))
            else:
                u = g / np.sqrt(kept[key][0])
            u /= max(1.0, rms(u) / d)
            moved[key] = params[key] - min(lr, 1 / count**0.5) * max(rms(params[key]), eps[1]) * u
        return moved, (count, kept)


class AdafactorLoops:
    """Rows and columns one by one, with plain loops."""

    def adafactor_init(params):
        return (0, {key: [np.zeros(n) for n in value.shape] for key, value in params.items()})

    def adafactor_step(params, grads, state, *, lr=0.01, beta2_decay=-0.8, eps=(1e-30, 1e-3), d=1.0):
        t, means = state[0] + 1, {}
        beta, answer = 1 - t**beta2_decay, {}
        for key, g in grads.items():
            square = g**2 + eps[0]
            means[key] = [mean.copy() for mean in state[1][key]]
            for axis, mean in enumerate(means[key]):
                for i in range(len(mean)):
                    entry = np.take(square, i, axis=axis)
                    mean[i] = beta * mean[i] + (1 - beta) * np.mean(entry)
            u = np.empty(g.shape)
            for place in np.ndindex(g.shape):
                v = means[key][0][place[0]]
                if g.ndim == 2:
                    v = v * means[key][1][place[1]] / np.mean(means[key][0])
                u[place] = g[place] / v**0.5
            u = u / max(1.0, np.mean(u**2) ** 0.5 / d)
            size = max(eps[1], np.mean(params[key] ** 2) ** 0.5)
            answer[key] = params[key] - u * size * min(lr, t**-0.5)
        return answer, (t, means)


VARIANTS = variants("adafactor_step", AdafactorBySums, AdafactorByEinsum, AdafactorLoops)
