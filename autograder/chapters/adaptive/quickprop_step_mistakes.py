"""Named mistakes of `quickprop_step`, with their hints."""

from autograder.checking import GUARDS, mistakes

MISTAKES = mistakes(
    "quickprop_step",
    (
        "ratio_bounded_from_below",
        "r has a bound from below. Where the slope has changed its sign r is negative, and the weight goes "
        "back to the minimum between the two places, whatever r is there.",
        (
            "jump = r * d + np.where(s * d > 0, lr * s, 0.0)",
            "jump = np.maximum(r, 0.0) * d + np.where(s * d > 0, lr * s, 0.0)",
        ),
    ),
    (
        "step_read_off_the_weights",
        "The last step is read off the weights, after the step and before it: beside large weights it has "
        "lost its digits. Keep the step that was worked out.",
        (
            'return new_params, {"d": step, "s": slope}',
            'return new_params, {"d": {k: new_params[k] - params[k] for k in step}, "s": slope}',
        ),
    ),
    (
        "slope_never_added",
        "The parabola's step stands alone: lr times the slope is missing where the slope still points "
        "the way of the last step. Look at the second case in the text.",
        ("jump = r * d + np.where(s * d > 0, lr * s, 0.0)", "jump = r * d"),
    ),
    (
        "slope_always_added",
        "lr times the slope is added in every update. It is added only while the slope points the way "
        "of the last step; after a change of sign the parabola's step stands alone.",
        ("jump = r * d + np.where(s * d > 0, lr * s, 0.0)", "jump = r * d + lr * s"),
    ),
    (
        "no_growth_limit",
        "The parabola's step is not limited: where the slope has hardly fallen it is many times the "
        "last one, and where it has grown it goes backwards, uphill. Look at the first case of r.",
        ("where=~limited & (d != 0)", "where=d != 0"),
    ),
    (
        "backwards_when_the_slope_grows",
        "The ratio is cut off from above only. Where the slope has grown, s/(s_p - s) is negative and "
        "the weight goes backwards; the limit takes its place there too: compare slopes, not the ratio "
        "r.",
        (
            "r = np.divide(s, s_p - s, out=np.full_like(s, growth), where=~limited & (d != 0))",
            "r = np.minimum(np.divide(s, s_p - s, out=np.full_like(s, growth), where=(s_p != s) & (d != "
            "0)), growth)",
        ),
    ),
    (
        "limit_by_the_ratios_size",
        "The limit is put on the size of r = s/(s_p - s). Where the slope has grown strongly r is negative "
        "and short, so that the weight goes backwards: the first case of r compares s/s_p with μ/(1 + μ).",
        (
            "limited = s * d > growth / (1 + growth) * s_p * d",
            "ratio = np.divide(s, s_p - s, out=np.full_like(s, np.inf), where=s != s_p)\n"
            "        limited = np.abs(ratio) > growth",
        ),
    ),
    (
        "threshold_of_the_usual_growth",
        "The limit sets in from 1.75/2.75 on, whatever growth is. The threshold is made of the growth that "
        "is given, as the limit is.",
        ("s * d > growth / (1 + growth) * s_p * d", "s * d > 1.75 / 2.75 * s_p * d"),
    ),
    (
        "small_number_in_the_denominator",
        "A small number is added to s_p - s, so that tiny slopes take other steps. Where the two slopes are "
        "equal the first case of r holds, and nothing is divided by zero.",
        ("np.divide(s, s_p - s,", "np.divide(s, s_p - s + 1e-8,"),
    ),
    (
        "limit_on_the_whole_step",
        "The growth limit cuts the whole step, with the slope's part in it. In Fahlman's program it "
        "limits the parabola's part alone, and lr times the slope comes on top.",
        (
            "step[key] = np.where(d == 0, lr * s, jump)",
            "jump = np.clip(jump, -growth * np.abs(d), growth * np.abs(d))\n"
            "        step[key] = np.where(d == 0, lr * s, jump)",
        ),
    ),
    (
        "limit_from_growth_on",
        "The limit sets in only where the ratio of the slopes passes growth itself. By then the "
        "parabola's step has long been longer than growth times the last one: look at the condition in "
        "the first case of r.",
        ("s * d > growth / (1 + growth) * s_p * d", "s * d > growth * s_p * d"),
        ("where=~limited & (d != 0)", "where=~limited & (d != 0) & (s != s_p)"),
    ),
    (
        "no_restart",
        "A weight whose step was once zero never moves again, for the parabola multiplies that zero. It "
        "starts again by lr times its slope: look at which case a step of zero belongs to, later than "
        "in the first update.",
        (
            "step[key] = np.where(d == 0, lr * s, jump)",
            "step[key] = np.where((d == 0) & (s_p == 0), lr * s, jump)",
        ),
        ("slope[key] = s\n", "slope[key] = np.where(s == 0, 1e-300, s)\n"),
    ),
    (
        "restarts_by_the_slope",
        "Whether a weight starts again is decided by its last slope. It is the last step that decides: after "
        "an update at lr = 0 the step is zero and the slope is not.",
        ("step[key] = np.where(d == 0, lr * s, jump)", "step[key] = np.where(s_p == 0, lr * s, jump)"),
        ("where=~limited & (d != 0)", "where=~limited & (s_p != 0)"),
    ),
    (
        "limit_only_where_the_slope_grew",
        "The growth limit sets in only where the slope has grown. Where it has hardly fallen the parabola's "
        "step is too long already: look at the condition in the first case of r.",
        ("s * d > growth / (1 + growth) * s_p * d", "s * d >= s_p * d"),
    ),
    (
        "ratio_in_absolute_value",
        "The ratio s/s_p is compared without its sign. After a change of sign it is negative, so the limit "
        "does not hold there: the parabola's minimum lies between the two places.",
        ("s * d > growth / (1 + growth) * s_p * d", "np.abs(s) > growth / (1 + growth) * np.abs(s_p)"),
    ),
    (
        "gradient_for_slope",
        "The slope is the gradient with its sign changed; here the gradient itself is used, and the "
        "loss grows. Look at the definition of s.",
        ('state["s"][key], -g', 'state["s"][key], g'),
    ),
    (
        "previous_slope_plus",
        "The denominator adds the two slopes. A parabola's slope falls from s_p to s over the last "
        "step, so it is their difference that stands there: look at its signs.",
        ("np.divide(s, s_p - s,", "np.divide(s, s_p + s,"),
        ("where=~limited & (d != 0)", "where=~limited & (d != 0) & (s_p != -s)"),
    ),
    (
        "jump_kept_without_the_slope",
        "The step that is remembered lacks the slope's part. The last step is what the weight really "
        "moved by: look at what goes into the state.",
        (
            "slope[key] = s\n        new_params[key] = params[key] + step[key]",
            "slope[key] = s\n        new_params[key] = params[key] + step[key]\n"
            "        step[key] = np.where(d == 0, lr * s, r * d)",
        ),
    ),
    free={
        "small_number_in_the_denominator": ("s_p - s + {}", ("1e-8", *GUARDS)),
        "ratio_bounded_from_below": ("np.maximum(r, {}) * d", ("0.0", "-0.5", "-growth", "1e-8")),
    },
)
