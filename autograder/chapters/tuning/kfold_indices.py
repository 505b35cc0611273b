"""Folds, `kfold_indices`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import examples, laws, mistakes

from ..shared import seeds_another
from .shared import nested_ints

# --- Checks -------------------------------------------------------------------------------------------------


def folds(player: Any, n: int, k: int, *, rng: np.random.Generator) -> list[list[list[int]]]:
    """The pairs of the folds, read through the adapter."""
    return as_pairs(player.show_folds(n, k, rng=rng))


def as_pairs(answer: Any) -> list[list[list[int]]]:
    found = nested_ints(answer, 3)
    assert all(len(pair) == 2 for pair in found), "Each fold is a pair: (fit, held)."
    return found


@pytest.mark.exercise("kfold_indices", weight=0.4)
@pytest.mark.parametrize(("n", "k"), [(23, 4), (24, 4), (30, 7), (9, 9), (11, 2)])
def test_the_first_folds_have_one_more(student, rng, n, k):
    """k folds are held out; where k does not divide n the first ones have one example more."""
    found = folds(student, n, k, rng=rng)
    assert len(found) == k, "There are not k folds."
    want = [n // k + (i < n % k) for i in range(k)]
    assert [len(held) for _, held in found] == want, (
        "The held-out parts have other sizes. All have n // k examples, and the first n mod k of them one "
        "more; nothing is left over, and nobody gets the whole rest."
    )


@pytest.mark.exercise("kfold_indices", weight=2)
def test_every_example_is_held_out_once(student, rng):
    """Over all folds every example is held out exactly once."""
    for n, k in ((150, 4), (26, 5), (8, 8), (129, 129)):
        found = folds(student, n, k, rng=rng)
        assert all(held for _, held in found), "A fold holds out nothing: are folds counted in small ints?"
        everyone = np.sort(np.concatenate([held for _, held in found]))
        assert np.array_equal(everyone, np.arange(n)), (
            "Some example is held out in two folds or in none. One order serves all folds of a call; the "
            "held-out part stands second in each pair. With many examples or folds, does a small kind of "
            "integer overflow?"
        )


@pytest.mark.exercise("kfold_indices", weight=5)
def test_no_fold_leaks(student, rng):
    """What is held out is not trained on, and everything else is."""
    for n, k in ((20, 4), (26, 12), (9, 2), (7, 7)):
        found = folds(student, n, k, rng=rng)
        assert len(found) == k, "There are not k folds."
        for fit, held in found:
            assert held and not set(fit) & set(held), (
                "Examples that are held out are trained on as well, or none are held out: such a fold "
                "measures memory."
            )
            assert sorted([*fit, *held]) == list(range(n)), (
                "A fold does not train on everything that it does not hold out, with few folds and with many."
            )


@pytest.mark.exercise("kfold_indices", weight=2)
def test_chance_decides_the_folds(student, rng):
    """Examples from the front of the data are in the first fold as often as others."""
    n, k = 1000, 4
    found = folds(student, n, k, rng=rng)
    assert len(found) == k, "There are not k folds."
    assert sorted(i for _, held in found for i in held) == list(range(n)), (
        "With many examples, one is held out in two folds or in none. Does a small kind of integer overflow?"
    )
    for _, held in (found[0], found[-1]):
        # Draws without replacement: the bound of independent ones holds for them too.
        hits = np.isin(np.arange(n // 2), held)
        assert laws.share(hits, 1 / k, against=[0.0, 2 / k]), (
            "A fold has too many or too few examples from the front of the data. If they are sorted, each "
            "fold then holds out what none of its training examples resembles: shuffle first."
        )
    fold_of = np.argsort(np.concatenate([held for _, held in found])) // (n // k)
    assert laws.share(fold_of[0::2] == fold_of[1::2], (n / k - 1) / (n - 1), against=[0.0, 1.0]), (
        "Neighbours in the data are in one fold too often or never: the examples are dealt block by block, "
        "or in turn. Every way to share them out is equally likely."
    )
    first = [as_pairs(two)[0][1] == [0] for two in student.show_folds.times(350, 2, 2, rng=rng)]
    assert laws.share(first, 0.5, against=0.75, miss=0.05), (
        "Of two examples the same one is held out first too often. Every order is equally likely, for two "
        "examples as for many. Are the places ranks of whole numbers that were drawn? These have ties, which "
        "the sort settles by the order of the data."
        if len(set(first)) > 1
        else "Of two examples the same one is held out first in every call: for two, as for many, it is "
        "drawn, and an example may also stay where it was."
    )


@pytest.mark.exercise("kfold_indices")
def test_folds_are_drawn_from_the_generator(student, rng):
    """The same state of the generator gives the same folds, drawing on gives others."""
    for n, k in ((80, 3), (24, 24), (80, 2), (6, 3)):
        seed = int(rng.integers(2**32))
        ours, theirs = (np.random.default_rng(seed) for _ in range(2))
        first, *others = (folds(student, n, k, rng=ours) for _ in range(7 if n == 6 else 4))
        assert folds(student, n, k, rng=theirs) == first, (
            "Two generators in the same state gave different folds: something is drawn from elsewhere."
        )
        assert n == 6 or not seeds_another(student, theirs, seed), (
            "One number alone is drawn from rng, and the folds come from another generator that it seeds, or "
            "are some of few: there are far more ways to share out than such a number has values."
        )
        held = [[sorted(part) for _, part in found] for found in (first, *others)]
        assert (
            any(each != held[0] for each in held[1:])
            and (  # by chance: 90^-6
                n < 80 or all(found not in held[:i] for i, found in enumerate(held))
            )
        ), "Further calls gave the same folds: is the order drawn from the rng, for any n and k?"


# --- Mistakes -----------------------------------------------------------------------------------------------


FOLDS = "folds = np.array_split(rng.permutation(n), k)"
PAIRS = "return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]"


class RestInTheLastFold:
    def kfold_indices(n, k, *, rng):
        order, size = rng.permutation(n), n // k
        edges = [i * size for i in range(k)] + [n]
        folds = [order[edges[i] : edges[i + 1]] for i in range(k)]
        return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


class RestDropped:
    def kfold_indices(n, k, *, rng):
        folds = np.split(rng.permutation(n)[: n // k * k], k)
        return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


class NewOrderForEachFold:
    def kfold_indices(n, k, *, rng):
        folds, start = [], 0
        for i in range(k):
            order, size = rng.permutation(n), n // k + (i < n % k)
            folds.append((np.delete(order, np.arange(start, start + size)), order[start : start + size]))
            start += size
        return folds


class EveryKth:
    def kfold_indices(n, k, *, rng):
        order = np.arange(n)
        return [(np.delete(order, np.arange(i, n, k)), order[i::k]) for i in range(k)]


MISTAKES = mistakes(
    "kfold_indices",
    (
        "trains_on_all",
        "Every fold trains on all examples, those held out among them: what is measured then is memory. "
        "Leave out the fold that is held out.",
        (PAIRS, "return [(np.concatenate(folds), folds[i]) for i in range(k)]"),
    ),
    (
        "trains_on_the_next_fold",
        "Every fold trains on one other fold only. All that is not held out is there to train on.",
        (PAIRS, "return [(folds[(i + 1) % k], folds[i]) for i in range(k)]"),
    ),
    (
        "pairs_turned_round",
        "The pairs are turned round: first stands what is trained on, the larger part, and second what is "
        "held out.",
        (PAIRS, "return [(folds[i], np.concatenate(folds[:i] + folds[i + 1 :])) for i in range(k)]"),
    ),
    (
        "trains_on_earlier_folds_only",
        "A fold trains on the folds before it only, as one does with series in time. Here the later ones "
        "belong to it too.",
        (PAIRS, "return [(np.concatenate(folds[:i] or folds[1:]), folds[i]) for i in range(k)]"),
    ),
    (
        "not_shuffled",
        "The folds are cut from the examples in their own order. If they are sorted by class, a fold holds "
        "out a class that it never trained on.",
        (FOLDS, "folds = np.array_split(np.arange(n), k)"),
    ),
    (
        "one_each_not_shuffled",
        "With one example in each fold nothing is shuffled. Which example is held out first is left to "
        "chance too.",
        (FOLDS, "folds = np.array_split(rng.permutation(n) if k < n else np.arange(n), k)"),
    ),
    (
        "own_generator",
        "The order comes from a generator made inside, so that the folds are the same in every call. Draw "
        "from the rng that is handed over.",
        (FOLDS, "folds = np.array_split(np.random.default_rng(0).permutation(n), k)"),
    ),
    (
        "rest_in_the_last_fold",
        "What does not divide goes to the last fold, which gets much larger than the others. The first n mod "
        "k folds take one example each.",
        RestInTheLastFold,
    ),
    (
        "rest_dropped",
        "Examples that do not fill k equal folds are lost. The first n mod k folds take one more each.",
        RestDropped,
    ),
    (
        "larger_folds_last",
        "The folds with one example more come last: they should come first.",
        (FOLDS, "folds = np.array_split(rng.permutation(n), k)[::-1]"),
    ),
    (
        "new_order_for_each_fold",
        "Every fold is cut from an order of its own, so that some examples are held out twice and others "
        "never. One order serves all folds of a call.",
        NewOrderForEachFold,
    ),
    (
        "every_kth_example",
        "Each fold holds out every k-th example, which is regular and not random: look for the draw.",
        EveryKth,
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "kfold_indices",
    """
    folds = kfold_indices(7, 3, rng=np.random.default_rng(0))
    np.sort(np.concatenate([held for fit, held in folds]))
    """,
    """
    rng = np.random.default_rng(0)
    sorted({int(kfold_indices(4, 4, rng=rng)[0][1][0]) for _ in range(100)})  # held out first
    """,
)
