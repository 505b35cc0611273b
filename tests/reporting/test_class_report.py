"""The class report: who needs a look first, how each exercise went, what was misunderstood."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import HINT, class_report, gradebook_table, right, toy_release, ungraded, wrong
from test_feedback import NASTY, Page, nasty_report

from autograder.grading.form import TITLE, form_result
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.reporting.class_report import _columns
from autograder.reporting.feedback import render_feedback
from autograder.reporting.marks import Override
from autograder.term.policy import Standing

CLASS = (right("ada"), wrong("bob", 1.5), ungraded("zoe"), wrong("dan"), right("eve"))
LATE = {"eve": Standing(3661.0)}


def table(*reports, **options):
    return gradebook_table(reports or CLASS, toy_release(), **options)


def test_the_table_shows_the_ungraded_and_the_late_first():
    """Then the others by name; an ungraded mark is a dash, and the reason stands below in full."""
    lines = table(standings=LATE).splitlines()
    assert " ".join(lines[0].split()) == "student verdict heavy_step /3 fit_line /2.5 total /5.5 late remark"
    assert [line.split()[0] for line in lines[2:7]] == ["zoe", "eve", "ada", "bob", "dan"]
    assert lines[2].split()[:6] == ["zoe", "not", "graded", "–", "–", "–"]
    assert lines[3].split() == ["eve", "correct", "3", "2.5", "5.5", "1", "h", "1", "min"]
    assert lines[5].split()[:6] == ["bob", "partly", "correct", "1.5", "0", "1.5"]
    assert "zoe: The file is not a notebook; save it and hand it in again." in lines


def test_the_summary_counts_what_is_there():
    """Verdicts, late ones, and the mean over those that have a total."""
    assert table(standings=LATE).splitlines()[-1] == (
        "5 submissions: 2 correct, 1 partly correct, 1 wrong, 1 not graded; 1 late; "
        "mean 3.12 of 5.5 over the 4 graded."
    )
    assert table(ungraded("zoe")).splitlines()[-1] == "1 submission: 1 not graded."


def test_the_table_keeps_its_width_and_its_columns():
    """Long names and wide letters are cut to fit, and nothing that a terminal acts on gets through."""
    names = ["x" * 80, "名前" * 20, NASTY, "two\nlines\t", "e\u0301milie"]
    text = table(*(wrong(name) for name in names), width=100)
    rows = text.splitlines()[:7]
    assert all(_columns(row) <= 100 for row in rows)
    assert {_columns(row[: row.index("wrong")]) for row in rows[2:]} == {
        _columns(rows[0][: rows[0].index("verd")])
    }
    assert "\x1b" not in text and "two lines" in text


def test_a_persons_marks_count_in_table_and_page():
    """A hand-in graded by hand is no longer among the ungraded."""
    entered = {"zoe": {"heavy_step": Override(score=2.0), "fit_line": Override(score=1.0)}}
    assert table(overrides=entered).splitlines()[-2] == ""
    assert [line.split()[0] for line in table(overrides=entered).splitlines()[2:7]][-1] == "zoe"
    assert "Not graded: look at these first" not in class_report(CLASS, toy_release(), overrides=entered)


def test_the_page_says_what_the_class_misunderstood():
    """Counts by verdict, each named mistake with its students, the checks that attempts failed."""
    page = Page(class_report(CLASS, toy_release(), LATE, links={"bob": "../feedback/bob/toy/toy.html"}))
    assert page.open == []
    for words in (
        "Not graded: look at these first zoe : not graded. The file is not a notebook",
        "Mean 1.88 of 3 points over the 4 graded",
        "✓ correct 2 ✗ wrong 2 ? not graded 1",
        f"2× {HINT} (bob, dan)",
        "Five steps end where momentum ends. 2 of 4",
        "1 h 1 min late",
    ):
        assert words in page.text
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == ["../feedback/bob/toy/toy.html"]
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe"}


def test_an_exercise_that_nobody_attempted_blames_no_check():
    """Untouched and ungraded exercises count among the verdicts, not among failed checks."""
    page = Page(class_report([wrong("ada")], toy_release()))
    assert "– not attempted 1" in page.text
    assert page.text.count("Checks that attempts failed") == 1


@pytest.mark.parametrize("reports", [(), (nasty_report(),), (Report("toy", "ada", Verdict.GRADER_FAULT),)])
def test_odd_classes_give_a_page_and_a_table(reports):
    """Nobody, markup in every field, and a report without exercises."""
    page = class_report(reports, toy_release())
    assert Page(page).open == [] and "<script" not in page
    assert gradebook_table(reports, toy_release()).endswith(".\n")


def test_the_class_report_holds_the_form_against_every_attempt():
    """The row on form is listed only where it failed, and still says how many of the class failed it."""
    check = CheckResult("test_a", "It follows the formula.", 1.0, Verdict.CORRECT)
    form = form_result(["heavy_step: a list."], frozenset())
    broken = ExerciseResult("heavy_step", 3.0, 2.25, Verdict.PARTLY_CORRECT, (form, check))
    right = ExerciseResult("heavy_step", 3.0, 3.0, Verdict.CORRECT, (check,))
    reports = [
        Report("toy", name, one.verdict, (one,))
        for name, one in zip("abcd", [broken, *[right] * 3], strict=True)
    ]
    page = " ".join(class_report(reports, toy_release()).split())
    assert TITLE in page and "1 of 4" in page


def test_many_exercises_are_numbered_in_the_table():
    """Where the names of exercises do not fit, columns are numbered and a line says which is which."""
    release = toy_release()
    many = tuple(replace(release.exercises[0], name=f"an_exercise_with_a_name_{n}") for n in range(8))
    told = gradebook_table([right("ada")], replace(release, exercises=many))
    assert max(map(len, told.splitlines()[:3])) <= 120
    assert told.splitlines()[0].split()[2:10] == list("12345678")
    assert "1 an_exercise_with_a_name_0 /" in told and "8 an_exercise_with_a_name_7 /" in told


def test_what_may_stand_in_for_the_work_is_told_to_the_instructor_only():
    """Page and table name the student and the sentence; the student's page does not, and no mark changes."""
    sentence = "The notebook imports torch, which may do the work by itself: for the instructor to judge."
    named = replace(right("bob"), borrowed=(sentence,))
    page = Page(class_report([named, right("eve")], toy_release())).text
    assert "For you to judge: what may stand in for the work" in page and f"bob : {sentence}" in page
    assert f"bob: {sentence}" in gradebook_table([named], toy_release())
    assert "torch" not in render_feedback(named, toy_release(), {})
    assert "For you to judge" not in class_report([right("eve")], toy_release())


def test_every_report_says_which_protections_were_off():
    """The class's page and table name them, or say that all were on."""
    off, on = right("bob"), replace(right("eve"), protections_off=())
    assert "had these protections off: network" in Page(class_report([off, on], toy_release())).text
    assert "every protection was on" in Page(class_report([on], toy_release())).text
    assert "Protections that were off: network;" in gradebook_table([off, on], toy_release())
    assert "Protections" not in gradebook_table([on], toy_release())
