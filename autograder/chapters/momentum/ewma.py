"""EWMA, `ewma`: hidden checks."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("ewma", weight=2)
@pytest.mark.parametrize("corrected", [False, True], ids=["uncorrected", "corrected"])
def test_the_average_follows_the_recursion(student, reference, rng, corrected):
    """Series of several lengths and shapes are averaged along their first axis."""
    for shape, near in (
        ((12,), 0.9),
        ((3, 7), 0.6),
        ((1,), 0.99),
        ((6, 1), 0.75),
        ((5, 2, 2), 0.3),
        ((3, 2, 1, 2), 0.8),
        ((4,), 0.0),
        ((4, 4), 0.7),
        ((1200,), 0.5),  # so long that nothing is left of the first values, nor of the correction
        ((1200,), 0.992),  # so slow that something is
    ):
        xs, beta = 5 + rng.normal(size=shape), max(0.0, near + float(rng.uniform(-0.01, 0.005)) * (near > 0))
        got, want = (side.ewma(xs, beta=beta, corrected=corrected) for side in (student, reference))
        assert close(got, want), few_digits(got, want) or (
            "The averages are others. Write the recursion down with v = 0 before the first value; t is 1 at "
            "the first value, and what is corrected is what is returned, not what the recursion goes on "
            "with. Time is the first axis, however many stand behind it, and no value ever drops out."
        )


@pytest.mark.exercise("ewma", weight=2)
def test_a_single_value_fades(student, rng):
    """One value among zeros comes in with the weight 1-β and fades by β at each step after it."""
    n, place, beta, size = 9, int(rng.integers(2, 5)), float(rng.uniform(0.5, 0.8)), float(rng.uniform(2, 5))
    xs = np.zeros(n)
    xs[place] = size
    age = np.arange(n) - place
    want = np.where(age >= 0, (1 - beta) * beta ** np.maximum(age, 0.0) * size, 0.0)
    assert close(student.ewma(xs, beta=beta), want), (
        "A single value among zeros should come in with the weight 1-β and then lose the share 1-β of what "
        "is left at each step, for ever. How long is the memory, and which weight belongs to what is new?"
    )
    assert close(student.ewma(xs, beta=beta, corrected=True), want / (1 - beta ** np.arange(1, n + 1))), (
        "A single value among zeros, corrected: each average should be the plain one divided by 1 - βᵗ. "
        "Zeros are values like all others, and t counts the first of them, too."
    )


@pytest.mark.exercise("ewma")
def test_a_constant_series_shows_the_start(student, rng):
    """On a constant series the average comes up to it from zero; corrected, it is right at once."""
    level, beta, n = float(rng.uniform(2, 5)), float(rng.uniform(0.8, 0.95)), 15
    xs = np.full(n, level)
    assert close(student.ewma(xs, beta=beta), level * (1 - beta ** np.arange(1, n + 1))), (
        "On a constant series the plain average starts far too low and comes up as 1 - βᵗ. Does the "
        "recursion start at zero, and is the correction left out where it is not asked for?"
    )
    assert close(student.ewma(xs, beta=beta, corrected=True), xs), (
        "On a constant series the corrected average is that constant from the first value on: what have the "
        "weights handed out until t added up to?"
    )
    share = 2.0**-30
    slow = student.ewma(xs, beta=1 - share, corrected=True)
    assert close(slow, xs, rtol=1e-5), (
        "With β very near to 1 the corrected average is not the constant: 1 - βᵗ is tiny, and divides."
    )
    slow = student.ewma(xs, beta=1 - share)
    assert close(slow, level * share * np.arange(1, n + 1), rtol=1e-5, atol=0.0), (
        "With β very near to 1 the plain average comes up otherwise: β is taken as it is, and so is 1-β."
    )


@pytest.mark.exercise("ewma")
def test_corrected_averages_are_weighted_means(student, rng):
    """A corrected average is a mean whose weights fall by β with every value of age and add up to one."""
    beta = float(rng.uniform(0.6, 0.85))
    weights = beta ** np.arange(9, -1, -1.0)
    for size in (1e-150, 1.0, 1e150):
        xs = size * rng.normal(size=(10, 2))
        want = np.array([np.average(xs[:t], axis=0, weights=weights[-t:]) for t in range(1, 11)])
        assert close(student.ewma(xs, beta=beta, corrected=True), want, atol=1e-9 * size), (
            "The corrected averages are no weighted means of the values so far. The correction is made for "
            "the answer alone, with the power of β that belongs to this value, and each value comes in as it "
            "is, however large or small."
        )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "ewma",
    "ewma(np.array([[1.0, 10.0], [2.0, 20.0]]), beta=0.5)",
    """
    ewma(np.array([[1.0, 10.0], [2.0, 20.0]]), beta=0.5, corrected=True)
    """,
    """
    ewma(np.ones(12), beta=0.5, corrected=True)[-1]
    """,
    """
    ewma(np.array([1000.0, *[0.0] * 11]), beta=0.5)[-1]
    """,
)
