"""What the system that we run on can do; the rest of the kit does not need to know."""

from __future__ import annotations

import sys

NEEDS_LINUX = (
    "grading needs Linux, or WSL 2 on Windows, for nothing else can lock student code in; on a Mac use a "
    "Linux container or virtual machine. `--without-sandbox` does not change that."
)


def can_grade() -> bool:
    """Whether this system has what keeps student code apart: Linux alone has it."""
    return sys.platform.startswith("linux")
