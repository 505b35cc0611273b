"""The ablation's figure: the arithmetic of its script against SciPy's intervals."""

from __future__ import annotations

import numpy as np
import pytest
from figures import ask
from scipy import stats


def told(pairs: list[tuple[list[float], list[float]]]) -> list[dict]:
    """What the script's own function says of each pair of runs: paired, then apart."""
    return ask("ablation", "given.map(([a, b]) => [difference(a, b, true), difference(a, b, false)])", pairs)


def test_intervals_are_students() -> None:
    """Paired and unrelated differences, for two, five, eight and fifteen runs."""
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=n).tolist(), (1 + rng.normal(size=n)).tolist()) for n in (2, 5, 8, 15)]
    for (a, b), (paired, apart) in zip(pairs, told(pairs), strict=True):
        for mine, test in ((paired, stats.ttest_rel(a, b)), (apart, stats.ttest_ind(a, b))):
            low, high = test.confidence_interval(0.95)
            assert mine["mean"] == pytest.approx((low + high) / 2, rel=1e-9)
            assert mine["half"] == pytest.approx((high - low) / 2, rel=1e-3)


def test_pairing_narrows_what_luck_widens() -> None:
    """A seed's luck that both runs share cancels in pairs and counts twice apart."""
    luck = np.arange(8.0)
    ((paired, apart),) = told([((luck + 1).tolist(), luck.tolist())])
    assert paired["half"] == pytest.approx(0, abs=1e-9) and apart["half"] > 2
