"""Spreads tasks over forked processes, which this one watches: one that dies or overruns loses only its task.

The processes are forks of this one, so they share all that is loaded here. Each is pinned to one core with
its child processes: a grader and the worker that it waits for never run at the same time, and switching
between them is fastest on one core. Even a single task has a process of its own: what depends on a
submission never runs in this one.

A process writes into shared memory what it is at, and until when (`autograder.sandbox.clock`). One that
overruns is killed here, and its task is done again without that thing. A task whose process died is retried
once in a new process; if that dies too, ``died`` gives the answer.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from autograder.sandbox.clock import CLOCK, Page, die_with
from autograder.sandbox.handle import Limits

Work = Callable[..., Any]  # of a task, and where something overran of the names of what did
Opened = Callable[[], AbstractContextManager[Work]]
LOOK_SECONDS = 0.1  # between two looks at the clocks
LEAVE_SECONDS = 5.0  # for an idle process to close its sandbox


def jobs_for(tasks: int) -> int:
    """How many processes to use: at most one per core; 1 while other threads may hold locks."""
    if threading.active_count() > 1:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), tasks // 4))


@dataclass(frozen=True)
class _Try:
    """One task: how many processes died over it, and what overran in it."""

    index: int
    deaths: int = 0
    overran: tuple[str, ...] = ()


def spread(
    tasks: Sequence[Any], opened: Opened, died: Callable[[Any], Any], jobs: int
) -> Generator[tuple[int, Any], None, None]:
    """(index, answer) of every task as it is done; ``opened()`` yields each process's answering function."""
    with contextlib.closing(Pool(opened, died, jobs)) as pool:
        yield from pool.answers(tasks)


class Pool:
    """The processes, up to ``jobs`` of them, started when they are needed and kept until ``close``."""

    def __init__(self, opened: Opened, died: Callable[[Any], Any], jobs: int) -> None:
        self._opened, self._died, self._jobs = opened, died, jobs
        self._processes: dict[Connection, _Process] = {}

    def answers(self, tasks: Sequence[Any]) -> Generator[tuple[int, Any], None, None]:
        """(index, answer) of every task as it is done."""
        waiting = deque(_Try(index) for index in range(len(tasks)))
        while waiting or any(process.at for process in self._processes.values()):
            while waiting and len(self._processes) < min(self._jobs, len(tasks)):
                self._start()
            for process in self._processes.values():
                if waiting and process.at is None:
                    process.start(waiting.popleft(), tasks)
            for process in self._ready():
                now = process.at
                assert now  # it is busy
                try:
                    answer = process.pipe.recv()
                except (EOFError, OSError):
                    self._end(process)
                    again = _again(now, process)
                    if again is None:
                        yield now.index, self._died(tasks[now.index])
                    else:
                        waiting.append(again)
                    continue
                process.at = None
                yield now.index, answer

    def close(self) -> None:
        """End all processes: the busy ones at once, the idle ones after they have closed their sandboxes."""
        for process in self._processes.values():
            process.leave()
        for process in list(self._processes.values()):
            self._end(process)

    def _start(self) -> None:
        taken = [process.core for process in self._processes.values()]
        core = min(sorted(os.sched_getaffinity(0)), key=taken.count)
        process = _Process(self._opened, list(self._processes), core)
        self._processes[process.pipe] = process

    def _ready(self) -> list[_Process]:
        """The busy processes that answered or ended; those that overrun are killed first."""
        busy = {pipe: process for pipe, process in self._processes.items() if process.at}
        ready = wait(busy, LOOK_SECONDS)
        now = time.monotonic()
        for pipe, process in busy.items():
            if pipe not in ready and process.page.until < now:
                process.overrun = True
                process.kill()
        return [busy[pipe] for pipe in cast("list[Connection]", ready)]

    def _end(self, process: _Process) -> None:
        self._processes.pop(process.pipe, None)
        process.end()


def _again(now: _Try, process: _Process) -> _Try | None:
    """What to try after the end of the process that was at ``now``; None if nothing is left to try."""
    what = process.page.what
    if process.overran and what and what not in now.overran:
        return replace(now, overran=(*now.overran, what))
    return replace(now, deaths=now.deaths + 1) if now.deaths == 0 else None


class _Process:
    """One process and what it is at."""

    def __init__(self, opened: Opened, others: list[Connection], core: int) -> None:
        self.core, self.page = core, Page()
        self.at: _Try | None = None
        self.overrun = False
        self._status: int | None = None
        self.pipe, theirs = Pipe()
        ours = [self.pipe, *others]  # the fork has copies: while one is open, the pipe gives no EOF
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # beside threads it warns
            self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                die_with(parent)
                _answer_tasks(theirs, ours, opened, core, self.page)
                code = 0
            except BaseException:  # noqa: BLE001 - a fork never returns into its parent's code
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        theirs.close()

    @property
    def overran(self) -> bool:
        """Whether it was ended because it took too long: by this process, or by the kernel's limit."""
        return self.overrun or (self._status is not None and os.WTERMSIG(self._status) == signal.SIGPROF)

    def start(self, task: _Try, tasks: Sequence[Any]) -> None:
        self.at = task
        self.page.write(time.monotonic() + Limits().trusted_wall_seconds)  # until it writes itself
        with contextlib.suppress(OSError):  # it died while idle: reading its answer will show that
            self.pipe.send((tasks[task.index], task.overran))

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def leave(self) -> None:
        """Tell it to go; a busy one, which may not listen, is killed."""
        self.pipe.close()
        if self.at is not None:
            self.kill()

    def end(self) -> None:
        """Wait until it has gone, and kill it where it stays."""
        self.pipe.close()
        until = time.monotonic() + LEAVE_SECONDS
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = status
            elif time.monotonic() > until:
                self.kill()
                until = math.inf
            else:
                time.sleep(0.002)


def _answer_tasks(pipe: Connection, parents: list[Connection], opened: Opened, core: int, page: Page) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the parent handles Ctrl-C: it ends this process
    os.sched_setaffinity(0, {core})
    for end in parents:
        end.close()
    limits = Limits()
    CLOCK.start(page, limits.trusted_wall_seconds)
    CLOCK.limit(limits.trusted_wall_seconds, limits.trusted_memory_mib * 2**20)
    CLOCK.idle()
    with opened() as work:
        while True:
            try:
                task, overran = pipe.recv()
            except (EOFError, ConnectionError):  # the parent died or stopped
                return
            CLOCK.at("")
            answer = work(task, overran) if overran else work(task)
            CLOCK.idle()
            try:
                pipe.send(answer)
            except ConnectionError:
                return
