"""A regrade tells who changes and why, and asks before anybody loses a point."""

from __future__ import annotations

import json

import pytest
import toy

from autograder.authoring.release import release
from autograder.classroom.published import load_published
from autograder.classroom.results import Results
from autograder.course.course import CourseError
from autograder.desk.regrade import regrade, try_regrade


def never(question):
    raise AssertionError(question)


def test_nothing_changes_where_nothing_did(term):
    """No question, and the same marks."""
    assert "No mark changes." in regrade(term.course, "toy", term.path, never)


def test_settings_change_marks_and_are_named(term):
    """A policy that came later: a loss, asked about, and nothing is written without a yes."""
    term.settings("[late]\npercent_per_day = 20\n")
    before = load_published(term.path, "toy")
    said = regrade(term.course, "toy", term.path, never, diff_only=True)
    assert (
        "lea: was 5.5, is 4.4 (the settings)." in said and "1 marks change, 1 of them for the worse." in said
    )
    asked = []
    assert (
        regrade(term.course, "toy", term.path, lambda text: bool(asked.append(text)))
        == "Nothing was written."
    )
    assert "Publish these marks?" in asked[0] and load_published(term.path, "toy") == before
    regrade(term.course, "toy", term.path, lambda text: True)
    assert load_published(term.path, "toy").marks["lea"].final == 4.4


def test_another_hand_in_is_named_and_its_old_result_is_kept(term):
    """A gain asks nothing; the earlier report stays in the history."""
    right = (term.path / "submitted/ann/toy/toy.ipynb").read_bytes()
    (term.path / "submitted/-rf/toy/toy.ipynb").write_bytes(right)
    said = regrade(term.course, "toy", term.path, never)
    assert "-rf: was 3.4, is 5.5 (another hand-in)." in said
    assert [report.score for report in Results(term.path).history("toy", "-rf")] == [3.4]


def test_changed_checks_are_named(term, tmp_path):
    """A weight that changed after marks were out, as the table of a regrade tells it."""
    course = toy.write_course(tmp_path / "course")
    release(course, toy.SLUG)
    path = course.content("toy") / "heavy_step.py"
    text = path.read_text(encoding="utf-8")
    assert text.count("weight=2") >= 1
    path.write_text(text.replace("weight=2", "weight=1", 1), encoding="utf-8")
    found = try_regrade(course, "toy", term.path)
    assert {change.why for change in found.changes} <= {"the checks"} and "the checks" in {
        name for name in found.after.under if found.before.under[name] != found.after.under[name]
    }


def test_a_grading_tells_what_it_changed(term):
    """The same sentence in the table and on the class's page."""
    term.settings("[late]\npercent_per_day = 20\n")
    assert "lea: was 5.5, is 4.4 (the settings)." in term.grade()
    assert "lea: was 5.5, is 4.4" in (term.path / "reports" / "toy.html").read_text(encoding="utf-8")
    assert "was 5.5" not in term.grade()


def test_the_command_asks_on_the_terminal(term, capsys, monkeypatch):
    """A plain return is a no, and the code says so to a script; --yes does not ask."""
    import io

    term.settings("[late]\npercent_per_day = 20\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    code, said = term.run(capsys, "regrade", "toy")
    assert code == 1 and said.startswith("Nothing was written.") and "[y/N]" in said
    code, said = term.run(capsys, "regrade", "toy", "--yes")
    assert "lea: was 5.5, is 4.4" in said and "0 graded now" in said
    assert json.loads((term.path / "published" / "toy.json").read_text())["marks"]["lea"]["final"] == 4.4


def test_marks_that_were_never_published_are_told(toy_course, tmp_path):
    """There is nothing to compare with."""
    with pytest.raises(CourseError, match="no marks of toy were published"):
        try_regrade(toy_course, "toy", tmp_path)
