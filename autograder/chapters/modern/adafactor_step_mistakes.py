"""Named mistakes of `adafactor_step`, with their hints, and conventions."""

from autograder.checking import conventions, mistakes

BETA = "beta = 1 - t**beta2_decay"
ROWS = 'rows[key] = beta * state["rows"][key] + (1 - beta) * squares.mean(axis=1)'
COLUMNS = 'columns[key] = beta * state["columns"][key] + (1 - beta) * squares.mean(axis=0)'
V = "v = np.outer(rows[key], columns[key]) / rows[key].mean()"
U = "u = g / np.sqrt(v)"
BOUND = "u = u / max(1.0, np.sqrt(np.mean(u**2)) / d)"
RATE = "rate = max(eps2, np.sqrt(np.mean(w**2))) * min(lr, 1 / np.sqrt(t))"
MOVE = "new_params[key] = w - rate * u"

MISTAKES = mistakes(
    "adafactor_step",
    (
        "not_factored",
        "A matrix keeps a second moment for each entry. Adafactor keeps its row means and column means only.",
        ("rows = {key: np.zeros(value.shape[:1])", "rows = {key: np.zeros(value.shape)"),
        ("if g.ndim == 2:", "if g.ndim == 3:"),
    ),
    (
        "product_not_divided",
        "The product of row mean and column mean is a fourth power of gradients. Divide it by the mean over "
        "all rows.",
        (V, "v = np.outer(rows[key], columns[key])"),
    ),
    (
        "divided_by_the_sum",
        "The product is divided by the sum of the row means. It is their mean.",
        (V, "v = np.outer(rows[key], columns[key]) / rows[key].sum()"),
    ),
    (
        "no_root",
        "The gradient is divided by the second moment itself. It is divided by its root.",
        (U, "u = g / v"),
    ),
    (
        "mean_of_gradients",
        "The means are of absolute gradients, not of squares.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], np.abs(g) + eps1"),
    ),
    (
        "beta_turned_round",
        "t^beta2_decay weighs what was there before. It weighs what is new, so that the first update forgets "
        "the zeros.",
        (BETA, "beta = t**beta2_decay - (t == 1)"),
    ),
    (
        "constant_memory",
        "β is a constant. It begins at 0 and grows with the number of updates.",
        (BETA, "beta = 0.999 if t > 1 else 0.0"),
    ),
    (
        "exponent_fixed",
        "The exponent is always -0.8: look at the argument beta2_decay.",
        (BETA, "beta = 1 - t**-0.8"),
    ),
    (
        "counter_one_ahead",
        "The counter is one ahead: in the first update t is 1.",
        ('t = state["t"] + 1', 't = state["t"] + 2'),
        ('"t": t,', '"t": t - 1,'),
    ),
    (
        "counter_stays_at_one",
        "The counter of updates does not rise, so that every update forgets all before it.",
        ('"t": t,', '"t": state["t"],'),
    ),
    (
        "counted_once_a_parameter",
        "The counter of updates rises with every parameter. It rises once an update, so raise it before the "
        "loop.",
        (
            "    for key, g in grads.items():\n        w, squares",
            "    t = t - 1\n    for key in params:\n        g, t = grads[key], t + 1\n"
            "        beta = 1 - t**beta2_decay\n        w, squares",
        ),
    ),
    (
        "not_bounded",
        "The update is never cut. Where its RMS is above d it is divided by it.",
        (BOUND, "u = u * 1.0"),
    ),
    (
        "bounded_by_the_norm",
        "The update is cut by its norm, which grows with the number of weights. It is cut by its RMS.",
        (BOUND, "u = u / max(1.0, np.linalg.norm(u) / d)"),
    ),
    (
        "entries_cut",
        "Each entry of the update is cut off at d. The whole update is divided by one number.",
        (BOUND, "u = np.clip(u, -d, d)"),
    ),
    (
        "stretched",
        "An update that is smaller than d is stretched to it. The divisor is never below 1.",
        (BOUND, "u = u / (np.sqrt(np.mean(u**2) + 1e-300) / d)"),
    ),
    (
        "absolute_rate",
        "The rate does not depend on the weights. It is a share of their RMS.",
        (RATE, "rate = min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "zeros_stay_zeros",
        "A parameter of zeros can never move. Its size is taken to be ε₂ at least.",
        (RATE, "rate = np.sqrt(np.mean(w**2)) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "smallest_size_added",
        "ε₂ is added to the weights' RMS. The larger of the two counts.",
        (RATE, "rate = (eps2 + np.sqrt(np.mean(w**2))) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "size_of_each_entry",
        "Each entry moves by a share of its own size. ε₂ and RMS(w) make one size for the whole parameter.",
        (RATE, "rate = np.maximum(eps2, np.abs(w)) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "norm_for_rms",
        "The rate is a share of the weights' norm. It is a share of their root mean square.",
        (RATE, "rate = max(eps2, np.linalg.norm(w)) * min(lr, 1 / np.sqrt(t))"),
    ),
    (
        "rate_never_falls",
        "The rate stays at lr where 1/√t is smaller.",
        (RATE, "rate = max(eps2, np.sqrt(np.mean(w**2))) * lr"),
    ),
    (
        "no_epsilon",
        "ε₁ is not added to the squares: where all gradients of a row, a column or an entry are zero, 0 is "
        "divided by 0.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], g**2 + 0.0"),
    ),
    (
        "epsilon_outside",
        "ε₁ is added to the root. It is added to the squares of the gradients.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], g**2 + 1e-300"),
        (U, "u = g / (np.sqrt(v) + eps1)"),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        (MOVE, "new_params[key] = w + rate * u"),
    ),
    costs={"smallest_size_added": 0.3, "exponent_fixed": 0.3},
    free={"constant_memory": ("beta = {} if", ("0.999", "0.99", "0.95", "0.9"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "adafactor_step",
    (
        "bounded_from_below",
        "ε₁ is not added to the squares but bounds v from below, as its square: torch's form. Here it is "
        "added, as in the paper.",
        ("squares = params[key], g**2 + eps1", "squares = params[key], g**2 + 0.0"),
        (V, "v = np.outer(rows[key], columns[key]) / max(rows[key].mean(), eps1)"),
        (U, "u = g / np.sqrt(np.maximum(v, eps1**2))"),
    ),
    costs={"bounded_from_below": 0.3},
)
