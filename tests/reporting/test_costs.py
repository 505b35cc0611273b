"""Pages of a hostile class take about as long as those of an honest one: time grows with the text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from reports import class_report, gradebook_table, marks_csv, toy_release

from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.reporting.feedback import answer_lines, render_feedback

STUDENTS = 300
LONG = ("x", "\u0301", "漢", "\x9b", "\u202e", "<", "a ", "\n")


def reports(message: str) -> list[Report]:
    check = CheckResult("test_a", "A fact.", 1.0, Verdict.ERROR, message)
    results = (
        ExerciseResult("heavy_step", 3.0, 0.0, Verdict.ERROR, (check,)),
        ExerciseResult("fit_line", 2.5, 0.0, Verdict.ERROR, (check,)),
    )
    return [
        Report("toy", f"s{number:03}", Verdict.ERROR, results, (message,), borrowed=(message[:60],))
        for number in range(STUDENTS)
    ]


def seconds(work: Callable[[], object]) -> float:
    """The least of three, in processor time."""
    return min(_once(work) for _ in range(3))


def _once(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize("letter", LONG)
def test_the_table_of_a_hostile_class(letter: str) -> None:
    """Three hundred remarks of the greatest length: less than the class's grading by far."""
    hostile = reports((letter * 2000)[:2000])
    assert seconds(lambda: gradebook_table(hostile, toy_release())) < 1.5


@pytest.mark.parametrize("write", [class_report, marks_csv])
def test_the_pages_of_a_hostile_class(write: Callable) -> None:
    """The same for the instructor's page and the marks."""
    for letter in LONG:
        hostile = reports((letter * 2000)[:2000])
        assert seconds(lambda hostile=hostile: write(hostile, toy_release())) < 1.5


def test_a_table_grows_with_the_remarks_length_only() -> None:
    """Four times the text takes four times as long at most, and not sixteen times."""
    short, long = reports("x" * 4000), reports("x" * 16_000)
    once = seconds(lambda: gradebook_table(short, toy_release()))
    assert seconds(lambda: gradebook_table(long, toy_release())) < 8 * once + 0.05


def test_comparing_an_answer_with_its_stub() -> None:
    """Lines that are all alike, alternate, or stand in the stub many times."""
    stub = "def f(x):\n" + "\n".join(f"    {i % 7}" for i in range(60)) + "\n    raise"
    for lines in (["    1"] * 400, [f"    {i % 2}" for i in range(400)], [""] * 400, ["    1"] * 40_000):
        assert seconds(lambda lines=lines: answer_lines("\n".join(lines), stub)) < 0.3


def test_a_page_with_the_longest_answer() -> None:
    """A million letters are cut before they are looked at."""
    (one, *_) = reports("x" * 2000)
    answer = {"heavy_step": "x\n" * 500_000, "fit_line": "y" * 1_000_000}
    assert seconds(lambda: render_feedback(one, toy_release(), answer)) < 1.0
