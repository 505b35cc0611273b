"""Early stopping, `train_early_stopping`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples

from .shared import scripted

# --- Checks -------------------------------------------------------------------------------------------------


def stopped(player, losses, **settings):
    """What a player's training on a scripted curve returns, and how often an epoch was run."""
    epoch_fn = Recorder(scripted(losses))
    params, history = player.train_early_stopping({"w": np.zeros(2), "b": np.ones(3)}, epoch_fn, **settings)
    return params, history, len(epoch_fn.log)


NAN, INF = float("nan"), float("inf")


@pytest.mark.exercise("train_early_stopping", weight=2)
def test_the_best_parameters_come_back(student, rng):
    """What comes back are the parameters after the best epoch, also where training ends without stopping."""
    for level, losses, best in (
        (1.0, [3, 2, 1, 2, 2.5, 3], 3),
        (1.0, [1, 2, 3], 1),
        (1e-12, [3, 2.5, 2, 2.2], 3),
        (1e200, [3, 2, 1], 3),
        (1.0, [1, 0, 0.5, 0.7], 2),
        (1.0, [1, -1, 0.5, -2, -1.5], 4),
        (1.0, [2], 1),
    ):
        level *= float(rng.uniform(1, 2))
        params, _, _ = stopped(student, [level * x for x in losses], patience=3, max_epochs=len(losses))
        assert close(params, {"w": np.full(2, float(best)), "b": np.full(3, 1.0 + best)}), (
            "The parameters that come back are not those after the epoch with the lowest validation loss. "
            "Those of the last epoch come too late: what must be kept, and when? Losses may be of any "
            "size, 0, or negative."
        )


@pytest.mark.exercise("train_early_stopping", weight=2)
@pytest.mark.parametrize("patience", [1, 2, 6])
def test_patience_counts_epochs_in_a_row(student, rng, patience):
    """Training stops right after the patience-th epoch in a row that was not better."""
    fall = 20 if patience == 1 else 2
    losses, at = [fall + 1.0 - i for i in range(fall)], float(rng.uniform(0.5, 1.5))
    losses += [2.0 + at] * (patience - 1) + [1.5] + [1.5 + at] * (patience - 1) + [1.0] + [1.0 + at] * 20
    _, history, calls = stopped(student, losses, patience=patience, max_epochs=len(losses))
    want = fall + 2 * patience + patience
    assert calls == want and history["n_epochs"] == want, (
        "Training stops at another epoch. An epoch that is better starts the count anew, each that is not "
        "adds one, and when the count has reached the patience no further epoch is run, however large the "
        "patience is and however long it went well."
    )


@pytest.mark.exercise("train_early_stopping")
def test_a_long_patience_is_kept(student):
    """A patience of hundreds of epochs is counted to its end, and so are the epochs."""
    losses = scripted([2.0, 1.0] + [1.5] * 300)
    _, history = student.train_early_stopping({"w": np.zeros(1)}, losses, patience=258, max_epochs=400)
    assert close(history, {"best_epoch": 2, "best_loss": 1.0, "n_epochs": 260}), (
        "With a patience of hundreds of epochs the history is another, or training stops elsewhere. Is a "
        "count kept in eight bits, or is the patience limited?"
    )


@pytest.mark.exercise("train_early_stopping")
def test_ties_are_not_better(student, rng):
    """An epoch that only equals the best, or is just min_delta below it, is not better."""
    level = float(rng.uniform(1, 2))
    losses = [2 * level, level, level, level, 0.5 * level]
    params, history, calls = stopped(student, losses, patience=2, max_epochs=5)
    assert (calls, history["best_epoch"]) == (4, 2) and close(params["w"], np.full(2, 2.0)), (
        "A validation loss equal to the best so far was taken for better, or training went on for too long."
    )
    _, history, calls = stopped(student, [2.0, 1.5, 1.75, 1.0], patience=2, min_delta=0.5, max_epochs=4)
    assert (calls, history["best_epoch"]) == (3, 1), (
        "A validation loss that is exactly min_delta below the best was taken for better: it is to be below "
        "best - min_delta."
    )


@pytest.mark.exercise("train_early_stopping")
def test_min_delta_is_measured_from_the_last_better_epoch(student, rng):
    """Better means more than min_delta below the last epoch that was better; small gains add up."""
    far = float(rng.uniform(5, 10))
    curve = (1.0, 0.95, 1.05, 0.86, 0.91, 0.8, 0.84, 0.66, 0.7, 0.68)
    for min_delta, patience, shift in (
        (0.12, 3, 0.0),
        (0.12, 3, far),
        (0.12, 3, -far),
        (0.12, 2, 0.0),
        (0.0, 2, 0.0),
        (0.3, 5, far),
    ):
        losses = [shift + x for x in curve]
        settings = {"patience": patience, "min_delta": min_delta, "max_epochs": 10}
        params, history, calls = stopped(student, losses, **settings)
        best, best_epoch, last = np.inf, 0, 10
        for epoch, loss in enumerate(losses, 1):
            if loss < best - min_delta:
                best, best_epoch = loss, epoch
            if epoch - best_epoch >= patience:
                last = epoch
                break
        assert (calls, history["best_epoch"]) == (last, best_epoch), (
            "With min_delta another epoch is the best, or training stops elsewhere. An epoch counts as "
            "better if it is more than min_delta below the last one that counted, not below the one "
            "before; min_delta is a difference and no share, and losses may be negative."
        )
        assert close(params["w"], np.full(2, float(best_epoch))), (
            "With min_delta the best epoch is right and the parameters are those of another. Return those "
            "after the best epoch, not those after one with a lower loss that did not count."
        )


@pytest.mark.exercise("train_early_stopping")
def test_nan_is_never_better(student, rng):
    """A validation loss that is not a number counts as an epoch that was not better."""
    low = float(rng.uniform(0.2, 0.8))
    for losses, want in (
        ([NAN, 2.0, NAN, 1.0, NAN, NAN, low], (4, 6)),
        ([NAN, NAN, low], (0, 2)),
        ([3.0, NAN, NAN, low], (1, 3)),
        ([INF, 2.0, INF, 1.0, INF, INF, low], (4, 6)),
        ([INF, INF, low], (0, 2)),
    ):
        params, history, calls = stopped(student, losses, patience=2, max_epochs=len(losses))
        assert (history["best_epoch"], calls) == want and close(params["w"], np.full(2, float(want[0]))), (
            "A loss of NaN, or of infinity, must not become the best, and counts as not better: it "
            "neither ends the training at once nor goes uncounted. Compare so that NaN loses. If no epoch "
            "is better, the parameters that were given come back."
        )


@pytest.mark.exercise("train_early_stopping")
def test_training_goes_on_from_where_it_was(student, rng):
    """Each epoch starts from the parameters of the one before, not from the best ones."""
    losses = [3.0, 1.0, 2.0, 1.5, 0.5, *rng.uniform(1, 2, size=6)]
    epoch_fn = Recorder(scripted(losses))
    student.train_early_stopping({"w": np.zeros(2)}, epoch_fn, patience=3, max_epochs=9)
    asked = [float((args[0] if args else kwargs["params"])["w"][0]) for args, kwargs, _ in epoch_fn.log]
    assert asked == [float(i) for i in range(8)], (
        "An epoch was run from other parameters than the epoch before left. Training goes on from where it "
        "is; the best ones are kept aside."
    )


@pytest.mark.exercise("train_early_stopping")
def test_the_history_tells_what_happened(student, rng):
    """best_epoch, best_loss and n_epochs, counted from one."""
    losses = [float(x) for x in rng.uniform(2, 3, size=9)]
    losses[4] = best = float(rng.uniform(1, 1.1))
    _, history, _ = stopped(student, losses, patience=9, max_epochs=7)
    assert close(history, {"best_epoch": 5, "best_loss": best, "n_epochs": 7}), (
        "The history is another: the epoch with the best loss, the first being 1; that loss; and the "
        "number of epochs that were run, at most max_epochs."
    )
    _, history, _ = stopped(student, [NAN, NAN, 1.0], patience=2, max_epochs=3)
    assert close(history, {"best_epoch": 0, "best_loss": INF, "n_epochs": 2}), (
        "Where no epoch was better the history is another: best_epoch is 0, best_loss infinity, and n_epochs "
        "still the number of epochs that were run."
    )
    losses[5] = 0.9
    _, history, _ = stopped(student, losses, patience=9, min_delta=0.5, max_epochs=7)
    assert close(history, {"best_epoch": 5, "best_loss": best, "n_epochs": 7}), (
        "With min_delta the history is another. best_loss is the loss of the best epoch, not a lower one "
        "that did not count."
    )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "train_early_stopping",
    """
    losses = [3.0, 4.0, 2.0, 4.0, 1.0]
    def epoch(params):  # the parameter counts epochs
        return {"w": params["w"] + 1}, losses[int(params["w"])]
    train_early_stopping({"w": np.array(0.0)}, epoch, patience=2, max_epochs=5)
    """,
    """
    losses = [3.0, 3.25, 2.75, 2.25, 1.75]
    def epoch(params):
        return {"w": params["w"] + 1}, losses[int(params["w"])]
    train_early_stopping({"w": np.array(0.0)}, epoch, patience=5, min_delta=0.5, max_epochs=5)
    """,
    """
    def epoch(params):
        return {"w": params["w"] + 1}, float("nan")
    train_early_stopping({"w": np.array(0.0)}, epoch, patience=2, max_epochs=5)
    """,
    """
    def epoch(params):
        return {"w": params["w"] + 1}, 2e12
    train_early_stopping({"w": np.array(0.0)}, epoch, patience=1, max_epochs=3)
    """,
)
