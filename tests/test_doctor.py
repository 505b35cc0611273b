"""doctor: what it prints is what an attempt found, here and on poorer machines."""

from __future__ import annotations

import os
import shutil

import pytest

from autograder.course import CourseError
from autograder.doctor import CLOCKS, doctor, require_sandbox
from autograder.plans import plans
from autograder.protections import PROTECTIONS
from autograder.sandbox import Sandbox


def without_bubblewrap(name: str = "limits and filter only") -> Sandbox:
    return Sandbox(tried=[plan for plan in plans() if plan.name == name])


def test_a_whole_sandbox_is_said_to_be_whole() -> None:
    """With bubblewrap every line says present and the exit code is 0."""
    if shutil.which("bwrap") is None:
        why = "bubblewrap is not installed (apt install bubblewrap)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    text, code = doctor()
    assert code == 0 and "MISSING" not in text
    assert text.count(" present") == len(PROTECTIONS) + len(CLOCKS)


def test_what_is_missing_is_named_with_its_cost() -> None:
    """Without bubblewrap the open doors are named, the closed ones too, and the exit code is 1."""
    text, code = doctor(without_bubblewrap())
    lines = {line[:18].strip(): line for line in text.splitlines() if line.startswith("  ")}
    assert code == 1 and set(lines) == {one.name for one in PROTECTIONS} | {clock[0] for clock in CLOCKS}
    assert "MISSING: without it a submission reads any file that you can read" in lines["file view"]
    for name in ("network", "processes", "system calls", "memory", "wall time", "processor time"):
        assert lines[name].endswith("present"), name


def test_where_bubblewrap_is_not_installed_the_line_to_type_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cure is one line for the package manager that is here."""
    with without_bubblewrap() as box:
        monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/dnf" if name == "dnf" else None)
        text, _ = doctor(box)
    assert "bubblewrap is not installed; type: dnf install bubblewrap" in text


def test_require_sandbox_refuses_in_one_sentence() -> None:
    """Who asks for a whole sandbox gets one, or a sentence that names what is missing."""
    with without_bubblewrap() as box, pytest.raises(CourseError, match=r"lacks file view, .*doctor"):
        require_sandbox(box)
    with Sandbox() as box:
        if not box.protections_off:
            require_sandbox(box)
