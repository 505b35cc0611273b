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
from functools import cached_property, lru_cache
from typing import Any

from autograder import gates
from autograder.backends import Absent, Breach, Ended, Fault, Late, LocalBackend, Raised, WorkerBackend
from autograder.borrowed import NOTHING, Allowed, allowed, borrowed
from autograder.carried import Origin, Parts, functions_in, load_origins
from autograder.course import Course, Exercise, Release
from autograder.desk import Desk
from autograder.diagnosis import Diagnosis, prepare, recognise, same_journal
from autograder.hidden import Check, collect
from autograder.mentions import mentions
from autograder.notebook_file import DEFINED
from autograder.pieces import reference_text
from autograder.recall import Memory, Talk, TalkBackend, by_heart
from autograder.sandbox import Sandbox, SandboxError, Worker
from autograder.specimens import Specimen, load_specimens
from autograder.student import Call, Player, changed
from autograder.submission import Submission
from autograder.turns import Chain, chain, disturbed
from autograder.verdict import CheckResult, ExerciseResult, Report, Verdict, overall


@dataclass(frozen=True)
class Exam:
    """One assignment, ready to grade: the release, its checks, the reference, what is known of wrong answers.

    ``known`` are mistakes, ``conventions`` answers that are right elsewhere, ``free`` what anybody may call;
    ``origins`` are the assignments that carried parts come from.
    """

    release: Release
    checks: tuple[Check, ...]
    source: str
    reference: dict[str, Any]
    known: tuple[Diagnosis, ...]
    seed: str
    conventions: tuple[Diagnosis, ...] = ()
    free: Allowed = NOTHING
    memory: Memory = field(default_factory=Memory, compare=False)
    origins: dict[str, Origin] = field(default_factory=dict, compare=False)

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
    free = allowed(release.setup, source)
    origins = load_origins(course, release)
    return Exam(release, checks, source, reference, known, seed, conventions, free, origins=origins)


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
        notes = (submission.problem,)
        return Report(slug, student, Verdict.NOT_GRADED, ungraded, notes, sandbox.protections_off, key)
    with Desk(exam.release, submission, sandbox) as desk:
        results, parts = [], _parts(exam, desk)
        for exercise in exam.release.exercises:
            results.append(_guarded(exam, desk, exercise, results, told, parts))
        notes = (*submission.notes, *desk.notes, *parts.notes(results))
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


def _parts(exam: Exam, desk: Desk) -> Parts:
    """What the student brought along, to be judged like an exercise of its own assignment, without hints."""

    def judge(part: Exercise) -> ExerciseResult:
        if untouched(part, desk.submission):
            return ExerciseResult(part.name, 0.0, 0.0, Verdict.NOT_ATTEMPTED)
        origin = exam.origins[part.origin]
        theirs = replace(exam, checks=origin.checks, reference=origin.reference, memory=origin.memory)
        return _judge(replace(theirs, known=(), conventions=()), desk, part)

    return Parts(exam.release.carried, judge)


def _guarded(
    exam: Exam,
    desk: Desk,
    exercise: Exercise,
    before: list[ExerciseResult],
    told: Callable[[str], Any] | None = None,
    parts: Parts | None = None,
) -> ExerciseResult:
    """One exercise; a fault of ours costs the student nothing and ends nothing else."""
    try:
        return _exercise(exam, desk, exercise, before, parts)
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
    helpers = _helpers(exam, faulty)
    if not mentions((*exam.release.setup, *desk.submission.sources), helpers):
        return own
    desk.fresh(helpers)
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
    answer, found = submission.answers.get(exercise.name), submission.defined
    if answer is None:
        return not difflib.get_close_matches(exercise.name, found, n=1, cutoff=0.6)
    if found.count(exercise.name) > DEFINED.findall(answer).count(exercise.name):
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


@dataclass(eq=False)
class _Outcome:
    """What one check made of a submission; ``place`` names the conversation, where it may be had again.

    Outcomes are shared among submissions that answer alike, so that what follows from one is kept.
    """

    result: CheckResult
    journal: tuple[Call, ...]
    place: str = ""
    likeness: dict[int, bool] = field(default_factory=dict)

    @cached_property
    def changed(self) -> tuple[str, ...]:
        return changed(self.journal)

    @cached_property
    def breached(self) -> bool:
        return any(call.fault == Breach.kind for call in self.journal)

    @cached_property
    def ended(self) -> bool:
        """Whether there is no worker left that could answer on."""
        return any(call.fault in (Late.kind, Ended.kind) for call in self.journal)

    @cached_property
    def chain(self) -> Chain:
        return chain([self.journal])

    def like(self, journal: tuple[Call, ...]) -> bool:
        """Whether it left the same journal as a mistake, whose journals last as long as the exam."""
        if id(journal) not in self.likeness:
            self.likeness[id(journal)] = same_journal(self.journal, journal)
        return self.likeness[id(journal)]


def _judge(exam: Exam, desk: Desk, exercise: Exercise) -> ExerciseResult:
    """Run the checks of one exercise and put their results together."""
    outcomes: list[_Outcome] = []
    ended = False
    for check in exam.of(exercise.name):
        outcome = _checked(exam, desk, check, patient=not ended)
        ended = ended or outcome.ended
        outcomes.append(outcome)
    contract = [gates.untouched(dict.fromkeys(name for outcome in outcomes for name in outcome.changed))]
    breaches = [outcome.result.message for outcome in outcomes if outcome.breached]
    if breaches:
        contract.append(gates.built(breaches[0]))
    if _disturbed(exam, desk, outcomes):
        contract.append(gates.apart())
    return _summary(exam, exercise, contract, outcomes)


def _checked(exam: Exam, desk: Desk, check: Check, patient: bool) -> _Outcome:
    """One check, along what is known or else call by call.

    Who is ``patient`` confirms that the worker ends or gives no answer: the first time may be nobody's fault.
    """
    ended = False
    try:
        outcome = _by_heart(exam, desk, check) if patient else None
    except Worker.ENDED:
        desk.fresh(desk.helpers)
        outcome, ended = None, True
    if outcome is not None:
        return outcome
    outcome = _run(exam, desk, check)
    return _run(exam, desk, check) if patient and not ended and outcome.ended else outcome


def _disturbed(exam: Exam, desk: Desk, outcomes: list[_Outcome]) -> bool:
    """For exercises with a state: whether two runs that take turns disturb each other."""
    outcome = next((outcome for outcome in outcomes if outcome.chain), None)
    if outcome is None:
        return False

    def ask(talk: Talk) -> bool:
        found = disturbed(TalkBackend(talk, desk.worker), outcome.chain)
        talk.end(found)
        return found

    try:
        found = by_heart(exam.memory, desk.worker, f"turns {outcome.place}", ask) if outcome.place else None
        return disturbed(WorkerBackend(desk.worker), outcome.chain) if found is None else found
    except (
        Late,
        Ended,
        *Worker.ENDED,
    ):  # twice the work may be too much: no reason to refuse
        desk.fresh(desk.helpers)
        return False


def _by_heart(exam: Exam, desk: Desk, check: Check) -> _Outcome | None:
    """One check along what is known, with one message for many calls; None where that does not serve.

    Raises what the worker raises when it ends. The check then goes the long way, where a fault has its name.
    """

    def ask(talk: Talk) -> _Outcome:
        outcome = _asked(exam, desk, check, TalkBackend(talk, desk.worker))
        if Absent.kind not in {call.fault for call in outcome.journal}:  # else other names than these count
            outcome.place = talk.place
            talk.end(outcome)
        return outcome

    start = f"{check.name} {' '.join(desk.helpers)}"  # who has other functions at hand has other talks
    return by_heart(exam.memory, desk.worker, start, ask)


def _run(exam: Exam, desk: Desk, check: Check) -> _Outcome:
    """One check on the desk's worker, which is replaced if the check ended it."""
    return _asked(exam, desk, check, WorkerBackend(desk.worker))


def _asked(exam: Exam, desk: Desk, check: Check, backend: WorkerBackend) -> _Outcome:
    player = Player(backend, exam.reference)

    def outcome(verdict: Verdict, message: str) -> _Outcome:
        result = CheckResult(check.name, check.title, check.weight, verdict, message)
        return _Outcome(result, tuple(player.journal))

    try:
        check.run(player, Player(LocalBackend(exam.reference)), exam.seed)
    except AssertionError as error:
        return outcome(Verdict.WRONG, str(error))
    except Late as error:
        desk.fresh(desk.helpers)
        return outcome(Verdict.TIMEOUT, str(error))
    except Ended as error:
        desk.fresh(desk.helpers)
        return outcome(Verdict.ERROR, str(error))
    except Absent as error:
        return outcome(Verdict.ERROR, f"{error}{_renamed(desk, check.exercise)}")
    except Raised as error:
        if error.error == "NameError" and f"name '{check.exercise}' is not" in str(error):  # by an adapter
            missing = f"{check.exercise} is not defined in the notebook{_renamed(desk, check.exercise)}"
            return outcome(Verdict.ERROR, missing)
        unwritten = error.error == "NotImplementedError"
        return outcome(Verdict.NOT_ATTEMPTED if unwritten else Verdict.ERROR, str(error))
    except Fault as error:
        return outcome(Verdict.WRONG, str(error))
    return outcome(Verdict.CORRECT, "")


def _renamed(desk: Desk, name: str) -> str:
    near = difflib.get_close_matches(name, desk.names(), n=1, cutoff=0.6)
    return f"; found {near[0]}, which looks like it: give it its name back." if near else "."


def _summary(
    exam: Exam, exercise: Exercise, contract: list[CheckResult], outcomes: list[_Outcome]
) -> ExerciseResult:
    """Score, verdict and hints of one exercise from its checks."""
    results = (*contract, *(outcome.result for outcome in outcomes))
    total = sum(result.weight for result in results)
    kept = all(result.passed for result in results if result.weight == 0)
    earned = sum(result.weight for result in results if result.passed) if kept else 0.0
    score = round(exercise.points * earned / total, 6)
    failed = [result for result in results if not result.passed]
    if not failed:
        return ExerciseResult(exercise.name, exercise.points, score, Verdict.CORRECT, results)
    verdict = Verdict.PARTLY_CORRECT if score else _worst(failed)
    elsewhere, known = (
        [item.note for item in recognise(exercise.name, outcomes, among, _Outcome.like)]
        for among in (exam.conventions, exam.known)
    )
    if elsewhere:  # right by another convention: no mistake, so no mistake's hint
        convention = " ".join(elsewhere)
        return ExerciseResult(exercise.name, exercise.points, score, verdict, results, convention=convention)
    return ExerciseResult(exercise.name, exercise.points, score, verdict, results, tuple(known))


def _worst(failed: list[CheckResult]) -> Verdict:
    """What to call an exercise without points: the most telling of its failures."""
    verdicts = {result.verdict for result in failed}
    order = (Verdict.TIMEOUT, Verdict.ERROR, Verdict.WRONG, Verdict.NOT_ATTEMPTED)
    return next(verdict for verdict in order if verdict in verdicts)
