"""AdaMax, `adamax_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import conventions, examples, mistakes, variants

# --- Mistakes -----------------------------------------------------------------------------------------------


ADAMAX_U = 'u[key] = np.maximum(beta2 * state["u"][key], np.abs(g) + eps)'

MISTAKES = mistakes(
    "adamax_step",
    (
        "u_corrected",
        "The maximum is corrected as Adam's second mean is. It needs no correction: a maximum of "
        "absolute values is not too small at first.",
        ("* m[key] / u[key]", "* m[key] / (u[key] / (1 - beta2**t))"),
    ),
    (
        "m_not_corrected",
        "The mean of the gradients is not corrected for its start at zero, so that the first steps are "
        "too short. Look at what lr is divided by.",
        ("lr / (1 - beta1**t) * m[key]", "lr * m[key]"),
    ),
    (
        "maximum_never_leaks",
        "The largest gradient is remembered for ever. The old maximum leaks by the second beta before it is "
        "compared: look at the first argument of the maximum.",
        (ADAMAX_U, 'u[key] = np.maximum(state["u"][key], np.abs(g) + eps)'),
    ),
    (
        "sign_kept_in_the_maximum",
        "The maximum compares the gradient with its sign, so that a negative one never counts. Look for the "
        "absolute value.",
        (ADAMAX_U, 'u[key] = np.maximum(beta2 * state["u"][key], g + eps)'),
    ),
    (
        "mean_for_maximum",
        "A leaky mean of absolute values stands where AdaMax has a leaky maximum, the limit of Adam's "
        "mean for ever higher powers. Look at the line of u.",
        (ADAMAX_U, 'u[key] = beta2 * state["u"][key] + (1 - beta2) * (np.abs(g) + eps)'),
    ),
    (
        "root_of_u",
        "The root of the maximum is taken. The maximum is of absolute values, not of squares: it has "
        "the gradient's unit already.",
        ("* m[key] / u[key]", "* m[key] / np.sqrt(u[key])"),
    ),
    (
        "counter_stays_at_one",
        "The counter of updates does not rise from one step to the next, so that every step is "
        "corrected like the first. Look at what the new state says about it.",
        ('"t": t,', '"t": state["t"],'),
    ),
    (
        "compares_before_the_leak",
        "The old maximum is compared with the gradient before it leaks, and leaks only where it wins. It "
        "leaks first: beta2 times u is what |g| + eps is compared with.",
        (
            ADAMAX_U,
            'u[key] = np.where(np.abs(g) + eps >= state["u"][key], np.abs(g) + eps, beta2 * state["u"][key])',
        ),
    ),
    (
        "eps_inside_the_absolute_value",
        "Epsilon is added to the gradient before its absolute value is taken, so that a negative gradient "
        "becomes smaller by it. It is added to the absolute value.",
        (ADAMAX_U, 'u[key] = np.maximum(beta2 * state["u"][key], np.abs(g + eps))'),
    ),
    (
        "skips_arrays_without_gradient",
        "A parameter whose gradient is all zero is left out of the update. Its mean and its maximum go on "
        "all the same, and the weights still move by what m remembers.",
        (
            "new_params[key] = params[key] - lr / (1 - beta1**t) * m[key] / u[key]\n",
            "new_params[key] = params[key] - lr / (1 - beta1**t) * m[key] / u[key]\n"
            "        if not np.any(g):\n"
            '            new_params[key], m[key], u[key] = params[key], state["m"][key], state["u"][key]\n',
        ),
    ),
    (
        "no_gradient_no_move",
        "A weight whose gradient is zero stays where it is. It moves by what the mean of gradients "
        "remembers, whatever this update's gradient is.",
        (
            "new_params[key] = params[key] - lr / (1 - beta1**t) * m[key] / u[key]\n",
            "new_params[key] = params[key] - lr / (1 - beta1**t) * m[key] / u[key]\n"
            "        new_params[key] = np.where(g == 0, params[key], new_params[key])\n",
        ),
    ),
    (
        "betas_swapped",
        "The two betas are swapped. The first belongs to the mean of gradients, the second to the maximum.",
        ("beta1, beta2 = betas", "beta2, beta1 = betas"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "adamax_step",
    (
        "eps_added_to_u",
        "Epsilon is added to the maximum when it divides: Keras' convention. Here, as in PyTorch and "
        "optax, it is added to the gradient's absolute value inside the maximum, and leaks with it.",
        (ADAMAX_U, 'u[key] = np.maximum(beta2 * state["u"][key], np.abs(g))'),
        ("* m[key] / u[key]", "* m[key] / (u[key] + eps)"),
    ),
    (
        "no_eps",
        "There is no epsilon, as in the paper's algorithm 2, and a weight that never had a gradient "
        "becomes 0/0, not a number. Here it stands inside the maximum.",
        (ADAMAX_U, 'u[key] = np.maximum(beta2 * state["u"][key], np.abs(g))'),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AdamaxWhere:
    """np.where for the maximum, the power of beta1 kept instead of a counter."""

    def adamax_init(params):
        zero = {key: np.zeros_like(w) for key, w in params.items()}
        return [1.0, zero, zero]

    def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        power = state[0] * betas[0]
        answer, means, tops = {}, {}, {}
        for key, g in grads.items():
            means[key] = g + betas[0] * (state[1][key] - g)
            size, old = np.abs(g) + eps, betas[1] * state[2][key]
            tops[key] = np.where(size > old, size, old)
            answer[key] = params[key] - lr * (means[key] / (1 - power)) / tops[key]
        return answer, [power, means, tops]


class AdamaxHistory:
    """Keeps all gradients, and computes mean and maximum from their definitions."""

    def adamax_init(params):
        return {key: [] for key in params}

    def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        past = {key: [*state[key], g.copy()] for key, g in grads.items()}
        answer = {}
        for key, rows in past.items():
            ages = range(len(rows) - 1, -1, -1)
            m = sum((1 - betas[0]) * betas[0] ** age * g for age, g in zip(ages, rows, strict=True))
            tops = [betas[1] ** age * (np.abs(g) + eps) for age, g in zip(ages, rows, strict=True)]
            answer[key] = params[key] - lr / (1 - betas[0] ** len(rows)) * m / np.max(tops, axis=0)
        return answer, past


class AdamaxFlat:
    """Works on flat rows and writes the answer through a view of its own copy."""

    def adamax_init(params):
        return [1, {key: np.zeros((2, w.size)) for key, w in params.items()}]

    def adamax_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        (t, old), memory, answer = state, {}, {}
        for key, w in params.items():
            g, (m, u) = grads[key].ravel(), old[key]
            m = betas[0] * m + g - betas[0] * g
            u = np.fmax(u * betas[1], np.fabs(g) + eps)
            memory[key], answer[key] = np.vstack([m, u]), w.copy()
            answer[key].ravel()[:] -= lr * m / (u * (1 - betas[0] ** t))
        return answer, [t + 1, memory]


VARIANTS = variants("adamax_step", AdamaxWhere, AdamaxHistory, AdamaxFlat)

# --- Examples ----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adamax_step",
    """
    params = {"w": np.zeros(2)}
    state = adamax_init(params)
    for g in ([1.0, 1.0], [0.0, 0.0], [1.0, 2.0]):
        params, state = adamax_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = adamax_init(params)
    for g in ([1.0, 1.0], [0.0, 2.0], [1.0, 2.0]):
        params, state = adamax_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.75))
    params
    """,
    """
    params = {"w": np.zeros(2)}
    state = adamax_init(params)
    for g in ([2.0, -2.0], [1.5, -1.5]):
        params, state = adamax_step(params, {"w": np.array(g)}, state, lr=0.1, betas=(0.5, 0.5), eps=0.5)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = adamax_init(params)
    for g in (4.0, 1.0):  # the second step is longer than lr
        params, state = adamax_step(params, {"w": np.array([g])}, state, lr=0.1, betas=(0.5, 0.375))
    params
    """,
)
