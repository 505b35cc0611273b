"""The settings of a term: defaults, every kind of value, and what is refused with which sentence."""

import math
from datetime import UTC, datetime

import pytest

from autograder.course.course import CourseError
from autograder.term.settings import Settings, explained, load_settings, template

WHOLE = """
name = "Toys"
book = "https://example.org"
time_zone = "Europe/Berlin"
platform = "canvas"
missing = "zero"
drop_lowest = 1
cool_down_minutes = 30
leave_out = []
attempts = 3
counts = "best"
markers = ["Ada", "Ben"]
second_marker_percent = 20
sandbox = "if there"
[limits]
call_wall_seconds = 3
cell_wall_seconds = 5
notebook_wall_seconds = 60
submission_wall_seconds = 600
memory_mib = 512
[late]
grace_minutes = 15
percent_per_day = 10
percent_max = 50
of = "maximum"
days_accepted = 7
[assignment.toy]
due = 2026-11-20T23:59:00
weight = 2
column = "Toy (77)"
[student."o'hara, ann"]
due = { toy = "2026-11-27 23:59" }
excused = ["after"]
penalty = { toy = 5 }
handed_in = { toy = "2026-11-21T08:00:00+00:00" }
"""


def load(tmp_path, text, students=()):
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    return load_settings(tmp_path, ("toy", "after"), students)


def test_without_a_file_there_are_defaults(tmp_path):
    """Nobody has to write a file, and then lateness costs nothing."""
    found = load_settings(tmp_path)
    assert found == Settings() and found.late.percent_per_day == 0 and math.isinf(found.late.days_accepted)


def test_every_key_is_read(tmp_path):
    """Times without a zone are in the term's zone; those with one keep it."""
    found = load(tmp_path, WHOLE)
    assert (found.attempts, found.counts, found.markers) == (3, "best", ("Ada", "Ben"))
    assert found.limits["memory_mib"] == 512 and found.sandbox == "if there"
    assert (found.platform, found.missing, found.drop_lowest, found.late.of) == (
        "canvas",
        "zero",
        1,
        "maximum",
    )
    assert found.assignment("toy").due.astimezone(UTC) == datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    ann = found.student("o'hara, ann")
    assert ann.due["toy"].astimezone(UTC) == datetime(2026, 11, 27, 22, 59, tzinfo=UTC)
    assert ann.handed_in["toy"].astimezone(UTC).hour == 8 and ann.excused == ("after",)
    assert found.student("nobody").excused == () and found.assignment("after").weight == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("plattform = 'canvas'", "there is no plattform. Did you mean platform?"),
        ("[late]\npercent_per_hour = 1", "there is no late.percent_per_hour. Did you mean percent_per_day?"),
        ("[assignment.tooy]\nweight = 1", "there is no assignment.tooy. Did you mean toy?"),
        ("[assignment.toy]\nwait = 1", "there is no assignment.toy.wait. Did you mean weight?"),
        ("[student.adda]\n", "there is no student.adda. Did you mean ada?"),
        ("[student.ada]\nexcused = ['to']", "there is no student.ada.excused: to. Did you mean toy?"),
        (
            "[student.ada]\ndue = {ty = '2026-01-01 10:00'}",
            "there is no student.ada.due.ty. Did you mean toy?",
        ),
        (
            "platform = 'blackboard'",
            "platform must be one of canvas, moodle, gradescope, csv; it is 'blackboard'",
        ),
        ("time_zone = 'Berlin'", "time_zone must be a time zone, as in \"Europe/Berlin\"; it is 'Berlin'"),
        ("drop_lowest = 1.5", "drop_lowest must be a whole number from 0; it is 1.5"),
        ("drop_lowest = true", "drop_lowest must be a whole number"),
        ("[late]\npercent_per_day = 110", "late.percent_per_day must be a number from 0 to 100; it is 110"),
        ("[late]\npercent_per_day = nan", "must be a number from 0 to 100"),
        ("[assignment.toy]\ndue = 'soon'", "assignment.toy.due must be a day and a time, as in"),
        ("[assignment.toy]\ndue = 2026-11-20", "must be a day and a time, .* it is 2026-11-20"),
        ("late = 5", "late must be a table, as in \\[late\\]; it is 5"),
        ("x = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_refused_in_a_sentence(tmp_path, text, sentence):
    """The file, the key, what it must be, and what was probably meant."""
    with pytest.raises(CourseError, match=sentence) as error:
        load(tmp_path, text, ("ada",))
    assert str(error.value).startswith(str(tmp_path / "course.toml"))


def test_settings_are_explained(tmp_path):
    """Each key with its value and use, and one calendar that says where a due time is from."""
    text = explained(
        load(tmp_path, WHOLE), {"toy": "2026-01-01T00:00:00+00:00", "after": "2026-12-01T11:00:00+00:00"}
    )
    assert "percent_per_day = 10" in text and "what each day that has begun costs" in text
    assert "Fri 20 Nov 2026 23:59  set here; weight 2" in text
    assert "Tue 01 Dec 2026 12:00  set in its notebook; weight 1" in text
    assert (
        "o'hara, ann: toy due 27 Nov 23:59, toy handed in 21 Nov 09:00, after excused, toy costs 5 %" in text
    )
    assert "(default)" not in text and "(default)" in explained(Settings(), {})


def test_a_first_file_is_valid_and_changes_nothing(tmp_path):
    """What `settings --new` writes has the defaults and the due times as they are."""
    text = template("Toys", {"toy": "2026-11-20T23:59:00+01:00", "after": ""}, "Europe/Berlin")
    found = load(tmp_path, text)
    assert (found.late, found.missing, found.students) == (Settings().late, "blank", {})
    assert found.assignment("toy").due.astimezone(UTC).hour == 22
