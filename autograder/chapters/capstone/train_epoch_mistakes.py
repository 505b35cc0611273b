"""Named mistakes of `train_epoch`, with their hints."""

from autograder.checking import mistakes

MISTAKES = mistakes(
    "train_epoch",
    (
        "always_cosine",
        "The config's schedule is not looked at: the rate falls along a cosine where a constant one was "
        "asked for.",
        ('if config["schedule"] == "cosine":', "if True:"),
    ),
    (
        "state_made_anew",
        "The optimiser's state is made anew in every epoch. It comes in with the call, from the one before.",
        (
            'size, losses = config["batch_size"], []',
            'size, losses = config["batch_size"], []\n    state = opt_init(config, model["params"])',
        ),
    ),
    (
        "short_batch_used",
        "The last batch makes its update though it is not full.",
        ("rng=rng, drop_last=True)", "rng=rng)"),
    ),
    (
        "schedule_by_epochs",
        "The rate changes from epoch to epoch: the schedule counts updates.",
        ("        step += 1\n", ""),
    ),
    (
        "schedule_one_ahead",
        "The schedule is one update ahead: it counts what is done before the update that it is asked for.",
        ("cosine_lr(step, base_lr", "cosine_lr(step + 1, base_lr"),
    ),
    (
        "schedule_starts_again",
        "The schedule starts again in every epoch: the updates of earlier epochs count.",
        ("step = epoch * per_epoch", "step = 0"),
    ),
    (
        "always_constant",
        "The config's schedule is not looked at: the rate stays the same.",
        ('if config["schedule"] == "cosine":', "if False:"),
    ),
    (
        "state_not_handed_on",
        "Every update begins from the state that the epoch began with.",
        ("model, loss, state = train_step(", "model, loss, newest = train_step("),
        ("float(np.mean(losses)), state", "float(np.mean(losses)), newest"),
    ),
    (
        "last_loss",
        "The loss that comes back is that of the last batch: the mean over all batches was asked for.",
        ("float(np.mean(losses))", "float(losses[-1])"),
    ),
    (
        "loss_over_all_examples",
        "The losses' sum is divided by all examples, those too that were left out: the mean is over the "
        "batches that made an update.",
        ("float(np.mean(losses))", "float(size * np.sum(losses) / len(X))"),
    ),
    (
        "generator_not_handed_on",
        "Each batch's masks come from a generator of your own: hand rng on to train_step.",
        ("lr=lr, rng=rng)", "lr=lr, rng=np.random.default_rng(0))"),
    ),
)
