"""Named mistakes of `initialization`, and answers that are right in another book, with their sentences.

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


# --- Standardising ----------------------------------------------------------------------------------------

CONSTANT, SCALE = "constant = X.max(axis=0) == X.min(axis=0)", "np.where(constant, 1.0, X.std(axis=0))"

FITS = _all(
    "standardize_fit",
    (
        "std_tested_for_zero",
        "A constant feature is recognised by a computed deviation of exactly zero. Rounding may leave a tiny "
        "number instead, and then noise is blown up: compare the values themselves.",
        (CONSTANT, "constant = X.std(axis=0) == 0"),
    ),
    (
        "constant_left_at_zero",
        "A constant feature keeps the scale that was computed, about zero, and dividing by it gives NaN or "
        "noise. What does the docstring put there?",
        (SCALE, "X.std(axis=0)"),
    ),
    (
        "tiny_added",
        "A tiny number is added to every scale against a division by zero, so that small features are scaled "
        "wrongly. Only constant features are treated apart.",
        (SCALE, "np.where(constant, 1.0, X.std(axis=0) + 1e-8)"),
    ),
    (
        "small_taken_for_constant",
        "Features that vary by little are taken for constant. Small is not constant: a feature in tiny units "
        "needs its scale the most.",
        (CONSTANT, "constant = X.std(axis=0) < 1e-8"),
    ),
    (
        "variance_for_deviation",
        "The scale is the variance: the root is missing.",
        (SCALE, "np.where(constant, 1.0, X.var(axis=0))"),
    ),
    (
        "one_pass",
        "The variance is computed as the mean square less the squared mean. Far from zero both are huge and "
        "their difference has lost its digits: take the mean off first.",
        (SCALE, "np.where(constant, 1.0, np.sqrt(np.maximum(np.mean(X**2, axis=0) - mean**2, 0.0)))"),
    ),
    (
        "around_zero",
        "The scale is the root of the mean square, with the mean still in it. Distances from the mean are "
        "what counts.",
        (SCALE, "np.where(constant, 1.0, np.sqrt(np.mean(X**2, axis=0)))"),
    ),
    (
        "one_scale_for_all",
        "All features have one scale, that of the whole table. Each feature has its own: look at the axis.",
        (SCALE, "np.where(constant, 1.0, X.std())"),
    ),
    (
        "one_mean_for_all",
        "All features have one mean, that of the whole table. Each feature has its own: look at the axis.",
        ("mean = X.mean(axis=0)", "mean = np.full(X.shape[1], X.mean())"),
    ),
    (
        "over_the_features",
        "Mean and scale are one number an example, over its features. They belong to features, over all "
        "examples: look at the axis.",
        ("mean = X.mean(axis=0)", "mean = X.mean(axis=1)"),
        (CONSTANT, "constant = X.max(axis=1) == X.min(axis=1)"),
        (SCALE, "np.where(constant, 1.0, X.std(axis=1))"),
    ),
    (
        "range_for_deviation",
        "The scale is the range from the smallest to the largest value: one outlier decides. The standard "
        "deviation is asked for.",
        (SCALE, "np.where(constant, 1.0, X.max(axis=0) - X.min(axis=0))"),
    ),
)

DONE = "return (X - mean) / scale"

STANDARDIZED = _all(
    "standardize",
    (
        "own_statistics",
        "Mean and scale are measured on the examples at hand and those given are not used. New examples are "
        "treated with the training examples' numbers, or the network sees another world than it learnt.",
        (DONE, "mean, scale = standardize_fit(X)\n    return (X - mean) / scale"),
    ),
    (
        "mean_added",
        "The mean is added where it should be taken off.",
        (DONE, "return (X + mean) / scale"),
    ),
    (
        "multiplied",
        "Features are multiplied by their scales, so that the large ones grow further. What makes them "
        "alike?",
        (DONE, "return (X - mean) * scale"),
    ),
    (
        "mean_outside",
        "Only the feature is divided by the scale, and the mean is taken off after that as it is. First the "
        "shift, then the division of what is left.",
        (DONE, "return X / scale - mean"),
    ),
    (
        "only_centred",
        "The mean is taken off and the scale is left as it was.",
        (DONE, "return X - mean"),
    ),
    (
        "only_scaled",
        "The features are divided by their scales with their means still in them.",
        (DONE, "return X / scale"),
    ),
    (
        "root_of_the_scale",
        "The division is by the root of the scale: what standardize_fit returns is a deviation already.",
        (DONE, "return (X - mean) / np.sqrt(scale)"),
    ),
)


# --- Whitening ----------------------------------------------------------------------------------------------

EIGH = "lam, V = np.linalg.eigh(centred.T @ centred / len(X))"
ORDER = "lam, V = np.maximum(lam[::-1], 0.0), V[:, ::-1]  # eigh begins with the smallest"
DIVIDED = "M = V / np.sqrt(lam + eps)"
ANSWER = 'return mean, M @ V.T if kind == "zca" else M[:, :n_components]'

WHITENED = _all(
    "whiten_fit",
    (
        "not_centred",
        "The matrix of mean products is taken with the mean still in X. The covariance is that of the "
        "centred examples: away from the origin the largest direction is otherwise the mean itself.",
        ("centred = X - mean", "centred = X"),
    ),
    (
        "not_divided_by_n",
        "The products are added up over the examples and not averaged, so that the result gets smaller with "
        "every example. What divides the sum?",
        (EIGH, "lam, V = np.linalg.eigh(centred.T @ centred)"),
    ),
    (
        "smallest_first",
        "The directions begin with the smallest variance, the order in which eigh gives them. With few "
        "components those that matter are lost: turn the order round.",
        (ORDER, "lam = np.maximum(lam, 0.0)"),
    ),
    (
        "order_of_variances_only",
        "The variances are put in another order and the directions are not: each column then is divided by "
        "another direction's variance.",
        (ORDER, "lam = np.maximum(lam[::-1], 0.0)"),
    ),
    (
        "root_missing",
        "Directions are divided by their variance, not by its root: the large ones come out smallest.",
        (DIVIDED, "M = V / (lam + eps)"),
    ),
    (
        "multiplied_by_the_root",
        "Directions are multiplied by the root of their variance: the long ones get longer still.",
        (DIVIDED, "M = V * np.sqrt(lam + eps)"),
    ),
    (
        "only_turned",
        "The examples are turned to their directions and not scaled: uncorrelated, and not white.",
        (DIVIDED, "M = V.copy()"),
    ),
    (
        "rows_scaled",
        "The rows of V are divided, which are features; the directions are its columns. Look at how the "
        "division is spread over the matrix.",
        (DIVIDED, "M = V / np.sqrt(lam + eps)[:, None]"),
    ),
    (
        "eps_outside_the_root",
        "ε is added to the root of the variance. It belongs to the variance, before the root.",
        (DIVIDED, "M = V / (np.sqrt(lam) + eps)"),
    ),
    (
        "no_eps",
        "ε is left out: where nothing varies, the division is by zero or by noise.",
        (DIVIDED, "M = V / np.sqrt(np.maximum(lam, 1e-300))"),
    ),
    (
        "zca_not_turned_back",
        "zca gives the same as pca: the last turn, back to the features that X came with, is missing.",
        (ANSWER, "return mean, M[:, :n_components]"),
    ),
    (
        "zca_turned_by_itself",
        "zca is turned once more the same way and not back: the transpose is missing, and M is not "
        "symmetric.",
        (ANSWER, 'return mean, M @ V if kind == "zca" else M[:, :n_components]'),
    ),
    (
        "n_components_ignored",
        "All directions are returned, however few are asked for.",
        (ANSWER, 'return mean, M @ V.T if kind == "zca" else M'),
    ),
    (
        "standardised_first",
        "Every feature is divided by its deviation first, so that the correlations are whitened and not the "
        "covariances; the answer is then wrong for X itself. Only the mean is taken off.",
        ("centred = X - mean", "centred = (X - mean) / np.maximum(X.std(axis=0), 1e-12)"),
    ),
)


# --- Watching the signal ------------------------------------------------------------------------------------

STEP, BACK = "h = activate(z, activation)\n        acts.append(h)", "grad_h = delta @ W.T"
DELTA, STD = "delta = grad_h * slope", "grad_std.append(delta.std())"
ACT_STD, FLAT = "np.array([h.std() for h in acts])", "np.mean(flat(h))"
TANH = '"tanh": lambda h: np.abs(h) > 0.99'

STATS = _all(
    "activation_stats",
    (
        "last_layer_linear",
        "The last layer has no activation, as a classifier's has none. Here every layer has it, the last one "
        "too.",
        (
            STEP,
            'last = len(acts) == len(weights) - 1\n        kind = "linear" if last else activation\n'
            "        h = activate(z, kind)\n        acts.append(h)",
        ),
        ("slopes.append(activation_slope(z, activation))", "slopes.append(activation_slope(z, kind))"),
    ),
    (
        "pre_activations_measured",
        "Mean and deviation are those of z, before the activation. They are asked for h, which goes on to "
        "the next layer.",
        (STEP, "h = activate(z, activation)\n        acts.append(z)"),
    ),
    (
        "deviation_with_the_mean_in_it",
        "The deviation of the activations is the root of their mean square. After a ReLU the mean is far "
        "from zero, and a deviation is taken around it.",
        (ACT_STD, "np.array([np.sqrt(np.mean(h**2)) for h in acts])"),
    ),
    (
        "unit_by_unit",
        "The deviation is taken for every unit over the examples and then averaged. It is one deviation over "
        "all entries of the layer.",
        (ACT_STD, "np.array([h.std(axis=0).mean() for h in acts])"),
    ),
    (
        "one_side_saturated",
        "Only units near +1 count as saturated, and those near -1 do not: look at the absolute value.",
        (TANH, '"tanh": lambda h: h > 0.99'),
    ),
    (
        "saturation_counted",
        "Saturated entries are counted: a share is asked for.",
        (FLAT, "np.sum(flat(h))"),
    ),
    (
        "active_share",
        "The share is that of entries which are not saturated.",
        (FLAT, "1 - np.mean(flat(h))"),
    ),
    (
        "gradient_at_the_activations",
        "The gradient is measured at h, before φ′ is multiplied in. It is asked for at the pre-activation z.",
        (STD, "grad_std.append(grad_h.std())"),
    ),
    (
        "slopes_left_out",
        "The gradient goes back through the weights alone: at every layer φ′(z) multiplies it as well.",
        (DELTA, "delta = grad_h"),
    ),
    (
        "slope_not_passed_on",
        "φ′(z) is in what is measured and not in what is sent on to the layer before.",
        (BACK, "grad_h = grad_h @ W.T"),
    ),
    (
        "slope_at_h",
        "φ′ is evaluated at h, the activation, where z belongs. For tanh that is another number.",
        ("slopes.append(activation_slope(z, activation))", "slopes.append(activation_slope(h, activation))"),
    ),
    (
        "last_layer_first",
        "The gradients are listed as they were found, the last layer first. The first layer stands first.",
        ("np.array(grad_std[::-1])", "np.array(grad_std)"),
    ),
    (
        "weights_not_transposed",
        "The gradient is sent on through W as the signal was: back it goes through the transpose, and the "
        "shapes fit only then.",
        (BACK, "grad_h = delta @ W"),
    ),
    (
        "gradient_root_mean_square",
        "The gradient's deviation is the root of its mean square, with its mean still in it.",
        (STD, "grad_std.append(np.sqrt(np.mean(delta**2)))"),
    ),
)

DEAD = "float(np.mean(np.all(z <= 0, axis=0)))"

DEADS = _all(
    "dead_fraction",
    (
        "share_of_entries",
        "This is the share of zeros among all entries. A unit that is off for some examples and on for "
        "others is not dead.",
        (DEAD, "float(np.mean(z <= 0))"),
    ),
    (
        "dead_examples",
        "This is the share of examples on which no unit fires. Units are columns: look at the axis.",
        (DEAD, "float(np.mean(np.all(z <= 0, axis=1)))"),
    ),
    (
        "zero_counts_as_alive",
        "A pre-activation of exactly zero counts as alive; but relu′(0) is 0.",
        (DEAD, "float(np.mean(np.all(z < 0, axis=0)))"),
    ),
    (
        "off_once_is_dead",
        "A unit counts as dead as soon as one example leaves it off: it must be off for every one.",
        (DEAD, "float(np.mean(np.any(z <= 0, axis=0)))"),
    ),
    (
        "mean_below_zero",
        "A unit counts as dead if its mean is below zero. One example above zero keeps it alive, however far "
        "below the others are.",
        (DEAD, "float(np.mean(z.mean(axis=0) <= 0))"),
    ),
    (
        "counted",
        "Dead units are counted: their share is asked for.",
        (DEAD, "float(np.sum(np.all(z <= 0, axis=0)))"),
    ),
    (
        "alive_share",
        "This is the share of units that are alive.",
        (DEAD, "1.0 - float(np.mean(np.all(z <= 0, axis=0)))"),
    ),
)


# --- Xavier and He ------------------------------------------------------------------------------------------

UNIFORM_SIZE = "size=(fan_in, fan_out)"
XU, XN = "a = gain * np.sqrt(6 / (fan_in + fan_out))", "gain * np.sqrt(2 / (fan_in + fan_out))"
HU, HN = "a = np.sqrt(6 / fan_in)", "np.sqrt(2 / fan_in)"
FLAT_DRAW = "return rng.uniform(-a, a, size=(fan_in, fan_out))"

TRANSPOSED = (
    "The matrix has the shape (fan_out, fan_in), as torch stores it. Here a layer is X @ W, and W has the "
    "shape (fan_in, fan_out)."
)
OWN = (
    "The weights come from a generator made inside, so that all layers of one shape start alike. Draw from "
    "the rng that is handed over."
)
COPIED = (
    "All units of the layer start with the same weights. They then get the same gradient and stay the same "
    "for ever: every entry is a draw of its own."
)
ONE_SIDED = (
    "All weights are positive: the law is symmetric around zero, or every unit adds up its inputs and the "
    "signal grows with their number."
)

XAVIER_UNIFORM = _all(
    "xavier_uniform",
    (
        "deviation_as_limit",
        "The deviation is taken for the limit. A uniform law on [-a, a] has the variance a²/3, so its limit "
        "is the deviation times the root of three.",
        (XU, "a = gain * np.sqrt(2 / (fan_in + fan_out))"),
    ),
    (
        "root_missing",
        "The limit is made without the root: it is the square of a that stands in the variance.",
        (XU, "a = gain * 6 / (fan_in + fan_out)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of units. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (XU, "a = gain * np.sqrt((fan_in + fan_out) / 6)"),
    ),
    (
        "inputs_only",
        "This is He's limit, made of the number of inputs alone. Xavier's has both fans in it.",
        (XU, "a = gain * np.sqrt(6 / fan_in)"),
    ),
    ("gain_ignored", "The gain is not used: it multiplies the limit.", (XU, XU.replace("gain * ", ""))),
    (
        "gain_under_the_root",
        "The gain stands under the root. It multiplies the weights, so its square multiplies the variance.",
        (XU, "a = np.sqrt(gain * 6 / (fan_in + fan_out))"),
    ),
    ("one_sided", ONE_SIDED, (FLAT_DRAW, "return rng.uniform(0.0, a, size=(fan_in, fan_out))")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("own_generator", OWN, (FLAT_DRAW, FLAT_DRAW.replace("rng.uniform", "np.random.default_rng(0).uniform"))),
    (
        "all_units_alike",
        COPIED,
        (FLAT_DRAW, "return np.repeat(rng.uniform(-a, a, size=(fan_in, 1)), fan_out, axis=1)"),
    ),
    (
        "gaussian",
        "The law is a Gaussian; a uniform one is asked for here, with every value within the limits as "
        "likely.",
        (FLAT_DRAW, "return rng.normal(0.0, a / np.sqrt(3), size=(fan_in, fan_out))"),
    ),
)

XN_DRAW = "return rng.normal(0.0, gain * np.sqrt(2 / (fan_in + fan_out)), size=(fan_in, fan_out))"

XAVIER_NORMAL = _all(
    "xavier_normal",
    (
        "variance_as_deviation",
        "The variance is handed over where the deviation is asked for: the root is missing.",
        (XN, "gain * 2 / (fan_in + fan_out)"),
    ),
    (
        "limit_as_deviation",
        "The uniform law's limit is taken for the deviation. The limit has a factor of the root of three "
        "that a Gaussian does not need.",
        (XN, "gain * np.sqrt(6 / (fan_in + fan_out))"),
    ),
    (
        "mean_of_fans_forgotten",
        "The variance is 1 over the sum of the fans. It is 1 over their mean, which is 2 over their sum.",
        (XN, "gain * np.sqrt(1 / (fan_in + fan_out))"),
    ),
    (
        "inputs_only",
        "This is He's deviation, made of the number of inputs alone. Xavier's has both fans in it.",
        (XN, "gain * np.sqrt(2 / fan_in)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of units. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (XN, "gain * np.sqrt((fan_in + fan_out) / 2)"),
    ),
    (
        "gain_ignored",
        "The gain is not used: it multiplies the deviation.",
        (XN, "np.sqrt(2 / (fan_in + fan_out))"),
    ),
    (
        "gain_squared",
        "The gain multiplies the deviation squared. It is the variance that it multiplies squared.",
        (XN, "gain**2 * np.sqrt(2 / (fan_in + fan_out))"),
    ),
    ("one_sided", ONE_SIDED, (XN_DRAW, XN_DRAW.replace("rng.", "np.abs(rng.") + ")")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("own_generator", OWN, (XN_DRAW, XN_DRAW.replace("rng.normal", "np.random.default_rng(0).normal"))),
    (
        "all_units_alike",
        COPIED,
        (
            XN_DRAW,
            "return rng.normal(0.0, gain * np.sqrt(2 / (fan_in + fan_out)), (fan_in, 1)) + np.zeros(fan_out)",
        ),
    ),
    (
        "uniform",
        "The law is uniform; a Gaussian one is asked for here.",
        (
            XN_DRAW,
            "a = gain * np.sqrt(6 / (fan_in + fan_out))\n    return rng.uniform(-a, a, size=(fan_in, "
            "fan_out))",
        ),
    ),
)

HE_UNIFORM = _all(
    "he_uniform",
    (
        "deviation_as_limit",
        "The deviation is taken for the limit. A uniform law on [-a, a] has the variance a²/3, so its limit "
        "is the deviation times the root of three.",
        (HU, "a = np.sqrt(2 / fan_in)"),
    ),
    (
        "root_missing",
        "The limit is made without the root: it is the square of a that stands in the variance.",
        (HU, "a = 6 / fan_in"),
    ),
    (
        "both_fans",
        "This is Xavier's limit, made of both fans. He's looks at the inputs alone.",
        (HU, "a = np.sqrt(6 / (fan_in + fan_out))"),
    ),
    (
        "without_the_factor_for_relu",
        "The variance is 1/n, which keeps a linear layer's signal. ReLU takes half of its square away, and "
        "the weights must make up for that.",
        (HU, "a = np.sqrt(3 / fan_in)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of inputs. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (HU, "a = np.sqrt(fan_in / 6)"),
    ),
    ("one_sided", ONE_SIDED, (FLAT_DRAW, "return rng.uniform(0.0, a, size=(fan_in, fan_out))")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("own_generator", OWN, (FLAT_DRAW, FLAT_DRAW.replace("rng.uniform", "np.random.default_rng(0).uniform"))),
    (
        "gaussian",
        "The law is a Gaussian; a uniform one is asked for here, with every value within the limits as "
        "likely.",
        (FLAT_DRAW, "return rng.normal(0.0, a / np.sqrt(3), size=(fan_in, fan_out))"),
    ),
)

HN_DRAW = "return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))"

HE_NORMAL = _all(
    "he_normal",
    (
        "variance_as_deviation",
        "The variance is handed over where the deviation is asked for: the root is missing.",
        (HN, "2 / fan_in"),
    ),
    (
        "limit_as_deviation",
        "The uniform law's limit is taken for the deviation. The limit has a factor of the root of three "
        "that a Gaussian does not need.",
        (HN, "np.sqrt(6 / fan_in)"),
    ),
    (
        "both_fans",
        "This is Xavier's deviation, made of both fans. He's looks at the inputs alone.",
        (HN, "np.sqrt(2 / (fan_in + fan_out))"),
    ),
    (
        "without_the_factor_for_relu",
        "The variance is 1/n, which keeps a linear layer's signal. ReLU takes half of its square away, and "
        "the weights must make up for that.",
        (HN, "np.sqrt(1 / fan_in)"),
    ),
    (
        "upside_down",
        "The weights grow with the number of inputs. The more inputs are added up, the smaller each weight "
        "must be: the root stands in the denominator.",
        (HN, "np.sqrt(fan_in / 2)"),
    ),
    ("one_sided", ONE_SIDED, (HN_DRAW, HN_DRAW.replace("rng.", "np.abs(rng.") + ")")),
    ("transposed", TRANSPOSED, (UNIFORM_SIZE, "size=(fan_out, fan_in)")),
    ("own_generator", OWN, (HN_DRAW, HN_DRAW.replace("rng.normal", "np.random.default_rng(0).normal"))),
    (
        "uniform",
        "The law is uniform; a Gaussian one is asked for here.",
        (HN_DRAW, HU + "\n    " + FLAT_DRAW),
    ),
)


# --- Orthogonal ---------------------------------------------------------------------------------------------

FACTORED = "Q, R = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))"
SIGNS = "Q = Q * np.sign(np.diag(R))"
SCALED = "return gain * (Q if fan_in >= fan_out else Q.T)"

ORTHOGONAL = _all(
    "orthogonal",
    (
        "signs_of_the_factorisation",
        "The signs of Q's columns are left as the factorisation chose them, by a habit of its own, so that "
        "some entries have one sign always. Multiply each column by a sign taken from R.",
        (SIGNS, "Q = Q.copy()"),
    ),
    (
        "signs_of_q",
        "The signs are taken from the diagonal of Q, and so that diagonal is positive always. They come from "
        "that of R, which is thrown away with them.",
        (SIGNS, "Q = Q * np.sign(np.diag(Q))"),
    ),
    (
        "signs_on_the_rows",
        "The signs multiply the rows of Q. They belong to its columns, one to each.",
        (SIGNS, "Q = Q * np.sign(np.diag(R))[:, None]"),
    ),
    (
        "positive_entries_factored",
        "The matrix that is factored has positive entries only, and so the first direction always points the "
        "same way. Factor a Gaussian one.",
        (FACTORED, FACTORED.replace("rng.normal(size=", "rng.random(size=")),
    ),
    (
        "columns_only_normalised",
        "The columns have the right length and are not orthogonal: nothing was factored.",
        (SIGNS, "A = rng.normal(size=Q.shape)\n    Q = A / np.linalg.norm(A, axis=0)"),
    ),
    (
        "wide_not_turned",
        "For more outputs than inputs the answer has the shape of the tall matrix: there it is transposed.",
        (SCALED, "return gain * Q"),
    ),
    (
        "always_transposed",
        "The answer is transposed also where there are more inputs than outputs. W is (fan_in, fan_out).",
        (SCALED, "return gain * Q.T"),
    ),
    (
        "gain_ignored",
        "The gain is not used: every weight is multiplied by it.",
        (SCALED, "return Q if fan_in >= fan_out else Q.T"),
    ),
    (
        "gain_squared",
        "The gain multiplies the weights squared. It is the product of W with its transpose in which it "
        "stands squared.",
        (SCALED, "return gain**2 * (Q if fan_in >= fan_out else Q.T)"),
    ),
    (
        "own_generator",
        "The matrix comes from a generator made inside, so that all layers of one shape start alike. Draw "
        "from the rng that is handed over.",
        (FACTORED, FACTORED.replace("rng.normal", "np.random.default_rng(0).normal")),
    ),
    (
        "identity",
        "The answer is the identity, cut to shape. It stretches nothing, but it is no random turn: the "
        "docstring says how one is drawn.",
        (SIGNS, "Q = np.eye(*Q.shape)"),
    ),
)


# --- LSUV ---------------------------------------------------------------------------------------------------

VAR, NEAR, SHRUNK = "var = np.var(h @ W)", "if abs(var - 1) < tol:", "W = W / np.sqrt(var)"
ON = "h = activate(h @ W, activation)"


class AllAtOnce:
    def lsuv(weights, X, *, activation, tol=0.1, max_iter=10):
        h, scaled = X, []
        for W in weights:
            var = np.var(h @ W)
            h = activate(h @ W, activation)
            scaled.append(W if abs(var - 1) < tol else W / np.sqrt(var))
        return scaled


LSUV = _all(
    "lsuv",
    (
        "layers_before_unscaled",
        "A layer is measured on what comes through the layers before as they were, not as they are scaled "
        "now. Layer-sequential means: scale one, send the batch through it, then look at the next.",
        AllAtOnce,
    ),
    (
        "root_missing",
        "W is divided by the variance and not by its root, so that it overshoots from one side to the other.",
        (SHRUNK, "W = W / var"),
    ),
    (
        "multiplied",
        "W is multiplied by the root of the variance: a loud layer gets louder.",
        (SHRUNK, "W = W * np.sqrt(var)"),
    ),
    (
        "after_the_activation",
        "The variance is taken after the activation. It is asked for before: of z, not of h.",
        (VAR, "var = np.var(activate(h @ W, activation))"),
    ),
    (
        "no_activation_between",
        "The batch goes from layer to layer without the activation.",
        (ON, "h = h @ W"),
    ),
    (
        "mean_square",
        "The mean square of z is brought to one, with its mean in it. After a ReLU, or with inputs off "
        "centre, that is not the variance.",
        (VAR, "var = np.mean((h @ W) ** 2)"),
    ),
    (
        "unit_by_unit",
        "Every unit is divided by its own deviation. A layer is scaled as a whole, by one number.",
        (VAR, "units = np.var(h @ W, axis=0)\n            var = units.mean()"),
        (SHRUNK, "W = W / np.sqrt(units)"),
    ),
    (
        "tol_ignored",
        "Every layer is divided, also where its variance is within tol of one: then it is to stay as it is.",
        (NEAR, "if var == 1:"),
    ),
    (
        "only_loud_layers",
        "Only layers with too large a variance are scaled, and quiet ones stay quiet: tol counts on both "
        "sides.",
        (NEAR, "if var - 1 < tol:"),
    ),
    (
        "tol_on_the_deviation",
        "tol is held against the deviation. It says how far the variance may be from one.",
        (NEAR, "if abs(np.sqrt(var) - 1) < tol:"),
    ),
    (
        "always_the_first_input",
        "Every layer is measured on X itself: what a layer sees has gone through all layers before it.",
        (ON, "h = activate(h @ W, activation) if W.shape[0] == 0 else h"),
    ),
)

MISTAKES = (
    *FITS,
    *STANDARDIZED,
    *WHITENED,
    *STATS,
    *DEADS,
    *XAVIER_UNIFORM,
    *XAVIER_NORMAL,
    *HE_UNIFORM,
    *HE_NORMAL,
    *ORTHOGONAL,
    *LSUV,
)

CONVENTIONS = (
    *_all(
        "standardize_fit",
        (
            "one_example_less",
            "The squares are divided by one example less, as pandas and R have it for a sample. Here, as in "
            "NumPy and scikit-learn, the number of examples divides.",
            (
                SCALE,
                "np.where(constant, 1.0, X.std(axis=0) * np.sqrt(len(X) / max(len(X) - 1, 1)))",
            ),
        ),
    ),
    *_all(
        "whiten_fit",
        (
            "one_example_less",
            "The covariance is divided by one example less, as np.cov and scikit-learn's PCA have it. Here "
            "the number of examples divides.",
            (EIGH, "lam, V = np.linalg.eigh(centred.T @ centred / max(len(X) - 1, 1))"),
        ),
    ),
    *_all(
        "xavier_uniform",
        (
            "one_over_inputs",
            "This is the first form of Xavier's rule, with a variance of one over the number of inputs, "
            "which keeps the forward signal and is LeCun's rule. Asked for is the compromise of both fans.",
            (XU, "a = gain * np.sqrt(3 / fan_in)"),
        ),
    ),
    *_all(
        "xavier_normal",
        (
            "one_over_inputs",
            "This is the first form of Xavier's rule, with a variance of one over the number of inputs, "
            "which keeps the forward signal and is LeCun's rule. Asked for is the compromise of both fans.",
            (XN, "gain * np.sqrt(1 / fan_in)"),
        ),
    ),
    *_all(
        "he_uniform",
        (
            "fan_out_mode",
            "This keeps the gradient on its way back, torch's mode='fan_out'. Asked for is the form that "
            "keeps the signal on its way forward: the inputs count.",
            (HU, "a = np.sqrt(6 / fan_out)"),
        ),
        (
            "torchs_linear_layer",
            "This is how torch's nn.Linear starts, uniform within one over the root of the number of inputs: "
            "a sixth of He's variance.",
            (HU, "a = 1 / np.sqrt(fan_in)"),
        ),
    ),
    *_all(
        "he_normal",
        (
            "fan_out_mode",
            "This keeps the gradient on its way back, torch's mode='fan_out'. Asked for is the form that "
            "keeps the signal on its way forward: the inputs count.",
            (HN, "np.sqrt(2 / fan_out)"),
        ),
    ),
)
