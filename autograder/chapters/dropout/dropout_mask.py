"""Dropout masks, `dropout_mask`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, variants

from ..shared import twins
from .shared import CALLS, NOT_ALONE, each_alone

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
    mask = student.dropout_mask((400, 200), p=0.9996, rng=rng)
    assert 0 < np.sum(mask) < 120, (  # 32 are to be expected; by chance: e^-32
        "With p close to 1 the share of True is not 1 - p. Is p rounded, is a row or a unit spared, or does "
        "a row that has lost all of its units get one back?"
    )


@pytest.mark.exercise("dropout_mask")
def test_examples_and_units_have_masks_of_their_own(student, rng):
    """Two rows of a mask have nothing to do with each other, and neither have two columns."""
    mask = student.dropout_mask((200, 200), p=0.3, rng=rng)
    signs = np.where(mask, 1.0, -1.0)
    for alike in (signs @ signs.T, signs.T @ signs):  # in which share of 200 places two lines agree
        share = (alike[~np.eye(200, dtype=bool)] / 200 + 1) / 2
        assert share.max() < 0.9 and share.min() > 0.2, (  # by chance: e^-40
            "Two examples of the batch, or two units, are dropped nearly always together, or nearly always "
            "one without the other. The shape includes the batch: every entry is drawn on its own."
        )
    shares = np.concatenate([mask.mean(axis=0), mask.mean(axis=1)])
    assert np.all((shares > 0.42) & (shares < 0.95)), (  # by chance: 1e-12
        "An example or a unit, perhaps the first or the last, loses far more or far less than the share p: "
        "every entry has the same probability, wherever it stands."
    )
    for half in (mask[:100], mask[100:]), (mask[:, :100], mask[:, 100:]):
        assert laws.independent(*map(np.ravel, half), 0.7), (
            "One half of the mask follows from the other: every entry is drawn on its own."
        )
    masks = [student.dropout_mask(shape, p=0.3, rng=rng) for shape in ((2, 3, 8, 60), (6, 8, 60))]
    for each in (part for mask in masks for part in (mask.reshape(-1, 60), mask.reshape(-1, 60).T)):
        assert len(np.unique(each, axis=0)) > 0.9 * len(each) and not np.all(
            each.all(axis=1) | ~each.any(axis=1)
        ), (
            "With three axes or four not all entries look as if drawn on their own: is a channel, a row "
            "or a column dropped as a whole, or does one mask serve several examples or channels?"
        )


@pytest.mark.exercise("dropout_mask")
def test_how_many_are_dropped_is_left_to_chance(student, rng):
    """The number of units that are dropped varies: now and then none of a few."""
    masks = np.array(student.dropout_mask.times(CALLS, (64,), p=0.5, rng=rng))
    assert len(set(masks.sum(axis=1))) > 1, (  # by chance: 1e-49
        "Of many units the same number is dropped in each call. Is it fixed, instead of a draw for each unit?"
    )
    assert each_alone(masks), NOT_ALONE
    pairs = [mask.any() for mask in student.dropout_mask.times(45, (2,), p=0.7, rng=rng)]
    rows = student.dropout_mask((60, 1), p=0.7, rng=rng), student.dropout_mask((60, 2), p=0.7, rng=rng)
    assert not all(pairs) and not any(each.any(axis=1).all() for each in rows), (  # by chance: 0.51^45
        "Of one or two units one is always kept. Now and then chance drops all of them, and nobody puts one "
        "back."
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
    for shape in ((7,), (3, 50), (2, 3, 4), (200, 100)):
        mask = student.dropout_mask(shape, p=0.0, rng=rng)
        assert mask.shape == shape and mask.all(), (
            "With p = 0 nothing is dropped, so all of the mask is True."
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
