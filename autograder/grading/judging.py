"""Judges one exercise: runs its checks against a notebook and derives score, verdict and hints."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from autograder.calls.backends import (
    AFTER_LATE,
    Absent,
    Ended,
    Fault,
    Late,
    LocalBackend,
    Raised,
    WorkerBackend,
)
from autograder.calls.function import MANY
from autograder.calls.journal import Call
from autograder.calls.probe import ENDED
from autograder.calls.proxy import Proxy
from autograder.calls.replay import Conversation, NotReplayable, replayed
from autograder.calls.side_effects import side_effects
from autograder.course.checks import Check
from autograder.course.release import Exercise
from autograder.grading.carried import not_asked_for
from autograder.grading.diagnosis import Diagnosis, Shown, other, recognise, same_journal
from autograder.grading.exam import Exam
from autograder.grading.examples import PublicExample, first_difference
from autograder.grading.form import SHARE, Effects, containers, form_result
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.share import share_of
from autograder.grading.verdict import CheckResult, Example, ExerciseResult, Verdict
from autograder.sandbox.handle import SandboxError
from autograder.submissions.notebook_file import similar_name
from autograder.submissions.static import leftover
from autograder.worker.channel import DeadlineError
from autograder.worker.wire import WireError

# Stand for what a submission's own notebook says: about a missing function, and about one that is unwritten.
MISSING, UNWRITTEN = "\0", "\1"
BROKEN = (
    "The check could not work with what came back: a number that is too large, not finite or not whole, or a "
    "name or an index out of range. Compare your answer with the range in the text."
)

NO_MEMORY = "What it returns, or asks of the functions that it is given, needs more memory than there is."


def judge(
    exam: Exam, run: NotebookRun, exercise: Exercise, on_fault: Callable[[str], Any] | None = None
) -> ExerciseResult:
    """Run the checks of one exercise, then look at the form, and put the results together.

    ``on_fault`` is called with the traceback of a check that could not work with an answer.
    """
    outcomes: list[_Outcome] = []
    for check in exam.check_set.of(exercise.name):
        outcome = _checked(exam, run, check, outcomes)
        outcomes.append(outcome)
        if outcome.traceback and on_fault:
            on_fault(f"{check.name} could not work with an answer:\n{outcome.traceback}")
    seen = _side_effects(exam, run, exercise) if any(one.result.passed for one in outcomes) else None
    result = _summary(exam, exercise, outcomes, seen, _Confirmed(exam, run, exercise))
    result = _with_reasons(exam, run, result)
    if all(outcome.result.passed for outcome in outcomes):
        return result
    return replace(result, example=_example(run, exam.check_set.examples_of(exercise), _part(outcomes)))


@dataclass(eq=False)
class _Outcome:
    """The outcome of one check on a submission; ``traceback`` is that of a check that an answer broke.

    Submissions with the same answers share one outcome, so whatever is derived from it is computed once.
    """

    result: CheckResult
    journal: tuple[Call, ...]
    traceback: str = ""
    matched: dict[int, bool] = field(default_factory=dict)

    @cached_property
    def ended(self) -> bool:
        """Whether the worker died or timed out."""
        return any(call.fault in (Late.kind, Ended.kind) for call in self.journal)

    @cached_property
    def late(self) -> bool:
        """Whether a call gave no answer in time."""
        return any(call.fault == Late.kind for call in self.journal)

    def matches(self, journal: tuple[Call, ...]) -> bool:
        """Whether the check left ``journal``, that of a mistake.

        A mistake's journals live as long as the exam, so no other object can get their ids.
        """
        if id(journal) not in self.matched:
            self.matched[id(journal)] = same_journal(self.journal, journal)
        return self.matched[id(journal)]


class _Confirmed:
    """Whether a mistake answers like the submission on other draws too; they are made when first asked."""

    def __init__(self, exam: Exam, run: NotebookRun, exercise: Exercise) -> None:
        self._exam, self._run = replace(exam, seed=other(exam.seed)), run
        self._checks = [check for check in exam.check_set.of(exercise.name) if check.draws]
        self._outcomes: list[_Outcome] = []

    def __call__(self, known: Diagnosis) -> bool:
        return all(self._outcome(place).matches(journal) for place, journal in enumerate(known.again))

    def _outcome(self, place: int) -> _Outcome:
        if place == len(self._outcomes):
            self._outcomes.append(_checked(self._exam, self._run, self._checks[place], []))
        return self._outcomes[place]


def _checked(exam: Exam, run: NotebookRun, check: Check, before: list[_Outcome]) -> _Outcome:
    """The outcome of one check: from the replay cache, or by running it call by call.

    A check whose worker died or timed out runs a second time before the student is blamed, unless a check
    ``before`` has already lost its worker.
    """
    if any(one.ended for one in before):
        return _run_by_calls(exam, run, check, _part(before))
    try:
        outcome = _replayed(exam, run, check)
    except WireError:
        run.restart()
        return _run_by_calls(exam, run, check)
    outcome = outcome or _run_by_calls(exam, run, check)
    return _run_by_calls(exam, run, check) if outcome.ended else outcome


def _part(before: list[_Outcome]) -> float:
    """The part of the usual time that a call has after these checks."""
    first = next((one for one in before if one.ended), None)  # it ran twice
    return AFTER_LATE if first and first.late else 1.0


def _side_effects(exam: Exam, run: NotebookRun, exercise: Exercise) -> Effects:
    """What the exercise's functions do besides answering, and the right answers do not."""
    asked = exam.check_set.side_effects_of(exercise.name)

    def ask(conversation: Conversation) -> Effects:
        found = side_effects(WorkerBackend(run.worker, conversation.send), asked.stories)
        conversation.end(found)
        return found

    start = f"side effects of {exercise.name} {' '.join(run.lent)}"
    for _ in range(2):  # a worker that ended may have been killed: only a second end counts
        try:
            found = replayed(exam.check_set.replays, run.worker, start, ask)
            if found is None:
                found = side_effects(WorkerBackend(run.worker), asked.stories)
        except (Late, DeadlineError):  # many calls in the time of one: this proves nothing
            run.restart()
            return frozenset()
        except (Ended, WireError):
            run.restart()
        except Fault:  # the answers of all these calls together cannot be sent: this proves nothing
            return frozenset()
        else:
            return frozenset(one for one in found if one[0] not in asked.allowed)
    return frozenset({(ENDED, "")})


def _example(run: NotebookRun, examples: tuple[PublicExample, ...], part: float) -> Example | None:
    """The first public example that the submission gets wrong; None also if its process is lost over them."""
    for _ in range(2):
        try:
            return first_difference(lambda: WorkerBackend(run.worker, part=part), examples)
        except Late:
            run.restart()
            return None
        except Ended:
            run.restart()
    return None


def _replayed(exam: Exam, run: NotebookRun, check: Check) -> _Outcome | None:
    """The outcome of one check by the replay cache, one message for many calls; None if not possible.

    Raises WireError when the worker ends. The check must then run call by call, to find the call that did it.
    """

    def ask(conversation: Conversation) -> _Outcome:
        outcome = _run_check(exam, run, check, WorkerBackend(run.worker, conversation.send))
        if outcome.result.message != NO_MEMORY:  # that memory was short may not hold the next time
            conversation.end(outcome)
        return outcome

    start = (
        f"{exam.seed} {check.name} {' '.join(run.lent)}"  # lent functions change the answers: part of the key
    )
    return replayed(exam.check_set.replays, run.worker, start, ask)


def _run_by_calls(exam: Exam, run: NotebookRun, check: Check, part: float = 1.0) -> _Outcome:
    """Run one check call by call, each in a ``part`` of its time; a worker that is lost is replaced."""
    return _run_check(exam, run, check, WorkerBackend(run.worker, part=part), many=1)


def _run_check(
    exam: Exam, run: NotebookRun, check: Check, backend: WorkerBackend, many: int = MANY
) -> _Outcome:
    reference = exam.check_set.reference
    beside, own = exam.check_set.references.of(check.name, exam.seed, reference)
    proxy = Proxy(backend, reference, beside, many)

    def outcome(verdict: Verdict, message: str, trace: str = "") -> _Outcome:
        result = CheckResult(check.name, check.title, check.weight, verdict, message)
        return _Outcome(result, tuple(proxy.journal), trace)

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
        return outcome(Verdict.ERROR, f"{error}{MISSING}")
    except Raised as error:
        if error.error == "NameError" and f"name '{check.exercise}' is not" in str(error):  # by an adapter
            return outcome(Verdict.ERROR, f"{check.exercise} is not defined in the notebook{MISSING}")
        left = UNWRITTEN if error.error == "NotImplementedError" else ""
        return outcome(Verdict.ERROR, f"{error}{left}")
    except Fault as error:
        return outcome(Verdict.WRONG, str(error))
    except (NotReplayable, WireError, SandboxError):
        raise
    except MemoryError:
        run.restart()
        return outcome(Verdict.TIMEOUT, NO_MEMORY)
    except Exception:  # noqa: BLE001 - a check that the reference passes was broken by the answer
        trace = traceback.format_exc()
        check.run(Proxy(LocalBackend(reference), reference), Proxy(LocalBackend(reference)), exam.seed)
        return outcome(Verdict.WRONG, BROKEN, trace)
    return outcome(Verdict.CORRECT, "")


def _with_reasons(exam: Exam, run: NotebookRun, result: ExerciseResult) -> ExerciseResult:
    """The result with the notebook's own words in the messages on a missing or unwritten function."""
    text = "".join(check.message for check in result.checks)
    said = {MISSING: _why_missing(exam, run, result.name)} if MISSING in text else {}
    if UNWRITTEN in text:
        said[UNWRITTEN] = f". {leftover(run.submission.answers.get(result.name, ''))}"
    if not said:
        return result
    words = str.maketrans(said)
    checks = tuple(replace(check, message=check.message.translate(words)) for check in result.checks)
    return replace(result, checks=checks)


def _why_missing(exam: Exam, run: NotebookRun, name: str) -> str:
    """The end of the message on a missing function: how its cell failed, or a name that may be meant.

    It is found out for each submission anew: nothing of a notebook stands in what is remembered.
    """
    if why := run.why_missing(name):
        return f".{why}"
    near = similar_name(name, not_asked_for(exam.release, run.names()))
    return f"; found {near}, which looks like it: give it its name back." if near else "."


def _summary(
    exam: Exam, exercise: Exercise, outcomes: list[_Outcome], seen: Effects | None, confirmed: _Confirmed
) -> ExerciseResult:
    """Score, verdict and hints of one exercise from its checks and its form.

    ``seen`` is None where no check passed: the form then costs nothing, and no mistake is known by it.
    """
    told = () if seen is None else containers(outcome.journal for outcome in outcomes)
    form = form_result(told, seen or frozenset(), exam.check_set.reference)
    results = tuple(outcome.result for outcome in outcomes)
    failed = [result for result in (*results, form) if not result.passed]
    rows = results if form.passed else (form, *results)
    if not failed:
        return ExerciseResult(exercise.name, exercise.points, exercise.points, Verdict.CORRECT, rows)
    shown = None if seen is None else Shown(exam.check_set.side_effects_of(exercise.name), seen)
    by_convention, known = (
        recognise(exercise.name, outcomes, among, _Outcome.matches, shown, confirmed)
        for among in (exam.conventions, exam.known)
    )
    share = share_of(results, by_convention or known) * (1 if form.passed else 1 - SHARE)
    score = round(exercise.points * share, 6)
    verdict = Verdict.PARTLY_CORRECT if share else _worst(failed)
    if by_convention:  # right by another convention: no mistake, so no mistake's hint
        convention = " ".join(item.note for item in by_convention)
        return ExerciseResult(exercise.name, exercise.points, score, verdict, rows, convention=convention)
    hints = tuple(item.note for item in known)
    return ExerciseResult(exercise.name, exercise.points, score, verdict, rows, hints)


def _worst(failed: list[CheckResult]) -> Verdict:
    """The verdict of an exercise without points: the most telling one among its failed checks."""
    verdicts = {result.verdict for result in failed}
    order = (Verdict.TIMEOUT, Verdict.ERROR, Verdict.WRONG, Verdict.NOT_ATTEMPTED)
    return next(verdict for verdict in order if verdict in verdicts)
