"""Unusual but right answers to `quickprop_step`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class QuickpropBranches:
    """Fahlman's three branches, one number at a time."""

    def quickprop_init(params):
        return [{key: [0.0] * w.size for key, w in params.items()} for _ in range(2)]

    def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
        shrink = growth / (1.0 + growth)
        answer, steps, slopes = {}, {}, {}
        for key, w in params.items():
            steps[key], slopes[key] = [], (-grads[key]).ravel().tolist()
            for s, d, p in zip(slopes[key], state[0][key], state[1][key], strict=True):
                step = 0.0
                if d > 0:
                    step += lr * s if s > 0 else 0.0
                    step += growth * d if s > shrink * p else d * s / (p - s)
                elif d < 0:
                    step += lr * s if s < 0 else 0.0
                    step += growth * d if s < shrink * p else d * s / (p - s)
                else:
                    step = lr * s
                steps[key].append(step)
            answer[key] = w + np.array(steps[key]).reshape(w.shape)
        return answer, [steps, slopes]


class QuickpropRatio:
    """By the ratio of slopes, with divisions by zero on the way that np.where then leaves out."""

    def quickprop_init(params):
        return {key: (np.zeros_like(w), np.zeros_like(w)) for key, w in params.items()}

    def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
        answer, memory = {}, {}
        for key, g in grads.items():
            d, g_prev = state[key]
            ratio = g / g_prev
            r = np.where(ratio > growth / (1 + growth), growth, ratio / (1 - ratio))
            move = np.where(d == 0, 0.0, r * d) - lr * g * ((d == 0) | (g * d < 0))
            answer[key], memory[key] = params[key] + move, (move, g.copy())
        return answer, memory


class QuickpropInPlace:
    """Starts from lr times the slope everywhere and corrects the entries that have a last step."""

    def quickprop_init(params):
        return {"last": {}, "slope": {}}

    def quickprop_step(params, grads, state, *, lr=0.01, growth=1.75):
        last, slope, answer = {}, {}, {}
        for key in params:
            s = np.negative(grads[key])
            move = lr * s
            if key in state["last"]:
                d, p = state["last"][key], state["slope"][key]
                on = d != 0
                move[on & (np.sign(s) != np.sign(d))] = 0.0
                far = on & (np.abs(s) > growth / (1 + growth) * np.abs(p)) & (np.sign(s) == np.sign(p))
                near = on & ~far
                move[far] += growth * d[far]
                move[near] += s[near] * d[near] / (p[near] - s[near])
            last[key], slope[key], answer[key] = move, s, params[key] + move
        return answer, {"last": last, "slope": slope}


VARIANTS = variants("quickprop_step", QuickpropBranches, QuickpropRatio, QuickpropInPlace)
