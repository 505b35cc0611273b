"""Statistical checks: the bound on refusing right work holds, the power is as stated, nonsense is refused."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from autograder.laws import bounds as tails
from autograder.laws import error_budget, laws
from autograder.laws.distributions import distance, log_uniform, normal, uniform, whole

REFUSE, REPEATS = 1e-3, 20_000
HE, XAVIER = math.sqrt(2 / 64), math.sqrt(2 / (64 + 192))  # a layer of 64 : 192


def rng():
    return np.random.default_rng(20260920)


def flips(generator, p=0.2, n=400):
    return generator.random(n) < p


def choice(generator, shares, n):
    return generator.choice(list(shares), p=list(shares.values()), size=n)


FIVE = dict.fromkeys(range(5), 0.2)
FOUR = dict.fromkeys(range(4), 0.25)


POINTS = np.array([0.0, 0.2, 0.7, 1.0])  # a batch of three of them varies, drawn with or without replacement
WITH, WITHOUT = POINTS.var() / 3, POINTS.var() / 3 * (4 - 3) / (4 - 1)


def batch_noise(generator, replace, draws=900):
    """Mean over draws of the squared distance of a batch's mean from the whole mean: at most 0.28."""
    if replace:
        rows = generator.integers(4, size=(draws, 3))
    else:
        rows = np.argsort(generator.random((draws, 4)), axis=1)[:, :3]
    return float(np.mean((POINTS[rows].mean(axis=1) - POINTS.mean()) ** 2))


def halves(generator, n=100):
    """A permutation that shuffles inside each half only."""
    return np.concatenate([generator.permutation(n // 2), n // 2 + generator.permutation(n - n // 2)])


# helper -> (call on data at a given refuse and miss, right data, data of the named alternatives)
CASES = {
    "share": (
        lambda x, **k: laws.share(x, 0.2, against=0.8, **k),
        lambda g: flips(g),
        [lambda g: ~flips(g)],
    ),
    "bounded_mean": (
        lambda x, **k: laws.bounded_mean(x**2, 1 / 3, low=0, high=1, against=[1 / 6, 2 / 3], **k),
        lambda g: g.uniform(-1, 1, size=900),
        [
            lambda g: g.uniform(-1, 1, size=900) * math.sqrt(0.5),
            lambda g: g.uniform(-1, 1, size=900) * math.sqrt(2),
        ],
    ),
    "reported_mean": (
        lambda x, **k: laws.reported_mean(x, 900, WITH, low=0, high=0.28, against=WITHOUT, **k),
        lambda g: batch_noise(g, True),
        [lambda g: batch_noise(g, False)],
    ),
    "categories": (
        lambda x, **k: laws.categories(x, FIVE, against=[FOUR], **k),
        lambda g: choice(g, FIVE, 200),
        [lambda g: choice(g, FOUR, 200)],
    ),
    "normal_mean": (
        lambda x, **k: laws.normal_mean(x, 0.5, 2.0, against=[0.0, 2.5], **k),
        lambda g: g.normal(0.5, 2.0, size=2_000),
        [lambda g: g.normal(0.0, 2.0, size=2_000), lambda g: g.normal(2.5, 2.0, size=2_000)],
    ),
    "normal_std": (
        lambda x, **k: laws.normal_std(x, HE, against=XAVIER, **k),
        lambda g: g.normal(size=600) * HE,
        [lambda g: g.normal(size=600) * XAVIER],
    ),
    "follows a normal": (
        lambda x, **k: laws.follows(x, normal(0, 1), against=[normal(0, math.sqrt(2)), normal(0.5, 1)], **k),
        lambda g: g.normal(size=4_500),
        [lambda g: g.normal(size=4_500) * math.sqrt(2), lambda g: g.normal(0.5, size=4_500)],
    ),
    "follows a uniform": (
        lambda x, **k: laws.follows(x, uniform(0.8, 1.2), against=[uniform(0.9, 1.1)], **k),
        lambda g: g.uniform(0.8, 1.2, size=500),
        [lambda g: g.uniform(0.9, 1.1, size=500)],
    ),
    "follows a log-uniform": (
        lambda x, **k: laws.follows(x, log_uniform(1e-5, 1e-1), against=[uniform(1e-5, 1e-1)], **k),
        lambda g: np.exp(g.uniform(np.log(1e-5), np.log(1e-1), size=100)),
        [lambda g: g.uniform(1e-5, 1e-1, size=100)],
    ),
    "follows whole numbers": (
        lambda x, **k: laws.follows(x, whole(0, 4), against=[whole(0, 3)], **k),
        lambda g: g.integers(5, size=800),
        [lambda g: g.integers(4, size=800)],
    ),
    "independent": (
        lambda x, **k: laws.independent(*x, 0.2, against=[1.0, 0.9], **k),
        lambda g: (flips(g), flips(g)),
        [lambda g: (x := flips(g), x)],
    ),
    "resampled": (
        lambda x, **k: laws.resampled(x, 60, **k),
        lambda g: g.integers(60, size=60),
        [lambda g: g.permutation(60)],
    ),
    "shuffled": (
        lambda x, **k: laws.shuffled(x, **k),
        lambda g: g.permutation(100),
        [
            lambda g: np.arange(100),
            lambda g: np.arange(100)[::-1],
            lambda g: np.roll(np.arange(100), g.integers(100)),
            halves,
        ],
    ),
}


def test_every_helper_is_calibrated_here():
    """The table of cases covers every statistical helper of the module."""
    helpers = {name for name, value in vars(laws).items() if hasattr(value, "__wrapped__")}
    assert helpers == {name.split()[0] for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_right_work_is_refused_no_more_often_than_the_bound_says(name):
    """At refuse = 1e-3 some 20 of 20,000 right answers are refused at most (five deviations of the count)."""
    check, right, _ = CASES[name]
    generator = rng()
    repeats = REPEATS if name != "follows a normal" else REPEATS // 10  # sorting 4,500 values takes its time
    refused = sum(not check(right(generator), refuse=REFUSE) for _ in range(repeats))
    assert refused <= REFUSE * repeats + 5 * math.sqrt(REFUSE * repeats)


@pytest.mark.parametrize("name", CASES)
def test_named_alternatives_are_refused(name):
    """At the default refuse = 1e-11 none of 500 answers of a named alternative passes (miss is 1e-3)."""
    check, right, alternatives = CASES[name]
    generator = rng()
    assert check(right(generator))
    for wrong in alternatives:
        assert not any(check(wrong(generator)) for _ in range(500))


@pytest.mark.parametrize(
    ("rate", "centre", "other", "draw"),
    [
        (tails.bounded, 0.2, 0.8, lambda g, n, q: g.binomial(n, q, size=100_000) / n),
        (tails.bounded, 0.2, 0.3, lambda g, n, q: g.binomial(n, q, size=100_000) / n),
        (tails.squares, 1.0, 2.0, lambda g, n, q: q * g.chisquare(n, size=100_000) / n),
        (tails.squares, 1.0, 0.5, lambda g, n, q: q * g.chisquare(n, size=100_000) / n),
        (tails.gaussian, 0.0, 0.25, lambda g, n, q: g.normal(q, 1 / math.sqrt(n), size=100_000)),
    ],
)
def test_the_smallest_sample_has_both_stated_probabilities(rate, centre, other, draw):
    """With `needed` draws, of 100,000 repeats at most 100 right ones are refused and 1,000 others kept."""
    refuse, miss = 1e-3, 1e-2
    count = tails.needed(rate, centre, other, refuse, miss)
    low, high = tails.edges(rate, centre, count, refuse)
    generator = rng()
    right, wrong = draw(generator, count, centre), draw(generator, count, other)
    assert np.mean((right < low) | (right > high)) <= refuse
    assert np.mean((wrong >= low) & (wrong <= high)) <= miss
    assert tails.missed(rate, centre, other, count - 1, refuse) > miss


@pytest.mark.parametrize("count", [1, 7, 100])
def test_edges_hold_the_exact_binomial_tails(count):
    """What lies outside the edges weighs at most `refuse` by the exact binomial distribution too."""
    for p in (0.01, 0.2, 0.5, 0.97):
        for refuse in (0.1, 1e-3, 1e-11):
            low, high = tails.edges(tails.bounded, p, count, refuse)
            outside = sum(
                math.comb(count, k) * p**k * (1 - p) ** (count - k)
                for k in range(count + 1)
                if not low <= k / count <= high
            )
            assert outside <= refuse


def test_the_empirical_distance_is_that_of_kolmogorov_and_smirnov():
    """`follows` keeps a sample whose distance is within the width, and not one a little further away."""
    n, law = 100, uniform(0, 1)
    width = tails.dkw_width(n, 0.5)
    even = (np.arange(n) + 0.5) / n
    for shift, kept in ((width - 0.006, True), (width - 0.004, False)):
        assert laws.follows(np.minimum(even + shift, 1), law, against=[], refuse=0.5) is kept
        assert laws.follows(np.maximum(even - shift, 0), law, against=[], refuse=0.5) is kept


def test_laws_know_their_distance():
    """The distance of two laws is that of their distribution functions; of a law from itself it is 0."""
    assert distance(uniform(0, 1), uniform(0, 2)) == pytest.approx(0.5)
    assert distance(whole(0, 4), whole(0, 3)) == pytest.approx(0.2)
    assert distance(normal(0, 1), normal(1, 1)) == pytest.approx(math.erf(0.5 / math.sqrt(2)), abs=1e-4)
    assert distance(log_uniform(1, 100), log_uniform(1, 100)) == 0
    assert distance(log_uniform(1, 100), log_uniform(10, 100)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: laws.share(np.ones(60, bool), 0.2, against=0.8),
        lambda: laws.share(np.ones(600, bool), 0.2, against=0.2),
        lambda: laws.share(np.ones(600, bool), 0.0, against=0.2),
        lambda: laws.share(np.ones(600, bool), 0.2, against=0.8, refuse=0.0),
        lambda: laws.share(np.ones(600, bool), 0.2, against=0.8, miss=1.0),
        lambda: laws.bounded_mean(np.full(900, 0.5), 0.5, low=0, high=1, against=2.0),
        lambda: laws.categories([0, 1, 2, 3, 4] * 10, FIVE, against=[FOUR]),
        lambda: laws.categories([0, 1, 2, 3, 4] * 99, FIVE, against=[FIVE]),
        lambda: laws.categories([0, 1] * 99, {0: 0.5, 1: 0.4}, against=[]),
        lambda: laws.normal_mean(np.zeros(119), 0.0, 1.0, against=1.0),
        lambda: laws.normal_std(np.ones(464), 1.0, against=math.sqrt(2)),
        lambda: laws.follows(np.zeros(493), uniform(0, 1), against=[uniform(0.25, 0.75)]),
        lambda: laws.follows(np.zeros(493), uniform(0, 1), against=[uniform(0, 1)]),
        lambda: laws.independent(np.ones(60), np.ones(60), 0.2),
        lambda: laws.resampled(np.zeros(57), 57),
        lambda: laws.shuffled(np.arange(76)),
    ],
)
def test_a_check_that_cannot_see_is_an_error(call):
    """A sample too small for its alternative, or an alternative that is none, raises with a sentence."""
    with pytest.raises(ValueError, match="; "):
        call()


def test_stated_sample_sizes_are_the_needed_ones():
    """Sample sizes that docstrings state are those from which the helpers accept to judge."""
    need = tails.needed
    stated = {
        "share": [need(tails.bounded, 0.2, 0.8, 1e-11, 1e-3), need(tails.bounded, 0.2, 0.25, 1e-11, 1e-3)],
        "bounded_mean": [need(tails.bounded, 1 / 3, 1 / 6, 1e-11, 1e-3)],
        "categories": [need(tails.bounded, 0.2, 0.0, 1e-11 / 5, 1e-3)],
        "normal_mean": [need(tails.gaussian, 0.0, 1.0, 1e-11, 1e-3)],
        "normal_std": [need(tails.squares, 1.0, 2.0, 1e-11, 1e-3), need(tails.squares, 1, 0.5, 1e-11, 1e-3)],
        "independent": [need(tails.bounded, 0.68, 1.0, 1e-11, 1e-3)],
        "follows": [
            tails.dkw_needed(distance(normal(0, 1), other), 1e-11, 1e-3)
            for other in (normal(0, math.sqrt(2)), uniform(-math.sqrt(3), math.sqrt(3)))
        ],
    }
    for name, sizes in stated.items():
        text = " ".join(inspect.getdoc(getattr(laws, name)).replace(",", "").split())
        assert all(f" {size}" in text for size in sizes), (name, sizes)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("share", np.full(400, 0.2)),
        ("share", np.array([])),
        ("share", np.array(["yes"] * 400)),
        ("bounded_mean", np.full(900, np.nan)),
        ("bounded_mean", np.append(np.full(899, math.sqrt(1 / 3)), 1.1)),
        ("reported_mean", math.nan),
        ("reported_mean", math.inf),
        ("categories", np.array([0, 1, 2, 3, 7] * 40)),
        ("categories", np.array([])),
        ("normal_mean", np.append(np.full(1999, 0.5), np.inf)),
        ("normal_std", np.full(600, np.nan)),
        ("normal_std", np.zeros(600)),
        ("follows a uniform", np.full(500, np.nan)),
        ("independent", (np.ones(400), np.ones(399))),
        ("independent", (np.full(400, np.nan), np.ones(400))),
        ("resampled", np.full(60, 60)),
        ("resampled", np.arange(60) / 2),
        ("shuffled", np.zeros(100)),
        ("shuffled", np.arange(1, 101)),
        ("shuffled", np.arange(100).reshape(10, 10)),
        ("shuffled", np.full(100, np.nan)),
    ],
)
def test_values_that_no_law_allows_are_inconsistent(name, data):
    """What is not finite, out of range or of the wrong kind is refused without an exception."""
    assert CASES[name][0](data) is False


def test_the_default_bound_times_a_terms_checks_is_the_terms_bound():
    """A hundred checks at the default refuse right work with probability 1e-9 at most, together."""
    assert error_budget.REFUSE * error_budget.N_STATISTICAL_CHECKS <= 1e-9 * (1 + 1e-12)
    assert error_budget.TERM_REFUSE == 1e-9


def test_recorded_calls_are_listed_until_the_block_ends():
    """Every use inside the block is written down with its bound, none outside."""
    data = flips(rng())
    with error_budget.recorded() as entries:
        laws.share(data, 0.2, against=0.8)
        with error_budget.recorded() as inner:
            laws.share(data, 0.2, against=0.8, refuse=1e-6)
        laws.resampled(np.arange(60), 60)
    laws.share(data, 0.2, against=0.8)
    assert entries == [("share", error_budget.REFUSE), ("resampled", error_budget.REFUSE)]
    assert inner == [("share", 1e-6)]
