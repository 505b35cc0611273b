"""Dead units, `dead_fraction`: hidden checks, named mistakes, variants."""

import numpy as np
import pytest

from autograder.checking import close, examples, mistakes, variants

# --- Checks -------------------------------------------------------------------------------------------------


@pytest.mark.exercise("dead_fraction", weight=2)
def test_dead_is_zero_for_every_example(student, rng):
    """A unit counts as dead if it is at zero or below for every example; one example above is enough."""
    signs = np.array([[-1, -1, 1, -1, -1], [-1, 1, 1, -1, -1], [-1, -1, 1, -1, -1], [-1, -1, 1, 1, -1]])
    z = signs * rng.uniform(0.1, 2.0, size=signs.shape)
    assert close(student.dead_fraction(np.array([[1e-300, -1.0, -2.0], [0.0, -3.0, -1.0]])), 2 / 3), (
        "A unit that one example of two brings a tiny bit above zero is alive, the first one or the last, "
        "and the others are dead. Is the answer their share of all units, not rounded?"
    )
    z[:, 1] *= [9.0, 1e-300, 9.0, 9.0]
    z[:, 2] *= 1e6
    z = np.concatenate([-rng.uniform(0.1, 2.0, size=(1500, 5)), z])  # one example of 1504 keeps it alive
    z[:252, 2] *= -1.0  # and 256 another
    order = rng.permutation(5)
    assert close(student.dead_fraction(z[:, order]), 0.4), (
        "The share of dead units is off. A unit is a column; it is dead if no example brings it above zero, "
        "however small that one value is."
    )


@pytest.mark.exercise("dead_fraction")
def test_at_zero_a_unit_is_dead(student, rng):
    """A pre-activation of exactly zero has no slope."""
    z = np.column_stack([np.zeros(4), -rng.uniform(1.0, 2.0, 4), rng.uniform(1.0, 2.0, 4)])
    z[1, 1] = 0.0
    assert close(student.dead_fraction(z), 2 / 3), (
        "With some pre-activations of exactly zero the share is another. relu′(0) is 0, so they must count "
        "as off. If they do, is the share rounded?"
    )


@pytest.mark.exercise("dead_fraction")
def test_an_example_on_which_nothing_fires_is_no_dead_unit(student, rng):
    """Units count, not examples; with one example each unit is judged by it alone."""
    z = rng.uniform(0.5, 1.0, size=(4, 6))
    z[2] *= -1.0
    z[:, 0] = -1.0
    assert close(student.dead_fraction(z[1:2]), 1 / 6), (
        "With one example, a unit's one value decides. Is it the share of units that is asked for, not "
        "rounded?"
    )
    assert close(student.dead_fraction(z), 1 / 6), "A share of units is asked for, and units are columns."
    assert close(student.dead_fraction(z[:, 1:5]), 0.0), "With as many examples as units: units are columns."
    assert close([student.dead_fraction(z[:, i : i + 1]) for i in (0, 1)], [1.0, 0.0]), (
        "A layer of one unit has all units dead, or none: examples are not counted."
    )


# --- Mistakes -----------------------------------------------------------------------------------------------


DEAD = "float(np.mean(np.all(z <= 0, axis=0)))"

MISTAKES = mistakes(
    "dead_fraction",
    (
        "share_of_entries",
        "This is the share of zeros among all entries. A unit that is off for some examples and on for "
        "others is not dead.",
        (DEAD, "float(np.mean(z <= 0))"),
    ),
    (
        "dead_examples",
        "This is the share of examples on which no unit fires. Units are columns: look at the axis.",
        (DEAD, "float(np.mean(np.all(z <= 0, axis=1)))"),
    ),
    (
        "zero_counts_as_alive",
        "A pre-activation of exactly zero counts as alive; but relu′(0) is 0.",
        (DEAD, "float(np.mean(np.all(z < 0, axis=0)))"),
    ),
    (
        "off_once_is_dead",
        "A unit counts as dead as soon as one example leaves it off: it must be off for every one.",
        (DEAD, "float(np.mean(np.any(z <= 0, axis=0)))"),
    ),
    (
        "mean_below_zero",
        "A unit counts as dead although an example brings it above zero. That one keeps it alive, however "
        "many the others are and however far below. Is it judged by a mean, of its values or of how often it "
        "is off?",
        (DEAD, "float(np.mean(z.mean(axis=0) <= 0))"),
    ),
    (
        "small_is_zero",
        "A unit that some example brings a tiny bit above zero counts as dead. It is alive, and a gradient "
        "reaches its weights: compare with 0 itself.",
        (DEAD, "float(np.mean(np.all(z <= 1e-8, axis=0)))"),
    ),
    (
        "counted",
        "Dead units are counted: their share is asked for.",
        (DEAD, "float(np.sum(np.all(z <= 0, axis=0)))"),
    ),
    (
        "alive_share",
        "This is the share of units that are alive.",
        (DEAD, "1.0 - float(np.mean(np.all(z <= 0, axis=0)))"),
    ),
)


# --- Variants -----------------------------------------------------------------------------------------------


class DeadByMaximum:
    """A unit is dead if its largest value is not above zero."""

    def dead_fraction(z):
        return np.mean(z.max(axis=0) <= 0)


class DeadByLoop:
    """Counts units that some row brings to life."""

    def dead_fraction(z):
        alive = 0
        for unit in z.T:
            if any(value > 0 for value in unit):
                alive += 1
        return (z.shape[1] - alive) / z.shape[1]


class DeadByRelu:
    """Sums what comes through the ReLU."""

    def dead_fraction(z):
        return float((np.maximum(z, 0).sum(axis=0) == 0).mean())


VARIANTS = variants("dead_fraction", DeadByMaximum, DeadByLoop, DeadByRelu)

# --- Examples -----------------------------------------------------------------------------------------------

EXAMPLES = examples(
    "dead_fraction",
    "dead_fraction(np.array([[-1.0, 2.0, 3.0, 4.0]]))",
    "dead_fraction(np.array([[-1.0, 2.0], [1e-12, 3.0]]))",
)
