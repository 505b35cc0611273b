"""Actions that student code must not be able to perform, each with an attempt to perform it.

An attempt is source code that runs in a worker like any student's; ``attempt(target)`` returns True if it
succeeded. Every protection is tested this way on the machine itself instead of being assumed.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.worker.channel import DeadlineError
from autograder.worker.wire import WireError

MANY_FILES, MANY_THREADS, MUCH_DISK_MIB, ENOUGH_SECONDS = 3_000, 400, 64, 20.0


@dataclass(frozen=True)
class Protection:
    """``costs`` completes "without it a submission ..."; ``attempt`` is the body of a function of ``target``,
    run ``tries`` times, each time in a new worker."""

    name: str
    costs: str
    attempt: str
    tries: int = 1


PROTECTIONS = (
    Protection(
        "file view",
        "reads any file that you can read: hidden checks, other submissions, your home",
        """
        for path in target["files"]:
            try:
                open(path, "rb").close()
                return True
            except OSError:
                pass
        """,
    ),
    Protection(
        "read-only files",
        "changes Python, NumPy or your files, for every program that runs later",
        """
        for path in target["writable"]:
            try:
                open(path, "ab").close()
                return True
            except OSError:
                pass
        """,
    ),
    Protection(
        "leftovers",
        "leaves a note for the next one in a scratch folder",
        """
        import os
        places = [folder + "/" + target["left"] for folder in ("/tmp", ".", "/dev/shm", "/var/tmp")]
        found = [place for place in places if os.path.exists(place)]
        for place in places:
            try:
                os.remove(place) if found else open(place, "w").close()
            except OSError:
                pass
        return bool(found)
        """,
        tries=2,
    ),
    Protection(
        "network",
        "sends what it sees to anybody, and asks anybody for answers",
        """
        import socket
        for family, kind, place in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", target["port"])),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", target["port"])),
            (socket.AF_UNIX, socket.SOCK_STREAM, target["abstract"]),
        ):
            try:
                with socket.socket(family, kind) as outward:
                    outward.settimeout(0.5)
                    outward.connect(place)
                    return True
            except OSError:
                pass
        """,
    ),
    Protection(
        "processes",
        "starts programs and leaves some running after it was stopped",
        """
        import os, sys
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return True
        """,
    ),
    Protection(
        "neighbours",
        "stops or watches the processes that grade others",
        """
        import os
        for pid in (*target["pids"], os.getppid()):
            try:
                os.kill(pid, 0)
                return True
            except OSError:
                pass
        """,
    ),
    Protection(
        "privileges",
        "has an administrator's rights over what it can reach",
        """
        import ctypes, os, resource
        tries = (
            lambda: os.setuid(0) if os.getuid() else os.setuid(1),
            lambda: os.chroot("/"),
            lambda: os.mknod("/tmp/device", 0o020600, os.makedev(1, 3)),
            lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)),
            lambda: 1 / (1 + ctypes.CDLL(None).mount(b"none", b"/tmp", b"tmpfs", 0, None)),
        )
        for attempt in tries:
            try:
                attempt()
                return True
            except (OSError, ValueError, ZeroDivisionError):
                pass
        """,
    ),
    Protection(
        "system calls",
        "reaches every corner of the kernel, where the faults are that break all other protections",
        """
        import ctypes
        library = ctypes.CDLL(None)
        return library.unshare(0) == 0 or library.personality(0xFFFFFFFF) != -1
        """,
    ),
    Protection(
        "memory",
        "takes all memory of the machine",
        """
        return len(bytearray(target["memory"])) > 0
        """,
    ),
    Protection(
        "threads",
        "starts threads until nothing else runs",
        f"""
        import _thread
        _thread.stack_size(64 * 1024)
        wait = _thread.allocate_lock()
        wait.acquire()
        for _ in range({MANY_THREADS}):
            _thread.start_new_thread(wait.acquire, ())
        return True
        """,
    ),
    Protection(
        "disk",
        "fills your disk",
        f"""
        import os
        for folder in {{os.path.realpath(name) for name in ("/tmp", ".")}}:
            names = [folder + "/fill" + str(number) for number in range({MUCH_DISK_MIB} // 4)]
            try:
                for name in names:
                    with open(name, "wb") as file:
                        file.write(bytes(4 * 2**20))
                return True
            except OSError:
                pass
            finally:
                for name in names:
                    if os.path.exists(name):
                        os.remove(name)
        """,
    ),
    Protection(
        "file count",
        "makes files until your disk, or the kernel, can count no more",
        f"""
        import os
        for folder in {{os.path.realpath(name) for name in ("/tmp", ".")}}:
            made = []
            try:
                for number in range({MANY_FILES}):
                    made.append(folder + "/small" + str(number))
                    open(made[-1], "w").close()
                return True
            except OSError:
                pass
            finally:
                for name in made:
                    if os.path.exists(name):
                        os.remove(name)
        """,
    ),
)


def source(protection: Protection) -> str:
    """A cell that defines ``attempt(target)``, which returns True if the attempt succeeded."""
    body = textwrap.indent(textwrap.dedent(protection.attempt), " " * 8)
    return f"def attempt(target):\n    try:{body}\n    except Exception:\n        pass\n    return False\n"


@contextmanager
def targets(pids: list[int], memory_bytes: int) -> Iterator[dict[str, Any]]:
    """The targets of the attempts: real files, a real listening socket, real processes."""
    here = Path(__file__)
    home_files = (
        [path for path in Path.home().iterdir() if path.is_file()] if os.access(Path.home(), os.R_OK) else []
    )
    files = [
        here.parents[1] / "calls" / "proxy.py",
        Path("/etc/passwd"),
        Path("/proc/self/environ"),
        *home_files[:1],
    ]
    mark = secrets.token_hex(8)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{mark}")
        abstract.listen()
        yield {
            "files": [str(path) for path in files],
            "writable": [json.__file__, str(here)],
            "left": mark,
            "port": listener.getsockname()[1],
            "abstract": f"\0{mark}",
            "pids": pids,
            "memory": memory_bytes,
        }


def failing_protections(fork: Callable[[], Any], memory_bytes: int) -> tuple[str, ...]:
    """The names of the protections whose attempts succeed; ``fork`` returns a new worker."""
    neighbour = fork()
    try:
        with targets([neighbour.pid], memory_bytes) as target:
            return tuple(one.name for one in PROTECTIONS if attempt_succeeds(one, target, fork))
    finally:
        neighbour.close()


def attempt_succeeds(protection: Protection, target: dict[str, Any], fork: Callable[[], Any]) -> bool:
    """Whether an attempt succeeded or ran until the time limit; one that killed its own worker failed."""
    succeeded = False
    for _ in range(protection.tries):
        worker = fork()
        try:
            cell = {"op": "run", "number": 1, "source": source(protection)}
            worker.ask(cell, wall_seconds=ENOUGH_SECONDS)  # so long that a busy machine causes no timeout
            reply = worker.call("attempt", target, wall_seconds=ENOUGH_SECONDS)
            succeeded = succeeded or reply.get("value") is True
        except WireError as error:
            succeeded = succeeded or isinstance(error, DeadlineError)
        finally:
            worker.close()
    return succeeded
