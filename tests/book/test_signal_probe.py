"""The probe of signals through layers: its script against NumPy, its measurements against its predictions."""

from __future__ import annotations

import numpy as np
import pytest
from figures import ask
from scipy import stats

SETTINGS = [
    {"activation": activation, "depth": depth, "width": width, "sigma": sigma}
    for activation in ("tanh", "relu", "linear")
    for depth, width in ((2, 15), (7, 40))
    for sigma in (0.01, 0.2, 1.0)
]
PHI = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "linear": lambda z: z}
SLOPE = {"tanh": lambda z: 1 - np.tanh(z) ** 2, "relu": lambda z: (z > 0) * 1.0, "linear": np.ones_like}


def test_what_is_measured_is_numpys() -> None:
    """On the same draws NumPy finds the same deviations forward and back, and the same saturated shares."""
    each = "(setting) => { const N = draws(setting); return [measure(N, setting), N.map((a) => [...a])]; }"
    told = ask("signal_probe", f"given.map({each})", [setting | {"seed": 1} for setting in SETTINGS])
    for setting, (seen, numbers) in zip(SETTINGS, told, strict=True):
        width, kind = setting["width"], setting["activation"]
        *weights, X, grad = (np.array(row).reshape(-1, width) for row in numbers)
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
        means = (
            "[(z) => Math.tanh(z) ** 2, (z) => (1 - Math.tanh(z) ** 2) ** 2].map((g) => average(g, given))"
        )
        got = ask("signal_probe", means, q)
        law = stats.norm(0, np.sqrt(q))
        want = [law.expect(lambda z: np.tanh(z) ** 2), law.expect(lambda z: SLOPE["tanh"](z) ** 2)]
        assert np.allclose(got, want, rtol=1e-4), q


@pytest.mark.parametrize("kind", ["tanh", "relu", "linear"])
def test_wide_layers_do_what_is_predicted(kind: str) -> None:
    """In layers of 150 units a draw is within a factor of 2.2 of the prediction, six together within 1.25."""
    for sigma in (0.01, 0.0816, 0.115, 0.3, 1.0):
        setting = {"activation": kind, "depth": 6, "width": 150, "sigma": sigma}
        runs = "[1, 2, 3, 4, 5, 6].map((seed) => measure(draws({ ...given, seed }), given))"
        told, seen = ask("signal_probe", f"[predict(given), {runs}]", setting)
        for key in ("forward", "back"):
            off = np.log([np.array(run[key]) / np.array(told[key]) for run in seen])
            assert np.abs(off).max() < np.log(2.2), (kind, sigma, key)
            assert np.abs(off.mean(axis=0)).max() < np.log(1.25), (kind, sigma, key)
