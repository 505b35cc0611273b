"""Unusual but right answers to `causal_attention`."""

import numpy as np

from autograder.checking import variants


class QueryByQuery:
    """Plain loops over examples, heads and positions; only what is seen is ever touched."""

    def causal_attention(q, k, v):
        y = np.empty_like(v)
        for n, h, t in np.ndindex(q.shape[:3]):
            scores = k[n, h, : t + 1] @ q[n, h, t] / q.shape[-1] ** 0.5
            weights = np.exp(scores - scores.max())
            y[n, h, t] = weights @ v[n, h, : t + 1] / weights.sum()
        return y

    def causal_attention_backward(grad_out, q, k, v):
        grad_q, grad_k, grad_v = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
        root = q.shape[-1] ** 0.5
        for n, h, t in np.ndindex(q.shape[:3]):
            keys, values = k[n, h, : t + 1], v[n, h, : t + 1]
            scores = keys @ q[n, h, t] / root
            a = np.exp(scores - scores.max())
            a /= a.sum()
            grad_a = values @ grad_out[n, h, t]
            grad_s = (np.diag(a) - np.outer(a, a)) @ grad_a / root
            grad_q[n, h, t] = grad_s @ keys
            grad_k[n, h, : t + 1] += np.outer(grad_s, q[n, h, t])
            grad_v[n, h, : t + 1] += np.outer(a, grad_out[n, h, t])
        return grad_q, grad_k, grad_v


class AttentionByEinsum:
    """Scales the queries first, adds a mask of minus infinity, and multiplies by einsum."""

    def causal_attention(q, k, v):
        time = q.shape[2]
        mask = np.triu(np.full((time, time), -np.inf), 1)
        s = np.einsum("nhtd,nhsd->nhts", q / np.sqrt(q.shape[3]), k) + mask
        e = np.exp(s - s.max(axis=3)[..., None])
        return np.einsum("nhts,nhsd->nhtd", e, v) / e.sum(axis=3)[..., None]

    def causal_attention_backward(grad_out, q, k, v):
        time, scale = q.shape[2], 1 / np.sqrt(q.shape[3])
        mask = np.triu(np.full((time, time), -np.inf), 1)
        s = np.einsum("nhtd,nhsd->nhts", q, k) * scale + mask
        a = np.exp(s - s.max(axis=3)[..., None])
        a = a / a.sum(axis=3)[..., None]
        y = np.einsum("nhts,nhsd->nhtd", a, v)
        inner = np.einsum("nhtd,nhtd->nht", grad_out, y)  # what the softmax takes off, from the output
        grad_s = a * (np.einsum("nhtd,nhsd->nhts", grad_out, v) - inner[..., None]) * scale
        return (
            np.einsum("nhts,nhsd->nhtd", grad_s, k),
            np.einsum("nhts,nhtd->nhsd", grad_s, q),
            np.einsum("nhts,nhtd->nhsd", a, grad_out),
        )


class OneStackOfMatrices:
    """Folds examples and heads into one axis; a helper gives the weights to both functions."""

    def causal_attention(q, k, v):
        def weights(q, k):
            time, d = q.shape[1:]
            s = np.matmul(q, np.transpose(k, (0, 2, 1))) * d**-0.5
            s[:, np.arange(time)[:, None] < np.arange(time)] = -1e300
            s -= s.max(axis=2, keepdims=True)
            e = np.exp(s)
            return e / e.sum(axis=2, keepdims=True)

        flat = [array.reshape(-1, *array.shape[2:]) for array in (q, k, v)]
        return np.matmul(weights(*flat[:2]), flat[2]).reshape(q.shape)

    def causal_attention_backward(grad_out, q, k, v):
        Q, K, V, G = (array.reshape(-1, *array.shape[2:]) for array in (q, k, v, grad_out))
        time, d = Q.shape[1:]
        s = Q @ K.transpose(0, 2, 1) * d**-0.5
        s[:, np.arange(time)[:, None] < np.arange(time)] = -1e300
        e = np.exp(s - s.max(axis=2, keepdims=True))
        a = e / e.sum(axis=2, keepdims=True)
        A = G @ V.transpose(0, 2, 1)
        S = a * A
        S -= a * S.sum(axis=2, keepdims=True)
        S *= d**-0.5
        answer = (S @ K, S.transpose(0, 2, 1) @ Q, a.transpose(0, 2, 1) @ G)
        return tuple(grad.reshape(q.shape) for grad in answer)


VARIANTS = variants("causal_attention", QueryByQuery, AttentionByEinsum, OneStackOfMatrices)
