"""Results on disk: whole or not at all, read back the same, and the list of what was handed in."""

from dataclasses import replace

from autograder.classroom.results import Results
from autograder.grading.verdict import CheckResult, ExerciseResult, Report, Verdict

CHECK = CheckResult("test_a", "A fact.", 1.0, Verdict.ERROR, "ValueError: \udc80 ‘β’")
REPORT = Report(
    "toy",
    "ada",
    Verdict.ERROR,
    (ExerciseResult("f", 4.0, 0.0, Verdict.ERROR, (CHECK,), ("A hint.",)),),
    ("A note.",),
    ("network",),
    "k1",
)


def test_a_report_comes_back_as_it_was_written(tmp_path):
    """Even text that UTF-8 cannot hold survives, and two writes give the same bytes."""
    results = Results(tmp_path)
    results.write(REPORT)
    first = results.path("toy", "ada").read_bytes()
    results.write(REPORT)
    assert results.read("toy", "ada") == REPORT
    assert results.path("toy", "ada").read_bytes() == first


def test_a_damaged_result_is_no_result(tmp_path):
    """What cannot be read is passed over, so that it is graded again."""
    results = Results(tmp_path)
    results.write(REPORT)
    results.write(replace(REPORT, student="bob", key=""))
    results.path("toy", "cyd").write_text('{"assignment": "toy"}')
    results.path("toy", "dan").write_bytes(b"\x00\xff")
    assert [results.read("toy", student) for student in ("cyd", "dan", "eve")] == [None] * 3
    assert [report.student for report in results.reports("toy")] == ["ada", "bob"]


def test_timings_stand_beside_the_report_and_not_in_it(tmp_path):
    """The last time wins; a line cut short by a crash is passed over."""
    results = Results(tmp_path)
    for seconds in (0.5, 0.25):
        results.write(REPORT, seconds)
    with open(tmp_path / "results" / "toy" / "timings.jsonl", "a") as sidecar:
        sidecar.write('{"student": "bo')
    assert results.seconds("toy") == {"ada": 0.25}
    assert b"0.25" not in results.path("toy", "ada").read_bytes()
    assert results.seconds("other") == {}
