"""Spreads tasks over forked processes; one that dies loses only the task it was at.

The processes are forks of this one, so whatever is loaded here is loaded there. Each stays on one core, with
what it starts: a worker and whoever waits for it take turns, and turns on one core are short. A task whose
process died is given once more to a new one; if that dies too, the task is answered by ``died``.
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
    """How many processes are worth it: one a core, none where a fork would copy a thread's locks."""
    if threading.active_count() > 1:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), tasks // 4))


def spread(
    tasks: Sequence[Any],
    opened: Callable[[], AbstractContextManager[Work]],
    died: Callable[[Any], Any],
    jobs: int,
) -> Generator[tuple[int, Any], None, None]:
    """(index, answer) of every task as it is done; ``opened`` gives each process what does the work."""
    if jobs == 1:
        with opened() as work:
            yield from ((index, work(task)) for index, task in enumerate(tasks))
        return
    waiting = deque((index, 0) for index in range(len(tasks)))
    members: dict[Connection, _Member] = {}
    try:
        while waiting or any(member.at for member in members.values()):
            while waiting and len(members) < jobs:
                taken = [member.core for member in members.values()]
                core = min(sorted(os.sched_getaffinity(0)), key=taken.count)
                member = _Member(tasks, opened, list(members), core)
                members[member.pipe] = member
            for member in members.values():
                if waiting and member.at is None:
                    member.give(waiting.popleft())
            busy = [pipe for pipe, member in members.items() if member.at]
            for pipe in cast("list[Connection]", wait(busy)):
                member = members[pipe]
                assert member.at  # it is busy
                index, tries = member.at
                try:
                    answer = pipe.recv()
                except (EOFError, OSError):
                    members.pop(pipe).stop()
                    if tries == 0:
                        waiting.append((index, 1))
                    else:
                        yield index, died(tasks[index])
                    continue
                member.at = None
                yield index, answer
    finally:
        for member in members.values():
            member.stop()


class _Member:
    """One process and what it is at: (index of its task, how often that was tried before)."""

    def __init__(
        self,
        tasks: Sequence[Any],
        opened: Callable[[], AbstractContextManager[Work]],
        others: list[Connection],
        core: int,
    ) -> None:
        self.core = core
        self.pipe, theirs = FORK.Pipe()
        ours = [self.pipe, *others]  # a fork holds these too: unless it closes them, nobody sees an end
        self.process = FORK.Process(target=_serve, args=(theirs, ours, tasks, opened, core), daemon=True)
        self.process.start()
        theirs.close()
        self.at: tuple[int, int] | None = None

    def give(self, task: tuple[int, int]) -> None:
        self.at = task
        with contextlib.suppress(OSError):  # it died idle: who waits for its answer will see that
            self.pipe.send(task[0])

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(
    pipe: Connection,
    parents: list[Connection],
    tasks: Sequence[Any],
    opened: Callable[[], AbstractContextManager[Work]],
    core: int,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes the pipes
    os.sched_setaffinity(0, {core})
    for end in parents:
        end.close()
    with opened() as work:
        while True:
            try:
                index = pipe.recv()
            except (EOFError, ConnectionError):  # the parent is gone, or has had enough
                return
            answer = work(tasks[index])
            try:
                pipe.send(answer)
            except ConnectionError:
                return
