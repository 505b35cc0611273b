"""The zip for Gradescope in its documented layout, and its runner, run for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
import toy
from after import write_after

from autograder.authoring.release import release
from autograder.classroom.results import Results
from autograder.course.course import Course
from autograder.desk.gradescope import gradescope_zip
from autograder.desk.gradescope_run import results_of
from autograder.grading.exam import load_exam

# docs/specs.md of gradescope/autograder_samples, "Output format".
TOP = {
    "score",
    "execution_time",
    "output",
    "visibility",
    "stdout_visibility",
    "extra_data",
    "tests",
    "leaderboard",
}
TEST = {"score", "max_score", "name", "number", "output", "tags", "visibility", "extra_data", "status"}
SHOWN = {"hidden", "after_due_date", "after_published", "visible"}


@pytest.fixture(scope="module")
def root(handed_in, tmp_path_factory):
    """Gradescope's folder /autograder, as its image build leaves it."""
    root = tmp_path_factory.mktemp("gradescope") / "autograder"
    term = root.parent / "term"
    shutil.copytree(handed_in.path, term)
    said = gradescope_zip(handed_in.course, "toy", term)
    assert "for instructors" in said and "without a sandbox" in said
    with zipfile.ZipFile(handed_in.course.build / "gradescope" / "toy.zip") as archive:
        assert {"setup.sh", "run_autograder"} <= set(archive.namelist())
        archive.extractall(root / "source")
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 & 0o111
    shutil.copy(root / "source" / "run_autograder", root)
    return root


def run(root, notebook):
    """What Gradescope's harness does: the submission in its folder, the script started in /autograder."""
    shutil.rmtree(root / "submission", ignore_errors=True)
    (root / "submission").mkdir()
    (root / "submission" / "toy.ipynb").write_bytes(notebook)
    environment = {
        "PATH": os.environ["PATH"],
        "AUTOGRADER_ROOT": str(root),
        "AUTOGRADER_PYTHON": sys.executable,
    }
    done = subprocess.run(
        ["bash", "run_autograder"], cwd=root, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))


def test_the_runner_writes_results_in_the_documented_form(root, handed_in):
    """The same scores as here, from the zip alone; feedback with the hint, nothing of the checks' code."""
    submitted = (handed_in.path / "submitted/-rf/toy/toy.ipynb").read_bytes()
    found = run(root, submitted)
    assert set(found) <= TOP and found["stdout_visibility"] == "hidden"
    assert all(set(test) <= TEST and test["visibility"] in SHOWN for test in found["tests"])
    here = Results(handed_in.path).read("toy", "-rf")
    assert {test["name"]: (test["score"], test["max_score"]) for test in found["tests"]} == {
        result.name: (result.score, result.points) for result in here.exercises
    }
    assert "Your step goes up the slope" in found["tests"][0]["output"]
    assert "def test_" not in json.dumps(found) and found["extra_data"]["verdict"] == "partly correct"


def test_a_file_that_cannot_be_read_says_so(root):
    """Gradescope has no blank: 0, with the sentence that it is no mark."""
    found = run(root, b"{not json")
    assert [test["score"] for test in found["tests"]] == [0.0, 0.0]
    assert "It could not be graded" in found["output"] and "shows 0 where there is no mark" in found["output"]


def test_setup_is_valid_bash(root):
    """Both scripts parse, and the packages are pinned."""
    for name in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(root / "source" / name)], check=True)
    lines = (root / "source" / "requirements.txt").read_text().split()
    assert all("==" in line for line in lines) and any(line.startswith("numpy==") for line in lines)


def test_the_zip_has_what_grades_and_nothing_of_the_class(root):
    """No roster, no hand-in, no other chapter; the seed of this assignment only."""
    names = {
        path.relative_to(root / "source").as_posix()
        for path in (root / "source").rglob("*")
        if path.is_file()
    }
    assert "course/autograder/chapters/toy/heavy_step.py" in names and "course/solutions/toy.py" in names
    assert not [name for name in names if "roster.json" in name or "submitted" in name or "attacks/" in name]


def test_visibility_is_as_asked(handed_in):
    """Results may wait for the due date."""
    report = Results(handed_in.path).read("toy", "ann")
    found = results_of(handed_in.course, report, "after_due_date")
    assert found["visibility"] == "after_due_date" == found["tests"][0]["visibility"]


def test_what_carries_parts_of_another_assignment_has_them_there(tmp_path):
    """The checks of the other one, its text and notebook are in the zip: the exam loads from it alone."""
    course = write_after(toy.write_course(tmp_path / "course"))
    for slug in ("toy", "after"):
        release(course, slug)
    gradescope_zip(course, "after", tmp_path / "term")
    with zipfile.ZipFile(course.build / "gradescope" / "after.zip") as archive:
        archive.extractall(tmp_path / "there")
    exam = load_exam(Course(tmp_path / "there" / "course"), "after", "seed")
    assert set(exam.origins) == {"toy"} and exam.release.names == ("roll", "half")
