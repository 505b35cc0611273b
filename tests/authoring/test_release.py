"""release: the student notebook holds the exercises and none of their bodies."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import toy

from autograder.authoring.release import release, release_all, student_notebook
from autograder.course.course import Course, CourseError

REPOSITORY = Course(Path(__file__).parents[2])


def test_the_student_notebook_keeps_contracts_and_loses_bodies(toy_course: Course) -> None:
    """Docstring and validation stay, each body is a stub, no marker and no graded line is left."""
    said = release(toy_course, "toy")
    assert said.startswith("assignments/toy/toy.ipynb written: heavy_step, fit_line; 5.5 points; ")
    stub = toy_course.release("toy").exercises[0].stub
    assert stub.count("raise NotImplementedError()") == 2
    assert "State before the first step" in stub and "check_arguments_heavy_step(momentum)" in stub
    assert "momentum must lie in" in toy_course.release("toy").setup[0]
    text = toy_course.released("toy").read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in text and "momentum * state[" not in text


def test_the_release_is_what_the_grader_reads(toy_course: Course) -> None:
    """Title, due time, points and setup cells reach autograder.course.course.Release."""
    release(toy_course, "toy")
    found = toy_course.release("toy")
    assert (found.title, found.due) == ("A toy", "2026-11-20T23:59:00+01:00")
    assert [(exercise.name, exercise.points) for exercise in found.exercises] == [
        ("heavy_step", 3.0),
        ("fit_line", 2.5),
    ]
    assert len(found.setup) == 2 and "def loss_and_grad" in found.setup[1]


def test_releasing_twice_gives_the_same_bytes(toy_course: Course) -> None:
    """No time, path, random id or execution count gets into the file, and a fresh one is not rewritten."""
    release(toy_course, "toy")
    path = toy_course.released("toy")
    first, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert "is fresh" in release(toy_course, "toy")
    assert path.stat().st_mtime_ns == stamp
    assert student_notebook(toy_course, "toy") == first and first.endswith(b"}\n")
    cells = json.loads(first)["cells"]
    assert all(cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")


def test_all_are_released_as_each_alone(toy_course: Course) -> None:
    """The same bytes and sentence; and nothing is written where a solution notebook does not run."""
    (said,) = release_all(toy_course, ["toy"])
    assert said.startswith("assignments/toy/toy.ipynb written: heavy_step, fit_line; 5.5 points; ")
    path = toy_course.released("toy")
    assert path.read_bytes() == student_notebook(toy_course, "toy")
    path.unlink()
    text = toy_course.text("toy")
    text.write_text(f"{text.read_text(encoding='utf-8')}\n```{{code-cell}}\n1 / 0\n```\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"the solution notebook does not run: cell .*ZeroDivisionError"):
        list(release_all(toy_course, ["toy"]))
    assert not path.exists()


def test_two_courses_in_two_places_release_the_same_bytes(tmp_path: Path) -> None:
    """The bytes depend on the sources alone, not on where they lie."""
    first, second = (toy.write_course(tmp_path / name) for name in ("one", "another"))
    assert student_notebook(first, "toy") == student_notebook(second, "toy")


def test_check_says_what_is_missing_or_stale(toy_course: Course) -> None:
    """`--check` writes nothing and compares the committed file to the byte."""
    with pytest.raises(CourseError, match="is not there: run `autograder release toy` first"):
        release(toy_course, "toy", check=True)
    release(toy_course, "toy")
    release(toy_course, "toy", check=True)
    path = toy_course.released("toy")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CourseError, match="is not what its sources give now"):
        release(toy_course, "toy", check=True)
    assert path.read_bytes().endswith(b" ")


def test_gates_look_at_the_written_assignment(toy_course: Course) -> None:
    """What a gate says raises, with the count of what else was said; silent gates let pass."""
    seen = []
    release(toy_course, "toy", gates=[lambda course, slug: seen.append(course.release(slug).names) or []])
    assert seen == [("heavy_step", "fit_line")]
    with pytest.raises(CourseError, match=r"toy is not fit for students: a stub scores \(and 1 more\)"):
        release(toy_course, "toy", gates=[lambda *_: ["a stub scores"], lambda *_: ["another"]])


def test_a_solution_that_fails_its_own_visible_check_is_not_released(toy_course: Course) -> None:
    """The complete notebook must run before anything is written."""
    path = toy_course.solution("toy")
    path.write_text(path.read_text(encoding="utf-8").replace("- lr * v", "+ lr * v"), encoding="utf-8")
    with pytest.raises(CourseError, match="the solution notebook does not run: cell check_heavy_step"):
        release(toy_course, "toy")
    assert not toy_course.released("toy").exists()


def test_a_body_given_away_elsewhere_is_not_released(toy_course: Course) -> None:
    """A visible check that repeats three graded statements stops the release before it writes."""
    spoilt = """\
v, w, rate, beta, s = {}, {}, 0.1, 0.9, heavy_init(params)
for key, g in grads.items():
    v[key] = beta * s["velocity"][key] + g
    w[key] = params[key] - rate * v[key]
"""
    path = toy_course.text("toy")
    path.write_text(path.read_text(encoding="utf-8").replace("heavy = 0.9\n", spoilt), encoding="utf-8")
    with pytest.raises(
        CourseError, match="toy: the student notebook would hold the graded body of heavy_step"
    ):
        release(toy_course, "toy")
    assert not toy_course.released("toy").exists()


@pytest.mark.parametrize("slug", REPOSITORY.slugs)
def test_every_stub_of_the_committed_notebooks_is_python(slug: str) -> None:
    """Students start from code that runs; `make test` itself proves that the notebooks are fresh."""
    for exercise in REPOSITORY.release(slug).exercises:
        ast.parse(exercise.stub)
