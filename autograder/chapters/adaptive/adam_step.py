"""Adam, `adam_step`: hidden checks, named mistakes, variants."""

import numpy as np

from autograder.checking import conventions, examples, mistakes, variants

# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "adam_step",
    (
        "no_bias_correction",
        "Neither mean is corrected for having started at zero: this is Adam without bias correction, "
        "whose first steps are several times too long. Look at the two lines between the means and the "
        "update.",
        ("m_hat = m[key] / (1 - beta1**t)", "m_hat = m[key]"),
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key]"),
    ),
    (
        "only_m_corrected",
        "The mean of the gradients is corrected for its start at zero, the mean of the squares is not. Both "
        "started at zero: look at what stands under the root.",
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key]"),
    ),
    (
        "only_v_corrected",
        "The mean of the squares is corrected for its start at zero, the mean of the gradients is not. Both "
        "started at zero: look at the numerator.",
        ("m_hat = m[key] / (1 - beta1**t)", "m_hat = m[key]"),
    ),
    (
        "one_beta_corrects_both",
        "Both means are corrected by the first beta's power. Each mean is too small by its own beta: "
        "look at what the mean of the squares is divided by.",
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key] / (1 - beta1**t)"),
    ),
    (
        "counter_stays_at_one",
        "The counter of updates does not rise from one step to the next, so that every step is "
        "corrected like the first. Look at what the new state says about it.",
        ('"t": t,', '"t": state["t"],'),
    ),
    (
        "counter_raised_twice",
        "The first update is corrected as if it were the second: the counter is one ahead. It starts at "
        "zero and is raised once an update, before the correction; look at where it starts and where "
        "it rises.",
        ('t = state["t"] + 1', 't = state["t"] + 2'),
        ('"t": t,', '"t": t - 1,'),
    ),
    (
        "counter_rises_with_each_parameter",
        "The counter rises once for every entry of the dict instead of once an update, so that the second "
        "parameter is corrected too little. Look at the loop over the keys and what stands inside it.",
        ('t = state["t"] + 1', 't = state["t"]'),
        ("m_hat = m[key] / (1 - beta1**t)", "t += 1\n        m_hat = m[key] / (1 - beta1**t)"),
    ),
    (
        "corrected_means_kept",
        "The state keeps the corrected means, so that they are corrected again in every later step and "
        "the steps go astray. Correct copies for this update only; look at what the new state holds.",
        (
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)",
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)\n"
            "        m[key], v[key] = m_hat, v_hat",
        ),
    ),
    (
        "eps_inside_the_root",
        "Epsilon is added under the root. That is the convention of some other methods and books "
        "(Adadelta, Keras' RMSProp); Adam adds it to the root. Gradients as small as its own root show "
        "the difference.",
        ("m_hat / (np.sqrt(v_hat) + eps)", "m_hat / np.sqrt(v_hat + eps)"),
    ),
    (
        "betas_swapped",
        "The two betas are swapped: the mean of the gradients remembers as long as the mean of the squares "
        "should. Look at which beta stands in which line.",
        ("beta1, beta2 = betas", "beta2, beta1 = betas"),
    ),
    (
        "no_root",
        "The step is divided by the mean of the squares itself, so that a weight with gradients a "
        "hundred times larger takes steps a hundred times smaller. Look for the square root.",
        ("(np.sqrt(v_hat) + eps)", "(v_hat + eps)"),
    ),
    (
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
    (
        "square_of_the_mean",
        "The second mean averages the square of the first mean instead of the gradients' squares: where "
        "gradients change sign it becomes far too small. Look at what is squared.",
        ("(1 - beta2) * g**2\n        m_hat", "(1 - beta2) * m[key] ** 2\n        m_hat"),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        ("params[key] - lr * m_hat", "params[key] + lr * m_hat"),
    ),
    (
        "eps_as_a_bound",
        "ε is taken as the smallest value of the root. It is added to the root, always.",
        ("np.sqrt(v_hat) + eps", "np.maximum(np.sqrt(v_hat), eps)"),
    ),
    (
        "usual_beta_in_a_correction",
        "A correction is made with the usual 0.9 or 0.999, whatever betas are given. It belongs to the mean "
        "that it corrects: its beta is the one of the call.",
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key] / (1 - 0.999**t)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "adam_step",
    (
        "eps_before_the_correction",
        "Epsilon is added to the root of v before v is corrected: the short form at the end of section "
        "2 of the paper, which Keras and TensorFlow use (their epsilon hat). Here it is added to the "
        "corrected root.",
        (
            "m_hat / (np.sqrt(v_hat) + eps)",
            "m_hat * np.sqrt(1 - beta2**t) / (np.sqrt(v[key]) + eps)",
        ),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ElementByElement:
    """Plain loops over single numbers; the state is a list of [key, m, v] lists."""

    def adam_init(params):
        return [1, [[key, [0.0] * params[key].size, [0.0] * params[key].size] for key in params]]

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        t, memory = state
        answer, kept = {}, []
        for key, ms, vs in memory:
            flat, new_ms, new_vs = params[key].ravel().tolist(), [], []
            for i, g in enumerate(grads[key].ravel().tolist()):
                new_ms.append(betas[0] * ms[i] + (1.0 - betas[0]) * g)
                new_vs.append(betas[1] * vs[i] + (1.0 - betas[1]) * g * g)
                root = (new_vs[i] / (1.0 - betas[1] ** t)) ** 0.5
                flat[i] = flat[i] - lr * (new_ms[i] / (1.0 - betas[0] ** t)) / (root + eps)
            answer[key] = np.array(flat).reshape(params[key].shape)
            kept.append([key, new_ms, new_vs])
        return answer, [t + 1, kept]


class PowersInTheState:
    """Keeps the powers of the betas instead of a counter, in a tuple; works in place on its own copies."""

    def adam_init(params):
        return (1.0, 1.0, {key: np.stack([np.zeros_like(w), np.zeros_like(w)]) for key, w in params.items()})

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        power1, power2 = state[0] * betas[0], state[1] * betas[1]
        means = {key: pair.copy() for key, pair in state[2].items()}
        params = {key: w.copy() for key, w in params.items()}
        for key in params:
            means[key][0] *= betas[0]
            means[key][0] += (1 - betas[0]) * grads[key]
            means[key][1] *= betas[1]
            means[key][1] += (1 - betas[1]) * np.square(grads[key])
            step = means[key][0] * lr / (1 - power1)
            step /= np.sqrt(means[key][1]) / np.sqrt(1 - power2) + eps
            params[key] -= step
        return params, (power1, power2, means)


class OneFlatVector:
    """Joins all parameters into one vector and cuts it again; a helper is defined inside."""

    def adam_init(params):
        size = sum(w.size for w in params.values())
        return {"moments": np.zeros((2, size)), "updates": np.array(0)}

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        def flat(arrays):
            return np.concatenate([np.ravel(arrays[key]) for key in sorted(arrays)])

        rates = np.array(betas)[:, None]
        g = flat(grads)
        t = int(state["updates"]) + 1
        moments = rates * state["moments"] + (1 - rates) * np.stack([g, g * g])
        m_hat, v_hat = moments / (1 - rates**t)
        w = flat(params) - lr * m_hat / (v_hat**0.5 + eps)
        answer, start = {}, 0
        for key in sorted(params):
            stop = start + params[key].size
            answer[key] = w[start:stop].reshape(params[key].shape)
            start = stop
        return answer, {"moments": moments, "updates": np.array(t)}


class EpsilonScaled:
    """The short form with one corrected rate, epsilon scaled so that it is the same method."""

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        b1, b2 = betas
        t = state["t"] + 1
        m = {k: b1 * state["m"][k] + (1 - b1) * grads[k] for k in params}
        v = {k: b2 * state["v"][k] + (1 - b2) * grads[k] * grads[k] for k in params}
        root = np.sqrt(1 - b2**t)
        rate = lr * root / (1 - b1**t)
        return {k: params[k] - rate * m[k] / (np.sqrt(v[k]) + eps * root) for k in params}, {
            "t": t,
            "m": m,
            "v": v,
        }


class Talkative:
    """Prints at every step, warns, and divides zero by zero on the way (nan_to_num mends it)."""

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        import warnings

        print("step", state["t"])
        warnings.warn("my own warning", stacklevel=2)
        t = state["t"] + 1
        new, m, v = {}, {}, {}
        for k in params:
            m[k] = state["m"][k] + (1 - betas[0]) * (grads[k] - state["m"][k])
            v[k] = state["v"][k] + (1 - betas[1]) * (grads[k] ** 2 - state["v"][k])
            v_hat = v[k] / (1 - betas[1] ** t)
            ratio = np.nan_to_num((m[k] / (1 - betas[0] ** t)) / np.sqrt(v_hat))
            new[k] = params[k] - lr * ratio * (np.sqrt(v_hat) / (np.sqrt(v_hat) + eps))
        return new, {"t": t, "m": m, "v": v}


VARIANTS = variants("adam_step", ElementByElement, PowersInTheState, OneFlatVector, EpsilonScaled, Talkative)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "adam_step",
    """
    params = {"w": np.array([1.0]), "b": np.array([1.0])}
    state = adam_init(params)
    for g in (1.0, 2.0):
        grads = {"w": np.array([g]), "b": np.array([-g])}
        params, state = adam_step(params, grads, state, lr=0.1, eps=0.5)
    params
    """,
    """
    params = {"w": np.array([1.0])}
    state = adam_init(params)
    for g in (1.0, 2.0):
        params, state = adam_step(params, {"w": np.array([g])}, state, lr=0.1, betas=(0.5, 0.25))
    params
    """,
)
