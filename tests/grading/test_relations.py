"""How a wrong answer differs from the right one, in words that are true of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.grading.relations import difference

TOLD = [
    ([1.0, 2.0], [1.0, 2.0 + 1e-9], ""),
    ([-1.0, 2.0], [1.0, -2.0], "Every number has the opposite sign."),
    ([0.0, 0.0], [1.0, 2.0], "Every number is 0."),
    ([np.nan, np.nan], [1.0, 2.0], "Every number is NaN."),
    ([3.0, 0.0], [1.0, 0.0], "Every number is 3 times the expected one."),
    ([4.0, 9.0], [2.0, 3.0], "Every number is the square of the expected one."),
    ([2.0, 3.0], [4.0, 9.0], "Every number is the square root of the expected one."),
    ([1.5, 3.5], [1.0, 3.0], "Every number is 0.5 too large."),
    ([1, 3], [1.5, 3.7], "The numbers are integers: all that follows the point is cut off."),
    ([2.00001, 6.00003], [2.0, 6.0], "Every number is nearly right: it agrees to about 5 digits."),
    ([2.00001, 5.99999], [2.0, 6.0], "Every number is nearly right: it agrees to about 5 digits."),
    ([0.0, 1.0, 2.0], [1.0, 2.0, 5.0], "Every number stands one place too late."),
    ([2.0, 5.0, 9.0], [1.0, 2.0, 5.0], "Every number stands one place too early."),
    ([3.0, 1.0, 2.0], [1.0, 3.0, 2.0], "These are the expected numbers in another order."),
    ((1.0, [2.0, 4.0]), (1.0, [1.0, 2.0]), "Only [1] differs: every number is 2 times the expected one."),
    ((1.0, [2.0, 3.0]), (1.0, [2.0, 9.0]), "Only [1][1] differs: 3 instead of 9."),
    ((1.0, [2.0, 4.0]), (1.0, [1.0, 4.0]), "Only [1][0] differs: 2 instead of 1."),
    ([1.0, 3.0, 9.0], [1.0, 2.0, 3.0], "It is right before [1], and differs from there on, first at [1]: 3 "),
    (np.zeros((3, 2)), np.ones((2, 3)), "The answer has shape (3, 2), expected (2, 3)."),
]
ONE_NUMBER = [
    (True, False, "It is True instead of False."),
    (0, 3, "It is 0 instead of 3."),
    (1, 2, "It is 1 instead of 2."),  # perhaps an index: no half of it
    (1.0, 0.8, "It is 1 instead of 0.8."),
    (0.0, 0.5, "It is 0 instead of 0.5."),
    (float("nan"), 0.5, "It is nan instead of 0.5."),
    (4.0, 2.0, "It is 2 times the expected one."),
    ("a", "b", "It is 'a' instead of 'b'."),
    (10**400, 3, f"It is {10**400} instead of 3."),
    (1e-320, 1.0, "It is 9.99989e-321 instead of 1."),
]


@pytest.mark.parametrize(("got", "want", "told"), TOLD)
def test_a_relation_is_told(got: Any, want: Any, told: str) -> None:
    """What explains all of the answer comes before the first place that differs."""
    found = difference(got, want)
    assert found.startswith(told) if told else found == ""


@pytest.mark.parametrize(("got", "want", "told"), ONE_NUMBER)
def test_of_one_number_little_can_be_told(got: Any, want: Any, told: str) -> None:
    """One number is 0, whole or the square of another by chance: both are shown instead."""
    assert difference(got, want) == told


@pytest.mark.parametrize(
    ("got", "want", "not_told"),
    [
        ([1e12 + 1, 2e-9, 1.0, 1.0], [1e12 + 1, 2e-9, 1.0, 1e-9], "another order"),  # tiny beside huge
        ([1e9, 1.1e-8], [1e9, 1e-9], "0 too"),  # the small one's difference is none of the large one's
        ([1e-9, 5e-9], [-3e-9, -5e-9], "opposite"),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 0.25], "place"),  # alike numbers have no place to be told by
        ([1.0, 0.0], [0.7, 0.3], "integers"),
        ([2.00001, -5.99999], [2.0, -6.0], "float32"),
    ],
)
def test_nothing_false_is_told(got: Any, want: Any, not_told: str) -> None:
    """Relations that hold by chance or within a tolerance are not claimed."""
    assert difference(got, want)
    assert not_told not in difference(got, want)
