"""The term's page and its tidy table."""

from __future__ import annotations

import csv
import doctest
import io

from reports import HINT, report, result, right, toy_release, ungraded, wrong
from test_feedback import Page, nasty_report

from autograder.grading.verdict import Verdict
from autograder.reporting import term_report as module
from autograder.reporting.rows import mark_rows
from autograder.reporting.term_report import TermMarks, discrimination, term_report, tidy
from autograder.term.policy import Standing


def term(reports=None, absent=("nia",), standings=None):
    slow = report("tim", result("heavy_step", Verdict.TIMEOUT, 0.0), result("fit_line", Verdict.CORRECT, 2.5))
    reports = reports or (right("ann"), wrong("bob"), wrong("cyd"), ungraded("zoe"), slow)
    found = mark_rows(reports, toy_release(), standings, absent=absent)
    rows = {row.student: row for row in found}
    percents = {row.student: row.final and 100 * row.final / row.maximum for row in found}
    return TermMarks(
        {"toy": toy_release()}, {"toy": rows}, list(rows), percents, {"ann": "=Ann"}, {"ann": "A"}
    )


def test_the_page_tells_progress_mistakes_and_who_needs_a_word():
    """Counts, the most frequent mistake with where to teach it, the ungraded with the reason."""
    page = Page(term_report(term(), "Toys", {"toy": "the chapter on toys"})).text
    assert "Toys" in page and "5 of 6" in page
    assert f"2× {HINT}" in page and "teach again: the chapter on toys" in page and "bob, cyd" in page
    assert "nia : handed in nothing 1 times" in page and "bob : 0 % of the points so far" in page
    assert "zoe , toy: not graded. The file is not a notebook" in page


def test_the_page_is_self_contained_and_escaped():
    """No script, no request, every tag closed, markup of students as text."""
    page = term_report(term([nasty_report()], absent=()), "<b>", {})
    assert "<script" not in page and "http" not in page.replace("http-equiv", "") and Page(page).open == []


def test_who_is_excused_is_left_out():
    """Neither missing nor low."""
    page = Page(term_report(term(standings={"nia": Standing(excused=True)}), "T")).text
    assert "nia" not in page and "5 of 5" in page


def test_the_tidy_table_has_a_row_an_exercise():
    """No mark is empty; hints, time-outs and lateness are there; formulas are disarmed."""
    late = Standing(90.0, cost=0.1)
    rows = list(csv.DictReader(io.StringIO(tidy(term(standings={"ann": late})), newline="")))
    found = {(row["student"], row["exercise"]): row for row in rows}
    assert len(rows) == 6 * 2
    ann = found["ann", "heavy_step"]
    assert (ann["mark"], ann["assignment_total"], ann["assignment_penalty"], ann["seconds_late"]) == (
        "3",
        "4.95",
        "0.55",
        "90",
    )
    assert ann["name"] == "'=Ann" and ann["section"] == "A" and ann["attempts"] == "1"
    assert (
        found["zoe", "fit_line"]["mark"] == "" and found["nia", "fit_line"]["verdict"] == "nothing handed in"
    )
    assert found["tim", "heavy_step"]["timeout"] == "1" and found["bob", "heavy_step"]["hints"] == HINT


def test_an_exercise_that_tells_nothing_apart():
    """Strong students do no better there: near nought; with few hand-ins nothing is said."""
    assert abs(discrimination([0, 1, 0, 1, 0, 1], [1, 1, 2, 2, 3, 3])) < 0.01
    assert discrimination([0, 1, 1, 0], [1, 2, 3, 4]) is None


def test_its_examples_run():
    """The docstrings say what is true."""
    assert doctest.testmod(module).failed == 0
