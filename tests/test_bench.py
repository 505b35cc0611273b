"""The stand-in for the engine, by which stock tools run the hidden checks."""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.course.course import Course
from autograder.grading.exam import load_exam

ROOT, SLUG = Path(__file__).parents[1], "adaptive"
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from checks import Direct, Marker, reference  # noqa: E402 - of the bench, now on the path


def test_they_are_those_that_the_grader_runs_and_the_reference_passes_them() -> None:
    exam = load_exam(Course(ROOT), SLUG, "bench")
    marker, solution = Marker(SLUG), reference(SLUG)
    ours = {(check.name, check.weight) for check in exam.check_set.checks}
    assert {(check.name, check.weight) for check in marker.checks} == ours
    right = Direct(solution)
    for check in marker.checks:
        check.run(right, Direct(solution))


def test_an_answer_without_work_passes_none() -> None:
    marker = Marker(SLUG)
    assert [check.name for check in marker.checks if marker.passed(check, {})] == []
