"""Two ways to answer calls: by a student's functions in a worker process, or by trusted code in this process.

Both take and return the same plain values. An error that the submission causes is raised as a `Fault`.
Functions passed as arguments (callbacks) run on this side. A generator that is passed to a callback comes
back in the state in which the callback left it.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.sandbox.clock import Overdue
from autograder.sandbox.handle import Worker, clean_fault
from autograder.worker import wire
from autograder.worker.channel import Closed, DeadlineError, Frame
from autograder.worker.programs import Interpreter, MissingFunction, Unsendable
from autograder.worker.values import copied, generators
from autograder.worker.wire import WireError

Program = list[tuple]  # instructions as in autograder.worker.programs
CALLS = ("call", "walk")
AFTER_LATE = 0.25  # of the usual time for a call, once a check of the exercise has timed out twice
AFTER_TWO = "after two calls without an answer, each later one has a quarter of the time"


class Fault(Exception):
    """An error that the submission caused. ``kind`` is compared when mistakes are recognised."""

    kind = "fault"


class Raised(Fault):
    """The student's code raised an exception, in a ``line`` of the cell of the function ``of``.

    For code outside of named functions, such as a lambda, ``of`` is no name, and the cell is not known.
    """

    def __init__(self, name: str, error: str, message: str, line: int, of: str = "") -> None:
        cell = " of its cell" if of in ("", name) else f" of the cell of {of}" if of.isidentifier() else ""
        where = f" (line {line}{cell})" if line else ""
        super().__init__(
            f"{name} raised {error}{where}: {message}" if message else f"{name} raised {error}{where}"
        )
        self.kind = self.error = error
        self.said = message


class Absent(Fault):
    """The notebook does not define the function."""

    kind = "absent"


class Breach(Fault):
    """An answer's structure differs from the docstring's."""

    kind = "breach"


class Ended(Fault):
    """The process ended, or sent a malformed reply."""

    kind = "ended"


class UnservedError(Exception):
    """A callback of a check returned a value that cannot be sent: the check's fault."""


class Late(Fault):
    """There was no answer in time."""

    kind = "late"


@dataclass(frozen=True)
class Reading:
    """What one program read, up to its fault if it has one."""

    values: list[Any]
    fault: Fault | None = None

    def all(self) -> list[Any]:
        """The values; raises the fault."""
        if self.fault is not None:
            raise self.fault
        return self.values


class LocalBackend:
    """Trusted code in this process: the reference, or a named mistake.

    Values are converted as for a worker, so that both backends give the same answers.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self._interpreter = Interpreter(namespace, (UnservedError, KeyboardInterrupt, MemoryError, Overdue))

    def run(self, programs: list[Program]) -> list[Reading]:
        """What each program read; a fault of one does not stop the next."""
        with (
            np.errstate(all="ignore"),  # a named mistake may divide by zero
            contextlib.redirect_stdout(io.StringIO()),  # a variant may print, and warn
            warnings.catch_warnings(action="ignore"),
        ):
            return [reading(program, self._interpreter.run(_converted(program))) for program in programs]


class _Callback:
    """A callback of a check; its arguments and its result are converted as by the wire."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        sent, keywords = wire.decode(wire.encode((args, kwargs)))
        try:
            value = self.function(*sent, **keywords)
        except MemoryError:
            raise
        except Exception as error:
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        finally:
            for mine, moved in zip(generators((args, kwargs)), generators((sent, keywords)), strict=True):
                mine.bit_generator.state = moved.bit_generator.state
        try:
            return wire.decode(wire.encode(value))
        except WireError as error:
            raise UnservedError(
                f"a function that a check hands over must return plain values: {error}"
            ) from error


def _converted(value: Any) -> Any:
    """``value`` as a worker would receive it, functions in it as `_Callback`s."""
    try:
        return copied(value)
    except WireError:  # there are functions in it
        pass
    functions: list[Callable] = []

    def number(function: Callable) -> int:
        functions.append(function)
        return len(functions) - 1

    return wire.decode(wire.encode(value, number), lambda index: _Callback(functions[index]))


class WorkerBackend:
    """A student's functions, in a worker process; ``exchange`` sends a message and returns the next one.

    A call has a ``part`` of the time that the worker's limits allow.
    """

    def __init__(
        self, worker: Worker, exchange: Callable[..., Frame] | None = None, part: float = 1.0
    ) -> None:
        self.worker, self._exchange = worker, exchange
        self._seconds = part * worker.limits.call_wall_seconds
        self._why = f": {AFTER_TWO}" if part < 1 else ""
        self._anew = True

    def run(self, programs: list[Program]) -> list[Reading]:
        """What each program read; a fault of one does not stop the next. Late or Ended for a lost worker."""
        request = {"op": "programs", "programs": programs, "anew": self._anew}
        self._anew = False
        name = next((first[2] for program in programs for first in program if first[0] == "call"), "it")
        try:
            reply = self.worker.ask(request, wall_seconds=self._seconds, exchange=self._exchange)
        except WireError as error:
            if self._exchange is not None:  # a replay: the check is run again without one
                raise
            raise self._lost(name, error) from error
        if "error" in reply:
            raise _fault(name, reply)
        replies = reply.get("value")
        if not isinstance(replies, list) or len(replies) != len(programs):
            raise Ended(f"{name} sent something that is no answer")
        return [reading(*pair) for pair in zip(programs, replies, strict=True)]

    def _lost(self, name: str, error: WireError) -> Fault:
        if isinstance(error, DeadlineError):
            return Late(f"{name} gave no answer within {self._seconds:g} s{self._why}")
        if isinstance(error, Closed):
            return Ended(f"{name} ended the process it ran in (memory, exit or a crash)")
        return Ended(f"{name} sent something that is no answer: {error}")


def reading(program: Program, reply: Any) -> Reading:
    """The reply to one program, checked: a worker may send anything."""
    if not isinstance(reply, dict):
        raise Ended("the worker sent something that is no answer")
    values, failed, place = reply.get("values"), "error" in reply, reply.get("at", len(program))
    if type(place) is not int or not 0 <= place <= len(program):
        raise Ended("the worker sent something that is no answer")
    least = most = sum(map(_replies, program[:place]))
    if failed and place < len(program) and program[place][0] == "walk":
        most += _replies(program[place]) - 1  # it may have failed at any of its steps
    if not isinstance(values, list) or not least <= len(values) <= most:
        raise Ended("the worker sent something that is no answer")
    return Reading(values, _fault(_called(program[: place + 1]), reply) if failed else None)


def _replies(instruction: tuple) -> int:
    """How many values an instruction replies with, if it does not fail."""
    if instruction[0] == "walk":
        return len(instruction[3])
    return int(instruction[0] in ("read", "split"))


def _called(program: Program) -> str:
    """The function that a program called last."""
    names = (step[2] if step[0] == "call" else step[1] for step in reversed(program) if step[0] in CALLS)
    return next(names, "it")


def _fault(name: str, reply: dict) -> Fault:
    described = clean_fault(reply)
    kind, message = described["error"], described["message"]
    if kind == MissingFunction.__name__:
        return Absent(f"{name} is not defined in the notebook")
    if kind == Unsendable.__name__:
        return Breach(f"{name}: {message}")
    return Raised(name, kind, message, described["line"], described["of"])
