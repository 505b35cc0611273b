"""A fault of ours is *grader at fault*, with a report to file, never a zero, and nobody else's trouble."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autograder.calls.replay import ReplayCache
from autograder.classroom import grader
from autograder.classroom.results import Results
from autograder.classroom.runner import grade_class
from autograder.course.cells import filled, written
from autograder.course.course import Course, CourseError
from autograder.grading import grading, judging
from autograder.grading.notebook_run import NotebookRun
from autograder.grading.verdict import ExerciseResult, Verdict
from autograder.publish import feedback_path, grade_and_publish
from autograder.sandbox.handle import SandboxError
from autograder.sandbox.sandbox import Sandbox

VICTIM = "mia"


@pytest.fixture
def course(released_toy: Course, tmp_path: Path) -> Course:
    """A released course of its own, to be broken."""
    shutil.copytree(released_toy.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def term(course: Course, tmp_path: Path) -> Path:
    """Three students with right work; the middle one's holds a mark by which a fault finds it."""
    release = course.release("toy")
    right = written(release.exercises, course.solution("toy").read_text(encoding="utf-8"), {})
    for student in ("ada", VICTIM, "zoe"):
        path = tmp_path / "term" / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        marked = {name: f"{text}\n# {student}" for name, text in right.items()}
        path.write_text(json.dumps(filled(release, marked)), encoding="utf-8")
    return tmp_path / "term"


def of_victim(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: Exception) -> None:
    """Let ``owner.name`` raise where the victim's submission is among its arguments."""
    real: Callable = getattr(owner, name)

    def broken(*args: Any, **kwargs: Any) -> Any:
        if any(f"# {VICTIM}" in str(getattr(arg, "sources", getattr(arg, "submission", ""))) for arg in args):
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, broken)


def graded(course: Course, term: Path) -> dict[str, Verdict]:
    return {one.handin.student: one.report.verdict for one in grade_class(course, "toy", term, jobs=1)}


FINE = {"ada": Verdict.CORRECT, "zoe": Verdict.CORRECT}


@pytest.mark.parametrize(
    ("owner", "name", "error", "told"),
    [
        (grading, "is_stub", KeyError("ours"), "KeyError: 'ours'"),
        (judging, "_checked", AssertionError("ours"), "AssertionError: ours"),
        (judging, "_side_effects", RecursionError("ours"), "RecursionError: ours"),
        (grading, "NotebookRun", MemoryError("ours"), "MemoryError: ours"),
        (grader, "grade", TypeError("ours"), "TypeError: ours"),
    ],
)
def test_a_fault_in_one_submission_is_told_and_spares_the_others(
    course: Course,
    term: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    error: Exception,
    told: str,
) -> None:
    """No mark for the one, full marks for the others; the way to the fault is in a file, to be reported."""
    of_victim(monkeypatch, owner, name, error)
    assert graded(course, term) == {**FINE, VICTIM: Verdict.GRADER_FAULT}
    results = Results(term)
    report, path = results.read("toy", VICTIM), results.traceback_path("toy", VICTIM)
    assert report.score is None and Verdict.WRONG not in {item.verdict for item in report.exercises}
    text = path.read_text(encoding="utf-8")
    assert told in text and "Traceback" in text and "File " in text
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_check_that_breaks_costs_its_exercise_the_mark_and_no_other(course: Course, term: Path) -> None:
    """Everybody's exercise is ungraded, the other one has its points."""
    path = course.content("toy") / "fit_line.py"
    text = path.read_text(encoding="utf-8")
    broken = '@pytest.mark.exercise("fit_line")\ndef test_broken(student):\n    """A fact."""\n    [][1]\n'
    path.write_text(f"{text}\n\n{broken}", encoding="utf-8")
    assert set(graded(course, term).values()) == {Verdict.GRADER_FAULT}
    found = {item.name: item for item in Results(term).read("toy", "ada").exercises}
    assert found["fit_line"].score is None and found["heavy_step"].score == found["heavy_step"].points
    assert "IndexError" in Results(term).traceback_path("toy", "ada").read_text(encoding="utf-8")


def test_the_fault_is_mended_by_the_next_run(
    course: Course, term: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no result: the same file is graded again, the others are not, and the report to file goes."""
    with monkeypatch.context() as patch:
        of_victim(patch, grading, "is_stub", KeyError("ours"))
        graded(course, term)
    again = grade_class(course, "toy", term, jobs=1)
    assert [one.handin.student for one in again if one.now] == [VICTIM]
    assert {one.report.verdict for one in again} == {Verdict.CORRECT}
    assert not Results(term).traceback_path("toy", VICTIM).exists()


def test_nobody_sees_a_zero(course: Course, term: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradebook, page, notebook and terminal: no mark, whose fault it is, and where it is told."""
    of_victim(monkeypatch, grading, "is_stub", KeyError("ours"))
    said = grade_and_publish(course, "toy", term)
    assert f"The grader is at fault: {VICTIM} has no mark." in said
    assert str(Results(term).traceback_path("toy", VICTIM)) in said
    query = """SELECT auto_score, needs_manual_grade FROM grade
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        WHERE student_id = ?"""
    with closing(sqlite3.connect(term / "gradebook.db")) as book:
        assert set(book.execute(query, (VICTIM,))) == {(None, 1)}
        assert all(score is not None for score, _ in book.execute(query, ("ada",)))
    assert "The grader failed here, not you." in feedback_path(term, VICTIM, "toy").read_text(
        encoding="utf-8"
    )
    notebook = json.loads((term / "autograded" / VICTIM / "toy" / "toy.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    assert outputs and not [output for output in outputs if output["output_type"] == "execute_result"]


# --- The machinery ------------------------------------------------------------------------------------------


def test_a_sandbox_that_is_killed_is_opened_anew(
    course: Course, term: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once is nobody's fault: the submission is graded in another one."""
    killed, fork = term / "killed", Sandbox.fork

    def dying(box: Sandbox, *args: float) -> Any:
        if not killed.exists():
            killed.touch()
            os.kill(box._process.pid, signal.SIGKILL)
            box._process.wait()
        return fork(box, *args)

    monkeypatch.setattr(Sandbox, "fork", dying)
    assert graded(course, term) == {**FINE, VICTIM: Verdict.CORRECT}
    assert killed.exists()


def test_a_sandbox_that_dies_over_one_submission_twice_is_told(
    course: Course, term: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The submission has no mark, the others have theirs."""

    class Dying(NotebookRun):
        def __init__(self, release: Any, submission: Any, sandbox: Sandbox) -> None:
            if f"# {VICTIM}" in str(submission.sources):
                sandbox._process.kill()
                sandbox._process.wait()
            super().__init__(release, submission, sandbox)

    monkeypatch.setattr(grading, "NotebookRun", Dying)
    assert graded(course, term) == {**FINE, VICTIM: Verdict.GRADER_FAULT}
    assert "SandboxError" in Results(term).traceback_path("toy", VICTIM).read_text(encoding="utf-8")


def test_without_any_sandbox_nothing_is_graded(course: Course, term: Path) -> None:
    """One sentence, and no result that would have to be taken back."""

    def closed(**_: Any) -> Sandbox:
        raise SandboxError("no worker could be started")

    with pytest.raises(CourseError, match="no worker could be started; `autograder doctor` says"):
        grade_class(course, "toy", term, jobs=1, sandbox=closed)
    assert not (term / "results").exists()


def test_what_is_remembered_changes_no_report(course: Course, term: Path) -> None:
    """Graded with what is remembered, with an empty memory and with none at all: the same reports."""
    first = [one.report.to_json() for one in grade_class(course, "toy", term, jobs=1)]
    get = ReplayCache.get
    try:
        ReplayCache.get = lambda self, place: None
        again = [one.report.to_json() for one in grade_class(course, "toy", term, jobs=1, force=True)]
    finally:
        ReplayCache.get = get
    assert again == first


def test_a_process_of_the_pool_that_dies_twice_over_one_is_told(
    course: Course, term: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is missing, not zero, and the file to report names the submission."""
    real = grading._guarded

    def dying(exam: Any, run: Any, *args: Any) -> ExerciseResult:
        if f"# {VICTIM}" in str(run.submission.sources):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(exam, run, *args)

    monkeypatch.setattr(grading, "_guarded", dying)
    found = grade_class(course, "toy", term, jobs=2)
    assert {one.handin.student: one.report.verdict for one in found} == {**FINE, VICTIM: Verdict.GRADER_FAULT}
    text = Results(term).traceback_path("toy", VICTIM).read_text(encoding="utf-8")
    assert "ended twice" in text and f"{VICTIM}/toy/toy.ipynb" in text
