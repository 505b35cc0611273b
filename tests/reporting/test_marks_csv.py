"""Marks as CSV: ungraded is empty, names are quoted, formulas are disarmed, columns stand still."""

from __future__ import annotations

import csv
import doctest
import io
from dataclasses import replace

import pytest
from reports import result, right, toy_release, ungraded, wrong

from autograder.grading.verdict import Verdict
from autograder.reporting import marks_csv as module
from autograder.reporting.marks import Override
from autograder.reporting.marks_csv import FORMULA, marks_csv
from autograder.reporting.rows import mark_rows
from autograder.term.policy import Standing

HEAD = ["student", "assignment", "verdict", "total", "max_total", "seconds_late", "heavy_step", "fit_line"]
HEAD += ["protections_off", "points", "penalty", "remark"]


def table(*reports, **options):
    return marks_csv(mark_rows(reports, toy_release(), **options), toy_release())


def rows(*reports, **options):
    return list(csv.reader(io.StringIO(table(*reports, **options), newline=""), strict=True))


def test_examples_in_the_docstrings_hold():
    """Every example in the module's docstrings gives what it shows."""
    assert doctest.testmod(module).failed == 0


def test_columns_and_lines_are_stable():
    """The same columns for an empty class, and one line a student by name, whatever the order given."""
    assert rows() == [HEAD]
    found = rows(wrong("bob", 1.5), right("ada"), standings={"bob": Standing(90.0)})
    assert found == [
        HEAD,
        ["ada", "toy", "correct", "5.5", "5.5", "0", "3", "2.5", "network", "5.5", "0", ""],
        ["bob", "toy", "partly correct", "1.5", "5.5", "90", "1.5", "0", "network", "1.5", "0", ""],
    ]
    assert marks_csv([], toy_release()).endswith('"remark"\r\n')


def test_ungraded_is_empty_and_never_zero():
    """A file that could not be read has no mark; one ungraded exercise leaves the total empty."""
    half = replace(
        right("dan"),
        exercises=(right("dan").exercises[0], result("fit_line", Verdict.GRADER_FAULT, None)),
        verdict=Verdict.GRADER_FAULT,
    )
    found = rows(ungraded("cyd"), half)
    assert found[1] == ["cyd", "toy", "not graded", "", "5.5", "0", "", "", "network", "", "0", ""]
    assert found[2] == ["dan", "toy", "grader at fault", "", "5.5", "0", "3", "", "network", "", "0", ""]


def test_what_a_person_entered_counts():
    """A manual score fills what was ungraded; the verdict stays the autograder's."""
    entered = {"cyd": {"heavy_step": Override(score=2.0), "fit_line": Override(score=1.0, extra=0.25)}}
    assert rows(ungraded("cyd"), overrides=entered)[1][2:8] == ["not graded", "3.25", "5.5", "0", "2", "1.25"]


@pytest.mark.parametrize("start", FORMULA)
def test_a_name_that_a_spreadsheet_would_run_is_disarmed(start):
    """Each beginning that makes a formula gets an apostrophe before it, and the file stays readable."""
    name = f'{start}HYPERLINK("evil"),\nx'
    (cell, *_) = rows(right(name))[1]
    assert cell.startswith("'") and "HYPERLINK" in cell


def test_commas_quotes_and_newlines_stay_in_their_cell():
    """A name is one cell, whatever it holds; numbers are bare, so that they stay numbers."""
    name = 'O"Hara, Ann\nMarie'
    assert rows(right(name))[1][0] == name
    line = table(right("ada")).splitlines()[1]
    assert line == '"ada","toy","correct",5.5,5.5,0,3,2.5,"network",5.5,0,""'
