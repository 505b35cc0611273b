"""Xavier's rule, uniform, `xavier_uniform`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import conventions, examples, laws, mistakes, normal, uniform, variants

from .shared import (
    COPIED,
    COPY,
    EVEN,
    FLAT_DRAW,
    MANY,
    ONE_SIDED,
    OWN,
    SHAPE,
    SMALL,
    TALL,
    TRANSPOSED,
    TWIN,
    UNIFORM_SIZE,
    WIDE,
    XAVIER,
    XU,
    draws_in_every_shape,
    entries_do_not_meet,
    limited,
    sizes_follow,
)

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("xavier_uniform")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_xavier_uniform_has_its_limit(student, rng, shape):
    """The range and the variance are Xavier's, many inputs and few outputs, the reverse, and few of both."""
    W = student.xavier_uniform(*shape, rng=rng)
    assert limited(W, np.sqrt(6 / sum(shape)), against=[0.5, 1.6, 0.25]), XAVIER
    assert shape == TALL or sizes_follow(student.xavier_uniform, lambda n, m: np.sqrt(6 / (n + m)), rng), (
        SMALL
    )


@pytest.mark.exercise("xavier_uniform")
def test_xavier_uniform_scales_with_gain(student, rng):
    """gain is a factor on the weights."""
    for gain in (float(rng.uniform(1.8, 2.5)), 1e-9, 1e9):
        W = student.xavier_uniform(*TALL, rng=rng, gain=gain)
        others = [1 / gain, 1 / gain**2] if 1 < gain < 3 else [0.5, 1.6]
        assert limited(W / gain, np.sqrt(6 / sum(TALL)), against=others), (
            "With a gain the limit is not gain times Xavier's: gain multiplies it, however small or large it "
            "is."
        )


@pytest.mark.exercise("xavier_uniform", weight=2)
def test_xavier_uniform_is_uniform(student, rng):
    """All values within the limits are as likely."""
    a = np.sqrt(6 / sum(MANY))
    W = student.xavier_uniform(*MANY, rng=rng)
    law = uniform(-a, a)
    assert laws.follows(W, law, against=[normal(0.0, a / np.sqrt(3)), uniform(0.0, a)]), SHAPE
    assert entries_do_not_meet(W, law, a / np.sqrt(3)), EVEN


@pytest.mark.exercise("xavier_uniform", weight=2)
def test_xavier_uniform_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_in_every_shape(student.xavier_uniform, rng)


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "xavier_uniform",
    (
        "deviation_as_limit",
        "The standard deviation is taken for the limit. A uniform law on [-a, a] has the variance a²/3, so "
        "its limit is the standard deviation times the root of three.",
        (XU, "a = gain * np.sqrt(2 / (fan_in + fan_out))"),
    ),
    (
        "root_missing",
        "The limit is made without the root: it is the square of a that stands in the variance.",
        (XU, "a = gain * 6 / (fan_in + fan_out)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of units. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (XU, "a = gain * np.sqrt((fan_in + fan_out) / 6)"),
    ),
    (
        "inputs_only",
        "This is He's limit, made of the number of inputs alone. Xavier's has both fans in it.",
        (XU, "a = gain * np.sqrt(6 / fan_in)"),
    ),
    ("gain_ignored", "The gain is not used: it multiplies the limit.", (XU, XU.replace("gain * ", ""))),
    (
        "gain_under_the_root",
        "The gain stands under the root. It multiplies the weights, so its square multiplies the variance.",
        (XU, "a = np.sqrt(gain * 6 / (fan_in + fan_out))"),
    ),
    ("one_sided", ONE_SIDED, (FLAT_DRAW, "return rng.uniform(0.0, a, size=(fan_in, fan_out))")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("copied_generator", TWIN, (FLAT_DRAW, COPY + FLAT_DRAW)),
    ("own_generator", OWN, (FLAT_DRAW, FLAT_DRAW.replace("rng.uniform", "np.random.default_rng(0).uniform"))),
    (
        "all_units_alike",
        COPIED,
        (FLAT_DRAW, "return np.repeat(rng.uniform(-a, a, size=(fan_in, 1)), fan_out, axis=1)"),
    ),
    (
        "gaussian",
        "The law is a Gaussian; a uniform one is asked for here, with every value within the limits as "
        "likely.",
        (FLAT_DRAW, "return rng.normal(0.0, a / np.sqrt(3), size=(fan_in, fan_out))"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "xavier_uniform",
    (
        "one_over_inputs",
        "This is the first form of Xavier's rule, with a variance of one over the number of inputs, "
        "which keeps the forward signal and is LeCun's rule. Asked for is the compromise of both fans.",
        (XU, "a = gain * np.sqrt(3 / fan_in)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class XavierFromUnit:
    """rng.random, stretched and shifted."""

    def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
        limit = gain * (3 / ((fan_in + fan_out) / 2)) ** 0.5
        return limit * (2 * rng.random((fan_in, fan_out)) - 1)


class XavierBySign:
    """A magnitude and a sign, drawn apart."""

    def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
        size = rng.uniform(0, gain * np.sqrt(6) / np.sqrt(fan_in + fan_out), size=fan_in * fan_out)
        return (size * rng.choice([-1, 1], size=size.size)).reshape(fan_in, fan_out)


class XavierUnitByUnit:
    """One unit after the other, transposed at the end."""

    def xavier_uniform(fan_in, fan_out, *, rng, gain=1.0):
        std = gain * np.sqrt(2 / (fan_in + fan_out))
        a = np.sqrt(3) * std
        return np.array([[rng.uniform(-a, a) for _ in range(fan_in)] for _ in range(fan_out)]).T


VARIANTS = variants("xavier_uniform", XavierFromUnit, XavierBySign, XavierUnitByUnit)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "xavier_uniform",
    """
    W = xavier_uniform(100, 200, rng=np.random.default_rng(0), gain=2.0)
    a = 2 * np.sqrt(6 / 300)
    round(float(W.min() / a), 2), round(float(W.max() / a), 2), len(np.unique(W))
    """,
    """
    rng = np.random.default_rng(0)
    first, second = xavier_uniform(2, 2, rng=rng), xavier_uniform(2, 2, rng=rng)
    np.array_equal(first, second)  # the second with other draws
    """,
    """
    W = xavier_uniform(3, 4, rng=np.random.default_rng(0))
    len(np.unique(np.abs(W))), bool(abs(W.mean()) > 1e-12)  # independent draws
    """,
)
