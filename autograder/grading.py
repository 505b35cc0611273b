"""Grades one submission of one assignment: student code in a worker, checks and verdicts here.

`Exam` is all that grading needs, loaded once a run. `grade` never raises for what a submission does; what
goes wrong on our side becomes *grader at fault* for the exercise it happened in.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from autograder import gates
from autograder.backends import Absent, Breach, Ended, Fault, Late, LocalBackend, Raised, WorkerBackend
from autograder.carried import Origin, Parts, functions_in, load_origins
from autograder.course import Course, Exercise, Release
from autograder.desk import Desk, defined
from autograder.diagnosis import Diagnosis, Journals, prepare, recognise
from autograder.hidden import Check, collect
from autograder.pieces import reference_text
from autograder.sandbox import Sandbox
from autograder.specimens import Specimen, load_specimens
from autograder.student import Player
from autograder.submission import Submission
from autograder.turns import chain, disturbed
from autograder.verdict import CheckResult, ExerciseResult, Report, Verdict, overall


@dataclass(frozen=True)
class Exam:
    """One assignment, ready to grade: the release, its checks, the reference, what is known of wrong answers.

    ``known`` are mistakes, ``conventions`` answers that are right elsewhere; ``origins`` are the assignments
    that carried parts come from.
    """

    release: Release
    checks: tuple[Check, ...]
    source: str
    reference: dict[str, Any]
    known: tuple[Diagnosis, ...]
    seed: str
    conventions: tuple[Diagnosis, ...] = ()
    origins: dict[str, Origin] = field(default_factory=dict)

    def of(self, exercise: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.exercise == exercise)


def load_exam(course: Course, slug: str, seed: str) -> Exam:
    """Collect the checks of ``slug``, replay mistakes and conventions; CourseError if a piece is missing."""
    release = course.release(slug)
    source = reference_text(course.solution(slug))
    reference = Specimen("", "reference", "").namespace(source)
    checks = collect(course.checks(slug), release.names)
    known, conventions = (
        prepare(load_specimens(course.mistakes(slug), name), source, reference, checks, seed)
        for name in ("MISTAKES", "CONVENTIONS")
    )
    origins = load_origins(course, release)
    return Exam(release, checks, source, reference, known, seed, conventions, origins)


def grade(exam: Exam, submission: Submission, sandbox: Sandbox, *, student: str, key: str = "") -> Report:
    """The report on one submission."""
    slug = exam.release.slug
    if submission.problem:
        ungraded = tuple(
            ExerciseResult(exercise.name, exercise.points, None, Verdict.NOT_GRADED)
            for exercise in exam.release.marked
        )
        notes = (submission.problem,)
        return Report(slug, student, Verdict.NOT_GRADED, ungraded, notes, sandbox.protections_off, key)
    with Desk(exam.release, submission, sandbox) as desk:
        results, parts = [], _parts(exam, desk)
        for exercise in exam.release.exercises:
            results.append(_guarded(exam, desk, exercise, results, parts))
        notes = (*submission.notes, *desk.notes, *parts.notes(results))
    exercises = (*results, *(_in_words(exercise, submission) for exercise in exam.release.manual))
    return Report(slug, student, overall(exercises), exercises, notes, sandbox.protections_off, key)


def lost(exam: Exam, student: str) -> Report:
    """The report on a submission whose grading process died twice: our fault, to be looked into."""
    sentence = "The process that graded this submission ended twice; its result is missing, not zero."
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


def _parts(exam: Exam, desk: Desk) -> Parts:
    """What the student brought along, to be judged like an exercise of its own assignment, without hints."""

    def judge(part: Exercise) -> ExerciseResult:
        if untouched(part, desk.submission):
            return ExerciseResult(part.name, 0.0, 0.0, Verdict.NOT_ATTEMPTED)
        origin = exam.origins[part.origin]
        theirs = replace(exam, checks=origin.checks, reference=origin.reference, known=(), conventions=())
        return _judge(theirs, desk, part)

    return Parts(exam.release.carried, judge)


def _guarded(
    exam: Exam, desk: Desk, exercise: Exercise, before: list[ExerciseResult], parts: Parts | None = None
) -> ExerciseResult:
    """One exercise; a fault of ours costs the student nothing and ends nothing else."""
    try:
        return _exercise(exam, desk, exercise, before, parts)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        sentence = f"{type(error).__name__} in {where.name}, line {where.lineno}: {error}"
        fault = CheckResult("grader", "The grader itself", 0.0, Verdict.GRADER_FAULT, sentence)
        return ExerciseResult(exercise.name, exercise.points, None, Verdict.GRADER_FAULT, (fault,))


def _exercise(
    exam: Exam, desk: Desk, exercise: Exercise, before: list[ExerciseResult], parts: Parts | None = None
) -> ExerciseResult:
    if untouched(exercise, desk.submission):
        return ExerciseResult(exercise.name, exercise.points, 0.0, Verdict.NOT_ATTEMPTED)
    own = _judge(exam, desk, exercise)
    if own.verdict is Verdict.CORRECT:
        return own
    faulty = [result for result in before if result.verdict is not Verdict.CORRECT]
    faulty += parts.faulty if parts else ()
    if not faulty:
        return own
    desk.fresh(_helpers(exam, faulty))
    carried = _judge(exam, desk, exercise)
    desk.fresh()
    better = carried.score is not None and own.score is not None and carried.score > own.score
    return replace(carried, carried=True) if better else own


def _helpers(exam: Exam, faulty: list[ExerciseResult]) -> dict[str, Callable]:
    """The reference's functions of the exercises that were not right, as callbacks.

    What a generator yields crosses as a list; a class cannot cross at all.
    """
    solution = functions_in(exam.release)
    found = {name: exam.reference.get(name) for result in faulty for name in solution[result.name]}
    return {name: _served(function) for name, function in found.items() if inspect.isfunction(function)}


def _served(function: Callable) -> Callable:
    if not inspect.isgeneratorfunction(function):
        return function
    return lambda *args, **kwargs: list(function(*args, **kwargs))


def untouched(exercise: Exercise, submission: Submission) -> bool:
    """Whether the exercise's cell still is the released stub, whitespace and comments aside.

    A cell that is gone counts as untouched only if nothing else in the notebook defines the function, or one
    by a name like it; a stub beside which a second cell defines the function is not untouched.
    """
    answer, found = submission.answers.get(exercise.name), defined("\n".join(submission.sources))
    if answer is None:
        return not difflib.get_close_matches(exercise.name, found, n=1, cutoff=0.6)
    if found.count(exercise.name) > defined(answer).count(exercise.name):
        return False
    try:
        return ast.dump(ast.parse(answer)) == ast.dump(ast.parse(exercise.stub))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _judge(exam: Exam, desk: Desk, exercise: Exercise) -> ExerciseResult:
    """Run the checks of one exercise and put their results together."""
    results: list[CheckResult] = []
    journals: list[tuple] = []
    changed: dict[str, None] = {}
    breaches: list[str] = []
    hung = False
    for check in exam.of(exercise.name):
        result, player = _run(exam, desk, check)
        if result.verdict is Verdict.TIMEOUT and not hung:
            result, player = _run(exam, desk, check)  # confirmed once, on a fresh worker
            hung = result.verdict is Verdict.TIMEOUT
        results.append(result)
        journals.append(tuple(player.journal))
        changed |= dict.fromkeys(player.changed)
        breaches += [result.message for call in player.journal if call.fault == Breach.kind]
    contract = [gates.untouched(changed)]
    if breaches:
        contract.append(gates.built(breaches[0]))
    if _disturbed(desk, journals):
        contract.append(gates.apart())
    return _summary(exam, exercise, (*contract, *results), tuple(journals))


def _disturbed(desk: Desk, journals: list[tuple]) -> bool:
    """For exercises with a state: whether two runs that take turns disturb each other."""
    lines = chain(journals)
    try:
        return bool(lines) and disturbed(WorkerBackend(desk.worker), lines)
    except (Late, Ended):  # twice the work may be too much: no reason to refuse what the checks accept
        desk.fresh(desk.helpers)
        return False


def _run(exam: Exam, desk: Desk, check: Check) -> tuple[CheckResult, Player]:
    """One check on the desk's worker, which is replaced if the check ended it."""
    player = Player(WorkerBackend(desk.worker), exam.reference)
    try:
        check.run(player, Player(LocalBackend(exam.reference)), exam.seed)
    except AssertionError as error:
        return _result(check, Verdict.WRONG, str(error)), player
    except Late as error:
        desk.fresh(desk.helpers)
        return _result(check, Verdict.TIMEOUT, str(error)), player
    except Ended as error:
        desk.fresh(desk.helpers)
        return _result(check, Verdict.ERROR, str(error)), player
    except Absent as error:
        return _result(check, Verdict.ERROR, f"{error}{_renamed(desk, check.exercise)}"), player
    except Raised as error:
        if error.error == "NameError" and f"name '{check.exercise}' is not" in str(error):  # by an adapter
            missing = f"{check.exercise} is not defined in the notebook{_renamed(desk, check.exercise)}"
            return _result(check, Verdict.ERROR, missing), player
        unwritten = error.error == "NotImplementedError"
        verdict = Verdict.NOT_ATTEMPTED if unwritten else Verdict.ERROR
        return _result(check, verdict, str(error)), player
    except Fault as error:
        return _result(check, Verdict.WRONG, str(error)), player
    return _result(check, Verdict.CORRECT, ""), player


def _result(check: Check, verdict: Verdict, message: str) -> CheckResult:
    return CheckResult(check.name, check.title, check.weight, verdict, message)


def _renamed(desk: Desk, name: str) -> str:
    near = difflib.get_close_matches(name, desk.names(), n=1, cutoff=0.6)
    return f"; found {near[0]}, which looks like it: give it its name back." if near else "."


def _summary(
    exam: Exam, exercise: Exercise, results: tuple[CheckResult, ...], journals: Journals
) -> ExerciseResult:
    """Score, verdict and hints of one exercise from its checks."""
    total = sum(result.weight for result in results)
    kept = all(result.passed for result in results if result.weight == 0)
    earned = sum(result.weight for result in results if result.passed) if kept else 0.0
    score = round(exercise.points * earned / total, 6)
    failed = [result for result in results if not result.passed]
    if not failed:
        return ExerciseResult(exercise.name, exercise.points, score, Verdict.CORRECT, results)
    verdict = Verdict.PARTLY_CORRECT if score else _worst(failed)
    elsewhere = [item.note for item in recognise(exercise.name, journals, exam.conventions)]
    if elsewhere:  # right by another convention: no mistake, so no mistake's hint
        convention = " ".join(elsewhere)
        return ExerciseResult(exercise.name, exercise.points, score, verdict, results, convention=convention)
    hints = tuple(item.note for item in recognise(exercise.name, journals, exam.known))
    return ExerciseResult(exercise.name, exercise.points, score, verdict, results, hints)


def _worst(failed: list[CheckResult]) -> Verdict:
    """What to call an exercise without points: the most telling of its failures."""
    verdicts = {result.verdict for result in failed}
    order = (Verdict.TIMEOUT, Verdict.ERROR, Verdict.WRONG, Verdict.NOT_ATTEMPTED)
    return next(verdict for verdict in order if verdict in verdicts)
