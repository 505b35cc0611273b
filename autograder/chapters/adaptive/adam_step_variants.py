"""Unusual but right answers to `adam_step`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class ElementByElement:
    """Plain loops over single numbers; the state is a list of [key, m, v] lists."""

    def adam_init(params):
        return [1, [[key, [0.0] * params[key].size, [0.0] * params[key].size] for key in params]]

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        t, memory = state
        answer, kept = {}, []
        for key, ms, vs in memory:
            flat, new_ms, new_vs = params[key].ravel().tolist(), [], []
            for i, g in enumerate(grads[key].ravel().tolist()):
                new_ms.append(betas[0] * ms[i] + (1.0 - betas[0]) * g)
                new_vs.append(betas[1] * vs[i] + (1.0 - betas[1]) * g * g)
                root = (new_vs[i] / (1.0 - betas[1] ** t)) ** 0.5
                flat[i] = flat[i] - lr * (new_ms[i] / (1.0 - betas[0] ** t)) / (root + eps)
            answer[key] = np.array(flat).reshape(params[key].shape)
            kept.append([key, new_ms, new_vs])
        return answer, [t + 1, kept]


class PowersInTheState:
    """Keeps the powers of the betas instead of a counter, in a tuple; works in place on its own copies."""

    def adam_init(params):
        return (1.0, 1.0, {key: np.stack([np.zeros_like(w), np.zeros_like(w)]) for key, w in params.items()})

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        power1, power2 = state[0] * betas[0], state[1] * betas[1]
        means = {key: pair.copy() for key, pair in state[2].items()}
        params = {key: w.copy() for key, w in params.items()}
        for key in params:
            means[key][0] *= betas[0]
            means[key][0] += (1 - betas[0]) * grads[key]
            means[key][1] *= betas[1]
            means[key][1] += (1 - betas[1]) * np.square(grads[key])
            step = means[key][0] * lr / (1 - power1)
            step /= np.sqrt(means[key][1]) / np.sqrt(1 - power2) + eps
            params[key] -= step
        return params, (power1, power2, means)


class OneFlatVector:
    """Joins all parameters into one vector and cuts it again; a helper is defined inside."""

    def adam_init(params):
        size = sum(w.size for w in params.values())
        return {"moments": np.zeros((2, size)), "updates": np.array(0)}

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        def flat(arrays):
            return np.concatenate([np.ravel(arrays[key]) for key in sorted(arrays)])

        rates = np.array(betas)[:, None]
        g = flat(grads)
        t = int(state["updates"]) + 1
        moments = rates * state["moments"] + (1 - rates) * np.stack([g, g * g])
        m_hat, v_hat = moments / (1 - rates**t)
        w = flat(params) - lr * m_hat / (v_hat**0.5 + eps)
        answer, start = {}, 0
        for key in sorted(params):
            stop = start + params[key].size
            answer[key] = w[start:stop].reshape(params[key].shape)
            start = stop
        return answer, {"moments": moments, "updates": np.array(t)}


class EpsilonScaled:
    """The short form with one corrected rate, epsilon scaled so that it is the same method."""

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        b1, b2 = betas
        t = state["t"] + 1
        m = {k: b1 * state["m"][k] + (1 - b1) * grads[k] for k in params}
        v = {k: b2 * state["v"][k] + (1 - b2) * grads[k] * grads[k] for k in params}
        root = np.sqrt(1 - b2**t)
        rate = lr * root / (1 - b1**t)
        return {k: params[k] - rate * m[k] / (np.sqrt(v[k]) + eps * root) for k in params}, {
            "t": t,
            "m": m,
            "v": v,
        }


class Talkative:
    """Prints at every step, warns, and divides zero by zero on the way (nan_to_num mends it)."""

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        import warnings

        print("step", state["t"])
        warnings.warn("my own warning", stacklevel=2)
        t = state["t"] + 1
        new, m, v = {}, {}, {}
        for k in params:
            m[k] = state["m"][k] + (1 - betas[0]) * (grads[k] - state["m"][k])
            v[k] = state["v"][k] + (1 - betas[1]) * (grads[k] ** 2 - state["v"][k])
            v_hat = v[k] / (1 - betas[1] ** t)
            ratio = np.nan_to_num((m[k] / (1 - betas[0] ** t)) / np.sqrt(v_hat))
            new[k] = params[k] - lr * ratio * (np.sqrt(v_hat) / (np.sqrt(v_hat) + eps))
        return new, {"t": t, "m": m, "v": v}


VARIANTS = variants("adam_step", ElementByElement, PowersInTheState, OneFlatVector, EpsilonScaled, Talkative)
