"""The pool: every task is answered once, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.classroom.pool import spread


def doing(work: Callable) -> Callable:
    @contextmanager
    def opened() -> Iterator[Callable]:
        yield work

    return opened


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_task_is_answered_once(jobs: int) -> None:
    """With one process or several, each task has one answer under its own index."""
    answers = list(spread(list("abcdefg"), doing(str.upper), str, jobs))
    assert sorted(answers) == list(enumerate("ABCDEFG"))


def test_several_processes_share_the_work() -> None:
    """Two jobs are two processes, neither of them this one."""
    pids = {pid for _, pid in spread(range(12), doing(lambda task: os.getpid()), str, 2)}
    assert len(pids) == 2 and os.getpid() not in pids


def test_each_process_stays_on_a_core_of_its_own() -> None:
    """With as many jobs as cores every core has one; this process keeps all of them."""
    cores = os.sched_getaffinity(0)
    found = {tuple(on) for _, on in spread(range(40), doing(lambda task: os.sched_getaffinity(0)), str, 2)}
    assert len(found) == min(2, len(cores)) and all(len(on) == 1 and cores.issuperset(on) for on in found)
    assert os.sched_getaffinity(0) == cores


def test_a_process_that_dies_loses_only_its_task(tmp_path: Path) -> None:
    """A task that kills its process is tried once more, then given up; the others are all done."""

    def work(task: int) -> int:
        with open(tmp_path / f"{task}", "a") as tally:
            tally.write("x")
        if task == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return task * 10

    answers = dict(spread(range(8), doing(work), lambda task: f"lost {task}", 2))
    assert answers == {task: "lost 3" if task == 3 else task * 10 for task in range(8)}
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        str(task): "xx" if task == 3 else "x" for task in range(8)
    }


def test_a_task_that_fails_once_is_done_at_the_second_try(tmp_path: Path) -> None:
    """A process killed from outside costs nothing: its task is done by another."""

    def work(task: int) -> str:
        mark = tmp_path / "killed"
        if task == 1 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    assert dict(spread(range(4), doing(work), str, 2)) == dict.fromkeys(range(4), "done")


def test_stopping_early_leaves_no_process() -> None:
    """Whoever takes only the first answer leaves no child behind."""
    answers = spread(range(10), doing(lambda task: os.getpid()), str, 2)
    _, pid = next(answers)
    answers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_few_tasks_are_not_worth_a_fork() -> None:
    """One submission is graded in this process; a class uses the cores; beside a thread nobody forks."""
    told = (
        "from threading import Event, Thread; from autograder.classroom.pool import jobs_for; wait = Event();"
        "print(jobs_for(0), jobs_for(1), jobs_for(1000)); Thread(target=wait.wait).start();"
        "print(jobs_for(1000)); wait.set()"
    )  # in a process of its own: other tests leave threads behind
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1", "1", str(len(os.sched_getaffinity(0))), "1"]
