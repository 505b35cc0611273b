"""Grades a whole class: finds the submissions, grades those without a fresh result, stores reports."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import packages_distributions
from pathlib import Path

from autograder.classroom.grader import Grader, OpenSandbox, Stopped, fingerprint
from autograder.classroom.pool import jobs_for, spread
from autograder.classroom.results import Results
from autograder.course.course import Course, CourseError
from autograder.course.release import Release
from autograder.files import not_written, write_whole
from autograder.grading.exam import load_exam
from autograder.grading.grading import lost
from autograder.grading.verdict import Report, Verdict
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.handin import Handin, handins
from autograder.submissions.notebook_file import copies_beside
from autograder.submissions.submission import Submission, read_submission


@dataclass(frozen=True)
class Graded:
    """One submission after a run: its report, and whether it was graded just now."""

    handin: Handin
    report: Report
    now: bool
    release: Release

    @cached_property
    def submission(self) -> Submission:
        """The submission, read again from its file."""
        return read_submission(self.handin.path, self.release)


Then = Callable[[Graded], None]
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
    scheduler: str | None = None,
    then: Then | None = None,
    seen: Callable[[int, Report], None] | None = None,
) -> tuple[Graded, ...]:
    """Grade what ``term`` holds for ``slug``; a stored result that is still fresh is used.

    The work is shared by ``jobs`` processes, by default one per core, or by the Dask cluster at the address
    ``scheduler``. Each report is stored at once, so an interrupted run continues where it stopped.
    ``sandbox`` opens the sandbox of a process. ``then`` is called for every submission once its report is
    stored, in the process that stored it; ``seen`` is called in this process, with the size of the class and
    each report.
    """
    course.require(slug)
    results = Results(term)
    handed_in = handins(term, slug, students)
    if not handed_in:
        raise CourseError(
            f"nothing to grade: {term}/submitted holds no folder <student>/{slug}; "
            f"put each notebook at {term}/submitted/<student>/{slug}/{slug}.ipynb."
        )
    exam = load_exam(course, slug, secret_seed(term))
    class_run = ClassRun(Grader(exam, sandbox), results, fingerprint(course, slug, exam.seed), force, then)
    if scheduler:
        answers = _by_cluster(class_run, course, scheduler, handed_in)
    else:
        answers = spread(handed_in, class_run.running, class_run.store_lost, jobs or jobs_for(len(handed_in)))
    graded: dict[int, Graded] = {}
    with contextlib.closing(answers):
        for index, answer in answers:
            if isinstance(answer, Stopped):
                raise CourseError(str(answer))
            report, now = answer
            graded[index] = Graded(handed_in[index], report, now, exam.release)
            if seen:
                seen(len(handed_in), report)
    return tuple(graded[index] for index in range(len(handed_in)))


def _by_cluster(
    class_run: ClassRun, course: Course, scheduler: str, handins: tuple[Handin, ...]
) -> Generator[tuple[int, Answer], None, None]:
    """The same as `ClassRun.grade` for every hand-in, with the grading itself done by a cluster."""
    try:
        from autograder.classroom.cluster import Place, grade_over
    except ImportError as error:
        package = __name__.partition(".")[0]
        (engine, *_) = packages_distributions().get(package, ["."])  # not installed: this is its checkout
        cure = f"pip install '{engine}[cluster]'"
        raise CourseError(f"--scheduler needs dask.distributed; type: {cure}") from error
    todo = []
    for index, handin in enumerate(handins):
        answer = class_run.stored(handin)
        if answer is None:
            submission = read_submission(handin.path, class_run.exam.release)
            todo.append((index, submission, handin.student, class_run.key(handin)))
        else:
            yield index, answer
    place = Place(course.root, class_run.exam.release.slug, class_run.exam.seed, class_run.base)
    for index, found in grade_over(scheduler, place, todo):
        handin = handins[index]
        yield index, class_run.store_lost(handin) if found is None else class_run.store(handin, *found)


class ClassRun:
    """Grades the submissions of one run: each is graded and stored unless its stored result is fresh."""

    def __init__(
        self, grader: Grader, results: Results, base: str, force: bool = False, then: Then | None = None
    ) -> None:
        self._grader, self._results, self._force, self._then = grader, results, force, then
        self.exam, self.base = grader.exam, base

    @contextmanager
    def running(self) -> Iterator[Callable[[Handin], Answer]]:
        with self._grader:
            yield self.grade

    def grade(self, handin: Handin) -> Answer:
        """The submission's stored result if it is fresh; else it is graded now and stored."""
        answer = self.stored(handin)
        if answer is not None:
            return answer
        start = time.perf_counter()
        read = partial(read_submission, handin.path, self.exam.release)
        try:
            report, traceback = self._grader.grade(read, handin.student, self.key(handin))
        except Stopped as stopped:
            return stopped
        return self.store(handin, report, time.perf_counter() - start, traceback)

    def stored(self, handin: Handin) -> Answer | None:
        """The stored result if it is fresh, else None; a grader fault never counts as fresh."""
        report = None if self._force else self._results.read(self.exam.release.slug, handin.student)
        if report is None or report.key != self.key(handin) or report.verdict is Verdict.GRADER_FAULT:
            return None
        return self._done(handin, report, False)

    def store(self, handin: Handin, report: Report, seconds: float | None, traceback: str) -> Answer:
        """Store a new report."""
        try:
            self._results.write(report, seconds, traceback)
        except OSError as error:
            return self._stopped(error)
        return self._done(handin, report, True)

    def store_lost(self, handin: Handin) -> Answer:
        """Store a grader fault for a submission over which two processes died."""
        report = lost(self.exam, handin.student)
        return self.store(handin, report, None, f"{report.notes[0]}\nIt was {handin.path}.\n")

    def key(self, handin: Handin) -> str:
        return result_key(self.base, handin)

    def _done(self, handin: Handin, report: Report, now: bool) -> Answer:
        try:
            if self._then:
                self._then(Graded(handin, report, now, self.exam.release))
        except OSError as error:
            return self._stopped(error)
        return report, now

    def _stopped(self, error: OSError) -> Stopped:
        """Why the class's folder cannot be written; returned, because the pool passes on no exception."""
        return Stopped(not_written(error, self._results.term))


def secret_seed(term: Path) -> str:
    """The course's secret seed, made at the first grading and kept with the class's data."""
    path = term / "seed"
    if not path.exists():
        write_whole(path, f"{secrets.token_hex(16)}\n".encode(), mode=0o600)
    return path.read_text(encoding="ascii").strip()


def result_key(base: str, handin: Handin) -> str:
    """A hash of all that one result depends on. A file that cannot be read counts as empty."""
    digest = hashlib.sha256(base.encode() + handin.student.encode() + b"\0")
    with contextlib.suppress(OSError):
        if handin.path.is_file():
            with handin.path.open("rb") as file:
                while part := file.read(2**20):
                    digest.update(part)
    for path in copies_beside(handin.path):
        with contextlib.suppress(OSError):
            found = path.lstat()
            digest.update(
                f"{path.name} {found.st_size} {found.st_mtime_ns}".encode("utf-8", "surrogateescape")
            )
    return digest.hexdigest()
