"""A progress bar with rate, time left and verdicts so far; a line now and then where no terminal shows it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any, TextIO

from autograder.grading.verdict import Report, Verdict

SHOWN = tuple(Verdict)  # in this order
BETWEEN = 30.0  # seconds from line to line in a log


class Progress:
    """Call it with the size of the class and each report. Use as a context manager."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock, self._told = clock, clock()
        self._counts: Counter[Verdict] = Counter()
        self._bar: Any = None  # tqdm's, which has no types

    def __call__(self, total: int, report: Report, now: bool) -> None:
        self._counts[report.verdict] += 1
        if not self._stream.isatty():
            return self._line(total)
        if self._bar is None:
            from tqdm import tqdm  # loaded only where a bar is shown

            tqdm.monitor_interval = 0  # without its monitor thread, because the pool forks
            self._bar = tqdm(total=total, file=self._stream, unit="", leave=False, dynamic_ncols=True)
        self._bar.set_postfix_str(counts(self._counts), refresh=False)
        self._bar.update()

    def _line(self, total: int) -> None:
        if self._clock() - self._told >= BETWEEN:
            self._told = self._clock()
            done = f"{self._counts.total()} of {total} so far: {counts(self._counts)}"
            print(done, file=self._stream, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def counts(found: Counter[Verdict]) -> str:
    """The verdicts so far in words.

    >>> counts(Counter({Verdict.WRONG: 1, Verdict.CORRECT: 12}))
    '12 correct, 1 wrong'
    """
    return ", ".join(f"{found[verdict]} {verdict.value}" for verdict in SHOWN if found[verdict])
