"""Mini-batches, `minibatches`: hidden checks and named mistakes."""

import pytest

from autograder.checking import examples

from ..shared import twins
from .shared import batches

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("minibatches", weight=2)
def test_an_epoch_is_one_permutation_cut_into_slices(student, rng):
    """The batches of an epoch are consecutive slices of one permutation drawn from rng."""
    n, size = 20, 5
    ours, theirs = twins(rng)
    order = ours.permutation(n).tolist()
    want = [order[start : start + size] for start in range(0, n, size)]
    assert batches(student, n, size, rng=theirs) == want, (
        "Looked at when the epoch is over, the batches are not the slices of rng.permutation(n), one after "
        "the other and the first numbers first. Is that permutation drawn once and cut without another "
        "look, and does a batch stay as it is when the next one comes?"
    )


@pytest.mark.exercise("minibatches")
@pytest.mark.parametrize(("n", "size"), [(23, 6), (1100, 1), (7, 1), (6, 6), (1, 3)])
def test_every_example_comes_once(student, rng, n, size):
    """In one epoch every example comes exactly once, whether or not the batch size divides their number."""
    found = batches(student, n, size, rng=rng)
    assert sorted(number for batch in found for number in batch) == list(range(n)), (
        "Looked at when the epoch is over, its batches do not hold every example once. It is one pass: where "
        "does each slice begin and end, what becomes of the examples that do not fill a batch, and does a "
        "batch stay as it is when the next one comes? There may be more than a thousand batches."
    )


@pytest.mark.exercise("minibatches")
def test_only_the_last_batch_is_short(student, rng):
    """All batches are full but the last, which holds what is left over, however few examples there are."""
    for n, size in ((23, 6), (25, 6), (5, 8), (12, 4)):
        sizes = [len(batch) for batch in batches(student, n, size, rng=rng)]
        assert sizes == [size] * (n // size) + [n % size] * (n % size > 0), (
            "The batches have other sizes than they should: batch_size each, and a shorter one at the end "
            "where batch_size does not divide n, also where n is below batch_size."
        )


@pytest.mark.exercise("minibatches")
def test_each_epoch_draws_a_permutation_of_its_own(student, rng):
    """Each epoch takes one permutation from the generator and nothing else, also where B is n or more."""
    for n, size in ((19, 4), (9, 9), (8, 11), (5, 1)):
        ours, theirs = twins(rng)
        found = [[i for batch in batches(student, n, size, rng=theirs) for i in batch] for _ in range(2)]
        assert found == [ours.permutation(n).tolist() for _ in range(2)], (
            "Two epochs are not the first two permutations of the generator. Is every draw made from the "
            "rng that was handed over, and is there one draw an epoch, also where one batch holds all "
            "examples, or each batch one?"
        )
        assert student.stands_at(theirs, ours), (
            "After the epochs the generator stands elsewhere: something besides the permutations was drawn "
            "from it."
        )


@pytest.mark.exercise("minibatches")
def test_drop_last_drops_what_is_not_full(student, rng):
    """With drop_last a batch that is not full is left out, and a full one stays; the draw is the same."""
    for n, size in ((23, 6), (24, 6), (4, 1), (7, 7), (5, 8), (65_600, 32_801)):
        ours, theirs = twins(rng)
        order = ours.permutation(n).tolist()
        want = [order[start : start + size] for start in range(0, n - size + 1, size)]
        assert student.show_batches(n, size, rng=theirs, drop_last=True) == str(want), (
            "With drop_last the batches are others than the full slices of the permutation. A last batch "
            "that happens to be full stays; with fewer examples than one batch nothing is left; and the "
            "numbers of tens of thousands of examples need more than 16 bits."
        )
        assert student.stands_at(theirs, ours), (
            "With drop_last the generator stands elsewhere after the epoch. It draws one permutation as "
            "always, also where no batch is full."
        )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "minibatches",
    "[[int(i) for i in batch] for batch in minibatches(6, 4, rng=np.random.default_rng(7))]",
    """
    rng = np.random.default_rng(0)
    [[len(batch) for batch in minibatches(n, 3, rng=rng, drop_last=True)] for n in (6, 7, 2)]
    """,
    """
    rng = np.random.default_rng(0)
    [[int(i) for batch in minibatches(5, 2, rng=rng) for i in batch] for _ in range(2)]
    """,
    """
    rng = np.random.default_rng(0)
    whole = [[int(i) for i in batch] for batch in minibatches(4, 4, rng=rng)]
    none = list(minibatches(3, 4, rng=rng, drop_last=True))
    whole, none, int(rng.integers(1000))  # each of the two has drawn a permutation
    """,
)
