"""What the settings say of chapters, exercises, points and limits, as the grader sees the course."""

from __future__ import annotations

import pytest
import toy

from autograder.authoring.release import release
from autograder.classroom.grader import fingerprint
from autograder.course.course import Course, CourseError
from autograder.grading.exam import load_exam
from autograder.term.chosen import in_term


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    found = toy.write_course(tmp_path_factory.mktemp("chosen") / "course")
    release(found, toy.SLUG)
    return found


def of(course, tmp_path, text) -> Course:
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    return in_term(course, tmp_path)


def test_without_a_file_it_is_the_course(course, tmp_path):
    """Nothing is left out, and results keep their keys."""
    found = in_term(course, tmp_path)
    assert found == course and fingerprint(found, "toy", "s") == fingerprint(course, "toy", "s")


def test_an_exercise_that_is_left_out_is_not_judged(course, tmp_path):
    """Neither its checks nor its mistakes are loaded; the fingerprint is another."""
    found = of(course, tmp_path, '[assignment.toy]\nleave_out = ["fit_line"]\n')
    exam = load_exam(found, "toy", "seed")
    assert exam.release.names == ("heavy_step",) and {one.exercise for one in exam.check_set.checks} == {
        "heavy_step"
    }
    assert {one.exercise for one in exam.check_set.variants} == {"heavy_step"}
    assert fingerprint(found, "toy", "s") != fingerprint(course, "toy", "s")


def test_limits_reach_the_sandbox(course, tmp_path):
    """By the settings' numbers; the others keep their defaults."""
    found = of(course, tmp_path, "[limits]\ncall_wall_seconds = 7\nmemory_mib = 512\n")
    limits = load_exam(found, "toy", "seed").limits
    assert (limits.call_wall_seconds, limits.memory_mib, limits.cell_wall_seconds) == (7.0, 512, 5.0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('leave_out = ["toi"]', "there is no leave_out: toi. Did you mean toy?"),
        ('[assignment.toy]\nleave_out = ["fit_lin"]', "no exercise fit_lin. Did you mean fit_line?"),
        ("[assignment.toy]\npoints = { heavy = 3 }", "there is no exercise heavy. Did you mean heavy_step?"),
        (
            "[assignment.toy]\npoints = { fit_line = -1 }",
            "assignment.toy.points.fit_line must be a number from 0",
        ),
        ('[assignment.toy]\nleave_out = ["fit_line", "heavy_step"]', "toy has no exercise left; put it into"),
        (
            "[limits]\ncall_wall_second = 3",
            "there is no limits.call_wall_second. Did you mean call_wall_seconds?",
        ),
        ("[limits]\nmemory_mib = 0", "limits.memory_mib must be a whole number above 0; it is 0"),
        ('sandbox = "never"', "sandbox must be one of required, if there; it is 'never'"),
        ('markers = "Ada"', r"markers must be a list of names, as in \[\"Ada\", \"Ben\"\]; it is 'Ada'"),
        ('counts = "first"', "counts must be one of last, best; it is 'first'"),
    ],
)
def test_what_does_not_exist_is_refused(course, tmp_path, text, sentence):
    """With the one that was probably meant."""
    with pytest.raises(CourseError, match=sentence):
        of(course, tmp_path, text)
