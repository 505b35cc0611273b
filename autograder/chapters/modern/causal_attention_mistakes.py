"""Named mistakes of `causal_attention`, with their hints."""

from autograder.checking import mistakes

SCORES = "scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])"
SEEN = "seen = np.tril(np.ones(scores.shape[-2:], dtype=bool))"
HIDDEN = "scores = np.where(seen, scores, -np.inf)"
EXPS = "weights = np.exp(scores - scores.max(axis=-1, keepdims=True))"
MEAN = "return weights / weights.sum(axis=-1, keepdims=True) @ v"
AGAIN = "scores = np.where(np.tri(q.shape[-2], dtype=bool), q @ k.swapaxes(-1, -2) / root, -np.inf)"
INNER = "inner = np.sum(weights * grad_weights, axis=-1, keepdims=True)"
BACK = "grad_scores = weights * (grad_weights - inner) / root"
GRADS = "return grad_scores @ k, grad_scores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ grad_out"

MISTAKES = mistakes(
    "causal_attention",
    (
        "no_mask",
        "Every position sees the whole text, also what comes later. Hide the keys after t before the "
        "softmax.",
        (HIDDEN, "scores = scores + 0.0 * seen"),
    ),
    (
        "sees_only_the_future",
        "The mask is turned round: a position sees itself and what comes after it.",
        (SEEN, "seen = np.triu(np.ones(scores.shape[-2:], dtype=bool))"),
    ),
    (
        "does_not_see_itself",
        "A position sees the earlier ones and not itself, so that the first one has nothing to look at.",
        (SEEN, "seen = np.tril(np.ones(scores.shape[-2:], dtype=bool), -1)"),
    ),
    (
        "masked_with_zero",
        "Hidden scores are set to 0, which is a score like any other. Only a score of minus infinity has the "
        "weight 0.",
        (HIDDEN, "scores = np.where(seen, scores, 0.0)"),
    ),
    (
        "masked_with_a_finite_score",
        "Hidden scores are set to a large negative number, and there are scores that are lower still. Only "
        "minus infinity is below every score.",
        (HIDDEN, "scores = np.where(seen, scores, -1e3)"),
    ),
    (
        "masked_after_the_softmax",
        "The weights are hidden after the softmax, so that those that are left do not add up to 1.",
        (HIDDEN, "hidden = ~seen"),
        (MEAN, "return np.where(hidden, 0.0, weights / weights.sum(axis=-1, keepdims=True)) @ v"),
    ),
    (
        "not_scaled",
        "The division of the scores by √d is missing.",
        (SCORES, "scores = q @ k.swapaxes(-1, -2)"),
    ),
    (
        "divided_by_d",
        "The scores are divided by d. It is the root of d.",
        (SCORES, "scores = q @ k.swapaxes(-1, -2) / q.shape[-1]"),
    ),
    (
        "scaled_by_time",
        "The scores are divided by the root of the number of positions. d is the length of a query.",
        (SCORES, "scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-2])"),
    ),
    (
        "softmax_over_queries",
        "The softmax goes over the queries. For each query the weights of the keys add up to 1.",
        (EXPS, "weights = np.exp(scores - scores.max(axis=-1, keepdims=True)) + 0.0"),
        (MEAN, "return weights / weights.sum(axis=-2, keepdims=True) @ v"),
    ),
    (
        "keys_ask",
        "Keys and queries have changed places: row t of the scores belongs to query t.",
        (SCORES, "scores = k @ q.swapaxes(-1, -2) / np.sqrt(q.shape[-1])"),
    ),
    (
        "overflows",
        "The exponential of a large score is infinite. A row of scores may be shifted by any number: which "
        "one keeps the largest exponential at 1?",
        (EXPS, "weights = np.exp(scores)"),
    ),
    (
        "maximum_of_the_hidden",
        "The maximum is taken over all positions, hidden ones too. Where a hidden score is far larger, all "
        "that is seen becomes 0/0. Hide first, then take the maximum.",
        (HIDDEN, "top = scores.max(axis=-1, keepdims=True)\n    " + HIDDEN),
        (EXPS, "weights = np.exp(scores - top)"),
    ),
    (
        "softmax_without_its_mean",
        "In the backward pass the softmax has lost a term: from the gradient of each weight the row's mean, "
        "weighted by the weights, is taken off.",
        (BACK, "grad_scores = weights * grad_weights / root"),
    ),
    (
        "plain_mean_in_the_softmax",
        "What is taken off in the backward pass of the softmax is a plain sum over the row. It is weighted "
        "by the weights.",
        (INNER, "inner = np.sum(np.where(weights > 0, grad_weights, 0), axis=-1, keepdims=True)"),
    ),
    (
        "gradients_not_scaled",
        "The division by √d is missing on the way back. It was made on the way forward.",
        (BACK, "grad_scores = weights * (grad_weights - inner)"),
    ),
    (
        "backward_without_the_mask",
        "The backward pass makes its weights without the mask.",
        (AGAIN, "scores = q @ k.swapaxes(-1, -2) / root"),
    ),
    (
        "backward_overflows",
        "The forward pass takes the maximum of each row off, the backward pass does not: large scores make "
        "its weights NaN.",
        (AGAIN + "\n    " + EXPS, AGAIN + "\n    weights = np.exp(scores)"),
    ),
    (
        "values_not_transposed",
        "The gradient of the values is made with the weights as they are. A value gathers from all the "
        "queries that saw it: the matrix is transposed.",
        (GRADS, GRADS.replace("weights.swapaxes(-1, -2) @ grad_out", "weights @ grad_out")),
    ),
    (
        "keys_not_transposed",
        "The gradient of the keys is made with the gradient of the scores as it is. A key gathers from all "
        "the queries: the matrix is transposed.",
        (GRADS, GRADS.replace("grad_scores.swapaxes(-1, -2) @ q", "grad_scores @ q")),
    ),
    (
        "queries_meet_queries",
        "The gradient of the queries is made with the queries. A score is q·k, so its slope along q is k.",
        (GRADS, GRADS.replace("grad_scores @ k", "grad_scores @ q")),
    ),
)
