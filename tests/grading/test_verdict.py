"""Reports: plain data that turns to JSON and back, and the verdict of a whole submission."""

from __future__ import annotations

import dataclasses
import doctest
import json

import pytest

from autograder.grading import verdict
from autograder.grading.verdict import (
    UNGRADED,
    CheckResult,
    Example,
    ExerciseResult,
    Report,
    Verdict,
    overall,
)


def exercise(kind: str, score: float | None, points: float = 4.0) -> ExerciseResult:
    return ExerciseResult("f", points, score, Verdict(kind))


def report(*exercises: ExerciseResult) -> Report:
    return Report("toy", "Ada", overall(exercises), exercises, ("a note",), ("network",), "key")


def test_the_examples_hold() -> None:
    """The docstrings' examples run."""
    assert doctest.testmod(verdict).failed == 0 < doctest.testmod(verdict).attempted


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([("correct", 4.0), ("grader at fault", None)], "grader at fault"),
        ([("not graded", None), ("grader at fault", None)], "grader at fault"),
        ([("not graded", None), ("correct", 4.0)], "not graded"),
        ([("correct", 4.0), ("correct", 4.0)], "correct"),
        ([("correct", 4.0), ("not attempted", 0.0)], "partly correct"),
        ([("partly correct", 1.0), ("error", 0.0)], "partly correct"),
        ([("timeout", 0.0), ("error", 0.0), ("wrong", 0.0)], "timeout"),
        ([("error", 0.0), ("wrong", 0.0)], "error"),
        ([("wrong", 0.0), ("not attempted", 0.0)], "wrong"),
        ([("not attempted", 0.0), ("not attempted", 0.0)], "not attempted"),
    ],
)
def test_the_whole_is_called_by_its_most_telling_part(parts: list[tuple], whole: str) -> None:
    """What is ours comes first, then right, then any points, then the most telling failure; order aside."""
    results = tuple(exercise(*part) for part in parts)
    assert overall(results).value == overall(results[::-1]).value == whole


def test_what_is_not_graded_has_no_score() -> None:
    """One exercise without a score leaves the sum unknown, never lower; the maximum is known all the same."""
    ungraded = report(exercise("correct", 4.0), exercise("grader at fault", None))
    assert (ungraded.score, ungraded.max_score) == (None, 8.0)
    assert report(exercise("correct", 4.0), exercise("wrong", 0.0)).score == 4.0
    assert report().score is None
    assert {Verdict.NOT_GRADED, Verdict.GRADER_FAULT} == UNGRADED


def test_a_report_turns_to_json_and_back() -> None:
    """Nothing is lost, odd letters and infinities included, and the bytes are the same each time."""
    check = CheckResult("c", "It holds: β ≤ 1", 1.5, Verdict.WRONG, 'said "no" \ud800')
    whole = report(
        ExerciseResult("f", 2.5, 0.0, Verdict.WRONG, (check,), ("a hint", "another"), carried=True),
        ExerciseResult("g", 2.5, 0.0, Verdict.WRONG, example=Example("g(1)", "2.0", "", "g raised E")),
        exercise("not graded", None),
    )
    text = whole.to_json()
    assert Report.from_json(text) == whole and Report.from_json(text).to_json() == text
    assert isinstance(Report.from_json(text).exercises[0].checks[0].verdict, Verdict)
    assert json.loads(text)["exercises"][0]["verdict"] == "wrong"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"verdict": "fine"}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    """A damaged file is an exception that the store turns into grading anew."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        Report.from_json(text)


def test_a_check_passes_only_when_correct() -> None:
    """No other verdict earns a check's weight."""
    assert [kind for kind in Verdict if CheckResult("c", "t", 1.0, kind).passed] == [Verdict.CORRECT]


def test_the_bytes_of_a_report_are_pinned() -> None:
    """Keys in order, letters as they are, all on one line: what a result file on disk looks like."""
    bare = Report("toy", "Ada", Verdict.WRONG, (ExerciseResult("β", 2.0, 0.5, Verdict.PARTLY_CORRECT),))
    assert bare.to_json() == (
        '{"assignment": "toy", "borrowed": [], "exercises": [{"carried": false, "checks": [], '
        '"convention": "", "example": null, "hints": [], "name": "β", "points": 2.0, "score": 0.5, '
        '"verdict": "partly correct"}], "key": "", "notes": [], "protections_off": [], '
        '"student": "Ada", "verdict": "wrong"}\n'
    )


@pytest.mark.parametrize(
    ("thing", "field"),
    [
        (CheckResult("c", "t", 1.0, Verdict.CORRECT), "weight"),
        (exercise("correct", 4.0), "score"),
        (report(exercise("correct", 4.0)), "verdict"),
    ],
)
def test_what_was_judged_does_not_change(thing: object, field: str) -> None:
    """Results are values: nobody can change one after the fact."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, field, None)
