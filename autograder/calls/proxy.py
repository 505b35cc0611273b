"""Proxies, through which hidden checks call a student's functions or the reference's like ordinary ones.

A `Proxy` passes calls to a backend: a worker process for a student, a namespace for trusted code. Before a
check sees an answer, its structure is compared with the reference's answer to the same call, and changed
arguments are recorded. Every call is written into a journal, by which mistakes are recognised.

State is opaque. A function named ``<stem>_init`` returns a state; one with a parameter ``state`` returns the
new state as its last member. A check receives states as `State` objects and can only pass them on.

Functions passed as arguments (callbacks) run on this side. The reference is called first, with a copy of
them. Their answers may therefore depend on their arguments and on their own attributes only. `Recorder`
records the student's calls only.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls.backends import Breach, Fault, LocalBackend, Raised, WorkerBackend
from autograder.calls.compare import StructureError, conform
from autograder.worker.values import same_bits

MISSING = object()


class ReferenceRefused(Exception):
    """The reference raised a fault in a check's call: the grader's fault, never the student's."""


@dataclass(frozen=True)
class State:
    """An optimiser's or tracker's state: the proxy's own, and the reference's after the same calls."""

    own: Any
    reference: Any = MISSING


@dataclass(frozen=True)
class PerStep:
    """A keyword of `Proxy.trajectory` with one value for each step."""

    values: list


class Recorder:
    """A callback that records its calls in ``log``: pass it as an argument, then read the log."""

    def __init__(self, function: Callable) -> None:
        self.function = function
        self.log: list[tuple[tuple[Any, ...], dict[str, Any], Any]] = []  # (args, kwargs, answer) a call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        value = self.function(*args, **kwargs)
        self.log.append((args, kwargs, value))
        return value


@dataclass(frozen=True)
class Call:
    """One entry of the journal. ``fault`` is the kind of its `Fault`, or empty if ``value`` was returned.

    ``asked`` has one list for each `Recorder` among the arguments: the calls that the function made of it.
    ``each`` is set for the later steps of a trajectory, which are sent in one message: the keywords of every
    step. Then ``value`` and the second member of ``args`` are lists with one member for each step.
    """

    name: str
    args: tuple
    kwargs: dict
    value: Any = None
    fault: str = ""
    changed: tuple[str, ...] = ()
    asked: tuple[list, ...] = ()
    each: tuple[dict, ...] = ()


def changed(journal: Iterable[Call]) -> tuple[str, ...]:
    """The arguments that these calls changed, as ``function: argument``."""
    return tuple(dict.fromkeys(f"{call.name}: {name}" for call in journal for name in call.changed))


class Function:
    """One function of a proxy, as a check calls it."""

    def __init__(self, proxy: Proxy, name: str) -> None:
        self._proxy, self.name = proxy, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._proxy._reference_faults():
            return self._proxy.call(self.name, args, kwargs)

    def raises(self, error: str, *args: Any, **kwargs: Any) -> bool:
        """Whether this call raises an exception of the type named ``error``."""
        try:
            self._proxy.call(self.name, args, kwargs)
        except Raised as fault:
            return fault.error == error
        return False

    @property
    def calls(self) -> list[Call]:
        return [call for call in self._proxy.journal if call.name == self.name]


class Proxy:
    """The functions of one side.

    ``reference`` is the namespace whose answers define the structure of every answer, and
    ``reference_backend`` computes them. ``reference`` is None for the reference itself, whose answers are not
    compared.
    """

    def __init__(
        self,
        backend: LocalBackend | WorkerBackend,
        reference: dict[str, Any] | None = None,
        reference_backend: LocalBackend | None = None,
    ) -> None:
        self._backend, self._reference = backend, reference
        self._reference_backend = (
            LocalBackend(reference or {}) if reference_backend is None else reference_backend
        )
        self.journal: list[Call] = []

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return Function(self, name)

    @property
    def changed(self) -> tuple[str, ...]:
        """The arguments that calls have changed so far, as ``function: argument``."""
        return changed(self.journal)

    def call(self, name: str, args: tuple, kwargs: dict) -> Any:
        """Call ``name``; raises a Fault for an error that the submission causes."""
        expected = self._expected(name, args, kwargs)
        own_args, own_kwargs = _side(args, "own"), _side(kwargs, "own")
        recorded = [(recorder, len(recorder.log)) for recorder in _recorders((args, kwargs))]
        entry: dict[str, Any] = {"changed": ()}
        try:
            value, after, keywords = self._backend.call(name, own_args, own_kwargs)
            entry["changed"] = _changed(self._argument_names(name, args), own_args, after) + _changed(
                kwargs, own_kwargs.values(), keywords.values()
            )
            for old, new in zip((*own_args, *own_kwargs.values()), (*after, *keywords.values()), strict=True):
                _advance_generator(old, new)
            value = self._conform(name, value, expected)
            entry["value"] = value
        except StructureError as error:
            entry["fault"] = Breach.kind
            raise Breach(f"{name}: {error}") from error
        except Fault as fault:
            entry["fault"] = fault.kind
            raise
        finally:
            asked = tuple(recorder.log[start:] for recorder, start in recorded)
            self._record(name, args, kwargs, asked=asked, **entry)
        return value

    @contextlib.contextmanager
    def _reference_faults(self) -> Iterator[None]:
        """Raise a Fault of the reference as ReferenceRefused, so that it is not taken for the student's."""
        try:
            yield
        except Fault as fault:
            if self._reference is None:
                raise ReferenceRefused(f"the reference did not answer a check: {fault}") from fault
            raise

    def trajectory(self, stem: str, params: Any, grads: list, **hyper: Any) -> list:
        """The parameters after each of ``len(grads)`` steps of ``<stem>_init`` and ``<stem>_step``.

        A keyword goes to the function that has this parameter; `PerStep` gives one value for each step. The
        first step is an ordinary call, whose structure and changes of arguments are checked; the later steps
        are sent in one message.
        """
        with self._reference_faults():
            return self._trajectory(f"{stem}_init", f"{stem}_step", params, grads, hyper)

    def _trajectory(self, init: str, step: str, params: Any, grads: list, hyper: dict) -> list:
        names = parameters(self._trusted_function(init))
        start = {key: value for key, value in hyper.items() if key in names}
        rest = {key: value for key, value in hyper.items() if key not in names}
        kwargs = [
            {key: value.values[i] if isinstance(value, PerStep) else value for key, value in rest.items()}
            for i in range(len(grads))
        ]
        self._backend.prefetch(init, step, params, grads, start, kwargs)
        state = self.call(init, (params,), start)
        first, state = self.call(step, (params, grads[0], state), kwargs[0])
        later: dict[str, Any] = {"args": (first, list(grads[1:]), state), "each": tuple(kwargs[1:])}
        try:
            path, _ = self._backend.steps(step, first, list(grads[1:]), state.own, kwargs[1:])
            path = [conform(item, params, f"the parameters after step {i}") for i, item in enumerate(path, 2)]
        except StructureError as error:
            self._record(step, kwargs={}, fault=Breach.kind, **later)
            raise Breach(f"{step}: {error}") from error
        except Fault as fault:
            self._record(step, kwargs={}, fault=fault.kind, **later)
            raise
        self._record(step, kwargs={}, value=path, **later)
        return [first, *path]

    def _trusted_function(self, name: str) -> Callable | None:
        """The function that trusted code has under ``name``; a worker's own are not known here."""
        if self._reference is not None:
            return self._reference.get(name)
        return self._backend.namespace.get(name) if isinstance(self._backend, LocalBackend) else None

    def _argument_names(self, name: str, args: tuple) -> list[str]:
        """The parameters' names of positional arguments, from the reference's signature."""
        function = self._trusted_function(name)
        names = [*parameters(function)] if function else []
        return (names + [f"argument {i + 1}" for i in range(len(names), len(args))])[: len(args)]

    def _expected(self, name: str, args: tuple, kwargs: dict) -> Any:
        """The reference's answer; MISSING if it lacks the function or the state, or if it raised."""
        if self._reference is None or name not in self._reference:
            return MISSING
        try:
            own_args, keywords = _side((args, kwargs), "reference")
            return self._reference_backend.call(name, own_args, keywords)[0]
        except (_NoReferenceState, Raised):
            return MISSING

    def _conform(self, name: str, value: Any, expected: Any) -> Any:
        """``value`` converted to the structure of ``expected``, its state wrapped in a `State`."""
        function = self._trusted_function(name)
        takes_state = function is not None and "state" in parameters(function)
        if name.endswith("_init"):
            return State(value, expected)
        if not takes_state:
            return value if expected is MISSING else conform(value, expected)
        width = len(expected) if expected is not MISSING else None
        if not isinstance(value, list | tuple) or not value or len(value) != (width or len(value)):
            many = f"a tuple of {width} members" if width else "a tuple"
            raise StructureError(f"the answer must be {many}, the last one the new state")
        if expected is MISSING:
            return (*value[:-1], State(value[-1]))
        return (*conform(tuple(value[:-1]), tuple(expected[:-1])), State(value[-1], expected[-1]))

    def _record(self, name: str, args: tuple, kwargs: dict, **rest: Any) -> None:
        self.journal.append(Call(name, args, kwargs, **rest))


@functools.lru_cache(maxsize=1024)
def parameters(function: Callable) -> tuple[str, ...]:
    """The names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


class _NoReferenceState(Exception):
    """The reference has no state that corresponds to the student's."""


def _side(item: Any, side: str) -> Any:
    """The arguments for one side: with its states; for the reference, with unrecorded copies of functions."""
    if isinstance(item, State):
        if getattr(item, side) is MISSING:
            raise _NoReferenceState
        return getattr(item, side)
    if isinstance(item, list | tuple):
        return type(item)(_side(member, side) for member in item)
    if isinstance(item, dict):
        return {key: _side(member, side) for key, member in item.items()}
    if side == "reference" and callable(item):
        return copy.deepcopy(item.function if isinstance(item, Recorder) else item)
    return item


def _recorders(item: Any) -> list[Recorder]:
    if isinstance(item, list | tuple | dict):
        members = item.values() if isinstance(item, dict) else item
        return [recorder for member in members for recorder in _recorders(member)]
    return [item] if isinstance(item, Recorder) else []


def _changed(names: Any, before: Any, after: Any) -> tuple[str, ...]:
    return tuple(name for name, a, b in zip(names, before, after, strict=True) if not same_bits(b, a))


def _advance_generator(before: Any, after: Any) -> None:
    """Set a generator of the check to the state in which the call left its copy."""
    if isinstance(before, np.random.Generator) and isinstance(after, np.random.Generator):
        before.bit_generator.state = after.bit_generator.state
