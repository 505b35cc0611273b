"""One row a student: the number that counts, and those who handed in nothing."""

from __future__ import annotations

from reports import right, toy_release, ungraded, wrong
from test_feedback import Page

from autograder.reporting.class_report import class_report, gradebook_table
from autograder.reporting.feedback import render_feedback
from autograder.reporting.marks import Override
from autograder.reporting.marks_csv import marks_csv
from autograder.reporting.rows import mark_rows
from autograder.term.policy import Standing

LATE = Standing(seconds=90_000, cost=0.2)


def rows(*reports, **options):
    return {row.student: row for row in mark_rows(reports, toy_release(), **options)}


def test_lateness_takes_its_share_of_what_counts():
    """Of the autograder's points and of a person's alike; nothing of what has no mark."""
    standings = {"ada": LATE, "cut": LATE}
    found = rows(right("ada"), ungraded("cut"), standings=standings)
    assert (found["ada"].points, found["ada"].penalty, found["ada"].final) == (5.5, 1.1, 4.4)
    assert (found["cut"].penalty, found["cut"].final) == (0.0, None)
    entered = {"ada": {"heavy_step": Override(score=0.5)}}
    assert rows(right("ada"), standings=standings, overrides=entered)["ada"].final == 3.0 - 0.6


def test_the_absent_have_a_row():
    """Blank or a zero, as the settings say; an excuse goes before both."""
    blank = rows(right("ada"), absent=["ada", "new"])
    assert set(blank) == {"ada", "new"} and blank["new"].final is None
    assert blank["new"].verdict == "nothing handed in"
    assert rows(absent=["new"], missing="zero")["new"].final == 0
    assert (
        rows(absent=["new"], missing="zero", standings={"new": Standing(excused=True)})["new"].final is None
    )


def test_every_output_shows_the_same_number():
    """Page, class report, table and CSV: 4.4 of 5.5, and why."""
    release = toy_release()
    found = mark_rows([right("ada"), wrong("bob")], release, {"ada": LATE, "bob": Standing(excused=True)})
    page = Page(render_feedback(right("ada"), release, {}, standing=LATE)).text
    assert "4.4 of 5.5 points" in page and "earned 5.5 points; 1.1 are taken off because it was late" in page
    assert "excused: this assignment does not count" in render_feedback(
        wrong("bob"), release, {}, standing=Standing(excused=True)
    )
    table, report = gradebook_table(found, release), Page(class_report(found, release)).text
    assert "4.4" in table and "1.1 off for lateness" in table and "excused" in table and "1 excused" in table
    assert "4.4" in report and "1.1 off for lateness" in report
    ada, bob = marks_csv(found, release).splitlines()[1:]
    assert ada.startswith('"ada","toy","correct",4.4,5.5,90000,') and ada.endswith(
        ',5.5,1.1,"1.1 off for lateness"'
    )
    assert bob.startswith('"bob","toy","wrong",,5.5,') and bob.endswith('"excused"')


def test_the_absent_are_in_every_table():
    """Page, table and CSV name who handed in nothing."""
    found = mark_rows([right("ada")], toy_release(), absent=["new"])
    assert "nothing handed in" in gradebook_table(found, toy_release())
    assert "1 submission: 1 correct; 1 handed in nothing; mean 5.5" in gradebook_table(found, toy_release())
    assert "nothing handed in" in class_report(found, toy_release())
    assert '"new","toy","nothing handed in",,5.5' in marks_csv(found, toy_release())


def test_a_hand_in_without_a_result_is_never_a_zero():
    """The settings may give a zero to those who handed in nothing; a lost result is ours to mend."""
    found = mark_rows(
        [right("ada")], toy_release(), absent=["new", "old"], missing="zero", handed_in={"ada", "old"}
    )
    assert [(row.student, row.final) for row in found] == [("ada", 5.5), ("new", 0.0), ("old", None)]
    assert '"old","toy","handed in, without a result",,5.5' in marks_csv(found, toy_release())
    said = "1 handed in nothing; of 1 there is a hand-in and no result: grade again"
    assert said in gradebook_table(found, toy_release())
    assert "handed in, without a result" in class_report(found, toy_release())


def test_ids_stay_what_a_platform_knows():
    """A sign before letters or digits calls nothing in a spreadsheet; a formula is disarmed."""
    text = marks_csv(mark_rows([right("+49"), right("-rf"), right("=1+1")], toy_release()), toy_release())
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ['"+49"', '"-rf"', '"\'=1+1"']


def test_sentences_on_the_class_are_shown():
    """What lies among the hand-ins and is graded by nothing stands on page and in table."""
    for text in (
        gradebook_table([], toy_release(), remarks=["bob/Toy is graded by nothing."]),
        class_report([], toy_release(), remarks=["bob/Toy is graded by nothing."]),
    ):
        assert "bob/Toy is graded by nothing." in text
