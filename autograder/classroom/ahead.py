"""Grades several classes with one set of processes: while one of them waits for a time limit, others go on.

Reports are stored, and nothing else is written. Publishing a class finds them fresh.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from autograder.classroom.grader import Grader, Stopped, fingerprint
from autograder.classroom.pool import jobs_for, spread
from autograder.classroom.results import Results
from autograder.classroom.runner import ClassRun, Seen, secret_seed
from autograder.course.course import Course, CourseError
from autograder.files import private
from autograder.grading.exam import load_exam
from autograder.submissions.handin import Handin, handins

Task = tuple[int, Handin]  # the number of the class in its list


class _Class:
    """One assignment's hand-ins, and what grades them in a process."""

    def __init__(self, course: Course, slug: str, term: Path, force: bool, without_sandbox: bool) -> None:
        exam = load_exam(course, slug, secret_seed(term, slug))
        self.grader = Grader(exam, without_sandbox=without_sandbox)
        self.run = ClassRun(self.grader, Results(term), fingerprint(course, slug, exam.seed), force)
        self.handins = handins(term, slug)


def grade_ahead(
    course: Course,
    slugs: Sequence[str],
    term: Path,
    force: bool = False,
    without_sandbox: bool = False,
    seen: Seen | None = None,
) -> dict[str, int]:
    """Grade what has no fresh result; how many of each class were graded now.

    ``seen`` is called with the number of all hand-ins and each report.
    """
    private(term)
    classes = [_Class(course, slug, term, force, without_sandbox) for slug in slugs]
    tasks = [(number, handin) for number, one in enumerate(classes) for handin in one.handins]
    now = dict.fromkeys(slugs, 0)

    def lost(task: Task) -> Any:
        return classes[task[0]].run.store_lost(task[1])

    answers = spread(tasks, partial(_opened, classes), lost, jobs_for(len(tasks)))
    with contextlib.closing(answers):
        for index, answer in answers:
            if isinstance(answer, Stopped):
                raise CourseError(str(answer))
            report, graded_now = answer
            now[slugs[tasks[index][0]]] += graded_now
            if seen:
                seen(len(tasks), report, graded_now)
    return now


@contextmanager
def _opened(classes: list[_Class]) -> Iterator[Callable[..., Any]]:
    """The function that grades a task in one process, which keeps the sandbox of one class at a time."""

    def grade(task: Task, *overran: Any) -> Any:
        number, handin = task
        for other, one in enumerate(classes):
            if other != number:
                one.grader.close()
        return classes[number].run.grade(handin, *overran)

    try:
        yield grade
    finally:
        for one in classes:
            one.grader.close()
