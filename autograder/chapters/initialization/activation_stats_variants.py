"""Unusual but right answers to `activation_stats`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class StatsRecursive:
    """Calls itself for the layers above; the gradient comes back as the function returns."""

    def activation_stats(weights, X, grad_out, *, activation):
        def through(l, h):
            if l == len(weights):
                return grad_out, []
            z = np.einsum("bi,io->bo", h, weights[l])
            up = activate(z, activation)
            grad, rows = through(l + 1, up)
            delta = grad * activation_slope(z, activation)
            if activation == "tanh":
                share = np.mean((up > 0.99) | (up < -0.99))
            else:
                share = np.mean(up <= 0) if activation == "relu" else 0.0
            return delta @ weights[l].T, [(up.mean(), up.std(), share, delta.std()), *rows]

        _, rows = through(0, X)
        table = np.array(rows)
        keys = ("act_mean", "act_std", "saturated", "grad_std")
        return {key: table[:, j] for j, key in enumerate(keys)}


class StatsByOwnSlopes:
    """Slopes from h and not from z: 1 - h² and h > 0; arrays filled from the back."""

    def activation_stats(weights, X, grad_out, *, activation):
        L, hs = len(weights), [X]
        for W in weights:
            hs.append(activate(np.dot(hs[-1], W), activation))
        out = {key: np.zeros(L) for key in ("grad_std", "saturated", "act_std", "act_mean")}
        grad = grad_out.copy()
        for l in range(L - 1, -1, -1):
            h = hs[l + 1]
            out["act_mean"][l] = h.sum() / h.size
            out["act_std"][l] = np.sqrt(((h - h.mean()) ** 2).mean())
            if activation == "tanh":
                out["saturated"][l] = np.count_nonzero(abs(h) > 0.99) / h.size
                grad *= 1 - h * h
            elif activation == "relu":
                out["saturated"][l] = np.count_nonzero(h == 0) / h.size
                grad *= h > 0
            out["grad_std"][l] = grad.std()
            grad = grad @ weights[l].T
        return out


class StatsExampleByExample:
    """One example at a time through all layers; warns."""

    def activation_stats(weights, X, grad_out, *, activation):
        import warnings

        warnings.warn("slow", stacklevel=2)
        acts, grads = [[] for _ in weights], [[] for _ in weights]
        for x, g in zip(X, grad_out, strict=True):
            zs, h = [], x
            for l, W in enumerate(weights):
                zs.append(W.T @ h)
                h = activate(zs[-1], activation)
                acts[l].extend(h.tolist())
            for l in reversed(range(len(weights))):
                g = g * activation_slope(zs[l], activation)
                grads[l].extend(g.tolist())
                g = weights[l] @ g
        limit = {"tanh": lambda a: abs(a) > 0.99, "relu": lambda a: a == 0.0, "linear": lambda a: False}
        return {
            "act_mean": np.array([np.mean(a) for a in acts]),
            "act_std": np.array([np.std(a) for a in acts]),
            "saturated": np.array([sum(map(limit[activation], a)) / len(a) for a in acts]),
            "grad_std": np.array([np.std(g) for g in grads]),
        }


VARIANTS = variants("activation_stats", StatsRecursive, StatsByOwnSlopes, StatsExampleByExample)
