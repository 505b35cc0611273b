"""`autograder grade --all`: a row for each class that handed in, and what no row can say below it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course.course import Course
from autograder.desk.several import HEAD, tally
from autograder.publish import class_marks


def test_a_class_is_one_row(term, capsys):
    """Who handed in, the verdicts and the mean of the marks; then the time, and where the pages are."""
    code, said = term.run(capsys, "grade", "--all")
    head, row, total, pages = said.splitlines()
    assert code == 0 and re.split(" {2,}", head.strip()) == list(HEAD)
    assert re.fullmatch(r"toy +4 +0 +2 +1 +0 +1 +\d\.\d +5\.5", row), row
    assert re.fullmatch(r"4 submissions in \d+ min \d\d s", total)
    assert pages == f"A page for each class: {term.path / 'reports' / '<assignment>.html'}"


def test_what_one_grading_stores_is_what_the_other_would(term, tmp_path, capsys):
    """Together or alone, a class gets the same reports, pages and marks; a second run grades nothing."""
    files = (
        "results/toy/*.json",
        "feedback/*/toy/toy.html",
        "autograded/*/toy/toy.ipynb",
        "reports/toy.html",
    )
    for folder in ("results", "feedback", "autograded", "reports"):
        shutil.rmtree(term.path / folder)
    shutil.copytree(term.path, tmp_path / "alone")
    together, alone = term, type(term)(term.course, tmp_path / "alone")
    assert re.search(r"^toy +4 +4 ", together.run(capsys, "grade", "--all")[1], re.M)
    alone.grade()
    found = [
        {path.relative_to(one.path): path.read_bytes() for name in files for path in one.path.glob(name)}
        for one in (together, alone)
    ]
    assert found[0] == found[1] and len(found[0]) == 13
    assert re.search(r"^toy +4 +0 ", together.run(capsys, "grade", "--all")[1], re.M)
    assert re.search(r"^toy +4 +4 ", together.run(capsys, "grade", "--all", "--force")[1], re.M)


def test_what_belongs_to_one_assignment_is_refused(term, capsys):
    """A student, a cluster and a new round are of one class."""
    for words in (["--student", "ann"], ["--new-round"], ["--scheduler", "tcp://x:1"]):
        code, said = term.run(capsys, "grade", "--all", *words)
        assert code == 2 and "go with one assignment" in said


def test_a_fault_of_the_grader_is_told_below_its_class(term, capsys, monkeypatch):
    """The sentence with the traceback's path stands under the row."""
    monkeypatch.setattr(
        "autograder.desk.several.grade_and_publish", lambda *_, **__: "x\nThe grader is at fault: y"
    )
    _, said = term.run(capsys, "grade", "--all")
    assert said.splitlines()[2] == "The grader is at fault: y"


def test_the_mean_is_that_of_the_marks(term):
    """The same numbers as in the class's own table, and none of somebody without a mark."""
    _, rows = class_marks(term.course, "toy", term.path)
    marked = [row.final for row in rows if row.final is not None]
    assert tally(rows)[-2] == f"{sum(marked) / len(marked):.1f}"
    assert tally([]) == (0, 0, 0, 0, 0, "–", "–")


def test_there_is_no_mean_while_answers_wait_for_a_person(term):
    """One whose total is still open, and nobody's mean: that of the others would be told as the class's."""
    _, rows = class_marks(term.course, "toy", term.path)
    first = next(place for place, row in enumerate(rows) if row.points is not None)
    waiting = [replace(row, points=None) if place == first else row for place, row in enumerate(rows)]
    assert tally(waiting)[-2] == "–" != tally(rows)[-2]


@pytest.mark.parametrize(
    "words", [["grade"], ["grade", "toy", "--all"], ["sample"], ["sample", "toy", "--all"]]
)
def test_assignments_are_named_or_all(term, capsys, words):
    """Neither and both are refused in one sentence."""
    code, said = term.run(capsys, *words)
    assert code == 2 and "name assignments, or give --all" in said and said.count("\n") == 1


def test_the_sample_classes_of_all_assignments(released_toy: Course, tmp_path: Path, capsys):
    """A line for each, and the students' files below the term."""
    assert main(["--course", str(released_toy.root), "sample", "--all", "--term", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/submitted: 13 submissions of toy, 26 files written"
    ]
    assert main(["--course", str(released_toy.root), "grade", "--all", "--term", str(tmp_path / "none")]) == 2
    assert "nothing to grade" in capsys.readouterr().err
