"""Unusual but right answers to `initialization`, which no check may refuse: loops, other formulas for one
number, other ways to draw from one law, own copies changed in place, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- Standardising ----------------------------------------------------------------------------------------


class FitColumnByColumn:
    """A loop over features with Python's own sums; lists become arrays at the end."""

    def standardize_fit(X):
        means, scales = [], []
        for column in X.T.tolist():
            m = sum(column) / len(column)
            s = (sum((x - m) ** 2 for x in column) / len(column)) ** 0.5
            means.append(m)
            scales.append(1.0 if len(set(column)) == 1 else s)
        return [np.array(means), np.array(scales)]


class FitByNorms:
    """The norm of the centred feature over the root of N; constants found by comparing with the first row."""

    def standardize_fit(X):
        mean = np.average(X, axis=0)
        scale = np.linalg.norm(X - mean, axis=0) / np.sqrt(len(X))
        scale[(X[0] == X).all(axis=0)] = 1.0
        return mean, scale


class FitByCovariance:
    """The root of the covariance's diagonal, ddof 0; ptp for constants; prints."""

    def standardize_fit(X):
        centred = X - X.mean(axis=0, keepdims=True)
        scale = np.sqrt(np.einsum("ij,ij->j", centred, centred) / X.shape[0])
        print("constant features:", int(np.sum(np.ptp(X, axis=0) == 0)))
        return X.mean(axis=0), np.where(np.ptp(X, axis=0) > 0, scale, np.ones(X.shape[1]))


class StandardizeInPlace:
    """In place on an own copy."""

    def standardize(X, mean, scale):
        done = X.copy()
        done -= mean
        done /= scale
        return done


class StandardizeByLoop:
    """Number by number."""

    def standardize(X, mean, scale):
        return np.array([[(x - m) / s for x, m, s in zip(row, mean, scale, strict=True)] for row in X])


class StandardizeByProduct:
    """A diagonal matrix from the right."""

    def standardize(X, mean, scale):
        return np.subtract(X, mean[None, :]) @ np.diag(1.0 / scale)


# --- Whitening ----------------------------------------------------------------------------------------------


class WhitenBySVD:
    """Singular values of the centred examples: their squares over N are the variances."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        mean = X.mean(axis=0)
        _, s, Vt = np.linalg.svd(X - mean, full_matrices=True)
        lam = np.zeros(X.shape[1])
        lam[: len(s)] = s**2 / len(X)
        M = Vt.T @ np.diag((lam + eps) ** -0.5)
        if kind == "zca":
            return mean, M @ Vt
        return mean, M[:, : X.shape[1] if n_components is None else n_components]


class WhitenByEig:
    """The general eigenvalue routine, sorted by argsort, signs turned round."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        mean = X.mean(axis=0)
        C = np.cov(X, rowvar=False, bias=True).reshape(X.shape[1], X.shape[1])
        lam, V = np.linalg.eigh((C + C.T) / 2)
        order = np.argsort(-lam)
        lam, V = np.clip(lam[order], 0, None), -V[:, order]
        root = 1 / np.sqrt(lam + eps)
        return mean, (V * root) @ V.T if kind == "zca" else (V * root)[:, :n_components]


class WhitenOneDirectionAtATime:
    """A sum of outer products for zca, a stack of columns for pca."""

    def whiten_fit(X, *, kind, eps=1e-5, n_components=None):
        n, d = X.shape
        mean = np.array([X[:, j].sum() / n for j in range(d)])
        C = sum(np.outer(x - mean, x - mean) for x in X) / n
        lam, V = np.linalg.eigh(C)
        if kind == "zca":
            return mean, sum(np.outer(V[:, j], V[:, j]) / (abs(lam[j]) + eps) ** 0.5 for j in range(d))
        keep = range(d - 1, d - 1 - (n_components or d), -1)
        return mean, np.stack([V[:, j] / (abs(lam[j]) + eps) ** 0.5 for j in keep], axis=1)


# --- Watching the signal ------------------------------------------------------------------------------------


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


class DeadByMaximum:
    """A unit is dead if its largest value is not above zero."""

    def dead_fraction(z):
        return np.mean(z.max(axis=0) <= 0)


class DeadByLoop:
    """Counts units that some row brings to life."""

    def dead_fraction(z):
        alive = 0
        for unit in z.T:
            if any(value > 0 for value in unit):
                alive += 1
        return (z.shape[1] - alive) / z.shape[1]


class DeadByRelu:
    """Sums what comes through the ReLU."""

    def dead_fraction(z):
        return float((np.maximum(z, 0).sum(axis=0) == 0).mean())


# --- Xavier and He ------------------------------------------------------------------------------------------


class XavierFromUnit:
    """rng.random, stretched and shifted."""

    def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
        limit = gain * (3 / ((fan_in + fan_out) / 2)) ** 0.5
        return limit * (2 * rng.random((fan_in, fan_out)) - 1)


class XavierBySign:
    """A magnitude and a sign, drawn apart."""

    def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
        size = rng.uniform(0, gain * np.sqrt(6) / np.sqrt(fan_in + fan_out), size=fan_in * fan_out)
        return (size * rng.choice([-1, 1], size=size.size)).reshape(fan_in, fan_out)


class XavierUnitByUnit:
    """One unit after the other, transposed at the end."""

    def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
        std = gain * np.sqrt(2 / (fan_in + fan_out))
        a = np.sqrt(3) * std
        return np.array([[rng.uniform(-a, a) for _ in range(fan_in)] for _ in range(fan_out)]).T


class XavierFromStandard:
    """Standard normal numbers, scaled."""

    def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
        return rng.standard_normal((fan_in, fan_out)) * gain / np.sqrt((fan_in + fan_out) / 2)


class XavierTransposed:
    """Drawn as (fan_out, fan_in) and turned."""

    def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
        W = rng.normal(scale=gain * (2 / (fan_in + fan_out)) ** 0.5, size=(fan_out, fan_in))
        return np.ascontiguousarray(W.T)


class XavierBoxMuller:
    """Gaussians made of two uniform draws each."""

    def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
        u, v = 1 - rng.random((fan_in, fan_out)), rng.random((fan_in, fan_out))
        z = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
        return gain * np.sqrt(2.0 / (fan_in + fan_out)) * z


class HeFromUnit:
    """rng.random, stretched and shifted, in place."""

    def he_uniform(fan_in, fan_out, *, rng):
        W = rng.random((fan_in, fan_out))
        W -= 0.5
        W *= 2 * np.sqrt(6 / fan_in)
        return W


class HeFlat:
    """One long row of draws, cut."""

    def he_uniform(fan_in, fan_out, *, rng):
        a = np.sqrt(3) * np.sqrt(2.0 / fan_in)
        return np.reshape(rng.uniform(-a, a, fan_in * fan_out), (fan_in, fan_out), order="F")


class HeInputByInput:
    """A row for every input."""

    def he_uniform(fan_in, fan_out, *, rng):
        a = (6 / fan_in) ** 0.5
        return np.stack([-rng.uniform(-a, a, size=fan_out) for _ in range(fan_in)])


class HeFromStandard:
    """Standard normal numbers, scaled, signs turned."""

    def he_normal(fan_in, fan_out, *, rng):
        return -np.sqrt(2.0) * rng.standard_normal(size=(fan_in, fan_out)) / fan_in**0.5


class HeFromXavier:
    """Its own Xavier with as many outputs as inputs, times the root of two, cut or stacked to shape."""

    def he_normal(fan_in, fan_out, *, rng):
        blocks = [
            xavier_normal(fan_in, fan_in, rng=rng, gain=np.sqrt(2)) for _ in range(-(-fan_out // fan_in))
        ]
        return np.concatenate(blocks, axis=1)[:, :fan_out]


class HeCovariance:
    """A multivariate Gaussian over the inputs, one draw a unit; prints."""

    def he_normal(fan_in, fan_out, *, rng):
        print("fan_in", fan_in)
        return np.array(
            [rng.normal(np.zeros(fan_in), np.full(fan_in, np.sqrt(2 / fan_in))) for _ in range(fan_out)]
        ).T


# --- Orthogonal ---------------------------------------------------------------------------------------------


class OrthogonalPolar:
    """The polar factor of a Gaussian matrix, by its singular vectors: no signs to mend."""

    def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
        U, _, Vt = np.linalg.svd(rng.standard_normal((fan_in, fan_out)), full_matrices=False)
        return gain * (U @ Vt)


class OrthogonalGramSchmidt:
    """Gram and Schmidt, twice for the rounding, row by row or column by column."""

    def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
        long, short = max(fan_in, fan_out), min(fan_in, fan_out)
        found = []
        for _ in range(short):
            v = rng.normal(size=long)
            for _ in range(2):
                for u in found:
                    v = v - (u @ v) * u
            found.append(v / np.linalg.norm(v))
        rows = gain * np.array(found)
        return rows.T if fan_in >= fan_out else rows


class OrthogonalSquare:
    """A square turn with random signs, of which only a part is kept."""

    def orthogonal(fan_in, fan_out, *, rng, gain=1.0):
        n = max(fan_in, fan_out)
        Q, R = np.linalg.qr(rng.normal(size=(n, n)))
        Q *= np.where(np.diagonal(R) < 0, -1.0, 1.0)
        return Q[:fan_in, :fan_out] * gain


# --- LSUV ---------------------------------------------------------------------------------------------------


class LsuvOnce:
    """One division, for a linear map needs no more; the scaled z goes on and is not computed again."""

    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        h, scaled = X, []
        for W in weights:
            z = h @ W
            std = z.std()
            if not abs(std**2 - 1) < tol:
                W, z = W / std, z / std
            scaled.append(W)
            h = activate(z, activation)
        return tuple(scaled)


class LsuvFromTheStart:
    """Sends the batch through all layers below anew for every layer; works on copies in place; prints."""

    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        done = [W.copy() for W in weights]
        for l in range(len(done)):
            for _ in range(max_iter):
                h = X
                for W in done[:l]:
                    h = activate(h @ W, activation)
                var = float(np.mean((h @ done[l]) ** 2) - np.mean(h @ done[l]) ** 2)
                print(l, var)
                if not (var - 1 >= tol or 1 - var >= tol):
                    break
                done[l] /= var**0.5
        return done


class LsuvRecursive:
    """The first layer, then itself on what comes out."""

    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        if not weights:
            return []
        W, tries = weights[0].copy(), 0
        while abs(np.var(X @ W) - 1.0) >= tol and tries < max_iter:
            W = W * np.var(X @ W) ** -0.5
            tries += 1
        rest = lsuv(
            weights[1:], activate(X @ W, activation), activation=activation, tol=tol, max_iter=max_iter
        )
        return [W, *rest]


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("standardize_fit", FitColumnByColumn, FitByNorms, FitByCovariance),
    *_all("standardize", StandardizeInPlace, StandardizeByLoop, StandardizeByProduct),
    *_all("whiten_fit", WhitenBySVD, WhitenByEig, WhitenOneDirectionAtATime),
    *_all("activation_stats", StatsRecursive, StatsByOwnSlopes, StatsExampleByExample),
    *_all("dead_fraction", DeadByMaximum, DeadByLoop, DeadByRelu),
    *_all("xavier_uniform", XavierFromUnit, XavierBySign, XavierUnitByUnit),
    *_all("xavier_normal", XavierFromStandard, XavierTransposed, XavierBoxMuller),
    *_all("he_uniform", HeFromUnit, HeFlat, HeInputByInput),
    *_all("he_normal", HeFromStandard, HeFromXavier, HeCovariance),
    *_all("orthogonal", OrthogonalPolar, OrthogonalGramSchmidt, OrthogonalSquare),
    *_all("lsuv", LsuvOnce, LsuvFromTheStart, LsuvRecursive),
)
