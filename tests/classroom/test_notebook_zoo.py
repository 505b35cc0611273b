"""Whatever is handed in: a verdict for each exercise, a sentence for the student, and the batch completes."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.classroom.results import Results
from autograder.classroom.runner import Graded, grade_class
from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.grading.exam import Exam, load_exam
from autograder.grading.grading import grade
from autograder.grading.verdict import Report, Verdict
from autograder.publish import feedback_path, grade_and_publish
from autograder.reporting.feedback import render_feedback
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import MAX_NOTES, read_submission

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "notebooks"))

from fuzz import damaged  # noqa: E402 - beside the notebooks that it damages
from zoo import SECRET, ZOO, Specimen, Start, hand_in  # noqa: E402 - likewise

READ, GRADED = 10_000, 300
ids = [item.name for item in ZOO]


@pytest.fixture(scope="module")
def course(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A released course of its own, with nbgrader's configuration."""
    root = tmp_path_factory.mktemp("zoo") / "course"
    shutil.copytree(released_toy.root, root)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return Course(root)


@pytest.fixture(scope="module")
def right(course: Course) -> dict:
    release = course.release("toy")
    answers = written(release.exercises, course.solution("toy").read_text(encoding="utf-8"), {})
    return filled(release, answers)


def fill(term: Path, items: list[Specimen], right: dict, course: Course) -> None:
    for item in items:
        folder = term / "submitted" / item.folder / "toy"
        hand_in(item, Start(copy.deepcopy(right), copy.deepcopy(course.release("toy").notebook), folder))


@pytest.fixture(scope="module")
def graded(course: Course, right: dict, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    """The whole zoo as one class, graded in one run."""
    term = tmp_path_factory.mktemp("class")
    fill(term, ZOO, right, course)
    found = grade_class(course, "toy", term)
    assert len(found) == len(ZOO)
    names = {os.fsencode(item.folder).decode("utf-8", "backslashreplace"): item.name for item in ZOO}
    return {names[entry.handin.student]: entry for entry in found}


def verdicts(report: Report) -> tuple[str, ...]:
    return tuple(result.verdict.value for result in report.exercises)


def sentences(report: Report) -> str:
    """All that the student is told in words."""
    said = list(report.notes)
    for result in report.exercises:
        said += [check.message for check in result.checks] + list(result.hints)
    return "\n".join(said)


def test_the_zoo_is_a_table_of_at_least_forty() -> None:
    """Each specimen has a name and a folder of its own, and says what happened."""
    assert len(ZOO) >= 40 and len({item.folder for item in ZOO}) == len(set(ids)) == len(ZOO)
    assert all(item.happened.endswith(".") for item in ZOO)


@pytest.mark.parametrize("item", ZOO, ids=ids)
def test_every_file_has_its_verdicts_and_its_sentence(graded: dict[str, Graded], item: Specimen) -> None:
    """What was written under a recognisable name is graded; else a sentence says what to do."""
    report = graded[item.name].report
    assert verdicts(report) == item.verdicts, sentences(report)
    assert item.says in sentences(report)
    if report.verdict is Verdict.NOT_GRADED:
        assert item.says and report.score is None and len(report.notes) == 1 and report.notes[0][-1] == "."


def test_every_report_is_stored_and_becomes_a_page(course: Course, graded: dict[str, Graded]) -> None:
    """Each name has its own file in the results' folder, and each page holds the sentence."""
    release = course.release("toy")
    for entry in graded.values():
        folder = entry.handin.path.parents[3]
        assert Results(folder).read("toy", entry.handin.student) == entry.report
        assert Results(folder).path("toy", entry.handin.student).parent == folder / "results" / "toy"
        page = render_feedback(entry.report, release, entry.submission.answers)
        assert entry.report.verdict.value in page.lower() or "no total yet" in page


def test_a_link_out_of_the_hand_in_is_not_followed(graded: dict[str, Graded]) -> None:
    """Nothing of the file that it leads to is in what was read, or in the report."""
    for name in ("link_out", "link_to_a_classmate"):
        entry = graded[name]
        assert entry.submission.sources == () and entry.submission.answers == {}
        assert SECRET not in entry.report.to_json()


def shown(name: str) -> str:
    """A folder's name as nbgrader writes it to its log."""
    return name.encode("utf-8", "backslashreplace").decode()


MARKS = """
    SELECT hand_in.student_id, cell.name, grade.auto_score FROM grade
    JOIN submitted_notebook AS notebook ON notebook.id = grade.notebook_id
    JOIN submitted_assignment AS hand_in ON hand_in.id = notebook.assignment_id
    JOIN base_cell AS cell ON cell.id = grade.cell_id
"""


def read_marks(term: Path) -> dict[str, dict[str, float | None]]:
    """The automatic scores in the gradebook, by student and exercise."""
    marks: dict[str, dict[str, float | None]] = {}
    with closing(sqlite3.connect(term / "gradebook.db")) as book:
        for student, cell, score in book.execute(MARKS):
            marks.setdefault(student, {})[cell.removeprefix("check_")] = score
    return marks


def scores(item: Specimen) -> dict[str, float | None]:
    """What a specimen's verdicts are worth: nothing is not zero."""
    worth = {"correct": 1.0, "not graded": None}
    points = {"heavy_step": 3.0, "fit_line": 2.5}
    factors = {name: worth.get(verdict, 0.0) for name, verdict in zip(points, item.verdicts, strict=True)}
    return {name: None if factor is None else factor * points[name] for name, factor in factors.items()}


def test_the_whole_way_to_gradebook_and_pages_takes_the_zoo(
    course: Course, graded: dict[str, Graded]
) -> None:
    """One commit to the gradebook, a feedback page for each, one report for the class."""
    term = next(iter(graded.values())).handin.path.parents[3]
    assert grade_and_publish(course, "toy", term)
    marks = read_marks(term)
    assert {item.name: marks[graded[item.name].handin.student] for item in ZOO} == {
        item.name: scores(item) for item in ZOO
    }
    for entry in graded.values():
        assert feedback_path(term, entry.handin.student, "toy").stat().st_size > 1000


def test_nbgrader_autograde_grades_the_zoo_the_same(
    course: Course, right: dict, graded: dict[str, Graded]
) -> None:
    """Its own command, once over all that it can see: no failure, and the verdicts of our own run."""
    term = course.root / "term"
    seen = [item for item in ZOO if not item.stops]
    fill(term, seen, right, course)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", "toy"],
        cwd=course.root,
        env={"HOME": str(course.root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=300,
    )
    log = done.stderr.decode("utf-8", "replace")
    failed = set(re.findall(r"error processing assignment 'toy' for student '(.*)'", log))
    assert failed and failed <= {shown(item.folder) for item in seen if item.nbgrader}, log[-3000:]
    marks = read_marks(term)
    for item in seen:
        if item.nbgrader:
            assert not any(marks.get(item.folder, {}).values()), item.name
        else:
            assert marks[item.folder] == scores(item), item.name
            assert verdicts(Results(term).read("toy", item.folder)) == item.verdicts, item.name
            assert (term / "autograded" / item.folder / "toy" / "toy.ipynb").is_file(), item.name


@pytest.fixture(scope="module")
def exam(course: Course) -> Exam:
    return load_exam(course, "toy", "fuzz")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as found:
        yield found


@dataclass
class Told:
    """What a fuzzed file gave, to be named in a failure."""

    seed: int
    steps: tuple[str, ...]


def test_ten_thousand_damaged_files_are_read(exam: Exam, right: dict, tmp_path: Path) -> None:
    """No exception; either a problem or something to run; a few notes of bounded length."""
    path = tmp_path / "toy.ipynb"
    problems = 0
    for seed in range(READ):
        content, steps, harmless = damaged(right, seed)
        path.write_bytes(content)
        found = read_submission(path, exam.release)
        told = Told(seed, steps)
        assert bool(found.problem) != bool(found.sources), told
        assert set(found.answers) <= set(exam.release.names), told
        assert len(found.notes) <= MAX_NOTES + 1 and all(len(note) < 300 for note in found.notes), told
        assert not (harmless and found.problem), told
        problems += bool(found.problem)
    assert READ / 20 < problems < READ / 2  # neither all rubbish nor all sound


def test_hundreds_of_damaged_files_are_graded(
    exam: Exam, right: dict, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Never our fault, the report survives the disk; where only cells moved, all is still right."""
    path = tmp_path / "toy.ipynb"
    for seed in range(GRADED):
        content, steps, harmless = damaged(right, seed)
        path.write_bytes(content)
        report = grade(exam, read_submission(path, exam.release), sandbox, student=f"s{seed}")
        told = Told(seed, steps)
        assert Verdict.GRADER_FAULT not in {result.verdict for result in report.exercises}, (told, report)
        assert report.verdict is Verdict.CORRECT or not harmless, (told, sentences(report))
        Results(tmp_path).write(report)
        assert Results(tmp_path).read("toy", f"s{seed}") == report, told
        assert json.loads(report.to_json())
