"""Unusual but right answers to `multi_task_backward`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class TaskByTask:
    """A whole backward pass for each task, with its own mask; the trunk's gradients added up at the end."""

    def multi_task_forward(X, trunk, heads):
        outputs = []
        for head in heads:
            z = X @ trunk["W"] + trunk["b"]
            outputs.append(np.where(z > 0, z, 0.0) @ head["W"] + head["b"])
        return outputs

    def multi_task_backward(grads_out, X, trunk, heads, *, weights):
        total, each = {key: np.zeros(value.shape) for key, value in trunk.items()}, []
        for k, head in enumerate(heads):
            z = X @ trunk["W"] + trunk["b"]
            grad_z = np.where(z > 0, weights[k] * grads_out[k] @ head["W"].T, 0.0)
            total["W"] += X.T @ grad_z
            total["b"] += grad_z.sum(0)
            h = np.maximum(z, 0)
            each.append({"W": weights[k] * (h.T @ grads_out[k]), "b": weights[k] * grads_out[k].sum(0)})
        return total, each


class OneWideHead:
    """All heads side by side as one matrix, cut apart again at the end."""

    def multi_task_forward(X, trunk, heads):
        h = (X @ trunk["W"] + trunk["b"]).clip(min=0)
        y = h @ np.hstack([head["W"] for head in heads]) + np.concatenate([head["b"] for head in heads])
        return np.split(y, np.cumsum([head["b"].size for head in heads])[:-1], axis=1)

    def multi_task_backward(grads_out, X, trunk, heads, *, weights):
        h = (X @ trunk["W"] + trunk["b"]).clip(min=0)
        d = np.hstack([w * g for w, g in zip(weights, grads_out, strict=True)])
        cuts = np.cumsum([head["b"].size for head in heads])[:-1]
        grad_z = d @ np.hstack([head["W"] for head in heads]).T * (h > 0)
        parts = zip(np.split(h.T @ d, cuts, axis=1), np.split(d.sum(0), cuts), strict=True)
        return {"W": X.T @ grad_z, "b": grad_z.sum(0)}, [{"W": W, "b": b} for W, b in parts]


class Einsums:
    """einsum throughout, the weights folded into the heads on the way back."""

    def multi_task_forward(X, trunk, heads):
        h = np.einsum("nf,fh->nh", X, trunk["W"]) + trunk["b"]
        h *= h > 0
        return [np.einsum("nh,hk->nk", h, head["W"]) + head["b"] for head in heads]

    def multi_task_backward(grads_out, X, trunk, heads, *, weights):
        z = np.einsum("nf,fh->nh", X, trunk["W"]) + trunk["b"]
        on = (z > 0).astype(float)
        back = sum(
            np.einsum("nk,hk->nh", g, w * head["W"])
            for g, w, head in zip(grads_out, weights, heads, strict=True)
        )
        heads_grads = [
            {"W": w * np.einsum("nh,nk->hk", z * on, g), "b": w * np.einsum("nk->k", g)}
            for g, w in zip(grads_out, weights, strict=True)
        ]
        return {"W": np.einsum("nf,nh->fh", X, back * on), "b": np.einsum("nh->h", back * on)}, heads_grads


VARIANTS = variants("multi_task_backward", TaskByTask, OneWideHead, Einsums)
