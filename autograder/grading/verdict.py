"""The result of grading one submission: verdicts, results of checks and exercises, the report.

Everything here is plain data. A report is written to JSON and read back without loss. Two gradings of one
submission give the same bytes, so a report holds no times, paths or machine names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from autograder.safe_text import json_text


class Verdict(StrEnum):
    """The outcome of a check, an exercise or a whole submission."""

    CORRECT = "correct"
    PARTLY_CORRECT = "partly correct"
    WRONG = "wrong"
    ERROR = "error"  # the student's code raised
    TIMEOUT = "timeout"  # a deadline passed, and again in the retry
    NOT_ATTEMPTED = "not attempted"  # the released stub is still there
    FOR_A_PERSON = "for a person"  # an answer in words, which a person marks
    NOT_GRADED = "not graded"  # the file could not be read: never a zero
    GRADER_FAULT = "grader at fault"  # an error of the grader's own, to be reported: never a zero


UNGRADED = frozenset({Verdict.NOT_GRADED, Verdict.GRADER_FAULT})
MARKLESS = UNGRADED | {Verdict.FOR_A_PERSON}
TOLD_BY_THE_PAIR = r"It is \S+ instead of \S+\."


@dataclass(frozen=True)
class CheckResult:
    """One hidden check on one submission; ``message`` is empty when it passed.

    ``weight`` 0 is a row of the grader's own: about the form of the answers, or about a fault.
    """

    name: str
    title: str
    weight: float
    verdict: Verdict
    message: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict is Verdict.CORRECT


@dataclass(frozen=True)
class Example:
    """A public example that an answer gets wrong: source to paste into a cell, both answers, the difference.

    ``got`` is empty if there was no answer; then ``difference`` says why.
    """

    source: str
    expected: str
    got: str
    difference: str

    @property
    def yours(self) -> str:
        """The text beside ``expected``: the answer, or that there was none and why."""
        return self.got or self.difference.removeprefix("it ")

    @property
    def remark(self) -> str:
        """How the answers differ, unless the pair tells it by itself; then empty.

        >>> Example("half(1)", "0.5", "2.0", "It is 2 instead of 0.5.").remark
        ''
        >>> Example("half(4)", "2.0", "8.0", "It is 4 times the expected one.").remark
        'It is 4 times the expected one.'
        """
        return self.difference if self.got and not re.fullmatch(TOLD_BY_THE_PAIR, self.difference) else ""


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise. ``score`` is in [0, points], or None where it could not be graded.

    ``hints`` are those of the mistakes that were recognised; ``carried`` says that this result, the better
    one, comes from a run with the reference's earlier parts; ``convention`` names another convention by
    which the answer is right, and then there are no hints; ``example`` shows where it goes wrong.
    """

    name: str
    points: float
    score: float | None
    verdict: Verdict
    checks: tuple[CheckResult, ...] = ()
    hints: tuple[str, ...] = ()
    carried: bool = False
    convention: str = ""
    example: Example | None = None


@dataclass(frozen=True)
class Report:
    """One submission of one assignment, graded.

    ``notes`` are sentences to the student about the file as a whole; ``borrowed`` are sentences to the
    instructor on library calls that may replace the student's own work; ``protections_off`` names the
    protections that the platform's sandbox lacked; ``key`` is the hash of all that the result depends on.
    """

    assignment: str
    student: str
    verdict: Verdict
    exercises: tuple[ExerciseResult, ...] = ()
    notes: tuple[str, ...] = ()
    protections_off: tuple[str, ...] = ()
    key: str = ""
    borrowed: tuple[str, ...] = ()

    @property
    def max_score(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def score(self) -> float | None:
        """The sum over the exercises, or None as soon as one of them could not be graded."""
        scores = [exercise.score for exercise in self.exercises if exercise.score is not None]
        if not scores or len(scores) < len(self.exercises):
            return None
        return sum(scores)

    def to_json(self) -> str:
        return json_text(json.dumps(vars(self), default=vars, sort_keys=True, ensure_ascii=False)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        data = json.loads(text)
        exercises = tuple(
            ExerciseResult(
                **{
                    **exercise,
                    "verdict": Verdict(exercise["verdict"]),
                    "hints": tuple(exercise["hints"]),
                    "example": Example(**exercise["example"]) if exercise.get("example") else None,
                    "checks": tuple(
                        CheckResult(**{**check, "verdict": Verdict(check["verdict"])})
                        for check in exercise["checks"]
                    ),
                }
            )
            for exercise in data["exercises"]
        )
        return cls(
            **{
                **data,
                "verdict": Verdict(data["verdict"]),
                "exercises": exercises,
                "notes": tuple(data["notes"]),
                "borrowed": tuple(data["borrowed"]),
                "protections_off": tuple(data["protections_off"]),
            }
        )


def overall(exercises: tuple[ExerciseResult, ...]) -> Verdict:
    """The submission's verdict, from its exercises'; answers in words do not count.

    >>> def result(verdict, score):
    ...     return ExerciseResult("f", 4.0, score, Verdict(verdict))
    >>> overall((result("correct", 4.0), result("correct", 4.0))).value
    'correct'
    >>> overall((result("correct", 4.0), result("timeout", 0.0))).value
    'partly correct'
    >>> overall((result("wrong", 0.0), result("not attempted", 0.0))).value
    'wrong'
    """
    verdicts = [exercise.verdict for exercise in exercises if exercise.verdict is not Verdict.FOR_A_PERSON]
    for ours in (Verdict.GRADER_FAULT, Verdict.NOT_GRADED):
        if ours in verdicts:
            return ours
    if all(verdict is Verdict.CORRECT for verdict in verdicts):
        return Verdict.CORRECT
    if any(exercise.score for exercise in exercises):
        return Verdict.PARTLY_CORRECT
    for verdict in (Verdict.TIMEOUT, Verdict.ERROR, Verdict.WRONG):
        if verdict in verdicts:
            return verdict
    return Verdict.NOT_ATTEMPTED
