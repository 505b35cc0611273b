"""A student's notebook inside the worker: its namespace, and the grader's requests that it answers.

Nothing is judged here: if student code forges a reply, that is only a wrong answer.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import CodeType
from typing import Any

from autograder.worker.channel import Channel, Closed
from autograder.worker.execution import execute, keep_functions
from autograder.worker.programs import Interpreter, fault
from autograder.worker.standins import cell_running
from autograder.worker.values import generators

MAX_NAMES = 1_000
CELL, GIVEN = "<cell {}>", "<given>"


@functools.cache
def compiled(source: str) -> CodeType:
    """The code of a given cell, compiled once in the parent for all its forks."""
    return compile(source, GIVEN, "exec")


class Callback:
    """A function of the grader's, called through the channel."""

    def __init__(self, channel: Channel, number: int) -> None:
        self._channel, self._number = channel, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._channel.send({"callback": self._number, "args": args, "kwargs": kwargs})
        reply = self._channel.receive()
        for mine, moved in zip(generators((args, kwargs)), reply["rngs"], strict=True):
            mine.bit_generator.state = moved.bit_generator.state  # the grader's function drew from its copy
        if "error" in reply:
            raise RuntimeError(f"{reply['error']}: {reply['message']}")
        return reply["value"]


class Session:
    """One student's notebook: its namespace, and a method for each verb of the grader's requests."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        self._functions: dict[str, Any] = {}  # the last function of each name
        self.verbs: dict[str, Callable[..., dict]] = {
            "run": self.run,
            "restore": self.restore,
            "names": self.names,
            "define": self.define,
            "programs": self.programs,
        }
        self._interpreter = Interpreter(self.namespace, (Closed,))

    def run(self, number: int, source: str, given: bool = False) -> dict:
        """Execute one cell, the student's own or a given one; names defined before an error stay defined.

        ``passed`` in the reply are the imports that failed and that the cell was run past.
        """
        with cell_running() as used:
            try:
                if given:
                    exec(compiled(source), self.namespace)
                    keep_functions(self.namespace, self._functions)
                    return {}
                passed = execute(source, CELL.format(number), self.namespace, self._functions)
                return {"passed": passed} if passed else {}
            except BaseException as error:  # noqa: BLE001 - student code may raise anything
                reply = fault(error)
                if used:
                    reply["message"] += f" (a stand-in took the place of {', '.join(used)})"
                return reply

    def restore(self, names: list[str]) -> dict:
        """Bind each name to the last function that had it, if it is bound to something else now.

        Replies with the names that were bound anew.
        """
        lost = [name for name in names if name in self._functions and not callable(self.namespace.get(name))]
        self.namespace.update({name: self._functions[name] for name in lost})
        return {"value": lost}

    def names(self) -> dict:
        """The names of functions and classes in the notebook's namespace, at most 1000."""
        found = (str(name) for name, value in self.namespace.items() if callable(value))
        return {"value": list(itertools.islice(found, MAX_NAMES))}

    def define(self, functions: dict[str, Callable]) -> dict:
        """Define callbacks of the grader's in the notebook, under the names that student code calls."""
        self.namespace.update(functions)
        return {}

    def programs(self, programs: list[list[tuple]], anew: bool) -> dict:
        """Run programs one after the other; with ``anew`` after forgetting all kept objects."""
        if anew:
            self._interpreter = Interpreter(self.namespace, (Closed,))
        return {"value": [self._interpreter.run(program) for program in programs]}
