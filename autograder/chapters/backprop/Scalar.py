"""The scalar engine, `Scalar`: hidden checks and named mistakes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from autograder.checking import close, examples

# --- Checks -------------------------------------------------------------------------------------------------


def graph(rng: np.random.Generator, n_inputs: int, n_ops: int) -> tuple[list[tuple], list[float]]:
    """A graph of all operations, values below thirty, most of them used several times, near and far.

    Operands stand in any order. The last value depends on all, by ways of very different length.
    """
    inputs = [float(value) for value in rng.uniform(0.4, 1.2, size=n_inputs)]
    ops: list[tuple] = []

    def operands(newest: int) -> tuple[int, int]:
        first, second = rng.permutation([newest, int(rng.integers(newest))])
        return int(first), int(second)

    for n in range(n_ops):
        name = ("add", "mul", "tanh", "exp", "add", "tanh", "pow", "relu")[n % 8]
        newest = n_inputs + n - 1
        if name in {"mul", "add"}:
            ops.append((name, *operands(newest)))
        else:
            ops.append((name, newest, 2) if name == "pow" else (name, newest))
    for i in rng.permutation(n_inputs + n_ops - 1):
        sides = rng.permutation([n_inputs + len(ops) - 1, i])
        ops.append(("add", int(sides[0]), int(sides[1])))
    return ops, inputs


SINGLE = {
    "add": ([("add", 0, 1)], 2, lambda x, y: (x + y, [1.0, 1.0])),
    "mul": ([("mul", 0, 1)], 2, lambda x, y: (x * y, [y, x])),
    "tanh": ([("tanh", 0)], 1, lambda x: (np.tanh(x), [(1 / np.cosh(x)) ** 2])),
    "exp": ([("exp", 0)], 1, lambda x: (np.exp(x), [np.exp(x)])),
    "pow": ([("pow", 0)], 1, lambda x, c: (x**c, [c * x ** (c - 1)])),
    "root": ([("pow", 0)], 1, lambda x, c: (x**c, [c * x ** (c - 1)])),
}
EXPONENTS = {"pow": (3, 2.0, -1, -2), "root": (-0.5, 2.5)}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.exercise("Scalar", weight=0.5)
def test_each_operation_knows_its_derivative(student, rng, name):
    """A graph of one operation: its value, and its local derivative for each operand."""
    ops, count, formula = SINGLE[name]
    signs = [[1.0, -1.0], [-1.0, 1.0], [1e-30, -50.0], [-4.0, 50.0], [400.0, 1.0]]
    signs += [[-1.0, -1.0]] if count == 2 else []
    kept = [sign for sign in signs if sign[0] > {"root": 0, "pow": -2}.get(name, -5)]
    for sign, c in itertools.product(kept, EXPONENTS.get(name, (None,))):
        inputs = [float(x) for x in rng.uniform(0.5, 1.5, size=count) * sign[:count]]
        power = [] if c is None else [c]
        values, grads = student.run_graph([(*ops[0], *power)], inputs)
        value, slopes = formula(*inputs, *power)
        label = name
        if power:
            label = f"{'whole' if name == 'pow' else 'broken'} power"
        label += " of a negative number" if count == 1 and sign[0] < 0 else ""
        assert close(values[-1], value), (
            f"The value of a single {label} is wrong, large or small numbers included: none is cut off."
        )
        assert close(grads, [*slopes, 1.0]), (
            f"The derivatives after a single {label} are wrong. The result's own is 1, an operand's is the "
            "local derivative at the values that came in, large and tiny. Which value stands in it?"
        )


@pytest.mark.exercise("Scalar", weight=0.5)
def test_zero_and_one_are_numbers_too(student, rng):
    """A 0 that is added, a 1 or a 0 that multiplies, a power of 0 and a plain number are numbers like any."""
    x = float(rng.uniform(0.5, 1.5))
    ops = [("add", 0, 1), ("mul", 3, 2), ("mul", 1, 4), ("pow", 1, 2), ("add", 5, 6), ("add", 7, 4)]
    ops += [("pow", 4, 1), ("add", 8, 9), ("pow", 1, 1), ("add", 10, 11)]
    values, grads = student.run_graph(ops, [x, 0.0, 1.0])  # 0·(x + 0)·1 + 0² + (x + 0)·1 + ((x + 0)·1)¹ + 0¹
    fits = close(values[3:], [x, x, 0.0, 0.0, 0.0, x, x, 2 * x, 0.0, 2 * x])
    assert fits and close([*grads[:3], grads[9]], [2.0, 3.0 + x, 2 * x, 1.0]), (
        "Numbers that are 0 or 1, or a power with the exponent 1, of 0 too, have other values or gradients "
        "than they should. Each operation makes a new Scalar of all its operands, whatever their values, and "
        "no derivative divides by one of them."
    )
    plain = [("mul", 2.0, 0), ("add", 1, 0.5), ("mul", 2, 3.0), ("add", 1.0, 3), ("mul", 4, 0)]
    values, grads = student.run_graph(plain, [x])  # (1 + (2x + 0.5)·3)·x
    assert close([values[-1], grads[0]], [6 * x**2 + 2.5 * x, 12 * x + 2.5]), (
        "A plain number that is added to a Scalar, or multiplied with it, from the left or from the right, "
        "is not treated as a constant: 2 * x is x * 2, and 2 + x is x + 2."
    )
    same = [("add", 0, 0.0), ("mul", 1, 1.0), ("add", 0.0, 2), ("mul", 1.0, 3)]
    same += [("mul", 4, 3), ("mul", 5, 2), ("mul", 6, 1), ("mul", 7, 0)]  # x⁵, of five Scalars
    _, grads = student.run_graph(same, [x])
    assert close(grads[:5], [k * x**4 for k in (5, 4, 3, 2, 1)]), (
        "A sum with the plain number 0, or a product with the plain number 1, from the left or from the "
        "right, is a new Scalar of the same value, with a gradient of its own: what is made of the operand "
        "alone has no part in it."
    )


@pytest.mark.exercise("Scalar")
def test_relu_lets_through_what_is_positive(student, rng):
    """relu hands its gradient on where its operand is positive, and nothing at 0 or below."""
    x, factor = float(rng.uniform(0.01, 0.4)), float(rng.uniform(2.0, 3.0))
    for value, slope in ((x, factor), (-x, 0.0), (0.0, 0.0), (1e-200 * x, factor)):
        values, grads = student.run_graph([("relu", 0), ("mul", 2, 1)], [value, factor])
        assert values[2] == max(0.0, value) and close(grads[0], slope), (
            "relu of a positive, a zero and a negative number: the gradient passes for the first alone, "
            "however small. At the kink the left derivative counts."
        )
    _, grads = student.run_graph([("relu", 0), ("mul", 2, 1), ("add", 3, 0)], [x, factor])
    assert close(grads[:3], [factor + 1.0, x, factor]), (
        "relu of a positive number is a number of its own: what else is made of the operand has no part in "
        "its gradient. Does it keep that gradient after backward?"
    )


@pytest.mark.exercise("Scalar", weight=0.5)
def test_tanh_holds_far_out(student, rng):
    """Far from 0 tanh is 1 or -1, and its derivative 0."""
    far = float(rng.uniform(700.0, 900.0))
    for sign in (1.0, -1.0):
        values, grads = student.run_graph([("tanh", 0)], [sign * far])
        assert close(values[-1], sign) and close(grads[0], 0.0), (
            "tanh of a number in the hundreds is 1 or -1, with the derivative 0. Does an exponential "
            "overflow, or is the sign lost? NumPy has the function itself."
        )


@pytest.mark.exercise("Scalar", weight=2)
def test_contributions_add_up(student, reference, rng):
    """A number that is used several times gets the sum of what comes back from its uses."""
    x, y = (float(value) for value in rng.uniform(0.5, 1.5, size=2))
    square = student.run_graph([("mul", 0, 0), ("add", 1, 0)], [x])
    assert close(square, ([x, x * x, x * x + x], [2 * x + 1, 1.0, 1.0])), (
        "In x·x + x the number x is used three times. Look at how a contribution reaches grad: is it added? "
        "Does x·x, a number between, keep its grad after backward?"
    )
    _, grads = student.run_graph([("mul", 0, 1), ("exp", 0), ("add", 2, 3), ("mul", 4, 0)], [x, y])
    assert close(grads[:2], [2 * x * y + np.exp(x) * (1 + x), x * x]), (
        "In (x·y + exp(x))·x the number x is used in three operations: its derivative has three terms."
    )
    for name, *c in (("exp",), ("tanh",), ("relu",), ("pow", 3)):
        ops = [("mul", 0, 1), (name, 0, *c), (name, 1, *c), ("mul", 3, 4), ("add", 2, 5)]
        assert close(student.run_graph(ops, [x, x]), reference.run_graph(ops, [x, x])), (
            f"In x·y + {name}(x)·{name}(y), where x and y are two Scalars of the same value, each has a "
            "derivative of its own. Is a Scalar known by its identity, not by its value?"
        )
    _, grads = student.run_graph([("add", 0, 1), ("mul", 3, 2)], [x, y, 1e-30])
    assert close(grads[:2], [1e-30, 1e-30], atol=0.0), (
        "In (x + y)·1e-30 the derivatives are 1e-30: what is added up is handed on, however small it is."
    )


@pytest.mark.exercise("Scalar", weight=2)
def test_nobody_hands_on_too_early(student, reference, rng):
    """On a tangled graph a number hands its gradient on when all its contributions are in."""
    for n_inputs, n_ops in ((2, 8), (3, 16)):
        ops, inputs = graph(rng, n_inputs, n_ops)
        got, want = student.run_graph(ops, inputs), reference.run_graph(ops, inputs)
        assert close(got[0], want[0]), (
            "On a larger graph the values themselves are wrong: look at the forward part."
        )
        assert close(got[1], want[1]), (
            "On a larger graph the gradients are wrong. A Scalar passes its gradient on after every one that "
            "was made from it, direct or by a detour: an order in which each stands after its operands, "
            "walked backward. Is each number known by its identity, not by its value?"
        )


@pytest.mark.exercise("Scalar")
def test_a_long_chain_and_what_does_not_count(student, rng):
    """A chain of hundreds of operations has its gradient; an input or a result that plays no part has 0."""
    x, y, idle = (float(value) for value in rng.uniform(0.5, 1.5, size=3))
    ops = [("mul", 0, 0), ("exp", 3), ("add", 3, 1)] + [("add", k, 1) for k in range(5, 501)]
    _, grads = student.run_graph(ops, [x, y, idle])
    assert close(grads[:5], [2 * x, float(len(ops) - 2), 0.0, 1.0, 0.0]), (
        "In x² + y + y + … the derivatives are 2x and the number of y's; an input that is not used has 0, "
        "and so has exp(x²), which was computed too and is no part of the result: x² does not wait for it. "
        "Each number between keeps its grad after backward."
    )
    assert close(student.run_graph([], [idle, x]), ([idle, x], [0.0, 1.0])), (
        "backward may be called on an input, which was made from nothing: its own grad becomes 1, as every "
        "result's does."
    )


@pytest.mark.exercise("Scalar", weight=2)
def test_doubling_is_instant(student, rng):
    """Dozens of doublings have a trillion paths and few numbers: each number is passed once."""
    start = float(rng.uniform(0.5, 1.5))
    ops: list[tuple] = [("add", k, k) for k in range(20)]
    for k in range(20, 60, 2):
        ops += [("mul", k, 1.0), ("add", k, k + 1)]
    values, grads = student.run_graph(ops, [start])
    doubled = [*range(21), *range(22, 61, 2)]  # the input, and every sum
    assert close([values[n] for n in doubled], [start * 2.0**k for k in range(41)]), (
        "x + x, again and again, then x + 1·x: the values are wrong."
    )
    assert close([grads[n] for n in doubled], [2.0 ** (40 - k) for k in range(41)]), (
        "x + x, again and again, then x + 1·x: each sum's gradient is twice the next one's. Is a Scalar "
        "passed once, after all its contributions have come in, be they from one operation or from two?"
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "Scalar",
    """
    w, x, y, z = Scalar(-2.0), Scalar(0.5), Scalar(0.5), Scalar(3.0)
    f = w.relu() + x.tanh() + y.exp() + z**2
    f.backward()
    w.grad, x.grad, y.grad, z.grad
    """,
    """
    x = Scalar(1.0)
    y = 2 * x
    z = y + y * y
    z.backward()
    x.grad, y.grad
    """,
    """
    x, y, z = Scalar(0.0), Scalar(0.0), Scalar(5.0)
    f = x**2 + 3.0 * x + y
    f.backward()
    z.backward()
    x.grad, y.grad, z.grad
    """,
    """
    x, y = Scalar(1.0), Scalar(400.0)
    f = (x + 1.0) * (2.0 * x) + y.tanh() + x.relu()
    f.backward()
    f.data, x.grad
    """,
)
