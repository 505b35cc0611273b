"""Named mistakes of `l1_prox_step`, with their hints."""

from autograder.checking import mistakes

SHRINK = "np.sign(w) * np.maximum(np.abs(w) - t, 0)"
PROX = "soft_threshold(params[key] - lr * grads[key], lr * lam)"

MISTAKES = mistakes(
    "l1_prox_step",
    (
        "hard_threshold",
        "What is further from 0 than t is kept as it is: that is the hard threshold. The soft one moves "
        "everything by t.",
        (SHRINK, "np.where(np.abs(w) > t, w, 0.0)"),
    ),
    (
        "divides_by_the_size",
        "You divide by |w|: where w and the threshold are 0 that is 0/0, and the weight becomes NaN.",
        (SHRINK, "w * np.maximum(1 - t / np.abs(w), 0)"),
    ),
    (
        "passes_zero",
        "Weights near 0 are moved past it to the other side. They stop there: that is where the zeros come "
        "from.",
        (SHRINK, "w - t * np.sign(w)"),
    ),
    (
        "positive_only",
        "Negative weights all become 0. Both signs move towards 0.",
        (SHRINK, "np.maximum(w - t, 0)"),
    ),
    (
        "sign_lost",
        "Negative weights come back positive: the sign is lost.",
        (SHRINK, "np.maximum(np.abs(w) - t, 0)"),
    ),
    (
        "threshold_without_rate",
        "The threshold is λ whatever the rate. A short step takes little: its length belongs to the "
        "threshold.",
        (PROX, "soft_threshold(params[key] - lr * grads[key], lam)"),
    ),
    (
        "threshold_without_lambda",
        "The threshold does not depend on λ.",
        (PROX, "soft_threshold(params[key] - lr * grads[key], lr)"),
    ),
    (
        "threshold_first",
        "The threshold comes before the gradient step, which then leads away from the zeros again.",
        (PROX, "soft_threshold(params[key], lr * lam) - lr * grads[key]"),
    ),
    (
        "sign_of_the_old_weight",
        "The sign is that of the weight before the gradient step. Where the step crosses 0 the weight that "
        "it made has the other one.",
        (
            PROX,
            "np.sign(params[key]) * np.maximum(np.abs(params[key] - lr * grads[key]) - lr * lam, 0)",
        ),
    ),
    (
        "biases_left_out",
        "Parameters whose names begin with b are not thresholded. Every entry is penalised, whatever its "
        "name: whoever wants biases left out does not give them.",
        (PROX, f'params[key] - lr * grads[key] if key.startswith("b") else {PROX}'),
    ),
    (
        "subgradient_step",
        "This is a step along the gradient of the penalty, which jumps across 0 and never lands there. The "
        "proximal step thresholds.",
        (PROX, "params[key] - lr * (grads[key] + lam * np.sign(params[key]))"),
    ),
    (
        "uphill",
        "The gradient step goes up the slope.",
        (PROX, "soft_threshold(params[key] + lr * grads[key], lr * lam)"),
    ),
    (
        "no_threshold",
        "The step ends before the threshold: it is plain gradient descent.",
        (PROX, "params[key] - lr * grads[key]"),
    ),
)
