"""Unusual but right answers to `muon_step`."""

import numpy as np

from autograder.checking import variants


class MuonBySingularValues:
    """Applies the polynomial to the singular values; momentum as a sum, whose scale newton_schulz loses."""

    def newton_schulz(G, *, steps=5):
        u, s, vt = np.linalg.svd(G, full_matrices=False)
        s = s / max(np.sqrt(np.sum(s**2)), 1e-7)
        for _ in range(steps):
            s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
        return u @ np.diag(s) @ vt

    def muon_step(params, grads, state, *, lr=1e-3, momentum=0.95, nesterov=True, weight_decay=0.1):
        new, mean = {}, {}
        for key, g in grads.items():
            mean[key] = state[key] + (1 - momentum) * (g - state[key])
            u = g + momentum * (mean[key] - g) if nesterov else mean[key]
            length = max(1.0, g.shape[1] / g.shape[0]) ** 0.5
            new[key] = params[key] - lr * (length * newton_schulz(u) + weight_decay * params[key])
        return new, mean


class MuonOnTheLongSide:
    """Never transposes: the product on the long side gives the same matrix. The state is a list."""

    def newton_schulz(G, *, steps=5):
        norm = np.sqrt((G * G).sum())
        X = G / (norm if norm > 1e-7 else 1e-7)
        for _ in range(steps):
            B = X.T @ X
            X = X @ (3.4445 * np.eye(len(B)) - 4.775 * B + 2.0315 * B @ B)
        return X

    def muon_init(params):
        return [params[key] * 0.0 for key in sorted(params)]

    def muon_step(params, grads, state, *, lr=1e-3, momentum=0.95, nesterov=True, weight_decay=0.1):
        answer, kept = {}, []
        for key, m in zip(sorted(params), state, strict=True):
            rows, columns = params[key].shape
            m = m * momentum + grads[key] * (1 - momentum)
            u = m * momentum + grads[key] * (1 - momentum) if nesterov else m
            rate = lr * np.sqrt(columns / rows) if columns > rows else lr
            answer[key] = params[key] * (1 - lr * weight_decay) - rate * newton_schulz(u)
            kept.append(m)
        return answer, kept


class MuonInHornersForm:
    """The polynomial by Horner, in place on a copy; a helper makes the step."""

    def newton_schulz(G, *, steps=5):
        flat = G.shape[0] <= G.shape[1]
        X = G.copy() if flat else G.T.copy()
        X /= np.maximum(np.linalg.norm(G, "fro"), 1e-7)
        for _ in range(steps):
            A = X @ X.T
            X = 3.4445 * X + A @ (-4.775 * X + 2.0315 * (A @ X))
        return X if flat else np.ascontiguousarray(X.T)

    def muon_step(params, grads, state, *, lr=1e-3, momentum=0.95, nesterov=True, weight_decay=0.1):
        def moved(w, g, m):
            u = m + (1 - momentum) * (g - m) if nesterov else m
            w = w * (1 - lr * weight_decay)
            w -= lr * np.sqrt(np.maximum(1, w.shape[1] / w.shape[0])) * newton_schulz(u)
            return w

        mean = {key: momentum * m + (1 - momentum) * grads[key] for key, m in state.items()}
        return {key: moved(params[key], grads[key], mean[key]) for key in params}, mean


VARIANTS = variants("muon_step", MuonBySingularValues, MuonOnTheLongSide, MuonInHornersForm)
