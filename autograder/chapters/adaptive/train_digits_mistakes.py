"""Named mistakes of `train_digits`, with their hints."""

from autograder.checking import mistakes

MISTAKES = mistakes(
    "train_digits",
    (
        "best_epochs_weights",
        "The weights of the epoch with the lowest loss come back. Those after the last epoch are asked for.",
        ("losses = []", "losses, best = [], params"),
        (
            "losses.append(total / n)",
            "losses.append(total / n)\n        best = params if losses[-1] == min(losses) else best",
        ),
        ("return params, losses", "return best, losses"),
    ),
    (
        "no_shuffle",
        "The batches come in the order of the data in every epoch. Look for the permutation that each epoch "
        "starts with.",
        ("order = rng.permutation(n)", "order = np.arange(n)"),
    ),
    (
        "one_permutation_for_all_epochs",
        "Every epoch goes through the same permutation. It is drawn anew at the start of each: look at "
        "whether it stands inside the loop over epochs.",
        (
            "for _ in range(n_epochs):\n        order = rng.permutation(n)",
            "order = rng.permutation(n)\n    for _ in range(n_epochs):",
        ),
    ),
    (
        "shuffles_the_shuffled",
        "Each epoch's permutation is applied to the data as the epoch before left it. A batch holds the rows "
        "of X and y, as they came, that the slice of this epoch's permutation names.",
        (
            "order = rng.permutation(n)",
            "order = rng.permutation(n)\n        X, y, order = X[order], y[order], np.arange(n)",
        ),
    ),
    (
        "drawn_with_replacement",
        "Examples are drawn with replacement, so that an epoch sees some twice and others never. Look "
        "at how the order is drawn: a permutation holds each index once.",
        ("order = rng.permutation(n)", "order = rng.integers(n, size=n)"),
    ),
    (
        "state_reset_each_epoch",
        "Adam forgets its means and its counter at the start of every epoch. The state is made once: look at "
        "whether that line stands inside the loop over epochs.",
        ("order = rng.permutation(n)", "order = rng.permutation(n)\n        state = adam_init(params)"),
    ),
    (
        "state_never_kept",
        "Every update starts from a fresh Adam state, so that each is a first step: all weights move by "
        "lr, with no memory at all. Look at what becomes of the state that adam_step returns.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "params, _ = adam_step(params, grads, state, lr=lr)",
        ),
    ),
    (
        "last_batch_dropped",
        "The examples that do not fill a whole batch are left out. The last batch is simply shorter: "
        "look at where the loop over batches ends.",
        ("range(0, n, batch_size)", "range(0, n - batch_size + 1, batch_size)"),
    ),
    (
        "batches_of_even_sizes",
        "The examples are divided evenly among the batches. Every batch but the last has batch_size of them: "
        "the last one is shorter.",
        ("for start in range(0, n, batch_size):", "for batch in np.array_split(order, -(-n // batch_size)):"),
        ("            batch = order[start : start + batch_size]\n", ""),
    ),
    (
        "leaves_out_a_batch_of_one",
        "A last batch of one example is left out. It is a batch like the others: an epoch visits every "
        "example.",
        ("total = 0.0", "total, seen = 0.0, 0"),
        (
            "batch = order[start : start + batch_size]\n",
            "batch = order[start : start + batch_size]\n"
            "            if len(batch) == 1 and start > 0:\n                continue\n",
        ),
        ("total += loss * len(batch)", "total, seen = total + loss * len(batch), seen + len(batch)"),
        ("losses.append(total / n)", "losses.append(total / seen)"),
    ),
    (
        "short_batch_scaled_down",
        "The gradient of the short last batch is scaled down by its share of batch_size. Each batch makes "
        "its update from its own gradient, which is a mean already.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "grads = {key: len(batch) / batch_size * g for key, g in grads.items()}\n"
            "            params, state = adam_step(params, grads, state, lr=lr)",
        ),
    ),
    (
        "batches_weigh_alike",
        "An epoch's loss is the plain mean over batches, in which an example of the short last batch "
        "counts for more than the others. Look at how the batches' losses are put together.",
        ("total += loss * len(batch)", "total += loss"),
        ("losses.append(total / n)", "losses.append(total / len(range(0, n, batch_size)))"),
    ),
    (
        "last_batch_speaks_for_the_epoch",
        "An epoch's loss is that of its last batch alone. It is a mean over all examples of the epoch: "
        "look at what is added up and what is appended.",
        ("losses.append(total / n)", "losses.append(loss)"),
    ),
    (
        "loss_after_the_epoch",
        "An epoch's loss is computed once more on all the data after its updates. What is asked for is "
        "the mean of the losses that were seen on the way, each before its update: you have them "
        "already.",
        ("losses.append(total / n)", "losses.append(loss_and_grad(params, X, y)[0])"),
    ),
    (
        "labels_left_in_place",
        "X is shuffled and y is not, so that the network learns other examples' labels. Look at what "
        "both are indexed with.",
        (
            "loss_and_grad(params, X[batch], y[batch])",
            "loss_and_grad(params, X[batch], y[start : start + batch_size])",
        ),
    ),
    (
        "all_data_in_every_update",
        "Every update uses the gradient of the whole set: this is full-batch training with as many "
        "steps. Look at what loss_and_grad is given.",
        ("loss_and_grad(params, X[batch], y[batch])", "loss_and_grad(params, X, y)"),
    ),
    (
        "lr_not_passed",
        "The learning rate does not reach the optimiser, which falls back on its default. Look at the "
        "call of adam_step.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "params, state = adam_step(params, grads, state)",
        ),
    ),
)
