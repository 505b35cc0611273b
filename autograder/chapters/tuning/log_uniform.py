"""Log-uniform draws, `log_uniform`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, log_uniform, mistakes, uniform, variants

from ..shared import twins

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("log_uniform", weight=3)
def test_each_factor_gets_its_share(student, rng):
    """The logarithms of the draws are uniform between those of the borders."""
    for low, high in ((3e-5, 0.4), (2.0, 700.0)):
        draws = student.log_uniform(low, high, 8000, rng=rng)
        assert laws.follows(draws, log_uniform(low, high), against=[uniform(low, high)]), (
            "The draws are not log-uniform: equal factors between the borders should get equal shares of "
            "them, factors of ten and those inside one, and nothing lies beyond. Which of the two is "
            "uniform, the number or its logarithm, and is it taken back with the same base, as it was drawn? "
            "Borders need not be powers of ten."
        )
        assert len(np.unique(draws)) > 7992, (
            "Among thousands of draws some numbers come again and again: are they rounded, or taken from a "
            "grid?"
        )
    again = student.log_uniform(low, high, 200, rng=rng)
    fine = np.log(again / low) / np.log(high / low) * 200
    assert np.any(np.diff(again) < 0) and abs(np.mean(fine) - 100) > 1e-11, (
        "The draws are sorted, or balanced around the middle of the range: each is drawn alone."
    )
    steps = fine / 200 * 2**24  # of numbers between 0 and 1 in single precision
    assert np.any(np.abs(steps - np.rint(steps)) > 0.01), (
        "The exponents lie on the grid of single precision: too few different numbers can come."
    )
    assert laws.resampled(np.clip(fine, 0, 199).astype(int), 200), (
        "Of as many equal parts of the range as draws each got a draw, or too few did. The draws are "
        "independent: chance leaves about a third of the parts empty."
    )


@pytest.mark.exercise("log_uniform")
def test_draws_stay_between_the_borders(student, rng):
    """No draw is outside of the range, wherever it lies, and draws differ."""
    for low, high in ((1e-16, 1.001e-16), (1e-6, 1e-5), (0.3, 0.31), (50.0, 4e4)):
        draws = student.log_uniform(low, high, 90, rng=rng)
        assert np.all(draws >= low * (1 - 1e-9)) and np.all(draws <= high * (1 + 1e-9)), (
            "A draw is below low or above high. Are both borders taken to the same logarithm, as they are, "
            "without rounding it?"
        )
        # among 1e11 numbers, or more, three pairs of equals are less likely than 1e-20
        assert len(np.unique(draws)) > 87, (
            "Draws from a continuous law are different, also in a narrow range: nothing is rounded or held "
            "in single precision, the logarithms neither."
        )
        first, second = (student.log_uniform(low, high, 1, rng=rng)[0] for _ in range(2))
        assert low * (1 - 1e-9) <= min(first, second) < max(first, second) <= high * (1 + 1e-9), (
            "With size = 1 the number lies outside of the range, or is the same in every call: it is drawn, "
            "too."
        )


@pytest.mark.exercise("log_uniform")
def test_draws_are_new_each_time(student, rng):
    """The same state of the generator gives the same draws, drawing on gives other numbers."""
    ours, theirs = twins(rng)
    first, second = (student.log_uniform(0.02, 5.0, 30, rng=ours) for _ in range(2))
    assert close(student.log_uniform(0.02, 5.0, 30, rng=theirs), first), (
        "Two generators in the same state gave different draws: something is drawn from elsewhere."
    )
    assert not close(np.sort(first), np.sort(second)), (
        "The next draws are the same numbers as before. They are drawn, not laid out, and from the rng."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


DRAWN = "return np.exp(rng.uniform(np.log(low), np.log(high), size=size))"


class NumbersInADecade:
    def log_uniform(low, high, size, *, rng):
        decades = max(round(np.log10(high / low)), 1)
        step = (high / low) ** (1 / decades)
        return low * step ** rng.integers(decades, size=size) * rng.uniform(1, step, size=size)


MISTAKES = mistakes(
    "log_uniform",
    (
        "one_draw_in_each_part",
        "The range is cut into size parts and each gets one draw (a stratified, or Latin, sample). Each draw "
        "is to be independent of the others.",
        (
            DRAWN,
            "u = rng.permutation((np.arange(size) + rng.random(size)) / size)\n"
            "    return low * (high / low) ** u",
        ),
    ),
    (
        "uniform",
        "The numbers themselves are uniform, so that nine of ten lie in the last factor of ten. It is their "
        "logarithm that is uniform.",
        (DRAWN, "return rng.uniform(low, high, size=size)"),
    ),
    (
        "uniform_in_each_decade",
        "Each factor of ten gets its share, but inside one the numbers are uniform, so that few are in its "
        "lower half. Their logarithms are uniform there too.",
        NumbersInADecade,
    ),
    (
        "another_base_on_the_way_back",
        "The logarithm is natural, and the way back is a power of ten: the draws leave the range. Use one "
        "base for both.",
        (DRAWN, "return 10 ** rng.uniform(np.log(low), np.log(high), size=size)"),
    ),
    (
        "logarithm_to_ten_and_exp",
        "The borders are taken to the logarithm of base ten, and the way back is exp: the draws leave the "
        "range. Use one base for both.",
        (DRAWN, "return np.exp(rng.uniform(np.log10(low), np.log10(high), size=size))"),
    ),
    (
        "exponents_cut_to_whole_numbers",
        "The exponents of the borders are cut to whole numbers, so that the range is another unless both are "
        "powers of ten. Take the logarithms as they are.",
        (DRAWN, "return 10.0 ** rng.uniform(int(np.log10(low)), int(np.log10(high)), size=size)"),
    ),
    (
        "no_way_back",
        "The logarithms are returned: take them back to numbers.",
        (DRAWN, "return rng.uniform(np.log(low), np.log(high), size=size)"),
    ),
    (
        "laid_out_evenly",
        "The numbers stand at equal ratios and are not drawn at all: that is a grid. Every draw is "
        "independent of the others.",
        (DRAWN, "return rng.permutation(np.geomspace(low, high, size))"),
    ),
    (
        "own_generator",
        "The draws come from a generator made inside and are the same in every call. Draw from rng.",
        (DRAWN, DRAWN.replace("rng.uniform", "np.random.default_rng(0).uniform")),
    ),
    (
        "whole_powers_of_ten",
        "The exponents are rounded to whole numbers, so that only powers of ten come out. Between them lies "
        "what a search is for.",
        (
            DRAWN,
            "return np.clip(10.0 ** np.round(rng.uniform(np.log10(low), np.log10(high), size=size)), low, "
            "high)",
        ),
    ),
    (
        "one_number_for_all",
        "A single number is drawn and repeated: size draws are asked for.",
        (DRAWN, "return np.full(size, np.exp(rng.uniform(np.log(low), np.log(high))))"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class TenToThe:
    """Base ten both ways, clipped against rounding."""

    def log_uniform(low, high, size, *, rng):
        return np.clip(10 ** rng.uniform(np.log10(low), np.log10(high), size), low, high)


class AsAPower:
    """low times the ratio to a random power; no logarithm at all."""

    def log_uniform(low, high, size, *, rng):
        return low * (high / low) ** rng.random(size)


class OneByOne:
    """A loop that draws one number after the other, from high downwards, and warns."""

    def log_uniform(low, high, size, *, rng):
        import warnings

        warnings.warn("drawing one by one", stacklevel=1)
        span = np.log2(high) - np.log2(low)
        return np.array([high * 2.0 ** (-span * rng.random()) for _ in range(int(size))])


VARIANTS = variants("log_uniform", TenToThe, AsAPower, OneByOne)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "log_uniform",
    """
    draws = log_uniform(1.0, 100.0, 20_000, rng=np.random.default_rng(0))
    [round(float(np.mean(draws < edge)), 1) for edge in (10**0.4, 10**0.8, 10**1.2)]
    """,
    """
    draws = log_uniform(1.0, np.e, 900, rng=np.random.default_rng(0))
    round(len({int(part) for part in 900 * np.log(draws)}) / 900, 1)  # how many of 900 equal parts got one
    """,
    """
    rng = np.random.default_rng(0)
    first, second = log_uniform(1.0, 8.0, 4, rng=rng), log_uniform(1.0, 8.0, 4, rng=rng)
    np.array_equal(np.sort(first), np.sort(second))  # the second with other draws
    """,
)
