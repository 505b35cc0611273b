"""Grades one submission of one assignment: student code in a worker, checks and verdicts here.

`grade` never raises for what a submission does; what goes wrong on our side becomes *grader at fault* for the
exercise it happened in.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from autograder.course.release import Exercise
from autograder.grading.carried import Parts, functions_in
from autograder.grading.exam import Exam
from autograder.grading.judging import judge
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict, overall
from autograder.sandbox.handle import SandboxError
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.notebook_file import defined
from autograder.submissions.static import borrowed, mentions
from autograder.submissions.submission import Submission


def grade(
    exam: Exam,
    submission: Submission,
    sandbox: Sandbox,
    *,
    student: str,
    key: str = "",
    told: Callable[[str], Any] | None = None,
) -> Report:
    """The report on one submission; ``told`` hears how each fault of ours came about."""
    slug = exam.release.slug
    if submission.problem:
        ungraded = tuple(
            ExerciseResult(exercise.name, exercise.points, None, Verdict.NOT_GRADED)
            for exercise in exam.release.marked
        )
        notes: tuple[str, ...] = (submission.problem,)
        return Report(slug, student, Verdict.NOT_GRADED, ungraded, notes, sandbox.protections_off, key)
    with NotebookRun(exam.release, submission, sandbox) as run:
        results: list[ExerciseResult] = []
        parts = _parts(exam, run)
        for exercise in exam.release.exercises:
            results.append(_guarded(exam, run, exercise, results, told, parts))
        notes = (*submission.notes, *run.notes, *parts.notes(results))
    exercises = (*results, *(_in_words(exercise, submission) for exercise in exam.release.manual))
    named = borrowed(submission.sources, exam.free)
    return Report(slug, student, overall(exercises), exercises, notes, sandbox.protections_off, key, named)


def lost(
    exam: Exam, student: str, why: str = "The process that graded this submission ended twice"
) -> Report:
    """The report on a submission that could not be graded at all by our fault, which ``why`` says."""
    sentence = f"{why}; its result is missing, not zero."
    exercises = tuple(
        ExerciseResult(exercise.name, exercise.points, None, Verdict.GRADER_FAULT)
        for exercise in exam.release.marked
    )
    return Report(exam.release.slug, student, Verdict.GRADER_FAULT, exercises, (sentence,))


def _in_words(exercise: Exercise, submission: Submission) -> ExerciseResult:
    """An answer that a person marks: no score yet, or none at all where nothing was written."""
    if exercise.name in submission.answers:
        return ExerciseResult(exercise.name, exercise.points, None, Verdict.FOR_A_PERSON)
    return ExerciseResult(exercise.name, exercise.points, 0.0, Verdict.NOT_ATTEMPTED)


def _parts(exam: Exam, run: NotebookRun) -> Parts:
    """What the student brought along, to be judged like an exercise of its own assignment, without hints."""

    def judged(part: Exercise) -> ExerciseResult:
        if is_stub(part, run.submission):
            return ExerciseResult(part.name, 0.0, 0.0, Verdict.NOT_ATTEMPTED)
        theirs = replace(exam, check_set=exam.origins[part.origin], known=(), conventions=())
        return judge(theirs, run, part)

    return Parts(exam.release.carried, judged)


def _guarded(
    exam: Exam,
    run: NotebookRun,
    exercise: Exercise,
    before: list[ExerciseResult],
    told: Callable[[str], Any] | None = None,
    parts: Parts | None = None,
) -> ExerciseResult:
    """One exercise; a fault of ours costs the student nothing and ends nothing else."""
    try:
        return _exercise(exam, run, exercise, before, parts)
    except SandboxError:  # there is nothing left to grade with
        raise
    except Exception as error:
        if told:
            told(f"In {exercise.name}:\n{traceback.format_exc()}")
        where = traceback.extract_tb(error.__traceback__)[-1]
        sentence = f"{type(error).__name__} in {where.name}, line {where.lineno}: {error}"
        fault = CheckResult("grader", "The grader itself", 0.0, Verdict.GRADER_FAULT, sentence)
        return ExerciseResult(exercise.name, exercise.points, None, Verdict.GRADER_FAULT, (fault,))


def _exercise(
    exam: Exam, run: NotebookRun, exercise: Exercise, before: list[ExerciseResult], parts: Parts | None = None
) -> ExerciseResult:
    if is_stub(exercise, run.submission):
        return ExerciseResult(exercise.name, exercise.points, 0.0, Verdict.NOT_ATTEMPTED)
    own = judge(exam, run, exercise)
    if own.verdict is Verdict.CORRECT:
        return own
    faulty = [result for result in before if result.verdict is not Verdict.CORRECT]
    faulty += parts.faulty if parts else ()
    if not faulty:
        return own
    helpers = _helpers(exam, faulty)
    if not mentions((*exam.release.setup, *run.submission.sources), helpers):
        return own
    run.lend(helpers)
    carried = judge(exam, run, exercise)
    run.restart(keep_lent=False)
    better = carried.score is not None and own.score is not None and carried.score > own.score
    return replace(carried, carried=True) if better else own


def _helpers(exam: Exam, faulty: list[ExerciseResult]) -> dict[str, Callable]:
    """The reference's functions of the exercises that were not right, as callbacks.

    What a generator yields crosses as a list; a class cannot cross at all.
    """
    solution = functions_in(exam.release)
    found = {name: exam.check_set.reference.get(name) for result in faulty for name in solution[result.name]}
    return {name: _served(function) for name, function in found.items() if inspect.isfunction(function)}


def _served(function: Callable) -> Callable:
    if not inspect.isgeneratorfunction(function):
        return function
    return lambda *args, **kwargs: list(function(*args, **kwargs))


def is_stub(exercise: Exercise, submission: Submission) -> bool:
    """Whether the exercise's cell still is the released stub, whitespace and comments aside.

    A cell that is gone counts as is_stub only if nothing else in the notebook defines the function, or one
    by a name like it; a stub beside which a second cell defines the function is not is_stub.
    """
    answer, found = submission.answers.get(exercise.name), submission.defined
    if answer is None:
        return not difflib.get_close_matches(exercise.name, found, n=1, cutoff=0.6)
    if found.count(exercise.name) > defined(answer).count(exercise.name):
        return False
    words, tree = _stub(exercise.stub)
    if any(word not in answer for word in words):
        return False
    try:
        return ast.dump(ast.parse(answer)) == tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


@lru_cache(maxsize=256)
def _stub(source: str) -> tuple[frozenset[str], str]:
    """The names that a stub is made of, without which nothing can be like it, and its tree as text."""
    tree = ast.parse(source)
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(word for word in words if word.isascii()), ast.dump(tree)
