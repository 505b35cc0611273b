"""Grades submissions one after another in one process; an error of its own becomes a grader fault."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from autograder.course.course import Course
from autograder.course.source import reference_text
from autograder.grading.exam import Exam
from autograder.grading.grading import grade, lost
from autograder.grading.verdict import Report
from autograder.sandbox.clock import CLOCK
from autograder.sandbox.handle import SandboxError
from autograder.sandbox.sandbox import Sandbox, sandbox_for
from autograder.submissions.submission import Submission

# The packages whose code can change a result. Changes elsewhere (pages, commands) keep stored results fresh.
ENGINE = Path(__file__).parents[1]
ROOMS = ("worker", "sandbox", "course", "submissions", "laws", "calls", "grading")
OpenSandbox = Callable[..., Sandbox]


class Stopped(Exception):
    """Grading cannot go on; the message says why and what to do."""


class Grader:
    """One exam, and a sandbox that is opened at the first submission. Use as a context manager.

    Where a protection is missing nothing is graded, unless ``without_sandbox`` says to.
    """

    def __init__(
        self, exam: Exam, open_sandbox: OpenSandbox = Sandbox, without_sandbox: bool = False
    ) -> None:
        self.exam, self._open, self._without = exam, open_sandbox, without_sandbox
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def grade(
        self, read: Callable[[], Submission], student: str, key: str, overran: tuple[str, ...] = ()
    ) -> tuple[Report, str]:
        """The report on the submission that ``read`` returns, and the tracebacks of grader faults, if any.

        ``overran`` are exercises over which a process had to be ended: they are not judged again. A
        sandbox that was killed is opened anew and the submission graded again, once. Raises Stopped only.
        """
        for last in (False, True):
            tracebacks: list[str] = []
            try:
                sandbox = self._sandbox or self._open_sandbox()
                CLOCK.at("")
                report = grade(
                    self.exam,
                    read(),
                    sandbox,
                    student=student,
                    key=key,
                    on_fault=tracebacks.append,
                    overran=overran,
                )
                return report, "\n".join(tracebacks)
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001 - one bad submission must not stop the class
                self.close()
                if isinstance(error, SandboxError) and not last:  # killed: retry once
                    continue
                why = f"The grader failed over this submission ({type(error).__name__}: {error})"
                return lost(self.exam, student, why), traceback.format_exc()
        raise AssertionError("the last time returns")

    def close(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            with contextlib.suppress(SandboxError):
                sandbox.close()

    def _open_sandbox(self) -> Sandbox:
        CLOCK.idle()  # it depends on no submission, and may take long on a busy machine
        try:
            self._sandbox = sandbox_for(self.exam.release, self._open, self.exam.limits)
        except (SandboxError, OSError) as error:
            raise Stopped(f"{error}; `autograder doctor` says what is missing.") from error
        if self._sandbox.protections_off and not self._without:
            off = ", ".join(self._sandbox.protections_off)
            self.close()
            raise Stopped(
                f"nothing is graded: this machine lacks {off}; `autograder doctor` says what that costs and "
                "what to install. To grade all the same: --without-sandbox."
            )
        limits = self._sandbox.limits
        CLOCK.limit(limits.trusted_wall_seconds, limits.trusted_memory_mib * 2**20)
        return self._sandbox


def fingerprint(course: Course, slug: str, seed: str) -> str:
    """A hash of all that a result depends on besides the submission: assignment, checks, engine, seed.

    The checks of the chapters that carried parts come from are included.
    """
    digest = hashlib.sha256(f"{seed} {platform.python_version()} {np.__version__}".encode())
    digest.update(reference_text(course.solution(slug)).encode() + course.selection.text(slug).encode())
    for base, paths in ((course.root, content_files(course, slug)), (ENGINE, engine_files())):
        for path in paths:
            content = path.read_bytes() if path.exists() else b""
            digest.update(path.relative_to(base).as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def content_files(course: Course, slug: str) -> list[Path]:
    """The files of a course, but for the reference, on which the results of ``slug`` depend."""
    files = [course.released(slug)]
    files += [path for folder in _content_folders(course, slug) for path in sorted(folder.rglob("*.py"))]
    return files + sorted(course.chapters.glob("*.py"))


def engine_files() -> list[Path]:
    """The engine's own files on which results depend."""
    engine = [path for room in ROOMS for path in sorted((ENGINE / room).rglob("*.py"))]
    return [*engine, ENGINE / "checking.py", ENGINE / "safe_text.py"]


def _content_folders(course: Course, slug: str) -> list[Path]:
    """The folders of the chapters whose checks judge something in ``slug``."""
    origins = [part.origin for part in course.release(slug).carried] if course.released(slug).exists() else []
    return [course.content(name) for name in dict.fromkeys((slug, *origins))]
