"""How a wrong answer differs from the right one, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.grading.relations import difference

NAN = float("nan")
WANT = np.array([1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("got", "want", "sentence"),
    [
        (WANT, WANT, ""),
        (WANT * 3, WANT, "Every number is 3 times the expected one."),
        (WANT / 4, WANT, "Every number is 0.25 times the expected one."),
        (-WANT, WANT, "Every number has the opposite sign."),
        (WANT * 0, WANT, "Every number is 0."),
        (WANT * NAN, WANT, "Every number is NaN."),
        (WANT**2, WANT, "Every number is the square of the expected one."),
        (np.sqrt(WANT), WANT, "Every number is the square root of the expected one."),
        (WANT + 0.5, WANT, "Every number is 0.5 too large."),
        (np.array([0.0, 1.0, 3.0]), np.array([0.4, 1.2, 3.4]), "The numbers are cut to whole ones."),
        (WANT[::-1].copy(), WANT, "The numbers are right, but in another order."),
        ([9.0, 1.0, 2.0], [1.0, 2.0, 5.0], "Every number stands one place too late."),
        (
            {"w": WANT, "b": 5.0},
            {"w": WANT, "b": 3.0},
            "Only ['b'] differs, first at ['b']: 5 instead of 3.",
        ),
        (
            np.ones((2, 3)),
            np.ones((3, 2)),
            "The answer has shape (2, 3), expected (3, 2). It is the transpose.",
        ),
        (7, 3, "It is 7 instead of 3."),
    ],
)
def test_a_relation_is_found(got: Any, want: Any, sentence: str) -> None:
    """The first relation that explains all of an answer is told, else the first place that differs."""
    assert difference(got, want) == sentence
