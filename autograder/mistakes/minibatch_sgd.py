"""Named mistakes of `minibatch_sgd`, and answers that are right in another book, with their sentences.

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


# --- Mini-batches -----------------------------------------------------------------------------------------

ORDER, SLICE = "order = rng.permutation(n)", "batch = order[start : start + batch_size]"
KEPT = "if len(batch) == batch_size or not drop_last:"


class EvenSizes:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = rng.permutation(n)
        for batch in np.array_split(order, -(-n // batch_size)):
            if len(batch) == batch_size or not drop_last:
                yield batch


class BlocksShuffled:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        blocks = [np.arange(start, min(start + batch_size, n)) for start in range(0, n, batch_size)]
        for i in rng.permutation(len(blocks)):
            if len(blocks[i]) == batch_size or not drop_last:
                yield blocks[i]


class AlwaysDropsOne:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        order = rng.permutation(n)
        for start in range(0, n - batch_size * drop_last, batch_size):
            yield order[start : start + batch_size]


class WholeSetEachTime:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        for start in range(0, n, batch_size):
            order = rng.permutation(n)
            batch = order[start : start + batch_size]
            if len(batch) == batch_size or not drop_last:
                yield batch


MINIBATCHES = _all(
    "minibatches",
    (
        "not_shuffled",
        "The examples come in the order of their numbers. If they are sorted by class, each batch shows "
        "one class only: where is the permutation?",
        (ORDER, "order = np.arange(n)"),
    ),
    (
        "own_generator",
        "The order comes from a generator made inside, so that every epoch repeats the first one's. Draw "
        "from the rng that is handed over.",
        (ORDER, "order = np.random.default_rng(0).permutation(n)"),
    ),
    (
        "last_batch_always_dropped",
        "What does not fill a batch is always left out, drop_last or not. By default the last batch is "
        "short, and with fewer examples than batch_size it is the only one.",
        (KEPT, "if len(batch) == batch_size:"),
    ),
    (
        "drop_last_ignored",
        "The short last batch comes although drop_last asks to leave it out. Look at what is yielded when.",
        (KEPT, "if len(batch):"),
    ),
    (
        "drop_last_drops_a_full_one",
        "With drop_last a last batch is left out even when it is full. Only one that holds fewer than "
        "batch_size examples goes: look at where your loop ends when batch_size divides n.",
        AlwaysDropsOne,
    ),
    (
        "sizes_evened_out",
        "The batches are as equal as can be, the way np.array_split makes them. Here all are full but the "
        "last: cut at multiples of batch_size.",
        EvenSizes,
    ),
    (
        "filled_up_from_the_front",
        "The last batch is filled up with examples from the beginning of the permutation, which so come "
        "twice in the epoch. It stays short: look at how indices beyond the end are treated.",
        (SLICE, "batch = np.take(order, np.arange(start, start + batch_size), mode='wrap')"),
    ),
    (
        "every_kth_example",
        "Each batch takes examples at equal distances in the permutation. The batches are consecutive "
        "slices: the first one holds the first numbers.",
        (SLICE, "batch = order[start // batch_size :: -(-n // batch_size)]"),
    ),
    (
        "blocks_shuffled",
        "Only whole batches change their place; which examples stand together in one is the same in every "
        "epoch. The examples are what is permuted, before they are cut.",
        BlocksShuffled,
    ),
    (
        "sorted_inside",
        "Inside of each batch the numbers are sorted. The batches are slices of the permutation as it is.",
        (SLICE, "batch = np.sort(order[start : start + batch_size])"),
    ),
    (
        "new_permutation_for_each_batch",
        "A new permutation is drawn for every batch, so that within one epoch some examples come twice and "
        "others never. One permutation serves the epoch: look at what stands before the loop.",
        WholeSetEachTime,
    ),
)


# --- The gradient of a mini-batch -------------------------------------------------------------------------

RESIDUAL, GRADIENT = "residual = X[idx] @ w - y[idx]", "return 2 * X[idx].T @ residual / len(idx)"

GRADIENTS = _all(
    "minibatch_gradient",
    (
        "sum_over_the_batch",
        "The examples' gradients are added up and not averaged, so that a larger batch makes a larger "
        "step. What does the mean divide by?",
        (GRADIENT, "return 2 * X[idx].T @ residual"),
    ),
    (
        "divided_by_all_examples",
        "The sum over the batch is divided by the number of all examples. The mean is over the batch "
        "alone: look at the last division.",
        (GRADIENT, "return 2 * X[idx].T @ residual / len(X)"),
    ),
    (
        "uphill",
        "The gradient points the wrong way: the residual's sign is turned round. It is the prediction less "
        "the target.",
        (RESIDUAL, "residual = y[idx] - X[idx] @ w"),
    ),
    (
        "idx_ignored",
        "The gradient is that of all examples, whatever idx says. Pick the batch's rows of X and of y first.",
        (RESIDUAL, "idx = np.arange(len(X))\n    residual = X[idx] @ w - y[idx]"),
    ),
    (
        "repeats_dropped",
        "An example that stands in idx several times counts only once, as with a mask of rows or a set of "
        "numbers. Index with idx itself, which keeps repeats.",
        (RESIDUAL, "idx = np.unique(idx)\n    residual = X[idx] @ w - y[idx]"),
    ),
    (
        "targets_of_the_first",
        "The rows of X are the batch's, the targets are the first ones of y. Cut both alike: look at the "
        "index of y.",
        (RESIDUAL, "residual = X[idx] @ w - y[: len(idx)]"),
    ),
    (
        "residual_not_squared",
        "This is the gradient of the mean absolute error: only the residual's sign is in it. The slope of "
        "a square grows with the residual.",
        (RESIDUAL, "residual = np.sign(X[idx] @ w - y[idx]) / 2"),
    ),
)


# --- The variance of the gradient -------------------------------------------------------------------------

DRAW = "idx = rng.choice(len(X), size=batch_size, replace=replace)"
DISTANCE = "total += np.sum((minibatch_gradient(w, X, y, idx) - full) ** 2)"


class AroundItsOwnMean:
    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        found = np.array(
            [
                minibatch_gradient(w, X, y, rng.choice(len(X), size=batch_size, replace=replace))
                for _ in range(n_draws)
            ]
        )
        return float(np.mean(np.sum((found - found.mean(axis=0)) ** 2, axis=1)))


class OneBatchForAll:
    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        full = minibatch_gradient(w, X, y, np.arange(len(X)))
        idx = rng.choice(len(X), size=batch_size, replace=replace)
        found = [np.sum((minibatch_gradient(w, X, y, idx) - full) ** 2) for _ in range(n_draws)]
        return float(np.mean(found))


class DistanceOfTheMean:
    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        full = minibatch_gradient(w, X, y, np.arange(len(X)))
        found = [
            minibatch_gradient(w, X, y, rng.choice(len(X), size=batch_size, replace=replace))
            for _ in range(n_draws)
        ]
        return float(np.sum((np.mean(found, axis=0) - full) ** 2))


VARIANCES = _all(
    "gradient_variance",
    (
        "replace_ignored",
        "Batches are drawn with replacement also where replace is False, so that a batch of all examples "
        "still is noisy. Hand replace on to the draw.",
        (DRAW, "idx = rng.choice(len(X), size=batch_size)"),
    ),
    (
        "never_replaced",
        "Batches hold different examples also where replace is True, so that a batch as large as the set "
        "has no noise. Hand replace on to the draw.",
        (DRAW, "idx = rng.choice(len(X), size=batch_size, replace=False)"),
    ),
    (
        "not_squared",
        "The distances are averaged as they are and not squared. A variance is a mean of squares.",
        (DISTANCE, "total += np.sum((minibatch_gradient(w, X, y, idx) - full) ** 2) ** 0.5"),
    ),
    (
        "root_of_the_mean",
        "This is the root of the mean square, a standard deviation: it falls as one over the root of b. "
        "Leave the root out at the end.",
        ("return float(total / n_draws)", "return float((total / n_draws) ** 0.5)"),
    ),
    (
        "mean_over_components",
        "The squares of the gradient's components are averaged where they should be added up: the squared "
        "length of a vector is their sum.",
        (DISTANCE, "total += np.mean((minibatch_gradient(w, X, y, idx) - full) ** 2)"),
    ),
    (
        "sum_over_draws",
        "The squared distances of all draws are added up and not averaged: more draws must measure better, "
        "not more.",
        ("return float(total / n_draws)", "return float(total)"),
    ),
    (
        "around_its_own_mean",
        "The gradients are compared with their own mean, which has the noise in it, and a single draw "
        "shows none at all. Compare with the gradient over all examples.",
        AroundItsOwnMean,
    ),
    (
        "one_batch_for_all_draws",
        "One batch serves for all draws, so that more of them tell nothing more. Draw a new one every "
        "time: look at what stands before the loop.",
        OneBatchForAll,
    ),
    (
        "distance_of_the_mean",
        "The batch gradients are averaged first and the distance is taken once, so that the noise cancels "
        "before it is seen. Square each one's distance, then average.",
        DistanceOfTheMean,
    ),
    (
        "own_generator",
        "The draws come from a generator made inside: every measurement repeats the same batches. Draw "
        "from the rng that is handed over.",
        (
            "total = 0.0\n    for _ in range(n_draws):",
            "total, rng = 0.0, np.random.default_rng(0)\n    for _ in range(n_draws):",
        ),
    ),
    (
        "batch_size_ignored",
        "Every draw is a single example, whatever batch_size says, so that larger batches seem to be no "
        "better.",
        (DRAW, "idx = rng.choice(len(X), size=1, replace=replace)"),
    ),
)


# --- The step -----------------------------------------------------------------------------------------------

STEP = "return {key: value - lr * grads[key] for key, value in params.items()}"

STEPS = _all(
    "sgd_step",
    (
        "uphill",
        "The step goes with the gradient, and the loss grows. The gradient points uphill: look at the sign.",
        (STEP, "return {key: value + lr * grads[key] for key, value in params.items()}"),
    ),
    (
        "rate_forgotten",
        "The whole gradient is taken off, whatever lr is. Look for lr in the formula.",
        (STEP, "return {key: value - grads[key] for key, value in params.items()}"),
    ),
    (
        "by_position",
        "Gradients are matched with parameters by their place in the dict. They belong together by name.",
        (
            STEP,
            "return dict(zip(params, [w - lr * g for w, g in zip(params.values(), grads.values())]))",
        ),
    ),
    (
        "sign_alone",
        "Every weight moves by lr itself, for only the gradient's sign is used. The size belongs to the "
        "step.",
        (STEP, "return {key: value - lr * np.sign(grads[key]) for key, value in params.items()}"),
    ),
    (
        "normalised",
        "The gradient is brought to length one first, so that the step never gets shorter near a minimum. "
        "Take it as it is.",
        (
            STEP,
            "return {key: w - lr * grads[key] / np.linalg.norm(grads[key]) for key, w in params.items()}",
        ),
    ),
    (
        "in_place",
        "The arrays that were handed over are changed, with -= perhaps, and whoever called has lost the "
        "old weights. Make new ones.",
        (STEP, "for key in params:\n        params[key] -= lr * grads[key]\n    return params"),
    ),
)


# --- The training loop --------------------------------------------------------------------------------------

HEAD = """    losses, t = [], 0
    for _ in range(n_epochs):
        total = 0.0
        for idx in minibatches(n, batch_size, rng=rng):
"""
ONCE = HEAD.replace(
    "    for _ in", "    batches = list(minibatches(n, batch_size, rng=rng))\n    for _ in"
).replace("minibatches(n, batch_size, rng=rng):", "batches:")
RATE = "params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)"
COUNTED = "total += loss * len(idx)\n            t += 1\n        losses.append(total / n)"


class LossAfterTheStep:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t = [], 0
        for _ in range(n_epochs):
            total = 0.0
            for idx in minibatches(n, batch_size, rng=rng):
                _, grads = grad_fn(params, idx)
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += grad_fn(params, idx)[0] * len(idx)
                t += 1
            losses.append(total / n)
        return params, losses


class StaleGradients:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t = [], 0
        for _ in range(n_epochs):
            total, start = 0.0, params
            for idx in minibatches(n, batch_size, rng=rng):
                loss, grads = grad_fn(start, idx)
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += loss * len(idx)
                t += 1
            losses.append(total / n)
        return params, losses


class BestOfAll:
    def train_sgd(params, grad_fn, n, *, batch_size, lr, n_epochs, rng):
        losses, t, best, lowest = [], 0, params, np.inf
        for _ in range(n_epochs):
            total = 0.0
            for idx in minibatches(n, batch_size, rng=rng):
                loss, grads = grad_fn(params, idx)
                if loss < lowest:
                    best, lowest = params, loss
                params = sgd_step(params, grads, lr=lr[t] if np.ndim(lr) else lr)
                total += loss * len(idx)
                t += 1
            losses.append(total / n)
        return best, losses


TRAIN = _all(
    "train_sgd",
    (
        "one_permutation_for_all_epochs",
        "The batches are made once and every epoch repeats them. Each epoch has a permutation of its own: "
        "look at what stands before the loop over epochs.",
        (HEAD, ONCE),
    ),
    (
        "short_batch_skipped",
        "The short last batch of each epoch is left out, and the loss lacks its examples too. All batches "
        "are trained on, full or not.",
        ("minibatches(n, batch_size, rng=rng)", "minibatches(n, batch_size, rng=rng, drop_last=True)"),
    ),
    (
        "mean_over_batches",
        "An epoch's loss is the mean of its batches' losses, in which a short batch weighs as much as a "
        "full one. Each example weighs the same: count a batch by its size.",
        (COUNTED, "total += loss\n            t += 1\n        losses.append(total / -(-n // batch_size))"),
    ),
    (
        "sum_for_the_loss",
        "An epoch's losses are added up, weighed by their batches' sizes, and never divided by the number "
        "of examples: it is a mean.",
        (COUNTED, "total += loss * len(idx)\n            t += 1\n        losses.append(total)"),
    ),
    (
        "loss_of_the_last_batch",
        "An epoch's loss is that of its last batch alone. It is the mean over all examples of the epoch.",
        (COUNTED, "total = loss\n            t += 1\n        losses.append(total)"),
    ),
    (
        "loss_after_the_step",
        "The loss is taken after the batch's update, at the cost of a second call. grad_fn gives loss and "
        "gradients together, once a batch, before the step.",
        LossAfterTheStep,
    ),
    (
        "gradients_of_the_epochs_start",
        "All gradients of an epoch are taken where it began, so that its batches together make one long "
        "step. Each batch sees the parameters that the one before has left.",
        StaleGradients,
    ),
    (
        "rate_counted_by_epochs",
        "The rate is looked up by the number of the epoch. With one rate for each update it is the number "
        "of the update that counts.",
        (COUNTED, "total += loss * len(idx)\n        t += 1\n        losses.append(total / n)"),
    ),
    (
        "rate_counted_anew_each_epoch",
        "The count of updates begins again with every epoch, so that the first rates are used over and "
        "over. It goes on through the whole training: look at where it is set to zero.",
        ("total = 0.0\n        for idx", "total, t = 0.0, 0\n        for idx"),
    ),
    (
        "rates_one_ahead",
        "Update t takes the rate of the next one: the count is raised before it is used, and the first "
        "rate never serves.",
        (
            RATE,
            "t += 1\n"
            "            rate = lr[min(t, len(lr) - 1)] if np.ndim(lr) else lr\n"
            "            params = sgd_step(params, grads, lr=rate)",
        ),
        ("total += loss * len(idx)\n            t += 1\n", "total += loss * len(idx)\n"),
    ),
    (
        "best_parameters_returned",
        "What comes back are the parameters with the lowest batch loss on the way, and a batch's loss is "
        "mostly luck. Return those after the last update.",
        BestOfAll,
    ),
)


# --- Rates that fall ----------------------------------------------------------------------------------------

RATES = "return c / (step + 1) ** power"

DECAYING = _all(
    "decaying_lr",
    (
        "counted_from_two",
        "The first rate is already smaller than c: the count is raised once too often. What is step before "
        "the first update?",
        (RATES, "return c / (step + 2) ** power"),
    ),
    (
        "power_ignored",
        "The rate falls as one over the count whatever power says. Look for power in the formula.",
        (RATES, "return c / (step + 1)"),
    ),
    (
        "c_under_the_power",
        "The power is taken of the whole fraction, c included. c stands outside of it: it is the first "
        "rate for any power.",
        (RATES, "return (c / (step + 1)) ** power"),
    ),
    (
        "one_outside_of_the_power",
        "The power is taken of step alone and one is added after it. It belongs to the whole count.",
        (RATES, "return c / (step**power + 1)"),
    ),
    (
        "power_as_a_factor",
        "The count is multiplied by power. It is an exponent.",
        (RATES, "return c / (1 + step * power)"),
    ),
    (
        "negative_exponent_of_ints",
        "An int array is raised to a negative whole power, which NumPy refuses. Divide by the power "
        "instead, or make floats first.",
        (RATES, "return c * (step + 1) ** -power"),
    ),
    (
        "single_steps_only",
        "An array of steps is reduced to a single rate. The docstring asks for one rate for each of its "
        "entries.",
        (RATES, "return float(c / (np.max(step) + 1) ** power)"),
    ),
)


# --- Slopes on logarithmic axes -----------------------------------------------------------------------------

KEEP = "keep = k >= k_min"
LOGS = "x, y = np.log(k[keep]), np.log(values[keep])"
SLOPE = "return np.sum(x * y) / np.sum(x**2)"


class MeanOfLocalSlopes:
    def loglog_slope(k, values, *, k_min):
        keep = np.argsort(k)
        keep = keep[k[keep] >= k_min]
        return np.mean(np.diff(np.log(values[keep])) / np.diff(np.log(k[keep])))


class EndToEnd:
    def loglog_slope(k, values, *, k_min):
        keep = np.argsort(k)
        keep = keep[k[keep] >= k_min]
        x, y = np.log(k[keep]), np.log(values[keep])
        return (y[-1] - y[0]) / (x[-1] - x[0])


class PowerFitted:
    def loglog_slope(k, values, *, k_min):
        keep = k >= k_min
        x, y, weight = np.log(k[keep]), np.log(values[keep]), values[keep] ** 2
        x = x - np.average(x, weights=weight)
        return np.sum(weight * x * y) / np.sum(weight * x**2)


SLOPES = _all(
    "loglog_slope",
    (
        "k_min_left_out",
        "The point at k_min itself is left out. The smallest k that takes part is k_min.",
        (KEEP, "keep = k > k_min"),
    ),
    (
        "k_min_as_a_place",
        "k_min is used as a place in the array. It is a value of k, and the points come in any order.",
        (KEEP, "keep = slice(int(k_min), None)"),
    ),
    (
        "all_points",
        "All points take part, the early ones too, where the power law does not hold yet. Look at k_min.",
        (KEEP, "keep = k > 0"),
    ),
    (
        "only_one_logarithm",
        "The logarithm of k is missing: this is the slope on half-logarithmic axes, where an exponential "
        "and not a power is straight.",
        (LOGS, "x, y = k[keep], np.log(values[keep])"),
    ),
    (
        "values_not_logged",
        "The logarithm of the values is missing, so that the slope changes with their unit. Both axes are "
        "logarithmic.",
        (LOGS, "x, y = np.log(k[keep]), values[keep]"),
    ),
    (
        "two_bases",
        "The two logarithms have different bases, one natural and one to base ten or two. The slope is "
        "that of one and the same logarithm.",
        (LOGS, "x, y = np.log10(k[keep]), np.log(values[keep])"),
    ),
    (
        "no_intercept",
        "The line is forced through the origin, where k and the value are one. It has an intercept of its "
        "own: what must be taken off before the products?",
        ("x = x - np.mean(x)", "x = x * 1.0"),
    ),
    (
        "axes_swapped",
        "The axes are swapped: this is the slope of log k over log value. What is explained by what?",
        (SLOPE, "return np.sum(x * y) / np.sum((y - np.mean(y)) ** 2)"),
    ),
    (
        "first_and_last_point",
        "Only the first and the last point count. Least squares asks all of them, and none as much as that.",
        EndToEnd,
    ),
    (
        "mean_of_local_slopes",
        "Slopes from each point to the next are averaged. Near neighbours then count as much as far ones, "
        "and their noise more: fit one line to all points.",
        MeanOfLocalSlopes,
    ),
    (
        "sign_turned",
        "The exponent comes without its sign: values that fall have a negative slope.",
        (SLOPE, "return -np.sum(x * y) / np.sum(x**2)"),
    ),
    (
        "large_values_weigh_more",
        "Points with large values weigh more, as if the power law were fitted to the values themselves. On "
        "the logarithms all weigh the same.",
        PowerFitted,
    ),
)


# --- Averages of iterates -----------------------------------------------------------------------------------

SHARE, BLEND = (
    "a = (eta + 1) / (t + eta)",
    'average = {key: (1 - a) * state["average"][key] + a * w for key, w in params.items()}',
)
BEGIN = 'return {"t": 0, "average": {key: np.zeros_like(value) for key, value in params.items()}}'


class CounterForEachKey:
    def average_update(state, params, *, eta=3.0):
        t, average = state["t"], {}
        for key, w in params.items():
            t += 1
            a = (eta + 1) / (t + eta)
            average[key] = (1 - a) * state["average"][key] + a * w
        return average, {"t": t, "average": average}


class StartCounts:
    def average_init(params):
        return {"t": 1, "average": {key: value.copy() for key, value in params.items()}}


AVERAGES = _all(
    "average_update",
    (
        "eta_ignored",
        "Every iterate weighs the same whatever eta is: this is the plain mean, which never forgets where "
        "the run began. Look at a.",
        (SHARE, "a = 1 / t"),
    ),
    (
        "weights_swapped",
        "The two weights are swapped: a belongs to the new iterate. Look at what is left over when t grows "
        "and a becomes small.",
        (BLEND, 'average = {key: a * state["average"][key] + (1 - a) * w for key, w in params.items()}'),
    ),
    (
        "t_one_ahead",
        "The count is one ahead, so that a is below one at the first iterate and something of zero stays "
        "in the average. t is 1 for the first.",
        (SHARE, "a = (eta + 1) / (t + 1 + eta)"),
    ),
    (
        "one_forgotten_above",
        "a lacks the 1 in its numerator: with eta = 0 nothing is ever taken in, and the first average is "
        "not the first iterate.",
        (SHARE, "a = eta / (t + eta)"),
    ),
    (
        "eta_forgotten_below",
        "a lacks eta in its denominator, so that it is larger than one at first and the average shoots "
        "beyond the iterates.",
        (SHARE, "a = (eta + 1) / t"),
    ),
    (
        "constant_share",
        "The share of the new iterate is always the same: a leaky mean, whose noise never dies out. It "
        "falls with t, so t must be counted.",
        (
            'return average, {"t": t, "average": average}',
            'return average, {"t": min(t, 2), "average": average}',
        ),
    ),
    (
        "t_never_raised",
        "The count is not kept, so that every iterate is taken for the first one and replaces the average. "
        "Look at what the new state holds.",
        (
            'return average, {"t": t, "average": average}',
            'return average, {"t": state["t"], "average": average}',
        ),
    ),
    (
        "t_raised_for_each_key",
        "The count goes up once for each parameter and not once an update, so that the second parameter is "
        "averaged otherwise than the first.",
        CounterForEachKey,
    ),
    (
        "start_counts_as_an_iterate",
        "The values given to average_init count as the first iterate. They only say which keys and shapes "
        "to expect.",
        StartCounts,
    ),
)


# --- Mini-batch k-means -------------------------------------------------------------------------------------

NEAR = "distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)  # (b, k)"
PICK = "nearest = np.argmin(distances, axis=1)"
PULL = "counts[j] += 1\n        centers[j] += (x - centers[j]) / counts[j]"


class BatchMeansReplace:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        centers = centers.copy()
        for j in np.unique(nearest):
            centers[j] = batch[nearest == j].mean(axis=0)
        return centers, counts + np.bincount(nearest, minlength=len(centers))


class EmptyMeans:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        given = np.bincount(nearest, minlength=len(centers))
        total = np.array([batch[nearest == j].sum(axis=0) for j in range(len(centers))])
        new = (counts[:, None] * centers + total) / (counts + given)[:, None]
        return new, counts + given


class CountsBatches:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        centers, counts = centers.copy(), counts.copy()
        for j in np.unique(nearest):
            counts[j] += 1
            centers[j] += (batch[nearest == j].mean(axis=0) - centers[j]) / counts[j]
        return centers, counts


KMEANS = _all(
    "kmeans_step",
    (
        "manhattan",
        "The nearest centre is looked for by the sum of absolute differences. Euclid's distance squares "
        "them.",
        (NEAR, "distances = np.sum(np.abs(batch[:, None, :] - centers), axis=2)"),
    ),
    (
        "farthest",
        "Examples go to the centre that is farthest away. Look for the smallest distance, or mind the sign "
        "of a similarity.",
        (PICK, "nearest = np.argmax(distances, axis=1)"),
    ),
    (
        "largest_product",
        "Examples go to the centre with the largest scalar product, which a long vector wins even when it "
        "is far off. The length of the centre belongs to the distance.",
        (NEAR, "distances = -batch @ centers.T"),
    ),
    (
        "ties_to_the_last",
        "Where two centres are equally near, the last one gets the example, as with <= in a loop. It is "
        "the first.",
        (PICK, "nearest = len(centers) - 1 - np.argmin(distances[:, ::-1], axis=1)"),
    ),
    (
        "counts_not_kept",
        "The counts come back as they were, so that every batch starts anew. They go on with the examples "
        "that each centre was given.",
        ("return centers, counts\n", "return centers, given\n"),
        (
            "centers, counts = centers.copy(), counts.copy()",
            "given, centers, counts = counts, centers.copy(), counts.copy()",
        ),
    ),
    (
        "counts_begin_anew",
        "The counts begin at zero in every batch, so that all examples before it are forgotten. The old "
        "counts belong to the rate.",
        (
            "centers, counts = centers.copy(), counts.copy()",
            "centers, counts = centers.copy(), np.zeros_like(counts)",
        ),
    ),
    (
        "batch_means_replace",
        "A centre becomes the mean of what this batch gave it, and all batches before are forgotten: "
        "Lloyd's step on a batch. Its count says how much it already stands for.",
        BatchMeansReplace,
    ),
    (
        "one_count_for_all",
        "The rate is one over the examples of all centres together. Each centre has its own count: a rare "
        "cluster's centre must move as far at its first examples as a common one's.",
        (PULL, "counts[j] += 1\n        centers[j] += (x - centers[j]) / np.sum(counts)"),
    ),
    (
        "batches_counted",
        "A centre's count goes up by one a batch, not by one an example, so that large and small batches "
        "weigh the same.",
        CountsBatches,
    ),
    (
        "count_raised_too_late",
        "The count is raised after the centre has moved: the first example is divided by zero, and later "
        "ones by one too few. Raise it first.",
        (PULL, "centers[j] += (x - centers[j]) / counts[j]\n        counts[j] += 1"),
    ),
    (
        "empty_centre_lost",
        "A centre with a count of zero that no example chose becomes 0/0. The mean of no examples is none: "
        "such a centre stays where it is.",
        EmptyMeans,
    ),
    (
        "constant_rate",
        "All examples pull with the same rate, so that a centre never settles and the last ones count "
        "most. The rate is one over the centre's own count.",
        (PULL, "counts[j] += 1\n        centers[j] += 0.1 * (x - centers[j])"),
    ),
)


# --- Watching a run -----------------------------------------------------------------------------------------

SEEN = 'seen = [*state["seen"], (loss, n)][-state["window"] :]'
MEAN = "mean = sum(loss * n for loss, n in seen) / sum(n for _, n in seen)"

RUNNING = _all(
    "running_loss_update",
    (
        "batches_weigh_the_same",
        "Every batch weighs the same, so that a short last batch counts as much as a full one. Its loss is "
        "a mean over its own examples: count it by their number.",
        (MEAN, "mean = sum(loss for loss, n in seen) / len(seen)"),
    ),
    (
        "divided_by_the_window",
        "The sum is divided by the width of the window, or by what a full one holds, while there are fewer "
        "batches: the curve begins far too low. Divide by what has come.",
        (MEAN, 'mean = sum(loss * n for loss, n in seen) / (state["window"] * n)'),
    ),
    (
        "window_one_too_wide",
        "One batch too many is kept: the oldest must leave as the new one comes.",
        (SEEN, 'seen = [*state["seen"], (loss, n)][-state["window"] - 1 :]'),
    ),
    (
        "newest_left_out",
        "The new batch comes in only at the next update: the mean is that of before. Take it in first.",
        (
            SEEN,
            'seen = [*state["seen"], (loss, n)][-state["window"] :]\n'
            '    now, seen = seen, state["seen"] or seen',
        ),
        ('"seen": seen}', '"seen": now}'),
    ),
    (
        "oldest_kept",
        "When the window is full the new batch is thrown away and the oldest stay. It is the last ones "
        "that count.",
        (SEEN, 'seen = [*state["seen"], (loss, n)][: state["window"]]'),
    ),
    (
        "window_of_examples",
        "The window is counted in examples and not in batches. Its width is a number of batches, whatever "
        "their sizes.",
        (
            SEEN,
            'seen = [*state["seen"], (loss, n)]\n'
            '    while len(seen) > 1 and sum(n for _, n in seen) > state["window"]:\n'
            "        seen = seen[1:]",
        ),
    ),
    (
        "emptied_when_full",
        "The window is emptied whenever it is full and begins anew, so that the mean jumps. It moves on by "
        "one batch at a time.",
        (SEEN, 'seen = [*state["seen"][: len(state["seen"]) % state["window"]], (loss, n)]'),
    ),
    (
        "sum_not_mean",
        "The losses are added up by their sizes and never divided by the number of examples.",
        (MEAN, "mean = float(sum(loss * n for loss, n in seen))"),
    ),
)


# --- Right by another convention ------------------------------------------------------------------------


class DrawnIndependently:
    def minibatches(n, batch_size, *, rng, drop_last=False):
        for start in range(0, n, batch_size):
            size = min(batch_size, n - start)
            if size == batch_size or not drop_last:
                yield rng.integers(n, size=size)


class LeakyMean:
    def running_loss_init(window):
        return {"window": window, "mean": None}

    def running_loss_update(state, loss, n):
        rate = 1 / state["window"]
        mean = loss if state["mean"] is None else (1 - rate) * state["mean"] + rate * loss
        return mean, {"window": state["window"], "mean": mean}


class SuffixMean:
    def average_init(params):
        return []

    def average_update(state, params, *, eta=3.0):
        seen = [*state, {key: w.copy() for key, w in params.items()}]
        last = seen[len(seen) // 2 :]
        return {key: np.mean([w[key] for w in last], axis=0) for key in params}, seen


class SeedsCount:
    def kmeans_step(centers, counts, batch):
        distances = np.sum((batch[:, None, :] - centers) ** 2, axis=2)
        nearest = np.argmin(distances, axis=1)
        centers, counts = centers.copy(), counts.copy()
        for x, j in zip(batch, nearest, strict=True):
            counts[j] += 1
            centers[j] += (x - centers[j]) / (counts[j] + 1)
        return centers, counts


class OneAfterTheOther:
    def kmeans_step(centers, counts, batch):
        centers, counts = centers.copy(), counts.copy()
        for x in batch:
            j = np.argmin(np.sum((x - centers) ** 2, axis=1))
            counts[j] += 1
            centers[j] += (x - centers[j]) / counts[j]
        return centers, counts


CONVENTIONS = (
    *_all(
        "minibatches",
        (
            "drawn_with_replacement",
            "Every batch is drawn from all examples, repeats allowed: the independent draws of the "
            "theorems, from Robbins & Monro on. In practice, and here, an epoch is a permutation cut into "
            "slices.",
            DrawnIndependently,
        ),
    ),
    *_all(
        "minibatch_gradient",
        (
            "with_a_half",
            "This is the gradient of half the squared error, as Bishop's book and many lectures have it. "
            "The loss here has no ½, so that its gradient keeps the 2.",
            (GRADIENT, "return X[idx].T @ residual / len(idx)"),
        ),
    ),
    *_all(
        "gradient_variance",
        (
            "one_draw_less",
            "The sum is divided by one draw less, as a sample's variance around its own mean is. Here the "
            "full gradient is known, and the mean over all draws is asked for.",
            ("return float(total / n_draws)", "return float(total / max(n_draws - 1, 1))"),
        ),
    ),
    *_all(
        "decaying_lr",
        (
            "counted_from_one",
            "The count is taken to be one at the first update, the k of the theorems. Here step counts the "
            "updates already taken, as PyTorch's schedulers do, and is zero then.",
            (RATES, "return c / step**power"),
        ),
        (
            "inverse_time_decay",
            "The whole of 1 + c·step divides, as in Bottou's rule and in inverse time decay, so that the "
            "first rate is one. Here c stands above the fraction's line.",
            (RATES, "return 1 / (1 + c * step) ** power"),
        ),
    ),
    *_all(
        "average_update",
        (
            "last_half",
            "The last half of the iterates is averaged: suffix averaging (Rakhlin, Shamir & Sridharan "
            "2012). Asked for is polynomial decay, which needs no memory of old iterates.",
            SuffixMean,
        ),
        (
            "weights_proportional_to_t",
            "Iterate t weighs in proportion to t, whatever eta is: the averaging of Lacoste-Julien, "
            "Schmidt & Bach 2012. That is the case eta = 1 of what is asked for.",
            (SHARE, "a = 2 / (t + 1)"),
        ),
    ),
    *_all(
        "kmeans_step",
        (
            "seed_counts_as_an_example",
            "The seed counts as a centre's first example, as in MacQueen's k-means of 1967. Here counts "
            "start at zero, and the first example replaces the seed.",
            SeedsCount,
        ),
        (
            "one_after_the_other",
            "Every example chooses among the centres as the one before has left them: online k-means "
            "(MacQueen 1967), which here is batches of one. Within a batch all choose among the old "
            "centres, as in Sculley's algorithm.",
            OneAfterTheOther,
        ),
    ),
    *_all(
        "running_loss_update",
        (
            "since_the_beginning",
            "The mean is over all batches since the beginning, as Keras' progress bar shows it within an "
            "epoch. Here only the last ones count, as many as the window holds.",
            (SEEN, 'seen = [*state["seen"], (loss, n)]'),
        ),
        (
            "leaky_mean",
            "This is an exponentially weighted mean, as TensorBoard smooths its curves. Here the last "
            "batches count by their sizes, and older ones not at all.",
            LeakyMean,
        ),
    ),
)

MISTAKES = (
    MINIBATCHES + GRADIENTS + VARIANCES + STEPS + TRAIN + DECAYING + SLOPES + AVERAGES + KMEANS + RUNNING
)
