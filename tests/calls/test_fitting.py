"""The form of answers: numbers in another container are put right and told, other numbers are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.calls.compare import close
from autograder.calls.fitting import StructureError, fitted
from autograder.worker.values import same_bits


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (np.array(2.0), 1.0),
        (np.float64(2.0), 1.0),
        (3, 1.0),
        (3.0, 3),
        (2**70, 5),
        ([1.0, np.zeros(2)], (1.0, np.ones(2))),
        ((1.0, np.zeros(2)), [1.0, np.ones(2)]),
        (np.zeros(3, int), np.ones(3)),
        (np.zeros(3, np.uint8), np.ones(3, int)),
        (np.True_, False),
        ({"b": 1.0, "a": 2.0}, {"a": 1.0, "b": 1.0}),
        (None, None),
        ("a", "b"),
    ],
)
def test_another_spelling_of_the_same_form_is_not_told(got: Any, want: Any) -> None:
    """NumPy scalars, 0-d arrays, lists for tuples, whole numbers and other orders of keys cost nothing."""
    value, told = fitted(got, want)
    assert told == ()
    assert type(value) is type(want) or isinstance(want, int | float)
    assert close(value, got)


@pytest.mark.parametrize(
    ("got", "want", "fits", "says"),
    [
        ([1.0, 2.0], np.zeros(2), np.array([1.0, 2.0]), "must be an array of shape (2,), got a list"),
        ((1.0, 2.0), np.zeros(2), np.array([1.0, 2.0]), "must be an array of shape (2,), got a tuple"),
        ([[1.0], [2.0]], np.zeros(2), np.array([1.0, 2.0]), "must be an array of shape (2,), got a list"),
        (
            np.ones((1, 2)),
            np.zeros(2),
            np.ones(2),
            "must be an array of shape (2,), got an array of shape (1, 2)",
        ),
        (np.ones(2), np.zeros((2, 1)), np.ones((2, 1)), "must be an array of shape (2, 1), got an array"),
        (2.0, np.zeros(1), np.array([2.0]), "must be an array of shape (1,), got a number"),
        (np.array([2.0]), 1.0, 2.0, "must be a number, got an array of shape (1,)"),
        ([2.0], 1.0, 2.0, "must be a number, got a list"),
        ([[2]], 1, 2, "must be a number, got a list"),
        (True, 1.0, 1, "must be a number, got True or False"),
        (1, True, True, "must be True or False, got a number"),
        (np.ones(2), [0.0, 0.0], [1.0, 1.0], "must be a list, got an array of shape (2,)"),
        (np.ones(2), (0.0, 0.0), (1.0, 1.0), "must be a tuple, got an array of shape (2,)"),
        (np.ones(2), np.zeros(2, int), np.ones(2, int), "has numbers of type float64, expected int64"),
        (np.zeros(2, bool), np.ones(2), np.zeros(2), "has numbers of type bool, expected float64"),
        (np.ones(2), np.array([True, False]), np.array([True, True]), "type float64, expected bool"),
        (np.float32([0.1]), np.array([5.0]), np.float64(np.float32([0.1])), "type float32, expected float64"),
        (np.float16(0.5), 5.0, 0.5, "type float16, expected float64"),
    ],
)
def test_numbers_in_another_form_are_put_right_and_told(got: Any, want: Any, fits: Any, says: str) -> None:
    """The check gets the expected form with the student's numbers, and one sentence names the difference."""
    value, told = fitted(got, want)
    assert same_bits(np.asarray(value), np.asarray(fits)) and isinstance(value, np.ndarray) == isinstance(
        want, np.ndarray
    )
    (sentence,) = told
    assert sentence.startswith("the answer ") and says in sentence


@pytest.mark.parametrize(
    ("got", "want", "sentence"),
    [
        (None, np.zeros(2), r"must be an array of shape \(2,\), got None"),
        (None, 1.0, "must be a number, got None"),
        (None, (1.0,), "must be a tuple, got None"),
        (1.0, None, "must be None, got a number"),
        (1.0, {"w": 1.0}, "must be a dict, got a number"),
        (1.0, "a", "must be a string, got a number"),
        ("1", 1.0, "must be a number, got a string"),
        ([[1.0], [1.0, 2.0]], np.zeros((2, 2)), r"must be an array of shape \(2, 2\), got a list"),
        ([["a"]], np.zeros((1, 1)), "must be an array .* got a list"),
        ({"w": 1.0}, np.zeros(1), "must be an array .* got a dict"),
        (np.zeros((2, 3)), np.zeros((3, 2)), r"has shape \(2, 3\), expected \(3, 2\)"),
        (np.zeros(6), np.zeros((3, 2)), r"has shape \(6,\), expected \(3, 2\)"),
        (np.zeros(2), 1.0, "must be a number, got an array"),
        (np.array([0.5, 1.0]), np.zeros(2, int), "dtype float64, expected int64"),
        (np.array([np.nan]), np.zeros(1, int), "dtype float64, expected int64"),
        (np.array([2.0]), np.array([True]), "dtype float64, expected bool"),
        (2, True, "dtype int64, expected bool"),
        ((1.0,), (1.0, 2.0), "has 1 members, expected 2"),
        (np.zeros(3), (1.0, 2.0), "has 3 members, expected 2"),
        ({"w": 1.0}, {"w": 1.0, "b": 1.0}, r"must have the keys \['b', 'w'\], got \['w'\]"),
        ((1.0, [np.zeros(2)]), (1.0, [np.zeros(3)]), r"answer\[1\]\[0\] has shape"),
        ({"w": {"b": "x"}}, {"w": {"b": 1.0}}, r"answer\['w'\]\['b'\] must be a number"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(got: Any, want: Any, sentence: str) -> None:
    """Other lengths, keys, shapes and kinds are wrong answers; the sentence says where and how."""
    with pytest.raises(StructureError, match=sentence):
        fitted(got, want)


def test_the_keys_of_a_dict_are_not_told_without_end() -> None:
    """Six of those that came are enough."""
    with pytest.raises(StructureError) as caught:
        fitted({str(i): 1.0 for i in range(100)}, {"w": 1.0})
    assert str(caught.value).count("'") == 2 * 6 + 2


def test_several_differences_are_all_told() -> None:
    """Each member has its sentence, in order, with its place."""
    value, told = fitted({"w": [1.0], "b": np.ones((1, 2))}, {"b": np.zeros(2), "w": np.zeros(1)})
    assert value["b"].shape == (2,) and [sentence.split(" ")[0] for sentence in told] == [
        "answer['b']",
        "answer['w']",
    ]


# --- Single precision ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_what_agrees_in_single_precision_is_taken_as_equal(scale: float) -> None:
    """The check gets the exact numbers, so that its tolerance need not know about float32."""
    want = scale * np.array([1.0, 1 / 3, -2e-6])
    value, told = fitted(want.astype(np.float32), want)
    assert same_bits(value, want) and "float32" in told[0]


def test_wrong_numbers_in_single_precision_stay_wrong() -> None:
    """Only what float32 can explain is forgiven."""
    for odd in ([], [np.inf], [np.nan], [np.nan, -np.inf]):
        want = np.array([1.0, 2.0, *odd])
        for wrong in (want * 1.01, want[::-1], -want):
            value, _ = fitted(wrong.astype(np.float32), want)
            assert np.array_equal(value, wrong.astype(np.float32).astype(float), equal_nan=True)
        same, told = fitted(want.astype(np.float32), want)
        assert same_bits(same, want) and len(told) == 1
    assert fitted(want, want.astype(np.float32))[1] == ()  # the more precise type is no fault


# --- Order of members ---------------------------------------------------------------------------------------

MEMBERS = (np.arange(3.0), np.arange(3.0) + 1, 5.0)


@pytest.mark.parametrize(
    ("order", "places"),
    [((1, 0, 2), "2, 1, 3"), ((2, 0, 1), "3, 1, 2"), ((2, 1, 0), "3, 2, 1")],
)
def test_members_that_changed_places_are_wrong_and_told_as_that(order: tuple, places: str) -> None:
    """Whether or not their shapes fit; the sentence says where each belongs."""
    with pytest.raises(StructureError, match=f"members in another order: they belong at {places}$"):
        fitted(tuple(MEMBERS[i] for i in order), MEMBERS, ordered=True)


def test_only_right_members_are_sorted_out() -> None:
    """Right order, wrong numbers, too many members, and answers that draw are left to the check."""
    swapped = (MEMBERS[1], MEMBERS[0], 5.0)
    assert fitted(MEMBERS, MEMBERS, ordered=True)[1] == ()
    assert fitted(swapped, MEMBERS)[1] == ()
    assert fitted((MEMBERS[1], MEMBERS[0], 6.0), MEMBERS, ordered=True)[1] == ()
    many = tuple(map(float, range(5)))
    assert fitted(many[::-1], many, ordered=True)[1] == ()
    assert fitted([2.0, 1.0], [1.0, 2.0], ordered=True)[1] == ()  # a list's order is its content
    with pytest.raises(StructureError, match="has shape"):  # neither order fits
        fitted((np.zeros(2), np.zeros(2)), (np.zeros(3), np.zeros(3)), ordered=True)


ARRAYS = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3))
WANTED = st.recursive(
    ARRAYS | st.floats() | st.integers(-9, 9),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


def as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_lists(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [as_lists(member) for member in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def with_an_axis(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_an_axis(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return tuple(with_an_axis(member) for member in value)
    return np.asarray(value)[None]


@given(WANTED, st.sampled_from([as_lists, with_an_axis]))
def test_no_container_loses_a_number(want: Any, boxed: Any) -> None:
    """Whatever the answer is: its own numbers, as lists or with one axis more, fit and are the same."""
    value, _ = fitted(boxed(want), want)
    assert close(value, want, rtol=0, atol=0, nan_agrees=True)
    assert fitted(want, want)[1] == ()
