"""Named mistakes of `rprop_step`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

MISTAKES = mistakes(
    "rprop_step",
    (
        "flipped_gradient_kept",
        "The weight rests after a flip, but the flipped gradient itself is kept as the previous one, so "
        "that the step size changes again in the very next update. Look at what is stored for it.",
        ("previous[key] = g\n", "previous[key] = grads[key]\n"),
    ),
    (
        "etas_swapped",
        "Step sizes shrink where the sign stayed the same and grow where it flipped: the two factors "
        "are swapped. Look at which of etas goes with which sign.",
        (
            "np.where(s > 0, eta_plus, np.where(s < 0, eta_minus, 1.0))",
            "np.where(s > 0, eta_minus, np.where(s < 0, eta_plus, 1.0))",
        ),
    ),
    (
        "not_clipped",
        "Step sizes leave the allowed range. Look at what the text does with step_sizes.",
        ('np.clip(state["delta"][key] * factor, smallest, largest)', 'state["delta"][key] * factor'),
    ),
    (
        "clipped_copy",
        "The step that is taken is clipped, the step size that is kept is not, so that it must first "
        "come all the way back. Look at which of the two goes into the state.",
        ('np.clip(state["delta"][key] * factor, smallest, largest)', 'state["delta"][key] * factor'),
        ("np.sign(g) * delta[key]", "np.sign(g) * np.clip(delta[key], smallest, largest)"),
    ),
    (
        "clipped_only_where_it_changes",
        "A step size is clipped only where it has just grown or shrunk. Every one is clipped in every "
        "update, the first one too.",
        (
            'np.clip(state["delta"][key] * factor, smallest, largest)',
            'np.where(s == 0, state["delta"][key], np.clip(state["delta"][key] * factor, smallest, largest))',
        ),
    ),
    (
        "one_limit_for_each_change",
        "A step size that grows is held against the largest only, one that shrinks against the smallest "
        "only, and one that rests against none. Both limits hold for every step size in every update, the "
        "first one too.",
        (
            'np.clip(state["delta"][key] * factor, smallest, largest)',
            'state["delta"][key] * factor\n'
            "        low, high = np.where(s < 0, smallest, 0), np.where(s > 0, largest, np.inf)\n"
            "        delta[key] = np.clip(delta[key], low, high)",
        ),
    ),
    (
        "clipped_at_the_start_and_where_it_changes",
        "A step size that grows is held against the largest only, one that shrinks against the smallest "
        "only, and one that rests, but for the first, against none. The limits may be others than in the "
        "update before: both hold for every step size.",
        (
            'np.clip(state["delta"][key] * factor, smallest, largest)',
            'state["delta"][key]\n        if not np.any(state["previous"][key]):\n'
            "            delta[key] = np.clip(delta[key], smallest, largest)\n"
            "        grown = np.minimum(delta[key] * factor, largest)\n"
            "        shrunk = np.maximum(delta[key] * factor, smallest)\n"
            "        delta[key] = np.where(s > 0, grown, np.where(s < 0, shrunk, delta[key]))",
        ),
    ),
    (
        "one_limit_where_it_changes",
        "A step size that grows is held against the largest only, one that shrinks against the smallest "
        "only. The limits may be others than in the update before: both hold for every step size.",
        (
            'np.clip(state["delta"][key] * factor, smallest, largest)',
            'state["delta"][key] * factor\n'
            "        low, high = np.where(s > 0, 0.0, smallest), np.where(s < 0, np.inf, largest)\n"
            "        delta[key] = np.clip(delta[key], low, high)",
        ),
    ),
    (
        "zero_counts_as_a_flip",
        "A gradient of zero is treated as a flip of sign. Where the gradient is zero s is 0: the step size "
        "stays the same, it does not shrink.",
        (
            's = np.sign(g * state["previous"][key])',
            'before = np.sign(state["previous"][key])\n'
            "        s = np.where(g == 0, -np.abs(before), np.sign(g) * before)",
        ),
    ),
    (
        "zero_keeps_the_older_gradient",
        "Where the gradient is zero, the one before it stays the previous gradient. A zero is kept like any "
        "other gradient, so that the step size stays the same in the next update.",
        ("previous[key] = g\n", 'previous[key] = np.where(grads[key] == 0, state["previous"][key], g)\n'),
    ),
    (
        "gradient_size_used",
        "The move is the step size times the gradient itself. Rprop takes nothing but the sign from it: "
        "look at the update of the weights.",
        ("params[key] - np.sign(g) * delta[key]", "params[key] - g * delta[key]"),
    ),
    (
        "previous_gradient_never_kept",
        "No step size ever changes, because the previous gradient stays zero. Look at what the new "
        "state holds.",
        ("previous[key] = g\n", 'previous[key] = state["previous"][key]\n'),
    ),
    (
        "old_step_size_used",
        "The weight moves by the step size of before this update; the new one serves only the next. The "
        "step size changes first, then the weight moves by it.",
        ("params[key] - np.sign(g) * delta[key]", 'params[key] - np.sign(g) * state["delta"][key]'),
    ),
    (
        "one_sign_for_all",
        "All weights of a parameter share one step size, led by the scalar product of the two "
        "gradients. Each number has a step size and a sign of its own: look at how the signs are "
        "compared.",
        ('np.sign(g * state["previous"][key])', 'np.sign(np.sum(g * state["previous"][key]))'),
    ),
    free={"flipped_gradient_kept": ("previous[key] = {}\n", ("grads[key]", "grads[key].copy()"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


class TakesTheMoveBack:
    def rprop_init(params, *, lr=0.01):
        zero = {k: np.zeros_like(w) for k, w in params.items()}
        return {"delta": {k: np.full_like(w, lr) for k, w in params.items()}, "g": zero, "move": zero}

    def rprop_step(params, grads, state, *, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        new, delta, kept, moved = {}, {}, {}, {}
        for k, g in grads.items():
            s = np.sign(g * state["g"][k])
            delta[k] = state["delta"][k] * np.where(s > 0, etas[1], np.where(s < 0, etas[0], 1.0))
            delta[k] = np.clip(delta[k], *step_sizes)
            kept[k] = np.where(s < 0, 0.0, g)
            moved[k] = np.where(s < 0, -state["move"][k], -np.sign(g) * delta[k])
            new[k] = params[k] + moved[k]
        return new, {"delta": delta, "g": kept, "move": moved}


CONVENTIONS = conventions(
    "rprop_step",
    (
        "takes_the_move_back",
        "Where the sign flips, the last move is taken back. That is Rprop+ (Riedmiller & Braun 1993, "
        "and the slides of some lectures); asked for is iRprop-, in which the weight stays where it is "
        "for that update.",
        TakesTheMoveBack,
    ),
    (
        "moves_on_after_a_flip",
        "Where the sign flips, the weight moves on at once by the smaller step, and the gradient is "
        "kept. That is Rprop-; asked for is iRprop-, which treats that gradient as zero. Look at what "
        "follows the step sizes.",
        ("g = np.where(s < 0, 0.0, g)\n        new", "new"),
    ),
)
