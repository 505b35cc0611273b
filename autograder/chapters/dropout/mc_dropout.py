"""Monte-Carlo dropout, `mc_dropout`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, conventions, examples, mistakes, variants

from ..shared import twins
from .shared import off_zero

# --- Checks -------------------------------------------------------------------------------------------------


def noisy_probs(rng: np.random.Generator, n_in: int, n_out: int) -> Callable[[Any, Any], np.ndarray]:
    """f(x, rng): probabilities of a softmax whose inputs are dropped by draws from that generator."""
    W = rng.normal(size=(n_in, n_out)) * 2.0

    def probs(x: Any, draws: np.random.Generator) -> np.ndarray:
        z = np.exp((np.asarray(x) * (draws.random(np.shape(x)) >= 0.3)) @ W)
        return z / z.sum(axis=-1, keepdims=True)

    return probs


@pytest.mark.exercise("mc_dropout", weight=2)
@pytest.mark.parametrize("part", ["mean", "spread"])
def test_mean_and_spread_are_those_of_the_passes(student, reference, rng, part):
    """Over passes that draw from the generator one after the other, entry by entry."""
    f, x, (ours, theirs) = noisy_probs(rng, 5, 3), off_zero(rng, 4, 5), twins(rng)
    got = student.mc_dropout(f, x, n_samples=6, rng=ours)
    want = reference.mc_dropout(f, x, n_samples=6, rng=theirs)
    place = ["mean", "spread"].index(part)
    assert close(got[place], want[place]), (
        f"The {part} over the passes is another. Probabilities are averaged as they are, over passes alone; "
        "the spread is the standard deviation with ddof 0; every pass gets rng itself, which moves on."
    )


@pytest.mark.exercise("mc_dropout")
def test_as_many_passes_as_asked(student, rng):
    """f is called n_samples times, each time with x."""
    for n in (1, 4):
        f, x = Recorder(noisy_probs(rng, 3, 2)), off_zero(rng, 2, 3)
        student.mc_dropout(f, x, n_samples=n, rng=rng)
        asked = [args[0] if args else kwargs["x"] for args, kwargs, _ in f.log]
        assert len(asked) == n and all(close(each, x) for each in asked), (
            "The number of passes is not n_samples, or a pass sees another x."
        )


@pytest.mark.exercise("mc_dropout")
def test_a_network_without_noise_has_no_spread(student, rng):
    """Where all passes agree the mean is their answer and the spread 0; also for a single pass."""
    x, answer = off_zero(rng, 3), rng.uniform(0.1, 0.4, size=(12, 8))  # many: rounding goes both ways
    for n in (1, 3, 7):
        mean, std = student.mc_dropout(lambda x, rng: answer, x, n_samples=n, rng=rng)
        assert close(mean, answer) and close(std, np.zeros((12, 8)), atol=1e-7), (
            "All passes gave the same answer, so that is the mean, and the spread is 0, with one pass too. "
            "What is divided by, and can rounding make negative what is under the root?"
        )


@pytest.mark.exercise("mc_dropout")
def test_passes_draw_on(student, rng):
    """Two estimates from one generator differ, and the first is repeatable."""
    f, x, (ours, theirs) = noisy_probs(rng, 5, 3), off_zero(rng, 2, 5), twins(rng)
    first, second = (student.mc_dropout(f, x, n_samples=3, rng=ours)[0] for _ in range(2))
    assert not close(first, second), "A second estimate from the same generator is the same number."
    assert close(student.mc_dropout(f, x, n_samples=3, rng=theirs)[0], first), (
        "Two generators in the same state gave different estimates: something is drawn from elsewhere."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


PASSES = "[f(x, rng) for _ in range(n_samples)]"


class TwoMoments:
    def mc_dropout(f, x, *, n_samples, rng):
        total, squares = 0.0, 0.0
        for _ in range(n_samples):
            probs = f(x, rng)
            total = total + probs
            squares = squares + probs**2
        mean = total / n_samples
        return mean, np.sqrt(squares / n_samples - mean**2)


MISTAKES = mistakes(
    "mc_dropout",
    (
        "same_masks_each_time",
        "Every pass gets a generator in the same state, so that all passes drop the same units. Hand rng "
        "itself on: it moves.",
        (PASSES, "[f(x, np.random.default_rng(0)) for _ in range(n_samples)]"),
    ),
    (
        "error_of_the_mean",
        "The spread is divided by the root of the number of passes. That is how sure the mean is; asked is "
        "how far passes lie apart.",
        ("passes.std(axis=0)", "passes.std(axis=0) / np.sqrt(n_samples)"),
    ),
    (
        "variance",
        "The spread is the variance: its root is missing.",
        ("passes.std(axis=0)", "passes.var(axis=0)"),
    ),
    (
        "variance_by_two_moments",
        "The variance is the mean of the squares minus the square of the mean. Where all passes agree, "
        "rounding makes that a little negative, and its root is NaN.",
        TwoMoments,
    ),
    (
        "one_number_for_all",
        "Mean and spread are taken over all numbers at once. Only the passes are averaged: the answer has "
        "the shape of one pass.",
        (
            "return passes.mean(axis=0), passes.std(axis=0)",
            "return np.full(passes.shape[1:], passes.mean()), np.full(passes.shape[1:], passes.std())",
        ),
    ),
    (
        "last_pass",
        "The mean is the last pass alone.",
        ("passes.mean(axis=0)", "passes[-1]"),
    ),
    (
        "logarithms_averaged",
        "The logarithms of the probabilities are averaged, which gives a geometric mean: it is too small, "
        "and does not add up to one. Average the probabilities themselves.",
        ("passes.mean(axis=0)", "np.exp(np.log(passes).mean(axis=0))"),
    ),
    (
        "one_pass_more",
        "There is one pass too many: n_samples counts them all.",
        ("range(n_samples)", "range(n_samples + 1)"),
    ),
    (
        "median",
        "The middle one of the passes is taken, not their mean.",
        ("passes.mean(axis=0)", "np.median(passes, axis=0)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "mc_dropout",
    (
        "n_minus_one",
        "The spread is the estimate with n - 1 that statistics books prefer. The text pins ddof 0, as "
        "everywhere in the course but for standard errors.",
        ("passes.std(axis=0)", "np.sqrt(passes.var(axis=0) * n_samples / max(n_samples - 1, 1))"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class RunningMoments:
    """Welford's running mean and sum of squares; nothing is stored."""

    def mc_dropout(f, x, *, n_samples, rng):
        mean, squares = 0.0, 0.0
        for n in range(1, n_samples + 1):
            probs = f(x, rng)
            apart = probs - mean
            mean = mean + apart / n
            squares = squares + apart * (probs - mean)
        return mean, np.sqrt(squares / n_samples)


class StackedPasses:
    """A list, stacked on a last axis; the spread by its definition."""

    def mc_dropout(f, x, *, n_samples, rng):
        answers = []
        while len(answers) < n_samples:
            answers.append(np.asarray(f(x, rng)))
        stack = np.stack(answers, axis=-1)
        mean = np.sum(stack, axis=-1) / n_samples
        return mean, np.sqrt(np.mean((stack - mean[..., None]) ** 2, axis=-1))


class MomentsByHand:
    """Filled row by row; the spread as the root of mean square minus squared mean, clipped at 0."""

    def mc_dropout(f, x, *, n_samples, rng):
        first = np.asarray(f(x, rng))
        rows = np.empty((n_samples, *first.shape))
        rows[0] = first
        for i in range(1, n_samples):
            rows[i] = f(x, rng)
        centred = rows - first  # no cancellation
        mean = np.average(centred, axis=0)
        return first + mean, np.sqrt(np.maximum(np.average(centred**2, axis=0) - mean**2, 0))


VARIANTS = variants("mc_dropout", RunningMoments, StackedPasses, MomentsByHand)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "mc_dropout",
    """
    calls = []
    def f(x, rng):
        calls.append(x)
        return x * len(calls)
    mc_dropout(f, np.array([1.0, 2.0]), n_samples=3, rng=np.random.default_rng(0))
    """,
)
