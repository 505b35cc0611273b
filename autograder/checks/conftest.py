"""Lets ``pytest autograder/checks`` run every hidden check against the reference."""

from pathlib import Path

import pytest

from autograder.calls.proxy import LocalBackend, Proxy
from autograder.course.checks import rng_for
from autograder.course.specimens import REFERENCE

SOLUTIONS = Path(__file__).parents[2] / "solutions"


@pytest.fixture
def namespace(request):
    source = (SOLUTIONS / f"{request.path.stem.removeprefix('test_')}.py").read_text(encoding="utf-8")
    return REFERENCE.namespace(source)


@pytest.fixture
def reference(namespace):
    return Proxy(LocalBackend(namespace))


@pytest.fixture
def student(namespace):
    return Proxy(LocalBackend(namespace), namespace)


@pytest.fixture
def rng(request):
    return rng_for("pytest", request.node.name)
