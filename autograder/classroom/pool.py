"""Spreads tasks over forked processes; one that dies loses only its current task.

The processes are forks of this one, so they share all that is loaded here. Each is pinned to one core with
its child processes: a grader and the worker that it waits for never run at the same time, and switching
between them is fastest on one core. A task whose process died is retried once in a new process; if that
dies too, ``died`` gives the answer.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection, wait
from typing import Any, cast

Work = Callable[[Any], Any]
FORK = multiprocessing.get_context("fork")


def jobs_for(tasks: int) -> int:
    """How many processes to use: at most one per core; 1 (no fork) while other threads may hold locks."""
    if threading.active_count() > 1:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), tasks // 4))


def spread(
    tasks: Sequence[Any],
    opened: Callable[[], AbstractContextManager[Work]],
    died: Callable[[Any], Any],
    jobs: int,
) -> Generator[tuple[int, Any], None, None]:
    """(index, answer) of every task as it is done; ``opened()`` yields each process's answering function."""
    if jobs == 1:
        with opened() as work:
            yield from ((index, work(task)) for index, task in enumerate(tasks))
        return
    waiting = deque((index, 0) for index in range(len(tasks)))
    processes: dict[Connection, _Process] = {}
    try:
        while waiting or any(process.task for process in processes.values()):
            while waiting and len(processes) < jobs:
                taken = [process.core for process in processes.values()]
                core = min(sorted(os.sched_getaffinity(0)), key=taken.count)
                process = _Process(tasks, opened, list(processes), core)
                processes[process.pipe] = process
            for process in processes.values():
                if waiting and process.task is None:
                    process.start(waiting.popleft())
            busy = [pipe for pipe, process in processes.items() if process.task]
            for pipe in cast("list[Connection]", wait(busy)):
                process = processes[pipe]
                assert process.task  # it is busy
                index, tries = process.task
                try:
                    answer = pipe.recv()
                except (EOFError, OSError):
                    processes.pop(pipe).stop()
                    if tries == 0:
                        waiting.append((index, 1))
                    else:
                        yield index, died(tasks[index])
                    continue
                process.task = None
                yield index, answer
    finally:
        for process in processes.values():
            process.stop()


class _Process:
    """One process and its current task: (index, how many processes died over it before)."""

    def __init__(
        self,
        tasks: Sequence[Any],
        opened: Callable[[], AbstractContextManager[Work]],
        others: list[Connection],
        core: int,
    ) -> None:
        self.core = core
        self.pipe, theirs = FORK.Pipe()
        ours = [self.pipe, *others]  # the fork has copies: while one is open, the pipe gives no EOF
        self.process = FORK.Process(
            target=_answer_tasks, args=(theirs, ours, tasks, opened, core), daemon=True
        )
        self.process.start()
        theirs.close()
        self.task: tuple[int, int] | None = None

    def start(self, task: tuple[int, int]) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # it died while idle: reading its answer will show that
            self.pipe.send(task[0])

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _answer_tasks(
    pipe: Connection,
    parents: list[Connection],
    tasks: Sequence[Any],
    opened: Callable[[], AbstractContextManager[Work]],
    core: int,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the parent handles Ctrl-C: it closes the pipes
    os.sched_setaffinity(0, {core})
    for end in parents:
        end.close()
    with opened() as work:
        while True:
            try:
                index = pipe.recv()
            except (EOFError, ConnectionError):  # the parent died or stopped
                return
            answer = work(tasks[index])
            try:
                pipe.send(answer)
            except ConnectionError:
                return
