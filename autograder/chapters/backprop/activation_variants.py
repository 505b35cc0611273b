"""Unusual but right answers to `activation`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class Masks:
    """Boolean masks on copies, written in place; the sigmoid by tanh."""

    def activation(z, kind, *, slope=0.01, alpha=1.0):
        out = z.copy()
        left = z <= 0
        if kind == "sigmoid":
            return 0.5 * (1.0 + np.tanh(z / 2))
        if kind == "tanh":
            np.tanh(out, out=out)
        elif kind == "relu":
            out[left] = 0
        elif kind == "leaky_relu":
            out[left] *= slope
        else:
            out[left] = alpha * np.expm1(out[left])
        return out

    def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
        grad, left = grad_out.copy(), z <= 0
        if kind == "sigmoid":
            grad *= activation(z, kind) * activation(-z, kind)
        elif kind == "tanh":
            grad *= (1 - np.tanh(z)) * (1 + np.tanh(z))
        elif kind == "relu":
            grad[left] = 0
        elif kind == "leaky_relu":
            grad[left] *= slope
        else:
            grad[left] *= alpha * np.exp(z[left])
        return grad


class NumberByNumber:
    """Python's math, one number at a time, in a dict of little functions."""

    def activation(z, kind, *, slope=0.01, alpha=1.0):
        import math

        table = {
            "sigmoid": lambda t: 1 / (1 + math.exp(-t)) if t > 0 else math.exp(t) / (1 + math.exp(t)),
            "tanh": math.tanh,
            "relu": lambda t: max(t, 0.0),
            "leaky_relu": lambda t: t if t > 0 else slope * t,
            "elu": lambda t: t if t > 0 else alpha * math.expm1(t),
        }
        return np.array([table[kind](t) for t in z.ravel().tolist()]).reshape(z.shape)

    def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
        import math

        def derivative(t):
            if kind == "sigmoid":
                return math.exp(-abs(t)) / (1 + math.exp(-abs(t))) ** 2
            if kind == "tanh":
                return 1 - math.tanh(t) ** 2
            left = {"relu": 0.0, "leaky_relu": slope}
            return 1.0 if t > 0 else left[kind] if kind in left else alpha * math.exp(t)

        pairs = zip(grad_out.ravel().tolist(), z.ravel().tolist(), strict=True)
        return np.array([g * derivative(t) for g, t in pairs]).reshape(z.shape)


class Warns:
    """Overflows on the way with a warning, and is right all the same; branches by a step function."""

    def activation(z, kind, *, slope=0.01, alpha=1.0):
        if kind == "sigmoid":
            return 1.0 / (1.0 + np.exp(-z))
        if kind == "tanh":
            return 2.0 / (1.0 + np.exp(-2.0 * z)) - 1.0
        if kind == "relu":
            return np.clip(z, 0, None)
        if kind == "leaky_relu":
            return np.clip(z, 0, None) + slope * np.clip(z, None, 0)
        return np.where(z > 0, z, alpha * np.expm1(z))

    def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
        step = np.heaviside(z, 0.0)
        if kind == "sigmoid":
            return grad_out * (activation(z, kind) - activation(z, kind) ** 2)
        if kind == "tanh":
            return grad_out - grad_out * np.tanh(z) ** 2
        if kind == "relu":
            return grad_out * step
        if kind == "leaky_relu":
            return grad_out * (step + slope * (1 - step))
        return np.where(z > 0, grad_out, grad_out * alpha * np.exp(z))


VARIANTS = variants("activation", Masks, NumberByNumber, Warns)
