"""Plain values: copied as they would cross, compared to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.worker.values import same_bits


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (np.array([np.nan]), np.array([np.nan]), True),
        (0.0, -0.0, False),
        (np.zeros(2), np.zeros(2, np.float32), False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": [1]}, {"a": [2]}, False),
        ((1,), [1], False),
        (np.float64(1), 1.0, True),
        (1, True, False),
    ],
)
def test_untouched_means_every_bit(a: object, b: object, same: bool) -> None:
    """Bits, dtypes and kinds decide, not closeness."""
    assert same_bits(a, b) is same
