"""Named mistakes of `loss_and_grads`, with their hints."""

from autograder.checking import mistakes

TRAINED = "masks[k - 1], p=p, training=True)"
LOSS = (
    'loss, grad = softmax_cross_entropy(affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"]), y)'
)
NORM_BACK = '                    grad, before[k - 1], params[f"gamma{k}"]'

MISTAKES = mistakes(
    "loss_and_grads",
    (
        "nothing_dropped",
        "The masks play no part on the way forward.",
        (f'dropout(activation(z, "relu"), {TRAINED}', 'activation(z, "relu")'),
    ),
    (
        "standardized_again",
        "The inputs are standardised once more. They come standardised; only `predict` does it by itself.",
        ("after, h = [], [], [], X", 'after, h = [], [], [], standardize(X, model["mean"], model["scale"])'),
    ),
    (
        "relu_after_the_last_layer",
        "ReLU comes after the last layer, too. The scores go into the loss as they are, below 0 as well.",
        (
            LOSS,
            'last = affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"])\n'
            '    loss, grad = softmax_cross_entropy(activation(last, "relu"), y)\n'
            '    grad = activation_backward(grad, last, "relu")',
        ),
    ),
    (
        "mask_forgotten_on_the_way_back",
        "On the way back the gradient does not pass the masks: a unit that was dropped has no part in the "
        "loss.",
        ("            grad = dropout_backward(grad, masks[k - 1], p=p)\n", ""),
    ),
    (
        "scale_forgotten_on_the_way_back",
        "On the way back the gradient passes the masks and not the factor by which what was kept had been "
        "scaled up.",
        ("dropout_backward(grad, masks[k - 1], p=p)", "grad * masks[k - 1]"),
    ),
    (
        "scaled_by_the_share_kept",
        "What is kept is divided by the share that the mask happens to keep. It is divided by 1 - p, the "
        "probability of keeping.",
        (
            f'dropout(activation(z, "relu"), {TRAINED}',
            'activation(z, "relu") * masks[k - 1] / np.mean(masks[k - 1])',
        ),
        ("dropout_backward(grad, masks[k - 1], p=p)", "grad * masks[k - 1] / np.mean(masks[k - 1])"),
    ),
    (
        "relu_forgotten_on_the_way_back",
        "On the way back the gradient does not pass ReLU: where a unit was off it is zero.",
        ('            grad = activation_backward(grad, after[k - 1], "relu")\n', ""),
    ),
    (
        "relu_forgotten_without_norm",
        "On the way back the gradient passes ReLU only where there is batch norm. ReLU is there without it "
        "too.",
        (
            '            grad = activation_backward(grad, after[k - 1], "relu")\n            if normed:\n',
            "            if normed:\n"
            '                grad = activation_backward(grad, after[k - 1], "relu")\n',
        ),
    ),
    (
        "biased_running_variance",
        "The running variance moves towards the batch's variance that divides by n. There it divides by "
        "n - 1.",
        (
            "        after.append(z)\n",
            '            old, spread = model["running"][f"var{k}"], np.var(before[-1], axis=0)\n'
            '            running[f"var{k}"] = 0.9 * old + 0.1 * spread\n'
            "        after.append(z)\n",
        ),
    ),
    (
        "overflows",
        "The exponentials of scores in the thousands overflow, so that loss and gradients are NaN. Your "
        "softmax_cross_entropy is right for such scores.",
        (
            'loss, grad = softmax_cross_entropy(affine_forward(h, params[f"W{n_layers}"], '
            'params[f"b{n_layers}"]), y)',
            'odds = np.exp(affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"]))\n'
            "    probs, right = odds / odds.sum(axis=1, keepdims=True), np.eye(odds.shape[1])[y]\n"
            "    loss = float(-np.mean(np.log(probs[np.arange(len(y)), y])))\n"
            "    grad = (probs - right) / len(y)",
        ),
    ),
    (
        "relu_at_its_output",
        "ReLU's slope is taken in the affine part's output. With batch norm between them that is not what "
        "ReLU "
        "was given.",
        (
            'activation_backward(grad, after[k - 1], "relu")',
            'activation_backward(grad, before[k - 1], "relu")',
        ),
    ),
    (
        "norm_at_its_output",
        "Batch norm's gradient is taken at its own output: its backward function wants the input.",
        (NORM_BACK, '                    grad, after[k - 1], params[f"gamma{k}"]'),
    ),
    (
        "statistics_stay",
        "The running statistics come back as they were: what the training pass returns of them gets lost.",
        (
            'z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(',
            "z, *_ = batch_norm_train(",
        ),
    ),
    (
        "variance_stays",
        "The running variances come back as they were, though the means move: batch_norm_train returns both.",
        (
            'z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(',
            'z, running[f"mean{k}"], _ = batch_norm_train(',
        ),
    ),
    (
        "evaluation_in_training",
        "In training your batch norm uses the running statistics; there it uses the batch.",
        (
            """            z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        after""",
            """            seen = running[f"mean{k}"], running[f"var{k}"]
            _, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], *seen
            )
            z = batch_norm_eval(z, params[f"gamma{k}"], params[f"beta{k}"], *seen)
        after""",
        ),
    ),
    (
        "sum_instead_of_mean",
        "Loss and gradients are those of the batch's sum: the mean over the batch was asked for.",
        (
            "    inputs.append(h)\n    grads = {}",
            "    inputs.append(h)\n    loss, grad, grads = loss * len(X), grad * len(X), {}",
        ),
    ),
)
