"""A student's notebook inside the worker: its namespace, and the grader's requests that it answers.

Nothing is judged here: if student code forges a reply, that is only a wrong answer.
"""

from __future__ import annotations

import copy
import functools
import traceback
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from autograder.worker.channel import Channel
from autograder.worker.values import copied, generators, same_bits
from autograder.worker.wire import WireError

MAX_TEXT = 2_000
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
        self.verbs: dict[str, Callable[..., dict]] = {
            "run": self.run,
            "names": self.names,
            "define": self.define,
            "call": self.call,
            "steps": self.steps,
            "trajectory": self.trajectory,
            "interleave": self.interleave,
        }

    def run(self, number: int, source: str, given: bool = False) -> dict:
        """Execute one cell, the student's own or a given one; names defined before an error stay defined."""
        code = compiled(source) if given else compile(source, CELL.format(number), "exec")
        exec(code, self.namespace)
        return {}

    def names(self) -> dict:
        """The names of functions and classes in the notebook's namespace, at most 1000."""
        return {"value": [str(name) for name, value in self.namespace.items() if callable(value)][:1000]}

    def define(self, functions: dict[str, Callable]) -> dict:
        """Define callbacks of the grader's in the notebook, under the names that student code calls."""
        self.namespace.update(functions)
        return {}

    def call(self, name: str, args: tuple, kwargs: dict) -> dict:
        """Call one function; the reply holds the arguments after the call, unless they are unchanged."""
        before = _snapshot((args, kwargs))
        value = self._function(name)(*args, **kwargs)
        if before is not None and same_bits((args, kwargs), before):
            return {"value": value, "untouched": True}
        return {"value": value, "args": _values(args), "kwargs": _values(kwargs)}

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> dict:
        """Many optimiser steps in one message; replies with the parameters after each and the last state."""
        step, path = self._function(name), []
        for grad, extra in zip(grads, kwargs, strict=True):
            params, state = step(params, grad, state, **extra)
            path.append(copy.deepcopy(params))
        return {"value": (path, state)}

    def trajectory(
        self, init: str, step: str, params: Any, grads: list, start: dict, each: list[dict]
    ) -> dict:
        """An init and all its steps in one message, answered as if the calls had come separately.

        ``reached`` counts the parts (init, first step, later steps) that returned. The reply is only ``odd``,
        and the grader must ask call by call, if a call changed an argument, or if the first step did not
        return new parameters of the same structure and a state.
        """
        reply: dict[str, Any] = {"reached": 0, "first": None, "path": []}
        try:
            state = self._pure_call(init, (params,), start)
            reply["reached"] = 1
            value = self._pure_call(step, (params, grads[0], state), each[0])
            if type(value) is not tuple or len(value) != 2 or not _same_structure(value[0], params):
                return {"odd": True}
            reply |= {"reached": 2, "first": value[0]}
            now, memory = copied(value[0]), value[1]
            function, path = self._function(step), []
            for grad, extra in zip(grads[1:], each[1:], strict=True):
                now, memory = function(now, grad, memory, **extra)
                path.append(copied(now))
            copied(memory)
            return reply | {"reached": 3, "path": path}
        except (_NotBatchable, WireError):
            return {"odd": True}
        except BaseException as error:  # noqa: BLE001 - student code may raise anything
            return reply | fault(error)

    def _pure_call(self, name: str, args: tuple, kwargs: dict) -> Any:
        """The result of a call; _NotBatchable if it changed its arguments."""
        own, keywords = copied((args, kwargs))
        value = self._function(name)(*own, **keywords)
        if not same_bits((own, keywords), (args, kwargs)):
            raise _NotBatchable
        return copied(value)

    def interleave(self, calls: list, runs: int) -> dict:
        """Interleave several runs of one chain of calls; the states stay here, as the student's own objects.

        A call is (name, args, kwargs, place, source). Its argument at ``place``, a position or a keyword, is
        the state that call number ``source`` returned. A call without a place is an init, whose whole value
        is a state. The reply holds, for each run, the members of every answer other than the state.
        """
        states: list[list] = [[] for _ in range(runs)]
        seen: list[list] = [[] for _ in range(runs)]
        for name, args, kwargs, place, source in calls:
            for memory, answers in zip(states, seen, strict=True):
                own, keywords = copied((args, kwargs))
                if place is None:
                    memory.append(self._function(name)(*own, **keywords))
                    continue
                if isinstance(place, str):
                    keywords[place] = memory[source]
                else:
                    own = (*own[:place], memory[source], *own[place + 1 :])
                value = self._function(name)(*own, **keywords)
                memory.append(value[-1])
                answers.append(copied(tuple(value[:-1])))
        return {"value": seen}

    def _function(self, name: str) -> Callable:
        if name not in self.namespace:
            raise MissingFunction(name)
        return self.namespace[name]


class _NotBatchable(Exception):
    """The batched calls cannot be summarised in one reply; the grader must ask call by call."""


class MissingFunction(Exception):
    """The notebook does not define the requested function."""


def _values(item: Any) -> Any:
    """Arguments to be sent back, with None in place of callbacks."""
    if isinstance(item, dict):
        return {key: _values(value) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return (list if isinstance(item, list) else tuple)(map(_values, item))
    return None if isinstance(item, Callback) else item


def _snapshot(value: Any) -> Any:
    """A copy to compare with after the call; None if there are functions or generators in ``value``."""
    try:
        return None if _has_functions_or_generators(value) else copied(value)
    except WireError:
        return None


def _has_functions_or_generators(value: Any) -> bool:
    if isinstance(value, list | tuple | dict):
        return any(map(_has_functions_or_generators, value.values() if isinstance(value, dict) else value))
    return isinstance(value, np.random.Generator | Callback)


def _same_structure(value: Any, model: Any) -> bool:
    """Whether ``value`` is nested like ``model``, with arrays of the same shapes in the same places."""
    if type(value) is not type(model):
        return False
    if isinstance(model, list | tuple):
        return len(value) == len(model) and all(map(_same_structure, value, model))
    if isinstance(model, dict):
        return value.keys() == model.keys() and all(_same_structure(value[key], model[key]) for key in model)
    return not isinstance(model, np.ndarray) or (value.ndim > 0 and value.shape == model.shape)


def fault(error: BaseException) -> dict:
    """An exception as plain text, with the innermost line of the student's notebook in its traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename[:5] == "<cell"]
    try:
        message = str(error)[:MAX_TEXT]
    except Exception as second:  # noqa: BLE001 - the __str__ of a student's exception may raise anything
        message = f"(its message raised {type(second).__name__})"
    return {
        "error": type(error).__name__[:MAX_TEXT],
        "message": message,
        "line": frames[-1].lineno if frames else 0,
    }
