"""Successive halving, `successive_halving`: hidden checks and named mistakes."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, conventions, examples, mistakes

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
    table = contest(rng, n)
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
    alive = rounds(table, eta)
    want = [(i, eta**r) for r, members in enumerate(alive[:-1]) for i in members]
    assert sorted(calls) == sorted(want), (
        "The candidates run are others. In every round all who are alive run once, the alive // eta best of "
        "that very round survive, and the one left is not run again."
    )
    assert best == alive[-1][0], "Another candidate is returned than the one left."


@pytest.mark.exercise("successive_halving", weight=2)
def test_resources_grow_by_the_factor(student, rng):
    """Round after round every candidate alive gets eta times as much as in the round before."""
    for n, eta, least in ((8, 2, 5), (27, 3, 2)):
        _, calls, _ = halved(student, contest(rng, n), min_resource=least, eta=eta)
        given = sorted({resource for _, resource in calls})
        count = round(np.log(n) / np.log(eta))
        assert given == [least * eta**i for i in range(count)], (
            "The resources are not min_resource and then eta times the one before, round by round."
        )


@pytest.mark.exercise("successive_halving")
def test_candidates_run_in_the_order_of_their_numbers(student, rng):
    """Within each round the candidates run in the order of their numbers."""
    for _ in range(3):
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
    assert sizes == [len(members) for members in alive[:-1]] + [0] and best == alive[-1][0], (
        "The rounds have other sizes where eta does not divide: alive // eta survive, but never fewer than "
        "one, and with one left it is over."
    )


@pytest.mark.exercise("successive_halving")
def test_broken_candidates_and_ties(student, rng):
    """NaN is worst, and of equal losses the lower number survives."""
    table = np.full((9, 6), 4.0)
    table[[1, 4, 6], 0], table[[0, 2], 0] = 1.0, NAN
    table[[4, 6], 1], table[1, 1] = 2.0, NAN
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=3)
    assert sorted(i for i, resource in calls if resource == 3) == [1, 4, 6] and best == 4, (
        "With candidates that broke down, and others with equal losses, the wrong ones survive. NaN is "
        "worst, the lower number wins a tie."
    )
    table = np.full((6, 6), float(rng.uniform(1.0, 2.0)))
    table[0, 0] = NAN
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=2)
    assert [i for i, resource in calls if resource == 2] == [1, 2, 3] and best == 1, (
        "Among equal losses the lower numbers survive, and a broken run is worse than any."
    )
    table = np.full((4, 6), NAN)
    table[[1, 2], 0], table[1, 1] = np.inf, np.inf
    (best, _), calls, _ = halved(student, table, min_resource=1, eta=2)
    assert [i for i, resource in calls if resource == 2] == [0, 1] and best == 0, (
        "NaN counts as infinite: of losses that are NaN or infinite the lower numbers survive."
    )


@pytest.mark.exercise("successive_halving")
def test_ties_among_many(student, rng):
    """Among many candidates with few different losses, too, the lower number survives a tie."""
    for n, eta in ((40, 3), (44, 4), (50, 5)):
        table = rng.integers(3, size=(n, 6)) + 0.5
        table[:, 0] = mixing(rng, n, n // eta)
        (best, _), calls, _ = halved(student, table, min_resource=1, eta=eta)
        alive = rounds(table, eta)
        second = sorted(i for i, resource in calls if resource == eta)
        assert second == alive[1] and best == alive[-1][0], (
            "Where many losses are equal others survive than the lower numbers. Does your sort leave equals "
            "in their order?"
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
    (_, log), calls, losses = halved(student, contest(rng, 9), min_resource=2, eta=3)
    want = [[*call, loss] for call, loss in zip(calls, losses, strict=True)]
    assert want and close([list(entry) for entry in log], want), (
        "The log is not (i, resource, loss) for every evaluation in the order in which they were made."
    )
    (best, log), calls, _ = halved(student, np.ones((1, 6)), min_resource=1, eta=3)
    assert (best, list(log), calls) == (0, [], []), "A single candidate has won already: nothing is run."


# --- Mistakes -----------------------------------------------------------------------------------------------


ROUND = "losses = [evaluate(i, resource) for i in alive]"
RANKED = 'order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")'
SURVIVE = "alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])"
GROWS = "resource = resource * eta"
LOGGED = "log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]"


class LowestEver:
    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log = list(range(n)), min_resource, []
        while len(alive) > 1:
            losses = [evaluate(i, resource) for i in alive]
            log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
            order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
            alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
            resource = resource * eta
        if not log:
            return 0, log
        return log[int(np.nanargmin([loss for _, _, loss in log]))][0], log


class LossesAddUp:
    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log, sums = list(range(n)), min_resource, [], np.zeros(n)
        while len(alive) > 1:
            losses = [evaluate(i, resource) for i in alive]
            log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
            sums[alive] += losses
            order = np.argsort(np.where(np.isnan(sums[alive]), np.inf, sums[alive]), kind="stable")
            alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
            resource = resource * eta
        return alive[0], log


class EvaluatesTheWinner:
    def successive_halving(evaluate, n, *, min_resource, eta=3):
        alive, resource, log = list(range(n)), min_resource, []
        while True:
            losses = [evaluate(i, resource) for i in alive]
            log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]
            if len(alive) == 1:
                return alive[0], log
            order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
            alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])
            resource = resource * eta


MISTAKES = mistakes(
    "successive_halving",
    (
        "none_survives",
        "With fewer candidates alive than eta none survives, for alive // eta is 0. One always does.",
        (SURVIVE, "alive = sorted(alive[place] for place in order[: len(alive) // eta])"),
    ),
    (
        "always_half",
        "Half of the candidates survive whatever eta says. It is one in eta.",
        (SURVIVE, SURVIVE.replace("// eta", "// 2")),
    ),
    (
        "resource_stays",
        "Every round gives the same resource. Survivors get eta times as much as in the round before: that "
        "is the point of it.",
        (GROWS, "resource = resource * 1"),
    ),
    (
        "resource_added",
        "The resource grows by the same amount each round. It is multiplied by eta.",
        (GROWS, "resource = resource + min_resource"),
    ),
    (
        "resource_doubles",
        "The resource is doubled each round whatever eta says. It is multiplied by eta.",
        (GROWS, "resource = resource * 2"),
    ),
    (
        "survivors_by_rank",
        "Survivors run in the order of their losses. They keep the order of their numbers.",
        (SURVIVE, SURVIVE.replace("sorted(", "list(")),
    ),
    (
        "worst_survive",
        "Those with the highest losses survive. Lower is better.",
        (RANKED, 'order = np.argsort(-np.where(np.isnan(losses), -np.inf, losses), kind="stable")'),
    ),
    (
        "first_survive",
        "Those with the lowest numbers survive, however they did. Rank the losses of the round.",
        (RANKED, "order = np.arange(len(alive))"),
    ),
    (
        "nan_survives",
        "A candidate whose loss is NaN is ranked first. It is worse than any that did not break down.",
        (RANKED, 'order = np.argsort(np.nan_to_num(losses, nan=-np.inf), kind="stable")'),
    ),
    (
        "last_of_equals",
        "Of candidates with equal losses those with higher numbers survive. The lower number wins a tie.",
        (
            RANKED,
            "clean = np.where(np.isnan(losses), np.inf, losses)\n"
            '        order = len(clean) - 1 - np.argsort(clean[::-1], kind="stable")',
        ),
    ),
    (
        "sort_that_mixes_equals",
        "Of candidates with equal losses it is not always the lower number that survives: numpy.argsort may "
        "leave equals in any order unless it is told to be stable.",
        (RANKED, RANKED.replace(', kind="stable"', "")),
    ),
    (
        "winner_run_again",
        "The one candidate left is run once more with a still larger resource. It has won already, and alone "
        "nobody needs to run.",
        EvaluatesTheWinner,
    ),
    (
        "lowest_loss_ever_wins",
        "The candidate with the lowest loss of all rounds is returned. Losses of different resources cannot "
        "be compared: the one that is left wins.",
        LowestEver,
    ),
    (
        "losses_add_up",
        "Losses of earlier rounds are added to later ones. Each round ranks by its own losses, which are the "
        "better informed.",
        LossesAddUp,
    ),
    (
        "all_run_every_round",
        "Also those thrown out are run in later rounds. What saves time is that they are not.",
        (ROUND, "losses = [dict((i, evaluate(i, resource)) for i in range(n))[i] for i in alive]"),
    ),
    (
        "log_without_early_rounds",
        "The log holds the last round only. Every evaluation belongs into it.",
        (LOGGED, LOGGED.replace("log = log + [", "log = [")),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


CONVENTIONS = conventions(
    "successive_halving",
    (
        "rounded_up",
        "The number of survivors is rounded up, as in scikit-learn's HalvingGridSearchCV. Here it is "
        "rounded down.",
        (SURVIVE, SURVIVE.replace("max(1, len(alive) // eta)", "-(-len(alive) // eta)")),
    ),
)

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
