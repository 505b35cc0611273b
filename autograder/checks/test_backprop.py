"""Hidden checks of `backprop`: gradient check, scalar engine, activations, losses, layers, networks."""

import numpy as np
import pytest

from autograder.checks.probes_backprop import graph
from autograder.compare import close

# --- Numerical gradient -------------------------------------------------------------------------------------


@pytest.mark.exercise("numerical_gradient", weight=2)
def test_each_entry_has_its_own_slope(student, rng):
    """Each entry of the answer is the slope along that entry of x, for arrays of any shape."""
    for shape in [(5,), (2, 3), (2, 1, 3)]:
        x, rate, pull = (rng.uniform(-1, 1, size=shape) for _ in range(3))
        got = student.numerical_gradient(
            lambda x, rate=rate, pull=pull: np.sum(np.sin(rate * x) + pull * x), x
        )
        assert close(got, rate * np.cos(rate * x) + pull, rtol=1e-6, atol=1e-7), (
            "The slopes of a sum of functions of single entries are not theirs. Move one entry up and down, "
            "divide the difference of the two answers by the distance between the two places."
        )


@pytest.mark.exercise("numerical_gradient", weight=2)
def test_differences_are_central(student, rng):
    """Both sides count: on a cube the error is h², on a parabola there is none, however large h."""
    x, h = rng.uniform(0.5, 1.5, size=4), float(rng.uniform(0.2, 0.4))
    square = student.numerical_gradient(lambda x: np.sum(x**2), x, h=h)
    assert close(square, 2 * x, rtol=1e-9), (
        "On a parabola central differences are exact for any h. Are both f(x + h) and f(x - h) used, and "
        "how far are these two places apart?"
    )
    cube = student.numerical_gradient(lambda x: np.sum(x**3), x, h=h)
    assert close(cube, 3 * x**2 + h**2, rtol=1e-9), (
        "On a cube central differences with this h give 3x² + h². Is it the h of the call that is used?"
    )


@pytest.mark.exercise("numerical_gradient")
def test_the_other_entries_stay(student, rng):
    """While one entry is moved all others have the values that x gives them."""
    x = rng.uniform(0.5, 1.5, size=(3, 2))
    want = np.prod(x) / x
    for h in (1e-5, 0.3):
        got = student.numerical_gradient(np.prod, x, h=h)
        assert close(got, want, rtol=1e-6), (
            "The slopes of a product of all entries are wrong: while one entry is moved, do the others stand "
            "where x has them? An entry must be put back before the next one is moved."
        )


@pytest.mark.exercise("numerical_gradient")
def test_the_worst_entry_counts(student, rng):
    """The relative error is that of the worst entry, whichever sign and size the entries have."""
    a = rng.uniform(1.0, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4)) * 10.0 ** np.arange(-4, 0)
    wrong = a.copy()
    spot, off = tuple(rng.integers((3, 4))), float(rng.uniform(0.3, 0.6))
    wrong[spot] *= 1 + off
    for got in (student.relative_error(a, wrong), student.relative_error(wrong, a)):
        assert close(got, off / (2 + off)), (
            "One entry of twelve differs, and the answer is not its |a - b| / (|a| + |b|). Each entry is "
            "compared with its own size, in absolute values, and the largest is taken."
        )


@pytest.mark.exercise("numerical_gradient")
def test_nothing_is_divided_by_zero(student, rng):
    """Below 1e-8 the size does not count: two zeros agree, and tiny noise stays tiny."""
    noise = 10.0 ** rng.uniform(-12, -11)
    a, b = np.array([0.0, noise, 2.0]), np.array([0.0, -noise, 2.0])
    assert close(student.relative_error(a, b), 2 * noise / 1e-8), (
        "Where both gradients are nearly zero the difference is divided by 1e-8, so that noise counts little "
        "and 0/0 does not come up."
    )


# --- Scalar -------------------------------------------------------------------------------------------------

SINGLE = {
    "add": ([("add", 0, 1)], 2, lambda x, y: (x + y, [1.0, 1.0])),
    "mul": ([("mul", 0, 1)], 2, lambda x, y: (x * y, [y, x])),
    "tanh": ([("tanh", 0)], 1, lambda x: (np.tanh(x), [1 / np.cosh(x) ** 2])),
    "exp": ([("exp", 0)], 1, lambda x: (np.exp(x), [np.exp(x)])),
    "pow": ([("pow", 0, 3)], 1, lambda x: (x**3, [3 * x**2])),
    "root": ([("pow", 0, -0.5)], 1, lambda x: (x**-0.5, [-0.5 * x**-1.5])),
}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.exercise("Scalar", weight=0.5)
def test_each_operation_knows_its_derivative(student, rng, name):
    """A graph of one operation: its value, and its local derivative for each operand."""
    ops, count, formula = SINGLE[name]
    inputs = [float(x) for x in rng.uniform(0.5, 1.5, size=count)]
    values, grads = student.run_graph(ops, inputs)
    value, slopes = formula(*inputs)
    label = "power" if name in {"pow", "root"} else name
    assert close(values[-1], value), f"The value of a single {label} is wrong."
    assert close(grads, [*slopes, 1.0]), (
        f"The derivatives after a single {label} are wrong. The result's own is 1, an operand's is the local "
        "derivative at the values that came in. Which value stands in it?"
    )


@pytest.mark.exercise("Scalar")
def test_relu_lets_through_what_is_positive(student, rng):
    """relu hands its gradient on where its operand is positive, and nothing at 0 or below."""
    x, factor = float(rng.uniform(0.5, 1.5)), float(rng.uniform(2.0, 3.0))
    for value, slope in ((x, factor), (-x, 0.0), (0.0, 0.0)):
        values, grads = student.run_graph([("relu", 0), ("mul", 2, 1)], [value, factor])
        assert values[2] == max(0.0, value) and close(grads[0], slope), (
            "relu of a positive, a zero and a negative number: the gradient passes for the first alone. At "
            "the kink the left derivative counts."
        )


@pytest.mark.exercise("Scalar", weight=2)
def test_contributions_add_up(student, rng):
    """A number that is used several times gets the sum of what comes back from its uses."""
    x, y = (float(value) for value in rng.uniform(0.5, 1.5, size=2))
    square = student.run_graph([("mul", 0, 0), ("add", 1, 0)], [x])
    assert close(square, ([x, x * x, x * x + x], [2 * x + 1, 1.0, 1.0])), (
        "In x·x + x the number x is used three times. Look at how a contribution reaches grad: is it added?"
    )
    _, grads = student.run_graph([("mul", 0, 1), ("exp", 0), ("add", 2, 3), ("mul", 4, 0)], [x, y])
    assert close(grads[:2], [2 * x * y + np.exp(x) * (1 + x), x * x]), (
        "In (x·y + exp(x))·x the number x is used in three operations: its derivative has three terms."
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
            "walked backward."
        )


@pytest.mark.exercise("Scalar", weight=2)
def test_doubling_is_instant(student, rng):
    """Twenty doublings have a million paths and twenty-one numbers: each number is passed once."""
    start = float(rng.uniform(0.5, 1.5))
    values, grads = student.run_graph([("add", k, k) for k in range(20)], [start])
    assert close(values, [start * 2.0**k for k in range(21)]), "x + x, twenty times: the values are wrong."
    assert close(grads, [2.0 ** (20 - k) for k in range(21)]), (
        "x + x, twenty times: each gradient is twice the one after it. Is a Scalar passed once, after all "
        "its contributions have come in?"
    )


@pytest.mark.exercise("Scalar")
def test_a_long_chain_and_what_does_not_count(student, rng):
    """A chain of hundreds of operations has its gradient, and a number that plays no part has 0."""
    x, y, idle = (float(value) for value in rng.uniform(0.5, 1.5, size=3))
    ops = [("mul", 0, 0)] + [("add", k, 1) for k in range(3, 400)]
    _, grads = student.run_graph(ops, [x, y, idle])
    assert close(grads[:4], [2 * x, float(len(ops) - 1), 0.0, 1.0]), (
        "In x² + y + y + … the derivatives are 2x and the number of y's, and an input that is not used has 0."
    )
