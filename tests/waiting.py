"""Waits for what other processes do, with a deadline."""

from __future__ import annotations

import select
import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look again and again until ``holds``; an AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        select.select([], [], [], 0.01)
