"""Unusual but right answers to `batch_norm_train`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class TrainLoops:
    """One feature after the other, one row after the other, in plain Python numbers."""

    def batch_norm_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
        rows, y = x.tolist(), np.zeros(x.shape)
        n, means, variances = len(rows), [], []
        for j in range(x.shape[1]):
            mean = sum(row[j] for row in rows) / n
            squares = sum((row[j] - mean) ** 2 for row in rows)
            for i, row in enumerate(rows):
                y[i, j] = (row[j] - mean) / (squares / n + eps) ** 0.5 * gamma[j] + beta[j]
            means.append(float(running_mean[j] + momentum * (mean - running_mean[j])))
            variances.append(float(running_var[j] + momentum * (squares / (n - 1) - running_var[j])))
        return y, np.array(means), np.array(variances)


class TrainInPlace:
    """Works in place on a copy; ddof=1 for the running variance; a list comes back."""

    def batch_norm_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
        y = np.array(x, copy=True)
        mu = np.mean(y, axis=0)
        y -= mu
        y /= np.sqrt(np.mean(np.square(y), axis=0) + eps)
        y *= gamma
        y += beta
        kept = [running_mean.copy(), running_var.copy()]
        for old, new in zip(kept, (mu, np.var(x, axis=0, ddof=1)), strict=True):
            old *= 1 - momentum
            old += momentum * new
        return [y, *kept]


class TrainAffine:
    """One multiplication and one addition a feature, on centred numbers; transposed; prints what it does."""

    def batch_norm_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
        n, columns = len(x), x.T
        shift = columns.sum(axis=1, keepdims=True) / n
        centred = columns - shift
        power = np.einsum("ij,ij->i", centred, centred)
        factor = gamma * (power / n + eps) ** -0.5
        print("batch of", n)
        return (
            (centred * factor[:, None] + beta[:, None]).T,
            momentum * shift[:, 0] + running_mean - momentum * running_mean,
            momentum * power / (n - 1) + running_var - momentum * running_var,
        )


class TrainByCovariance:
    """A map of its own inside, from np.average and np.cov; running statistics by a matrix; warns."""

    def batch_norm_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
        def mapped(mean, var):
            return (x - mean) * (gamma / np.sqrt(var + eps)) + beta

        n = x.shape[0]
        import warnings

        warnings.warn("training", stacklevel=2)
        mean, var = np.average(x, axis=0), np.cov(x, rowvar=False, bias=True).reshape(x.shape[1], -1)
        var = np.diag(var) if var.shape[1] > 1 else var[:, 0]
        weights = np.array([1 - momentum, momentum])
        return (
            mapped(mean, var),
            weights @ np.stack([running_mean, mean]),
            weights @ np.stack([running_var, var / (1 - 1 / n)]),
        )


VARIANTS = variants("batch_norm_train", TrainLoops, TrainInPlace, TrainAffine, TrainByCovariance)
