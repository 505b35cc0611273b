"""Unusual but right answers to `train_digits`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class SplitBatches:
    """np.split instead of slices; losses averaged by weights; a NumPy float comes back."""

    def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
        n, state, losses = len(y), adam_init(params), []
        for _ in range(n_epochs):
            batches = np.split(rng.permutation(n), np.arange(batch_size, n, batch_size))
            seen = []
            for rows in batches:
                loss, grads = loss_and_grad(params, X.take(rows, axis=0), y.take(rows))
                params, state = adam_step(params, grads, state, lr=lr)
                seen.append(loss)
            losses.append(np.average(seen, weights=[len(rows) for rows in batches]))
        return params, losses


class ShuffledCopies:
    """Shuffles copies of the data and walks over them with a while loop; copies the parameters first."""

    def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
        weights = {key: np.array(value) for key, value in params.items()}
        state = adam_init(weights)
        losses = [0.0] * n_epochs
        for epoch in range(n_epochs):
            order = rng.permutation(X.shape[0])
            shuffled, labels, done = X[order], y[order], 0
            while done < len(labels):
                here = slice(done, done + batch_size)
                loss, grads = loss_and_grad(weights, shuffled[here], labels[here])
                losses[epoch] += loss * len(labels[here]) / len(labels)
                weights, state = adam_step(weights, grads, state, lr=lr)
                done += batch_size
        return weights, losses


class OneLoopOverUpdates:
    """One loop over all updates, a permutation drawn when the last is used up; losses in an array."""

    def train_digits(params, X, y, *, lr, batch_size, n_epochs, rng):
        per_epoch = -(-len(X) // batch_size)
        state, sums = adam_init(params), np.zeros(n_epochs)
        for update in range(n_epochs * per_epoch):
            epoch, place = divmod(update, per_epoch)
            if place == 0:
                left = list(rng.permutation(len(X)))
            rows, left = left[:batch_size], left[batch_size:]
            loss, grads = loss_and_grad(params, X[rows], y[rows])
            params, state = adam_step(params, grads, state, lr=lr)
            sums[epoch] += loss * len(rows)
        return params, (sums / len(X)).tolist()


VARIANTS = variants("train_digits", SplitBatches, ShuffledCopies, OneLoopOverUpdates)
