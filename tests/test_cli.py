"""The command line: verbs reach their modules, and bad input ends in one sentence and exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import toy

from autograder.cli import main
from autograder.course.course import Course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The toy course, released once for all tests here."""
    course = toy.write_course(tmp_path_factory.mktemp("toy") / "course")
    assert main(["--course", str(course.root), "release", "toy"]) == 0
    return course


@pytest.fixture
def released(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The released toy course as the current folder."""
    monkeypatch.chdir(course.root)
    return course


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that a refused command line says."""
    capsys.readouterr()
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    return said.err


def test_an_unknown_assignment_names_the_near_one(released: Course, capsys: pytest.CaptureFixture) -> None:
    """A misspelt slug ends with the slug that was probably meant, for every verb that takes one."""
    for verb in ("build", "release", "grade", "audit", "missing", "export", "sample"):
        assert "tooy: no such assignment. Did you mean toy?" in refused(capsys, verb, "tooy")


SLOW = {"numpy", "pytest", "nbformat", "sqlalchemy", "nbgrader", "jinja2", "tqdm"}
HASTE = """
import sys, time
from autograder.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sys.modules, time.process_time(), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["grade", "--help"], ["grade", "tooy"], ["build", "tooy"], ["audit", "tooy"]]
)
def test_help_and_an_unknown_assignment_wait_for_nothing(released: Course, arguments: list) -> None:
    """Both are answered before anything slow is imported: in about 0.1 s of the processor."""
    done = subprocess.run(
        [sys.executable, "-c", HASTE, *arguments], capture_output=True, text=True, check=True
    )
    *modules, seconds = done.stderr.splitlines()[-1].split()
    assert not SLOW & set(modules) and float(seconds) < 0.5


def test_an_empty_class_says_where_files_belong(released: Course, capsys: pytest.CaptureFixture) -> None:
    """A term folder without submissions is named with the path that a submission should have."""
    assert "submitted/<student>/toy/toy.ipynb" in refused(capsys, "grade", "toy", "--term", "nowhere")


@pytest.mark.parametrize("arguments", [["grade", "toy", "--fast"], ["frobnicate"], [], ["grade"]])
def test_unknown_words_are_refused(released: Course, capsys: pytest.CaptureFixture, arguments: list) -> None:
    """Unknown verbs and options, and missing ones, point to --help."""
    assert "--help" in refused(capsys, *arguments)


def test_outside_of_a_course_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Without a _toc.yml at or above the folder there is no course."""
    monkeypatch.chdir(tmp_path)
    assert "no course here" in refused(capsys, "missing")


def test_results_are_asked_for_before_they_exist(released: Course, capsys: pytest.CaptureFixture) -> None:
    """An export without results names the command to run first."""
    assert "autograder grade toy" in refused(capsys, "export", "toy", "--term", "nowhere")


def test_a_notebook_that_is_not_json_is_not_graded(
    released: Course, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """A damaged file beside a right one: the batch completes, and the damaged one has no mark, not a zero."""
    term = tmp_path / "term"
    texts = {"ann": (released.build / "source/toy/toy.ipynb").read_text(encoding="utf-8"), "bo": "{not json"}
    for student, text in texts.items():
        path = term / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    assert main(["grade", "toy", "--term", str(term)]) == 0
    table = capsys.readouterr().out
    assert "not graded" in table and "2 graded now, 0 unchanged" in table
    assert main(["grade", "toy", "--term", str(term)]) == 0
    assert "0 graded now, 2 unchanged" in capsys.readouterr().out
    assert main(["export", "toy", "--term", str(term)]) == 0
    marks = {line.split(",")[0]: line.split(",")[3] for line in capsys.readouterr().out.splitlines()[1:]}
    assert marks == {'"ann"': "5.5", '"bo"': ""}
    for page in ("reports/toy.html", "feedback/ann/toy/toy.html", "feedback/bo/toy/toy.html", "gradebook.db"):
        assert (term / page).exists(), page


def test_grading_leaves_the_umask_of_its_process(released: Course, tmp_path: Path) -> None:
    """A class's files are the owner's alone; what the process writes afterwards has the usual mode."""
    term = tmp_path / "term"
    before = os.umask(0o022)
    try:
        assert main(["sample", "toy", "--term", str(term)]) == 0
        assert main(["grade", "toy", "--term", str(term), "--student", "ada"]) == 0
        (tmp_path / "later").touch()
    finally:
        os.umask(before)
    assert (tmp_path / "later").stat().st_mode & 0o777 == 0o644
    assert not (term / "gradebook.db").stat().st_mode & 0o077


def test_verdicts_of_a_class_are_stored_as_reports(released: Course, tmp_path: Path) -> None:
    """Grading leaves one report a student, which says what was checked."""
    term = tmp_path / "term"
    assert main(["sample", "toy", "--term", str(term)]) == 0
    assert main(["grade", "toy", "--term", str(term), "--student", "ada"]) == 0
    (path,) = (term / "results" / "toy").glob("*.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["student"], report["verdict"]) == ("ada", "correct")
    weights = [check["weight"] for check in report["exercises"][0]["checks"]]
    assert sorted(weight for weight in weights if weight) == [1, 2]  # the others are gates
