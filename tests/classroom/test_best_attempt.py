"""Several attempts: the last, the best, a limit; each is accounted for, and the mark is that of one."""

from __future__ import annotations

import json

import pytest
import toy
from nbgrader_server import swapped

from autograder.authoring.release import release
from autograder.classroom.results import Results
from autograder.cli import main
from autograder.course.course import Course
from autograder.term.attempts import Attempts

ROSTER = "id,name\nada,Ada L\nben,Ben M\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    found = toy.write_course(tmp_path_factory.mktemp("attempts") / "course")
    release(found, toy.SLUG)
    return found


@pytest.fixture
def term(course, tmp_path, capsys):
    """Ada: right, then uphill a day late, then nothing done. Ben: uphill alone."""
    right = json.loads((course.build / "source/toy/toy.ipynb").read_text(encoding="utf-8"))
    wrong = swapped(right, "- lr * velocity[key]", "+ lr * velocity[key]")
    stub = json.loads(course.released("toy").read_text(encoding="utf-8"))

    class Term:
        path = tmp_path / "term"

        def run(self, *arguments: object) -> str:
            capsys.readouterr()
            code = main(["--course", str(course.root), *map(str, arguments), "--term", str(self.path)])
            said = capsys.readouterr()
            assert code == 0, said
            return said.out + said.err

        def settings(self, text: str) -> None:
            (self.path / "course.toml").write_text(text, encoding="utf-8")

        def mark(self, student: str) -> float:
            return Results(self.path).read("toy", student).score

        def counts(self, student: str) -> int:
            return Attempts(self.path, "toy", student).placed().number

    made = Term()
    (tmp_path / "class.csv").write_text(ROSTER, encoding="utf-8")
    made.run("roster", tmp_path / "class.csv")
    for place, (student, when, notebook) in enumerate(
        [
            ("ada", "2026-11-19 10:00:00 UTC", right),
            ("ada", "2026-11-21 10:00:00 UTC", wrong),
            ("ada", "2026-11-21 11:00:00 UTC", stub),
            ("ben", "2026-11-19 10:00:00 UTC", wrong),
        ]
    ):
        folder = tmp_path / "in" / str(place) / student / "toy"
        folder.mkdir(parents=True)
        (folder / "toy.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        (folder / "timestamp.txt").write_text(when, encoding="utf-8")
    made.inbound = tmp_path / "in"
    return made


def collected(term, settings: str = "") -> str:
    term.settings(settings)
    return "".join(term.run("collect", term.inbound / str(place)) for place in range(4))


def test_the_last_counts_if_nothing_else_is_said(term):
    """The stub, which came last."""
    collected(term)
    term.run("grade", "toy")
    assert term.counts("ada") == 3 and term.mark("ada") == 0
    said = term.run("attempts", "toy")
    assert said.count("does not count") == 2 and "4 attempts; the last counts, and there is no limit." in said


def test_the_best_counts_and_every_attempt_is_told(term):
    """Each is graded once; the table has the points of all."""
    collected(term, 'counts = "best"\n')
    assert "2 graded now" in term.run("grade", "toy")
    assert term.counts("ada") == 1 and term.mark("ada") == 5.5
    said = term.run("attempts", "toy")
    lines = [line for line in said.splitlines() if line.startswith("ada")]
    assert [line.split("  ")[-1] for line in lines] == [
        "counts, 5.5",
        "does not count, 3.4",
        "does not count, 0",
    ]
    assert "0 graded now, 2 unchanged" in term.run("grade", "toy")


def test_lateness_counts_in_what_is_best(term):
    """A late attempt with more points may be worth less: 3.4 in time, or 5.5 that costs three quarters."""
    first, second = (Attempts(term.path, "toy", "ada") for _ in range(2))
    collected(term, 'counts = "best"\n')
    done = first.all()
    right, wrong = (second.path(done[place]).read_bytes() for place in (0, 1))
    second.path(done[0]).write_bytes(wrong)
    second.path(done[1]).write_bytes(right)
    term.run("grade", "toy")
    assert term.counts("ada") == 2
    term.settings('counts = "best"\n[late]\npercent_per_day = 75\n')
    assert "ada: was 5.5, is 3.4" in term.run("regrade", "toy", "--diff")
    assert term.counts("ada") == 2  # nothing was written
    term.run("grade", "toy")
    assert term.counts("ada") == 1 and term.mark("ada") == 3.4


def test_attempts_over_the_limit_are_kept_and_do_not_count(term):
    """The first two in time; the third is told at once, and in the table."""
    said = collected(term, "attempts = 2\n")
    assert "attempt 3, over the limit of 2: kept, and does not count" in said
    term.run("grade", "toy")
    assert term.counts("ada") == 2 and term.mark("ada") == 3.4
    said = term.run("attempts", "toy")
    assert "over the limit of 2" in said and "the last counts, and 2 count at most" in said


def test_a_limit_holds_for_the_best_too(term):
    """With a limit of one it is the first in time, whenever it was collected."""
    term.settings('counts = "best"\nattempts = 1\n')
    for place in (2, 1, 0, 3):
        term.run("collect", term.inbound / str(place))
    term.run("grade", "toy")
    assert term.counts("ada") == 3 and term.mark("ada") == 5.5


def test_a_new_round_asks_every_attempt_anew(term):
    """All are graded by the questions of one round."""
    collected(term, 'counts = "best"\n')
    term.run("grade", "toy")
    before = (term.path / "rounds" / "toy").exists()
    term.run("grade", "toy", "--new-round")
    assert not before and (term.path / "rounds" / "toy").read_text() == "2\n"
    assert term.counts("ada") == 1 and term.mark("ada") == 5.5
