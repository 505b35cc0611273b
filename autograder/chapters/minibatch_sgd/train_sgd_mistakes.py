"""Named mistakes of `train_sgd`, with their hints."""

from autograder.checking import mistakes

HEAD = """    losses, t = [], 0
    for _ in range(n_epochs):
        total = 0.0
        for idx in minibatches(n, batch_size, rng=rng):
"""

ONCE = HEAD.replace(
    "    for _ in", "    batches = list(minibatches(n, batch_size, rng=rng))\n    for _ in"
).replace("minibatches(n, batch_size, rng=rng):", "batches:")

RATE = "params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)"
BEGIN, RETURN = "losses, t = [], 0", "return params, losses"
GRADIENT, EPOCH = "loss, grads = grad_fn(params, idx)", "losses.append(total / n)"
COUNTED = "total += loss * len(idx)\n            t += 1\n        losses.append(total / n)"


MISTAKES = mistakes(
    "train_sgd",
    (
        "numpy_number_taken_for_a_sequence",
        "A number of NumPy, as np.geomspace gives it, is taken for a sequence of rates, and has no entries. "
        "np.ndim(lr) is 0 for every number.",
        (RATE, 'params = sgd_step(params, grads, lr=lr[t] if hasattr(lr, "__getitem__") else lr)'),
    ),
    (
        "one_permutation_for_all_epochs",
        "The batches are made once and every epoch repeats them. Each epoch has a permutation of its own: "
        "look at what stands before the loop over epochs.",
        (HEAD, ONCE),
    ),
    (
        "short_batch_skipped",
        "The short last batch of each epoch is left out, and the loss lacks its examples too. All batches "
        "are trained on, full or not.",
        ("minibatches(n, batch_size, rng=rng)", "minibatches(n, batch_size, rng=rng, drop_last=True)"),
    ),
    (
        "mean_over_batches",
        "An epoch's loss is the mean of its batches' losses, in which a short batch weighs as much as a "
        "full one. Each example weighs the same: count a batch by its size.",
        (COUNTED, "total += loss\n            t += 1\n        losses.append(total / -(-n // batch_size))"),
    ),
    (
        "sum_for_the_loss",
        "An epoch's losses are added up, weighed by their batches' sizes, and never divided by the number "
        "of examples: it is a mean.",
        (COUNTED, "total += loss * len(idx)\n            t += 1\n        losses.append(total)"),
    ),
    (
        "loss_of_the_last_batch",
        "An epoch's loss is that of its last batch alone. It is the mean over all examples of the epoch.",
        (COUNTED, "total = loss\n            t += 1\n        losses.append(total)"),
    ),
    (
        "loss_after_the_step",
        "The loss is taken after the batch's update, at the cost of a second call. grad_fn gives loss and "
        "gradients together, once a batch, before the step.",
        (GRADIENT, "_, grads = grad_fn(params, idx)"),
        ("total += loss * len(idx)", "total += grad_fn(params, idx)[0] * len(idx)"),
    ),
    (
        "gradients_of_the_epochs_start",
        "All gradients of an epoch are taken where it began, so that its batches together make one long "
        "step. Each batch sees the parameters that the one before has left.",
        ("total = 0.0", "total, start = 0.0, params"),
        (GRADIENT, "loss, grads = grad_fn(start, idx)"),
    ),
    (
        "rate_counted_by_epochs",
        "The rate is looked up by the number of the epoch. With one rate for each update it is the number "
        "of the update that counts.",
        (COUNTED, "total += loss * len(idx)\n        t += 1\n        losses.append(total / n)"),
    ),
    (
        "rate_counted_anew_each_epoch",
        "The count of updates begins again with every epoch, so that the first rates are used over and "
        "over. It goes on through the whole training: look at where it is set to zero.",
        ("total = 0.0\n        for idx", "total, t = 0.0, 0\n        for idx"),
    ),
    (
        "rates_one_ahead",
        "Update t takes the rate of the next one: the count is raised before it is used, and the first "
        "rate never serves.",
        (
            RATE,
            "t += 1\n"
            "            rate = lr[min(t, len(lr) - 1)] if np.ndim(lr) else lr\n"
            "            params = sgd_step(params, grads, lr=rate)",
        ),
        ("total += loss * len(idx)\n            t += 1\n", "total += loss * len(idx)\n"),
    ),
    (
        "best_parameters_returned",
        "What comes back are the parameters with the lowest batch loss on the way, and a batch's loss is "
        "mostly luck. Return those after the last update.",
        (BEGIN, "losses, t, best, lowest = [], 0, params, np.inf"),
        (
            GRADIENT,
            f"{GRADIENT}\n            best, lowest = (params, loss) if loss < lowest else (best, lowest)",
        ),
        (RETURN, "return best, losses"),
    ),
    (
        "parameters_of_the_best_epoch",
        "What comes back are the parameters of the epoch with the lowest loss, and not the last ones. "
        "Training does not choose: return what the last update gave, also where the loss has grown.",
        (BEGIN, "losses, t, best = [], 0, params"),
        (EPOCH, f"{EPOCH}\n        best = params if losses[-1] <= min(losses) else best"),
        (RETURN, "return best, losses"),
    ),
    (
        "rate_by_whole_batches",
        "The number of an update is computed with n // batch_size batches an epoch, so that the short "
        "batches are not counted. Each of them makes an update and uses up a rate.",
        (
            HEAD,
            HEAD.replace("for _ in", "for epoch in")
            .replace("for idx in", "for i, idx in enumerate(")
            .replace("rng=rng):", "rng=rng)):"),
        ),
        (RATE, RATE.replace("lr[t]", "lr[epoch * (n // batch_size) + i]")),
    ),
    (
        "tuple_taken_for_a_number",
        "A tuple of rates is taken for one number and handed on whole. A sequence may be a list, an array or "
        "a tuple: np.ndim(lr) is 1 for each.",
        (RATE, "params = sgd_step(params, grads, lr=lr[t] if isinstance(lr, (list, np.ndarray)) else lr)"),
    ),
    (
        "losses_since_the_beginning",
        "An epoch's loss is the mean over all epochs so far: the sum goes on from one to the next. Each "
        "epoch begins anew: look at where the sum is set to zero.",
        ("losses, t = [], 0\n", "losses, t, total, seen = [], 0, 0.0, 0\n"),
        ("        total = 0.0\n", ""),
        (
            COUNTED,
            "total += loss * len(idx)\n            seen += len(idx)\n            t += 1\n"
            "        losses.append(total / seen)",
        ),
    ),
)
