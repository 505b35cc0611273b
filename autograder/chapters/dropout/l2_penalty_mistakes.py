"""Named mistakes of `l2_penalty`, with their hints."""

from autograder.checking import conventions, mistakes

MISTAKES = mistakes(
    "l2_penalty",
    (
        "half_of_the_gradient",
        "The L2 gradient still has the ½ of the penalty. The square's 2 cancels it.",
        ("{key: lam * w for", "{key: lam / 2 * w for"),
    ),
    (
        "means_for_sums",
        "The squares are averaged within each parameter, so that a large one counts no more than a small "
        "one. The penalty is a sum over all numbers.",
        ("np.sum(w**2)", "np.mean(w**2)"),
    ),
    (
        "length_not_squared",
        "The L2 penalty is a length: the root is taken of the sum of squares. No root stands in it.",
        (
            "lam / 2 * sum(np.sum(w**2) for w in params.values())",
            "lam / 2 * np.sqrt(sum(np.sum(w**2) for w in params.values()))",
        ),
    ),
    (
        "spectral_norm",
        "The L2 penalty of a matrix is made of its spectral norm, which numpy.linalg.norm with ord=2 gives. "
        "It is made of the squares of all entries.",
        ("np.sum(w**2)", "np.linalg.norm(np.atleast_1d(w), 2) ** 2"),
    ),
    (
        "l1_without_sizes",
        "In the L1 penalty positive and negative weights cancel: it is the sum of sizes.",
        ("np.sum(np.abs(w))", "np.sum(w)"),
    ),
    (
        "l1_with_a_half",
        "The L1 penalty has a ½ that belongs to the L2 penalty alone.",
        ("value = lam * sum(", "value = lam / 2 * sum("),
    ),
    (
        "l1_pushes_zeros",
        "At 0 the L1 gradient pushes as if the weight were positive. There it is 0.",
        ("lam * np.sign(w)", "lam * np.where(w < 0, -1.0, 1.0)"),
    ),
    (
        "l1_gradient_like_l2",
        "The L1 gradient grows with the weight, as the L2 one does. Its size is λ for any weight.",
        ("lam * np.sign(w)", "lam * w"),
    ),
    (
        "decay_never_past_zero",
        "Where ηλ is above 1 the weights become 0. The formula has no bound: 1 - ηλ is below 0 there, and "
        "the weights change their sign.",
        ("(1 - lr * weight_decay) * w", "max(0.0, 1 - lr * weight_decay) * w"),
    ),
    (
        "decay_without_rate",
        "The decay takes λ off and leaves the rate out: the step's length belongs to it.",
        ("(1 - lr * weight_decay) * w", "(1 - weight_decay) * w"),
    ),
    (
        "decay_grows",
        "The weights grow: look at the sign in the factor.",
        ("(1 - lr * weight_decay) * w", "(1 + lr * weight_decay) * w"),
    ),
    (
        "decay_by_sign",
        "Every weight loses the same amount. That is what an L1 penalty does; decay multiplies.",
        ("(1 - lr * weight_decay) * w", "w - lr * weight_decay * np.sign(w)"),
    ),
    (
        "decay_is_what_is_lost",
        "What comes back is what the weights lose, not what is left of them.",
        ("(1 - lr * weight_decay) * w", "lr * weight_decay * w"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "l2_penalty",
    (
        "without_the_half",
        "The L2 penalty has no ½ here, as in some libraries and in parts of CS231n; then its gradient is "
        "2λw. The text pins λ/2, so that the gradient is λw.",
        ("lam / 2 * sum(np.sum(w**2)", "lam * sum(np.sum(w**2)"),
        ("{key: lam * w for", "{key: 2 * lam * w for"),
    ),
)
