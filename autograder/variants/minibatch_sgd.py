"""Unusual but right answers to `minibatch_sgd`, which no check may refuse: loops, other state layouts, own
copies changed in place, other formulas for one number, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- Mini-batches -----------------------------------------------------------------------------------------


class SplitAtMultiples:
    """np.split at multiples of the batch size; a list comes back and not a generator."""

    def minibatches(n, batch_size, *, rng, drop_last=False):
        cut = np.split(rng.permutation(n), range(batch_size, n, batch_size))
        return [batch for batch in cut if not drop_last or batch.size == batch_size]


class ShuffledInPlace:
    """Shuffles its own arange, which draws the same; a while loop; lists come through another generator."""

    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = np.arange(n)
        rng.shuffle(order)
        left = order.tolist()

        def batches():
            rest = left
            while rest:
                batch, rest = rest[:batch_size], rest[batch_size:]
                if drop_last and len(batch) < batch_size:
                    return
                yield batch

        yield from batches()


class CountedFirst:
    """Counts the batches first, by ceil or floor, and yields int32 copies."""

    def minibatches(n, batch_size, *, rng, drop_last=False):
        count = int(np.floor(n / batch_size) if drop_last else np.ceil(n / batch_size))
        order = rng.permutation(n).astype(np.int32)
        for i in range(count):
            yield order[i * batch_size : (i + 1) * batch_size].copy()


# --- The gradient of a mini-batch -------------------------------------------------------------------------


class OneExampleAtATime:
    """A loop over the batch that adds up one example's gradient after the other."""

    def minibatch_gradient(w, X, y, idx):
        total = np.zeros(len(w))
        for i in idx:
            total += 2 * (sum(X[i, j] * w[j] for j in range(len(w))) - y[i]) * X[i]
        return total / len(idx)


class ByEinsum:
    """One einsum; the mean over rows taken at the end."""

    def minibatch_gradient(w, X, y, idx):
        rows, targets = np.take(X, idx, axis=0), np.take(y, idx)
        return np.mean(2 * np.einsum("bi,bj,j->bi", rows, rows, w) - 2 * targets[:, None] * rows, axis=0)


class NormalEquations:
    """X'X and X'y of the batch, as one writes it after expanding the square."""

    def minibatch_gradient(w, X, y, idx):
        A, t, b = X[idx], y[idx], float(len(idx))
        return (A.T @ A) @ w * (2.0 / b) - A.T @ t * (2.0 / b)


# --- The variance of the gradient -------------------------------------------------------------------------


class ByPermutation:
    """Without replacement by the front of a permutation, with it by integers; no choice."""

    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        n = len(y)
        full = minibatch_gradient(w, X, y, np.arange(n))
        found = []
        for _ in range(n_draws):
            idx = rng.integers(0, n, size=batch_size) if replace else rng.permutation(n)[:batch_size]
            found.append(np.linalg.norm(minibatch_gradient(w, X, y, idx) - full) ** 2)
        return np.mean(found)


class GradientsOnce:
    """All single gradients once, then batches as means of their rows, all draws in one array."""

    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        single = np.array([minibatch_gradient(w, X, y, np.array([i])) for i in range(len(X))])
        if replace:
            idx = rng.integers(len(X), size=(n_draws, batch_size))
        else:
            idx = np.argsort(rng.random((n_draws, len(X))), axis=1)[:, :batch_size]
        apart = single[idx].mean(axis=1) - single.mean(axis=0)
        return float(np.einsum("md,md->", apart, apart) / n_draws)


class RunningMean:
    """Writes the full gradient out, updates a running mean, draws index by index from a list."""

    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        full, mean = 2 * (X * (X @ w - y)[:, None]).mean(axis=0), 0.0
        for m in range(1, n_draws + 1):
            pool, idx = list(range(len(X))), []
            for _ in range(batch_size):
                place = int(rng.integers(len(pool)))
                idx.append(pool[place] if replace else pool.pop(place))
            apart = minibatch_gradient(w, X, y, np.array(idx)) - full
            mean += (apart @ apart - mean) / m
        return mean


# --- The step -----------------------------------------------------------------------------------------------


class CopyThenInPlace:
    """Copies everything, then subtracts in place; prints."""

    def sgd_step(params, grads, *, lr):
        import copy

        new = copy.deepcopy(params)
        for key in new:
            new[key] = np.asarray(new[key], dtype=float).copy()
            new[key] -= lr * grads[key]
            print(key, new[key])
        return new


class NegatedRate:
    """Adds minus lr times the gradient, in the order of the gradients, with NumPy's functions."""

    def sgd_step(params, grads, *, lr):
        moves = {key: np.multiply(-lr, g) for key, g in sorted(grads.items())}
        return {key: np.add(params[key], moves[key]) for key in moves}


class OneFlatVector:
    """Joins all parameters into one vector, steps, and cuts it again."""

    def sgd_step(params, grads, *, lr):
        flat = np.concatenate([np.ravel(params[key]) - lr * np.ravel(grads[key]) for key in params])
        cuts = np.cumsum([np.size(params[key]) for key in params])[:-1]
        return {
            key: part.reshape(np.shape(params[key]))
            for key, part in zip(params, np.split(flat, cuts), strict=True)
        }


# --- The training loop --------------------------------------------------------------------------------------


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


# --- Rates that fall ----------------------------------------------------------------------------------------


class ByLogarithms:
    """The power by exp and log; NumPy's floats come back."""

    def decaying_lr(step, *, c, power=1.0):
        return c * np.exp(-power * np.log1p(step))


class FloatsFirst:
    """Floats first, then a negative exponent."""

    def decaying_lr(step, *, c, power=1.0):
        return np.power(np.asarray(step, dtype=float) + 1.0, -power) * c


class EntryByEntry:
    """A loop over the entries of an array, a plain division for a number."""

    def decaying_lr(step, *, c, power=1.0):
        if np.ndim(step) == 0:
            return c / (1 + int(step)) ** power
        rates = [c / (1 + int(one)) ** power for one in np.ravel(step)]
        return np.array(rates, dtype=float).reshape(np.shape(step))


# --- Slopes on logarithmic axes -----------------------------------------------------------------------------


class ByPolyfit:
    """numpy.polyfit of base-10 logarithms."""

    def loglog_slope(k, values, *, k_min):
        chosen = np.flatnonzero(k >= k_min)
        return np.polyfit(np.log10(k[chosen]), np.log10(values[chosen]), 1)[0]


class ByLstsq:
    """A design matrix with a column of ones and numpy.linalg.lstsq."""

    def loglog_slope(k, values, *, k_min):
        pairs = [(kk, v) for kk, v in zip(k, values, strict=True) if not kk < k_min]
        A = np.array([[1.0, np.log(kk)] for kk, _ in pairs])
        return float(np.linalg.lstsq(A, np.log([v for _, v in pairs]), rcond=None)[0][1])


class BySums:
    """The schoolbook formula by sums, on base-2 logarithms centred at the first point."""

    def loglog_slope(k, values, *, k_min):
        m = sx = sy = sxx = sxy = 0.0
        for one, value in zip(np.asarray(k).tolist(), np.asarray(values).tolist(), strict=True):
            if one >= k_min:
                x, y = np.log2(one), np.log2(value)
                m, sx, sy, sxx, sxy = m + 1, sx + x, sy + y, sxx + x * x, sxy + x * y
        return (m * sxy - sx * sy) / (m * sxx - sx**2)


class ByCovariance:
    """Covariance over variance, from numpy.cov."""

    def loglog_slope(k, values, *, k_min):
        logs = np.log(np.stack([k, values])[:, k >= k_min])
        table = np.cov(logs)
        return table[0, 1] / table[0, 0]


# --- Averages of iterates -----------------------------------------------------------------------------------


class StepTowards:
    """The average moves towards the iterate; the state is a tuple, made at the first update."""

    def average_init(params):
        return (1, None)

    def average_update(state, params, *, eta=3.0):
        t, mean = state
        mean = mean or {key: np.full_like(w, 7.0) for key, w in params.items()}
        mean = {key: mean[key] + (eta + 1) / (t + eta) * (params[key] - mean[key]) for key in params}
        return {key: w.copy() for key, w in mean.items()}, (t + 1, mean)


class KeepsThemAll:
    """Keeps every iterate and multiplies the weights out anew each time, from the last one back."""

    def average_init(params):
        return []

    def average_update(state, params, *, eta=3.0):
        seen = [*state, {key: np.array(w) for key, w in params.items()}]
        weights, rest = [], 1.0
        for t in range(len(seen), 0, -1):
            a = (eta + 1) / (t + eta)
            weights.append(rest * a)
            rest *= 1 - a
        pairs = list(zip(weights, reversed(seen), strict=True))
        return {key: sum(weight * w[key] for weight, w in pairs) for key in params}, seen


class WeightedSums:
    """Keeps weighted sums and the weights' sum, a weight being the last one's times (t+eta-1)/(t-1)."""

    def average_init(params):
        zeros = {key: np.zeros_like(w) for key, w in params.items()}
        return {"sums": zeros, "total": 0.0, "weight": 1.0, "t": 1}

    def average_update(state, params, *, eta=3.0):
        t = state["t"]
        weight = state["weight"] * ((t + eta - 1) / (t - 1) if t > 1 else 1.0)
        sums, total = {}, state["total"] + weight
        for key in params:
            sums[key] = state["sums"][key] + weight * params[key]
        average = {key: w / total for key, w in sums.items()}
        return average, {"sums": sums, "total": total, "weight": weight, "t": t + 1}


# --- Mini-batch k-means -------------------------------------------------------------------------------------


class MeansOfTheBatch:
    """One move a centre: towards the mean of its examples, by their share in the new count."""

    def kmeans_step(centers, counts, batch):
        squares = (batch**2).sum(axis=1)[:, None] - 2 * batch @ centers.T + (centers**2).sum(axis=1)
        nearest = squares.argmin(axis=1)
        new, counted = np.array(centers, dtype=float), np.array(counts)
        for j in np.unique(nearest):
            mine = batch[nearest == j]
            counted[j] += len(mine)
            new[j] += len(mine) / counted[j] * (mine.mean(axis=0) - new[j])
        return new, counted


class SumsByOneHot:
    """Old sums plus the batch's, by a one-hot matrix; centres without any example are kept by np.where."""

    def kmeans_step(centers, counts, batch):
        apart = np.sqrt(((batch[:, None] - centers[None]) ** 2).sum(-1))
        hot = np.eye(len(centers), dtype=int)[np.argmin(apart, axis=1)]
        counted = counts + hot.sum(axis=0)
        sums = centers * counts[:, None] + hot.T @ batch
        return np.where(hot.any(axis=0)[:, None], sums / np.maximum(counted, 1)[:, None], centers), counted


class PointByPoint:
    """Plain loops over points and centres, strict comparison, the batch from its end; prints."""

    def kmeans_step(centers, counts, batch):
        new, counted = [list(c) for c in centers], [int(c) for c in counts]
        for x in batch[::-1]:
            best, least = 0, np.inf
            for j, c in enumerate(centers):
                far = np.linalg.norm(x - c)
                if far < least:
                    best, least = j, far
            counted[best] += 1
            new[best] = [c + (xi - c) / counted[best] for c, xi in zip(new[best], x, strict=True)]
        print("counts:", counted)
        return np.array(new), np.array(counted)


# --- Watching a run -----------------------------------------------------------------------------------------


class Ring:
    """A ring buffer in two arrays and a counter."""

    def running_loss_init(window):
        return (np.zeros(window), np.zeros(window, dtype=int), 0)

    def running_loss_update(state, loss, n):
        losses, sizes, count = state[0].copy(), state[1].copy(), state[2]
        losses[count % len(losses)], sizes[count % len(losses)] = loss, n
        return losses @ sizes / sizes.sum(), (losses, sizes, count + 1)


class ByDifference:
    """Cumulative sums of everything, and differences of them."""

    def running_loss_init(window):
        return {"window": window, "sums": [0.0], "counts": [0]}

    def running_loss_update(state, loss, n):
        sums = [*state["sums"], state["sums"][-1] + loss * n]
        counts = [*state["counts"], state["counts"][-1] + n]
        start = max(0, len(sums) - 1 - state["window"])
        mean = (sums[-1] - sums[start]) / (counts[-1] - counts[start])
        return mean, {"window": state["window"], "sums": sums, "counts": counts}


class ByAverage:
    """Two lists, the oldest dropped by del on a copy, and np.average."""

    def running_loss_init(window):
        return [window, [], []]

    def running_loss_update(state, loss, n):
        window, losses, sizes = state[0], list(state[1]), list(state[2])
        losses.append(float(loss))
        sizes.append(int(n))
        if len(losses) > window:
            del losses[0], sizes[0]
        return float(np.average(losses, weights=sizes)), [window, losses, sizes]


def _all(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_all("minibatches", SplitAtMultiples, ShuffledInPlace, CountedFirst),
    *_all("minibatch_gradient", OneExampleAtATime, ByEinsum, NormalEquations),
    *_all("gradient_variance", ByPermutation, GradientsOnce, RunningMean),
    *_all("sgd_step", CopyThenInPlace, NegatedRate, OneFlatVector),
    *_all("train_sgd", RatesAsAnIterator, WithoutHelpers, OneLoopOverUpdates),
    *_all("decaying_lr", ByLogarithms, FloatsFirst, EntryByEntry),
    *_all("loglog_slope", ByPolyfit, ByLstsq, BySums, ByCovariance),
    *_all("average_update", StepTowards, KeepsThemAll, WeightedSums),
    *_all("kmeans_step", MeansOfTheBatch, SumsByOneHot, PointByPoint),
    *_all("running_loss_update", Ring, ByDifference, ByAverage),
)
