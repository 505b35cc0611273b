"""The first public example in which a wrong answer differs from the right one, ready to be shown.

Everybody gets the same examples, and nothing of them is hidden, so input, answer and expected answer may all
be shown. An example counts only if every right answer that is known agrees on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls.backends import Fault, LocalBackend, Program
from autograder.calls.side import Backend
from autograder.grading.relations import difference
from autograder.grading.verdict import Example
from autograder.worker.wire import Handle

MAX_SHOWN = 700  # characters of a value


@dataclass(frozen=True)
class PublicExample:
    """An example's source and the reference's answer."""

    source: str
    expected: Any

    @property
    def program(self) -> Program:
        return [("evaluate", 0, self.source), ("read", Handle(0))]


def agreed(sources: Iterable[str], reference: dict, others: Iterable[dict]) -> tuple[PublicExample, ...]:
    """The examples that the reference answers and on which all ``others`` agree with it."""
    right = [LocalBackend(space) for space in (reference, *others)]
    found = []
    for source in dict.fromkeys(sources):
        program: Program = [("evaluate", 0, source), ("read", Handle(0))]
        first, *rest = (backend.run([program])[0] for backend in right)
        if first.fault is not None or first.values[0] is None:
            continue
        if all(one.fault is None and not difference(one.values, first.values) for one in rest):
            found.append(PublicExample(source, first.values[0]))
    return tuple(found)


def first_difference(backend: Callable[[], Backend], examples: Iterable[PublicExample]) -> Example | None:
    """The first example that is answered otherwise; None if there is none. Raises Late or Ended."""
    for example in examples:
        (read,) = backend().run([example.program])
        if isinstance(read.fault, Fault):
            return Example(example.source, _shown(example.expected), "", str(read.fault))
        (got,) = read.values
        if told := difference(got, example.expected):
            return Example(example.source, _shown(example.expected), _shown(got), told)
    return None


def _shown(value: Any) -> str:
    with np.printoptions(precision=6, threshold=60, edgeitems=3):
        text = repr(_rounded(value))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} …"


def _rounded(value: Any) -> Any:
    """Floats with six digits, so that two answers can be compared by eye."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_rounded(member) for member in value)
    return value
