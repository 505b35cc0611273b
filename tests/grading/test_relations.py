"""How two answers differ, in words."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading import relations
from autograder.grading.relations import difference

W = np.array([1.0, 2.5, 4.0, 3.0])


def test_the_examples_hold() -> None:
    """Those in the docstring."""
    assert doctest.testmod(relations).failed == 0


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (W, ""),
        (W.tolist(), ""),  # the form is told elsewhere
        (W[None], ""),
        (3 * W, "Every number is 3 times the expected one."),
        (W / 7, "Every number is 0.142857 times the expected one."),
        (-W, "Every number has the opposite sign."),
        (W**2, "Every number is the square of the expected one."),
        (np.sqrt(W), "Every number is the square root of the expected one."),
        (W + 1, "Every number is 1 too large."),
        (W - 0.5, "Every number is 0.5 too small."),
        (np.trunc(W), "The numbers are cut to whole ones."),
        (np.r_[0, W[:-1]], "Every number stands one place too late."),
        (np.r_[W[1:], 9], "Every number stands one place too early."),
        (W[::-1], "The numbers are right, but in another order."),
        (0 * W, "Every number is 0."),
        (np.nan * W, "Every number is NaN."),
        (np.r_[W[:2], 9, W[3]], "Only [2] differs, first at [2]: 9 instead of 4."),
        (
            np.r_[W[:2], 9, 9],
            "It is right before [2], and differs from there on, first at [2]: 9 instead of 4.",
        ),
        (np.r_[9, W[1:3], 9], "It differs, first at [0]: 9 instead of 1."),
        (np.r_[np.inf, W[1:]], "Only [0] differs, first at [0]: inf instead of 1."),
        (W[:2], "The answer has shape (2,), expected (4,)."),
        (None, "The answer must be an array of shape (4,), got None."),
    ],
)
def test_a_series_is_told_by_what_explains_most_of_it(got: Any, said: str) -> None:
    """A relation of all numbers before the first place that differs; of equal answers nothing."""
    assert difference(got, W) == said


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        (4.0, 2.0, "Every number is 2 times the expected one."),
        (4.7, 2.0, "It is 4.7 instead of 2."),
        (True, False, "It is True instead of False."),
        ("a", "b", "It is 'a' instead of 'b'."),
        ((W, 5.0), (W, 3.0), "Only [1] differs, first at [1]: 5 instead of 3."),
        ({"w": W, "b": 1.0}, {"w": W, "b": 3.0}, "Only ['b'] differs, first at ['b']: 1 instead of 3."),
        (
            np.arange(6.0).reshape(2, 3).T,
            np.arange(6.0).reshape(2, 3),
            "The answer has shape (3, 2), expected (2, 3). It is the transpose.",
        ),
    ],
)
def test_other_answers(got: Any, want: Any, said: str) -> None:
    """Numbers, words, members by their places, transposes."""
    assert difference(got, want) == said


LEAVES = st.floats() | st.integers(-9, 9) | st.booleans() | st.none() | st.text(max_size=3)
ANSWERS = st.recursive(
    LEAVES | st.lists(st.floats(), max_size=4).map(np.array),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(ANSWERS, ANSWERS)
def test_there_is_a_sentence_for_any_two_answers(got: Any, want: Any) -> None:
    """Nothing raises; what is equal has none, and what has one ends as a sentence does."""
    assert difference(want, want) == ""
    said = difference(got, want)
    assert said == "" or said[-1] == "."
