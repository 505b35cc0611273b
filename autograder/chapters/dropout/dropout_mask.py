"""Dropout masks, `dropout_mask`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, laws, mistakes, variants

from ..shared import twins

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("dropout_mask", weight=2)
def test_p_is_the_share_that_is_dropped(student, rng):
    """Each entry is kept with probability 1 - p, for a small and for a large p."""
    for p in (0.2, 0.7):
        mask = student.dropout_mask((20, 60), p=p, rng=rng)
        assert laws.share(mask, 1 - p, against=[p, 0.5]), (
            "The share of True is not 1 - p, beyond what chance explains. p is the probability of dropping, "
            "and True marks what stays."
        )


@pytest.mark.exercise("dropout_mask")
def test_p_may_be_close_to_one(student, rng):
    """With p close to 1 a few entries are kept, as many as 1 - p says."""
    mask = student.dropout_mask((200, 100), p=0.997, rng=rng)
    assert laws.share(mask, 0.003, against=[0.0, 0.01], refuse=1e-12), (
        "With p close to 1 the share of True is not 1 - p. Is p rounded, to tenths or to hundredths?"
    )


@pytest.mark.exercise("dropout_mask")
def test_examples_and_units_have_masks_of_their_own(student, rng):
    """Two rows of a mask have nothing to do with each other, and neither have two columns."""
    mask = student.dropout_mask((200, 200), p=0.3, rng=rng)
    assert laws.independent(mask[0], mask[1], 0.7), (
        "Two examples of the batch lose the same units. The shape includes the batch: every entry is drawn "
        "on its own."
    )
    assert laws.independent(mask[:, 0], mask[:, 1], 0.7), "Two units are dropped in the same examples."
    rows = student.dropout_mask((2, 3, 8, 60), p=0.3, rng=rng).reshape(-1, 60)
    for each in (rows, rows.T):
        assert len(np.unique(each, axis=0)) > 0.9 * len(each) and not np.all(
            each.all(axis=1) | ~each.any(axis=1)
        ), "With four axes entries share their draws: a channel, a row or a column is dropped as a whole."


@pytest.mark.exercise("dropout_mask")
def test_how_many_are_dropped_is_left_to_chance(student, rng):
    """The number of units that are dropped varies: now and then none of a few."""
    whole = [student.dropout_mask((4,), p=0.25, rng=rng).all() for _ in range(100)]
    assert laws.share(whole, 0.75**4, against=0.0), (
        "Of four units, all should be kept about every third time. Is the number of dropped units fixed, "
        "instead of a draw for each unit?"
    )


@pytest.mark.exercise("dropout_mask")
def test_each_call_draws_anew_from_the_generator(student, rng):
    """Two calls with one generator give two masks; generators in the same state give the same one."""
    ours, theirs = twins(rng)
    first, second = (student.dropout_mask((15, 20), p=0.3, rng=ours) for _ in range(2))
    assert laws.independent(first, second, 0.7), "Two calls give the same mask: is it drawn from rng?"
    assert close(student.dropout_mask((15, 20), p=0.3, rng=theirs), first), (
        "Two generators in the same state gave different masks: something is drawn from elsewhere."
    )


@pytest.mark.exercise("dropout_mask")
def test_without_dropping_all_is_kept(student, rng):
    """With p = 0 every entry is True, in any shape."""
    for shape in ((7,), (3, 50), (2, 3, 4)):
        mask = student.dropout_mask(shape, p=0.0, rng=rng)
        assert mask.shape == shape and mask.all(), (
            "With p = 0 nothing is dropped, so all of the mask is True."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


DRAW = "rng.random(shape) >= p"

MISTAKES = mistakes(
    "dropout_mask",
    (
        "one_mask_for_the_batch",
        "One row is drawn and used for all examples, so that the whole batch loses the same units. The shape "
        "includes the batch.",
        (DRAW, "np.broadcast_to(rng.random(shape[-1:]) >= p, shape).copy()"),
    ),
    (
        "one_draw_for_a_row",
        "One number is drawn for each example, which then keeps all of its units or none. Every entry has a "
        "draw of its own.",
        (DRAW, "np.broadcast_to(rng.random((*shape[:-1], 1)) >= p, shape).copy()"),
    ),
    (
        "whole_channels",
        "With more than two axes one number is drawn for a whole channel. Every entry has a draw of its own.",
        (DRAW, "np.broadcast_to(rng.random((*shape[:2], *[1] * (len(shape) - 2))) >= p, shape).copy()"),
    ),
    (
        "exact_share",
        "Exactly the share p is dropped in each call. How many are dropped is left to chance: each entry is "
        "drawn on its own.",
        (DRAW, "rng.permutation(np.arange(np.prod(shape)) >= round(p * np.prod(shape))).reshape(shape)"),
    ),
    (
        "always_half",
        "Half of the entries are dropped whatever p says. What is the random number compared with?",
        (DRAW, "rng.random(shape) >= 0.5"),
    ),
    (
        "tenths_only",
        "p is rounded to tenths. A uniform number between 0 and 1 falls below p with probability p, "
        "whatever p is.",
        (DRAW, "rng.integers(0, 10, size=shape) >= round(10 * p)"),
    ),
    (
        "gaussian_draws",
        "The random numbers are Gaussian, and p is compared with them as if they were uniform. Which draw is "
        "below p just with probability p?",
        (DRAW, "rng.normal(size=shape) >= p"),
    ),
    (
        "generator_of_its_own",
        "The mask comes from a generator made inside of the function, so that every call gives the same one. "
        "Draw from the rng that is handed over.",
        (DRAW, "np.random.default_rng(0).random(shape) >= p"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "dropout_mask",
    (
        "p_is_keeping",
        "Here units are kept with probability p, as in Srivastava et al. 2014, TensorFlow 1 and CS231n. "
        "The text pins p as the probability of dropping, as in torch; True marks what is kept.",
        (DRAW, "rng.random(shape) < p"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class Binomial:
    """rng.binomial with one trial."""

    def dropout_mask(shape, *, p, rng):
        return rng.binomial(1, 1 - p, size=shape).astype(bool)


class Choice:
    """rng.choice between False and True with their probabilities."""

    def dropout_mask(shape, *, p, rng):
        return rng.choice([False, True], p=[p, 1 - p], size=shape)


class OneByOne:
    """A loop over entries; keeps where a uniform number is below 1 - p."""

    def dropout_mask(shape, *, p, rng):
        mask = np.empty(shape, dtype=bool)
        for place in np.ndindex(*shape):
            mask[place] = rng.uniform() < 1 - p
        return mask


VARIANTS = variants("dropout_mask", Binomial, Choice, OneByOne)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "dropout_mask",
    """
    mask = dropout_mask((100, 50), p=0.5, rng=np.random.default_rng(0))
    len({tuple(row) for row in mask.tolist()})  # how many rows differ
    """,
    """
    rng = np.random.default_rng(0)
    len({int(dropout_mask((10, 10), p=0.5, rng=rng).sum()) for _ in range(20)}) > 1
    """,
)
