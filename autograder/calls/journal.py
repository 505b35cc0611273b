"""The journal of a check's calls, by which mistakes are recognised, and what checks pass to calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.worker.values import leaves
from autograder.worker.wire import Handle


@dataclass(frozen=True)
class State:
    """An optimiser's or tracker's state: the proxy's own, and the reference's after the same calls."""

    own: Handle
    reference: Handle | None = None


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


def unrecorded(leaf: Any) -> Any:
    """An argument as it is, or the function inside a `Recorder`."""
    return leaf.function if isinstance(leaf, Recorder) else leaf


@dataclass(frozen=True)
class Call:
    """One entry of the journal: a call, or a trajectory under the name of its step.

    ``fault`` is the kind of its `Fault`, for a `Breach` its sentence, and empty if ``value`` was returned;
    ``said`` is the message of an exception.
    ``form`` has a sentence for each thing that was right in another container. ``asked`` has one list for
    each `Recorder` among the arguments: the calls that the function made of it. ``steps`` has the keywords of
    every step of a trajectory, whose arguments are the first parameters and the list of gradients.
    """

    name: str
    args: tuple
    kwargs: dict
    value: Any = None
    fault: str = ""
    said: str = ""
    form: tuple[str, ...] = ()
    asked: tuple[list, ...] = ()
    steps: tuple[dict, ...] = ()

    def states(self) -> list[State]:
        """The states among the arguments."""
        return [leaf for leaf in leaves((self.args, self.kwargs)) if isinstance(leaf, State)]
