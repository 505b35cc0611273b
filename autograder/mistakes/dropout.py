"""Named mistakes of `dropout`, and answers that are right in another book, with the sentences that say so.

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


# --- Masks ------------------------------------------------------------------------------------------------

DRAW = "rng.random(shape) >= p"

MASK = _all(
    "dropout_mask",
    (
        "one_mask_for_the_batch",
        "One row is drawn and used for all examples, so that the whole batch loses the same units. The shape "
        "includes the batch.",
        (DRAW, "np.broadcast_to(rng.random(shape[-1:]) >= p, shape).copy()"),
    ),
    (
        "one_draw_for_a_row",
        "One number is drawn for each example, which then keeps all of its units or none. Every entry has a "
        "draw of its own.",
        (DRAW, "np.broadcast_to(rng.random((*shape[:-1], 1)) >= p, shape).copy()"),
    ),
    (
        "exact_share",
        "Exactly the share p is dropped in each call. How many are dropped is left to chance: each entry is "
        "drawn on its own.",
        (DRAW, "rng.permutation(np.arange(np.prod(shape)) >= round(p * np.prod(shape))).reshape(shape)"),
    ),
    (
        "always_half",
        "Half of the entries are dropped whatever p says. What is the random number compared with?",
        (DRAW, "rng.random(shape) >= 0.5"),
    ),
    (
        "gaussian_draws",
        "The random numbers are Gaussian, and p is compared with them as if they were uniform. Which draw is "
        "below p just with probability p?",
        (DRAW, "rng.normal(size=shape) >= p"),
    ),
    (
        "generator_of_its_own",
        "The mask comes from a generator made inside of the function, so that every call gives the same one. "
        "Draw from the rng that is handed over.",
        (DRAW, "np.random.default_rng(0).random(shape) >= p"),
    ),
)


# --- Inverted dropout -------------------------------------------------------------------------------------

EVAL = "    if not training:\n        return x.copy()\n"

INVERTED = _all(
    "dropout",
    (
        "divides_by_p",
        "What is kept is divided by p. The share that is left is 1 - p, and that is what makes up for it; at "
        "p = ½ nobody would notice.",
        ("x * mask / (1 - p)", "x * mask / max(p, 1e-9)"),
        ("grad_out * mask / (1 - p)", "grad_out * mask / max(p, 1e-9)"),
    ),
    (
        "scales_down",
        "What is kept is made smaller, though the sum has lost units already. Which factor makes up for it?",
        ("x * mask / (1 - p)", "x * mask * (1 - p)"),
        ("grad_out * mask / (1 - p)", "grad_out * mask * (1 - p)"),
    ),
    (
        "scales_both_passes",
        "Training is scaled up and evaluation scaled down: one of the two is enough. Inverted dropout leaves "
        "evaluation alone.",
        ("return x.copy()", "return x * (1 - p)"),
    ),
    (
        "always_training",
        "Units are dropped in evaluation too. Look at the argument training.",
        (EVAL, "    mask = np.ones(x.shape, dtype=bool) if mask is None else mask\n"),
    ),
    (
        "mask_in_evaluation",
        "In evaluation the mask is still applied where there is one. There it plays no part.",
        ("return x.copy()", "return x.copy() if mask is None else x * mask"),
    ),
    (
        "scales_the_dropped",
        "The mask is used the wrong way round: what it marks True is kept.",
        ("x * mask / (1 - p)", "x * ~mask / (1 - p)"),
        ("grad_out * mask / (1 - p)", "grad_out * ~mask / (1 - p)"),
    ),
    (
        "gradient_not_scaled",
        "The gradient is masked and not scaled. The forward pass has a factor, so its slope has it too.",
        ("grad_out * mask / (1 - p)", "grad_out * mask"),
    ),
    (
        "gradient_not_masked",
        "The gradient flows through dropped units as well, which had no influence on the loss.",
        ("grad_out * mask / (1 - p)", "grad_out / (1 - p)"),
    ),
    (
        "gradient_scaled_back",
        "The gradient is multiplied where the forward pass divides. The slope of a factor is that factor "
        "itself, not its inverse.",
        ("grad_out * mask / (1 - p)", "grad_out * mask * (1 - p)"),
    ),
)


# --- Classic dropout --------------------------------------------------------------------------------------

CLASSIC_RETURN = "return x * mask if training else x * (1 - p)"

CLASSIC = _all(
    "dropout_classic",
    (
        "never_scaled",
        "Evaluation is not scaled at all, so that the next layer gets more than it was used to. (Slides that "
        "say no more than `none at test` forget the same.)",
        (CLASSIC_RETURN, "return x * mask if training else x.copy()"),
    ),
    (
        "scaled_up_in_evaluation",
        "Evaluation is scaled up. More units are there than in training, so each must count for less.",
        (CLASSIC_RETURN, "return x * mask if training else x / (1 - p)"),
    ),
    (
        "scaled_in_both",
        "Training is scaled up and evaluation is scaled down: that makes up for the loss twice.",
        (CLASSIC_RETURN, "return x * mask / (1 - p) if training else x * (1 - p)"),
    ),
    (
        "passes_swapped",
        "The two passes have changed places: with training=True units are dropped.",
        (
            CLASSIC_RETURN,
            "keep = np.ones(x.shape, dtype=bool) if mask is None else mask\n"
            "    return x * (1 - p) if training else x * keep",
        ),
    ),
    (
        "mask_in_evaluation",
        "In evaluation the mask is still applied where there is one; there all units take part.",
        (CLASSIC_RETURN, "return x * mask if training else x * (1 - p) * (True if mask is None else mask)"),
    ),
    (
        "gradient_not_masked",
        "The gradient flows through units that were dropped. What slope has x·mask where the mask is False?",
        ("return grad_out * mask\n", "return grad_out.copy()\n"),
    ),
    (
        "gradient_of_the_dropped",
        "The gradient goes to the dropped units and not to the kept ones: the mask is turned round.",
        ("return grad_out * mask\n", "return grad_out * ~mask\n"),
    ),
)


# --- Sub-networks -----------------------------------------------------------------------------------------

WEIGHT = "(1 - p) ** kept * p ** (n_units - kept)"

SUBNETWORKS = _all(
    "subnetwork_mean",
    (
        "all_masks_alike",
        "All masks weigh the same, as if p were ½. A mask's weight is its probability.",
        (WEIGHT, "0.5**n_units"),
    ),
    (
        "one_mask_for_each_number_kept",
        "The weight is that of keeping so many units in whatever order, and there are several such masks. "
        "Each single mask has the probability of its own units only.",
        (
            WEIGHT,
            WEIGHT + " * np.prod(np.arange(n_units - kept + 1, n_units + 1.0) / np.arange(1.0, kept + 1))",
        ),
    ),
    (
        "empty_mask_left_out",
        "The network without any unit is left out. It is possible too, and has its output.",
        ("range(2**n_units)", "range(1, 2**n_units)"),
    ),
    (
        "full_mask_left_out",
        "The full network is left out: look at where your enumeration ends.",
        ("range(2**n_units)", "range(2**n_units - 1)"),
    ),
    (
        "one_unit_at_a_time",
        "Only the masks that drop one unit are asked. Any subset of units can be dropped.",
        (
            "mask = (code >> np.arange(n_units)) % 2 == 1",
            "mask = np.arange(n_units) != code % n_units",
        ),
        ("range(2**n_units)", "range(n_units)"),
    ),
    (
        "geometric_mean",
        "The logarithms of the outputs are averaged: that is the geometric mean. What is asked for is the "
        "plain mean of the outputs.",
        ("* f(mask)", "* np.log(np.maximum(f(mask), 1e-300))"),
        ("return mean", "return np.exp(mean) if np.ndim(mean) else float(np.exp(mean))"),
    ),
    (
        "the_scaled_pass",
        "f is asked once, with every unit scaled. That is the shortcut that this mean is to be compared "
        "with; here every sub-network is asked.",
        ("range(2**n_units)", "range(1)"),
        ("mask = (code >> np.arange(n_units)) % 2 == 1", "mask = np.full(n_units, 1 - p)"),
        (WEIGHT, "1.0"),
        ("kept = int(mask.sum())\n        ", ""),
    ),
)


# --- Monte-Carlo dropout ----------------------------------------------------------------------------------

PASSES = "[f(x, rng) for _ in range(n_samples)]"

MC = _all(
    "mc_dropout",
    (
        "same_masks_each_time",
        "Every pass gets a generator in the same state, so that all passes drop the same units. Hand rng "
        "itself on: it moves.",
        (PASSES, "[f(x, np.random.default_rng(0)) for _ in range(n_samples)]"),
    ),
    (
        "error_of_the_mean",
        "The spread is divided by the root of the number of passes. That is how sure the mean is; asked is "
        "how far passes lie apart.",
        ("passes.std(axis=0)", "passes.std(axis=0) / np.sqrt(n_samples)"),
    ),
    (
        "variance",
        "The spread is the variance: its root is missing.",
        ("passes.std(axis=0)", "passes.var(axis=0)"),
    ),
    (
        "one_number_for_all",
        "Mean and spread are taken over all numbers at once. Only the passes are averaged: the answer has "
        "the shape of one pass.",
        (
            "return passes.mean(axis=0), passes.std(axis=0)",
            "return np.full(passes.shape[1:], passes.mean()), np.full(passes.shape[1:], passes.std())",
        ),
    ),
    (
        "last_pass",
        "The mean is the last pass alone.",
        ("passes.mean(axis=0)", "passes[-1]"),
    ),
    (
        "logarithms_averaged",
        "The logarithms of the probabilities are averaged, which gives a geometric mean: it is too small, "
        "and does not add up to one. Average the probabilities themselves.",
        ("passes.mean(axis=0)", "np.exp(np.log(passes).mean(axis=0))"),
    ),
    (
        "one_pass_more",
        "There is one pass too many: n_samples counts them all.",
        ("range(n_samples)", "range(n_samples + 1)"),
    ),
    (
        "median",
        "The middle one of the passes is taken, not their mean.",
        ("passes.mean(axis=0)", "np.median(passes, axis=0)"),
    ),
)


# --- Penalties --------------------------------------------------------------------------------------------

PENALTIES = _all(
    "l2_penalty",
    (
        "half_of_the_gradient",
        "The L2 gradient still has the ½ of the penalty. The square's 2 cancels it.",
        ("{key: lam * w for", "{key: lam / 2 * w for"),
    ),
    (
        "means_for_sums",
        "The squares are averaged within each parameter, so that a large one counts no more than a small "
        "one. The penalty is a sum over all numbers.",
        ("np.sum(w**2)", "np.mean(w**2)"),
    ),
    (
        "length_not_squared",
        "The L2 penalty is a length: the root is taken of the sum of squares. No root stands in it.",
        (
            "lam / 2 * sum(np.sum(w**2) for w in params.values())",
            "lam / 2 * np.sqrt(sum(np.sum(w**2) for w in params.values()))",
        ),
    ),
    (
        "l1_without_sizes",
        "In the L1 penalty positive and negative weights cancel: it is the sum of sizes.",
        ("np.sum(np.abs(w))", "np.sum(w)"),
    ),
    (
        "l1_with_a_half",
        "The L1 penalty has a ½ that belongs to the L2 penalty alone.",
        ("value = lam * sum(", "value = lam / 2 * sum("),
    ),
    (
        "l1_pushes_zeros",
        "At 0 the L1 gradient pushes as if the weight were positive. There it is 0.",
        ("lam * np.sign(w)", "lam * np.where(w < 0, -1.0, 1.0)"),
    ),
    (
        "l1_gradient_like_l2",
        "The L1 gradient grows with the weight, as the L2 one does. Its size is λ for any weight.",
        ("lam * np.sign(w)", "lam * w"),
    ),
    (
        "decay_without_rate",
        "The decay takes λ off and leaves the rate out: the step's length belongs to it.",
        ("(1 - lr * weight_decay) * w", "(1 - weight_decay) * w"),
    ),
    (
        "decay_grows",
        "The weights grow: look at the sign in the factor.",
        ("(1 - lr * weight_decay) * w", "(1 + lr * weight_decay) * w"),
    ),
    (
        "decay_by_sign",
        "Every weight loses the same amount. That is what an L1 penalty does; decay multiplies.",
        ("(1 - lr * weight_decay) * w", "w - lr * weight_decay * np.sign(w)"),
    ),
    (
        "decay_is_what_is_lost",
        "What comes back is what the weights lose, not what is left of them.",
        ("(1 - lr * weight_decay) * w", "lr * weight_decay * w"),
    ),
)


SHRINK = "np.sign(w) * np.maximum(np.abs(w) - t, 0)"
PROX = "soft_threshold(params[key] - lr * grads[key], lr * lam)"

PROX_STEP = _all(
    "l1_prox_step",
    (
        "hard_threshold",
        "What is further from 0 than t is kept as it is: that is the hard threshold. The soft one moves "
        "everything by t.",
        (SHRINK, "np.where(np.abs(w) > t, w, 0.0)"),
    ),
    (
        "passes_zero",
        "Weights near 0 are moved past it to the other side. They stop there: that is where the zeros come "
        "from.",
        (SHRINK, "w - t * np.sign(w)"),
    ),
    (
        "positive_only",
        "Negative weights all become 0. Both signs move towards 0.",
        (SHRINK, "np.maximum(w - t, 0)"),
    ),
    (
        "sign_lost",
        "Negative weights come back positive: the sign is lost.",
        (SHRINK, "np.maximum(np.abs(w) - t, 0)"),
    ),
    (
        "threshold_without_rate",
        "The threshold is λ whatever the rate. A short step takes little: its length belongs to the "
        "threshold.",
        (PROX, "soft_threshold(params[key] - lr * grads[key], lam)"),
    ),
    (
        "threshold_without_lambda",
        "The threshold does not depend on λ.",
        (PROX, "soft_threshold(params[key] - lr * grads[key], lr)"),
    ),
    (
        "threshold_first",
        "The threshold comes before the gradient step, which then leads away from the zeros again.",
        (PROX, "soft_threshold(params[key], lr * lam) - lr * grads[key]"),
    ),
    (
        "subgradient_step",
        "This is a step along the gradient of the penalty, which jumps across 0 and never lands there. The "
        "proximal step thresholds.",
        (PROX, "params[key] - lr * (grads[key] + lam * np.sign(params[key]))"),
    ),
    (
        "uphill",
        "The gradient step goes up the slope.",
        (PROX, "soft_threshold(params[key] + lr * grads[key], lr * lam)"),
    ),
    (
        "no_threshold",
        "The step ends before the threshold: it is plain gradient descent.",
        (PROX, "params[key] - lr * grads[key]"),
    ),
)


# --- Noise and ridge --------------------------------------------------------------------------------------

NORMAL = "np.linalg.solve(X.T @ X / n + lam * np.eye(d), X.T @ y / n)"

RIDGE = _all(
    "ridge",
    (
        "lambda_everywhere",
        "λ is added to every entry of the matrix, for a number spreads over a whole array. λI has λ on its "
        "diagonal and zeros elsewhere.",
        ("lam * np.eye(d)", "lam"),
    ),
    (
        "one_side_divided",
        "Only one of the two sides is divided by the number of examples: both come from the same mean.",
        ("X.T @ y / n", "X.T @ y"),
    ),
    (
        "squared_lambda",
        "λ is squared. In the penalty it stands as it is; the noise's σ is what is squared.",
        ("lam * np.eye(d)", "lam**2 * np.eye(d)"),
    ),
    (
        "penalty_ignored",
        "The penalty plays no part: this is least squares.",
        (NORMAL, "np.linalg.lstsq(X, y, rcond=None)[0]"),
    ),
    (
        "penalty_taken_off",
        "The penalty is taken off the diagonal, so that it rewards large weights.",
        ("/ n + lam", "/ n - lam"),
    ),
    (
        "noise_by_variance",
        "σ is taken for the variance. It is the standard deviation, the number that a standard Gaussian is "
        "multiplied with.",
        ("sigma * rng.normal", "np.sqrt(sigma) * rng.normal"),
    ),
    (
        "noise_uniform",
        "The noise is uniform. It has the right width and no tails; Gaussian is asked.",
        ("sigma * rng.normal(size=X.shape)", "sigma * 3**0.5 * rng.uniform(-1, 1, size=X.shape)"),
    ),
    (
        "same_noise_for_all_examples",
        "All examples get the same noise: that shifts the whole set. Every number has its own.",
        ("rng.normal(size=X.shape)", "rng.normal(size=X.shape[1:])"),
    ),
    (
        "same_noise_for_all_features",
        "One number is drawn for an example and added to all of its features.",
        ("rng.normal(size=X.shape)", "rng.normal(size=(len(X), 1))"),
    ),
    (
        "noise_in_proportion",
        "The noise grows with the number it is added to. Its width is σ for all.",
        ("X + sigma * rng", "X + sigma * X * rng"),
    ),
    (
        "noise_alone",
        "The noise comes back without the examples.",
        ("X + sigma * rng", "sigma * rng"),
    ),
)


# --- Early stopping ---------------------------------------------------------------------------------------

BETTER = "if val_loss < best_loss - min_delta:"
KEPT = "best, best_loss, best_epoch, wait = params, val_loss, epoch, 0"
RETURN = 'return best, {"best_epoch": best_epoch, "best_loss": float(best_loss), "n_epochs": epoch}'

EARLY = _all(
    "train_early_stopping",
    (
        "last_parameters",
        "The parameters of the last epoch come back, which by then is patience epochs too late. Keep those "
        "of the best epoch.",
        (RETURN, RETURN.replace("return best,", "return params,")),
    ),
    (
        "patience_never_refilled",
        "Epochs that were not better add up over the whole run. The count is of epochs in a row: a better "
        "one starts it anew.",
        (KEPT, "best, best_loss, best_epoch, wait = params, val_loss, epoch, wait - 1"),
    ),
    (
        "ties_are_better",
        "An epoch that only equals the best counts as better. Better means below.",
        (BETTER, "if val_loss <= best_loss - min_delta:"),
    ),
    (
        "delta_added",
        "min_delta is added to the best: an epoch that is a little worse then counts as better.",
        (BETTER, "if val_loss < best_loss + min_delta:"),
    ),
    (
        "delta_ignored",
        "min_delta plays no part. By how much must an epoch be better?",
        (BETTER, "if val_loss < best_loss:"),
    ),
    (
        "best_follows_every_gain",
        "The loss to beat follows every small gain, so that a slow steady fall is never better. It changes "
        "only with an epoch that counts.",
        (
            KEPT,
            KEPT + "\n        else:\n            best_loss = np.fmin(best_loss, val_loss)",
        ),
    ),
    (
        "compared_with_the_last_epoch",
        "Each epoch is compared with the one before. It has to beat the best.",
        (
            KEPT,
            KEPT + "\n        else:\n            best_loss = val_loss",
        ),
    ),
    (
        "nan_is_better",
        "NaN passes for better: every comparison with it is false, so the question must be asked the other "
        "way round.",
        (BETTER, "if not val_loss >= best_loss - min_delta:"),
    ),
    (
        "restarts_from_the_best",
        "After an epoch that was not better training goes back to the best parameters. It goes on from where "
        "it is.",
        ("params, val_loss = epoch_fn(params)", "params, val_loss = epoch_fn(params if wait == 0 else best)"),
    ),
    (
        "one_epoch_impatient",
        "Training stops one epoch too early: with a patience of two, two epochs in a row may fail.",
        ("if wait >= patience:", "if wait >= max(patience - 1, 1):"),
    ),
    (
        "epochs_from_zero",
        "The best epoch is counted from zero, in which 0 already means that there was none.",
        (KEPT, KEPT.replace("val_loss, epoch, 0", "val_loss, epoch - 1, 0")),
    ),
    (
        "never_stops",
        "Training always runs to max_epochs. The patience should end it.",
        ("if wait >= patience:", "if epoch >= max_epochs:"),
    ),
)


# --- Augmentation -----------------------------------------------------------------------------------------

FLIP = _all(
    "random_flip",
    (
        "all_or_none",
        "One draw decides for the whole batch. Each image has its own.",
        ("rng.random(len(images)) < p", "np.full(len(images), rng.random() < p)"),
    ),
    (
        "upside_down",
        "Images are turned upside down. Left and right change places: which axis is that?",
        ("images[..., ::-1]", "images[..., ::-1, :]"),
    ),
    (
        "turned_by_half",
        "Both axes run backwards: that is a turn by 180 degrees, no mirror image.",
        ("images[..., ::-1]", "images[..., ::-1, ::-1]"),
    ),
    (
        "p_is_not_flipping",
        "Images stay as they are with probability p; p is that of flipping.",
        ("rng.random(len(images)) < p", "rng.random(len(images)) >= p"),
    ),
    (
        "always_half",
        "Half of the images is flipped whatever p says.",
        ("rng.random(len(images)) < p", "rng.random(len(images)) < 0.5"),
    ),
    (
        "channels_flip_apart",
        "Channels are flipped one by one: the colours of an image go different ways.",
        (
            "flip = rng.random(len(images)) < p",
            "flip = rng.random(images.shape[:2]) < p",
        ),
        ("flip[:, None, None, None]", "flip[:, :, None, None]"),
    ),
    (
        "contrast_around_zero",
        "The whole image is multiplied, so that it becomes brighter or darker. Contrast scales what is above "
        "and below the mean.",
        ("mean + factor * (images - mean)", "factor * images"),
    ),
    (
        "mean_of_the_batch",
        "The mean is that of all images together. Each has its own.",
        ("images.mean(axis=(1, 2, 3), keepdims=True)", "images.mean()"),
    ),
    (
        "one_factor_for_all",
        "All images get the same factor. Each draws its own.",
        ("size=(len(images), 1, 1, 1)", "size=(1, 1, 1, 1)"),
    ),
    (
        "contrast_only_grows",
        "The contrast only ever grows. The factors lie on both sides of one.",
        ("rng.uniform(1 - max_delta, 1 + max_delta", "rng.uniform(1, 1 + max_delta"),
    ),
    (
        "factor_for_each_pixel",
        "Every pixel has a factor of its own, which is noise and no contrast.",
        ("size=(len(images), 1, 1, 1)", "size=images.shape"),
    ),
    (
        "brightness",
        "A number is added to the image: that is brightness.",
        ("mean + factor * (images - mean)", "images + (factor - 1)"),
    ),
    (
        "clipped",
        "The result is clipped to the range that the image had. Nothing is clipped here.",
        (
            "return mean + factor * (images - mean)",
            "return np.clip(mean + factor * (images - mean), images.min(), images.max())",
        ),
    ),
)

CORNERS = "rng.integers(2 * pad + 1, size=(n, 2))"
PADDED = "np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))"

CROP = _all(
    "random_crop",
    (
        "last_place_left_out",
        "The last place is never drawn: the upper limit of the draw is not among its values.",
        (CORNERS, "rng.integers(max(2 * pad, 1), size=(n, 2))"),
    ),
    (
        "only_up_and_left",
        "The window only moves half of the way, so that images shift to one side only.",
        (CORNERS, "rng.integers(pad + 1, size=(n, 2))"),
    ),
    (
        "one_place_for_all",
        "All images are cut at the same place: one draw is made where each image needs its own.",
        (CORNERS, "np.tile(rng.integers(2 * pad + 1, size=(1, 2)), (n, 1))"),
    ),
    (
        "diagonal_only",
        "The same number is used for rows and columns, so that images move along the diagonal only.",
        (CORNERS, "np.repeat(rng.integers(2 * pad + 1, size=(n, 1)), 2, axis=1)"),
    ),
    (
        "edge_repeated",
        "The border is filled with the image's own edge. Zeros are asked.",
        (PADDED, PADDED[:-1] + ', mode="edge")'),
    ),
    (
        "comes_round",
        "What leaves on one side comes in on the other. Zeros come in.",
        (PADDED, PADDED[:-1] + ', mode="wrap")'),
    ),
    (
        "always_the_middle",
        "Every image is cut at the middle, and so comes back as it was.",
        (CORNERS, "np.full((n, 2), pad)"),
    ),
    (
        "channels_cut_apart",
        "Each channel is cut at a place of its own: the colours of an image no longer lie upon each other.",
        ("rng.integers(2 * pad + 1, size=(n, 2))", "rng.integers(2 * pad + 1, size=(n, images.shape[1], 2))"),
        (
            "image[:, row : row + height, column : column + width]",
            "[c[r : r + height, k : k + width] for c, (r, k) in zip(image, places, strict=True)]",
        ),
        ("for image, (row, column) in", "for image, places in"),
    ),
    (
        "moves_down_only",
        "Only rows move; columns stay where they were.",
        (CORNERS, "np.column_stack([rng.integers(2 * pad + 1, size=n), np.full(n, pad)])"),
    ),
)


# --- Several models ---------------------------------------------------------------------------------------

BOOTSTRAP = _all(
    "bootstrap_indices",
    (
        "without_replacement",
        "Every example comes exactly once: that is a permutation. A bootstrap sample is drawn with "
        "replacement.",
        ("rng.integers(n, size=n)", "rng.permutation(n)"),
    ),
    (
        "last_left_out",
        "The last example can never be drawn: look at the upper limit of the draw.",
        ("rng.integers(n, size=n)", "rng.integers(max(n - 1, 1), size=n)"),
    ),
    (
        "first_left_out",
        "The first example can never be drawn: look at the lower limit of the draw.",
        ("rng.integers(n, size=n)", "rng.integers(min(1, n - 1), n, size=n)"),
    ),
    (
        "generator_of_its_own",
        "The sample comes from a generator made inside of the function, so that all models see the same one.",
        ("rng.integers(n, size=n)", "np.random.default_rng(0).integers(n, size=n)"),
    ),
    (
        "one_example",
        "One draw is repeated for the whole sample.",
        ("rng.integers(n, size=n)", "np.full(n, rng.integers(n))"),
    ),
)

VOTES = "(labels[:, :, None] == np.arange(n_classes)).sum(axis=0)"

VOTE = _all(
    "ensemble_vote",
    (
        "mean_of_labels",
        "Labels are averaged as if they were quantities: between a 2 and an 8 lies no 5. Count votes.",
        ("return votes.argmax(axis=1)", "return np.rint(labels.mean(axis=0)).astype(int)"),
    ),
    (
        "median_of_labels",
        "The label in the middle is taken, which depends on the order of the classes. Count votes.",
        ("return votes.argmax(axis=1)", "return np.median(labels, axis=0).astype(int)"),
    ),
    (
        "highest_of_equals",
        "Of classes with equally many votes the highest wins; asked is the lowest.",
        ("return votes.argmax(axis=1)", "return n_classes - 1 - votes[:, ::-1].argmax(axis=1)"),
    ),
    (
        "first_model_decides",
        "The first model alone decides.",
        ("return votes.argmax(axis=1)", "return labels[0].copy()"),
    ),
    (
        "first_voter_of_equals",
        "Of classes with equally many votes the one that was voted for first wins; asked is the lowest.",
        (
            "return votes.argmax(axis=1)",
            "return np.array([max(column, key=column.count) for column in labels.T.tolist()])",
        ),
    ),
    (
        "fewest_votes",
        "The class with the fewest votes wins.",
        ("votes.argmax", "votes.argmin"),
    ),
    (
        "geometric_mean",
        "The logarithms of the probabilities are averaged. They are averaged as they are.",
        ("return probs.mean(axis=0)", "return np.exp(np.log(probs).mean(axis=0))"),
    ),
    (
        "sum",
        "Probabilities are added up and not divided by the number of models.",
        ("return probs.mean(axis=0)", "return probs.sum(axis=0)"),
    ),
    (
        "surest_model",
        "For each class the largest probability of all models is taken.",
        ("return probs.mean(axis=0)", "return probs.max(axis=0)"),
    ),
    (
        "shares_of_votes",
        "Each model's winner gets a full vote: how sure the model was is lost.",
        (
            "return probs.mean(axis=0)",
            "return (probs == probs.max(axis=2, keepdims=True)).astype(float).mean(axis=0)",
        ),
    ),
)


# --- Averages of weights ----------------------------------------------------------------------------------

MEAN = "{key: np.mean([checkpoint[key] for checkpoint in checkpoints], axis=0) for key in checkpoints[0]}"
EMA = "decay * state[key] + (1 - decay) * params[key]"


class CorrectedMean:
    def ema_init(params):
        return {"t": 0.0, "left": 1.0, "a": {key: np.zeros_like(w) for key, w in params.items()}}

    def ema_update(state, params, *, decay):
        left = state["left"] * decay
        a = {key: decay * state["a"][key] + (1 - decay) * w for key, w in params.items()}
        return {key: w / (1 - left) for key, w in a.items()}, {"t": 0.0, "left": left, "a": a}


class FirstUpdateCopies:
    def ema_init(params):
        return {}

    def ema_update(state, params, *, decay):
        old = state or params
        average = {key: decay * old[key] + (1 - decay) * params[key] for key in params}
        return average, average


class PlainMean:
    def ema_init(params):
        return {"n": 1, "a": params}

    def ema_update(state, params, *, decay):
        n = state["n"] + 1
        average = {key: state["a"][key] + (w - state["a"][key]) / n for key, w in params.items()}
        return average, {"n": n, "a": average}


EMA_MISTAKES = _all(
    "ema_update",
    (
        "weights_swapped",
        "The two shares are swapped: decay belongs to what the average was, and is near one.",
        (EMA, "(1 - decay) * state[key] + decay * params[key]"),
    ),
    (
        "starts_at_zero",
        "The average starts at zero and has to come up first. It starts as a copy of the first parameters.",
        (
            "{key: np.copy(w) for key, w in params.items()}",
            "{key: np.zeros_like(w) for key, w in params.items()}",
        ),
    ),
    (
        "corrected_for_zero",
        "The average starts at zero and is corrected for that, as in Adam. It forgets the first parameters; "
        "here it starts as their copy.",
        CorrectedMean,
    ),
    (
        "first_update_copies",
        "The average starts with the first update, whatever ema_init was given. ema_init's parameters are "
        "the first that count.",
        FirstUpdateCopies,
    ),
    (
        "never_kept",
        "Each update begins from the first parameters again. Look at what is handed back as the new state.",
        ("return average, average", "return average, state"),
    ),
    (
        "newest_is_kept",
        "The newest parameters are handed on as the state, so that the average reaches back by one update "
        "only.",
        ("return average, average", "return average, params"),
    ),
    (
        "plain_mean",
        "All parameters so far count alike, and decay plays no part.",
        PlainMean,
    ),
    (
        "adds_up",
        "The newest parameters come in whole: the two shares must add up to one.",
        (EMA, "decay * state[key] + params[key]"),
    ),
    (
        "last_checkpoint",
        "Only the last checkpoint comes back.",
        (
            MEAN,
            "{key: checkpoints[-1][key].copy() for key in checkpoints[0]}",
        ),
    ),
    (
        "checkpoints_averaged_two_by_two",
        "Each checkpoint is averaged with the mean so far, half and half, so that the last one counts for "
        "half. All count alike.",
        (
            "return " + MEAN,
            "average = checkpoints[0]\n"
            "    for checkpoint in checkpoints[1:]:\n"
            "        average = {key: (average[key] + checkpoint[key]) / 2 for key in average}\n"
            "    return {key: average[key].copy() for key in average}",
        ),
    ),
    (
        "checkpoints_added_up",
        "Checkpoints are added up and not divided by their number.",
        ("np.mean([checkpoint[key] for", "np.sum([checkpoint[key] for"),
    ),
)

MISTAKES = (
    *MASK,
    *INVERTED,
    *CLASSIC,
    *SUBNETWORKS,
    *MC,
    *PENALTIES,
    *PROX_STEP,
    *RIDGE,
    *EARLY,
    *FLIP,
    *CROP,
    *BOOTSTRAP,
    *VOTE,
    *EMA_MISTAKES,
)


# --- Right by another convention ----------------------------------------------------------------------------

CONVENTIONS = (
    *_all(
        "dropout_mask",
        (
            "p_is_keeping",
            "Here units are kept with probability p, as in Srivastava et al. 2014, TensorFlow 1 and CS231n. "
            "The text pins p as the probability of dropping, as in torch; True marks what is kept.",
            (DRAW, "rng.random(shape) < p"),
        ),
    ),
    *_all(
        "dropout",
        (
            "classic_dropout",
            "Your test pass is the one that scales, as in Srivastava et al. 2014. That is the form of the "
            "next exercise; this one asks for torch's, whose training pass does it.",
            ("return x.copy()", "return x * (1 - p)"),
            ("x * mask / (1 - p)", "x * mask"),
            ("grad_out * mask / (1 - p)", "grad_out * mask"),
        ),
    ),
    *_all(
        "dropout_classic",
        (
            "p_is_keeping",
            "Evaluation is multiplied by p, which is right in Srivastava et al. 2014, where p is the "
            "probability of retaining. Here p is the probability of dropping.",
            (CLASSIC_RETURN, "return x * mask if training else x * p"),
        ),
        (
            "inverted_dropout",
            "This is inverted dropout, torch's: scaled in training, untouched in evaluation. Here the form "
            "of the first paper is asked, which does it the other way round.",
            (CLASSIC_RETURN, "return x * mask / (1 - p) if training else x.copy()"),
        ),
    ),
    *_all(
        "subnetwork_mean",
        (
            "p_is_keeping",
            "The weights are right where p is the probability of keeping a unit, as in Srivastava et al. "
            "2014. Here p is the probability of dropping.",
            (WEIGHT, "p**kept * (1 - p) ** (n_units - kept)"),
        ),
    ),
    *_all(
        "mc_dropout",
        (
            "n_minus_one",
            "The spread is the estimate with n - 1 that statistics books prefer. The text pins ddof 0, as "
            "everywhere in the course but for standard errors.",
            ("passes.std(axis=0)", "np.sqrt(passes.var(axis=0) * n_samples / max(n_samples - 1, 1))"),
        ),
    ),
    *_all(
        "l2_penalty",
        (
            "without_the_half",
            "The L2 penalty has no ½ here, as in some libraries and in parts of CS231n; then its gradient is "
            "2λw. The text pins λ/2, so that the gradient is λw.",
            ("lam / 2 * sum(np.sum(w**2)", "lam * sum(np.sum(w**2)"),
            ("{key: lam * w for", "{key: 2 * lam * w for"),
        ),
    ),
    *_all(
        "ridge",
        (
            "sum_of_squares",
            "This minimises the sum of squared errors plus λ‖w‖², as scikit-learn's Ridge does. Here the "
            "error is a mean, so that λ does not depend on how many examples there are.",
            (NORMAL, "np.linalg.solve(X.T @ X + lam * np.eye(d), X.T @ y)"),
        ),
        (
            "half_of_the_penalty",
            "The penalty is λ/2 times the squares, as in the exercise on penalties. In ridge regression no ½ "
            "stands anywhere, so that λ is the noise's σ².",
            ("lam * np.eye(d)", "lam / 2 * np.eye(d)"),
        ),
    ),
    *_all(
        "train_early_stopping",
        (
            "patience_exceeded",
            "Training stops when the count exceeds the patience, as torch's ReduceLROnPlateau counts. Here, "
            "as in Keras' EarlyStopping, it stops when the count has reached it.",
            ("if wait >= patience:", "if wait > patience:"),
        ),
    ),
    *_all(
        "random_flip",
        (
            "contrast_by_channel",
            "Each channel's contrast is changed around that channel's own mean, as in tf.image. Here the "
            "mean is over all pixels and channels of an image.",
            ("images.mean(axis=(1, 2, 3), keepdims=True)", "images.mean(axis=(2, 3), keepdims=True)"),
        ),
    ),
)
