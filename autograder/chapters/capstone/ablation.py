"""Ablation, `ablation`: hidden checks, variants."""

import numpy as np
import pytest

from autograder.checking import Recorder, close, examples, variants

# --- Checks -------------------------------------------------------------------------------------------------


BASE = {"lr": 0.5, "dropout": 0.2, "momentum": 0.9, "schedule": "cosine"}

SWITCHES = {
    "slow": {"lr": 0.1},
    "no momentum": {"momentum": 0.0, "schedule": "constant"},
    "no dropout": {"dropout": 0.0},
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
    rows = student.ablation(BASE, SWITCHES, run, [3, 1, 4, 15, 1])
    assert [row["name"] for row in rows] == ["all", *SWITCHES], (
        'There are other rows, or other names: the base, "all", comes first, then each switch in order.'
    )
    asked = [(dict(args[0]), args[1]) for args, _, _ in run.log]
    want = [({**BASE, **changes}, seed) for changes in ({}, *SWITCHES.values()) for seed in (3, 1, 4, 15, 1)]
    assert asked == want, (
        "The runs are not those of an ablation: the base with one switch's entries changed, the others back "
        "as they were, and every seed in its order, also one that comes twice. No run is left out because "
        "it was made before, in this call or in an earlier one."
    )
    run = Recorder(Accuracy(rng))
    rows = student.ablation(BASE, {"nothing": {}}, run, [0, 1])
    assert [row["name"] for row in rows] == ["all", "nothing"] and len(run.log) == 4, (
        "A switch that changes nothing has a row, too, with runs of its own. No run is taken from earlier."
    )


@pytest.mark.exercise("ablation", weight=2)
def test_rows_are_paired_with_the_base(student, reference, rng):
    """Difference and half width are those of a row's runs minus the base's, pair by pair."""
    got, want = taken_apart((student, reference), rng, [7, 2, 9, 30, 21])
    for key, digits, message in (
        (
            "values",
            1e-9,
            "A row's values are off: they are the accuracies, floats, that run gave for the seeds, in their "
            "order. Are they put into an array of whole numbers, such as one made like the seeds?",
        ),
        (
            "difference",
            1e-9,
            "A row's difference is off: the mean of its values minus the base's, seed by seed; 0 for the "
            "base.",
        ),
        (
            "half",
            1e-6,
            "A row's half is off: half the width of the interval of its paired difference to the base; 0 for "
            "the base.",
        ),
    ):
        assert close([row[key] for row in got], [row[key] for row in want], rtol=digits), message


@pytest.mark.exercise("ablation", weight=2)
def test_every_row_is_tuned_again_or_says_not(student, reference, rng):
    """With retune every row, the base's too, runs what it gave back; without, each row says so."""
    retune, run = Recorder(slower), Accuracy(rng)
    got = student.ablation(BASE, SWITCHES, run, [0, 1, 2], retune=retune)
    want = reference.ablation(BASE, SWITCHES, run, [0, 1, 2], retune=slower)
    assert close([row["values"] for row in got], [row["values"] for row in want]), (
        "With retune a row's values are others. If they are right without it: does every row's config, the "
        "base's too, go through it after the switch, is what it gives back run, and is no run taken from an "
        "earlier call?"
    )
    assert len(retune.log) == len(want), (
        "retune is called once a row, before its runs: each call may be a whole tuning."
    )
    (plain,) = taken_apart((student,), rng, [0, 1])
    assert [row["retuned"] for row in got] == [True] * 4 and [row["retuned"] for row in plain] == [
        False
    ] * 4, "Each row says whether retune was given, whatever it answered."
    got, want = (
        side.ablation_retuned_in_place(BASE, SWITCHES, run, [0, 1], factor=0.5)
        for side in (student, reference)
    )
    rates = [[*(row["values"] for row in rows), base["lr"]] for rows, base in (got, want)]
    assert close(*rates), (
        "Where retune changes the very config that it gets, a row's values are others, or the base is "
        "changed. Each row, the base's too, hands it a copy of its own."
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
    """
    run = lambda config, seed: config["lr"] + config["a"] * seed
    ablation_retuned_in_place({"lr": 6.0, "a": 1.0}, {"no a": {"a": 0.0}}, run, [1, 2], factor=0.5)
    """,
)
