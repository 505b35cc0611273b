"""Named mistakes of `backprop` and the hints that name them."""

from autograder.course.specimens import Specimen


def _of(exercise):
    """A maker of mistakes of one exercise: name, hint, swaps."""

    def made(name, note, *swaps, code=None):
        return Specimen(exercise, name, note, swaps, code)

    return made


_numerical = _of("numerical_gradient")
_scalar = _of("Scalar")
_activation = _of("activation")
_prelu = _of("prelu")
_maxout = _of("maxout")
_mse = _of("mse_loss")
_bce = _of("bce_with_logits")
_softmax = _of("softmax")
_cross_entropy = _of("softmax_cross_entropy")
_affine = _of("affine_backward")
_forward = _of("mlp_forward")
_backward = _of("mlp_backward")
_train = _of("train_gd")

NUMERICAL = (
    _numerical(
        "one_sided",
        "The difference is taken between f(x + h) and f(x): one-sided, with an error that falls with h "
        "and not with h². Look at the second place at which f is asked.",
        ("down[i] -= h", "pass"),
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    _numerical(
        "divided_by_h",
        "Every slope is twice as large as it should be: the two places are 2h apart. Look at what the "
        "difference is divided by.",
        ("(f(up) - f(down)) / (2 * h)", "(f(up) - f(down)) / h"),
    ),
    _numerical(
        "h_of_its_own",
        "The h that is given is not used, another stands in the body. Look at how far each entry is moved.",
        ("up[i] += h", "h = 1e-5\n        up[i] += h"),
    ),
    _numerical(
        "all_entries_move",
        "All entries are moved at once, so that every slope is the sum of all. Look at what is added to x: a "
        "step along one axis moves one entry.",
        ("up[i] += h", "up += h"),
        ("down[i] -= h", "down -= h"),
    ),
    _numerical(
        "entries_stay_moved",
        "An entry that has been moved is not put back before the next one is moved. Look at where the copies "
        "of x are made: each entry starts from x itself.",
        ("for i in np.ndindex(x.shape):\n        up, down = x.copy(), x.copy()",
         "up, down = x.copy(), x.copy()\n    for i in np.ndindex(x.shape):"),
    ),
    _numerical(
        "x_put_back_by_sums",
        "x itself is moved and put back by adding and subtracting h, which leaves it changed by rounding. "
        "Keep the old value of the entry, or move a copy.",
        ("up, down = x.copy(), x.copy()\n        up[i] += h\n        down[i] -= h\n"
         "        grad[i] = (f(up) - f(down)) / (2 * h)",
         "x[i] += h\n        high = f(x)\n        x[i] -= 2 * h\n        low = f(x)\n        x[i] += h\n"
         "        grad[i] = (high - low) / (2 * h)"),
    ),
    _numerical(
        "error_with_its_sign",
        "The relative error takes the difference with its sign, so that a gradient which is too small passes "
        "as good. Look for the absolute value above the line.",
        ("np.max(np.abs(a - b) / np.maximum(1e-8, sizes))", "np.max((a - b) / np.maximum(1e-8, sizes))"),
    ),
    _numerical(
        "error_averaged",
        "The relative error is the mean over the entries: one wrong entry among thousands disappears in it. "
        "The worst entry counts.",
        ("np.max(np.abs(a - b)", "np.mean(np.abs(a - b)"),
    ),
    _numerical(
        "largest_sizes_for_all",
        "The largest difference is divided by the largest size, so that a small entry may be quite wrong. "
        "Each entry is compared with its own size first, and then the largest ratio is taken.",
        ("np.max(np.abs(a - b) / np.maximum(1e-8, sizes))",
         "np.max(np.abs(a - b)) / np.maximum(1e-8, np.max(sizes))"),
    ),
    _numerical(
        "no_floor",
        "Where both gradients are zero 0 is divided by 0. Look at the docstring's smallest value of the "
        "denominator.",
        ("np.maximum(1e-8, sizes)", "sizes"),
    ),
)  # fmt: skip

SCALAR = (
    _scalar(
        "gradients_replaced",
        "A contribution replaces what was in grad instead of being added to it, so that a number which is "
        "used twice keeps its last use only. Look at the line that writes grad in backward.",
        ("parent.grad += slope * node.grad", "parent.grad = slope * node.grad"),
    ),
    _scalar(
        "walks_over_paths",
        "backward goes down every path from the result to an input: x + x, twenty times, has a million of "
        "them. Collect what each number gets, and pass each number once.",
        ("order, seen = [], set()", "def pass_on(node, gradient):\n            node.grad += gradient\n"
         "            for parent, slope in node.parents:\n"
         "                pass_on(parent, slope * gradient)\n\n"
         "        pass_on(self, 1.0)\n        return\n        order, seen = [], set()"),
    ),
    _scalar(
        "operands_too_early",
        "A number hands its gradient on as soon as it is first reached, before the contributions that "
        "come by longer ways are in. Look at the order of the walk: each after all that were made from it.",
        ("if node not in seen:\n                seen.add(node)",
         "if node not in seen:\n                seen.add(node)\n                order.insert(0, node)"),
        ("order.append(node)  # after all that it was made from", "pass"),
    ),
    _scalar(
        "level_by_level",
        "The walk goes level by level, and a number that is an operand near the result and far from it "
        "too is passed with the near ones. Its later contributions come when it has handed its gradient "
        "on.",
        ("visit(self)\n",
         "order = [self]\n        for node in order:\n"
         "            order += dict.fromkeys(p for p, _ in node.parents if p not in order)\n"
         "        order.reverse()\n"),
    ),
    _scalar(
        "inputs_first",
        "The walk begins at the inputs, whose gradient is still 0, and ends at the result: only the result's "
        "own operands receive anything. Look at the direction in which the order is walked.",
        ("for node in reversed(order):", "for node in order:"),
    ),
    _scalar(
        "nothing_to_pass_on",
        "The result's own gradient is left at 0, and so is everything that is made from it. What is the "
        "derivative of a number with respect to itself?",
        ("self.grad = 1.0", "self.grad = 0.0"),
    ),
    _scalar(
        "own_factor",
        "In a product each factor gets itself as local derivative. Keep the other one still: how does the "
        "product change with this one?",
        ("[(self, other.data), (other, self.data)]", "[(self, self.data), (other, other.data)]"),
    ),
    _scalar(
        "sum_forgets_one",
        "A sum hands its gradient to its first operand alone. Look at what __add__ remembers.",
        ("[(self, 1.0), (other, 1.0)]", "[(self, 1.0)]"),
    ),
    _scalar(
        "relu_lets_all_through",
        "relu hands its gradient on for negative operands too. Where its value does not change, its "
        "derivative is 0.",
        ("1.0 if self.data > 0 else 0.0", "1.0"),
    ),
    _scalar(
        "tanh_of_the_input",
        "The derivative of tanh is written with the input where the output belongs: 1 - x² for 1 - tanh(x)². "
        "Look at what is squared.",
        ("1 - t**2", "1 - self.data**2"),
    ),
    _scalar(
        "exp_of_the_input",
        "The local derivative of exp is not the exponential. Which function is its own derivative?",
        ("[(self, e)]", "[(self, self.data)]"),
    ),
    _scalar(
        "power_not_lowered",
        "The derivative of a power keeps the exponent: c·x^c. Look at the exponent that is left after the "
        "derivative was taken.",
        ("c * self.data ** (c - 1)", "c * self.data**c"),
    ),
    _scalar(
        "power_without_its_factor",
        "The derivative of a power lacks the factor c that comes down from the exponent.",
        ("c * self.data ** (c - 1)", "self.data ** (c - 1)"),
    ),
)  # fmt: skip

ACTIVATION = (
    _activation(
        "sigmoid_of_infinities",
        "The sigmoid is a quotient of two exponentials, and for large z it is infinity over infinity: "
        "NaN. Look for a form in which only e^-|z| occurs.",
        ("small = np.exp(-np.abs(z))  # in [0, 1], so nothing overflows\n"
         "        return np.where(z >= 0, 1.0, small) / (1.0 + small)",
         "return np.exp(z) / (1.0 + np.exp(z))"),
    ),
    _activation(
        "leaky_by_maximum",
        "The leaky rectifier is taken as the larger of z and slope·z. That is the same for slopes up to 1 "
        "only: let the sign of z decide.",
        ("np.where(z > 0, z, slope * z)", "np.maximum(z, slope * z)"),
    ),
    _activation(
        "elu_by_subtraction",
        "ELU subtracts 1 from the exponential: where z is tiny nearly all digits go. NumPy has a function "
        "for the difference itself.",
        ("np.expm1(np.minimum(z, 0.0))", "(np.exp(np.minimum(z, 0.0)) - 1.0)"),
    ),
    _activation(
        "elu_without_alpha",
        "alpha does not reach the values of ELU: it is the depth to which the left branch falls.",
        ("alpha * np.expm1(", "np.expm1("),
    ),
    _activation(
        "elu_slope_without_alpha",
        "alpha does not reach the derivative of ELU: it is a factor of the left branch, and stays one "
        "when that is differentiated.",
        ("alpha * np.exp(np.minimum(z, 0.0))", "np.exp(np.minimum(z, 0.0))"),
    ),
    _activation(
        "elu_value_plus_one",
        "The derivative of ELU is taken as its value plus 1. That holds for alpha = 1; which number takes "
        "the place of the 1?",
        ("alpha * np.exp(np.minimum(z, 0.0))", "activation(z, kind, alpha=alpha) + 1.0"),
    ),
    _activation(
        "tanh_not_squared",
        "The derivative of tanh is taken as 1 - tanh. Something is squared there: it is even in z.",
        ("1 - np.tanh(z) ** 2", "1 - np.tanh(z)"),
    ),
    _activation(
        "sigmoid_of_its_output",
        "The derivative of the sigmoid is computed as if z were the sigmoid's output already. The backward "
        "function is given what went in: σ has to be computed first.",
        ('s = activation(z, "sigmoid")', "s = z"),
    ),
    _activation(
        "nothing_came_in",
        "The derivative alone is returned: what comes in from the loss, grad_out, is left out. The chain "
        "rule multiplies the two.",
        ("return grad_out * local", "return local"),
    ),
    _activation(
        "slope_of_its_own",
        "The derivative of leaky_relu uses the usual slope and not the one that it is given.",
        ("np.where(z > 0, 1.0, slope)", "np.where(z > 0, 1.0, 0.01)"),
    ),
    _activation(
        "relu_by_what_came_in",
        "relu lets the gradient pass where the gradient is positive. It is z that decides: the same elements "
        "pass backward that passed forward.",
        ("np.where(z > 0, 1.0, 0.0)", "np.where(grad_out > 0, 1.0, 0.0)"),
    ),
)  # fmt: skip

PRELU = (
    _prelu(
        "largest_of_two_lines",
        "PReLU is taken as the larger of a·z and z. That is another function for a above 1: let the sign "
        "of z decide.",
        ("np.maximum(0.0, z) + a * np.minimum(0.0, z)", "np.maximum(a * z, z)"),
    ),
    _prelu(
        "slope_seen_from_everywhere",
        "The slope collects from elements to the right of 0 too. It does not act there, so its derivative "
        "is 0.",
        ("grad_out * np.minimum(0.0, z)", "grad_out * z"),
    ),
    _prelu(
        "slope_without_what_came_in",
        "The slope's gradient leaves out what came in from the loss: it is a sum over products with "
        "grad_out.",
        ("np.sum(grad_out * np.minimum(0.0, z), axis=served)", "np.sum(np.minimum(0.0, z), axis=served)"),
    ),
    _prelu(
        "slope_averaged",
        "The slope's gradient is a mean over what it served. The contributions add up: the only mean "
        "stands in the loss.",
        ("np.sum(grad_out * np.minimum(0.0, z), axis=served)",
         "np.mean(grad_out * np.minimum(0.0, z), axis=served)"),
    ),
    _prelu(
        "one_sum_for_all_slopes",
        "Every slope gets the sum over all features. Each has served one column: along which axis is the "
        "sum?",
        ("np.sum(grad_out * np.minimum(0.0, z), axis=served)",
         "np.sum(grad_out * np.minimum(0.0, z)) * np.ones(np.shape(a))"),
    ),
    _prelu(
        "always_along_the_batch",
        "A single slope for all features gets an array as its gradient. Its gradient is one number, for "
        "it has served every feature.",
        ("axis=served)", "axis=0)"),
    ),
    _prelu(
        "left_side_blocked",
        "To the left of 0 nothing passes to z, as in a plain rectifier. What is the slope there?",
        ("np.where(z > 0, 1.0, a)", "np.where(z > 0, 1.0, 0.0 * a)"),
    ),
    _prelu(
        "magnitude_on_the_left",
        "The slope's gradient has the wrong sign: to the left of 0 the element is negative, and so is "
        "what it contributes per unit of slope.",
        ("np.sum(grad_out * np.minimum(0.0, z), axis=served)",
         "np.sum(grad_out * np.maximum(0.0, -z), axis=served)"),
    ),
)  # fmt: skip

MAXOUT = (
    _maxout(
        "mean_of_the_pieces",
        "A unit is the mean of its pieces, which is affine again. It is their maximum.",
        ("return np.max(np.tensordot(X, W, axes=1) + b, axis=2)",
         "return np.mean(np.tensordot(X, W, axes=1) + b, axis=2)"),
    ),
    _maxout(
        "largest_magnitude",
        "The piece of largest magnitude is taken, be it negative. The largest is the one nearest to plus "
        "infinity.",
        ("return np.max(np.tensordot(X, W, axes=1) + b, axis=2)",
         "pieces = np.tensordot(X, W, axes=1) + b\n    far = np.argmax(np.abs(pieces), axis=2)[:, :, None]\n"
         "    return np.take_along_axis(pieces, far, axis=2)[:, :, 0]"),
    ),
    _maxout(
        "everybody_is_paid",
        "Every piece gets the whole gradient, as if their sum were the unit. The pieces that lost do not "
        "change the value: their derivative is 0.",
        ("won = np.arange(b.shape[1]) == winner[:, :, None]",
         "won = np.full((*winner.shape, b.shape[1]), True)"),
    ),
    _maxout(
        "bias_forgotten_backward",
        "Backward the winners are found without their biases, so that other pieces are paid than won "
        "forward. Look at how the pieces are computed again.",
        ("winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
         "winner = np.argmax(np.tensordot(X, W, axes=1), axis=2)"),
    ),
    _maxout(
        "all_who_tie_are_paid",
        "Where pieces tie each of them gets the whole gradient, which doubles it. One of them wins: the "
        "first.",
        ("winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
         "pieces = np.tensordot(X, W, axes=1) + b\n    winner = np.max(pieces, axis=2)"),
        ("won = np.arange(b.shape[1]) == winner[:, :, None]", "won = pieces == winner[:, :, None]"),
    ),
    _maxout(
        "last_who_ties_wins",
        "Where pieces tie the last of them is paid. The docstring gives the gradient to the one with the "
        "lowest index.",
        ("winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
         "pieces = np.tensordot(X, W, axes=1) + b\n"
         "    winner = b.shape[1] - 1 - np.argmax(pieces[:, :, ::-1], axis=2)"),
    ),
    _maxout(
        "batch_averaged",
        "The weights' gradient is divided by the size of the batch. Each example adds its share: the loss "
        "has averaged before, and grad_out shows it.",
        ("grad_W = np.tensordot(X, grad_pieces, axes=(0, 0))",
         "grad_W = np.tensordot(X, grad_pieces, axes=(0, 0)) / len(X)"),
    ),
    _maxout(
        "wins_counted",
        "The biases' gradient counts how often each piece has won, without what came in for it.",
        ("grad_pieces.sum(axis=0)", "won.sum(axis=0) * 1.0"),
    ),
)  # fmt: skip

MSE = (
    _mse(
        "gradient_of_the_sum",
        "The gradient of the squared error is that of the sum over the batch: the factor 1/B of the mean is "
        "missing in it, though the loss has it.",
        ("2 * gap / len(gap)", "2 * gap"),
    ),
    _mse(
        "gradient_without_the_two",
        "The 2 that comes down when the square is differentiated is missing in the gradient. It would cancel "
        "with a ½ in the loss, but there is none here.",
        ("2 * gap / len(gap)", "gap / len(gap)"),
    ),
    _mse(
        "from_the_target",
        "Both gradients point from the prediction to the target: that is their opposite. The loss grows when "
        "the prediction moves away.",
        ("2 * gap / len(gap)", "-2 * gap / len(gap)"),
        ("np.sign(gap) / len(gap)", "-np.sign(gap) / len(gap)"),
    ),
    _mse(
        "root_taken",
        "The root of the mean square is returned. The loss is the mean of the squares itself.",
        ("float(np.sum(gap**2) / len(gap))", "float(np.sqrt(np.sum(gap**2) / len(gap)))"),
    ),
    _mse(
        "absolute_gradient_sum",
        "The gradient of the absolute error is that of the sum over the batch: the factor 1/B of the mean is "
        "missing in it.",
        ("np.sign(gap) / len(gap)", "np.sign(gap)"),
    ),
    _mse(
        "no_zero_sign",
        "Where prediction and target are equal the absolute error gets a gradient of full size. At the "
        "kink it is 0: there are three signs.",
        ("np.sign(gap) / len(gap)", "np.where(gap < 0, -1.0, 1.0) / len(gap)"),
    ),
    _mse(
        "absolute_gradient_grows",
        "The gradient of the absolute error grows with the distance, as the squared error's does. A distance "
        "has the same slope everywhere: only the side counts.",
        ("np.sign(gap) / len(gap)", "gap / len(gap)"),
    ),
    _mse(
        "distances_cancel",
        "The absolute error adds up differences with their signs, which cancel. Look for the absolute value.",
        ("np.sum(np.abs(gap))", "np.sum(gap)"),
    ),
)  # fmt: skip

BCE = (
    _bce(
        "logarithm_of_the_sigmoid",
        "The loss takes the logarithm of a sigmoid that has become 0 or 1: infinite or NaN for large logits. "
        "Use the form in which only log(1 + e^-|z|) occurs.",
        ("terms = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
         's = activation(logits, "sigmoid")\n'
         "    terms = -targets * np.log(s) - (1 - targets) * np.log(1 - s)"),
    ),
    _bce(
        "clipped",
        "The probabilities are clipped before the logarithm is taken: the loss of a very wrong answer has a "
        "ceiling, and no longer fits its gradient. The form with log(1 + e^-|z|) needs no clipping.",
        ("terms = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
         's = np.clip(activation(logits, "sigmoid"), 1e-12, 1 - 1e-12)\n'
         "    terms = -targets * np.log(s) - (1 - targets) * np.log(1 - s)"),
    ),
    _bce(
        "exponential_of_the_logit",
        "log(1 + e^z) is infinite for a logit of 1000. The maximum with 0 is taken out first, and what is "
        "left is an exponential of -|z|.",
        ("np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
         "np.log1p(np.exp(logits)) - logits * targets"),
    ),
    _bce(
        "through_the_sigmoid_twice",
        "The gradient has the sigmoid's slope as another factor. In the derivative with respect to the logit "
        "it cancels with the logarithm's: what is left is a plain difference.",
        ('grad = (activation(logits, "sigmoid") - targets) / len(logits)',
         's = activation(logits, "sigmoid")\n    grad = (s - targets) * s * (1 - s) / len(logits)'),
    ),
    _bce(
        "gradient_of_the_sum",
        "The gradient is that of the sum over the batch: the factor 1/B of the mean is missing in it.",
        ("- targets) / len(logits)", "- targets)"),
    ),
    _bce(
        "from_the_target",
        "The gradient has the wrong sign: where the probability is above the target the loss grows with the "
        "logit.",
        ('(activation(logits, "sigmoid") - targets)', '(targets - activation(logits, "sigmoid"))'),
    ),
    _bce(
        "only_the_yes",
        "Only the term with the target y is there: a no costs nothing, whatever was predicted. The other "
        "term has 1 - y.",
        ("np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))",
         "targets * np.logaddexp(0.0, -logits)"),
    ),
    _bce(
        "targets_rounded",
        "Targets between 0 and 1 are rounded to a yes or a no. They are weights of the two terms and may "
        "have any value between.",
        ("terms = np.maximum", "targets = np.round(targets)\n    terms = np.maximum"),
    ),
)  # fmt: skip

SOFTMAX = (
    _softmax(
        "exponentials_overflow",
        "The exponentials are taken of the entries as they come: at 1000 they are infinite. Take "
        "something from all entries first.",
        ("np.exp(z - np.max(z))", "np.exp(z)"),
    ),
    _softmax(
        "mean_taken_off",
        "The mean is taken from the entries: one far above it still overflows. After which shift is the "
        "largest exponential 1?",
        ("np.exp(z - np.max(z))", "np.exp(z - np.mean(z))"),
    ),
    _softmax(
        "divided_by_the_largest",
        "The exponentials are divided by the largest of them, so that they do not add up to 1.",
        ("e / np.sum(e)", "e / np.max(e)"),
    ),
    _softmax(
        "diagonal_only",
        "The Jacobian is diagonal, as for a function of each entry by itself. Every output depends on every "
        "input, through the sum.",
        ("np.diag(s) - np.outer(s, s)", "np.diag(s * (1 - s))"),
    ),
    _softmax(
        "others_grow_too",
        "Off the diagonal the Jacobian is positive. When one input grows, do the other shares rise or fall?",
        ("np.diag(s) - np.outer(s, s)", "np.diag(s + 2 * (-s * s)) + np.outer(s, s)"),
    ),
    _softmax(
        "identity_for_the_diagonal",
        "The diagonal begins with 1 where it should begin with s_i. Differentiate e^z_i over the sum with "
        "respect to z_i once more.",
        ("np.diag(s) - np.outer(s, s)", "np.eye(len(s)) - np.outer(s, s)"),
    ),
)  # fmt: skip

CROSS_ENTROPY = (
    _cross_entropy(
        "exponentials_overflow",
        "The exponentials are taken of the logits as they come: at 1000 they are infinite. Take the row's "
        "maximum off first.",
        ("shifted = logits - np.max(logits, axis=1, keepdims=True)", "shifted = logits"),
    ),
    _cross_entropy(
        "one_maximum_for_all_rows",
        "One maximum is taken from the whole batch: a row far below it has only zeros left, and their "
        "logarithm. Each row has its own.",
        ("np.max(logits, axis=1, keepdims=True)", "np.max(logits)"),
    ),
    _cross_entropy(
        "logarithm_of_a_softmax",
        "The softmax comes first and its logarithm second, with a tiny number that saves it from 0. So "
        "the loss has a ceiling. Subtract the logarithm of the sum instead.",
        ("log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))",
         "probs = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)\n"
         "    log_probs = np.log(probs + 1e-300)"),
    ),
    _cross_entropy(
        "gradient_of_the_sum",
        "The gradient is that of the sum over the batch: the factor 1/B of the mean is missing in it.",
        ("(np.exp(log_probs) - one_hot) / len(labels)", "np.exp(log_probs) - one_hot"),
    ),
    _cross_entropy(
        "label_not_taken_off",
        "The gradient is the probabilities alone. With respect to the label's own logit there is one term "
        "more.",
        ("(np.exp(log_probs) - one_hot)", "np.exp(log_probs)"),
    ),
    _cross_entropy(
        "through_the_softmax_twice",
        "The gradient went through the softmax's Jacobian once more. Probabilities less one-hot is the "
        "derivative with respect to the logits already.",
        ("grad = (np.exp(log_probs) - one_hot) / len(labels)",
         "g = (np.exp(log_probs) - one_hot) / len(labels)\n    s = np.exp(log_probs)\n"
         "    grad = s * (g - np.sum(g * s, axis=1, keepdims=True))"),
    ),
    _cross_entropy(
        "along_the_batch",
        "The sum of exponentials goes along the batch, so that examples share their probability. It "
        "belongs to a row: the classes of one example.",
        ("np.sum(np.exp(shifted), axis=1, keepdims=True)", "np.sum(np.exp(shifted), axis=0, keepdims=True)"),
    ),
    _cross_entropy(
        "sign_lost",
        "The loss is negative: the logarithm of a probability is at most 0, and minus makes it a cost.",
        ("float(-np.sum(", "float(np.sum("),
    ),
)  # fmt: skip

AFFINE = (
    _affine(
        "no_bias",
        "The forward pass leaves the biases out.",
        ("return X @ W + b", "return X @ W"),
    ),
    _affine(
        "everything_averaged",
        "The gradients of the weights and the biases are divided by the size of the batch. Each example "
        "adds its share: the loss has averaged before, and grad_out shows it.",
        ("X.T @ grad_out, np.sum(grad_out, axis=0)", "X.T @ grad_out / len(X), np.mean(grad_out, axis=0)"),
    ),
    _affine(
        "bias_averaged",
        "The gradient of the biases is a mean over the batch. A bias serves every example, and their "
        "contributions add up.",
        ("np.sum(grad_out, axis=0)", "np.mean(grad_out, axis=0)"),
    ),
    _affine(
        "bias_counts_examples",
        "The gradient of the biases is the number of examples, whatever comes in. Each example contributes "
        "what came in for it.",
        ("np.sum(grad_out, axis=0)", "np.full(len(b), float(len(X)))"),
    ),
    _affine(
        "bias_of_each_example",
        "The gradient of the biases has a row for each example. The biases serve all of them: add up.",
        ("np.sum(grad_out, axis=0)", "grad_out.copy()"),
    ),
    _affine(
        "weights_not_transposed",
        "The gradient of X is multiplied by W as it is. What went forward from input i to output j comes "
        "back from j to i: look at the shapes.",
        ("grad_out @ W.T", "grad_out @ W"),
    ),
    _affine(
        "weights_gradient_turned",
        "The gradient of W has the shape of its transpose. Here W is (fan_in, fan_out), other than in "
        "PyTorch.",
        ("X.T @ grad_out", "grad_out.T @ X"),
    ),
    _affine(
        "first_example_only",
        "The gradient of W comes from the first example alone: all of them have been through the same "
        "weights.",
        ("X.T @ grad_out", "np.outer(X[0], grad_out[0])"),
    ),
)  # fmt: skip

MLP_FORWARD = (
    _forward(
        "last_layer_activated",
        "The last layer is activated too. Its answer is to be any number: the loss does the rest.",
        ("if k < n_layers:\n            h = activate", "if True:\n            h = activate"),
    ),
    _forward(
        "nothing_activated",
        "No layer is activated, so the network is one affine function however deep it is.",
        ("h = activate(h, activation)", "pass"),
    ),
    _forward(
        "always_relu",
        "The hidden layers are rectified whatever the keyword says. Look at what activate is given.",
        ("h = activate(h, activation)", 'h = activate(h, "relu")'),
    ),
    _forward(
        "two_layers_only",
        "The network ends after two layers, however many there are. Find their number from the keys.",
        ("n_layers = len(params) // 2\n    h = X", "n_layers = min(2, len(params) // 2)\n    h = X"),
    ),
    _forward(
        "alphabetical",
        "The layers come in the alphabet's order, in which W10 stands before W2. Build each key from the "
        "layer's number.",
        ('h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])',
         'h = affine_forward(h, params[sorted(params)[k - 1]], params["b" + sorted(params)[k - 1][1:]])'),
    ),
    _forward(
        "as_the_dict_comes",
        "The layers come in the order in which the dict lists them. The keys' numbers say which is first.",
        ('h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])',
         'key = [key for key in params if key[0] == "W"][k - 1]\n'
         '        h = affine_forward(h, params[key], params["b" + key[1:]])'),
    ),
    _forward(
        "input_activated",
        "The activation comes before each layer, so that the input is activated too. Each hidden layer is "
        "affine first.",
        ('h = affine_forward(h, params[f"W{k}"], params[f"b{k}"])\n'
         "        if k < n_layers:\n            h = activate(h, activation)",
         'h = affine_forward(activate(h, activation), params[f"W{k}"], params[f"b{k}"])'),
    ),
)  # fmt: skip

MLP_BACKWARD = (
    _backward(
        "derivative_of_the_output",
        "The activation's derivative is taken at h, its output, and not at z, what went into it. For relu "
        "the two are the same, for the others not.",
        ("g = activation_backward(g, zs[k - 2], activation)",
         "g = activation_backward(g, given[k - 1], activation)"),
    ),
    _backward(
        "activations_passed_over",
        "The gradient goes from layer to layer without the activations between. What came forward through φ "
        "goes back through φ′.",
        ("g = activation_backward(g, zs[k - 2], activation)", "pass"),
    ),
    _backward(
        "last_layer_activated",
        "The gradient that comes in goes through an activation first, as if the last layer had one.",
        ("g = grad_out\n    for k in range(n_layers, 0, -1):\n        W,",
         'last = affine_forward(given[-1], params[f"W{n_layers}"], params[f"b{n_layers}"])\n'
         "    g = activation_backward(grad_out, last, activation)\n"
         "    for k in range(n_layers, 0, -1):\n        W,"),
    ),
    _backward(
        "sums_for_outputs",
        "The weights' gradients use the sums z where the activated values h belong. A layer is given what "
        "the one before it answered after its activation.",
        ("affine_backward(g, given[k - 1], params[W], params[b])",
         "affine_backward(g, given[0] if k == 1 else zs[k - 2], params[W], params[b])"),
    ),
    _backward(
        "forward_without_activations",
        "The forward pass inside is affine throughout: the sums and what the layers were given are those of "
        "another network.",
        ("given.append(activate(zs[-1], activation))", "given.append(zs[-1])"),
    ),
    _backward(
        "always_relu",
        "The derivative is that of relu, whatever the keyword says. Look at what activation_backward is "
        "given.",
        ("g = activation_backward(g, zs[k - 2], activation)",
         'g = activation_backward(g, zs[k - 2], "relu")'),
    ),
    _backward(
        "input_activated",
        "The input's gradient goes through one more derivative, at X. Nothing stands between X and the first "
        "layer.",
        ("return grads, g\n", "return grads, activation_backward(g, X, activation)\n"),
    ),
    _backward(
        "ones_come_in",
        "What comes in is not used: the walk begins with ones. grad_out is the gradient at the network's "
        "answer.",
        ("g = grad_out\n    for k in range(n_layers, 0, -1):\n        W,",
         "g = np.ones_like(grad_out)\n    for k in range(n_layers, 0, -1):\n        W,"),
    ),
    _backward(
        "alphabetical",
        "The layers come in the alphabet's order, in which W10 stands before W2. Build each key from the "
        "layer's number, forward and backward.",
        ('zs.append(affine_forward(given[-1], params[f"W{k}"], params[f"b{k}"]))',
         'name = sorted(params)[k - 1][1:]\n'
         '        zs.append(affine_forward(given[-1], params["W" + name], params["b" + name]))'),
        ('W, b = f"W{k}", f"b{k}"',
         'W, b = (letter + sorted(params)[k - 1][1:] for letter in "Wb")'),
    ),
)  # fmt: skip

TRAIN = (
    _train(
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign in gd_step.",
        ("params[key] - lr * grads[key]", "params[key] + lr * grads[key]"),
    ),
    _train(
        "in_place",
        "gd_step changes the arrays that it was given. Whoever called still needs them: make new ones.",
        ("return {key: params[key] - lr * grads[key] for key in params}",
         "for key in params:\n        params[key] -= lr * grads[key]\n    return params"),
    ),
    _train(
        "rate_of_its_own",
        "The learning rate does not reach the step: another is used there. Look at the call of gd_step.",
        ("gd_step(params, grads, lr=lr)", "gd_step(params, grads, lr=0.1)"),
    ),
    _train(
        "first_gradient_for_ever",
        "Every step follows the gradient at the start. It belongs to where you are: take it anew in each "
        "step.",
        ("losses = []\n    for step",
         "start = params\n    losses = []\n    for step"),
        ("mlp_backward(grad_logits, params, X, activation=activation)\n            params =",
         "mlp_backward(grad_logits, start, X, activation=activation)\n            params ="),
    ),
    _train(
        "always_from_the_start",
        "Every step begins at the parameters that were given, so that only the last one counts. Put the "
        "result of a step in their place.",
        ("losses = []\n    for step", "start = params\n    losses = []\n    for step"),
        ("params = gd_step(params, grads, lr=lr)", "params = gd_step(start, grads, lr=lr)"),
    ),
    _train(
        "last_loss_missing",
        "There are as many losses as steps: the one of the parameters that are returned is missing.",
        ("return params, losses\n", "return params, losses[:n_steps]\n"),
    ),
    _train(
        "last_loss_repeated",
        "The last loss is that of the step before. After the last step there is one more forward pass to "
        "make.",
        ("return params, losses\n", "return params, [*losses[:-1], losses[-min(2, len(losses))]]\n"),
    ),
    _train(
        "one_step_too_few",
        "The parameters of the last step but one are returned.",
        ("if step < n_steps:", "if step < n_steps - 1:"),
    ),
    _train(
        "biases_stand_still",
        "Only the weights move, the biases stay where they were. A step goes over all keys.",
        ("params[key] - lr * grads[key] for key in params",
         'params[key] - lr * grads[key] if key[0] == "W" else params[key] for key in params'),
    ),
    _train(
        "backward_by_relu",
        "The backward pass of the training is relu's, whatever the keyword says: hand activation on in both "
        "directions.",
        ("mlp_backward(grad_logits, params, X, activation=activation)\n            params =",
         'mlp_backward(grad_logits, params, X, activation="relu")\n            params ='),
    ),
    _train(
        "averaged_again",
        "The gradients are divided by the number of examples once more. The loss is a mean already.",
        ("params = gd_step(params, grads, lr=lr)", "params = gd_step(params, grads, lr=lr / len(X))"),
    ),
)  # fmt: skip

MISTAKES = (
    NUMERICAL
    + SCALAR
    + ACTIVATION
    + PRELU
    + MAXOUT
    + MSE
    + BCE
    + SOFTMAX
    + CROSS_ENTROPY
    + AFFINE
    + MLP_FORWARD
    + MLP_BACKWARD
    + TRAIN
)

_RIGHT_SLOPES = (
    ("np.where(z > 0, 1.0, 0.0)", "np.where(z >= 0, 1.0, 0.0)"),
    ("np.where(z > 0, 1.0, slope)", "np.where(z >= 0, 1.0, slope)"),
    ("np.where(z > 0, 1.0, alpha", "np.where(z >= 0, 1.0, alpha"),
)

CONVENTIONS = (
    Specimen(
        "numerical_gradient",
        "divided_by_the_larger",
        "Right with the larger of the two sizes below the line, as CS231n's notes have it. The docstring of "
        "relative_error divides by their sum.",
        (("sizes = np.abs(a) + np.abs(b)", "sizes = np.maximum(np.abs(a), np.abs(b))"),),
    ),
    Specimen(
        "Scalar",
        "relu_slope_one_at_zero",
        "Right with the derivative of relu at 0 taken as 1. Both one-sided derivatives are in use; the "
        "docstring of relu takes the left one, 0, as PyTorch does.",
        (("1.0 if self.data > 0 else 0.0", "1.0 if self.data >= 0 else 0.0"),),
    ),
    Specimen(
        "activation",
        "right_slope_at_the_kink",
        "Right with the derivative from the right at exactly 0. Both are in use; the docstring of "
        "activation_backward takes the left one, as PyTorch does.",
        _RIGHT_SLOPES,
    ),
    Specimen(
        "prelu",
        "right_slope_at_the_kink",
        "Right with the derivative from the right at exactly 0. Both are in use; the docstring of "
        "prelu_backward takes the left one, as PyTorch does.",
        (("np.where(z > 0, 1.0, a)", "np.where(z >= 0, 1.0, a)"),),
    ),
    Specimen(
        "maxout",
        "ties_share",
        "Right with the gradient shared out evenly between pieces that tie, as in JAX and torch.amax. The "
        "docstring of maxout_backward gives all of it to the first.",
        (
            (
                "winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=2)",
                "pieces = np.tensordot(X, W, axes=1) + b\n    winner = np.max(pieces, axis=2)",
            ),
            ("won = np.arange(b.shape[1]) == winner[:, :, None]", "won = pieces == winner[:, :, None]"),
            (
                "np.where(won, grad_out[:, :, None], 0.0)",
                "won / won.sum(axis=2, keepdims=True) * grad_out[:, :, None]",
            ),
        ),
    ),
    Specimen(
        "mse_loss",
        "mean_over_outputs_too",
        "Right with the mean over batch and outputs, as in torch.nn.MSELoss and L1Loss. In this course "
        "losses add up over outputs: the docstrings divide by the size of the batch alone.",
        (
            ("np.sum(gap**2) / len(gap)", "np.mean(gap**2)"),
            ("2 * gap / len(gap)", "2 * gap / np.size(gap)"),
            ("np.sum(np.abs(gap)) / len(gap)", "np.mean(np.abs(gap))"),
            ("np.sign(gap) / len(gap)", "np.sign(gap) / np.size(gap)"),
        ),
    ),
    Specimen(
        "mse_loss",
        "half_the_square",
        "Right with ½ in front of the squared error, which many texts have so that the gradient is the bare "
        "difference. The docstring of mse_loss has no ½.",
        (
            ("np.sum(gap**2) / len(gap)", "np.sum(gap**2) / 2 / len(gap)"),
            ("2 * gap / len(gap)", "gap / len(gap)"),
        ),
    ),
    Specimen(
        "mse_loss",
        "sum_over_the_batch",
        "Right with the sum over the batch, as in the lectures' total loss and torch's reduction='sum'. "
        "In this course losses are means over the batch, or the learning rate would depend on its size.",
        (
            ("np.sum(gap**2) / len(gap)", "np.sum(gap**2)"),
            ("2 * gap / len(gap)", "2 * gap"),
            ("np.sum(np.abs(gap)) / len(gap)", "np.sum(np.abs(gap))"),
            ("np.sign(gap) / len(gap)", "np.sign(gap)"),
        ),
    ),
    Specimen(
        "bce_with_logits",
        "mean_over_outputs_too",
        "Right with the mean over batch and outputs, as in torch.nn.BCEWithLogitsLoss. In this course losses "
        "add up over outputs: the docstring divides by the size of the batch alone.",
        (
            ("- targets) / len(logits)", "- targets) / np.size(logits)"),
            ("np.sum(terms) / len(logits)", "np.mean(terms)"),
        ),
    ),
    Specimen(
        "softmax_cross_entropy",
        "sum_over_the_batch",
        "Right with the sum over the batch, as in torch's reduction='sum'. In this course losses are "
        "means over the batch, or the learning rate would depend on its size.",
        (
            ("(np.exp(log_probs) - one_hot) / len(labels)", "np.exp(log_probs) - one_hot"),
            ("float(-np.sum(one_hot * log_probs) / len(labels))", "float(-np.sum(one_hot * log_probs))"),
        ),
    ),
)
