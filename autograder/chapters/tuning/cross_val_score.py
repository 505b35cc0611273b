"""The score of cross-validation, `cross_val_score`: hidden checks, named mistakes, variants."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from autograder.checking import Recorder, close, conventions, examples, mistakes

from ..shared import twins
from .shared import NAN, asked, nested_ints, numbers, told

# --- Checks -------------------------------------------------------------------------------------------------


@dataclass
class FoldLoss:
    """``fit_score``: a loss that depends on every example held out, and on those trained on."""

    weights: np.ndarray
    base: float = 0.0

    def __call__(self, fit_idx: Any, eval_idx: Any) -> float:
        fit, held = (
            [int(i) for i in numbers(idx) if 0 <= i < len(self.weights)] for idx in (fit_idx, eval_idx)
        )
        loss = np.sum(self.weights[held] ** 2) / max(len(held), 1) + 0.1 * np.sum(self.weights[fit])
        return float(self.base + loss)


def validated(player, rng, n, k, weights=None, base=0.0):
    """A player's cross_val_score, and what it asked: (fit, held) of each call."""
    recorder = Recorder(FoldLoss(rng.normal(size=n) if weights is None else weights, base))
    answer = player.cross_val_score(recorder, n, k, rng=rng)
    calls = [(numbers(fit), numbers(held)) for fit, held in asked(recorder.log, "fit_idx", "eval_idx")]
    return answer, calls, told(recorder.log)


@pytest.mark.exercise("cross_val_score", weight=2)
def test_each_fold_is_scored_once_on_what_it_holds_out(student, rng):
    """One call for each fold: trained on the rest, scored on what is held out, over all examples once."""
    for n, k in ((22, 4), (15, 3), (26, 12)):
        _, calls, _ = validated(student, rng, n, k)
        assert len(calls) == k, "fit_score is called once for each of the k folds."
        assert [len(held) for _, held in calls] == [n // k + (i < n % k) for i in range(k)], (
            "The calls are not about the folds in their order, each scored on what it holds out."
        )
        assert sorted(i for _, held in calls for i in held) == list(range(n)), (
            "Over all calls the examples scored are not every example once."
        )
        for fit, held in calls:
            assert sorted([*fit, *held]) == list(range(n)), (
                "A fold was not trained on exactly the examples that it does not hold out."
            )


@pytest.mark.exercise("cross_val_score", weight=2)
def test_the_mean_counts_folds_alike(student, rng):
    """The first number is the plain mean of the folds' losses, also where folds differ in size."""
    for n, k in ((23, 3), (26, 12)):
        (mean, _), _, losses = validated(student, rng, n, k)
        assert losses and close(mean, float(np.mean(losses))), (
            "The mean is not the plain mean of the losses that fit_score returned, every fold counted alike, "
            "none left out, and nothing rounded."
        )
    mixed = cycle([1, 0, 0.5, 3.0])
    got = student.cross_val_score(lambda fit_idx, eval_idx: next(mixed), 12, 4, rng=rng)
    assert close([*got], [1.125, float(np.sqrt(5.1875 / 3))]), (
        "Where the first fold's loss is a whole number, the next one 0 and the others are fractions, mean or "
        "spread is another. Is each loss kept as it came, and are all folds scored?"
    )
    for bad in (NAN, np.inf, -5.0):
        broken = Recorder(lambda fit_idx, eval_idx, bad=bad: bad if 0 in numbers(eval_idx) else 1.0)
        mean, std = student.cross_val_score(broken, 12, 3, rng=rng)
        fits = (
            close([mean, std], [-1.0, float(np.sqrt(12.0))])
            if bad == -5.0
            else not np.isfinite([mean, std]).any()
        )
        assert len(broken.log) == 3 and fits, (
            "With one fold's loss below 0, mean or spread is another. Is every loss taken as it came, and "
            "each fold scored once?"
            if bad == -5.0
            else "One fold's loss is NaN or infinity: then neither mean nor spread may be finite, and every "
            "fold is still scored once. Is a fold left out, or a NaN replaced, as max(0, …) does?"
        )


@pytest.mark.exercise("cross_val_score", weight=2)
def test_the_spread_is_that_of_a_sample(student, rng):
    """The second number is the standard deviation of the folds' losses with ddof 1."""
    for n, k, size, base in ((20, 5, 1.0, 0.0), (12, 2, 1.0, 0.0), (20, 5, 1e-15, 0.0), (20, 5, 1.0, 1e8)):
        (_, std), _, losses = validated(student, rng, n, k, size * rng.normal(size=n), base)
        want, rtol = float(np.std(losses, ddof=1)) if len(losses) == k else NAN, 1e-5 if base else 1e-9
        assert close(std, want, rtol=rtol, atol=0.0), (
            "The spread is not the standard deviation of k losses, one for each fold, with k - 1 below the "
            "sum of squares. If it is only where losses are large: the mean is taken off first, and then "
            "squared, for a difference of squares loses its digits."
        )


@pytest.mark.exercise("cross_val_score")
def test_the_folds_come_from_the_generator(student, rng):
    """The generator handed over decides the folds: another state, another result."""
    weights, (ours, theirs) = rng.normal(size=40), twins(rng)
    first, second = (validated(student, ours, 40, 4, weights)[1] for _ in range(2))
    again = validated(student, theirs, 40, 4, weights)[1]
    assert first and first == again, "From the same state of the generator the folds should be the same."
    assert first != second, "A second call from the same generator used the same folds again."
    ours, theirs = twins(rng)
    calls = validated(student, ours, 40, 4, weights)[1]
    want = nested_ints(student.show_folds(40, 4, rng=theirs), 3)
    assert calls == [(sorted(fit), sorted(held)) for fit, held in want], (
        "The folds are not those of one call of kfold_indices with this rng itself, in their order."
    )
    assert student.show_folds(40, 4, rng=ours) == student.show_folds(40, 4, rng=theirs), (
        "More is drawn from rng than by one call of kfold_indices."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


FOLD_LOSSES = "losses = [fit_score(fit, held) for fit, held in kfold_indices(n, k, rng=rng)]"
MEAN_STD = "return np.mean(losses), np.std(losses, ddof=1)"

MISTAKES = mistakes(
    "cross_val_score",
    (
        "broken_folds_left_out",
        "A fold whose loss is NaN is left out of the mean, as if it had not been. The mean is that of all k "
        "losses, so that it shows when a run broke down.",
        (MEAN_STD, "return np.nanmean(losses), np.nanstd(losses, ddof=1)"),
    ),
    (
        "ddof_0",
        "The spread is divided by k. The k losses are a sample: ddof is 1.",
        (MEAN_STD, "return np.mean(losses), np.std(losses)"),
    ),
    (
        "variance",
        "The second number is the variance: take its root.",
        (MEAN_STD, "return np.mean(losses), np.var(losses, ddof=1)"),
    ),
    (
        "median",
        "The first number is the median of the folds' losses; the mean is asked for.",
        (MEAN_STD, "return np.median(losses), np.std(losses, ddof=1)"),
    ),
    (
        "scored_on_training",
        "Every fold is scored on the examples that it was trained on. The held-out ones are the judge.",
        (FOLD_LOSSES, FOLD_LOSSES.replace("fit_score(fit, held)", "fit_score(fit, fit)")),
    ),
    (
        "arguments_turned_round",
        "The model is trained on the few examples that are held out, and scored on the many others: the two "
        "arguments have changed places.",
        (FOLD_LOSSES, FOLD_LOSSES.replace("fit_score(fit, held)", "fit_score(held, fit)")),
    ),
    (
        "trains_on_all",
        "The model is trained on all examples for every fold, the held-out ones among them: it leaks.",
        (
            FOLD_LOSSES,
            FOLD_LOSSES.replace("fit_score(fit, held)", "fit_score(np.concatenate([fit, held]), held)"),
        ),
    ),
    (
        "own_generator",
        "The folds come from a generator made inside, and are the same in every call. Hand rng on.",
        (FOLD_LOSSES, FOLD_LOSSES.replace("rng=rng", "rng=np.random.default_rng(0)")),
    ),
    (
        "last_fold_missing",
        "One fold is never held out: its examples judge nobody. There is one call for each of the k folds.",
        (
            FOLD_LOSSES,
            FOLD_LOSSES.replace("kfold_indices(n, k, rng=rng)", "kfold_indices(n, k, rng=rng)[:-1]"),
        ),
    ),
    (
        "new_folds_for_each",
        "The folds are drawn anew for each loss, so that some examples judge twice and others never.",
        (FOLD_LOSSES, "losses = [fit_score(*kfold_indices(n, k, rng=rng)[i]) for i in range(k)]"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "cross_val_score",
    (
        "standard_error",
        "The second number is the standard error, the spread over the root of k, which Breiman's rule of "
        "one standard error uses. Asked for is the spread itself: the folds are not independent.",
        (MEAN_STD, "return np.mean(losses), np.std(losses, ddof=1) / np.sqrt(k)"),
    ),
    (
        "weighted_by_size",
        "Larger folds weigh more, so that every example counts alike. scikit-learn's cross_val_score, "
        "and this one, count folds alike.",
        (
            FOLD_LOSSES + "\n    " + MEAN_STD,
            "pairs = kfold_indices(n, k, rng=rng)\n"
            "    losses = [fit_score(fit, held) for fit, held in pairs]\n"
            "    return np.average(losses, weights=[len(held) for _, held in pairs]), np.std(losses, "
            "ddof=1)",
        ),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "cross_val_score",
    """
    def fit_score(fit_idx, eval_idx):
        return float("nan") if 0 in list(eval_idx) else 1.0
    cross_val_score(fit_score, 4, 2, rng=np.random.default_rng(0))
    """,
    """
    def fit_score(fit_idx, eval_idx):
        return 10.0 * len(fit_idx) + len(eval_idx)
    cross_val_score(fit_score, 7, 3, rng=np.random.default_rng(0))
    """,
    """
    held = []
    def fit_score(fit_idx, eval_idx):
        held.extend(int(i) for i in eval_idx)
        return 1.0
    cross_val_score(fit_score, 7, 3, rng=np.random.default_rng(0))
    sorted(held)
    """,
    """
    def fit_score(fit_idx, eval_idx):
        return float(min(eval_idx))
    rng = np.random.default_rng(0)
    len({float(cross_val_score(fit_score, 20, 2, rng=rng)[0]) for _ in range(20)}) > 1
    """,
)
