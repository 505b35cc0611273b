"""The engine serves another course: its wheel alone builds, releases, audits and grades one.

Every command runs in an environment without torch, without Jupyter Book and without this repository.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import shutil
import subprocess
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import contributing
import engine_alone
import pytest
import toy
import yaml
from packaging.requirements import Requirement

from autograder.course.course import ASSIGNMENTS, BOOK, PUBLIC, SOLUTIONS, Course

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SUFFIXES = {".py", ".jinja", ".txt"}  # of the files that the engine consists of
ENGINE = [
    path
    for path in sorted((ROOT / "autograder").rglob("*"))
    if path.suffix in SUFFIXES and path.relative_to(ROOT).parts[1] != "chapters"
]
NOT_THE_ENGINES = (
    "torch", "jupyter_book", "matplotlib", "sklearn", "scipy", "solutions", "tools", "autograder.chapters",
)  # fmt: skip  # a list in two rows


@dataclass(frozen=True)
class Engine:
    """The wheel, and the programs of the environment in which it is installed."""

    wheel: Path
    programs: Path

    def run(self, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return contributing.run(command, folder, self.programs, engine_alone.environment())

    def succeed(self, command: str, folder: Path) -> str:
        """The command's output; a command that fails fails the test."""
        done = self.run(command, folder)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The engine as another course's author has it, once for the session."""
    folder = tmp_path_factory.mktemp("engine")
    wheel = engine_alone.build_wheel(folder)
    return Engine(wheel, engine_alone.install(wheel, PROJECT["dependencies"], folder / "environment"))


@pytest.fixture(scope="module")
def made(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, str]]:
    """A second course of one chapter, and what the wheel's program said to each command of CONTRIBUTING."""
    course = toy.write_course(tmp_path_factory.mktemp("second") / "course")
    first, *others = contributing.steps()
    before = engine.run(first, course.root)
    assert before.returncode == 1 and "no student notebook" in before.stdout, before.stdout + before.stderr
    said = {}
    for command in others:
        said[command.split()[1]] = engine.succeed(contributing.quick(command), course.root)
    return course, said


@pytest.fixture
def course(made: tuple[Course, dict[str, str]]) -> Course:
    return made[0]


# --- what is handed out ----------------------------------------------------------------------------------


def test_the_wheel_holds_the_engine_and_nothing_else(engine: Engine) -> None:
    """Every module of every room, the templates, the attacks; no chapter, no solution, no test."""
    names = zipfile.ZipFile(engine.wheel).namelist()
    held = {name for name in names if ".dist-info/" not in name}
    assert held == {path.relative_to(ROOT).as_posix() for path in ENGINE}
    rooms = {name.split("/")[1] for name in held if name.count("/") > 1}
    assert {"attacks", "grading", "nbgrader_plugin", "worker"} <= rooms
    assert len([name for name in held if name.startswith("autograder/attacks/corpus/")]) >= 60


def test_the_wheel_asks_for_what_the_engine_imports(engine: Engine) -> None:
    """Its requirements are the project's own and the cluster's: no list of the book's or of the tests'."""
    archive = zipfile.ZipFile(engine.wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = re.findall(r"^Requires-Dist: (.+)$", archive.read(name).decode(), re.M)
    asked = {Requirement(line).name for line in lines if "extra ==" not in line}
    assert asked == {Requirement(line).name for line in PROJECT["dependencies"]}
    assert {Requirement(line).name for line in lines} - asked == {"distributed"}


def test_the_wheel_is_what_runs(engine: Engine, tmp_path: Path) -> None:
    """The package comes from the new environment, which has nothing of a course's content."""
    code = "import autograder, importlib.util as u, sys; print(autograder.__file__); "
    code += f"print([name for name in {NOT_THE_ENGINES} if u.find_spec(name)])"
    place, found = engine.succeed(f'python -c "{code}"', tmp_path).splitlines()
    assert Path(place).is_relative_to(engine.programs.parent) and found == "[]"


# --- another course --------------------------------------------------------------------------------------


def test_nothing_is_missing(engine: Engine, course: Course) -> None:
    """After the commands of CONTRIBUTING the chapter is whole and released."""
    assert engine.succeed("autograder missing toy", course.root) == "Nothing is missing.\n"
    assert [exercise.name for exercise in course.release("toy").exercises] == ["heavy_step", "fit_line"]


def test_every_mistake_is_named_and_no_right_answer_refused(made: tuple[Course, dict[str, str]]) -> None:
    """Audit and calibration: each mistake caught with its hint, each variant passed under every seed."""
    said = made[1]
    assert "all as they should be" in said["audit"] and "climbs" in said["audit"]
    assert "3 seeds" in said["calibrate"]


def test_a_class_gets_its_marks_and_its_feedback(engine: Engine, course: Course) -> None:
    """A right answer has all points, an untouched notebook none, a damaged file no mark; all have pages."""
    term = course.root / "_build" / "sample"
    text = engine.succeed(f"autograder export toy --term {term}", course.root)
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(text))}
    assert set(rows) == {path.name for path in (term / "submitted").iterdir()}
    marks = {(row["verdict"], row["total"], row["max_total"]) for row in rows.values()}
    assert marks >= {("correct", "5.5", "5.5"), ("not attempted", "0", "5.5"), ("not graded", "", "5.5")}
    for student, row in rows.items():
        page = (term / "feedback" / student / "toy" / "toy.html").read_text(encoding="utf-8")
        assert row["verdict"] in page, student
    assert "heavy_step" in (term / "reports" / "toy.html").read_text(encoding="utf-8")


def test_its_checks_run_under_pytest(engine: Engine, course: Course) -> None:
    """`pytest autograder/chapters` judges the reference of the second course, which passes."""
    shutil.copy(ROOT / "autograder" / "chapters" / "conftest.py", course.chapters)
    said = engine.succeed("python -m pytest -q -p no:cacheprovider autograder/chapters", course.root)
    assert said.splitlines()[-1].startswith("4 passed")


def test_what_a_cluster_needs_is_asked_for_by_the_wheels_own_name(engine: Engine, course: Course) -> None:
    """Without dask.distributed one sentence says what to type: the extra of the distribution that runs."""
    done = engine.run("autograder grade toy --term _build/sample --scheduler tcp://127.0.0.1:1", course.root)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.endswith(f"type: pip install '{PROJECT['name']}[cluster]'\n")


def test_its_bundle_holds_its_public_rooms(engine: Engine, course: Course) -> None:
    """The book and the assignment go out, the instructor's rooms stay."""
    engine.succeed("autograder bundle", course.root)
    rooms = {path.name for path in (course.build / "bundle").iterdir()}
    assert {"book", "assignments"} <= rooms <= set(PUBLIC)


# --- no name of this course ------------------------------------------------------------------------------

ALLOWED = {
    "momentum": "an argument of the attacked course's own step",
    "log_uniform": "a distribution",
}


def names() -> set[str]:
    """What this course is called, its chapters by ``_toc.yml``, and its exercises but for plain words."""
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    course = Course(ROOT)
    exercises = {name for slug in course.slugs for name in course.release(slug).names}
    return {title, title.replace(" ", "-"), *course.slugs, *(name for name in exercises if "_" in name)}


def found(names: set[str], text: str) -> list[str]:
    """The names that stand in a text as words."""
    return sorted(name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I))


def test_no_name_of_this_course_stands_in_the_engine() -> None:
    """Neither its title, nor a chapter, nor an exercise, in any file of the engine or in its own name."""
    wanted = names() - set(ALLOWED)
    assert len(wanted) > 80 and found(wanted, "def Adam_step(): see batch_norm.md") == [
        "adam_step",
        "batch_norm",
    ]
    texts = {path: path.read_text(encoding="utf-8") for path in ENGINE}
    told = {path.name: found(wanted, text) for path, text in texts.items()}
    assert not {name: there for name, there in told.items() if there}
    assert not found(wanted, f"{PROJECT['name']} {PROJECT['description']}")


def test_every_exception_is_needed() -> None:
    """A name that is allowed is one of this course's, and stands somewhere in the engine."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in ENGINE)
    assert found(names() & set(ALLOWED), text) == sorted(ALLOWED)


def rooms_named(source: str) -> list[str]:
    """The texts of a module, docstrings aside, that name a course's folder."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    docstrings = {id(node.value) for node in first if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    rooms = re.compile(rf"(?<![\w./])({BOOK}|{ASSIGNMENTS}|{SOLUTIONS}|chapters)(/|$)")
    return [node.value for node in texts if isinstance(node.value, str) and rooms.search(node.value)]


def test_the_rooms_of_a_course_are_named_once() -> None:
    """Only `autograder.course.course` says how a course's folders are called."""
    assert rooms_named('"""book/"""\nf(root / "book", f"see solutions/{slug}.py")') == [
        "book",
        "see solutions/",
    ]
    modules = [path for path in ENGINE if path.suffix == ".py"]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in modules}
    named = {name: rooms for name, text in texts.items() if (rooms := rooms_named(text))}
    assert named.pop("autograder/course/course.py") == [BOOK, ASSIGNMENTS, SOLUTIONS, "chapters"]
    assert named == {"autograder/term/settings.py": ["book"]}  # a setting: the published book's address
