"""Marks: the autograder's score, a person's part on top, and None where nobody gave one."""

import doctest

from reports import right, toy_release, ungraded, wrong

from autograder.reporting import marks as module
from autograder.reporting.marks import Override, marks, total


def test_examples_in_the_docstrings_hold():
    """Every example in the module's docstrings gives what it shows."""
    assert doctest.testmod(module).failed == 0


def test_one_missing_mark_leaves_no_total():
    """A part of the points is never shown as the whole, and nothing at all is no zero."""
    assert total(right("a"), toy_release()) == 5.5
    assert total(ungraded("a"), toy_release()) is None
    assert total(ungraded("a"), toy_release(), {"heavy_step": Override(score=3.0)}) is None
    assert marks(ungraded("a"), toy_release()) == {"heavy_step": None, "fit_line": None}


def test_a_person_may_grade_what_the_autograder_could_not():
    """Manual scores replace, extra credit adds."""
    entered = {"heavy_step": Override(score=2.0, extra=0.5), "fit_line": Override(score=1.0)}
    assert total(ungraded("a"), toy_release(), entered) == 3.5
    assert total(wrong("a", 1.0), toy_release(), {"heavy_step": Override(extra=0.5)}) == 1.5
