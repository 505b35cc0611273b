"""The gradient-noise scale, `noise_scale`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

from ..shared import few_digits, number

# --- Checks -------------------------------------------------------------------------------------------------


def norms(rng, k, big_k, spread):
    """Squared norms of batches of both sizes around |G|² + S/b, and what they were made of."""
    signal, noise = number(rng, 1, 2), number(rng, 5, 20)
    b_small = int(rng.integers(2, 5)) if k > 1 else 1
    b_big = 16 * b_small + 3  # no multiple of it
    small, big = (
        (signal + noise / b) * rng.uniform(1 - spread, 1 + spread, size=count)
        for b, count in ((b_small, k), (b_big, big_k))
    )
    return (small, big), {"b_small": b_small, "b_big": b_big}, noise / signal


@pytest.mark.exercise("noise_scale", weight=2)
def test_the_estimate_follows_the_formula(student, reference, rng):
    """Squared norms that scatter, and different numbers of batches of the two sizes."""
    for k, big_k in ((40, 4), (1, 1), (3, 25), (4, 4)):
        arrays, sizes, _ = norms(rng, k, big_k, spread=0.1)
        got, want = (side.noise_scale(*arrays, **sizes) for side in (student, reference))
        assert close(got, want), few_digits(got, want) or (
            "The estimate is another. Take the mean of each array, solve for |G|² and S, and divide once."
        )
    (small, big), sizes, _ = norms(rng, 5, 3, spread=0.1)
    got, want = (
        side.noise_scale(0.5 * big.mean() * small / small.mean(), big, **sizes)
        for side in (student, reference)
    )
    assert close(got, want), (
        "Where the small batches have the smaller norms the estimate is another: S is below 0, and B too."
    )
    level = np.full(3, 2.0 ** int(rng.integers(-3, 4)))
    assert close(student.noise_scale(level, level[:2], **sizes), 0.0), (
        "Where both sizes have the same norms the estimate is another: S is 0, and B too."
    )


@pytest.mark.exercise("noise_scale")
def test_norms_without_scatter_give_the_truth(student, rng):
    """Where all norms are |G|² + S/b exactly the answer is S/|G|², in every unit of the gradient."""
    for unit in (1.0, 1e-200, 1e200):
        arrays, sizes, truth = norms(rng, 3, 2, spread=0.0)
        got = student.noise_scale(*(unit * array for array in arrays), **sizes)
        assert close(got, truth, rtol=1e-7), (
            "Exact norms do not give S/|G|². A batch of b has the squared norm |G|² + S/b: two sizes, two "
            "unknowns. The answer has no unit: it is the same for norms of 1e-200 and of 1e200."
        )


@pytest.mark.exercise("noise_scale")
def test_without_a_signal_it_is_infinite(student, reference, rng):
    """Where the estimate of |G|² is 0 or below, the answer is infinity; just above it is large."""
    for factor in (0.4, 0.9, number(rng, 1.05, 1.2)):
        b_small, b_big = 2, int(rng.integers(20, 40))
        small = rng.uniform(1, 2, size=5)
        big = np.full(3, factor * b_small / b_big * small.mean())
        got, want = (
            side.noise_scale(small, big, b_small=b_small, b_big=b_big) for side in (student, reference)
        )
        assert close(got, want, rtol=1e-7), (
            "Where |G|² is small beside S/b the answer is another: infinite if the estimate of |G|² is not "
            "above 0, and otherwise S/|G|², as large as it may be."
        )
    near = np.full(2, 8.0 - 2.0**-24)  # |G|² is positive, and very small beside S
    got, want = (
        side.noise_scale(near, np.full(3, 1.0), b_small=2, b_big=16) for side in (student, reference)
    )
    assert close(got, want, rtol=1e-5), (
        "Where |G|² is above 0 by very little the answer is very large, and still a number."
    )
    unit = 2.0 ** int(rng.integers(-3, 4))
    for small, big in ((8.0, 1.0), (0.0, 0.0)):  # |G|² is just 0; the second time S is 0 as well
        got = student.noise_scale(np.full(3, unit * small), np.full(2, unit * big), b_small=2, b_big=16)
        assert got == np.inf, (
            "Where the estimate of |G|² is just 0 the answer is infinite, without signal or noise too."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


MEANS = "n_small, n_big = np.mean(small), np.mean(big)"
SIGNAL = "signal = (b_big * n_big - b_small * n_small) / (b_big - b_small)"
NOISE = "noise = (n_small - n_big) / (1 / b_small - 1 / b_big)"
ANSWER = "return float(noise / signal) if signal > 0 else np.inf"

MISTAKES = mistakes(
    "noise_scale",
    (
        "squared_again",
        "The norms are squared once more: what comes in are squared norms already.",
        (MEANS, "n_small, n_big = np.mean(small**2), np.mean(big**2)"),
    ),
    (
        "roots_averaged",
        "You average the norms and square afterwards. It is the squares whose means the formulas need.",
        (MEANS, "n_small, n_big = np.mean(np.sqrt(small)) ** 2, np.mean(np.sqrt(big)) ** 2"),
    ),
    (
        "big_batch_for_the_truth",
        "The large batch's squared norm is taken for |G|². It has noise as well: a b_big-th part of S.",
        (SIGNAL, "signal = n_big"),
    ),
    (
        "sizes_swapped",
        "In |G|² the sizes have changed places: each norm is multiplied with its own size.",
        (SIGNAL, "signal = (b_small * n_big - b_big * n_small) / (b_small - b_big)"),
    ),
    (
        "noise_not_divided",
        "The difference of the norms is only a part of S. Divide by the difference of 1/b.",
        (NOISE, "noise = n_small - n_big"),
    ),
    (
        "difference_of_sizes",
        "The difference of the norms is divided by the difference of the sizes. It is the difference of 1/b.",
        (NOISE, "noise = (n_small - n_big) / (b_big - b_small)"),
    ),
    (
        "noise_of_one_batch",
        "S is multiplied with the small size only, as if the large batch had no noise.",
        (NOISE, "noise = (n_small - n_big) * b_small"),
    ),
    (
        "upside_down",
        "The quotient is upside down: the scale is noise over signal.",
        (ANSWER, "return float(signal / noise) if signal > 0 else np.inf"),
    ),
    (
        "noise_alone",
        "The answer is S alone: it has the unit of a squared gradient. Divide by |G|².",
        (ANSWER, "return float(noise) if signal > 0 else np.inf"),
    ),
    (
        "negative_estimates",
        "A negative estimate of |G|² gives a negative size of a batch. Then the answer is infinite.",
        (ANSWER, "return float(noise / signal)"),
    ),
    (
        "negative_noise_cut_off",
        "An estimate of S that is below 0 is raised to 0. It stays as it is: with few batches such estimates "
        "happen, and without them the mean over many would be too large.",
        (NOISE, "noise = max(0.0, (n_small - n_big) / (1 / b_small - 1 / b_big))"),
    ),
    costs={"negative_estimates": 0.3, "negative_noise_cut_off": 0.3},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "noise_scale",
    (
        "square_root",
        "You return the root of S/|G|², the ratio of the two lengths. The noise scale of the paper is a "
        "number of examples, S/|G|² itself.",
        (ANSWER, "return float(np.sqrt(noise / signal)) if signal > 0 else np.inf"),
    ),
)

# --- Variants -----------------------------------------------------------------------------------------------


class SolvedAsASystem:
    """Two equations, two unknowns, solved by NumPy."""

    def noise_scale(small, big, *, b_small, b_big):
        system = np.array([[1.0, 1 / b_small], [1.0, 1 / b_big]])
        signal, noise = np.linalg.solve(system, [np.mean(small), np.mean(big)])
        # the sign by the products, which the solution has rounded
        return noise / signal if b_big * np.mean(big) > b_small * np.mean(small) else float("inf")


class OneFraction:
    """Everything over one denominator; the sizes' difference cancels."""

    def noise_scale(small, big, *, b_small, b_big):
        a, b = sum(small) / len(small), sum(big) / len(big)
        below = b_big * b - b_small * a
        return b_small * b_big * (a - b) / below if below > 0 else np.inf


class NoiseFirst:
    """S first, and the signal as what it leaves of the small batch's norm."""

    def noise_scale(small, big, *, b_small, b_big):
        noise = (np.average(small) - np.average(big)) * b_small * b_big / (b_big - b_small)
        signal = np.average(small) - noise / b_small
        return np.float64(noise / signal) if signal > 0 else np.float64(np.inf)


VARIANTS = variants("noise_scale", SolvedAsASystem, OneFraction, NoiseFirst)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "noise_scale",
    "noise_scale(np.array([6.0, 4.0]), np.array([2.5]), b_small=1, b_big=4)",
    "noise_scale(np.array([9.0]), np.array([1.0]), b_small=1, b_big=4)",
)
