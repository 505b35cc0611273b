"""The gradient check, `numerical_gradient`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples

from .shared import WHOLE

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("numerical_gradient", weight=2)
def test_each_entry_has_its_own_slope(student, rng):
    """Each entry of the answer is the slope along that entry of x, for arrays of any shape."""
    for size, shape in ((1e-9, (2, 2)), (1.0, (2, 2)), (1e6, (2, 1, 1, 2)), (1.0, ())):
        x, rate, pull = (np.array(rng.uniform(-1, 1, size=shape)) for _ in range(3))
        if x.size > 1:  # equal entries have other slopes, and 0 is an entry like any other
            x.flat[-1], x.flat[1] = x.flat[0], 0.0
        else:  # one that h does not give back when it is added and taken off
            x += next(one for one in np.arange(0, 1, 1e-3) if x + one + 1e-5 - 2e-5 + 1e-5 != x + one)
        got = student.numerical_gradient(
            lambda x, rate=rate, pull=pull, size=size: size * np.sum(np.sin(rate * x) + pull * x), x
        )
        assert close(got, size * (rate * np.cos(rate * x) + pull), rtol=1e-6, atol=1e-7 * size), (
            "The slopes of a sum of functions of single entries are not theirs. Move one entry up and down, "
            "divide the difference of the two answers by the distance between the two places. x may have "
            "any number of axes, also none (np.ndindex of the shape () gives one index), and a slope any "
            f"size. {WHOLE} The next call may have another x of the same shape: is anything kept for it?"
        )


@pytest.mark.exercise("numerical_gradient", weight=2)
def test_differences_are_central(student, rng):
    """Both sides count: on a cube the error is h², on a parabola there is none, however large h."""
    x, h = rng.uniform(0.5, 1.5, size=4) * [1, 1, -2, 3], float(rng.uniform(0.2, 0.4))
    square = student.numerical_gradient(lambda x: np.sum(x**2), x, h=h)
    assert close(square, 2 * x, rtol=1e-9), (
        "On a parabola central differences are exact for any h. Are both f(x + h) and f(x - h) used, and "
        f"how far are these two places apart? {WHOLE}"
    )
    cube = student.numerical_gradient(lambda x: np.sum(x**3), x, h=h)
    assert close(cube, 3 * x**2 + h**2, rtol=1e-9), (
        "On a cube central differences with this h give 3x² + h². Is it the h of the call that is used?"
    )


@pytest.mark.exercise("numerical_gradient")
def test_the_other_entries_stay(student, rng):
    """While one entry is moved all others have the values that x gives them."""
    x = rng.uniform(0.5, 1.5, size=(2, 2))
    want = np.prod(x) / x
    for h in (1e-5, 1, 2.0**-30):
        f = Recorder(lambda x: float(np.prod(x)))
        got = student.numerical_gradient(f, x, h=h)
        assert len(f.log) == 2 * x.size, "f is called another number of times than twice for each entry of x."
        assert h < 1e-6 or close(got, want, rtol=1e-6), (
            "The slopes of a product of all entries are wrong. While one entry is moved the others must "
            "stand where the x of this call has them. Is each entry put back before the next one is moved, "
            "and is nothing left of an earlier call, whose x had the same shape?"
        )
        assert all(point.shape == x.shape for (point,), _, _ in f.log), (
            "f is asked with an array of another shape than x has."
        )
        moved = [np.sum(point != x) for (point,), _, _ in f.log]
        assert max(moved) == 1, (
            "Where f is asked one entry must differ from x, and no other, not even by rounding. Is h added, "
            "for example, and taken off again? That does not always give the old number back: keep it, or "
            "start from a new copy of x each time."
        )
        far = [np.max(np.abs(point - x)) for (point,), _, _ in f.log]
        assert close(far, [h] * len(far), rtol=1e-5, atol=0.0), (
            "f is asked at other distances from x than h: each entry is moved by the h of the call, be it "
            "very small or a whole number."
        )


@pytest.mark.exercise("numerical_gradient")
def test_the_worst_entry_counts(student, rng):
    """The relative error is that of the worst entry, whichever sign and size the entries have."""
    a = rng.uniform(1.0, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4)) * 10.0 ** np.arange(-4, 0)
    spot, off = (1, int(rng.integers(4))), float(rng.uniform(0.3, 0.6))
    a[spot] = -abs(a[spot])  # where a size is no size without its absolute value
    for factor, want, mild in ((1 + off, off / (2 + off), 1.1), (-1.0, 1.0, 4.0), (-1 - off, 1.0, 4.0)):
        one, other = a.copy(), a.copy()
        other[spot] *= factor
        for step, size, by in ((1, 1e6, mild), (2, 1e-3, 1.01)):  # two that differ by less of their size
            place = (spot[0] - step, spot[1])
            one[place], other[place] = size * a[place], size * by * a[place]
        for got in (student.relative_error(one, other), student.relative_error(other, one)):
            assert close(got, want), (
                "Three entries of twelve differ, one of them by more of its size than the others, and the "
                "answer is not its |a - b| / (|a| + |b|). Each entry is compared with its own size, in "
                "absolute values, and the largest of these is taken: not that of the largest entry, nor "
                "that of the largest difference."
            )
    for size in (1.0, 1e200):
        one, other = float(size * a[spot]), float(size * a[spot] * (1 + off))
        assert close(student.relative_error(one, other), off / (2 + off)), (
            "a and b may be two plain numbers, without shape or length, small or very large: their error is "
            "that of a single entry. A size is an absolute value and needs no square."
        )


@pytest.mark.exercise("numerical_gradient")
def test_nothing_is_divided_by_zero(student, rng):
    """Below 1e-8 the size does not count: two zeros agree, and tiny noise stays tiny."""
    for noise in 10.0 ** rng.uniform([-12, -20], [-11, -19]):
        a, b = np.array([0.0, noise, 2.0]), np.array([0.0, -noise, 2.0])
        assert close(student.relative_error(a, b), 2 * noise / 1e-8, atol=0.0), (
            "Where both gradients are nearly zero the difference is divided by 1e-8, so that noise counts "
            "little and 0/0 does not come up. The error is 0 only where they are the same, and it is "
            "not rounded."
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
