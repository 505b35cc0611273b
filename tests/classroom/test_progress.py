"""The progress bar: rate, time left and verdicts on a terminal; in a log a line for each half minute."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import struct
import termios

from autograder.classroom.progress import Progress
from autograder.grading.verdict import Report, Verdict


def reports() -> list[Report]:
    verdicts = [Verdict.CORRECT, Verdict.WRONG, Verdict.CORRECT]
    return [Report("toy", name, verdict) for name, verdict in zip("abc", verdicts, strict=True)]


def test_a_short_run_writes_nothing_into_a_log() -> None:
    """A log, a pipe or CI's output holds no bar."""
    stream = io.StringIO()
    with Progress(stream) as progress:
        for report in reports():
            progress(3, report, True)
    assert stream.getvalue() == ""


def test_a_long_run_writes_a_line_into_a_log_each_half_minute() -> None:
    """The log shows that the run goes on."""
    stream, times = io.StringIO(), iter([0.0, 20.0, 31.0, 31.0, 60.0])
    with Progress(stream, clock=lambda: next(times)) as progress:
        for report in reports():
            progress(3, report, True)
    assert stream.getvalue() == "2 of 3 so far: 1 correct, 1 wrong\n"


def test_a_terminal_shows_rate_time_left_and_verdicts() -> None:
    """The bar counts up to the class, and goes away at the end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))
    with os.fdopen(slave, "w") as terminal, Progress(terminal) as progress:
        for report in reports():
            progress(3, report, True)
            progress._bar.refresh()
    shown = ""
    while select.select([master], [], [], 0.5)[0]:
        try:
            shown += os.read(master, 65536).decode()
        except OSError:  # its other end is closed
            break
    os.close(master)
    assert "3/3" in shown and "2 correct, 1 wrong" in shown
    assert re.search(r"1/3 \[\d\d:\d\d<\d\d:\d\d, .*/s.*1 correct", shown)
    assert shown.endswith("\r")
