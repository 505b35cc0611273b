"""A run over a class: what is graded, what is taken as it is, and where it goes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.classroom import runner
from autograder.classroom.results import Results
from autograder.classroom.runner import grade_class, secret_seed
from autograder.course.cells import filled, written
from autograder.course.course import Course, CourseError
from autograder.grading.verdict import Verdict
from autograder.submissions.notebook_file import Handed


@pytest.fixture
def course(released_toy: Course, tmp_path: Path) -> Course:
    """A released course of its own, to be changed."""
    shutil.copytree(released_toy.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def term(course: Course, tmp_path: Path) -> Path:
    """A class of three: one right, one untouched, one whose file is empty."""
    release = course.release("toy")
    right = written(release.exercises, course.solution("toy").read_text(encoding="utf-8"), {})
    for student, content in {
        "ada": json.dumps(filled(release, right)),
        "bob": json.dumps(release.notebook),
        "eve": "",
    }.items():
        path = tmp_path / "term" / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path / "term"


def now(course: Course, term: Path, **options: object) -> list[str]:
    """The students that a run grades just now."""
    return [item.handin.student for item in grade_class(course, "toy", term, **options) if item.now]


def test_a_class_is_graded_and_stored(course: Course, term: Path) -> None:
    """One report a student, in the students' order, on disk as it was returned, with its key."""
    graded = grade_class(course, "toy", term)
    assert [(item.handin.student, item.report.verdict) for item in graded] == [
        ("ada", Verdict.CORRECT),
        ("bob", Verdict.NOT_ATTEMPTED),
        ("eve", Verdict.NOT_GRADED),
    ]
    results = Results(term)
    assert [results.read("toy", item.handin.student) for item in graded] == [item.report for item in graded]
    assert len({item.report.key for item in graded}) == 3 and all(item.report.key for item in graded)
    assert sorted(results.seconds("toy")) == ["ada", "bob", "eve"]


def test_fresh_results_are_taken_as_they_are(course: Course, term: Path) -> None:
    """A second run grades nobody, returns the same reports and rewrites no file."""
    first = grade_class(course, "toy", term)
    stamps = {path: path.stat().st_mtime_ns for path in (term / "results").rglob("*")}
    again = grade_class(course, "toy", term)
    assert [item.report for item in again] == [item.report for item in first]
    assert not any(item.now for item in again)
    assert {path: path.stat().st_mtime_ns for path in (term / "results").rglob("*")} == stamps


def test_who_hands_in_again_is_graded_again(course: Course, term: Path) -> None:
    """A changed file concerns that student alone."""
    grade_class(course, "toy", term)
    shutil.copy(term / "submitted/ada/toy/toy.ipynb", term / "submitted/eve/toy/toy.ipynb")
    assert now(course, term) == ["eve"]
    assert Results(term).read("toy", "eve").verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    "piece",
    ["autograder/chapters/toy/heavy_step.py", "solutions/toy.py", "assignments/toy/toy.ipynb"],
)
def test_a_changed_piece_makes_every_result_stale(course: Course, term: Path, piece: str) -> None:
    """Checks and mistakes, reference, assignment: whatever a result depends on is in its key."""
    grade_class(course, "toy", term)
    path = course.root / piece
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert now(course, term) == ["ada", "bob", "eve"]


def test_another_seed_makes_every_result_stale(course: Course, term: Path) -> None:
    """Other probes are another grading."""
    grade_class(course, "toy", term)
    (term / "seed").write_text("another\n", encoding="ascii")
    assert now(course, term) == ["ada", "bob", "eve"]


def test_force_grades_all_and_says_the_same(course: Course, term: Path) -> None:
    """Grading anew gives the same bytes."""
    grade_class(course, "toy", term)
    files = {path: path.read_bytes() for path in (term / "results").rglob("*.json")}
    assert now(course, term, force=True) == ["ada", "bob", "eve"]
    assert {path: path.read_bytes() for path in files} == files


def test_some_students_only(course: Course, term: Path) -> None:
    """Named students are graded, the others not touched."""
    assert now(course, term, students=["bob"]) == ["bob"]
    assert [report.student for report in Results(term).reports("toy")] == ["bob"]


def test_a_student_without_a_hand_in_is_refused(course: Course, term: Path) -> None:
    """A misspelt name, alone or beside a right one: nobody is graded, and the name that was meant is told."""
    with pytest.raises(CourseError, match=r"bobb has handed in nothing for toy\. Did you mean bob\?"):
        now(course, term, students=["bob", "bobb"])
    assert not list(Results(term).reports("toy"))


def test_a_damaged_result_is_graded_again(course: Course, term: Path) -> None:
    """A file that a crash cut short is no result."""
    grade_class(course, "toy", term)
    path = Results(term).path("toy", "ada")
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    assert now(course, term) == ["ada"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_processes_changes_no_byte(course: Course, term: Path, jobs: int) -> None:
    """Alone or shared among processes: the same reports."""
    (term / "seed").write_text("seed\n", encoding="ascii")
    reports = [item.report.to_json() for item in grade_class(course, "toy", term, jobs=jobs)]
    again = [item.report.to_json() for item in grade_class(course, "toy", term, jobs=1, force=True)]
    assert reports == again


def test_an_empty_folder_is_one_sentence(course: Course, tmp_path: Path) -> None:
    """It says where each notebook belongs."""
    with pytest.raises(CourseError) as caught:
        grade_class(course, "toy", tmp_path / "nothing")
    assert str(caught.value) == (
        f"nothing to grade: {tmp_path}/nothing/submitted holds no folder <student>/toy; "
        f"put each notebook at {tmp_path}/nothing/submitted/<student>/toy/toy.ipynb."
    )
    assert not (tmp_path / "nothing").exists()


def test_an_unknown_assignment_is_one_sentence(course: Course, term: Path) -> None:
    """Nothing is read or written for it."""
    with pytest.raises(CourseError, match="Did you mean toy"):
        grade_class(course, "tory", term)


def test_the_seed_is_secret_and_stays(tmp_path: Path) -> None:
    """Made once, long, readable by its owner only."""
    seed = secret_seed(tmp_path / "term", "toy")
    assert secret_seed(tmp_path / "term", "toy") == seed and len(seed) == 32
    assert (tmp_path / "term" / "seed").stat().st_mode & 0o777 == 0o600
    assert secret_seed(tmp_path / "another", "toy") != seed


def test_a_lost_seed_is_told_and_not_replaced(tmp_path: Path) -> None:
    """Beside results another seed would ask others other questions."""
    secret_seed(tmp_path, "toy")
    (tmp_path / "results" / "toy").mkdir(parents=True)
    (tmp_path / "results" / "toy" / "ada.json").write_text("{}")
    (tmp_path / "seed").unlink()
    with pytest.raises(CourseError, match=r"seed is missing.* backup"):
        secret_seed(tmp_path, "toy")
    assert not (tmp_path / "seed").exists()


def test_each_assignment_and_each_round_has_a_seed_of_its_own(tmp_path: Path) -> None:
    """What one round's feedback tells is not asked in the next one, or in another assignment."""
    seeds = [secret_seed(tmp_path, "toy"), secret_seed(tmp_path, "other"), secret_seed(tmp_path, "toy", True)]
    assert len(set(seeds)) == 3
    assert secret_seed(tmp_path, "toy") == seeds[2] and secret_seed(tmp_path, "other") == seeds[1]


def test_a_new_round_grades_all_anew(course: Course, term: Path) -> None:
    """Other questions are another grading; until the next round it stays so."""
    grade_class(course, "toy", term)
    assert now(course, term, new_round=True) == ["ada", "bob", "eve"]
    assert now(course, term) == []


def test_the_bytes_that_were_hashed_are_graded_and_shown(
    course: Course, term: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is replaced while it is graded: mark, key and what is shown belong to the first text."""
    path, other = term / "submitted/ada/toy/toy.ipynb", term / "submitted/bob/toy/toy.ipynb"
    real, shown = runner.read_handed, term / "shown"

    def replaced(at: Path) -> Handed:
        found = real(at)
        if at == path:
            shutil.copy(other, path)
        return found

    monkeypatch.setattr(runner, "read_handed", replaced)
    (found,) = grade_class(
        course,
        "toy",
        term,
        students=["ada"],
        then=lambda one: shown.write_text(one.submission.answers["fit_line"]),
    )
    assert found.report.verdict is Verdict.CORRECT
    assert "losses.append" in shown.read_text()
    assert "has changed since it was graded" in (found.submission.problem or "")
    assert now(course, term, students=["ada"]) == ["ada"]


def test_a_link_to_a_classmate_is_not_graded(course: Course, term: Path) -> None:
    """Neither the file, nor the folder of the assignment, nor the student's."""
    folder = term / "submitted"
    shutil.rmtree(folder / "eve")
    (folder / "eve").symlink_to(folder / "ada")
    (folder / "mal").mkdir()
    (folder / "mal" / "toy").symlink_to(folder / "ada" / "toy")
    found = {one.handin.student: one.report.verdict for one in grade_class(course, "toy", term)}
    assert found["ada"] is Verdict.CORRECT
    assert found["eve"] is found["mal"] is Verdict.NOT_GRADED
