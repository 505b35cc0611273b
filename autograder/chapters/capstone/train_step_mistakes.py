"""Named mistakes of `train_step`, with their hints."""

from autograder.checking import mistakes

DECAYED = '{name: keep * w if name.startswith("W") else w for name, w in params.items()}'
RETURNED = '    return {**model, "params": new_params, "running": running}, loss, state'
LATER = '    new_params = {name: keep * w if name.startswith("W") else w for name, w in new_params.items()}\n'

MISTAKES = mistakes(
    "train_step",
    (
        "all_parameters_decay",
        "Biases decay too: only the weight matrices do.",
        ('keep * w if name.startswith("W") else w', "keep * w"),
    ),
    (
        "gamma_and_beta_decay",
        "The scale and shift of batch norm decay too: only the weight matrices do.",
        (
            'keep * w if name.startswith("W") else w',
            'w if name.startswith("b") and name[1:].isdigit() else keep * w',
        ),
    ),
    (
        "gamma_decays",
        "gamma decays too: only the weight matrices do.",
        ('keep * w if name.startswith("W") else w', 'w if name.startswith("b") else keep * w'),
    ),
    (
        "decay_in_the_gradient",
        "The decay is added to the gradients, so that the optimiser's state sees it. It is decoupled here: "
        "the weights themselves shrink, and the gradients stay as they are.",
        (DECAYED, "params"),
        (
            "    keep = 1 -",
            "    grads = {\n"
            '        name: g + config["weight_decay"] * params[name] if name.startswith("W") else g\n'
            "        for name, g in grads.items()\n"
            "    }\n"
            "    keep = 1 -",
        ),
    ),
    (
        "decay_in_adams_gradient",
        "For Adam the decay is added to the gradients, where Adam divides it by the gradients' size. It is "
        "decoupled for both optimisers: the weights themselves shrink.",
        (DECAYED, DECAYED[:-1] + '} if config["optimizer"] != "adam" else params'),
        (
            "    keep = 1 -",
            '    if config["optimizer"] == "adam":\n'
            "        grads = {\n"
            '            name: g + config["weight_decay"] * params[name] if name.startswith("W") else g\n'
            "            for name, g in grads.items()\n"
            "        }\n"
            "    keep = 1 -",
        ),
    ),
    (
        "decay_at_the_peak_rate",
        "The decay takes the config's rate, which is the peak. It takes lr, the rate of this update.",
        ('keep = 1 - lr * config["weight_decay"]', 'keep = 1 - config["lr"] * config["weight_decay"]'),
    ),
    (
        "one_mask_for_the_batch",
        "All examples of a batch lose the same units. Every example has its own: draw masks (batch, units).",
        (
            "masks = [dropout_mask((len(X), width), p=p, rng=rng) for width in widths]",
            "masks = [dropout_mask((width,), p=p, rng=rng) for width in widths]\n"
            "    masks = [np.tile(mask, (len(X), 1)) for mask in masks]",
        ),
    ),
    (
        "one_mask_for_equal_layers",
        "Layers of one width share a mask. Each layer draws its own.",
        (
            "masks = [dropout_mask((len(X), width), p=p, rng=rng) for width in widths]",
            "own = {width: dropout_mask((len(X), width), p=p, rng=rng) for width in dict.fromkeys(widths)}\n"
            "    masks = [own[width] for width in widths]",
        ),
    ),
    (
        "decay_without_the_rate",
        "The weights shrink by the decay alone: the rate multiplies it.",
        ('keep = 1 - lr * config["weight_decay"]', 'keep = 1 - config["weight_decay"]'),
    ),
    (
        "decay_after_the_step",
        "The weights decay after the optimiser's step, so that the step itself shrinks as well.",
        (DECAYED, "params"),
        (RETURNED, LATER + RETURNED),
    ),
    (
        "gradients_of_the_decayed",
        "The gradients are taken at the decayed weights: they belong to the weights from before the decay.",
        (
            "    loss, grads, running = loss_and_grads(model, X, y, masks, p=p)\n",
            "    shrunk = {\n"
            '        name: (1 - lr * config["weight_decay"]) * w if name.startswith("W") else w\n'
            "        for name, w in params.items()\n"
            "    }\n"
            '    loss, grads, running = loss_and_grads({**model, "params": shrunk}, X, y, masks, p=p)\n',
        ),
    ),
    (
        "masks_from_the_last",
        "The masks are drawn from the last layer to the first. They are drawn in the layers' order.",
        ("for width in widths]", "for width in widths[::-1]][::-1]"),
    ),
    (
        "masks_in_the_order_of_the_dict",
        "The widths of the masks are taken in the order in which the dict has the layers. W1 is the first, "
        "wherever it stands: take the layers by their numbers.",
        (
            'widths = [params[f"W{k}"].shape[1] for k in range(1, n_layers)]',
            'widths = [w.shape[1] for name, w in params.items() if name[0] == "W"][:-1]',
        ),
    ),
    (
        "masks_in_text_order",
        "The names of the layers are sorted as text, where W10 comes before W2, so that masks do not fit "
        "their layers: sort them by their numbers.",
        (
            '[params[f"W{k}"].shape[1] for k in range(1, n_layers)]',
            '[params[f"W{k}"].shape[1] for k in sorted(range(1, n_layers + 1), key=str)][:-1]',
        ),
    ),
    (
        "usual_momentum",
        "The momentum is the usual 0.9 whatever the config says.",
        ('momentum=config["momentum"])', "momentum=0.9)"),
    ),
    (
        "adam_with_the_configs_momentum",
        "Adam's first beta is the config's momentum. The config's momentum belongs to the optimiser of that "
        "name; Adam takes its usual betas.",
        (
            "adam_step(decayed, grads, state, lr=lr)",
            'adam_step(decayed, grads, state, lr=lr, betas=(config["momentum"], 0.999))',
        ),
    ),
    (
        "always_momentum",
        "The config's optimiser is not looked at: Adam was asked for and momentum stepped.",
        ('if config["optimizer"] == "adam":', "if False:"),
        (
            'adam_init(params) if config["optimizer"] == "adam" else momentum_init(params)',
            "momentum_init(params)",
        ),
    ),
    (
        "state_not_handed_on",
        "The state that comes back is the one that went in: this update's part is lost.",
        ("new_params, state = adam_step(", "new_params, _ = adam_step("),
        ("new_params, state = momentum_step(", "new_params, _ = momentum_step("),
    ),
    (
        "nothing_is_dropped",
        "No unit is ever dropped, whatever the config says.",
        (
            "masks = [dropout_mask((len(X), width), p=p, rng=rng)",
            "masks = [np.ones((len(X), width), dtype=bool)",
        ),
    ),
    (
        "loss_after_the_update",
        "The loss of the batch is taken after its update: it is the one that the gradients belong to.",
        (
            RETURNED,
            '    loss = loss_and_grads({**model, "params": new_params}, X, y, masks, p=p)[0]\n' + RETURNED,
        ),
    ),
    (
        "own_generator",
        "The masks come from a generator of your own, so that every update drops the same units: draw them "
        "from rng.",
        ("p=p, rng=rng) for width", "p=p, rng=np.random.default_rng(0)) for width"),
    ),
    (
        "statistics_not_kept",
        "The running statistics that come out of a training pass are not put into the model, so that it "
        "answers with those that it started with.",
        ('"params": new_params, "running": running}', '"params": new_params}'),
    ),
)
