"""Several classes graded with one set of processes: reports are stored, and nothing else is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom import ahead
from autograder.classroom.ahead import grade_ahead
from autograder.classroom.grader import Grader, Stopped
from autograder.classroom.results import Results
from autograder.course.course import Course, CourseError
from autograder.grading.verdict import Report, Verdict


@pytest.fixture
def term(released_toy: Course, tmp_path: Path) -> Path:
    """Five right hand-ins and one that is no notebook."""
    right = (released_toy.build / "source/toy/toy.ipynb").read_bytes()
    for student in ("ann", "bo", "cy", "di", "ed", "flo"):
        path = tmp_path / "submitted" / student / "toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(right if student != "flo" else b"{")
    return tmp_path


def test_reports_are_stored_and_each_is_seen(released_toy: Course, term: Path) -> None:
    """Everybody's report is on the disk and was told with the number of all; fresh ones are left."""
    seen: list[tuple[int, Report, bool]] = []
    assert grade_ahead(released_toy, ["toy"], term, seen=lambda *told: seen.append(told)) == {"toy": 6}
    assert {number for number, _, _ in seen} == {6} and len(seen) == 6
    verdicts = {report.student: report.verdict for report in Results(term).reports("toy")}
    assert verdicts.pop("flo") is Verdict.NOT_GRADED and set(verdicts.values()) == {Verdict.CORRECT}
    assert {path.name for path in term.iterdir()} == {"submitted", "results", "seed"}
    assert grade_ahead(released_toy, ["toy"], term) == {"toy": 0}
    assert grade_ahead(released_toy, ["toy"], term, force=True) == {"toy": 6}


def test_a_missing_protection_stops_it(
    released_toy: Course, term: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing may be graded, the sentence comes out and no report is stored."""

    def closed(self: Grader, *_: object) -> None:
        raise Stopped("nothing is graded: this machine lacks a lock")

    monkeypatch.setattr(ahead.Grader, "grade", closed)
    with pytest.raises(CourseError, match="lacks a lock"):
        grade_ahead(released_toy, ["toy"], term)
    assert not Results(term).reports("toy")
