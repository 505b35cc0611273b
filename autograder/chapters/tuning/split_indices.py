"""Training, validation and test set, `split_indices`: hidden checks, named mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import conventions, examples, laws, mistakes

from ..shared import seeds_another
from .shared import nested_ints

# --- Checks -------------------------------------------------------------------------------------------------


def parts(player: Any, n: int, *, val: float, test: float, rng: np.random.Generator) -> list[list[int]]:
    """The three parts of a split, read through the adapter."""
    return as_parts(player.show_split(n, val=val, test=test, rng=rng))


def as_parts(answer: Any) -> list[list[int]]:
    found = nested_ints(answer, 2)
    assert len(found) == 3, "split_indices returns three parts: (train, val, test)."
    return found


@pytest.mark.exercise("split_indices", weight=0.5)
@pytest.mark.parametrize(
    ("n", "val", "test"),
    [
        (37, 0.25, 0.13),
        (90, 0.11, 0.37),
        (11, 0.3, 0.0),
        (5, 0.1, 0.5),
        (1, 0.0, 0.5),
        (100, 0.29, 0.57),
        (16, 0.125, 0.3125),
    ],
)
def test_shares_are_rounded_down(student, rng, n, val, test):
    """Validation and test have their share of all examples, rounded down, and training has the rest."""
    sizes = [len(part) for part in parts(student, n, val=val, test=test, rng=rng)]
    want = [int(n * val), int(n * test)]
    assert sizes == [n - sum(want), *want], (
        "The parts have other sizes. val and test are shares of all n examples, each cut to a whole number "
        "as int(n * val) does; one may have no examples, and what is left is there to train on. The order "
        "is (train, val, test)."
    )


@pytest.mark.exercise("split_indices", weight=2)
def test_every_example_is_in_one_part(student, rng):
    """No example is in two parts, and none is lost."""
    for n, val, test in ((150, 0.2, 0.2), (33, 0.4, 0.3), (17, 0.15, 0.5)):
        found = parts(student, n, val=val, test=test, rng=rng)
        assert len(found[1]) and len(found[2]), "There are no examples to validate or to test on."
        assert sorted(i for part in found for i in part) == list(range(n)), (
            "Some example is in two parts, or in none. An example that was trained on cannot measure what "
            "was learned, and one that is lost is a pity. Does a small kind of integer overflow?"
        )


@pytest.mark.exercise("split_indices", weight=2)
def test_chance_decides_who_is_where(student, rng):
    """Examples from the front of the data are as likely in each part as others."""
    n = 1000
    train, val, test = parts(student, n, val=0.25, test=0.25, rng=rng)
    assert sorted([*train, *val, *test]) == list(range(n)), (
        "With many examples, one is in two parts or in none. Does a small kind of integer overflow?"
    )
    # Draws without replacement: the bound of independent ones holds for them too (Hoeffding 1963, section 6).
    front = [np.isin(np.arange(n // 2), part) for part in (train, test)]
    for hits, p in zip(front, (0.5, 0.25), strict=True):
        assert laws.share(hits, p, against=[0.0, 2 * p]), (
            "The front half of the examples is in one part too often or too seldom. If the data are sorted, "
            "such parts have nothing in common: shuffle before cutting."
        )
    together = np.isin(np.arange(n), train)
    assert laws.share(together[0::2] == together[1::2], 250 / 499.5 - 1 / 999, against=[0.0, 1.0]), (
        "Neighbours in the data go to one part too often or never: the examples are dealt block by block."
    )
    halves = student.show_split.times(350, 2, val=0.5, test=0.0, rng=rng)
    first = [as_parts(half)[1] == [0] for half in halves]
    assert laws.share(first, 0.5, against=0.75, miss=0.05), (
        "Of two examples the same one is validated on too often. Every order is equally likely, for two "
        "examples as for many. Are the places ranks of whole numbers that were drawn? These have ties, which "
        "the sort settles by the order of the data."
        if len(set(first)) > 1
        else "Of two examples the validation part has always the same one, or none. Half of two is one; for "
        "two, as for many, it is drawn, and an example may also stay where it was."
    )


@pytest.mark.exercise("split_indices")
def test_each_split_is_drawn_from_the_generator(student, rng):
    """The generator decides: the same state gives the same split, drawing on gives another."""
    for val, test in ((0.3, 0.3), (0.3, 0.0), (0.0, 0.3)):
        seed = int(rng.integers(2**32))
        ours, theirs = (np.random.default_rng(seed) for _ in range(2))
        first, *others = (parts(student, 100, val=val, test=test, rng=ours) for _ in range(4))
        assert parts(student, 100, val=val, test=test, rng=theirs) == first, (
            "Two generators in the same state gave different splits: something is drawn from elsewhere."
        )
        assert not seeds_another(student, theirs, seed), (
            "One number alone is drawn from rng, and the split comes from another generator that it seeds, "
            "or is one of few: there are far more splits than such a number has values."
        )
        seen = [[sorted(part) for part in found] for found in (first, *others)]
        assert all(found not in seen[:i] for i, found in enumerate(seen)), (
            "A later split from the same generator has the same examples in each part as an earlier one. If "
            "no part is empty or has all: is the order drawn from the rng handed over, and are all n "
            "shuffled before any part is cut?"
        )


# --- Mistakes -----------------------------------------------------------------------------------------------


SIZES = "n_val, n_test = int(n * val), int(n * test)"
ORDER = "order = rng.permutation(n)"
CUT = "return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]"

MISTAKES = mistakes(
    "split_indices",
    (
        "not_shuffled",
        "The parts are cut from the examples in their own order. If they are sorted by class, one part has "
        "classes that another never sees: shuffle first.",
        (ORDER, "order = np.arange(n)"),
    ),
    (
        "own_generator",
        "The order comes from a generator made inside, so that every split is the same. Draw from the rng "
        "that is handed over.",
        (ORDER, "order = np.random.default_rng(0).permutation(n)"),
    ),
    (
        "shares_rounded_to_nearest",
        "The sizes are rounded to the nearest whole number. They are rounded down, and what is left over is "
        "there to train on.",
        (SIZES, "n_val, n_test = round(n * val), round(n * test)"),
    ),
    (
        "rounded_before_the_floor",
        "The product of n and a share is rounded before it is cut, so that one just below a whole number "
        "counts as that number. The size asked for is `int(n * val)`.",
        (SIZES, "n_val, n_test = (int(np.floor(np.round(n * share, 9))) for share in (val, test))"),
    ),
    (
        "counted_from_the_end",
        "Where a part has no examples all go into it, for order[-0:] is the whole of order. Count from the "
        "front.",
        (CUT, "return order[: -n_val - n_test], order[-n_val - n_test : -n_test], order[-n_test:]"),
    ),
    (
        "cut_from_the_end_in_turn",
        "Parts are cut off from the end, and where a part has no examples rest[-0:] is the whole of rest. "
        "Count from the front.",
        (
            CUT,
            "rest, last = order[:-n_test], order[-n_test:]\n    return rest[:-n_val], rest[-n_val:], last",
        ),
    ),
    (
        "share_of_what_is_left",
        "The validation part is a share of what the test part has left. Both are shares of all n examples.",
        (SIZES, "n_test = int(n * test)\n    n_val = int((n - n_test) * val)"),
    ),
    (
        "val_and_test_swapped",
        "The parts for validation and test have changed places: the order asked for is (train, val, test), "
        "each with its own share.",
        (CUT, "return order[n_val + n_test :], order[n_val : n_val + n_test], order[:n_val]"),
    ),
    (
        "trains_on_everything",
        "The training part is everything, with the examples that are to be validated and tested on: it "
        "leaks.",
        (CUT, "return order, order[:n_val], order[n_val : n_val + n_test]"),
    ),
    (
        "validation_inside_training",
        "The test part is set aside, and the validation examples are trained on all the same. Cut them out "
        "of the training part too.",
        (CUT, "return order[n_test:], order[n_test : n_test + n_val], order[:n_test]"),
    ),
    (
        "parts_drawn_apart",
        "Each part is drawn on its own, so that some examples are in two parts and others in none. One order "
        "of all examples serves all three: cut it.",
        (
            CUT,
            "n_train = n - n_val - n_test\n"
            "    return order[:n_train], rng.permutation(n)[:n_val], rng.permutation(n)[:n_test]",
        ),
    ),
    (
        "drawn_with_replacement",
        "The order is drawn with replacement, so that some examples come several times and others never.",
        (ORDER, "order = rng.integers(n, size=n)"),
    ),
    (
        "every_few",
        "Every few examples one goes into validation or test: that is regular, not random. In data that come "
        "in a rhythm it picks always the same kind.",
        (
            ORDER,
            "ranks = np.linspace(0, n, int(n * val) + int(n * test), endpoint=False).astype(int)\n"
            "    order = np.concatenate([ranks[::2], ranks[1::2], np.setdiff1d(np.arange(n), ranks)])",
        ),
    ),
    free={"rounded_before_the_floor": ("np.round(n * share, {})", ("9", "6", "8", "10", "12"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


class RoundsUp:
    def split_indices(n, *, val, test, rng):
        order = rng.permutation(n)
        n_val, n_test = int(np.ceil(n * val)), int(np.ceil(n * test))
        return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]


CONVENTIONS = conventions(
    "split_indices",
    (
        "rounded_up",
        "The sizes are rounded up, as scikit-learn's train_test_split does with the test part. Here "
        "shares are rounded down.",
        RoundsUp,
    ),
)


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "split_indices",
    """
    rng = np.random.default_rng(0)
    sorted({int(split_indices(4, val=0.25, test=0.25, rng=rng)[1][0]) for _ in range(100)})
    """,
    "[len(part) for part in split_indices(4, val=0.25, test=0.0, rng=np.random.default_rng(0))]",
)
