"""He's rule, uniform, `he_uniform`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import conventions, examples, laws, mistakes, normal, uniform, variants

from .shared import (
    COPY,
    EVEN,
    FLAT_DRAW,
    HE,
    HU,
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
    draws_in_every_shape,
    entries_do_not_meet,
    limited,
    sizes_follow,
)

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("he_uniform")
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_he_uniform_has_its_limit(student, rng, shape):
    """The range and the variance are He's, with more inputs than outputs, with fewer, and with few."""
    W = student.he_uniform(*shape, rng=rng)
    assert limited(W, np.sqrt(6 / shape[0]), against=[0.5, 1.6, 0.25, 1 / 6]), HE
    if shape == TALL:
        assert sizes_follow(student.he_uniform, lambda n, m: np.sqrt(6 / n), rng), SMALL
        return
    W = student.he_uniform(1, shape[1], rng=rng)
    assert 1.9 < np.abs(W).max() < 2.5, (
        "With one input the largest weight is not close below the limit, which is the root of 6, however "
        "many outputs. Has every weight a draw of its own?"
    )


@pytest.mark.exercise("he_uniform", weight=2)
def test_he_uniform_is_uniform(student, rng):
    """All values within the limits are as likely."""
    a = np.sqrt(6 / MANY[0])
    W = student.he_uniform(*MANY, rng=rng)
    law = uniform(-a, a)
    assert laws.follows(W, law, against=[normal(0.0, a / np.sqrt(3)), uniform(0.0, a)]), SHAPE
    assert entries_do_not_meet(W, law, a / np.sqrt(3)), EVEN


@pytest.mark.exercise("he_uniform", weight=2)
def test_he_uniform_draws_every_weight(student, rng):
    """No two weights are equal, each call draws anew, and all of it from the rng handed over."""
    draws_in_every_shape(student.he_uniform, rng)


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "he_uniform",
    (
        "deviation_as_limit",
        "The standard deviation is taken for the limit. A uniform law on [-a, a] has the variance a²/3, so "
        "its limit is the standard deviation times the root of three.",
        (HU, "a = np.sqrt(2 / fan_in)"),
    ),
    (
        "root_missing",
        "The limit is made without the root: it is the square of a that stands in the variance.",
        (HU, "a = 6 / fan_in"),
    ),
    (
        "larger_fan",
        "The limit is made of the larger of the two numbers. He's looks at the inputs alone, however many "
        "outputs there are.",
        (HU, "a = np.sqrt(6 / max(fan_in, fan_out))"),
    ),
    (
        "both_fans",
        "This is Xavier's limit, made of both fans. He's looks at the inputs alone.",
        (HU, "a = np.sqrt(6 / (fan_in + fan_out))"),
    ),
    (
        "without_the_factor_for_relu",
        "The variance is 1/n, which keeps a linear layer's signal. ReLU takes half of its square away, and "
        "the weights must make up for that.",
        (HU, "a = np.sqrt(3 / fan_in)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of inputs. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (HU, "a = np.sqrt(fan_in / 6)"),
    ),
    ("one_sided", ONE_SIDED, (FLAT_DRAW, "return rng.uniform(0.0, a, size=(fan_in, fan_out))")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("copied_generator", TWIN, (FLAT_DRAW, COPY + FLAT_DRAW)),
    ("own_generator", OWN, (FLAT_DRAW, FLAT_DRAW.replace("rng.uniform", "np.random.default_rng(0).uniform"))),
    (
        "gaussian",
        "The law is a Gaussian; a uniform one is asked for here, with every value within the limits as "
        "likely.",
        (FLAT_DRAW, "return rng.normal(0.0, a / np.sqrt(3), size=(fan_in, fan_out))"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "he_uniform",
    (
        "fan_out_mode",
        "This keeps the gradient on its way back, torch's mode='fan_out'. Asked for is the form that "
        "keeps the signal on its way forward: the inputs count.",
        (HU, "a = np.sqrt(6 / fan_out)"),
    ),
    (
        "torchs_linear_layer",
        "This is how torch's nn.Linear starts, uniform within one over the root of the number of inputs: "
        "a sixth of He's variance.",
        (HU, "a = 1 / np.sqrt(fan_in)"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class HeFromUnit:
    """rng.random, stretched and shifted, in place."""

    def he_uniform(fan_in, fan_out, *, rng):
        W = rng.random((fan_in, fan_out))
        W -= 0.5
        W *= 2 * np.sqrt(6 / fan_in)
        return W


class HeFlat:
    """One long row of draws, cut."""

    def he_uniform(fan_in, fan_out, *, rng):
        a = np.sqrt(3) * np.sqrt(2.0 / fan_in)
        return np.reshape(rng.uniform(-a, a, fan_in * fan_out), (fan_in, fan_out), order="F")


class HeInputByInput:
    """A row for every input."""

    def he_uniform(fan_in, fan_out, *, rng):
        a = (6 / fan_in) ** 0.5
        return np.stack([-rng.uniform(-a, a, size=fan_out) for _ in range(fan_in)])


VARIANTS = variants("he_uniform", HeFromUnit, HeFlat, HeInputByInput)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "he_uniform",
    """
    W = he_uniform(100, 200, rng=np.random.default_rng(0))
    a = np.sqrt(6 / 100)
    round(float(W.min() / a), 2), round(float(W.max() / a), 2)
    """,
    """
    rng = np.random.default_rng(0)
    first, second = he_uniform(2, 2, rng=rng), he_uniform(2, 2, rng=rng)
    np.array_equal(first, second)  # the second with other draws
    """,
)
