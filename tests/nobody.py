"""A command as an ordinary user runs it, also where the tests run as root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOBODY = 65534


def as_ordinary_user(command: Sequence[str], **more: object) -> subprocess.CompletedProcess:
    """Run ``command``; as root by becoming nobody, who then can read Python and this repository."""
    told = []
    if os.geteuid() == 0:
        told = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        told += _opened([Path(sys.base_prefix).resolve(), Path(sys.prefix), ROOT])
        ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
        told += ["setpriv", *ids, "--"]
    return subprocess.run([*told, *command], capture_output=True, text=True, timeout=120, **more)


def _opened(needed: Sequence[Path]) -> list[str]:
    """Arguments of bubblewrap that show the needed folders where a folder above them is closed to others."""
    told, closed = [], []
    for path in needed:
        above = [parent for parent in reversed(path.parents) if not parent.stat().st_mode & 0o001]
        if above and above[0] not in closed:
            closed.append(above[0])
            told += ["--perms", "0755", "--tmpfs", str(above[0])]
    made = set(closed)
    for path in needed:
        if any(path.is_relative_to(one) for one in closed):
            for parent in reversed(path.parents):
                if parent not in made and any(parent.is_relative_to(one) for one in closed):
                    made.add(parent)
                    told += ["--perms", "0755", "--dir", str(parent)]
            told += ["--ro-bind", str(path), str(path)]
    return told
