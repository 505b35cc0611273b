"""Unusual but right answers to `train_sgd`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class RatesAsAnIterator:
    """An iterator of rates; np.average for the loss; losses in an array that becomes a list."""

    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        per_epoch = int(np.ceil(n / batch_size))
        rates = iter(np.broadcast_to(lr, n_epochs * per_epoch).tolist())
        losses = np.zeros(n_epochs)
        for epoch in range(n_epochs):
            seen = []
            for idx in minibatches(n, batch_size, rng=rng):
                loss, grads = grad_fn(params, idx)
                seen.append((loss, idx.size))
                params = sgd_step(params, grads, lr=next(rates))
            losses[epoch] = np.average([loss for loss, _ in seen], weights=[size for _, size in seen])
        return params, list(losses)


class WithoutHelpers:
    """Neither minibatches nor sgd_step: draws and steps by itself, counting updates by arithmetic."""

    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        weights, losses = {key: np.array(w, dtype=float) for key, w in params.items()}, []
        per_epoch = (n + batch_size - 1) // batch_size
        for epoch in range(n_epochs):
            order = rng.permutation(n)
            losses.append(0.0)
            for b in range(per_epoch):
                idx = order[b * batch_size : (b + 1) * batch_size]
                rate = np.asarray(lr).ravel()[epoch * per_epoch + b] if np.ndim(lr) == 1 else lr
                loss, grads = grad_fn(weights, idx)
                losses[-1] += loss * (len(idx) / n)
                weights = {key: w - rate * grads[key] for key, w in weights.items()}
        return weights, losses


class OneLoopOverUpdates:
    """One loop over all batches of all epochs, made ahead, and arguments passed by name."""

    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        todo = [(e, idx) for e in range(n_epochs) for idx in minibatches(n, batch_size, rng=rng)]
        sums = [0.0] * n_epochs
        for t, (epoch, idx) in enumerate(todo):
            loss, grads = grad_fn(params, idx)
            try:
                rate = lr[t]
            except (TypeError, IndexError):
                rate = lr
            params = sgd_step(params, grads, lr=rate)
            sums[epoch] += len(idx) * loss
        return params, [total / n for total in sums]


VARIANTS = variants("train_sgd", RatesAsAnIterator, WithoutHelpers, OneLoopOverUpdates)
