"""Unusual but right answers to `batch_norm_backward`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class BackwardGraph:
    """Walks the graph node by node: product, root, square, both means; contributions add up."""

    def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
        n = len(x)
        mean = x.sum(axis=0) / n
        centred = x - mean
        var = (centred**2).sum(axis=0) / n
        root = np.sqrt(var + eps)
        inverse = 1 / root
        x_hat = centred * inverse
        grad_x_hat = grad_out * gamma
        grad_inverse = (grad_x_hat * centred).sum(axis=0)
        grad_root = -grad_inverse / root**2
        grad_var = grad_root / (2 * root)
        grad_centred = grad_x_hat * inverse + 2 * centred * grad_var / n
        grad_mean = -grad_centred.sum(axis=0)
        return grad_centred + grad_mean / n, np.sum(grad_out * x_hat, axis=0), np.sum(grad_out, axis=0)


class BackwardJacobian:
    """Writes down the whole Jacobian of each feature and multiplies with it."""

    def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
        n, d = x.shape
        grad_x, grad_gamma, grad_beta = np.empty((n, d)), np.empty(d), np.empty(d)
        for j in range(d):
            std = np.sqrt(np.var(x[:, j]) + eps)
            x_hat = (x[:, j] - np.mean(x[:, j])) / std
            jacobian = (np.eye(n) - 1 / n - np.outer(x_hat, x_hat) / n) * gamma[j] / std
            grad_x[:, j] = jacobian.T @ grad_out[:, j]
            grad_gamma[j], grad_beta[j] = x_hat @ grad_out[:, j], np.ones(n) @ grad_out[:, j]
        return grad_x, grad_gamma, grad_beta


class BackwardScaled:
    """The form of many code bases: N times everything, one division at the end; γ comes last."""

    def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
        n = x.shape[0]
        std = (np.mean((x - x.mean(0)) ** 2, 0) + eps) ** 0.5
        x_hat = (x - x.mean(0)) / std
        grad_beta = grad_out.sum(0)
        grad_gamma = np.einsum("nd,nd->d", grad_out, x_hat)
        grad_x = gamma / (n * std) * (n * grad_out - grad_beta - x_hat * grad_gamma)
        return [grad_x, grad_gamma, grad_beta]


VARIANTS = variants("batch_norm_backward", BackwardGraph, BackwardJacobian, BackwardScaled)
