"""A Dask cluster grades the same class to the same bytes, also when one of its workers is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import cli
from autograder.classroom.runner import grade_class
from autograder.course.cells import filled, written
from autograder.course.course import Course, CourseError

distributed = pytest.importorskip("distributed")
STUDENTS = [f"s{number:02}" for number in range(12)]


@pytest.fixture(scope="module")
def course(released_toy: Course) -> Course:
    return released_toy


@pytest.fixture
def term(course: Course, tmp_path: Path) -> Path:
    """A class: right, wrong, untouched, damaged, in turns."""
    release, term = course.release("toy"), tmp_path / "term"
    source = course.solution("toy").read_text(encoding="utf-8")
    right = written(release.exercises, source, {})
    wrong = {**right, "fit_line": "def fit_line(x, y):\n    return 0.0, 0.0"}
    notebooks = [filled(release, right), filled(release, wrong), release.notebook]
    kinds = [*map(json.dumps, notebooks), "{"]
    for number, student in enumerate(STUDENTS):
        path = term / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(kinds[number % 4], encoding="utf-8")
    (term / "seed").write_text("seed\n", encoding="ascii")
    return term


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler and so many worker processes, each by its own command; their address and processes."""
    folder.mkdir(exist_ok=True)
    place = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    run = [sys.executable, "-m", "distributed.cli"]
    scheduler = subprocess.Popen(
        [*run[:2], "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", str(place)], **quiet,
    )  # fmt: skip  # an option stands beside its value
    processes = [
        subprocess.Popen(
            [*run[:2], "distributed.cli.dask_worker", "--scheduler-file", str(place), "--nthreads", "1",
             "--no-nanny", "--no-dashboard", "--local-directory", str(folder)], **quiet,
        )
        for _ in range(workers)
    ]  # fmt: skip  # an option stands beside its value
    try:
        with distributed.Client(scheduler_file=str(place), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            address = client.scheduler.address
        yield address, processes
    finally:
        for process in (*processes, scheduler):
            process.kill()
        for process in (*processes, scheduler):
            process.wait(20)


def results(term: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (term / "results" / "toy").glob("*.json")}


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(
    course: Course, term: Path, tmp_path: Path
) -> None:
    """Two workers, one killed as soon as results come in: every report is there, byte for byte as at home."""
    grade_class(course, "toy", term)
    home = results(term)
    for path in (term / "results" / "toy").glob("*.json"):
        path.unlink()
    with cluster(tmp_path / "cluster", 2) as (address, workers):
        killed: list[int] = []

        def kill(total: int, report: object, now: bool) -> None:
            if not killed:
                killed.append(workers[0].pid)
                os.kill(workers[0].pid, signal.SIGKILL)

        graded = grade_class(course, "toy", term, scheduler=address, seen=kill)
        assert workers[0].wait(20) == -signal.SIGKILL
        assert [one.handin.student for one in graded if one.now] == STUDENTS
        assert results(term) == home
        again = grade_class(course, "toy", term, scheduler=address)  # and what is fresh is not sent again
        assert not any(one.now for one in again)


def test_a_worker_with_another_course_is_told(course: Course, term: Path, tmp_path: Path) -> None:
    """Where checks, engine, Python or NumPy differ the results would, so that nothing is graded."""
    from autograder.classroom import cluster as module

    with cluster(tmp_path / "cluster", 1) as (address, _):
        place = module.Place(course.root, "toy", "seed", "another fingerprint")
        submission = grade_class(course, "toy", term, students=["s00"])[0].submission
        with pytest.raises(CourseError, match="bring it up to date"):
            list(module.grade_over(address, place, [(0, submission, "s00", "key")]))


def test_no_scheduler_is_one_sentence(
    course: Course, term: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2; nothing is graded at home instead."""
    monkeypatch.setattr("autograder.classroom.cluster.WAIT_SECONDS", 1)
    arguments = ["--course", str(course.root), "grade", "toy", "--term", str(term)]
    assert cli.main([*arguments, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("autograder: --scheduler tcp://127.0.0.1:9: no Dask scheduler answers there")
    assert said.count("\n") == 1 and not (term / "results").exists()
