"""Named mistakes of `capstone`.

A hint says which mistake it is and where to look; it holds no hidden number and no line of the solution.
"""

from autograder.course.specimens import Specimen


def _all(exercise, *entries):
    """Specimens from (name, hint, swaps …)."""
    return tuple(Specimen(exercise, name, note, swaps=tuple(swaps)) for name, note, *swaps in entries)


# --- Build --------------------------------------------------------------------------------------------------

BUILD = _all(
    "build",
    (
        "last_layer_drawn",
        "The last layer's weights are drawn like the others. They start at zero here, so that the first loss "
        "is "
        "that of guessing.",
        (
            'params[f"W{k}"] = np.zeros((fan_in, fan_out))',
            'params[f"W{k}"] = he_normal(fan_in, fan_out, rng=rng)',
        ),
    ),
    (
        "fans_swapped",
        "A hidden layer's deviation is that of its outputs: look at the order of the two sizes in the call.",
        ("he_normal(fan_in, fan_out, rng=rng)", "he_normal(fan_out, fan_in, rng=rng).T"),
    ),
    (
        "always_he",
        "The config's init is not looked at: small weights were asked for, and large ones drawn.",
        ('if config["init"] == "he":', 'if config["init"]:'),
    ),
    (
        "small_is_not_small",
        "The small weights are ten times too large for their name: look at the deviation in the docstring.",
        ("0.01 * rng.normal", "0.1 * rng.normal"),
    ),
    (
        "variance_for_deviation",
        "The small weights are far too small: the docstring gives a variance as a square, and the deviation "
        "is "
        "its root.",
        ("0.01 * rng.normal", "0.0001 * rng.normal"),
    ),
    (
        "gamma_starts_at_zero",
        "gamma starts at zero: every normalised value is then multiplied away, and no gradient gets past it.",
        (
            'params[f"beta{k}"] = np.ones(fan_out), np.zeros(fan_out)',
            'params[f"beta{k}"] = np.zeros(fan_out), np.zeros(fan_out)',
        ),
    ),
    (
        "no_variance_yet",
        "The running variances start at zero, and a model that answers before its training divides by "
        "nothing.",
        (
            'running[f"var{k}"] = np.zeros(fan_out), np.ones(fan_out)',
            'running[f"var{k}"] = 2 * (np.zeros(fan_out),)',
        ),
    ),
    (
        "batch_norm_everywhere",
        "The last layer has batch norm too: only hidden layers have gamma, beta and running statistics.",
        (
            'np.zeros((fan_in, fan_out))\n            break\n        if config["init"]',
            'np.zeros((fan_in, fan_out))\n        elif config["init"]',
        ),
    ),
)

# --- Answer -------------------------------------------------------------------------------------------------

RUNNING = """            z = batch_norm_eval(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        h = activation(z, "relu")"""

PREDICT = _all(
    "predict",
    (
        "inputs_as_they_come",
        "The inputs are not standardised: the model carries the mean and the scale that it was trained with.",
        ('h = standardize(X, model["mean"], model["scale"])', "h = X"),
    ),
    (
        "own_scaling",
        "The inputs are standardised by their own mean and scale: what counts are those of the training set, "
        "which stand in the model.",
        ('h = standardize(X, model["mean"], model["scale"])', "h = standardize(X, *standardize_fit(X))"),
    ),
    (
        "only_centred",
        "The inputs are centred and not scaled.",
        ('h = standardize(X, model["mean"], model["scale"])', 'h = X - model["mean"]'),
    ),
    (
        "batch_statistics",
        "Batch norm takes its statistics from the rows that are asked about. In evaluation it has its own, "
        "gathered in training.",
        (
            RUNNING,
            """            spread = np.sqrt(z.var(axis=0) + 1e-5)
            z = params[f"gamma{k}"] * (z - z.mean(axis=0)) / spread + params[f"beta{k}"]
        h = activation(z, "relu")""",
        ),
    ),
    (
        "norm_after_relu",
        "ReLU comes before batch norm in your network; here it comes after.",
        (
            RUNNING,
            RUNNING.replace("                z,", '                activation(z, "relu"),').replace(
                '        h = activation(z, "relu")',
                '            h = z\n        else:\n            h = activation(z, "relu")',
            ),
        ),
    ),
    (
        "relu_at_the_end",
        "The scores pass ReLU, so that all negative ones become equal: the last layer is affine and nothing "
        "else.",
        (
            'return affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"])',
            'return activation(affine_forward(h, params[f"W{n_layers}"], params[f"b{n_layers}"]), "relu")',
        ),
    ),
    (
        "lowest_score",
        "The class with the lowest score is predicted.",
        ("np.argmax(scores(model, X), axis=1)", "np.argmin(scores(model, X), axis=1)"),
    ),
)

# --- One pass -----------------------------------------------------------------------------------------------

TRAINED = "masks[k - 1], p=p, training=True)"
NORM_BACK = '                    grad, before[k - 1], params[f"gamma{k}"]'

PASS = _all(
    "loss_and_grads",
    (
        "nothing_dropped",
        "The masks play no part on the way forward.",
        (f'dropout(activation(z, "relu"), {TRAINED}', 'activation(z, "relu")'),
    ),
    (
        "mask_forgotten_on_the_way_back",
        "On the way back the gradient does not pass the masks: a unit that was dropped has no part in the "
        "loss.",
        ("            grad = dropout_backward(grad, masks[k - 1], p=p)\n", ""),
    ),
    (
        "scale_forgotten_on_the_way_back",
        "On the way back the gradient passes the masks and not the factor by which what was kept had been "
        "scaled up.",
        ("dropout_backward(grad, masks[k - 1], p=p)", "grad * masks[k - 1]"),
    ),
    (
        "relu_at_its_output",
        "ReLU's slope is taken in the affine part's output. With batch norm between them that is not what "
        "ReLU "
        "was given.",
        (
            'activation_backward(grad, after[k - 1], "relu")',
            'activation_backward(grad, before[k - 1], "relu")',
        ),
    ),
    (
        "norm_at_its_output",
        "Batch norm's gradient is taken at its own output: its backward function wants the input.",
        (NORM_BACK, '                    grad, after[k - 1], params[f"gamma{k}"]'),
    ),
    (
        "statistics_stay",
        "The running statistics come back as they were: what the training pass returns of them gets lost.",
        (
            'z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(',
            "z, *_ = batch_norm_train(",
        ),
    ),
    (
        "evaluation_in_training",
        "In training your batch norm uses the running statistics; there it uses the batch.",
        (
            """            z, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], running[f"mean{k}"], running[f"var{k}"]
            )
        after""",
            """            seen = running[f"mean{k}"], running[f"var{k}"]
            _, running[f"mean{k}"], running[f"var{k}"] = batch_norm_train(
                z, params[f"gamma{k}"], params[f"beta{k}"], *seen
            )
            z = batch_norm_eval(z, params[f"gamma{k}"], params[f"beta{k}"], *seen)
        after""",
        ),
    ),
    (
        "sum_instead_of_mean",
        "Loss and gradients are those of the batch's sum: the mean over the batch was asked for.",
        (
            "    inputs.append(h)\n    grads = {}",
            "    inputs.append(h)\n    loss, grad, grads = loss * len(X), grad * len(X), {}",
        ),
    ),
)

# --- Train --------------------------------------------------------------------------------------------------

DECAYED = '{k: keep * w if k.startswith("W") else w for k, w in model["params"].items()}'
STEPPED = 'momentum_step(params, grads, state, lr=lr, momentum=config["momentum"])\n'
LATER = '            params = {k: keep * w if k.startswith("W") else w for k, w in params.items()}\n'

TRAIN = _all(
    "train",
    (
        "scaled_after_all",
        "The network is trained on the inputs as they come; the scaling goes into the model only.",
        ("inputs = standardize(X, mean, scale)", "inputs = X"),
    ),
    (
        "always_standardised",
        "The config's scaling is not looked at: centring alone leaves every scale at one.",
        ('if config["scaling"] == "center":', 'if config["scaling"] == "centre":'),
    ),
    (
        "scaled_with_the_validation_set",
        "Mean and scale are those of training and validation set together: the validation set has then been "
        "seen in training.",
        ("mean, scale = standardize_fit(X)", "mean, scale = standardize_fit(np.concatenate([X, X_val]))"),
    ),
    (
        "last_epoch_kept",
        "The model of the last epoch comes back, whatever the validation loss said on the way.",
        ("return models[best],", "return models[-1],"),
    ),
    (
        "best_by_accuracy",
        "The epoch is chosen by its validation accuracy: the validation loss was asked for.",
        ('best = best_index(history["val_loss"])', 'best = int(np.argmax(history["val_accuracy"]))'),
    ),
    (
        "state_made_anew",
        "The optimiser's state is made anew in every epoch, and what it had gathered is lost.",
        (
            "        losses = []\n        for rows",
            '        state = adam_init(model["params"]) if adam else momentum_init(model["params"])\n'
            "        losses = []\n        for rows",
        ),
    ),
    (
        "short_batch_used",
        "The last batch makes its update though it is not full.",
        ("rng=rng, drop_last=True)", "rng=rng)"),
        ("total_steps = config", "total_steps = 1 + config"),
        ("dropout_mask((size, width)", "dropout_mask((len(rows), width)"),
    ),
    (
        "schedule_by_epochs",
        "The rate changes from epoch to epoch: the schedule counts updates.",
        ("            step += 1\n", ""),
        ("        models.append(model)\n", "        models.append(model)\n        step += len(X) // size\n"),
    ),
    (
        "schedule_one_ahead",
        "The schedule is one update ahead: it counts what is done before the update that it is asked for.",
        ("cosine_lr(step, base_lr", "cosine_lr(step + 1, base_lr"),
    ),
    (
        "all_parameters_decay",
        "Biases decay too: only the weight matrices do.",
        ('keep * w if k.startswith("W") else w', "keep * w"),
    ),
    (
        "decay_without_the_rate",
        "The weights shrink by the decay alone: the rate multiplies it.",
        ('keep = 1 - lr * config["weight_decay"]', 'keep = 1 - config["weight_decay"]'),
    ),
    (
        "decay_after_the_step",
        "The weights decay after the optimiser's step, so that the step itself shrinks as well.",
        (DECAYED, 'model["params"]'),
        (STEPPED, STEPPED + LATER),
    ),
    (
        "always_momentum",
        "The config's optimiser is not looked at: Adam was asked for and momentum stepped.",
        ('adam = config["optimizer"] == "adam"', "adam = False"),
    ),
    (
        "nothing_is_dropped",
        "No unit is ever dropped, whatever the config says.",
        (
            'masks = [dropout_mask((size, width), p=config["dropout"], rng=rng)',
            "masks = [np.ones((size, width), dtype=bool)",
        ),
    ),
    (
        "loss_after_the_update",
        "The training loss of a batch is taken after its update: it is the one that the gradients belong to.",
        (
            "            losses.append(loss)\n",
            "            again = loss_and_grads(model, inputs[rows], y[rows], masks, p=config['dropout'])\n"
            "            losses.append(again[0])\n",
        ),
    ),
    (
        "statistics_not_kept",
        "The running statistics that come out of a training pass are not put into the model, so that it "
        "answers with those that it started with.",
        ('"params": params, "running": running}', '"params": params}'),
    ),
)

# --- Tune ---------------------------------------------------------------------------------------------------

TUNE = _all(
    "tune",
    (
        "highest_wins",
        "The highest loss wins: lower is better.",
        ("best_index(means)", "best_index([-mean for mean in means])"),
    ),
    (
        "luckiest_run_wins",
        "A config is judged by its best seed: the mean over all its seeds counts.",
        ("means.append(np.mean(losses))", "means.append(np.min(losses))"),
    ),
    (
        "budget_of_configs",
        "The budget is spent on configs: it counts runs, and every config takes as many as there are seeds.",
        ("budget // len(seeds)", "budget"),
    ),
    (
        "no_budget",
        "The budget plays no part: all configs are tried.",
        ("enumerate(configs[: budget // len(seeds)])", "enumerate(configs)"),
    ),
    (
        "begins_what_does_not_fit",
        "The last config is begun though not all of its runs fit into the budget.",
        ("budget // len(seeds)", "-(-budget // len(seeds))"),
    ),
    (
        "broken_run_left_out",
        "A run that broke down is left out of its config's mean, as if it had not been: it makes the config "
        "lose.",
        ("means.append(np.mean(losses))", "means.append(np.nanmean(losses))"),
    ),
    (
        "one_entry_a_config",
        "The log has one entry a config: every run is written down.",
        (
            "log += [(place, seed, loss) for seed, loss in zip(seeds, losses, strict=True)]",
            "log.append((place, seeds[0], float(np.mean(losses))))",
        ),
    ),
)

# --- Intervals ----------------------------------------------------------------------------------------------

INTERVAL = _all(
    "mean_interval",
    (
        "squares_over_n",
        "The standard deviation divides by n: a mean that was taken from the same values costs one.",
        ("np.std(values, ddof=1)", "np.std(values)"),
    ),
    (
        "no_root_of_n",
        "This is the spread of single runs: the mean of n of them is surer by the root of n.",
        (" / np.sqrt(n))", ")"),
    ),
    (
        "freedom_too_many",
        "The quantile has n degrees of freedom: one is spent on the mean.",
        ("t_quantile(level, n - 1)", "t_quantile(level, n)"),
    ),
    (
        "as_if_the_spread_were_known",
        "The quantile is the normal one, which is right only where the spread is known or n is large.",
        ("t_quantile(level, n - 1)", "t_quantile(level, 10**6)"),
    ),
    (
        "level_forgotten",
        "The interval has one level whatever is asked for.",
        ("t_quantile(level, n - 1)", "t_quantile(0.95, n - 1)"),
    ),
    (
        "level_not_handed_on",
        "The difference's interval has one level whatever is asked for.",
        ("np.asarray(a) - np.asarray(b), level=level)", "np.asarray(a) - np.asarray(b))"),
    ),
    (
        "not_paired",
        "The two sides' intervals are combined as if the runs were independent: what a seed does to both "
        "then "
        "counts as noise.",
        (
            "return mean_interval(np.asarray(a) - np.asarray(b), level=level)",
            "one, other = mean_interval(a, level=level), mean_interval(b, level=level)\n"
            "    return one[0] - other[0], float(np.hypot(one[1], other[1]))",
        ),
    ),
    (
        "other_way_round",
        "The difference is taken the other way round.",
        ("np.asarray(a) - np.asarray(b), level", "np.asarray(b) - np.asarray(a), level"),
    ),
)

# --- Ablation -----------------------------------------------------------------------------------------------

ABLATION = _all(
    "ablation",
    (
        "switches_add_up",
        "Switches that were thrown stay thrown: in every row but one all the others are back.",
        ("config = {**base, **changes}", "base = config = {**base, **changes}"),
    ),
    (
        "base_minus_row",
        "The difference is the base minus the row: a part that helped should show a loss where it is off.",
        ('paired_difference(values, rows[0]["values"])', 'paired_difference(rows[0]["values"], values)'),
    ),
    (
        "against_the_row_before",
        "Each row is compared with the one before it: all are compared with the base.",
        ('paired_difference(values, rows[0]["values"])', 'paired_difference(values, rows[-1]["values"])'),
    ),
    (
        "interval_of_the_row",
        "The half width is that of the row's own accuracies: it belongs to their difference to the base's.",
        (
            "        row = {",
            "        half = mean_interval(values)[1] if rows else half\n        row = {",
        ),
    ),
    (
        "base_not_retuned",
        "The base is run as it is while the rows are tuned again: then the tuning is compared, not the part.",
        ("if retune is not None:", "if retune is not None and rows:"),
    ),
    (
        "retuned_before_the_switch",
        "The settings are tuned before the switch is thrown: they are then right for the whole and not for "
        "what "
        "is left.",
        (
            "            config = retune(config)\n",
            "            config = {**retune(base), **changes}\n",
        ),
    ),
    (
        "never_retuned",
        "What retune gives back is not run.",
        ("            config = retune(config)\n", "            retune(config)\n"),
    ),
)

MISTAKES = (*BUILD, *PREDICT, *PASS, *TRAIN, *TUNE, *INTERVAL, *ABLATION)
