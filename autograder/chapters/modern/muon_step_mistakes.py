"""Named mistakes of `muon_step`, with their hints, and conventions."""

from autograder.checking import conventions, mistakes

NORMED = "X = G / max(np.linalg.norm(G), 1e-7)"
GRAM = "A = X @ X.T"
ITERATE = "X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X"
MEAN = "mean[key] = momentum * state[key] + (1 - momentum) * g"
LOOK = "u = momentum * mean[key] + (1 - momentum) * g if nesterov else mean[key]"
STEP = "step = np.sqrt(max(1.0, fan_out / fan_in)) * newton_schulz(u)"
MOVE = "new_params[key] = (1 - lr * weight_decay) * params[key] - lr * step"

MISTAKES = mistakes(
    "muon_step",
    (
        "not_orthogonalised",
        "The step is the mean gradient itself. It goes through newton_schulz first.",
        (STEP, "step = np.sqrt(max(1.0, fan_out / fan_in)) * u"),
    ),
    (
        "divided_by_the_spectral_norm",
        "G is divided by its largest singular value. It is the Frobenius norm, the root of all squared "
        "entries.",
        (NORMED, "X = G / max(np.linalg.norm(G, 2), 1e-7)"),
    ),
    (
        "small_norms_divide",
        "A matrix of zeros is divided by its norm, 0. The norm is taken to be 1e-7 at least.",
        (NORMED, "X = G / np.linalg.norm(G)"),
    ),
    (
        "small_number_added",
        "A small number is added to the norm, which changes every step a little. The norm stays as it is "
        "where it is above 1e-7, and is replaced by 1e-7 where it is not.",
        (NORMED, "X = G / (np.linalg.norm(G) + 1e-7)"),
    ),
    (
        "coefficients_swapped",
        "The last two coefficients have changed places: b belongs to A, c to its square.",
        (ITERATE, "X = 3.4445 * X + (2.0315 * A - 4.775 * A @ A) @ X"),
    ),
    (
        "classical_iteration",
        "Your iteration is the classical one, 1.5·X - 0.5·A·X, which needs many more steps. Three "
        "coefficients are given.",
        (ITERATE, "X = 1.5 * X - 0.5 * A @ X"),
    ),
    (
        "gram_matrix_kept",
        "A is made once and kept. It belongs to the X of each step.",
        (
            "    for _ in range(steps):\n        " + GRAM + "\n",
            "    " + GRAM + "\n    for _ in range(steps):\n",
        ),
    ),
    (
        "squares_by_entry",
        "A² is taken entry by entry. It is the matrix product of A with itself.",
        (ITERATE, "X = 3.4445 * X + (-4.775 * A + 2.0315 * A**2) @ X"),
    ),
    (
        "always_five_steps",
        "There are five steps whatever the call asks for: look at the argument steps.",
        ("for _ in range(steps):", "for _ in range(5):"),
    ),
    (
        "factor_missing",
        "The root of fan_out over fan_in is missing: a matrix with more columns than rows takes longer "
        "steps.",
        (STEP, "step = newton_schulz(u)"),
    ),
    (
        "factor_turned_round",
        "The root has fan_in over fan_out. torch's weights are (out, in), so its rows are our columns.",
        (STEP, "step = np.sqrt(max(1.0, fan_in / fan_out)) * newton_schulz(u)"),
    ),
    (
        "factor_below_one",
        "The factor shortens the steps of tall matrices. It is never below 1.",
        (STEP, "step = np.sqrt(fan_out / fan_in) * newton_schulz(u)"),
    ),
    (
        "factor_without_a_root",
        "The root over fan_out / fan_in is missing.",
        (STEP, "step = max(1.0, fan_out / fan_in) * newton_schulz(u)"),
    ),
    (
        "never_looks_ahead",
        "Both forms are the plain one. With nesterov, u mixes the gradient once more into the new mean; made "
        "with the old one it would be the plain form again.",
        (LOOK, "u = mean[key]"),
    ),
    (
        "always_looks_ahead",
        "Both forms look ahead: without nesterov, u is the mean itself.",
        (LOOK, "u = momentum * mean[key] + (1 - momentum) * g"),
    ),
    (
        "bare_gradient_without_nesterov",
        "Without nesterov u is the gradient itself, so that the mean plays no part. It is the mean.",
        (LOOK, "u = momentum * mean[key] + (1 - momentum) * g if nesterov else g"),
    ),
    (
        "mean_of_orthogonal_steps",
        "The orthogonalised gradient goes into the mean. First the mean is taken, then it is orthogonalised.",
        (MEAN, "mean[key] = momentum * state[key] + (1 - momentum) * newton_schulz(g)"),
        (LOOK, "u = momentum * mean[key] + (1 - momentum) * newton_schulz(g) if nesterov else mean[key]"),
        (STEP, "step = np.sqrt(max(1.0, fan_out / fan_in)) * u"),
    ),
    (
        "decay_scaled",
        "The decay is multiplied with the root as well. The root belongs to the step alone.",
        (
            MOVE,
            "new_params[key] = params[key] - lr * (step + np.sqrt(max(1.0, fan_out / fan_in)) * weight_decay "
            "* params[key])",
        ),
    ),
    (
        "no_decay",
        "The weights do not decay: look at the argument weight_decay.",
        (MOVE, "new_params[key] = params[key] - lr * step"),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        (MOVE, "new_params[key] = (1 - lr * weight_decay) * params[key] + lr * step"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "muon_step",
    (
        "exactly_orthogonal",
        "Your newton_schulz gives all singular values exactly 1, as the definition of the method has it. "
        "Asked for is the iteration with its three coefficients, which ends near 1.",
        (
            NORMED,
            "u, s, vt = np.linalg.svd(G, full_matrices=False)\n    return u * np.sign(np.round(s, 12)) @ "
            "vt\n    X = G",
        ),
    ),
    (
        "size_of_adams_steps",
        "The step is scaled by 0.2·√(larger side), so that it is as large as AdamW's: torch's "
        "adjust_lr_fn='match_rms_adamw'. Here it is torch's default.",
        (STEP, "step = 0.2 * np.sqrt(max(fan_in, fan_out)) * newton_schulz(u)"),
    ),
)
