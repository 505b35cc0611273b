"""Grades a whole class: what was handed in, what is still fresh, where the results go."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import secrets
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from autograder.course import Course, CourseError, Release
from autograder.grading import Exam, grade, load_exam, lost
from autograder.pieces import reference_text
from autograder.pool import jobs_for, spread
from autograder.sandbox import Sandbox, SandboxError
from autograder.store import Handin, Results, write_whole
from autograder.submission import Submission, packages, read_submission
from autograder.verdict import Report, Verdict

OpenSandbox = Callable[..., Sandbox]


@dataclass(frozen=True)
class Graded:
    """One submission after a run: its report, and whether it was graded just now."""

    handin: Handin
    report: Report
    now: bool
    release: Release

    @cached_property
    def submission(self) -> Submission:
        """What was handed in, read again."""
        return read_submission(self.handin.path, self.release)


Then = Callable[[Graded], None]


class Stopped(Exception):
    """A run that cannot go on: the sentence says why, and what to do."""


Answer = tuple[Report, bool] | Stopped  # a report, and whether it was made just now


def grade_class(
    course: Course,
    slug: str,
    term: Path,
    *,
    students: Iterable[str] | None = None,
    force: bool = False,
    jobs: int | None = None,
    sandbox: OpenSandbox = Sandbox,
    then: Then | None = None,
    seen: Callable[[int, Report], None] | None = None,
) -> tuple[Graded, ...]:
    """Grade what ``term`` holds for ``slug``; results that are still fresh are taken as they are.

    ``jobs`` processes share the work, by default one a core. Each report is stored as soon as it is there,
    so that a run which is stopped goes on where it was. ``sandbox`` opens each process's sandbox; ``then``
    is called for every submission in the process that has it; ``seen`` here, with the number of submissions
    and each report as it comes.
    """
    course.require(slug)
    results = Results(term)
    handins = results.handins(slug, students)
    if not handins:
        raise CourseError(
            f"nothing to grade: {term}/submitted holds no folder <student>/{slug}; "
            f"put each notebook at {term}/submitted/<student>/{slug}/{slug}.ipynb."
        )
    exam = load_exam(course, slug, secret_seed(term))
    clerk = Clerk(exam, results, fingerprint(course, slug, exam.seed), sandbox, force, then)

    @contextmanager
    def opened() -> Iterator[Callable[[Handin], Answer]]:
        with clerk:
            yield clerk.attend

    graded: dict[int, Graded] = {}
    for index, answer in spread(handins, opened, clerk.give_up, jobs or jobs_for(len(handins))):
        if isinstance(answer, Stopped):
            raise CourseError(str(answer))
        report, now = answer
        graded[index] = Graded(handins[index], report, now, exam.release)
        if seen:
            seen(len(handins), report)
    return tuple(graded[index] for index in range(len(handins)))


class Clerk:
    """Sees to one submission after the other, in one process; its sandbox is opened when it is needed."""

    def __init__(
        self,
        exam: Exam,
        results: Results,
        base: str,
        sandbox: OpenSandbox,
        force: bool = False,
        then: Then | None = None,
    ) -> None:
        self._exam, self._results, self._base = exam, results, base
        self._open, self._force, self._then = sandbox, force, then
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Clerk:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def attend(self, handin: Handin) -> Answer:
        """The submission's stored result where that still holds, else graded now and stored."""
        with _stopping(self._results.term) as stopped:
            key = result_key(self._base, handin)
            report = None if self._force else self._stored(handin, key)
            if report is not None:
                return self._done(handin, report, False)
            start = time.perf_counter()
            report, trouble = self._graded(handin, key)
            self._results.write(report, time.perf_counter() - start, trouble)
            return self._done(handin, report, True)
        return stopped[0]

    def give_up(self, handin: Handin) -> Answer:
        """What is said of a submission over which two processes ended: our fault, to be looked into."""
        with _stopping(self._results.term) as stopped:
            report = lost(self._exam, handin.student)
            self._results.write(report, None, f"{report.notes[0]}\nIt was {handin.path}.\n")
            return self._done(handin, report, True)
        return stopped[0]

    def _done(self, handin: Handin, report: Report, now: bool) -> Answer:
        if self._then:
            self._then(Graded(handin, report, now, self._exam.release))
        return report, now

    def _stored(self, handin: Handin, key: str) -> Report | None:
        """The stored report, if it still holds; a fault of ours never does."""
        report = self._results.read(self._exam.release.slug, handin.student)
        holds = report is not None and report.key == key and report.verdict is not Verdict.GRADER_FAULT
        return report if holds else None

    def _graded(self, handin: Handin, key: str) -> tuple[Report, str]:
        """The report, and what is to be told to the grader's makers: nothing, or how it came to a fault."""
        again = False
        while True:
            told: list[str] = []
            try:
                submission = read_submission(handin.path, self._exam.release)
                box = self._sandbox or self._opened()
                student = handin.student
                report = grade(self._exam, submission, box, student=student, key=key, told=told.append)
                return report, "\n".join(told)
            except Stopped:
                raise
            except Exception as error:
                self._close()
                if isinstance(error, SandboxError) and not again:  # somebody ended it: once is nobody's fault
                    again = True
                    continue
                why = f"The grader failed over this submission ({type(error).__name__}: {error})"
                return lost(self._exam, handin.student, why), traceback.format_exc()

    def _opened(self) -> Sandbox:
        try:
            self._sandbox = self._open(packages=packages(self._exam.release))
        except SandboxError as error:
            raise Stopped(f"{error}; `autograder doctor` says what is missing.") from error
        return self._sandbox

    def _close(self) -> None:
        box, self._sandbox = self._sandbox, None
        if box is not None:
            with contextlib.suppress(SandboxError):
                box.close()


@contextmanager
def _stopping(term: Path) -> Iterator[list[Stopped]]:
    """What keeps a run from going on, as a value: an exception would end the process and say nothing."""
    stopped: list[Stopped] = []
    try:
        yield stopped
    except Stopped as error:
        stopped.append(error)
    except OSError as error:
        cure = "make room or mend that, and run the command again: what was finished is kept"
        stopped.append(Stopped(f"{error.filename or term}: {error.strerror or error}; {cure}."))


def secret_seed(term: Path) -> str:
    """The course's secret seed, made at the first grading and kept with the class's data."""
    path = term / "seed"
    if not path.exists():
        write_whole(path, f"{secrets.token_hex(16)}\n".encode(), mode=0o600)
    return path.read_text(encoding="ascii").strip()


def fingerprint(course: Course, slug: str, seed: str) -> str:
    """A hash of all that a result depends on besides the submission: assignment, checks, engine, seed."""
    digest = hashlib.sha256(f"{seed} {platform.python_version()} {np.__version__}".encode())
    digest.update(reference_text(course.solution(slug)).encode())
    files = [course.released(slug), course.mistakes(slug)]
    files += sorted(course.checks(slug).parent.glob("*.py"))
    files += sorted(Path(__file__).parent.glob("*.py"))
    for path in files:
        digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()


def result_key(base: str, handin: Handin) -> str:
    """The key of one result: what it depends on altogether. A file that cannot be read counts as empty."""
    digest = hashlib.sha256(base.encode() + handin.student.encode() + b"\0")
    with contextlib.suppress(OSError):
        if handin.path.is_file():
            with handin.path.open("rb") as file:
                while part := file.read(2**20):
                    digest.update(part)
    return digest.hexdigest()
