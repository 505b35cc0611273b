"""A command as an ordinary user runs it, also where the tests run as root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.sandbox.bwrap import AS_NOBODY, Bwrap

ROOT = Path(__file__).parents[1]


def as_ordinary_user(command: Sequence[str], **more: object) -> subprocess.CompletedProcess:
    """Run ``command``; as root by becoming nobody, who then can read Python and this repository."""
    before: list[str] = []
    if os.geteuid() == 0:
        box = Bwrap()
        box.bind(Path("/"), Path("/"), "--dev-bind")
        box.keep("CAP_SETUID", "CAP_SETGID")
        _open(box, [Path(sys.base_prefix).resolve(), Path(sys.prefix), ROOT])
        before = [*box.arguments, *AS_NOBODY]
    return subprocess.run([*before, *command], capture_output=True, text=True, timeout=120, **more)


def _open(box: Bwrap, needed: Sequence[Path]) -> None:
    """Show the needed folders where a folder above them is closed to other users."""
    closed = [
        next((above for above in reversed(path.parents) if not above.stat().st_mode & 0o001), None)
        for path in needed
    ]
    for folder in dict.fromkeys(filter(None, closed)):
        box.empty(folder, "0755")
    for path in needed:
        box.bind(path, path)
