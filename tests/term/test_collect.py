"""Hand-ins come out of every platform's download, and every file is accounted for."""

import doctest
import os
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from downloads import CLASS, GRADESCOPE, MOODLE, notebook, unzipped, zipped

from autograder.course.course import CourseError
from autograder.submissions.handin import handins
from autograder.term import collect, people
from autograder.term.attempts import Attempts
from autograder.term.collect import Collector, State, load_participants, local_time, read_worksheet
from autograder.term.policy import standings
from autograder.term.roster import Roster, merged, read_roster
from autograder.term.settings import Settings

BERLIN = Settings(time_zone="Europe/Berlin")


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text(CLASS, encoding="utf-8")
    return merged(Roster(), read_roster(path))[0]


@pytest.fixture
def term(tmp_path):
    return tmp_path / "term"


def states(entries):
    return {entry.file.name: (entry.state.value, entry.student) for entry in entries}


def submitted(term, student):
    folder = term / "submitted" / student / "toy"
    stamp = folder / "timestamp.txt"
    return (folder / "toy.ipynb").read_bytes(), stamp.read_text().strip() if stamp.exists() else None


CANVAS = {
    "oharaann_101_555_toy.ipynb": notebook("first"),
    "oharaann_101_777_toy-1.ipynb": notebook("second"),
    "11bob_LATE_102_600_toy.ipynb": notebook("bob"),
    "muellerzoe_103_601_notes.pdf": b"%PDF",
    "stranger_999_602_toy.ipynb": notebook("who"),
    "anon_Ab3x_603_toy.ipynb": notebook("anon"),
    "muellerzoe_103_604_all.zip": b"PK",
    "__MACOSX/._toy.ipynb": b"",
}


def test_canvas(toy_course, term, roster, tmp_path):
    """Its names say who, which of two files is the later one, and LATE; nothing is guessed."""
    collector = Collector(toy_course, term, Settings(), roster)
    plan = collector.plan(zipped(tmp_path / "canvas.zip", CANVAS))
    assert states(plan) == {
        "oharaann_101_555_toy.ipynb": ("placed", "ann"),
        "oharaann_101_777_toy-1.ipynb": ("placed", "ann"),
        "11bob_LATE_102_600_toy.ipynb": ("placed", "-rf"),
        "muellerzoe_103_601_notes.pdf": ("left out", ""),
        "stranger_999_602_toy.ipynb": ("doubtful", ""),
        "anon_Ab3x_603_toy.ipynb": ("doubtful", ""),
        "muellerzoe_103_604_all.zip": ("doubtful", ""),
        "__MACOSX/._toy.ipynb": ("left out", ""),
    }
    assert all(entry.reason for entry in plan if entry.state in (State.DOUBTFUL, State.LEFT_OUT))
    assert not term.exists()
    collector.carry_out(plan)
    assert submitted(term, "ann") == (notebook("second"), None)
    assert [attempt.number for attempt in Attempts(term, "toy", "ann").all()] == [1, 2]


def test_a_work_that_canvas_calls_late_is_never_in_time(toy_course, term, roster, tmp_path):
    """There is no time in the name: it is unknown, not in time, until the settings say it."""
    collector = Collector(toy_course, term, Settings(), roster)
    collector.carry_out(collector.plan(zipped(tmp_path / "canvas.zip", CANVAS)))
    found = standings(Settings(), term, "toy", "2026-11-20T23:59:00+01:00")
    assert found["-rf"].seconds != found["-rf"].seconds and found["ann"].seconds == 0


MOODLE_FILES = {
    "Ann O'Hara_9001_assignsubmission_file/toy.ipynb": notebook("ann"),
    "Zoe\u0308 Mu\u0308ller_9002_assignsubmission_file_/toy (1).ipynb": notebook("zoe"),
    "Nobody There_9003_assignsubmission_file_toy.ipynb": notebook("flat"),
    "Ann O'Hara_9001_assignsubmission_onlinetext/onlinetext.html": b"<p>",
}


@pytest.mark.parametrize("make", [zipped, unzipped])
def test_moodle(toy_course, term, roster, tmp_path, make):
    """Folders of each version, decomposed names as a Mac unpacks them; times from the worksheet."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes(MOODLE.encode("utf-16"))
    worksheet = read_worksheet(sheet, BERLIN)
    collector = Collector(toy_course, term, BERLIN, roster, worksheet=worksheet)
    done = collector.carry_out(collector.plan(make(tmp_path / "moodle", MOODLE_FILES)))
    found = Counter(state for state, _ in states(done).values())
    assert found == {"placed": 2, "doubtful": 1, "left out": 1}
    assert submitted(term, "ann") == (notebook("ann"), "2026-11-20 22:58:00 UTC")
    assert submitted(term, "zoe") == (notebook("zoe"), "2026-11-21 07:00:00 UTC")
    assert load_participants(term, "toy") == {"9001": "ann", "9002": "zoe"}
    again = collector.carry_out(collector.plan(tmp_path / "moodle"))
    assert Counter(state for state, _ in states(again).values())["there already"] == 2


def test_moodle_by_name_alone(toy_course, term, roster, tmp_path):
    """Without the worksheet a full name that one student has is enough, and the time stays unknown."""
    plan = Collector(toy_course, term, BERLIN, roster).plan(zipped(tmp_path / "m.zip", MOODLE_FILES))
    placed = {entry.student: entry.time for entry in plan if entry.state is State.PLACED}
    assert placed == {"ann": None, "zoe": None}


def test_gradescope(toy_course, term, roster, tmp_path):
    """Its export says who and when; what two people handed in together is doubtful."""
    files = {
        "assignment_5_export/submission_metadata.yml": GRADESCOPE.encode(),
        "assignment_5_export/submission_11/toy.ipynb": notebook("ann"),
        "assignment_5_export/submission_12/toy.ipynb": notebook("two"),
        "assignment_5_export/submission_13/toy.ipynb": notebook("lost"),
    }
    collector = Collector(toy_course, term, Settings(), roster)
    done = collector.carry_out(collector.plan(zipped(tmp_path / "g.zip", files)))
    assert Counter(state for state, _ in states(done).values()) == {"placed": 1, "doubtful": 2, "left out": 1}
    assert submitted(term, "ann") == (notebook("ann"), "2026-11-20 21:22:32 UTC")


def test_the_exchange_of_nbgrader(toy_course, term, tmp_path):
    """Two attempts of one student; the later counts, and its secret goes along for the way back."""
    name = "ann+toy+2026-11-{} 10:00:00.000000 UTC"
    files = {}
    for day, word in (("20", "late"), ("18", "early")):
        files |= {
            f"{name.format(day)}/toy.ipynb": notebook(word),
            f"{name.format(day)}/timestamp.txt": f"2026-11-{day} 10:00:00.000000 UTC".encode(),
            f"{name.format(day)}/submission_secret.txt": word.encode(),
        }
    collector = Collector(toy_course, term, Settings(), Roster())
    collector.carry_out(collector.plan(unzipped(tmp_path / "inbound", files)))
    assert submitted(term, "ann") == (notebook("late"), "2026-11-20 10:00:00 UTC")
    secret = term / "submitted" / "ann" / "toy" / "submission_secret.txt"
    assert secret.read_text() == "late" and secret.stat().st_mode & 0o077 == 0
    assert len(Attempts(term, "toy", "ann").all()) == 2


def test_a_plain_folder(toy_course, term, roster, tmp_path):
    """Folders in capitals, files named for students, nothing that names one: placed or told."""
    files = {
        "ann/Toy/toy.ipynb": notebook("ann"),
        "zoe/toy.ipynb": notebook("zoe"),
        "zoe/scratch.ipynb": notebook("scratch"),
        "toy_-rf.ipynb": notebook("bob"),
        "toy.ipynb": notebook("whose"),
        "ann/notes.txt": b"",
    }
    plan = Collector(toy_course, term, Settings(), roster).plan(unzipped(tmp_path / "in", files))
    found = states(plan)
    assert found["ann/Toy/toy.ipynb"] == ("placed", "ann") and found["zoe/toy.ipynb"] == ("placed", "zoe")
    assert found["toy_-rf.ipynb"] == ("placed", "-rf")
    assert found["toy.ipynb"][0] == found["zoe/scratch.ipynb"][0] == "doubtful"
    assert found["ann/notes.txt"] == ("left out", "") and len(plan) == len(files)


def test_a_second_notebook_of_a_hand_in_is_doubtful(toy_course, term, roster, tmp_path):
    """The file with the assignment's name counts; the other, which may be the solved one, is told."""
    files = {"ann/toy.ipynb": notebook("empty"), "ann/toy (1).ipynb": notebook("solved")}
    plan = Collector(toy_course, term, Settings(), roster).plan(unzipped(tmp_path / "in", files))
    assert states(plan)["ann/toy (1).ipynb"][0] == "doubtful"
    (told,) = (entry.reason for entry in plan if entry.state is State.DOUBTFUL)
    assert told == "beside toy.ipynb, which counts; if this is the one, collect it alone"


def test_cloned_repositories(toy_course, term, roster, tmp_path):
    """The folder names the student, the last commit the time; git's own files are left out."""
    repository = unzipped(tmp_path / "repos" / "toy-ann", {"toy.ipynb": notebook("ann")})
    when = {"GIT_COMMITTER_DATE": "2026-11-20T12:00:00+01:00", "GIT_AUTHOR_DATE": "2026-11-20T12:00:00+01:00"}
    who = ["-c", "user.name=a", "-c", "user.email=a@x.org"]
    for told in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *told], cwd=repository, check=True, env={**os.environ, **when})
    collector = Collector(toy_course, term, Settings(), roster)
    done = collector.carry_out(collector.plan(tmp_path / "repos"))
    assert submitted(term, "ann") == (notebook("ann"), "2026-11-20 11:00:00 UTC")
    assert {entry.state for entry in done} == {State.PLACED, State.LEFT_OUT}


def test_nothing_is_overwritten(toy_course, term, roster, tmp_path):
    """What lay there becomes an attempt; where its time is the later one, it stays what counts."""
    folder = unzipped(term / "submitted" / "ann" / "toy", {"toy.ipynb": notebook("by hand")})
    (folder / "timestamp.txt").write_text("2026-11-22 10:00:00 UTC\n")
    files = {"ann+toy+2026-11-20 10:00:00 UTC/toy.ipynb": notebook("older")}
    collector = Collector(toy_course, term, Settings(), roster)
    collector.carry_out(collector.plan(unzipped(tmp_path / "in", files)))
    assert submitted(term, "ann") == (notebook("by hand"), "2026-11-22 10:00:00 UTC")
    assert {attempt.origin for attempt in Attempts(term, "toy", "ann").all()} == {"submitted", "nbgrader"}


def test_an_older_version_handed_in_again_counts(toy_course, term, roster, tmp_path):
    """A, then B, then A once more, in downloads that tell no time: the last is what counts."""
    collector = Collector(toy_course, term, Settings(), roster)
    for number, word in ((1, "A"), (2, "B"), (3, "A")):
        files = {f"oharaann_101_{number}_toy.ipynb": notebook(word)}
        collector.carry_out(collector.plan(zipped(tmp_path / f"{number}.zip", files)))
    assert submitted(term, "ann")[0] == notebook("A")
    again = collector.carry_out(collector.plan(tmp_path / "1.zip"))
    assert [entry.state for entry in again] == [State.THERE]
    assert len(Attempts(term, "toy", "ann").all()) == 3


def test_which_assignment(toy_course, term, roster, tmp_path):
    """A name says it, or the folder, or the title inside; another assignment's name is doubtful."""
    (toy_course.root / "assignments" / "after.md").write_text("")
    files = {
        "ann/my answer.ipynb": notebook("x"),
        "-rf/after.ipynb": notebook("y"),
        "zoe/toy.ipynb": notebook("z"),
    }
    place = unzipped(tmp_path / "in", files)
    alone = Collector(toy_course, term, Settings(), roster).plan(place)
    assert {entry.file.name: entry.slug for entry in alone} == {
        "ann/my answer.ipynb": "",
        "-rf/after.ipynb": "after",
        "zoe/toy.ipynb": "toy",
    }
    told = Collector(toy_course, term, Settings(), roster, "toy").plan(place)
    assert {entry.file.name: entry.slug for entry in told if entry.state is State.PLACED} == {
        "ann/my answer.ipynb": "toy",
        "zoe/toy.ipynb": "toy",
    }
    assert "named for after, but toy is collected" in {entry.reason for entry in told}


def test_a_title_says_which_assignment(released_toy, term, tmp_path):
    """A file with a name of one's own keeps the released notebook's title."""
    place = unzipped(tmp_path / "in", {"ann/final.ipynb": notebook("x", "A toy")})
    (entry,) = Collector(released_toy, term, Settings(), Roster()).plan(place)
    assert (entry.state, entry.slug, entry.student) == (State.PLACED, "toy", "ann")


@pytest.mark.parametrize("name", ["../../etc/ann/toy.ipynb", "/ann/../../toy.ipynb"])
def test_a_path_that_leads_out_is_left_out(toy_course, term, roster, tmp_path, name):
    """A zip is never unpacked by its own paths."""
    plan = Collector(toy_course, term, Settings(), roster).plan(
        zipped(tmp_path / "z.zip", {name: notebook("x")})
    )
    assert [entry.state for entry in plan] == [State.LEFT_OUT]


def test_links_are_left_out(toy_course, term, roster, tmp_path):
    """A link in a folder is named, and nothing behind it is read."""
    place = unzipped(tmp_path / "in", {"zoe/toy.ipynb": notebook("z")})
    (place / "ann").symlink_to(tmp_path)
    found = states(Collector(toy_course, term, Settings(), roster).plan(place))
    assert found == {"ann": ("left out", ""), "zoe/toy.ipynb": ("placed", "zoe")}


def test_a_worksheet_that_is_none(tmp_path):
    """Another table is told from Moodle's."""
    (tmp_path / "x.csv").write_text("id\n1\n")
    with pytest.raises(CourseError, match="no column Identifier"):
        read_worksheet(tmp_path / "x.csv", Settings())


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Friday, 20 November 2026, 11:58 PM", 22),
        ("20/11/2026, 23:58", 22),
        ("-", None),
        ("3rd of nothing", None),
    ],
)
def test_the_times_of_moodle_are_in_the_zone_of_the_settings(text, hour):
    """Moodle writes no zone: the settings say it."""
    found = local_time(text, BERLIN)
    assert (found.astimezone(UTC).hour if found else None) == hour


def test_a_place_that_is_none(toy_course, term):
    """A path that is not there ends in a sentence."""
    with pytest.raises(CourseError, match="no such file or folder"):
        Collector(toy_course, term, Settings(), Roster()).plan(Path("nowhere.zip"))


def test_a_zip_that_broke_off(toy_course, term, tmp_path):
    """Half a download is not taken for a hand-in."""
    path = zipped(tmp_path / "canvas.zip", CANVAS)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(CourseError, match="no whole zip, as when a download breaks off; download it again"):
        Collector(toy_course, term, Settings(), Roster()).plan(path)


def test_collected_work_is_what_is_graded(toy_course, term, roster, tmp_path):
    """The list of hand-ins has those who were placed, with their times."""
    files = {"ann+toy+2026-11-20 10:00:00 UTC/toy.ipynb": notebook("x")}
    collector = Collector(toy_course, term, Settings(), roster)
    collector.carry_out(collector.plan(unzipped(tmp_path / "in", files)))
    (handin,) = handins(term, "toy")
    assert (handin.student, handin.seconds_late("2026-11-20T09:59:00+00:00")) == ("ann", 60)
    assert Attempts(term, "toy", "ann").counting().moment == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_its_examples_run():
    """The docstrings say what is true."""
    assert doctest.testmod(collect).failed == doctest.testmod(people).failed == 0
