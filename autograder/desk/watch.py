"""`autograder watch`: grades what arrives as it arrives, for feedback in seconds.

All that it knows is on the disk: what is graded has a fresh result. So it may be killed at any moment, and
goes on where it was when it is started again. A hand-in is taken once its files have stood still for a look.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom.results import Results
from autograder.course.course import Course, CourseError
from autograder.grading.verdict import Report
from autograder.publish import grade_and_publish
from autograder.submissions.handin import handins
from autograder.term.chosen import in_term
from autograder.term.collect import Collector
from autograder.term.roster import load_roster
from autograder.term.settings import term_settings

Stamp = tuple[tuple[str, int, int], ...]  # the files of a folder: name, size, time of change
Say = Callable[[str], None]


@dataclass
class Watcher:
    """Looks at a term, and at a folder from which hand-ins are collected, again and again."""

    course: Course
    term: Path
    slugs: tuple[str, ...]
    inbound: Path | None = None
    without_sandbox: bool = False
    say: Say = print
    _seen: dict[tuple[str, str], Stamp] = field(default_factory=dict)
    _graded: dict[tuple[str, str], Stamp] = field(default_factory=dict)
    _cool_down_minutes: float = 0.0
    _inbound: Stamp = ()
    _collected: Stamp = ()

    def look(self) -> int:
        """One look: collect and grade what stood still since the last one; how many were graded."""
        self._collect()
        with contextlib.suppress(CourseError):  # grading says what is wrong with the settings
            self._cool_down_minutes = term_settings(self.course, self.term).cool_down_minutes
        count = 0
        for slug in self.slugs:
            ready = []
            for handin in handins(self.term, slug):
                key, stamp = (slug, handin.student), _stamp(handin.path.parent)
                new = self._seen.get(key) == stamp and self._graded.get(key) != stamp
                if new and not self._cooling(slug, handin.student):
                    ready.append(handin.student)
                self._seen[key] = stamp
            if ready:
                count += self._grade(slug, ready)
        return count

    def _cooling(self, slug: str, student: str) -> bool:
        """Whether this student's work was graded a short while ago; it is then taken at a later look."""
        path = Results(self.term).path(slug, student)
        return path.exists() and time.time() - path.stat().st_mtime < 60 * self._cool_down_minutes

    def _grade(self, slug: str, students: list[str]) -> int:
        stamps = {student: self._seen[slug, student] for student in students}
        start, now = time.monotonic(), 0

        def seen(size: int, report: Report, made_now: bool) -> None:
            nonlocal now
            now += made_now

        try:
            course = in_term(self.course.whole, self.term)  # the settings may have changed
            grade_and_publish(
                course, slug, self.term, students=students, without_sandbox=self.without_sandbox, seen=seen
            )
        except CourseError as error:
            self.say(f"{slug}: {error}")
            return 0
        for student, stamp in stamps.items():
            self._graded[slug, student] = stamp
        if now == len(students):
            self.say(f"{slug}: {', '.join(students)} in {time.monotonic() - start:.1f} s")
        else:
            self.say(f"{slug}: {now} graded, {len(students) - now} had a fresh result")
        return now

    def _collect(self) -> None:
        """Take what arrived in the folder, once all of it has stood still."""
        if self.inbound is None:
            return
        stamp = _stamp(self.inbound)
        still, self._inbound = stamp == self._inbound, stamp
        if not still or stamp == self._collected or not stamp:
            return
        settings, roster = term_settings(self.course, self.term), load_roster(self.term)
        collector = Collector(self.course, self.term, settings, roster)
        try:
            collector.carry_out(collector.plan(self.inbound))
        except CourseError as error:
            self.say(f"{self.inbound}: {error}")
        self._collected = stamp


def watch(watcher: Watcher, every_seconds: float, until: threading.Event) -> int:
    """Look every so many seconds ``until`` it is time to stop; how many hand-ins were graded."""
    count = 0
    while not until.is_set():
        count += watcher.look()
        until.wait(every_seconds)
    return count


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that is set when the service is told to stop."""
    event = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: event.set()) for number in numbers}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stamp(folder: Path) -> Stamp:
    return tuple(sorted(_files(folder)))


def _files(folder: Path) -> Iterable[tuple[str, int, int]]:
    for path in folder.rglob("*") if folder.is_dir() and not folder.is_symlink() else ():
        try:
            about = path.lstat()
        except OSError:  # it has just gone
            continue
        yield path.relative_to(folder).as_posix(), about.st_size, about.st_mtime_ns
