"""Two ways to answer calls: by a student's functions in a worker process, or by trusted code in this process.

Both take and return the same plain values. An error that the submission causes is raised as a `Fault`.
Functions passed as arguments (callbacks) run on this side. A generator that is passed to a callback comes
back in the state in which the callback left it.
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
    """An error that the submission caused. ``kind`` is compared when mistakes are recognised."""

    kind = "fault"


class Raised(Fault):
    """The student's code raised an exception."""

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


class LocalBackend:
    """Trusted code in this process: the reference, or a named mistake.

    Values are converted as for a worker, so that both backends give the same answers.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        args, kwargs = _converted((args, kwargs))
        return self._run(name, lambda function: function(*args, **kwargs)), args, kwargs

    def prefetch(self, *_: Any) -> None:
        """Do nothing: calls in this process need no batching."""

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        def all_steps(step: Callable) -> tuple[list, Any]:
            now, memory, path = start
            for grad, extra in zip(own_grads, own_kwargs, strict=True):
                now, memory = step(now, grad, memory, **extra)
                path.append(copy.deepcopy(now))
            return path, memory

        own_grads, own_kwargs, *start = _converted((grads, kwargs, params, state, []))
        return self._run(name, all_steps)

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


class _Callback:
    """A callback of a check; its arguments and its result are converted as by the wire."""

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

    def prefetch(self, *_: Any) -> None:
        """Do nothing: the calls of a trajectory are sent one by one, so that a fault names its call."""

    def ask(self, name: str, request: dict) -> dict:
        """The worker's reply to one request about ``name``; any error is raised as a Fault."""
        try:
            reply = self.worker.ask(request)
        except DeadlineError as error:
            raise Late(f"{name} gave no answer within {self.worker.limits.call_wall_seconds:g} s") from error
        except Closed as error:
            raise Ended(f"{name} ended the process it ran in (memory, exit or a crash)") from error
        except WireError as error:
            raise Ended(f"{name} sent something that is no answer: {error}") from error
        return self.checked(name, reply)

    def checked(self, name: str, reply: dict) -> dict:
        """``reply``, unless it describes an error, which is raised as a Fault."""
        if "error" not in reply:
            return reply
        kind, message, line = str(reply["error"]), str(reply.get("message", "")), reply.get("line", 0)
        if kind == "MissingFunction":
            raise Absent(f"{name} is not defined in the notebook")
        if kind == "Unsendable":
            raise Breach(f"{name} must return plain values: {message}")
        raise Raised(name, kind, message, line if isinstance(line, int) else 0)
