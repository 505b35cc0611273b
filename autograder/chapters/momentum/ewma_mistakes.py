"""Named mistakes of `ewma`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes


class CumulativeSums:
    def ewma(xs, *, beta, corrected=False):
        if beta == 0:
            return xs.copy()
        t = np.arange(1, len(xs) + 1).reshape((-1,) + (1,) * (np.ndim(xs) - 1))
        with np.errstate(all="ignore"):
            v = (1 - beta) * np.cumsum(xs * beta ** (-1.0 * t), axis=0) * beta**t
        return v / (1 - beta**t) if corrected else v


class DividedByPowers:
    def ewma(xs, *, beta, corrected=False):
        t = np.arange(1, len(xs) + 1).reshape((-1,) + (1,) * (np.ndim(xs) - 1))
        with np.errstate(all="ignore"):
            v = (1 - beta) * beta**t * np.cumsum(xs / beta**t, axis=0)
        return v / (1 - beta**t) if corrected else v


class CorrectedAlongTheLastAxis:
    def ewma(xs, *, beta, corrected=False):
        v, averages = 0.0, np.empty(np.shape(xs))
        for t, x in enumerate(xs):
            v = beta * v + (1 - beta) * x
            averages[t] = v
        return averages / (1 - beta ** np.arange(1, len(xs) + 1)) if corrected else averages


class MemoryCut:
    def ewma(xs, *, beta, corrected=False):
        length, out = int(np.ceil(5 / (1 - beta))), np.zeros(xs.shape)
        for t in range(len(xs)):
            first = max(0, t + 1 - length)
            weights = (1 - beta) * beta ** np.arange(t - first, -1, -1.0)
            out[t] = np.tensordot(weights, xs[first : t + 1], axes=1)
            if corrected:
                out[t] /= 1 - beta ** (t + 1)
        return out


RECURSION = "v = beta * v + (1 - beta) * x"
ANSWER = "v / (1 - beta**t) if corrected else v"

MISTAKES = mistakes(
    "ewma",
    (
        "powers_that_overflow",
        "The sum holds powers of 1/β, which overflow in a long series. The recursion needs no power of β.",
        CumulativeSums,
    ),
    (
        "divided_by_powers",
        "The values are divided by powers of β, which are 0 where β is, and become 0 in a long series. The "
        "recursion needs no power of β.",
        DividedByPowers,
    ),
    (
        "corrected_along_the_last_axis",
        "The corrections, one for each time, are spread along the last axis. Time is the first axis: of a "
        "series of vectors each vector has one correction.",
        CorrectedAlongTheLastAxis,
    ),
    (
        "memory_cut_off",
        "Old values drop out after a while. In the recursion no value ever does: its weight only shrinks.",
        MemoryCut,
    ),
    (
        "correction_ends",
        "The correction ends once βᵗ is small. It is made at every t.",
        (ANSWER, "v / (1 - beta**t) if corrected and beta**t > 1e-3 else v"),
    ),
    (
        "correction_ends_after_a_while",
        "The correction ends after some multiple of the memory 1/(1-β). It is made at every t.",
        (ANSWER, "v / (1 - beta**t) if corrected and t < 4 / (1 - beta) else v"),
    ),
    (
        "weights_swapped",
        "The two weights are swapped, so that nearly nothing is remembered. β belongs to what was there "
        "before: look at which term it multiplies.",
        (RECURSION, "v = (1 - beta) * v + beta * x"),
    ),
    (
        "values_add_up",
        "Each new value comes in whole: that is a leaky sum, the velocity of momentum, 1/(1-β) times too "
        "large for an average. The two weights of an average add up to one.",
        (RECURSION, "v = beta * v + x"),
    ),
    (
        "nothing_remembered_after_the_start",
        "The answer for each value is made from that value alone. The recursion must go on with what it "
        "had: look at where v is set to zero.",
        (RECURSION, "v = (1 - beta) * x"),
    ),
    (
        "corrected_average_goes_on",
        "The corrected average is put back into the recursion, so that the correction is made again and "
        "again. It is for the answer alone; v itself stays as it is.",
        (ANSWER, "v"),
        (RECURSION, "v = beta * v + (1 - beta) * x\n        v = v / (1 - beta**t) if corrected else v"),
    ),
    (
        "counted_from_zero",
        "The correction counts from zero, and divides by zero at the first value. There one value has come "
        "in: look at what t is then.",
        (ANSWER, "v / (1 - beta ** (t - 1)) if corrected else v"),
    ),
    (
        "counted_from_two",
        "The correction counts one value too many, so that the corrected average starts too low. At the "
        "first value the weights that were handed out add up to 1-β: which power of β is that?",
        (ANSWER, "v / (1 - beta ** (t + 1)) if corrected else v"),
    ),
    (
        "one_correction_for_all",
        "Every answer is divided by 1-β. That is right at the first value, and then far too much: the share "
        "of weights handed out grows with every value.",
        (ANSWER, "v / (1 - beta) if corrected else v"),
    ),
    (
        "never_corrected",
        "There is no correction even where it is asked for. Look at the argument corrected.",
        (ANSWER, "v"),
    ),
    (
        "always_corrected",
        "The correction is made even where it is not asked for. Look at the argument corrected and its "
        "default.",
        (ANSWER, "v / (1 - beta**t)"),
    ),
    (
        "columns_mixed",
        "All numbers of one time are averaged into one. Only the first axis is time: every column is a "
        "series of its own.",
        (RECURSION, "v = beta * v + (1 - beta) * np.mean(x)"),
    ),
    free={"correction_ends_after_a_while": ("t < {} / (1", ("4", "1", "2", "3", "5", "10"))},
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "ewma",
    (
        "starts_from_the_first_value",
        "The average starts from the first value: the convention of pandas' ewm(adjust=False) and of "
        "most forecasting books. Here v is zero before the first value, and the correction is made for "
        "that.",
        ("v, averages = 0.0,", "v, averages = xs[0],"),
    ),
    (
        "smoothing_factor",
        "The argument is taken for the smoothing factor of forecasting books, the weight of the first "
        "value and of each new one, and the average starts from the first value. Here β weighs what was "
        "there before.",
        ("v, averages = 0.0,", "v, averages = xs[0],"),
        (RECURSION, "v = (1 - beta) * v + beta * x"),
    ),
)
