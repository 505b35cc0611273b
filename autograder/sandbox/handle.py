"""The trusted side's handle of one worker process: send a request, serve its callbacks, end it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from autograder.worker.channel import Channel, Frame
from autograder.worker.session import MAX_TEXT
from autograder.worker.values import generators
from autograder.worker.wire import Pieces, WireError, opened, pieces

MAX_CALLBACKS = 100_000
MAX_CALLBACK_BYTES = 256 * 2**20
MAX_NAME = 200


class SandboxError(Exception):
    """The sandbox itself failed: the grader's fault, never the student's."""


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
    """One fork of the sandbox: ask it things, then close it."""

    def __init__(
        self, pid: int, channel: Channel, limits: Limits, end: Callable[[int], int], until: float
    ) -> None:
        self.pid, self.limits, self._until = pid, limits, until
        self._channel, self._end = channel, end
        self.defined: list[Callable] = []  # what the worker may call for as long as it lives
        self._deadline, self._calls, self._received = 0.0, 0, 0

    def ask(self, request: dict, *, wall_seconds: float | None = None) -> dict:
        """Send one request and serve the callbacks it makes; the reply.

        Raises DeadlineError without an answer in time, Closed if the process ended, another WireError if what
        came back is no answer. After any of them the worker is of no further use.
        """
        functions = list(self.defined)
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
            raise WireError(f"more than {MAX_CALLBACKS} calls of a given function")
        self._channel.send_frame(message, deadline=self._deadline)
        frame = self._channel.receive_frame(deadline=self._deadline)
        if served and self._channel.received - self._received > MAX_CALLBACK_BYTES:
            raise WireError(f"more than {MAX_CALLBACK_BYTES} bytes handed to given functions")
        return frame

    def close(self) -> None:
        self._channel.close()
        self._end(self.pid)


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
            raise WireError("the answer is no message")
        if "callback" not in reply:
            return {**reply, **clean_fault(reply)} if "error" in reply else reply
        frame = say(pieces(_serve(functions, reply)), served=True)


def clean_fault(reply: dict) -> dict:
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
        raise WireError("a call of a function that was not given")
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        raise WireError("a call without arguments")
    drawn = generators((args, kwargs))
    try:
        return {"value": functions[which](*args, **kwargs), "rngs": drawn}
    except Exception as error:  # noqa: BLE001 - the student chose the arguments: the error is theirs
        return {"error": type(error).__name__, "message": str(error), "rngs": drawn}
