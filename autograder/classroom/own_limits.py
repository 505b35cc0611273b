"""Tries the limits of the trusted side on this machine, for `autograder doctor`."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.classroom.pool import spread
from autograder.safe_text import visible
from autograder.sandbox.clock import CLOCK, die_with, served
from autograder.submissions.handin import moment
from autograder.submissions.notebook_file import Unreadable, content_of
from autograder.worker import wire
from autograder.worker.channel import DeadlineError

ALL_ONES = ((1 << 64) - 1) << 64
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64
ENOUGH_MIB = 512
ENOUGH_SECONDS = 10.0


def _clock() -> bool:
    """Whether a check that never ends is ended from outside."""
    return _watched(_endless) == ("endless",)


def _memory() -> bool:
    """Whether a check that takes too much memory is refused it."""
    return _watched(_greedy) == "refused"


def _watched(work: Callable) -> object:
    @contextlib.contextmanager
    def opened() -> Iterator[Callable]:
        yield work

    ((_, answer),) = spread([None], opened, lambda _: "lost", 1)
    return answer


def _endless(_: None, overran: tuple[str, ...] = ()) -> tuple[str, ...]:
    CLOCK.limit(0.3, ENOUGH_MIB * 2**20)
    CLOCK.at("endless")
    while not overran:
        pass
    return overran


def _greedy(_: None, overran: tuple[str, ...] = ()) -> str:
    CLOCK.limit(ENOUGH_SECONDS, ENOUGH_MIB * 2**20)
    try:
        return f"{len(bytearray(2 * ENOUGH_MIB * 2**20))}"
    except MemoryError:
        return "refused"


def _served() -> bool:
    """Whether a function that is served to student code is ended with the call that asked for it."""
    try:
        served(lambda: _endless(None), time.monotonic() + 0.2)
    except DeadlineError:
        return True
    return False


def _generators() -> bool:
    """Whether a generator that gives the same number for ever gives others after it was handed over."""
    stuck = [ALL_ONES, ALL_ONES * (1 - MULTIPLIER) % 2**128, 0, 0]
    header = f'{{"r":{stuck}}}'.encode()
    rng = wire.decode(wire.PREFIX.pack(len(header), 0) + header)
    return len(set(rng.integers(0, 2**63, size=20).tolist())) > 10


def _survivors() -> bool:
    """Whether a process of ours ends when the one that started it is killed."""
    read, write = os.pipe()
    first = os.fork()
    if first == 0:
        second = os.fork()
        if second == 0:
            die_with(os.getppid())
            os.write(write, b"ready")
            time.sleep(2 * ENOUGH_SECONDS)
            os._exit(0)
        time.sleep(2 * ENOUGH_SECONDS)
        os._exit(0)
    os.close(write)
    os.read(read, 5)
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    start = time.monotonic()
    os.read(read, 1)  # its end: nobody holds the pipe any more
    os.close(read)
    return time.monotonic() - start < ENOUGH_SECONDS


def _files() -> bool:
    """Whether links and devices in the place of a hand-in are refused without a look at what they hold."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as name:
        path = Path(name) / "student" / "slug" / "slug.ipynb"
        path.parent.mkdir(parents=True)
        path.symlink_to("/dev/zero")
        try:
            content_of(path, 10)
        except Unreadable:
            return True
    return False


def _texts() -> bool:
    """Whether commands to a terminal, and times that are none, do no harm."""
    text = visible("\x9b31m\u202e\x1b]")
    return moment("0001-01-01 00:00 +23:59") is None and text == "\ufffd31m\ufffd\ufffd]"


LIMITS = (
    ("own time", "keeps the grader itself busy for ever", _clock),
    ("own memory", "fills the memory of the grader itself", _memory),
    ("served calls", "lets served functions work for it without end", _served),
    ("own generators", "hands over generators that never give another number", _generators),
    ("own survivors", "leaves our own processes running when the command is killed", _survivors),
    ("links", "hands in what leads elsewhere", _files),
    ("own texts", "writes commands into what you read", _texts),
)


def own_limits() -> tuple[str, int]:
    """A line for each limit, tried here, and 1 if one does not hold, else 0."""
    held = {name: bool(attempt()) for name, _, attempt in LIMITS}
    lines = ["The grader's own side:"]
    lines += [
        f"  {name:<16} {'present' if held[name] else f'MISSING: a submission {costs}'}"
        for name, costs, _ in LIMITS
    ]
    return "\n".join(lines), int(not all(held.values()))
