"""Lets pytest run a course's hidden checks against the reference.

A course's ``autograder/chapters/conftest.py`` imports all names of this module. Then
``pytest autograder/chapters``, or the path of a single file, runs the checks as the engine would, with the
reference as the student.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.calls.backends import LocalBackend
from autograder.calls.proxy import Proxy
from autograder.course.chapter import load_chapter
from autograder.course.checks import collected, rng_for
from autograder.course.course import Course
from autograder.course.source import reference_text
from autograder.course.specimens import REFERENCE

__all__ = [
    "namespace",
    "pytest_collect_file",
    "pytest_pycollect_makemodule",
    "reference",
    "rng",
    "student",
]


def pytest_collect_file(file_path: Path, parent: Any) -> Any:
    """Collect a chapter's files whatever their names, except those that pytest collects itself."""
    named = any(map(file_path.match, parent.config.getini("python_files")))
    if file_path.suffix != ".py" or named or parent.session.isinitpath(file_path):
        return None
    return pytest_pycollect_makemodule(file_path, parent)


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> Any:
    """A chapter's file, loaded together with the other files of its folder, as in grading."""
    if module_path.parents[1] != _course(module_path.parent).chapters:
        return None
    return collected(load_chapter(module_path.parent)[module_path], module_path, parent)


def _course(folder: Path) -> Course:
    """The course whose chapter has its files in ``folder``."""
    return Course(folder.parents[2])


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> dict[str, Any]:
    folder = request.path.parent
    return REFERENCE.namespace(reference_text(_course(folder).solution(folder.name)))


@pytest.fixture
def reference(namespace: dict[str, Any]) -> Proxy:
    return Proxy(LocalBackend(namespace))


@pytest.fixture
def student(namespace: dict[str, Any]) -> Proxy:
    return Proxy(LocalBackend(namespace), namespace)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    return rng_for("pytest", request.node.name)
