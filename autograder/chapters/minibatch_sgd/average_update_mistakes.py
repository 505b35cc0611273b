"""Named mistakes of `average_update`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

SHARE, BLEND = (
    "a = (eta + 1) / (t + eta)",
    'average = {key: (1 - a) * state["average"][key] + a * w for key, w in params.items()}',
)
KEPT = 'return average, {"t": t, "average": average}'


class CounterForEachKey:
    def average_update(state, params, *, eta=3.0):
        t, average = state["t"], {}
        for key, w in params.items():
            t += 1
            a = (eta + 1) / (t + eta)
            average[key] = (1 - a) * state["average"][key] + a * w
        return average, {"t": t, "average": average}


class GammaFunctions:
    def average_init(params):
        return (0, 0.0, {key: 0.0 for key in params})

    def average_update(state, params, *, eta=3.0):
        import math

        t, total, average = state
        t = t + 1
        weight = math.gamma(t + eta) / math.gamma(t)
        total = total + weight
        average = {key: average[key] + weight / total * (params[key] - average[key]) for key in params}
        return average, (t, total, average)


class StartCounts:
    def average_init(params):
        return {"t": 1, "average": {key: value.copy() for key, value in params.items()}}


class StartWithWeightZero:
    def average_init(params):
        return {"t": 0, "average": {key: value.copy() for key, value in params.items()}}


class NameTaken:
    def average_init(params):
        return {**{key: np.zeros_like(value) for key, value in params.items()}, "t": 0}

    def average_update(state, params, *, eta=3.0):
        t = state["t"] + 1
        a = (eta + 1) / (t + eta)
        average = {key: (1 - a) * state[key] + a * w for key, w in params.items()}
        return average, {**average, "t": t}


MISTAKES = mistakes(
    "average_update",
    (
        "name_taken_by_the_state",
        "The count stands in one dict with the averages, and a parameter of its name overwrites it, or is "
        "overwritten. Give the averages a dict of their own.",
        NameTaken,
    ),
    (
        "eta_ignored",
        "Every iterate weighs the same whatever eta is: this is the plain mean, which never forgets where "
        "the run began. Look at a.",
        (SHARE, "a = 1 / t"),
    ),
    (
        "weights_swapped",
        "The two weights are swapped: a belongs to the new iterate. Look at what is left over when t grows "
        "and a becomes small.",
        (BLEND, 'average = {key: a * state["average"][key] + (1 - a) * w for key, w in params.items()}'),
    ),
    (
        "t_one_ahead",
        "The count is one ahead, so that a is below one at the first iterate and something of zero stays "
        "in the average. t is 1 for the first.",
        (SHARE, "a = (eta + 1) / (t + 1 + eta)"),
    ),
    (
        "one_forgotten_above",
        "a lacks the 1 in its numerator: with eta = 0 nothing is ever taken in, and the first average is "
        "not the first iterate.",
        (SHARE, "a = eta / (t + eta)"),
    ),
    (
        "eta_forgotten_below",
        "a lacks eta in its denominator, so that it is larger than one at first and the average shoots "
        "beyond the iterates.",
        (SHARE, "a = (eta + 1) / t"),
    ),
    (
        "constant_share",
        "The share of the new iterate is always the same: a leaky mean, whose noise never dies out. It "
        "falls with t, so t must be counted.",
        (
            KEPT,
            KEPT.replace('"t": t', '"t": min(t, 2)'),
        ),
    ),
    (
        "t_never_raised",
        "The count is not kept, so that every iterate is taken for the first one and replaces the average. "
        "Look at what the new state holds.",
        (
            KEPT,
            KEPT.replace('"t": t', '"t": state["t"]'),
        ),
    ),
    (
        "t_raised_for_each_key",
        "The count goes up once for each parameter and not once an update, so that the second parameter is "
        "averaged otherwise than the first.",
        CounterForEachKey,
    ),
    (
        "start_counts_as_an_iterate",
        "The values given to average_init count as the first iterate. They only say which keys and shapes "
        "to expect.",
        StartCounts,
    ),
    (
        "weights_by_the_gamma_function",
        "The weights are quotients of gamma functions, which grow beyond all numbers where t + eta is above "
        "171: a longer run ends there. The share a needs none of them.",
        GammaFunctions,
    ),
    (
        "start_with_weight_zero",
        "What average_init was given comes in with the weight 0, and 0 times NaN or infinity is NaN. Begin "
        "with zeros.",
        StartWithWeightZero,
    ),
    (
        "eta_cut_to_a_whole_number",
        "eta is cut to a whole number. Any number from 0 on will do: use it as it is.",
        (SHARE, "a = (int(eta) + 1) / (t + int(eta))"),
    ),
    costs={"t_never_raised": 1.0},  # it leaves its argument as it was
)


# --- Right by another convention ----------------------------------------------------------------------------


class SuffixMean:
    def average_init(params):
        return []

    def average_update(state, params, *, eta=3.0):
        seen = [*state, {key: w.copy() for key, w in params.items()}]
        last = seen[len(seen) // 2 :]
        return {key: np.mean([w[key] for w in last], axis=0) for key in params}, seen


CONVENTIONS = conventions(
    "average_update",
    (
        "last_half",
        "The last half of the iterates is averaged: suffix averaging (Rakhlin, Shamir & Sridharan "
        "2012). Asked for is polynomial decay, which needs no memory of old iterates.",
        SuffixMean,
    ),
    (
        "weights_proportional_to_t",
        "Iterate t weighs in proportion to t, whatever eta is: the averaging of Lacoste-Julien, "
        "Schmidt & Bach 2012. That is the case eta = 1 of what is asked for.",
        (SHARE, "a = 2 / (t + 1)"),
    ),
)
