"""Named mistakes of `train_gd`, with their hints."""

from autograder.checking import mistakes

MISTAKES = mistakes(
    "train_gd",
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign in gd_step.",
        ("params[key] - lr * grads[key]", "params[key] + lr * grads[key]"),
    ),
    (
        "in_place",
        "gd_step changes the arrays that it was given. Whoever called still needs them: make new ones.",
        (
            "return {key: params[key] - lr * grads[key] for key in params}",
            "for key in params:\n        params[key] -= lr * grads[key]\n    return params",
        ),
    ),
    (
        "rate_of_its_own",
        "The learning rate does not reach the step: another is used there. Look at the call of gd_step.",
        ("gd_step(params, grads, lr=lr)", "gd_step(params, grads, lr=0.1)"),
    ),
    (
        "first_gradient_for_ever",
        "Every step follows the gradient at the start. It belongs to where you are: take it anew in each "
        "step.",
        ("losses = []\n    for step", "start = params\n    losses = []\n    for step"),
        (
            "mlp_backward(grad_logits, params, X, activation=activation)\n            params =",
            "mlp_backward(grad_logits, start, X, activation=activation)\n            params =",
        ),
    ),
    (
        "always_from_the_start",
        "Every step begins at the parameters that were given, so that only the last one counts. Put the "
        "result of a step in their place.",
        ("losses = []\n    for step", "start = params\n    losses = []\n    for step"),
        ("params = gd_step(params, grads, lr=lr)", "params = gd_step(start, grads, lr=lr)"),
    ),
    (
        "best_kept",
        "What comes back has the lowest loss on the way. Asked for is what the last step leads to, better or "
        "not.",
        ("losses = []\n    for step", "losses, best = [], params\n    for step"),
        (
            "losses.append(loss)",
            "best = params if loss <= min([loss, *losses]) else best\n        losses.append(loss)",
        ),
        ("return params, losses\n", "return best, losses\n"),
    ),
    (
        "last_loss_missing",
        "There are as many losses as steps: the one of the parameters that are returned is missing.",
        ("return params, losses\n", "return params, losses[:n_steps]\n"),
    ),
    (
        "last_loss_repeated",
        "The last loss is that of the step before. After the last step there is one more forward pass to "
        "make.",
        ("return params, losses\n", "return params, [*losses[:-1], losses[-min(2, len(losses))]]\n"),
    ),
    (
        "one_step_too_few",
        "The parameters of the last step but one are returned.",
        ("if step < n_steps:", "if step < n_steps - 1:"),
    ),
    (
        "stops_early",
        "The training ends where the loss has stopped changing. It makes n_steps steps, and there are "
        "n_steps + 1 losses.",
        (
            "losses.append(loss)",
            "losses.append(loss)\n        if step > 0 and losses[-1] == losses[-2]:\n            break",
        ),
    ),
    (
        "biases_stand_still",
        "Only the weights move, the biases stay where they were. A step goes over all keys.",
        (
            "params[key] - lr * grads[key] for key in params",
            'params[key] - lr * grads[key] if key[0] == "W" else params[key] for key in params',
        ),
    ),
    (
        "backward_by_relu",
        "The backward pass of the training is relu's, whatever the keyword says: hand activation on in both "
        "directions.",
        (
            "mlp_backward(grad_logits, params, X, activation=activation)\n            params =",
            'mlp_backward(grad_logits, params, X, activation="relu")\n            params =',
        ),
    ),
    (
        "averaged_again",
        "The gradients are divided by the number of examples once more. The loss is a mean already.",
        ("params = gd_step(params, grads, lr=lr)", "params = gd_step(params, grads, lr=lr / len(X))"),
    ),
    free={"rate_of_its_own": ("lr={})", ("0.1", "0.01", "0.05", "0.5", "1.0"))},
)
