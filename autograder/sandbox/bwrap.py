"""Command lines of bubblewrap, and whole programs that run behind one.

`Bwrap` collects the arguments; `boxed` runs a program that has no protection of its own: it sees the system,
Python and what it is given, all read-only, and empty folders of bounded size to write in. It has processes
and a network of its own, where nobody else listens. When its time is over, everything in the box is killed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograder.course.course import CourseError

ISOLATED = (
    "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--die-with-parent", "--new-session",
)  # fmt: skip  # one row of flags
SYSTEM = tuple(map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/var")))
WRITABLE_BYTES = 512 * 2**20
NOBODY = 65534
# What turns root into nobody inside a box that keeps CAP_SETUID and CAP_SETGID.
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", "--")


class Bwrap:
    """The arguments of one bubblewrap command; ``options`` come first."""

    def __init__(self, *options: str) -> None:
        self.arguments = ["bwrap", *options]
        self._mounts: list[tuple[Path, bool]] = []  # and whether files of this machine are seen there
        self._made: set[Path] = set()

    def add(self, *arguments: str) -> None:
        self.arguments += arguments

    def keep(self, *capabilities: str) -> None:
        """Let the program keep these capabilities."""
        for name in capabilities:
            self.add("--cap-add", name)

    def bind(self, source: Path, place: Path, how: str = "--ro-bind") -> None:
        """Mount ``source`` at ``place``."""
        for parent in reversed(place.parents[:-1]):
            if parent not in self._made and not self.shows(parent):
                self._made.add(parent)
                self.add("--perms", "0755", "--dir", str(parent))  # bubblewrap itself would take 0700
        self.add(how, str(source), str(place))
        self._mounts.append((place, True))

    def show(self, paths: Iterable[Path]) -> list[Path]:
        """Show files and folders of this machine in their own places; returns those that were mounted."""
        mounted = []
        for path in paths:
            if path.is_symlink():
                self.add("--symlink", os.readlink(path), str(path))
            elif path.exists() and not self.shows(path):
                self.bind(path, path)
                mounted.append(path)
        return mounted

    def empty(self, place: Path, perms: str, size: int | None = None) -> None:
        """Mount an empty folder at ``place``, of at most ``size`` bytes."""
        self.add(*(("--size", str(size)) if size else ()), "--perms", perms, "--tmpfs", str(place))
        self._mounts.append((place, False))
        self._made.add(place)

    def shows(self, path: Path) -> bool:
        """Whether ``path`` is a place where the machine's own files are seen."""
        seen = [visible for place, visible in self._mounts if path.is_relative_to(place)]
        return bool(seen) and seen[-1]


def boxed(
    command: Sequence[str],
    *,
    shown: Iterable[Path],
    writable: Iterable[Path],
    environment: Mapping[str, str],
    wall_seconds: float,
) -> subprocess.CompletedProcess[str]:
    """Run ``command``; ``shown`` it may read, the folders ``writable`` are its own and empty.

    As root it becomes nobody first. Raises subprocess.TimeoutExpired after ``wall_seconds``, and CourseError
    where there is no bubblewrap.
    """
    if shutil.which("bwrap") is None:
        raise CourseError(
            "what is attacked here has no protection of its own, so it runs in bubblewrap or not at all; "
            "`autograder doctor` says what to install."
        )
    root = os.geteuid() == 0
    box = Bwrap(*ISOLATED, "--clearenv")
    if root:
        box.keep("CAP_SETUID", "CAP_SETGID")
    else:
        box.add("--unshare-user")
    box.show(SYSTEM)
    box.add("--proc", "/proc", "--dev", "/dev")
    for path in (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), *writable):
        box.empty(path, "1777", WRITABLE_BYTES)
    for path in (Path(sys.base_prefix).resolve(), Path(sys.prefix), Path(__file__).parents[1], *shown):
        box.bind(path, path)
    for name, value in environment.items():
        box.add("--setenv", name, value)
    return subprocess.run(
        [*box.arguments, *(AS_NOBODY if root else ()), *command],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=wall_seconds,
    )
