r"""Backpropagation: the reference implementations of the assignment ``backprop``.

Pinned for all of them: a batch is an array ``X (batch, fan_in)``, one example a row; weights are ``W
(fan_in, fan_out)``, biases ``b (fan_out,)``; all in float64. A loss is the mean over the batch of the sum
over outputs. ``f_backward(grad_out, *inputs)`` takes the gradient of the loss with respect to f's answer and
the inputs that f was given, and returns the gradients with respect to these inputs, in their order; nothing
is remembered between the two. Functions return new arrays and change none that they were given. The graded
body stands between the two markers, argument checks stand above it.
"""

import numpy as np

from solutions.given import check_form as check_form


def check_shape(name, value, shape):
    """Refuse an array of another shape than the formula needs (given: your own code need not check again).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.shape(value) != tuple(shape):
        raise ValueError(
            f"{name} must have the shape {tuple(shape)}, got {np.shape(value)}; "
            "look at which axis is the batch and which the features"
        )


def check_kind(kind):
    """Refuse an activation that is not one of the five (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    kinds = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
    if kind not in kinds:
        raise ValueError(
            f"an activation is one of {', '.join(kinds)}, got {kind!r}; "
            "PReLU and maxout have functions of their own"
        )


def numerical_gradient(f, x, *, h=1e-5):
    r"""Gradient of a function of an array by central differences.

    .. math:: \frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}

    where e_i is 1 in entry i and 0 elsewhere: one entry is moved at a time, the others stay.

    Args:
        f: takes an array of x's shape, returns a number. Called twice for each entry of x.
        x: float64 array of any shape (``np.ndindex(x.shape)`` runs over the indices of its entries),
            C-contiguous, as NumPy makes arrays. After the call it is what it was before, to the last bit.
        h: how far an entry is moved to either side, greater than 0.
    Returns:
        float64 array of x's shape.
    Raises:
        ValueError: if ``h`` is not greater than 0.
    Example:
        >>> numerical_gradient(lambda x: np.sum(x**2), np.array([[1.0, -3.0]])).round(6).tolist()
        [[2.0, -6.0]]
        >>> round(float(numerical_gradient(lambda x: x[0] ** 3, np.array([2.0]), h=0.1)[0]), 6)  # 12 + h²
        12.01

    Source: CS231n, notes on gradient checks. The error falls with h², that of one-sided differences with h.
    """
    if not 0 < h < np.inf:
        raise ValueError(f"h must be greater than 0 and finite, got {h}; 1e-5 is usual in float64")
    ### BEGIN SOLUTION
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad
    ### END SOLUTION


def relative_error(a, b):
    r"""How far two gradients are apart, compared with their size: the worst entry counts.

    .. math:: \max_i \frac{|a_i - b_i|}{\max(10^{-8},\ |a_i| + |b_i|)}

    Between a gradient and its numerical twin below 1e-7 is fine and above 1e-2 is wrong; in between look for
    kinks, and for entries that are tiny beside f: its rounding moves the twin by about 1e-11·f.

    Args:
        a, b: float64 arrays of the same shape, or two numbers.
    Returns:
        float between 0 and 1.
    Raises:
        ValueError: if the shapes differ.
    Example:
        >>> relative_error(np.array([1.0, 0.0]), np.array([3.0, 0.0]))
        0.5

    Source: CS231n, notes on gradient checks; dividing by max(|a|, |b|) there is up to twice as strict.
    """
    check_shape("b", b, np.shape(a))
    ### BEGIN SOLUTION
    sizes = np.abs(a) + np.abs(b)
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, sizes)))
    ### END SOLUTION


class Scalar:
    """A number that remembers what it was made from, so that a gradient can find its way back.

    ``x.data`` is the number, a float. ``x.grad`` is 0 at first; after ``y.backward()`` it is the derivative
    of y with respect to x. An operation (``+``, ``*``, ``** c``, ``relu``, ``tanh``, ``exp``) returns a new
    Scalar and leaves its operands alone.

    Others rely on ``Scalar(data)``, ``data``, ``grad``, the operations and ``backward``. You decide what else
    a Scalar remembers: the given ``parents`` are a suggestion, pairs of an operand and the local
    derivative of this Scalar with respect to it.

    Args:
        data: a number.
        parents: a list of pairs (operand, local derivative), [(x, d)] where there is one; none for an input.
    Example:
        >>> x, y, z = Scalar(1.0), Scalar(2.0), Scalar(4.0)
        >>> f = ((x + y) * z).relu()
        >>> f.backward()
        >>> f.data, x.grad, y.grad, z.grad
        (12.0, 4.0, 4.0, 3.0)
    """

    def __init__(self, data, parents=()):
        self.data = float(data)
        self.grad = 0.0
        self.parents = tuple(parents)

    def __add__(self, other):
        """The sum with another Scalar or a number."""
        other = other if isinstance(other, Scalar) else Scalar(other)
        ### BEGIN SOLUTION
        return Scalar(self.data + other.data, [(self, 1.0), (other, 1.0)])
        ### END SOLUTION

    def __mul__(self, other):
        """The product with another Scalar or a number."""
        other = other if isinstance(other, Scalar) else Scalar(other)
        ### BEGIN SOLUTION
        return Scalar(self.data * other.data, [(self, other.data), (other, self.data)])
        ### END SOLUTION

    __radd__ = __add__  # 2 + x is x + 2
    __rmul__ = __mul__

    def __pow__(self, c):
        """The power by a number c other than 0; a negative base needs a whole c."""
        if isinstance(c, Scalar) or c == 0:
            raise ValueError(
                f"an exponent must be a number other than 0, got {c}; take exp of a product for others"
            )
        ### BEGIN SOLUTION
        return Scalar(self.data**c, [(self, c * self.data ** (c - 1))])
        ### END SOLUTION

    def relu(self):
        """max(0, x), whose derivative at 0 is 0."""
        ### BEGIN SOLUTION
        return Scalar(max(0.0, self.data), [(self, 1.0 if self.data > 0 else 0.0)])
        ### END SOLUTION

    def tanh(self):
        """The hyperbolic tangent, of any number: 1 at 1000."""
        ### BEGIN SOLUTION
        t = np.tanh(self.data)
        return Scalar(t, [(self, 1 - t**2)])
        ### END SOLUTION

    def exp(self):
        """The exponential."""
        ### BEGIN SOLUTION
        e = np.exp(self.data)
        return Scalar(e, [(self, e)])
        ### END SOLUTION

    def backward(self):
        """Give every Scalar that this one was made from its ``grad``, this one 1; returns nothing.

        A Scalar that was used several times gets the sum over its uses. Each is passed once, after all those
        that were made from it, so the work grows with their number and not with the number of paths between
        them. Called once, on the last result, when every ``grad`` is 0; a chain is at most 500 Scalars long,
        so recursion is allowed.
        """
        ### BEGIN SOLUTION
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)  # after all that it was made from

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad
        ### END SOLUTION


def run_graph(ops, inputs):
    """Compute a graph by your ``Scalar``, forward and backward (given).

    Args:
        ops: list of tuples, each making the next value: ("add", i, j), ("mul", i, j), ("pow", i, c),
            ("relu", i), ("tanh", i), ("exp", i), where i and j are the places of earlier values: the inputs
            come first, then the results in the order of ``ops``. A float in place of one is a plain number.
        inputs: list of numbers.
    Returns:
        (values, grads): two lists of floats, all values and the last one's derivatives with respect to them.
    Raises:
        RuntimeError: if the inputs' gradients are written more than 10,000 times: that is a walk over paths.
    Example:
        >>> run_graph([("mul", 0, 0), ("add", 1, 0)], [3.0])  # x² + x
        ([3.0, 9.0, 12.0], [7.0, 1.0, 1.0])
        >>> run_graph([("mul", 2.0, 0)], [3.0])  # 2 * x
        ([3.0, 6.0], [2.0, 1.0])
    """
    writes = 0

    class Input(Scalar):
        """A Scalar that counts."""

        def __setattr__(self, name, value):
            nonlocal writes
            writes += name == "grad"
            if writes > 10_000:
                raise RuntimeError(
                    "backward comes by the inputs again and again: list each Scalar once, after its parents, "
                    "and walk the list from its end"
                )
            super().__setattr__(name, value)

    nodes: list = [Input(value) for value in inputs]
    for name, i, *rest in ops:
        if name in ("add", "mul"):
            one, other = (k if isinstance(k, float) else nodes[k] for k in (i, rest[0]))
            nodes.append(one + other if name == "add" else one * other)
        elif name == "pow":
            nodes.append(nodes[i] ** rest[0])
        else:
            nodes.append(getattr(nodes[i], name)())
    nodes[-1].backward()
    return [float(node.data) for node in nodes], [float(node.grad) for node in nodes]


def activation(z, kind, *, slope=0.01, alpha=1.0):
    r"""An activation, element by element.

    .. math::
        \text{sigmoid: } \frac{1}{1 + e^{-z}},\quad
        \text{tanh},\quad
        \text{relu: } \max(0, z)

        \text{leaky\_relu: } z \text{ if } z > 0 \text{ else } \text{slope} \cdot z,\quad
        \text{elu: } z \text{ if } z > 0 \text{ else } \alpha\,(e^z - 1)

    Right for every finite z: no value is NaN at ±1000, and elu keeps its digits where z is tiny and negative
    (NumPy has a function for e^z - 1).

    Args:
        z: float64 array of any shape.
        kind: "sigmoid", "tanh", "relu", "leaky_relu" or "elu".
        slope: of leaky_relu for z <= 0, any number: 2 and -1 too.
        alpha: α of elu, any number: 0 too.
    Returns:
        float64 array of z's shape.
    Raises:
        ValueError: if ``kind`` is not one of the five.
    Example:
        >>> z = np.array([-2.0, 0.0, 3.0])
        >>> activation(z, "leaky_relu", slope=0.1).round(6).tolist()
        [-0.2, 0.0, 3.0]
        >>> activation(np.array([-1000.0, 0.0, 1000.0]), "sigmoid").tolist()
        [0.0, 0.5, 1.0]

    Source: Maas 2013 (leaky), Clevert 2015 (ELU); equal to PyTorch's.
    """
    check_kind(kind)
    ### BEGIN SOLUTION
    if kind == "sigmoid":
        small = np.exp(-np.abs(z))  # in [0, 1], so nothing overflows
        return np.where(z >= 0, 1.0, small) / (1.0 + small)
    if kind == "tanh":
        return np.tanh(z)
    if kind == "relu":
        return np.maximum(0.0, z)
    if kind == "leaky_relu":
        return np.where(z > 0, z, slope * z)
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))
    ### END SOLUTION


def activation_backward(grad_out, z, kind, *, slope=0.01, alpha=1.0):
    r"""The gradient with respect to z, the input of ``activation``: grad_out times the derivative there.

    .. math::
        \sigma' = \sigma(1 - \sigma),\quad
        \tanh' = 1 - \tanh^2,\quad
        \text{relu}' = 1,\ \text{leaky\_relu}' = 1,\ \text{elu}' = 1 \text{ for } z > 0

    and for z <= 0 relu′ = 0, leaky_relu′ = slope, elu′ = α·e^z: at the kink the left one counts.

    Args:
        grad_out: float64 array of z's shape, the gradient with respect to ``activation(z, kind, …)``.
        z, kind, slope, alpha: as ``activation`` was given them.
    Returns:
        float64 array of z's shape.
    Raises:
        ValueError: if ``kind`` is not one of the five, or grad_out has another shape than z.
    Example:
        >>> z, grad_out = np.array([-2.0, 0.0, 3.0]), np.array([10.0, 10.0, 10.0])
        >>> activation_backward(grad_out, z, "leaky_relu", slope=0.1).round(6).tolist()
        [1.0, 1.0, 10.0]

    Source: as above; PyTorch has the same values at the kinks.
    """
    check_kind(kind)
    check_shape("grad_out", grad_out, np.shape(z))
    ### BEGIN SOLUTION
    if kind == "sigmoid":
        s = activation(z, "sigmoid")
        local = s * (1 - s)
    elif kind == "tanh":
        local = 1 - np.tanh(z) ** 2
    elif kind == "relu":
        local = np.where(z > 0, 1.0, 0.0)
    elif kind == "leaky_relu":
        local = np.where(z > 0, 1.0, slope)
    else:
        local = np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))
    return grad_out * local
    ### END SOLUTION


def activate(z, kind):
    """Your ``activation`` under another name (given): the networks have a keyword that hides it."""
    return activation(z, kind)


def check_prelu(z, a):
    """Refuse slopes that are neither one number nor one a feature (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.shape(a) not in ((), np.shape(z)[-1:]):
        raise ValueError(
            f"a must be one number or have one entry a feature, {np.shape(z)[-1:]}, got {np.shape(a)}; "
            "the features are z's last axis"
        )


def prelu(z, a):
    r"""PReLU: a rectifier whose slope on the left is learnt.

    .. math:: \max(0, z) + a \min(0, z)

    Args:
        z: float64 array (batch, features).
        a: the slope for z < 0: one number for all, or an array (features,) of floats or ints. Any values:
            2 and -1 too.
    Returns:
        float64 array of z's shape.
    Raises:
        ValueError: if ``a`` has another shape.
    Example:
        >>> prelu(np.array([[-1.0, 2.0]]), 1.5).tolist()
        [[-1.5, 2.0]]

    Source: He 2015; equal to PyTorch's. The often printed max(a·z, z) is the same for a <= 1 only.
    """
    check_prelu(z, a)
    ### BEGIN SOLUTION
    return np.maximum(0.0, z) + a * np.minimum(0.0, z)
    ### END SOLUTION


def prelu_backward(grad_out, z, a):
    r"""The gradients of ``prelu`` with respect to its inputs.

    .. math::
        \frac{\partial L}{\partial z} = g \cdot (1 \text{ if } z > 0 \text{ else } a),\quad
        \frac{\partial L}{\partial a} = \sum g \cdot \min(0, z)

    with g = grad_out; the sum goes over all that one slope served: over the whole batch for a slope a
    feature, over everything for a single number.

    Args:
        grad_out: float64 array of z's shape.
        z, a: as ``prelu`` was given them.
    Returns:
        (grad_z, grad_a): in the shapes of z and of a, a number for a number.
    Raises:
        ValueError: if ``a`` or ``grad_out`` has another shape.
    Example:
        >>> z, grad_out = np.array([[-1.0, 2.0], [-2.0, 0.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])
        >>> grad_z, grad_a = prelu_backward(grad_out, z, 0.5)
        >>> grad_z.tolist(), float(grad_a)
        ([[1.5, 4.0], [2.5, 3.0]], -13.0)

    Source: He 2015; equal to PyTorch's.
    """
    check_prelu(z, a)
    check_shape("grad_out", grad_out, np.shape(z))
    ### BEGIN SOLUTION
    grad_z = grad_out * np.where(z > 0, 1.0, a)
    served = tuple(range(np.ndim(z) - np.ndim(a)))  # the axes that a was broadcast over
    grad_a = np.sum(grad_out * np.minimum(0.0, z), axis=served)
    return grad_z, grad_a
    ### END SOLUTION


def maxout(X, W, b):
    r"""Maxout: each unit is the largest of k affine pieces, so it learns its own convex activation.

    .. math:: h_{no} = \max_{j} \Big(\sum_d X_{nd} W_{doj} + b_{oj}\Big)

    Args:
        X: float64 array (batch, fan_in).
        W: float64 array (fan_in, fan_out, k).
        b: float64 array (fan_out, k).
    Returns:
        float64 array (batch, fan_out).
    Raises:
        ValueError: if the shapes do not fit.
    Example:
        >>> W, b = np.array([[[1.0, -1.0]]]), np.zeros((1, 2))  # |x| from the pieces x and -x
        >>> maxout(np.array([[3.0], [-2.0]]), W, b).tolist()
        [[3.0], [2.0]]

    Source: Goodfellow 2013.
    """
    check_shape("W", W, (np.shape(X)[1], *np.shape(b)))
    ### BEGIN SOLUTION
    return np.max(np.tensordot(X, W, axes=1) + b, axis=2)
    ### END SOLUTION


def maxout_backward(grad_out, X, W, b):
    """The gradients of ``maxout`` with respect to its inputs.

    In each example the gradient of a unit goes to its winning piece, the largest one, and to no other; of
    pieces that are equally large the one with the lowest index wins.

    Args:
        grad_out: float64 array (batch, fan_out).
        X, W, b: as ``maxout`` was given them.
    Returns:
        (grad_X, grad_W, grad_b): in the shapes of X, W and b.
    Raises:
        ValueError: if the shapes do not fit.
    Example:
        >>> X, W, b = np.array([[3.0], [-2.0]]), np.array([[[1.0, -1.0]]]), np.zeros((1, 2))
        >>> grad_X, grad_W, grad_b = maxout_backward(np.array([[10.0], [1.0]]), X, W, b)
        >>> grad_X.tolist(), grad_W.tolist(), grad_b.tolist()
        ([[10.0], [-1.0]], [[[30.0, -2.0]]], [[10.0, 1.0]])

    Source: Goodfellow 2013; equal to PyTorch's gradient of a max along an axis.
    """
    check_shape("W", W, (np.shape(X)[1], *np.shape(b)))
    check_shape("grad_out", grad_out, (len(X), len(b)))
    ### BEGIN SOLUTION
    winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)  # (batch, fan_out)
    won = np.arange(b.shape[1]) == winner[:, :, None]  # (batch, fan_out, k)
    grad_pieces = np.where(won, grad_out[:, :, None], 0.0)
    grad_X = np.tensordot(grad_pieces, W, axes=([1, 2], [1, 2]))
    grad_W = np.tensordot(X, grad_pieces, axes=(0, 0))
    return grad_X, grad_W, grad_pieces.sum(axis=0)
    ### END SOLUTION


def mse_loss(pred, target):
    r"""Squared error: mean over the batch of the sum over outputs, and its gradient.

    .. math:: L = \frac1B \sum_{n} \sum_{o} (\hat y_{no} - y_{no})^2

    Right for large numbers that lie close together, too: take the difference before you square.

    Args:
        pred, target: float64 arrays (batch, outputs).
    Returns:
        (loss, grad): a float; the gradient with respect to ``pred``, of its shape.
    Raises:
        ValueError: if the shapes differ.
    Example:
        >>> loss, grad = mse_loss(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 1.0]]))
        >>> loss, grad.tolist()
        (3.0, [[1.0, 2.0], [0.0, -1.0]])

    Where others differ: no ½ in front; torch.nn.MSELoss divides by the number of outputs too.
    """
    check_shape("target", target, np.shape(pred))
    ### BEGIN SOLUTION
    gap = pred - target
    return float(np.sum(gap**2) / len(gap)), 2 * gap / len(gap)
    ### END SOLUTION


def mae_loss(pred, target):
    r"""Absolute error: mean over the batch of the sum over outputs, and its gradient.

    .. math:: L = \frac1B \sum_{n} \sum_{o} |\hat y_{no} - y_{no}|

    Where prediction and target are equal the gradient is 0.

    Args:
        pred, target: float64 arrays (batch, outputs).
    Returns:
        (loss, grad): a float; the gradient with respect to ``pred``, of its shape.
    Raises:
        ValueError: if the shapes differ.
    Example:
        >>> loss, grad = mae_loss(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 1.0]]))
        >>> loss, grad.tolist()
        (2.0, [[0.5, 0.5], [0.0, -0.5]])

    Where others differ: torch.nn.L1Loss divides by the number of outputs too.
    """
    check_shape("target", target, np.shape(pred))
    ### BEGIN SOLUTION
    gap = pred - target
    return float(np.sum(np.abs(gap)) / len(gap)), np.sign(gap) / len(gap)
    ### END SOLUTION


def bce_with_logits(logits, targets):
    r"""Logistic loss (binary cross-entropy) from logits: mean over the batch of the sum over outputs.

    .. math::
        L = \frac1B \sum_{n} \sum_{o} -y \log \sigma(z) - (1 - y) \log(1 - \sigma(z))
          = \frac1B \sum_{n} \sum_{o} \max(z, 0) - z y + \log(1 + e^{-|z|})

    The second form is the one to compute: the first takes the logarithm of 0 where z is large. Right for
    every finite z, ±1000 too. You may use your own ``activation``.

    Args:
        logits: float64 array (batch, outputs), z.
        targets: float64 array of the same shape, y, between 0 and 1.
    Returns:
        (loss, grad): a float; the gradient with respect to ``logits``, of their shape.
    Raises:
        ValueError: if the shapes differ or a target is not between 0 and 1.
    Example:
        >>> loss, grad = bce_with_logits(np.array([[1000.0], [0.0]]), np.array([[0.0], [1.0]]))
        >>> round(loss, 6), grad.tolist()
        (500.346574, [[0.5], [-0.25]])

    Where others differ: torch.nn.BCEWithLogitsLoss divides by the number of outputs too.
    """
    check_shape("targets", targets, np.shape(logits))
    if np.any((targets < 0) | (targets > 1)):
        raise ValueError(
            f"targets must lie between 0 and 1, got {np.min(targets)} to {np.max(targets)}; "
            "write the two classes as 0 and 1, not as -1 and 1"
        )
    ### BEGIN SOLUTION
    terms = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    grad = (activation(logits, "sigmoid") - targets) / len(logits)
    return float(np.sum(terms) / len(logits)), grad
    ### END SOLUTION


def check_vector(z):
    """Refuse a batch where one vector is asked for (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(z) != 1:
        raise ValueError(
            f"z must be one vector, got the shape {np.shape(z)}; for a batch give one row at a time"
        )


def softmax(z):
    r"""Softmax of one vector: positive numbers that add up to 1.

    .. math:: s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}

    Right for every finite z, ±1000 too: the same number may be taken from every entry first.

    Args:
        z: float64 array (classes,).
    Returns:
        float64 array (classes,).
    Raises:
        ValueError: if z is not one vector.
    Example:
        >>> softmax(np.array([1000.0, 1000.0 + np.log(3.0)])).round(6).tolist()
        [0.25, 0.75]
    """
    check_vector(z)
    ### BEGIN SOLUTION
    e = np.exp(z - np.max(z))
    return e / np.sum(e)
    ### END SOLUTION


def softmax_jacobian(z):
    r"""The Jacobian of ``softmax`` at z: every output depends on every input.

    .. math:: J_{ij} = \frac{\partial s_i}{\partial z_j} = s_i (\delta_{ij} - s_j)

    where δ_ij is 1 for i = j and 0 elsewhere.

    Args:
        z: float64 array (classes,).
    Returns:
        float64 array (classes, classes); every row sums to 0.
    Raises:
        ValueError: if z is not one vector.
    Example:
        >>> softmax_jacobian(np.array([0.0, np.log(3.0)])).round(6).tolist()
        [[0.1875, -0.1875], [-0.1875, 0.1875]]
    """
    check_vector(z)
    ### BEGIN SOLUTION
    s = softmax(z)
    return np.diag(s) - np.outer(s, s)
    ### END SOLUTION


def softmax_cross_entropy(logits, labels):
    r"""Cross-entropy of the softmax of each row against its label: mean over the batch, and its gradient.

    .. math:: L = -\frac1B \sum_n \log s_{n, y_n},\quad \log s_{ni} = z_{ni} - \log \sum_j e^{z_{nj}}

    Right for every finite logit, ±1000 too: compute the logarithm of the sum after the row's maximum has been
    taken from the row, and never the logarithm of a softmax. The maximum is not added back either: in a sum
    with 1e16 the logarithm is rounded away.

    Args:
        logits: float64 array (batch, classes), z.
        labels: int array (batch,), y, each from 0 to classes - 1.
    Returns:
        (loss, grad): a float; the gradient with respect to ``logits``, of their shape.
    Raises:
        ValueError: if there is not one label a row, or a label is not an int of a class.
    Example:
        >>> loss, grad = softmax_cross_entropy(np.array([[0.0, 1000.0], [5.0, 5.0]]), np.array([0, 1]))
        >>> round(loss, 6), grad.tolist()
        (500.346574, [[-0.5, 0.5], [0.25, -0.25]])

    Source: equal to torch.nn.CrossEntropyLoss.
    """
    check_shape("labels", labels, np.shape(logits)[:1])
    n_classes, dtype = np.shape(logits)[1], np.asarray(labels).dtype
    if dtype.kind not in "iu" or np.min(labels) < 0 or np.max(labels) >= n_classes:
        raise ValueError(
            f"labels must be ints from 0 to {n_classes - 1}, got {dtype} from {np.min(labels)} to "
            f"{np.max(labels)}; there is one column of logits a class"
        )
    ### BEGIN SOLUTION
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    one_hot = np.eye(logits.shape[1])[labels]  # (batch, classes)
    grad = (np.exp(log_probs) - one_hot) / len(labels)
    return float(-np.sum(one_hot * log_probs) / len(labels)), grad
    ### END SOLUTION


def check_affine(X, W, b):
    """Refuse shapes that no affine layer has (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    if np.ndim(X) != 2 or np.ndim(W) != 2:
        raise ValueError(
            f"X must be (batch, fan_in) and W (fan_in, fan_out), got {np.shape(X)} and {np.shape(W)}; "
            "one example is a row, X[:1]"
        )
    check_shape("W", W, (np.shape(X)[1], np.shape(W)[1]))
    check_shape("b", b, np.shape(W)[1:])


def affine_forward(X, W, b):
    """An affine layer on a batch: X·W + b.

    Args:
        X: float64 array (batch, fan_in).
        W: float64 array (fan_in, fan_out).
        b: float64 array (fan_out,).
    Returns:
        float64 array (batch, fan_out).
    Raises:
        ValueError: if the shapes do not fit.
    Example:
        >>> affine_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([0.5])).tolist()
        [[11.5]]

    Where others differ: torch.nn.Linear keeps the transpose of W.
    """
    check_affine(X, W, b)
    ### BEGIN SOLUTION
    return X @ W + b
    ### END SOLUTION


def affine_backward(grad_out, X, W, b):
    """The gradients of ``affine_forward`` with respect to its inputs.

    W and b serve the whole batch, and their gradients add up over it. Nothing is divided by its size: the
    mean belongs to the loss and is in grad_out already.

    Args:
        grad_out: float64 array (batch, fan_out).
        X, W, b: as ``affine_forward`` was given them.
    Returns:
        (grad_X, grad_W, grad_b): in the shapes of X, W and b.
    Raises:
        ValueError: if the shapes do not fit.
    Example:
        >>> X, W, b = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0], [4.0]]), np.array([0.5])
        >>> grad_X, grad_W, grad_b = affine_backward(np.array([[10.0], [1.0]]), X, W, b)
        >>> grad_X.tolist(), grad_W.tolist(), grad_b.tolist()
        ([[30.0, 40.0], [3.0, 4.0]], [[10.0], [21.0]], [11.0])
    """
    check_affine(X, W, b)
    check_shape("grad_out", grad_out, (len(X), len(b)))
    ### BEGIN SOLUTION
    return grad_out @ W.T, X.T @ grad_out, np.sum(grad_out, axis=0)
    ### END SOLUTION


def check_mlp(params, X, activation):
    """Refuse parameters that do not make a network for X (given).

    Raises:
        ValueError: with the rule, the value and the cure.
    """
    check_kind(activation)
    names = [f"{letter}{k}" for k in range(1, len(params) // 2 + 1) for letter in "Wb"]
    if not params or set(params) != set(names):
        raise ValueError(f"params must have the keys W1, b1, … WN, bN, got {sorted(params)}; count from 1")
    fan_in = np.shape(X)[1]
    for k in range(1, len(params) // 2 + 1):
        check_shape(f"W{k}", params[f"W{k}"], (fan_in, *np.shape(params[f"b{k}"])))
        (fan_in,) = np.shape(params[f"b{k}"])


def mlp_forward(params, X, *, activation):
    r"""A network of N affine layers on a batch, an activation after each but the last.

    .. math::
        h_0 = X,\quad
        h_k = \phi(h_{k-1} W_k + b_k)\ \text{ for } k = 1 \ldots N-1,\quad
        \text{and the answer is } h_{N-1} W_N + b_N

    You may use your own ``affine_forward``, and ``activate(z, kind)``, which is your ``activation`` with its
    default slope and alpha: the name ``activation`` is a string here.

    Args:
        params: dict with the keys W1, b1, … WN, bN, N >= 1: the W (fan_in, fan_out) and b (fan_out,) of each
            layer. How many there are is to be found from the keys.
        X: float64 array (batch, fan_in).
        activation: the kind of φ, as ``activation`` knows it.
    Returns:
        float64 array (batch, fan_out of the last layer).
    Raises:
        ValueError: if keys or shapes do not make a network, or there is no such activation.
    Example:
        >>> params = {"W1": np.array([[1.0, -1.0]]), "b1": np.zeros(2)}
        >>> params |= {"W2": np.array([[1.0], [1.0]]), "b2": np.zeros(1)}
        >>> mlp_forward(params, np.array([[3.0], [-2.0]]), activation="relu").tolist()  # |x|
        [[3.0], [2.0]]
    """
    check_mlp(params, X, activation)
    ### BEGIN SOLUTION
    n_layers = len(params) // 2
    h = X
    for k in range(1, n_layers + 1):
        h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])
        if k < n_layers:
            h = activate(h, activation)
    return h
    ### END SOLUTION


def mlp_backward(grad_out, params, X, *, activation):
    r"""The gradients of ``mlp_forward`` with respect to its parameters and its input: backpropagation.

    .. math::
        g_N = \text{grad\_out},\quad
        \frac{\partial L}{\partial W_k} = h_{k-1}^\top g_k,\quad
        \frac{\partial L}{\partial b_k} = \sum_n g_k,\quad
        g_{k-1} = (g_k W_k^\top) \odot \phi'(z_{k-1})

    for k = N, …, 1, the last formula for k > 1 only: no activation stands before the first layer, so the
    input's gradient is g_1 W_1ᵀ. ⊙ multiplies entry by entry; z_k = h_{k-1} W_k + b_k and h_k = φ(z_k) are
    computed anew. You may use ``affine_forward``, ``affine_backward`` and ``activation_backward``, your own,
    and ``activate``.

    Args:
        grad_out: float64 array (batch, fan_out of the last layer).
        params, X, activation: as ``mlp_forward`` was given them.
    Returns:
        (grads, grad_X): a dict with the keys and shapes of params; an array of X's shape.
    Raises:
        ValueError: if keys or shapes do not make a network, or there is no such activation.
    Example:
        >>> params = {"W1": np.array([[1.0, -1.0]]), "b1": np.zeros(2)}
        >>> params |= {"W2": np.array([[1.0], [1.0]]), "b2": np.zeros(1)}
        >>> X, grad_out = np.array([[3.0], [-2.0]]), np.array([[10.0], [1.0]])
        >>> grads, grad_X = mlp_backward(grad_out, params, X, activation="relu")
        >>> grads["W1"].tolist(), grads["W2"].tolist(), grad_X.tolist()
        ([[30.0, -2.0]], [[30.0], [2.0]], [[10.0], [-1.0]])
    """
    check_mlp(params, X, activation)
    check_shape("grad_out", grad_out, (len(X), len(params[f"b{len(params) // 2}"])))
    ### BEGIN SOLUTION
    n_layers = len(params) // 2
    given, zs = [X], []  # what layer k was given; what layer k computed: given[k - 1] and zs[k - 1]
    for k in range(1, n_layers):
        zs.append(affine_forward(given[-1], params[f"W{k}"], params[f"b{k}"]))
        given.append(activate(zs[-1], activation))
    grads = {}
    g = grad_out
    for k in range(n_layers, 0, -1):
        W, b = f"W{k}", f"b{k}"
        g, grads[W], grads[b] = affine_backward(g, given[k - 1], params[W], params[b])
        if k > 1:
            g = activation_backward(g, zs[k - 2], activation)
    return grads, g
    ### END SOLUTION


def gd_step(params, grads, *, lr):
    r"""One step of gradient descent: every parameter moves against its gradient.

    .. math:: w \leftarrow w - \eta\, g

    Args:
        params, grads: dicts of float64 arrays with the same keys and shapes, not changed.
        lr: learning rate η, at least 0.
    Returns:
        dict of the new parameters.
    Raises:
        ValueError: if keys or shapes differ, or lr is out of range.
    Example:
        >>> gd_step({"w": np.array([1.0, 2.0])}, {"w": np.array([10.0, -10.0])}, lr=0.1)["w"].tolist()
        [0.0, 3.0]
    """
    if params.keys() != grads.keys():
        raise ValueError(
            f"grads must have the keys of params, got {sorted(grads)} for {sorted(params)}; "
            "give every parameter its gradient"
        )
    for key in params:
        check_shape(f"the gradient of {key}", grads[key], np.shape(params[key]))
    if not 0 <= lr < np.inf:
        raise ValueError(f"lr must be at least 0 and finite, got {lr}; 0.1 is a usual start")
    ### BEGIN SOLUTION
    return {key: params[key] - lr * grads[key] for key in params}
    ### END SOLUTION


def train_gd(params, X, y, *, lr, n_steps, activation):
    """Train a network as a classifier by gradient descent on the whole batch.

    Each step takes the loss ``softmax_cross_entropy`` of ``mlp_forward`` on all of X, its gradient by
    ``mlp_backward``, and moves the parameters by ``gd_step``: all of them your own.

    Args:
        params: dict of float64 arrays as ``mlp_forward`` takes them, not changed.
        X: float64 array (batch, fan_in), not changed.
        y: int array (batch,), the classes.
        lr: learning rate, at least 0.
        n_steps: int, at least 0: how many steps are made.
        activation: the kind, as ``activation`` knows it.
    Returns:
        (params, losses): the parameters after the last step; a list of n_steps + 1 floats, where losses[i] is
        the loss after i steps: losses[0] belongs to the parameters given, losses[-1] to those returned.
    Raises:
        ValueError: if X and y differ in length, or n_steps is below 0.
    Example:
        >>> X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
        >>> params = {"W1": np.zeros((1, 2)), "b1": np.zeros(2)}
        >>> params, losses = train_gd(params, X, y, lr=1.0, n_steps=1, activation="tanh")
        >>> params["W1"].tolist(), [round(loss, 6) for loss in losses]
        ([[-0.75, 0.75]], [0.693147, 0.125])
    """
    check_shape("y", y, np.shape(X)[:1])
    if n_steps < 0:
        raise ValueError(f"n_steps must be at least 0, got {n_steps}; 100 steps are a usual start")
    ### BEGIN SOLUTION
    losses = []
    for step in range(n_steps + 1):
        loss, grad_logits = softmax_cross_entropy(mlp_forward(params, X, activation=activation), y)
        losses.append(loss)
        if step < n_steps:
            grads, _ = mlp_backward(grad_logits, params, X, activation=activation)
            params = gd_step(params, grads, lr=lr)
    return params, losses
    ### END SOLUTION
