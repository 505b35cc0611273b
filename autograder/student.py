"""What hidden checks talk to: a student's functions, or the reference's, called like ordinary ones.

A `Player` answers calls through a backend: a worker process for a student, a namespace for trusted code.
Before a check sees an answer, its structure is compared with what the reference answers to the same call;
changed arguments are noticed; every call is written into a journal, by which mistakes are recognised.

State is opaque. A function named ``<stem>_init`` returns a state; one with a parameter ``state`` returns the
new state as its last member. A check receives states as `State` and can only hand them back.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.compare import StructureError, conform, same_bits
from autograder.sandbox import Crashed, Garbled, TookTooLong, Worker

MISSING = object()


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


class Late(Fault):
    """No answer in time."""

    kind = "late"


@dataclass(frozen=True)
class State:
    """An optimiser's or tracker's state: the player's own, and the reference's at the same place."""

    own: Any
    shadow: Any = MISSING


@dataclass(frozen=True)
class PerStep:
    """A keyword of `Player.trajectory` with one value a step."""

    values: list


class Recorder:
    """A callback that remembers its calls: hand it over, then read ``log``."""

    def __init__(self, function: Callable) -> None:
        self.function, self.log = function, []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        value = self.function(*args, **kwargs)
        self.log.append((args, kwargs, value))
        return value


@dataclass(frozen=True)
class Call:
    """One line of the journal. ``fault`` is the kind of what went wrong, or empty; then ``value`` stands."""

    name: str
    args: tuple
    kwargs: dict
    value: Any = None
    fault: str = ""
    changed: tuple[str, ...] = ()


class LocalBackend:
    """Trusted code in this process: the reference, or a named mistake."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        args, kwargs = copy.deepcopy((args, kwargs))
        try:
            with np.errstate(all="ignore"):  # a named mistake may divide by zero
                value = self.namespace[name](*args, **kwargs)
        except Exception as error:
            raise Raised(name, type(error).__name__, str(error), 0) from error
        return copy.deepcopy(value), args, kwargs

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        path = []
        for grad, extra in zip(grads, kwargs, strict=True):
            (params, state), _, _ = self.call(name, (params, grad, state), extra)
            path.append(params)
        return path, state


class WorkerBackend:
    """A student's functions, in a worker process."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, tuple, dict]:
        reply = self._ask(name, {"op": "call", "name": name, "args": args, "kwargs": kwargs})
        after, keywords = reply.get("args"), reply.get("kwargs")
        if not isinstance(after, tuple) or len(after) != len(args):
            raise Ended(f"{name} sent something that is no answer")
        if not isinstance(keywords, dict) or keywords.keys() != kwargs.keys():
            raise Ended(f"{name} sent something that is no answer")
        return reply.get("value"), after, keywords

    def steps(self, name: str, params: Any, grads: list, state: Any, kwargs: list[dict]) -> tuple[list, Any]:
        request = {"op": "steps", "name": name, "params": params, "grads": grads, "state": state}
        value = self._ask(name, {**request, "kwargs": kwargs}).get("value")
        if not isinstance(value, tuple) or len(value) != 2 or not isinstance(value[0], list):
            raise Ended(f"{name} sent something that is no answer")
        return value

    def _ask(self, name: str, request: dict) -> dict:
        try:
            reply = self.worker.ask(request)
        except TookTooLong as error:
            raise Late(f"{name} gave no answer within {self.worker.limits.call_wall_seconds:g} s") from error
        except Crashed as error:
            raise Ended(f"{name} ended the process it ran in (memory, exit or a crash)") from error
        except Garbled as error:
            raise Ended(f"{name} sent something that is no answer: {error}") from error
        if "error" not in reply:
            return reply
        kind, message, line = str(reply["error"]), str(reply.get("message", "")), reply.get("line", 0)
        if kind == "MissingFunction":
            raise Absent(f"{name} is not defined in the notebook")
        if kind == "Unsendable":
            raise Breach(f"{name} must return plain values: {message}")
        raise Raised(name, kind, message, line if isinstance(line, int) else 0)


class Function:
    """One function of a player, as a check calls it."""

    def __init__(self, player: Player, name: str) -> None:
        self._player, self.name = player, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._player.call(self.name, args, kwargs)

    def raises(self, error: str, *args: Any, **kwargs: Any) -> bool:
        """Whether this call raises an exception of the type named ``error``."""
        try:
            self._player.call(self.name, args, kwargs)
        except Raised as fault:
            return fault.error == error
        return False

    @property
    def calls(self) -> list[Call]:
        return [call for call in self._player.journal if call.name == self.name]


class Player:
    """The functions of one side. ``reference`` is the namespace that gives every answer's structure;
    None for the reference itself, whose answers are taken as they are."""

    def __init__(
        self, backend: LocalBackend | WorkerBackend, reference: dict[str, Any] | None = None
    ) -> None:
        self._backend, self._reference = backend, reference
        self.journal: list[Call] = []

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return Function(self, name)

    @property
    def changed(self) -> tuple[str, ...]:
        """The arguments that calls so far have changed, as ``function: argument``."""
        return tuple(dict.fromkeys(f"{call.name}: {name}" for call in self.journal for name in call.changed))

    def call(self, name: str, args: tuple, kwargs: dict) -> Any:
        """Call ``name``; raises a Fault if that is what the submission does."""
        expected = self._expected(name, args, kwargs)
        own_args = tuple(_side(item, "own") for item in args)
        own_kwargs = {key: _side(item, "own") for key, item in kwargs.items()}
        changed: tuple[str, ...] = ()
        try:
            value, after, keywords = self._backend.call(name, own_args, own_kwargs)
            changed = _changed(self._names(name, args), own_args, after) + _changed(
                kwargs, own_kwargs.values(), keywords.values()
            )
            for old, new in zip((*own_args, *own_kwargs.values()), (*after, *keywords.values()), strict=True):
                _follow(old, new)
            value = self._conform(name, value, expected)
        except StructureError as error:
            self._note(name, args, kwargs, fault=Breach.kind, changed=changed)
            raise Breach(f"{name}: {error}") from error
        except Fault as fault:
            self._note(name, args, kwargs, fault=fault.kind, changed=changed)
            raise
        self._note(name, args, kwargs, value=value, changed=changed)
        return value

    def trajectory(self, stem: str, params: Any, grads: list, **hyper: Any) -> list:
        """The parameters after each of ``len(grads)`` steps of ``<stem>_init`` and ``<stem>_step``.

        A keyword goes to the function that has it; `PerStep` gives one value a step. The first step is an
        ordinary call, so that its structure and purity are looked at; the others cross in one message.
        """
        init, step = f"{stem}_init", f"{stem}_step"
        names = inspect.signature(self._ours(init)).parameters
        state = self.call(init, (params,), {key: value for key, value in hyper.items() if key in names})
        rest = {key: value for key, value in hyper.items() if key not in names}
        kwargs = [
            {key: value.values[i] if isinstance(value, PerStep) else value for key, value in rest.items()}
            for i in range(len(grads))
        ]
        first, state = self.call(step, (params, grads[0], state), kwargs[0])
        try:
            path, _ = self._backend.steps(step, first, list(grads[1:]), state.own, kwargs[1:])
            path = [conform(item, params, f"the parameters after step {i}") for i, item in enumerate(path, 2)]
        except StructureError as error:
            self._note(step, (), {}, fault=Breach.kind)
            raise Breach(f"{step}: {error}") from error
        except Fault as fault:
            self._note(step, (), {}, fault=fault.kind)
            raise
        self._note(step, (), {}, value=path)
        return [first, *path]

    def _ours(self, name: str) -> Callable | None:
        namespace = self._backend.namespace if self._reference is None else self._reference
        return namespace.get(name)

    def _names(self, name: str, args: tuple) -> list[str]:
        """The parameters' names of positional arguments, from the reference's signature."""
        function = self._ours(name)
        names = list(inspect.signature(function).parameters) if function else []
        return (names + [f"argument {i + 1}" for i in range(len(names), len(args))])[: len(args)]

    def _expected(self, name: str, args: tuple, kwargs: dict) -> Any:
        """What the reference answers, or MISSING where it is not asked or refuses the arguments."""
        if self._reference is None or name not in self._reference:
            return MISSING
        shadows = tuple(_side(item, "shadow") for item in args)
        keywords = {key: _side(item, "shadow") for key, item in kwargs.items()}
        if any(item is MISSING for item in (*shadows, *keywords.values())):
            return MISSING
        try:
            return LocalBackend(self._reference).call(name, shadows, keywords)[0]
        except Raised:
            return MISSING

    def _conform(self, name: str, value: Any, expected: Any) -> Any:
        """``value`` in the structure of ``expected``, its state wrapped."""
        function = self._ours(name)
        takes_state = function is not None and "state" in inspect.signature(function).parameters
        if name.endswith("_init"):
            return State(value, expected)
        if not takes_state:
            return value if expected is MISSING else conform(value, expected)
        width = 2 if expected is MISSING else len(expected)
        if not isinstance(value, list | tuple) or len(value) != width:
            raise StructureError(f"the answer must be a tuple of {width} members, the last one the new state")
        if expected is MISSING:
            return (*value[:-1], State(value[-1]))
        return (*conform(tuple(value[:-1]), tuple(expected[:-1])), State(value[-1], expected[-1]))

    def _note(self, name: str, args: tuple, kwargs: dict, **rest: Any) -> None:
        self.journal.append(Call(name, args, kwargs, **rest))


def _side(item: Any, side: str) -> Any:
    """An argument as one side gets it: that side's state; a quiet callback for the shadow."""
    if isinstance(item, State):
        return getattr(item, side)
    if side == "shadow" and isinstance(item, Recorder):
        return item.function
    return item


def _changed(names: Any, before: Any, after: Any) -> tuple[str, ...]:
    return tuple(name for name, a, b in zip(names, before, after, strict=True) if not same_bits(b, a))


def _follow(before: Any, after: Any) -> None:
    """Move a generator of ours to where the call left its copy."""
    if isinstance(before, np.random.Generator) and isinstance(after, np.random.Generator):
        before.bit_generator.state = after.bit_generator.state
