"""An answer that is right by another named convention is told so, and gets no mistake's hint."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest
import toy
from reports import class_report, toy_release

from autograder.course.cells import filled
from autograder.course.course import Course
from autograder.course.specimens import OTHER_CONVENTION
from autograder.grading.exam import load_exam
from autograder.grading.grading import grade
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict
from autograder.measure.audit import audit, table
from autograder.reporting.feedback import exercise_html, exercise_text, render_feedback
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import read_submission

SENTENCE = (
    "Right by the averaged convention, in which the velocity is a mean. The text pins the sum: see the "
    "formula above the exercise."
)
CONVENTIONS = f'''

from autograder.checking import conventions

CONVENTIONS = conventions(
    "heavy_step",
    (
        "averaged_form",
        "{SENTENCE}",
        ("momentum * state[\\"velocity\\"][key] + gradient",
         "momentum * state[\\"velocity\\"][key] + (1 - momentum) * gradient"),
    ),
)
'''
MISTAKE = re.compile(r"    \(\n        \"averages\",.*?\n    \),\n", re.S)


@pytest.fixture(scope="module")
def course(released_toy, tmp_path_factory):
    """The toy course, released, in which the averaged form is a convention and no mistake."""
    root = tmp_path_factory.mktemp("conventions") / "course"
    course = Course(shutil.copytree(released_toy.root, root))
    write(course, conventions=CONVENTIONS, mistake=False)
    return course


def write(course, conventions, mistake):
    """Write the toy's step with these conventions, and with the averaged form as a mistake or not."""
    text = toy.HEAVY_STEP if mistake else MISTAKE.sub("", toy.HEAVY_STEP)
    assert ("averages" in text) == mistake
    (course.content("toy") / "heavy_step.py").write_text(text + conventions, encoding="utf-8")


def submit(course, tmp_path, step, fit=None):
    """The report on a notebook with ``step`` as the update of the velocity."""
    exam = load_exam(course, "toy", "a seed")
    body = f"""
def heavy_init(params):
    return {{"v": {{key: np.zeros_like(value) for key, value in params.items()}}}}


def heavy_step(params, grads, state, *, lr, momentum=0.9):
    velocity = {{key: {step} for key, gradient in grads.items()}}
    return {{key: params[key] - lr * velocity[key] for key in params}}, {{"v": velocity}}
"""
    path = tmp_path / "toy.ipynb"
    path.write_text(json.dumps(filled(exam.release, {"heavy_step": body})), encoding="utf-8")
    with Sandbox() as sandbox:
        return grade(exam, read_submission(path, exam.release), sandbox, student="ada")


AVERAGED = 'momentum * state["v"][key] + (1 - momentum) * gradient'
FORGETFUL = "gradient"


def test_another_convention_is_wrong_and_named(course, tmp_path):
    """The checks that failed stay wrong, the sentence names the convention, there is no hint."""
    result = submit(course, tmp_path, AVERAGED).exercises[0]
    assert result.convention == SENTENCE
    assert result.hints == ()
    assert result.verdict is Verdict.PARTLY_CORRECT and result.score == 3 * (1 - OTHER_CONVENTION)
    failed = [check for check in result.checks if not check.passed]
    assert failed and all(check.verdict is Verdict.WRONG and check.message for check in failed)


def test_a_mistake_is_still_hinted_as_one(course, tmp_path):
    """What is no convention keeps its hint, and the convention's field stays empty."""
    result = submit(course, tmp_path, FORGETFUL).exercises[0]
    assert result.convention == ""
    assert len(result.hints) == 1 and "anew" in result.hints[0]


def test_right_work_has_no_convention(course, tmp_path):
    """The reference's own form is correct and has nothing said about it."""
    result = submit(course, tmp_path, 'momentum * state["v"][key] + gradient').exercises[0]
    assert (result.verdict, result.convention, result.hints) == (Verdict.CORRECT, "", ())


def test_the_audit_lists_conventions_as_their_own_kind(course):
    """The convention is answered with its sentence; the table names it and counts it apart."""
    rows = audit(course, "toy")
    (row,) = [row for row in rows if row.kind == "convention"]
    assert (row.name, row.hinted, row.problem) == ("averaged_form", ("averaged_form",), "")
    text = table(rows)
    assert "partly correct costs 50% convention: averaged_form" in text
    assert " 1 conventions, " in text and text.endswith("all as they should be")


@pytest.mark.parametrize(
    ("conventions", "mistake", "kind", "problem"),
    [
        (CONVENTIONS, True, "mistake", "taken for a convention"),
        (
            CONVENTIONS.replace("(1 - momentum) * gradient", "1.0 * gradient"),
            False,
            "convention",
            "not caught",
        ),
    ],
)
def test_the_audit_finds_what_is_wrong_with_a_convention(course, conventions, mistake, kind, problem):
    """A convention that a mistake cannot be told from, or that no check sees, is a problem of its row."""
    try:
        write(course, conventions, mistake)
        wrong = [row for row in audit(course, "toy") if row.problem]
    finally:
        write(course, CONVENTIONS, False)
    assert [(row.kind, row.problem[: len(problem)]) for row in wrong] == [(kind, problem)]


def test_two_conventions_that_no_check_tells_apart_are_both_said(course, tmp_path):
    """Ties are listed together: the field holds both sentences, and the audit counts a tie."""
    second = CONVENTIONS.replace("CONVENTIONS =", "CONVENTIONS +=").replace("averaged_form", "other_name")
    try:
        write(course, CONVENTIONS + second.replace("Right by the averaged", "Right by the other"), False)
        result = submit(course, tmp_path, AVERAGED).exercises[0]
        rows = [row for row in audit(course, "toy") if row.kind == "convention"]
    finally:
        write(course, CONVENTIONS, False)
    assert "averaged convention" in result.convention and "other convention" in result.convention
    assert [row.hinted for row in rows] == [("averaged_form", "other_name")] * 2
    assert not any(row.problem for row in rows)


def test_a_report_carries_the_sentence_through_json():
    """The field crosses JSON both ways; a report written before there was one reads as empty."""
    result = ExerciseResult("heavy_step", 3.0, 0.0, Verdict.WRONG, convention=SENTENCE)
    report = Report("toy", "ada", Verdict.WRONG, (result,))
    assert Report.from_json(report.to_json()) == report
    old = json.loads(report.to_json())
    del old["exercises"][0]["convention"]
    assert Report.from_json(json.dumps(old)).exercises[0].convention == ""


def test_every_reader_sees_the_sentence():
    """The page, the notebook's cell and the class report say by which convention the answer is right."""
    check = CheckResult("test_a", "It follows the formula.", 1.0, Verdict.WRONG, "It is elsewhere.")
    wrong = ExerciseResult("heavy_step", 3.0, 0.0, Verdict.WRONG, (check,), convention="Right by A < B.")
    report = Report("toy", "ada", Verdict.WRONG, (wrong,))
    pages = (
        render_feedback(report, toy_release(), {}),
        exercise_html(wrong),
        class_report([report], toy_release()),
    )
    assert all("Right by A &lt; B." in page for page in pages)
    assert "By another convention: Right by A < B." in exercise_text(wrong)
    assert "By another convention" not in exercise_text(replace(wrong, convention=""))
