"""Averages of iterates, `average_update`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import close, examples

from ..shared import by_key
from .shared import TAKEN, averages, iterates

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("average_update")
def test_the_average_begins_with_the_first_iterate(student, rng):
    """The first average is the first iterate; what average_init was given counts for nothing."""
    start, other, *path = iterates(rng, 5)
    one, two = averages(student, start, path, eta=1.0), averages(student, other, path, eta=1.0)
    assert close(one[0], path[0]), "After one iterate the average is that iterate: what is a for t = 1?"
    assert close(one, two), (
        "Two averages of the same iterates differ because average_init was given other values. They say "
        "only which keys and shapes to expect."
    )
    assert not close(one[1], path[1]), (
        "After two iterates the average is the second alone, as if the first had never been. t is 1 for the "
        "first iterate and 2 for the second."
    )


@pytest.mark.exercise("average_update")
def test_eta_zero_is_the_plain_mean(student, rng):
    """With eta = 0 all iterates so far weigh the same."""
    start, *path = iterates(rng, 13)
    path[1] = {key: w.copy() for key, w in path[0].items()}  # the same again is an iterate, too
    want = {
        key: np.array([np.mean([w[key] for w in path[: t + 1]], axis=0) for t in range(12)]) for key in start
    }
    assert close(by_key(averages(student, start, path, eta=0.0)), want), (
        "With eta = 0 the average is not the mean of all iterates so far: then a is 1/t, without a limit for "
        "t, and an iterate that is the same as the one before counts as well. Nothing is rounded or held in "
        "single precision."
    )
    nothing = {key: np.full_like(value, np.nan) for key, value in start.items()}
    first = {key: mean[:3] for key, mean in want.items()}
    assert close(by_key(averages(student, nothing, path[:3], eta=0.0)), first), (
        "average_init was given NaN, and it is in the averages. Its values count for nothing: a weight of 0 "
        "does not remove what is no number."
    )
    start, *path = iterates(rng, 261, {"w": (1,)})
    means = np.cumsum([w["w"] for w in path]) / np.arange(1, 261)
    assert close(by_key(averages(student, start, path, eta=0.0)), {"w": means[:, None]}), (
        "Over hundreds of updates with eta = 0 the averages become others than the means. a is 1/t there, "
        "however small, no iterate is forgotten, and t never begins anew."
    )


@pytest.mark.exercise("average_update", weight=2)
@pytest.mark.parametrize("eta", [1.0, 2.0, 3.0])
def test_iterates_weigh_by_a_polynomial(student, rng, eta):
    """For a whole eta iterate t weighs in proportion to t (t+1) … (t+eta-1)."""
    start, *path = iterates(rng, 8)
    weights = np.array([np.prod([t + i for i in range(int(eta))]) for t in range(1, 8)], dtype=float)
    want = [
        {
            key: np.tensordot(weights[:t], [w[key] for w in path[:t]], axes=1) / weights[:t].sum()
            for key in start
        }
        for t in range(1, 8)
    ]
    assert close(by_key(averages(student, start, path, eta=eta)), by_key(want)), (
        "The iterates do not weigh as t (t+1) … (t+eta-1). Which of the two terms has the weight a, what "
        "are its numerator and denominator, and does t go up by one an update?"
    )


@pytest.mark.exercise("average_update")
def test_any_eta_will_do(student, reference, rng):
    """An eta that is no whole number follows the same recursion, and 3 is what stands there by default."""
    start, *path = iterates(rng, 7)
    for eta in (float(rng.uniform(0.2, 0.8)), 1 + float(rng.uniform(0.001, 0.01))):
        got, want = (by_key(averages(side, start, path, eta=eta)) for side in (student, reference))
        assert close(got, want), (
            "With an eta that is no whole number, or nearly one, the averages are others. Take the recursion "
            "itself; it holds for any eta."
        )
    for size in (1e30, 1e-9):
        first, *sized = ({key: size * w for key, w in params.items()} for params in (start, *path[:2]))
        got, want = (by_key(averages(side, first, sized, eta=1.0)) for side in (student, reference))
        assert close(got, want, atol=1e-14 * max(size, 1.0)), (
            "With very large or very small iterates the averages are others. They are used as they are: "
            "nothing is cut off, rounded or set to 0."
        )
    large = float(rng.uniform(180.0, 200.0))
    got, want = (by_key(averages(side, start, path, eta=large)) for side in (student, reference))
    assert close(got, want), (
        "With a large eta, and so after many updates, the averages are others or none: products and gamma "
        "functions grow beyond all numbers there. The share a of the new iterate does not: use the recursion."
    )
    got, want = (by_key(averages(side, start, path)) for side in (student, reference))
    assert close(got, want), "Without an eta the averages are those of eta = 3."


@pytest.mark.exercise("average_update")
def test_parameters_are_averaged_side_by_side(student, reference, rng):
    """A parameter's average is the same beside others as alone."""
    start, *path = iterates(rng, 5, TAKEN)
    together = averages(student, start, path, eta=2.0)
    want = averages(reference, start, path, eta=2.0)
    assert close(together, want), (
        "With parameters called 't', 'count', 'step', 'average' and '' the averages are not what they should "
        "be. If they are right under other names, the state keeps something else in one dict with them."
    )
    for key in start:
        alone = averages(student, {key: start[key]}, [{key: w[key]} for w in path], eta=2.0)
        assert close([average[key] for average in together], [average[key] for average in alone]), (
            "A parameter was averaged otherwise beside a second one. There is one t for all, raised once "
            "an update, and each parameter has an average of its own."
        )
    states, found = {key: student.average_init({key: start[key]}) for key in start}, []
    for w in path:
        for key in start:  # one average a parameter, and they take turns
            average, states[key] = student.average_update(states[key], {key: w[key]}, eta=2.0)
            found.append(average[key])
    assert close(found, [average[key] for average in together for key in start]), (
        "Two averages that are updated by turns are others than one after the other: what belongs to one is "
        "kept outside of its state, and the second overwrites it."
    )
    assert close(together[0], path[0]), "The first average is the first iterate."
    assert not close(together[-1], path[-1]), "The last average is not the last iterate."


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "average_update",
    """
    state = average_init({"w": np.zeros(1), "b": np.zeros(1)})
    for w in (1.0, 2.0, 3.0, 4.0):
        average, state = average_update(state, {"w": np.array([w]), "b": np.array([10 * w])})
    average
    """,
    """
    state = average_init({"w": np.zeros(1)})
    for w in (1.0, 4.0):
        average, state = average_update(state, {"w": np.array([w])}, eta=0.5)
    average
    """,
    """
    state = average_init({"w": np.zeros(1)})
    average_update(state, {"w": np.array([4.0])}, eta=200.0)[0]
    """,
    """
    state = average_init({"w": np.array([np.nan])})
    average_update(state, {"w": np.array([4.0])})[0]
    """,
)
