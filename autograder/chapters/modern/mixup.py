"""Mix-up, `mixup`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, laws, mistakes, variants

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


@pytest.mark.exercise("mixup", weight=3)
def test_all_examples_are_mixed_with_one_weight(student, rng):
    """Every example with one partner, all by the same λ; each example is a partner once."""
    for _ in range(3):
        X, _ = student.mixup(np.eye(12), rng.normal(size=(12, 2)), alpha=2.0, rng=rng)
        assert mixes(X), (
            "The examples are not λ·x_i + (1 - λ)·x_π(i) with one λ and one permutation π for the whole "
            "batch."
        )


@pytest.mark.exercise("mixup", weight=2)
def test_targets_are_mixed_like_their_examples(student, rng):
    """The targets have the same λ and the same partners, whatever the shapes of both."""
    for shape in ((9, 4), (9, 2, 3, 2)):
        X, Y = rng.normal(size=shape), rng.normal(size=(9, 3))
        mixed, M = student.mixup(X, np.eye(9), alpha=2.0, rng=rng)
        assert mixes(M) and close(mixed, np.tensordot(M, X, axes=1), atol=1e-9), (
            "An example is mixed with another weight or partner than its target."
        )
        M, mixed = student.mixup(np.eye(9), Y, alpha=2.0, rng=rng)
        assert mixes(M) and close(mixed, M @ Y, atol=1e-9), (
            "A target is mixed with another weight or partner than its example."
        )


@pytest.mark.exercise("mixup", weight=2)
def test_the_weight_is_beta_distributed(student, rng):
    """Over many batches λ is Beta(α, α): near 0 or 1 for a small α, near one half for a large one."""
    for alpha, draws in ((0.2, 220), (4.0, 400)):
        found = [
            read(np.asarray(student.mixup(np.eye(5), np.eye(5), alpha=alpha, rng=rng)[0]))
            for _ in range(draws + 40)
        ]
        weights = np.array([pair[0] for pair in found if pair is not None and pair[0] is not None][:draws])
        assert len(weights) == draws and laws.bounded_mean(
            (2 * weights - 1) ** 2, 1 / (2 * alpha + 1), low=0.0, high=1.0, against=1 / 3
        ), "λ does not scatter as Beta(α, α) does: how far it lies from one half depends on α."
        if alpha < 1:
            assert laws.bounded_mean(weights, 0.5, low=0.0, high=1.0, against=[0.15, 0.85]), (
                "λ is not one half on average: Beta(α, α) has no preference for either example."
            )


@pytest.mark.exercise("mixup")
def test_partners_are_drawn_at_random(student, rng):
    """The permutation has no order of its own, and each call draws anew from the generator."""
    X, _ = student.mixup(np.eye(90), np.eye(90), alpha=3.0, rng=rng)
    found = read(np.asarray(X))
    assert found is not None and laws.shuffled(found[1]), (
        "The partners are not those of a random permutation."
    )
    ours, theirs = twins(rng)
    first, second = (student.mixup(np.eye(9), np.eye(9), alpha=1.0, rng=ours) for _ in range(2))
    assert not close(first, second), "Two calls give the same mixture: is it drawn from rng?"
    assert close(student.mixup(np.eye(9), np.eye(9), alpha=1.0, rng=theirs), first), (
        "Two generators in the same state gave different mixtures: something is drawn from elsewhere."
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

# --- Variants -----------------------------------------------------------------------------------------------


class MixedByAMatrix:
    """The permutation first; one matrix mixes both."""

    def mixup(X, Y, *, alpha, rng):
        n = len(X)
        partners = np.argsort(rng.random(n))
        lam = rng.beta(alpha, alpha)
        M = lam * np.eye(n)
        M[np.arange(n), partners] += 1 - lam
        return np.tensordot(M, X, axes=1), M @ Y


class MixedByGammas:
    """λ from two Gamma draws; a shuffled copy of the numbers; works in place on copies."""

    def mixup(X, Y, *, alpha, rng):
        order = list(range(len(X)))
        rng.shuffle(order)
        a = b = 0.0
        while a + b == 0.0:  # a very small α can give zero twice
            a, b = rng.gamma(alpha), rng.gamma(alpha)
        answer = []
        for array in (X, Y):
            mixed = array.copy()
            mixed *= a / (a + b)
            mixed += b / (a + b) * array[order]
            answer.append(mixed)
        return answer


class MixedTowardsThePartner:
    """Moves every row a part of the way to its partner's."""

    def mixup(X, Y, *, alpha, rng):
        share = 1 - rng.beta(alpha, alpha)
        both = [np.asarray(array, dtype=float) for array in (X, Y)]
        order = rng.choice(len(X), size=len(X), replace=False)
        return tuple(array + share * (array[order] - array) for array in both)


VARIANTS = variants("mixup", MixedByAMatrix, MixedByGammas, MixedTowardsThePartner)

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
