"""Unusual but right answers to `batch_renorm_train`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class RenormFolded:
    """r/σ_B as one factor; limits by minimum and maximum; moves by differences."""

    def batch_renorm_train(
        x, gamma, beta, running_mean, running_std, *, r_max=3.0, d_max=5.0, momentum=0.01, eps=1e-5
    ):
        mu = np.mean(x, axis=0)
        centred = x - mu
        sigma = np.sqrt(np.mean(centred**2, axis=0) + eps)
        r = np.minimum(np.maximum(sigma / running_std, 1 / r_max), r_max)
        offset = mu - running_mean
        d = np.maximum(np.minimum(offset / running_std, d_max), -d_max)
        y = centred * (gamma * r / sigma) + (gamma * d + beta)
        return y, running_mean + momentum * offset, running_std + momentum * (sigma - running_std)


class RenormLoops:
    """Feature by feature, in plain Python numbers."""

    def batch_renorm_train(
        x, gamma, beta, running_mean, running_std, *, r_max=3.0, d_max=5.0, momentum=0.01, eps=1e-5
    ):
        y, means, stds = np.empty(x.shape), [], []
        for j, column in enumerate(x.T):
            mean = float(column.mean())
            std = float((column.var() + eps) ** 0.5)
            r = min(max(std / running_std[j], 1 / r_max), r_max)
            d = min(max((mean - running_mean[j]) / running_std[j], -d_max), d_max)
            for i, value in enumerate(column):
                y[i, j] = gamma[j] * ((value - mean) / std * r + d) + beta[j]
            means.append(running_mean[j] * (1 - momentum) + mean * momentum)
            stds.append(running_std[j] * (1 - momentum) + std * momentum)
        return y, np.array(means), np.array(stds)


class RenormByBatchNorm:
    """Lets batch normalisation do its part, with γ·r for γ and γ·d + β for β."""

    def batch_renorm_train(
        x, gamma, beta, running_mean, running_std, *, r_max=3.0, d_max=5.0, momentum=0.01, eps=1e-5
    ):
        std = np.sqrt(np.var(x, axis=0) + eps)
        r = (std / running_std).clip(1 / r_max, r_max)
        d = ((x.mean(axis=0) - running_mean) / running_std).clip(-d_max, d_max)
        y, mean, _ = batch_norm_train(
            x, gamma * r, gamma * d + beta, running_mean, np.ones_like(std), momentum=momentum, eps=eps
        )
        return y, mean, (1 - momentum) * running_std + momentum * std


VARIANTS = variants("batch_renorm_train", RenormFolded, RenormLoops, RenormByBatchNorm)
