"""Unusual but right answers to `prelu`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class PreluByWhere:
    """np.where; the slopes' gradient by einsum over columns."""

    def prelu(z, a):
        return np.where(z < 0, a * z, z)

    def prelu_backward(grad_out, z, a):
        grad_z = np.where(z > 0, grad_out, grad_out * a)
        columns = np.einsum("nj,nj->j", grad_out, np.where(z < 0, z, 0.0))
        return grad_z, columns if np.ndim(a) else columns.sum()


class PreluByColumns:
    """A loop over columns, the single slope repeated; a 0-d array comes back."""

    def prelu(z, a):
        slopes = np.broadcast_to(a, z.shape[1:])
        return np.array([[t if t > 0 else s * t for t, s in zip(row, slopes, strict=True)] for row in z])

    def prelu_backward(grad_out, z, a):
        grad_z, grad_a = np.zeros_like(z), np.zeros(z.shape[1])
        slopes = np.broadcast_to(a, z.shape[1:])
        for j in range(z.shape[1]):
            for n in range(len(z)):
                grad_z[n, j] = grad_out[n, j] * (1 if z[n, j] > 0 else slopes[j])
                if z[n, j] < 0:
                    grad_a[j] += grad_out[n, j] * z[n, j]
        return grad_z, grad_a if np.ndim(a) == 1 else np.array(grad_a.sum())


class PreluByHalves:
    """The two halves from absolute values: (z + |z|)/2 and (z - |z|)/2."""

    def prelu(z, a):
        return ((1 + a) * z + (1 - a) * np.abs(z)) / 2

    def prelu_backward(grad_out, z, a):
        left = (z - np.abs(z)) / 2
        right = np.sign(z) > 0
        per_element = grad_out * left
        grad_a = per_element.sum(axis=0) if np.shape(a) else float(per_element.sum())
        return grad_out * right + grad_out * (1 - right) * a, grad_a


VARIANTS = variants("prelu", PreluByWhere, PreluByColumns, PreluByHalves)
