"""The ways to start the warm parent, strongest first; if one fails on this machine, the next is tried.

With bubblewrap the parent has namespaces of its own. If root starts it, its user namespace has many users,
and every worker runs as a different one. If an ordinary user starts it, the namespace has that user only.
Without bubblewrap the workers still have resource limits and the system-call filter.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from autograder.sandbox.bwrap import ISOLATED, NOBODY, Bwrap
from autograder.sandbox.syscalls import NoFilter, system_call_filter
from autograder.worker.confine import MAX_USERS, Confinement

SCRATCH_BYTES = 16 * 2**20
MAX_THREADS = 64
# Numbers of users that no system hands out (systemd's table of them calls the range unused).
FIRST_FREE_USER = 1_900_000_000
MANY_USERS, ONE_USER = "many users", "one user"


@dataclass(frozen=True)
class Plan:
    """``name`` in words; ``namespace`` is the kind of user namespace, or empty without bubblewrap."""

    name: str
    namespace: str
    confinement: Confinement

    def bwrap(self, user_namespace: int | None) -> Bwrap | None:
        """The bubblewrap command that the parent runs behind, without its view; None without bubblewrap."""
        if not self.namespace:
            return None
        command = Bwrap(*ISOLATED, "--unshare-cgroup-try", "--hostname", "sandbox")
        if self.namespace == MANY_USERS:
            command.add("--userns", str(user_namespace))
            command.keep("CAP_SETUID", "CAP_SETGID", "CAP_KILL")
        else:
            command.add("--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY))
        if self.confinement.scratch_bytes:
            command.keep("CAP_SYS_ADMIN")
        return command


def plans() -> Iterator[Plan]:
    """The plans to try on this machine, strongest first; none lets student code run as root."""
    try:
        program = system_call_filter()
    except NoFilter:
        program = b""
    root = os.geteuid() == 0
    bare = Confinement(program)
    boxed = Confinement(program, SCRATCH_BYTES, 0, MAX_THREADS if _counts_threads_by_namespace() else 0)
    if shutil.which("bwrap"):
        if root:
            own = replace(boxed, first_user=1, max_threads=MAX_THREADS)
            yield Plan("bubblewrap, a user of its own for every submission", MANY_USERS, own)
        yield Plan("bubblewrap", ONE_USER, boxed)
        yield Plan("bubblewrap, no scratch folder", ONE_USER, replace(boxed, scratch_bytes=0))
    if root:
        other = replace(bare, first_user=FIRST_FREE_USER, max_threads=MAX_THREADS)
        yield Plan("another user", "", other)
    else:
        yield from bare_plans(program)


def bare_plans(program: bytes) -> Iterator[Plan]:
    """The last resort of an ordinary user: nothing but limits, and the filter if there is one."""
    if program:
        yield Plan("limits and filter only", "", Confinement(program))
    yield Plan("limits only", "", Confinement())


def _counts_threads_by_namespace() -> bool:
    """Whether RLIMIT_NPROC counts a user's threads in each user namespace separately: since Linux 5.14."""
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return found is not None and tuple(map(int, found.groups())) >= (5, 14)


@contextmanager
def user_namespace(plan: Plan) -> Iterator[int | None]:
    """A descriptor of a new user namespace with root and MAX_USERS others; None if the plan needs none."""
    if plan.namespace != MANY_USERS:
        yield None
        return
    command = ["unshare", "--user", "sh", "-c", "echo; read end"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin and holder.stdout  # they are pipes
        holder.stdout.readline()  # after this line the process is in its namespace
        descriptor = None
        try:
            for kind in ("uid_map", "gid_map"):
                with open(f"/proc/{holder.pid}/{kind}", "w", encoding="ascii") as file:
                    file.write(f"0 0 1\n1 {FIRST_FREE_USER} {MAX_USERS + 1}\n")
            descriptor = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
            yield descriptor
        finally:
            holder.stdin.close()
            if descriptor is not None:
                os.close(descriptor)
