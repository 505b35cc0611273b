"""Named mistakes of `adaptive` and the hints that name them."""

from autograder.specimens import Specimen


def _adam(name, note, *swaps):
    return Specimen("adam_step", name, note, swaps)


def _train(name, note, *swaps):
    return Specimen("train_digits", name, note, swaps)


ADAM = (
    _adam(
        "no_bias_correction",
        "Neither mean is corrected for having started at zero: this is Adam without bias correction, "
        "whose first steps are several times too long. Look at the two lines between the means and the "
        "update.",
        ("m_hat = m[key] / (1 - beta1**t)", "m_hat = m[key]"),
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key]"),
    ),
    _adam(
        "only_m_corrected",
        "The mean of the gradients is corrected for its start at zero, the mean of the squares is not. Both "
        "started at zero: look at what stands under the root.",
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key]"),
    ),
    _adam(
        "only_v_corrected",
        "The mean of the squares is corrected for its start at zero, the mean of the gradients is not. Both "
        "started at zero: look at the numerator.",
        ("m_hat = m[key] / (1 - beta1**t)", "m_hat = m[key]"),
    ),
    _adam(
        "one_beta_corrects_both",
        "Both means are corrected by the first beta's power. Each mean is too small by its own beta: "
        "look at what the mean of the squares is divided by.",
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key] / (1 - beta1**t)"),
    ),
    _adam(
        "counter_stays_at_one",
        "The counter of updates does not rise from one step to the next, so that every step is "
        "corrected like the first. Look at what the new state says about it.",
        (
            'return new_params, {"t": t, "m": m, "v": v}',
            'return new_params, {"t": state["t"], "m": m, "v": v}',
        ),
    ),
    _adam(
        "counter_raised_twice",
        "The first update is corrected as if it were the second: the counter is one ahead. It starts at "
        "zero and is raised once an update, before the correction; look at where it starts and where "
        "it rises.",
        ('t = state["t"] + 1\n    new_params, m', 't = state["t"] + 2\n    new_params, m'),
        ('return new_params, {"t": t, "m": m, "v": v}', 'return new_params, {"t": t - 1, "m": m, "v": v}'),
    ),
    _adam(
        "counter_rises_with_each_parameter",
        "The counter rises once for every entry of the dict instead of once an update, so that the second "
        "parameter is corrected too little. Look at the loop over the keys and what stands inside it.",
        ('t = state["t"] + 1\n    new_params, m', 't = state["t"]\n    new_params, m'),
        ("m_hat = m[key] / (1 - beta1**t)", "t += 1\n        m_hat = m[key] / (1 - beta1**t)"),
    ),
    _adam(
        "corrected_means_kept",
        "The state keeps the corrected means, so that they are corrected again in every later step and "
        "the steps go astray. Correct copies for this update only; look at what the new state holds.",
        (
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)",
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)\n"
            "        m[key], v[key] = m_hat, v_hat",
        ),
    ),
    _adam(
        "eps_inside_the_root",
        "Epsilon is added under the root. That is the convention of some other methods and books "
        "(Adadelta, Keras' RMSProp); Adam adds it to the root. Gradients as small as its own root show "
        "the difference.",
        ("m_hat / (np.sqrt(v_hat) + eps)", "m_hat / np.sqrt(v_hat + eps)"),
    ),
    _adam(
        "eps_before_the_correction",
        "Epsilon is added to the root of v before v is corrected: the short form at the end of section "
        "2 of the paper, which Keras and TensorFlow use (their epsilon hat). Here it is added to the "
        "corrected root.",
        (
            "m_hat / (np.sqrt(v_hat) + eps)",
            "m_hat * np.sqrt(1 - beta2**t) / (np.sqrt(v[key]) + eps)",
        ),
    ),
    _adam(
        "betas_swapped",
        "The two betas are swapped: the mean of the gradients remembers as long as the mean of the squares "
        "should. Look at which beta stands in which line.",
        ("beta1, beta2 = betas\n    ### BEGIN SOLUTION\n    t =", "beta2, beta1 = betas\n    t ="),
    ),
    _adam(
        "no_root",
        "The step is divided by the mean of the squares itself, so that a weight with gradients a "
        "hundred times larger takes steps a hundred times smaller. Look for the square root.",
        ("(np.sqrt(v_hat) + eps)", "(v_hat + eps)"),
    ),
    _adam(
        "means_that_add_up",
        "The new gradient comes into the means with weight one: they are sums that leak, not means, and the "
        "correction does not fit them. Look at the weight of the new term in both lines.",
        (
            'm[key] = beta1 * state["m"][key] + (1 - beta1) * g\n'
            '        v[key] = beta2 * state["v"][key] + (1 - beta2) * g**2\n'
            "        m_hat",
            'm[key] = beta1 * state["m"][key] + g\n'
            '        v[key] = beta2 * state["v"][key] + g**2\n'
            "        m_hat",
        ),
    ),
    _adam(
        "square_of_the_mean",
        "The second mean averages the square of the first mean instead of the gradients' squares: where "
        "gradients change sign it becomes far too small. Look at what is squared.",
        ("(1 - beta2) * g**2\n        m_hat", "(1 - beta2) * m[key] ** 2\n        m_hat"),
    ),
    _adam(
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        ("params[key] - lr * m_hat", "params[key] + lr * m_hat"),
    ),
)

TRAIN = (
    _train(
        "no_shuffle",
        "The batches come in the order of the data in every epoch. Look for the permutation that each epoch "
        "starts with.",
        ("order = rng.permutation(n)", "order = np.arange(n)"),
    ),
    _train(
        "one_permutation_for_all_epochs",
        "Every epoch goes through the same permutation. It is drawn anew at the start of each: look at "
        "whether it stands inside the loop over epochs.",
        (
            "for _ in range(n_epochs):\n        order = rng.permutation(n)",
            "order = rng.permutation(n)\n    for _ in range(n_epochs):",
        ),
    ),
    _train(
        "drawn_with_replacement",
        "Examples are drawn with replacement, so that an epoch sees some twice and others never. Look "
        "at how the order is drawn: a permutation holds each index once.",
        ("order = rng.permutation(n)", "order = rng.integers(n, size=n)"),
    ),
    _train(
        "state_reset_each_epoch",
        "Adam forgets its means and its counter at the start of every epoch. The state is made once: look at "
        "whether that line stands inside the loop over epochs.",
        ("order = rng.permutation(n)", "order = rng.permutation(n)\n        state = adam_init(params)"),
    ),
    _train(
        "state_never_kept",
        "Every update starts from a fresh Adam state, so that each is a first step: all weights move by "
        "lr, with no memory at all. Look at what becomes of the state that adam_step returns.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "params, _ = adam_step(params, grads, state, lr=lr)",
        ),
    ),
    _train(
        "last_batch_dropped",
        "The examples that do not fill a whole batch are left out. The last batch is simply shorter: "
        "look at where the loop over batches ends.",
        ("range(0, n, batch_size)", "range(0, n - batch_size + 1, batch_size)"),
    ),
    _train(
        "batches_weigh_alike",
        "An epoch's loss is the plain mean over batches, in which an example of the short last batch "
        "counts for more than the others. Look at how the batches' losses are put together.",
        ("total += loss * len(batch)", "total += loss"),
        ("losses.append(total / n)", "losses.append(total / len(range(0, n, batch_size)))"),
    ),
    _train(
        "last_batch_speaks_for_the_epoch",
        "An epoch's loss is that of its last batch alone. It is a mean over all examples of the epoch: "
        "look at what is added up and what is appended.",
        ("losses.append(total / n)", "losses.append(loss)"),
    ),
    _train(
        "loss_after_the_epoch",
        "An epoch's loss is computed once more on all the data after its updates. What is asked for is "
        "the mean of the losses that were seen on the way, each before its update: you have them "
        "already.",
        ("losses.append(total / n)", "losses.append(loss_and_grad(params, X, y)[0])"),
    ),
    _train(
        "labels_left_in_place",
        "X is shuffled and y is not, so that the network learns other examples' labels. Look at what "
        "both are indexed with.",
        (
            "loss_and_grad(params, X[batch], y[batch])",
            "loss_and_grad(params, X[batch], y[start : start + batch_size])",
        ),
    ),
    _train(
        "all_data_in_every_update",
        "Every update uses the gradient of the whole set: this is full-batch training with as many "
        "steps. Look at what loss_and_grad is given.",
        ("loss_and_grad(params, X[batch], y[batch])", "loss_and_grad(params, X, y)"),
    ),
    _train(
        "lr_not_passed",
        "The learning rate does not reach the optimiser, which falls back on its default. Look at the "
        "call of adam_step.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "params, state = adam_step(params, grads, state)",
        ),
    ),
)

MISTAKES = ADAM + TRAIN
