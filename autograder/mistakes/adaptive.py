"""Named mistakes of `adaptive`, and answers that are right in another book, with the sentences that say so.

A hint says which mistake it is and where to look; a convention's sentence names the book or program that has
it so, and what is asked for here. Neither holds a hidden number or a line of the solution.
"""

from autograder.course.specimens import Specimen

# ruff: noqa: F821  (methods are functions of the notebook: NumPy is np there, the given functions are known)


def _all(exercise, *entries):
    """Specimens from (name, hint, …): what follows the hint are swaps, or a class with whole functions."""
    made = []
    for name, note, *how in entries:
        if isinstance(how[0], tuple):
            made.append(Specimen(exercise, name, note, swaps=tuple(how)))
        else:
            made.append(Specimen(exercise, name, note, code=how[0]))
    return tuple(made)


# --- Rprop --------------------------------------------------------------------------------------------------


RPROP = _all(
    "rprop_step",
    (
        "flipped_gradient_kept",
        "The weight rests after a flip, but the flipped gradient itself is kept as the previous one, so "
        "that the step size changes again in the very next update. Look at what is stored for it.",
        ("previous[key] = g\n", "previous[key] = grads[key]\n"),
    ),
    (
        "etas_swapped",
        "Step sizes shrink where the sign stayed the same and grow where it flipped: the two factors "
        "are swapped. Look at which of etas goes with which sign.",
        (
            "np.where(s > 0, eta_plus, np.where(s < 0, eta_minus, 1.0))",
            "np.where(s > 0, eta_minus, np.where(s < 0, eta_plus, 1.0))",
        ),
    ),
    (
        "not_clipped",
        "Step sizes leave the allowed range. Look at what the docstring does with step_sizes.",
        ('np.clip(state["delta"][key] * factor, smallest, largest)', 'state["delta"][key] * factor'),
    ),
    (
        "clipped_copy",
        "The step that is taken is clipped, the step size that is kept is not, so that it must first "
        "come all the way back. Look at which of the two goes into the state.",
        ('np.clip(state["delta"][key] * factor, smallest, largest)', 'state["delta"][key] * factor'),
        ("np.sign(g) * delta[key]", "np.sign(g) * np.clip(delta[key], smallest, largest)"),
    ),
    (
        "gradient_size_used",
        "The move is the step size times the gradient itself. Rprop takes nothing but the sign from it: "
        "look at the update of the weights.",
        ("params[key] - np.sign(g) * delta[key]", "params[key] - g * delta[key]"),
    ),
    (
        "previous_gradient_never_kept",
        "No step size ever changes, because the previous gradient stays zero. Look at what the new "
        "state holds.",
        ("previous[key] = g\n", 'previous[key] = state["previous"][key]\n'),
    ),
    (
        "old_step_size_used",
        "The weight moves by the step size of before this update; the new one serves only the next. The "
        "step size changes first, then the weight moves by it.",
        ("params[key] - np.sign(g) * delta[key]", 'params[key] - np.sign(g) * state["delta"][key]'),
    ),
    (
        "one_sign_for_all",
        "All weights of a parameter share one step size, led by the scalar product of the two "
        "gradients. Each number has a step size and a sign of its own: look at how the signs are "
        "compared.",
        ('np.sign(g * state["previous"][key])', 'np.sign(np.sum(g * state["previous"][key]))'),
    ),
)


# --- Quickprop ----------------------------------------------------------------------------------------------

QUICKPROP = _all(
    "quickprop_step",
    (
        "slope_never_added",
        "The parabola's step stands alone: lr times the slope is missing where the slope still points "
        "the way of the last step. Look at the second case of the docstring.",
        ("jump = r * d + np.where(s * d > 0, lr * s, 0.0)", "jump = r * d"),
    ),
    (
        "slope_always_added",
        "lr times the slope is added in every update. It is added only while the slope points the way "
        "of the last step; after a change of sign the parabola's step stands alone.",
        ("jump = r * d + np.where(s * d > 0, lr * s, 0.0)", "jump = r * d + lr * s"),
    ),
    (
        "no_growth_limit",
        "The parabola's step is not limited: where the slope has hardly fallen it is many times the "
        "last one, and where it has grown it goes backwards, uphill. Look at the first case of r.",
        ("where=~limited & (d != 0)", "where=d != 0"),
    ),
    (
        "backwards_when_the_slope_grows",
        "The ratio is cut off from above only. Where the slope has grown, s/(s_p - s) is negative and "
        "the weight goes backwards; the limit takes its place there too: compare slopes, not the ratio "
        "r.",
        (
            "r = np.divide(s, s_p - s, out=np.full_like(s, growth), where=~limited & (d != 0))",
            "r = np.minimum(np.divide(s, s_p - s, out=np.full_like(s, growth), where=(s_p != s) & (d != "
            "0)), growth)",
        ),
    ),
    (
        "limit_on_the_whole_step",
        "The growth limit cuts the whole step, with the slope's part in it. In Fahlman's program it "
        "limits the parabola's part alone, and lr times the slope comes on top.",
        (
            "step[key] = np.where(d == 0, lr * s, jump)",
            "jump = np.clip(jump, -growth * np.abs(d), growth * np.abs(d))\n"
            "        step[key] = np.where(d == 0, lr * s, jump)",
        ),
    ),
    (
        "limit_from_growth_on",
        "The limit sets in only where the ratio of the slopes passes growth itself. By then the "
        "parabola's step has long been longer than growth times the last one: look at the condition in "
        "the first case of r.",
        ("s * d > growth / (1 + growth) * s_p * d", "s * d > growth * s_p * d"),
        ("where=~limited & (d != 0)", "where=~limited & (d != 0) & (s != s_p)"),
    ),
    (
        "no_restart",
        "A weight whose step was once zero never moves again, for the parabola multiplies that zero. It "
        "starts again by lr times its slope: look at which case a step of zero belongs to, later than "
        "in the first update.",
        (
            "step[key] = np.where(d == 0, lr * s, jump)",
            "step[key] = np.where((d == 0) & (s_p == 0), lr * s, jump)",
        ),
        ("slope[key] = s\n", "slope[key] = np.where(s == 0, 1e-300, s)\n"),
    ),
    (
        "gradient_for_slope",
        "The slope is the gradient with its sign changed; here the gradient itself is used, and the "
        "loss grows. Look at the definition of s.",
        ('state["s"][key], -g', 'state["s"][key], g'),
    ),
    (
        "previous_slope_plus",
        "The denominator adds the two slopes. A parabola's slope falls from s_p to s over the last "
        "step, so it is their difference that stands there: look at its signs.",
        ("np.divide(s, s_p - s,", "np.divide(s, s_p + s,"),
        ("where=~limited & (d != 0)", "where=~limited & (d != 0) & (s_p != -s)"),
    ),
    (
        "jump_kept_without_the_slope",
        "The step that is remembered lacks the slope's part. The last step is what the weight really "
        "moved by: look at what goes into the state.",
        (
            "slope[key] = s\n        new_params[key] = params[key] + step[key]",
            "slope[key] = s\n        new_params[key] = params[key] + step[key]\n"
            "        step[key] = np.where(d == 0, lr * s, r * d)",
        ),
    ),
)


# --- Adagrad ------------------------------------------------------------------------------------------------


ADAGRAD = _all(
    "adagrad_step",
    (
        "leaky_sum",
        "Old squares are forgotten. That is RMSProp, which came later; Adagrad adds all squares up and "
        "forgets none. Look at the first line of the formula.",
        ("total = {key: state[key] + g**2", "total = {key: 0.9 * state[key] + 0.1 * g**2"),
    ),
    (
        "divides_by_the_old_sum",
        "The step is divided by the sum of before this update, which is zero at first: the first step "
        "is enormous. The sum takes this update's square before it divides.",
        ("lr * g / (np.sqrt(total[key]) + eps)", "lr * g / (np.sqrt(state[key]) + eps)"),
    ),
    (
        "no_root",
        "The step is divided by the sum of squares itself, so that large gradients take the smallest "
        "steps. Look for the square root.",
        ("lr * g / (np.sqrt(total[key]) + eps)", "lr * g / (total[key] + eps)"),
    ),
    (
        "sum_never_kept",
        "Every update starts from a sum of zero, so that each step is lr long for ever: only the sign "
        "is left. Look at what comes back as the new state.",
        ("return new_params, total", "return new_params, state"),
    ),
)


# --- RMSProp ------------------------------------------------------------------------------------------------


class Corrected:
    def rmsprop_init(params):
        return {"t": 0, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        t = state["t"] + 1
        v = {k: rho * state["v"][k] + (1 - rho) * g**2 for k, g in grads.items()}
        new = {k: params[k] - lr * g / (np.sqrt(v[k] / (1 - rho**t)) + eps) for k, g in grads.items()}
        return new, {"t": t, "v": v}


RMSPROP = _all(
    "rmsprop_step",
    (
        "rho_on_the_new",
        "The two weights of the leaky mean are swapped: rho belongs to what was there before. Look at "
        "which term it multiplies.",
        (
            "mean = {key: rho * state[key] + (1 - rho) * g**2",
            "mean = {key: (1 - rho) * state[key] + rho * g**2",
        ),
    ),
    (
        "nothing_forgotten",
        "The squares add up and nothing leaks: this is Adagrad, whose steps die out. RMSProp's mean "
        "forgets: look at the weights in the first line of the formula.",
        ("mean = {key: rho * state[key] + (1 - rho) * g**2", "mean = {key: state[key] + g**2"),
    ),
    (
        "corrected",
        "The mean of squares is corrected for its start at zero. That is Adam's invention; RMSProp "
        "divides by the mean as it is, and its first steps are long.",
        Corrected,
    ),
    (
        "no_root",
        "The step is divided by the mean of squares itself, so that large gradients take the smallest "
        "steps. Look for the square root.",
        ("lr * g / (np.sqrt(mean[key]) + eps)", "lr * g / (mean[key] + eps)"),
    ),
    (
        "divides_by_the_old_mean",
        "The step is divided by the mean of before this update, which is zero at first. The mean takes this "
        "update's square before it divides.",
        ("lr * g / (np.sqrt(mean[key]) + eps)", "lr * g / (np.sqrt(state[key]) + eps)"),
    ),
)


# --- Adadelta -----------------------------------------------------------------------------------------------

ADADELTA = _all(
    "adadelta_step",
    (
        "eps_outside_the_roots",
        "Epsilon is added to the roots, as most methods have it. In Adadelta it stands under both: "
        "outside, it makes the first steps a thousand times shorter.",
        (
            'np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps)',
            '(np.sqrt(state["u"][key]) + eps) / (np.sqrt(v[key]) + eps)',
        ),
    ),
    (
        "lr_in_u",
        "The mean of squared steps holds lr, so that a rate below one slows every later step down as "
        "well. The paper's delta knows no lr: it comes in only where the weights move.",
        ("(1 - rho) * delta**2", "(1 - rho) * (lr * delta) ** 2"),
    ),
    (
        "u_averages_gradients",
        "The second mean averages squared gradients, like the first, and not squared steps: the ratio "
        "is then near one and the steps are as large as gradients. Look at what is squared in its line.",
        ("(1 - rho) * delta**2", "(1 - rho) * g**2"),
    ),
    (
        "u_never_kept",
        "The mean of squared steps stays zero, so that epsilon alone sets the length of every step. "
        "Look at what the new state holds.",
        ('return new_params, {"v": v, "u": u}', 'return new_params, {"v": v, "u": state["u"]}'),
    ),
    (
        "u_without_the_old",
        "The mean of squared steps takes the last one alone, scaled down: the old mean is missing from "
        "it, and the steps shrink away. Look at both terms of its line.",
        ('u[key] = rho * state["u"][key] + (1 - rho) * delta**2', "u[key] = (1 - rho) * delta**2"),
    ),
    (
        "ratio_upside_down",
        "The ratio stands upside down: past steps belong above, past gradients below. Units tell: a "
        "step has the weight's unit, whatever the gradient's is.",
        (
            'np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps)',
            'np.sqrt(v[key] + eps) / np.sqrt(state["u"][key] + eps)',
        ),
    ),
    (
        "rho_on_the_new",
        "The weights of the leaky means are swapped: rho belongs to what was there before. Look at "
        "which term it multiplies.",
        (
            'v[key] = rho * state["v"][key] + (1 - rho) * g**2\n        delta',
            'v[key] = (1 - rho) * state["v"][key] + rho * g**2\n        delta',
        ),
        (
            'u[key] = rho * state["u"][key] + (1 - rho) * delta**2',
            'u[key] = (1 - rho) * state["u"][key] + rho * delta**2',
        ),
    ),
    (
        "divides_by_the_old_mean",
        "The step is divided by the mean of squared gradients of before this update. Only the mean of "
        "squared steps is used old; the other one takes this update's square first.",
        ("/ np.sqrt(v[key] + eps) * g", '/ np.sqrt(state["v"][key] + eps) * g'),
    ),
    (
        "roots_forgotten",
        "The two means are divided by each other without their roots. They are means of squares: look "
        "for the two roots.",
        (
            'np.sqrt(state["u"][key] + eps) / np.sqrt(v[key] + eps)',
            '(state["u"][key] + eps) / (v[key] + eps)',
        ),
    ),
)


# --- Adam ---------------------------------------------------------------------------------------------------

ADAM = _all(
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
)


# --- AdaMax -------------------------------------------------------------------------------------------------

ADAMAX_U = 'u[key] = np.maximum(beta2 * state["u"][key], np.abs(g) + eps)'

ADAMAX = _all(
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
        "betas_swapped",
        "The two betas are swapped. The first belongs to the mean of gradients, the second to the maximum.",
        ("beta1, beta2 = betas", "beta2, beta1 = betas"),
    ),
)


# --- Nadam --------------------------------------------------------------------------------------------------


AHEAD = "beta1 * m[key] / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)"

NADAM = _all(
    "nadam_step",
    (
        "does_not_look_ahead",
        "This is Adam: the corrected mean itself, without the step ahead. Look at the two fractions of "
        "m-hat.",
        (AHEAD, "m[key] / (1 - beta1**t)"),
    ),
    (
        "old_mean_looks_ahead",
        "The mean of before this update stands in the part that looks ahead, which then gives Adam's "
        "numerator with odd corrections. It is the mean just computed.",
        (AHEAD, 'beta1 * state["m"][key] / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)'),
    ),
    (
        "gradient_with_full_weight",
        "This update's gradient comes into m-hat with weight one. It has the weight it has in the mean, "
        "so that the whole stays a mean: look at the second fraction.",
        (AHEAD, "beta1 * m[key] / (1 - beta1 ** (t + 1)) + g"),
    ),
    (
        "eps_inside_the_root",
        "Epsilon is added under the root. Here, as in Adam, it is added to the root of the corrected "
        "mean of squares.",
        ("root = np.sqrt(v[key] / (1 - beta2**t))", "root = np.sqrt(v[key] / (1 - beta2**t) + eps) - eps"),
    ),
    (
        "v_not_corrected",
        "The mean of squares is not corrected for its start at zero. Look at what stands under the root.",
        ("root = np.sqrt(v[key] / (1 - beta2**t))", "root = np.sqrt(v[key])"),
    ),
    (
        "counter_stays_at_one",
        "The counter of updates does not rise from one step to the next, so that every step is "
        "corrected like the first. Look at what the new state says about it.",
        ('"t": t,', '"t": state["t"],'),
    ),
)


# --- AdamW --------------------------------------------------------------------------------------------------


class DecayInTheRatio:
    def adamw_step(params, grads, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        b1, b2 = betas
        t, new, m, v = state["t"] + 1, {}, {}, {}
        for k, g in grads.items():
            m[k] = b1 * state["m"][k] + (1 - b1) * g
            v[k] = b2 * state["v"][k] + (1 - b2) * g**2
            root = np.sqrt(v[k] / (1 - b2**t)) + eps
            new[k] = params[k] - lr * (m[k] / (1 - b1**t) + weight_decay * params[k]) / root
        return new, {"t": t, "m": m, "v": v}


DECAY = "moved[key] - lr * weight_decay * params[key]"

ADAMW = _all(
    "adamw_step",
    (
        "penalty_in_the_gradient",
        "The decay is added to the gradient and passes through both moments: this is Adam with an L2 "
        "penalty, which hardly shrinks weights with large gradients. In AdamW it never meets the "
        "moments.",
        (
            "moved, new_state = adam_step(params, grads,",
            "grads = {k: g + weight_decay * params[k] for k, g in grads.items()}\n"
            "    moved, new_state = adam_step(params, grads,",
        ),
        (DECAY, "moved[key]"),
    ),
    (
        "decays_the_moved_weight",
        "Adam's step is taken first and what it gives is then shrunk. Both terms start from the weight "
        "before the update: look at which weight is multiplied by the decay.",
        (DECAY, "moved[key] - lr * weight_decay * moved[key]"),
    ),
    (
        "no_decay",
        "Nothing shrinks: this is Adam. Look at the second term of the formula.",
        (DECAY, "moved[key]"),
    ),
    (
        "weights_grow",
        "The decay has the wrong sign: weights grow where they should shrink.",
        (DECAY, "moved[key] + lr * weight_decay * params[key]"),
    ),
    (
        "vectors_spared",
        "Vectors are spared from the decay, as many recipes do with biases. That is the caller's choice "
        "here: every entry that is given shrinks.",
        (DECAY, "moved[key] - lr * weight_decay * params[key] * (np.ndim(params[key]) > 1)"),
    ),
    (
        "decay_in_the_ratio",
        "The decay stands beside m-hat over the root, so that each weight shrinks at a rate of its own, "
        "enormous where gradients are small. It stands outside that ratio.",
        DecayInTheRatio,
    ),
    (
        "hyperparameters_not_passed",
        "Adam's part runs on its default betas and eps whatever is asked. Look at the call of adam_step.",
        (
            "adam_step(params, grads, state, lr=lr, betas=betas, eps=eps)",
            "adam_step(params, grads, state, lr=lr)",
        ),
    ),
)


# --- Training on digits -------------------------------------------------------------------------------------

TRAIN = _all(
    "train_digits",
    (
        "no_shuffle",
        "The batches come in the order of the data in every epoch. Look for the permutation that each epoch "
        "starts with.",
        ("order = rng.permutation(n)", "order = np.arange(n)"),
    ),
    (
        "one_permutation_for_all_epochs",
        "Every epoch goes through the same permutation. It is drawn anew at the start of each: look at "
        "whether it stands inside the loop over epochs.",
        (
            "for _ in range(n_epochs):\n        order = rng.permutation(n)",
            "order = rng.permutation(n)\n    for _ in range(n_epochs):",
        ),
    ),
    (
        "drawn_with_replacement",
        "Examples are drawn with replacement, so that an epoch sees some twice and others never. Look "
        "at how the order is drawn: a permutation holds each index once.",
        ("order = rng.permutation(n)", "order = rng.integers(n, size=n)"),
    ),
    (
        "state_reset_each_epoch",
        "Adam forgets its means and its counter at the start of every epoch. The state is made once: look at "
        "whether that line stands inside the loop over epochs.",
        ("order = rng.permutation(n)", "order = rng.permutation(n)\n        state = adam_init(params)"),
    ),
    (
        "state_never_kept",
        "Every update starts from a fresh Adam state, so that each is a first step: all weights move by "
        "lr, with no memory at all. Look at what becomes of the state that adam_step returns.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "params, _ = adam_step(params, grads, state, lr=lr)",
        ),
    ),
    (
        "last_batch_dropped",
        "The examples that do not fill a whole batch are left out. The last batch is simply shorter: "
        "look at where the loop over batches ends.",
        ("range(0, n, batch_size)", "range(0, n - batch_size + 1, batch_size)"),
    ),
    (
        "batches_weigh_alike",
        "An epoch's loss is the plain mean over batches, in which an example of the short last batch "
        "counts for more than the others. Look at how the batches' losses are put together.",
        ("total += loss * len(batch)", "total += loss"),
        ("losses.append(total / n)", "losses.append(total / len(range(0, n, batch_size)))"),
    ),
    (
        "last_batch_speaks_for_the_epoch",
        "An epoch's loss is that of its last batch alone. It is a mean over all examples of the epoch: "
        "look at what is added up and what is appended.",
        ("losses.append(total / n)", "losses.append(loss)"),
    ),
    (
        "loss_after_the_epoch",
        "An epoch's loss is computed once more on all the data after its updates. What is asked for is "
        "the mean of the losses that were seen on the way, each before its update: you have them "
        "already.",
        ("losses.append(total / n)", "losses.append(loss_and_grad(params, X, y)[0])"),
    ),
    (
        "labels_left_in_place",
        "X is shuffled and y is not, so that the network learns other examples' labels. Look at what "
        "both are indexed with.",
        (
            "loss_and_grad(params, X[batch], y[batch])",
            "loss_and_grad(params, X[batch], y[start : start + batch_size])",
        ),
    ),
    (
        "all_data_in_every_update",
        "Every update uses the gradient of the whole set: this is full-batch training with as many "
        "steps. Look at what loss_and_grad is given.",
        ("loss_and_grad(params, X[batch], y[batch])", "loss_and_grad(params, X, y)"),
    ),
    (
        "lr_not_passed",
        "The learning rate does not reach the optimiser, which falls back on its default. Look at the "
        "call of adam_step.",
        (
            "params, state = adam_step(params, grads, state, lr=lr)",
            "params, state = adam_step(params, grads, state)",
        ),
    ),
)


# --- Right by another convention ------------------------------------------------------------------------


class TakesTheMoveBack:
    def rprop_init(params, *, lr=0.01):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"delta": {k: np.full_like(w, lr) for k, w in params.items()}, "g": zero, "move": zero}

    def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        new, delta, kept, moved = {}, {}, {}, {}
        for k, g in grads.items():
            s = np.sign(g * state["g"][k])
            delta[k] = state["delta"][k] * np.where(s > 0, etas[1], np.where(s < 0, etas[0], 1.0))
            delta[k] = np.clip(delta[k], *step_sizes)
            kept[k] = np.where(s < 0, 0.0, g)
            moved[k] = np.where(s < 0, -state["move"][k], -np.sign(g) * delta[k])
            new[k] = params[k] + moved[k]
        return new, {"delta": delta, "g": kept, "move": moved}


class StartsAtATenth:
    def adagrad_init(params):
        return {k: np.full_like(w, 0.1) for k, w in params.items()}


class KerasAdagrad:
    def adagrad_init(params):
        return {k: np.full_like(w, 0.1) for k, w in params.items()}

    def adagrad_step(params, grads, state, *, lr=0.01, eps=1e-10):
        total = {k: state[k] + g**2 for k, g in grads.items()}
        return {k: params[k] - lr * g / np.sqrt(total[k] + eps) for k, g in grads.items()}, total


class StartsAtOne:
    def rmsprop_init(params):
        return {k: np.ones_like(w) for k, w in params.items()}


class Centred:
    def rmsprop_init(params):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"mean": zero, "v": zero}

    def rmsprop_step(params, grads, state, *, lr=0.01, rho=0.99, eps=1e-8):
        mean = {k: rho * state["mean"][k] + (1 - rho) * g for k, g in grads.items()}
        v = {k: rho * state["v"][k] + (1 - rho) * g**2 for k, g in grads.items()}
        new = {k: params[k] - lr * g / (np.sqrt(v[k] - mean[k] ** 2) + eps) for k, g in grads.items()}
        return new, {"mean": mean, "v": v}


class DozatsSchedule:
    def nadam_init(params):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"t": 0, "product": 1.0, "m": zero, "v": zero}

    def nadam_step(params, grads, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        t = state["t"] + 1
        now, after = (betas[0] * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in (t, t + 1))
        product, new, m, v = state["product"] * now, {}, {}, {}
        for k, g in grads.items():
            m[k] = betas[0] * state["m"][k] + (1 - betas[0]) * g
            v[k] = betas[1] * state["v"][k] + (1 - betas[1]) * g**2
            root = np.sqrt(v[k] / (1 - betas[1] ** t)) + eps
            ahead = after * m[k] / (1 - product * after) + (1 - now) * g / (1 - product)
            new[k] = params[k] - lr * ahead / root
        return new, {"t": t, "product": product, "m": m, "v": v}


CONVENTIONS = (
    *_all(
        "rprop_step",
        (
            "takes_the_move_back",
            "Where the sign flips, the last move is taken back. That is Rprop+ (Riedmiller & Braun 1993, "
            "and the slides of some lectures); asked for is iRprop-, in which the weight stays where it is "
            "for that update.",
            TakesTheMoveBack,
        ),
        (
            "moves_on_after_a_flip",
            "Where the sign flips, the weight moves on at once by the smaller step, and the gradient is "
            "kept. That is Rprop-; asked for is iRprop-, which treats that gradient as zero. Look at what "
            "follows the step sizes.",
            ("g = np.where(s < 0, 0.0, g)\n        new", "new"),
        ),
    ),
    *_all(
        "adagrad_step",
        (
            "eps_inside_the_root",
            "Epsilon is added under the root: the convention of Dive into Deep Learning. Here, as in "
            "PyTorch, it is added to the root. Gradients as small as its own root show the difference.",
            ("lr * g / (np.sqrt(total[key]) + eps)", "lr * g / np.sqrt(total[key] + eps)"),
        ),
        (
            "keras_and_optax",
            "This is the Adagrad of Keras and optax: the sums of squares start at 0.1 and epsilon is added "
            "under the root. Here, as in PyTorch, they start at zero and epsilon is added to the root.",
            KerasAdagrad,
        ),
        (
            "starts_at_a_tenth",
            "The sums of squares start above zero, at the 0.1 of Keras and optax, so that the first steps "
            "are too short and small gradients hardly move. Here they start at zero: look at adagrad_init.",
            StartsAtATenth,
        ),
        (
            "one_sum_for_all",
            "All weights of a parameter share one sum, that of the squared length of the gradient: this is "
            "AdaGrad-Norm. Each number has a sum of its own: look at the shape of what is added.",
            ("total = {key: state[key] + g**2", "total = {key: state[key] + np.sum(g**2)"),
        ),
    ),
    *_all(
        "rmsprop_step",
        (
            "squares_that_add_up",
            "The new square comes in with weight one: the form without (1-rho) of some slides. It is this "
            "method at a rate and an epsilon smaller by the root of 1-rho; here the weights add up to one.",
            ("mean = {key: rho * state[key] + (1 - rho) * g**2", "mean = {key: rho * state[key] + g**2"),
        ),
        (
            "eps_inside_the_root",
            "Epsilon is added under the root: the convention of Keras, optax and Dive into Deep Learning. "
            "Here, as in PyTorch, it is added to the root.",
            ("lr * g / (np.sqrt(mean[key]) + eps)", "lr * g / np.sqrt(mean[key] + eps)"),
        ),
        (
            "starts_at_one",
            "The means of squares start at one, as in TensorFlow's first version, so that the first steps "
            "are far too short for small gradients. Here they start at zero: look at rmsprop_init.",
            StartsAtOne,
        ),
        (
            "centred",
            "The square of a mean gradient is taken off under the root: this is the centred RMSProp of "
            "Graves 2013 (centered=True in PyTorch). Here the plain mean of squares stands there.",
            Centred,
        ),
    ),
    *_all(
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
    ),
    *_all(
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
    ),
    *_all(
        "nadam_step",
        (
            "dozats_schedule",
            "The first beta follows Dozat's schedule, which begins near half of it: PyTorch's NAdam by "
            "default. Asked for is the plain form, in which it stays the same throughout.",
            DozatsSchedule,
        ),
        (
            "one_correction_for_both",
            "Both parts are corrected by the same power of the first beta, as in Ruder's overview and the "
            "many pages that follow it. The part that looks ahead belongs to the next update: its power is "
            "one higher.",
            (AHEAD, "(beta1 * m[key] + (1 - beta1) * g) / (1 - beta1**t)"),
        ),
    ),
    *_all(
        "adamw_step",
        (
            "decay_without_lr",
            "The weights shrink by weight_decay alone, the convention of the paper, whose schedule "
            "multiplies it instead of lr. Here, as in PyTorch, the decay is multiplied by lr.",
            (DECAY, "moved[key] - weight_decay * params[key]"),
        ),
    ),
)

MISTAKES = RPROP + QUICKPROP + ADAGRAD + RMSPROP + ADADELTA + ADAM + ADAMAX + NADAM + ADAMW + TRAIN
