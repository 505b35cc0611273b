"""Named mistakes of `ablation`, with their hints."""

from autograder.checking import mistakes

MISTAKES = mistakes(
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
        "base_itself_handed_on",
        "The base itself goes to retune, not a copy of it. A retune that changes the config it gets changes "
        "the base, and with it all rows that come after.",
        (
            "config = {**base, **changes}",
            "config = {**base, **changes} if changes else base",
        ),
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
        "retuned_for_each_seed",
        "retune is called for every seed: it is called once a row, and all seeds run what it gave back.",
        ("            config = retune(config)\n", "            pass\n"),
        ("run(config, seed) for seed", "run(retune(config) if retune else config, seed) for seed"),
    ),
    (
        "never_retuned",
        "What retune gives back is not run.",
        ("            config = retune(config)\n", "            retune(config)\n"),
    ),
)
