"""What share of the points an answer earns by its values."""

from __future__ import annotations

import doctest

import pytest

from autograder.course.specimens import Specimen
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
