"""Judges one exercise: runs its checks against a notebook and derives score, verdict and hints."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property

from autograder.calls.backends import Absent, Breach, Ended, Fault, Late, Raised, WorkerBackend
from autograder.calls.interleaving import Chain, chain, interferes, interleaved_as_before
from autograder.calls.proxy import Call, Proxy, changed
from autograder.calls.replay import Conversation, ReplayBackend, replayed
from autograder.course.checks import Check
from autograder.course.release import Exercise
from autograder.grading import contract
from autograder.grading.diagnosis import recognise, same_journal
from autograder.grading.exam import Exam
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.verdict import CheckResult, ExerciseResult, Verdict
from autograder.worker.wire import WireError


def judge(exam: Exam, run: NotebookRun, exercise: Exercise) -> ExerciseResult:
    """Run the checks of one exercise and put their results together."""
    outcomes: list[_Outcome] = []
    ended = False
    for check in exam.check_set.of(exercise.name):
        outcome = _checked(exam, run, check, confirm=not ended)
        ended = ended or outcome.ended
        outcomes.append(outcome)
    changes = dict.fromkeys(name for outcome in outcomes for name in outcome.changed)
    gates = [contract.arguments_untouched(changes)]
    breaches = [outcome.result.message for outcome in outcomes if outcome.breached]
    if breaches:
        gates.append(contract.built(breaches[0]))
    if _interferes(exam, run, outcomes):
        gates.append(contract.apart())
    return _summary(exam, exercise, gates, outcomes)


@dataclass(eq=False)
class _Outcome:
    """The outcome of one check on a submission; ``place`` is its key in the replay cache, if it is there.

    Submissions with the same answers share one outcome, so whatever is derived from it is computed once.
    """

    result: CheckResult
    journal: tuple[Call, ...]
    place: str = ""
    matched: dict[int, bool] = field(default_factory=dict)

    @cached_property
    def changed(self) -> tuple[str, ...]:
        return changed(self.journal)

    @cached_property
    def breached(self) -> bool:
        return any(call.fault == Breach.kind for call in self.journal)

    @cached_property
    def ended(self) -> bool:
        """Whether the worker died or timed out."""
        return any(call.fault in (Late.kind, Ended.kind) for call in self.journal)

    @cached_property
    def chain(self) -> Chain:
        return chain([self.journal])

    def matches(self, journal: tuple[Call, ...]) -> bool:
        """Whether the check left ``journal``, that of a mistake.

        A mistake's journals live as long as the exam, so no other object can get their ids.
        """
        if id(journal) not in self.matched:
            self.matched[id(journal)] = same_journal(self.journal, journal)
        return self.matched[id(journal)]


def _checked(exam: Exam, run: NotebookRun, check: Check, confirm: bool) -> _Outcome:
    """The outcome of one check: from the replay cache, or by running it call by call.

    With ``confirm``, a check whose worker died or timed out runs a second time before the student is blamed.
    """
    ended = False
    try:
        outcome = _replayed(exam, run, check) if confirm else None
    except WireError:
        run.restart()
        outcome, ended = None, True
    if outcome is not None:
        return outcome
    outcome = _run_by_calls(exam, run, check)
    return _run_by_calls(exam, run, check) if confirm and not ended and outcome.ended else outcome


def _interferes(exam: Exam, run: NotebookRun, outcomes: list[_Outcome]) -> bool:
    """Whether two interleaved runs of an exercise with a state disturb each other."""
    outcome = next((outcome for outcome in outcomes if outcome.chain), None)
    if outcome is None:
        return False

    def ask(conversation: Conversation) -> bool:
        found = interleaved_as_before(ReplayBackend(conversation, run.worker), outcome.chain)
        conversation.end(found)
        return found

    try:
        same = None
        if outcome.place:
            same = replayed(exam.check_set.replays, run.worker, f"interleave {outcome.place}", ask)
        if interleaved_as_before(WorkerBackend(run.worker), outcome.chain) if same is None else same:
            return False
        run.restart()
        return interferes(WorkerBackend(run.worker), outcome.chain)
    except (Late, Ended, WireError):  # two runs take twice the time, so a timeout proves nothing
        run.restart()
        return False


def _replayed(exam: Exam, run: NotebookRun, check: Check) -> _Outcome | None:
    """The outcome of one check by the replay cache, one message for many calls; None if not possible.

    Raises WireError when the worker ends. The check must then run call by call, to find the call that did it.
    """

    def ask(conversation: Conversation) -> _Outcome:
        outcome = _run_check(exam, run, check, ReplayBackend(conversation, run.worker))
        # The message on a missing function depends on the notebook's other names, which are not in the key.
        if Absent.kind not in {call.fault for call in outcome.journal}:
            outcome.place = conversation.place
            conversation.end(outcome)
        return outcome

    start = f"{check.name} {' '.join(run.lent)}"  # lent functions change the answers: part of the key
    return replayed(exam.check_set.replays, run.worker, start, ask)


def _run_by_calls(exam: Exam, run: NotebookRun, check: Check) -> _Outcome:
    """Run one check call by call; a worker that dies or times out is replaced."""
    return _run_check(exam, run, check, WorkerBackend(run.worker))


def _run_check(exam: Exam, run: NotebookRun, check: Check, backend: WorkerBackend) -> _Outcome:
    reference = exam.check_set.reference
    beside, own = exam.check_set.references.of(check.name, reference)
    proxy = Proxy(backend, reference, beside)

    def outcome(verdict: Verdict, message: str) -> _Outcome:
        result = CheckResult(check.name, check.title, check.weight, verdict, message)
        return _Outcome(result, tuple(proxy.journal))

    try:
        check.run(proxy, Proxy(own), exam.seed)
    except AssertionError as error:
        return outcome(Verdict.WRONG, str(error))
    except Late as error:
        run.restart()
        return outcome(Verdict.TIMEOUT, str(error))
    except Ended as error:
        run.restart()
        return outcome(Verdict.ERROR, str(error))
    except Absent as error:
        return outcome(Verdict.ERROR, f"{error}{_similar_name(run, check.exercise)}")
    except Raised as error:
        if error.error == "NameError" and f"name '{check.exercise}' is not" in str(error):  # by an adapter
            missing = f"{check.exercise} is not defined in the notebook{_similar_name(run, check.exercise)}"
            return outcome(Verdict.ERROR, missing)
        unwritten = error.error == "NotImplementedError"
        return outcome(Verdict.NOT_ATTEMPTED if unwritten else Verdict.ERROR, str(error))
    except Fault as error:
        return outcome(Verdict.WRONG, str(error))
    return outcome(Verdict.CORRECT, "")


def _similar_name(run: NotebookRun, name: str) -> str:
    """The end of the message on a missing function: a name in the notebook that may be meant."""
    near = difflib.get_close_matches(name, run.names(), n=1, cutoff=0.6)
    return f"; found {near[0]}, which looks like it: give it its name back." if near else "."


def _summary(
    exam: Exam, exercise: Exercise, gates: list[CheckResult], outcomes: list[_Outcome]
) -> ExerciseResult:
    """Score, verdict and hints of one exercise from its checks."""
    results = (*gates, *(outcome.result for outcome in outcomes))
    total = sum(result.weight for result in results)
    kept = all(result.passed for result in results if result.weight == 0)
    earned = sum(result.weight for result in results if result.passed) if kept else 0.0
    score = round(exercise.points * earned / total, 6)
    failed = [result for result in results if not result.passed]
    if not failed:
        return ExerciseResult(exercise.name, exercise.points, score, Verdict.CORRECT, results)
    verdict = Verdict.PARTLY_CORRECT if score else _worst(failed)
    by_convention, known = (
        [item.note for item in recognise(exercise.name, outcomes, among, _Outcome.matches)]
        for among in (exam.conventions, exam.known)
    )
    if by_convention:  # right by another convention: no mistake, so no mistake's hint
        convention = " ".join(by_convention)
        return ExerciseResult(exercise.name, exercise.points, score, verdict, results, convention=convention)
    return ExerciseResult(exercise.name, exercise.points, score, verdict, results, tuple(known))


def _worst(failed: list[CheckResult]) -> Verdict:
    """The verdict of an exercise without points: the most telling one among its failed checks."""
    verdicts = {result.verdict for result in failed}
    order = (Verdict.TIMEOUT, Verdict.ERROR, Verdict.WRONG, Verdict.NOT_ATTEMPTED)
    return next(verdict for verdict in order if verdict in verdicts)
