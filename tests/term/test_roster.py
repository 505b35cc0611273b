"""Rosters as each platform writes them, and what a second reading changes."""

import pytest

from autograder.course.course import CourseError
from autograder.term.roster import Roster, load_roster, merged, read_roster, save_roster

# The headings are those of instructure/canvas-lms lib/gradebook_importer.rb.
CANVAS = '''\
Student,ID,SIS User ID,SIS Login ID,Section,Momentum (5551),Current Score
,,,,,Manual Posting,
    Points Possible,,,,,25,(read only)
"O'Hara, Ann ""Nan""",101,S-7,ann,"Mon, 9 h",,
"=1+1, Bob",102,+49,-rf,A,,
"Student, Test",900,,,A,,
"Zoë, Émile",103,007,zoe,A,,
'''
# moodle/moodle, user list and mod/assign/feedback/offline.
MOODLE = """\
First name,Last name,ID number,Email address,Groups
Ann,O'Hara,S-7,ann@x.org,A
Zoe\u0308,E\u0301mile,007,zoe@x.org,
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Role,Sections
Ann,O'Hara,S-7,ann@x.org,Student,A
Tia,Tutor,T-1,tia@x.org,TA,
"""


def read(tmp_path, text, id_heading="", encoding="utf-8"):
    path = tmp_path / "class.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path, id_heading)


def test_the_gradebook_of_canvas(tmp_path):
    """Ids are as they stand there; the rows of points and posting and the test student are no students."""
    found = read(tmp_path, CANVAS, encoding="utf-16")
    assert found.platform == "canvas"
    assert {one.student: one.name for one in found.students} == {
        "ann": 'O\'Hara, Ann "Nan"',
        "-rf": "=1+1, Bob",
        "zoe": "Zoë, Émile",
    }
    ids = {one.student: one.ids["canvas"] for one in found.students}
    assert (
        ids["-rf"]["SIS User ID"] == "+49"
        and ids["zoe"]["SIS User ID"] == "007"
        and ids["ann"]["ID"] == "101"
    )
    assert [line.partition(":")[0] for line in found.left_out] == ["line 2", "line 3", "line 6"]
    assert found.columns[0] == "Momentum (5551)"


def test_the_participants_of_moodle(tmp_path):
    """The ID number names the folder, and names are composed, as Macs do not write them."""
    found = read(tmp_path, MOODLE, encoding="utf-8-sig")
    assert found.platform == "moodle"
    assert [(one.student, one.name, one.email) for one in found.students] == [
        ("S-7", "Ann O'Hara", "ann@x.org"),
        ("007", "Zoë Émile", "zoe@x.org"),
    ]


def test_the_roster_of_gradescope(tmp_path):
    """Only students are students."""
    found = read(tmp_path, GRADESCOPE)
    assert (found.platform, [one.student for one in found.students]) == ("gradescope", ["S-7"])
    assert found.left_out == ("line 3: Tia Tutor is TA, no student",)


def test_a_plain_table(tmp_path):
    """Any table with a column of ids; a number in a formula's quotes keeps its zeros."""
    found = read(tmp_path, 'id;name;email\n="007";"Ann, a";a@x.org\n')
    assert (found.platform, found.students[0].student, found.students[0].name) == ("csv", "007", "Ann, a")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "name,email\nAnn,a@x.org\n",
            "has no column student or id .* it has: name, email. Choose one with --id.",
        ),
        ("id\nann\nann\n", "lines 2 and 3 are both 'ann'"),
        ("id\nann\nAnn\n", "differ in case only"),
    ],
)
def test_a_table_that_names_nobody_clearly_is_refused(tmp_path, text, sentence):
    """Nothing is guessed where two students would be one."""
    with pytest.raises(CourseError, match=sentence):
        read(tmp_path, text)


@pytest.mark.parametrize("student", ["../eve", ".hidden", "x" * 300, ""])
def test_an_id_that_is_no_folder_is_left_out(tmp_path, student):
    """It is named with its line, and the others are read."""
    found = read(tmp_path, f"id,name\n{student},Eve\nann,Ann\n")
    assert [one.student for one in found.students] == ["ann"] and found.left_out[0].startswith("line 2")


def test_a_second_platform_adds_its_ids(tmp_path):
    """Whoever has the same id or e-mail address is the same person, under the first folder."""
    roster, _ = merged(Roster(), read(tmp_path, CANVAS))
    roster, changes = merged(roster, read(tmp_path, MOODLE.replace("S-7", "ann")))
    assert set(roster.students) == {"ann", "-rf", "zoe", "007"}
    assert set(roster.students["ann"].ids) == {"canvas", "moodle"}
    assert 'ann (O\'Hara, Ann "Nan"): ids of moodle added' in changes


def test_a_second_reading_tells_what_changed(tmp_path):
    """New, renamed and gone; who left keeps what there is, and nobody is told about twice."""
    roster, first = merged(Roster(), read(tmp_path, CANVAS))
    assert len(first) == 3 and all(line.startswith("new: ") for line in first)
    later = CANVAS.replace("Zoë", "Zoe").replace('"=1+1, Bob",102,+49,-rf,A,,\n', "New,104,8,new,A,,\n")
    roster, changes = merged(roster, read(tmp_path, later))
    assert set(changes) == {
        "new: new (New)",
        "zoe (Zoë, Émile): name was Zoë, Émile, is Zoe, Émile",
        "no longer listed: -rf (=1+1, Bob); files and marks are kept",
    }
    assert merged(roster, read(tmp_path, later))[1] == ()
    assert "-rf" in roster.students and "-rf" not in {one.student for one in roster.enrolled}


def test_a_roster_is_kept_and_read_back(tmp_path):
    """Every cell survives, and others cannot read the file."""
    roster, _ = merged(Roster(), read(tmp_path, CANVAS))
    save_roster(tmp_path, roster)
    assert load_roster(tmp_path) == roster
    assert (tmp_path / "roster.json").stat().st_mode & 0o077 == 0
    assert roster.find("zoe") is roster.by_id("canvas", "ID", "103")


def test_a_damaged_roster_is_told(tmp_path):
    """One sentence says what to do."""
    (tmp_path / "roster.json").write_text("[")
    with pytest.raises(CourseError, match="restore it from your backup"):
        load_roster(tmp_path)


def test_a_folder_of_a_mac_meets_its_student(tmp_path):
    """The decomposed name of a folder is the composed id of the roster."""
    roster, _ = merged(Roster(), read(tmp_path, "id\nzoe\u0308\n"))
    assert roster.find("zoe\u0308").student == "zo\u00eb"
