"""Trajectories: an init and several steps, as programs for one side, and the parameters after each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.calls.backends import Breach, Program
from autograder.calls.fitting import StructureError, fitted
from autograder.calls.side import Side
from autograder.worker.wire import Handle

Form = tuple[str, ...]  # what differs in form, one sentence for a whole trajectory


@dataclass(frozen=True)
class Walk:
    """``<stem>_init`` and a step for each of ``grads``; ``start`` are the keywords of the init."""

    init: str
    step: str
    params: Any
    grads: Sequence[Any]
    start: dict[str, Any]
    steps: tuple[dict[str, Any], ...]

    def read(self, side: Side) -> list[tuple]:
        """The members of every step's answer but the state; raises the fault of a step.

        All steps are one program, in which each gets a copy of the parameters as the step before returned
        them. If a step fails, the answers before it are judged first: parameters of another shape are the
        Breach, for the given argument checks of the next step only stumble over them. Right numbers in
        another container are put into the expected form, and the steps are taken anew, one at a time.
        """
        reading = side.reading(self._program(side))
        if reading.fault is None:
            return reading.values
        _, form = self.path(reading.values)
        if not form:
            raise reading.fault
        return self._one_by_one(side)

    def path(self, read: Sequence[tuple], like: Sequence[Any] | None = None) -> tuple[list, Form]:
        """The parameters after each step that was read, in the form of ``like``, else of ``params``."""
        path: list[Any] = []
        told: list[str] = []
        for i, members in enumerate(read):
            value, notes = self._fitted(members, i + 1, self.params if like is None else like[i])
            path.append(value)
            told += notes[:1]
        return path, tuple(told[:1])

    def _program(self, side: Side) -> Program:
        state, program = side.call(self.init, (self.params,), self.start, "")
        return program + side.walk(self.step, self.params, [*self.grads], state, [*self.steps])

    def _one_by_one(self, side: Side) -> list[tuple]:
        """The same answers, each step taken from parameters that are in their right form."""
        state, program = side.call(self.init, (self.params,), self.start, "")
        now, read = self.params, []
        for i, (grad, extra) in enumerate(zip(self.grads, self.steps, strict=True), 1):
            answer, call = side.call(self.step, (now, grad, state), extra, "split")
            read += side.run([*program, *call])
            now, _ = self._fitted(read[-1], i, self.params)
            state, program = last(answer), []
        return read

    def _fitted(self, members: tuple, number: int, like: Any) -> tuple[Any, Form]:
        try:
            if len(members) != 1:
                raise StructureError("the answer must be a tuple of 2 members, the last the new state")
            return fitted(members[0], like, f"after step {number} params")
        except StructureError as error:
            raise Breach(f"{self.step}: {error}") from error


def last(answer: Handle) -> Handle:
    """The last member of an answer: its state."""
    return Handle(answer.number, (-1,))
