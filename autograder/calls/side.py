"""One side of a proxy: calls turned into programs for its backend."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from autograder.calls.backends import Program, Reading
from autograder.worker.values import mapped
from autograder.worker.wire import Handle


class Backend(Protocol):
    def run(self, programs: list[Program], /) -> list[Reading]: ...


class Side:
    """One backend, and the numbers of the objects that are kept there."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._count = 0
        # By id; the generator itself is kept, so that nothing else gets its id.
        self._generators: dict[int, tuple[np.random.Generator, Handle]] = {}

    def call(self, name: str, args: tuple, kwargs: dict, verb: str) -> tuple[Handle, Program]:
        """The handle of the answer to a call, and the program that makes it and reads it by ``verb``."""
        program: Program = []
        ready, keywords = self._sent((args, kwargs), program)
        answer = self._new()
        program.append(("call", answer.number, name, ready, keywords))
        return answer, [*program, (verb, answer)] if verb else program

    def walk(self, name: str, params: Any, grads: list, state: Handle, kwargs: list[dict]) -> Program:
        """The program that takes a step for each of ``grads`` and ``kwargs`` and reads what each returns."""
        program: Program = []
        ready = self._sent((params, grads, state, kwargs), program)
        return [*program, ("walk", name, *ready)]

    def _sent(self, item: Any, program: Program) -> Any:
        """``item`` as it is sent; what must be put first is added to ``program``."""

        def sent(leaf: Any) -> Any:
            if isinstance(leaf, np.number):  # sent by itself it would arrive as a plain number
                box = self._new()
                program.append(("put", box.number, np.array([leaf])))
                return Handle(box.number, (0,))
            if not isinstance(leaf, np.random.Generator):
                return leaf
            if id(leaf) not in self._generators:
                self._generators[id(leaf)] = leaf, self._new()
                program.append(("put", self._generators[id(leaf)][1].number, leaf))
            return self._generators[id(leaf)][1]

        return mapped(sent, item)

    def run(self, program: Program) -> list[Any]:
        """What ``program`` reads; raises its fault."""
        return self.reading(program).all()

    def reading(self, program: Program) -> Reading:
        """What ``program`` reads up to its fault, and the fault."""
        return self.backend.run([program])[0]

    def generator(self, rng: np.random.Generator) -> Handle | None:
        return self._generators.get(id(rng), (rng, None))[1]

    def _new(self) -> Handle:
        self._count += 1
        return Handle(self._count)
