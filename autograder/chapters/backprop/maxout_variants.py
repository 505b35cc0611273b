"""Unusual but right answers to `maxout`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class MaxoutByEinsum:
    """einsum; the winners as a one-hot array from an identity matrix."""

    def maxout(X, W, b):
        return (np.einsum("nd,doj->noj", X, W) + b).max(axis=-1)

    def maxout_backward(grad_out, X, W, b):
        hot = np.eye(b.shape[1])[(np.einsum("nd,doj->noj", X, W) + b).argmax(-1)]
        return (
            np.einsum("no,noj,doj->nd", grad_out, hot, W),
            np.einsum("no,noj,nd->doj", grad_out, hot, X),
            np.einsum("no,noj->oj", grad_out, hot),
        )


class MaxoutPieceByPiece:
    """A loop over the pieces, keeping the best so far and who it was."""

    def maxout(X, W, b):
        best = X @ W[:, :, 0] + b[:, 0]
        for j in range(1, W.shape[2]):
            best = np.maximum(best, X @ W[:, :, j] + b[:, j])
        return best

    def maxout_backward(grad_out, X, W, b):
        pieces = [X @ W[:, :, j] + b[:, j] for j in range(W.shape[2])]
        free = np.ones_like(grad_out, dtype=bool)
        top = np.max(pieces, axis=0)
        grad_X, grad_W, grad_b = np.zeros_like(X), np.zeros_like(W), np.zeros_like(b)
        for j, piece in enumerate(pieces):
            mine = grad_out * (free & (piece == top))
            free &= piece != top
            grad_X += mine @ W[:, :, j].T
            grad_W[:, :, j] = X.T @ mine
            grad_b[:, j] = mine.sum(axis=0)
        return grad_X, grad_W, grad_b


class MaxoutExampleByExample:
    """Loops over examples and units, one winner at a time."""

    def maxout(X, W, b):
        return np.array([[max(x @ W[:, o, :] + b[o]) for o in range(len(b))] for x in X])

    def maxout_backward(grad_out, X, W, b):
        grad_X, grad_W, grad_b = np.zeros(X.shape), np.zeros(W.shape), np.zeros(b.shape)
        for n, x in enumerate(X):
            for o in range(len(b)):
                values = (x @ W[:, o, :] + b[o]).tolist()
                j = values.index(max(values))
                grad_X[n] += grad_out[n, o] * W[:, o, j]
                grad_W[:, o, j] += grad_out[n, o] * x
                grad_b[o, j] += grad_out[n, o]
        return grad_X, grad_W, grad_b


VARIANTS = variants("maxout", MaxoutByEinsum, MaxoutPieceByPiece, MaxoutExampleByExample)
