"""Named mistakes of `ema_update`, with their hints."""

import numpy as np

from autograder.checking import mistakes

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


class FirstDecayOnly:
    def ema_init(params):
        return {"d": None, "a": {key: np.copy(w) for key, w in params.items()}}

    def ema_update(state, params, *, decay):
        d = decay if state["d"] is None else state["d"]
        average = {key: d * state["a"][key] + (1 - d) * w for key, w in params.items()}
        return average, {"d": d, "a": average}


MISTAKES = mistakes(
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
        "keeps_the_first_decay",
        "The decay of the first update is used in all later ones. It may differ: each update has its own.",
        FirstDecayOnly,
    ),
    (
        "checkpoints_by_place",
        "The arrays of the checkpoints are averaged by their place in each dict. Look them up by their "
        "names.",
        (
            MEAN,
            "dict(zip(checkpoints[0], (np.mean(each, axis=0) for each in "
            "zip(*(checkpoint.values() for checkpoint in checkpoints)))))",
        ),
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
