"""Unusual but right answers to `ewma`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class EwmaMatrix:
    """All averages at once, as a triangular matrix of weights times the series."""

    def ewma(xs, *, beta, corrected=False):
        age = np.arange(len(xs))[:, None] - np.arange(len(xs))
        weights = np.where(age >= 0, (1 - beta) * beta ** np.maximum(age, 0.0), 0.0)
        if corrected:
            weights = weights / weights.sum(axis=1, keepdims=True)
        return np.tensordot(weights, xs, axes=1)


class EwmaStepwise:
    """Moves towards each new value; the corrected one by a share that starts at one and falls to 1-β."""

    def ewma(xs, *, beta, corrected=False):
        answer, v = [], np.zeros_like(xs[0])
        for t, x in enumerate(xs):
            share = (1 - beta) / (1 - beta ** (t + 1)) if corrected else 1 - beta
            v = v + share * (x - v)
            answer.append(v)
        return np.stack(answer)


class EwmaPowers:
    """In place on a copy of the series; the power of β is carried along; the correction comes at the end."""

    def ewma(xs, *, beta, corrected=False):
        answer, power, handed_out = (1 - beta) * xs, 1.0, np.ones(len(xs))
        for t in range(len(xs)):
            if t > 0:
                answer[t] += beta * answer[t - 1]
            power *= beta
            if corrected:
                handed_out[t] -= power
        return (answer.T / handed_out).T


class EwmaNumbers:
    """Plain Python numbers, one series after the other."""

    def ewma(xs, *, beta, corrected=False):
        columns = xs.reshape(len(xs), -1).T.tolist()
        answer = []
        for column in columns:
            v, weight, out = 0.0, 0.0, []
            for x in column:
                v, weight = v * beta + x * (1 - beta), weight * beta + (1 - beta)
                out.append(v / weight if corrected else v)
            answer.append(out)
        return np.array(answer).T.reshape(xs.shape)


VARIANTS = variants("ewma", EwmaMatrix, EwmaStepwise, EwmaPowers, EwmaNumbers)
