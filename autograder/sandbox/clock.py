"""The limits of the trusted side: a clock that a second process watches, and an end for served calls.

A process that judges writes into a shared page what it is at, and until when it may be at it. The time that a
student's worker is given counts on top, because the worker has deadlines of its own. Whoever watches the page
ends the process when that moment has passed, without its help. Without a page nothing is written.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

from autograder.worker.channel import DeadlineError

if sys.platform != "win32":  # there `missing` asks the reference, in a process without a page
    import resource

GRACE_SECONDS = 2.0  # for a worker that is replaced, and for a busy machine
_ENTRY = struct.Struct("dH")
_NAME_BYTES = 400
Result = TypeVar("Result")


class Page:
    """Shared memory in which one process writes its `Clock`, and another one reads it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 512)

    def write(self, until: float) -> None:
        self._memory[:8] = struct.pack("d", until)

    def name(self, what: str) -> None:
        content = what.encode("utf-8", "replace")[:_NAME_BYTES]
        self._memory[8 : _ENTRY.size + len(content)] = struct.pack("H", len(content)) + content

    @property
    def until(self) -> float:
        """When the process must be ended (time.monotonic); infinite while it has nothing to do."""
        return _ENTRY.unpack_from(self._memory)[0] or math.inf

    @property
    def what(self) -> str:
        """What the process is at: an exercise's name, or nothing."""
        size = _ENTRY.unpack_from(self._memory)[1]
        return self._memory[_ENTRY.size : _ENTRY.size + size].decode("utf-8", "replace")


class Clock:
    """What this process is at, and how much time of its own it has left for it."""

    def __init__(self) -> None:
        self._page: Page | None = None
        self._seconds = self._left = self._since = 0.0

    def start(self, page: Page, seconds: float) -> None:
        """Let ``page`` show from now on what this process is at, with so many seconds for each thing."""
        self._page, self._seconds = page, seconds
        self.at("")

    def limit(self, seconds: float, memory_bytes: int) -> None:
        """Other limits from the next thing on: of time, and of memory beyond what is in use now."""
        if self._page is None:
            return
        self._seconds = seconds
        with contextlib.suppress(OSError, ValueError):  # no /proc: the watcher's clock is left
            with open("/proc/self/statm", encoding="ascii") as file:
                used = int(file.read().split()[0]) * resource.getpagesize()
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, hard))

    def at(self, what: str) -> None:
        """A new thing begins: an exercise, or nothing that has a name."""
        if self._page is None:
            return
        self._page.name(what)
        self._left = self._seconds
        # SIGPROF ends this process. RLIMIT_CPU counts from its start and by ticks, which drift away from what
        # getrusage tells: a process that had graded for long was ended at once.
        signal.setitimer(signal.ITIMER_PROF, self._seconds + GRACE_SECONDS)
        self.resume()

    def idle(self) -> None:
        """Nothing to do: no limit."""
        if self._page is not None:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            self._page.write(0.0)

    def pause(self, until: float) -> None:
        """A worker has the floor, at most ``until``."""
        if self._page is not None:
            now = time.monotonic()
            self._left -= now - self._since
            self._page.write(max(now, until) + self._left + GRACE_SECONDS)

    def resume(self) -> None:
        """This process goes on."""
        if self._page is not None:
            self._since = time.monotonic()
            self._page.write(self._since + self._left)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Work that depends on no submission has the whole time for itself; what was left is left."""
        if self._page is None:
            yield
            return
        left = self._left - (time.monotonic() - self._since)
        ours, _ = signal.setitimer(signal.ITIMER_PROF, self._seconds + GRACE_SECONDS)
        self._left = self._seconds
        self.resume()
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, ours)
            self._left = left
            self.resume()


CLOCK = Clock()  # a process has one


class Overdue(BaseException):
    """Raised in a served call whose time is over."""


_armed = False


def _remind(_: int, __: FrameType | None) -> None:
    if _armed:
        raise Overdue


def served(function: Callable[[], Result], deadline: float) -> Result:
    """The result of a served call; DeadlineError if it is not over at ``deadline`` (time.monotonic).

    A call that is inside of one long step of C code ends after that step, or with its process. Signals reach
    the main thread only: elsewhere such a call runs on and is refused afterwards.
    """
    global _armed
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlineError("no time is left for a given function")
    if math.isinf(left) or threading.current_thread() is not threading.main_thread():
        return function()
    before = signal.signal(signal.SIGALRM, _remind)
    try:
        try:
            _armed = True
            signal.setitimer(signal.ITIMER_REAL, left)  # once: a second time it could ring out here
            return function()
        finally:
            _armed = False
    except Overdue as error:
        raise DeadlineError("a given function took longer than the call had left") from error
    finally:
        _armed = False
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when ``parent``, which forked it, ends, however that ends."""
    set_death_signal = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        os._exit(1)
