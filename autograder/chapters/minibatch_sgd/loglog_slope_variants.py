"""Unusual but right answers to `loglog_slope`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


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
    """The schoolbook formula by sums, on base-2 logarithms counted from those of the last point."""

    def loglog_slope(k, values, *, k_min):
        m = sx = sy = sxx = sxy = 0.0
        end = np.argmax(k)
        for one, value in zip(np.asarray(k).tolist(), np.asarray(values).tolist(), strict=True):
            if one >= k_min:
                x, y = np.log2(one) - np.log2(k[end]), np.log2(value) - np.log2(values[end])
                m, sx, sy, sxx, sxy = m + 1, sx + x, sy + y, sxx + x * x, sxy + x * y
        return (m * sxy - sx * sy) / (m * sxx - sx**2)


class ByCovariance:
    """Covariance over variance, from numpy.cov."""

    def loglog_slope(k, values, *, k_min):
        logs = np.log(np.stack([k, values])[:, k >= k_min])
        table = np.cov(logs)
        return table[0, 1] / table[0, 0]


VARIANTS = variants("loglog_slope", ByPolyfit, ByLstsq, BySums, ByCovariance)
