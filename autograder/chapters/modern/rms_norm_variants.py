"""Unusual but right answers to `rms_norm`."""

import numpy as np

from autograder.checking import variants


class RmsFlat:
    """Works on rows of a matrix and folds them back; the gradient comes from the whole Jacobian."""

    def rms_norm(x, gamma, *, eps=1e-6):
        rows = x.reshape(-1, x.shape[-1])
        answer = [gamma * row / np.sqrt(row @ row / row.size + eps) for row in rows]
        return np.array(answer).reshape(x.shape)

    def rms_norm_backward(grad_out, x, gamma, *, eps=1e-6):
        d = x.shape[-1]
        grad_x, grad_gamma = [], np.zeros(d)
        for g, row in zip(grad_out.reshape(-1, d), x.reshape(-1, d), strict=True):
            r = (row @ row / d + eps) ** 0.5
            jacobian = np.diag(gamma / r) - np.outer(gamma * row, row) / (d * r**3)
            grad_x.append(g @ jacobian)
            grad_gamma += g * row / r
        return np.array(grad_x).reshape(x.shape), grad_gamma


class RmsByPowers:
    """A power of -1/2 as a factor, and einsum for the sums."""

    def rms_norm(x, gamma, *, eps=1e-6):
        factor = (np.einsum("...d,...d->...", x, x) / x.shape[-1] + eps) ** -0.5
        return x * factor[..., None] * gamma

    def rms_norm_backward(grad_out, x, gamma, *, eps=1e-6):
        n = x.shape[-1]
        factor = ((np.einsum("...d,...d->...", x, x) / n + eps) ** -0.5)[..., None]
        inner = np.einsum("...d,...d,d->...", grad_out, x, gamma)[..., None]
        grad_x = factor * grad_out * gamma - factor**3 / n * inner * x
        return grad_x, (grad_out * x * factor).reshape(-1, n).sum(axis=0)


class RmsInPlace:
    """Scales a copy in place; answers in a list."""

    def rms_norm(x, gamma, *, eps=1e-6):
        y = x.copy()
        y /= np.sqrt(np.square(x).mean(-1) + eps)[..., np.newaxis]
        y *= gamma
        return y

    def rms_norm_backward(grad_out, x, gamma, *, eps=1e-6):
        r = np.sqrt(np.square(x).mean(-1, keepdims=True) + eps)
        normed = x / r
        flow = grad_out * gamma / r
        flow = flow - normed * (flow * normed).mean(-1, keepdims=True)
        grad_gamma = grad_out * normed
        while grad_gamma.ndim > 1:
            grad_gamma = grad_gamma.sum(axis=0)
        return [flow, grad_gamma]


VARIANTS = variants("rms_norm", RmsFlat, RmsByPowers, RmsInPlace)
