"""A box for a whole program that is not to be trusted: bubblewrap around it, nothing of this machine to harm.

The program sees the system, Python and what it is given, all read-only, and empty folders of bounded size to
write in; it has processes and a network of its own, where nobody but itself listens. As root it becomes
nobody first. When its time is over, everything in the box ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograder.course.course import CourseError

SYSTEM = tuple(map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/var")))
WRITABLE_BYTES = 512 * 2**20
NOBODY = 65534


def boxed(
    command: Sequence[str],
    *,
    shown: Iterable[Path],
    writable: Iterable[Path],
    environment: Mapping[str, str],
    wall_seconds: float,
) -> subprocess.CompletedProcess[str]:
    """Run ``command``; ``shown`` it may read, the folders ``writable`` are its own and empty.

    Raises subprocess.TimeoutExpired after ``wall_seconds``, and CourseError where there is no bubblewrap.
    """
    if shutil.which("bwrap") is None:
        raise CourseError(
            "what is attacked here has no protection of its own, so it runs in bubblewrap or not at all; "
            "`autograder doctor` says what to install."
        )
    root = os.geteuid() == 0
    told = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--die-with-parent"]
    told += ["--new-session", "--clearenv"]
    told += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-user"]
    for path in SYSTEM:
        if path.is_symlink():
            told += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            told += ["--ro-bind", str(path), str(path)]
    told += ["--proc", "/proc", "--dev", "/dev"]
    own = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), *writable]
    for path in own:
        told += ["--size", str(WRITABLE_BYTES), "--perms", "1777", "--tmpfs", str(path)]
    made: set[Path] = set()
    for path in [Path(sys.base_prefix).resolve(), Path(sys.prefix), Path(__file__).parents[1], *shown]:
        for parent in reversed(path.parents[:-1]):  # left to itself bubblewrap makes them for its own eyes
            if parent not in made and not any(parent.is_relative_to(one) for one in SYSTEM):
                made.add(parent)
                told += ["--perms", "0755", "--dir", str(parent)]
        told += ["--ro-bind", str(path), str(path)]
    for name, value in environment.items():
        told += ["--setenv", name, value]
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    person = ["setpriv", *ids, "--"] if root else []
    return subprocess.run(
        [*told, *person, *command], capture_output=True, text=True, errors="replace", timeout=wall_seconds
    )
