"""Unusual but right answers to `adaptive`, which no check may refuse."""

import numpy as np

from autograder.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


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


class SplitBatches:
    """np.split instead of slices; losses averaged by weights; a NumPy float comes back."""

    def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
        n, state, losses = len(y), adam_init(params), []
        for _ in range(n_epochs):
            batches = np.split(rng.permutation(n), np.arange(batch_size, n, batch_size))
            seen = []
            for rows in batches:
                loss, grads = loss_and_grad(params, X.take(rows, axis=0), y.take(rows))
                params, state = adam_step(params, grads, state, lr=lr)
                seen.append(loss)
            losses.append(np.average(seen, weights=[len(rows) for rows in batches]))
        return params, losses


class ShuffledCopies:
    """Shuffles copies of the data and walks over them with a while loop; copies the parameters first."""

    def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
        weights = {key: np.array(value) for key, value in params.items()}
        state = adam_init(weights)
        losses = [0.0] * n_epochs
        for epoch in range(n_epochs):
            order = rng.permutation(X.shape[0])
            shuffled, labels, done = X[order], y[order], 0
            while done < len(labels):
                here = slice(done, done + batch_size)
                loss, grads = loss_and_grad(weights, shuffled[here], labels[here])
                losses[epoch] += loss * len(labels[here]) / len(labels)
                weights, state = adam_step(weights, grads, state, lr=lr)
                done += batch_size
        return weights, losses


class OneLoopOverUpdates:
    """One loop over all updates, a permutation drawn when the last is used up; losses in an array."""

    def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
        per_epoch = -(-len(X) // batch_size)
        state, sums = adam_init(params), np.zeros(n_epochs)
        for update in range(n_epochs * per_epoch):
            epoch, place = divmod(update, per_epoch)
            if place == 0:
                left = list(rng.permutation(len(X)))
            rows, left = left[:batch_size], left[batch_size:]
            loss, grads = loss_and_grad(params, X[rows], y[rows])
            params, state = adam_step(params, grads, state, lr=lr)
            sums[epoch] += loss * len(rows)
        return params, (sums / len(X)).tolist()


def _variant(exercise, code):
    return Specimen(exercise, code.__name__, code.__doc__, code=code)


ADAM = tuple(
    _variant("adam_step", code)
    for code in (ElementByElement, PowersInTheState, OneFlatVector, EpsilonScaled, Talkative)
)
TRAIN = tuple(_variant("train_digits", code) for code in (SplitBatches, ShuffledCopies, OneLoopOverUpdates))

VARIANTS = ADAM + TRAIN
