"""Bagging, `bootstrap_indices`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, mistakes, variants

from ..shared import twins
from .shared import each_alone

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("bootstrap_indices", weight=2)
def test_draws_are_made_with_replacement(student, rng):
    """Some examples come twice and some not at all, as chance has it."""
    assert laws.resampled(student.bootstrap_indices(64, rng=rng), 64), (
        "That is no bootstrap sample: of n draws with replacement about 63 % of the examples are among them. "
        "Without replacement all are."
    )
    found = student.bootstrap_indices.times(14, 400, rng=rng)
    assert len({len(np.unique(each)) for each in found}) > 1, (  # by chance: below 1e-13
        "The number of different examples is the same in every sample: it is left to chance."
    )
    assert len({int(np.sum(each < 200)) for each in found}) > 1, (  # by chance: below 1e-13
        "From the first half of the examples the same number is drawn in every sample: it is left to chance."
    )


@pytest.mark.exercise("bootstrap_indices")
def test_all_examples_are_equally_likely(student, rng):
    """Every example is as likely as any other, the first and the last too."""
    twos = [set(two.tolist()) for two in student.bootstrap_indices.times(45, 2, rng=rng)]
    assert {len(each) for each in twos} == {1, 2}, (  # by chance: 2^-44
        "Of two examples both are in each sample, or never. Now and then one is drawn twice, and nobody "
        "draws again."
    )
    found = np.array(student.bootstrap_indices.times(200, 200, rng=rng))
    assert set(found.ravel().tolist()) == set(range(200)), (  # by chance: 200 * e^-200
        "Of many examples some are never drawn, or a number is drawn that is no example. Does a small kind "
        "of integer overflow?"
    )
    assert laws.share((found == 0) | (found == 199), 2 / 200, against=1 / 199), (
        "The first and the last example are drawn too often or too seldom: all are equally likely. Does "
        "rounding give them less?"
    )
    for end in (found < 4, found >= 196):
        assert laws.share(end, 4 / 200, against=0.6 * 4 / 200, refuse=1e-12), (
            "The first or the last of many examples are drawn too often or too seldom: all are equally "
            "likely. Is a sample cut off, or filled up, to have n rows?"
        )
    times = np.array([np.bincount(each.astype(int), minlength=200) for each in found])
    assert each_alone(times[:, [*range(40), *range(160, 200)]] % 2 == 1), (
        "In many samples it is not left to chance how often an example is drawn: two examples always go "
        "together, or a sample repeats an earlier one."
    )
    many = student.bootstrap_indices(70_000, rng=rng)
    inside = bool(np.all((many >= 0) & (many < 70_000)))
    times = np.bincount(many.astype(np.int64), minlength=70_000) if inside else np.zeros(70_000)
    assert abs(np.mean(times > 0) - 0.632) < 0.02, (  # by chance: below 1e-30
        "Of many examples too many are never drawn, or too few, or a number is drawn that is no example. "
        "Does a small kind of integer or float overflow, or round?"
    )
    assert times.max() > 5, (  # by chance: e^-41
        "No example is drawn more than five times, of very many. Chance does that: nothing limits how often."
    )
    assert np.all(np.abs(times.reshape(4, -1).sum(axis=1) / 17_500 - 1) < 0.08), (  # by chance: below 1e-30
        "Of many examples the first are drawn more often than the last, or the other way round."
    )


@pytest.mark.exercise("bootstrap_indices")
def test_samples_differ_and_are_repeatable(student, rng):
    """Two samples from one generator differ; generators in the same state give the same sample."""
    ours, theirs = twins(rng)
    assert close(student.bootstrap_indices(1, rng=rng), np.zeros(1, dtype=int)), (
        "Of one example there is one."
    )
    first, second = (student.bootstrap_indices(40, rng=ours) for _ in range(2))
    assert not close(first, second), "Two samples from one generator are the same: every model sees one set."
    assert close(student.bootstrap_indices(40, rng=theirs), first), (
        "Two generators in the same state gave different samples: something is drawn from elsewhere."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "bootstrap_indices",
    (
        "without_replacement",
        "Every example comes exactly once: that is a permutation. A bootstrap sample is drawn with "
        "replacement.",
        ("rng.integers(n, size=n)", "rng.permutation(n)"),
    ),
    (
        "last_left_out",
        "The last example can never be drawn: look at the upper limit of the draw.",
        ("rng.integers(n, size=n)", "rng.integers(max(n - 1, 1), size=n)"),
    ),
    (
        "first_left_out",
        "The first example can never be drawn: look at the lower limit of the draw.",
        ("rng.integers(n, size=n)", "rng.integers(min(1, n - 1), n, size=n)"),
    ),
    (
        "rounded_places",
        "Uniform numbers are rounded, so that the first and the last example come half as often as the "
        "others. Draw whole numbers.",
        ("rng.integers(n, size=n)", "np.round(rng.random(n) * (n - 1)).astype(int)"),
    ),
    (
        "generator_of_its_own",
        "The sample comes from a generator made inside of the function, so that all models see the same one.",
        ("rng.integers(n, size=n)", "np.random.default_rng(0).integers(n, size=n)"),
    ),
    (
        "one_example",
        "One draw is repeated for the whole sample.",
        ("rng.integers(n, size=n)", "np.full(n, rng.integers(n))"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class SortedChoice:
    """rng.choice with replacement, sorted, as int32."""

    def bootstrap_indices(n, *, rng):
        return np.sort(rng.choice(n, size=n, replace=True)).astype(np.int32)


class FromUniform:
    """Uniform numbers times n, rounded down."""

    def bootstrap_indices(n, *, rng):
        return np.floor(n * rng.random(n)).astype(int)


class FromCounts:
    """How often each example comes, by one multinomial draw, then written out."""

    def bootstrap_indices(n, *, rng):
        return np.repeat(np.arange(n), rng.multinomial(n, np.full(n, 1 / n)))


VARIANTS = variants("bootstrap_indices", SortedChoice, FromUniform, FromCounts)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "bootstrap_indices",
    """
    rng = np.random.default_rng(0)
    sorted({int(i) for _ in range(100) for i in bootstrap_indices(4, rng=rng)})
    """,
)
