"""The Makefile on a machine that lacks something: one sentence with the line to type."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LACKS = {
    "version_info": "Python 3.11 or newer is needed",
    "import venv": "apt install python3-venv",
}


@pytest.mark.parametrize("target", ["course", "test"])
@pytest.mark.parametrize("lacking", LACKS)
def test_what_python_lacks_is_one_sentence(lacking: str, target: str, tmp_path: Path) -> None:
    """An old Python or a missing venv module ends both commands before anything is installed."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for room in ("book", "assignments", "solutions", "autograder"):
        (tmp_path / room).mkdir()
    python = tmp_path / "python"  # a Python that fails just where something is looked for
    python.write_text(f'#!/bin/sh\ncase "$2" in *"{lacking}"*) exit 1;; esac\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", f"PYTHON={python}", target],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and not (tmp_path / ".venv").exists()
    said = [line for line in done.stdout.splitlines() if not line.startswith("For the whole sandbox")]
    assert len(said) == 1 and LACKS[lacking] in said[0], done.stdout + done.stderr
