"""Averages of weights, `ema_update`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import few_digits
from .shared import running

# --- Checks -------------------------------------------------------------------------------------------------


def path(rng, count):
    shapes = {"W": (2, 3), "b": 4, "c": 4, "gain": ()}  # two of one shape, and one without axes
    return [
        {key: np.asarray(10 * rng.normal(size=shape)) for key, shape in shapes.items()} for _ in range(count)
    ]


@pytest.mark.exercise("ema_update", weight=2)
def test_the_average_starts_as_a_copy_and_follows(student, rng):
    """Old average times decay plus the newest times 1 - decay, from the first parameters on."""
    start, *rest = path(rng, 10)
    all_decays = [*map(float, rng.uniform(0.8, 0.98, size=6)), 0.1, 0.9999, 0.0]
    for names, size, steps, where in (
        ("Wbcg", 1.0, 9, ""),
        (("t", "step", "decay", "key"), 1.0, 4, "With parameters whose names are t, step and decay: "),
        (("n", "count", "params", "w"), 1e-20, 4, "With tiny weights named n, count and params: "),
    ):
        decays = all_decays[-steps:]
        path_of = [
            {name: np.asarray(size * w) for name, w in zip(names, each.values(), strict=True)}
            for each in (start, *rest[:steps])
        ]
        want, average = [], path_of[0]
        for params, decay in zip(path_of[1:], decays, strict=True):
            average = {key: decay * average[key] + (1 - decay) * params[key] for key in params}
            want.append(average)
        got = running(student, path_of[0], path_of[1:], decays)
        assert close(got, want, atol=1e-12 * size), few_digits(got, want) or (
            f"{where}The running average is another. It starts as the first parameters themselves, keeps "
            "the share decay of what it was, and takes the rest from what is new. The decay differs from "
            "update to update: each is used in its own update alone, and nothing is worked out anew."
        )


@pytest.mark.exercise("ema_update")
def test_weights_that_stand_still_are_their_own_average(student, rng):
    """If all parameters are the same, so is the average, from the first update on."""
    start, other = path(rng, 2)
    *still, last = running(student, start, [start, start, start, other], [0.9, 0.8, 0.7, 0.6])
    assert close(still, [start] * 3), (
        "The parameters never change, and their average is another: where does it start, and do the two "
        "shares add up to one?"
    )
    near = {key: np.asarray((1 + 1e-7) * w) for key, w in start.items()}
    (got,) = running(student, start, [near], [0.5])
    assert close(got, {key: (1 + 5e-8) * w for key, w in start.items()}, atol=0.0), (
        "Where the weights hardly move the average is another: small differences count, too."
    )
    assert not close(last, other) and not close(last, start), "When they change it follows, not all the way."


@pytest.mark.exercise("ema_update")
def test_old_parameters_fade(student, rng):
    """With zeros from some update on, the average fades by decay an update."""
    (start,), decay = path(rng, 1), float(rng.uniform(0.5, 0.9))
    nothing = {key: np.zeros_like(value) for key, value in start.items()}
    got = running(student, start, [nothing] * 5, [decay] * 5)
    assert close(got, [{key: decay**t * w for key, w in start.items()} for t in range(1, 6)]), (
        "After the weights became zero their average should lose the share 1 - decay an update, and keep "
        "the rest. What is handed on from one update to the next?"
    )


@pytest.mark.exercise("ema_update")
def test_a_long_run_goes_on_as_it_began(student, rng):
    """After many updates the average is still that of all of them."""
    walk, decay = [{"w": w} for w in rng.normal(size=(106, 1))], 0.99
    average = walk[0]["w"]
    for params in walk[1:]:
        average = decay * average + (1 - decay) * params["w"]
    got = running(student, walk[0], walk[1:], [decay] * 105)[-1]
    assert close(got, {"w": average}), (
        "After many updates the average is another: the start and all updates still count, and no update "
        "starts anew."
    )


@pytest.mark.exercise("ema_update", weight=2)
def test_checkpoints_count_alike(student, rng):
    """The mean of checkpoints weighs all alike, parameter by parameter, in whatever order."""
    for count in (2, 1, 5, 12):
        found = path(rng, count)
        found[-1] = found[0]  # one comes twice
        want = {key: sum(each[key] for each in found) / count for key in found[0]}
        turned = [
            *found[:-1],
            {key: found[-1][key] for key in ("W", "c", "b", "gain")},
        ]  # two of one shape swapped
        for order in (found, found[::-1], turned):
            got = student.average_checkpoints(order)
            assert close(got, want), few_digits(got, want) or (
                "The average of the checkpoints is another: a plain mean for each parameter, by its "
                "name, over all of them, also where one comes twice."
            )


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "ema_update",
    """
    _, state = ema_update(ema_init({"w": np.array([8.0])}), {"w": np.array([0.0])}, decay=0.5)
    ema_update(state, {"w": np.array([0.0])}, decay=0.25)[0]  # 8, then 4, then 1
    """,
    'average_checkpoints([{"w": np.array([1.0])}, {"w": np.array([2.0])}, {"w": np.array([6.0])}])',
)
