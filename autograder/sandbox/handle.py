"""The grader's handle of one worker process: send a request, run the callbacks it asks for, kill it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograder.safe_text import visible
from autograder.sandbox.clock import CLOCK, served
from autograder.worker.channel import Channel, Frame
from autograder.worker.values import generators
from autograder.worker.wire import Handle, Pieces, WireError, decode_parts, pieces

CORES = os.cpu_count() or 1
MAX_PATIENCE = 12.0  # times the limit, on a busy machine
MAX_CALLBACKS = 100_000
MAX_CALLBACK_BYTES = 256 * 2**20
MAX_NAME = 200
MAX_MESSAGE = 400  # of an error; it may say what the grader asked


class SandboxError(Exception):
    """The sandbox itself failed: the grader's fault, never the student's."""


@dataclass(frozen=True)
class Limits:
    """Limits of one worker, of the time for a notebook's cells and a whole submission, and of our own side.

    On a busy machine a call and a cell get up to `MAX_PATIENCE` times as long (`Worker.patience`).
    ``trusted_wall_seconds`` are the grader's own for one exercise, the worker's time not counted;
    ``trusted_memory_mib`` may come on top of what the process that judges holds when it begins.
    """

    call_wall_seconds: float = 2.0
    cell_wall_seconds: float = 5.0
    notebook_wall_seconds: float = 60.0
    submission_wall_seconds: float = 600.0
    cpu_seconds: int = 60
    memory_mib: int = 1024
    file_mib: int = 8
    trusted_wall_seconds: float = 30.0
    trusted_memory_mib: int = 2048


class Worker:
    """One fork of the sandbox: send it requests, then close it."""

    def __init__(
        self, pid: int, channel: Channel, limits: Limits, end: Callable[[int], int], until: float
    ) -> None:
        self.pid, self.limits, self._until = pid, limits, until
        self._channel, self._end = channel, end
        self.defined: list[Callable] = []  # callbacks that the worker may call at any time
        self._deadline, self._calls, self._received = 0.0, 0, 0

    def ask(
        self,
        request: dict,
        *,
        wall_seconds: float | None = None,
        exchange: Callable[..., Frame] | None = None,
    ) -> dict:
        """Send one request and run the callbacks that the worker asks for; returns the reply.

        ``exchange`` replaces the method of that name. Raises DeadlineError if there is no reply in time,
        Closed if the process ended, and another WireError if the reply is malformed. After any of these the
        worker must be closed.
        """
        functions = list(self.defined)
        exchange = exchange or partial(self.exchange, wall_seconds=wall_seconds)
        reply = round_trip(request, functions, exchange, time.monotonic() + self.patience(wall_seconds))
        if request["op"] == "define":
            self.defined = functions
        return reply

    def call(self, name: str, *args: Any, wall_seconds: float | None = None) -> dict:
        """The answer of one function, as ``value``, or the description of its error. Raises as `ask` does."""
        program: list[tuple] = [("call", 0, name, args, {}), ("read", Handle(0))]
        request = {"op": "programs", "programs": [program], "anew": True}
        (reply,) = self.ask(request, wall_seconds=wall_seconds)["value"]
        return {"value": reply["values"][0]} if reply["values"] else clean_fault(reply)

    def exchange(self, message: Pieces, *, served: bool = False, wall_seconds: float | None = None) -> Frame:
        """Send one encoded message and return the worker's next one, still encoded. Raises as `ask` does.

        ``served`` marks a callback's answer: it starts no new deadline and counts towards the request's
        limits.
        """
        if not served:
            self._deadline = min(time.monotonic() + self.patience(wall_seconds), self._until)
            self._calls, self._received = 0, self._channel.received
        self._calls += served
        if self._calls > MAX_CALLBACKS:
            raise WireError(f"more than {MAX_CALLBACKS} calls of a given function")
        CLOCK.pause(self._deadline)
        try:
            self._channel.send_frame(message, deadline=self._deadline)
            frame = self._channel.receive_frame(deadline=self._deadline)
        finally:
            CLOCK.resume()
        if served and self._channel.received - self._received > MAX_CALLBACK_BYTES:
            raise WireError(f"more than {MAX_CALLBACK_BYTES} bytes handed to given functions")
        return frame

    def patience(self, wall_seconds: float | None = None) -> float:
        """The seconds that an answer may take now: more on a machine with more to do than it has cores."""
        seconds = self.limits.call_wall_seconds if wall_seconds is None else wall_seconds
        return seconds * min(MAX_PATIENCE, max(1.0, os.getloadavg()[0] / CORES))

    def close(self) -> None:
        self._channel.close()
        self._end(self.pid)


def round_trip(
    request: dict, functions: list[Callable], exchange: Callable[..., Frame], deadline: float
) -> dict:
    """The reply to ``request``, after running the callbacks that the worker asks for before it replies.

    Their time is the call's that asked for them: at ``deadline`` one that still runs is ended.

    The functions in ``request`` are appended to ``functions``; their indices are the callbacks' numbers.
    ``exchange`` sends a message and returns the next one; ``served=True`` marks a callback's answer.
    Raises WireError for a malformed reply.
    """

    def number(function: Callable) -> int:
        functions.append(function)
        return len(functions) - 1

    frame = exchange(pieces(request, number))
    while True:
        reply = decode_parts(*frame[1:])
        if not isinstance(reply, dict):
            raise WireError("the answer is no message")
        if "callback" not in reply:
            return {**reply, **clean_fault(reply)} if "error" in reply else reply
        answer = served(partial(_served, functions, reply), deadline)
        frame = exchange(answer, served=True)


def clean_fault(reply: dict) -> dict:
    """A worker's description of an error, made safe for reports: short, printable, of the right types."""
    line = reply.get("line")
    return {
        "error": printable(reply["error"], MAX_NAME),
        "message": printable(reply.get("message"), MAX_MESSAGE),
        "line": line if type(line) is int and 0 <= line < 2**31 else 0,
        "of": printable(reply.get("of", ""), MAX_NAME),
    }


def printable(text: object, length: int) -> str:
    return visible(text[:length]).replace("\n", " ").replace("\t", " ") if isinstance(text, str) else "?"


def _served(functions: list[Callable], message: dict) -> Pieces:
    return pieces(_run_callback(functions, message))


def _run_callback(functions: list[Callable], message: dict) -> dict:
    """Run one callback that the worker asked for; an exception is sent back as text."""
    which, args, kwargs = message["callback"], message.get("args"), message.get("kwargs")
    if type(which) is not int or not 0 <= which < len(functions):
        raise WireError("a call of a function that was not given")
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        raise WireError("a call without arguments")
    drawn = generators((args, kwargs))
    try:
        return {"value": functions[which](*args, **kwargs), "rngs": drawn}
    except MemoryError:  # ours: it ends the exercise, and the student's code cannot catch it
        raise
    except Exception as error:  # noqa: BLE001 - the student chose the arguments: the error is theirs
        return {"error": type(error).__name__, "message": str(error), "rngs": drawn}
