"""Grades one submission of one assignment: student code in a worker, checks and verdicts here.

`grade` never raises for what a submission does. An error of the grader's own becomes the verdict *grader at
fault* of the exercise in which it happened.
"""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from autograder.course.release import Exercise, Release
from autograder.grading.carried import Parts, functions_in, not_asked_for
from autograder.grading.exam import Exam
from autograder.grading.judging import NO_MEMORY, judge
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict, overall
from autograder.sandbox.clock import CLOCK
from autograder.sandbox.handle import SandboxError
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.notebook_file import defined, similar_name
from autograder.submissions.static import borrowed, mentions, rebound
from autograder.submissions.submission import Submission

MAX_OVERRAN = 3
OVERRAN = (
    "What it returns, or asks of the functions that it is given, keeps the grader itself busy for more than "
    "{seconds}; it stopped there."
)


def grade(
    exam: Exam,
    submission: Submission,
    sandbox: Sandbox,
    *,
    student: str,
    key: str = "",
    on_fault: Callable[[str], Any] | None = None,
    overran: tuple[str, ...] = (),
) -> Report:
    """The report on one submission; ``on_fault`` is called with the traceback of each grader fault.

    ``overran`` are exercises over which the process that judged them had to be ended: they are not judged
    again. After `MAX_OVERRAN` of them those that follow are not judged either.
    """
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
            CLOCK.at(exercise.name)
            if exercise.name in overran or set(overran[MAX_OVERRAN - 1 :]) & {one.name for one in results}:
                seconds = f"{sandbox.limits.trusted_wall_seconds:g} s"
                results.append(used_up(exercise, OVERRAN.format(seconds=seconds)))
                continue
            results.append(_guarded(exam, run, exercise, results, on_fault, parts))
        CLOCK.at("")
        notes = (*submission.notes, *run.notes, *parts.notes(results))
    exercises = (*results, *(_in_words(exercise, submission) for exercise in exam.release.manual))
    named = borrowed(submission.sources, exam.free)
    return Report(slug, student, overall(exercises), exercises, notes, sandbox.protections_off, key, named)


def used_up(exercise: Exercise, sentence: str) -> ExerciseResult:
    """The result of an exercise that cannot be judged within the limits of the trusted side."""
    row = CheckResult("limits", "Judging it stays within the limits", 0.0, Verdict.TIMEOUT, sentence)
    return ExerciseResult(exercise.name, exercise.points, 0.0, Verdict.TIMEOUT, (row,))


def lost(
    exam: Exam, student: str, why: str = "The process that graded this submission ended twice"
) -> Report:
    """The report on a submission that a grader fault kept from being graded; ``why`` describes the fault."""
    sentence = f"{why}; its result is missing, not zero."
    exercises = tuple(
        ExerciseResult(exercise.name, exercise.points, None, Verdict.GRADER_FAULT)
        for exercise in exam.release.marked
    )
    return Report(exam.release.slug, student, Verdict.GRADER_FAULT, exercises, (sentence,))


def _in_words(exercise: Exercise, submission: Submission) -> ExerciseResult:
    """The result of an answer in words: no score until a person marks it, and 0 where nothing was written."""
    if exercise.name in submission.answers:
        return ExerciseResult(exercise.name, exercise.points, None, Verdict.FOR_A_PERSON)
    return ExerciseResult(exercise.name, exercise.points, 0.0, Verdict.NOT_ATTEMPTED)


def _parts(exam: Exam, run: NotebookRun) -> Parts:
    """The carried parts, each judged like an exercise of its own assignment, without hints."""

    def judged(part: Exercise) -> ExerciseResult:
        if is_stub(exam.release, part, run.submission):
            return ExerciseResult(part.name, 0.0, 0.0, Verdict.NOT_ATTEMPTED)
        theirs = replace(exam, check_set=exam.origins[part.origin], known=(), conventions=())
        return judge(theirs, run, part)

    return Parts(exam.release.carried, judged)


def _guarded(
    exam: Exam,
    run: NotebookRun,
    exercise: Exercise,
    before: list[ExerciseResult],
    on_fault: Callable[[str], Any] | None = None,
    parts: Parts | None = None,
) -> ExerciseResult:
    """The result of one exercise; a grader fault costs the student nothing and does not stop the others."""
    try:
        return _exercise(exam, run, exercise, before, parts, on_fault)
    except SandboxError:  # the other exercises need the sandbox too
        raise
    except MemoryError:
        run.restart(keep_lent=False)
        return used_up(exercise, NO_MEMORY)
    except Exception as error:  # noqa: BLE001 - a bug of the grader's must not become the student's zero
        if on_fault:
            on_fault(f"In {exercise.name}:\n{traceback.format_exc()}")
        where = traceback.extract_tb(error.__traceback__)[-1]
        sentence = f"{type(error).__name__} in {where.name}, line {where.lineno}: {error}"
        fault = CheckResult("grader", "The grader itself", 0.0, Verdict.GRADER_FAULT, sentence)
        return ExerciseResult(exercise.name, exercise.points, None, Verdict.GRADER_FAULT, (fault,))


def _exercise(
    exam: Exam,
    run: NotebookRun,
    exercise: Exercise,
    before: list[ExerciseResult],
    parts: Parts | None,
    on_fault: Callable[[str], Any] | None,
) -> ExerciseResult:
    if is_stub(exam.release, exercise, run.submission):
        return ExerciseResult(
            exercise.name, exercise.points, 0.0, Verdict.NOT_ATTEMPTED, _no_cell(exercise, run.submission)
        )
    own = judge(exam, run, exercise, on_fault)
    if own.verdict is not Verdict.CORRECT:
        own = _below_its_cell(exam, run, exercise, own, on_fault)
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
    carried = judge(exam, run, exercise, on_fault)
    run.restart(keep_lent=False)
    better = carried.score is not None and own.score is not None and carried.score > own.score
    return replace(carried, carried=True) if better else own


def _below_its_cell(
    exam: Exam,
    run: NotebookRun,
    exercise: Exercise,
    own: ExerciseResult,
    on_fault: Callable[[str], Any] | None,
) -> ExerciseResult:
    """The better of ``own`` and a second judging without the cells below, if these rebind what it uses."""
    place = run.submission.place(exercise.name)
    used = (*exam.release.setup, *run.submission.sources[: place + 1])
    names = rebound(used, run.submission.sources[place + 1 :])
    if place < 0 or not names:
        return own
    run.stop_below(exercise.name)
    earlier = judge(exam, run, exercise, on_fault)
    run.restart()
    if earlier.score is None or own.score is None or earlier.score <= own.score:
        return own
    run.note(
        f"Cells below {exercise.name} change {', '.join(names)}, which it uses. As the notebook was left it "
        f"gets {own.score:g} points, without those cells {earlier.score:g}; the better counts."
    )
    return earlier


def _no_cell(exercise: Exercise, submission: Submission) -> tuple[CheckResult, ...]:
    """A row that says so if the notebook has no cell for an exercise any more."""
    if exercise.name in submission.answers:
        return ()
    gone = (
        f"The notebook has no cell for {exercise.name} any more. Take the released notebook, and copy your "
        "answers over."
    )
    return (CheckResult("cell", "The cell to answer in", 0.0, Verdict.NOT_ATTEMPTED, gone),)


def _helpers(exam: Exam, faulty: list[ExerciseResult]) -> dict[str, Callable]:
    """The reference's functions of the exercises that were not right, as callbacks for the worker.

    A generator's items are sent as one list. A class cannot be sent at all and is left out.
    """
    solution = functions_in(exam.release)
    found = {name: exam.check_set.reference.get(name) for result in faulty for name in solution[result.name]}
    return {name: _as_callback(function) for name, function in found.items() if inspect.isfunction(function)}


def _as_callback(function: Callable) -> Callable:
    if not inspect.isgeneratorfunction(function):
        return function
    return lambda *args, **kwargs: list(function(*args, **kwargs))


def is_stub(release: Release, exercise: Exercise, submission: Submission) -> bool:
    """Whether the exercise's cell is still the released stub, apart from whitespace and comments.

    A deleted cell counts as a stub only if no other cell defines the function or one with a similar name.
    A stub does not count as one if a second cell defines the function.
    """
    answer, found = submission.answers.get(exercise.name), submission.defined
    if answer is None:
        others = not_asked_for(release, found)
        return exercise.name not in found and not similar_name(exercise.name, others)
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
    """(names, tree as text) of a stub. An answer without one of the names differs: it need not be parsed."""
    tree = ast.parse(source)
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(word for word in words if word.isascii()), ast.dump(tree)
