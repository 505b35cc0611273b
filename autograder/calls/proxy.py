"""Proxies, through which hidden checks call a student's functions or the reference's like ordinary ones.

A `Proxy` turns calls into programs (`autograder.worker.programs`) for a backend: a worker process for a
student, this process for trusted code. Before a check sees an answer, its form is compared with the
reference's answer to the same call: numbers in another container are put into the expected one, and the
journal says so. Every call is written into the journal, by which mistakes are recognised.

State is opaque and stays where it was made. A function named ``<stem>_init`` returns a state; one with a
parameter ``state`` returns the new state as its last member. A check receives states as `State` objects and
can only pass them on. A generator is sent once and lives beside the function that draws from it: the check's
own copy stays where it was.

Functions passed as arguments (callbacks) run on this side. The reference is called first, with a copy of
them. Their answers may therefore depend on their arguments and on their own attributes only. `Recorder`
records the student's calls only.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.calls.backends import Breach, Fault, LocalBackend, Raised, Reading
from autograder.calls.fitting import StructureError, fitted
from autograder.calls.function import MANY, Ask, Function
from autograder.calls.journal import Call, PerStep, Recorder, State, unrecorded
from autograder.calls.side import Backend, Side
from autograder.calls.trajectory import Walk, last
from autograder.worker.values import generators, leaves, mapped
from autograder.worker.wire import Handle


class ReferenceRefused(Exception):
    """The reference raised a fault in a check's call: the grader's fault, never the student's."""


class _NoReferenceState(Exception):
    """The reference has no state that corresponds to the student's."""


class Proxy:
    """The functions of one side.

    ``reference`` is the namespace whose answers define the form of every answer, and ``reference_backend``
    computes them. ``reference`` is None for the reference itself, whose answers are not compared. Up to
    ``many`` calls share a message; with 1 it is known which call had no answer.
    """

    def __init__(
        self,
        backend: Backend,
        reference: dict[str, Any] | None = None,
        reference_backend: Backend | None = None,
        many: int = MANY,
    ) -> None:
        self._own, self._reference = Side(backend), reference
        self._beside = Side(reference_backend or LocalBackend(reference or {}))
        self.journal: list[Call] = []
        self.many = many

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return Function(self, name)

    def calls(self, name: str, asks: Sequence[Ask], state: State | None = None) -> list[Any]:
        """Call ``name`` with the arguments of each ask, in one message.

        If ``state`` is given, it is the first argument of the first call, and each later call gets the state
        that the one before it returned. Raises the first Fault, an error that the submission causes; if there
        is no reply to the message as a whole, it is put down to the first call.
        """
        verb, planned = self._verb(name), []
        for args, kwargs in asks:
            given = args if state is None else (state, *args)
            expected = self._expected(name, given, kwargs, verb)
            answer, program = self._own.call(name, mapped(_own, given), mapped(_own, kwargs), verb)
            planned.append((given, kwargs, answer, program, expected))
            state = None if state is None else State(last(answer), last(expected[0]) if expected else None)
        recorded = [(leaf, len(leaf.log)) for leaf in leaves([*asks]) if isinstance(leaf, Recorder)]
        try:
            readings = self._own.backend.run([program for *_, program, _ in planned])
        except Fault as fault:  # no reply to the message as a whole
            readings = [Reading([], fault)]
        asked = tuple(recorder.log[start:] for recorder, start in recorded)
        return [
            self._entered(Call(name, given, kwargs, asked=asked), verb, answer, reading, expected)
            for (given, kwargs, answer, _, expected), reading in zip(planned, readings, strict=False)
        ]

    def _entered(
        self, call: Call, verb: str, answer: Handle, reading: Reading, expected: tuple | None
    ) -> Any:
        """What ``call`` returned, in the expected form and in the journal; raises its Fault."""
        drawn = bool(generators((call.args, call.kwargs)))
        try:
            value, form = self._answer(call.name, verb, answer, reading.all(), expected, drawn)
        except Fault as fault:
            self.journal.append(replace(call, **_described(fault)))  # type: ignore[arg-type]  # texts all
            raise
        self.journal.append(replace(call, value=value, form=form))
        return value

    def stands_at(self, rng: np.random.Generator, other: np.random.Generator) -> bool:
        """Whether the function's copy of ``rng`` has been left in the state of ``other``.

        What is left is compared and never drawn from: its state is the student's.
        """
        handle = self._own.generator(rng)
        left = self._own.run([("read", handle)])[0] if handle else rng
        return isinstance(left, np.random.Generator) and (
            left.bit_generator.state == other.bit_generator.state
        )

    @contextlib.contextmanager
    def reference_faults(self) -> Iterator[None]:
        """Raise a Fault of the reference as ReferenceRefused, so that it is not taken for the student's."""
        try:
            yield
        except Fault as fault:
            if self._reference is None:
                raise ReferenceRefused(f"the reference did not answer a check: {fault}") from fault
            raise

    def trajectory(self, stem: str, params: Any, grads: list, **hyper: Any) -> list:
        """The parameters after each of ``len(grads)`` steps of ``<stem>_init`` and ``<stem>_step``.

        A keyword goes to the function that has this parameter; `PerStep` gives one value for each step. All
        steps are one program; each gets copies of its parameters (`autograder.calls.trajectory`).
        """
        init, step = f"{stem}_init", f"{stem}_step"
        names = parameters(self._trusted_function(init))
        start = {key: value for key, value in hyper.items() if key in names}
        steps = tuple(
            {
                key: value.values[i] if isinstance(value, PerStep) else value
                for key, value in hyper.items()
                if key not in names
            }
            for i in range(len(grads))
        )
        walk = Walk(init, step, params, grads, start, steps)
        entry: dict[str, Any] = {"args": (params, list(grads)), "kwargs": start, "steps": steps}
        with self.reference_faults():
            try:
                read = walk.read(self._own)
                path, form = walk.path(read)
                if form and self._reference is not None:  # its numbers may be right in single precision only
                    with contextlib.suppress(Raised):
                        path, form = walk.path(read, [after for (after,) in walk.read(self._beside)])
            except Fault as fault:
                entry |= _described(fault)
                self.journal.append(Call(step, **entry))
                raise
            self.journal.append(Call(step, **entry, value=path, form=form))
        return path

    def _trusted_function(self, name: str) -> Callable | None:
        """The function that trusted code has under ``name``; a worker's own are not known here."""
        if self._reference is not None:
            return self._reference.get(name)
        backend = self._own.backend
        return backend.namespace.get(name) if isinstance(backend, LocalBackend) else None

    def _verb(self, name: str) -> str:
        """How an answer is read: not at all if it is a state, without its last member if that is one."""
        if name.endswith("_init"):
            return ""
        return "split" if "state" in parameters(self._trusted_function(name)) else "read"

    def _expected(self, name: str, args: tuple, kwargs: dict, verb: str) -> tuple[Handle, list] | None:
        """The reference's answer and what is read of it; None if it has no answer to this call."""
        if self._reference is None or name not in self._reference:
            return None
        try:
            answer, program = self._beside.call(name, mapped(_beside, args), mapped(_beside, kwargs), verb)
            return answer, self._beside.run(program)
        except (_NoReferenceState, Raised):
            return None

    def _answer(
        self, name: str, verb: str, answer: Handle, read: list, expected: tuple | None, drawn: bool
    ) -> tuple[Any, tuple[str, ...]]:
        """An answer as a check gets it, in the expected form, and what its own form differs in."""
        beside, wanted = expected or (None, None)
        if not read:
            return State(answer, beside), ()
        (value,) = read
        form: tuple[str, ...] = ()
        try:
            if wanted is not None:
                if verb == "split" and len(value) != len(wanted[0]):
                    many = len(wanted[0]) + 1
                    raise StructureError(
                        f"the answer must be a tuple of {many} members, the last the new state"
                    )
                value, form = fitted(value, wanted[0], ordered=not drawn)
        except StructureError as error:
            raise Breach(f"{name}: {error}") from error
        if verb == "read":
            return value, form
        return (*value, State(last(answer), last(beside) if beside else None)), form


def _own(leaf: Any) -> Any:
    """An argument as the functions' own side gets it."""
    return leaf.own if isinstance(leaf, State) else leaf


def _beside(leaf: Any) -> Any:
    """An argument as the reference gets it: with its own states, and copies of functions, unrecorded."""
    if isinstance(leaf, State):
        if leaf.reference is None:
            raise _NoReferenceState
        return leaf.reference
    return copy.deepcopy(unrecorded(leaf)) if callable(leaf) else leaf


def _described(fault: Fault) -> dict[str, str]:
    """What the journal says of a fault."""
    if isinstance(fault, Raised):
        return {"fault": fault.kind, "said": fault.said}
    return {"fault": str(fault) if isinstance(fault, Breach) else fault.kind}


@functools.lru_cache(maxsize=1024)
def parameters(function: Callable | None) -> tuple[str, ...]:
    """The names of a function's parameters; none for a function that is not known."""
    return tuple(inspect.signature(function).parameters) if function else ()
