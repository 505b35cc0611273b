"""Unusual but right answers to `rprop_step`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class RpropMasks:
    """Boolean masks on own copies changed in place; the state is a tuple of two dicts."""

    def rprop_init(params, *, lr=0.01):
        return (
            {key: np.zeros(np.shape(w)) + lr for key, w in params.items()},
            {key: 0.0 * w for key, w in params.items()},
        )

    def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        sizes = {key: value.copy() for key, value in state[0].items()}
        kept = {key: value.copy() for key, value in grads.items()}
        answer = {key: value.copy() for key, value in params.items()}
        for key in answer:
            product = grads[key] * state[1][key]
            sizes[key][product > 0] *= etas[1]
            sizes[key][product < 0] *= etas[0]
            np.clip(sizes[key], step_sizes[0], step_sizes[1], out=sizes[key])
            kept[key][product < 0] = 0.0
            answer[key][kept[key] > 0] -= sizes[key][kept[key] > 0]
            answer[key][kept[key] < 0] += sizes[key][kept[key] < 0]
        return answer, (sizes, kept)


class RpropLoop:
    """One number at a time with if and else; the state keeps signs, not gradients, in lists."""

    def rprop_init(params, *, lr=0.01):
        return {key: [[lr, 0] for _ in range(w.size)] for key, w in params.items()}

    def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        answer, memory = {}, {}
        for key, w in params.items():
            new, memory[key] = w.flatten(), []
            for i, (g, (size, before)) in enumerate(zip(grads[key].ravel(), state[key], strict=True)):
                sign = int(g > 0) - int(g < 0)
                if sign * before == 1:
                    size = min(size * etas[1], step_sizes[1])
                elif sign * before == -1:
                    size, sign = max(size * etas[0], step_sizes[0]), 0
                size = min(max(size, step_sizes[0]), step_sizes[1])
                new[i] -= sign * size
                memory[key].append([size, sign])
            answer[key] = new.reshape(w.shape)
        return answer, memory


class RpropPower:
    """The factor as a power of the sign's two halves; previous gradients and sizes stacked in one array."""

    def rprop_init(params, *, lr=0.01):
        return {key: np.stack([np.full_like(w, lr), np.zeros_like(w)]) for key, w in params.items()}

    def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        answer, memory = {}, {}
        for key in params:
            agree = np.sign(grads[key]) * np.sign(state[key][1])
            size = state[key][0] * etas[1] ** np.maximum(agree, 0) * etas[0] ** np.maximum(-agree, 0)
            size = np.minimum(np.maximum(size, step_sizes[0]), step_sizes[1])
            g = grads[key] * (agree >= 0)
            answer[key], memory[key] = params[key] - size * np.sign(g), np.stack([size, g])
        return answer, memory


VARIANTS = variants("rprop_step", RpropMasks, RpropLoop, RpropPower)
