"""sample: a class made of real parts, the same bytes every time."""

from __future__ import annotations

import ast
import datetime
import json
import re
import shutil
from pathlib import Path

import pytest

from autograder.authoring.release import release
from autograder.classroom import sample
from autograder.classroom.sample import make_sample
from autograder.course.course import Course, CourseError
from autograder.submissions.submission import read_submission


@pytest.fixture
def released(toy_course: Course) -> Course:
    release(toy_course, "toy")
    return toy_course


def handed(term: Path, student: str) -> Path:
    return term / "submitted" / student / "toy" / "toy.ipynb"


def sources(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_each_student_of_the_docstring_hands_in(released: Course, tmp_path: Path) -> None:
    """The table in the module's docstring and the written folders name the same students."""
    make_sample(released, "toy", tmp_path)
    told = re.findall(r"^(\w+) {2,}", sample.__doc__ or "", re.M)
    assert sorted(path.name for path in (tmp_path / "submitted").iterdir()) == sorted(set(told) - {"student"})
    assert len(told) > 12


def test_twice_gives_the_same_bytes_and_writes_nothing(released: Course, tmp_path: Path) -> None:
    """The second run finds all files as they should be; another folder gets the same."""
    assert "13 submissions of toy, 26 files written" in make_sample(released, "toy", tmp_path / "a")
    assert "13 submissions of toy, 0 files written" in make_sample(released, "toy", tmp_path / "a")
    make_sample(released, "toy", tmp_path / "b")
    contents = [
        {str(path.relative_to(term)): path.read_bytes() for path in term.rglob("*") if path.is_file()}
        for term in (tmp_path / "a", tmp_path / "b")
    ]
    assert contents[0] == contents[1]


def test_each_does_what_is_said(released: Course, tmp_path: Path) -> None:
    """Perfect, empty, half, mistaken, endless, truncated, renamed, helped and late are what they claim."""
    make_sample(released, "toy", tmp_path)
    perfect = sources(handed(tmp_path, "ada"))
    assert "raise NotImplementedError" not in perfect and "SOLUTION" not in perfect
    assert handed(tmp_path, "bela").read_bytes() == released.released("toy").read_bytes()
    half = sources(handed(tmp_path, "chidi"))
    assert half.count("raise NotImplementedError") == 1 and "momentum * state" in half
    assert "+ lr * velocity[key]" in sources(handed(tmp_path, "dana"))
    assert "range(n_steps - 1)" in sources(handed(tmp_path, "emre"))
    assert len({sources(handed(tmp_path, student)) for student in sample.MISTAKEN}) == 4
    assert "while True:\n        pass" in sources(handed(tmp_path, "ivo"))
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(handed(tmp_path, "jun").read_text(encoding="utf-8"))
    assert re.findall(r"^def (\w+)", sources(handed(tmp_path, "kaya")), re.M) == [
        "check_arguments_heavy_step",
        "heavy_init",
        "my_heavy_step",
        "loss_and_grad",
        "check_arguments_fit_line",
        "fit_line",
        "tally",
    ]
    assert sources(handed(tmp_path, "milo")) == perfect


def test_the_helpers_cell_is_inserted_and_runs(released: Course, tmp_path: Path) -> None:
    """The answer is one call of a helper in an unmarked cell above it; the whole notebook still runs."""
    make_sample(released, "toy", tmp_path)
    cells = json.loads(handed(tmp_path, "lena").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    helper = next(number for number, text in enumerate(code) if text.startswith("def heavy_step_by_hand"))
    assert "return heavy_step_by_hand(params, grads, state, lr=lr, momentum=momentum)" in code[helper + 1]
    exec(compile("\n\n".join(code), "<lena>", "exec"), {"__name__": "__main__"})


def test_everybody_hands_in_before_the_due_time_but_one(released: Course, tmp_path: Path) -> None:
    """timestamp.txt is in nbgrader's format, UTC; only milo's is after the front matter's due time."""
    make_sample(released, "toy", tmp_path)
    due = datetime.datetime.fromisoformat(released.release("toy").due)
    late = []
    for path in sorted((tmp_path / "submitted").glob("*/toy/timestamp.txt")):
        text = path.read_text(encoding="utf-8")
        moment = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=datetime.UTC)
        late += [path.parts[-3]] if moment > due else []
    assert late == ["milo"]


def test_all_but_the_broken_file_are_read_by_the_engine(released: Course, tmp_path: Path) -> None:
    """The engine's reader finds each answer in its cell, and Python in it."""
    make_sample(released, "toy", tmp_path)
    exam = released.release("toy")
    for path in sorted((tmp_path / "submitted").glob("*/toy/toy.ipynb")):
        found = read_submission(path, exam)
        assert bool(found.problem) == (path.parts[-3] == "jun")
        for answer in found.answers.values():
            ast.parse(answer)


def test_a_chapter_without_specimens_has_a_smaller_class(released: Course, tmp_path: Path) -> None:
    """Who would show a mistake or a variant is left out; the accidents need none."""
    shutil.rmtree(released.content("toy"))
    assert "8 submissions of toy" in make_sample(released, "toy", tmp_path)
    assert not (tmp_path / "submitted" / "dana").exists()


def test_another_class_is_left_alone(released: Course, tmp_path: Path) -> None:
    """A folder with students of its own is refused before anything is written."""
    real = tmp_path / "submitted" / "zoe" / "toy" / "toy.ipynb"
    real.parent.mkdir(parents=True)
    real.write_text("{}", encoding="utf-8")
    with pytest.raises(CourseError, match="holds zoe, who is not in the sample class; name another folder"):
        make_sample(released, "toy", tmp_path)
    assert [path.name for path in (tmp_path / "submitted").iterdir()] == ["zoe"]


def test_an_assignment_that_is_not_released_has_no_class(toy_course: Course, tmp_path: Path) -> None:
    """The sentence says what to run first."""
    with pytest.raises(CourseError, match="toy is not released yet: run `autograder release toy` first"):
        make_sample(toy_course, "toy", tmp_path)


def test_one_folder_holds_the_class_of_every_assignment(tmp_path: Path) -> None:
    """Who hands in one assignment only is of the class in the others, too; everybody's name is known."""
    course = Course(Path(__file__).parents[2])
    for slug in ("capstone", "schedules"):
        make_sample(course, slug, tmp_path)
    handed_in = {path.name for path in (tmp_path / "submitted").iterdir()}
    assert handed_in == sample.CLASS
    assert not (tmp_path / "submitted" / "nils" / "schedules").exists()
