"""Stochastic depth, `drop_path`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, laws, mistakes, variants

from ..shared import number, twins

# --- Checks -------------------------------------------------------------------------------------------------


def kept(y):
    """Which examples have an entry that is not zero."""
    return np.any(np.asarray(y) != 0, axis=tuple(range(1, np.ndim(y))))


@pytest.mark.exercise("drop_path", weight=2)
def test_examples_stay_whole_or_go(student, rng):
    """Each example is zero in all its entries, or the input over 1 - p in all of them."""
    for shape, p in (((60, 3), 0.4), ((120, 2, 3, 2), 0.7), ((120,), 0.2), ((9000,), 0.996)):
        x = rng.uniform(1, 2, size=shape)
        y = student.drop_path(x, p=p, training=True, rng=rng)
        stays = kept(y) if len(shape) > 1 else y != 0
        assert 0 < stays.sum() < len(x) and close(y[stays], x[stays] / (1 - p)), (
            "An example that stays is not the input divided by 1 - p, in every entry, or none goes."
        )
        assert not np.any(y[~stays]), "An example that goes is zero in every entry."


@pytest.mark.exercise("drop_path", weight=2)
def test_p_is_the_share_of_examples_that_go(student, rng):
    """Each example is dropped with probability p, for a small and a large p."""
    for p, n in ((0.2, 1200), (0.7, 1200), (0.004, 9000)):
        stay = kept(student.drop_path(np.ones((n, 1)), p=p, training=True, rng=rng))
        assert laws.share(stay, 1 - p, against=[p, 0.5], refuse=1e-12) and not stay.all(), (
            "The share of examples that stay is not 1 - p, beyond what chance explains. p is the probability "
            "of dropping, a small one too."
        )
        if p == 0.7:
            assert laws.share(stay[:600], 1 - p, against=0.6, refuse=1e-12), (
                "Examples in front of the batch stay more often than others, or less often. Each has the "
                "same probability."
            )
            twos = ((stay[0::2], stay[1::2]), (stay[:600], stay[600:]), (stay[:600], stay[:599:-1]))
            assert all(laws.independent(*two, 1 - p, refuse=1e-12) for two in twos), (
                "Examples share a draw, or one's draw decides against another: neighbours, or the two halves "
                "of a batch. Each has a draw of its own."
            )


@pytest.mark.exercise("drop_path")
def test_how_many_go_is_left_to_chance(student, rng):
    """The number of examples that go varies: now and then none of two, now and then both."""
    x = np.ones((2, 2))
    both = np.array([*map(kept, student.drop_path.times(100, x, p=0.5, training=True, rng=rng))])
    assert laws.share(both.all(axis=1), 0.25, against=0.0), (
        "Of two examples, both should stay about every fourth time at p = 0.5: each has a draw of its own."
    )
    assert not both.any(axis=1).all() and not both.all(axis=0).any(), (  # by chance: 4e-13
        "Of two examples, one always stays, or never do both go. Every example may go, and all of them "
        "together: nothing is drawn again."
    )
    ones = student.drop_path.times(40, x[:1], p=0.5, training=True, rng=rng)
    alone = [bool(kept(one).all()) for one in ones]
    assert 0 < sum(alone) < 40, (  # by chance: 2^-39
        "A batch of one example always stays, or always goes: that one has a draw, too."
    )


@pytest.mark.exercise("drop_path")
def test_inference_changes_nothing(student, rng):
    """Otherwise than in training the answer is the input, also where training drops much."""
    x, p = rng.normal(size=(40, 3)), number(rng, 0.5, 0.8)
    assert not close(student.drop_path(x, p=p, training=True, rng=rng), x), (
        "In training no example is dropped."
    )
    assert close(student.drop_path(x, p=p, training=False, rng=rng), x), (
        "Outside of training the answer is not the input: nothing is dropped, and nothing is scaled."
    )
    assert close(student.drop_path(x, p=0.0, training=True, rng=rng), x), (
        "With p = 0 every example stays as it is."
    )


@pytest.mark.exercise("drop_path")
def test_each_call_drops_others(student, rng):
    """Two calls drop independently, and generators in the same state drop the same examples."""
    ours, theirs = twins(rng)
    x = np.ones((300, 2))
    first, second = (student.drop_path(x, p=0.3, training=True, rng=ours) for _ in range(2))
    assert laws.independent(kept(first), kept(second), 0.7), "Two calls drop the same examples."
    assert close(student.drop_path(x, p=0.3, training=True, rng=theirs), first), (
        "Two generators in the same state dropped different examples: something is drawn from elsewhere."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


KEPT = "kept = rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p"
ANSWER = "return x * kept / (1 - p)"
EVAL = "return x.copy()"

MISTAKES = mistakes(
    "drop_path",
    (
        "dropout",
        "Single entries are dropped: that is dropout. Here an example stays whole or goes as a whole.",
        (KEPT, "kept = rng.random(x.shape) >= p"),
    ),
    (
        "all_or_nothing",
        "One draw decides for the whole batch. Every example has a draw of its own.",
        (KEPT, "kept = rng.random() >= p"),
    ),
    (
        "columns_dropped",
        "Features are dropped in all examples. It is the other axis: the first one counts the examples.",
        (KEPT, "kept = rng.random(x.shape[1:]) >= p"),
    ),
    (
        "p_is_keeping",
        "An example stays with probability p, and is divided by p. Here p is the probability of dropping.",
        (KEPT, KEPT.replace(">= p", "< p")),
        (ANSWER, "return x * kept / p if p > 0 else x.copy()"),
    ),
    (
        "keeps_with_p",
        "An example stays with probability p. Look at which way the comparison goes.",
        (KEPT, KEPT.replace(">= p", "< p")),
    ),
    (
        "not_scaled",
        "The examples that stay are not divided by 1 - p, so that the mean becomes smaller.",
        (ANSWER, "return x * kept"),
    ),
    (
        "divided_by_p",
        "The examples that stay are divided by p. It is 1 - p, the share that stays.",
        (ANSWER, "return x * kept / p if p > 0 else x * kept"),
    ),
    (
        "drops_always",
        "Examples are dropped outside of training as well: look at the argument training.",
        (EVAL, "pass"),
    ),
    (
        "fixed_number_dropped",
        "The same number of examples goes in every call. How many go is left to chance, example by example.",
        (
            KEPT,
            "kept = np.ones(len(x), dtype=bool)\n"
            "    kept[rng.permutation(len(x))[: round(p * len(x))]] = False\n"
            "    kept = kept.reshape((-1,) + (1,) * (x.ndim - 1))",
        ),
    ),
    (
        "other_generator",
        "The draws come from a generator of your own with a fixed seed, so that every call drops the same "
        "examples.",
        (KEPT, KEPT.replace("rng.random", "np.random.default_rng(0).random")),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "drop_path",
    (
        "scaled_at_inference",
        "Nothing is scaled in training, and the answer is multiplied with 1 - p at inference: the form of "
        "Huang et al. Here it is scaled in training, so that inference needs no thought.",
        (EVAL, "return x * (1 - p)"),
        (ANSWER, "return x * kept"),
    ),
)

# --- Variants -----------------------------------------------------------------------------------------------


class DropsRowByRow:
    """One draw after the other, for one example after the other."""

    def drop_path(x, *, p, training, rng):
        answer = np.array(x, dtype=float)
        if training:
            for i in range(len(answer)):
                answer[i] = 0.0 if rng.uniform() < p else answer[i] / (1 - p)
        return answer


class DropsByBinomial:
    """A binomial draw of 0 or 1 for each example, as a factor; einsum spreads it over the other axes."""

    def drop_path(x, *, p, training, rng):
        if not training or p == 0:
            return 1.0 * x
        factors = rng.binomial(1, 1 - p, size=x.shape[0]) / (1 - p)
        return np.einsum("n,n...->n...", factors, x)


class DropsByChoice:
    """Chooses True or False with their probabilities, and fills zeros."""

    def drop_path(x, *, p, training, rng):
        stays = (
            rng.choice([True, False], size=len(x), p=[1 - p, p]) if training else np.ones(len(x), dtype=bool)
        )
        answer = np.zeros(x.shape)
        answer[stays] = x[stays] / (1 - p if training else 1)
        return answer


VARIANTS = variants("drop_path", DropsRowByRow, DropsByBinomial, DropsByChoice)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "drop_path",
    "drop_path(np.array([[2.0, 3.0]]), p=0.5, training=False, rng=np.random.default_rng(0))",
    "drop_path(np.array([[2.0, 3.0], [1.0, 4.0]]), p=0.0, training=True, rng=np.random.default_rng(0))",
    """
    y = drop_path(np.ones((200, 3)), p=0.75, training=True, rng=np.random.default_rng(0))
    np.unique(y, axis=0)
    """,
)
