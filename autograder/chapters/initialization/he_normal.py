"""He's rule, Gaussian, `he_normal`: hidden checks, named mistakes, variants."""

from functools import partial

import numpy as np
import pytest

from autograder.checking import conventions, examples, laws, mistakes, variants

from .generators import sums_uniforms
from .shared import (
    COPY,
    FLAT_DRAW,
    HE,
    HN,
    HU,
    ONE_SIDED,
    OWN,
    ROW,
    SMALL,
    SUMS,
    TALL,
    TALLER,
    TRANSPOSED,
    TWIN,
    UNIFORM_SIZE,
    WIDE,
    draws_in_every_shape,
    is_a_bell,
    sizes_follow,
)

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("he_normal")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_he_normal_has_its_deviation(student, rng, shape):
    """The standard deviation is He's, with more inputs than outputs, with fewer, and with few."""
    n, m = shape
    W = student.he_normal(n, m, rng=rng)
    others = [np.sqrt(1 / n), np.sqrt(2 / m), np.sqrt(2 / (n + m)), 2 / n]
    assert laws.normal_std(W, np.sqrt(2 / n), against=others, refuse=1e-12), HE
    if shape == WIDE:
        assert sizes_follow(student.he_normal, lambda n, m: np.sqrt(2 / n), rng), SMALL
        return
    W = student.he_normal(1, 4000, rng=rng)
    one = laws.normal_std(W, np.sqrt(2), against=[1.0], refuse=1e-12)
    assert one, "With one input the deviation is the root of 2."


@pytest.mark.exercise("he_normal", weight=2)
def test_he_normal_is_gaussian(student, rng):
    """The law is a Gaussian around zero."""
    is_a_bell(student.he_normal(*TALLER, rng=rng), np.sqrt(2 / TALLER[0]))
    assert not sums_uniforms(student, partial(student.he_normal, 5, 4), 20, rng), SUMS
    row = student.he_normal(1, 4000, rng=rng)
    assert np.abs(row).max() > 2.7 * np.sqrt(2), ROW


@pytest.mark.exercise("he_normal", weight=2)
def test_he_normal_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_in_every_shape(student.he_normal, rng)


# --- Mistakes -----------------------------------------------------------------------------------------------


HN_DRAW = "return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))"

MISTAKES = mistakes(
    "he_normal",
    (
        "variance_as_deviation",
        "The variance is handed over where the standard deviation is asked for: the root is missing.",
        (HN, "2 / fan_in"),
    ),
    (
        "limit_as_deviation",
        "The uniform law's limit is taken for the standard deviation. The limit has a factor of the root of "
        "three that a Gaussian does not need.",
        (HN, "np.sqrt(6 / fan_in)"),
    ),
    (
        "larger_fan",
        "The standard deviation is made of the larger of the two numbers. He's looks at the inputs alone, "
        "however many outputs there are.",
        (HN, "np.sqrt(2 / max(fan_in, fan_out))"),
    ),
    (
        "both_fans",
        "This is Xavier's standard deviation, made of both fans. He's looks at the inputs alone.",
        (HN, "np.sqrt(2 / (fan_in + fan_out))"),
    ),
    (
        "without_the_factor_for_relu",
        "The variance is 1/n, which keeps a linear layer's signal. ReLU takes half of its square away, and "
        "the weights must make up for that.",
        (HN, "np.sqrt(1 / fan_in)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of inputs. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (HN, "np.sqrt(fan_in / 2)"),
    ),
    ("one_sided", ONE_SIDED, (HN_DRAW, HN_DRAW.replace("rng.", "np.abs(rng.") + ")")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("copied_generator", TWIN, (HN_DRAW, COPY + HN_DRAW)),
    ("own_generator", OWN, (HN_DRAW, HN_DRAW.replace("rng.normal", "np.random.default_rng(0).normal"))),
    (
        "seeded_by_a_draw",
        "One number from rng seeds another generator, from which the weights come. Every draw comes from the "
        "rng that was handed over.",
        (HN_DRAW, HN_DRAW.replace("rng.normal", "np.random.default_rng(rng.integers(2**63)).normal")),
    ),
    (
        "sum_of_twelve",
        "Each weight is a sum of twelve uniform numbers: nearly a Gaussian, but with a largest value. "
        "`rng.normal` draws from the Gaussian itself.",
        (HN_DRAW, f"return {HN} * (rng.random((12, fan_in, fan_out)).sum(axis=0) - 6)"),
    ),
    (
        "uniform",
        "The law is uniform; a Gaussian one is asked for here.",
        (HN_DRAW, HU + "\n    " + FLAT_DRAW),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "he_normal",
    (
        "fan_out_mode",
        "This keeps the gradient on its way back, torch's mode='fan_out'. Asked for is the form that "
        "keeps the signal on its way forward: the inputs count.",
        (HN, "np.sqrt(2 / fan_out)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class HeFromStandard:
    """Standard normal numbers, scaled, signs turned."""

    def he_normal(fan_in, fan_out, *, rng):
        return -np.sqrt(2.0) * rng.standard_normal(size=(fan_in, fan_out)) / fan_in**0.5


class HeFromXavier:
    """Its own Xavier with as many outputs as inputs, times the root of two, cut or stacked to shape."""

    def he_normal(fan_in, fan_out, *, rng):
        blocks = [
            xavier_normal(fan_in, fan_in, rng=rng, gain=np.sqrt(2)) for _ in range(-(-fan_out // fan_in))
        ]
        return np.concatenate(blocks, axis=1)[:, :fan_out]


class HeCovariance:
    """A multivariate Gaussian over the inputs, one draw a unit; prints."""

    def he_normal(fan_in, fan_out, *, rng):
        print("fan_in", fan_in)
        return np.array(
            [rng.normal(np.zeros(fan_in), np.full(fan_in, np.sqrt(2 / fan_in))) for _ in range(fan_out)]
        ).T


VARIANTS = variants("he_normal", HeFromStandard, HeFromXavier, HeCovariance)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "he_normal",
    """
    W = he_normal(100, 200, rng=np.random.default_rng(0))
    sigma = np.sqrt(2 / 100)
    round(float(np.mean(np.abs(W) < sigma)), 1)
    """,
    """
    rng = np.random.default_rng(0)
    first, second = he_normal(2, 2, rng=rng), he_normal(2, 2, rng=rng)
    np.array_equal(first, second)  # the second with other draws
    """,
)
