"""The trusted side's own limits: what a process is at, its deadline, and the end of served calls."""

from __future__ import annotations

import math
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from autograder.sandbox.clock import GRACE_SECONDS, Clock, Page, served
from autograder.worker.channel import DeadlineError

BEFORE = resource.getrlimit(resource.RLIMIT_AS)


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """A clock limits its process: this one gets back what it had, or the kernel would end it soon."""
    yield
    resource.setrlimit(resource.RLIMIT_AS, BEFORE)
    signal.setitimer(signal.ITIMER_PROF, 0.0)


def endless() -> None:
    while True:
        pass


def endless_and_deaf() -> None:
    while True:
        try:
            endless()
        except Exception:  # noqa: BLE001 - what a served function might do
            continue


@pytest.mark.parametrize("call", [endless, endless_and_deaf, lambda: time.sleep(60)])
def test_a_served_call_ends_when_the_time_is_over(call: Callable[[], None]) -> None:
    """Loops, sleeps, and functions that catch every exception."""
    start = time.monotonic()
    with pytest.raises(DeadlineError, match="longer than the call had left"):
        served(call, start + 0.1)
    assert time.monotonic() - start < 20


def test_a_served_call_without_time_does_not_begin() -> None:
    """The calls before it used all."""
    begun = []
    with pytest.raises(DeadlineError):
        served(lambda: begun.append(1), time.monotonic() - 1)
    assert not begun


def test_a_served_call_in_time_leaves_no_alarm() -> None:
    """Nothing rings afterwards."""
    assert served(lambda: 7, time.monotonic() + 1.0) == 7
    time.sleep(1.2)


def test_no_alarm_rings_outside_of_the_call() -> None:
    """A thousand calls that end about when their time does: a value or a DeadlineError, nothing else."""
    ends = {"in time": 0, "late": 0}
    for number in range(1000):
        until = time.monotonic() + 0.0005
        try:
            early = until - 1e-6 * (number % 90)
            served(lambda early=early: time.sleep(max(0.0, early - time.monotonic())), until)
            ends["in time"] += 1
        except DeadlineError:
            ends["late"] += 1
        sum(range(200))
    assert sum(ends.values()) == 1000


def test_the_page_says_what_and_until_when() -> None:
    """Each thing has its own time, cut short is no name but an overlong one; idle has no end."""
    clock, page = Clock(), Page()
    assert page.until == math.inf
    clock.start(page, 60.0)
    before = time.monotonic()
    clock.at("heavy_step")
    assert 60 < signal.getitimer(signal.ITIMER_PROF)[0] <= 60 + GRACE_SECONDS + 0.1  # counted from now
    assert page.what == "heavy_step" and before + 60 <= page.until <= time.monotonic() + 60
    clock.at("é" * 300)
    assert page.what == "é" * 200
    clock.at("")
    clock.idle()
    assert (page.what, page.until) == ("", math.inf) and signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_the_kernel_ends_what_nobody_watches() -> None:
    """A process that burns its time is ended by a signal of its own."""
    pid = os.fork()
    if not pid:
        try:
            Clock().start(Page(), 0.1)
            endless()
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGPROF


def test_a_workers_time_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it has the floor its deadline counts on top; afterwards what was left is left."""
    now = 1000.0
    monkeypatch.setattr("autograder.sandbox.clock.time.monotonic", lambda: now)
    clock, page = Clock(), Page()
    clock.start(page, 10.0)
    clock.at("run")
    clock.pause(now + 600)
    assert page.until > now + 600
    now += 200
    clock.resume()
    assert page.until - now == 10.0
    now += 4
    assert page.until - now == 6.0


def test_our_own_work_takes_none_of_a_submissions_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the whole time for itself, twice in a row too; then what was left is left."""
    now = 1000.0
    monkeypatch.setattr("autograder.sandbox.clock.time.monotonic", lambda: now)
    clock, page = Clock(), Page()
    with clock.aside():  # in a process without a page nothing is counted
        pass
    clock.start(page, 10.0)
    now += 3
    for _ in range(2):
        with clock.aside():
            assert page.until - now == 10.0
            now += 9
    assert page.until - now == 7.0
    assert signal.getitimer(signal.ITIMER_PROF)[0] <= 10 + GRACE_SECONDS + 0.1
