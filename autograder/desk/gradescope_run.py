"""What runs on Gradescope: grades the one submission there and writes ``results.json`` in its form."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from autograder.classroom.grader import Grader
from autograder.course.course import Course
from autograder.grading.exam import load_exam
from autograder.grading.verdict import MARKLESS, Report
from autograder.reporting.feedback import exercise_text, ungraded
from autograder.reporting.marks import without
from autograder.reporting.sentences import next_step, overall
from autograder.submissions.handin import handins
from autograder.submissions.submission import read_submission
from autograder.term.chosen import in_term

WHO = "submission"


def main(root: Path) -> int:
    """Grade ``root/submission`` by what is in ``root/source``."""
    about = json.loads((root / "source" / "gradescope.json").read_text(encoding="utf-8"))
    course = in_term(Course(root / "source" / "course"), root / "source" / "term")
    report = grade_one(course, about["slug"], root / "submission", about["seed"])
    results = root / "results" / "results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results_of(course, report, about["visibility"]), indent=1, ensure_ascii=False)
    results.write_text(text, encoding="utf-8", errors="backslashreplace")
    return 0


def grade_one(course: Course, slug: str, submission: Path, seed: str) -> Report:
    """The report on the notebook in a folder, by the round that ``seed`` stands for."""
    with tempfile.TemporaryDirectory(prefix="handed-in-") as folder:
        place = Path(folder) / "submitted" / WHO / slug
        shutil.copytree(submission, place, symlinks=True)
        (handin,) = handins(Path(folder), slug)
        exam = load_exam(course, slug, seed)
        with Grader(exam, without_sandbox=True) as grader:
            report, _ = grader.grade(lambda: read_submission(handin.path, exam.release), WHO, "")
    return report


def results_of(course: Course, report: Report, visibility: str = "visible") -> dict[str, Any]:
    """``results.json``: a test for each exercise that is graded by machine, with its feedback."""
    release = course.release(report.assignment)
    found = {result.name: result for result in report.exercises}
    tests = []
    for exercise in release.exercises:
        result = found.get(exercise.name) or ungraded(report, exercise.name, exercise.points)
        tests.append(
            {
                "name": exercise.name,
                "score": 0.0 if result.score is None else round(result.score, 4),
                "max_score": exercise.points,
                "output": exercise_text(result),
                "visibility": visibility,
                "tags": [result.verdict.value],
            }
        )
    said = [overall(report), *report.notes, next_step(report), without(report)]
    if report.verdict in MARKLESS:
        said.append("Gradescope shows 0 where there is no mark; your instructor sees that this is none.")
    return {
        "output": "\n".join(filter(None, said)),
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "extra_data": {"verdict": report.verdict.value},
        "tests": tests,
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
