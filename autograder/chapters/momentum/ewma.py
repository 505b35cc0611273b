"""EWMA, `ewma`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("ewma", weight=2)
@pytest.mark.parametrize("corrected", [False, True], ids=["uncorrected", "corrected"])
def test_the_average_follows_the_recursion(student, reference, rng, corrected):
    """Series of several lengths and shapes are averaged along their first axis."""
    for shape, near in (
        ((12,), 0.9),
        ((7, 3), 0.6),
        ((1,), 0.99),
        ((5, 2, 2), 0.3),
        ((4,), 0.0),
        ((4, 4), 0.7),
        ((1200,), 0.5),  # so long that nothing is left of the first values, nor of the correction
    ):
        xs, beta = 5 + rng.normal(size=shape), max(0.0, near + float(rng.uniform(-0.01, 0.005)) * (near > 0))
        got = student.ewma(xs, beta=beta, corrected=corrected)
        assert close(got, reference.ewma(xs, beta=beta, corrected=corrected)), (
            "The averages are others. Write the recursion down with v = 0 before the first value; t is 1 at "
            "the first value, and what is corrected is what is returned, not what the recursion goes on with."
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
    slow = student.ewma(xs, beta=1 - 2.0**-30, corrected=True)
    assert close(slow, xs, rtol=1e-5), (
        "With β very near to 1 the corrected average is not the constant: 1 - βᵗ is tiny, and divides."
    )


@pytest.mark.exercise("ewma")
def test_corrected_averages_are_weighted_means(student, rng):
    """A corrected average is a mean whose weights fall by β with every value of age and add up to one."""
    xs, beta = rng.normal(size=(10, 2)), float(rng.uniform(0.6, 0.85))
    weights = beta ** np.arange(9, -1, -1.0)
    want = np.array([np.average(xs[:t], axis=0, weights=weights[-t:]) for t in range(1, 11)])
    assert close(student.ewma(xs, beta=beta, corrected=True), want), (
        "The corrected averages are no weighted means of the values so far. The correction is made for the "
        "answer alone, with the power of β that belongs to this value."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


class CumulativeSums:
    def ewma(xs, *, beta, corrected=False):
        if beta == 0:
            return xs.copy()
        t = np.arange(1, len(xs) + 1).reshape((-1,) + (1,) * (np.ndim(xs) - 1))
        with np.errstate(all="ignore"):
            v = (1 - beta) * np.cumsum(xs * beta ** (-1.0 * t), axis=0) * beta**t
        return v / (1 - beta**t) if corrected else v


class MemoryCut:
    def ewma(xs, *, beta, corrected=False):
        length, out = int(np.ceil(5 / (1 - beta))), np.zeros(xs.shape)
        for t in range(len(xs)):
            first = max(0, t + 1 - length)
            weights = (1 - beta) * beta ** np.arange(t - first, -1, -1.0)
            out[t] = np.tensordot(weights, xs[first : t + 1], axes=1)
            if corrected:
                out[t] /= 1 - beta ** (t + 1)
        return out


RECURSION = "v = beta * v + (1 - beta) * x"
ANSWER = "v / (1 - beta**t) if corrected else v"

MISTAKES = mistakes(
    "ewma",
    (
        "powers_that_overflow",
        "The sum holds powers of 1/β, which overflow in a long series. The recursion needs no power of β.",
        CumulativeSums,
    ),
    (
        "memory_cut_off",
        "Old values drop out after a while. In the recursion no value ever does: its weight only shrinks.",
        MemoryCut,
    ),
    (
        "correction_ends",
        "The correction ends once βᵗ is small. It is made at every t.",
        (ANSWER, "v / (1 - beta**t) if corrected and beta**t > 1e-3 else v"),
    ),
    (
        "weights_swapped",
        "The two weights are swapped, so that nearly nothing is remembered. β belongs to what was there "
        "before: look at which term it multiplies.",
        (RECURSION, "v = (1 - beta) * v + beta * x"),
    ),
    (
        "values_add_up",
        "Each new value comes in whole: that is a leaky sum, the velocity of momentum, 1/(1-β) times too "
        "large for an average. The two weights of an average add up to one.",
        (RECURSION, "v = beta * v + x"),
    ),
    (
        "nothing_remembered_after_the_start",
        "The answer for each value is made from that value alone. The recursion must go on with what it "
        "had: look at where v is set to zero.",
        (RECURSION, "v = (1 - beta) * x"),
    ),
    (
        "corrected_average_goes_on",
        "The corrected average is put back into the recursion, so that the correction is made again and "
        "again. It is for the answer alone; v itself stays as it is.",
        (ANSWER, "v"),
        (RECURSION, "v = beta * v + (1 - beta) * x\n        v = v / (1 - beta**t) if corrected else v"),
    ),
    (
        "counted_from_zero",
        "The correction counts from zero, and divides by zero at the first value. There one value has come "
        "in: look at what t is then.",
        (ANSWER, "v / (1 - beta ** (t - 1)) if corrected else v"),
    ),
    (
        "counted_from_two",
        "The correction counts one value too many, so that the corrected average starts too low. At the "
        "first value the weights that were handed out add up to 1-β: which power of β is that?",
        (ANSWER, "v / (1 - beta ** (t + 1)) if corrected else v"),
    ),
    (
        "one_correction_for_all",
        "Every answer is divided by 1-β. That is right at the first value, and then far too much: the share "
        "of weights handed out grows with every value.",
        (ANSWER, "v / (1 - beta) if corrected else v"),
    ),
    (
        "never_corrected",
        "There is no correction even where it is asked for. Look at the argument corrected.",
        (ANSWER, "v"),
    ),
    (
        "always_corrected",
        "The correction is made even where it is not asked for. Look at the argument corrected and its "
        "default.",
        (ANSWER, "v / (1 - beta**t)"),
    ),
    (
        "columns_mixed",
        "All numbers of one time are averaged into one. Only the first axis is time: every column is a "
        "series of its own.",
        (RECURSION, "v = beta * v + (1 - beta) * np.mean(x)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "ewma",
    (
        "starts_from_the_first_value",
        "The average starts from the first value: the convention of pandas' ewm(adjust=False) and of "
        "most forecasting books. Here v is zero before the first value, and the correction is made for "
        "that.",
        ("v, averages = 0.0,", "v, averages = xs[0],"),
    ),
    (
        "smoothing_factor",
        "The argument is taken for the smoothing factor of forecasting books, the weight of the first "
        "value and of each new one, and the average starts from the first value. Here β weighs what was "
        "there before.",
        ("v, averages = 0.0,", "v, averages = xs[0],"),
        (RECURSION, "v = (1 - beta) * v + beta * x"),
    ),
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
