"""Grades a whole class: what was handed in, what is still fresh, where the results go."""

from __future__ import annotations

import hashlib
import platform
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.course import Course, CourseError
from autograder.grading import grade, load_exam, lost
from autograder.pieces import reference_text
from autograder.pool import jobs_for, spread
from autograder.sandbox import Sandbox
from autograder.store import Handin, Results
from autograder.submission import Submission, read_submission
from autograder.verdict import Report


@dataclass(frozen=True)
class Graded:
    """One submission after a run: its report, what was read, and whether it was graded just now."""

    handin: Handin
    report: Report
    submission: Submission
    now: bool


def grade_class(
    course: Course,
    slug: str,
    term: Path,
    *,
    students: Iterable[str] | None = None,
    force: bool = False,
    jobs: int | None = None,
    sandbox: Callable[[], Sandbox] = Sandbox,
) -> tuple[Graded, ...]:
    """Grade what ``term`` holds for ``slug``; results that are still fresh are taken as they are.

    ``jobs`` processes share the work, by default one a core. Each report is stored as soon as it is there,
    so that a run which is stopped goes on where it was. ``sandbox`` opens each process's sandbox.
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
    base = fingerprint(course, slug, exam.seed)
    submissions = [read_submission(handin.path, exam.release) for handin in handins]
    keys = [_key(base, handin) for handin in handins]
    reports = [None if force else _stored(results, slug, *pair) for pair in zip(handins, keys, strict=True)]
    todo = [index for index, report in enumerate(reports) if report is None]

    @contextmanager
    def opened() -> Iterator[Callable[[int], tuple[Report, float]]]:
        with sandbox() as box:

            def work(index: int) -> tuple[Report, float]:
                start = time.perf_counter()
                student = handins[index].student
                report = grade(exam, submissions[index], box, student=student, key=keys[index])
                return report, time.perf_counter() - start

            yield work

    def died(index: int) -> tuple[Report, float]:
        return lost(exam, handins[index].student), 0.0

    for place, (report, seconds) in spread(todo, opened, died, jobs or jobs_for(len(todo))):
        reports[todo[place]] = report
        results.write(report, seconds)
    now = set(todo)
    return tuple(
        Graded(*parts, index in now)
        for index, parts in enumerate(zip(handins, reports, submissions, strict=True))
    )


def _stored(results: Results, slug: str, handin: Handin, key: str) -> Report | None:
    """The stored report of a submission, if it still holds."""
    report = results.read(slug, handin.student)
    return report if report is not None and report.key == key else None


def secret_seed(term: Path) -> str:
    """The course's secret seed, made at the first grading and kept with the class's data."""
    path = term / "seed"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
        path.chmod(0o600)
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


def _key(base: str, handin: Handin) -> str:
    content = handin.path.read_bytes() if handin.path.is_file() else b""
    return hashlib.sha256(base.encode() + handin.student.encode() + b"\0" + content).hexdigest()
