"""Unusual but right answers to `Scalar`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


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
            return self.slope(self.data**c, c * self.data ** (c - 1))

        def relu(self):
            return self.slope(self.data * (self.data > 0), float(self.data > 0))

        def tanh(self):
            plus, minus = np.exp(self.data), np.exp(-self.data)
            return self.slope(1 - 2 / (1 + plus * plus), 4 / (plus + minus) ** 2)

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


VARIANTS = variants("Scalar", Closures, BirthOrder, CountsUses)
