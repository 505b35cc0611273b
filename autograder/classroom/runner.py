"""Grades a whole class: finds the submissions, grades those without a fresh result, stores reports."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import packages_distributions
from pathlib import Path

from autograder.classroom.grader import Grader, OpenSandbox, Stopped, fingerprint
from autograder.classroom.pool import jobs_for, spread
from autograder.classroom.results import Results
from autograder.course.course import Course, CourseError
from autograder.course.release import Release
from autograder.files import not_written, private, write_whole
from autograder.grading.exam import load_exam
from autograder.grading.grading import lost
from autograder.grading.verdict import Report, Verdict
from autograder.near import nearest
from autograder.platforms import NEEDS_LINUX, can_grade
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.handin import Handin, handins
from autograder.submissions.notebook_file import Handed, read_handed
from autograder.submissions.submission import Submission, read_submission


@dataclass(frozen=True)
class Graded:
    """One submission after a run: its report, and whether it was graded just now.

    ``file`` is what was graded; None in a process that did not grade it.
    """

    handin: Handin
    report: Report
    now: bool
    release: Release
    base: str = ""
    file: HandedFile | None = None

    @cached_property
    def submission(self) -> Submission:
        """The submission that was graded; of a file that has changed since then, nothing is shown."""
        if self.file is not None:
            return self.file.submission
        again = HandedFile(self.handin, self.base, self.release)
        if again.key != self.report.key and self.report.key:
            return Submission(problem="The file has changed since it was graded; grade it again.")
        return again.submission


class HandedFile:
    """One student's file, read once: what the key covers is what is graded and shown."""

    def __init__(self, handin: Handin, base: str, release: Release) -> None:
        self._path, self._release = handin.path, release
        self._handed = read_handed(handin.path)
        self.key = result_key(base, handin, self._handed)

    @cached_property
    def submission(self) -> Submission:
        found = read_submission(self._path, self._release, self._handed)
        self._handed = Handed(problem="read")  # its bytes may be many
        return found


Then = Callable[[Graded], None]
Seen = Callable[[int, Report, bool], None]  # the size of the class, a report, whether it was made just now
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
    without_sandbox: bool = False,
    new_round: bool = False,
    then: Then | None = None,
    seen: Seen | None = None,
) -> tuple[Graded, ...]:
    """Grade what ``term`` holds for ``slug``; a stored result that is still fresh is used.

    The work is shared by ``jobs`` processes, by default one per core, or by the Dask cluster at the address
    ``scheduler``. Each report is stored at once, so an interrupted run continues where it stopped.
    ``sandbox`` opens the sandbox of a process; where a protection is missing, CourseError says so unless
    ``without_sandbox`` is set. ``new_round`` asks other hidden questions from now on. ``then`` is called for
    every submission once its report is stored, in the process that stored it; ``seen`` is called in this
    process, with the size of the class, each report and whether it was made just now.
    """
    course.require(slug)
    if not can_grade():
        raise CourseError(NEEDS_LINUX)
    results = Results(term)
    wanted = None if students is None else set(students)
    handed_in = handins(term, slug, wanted)
    _all_there(term, slug, wanted, handed_in)
    if not handed_in:
        raise CourseError(
            f"nothing to grade: {term}/submitted holds no folder <student>/{slug}; "
            f"put each notebook at {term}/submitted/<student>/{slug}/{slug}.ipynb."
        )
    private(term)
    exam = load_exam(course, slug, secret_seed(term, slug, new_round))
    class_run = ClassRun(
        Grader(exam, sandbox, without_sandbox), results, fingerprint(course, slug, exam.seed), force, then
    )
    if scheduler:
        answers = _by_cluster(class_run, course, scheduler, handed_in, without_sandbox)
    else:
        answers = spread(handed_in, class_run.running, class_run.store_lost, jobs or jobs_for(len(handed_in)))
    graded: dict[int, Graded] = {}
    with contextlib.closing(answers):
        for index, answer in answers:
            if isinstance(answer, Stopped):
                raise CourseError(str(answer))
            report, now = answer
            graded[index] = Graded(handed_in[index], report, now, exam.release, class_run.base)
            if seen:
                seen(len(handed_in), report, now)
    return tuple(graded[index] for index in range(len(handed_in)))


def _all_there(term: Path, slug: str, students: set[str] | None, handed_in: Iterable[Handin]) -> None:
    """Raises CourseError for a name among ``students`` that handed in nothing."""
    absent = sorted((students or set()) - {handin.student for handin in handed_in})
    if absent:
        everybody = [handin.student for handin in handins(term, slug)]
        if everybody:
            near = nearest(absent[0], everybody)
            cure = f"Did you mean {near}?" if near else f"{len(everybody)} others have."
            raise CourseError(f"{absent[0]} has handed in nothing for {slug}. {cure}")


def _by_cluster(
    class_run: ClassRun, course: Course, scheduler: str, handins: tuple[Handin, ...], without_sandbox: bool
) -> Generator[tuple[int, Answer], None, None]:
    """The same as `ClassRun.grade` for every hand-in, with the grading itself done by a cluster."""
    try:
        from autograder.classroom.cluster import Place, grade_over
    except ImportError as error:
        package = __name__.partition(".")[0]
        (engine, *_) = packages_distributions().get(package, ["."])  # not installed: this is its checkout
        cure = f"pip install '{engine}[cluster]'"
        raise CourseError(f"--scheduler needs dask.distributed; type: {cure}") from error
    todo, files = [], {}
    for index, handin in enumerate(handins):
        file = class_run.file(handin)
        answer = class_run.stored(handin, file)
        if answer is None:
            todo.append((index, file.submission, handin.student, file.key))
            files[index] = file
        else:
            yield index, answer
    place = Place(
        course.root,
        class_run.exam.release.slug,
        class_run.exam.seed,
        class_run.base,
        without_sandbox,
        course.selection,
    )
    for index, found in grade_over(scheduler, place, todo):
        handin = handins[index]
        yield (
            index,
            (
                class_run.store_lost(handin)
                if found is None
                else class_run.store(handin, *found, file=files.pop(index))
            ),
        )


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

    def grade(self, handin: Handin, overran: tuple[str, ...] = ()) -> Answer:
        """The submission's stored result if it is fresh; else it is graded now and stored.

        ``overran`` are exercises over which a process had to be ended.
        """
        file = self.file(handin)
        answer = self.stored(handin, file)
        if answer is not None:
            return answer
        start = time.perf_counter()
        try:
            report, traceback = self._grader.grade(lambda: file.submission, handin.student, file.key, overran)
        except Stopped as stopped:
            return stopped
        return self.store(handin, report, time.perf_counter() - start, traceback, file)

    def file(self, handin: Handin) -> HandedFile:
        return HandedFile(handin, self.base, self.exam.release)

    def stored(self, handin: Handin, file: HandedFile) -> Answer | None:
        """The stored result if it is fresh, else None; a grader fault never counts as fresh."""
        report = None if self._force else self._results.read(self.exam.release.slug, handin.student)
        if report is None or report.key != file.key or report.verdict is Verdict.GRADER_FAULT:
            return None
        return self._done(handin, report, False, file)

    def store(
        self,
        handin: Handin,
        report: Report,
        seconds: float | None,
        traceback: str,
        file: HandedFile | None = None,
    ) -> Answer:
        """Store a new report."""
        try:
            self._results.write(report, seconds, traceback)
        except OSError as error:
            return self._stopped(error)
        return self._done(handin, report, True, file)

    def store_lost(self, handin: Handin) -> Answer:
        """Store a grader fault for a submission over which two processes died."""
        report = lost(self.exam, handin.student)
        return self.store(handin, report, None, f"{report.notes[0]}\nIt was {handin.path}.\n")

    def _done(self, handin: Handin, report: Report, now: bool, file: HandedFile | None) -> Answer:
        try:
            if self._then:
                self._then(Graded(handin, report, now, self.exam.release, self.base, file))
        except OSError as error:
            return self._stopped(error)
        return report, now

    def _stopped(self, error: OSError) -> Stopped:
        """Why the class's folder cannot be written; returned, because the pool passes on no exception."""
        return Stopped(not_written(error, self._results.term))


def secret_seed(term: Path, slug: str, new_round: bool = False) -> str:
    """The secret seed of one round of ``slug``: all that is handed in until the next round begins.

    It is derived from the class's own seed, which is made at the first grading and kept with its data. A
    CourseError if that file is gone while there are results: others would be graded by other questions.
    """
    path, rounds = term / "seed", term / "rounds" / slug
    if not path.exists():
        if any((term / "results").glob("*/*.json")):
            raise CourseError(
                f"{path} is missing, and the results in {term / 'results'} were made with it; put it back "
                "from your backup, or remove these results to grade everybody again with other questions."
            )
        write_whole(path, f"{secrets.token_hex(16)}\n".encode(), mode=0o600)
    number = int(rounds.read_text(encoding="ascii")) if rounds.exists() else 1
    if new_round:
        number += 1
        write_whole(rounds, f"{number}\n".encode(), mode=0o600)
    text = f"{path.read_text(encoding='ascii').strip()}/{slug}/{number}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def result_key(base: str, handin: Handin, handed: Handed) -> str:
    """A hash of all that one result depends on."""
    text = f"{base}{handin.student}\0".encode("utf-8", "backslashreplace")
    return hashlib.sha256(text + handed.digest).hexdigest()
