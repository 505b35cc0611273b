"""doctor: what it prints is what an attempt found, here and on poorer machines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy
from nobody import as_ordinary_user

from autograder.course.course import Course, CourseError
from autograder.sandbox.doctor import CLOCKS, doctor, require_sandbox
from autograder.sandbox.plans import plans
from autograder.sandbox.protections import PROTECTIONS
from autograder.sandbox.sandbox import Sandbox


def without_bubblewrap(name: str = "limits and filter only") -> Sandbox:
    return Sandbox(tried=[plan for plan in plans() if plan.name == name])


def needs_bubblewrap() -> None:
    if shutil.which("bwrap") is None:
        why = "bubblewrap is not installed (apt install bubblewrap)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def test_a_whole_sandbox_is_said_to_be_whole() -> None:
    """With bubblewrap every line says present and the exit code is 0."""
    needs_bubblewrap()
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


AUTOGRADER = [sys.executable, "-m", "autograder.cli"]


@pytest.fixture(scope="module")
def handed_in(released_toy: Course) -> Iterator[Path]:
    """A course that anybody may write to, outside of pytest's closed folders, with a right answer in."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        shutil.copytree(released_toy.root, root)
        place = root / "term" / "submitted" / "ada" / toy.SLUG
        place.mkdir(parents=True)
        shutil.copy(root / "_build" / "source" / toy.SLUG / f"{toy.SLUG}.ipynb", place)
        for path in (root.parent, root, *root.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        yield root


def test_an_ordinary_user_has_the_whole_sandbox(handed_in: Path) -> None:
    """Who is not root reads the same fourteen lines, from a sandbox with one user."""
    needs_bubblewrap()
    done = as_ordinary_user([*AUTOGRADER, "--course", str(handed_in), "doctor"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(an ordinary user, " in done.stdout and "MISSING" not in done.stdout
    assert done.stdout.count(" present") == len(PROTECTIONS) + len(CLOCKS)


def test_an_ordinary_user_grades_with_the_whole_sandbox(handed_in: Path) -> None:
    """--require-sandbox is content, and the report says that nothing was off."""
    needs_bubblewrap()
    term = handed_in / "term"
    command = [*AUTOGRADER, "--course", str(handed_in), "grade", toy.SLUG, "--term", str(term)]
    done = as_ordinary_user([*command, "--require-sandbox"], cwd=handed_in)
    assert done.returncode == 0 and "5.5" in done.stdout, done.stdout + done.stderr
    report = json.loads((term / "results" / toy.SLUG / "ada.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["protections_off"]) == ("correct", [])


def test_without_bubblewrap_required_is_refused_and_else_it_is_said(handed_in: Path) -> None:
    """One sentence, exit code 2; else grading goes on, and pages, table and report name the lack."""
    environment = {"PATH": "/nonexistent", "HOME": str(handed_in), "LANG": "C.UTF-8"}
    term = handed_in / "poor"
    shutil.copytree(handed_in / "term" / "submitted", term / "submitted")
    command = [*AUTOGRADER, "--course", str(handed_in), "grade", toy.SLUG, "--term", str(term)]
    refused = run_poor([*command, "--require-sandbox"], environment)
    assert refused.returncode == 2 and not (term / "results").exists()
    assert "--require-sandbox: this machine lacks file view" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    done = run_poor(command, environment)
    assert done.returncode == 0, done.stderr
    assert "Protections that were off: " in done.stdout and "file view" in done.stdout
    report = json.loads((term / "results" / toy.SLUG / "ada.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "correct" and "file view" in report["protections_off"]
    for page in ("reports/toy.html", "feedback/ada/toy/toy.html"):
        assert "protections off:" in (term / page).read_text(encoding="utf-8")


def run_poor(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
