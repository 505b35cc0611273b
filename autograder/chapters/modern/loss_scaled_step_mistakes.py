"""Named mistakes of `loss_scaled_step`, with their hints."""

from __future__ import annotations

from autograder.checking import mistakes

HALF = "half = {key: w.astype(np.float16) for key, w in params.items()}"
FINITE = "if not all(np.all(np.isfinite(g)) for g in grads.values()):"
STAYED = 'return {key: w.copy() for key, w in params.items()}, {"scale": scale / 2, "good": 0}'
MOVED = "new_params = {key: w - lr * grads[key].astype(np.float64) / scale for key, w in params.items()}"
GROWN = "scale, good = 2 * scale, 0"

MISTAKES = mistakes(
    "loss_scaled_step",
    (
        "sum_is_looked_at",
        "The sum of an array is looked at, and in float16 a sum of good gradients may be infinite. Look at "
        "each entry.",
        ("np.all(np.isfinite(g))", "np.isfinite(np.sum(g))"),
    ),
    (
        "scale_left_in",
        "The scale is not taken out of the gradients, so that the steps are as many times too long.",
        (MOVED, "new_params = {key: w - lr * grads[key].astype(np.float64) for key, w in params.items()}"),
    ),
    (
        "unscaled_in_half",
        "The scale is taken out in float16, where small gradients become 0 again. Convert first, then "
        "divide.",
        (
            MOVED,
            "new_params = {key: w - lr * (grads[key].astype(np.float64) / "
            "scale).astype(np.float16).astype(np.float64) for key, w in params.items()}",
        ),
    ),
    (
        "weights_in_half",
        "The weights that you keep have been through float16: a step that is too short for it is lost. Step "
        "from params.",
        (
            MOVED,
            "new_params = {key: half[key].astype(np.float64) - lr * grads[key].astype(np.float64) / scale "
            "for key in params}",
        ),
    ),
    (
        "gradients_at_full_precision",
        "grad_fn gets the parameters as they are. It is to see them in float16.",
        (HALF, "half = params"),
    ),
    (
        "steps_anyway",
        "A step is taken whatever the gradients are: one infinite entry, and the weights are lost.",
        (FINITE, "if False:"),
    ),
    (
        "bad_entries_zeroed",
        "Bad entries are set to 0 and the step is taken. It is to be left out altogether.",
        (
            STAYED,
            "clean = {key: np.nan_to_num(g.astype(np.float64), posinf=0, neginf=0) for key, g in "
            "grads.items()}\n        return {key: w - lr * clean[key] / scale for key, w in params.items()}, "
            '{"scale": scale / 2, "good": 0}',
        ),
    ),
    (
        "only_the_bad_array_stays",
        "Only the array with the bad entry stays where it is. One bad entry stops the step of all arrays.",
        (
            STAYED,
            "fine = {key: np.all(np.isfinite(g)) for key, g in grads.items()}\n"
            "        step = {key: g.astype(np.float64) / scale if fine[key] else 0.0 for key, g in "
            "grads.items()}\n"
            "        return {key: w - lr * step[key] for key, w in params.items()}, "
            '{"scale": scale / 2, "good": 0}',
        ),
    ),
    (
        "nan_unnoticed",
        "Infinite gradients stop the step, NaN does not.",
        (FINITE, "if any(np.any(np.isinf(g)) for g in grads.values()):"),
    ),
    (
        "infinity_unnoticed",
        "NaN stops the step, an infinite gradient does not.",
        (FINITE, "if any(np.any(np.isnan(g)) for g in grads.values()):"),
    ),
    (
        "one_array_only",
        "Only one of the arrays is looked at. A bad entry may be in any of them.",
        (FINITE, "if not np.all(np.isfinite(next(iter(grads.values())))):"),
    ),
    (
        "scale_never_falls",
        "The scale is not halved after a bad step, so that the next one is bad as well.",
        ('{"scale": scale / 2, "good": 0}', '{"scale": scale, "good": 0}'),
    ),
    (
        "scale_never_below_one",
        "The scale stops at 1 on its way down. After a bad step it is half as large, also below 1.",
        ('{"scale": scale / 2, "good": 0}', '{"scale": max(scale / 2, 1.0), "good": 0}'),
    ),
    (
        "scale_has_a_largest",
        "The scale stops at a largest value on its way up. It is doubled however large it is.",
        (GROWN, "scale, good = min(2 * scale, 2.0**24), 0"),
    ),
    (
        "scale_never_grows",
        "The scale never grows again.",
        (GROWN, "scale, good = scale, 0"),
    ),
    (
        "grows_with_every_step",
        "Once the scale has grown it grows with every step: after a doubling the counting begins again.",
        ("if good == growth_interval:", "if good >= growth_interval:"),
        (GROWN, "scale = 2 * scale"),
    ),
    (
        "grows_one_step_late",
        "The scale grows one step too late: after growth_interval good steps, not after one more.",
        ("if good == growth_interval:", "if good > growth_interval:"),
    ),
    (
        "bad_steps_do_not_count",
        "A bad step leaves the count of good ones as it is. They must come in a row.",
        ('{"scale": scale / 2, "good": 0}', '{"scale": scale / 2, "good": state["good"]}'),
    ),
    (
        "uphill",
        "The step goes up the gradient: the loss grows. Look at the sign of the update.",
        (MOVED, MOVED.replace("w - lr", "w + lr")),
    ),
)
