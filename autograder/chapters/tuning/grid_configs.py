"""Grids, `grid_configs`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, conventions, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


SPACES = (
    {"lr": [0.1, 0.3, 0.2], "batch size": [64, 16]},
    {"width": [5, 3], "Act": ["tanh", "relu"], "L2": [0.0, 1e-4, 1e-2]},
    {"one": [7], "two": [2, 1], "three": [9], "four": ["adam"], "five": [6, 5]},
)


def product(space):
    """The grid by counting in mixed base."""
    names = list(space)
    total = int(np.prod([len(space[name]) for name in names]))
    grid = []
    for number in range(total):
        config = {}
        for name in reversed(names):
            number, digit = divmod(number, len(space[name]))
            config[name] = space[name][digit]
        grid.append(config)
    return grid


def text_of(configs):
    """Configurations as sorted tuples: order and keys aside, what is in them."""
    return sorted(repr(sorted(config.items())) for config in configs)


@pytest.mark.exercise("grid_configs", weight=2)
@pytest.mark.parametrize("which", range(3))
def test_every_combination_comes_once(student, rng, which):
    """All combinations of all values are there, each once, however many hyperparameters there are."""
    for _ in range(2):  # the second time with the same names and other values
        space = SPACES[which] | {"seed": [int(i) for i in rng.permutation(50)[:3]]}
        assert text_of(student.grid_configs(space)) == text_of(product(space)), (
            "The grid is not every combination of every value of this call, each once, under the names as "
            "they are given."
        )


@pytest.mark.exercise("grid_configs")
@pytest.mark.parametrize("which", range(3))
def test_the_last_name_changes_fastest(student, rng, which):
    """The order is that of counting: the last hyperparameter first, values as they stand."""
    space = SPACES[which] | {"level": [float(x) for x in rng.normal(size=2)]}
    assert close(student.grid_configs(space), product(space)), (
        "The configurations come in another order. The last name of the dict changes fastest, and values "
        "come in the order in which they stand, not sorted."
    )


@pytest.mark.exercise("grid_configs")
def test_a_grid_of_one_list_and_of_none(student, rng):
    """One hyperparameter gives its values, none gives the one empty configuration."""
    values = [float(x) for x in rng.normal(size=4)]
    assert close(student.grid_configs({"lr": values}), [{"lr": value} for value in values]), (
        "With a single hyperparameter there is a configuration for each of its values."
    )
    got = student.grid_configs({"lr": values, "fixed": [7]})
    assert close(got, [{"lr": value, "fixed": 7} for value in values]), (
        "A hyperparameter with a single value belongs to every configuration and multiplies nothing."
    )
    twice = [values[0], values[1], values[0]]
    for others in ({}, {"fixed": 7}):
        got = student.grid_configs({"lr": twice} | {name: [value] for name, value in others.items()})
        assert close(got, [{"lr": value} | others for value in twice]), (
            "A value that is given twice is tried twice: nothing is taken out."
        )
    mixed = [*values[:2], "auto", None, "", False, [32, 16]]
    assert close(student.grid_configs({"gamma": mixed}), [{"gamma": value} for value in mixed]), (
        "Among values of different kinds one comes back changed, or is left out. A value may be None, False "
        "or a list of its own; and in an array numbers beside a word become words too: leave the values in "
        "their list."
    )
    assert close(student.grid_configs({}), [{}]), "Of no hyperparameters there is one combination: {}."


# --- Mistakes -----------------------------------------------------------------------------------------------


GRID_STEP = "configs = [{**config, name: value} for config in configs for value in values]"

GRID_ALL = (
    "configs = [{}]\n    for name, values in space.items():\n        " + GRID_STEP + "\n    return configs"
)

MISTAKES = mistakes(
    "grid_configs",
    (
        "first_changes_fastest",
        "All combinations are there, in another order: the last hyperparameter changes fastest. Which of the "
        "two loops is the inner one?",
        (GRID_STEP, "configs = [{**config, name: value} for value in values for config in configs]"),
    ),
    (
        "side_by_side",
        "The lists are gone through side by side, as zip does. A grid combines every value with every other.",
        (GRID_ALL, "return [dict(zip(space, row)) for row in zip(*space.values())] if space else [{}]"),
    ),
    (
        "one_at_a_time",
        "One hyperparameter is varied at a time while the others keep their first value. A grid has every "
        "combination.",
        (
            GRID_ALL,
            "first = {name: values[0] for name, values in space.items()}\n"
            "    return [first] + [{**first, name: value} for name in space for value in space[name][1:]]",
        ),
    ),
    (
        "values_sorted",
        "The values of a hyperparameter are sorted. They come in the order in which they stand.",
        (GRID_STEP, GRID_STEP.replace("in values]", "in sorted(values)]")),
    ),
    (
        "values_turned_round",
        "The values of a hyperparameter come from the last to the first. They come in the order in which "
        "they stand.",
        (GRID_STEP, GRID_STEP.replace("in values]", "in values[::-1]]")),
    ),
    (
        "one_dict_for_all",
        "One and the same dict stands in the list again and again, so that all configurations are the last "
        "one. Make a new dict for each.",
        (
            GRID_ALL,
            "config, configs = {}, []\n    total = int(np.prod([len(values) for values in space.values()]))\n"
            "    for number in range(total):\n        for name in reversed(space):\n"
            "            number, place = divmod(number, len(space[name]))\n"
            "            config[name] = space[name][place]\n"
            "        configs.append(config)\n    return configs",
        ),
    ),
    (
        "values_in_an_array",
        "The values pass through an array, in which numbers beside a word become words too. Take them from "
        "their list as they are.",
        (GRID_STEP, GRID_STEP.replace("in values]", "in np.array(values).tolist()]")),
    ),
    (
        "nothing_for_no_names",
        "An empty space gives no configuration at all. Of no hyperparameters there is exactly one "
        "combination, the empty one.",
        ("return configs", "return configs if space else []"),
    ),
)


# --- Right by another convention ----------------------------------------------------------------------------


class NamesSorted:
    def grid_configs(space):
        configs = [{}]
        for name in sorted(space):
            configs = [{**config, name: value} for config in configs for value in space[name]]
        return configs


CONVENTIONS = conventions(
    "grid_configs",
    (
        "names_sorted",
        "The names are sorted first, as scikit-learn's ParameterGrid does. Here they come in the order "
        "of the dict.",
        NamesSorted,
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class ByProduct:
    """itertools.product, imported inside."""

    def grid_configs(space):
        from itertools import product

        return [dict(zip(space.keys(), row, strict=True)) for row in product(*space.values())]


class Recursive:
    """The first name's values, each before the grid of the rest."""

    def grid_configs(space):
        if not space:
            return [{}]
        name, *others = space
        rest = grid_configs({other: space[other] for other in others})
        return [{name: value} | config for value in space[name] for config in rest]


class ByCounting:
    """Counts in mixed base with np.ndindex."""

    def grid_configs(space):
        names, sizes = list(space), [len(values) for values in space.values()]
        return [
            {name: space[name][i] for name, i in zip(names, places, strict=True)}
            for places in np.ndindex(*sizes)
        ]


VARIANTS = variants("grid_configs", ByProduct, Recursive, ByCounting)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "grid_configs",
    'grid_configs({"lr": [0.1, 0.5, 0.2], "momentum": [0.9, 0.0]})',
    "grid_configs({})",
    'grid_configs({"gamma": [0.5, "auto"]})',
)
