"""Named mistakes of `minibatches`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

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


class OnlyTheKeptShuffled:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        n = n - n % batch_size if drop_last else n
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            yield order[start : start + batch_size]


class OneBuffer:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        order, buffer = rng.permutation(n), np.zeros(min(n, batch_size), dtype=int)
        for start in range(0, n, batch_size):
            size = min(batch_size, n - start)
            if size == batch_size or not drop_last:
                buffer[:size] = order[start : start + size]
                yield buffer[:size]


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
    (
        "only_the_kept_shuffled",
        "With drop_last the permutation is one of the examples that fill whole batches, so that the same "
        "ones are left out in every epoch. All n are shuffled, and what does not fill a batch then goes.",
        OnlyTheKeptShuffled,
    ),
    (
        "single_example_left_out",
        "A last batch of one example is left out. Without drop_last every example comes in each epoch.",
        (KEPT, "if len(batch) == batch_size or not (drop_last or len(batch) == 1 < n):"),
    ),
    (
        "one_batch_at_least",
        "With drop_last a batch that is not full comes where it is the only one. Then no batch is left.",
        (KEPT, "if len(batch) == batch_size or not drop_last or start == 0:"),
    ),
    (
        "one_buffer_for_all_batches",
        "All batches are parts of one array, which is filled anew for each: a batch that was handed out "
        "changes when the next one comes. Give each an array of its own, such as a slice of the permutation.",
        OneBuffer,
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
