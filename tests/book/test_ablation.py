"""The ablation's figure: the arithmetic of its script against SciPy's intervals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

SCRIPT = Path(__file__).parents[2] / "book/_static/ablation.js"


def told(pairs: list[tuple[list[float], list[float]]]) -> list[dict]:
    """What the script's own function says of each pair of runs: paired, then apart."""
    node = shutil.which("node")
    if node is None:
        why = "node runs the figure's script outside of a browser; type: sudo apt install nodejs"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    text = SCRIPT.read_text(encoding="utf-8")
    functions = re.search(r"  const T = .*?(?=  const make)", text, re.S)[0]
    each = "([a, b]) => [difference(a, b, true), difference(a, b, false)]"
    command = [node, "-e", f"{functions} console.log(JSON.stringify({json.dumps(pairs)}.map({each})))"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


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
