"""Xavier's rule, Gaussian, `xavier_normal`: hidden checks, named mistakes, variants."""

from functools import partial

import numpy as np
import pytest

from autograder.checking import conventions, examples, laws, mistakes, variants

from .generators import sums_uniforms
from .shared import (
    COPIED,
    COPY,
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
    XAVIER,
    XN,
    draws_in_every_shape,
    is_a_bell,
    sizes_follow,
)

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("xavier_normal")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_xavier_normal_has_its_deviation(student, rng, shape):
    """The standard deviation is Xavier's, for many inputs and few outputs, the reverse, and few of both."""
    n, m = shape
    W = student.xavier_normal(n, m, rng=rng)
    others = [np.sqrt(1 / n), np.sqrt(2 / n), np.sqrt(2 / m), 2 / (n + m)]
    assert laws.normal_std(W, np.sqrt(2 / (n + m)), against=others, refuse=1e-12), XAVIER
    assert shape == TALL or sizes_follow(student.xavier_normal, lambda n, m: np.sqrt(2 / (n + m)), rng), SMALL


@pytest.mark.exercise("xavier_normal")
def test_xavier_normal_scales_with_gain(student, rng):
    """gain is a factor on the weights."""
    std = np.sqrt(2 / sum(TALL))
    for gain in (float(rng.uniform(1.8, 2.5)), 1e-9, 1e9):
        W = student.xavier_normal(*TALL, rng=rng, gain=gain)
        others = [std / gain, gain * std, std / np.sqrt(gain)]
        assert laws.normal_std(W / gain, std, against=others, refuse=1e-12), (
            "With a gain the standard deviation is not gain times Xavier's: gain multiplies the deviation, "
            "not the variance, however small or large it is."
        )


@pytest.mark.exercise("xavier_normal", weight=2)
def test_xavier_normal_is_gaussian(student, rng):
    """The law is a Gaussian around zero."""
    is_a_bell(student.xavier_normal(*TALLER, rng=rng), np.sqrt(2 / sum(TALLER)))
    assert not sums_uniforms(student, partial(student.xavier_normal, 5, 4), 20, rng), SUMS
    row = student.xavier_normal(1, 4000, rng=rng)
    assert np.abs(row).max() > 2.7 * np.sqrt(2 / 4001), ROW


@pytest.mark.exercise("xavier_normal", weight=2)
def test_xavier_normal_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_in_every_shape(student.xavier_normal, rng)


# --- Mistakes -----------------------------------------------------------------------------------------------


XN_DRAW = "return rng.normal(0.0, gain * np.sqrt(2 / (fan_in + fan_out)), size=(fan_in, fan_out))"

MISTAKES = mistakes(
    "xavier_normal",
    (
        "variance_as_deviation",
        "The variance is handed over where the standard deviation is asked for: the root is missing.",
        (XN, "gain * 2 / (fan_in + fan_out)"),
    ),
    (
        "limit_as_deviation",
        "The uniform law's limit is taken for the standard deviation. The limit has a factor of the root of "
        "three that a Gaussian does not need.",
        (XN, "gain * np.sqrt(6 / (fan_in + fan_out))"),
    ),
    (
        "mean_of_fans_forgotten",
        "The variance is 1 over the sum of the fans. It is 1 over their mean, which is 2 over their sum.",
        (XN, "gain * np.sqrt(1 / (fan_in + fan_out))"),
    ),
    (
        "inputs_only",
        "This is He's standard deviation, made of the number of inputs alone. Xavier's has both fans in it.",
        (XN, "gain * np.sqrt(2 / fan_in)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of units. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (XN, "gain * np.sqrt((fan_in + fan_out) / 2)"),
    ),
    (
        "gain_ignored",
        "The gain is not used: it multiplies the standard deviation.",
        (XN, "np.sqrt(2 / (fan_in + fan_out))"),
    ),
    (
        "gain_squared",
        "The gain multiplies the standard deviation squared. It is the variance that it multiplies squared.",
        (XN, "gain**2 * np.sqrt(2 / (fan_in + fan_out))"),
    ),
    ("one_sided", ONE_SIDED, (XN_DRAW, XN_DRAW.replace("rng.", "np.abs(rng.") + ")")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("copied_generator", TWIN, (XN_DRAW, COPY + XN_DRAW)),
    ("own_generator", OWN, (XN_DRAW, XN_DRAW.replace("rng.normal", "np.random.default_rng(0).normal"))),
    (
        "all_units_alike",
        COPIED,
        (
            XN_DRAW,
            "return rng.normal(0.0, gain * np.sqrt(2 / (fan_in + fan_out)), (fan_in, 1)) + np.zeros(fan_out)",
        ),
    ),
    (
        "uniform",
        "The law is uniform; a Gaussian one is asked for here.",
        (
            XN_DRAW,
            "a = gain * np.sqrt(6 / (fan_in + fan_out))\n    return rng.uniform(-a, a, size=(fan_in, "
            "fan_out))",
        ),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "xavier_normal",
    (
        "one_over_inputs",
        "This is the first form of Xavier's rule, with a variance of one over the number of inputs, "
        "which keeps the forward signal and is LeCun's rule. Asked for is the compromise of both fans.",
        (XN, "gain * np.sqrt(1 / fan_in)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class XavierFromStandard:
    """Standard normal numbers, scaled."""

    def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
        return rng.standard_normal((fan_in, fan_out)) * gain / np.sqrt((fan_in + fan_out) / 2)


class XavierTransposed:
    """Drawn as (fan_out, fan_in) and turned."""

    def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
        W = rng.normal(scale=gain * (2 / (fan_in + fan_out)) ** 0.5, size=(fan_out, fan_in))
        return np.ascontiguousarray(W.T)


class XavierBoxMuller:
    """Gaussians made of two uniform draws each."""

    def xavier_normal(fan_in, fan_out, *, rng, gain=1.0):
        u, v = 1 - rng.random((fan_in, fan_out)), rng.random((fan_in, fan_out))
        z = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
        return gain * np.sqrt(2.0 / (fan_in + fan_out)) * z


VARIANTS = variants("xavier_normal", XavierFromStandard, XavierTransposed, XavierBoxMuller)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "xavier_normal",
    """
    W = xavier_normal(100, 200, rng=np.random.default_rng(0))
    sigma = np.sqrt(2 / 300)
    len(np.unique(W)), round(float(np.mean(np.abs(W) < sigma)), 1)
    """,
    """
    rng = np.random.default_rng(0)
    first, second = xavier_normal(2, 2, rng=rng), xavier_normal(2, 2, rng=rng)
    np.array_equal(first, second)  # the second with other draws
    """,
    """
    W = xavier_normal(3, 4, rng=np.random.default_rng(0))
    len(np.unique(np.abs(W))), bool(abs(W.mean()) > 1e-12)  # independent draws
    """,
)
