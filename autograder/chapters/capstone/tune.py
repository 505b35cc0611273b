"""Tuning, `tune`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


def table_of(losses):
    """A score function that looks its answers up: (config's lr, seed) -> loss."""
    return lambda config, seed: float(losses[int(config["lr"]), seed])


def tuned(sides, losses, seeds, budget):
    configs = [{"lr": float(i), "name": f"config {i}"} for i in range(len(losses))]
    return [side.tune(configs, table_of(losses), seeds=seeds, budget=budget) for side in sides]


@pytest.mark.exercise("tune", weight=2)
def test_the_lowest_mean_loss_wins(student, reference, rng):
    """The config with the lowest loss on average over the seeds, though another has the lowest single one."""
    losses = rng.uniform(1.0, 2.0, size=(5, 4))
    losses[3] = 0.6
    losses[0, 0] = losses[1, 2] = losses[2, 3] = 0.1  # the lowest of the first, of all, and of the last seed
    losses[4] = [0.5, 0.5, 9.0, 0.5]  # the lowest median
    got, want = tuned((student, reference), losses, [0, 1, 2, 3], 20)
    assert got[0] == want[0], "Another config was chosen: the lowest mean over the seeds wins."


@pytest.mark.exercise("tune", weight=2)
@pytest.mark.parametrize("budget", [2, 3, 11, 12, 40])
def test_the_budget_is_kept(student, reference, rng, budget):
    """Only configs that still fit with all their seeds are begun; the log has every run in order."""
    losses = rng.uniform(1.0, 2.0, size=(6, 9)) - np.arange(6)[:, None]  # the best one stands last
    score, seeds = Recorder(table_of(losses)), {2: [5], 40: [7, 2, 7]}.get(budget, [7, 2, 5])
    configs = [{"lr": lr} for lr in (0.0, 1.0, 0.0, 3.0, 4.0, 5.0)]  # two are equal, and are two all the same
    best, log = student.tune(configs, score, seeds=seeds, budget=budget)
    want = reference.tune(configs, table_of(losses), seeds=seeds, budget=budget)
    asked = [(args[0]["lr"], args[1]) for args, _, _ in score.log]
    assert asked == [(configs[place]["lr"], seed) for place, seed, _ in want[1]], (
        "The runs that were made are not those that should be: config by config, all seeds of each, as long "
        "as all the runs of a config fit into the budget."
    )
    assert close([list(entry) for entry in log], [list(entry) for entry in want[1]]), (
        "The log is not what was run: the config's place in the list, the seed and the loss of every run, in "
        "order."
    )
    assert best == want[0], "The choice is among the configs that were tried."


@pytest.mark.exercise("tune")
def test_a_broken_run_is_never_chosen(student, reference, rng):
    """A config with a loss that is not a number loses to every other; of equal ones the first is taken."""
    losses = rng.uniform(1.0, 2.0, size=(5, 2))
    losses[0] = [np.nan, 0.1]
    losses[2] = losses[4] = 0.5
    got, want = tuned((student, reference), losses, [0, 1], 10)
    assert got[0] == want[0], (
        "Another config was chosen. One whose run broke down is not better than one that did not, and of "
        "equal ones the first wins."
    )
    assert close(*(np.array([loss for *_, loss in log]) for _, log in (got, want)), nan_agrees=True), (
        "The log has another loss for a run that broke down than the one that it had."
    )
    for low in (1.0 - 1e-9, 0.0, -2.0):
        got, want = tuned(
            (student, reference), np.where(np.arange(5) == 3, low, 1.0)[:, None] + [[0, 0]], [0, 1], 10
        )
        assert got[0] == want[0], (
            "Where the lowest mean is 0, below 0, or lower by very little only, another config was chosen."
        )
    for broken in (np.nan, np.inf):
        losses = np.where(np.arange(2), broken, rng.uniform(size=(3, 2)))
        got, want = tuned((student, reference), losses, [0, 1], 6)
        assert got[0] == want[0], "If no config has a finite loss, the first is chosen."


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "tune",
    (
        "highest_wins",
        "The highest loss wins: lower is better.",
        ("best_index(means)", "best_index([-mean for mean in means])"),
    ),
    (
        "luckiest_run_wins",
        "A config is judged by its best seed: the mean over all its seeds counts.",
        ("means.append(np.mean(losses))", "means.append(np.min(losses))"),
    ),
    (
        "median_wins",
        "A config is judged by the median over its seeds: the mean counts.",
        ("means.append(np.mean(losses))", "means.append(np.median(losses))"),
    ),
    (
        "budget_of_configs",
        "The budget is spent on configs: it counts runs, and every config takes as many as there are seeds.",
        ("budget // len(seeds)", "budget"),
    ),
    (
        "no_budget",
        "The budget plays no part: all configs are tried.",
        ("enumerate(configs[: budget // len(seeds)])", "enumerate(configs)"),
    ),
    (
        "begins_what_does_not_fit",
        "The last config is begun though not all of its runs fit into the budget.",
        ("budget // len(seeds)", "-(-budget // len(seeds))"),
    ),
    (
        "broken_run_left_out",
        "A config with a run that broke down is chosen. Its mean is NaN, which np.nanmean hides, and makes "
        "it lose; a comparison with NaN is never true, so ask for NaN by itself.",
        ("means.append(np.mean(losses))", "means.append(np.nanmean(losses))"),
    ),
    (
        "stops_at_a_broken_run",
        "Runs are missing from the log where one broke down. All seeds of a config are run, and every run "
        "stands in the log, with NaN as its loss.",
        (
            "losses = [score(config, seed) for seed in seeds]",
            "losses = []\n"
            "        for seed in seeds:\n"
            "            if not np.isnan(losses).any():\n"
            "                losses.append(score(config, seed))",
        ),
        ("zip(seeds, losses, strict=True)", "zip(seeds, losses, strict=False)"),
    ),
    (
        "nothing_chosen_if_all_broke_down",
        "Where no mean is below infinity nothing is chosen: begin with the first config as the best.",
        (
            "return configs[best_index(means)], log",
            "best = best_index(means)\n    return configs[best] if means[best] < np.inf else None, log",
        ),
    ),
    (
        "place_of_an_equal_config",
        "The place is looked up by the config, and of two equal ones `index` finds the first: count the "
        "places.",
        ("log += [(place, seed, loss)", "log += [(configs.index(config), seed, loss)"),
    ),
    (
        "place_of_the_seed",
        "The log has the place of the seed in the list: the seed itself was asked for.",
        ("for seed, loss in zip(seeds, losses, strict=True)]", "for seed, loss in enumerate(losses)]"),
    ),
    (
        "one_entry_a_config",
        "The log has one entry a config: every run is written down.",
        (
            "log += [(place, seed, loss) for seed, loss in zip(seeds, losses, strict=True)]",
            "log.append((place, seeds[0], float(np.mean(losses))))",
        ),
    ),
    costs={"place_of_an_equal_config": 0.3},
)


# --- Variants -----------------------------------------------------------------------------------------------


class TuneRunByRun:
    """Counts the runs that are left; keeps the best as it goes."""

    def tune(configs, score, *, seeds, budget):
        log, best, lowest, left = [], configs[0], np.inf, budget
        for place in range(len(configs)):
            if left < len(seeds):
                break
            total = 0.0
            for seed in seeds:
                loss = score(configs[place], seed)
                log.append((place, seed, loss))
                total += loss
                left -= 1
            if total / len(seeds) < lowest:
                best, lowest = configs[place], total / len(seeds)
        return best, log


class TuneWithATable:
    """All losses in one array; broken runs count as infinite."""

    def tune(configs, score, *, seeds, budget):
        count = min(len(configs), budget // len(seeds))
        losses = np.array([[score(configs[i], seed) for seed in seeds] for i in range(count)])
        log = [(i, seed, float(losses[i, j])) for i in range(count) for j, seed in enumerate(seeds)]
        safe = np.where(np.isnan(losses), np.inf, losses)
        return configs[int(np.argmin(safe.sum(axis=1)))], log


VARIANTS = variants(
    "tune",
    ("run_by_run", TuneRunByRun),
    ("with_a_table", TuneWithATable),
    (
        "sums",
        "Sums are compared, not means.",
        ("means.append(np.mean(losses))", "means.append(sum(losses))"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "tune",
    """
    configs = [{"losses": [float("nan"), 0.0]}, {"losses": [0.0, 9.0]}, {"losses": [3.0, 3.0]}]
    tune(configs, lambda config, seed: config["losses"][seed], seeds=[0, 1], budget=6)
    """,
    """
    configs = [{"losses": [0.0, 0.0, 9.0]}, {"losses": [2.0, 2.0, 2.0]}]
    tune(configs, lambda config, seed: config["losses"][seed], seeds=[0, 1, 2], budget=6)
    """,
    """
    configs = [{"losses": [float("nan"), 0.0]}, {"losses": [float("nan"), 1.0]}]
    tune(configs, lambda config, seed: config["losses"][seed], seeds=[0, 1], budget=4)
    """,
    """
    configs = [{"lr": 1.0}, {"lr": 1.0}]
    tune(configs, lambda config, seed: config["lr"], seeds=[0], budget=2)
    """,
)
