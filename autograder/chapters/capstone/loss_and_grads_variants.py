"""Unusual but right answers to `loss_and_grads`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class WayBackAsAList:
    """Every part leaves a function for the way back on a list, which is then called in reverse."""

    def loss_and_grads(model, X, y, masks, *, p):
        params, running = model["params"], {**model["running"]}
        last = max(int(name[1:]) for name in params if name.startswith("W"))
        grads, back = {}, []

        def affine(k, h):
            def returned(grad):
                grad, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(
                    grad, h, params[f"W{k}"], params[f"b{k}"]
                )
                return grad

            back.append(returned)
            return affine_forward(h, params[f"W{k}"], params[f"b{k}"])

        def norm(k, z):
            def returned(grad):
                grad, grads[f"gamma{k}"], grads[f"beta{k}"] = batch_norm_backward(
                    grad, z, params[f"gamma{k}"]
                )
                return grad

            back.append(returned)
            old = running[f"mean{k}"], running[f"var{k}"]
            out, *new = batch_norm_train(z, params[f"gamma{k}"], params[f"beta{k}"], *old)
            running[f"mean{k}"], running[f"var{k}"] = new
            return out

        h = X
        for k in range(1, last):
            z = affine(k, h)
            if running:
                z = norm(k, z)
            back.append(lambda grad, z=z: activation_backward(grad, z, "relu"))
            back.append(lambda grad, mask=masks[k - 1]: dropout_backward(grad, mask, p=p))
            h = dropout(activation(z, "relu"), masks[k - 1], p=p, training=True)
        loss, grad = softmax_cross_entropy(affine(last, h), y)
        for step in reversed(back):
            grad = step(grad)
        return loss, grads, running


class PassByFormula:
    """The parts written out in place, one weight gradient by einsum; warns and prints on the way."""

    def loss_and_grads(model, X, y, masks, *, p):
        import warnings

        warnings.warn("one pass", stacklevel=1)
        print("one pass of", len(X))
        params, running = model["params"], dict(model["running"])
        depth = sum(name.startswith("W") for name in params)
        kept, h = [], X
        for k in range(1, depth):
            z = np.einsum("ni,io->no", h, params[f"W{k}"]) + params[f"b{k}"]
            hat, std, u = None, None, z
            if running:
                mean, var = z.mean(0), z.var(0)
                std = np.sqrt(var + 1e-5)
                hat = (z - mean) / std
                u = params[f"gamma{k}"] * hat + params[f"beta{k}"]
                share = len(X) / (len(X) - 1)
                running[f"mean{k}"] = 0.9 * running[f"mean{k}"] + 0.1 * mean
                running[f"var{k}"] = 0.9 * running[f"var{k}"] + 0.1 * var * share
            gate = (u > 0) * masks[k - 1] / (1 - p)
            kept.append((h, hat, std, gate))
            h = u * gate
        logits = h @ params[f"W{depth}"] + params[f"b{depth}"]
        logits = logits - logits.max(1, keepdims=True)
        log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        rows = np.arange(len(X))
        loss = float(-log_probs[rows, y].mean())
        grad = np.exp(log_probs)
        grad[rows, y] -= 1
        grad /= len(X)
        grads = {f"W{depth}": h.T @ grad, f"b{depth}": grad.sum(0)}
        for k in range(depth - 1, 0, -1):
            grad = grad @ params[f"W{k + 1}"].T
            h, hat, std, gate = kept[k - 1]
            grad = grad * gate
            if hat is not None:
                grads[f"gamma{k}"], grads[f"beta{k}"] = (grad * hat).sum(0), grad.sum(0)
                d = grad * params[f"gamma{k}"]
                grad = (d - d.mean(0) - hat * (d * hat).mean(0)) / std
            grads[f"W{k}"], grads[f"b{k}"] = np.einsum("ni,no->io", h, grad), grad.sum(0)
        return loss, grads, running


VARIANTS = variants(
    "loss_and_grads",
    ("way_back_as_a_list", WayBackAsAList),
    ("by_formula", PassByFormula),
    (
        "named_arguments",
        "Parts are called with their arguments named.",
        (
            'activation_backward(grad, after[k - 1], "relu")',
            'activation_backward(grad_out=grad, z=after[k - 1], kind="relu")',
        ),
    ),
)
