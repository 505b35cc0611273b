"""Unusual but right answers to `minibatches`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class SplitAtMultiples:
    """np.split at multiples of the batch size; a list comes back and not a generator."""

    def minibatches(n, batch_size, *, rng, drop_last=False):
        cut = np.split(rng.permutation(n), range(batch_size, n, batch_size))
        return [batch for batch in cut if not drop_last or batch.size == batch_size]


class ShuffledInPlace:
    """Shuffles its own arange, which draws the same; a while loop; lists come through another generator."""

    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = np.arange(n)
        rng.shuffle(order)
        left = order.tolist()

        def batches():
            rest = left
            while rest:
                batch, rest = rest[:batch_size], rest[batch_size:]
                if drop_last and len(batch) < batch_size:
                    return
                yield batch

        yield from batches()


class CountedFirst:
    """Counts the batches first, by ceil or floor, and yields int32 copies."""

    def minibatches(n, batch_size, *, rng, drop_last=False):
        count = int(np.floor(n / batch_size) if drop_last else np.ceil(n / batch_size))
        order = rng.permutation(n).astype(np.int32)
        for i in range(count):
            yield order[i * batch_size : (i + 1) * batch_size].copy()


VARIANTS = variants("minibatches", SplitAtMultiples, ShuffledInPlace, CountedFirst)
