"""Unusual but right answers to `mlp_backward`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class BackwardByRecursion:
    """A recursive walk: forward on the way in, backward on the way out."""

    def mlp_backward(grad_out, params, X, *, activation):
        grads, n = {}, len(params) // 2

        def walk(k, h):
            z = h @ params[f"W{k}"] + params[f"b{k}"]
            g = grad_out
            if k < n:
                g = activation_backward(walk(k + 1, activate(z, activation)), z, activation)
            grads[f"W{k}"], grads[f"b{k}"] = h.T @ g, g.sum(axis=0)
            return g @ params[f"W{k}"].T

        back = walk(1, X)
        return grads, back


class BackwardLayerForgotten:
    """Keeps nothing: for each layer the forward pass up to it is made again by mlp_forward."""

    def mlp_backward(grad_out, params, X, *, activation):
        grads, g = {}, grad_out
        for n in range(len(params) // 2, 0, -1):
            below = {f"{letter}{k}": params[f"{letter}{k}"] for letter in "Wb" for k in range(1, n)}
            z = mlp_forward(below, X, activation=activation) if below else X
            h = activate(z, activation) if below else X
            g, grads[f"W{n}"], grads[f"b{n}"] = affine_backward(g, h, params[f"W{n}"], params[f"b{n}"])
            g = activation_backward(g, z, activation) if below else g
        return grads, g


class BackwardByExamples:
    """One example at a time with column vectors; the gradients added up."""

    def mlp_backward(grad_out, params, X, *, activation):
        n = len(params) // 2
        grads = {key: np.zeros_like(value) for key, value in params.items()}
        grad_X = []
        for x, g in zip(X, grad_out, strict=True):
            hs, zs = [x], [None]
            for k in range(1, n):
                zs.append(params[f"W{k}"].T @ hs[-1] + params[f"b{k}"])
                hs.append(activate(zs[-1], activation))
            for k in range(n, 0, -1):
                if k < n:
                    g = activation_backward(g, zs[k], activation)
                grads[f"W{k}"] += np.outer(hs[k - 1], g)
                grads[f"b{k}"] += g
                g = params[f"W{k}"] @ g
            grad_X.append(g)
        return grads, np.array(grad_X)


VARIANTS = variants("mlp_backward", BackwardByRecursion, BackwardLayerForgotten, BackwardByExamples)
