"""The hidden checks of one assignment: collected by pytest once, called by the engine as functions."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.course.course import CourseError

# Plugins of pytest's that do nothing for a collection: loading them, or what they do at the end, takes time.
_UNUSED = (
    "cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "pastebin",
    "recwarn", "setuponly", "setupplan", "stepwise", "subtests", "terminal", "threadexception", "unittest",
    "unraisableexception",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One hidden check. ``weight`` 0 is a gate: passing earns nothing, failing forfeits the exercise."""

    name: str
    title: str
    exercise: str
    weight: float
    function: Callable[..., None]
    parameters: dict[str, Any]
    fixtures: tuple[str, ...]

    def run(self, student: Any, reference: Any, seed: str) -> None:
        """Call the check; it raises what it raises."""
        offered = {"student": student, "reference": reference, "rng": rng_for(seed, self.name)}
        given = {name: offered[name] for name in self.fixtures}
        with np.errstate(all="ignore"):  # a check compares whatever the student answered
            self.function(**given, **self.parameters)


def rng_for(seed: str, name: str) -> np.random.Generator:
    """The generator of one check: from the course's secret seed and the check's name only."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


class _Collector:
    def __init__(self) -> None:
        self.items: list[Any] = []
        self.problems: list[str] = []

    def pytest_configure(self, config: Any) -> None:
        config.addinivalue_line("markers", "exercise(name, weight=1): a hidden check of the named exercise")

    def pytest_collection_finish(self, session: Any) -> None:
        self.items = list(session.items)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))


@contextlib.contextmanager
def _as_written(path: Path) -> Iterator[None]:
    """Import ``path`` itself, as it is now and without the hooks of a pytest that calls us.

    Those hooks would put hidden values into messages; a module of the same name, be it an earlier state of
    the file or another course's, would be taken for it.
    """
    finders = list(sys.meta_path)
    away = {name: module for name, module in sys.modules.items() if name.split(".")[-1] == path.stem}
    sys.meta_path[:] = [item for item in finders if type(item).__module__ != "_pytest.assertion.rewrite"]
    for name in away:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name in [name for name in sys.modules if name.split(".")[-1] == path.stem]:
            del sys.modules[name]
        sys.modules.update(away)


def collect(path: Path, exercises: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks in ``path``, in order. Every exercise needs a weighted one, every check a known exercise."""
    os.environ.setdefault("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    import pytest

    collector = _Collector()
    options = ["--collect-only", "--assert=plain", *(f"-pno:{name}" for name in _UNUSED)]
    options += ["--import-mode=importlib"]  # two courses may have a test_adaptive.py each
    options += ["-c", os.devnull, "--rootdir", str(path.parent), str(path)]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), _as_written(path):
        code = pytest.main(options, plugins=[collector])
    if collector.problems or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        lines = "\n".join([*collector.problems, said.getvalue()]).strip().splitlines()
        raise CourseError(f"{path.name} cannot be collected: {lines[-1] if lines else code}")
    checks = tuple(_check(item, exercises) for item in collector.items)
    for exercise in exercises:
        if not any(check.exercise == exercise and check.weight > 0 for check in checks):
            raise CourseError(f"{exercise} has no weighted check; add one to {path}")
    return checks


def _check(item: Any, exercises: tuple[str, ...]) -> Check:
    mark = item.get_closest_marker("exercise")
    if mark is None or len(mark.args) != 1 or set(mark.kwargs) - {"weight"}:
        raise CourseError(f"{item.name} must be marked with @pytest.mark.exercise(name, weight=…)")
    if mark.args[0] not in exercises:
        raise CourseError(f"{item.name} checks {mark.args[0]}, which is no exercise; there are {exercises}")
    weight = mark.kwargs.get("weight", 1)
    if not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
        raise CourseError(f"{item.name}: weight must be at least 0 and finite, got {weight}")
    parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    title = (item.function.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
    if not title:
        raise CourseError(f"{item.name} must have a docstring: its first sentence is what students read")
    fixtures = tuple(name for name in inspect.signature(item.function).parameters if name not in parameters)
    unknown = set(fixtures) - {"student", "reference", "rng"}
    if unknown:
        raise CourseError(f"{item.name} asks for {sorted(unknown)}; a check takes student, reference and rng")
    title = " ".join(title.split())
    return Check(item.name, title, mark.args[0], float(weight), item.function, parameters, fixtures)
