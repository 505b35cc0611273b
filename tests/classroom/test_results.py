"""Results on disk: whole or not at all, read back the same, and the list of what was handed in."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.classroom.results import Results
from autograder.files import write_whole
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.submissions.handin import Handin, handins, moment

CHECK = CheckResult("test_a", "A fact.", 1.0, Verdict.ERROR, "ValueError: \udc80 ‘β’")
REPORT = Report(
    "toy",
    "ada",
    Verdict.ERROR,
    (ExerciseResult("f", 4.0, 0.0, Verdict.ERROR, (CHECK,), ("A hint.",)),),
    ("A note.",),
    ("network",),
    "k1",
)


def test_a_report_comes_back_as_it_was_written(tmp_path):
    """Even text that UTF-8 cannot hold survives, and two writes give the same bytes."""
    results = Results(tmp_path)
    results.write(REPORT)
    first = results.path("toy", "ada").read_bytes()
    results.write(REPORT)
    assert results.read("toy", "ada") == REPORT
    assert results.path("toy", "ada").read_bytes() == first


def test_a_damaged_result_is_no_result(tmp_path):
    """What cannot be read is passed over, so that it is graded again."""
    results = Results(tmp_path)
    results.write(REPORT)
    results.write(replace(REPORT, student="bob", key=""))
    results.path("toy", "cyd").write_text('{"assignment": "toy"}')
    results.path("toy", "dan").write_bytes(b"\x00\xff")
    assert [results.read("toy", student) for student in ("cyd", "dan", "eve")] == [None] * 3
    assert [report.student for report in results.reports("toy")] == ["ada", "bob"]


def test_timings_stand_beside_the_report_and_not_in_it(tmp_path):
    """The last time wins; a line cut short by a crash is passed over."""
    results = Results(tmp_path)
    for seconds in (0.5, 0.25):
        results.write(REPORT, seconds)
    with open(tmp_path / "results" / "toy" / "timings.jsonl", "a") as sidecar:
        sidecar.write('{"student": "bo')
    assert results.seconds("toy") == {"ada": 0.25}
    assert b"0.25" not in results.path("toy", "ada").read_bytes()
    assert results.seconds("other") == {}


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    """When the disk is full at the last moment, the old report still stands."""
    results = Results(tmp_path)
    results.write(REPORT)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        results.write(replace(REPORT, key="k2"))
    assert results.read("toy", "ada") == REPORT
    assert [path.name for path in (tmp_path / "results" / "toy").iterdir()] == ["ada.json"]


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    """A process that rewrites one file for ever is killed 20 times; the file is whole every time."""
    path = tmp_path / "file"
    write_whole(path, b"0" * 100_000)
    code = (
        "import sys; from pathlib import Path; from autograder.classroom.results import write_whole\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for digit in b'123': write_whole(Path(sys.argv[1]), bytes([digit]) * 100_000)\n"
    )
    for _ in range(20):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        with writer:
            writer.stdout.readline()
            writer.kill()
        content = path.read_bytes()
        assert len(content) == 100_000 and len(set(content)) == 1


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
