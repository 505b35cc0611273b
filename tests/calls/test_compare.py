"""Comparing answers: structure with a sentence, closeness, and bits."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.calls.compare import StructureError, close, conform


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (np.float32(2), 1.0),
        (np.array(2.0), 1.0),
        (3, 1.0),
        ([1.0, np.zeros(2)], (1.0, np.ones(2))),
        (np.zeros(3, np.float32), np.ones(3)),
        (np.zeros(3, int), np.ones(3)),
        (np.True_, False),
        ({"b": 1.0, "a": 2.0}, {"a": 1.0, "b": 1.0}),
        (None, None),
    ],
)
def test_another_spelling_of_the_same_structure_passes(got: object, want: object) -> None:
    """NumPy scalars, 0-d arrays, lists for tuples, other key orders and float32 are no breach."""
    assert type(conform(got, want)) is type(want) or isinstance(want, float)


@pytest.mark.parametrize(
    ("got", "want", "sentence"),
    [
        (None, np.zeros(2), r"must be an array of shape \(2,\), got None"),
        ([0.0, 0.0], np.zeros(2), "must be an array .* got a list"),
        (np.zeros((2, 1)), np.zeros(2), r"has shape \(2, 1\), expected \(2,\)"),
        (np.zeros(2, bool), np.zeros(2), "dtype bool, expected float64"),
        (np.zeros(2), np.zeros(2, int), "dtype float64, expected int64"),
        (True, 1.0, "must be a number, got True or False"),
        (1.0, True, "must be True or False"),
        ("1", 1.0, "must be a number, got a string"),
        ((1.0,), (1.0, 2.0), "has 1 members, expected 2"),
        ({"w": 1.0}, {"w": 1.0, "b": 1.0}, r"must have the keys \['b', 'w'\]"),
        (np.zeros(1), 1.0, "must be a number, got an array"),
        ((1.0, [np.zeros(2)]), (1.0, [np.zeros(3)]), r"the answer\[1\]\[0\] has shape"),
    ],
)
def test_a_breach_is_named_with_its_place(got: object, want: object, sentence: str) -> None:
    """The sentence says where, what was got and what the contract has there."""
    with pytest.raises(StructureError, match=sentence):
        conform(got, want)


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (1.0 + 1e-10, 1.0, True),
        (1.0 + 1e-8, 1.0, False),
        (float("nan"), float("nan"), False),
        (float("inf"), float("inf"), True),
        (float("inf"), 1.0, False),
        ([np.zeros(2)], [np.zeros(3)], False),
        ({"a": 1.0}, {"b": 1.0}, False),
        ({"a": 1.0}, [1.0], False),
        ([1.0, [2.0]], np.zeros(2), False),
        (None, None, True),
        (0.0, None, False),
        (1, True, False),
        (2**70, 2**70, True),
        (2**70, 2**71, False),
        ("a", "a", True),
    ],
)
def test_close_needs_one_structure_and_all_numbers(got: object, want: object, expected: bool) -> None:
    """Structure, every number, NaN with nothing: anything else is not close."""
    assert close(got, want) is expected


def test_nan_agrees_only_when_asked() -> None:
    """Journals may agree on NaN; answers may not."""
    assert close([np.nan], [np.nan], nan_agrees=True) and not close([np.nan], [np.nan])
