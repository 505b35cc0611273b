"""What once went wrong without a word, in the whole way from hand-in to page: now each is said."""

from __future__ import annotations

import csv
import io

from autograder.publish import export_marks

POLICY = """
[late]
percent_per_day = 20
"""


def table(term):
    rows = csv.DictReader(io.StringIO(export_marks(term.course, "toy", term.path), newline=""))
    return {row["student"]: row for row in rows}


def test_those_who_handed_in_nothing_are_in_the_table(term):
    """Whoever is enrolled has a row, blank; a zero where the settings say so."""
    assert (table(term)["nia"]["verdict"], table(term)["nia"]["total"]) == ("nothing handed in", "")
    assert "1 handed in nothing" in term.grade()
    term.settings('missing = "zero"')
    assert table(term)["nia"]["total"] == "0"


def test_ids_in_the_table_are_those_of_the_platform(term):
    """A sign at the beginning gets no apostrophe."""
    assert "-rf" in table(term) and "'-rf" not in table(term)


def test_one_number_everywhere(term):
    """A late work's mark is the same in table, page, CSV and nbgrader's own gradebook."""
    term.settings(POLICY)
    said = term.grade()
    assert "1.1 off for lateness" in said
    assert table(term)["lea"]["total"] == "4.4" and table(term)["lea"]["points"] == "5.5"
    page = (term.path / "feedback/lea/toy/toy.html").read_text(encoding="utf-8")
    assert "4.4 of 5.5 points" in page
    assert "4.4" in (term.path / "reports/toy.html").read_text(encoding="utf-8")
    from nbgrader.api import Gradebook

    from autograder.nbgrader_plugin import database_url

    with Gradebook(database_url(term.path)) as book:
        found = book.find_submission("toy", "lea")
        assert found.score - found.late_submission_penalty == 4.4
    term.settings("")
    assert "off for lateness" not in term.grade() and table(term)["lea"]["total"] == "5.5"


def test_an_extension_and_an_excuse_reach_every_output(term):
    """A due time of one's own; a mark that does not count."""
    own = '[student.lea]\ndue = { toy = "2026-11-25 23:59" }\n[student."-rf"]\nexcused = ["toy"]\n'
    term.settings(POLICY + own)
    said = term.grade()
    assert "1 excused" in said and table(term)["-rf"]["total"] == ""
    assert (table(term)["lea"]["total"], table(term)["lea"]["remark"]) == ("5.5", "extension")
    assert "in time, by your own due time" in (term.path / "feedback/lea/toy/toy.html").read_text()
    assert "excused" in (term.path / "feedback/-rf/toy/toy.html").read_text()


def test_a_due_time_of_the_settings_goes_before_the_notebooks(term):
    """One calendar: the class is on time when the term says so."""
    term.settings(POLICY + '[assignment.toy]\ndue = "2026-11-22 23:59"\n')
    term.grade()
    assert table(term)["lea"]["total"] == "5.5"


def test_misplaced_work_is_named(term):
    """A folder in capitals and a file of a platform, beside a graded class."""
    stray = term.path / "submitted" / "nia" / "Toy" / "toy.ipynb"
    stray.parent.mkdir(parents=True)
    stray.write_text("{}")
    (term.path / "submitted" / "newnia_105_9_toy.ipynb").write_text("{}")
    said, page = term.grade(), (term.path / "reports/toy.html").read_text(encoding="utf-8")
    for name in ("submitted/nia/Toy is graded by nothing", "submitted/newnia_105_9_toy.ipynb is graded by"):
        assert name in said and name in page


def test_a_student_in_a_macs_spelling_is_told(term):
    """The folder's name is decomposed, the roster's composed: two that would never meet."""
    roster = term.path.parent / "more.csv"
    roster.write_text("id,name\nann,Ann\nzo\u00eb2,Zo\u00eb\n", encoding="utf-8")
    from autograder.desk.enrol import enrol

    enrol(term.path, roster)
    (term.path / "submitted" / "ann").rename(term.path / "submitted" / "zoe\u03082")
    assert "another Unicode form" in term.grade()


def test_somebody_who_is_not_enrolled_is_told(term):
    """A hand-in without a student in the roster."""
    (term.path / "submitted" / "ann").rename(term.path / "submitted" / "eve")
    assert "eve handed in and is not in the roster." in term.grade()


def test_nbgraders_release_feedback_finds_what_it_reads(term):
    """Beside each page stand the time and the exchange's secret, where there is one."""
    (term.path / "submitted" / "ann" / "toy" / "submission_secret.txt").write_text("s3cret")
    term.grade()
    folder = term.path / "feedback" / "ann" / "toy"
    assert (folder / "timestamp.txt").read_text() == "2026-11-20 20:00:00 UTC"
    assert (folder / "submission_secret.txt").read_text() == "s3cret"


def test_settings_that_name_nobody_are_refused(term):
    """An extension for somebody who is not in the roster would be given to no one."""
    import pytest

    from autograder.course.course import CourseError

    term.settings("[student.leah]\nexcused = ['toy']")
    with pytest.raises(CourseError, match="Did you mean lea"):
        term.grade()
