"""Unusual but right answers to `batch_norm`, which no check may refuse: loops, einsum, graphs walked node by
node, own copies changed in place, other groupings of one formula, prints and warnings."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


# --- In training --------------------------------------------------------------------------------------------


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


# --- In use -------------------------------------------------------------------------------------------------


class EvalFolded:
    """Scale and shift are folded into one factor and one summand, as for deployment."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        factor = gamma / np.sqrt(running_var + eps)
        return x * factor + (beta - running_mean * factor)


class EvalLoops:
    """Number by number."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        y = np.empty_like(x)
        for i, j in np.ndindex(x.shape):
            deviation = (running_var[j] + eps) ** 0.5
            y[i, j] = beta[j] + gamma[j] * (x[i, j] - running_mean[j]) / deviation
        return y


class EvalMatrix:
    """As a product with a diagonal matrix, from centred rows; asserts its own shape."""

    def batch_norm_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
        scale = np.diag(gamma * np.reciprocal(np.sqrt(eps + running_var)))
        y = np.subtract(x, running_mean) @ scale
        y += beta
        assert y.shape == x.shape
        return y


# --- Backward -----------------------------------------------------------------------------------------------


class BackwardGraph:
    """Walks the graph node by node: product, root, square, both means; contributions add up."""

    def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
        n = len(x)
        mean = x.sum(axis=0) / n
        centred = x - mean
        var = (centred**2).sum(axis=0) / n
        root = np.sqrt(var + eps)
        inverse = 1 / root
        x_hat = centred * inverse
        grad_x_hat = grad_out * gamma
        grad_inverse = (grad_x_hat * centred).sum(axis=0)
        grad_root = -grad_inverse / root**2
        grad_var = grad_root / (2 * root)
        grad_centred = grad_x_hat * inverse + 2 * centred * grad_var / n
        grad_mean = -grad_centred.sum(axis=0)
        return grad_centred + grad_mean / n, np.sum(grad_out * x_hat, axis=0), np.sum(grad_out, axis=0)


class BackwardJacobian:
    """Writes down the whole Jacobian of each feature and multiplies with it."""

    def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
        n, d = x.shape
        grad_x, grad_gamma, grad_beta = np.empty((n, d)), np.empty(d), np.empty(d)
        for j in range(d):
            std = np.sqrt(np.var(x[:, j]) + eps)
            x_hat = (x[:, j] - np.mean(x[:, j])) / std
            jacobian = (np.eye(n) - 1 / n - np.outer(x_hat, x_hat) / n) * gamma[j] / std
            grad_x[:, j] = jacobian.T @ grad_out[:, j]
            grad_gamma[j], grad_beta[j] = x_hat @ grad_out[:, j], np.ones(n) @ grad_out[:, j]
        return grad_x, grad_gamma, grad_beta


class BackwardScaled:
    """The form of many code bases: N times everything, one division at the end; γ comes last."""

    def batch_norm_backward(grad_out, x, gamma, *, eps=1e-5):
        n = x.shape[0]
        std = (np.mean((x - x.mean(0)) ** 2, 0) + eps) ** 0.5
        x_hat = (x - x.mean(0)) / std
        grad_beta = grad_out.sum(0)
        grad_gamma = np.einsum("nd,nd->d", grad_out, x_hat)
        grad_x = gamma / (n * std) * (n * grad_out - grad_beta - x_hat * grad_gamma)
        return [grad_x, grad_gamma, grad_beta]


# --- Index sets ---------------------------------------------------------------------------------------------


class SetsByMasks:
    """The definition itself: for every entry, the entries whose indices agree."""

    def set_mean(x, *, kind, groups=1):
        n_of, c_of, _, _ = np.indices(x.shape)
        size = x.shape[1] // groups
        means = np.zeros(x.shape)
        for n, c in np.ndindex(x.shape[:2]):
            chosen = {
                "batch": c_of == c,
                "layer": n_of == n,
                "instance": (n_of == n) & (c_of == c),
                "group": (n_of == n) & (c_of // size == c // size),
            }[kind]
            means[n, c] = np.mean(x[chosen])
        return means


class SetsByBranches:
    """A branch for each kind; groups by slices, one after the other."""

    def set_mean(x, *, kind, groups=1):
        out = np.ones_like(x)
        if kind == "batch":
            return out * np.mean(x, axis=(0, 2, 3), keepdims=True)
        if kind == "layer":
            return out * np.mean(x, axis=(1, 2, 3), keepdims=True)
        if kind == "instance":
            return out * np.mean(x, axis=(2, 3), keepdims=True)
        size = x.shape[1] // groups
        for start in range(0, x.shape[1], size):
            block = slice(start, start + size)
            out[:, block] = x[:, block].mean(axis=(1, 2, 3))[:, None, None, None]
        return out


class SetsByLabels:
    """Every entry gets the number of its set; sums and counts by bincount."""

    def set_mean(x, *, kind, groups=1):
        n_of, c_of, _, _ = np.indices(x.shape)
        channels = x.shape[1]
        label = {
            "batch": c_of,
            "layer": n_of,
            "instance": n_of * channels + c_of,
            "group": n_of * groups + c_of * groups // channels,
        }[kind]
        sums = np.bincount(label.ravel(), weights=x.ravel())
        counts = np.bincount(label.ravel())
        return (sums / counts)[label]


# --- One layer for all sets ---------------------------------------------------------------------------------


class NormalizeReshaped:
    """Does without set_mean: sets become rows of a matrix."""

    def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
        n, c = x.shape[:2]
        turned = x.swapaxes(0, 1) if kind == "batch" else x
        rows = turned.reshape({"batch": c, "layer": n, "instance": n * c, "group": n * groups}[kind], -1)
        rows = (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(rows.var(axis=1, keepdims=True) + eps)
        x_hat = rows.reshape(turned.shape)
        x_hat = x_hat.swapaxes(0, 1) if kind == "batch" else x_hat
        return (x_hat.swapaxes(1, 3) * gamma + beta).swapaxes(1, 3)


class NormalizeEinsum:
    """Channels scaled by einsum; the variance as the mean of x times what is left of it."""

    def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
        def mean(values):
            return set_mean(values, kind=kind, groups=groups)

        rest = x - mean(x)
        x_hat = rest * (mean(rest * rest) + eps) ** -0.5
        return np.einsum("nchw,c->nchw", x_hat, gamma) + beta.reshape(1, -1, 1, 1)


class NormalizeInPlace:
    """Channel after channel in place on a copy."""

    def normalize(x, gamma, beta, *, kind, groups=1, eps=1e-5):
        y = x.copy()
        y -= set_mean(x, kind=kind, groups=groups)
        y /= np.sqrt(eps + set_mean(np.square(y), kind=kind, groups=groups))
        for c in range(x.shape[1]):
            y[:, c] *= gamma[c]
            y[:, c] += beta[c]
        return y


class NormalizeBackwardGraph:
    """Node by node, with means over the sets where the forward has them."""

    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        def mean(values):
            return set_mean(values, kind=kind, groups=groups)

        scale = gamma.reshape(-1, 1, 1)
        centred = x - mean(x)
        root = np.sqrt(mean(centred**2) + eps)
        grad_var = mean(grad_out * scale * centred) * -0.5 / root**3
        grad_centred = grad_out * scale / root + 2 * centred * grad_var
        grad_x = grad_centred - mean(grad_centred)
        return grad_x, np.einsum("nchw,nchw->c", grad_out, centred / root), np.einsum("nchw->c", grad_out)


class NormalizeBackwardSets:
    """Set after set: each is a batch of one feature for the layer that was built before."""

    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        d = grad_out * gamma[None, :, None, None]
        _, c, _, _ = x.shape
        size = {"batch": 1, "layer": c, "instance": 1, "group": c // groups}[kind]
        grad_x, x_hat = np.empty_like(x), np.empty_like(x)
        for first in range(0, c, size):
            for rows in [slice(None)] if kind == "batch" else [slice(n, n + 1) for n in range(len(x))]:
                place = rows, slice(first, first + size)
                column = x[place].reshape(-1, 1)
                grad, _, _ = batch_norm_backward(d[place].reshape(-1, 1), column, np.ones(1), eps=eps)
                grad_x[place] = grad.reshape(x[place].shape)
                x_hat[place] = (x[place] - column.mean()) / np.sqrt(column.var() + eps)
        return grad_x, (grad_out * x_hat).sum((0, 2, 3)), grad_out.sum((0, 2, 3))


class NormalizeBackwardByRows:
    """Sets become rows of a matrix, and the closed form is taken along them."""

    def normalize_backward(grad_out, x, gamma, *, kind, groups=1, eps=1e-5):
        n, c, h, w = x.shape
        turned = kind == "batch"
        count = {"batch": c, "layer": n, "instance": n * c, "group": n * groups}[kind]

        def to_rows(values):
            return (values.transpose(1, 0, 2, 3) if turned else values).reshape(count, -1)

        def to_images(rows):
            return rows.reshape(c, n, h, w).transpose(1, 0, 2, 3) if turned else rows.reshape(n, c, h, w)

        rows, d = to_rows(x), to_rows(grad_out * gamma.reshape(c, 1, 1))
        std = np.sqrt(rows.var(1, keepdims=True) + eps)
        hat = (rows - rows.mean(1, keepdims=True)) / std
        inside = d - d.mean(1, keepdims=True) - hat * (d * hat).mean(1, keepdims=True)
        by_channel = (grad_out * to_images(hat)).swapaxes(0, 1).reshape(c, -1).sum(1)
        return to_images(inside / std), by_channel, grad_out.swapaxes(0, 1).reshape(c, -1).sum(1)


# --- Weight normalisation -----------------------------------------------------------------------------------


class WeightColumns:
    """Column by column, each divided before it is multiplied."""

    def weight_norm(v, g):
        columns = [
            length * (column / np.sqrt(column @ column)) for column, length in zip(v.T, g, strict=True)
        ]
        return np.stack(columns, axis=1)


class WeightDiagonal:
    """As a product with a diagonal matrix."""

    def weight_norm(v, g):
        return v @ np.diag(g / np.sqrt(np.einsum("ij,ij->j", v, v)))


class WeightHypot:
    """Lengths by repeated hypot."""

    def weight_norm(v, g):
        lengths = np.zeros(v.shape[1])
        for row in v:
            lengths = np.hypot(lengths, row)
        return v / lengths * g


class WeightBackwardProjection:
    """A projection matrix for each column."""

    def weight_norm_backward(grad_W, v, g):
        grad_v, grad_g = np.empty(v.shape), np.empty(g.shape)
        for j in range(v.shape[1]):
            u = v[:, j] / np.linalg.norm(v[:, j])
            grad_g[j] = u @ grad_W[:, j]
            grad_v[:, j] = (np.eye(len(u)) - np.outer(u, u)) @ grad_W[:, j] * g[j] / np.linalg.norm(v[:, j])
        return grad_v, grad_g


class WeightBackwardPaper:
    """The paper's equation 3 as it stands, without a direction."""

    def weight_norm_backward(grad_W, v, g):
        square = np.sum(v * v, axis=0)
        length = np.sqrt(square)
        grad_g = np.sum(grad_W * v, axis=0) / length
        grad_v = g / length * grad_W - g * grad_g / square * v
        return grad_v, grad_g


class WeightBackwardGraph:
    """Product and quotient rule, node by node, with the length as a node."""

    def weight_norm_backward(grad_W, v, g):
        length = np.linalg.norm(v, axis=0, keepdims=True)
        grad_factor = (grad_W * v).sum(axis=0, keepdims=True)
        grad_length = -grad_factor * g / length**2
        grad_v = grad_W * (g / length) + grad_length * (v / length)
        return grad_v, (grad_factor / length).reshape(-1)


# --- Batch renormalisation ----------------------------------------------------------------------------------


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


class RenormBackwardWhole:
    """The closed form written out, r on γ's side."""

    def batch_renorm_backward(
        grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5
    ):
        mu, sigma = x.mean(0), np.sqrt(x.var(0) + eps)
        r = np.clip(sigma / running_std, 1 / r_max, r_max)
        d = np.clip((mu - running_mean) / running_std, -d_max, d_max)
        plain = (x - mu) / sigma
        up = grad_out * (gamma * r)
        grad_x = (up - up.mean(0) - plain * (up * plain).mean(0)) / sigma
        return grad_x, r * (grad_out * plain).sum(0) + d * grad_out.sum(0), grad_out.sum(0)


class RenormBackwardGraph:
    """Node by node, r and d set aside first."""

    def batch_renorm_backward(
        grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5
    ):
        n = len(x)
        mean = x.mean(axis=0)
        centred = x - mean
        root = np.sqrt((centred**2).mean(axis=0) + eps)
        r = np.minimum(np.maximum(root / running_std, 1 / r_max), r_max)
        d = np.minimum(np.maximum((mean - running_mean) / running_std, -d_max), d_max)
        grad_plain = grad_out * gamma * r
        grad_root = -(grad_plain * centred).sum(axis=0) / root**2
        grad_centred = grad_plain / root + grad_root * centred / (n * root)
        grad_x = grad_centred - grad_centred.mean(axis=0)
        return grad_x, np.einsum("nd,nd->d", grad_out, centred / root * r + d), np.einsum("nd->d", grad_out)


class RenormBackwardByBatchNorm:
    """Batch normalisation's gradients for γ·r; that of γ put together from its two."""

    def batch_renorm_backward(
        grad_out, x, gamma, running_mean, running_std, *, r_max=3.0, d_max=5.0, eps=1e-5
    ):
        sigma = np.sqrt(np.var(x, 0) + eps)
        r = np.clip(sigma / running_std, 1 / r_max, r_max)
        d = np.clip((np.mean(x, 0) - running_mean) / running_std, -d_max, d_max)
        grad_x, along, grad_beta = batch_norm_backward(grad_out, x, gamma * r, eps=eps)
        return [grad_x, along * r + grad_beta * d, grad_beta]


def _variants(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


VARIANTS = (
    *_variants("batch_norm_train", TrainLoops, TrainInPlace, TrainAffine, TrainByCovariance),
    *_variants("batch_norm_eval", EvalFolded, EvalLoops, EvalMatrix),
    *_variants("batch_norm_backward", BackwardGraph, BackwardJacobian, BackwardScaled),
    *_variants("set_mean", SetsByMasks, SetsByBranches, SetsByLabels),
    *_variants("normalize", NormalizeReshaped, NormalizeEinsum, NormalizeInPlace),
    *_variants("normalize_backward", NormalizeBackwardGraph, NormalizeBackwardSets, NormalizeBackwardByRows),
    *_variants("weight_norm", WeightColumns, WeightDiagonal, WeightHypot),
    *_variants("weight_norm_backward", WeightBackwardProjection, WeightBackwardPaper, WeightBackwardGraph),
    *_variants("batch_renorm_train", RenormFolded, RenormLoops, RenormByBatchNorm),
    *_variants("batch_renorm_backward", RenormBackwardWhole, RenormBackwardGraph, RenormBackwardByBatchNorm),
)
