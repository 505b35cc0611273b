"""Unusual but right answers to `backprop`, which no check may refuse."""

import numpy as np

from autograder.specimens import Specimen

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


NUMERICAL = _variants("numerical_gradient", MovesXItself, UnitVectors, WithAnIterator)
SCALAR = _variants("Scalar", Closures, BirthOrder, CountsUses)

VARIANTS = NUMERICAL + SCALAR
