"""Named mistakes of `tuning`, and answers that are right in another book, with their sentences.

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


# --- The best of several ----------------------------------------------------------------------------------

LOWEST = "return int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))"

BEST = _all(
    "best_index",
    (
        "argmin_takes_nan",
        "NaN wins: for numpy.argmin it is the lowest of all. A run that broke down must count as the worst.",
        (LOWEST, "return int(np.argmin(losses))"),
    ),
    (
        "refuses_all_nan",
        "If all losses are NaN this raises, as numpy.nanargmin does. Then all are equally bad, and the first "
        "one is named.",
        (LOWEST, "return int(np.nanargmin(losses))"),
    ),
    (
        "last_of_equals",
        "Of equally low losses the last one is named. A later one replaces the best so far only if it is "
        "lower: look at your comparison.",
        (
            LOWEST,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            "    return len(clean) - 1 - int(np.argmin(clean[::-1]))",
        ),
    ),
    (
        "highest",
        "The highest loss is named. Lower is better here, in every function.",
        (LOWEST, "return int(np.argmax(np.where(np.isnan(losses), -np.inf, losses)))"),
    ),
    (
        "nan_is_zero",
        "NaN is taken for zero, as numpy.nan_to_num does by default, and so beats every positive loss. What "
        "should it count as?",
        (LOWEST, "return int(np.argmin(np.nan_to_num(losses)))"),
    ),
    (
        "nan_left_out_and_places_shifted",
        "The NaN are thrown out first, and the place is counted among what is left. It should be counted "
        "among all losses.",
        (
            LOWEST,
            "kept = np.asarray(losses)[~np.isnan(losses)]\n"
            "    return int(np.argmin(kept)) if kept.size else 0",
        ),
    ),
    (
        "first_one_is_never_beaten",
        "A search that starts with the first loss as the best so far never leaves it if that is NaN, for no "
        "number is lower than NaN. Start with infinity.",
        (
            LOWEST,
            "best = 0\n    for i in range(1, len(losses)):\n        if losses[i] < losses[best]:\n"
            "            best = i\n    return best",
        ),
    ),
)


# --- Parts ------------------------------------------------------------------------------------------------

SIZES = "n_val, n_test = int(n * val), int(n * test)"
ORDER = "order = rng.permutation(n)"
CUT = "return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]"

SPLITS = _all(
    "split_indices",
    (
        "not_shuffled",
        "The parts are cut from the examples in their own order. If they are sorted by class, one part has "
        "classes that another never sees: shuffle first.",
        (ORDER, "order = np.arange(n)"),
    ),
    (
        "own_generator",
        "The order comes from a generator made inside, so that every split is the same. Draw from the rng "
        "that is handed over.",
        (ORDER, "order = np.random.default_rng(0).permutation(n)"),
    ),
    (
        "shares_rounded_to_nearest",
        "The sizes are rounded to the nearest whole number. They are rounded down, and what is left over is "
        "there to train on.",
        (SIZES, "n_val, n_test = round(n * val), round(n * test)"),
    ),
    (
        "share_of_what_is_left",
        "The validation part is a share of what the test part has left. Both are shares of all n examples.",
        (SIZES, "n_test = int(n * test)\n    n_val = int((n - n_test) * val)"),
    ),
    (
        "val_and_test_swapped",
        "The parts for validation and test have changed places: the order asked for is (train, val, test), "
        "each with its own share.",
        (CUT, "return order[n_val + n_test :], order[n_val : n_val + n_test], order[:n_val]"),
    ),
    (
        "trains_on_everything",
        "The training part is everything, with the examples that are to be validated and tested on: it "
        "leaks.",
        (CUT, "return order, order[:n_val], order[n_val : n_val + n_test]"),
    ),
    (
        "validation_inside_training",
        "The test part is set aside, and the validation examples are trained on all the same. Cut them out "
        "of the training part too.",
        (CUT, "return order[n_test:], order[n_test : n_test + n_val], order[:n_test]"),
    ),
    (
        "parts_drawn_apart",
        "Each part is drawn on its own, so that some examples are in two parts and others in none. One order "
        "of all examples serves all three: cut it.",
        (
            CUT,
            "n_train = n - n_val - n_test\n"
            "    return order[:n_train], rng.permutation(n)[:n_val], rng.permutation(n)[:n_test]",
        ),
    ),
    (
        "drawn_with_replacement",
        "The order is drawn with replacement, so that some examples come several times and others never.",
        (ORDER, "order = rng.integers(n, size=n)"),
    ),
    (
        "every_few",
        "Every few examples one goes into validation or test: that is regular, not random. In data that come "
        "in a rhythm it picks always the same kind.",
        (
            ORDER,
            "ranks = np.linspace(0, n, int(n * val) + int(n * test), endpoint=False).astype(int)\n"
            "    order = np.concatenate([ranks[::2], ranks[1::2], np.setdiff1d(np.arange(n), ranks)])",
        ),
    ),
)


# --- The protocol -----------------------------------------------------------------------------------------

TRIED = "losses = [fit_score(config, train, val) for config in configs]"
CHOICE = "best = configs[best_index(losses)]"
LAST = "return best, losses, fit_score(best, np.concatenate([train, val]), test)"

PROTOCOL = _all(
    "select_then_test",
    (
        "chooses_on_test",
        "The choice is made by losses on the test examples: whoever chooses on them no longer measures with "
        "them. What is the validation part for?",
        (TRIED, "losses = [fit_score(config, train, test) for config in configs]"),
    ),
    (
        "tests_every_configuration",
        "Every configuration is tested as well, though only the validation losses choose. Test numbers that "
        "exist get looked at: one call, for the chosen one.",
        (
            LAST,
            "both = np.concatenate([train, val])\n"
            "    tests = [fit_score(config, both, test) for config in configs]\n"
            "    return best, losses, tests[best_index(losses)]",
        ),
    ),
    (
        "not_fitted_again",
        "The last training uses the training part alone. Once the choice is made, the validation examples "
        "belong to it too.",
        (LAST, "return best, losses, fit_score(best, train, test)"),
    ),
    (
        "fitted_again_on_validation_alone",
        "The last training uses the validation part alone: it should have both parts.",
        (LAST, "return best, losses, fit_score(best, val, test)"),
    ),
    (
        "fitted_on_test_too",
        "The last training uses the test examples as well, and is then scored on what it has seen.",
        (LAST, "return best, losses, fit_score(best, np.concatenate([train, val, test]), test)"),
    ),
    (
        "scored_on_training",
        "Configurations are scored on the examples that they were fitted on. That prefers what memorises: "
        "score on the validation part.",
        (TRIED, "losses = [fit_score(config, train, train) for config in configs]"),
    ),
    (
        "validation_is_trained_on",
        "While choosing, configurations are fitted on train and val together and scored on val: they have "
        "seen what they are asked.",
        (TRIED, "losses = [fit_score(config, np.concatenate([train, val]), val) for config in configs]"),
    ),
    (
        "highest_loss_chosen",
        "The configuration with the highest validation loss is chosen: this is a loss, not an accuracy.",
        (CHOICE, "best = configs[int(np.nanargmax(losses))]"),
    ),
    (
        "nan_is_chosen",
        "A configuration whose loss is NaN is chosen, since for numpy.argmin NaN is the lowest. You have a "
        "function that knows better.",
        (CHOICE, "best = configs[int(np.argmin(losses))]"),
    ),
    (
        "validation_loss_reported",
        "As test loss the winner's validation loss is returned, the best of several and so too good. The "
        "test loss is what the last call says.",
        (
            LAST,
            "fit_score(best, np.concatenate([train, val]), test)\n"
            "    return best, losses, losses[best_index(losses)]",
        ),
    ),
    (
        "tested_twice",
        "The test part is asked twice, before and after the training on both parts. One look is allowed.",
        (LAST, "fit_score(best, train, test)\n    " + LAST),
    ),
)


# --- Folds ------------------------------------------------------------------------------------------------

FOLDS = "folds = np.array_split(rng.permutation(n), k)"
PAIRS = "return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]"


class RestInTheLastFold:
    def kfold_indices(n, k, *, rng):
        order, size = rng.permutation(n), n // k
        edges = [i * size for i in range(k)] + [n]
        folds = [order[edges[i] : edges[i + 1]] for i in range(k)]
        return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


class RestDropped:
    def kfold_indices(n, k, *, rng):
        folds = np.split(rng.permutation(n)[: n // k * k], k)
        return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


class NewOrderForEachFold:
    def kfold_indices(n, k, *, rng):
        folds, start = [], 0
        for i in range(k):
            order, size = rng.permutation(n), n // k + (i < n % k)
            folds.append((np.delete(order, np.arange(start, start + size)), order[start : start + size]))
            start += size
        return folds


class EveryKth:
    def kfold_indices(n, k, *, rng):
        order = np.arange(n)
        return [(np.delete(order, np.arange(i, n, k)), order[i::k]) for i in range(k)]


KFOLD = _all(
    "kfold_indices",
    (
        "trains_on_all",
        "Every fold trains on all examples, those held out among them: what is measured then is memory. "
        "Leave out the fold that is held out.",
        (PAIRS, "return [(np.concatenate(folds), folds[i]) for i in range(k)]"),
    ),
    (
        "trains_on_the_next_fold",
        "Every fold trains on one other fold only. All that is not held out is there to train on.",
        (PAIRS, "return [(folds[(i + 1) % k], folds[i]) for i in range(k)]"),
    ),
    (
        "pairs_turned_round",
        "The pairs are turned round: first stands what is trained on, the larger part, and second what is "
        "held out.",
        (PAIRS, "return [(folds[i], np.concatenate(folds[:i] + folds[i + 1 :])) for i in range(k)]"),
    ),
    (
        "trains_on_earlier_folds_only",
        "A fold trains on the folds before it only, as one does with series in time. Here the later ones "
        "belong to it too.",
        (PAIRS, "return [(np.concatenate(folds[:i] or folds[1:]), folds[i]) for i in range(k)]"),
    ),
    (
        "not_shuffled",
        "The folds are cut from the examples in their own order. If they are sorted by class, a fold holds "
        "out a class that it never trained on.",
        (FOLDS, "folds = np.array_split(np.arange(n), k)"),
    ),
    (
        "own_generator",
        "The order comes from a generator made inside, so that the folds are the same in every call. Draw "
        "from the rng that is handed over.",
        (FOLDS, "folds = np.array_split(np.random.default_rng(0).permutation(n), k)"),
    ),
    (
        "rest_in_the_last_fold",
        "What does not divide goes to the last fold, which gets much larger than the others. The first n mod "
        "k folds take one example each.",
        RestInTheLastFold,
    ),
    (
        "rest_dropped",
        "Examples that do not fill k equal folds are lost. The first n mod k folds take one more each.",
        RestDropped,
    ),
    (
        "larger_folds_last",
        "The folds with one example more come last: they should come first.",
        (FOLDS, "folds = np.array_split(rng.permutation(n), k)[::-1]"),
    ),
    (
        "new_order_for_each_fold",
        "Every fold is cut from an order of its own, so that some examples are held out twice and others "
        "never. One order serves all folds of a call.",
        NewOrderForEachFold,
    ),
    (
        "every_kth_example",
        "Each fold holds out every k-th example, which is regular and not random: look for the draw.",
        EveryKth,
    ),
)

FOLD_LOSSES = "losses = [fit_score(fit, held) for fit, held in kfold_indices(n, k, rng=rng)]"
MEAN_STD = "return np.mean(losses), np.std(losses, ddof=1)"

CROSS = _all(
    "cross_val_score",
    (
        "ddof_0",
        "The spread is divided by k. The k losses are a sample: ddof is 1.",
        (MEAN_STD, "return np.mean(losses), np.std(losses)"),
    ),
    (
        "variance",
        "The second number is the variance: take its root.",
        (MEAN_STD, "return np.mean(losses), np.var(losses, ddof=1)"),
    ),
    (
        "median",
        "The first number is the median of the folds' losses; the mean is asked for.",
        (MEAN_STD, "return np.median(losses), np.std(losses, ddof=1)"),
    ),
    (
        "scored_on_training",
        "Every fold is scored on the examples that it was trained on. The held-out ones are the judge.",
        (FOLD_LOSSES, FOLD_LOSSES.replace("fit_score(fit, held)", "fit_score(fit, fit)")),
    ),
    (
        "arguments_turned_round",
        "The model is trained on the few examples that are held out, and scored on the many others: the two "
        "arguments have changed places.",
        (FOLD_LOSSES, FOLD_LOSSES.replace("fit_score(fit, held)", "fit_score(held, fit)")),
    ),
    (
        "trains_on_all",
        "The model is trained on all examples for every fold, the held-out ones among them: it leaks.",
        (
            FOLD_LOSSES,
            FOLD_LOSSES.replace("fit_score(fit, held)", "fit_score(np.concatenate([fit, held]), held)"),
        ),
    ),
    (
        "own_generator",
        "The folds come from a generator made inside, and are the same in every call. Hand rng on.",
        (FOLD_LOSSES, FOLD_LOSSES.replace("rng=rng", "rng=np.random.default_rng(0)")),
    ),
    (
        "last_fold_missing",
        "One fold is never held out: its examples judge nobody. There is one call for each of the k folds.",
        (
            FOLD_LOSSES,
            FOLD_LOSSES.replace("kfold_indices(n, k, rng=rng)", "kfold_indices(n, k, rng=rng)[:-1]"),
        ),
    ),
    (
        "new_folds_for_each",
        "The folds are drawn anew for each loss, so that some examples judge twice and others never.",
        (FOLD_LOSSES, "losses = [fit_score(*kfold_indices(n, k, rng=rng)[i]) for i in range(k)]"),
    ),
)


# --- What to try ------------------------------------------------------------------------------------------

DRAWN = "return np.exp(rng.uniform(np.log(low), np.log(high), size=size))"

DRAWS = _all(
    "log_uniform",
    (
        "uniform",
        "The numbers themselves are uniform, so that nine of ten lie in the last factor of ten. It is their "
        "logarithm that is uniform.",
        (DRAWN, "return rng.uniform(low, high, size=size)"),
    ),
    (
        "another_base_on_the_way_back",
        "The logarithm is natural, and the way back is a power of ten: the draws leave the range. Use one "
        "base for both.",
        (DRAWN, "return 10 ** rng.uniform(np.log(low), np.log(high), size=size)"),
    ),
    (
        "logarithm_to_ten_and_exp",
        "The borders are taken to the logarithm of base ten, and the way back is exp: the draws leave the "
        "range. Use one base for both.",
        (DRAWN, "return np.exp(rng.uniform(np.log10(low), np.log10(high), size=size))"),
    ),
    (
        "no_way_back",
        "The logarithms are returned: take them back to numbers.",
        (DRAWN, "return rng.uniform(np.log(low), np.log(high), size=size)"),
    ),
    (
        "laid_out_evenly",
        "The numbers stand at equal ratios and are not drawn at all: that is a grid. Every draw is "
        "independent of the others.",
        (DRAWN, "return rng.permutation(np.geomspace(low, high, size))"),
    ),
    (
        "own_generator",
        "The draws come from a generator made inside and are the same in every call. Draw from rng.",
        (DRAWN, DRAWN.replace("rng.uniform", "np.random.default_rng(0).uniform")),
    ),
    (
        "whole_powers_of_ten",
        "The exponents are rounded to whole numbers, so that only powers of ten come out. Between them lies "
        "what a search is for.",
        (
            DRAWN,
            "return np.clip(10.0 ** np.round(rng.uniform(np.log10(low), np.log10(high), size=size)), low, "
            "high)",
        ),
    ),
    (
        "one_number_for_all",
        "A single number is drawn and repeated: size draws are asked for.",
        (DRAWN, "return np.full(size, np.exp(rng.uniform(np.log(low), np.log(high))))"),
    ),
)

GRID_STEP = "configs = [{**config, name: value} for config in configs for value in values]"
GRID_ALL = (
    "configs = [{}]\n    for name, values in space.items():\n        " + GRID_STEP + "\n    return configs"
)

GRIDS = _all(
    "grid_configs",
    (
        "first_changes_fastest",
        "All combinations are there, in another order: the last hyperparameter changes fastest. Which of the "
        "two loops is the inner one?",
        (GRID_STEP, "configs = [{**config, name: value} for value in values for config in configs]"),
    ),
    (
        "side_by_side",
        "The lists are gone through side by side, as zip does. A grid combines every value with every other.",
        (GRID_ALL, "return [dict(zip(space, row)) for row in zip(*space.values())] if space else [{}]"),
    ),
    (
        "one_at_a_time",
        "One hyperparameter is varied at a time while the others keep their first value. A grid has every "
        "combination.",
        (
            GRID_ALL,
            "first = {name: values[0] for name, values in space.items()}\n"
            "    return [first] + [{**first, name: value} for name in space for value in space[name][1:]]",
        ),
    ),
    (
        "values_sorted",
        "The values of a hyperparameter are sorted. They come in the order in which they stand.",
        (GRID_STEP, GRID_STEP.replace("in values]", "in sorted(values)]")),
    ),
    (
        "values_turned_round",
        "The values of a hyperparameter come from the last to the first. They come in the order in which "
        "they stand.",
        (GRID_STEP, GRID_STEP.replace("in values]", "in values[::-1]]")),
    ),
    (
        "one_dict_for_all",
        "One and the same dict stands in the list again and again, so that all configurations are the last "
        "one. Make a new dict for each.",
        (
            GRID_ALL,
            "config, configs = {}, []\n    total = int(np.prod([len(values) for values in space.values()]))\n"
            "    for number in range(total):\n        for name in reversed(space):\n"
            "            number, place = divmod(number, len(space[name]))\n"
            "            config[name] = space[name][place]\n"
            "        configs.append(config)\n    return configs",
        ),
    ),
    (
        "nothing_for_no_names",
        "An empty space gives no configuration at all. Of no hyperparameters there is exactly one "
        "combination, the empty one.",
        ("return configs", "return configs if space else []"),
    ),
)

RANDOM = "return [{name: sampler(rng) for name, sampler in samplers.items()} for _ in range(n)]"

RANDOMS = _all(
    "random_configs",
    (
        "one_draw_for_all",
        "One configuration is drawn and repeated n times: every one needs draws of its own.",
        (
            RANDOM,
            "config = {name: sampler(rng) for name, sampler in samplers.items()}\n"
            "    return [dict(config) for _ in range(n)]",
        ),
    ),
    (
        "name_after_name",
        "All values of one hyperparameter are drawn before those of the next, so that they are other draws. "
        "Finish one configuration before the next is begun.",
        (
            RANDOM,
            "columns = {name: [sampler(rng) for _ in range(n)] for name, sampler in samplers.items()}\n"
            "    return [{name: columns[name][i] for name in samplers} for i in range(n)]",
        ),
    ),
    (
        "fresh_generator_for_each",
        "Every configuration gets a generator made inside: the draws have nothing to do with the rng that "
        "was handed over.",
        (
            RANDOM,
            "rngs = [np.random.default_rng(i) for i in range(n)]\n"
            "    return [{name: sampler(rngs[i]) for name, sampler in samplers.items()} for i in range(n)]",
        ),
    ),
    (
        "same_seed_for_each",
        "Every sampler gets a fresh generator with the same seed, so that all configurations are one.",
        (RANDOM, RANDOM.replace("sampler(rng)", "sampler(np.random.default_rng(0))")),
    ),
    (
        "names_from_the_last",
        "Within a configuration the samplers are called from the last to the first. They draw in the order "
        "of the dict.",
        (RANDOM, RANDOM.replace("samplers.items()}", "reversed(samplers.items())}")),
    ),
    (
        "shuffled_afterwards",
        "The configurations are shuffled afterwards, which draws once more and changes their order.",
        (
            RANDOM,
            RANDOM.replace("return [", "configs = [")
            + "\n    return [configs[i] for i in rng.permutation(n)]",
        ),
    ),
    (
        "children_of_the_generator",
        "Every configuration draws from a child that rng has spawned. Hand the samplers rng itself.",
        (
            RANDOM,
            "return [{name: sampler(child) for name, sampler in samplers.items()} for child in rng.spawn(n)]",
        ),
    ),
)

SCORED = "losses = [score(config) for config in configs]"
WINNER = "return configs[best_index(losses)], losses"


class StopsWhenItGetsWorse:
    def search(score, configs):
        losses = [score(configs[0])]
        for config in configs[1:]:
            losses.append(score(config))
            if losses[-1] > losses[-2]:
                break
        return configs[best_index(losses)], losses + [float("inf")] * (len(configs) - len(losses))


class FirstOneTwice:
    def search(score, configs):
        best, best_loss, losses = configs[0], score(configs[0]), []
        for config in configs:
            losses.append(score(config))
            if losses[-1] < best_loss or np.isnan(best_loss):
                best, best_loss = config, losses[-1]
        return best, losses


SEARCHES = _all(
    "search",
    (
        "winner_tried_again",
        "The winner is tried once more at the end. Each configuration is tried once, and each trial costs a "
        "training.",
        (WINNER, "score(configs[best_index(losses)])\n    " + WINNER),
    ),
    (
        "first_one_tried_twice",
        "The first configuration is tried twice: once before the loop, as the best so far, and once inside.",
        FirstOneTwice,
    ),
    (
        "stops_when_it_gets_worse",
        "The search stops when a loss is higher than the one before. A better one may come later: all are "
        "tried.",
        StopsWhenItGetsWorse,
    ),
    (
        "highest_wins",
        "The configuration with the highest loss wins. Lower is better.",
        (WINNER, "return configs[int(np.nanargmax(losses))], losses"),
    ),
    (
        "nan_wins",
        "A configuration whose loss is NaN wins, since for numpy.argmin NaN is the lowest. You have a "
        "function that knows better.",
        (WINNER, "return configs[int(np.argmin(losses))], losses"),
    ),
    (
        "last_of_equals",
        "Of equal losses the last one wins: the first should.",
        (
            WINNER,
            "last = len(losses) - 1 - int(np.nanargmin(losses[::-1]))\n    return configs[last], losses",
        ),
    ),
    (
        "losses_sorted",
        "The losses come back sorted, so that nobody knows which configuration had which. They belong in the "
        "order of configs.",
        (WINNER, "return configs[best_index(losses)], sorted(losses)"),
    ),
    (
        "tried_from_the_end",
        "The configurations are tried from the last to the first. They are tried in order.",
        (SCORED, "losses = [score(config) for config in configs[::-1]][::-1]"),
    ),
)


# --- Coarse, then fine ------------------------------------------------------------------------------------

TWO = 'best, second = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")[:2]'
SPAN = "low, high = values[min(best, second)], values[max(best, second)]"
BELOW, ABOVE = "low = values[0] * values[0] / values[1]", "high = values[-1] * values[-1] / values[-2]"
AT_LOW, AT_HIGH = "if best == 0:", "if best == len(values) - 1:"

REFINE = _all(
    "refine_range",
    (
        "border_not_followed",
        "If the best value stands on the border the range ends there. The minimum may lie beyond: go on by "
        "one grid ratio.",
        (AT_LOW, "if False:"),
        (AT_HIGH, "if False:"),
    ),
    (
        "only_the_lower_border",
        "The range goes on below the grid but not above it. Look at what happens when the highest value is "
        "the best.",
        (AT_HIGH, "if False:"),
    ),
    (
        "only_the_upper_border",
        "The range goes on above the grid but not below it. Look at what happens when the lowest value is "
        "the best.",
        (AT_LOW, "if False:"),
    ),
    (
        "second_best_widens_too",
        "The range is widened also where only the second best value stands on the border. If the best one "
        "has a neighbour on either side, the minimum is enclosed.",
        (AT_LOW, "if 0 in (best, second):"),
        (AT_HIGH, "if len(values) - 1 in (best, second):"),
    ),
    (
        "always_a_factor_of_ten",
        "Past the border the range goes on by a factor of ten, whatever the grid. It is the grid's own ratio "
        "there.",
        (BELOW, "low = values[0] / 10"),
        (ABOVE, "high = values[-1] * 10"),
    ),
    (
        "ratio_from_the_other_end",
        "Past the border the range goes on by the ratio at the other end of the grid. The border's own "
        "neighbour counts.",
        (BELOW, "low = values[0] * values[-2] / values[-1]"),
        (ABOVE, "high = values[-1] * values[1] / values[0]"),
    ),
    (
        "by_difference",
        "Past the border the range goes on by a difference, which can lead below zero. On a logarithmic "
        "scale one goes on by a ratio.",
        (BELOW, "low = values[0] - (values[1] - values[0])"),
        (ABOVE, "high = values[-1] + (values[-1] - values[-2])"),
    ),
    (
        "both_sides_widened",
        "If the best value is on the border the range is widened on both sides. Only past that border it "
        "goes on.",
        (AT_LOW, "if best in (0, len(values) - 1):"),
        (AT_HIGH, "if best in (0, len(values) - 1):"),
    ),
    (
        "nan_is_best",
        "NaN is taken for a good loss. A run that broke down is worse than any other.",
        (TWO, 'best, second = np.argsort(np.nan_to_num(losses, nan=-np.inf), kind="stable")[:2]'),
    ),
    (
        "order_of_goodness",
        "The range is given as (best, second best), so that low is sometimes above high. Put the lower one "
        "first.",
        (SPAN, "low, high = values[best], values[second]"),
    ),
    (
        "ends_of_the_grid",
        "The range is the whole grid's: it should be that of the two best values.",
        (SPAN, "low, high = values[0], values[-1]"),
    ),
    (
        "last_of_equals",
        "Of equal losses the last ones count as best. The first ones should.",
        (
            TWO,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            '    best, second = (len(clean) - 1 - np.argsort(clean[::-1], kind="stable"))[:2]',
        ),
    ),
    (
        "sort_that_mixes_equals",
        "Of equal losses it is not always the first one that counts: numpy.argsort may leave equals in any "
        "order unless it is told to be stable.",
        (TWO, TWO.replace(', kind="stable"', "")),
    ),
)

COARSE, FINE = (
    "coarse = np.geomspace(low, high, n_coarse)",
    "fine = np.geomspace(*refine_range(coarse, losses), n_fine)",
)
FINE_LOSSES = "losses = losses + [score(value) for value in fine]"
BOTH, CHOSEN = "best = best_index(losses)", "return np.concatenate([coarse, fine])[best], losses[best]"

STAGES = _all(
    "coarse_to_fine",
    (
        "coarse_grid_linear",
        "The first stage has equal differences, so that nearly all of it lies in the last factor of ten. "
        "Equal ratios are asked for.",
        (COARSE, "coarse = np.linspace(low, high, n_coarse)"),
    ),
    (
        "fine_grid_linear",
        "The second stage has equal differences. It too has equal ratios.",
        (FINE, "fine = np.linspace(*refine_range(coarse, losses), n_fine)"),
    ),
    (
        "border_not_followed",
        "If the best coarse value stands on the border the second stage stays inside. refine_range knows "
        "how to go on.",
        (
            FINE,
            "two = np.sort(coarse[np.argsort(np.nan_to_num(losses, nan=np.inf), kind='stable')[:2]])\n"
            "    fine = np.geomspace(two[0], two[1], n_fine)",
        ),
    ),
    (
        "ends_left_out",
        "The second stage leaves out the ends of its range. Both are included, tried before or not.",
        (FINE, "fine = np.geomspace(*refine_range(coarse, losses), n_fine + 2)[1:-1]"),
    ),
    (
        "already_tried_left_out",
        "Values that the first stage tried are left out of the second, so that fewer runs are made than "
        "asked for. With noise a second look is worth something: try both ends.",
        (FINE, FINE + "\n    fine = fine[~np.isin(fine, coarse)]"),
    ),
    (
        "fine_stage_alone_counts",
        "Only the second stage is looked at for the best value. If the first one met a better one it is "
        "lost.",
        (BOTH, "best = n_coarse + best_index(losses[n_coarse:])"),
    ),
    (
        "coarse_stage_alone_counts",
        "The best value of the first stage is returned, and the second was for nothing.",
        (BOTH, "best = best_index(losses[:n_coarse])"),
    ),
    (
        "winner_tried_again",
        "The winner is tried once more. The budget is n_coarse + n_fine runs.",
        (CHOSEN, "value = np.concatenate([coarse, fine])[best]\n    return value, score(value)"),
    ),
    (
        "a_third_stage",
        "After the second stage comes a third: that is beyond the budget of n_coarse + n_fine runs.",
        (
            BOTH,
            "more = np.geomspace(*refine_range(fine, losses[n_coarse:]), n_fine) if n_fine > 2 else fine\n"
            "    losses = losses + [score(value) for value in more]\n"
            "    fine = np.concatenate([fine, more])\n    best = best_index(losses)",
        ),
    ),
    (
        "nan_is_best",
        "A value whose loss is NaN is returned as the best. You have a function that knows better.",
        (BOTH, "best = int(np.argmin(losses))"),
    ),
    (
        "as_many_fine_as_coarse",
        "The second stage has as many values as the first. It has n_fine.",
        (FINE, "fine = np.geomspace(*refine_range(coarse, losses), n_coarse)"),
    ),
)


# --- The learning rate ------------------------------------------------------------------------------------

HALVES = "for i in range(max_halvings + 1):"
RATE = "lr = lr_start / 2**i"
QUARTER = "last = losses[-max(1, len(losses) // 4) :]"
TRAINS = "if np.all(np.isfinite(losses)) and np.mean(last) < losses[0]:"
GIVEN_UP = (
    'raise ValueError(f"a rate must train, got divergence down to {lr}; look for a fault in the gradients")'
)

FINDER = _all(
    "lr_finder",
    (
        "last_loss_alone",
        "A run is judged by its very last loss alone, which jumps about. The mean of the last quarter "
        "decides.",
        (QUARTER, "last = losses[-1:]"),
    ),
    (
        "lowest_loss_counts",
        "A run passes if its loss was ever below the first one. Many that blow up have fallen before: the "
        "end decides.",
        (QUARTER, "last = np.min(losses[1:])"),
    ),
    (
        "mean_of_the_whole_run",
        "The mean of the whole run is compared with the first loss. A bad end hides behind a good beginning: "
        "take the last quarter.",
        (QUARTER, "last = losses"),
    ),
    (
        "finite_is_enough",
        "A run passes as soon as all its losses are finite. It must have learned too: compare its end with "
        "its first loss.",
        (TRAINS, "if np.all(np.isfinite(losses)):"),
    ),
    (
        "only_the_end_must_be_finite",
        "A loss that is no number passes if it stands before the last quarter. One anywhere is divergence.",
        (TRAINS, "if np.mean(last) < losses[0]:"),
    ),
    (
        "infinite_passes",
        "Only NaN counts as broken, and minus infinity counts as low: a loss must be finite.",
        (TRAINS, "if not np.any(np.isnan(losses)) and np.mean(last) < losses[0]:"),
    ),
    (
        "standing_still_passes",
        "A run whose end is at its first loss passes. It has learned nothing: the mean must be below.",
        (TRAINS, TRAINS.replace("<", "<=")),
    ),
    (
        "begins_with_the_half",
        "The start itself is never tried: the first rate is lr_start.",
        (RATE, "lr = lr_start / 2 ** (i + 1)"),
    ),
    (
        "last_one_that_diverged",
        "The last rate that diverged is returned. The first one that does not is asked for.",
        ("return lr", "return 2 * lr"),
    ),
    (
        "safety_margin_built_in",
        "A quarter of the edge is returned. That is a good rate to train with, and whoever calls takes it: "
        "the edge itself is asked for.",
        ("return lr", "return lr / 4"),
    ),
    (
        "divided_by_ten",
        "The rate is divided by ten each time, and steps over the edge. Halve it.",
        (RATE, "lr = lr_start / 10**i"),
    ),
    (
        "one_halving_short",
        "There is one try too few: max_halvings halvings are as many tries, and the start before them.",
        (HALVES, "for i in range(max(1, max_halvings)):"),
    ),
    (
        "hopeless_rate_returned",
        "If no rate trains, the last one is returned as if it did. A rate that diverges is no answer: raise.",
        (GIVEN_UP, "return lr"),
    ),
    (
        "quarter_rounded_up",
        "The last quarter is rounded up where four does not divide: it is n // 4 losses, and at least one.",
        (QUARTER, "last = losses[-(-(-len(losses) // 4)) :]"),
    ),
)


# --- Signs of health --------------------------------------------------------------------------------------

GUESS, WITHIN = "guess = np.log(n_classes)", "return bool(abs(loss - guess) <= rtol * guess)"

FIRST = _all(
    "initial_loss_ok",
    (
        "logarithm_to_two",
        "The logarithm is that of base two: bits. Cross-entropy is measured with the natural one.",
        (GUESS, "guess = np.log2(n_classes)"),
    ),
    (
        "share_of_hits",
        "The loss is compared with 1/C, the probability of guessing right. The loss of guessing is minus its "
        "logarithm.",
        (GUESS, "guess = 1 / n_classes"),
    ),
    (
        "low_passes",
        "A loss that is too low passes. Before the first update that is as suspicious as one too high: "
        "perhaps the labels leak.",
        (WITHIN, "return bool(loss <= (1 + rtol) * guess)"),
    ),
    (
        "high_passes",
        "A loss that is too high passes: that is the usual fault, a last layer that starts too large.",
        (WITHIN, "return bool(loss >= (1 - rtol) * guess)"),
    ),
    (
        "fixed_tolerance",
        "rtol is taken as it is, in units of the loss. It is a share of log C.",
        (WITHIN, "return bool(abs(loss - guess) <= rtol)"),
    ),
    (
        "share_of_the_loss",
        "The tolerance is a share of the loss that is tested, so that it grows with the fault. It is a "
        "share of log C.",
        (WITHIN, "return bool(abs(loss - guess) <= rtol * abs(loss))"),
    ),
    (
        "tolerance_ignored",
        "The tolerance is ten per cent whatever rtol says.",
        (WITHIN, "return bool(abs(loss - guess) <= 0.1 * guess)"),
    ),
    (
        "nan_passes",
        "NaN passes, since it is not *more* than the tolerance away: no comparison with NaN is true. Ask for "
        "what is right, not for what is wrong.",
        (WITHIN, "return not abs(loss - guess) > rtol * guess"),
    ),
)

NORMS = "size, moved = np.linalg.norm(w), np.linalg.norm(new_params[key] - w)"
RATIO = "ratios[key] = moved / size if size > 0 else np.inf if moved > 0 else 0.0"

RATIOS = _all(
    "update_ratio",
    (
        "spectral_norm",
        "For matrices the norm is the spectral one, which is what numpy.linalg.norm with ord=2 gives. Asked "
        "for is the root of all entries' squares.",
        (
            NORMS,
            "size, moved = (\n        np.linalg.norm(x, 2) if np.ndim(x) == 2 else np.linalg.norm(x)\n"
            "        for x in (w, new_params[key] - w)\n    )",
        ),
    ),
    (
        "mean_of_ratios",
        "Each entry's own ratio is taken and then the mean of them: an entry close to zero spoils it. Take "
        "norms first, then one ratio.",
        (
            NORMS,
            "size = 1.0 if np.any(w != 0) else 0.0\n"
            "        moved = np.mean(np.abs((new_params[key] - w) / np.where(w == 0, 1.0, w)))",
        ),
    ),
    (
        "divided_by_the_new_weights",
        "The change is divided by the size of the weights after the update. Before it is asked for.",
        (NORMS, "size, moved = np.linalg.norm(new_params[key]), np.linalg.norm(new_params[key] - w)"),
    ),
    (
        "largest_entry",
        "Only the largest entries are compared. All of them count, by their squares.",
        (NORMS, "size, moved = np.max(np.abs(w)), np.max(np.abs(new_params[key] - w))"),
    ),
    (
        "sum_of_absolute_values",
        "Absolute values are added up. The norm asked for is the root of the sum of squares.",
        (NORMS, "size, moved = np.sum(np.abs(w)), np.sum(np.abs(new_params[key] - w))"),
    ),
    (
        "root_forgotten",
        "The ratio is that of the squares: the roots are missing.",
        (NORMS, "size, moved = np.sum(w**2), np.sum((new_params[key] - w) ** 2)"),
    ),
    (
        "difference_of_norms",
        "The difference of the two norms is taken. Weights that turn without growing have moved too: take "
        "the norm of the difference.",
        (NORMS, "size, moved = np.linalg.norm(w), abs(np.linalg.norm(new_params[key]) - np.linalg.norm(w))"),
    ),
    (
        "one_norm_for_all",
        "All parameters share one norm below the line. Each is measured by its own.",
        (
            NORMS,
            "size = np.sqrt(sum(np.sum(np.asarray(v) ** 2) for v in params.values()))\n"
            "        moved = np.linalg.norm(new_params[key] - w)",
        ),
    ),
    (
        "something_added_below",
        "A small number is added below the line against zeros. It changes the ratios of tiny weights, and "
        "zeros that move are to have infinity.",
        (RATIO, "ratios[key] = moved / (size + 1e-8)"),
    ),
    (
        "zero_by_zero",
        "Zeros that stay get NaN from 0/0: their ratio is 0.",
        (RATIO, "ratios[key] = np.float64(moved) / np.float64(size)"),
    ),
    (
        "zeros_that_move_count_as_zero",
        "Zeros that move get the ratio 0, like those that stay. They have moved infinitely far for their "
        "size.",
        (RATIO, "ratios[key] = moved / size if size > 0 else 0.0"),
    ),
)


# --- Successive halving -----------------------------------------------------------------------------------

ROUND = "losses = [evaluate(i, resource) for i in alive]"
RANKED = 'order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")'
SURVIVE = "alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])"
GROWS = "resource = resource * eta"
LOGGED = "log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]"
ENDED = "return alive[0], log"


class LowestEver:
    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log = list(range(n)), min_resource, []
        while len(alive) > 1:
            losses = [evaluate(i, resource) for i in alive]
            log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
            order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
            alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
            resource = resource * eta
        if not log:
            return 0, log
        return log[int(np.nanargmin([loss for _, _, loss in log]))][0], log


class LossesAddUp:
    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log, sums = list(range(n)), min_resource, [], np.zeros(n)
        while len(alive) > 1:
            losses = [evaluate(i, resource) for i in alive]
            log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
            sums[alive] += losses
            order = np.argsort(np.where(np.isnan(sums[alive]), np.inf, sums[alive]), kind="stable")
            alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
            resource = resource * eta
        return alive[0], log


class EvaluatesTheWinner:
    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log = list(range(n)), min_resource, []
        while True:
            losses = [evaluate(i, resource) for i in alive]
            log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
            if len(alive) == 1:
                return alive[0], log
            order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
            alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
            resource = resource * eta


HALVING = _all(
    "successive_halving",
    (
        "always_half",
        "Half of the candidates survive whatever eta says. It is one in eta.",
        (SURVIVE, SURVIVE.replace("// eta", "// 2")),
    ),
    (
        "resource_stays",
        "Every round gives the same resource. Survivors get eta times as much as in the round before: that "
        "is the point of it.",
        (GROWS, "resource = resource * 1"),
    ),
    (
        "resource_added",
        "The resource grows by the same amount each round. It is multiplied by eta.",
        (GROWS, "resource = resource + min_resource"),
    ),
    (
        "resource_doubles",
        "The resource is doubled each round whatever eta says. It is multiplied by eta.",
        (GROWS, "resource = resource * 2"),
    ),
    (
        "survivors_by_rank",
        "Survivors run in the order of their losses. They keep the order of their numbers.",
        (SURVIVE, SURVIVE.replace("sorted(", "list(")),
    ),
    (
        "worst_survive",
        "Those with the highest losses survive. Lower is better.",
        (RANKED, 'order = np.argsort(-np.where(np.isnan(losses), -np.inf, losses), kind="stable")'),
    ),
    (
        "first_survive",
        "Those with the lowest numbers survive, however they did. Rank the losses of the round.",
        (RANKED, "order = np.arange(len(alive))"),
    ),
    (
        "nan_survives",
        "A candidate whose loss is NaN is ranked first. It is worse than any that did not break down.",
        (RANKED, 'order = np.argsort(np.nan_to_num(losses, nan=-np.inf), kind="stable")'),
    ),
    (
        "last_of_equals",
        "Of candidates with equal losses those with higher numbers survive. The lower number wins a tie.",
        (
            RANKED,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            '        order = len(clean) - 1 - np.argsort(clean[::-1], kind="stable")',
        ),
    ),
    (
        "sort_that_mixes_equals",
        "Of candidates with equal losses it is not always the lower number that survives: numpy.argsort may "
        "leave equals in any order unless it is told to be stable.",
        (RANKED, RANKED.replace(', kind="stable"', "")),
    ),
    (
        "winner_run_again",
        "The one candidate left is run once more with a still larger resource. It has won already, and alone "
        "nobody needs to run.",
        EvaluatesTheWinner,
    ),
    (
        "lowest_loss_ever_wins",
        "The candidate with the lowest loss of all rounds is returned. Losses of different resources cannot "
        "be compared: the one that is left wins.",
        LowestEver,
    ),
    (
        "losses_add_up",
        "Losses of earlier rounds are added to later ones. Each round ranks by its own losses, which are the "
        "better informed.",
        LossesAddUp,
    ),
    (
        "all_run_every_round",
        "Also those thrown out are run in later rounds. What saves time is that they are not.",
        (ROUND, "losses = [dict((i, evaluate(i, resource)) for i in range(n))[i] for i in alive]"),
    ),
    (
        "log_without_early_rounds",
        "The log holds the last round only. Every evaluation belongs into it.",
        (LOGGED, LOGGED.replace("log = log + [", "log = [")),
    ),
)


# --- Right in another book --------------------------------------------------------------------------------


class RoundsUp:
    def split_indices(n, *, val, test, rng):
        order = rng.permutation(n)
        n_val, n_test = int(np.ceil(n * val)), int(np.ceil(n * test))
        return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]


class NamesSorted:
    def grid_configs(space):
        configs = [{}]
        for name in sorted(space):
            configs = [{**config, name: value} for config in configs for value in space[name]]
        return configs


class Neighbours:
    def refine_range(values, losses):
        best = int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))
        low = values[best - 1] if best > 0 else values[0] * values[0] / values[1]
        last = len(values) - 1
        high = values[best + 1] if best < last else values[-1] * values[-1] / values[-2]
        return low, high


CONVENTIONS = (
    *_all(
        "split_indices",
        (
            "rounded_up",
            "The sizes are rounded up, as scikit-learn's train_test_split does with the test part. Here "
            "shares are rounded down.",
            RoundsUp,
        ),
    ),
    *_all(
        "cross_val_score",
        (
            "standard_error",
            "The second number is the standard error, the spread over the root of k, which Breiman's rule of "
            "one standard error uses. Asked for is the spread itself: the folds are not independent.",
            (MEAN_STD, "return np.mean(losses), np.std(losses, ddof=1) / np.sqrt(k)"),
        ),
        (
            "weighted_by_size",
            "Larger folds weigh more, so that every example counts alike. scikit-learn's cross_val_score, "
            "and this one, count folds alike.",
            (
                FOLD_LOSSES + "\n    " + MEAN_STD,
                "pairs = kfold_indices(n, k, rng=rng)\n"
                "    losses = [fit_score(fit, held) for fit, held in pairs]\n"
                "    return np.average(losses, weights=[len(held) for _, held in pairs]), np.std(losses, "
                "ddof=1)",
            ),
        ),
    ),
    *_all(
        "grid_configs",
        (
            "names_sorted",
            "The names are sorted first, as scikit-learn's ParameterGrid does. Here they come in the order "
            "of the dict.",
            NamesSorted,
        ),
    ),
    *_all(
        "refine_range",
        (
            "neighbours_of_the_best",
            "The range goes from one neighbour of the best value to the other, as a bracket in line search "
            "does. The lecture's rule, asked for here, spans the two best values.",
            Neighbours,
        ),
    ),
    *_all(
        "successive_halving",
        (
            "rounded_up",
            "The number of survivors is rounded up, as in scikit-learn's HalvingGridSearchCV. Here it is "
            "rounded down.",
            (SURVIVE, SURVIVE.replace("max(1, len(alive) // eta)", "-(-len(alive) // eta)")),
        ),
    ),
)

MISTAKES = (
    BEST
    + SPLITS
    + PROTOCOL
    + KFOLD
    + CROSS
    + DRAWS
    + GRIDS
    + RANDOMS
    + SEARCHES
    + REFINE
    + STAGES
    + FINDER
    + FIRST
    + RATIOS
    + HALVING
)
