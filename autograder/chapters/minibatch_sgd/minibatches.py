"""Mini-batches, `minibatches`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import conventions, examples, mistakes

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
        "The batches are not the slices of rng.permutation(n), one after the other and the first numbers "
        "first. Draw that permutation once, and cut it without another look."
    )


@pytest.mark.exercise("minibatches")
@pytest.mark.parametrize(("n", "size"), [(23, 6), (12, 4), (7, 1), (6, 6), (1, 3)])
def test_every_example_comes_once(student, rng, n, size):
    """In one epoch every example comes exactly once, whether or not the batch size divides their number."""
    found = batches(student, n, size, rng=rng)
    assert sorted(number for batch in found for number in batch) == list(range(n)), (
        "An epoch has left examples out, or shown some twice. It is one pass: where does each slice begin "
        "and end, and what becomes of the examples that do not fill a batch?"
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
    for n, size in ((19, 4), (9, 9), (8, 11)):
        ours, theirs = twins(rng)
        found = [[i for batch in batches(student, n, size, rng=theirs) for i in batch] for _ in range(2)]
        assert found == [ours.permutation(n).tolist() for _ in range(2)], (
            "Two epochs are not the first two permutations of the generator. Is every draw made from the rng "
            "that was handed over, and is there one draw an epoch, also where one batch holds all examples?"
        )
        assert student.stands_at(theirs, ours), (
            "After the epochs the generator stands elsewhere: something besides the permutations was drawn "
            "from it."
        )


@pytest.mark.exercise("minibatches")
def test_drop_last_drops_what_is_not_full(student, rng):
    """With drop_last a batch that is not full is left out, and a full one stays; the draw is the same."""
    for n, size in ((23, 6), (24, 6), (7, 7), (5, 8)):
        ours, theirs = twins(rng)
        order = ours.permutation(n).tolist()
        want = [order[start : start + size] for start in range(0, n - size + 1, size)]
        assert batches(student, n, size, rng=theirs, drop_last=True) == want, (
            "With drop_last the batches are others than the full slices of the permutation. A last batch "
            "that happens to be full stays; with fewer examples than one batch nothing is left."
        )
        assert student.stands_at(theirs, ours), (
            "With drop_last the generator stands elsewhere after the epoch. It draws one permutation as "
            "always, also where no batch is full."
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


ORDER, SLICE = "order = rng.permutation(n)", "batch = order[start : start + batch_size]"
KEPT = "if len(batch) == batch_size or not drop_last:"


class EvenSizes:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = rng.permutation(n)
        for batch in np.array_split(order, -(-n // batch_size)):
            if len(batch) == batch_size or not drop_last:
                yield batch


class BlocksShuffled:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        blocks = [np.arange(start, min(start + batch_size, n)) for start in range(0, n, batch_size)]
        for i in rng.permutation(len(blocks)):
            if len(blocks[i]) == batch_size or not drop_last:
                yield blocks[i]


class AlwaysDropsOne:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = rng.permutation(n)
        for start in range(0, n - batch_size * drop_last, batch_size):
            yield order[start : start + batch_size]


class OneBatchNotShuffled:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = rng.permutation(n) if batch_size < n else np.arange(n)
        for start in range(0, n, batch_size):
            batch = order[start : start + batch_size]
            if len(batch) == batch_size or not drop_last:
                yield batch


class NothingDrawnForNothing:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        if drop_last and n < batch_size:
            return
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            batch = order[start : start + batch_size]
            if len(batch) == batch_size or not drop_last:
                yield batch


class WholeSetEachTime:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        for start in range(0, n, batch_size):
            order = rng.permutation(n)
            batch = order[start : start + batch_size]
            if len(batch) == batch_size or not drop_last:
                yield batch


MISTAKES = mistakes(
    "minibatches",
    (
        "not_shuffled",
        "The examples come in the order of their numbers. If they are sorted by class, each batch shows "
        "one class only: where is the permutation?",
        (ORDER, "order = np.arange(n)"),
    ),
    (
        "own_generator",
        "The order comes from a generator made inside, so that every epoch repeats the first one's. Draw "
        "from the rng that is handed over.",
        (ORDER, "order = np.random.default_rng(0).permutation(n)"),
    ),
    (
        "last_batch_always_dropped",
        "What does not fill a batch is always left out, drop_last or not. By default the last batch is "
        "short, and with fewer examples than batch_size it is the only one.",
        (KEPT, "if len(batch) == batch_size:"),
    ),
    (
        "drop_last_ignored",
        "The short last batch comes although drop_last asks to leave it out. Look at what is yielded when.",
        (KEPT, "if len(batch):"),
    ),
    (
        "drop_last_drops_a_full_one",
        "With drop_last a last batch is left out even when it is full. Only one that holds fewer than "
        "batch_size examples goes: look at where your loop ends when batch_size divides n.",
        AlwaysDropsOne,
    ),
    (
        "sizes_evened_out",
        "The batches are as equal as can be, the way np.array_split makes them. Here all are full but the "
        "last: cut at multiples of batch_size.",
        EvenSizes,
    ),
    (
        "filled_up_from_the_front",
        "The last batch is filled up with examples from the beginning of the permutation, which so come "
        "twice in the epoch. It stays short: look at how indices beyond the end are treated.",
        (SLICE, "batch = np.take(order, np.arange(start, start + batch_size), mode='wrap')"),
    ),
    (
        "every_kth_example",
        "Each batch takes examples at equal distances in the permutation. The batches are consecutive "
        "slices: the first one holds the first numbers.",
        (SLICE, "batch = order[start // batch_size :: -(-n // batch_size)]"),
    ),
    (
        "blocks_shuffled",
        "Only whole batches change their place; which examples stand together in one is the same in every "
        "epoch. The examples are what is permuted, before they are cut.",
        BlocksShuffled,
    ),
    (
        "sorted_inside",
        "Inside of each batch the numbers are sorted. The batches are slices of the permutation as it is.",
        (SLICE, "batch = np.sort(order[start : start + batch_size])"),
    ),
    (
        "new_permutation_for_each_batch",
        "A new permutation is drawn for every batch, so that within one epoch some examples come twice and "
        "others never. One permutation serves the epoch: look at what stands before the loop.",
        WholeSetEachTime,
    ),
    (
        "one_batch_not_shuffled",
        "Where one batch holds all examples they come in the order of their numbers, and nothing is drawn. "
        "Every epoch draws one permutation, however large the batches are.",
        OneBatchNotShuffled,
    ),
    (
        "nothing_drawn_where_nothing_is_left",
        "Where drop_last leaves no batch, no permutation is drawn, so that the generator stands elsewhere "
        "afterwards. Every epoch draws exactly one: draw it before you look at the sizes.",
        NothingDrawnForNothing,
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class DrawnIndependently:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        for start in range(0, n, batch_size):
            size = min(batch_size, n - start)
            if size == batch_size or not drop_last:
                yield rng.integers(n, size=size)


CONVENTIONS = conventions(
    "minibatches",
    (
        "drawn_with_replacement",
        "Every batch is drawn from all examples, repeats allowed: the independent draws of the "
        "theorems, from Robbins & Monro on. In practice, and here, an epoch is a permutation cut into "
        "slices.",
        DrawnIndependently,
    ),
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
