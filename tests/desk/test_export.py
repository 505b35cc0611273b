"""Marks out, read back by the rules by which each platform reads them in."""

from __future__ import annotations

import csv
import io

import pytest
from downloads import MOODLE

from autograder.course.course import CourseError
from autograder.desk.enrol import enrol
from autograder.desk.export import export
from autograder.term.collect import save_participants


def table(text):
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def canvas_reads(text):
    """By GradebookImporter: the headings' check, ids before names, blank changes nothing.

    instructure/canvas-lms, lib/gradebook_importer.rb: process_header, process_pp, process_student.
    """
    head, points, *rows = table(text)
    assert "Student" in head[0] and "ID" in head[1]
    columns = 3
    if "SIS User ID" in head[2] and "SIS Login ID" in head[3]:
        columns = 5
    assert "Section" in head[columns - 1]
    assert "Points Possible" in points[0]
    assignments = head[columns:]
    return {
        row[1]: {name: mark.strip() for name, mark in zip(assignments, row[columns:], strict=True)}
        for row in rows
    }


def moodle_reads(text):
    """By assignfeedback_offline_grade_importer: three columns by name, the number after "Participant "."""
    head, *rows = table(text)
    place = {name: head.index(name) for name in ("Identifier", "Grade", "Last modified (grade)")}
    return {row[place["Identifier"]][len("Participant ") :]: row[place["Grade"]] for row in rows}


def test_canvas_finds_everybody_by_id(term):
    """Marks under the heading that Canvas gave out; blank for the ungraded and for nothing handed in."""
    text, left = export(term.course, term.path, "toy", "canvas")
    assert canvas_reads(text) == {
        "101": {"A toy (77)": "5.5"},
        "102": {"A toy (77)": "3.4"},
        "103": {"A toy (77)": ""},
        "104": {"A toy (77)": "5.5"},
        "105": {"A toy (77)": ""},
    }
    assert left == []
    ids = {row[1]: row[2:4] for row in table(text)[2:]}
    assert ids["102"] == ["+49", "-rf"] and ids["103"] == ["007", "zoe"]
    names = {row[1]: row[0] for row in table(text)[2:]}
    assert names["101"] == 'O\'Hara, Ann "Nan"' and names["102"] == "'=1+1, Bob"


def test_canvas_is_told_who_is_excused_and_what_lateness_costs(term):
    """EX, and the same number as on the page."""
    term.settings('[late]\npercent_per_day = 20\n[student."-rf"]\nexcused = ["toy"]')
    found = canvas_reads(export(term.course, term.path, "toy", "canvas")[0])
    assert found["102"]["A toy (77)"] == "EX" and found["104"]["A toy (77)"] == "4.4"


def test_a_column_that_canvas_does_not_have_is_told(term):
    """It would make a new assignment: the sentence says how to name the one that is there."""
    term.settings('[assignment.toy]\ncolumn = "Homework 1"')
    text, left = export(term.course, term.path, "toy", "canvas")
    assert "A toy (77)" in table(text)[0] and left == []
    term.settings('[assignment.toy]\ncolumn = "Homework 1 (78)"')
    assert table(export(term.course, term.path, "toy", "canvas")[0])[0][-1] == "Homework 1 (78)"


def test_the_columns_that_canvas_has_are_named_where_none_fits(term):
    """So that the instructor can copy the right one."""
    sheet = term.path.parent / "renamed.csv"
    sheet.write_text("Student,ID,Section,Week one (78)\nAnn,101,A,\n", encoding="utf-8")
    enrol(term.path, sheet)
    (said,) = export(term.course, term.path, "toy", "canvas")[1]
    assert "(its assignments are Week one (78))" in said and '[assignment.toy] column = "A toy (' in said


def test_somebody_whom_canvas_does_not_know_is_told(term):
    """Nobody is left out in silence."""
    plain = term.path.parent / "plain.csv"
    plain.write_text("id,name\nguest,Guest\n")
    enrol(term.path, plain)
    text, left = export(term.course, term.path, "toy", "canvas")
    assert "guest has no id of Canvas's" in left[0] and len(canvas_reads(text)) == 5


def test_moodles_worksheet_is_filled_in(term):
    """The mark goes to the participant, with Moodle's decimal comma; every other cell is as it was."""
    sheet = term.path.parent / "sheet.csv"
    sheet.write_bytes(MOODLE.encode("utf-8-sig"))
    text, left = export(term.course, term.path, "toy", "moodle", sheet)
    assert moodle_reads(text) == {"9001": "5,5", "9002": "", "9003": ""}
    before, after = table(MOODLE), table(text)
    grade = before[0].index("Grade")
    for row in (*before, *after):
        row[grade] = ""
    assert after == before
    assert "line 4: Nobody There is not in the roster." in left
    assert "-rf is not in the worksheet." in left and "lea is not in the worksheet." in left


def test_another_maximum_in_moodle_is_told(term):
    """5.5 of 10 is no full mark: the worksheet is written all the same, and a sentence says so."""
    sheet = term.path.parent / "sheet.csv"
    for maximum, told in (("10,00", True), ("5,50", False)):
        text = MOODLE.replace('"5,50"', f'"{maximum}"')
        sheet.write_text(text, encoding="utf-8")
        _, left = export(term.course, term.path, "toy", "moodle", sheet)
        assert ("the worksheet's maximum is 10, and toy has 5.5 points" in left[0]) is told


def test_moodle_by_the_numbers_of_the_download(term):
    """Participants that were collected are enough; without any the worksheet is asked for."""
    with pytest.raises(CourseError, match="fill it in with --into FILE"):
        export(term.course, term.path, "toy", "moodle")
    save_participants(term.path, "toy", {"9001": "ann", "9005": "zoe"})
    text, left = export(term.course, term.path, "toy", "moodle")
    assert moodle_reads(text) == {"9001": "5.5", "9005": ""} and len(left) == 3


def test_gradescopes_columns(term):
    """Name, SID, score, status and lateness in the form of its own download."""
    rows = table(export(term.course, term.path, "toy", "gradescope")[0])
    found = {row[2]: row[5:] for row in rows[1:]}
    assert rows[0][2] == "SID" and found["lea"] == ["5.5", "5.5", "Graded", "21:01:00"]
    assert found["zoe"][0] == "" and found["zoe"][2] == "Ungraded" and found["nia"][2] == "Missing"
    with pytest.raises(CourseError, match="name one"):
        export(term.course, term.path, "", "gradescope")


def test_the_term_in_one_table(term):
    """A row a student with percent of the term; the other platforms take the term, too."""
    head, *rows = table(export(term.course, term.path)[0])
    assert head == ["student", "name", "email", "section", "toy", "percent"]
    found = {row[0]: row[-2:] for row in rows}
    assert found["ann"] == ["5.5", "100"] and found["-rf"] == ["3.4", "61.82"] and found["nia"] == ["", ""]
    assert canvas_reads(export(term.course, term.path, "", "canvas")[0])["101"] == {"A toy (77)": "5.5"}
    assert table(export(term.course, term.path, "", "moodle")[0])[0] == [
        "ID number",
        "Email address",
        "A toy",
    ]


def test_the_command_prints_the_platform_of_the_settings(term, capsys):
    """Without --for; the remarks go to the other stream."""
    term.settings('platform = "canvas"')
    code, said = term.run(capsys, "export", "toy")
    assert code == 0 and said.startswith("Student,ID,SIS User ID,SIS Login ID,Section,A toy (77)")
    code, said = term.run(capsys, "export", "toy", "--for", "csv")
    assert said.startswith('"student","assignment"')


def test_nothing_graded_is_told(toy_course, tmp_path):
    """The term without results says what to run."""
    with pytest.raises(CourseError, match="run `autograder grade ASSIGNMENT` first"):
        export(toy_course, tmp_path)


def test_into_is_moodles(term):
    """The option is refused for other platforms."""
    with pytest.raises(CourseError, match="use it with --for moodle"):
        export(term.course, term.path, "toy", "canvas", term.path)
