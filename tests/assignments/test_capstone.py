"""The capstone with this course's own nine assignments: parts brought along, right ones and wrong ones."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.course.source import reference_text
from autograder.course.specimens import load_specimens
from autograder.grading.exam import Exam, load_exam
from autograder.grading.grading import _parts, grade
from autograder.grading.notebook_run import NotebookRun
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import Submission, read_submission

REPOSITORY = Course(Path(__file__).parents[2])
ORIGINS = [slug for slug in REPOSITORY.slugs if slug not in ("modern", "capstone")]
_spec = importlib.util.spec_from_file_location(
    "carry_forward", REPOSITORY.root / "assignments" / "carry_forward.py"
)
carry_forward = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(carry_forward)

# A mistake of an earlier chapter, and the exercises here that show it.
OLD_MISTAKES = {
    "affine_backward/no_bias": {"predict", "loss_and_grads", "train_step", "train_epoch", "train"},
    "minibatches/not_shuffled": {"train_epoch", "train"},
    "momentum_step/velocity_never_kept": {"train_step", "train_epoch", "train"},
    "adam_step/no_bias_correction": {"train_step", "train_epoch", "train"},
    "standardize/own_statistics": {"predict", "train"},
    "he_normal/variance_as_deviation": {"build"},
    "best_index/argmin_takes_nan": {"tune", "train"},
}


@pytest.fixture(scope="module")
def exam() -> Exam:
    return load_exam(REPOSITORY, "capstone", "seed")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


def handed_in(exam: Exam, folder: Path, own: dict[str, str]) -> Submission:
    """The reference's answers, the functions in ``own`` replaced."""
    path = folder / "capstone.ipynb"
    answers = written(exam.release.coded, exam.source, own)
    path.write_text(json.dumps(filled(exam.release, answers)), encoding="utf-8")
    return read_submission(path, exam.release)


def test_every_assignment_gives_a_part(exam: Exam) -> None:
    """The classifier is made of the nine chapters of the lectures."""
    assert {part.origin for part in exam.release.carried} == set(ORIGINS) and len(ORIGINS) == 9


def test_right_parts_pass_the_checks_of_their_own_chapters(
    exam: Exam, sandbox: Sandbox, tmp_path: Path
) -> None:
    """What those checks need, adapters too, is in this notebook: no right part is ever blamed."""
    submission = handed_in(exam, tmp_path, {})
    with NotebookRun(exam.release, submission, sandbox) as run:
        assert _parts(exam, run).faulty == ()


@pytest.mark.parametrize(("old", "hurt"), OLD_MISTAKES.items())
def test_an_old_mistake_costs_nothing_new(
    exam: Exam, sandbox: Sandbox, tmp_path: Path, old: str, hurt: set[str]
) -> None:
    """All points, by a right part in its place, and a sentence that names the part and where it is from."""
    exercise, name = old.split("/")
    origin = next(part.origin for part in exam.release.carried if part.name == exercise)
    found = load_specimens(REPOSITORY.content(origin), "MISTAKES")
    mistake = next(one for one in found if (one.exercise, one.name) == (exercise, name))
    own = mistake.functions(reference_text(REPOSITORY.solution(origin)))
    report = grade(exam, handed_in(exam, tmp_path, own), sandbox, student="ada")
    coded = [item for item in report.exercises if item.name in exam.release.names]
    assert all(item.score == item.points for item in coded)
    assert {item.name for item in coded if item.carried} == hurt
    (note,) = report.notes
    assert note.startswith(f"Your part {exercise} does not pass") and origin in note


def test_nine_notebooks_are_carried_forward_and_graded(exam: Exam, sandbox: Sandbox, tmp_path: Path) -> None:
    """From the nine finished notebooks to all points of the capstone, by the script that students run."""
    for slug in ORIGINS:
        release, source = REPOSITORY.release(slug), reference_text(REPOSITORY.solution(slug))
        path = tmp_path / slug / f"{slug}.ipynb"
        path.parent.mkdir()
        answers = written(release.exercises, source, {})
        path.write_text(json.dumps(filled(release, answers)), encoding="utf-8")
    into = tmp_path / "capstone" / "capstone.ipynb"
    into.parent.mkdir()
    answers = written(exam.release.exercises, exam.source, {})
    into.write_text(json.dumps(filled(exam.release, answers)), encoding="utf-8")
    assert carry_forward.main([str(tmp_path), "--into", str(into)]) == 0
    submission = read_submission(into, exam.release)
    assert {part.name for part in exam.release.coded} <= submission.answers.keys()
    report = grade(exam, submission, sandbox, student="ada")
    assert [item.score for item in report.exercises if item.name in exam.release.names] == [
        exercise.points for exercise in exam.release.exercises
    ]
    assert report.notes == () and not any(item.carried for item in report.exercises)
