"""Comparing answers: one structure and all numbers close."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.calls.compare import close


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
