"""What share of the points an answer earns by its values."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from autograder.course.course import Course
from autograder.course.specimens import ONE_MISTAKE, Specimen, load_specimens
from autograder.grading import share
from autograder.grading.share import WITH_A_FAULT, WRONG_FORMULA, share_of
from autograder.grading.verdict import CheckResult, Verdict


def rows(*passed: float) -> list[CheckResult]:
    """Checks of these weights, the negative ones failed."""
    return [
        CheckResult("t", "T.", abs(weight), Verdict.CORRECT if weight > 0 else Verdict.WRONG)
        for weight in passed
    ]


def named(*costs: float) -> list[Specimen]:
    return [Specimen("f", "a_slip", "", cost=cost) for cost in costs]


def test_the_examples_hold() -> None:
    """Those in the docstring."""
    assert doctest.testmod(share).failed == 0


@pytest.mark.parametrize(
    ("checks", "recognised", "expected"),
    [
        (rows(1, 2, 3), named(), 1.0),
        (rows(1, 2, -3), named(), 0.5),
        (rows(9, -1), named(), WITH_A_FAULT),
        (rows(-1, 9), named(), WRONG_FORMULA),
        (rows(-3, 1), named(), 0.25),
        (rows(-1, -1), named(), 0.0),
        (rows(-1, -1), named(0.7), 0.3),
        (rows(-1, -1), named(1.0), 0.0),
        (rows(-1, -1), named(0.7, 0.2), 0.8),
        (rows(9, -1), named(0.7), WITH_A_FAULT),
        (rows(9, -1), named(0.05), 0.95),
        (rows(1, 1), named(0.7), 1.0),
    ],
)
def test_weights_limits_and_named_mistakes(checks: list, recognised: list, expected: float) -> None:
    """Passed weight over all, at most what a fault leaves, at least what a named mistake is worth."""
    assert share_of(checks, recognised) == pytest.approx(expected)


def test_a_fault_always_costs_something() -> None:
    """No limit is the whole, and a wrong formula keeps less than a fault elsewhere."""
    assert 0 < WRONG_FORMULA < WITH_A_FAULT < 1


COURSE = Course(Path(__file__).parents[2])
# Its answers are its argument, unchanged: nobody can tell it from an answer without an idea.
NOTHING_DONE = {"t_never_raised", "never_converted", "always_the_middle"}


@pytest.mark.parametrize("slug", COURSE.slugs)
def test_every_named_mistake_costs_something_and_none_nearly_all(slug: str) -> None:
    """No mistake keeps more than a fault leaves, and only one that has done nothing costs everything.

    The audit compares this with the marks that are given.
    """
    for kind in ("MISTAKES", "CONVENTIONS"):
        for one in load_specimens(COURSE.content(slug), kind, COURSE.release(slug).names):
            most = 1.0 if one.name in NOTHING_DONE else ONE_MISTAKE
            assert one.cost + 1e-9 >= 1 - WITH_A_FAULT and one.cost <= most, f"{one.exercise}/{one.name}"
