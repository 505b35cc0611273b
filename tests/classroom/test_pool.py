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
from waiting import wait_until

from autograder.classroom import pool
from autograder.classroom.pool import spread
from autograder.sandbox.clock import CLOCK
from autograder.sandbox.handle import Limits


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


def test_one_task_has_a_process_of_its_own() -> None:
    """What depends on a submission never runs in the process that watches, also with one job."""
    ((_, pid),) = spread([0], doing(lambda task: os.getpid()), str, 1)
    assert pid != os.getpid()


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


def hanging(task: str, overran: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Work that hangs at each thing that the task names, unless it overran before."""
    for thing in task.split():
        CLOCK.at(thing)
        while thing not in overran and thing.startswith("hang"):
            pass
    CLOCK.at("")
    return overran


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_overruns_is_ended_and_named(monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    """Its task is done again without it, however often; its neighbours notice nothing."""
    monkeypatch.setattr(pool, "Limits", lambda: Limits(trusted_wall_seconds=0.3))
    tasks = ["fine", "fine hang_a fine", "hang_a fine hang_b", "fine"]
    answers = dict(spread(tasks, doing(hanging), str, jobs))
    assert answers == {0: (), 1: ("hang_a",), 2: ("hang_a", "hang_b"), 3: ()}


def test_what_overruns_without_a_name_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of all exercises there is nothing to leave out: one more try, then it is lost."""
    monkeypatch.setattr(pool, "Limits", lambda: Limits(trusted_wall_seconds=0.3))

    def work(task: str) -> None:
        while task == "stuck":
            pass

    assert dict(spread(["fine", "stuck"], doing(work), lambda task: f"lost {task}", 1)) == {
        0: None,
        1: "lost stuck",
    }


def test_memory_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task may take so much more than what the process held at its start, and the next one as well."""
    monkeypatch.setattr(pool, "Limits", lambda: Limits(trusted_memory_mib=256))

    def work(mebibytes: int) -> str:
        try:
            return f"{len(bytearray(mebibytes * 2**20)) // 2**20} MiB"
        except MemoryError:
            return "refused"

    answers = dict(spread([100, 400, 100], doing(work), str, 1))
    assert answers == {0: "100 MiB", 1: "refused", 2: "100 MiB"}


def test_a_killed_command_leaves_no_process_however_busy(tmp_path: Path) -> None:
    """Its processes end with it, also one that is in an endless loop."""
    told = (
        "import contextlib, os, time\n"
        "from autograder.classroom.pool import spread\n"
        "def work(task):\n"
        "    os.write(1, b'%d\\n' % os.getpid())\n"
        "    while True: pass\n"
        "opened = contextlib.contextmanager(lambda: (yield work))\n"
        "list(spread(range(8), opened, str, 2))\n"
    )
    command = subprocess.Popen([sys.executable, "-c", told], stdout=subprocess.PIPE, text=True)
    assert command.stdout
    pids = [int(command.stdout.readline()) for _ in range(2)]
    command.kill()
    command.wait()
    command.stdout.close()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_control_c_ends_one_busy_process_at_once() -> None:
    """The process that watches is never busy itself."""
    told = (
        "import contextlib, signal\n"
        "from autograder.classroom.pool import spread\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def work(task):\n"
        "    print('busy', flush=True)\n"
        "    while True: pass\n"
        "opened = contextlib.contextmanager(lambda: (yield work))\n"
        "try: list(spread([0], opened, str, 1))\n"
        "except KeyboardInterrupt: print('stopped')\n"
    )
    command = subprocess.Popen([sys.executable, "-c", told], stdout=subprocess.PIPE, text=True)
    assert command.stdout and command.stdout.readline() == "busy\n"
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=20)  # well below the limit that ends a busy process anyway
    assert said == "stopped\n"


def test_stopping_early_leaves_no_process() -> None:
    """Whoever takes only the first answer leaves no child behind."""
    answers = spread(range(10), doing(lambda task: os.getpid()), str, 2)
    _, pid = next(answers)
    answers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_few_tasks_are_not_worth_many_processes() -> None:
    """One submission has one process; a class uses the cores; beside a thread there is one."""
    told = (
        "from threading import Event, Thread; from autograder.classroom.pool import jobs_for; wait = Event();"
        "print(jobs_for(0), jobs_for(1), jobs_for(1000)); Thread(target=wait.wait).start();"
        "print(jobs_for(1000)); wait.set()"
    )  # in a process of its own: other tests leave threads behind
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1", "1", str(len(os.sched_getaffinity(0))), "1"]
