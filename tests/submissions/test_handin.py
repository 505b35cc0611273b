"""What was handed in, by whom, and how late."""

from pathlib import Path

import pytest

from autograder.submissions.handin import Handin, handins, moment


def hand_in(term: Path, student: str, name: str = "toy.ipynb", timestamp: str | None = None) -> Path:
    folder = term / "submitted" / student / "toy"
    folder.mkdir(parents=True)
    (folder / name).write_text("{}")
    if timestamp is not None:
        (folder / "timestamp.txt").write_text(timestamp)
    return folder


def test_handins_are_listed_by_student(tmp_path):
    """A renamed notebook is found when it is the only one; an empty folder is still a hand-in."""
    late = hand_in(tmp_path, "bob", timestamp="2030-01-01 12:00:00 UTC\n")
    renamed = hand_in(tmp_path, "o'hara, \n", "toy (1).ipynb", timestamp="")
    empty = tmp_path / "submitted" / "zoe" / "toy"
    empty.mkdir(parents=True)
    (tmp_path / "submitted" / "stray.txt").write_text("")
    hand_in(tmp_path, "ada").rename(tmp_path / "submitted" / "ada" / "other")
    assert handins(tmp_path, "toy") == (
        Handin("bob", late / "toy.ipynb", "2030-01-01 12:00:00 UTC"),
        Handin("o'hara, \n", renamed / "toy (1).ipynb", None),
        Handin("zoe", empty / "toy.ipynb", None),
    )
    assert [handin.student for handin in handins(tmp_path, "toy", ["zoe", "nobody"])] == ["zoe"]
    assert handins(tmp_path / "nowhere", "toy") == ()


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2030-01-01 12:00:00.5 UTC", 12),
        ("2030-01-01 12:00:00 +0200", 10),
        ("2030-01-01 12:00:00 America/New_York", 17),
        ("2030-01-01T12:00:00+01:00", 11),
        ("2030-01-01 12:00:00", 12),
        ("2030-01-01 12:00:00 ../../etc/passwd", 12),
        ("1 January 2030 noon o'clock", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_read_in_its_zone(text, hour):
    """Offsets and zone names count; an unknown zone is UTC; what is no moment is None."""
    found = moment(text)
    assert (found.hour if found else None) == hour


def test_lateness_is_zero_when_in_time_or_unknown():
    """Only two known moments make a hand-in late."""
    due = "2030-01-01T12:00:00+00:00"
    assert Handin("a", Path("a"), "2030-01-01 12:01:00 UTC").seconds_late(due) == 60
    assert Handin("a", Path("a"), "2030-01-01 11:00:00 UTC").seconds_late(due) == 0
    assert Handin("a", Path("a"), "2030-01-01 13:00:00 UTC").seconds_late("") == 0
    assert Handin("a", Path("a"), "rubbish").seconds_late(due) == 0
