"""Named mistakes of `train_early_stopping`, with their hints, and conventions."""

from autograder.checking import conventions, mistakes

BETTER = "if val_loss < best_loss - min_delta:"
KEPT = "best, best_loss, best_epoch, wait = params, val_loss, epoch, 0"
RETURN = 'return best, {"best_epoch": best_epoch, "best_loss": float(best_loss), "n_epochs": epoch}'

MISTAKES = mistakes(
    "train_early_stopping",
    (
        "better_at_min_delta",
        "A loss that is exactly min_delta below the best counts as better. It has to be below best - "
        "min_delta.",
        (BETTER, "if val_loss < best_loss and val_loss <= best_loss - min_delta:"),
    ),
    (
        "last_parameters",
        "The parameters of the last epoch come back, which by then is patience epochs too late. Keep a "
        "copy of those of the best epoch; arrays that are updated in place go on changing.",
        (RETURN, RETURN.replace("return best,", "return params,")),
    ),
    (
        "patience_never_refilled",
        "Epochs that were not better add up over the whole run. The count is of epochs in a row: a better "
        "one starts it anew.",
        (KEPT, "best, best_loss, best_epoch, wait = params, val_loss, epoch, wait - 1"),
    ),
    (
        "ties_are_better",
        "An epoch that only equals the best counts as better. Better means below.",
        (BETTER, "if val_loss <= best_loss - min_delta:"),
    ),
    (
        "delta_added",
        "min_delta is added to the best: an epoch that is a little worse then counts as better.",
        (BETTER, "if val_loss < best_loss + min_delta:"),
    ),
    (
        "delta_ignored",
        "min_delta plays no part. By how much must an epoch be better?",
        (BETTER, "if val_loss < best_loss:"),
    ),
    (
        "best_follows_every_gain",
        "The loss to beat follows every small gain, so that a slow steady fall is never better. It changes "
        "only with an epoch that counts.",
        (
            KEPT,
            KEPT + "\n        else:\n            best_loss = np.fmin(best_loss, val_loss)",
        ),
    ),
    (
        "compared_with_the_last_epoch",
        "Each epoch is compared with the one before. It has to beat the best.",
        (
            KEPT,
            KEPT + "\n        else:\n            best_loss = val_loss",
        ),
    ),
    (
        "nan_is_better",
        "NaN passes for better: every comparison with it is false, so the question must be asked the other "
        "way round.",
        (BETTER, "if not val_loss >= best_loss - min_delta:"),
    ),
    (
        "first_epoch_is_better",
        "The first epoch counts as better whatever its loss is. If that is NaN no later one is better: a "
        "loss has to be below infinity.",
        (BETTER, "if epoch == 1 or val_loss < best_loss - min_delta:"),
    ),
    (
        "best_starts_at_a_number",
        "The loss to beat starts at some number: where all losses are above it no epoch is better. It starts "
        "at infinity.",
        ("params, np.inf, 0, 0", "params, 1e6, 0, 0"),
    ),
    (
        "stops_at_nan",
        "A loss of NaN ends the training at once. It counts as an epoch that was not better, and the "
        "patience decides.",
        ("        wait += 1\n", "        wait += 1\n        if np.isnan(val_loss):\n            break\n"),
    ),
    (
        "lowest_loss_told",
        "best_loss is the lowest loss of all epochs, also one that min_delta did not let count. It is the "
        "loss of the best epoch.",
        ("params, np.inf, 0, 0\n", "params, np.inf, 0, 0\n    lowest = np.inf\n"),
        ("        wait += 1\n", "        wait += 1\n        lowest = np.fmin(lowest, val_loss)\n"),
        ("float(best_loss)", "float(lowest)"),
    ),
    (
        "restarts_from_the_best",
        "After an epoch that was not better training goes back to the best parameters. It goes on from where "
        "it is.",
        ("params, val_loss = epoch_fn(params)", "params, val_loss = epoch_fn(params if wait == 0 else best)"),
    ),
    (
        "one_epoch_impatient",
        "Training stops one epoch too early: with a patience of two, two epochs in a row may fail.",
        ("if wait >= patience:", "if wait >= max(patience - 1, 1):"),
    ),
    (
        "epochs_from_zero",
        "The best epoch is counted from zero, in which 0 already means that there was none.",
        (KEPT, KEPT.replace("val_loss, epoch, 0", "val_loss, epoch - 1, 0")),
    ),
    (
        "never_stops",
        "Training always runs to max_epochs. The patience should end it.",
        ("if wait >= patience:", "if epoch >= max_epochs:"),
    ),
    free={
        "best_starts_at_a_number": (
            "params, {}, 0, 0",
            ("1e6", "1e9", "1e10", "1e5", "1e4", "1e3", "100", "1e8"),
        )
    },
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "train_early_stopping",
    (
        "patience_exceeded",
        "Training stops when the count exceeds the patience, as torch's ReduceLROnPlateau counts. Here, "
        "as in Keras' EarlyStopping, it stops when the count has reached it.",
        ("if wait >= patience:", "if wait > patience:"),
    ),
)
