"""doctor: what it prints is what an attempt found, here and on poorer machines."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy
from nobody import as_ordinary_user

from autograder.classroom.own_limits import LIMITS
from autograder.course.course import Course
from autograder.sandbox.doctor import CLOCKS, doctor
from autograder.sandbox.handle import SandboxError
from autograder.sandbox.plans import bare_plans, plans
from autograder.sandbox.protections import PROTECTIONS
from autograder.sandbox.sandbox import Sandbox, forked
from autograder.sandbox.syscalls import system_call_filter


def without_bubblewrap(name: str = "limits and filter only") -> Sandbox:
    return Sandbox(tried=[plan for plan in bare_plans(system_call_filter()) if plan.name == name])


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
    assert done.stdout.count(" present") == len(PROTECTIONS) + len(CLOCKS) + len(LIMITS)


def test_an_ordinary_user_grades_with_the_whole_sandbox(handed_in: Path) -> None:
    """By default, and the report says that nothing was off."""
    needs_bubblewrap()
    term = handed_in / "term"
    command = [*AUTOGRADER, "--course", str(handed_in), "grade", toy.SLUG, "--term", str(term)]
    done = as_ordinary_user(command, cwd=handed_in)
    assert done.returncode == 0 and "5.5" in done.stdout, done.stdout + done.stderr
    report = json.loads((term / "results" / toy.SLUG / "ada.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["protections_off"]) == ("correct", [])


def test_without_bubblewrap_grading_refuses_and_says_how_to_go_on(handed_in: Path) -> None:
    """One sentence, exit code 2; --without-sandbox grades, and every output says what was off."""
    needs_bubblewrap()
    poor = ["/usr/bin/env", "PATH=/nonexistent", f"HOME={handed_in}", "LANG=C.UTF-8", *AUTOGRADER]
    term = handed_in / "poor"
    shutil.copytree(handed_in / "term" / "submitted", term / "submitted")
    for path in (term, *term.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    at, to = ["--course", str(handed_in)], [toy.SLUG, "--term", str(term)]
    refused = as_ordinary_user([*poor, *at, "grade", *to])
    assert refused.returncode == 2 and not (term / "results").exists()
    assert "this machine lacks file view" in refused.stderr and "--without-sandbox" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    done = as_ordinary_user([*poor, *at, "grade", *to, "--without-sandbox"])
    assert done.returncode == 0, done.stderr
    assert "Protections that were off: " in done.stdout and "file view" in done.stdout
    report = json.loads((term / "results" / toy.SLUG / "ada.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "correct" and "file view" in report["protections_off"]
    for page in ("reports/toy.html", "feedback/ada/toy/toy.html"):
        assert "protections off:" in (term / page).read_text(encoding="utf-8")
    notebook = (term / "autograded" / "ada" / toy.SLUG / f"{toy.SLUG}.ipynb").read_text(encoding="utf-8")
    assert "Graded without these protections: " in notebook
    marks = as_ordinary_user([*poor, *at, "export", *to])
    assert "file view" in marks.stdout.splitlines()[1]
    with contextlib.closing(sqlite3.connect(term / "gradebook.db")) as book:
        comments = [text for (text,) in book.execute("SELECT auto_comment FROM comment")]
    assert comments and all("Graded without these protections: " in text for text in comments)


def test_a_class_is_private(handed_in: Path) -> None:
    """Folders and files that grading makes are the owner's alone, whatever the umask was."""
    needs_bubblewrap()
    term = handed_in / "private"
    shutil.copytree(handed_in / "term" / "submitted", term / "submitted")
    term.chmod(0o755)
    command = [*AUTOGRADER, "--course", str(handed_in), "grade", toy.SLUG, "--term", str(term)]
    subprocess.run(command, check=True, capture_output=True, umask=0)
    made = [path for path in term.rglob("*") if "submitted" not in path.parts]
    assert term.stat().st_mode & 0o777 == 0o700 and len(made) > 8
    assert not [path for path in made if path.stat().st_mode & 0o077]


@pytest.mark.skipif(os.geteuid() != 0, reason="what root must not do")
def test_no_plan_of_roots_runs_student_code_as_root() -> None:
    """Each changes the user, or has a namespace in which it is nobody; if none works, nothing runs."""
    for plan in plans():
        assert plan.confinement.first_user or plan.namespace == "one user"
        with contextlib.suppress(SandboxError), Sandbox(tried=[plan]) as box, forked(box) as worker:
            worker.ask({"op": "run", "number": 1, "source": "import os\ndef f(): return os.getuid()"})
            assert worker.call("f")["value"] != 0
    with pytest.raises(SandboxError, match="never runs as root"):
        Sandbox(tried=[])
