"""Pages go back to whom they are about, found by the rules by which each platform finds them."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
from downloads import zipped

from autograder.course.course import CourseError
from autograder.desk.collecting import collect
from autograder.desk.enrol import enrol
from autograder.desk.feedback_out import feedback_out
from autograder.term.collect import save_participants


def pages(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_canvas_finds_user_and_file_in_the_name(term):
    """By Assignment#infer_comment_context_from_filename: the first two numbers between underscores."""
    content = (term.path / "submitted/ann/toy/toy.ipynb").read_bytes()
    zipped(term.path / "c.zip", {"oharaann_LATE_101_555_toy.ipynb": content})
    (term.path / "submitted/ann/toy/timestamp.txt").unlink()
    collect(term.course, term.path, term.path / "c.zip")
    term.grade()
    said = feedback_out(term.course, "toy", term.path, "canvas")
    ((name, page),) = pages(term.path / "out" / "feedback-toy-canvas.zip").items()
    assert [part for part in name.split("_") if re.fullmatch(r"\d+", part)][:2] == ["101", "555"]
    assert "Feedback for <strong>ann</strong>" in page
    assert "zoe is not in it: the hand-in was not collected from Canvas" in said


def test_moodle_finds_the_participant_in_the_folder(term):
    """By assignfeedback_file_zip_importer: the second part between underscores, then plugin and file."""
    save_participants(term.path, "toy", {"9001": "ann", "9002": "-rf"})
    said = feedback_out(term.course, "toy", term.path, "moodle")
    found = {}
    for name, page in pages(term.path / "out" / "feedback-toy-moodle.zip").items():
        folder, file = name.split("/")
        info = folder.split("_", 4)
        assert len(info) >= 4 and info[1].isdigit() and info[2:4] == ["assignsubmission", "file"] and file
        found[info[1]] = re.search(r"Feedback for <strong>(.*?)</strong>", page)[1]
    assert found == {"9001": "ann", "9002": "-rf"} and "participant's number is unknown" in said


def test_a_folder_for_a_mail_merge(term):
    """A page for each address; who has none is told."""
    more = term.path.parent / "more.csv"
    more.write_text("id,name,email\nann,=Ann,ann@x.org\n")
    enrol(term.path, more)
    said = feedback_out(term.course, "toy", term.path, "mail")
    folder = term.path / "out" / "feedback-toy-mail"
    (row,) = csv.DictReader(io.StringIO((folder / "recipients.csv").read_text(encoding="utf-8"), newline=""))
    assert row == {
        "email": "ann@x.org",
        "name": "'=Ann",
        "attachment": "ann.html",
        "total": "5.5",
        "max_total": "5.5",
    }
    assert "Feedback for <strong>ann" in (folder / "ann.html").read_text(encoding="utf-8")
    assert "zoe has no e-mail address in the roster." in said


def test_the_exchange_takes_the_folder_as_it_is(term, capsys):
    """One sentence says the command."""
    code, said = term.run(capsys, "feedback", "toy", "--for", "exchange")
    assert code == 0 and "nbgrader release_feedback toy" in said


def test_without_pages_it_says_what_to_run(term):
    """Feedback is written by grading."""
    for page in (term.path / "feedback").rglob("*.html"):
        page.unlink()
    with pytest.raises(CourseError, match="run `autograder grade toy` first"):
        feedback_out(term.course, "toy", term.path, "mail")


def test_the_settings_platform_is_where_pages_go_if_no_other_is_named(term, capsys):
    """One that takes no pages back is named with the ways there are."""
    save_participants(term.path, "toy", {"9001": "ann"})
    term.settings('platform = "moodle"')
    assert term.run(capsys, "feedback", "toy")[0] == 0
    assert (term.path / "out" / "feedback-toy-moodle.zip").exists()
    term.settings('platform = "csv"')
    code, said = term.run(capsys, "feedback", "toy")
    assert code and "csv, takes no pages back: name where they go with --for canvas|moodle|mail" in said


@pytest.mark.parametrize(
    ("layout", "reason"),
    [("canvas", "not collected from Canvas"), ("moodle", "number is unknown"), ("mail", "e-mail address")],
)
def test_no_page_at_all_is_a_failure_and_leaves_no_file(term, capsys, layout, reason):
    """The sentence says why, and what an earlier run has made stays."""
    code, said = term.run(capsys, "feedback", "toy", "--for", layout)
    assert code and reason in said and not list((term.path / "out").glob("feedback-toy-*"))
