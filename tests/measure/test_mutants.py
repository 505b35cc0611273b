"""Changes by rote of the reference, and whether a hidden check notices them."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import Course
from autograder.course.release import Exercise
from autograder.grading.exam import load_exam
from autograder.measure.mutants import Mutant, _noticed, mutants, survivors, table

COURSE = Course(Path(__file__).parents[2])
SOURCE = '''def f(x, y):
    """F."""
    if x < 0:
        raise ValueError
    ### BEGIN SOLUTION
    z = x - 2.0 * y
    return z
    ### END SOLUTION
'''


def test_only_graded_lines_are_changed() -> None:
    """Operators, constants, names and statements between the markers; given lines stay."""
    found = list(mutants(Exercise("f", 1.0, "def f(x, y):\n    raise NotImplementedError()"), SOURCE))
    changes = {one.change for one in found}
    assert {"Sub to Add", "Mult to Div", "2.0 to 4.0", "x to y", "statement dropped"} <= changes
    assert all("if x < 0" in one.source for one in found)


def test_a_right_answer_is_not_noticed_and_a_wrong_one_is() -> None:
    """The trial itself tells right from wrong."""
    exam = load_exam(COURSE, "schedules", "mutants")
    text = "def step_lr(step, *, base_lr, drop_every, factor):\n    return base_lr"
    assert _noticed(exam, Mutant("step_lr", "step_lr", 1, "constant", text))
    assert not _noticed(exam, Mutant("step_lr", "step_lr", 1, "none", "unused = 1"))


@pytest.mark.parametrize("slug", ["batch_norm", "momentum"])
def test_hardly_a_change_of_the_reference_goes_unnoticed(slug: str) -> None:
    """At least 97 % are noticed; what is left is listed with its line."""
    count, left = survivors(COURSE, slug)
    assert count > 200 and len(left) <= 0.03 * count, table(slug, count, left)
