"""Answers to calls: by a student's functions in a worker process, or by trusted code in this one.

Both take and give the same plain values; what goes wrong by the submission's doing is raised as a `Fault`.
Functions given to a call are served on this side. A generator among the arguments of such a call comes back
as the function left it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.handle import Worker
from autograder.worker import wire
from autograder.worker.channel import Closed, DeadlineError
from autograder.worker.values import copied, generators
from autograder.worker.wire import WireError


class Fault(Exception):
    """A call went wrong by the submission's doing. ``kind`` is compared when mistakes are recognised."""

    kind = "fault"


class Raised(Fault):
    """The student's code raised."""

    def __init__(self, name: str, error: str, message: str, line: int) -> None:
        where = f" (line {line} of its cell)" if line else ""
        super().__init__(
            f"{name} raised {error}{where}: {message}" if message else f"{name} raised {error}{where}"
        )
        self.kind = self.error = error


class Absent(Fault):
    """The notebook does not define the function."""

    kind = "absent"


class Breach(Fault):
    """An answer is not built as the docstring says."""

    kind = "breach"


class Ended(Fault):
    """The process ended, or wrote what is no answer."""

    kind = "ended"


class UnservedError(Exception):
    """A function that a check hands over answered with what cannot cross: the check's fault."""


class Late(Fault):
    """No answer in time."""

    kind = "late"


class LocalBackend:
    """Trusted code in this process: the reference, or a named mistake.

    Values cross the same wire as to a worker, so that both answer alike.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        args, kwargs = _crossed((args, kwargs))
        return self._run(name, lambda function: function(*args, **kwargs)), args, kwargs

    def ahead(self, *_: Any) -> None:
        """Nothing: here a message costs nothing."""

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        def walk(step: Callable) -> tuple[list, Any]:
            now, memory, path = start
            for grad, extra in zip(slopes, extras, strict=True):
                now, memory = step(now, grad, memory, **extra)
                path.append(copy.deepcopy(now))
            return path, memory

        slopes, extras, *start = _crossed((grads, kwargs, params, state, []))
        return self._run(name, walk)

    def _run(self, name: str, use: Callable[[Callable], Any]) -> Any:
        if name not in self.namespace:
            raise Absent(f"{name} is not defined")
        try:
            with np.errstate(all="ignore"):  # a named mistake may divide by zero
                value = use(self.namespace[name])
        except UnservedError:
            raise
        except Exception as error:
            raise Raised(name, type(error).__name__, str(error), 0) from error
        try:
            return copied(value)
        except WireError as error:
            raise Breach(f"{name} must return plain values: {error}") from error


class _Served:
    """A function of a check, as code on the other side of the wire sees it."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        sent, keywords = wire.decode(wire.encode((args, kwargs)))
        try:
            value = self.function(*sent, **keywords)
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


def _crossed(value: Any) -> Any:
    """``value`` as it comes out on the other side of the wire; functions in it are served."""
    try:
        return copied(value)
    except WireError:  # there are functions in it
        pass
    functions: list[Callable] = []

    def number(function: Callable) -> int:
        functions.append(function)
        return len(functions) - 1

    return wire.decode(wire.encode(value, number), lambda index: _Served(functions[index]))


class WorkerBackend:
    """A student's functions, in a worker process."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        reply = self.ask(name, {"op": "call", "name": name, "args": args, "kwargs": kwargs})
        if reply.get("untouched") is True:  # no argument was changed, and none is a generator
            return reply.get("value"), args, kwargs
        after, keywords = reply.get("args"), reply.get("kwargs")
        if not isinstance(after, tuple) or len(after) != len(args):
            raise Ended(f"{name} sent something that is no answer")
        if not isinstance(keywords, dict) or keywords.keys() != kwargs.keys():
            raise Ended(f"{name} sent something that is no answer")
        return reply.get("value"), after, keywords

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        request = {"op": "steps", "name": name, "params": params, "grads": grads, "state": state}
        value = self.ask(name, {**request, "kwargs": kwargs}).get("value")
        path, memory = value if isinstance(value, tuple) and len(value) == 2 else (None, None)
        if not isinstance(path, list) or len(path) != len(grads):
            raise Ended(f"{name} sent something that is no answer")
        return path, memory

    def ahead(self, *_: Any) -> None:
        """Nothing: each call of a trajectory by itself, so that a fault is its own."""

    def ask(self, name: str, request: dict) -> dict:
        """The worker's reply to one request about ``name``; what went wrong is raised as a Fault."""
        try:
            reply = self.worker.ask(request)
        except DeadlineError as error:
            raise Late(f"{name} gave no answer within {self.worker.limits.call_wall_seconds:g} s") from error
        except Closed as error:
            raise Ended(f"{name} ended the process it ran in (memory, exit or a crash)") from error
        except WireError as error:
            raise Ended(f"{name} sent something that is no answer: {error}") from error
        return self.said(name, reply)

    def said(self, name: str, reply: dict) -> dict:
        """``reply``, unless it tells of a fault."""
        if "error" not in reply:
            return reply
        kind, message, line = str(reply["error"]), str(reply.get("message", "")), reply.get("line", 0)
        if kind == "MissingFunction":
            raise Absent(f"{name} is not defined in the notebook")
        if kind == "Unsendable":
            raise Breach(f"{name} must return plain values: {message}")
        raise Raised(name, kind, message, line if isinstance(line, int) else 0)
