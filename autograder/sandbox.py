"""Starts, limits and stops the processes that student code runs in.

A `Sandbox` keeps one warm parent that holds NumPy and two files of this engine, nothing else of ours; every
`Worker` is a fork of it with its own socket, limits and process group. What the platform cannot give is
named in ``protections_off``, never passed over.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder import worker as worker_module
from autograder.wire import Channel, Closed, DeadlineError, WireError

VIEW_FILES = ("__init__.py", "wire.py", "worker.py")
VIEW_PACKAGES = ("numpy", "numpy.libs")
MAX_CALLBACKS = 100_000


class SandboxError(Exception):
    """The sandbox itself failed: the grader's fault, never the student's."""


class Crashed(Exception):
    """The worker died in the middle of an answer: the student's code ended it."""


class TookTooLong(Exception):
    """No answer within the wall-time limit."""


class Garbled(Exception):
    """What came back is no message of ours: the student's code wrote on the socket."""


@dataclass(frozen=True)
class Limits:
    """What one worker may use."""

    call_wall_seconds: float = 2.0
    cell_wall_seconds: float = 5.0
    cpu_seconds: int = 60
    memory_mib: int = 1024
    file_mib: int = 8


class Worker:
    """One fork: ask it things, then close it."""

    def __init__(self, pid: int, channel: Channel, limits: Limits, end: Callable[[int], int]) -> None:
        self.pid, self.limits = pid, limits
        self._channel, self._end = channel, end
        self._defined: list[Callable] = []

    def ask(self, request: dict, *, wall_seconds: float | None = None) -> dict:
        """Send one request and serve the callbacks it makes; the reply.

        Raises TookTooLong, Crashed or Garbled; after any of them the worker is of no further use.
        """
        deadline = time.monotonic() + (wall_seconds or self.limits.call_wall_seconds)
        functions, calls = list(self._defined), 0

        def number(function: Callable) -> int:
            functions.append(function)
            return len(functions) - 1

        try:
            self._channel.send(request, callback_id=number, deadline=deadline)
            while True:
                reply = self._channel.receive(deadline=deadline)
                if not isinstance(reply, dict):
                    raise Garbled("the answer is no message")
                if "callback" not in reply:
                    if request["op"] == "define":  # these stay callable for the worker's whole life
                        self._defined = functions
                    return reply
                calls += 1
                if calls > MAX_CALLBACKS:
                    raise Garbled(f"more than {MAX_CALLBACKS} calls of a given function")
                self._channel.send(_serve(functions, reply), deadline=deadline)
        except DeadlineError as error:
            raise TookTooLong from error
        except Closed as error:
            raise Crashed from error
        except WireError as error:
            raise Garbled(str(error)) from error

    def close(self) -> None:
        self._channel.close()
        self._end(self.pid)


def _serve(functions: list[Callable], message: dict) -> dict:
    """Run one callback that the worker asked for; what it raises goes back as text."""
    which, args, kwargs = message["callback"], message.get("args"), message.get("kwargs")
    if type(which) is not int or not 0 <= which < len(functions):
        raise Garbled("a call of a function that was not given")
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        raise Garbled("a call without arguments")
    drawn = worker_module.generators(args, kwargs)
    try:
        return {"value": functions[which](*args, **kwargs), "rngs": drawn}
    except Exception as error:  # the student chose the arguments: the fault goes back to the caller
        return {"error": type(error).__name__, "message": str(error), "rngs": drawn}


class Sandbox:
    """The warm parent. Use as a context manager; `fork` gives a worker, `protections_off` what is missing."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._workers: dict[int, Worker] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        self._control, self._process = self._start(Path(self._folder.name))

    @property
    def protections_off(self) -> tuple[str, ...]:
        """What student code is not kept from on this platform."""
        return ("file view", "network", "system calls", "user")

    def _start(self, folder: Path) -> tuple[socket.socket, subprocess.Popen]:
        view = folder / "view"
        (view / "autograder").mkdir(parents=True)
        (folder / "work").mkdir()
        for name in VIEW_FILES:
            shutil.copy(Path(worker_module.__file__).with_name(name), view / "autograder" / name)
        packages = Path(importlib.util.find_spec("numpy").origin).parents[1]
        for name in VIEW_PACKAGES:
            if (packages / name).exists():
                (view / name).symlink_to(packages / name)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        boot = (
            f"import sys; sys.path.append({str(view)!r}); "
            f"from autograder.worker import main; main({theirs.fileno()})"
        )
        threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", boot],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", **threads},
            cwd=folder / "work",
            start_new_session=True,
        )
        theirs.close()
        ours.settimeout(30)
        return ours, process

    def fork(self) -> Worker:
        """A new worker with a clean namespace."""
        ours, theirs = socket.socketpair()
        limits = self.limits
        packet = worker_module.CONTROL.pack(
            b"fork", 0, limits.memory_mib * 2**20, limits.cpu_seconds, limits.file_mib * 2**20
        )
        try:
            pid = self._ask(packet, [theirs.fileno()])
        except SandboxError:
            ours.close()
            raise
        finally:
            theirs.close()
        worker = Worker(pid, Channel(ours), limits, self._end)
        self._workers[pid] = worker
        return worker

    def _end(self, pid: int) -> int:
        del self._workers[pid]
        return self._ask(worker_module.CONTROL.pack(b"kill", pid, 0, 0, 0))

    def _ask(self, packet: bytes, descriptors: list[int] | None = None) -> int:
        try:
            socket.send_fds(self._control, [packet], descriptors or [])
            packet = self._control.recv(worker_module.ANSWER.size)
        except OSError as error:
            raise SandboxError("the sandbox does not answer") from error
        if len(packet) != worker_module.ANSWER.size:
            raise SandboxError(f"the sandbox ended by itself (exit {self._process.poll()})")
        return worker_module.ANSWER.unpack(packet)[0]

    def close(self) -> None:
        """End every worker and the parent; nothing that student code started in its session is left."""
        with contextlib.suppress(SandboxError):  # the parent may be gone: then its workers lost their sockets
            for worker in list(self._workers.values()):
                worker.close()
        self._control.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def forked(sandbox: Sandbox) -> Iterator[Worker]:
    """One worker for the length of a ``with`` block."""
    worker = sandbox.fork()
    try:
        yield worker
    finally:
        worker.close()
