"""Reports made by hand on the toy chapter's release, for the tests of what follows grading."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path

import toy

from autograder.authoring.release import student_notebook
from autograder.course.release import Release, read_release
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict, overall
from autograder.reporting import class_report as module
from autograder.reporting import marks_csv as csv_module
from autograder.reporting.rows import mark_rows

HINT = "Your step goes up the slope: the update has the wrong sign."
POINTS = {"heavy_step": 3.0, "fit_line": 2.5}
STEP_ANSWER = "def heavy_init(params):\n    return {}\n\n\ndef heavy_step(*args):\n    return args"
FIT_ANSWER = "def fit_line(*args):\n    return 1"
ANSWERS = {"heavy_step": STEP_ANSWER, "fit_line": FIT_ANSWER}


@functools.cache
def toy_release() -> Release:
    """The toy chapter as released by nbgrader; nobody may change it."""
    with tempfile.TemporaryDirectory() as folder:
        course = toy.write_course(Path(folder))
        return read_release("toy", json.loads(student_notebook(course, "toy")), course.due("toy"))


def result(name: str, verdict: Verdict, score: float | None, *hints: str) -> ExerciseResult:
    """One exercise with two checks that fit the verdict."""
    message = "" if verdict is Verdict.CORRECT else "Look at the sign."
    checks = (
        CheckResult("test_a", "The first step is lr times the gradient.", 1.0, verdict, message),
        CheckResult("test_b", "Five steps end where momentum ends.", 2.0, verdict, message),
    )
    return ExerciseResult(name, POINTS[name], score, verdict, checks if score is not None else (), hints)


def report(student: str, *results: ExerciseResult, notes: tuple[str, ...] = ()) -> Report:
    return Report("toy", student, overall(results), results, notes, ("network",), "key")


def right(student: str) -> Report:
    return report(student, *(result(name, Verdict.CORRECT, points) for name, points in POINTS.items()))


def wrong(student: str, score: float = 0.0) -> Report:
    return report(
        student,
        result("heavy_step", Verdict.WRONG, score, HINT),
        result("fit_line", Verdict.NOT_ATTEMPTED, 0.0),
    )


def ungraded(student: str, note: str = "The file is not a notebook; save it and hand it in again.") -> Report:
    results = tuple(ExerciseResult(name, points, None, Verdict.NOT_GRADED) for name, points in POINTS.items())
    return report(student, *results, notes=(note,))


def class_report(reports, release, standings=None, overrides=None, **options) -> str:
    """The page of a class, from its reports."""
    return module.class_report(mark_rows(reports, release, standings, overrides), release, **options)


def gradebook_table(reports, release, standings=None, overrides=None, **options) -> str:
    """The table of a class, from its reports."""
    return module.gradebook_table(mark_rows(reports, release, standings, overrides), release, **options)


def marks_csv(reports, release, standings=None, overrides=None) -> str:
    """The marks of a class, from its reports."""
    return csv_module.marks_csv(mark_rows(reports, release, standings, overrides), release)
