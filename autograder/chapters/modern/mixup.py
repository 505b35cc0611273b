"""Mix-up, `mixup`: hidden checks, named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, laws, mistakes

from ..shared import twins

# --- Checks -------------------------------------------------------------------------------------------------


def read(M):
    """(λ, partners) of a matrix λ·I + (1 - λ)·P, or None; λ is None where nobody has a partner."""
    n = len(M)
    rest = M - np.diag(np.diag(M))
    partners = np.where(rest.max(axis=1) > 1e-9, rest.argmax(axis=1), np.arange(n))
    moved = partners != np.arange(n)
    if not moved.any():
        return (None, partners) if np.allclose(M, np.eye(n)) else None
    lam = 1 - rest[moved].max()
    P = np.eye(n)[partners]
    fits = np.array_equal(np.sort(partners), np.arange(n)) and np.allclose(M, lam * np.eye(n) + (1 - lam) * P)
    return (lam, partners) if fits else None


def mixes(M):
    """Whether this is a mixing matrix that gives somebody a partner."""
    found = read(np.asarray(M))
    return found is not None and found[0] is not None


NOT_MIXED = (
    "A batch of fifteen is not mixed with one λ and one permutation, or nobody in it has a partner: partners "
    "come from a random permutation."
)


@pytest.mark.exercise("mixup", weight=3)
def test_all_examples_are_mixed_with_one_weight(student, rng):
    """Every example with one partner, all by the same λ; each example is a partner once."""
    for _ in range(3):
        X, _ = student.mixup(np.eye(15), rng.normal(size=(15, 2)), alpha=2.0, rng=rng)
        assert mixes(X), (
            "The examples are not λ·x_i + (1 - λ)·x_π(i) with one λ and one permutation π for the whole "
            "batch."
        )


@pytest.mark.exercise("mixup", weight=2)
def test_targets_are_mixed_like_their_examples(student, rng):
    """The targets have the same λ and the same partners, whatever the shapes of both."""
    for shape in ((15, 4), (15, 2, 3, 2), (15,)):
        X, Y = rng.normal(size=shape), rng.normal(size=(15, 3))
        mixed, M = student.mixup(X, np.eye(15), alpha=2.0, rng=rng)
        assert mixes(M), NOT_MIXED
        assert close(mixed, np.tensordot(M, X, axes=1), atol=1e-9), (
            "An example is mixed with another weight or partner than its target."
        )
        M, mixed = student.mixup(np.eye(15), Y, alpha=2.0, rng=rng)
        assert mixes(M), NOT_MIXED
        assert close(mixed, M @ Y, atol=1e-9), (
            "A target is mixed with another weight or partner than its example."
        )
    student.mixup(np.zeros((1, 3)), Y[:1], alpha=2.0, rng=rng)  # for the engine's story of side effects


@pytest.mark.exercise("mixup", weight=2)
def test_the_weight_is_beta_distributed(student, rng):
    """Over many batches λ is Beta(α, α): near 0 or 1 for a small α, near one half for a large one."""
    for alpha, draws in ((0.15, 145), (4.0, 411)):
        mixed = student.mixup.times(draws + 30, np.eye(5), np.eye(5), alpha=alpha, rng=rng)
        found = [read(np.asarray(inputs)) for inputs, _ in mixed]
        weights = np.array([pair[0] for pair in found if pair is not None and pair[0] is not None][:draws])
        assert len(weights) == draws, (
            "Too often nobody in a batch of five has a partner, or it is not mixed with one λ and one "
            "permutation. Is λ, which may be very near to 0 or 1, rounded?"
        )
        assert laws.bounded_mean(
            (2 * weights - 1) ** 2, 1 / (2 * alpha + 1), low=0.0, high=1.0, against=1 / 3
        ), "λ does not scatter as Beta(α, α) does: how far it lies from one half depends on α."
        if alpha > 1:  # such a λ is never so close to 0 or 1 that a partner is not seen
            orders = np.array([pair[1] for pair in found if pair is not None and pair[0] is not None][:draws])
            alone = np.any(orders == np.arange(5), axis=1)
            assert laws.share(alone, 75 / 119, against=0.0), (
                "An example is its own partner in too few batches, or in too many. In a random permutation "
                "of five that happens to somebody in most batches, and to nobody in the others: nothing is "
                "drawn again, and nobody is kept from staying, or from moving."
            )
            assert len(np.unique(weights.round(12))) > 0.9 * draws, (
                "λ takes few values. Is it rounded, or one of some values that were fixed in advance?"
            )
            assert laws.share(np.abs(2 * weights - 1) > 0.6, 0.066688, against=0.0, refuse=1e-12), (
                "λ lies far from one half too seldom, or too often, for Beta(α, α), whatever its spread: it "
                "is another law."
            )
            assert laws.independent(weights > 0.5, orders[:, 0] < orders[:, -1], 0.5, refuse=1e-12), (
                "λ and the partners are not drawn independently: one can be guessed from the other."
            )
            rising = np.sum(np.diff(orders, axis=1) > 0, axis=1) == 3
            assert laws.share(rising, 26 / 119, against=0.485), (
                "Partners stand in the order of the batch too often, or too seldom. Ranks of whole numbers "
                "that were drawn have ties, which a sort settles by the order of the batch."
            )
        if alpha < 1:
            assert laws.bounded_mean(weights, 0.5, low=0.0, high=1.0, against=[0.1, 0.9]), (
                "λ is not one half on average: Beta(α, α) has no preference for either example."
            )
    # Not far smaller: where λ is a quotient of Gamma draws, nearly all of them are 0 and are drawn again.
    mixed = student.mixup.times(8, np.eye(5), np.eye(5), alpha=5e-8, rng=rng)
    small = [np.asarray(inputs) for inputs, _ in mixed]
    assert all(read(M) is not None for M in small), (
        "With a very small α the batch is not mixed with one λ and one permutation. Is λ NaN?"
    )
    assert sum(close(M, M.round(), atol=1e-15) for M in small) > 6, (  # by chance: 8e-11
        "With a very small α λ is nearly always as good as 0 or 1: it is not held away from them."
    )


@pytest.mark.exercise("mixup")
def test_partners_are_drawn_at_random(student, rng):
    """The permutation has no order of its own, and each call draws anew from the generator."""
    X, _ = student.mixup(np.eye(90), np.eye(90), alpha=3.0, rng=rng)
    found = read(np.asarray(X))
    assert found is not None and laws.shuffled(found[1]), (
        "The partners are not those of a random permutation."
    )
    assert not np.array_equal(found[1][found[1]], np.arange(90)), (
        "Examples are mixed in pairs, each with the other. In a random permutation one's partner has another "
        "partner as a rule."
    )
    ours, theirs = twins(rng)
    first, second = (student.mixup(np.eye(9), np.eye(9), alpha=1.0, rng=ours) for _ in range(2))
    assert not close(first, second), "Two calls give the same mixture: is it drawn from rng?"
    assert close(student.mixup(np.eye(9), np.eye(9), alpha=1.0, rng=theirs), first), (
        "Two generators in the same state gave different mixtures: something is drawn from elsewhere."
    )
    one = rng.normal(size=(1, 3))
    assert close(student.mixup(one, np.ones((1, 2)), alpha=2.0, rng=rng)[0], one), (
        "A batch of one example is mixed with itself: it stays as it is."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


LAM = "lam = rng.beta(alpha, alpha)"
ORDER = "order = rng.permutation(len(X))"
ANSWER = "return lam * X + (1 - lam) * X[order], lam * Y + (1 - lam) * Y[order]"

MISTAKES = mistakes(
    "mixup",
    (
        "targets_as_they_were",
        "The targets are not mixed: an example that is half a cat has half a cat's target.",
        (ANSWER, "return lam * X + (1 - lam) * X[order], Y.copy()"),
    ),
    (
        "weights_turned_round_in_the_targets",
        "In the targets λ stands at the partner. It belongs to the example itself, as in X.",
        (ANSWER, "return lam * X + (1 - lam) * X[order], (1 - lam) * Y + lam * Y[order]"),
    ),
    (
        "other_partners_for_the_targets",
        "The targets have partners of their own: one permutation is drawn for both.",
        (ANSWER, "other = rng.permutation(len(X))\n    " + ANSWER.replace("Y[order]", "Y[other]")),
    ),
    (
        "other_weight_for_the_targets",
        "The targets have a λ of their own: one is drawn for both.",
        (
            ANSWER,
            "mu = rng.beta(alpha, alpha)\n    " + ANSWER.replace("lam * Y + (1 - lam)", "mu * Y + (1 - mu)"),
        ),
    ),
    (
        "a_weight_for_each_example",
        "Every example has a λ of its own. Here there is one for the batch.",
        (LAM, "lam = rng.beta(alpha, alpha, size=len(X))"),
        (
            ANSWER,
            "wide = lam.reshape((-1,) + (1,) * (X.ndim - 1))\n"
            "    return wide * X + (1 - wide) * X[order], lam[:, None] * Y + (1 - lam[:, None]) * Y[order]",
        ),
    ),
    (
        "uniform_weight",
        "λ is uniform whatever α is. It is drawn from Beta(α, α).",
        (LAM, "lam = rng.random()"),
    ),
    (
        "alpha_is_the_weight",
        "λ is α itself. α is the parameter of the law from which λ is drawn.",
        (LAM, "lam = min(alpha, 1.0)"),
    ),
    (
        "one_sided_law",
        "λ is drawn from Beta(α, 1): both parameters are α.",
        (LAM, "lam = rng.beta(alpha, 1.0)"),
    ),
    (
        "mirrored_batch",
        "The partners are the batch in reverse order. They are drawn at random.",
        (ORDER, "order = np.arange(len(X))[::-1]"),
    ),
    (
        "cyclic_shift",
        "The partners are the batch, moved on by some places. They come from a random permutation, of which "
        "the shifts are only a few.",
        (ORDER, "order = np.roll(np.arange(len(X)), rng.integers(len(X)))"),
    ),
    (
        "partners_with_replacement",
        "Partners are drawn with replacement, so that some examples come twice and others not at all. Draw a "
        "permutation.",
        (ORDER, "order = rng.integers(len(X), size=len(X))"),
    ),
    (
        "sum_of_both",
        "The partner is added with weight 1: the two weights add up to one.",
        (ANSWER, "return lam * X + X[order], lam * Y + Y[order]"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "mixup",
    (
        "larger_weight_first",
        "λ is the larger of λ and 1 - λ, as in MixMatch. Here it is as drawn.",
        (LAM, "lam = rng.beta(alpha, alpha)\n    lam = max(lam, 1 - lam)"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "mixup",
    """
    X, Y = mixup(np.ones((4, 2)), np.eye(4), alpha=0.5, rng=np.random.default_rng(1))
    X.round(9).tolist(), Y.sum(axis=0).round(9).tolist()
    """,
    """
    X, Y = mixup(np.eye(6), np.eye(6), alpha=1.0, rng=np.random.default_rng(1))
    bool(np.allclose(X, Y))
    """,
)
