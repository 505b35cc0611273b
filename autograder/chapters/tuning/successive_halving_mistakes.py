"""Named mistakes of `successive_halving`, with their hints, and conventions."""

import numpy as np

from autograder.checking import conventions, mistakes

ROUND = "losses = [evaluate(i, resource) for i in alive]"
RANKED = 'order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")'
SURVIVE = "alive = sorted(alive[place] for place in order[: max(1, len(alive) // eta)])"
GROWS = "resource = resource * eta"
LOGGED = "log = log + [(i, resource, loss) for i, loss in zip(alive, losses, strict=True)]"


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
        "stops_below_eta",
        "It is over as soon as fewer candidates than eta are left, although they have not met in a round "
        "yet. Go on until one is left.",
        ("while len(alive) > 1:", "while len(alive) >= eta:"),
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
        (
            "return alive[0], log",
            "return (log[int(np.nanargmin([loss for _, _, loss in log]))][0] if log else 0), log",
        ),
    ),
    (
        "losses_add_up",
        "Losses of earlier rounds are added to later ones. Each round ranks by its own losses, which are the "
        "better informed.",
        ("min_resource, []\n", "min_resource, []\n    sums = np.zeros(n)\n"),
        (LOGGED, f"{LOGGED}\n        sums[alive] += losses\n        losses = sums[alive]"),
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
