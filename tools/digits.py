"""Exports scikit-learn's handwritten digits to files that NumPy alone can read, the same bytes every time.

    python -m tools.digits assignments/adaptive/digits.npz

The files lie beside the notebooks that read them and get into the public bundle with them; git ignores them.
``images`` has shape (1797, 64) and holds whole numbers 0 to 16 (uint8); ``labels`` has shape (1797,) and
holds 0 to 9 (int64).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits


def write_digits(path: Path) -> None:
    """Write the digits to ``path``; its folder has to be there."""
    images, labels = load_digits(return_X_y=True)
    with path.open("wb") as file:  # given a name, NumPy would change one that does not end in .npz
        np.savez_compressed(file, images=images.astype(np.uint8), labels=labels.astype(np.int64))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_digits(Path(name))
