"""Unusual but right answers to `adaptive`, which no check may refuse: loops, other state layouts, own copies
changed in place, other groupings of one formula, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- Rprop --------------------------------------------------------------------------------------------------


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


# --- Quickprop ----------------------------------------------------------------------------------------------


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
            answer[key], memory[key] = params[key] + move, (move, g)
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


# --- Adagrad ------------------------------------------------------------------------------------------------


class AdagradHistory:
    """Keeps every gradient and sums all squares anew at each step."""

    def adagrad_init(params):
        return []

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        history = [*state, {key: g.copy() for key, g in grads.items()}]
        answer = {}
        for key in params:
            root = np.sqrt(np.sum([past[key] ** 2 for past in history], axis=0))
            answer[key] = params[key] - lr / (root + eps) * grads[key]
        return answer, history


class AdagradRoots:
    """Keeps the roots, and adds squares under them by hypot."""

    def adagrad_init(params):
        return {"roots": [np.zeros(w.shape) for w in params.values()], "names": list(params)}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        roots = [np.hypot(root, grads[key]) for key, root in zip(state["names"], state["roots"], strict=True)]
        answer = dict(params)
        for key, root in zip(state["names"], roots, strict=True):
            answer[key] = params[key] - lr * grads[key] / (root + eps)
        return answer, {"roots": roots, "names": state["names"]}


class AdagradInPlace:
    """Works in place on deep copies of everything, and prints."""

    def adagrad_init(params):
        return {key: np.zeros_like(w) for key, w in params.items()}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        import copy

        params, state = copy.deepcopy(params), copy.deepcopy(state)
        for key in params:
            state[key] += np.multiply(grads[key], grads[key])
            params[key] -= lr * np.divide(grads[key], np.power(state[key], 0.5) + eps)
            print(key, params[key])
        return params, state


# --- RMSProp ------------------------------------------------------------------------------------------------


class RmspropWithoutTheWeight:
    """The form without (1-rho), with lr and eps scaled so that it is the same method."""

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        scale = (1 - rho) ** 0.5
        sums = {key: rho * state[key] + g * g for key, g in grads.items()}
        answer = {k: params[k] - lr / scale * grads[k] / (np.sqrt(sums[k]) + eps / scale) for k in grads}
        return answer, sums


class RmspropStepwise:
    """The mean moves towards the new square; the state is a list of pairs, made at the first step."""

    def rmsprop_init(params):
        return None

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        before = dict(state) if state else {}
        pairs, answer = [], {}
        for key in sorted(params):
            v = before.get(key, np.zeros_like(params[key]))
            v = v + (1 - rho) * (grads[key] ** 2 - v)
            pairs.append((key, v))
            answer[key] = params[key] - lr * grads[key] / (v**0.5 + eps)
        return {key: answer[key] for key in params}, pairs


class RmspropLoop:
    """Loops over all indices of all arrays."""

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        answer = {key: np.empty_like(w) for key, w in params.items()}
        memory = {key: np.empty_like(w) for key, w in params.items()}
        for key, g in grads.items():
            for i in np.ndindex(*g.shape):
                memory[key][i] = rho * state[key][i] + (1 - rho) * g[i] * g[i]
                answer[key][i] = params[key][i] - lr * g[i] / (memory[key][i] ** 0.5 + eps)
        return answer, memory


# --- Adadelta -----------------------------------------------------------------------------------------------


class AdadeltaOneRoot:
    """One root of the quotient; both means in one array, worked on in place."""

    def adadelta_init(params):
        return {key: np.zeros((2, *w.shape)) for key, w in params.items()}

    def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
        answer, memory = {}, {}
        for key, g in grads.items():
            pair = rho * state[key]
            pair[0] += (1 - rho) * g * g
            move = g * np.sqrt((state[key][1] + eps) / (pair[0] + eps))
            pair[1] += (1 - rho) * move * move
            answer[key], memory[key] = params[key] - lr * move, pair
        return answer, memory


class AdadeltaShifted:
    """Keeps both means with eps already in them."""

    def adadelta_init(params):
        return {"begun": False, "v": {}, "u": {}}

    def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
        answer, v, u = {}, {}, {}
        for key, g in grads.items():
            old_v = state["v"][key] if state["begun"] else np.full(g.shape, eps)
            old_u = state["u"][key] if state["begun"] else np.full(g.shape, eps)
            v[key] = rho * old_v + (1 - rho) * (np.square(g) + eps)
            delta = np.sqrt(old_u) / np.sqrt(v[key]) * g
            u[key] = rho * old_u + (1 - rho) * (np.square(delta) + eps)
            answer[key] = params[key] - lr * delta
        return answer, {"begun": True, "v": v, "u": u}


class AdadeltaHelper:
    """A function inside for the root mean square; signs the other way round."""

    def adadelta_step(params, grads, state, *, lr=1.0, rho=0.9, eps=1e-6):
        def rms(mean):
            return (mean + eps) ** 0.5

        v = {k: state["v"][k] * rho + g**2 * (1 - rho) for k, g in grads.items()}
        move = {k: -rms(state["u"][k]) * g / rms(v[k]) for k, g in grads.items()}
        u = {k: state["u"][k] * rho + m**2 * (1 - rho) for k, m in move.items()}
        return {k: params[k] + lr * m for k, m in move.items()}, {"v": v, "u": u}


# --- Adam ---------------------------------------------------------------------------------------------------


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


# --- AdaMax -------------------------------------------------------------------------------------------------


class AdamaxWhere:
    """np.where for the maximum, the power of beta1 kept instead of a counter."""

    def adamax_init(params):
        zero = {key: np.zeros_like(w) for key, w in params.items()}
        return [1.0, zero, zero]

    def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        power = state[0] * betas[0]
        answer, means, tops = {}, {}, {}
        for key, g in grads.items():
            means[key] = g + betas[0] * (state[1][key] - g)
            size, old = np.abs(g) + eps, betas[1] * state[2][key]
            tops[key] = np.where(size > old, size, old)
            answer[key] = params[key] - lr * (means[key] / (1 - power)) / tops[key]
        return answer, [power, means, tops]


class AdamaxHistory:
    """Keeps all gradients, and computes mean and maximum from their definitions."""

    def adamax_init(params):
        return {key: [] for key in params}

    def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        past = {key: [*state[key], g] for key, g in grads.items()}
        answer = {}
        for key, rows in past.items():
            ages = range(len(rows) - 1, -1, -1)
            m = sum((1 - betas[0]) * betas[0] ** age * g for age, g in zip(ages, rows, strict=True))
            tops = [betas[1] ** age * (np.abs(g) + eps) for age, g in zip(ages, rows, strict=True)]
            answer[key] = params[key] - lr / (1 - betas[0] ** len(rows)) * m / np.max(tops, axis=0)
        return answer, past


class AdamaxFlat:
    """Works on flat rows and writes the answer through a view of its own copy."""

    def adamax_init(params):
        return {"t": 1, **{key: np.zeros((2, w.size)) for key, w in params.items()}}

    def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        memory, answer = {"t": state["t"] + 1}, {}
        for key, w in params.items():
            g, (m, u) = grads[key].ravel(), state[key]
            m = betas[0] * m + g - betas[0] * g
            u = np.fmax(u * betas[1], np.fabs(g) + eps)
            memory[key], answer[key] = np.vstack([m, u]), w.copy()
            answer[key].ravel()[:] -= lr * m / (u * (1 - betas[0] ** state["t"]))
        return answer, memory


# --- Nadam --------------------------------------------------------------------------------------------------


class NadamLoop:
    """One number at a time; the state is a list of counter and dict of lists."""

    def nadam_init(params):
        return [0, {key: [[0.0, 0.0] for _ in range(w.size)] for key, w in params.items()}]

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        (b1, b2), t = betas, state[0] + 1
        answer, memory = {}, {}
        for key, w in params.items():
            new, memory[key] = [], []
            flat = zip(w.ravel().tolist(), grads[key].ravel().tolist(), state[1][key], strict=True)
            for x, g, (m, v) in flat:
                m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
                top = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
                new.append(x - lr * top / ((v / (1 - b2**t)) ** 0.5 + eps))
                memory[key].append([m, v])
            answer[key] = np.reshape(new, w.shape)
        return answer, [t, memory]


class NadamSums:
    """Keeps m and v without their (1-beta) and puts the factors into two scalars."""

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        b1, b2 = betas
        t = state["t"] + 1
        m = {key: b1 * state["m"][key] + g for key, g in grads.items()}
        v = {key: b2 * state["v"][key] + g * g for key, g in grads.items()}
        c_m = lr * (1 - b1) * b1 / (1 - b1 ** (t + 1))
        c_g = lr * (1 - b1) / (1 - b1**t)
        root = {key: np.sqrt((1 - b2) / (1 - b2**t)) * np.sqrt(v[key]) + eps for key in v}
        answer = {key: params[key] - (c_m * m[key] + c_g * grads[key]) / root[key] for key in params}
        return answer, {"t": t, "m": m, "v": v}


class NadamByUpdate:
    """Begins with copies of the arguments, updates the copied dicts, counts t from one."""

    def nadam_init(params):
        return {
            "t": 1,
            "m": {k: 0 * w for k, w in params.items()},
            "v": {k: 0 * w for k, w in params.items()},
        }

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        answer, m, v, t = dict(params), dict(state["m"]), dict(state["v"]), state["t"]
        for key, g in grads.items():
            m[key] = m[key] * betas[0] + (1 - betas[0]) * g
            v[key] = v[key] * betas[1] + (1 - betas[1]) * np.square(g)
            now, ahead = g * (1 - betas[0]) / (1 - betas[0] ** t), m[key] / (1 - betas[0] ** (t + 1))
            step = (betas[0] * ahead + now) / (np.sqrt(v[key] / (1 - betas[1] ** t)) + eps)
            answer[key] = answer[key] - lr * step
        return answer, {"t": t + 1, "m": m, "v": v}


# --- AdamW --------------------------------------------------------------------------------------------------


class AdamwAlone:
    """Writes Adam out instead of calling it; shrinks the weights first, as PyTorch does."""

    def adamw_init(params):
        return {"t": 0, "mv": {key: np.zeros((2, *w.shape)) for key, w in params.items()}}

    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        b1, b2 = betas
        t, answer, memory = state["t"] + 1, {}, {}
        for key, g in grads.items():
            m = b1 * state["mv"][key][0] + (1 - b1) * g
            v = b2 * state["mv"][key][1] + (1 - b2) * g**2
            shrunk = (1 - lr * weight_decay) * params[key]
            answer[key] = shrunk - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
            memory[key] = np.stack([m, v])
        return answer, {"t": t, "mv": memory}


class AdamwShrinksFirst:
    """Hands shrunk weights to adam_step: Adam's own step does not depend on where it starts."""

    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        shrunk = {key: w - lr * weight_decay * w for key, w in params.items()}
        return adam_step(shrunk, grads, state, lr=lr, betas=betas, eps=eps)


class AdamwByDifference:
    """Takes Adam's step from zero and adds it; wraps the state in a list."""

    def adamw_init(params):
        return [adam_init(params), "adam"]

    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        origin = {key: np.zeros_like(w) for key, w in params.items()}
        step, inner = adam_step(origin, grads, state[0], lr=lr, betas=betas, eps=eps)
        return {key: w + step[key] - lr * (weight_decay * w) for key, w in params.items()}, [inner, state[1]]


# --- Training on digits -------------------------------------------------------------------------------------


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


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("rprop_step", RpropMasks, RpropLoop, RpropPower),
    *_all("quickprop_step", QuickpropBranches, QuickpropRatio, QuickpropInPlace),
    *_all("adagrad_step", AdagradHistory, AdagradRoots, AdagradInPlace),
    *_all("rmsprop_step", RmspropWithoutTheWeight, RmspropStepwise, RmspropLoop),
    *_all("adadelta_step", AdadeltaOneRoot, AdadeltaShifted, AdadeltaHelper),
    *_all("adam_step", ElementByElement, PowersInTheState, OneFlatVector, EpsilonScaled, Talkative),
    *_all("adamax_step", AdamaxWhere, AdamaxHistory, AdamaxFlat),
    *_all("nadam_step", NadamLoop, NadamSums, NadamByUpdate),
    *_all("adamw_step", AdamwAlone, AdamwShrinksFirst, AdamwByDifference),
    *_all("train_digits", SplitBatches, ShuffledCopies, OneLoopOverUpdates),
)
