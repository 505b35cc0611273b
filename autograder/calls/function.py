"""One function of a proxy, as a check calls it: once, several times, or along a chain of states."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from autograder.calls.backends import Raised
from autograder.calls.journal import State
from autograder.worker.values import leaves

MANY = 50  # calls in one message
Ask = tuple[tuple, dict[str, Any]]  # the arguments of a call


class Caller(Protocol):
    many: int  # calls in one message, at most

    def calls(self, name: str, asks: Sequence[Ask], state: State | None = None, /) -> list[Any]: ...

    def reference_faults(self) -> AbstractContextManager[None]: ...


class Function:
    """The function called ``name``."""

    def __init__(self, caller: Caller, name: str) -> None:
        self._caller, self.name = caller, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._caller.reference_faults():
            return self._caller.calls(self.name, [(args, kwargs)])[0]

    def times(self, count: int, *args: Any, **kwargs: Any) -> list[Any]:
        """The answers to the same call made ``count`` times; a generator carries on from one to the next.

        Up to `MANY` calls go in one message and share the time of one call, so each should be quick.
        """
        return self._many([(args, kwargs)] * count)

    def chain(self, state: State, steps: Sequence[tuple], **kwargs: Any) -> list[Any]:
        """One answer for each step: a call with the state that the call before returned, then the step.

        Messages and time are shared as in `times`.
        """
        return self._many([(step, kwargs) for step in steps], state)

    def _many(self, asks: Sequence[Ask], state: State | None = None) -> list[Any]:
        if any(map(callable, leaves([*asks]))):
            raise TypeError(f"{self.name}: calls that share a message take no functions")
        answers: list[Any] = []
        for start in range(0, len(asks), self._caller.many):
            with self._caller.reference_faults():
                answers += self._caller.calls(self.name, asks[start : start + self._caller.many], state)
            state = None if state is None else answers[-1][-1]
        return answers

    def raises(self, error: str, *args: Any, **kwargs: Any) -> bool:
        """Whether this call raises an exception of the type named ``error``."""
        try:
            self._caller.calls(self.name, [(args, kwargs)])
        except Raised as fault:
            return fault.error == error
        return False
