"""The hidden checks of one assignment: collected by pytest once, called by the engine as functions."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.course.chapter import load_chapter
from autograder.course.course import CourseError

# Plugins of pytest that collection does not need; they would slow it down.
_UNUSED = (
    "cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "pastebin",
    "recwarn", "setuponly", "setupplan", "stepwise", "subtests", "terminal", "threadexception", "unittest",
    "unraisableexception",
)  # fmt: skip  # a list to read across: one name a line would hide the rest


@dataclass(frozen=True)
class Check:
    """One hidden check; ``weight`` is its part of the exercise's points."""

    name: str
    title: str
    exercise: str
    weight: float
    function: Callable[..., None]
    parameters: dict[str, Any]
    fixtures: tuple[str, ...]

    @property
    def draws(self) -> bool:
        """Whether another seed asks other questions."""
        return "rng" in self.fixtures

    def run(self, student: Any, reference: Any, seed: str) -> None:
        """Call the check; its exceptions are not caught."""
        offered = {"student": student, "reference": reference, "rng": rng_for(seed, self.name)}
        given = {name: offered[name] for name in self.fixtures}
        with np.errstate(all="ignore"):  # students' answers may hold NaN and infinity
            self.function(**given, **self.parameters)


def rng_for(seed: str, name: str) -> np.random.Generator:
    """The generator of one check; it depends on the course's secret seed and the check's name only."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def collected(module: ModuleType, path: Path, parent: Any) -> Any:
    """pytest's collector for a module that is already loaded."""
    import pytest

    found = pytest.Module.from_parent(parent, path=path)
    found.obj = module
    return found


class _Collector:
    """A pytest plugin that supplies the loaded modules for their files and keeps the collected items."""

    def __init__(self, modules: dict[Path, ModuleType]) -> None:
        self.modules = modules
        self.items: list[Any] = []
        self.problems: list[str] = []

    def pytest_configure(self, config: Any) -> None:
        config.addinivalue_line("markers", "exercise(name, weight=1): a hidden check of the named exercise")

    def pytest_collect_file(self, file_path: Path, parent: Any) -> Any:
        module = self.modules.get(file_path)
        return module and collected(module, file_path, parent)

    def pytest_collection_finish(self, session: Any) -> None:
        order = {path: place for place, path in enumerate(self.modules)}
        self.items = sorted(session.items, key=lambda item: order[item.path])

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))


def collect(folder: Path, exercises: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks of the chapter in ``folder``, in the order of its files and, in each, of their definition.

    Every exercise needs a check, and every check a known exercise; otherwise CourseError.
    """
    checks = read_checks(folder, exercises)
    for check in checks:
        if check.exercise not in exercises:
            raise CourseError(
                f"{check.name} checks {check.exercise}, which is no exercise; there are {exercises}"
            )
    for exercise in exercises:
        if not any(check.exercise == exercise for check in checks):
            raise CourseError(f"{exercise} has no check; add one to {folder / exercise}.py")
    return checks


def read_checks(folder: Path, exercises: Sequence[str] = ()) -> tuple[Check, ...]:
    """The checks of the chapter in ``folder``, of any exercise; () if it has no file."""
    folder, output = folder.absolute(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        modules = load_chapter(folder, exercises)
        return _collected(folder, modules, output) if modules else ()


def _collected(folder: Path, modules: dict[Path, ModuleType], output: io.StringIO) -> tuple[Check, ...]:
    """The checks that pytest finds in the modules, in their order; ``output`` is what pytest prints."""
    os.environ.setdefault("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    import pytest

    collector = _Collector(modules)
    options = ["--collect-only", "--assert=plain", "--noconftest", *(f"-pno:{name}" for name in _UNUSED)]
    # Without a confcutdir pytest lists all folders above, such as /tmp, where other processes come and go.
    options += ["-c", os.devnull, "-o", "python_files=", "--rootdir", str(folder)]
    options += ["--confcutdir", str(folder), str(folder)]
    own = os.environ.pop("PYTEST_ADDOPTS", None)  # a shell's options are for other tests than these
    try:
        code = pytest.main(options, plugins=[collector])
    finally:
        if own is not None:
            os.environ["PYTEST_ADDOPTS"] = own
    if collector.problems or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        lines = "\n".join([*collector.problems, output.getvalue()]).strip().splitlines()
        raise CourseError(f"{folder.name} cannot be collected: {lines[-1] if lines else code}")
    checks = tuple(_check(item) for item in collector.items)
    twice = [name for name, count in Counter(check.name for check in checks).items() if count > 1]
    if twice:  # its generator and its cache entries are found by its name
        raise CourseError(f"{twice[0]} stands in two files of {folder.name}; give one of them another name")
    return checks


def _check(item: Any) -> Check:
    mark = item.get_closest_marker("exercise")
    if mark is None or len(mark.args) != 1 or set(mark.kwargs) - {"weight"}:
        raise CourseError(f"{item.name} must be marked with @pytest.mark.exercise(name, weight=…)")
    weight = mark.kwargs.get("weight", 1)
    if not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        raise CourseError(f"{item.name}: weight must be above 0 and finite, got {weight}")
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
