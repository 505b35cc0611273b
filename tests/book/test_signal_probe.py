"""The probe of signals through layers: its script against NumPy, and what it measures against its "
"predictions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

SCRIPT = Path(__file__).parents[2] / "book/_static/signal_probe.js"
BATCH = 12
SETTINGS = [
    {"activation": activation, "depth": depth, "width": width, "sigma": sigma}
    for activation in ("tanh", "relu", "linear")
    for depth, width in ((2, 15), (7, 40))
    for sigma in (0.01, 0.2, 1.0)
]
PHI = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "linear": lambda z: z}
SLOPE = {"tanh": lambda z: 1 - np.tanh(z) ** 2, "relu": lambda z: (z > 0) * 1.0, "linear": np.ones_like}


def ask(expression: str) -> Any:
    """The value of an expression in which the script's own functions are known."""
    node = shutil.which("node")
    if node is None:
        why = "node runs the figure's script outside of a browser; type: sudo apt install nodejs"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    text = SCRIPT.read_text(encoding="utf-8")
    functions = re.search(r"/\* ---- arithmetic.*?/\* ---- end of the arithmetic \*/", text, re.S)[0]
    command = [node, "-e", f"{functions}\nconsole.log(JSON.stringify({expression}))"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def numbers(setting: dict, seed: int = 1) -> str:
    """An expression for the draws that the figure makes with this seed."""
    return (
        f"Array.from({{length: {setting['depth']} + 2}}, (_, l) => normals({1000 * seed} + l, "
        f"{setting['width']} * (l < {setting['depth']} ? {setting['width']} : {BATCH})))"
    )


def test_the_draws_are_standard_normal_and_repeat() -> None:
    """40,000 numbers pass for standard normal ones; a seed repeats them, another gives others."""
    first, again, other = ask("[normals(7, 40000), normals(7, 40001), normals(8, 40000)].map((a) => [...a])")
    assert again[:40000] == first and other[:100] != first[:100] and len(again) == 40001
    assert stats.kstest(first, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.025
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.025


def test_what_is_measured_is_numpys() -> None:
    """On the same draws NumPy finds the same deviations forward and back, and the same saturated shares."""
    each = ", ".join(f"[measure(N = {numbers(s)}, {json.dumps(s)}), N.map((a) => [...a])]" for s in SETTINGS)
    for setting, (seen, draws) in zip(SETTINGS, ask(f"(() => {{ let N; return [{each}]; }})()"), strict=True):
        width, kind = setting["width"], setting["activation"]
        *weights, X, grad = (np.array(row).reshape(-1, width) for row in draws)
        weights = [setting["sigma"] * W for W in weights]
        h, zs = X, []
        for W, forward, share in zip(weights, seen["forward"], seen["saturated"], strict=True):
            zs.append(h @ W)
            h = PHI[kind](zs[-1])
            flat = {"tanh": np.abs(h) > 0.99, "relu": h == 0, "linear": np.zeros(1)}[kind]
            assert np.isclose(forward, h.std(), rtol=1e-9) and np.isclose(share, flat.mean(), atol=1e-12)
        for W, z, back in zip(weights[::-1], zs[::-1], seen["back"][::-1], strict=True):
            delta = grad * SLOPE[kind](z)
            assert np.isclose(back, delta.std(), rtol=1e-9)
            grad = delta @ W.T


def test_the_averages_are_the_integrals() -> None:
    """The mean of tanh² and of its squared slope over a Gaussian agree with adaptive quadrature."""
    for q in (1e-4, 0.3, 4.0, 100.0):
        got = ask(
            f"[average((z) => Math.tanh(z) ** 2, {q}), average((z) => (1 - Math.tanh(z) ** 2) ** 2, {q})]"
        )
        law = stats.norm(0, np.sqrt(q))
        want = [law.expect(lambda z: np.tanh(z) ** 2), law.expect(lambda z: SLOPE["tanh"](z) ** 2)]
        assert np.allclose(got, want, rtol=1e-4), q


@pytest.mark.parametrize("kind", ["tanh", "relu", "linear"])
def test_wide_layers_do_what_is_predicted(kind: str) -> None:
    """In layers of 150 units a draw is within a factor of 2.2 of the prediction, six together within 1.25."""
    for sigma in (0.01, 0.0816, 0.115, 0.3, 1.0):
        setting = {"activation": kind, "depth": 6, "width": 150, "sigma": sigma}
        runs = ", ".join(f"measure({numbers(setting, seed)}, {json.dumps(setting)})" for seed in range(1, 7))
        told, *seen = ask(f"[predict({json.dumps(setting)}), {runs}]")
        for key in ("forward", "back"):
            off = np.log([np.array(run[key]) / np.array(told[key]) for run in seen])
            assert np.abs(off).max() < np.log(2.2), (kind, sigma, key)
            assert np.abs(off.mean(axis=0)).max() < np.log(1.25), (kind, sigma, key)
