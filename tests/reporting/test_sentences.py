"""Sentences on a verdict: what is right comes first, and an all but perfect answer is told so."""

from __future__ import annotations

import pytest

from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.reporting.sentences import meaning, next_step, overall

RIGHT, WRONG, PART = Verdict.CORRECT, Verdict.WRONG, Verdict.PARTLY_CORRECT


def result(verdict: Verdict, score: float, *checks: tuple[float, Verdict]) -> ExerciseResult:
    rows = tuple(CheckResult(f"c{i}", "", weight, said) for i, (weight, said) in enumerate(checks))
    return ExerciseResult("f", 4.0, score, verdict, rows)


def report(*results: ExerciseResult) -> Report:
    return Report("toy", "ada", PART, results)


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        (((1, RIGHT), (1, WRONG), (2, RIGHT)), "2 of 3 checks passed."),
        (((0, WRONG), (1, RIGHT)), "Every number is right. What costs points is the form."),
    ],
)
def test_a_partly_right_answer_is_told_how_much_is_right(checks, words) -> None:
    """The checks that passed are counted; where only the form is wrong, that is said."""
    assert meaning(result(PART, 3.0, *checks)) == words


def test_a_nearly_perfect_notebook_is_praised() -> None:
    """From nine tenths of the points on; below, what is complete is counted all the same."""
    right = result(RIGHT, 4.0, (1, RIGHT))
    assert overall(report(right, right, result(PART, 3.0, (1, RIGHT)))) == (
        "Nearly everything is right: 2 of 3 exercises passed every check."
    )
    assert overall(report(right, result(WRONG, 0.0, (1, WRONG)))).startswith("Well begun: 1 of 2")
    assert overall(report(right, *[result(WRONG, 0.0, (1, WRONG))] * 3)).startswith("1 of 4 exercises")
    assert overall(report(result(PART, 2.0, (1, RIGHT)))) == "Some checks passed and some did not."


def test_answers_that_a_person_reads_are_not_counted_as_exercises_that_failed() -> None:
    """Of two exercises in code one is right; the one in words is neither right nor wrong yet."""
    right, words = result(RIGHT, 4.0, (1, RIGHT)), ExerciseResult("w", 4.0, None, Verdict.FOR_A_PERSON)
    assert "1 of 2 exercises" in overall(report(right, result(WRONG, 0.0, (1, WRONG)), words))


def test_who_has_not_begun_begins_with_the_first_exercise() -> None:
    """Not with the one that has the most points."""
    first, second = (
        ExerciseResult(name, points, 0.0, Verdict.NOT_ATTEMPTED) for name, points in (("a", 1.0), ("b", 9.0))
    )
    blank = Report("toy", "ada", Verdict.NOT_ATTEMPTED, (first, second))
    assert overall(blank) == "No exercise has been answered yet."
    assert next_step(blank).startswith("Next, in a: replace")
