"""Grades a whole class: what was handed in, what is still fresh, where the results go."""

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
        """What was handed in, read again."""
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
    """Grade what ``term`` holds for ``slug``; results that are still fresh are taken as they are.

    ``jobs`` processes share the work, by default one a core; or the Dask cluster whose ``scheduler`` has that
    address. Each report is stored as soon as it is there, so that a run which is stopped goes on where it
    was. ``sandbox`` opens each process's sandbox; ``then`` is called for every submission once its report is
    stored, in whichever process has it; ``seen`` here, with the size of the class and each report.
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
    clerk = ClassRun(Grader(exam, sandbox), results, fingerprint(course, slug, exam.seed), force, then)
    if scheduler:
        answers = _by_cluster(clerk, course, scheduler, handed_in)
    else:
        answers = spread(handed_in, clerk.at_work, clerk.give_up, jobs or jobs_for(len(handed_in)))
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
    clerk: ClassRun, course: Course, scheduler: str, handins: tuple[Handin, ...]
) -> Generator[tuple[int, Answer], None, None]:
    """The work of `ClassRun.attend`, with the grading itself done by a cluster."""
    try:
        from autograder.classroom.cluster import Place, grade_over
    except ImportError as error:
        package = __name__.partition(".")[0]
        (engine, *_) = packages_distributions().get(package, ["."])  # not installed: this is its checkout
        cure = f"pip install '{engine}[cluster]'"
        raise CourseError(f"--scheduler needs dask.distributed; type: {cure}") from error
    todo = []
    for index, handin in enumerate(handins):
        answer = clerk.settled(handin)
        if answer is None:
            submission = read_submission(handin.path, clerk.exam.release)
            todo.append((index, submission, handin.student, clerk.key(handin)))
        else:
            yield index, answer
    place = Place(course.root, clerk.exam.release.slug, clerk.exam.seed, clerk.base)
    for index, found in grade_over(scheduler, place, todo):
        handin = handins[index]
        yield index, clerk.give_up(handin) if found is None else clerk.settle(handin, *found)


class ClassRun:
    """Sees to one submission after the other: is its result fresh, else have it graded, and store it."""

    def __init__(
        self, grader: Grader, results: Results, base: str, force: bool = False, then: Then | None = None
    ) -> None:
        self._grader, self._results, self._force, self._then = grader, results, force, then
        self.exam, self.base = grader.exam, base

    @contextmanager
    def at_work(self) -> Iterator[Callable[[Handin], Answer]]:
        with self._grader:
            yield self.attend

    def attend(self, handin: Handin) -> Answer:
        """The submission's stored result where that still holds, else graded now and stored."""
        answer = self.settled(handin)
        if answer is not None:
            return answer
        start = time.perf_counter()
        read = partial(read_submission, handin.path, self.exam.release)
        try:
            report, traceback = self._grader.grade(read, handin.student, self.key(handin))
        except Stopped as stopped:
            return stopped
        return self.settle(handin, report, time.perf_counter() - start, traceback)

    def settled(self, handin: Handin) -> Answer | None:
        """The stored result, if it still holds; a fault of ours never does."""
        report = None if self._force else self._results.read(self.exam.release.slug, handin.student)
        if report is None or report.key != self.key(handin) or report.verdict is Verdict.GRADER_FAULT:
            return None
        return self._done(handin, report, False)

    def settle(self, handin: Handin, report: Report, seconds: float | None, traceback: str) -> Answer:
        """Store a new report."""
        try:
            self._results.write(report, seconds, traceback)
        except OSError as error:
            return self._stopped(error)
        return self._done(handin, report, True)

    def give_up(self, handin: Handin) -> Answer:
        """What is said of a submission over which two processes ended: our fault, to be looked into."""
        report = lost(self.exam, handin.student)
        return self.settle(handin, report, None, f"{report.notes[0]}\nIt was {handin.path}.\n")

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
        """What keeps the class's folder from being written, as a value that crosses between processes."""
        return Stopped(not_written(error, self._results.term))


def secret_seed(term: Path) -> str:
    """The course's secret seed, made at the first grading and kept with the class's data."""
    path = term / "seed"
    if not path.exists():
        write_whole(path, f"{secrets.token_hex(16)}\n".encode(), mode=0o600)
    return path.read_text(encoding="ascii").strip()


def result_key(base: str, handin: Handin) -> str:
    """The key of one result: what it depends on altogether. A file that cannot be read counts as empty."""
    digest = hashlib.sha256(base.encode() + handin.student.encode() + b"\0")
    with contextlib.suppress(OSError):
        if handin.path.is_file():
            with handin.path.open("rb") as file:
                while part := file.read(2**20):
                    digest.update(part)
    return digest.hexdigest()
