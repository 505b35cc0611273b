"""Whatever is killed, and whenever, however full the disk: nothing is lost, and nothing half done."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.grading.verdict import Report, Verdict

KILLS = int(os.environ.get("KILLS", "50"))
STUDENTS = [f"s{number:02}" for number in range(16)]
TREES = ("results", "autograded", "feedback", "reports")


@pytest.fixture(scope="module")
def course(released_toy: Course) -> Course:
    return released_toy


@pytest.fixture(scope="module")
def untouched(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class's folder before any grading."""
    release, term = course.release("toy"), tmp_path_factory.mktemp("class") / "term"
    source = course.solution("toy").read_text(encoding="utf-8")
    right = written(release.exercises, source, {})
    wrong = {**right, "fit_line": "def fit_line(x, y):\n    return 0.0, 0.0"}
    ends = {**right, "fit_line": "import os\ndef fit_line(x, y):\n    os._exit(1)"}
    notebooks = [filled(release, right), filled(release, wrong), release.notebook, filled(release, ends)]
    kinds = [*map(json.dumps, notebooks), "{"]
    for number, student in enumerate(STUDENTS):
        path = term / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(kinds[number % len(kinds)], encoding="utf-8")
        (path.parent / "timestamp.txt").write_text(f"2026-11-20 22:{number:02}:30 UTC\n", encoding="ascii")
    (term / "seed").write_text("seed\n", encoding="ascii")
    return term


@pytest.fixture(scope="module")
def whole(course: Course, untouched: Path) -> Path:
    """The same folder after a grading that nothing interferes."""
    term = untouched.parent / "whole"
    shutil.copytree(untouched, term)
    grade_all(course, term)
    return term


@pytest.fixture
def term(untouched: Path, tmp_path: Path) -> Path:
    shutil.copytree(untouched, tmp_path / "term")
    return tmp_path / "term"


def grading(course: Course, term: Path, *more: str, **options: object) -> subprocess.Popen:
    """The command, in a group of its own."""
    arguments = ["--course", str(course.root), "grade", "toy", "--term", str(term), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,
    )


def grade_all(course: Course, term: Path, *more: str) -> None:
    """The command to its end."""
    process = grading(course, term, *more)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()


def files(term: Path) -> dict[str, bytes]:
    """Every file that a grading makes, timings and database aside."""
    return {
        str(path.relative_to(term)): path.read_bytes()
        for tree in TREES
        for path in (term / tree).rglob("*")
        if path.is_file() and path.name != "timings.jsonl" and path.suffix != ".partial"
    }


def marks(term: Path) -> list[tuple]:
    """The gradebook's rows by name; it must be whole."""
    query = """SELECT student_id, base_cell.name, auto_score, needs_manual_grade, timestamp FROM grade
        JOIN base_cell ON base_cell.id = cell_id
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id"""
    with contextlib.closing(sqlite3.connect(term / "gradebook.db", timeout=60)) as book:
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not book.execute("SELECT 1 FROM sqlite_master WHERE name = 'grade'").fetchone():
            return []
        return sorted(book.execute(query), key=repr)


def check_no_half(term: Path, whole: Path) -> None:
    """What is there is what an undisturbed run makes, or says that the grader was at fault."""
    right = files(whole)
    for name, content in files(term).items():
        if "/faults/" in name:
            continue
        if name.startswith("results/") and content != right.get(name):  # an earlier result is kept, too
            assert Report.from_json(content.decode()).verdict is Verdict.GRADER_FAULT
        if name.startswith("autograded/"):
            assert content == right[name] or b"grader at fault" in content
    if (term / "gradebook.db").exists():
        assert len(marks(term)) in (0, len(marks(whole)))


def descendants(root: int) -> list[int]:
    """The processes that ``root`` started, and those started by them."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {root})


def test_fifty_random_kills_lose_nothing(course: Course, term: Path, whole: Path) -> None:
    """The command or a process under it is killed at any moment of a run; at last the result is the same."""
    dice, kills, at_work = random.Random(9), 0, 0
    start = time.monotonic()
    grade_all(course, term)
    length = time.monotonic() - start  # of a run, on this machine as busy as it is
    while kills < KILLS or at_work < KILLS // 3:  # a third hits runs with processes under them
        if dice.random() < 0.6:  # else it goes on where it was
            for tree in TREES:
                shutil.rmtree(term / tree, ignore_errors=True)
        process, start = grading(course, term), time.monotonic()
        for moment in sorted(dice.uniform(0.0, length) for _ in range(dice.randint(1, 6))):
            try:
                process.wait(max(0.0, start + moment - time.monotonic()))
            except subprocess.TimeoutExpired:
                below = descendants(process.pid)
                victim = dice.choice([process.pid, *below, *below, *below])
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    kills += 1
                    at_work += bool(below)
                if victim == process.pid:
                    break
        _, said = process.communicate(timeout=120)
        assert process.returncode in (0, -signal.SIGKILL), said.decode()
        check_no_half(term, whole)
    grade_all(course, term)
    assert files(term) == files(whole)
    assert marks(term) == marks(whole)


@pytest.fixture
def heard() -> Iterator[None]:
    """Commands started here hear Ctrl-C, even where the tests run in a background that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_control_c_stops_at_once_and_goes_on_later(course: Course, term: Path, whole: Path) -> None:
    """One sentence, exit code 130, no process left; what was finished is not done again."""
    process = grading(course, term)
    results = term / "results" / "toy"
    while process.poll() is None and not list(results.glob("*.json")):
        pass
    below = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.decode() == "autograder: stopped; what was finished is kept, run it again to go on.\n"
    deadline = time.monotonic() + 20  # the kernel takes its time to clear a namespace away
    while left := [pid for pid in below if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
    kept = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 0 < len(kept) < len(STUDENTS)
    check_no_half(term, whole)
    grade_all(course, term)
    assert files(term) == files(whole) and marks(term) == marks(whole)
    assert {name: (results / name).stat().st_mtime_ns for name in kept} == kept


@contextlib.contextmanager
def disk(place: Path, kilobytes: int) -> Iterator[None]:
    """A disk of this size at ``place``."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a disk of a given size needs root and mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def kilobytes(folder: Path) -> int:
    """What a disk in memory, of pages of 4 KB, needs for it."""
    return sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.95])
def test_a_full_disk_is_said_and_loses_nothing(
    course: Course, untouched: Path, whole: Path, tmp_path: Path, share: float
) -> None:
    """It ends in one sentence; with more room the same command ends the work. Full at various stages."""
    before, after = kilobytes(untouched), kilobytes(whole)
    with disk(tmp_path / "disk", before + int(share * (after - before))):
        term = tmp_path / "disk" / "term"
        shutil.copytree(untouched, term)
        process = grading(course, term)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 2, said.decode()
        assert said.decode().count("\n") == 1 and "run the command again" in said.decode()
        check_no_half(term, whole)
        subprocess.run(["mount", "-o", "remount,size=64m", str(tmp_path / "disk")], check=True)
        grade_all(course, term)
        assert files(term) == files(whole) and marks(term) == marks(whole)


def test_files_that_may_not_grow_are_said_and_lose_nothing(course: Course, term: Path, whole: Path) -> None:
    """The same where the system refuses a long file, here the gradebook; without root, too."""
    limit = 32 * 1024

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    process = grading(course, term, preexec_fn=limited)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2 and said.decode().count("\n") == 1, said.decode()
    assert "gradebook.db" in said.decode()
    check_no_half(term, whole)
    grade_all(course, term)
    assert files(term) == files(whole) and marks(term) == marks(whole)


def test_two_gradings_make_the_same_bytes(course: Course, term: Path, whole: Path) -> None:
    """Reports, notebooks, pages and the class report of another folder, and again with --force."""
    for more in ((), ("--force",)):
        grade_all(course, term, *more)
        assert files(term) == files(whole) and marks(term) == marks(whole)
