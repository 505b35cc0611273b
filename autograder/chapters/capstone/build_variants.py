"""Unusual but right answers to `build`."""

import numpy as np

from autograder.checking import variants


class BuildFromTheEnd:
    """The last layer first, then the drawn ones in their order; keys come out in another order."""

    def build(config, rng):
        sizes = list(config["sizes"])
        last = len(sizes) - 1
        params = {f"W{last}": np.zeros((sizes[-2], sizes[-1])), f"b{last}": np.zeros(sizes[-1])}
        running = {}
        for k, m in enumerate(sizes[1:-1], 1):
            n = sizes[k - 1]
            small = config["init"] == "small"
            params[f"W{k}"] = rng.normal(0.0, 0.01, (n, m)) if small else he_normal(n, m, rng=rng)
            params[f"b{k}"] = np.zeros(m)
            if config["batch_norm"]:
                running |= {f"mean{k}": np.zeros(m), f"var{k}": np.ones(m)}
                params |= {f"gamma{k}": np.ones(m), f"beta{k}": np.zeros(m)}
        return {"mean": np.zeros(sizes[0]), "scale": np.ones(sizes[0]), "running": running, "params": params}


class BuildByStandardNormal:
    """Draws standard normal numbers, row by row, and scales them itself."""

    def build(config, rng):
        sizes = config["sizes"]
        model = {"params": {}, "running": {}, "mean": np.full(sizes[0], 0.0), "scale": np.full(sizes[0], 1.0)}
        for k in range(1, len(sizes)):
            n, m = sizes[k - 1 : k + 1]
            std = 0.01 if config["init"] == "small" else (2 / n) ** 0.5
            hidden = k < len(sizes) - 1
            rows = [std * rng.standard_normal(m) if hidden else np.zeros(m) for _ in range(n)]
            model["params"] |= {f"W{k}": np.array(rows), f"b{k}": np.zeros(m)}
            if hidden and config["batch_norm"]:
                model["params"] |= {f"gamma{k}": np.ones(m), f"beta{k}": np.zeros(m)}
                model["running"] |= {f"mean{k}": np.zeros(m), f"var{k}": np.ones(m)}
        return model


VARIANTS = variants(
    "build",
    ("from_the_end", BuildFromTheEnd),
    ("by_standard_normal", BuildByStandardNormal),
    (
        "sizes_as_a_list",
        "The sizes are copied into a list first.",
        ('sizes = config["sizes"]', 'sizes = [*config["sizes"]]'),
    ),
)
