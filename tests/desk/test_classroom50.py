"""Classroom 50 gets the visible checks, in the documented form, and nothing that is hidden."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader_server import swapped

from autograder.authoring.extract import read_fragments
from autograder.authoring.leaks import hidden_code
from autograder.desk.classroom50 import classroom50

GIVEN = {  # the environment that its runner sets, by docs of foundation50/classroom50
    "CLASSROOM": "cs-principles",
    "ASSIGNMENT": "toy",
    "USERNAME": "alice",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://github.com/x/y/commit/1",
    "RELEASE_URL": "https://github.com/x/y/releases/tag/1",
    "REVIEW_URL": "https://github.com/x/y/compare/0...1",
}
FIELDS = {"schema", "classroom", "assignment", "usernames", "submission", "commit", "release", "review",
          "datetime", "score", "max-score", "tests"}  # fmt: skip  # all that the contract lists


@pytest.fixture(scope="module")
def bundle(released_toy) -> Path:
    """The folder as it is written."""
    said = classroom50(released_toy, "toy")
    assert "2 visible checks. Nothing hidden runs there" in said and "multiplied by 2" in said
    return released_toy.build / "classroom50" / "autograders" / "toy"


def graded(bundle: Path, folder: Path, notebook: dict | None, name: str = "toy.ipynb") -> dict:
    """What the runner finds after it has run the script in a student's checkout."""
    if notebook is not None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(notebook), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(bundle / "autograder.py")],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **GIVEN},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def right(released_toy) -> dict:
    return json.loads((released_toy.build / "source/toy/toy.ipynb").read_text(encoding="utf-8"))


def test_a_right_notebook_passes_all_in_the_documented_form(bundle, right, tmp_path):
    """Every field of the contract with its kind, and no other."""
    found = graded(bundle, tmp_path, right)
    assert set(found) == FIELDS and found["schema"] == "classroom50/result/v1"
    assert found["usernames"] == ["alice"] and found["submission"] == GIVEN["SUBMISSION_TAG"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["datetime"])
    assert (found["score"], found["max-score"]) == (11, 11) and type(found["score"]) is int
    for test in found["tests"]:
        assert set(test) == {"test-name", "passed", "score", "max-score"} and test["passed"] is True
    body = (tmp_path / "release-body.md").read_text(encoding="utf-8")
    assert "Nothing hidden runs here" in body and body.count("- passed:") == 2


def test_a_wrong_answer_fails_with_the_checks_own_words(bundle, right, tmp_path):
    """In a folder further down; checks that the student changed are not used."""
    wrong = swapped(right, "- lr * velocity[key]", "+ lr * velocity[key]")
    for cell in wrong["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id", "").startswith("check_"):
            cell["source"] = "pass"
    found = graded(bundle, tmp_path, wrong, "work/toy.ipynb")
    assert found["tests"][0] == {"test-name": "heavy_step", "passed": False, "score": 0, "max-score": 6}
    assert "- failed: `heavy_step`" in (tmp_path / "release-body.md").read_text(encoding="utf-8")


def test_what_cannot_be_read_or_run_is_a_zero_with_a_sentence(bundle, right, released_toy, tmp_path):
    """No notebook; the stub; one that ends the process."""
    (tmp_path / "none").mkdir()
    assert graded(bundle, tmp_path / "none", None)["score"] == 0
    assert "There is no toy.ipynb." in (tmp_path / "none" / "release-body.md").read_text()
    stub = json.loads(released_toy.released("toy").read_text(encoding="utf-8"))
    assert graded(bundle, tmp_path / "stub", stub)["score"] == 0
    leaves = json.loads(json.dumps(right))
    leaves["cells"].append(
        {"cell_type": "code", "metadata": {}, "source": "import os; os._exit(3)", "outputs": []}
    )
    assert graded(bundle, tmp_path / "exit", leaves)["score"] == 0
    assert "ended the process" in (tmp_path / "exit" / "release-body.md").read_text()


def test_nothing_hidden_is_in_it(bundle, released_toy):
    """No check, mistake, hint or graded body; and the engine is not imported."""
    secrets = hidden_code(released_toy)
    for path in (path for path in bundle.iterdir() if path.is_file()):
        assert secrets.found_in(read_fragments(path)) == [], path
        assert "autograder." not in re.sub(
            r'autograder\.py|"""(?s:.*?)"""', "", path.read_text(encoding="utf-8")
        )


def test_the_command(term, capsys):
    """By its name, for one assignment."""
    code, said = term.run(capsys, "classroom50", "toy")
    assert code == 0 and "_build/classroom50/autograders/toy: 2 visible checks" in said
