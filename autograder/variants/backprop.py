"""Unusual but right answers to `backprop`, which no check may refuse."""

import numpy as np

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: they call one another and the given ones by name)


def _variants(exercise, *codes):
    return tuple(Specimen(exercise, code.__name__, code.__doc__, code=code) for code in codes)


class MovesXItself:
    """Moves an entry of x itself and puts the kept value back; the error in a loop over pairs."""

    def numerical_gradient(f, x, *, h=1e-5):
        slopes = []
        flat = x.reshape(-1)
        for i in range(flat.size):
            kept = flat[i]
            flat[i] = kept + h
            above = f(x)
            flat[i] = kept - h
            below = f(x)
            flat[i] = kept
            slopes.append((above - below) / 2 / h)
        return np.array(slopes).reshape(x.shape)

    def relative_error(a, b):
        worst = 0.0
        for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True):
            worst = max(worst, abs(p - q) / max(abs(p) + abs(q), 1e-8))
        return worst


class UnitVectors:
    """Steps along the rows of an identity matrix; a NumPy float comes back."""

    def numerical_gradient(f, x, *, h=1e-5):
        steps = h * np.eye(x.size).reshape(x.size, *x.shape)
        halves = np.array([f(x + step) / 2 - f(x - step) / 2 for step in steps])
        return np.reshape(halves / h, x.shape)

    def relative_error(a, b):
        return (np.abs(np.subtract(a, b)) / np.clip(np.abs(a) + np.abs(b), 1e-8, None)).max()


class WithAnIterator:
    """np.nditer and copies made by arithmetic; the ratio sorted instead of a maximum."""

    def numerical_gradient(f, x, *, h=1e-5):
        grad = np.empty_like(x)
        places = np.nditer(x, flags=["multi_index"])
        for _ in places:
            step = np.zeros_like(x)
            step[places.multi_index] = h
            grad[places.multi_index] = (f(x + step) - f(x - step)) / (h + h)
        return grad

    def relative_error(a, b):
        a, b = np.atleast_1d(a).astype(float), np.atleast_1d(b).astype(float)
        size = np.abs(a) + np.abs(b)
        size[size < 1e-8] = 1e-8
        return float(np.sort(np.ravel(np.abs(b - a) / size))[-1])


class Closures:
    """Every operation leaves a function that passes its gradient on; the order comes from a stack."""

    class Scalar:
        def __init__(self, data, parents=()):
            self.data, self.grad = data, 0
            self.operands, self.push = parents, None

        def made(self, data, operands, push):
            out = Scalar(data, operands)
            out.push = lambda: push(out.grad)
            return out

        def __add__(self, other):
            other = other if isinstance(other, Scalar) else Scalar(other)

            def push(g):
                self.grad = self.grad + g
                other.grad = other.grad + g

            return self.made(self.data + other.data, (self, other), push)

        def __mul__(self, other):
            other = other if isinstance(other, Scalar) else Scalar(other)

            def push(g):
                self.grad = self.grad + g * other.data
                other.grad = other.grad + g * self.data

            return self.made(self.data * other.data, (self, other), push)

        __radd__, __rmul__ = __add__, __mul__

        def slope(self, value, derivative):
            def push(g):
                self.grad = self.grad + derivative * g

            return self.made(value, (self,), push)

        def __pow__(self, c):
            return self.slope(self.data**c, c * self.data**c / self.data)

        def relu(self):
            return self.slope(self.data * (self.data > 0), float(self.data > 0))

        def tanh(self):
            plus, minus = np.exp(self.data), np.exp(-self.data)
            return self.slope((plus - minus) / (plus + minus), 4 / (plus + minus) ** 2)

        def exp(self):
            return self.slope(np.exp(self.data), np.exp(self.data))

        def backward(self):
            stack, done, order = [(self, False)], set(), []
            while stack:
                node, ready = stack.pop()
                if ready:
                    order.append(node)
                elif id(node) not in done:
                    done.add(id(node))
                    stack.append((node, True))
                    stack.extend((operand, False) for operand in node.operands)
            self.grad = 1
            while order:
                node = order.pop()
                if node.push:
                    node.push()


class BirthOrder:
    """Numbers the Scalars as they are born, and passes the youngest first."""

    class Scalar:
        born = 0

        def __init__(self, data, parents=()):
            self.data = data
            self.grad = 0.0
            self.parents = parents
            Scalar.born += 1
            self.number = Scalar.born

        def __add__(self, other):
            if not isinstance(other, Scalar):
                other = Scalar(other)
            return Scalar(self.data + other.data, ((self, 1), (other, 1)))

        def __mul__(self, other):
            if not isinstance(other, Scalar):
                other = Scalar(other)
            return Scalar(self.data * other.data, ((self, other.data), (other, self.data)))

        def __radd__(self, other):
            return self + other

        def __rmul__(self, other):
            return self * other

        def __pow__(self, c):
            return Scalar(self.data**c, ((self, c * self.data ** (c - 1)),))

        def relu(self):
            return Scalar(max(self.data, 0), ((self, 1 if self.data > 0 else 0),))

        def tanh(self):
            return Scalar(np.tanh(self.data), ((self, np.cosh(self.data) ** -2),))

        def exp(self):
            value = np.exp(self.data)
            return Scalar(value, ((self, value),))

        def backward(self):
            found, fresh = {self.number: self}, [self]
            while fresh:
                for parent, _ in fresh.pop().parents:
                    if parent.number not in found:
                        found[parent.number] = parent
                        fresh.append(parent)
            self.grad = 1.0
            for number in sorted(found, reverse=True):
                for parent, slope in found[number].parents:
                    parent.grad += found[number].grad * slope


class CountsUses:
    """Counts how often each Scalar is used and passes it when the last contribution is in."""

    class Scalar:
        def __init__(self, data, parents=()):
            self.data = np.float64(data)
            self.grad = np.float64(0)
            self.parents = list(parents)

        def __add__(self, other):
            other = other if isinstance(other, Scalar) else Scalar(other)
            return Scalar(self.data + other.data, [(self, lambda: 1.0), (other, lambda: 1.0)])

        def __mul__(self, other):
            other = other if isinstance(other, Scalar) else Scalar(other)
            return Scalar(self.data * other.data, [(self, lambda: other.data), (other, lambda: self.data)])

        __radd__ = __add__
        __rmul__ = __mul__

        def __pow__(self, c):
            return Scalar(self.data**c, [(self, lambda: c * self.data ** (c - 1))])

        def relu(self):
            return Scalar(np.maximum(self.data, 0), [(self, lambda: np.heaviside(self.data, 0))])

        def tanh(self):
            return Scalar(np.tanh(self.data), [(self, lambda: 1 - np.tanh(self.data) ** 2)])

        def exp(self):
            return Scalar(np.exp(self.data), [(self, lambda: np.exp(self.data))])

        def backward(self):
            waiting, met = {}, [self]
            for node in met:
                for parent, _ in node.parents:
                    if parent not in waiting:
                        met.append(parent)
                    waiting[parent] = waiting.get(parent, 0) + 1
            self.grad, ready = np.float64(1), [self]
            while ready:
                node = ready.pop(0)
                for parent, slope in node.parents:
                    parent.grad = parent.grad + node.grad * slope()
                    waiting[parent] -= 1
                    if waiting[parent] == 0:
                        ready.append(parent)


class Masks:
    """Boolean masks on copies, written in place; the sigmoid by tanh."""

    def activation(z, kind, *, slope=0.01, alpha=1.0):
        out = z.copy()
        left = z <= 0
        if kind == "sigmoid":
            return 0.5 * (1.0 + np.tanh(z / 2))
        if kind == "tanh":
            np.tanh(out, out=out)
        elif kind == "relu":
            out[left] = 0
        elif kind == "leaky_relu":
            out[left] *= slope
        else:
            out[left] = alpha * np.expm1(out[left])
        return out

    def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
        grad, left = grad_out.copy(), z <= 0
        if kind == "sigmoid":
            grad *= activation(z, kind) * activation(-z, kind)
        elif kind == "tanh":
            grad *= (1 - np.tanh(z)) * (1 + np.tanh(z))
        elif kind == "relu":
            grad[left] = 0
        elif kind == "leaky_relu":
            grad[left] *= slope
        else:
            grad[left] *= alpha * np.exp(z[left])
        return grad


class NumberByNumber:
    """Python's math, one number at a time, in a dict of little functions."""

    def activation(z, kind, *, slope=0.01, alpha=1.0):
        import math

        table = {
            "sigmoid": lambda t: 1 / (1 + math.exp(-t)) if t > 0 else math.exp(t) / (1 + math.exp(t)),
            "tanh": math.tanh,
            "relu": lambda t: max(t, 0.0),
            "leaky_relu": lambda t: t if t > 0 else slope * t,
            "elu": lambda t: t if t > 0 else alpha * math.expm1(t),
        }
        return np.array([table[kind](t) for t in z.ravel().tolist()]).reshape(z.shape)

    def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
        import math

        def derivative(t):
            if kind == "sigmoid":
                return math.exp(-abs(t)) / (1 + math.exp(-abs(t))) ** 2
            if kind == "tanh":
                return 1 - math.tanh(t) ** 2
            left = {"relu": 0.0, "leaky_relu": slope}
            return 1.0 if t > 0 else left[kind] if kind in left else alpha * math.exp(t)

        pairs = zip(grad_out.ravel().tolist(), z.ravel().tolist(), strict=True)
        return np.array([g * derivative(t) for g, t in pairs]).reshape(z.shape)


class Warns:
    """Overflows on the way with a warning, and is right all the same; branches by a step function."""

    def activation(z, kind, *, slope=0.01, alpha=1.0):
        if kind == "sigmoid":
            return 1.0 / (1.0 + np.exp(-z))
        if kind == "tanh":
            return 2.0 / (1.0 + np.exp(-2.0 * z)) - 1.0
        if kind == "relu":
            return np.clip(z, 0, None)
        if kind == "leaky_relu":
            return np.clip(z, 0, None) + slope * np.clip(z, None, 0)
        return np.where(z > 0, z, alpha * np.expm1(z))

    def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
        step = np.heaviside(z, 0.0)
        if kind == "sigmoid":
            return grad_out * (activation(z, kind) - activation(z, kind) ** 2)
        if kind == "tanh":
            return grad_out - grad_out * np.tanh(z) ** 2
        if kind == "relu":
            return grad_out * step
        if kind == "leaky_relu":
            return grad_out * (step + slope * (1 - step))
        return np.where(z > 0, grad_out, grad_out * alpha * np.exp(z))


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


class MaxoutByEinsum:
    """einsum; the winners as a one-hot array from an identity matrix."""

    def maxout(X, W, b):
        return (np.einsum("nd,doj->noj", X, W) + b).max(axis=-1)

    def maxout_backward(grad_out, X, W, b):
        hot = np.eye(b.shape[1])[(np.einsum("nd,doj->noj", X, W) + b).argmax(-1)]
        return (
            np.einsum("no,noj,doj->nd", grad_out, hot, W),
            np.einsum("no,noj,nd->doj", grad_out, hot, X),
            np.einsum("no,noj->oj", grad_out, hot),
        )


class MaxoutPieceByPiece:
    """A loop over the pieces, keeping the best so far and who it was."""

    def maxout(X, W, b):
        best = X @ W[:, :, 0] + b[:, 0]
        for j in range(1, W.shape[2]):
            best = np.maximum(best, X @ W[:, :, j] + b[:, j])
        return best

    def maxout_backward(grad_out, X, W, b):
        pieces = [X @ W[:, :, j] + b[:, j] for j in range(W.shape[2])]
        free = np.ones_like(grad_out, dtype=bool)
        top = np.max(pieces, axis=0)
        grad_X, grad_W, grad_b = np.zeros_like(X), np.zeros_like(W), np.zeros_like(b)
        for j, piece in enumerate(pieces):
            mine = grad_out * (free & (piece == top))
            free &= piece != top
            grad_X += mine @ W[:, :, j].T
            grad_W[:, :, j] = X.T @ mine
            grad_b[:, j] = mine.sum(axis=0)
        return grad_X, grad_W, grad_b


class MaxoutExampleByExample:
    """Loops over examples and units, one winner at a time."""

    def maxout(X, W, b):
        return np.array([[max(x @ W[:, o, :] + b[o]) for o in range(len(b))] for x in X])

    def maxout_backward(grad_out, X, W, b):
        grad_X, grad_W, grad_b = np.zeros(X.shape), np.zeros(W.shape), np.zeros(b.shape)
        for n, x in enumerate(X):
            for o in range(len(b)):
                values = (x @ W[:, o, :] + b[o]).tolist()
                j = values.index(max(values))
                grad_X[n] += grad_out[n, o] * W[:, o, j]
                grad_W[:, o, j] += grad_out[n, o] * x
                grad_b[o, j] += grad_out[n, o]
        return grad_X, grad_W, grad_b


class ErrorsByMeans:
    """The mean over examples of each one's sum; the absolute value's slope as a quotient, mended at 0."""

    def mse_loss(pred, target):
        each = ((pred - target) ** 2).sum(axis=1)
        return each.mean(), (pred - target) * (2.0 / len(each))

    def mae_loss(pred, target):
        gap = pred - target
        return np.mean(np.sum(np.abs(gap), axis=1)), np.nan_to_num(gap / np.abs(gap)) / gap.shape[0]


class ErrorsByNorms:
    """Norms and comparisons; lists on the way."""

    def mse_loss(pred, target):
        rows = [np.linalg.norm(p - t) ** 2 for p, t in zip(pred, target, strict=True)]
        return sum(rows) / len(rows), np.array(
            [2 * (p - t) / len(rows) for p, t in zip(pred, target, strict=True)]
        )

    def mae_loss(pred, target):
        above, below = (pred > target).astype(float), (pred < target).astype(float)
        total = np.linalg.norm((pred - target).ravel(), ord=1)
        return total / len(pred), (above - below) / len(pred)


class ErrorsExpanded:
    """The square multiplied out; the distance as the larger less the smaller."""

    def mse_loss(pred, target):
        n = pred.shape[0]
        square = np.vdot(pred, pred) - 2 * np.vdot(pred, target) + np.vdot(target, target)
        return square / n, 2 / n * pred - 2 / n * target

    def mae_loss(pred, target):
        n = np.float64(pred.shape[0])
        distance = np.maximum(pred, target) - np.minimum(pred, target)
        return distance.sum() / n, np.copysign(1 / n, pred - target) * (pred != target)


class BceByLogaddexp:
    """log(1 + e^z) by np.logaddexp; the sigmoid from it."""

    def bce_with_logits(logits, targets):
        softplus = np.logaddexp(0.0, logits)
        grad = np.exp(logits - softplus) - targets
        return (softplus - targets * logits).sum(axis=1).mean(), grad / logits.shape[0]


class BceByBranches:
    """Two branches by the logit's sign, number by number."""

    def bce_with_logits(logits, targets):
        import math

        total, grad = 0.0, np.empty(logits.shape)
        for place in np.ndindex(*logits.shape):
            z, y = float(logits[place]), float(targets[place])
            small = math.exp(-abs(z))
            total += math.log1p(small) + ((1 - y) * z if z > 0 else -y * z)
            grad[place] = (1 / (1 + small) if z > 0 else small / (1 + small)) - y
        return total / len(logits), grad / len(logits)


class BceByBothSides:
    """Yes and no by one function of the signed logit; takes the mean in the weights."""

    def bce_with_logits(logits, targets):
        def cost(z):
            return np.where(z > 0, 0.0, -z) + np.log1p(np.exp(-np.abs(z)))

        yes, no = targets / len(targets), (1 - targets) / len(targets)
        p = (1 + np.tanh(logits / 2)) / 2
        return np.sum(yes * cost(logits) + no * cost(-logits)), no * p - yes * (1 - p)


class SoftmaxByLogsumexp:
    """Through the logarithm of the sum, reduced by np.logaddexp; the Jacobian by broadcasting."""

    def softmax(z):
        return np.exp(z - np.logaddexp.reduce(z))

    def softmax_jacobian(z):
        s = softmax(z)
        return s[:, None] * (np.eye(len(s)) - s[None, :])


class SoftmaxByLoops:
    """One output, one input at a time."""

    def softmax(z):
        top = max(z.tolist())
        parts = [np.exp(t - top) for t in z.tolist()]
        return np.array([part / sum(parts) for part in parts])

    def softmax_jacobian(z):
        s, n = softmax(z), len(z)
        J = np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                J[i, j] = s[i] * ((i == j) - s[j])
        return J


class SoftmaxByDifferences:
    """Each share from the differences to all entries, infinite ones mended; the diagonal filled in last."""

    def softmax(z):
        with np.errstate(over="ignore"):
            return 1.0 / np.exp(z[None, :] - z[:, None]).sum(axis=1)

    def softmax_jacobian(z):
        s = softmax(z)
        J = -s[:, None] @ s[None, :]
        np.fill_diagonal(J, s * (1 - s))
        return J


class CrossEntropyByRows:
    """Row by row through one's own softmax; the loss from the distance to the row's maximum."""

    def softmax_cross_entropy(logits, labels):
        losses, grad = [], np.zeros(logits.shape)
        for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
            grad[n] = softmax(row)
            grad[n, label] -= 1
            losses.append(np.max(row) - row[label] + np.log(np.exp(row - np.max(row)).sum()))
        return np.mean(losses), grad / len(labels)


class CrossEntropyByIndex:
    """Fancy indices; a 0-d array as the loss."""

    def softmax_cross_entropy(logits, labels):
        n = np.arange(len(labels))
        z = logits - logits.max(axis=1)[:, None]
        p = np.exp(z)
        sums = p.sum(axis=1)
        loss = np.array((np.log(sums) - z[n, labels]).sum() / len(n))
        p /= sums[:, None]
        p[n, labels] -= 1.0
        return loss, p * (1.0 / len(n))


class CrossEntropyFromTheLabel:
    """Shifts each row by its label's logit; np.logaddexp along the classes."""

    def softmax_cross_entropy(logits, labels):
        picked = np.take_along_axis(logits, labels[:, None], axis=1)
        costs = np.logaddexp.reduce(logits - picked, axis=1)
        grad = np.exp(logits - picked - costs[:, None])
        np.put_along_axis(grad, labels[:, None], np.expm1(-costs)[:, None], axis=1)
        return float(costs.mean()), grad / costs.size


class AffineByEinsum:
    """einsum for everything."""

    def affine_forward(X, W, b):
        return np.einsum("ni,io->no", X, W) + b[None, :]

    def affine_backward(grad_out, X, W, b):
        return (
            np.einsum("no,io->ni", grad_out, W),
            np.einsum("ni,no->io", X, grad_out),
            np.einsum("no->o", grad_out),
        )


class AffineByExamples:
    """One example at a time, outer products added up; a list comes back."""

    def affine_forward(X, W, b):
        return np.stack([x @ W + b for x in X])

    def affine_backward(grad_out, X, W, b):
        grad_X, grad_W, grad_b = np.empty_like(X), np.zeros_like(W), np.zeros_like(b)
        for n in range(X.shape[0]):
            grad_X[n] = W @ grad_out[n]
            grad_W += np.outer(X[n], grad_out[n])
            grad_b += grad_out[n]
        return [grad_X, grad_W, grad_b]


class AffineWithAColumnOfOnes:
    """The bias as the weight of an input that is always 1."""

    def affine_forward(X, W, b):
        return np.hstack([X, np.ones((len(X), 1))]) @ np.vstack([W, b])

    def affine_backward(grad_out, X, W, b):
        wide, tall = np.hstack([X, np.ones((len(X), 1))]), np.vstack([W, b])
        both = wide.T @ grad_out
        return (grad_out @ tall.T)[:, :-1], both[:-1], both[-1]


class ForwardByRecursion:
    """The network without its last layer, then the last one."""

    def mlp_forward(params, X, *, activation):
        n = len(params) // 2
        rest = {key: value for key, value in params.items() if int(key[1:]) < n}
        h = activate(mlp_forward(rest, X, activation=activation), activation) if rest else X
        return h @ params[f"W{n}"] + params[f"b{n}"]


class ForwardWhileThereAreLayers:
    """Counts on while there is another layer; never asks how many there are."""

    def mlp_forward(params, X, *, activation):
        k, z = 1, affine_forward(X, params["W1"], params["b1"])
        while f"W{k + 1}" in params:
            k += 1
            z = affine_forward(activate(z, activation), params[f"W{k}"], params[f"b{k}"])
        return z


class ForwardSortedByNumber:
    """Sorts the weights' keys by their numbers; reaches activation by globals(); prints the shapes."""

    def mlp_forward(params, X, *, activation):
        h = np.array(X, dtype=float)
        keys = sorted((key for key in params if key.startswith("W")), key=lambda key: int(key[1:]))
        for key in keys:
            h = h @ params[key] + params["b" + key[1:]]
            print(key, h.shape)
            if key != keys[-1]:
                h = globals()["activation"](h, activation)
        return h


class BackwardByRecursion:
    """A recursive walk: forward on the way in, backward on the way out."""

    def mlp_backward(grad_out, params, X, *, activation):
        grads, n = {}, len(params) // 2

        def walk(k, h):
            z = h @ params[f"W{k}"] + params[f"b{k}"]
            g = grad_out
            if k < n:
                g = activation_backward(walk(k + 1, activate(z, activation)), z, activation)
            grads[f"W{k}"], grads[f"b{k}"] = h.T @ g, g.sum(axis=0)
            return g @ params[f"W{k}"].T

        back = walk(1, X)
        return grads, back


class BackwardLayerForgotten:
    """Keeps nothing: for each layer the forward pass up to it is made again by mlp_forward."""

    def mlp_backward(grad_out, params, X, *, activation):
        grads, g = {}, grad_out
        for n in range(len(params) // 2, 0, -1):
            below = {f"{letter}{k}": params[f"{letter}{k}"] for letter in "Wb" for k in range(1, n)}
            z = mlp_forward(below, X, activation=activation) if below else X
            h = activate(z, activation) if below else X
            g, grads[f"W{n}"], grads[f"b{n}"] = affine_backward(g, h, params[f"W{n}"], params[f"b{n}"])
            g = activation_backward(g, z, activation) if below else g
        return grads, g


class BackwardByExamples:
    """One example at a time with column vectors, as the lectures write it; the gradients added up."""

    def mlp_backward(grad_out, params, X, *, activation):
        n = len(params) // 2
        grads = {key: np.zeros_like(value) for key, value in params.items()}
        grad_X = []
        for x, g in zip(X, grad_out, strict=True):
            hs, zs = [x], [None]
            for k in range(1, n):
                zs.append(params[f"W{k}"].T @ hs[-1] + params[f"b{k}"])
                hs.append(activate(zs[-1], activation))
            for k in range(n, 0, -1):
                if k < n:
                    g = activation_backward(g, zs[k], activation)
                grads[f"W{k}"] += np.outer(hs[k - 1], g)
                grads[f"b{k}"] += g
                g = params[f"W{k}"] @ g
            grad_X.append(g)
        return grads, np.array(grad_X)


class TrainsOnCopies:
    """Copies first and works in place on its own arrays; losses in an array."""

    def gd_step(params, grads, *, lr):
        new = {key: value.copy() for key, value in params.items()}
        for key in new:
            new[key] -= lr * grads[key]
        return new

    def train_gd(params, X, y, *, lr, n_steps, activation):
        own = {key: np.array(value) for key, value in params.items()}
        losses = np.empty(n_steps + 1)
        for i in range(n_steps):
            losses[i], g = softmax_cross_entropy(mlp_forward(own, X, activation=activation), y)
            grads = mlp_backward(g, own, X, activation=activation)[0]
            for key in own:
                own[key] -= lr * grads[key]
        losses[n_steps] = softmax_cross_entropy(mlp_forward(own, X, activation=activation), y)[0]
        return own, losses.tolist()


class TrainsByRecursion:
    """One step, then the rest of the training; a tuple of losses."""

    def gd_step(params, grads, *, lr):
        return dict(zip(params, [params[key] + -lr * grads[key] for key in params], strict=True))

    def train_gd(params, X, y, *, lr, n_steps, activation):
        loss, g = softmax_cross_entropy(mlp_forward(params, X, activation=activation), y)
        if n_steps == 0:
            return params, (loss,)
        grads, _ = mlp_backward(g, params, X, activation=activation)
        params, losses = train_gd(
            gd_step(params, grads, lr=lr), X, y, lr=lr, n_steps=n_steps - 1, activation=activation
        )
        return params, (loss, *losses)


class TrainsFirstAndLooksLater:
    """Keeps all parameters on the way and computes the losses at the end; prints."""

    def gd_step(params, grads, *, lr):
        return {key: np.subtract(value, np.multiply(lr, grads[key])) for key, value in params.items()}

    def train_gd(params, X, y, *, lr, n_steps, activation):
        path = [params]
        while len(path) <= n_steps:
            _, g = softmax_cross_entropy(mlp_forward(path[-1], X, activation=activation), y)
            path.append(gd_step(path[-1], mlp_backward(g, path[-1], X, activation=activation)[0], lr=lr))
            print("step", len(path))
        losses = [softmax_cross_entropy(mlp_forward(p, X, activation=activation), y)[0] for p in path]
        return path[-1], losses


VARIANTS = (
    *_variants("numerical_gradient", MovesXItself, UnitVectors, WithAnIterator),
    *_variants("Scalar", Closures, BirthOrder, CountsUses),
    *_variants("activation", Masks, NumberByNumber, Warns),
    *_variants("prelu", PreluByWhere, PreluByColumns, PreluByHalves),
    *_variants("maxout", MaxoutByEinsum, MaxoutPieceByPiece, MaxoutExampleByExample),
    *_variants("mse_loss", ErrorsByMeans, ErrorsByNorms, ErrorsExpanded),
    *_variants("bce_with_logits", BceByLogaddexp, BceByBranches, BceByBothSides),
    *_variants("softmax", SoftmaxByLogsumexp, SoftmaxByLoops, SoftmaxByDifferences),
    *_variants("softmax_cross_entropy", CrossEntropyByRows, CrossEntropyByIndex, CrossEntropyFromTheLabel),
    *_variants("affine_backward", AffineByEinsum, AffineByExamples, AffineWithAColumnOfOnes),
    *_variants("mlp_forward", ForwardByRecursion, ForwardWhileThereAreLayers, ForwardSortedByNumber),
    *_variants("mlp_backward", BackwardByRecursion, BackwardLayerForgotten, BackwardByExamples),
    *_variants("train_gd", TrainsOnCopies, TrainsByRecursion, TrainsFirstAndLooksLater),
)
