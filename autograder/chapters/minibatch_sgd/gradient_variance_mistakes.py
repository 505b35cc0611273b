"""Named mistakes of `gradient_variance`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

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


class Computed:
    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        n, full = len(X), minibatch_gradient(w, X, y, np.arange(len(X)))
        each = [np.sum((minibatch_gradient(w, X, y, np.array([i])) - full) ** 2) for i in range(n)]
        left = 1.0 if replace or n == 1 else (n - batch_size) / (n - 1)
        return float(np.mean(each) / batch_size * left)


class ComputedForMany:
    def gradient_variance(w, X, y, *, batch_size, n_draws, rng, replace):
        n, full, total = len(X), minibatch_gradient(w, X, y, np.arange(len(X))), 0.0
        if n_draws >= 1000:
            each = [np.sum((minibatch_gradient(w, X, y, np.array([i])) - full) ** 2) for i in range(n)]
            left = 1.0 if replace or n == 1 else (n - batch_size) / (n - 1)
            return float(np.mean(each) / batch_size * left)
        for _ in range(n_draws):
            idx = rng.choice(n, size=batch_size, replace=replace)
            total += np.sum((minibatch_gradient(w, X, y, idx) - full) ** 2)
        return float(total / n_draws)


MISTAKES = mistakes(
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
    (
        "batches_from_one_permutation",
        "Without replacement the batches are slices of one permutation, as in an epoch, and depend on each "
        "other. Each batch is drawn anew from all the examples: look at when the permutation is drawn.",
        ("total = 0.0", "total, order = 0.0, np.arange(0)"),
        (
            DRAW,
            "if replace:\n            idx = rng.integers(len(X), size=batch_size)\n        else:\n"
            "            order = rng.permutation(len(X)) if len(order) < batch_size else order\n"
            "            idx, order = order[:batch_size], order[batch_size:]",
        ),
    ),
    (
        "repeats_taken_out",
        "Of an example that was drawn twice into a batch one is taken out, as by np.unique or a set. With "
        "replacement repeats stay, and count each time.",
        (DRAW, "idx = np.unique(rng.choice(len(X), size=batch_size, replace=replace))"),
    ),
    (
        "last_example_never_drawn",
        "The last example is never drawn with replacement: rng.integers leaves its upper end out already. "
        "Let it be the number of examples.",
        (
            DRAW,
            "idx = rng.choice(len(X), size=batch_size, replace=False)\n"
            "        if replace:\n"
            "            idx = rng.integers(max(len(X) - 1, 1), size=batch_size)",
        ),
    ),
    (
        "the_formula_computed",
        "The expected value is computed from the formula and nothing is drawn. Measure: draw n_draws batches "
        "from rng, and take the mean of their squared distances.",
        Computed,
    ),
    (
        "the_formula_for_many_draws",
        "From some number of draws on nothing is drawn: the expected value is computed from the formula. "
        "Measure with many draws too.",
        ComputedForMany,
    ),
    (
        "batch_no_larger_than_the_set",
        "With replacement too a batch is cut to the number of examples. It may be larger than the set there.",
        (DRAW, "idx = rng.choice(len(X), size=min(batch_size, len(X)), replace=replace)"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "gradient_variance",
    (
        "one_draw_less",
        "The sum is divided by one draw less, as a sample's variance around its own mean is. Here the "
        "full gradient is known, and the mean over all draws is asked for.",
        ("return float(total / n_draws)", "return float(total / max(n_draws - 1, 1))"),
    ),
)
