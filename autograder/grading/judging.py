"""Judges one exercise: its checks run at a run; their outcomes make a score, a verdict and hints."""

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
from autograder.grading import contract as gates
from autograder.grading.diagnosis import recognise, same_journal
from autograder.grading.exam import Exam
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.verdict import CheckResult, ExerciseResult, Verdict
from autograder.sandbox.handle import Worker


def judge(exam: Exam, run: NotebookRun, exercise: Exercise) -> ExerciseResult:
    """Run the checks of one exercise and put their results together."""
    outcomes: list[_Outcome] = []
    ended = False
    for check in exam.of(exercise.name):
        outcome = _checked(exam, run, check, patient=not ended)
        ended = ended or outcome.ended
        outcomes.append(outcome)
    contract = [
        gates.arguments_untouched(dict.fromkeys(name for outcome in outcomes for name in outcome.changed))
    ]
    breaches = [outcome.result.message for outcome in outcomes if outcome.breached]
    if breaches:
        contract.append(gates.built(breaches[0]))
    if _interferes(exam, run, outcomes):
        contract.append(gates.apart())
    return _summary(exam, exercise, contract, outcomes)


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


def _checked(exam: Exam, run: NotebookRun, check: Check, patient: bool) -> _Outcome:
    """One check, along what is known or else call by call.

    Who is ``patient`` confirms that the worker ends or gives no answer: the first time may be nobody's fault.
    """
    ended = False
    try:
        outcome = _replayed(exam, run, check) if patient else None
    except Worker.ENDED:
        run.fresh(run.helpers)
        outcome, ended = None, True
    if outcome is not None:
        return outcome
    outcome = _run(exam, run, check)
    return _run(exam, run, check) if patient and not ended and outcome.ended else outcome


def _interferes(exam: Exam, run: NotebookRun, outcomes: list[_Outcome]) -> bool:
    """For exercises with a state: whether two runs that take turns disturb each other."""
    outcome = next((outcome for outcome in outcomes if outcome.chain), None)
    if outcome is None:
        return False

    def ask(conversation: Conversation) -> bool:
        found = interleaved_as_before(ReplayBackend(conversation, run.worker), outcome.chain)
        conversation.end(found)
        return found

    try:
        same = (
            replayed(exam.replay_cache, run.worker, f"turns {outcome.place}", ask) if outcome.place else None
        )
        if interleaved_as_before(WorkerBackend(run.worker), outcome.chain) if same is None else same:
            return False
        run.fresh(run.helpers)
        return interferes(WorkerBackend(run.worker), outcome.chain)
    except (Late, Ended, *Worker.ENDED):  # twice the work may be too much: no reason to refuse
        run.fresh(run.helpers)
        return False


def _replayed(exam: Exam, run: NotebookRun, check: Check) -> _Outcome | None:
    """One check along what is known, with one message for many calls; None where that does not serve.

    Raises what the worker raises when it ends. The check then goes the long way, where a fault has its name.
    """

    def ask(conversation: Conversation) -> _Outcome:
        outcome = _asked(exam, run, check, ReplayBackend(conversation, run.worker))
        if Absent.kind not in {call.fault for call in outcome.journal}:  # else other names than these count
            outcome.place = conversation.place
            conversation.end(outcome)
        return outcome

    start = f"{check.name} {' '.join(run.helpers)}"  # who has other functions at hand has other talks
    return replayed(exam.replay_cache, run.worker, start, ask)


def _run(exam: Exam, run: NotebookRun, check: Check) -> _Outcome:
    """One check on the run's worker, which is replaced if the check ended it."""
    return _asked(exam, run, check, WorkerBackend(run.worker))


def _asked(exam: Exam, run: NotebookRun, check: Check, backend: WorkerBackend) -> _Outcome:
    beside, own = exam.reference_cache.of(check.name, exam.reference)
    proxy = Proxy(backend, exam.reference, beside)

    def outcome(verdict: Verdict, message: str) -> _Outcome:
        result = CheckResult(check.name, check.title, check.weight, verdict, message)
        return _Outcome(result, tuple(proxy.journal))

    try:
        check.run(proxy, Proxy(own), exam.seed)
    except AssertionError as error:
        return outcome(Verdict.WRONG, str(error))
    except Late as error:
        run.fresh(run.helpers)
        return outcome(Verdict.TIMEOUT, str(error))
    except Ended as error:
        run.fresh(run.helpers)
        return outcome(Verdict.ERROR, str(error))
    except Absent as error:
        return outcome(Verdict.ERROR, f"{error}{_renamed(run, check.exercise)}")
    except Raised as error:
        if error.error == "NameError" and f"name '{check.exercise}' is not" in str(error):  # by an adapter
            missing = f"{check.exercise} is not defined in the notebook{_renamed(run, check.exercise)}"
            return outcome(Verdict.ERROR, missing)
        unwritten = error.error == "NotImplementedError"
        return outcome(Verdict.NOT_ATTEMPTED if unwritten else Verdict.ERROR, str(error))
    except Fault as error:
        return outcome(Verdict.WRONG, str(error))
    return outcome(Verdict.CORRECT, "")


def _renamed(run: NotebookRun, name: str) -> str:
    near = difflib.get_close_matches(name, run.names(), n=1, cutoff=0.6)
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
