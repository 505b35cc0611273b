"""Monte-Carlo dropout, `mc_dropout`: hidden checks, variants."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, variants

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


def shifted(x: Any, draws: np.random.Generator) -> np.ndarray:
    """x moved by one of three steps: a network that costs little, and whose answers come again."""
    return np.asarray(x) + draws.choice([0.0, 0.1, 1.0], p=[0.6, 0.3, 0.1])


@pytest.mark.exercise("mc_dropout", weight=2)
@pytest.mark.parametrize("part", ["mean", "spread"])
def test_mean_and_spread_are_those_of_the_passes(student, reference, rng, part):
    """Over passes that draw from the generator one after the other, entry by entry."""
    f, x, (ours, theirs) = noisy_probs(rng, 5, 3), off_zero(rng, 4, 5), twins(rng)
    got = student.mc_dropout(f, x, n_samples=6, rng=ours)
    want = reference.mc_dropout(f, x, n_samples=6, rng=theirs)
    place = ["mean", "spread"].index(part)
    room = {"rtol": 1e-6, "atol": 1e-7} if part == "spread" else {}  # two moments lose digits
    assert close(got[place], want[place], **room), (
        f"The {part} over the passes is another. Probabilities are averaged as they are, over the n_samples "
        "passes alone; the spread is the standard deviation with ddof 0; every pass gets rng itself, which "
        "moves on, and there is no pass besides these."
    )


@pytest.mark.exercise("mc_dropout")
def test_as_many_passes_as_asked(student, rng):
    """As many passes as n_samples says, each with x; mean and spread are over all of them, as they are."""
    for n in (1, 4, 104):
        f, x = Recorder(noisy_probs(rng, 3, 2) if n < 9 else shifted), off_zero(rng, 2, 3)
        got = student.mc_dropout(f, x, n_samples=n, rng=rng)
        asked = [args[0] if args else kwargs["x"] for args, kwargs, _ in f.log]
        assert len(asked) == n, "The number of passes is not n_samples, which may be 1, or large."
        assert all(np.array_equal(each, x) for each in asked), "A pass sees another x than the one given."
        passes = np.array([answer for *_, answer in f.log])
        mean, spread = passes.mean(axis=0), passes.std(axis=0)
        assert close(got[0], mean) and close(got[1], spread, rtol=1e-6, atol=1e-7), (
            "With one pass, or with several, mean or spread is not that of all passes as they are. What f "
            "gives need not add up to one."
        )


@pytest.mark.exercise("mc_dropout")
def test_a_network_without_noise_has_no_spread(student, rng):
    """Where all passes agree the spread is 0, also for a single pass; where they nearly agree it is small."""
    x, answer = off_zero(rng, 3), rng.uniform(0.1, 0.4, size=(12, 8))  # many: rounding goes both ways
    for n, same in ((1, answer), (3, answer), (7, answer), (3, answer[0]), (2, answer.reshape(3, 8, 4))):
        mean, std = student.mc_dropout(lambda x, rng, same=same: same, x, n_samples=n, rng=rng)
        assert close(mean, same), (
            "All passes gave the same answer, and that is the mean. Is it divided by anything but the number "
            "of passes?"
        )
        assert close(std, np.zeros(same.shape), atol=1e-7), (
            "All passes gave the same answer, so the spread is 0, with one pass too. What is divided by, and "
            "can rounding make negative what is under the root?"
        )
    near = answer.reshape(3, 8, 4) + 1e-3 * rng.normal(size=(5, 3, 8, 4))
    passes = cycle(near)
    _, std = student.mc_dropout(lambda x, rng: next(passes), x, n_samples=5, rng=rng)
    assert close(std, near.std(axis=0), rtol=1e-5), (
        "Where passes of three axes nearly agree, the spread is another. If it is right elsewhere: do digits "
        "get lost in a difference of squares?"
    )


@pytest.mark.exercise("mc_dropout")
def test_passes_draw_on(student, rng):
    """Two estimates from one generator differ, and the first is repeatable."""
    f, x, (ours, theirs) = noisy_probs(rng, 5, 3), off_zero(rng, 2, 5), twins(rng)
    first, second = (student.mc_dropout(f, x, n_samples=3, rng=ours)[0] for _ in range(2))
    assert not close(first, second), "A second estimate from the same generator is the same again."
    assert close(student.mc_dropout(f, x, n_samples=3, rng=theirs)[0], first), (
        "Two generators in the same state gave different estimates: is something drawn from elsewhere, or "
        "left from an earlier call?"
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
