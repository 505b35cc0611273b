"""Ablation, `ablation`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


BASE = {"lr": 0.5, "dropout": 0.2, "momentum": 0.9, "schedule": "cosine"}

SWITCHES = {
    "no dropout": {"dropout": 0.0},
    "no momentum": {"momentum": 0.0, "schedule": "constant"},
    "slow": {"lr": 0.1},
}


class Accuracy:
    """A run that answers from its config and seed, not additively, so that every entry of both shows."""

    def __init__(self, rng):
        self.weights, self.noise = rng.uniform(0.5, 2.0, size=3), rng.normal(size=50)

    def __call__(self, config, seed):
        numbers = np.array([config["lr"], config["dropout"], config["momentum"]])
        bonus = 0.3 * (config["schedule"] == "cosine")
        return float(numbers @ self.weights + bonus + self.noise[seed] * (1 + numbers.sum()))


def slower(config):
    """A tuner of rates: it answers a copy with another rate."""
    return {**config, "lr": config["lr"] / (1 + config["dropout"])}


def taken_apart(sides, rng, seeds, **options):
    run = Accuracy(rng)
    return [side.ablation(BASE, SWITCHES, run, seeds, **options) for side in sides]


@pytest.mark.exercise("ablation", weight=2)
def test_one_switch_at_a_time(student, reference, rng):
    """Each row runs the base with its own entries changed, and with the same seeds."""
    run = Recorder(Accuracy(rng))
    rows = student.ablation(BASE, SWITCHES, run, [3, 1, 4, 15])
    assert [row["name"] for row in rows] == ["all", *SWITCHES], (
        "The base comes first, then each switch in order."
    )
    asked = [(dict(args[0]), args[1]) for args, _, _ in run.log]
    want = [({**BASE, **changes}, seed) for changes in ({}, *SWITCHES.values()) for seed in (3, 1, 4, 15)]
    assert asked == want, (
        "The runs are not those of an ablation: the base with one switch's entries changed, the others back "
        "as they were, and every seed in its order."
    )


@pytest.mark.exercise("ablation", weight=2)
def test_rows_are_paired_with_the_base(student, reference, rng):
    """Difference and half width are those of a row's runs minus the base's, pair by pair."""
    got, want = taken_apart((student, reference), rng, [7, 2, 9, 30, 21])
    for key in ("values", "difference", "half"):
        assert close([row[key] for row in got], [row[key] for row in want], rtol=1e-6), (
            "The numbers of a row are off: its own accuracies, their paired difference to the base's, row "
            "minus base, and half the width of that difference's interval."
        )


@pytest.mark.exercise("ablation", weight=2)
def test_every_row_is_tuned_again_or_says_not(student, reference, rng):
    """With retune every row, the base's too, runs what it gave back; without, each row says so."""
    retune, run = Recorder(slower), Accuracy(rng)
    got = student.ablation(BASE, SWITCHES, run, [0, 1, 2], retune=retune)
    want = reference.ablation(BASE, SWITCHES, run, [0, 1, 2], retune=slower)
    assert close([row["values"] for row in got], [row["values"] for row in want]), (
        "With retune other runs are made than should be: every row's config goes through it, the base's too, "
        "after the switch."
    )
    assert len(retune.log) == len(want), (
        "retune is called once a row, before its runs: each call may be a whole tuning."
    )
    plain, _ = taken_apart((student, reference), rng, [0, 1, 2])
    assert [row["retuned"] for row in got] == [True] * 4 and [row["retuned"] for row in plain] == [
        False
    ] * 4, "Each row says whether its settings were tuned again."


# --- Mistakes -----------------------------------------------------------------------------------------------


MISTAKES = mistakes(
    "ablation",
    (
        "switches_add_up",
        "Switches that were thrown stay thrown: in every row but one all the others are back.",
        ("config = {**base, **changes}", "base = config = {**base, **changes}"),
    ),
    (
        "base_minus_row",
        "The difference is the base minus the row: a part that helped should show a loss where it is off.",
        ('paired_difference(values, rows[0]["values"])', 'paired_difference(rows[0]["values"], values)'),
    ),
    (
        "against_the_row_before",
        "Each row is compared with the one before it: all are compared with the base.",
        ('paired_difference(values, rows[0]["values"])', 'paired_difference(values, rows[-1]["values"])'),
    ),
    (
        "interval_of_the_row",
        "The half width is that of the row's own accuracies: it belongs to their difference to the base's.",
        (
            "        row = {",
            "        half = mean_interval(values)[1] if rows else half\n        row = {",
        ),
    ),
    (
        "base_not_retuned",
        "The base is run as it is while the rows are tuned again: then the tuning is compared, not the part.",
        ("if retune is not None:", "if retune is not None and rows:"),
    ),
    (
        "retuned_before_the_switch",
        "The settings are tuned before the switch is thrown: they are then right for the whole and not for "
        "what "
        "is left.",
        (
            "            config = retune(config)\n",
            "            config = {**retune(base), **changes}\n",
        ),
    ),
    (
        "retuned_for_each_seed",
        "retune is called for every seed: it is called once a row, and all seeds run what it gave back.",
        ("            config = retune(config)\n", "            pass\n"),
        ("run(config, seed) for seed", "run(retune(config) if retune else config, seed) for seed"),
    ),
    (
        "never_retuned",
        "What retune gives back is not run.",
        ("            config = retune(config)\n", "            retune(config)\n"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class AblationInTwoRounds:
    """All runs first, then the comparison; the base by itself."""

    def ablation(base, switches, run, seeds, *, retune=None):
        tuned = (lambda config: config) if retune is None else retune
        configs = [tuned(dict(base))]
        for changes in switches.values():
            changed = dict(base)
            changed.update(changes)
            configs.append(tuned(changed))
        values = [np.array([float(run(config, seed)) for seed in seeds]) for config in configs]
        rows = [
            {
                "name": "all",
                "values": values[0],
                "difference": 0.0,
                "half": 0.0,
                "retuned": retune is not None,
            }
        ]
        for name, mine in zip(switches, values[1:], strict=True):
            mean, half = paired_difference(mine, values[0])
            rows.append(
                {
                    "retuned": retune is not None,
                    "half": half,
                    "difference": mean,
                    "values": mine,
                    "name": name,
                }
            )
        return rows


class AblationByInterval:
    """The interval of the differences without the paired function."""

    def ablation(base, switches, run, seeds, *, retune=None):
        rows = []
        for name in ["all", *switches]:
            config = base | switches.get(name, {})
            config = config if retune is None else retune(config)
            values = np.empty(len(seeds))
            for i, seed in enumerate(seeds):
                values[i] = run(config, seed)
            gap, half = mean_interval(values - (rows[0]["values"] if rows else values))
            rows.append(
                {"name": name, "values": values, "difference": gap, "half": half, "retuned": bool(retune)}
            )
        return rows


VARIANTS = variants(
    "ablation",
    ("in_two_rounds", AblationInTwoRounds),
    ("by_interval", AblationByInterval),
    (
        "base_copied",
        "The base is copied at every turn.",
        ("config = {**base, **changes}", "config = dict(base)\n        config.update(changes)"),
    ),
)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "ablation",
    """
    def run(config, seed):
        return config["a"] * seed + config["b"]
    ablation({"a": 1.0, "b": 2.0}, {"no a": {"a": 0.0}, "no b": {"b": 0.0}}, run, [1, 2])
    """,
    """
    def run(config, seed):
        return config["lr"] * seed
    def retune(config):
        return {**config, "lr": config["a"] + 1}
    ablation({"a": 1.0, "lr": 0.0}, {"no a": {"a": 0.0}}, run, [1, 2], retune=retune)
    """,
)
