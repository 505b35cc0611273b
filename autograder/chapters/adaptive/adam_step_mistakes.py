"""Named mistakes of `adam_step`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes


class CountedAmongTheParameters:
    def adam_init(params):
        return {"t": 0, **{k: (np.zeros_like(w), np.zeros_like(w)) for k, w in params.items()}}

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        t, (b1, b2), new, kept = state["t"] + 1, betas, {}, {}
        for k, g in grads.items():
            m, v = b1 * state[k][0] + (1 - b1) * g, b2 * state[k][1] + (1 - b2) * g**2
            new[k] = params[k] - lr * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
            kept[k] = (m, v)
        kept["t"] = t
        return new, kept


MISTAKES = mistakes(
    "adam_step",
    (
        "counted_among_the_parameters",
        "The counter stands in one dict with what is kept under the parameters' names, and a parameter may "
        "be called as it is. Keep the two apart.",
        CountedAmongTheParameters,
    ),
    (
        "steps_from_weights_of_its_own",
        "The state keeps the weights, and every step starts from those. It starts from the weights of its "
        "call: the caller may have set them anew.",
        ('return {"t": 0, "m": m, "v": v}', 'return {"t": 0, "m": m, "v": v, "w": params}'),
        ("new_params[key] = params[key] - lr", 'new_params[key] = state["w"][key] - lr'),
        (
            'return new_params, {"t": t, "m": m, "v": v}',
            'return new_params, {"t": t, "m": m, "v": v, "w": new_params}',
        ),
    ),
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
        "skips_arrays_without_gradient",
        "A parameter whose gradient is all zero is left out of the update. Both of its means go on all the "
        "same, and the weights still move by what m remembers.",
        (
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)\n",
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)\n"
            "        if not np.any(g):\n"
            '            new_params[key], m[key], v[key] = params[key], state["m"][key], state["v"][key]\n',
        ),
    ),
    (
        "no_gradient_no_move",
        "A weight whose gradient is zero stays where it is. It moves by what the mean of gradients "
        "remembers, whatever this update's gradient is.",
        (
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)\n",
            "new_params[key] = params[key] - lr * m_hat / (np.sqrt(v_hat) + eps)\n"
            "        new_params[key] = np.where(g == 0, params[key], new_params[key])\n",
        ),
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
    (
        "one_beta_ends_both_corrections",
        "Both corrections end where the power of the first beta is negligible. The second's is far from that "
        "when betas are the usual ones: each mean has a correction of its own, to the end.",
        ("v_hat = v[key] / (1 - beta2**t)", "v_hat = v[key] / (1 - beta2**t if beta1**t > 1e-8 else 1.0)"),
    ),
    free={"one_beta_ends_both_corrections": ("> {} else", ("1e-8", "1e-6", "1e-10", "1e-12", "1e-16"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


class Amsgrad:
    def adam_init(params):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"t": 0, "m": zero, "v": zero, "top": zero}

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        t, new, m, v, top = state["t"] + 1, {}, {}, {}, {}
        for k, g in grads.items():
            m[k] = betas[0] * state["m"][k] + (1 - betas[0]) * g
            v[k] = betas[1] * state["v"][k] + (1 - betas[1]) * g**2
            top[k] = np.maximum(state["top"][k], v[k])
            root = np.sqrt(top[k] / (1 - betas[1] ** t)) + eps
            new[k] = params[k] - lr * m[k] / (1 - betas[0] ** t) / root
        return new, {"t": t, "m": m, "v": v, "top": top}


class AmsgradOfCorrected:
    def adam_init(params):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"t": 0, "m": zero, "v": zero, "top": zero}

    def adam_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        t, new, m, v, top = state["t"] + 1, {}, {}, {}, {}
        for k, g in grads.items():
            m[k] = betas[0] * state["m"][k] + (1 - betas[0]) * g
            v[k] = betas[1] * state["v"][k] + (1 - betas[1]) * g**2
            top[k] = np.maximum(state["top"][k], v[k] / (1 - betas[1] ** t))
            new[k] = params[k] - lr * m[k] / (1 - betas[0] ** t) / (np.sqrt(top[k]) + eps)
        return new, {"t": t, "m": m, "v": v, "top": top}


CONVENTIONS = conventions(
    "adam_step",
    (
        "amsgrad",
        "The largest v so far stands under the root: this is AMSGrad (Reddi, Kale & Kumar 2018, amsgrad=True "
        "in PyTorch). Here it is v as it is now, which may fall again.",
        Amsgrad,
    ),
    (
        "amsgrad_of_the_corrected_mean",
        "The largest corrected v so far stands under the root: this is AMSGrad as in optax. Here it is the "
        "corrected v as it is now, which may fall again.",
        AmsgradOfCorrected,
    ),
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
