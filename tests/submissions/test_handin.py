"""What was handed in, by whom, and how late."""

import math
import os
import random
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
        Handin("o'hara, \n", renamed / "toy (1).ipynb", ""),
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
        ("2030-01-01 12:00:00 ../../etc/passwd", None),
        ("2030-01-01 12:00:00 CEST", 10),
        ("2030-01-01 12:00:00 EDT", 16),
        ("2030-01-01 12:00:00 AEST", 2),
        ("2030-01-01 12:00:00 IST", None),
        ("2030-01-01 12:00:00 CST", None),
        ("1 January 2030 noon o'clock", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_read_in_its_zone(text, hour):
    """Offsets and zone names count; a zone that is unknown or means several gives no moment."""
    found = moment(text)
    assert (found.hour if found else None) == hour


def test_lateness_is_zero_when_in_time_or_unknown():
    """Only two known moments make a hand-in late."""
    due = "2030-01-01T12:00:00+00:00"
    assert Handin("a", Path("a"), "2030-01-01 12:01:00 UTC").seconds_late(due) == 60
    assert Handin("a", Path("a"), "2030-01-01 11:00:00 UTC").seconds_late(due) == 0
    assert Handin("a", Path("a"), "2030-01-01 13:00:00 UTC").seconds_late("") == 0
    assert Handin("a", Path("a"), None).seconds_late(due) == 0


HOSTILE = (
    "rubbish", "", "0001-01-01 00:00 +23:59", "9999-12-31 23:59:59 -23:59", "1e999999999",
    "2030-01-01 12:00 ../../x",
    "0" * 10_000, "12:00:00." + "9" * 90, "\x00", "٢٠٣٠-٠١-٠١", "2030-02-30 12:00:00 UTC", "NaN", "Infinity",
)  # fmt: skip  # a list to read across


@pytest.mark.parametrize("text", HOSTILE)
def test_a_moment_never_raises(text):
    """What students can write there is a time or none; what is none is said to be unknown."""
    found = moment(text)
    late = Handin("a", Path("a"), text).seconds_late("2030-01-01T12:00:00+00:00")
    assert math.isnan(late) if found is None else late >= 0


def test_no_text_of_dates_makes_a_moment_raise():
    """Twenty thousand random texts of what dates are made of."""
    dice = random.Random(7)
    words = [
        "0001",
        "9999",
        "-",
        ":",
        "+23:59",
        "-2359",
        "12",
        "T",
        "Z",
        "UTC",
        " ",
        ".",
        "e",
        "E9",
        "am",
        "Jan",
        "inf",
    ]
    for _ in range(20_000):
        moment("".join(dice.choices(words, k=dice.randint(1, 12))))


def test_links_are_listed_and_not_looked_into(tmp_path):
    """A student's or an assignment's folder that leads elsewhere has no time and no other file's name."""
    hand_in(tmp_path, "ada", "other.ipynb", timestamp="2030-01-01 12:00:00 UTC")
    (tmp_path / "submitted" / "eve").symlink_to(tmp_path / "submitted" / "ada")
    (tmp_path / "submitted" / "mal").mkdir()
    (tmp_path / "submitted" / "mal" / "toy").symlink_to(tmp_path / "submitted" / "ada" / "toy")
    ada, eve, mal = handins(tmp_path, "toy")
    assert ada.path.name == "other.ipynb" and eve.path.name == mal.path.name == "toy.ipynb"
    assert eve.timestamp is mal.timestamp is None


def test_names_that_would_be_shown_alike_are_told_apart(tmp_path):
    """Bytes that are no text, and a folder that is called as they are shown."""
    folder = tmp_path / "submitted"
    for name in (b"\xff\xfe", b"\\xff\\xfe"):
        os.makedirs(os.path.join(os.fsencode(folder), name, b"toy"))
    names = [handin.student for handin in handins(tmp_path, "toy")]
    assert r"\xff\xfe" in names and len(set(names)) == 2
    assert {handin.path.parent.parent.name for handin in handins(tmp_path, "toy", [r"\xff\xfe"])} == {
        r"\xff\xfe"
    }
