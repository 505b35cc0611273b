"""A student's notebook inside the worker: its namespace, and the grader's requests that it answers.

Nothing is judged here: if student code forges a reply, that is only a wrong answer.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import CodeType
from typing import Any

from autograder.worker import jupyter
from autograder.worker.channel import Channel, Closed
from autograder.worker.programs import Interpreter
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
        own = {"__name__": "__main__", "__builtins__": __builtins__}
        self.namespace: dict[str, Any] = {**own, **jupyter.given_names()}
        self._given = set(self.namespace)
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
        """Execute one cell, the student's own or a given one; names defined before an error stay defined."""
        if given:
            exec(compiled(source), self.namespace)
            return {}
        try:
            jupyter.execute(source, CELL.format(number), self.namespace)
        finally:
            self._functions |= {name: value for name, value in self.namespace.items() if callable(value)}
        return {}

    def restore(self, names: list[str]) -> dict:
        """Bind each name to the last function that had it, if it is bound to something else now.

        Replies with the names that were bound anew.
        """
        lost = [name for name in names if name in self._functions and not callable(self.namespace.get(name))]
        self.namespace.update({name: self._functions[name] for name in lost})
        return {"value": lost}

    def names(self) -> dict:
        """The names of functions and classes in the notebook's namespace, at most 1000."""
        found = (
            name for name, value in self.namespace.items() if callable(value) and name not in self._given
        )
        return {"value": [str(name) for name in itertools.islice(found, MAX_NAMES)]}

    def define(self, functions: dict[str, Callable]) -> dict:
        """Define callbacks of the grader's in the notebook, under the names that student code calls."""
        self.namespace.update(functions)
        return {}

    def programs(self, programs: list[list[tuple]], anew: bool) -> dict:
        """Run programs one after the other; with ``anew`` after forgetting all kept objects."""
        if anew:
            self._interpreter = Interpreter(self.namespace, (Closed,))
        jupyter.in_graded_call = True
        return {"value": [self._interpreter.run(program) for program in programs]}
