"""Named mistakes of `train`, with their hints."""

from autograder.checking import mistakes

MISTAKES = mistakes(
    "train",
    (
        "scaled_after_all",
        "The network is trained on the inputs as they come; the scaling goes into the model only.",
        ("inputs = standardize(X, mean, scale)", "inputs = X"),
    ),
    (
        "always_standardised",
        "The config's scaling is not looked at: centring alone leaves every scale at one.",
        ('if config["scaling"] == "center":', 'if config["scaling"] == "centre":'),
    ),
    (
        "scaled_with_the_validation_set",
        "Mean and scale are those of training and validation set together: the validation set has then been "
        "seen in training.",
        ("mean, scale = standardize_fit(X)", "mean, scale = standardize_fit(np.concatenate([X, X_val]))"),
    ),
    (
        "last_epoch_kept",
        "The model of the last epoch comes back, whatever the validation loss said on the way.",
        ("return models[best],", "return models[-1],"),
    ),
    (
        "accuracy_of_the_training_set",
        "val_accuracy is the accuracy on the training set. The history has that of X_val and y_val.",
        ("np.mean(np.argmax(logits, axis=1) == y_val)", "np.mean(predict(model, X) == y)"),
    ),
    (
        "best_by_accuracy",
        "The epoch is chosen by its validation accuracy: the validation loss was asked for.",
        ('best = best_index(history["val_loss"])', 'best = int(np.argmax(history["val_accuracy"]))'),
    ),
    (
        "last_of_equal_epochs",
        "Of epochs with one validation loss the last is kept. Your best_index takes the first.",
        (
            'best = best_index(history["val_loss"])',
            'losses = history["val_loss"]\n'
            "    lowest = np.fmin.reduce(losses)\n"
            "    best = max((i for i, loss in enumerate(losses) if loss == lowest), default=0)",
        ),
    ),
    (
        "argmin_of_nan",
        "np.argmin takes NaN for the lowest loss, so that an epoch that broke down is the best: your "
        "best_index passes it over.",
        ('best = best_index(history["val_loss"])', 'best = int(np.argmin(history["val_loss"]))'),
    ),
    (
        "state_made_anew",
        "The optimiser's state is made anew in every epoch, and what it had gathered is lost.",
        (
            "        model, loss, state = train_epoch",
            '        state = opt_init(config, model["params"])\n        model, loss, state = train_epoch',
        ),
    ),
    (
        "every_epoch_the_first",
        "Every epoch is told that it is the first, so that the schedule begins again in each.",
        ("epoch=epoch", "epoch=0"),
    ),
)
