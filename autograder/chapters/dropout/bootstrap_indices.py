"""Bagging, `bootstrap_indices`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, laws, mistakes, variants

from ..shared import twins

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("bootstrap_indices", weight=2)
def test_draws_are_made_with_replacement(student, rng):
    """Some examples come twice and some not at all, as chance has it."""
    assert laws.resampled(student.bootstrap_indices(64, rng=rng), 64), (
        "That is no bootstrap sample: of n draws with replacement about 63 % of the examples are among them. "
        "Without replacement all are."
    )
    found = [student.bootstrap_indices(2000, rng=rng) for _ in range(25)]
    assert len({len(np.unique(each)) for each in found}) > 1, (  # by chance: below 1e-30
        "The number of different examples is the same in every sample: it is left to chance."
    )
    assert len({int(np.sum(each < 1000)) for each in found}) > 1, (  # by chance: below 1e-30
        "From the first half of the examples the same number is drawn in every sample: it is left to chance."
    )
    every = np.concatenate(found)
    for end in (every < 37, every >= 2000 - 37):
        assert laws.share(end, 37 / 2000, against=0.65 * 37 / 2000, refuse=1e-12), (
            "The first or the last of many examples are drawn too often or too seldom: all are equally "
            "likely. Is a sample cut off, or filled up, to have n rows?"
        )


@pytest.mark.exercise("bootstrap_indices")
def test_all_examples_are_equally_likely(student, rng):
    """Every example is as likely as any other, the first and the last too."""
    found = [student.bootstrap_indices(3, rng=rng).tolist() for _ in range(400)]
    shares = dict.fromkeys(range(3), 1 / 3)
    others = [{0: 0.5, 1: 0.5}, {1: 0.5, 2: 0.5}, {0: 0.25, 1: 0.5, 2: 0.25}]
    whole = [len(set(each)) == 3 for each in found]
    assert laws.share(whole, 6 / 27, against=[0.0, 1.0]), (
        "All three of three examples are in the sample too often, or too seldom: chance does it now and then."
    )
    many = student.bootstrap_indices(70_000, rng=rng)
    inside = bool(np.all((many >= 0) & (many < 70_000)))
    times = np.bincount(many.astype(np.int64), minlength=70_000) if inside else np.zeros(70_000)
    assert abs(np.mean(times > 0) - 0.632) < 0.02, (  # by chance: below 1e-30
        "Of many examples some cannot be drawn, come too often, or are numbered below 0. Does a small "
        "kind of integer or float overflow, or round?"
    )
    assert np.all(np.abs(times.reshape(4, -1).sum(axis=1) / 17_500 - 1) < 0.08), (  # by chance: below 1e-30
        "Of many examples the first are drawn more often than the last, or the other way round."
    )
    assert laws.categories(np.ravel(found), shares, against=others), (
        "Not all examples are equally likely. Which numbers can be drawn at all, and does rounding give the "
        "first and the last less than the others?"
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
