"""The gradient check, `numerical_gradient`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, conventions, examples, mistakes

# --- Checks -------------------------------------------------------------------------------------------------


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
    x, h = rng.uniform(0.5, 1.5, size=4) * [1, 1, -2, 3], float(rng.uniform(0.2, 0.4))
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
        f = Recorder(lambda x: float(np.prod(x)))
        got = student.numerical_gradient(f, x, h=h)
        assert len(f.log) == 2 * x.size, "f is called another number of times than twice for each entry of x."
        assert close(got, want, rtol=1e-6), (
            "The slopes of a product of all entries are wrong: while one entry is moved, do the others stand "
            "where x has them? An entry must be put back before the next one is moved."
        )


@pytest.mark.exercise("numerical_gradient")
def test_the_worst_entry_counts(student, rng):
    """The relative error is that of the worst entry, whichever sign and size the entries have."""
    a = rng.uniform(1.0, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4)) * 10.0 ** np.arange(-4, 0)
    spot, off = tuple(rng.integers((3, 4))), float(rng.uniform(0.3, 0.6))
    a[spot] = -abs(a[spot])  # where a size is no size without its absolute value
    for factor, want in ((1 + off, off / (2 + off)), (-1.0, 1.0), (-1 - off, 1.0)):
        wrong = a.copy()
        wrong[spot] *= factor
        for got in (student.relative_error(a, wrong), student.relative_error(wrong, a)):
            assert close(got, want), (
                "One entry of twelve differs, or has another sign, and the answer is not its "
                "|a - b| / (|a| + |b|). Each entry is compared with its own size, in absolute values, and "
                "the largest is taken."
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


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "numerical_gradient",
    (
        "size_of_the_sum",
        "The size below the line is that of a + b, where opposite signs cancel: a wrong sign, which a "
        "gradient check is for, gives a huge number. Add the two sizes.",
        ("np.abs(a) + np.abs(b)", "np.abs(a + b)"),
    ),
    (
        "one_sided",
        "The difference is taken between f(x + h) and f(x): one-sided, with an error that falls with h "
        "and not with h². Look at the second place at which f is asked.",
        ("down[i] -= h", "pass"),
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    (
        "longer_for_large_entries",
        "Large entries are moved farther than h. h is how far each is moved, whatever its size.",
        ("up, down = x.copy(), x.copy()", "up, down, far = x.copy(), x.copy(), h * max(1.0, abs(x[i]))"),
        ("up[i] += h", "up[i] += far"),
        ("down[i] -= h", "down[i] -= far"),
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / (2 * far)"),
    ),
    (
        "divided_by_h",
        "Every slope is twice as large as it should be: the two places are 2h apart. Look at what the "
        "difference is divided by.",
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    (
        "h_of_its_own",
        "The h that is given is not used, another stands in the body. Look at how far each entry is moved.",
        ("up[i] += h", "h = 1e-5\n        up[i] += h"),
    ),
    (
        "all_entries_move",
        "All entries are moved at once, so that every slope is the sum of all. Look at what is added to x: a "
        "step along one axis moves one entry.",
        ("up[i] += h", "up += h"),
        ("down[i] -= h", "down -= h"),
    ),
    (
        "entries_stay_moved",
        "An entry that has been moved is not put back before the next one is moved. Look at where the copies "
        "of x are made: each entry starts from x itself.",
        (
            "for i in np.ndindex(x.shape):\n        up, down = x.copy(), x.copy()",
            "up, down = x.copy(), x.copy()\n    for i in np.ndindex(x.shape):",
        ),
    ),
    (
        "x_put_back_by_sums",
        "x itself is moved and put back by adding and subtracting h, which leaves it changed by rounding. "
        "Keep the old value of the entry, or move a copy.",
        (
            "up, down = x.copy(), x.copy()\n        up[i] += h\n        down[i] -= h\n"
            "        grad[i] = (f(up) - f(down)) / (2 * h)",
            "x[i] += h\n        high = f(x)\n        x[i] -= 2 * h\n        low = f(x)\n        x[i] += h\n"
            "        grad[i] = (high - low) / (2 * h)",
        ),
    ),
    (
        "error_with_its_sign",
        "The relative error takes the difference with its sign, so that a gradient which is too small passes "
        "as good. Look for the absolute value above the line.",
        ("np.max(np.abs(a - b) / np.maximum(1e-8, sizes))", "np.max((a - b) / np.maximum(1e-8, sizes))"),
    ),
    (
        "error_averaged",
        "The relative error is the mean over the entries: one wrong entry among thousands disappears in it. "
        "The worst entry counts.",
        ("np.max(np.abs(a - b)", "np.mean(np.abs(a - b)"),
    ),
    (
        "largest_sizes_for_all",
        "The largest difference is divided by the largest size, so that a small entry may be quite wrong. "
        "Each entry is compared with its own size first, and then the largest ratio is taken.",
        (
            "np.max(np.abs(a - b) / np.maximum(1e-8, sizes))",
            "np.max(np.abs(a - b)) / np.maximum(1e-8, np.max(sizes))",
        ),
    ),
    (
        "no_floor",
        "Where both gradients are zero 0 is divided by 0. Look at the docstring's smallest value of the "
        "denominator.",
        ("np.maximum(1e-8, sizes)", "sizes"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "numerical_gradient",
    (
        "divided_by_the_larger",
        "Right with the larger of the two sizes below the line, as CS231n's notes have it. The docstring of "
        "relative_error divides by their sum.",
        ("sizes = np.abs(a) + np.abs(b)", "sizes = np.maximum(np.abs(a), np.abs(b))"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "numerical_gradient",
    """
    x = np.array([0.1, 2.0])
    numerical_gradient(lambda x: np.sum(x**2), x, h=0.3)
    x.tolist() == [0.1, 2.0]
    """,
    "relative_error(np.array([1.0, 100.0]), np.array([2.0, 100.0]))",
    """
    calls = []
    numerical_gradient(lambda x: calls.append(1) or np.sum(x**2), np.array([1.0, 2.0]))
    len(calls)
    """,
    """
    relative_error(np.array([1e-8]), np.array([3e-8]))
    """,
)
