"""Starts, limits and stops the processes that student code runs in.

A `Sandbox` keeps one warm parent process with NumPy and `autograder.worker` loaded, and no other engine code.
Every `Worker` is a fork of it that confines itself before it runs anything. The parent is started by the
strongest plan that works on this machine. ``protections_off`` tests all protections and names
those that fail.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from autograder.course.cells import given_cells
from autograder.course.release import Release
from autograder.sandbox.handle import Limits, SandboxError, Worker
from autograder.sandbox.mounts import INTERPRETER, PACKAGES, PLACE, add_view, make_view, packages
from autograder.sandbox.plans import Plan, plans, user_namespace
from autograder.sandbox.protections import failing_protections
from autograder.worker import main as worker_module
from autograder.worker.channel import Channel
from autograder.worker.wire import WireError

START_SECONDS = 30
PREFIX, LOCK = "sandbox-", "lock"  # of a sandbox's folder, and the file in it that its process locks
LEFT_SECONDS = 60.0
# Self-test of a plan: modules that load lazily must be importable inside the sandbox.
TRIAL = "import decimal, json, sqlite3, numpy.polynomial"


class Sandbox:
    """The warm parent. Use as a context manager; `fork` returns a worker.

    ``plan`` is the first of ``tried`` that works on this machine; ``refused`` says why the stronger ones do
    not. The parent is killed when the thread that started it ends, if not earlier. Student code can import
    ``packages`` and their requirements; ``given`` are cells that every worker will run.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        tried: Iterable[Plan] | None = None,
        packages: tuple[str, ...] = PACKAGES,
        given: tuple[str, ...] = (),
    ) -> None:
        self.limits = limits or Limits()
        self.refused: list[str] = []
        self._workers: dict[int, Worker] = {}
        self._failing: tuple[str, ...] | None = None
        sweep()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        folder = Path(self._folder.name)
        self._lock: int | None = _locked(folder)
        make_view(folder, packages)
        (folder / "given").write_text(json.dumps(given), encoding="ascii")
        for plan in plans() if tried is None else tried:
            self.plan = plan
            for _ in range(3):  # retry: a parent that was killed from outside is no reason for a weaker plan
                if not (why := self._begin(folder)):
                    return
            self.refused.append(f"{plan.name}: {why}")
        self._clean()
        cure = "" if os.geteuid() else "; student code never runs as root: take an ordinary user's account"
        raise SandboxError("no worker could be started: " + "; ".join(self.refused) + cure)

    def _begin(self, folder: Path) -> str:
        """Start the parent by ``self.plan``; returns the reason if that fails, else an empty string."""
        try:
            self._control, self._process = _start(folder, self.plan)
        except OSError as error:
            return str(error)
        try:
            self._self_test()
        except SandboxError as error:
            self._stop()
            return _last_line(folder / "log") or str(error)
        return ""

    @property
    def protections_off(self) -> tuple[str, ...]:
        """The names of the protections that fail on this machine; they are tested on first use."""
        if self._failing is None:
            self._failing = failing_protections(self.fork, self.limits.memory_mib * 2**20)
        return self._failing

    def _self_test(self) -> None:
        """A worker must start, and import modules that load lazily."""
        with forked(self) as worker:
            try:
                reply = worker.ask({"op": "run", "number": 1, "source": TRIAL}, wall_seconds=START_SECONDS)
            except WireError as error:
                raise SandboxError("the first worker ended by itself") from error
            if "error" in reply:
                raise SandboxError(f"{reply['error']}: {reply['message']}")

    def fork(self, until: float = math.inf) -> Worker:
        """A new worker with an empty namespace; after ``until`` (time.monotonic) all its requests fail."""
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
        worker = Worker(pid, Channel(ours), limits, self._end, until)
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
        """Kill all workers and the parent; in namespaces of their own no process of theirs can survive."""
        for worker in list(self._workers.values()):
            with contextlib.suppress(SandboxError):  # the parent may have ended, and its workers with it
                worker.close()
        self._stop()
        self._clean()

    def _clean(self) -> None:
        self._folder.cleanup()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _stop(self) -> None:
        self._workers.clear()
        self._control.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _locked(folder: Path) -> int:
    """Lock ``folder`` for as long as this process lives; a descriptor that holds the lock."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def sweep() -> None:
    """Delete what killed runs left in the temporary folder: old, our own, and held by no process."""
    before = time.time() - LEFT_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another run is at it, or it is gone
            status = folder.lstat()
            if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode) or status.st_mtime > before:
                continue
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)


def _start(folder: Path, plan: Plan) -> tuple[socket.socket, subprocess.Popen]:
    """Start the warm parent; returns its control socket and process. OSError if it cannot be started."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(START_SECONDS)
    boot = (
        f"import sys; sys.path.append({str(PLACE if plan.namespace else folder / 'view')!r})\n"
        "from autograder.worker.main import main\nfrom autograder.worker.confine import Confinement\n"
        f"main({theirs.fileno()}, {plan.confinement!r})"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "MPLBACKEND": "agg"}
    # OpenBLAS's kernels decide the last bits: they must be the ones that compute the reference's answers.
    environment |= {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    try:
        with (
            user_namespace(plan) as namespace,
            (folder / "given").open("rb") as given,
            (folder / "log").open("wb") as log,
        ):
            bwrap = plan.bwrap(namespace)
            if bwrap:
                add_view(bwrap, folder)
            process = subprocess.Popen(
                [*(bwrap.arguments if bwrap else ()), str(INTERPRETER), "-I", "-S", "-c", boot],
                pass_fds=[theirs.fileno(), *([namespace] if namespace is not None else ())],
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=environment,
                cwd=work,
                start_new_session=True,
            )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return ours, process


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1][:200] if lines else ""


def sandbox_for(
    release: Release, open_sandbox: Callable[..., Sandbox] = Sandbox, limits: Limits | None = None
) -> Sandbox:
    """A sandbox whose workers see what the cells of ``release`` import, and have its given cells compiled."""
    if limits is None or limits == Limits():
        return open_sandbox(packages=packages(release), given=given_cells(release))
    return open_sandbox(packages=packages(release), given=given_cells(release), limits=limits)


@contextlib.contextmanager
def forked(sandbox: Sandbox, until: float = math.inf) -> Iterator[Worker]:
    """One worker for the length of a ``with`` block."""
    worker = sandbox.fork(until)
    try:
        yield worker
    finally:
        worker.close()
