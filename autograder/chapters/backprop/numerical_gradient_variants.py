"""Unusual but right answers to `numerical_gradient`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class MovesXItself:
    """Moves an entry of x itself and puts the kept value back; the error in a loop over pairs."""

    def numerical_gradient(f, x, *, h=1e-5):
        slopes = []
        flat = x.reshape(-1)
        for i in range(flat.size):
            kept = flat[i]
            flat[i] = kept + h
            above = f(x)
            flat[i] = kept - h
            below = f(x)
            flat[i] = kept
            slopes.append((above - below) / 2 / h)
        return np.array(slopes).reshape(x.shape)

    def relative_error(a, b):
        worst = 0.0
        for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True):
            worst = max(worst, abs(p - q) / max(abs(p) + abs(q), 1e-8))
        return worst


class UnitVectors:
    """Steps along the rows of an identity matrix; a NumPy float comes back."""

    def numerical_gradient(f, x, *, h=1e-5):
        steps = h * np.eye(x.size).reshape(x.size, *x.shape)
        halves = np.array([f(x + step) / 2 - f(x - step) / 2 for step in steps])
        return np.reshape(halves / h, x.shape)

    def relative_error(a, b):
        return (np.abs(np.subtract(a, b)) / np.clip(np.abs(a) + np.abs(b), 1e-8, None)).max()


class WithAnIterator:
    """np.nditer and copies made by arithmetic; the ratio sorted instead of a maximum."""

    def numerical_gradient(f, x, *, h=1e-5):
        grad = np.empty_like(x)
        places = np.nditer(x, flags=["multi_index"])
        for _ in places:
            step = np.zeros_like(x)
            step[places.multi_index] = h
            grad[places.multi_index] = (f(x + step) - f(x - step)) / (h + h)
        return grad

    def relative_error(a, b):
        a, b = np.atleast_1d(a).astype(float), np.atleast_1d(b).astype(float)
        size = np.abs(a) + np.abs(b)
        size[size < 1e-8] = 1e-8
        return float(np.sort(np.ravel(np.abs(b - a) / size))[-1])


VARIANTS = variants("numerical_gradient", MovesXItself, UnitVectors, WithAnIterator)
