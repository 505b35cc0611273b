"""The hidden checks as plain functions on a namespace: what stock tools run inside of the notebook.

Without pytest, without our engine, without its sandbox: the same functions of ``autograder/chapters`` with
the same probes ask a namespace directly. pytest's marks are read by a stand-in, for loading it takes a third
of a second that nobody else should be charged with; another one stands for the engine's door to checks.
Imported by a student's kernel and by the floor.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import importlib
import inspect
import os
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(os.environ.get("BENCH_ROOT") or Path(__file__).parents[2])
SEED = "bench"


@dataclass(frozen=True)
class PerStep:
    """A keyword with one value a step."""

    values: list


class _Mark:
    def __init__(self, name: str, args: tuple, kwargs: dict) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs

    def __call__(self, function: Callable) -> Callable:
        function.__dict__.setdefault("marks", []).append(self)
        return function


class _Marks:
    def __getattr__(self, name: str) -> Callable:
        return lambda *args, **kwargs: _Mark(name, args, kwargs)


@dataclass(frozen=True)
class Plain:
    """One hidden check."""

    name: str
    exercise: str
    weight: float
    function: Callable
    parameters: dict[str, Any]

    def run(self, student: Any, reference: Any) -> None:
        digest = hashlib.sha256(f"{SEED}/{self.name}".encode()).digest()
        rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
        offered = {"student": student, "reference": reference, "rng": rng}
        wanted = inspect.signature(self.function).parameters
        with np.errstate(all="ignore"):
            self.function(**{name: offered[name] for name in wanted if name in offered}, **self.parameters)


class Direct:
    """A namespace as checks talk to it: no wire, no form, no journal."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._copies: dict[int, tuple[np.random.Generator, np.random.Generator]] = {}  # of generators

    def __getattr__(self, name: str) -> _Function:
        return _Function(self, name)

    def sent(self, item: Any) -> Any:
        """An argument; a generator is copied once, and the check's own stays where it was."""
        if not isinstance(item, np.random.Generator):
            return item
        return self._copies.setdefault(id(item), (item, copy.deepcopy(item)))[1]

    def stands_at(self, rng: np.random.Generator, other: np.random.Generator) -> bool:
        return bool(self.sent(rng).bit_generator.state == other.bit_generator.state)

    def trajectory(self, stem: str, params: Any, grads: list, **hyper: Any) -> list:
        init, step = self._namespace[f"{stem}_init"], self._namespace[f"{stem}_step"]
        names = inspect.signature(init).parameters
        state = init(params, **{key: value for key, value in hyper.items() if key in names})
        rest, path = {key: value for key, value in hyper.items() if key not in names}, []
        for i, grad in enumerate(grads):
            now = {
                key: value.values[i] if isinstance(value, PerStep) else value for key, value in rest.items()
            }
            params, state = step(params, grad, state, **now)
            path.append(params)
        return path


class _Function:
    def __init__(self, side: Direct, name: str) -> None:
        self._side, self._name = side, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        sent = self._side.sent
        keywords = {key: sent(value) for key, value in kwargs.items()}
        return self._side._namespace[self._name](*map(sent, args), **keywords)

    def times(self, count: int, *args: Any, **kwargs: Any) -> list[Any]:
        return [self(*args, **kwargs) for _ in range(count)]

    def chain(self, state: Any, steps: list[tuple], **kwargs: Any) -> list[Any]:
        answers = []
        for step in steps:
            answers.append(self(state, *step, **kwargs))
            state = answers[-1][-1]
        return answers

    def raises(self, error: str, *args: Any, **kwargs: Any) -> bool:
        try:
            self(*args, **kwargs)
        except Exception as raised:  # noqa: BLE001 - its type is what the check compares
            return type(raised).__name__ == error
        return False


@contextlib.contextmanager
def _stand_ins(slug: str) -> Iterator[None]:
    """The chapter's folder is a package, and its files import stand-ins for pytest and the engine's door."""
    sys.path.insert(0, str(ROOT))
    from autograder.calls.compare import close
    from autograder.laws import distributions, laws

    pytest, door = types.ModuleType("pytest"), types.ModuleType("autograder.checking")
    pytest.mark, pytest.param = _Marks(), lambda *values, marks=(), id=None: (values, marks, id)
    door.close, door.laws, door.PerStep, door.Recorder = close, laws, PerStep, None
    door.GUARDS = ()
    door.mistakes = door.conventions = door.variants = door.examples = lambda *entries, **_: ()
    vars(door).update(
        {name: vars(distributions)[name] for name in ("normal", "uniform", "log_uniform", "whole")}
    )
    package, chapter = types.ModuleType("bench_chapters"), types.ModuleType(f"bench_chapters.{slug}")
    package.__path__ = [str(ROOT / "autograder" / "chapters")]
    chapter.__path__ = [str(ROOT / "autograder" / "chapters" / slug)]
    instead = {one.__name__: one for one in (pytest, door, package, chapter)}
    real = {name: sys.modules.get(name) for name in instead}
    sys.modules.update(instead)
    try:
        yield
    finally:
        for name, before in real.items():
            del sys.modules[name]
            if before is not None:
                sys.modules[name] = before


def collect(slug: str) -> list[Plain]:
    """The checks of ``slug`` in their order."""
    stems = {path.stem for path in (ROOT / "autograder" / "chapters" / slug).glob("*.py")}
    ordered = sorted(stems, key=lambda stem: (stem != "shared", stem))
    names = [f"bench_chapters.{slug}.{stem}" for stem in ordered]
    with _stand_ins(slug):
        modules = [importlib.import_module(name) for name in names]
    space = {name: value for module in modules for name, value in vars(module).items() if name[:5] == "test_"}
    found = []
    for name, function in space.items():
        for mark in getattr(function, "marks", ()):
            if mark.name == "exercise":
                found.append(Plain(name, mark.args[0], mark.kwargs.get("weight", 1), function, {}))
            elif mark.name == "parametrize":
                for values, own, label in mark.args[1]:
                    given = {mark.args[0]: values[0]}
                    weight = own.kwargs.get("weight", 1)
                    found.append(Plain(f"{name}[{label}]", own.args[0], weight, function, given))
    return found


def reference(slug: str) -> dict[str, Any]:
    """The reference's namespace."""
    space: dict[str, Any] = {"__name__": "reference"}
    exec(compile((ROOT / "solutions" / f"{slug}.py").read_text(encoding="utf-8"), "reference", "exec"), space)
    return space


class Marker:
    """Marks exercises of a namespace; one for a notebook."""

    def __init__(self, slug: str) -> None:
        self._checks, self._reference = collect(slug), Direct(reference(slug))

    def __call__(self, exercise: str, namespace: dict[str, Any], points: float) -> float:
        """The points that the checks of one exercise give."""
        mine = [check for check in self._checks if check.exercise == exercise]
        return points * sum(self.passed(check, namespace) for check in mine) / sum(c.weight for c in mine)

    def passed(self, check: Plain, namespace: dict[str, Any]) -> float:
        """The weight of a check, or 0."""
        with contextlib.suppress(Exception):
            check.run(Direct(namespace), self._reference)
            return check.weight
        return 0.0

    @property
    def checks(self) -> list[Plain]:
        return self._checks
