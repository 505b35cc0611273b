"""Successive halving, `successive_halving`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples

from .shared import NAN, Candidates, asked, mixing, rounds, single, told

# --- Checks -------------------------------------------------------------------------------------------------


def halved(player, table, *, min_resource, eta):
    """What a player's successive_halving returns, and what it asked: (candidate, resource) of each call."""
    resources = [min_resource * eta**i for i in range(table.shape[1])]
    recorder = Recorder(Candidates(table, resources))
    answer = player.successive_halving(recorder, len(table), min_resource=min_resource, eta=eta)
    calls = [(single(i), single(resource)) for i, resource in asked(recorder.log, "i", "resource")]
    return answer, calls, told(recorder.log)


def contest(rng, n):
    """Losses of n candidates in six rounds, whose ranking changes from each round to the next."""
    return rng.permuted(np.tile(np.arange(n) + 0.5, (6, 1)), axis=1).T


@pytest.mark.exercise("successive_halving", weight=3)
@pytest.mark.parametrize(("n", "eta"), [(9, 3), (16, 2), (27, 3), (16, 4)])
def test_the_best_of_each_round_survive(student, rng, n, eta):
    """In every round those with the lowest losses of that round survive, the rest is not run again."""
    size = {27: 1e-12, 9: 1e150}.get(n, 1.0)
    table = (contest(rng, n) - n / 2 * (size <= 1)) * size  # also below 0, by however little, or huge
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
    alive = rounds(table, eta)
    want = [(i, eta**r) for r, members in enumerate(alive[:-1]) for i in members]
    assert sorted(calls) == sorted(want), (
        "The candidates run are others. In every round all who are alive run once, the alive // eta best of "
        "that very round survive, and the one left is not run again. Losses may be below 0, huge, or differ "
        "by very little: they are compared as they are."
    )
    assert best == alive[-1][0], (
        "Another candidate is returned than the one with the lowest loss of the last round."
    )


@pytest.mark.exercise("successive_halving", weight=2)
def test_resources_grow_by_the_factor(student, rng):
    """Round after round every candidate alive gets eta times as much as in the round before."""
    for n, eta, least in ((8, 2, 5), (27, 3, 20_000)):
        _, calls, _ = halved(student, contest(rng, n), min_resource=least, eta=eta)
        given = sorted({resource for _, resource in calls})
        count = round(np.log(n) / np.log(eta))
        assert given == [least * eta**i for i in range(count)], (
            "The resources are not min_resource and then eta times the one before, round by round."
        )


@pytest.mark.exercise("successive_halving")
def test_candidates_run_in_the_order_of_their_numbers(student, rng):
    """Within each round the candidates run in the order of their numbers."""
    for _ in range(2):
        _, calls, _ = halved(student, contest(rng, 12), min_resource=3, eta=2)
        assert len(calls) > 12, "There is no second round."
        assert calls == sorted(calls, key=lambda call: (call[1], call[0])), (
            "A round is not in the order of the candidates' numbers: survivors keep their order, however "
            "they are ranked."
        )


@pytest.mark.exercise("successive_halving", weight=2)
@pytest.mark.parametrize(("n", "eta"), [(10, 3), (7, 2), (11, 4), (2, 3), (5, 4)])
def test_what_does_not_divide_is_rounded_down(student, rng, n, eta):
    """Where eta does not divide the number alive it is rounded down, and one always survives."""
    table = contest(rng, n)
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
    alive = rounds(table, eta)
    sizes = [sum(resource == eta**r for _, resource in calls) for r in range(len(alive))]
    assert sizes == [len(members) for members in alive[:-1]] + [0], (
        "Where eta does not divide, the rounds have other sizes, or other resources: alive // eta survive, "
        "but never fewer than one, and with one left it is over."
    )
    assert best == alive[-1][0], (
        "The rounds have the right sizes, and another candidate is returned: each round ranks by its own "
        "losses, and the one left wins."
    )


@pytest.mark.exercise("successive_halving")
def test_broken_candidates_and_ties(student, rng):
    """NaN is worst, and of equal losses the lower number survives."""
    table = np.full((9, 6), 4.0)
    table[[1, 4, 6], 0], table[[0, 2], 0] = 1.0, NAN
    table[[4, 6], 1], table[1, 1] = 2.0, NAN
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=3)
    assert sorted(i for i, resource in calls if resource == 3) == [1, 4, 6] and best == 4, (
        "With candidates that broke down, and others with equal losses, the wrong ones survive, or another "
        "is returned than the one left. NaN is worst, the lower number wins a tie."
    )
    table = np.full((6, 6), float(rng.uniform(1.0, 2.0)))
    table[0, 0] = NAN
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=2)
    assert [i for i, resource in calls if resource == 2] == [1, 2, 3] and best == 1, (
        "Among equal losses the lower numbers survive, a broken run is worse than any, and the one left is "
        "returned."
    )
    table = np.full((4, 6), NAN)
    table[[1, 2], 0], table[1, 1] = np.inf, np.inf
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=2)
    assert [i for i, resource in calls if resource == 2] == [0, 1] and best == 0, (
        "NaN counts as infinite: of losses that are NaN or infinite the lower numbers survive, and the one "
        "left is returned."
    )


@pytest.mark.exercise("successive_halving")
def test_ties_among_many(student, rng):
    """Among many candidates with few different losses, too, the lower number survives a tie."""
    for n, eta in ((24, 2), (30, 5)):
        table = rng.integers(3, size=(n, 6)) + 0.5
        table[:, 0] = mixing(rng, n, n // eta)
        (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
        alive = rounds(table, eta)
        second = sorted(i for i, resource in calls if resource == eta)
        assert second, "No candidate is run with eta times the first resource: it has no upper bound."
        assert second == alive[1], (
            "Where many losses are equal others survive than the lower numbers. Does your sort leave equals "
            "in their order?"
        )
        want = [(i, eta**r) for r, members in enumerate(alive[:-1]) for i in members]
        assert sorted(calls) == sorted(want) and best == alive[-1][0], (
            "With many candidates the first two rounds are right, and later ones have other candidates or "
            "resources, or one of them is missing: it goes on until one is left, and that one is returned."
        )


@pytest.mark.exercise("successive_halving")
def test_each_round_ranks_by_its_own_losses(student, rng):
    """What a candidate did in an earlier round counts no more once a later one has spoken."""
    order = rng.permutation(9)
    table = np.full((9, 6), 9.0)
    table[order[:3], 0], table[order[:3], 1] = [0.0, 1.0, 2.0], [0.3, 0.2, 0.1]
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=3)
    assert len(calls) > 9 and best == order[2], (
        "The candidate that did best in the last round is not the one returned. Losses with other resources "
        "are not compared, nor added: each round judges by what it measured itself."
    )


@pytest.mark.exercise("successive_halving")
def test_the_log_holds_every_run(student, rng):
    """The log lists candidate, resource and loss of every evaluation, in order; alone, nobody runs."""
    table = contest(rng, 9)
    table[4, 0] = NAN
    (_, log), calls, losses = halved(student, table, min_resource=2, eta=3)
    want = [[*call, loss] for call, loss in zip(calls, losses, strict=True)]
    assert want and close([list(entry) for entry in log], want, nan_agrees=True), (
        "The log is not (i, resource, loss) for every evaluation in the order in which they were made, each "
        "loss as it came, NaN too."
    )
    (best, log), calls, _ = halved(student, np.ones((1, 6)), min_resource=1, eta=3)
    assert (best, list(log), calls) == (0, [], []), "A single candidate has won already: nothing is run."


# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "successive_halving",
    """
    losses, calls = {1: [float("nan"), 1.0, 2.0, 2.0], 2: [9.0, 4.0, 3.5, 9.0]}, []
    def evaluate(i, resource):
        calls.append((i, resource))
        return losses[resource][i]
    successive_halving(evaluate, 4, min_resource=1, eta=2), calls
    """,
)
