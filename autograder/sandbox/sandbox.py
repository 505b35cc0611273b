"""Starts, limits and stops the processes that student code runs in.

A `Sandbox` keeps one warm parent that holds NumPy and `autograder.worker`, nothing else of ours; every
`Worker` is a fork of it that confines itself before it runs anything. The parent is started by the strongest
of several plans that works here; what a student could do nevertheless is tried, and named in
``protections_off``.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.sandbox.mounts import INTERPRETER, PACKAGES, PLACE, arguments, make_view
from autograder.sandbox.plans import Plan, plans, user_namespace
from autograder.sandbox.protections import missing
from autograder.worker import main as worker_module
from autograder.worker.channel import Channel, Closed, DeadlineError, Frame
from autograder.worker.session import MAX_TEXT, generators
from autograder.worker.wire import Pieces, WireError, opened, pieces

MAX_CALLBACKS = 100_000
MAX_CALLBACK_BYTES = 256 * 2**20
MAX_NAME = 200
START_SECONDS = 30
# What a start must be able to do: load what is loaded late, write where it is promised.
TRIAL = "import decimal, json, sqlite3, numpy.polynomial"


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
    """What one worker may use, and how long a notebook's cells and a whole submission may take."""

    call_wall_seconds: float = 2.0
    cell_wall_seconds: float = 5.0
    notebook_wall_seconds: float = 60.0
    submission_wall_seconds: float = 600.0
    cpu_seconds: int = 60
    memory_mib: int = 1024
    file_mib: int = 8


class Worker:
    """One fork: ask it things, then close it."""

    ENDED = (Crashed, TookTooLong, Garbled)
    LATE = TookTooLong

    def __init__(
        self, pid: int, channel: Channel, limits: Limits, end: Callable[[int], int], until: float
    ) -> None:
        self.pid, self.limits, self._until = pid, limits, until
        self._channel, self._end = channel, end
        self.defined: list[Callable] = []  # what the worker may call for as long as it lives
        self._deadline, self._calls, self._received = 0.0, 0, 0

    def ask(self, request: dict, *, wall_seconds: float | None = None) -> dict:
        """Send one request and serve the callbacks it makes; the reply.

        Raises TookTooLong, Crashed or Garbled; after any of them the worker is of no further use.
        """
        functions = list(self.defined)
        with _ended():
            reply = answered(request, functions, partial(self.exchange, wall_seconds=wall_seconds))
        if request["op"] == "define":
            self.defined = functions
        return reply

    def exchange(self, message: Pieces, *, served: bool = False, wall_seconds: float | None = None) -> Frame:
        """Send one encoded message; what came back, unread. Raises as `ask` does.

        ``served`` marks what answers a call that the worker made: it is held to the request's own limits.
        """
        if not served:
            seconds = self.limits.call_wall_seconds if wall_seconds is None else wall_seconds
            self._deadline = min(time.monotonic() + seconds, self._until)
            self._calls, self._received = 0, self._channel.received
        self._calls += served
        if self._calls > MAX_CALLBACKS:
            raise Garbled(f"more than {MAX_CALLBACKS} calls of a given function")
        with _ended():
            self._channel.send_frame(message, deadline=self._deadline)
            frame = self._channel.receive_frame(deadline=self._deadline)
        if served and self._channel.received - self._received > MAX_CALLBACK_BYTES:
            raise Garbled(f"more than {MAX_CALLBACK_BYTES} bytes handed to given functions")
        return frame

    def close(self) -> None:
        self._channel.close()
        self._end(self.pid)


@contextlib.contextmanager
def _ended() -> Iterator[None]:
    """What the wire says of a worker that ends, in the words of this module."""
    try:
        yield
    except DeadlineError as error:
        raise TookTooLong from error
    except Closed as error:
        raise Crashed from error
    except WireError as error:
        raise Garbled(str(error)) from error


def answered(request: dict, functions: list[Callable], say: Callable[..., Frame]) -> dict:
    """The reply to ``request``; what the worker calls on the way is served.

    The functions in ``request`` are added to ``functions``. ``say`` sends the pieces of a message and returns
    what came back; ``served`` tells it that they answer a call. WireError for what is no message.
    """

    def number(function: Callable) -> int:
        functions.append(function)
        return len(functions) - 1

    frame = say(pieces(request, number))
    while True:
        reply = opened(*frame[1:])
        if not isinstance(reply, dict):
            raise Garbled("the answer is no message")
        if "callback" not in reply:
            return {**reply, **told(reply)} if "error" in reply else reply
        frame = say(pieces(_serve(functions, reply)), served=True)


def told(reply: dict) -> dict:
    """A fault as the worker tells it, made fit for reports: short, printable, of the right types."""
    line = reply.get("line")
    return {
        "error": _printable(reply["error"], MAX_NAME),
        "message": _printable(reply.get("message"), MAX_TEXT),
        "line": line if type(line) is int and 0 <= line < 2**31 else 0,
    }


def _printable(text: object, length: int) -> str:
    if not isinstance(text, str):
        return "?"
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text[:length]
    )


def _serve(functions: list[Callable], message: dict) -> dict:
    """Run one callback that the worker asked for; what it raises goes back as text."""
    which, args, kwargs = message["callback"], message.get("args"), message.get("kwargs")
    if type(which) is not int or not 0 <= which < len(functions):
        raise Garbled("a call of a function that was not given")
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        raise Garbled("a call without arguments")
    drawn = generators(args, kwargs)
    try:
        return {"value": functions[which](*args, **kwargs), "rngs": drawn}
    except Exception as error:  # the student chose the arguments: the fault goes back to the caller
        return {"error": type(error).__name__, "message": str(error), "rngs": drawn}


class Sandbox:
    """The warm parent. Use as a context manager; `fork` gives a worker, `protections_off` what is missing.

    ``plan`` is the first of ``tried`` that works here; ``refused`` says what stopped the stronger ones. The
    parent ends with the thread that made it, at the latest. Student code sees ``packages`` and their needs;
    ``given`` are cells that every worker will run.
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
        self._off: tuple[str, ...] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        folder = Path(self._folder.name)
        make_view(folder, packages)
        (folder / "given").write_text(json.dumps(given), encoding="ascii")
        for self.plan in plans() if tried is None else tried:
            for _ in range(2):  # somebody may have ended the first: no reason for a weaker plan
                if not (why := self._begin(folder)):
                    return
            self.refused.append(f"{self.plan.name}: {why}")
        self._folder.cleanup()
        raise SandboxError("no worker could be started: " + "; ".join(self.refused))

    def _begin(self, folder: Path) -> str:
        """Start the parent by the present plan: why that did not work, or nothing."""
        try:
            self._control, self._process = _start(folder, self.plan)
        except OSError as error:
            return str(error)
        try:
            self._try()
        except SandboxError as error:
            self._stop()
            return _last_line(folder / "log") or str(error)
        return ""

    @property
    def protections_off(self) -> tuple[str, ...]:
        """What student code is not kept from on this platform, each tried once for real."""
        if self._off is None:
            self._off = missing(self.fork, self.limits.memory_mib * 2**20)
        return self._off

    def _try(self) -> None:
        """A worker under the present plan must run, and import what loads late."""
        with forked(self) as worker:
            try:
                reply = worker.ask({"op": "run", "number": 1, "source": TRIAL}, wall_seconds=START_SECONDS)
            except Worker.ENDED as error:
                raise SandboxError("the first worker ended by itself") from error
            if "error" in reply:
                raise SandboxError(f"{reply['error']}: {reply['message']}")

    def fork(self, until: float = math.inf) -> Worker:
        """A new worker with a clean namespace; after ``until``, by time.monotonic, it answers nothing."""
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
        """End every worker and the parent; with namespaces of their own nothing can be left of them."""
        for worker in list(self._workers.values()):
            with contextlib.suppress(SandboxError):  # the parent may be gone, and its workers with it
                worker.close()
        self._stop()
        self._folder.cleanup()

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


def _start(folder: Path, plan: Plan) -> tuple[socket.socket, subprocess.Popen]:
    """Start the warm parent: its control socket, its process. OSError if the plan is not for this machine."""
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
    environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    try:
        with (
            user_namespace(plan) as namespace,
            (folder / "given").open("rb") as given,
            (folder / "log").open("wb") as log,
        ):
            process = subprocess.Popen(
                [
                    *plan.command(namespace),
                    *(arguments(folder) if plan.namespace else ()),
                    *(str(INTERPRETER), "-I", "-S", "-c", boot),
                ],
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


@contextlib.contextmanager
def forked(sandbox: Sandbox, until: float = math.inf) -> Iterator[Worker]:
    """One worker for the length of a ``with`` block."""
    worker = sandbox.fork(until)
    try:
        yield worker
    finally:
        worker.close()
