"""Grades submissions one after the other in one process; what fails here is a fault of ours, and is said."""

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
from autograder.sandbox.handle import SandboxError
from autograder.sandbox.sandbox import Sandbox, sandbox_for
from autograder.submissions.submission import Submission

# The rooms whose code can change a result; what a page or a command looks like regrades nothing.
ENGINE = Path(__file__).parents[1]
ROOMS = ("worker", "sandbox", "course", "submissions", "laws", "calls", "grading")
OpenSandbox = Callable[..., Sandbox]


class Stopped(Exception):
    """Nothing can be graded here: the sentence says why, and what to do."""


class Grader:
    """One exam, and a sandbox that is opened when it is needed. Use as a context manager."""

    def __init__(self, exam: Exam, open_sandbox: OpenSandbox = Sandbox) -> None:
        self.exam, self._open = exam, open_sandbox
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def grade(self, read: Callable[[], Submission], student: str, key: str) -> tuple[Report, str]:
        """The report on what ``read`` gives, and how a fault of ours in it came about, or nothing.

        A sandbox that ended is opened anew and the submission graded again, once. Raises Stopped only.
        """
        for last in (False, True):
            told: list[str] = []
            try:
                box = self._sandbox or self._opened()
                return grade(self.exam, read(), box, student=student, key=key, told=told.append), "\n".join(
                    told
                )
            except Stopped:
                raise
            except Exception as error:
                self.close()
                if isinstance(error, SandboxError) and not last:  # somebody ended it: once is nobody's fault
                    continue
                why = f"The grader failed over this submission ({type(error).__name__}: {error})"
                return lost(self.exam, student, why), traceback.format_exc()
        raise AssertionError("the last time returns")

    def close(self) -> None:
        box, self._sandbox = self._sandbox, None
        if box is not None:
            with contextlib.suppress(SandboxError):
                box.close()

    def _opened(self) -> Sandbox:
        try:
            self._sandbox = sandbox_for(self.exam.release, self._open)
        except (SandboxError, OSError) as error:
            raise Stopped(f"{error}; `autograder doctor` says what is missing.") from error
        return self._sandbox


def fingerprint(course: Course, slug: str, seed: str) -> str:
    """A hash of all that a result depends on besides the submission: assignment, checks, engine, seed.

    The checks are those of the chapter and of the chapters that carried parts come from.
    """
    digest = hashlib.sha256(f"{seed} {platform.python_version()} {np.__version__}".encode())
    digest.update(reference_text(course.solution(slug)).encode())
    files = [course.released(slug)]
    files += [path for folder in _content(course, slug) for path in sorted(folder.rglob("*.py"))]
    files += sorted(course.chapters.glob("*.py"))
    engine = [path for room in ROOMS for path in sorted((ENGINE / room).rglob("*.py"))]
    engine.append(ENGINE / "checking.py")
    for base, paths in ((course.root, files), (ENGINE, engine)):
        for path in paths:
            content = path.read_bytes() if path.exists() else b""
            digest.update(path.relative_to(base).as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def _content(course: Course, slug: str) -> list[Path]:
    """The folders of the chapters whose checks judge something in ``slug``."""
    origins = [part.origin for part in course.release(slug).carried] if course.released(slug).exists() else []
    return [course.content(name) for name in dict.fromkeys((slug, *origins))]
