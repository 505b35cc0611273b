"""Named mistakes of `momentum`, and answers that are right in another book, with the sentences that say so.

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


KEPT = "for key in params}, v\n"  # how every step ends: the new parameters, the new velocities


# --- Newton's step ------------------------------------------------------------------------------------------

SOLVED = "np.linalg.solve(hessian + damping * np.eye(len(w)), grad)"

NEWTON = _all(
    "newton_step",
    (
        "plain_descent",
        "The Hessian plays no part: this is a step of gradient descent with rate one. Look at what stands "
        "between the gradient and p in the docstring.",
        (SOLVED, "grad"),
    ),
    (
        "diagonal_only",
        "Each entry of the gradient is divided by its own diagonal entry of H. That is right only where H "
        "has no other entries; the valley lies across the axes. A linear system is to be solved.",
        (SOLVED, "grad / (np.diag(hessian) + damping)"),
    ),
    (
        "no_damping",
        "The damping changes nothing. Look at what the matrix of the linear system is made of.",
        (SOLVED, "np.linalg.solve(hessian, grad)"),
    ),
    (
        "damping_everywhere",
        "The damping is added to every entry of H, for a number spreads over a whole array. δI is a matrix "
        "that has δ on its diagonal and zeros elsewhere.",
        (SOLVED, "np.linalg.solve(hessian + damping, grad)"),
    ),
    (
        "damping_taken_off",
        "The damping is taken off the diagonal, which makes flat directions worse. Look at its sign.",
        (SOLVED, "np.linalg.solve(hessian - damping * np.eye(len(w)), grad)"),
    ),
    (
        "damping_shortens_the_step",
        "Newton's own step is made shorter by the damping, the same in all directions. The damping belongs "
        "into the linear system, where it slows flat directions most and steep ones hardly.",
        (SOLVED, "np.linalg.solve(hessian, grad) / (1 + damping)"),
    ),
    (
        "away_from_the_point",
        "The step goes the wrong way, as far from the stationary point as it was before and on the other "
        "side. Look at the sign of p in the update.",
        ("return w - p", "return w + p"),
    ),
    (
        "multiplies_by_the_hessian",
        "The gradient is multiplied by H where H p = g is to be solved for p: steep directions take the "
        "longest steps instead of the shortest.",
        (SOLVED, "(hessian + damping * np.eye(len(w))) @ grad"),
    ),
    (
        "inverse",
        "The inverse of H is formed and multiplied. On paper that is the same; with curvatures of very "
        "different size its rounding errors are as large as the step. NumPy solves a linear system directly.",
        (SOLVED, "np.linalg.inv(hessian + damping * np.eye(len(w))) @ grad"),
    ),
    (
        "returns_the_step",
        "What comes back is the step, not the point that it leads to. Look at what the docstring returns.",
        ("return w - p", "return -p"),
    ),
)


# --- EWMA ---------------------------------------------------------------------------------------------------

RECURSION = "v = beta * v + (1 - beta) * x"
ANSWER = "v / (1 - beta**t) if corrected else v"


EWMA = _all(
    "ewma",
    (
        "weights_swapped",
        "The two weights are swapped, so that nearly nothing is remembered. β belongs to what was there "
        "before: look at which term it multiplies.",
        (RECURSION, "v = (1 - beta) * v + beta * x"),
    ),
    (
        "values_add_up",
        "Each new value comes in whole: that is a leaky sum, the velocity of momentum, 1/(1-β) times too "
        "large for an average. The two weights of an average add up to one.",
        (RECURSION, "v = beta * v + x"),
    ),
    (
        "nothing_remembered_after_the_start",
        "The answer for each value is made from that value alone. The recursion must go on with what it "
        "had: look at where v is set to zero.",
        (RECURSION, "v = (1 - beta) * x"),
    ),
    (
        "corrected_average_goes_on",
        "The corrected average is put back into the recursion, so that the correction is made again and "
        "again. It is for the answer alone; v itself stays as it is.",
        (ANSWER, "v"),
        (RECURSION, "v = beta * v + (1 - beta) * x\n        v = v / (1 - beta**t) if corrected else v"),
    ),
    (
        "counted_from_zero",
        "The correction counts from zero, and divides by zero at the first value. There one value has come "
        "in: look at what t is then.",
        (ANSWER, "v / (1 - beta ** (t - 1)) if corrected else v"),
    ),
    (
        "counted_from_two",
        "The correction counts one value too many, so that the corrected average starts too low. At the "
        "first value the weights that were handed out add up to 1-β: which power of β is that?",
        (ANSWER, "v / (1 - beta ** (t + 1)) if corrected else v"),
    ),
    (
        "one_correction_for_all",
        "Every answer is divided by 1-β. That is right at the first value, and then far too much: the share "
        "of weights handed out grows with every value.",
        (ANSWER, "v / (1 - beta) if corrected else v"),
    ),
    (
        "never_corrected",
        "There is no correction even where it is asked for. Look at the argument corrected.",
        (ANSWER, "v"),
    ),
    (
        "always_corrected",
        "The correction is made even where it is not asked for. Look at the argument corrected and its "
        "default.",
        (ANSWER, "v / (1 - beta**t)"),
    ),
    (
        "columns_mixed",
        "All numbers of one time are averaged into one. Only the first axis is time: every column is a "
        "series of its own.",
        (RECURSION, "v = beta * v + (1 - beta) * np.mean(x)"),
    ),
)


# --- Momentum, the plain form -------------------------------------------------------------------------------

MOMENTUM = _all(
    "momentum_step",
    (
        "velocity_never_kept",
        "Every update is plain gradient descent, because the velocity starts from zero again. Look at what "
        "comes back as the new state. (The same slip, the velocity set to zero inside of the loop, stands "
        "in more than one set of slides.)",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_velocity_moves_the_weights",
        "The weights move by the velocity of before this update, and the gradient takes effect one update "
        "late. The velocity takes the gradient in first.",
        ("lr * v[key]", "lr * state[key]"),
    ),
    (
        "no_friction",
        "Nothing of the velocity is ever lost, so that it grows without end. Look at what μ multiplies.",
        ("momentum * state[key] + g", "state[key] + g"),
    ),
    (
        "friction_on_the_gradient",
        "Friction takes its share of the new gradient as well. μ multiplies the old velocity alone: look at "
        "what stands inside of your brackets.",
        ("momentum * state[key] + g", "momentum * (state[key] + g)"),
    ),
    (
        "uphill",
        "The weights go up the slope. Look at the sign of the step.",
        ("params[key] - lr * v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "gradient_counted_twice",
        "The step takes the gradient and the velocity, which holds that gradient already. Look at what is "
        "taken off the weights.",
        ("lr * v[key]", "lr * (grads[key] + v[key])"),
    ),
    (
        "looks_ahead",
        "This is Nesterov's method, which comes later. Here the weights move along the velocity itself.",
        ("lr * v[key]", "lr * (grads[key] + momentum * v[key])"),
    ),
    (
        "rate_twice",
        "The learning rate is in the velocity and in the step, so that it counts twice. In this form the "
        "velocity holds gradients as they are.",
        ("momentum * state[key] + g", "momentum * state[key] + lr * g"),
    ),
    (
        "default_momentum_always",
        "The velocity shrinks by the usual factor whatever is asked. Look at whether the argument momentum "
        "is used.",
        ("momentum * state[key] + g", "0.9 * state[key] + g"),
    ),
)


# --- Momentum, the rate inside ------------------------------------------------------------------------------

INSIDE = "momentum * state[key] - lr * g"

VELOCITY = _all(
    "velocity_step",
    (
        "velocity_never_kept",
        "Every update is plain gradient descent, because the velocity starts from zero again. Look at what "
        "this step hands back as its state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_velocity_moves_the_weights",
        "The weights move by the old velocity, and the gradient takes effect one update late. First the "
        "velocity changes, then the weights move by it.",
        ("params[key] + v[key]", "params[key] + state[key]"),
    ),
    (
        "no_friction",
        "The velocity loses nothing, and the weights roll for ever. Look at what μ multiplies.",
        (INSIDE, "state[key] - lr * g"),
    ),
    (
        "friction_on_the_gradient",
        "Friction takes its share of the new push as well. μ multiplies the old velocity and nothing else.",
        (INSIDE, "momentum * (state[key] - lr * g)"),
    ),
    (
        "uphill",
        "The weights go up the slope: of the two signs, that of the push and that of the move, one is wrong.",
        (INSIDE, "momentum * state[key] + lr * g"),
    ),
    (
        "rate_twice",
        "The velocity has the learning rate in it and is multiplied by it once more. In this form the "
        "velocity is the step itself: look at the second line of the formula.",
        ("params[key] + v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "rate_on_the_old_velocity",
        "The learning rate multiplies the old velocity too, which has its rate already, so that almost "
        "nothing is left of it. It belongs to the gradient alone.",
        (INSIDE, "lr * (momentum * state[key] - g)"),
    ),
    (
        "looks_ahead",
        "This is Nesterov's method in the form that Keras has it in (nesterov=True). Here the weights move "
        "by the velocity and nothing else.",
        ("params[key] + v[key]", "params[key] + momentum * v[key] - lr * grads[key]"),
    ),
    (
        "default_momentum_always",
        "The velocity shrinks by the usual factor, whatever momentum the call asks for.",
        (INSIDE, "0.9 * state[key] - lr * g"),
    ),
)


# --- Momentum, the mean -------------------------------------------------------------------------------------

MEAN = "momentum * state[key] + (1 - momentum) * g"


class CorrectedMean:
    def averaged_momentum_init(params):
        return {"t": 0, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        t = state["t"] + 1
        v = {k: momentum * state["v"][k] + (1 - momentum) * g for k, g in grads.items()}
        return {k: params[k] - lr * v[k] / (1 - momentum**t) for k in params}, {"t": t, "v": v}


AVERAGED = _all(
    "averaged_momentum_step",
    (
        "weights_swapped",
        "The two weights of the mean are swapped, so that hardly anything is remembered. μ belongs to what "
        "was there before.",
        (MEAN, "(1 - momentum) * state[key] + momentum * g"),
    ),
    (
        "mean_never_kept",
        "Each update begins with a mean of zero, so that every step is a small share of plain descent's. "
        "Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "old_mean_moves_the_weights",
        "The weights move along the mean of before this update; the gradient takes effect one update late.",
        ("lr * v[key]", "lr * state[key]"),
    ),
    (
        "corrected",
        "The mean is corrected for its start at zero, as Adam does it. Here the first steps are short, and "
        "stay so.",
        CorrectedMean,
    ),
    (
        "rate_inside",
        "The learning rate is inside of the mean, so that a rate that changes reaches old gradients no "
        "more. In this form it multiplies the finished mean.",
        (MEAN, "momentum * state[key] + (1 - momentum) * lr * g"),
        ("lr * v[key]", "v[key]"),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign before the mean.",
        ("params[key] - lr * v[key]", "params[key] + lr * v[key]"),
    ),
    (
        "looks_ahead",
        "The mean looks one step ahead, which is Nesterov's idea and Nadam's. Here the weights move along "
        "the mean as it is.",
        ("lr * v[key]", "lr * (momentum * v[key] + (1 - momentum) * grads[key])"),
    ),
    (
        "share_taken_twice",
        "The share 1-μ is taken from the gradient and once more from the step, which is far too short. It "
        "stands in the mean alone.",
        ("lr * v[key]", "lr * (1 - momentum) * v[key]"),
    ),
    (
        "default_momentum_always",
        "The mean's weights are the usual ones whatever is asked. Look at where the argument momentum is "
        "used.",
        (MEAN, "0.9 * state[key] + 0.1 * g"),
    ),
)


# --- Converting rates ---------------------------------------------------------------------------------------

FROM_MEAN = 'lr * (1 - momentum) if source == "averaged" else lr'
TO_MEAN = 'plain / (1 - momentum) if target == "averaged" else plain'

CONVERT = _all(
    "convert_lr",
    (
        "upside_down",
        "The factor is upside down. A mean takes in less of each gradient, so the averaged form needs the "
        "larger rate.",
        (FROM_MEAN, 'lr / (1 - momentum) if source == "averaged" else lr'),
        (TO_MEAN, 'plain * (1 - momentum) if target == "averaged" else plain'),
    ),
    (
        "never_converted",
        "The rate comes back as it is. Between the averaged form and each of the others stands a factor.",
        (FROM_MEAN, "lr"),
        (TO_MEAN, "plain"),
    ),
    (
        "momentum_for_its_rest",
        "The factor is μ where it should be what μ leaves of one. How much of a new gradient does the mean "
        "take in?",
        (FROM_MEAN, 'lr * momentum if source == "averaged" else lr'),
        (TO_MEAN, 'plain / momentum if target == "averaged" else plain'),
    ),
    (
        "root_of_the_factor",
        "The factor is the root of the right one. That is how the two forms of RMSProp are converted, whose "
        "mean holds squares; a velocity holds gradients.",
        (FROM_MEAN, 'lr * (1 - momentum) ** 0.5 if source == "averaged" else lr'),
        (TO_MEAN, 'plain / (1 - momentum) ** 0.5 if target == "averaged" else plain'),
    ),
    (
        "target_ignored",
        "The form asked for plays no part: rates for the averaged form come out as those of the plain one. "
        "Look at what you do with target.",
        (TO_MEAN, "plain"),
    ),
    (
        "source_ignored",
        "The form that the rate comes from plays no part: it is taken for plain whatever it is. Look at "
        "what you do with source.",
        (FROM_MEAN, "lr"),
    ),
    (
        "inside_taken_for_averaged",
        "The inside form is converted as if it were a mean. It takes in each gradient whole, times the "
        "rate: at a constant rate it walks as the plain one.",
        (FROM_MEAN, 'lr if source == "plain" else lr * (1 - momentum)'),
        (TO_MEAN, 'plain if target == "plain" else plain / (1 - momentum)'),
    ),
    (
        "averaged_to_itself",
        "From the averaged form to itself the rate changes: one of the two conversions is made and the "
        "other is not. From a form to itself there is nothing to convert.",
        (TO_MEAN, 'plain / (1 - momentum) if target == "averaged" != source else plain'),
    ),
)


# --- Nesterov by looking ahead ------------------------------------------------------------------------------

AHEAD = "params[key] + momentum * state[key] for key in params"

LOOKAHEAD = _all(
    "nesterov_lookahead_step",
    (
        "no_look_ahead",
        "The slope is taken at the weights themselves, which makes this plain momentum. It is taken where "
        "the old velocity would carry them: look at what grad_fn is given.",
        ("grads = grad_fn(ahead)", "grads = grad_fn(params)"),
    ),
    (
        "looks_back",
        "The slope is taken behind the weights, where they came from. In this form the velocity points the "
        "way that the weights go: look at the sign with which you add it.",
        (AHEAD, "params[key] - momentum * state[key] for key in params"),
    ),
    (
        "looks_too_far",
        "The slope is taken a whole velocity ahead. Friction takes its share before the weights get there: "
        "look at what multiplies v inside of the gradient's argument.",
        (AHEAD, "params[key] + state[key] for key in params"),
    ),
    (
        "steps_from_ahead",
        "The new velocity is added to the look-ahead point, so that the old one counts twice. The step "
        "starts from the weights themselves.",
        ("params[key] + v[key]", "ahead[key] + v[key]"),
    ),
    (
        "asks_once_a_parameter",
        "The slope is asked for anew for every parameter, which costs a backward pass each time. Ask once, "
        "and use the answer for all: look at whether grad_fn is called inside of a loop.",
        ("grads = grad_fn(ahead)", "grads = {key: grad_fn(ahead)[key] for key in params}"),
    ),
    (
        "one_parameter_ahead",
        "Each slope is taken with one parameter ahead and all others at rest. They all move together, and "
        "slopes depend on one another: move all of them first, then ask.",
        (
            "grads = grad_fn(ahead)",
            "grads = {key: grad_fn({**params, key: ahead[key]})[key] for key in params}",
        ),
    ),
    (
        "asks_twice",
        "The slope is taken at the weights and ahead of them, and both are used. One backward pass an "
        "update is enough: the slope at the weights plays no part.",
        ("grads = grad_fn(ahead)", "grads, here = grad_fn(ahead), grad_fn(params)"),
        ("- lr * grads[key]", "- lr * (grads[key] + here[key]) / 2"),
    ),
    (
        "velocity_never_kept",
        "The velocity is zero in every update, so that there is nothing to look along and every step is "
        "plain descent. Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign of the gradient in the new velocity.",
        ("- lr * grads[key]", "+ lr * grads[key]"),
    ),
    (
        "no_friction",
        "The look ahead is right, but then the old velocity is kept whole. μ stands in both places.",
        ("v = {key: momentum * state[key]", "v = {key: state[key]"),
    ),
)


# --- Nesterov from the gradient at hand ---------------------------------------------------------------------

CORRECTED = "lr * (grads[key] + momentum * v[key])"

NESTEROV = _all(
    "nesterov_step",
    (
        "plain_momentum",
        "The step is the velocity, and this is plain momentum. (So it is if the gradient is added to μ "
        "times the **old** velocity: that sum is the new one.) Look at which velocity stands in the second "
        "formula.",
        (CORRECTED, "lr * v[key]"),
    ),
    (
        "whole_velocity_ahead",
        "The gradient is added to the whole new velocity. The look ahead goes as far as friction lets it: μ "
        "stands in the second formula too.",
        (CORRECTED, "lr * (grads[key] + v[key])"),
    ),
    (
        "gradient_left_out",
        "The step looks ahead but leaves this update's gradient out. Two terms are added in the second "
        "formula.",
        (CORRECTED, "lr * momentum * v[key]"),
    ),
    (
        "velocity_never_kept",
        "The velocity starts from zero in every update: each step is plain descent, only 1 + μ times as "
        "long. Look at what comes back as the new state.",
        (KEPT, KEPT.replace(" v", " state")),
    ),
    (
        "step_kept_as_velocity",
        "What is kept is the sum that the weights moved along, where the velocity itself belongs. The look "
        "ahead is for the weights alone.",
        (
            "for key in params}, v\n",
            "for key in params}, {key: g + momentum * v[key] for key, g in grads.items()}\n",
        ),
    ),
    (
        "no_friction",
        "The velocity loses nothing from step to step. Look at the first formula: what does μ multiply "
        "there?",
        ("momentum * state[key] + g", "state[key] + g"),
    ),
    (
        "friction_on_the_gradient",
        "In the first formula friction takes its share of the new gradient as well. μ multiplies the old "
        "velocity alone there.",
        ("momentum * state[key] + g", "momentum * (state[key] + g)"),
    ),
    (
        "uphill",
        "The weights go up the slope: look at the sign before the learning rate.",
        ("params[key] - lr", "params[key] + lr"),
    ),
)


# --- The best rates -----------------------------------------------------------------------------------------

LR_GD = "2 / (lam_min + lam_max)"
LR_MOMENTUM = "(2 / (root_min + root_max)) ** 2"
BEST_MOMENTUM = "((root_max - root_min) / (root_max + root_min)) ** 2"

RATES = _all(
    "best_rates",
    (
        "no_roots_in_the_rate",
        "Momentum's rate is made from the curvatures themselves, squared, and has the wrong unit. It is "
        "made from their roots.",
        (LR_MOMENTUM, "(2 / (lam_min + lam_max)) ** 2"),
    ),
    (
        "rate_not_squared",
        "Momentum's rate is not squared, and so has the unit of a root. Look at what the square in its "
        "formula covers.",
        (LR_MOMENTUM, "2 / (root_min + root_max)"),
    ),
    (
        "momentum_not_squared",
        "The momentum is not squared. What you return is the share of the distance that is left after an "
        "update; μ is the square of that.",
        (BEST_MOMENTUM, "(root_max - root_min) / (root_max + root_min)"),
    ),
    (
        "no_roots_in_the_momentum",
        "The momentum is made from κ itself, which is far too close to one. It is made from the root of κ: "
        "that is the whole gain over descent.",
        (BEST_MOMENTUM, "((lam_max - lam_min) / (lam_max + lam_min)) ** 2"),
    ),
    (
        "steep_end_alone",
        "Descent's rate suits the steepest direction alone and is too small for all others. The best one "
        "overshoots there, and is exactly as slow at both ends.",
        (LR_GD, "1 / lam_max"),
    ),
    (
        "edge_of_divergence",
        "Descent's rate is the one at which the steepest direction swings for ever. The best one is "
        "smaller: both curvatures stand in it.",
        (LR_GD, "2 / lam_max"),
    ),
    (
        "geometric_mean",
        "Descent's rate is one over the geometric mean of the bounds, and in a narrow valley that diverges. "
        "It is one over their arithmetic mean.",
        (LR_GD, "1 / (root_min * root_max)"),
    ),
    (
        "rates_swapped",
        "The two rates have changed places. Look at the order in the docstring's return value.",
        ("float(lr_gd), float(lr_momentum)", "float(lr_momentum), float(lr_gd)"),
    ),
    (
        "descents_rate_for_both",
        "Momentum is given descent's rate. It bears more, up to twice as much in a narrow valley, and has a "
        "formula of its own.",
        (LR_MOMENTUM, "lr_gd"),
    ),
)


# --- Right by another convention ------------------------------------------------------------------------


class SaddleFree:
    def newton_step(w, grad, hessian, *, damping=0.0):
        curvatures, axes = np.linalg.eigh(hessian)
        return w - axes @ ((axes.T @ grad) / (np.abs(curvatures) + damping))


class DampedFromTheSecondOn:
    def momentum_init(params):
        return {"begun": False, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def momentum_step(params, grads, state, *, lr, momentum=0.9):
        share = 1 - momentum if state["begun"] else 1.0
        v = {k: momentum * state["v"][k] + share * g for k, g in grads.items()}
        return {k: params[k] - lr * v[k] for k in params}, {"begun": True, "v": v}


class AveragedDampedFromTheSecondOn:
    def averaged_momentum_init(params):
        return {"begun": False, "v": {k: np.zeros_like(w) for k, w in params.items()}}

    def averaged_momentum_step(params, grads, state, *, lr, momentum=0.9):
        share = 1 - momentum if state["begun"] else 1.0
        v = {k: momentum * state["v"][k] + share * g for k, g in grads.items()}
        return {k: params[k] - lr * v[k] for k in params}, {"begun": True, "v": v}


CONVENTIONS = (
    *_all(
        "newton_step",
        (
            "saddle_free",
            "The curvatures' absolute values are used, so that saddles and maxima are left behind: this is "
            "saddle-free Newton (Dauphin et al. 2014). Asked for is Newton's own step, which goes to them.",
            SaddleFree,
        ),
        (
            "marquardt",
            "The damping is in proportion to H's diagonal, as Marquardt has it (1963). Here it is added to "
            "every diagonal entry as it is, as in Levenberg's form.",
            (SOLVED, "np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), grad)"),
        ),
    ),
    *_all(
        "ewma",
        (
            "starts_from_the_first_value",
            "The average starts from the first value: the convention of pandas' ewm(adjust=False) and of "
            "most forecasting books. Here v is zero before the first value, and the correction is made for "
            "that.",
            ("v, averages = 0.0,", "v, averages = xs[0],"),
        ),
        (
            "smoothing_factor",
            "The argument is taken for the smoothing factor of forecasting books, the weight of the first "
            "value and of each new one, and the average starts from the first value. Here β weighs what was "
            "there before.",
            ("v, averages = 0.0,", "v, averages = xs[0],"),
            (RECURSION, "v = (1 - beta) * v + beta * x"),
        ),
    ),
    *_all(
        "momentum_step",
        (
            "rate_inside",
            "The learning rate is inside of the velocity: the form of Sutskever et al. 2013 and of Keras, "
            "which is the next exercise. Here, as in PyTorch, the velocity holds gradients and the rate "
            "multiplies the step.",
            ("momentum * state[key] + g", "momentum * state[key] - lr * g"),
            ("params[key] - lr * v[key]", "params[key] + v[key]"),
        ),
        (
            "mean_of_gradients",
            "The velocity is a mean of gradients, with 1-μ before each: the averaged form, two exercises "
            "on, which takes these steps at a rate 1/(1-μ) as large. Here each gradient comes in whole.",
            ("momentum * state[key] + g", "momentum * state[key] + (1 - momentum) * g"),
        ),
        (
            "torch_dampening",
            "From the second gradient on only the share 1-μ comes in: that is PyTorch with dampening=μ, "
            "which leaves the first gradient whole. Here, as in PyTorch's default, all come in whole.",
            DampedFromTheSecondOn,
        ),
    ),
    *_all(
        "velocity_step",
        (
            "rate_outside",
            "The velocity holds gradients, and the rate multiplies the step: the plain form, PyTorch's, of "
            "the exercise before. The two part ways when the rate changes; here it is inside, as in Keras.",
            (INSIDE, "momentum * state[key] + g"),
            ("params[key] + v[key]", "params[key] - lr * v[key]"),
        ),
        (
            "mean_of_gradients",
            "The velocity is a mean of gradients, with 1-μ before each: the averaged form, which is the next "
            "exercise. Here each gradient comes in whole, times the rate.",
            (INSIDE, "momentum * state[key] + (1 - momentum) * g"),
            ("params[key] + v[key]", "params[key] - lr * v[key]"),
        ),
    ),
    *_all(
        "averaged_momentum_step",
        (
            "plain_form",
            "Each gradient comes in whole: the plain form, PyTorch's, whose rate is 1-μ times as large for "
            "the same steps. Asked for is a mean, whose two weights add up to one.",
            (MEAN, "momentum * state[key] + g"),
        ),
        (
            "inside_form",
            "The rate is inside and each gradient comes in whole: the form of Sutskever et al. 2013 and of "
            "Keras. Asked for is a mean of gradients that the rate multiplies from outside.",
            (MEAN, "momentum * state[key] - lr * g"),
            ("params[key] - lr * v[key]", "params[key] + v[key]"),
        ),
        (
            "torch_dampening",
            "The first gradient comes in whole and only the later ones by the share 1-μ: that is PyTorch's "
            "dampening=μ, which is not a mean. Here the share is taken of the first one too.",
            AveragedDampedFromTheSecondOn,
        ),
    ),
    *_all(
        "nesterov_lookahead_step",
        (
            "rate_outside",
            "The velocity holds gradients and the rate multiplies the step, as in the plain form of "
            "momentum. The two part ways when the rate changes; here, as in Sutskever et al. 2013, the rate "
            "is inside.",
            (AHEAD, "params[key] - lr * momentum * state[key] for key in params"),
            ("- lr * grads[key]", "+ grads[key]"),
            ("params[key] + v[key]", "params[key] - lr * v[key]"),
        ),
        (
            "current_parameter_form",
            "This is the form of the libraries, whose weights are the look-ahead points and which takes the "
            "slope where it stands: the next exercise. Here the weights stay behind and the slope is taken "
            "ahead.",
            ("grads = grad_fn(ahead)", "grads = grad_fn(params)"),
            ("params[key] + v[key]", "params[key] + momentum * v[key] - lr * grads[key]"),
        ),
    ),
    *_all(
        "nesterov_step",
        (
            "rate_inside",
            "The learning rate is inside of the velocity, as in Keras' SGD(nesterov=True). While the rate is "
            "constant the steps are the same; here, as in PyTorch, it multiplies the whole step.",
            ("momentum * state[key] + g", "momentum * state[key] - lr * g"),
            ("params[key] - " + CORRECTED, "params[key] + momentum * v[key] - lr * grads[key]"),
        ),
        (
            "mean_of_gradients",
            "The velocity is a mean of gradients, with 1-μ before each, as in Nadam without its "
            "corrections. Here, as in PyTorch, each gradient comes in whole.",
            ("momentum * state[key] + g", "momentum * state[key] + (1 - momentum) * g"),
            (CORRECTED, "lr * ((1 - momentum) * grads[key] + momentum * v[key])"),
        ),
    ),
    *_all(
        "best_rates",
        (
            "nesterovs_pair",
            "Rate and momentum are those of Nesterov's method (Nesterov 2004, for a constant momentum). "
            "Asked for is Polyak's pair, for plain momentum.",
            (LR_MOMENTUM, "1 / lam_max"),
            (BEST_MOMENTUM, "(root_max - root_min) / (root_max + root_min)"),
        ),
        (
            "averaged_form",
            "Momentum's rate is that of the averaged form, 1/(1-μ) times as large. Asked for is that of the "
            "plain form, as in Polyak's paper.",
            ("float(lr_momentum)", "float(lr_momentum / (1 - momentum))"),
        ),
    ),
)

MISTAKES = NEWTON + EWMA + MOMENTUM + VELOCITY + AVERAGED + CONVERT + LOOKAHEAD + NESTEROV + RATES
